//! Segmentation: the text of a page to the blocks of its main content.
//!
//! Three front-ends read [HTML](html()), [plain text](text()) and [Markdown](markdown()) into the same units: lines, and the
//! lists, items, tables and cells around them. One assembler decides which lines are headings, and gives every block
//! its context. It follows these rules in all three formats:
//!
//! - A block is a paragraph, heading, list item, description or table cell. Its text has its white space collapsed,
//!   entities decoded, soft hyphens and zero-width characters removed, and no bullet. Text without a letter or digit
//!   is no block.
//! - A heading is what the markup calls one, or a short line that is no sentence and is bold, numbered, in capitals or
//!   a question; in plain text also a short line of its own with text below it.
//! - A context holds the headings above the block by level, then the text right before its list or table (its last
//!   sentences, where it is long), then the row and column heading of a cell; at most twelve entries, none twice.
//! - A block above 1,500 characters is cut at sentence ends into blocks of at most 1,000 where sentences allow it. A
//!   sentence above 1,500 characters is cut at a space, a word above that anywhere.
//!
//! The functions never fail or panic, take time linear in the source, use no recursion on the source's nesting, and
//! return the same blocks for the same source. Untrusted input is fine.

mod assemble;
mod decide;
mod html;
mod line;
mod lines;
mod markdown;
mod outline;
mod piece;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod unit;

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

/// Cuts a page or fragment of HTML into the blocks of its main content.
///
/// Menus, page headers and footers, consent banners, scripts and form controls are left out where structure and link
/// density agree that they are not the policy; what stays in doubt stays in. A source without any markup is read as
/// [`text()`].
///
/// ```
/// let blocks = klausul_data::segment::html("<h2>Your rights</h2><p>You may:<ul><li>access your data");
/// assert_eq!(blocks[2].text, "access your data");
/// assert_eq!(blocks[2].context, ["Your rights", "You may:"]);
/// ```
pub fn html(source: &str) -> Vec<Block> {
    match html::units(source, 0) {
        Some(units) => assemble::assemble(units, false),
        None => text(source),
    }
}

/// Cuts plain text into blocks: paragraphs or lines, headings by their looks, bullets, tables of `|` rows.
///
/// Hard-wrapped lines are joined, also across a hyphen; page numbers and running heads of text from PDF files (pages
/// end with a form feed) are left out.
///
/// ```
/// let blocks = klausul_data::segment::text("CONTACT\n\nWrite to us at privacy@example.org.");
/// assert_eq!(blocks[1].context, ["CONTACT"]);
/// assert_eq!(blocks[1].range, 9..44);
/// ```
pub fn text(source: &str) -> Vec<Block> {
    assemble::assemble(text::units(source), true)
}

/// Cuts Markdown (CommonMark with tables) into blocks; HTML inside it is read as such.
///
/// ```
/// let blocks = klausul_data::segment::markdown("# Privacy\n\nWe keep:\n\n* your *name*\n");
/// assert_eq!(blocks[2].text, "your name");
/// assert_eq!(blocks[2].context, ["Privacy", "We keep:"]);
/// ```
pub fn markdown(source: &str) -> Vec<Block> {
    assemble::assemble(markdown::units(source), false)
}

/// The language that an HTML page declares for itself: `lang`, or else `xml:lang`, of its `html` element, as written.
///
/// ```
/// assert_eq!(klausul_data::segment::html_declared_language("<!doctype html><html lang='sv-SE'>"), Some("sv-SE"));
/// ```
pub fn html_declared_language(source: &str) -> Option<&str> {
    html::declared_language(source)
}
