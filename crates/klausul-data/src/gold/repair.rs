//! Reads JSON that was damaged by hand or cut off, and says what it mended.
//!
//! Valid JSON is read as it is. Mended are: a byte order mark; commas that are missing or too many; missing colons, closing
//! brackets and `{`; quotation marks and control characters inside a string that are not escaped; a string without its
//! closing mark; text pasted between two values; several arrays one behind the other; and a file that is cut off, whose
//! last, incomplete element is left out, because nobody knows what it would have said.

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Number, Value};

use super::node::{Data, Node};
use super::repair_text::{Cursor, Place};

/// A fault of a file and how it was mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The line of the fault, from 1.
    pub(super) line: u64,
    /// What was wrong.
    pub(super) what: String,
}

/// A file with more faults is something else than damaged JSON.
const MOST_FAULTS: usize = 100;

/// Values nested deeper are refused: the reader uses the stack.
const MOST_DEPTH: usize = 100;

/// Reads a text. The faults are empty where it is valid JSON.
///
/// # Errors
/// When it cannot be mended; the error names the line.
pub(super) fn read(text: &str) -> Result<(Node, Vec<Fault>)> {
    let mut reader = Reader { cursor: Cursor::new(text), faults: Vec::new(), torn: false };
    let mut roots = Vec::new();
    if text.starts_with('\u{FEFF}') {
        reader.cursor.at = '\u{FEFF}'.len_utf8();
        reader.fault("a byte order mark")?;
    }
    loop {
        match reader.next() {
            None => break,
            Some(b',' | b'}' | b']') if !roots.is_empty() => {
                reader.fault("a bracket or comma behind the end")?;
                reader.cursor.at += 1;
            }
            Some(b'{' | b'[') => {
                if !roots.is_empty() {
                    reader.fault("a second value behind the first")?;
                }
                roots.push(reader.value(0, Place::Element)?);
            }
            Some(_) if roots.is_empty() && !text.trim_start().starts_with(['"', '-']) => {
                return Err(reader.error("no JSON array or object begins here"));
            }
            Some(_) if roots.is_empty() => roots.push(reader.value(0, Place::Element)?),
            Some(_) => return Err(reader.error("text behind the end of the JSON")),
        }
    }
    let line = roots.first().ok_or_else(|| reader.error("the file is empty"))?.line;
    if roots.len() == 1 {
        return Ok((roots.swap_remove(0), reader.faults));
    }
    let elements = roots.into_iter().flat_map(|root| match root.data {
        Data::Array(items) => items,
        data => vec![Node { line: root.line, data }],
    });
    Ok((Node { line, data: Data::Array(elements.collect()) }, reader.faults))
}

/// What stands between two members or elements.
enum Next {
    /// Another one begins.
    More,
    /// The object or array is at its end.
    End,
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    faults: Vec<Fault>,
    /// The file ended within a value that began at this place, so that it is incomplete.
    torn: bool,
}

impl Reader<'_> {
    /// The next byte that is not white space.
    fn next(&mut self) -> Option<u8> {
        self.cursor.at = self.cursor.skip_blank(self.cursor.at).0;
        self.cursor.byte(self.cursor.at)
    }

    fn fault(&mut self, what: impl Into<String>) -> Result<()> {
        self.faults.push(Fault { line: self.cursor.line(), what: what.into() });
        if self.faults.len() > MOST_FAULTS {
            return Err(self.error(&format!("more than {MOST_FAULTS} faults in one JSON file")));
        }
        Ok(())
    }

    fn error(&self, what: &str) -> Error {
        let near: String = self.cursor.rest().chars().take(24).take_while(|char| *char != '\n').collect();
        let near = if near.is_empty() { String::new() } else { format!(" near `{near}`") };
        Error::new(ErrorKind::Format, format!("not JSON, and not to be repaired: {what}{near}"))
            .on_line(self.cursor.line())
            .mend("correct the file by hand, or leave it out")
    }

    /// The file ends inside a value at `depth`; its last member or element is `whole` or not.
    fn cut(&mut self, depth: usize, whole: bool) -> Result<()> {
        if self.torn {
            return Ok(());
        }
        // With all members of an element of the root there, only brackets are lost.
        self.torn = !(whole && depth <= 1);
        self.fault(if self.torn { "cut off; the last, incomplete element is left out" } else { "a bracket is missing" })
    }

    fn value(&mut self, depth: usize, place: Place) -> Result<Node> {
        if depth > MOST_DEPTH {
            return Err(self.error(&format!("nested deeper than {MOST_DEPTH} levels")));
        }
        let first = self.next();
        let line = self.cursor.line();
        let data = match first {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Data::Text(self.string(place)?),
            _ => Data::Other(self.literal()?),
        };
        Ok(Node { line, data })
    }

    fn object(&mut self, depth: usize) -> Result<Data> {
        self.cursor.at += 1;
        self.members(depth)
    }

    /// Reads an object behind its `{`.
    fn members(&mut self, depth: usize) -> Result<Data> {
        let mut members: Vec<(String, Node)> = Vec::new();
        loop {
            match self.next() {
                None => self.cut(depth, !members.is_empty())?,
                Some(b'"') => {
                    let key = self.string(Place::Key)?;
                    match self.next() {
                        Some(b':') => self.cursor.at += 1,
                        Some(b'"' | b'{' | b'[') => self.fault("a `:` is missing")?,
                        Some(_) => return Err(self.error(&format!("no `:` behind `{key}`"))),
                        None => {}
                    }
                    if self.next().is_none() {
                        self.cut(depth, false)?;
                        break;
                    }
                    let value = self.value(depth + 1, Place::Member)?;
                    members.push((key, value));
                    if self.torn && depth == 0 {
                        members.pop();
                    }
                }
                Some(b',') => {
                    self.fault("a comma too many")?;
                    self.cursor.at += 1;
                    continue;
                }
                Some(b'}' | b']') => {}
                Some(b'{') => {
                    self.fault("a `}` is missing")?;
                    break;
                }
                Some(_) => self.skip()?,
            }
            if matches!(self.between(b'}', depth)?, Next::End) {
                break;
            }
        }
        Ok(Data::Object(members))
    }

    fn array(&mut self, depth: usize) -> Result<Data> {
        self.cursor.at += 1;
        let mut items: Vec<Node> = Vec::new();
        loop {
            match self.next() {
                None => self.cut(depth, true)?,
                Some(b'"') if self.cursor.is_key(self.cursor.at) => {
                    // The element before tells whether the member is one of the next element or of the object around.
                    let key = self.cursor.string(Place::Key).content;
                    if items.last().is_some_and(|item| item.get(&key).is_none()) {
                        self.fault("a `]` is missing")?;
                        break;
                    }
                    self.fault("a `{` is missing")?;
                    items.push(Node { line: self.cursor.line(), data: self.members(depth + 1)? });
                    if self.torn && depth == 0 {
                        items.pop();
                    }
                }
                Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                    items.push(self.value(depth + 1, Place::Element)?);
                    if self.torn && depth == 0 {
                        items.pop();
                    }
                }
                Some(b',') => {
                    self.fault("a comma too many")?;
                    self.cursor.at += 1;
                    continue;
                }
                Some(b'}' | b']') => {}
                Some(_) => self.skip()?,
            }
            if matches!(self.between(b']', depth)?, Next::End) {
                break;
            }
        }
        Ok(Data::Array(items))
    }

    /// Reads what stands behind a member or element up to the next one, or the bracket that closes all of them.
    fn between(&mut self, close: u8, depth: usize) -> Result<Next> {
        let mut commas = 0;
        loop {
            match self.next() {
                None => {
                    self.cut(depth, true)?;
                    return Ok(Next::End);
                }
                Some(b',') => {
                    commas += 1;
                    if commas > 1 {
                        self.fault("a comma too many")?;
                    }
                    self.cursor.at += 1;
                }
                Some(byte) if byte == close => {
                    if commas > 0 {
                        self.fault("a comma before a closing bracket")?;
                    }
                    self.cursor.at += 1;
                    return Ok(Next::End);
                }
                Some(b'}' | b']') => {
                    // It closes something further out, where it is read again.
                    self.fault(format!("a `{}` is missing", char::from(close)))?;
                    return Ok(Next::End);
                }
                Some(byte) if commas == 0 && self.begins(byte, close) => {
                    self.fault("a comma is missing")?;
                    return Ok(Next::More);
                }
                Some(_) if commas > 0 => return Ok(Next::More),
                Some(b'{') => {
                    self.fault("a `}` is missing")?;
                    return Ok(Next::End);
                }
                Some(_) => self.skip()?,
            }
        }
    }

    /// Whether a member, or an element, begins here.
    fn begins(&self, byte: u8, close: u8) -> bool {
        match byte {
            b'"' => close == b']' || self.cursor.is_key(self.cursor.at),
            b'{' | b'[' => close == b']',
            _ => false,
        }
    }

    /// Passes over text that belongs to no value.
    fn skip(&mut self) -> Result<()> {
        let end = self.cursor.resume();
        let text: String = self.cursor.rest().chars().take(24).collect();
        let count = self.cursor.rest()[..end - self.cursor.at].chars().count();
        self.fault(format!("{count} characters that are no JSON, from `{}`", text.trim_end()))?;
        self.cursor.at = end;
        Ok(())
    }

    fn string(&mut self, place: Place) -> Result<String> {
        let string = self.cursor.string(place);
        if let Some(what) = string.fault {
            self.fault(what)?;
        }
        self.cursor.at = string.end;
        if string.cut {
            self.cut(MOST_DEPTH, false)?;
        }
        Ok(string.content)
    }

    fn literal(&mut self) -> Result<Value> {
        let rest = self.cursor.rest();
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if rest.starts_with(word) {
                self.cursor.at += word.len();
                return Ok(value);
            }
        }
        let end =
            rest.find(|char: char| !matches!(char, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        match rest[..end].parse::<Number>() {
            Ok(number) => {
                self.cursor.at += end;
                Ok(Value::Number(number))
            }
            Err(_) => Err(self.error("no value begins here")),
        }
    }
}
