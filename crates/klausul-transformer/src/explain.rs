//! Which words a decision rests on: those without which its probability falls.

use std::ops::Range;

use klausul_core::{Evidence, Match, Paragraph, Place, Prediction, Result};

/// Words of the longest part of a short text; longer texts have longer parts.
const PART_WORDS: usize = 5;
/// Parts that a text is cut into at most, headings apart: each costs a pass of the encoder.
const MOST_PARTS: usize = 24;
/// Reasons a category gets at most.
const MOST_REASONS: usize = 3;

/// Adds to each prediction the words that its categories rest on; `scores` are the probabilities of paragraphs, in taxonomy order.
pub(crate) fn explain(
    paragraphs: &[Paragraph],
    predictions: &mut [Prediction],
    scores: impl Fn(&[Paragraph]) -> Result<Vec<Vec<f32>>>,
) -> Result<()> {
    // One paragraph at a time: its variants are a batch of their own.
    for (paragraph, prediction) in paragraphs.iter().zip(predictions) {
        if prediction.labels.is_empty() {
            continue;
        }
        let parts = parts(paragraph);
        let variants: Vec<Paragraph> = parts.iter().map(|part| without(paragraph, part)).collect();
        let left = scores(&variants)?;
        for &category in &prediction.labels {
            let column: Vec<f32> = left.iter().map(|scores| scores[category]).collect();
            let whole = prediction.scores[category];
            prediction.evidence.extend(reasons(paragraph, &parts, category, whole, &column));
        }
    }
    Ok(())
}

/// A part of a paragraph that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    place: Place,
    bytes: Range<usize>,
}

/// The headings of a paragraph, each whole, and its text in runs of words.
fn parts(paragraph: &Paragraph) -> Vec<Part> {
    let headings = paragraph.context.iter().enumerate();
    let mut parts: Vec<Part> =
        headings.map(|(at, heading)| Part { place: Place::Context(at), bytes: 0..heading.len() }).collect();
    let runs = runs(&paragraph.text);
    // A text without any word is no paragraph: its only run stays.
    if runs.len() > 1 {
        parts.extend(runs.into_iter().map(|bytes| Part { place: Place::Text, bytes }));
    }
    parts
}

/// Runs of words, cut where punctuation ends a word or a run is long.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    for word in text.split_whitespace() {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        words.push(start..start + word.len());
    }
    let longest = PART_WORDS.max(words.len().div_ceil(MOST_PARTS / 2));
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut held = 0;
    for word in words {
        let ends = |run: &Range<usize>| text[run.clone()].ends_with([',', ';', ':', '.', '!', '?', ')']);
        match runs.last_mut() {
            // A comma after a word or two ends nothing, or a list of names would fall apart.
            Some(run) if held < longest && !(ends(run) && held > longest / 2) => {
                run.end = word.end;
                held += 1;
            }
            _ => {
                runs.push(word);
                held = 1;
            }
        }
    }
    runs
}

/// The paragraph without a part.
fn without(paragraph: &Paragraph, part: &Part) -> Paragraph {
    let mut rest = paragraph.clone();
    match part.place {
        Place::Context(at) => drop(rest.context.remove(at)),
        Place::Text => rest.text.replace_range(part.bytes.clone(), ""),
    }
    rest
}

/// The reasons of a category, from its probability and those that are left without each part: the parts that take most, and all that
/// take at least half as much.
fn reasons(paragraph: &Paragraph, parts: &[Part], category: usize, whole: f32, left: &[f32]) -> Vec<Evidence> {
    let mut taken: Vec<(f32, &Part, f32)> =
        parts.iter().zip(left).map(|(part, &left)| (whole - left, part, left)).collect();
    taken.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = taken.first().map_or(0.0, |first| first.0);
    let decisive = taken.iter().take(MOST_REASONS).filter(|reason| reason.0 > 0.0 && reason.0 >= most / 2.0);
    let reason = |&(_, part, left): &(f32, &Part, f32)| {
        let text = match part.place {
            Place::Text => &paragraph.text,
            Place::Context(at) => &paragraph.context[at],
        };
        let (start, end) = (part.bytes.start, part.bytes.end);
        let matched = Match { place: part.place, text: text[part.bytes.clone()].to_owned(), start, end };
        Evidence { category, rule: format!("without/{left:.3}").into(), negated: false, matches: vec![matched] }
    };
    decisive.map(reason).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokenize::tests::paragraph;

    #[test]
    fn texts_are_cut_into_runs_of_words() {
        let text = "You can ask us, at any time, to erase the data that we hold about you.";
        let cut: Vec<&str> = runs(text).into_iter().map(|run| &text[run]).collect();
        assert_eq!(cut, ["You can ask us,", "at any time,", "to erase the data that", "we hold about you."]);
        let long = "word ".repeat(1000);
        assert!(runs(&long).len() <= MOST_PARTS, "{}", runs(&long).len());
        assert!(runs("one").len() == 1 && runs(" ").is_empty());
    }

    #[test]
    fn a_single_run_stays_and_headings_go_one_by_one() {
        let short = paragraph(&["Your rights", "Erasure"], "24 months");
        let parts = parts(&short);
        assert_eq!(parts.len(), 2);
        assert_eq!(without(&short, &parts[0]).context, ["Erasure"]);
        assert_eq!(without(&short, &parts[1]).text, "24 months");
    }

    #[test]
    fn reasons_are_the_parts_that_take_most() {
        let whole = paragraph(&["Rights"], "You can ask us, at any time, to erase the data that we hold about you.");
        let found = reasons(&whole, &parts(&whole), 7, 0.9, &[0.5, 0.95, 0.9, 0.1, 0.6]);
        let told: Vec<(&str, &str)> = found.iter().map(|it| (it.rule.as_ref(), it.matches[0].text.as_str())).collect();
        assert_eq!(told, [("without/0.100", "to erase the data that"), ("without/0.500", "Rights")]);
        assert!(found.iter().all(|it| it.category == 7) && found[1].matches[0].place == Place::Context(0));
        let at = &found[0].matches[0];
        assert_eq!(&whole.text[at.start..at.end], at.text);
    }

    #[test]
    fn nothing_that_takes_nothing_is_a_reason() {
        let whole = paragraph(&["Rights"], "one");
        assert!(reasons(&whole, &parts(&whole), 0, 0.6, &[0.7]).is_empty());
    }
}
