//! Any bytes, format told by content.
#![no_main]

#[path = "lib.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| shared::read(bytes, None));
