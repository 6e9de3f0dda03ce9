//! What the three front-ends promise, on text written for these tests.

mod html;
mod markdown;
mod pages;
mod properties;
mod text;

use super::Block;

/// The blocks as `kind|context > context|text`.
fn show(blocks: &[Block]) -> Vec<String> {
    blocks.iter().map(|block| format!("{}|{}|{}", block.kind, block.context.join(" > "), block.text)).collect()
}

/// The texts of the blocks.
fn texts(blocks: &[Block]) -> Vec<&str> {
    blocks.iter().map(|block| block.text.as_str()).collect()
}

/// Whether every range lies in the source, on characters, and none starts before the one in front of it.
fn ranges_hold(source: &str, blocks: &[Block]) -> bool {
    let inside = blocks.iter().all(|block| source.get(block.range.clone()).is_some());
    inside && blocks.windows(2).all(|pair| pair[0].range.start <= pair[1].range.start)
}
