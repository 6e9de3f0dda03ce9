//! Collects inline text into lines, for the front-ends with markup.

use std::ops::Range;

use super::piece::Piece;
use super::unit::{Line, Link, Role, Scope, Unit};

/// What the inline elements around a text say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Inline {
    /// Bold or underlined.
    pub(super) bold: bool,
    /// Inside a link.
    pub(super) link: Link,
    /// Not to be read: a skip link, a link to the top, an icon.
    pub(super) silent: bool,
}

/// Units so far, and the line that is being read.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) units: Vec<Unit>,
    line: Piece,
    /// Bytes of the line, and how many of them are bold, link, and link within the page.
    bytes: usize,
    bold: usize,
    link: usize,
    inside: usize,
    /// The next line begins a paragraph.
    gap: bool,
    /// Nothing but a line break since the last line.
    ended: bool,
}

impl Default for Lines {
    fn default() -> Self {
        let (units, line) = (Vec::new(), Piece::default());
        Self { units, line, bytes: 0, bold: 0, link: 0, inside: 0, gap: true, ended: true }
    }
}

impl Lines {
    /// Adds source text that stands at byte `at`.
    pub(super) fn push(&mut self, text: &str, at: usize, inline: Inline) {
        let added = self.line.push(text, at);
        self.count(added, inline);
    }

    /// Adds text that the source spells differently.
    pub(super) fn push_decoded(&mut self, text: &str, source: Range<usize>, inline: Inline) {
        let added = self.line.push_decoded(text, source);
        self.count(added, inline);
    }

    fn count(&mut self, added: usize, inline: Inline) {
        self.bytes += added;
        self.bold += if inline.bold { added } else { 0 };
        self.link += if inline.link == Link::None { 0 } else { added };
        self.inside += if inline.link == Link::Inside { added } else { 0 };
        self.ended &= added == 0;
    }

    /// White space.
    pub(super) fn space(&mut self) {
        self.line.push_space();
    }

    /// Whether the current line has text.
    pub(super) fn in_line(&self) -> bool {
        !self.line.is_empty()
    }

    /// A line break; two in a row are a paragraph break.
    pub(super) fn line_break(&mut self) {
        self.flush(Role::Plain, false);
        self.gap |= self.ended;
        self.ended = true;
    }

    /// A block ends or begins here.
    pub(super) fn block(&mut self) {
        self.flush(Role::Plain, false);
        self.gap = true;
    }

    /// Ends the line as a block of this role, bold whatever its elements say if `emphasis`.
    pub(super) fn end_as(&mut self, role: Role, emphasis: bool) {
        self.flush(role, emphasis);
        self.gap = true;
    }

    /// Begins a structure.
    pub(super) fn open(&mut self, scope: Scope) {
        self.units.push(Unit::Open(scope));
    }

    /// Ends a structure.
    pub(super) fn close(&mut self) {
        self.units.push(Unit::Close);
    }

    fn flush(&mut self, role: Role, emphasis: bool) {
        let piece = std::mem::take(&mut self.line);
        let link = match () {
            () if self.link < self.bytes => Link::None,
            () if self.inside > 0 => Link::Inside,
            () => Link::Outside,
        };
        let bold = emphasis || self.bold >= self.bytes;
        (self.bytes, self.bold, self.link, self.inside) = (0, 0, 0, 0);
        if !piece.is_empty() {
            self.units.push(Unit::Line(Line { piece, role, bold, link, gap: std::mem::take(&mut self.gap) }));
        }
    }
}
