//! JSON objects: one a line, pretty-printed, or in an array.

use std::io::BufRead;

use klausul_core::{Error, ErrorKind, Result};

use super::charset::Piecewise;
use super::lines::{Line, next_line};
use super::record::{Records, shorten};
use super::stream::Stream;
use super::{Item, sniff, transcode};

/// The reader of a stream of JSON objects.
pub(super) fn open(stream: Stream, records: Records, limit: usize) -> Box<dyn Iterator<Item = Result<Item>> + Send> {
    let mut stream = transcode::to_ascii_compatible(stream);
    let head = stream.peek(sniff::HEAD);
    let pieces = Piecewise::new(head);
    if sniff::is_json_by_line(&pieces.decode(head)) {
        Box::new(Lines { stream, records, pieces, limit, line: 0, buffer: Vec::new(), ended: false })
    } else {
        Box::new(Values { stream, records, pieces, limit, line: 1, ended: false })
    }
}

/// One object a line: a bad line costs that line only.
struct Lines {
    stream: Stream,
    records: Records,
    pieces: Piecewise,
    limit: usize,
    line: u64,
    buffer: Vec<u8>,
    ended: bool,
}

impl Iterator for Lines {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            self.line += 1;
            match next_line(&mut self.stream, &mut self.buffer, self.limit) {
                Ok(Line::Whole) => {
                    let text = self.pieces.decode(&self.buffer);
                    if !text.trim().is_empty() {
                        return Some(object(&text, &self.records, self.line));
                    }
                }
                Ok(Line::TooLong) => return Some(Err(too_long("line", self.limit).on_line(self.line))),
                Ok(Line::End) => self.ended = true,
                Err(error) => {
                    self.ended = true;
                    return Some(Err(Error::from(error).on_line(self.line)));
                }
            }
        }
        None
    }
}

/// Objects that run over several lines, alone, one behind the other, or in an array.
struct Values {
    stream: Stream,
    records: Records,
    pieces: Piecewise,
    limit: usize,
    line: u64,
    ended: bool,
}

/// Where in a value the scan stands.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Scan {
    /// Takes one byte of a value; whether the value ends with it.
    fn take(&mut self, byte: u8) -> bool {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_string => self.escaped = true,
            b'"' => self.in_string = !self.in_string,
            _ if self.in_string => {}
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.depth == 0 && !self.in_string
    }
}

impl Values {
    /// Moves to the next `{`; what stands before it other than commas and array brackets is an error.
    fn seek(&mut self) -> std::io::Result<Option<Result<()>>> {
        let mut stray = Vec::new();
        loop {
            let bytes = self.stream.fill_buf()?;
            if bytes.is_empty() {
                self.ended = true;
            }
            let end = memchr::memchr2(b'{', b'\n', bytes);
            let part = &bytes[..end.unwrap_or(bytes.len())];
            let clean = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']' | 0);
            stray.extend(part.iter().skip_while(|byte| clean(byte)).take(200 - stray.len().min(200)));
            let found = end.map(|end| bytes[end]);
            let taken = part.len();
            self.stream.consume(taken);
            if !stray.is_empty() && (found.is_some() || self.ended) {
                let text = self.pieces.decode(&stray);
                let message = format!("`{}` stands where an object is expected", shorten(text.trim()));
                return Ok(Some(Err(Error::new(ErrorKind::Format, message).on_line(self.line))));
            }
            match found {
                Some(b'{') => return Ok(Some(Ok(()))),
                Some(_) => {
                    self.stream.consume(1);
                    self.line += 1;
                }
                None if self.ended => return Ok(None),
                None => {}
            }
        }
    }

    /// Reads the value whose `{` comes next.
    fn value(&mut self) -> Result<Item> {
        let (mut value, mut scan, first, mut long) = (Vec::new(), Scan::default(), self.line, false);
        loop {
            let bytes = self.stream.fill_buf()?;
            if bytes.is_empty() {
                self.ended = true;
                return Err(Error::new(ErrorKind::Format, "the input ends inside the object that begins here")
                    .on_line(first)
                    .mend("fetch the file again: it is cut short"));
            }
            let end = bytes.iter().position(|byte| scan.take(*byte));
            let part = &bytes[..end.map_or(bytes.len(), |end| end + 1)];
            long |= value.len() + part.len() > self.limit;
            if long {
                value = Vec::new();
            } else {
                value.extend_from_slice(part);
            }
            self.line += memchr::memchr_iter(b'\n', part).count() as u64;
            let taken = part.len();
            self.stream.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if long {
            return Err(too_long("object", self.limit).on_line(first));
        }
        object(&self.pieces.decode(&value), &self.records, first)
    }
}

impl Iterator for Values {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let item = match self.seek() {
            Ok(None) => return None,
            Ok(Some(Ok(()))) => self.value(),
            Ok(Some(Err(error))) => Err(error),
            Err(error) => Err(error.into()),
        };
        if item.as_ref().is_err_and(|error| error.kind() == ErrorKind::Io) {
            self.ended = true;
        }
        Some(item.map_err(|error| error.on_line(self.line)))
    }
}

fn too_long(what: &str, limit: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("the {what} is longer than {limit} bytes"))
        .mend("raise the limit with --max-document-bytes")
}

/// Parses one object and makes an item of it; `line` is its first.
fn object(text: &str, records: &Records, line: u64) -> Result<Item> {
    let fields = serde_json::from_str(text).map_err(|error| {
        let (row, column) = (error.line().max(1), error.column());
        let place = text.lines().nth(row - 1).unwrap_or_default();
        let mut start = column.saturating_sub(1).min(place.len());
        while !place.is_char_boundary(start) {
            start -= 1;
        }
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        let near = match &place[start..] {
            _ if error.is_eof() => " at its end".to_owned(),
            rest => format!(" near `{}`", shorten(&rest.chars().take(24).collect::<String>())),
        };
        Error::new(ErrorKind::Format, format!("not a JSON object: {reason}, column {column}{near}"))
            .on_line(line + row as u64 - 1)
    })?;
    records.item(fields, line)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::super::testing::{error, gzip, noise, page, read, read_with, row};
    use super::super::{Format, ReadOptions};
    use super::*;

    #[test]
    fn a_bad_line_costs_one_line() {
        let items = read("a.jsonl", b"{\"text\":\"one\"}\r\n\r\n{\"text\":\n{\"text\":NaN}\n[1]\n{\"text\":\"two\"}");
        assert_eq!(items.len(), 5);
        assert_eq!(
            (row(&items[0]).text.as_str(), row(&items[4]).text.as_str(), row(&items[4]).line),
            ("one", "two", 6)
        );
        assert_eq!(error(&items[1]), "a.jsonl:3: not a JSON object: EOF while parsing a value, column 8 at its end");
        assert_eq!(error(&items[2]), "a.jsonl:4: not a JSON object: expected value, column 9 near `NaN}`");
        assert!(error(&items[3]).starts_with("a.jsonl:5: not a JSON object: invalid type"));
    }

    #[test]
    fn arrays_and_pretty_objects_are_read_too() {
        let items =
            read("a.json", b"[\n {\"text\": \"a } \\\" b\",\n  \"n\": [{}]},\n {\"text\": \"c\"}, 5,\n {\"text\": 5}]");
        assert_eq!(items.len(), 4, "{items:?}");
        assert_eq!((row(&items[0]).text.as_str(), row(&items[0]).line), ("a } \" b", 2));
        assert_eq!(row(&items[1]).text, "c");
        assert_eq!(error(&items[2]), "a.json:4: `5,` stands where an object is expected");
        assert_eq!(error(&items[3]), "a.json:5: `text` is `5`, not a string");
        let items = read("policy.json", b"{\n  \"url\": \"https://e.org\",\n  \"html\": \"<p>x\"\n}\n");
        assert_eq!((page(&items[0]).id.as_str(), page(&items[0]).format), ("https://e.org", Format::Html));
        let items = read("cut.json", b"[{\"text\":\"a\"},\n{\"text\":\"b");
        assert_eq!(items.len(), 2);
        assert!(error(&items[1]).starts_with("cut.json:2: the input ends inside the object"), "{items:?}");
    }

    #[test]
    fn other_character_sets_are_read() {
        let text = "{\"text\":\"så länge\"}\n{\"text\":\"för ändamålet\"}\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in
            [encoding_rs::WINDOWS_1252.encode(text).0.to_vec(), wide, [b"\xef\xbb\xbf", text.as_bytes()].concat()]
        {
            let items = read("a", &bytes);
            assert_eq!((row(&items[0]).text.as_str(), row(&items[1]).text.as_str()), ("så länge", "för ändamålet"));
        }
    }

    #[test]
    fn rows_before_a_cut_are_delivered() {
        let mut text = String::new();
        for byte in noise(200_000) {
            writeln!(text, "{{\"text\":\"{byte}\"}}").unwrap();
        }
        let mut packed = gzip(text.as_bytes());
        packed.truncate(packed.len() / 2);
        let mut items = read("a.jsonl.gz", &packed);
        let last = items.pop().unwrap();
        assert!(items.len() > 50_000 && items.iter().all(Result::is_ok));
        let place = format!("a.jsonl.gz:{}: the gzip data is cut short", items.len() + 1);
        assert!(error(&last).starts_with(&place), "{}", error(&last));
    }

    #[test]
    fn a_line_of_a_hundred_megabytes_is_passed_over() {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, b"{\"text\":\"a\"}\n{\"text\":\"").unwrap();
        for _ in 0..100 {
            std::io::Write::write_all(&mut packed, &vec![b'x'; 1 << 20]).unwrap();
        }
        std::io::Write::write_all(&mut packed, b"\"}\n{\"text\":\"b\"}\n").unwrap();
        let options = ReadOptions::new().with_max_document_bytes(1 << 20).unwrap();
        let items = read_with("a.jsonl.gz", &packed.finish().unwrap(), &options);
        assert_eq!(items.len(), 3);
        assert!(error(&items[1]).starts_with("a.jsonl.gz:2: the line is longer than 1048576 bytes"));
        assert_eq!(row(&items[2]).text, "b");
    }
}
