//! Texts without what two copies of one text differ in.

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// The words of a text, separated by single spaces: lower case, letters and digits only, every digit as `0`.
///
/// Characters are first brought to one form (Unicode NFKC), so that ligatures and composed letters are equal to plain
/// ones. Everything that is neither letter nor digit ends a word, but marks on letters and characters without width
/// (soft hyphen, joiners) are dropped. In scripts that are written without spaces every letter is a word.
///
/// ```
/// use klausul_eval::duplicates::normalise;
///
/// assert_eq!(normalise("  Your IP‑ad\u{ad}dress: 30 days (Art. 6)."), "your ip address 00 days art 0");
/// assert_eq!(normalise("ΠΡΟΣΩΠΙΚΟΣ"), normalise("προσωπικος"));
/// ```
pub fn normalise(text: &str) -> String {
    let mut words = Words { text: String::with_capacity(text.len()), gap: false };
    if is_nfkc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(|character| words.push(character));
    } else {
        text.nfkc().for_each(|character| words.push(character));
    }
    words.text
}

struct Words {
    text: String,
    /// Whether the next letter begins a word.
    gap: bool,
}

impl Words {
    fn push(&mut self, character: char) {
        if character.is_numeric() {
            self.letter('0');
        } else if character.is_alphabetic() {
            let alone = is_written_without_spaces(character);
            self.gap |= alone;
            for lower in character.to_lowercase().filter(|lower| lower.is_alphabetic()) {
                // The same letter, at the end of a word.
                self.letter(if lower == 'ς' { 'σ' } else { lower });
            }
            self.gap = alone;
        } else if !is_combining_mark(character) && !is_without_width(character) {
            self.gap = true;
        }
    }

    fn letter(&mut self, letter: char) {
        if std::mem::take(&mut self.gap) && !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push(letter);
    }
}

fn is_without_width(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// Thai, Lao, Burmese, Khmer, Japanese syllables and Chinese characters.
fn is_written_without_spaces(character: char) -> bool {
    matches!(character,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_become_equal() {
        let cases = [
            ("Cookies & Tracking", "cookies   tracking"),
            ("it's 12.5 %", "it’s 34,7%"),
            ("Te dhe\u{308}nat", "TE DHËNAT"),
            ("o\u{fb03}ce", "Office"),
            ("Η ΠΟΛΙΤΙΚΗ ΜΑΣ", "η πολιτικη μας"),
            ("Данные,хранятся", "данные хранятся"),
        ];
        for (first, second) in cases {
            assert_eq!(normalise(first), normalise(second));
        }
        assert_eq!(normalise("İSTANBUL"), "istanbul");
        assert_eq!(normalise("個人 data"), "個 人 data");
        assert_eq!(normalise(" – …\u{200b} "), "");
        assert_ne!(normalise("të dhënat"), normalise("te dhenat"));
    }
}
