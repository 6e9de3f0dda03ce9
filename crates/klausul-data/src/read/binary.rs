//! Files that hold no text.

/// First bytes of formats that are met beside policies, and what to call them.
const MAGIC: [(&[u8], &str); 18] = [
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"PK\x05\x06", "a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x7fELF", "a program"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a", "a RAR archive"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ", "xz data"),
    (b"\x04\x22\x4d\x18", "lz4 data"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"ARROW1", "an Arrow IPC file"),
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"{\\rtf", "an RTF document"),
];

/// What a file is, where it holds no text that can be read.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.starts_with(b"MZ") && head.contains(&0) {
        return Some("a Windows program");
    }
    if head.starts_with(b"RIFF") && head.get(8..12).is_some_and(|kind| matches!(kind, b"WEBP" | b"WAVE" | b"AVI ")) {
        return Some("an image or a recording");
    }
    // Text has line breaks, tabs and form feeds; some terminals leave escapes; a NUL here and there does no harm.
    let control = |byte: &&u8| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127);
    let count = head.iter().filter(control).count();
    (count * 25 > head.len() && (count > 2 || count * 4 >= head.len())).then_some("no text")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_named_and_text_is_not() {
        assert_eq!(name(b"\x89PNG\r\n\x1a\n"), Some("a PNG image"));
        assert_eq!(name(b"PK\x03\x04word/document.xml"), Some("a ZIP archive or an office document"));
        assert_eq!(name(b"MZ\x90\0\x03"), Some("a Windows program"));
        assert_eq!(name(&[0, 1, 2, b'x', 0, 9]), Some("no text"));
        assert_eq!(name(b"MZ is a name"), None);
        assert_eq!(name(b"a text with one \0 in it"), None);
        assert_eq!(name("Η πολιτική μας\r\n\x0c".as_bytes()), None);
        assert_eq!(name(b""), None);
    }
}
