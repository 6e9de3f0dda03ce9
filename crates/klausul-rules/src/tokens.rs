//! Words of a text with their places, entity classes and clauses.

use unicode_normalization::char::is_combining_mark;

use crate::fold::{Script, fold_char, is_invisible};

/// The byte that stands between words of the folded text, so that a pattern can name a word's edge.
pub(crate) const EDGE: char = '\u{1}';

/// What a token is beyond its letters; patterns name them as `<email>` and so on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Entity {
    Email,
    Url,
    Phone,
    Number,
    Year,
    Capital,
}

impl Entity {
    pub(crate) const ALL: [(Self, &'static str); 6] = [
        (Self::Email, "<email>"),
        (Self::Url, "<url>"),
        (Self::Phone, "<phone>"),
        (Self::Number, "<number>"),
        (Self::Year, "<year>"),
        (Self::Capital, "<capital>"),
    ];

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A word, number, address or link.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Bytes of the original text.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Where the folded word begins in [`Tokens::folded`], after its edge.
    pub(crate) folded: usize,
    /// The clause it stands in, from 0.
    pub(crate) clause: usize,
    entities: u8,
}

impl Token {
    pub(crate) fn is(&self, entity: Entity) -> bool {
        self.entities & entity.bit() != 0
    }
}

/// How a clause ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClauseEnd {
    /// By a full stop, a semicolon, a line or the end of the text.
    Stop,
    /// By a question mark.
    Question,
    /// By a colon at the very end of the text: what it announces follows in other paragraphs.
    Announcement,
}

/// A text, tokenised.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) list: Vec<Token>,
    /// `EDGE word EDGE word EDGE`.
    pub(crate) folded: String,
    /// One entry a clause, in order.
    pub(crate) clauses: Vec<ClauseEnd>,
    /// How many tokens the leading words have ("Security." or "Legal basis:" before more text), 0 for none.
    pub(crate) lead: usize,
}

/// Leading words that act as a heading are no longer than this.
const LONGEST_LEAD: usize = 7;

impl Tokens {
    /// Cuts a text; `abbreviations` are folded words after which a full stop ends no clause.
    pub(crate) fn new(text: &str, script: Script, abbreviations: &[String]) -> Self {
        let mut tokens = Self::default();
        tokens.folded.reserve(text.len() + 8);
        tokens.folded.push(EDGE);
        let mut position = 0;
        while position < text.len() {
            let rest = &text[position..];
            if let Some((length, entity)) = address(text, position) {
                // Of an e-mail address the local part is read ("privacy@"), of a link nothing: its words state no clause.
                let local = rest[..length].split('@').next().unwrap_or_default();
                let read = if entity == Entity::Email { local } else { "" };
                tokens.word(text, position, position + length, entity.bit(), read, script);
                position += length;
                continue;
            }
            let c = rest.chars().next().unwrap_or(EDGE);
            if is_letter_or_digit(c) {
                let length = word_length(rest);
                let entities = word_entities(&rest[..length]);
                tokens.word(text, position, position + length, entities, &rest[..length], script);
                position += length;
                continue;
            }
            tokens.punctuation(text, position, c, abbreviations);
            position += c.len_utf8();
        }
        tokens.close(text);
        tokens
    }

    fn word(&mut self, text: &str, start: usize, end: usize, entities: u8, folded: &str, script: Script) {
        debug_assert!(text.is_char_boundary(start) && text.is_char_boundary(end));
        let begin = self.folded.len();
        for c in folded.chars() {
            // An address is one word: what is not a letter in it would read as an edge or a pattern.
            if c.is_alphanumeric() || !c.is_ascii() {
                fold_char(c, script, &mut self.folded);
            }
        }
        self.folded.push(EDGE);
        self.list.push(Token { start, end, folded: begin, clause: self.clauses.len(), entities });
    }

    fn punctuation(&mut self, text: &str, position: usize, c: char, abbreviations: &[String]) {
        let after = &text[position + c.len_utf8()..];
        let ends = match c {
            '.' | '…' => self.full_stop(text, after, abbreviations),
            '!' | '?' | ';' | '\n' | '•' | '\u{37e}' | '。' => true,
            // The Greek raised dot is a semicolon; inside a Catalan word it belongs to the word.
            '·' | '\u{387}' => after.starts_with(char::is_whitespace),
            // A dash is a bullet where it begins a line.
            '–' | '—' | '-' => after.starts_with(' ') && text[..position].ends_with('\n'),
            ':' => after.trim().is_empty(),
            _ => false,
        };
        let in_first = self.clauses.is_empty();
        let dash = matches!(c, '–' | '—' | '-') && text[..position].ends_with(' ');
        let is_lead_mark = (c == ':' || dash) && after.starts_with(char::is_whitespace) || ends;
        if in_first && self.lead == 0 && is_lead_mark && !after.trim().is_empty() && c != '?' && c != ';' {
            let words = self.list.len();
            self.lead = if (1..=LONGEST_LEAD).contains(&words) { words } else { usize::MAX };
        }
        if ends {
            // In Greek the semicolon asks.
            let greek = self.list.last().is_some_and(|token| {
                matches!(
                    text[token.start..token.end].chars().next(),
                    Some('\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
                )
            });
            self.end_clause(match c {
                '?' => ClauseEnd::Question,
                ';' | '\u{37e}' if greek => ClauseEnd::Question,
                ':' => ClauseEnd::Announcement,
                _ => ClauseEnd::Stop,
            });
        }
    }

    /// A full stop ends a clause before a capital, a bullet or the end, but not after a single letter or an abbreviation.
    fn full_stop(&self, text: &str, after: &str, abbreviations: &[String]) -> bool {
        let Some(last) = self.list.last() else { return false };
        let next = after.trim_start_matches([')', '"', '”', '»', '’']);
        let trimmed = next.trim_start();
        let Some(first) = trimmed.chars().next() else { return true };
        let spaced = trimmed.len() < next.len();
        if !spaced {
            // "services.We": a missing space, as scraping leaves it; "e.g", "1.2", "index.html" are none.
            let before = text[last.start..last.end].chars().last();
            return first.is_uppercase() && before.is_some_and(char::is_lowercase) && last.end - last.start > 2;
        }
        if first.is_lowercase() || first.is_numeric() {
            return false;
        }
        let word = &text[last.start..last.end];
        let single = word.chars().count() == 1 && word.chars().all(char::is_alphabetic);
        let folded = self.folded[last.folded..].trim_end_matches(EDGE);
        !single && !abbreviations.iter().any(|abbreviation| abbreviation == folded)
    }

    fn end_clause(&mut self, end: ClauseEnd) {
        if self.list.last().is_some_and(|token| token.clause == self.clauses.len()) {
            self.clauses.push(end);
        }
    }

    fn close(&mut self, text: &str) {
        self.end_clause(ClauseEnd::Stop);
        if self.lead == usize::MAX || self.lead >= self.list.len() {
            self.lead = 0;
        }
        self.mark_phones(text);
    }

    /// Runs of numbers with only phone punctuation between them: seven to fifteen digits that begin with `+` or `0`, or eight or
    /// nine digits in three or four groups of two or three, as national numbers without a zero are written.
    fn mark_phones(&mut self, text: &str) {
        let is_number = |token: &Token| token.is(Entity::Number);
        let mut from = 0;
        while from < self.list.len() {
            if !is_number(&self.list[from]) {
                from += 1;
                continue;
            }
            let mut to = from + 1;
            while to < self.list.len() && is_number(&self.list[to]) {
                let between = &text[self.list[to - 1].end..self.list[to].start];
                if !between.chars().all(|c| matches!(c, ' ' | '-' | '/' | '(' | ')' | '.' | '\u{a0}' | '–')) {
                    break;
                }
                to += 1;
            }
            let run = &text[self.list[from].start..self.list[to - 1].end];
            let before = text[..self.list[from].start].trim_end_matches(['(', ' ']);
            let digits = run.bytes().filter(u8::is_ascii_digit).count();
            let led = before.ends_with('+') || run.starts_with('0');
            let grouped = (8..=9).contains(&digits)
                && (3..=4).contains(&(to - from))
                && self.list[from..to].iter().all(|token| (2..=3).contains(&(token.end - token.start)));
            if (7..=15).contains(&digits) && (led || grouped) && !is_date(run) {
                self.list[from..to].iter_mut().for_each(|token| token.entities |= Entity::Phone.bit());
            }
            from = to;
        }
    }
}

/// `01.02.2021` and its kin.
fn is_date(run: &str) -> bool {
    let parts: Vec<&str> = run.split(['.', '/', '-', ' ']).filter(|part| !part.is_empty()).collect();
    parts.len() == 3
        && parts.iter().all(|part| matches!(part.len(), 1 | 2 | 4))
        && parts.iter().any(|part| part.len() == 4)
}

/// Bytes of the word at the start of `rest`; marks and invisible characters inside belong to it.
fn word_length(rest: &str) -> usize {
    let digits = rest.starts_with(|c: char| c.is_ascii_digit());
    let mut length = 0;
    for c in rest.chars() {
        let inside =
            is_letter_or_digit(c) || is_invisible(c) || is_combining_mark(c) || c == '·' && is_inner_dot(rest, length);
        // "30days" and "6(1)": a number ends where its digits end.
        if !inside || digits && !c.is_ascii_digit() {
            break;
        }
        length += c.len_utf8();
    }
    length
}

/// What words are made of. The modifier apostrophe parts words as other apostrophes do.
pub(crate) fn is_letter_or_digit(c: char) -> bool {
    c.is_alphanumeric() && c != '\u{2bc}'
}

/// The raised dot of Catalan stands between letters.
fn is_inner_dot(rest: &str, at: usize) -> bool {
    rest[at + '·'.len_utf8()..].starts_with(char::is_alphabetic)
}

fn word_entities(word: &str) -> u8 {
    let mut entities = 0;
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        entities |= Entity::Number.bit();
        if word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) {
            entities |= Entity::Year.bit();
        }
    } else if word.starts_with(char::is_uppercase) {
        entities |= Entity::Capital.bit();
    }
    entities
}

/// The e-mail address or link that begins at `position`, where one does: its length and kind.
fn address(text: &str, position: usize) -> Option<(usize, Entity)> {
    let before = text[..position].chars().next_back();
    if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '@' | '.' | '-' | '_' | '/')) {
        return None;
    }
    let rest = &text[position..];
    if !rest.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    // A bound keeps the scan linear on text without spaces.
    let chunk_end = rest
        .char_indices()
        .take(250)
        .find(|&(_, c)| is_address_end(c))
        .map_or_else(|| rest.char_indices().nth(250).map_or(rest.len(), |(index, _)| index), |(index, _)| index);
    let chunk = rest[..chunk_end].trim_end_matches(['.', ',', ':', '!', '?', '\'', '/', '&', '=']);
    if chunk.contains('@') && !chunk.starts_with('@') {
        return chunk
            .split('@')
            .nth(1)
            .is_some_and(|domain| !domain.is_empty())
            .then_some((chunk.len(), Entity::Email));
    }
    // "info (at) firm.se", "info[at]firm.se", "info @ firm.se": only the first word is taken, the domain reads as a link.
    let tail = rest[chunk.len()..].trim_start();
    let masked = ["(at)", "[at]", "{at}", "@ "].iter().any(|mask| tail.starts_with(mask));
    if masked && !chunk.is_empty() && chunk.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
        return Some((chunk.len(), Entity::Email));
    }
    let lower = chunk.get(..8).unwrap_or(chunk).to_ascii_lowercase();
    if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
        return Some((chunk.len(), Entity::Url));
    }
    is_host(chunk).then_some((chunk.len(), Entity::Url))
}

fn is_address_end(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '<' | '>' | '"' | '“' | '”' | '„' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '|' | '»' | '«'
        )
}

/// `example.com` or `example.co.uk/privacy`, written in lower case, under a domain that policies name.
fn is_host(chunk: &str) -> bool {
    const DOMAINS: &[&str] = &[
        "al", "app", "at", "ba", "be", "bg", "biz", "cat", "ch", "com", "cy", "cz", "de", "dk", "ee", "es", "eu", "fi",
        "fr", "gr", "hr", "hu", "ie", "info", "io", "is", "it", "li", "lt", "lu", "lv", "me", "mk", "mt", "net", "nl",
        "no", "org", "pl", "pt", "ro", "rs", "se", "shop", "si", "sk", "tr", "ua", "uk", "xk",
    ];
    let host = chunk.split(['/', '?', '#']).next().unwrap_or_default();
    let mut labels = host.rsplit('.');
    let domain = labels.next().unwrap_or_default();
    let name = labels.next().unwrap_or_default();
    DOMAINS.contains(&domain)
        && name.len() >= 2
        && host.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Tokens {
        Tokens::new(text, Script::Plain, &["art".to_owned()])
    }

    fn clauses(text: &str) -> usize {
        tokens(text).clauses.len()
    }

    #[test]
    fn words_keep_their_places() {
        let text = "Të dhënat: Adresa IP";
        let tokens = tokens(text);
        let words: Vec<&str> = tokens.list.iter().map(|token| &text[token.start..token.end]).collect();
        assert_eq!(words, ["Të", "dhënat", "Adresa", "IP"]);
        assert_eq!(tokens.folded, "\u{1}te\u{1}dhenat\u{1}adresa\u{1}ip\u{1}");
        assert_eq!(tokens.lead, 2);
    }

    #[test]
    fn addresses_and_numbers_are_entities() {
        let text =
            "Mail info@firm.se, info (at) firm.de, call +46 8 123 45 67 or see www.firm.se/x in 2024 by 01.02.2021.";
        let tokens = tokens(text);
        let of = |entity| {
            let found = tokens.list.iter().filter(|token| token.is(entity));
            found.map(|token| &text[token.start..token.end]).collect::<Vec<_>>()
        };
        assert_eq!(of(Entity::Email), ["info@firm.se", "info"]);
        assert_eq!(of(Entity::Url), ["firm.de", "www.firm.se/x"]);
        assert_eq!(of(Entity::Phone), ["46", "8", "123", "45", "67"]);
        assert_eq!(of(Entity::Year), ["2024", "2021"]);
    }

    #[test]
    fn national_numbers_without_a_zero_are_phones_and_other_numbers_are_not() {
        let phones = |text: &str| tokens(text).list.iter().filter(|token| token.is(Entity::Phone)).count();
        assert_eq!(phones("Tel. 22 40 18 77"), 4);
        assert_eq!(phones("Tel. 900 000 361"), 3);
        for text in ["on 19 03 2021", "559214-3307", "§ 13 and 14", "1 000 000 euro", "in 2020 2021"] {
            assert_eq!(phones(text), 0, "{text}");
        }
    }

    #[test]
    fn clauses_end_where_sentences_do() {
        assert_eq!(clauses("We keep data. You may object"), 2);
        assert_eq!(clauses("See Art. 6 and z. B. Namen, e.g. names"), 1);
        assert_eq!(clauses("our services.We keep"), 2);
        assert_eq!(clauses("Who? We; you"), 3);
        assert_eq!(clauses("Κρατάμε τα στοιχεία· τα σβήνουμε"), 2);
        assert_eq!(clauses("Instal·lem galetes"), 1);
        assert_eq!(tokens("Who are we?").clauses, [ClauseEnd::Question]);
        assert_eq!(tokens("Τι συλλέγουμε; Ονόματα").clauses[0], ClauseEnd::Question);
        assert_eq!(tokens("We collect:").clauses, [ClauseEnd::Announcement]);
    }

    #[test]
    fn a_lead_is_short_and_has_text_after_it() {
        assert_eq!(tokens("Siguria. Ne marrim masa").lead, 1);
        assert_eq!(tokens("Rättslig grund: avtal").lead, 2);
        assert_eq!(tokens("Siguria.").lead, 0);
        assert_eq!(tokens("We keep all of your data for a year. Then not").lead, 0);
    }
}
