//! Builds the element tree while the tokenizer runs: open elements, implied end tags, inline state.

use html5gum::Tokenizer;

use super::super::lines::Inline;
use super::super::unit::Link;
use super::attributes::{Attributes, Flags};
use super::names::{TAGS, Tag};
use super::tree::{Element, Event, TableFacts, Tree};

/// Reads a page.
pub(super) fn parse(source: &str) -> Tree {
    let mut builder = Builder::new(source);
    let tokenizer = Tokenizer::new_with_emitter(source, &mut builder);
    // Reading from a string cannot fail.
    let _ = tokenizer.finish();
    builder.finish()
}

/// A key that tells the names of elements that are never read apart.
fn key(name: &[u8]) -> u32 {
    name.iter().fold(name.len() as u32, |key, byte| key.wrapping_mul(31).wrapping_add(u32::from(*byte)))
}

/// The emitter that the tokenizer drives: it keeps the open elements and writes the tree.
#[derive(Debug)]
pub(super) struct Builder<'a> {
    source: &'a str,
    tree: Tree,
    stack: Vec<Open>,
    /// Where in the stack the open elements of each tag are.
    open: [Vec<usize>; TAGS],
    /// Positions in the stack that end tags do not reach across.
    borders: Vec<usize>,
    /// Elements open that are never read.
    skipped: usize,
    bold: u32,
    links: Vec<Flags>,
    spans: Vec<Flags>,
    pub(super) position: usize,
    pub(super) text_end: usize,
    /// First bytes of a character that has not come whole yet.
    held: Vec<u8>,
    pub(super) tag_start: usize,
    pub(super) name: Vec<u8>,
    pub(super) last_start: Vec<u8>,
    pub(super) end_tag: bool,
    pub(super) self_closing: bool,
    pub(super) attribute: Vec<u8>,
    pub(super) value: Vec<u8>,
    pub(super) attributes: Attributes,
}

/// An open element with the inline state at its start.
#[derive(Debug)]
struct Open {
    element: usize,
    /// The tag that it was written with, and a key of its name.
    tag: Tag,
    name: u32,
    bold: u32,
    links: usize,
    spans: usize,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str) -> Self {
        let mut builder = Self {
            source,
            tree: Tree::default(),
            stack: Vec::new(),
            open: std::array::from_fn(|_| Vec::new()),
            borders: Vec::new(),
            skipped: 0,
            bold: 0,
            links: Vec::new(),
            spans: Vec::new(),
            position: 0,
            text_end: 0,
            held: Vec::new(),
            tag_start: 0,
            name: Vec::new(),
            last_start: Vec::new(),
            end_tag: false,
            self_closing: false,
            attribute: Vec::new(),
            value: Vec::new(),
            attributes: Attributes::default(),
        };
        builder.push(Tag::Div, Flags::default());
        builder
    }

    fn finish(mut self) -> Tree {
        self.pop_to(0);
        self.tree
    }

    /// The innermost open element of the tag that an end tag here can reach.
    fn reach(&self, tag: Tag) -> Option<usize> {
        let at = *self.open[tag as usize].last()?;
        (at >= self.borders.last().copied().unwrap_or(0)).then_some(at)
    }

    fn element(&mut self) -> Option<&mut Element> {
        let index = self.stack.last()?.element;
        self.tree.elements.get_mut(index)
    }

    fn push(&mut self, tag: Tag, mut flags: Flags) {
        if tag == Tag::Button {
            // The control of a panel may say so on an element around it.
            let around = self.stack.iter().rev().take(2);
            if around.into_iter().any(|open| self.tree.elements[open.element].flags.has(Flags::TOGGLE)) {
                flags.add(Flags::TOGGLE);
            }
        }
        let level = self.attributes.heading_level(&self.name).unwrap_or(0);
        let (colspan, rowspan) = self.attributes.spans();
        let index = self.tree.elements.len();
        let in_main = flags.has(Flags::MAIN) || self.element().is_some_and(|parent| parent.in_main);
        self.tree.elements.push(Element {
            tag: if level > 0 { Tag::Heading } else { tag },
            flags,
            level,
            colspan,
            rowspan,
            end: 0,
            text: 0,
            linked: 0,
            titles: u32::from(matches!(level, 1 | 2)),
            blocks: u32::from(level > 0 || matches!(tag, Tag::P | Tag::List | Tag::Table)),
            controls: 0,
            in_main,
            table: TableFacts::default(),
        });
        self.tree.events.push(Event::Open(index));
        let at = self.stack.len();
        self.open[tag as usize].push(at);
        if tag.is_border() {
            self.borders.push(at);
        }
        self.skipped += usize::from(matches!(tag, Tag::Skip | Tag::Svg));
        let name = key(&self.name);
        let (links, spans) = (self.links.len(), self.spans.len());
        self.stack.push(Open { element: index, tag, name, bold: self.bold, links, spans });
        self.count_for_table(tag, flags, level, colspan);
    }

    /// Tells the table around a cell, row or heading.
    fn count_for_table(&mut self, tag: Tag, flags: Flags, level: u8, colspan: u16) {
        let tables = &self.open[Tag::Table as usize];
        let around = match tag {
            Tag::Table => tables.len().checked_sub(2).map(|index| tables[index]),
            _ => tables.last().copied(),
        };
        let Some(table) = around.map(|at| self.stack[at].element) else { return };
        let facts = &mut self.tree.elements[table].table;
        match tag {
            Tag::Table => facts.nested += 1,
            Tag::Tr => {
                facts.rows += 1;
                facts.row = 0;
            }
            Tag::Td => {
                facts.row += u32::from(colspan);
                facts.columns = facts.columns.max(facts.row);
                facts.headers += u32::from(flags.has(Flags::TH));
            }
            _ if (1..=4).contains(&level) => facts.nested += 1,
            _ => {}
        }
    }

    /// Ends the open elements down to this depth of the stack.
    fn pop_to(&mut self, depth: usize) {
        while self.stack.len() > depth {
            let Some(open) = self.stack.pop() else { break };
            let at = self.stack.len();
            let end = self.tree.events.len();
            self.tree.events.push(Event::Close(open.element));
            let element = &mut self.tree.elements[open.element];
            element.end = end;
            let closed = element.clone();
            self.open[open.tag as usize].pop();
            self.skipped -= usize::from(matches!(open.tag, Tag::Skip | Tag::Svg));
            if self.borders.last() == Some(&at) {
                self.borders.pop();
            }
            self.bold = self.bold.min(open.bold);
            self.links.truncate(open.links);
            self.spans.truncate(open.spans);
            if closed.tag == Tag::Td
                && let Some(table) = self.open[Tag::Table as usize].last()
            {
                let facts = &mut self.tree.elements[self.stack[*table].element].table;
                facts.fullest = facts.fullest.max(closed.text);
            }
            if let Some(parent) = self.element() {
                parent.text += closed.text;
                parent.linked += closed.linked;
                parent.titles += closed.titles;
                parent.blocks += closed.blocks;
                parent.controls += closed.controls;
            }
        }
    }

    fn close(&mut self, tag: Tag) {
        if let Some(at) = self.reach(tag) {
            self.pop_to(at);
        }
    }

    /// Closes the tag unless one of the others was opened after it.
    fn close_within(&mut self, tag: Tag, limits: &[Tag]) {
        let after = |at: usize, limit: &Tag| self.open[*limit as usize].last().is_some_and(|open| *open > at);
        if let Some(at) = self.reach(tag).filter(|at| !limits.iter().any(|limit| after(*at, limit))) {
            self.pop_to(at);
        }
    }

    pub(super) fn start_tag(&mut self) {
        let mut tag = Tag::of(&self.name);
        if self.skipped > 0 && !self.leaves_skipped(tag) {
            return;
        }
        let flags = self.attributes.flags(tag, &self.name);
        self.tree.markup = true;
        self.tree.structure |= tag.is_block() || tag == Tag::Br;
        if self.attributes.heading_level(&self.name).is_some() && matches!(tag, Tag::Div | Tag::P | Tag::Section) {
            self.close(Tag::P);
        }
        if tag == Tag::Skip && self.name == b"template" && self.attributes.is_shadow_root() {
            tag = Tag::Div;
        }
        if tag.closes_paragraph() {
            self.close_within(Tag::P, &[Tag::Table]);
        }
        match tag {
            Tag::Other | Tag::Void => {}
            Tag::Input => {
                if let Some(element) = self.element() {
                    element.controls += 1;
                }
            }
            Tag::Br => self.tree.events.push(Event::Break),
            Tag::Hr => self.tree.events.push(Event::Gap),
            Tag::Bold => self.bold += 1,
            Tag::A => self.links.push(flags),
            Tag::Span => {
                self.spans.push(flags);
                self.bold += u32::from(flags.has(Flags::BOLD));
            }
            Tag::Svg if self.self_closing => {}
            _ => {
                self.imply_ends(tag);
                let control = tag == Tag::Button || matches!(self.name.as_slice(), b"select" | b"textarea");
                if let Some(element) = self.element().filter(|_| control) {
                    element.controls += 1;
                }
                self.push(tag, flags);
            }
        }
    }

    /// Ends the elements that the start of another one ends.
    fn imply_ends(&mut self, tag: Tag) {
        match tag {
            Tag::Li => self.close_within(Tag::Li, &[Tag::List, Tag::Table]),
            Tag::Dt | Tag::Dd => {
                self.close_within(Tag::Dt, &[Tag::Dl, Tag::List, Tag::Table]);
                self.close_within(Tag::Dd, &[Tag::Dl, Tag::List, Tag::Table]);
            }
            Tag::Heading => self.close_within(Tag::Heading, &[Tag::List, Tag::Table, Tag::Div]),
            Tag::Td => self.close_cell(Tag::Td),
            Tag::Tr => self.close_cell(Tag::Tr),
            Tag::Tbody | Tag::Thead => {
                self.close_cell(Tag::Tbody);
                self.close_cell(Tag::Thead);
            }
            Tag::Button => self.close(Tag::Button),
            _ => {}
        }
    }

    /// Closes a part of the innermost table, across the cell that it may stand in.
    fn close_cell(&mut self, tag: Tag) {
        let table = self.open[Tag::Table as usize].last().copied();
        let inside = |at: &usize| table.is_none_or(|table| *at > table);
        if let Some(at) = self.open[tag as usize].last().copied().filter(inside) {
            self.pop_to(at);
        } else if tag != Tag::Td {
            self.close_cell(Tag::Td);
        }
    }

    /// Whether a start tag inside a picture or control shows that its end tag is missing.
    fn leaves_skipped(&mut self, tag: Tag) -> bool {
        let svg = self.open[Tag::Svg as usize].first().copied();
        let Some(at) = svg.filter(|_| self.open[Tag::Skip as usize].is_empty()) else {
            if matches!(tag, Tag::Svg | Tag::Skip) {
                self.push(tag, Flags::default());
            }
            return false;
        };
        if tag == Tag::Skip {
            self.push(tag, Flags::default());
            return false;
        }
        if self.name == b"foreignobject" || tag == Tag::Svg && !self.self_closing {
            self.push(Tag::Svg, Flags::default());
            return false;
        }
        let breaks = matches!(
            tag,
            Tag::Div | Tag::P | Tag::Heading | Tag::List | Tag::Li | Tag::Table | Tag::Dl | Tag::Center | Tag::Br
        );
        // Inside <foreignObject> ordinary elements are part of the picture.
        if breaks && self.open[Tag::Svg as usize].len() == 1 {
            self.pop_to(at);
            return true;
        }
        false
    }

    pub(super) fn end_tag(&mut self) {
        let tag = Tag::of(&self.name);
        if self.skipped > 0 && !matches!(tag, Tag::Skip | Tag::Svg) && self.name != b"foreignobject" {
            // The end of an element around a control without end tag.
            let inside = self.open[Tag::Skip as usize].first().or(self.open[Tag::Svg as usize].first()).copied();
            if !(tag.is_block() && inside.is_some_and(|inside| self.reach(tag).is_some_and(|at| at < inside))) {
                return;
            }
        }
        match tag {
            Tag::Other if self.name == b"foreignobject" => self.close(Tag::Svg),
            Tag::Other | Tag::Void | Tag::Input | Tag::Hr => {}
            Tag::Br => self.tree.events.push(Event::Break),
            Tag::Bold => self.bold = self.bold.saturating_sub(1),
            Tag::A => {
                self.links.pop();
            }
            Tag::Span => {
                if let Some(flags) = self.spans.pop() {
                    self.bold = self.bold.saturating_sub(u32::from(flags.has(Flags::BOLD)));
                }
            }
            Tag::P if self.reach(Tag::P).is_none() => self.tree.events.push(Event::Gap),
            Tag::Table => {
                if let Some(at) = self.open[Tag::Table as usize].last().copied() {
                    self.pop_to(at);
                }
            }
            Tag::Tr | Tag::Tbody | Tag::Thead => {
                let table = self.open[Tag::Table as usize].last().copied();
                let part = self.open[tag as usize].last().copied();
                if let Some(at) = part.filter(|at| table.is_none_or(|table| *at > table)) {
                    self.pop_to(at);
                }
            }
            Tag::Td => self.close_cell(Tag::Td),
            Tag::Li => self.close_within(Tag::Li, &[Tag::List, Tag::Table]),
            Tag::Skip => {
                let name = key(&self.name);
                let open = self.open[Tag::Skip as usize].iter().rev().take(16);
                if let Some(at) = open.copied().find(|at| self.stack[*at].name == name) {
                    self.pop_to(at);
                }
            }
            _ => self.close(tag),
        }
    }

    fn inline(&self) -> Inline {
        let flags = self.links.last().copied().unwrap_or_default();
        let link = match self.links.last() {
            None => Link::None,
            Some(flags) if flags.has(Flags::LINK_INSIDE) => Link::Inside,
            Some(_) => Link::Outside,
        };
        let unread = Flags::HIDDEN.or(Flags::ARIA_HIDDEN);
        Inline {
            bold: self.bold > 0 && !self.spans.last().is_some_and(|span| span.has(Flags::NOT_BOLD)),
            link,
            silent: flags.has(Flags::LINK_TOP) && !flags.has(Flags::TOGGLE)
                || flags.has(Flags::SKIP_LINK) && flags.has(Flags::LINK_INSIDE)
                || flags.has(Flags::ARIA_HIDDEN) && link == Link::Inside
                || self.spans.iter().rev().take(8).any(|span| span.has(unread)),
        }
    }

    /// Text of the page. A character may come in two parts: after a character reference the tokenizer hands out a single byte.
    pub(super) fn text(&mut self, bytes: &[u8]) {
        if self.held.is_empty() && std::str::from_utf8(bytes).is_ok() {
            return self.characters(bytes, self.position);
        }
        let mut bytes = [std::mem::take(&mut self.held).as_slice(), bytes].concat();
        if let Err(error) = std::str::from_utf8(&bytes)
            && error.error_len().is_none()
        {
            self.held = bytes.split_off(error.valid_up_to());
        }
        self.characters(&bytes, self.position.saturating_sub(self.held.len()));
    }

    /// Whole characters that end before a position of the source.
    fn characters(&mut self, bytes: &[u8], position: usize) {
        if self.skipped > 0 || bytes.is_empty() {
            self.text_end = position;
            return;
        }
        let inline = self.inline();
        if !inline.silent {
            let visible = bytes.iter().filter(|byte| **byte > b' ').count();
            if let Some(element) = self.element() {
                element.text += visible;
                element.linked += if inline.link == Link::Outside { visible } else { 0 };
            }
        }
        let start = position.saturating_sub(bytes.len());
        let same = self.source.as_bytes().get(start..position) == Some(bytes);
        if same && self.source.is_char_boundary(start) && self.source.is_char_boundary(position) {
            self.tree.events.push(Event::Text(start..position, inline));
        } else {
            let boundary = |mut at: usize| {
                at = at.min(self.source.len());
                while !self.source.is_char_boundary(at) {
                    at -= 1;
                }
                at
            };
            let end = boundary(position);
            let start = boundary(self.text_end.max(self.tag_start)).min(end);
            let index = self.tree.decoded.len();
            self.tree.decoded.push(String::from_utf8_lossy(bytes).into_owned());
            self.tree.events.push(Event::Decoded(index, start..end, inline));
        }
        self.text_end = position;
    }

    pub(super) fn keep_attribute(&mut self) {
        if !self.attribute.is_empty() {
            self.attributes.set(&self.attribute, &self.value);
            self.attribute.clear();
            self.value.clear();
        }
    }
}
