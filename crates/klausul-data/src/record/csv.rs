//! Records as CSV.

use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use ::csv::{Terminator, WriterBuilder};
use klausul_core::{Error, Result};
use serde_json::Value;

use super::lines::{columns, for_each};

/// Writes the records as CSV (RFC 4180 quoting, LF line ends). A first pass finds the columns, in order of first appearance.
pub(super) fn write(lines: &Path, out: &mut dyn Write) -> Result<()> {
    let mut names: Vec<String> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for_each(lines, |record| {
        for (name, _) in columns(record) {
            if !places.contains_key(&name) {
                places.insert(name.clone(), names.len());
                names.push(name);
            }
        }
        Ok(())
    })?;
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(out);
    if names.is_empty() {
        return Ok(());
    }
    writer.write_record(&names).map_err(failed)?;
    let mut row = vec![String::new(); names.len()];
    for_each(lines, |record| {
        row.iter_mut().for_each(String::clear);
        for (name, value) in columns(record) {
            row[places[&name]] = cell(&name, value);
        }
        writer.write_record(&row).map_err(failed)
    })?;
    writer.flush()?;
    Ok(())
}

fn cell(name: &str, value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        Value::Array(labels) if name == "labels" && labels.iter().all(Value::is_string) => {
            labels.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";")
        }
        other => other.to_string(),
    }
}

fn failed(error: ::csv::Error) -> Error {
    match error.into_kind() {
        ::csv::ErrorKind::Io(error) => error.into(),
        kind => Error::new(klausul_core::ErrorKind::Format, format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_all_records_are_in_the_header() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(
            file.path(),
            "{\"id\":\"1\",\"text\":\"a,\\\"b\\\"\",\"labels\":[\"x\",\"y\"],\"scores\":{\"x\":0.9,\"y\":0.8}}\n\
             {\"id\":\"2\",\"text\":\"å\",\"labels\":[],\"scores\":{\"x\":0.1,\"y\":0.2},\"note\":{\"k\":[1]}}\n",
        )
        .unwrap();
        let mut out = Vec::new();
        write(file.path(), &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "id,text,labels,score_x,score_y,note\n1,\"a,\"\"b\"\"\",x;y,0.9,0.8,\n2,å,,0.1,0.2,\"{\"\"k\"\":[1]}\"\n"
        );
    }
}
