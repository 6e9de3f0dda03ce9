//! The map from a font's codes to Unicode (ISO 32000-1, 9.10.3).
//!
//! `lopdf` parses these maps too, but only as the specification's example is written, and drops the whole map where a
//! producer writes them otherwise. Here the pairs are taken and everything around them is passed over.

use std::collections::HashMap;

/// Codes of a font and their texts.
pub(super) type UnicodeMap = HashMap<u16, String>;

enum Token {
    Hex(Vec<u8>),
    Open,
    Close,
    Word(Vec<u8>),
}

/// Reads a `/ToUnicode` stream.
pub(super) fn parse(stream: &[u8]) -> UnicodeMap {
    let mut map = UnicodeMap::new();
    let mut tokens = Tokens(stream).peekable();
    while let Some(token) = tokens.next() {
        let Token::Word(word) = token else { continue };
        match word.as_slice() {
            b"beginbfchar" => {
                while let Some(Token::Hex(code)) = tokens.peek() {
                    let code = number(code);
                    tokens.next();
                    let Some(Token::Hex(text)) = tokens.next() else { break };
                    map.insert(code, decode(&text));
                }
            }
            b"beginbfrange" => {
                while let (Some(Token::Hex(first)), Some(Token::Hex(last))) =
                    (tokens.next_if(is_hex), tokens.next_if(is_hex))
                {
                    let codes = number(&first)..=number(&last);
                    match tokens.next() {
                        Some(Token::Hex(text)) => map.extend(codes.zip(successors(text))),
                        Some(Token::Open) => {
                            for code in codes {
                                let Some(Token::Hex(text)) = tokens.next_if(is_hex) else { break };
                                map.insert(code, decode(&text));
                            }
                            while tokens.next_if(|token| !matches!(token, Token::Word(_) | Token::Close)).is_some() {}
                            tokens.next_if(|token| matches!(token, Token::Close));
                        }
                        _ => break,
                    }
                }
            }
            _ => {}
        }
    }
    map
}

fn is_hex(token: &Token) -> bool {
    matches!(token, Token::Hex(_))
}

/// The code that a string writes; those of more than two bytes do not occur in fonts that are read.
fn number(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |number, byte| number << 8 | u16::from(*byte))
}

fn decode(utf16: &[u8]) -> String {
    let units = utf16.chunks(2).map(number);
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A text and those that follow it in a range: the last byte pair counts up.
fn successors(mut text: Vec<u8>) -> impl Iterator<Item = String> {
    let mut next = true;
    std::iter::from_fn(move || {
        let now = next.then(|| decode(&text));
        next = text.iter_mut().rev().take(2).any(|byte| {
            *byte = byte.wrapping_add(1);
            *byte != 0
        });
        now
    })
}

/// The tokens of the PostScript that such a map is written in, as far as pairs need them.
struct Tokens<'a>(&'a [u8]);

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        loop {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            match byte {
                b'%' => self.skip(|byte| byte != b'\n' && byte != b'\r'),
                b'<' if !rest.starts_with(b"<") => {
                    let length = memchr::memchr(b'>', rest).unwrap_or(rest.len());
                    let digits: Vec<u8> = rest[..length]
                        .iter()
                        .filter_map(|byte| char::from(*byte).to_digit(16))
                        .map(|d| d as u8)
                        .collect();
                    self.0 = &rest[(length + 1).min(rest.len())..];
                    // A missing last digit is a zero.
                    let byte = |pair: &[u8]| pair[0] << 4 | pair.get(1).copied().unwrap_or(0);
                    return Some(Token::Hex(digits.chunks(2).map(byte).collect()));
                }
                b'[' => return Some(Token::Open),
                b']' => return Some(Token::Close),
                byte if byte.is_ascii_alphanumeric() => {
                    let before = self.0;
                    self.skip(|byte| byte.is_ascii_alphanumeric());
                    let mut word = vec![byte];
                    word.extend_from_slice(&before[..before.len() - self.0.len()]);
                    return Some(Token::Word(word));
                }
                // The second bracket of a dictionary is not a string's.
                b'<' => self.0 = &rest[1..],
                _ => {}
            }
        }
    }
}

impl Tokens<'_> {
    fn skip(&mut self, belongs: impl Fn(u8) -> bool) {
        let length = self.0.iter().take_while(|byte| belongs(**byte)).count();
        self.0 = &self.0[length..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_and_ranges_are_read_however_they_are_written() {
        let map = parse(
            b"%!PS\n/CIDSystemInfo << /Registry (Adobe) >> def\n1 begincodespacerange <00><FF> endcodespacerange\n\
              2 beginbfchar\r<01><00660069>\r<0002> <03 94>\nendbfchar 3 beginbfrange <10> <12> <0061>\n\
              <20><21>[<0391> <D83CDF6A>]<30><2F><0041>endbfrange",
        );
        let text = |code| map.get(&code).map(String::as_str);
        assert_eq!((text(1), text(2)), (Some("fi"), Some("Δ")));
        assert_eq!((text(0x10), text(0x12), text(0x13)), (Some("a"), Some("c"), None));
        assert_eq!((text(0x20), text(0x21), text(0x30)), (Some("Α"), Some("🍪"), None));
    }

    #[test]
    fn broken_maps_end() {
        for broken in [
            &b"beginbfchar <01"[..],
            b"beginbfrange <00> <ffff> [",
            b"beginbfrange <00><02><",
            b"<<<<",
            b"beginbfchar <01> x <02>",
        ] {
            parse(broken);
        }
        assert_eq!(parse(b"beginbfrange <0000> <ffff> <0000>").len(), 65_536);
    }
}
