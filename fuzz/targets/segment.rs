//! HTML, text and Markdown: ranges lie in the source, in order, and no block is empty.
#![no_main]

use klausul_data::segment::{html, markdown, text};

libfuzzer_sys::fuzz_target!(|source: &str| {
    for blocks in [html(source), text(source), markdown(source)] {
        let mut last = 0;
        for block in blocks {
            assert!(!block.text.is_empty());
            assert!(block.range.start >= last, "blocks are in order");
            assert!(source.get(block.range.clone()).is_some(), "ranges lie on characters of the source");
            last = block.range.start;
        }
    }
});
