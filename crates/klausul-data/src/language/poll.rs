//! The language of a document: its paragraphs vote with their words.

use std::collections::BTreeMap;

use klausul_core::Language;

use super::relatives::Kinship;
use super::{ENOUGH_WORDS, Reading};

/// A paragraph of fewer words has no vote.
const VOTING_AGE: usize = 4;

/// How far a word, on average, has to speak for one close relative against the one that the page declares.
const CLOSE_CALL: f32 = 0.1;

/// A document of which less than this share is in its language, and the rest in none, is in none.
const LEAST_SHARE: f32 = 0.4;

/// The votes so far.
#[derive(Default)]
pub(super) struct Poll {
    /// Words of text that voted for a language.
    words: BTreeMap<Language, f32>,
    /// Words of text that reads like no known language.
    unknown: f32,
    /// Evidence for a language, from the paragraphs that voted for it or for a relative.
    evidence: BTreeMap<Language, f32>,
}

impl Poll {
    /// Counts a paragraph.
    pub(super) fn add(&mut self, reading: &Reading) {
        match reading {
            Reading::Nothing => {}
            Reading::Script { language, words } => {
                self.vote(*language, *words as f32);
                *self.evidence.entry(*language).or_default() += *words as f32;
            }
            Reading::Model(measure) => {
                let found = measure.detection().language;
                if found.is_unknown() {
                    if measure.words >= ENOUGH_WORDS {
                        self.unknown += measure.words as f32;
                    }
                } else if measure.words >= VOTING_AGE {
                    self.vote(found, measure.words as f32 * measure.text(found));
                    for relative in Kinship::family(found) {
                        *self.evidence.entry(relative).or_default() += measure.evidence(relative).unwrap_or_default();
                    }
                }
            }
        }
    }

    fn vote(&mut self, language: Language, words: f32) {
        if !language.is_unknown() {
            *self.words.entry(language).or_default() += words;
        }
    }

    /// The language with most words, close relatives counted together; among these the best evidence decides, or what
    /// the page declares where it is a close call. `None` when too few words voted.
    pub(super) fn result(&self, declared: Option<Language>) -> Option<Language> {
        let of_family = |language: Language| -> f32 {
            Kinship::family(language).filter_map(|relative| self.words.get(&relative)).sum()
        };
        let elected = *self.words.keys().max_by(|&&a, &&b| of_family(a).total_cmp(&of_family(b)))?;
        let words = of_family(elected);
        if words < ENOUGH_WORDS as f32 {
            return None;
        }
        if words < LEAST_SHARE * (words + self.unknown) {
            return Some(Language::UNKNOWN);
        }
        let evidence = |language: Language| self.evidence.get(&language).copied().unwrap_or_default();
        let best = Kinship::family(elected).max_by(|&a, &b| evidence(a).total_cmp(&evidence(b))).unwrap_or(elected);
        let close_call = |&declared: &Language| {
            Kinship::family(best).any(|relative| relative == declared)
                && evidence(best) - evidence(declared) < CLOSE_CALL * words
        };
        Some(declared.filter(close_call).unwrap_or(best))
    }
}
