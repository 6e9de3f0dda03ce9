//! Measures multi-label classifiers of paragraphs against annotated gold data.
//!
//! A [`Sample`] holds gold and predicted labels of the same paragraphs, and perhaps scores. [`report::measure`] makes every
//! figure of it, with bootstrap intervals over documents; the modules below have the parts for other programs.
//!
//! ```
//! use klausul_eval::totals::Totals;
//! use klausul_eval::{LabelSet, Sample};
//!
//! // Two categories; the second paragraph's label is missed.
//! let mut sample = Sample::new(2)?;
//! sample.push(0, LabelSet::all(2), LabelSet::one(0), LabelSet::one(0))?;
//! sample.push(0, LabelSet::all(2), LabelSet::one(1), LabelSet::EMPTY)?;
//!
//! let figures = Totals::of(&sample, 0..sample.len()).figures();
//! let [precision, recall, f1] = figures.micro;
//! assert_eq!((precision, recall), (1.0, 0.5));
//! assert!((f1 - 2.0 / 3.0).abs() < 1e-12);
//! # Ok::<(), klausul_core::Error>(())
//! ```
//!
//! # Definitions
//!
//! Shares are from 0 to 1. A figure that is undefined is `None`, never 0 or NaN, in everything that is serialised. A category
//! outside of a paragraph's scope is neither right nor wrong. Each measure names its source; they are tested against values of
//! scikit-learn, statsmodels, nltk and krippendorff, or by hand.
//!
//! # Purity, threads and repeatability
//!
//! No file is read and nothing is printed. Bootstrap and near-duplicate search run on the current rayon pool, so the caller decides on
//! the threads; random numbers are a function of seed and place, so results depend neither on threads nor on order.

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
