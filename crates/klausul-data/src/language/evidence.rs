//! The words of a text that tell its language.
//!
//! Addresses, e-mail addresses, file names and numbers stand in policies of every language and tell nothing: they are
//! left out here, once, for the training and for the detector. (The build script includes this file.)

/// Longer runs of letters are not words but encoded data.
const LONGEST: usize = 40;

/// Calls `visit` with every word: its lower-case letters, with `_` before the first and after the last.
///
/// An elided word keeps its apostrophe and stands alone (`l'utente` is `l'` and `utente`). Combining marks and soft
/// hyphens are dropped, so that decomposed text reads as text typed without diacritics.
pub(crate) fn each_word(text: &str, mut visit: impl FnMut(&[char])) {
    let mut word = Word::default();
    for chunk in text.split_whitespace().filter(|chunk| !is_code(chunk)) {
        for c in chunk.chars() {
            match c {
                'a'..='z' | 'à'..='ö' | 'ø'..='ÿ' | 'а'..='я' => word.push(c),
                'A'..='Z' => word.push(c.to_ascii_lowercase()),
                '\'' | '’' | 'ʼ' | '‘' => {
                    if word.is_started() {
                        word.push('\'');
                        word.finish(&mut visit);
                    }
                }
                '·' => {
                    if word.is_started() {
                        word.push(c);
                    }
                }
                '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' | '\u{300}'..='\u{36f}' => {}
                _ if c.is_alphabetic() => word.push_other(c),
                _ => word.finish(&mut visit),
            }
        }
        word.finish(&mut visit);
    }
}

/// A word while it is read.
struct Word {
    letters: Vec<char>,
    /// It is longer than a word.
    spoilt: bool,
}

impl Default for Word {
    fn default() -> Self {
        let mut letters = Vec::with_capacity(LONGEST + 2);
        letters.push('_');
        Self { letters, spoilt: false }
    }
}

impl Word {
    fn is_started(&self) -> bool {
        self.letters.len() > 1
    }

    fn push(&mut self, letter: char) {
        if self.letters.len() <= LONGEST {
            self.letters.push(letter);
        } else {
            self.spoilt = true;
        }
    }

    /// A letter outside ASCII: lower case, one form where Unicode has several.
    fn push_other(&mut self, c: char) {
        match c {
            'ς' => self.push('σ'),
            'ș' | 'Ș' => self.push('ş'),
            'ț' | 'Ț' => self.push('ţ'),
            'ﬀ' => self.push_all("ff"),
            'ﬁ' => self.push_all("fi"),
            'ﬂ' => self.push_all("fl"),
            'ﬃ' => self.push_all("ffi"),
            'ﬄ' => self.push_all("ffl"),
            _ => c.to_lowercase().filter(|letter| letter.is_alphabetic()).for_each(|letter| self.push(letter)),
        }
    }

    fn push_all(&mut self, letters: &str) {
        letters.chars().for_each(|letter| self.push(letter));
    }

    fn finish(&mut self, visit: &mut impl FnMut(&[char])) {
        if self.is_started() && !self.spoilt {
            self.letters.push('_');
            visit(&self.letters);
        }
        self.letters.truncate(1);
        self.spoilt = false;
    }
}

/// Whether a run without white space is a web address, an e-mail address, a file name, a number or a name in a program.
fn is_code(chunk: &str) -> bool {
    let bytes = chunk.as_bytes();
    let dotted = |three: &[u8]| three[1] == b'.' && three[0].is_ascii_alphabetic() && three[2].is_ascii_lowercase();
    bytes.iter().any(|byte| matches!(byte, b'0'..=b'9' | b'@' | b'_'))
        || chunk.contains("://")
        || bytes.windows(3).any(dotted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        each_word(text, |word| words.push(word[1..word.len() - 1].iter().collect()));
        words
    }

    #[test]
    fn addresses_numbers_and_codes_are_no_evidence() {
        assert_eq!(words("Skriv till info@example.se eller (https://example.se/a) 24/7!"), ["skriv", "till", "eller"]);
        assert_eq!(words("See example.com, www.example.com and _ga_X1 2024-01-01 GA4 5f9a-bfab"), ["see", "and"]);
        assert_eq!(words("end.Next och/eller"), ["end", "next", "och", "eller"]);
    }

    #[test]
    fn spellings_of_one_word_are_one() {
        assert_eq!(words("L'UTENTE dell’utente"), ["l'", "utente", "dell'", "utente"]);
        assert_eq!(words("informații informaţii"), ["informaţii", "informaţii"]);
        assert_eq!(words("o\u{fb03}ce per\u{ad}sonal te\u{308}"), ["office", "personal", "te"]);
        assert_eq!(words("İstanbul ΠΡΟΣΩΠΙΚΌΣ"), ["istanbul", "προσωπικόσ"]);
        assert_eq!(words("il·lustració · punt"), ["il·lustració", "punt"]);
    }

    #[test]
    fn endless_runs_are_not_words() {
        assert_eq!(words(&format!("{} ok", "a".repeat(1000))), ["ok"]);
    }
}
