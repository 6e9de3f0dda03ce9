//! Measures multi-label classifiers of paragraphs against annotated gold data.
//!
//! Pure functions over labels and scores: no file is read, nothing is printed.

pub mod agreement;
mod bootstrap;
pub mod calibration;
mod comparison;
mod confusion;
mod counts;
pub mod coverage;
mod draw;
pub mod duplicates;
mod labels;
pub mod ranking;
pub mod report;
mod sample;
pub mod split;
pub mod threshold;
pub mod totals;

pub use bootstrap::{Bootstrap, Interval};
pub use comparison::{Comparison, Difference};
pub use confusion::Confusion;
pub use counts::{Counts, Prf};
pub use labels::LabelSet;
pub use sample::Sample;
