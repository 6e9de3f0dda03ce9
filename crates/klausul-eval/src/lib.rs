//! Measures multi-label classifiers of paragraphs against annotated gold data.
//!
//! Pure functions over labels and scores: no file is read, nothing is printed.

pub mod agreement;
mod draw;
pub mod duplicates;
mod labels;
pub mod split;

pub use labels::LabelSet;
