//! The bytes of damaged JSON: where a string really ends, and where the JSON goes on.

/// Where a string stands, which decides what may follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The name of a member.
    Key,
    /// The value of a member.
    Member,
    /// An element of an array.
    Element,
}

/// A string as it was read.
pub(super) struct Text {
    /// What it says, escapes decoded.
    pub(super) content: String,
    /// The position behind it.
    pub(super) end: usize,
    /// What had to be mended.
    pub(super) fault: Option<&'static str>,
    /// Whether the file ended before the string did.
    pub(super) cut: bool,
}

/// A text and a position in it.
pub(super) struct Cursor<'a> {
    text: &'a str,
    /// The position in bytes.
    pub(super) at: usize,
    newlines: Vec<usize>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, newlines: memchr::memchr_iter(b'\n', text.as_bytes()).collect() }
    }

    /// The line of the position, from 1.
    pub(super) fn line(&self) -> u64 {
        1 + self.newlines.partition_point(|newline| *newline < self.at) as u64
    }

    /// The text from the position on.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first position from `at` on that is not white space, and whether a line ends before it.
    pub(super) fn skip_blank(&self, mut at: usize) -> (usize, bool) {
        let mut newline = false;
        while let Some(byte @ (b' ' | b'\t' | b'\n' | b'\r')) = self.byte(at) {
            newline |= byte == b'\n';
            at += 1;
        }
        (at, newline)
    }

    /// Whether `"name":` stands at a position.
    pub(super) fn is_key(&self, at: usize) -> bool {
        if self.byte(at) != Some(b'"') {
            return false;
        }
        let mut end = at + 1;
        loop {
            match self.byte(end) {
                None | Some(b'\n') => return false,
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
            }
        }
        self.byte(self.skip_blank(end + 1).0) == Some(b':')
    }

    /// Whether the bracket at `at` is followed by what follows brackets.
    fn is_bracket(&self, at: usize) -> bool {
        matches!(self.byte(at), Some(b'}' | b']'))
            && matches!(self.byte(self.skip_blank(at + 1).0), None | Some(b',' | b'}' | b']' | b'{' | b'[' | b'"'))
    }

    /// Whether the quotation mark before `after` ends the string, by what stands behind it.
    fn closes(&self, after: usize, place: Place) -> bool {
        let (at, newline) = self.skip_blank(after);
        match (place, self.byte(at)) {
            (Place::Key, _) | (_, None) | (Place::Element, Some(b',')) => true,
            (_, Some(b'}' | b']')) => newline || self.is_bracket(at),
            (Place::Member, Some(b',')) => {
                // Lines end inside a text only where they were not escaped either.
                let (next, newline) = self.skip_blank(at + 1);
                newline || self.is_key(next) || matches!(self.byte(next), None | Some(b'}' | b']' | b','))
            }
            (Place::Member, Some(b'"')) => newline || self.is_key(at),
            (_, Some(b'"' | b'{')) => newline,
            _ => false,
        }
    }

    /// Whether the JSON goes on at a position that follows a line break, so that a string or other text ended before.
    fn goes_on(&self, at: usize) -> bool {
        self.is_key(at) || self.is_bracket(at)
    }

    /// Where the JSON goes on behind text that is none.
    pub(super) fn resume(&self) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = self.at;
        while at < bytes.len() {
            match bytes[at] {
                b',' => {
                    let next = self.skip_blank(at + 1).0;
                    if self.is_key(next) || matches!(self.byte(next), Some(b'{')) {
                        return at;
                    }
                }
                b'}' | b']' if self.is_bracket(at) => return at,
                b'\n' => {
                    let next = self.skip_blank(at).0;
                    if self.goes_on(next) {
                        return next;
                    }
                }
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }

    /// Reads the string whose quotation mark stands at the position, without moving on.
    pub(super) fn string(&self, place: Place) -> Text {
        let bytes = self.text.as_bytes();
        let mut read = Text { content: String::new(), end: bytes.len(), fault: None, cut: true };
        let mut at = self.at + 1;
        let mut start = at;
        while at < bytes.len() {
            match bytes[at] {
                b'"' if self.closes(at + 1, place) => {
                    read.content.push_str(&self.text[start..at]);
                    return Text { end: at + 1, cut: false, ..read };
                }
                b'"' => read.fault = Some("a quotation mark inside a text is not escaped"),
                b'\\' => {
                    read.content.push_str(&self.text[start..at]);
                    at = self.escape(at, &mut read);
                    start = at;
                    continue;
                }
                b'\n' if self.goes_on(self.skip_blank(at).0) => {
                    let text = self.text[start..at].trim_end();
                    read.content.push_str(text.strip_suffix(',').unwrap_or(text));
                    return Text { end: at, cut: false, fault: Some("a closing quotation mark is missing"), ..read };
                }
                byte if byte < 0x20 => read.fault = Some("a line break or control character inside a text"),
                _ => {}
            }
            at += 1;
        }
        read.content.push_str(&self.text[start..]);
        read
    }

    /// Reads the escape at `at` and gives the position behind it.
    fn escape(&self, at: usize, read: &mut Text) -> usize {
        let simple = match self.byte(at + 1) {
            Some(b'n') => '\n',
            Some(b't') => '\t',
            Some(b'r') => '\r',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'u') => {
                let Some(high) = self.unit(at) else {
                    read.fault = Some("a `\\u` without four digits");
                    read.content.push_str("\\u");
                    return at + 2;
                };
                let low =
                    self.unit(at + 6).filter(|low| (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(low));
                let char = char::decode_utf16([Some(high), low].into_iter().flatten()).next().and_then(Result::ok);
                if char.is_none() {
                    read.fault = Some("half a character in a `\\u`");
                }
                read.content.push(char.unwrap_or(char::REPLACEMENT_CHARACTER));
                return at + if low.is_some() { 12 } else { 6 };
            }
            _ => {
                read.fault = Some("a `\\` that escapes nothing");
                read.content.push('\\');
                return at + 1;
            }
        };
        read.content.push(simple);
        at + 2
    }

    /// The UTF-16 unit of the `\uXXXX` at `at`.
    fn unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    }
}
