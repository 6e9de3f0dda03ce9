//! One module a verb.

pub(crate) mod classify;
pub(crate) mod segment;
pub(crate) mod taxonomy;

use std::path::Path;

use klausul_core::{Error, Result, Taxonomy};

/// The taxonomy of a file, or the built-in one.
fn taxonomy_of(path: Option<&Path>) -> Result<Taxonomy> {
    let Some(path) = path else { return Ok(Taxonomy::builtin().clone()) };
    let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
    Taxonomy::from_toml(&text).map_err(|error| error.at(path))
}
