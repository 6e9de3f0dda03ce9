//! Annotated paragraphs: gold data of any tool, and predictions of any tool, in one shape.
//!
//! [`read`] yields [`Annotated`] paragraphs with their labels in the words of the source; a [`Mapping`] turns these into the
//! categories of a taxonomy.

mod annotated;
mod brat;
mod doccano;
mod export;
mod goppc;
#[cfg(test)]
mod hostile_tests;
mod inception;
mod label_studio;
pub mod preannotate;
mod prodigy;

pub use annotated::Annotated;

/// Whether a file, or a folder with a file of this head, is of a format.
#[doc(hidden)]
pub type LooksLike = fn(&std::path::Path, &str) -> bool;

/// Reads a file or folder of a format; the function hears the warnings.
#[doc(hidden)]
pub type Reader = fn(&std::path::Path, &mut dyn FnMut(String)) -> klausul_core::Result<Vec<Annotated>>;

/// The formats of annotation tools: name, how it is told, how it is read.
#[doc(hidden)]
pub const TOOLS: [(&str, LooksLike, Reader); 6] = [
    ("goppc", goppc::looks_like, goppc::read),
    ("inception", inception::looks_like, inception::read),
    ("label-studio", label_studio::looks_like, label_studio::read),
    ("prodigy", prodigy::looks_like, prodigy::read),
    ("doccano", doccano::looks_like, doccano::read),
    ("brat", brat::looks_like, brat::read),
];
