//! From the selected elements of a page to units.

use super::super::lines::{Inline, Lines};
use super::super::table::{Cell, Table};
use super::super::unit::{Role, Scope, Unit};
use super::attributes::Flags;
use super::names::Tag;
use super::select::Selection;
use super::tree::{Element, Event, Tree};

/// Longest text of a heading element in bytes; above it the element is a block like any other (its end tag is missing).
const HEADING_BYTES: usize = 400;
/// Longest text of a control that opens a panel, in bytes.
const TOGGLE_BYTES: usize = 150;

/// Walks the page and writes its lines and scopes. The `offset` is added to all ranges.
pub(super) fn walk(tree: &Tree, selection: &Selection, source: &str, offset: usize) -> Vec<Unit> {
    let preformatted = u32::from(!tree.structure);
    let lines = Lines::default();
    let mut walker = Walker { tree, source, offset, lines, title: None, preformatted, table: None };
    walker.run(selection);
    walker.lines.units
}

struct Walker<'a> {
    tree: &'a Tree,
    source: &'a str,
    offset: usize,
    lines: Lines,
    /// The element whose whole text is one line, with its role.
    title: Option<(usize, Role)>,
    /// Open elements in which line ends of the source count.
    preformatted: u32,
    /// The data table that is being read, with the units around its cells.
    table: Option<(usize, Table, Vec<Unit>)>,
}

impl Walker<'_> {
    fn run(&mut self, selection: &Selection) {
        let tree = self.tree;
        let is_title = |at: usize| selection.main.is_some_and(|main| at < main) && tree.elements[at].level == 1;
        let mut reading = selection.main.is_none();
        let mut index = 0;
        while let Some(event) = tree.events.get(index) {
            index += 1;
            match event {
                Event::Open(at) if selection.dropped[*at] || self.is_silent_button(*at) => {
                    self.skip(*at);
                    index = tree.elements[*at].end + 1;
                }
                Event::Open(at) => {
                    reading |= selection.main == Some(*at) || is_title(*at);
                    if reading {
                        self.open(*at);
                    }
                }
                Event::Close(at) => {
                    if reading {
                        self.close(*at);
                    }
                    reading &= selection.main != Some(*at) && !is_title(*at);
                }
                _ if !reading => {}
                Event::Text(range, inline) => self.text(range.start, &self.source[range.clone()], *inline),
                Event::Decoded(text, range, inline) => {
                    if !inline.silent {
                        let range = range.start + self.offset..range.end + self.offset;
                        self.lines.push_decoded(&tree.decoded[*text], range, *inline);
                    }
                }
                Event::Break if self.title.is_some() => self.lines.space(),
                Event::Break => self.lines.line_break(),
                Event::Gap => self.block(),
            }
        }
        self.lines.block();
    }

    fn text(&mut self, start: usize, text: &str, inline: Inline) {
        if inline.silent {
            return;
        }
        if self.preformatted == 0 || self.title.is_some() {
            self.lines.push(text, start + self.offset, inline);
            return;
        }
        let mut at = start + self.offset;
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.lines.line_break();
            }
            self.lines.push(line, at, inline);
            at += line.len() + 1;
        }
    }

    /// A button that opens no panel and stands in no sentence or title.
    fn is_silent_button(&self, at: usize) -> bool {
        let element = &self.tree.elements[at];
        element.tag == Tag::Button
            && self.title.is_none()
            && !self.lines.in_line()
            && !(element.flags.has(Flags::TOGGLE) && element.text <= TOGGLE_BYTES)
    }

    /// An element that is not read still stands between its neighbours.
    fn skip(&mut self, at: usize) {
        if self.tree.elements[at].tag.is_block() {
            self.block();
        } else {
            self.lines.space();
        }
    }

    fn block(&mut self) {
        if self.title.is_some() {
            self.lines.space();
        } else {
            self.lines.block();
        }
    }

    fn open(&mut self, at: usize) {
        let element = &self.tree.elements[at];
        if self.title.is_some() || element.tag == Tag::Button && self.lines.in_line() {
            self.lines.space();
            return;
        }
        self.lines.block();
        if let Some(role) = role(element) {
            self.title = Some((at, role));
            return;
        }
        match element.tag {
            Tag::List => self.lines.open(Scope::List),
            Tag::Li | Tag::Dd => self.lines.open(Scope::Item),
            Tag::Details | Tag::Dl => self.lines.open(Scope::Section),
            Tag::Pre => self.preformatted += 1,
            Tag::Table if self.table.is_none() && is_data(element) => {
                self.lines.open(Scope::Section);
                self.table = Some((at, Table::default(), Vec::new()));
            }
            _ => self.open_in_table(element),
        }
    }

    fn open_in_table(&mut self, element: &Element) {
        let Some((_, table, around)) = &mut self.table else { return };
        match element.tag {
            Tag::Thead => table.head(true),
            Tag::Tbody => table.head(false),
            Tag::Tr => table.row(),
            Tag::Td => *around = std::mem::take(&mut self.lines.units),
            _ => {}
        }
    }

    fn close(&mut self, at: usize) {
        let element = &self.tree.elements[at];
        if let Some((title, role)) = self.title {
            if title == at {
                self.title = None;
                self.lines.end_as(role, role == Role::Plain);
            } else {
                self.lines.space();
            }
            return;
        }
        if element.tag == Tag::Button {
            return;
        }
        self.lines.block();
        match element.tag {
            Tag::List | Tag::Li | Tag::Dd | Tag::Details | Tag::Dl => self.lines.close(),
            Tag::Pre => self.preformatted = self.preformatted.saturating_sub(1),
            _ => self.close_in_table(at, element),
        }
    }

    fn close_in_table(&mut self, at: usize, element: &Element) {
        let Some((open, table, around)) = &mut self.table else { return };
        match element.tag {
            Tag::Thead => table.head(false),
            Tag::Td => table.cell(Cell {
                header: element.flags.has(Flags::TH),
                row_scope: element.flags.has(Flags::ROW_SCOPE),
                colspan: element.colspan,
                rowspan: element.rowspan,
                units: std::mem::replace(&mut self.lines.units, std::mem::take(around)),
            }),
            Tag::Table if *open == at => {
                if let Some((_, table, _)) = self.table.take() {
                    table.finish(&mut self.lines.units);
                    self.lines.close();
                }
            }
            _ => {}
        }
    }
}

/// Whether a table holds data rather than the layout of the page.
fn is_data(element: &Element) -> bool {
    let facts = element.table;
    let presentation = element.flags.has(Flags::PRESENTATION);
    let bulky = facts.headers == 0 && facts.fullest > 1_500 && facts.fullest * 10 > element.text * 6;
    facts.nested == 0 && facts.columns > 1 && facts.rows > 1 && !presentation && !bulky
}

/// The role of an element whose text is one line.
fn role(element: &Element) -> Option<Role> {
    let fits = element.text <= HEADING_BYTES && element.blocks <= 3;
    match element.tag {
        Tag::Heading if fits => Some(Role::Heading(element.level)),
        Tag::Summary | Tag::Caption | Tag::Dt if fits && element.titles == 0 => Some(Role::Title),
        Tag::Button => Some(Role::Plain),
        Tag::Div | Tag::P if element.flags.has(Flags::TOGGLE) => {
            (element.text <= TOGGLE_BYTES && element.blocks == 0 && element.linked == 0).then_some(Role::Plain)
        }
        _ => None,
    }
}
