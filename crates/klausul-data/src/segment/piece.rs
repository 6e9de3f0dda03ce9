//! Cleaned text that remembers where in the source it came from.

use std::ops::Range;

/// Text with white space collapsed, invisible characters removed, and the source bytes of every part.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    text: String,
    parts: Vec<Part>,
    /// White space was seen since the last character; it becomes one space before the next.
    space: bool,
}

/// A stretch of the text that came from a stretch of the source.
#[derive(Debug, Clone)]
struct Part {
    at: usize,
    source: Range<usize>,
    /// Text and source agree byte for byte; otherwise (an entity) the source counts as a whole.
    literal: bool,
}

impl Piece {
    /// The text so far, without white space at either end.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Takes the text out.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Whether nothing visible was added yet.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Appends a space unless the next text begins the piece.
    pub(super) fn push_space(&mut self) {
        self.space = true;
    }

    /// Appends source text that stands at byte `at` of the source, and returns how many bytes of text it added.
    pub(super) fn push(&mut self, slice: &str, at: usize) -> usize {
        let before = self.text.len();
        let bytes = slice.as_bytes();
        let mut index = 0;
        while index < bytes.len() {
            let end = index + plain_run(&bytes[index..]);
            if end > index {
                self.append(&slice[index..end], at + index..at + end, true);
                index = end;
                continue;
            }
            let Some(char) = slice[index..].chars().next() else { break };
            let end = index + char.len_utf8();
            match visibility(char) {
                Visibility::Space => self.space = true,
                Visibility::Nothing => {}
                Visibility::Visible => self.append(&slice[index..end], at + index..at + end, true),
            }
            index = end;
        }
        self.text.len() - before
    }

    /// Appends text that the source spells differently (an entity, say), and returns how many bytes it added.
    pub(super) fn push_decoded(&mut self, text: &str, source: Range<usize>) -> usize {
        let before = self.text.len();
        for char in text.chars() {
            match visibility(char) {
                Visibility::Space => self.space = true,
                Visibility::Nothing => {}
                Visibility::Visible => self.append(char.encode_utf8(&mut [0; 4]), source.clone(), false),
            }
        }
        self.text.len() - before
    }

    /// Appends another piece after a space.
    pub(super) fn append_piece(&mut self, other: &Piece) {
        self.space = true;
        for (index, part) in other.parts.iter().enumerate() {
            let end = other.parts.get(index + 1).map_or(other.text.len(), |next| next.at);
            let text = &other.text[part.at..end];
            let inner = text.trim_start_matches(' ');
            self.space |= inner.len() < text.len();
            self.append(inner.trim_end_matches(' '), part.source.clone(), part.literal);
            self.space |= inner.ends_with(' ');
        }
    }

    fn append(&mut self, text: &str, source: Range<usize>, literal: bool) {
        if self.space {
            self.space = false;
            if !self.text.is_empty() {
                self.text.push(' ');
            }
        }
        match self.parts.last_mut() {
            Some(part)
                if literal
                    && part.literal
                    && part.source.end == source.start
                    && part.source.len() == self.text.len() - part.at =>
            {
                part.source.end = source.end;
            }
            _ => self.parts.push(Part { at: self.text.len(), source, literal }),
        }
        self.text.push_str(text);
    }

    /// The source bytes from the first to the last character of the text.
    pub(super) fn range(&self) -> Range<usize> {
        self.range_of(0..self.text.len())
    }

    /// The source bytes of a part of the text.
    fn range_of(&self, text: Range<usize>) -> Range<usize> {
        if text.is_empty() {
            let at = self.parts.first().map_or(0, |part| part.source.start);
            return at..at;
        }
        let (first, last) = (self.part_at(text.start), self.part_at(text.end - 1));
        let (Some(first), Some(last)) = (first, last) else { return 0..0 };
        let start = if first.literal {
            (first.source.start + (text.start - first.at)).min(first.source.end)
        } else {
            first.source.start
        };
        let end = if last.literal {
            (last.source.start + (text.end - last.at)).min(last.source.end)
        } else {
            last.source.end
        };
        start..end.max(start)
    }

    /// The part that the byte of the text belongs to; a space between two parts belongs to the first.
    fn part_at(&self, at: usize) -> Option<&Part> {
        let index = self.parts.partition_point(|part| part.at <= at).checked_sub(1)?;
        self.parts.get(index)
    }

    /// A part of the text as a piece of its own, without white space at either end.
    pub(super) fn slice(&self, text: Range<usize>) -> Piece {
        let raw = &self.text[text.clone()];
        let start = text.start + (raw.len() - raw.trim_start_matches(' ').len());
        let end = start + raw.trim_matches(' ').len();
        if start == 0 && end == self.text.len() {
            return self.clone();
        }
        let mut slice = Piece::default();
        let first = self.parts.partition_point(|part| part.at <= start).saturating_sub(1);
        for (index, part) in self.parts.iter().enumerate().skip(first) {
            if part.at >= end {
                break;
            }
            let part_end = self.parts.get(index + 1).map_or(self.text.len(), |next| next.at).min(end);
            let from = part.at.max(start);
            if from < part_end {
                let source = self.range_of(from..part_end);
                slice.parts.push(Part { at: from - start, source, literal: part.literal });
            }
        }
        slice.text.push_str(&self.text[start..end]);
        slice
    }
}

/// How a character shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visibility {
    Visible,
    Space,
    Nothing,
}

/// Soft hyphens, joiners, direction marks, byte order marks and NUL are nothing; other control characters are space.
fn visibility(char: char) -> Visibility {
    match char {
        '\0'
        | '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180e}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}'
        | '\u{fe0e}'..='\u{fe0f}'
        | '\u{feff}' => Visibility::Nothing,
        _ if char.is_whitespace() || char.is_control() => Visibility::Space,
        _ => Visibility::Visible,
    }
}

/// Bytes that begin no white space, control or invisible character. The others are looked at as characters.
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte <= 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    let special = [0x7f, 0xc2, 0xcd, 0xd8, 0xe1, 0xe2, 0xe3, 0xef];
    let mut index = 0;
    while index < special.len() {
        plain[special[index]] = false;
        index += 1;
    }
    plain
};

/// The length of the longest start of `bytes` that is visible text with single spaces inside.
fn plain_run(bytes: &[u8]) -> usize {
    let mut index = 0;
    while index < bytes.len() {
        if PLAIN[bytes[index] as usize] {
            index += 1;
        } else if bytes[index] == b' ' && index > 0 && bytes.get(index + 1).is_some_and(|next| PLAIN[*next as usize]) {
            index += 2;
        } else {
            break;
        }
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(source: &str) -> Piece {
        let mut piece = Piece::default();
        piece.push(source, 0);
        piece
    }

    #[test]
    fn white_space_collapses_and_invisible_characters_go() {
        let source = "\u{feff} Da\u{ad}ten \n\t sind\u{a0}\u{200b}\0 da\u{301}\r\n";
        let piece = piece(source);
        assert_eq!(piece.text(), "Daten sind da\u{301}");
        assert_eq!(&source[piece.range()], source.trim_matches(['\u{feff}', ' ', '\r', '\n']));
    }

    #[test]
    fn slices_know_their_source() {
        let mut piece = piece("a  b ");
        piece.push_decoded("\u{a0}&", 5..16);
        piece.push(" c d", 16);
        assert_eq!(piece.text(), "a b & c d");
        assert_eq!(piece.slice(2..5).text(), "b &");
        assert_eq!(piece.slice(2..5).range(), 3..16);
        assert_eq!(piece.slice(5..9).range(), 17..20);
        let mut joined = piece.slice(0..3);
        joined.append_piece(&piece.slice(4..9));
        assert_eq!((joined.text(), joined.range()), ("a b & c d", 0..20));
    }
}
