//! Tables with a header: comma, semicolon, tab or bar between the cells.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;
use klausul_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::charset::Piecewise;
use super::record::{Fields, Records, shorten};
use super::stream::Stream;
use super::{Item, ReadOptions, sniff, transcode};

/// Delimiters, the commonest first: it wins a draw.
const DELIMITERS: [u8; 4] = *b",;\t|";

/// Columns by which a table without a telling name is known.
const KNOWN: [&str; 4] = ["text", "html", "markdown", "content"];

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// The byte between two cells.
    pub(super) delimiter: u8,
    /// Whether the header has a known column beside others, and the rows are as wide as the header.
    pub(super) is_sure: bool,
}

/// Finds the delimiter in the head of a table.
pub(super) fn sniff(head: &str, whole: bool, options: &ReadOptions) -> Option<Dialect> {
    let best = DELIMITERS.into_iter().rev().filter_map(|delimiter| {
        let mut rows = Vec::new();
        let mut reader = Cells::new(Stream::new(io::Cursor::new(head.to_owned())), delimiter, head.len());
        while rows.len() < 20
            && let Ok(Some(row)) = reader.next()
        {
            rows.push(row.map_or(0, |()| reader.ends.len()));
            if rows.len() == 1 && rows[0] < 2 {
                break;
            }
        }
        if !whole && rows.len() < 20 {
            rows.pop(); // the head cuts it
        }
        let width = *rows.first()?;
        let known = header(head, delimiter)
            .iter()
            .any(|name| options.text_field.as_ref() == Some(name) || KNOWN.contains(&name.as_str()));
        let fitting = rows.iter().filter(|row| **row == width).count();
        let is_sure = known && width > 1 && rows.len() > 1 && fitting * 10 >= rows.len() * 8;
        Some(((known, fitting * 10 / rows.len(), width), Dialect { delimiter, is_sure }))
    });
    // Of equals `max_by_key` gives the last, which is the commonest.
    best.max_by_key(|(score, _)| *score).map(|(_, dialect)| dialect)
}

fn header(head: &str, delimiter: u8) -> Vec<String> {
    let mut reader = Cells::new(Stream::new(io::Cursor::new(head.to_owned())), delimiter, head.len());
    match reader.next() {
        Ok(Some(Ok(()))) => reader.cells().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// The reader of a table.
///
/// # Errors
///
/// When it has no header, or one without a column that can be read.
pub(super) fn open(
    stream: Stream,
    records: Records,
    options: &ReadOptions,
) -> Result<Box<dyn Iterator<Item = Result<Item>> + Send>> {
    let mut stream = transcode::to_ascii_compatible(stream);
    let head = stream.peek(sniff::HEAD);
    let pieces = Piecewise::new(head);
    let whole = head.len() < sniff::HEAD;
    let delimiter = sniff(&pieces.decode(head), whole, options).map_or(b',', |dialect| dialect.delimiter);
    let mut cells = Cells::new(stream, delimiter, options.max_document_bytes);
    cells.next()?.transpose()?;
    let columns: Vec<String> = cells.cells().map(|cell| pieces.decode(cell).trim().to_owned()).collect();
    records.check_columns(columns.iter().map(String::as_str)).map_err(|error| error.on_line(1))?;
    if let Some((place, name)) = columns.iter().enumerate().find(|(place, name)| columns[..*place].contains(name)) {
        let message = format!("column {} is again named `{}`", place + 1, shorten(name));
        return Err(Error::new(ErrorKind::Format, message).on_line(1).mend("give every column its own name"));
    }
    Ok(Box::new(Table { cells, records, pieces, columns, ended: false }))
}

struct Table {
    cells: Cells,
    records: Records,
    pieces: Piecewise,
    columns: Vec<String>,
    ended: bool,
}

impl Table {
    fn row(&self) -> Result<Item> {
        let (found, wanted) = (self.cells.ends.len(), self.columns.len());
        if found != wanted {
            let message = format!("the row has {found} cells where the header has {wanted}");
            return Err(Error::new(ErrorKind::Format, message)
                .on_line(self.cells.first_line)
                .mend("put a cell that holds the delimiter or a line break in quotes"));
        }
        let text = |cell| Value::String(self.pieces.decode(cell).into_owned());
        let fields: Fields = self.columns.iter().cloned().zip(self.cells.cells().map(text)).collect();
        self.records.item(fields, self.cells.first_line)
    }
}

impl Iterator for Table {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.cells.next() {
            Ok(Some(Ok(()))) => Some(self.row()),
            Ok(Some(Err(error))) => Some(Err(error)),
            Ok(None) => {
                self.ended = true;
                None
            }
            Err(error) => {
                self.ended = true;
                Some(Err(Error::from(error).on_line(self.cells.line)))
            }
        }
    }
}

/// The cells of one row at a time, of bounded size together.
struct Cells {
    source: Stream,
    core: csv_core::Reader,
    delimiter: u8,
    limit: usize,
    bytes: Vec<u8>,
    /// Where each cell of the row ends in `bytes`.
    ends: Vec<usize>,
    /// The line that comes next, and the line on which the row begins; both from 1.
    line: u64,
    first_line: u64,
}

impl Cells {
    fn new(source: Stream, delimiter: u8, limit: usize) -> Self {
        let core = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
        Self { source, core, delimiter, limit, bytes: Vec::new(), ends: Vec::new(), line: 1, first_line: 1 }
    }

    fn cells(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    /// Passes over line ends, so that the line of a row is that of its first cell.
    fn skip_line_ends(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.source.fill_buf()?;
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.line += memchr::memchr_iter(b'\n', &bytes[..blank]).count() as u64;
            if blank == 0 {
                return Ok(());
            }
            self.source.consume(blank);
        }
    }

    /// Reads the next row; `None` at the end. The inner error costs this row, the outer one ends the stream.
    fn next(&mut self) -> io::Result<Option<Result<()>>> {
        self.skip_line_ends()?;
        self.first_line = self.line;
        self.bytes.resize(self.bytes.len().max(4096), 0);
        self.ends.resize(self.ends.len().max(64), 0);
        let (mut filled, mut ended, mut quotes) = (0, 0, 0);
        loop {
            let input = self.source.fill_buf()?;
            let at_end = input.is_empty();
            let (result, read, written, ends) =
                self.core.read_record(input, &mut self.bytes[filled..], &mut self.ends[ended..]);
            quotes += memchr::memchr_iter(b'"', &input[..read]).count();
            self.line += memchr::memchr_iter(b'\n', &input[..read]).count() as u64;
            self.source.consume(read);
            (filled, ended) = (filled + written, ended + ends);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if filled <= self.limit => {
                    self.bytes.resize(self.bytes.len() * 2, 0);
                }
                ReadRecordResult::OutputEndsFull if ended <= self.limit.min(1 << 20) => {
                    self.ends.resize(self.ends.len() * 2, 0);
                }
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    return self.give_up().map(|error| Some(Err(error)));
                }
                ReadRecordResult::Record => {
                    self.ends.truncate(ended);
                    self.bytes.truncate(filled.max(4096));
                    if filled > self.limit {
                        return Ok(Some(Err(too_large(self.limit).on_line(self.first_line))));
                    }
                    if at_end && quotes % 2 == 1 && self.line > self.first_line + 1 {
                        return Ok(Some(Err(Error::new(
                            ErrorKind::Format,
                            "a quote in the row that begins here is never closed, and the rest of the table is inside it",
                        )
                        .on_line(self.first_line)
                        .mend("close the quote, or double it where it belongs to the text"))));
                    }
                    return Ok(Some(Ok(())));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Leaves a row that is too large, and goes on at the next line.
    fn give_up(&mut self) -> io::Result<Error> {
        self.bytes = Vec::new();
        self.ends = Vec::new();
        self.core = csv_core::ReaderBuilder::new().delimiter(self.delimiter).build();
        loop {
            let bytes = self.source.fill_buf()?;
            let end = memchr::memchr(b'\n', bytes);
            let taken = end.map_or(bytes.len(), |end| end + 1);
            let done = end.is_some() || bytes.is_empty();
            self.source.consume(taken);
            if done {
                self.line += u64::from(end.is_some());
                return Ok(too_large(self.limit).on_line(self.first_line));
            }
        }
    }
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the row is longer than {limit} bytes"))
        .mend("look for a quote that is never closed, or raise the limit with --max-document-bytes")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{error, page, read, read_with, row};
    use super::super::{Format, RowMode};
    use super::*;

    #[test]
    fn rows_keep_their_lines_and_columns() {
        let table = "\u{feff}id;lang;text;note\r\n1;sv;\"rad ett\r\nrad två; \"\"citat\"\"\";x\r\n\r\n2;;två;\r\n";
        let items = read("a.csv", table.as_bytes());
        assert_eq!(items.len(), 2, "{items:?}");
        let first = row(&items[0]);
        assert_eq!((first.id.as_deref(), first.line), (Some("1"), 2));
        assert_eq!(first.text, "rad ett\r\nrad två; \"citat\"");
        assert_eq!(first.extra["note"], "x");
        assert_eq!((row(&items[1]).line, row(&items[1]).language), (5, None));
    }

    #[test]
    fn delimiters_are_found() {
        for delimiter in [",", ";", "\t", "|"] {
            let table = format!("id{delimiter}text\n1{delimiter}a b\n2{delimiter}\"c{delimiter} d\"");
            let items = read("table", table.as_bytes());
            assert_eq!((items.len(), row(&items[0]).id.as_deref()), (2, Some("1")), "{delimiter}");
        }
        assert_eq!(row(&read("one.csv", b"text\nonly\n")[0]).text, "only");
    }

    #[test]
    fn a_row_of_the_wrong_width_costs_one_row() {
        let items = read("a.csv", b"id,text\n1,a\n2,b,c\n3\n4,d\n");
        assert_eq!(items.len(), 4);
        assert!(error(&items[1]).starts_with("a.csv:3: the row has 3 cells where the header has 2; "));
        assert!(error(&items[2]).starts_with("a.csv:4: the row has 1 cells where the header has 2; "));
        assert_eq!(row(&items[3]).text, "d");
    }

    #[test]
    fn an_open_quote_is_said_and_bounded() {
        let items = read("a.csv", b"id,text\n1,a\n2,\"b\n3,c\n4,d\n");
        assert_eq!(items.len(), 2);
        assert!(error(&items[1]).starts_with("a.csv:3: a quote in the row"), "{items:?}");
        let long = ["id,text\n1,\"b\n", &"x,y\n".repeat(5000), "9,z\n"].concat();
        let items = read_with("a.csv", long.as_bytes(), &ReadOptions::new().with_max_document_bytes(9000).unwrap());
        assert!(error(&items[0]).starts_with("a.csv:2: the row is longer than 9000 bytes"), "{:?}", items[0]);
        assert_eq!(row(items.last().unwrap()).text, "z");
    }

    #[test]
    fn headers_without_a_text_are_refused_once() {
        let items = read("a.csv", b"id,body\n1,a\n");
        assert_eq!(items.len(), 1);
        assert!(
            error(&items[0]).starts_with("a.csv:1: no text, html, markdown or content among the fields `id`, `body`")
        );
        let options = ReadOptions::new().with_text_field("body").unwrap().with_rows(RowMode::Documents);
        assert_eq!(page(&read_with("a.csv", b"id,body\n1,a\n", &options)[0]).format, Format::Text);
        assert!(error(&read("a.csv", b"text,text\n1,a\n")[0]).contains("column 2 is again named `text`"));
    }

    #[test]
    fn other_character_sets_are_read() {
        let table = "id\ttext\n1\tså länge\n2\tför ändamålet\n";
        let wide: Vec<u8> = table.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [encoding_rs::WINDOWS_1252.encode(table).0.to_vec(), wide] {
            let items = read("a.tsv", &bytes);
            assert_eq!((row(&items[0]).text.as_str(), row(&items[1]).text.as_str()), ("så länge", "för ändamålet"));
        }
    }
}
