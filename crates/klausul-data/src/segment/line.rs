//! What a line looks like: bullet, number, capitals, ending. Language-neutral.

/// Longest heading in characters; anything longer is text.
pub(super) const HEADING_CHARS: usize = 120;
/// Longest line of an address or of a list without bullets, in characters.
const SHORT_CHARS: usize = 70;
/// Most words in a line that is a heading by its looks only.
const HEADING_WORDS: usize = 16;

/// The looks of a line that decide whether it is a heading, an item or text.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each look stands on its own")]
pub(super) struct Looks {
    /// Short enough for a heading, with letters, and not ending like a sentence or in the middle of one.
    pub heading: bool,
    /// Starts with a section number.
    pub numbered: bool,
    /// All its letters are capitals, and there are at least four.
    pub capitals: bool,
    /// Ends with a question mark.
    pub question: bool,
    /// Ends with a colon.
    pub colon: bool,
    /// A contact or form value: e-mail, address on the web, telephone number, date, company name.
    pub value: bool,
    /// Starts with "Label: text".
    pub label: bool,
    /// At most as long as a line of an address.
    pub short: bool,
}

/// Looks at a line of text without white space at its ends.
pub(super) fn looks(text: &str) -> Looks {
    let colon = text.ends_with(':');
    let numbered = Number::of(text).is_some();
    let mut looks = Looks { colon, numbered, label: has_label(text), ..Looks::default() };
    let words = 1 + text.bytes().filter(|byte| *byte == b' ').count();
    if text.len() > HEADING_CHARS * 4 || words > HEADING_WORDS && text.len() > SHORT_CHARS * 4 {
        return looks;
    }
    let (mut chars, mut letters, mut upper, mut lower) = (0, 0, 0, 0);
    for char in text.chars() {
        chars += 1;
        letters += usize::from(char.is_alphabetic());
        upper += usize::from(char.is_uppercase());
        lower += usize::from(char.is_lowercase());
    }
    looks.short = chars <= SHORT_CHARS;
    looks.question = text.ends_with(['?', '\u{37e}']) || text.ends_with("?:");
    looks.capitals = upper >= 4 && lower * 12 <= upper;
    looks.value = is_value(text, looks.capitals);
    let first = text.chars().find(|char| char.is_alphanumeric());
    let starts = first.is_some_and(|char| !char.is_lowercase());
    let ends =
        !text.ends_with(['.', ',', ';', '!', '…', '-', '–', '/', '|', '&', '·', '=', '(']) || is_number_only_stop(text);
    looks.heading = chars <= HEADING_CHARS
        && words <= HEADING_WORDS
        && letters >= 2
        && letters * 2 >= chars / 2
        && starts
        && ends
        && !has_sentence_inside(text)
        && !looks.value;
    looks
}

/// "Art. 6" ends in no full stop, but "Title 2." and "GmbH & Co." do: only a bare "3. Title (1)." style counts.
fn is_number_only_stop(text: &str) -> bool {
    text.ends_with("...") && text.len() < 60
}

/// A full stop followed by a capital after the number: the line holds more than one sentence.
fn has_sentence_inside(text: &str) -> bool {
    let body = &text[Number::of(text).map_or(0, |number| number.len)..];
    sentence_ends(body).next().is_some()
}

/// Whether the line is something that a form label would be followed by.
fn is_value(text: &str, capitals: bool) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let letters = text.chars().filter(|char| char.is_alphabetic()).count();
    if text.contains("://") || text.contains("www.") || (digits >= 5 && digits * 2 > letters) || digits > letters {
        return true;
    }
    text.split(' ').any(|word| {
        let at = word.find('@').is_some_and(|at| at > 0 && word[at..].contains('.'));
        at || (!capitals && LEGAL_FORMS.contains(&word.trim_matches(|char: char| !char.is_alphanumeric())))
    })
}

/// Abbreviations of legal forms as companies write them after their name.
const LEGAL_FORMS: [&str; 29] = [
    "AB", "AG", "ApS", "AS", "A/S", "BV", "B.V", "d.o.o", "EOOD", "GmbH", "KG", "Kft", "Inc", "LLC", "LLP", "Ltd",
    "Lda", "NV", "OOD", "Oy", "OÜ", "S.A", "SARL", "SAS", "SHPK", "Sh.p.k", "SpA", "SRL", "UAB",
];

/// "Label: text", with a label of at most six words that starts like a name.
fn has_label(text: &str) -> bool {
    let Some(end) = text.bytes().take(81).position(|byte| byte == b':') else { return false };
    let (label, rest) = (&text[..end], &text[end + 1..]);
    rest.starts_with(' ')
        && rest.len() > 1
        && label.split(' ').count() <= 6
        && label.chars().next().is_some_and(|char| char.is_alphabetic() && !char.is_lowercase())
        && !label.contains(['.', '?', '!', ';'])
}

/// A section number at the start of a line: `3.`, `2.1`, `§ 4`, `IV.`, `B.`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    /// The numbers of the levels; a letter or Roman numeral is one level.
    path: [u16; 4],
    /// How many levels are used.
    depth: usize,
    /// What kind of number: levels of different kinds do not compare.
    style: char,
    /// Bytes of the number with the space behind it.
    len: usize,
}

impl Number {
    /// Reads the number; none when there is no text behind it.
    pub(super) fn of(text: &str) -> Option<Self> {
        let trimmed = text.trim_start_matches(['§', ' ', '(', '#']);
        let offset = text.len() - trimmed.len();
        let mut number = match trimmed.as_bytes().first()? {
            b'0'..=b'9' => Self::arabic(trimmed, text.starts_with('§'))?,
            b'A'..=b'Z' => Self::letters(trimmed)?,
            _ => return None,
        };
        number.len += offset;
        text[number.len..].chars().any(char::is_alphabetic).then_some(number)
    }

    fn arabic(text: &str, paragraph: bool) -> Option<Self> {
        let mut number = Self { path: [0; 4], depth: 0, style: '1', len: 0 };
        let bytes = text.as_bytes();
        let mut index = 0;
        loop {
            let digits = bytes[index..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=3).contains(&digits) || number.depth == 4 {
                break;
            }
            number.path[number.depth] = text[index..index + digits].parse().ok()?;
            number.depth += 1;
            index += digits;
            if bytes.get(index) == Some(&b'.') {
                index += 1;
            } else {
                break;
            }
        }
        let bare = bytes[..index].last().is_some_and(u8::is_ascii_digit);
        let mut rest = &text[index..];
        let closed = !bare || paragraph || number.depth > 1 || rest.starts_with([')', ':']) || rest.starts_with(" -");
        if number.depth == 0 || !closed {
            return None;
        }
        rest = rest.trim_start_matches([')', '.', ':', '-', '–', '—', ' ']);
        number.len = text.len() - rest.len();
        // "2021. gada" and "10.5 cm" are no section numbers, "3.Data" is one.
        let follows =
            rest.chars().next().is_some_and(|char| char.is_alphabetic() && !char.is_lowercase() || char == '“');
        follows.then_some(number)
    }

    fn letters(text: &str) -> Option<Self> {
        let end = text.find(['.', ')'])?;
        if !(1..=5).contains(&end) || !text[end + 1..].starts_with(' ') {
            return None;
        }
        let name = &text[..end];
        let (value, style) = match roman(name) {
            Some(value) if name.len() > 1 || matches!(name, "I" | "V" | "X") => (value, 'I'),
            _ if name.len() == 1 => (u16::from(name.as_bytes()[0] - b'A') + 1, 'A'),
            _ => return None,
        };
        Some(Self { path: [value, 0, 0, 0], depth: 1, style, len: end + 2 })
    }

    /// Whether this number is the one of a section that contains the other: `2` contains `2.1`.
    pub(super) fn contains(&self, other: &Self) -> bool {
        self.style == other.style && self.depth < other.depth && self.path[..self.depth] == other.path[..self.depth]
    }

    /// Whether the other follows directly on the same level: `2.1`, `2.2`.
    pub(super) fn precedes(&self, other: &Self) -> bool {
        let last = self.depth - 1;
        self.style == other.style
            && self.depth == other.depth
            && self.path[..last] == other.path[..last]
            && self.path[last] + 1 == other.path[last]
    }
}

fn roman(name: &str) -> Option<u16> {
    let mut total = 0;
    let mut last = 0;
    for byte in name.bytes().rev() {
        let value = match byte {
            b'I' => 1,
            b'V' => 5,
            b'X' => 10,
            b'L' => 50,
            _ => return None,
        };
        if value < last {
            total -= value.min(total);
        } else {
            total += value;
            last = value;
        }
    }
    Some(total)
}

/// The bullet that a line starts with: its class, and the bytes up to the text behind it.
///
/// A hyphen or star needs white space or a capital behind it, so that "-5" and "*required*" stay text.
pub(super) fn bullet(text: &str) -> Option<(char, usize)> {
    let mut chars = text.chars();
    let glyph = chars.next()?;
    let class = match glyph {
        _ if is_round_bullet(glyph) => '•',
        '–' | '—' | '-' | '−' | '‐' | '‑' => '-',
        '*' | '+' | '>' | '→' | '➔' | '➢' | '➤' | '✓' | '✔' | '»' | '❖' => glyph,
        _ => return None,
    };
    let rest = chars.as_str();
    let body = rest.trim_start_matches(' ');
    let first = body.chars().next()?;
    let spaced = body.len() < rest.len();
    let holds = match class {
        '•' => true,
        '-' => spaced || first.is_alphabetic(),
        '*' => spaced || first.is_uppercase(),
        _ => spaced,
    };
    (holds && first != glyph).then_some((class, text.len() - body.len()))
}

/// Bullets that are never part of a word or sentence, also where they stand inside a line.
pub(super) fn is_round_bullet(char: char) -> bool {
    matches!(
        char,
        '•' | '●'
            | '○'
            | '◦'
            | '▪'
            | '▫'
            | '■'
            | '□'
            | '‣'
            | '⁃'
            | '∙'
            | '⦁'
            | '⚫'
            | '◾'
            | '◼'
            | '▶'
            | '►'
            | '\u{f000}'..='\u{f0ff}'
    ) || char == '·'
}

/// Whether the line starts with `a)`, `(b)`, `1)` or `iv)`, as items in running text do.
pub(super) fn lettered(text: &str) -> bool {
    let open = text.starts_with('(');
    let body = &text[usize::from(open)..];
    let Some(end) = body.bytes().take(5).position(|byte| byte == b')') else { return false };
    (1..=4).contains(&end)
        && body[end + 1..].starts_with(' ')
        && (body[..end].bytes().all(|byte| byte.is_ascii_digit())
            || end == 1 && body.as_bytes()[0].is_ascii_alphabetic()
            || body[..end].bytes().all(|byte| matches!(byte, b'i' | b'v' | b'x')))
}

/// The byte offsets behind the sentences of a text, except the last one's.
///
/// A sentence ends with `.`, `!`, `?`, `…` or `;` (the Greek question mark) before a space and a character that is no
/// lower-case letter; not after what looks like an abbreviation ("Art. 6", "z. B.", "ca. 5") or a short number.
pub(super) fn sentence_ends(text: &str) -> impl Iterator<Item = usize> + '_ {
    let bytes = text.as_bytes();
    memchr_space(bytes).filter_map(move |space| {
        let before = text[..space].trim_end_matches(['"', '”', '“', '»', ')', ']', '’', '\'']);
        let next = text[space + 1..].chars().next()?;
        if next.is_lowercase() || next.is_ascii_punctuation() && !matches!(next, '"' | '(' | '\'' | '[') {
            return None;
        }
        match before.chars().next_back()? {
            '!' | '?' | '…' | ';' | '\u{37e}' | '。' => Some(space),
            '.' => {
                let from = before.len() - before.len().min(16);
                let from = (from..before.len()).find(|at| before.is_char_boundary(*at))?;
                let word = before[from..before.len() - 1].rsplit([' ', '.', '(']).next()?;
                let letters = word.chars().filter(|char| char.is_alphabetic()).count();
                let common = letters > 1 && !next.is_numeric() && word.chars().all(char::is_lowercase);
                let long = letters > 3 || common;
                let figure = word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_digit());
                (long || figure || word.ends_with([')', '%', '”'])).then_some(space)
            }
            _ => None,
        }
    })
}

fn memchr_space(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.iter().enumerate().skip(1).filter(|(_, byte)| **byte == b' ').map(|(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_short_and_end_in_no_sentence() {
        for heading in
            ["Your rights", "§ 4 Cookies", "3. Who gets the data?", "TË DREJTAT TUAJA", "Kontakt", "Çfarë mbledhim"]
        {
            assert!(looks(heading).heading, "{heading}");
        }
        for text in
            ["We keep data.", "and more", "info@example.org", "Example AB", "12 345", "First. Then Second one", "x"]
        {
            assert!(!looks(text).heading, "{text}");
        }
        assert!(looks("DINA RÄTTIGHETER").capitals && !looks("GDPR och du").capitals);
    }

    #[test]
    fn numbers_are_hierarchical() {
        let number = |text| Number::of(text);
        let (two, child, next) = (number("2. Data").unwrap(), number("2.1 Kinds").unwrap(), number("3) More").unwrap());
        assert!(two.contains(&child) && !child.contains(&two) && two.precedes(&next));
        assert_eq!(number("IV. Rechte").unwrap().path[0], 4);
        assert_eq!(number("C. Rechte").unwrap().path[0], 3);
        assert_eq!(number("§ 12 Speicherung").unwrap().path[0], 12);
        for text in ["2021. gada", "36 months", "3.", "10.5 cm", "1 May 2021", "E.ON is"] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn bullets_are_told_from_minus_signs() {
        assert_eq!(bullet("• Name"), Some(('•', 4)));
        assert_eq!(bullet("-Adressen"), Some(('-', 1)));
        assert_eq!(bullet("– name"), Some(('-', 4)));
        for text in ["-5 °C", "--- x", "**bold**", "*required*", "A - b", ""] {
            assert_eq!(bullet(text), None, "{text}");
        }
        assert!(lettered("a) name") && lettered("(iv) name") && !lettered("(see) name") && !lettered("Ab) c"));
    }

    #[test]
    fn sentences_end_at_full_stops_but_not_at_abbreviations() {
        let ends = |text: &'static str| sentence_ends(text).collect::<Vec<_>>();
        assert_eq!(ends("Nach Art. 6 gilt das. Danach nicht."), [21]);
        assert_eq!(ends("z. B. Namen? Ja! Gut"), [12, 16]);
        assert_eq!(ends("Kept until 2020. Then (deleted forever.) Gone"), [16, 40]);
    }
}
