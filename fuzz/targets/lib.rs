//! What the reader targets share.

use std::io::Write;

use klausul_data::read::{Format, Input, Item, ReadOptions, open};

/// Reads bytes as an input: every item must come, or an error, and the reader must end.
pub fn read(bytes: &[u8], format: Option<Format>) {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(bytes).expect("writing to it");
    let mut options = ReadOptions::new().with_max_document_bytes(1 << 20).expect("a bound");
    if let Some(format) = format {
        options = options.with_format(format);
    }
    for item in open(&Input::file(file.path()), &options).flatten() {
        if let Item::Page(page) = item {
            let _ = klausul_data::document::of_page(page, None);
        }
    }
}
