//! Trains a head on the frozen encoder of a model: for one's own categories and annotated paragraphs, in minutes and without Python.
//!
//! [`Vectors`] holds what the encoder makes of paragraphs, every distinct one once; a [`Row`] says which categories an annotator
//! gave a paragraph and which were looked for; [`train`] fits a head of one or two layers on the training rows, and calibration
//! and thresholds on the development rows. What comes out, a [`Trained`], has all that a model directory needs.
//!
//! ```
//! use klausul_eval::LabelSet;
//! use klausul_train::{Row, TrainOptions, Vectors, train};
//!
//! // Twenty texts that are numbers already: one category, given to those above 9.
//! let vectors = Vectors::from_rows(1, (0..20_u8).map(f32::from).collect());
//! let row = |input: usize| Row {
//!     input,
//!     document: input as u32,
//!     labels: if input > 9 { LabelSet::one(0) } else { LabelSet::EMPTY },
//!     scope: LabelSet::one(0),
//! };
//! let (development, training) = (0..20).map(row).partition::<Vec<_>, _>(|row| row.input % 4 == 0);
//! let trained = train(&vectors, &training, &development, 1, &TrainOptions::default(), &mut |_| Ok(()))?;
//! assert!(trained.head.logits(&[19.0])[0] > trained.head.logits(&[0.0])[0]);
//! # Ok::<(), klausul_core::Error>(())
//! ```
//!
//! # What is minimised
//!
//! Binary cross-entropy, averaged over the pairs of a paragraph and a category that was looked for in it. A paragraph that stands
//! many times counts once, and its target is the share of its copies that have the label. Of a paragraph that is cut into
//! windows each category takes the window with the highest logit, as a classifier does.
//!
//! # Threads and repeatability
//!
//! Products run on the current rayon pool, each value summed in one order by one thread; random numbers are a function of the seed. The
//! same vectors, rows and options give the same bytes on any number of threads. No file is read or written and nothing is printed.

mod adam;
mod calibrate;
mod decide;
mod fit;
mod loss;
mod matrix;
mod network;
mod options;
mod random;
mod scale;
mod targets;
mod trained;
mod vectors;

pub use decide::{Decision, Fitted};
pub use fit::Epoch;
pub use options::TrainOptions;
pub use targets::Row;
pub use trained::{Trained, train};
pub use vectors::Vectors;
