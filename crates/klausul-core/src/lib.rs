//! The nouns of klausul: what every other crate of the workspace speaks about.
//!
//! A [`Document`] is a privacy policy cut into [`Paragraph`]s, each with its [`Kind`], its heading context and the byte
//! range it came from. A [`Classifier`] turns paragraphs into [`Prediction`]s over the categories of a [`Taxonomy`]:
//! one probability a category, the decided set, who decided, and on demand the [`Evidence`].
//!
//! ```
//! use klausul_core::Taxonomy;
//!
//! let taxonomy = Taxonomy::builtin();
//! let erasure = taxonomy.index_of("right_erasure").unwrap();
//! assert_eq!(taxonomy.categories()[erasure].articles, ["13(2)(b)", "17"]);
//! ```
//!
//! The crate has no heavy dependency, does no I/O, starts no thread and keeps no global state beyond the parsed
//! built-in taxonomy.

mod classifier;
mod document;
mod error;
mod language;
mod prediction;
mod taxonomy;

pub use classifier::Classifier;
pub use document::{Document, Kind, Paragraph};
pub use error::{Error, ErrorKind, Result};
pub use language::Language;
pub use prediction::{Evidence, Match, Place, Prediction};
pub use taxonomy::{Category, Taxonomy};
