//! JSONL and CSV; the first byte chooses.
#![no_main]

#[path = "lib.rs"]
mod shared;

use klausul_data::read::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    shared::read(rest, Some([Format::Jsonl, Format::Csv][usize::from(first % 2)]));
});
