//! Reads the inputs and cuts what they yield into waves.

use std::collections::HashSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use klausul_core::{Error, Result};

use crate::read::{Body, Input, Item, Page, ReadOptions, Row, open};

/// A wave ends with the unit that reaches one of these.
const WAVE_UNITS: usize = 256;
const WAVE_BYTES: usize = 8 << 20;

/// Rows that stand alone are handled together up to this many; rows of one document, up to [`DOCUMENT_ROWS`].
const ROWS: usize = 128;
const DOCUMENT_ROWS: usize = 4096;

/// What one worker handles at a time: see [`Unit::cut`].
#[derive(Debug)]
pub enum Unit {
    /// A document.
    Page(Box<Page>),
    /// Paragraphs that came as rows.
    Rows(RowGroup),
    /// Something that could not be read.
    Failed(Error),
}

/// Consecutive rows of one document, or rows that name none.
#[derive(Debug)]
pub struct RowGroup {
    /// The document that the rows name, or the input that they came from.
    pub(super) doc: String,
    /// Whether the rows name their document.
    pub(super) named: bool,
    /// Position of the first row in its document.
    pub(super) first_index: usize,
    /// Position of the first row in its input.
    pub(super) first_row: usize,
    /// Id of the input.
    pub(super) input: String,
    pub(super) rows: Vec<Row>,
}

/// Where a row stood.
struct Place {
    doc: String,
    named: bool,
    index: usize,
}

/// Units that are handled together.
#[derive(Debug, Default)]
pub struct Wave {
    /// In the order of the inputs.
    pub units: Vec<Unit>,
    /// Items of the inputs in it: pages, rows and failures.
    pub items: u64,
    /// Bytes of the inputs that have been opened up to here, for a progress bar.
    pub bytes_read: u64,
    size: usize,
}

/// What an input yields.
type Items = Box<dyn Iterator<Item = Result<Item>> + Send>;

/// The waves of a listing, as [`inputs`](crate::read::inputs) makes it.
pub struct Waves<L: Iterator<Item = Result<Input>>> {
    listing: L,
    options: ReadOptions,
    current: Option<(Input, Items)>,
    group: Option<RowGroup>,
    next_row: usize,
    /// The row before the next one.
    last: Option<Place>,
    bytes_opened: u64,
    skip: u64,
    /// Hashes of the document ids so far, to keep ids unique.
    seen: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
}

impl<L: Iterator<Item = Result<Input>>> Waves<L> {
    /// Reads what the listing yields, with these options.
    pub fn new(listing: L, options: ReadOptions) -> Self {
        Self {
            listing,
            options,
            current: None,
            group: None,
            next_row: 0,
            last: None,
            bytes_opened: 0,
            skip: 0,
            seen: HashSet::default(),
        }
    }

    /// Leaves out the items of the waves that an earlier run wrote; they are read again, for their ids, but not handled.
    pub fn skip_items(&mut self, items: u64) {
        self.skip = items;
    }
}

impl<L: Iterator<Item = Result<Input>>> Iterator for Waves<L> {
    type Item = Wave;

    fn next(&mut self) -> Option<Wave> {
        loop {
            let wave = self.read_wave()?;
            if self.skip == 0 {
                return Some(wave);
            }
            self.skip = self.skip.saturating_sub(wave.items);
        }
    }
}

impl<L: Iterator<Item = Result<Input>>> Waves<L> {
    fn read_wave(&mut self) -> Option<Wave> {
        let mut wave = Wave::default();
        while wave.units.len() < WAVE_UNITS && wave.size < WAVE_BYTES {
            match self.item() {
                Some(Ok(Item::Row(row))) => self.row(row, &mut wave),
                Some(Ok(Item::Page(page))) => {
                    self.close_group(&mut wave);
                    self.page(page, &mut wave);
                }
                Some(Err(error)) => {
                    self.close_group(&mut wave);
                    wave.push(Unit::Failed(error), 1, 0);
                }
                None => {
                    self.close_group(&mut wave);
                    break;
                }
            }
        }
        wave.bytes_read = self.bytes_opened;
        (wave.items > 0).then_some(wave)
    }

    fn item(&mut self) -> Option<Result<Item>> {
        loop {
            if let Some((_, items)) = &mut self.current {
                match items.next() {
                    Some(item) => return Some(item),
                    None => self.current = None,
                }
            }
            match self.listing.next()? {
                Ok(input) => {
                    self.bytes_opened += super::bytes(&input);
                    self.next_row = 0;
                    let items = open(&input, &self.options);
                    self.current = Some((input, items));
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    fn page(&mut self, mut page: Page, wave: &mut Wave) {
        page.id = self.unique(&page.id);
        let size = match &page.body {
            Body::Bytes { bytes, .. } => bytes.len(),
            Body::Text(text) => text.len(),
        };
        wave.push(Unit::Page(Box::new(page)), 1, size);
    }

    fn row(&mut self, row: Row, wave: &mut Wave) {
        let number = self.next_row;
        self.next_row += 1;
        let input = self.current.as_ref().map_or_else(String::new, |(input, _)| input.id.clone());
        let named = row.doc.is_some();
        let doc = row.doc.clone().unwrap_or_else(|| input.clone());
        let goes_on = number > 0 && self.last.as_ref().is_some_and(|last| last.named == named && last.doc == doc);
        let index = match &self.last {
            Some(last) if goes_on => last.index + 1,
            _ => 0,
        };
        let limit = if named { DOCUMENT_ROWS } else { ROWS };
        if !goes_on || self.group.as_ref().is_some_and(|group| group.rows.len() >= limit) {
            self.close_group(wave);
        }
        self.last = Some(Place { doc: doc.clone(), named, index });
        let new = || RowGroup { doc, named, first_index: index, first_row: number, input, rows: Vec::new() };
        self.group.get_or_insert_with(new).rows.push(row);
    }

    fn close_group(&mut self, wave: &mut Wave) {
        if let Some(group) = self.group.take() {
            let (items, size) = (group.rows.len() as u64, group.rows.iter().map(|row| row.text.len()).sum());
            wave.push(Unit::Rows(group), items, size);
        }
    }

    /// The id with ` (2)`, ` (3)` … behind it where an earlier document has it.
    fn unique(&mut self, id: &str) -> String {
        let mut candidate = id.to_owned();
        let mut copy = 1;
        while !self.seen.insert(self.seen.hasher().hash_one(&candidate)) {
            copy += 1;
            candidate = format!("{id} ({copy})");
        }
        candidate
    }
}

impl Wave {
    fn push(&mut self, unit: Unit, items: u64, size: usize) {
        self.units.push(unit);
        self.items += items;
        self.size += size;
    }
}
