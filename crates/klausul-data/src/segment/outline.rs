//! Headings, list introductions and scopes above the current place, and the blocks that come out.

use klausul_core::Kind;

use super::Block;
use super::line::{Number, sentence_ends};
use super::piece::Piece;
use super::unit::Scope;

/// Longest block in characters, about: longer ones are cut at sentence ends.
const BLOCK_CHARS: usize = 1_500;
/// How long the parts of a cut block are at most, where sentence ends allow it.
const CUT_CHARS: usize = 1_000;
/// Longest list introduction in a context, in bytes; of a longer text only the last sentences are kept.
const INTRO_BYTES: usize = 300;
/// Longest text, in bytes, that a text with a colon somewhere above it in its section introduces.
const ANNOUNCED_BYTES: usize = 120;
/// Shortest such text, in bytes, that introduces more than the next block.
const ANNOUNCEMENT_BYTES: usize = 25;
/// Most entries of a context; the innermost count.
const CONTEXT_ENTRIES: usize = 12;
/// Most list introductions in a context; the innermost count.
const INTROS: usize = 3;

/// Collects blocks while it follows the outline of a document.
#[derive(Debug, Default)]
pub(super) struct Outline {
    blocks: Vec<Block>,
    headings: Vec<Entry>,
    frames: Vec<Frame>,
    /// Introductions of the open lists and tables, outermost first, each with the number of frames outside it.
    intros: Vec<(usize, String)>,
    /// Lists that only bullets make: their bullet and introduction, outermost first.
    bullets: Vec<(char, Option<String>)>,
    /// The last text block, while nothing but a list has followed it.
    intro: Option<String>,
    /// Texts of this section that end with a colon and that no list has followed yet, innermost last.
    announced: Vec<String>,
    /// Open cells, with the context that they give.
    cells: Vec<Vec<String>>,
}

/// A heading that counts for what follows.
#[derive(Debug)]
struct Entry {
    rank: u16,
    number: Option<Number>,
    text: String,
}

#[derive(Debug)]
struct Frame {
    kind: FrameKind,
    headings: usize,
    intro: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    List,
    Item,
    Section,
    Table,
    Cell,
}

/// Ranks from here on are headings by their looks; they never end a heading outside the scope they stand in.
pub(super) const LOOKS_RANK: u16 = 65;

impl Outline {
    /// Enters a structure.
    pub(super) fn open(&mut self, scope: Scope) {
        self.bullets.clear();
        let kind = match scope {
            Scope::List => FrameKind::List,
            Scope::Item => FrameKind::Item,
            Scope::Section => FrameKind::Section,
            Scope::Table => FrameKind::Table,
            Scope::Cell(context) => {
                // The items of the cell before introduce nothing here.
                self.intro = None;
                self.cells.push(context);
                FrameKind::Cell
            }
        };
        let intro = match kind {
            FrameKind::List | FrameKind::Table => self.intro.take(),
            _ => None,
        };
        if let Some(intro) = &intro {
            self.announced.retain(|announced| announced != intro);
            self.intros.push((self.frames.len(), intro.clone()));
        }
        self.frames.push(Frame { kind, headings: self.headings.len(), intro });
    }

    /// Leaves the innermost structure: its headings no longer count.
    pub(super) fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.bullets.clear();
        self.headings.truncate(frame.headings);
        if self.intros.last().is_some_and(|(depth, _)| *depth == self.frames.len()) {
            self.intros.pop();
        }
        match frame.kind {
            FrameKind::Cell => {
                self.cells.pop();
            }
            FrameKind::List | FrameKind::Table => self.intro = frame.intro,
            FrameKind::Section => self.intro = None,
            FrameKind::Item => {}
        }
    }

    /// A heading: ends those of its rank and deeper, then stands above what follows.
    pub(super) fn heading(&mut self, piece: Piece, rank: u16) {
        let number = Number::of(piece.text());
        let floor = if rank >= LOOKS_RANK { self.frames.last().map_or(0, |frame| frame.headings) } else { 0 };
        while self.headings.len() > floor {
            let Some(top) = self.headings.last() else { break };
            let parent = match (&top.number, &number) {
                (Some(top), Some(number)) => top.contains(number),
                _ => false,
            };
            if top.rank < rank || top.rank == rank && parent {
                break;
            }
            self.headings.pop();
        }
        self.bullets.clear();
        self.announced.clear();
        self.intro = None;
        let text = piece.text().to_owned();
        self.push(piece, Kind::Heading);
        self.headings.push(Entry { rank, number, text });
    }

    /// A heading that gives no context to what follows.
    pub(super) fn bare_heading(&mut self, piece: Piece) {
        self.push(piece, Kind::Heading);
    }

    /// Ends the headings of the rank and deeper in this scope.
    pub(super) fn end_headings(&mut self, rank: u16) {
        let floor = self.frames.last().map_or(0, |frame| frame.headings);
        while self.headings.len() > floor && self.headings.last().is_some_and(|top| top.rank >= rank) {
            self.headings.pop();
        }
    }

    /// Running text; in a list item or cell it is one.
    pub(super) fn text(&mut self, piece: Piece) {
        self.bullets.clear();
        let kind = self.kind();
        let intro = introduction(piece.text());
        let announces = piece.text().ends_with(':') && self.frames.is_empty();
        self.push(piece, kind);
        if self.announced.last().is_some_and(|announced| announced.len() < ANNOUNCEMENT_BYTES) {
            // "By post:" speaks of the next block only.
            self.announced.pop();
        }
        if announces {
            let surplus = (self.announced.len() + 1).saturating_sub(INTROS);
            self.announced.drain(..surplus);
            self.announced.extend(intro.clone());
        }
        self.intro = intro;
    }

    /// An item of a list that only its bullets make.
    pub(super) fn item(&mut self, piece: Piece, bullet: char) {
        if let Some(index) = self.bullets.iter().position(|(open, _)| *open == bullet) {
            self.bullets.truncate(index + 1);
        } else {
            // Numbered paragraphs often follow text that says nothing of them.
            let intro = self.intro.take().filter(|intro| bullet != '1' || intro.ends_with(':'));
            self.announced.retain(|announced| Some(announced) != intro.as_ref());
            self.bullets.push((bullet, intro));
        }
        let kind = if self.cells.is_empty() { Kind::ListItem } else { Kind::TableCell };
        self.intro = introduction(piece.text());
        self.push(piece, kind);
    }

    /// The kind of running text here.
    fn kind(&self) -> Kind {
        if !self.cells.is_empty() {
            return Kind::TableCell;
        }
        match self.frames.last() {
            Some(frame) if frame.kind == FrameKind::Item => Kind::ListItem,
            _ => Kind::Text,
        }
    }

    /// The blocks, in the order of the source.
    pub(super) fn finish(mut self) -> Vec<Block> {
        // Text between the cells of a broken table is read before the table, as a browser shows it.
        self.blocks.sort_by_key(|block| block.range.start);
        self.blocks
    }

    fn context(&self, own: &str) -> Vec<String> {
        let mut context: Vec<String> = Vec::new();
        let bullets: Vec<&str> = self.bullets.iter().filter_map(|(_, intro)| intro.as_deref()).collect();
        let bullets = &bullets[bullets.len().saturating_sub(INTROS)..];
        let lists = &self.intros[self.intros.len().saturating_sub(INTROS - bullets.len())..];
        let intros = lists.iter().map(|(_, intro)| intro.as_str()).chain(bullets.iter().copied());
        let headings = self.headings.iter().skip(self.headings.len().saturating_sub(CONTEXT_ENTRIES));
        let speaks = own.len() > ANNOUNCED_BYTES || own.contains(": ") || !self.bullets.is_empty();
        let announced = self.announced.last().filter(|_| !speaks);
        let intros = intros.chain(announced.map(String::as_str));
        let cells = self.cells.last().into_iter().flatten().map(String::as_str);
        for entry in headings.map(|entry| entry.text.as_str()).chain(intros).chain(cells) {
            if !context.iter().any(|present| present == entry) {
                context.push(entry.to_owned());
            }
        }
        let surplus = context.len().saturating_sub(CONTEXT_ENTRIES);
        context.drain(..surplus);
        context
    }

    /// Adds a block, cut at sentence ends when it is too long. Text without a letter or digit is no block.
    fn push(&mut self, piece: Piece, kind: Kind) {
        if !piece.text().chars().any(char::is_alphanumeric) {
            return;
        }
        let context = self.context(piece.text());
        if piece.text().len() <= BLOCK_CHARS || piece.text().chars().count() <= BLOCK_CHARS {
            let range = piece.range();
            self.blocks.push(Block { kind, context, text: piece.into_text(), range });
            return;
        }
        for range in cuts(piece.text()) {
            let part = piece.slice(range);
            if part.text().chars().any(char::is_alphanumeric) {
                let range = part.range();
                self.blocks.push(Block { kind, context: context.clone(), text: part.into_text(), range });
            }
        }
    }
}

/// The last sentences of a text, as far as they fit into a context; none of a number or other fragment.
fn introduction(text: &str) -> Option<String> {
    if text.len() <= INTRO_BYTES {
        let start = text.chars().take(40);
        let letters = start.clone().filter(|char| char.is_alphabetic()).count();
        let worded = text.ends_with(':') || letters >= 3 && letters * 2 >= start.count();
        return worded.then(|| text.to_owned());
    }
    let from = text.len() - INTRO_BYTES;
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let tail = &text[from..];
    let start = sentence_ends(tail).next().or_else(|| tail.find(' ')).unwrap_or(0);
    Some(tail[start..].trim_start().to_owned())
}

/// Cuts a long text into parts of whole sentences of at most [`CUT_CHARS`] characters; a sentence above
/// [`BLOCK_CHARS`] is cut at the last space before that length, and a word above it there.
fn cuts(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut end, mut chars) = (0, 0, 0);
    for next in sentence_ends(text).chain(std::iter::once(text.len())) {
        let sentence = text[end..next].chars().count();
        if chars > 0 && chars + sentence > CUT_CHARS {
            parts.push(start..end);
            (start, chars) = (end, 0);
        }
        (end, chars) = (next, chars + sentence);
        while chars > BLOCK_CHARS {
            let limit = text[start..].char_indices().nth(BLOCK_CHARS).map_or(end, |(at, _)| start + at);
            let at = text[start + 1..limit].rfind(' ').map_or(limit, |space| start + 1 + space);
            parts.push(start..at);
            chars -= text[start..at].chars().count();
            start = at;
        }
    }
    if start < end {
        parts.push(start..end);
    }
    parts
}
