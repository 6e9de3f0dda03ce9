//! Segmentation: the text of a page to the blocks of its main content.

use std::ops::Range;

use klausul_core::Kind;

/// A block of the main content, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What it is on the page.
    pub kind: Kind,
    /// Headings above it, list introduction, row and column heading of a cell; outermost first.
    pub context: Vec<String>,
    /// The text with white space collapsed to single spaces.
    pub text: String,
    /// The bytes of the source text that it came from.
    pub range: Range<usize>,
}
