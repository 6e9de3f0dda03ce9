//! The figures of a report. `None` stands for what is undefined or was not asked for; it is `null` in JSON.

use serde::Serialize;

use super::Named;
use crate::calibration::Bin;
use crate::ranking::CurvePoint;
use crate::{Confusion, Counts, Difference, Interval, Prf};

/// All figures of one system on one gold set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// How much was measured.
    pub counts: Count,
    /// From pooled counts.
    pub micro: Micro,
    /// Mean over categories.
    #[serde(rename = "macro")]
    pub macro_: Macro,
    /// Mean over categories, weighted by support.
    pub weighted: Average,
    /// Mean over paragraphs.
    pub samples: Samples,
    /// Share of paragraphs whose set of labels is right.
    pub exact_match: Ratio,
    /// Share of wrong decisions among all pairs of paragraph and category.
    pub hamming_loss: Ratio,
    /// By category.
    pub per_category: Named<CategoryFigures>,
    /// By language of the paragraph.
    pub per_language: Named<Group>,
    /// By kind of paragraph.
    pub per_kind: Named<Group>,
    /// Which category was given instead of which.
    pub confusion: Confused,
    /// Whole documents: the items of Art. 13 and 14 that they lack.
    pub documents: Documents,
    /// Whether the scores are probabilities; `None` without scores.
    pub calibration: Option<CalibrationFigures>,
    /// The difference to another system.
    pub comparison: Option<ComparisonFigures>,
}

/// How much was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Count {
    /// Documents.
    pub documents: usize,
    /// Resampling units: documents or clusters of them.
    pub units: usize,
    /// Paragraphs.
    pub paragraphs: usize,
    /// Gold labels.
    pub labels: u64,
    /// Labels that the system gave, within the scope.
    pub predicted_labels: u64,
}

/// Precision, recall and F1 with their intervals.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Average {
    /// Precision, recall and F1.
    #[serde(flatten)]
    pub prf: Prf,
    /// Interval of the precision.
    pub precision_interval: Option<Interval>,
    /// Interval of the recall.
    pub recall_interval: Option<Interval>,
    /// Interval of F1.
    pub f1_interval: Option<Interval>,
}

/// Figures from pooled counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Micro {
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub average: Average,
    /// The pooled counts.
    #[serde(flatten)]
    pub counts: Counts,
    /// Matthews correlation coefficient of the pooled counts.
    pub mcc: f64,
    /// Average precision over all pairs of paragraph and category.
    pub average_precision: Option<f64>,
}

/// Figures averaged over the categories with gold labels.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Macro {
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub average: Average,
    /// How many categories were averaged.
    pub categories: usize,
    /// Ids of the categories of the scope without gold labels, which were left out.
    pub left_out: Vec<String>,
    /// Mean average precision.
    pub average_precision: Option<f64>,
}

/// Figures averaged over paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Samples {
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub average: Average,
    /// Paragraphs with a gold or given label, over which the average runs.
    pub paragraphs: u64,
    /// Paragraphs with neither, which were left out.
    pub empty: u64,
}

/// A share and its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ratio {
    /// The share, from 0 to 1.
    pub value: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// The figures of one category.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CategoryFigures {
    /// Gold labels.
    pub support: u64,
    /// Labels that the system gave.
    pub predicted: u64,
    /// Right and wrong decisions.
    #[serde(flatten)]
    pub counts: Counts,
    /// Paragraphs that neither have nor got the label.
    pub tn: u64,
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub prf: Prf,
    /// Interval of F1.
    pub f1_interval: Option<Interval>,
    /// Average precision; `None` without scores or gold labels.
    pub average_precision: Option<f64>,
    /// Matthews correlation coefficient; `None` where the label neither occurs nor was given.
    pub mcc: Option<f64>,
}

/// The figures of the paragraphs of one language or kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// Paragraphs.
    pub paragraphs: usize,
    /// Documents that they come from.
    pub documents: usize,
    /// From pooled counts.
    pub micro: Average,
    /// Mean over the categories with gold labels in this group.
    #[serde(rename = "macro")]
    pub macro_: Average,
    /// By category.
    pub per_category: Named<GroupCategory>,
}

/// A category within a group.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GroupCategory {
    /// Gold labels.
    pub support: u64,
    /// Labels that the system gave.
    pub predicted: u64,
    /// F1.
    pub f1: Option<f64>,
}

/// The confusion matrix with its labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confused {
    /// Ids of the categories, and `(none)`.
    pub labels: Vec<String>,
    /// The counts.
    #[serde(flatten)]
    pub confusion: Confusion,
}

/// Whole documents: missing items.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Documents {
    /// Ids of the items that every policy must tell.
    pub items: Vec<String>,
    /// Missing items, pooled over items and documents.
    pub missing: Missed,
    /// Mean over the items that some document lacks.
    #[serde(rename = "macro")]
    pub macro_: Prf,
    /// By item.
    pub per_item: Named<Missed>,
    /// By document.
    pub per_document: Vec<DocumentFigures>,
}

/// How well missing items were found.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Missed {
    /// Items that are missing by the gold labels.
    pub support: u64,
    /// Items rightly found missing, wrongly found missing, and missing ones that were taken for present.
    #[serde(flatten)]
    pub counts: Counts,
    /// Precision, recall, F1.
    #[serde(flatten)]
    pub prf: Prf,
    /// Interval of F1; only for the pooled figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub f1_interval: Option<Interval>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentFigures {
    /// Its id.
    pub doc: String,
    /// Its language.
    pub lang: String,
    /// Its paragraphs.
    pub paragraphs: usize,
    /// Items that it lacks by the gold labels.
    pub missing: Vec<String>,
    /// Items that it lacks by the predicted labels.
    pub found_missing: Vec<String>,
}

/// Calibration of the scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationFigures {
    /// Brier score over all pairs of paragraph and category.
    pub brier: f64,
    /// Expected calibration error over all pairs.
    pub ece: f64,
    /// How many bins of equal mass were asked for.
    pub bins: usize,
    /// The bins over all pairs.
    pub reliability: Vec<Bin>,
    /// The precision-recall curve over all pairs.
    pub micro_curve: Vec<CurvePoint>,
    /// By category.
    pub per_category: Named<CategoryCalibration>,
}

/// Calibration of one category.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CategoryCalibration {
    /// Brier score.
    pub brier: f64,
    /// Expected calibration error.
    pub ece: f64,
    /// The bins.
    pub reliability: Vec<Bin>,
    /// The sweep of thresholds: what each would give. At most 200 points.
    pub curve: Vec<CurvePoint>,
}

/// The difference between two systems.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonFigures {
    /// Micro-F1.
    pub micro_f1: Difference,
    /// Macro-F1.
    pub macro_f1: Difference,
    /// Weighted F1.
    pub weighted_f1: Difference,
    /// F1 over paragraphs.
    pub samples_f1: Difference,
    /// Exact match.
    pub exact_match: Difference,
    /// F1 of missing items.
    pub missing_f1: Difference,
    /// F1 by category.
    pub per_category: Named<Difference>,
}

/// What training and gold data have in common, and the figures without it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leaked {
    /// The training files.
    pub train: Vec<String>,
    /// Gold documents.
    pub documents: usize,
    /// Gold documents that are near-duplicates of a training document.
    pub documents_in_train: usize,
    /// Gold paragraphs.
    pub passages: usize,
    /// Gold paragraphs that stand word for word in the training data.
    pub passages_in_train: usize,
    /// The figures on paragraphs that neither stand in the training data nor belong to a near-duplicate document.
    pub unseen: Group,
}
