//! Reads back the lines of a run, for conversion.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

/// Calls `each` with every record of a JSON-lines file.
pub(super) fn for_each(path: &Path, mut each: impl FnMut(Map<String, Value>) -> Result<()>) -> Result<()> {
    let file = File::open(path).map_err(|error| Error::from(error).at(path))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut line = String::new();
    let mut number = 0;
    loop {
        line.clear();
        if reader.read_line(&mut line).map_err(|error| Error::from(error).at(path))? == 0 {
            return Ok(());
        }
        number += 1;
        let record = serde_json::from_str(&line).map_err(|error| {
            Error::new(ErrorKind::Format, format!("not a record: {error}")).at(path).on_line(number)
        })?;
        each(record)?;
    }
}

/// A record as a row of columns: `scores` becomes one `score_` column a category.
pub(super) fn columns(record: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    record.into_iter().flat_map(|(name, value)| match value {
        Value::Object(scores) if name == "scores" => {
            scores.into_iter().map(|(id, score)| (format!("score_{id}"), score)).collect::<Vec<_>>()
        }
        value => vec![(name, value)],
    })
}
