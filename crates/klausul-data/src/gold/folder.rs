//! The files of a corpus: which there are, and their text.

use std::path::{Path, PathBuf};

use klausul_core::{Error, ErrorKind, Result};
use walkdir::WalkDir;

/// The file itself; or the files of a folder, to the bottom, whose ending is one of `endings`, in the order of their
/// names. What begins with a dot is passed over.
///
/// # Errors
/// Where the path cannot be read, or the folder holds no such file.
pub(super) fn files(path: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let metadata = std::fs::metadata(path).map_err(|error| Error::from(error).at(path))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in WalkDir::new(path).follow_links(true).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::new(ErrorKind::Io, error.to_string()).at(path))?;
        let hidden = entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
        if entry.file_type().is_file() && !hidden && endings.iter().any(|ending| has_ending(entry.path(), ending)) {
            files.push(entry.into_path());
        }
    }
    if files.is_empty() {
        let message = format!("the folder holds no file that ends in .{}", endings.join(" or ."));
        return Err(Error::new(ErrorKind::Format, message)
            .at(path)
            .mend("give the folder that holds the annotated files, unpacked"));
    }
    Ok(files)
}

/// Whether the name of a file ends in `.ending`, in any case.
pub(super) fn has_ending(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

/// The text of a UTF-8 file, without a byte order mark.
///
/// # Errors
/// When it cannot be read, or is not UTF-8; the error names the line.
pub(super) fn text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|error| Error::from(error).at(path))?;
    let mut text = String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let bad = error.as_bytes()[good];
        Error::new(ErrorKind::Format, format!("the byte `0x{bad:02X}` is not UTF-8"))
            .at(path)
            .on_line(1 + memchr::memchr_iter(b'\n', &error.as_bytes()[..good]).count() as u64)
            .mend("convert the file to UTF-8, for example with iconv")
    })?;
    if text.starts_with('\u{FEFF}') {
        text.drain(..'\u{FEFF}'.len_utf8());
    }
    Ok(text)
}

/// The file's name without its extension.
pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_sorted_and_of_their_kind() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.json", "b/a.json", "a.txt"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let names: Vec<String> = files(folder.path(), &["json"]).unwrap().iter().map(|path| stem(path)).collect();
        assert_eq!(names, ["a", "c"]);
        assert!(files(folder.path(), &["tsv", "csv"]).unwrap_err().to_string().contains(".tsv or .csv"));
    }

    #[test]
    fn text_loses_its_byte_order_mark_and_bad_bytes_have_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.txt");
        std::fs::write(&path, "\u{FEFF}å").unwrap();
        assert_eq!(text(&path).unwrap(), "å");
        std::fs::write(&path, b"a\nb\xE5\n").unwrap();
        assert!(text(&path).unwrap_err().to_string().contains("x.txt:2: the byte `0xE5` is not UTF-8"));
    }
}
