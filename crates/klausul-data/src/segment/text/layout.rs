//! The lines of a plain text: pages, running heads, hard wraps.

use std::collections::HashMap;

/// A line of the source without the white space around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceLine<'a> {
    pub(super) text: &'a str,
    /// Byte of the source at which the text begins.
    pub(super) start: usize,
    /// Characters of white space before it.
    pub(super) indent: usize,
    /// Characters of the text with its indentation, counted up to a limit beyond any wrapped line.
    pub(super) chars: usize,
    /// A page ends with this line.
    pub(super) page_end: bool,
}

/// Longest line that can be hard-wrapped, in characters.
const LONGEST_WRAP: usize = 140;
/// Shortest width that lines are wrapped at.
const SHORTEST_WRAP: usize = 40;

/// The lines of a text, with those that only a printed page has emptied.
pub(super) fn lines(source: &str) -> Vec<SourceLine<'_>> {
    let bytes = source.as_bytes();
    let mut lines = Vec::new();
    let (mut start, mut pages) = (0, 0);
    for end in ends(bytes) {
        let byte = bytes.get(end).copied();
        if !(byte == Some(b'\n') && end == start && end > 0 && bytes[end - 1] == b'\r') {
            pages += usize::from(byte == Some(b'\x0c'));
            lines.push(line(source, start, end, byte == Some(b'\x0c')));
        }
        start = end + 1;
    }
    if pages > 0 {
        drop_page_furniture(&mut lines);
    }
    lines
}

/// Where lines end: at line feeds, carriage returns, form feeds, and the end of the text.
fn ends(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let breaks = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'\n' | b'\r' | b'\x0c'));
    breaks.map(|(index, _)| index).chain(std::iter::once(bytes.len()))
}

fn line(source: &str, start: usize, end: usize, page_end: bool) -> SourceLine<'_> {
    let raw = &source[start..end];
    let text =
        raw.trim_start_matches(|char: char| char.is_whitespace() || matches!(char, '\0' | '\u{feff}' | '\u{200b}'));
    let begin = start + raw.len() - text.len();
    let text = text.trim_end();
    let indent = source[start..begin].chars().count();
    let chars = if text.len() > LONGEST_WRAP * 5 { LONGEST_WRAP * 2 } else { text.chars().count() + indent };
    SourceLine { text, start: begin, indent, chars, page_end }
}

/// Empties page numbers at the edges of pages, and the first and last lines that stand on three pages or more.
fn drop_page_furniture(lines: &mut [SourceLine<'_>]) {
    let mut edges = Vec::new();
    let mut first = 0;
    for index in 0..lines.len() {
        if !lines[index].page_end && index + 1 < lines.len() {
            continue;
        }
        let filled: Vec<usize> = (first..=index).filter(|at| !lines[*at].text.is_empty()).collect();
        let tail = filled.len().saturating_sub(2).max(2.min(filled.len()));
        edges.extend(filled.iter().take(2).chain(&filled[tail..]).copied());
        first = index + 1;
    }
    let key = |text: &str| text.replace(|char: char| char.is_ascii_digit(), "0");
    let mut seen: HashMap<String, usize> = HashMap::new();
    for edge in &edges {
        *seen.entry(key(lines[*edge].text)).or_default() += 1;
    }
    for edge in edges {
        let text = lines[edge].text;
        let number = !text.chars().any(char::is_alphabetic) && text.chars().count() <= 12;
        if number || text.len() <= 200 && seen.get(&key(text)).is_some_and(|count| *count >= 3) {
            lines[edge].text = "";
        }
    }
}

/// How lines make paragraphs.
#[derive(Debug)]
pub(super) struct Layout {
    /// The width at which lines are hard-wrapped, where they are.
    pub(super) width: Option<usize>,
    /// Every line is a paragraph: most lines follow each other directly.
    pub(super) line_paragraphs: bool,
}

impl Layout {
    /// Looks at the lengths of lines that another one follows directly: in wrapped text, the first word of that one
    /// would not have fitted.
    pub(super) fn of(lines: &[SourceLine<'_>]) -> Self {
        let pairs = || lines.windows(2).filter(|pair| !pair[0].text.is_empty() && !pair[1].text.is_empty());
        let mut lengths: Vec<usize> = pairs().map(|pair| pair[0].chars).collect();
        let filled = lines.iter().filter(|line| !line.text.is_empty()).count();
        let direct = lengths.len();
        lengths.sort_unstable();
        let width = lengths.get(direct * 19 / 20).copied().unwrap_or(0);
        let full = pairs().filter(|pair| {
            let word = pair[1].text.split(char::is_whitespace).next().unwrap_or_default().chars().count();
            pair[0].chars <= LONGEST_WRAP && (pair[0].chars + 1 + word) * 100 >= width * 97
        });
        let wrapped = direct >= 3 && (SHORTEST_WRAP..=LONGEST_WRAP).contains(&width) && full.count() * 2 >= direct;
        Self { width: wrapped.then_some(width), line_paragraphs: !wrapped && direct * 2 > filled }
    }
}
