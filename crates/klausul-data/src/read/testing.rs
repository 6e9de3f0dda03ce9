//! What the tests of the readers share.

use std::io::Write;
use std::path::Path;

use klausul_core::Result;

use super::{Body, Input, Item, Page, ReadOptions, Row, open};

/// A gzip member.
pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame.
pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Bytes that do not compress.
pub(super) fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}

/// Everything that a file of this name and content yields.
pub(super) fn read_with(name: &str, content: &[u8], options: &ReadOptions) -> Vec<Result<Item>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    open(&Input::file(path), options).collect()
}

/// As [`read_with`], with the default options.
pub(super) fn read(name: &str, content: &[u8]) -> Vec<Result<Item>> {
    read_with(name, content, &ReadOptions::new())
}

/// The item as a row.
pub(super) fn row(item: &Result<Item>) -> &Row {
    match item {
        Ok(Item::Row(row)) => row,
        other => panic!("not a row: {other:?}"),
    }
}

/// The item as a page.
pub(super) fn page(item: &Result<Item>) -> &Page {
    match item {
        Ok(Item::Page(page)) => page,
        other => panic!("not a page: {other:?}"),
    }
}

/// The item's error, without the folder that the test made.
pub(super) fn error(item: &Result<Item>) -> String {
    match item {
        Ok(item) => panic!("not an error: {item:?}"),
        Err(error) => {
            let folder = error.path().and_then(Path::parent).map(|path| format!("{}/", path.display()));
            let text = error.to_string();
            folder.and_then(|folder| text.strip_prefix(&folder).map(str::to_owned)).unwrap_or(text)
        }
    }
}

/// The decoded text of a page.
pub(super) fn text(page: &Page) -> String {
    page.clone().into_text().unwrap().1
}

/// The body of a page where it is bytes.
pub(super) fn bytes(page: &Page) -> &[u8] {
    match &page.body {
        Body::Bytes { bytes, .. } => bytes,
        Body::Text(text) => text.as_bytes(),
    }
}
