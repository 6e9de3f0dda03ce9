//! What a classifier says of a paragraph.

use std::sync::Arc;

/// The probabilities and the decided categories of one paragraph.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// One calibrated probability a category, in taxonomy order.
    pub scores: Vec<f32>,
    /// The categories that the paragraph states: ascending indices into the taxonomy.
    pub labels: Vec<usize>,
    /// Why, for classifiers that can say; empty when it was not asked for.
    pub evidence: Vec<Evidence>,
}

/// One reason for a category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Index of the category in the taxonomy.
    pub category: usize,
    /// The rule that hit, as `lexicon/category/rule`.
    pub rule: Arc<str>,
    /// Whether the words stand under a negation ("we do not transfer"), which still states the category.
    pub negated: bool,
    /// The words that satisfied the rule, in the order of its patterns.
    pub matches: Vec<Match>,
}

/// Matched words and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// In which text.
    pub place: Place,
    /// The words as they are written there.
    pub text: String,
    /// First byte in that text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// The text that a [`Match`] refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The paragraph's own text.
    Text,
    /// The context entry with this index.
    Context(usize),
}
