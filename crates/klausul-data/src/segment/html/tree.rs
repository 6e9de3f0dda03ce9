//! The element tree of a page, flat in reading order.

use std::ops::Range;

use super::super::lines::Inline;
use super::attributes::Flags;
use super::names::Tag;

/// A page as events in reading order; `elements` says where each element begins and ends among them.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) events: Vec<Event>,
    pub(super) elements: Vec<Element>,
    /// Text that the source spells with entities.
    pub(super) decoded: Vec<String>,
    /// Whether there is any element.
    pub(super) markup: bool,
    /// Whether an element says where lines or blocks end.
    pub(super) structure: bool,
}

/// One step through the page.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// The element begins.
    Open(usize),
    /// The element ends.
    Close(usize),
    /// Text as the source has it.
    Text(Range<usize>, Inline),
    /// Text from entities: an index into [`Tree::decoded`].
    Decoded(usize, Range<usize>, Inline),
    /// A line break.
    Break,
    /// A paragraph break without an element.
    Gap,
}

/// An element that begins a block or is never read.
#[derive(Debug, Clone)]
pub(super) struct Element {
    pub(super) tag: Tag,
    pub(super) flags: Flags,
    /// Heading level 1 to 6; 0 for no heading.
    pub(super) level: u8,
    pub(super) colspan: u16,
    pub(super) rowspan: u16,
    /// Index of its end among the events.
    pub(super) end: usize,
    /// Visible bytes inside that are no white space.
    pub(super) text: usize,
    /// Those in links that leave the page.
    pub(super) linked: usize,
    /// Headings of level 1 and 2 inside.
    pub(super) titles: u32,
    /// Headings, paragraphs, lists and tables inside.
    pub(super) blocks: u32,
    /// Form controls inside.
    pub(super) controls: u32,
    /// Inside `main` or `article`.
    pub(super) in_main: bool,
    pub(super) table: TableFacts,
}

/// What a table turns out to hold, gathered while it is read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TableFacts {
    pub(super) rows: u32,
    pub(super) columns: u32,
    pub(super) headers: u32,
    /// Tables and headings inside cells.
    pub(super) nested: u32,
    /// Bytes of text in the fullest cell.
    pub(super) fullest: usize,
    /// Columns of the current row so far.
    pub(super) row: u32,
}
