//! Web archives (ISO 28500), plain or with a gzip member a record.
//!
//! `fastwarc` was weighed and left: its records cannot be resumed behind a damaged one, and it brings a second set of
//! decoders. What is needed of the format fits here.
//!
//! A page is made of every `response` with status 200, every `resource` and every `conversion` whose content is HTML,
//! XHTML, plain text, Markdown or PDF. Every other record is passed over in silence: it holds no policy.

use std::io::{self, Read};

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::http::{self, Headers, Response};
use super::lines::{Line, next_line};
use super::record::shorten;
use super::stream::Stream;
use super::{Body, Format, Item, Page, markup, sniff};

/// The longest header line and the most header bytes of a record.
const MAX_HEADER: usize = 256 << 10;

/// The reader of a web archive.
pub(super) struct Archive {
    source: Stream,
    limit: usize,
    /// Records begun so far.
    record: u64,
    /// Bytes that were taken, and of these the ones put back for a second look.
    taken: u64,
    put_back: u64,
    /// Where the last reading error was; a second one at the same place ends the archive.
    failed_at: Option<u64>,
    ended: bool,
}

impl Archive {
    /// Reads records that hold at most `limit` bytes.
    pub(super) fn new(source: Stream, limit: usize) -> Self {
        Self { source, limit, record: 0, taken: 0, put_back: 0, failed_at: None, ended: false }
    }

    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<Line> {
        let met = next_line(&mut self.source, line, MAX_HEADER)?;
        self.taken += line.len() as u64 + 1;
        Ok(met)
    }

    /// Moves behind the next line that begins a record; whether there is one.
    fn seek(&mut self) -> io::Result<bool> {
        let mut line = Vec::new();
        loop {
            match self.line(&mut line)? {
                Line::End => return Ok(false),
                Line::Whole if line.starts_with(b"WARC/") => return Ok(true),
                Line::Whole | Line::TooLong => {}
            }
        }
    }

    /// Reads the header fields of a record.
    fn headers(&mut self) -> Result<Headers> {
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        loop {
            match self.line(&mut line)? {
                Line::End => return Err(damaged("the archive ends inside its header")),
                Line::Whole if line.is_empty() || line == b"\r" => return Ok(Headers::parse(&lines)),
                Line::Whole if lines.len() + line.len() <= MAX_HEADER => {
                    lines.extend_from_slice(&line);
                    lines.push(b'\n');
                }
                Line::Whole | Line::TooLong => return Err(damaged("its header is longer than 256 KiB")),
            }
        }
    }

    /// Passes over `length` bytes.
    fn skip(&mut self, length: u64) -> Result<()> {
        let count = io::copy(&mut (&mut self.source).take(length), &mut io::sink())?;
        self.taken += count;
        if count < length { Err(cut()) } else { Ok(()) }
    }

    /// Reads the block of a record, which must end where the next record can begin.
    fn block(&mut self, length: u64) -> Result<Vec<u8>> {
        let mut block = Vec::new();
        let result = (&mut self.source).take(length).read_to_end(&mut block);
        self.taken += block.len() as u64;
        let whole = block.len() as u64 == length;
        let behind = self.source.peek(8);
        let fits = behind.is_empty()
            || behind.starts_with(b"\r\n")
            || behind.starts_with(b"\n")
            || behind.starts_with(b"WARC/");
        if whole && fits && result.is_ok() {
            return Ok(block);
        }
        // A length that lies may have swallowed records. Looking twice at every byte is enough for honest archives,
        // and keeps dishonest ones from being read over and over.
        if self.put_back + block.len() as u64 <= self.taken {
            self.put_back += block.len() as u64;
            self.source.unread(block);
        }
        result?;
        if whole { Err(damaged("its Content-Length does not lead to the next record")) } else { Err(cut()) }
    }

    /// Reads one record up to its end; `None` where it holds no page.
    fn read_record(&mut self) -> Result<Option<Item>> {
        let headers = self.headers()?;
        let length = headers.get("content-length").ok_or_else(|| damaged("it has no Content-Length"))?;
        let length: u64 = length
            .parse()
            .map_err(|_| damaged(format!("its Content-Length is `{}`, not a number", shorten(length))))?;
        let kind = headers.get("warc-type").unwrap_or_default().to_ascii_lowercase();
        let content = headers.get("content-type").unwrap_or_default();
        let wanted = match kind.as_str() {
            "response" => content.is_empty() || content.to_ascii_lowercase().starts_with("application/http"),
            "resource" | "conversion" => content.is_empty() || media(content).is_some(),
            _ => false,
        };
        if !wanted {
            self.skip(length)?;
            return Ok(None);
        }
        if length > self.limit as u64 + MAX_HEADER as u64 {
            self.skip(length)?;
            return Err(too_large(self.limit));
        }
        let block = self.block(length)?;
        if kind == "response" {
            return Response::parse(&block).map_or(Ok(None), |response| self.response(&headers, response));
        }
        self.page(&headers, content, block)
    }

    fn response(&self, headers: &Headers, response: Response) -> Result<Option<Item>> {
        let content = response.headers.get("content-type").unwrap_or_default();
        if response.status != 200 || !content.is_empty() && media(content).is_none() {
            return Ok(None);
        }
        let encodings = response.headers.get("content-encoding").unwrap_or_default();
        let body = http::decode(response.body, encodings, self.limit)?;
        self.page(headers, content, body)
    }

    fn page(&self, headers: &Headers, content: &str, bytes: Vec<u8>) -> Result<Option<Item>> {
        if bytes.len() > self.limit {
            return Err(too_large(self.limit));
        }
        let format = match media(content) {
            // Servers call PDF and HTML by each other's names.
            Some(_) if bytes.starts_with(b"%PDF-") => Format::Pdf,
            Some(Format::Pdf) | None => {
                match sniff::format(&bytes[..bytes.len().min(sniff::HEAD)], true, "", &super::ReadOptions::new()) {
                    Ok(format @ (Format::Html | Format::Text | Format::Markdown | Format::Pdf)) => format,
                    _ => return Ok(None),
                }
            }
            Some(format) => format,
        };
        let uri = headers.get("warc-target-uri").unwrap_or_default().trim_matches(['<', '>']);
        let uri = if uri.is_empty() { format!("record {}", self.record) } else { uri.to_owned() };
        let date = headers.get("warc-date").map(|date| ("warc_date".to_owned(), Value::from(date)));
        let charset = markup::value(&content.to_ascii_lowercase(), "charset").map(str::to_owned);
        Ok(Some(Item::Page(Page {
            id: uri.clone(),
            source: uri,
            language: None,
            format,
            body: Body::Bytes { bytes, charset },
            extra: Map::from_iter(date),
            line: Some(self.record),
        })))
    }
}

impl Iterator for Archive {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            let (start, had) = (self.taken, self.record);
            let step = match self.seek() {
                Ok(false) => {
                    self.ended = true;
                    return None;
                }
                Ok(true) => {
                    self.record += 1;
                    self.read_record()
                }
                Err(error) => Err(error.into()),
            };
            match step {
                Ok(None) => {}
                Ok(Some(item)) => return Some(Ok(item)),
                Err(error) => {
                    // The source may recover behind damage, such as at the next gzip member; if it does not, stop.
                    if error.kind() == ErrorKind::Io {
                        self.ended = had == self.record && self.failed_at == Some(self.taken);
                        self.failed_at = Some(self.taken);
                    }
                    let place = format!("record {} at byte {start} of the archive", self.record);
                    return Some(Err(match error.kind() {
                        ErrorKind::Io | ErrorKind::TooLarge => error.on_line(self.record),
                        _ => Error::new(ErrorKind::Format, format!("{place} cannot be read: {error}"))
                            .on_line(self.record),
                    }));
                }
            }
        }
        None
    }
}

/// The format of a media type, where it is one of a page.
fn media(content: &str) -> Option<Format> {
    let name = content.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "text/html" | "application/xhtml+xml" => Some(Format::Html),
        "text/plain" => Some(Format::Text),
        "text/markdown" | "text/x-markdown" => Some(Format::Markdown),
        "application/pdf" | "application/x-pdf" => Some(Format::Pdf),
        _ => None,
    }
}

fn damaged(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Format, what)
}

fn cut() -> Error {
    damaged("the archive ends inside it")
}

fn too_large(limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the document is larger than {limit} bytes"))
        .mend("raise the limit with --max-document-bytes")
}

#[cfg(test)]
mod tests {
    use super::super::ReadOptions;
    use super::super::testing::{error, gzip, page, read, read_with, text};
    use super::*;

    fn record(kind: &str, uri: &str, content: &str, block: &[u8]) -> Vec<u8> {
        let head = format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Target-URI: {uri}\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n\
             Content-Type: {content}\r\nContent-Length: {}\r\n\r\n",
            block.len()
        );
        [head.as_bytes(), block, b"\r\n\r\n"].concat()
    }

    fn response(uri: &str, status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let block = [format!("HTTP/1.1 {status}\r\n{headers}\r\n").as_bytes(), body].concat();
        record("response", uri, "application/http; msgtype=response", &block)
    }

    fn html(uri: &str) -> Vec<u8> {
        response(uri, "200 OK", "Content-Type: text/html\r\n", b"<p>x</p>")
    }

    fn ids(items: &[Result<Item>]) -> Vec<String> {
        items
            .iter()
            .map(|item| if item.is_ok() { page(item).id.clone() } else { format!("! {}", error(item)) })
            .collect()
    }

    #[test]
    fn pages_are_taken_and_the_rest_is_passed_over() {
        let greek = encoding_rs::ISO_8859_7.encode("<p>δεδομένα</p>").0;
        let headers = "Content-Type: text/html; charset=ISO-8859-7\r\nContent-Encoding: gzip\r\n";
        let records = [
            record("warcinfo", "", "application/warc-fields", b"software: x\r\n"),
            record("request", "https://e.org/1", "application/http", b"GET / HTTP/1.1\r\n\r\n"),
            response("https://e.org/1", "200 OK", headers, &gzip(&greek)),
            response("https://e.org/2", "404 Not Found", "Content-Type: text/html\r\n", b"<p>gone"),
            response("https://e.org/3", "200 OK", "Content-Type: image/png\r\n", b"\x89PNG"),
            response("https://e.org/4", "200 OK", "", b"<html><p>no type"),
            record("conversion", "<https://e.org/5>", "text/plain", b"WET text"),
            record("resource", "https://e.org/6", "application/pdf", b"%PDF-1.4"),
        ];
        for archive in [records.concat(), records.iter().flat_map(|record| gzip(record)).collect()] {
            let items = read("a.warc", &archive);
            assert_eq!(ids(&items), ["https://e.org/1", "https://e.org/4", "https://e.org/5", "https://e.org/6"]);
            assert_eq!(text(page(&items[0])), "<p>δεδομένα</p>");
            assert_eq!(
                (page(&items[0]).line, &page(&items[0]).extra["warc_date"]),
                (Some(3), &"2026-01-02T03:04:05Z".into())
            );
            assert_eq!((page(&items[2]).format, page(&items[3]).format), (Format::Text, Format::Pdf));
        }
    }

    #[test]
    fn a_broken_record_does_not_hide_the_next() {
        let lengths =
            |text: &str| String::from_utf8(html("https://bad")).unwrap().replace("Content-Length: ", text).into_bytes();
        for (bad, message) in [
            (lengths("Content-Length: x"), "its Content-Length is `x"),
            (lengths("X: "), "it has no Content-Length"),
            (lengths("Content-Length: 1"), "its Content-Length does not lead to the next record"),
            (lengths("Content-Length: 9999"), "the archive ends inside it"),
        ] {
            let items = read("a.warc", &[html("https://one"), bad, html("https://two")].concat());
            let ids = ids(&items);
            assert_eq!((ids.len(), ids[0].as_str(), ids[2].as_str()), (3, "https://one", "https://two"), "{ids:?}");
            assert!(ids[1].starts_with("! a.warc:2: record 2 at byte ") && ids[1].contains(message), "{ids:?}");
        }
    }

    #[test]
    fn a_damaged_gzip_member_does_not_hide_the_next() {
        let mut bad = gzip(&html("https://bad"));
        let middle = bad.len() / 2;
        bad[middle..middle + 8].fill(0xff);
        let items = read("a.warc.gz", &[gzip(&html("https://one")), bad, gzip(&html("https://two"))].concat());
        let ids = ids(&items);
        assert_eq!((ids[0].as_str(), ids[ids.len() - 1].as_str()), ("https://one", "https://two"), "{ids:?}");
        assert!(ids.iter().any(|id| id.contains("the gzip data is cut short or damaged")), "{ids:?}");
    }

    #[test]
    fn a_cut_archive_ends_with_an_error() {
        let archive = [html("https://one"), html("https://two")].concat();
        let items = read("a.warc", &archive[..archive.len() - 20]);
        assert_eq!(ids(&items)[0], "https://one");
        assert!(ids(&items)[1].contains("the archive ends inside it"), "{:?}", ids(&items));
        assert_eq!(items.len(), 2);
    }

    #[test]
    fn documents_are_bounded() {
        let body = vec![b'x'; 2 << 20];
        let headers = "Content-Type: text/html\r\nContent-Encoding: gzip\r\n";
        let archive = [
            response("https://big", "200 OK", "Content-Type: text/html\r\n", &body),
            response("https://bomb", "200 OK", headers, &gzip(&body)),
            html("https://two"),
        ];
        let options = ReadOptions::new().with_max_document_bytes(1 << 20).unwrap();
        let items = read_with("a.warc", &archive.concat(), &options);
        let large = |item: &Result<Item>| item.as_ref().is_err_and(|error| error.kind() == ErrorKind::TooLarge);
        assert!(large(&items[0]) && large(&items[1]) && ids(&items)[2] == "https://two", "{:?}", ids(&items));
    }

    #[test]
    fn lying_lengths_are_not_read_over_and_over() {
        let archive = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99999999\r\n\r\n".repeat(20_000);
        let begun = std::time::Instant::now();
        let errors = read("a.warc", &archive).len();
        assert!(errors >= 1 && begun.elapsed().as_secs() < 5, "{errors} {:?}", begun.elapsed());
    }
}
