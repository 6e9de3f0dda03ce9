//! klausul's own rows: JSONL, CSV and Parquet with labels, and perhaps scores.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::Annotated;
use crate::read::{Format, Input, Item, ReadOptions, Row, open};

/// The paragraphs of a file with one row each.
///
/// Fields: `labels` (an array, or in a table ids with `;` between them), and where there are any `doc`, `id`, `index`, `lang`, `kind`,
/// `context`, `text`, `scores` (an object, or in a table a column `score_` a label), `scope` (as `labels`), `annotator`.
pub(super) fn read(path: &Path) -> impl Iterator<Item = Result<Annotated>> + use<> {
    let source: Arc<Path> = path.into();
    let mut options = ReadOptions::new().with_optional_text();
    // A table without a text has nothing that tells it from prose but its name.
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    match extension.as_str() {
        "jsonl" | "ndjson" => options = options.with_format(Format::Jsonl),
        "csv" | "tsv" => options = options.with_format(Format::Csv),
        _ => {}
    }
    open(&Input::file(path), &options).map(move |item| match item? {
        Item::Row(row) => {
            let line = row.line;
            of_row(row, &source).map_err(|error| error.at(&source).on_line(line))
        }
        Item::Page(_) => Err(Error::new(ErrorKind::Format, "this is a page and no table of labelled paragraphs")
            .at(&source)
            .mend("give rows with `labels`; `klausul classify` or an annotation tool makes them")),
    })
}

fn of_row(row: Row, source: &Arc<Path>) -> Result<Annotated> {
    let mut extra = row.extra;
    let name = if extra.contains_key("labels") { "labels" } else { "label" };
    let labels = match extra.shift_remove(name) {
        None => {
            let fields: Vec<String> = extra.keys().take(20).map(|name| format!("`{name}`")).collect();
            return Err(Error::new(ErrorKind::Format, format!("there is no `labels` among {}", fields.join(", ")))
                .mend("give every row its labels, an empty list where it has none"));
        }
        Some(value) => names(name, value)?,
    };
    let scope = match extra.shift_remove("scope") {
        None | Some(Value::Null) => None,
        Some(value) => Some(names("scope", value)?),
    };
    let index = match extra.shift_remove("index") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.is_empty() => None,
        Some(value) => Some(index(&value)?),
    };
    let annotator = match extra.shift_remove("annotator") {
        None | Some(Value::Null) => None,
        Some(Value::String(name)) => Some(name).filter(|name| !name.is_empty()),
        Some(other) => Some(other.to_string()),
    };
    Ok(Annotated {
        doc: row.doc,
        id: row.id,
        index,
        language: row.language,
        kind: row.kind,
        context: row.context,
        text: Some(row.text).filter(|text| !text.is_empty()),
        labels,
        scope,
        scores: scores(&mut extra)?,
        annotator,
        source: Arc::clone(source),
        line: row.line,
        extra,
    })
}

/// Labels as an array of strings, as such an array in a string, or with `;` between them.
fn names(field: &str, value: Value) -> Result<Vec<String>> {
    let wrong = |found: &Value| {
        Error::new(ErrorKind::Format, format!("`{field}` is `{found}`, not a list of labels"))
            .mend("write an array of strings, in CSV labels with `;` between them")
    };
    let array = match value {
        Value::Array(array) => array,
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str(&text).map_err(|_| wrong(&Value::String(text)))?
        }
        Value::String(text) => {
            let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
            parts.map(Value::from).collect()
        }
        other => return Err(wrong(&other)),
    };
    let mut labels = Vec::with_capacity(array.len());
    for value in array {
        match value {
            Value::String(label) if !labels.contains(&label) => labels.push(label),
            Value::String(_) => {}
            other => return Err(wrong(&other)),
        }
    }
    Ok(labels)
}

fn index(value: &Value) -> Result<usize> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| {
        Error::new(ErrorKind::Format, format!("`index` is `{value}`, not a position")).mend("count from 0")
    })
}

/// Takes the scores: `scores` or `probabilities`, or the columns that begin with `score_`.
fn scores(extra: &mut Map<String, Value>) -> Result<Vec<(String, f64)>> {
    for field in ["scores", "probabilities"] {
        match extra.get(field) {
            Some(Value::Object(_)) => {}
            // A table holds objects as text.
            Some(Value::String(text)) if text.trim_start().starts_with('{') => {}
            _ => continue,
        }
        let object = match extra.shift_remove(field) {
            Some(Value::String(text)) => serde_json::from_str(&text).map_err(|error| {
                Error::new(ErrorKind::Format, format!("`{field}` is no object of scores")).caused_by(error)
            })?,
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        return object.into_iter().map(|(label, value)| score(label, &value)).collect();
    }
    let columns: Vec<String> = extra.keys().filter(|name| name.starts_with("score_")).cloned().collect();
    let mut scores = Vec::with_capacity(columns.len());
    for column in columns {
        if let Some(value) = extra.shift_remove(&column) {
            scores.push(score(column["score_".len()..].to_owned(), &value)?);
        }
    }
    Ok(scores)
}

fn score(label: String, value: &Value) -> Result<(String, f64)> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    match number {
        Some(score) if (0.0..=1.0).contains(&score) => Ok((label, score)),
        _ => Err(Error::new(ErrorKind::Format, format!("the score of `{label}` is `{value}`, not a probability"))
            .mend("give numbers from 0 to 1, or leave the scores out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(name: &str, content: &str) -> Vec<Result<Annotated>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        read(&path).collect()
    }

    fn first(name: &str, content: &str) -> Annotated {
        read_text(name, content).remove(0).unwrap()
    }

    #[test]
    fn json_lines_and_tables_say_the_same() {
        let json = first(
            "a.jsonl",
            r#"{"doc":"d","id":"d#0","index":0,"labels":["x","y","x"],"scores":{"x":0.5,"y":1},"annotator":"A","text":"t"}"#,
        );
        assert_eq!((json.labels.as_slice(), json.index), (&["x".to_owned(), "y".to_owned()][..], Some(0)));
        let table = first("a.csv", "doc,id,index,labels,score_x,score_y,annotator,text\nd,d#0,0,x;y;x,0.5,1,A,t\n");
        let same = Annotated { source: Arc::clone(&json.source), line: 1, ..table };
        assert_eq!(json, same);
    }

    #[test]
    fn predictions_may_leave_the_text_out() {
        let row = first("p.jsonl", r#"{"id":"a","labels":[]}"#);
        assert_eq!((row.text, row.labels.len(), row.scope), (None, 0, None));
        assert_eq!(first("p.csv", "id,labels\na,\n").labels.len(), 0);
    }

    #[test]
    fn wrong_values_name_file_and_line() {
        for (content, expected) in [
            (r#"{"id":"a"}"#, "a.jsonl:2: there is no `labels` among"),
            (r#"{"id":"a","labels":null}"#, "a.jsonl:2: `labels` is `null`, not a list of labels; write an array"),
            (r#"{"id":"a","labels":[3]}"#, "a.jsonl:2: `labels` is `3`, not a list"),
            (r#"{"id":"a","labels":[],"index":-1}"#, "a.jsonl:2: `index` is `-1`, not a position; count from 0"),
            (r#"{"id":"a","labels":[],"scores":{"x":1.5}}"#, "a.jsonl:2: the score of `x` is `1.5`, not a probability"),
            (r#"{"id":"a","labels":[],"scores":{"x":null}}"#, "a.jsonl:2: the score of `x` is `null`"),
        ] {
            let error = read_text("a.jsonl", &format!("\n{content}\n")).remove(0).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        let error = read_text("a.csv", "id,labels,score_x\na,,NaN\n").remove(0).unwrap_err().to_string();
        assert!(error.contains("a.csv:2: the score of `x` is `\"NaN\"`, not a probability"), "{error}");
        let error = read_text("a.html", "<p>We keep your data.</p>").remove(0).unwrap_err().to_string();
        assert!(error.contains("this is a page and no table"), "{error}");
    }
}
