//! Labels the paragraphs of privacy policies with the GDPR clauses they state, in any European language, offline.
//!
//! Three lines classify a text:
//!
#![cfg_attr(feature = "data", doc = "```")]
#![cfg_attr(not(feature = "data"), doc = "```ignore")]
//! # fn main() -> klausul::Result<()> {
//! let classifier = klausul::Classifier::new()?;
//! for label in classifier.classify_text("You may withdraw your consent at any time.")? {
//!     println!("{} {:.2}", label.category.id, label.probability); // right_withdraw_consent 1.00
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Ten classify a folder of scraped policies, in parallel, each document when it is done: [`Classifier::batch`]. A [`Paragraph`] has the
//! headings that it stands under, and they tell much of what short ones mean: where you cut pages yourself, fill in its `context`.
//!
//! | I want to | with |
//! |---|---|
//! | label texts, pages, folders | [`Classifier`] |
//! | know why | [`ClassifierBuilder::evidence`], [`Prediction`] |
//! | use another model, engine, number of threads | [`ClassifierBuilder`] |
//! | compare paragraphs across languages | [`Classifier::embed`] |
//! | measure a classifier against annotated data | [`evaluate`], [`Gold`] |
//! | train on labels of my own | [`Trainer`] |
//! | write a classifier of my own | the trait [`core::Classifier`] |
//!
//! # Features
//!
//! `data` (default): pages, folders and tables. `embedded-model` (default): the model that ships, 60 MB, in your program. `eval` (default):
//! measurement. `rules` (default): rules in 34 languages. `transformer`: models from directories. `train`: heads of your own. `hub`: models by
//! their id on the Hugging Face hub. `candle`, `cuda`, `metal`: the f32 engine, on graphics cards too. Without any, the nouns of the field are
//! left: [`core`].
//!
//! # Threads, state, determinism
//!
//! A [`Classifier`] is `Send + Sync` and there is no global state. Its model runs on threads of its own, as many as you say, or on
//! `Workers` that you share; batches and measurements run on the rayon pool that they are called in. A prediction depends on its paragraph
//! alone, to the bit, whatever stands beside it and however many threads there are.

mod builder;
mod classifier;

#[cfg(feature = "data")]
mod batch;
#[cfg(all(feature = "data", feature = "eval"))]
mod corpus;
#[cfg(all(feature = "data", feature = "eval"))]
mod evaluate;
#[cfg(all(feature = "data", feature = "eval"))]
mod gold;
#[cfg(feature = "data")]
mod memo;
#[cfg(feature = "train")]
mod train;

pub use builder::{Backend, ClassifierBuilder};
pub use classifier::{Classifier, Label};
pub use klausul_core as core;
pub use klausul_core::{
    Category, Document, Error, ErrorKind, Evidence, Kind, Language, Paragraph, Prediction, Result, Taxonomy,
};

#[cfg(feature = "data")]
pub use batch::{Batch, Classified, Progress};
#[cfg(all(feature = "data", feature = "eval"))]
pub use corpus::{Corpus, Documents};
#[cfg(all(feature = "data", feature = "eval"))]
pub use evaluate::{Evaluation, evaluate};
#[cfg(all(feature = "data", feature = "eval"))]
pub use gold::{Gold, GoldOptions};
#[cfg(feature = "data")]
pub use klausul_data as data;
#[cfg(feature = "eval")]
pub use klausul_eval as eval;
#[cfg(feature = "rules")]
pub use klausul_rules as rules;
#[cfg(feature = "transformer")]
pub use klausul_transformer as transformer;
#[cfg(feature = "data")]
pub use memo::Memo;
#[cfg(feature = "train")]
pub use {
    klausul_train::TrainOptions,
    train::{Stage, TrainedModel, Trainer, TrainingParts},
};

/// A paragraph of running text under these headings, outermost first, in the language that it is told to be in.
#[cfg(feature = "data")]
pub fn paragraph(text: &str, context: &[&str]) -> Paragraph {
    let context: Vec<String> = context.iter().map(|&heading| heading.to_owned()).collect();
    let row = klausul_data::document::RowText { text, context: &context, language: None };
    let language = klausul_data::document::row_languages(&[row], false)[0];
    Paragraph { language, context, ..Paragraph::of_text(text) }
}
