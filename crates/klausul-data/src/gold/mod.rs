//! Annotated paragraphs: gold data of any tool, and predictions of any tool, in one shape.
//!
//! [`read`] yields [`Annotated`] paragraphs with their labels in the words of the source; a [`Mapping`] turns these into the
//! categories of a taxonomy.

mod annotated;

pub use annotated::Annotated;
