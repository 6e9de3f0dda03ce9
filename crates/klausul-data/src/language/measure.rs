//! What the sums of the model mean: which language, how surely, and whether a paragraph leaves its document's.

use klausul_core::Language;

use super::relatives::{Kinship, language, supported};
use super::script::Script;
use super::{Detection, ENOUGH_WORDS};

/// The features of a text depend on each other: its sums claim this many times the evidence that held-out sentences
/// bear out.
const OVERCONFIDENCE: f32 = 4.0;

/// The worst fit of a sentence in a known language, and what less text may fall short of it.
const LATIN_FIT: f32 = 4.6;
const CYRILLIC_FIT: f32 = 3.0;
const SHORTER: f32 = 1.5;
/// What the share of known words is worth beside the sum.
const KNOWN_WORTH: f32 = 6.0;

/// The share of known words at which a paragraph is text and not a list of names.
const TEXT: f32 = 0.3;
/// How far a word, on average, has to speak for another language than the document's.
const DISTANT: f32 = 0.5;
/// The same for a language that klausul does not read.
const UNSUPPORTED: f32 = 0.8;
/// The same for a close relative.
const CLOSE: f32 = 0.3;
/// How much better than the worst text a paragraph has to fit, where nothing speaks for the document's language.
const PLAIN: f32 = 2.0;

/// What the words of a text say for each language of a script.
#[derive(Debug, Clone)]
pub(super) struct Measure {
    /// The script of the words.
    pub(super) script: Script,
    /// The codes of the columns.
    pub(super) languages: &'static [&'static str],
    /// The words measured.
    pub(super) words: usize,
    /// One sum a language: logarithms of likelihood against the average language, and overconfident.
    pub(super) sums: Vec<f32>,
    /// For each language, the share of the words that its training text holds, from 0 to 1.
    pub(super) known: Vec<f32>,
}

impl Measure {
    /// The most probable language.
    pub(super) fn detection(&self) -> Detection {
        let Some(best) = self.best(None) else { return Detection::NONE };
        if self.fit(best) < self.least_fit() {
            return Detection { runner_up: Some(language(self.languages[best])), ..Detection::NONE };
        }
        let odds: f32 = self.sums.iter().map(|sum| ((sum - self.sums[best]) / OVERCONFIDENCE).exp()).sum();
        Detection {
            language: language(self.languages[best]),
            confidence: 1.0 / odds,
            runner_up: self.best(Some(best)).map(|second| language(self.languages[second])),
        }
    }

    /// How well a text fits the language of a column.
    fn fit(&self, column: usize) -> f32 {
        self.sums[column] / self.words.max(1) as f32 + KNOWN_WORTH * self.known[column]
    }

    /// The worst fit of a text in a known language; one in a language that the model lacks, or a list of names, stays
    /// below. Cyrillic has fewer languages to stand out from.
    fn least_fit(&self) -> f32 {
        let worst = if self.script == Script::Cyrillic { CYRILLIC_FIT } else { LATIN_FIT };
        if self.words < ENOUGH_WORDS { worst - SHORTER } else { worst }
    }

    fn best(&self, except: Option<usize>) -> Option<usize> {
        let columns = (0..self.sums.len()).filter(|&column| Some(column) != except);
        columns.max_by(|&a, &b| self.sums[a].total_cmp(&self.sums[b]))
    }

    /// The evidence for a language in natural logarithms, where this script writes it.
    pub(super) fn evidence(&self, language: Language) -> Option<f32> {
        self.column(language).map(|column| self.sums[column] / OVERCONFIDENCE)
    }

    /// How much of the measured words is text in a language, and not a list of names, from 0 to 1.
    pub(super) fn text(&self, language: Language) -> f32 {
        self.column(language).map_or(0.0, |column| (self.known[column] / TEXT).min(1.0))
    }

    /// Whether this script does not write the language.
    pub(super) fn is_foreign_script(&self, language: Language) -> bool {
        // Brands and terms are Latin in every document: Latin words are nothing foreign.
        self.script != Script::Latin && self.column(language).is_none()
    }

    fn column(&self, language: Language) -> Option<usize> {
        self.languages.iter().position(|&code| code == language.as_str())
    }

    /// Whether a paragraph measured so is in `found`, although its document is in `document`.
    pub(super) fn outweighs(&self, found: Language, document: Language) -> bool {
        let Some(column) = self.column(found) else { return false };
        // A document in another script, or in a language that the model lacks, says nothing against it.
        let Some(against) = self.evidence(document) else { return self.fit(column) >= self.least_fit() + PLAIN };
        let margin = (self.sums[column] / OVERCONFIDENCE - against) / self.words.max(1) as f32;
        let needed = match Kinship::of(found, document) {
            Kinship::Same => return false,
            Kinship::Close => CLOSE,
            Kinship::Distant if supported().contains(&found) => DISTANT,
            Kinship::Distant => UNSUPPORTED,
        };
        margin * self.text(found) >= needed
    }
}
