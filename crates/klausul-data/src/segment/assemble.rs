//! From units to blocks: splits and joins lines, and sends them to the outline as what they were decided to be.

use super::Block;
use super::decide::{Decider, Decision, LABEL_RANK};
use super::line::{is_round_bullet, looks};
use super::outline::Outline;
use super::piece::Piece;
use super::unit::{Line, Unit};

/// Turns units into blocks. In plain text, short lines may be headings by position alone (`plain_headings`).
pub(super) fn assemble(units: Vec<Unit>, plain_headings: bool) -> Vec<Block> {
    let units = split_inline_bullets(units);
    let decisions = Decider::new(&units, plain_headings).run();
    emit(units, &decisions)
}

/// Lines that hold several round bullets become one line a bullet.
fn split_inline_bullets(units: Vec<Unit>) -> Vec<Unit> {
    let holds = |line: &Line| line.piece.text().chars().filter(|char| is_inline_bullet(*char)).take(2).count() == 2;
    if !units.iter().any(|unit| matches!(unit, Unit::Line(line) if holds(line))) {
        return units;
    }
    let mut split = Vec::with_capacity(units.len());
    for unit in units {
        match unit {
            Unit::Line(line) if holds(&line) => {
                let text = line.piece.text();
                let mut starts: Vec<usize> = text.match_indices(is_inline_bullet).map(|(at, _)| at).collect();
                starts.insert(0, 0);
                starts.push(text.len());
                starts.dedup();
                let mut gap = line.gap;
                for pair in starts.windows(2) {
                    let piece = line.piece.slice(pair[0]..pair[1]);
                    if piece.text().chars().any(char::is_alphanumeric) {
                        split.push(Unit::Line(Line { piece, gap, ..Line::plain(Piece::default()) }));
                        gap = false;
                    }
                }
            }
            unit => split.push(unit),
        }
    }
    split
}

fn is_inline_bullet(char: char) -> bool {
    is_round_bullet(char) && char != '·' && char != '■' && char != '►'
}

/// Sends the lines to the outline, joining the short lines of one paragraph.
fn emit(units: Vec<Unit>, decisions: &[Decision]) -> Vec<Block> {
    let mut outline = Outline::default();
    let mut pending: Option<Piece> = None;
    // Whether a label is open, and whether its first value has come.
    let mut label: Option<bool> = None;
    for (unit, decision) in units.into_iter().zip(decisions) {
        let line = match unit {
            Unit::Line(line) => line,
            Unit::Open(scope) => {
                flush(&mut outline, &mut pending);
                if label.take().is_some() {
                    outline.end_headings(LABEL_RANK);
                }
                outline.open(scope);
                continue;
            }
            Unit::Close => {
                flush(&mut outline, &mut pending);
                label = None;
                outline.close();
                continue;
            }
        };
        let joins = *decision == Decision::Text && !line.gap && is_short(&line.piece);
        if let Some(piece) =
            pending.as_mut().filter(|piece| joins && piece.text().len() <= 250 && !piece.text().ends_with([':', '.']))
        {
            piece.append_piece(&line.piece);
            continue;
        }
        flush(&mut outline, &mut pending);
        if let Some(valued) = label {
            if valued && !(*decision == Decision::Text && looks(line.piece.text()).value) {
                outline.end_headings(LABEL_RANK);
                label = None;
            } else {
                label = Some(true);
            }
        }
        match *decision {
            Decision::Text => pending = Some(line.piece),
            Decision::Item(bullet, length) => {
                let piece = line.piece.slice(length..line.piece.text().len());
                outline.item(piece, bullet);
            }
            Decision::Heading(rank) => outline.heading(line.piece, rank),
            Decision::Label => {
                outline.heading(line.piece, LABEL_RANK);
                label = Some(false);
            }
            Decision::Bare => outline.bare_heading(line.piece),
        }
    }
    flush(&mut outline, &mut pending);
    outline.finish()
}

fn is_short(piece: &Piece) -> bool {
    piece.text().len() <= 200 && piece.text().chars().count() <= 70
}

fn flush(outline: &mut Outline, pending: &mut Option<Piece>) {
    if let Some(piece) = pending.take() {
        outline.text(piece);
    }
}
