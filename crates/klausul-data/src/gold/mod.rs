//! Annotated paragraphs: gold data of any tool, and predictions of any tool, in one shape.
//!
//! `read` yields [`Annotated`] paragraphs with their labels in the words of the source; a `Mapping` turns these into the
//! categories of a taxonomy.

mod annotated;
mod folder;
mod mapp;
mod node;
mod opp115;
mod repair;
mod repair_text;
mod t200;
mod table;
mod tilt;

pub use annotated::Annotated;

/// Recognises a source by its path and the first 64 KiB of it or of one of its files.
type LooksLike = fn(&std::path::Path, &str) -> bool;

/// Reads a source and hands every warning to the function.
type Read = fn(&std::path::Path, &mut dyn FnMut(String)) -> klausul_core::Result<Vec<Annotated>>;

/// The adapters of corpora: name, recogniser, reader.
pub fn corpora() -> [(&'static str, LooksLike, Read); 4] {
    [
        ("t200", t200::looks_like, t200::read),
        ("mapp", mapp::looks_like, mapp::read),
        ("opp115", opp115::looks_like, opp115::read),
        ("tilt", tilt::looks_like, tilt::read),
    ]
}
