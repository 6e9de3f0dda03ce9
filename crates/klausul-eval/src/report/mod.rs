//! The report: everything that was measured, as data, and the forms in which it is printed.

mod figures;
mod html;
mod measure;
mod named;
mod print;
mod table;

use klausul_core::{Kind, Language, Taxonomy};
use serde::Serialize;

pub use figures::{
    Average, CalibrationFigures, CategoryCalibration, CategoryFigures, ComparisonFigures, Confused, Count,
    DocumentFigures, Documents, Figures, Group, GroupCategory, Leaked, Macro, Micro, Missed, Ratio, Samples,
};
pub use html::html;
pub use measure::{group, measure};
pub use named::Named;
pub use print::{csv, markdown, text};

use crate::{Bootstrap, Counts, Difference, Interval, LabelSet, Prf, Sample};

/// What a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Measured<'a> {
    /// The categories.
    pub taxonomy: &'a Taxonomy,
    /// Gold and predicted labels.
    pub sample: &'a Sample,
    /// Id and language of each document of the sample.
    pub documents: &'a [(String, Language)],
    /// The language of each paragraph.
    pub languages: &'a [Language],
    /// The kind of each paragraph.
    pub kinds: &'a [Kind],
    /// The resampling unit of each document, from 0.
    pub units: &'a [u32],
    /// The categories that were looked for anywhere.
    pub scope: LabelSet,
    /// How intervals are made.
    pub bootstrap: &'a Bootstrap,
    /// The same paragraphs with the labels of another system.
    pub other: Option<&'a Sample>,
}

/// What was measured, with what, and how: what a reader needs to repeat it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    /// The gold files.
    pub gold: Vec<String>,
    /// Who labelled the gold data, as it says itself.
    pub annotators: Vec<String>,
    /// The system that was measured: a classifier with its version, or a file of predictions.
    pub system: String,
    /// The other system, where two are compared.
    pub compare: Option<String>,
    /// The categories.
    pub taxonomy: TaxonomyOf,
    /// The mapping of foreign labels.
    pub mapping: Option<String>,
    /// Ids of the categories that were looked for.
    pub scope: Vec<String>,
    /// By what gold and predictions were matched: `id`, `position` or `text`; `none` where the gold paragraphs were classified.
    #[serde(rename = "match")]
    pub matched_by: String,
    /// What was drawn with replacement: `document` or `cluster`.
    pub resampling: String,
    /// How many times.
    pub bootstrap: usize,
    /// The seed of the draws.
    pub seed: u64,
    /// Share of the replicates within an interval.
    pub level: f64,
    /// The thresholds by which labels were decided, where they are not the system's own.
    pub thresholds: Option<Named<f32>>,
    /// Where these thresholds were found.
    pub thresholds_from: Option<String>,
}

/// The categories of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaxonomyOf {
    /// Name of the taxonomy.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its categories in order.
    pub categories: Vec<CategoryOf>,
}

/// Id and name of a category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CategoryOf {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

impl From<&Taxonomy> for TaxonomyOf {
    fn from(taxonomy: &Taxonomy) -> Self {
        let categories = taxonomy.categories().iter();
        Self {
            name: taxonomy.name().to_owned(),
            version: taxonomy.version().to_owned(),
            categories: categories.map(|c| CategoryOf { id: c.id.clone(), name: c.name.clone() }).collect(),
        }
    }
}

/// Everything that `klausul evaluate` prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The version of klausul that measured.
    pub klausul: &'static str,
    /// What was measured, with what, and how.
    pub settings: Settings,
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// What training data had in common with the gold data.
    pub leakage: Option<Leaked>,
}

impl Report {
    /// A report of these figures.
    pub fn new(settings: Settings, figures: Figures, leakage: Option<Leaked>) -> Self {
        Self { klausul: env!("CARGO_PKG_VERSION"), settings, figures, leakage }
    }
}
