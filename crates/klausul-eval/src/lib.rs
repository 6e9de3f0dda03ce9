//! Measures multi-label classifiers of paragraphs against annotated gold data.
//!
//! Pure functions over labels and scores: no file is read, nothing is printed.

mod labels;
pub mod report;

pub use labels::LabelSet;
