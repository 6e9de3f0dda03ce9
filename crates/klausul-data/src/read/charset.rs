//! From bytes to text.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::markup;

/// Decodes a whole document by the rule of the [module](super).
pub(super) fn decode(bytes: Vec<u8>, declared: Option<&str>, is_markup: bool, domain: Option<&str>) -> String {
    let text = if let Some((encoding, length)) = Encoding::for_bom(&bytes) {
        if encoding == UTF_8 { utf8_or_mixed(&bytes[length..]) } else { plain(encoding, &bytes[length..]) }
    } else if let Some(encoding) = utf16(&bytes[..bytes.len().min(64 << 10)]) {
        plain(encoding, &bytes)
    } else {
        let label = || declared.map(Cow::Borrowed).or_else(|| if is_markup { markup::charset(&bytes) } else { None });
        match without_mark(&bytes, label, domain) {
            Cow::Borrowed(_) => String::from_utf8(bytes).unwrap_or_default(),
            Cow::Owned(text) => text,
        }
    };
    without_nul(text)
}

/// Decodes bytes that do not begin with a mark; borrowed only where they are UTF-8 as they stand.
fn without_mark<'a, 'b>(
    bytes: &'a [u8],
    label: impl FnOnce() -> Option<Cow<'b, str>>,
    domain: Option<&str>,
) -> Cow<'a, str> {
    match std::str::from_utf8(bytes) {
        // ISO-2022-JP is the one character set that writes other scripts in ASCII bytes.
        Ok(text) if !bytes.contains(&0x1b) => Cow::Borrowed(text),
        Ok(text) => match label().as_deref().and_then(encoding) {
            Some(encoding) if encoding == encoding_rs::ISO_2022_JP => plain(encoding, bytes).into(),
            _ => Cow::Borrowed(text),
        },
        Err(_) if is_mostly_utf8(bytes) => utf8_or_mixed(bytes).into(),
        Err(_) => {
            let label = label();
            let declared = label.as_deref().filter(|label| !is_ascii_label(label)).and_then(encoding);
            declared
                .filter(|encoding| *encoding != UTF_8)
                .and_then(|encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes))
                .map_or_else(|| plain(detect(bytes, domain), bytes), Cow::into_owned)
                .into()
        }
    }
}

/// Decodes the lines or cells of a stream whose head has been seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piecewise {
    legacy: Option<&'static Encoding>,
}

impl Piecewise {
    /// Looks at the head of the stream for its character set.
    pub(super) fn new(head: &[u8]) -> Self {
        let is_legacy =
            std::str::from_utf8(head).is_err_and(|error| error.error_len().is_some()) && !is_mostly_utf8(head);
        Self { legacy: is_legacy.then(|| detect(head, None)) }
    }

    /// Decodes one piece: UTF-8 where it is, then the stream's character set, then what the piece itself suggests.
    pub(super) fn decode(self, piece: &[u8]) -> Cow<'_, str> {
        let text = match std::str::from_utf8(piece) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) if is_mostly_utf8(piece) => utf8_or_mixed(piece).into(),
            Err(_) => plain(self.legacy.unwrap_or_else(|| detect(piece, None)), piece).into(),
        };
        if text.contains('\0') { without_nul(text.into_owned()).into() } else { text }
    }
}

/// The character set of a label, except those that only stand for "unsafe".
fn encoding(label: &str) -> Option<&'static Encoding> {
    Encoding::for_label_no_replacement(label.trim().as_bytes())
}

/// Labels that promise bytes below 128; the Encoding Standard reads them as windows-1252.
fn is_ascii_label(label: &str) -> bool {
    ["ascii", "us-ascii", "ansi_x3.4-1968", "iso-ir-6"].iter().any(|name| name.eq_ignore_ascii_case(label.trim()))
}

/// Whether four in five of the non-ASCII sequences are valid UTF-8.
fn is_mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > 0 && good >= 4 * bad
}

/// UTF-8, with every bad sequence read as windows-1252.
fn utf8_or_mixed(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&WINDOWS_1252.decode_without_bom_handling(chunk.invalid()).0);
    }
    text
}

fn plain(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn detect(bytes: &[u8], domain: Option<&str>) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(domain.map(str::as_bytes), Utf8Detection::Deny)
}

/// The last label of a URL's host in lower case, which hints at the character set of old pages.
pub(super) fn top_level_domain(source: &str) -> Option<&str> {
    let (_, rest) = source.split_once("://")?;
    let host = rest.split(['/', '?', '#', ':']).next()?;
    let (_, domain) = host.rsplit_once('.')?;
    (!domain.is_empty() && domain.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(domain)
}

fn without_nul(mut text: String) -> String {
    if text.contains('\0') {
        text.retain(|character| character != '\0');
    }
    text
}

/// UTF-16 without a mark, told by its zero bytes: in European text they are the high bytes of spaces and ASCII.
pub(super) fn utf16(head: &[u8]) -> Option<&'static Encoding> {
    let head = &head[..head.len() & !1];
    let mut zeros = [0_usize; 2];
    for pair in head.chunks_exact(2) {
        zeros[0] += usize::from(pair[0] == 0);
        zeros[1] += usize::from(pair[1] == 0);
    }
    let encoding = if zeros[0] > zeros[1] { UTF_16BE } else { UTF_16LE };
    let (many, few) = (zeros[0].max(zeros[1]), zeros[0].min(zeros[1]));
    if many * 12 < head.len() / 2 || few * 8 > many || many < 2 {
        return None;
    }
    // The head may end inside a surrogate pair.
    let (text, _) = encoding.decode_without_bom_handling(head);
    let odd = text.chars().filter(|c| *c == '\u{fffd}' || c.is_control() && !c.is_whitespace()).count();
    (odd * 50 <= text.chars().count()).then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREEK: &str = "Έχετε δικαίωμα πρόσβασης στα προσωπικά σας δεδομένα και δικαίωμα διαγραφής τους.";
    const SWEDISH: &str = "Vi lagrar dina personuppgifter så länge det behövs för ändamålet.";

    fn html(declared: Option<&str>, bytes: &[u8]) -> String {
        decode(bytes.to_vec(), declared, true, None)
    }

    #[test]
    fn marks_win_over_declarations() {
        let utf8 = [b"\xef\xbb\xbf", SWEDISH.as_bytes()].concat();
        assert_eq!(html(Some("windows-1251"), &utf8), SWEDISH);
        for (mark, pack) in [
            (b"\xff\xfe", u16::to_le_bytes as fn(u16) -> [u8; 2]),
            (b"\xfe\xff", u16::to_be_bytes as fn(u16) -> [u8; 2]),
        ] {
            for text in [GREEK, SWEDISH] {
                let wide: Vec<u8> = text.encode_utf16().flat_map(pack).collect();
                assert_eq!(html(Some("utf-8"), &[&mark[..], &wide].concat()), text);
                assert_eq!(html(Some("utf-8"), &wide), text, "without a mark");
            }
        }
    }

    #[test]
    fn declared_sets_hold_where_they_can() {
        let greek = encoding_rs::ISO_8859_7.encode(GREEK).0;
        assert_eq!(html(Some("ISO-8859-7"), &greek), GREEK);
        let page = [b"<html><meta http-equiv=x content='text/html; charset=iso-8859-7'>", &greek[..]].concat();
        assert!(html(None, &page).ends_with(GREEK));
        let latin1 = WINDOWS_1252.encode(SWEDISH).0;
        assert_eq!(html(Some("latin1"), &latin1), SWEDISH);
    }

    #[test]
    fn plainly_wrong_declarations_lose() {
        for declared in ["iso-8859-1", "us-ascii", "windows-1250", "utf-16"] {
            assert_eq!(html(Some(declared), GREEK.as_bytes()), GREEK, "{declared}");
        }
        let greek = encoding_rs::WINDOWS_1253.encode(GREEK).0;
        for declared in [None, Some("utf-8"), Some("us-ascii"), Some("no-such-set")] {
            assert_eq!(html(declared, &greek), GREEK, "{declared:?}");
        }
    }

    #[test]
    fn a_few_bad_bytes_do_not_turn_the_page() {
        let mixed = [GREEK.as_bytes(), b" caf\xe9 \x93x\x94", SWEDISH.as_bytes()].concat();
        assert_eq!(html(None, &mixed), format!("{GREEK} café “x”{SWEDISH}"));
    }

    #[test]
    fn pieces_follow_the_head_of_their_stream() {
        let greek = encoding_rs::ISO_8859_7.encode(GREEK).0;
        let pieces = Piecewise::new(&greek);
        assert_eq!(pieces.decode(&encoding_rs::ISO_8859_7.encode("δεδομένα").0), "δεδομένα");
        assert_eq!(pieces.decode("δεδομένα".as_bytes()), "δεδομένα");
        assert_eq!(Piecewise::new(b"ascii").decode(b"sm\xf6rg\xe5s"), "smörgås");
        assert_eq!(Piecewise::new(b"").decode(b"a\0b"), "ab");
        // A head that is cut inside a character is still UTF-8.
        assert!(Piecewise::new(&GREEK.as_bytes()[..GREEK.len() - 2]).legacy.is_none());
    }

    #[test]
    fn nothing_decodes_to_nothing() {
        assert_eq!(html(None, b""), "");
        assert_eq!(html(None, b"\xef\xbb\xbf"), "");
        assert_eq!(html(None, b"\0\0a\0"), "a");
    }

    #[test]
    fn domains_are_the_last_label() {
        assert_eq!(top_level_domain("https://a.example.gr:80/x.html"), Some("gr"));
        assert_eq!(top_level_domain("http://127.0.0.1/"), None);
        assert_eq!(top_level_domain("dir/file.gr"), None);
    }
}
