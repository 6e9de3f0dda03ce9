//! From inputs to paragraphs, a wave at a time.
//!
//! [`Waves`] reads documents and rows and cuts them into [`Wave`]s by counts and sizes alone; each of a wave's [`Unit`]s becomes the
//! [`Cut`] paragraphs of a document, on any thread. So memory is bounded, and order and content depend neither on threads nor on
//! what was skipped before.

mod cut;
mod wave;

pub use cut::{Cut, Extras, guarded};
pub use wave::{RowGroup, Unit, Wave, Waves};

/// Bytes of the file of an input; 0 for a stream.
pub fn bytes(input: &crate::read::Input) -> u64 {
    let metadata = input.path.as_ref().and_then(|path| std::fs::metadata(path).ok());
    metadata.filter(std::fs::Metadata::is_file).map_or(0, |metadata| metadata.len())
}
