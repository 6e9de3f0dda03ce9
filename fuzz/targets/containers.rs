//! PDF, Parquet and WARC; the first byte chooses.
#![no_main]

#[path = "lib.rs"]
mod shared;

use klausul_data::read::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    shared::read(rest, Some([Format::Pdf, Format::Parquet, Format::Warc][usize::from(first % 3)]));
});
