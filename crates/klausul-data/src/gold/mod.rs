//! Annotated paragraphs: gold data of any tool, and predictions of any tool, in one shape.
//!
//! [`read`] yields [`Annotated`] paragraphs with their labels in the words of the source; a [`Mapping`] turns these into the
//! categories of a taxonomy; [`Join`] finds for every gold paragraph its prediction.
//!
//! ```
//! use klausul_core::Taxonomy;
//! use klausul_data::gold::{self, Mapping};
//!
//! # fn main() -> klausul_core::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("gold.jsonl");
//! std::fs::write(&path, r#"{"id":"a#0","text":"We keep it for a year.","labels":["Data Retention Period"]}"#)?;
//!
//! let taxonomy = Taxonomy::builtin();
//! let mapping = Mapping::builtin("t200", taxonomy)?;
//! for annotated in gold::read(&path, None, &mut |warning| eprintln!("{warning}"))? {
//!     let labelled = mapping.apply(annotated?)?;
//!     assert_eq!(labelled.labels, [taxonomy.index_of("retention_period").unwrap()]);
//! }
//! # Ok(())
//! # }
//! ```

mod annotated;
mod brat;
mod doccano;
mod encode;
mod export;
mod folder;
mod format;
mod goppc;
#[cfg(test)]
mod hostile_tests;
mod inception;
mod join;
mod label_studio;
mod mapp;
mod mapping;
mod node;
mod opp115;
mod own;
mod own_taxonomy;
pub mod preannotate;
mod prodigy;
mod repair;
mod repair_text;
mod t200;
mod table;
mod tilt;

pub use annotated::Annotated;
pub use encode::encode;
pub use format::{GoldFormat, read};
pub use join::{Join, JoinKey, Joined, check_unique};
pub use mapping::{Labelled, Mapping};
pub use own_taxonomy::taxonomy_of_labels;
