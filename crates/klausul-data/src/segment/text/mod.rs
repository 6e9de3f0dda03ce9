//! Plain text, as it is copied from pages or extracted from PDF files.

mod layout;
mod rows;

use super::line::{Number, bullet, lettered};
use super::piece::Piece;
use super::unit::{Line, Unit};
use layout::{Layout, SourceLine};

/// Adds the table that the lines of a slice make, when all of them are rows of `|`; the slice stands at byte `offset`.
pub(super) fn table(slice: &str, offset: usize, units: &mut Vec<Unit>) -> bool {
    let mut lines = layout::lines(slice);
    lines.retain(|line| !line.text.is_empty());
    for line in &mut lines {
        line.start += offset;
    }
    let rows = lines.len() > 1 && lines.iter().all(|line| rows::is_row(line.text));
    if rows {
        rows::table(&lines, units);
    }
    rows
}

/// The units of a plain text.
pub(super) fn units(source: &str) -> Vec<Unit> {
    let lines = layout::lines(source);
    let layout = Layout::of(&lines);
    let mut units = Vec::new();
    let mut index = 0;
    let mut gap = true;
    while index < lines.len() {
        let line = lines[index];
        if line.text.is_empty() {
            gap |= !continues_page(&lines, index);
            index += 1;
            continue;
        }
        let rows = lines[index..].iter().take_while(|line| rows::is_row(line.text)).count();
        if rows > 1 {
            rows::table(&lines[index..index + rows], &mut units);
            index += rows;
            gap = true;
            continue;
        }
        let mut piece = Piece::default();
        piece.push(line.text, line.start);
        index += 1;
        while let Some(next) = following(&lines, &layout, index) {
            join(&mut piece, &lines[index - 1], &lines[next]);
            index = next + 1;
        }
        if !piece.is_empty() {
            units.push(Unit::Line(Line { gap: gap || layout.line_paragraphs, ..Line::plain(piece) }));
            gap = false;
        }
    }
    units
}

/// The line that continues the one before `index`, if any does.
fn following(lines: &[SourceLine<'_>], layout: &Layout, index: usize) -> Option<usize> {
    let before = &lines[index.checked_sub(1)?];
    let next = lines.get(index)?;
    if next.text.is_empty() {
        // A paragraph that runs over the end of a page.
        let after = (index..lines.len()).find(|at| !lines[*at].text.is_empty())?;
        return (layout.width.is_some() && continues_page(lines, index)).then_some(after);
    }
    if rows::is_row(next.text) || begins_block(next.text) {
        return None;
    }
    let indented = next.indent >= 2 && next.indent > before.indent && bullet(before.text).is_some();
    let wrapped = layout.width.is_some_and(|width| {
        let word = next.text.split(char::is_whitespace).next().unwrap_or_default().chars().count();
        let reach = before.chars + 1 + word;
        let lower = next.text.starts_with(char::is_lowercase);
        let sentence = before.text.ends_with(['.', '!', '?', ':']);
        reach * 10 >= width * if sentence { 10 } else { 9 } || lower && before.chars * 2 > width
    });
    (indented || wrapped).then_some(index)
}

/// Whether only the end of a page stands between the lines around `index`, in the middle of a sentence.
fn continues_page(lines: &[SourceLine<'_>], index: usize) -> bool {
    let Some(before) = lines[..index].last().filter(|line| !line.text.is_empty()) else { return false };
    let blank = lines[index..].iter().take_while(|line| line.text.is_empty());
    let (count, breaks) = blank.fold((0, false), |(count, breaks), line| (count + 1, breaks || line.page_end));
    let after = lines.get(index + count);
    breaks
        && !before.text.ends_with(['.', '!', '?', ':', ';'])
        && after.is_some_and(|line| line.text.starts_with(char::is_lowercase))
}

/// Whether a line begins something new whatever stands before it.
fn begins_block(text: &str) -> bool {
    bullet(text).is_some() || lettered(text) || Number::of(text).is_some()
}

/// Appends the next line, without the hyphen that a word was broken at.
fn join(piece: &mut Piece, before: &SourceLine<'_>, next: &SourceLine<'_>) {
    let broken = before.text.ends_with(['-', '\u{2010}', '\u{ad}', '\u{ac}']);
    let stem = before.text.trim_end_matches(['-', '\u{2010}', '\u{ad}', '\u{ac}']);
    let last = stem.rsplit(char::is_whitespace).next().unwrap_or_default();
    let word = next.text.split(char::is_whitespace).next().unwrap_or_default();
    if !broken || !last.ends_with(char::is_alphabetic) {
        piece.push_space();
    } else if word.starts_with(char::is_lowercase) && !CONJUNCTIONS.contains(&word) && last.chars().count() > 1 {
        let text = piece.text();
        let end = text.trim_end_matches(['-', '\u{2010}', '\u{ac}']).len();
        if end < text.len() {
            *piece = piece.slice(0..end);
        }
    } else if CONJUNCTIONS.contains(&word) {
        piece.push_space();
    }
    piece.push(next.text, next.start);
}

/// Words before which a hyphen at the end of a line belongs there ("book- and tax law").
const CONJUNCTIONS: [&str; 20] = [
    "and", "or", "und", "oder", "bzw.", "och", "eller", "samt", "og", "en", "of", "et", "ou", "e", "o", "ja", "tai",
    "sekä", "i", "a",
];
