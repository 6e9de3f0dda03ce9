//! The pattern language of the lexicons.
//!
//! A *word pattern* is `word` (exactly), `word*` (begins with), `*word` (ends with), `*word*` (contains), `=Word` (exactly
//! and in this case), or an entity: `<email>`, `<url>`, `<phone>`, `<number>`, `<year>`, `<capital>`. Alternatives of one word are
//! joined by `|` without spaces: `your|their`. A *phrase* is word patterns that follow each other; `..` allows up to three
//! other words between two of them. A *slot* is phrases or term references (`@term`) separated by ` | ` with spaces.
//!
//! Patterns are folded like text, so they may be written with or without diacritics; apostrophes and hyphens part words.

use klausul_core::{Error, ErrorKind, Result};

use crate::fold::{Script, fold_char};
use crate::tokens::{Entity, is_letter_or_digit};

/// Words that `..` can skip.
pub(crate) const GAP: usize = 3;

/// What one token must be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Word {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Infix(String),
    /// Folded form and the form as it must be written.
    Cased(String, String),
    Entity(Entity),
}

/// One position of a phrase.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Element {
    pub(crate) alternatives: Vec<Word>,
    /// Whether other words may stand before it.
    pub(crate) gap: bool,
}

/// Elements in order.
pub(crate) type Phrase = Vec<Element>;

/// A part of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Phrase(Phrase),
    Term(String),
}

/// Reads a slot: ` | `-separated phrases and `@term` references.
pub(crate) fn slot(source: &str, script: Script) -> Result<Vec<Part>> {
    source.split(" | ").map(|part| self::part(part.trim(), script)).collect()
}

fn part(source: &str, script: Script) -> Result<Part> {
    if let Some(term) = source.strip_prefix('@') {
        return if term.is_empty() || term.contains(char::is_whitespace) {
            Err(bad(source, "a term reference is one word after `@`"))
        } else {
            Ok(Part::Term(term.to_owned()))
        };
    }
    phrase(source, script).map(Part::Phrase)
}

fn phrase(source: &str, script: Script) -> Result<Phrase> {
    let mut elements: Phrase = Vec::new();
    let mut gap = false;
    for word in source.split_whitespace() {
        if word == ".." {
            if elements.is_empty() || gap {
                return Err(bad(source, "`..` stands between two words"));
            }
            gap = true;
            continue;
        }
        if word.contains('@') {
            return Err(bad(source, "a term reference stands alone between ` | `"));
        }
        let mut alternatives: Vec<Vec<Word>> = Vec::new();
        for alternative in word.split('|').filter(|alternative| !alternative.is_empty()) {
            alternatives.push(words(alternative, script).ok_or_else(|| bad(source, "a word pattern has no letters"))?);
        }
        if alternatives.is_empty() {
            return Err(bad(source, "`|` needs words around it"));
        }
        if let [parts] = alternatives.as_mut_slice() {
            for word in parts.drain(..) {
                elements.push(Element { alternatives: vec![word], gap: std::mem::take(&mut gap) });
            }
        } else {
            let mut flat = Vec::new();
            for parts in alternatives {
                let [single]: [Word; 1] =
                    parts.try_into().map_err(|_| bad(source, "an alternative of a word is itself one word"))?;
                flat.push(single);
            }
            elements.push(Element { alternatives: flat, gap: std::mem::take(&mut gap) });
        }
    }
    if gap {
        return Err(bad(source, "`..` stands between two words"));
    }
    if elements.is_empty() {
        return Err(bad(source, "an empty pattern matches nothing"));
    }
    Ok(elements)
}

/// The word patterns of a white-space-free piece: apostrophes, hyphens, full stops and brackets part it, as they part text.
fn words(source: &str, script: Script) -> Option<Vec<Word>> {
    if let Some((entity, _)) = Entity::ALL.iter().find(|(_, name)| *name == source) {
        return Some(vec![Word::Entity(*entity)]);
    }
    if let Some(cased) = source.strip_prefix('=') {
        let pieces = pieces(cased);
        return (!pieces.is_empty())
            .then(|| pieces.into_iter().map(|piece| Word::Cased(fold(piece, script), piece.to_owned())).collect());
    }
    let open_start = source.starts_with('*');
    let open_end = source.ends_with('*') && source.len() > 1;
    let pieces = pieces(source);
    let last = pieces.len().checked_sub(1)?;
    let word = |(index, piece): (usize, &str)| {
        let folded = fold(piece, script);
        match (open_start && index == 0, open_end && index == last) {
            (false, false) => Word::Exact(folded),
            (false, true) => Word::Prefix(folded),
            (true, false) => Word::Suffix(folded),
            (true, true) => Word::Infix(folded),
        }
    };
    Some(pieces.into_iter().enumerate().map(word).collect())
}

/// Parts a piece where [`crate::tokens`] would: at what is no letter and between digits and letters.
fn pieces(source: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    for run in source
        .split(|c: char| !(is_letter_or_digit(c) || unicode_normalization::char::is_combining_mark(c) || c == '·'))
    {
        let digits = run.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 && digits < run.len() {
            pieces.extend([&run[..digits], &run[digits..]]);
        } else if !run.is_empty() {
            pieces.push(run);
        }
    }
    pieces
}

fn fold(piece: &str, script: Script) -> String {
    let mut folded = String::new();
    piece.chars().for_each(|c| fold_char(c, script, &mut folded));
    folded
}

fn bad(source: &str, why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("pattern `{source}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(word: &str) -> Word {
        Word::Exact(word.to_owned())
    }

    #[test]
    fn words_phrases_and_terms_are_read() {
        let parts = slot("@keep | spara* .. your|their Data | =AB | <email>", Script::Plain).unwrap();
        assert_eq!(parts[0], Part::Term("keep".to_owned()));
        let Part::Phrase(phrase) = &parts[1] else { panic!("a phrase") };
        assert_eq!(phrase[0].alternatives, [Word::Prefix("spara".to_owned())]);
        assert_eq!(phrase[1].alternatives, [exact("your"), exact("their")]);
        assert!(phrase[1].gap && !phrase[2].gap);
        assert_eq!(phrase[2].alternatives, [exact("data")]);
        let Part::Phrase(phrase) = &parts[3] else { panic!("a phrase") };
        assert_eq!(phrase[0].alternatives, [Word::Entity(Entity::Email)]);
    }

    #[test]
    fn pieces_part_as_text_does() {
        let Part::Phrase(phrase) = &slot("d'accès e-mail* 6(1)(f)", Script::Plain).unwrap()[0] else {
            panic!("a phrase")
        };
        let words: Vec<&Word> = phrase.iter().map(|element| &element.alternatives[0]).collect();
        let expected = [
            exact("d"),
            exact("acces"),
            exact("e"),
            Word::Prefix("mail".to_owned()),
            exact("6"),
            exact("1"),
            exact("f"),
        ];
        assert_eq!(words, expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn bad_patterns_say_why() {
        for source in ["..", "a ..", ".. a", "a .. .. b", "@", "your @data", "", "*", "a | ", "e-mail|post"] {
            assert!(slot(source, Script::Plain).is_err(), "{source}");
        }
    }
}
