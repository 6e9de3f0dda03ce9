//! Markdown, with the HTML inside it.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::lines::{Inline, Lines};
use super::table::{Cell, Table};
use super::unit::{Link, Role, Scope, Unit};
use super::{html, text};

/// The units of a Markdown document.
pub(super) fn units(source: &str) -> Vec<Unit> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut reader = Reader::new(source);
    for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
        reader.event(event, range);
    }
    reader.lines.block();
    drop_attribute_lists(reader.lines.units)
}

struct Reader<'a> {
    source: &'a str,
    lines: Lines,
    bold: u32,
    links: Vec<Link>,
    /// Images open: their description is not on the page.
    images: u32,
    heading: bool,
    code: bool,
    metadata: bool,
    /// Where the current HTML block began.
    html: Option<Range<usize>>,
    table: Option<(Table, Vec<Unit>)>,
    /// Events that end up to here were read in another way.
    read: usize,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            lines: Lines::default(),
            bold: 0,
            links: Vec::new(),
            images: 0,
            heading: false,
            code: false,
            metadata: false,
            html: None,
            table: None,
            read: 0,
        }
    }

    /// A paragraph; one that is a table in all but its line of hyphens is read as such.
    fn paragraph(&mut self, range: Range<usize>) {
        self.lines.block();
        let slice = self.source.get(range.clone()).unwrap_or_default();
        if slice.starts_with('|') && text::table(slice, range.start, &mut self.lines.units) {
            self.read = range.end;
        }
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            _ if range.end <= self.read => {}
            Event::Start(Tag::Paragraph) => self.paragraph(range),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text(&text, range),
            Event::Html(_) => {
                let html = self.html.get_or_insert(range.clone());
                html.end = range.end;
            }
            Event::InlineHtml(tag) => self.inline_html(&tag),
            Event::SoftBreak => self.lines.space(),
            Event::HardBreak if self.heading => self.lines.space(),
            Event::HardBreak => self.lines.line_break(),
            Event::Rule => self.lines.block(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, range: Range<usize>) {
        if self.images > 0 || self.metadata {
            return;
        }
        let link = self.links.last().copied().unwrap_or_default();
        let inline = Inline { bold: self.bold > 0, link, silent: false };
        let slice = self.source.get(range.clone()).unwrap_or_default();
        let at = if slice == text { Some(range.start) } else { slice.find(text).map(|at| range.start + at) };
        let Some(mut at) = at else {
            self.lines.push_decoded(text, range, inline);
            return;
        };
        if !self.code {
            self.lines.push(text, at, inline);
            return;
        }
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.lines.line_break();
            }
            self.lines.push(line, at, inline);
            at += line.len() + 1;
        }
    }

    /// Tags inside a line that end it: scraped tables write lists in their cells.
    fn inline_html(&mut self, tag: &str) {
        let name = tag.trim_start_matches(['<', '/']);
        let end = name.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(name.len());
        let breaks = ["br", "p", "div", "ul", "ol", "li"];
        if breaks.iter().any(|block| name[..end].eq_ignore_ascii_case(block)) {
            if self.heading { self.lines.space() } else { self.lines.line_break() }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { .. } => {
                self.lines.block();
                self.heading = true;
            }
            Tag::List(_) => {
                self.lines.block();
                self.lines.open(Scope::List);
            }
            Tag::Item => self.lines.open(Scope::Item),
            Tag::CodeBlock(_) => {
                self.lines.block();
                self.code = true;
            }
            Tag::MetadataBlock(_) => self.metadata = true,
            Tag::Strong => self.bold += 1,
            Tag::Link { dest_url, .. } => {
                self.links.push(if dest_url.starts_with('#') { Link::Inside } else { Link::Outside });
            }
            Tag::Image { .. } => self.images += 1,
            Tag::Table(_) => {
                self.lines.block();
                self.table = Some((Table::default(), Vec::new()));
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some((table, _)) = &mut self.table {
                    table.head(matches!(tag, Tag::TableHead));
                    table.row();
                }
            }
            Tag::TableCell => {
                if let Some((_, around)) = &mut self.table {
                    *around = std::mem::take(&mut self.lines.units);
                }
            }
            Tag::Emphasis | Tag::Strikethrough => {}
            _ => self.lines.block(),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(level) => {
                self.heading = false;
                self.lines.end_as(Role::Heading(level as u8), false);
            }
            TagEnd::List(_) | TagEnd::Item => {
                self.lines.block();
                self.lines.close();
            }
            TagEnd::CodeBlock => {
                self.lines.block();
                self.code = false;
            }
            TagEnd::MetadataBlock(_) => self.metadata = false,
            TagEnd::Strong => self.bold = self.bold.saturating_sub(1),
            TagEnd::Link => {
                self.links.pop();
            }
            TagEnd::Image => self.images = self.images.saturating_sub(1),
            TagEnd::HtmlBlock => {
                if let Some(range) = self.html.take() {
                    self.lines.block();
                    let slice = self.source.get(range.clone()).unwrap_or_default();
                    self.lines.units.extend(html::fragment(slice, range.start));
                }
            }
            TagEnd::TableCell => {
                self.lines.block();
                if let Some((table, around)) = &mut self.table {
                    let units = std::mem::replace(&mut self.lines.units, std::mem::take(around));
                    table.cell(Cell { units, ..Cell::default() });
                }
            }
            TagEnd::Table => {
                if let Some((table, _)) = self.table.take() {
                    table.finish(&mut self.lines.units);
                }
            }
            TagEnd::TableHead | TagEnd::TableRow | TagEnd::Emphasis | TagEnd::Strikethrough => {}
            _ => self.lines.block(),
        }
    }
}

/// Removes the attribute lists that some Markdown dialects put behind headings and paragraphs: `{: #name }`.
fn drop_attribute_lists(mut units: Vec<Unit>) -> Vec<Unit> {
    for unit in &mut units {
        if let Unit::Line(line) = unit {
            let text = line.piece.text();
            if let Some(at) = text.rfind("{:").filter(|_| text.ends_with('}')) {
                line.piece = line.piece.slice(0..at);
            }
        }
    }
    units.retain(|unit| !matches!(unit, Unit::Line(line) if line.piece.is_empty()));
    units
}
