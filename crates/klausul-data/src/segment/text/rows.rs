//! Tables that are written as rows of `|`.

use std::ops::Range;

use super::super::html;
use super::super::piece::Piece;
use super::super::table::{Cell, Table};
use super::super::unit::{Line, Unit};
use super::layout::SourceLine;

/// Whether a line is a row of a table.
pub(super) fn is_row(text: &str) -> bool {
    text.starts_with('|') && text[1..].contains('|')
}

/// Adds the table that the lines make.
pub(super) fn table(lines: &[SourceLine<'_>], units: &mut Vec<Unit>) {
    let mut table = Table::default();
    let heads = lines.iter().position(|line| is_delimiter(line.text)).filter(|at| *at <= 2).unwrap_or(0);
    for (index, line) in lines.iter().enumerate() {
        if is_delimiter(line.text) {
            continue;
        }
        table.head(index < heads);
        table.row();
        for range in cells(line.text) {
            table.cell(Cell { units: cell(&line.text[range.clone()], line.start + range.start), ..Cell::default() });
        }
    }
    table.finish(units);
}

/// The line between the column headings and the body: hyphens and colons only.
fn is_delimiter(text: &str) -> bool {
    text.contains('-') && text.bytes().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' '))
}

/// The cells of a row, split at bars that no backslash escapes.
fn cells(text: &str) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 1;
    for (at, _) in text.match_indices('|').skip(1) {
        if !text[..at].ends_with('\\') {
            cells.push(start..at);
            start = at + 1;
        }
    }
    if !text[start..].trim().is_empty() {
        cells.push(start..text.len());
    }
    cells
}

/// The lines of a cell; tags in it end lines.
fn cell(text: &str, at: usize) -> Vec<Unit> {
    if text.contains('<') {
        return html::fragment(text, at);
    }
    let mut piece = Piece::default();
    piece.push(text, at);
    if piece.is_empty() { Vec::new() } else { vec![Unit::Line(Line::plain(piece))] }
}
