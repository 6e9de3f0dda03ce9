//! Exports of doccano: JSONL and CSV.
//!
//! The layouts are those of doccano's exporter (<https://github.com/doccano/doccano>, `backend/data_export`): `id`,
//! `text` (`data` in some versions) and `label` (or `labels`): a list of names, or of `[start, end, name]` for spans.
//! Projects of entities and relations, or of intents and slots, have `entities` and `cats` instead; exports before
//! version 1.2 have `annotations`, one entry a label with its `user`. In CSV the labels of a cell are joined by `#`.
//!
//! Without shared annotation doccano exports one file a user: of a folder with several files the stem of each is the
//! annotator, except `all`, which stands for everybody. `Comments` and other fields are kept in `extra`.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::Annotated;
use super::{export, folder};

/// The fields that hold labels.
const LABELS: [&str; 4] = ["label", "labels", "cats", "entities"];

/// Whether this is the head of a doccano export. A bare list of names under `labels` is left to other readers, who
/// find the same in it.
pub(super) fn looks_like(path: &Path, head: &str) -> bool {
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let first = head.lines().next().unwrap_or_default();
    if !head.starts_with('{') {
        let columns: Vec<&str> = first.split(',').map(|column| column.trim().trim_matches('"')).collect();
        return folder::has_ending(path, "csv")
            && matches!(columns[..], ["id", "text" | "data", "label" | "labels", ..]);
    }
    let Ok(row) = serde_json::from_str::<Map<String, Value>>(first) else { return false };
    let first_of = |key: &str| row.get(key).and_then(Value::as_array).map(|list| list.first());
    let spans = |key: &str| {
        first_of(key).flatten().is_some_and(|first| first.is_array() || first.get("start_offset").is_some())
    };
    let old = first_of("annotations").flatten().is_some_and(|first| first.get("label").is_some());
    let listed = first_of("label").is_some() || first_of("cats").is_some() || spans("labels") || spans("entities");
    (row.contains_key("text") || row.contains_key("data"))
        && (row.contains_key("Comments") || old || listed)
        && !row.contains_key("_input_hash")
}

/// Reads a JSONL or CSV export, or a folder of them.
///
/// # Errors
/// Where a file cannot be read, a row is not JSON or CSV, has no text, or a label of a shape that doccano does
/// not write.
pub(super) fn read(path: &Path, _warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let files = folder::files(path, &["jsonl", "json", "csv"])?;
    let mut found = Vec::new();
    for file in &files {
        let source: Arc<Path> = Arc::from(file.as_path());
        let annotator = (files.len() > 1).then(|| folder::stem(file)).filter(|stem| stem != "all");
        let from = found.len();
        if folder::has_ending(file, "csv") {
            csv(&source, &mut found)?;
        } else {
            for (line, row) in export::objects(file)? {
                task(&source, line, row, &mut found).map_err(|error| error.at(file).on_line(line))?;
            }
        }
        for paragraph in &mut found[from..] {
            paragraph.annotator = paragraph.annotator.take().or_else(|| annotator.clone());
        }
    }
    Ok(found)
}

fn task(source: &Arc<Path>, line: u64, mut row: Map<String, Value>, found: &mut Vec<Annotated>) -> Result<()> {
    if let Some(text) = row.remove("data").filter(|_| !row.contains_key("text")) {
        row.insert("text".to_owned(), text);
    }
    let mut labels = Vec::new();
    for key in LABELS {
        if let Some(value) = row.remove(key) {
            add(&mut labels, key, &value)?;
        }
    }
    let annotations = row.remove("annotations");
    let mut paragraph = export::paragraph(source, line, &row);
    if paragraph.text.is_none() {
        return Err(Error::new(ErrorKind::Format, "the row has no `text`").mend("export a project of texts as JSONL"));
    }
    paragraph.labels = labels;
    let mut users: Vec<Annotated> = Vec::new();
    for annotation in annotations.iter().filter_map(Value::as_array).flatten() {
        let user = annotation.get("user").and_then(export::word);
        let at = users.iter().position(|known| known.annotator == user).unwrap_or_else(|| {
            users.push(Annotated { annotator: user, ..paragraph.clone() });
            users.len() - 1
        });
        add(&mut users[at].labels, "annotations", &Value::Array(vec![annotation.clone()]))?;
    }
    if users.is_empty() {
        users.push(paragraph);
    }
    found.extend(users);
    Ok(())
}

/// Adds the labels of a field: a name, or a list of names, of `[start, end, name]`, or of objects with a `label`.
fn add(labels: &mut Vec<String>, key: &str, value: &Value) -> Result<()> {
    let items = match value {
        Value::Null => return Ok(()),
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    for item in items {
        let label = match item {
            Value::Array(span) => span.get(2).and_then(export::word),
            Value::Object(span) => span.get("label").and_then(export::word),
            other => export::word(other),
        };
        let label = label.ok_or_else(|| {
            Error::new(ErrorKind::Format, format!("`{item}` in `{key}` is not a label"))
                .mend("write a name, or [start, end, name] for a span")
        })?;
        export::add(labels, label);
    }
    Ok(())
}

fn csv(source: &Arc<Path>, found: &mut Vec<Annotated>) -> Result<()> {
    let text = folder::text(source)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let failed = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        Error::new(ErrorKind::Format, format!("this is not CSV: {error}")).at(source).on_line(line)
    };
    let header = reader.headers().map_err(|error| failed(&error))?.clone();
    let column = |names: [&str; 2]| {
        header.iter().position(|column| names.contains(&column)).ok_or_else(|| {
            let message = format!("no column is called `{}`", names[0]);
            Error::new(ErrorKind::Format, message)
                .at(source)
                .on_line(1)
                .mend("export the project as CSV with its header")
        })
    };
    let (of_text, of_label) = (column(["text", "data"])?, column(["label", "labels"])?);
    for row in reader.records() {
        let row = row.map_err(|error| failed(&error))?;
        let line = row.position().map_or(1, csv::Position::line);
        let fields = header.iter().zip(&row).enumerate();
        let others = fields.filter(|(at, (_, value))| ![of_text, of_label].contains(at) && !value.is_empty());
        let others = others.map(|(_, (name, value))| {
            let number = value.parse::<u64>().ok().filter(|_| name == "index");
            (name.to_owned(), number.map_or_else(|| value.into(), Value::from))
        });
        let mut paragraph = export::paragraph(source, line, &others.collect());
        paragraph.text = row.get(of_text).map(str::to_owned);
        for label in row.get(of_label).unwrap_or_default().split('#') {
            export::add(&mut paragraph.labels, label.trim());
        }
        found.push(paragraph);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::{folder, read_one};
    use super::*;

    #[test]
    fn names_and_spans_are_labels() {
        let rows = r#"{"id":1,"text":"We keep it.","label":["retention","purpose"],"Comments":["sure?"],"doc":"a"}
{"id":2,"text":"By e-mail.","label":[[0,2,"contact"],[3,5,"contact"]]}
{"id":3,"data":"Old.","labels":[],"Comments":[]}
{"id":4,"text":"Intent.","cats":["who"],"entities":[{"id":1,"label":"what","start_offset":0,"end_offset":2}]}
"#;
        assert!(looks_like(Path::new("x.jsonl"), rows));
        let found = read_one(read, "x.jsonl", rows).0.unwrap();
        let labels: Vec<_> = found.iter().map(|paragraph| paragraph.labels.join(" ")).collect();
        assert_eq!(labels, ["retention purpose", "contact", "", "who what"]);
        assert_eq!((found[2].text.as_deref(), found[2].id.as_deref(), found[2].line), (Some("Old."), Some("3"), 3));
        assert_eq!(found[0].extra["Comments"], serde_json::json!(["sure?"]));
        assert_eq!(found[0].annotator, None);
    }

    #[test]
    fn old_exports_have_a_user_for_every_label() {
        let rows = r#"{"id":1,"text":"T","annotations":[{"label":5,"user":1},{"label":6,"user":2},{"label":7,"user":1}],"meta":{}}"#;
        assert!(looks_like(Path::new("x.jsonl"), rows));
        let found = read_one(read, "x.jsonl", rows).0.unwrap();
        assert_eq!((found.len(), found[0].labels.join(" "), found[1].labels.join(" ")), (2, "5 7".into(), "6".into()));
        assert_eq!(found[1].annotator.as_deref(), Some("2"));
    }

    #[test]
    fn a_file_a_user_names_the_annotator() {
        let row = r#"{"id":1,"text":"T","label":["a"]}"#;
        let folder = folder(&[("eva.jsonl", row), ("all.jsonl", row)]);
        let found = read(folder.path(), &mut |_| ()).unwrap();
        assert_eq!((found[0].annotator.as_deref(), found[1].annotator.as_deref()), (None, Some("eva")));
    }

    #[test]
    fn labels_of_a_cell_are_joined_by_a_number_sign() {
        let text = "id,text,label,index\n1,\"We, too.\nYou.\",a#b,4\n2,Nothing.,,5\n";
        assert!(looks_like(Path::new("x.csv"), text));
        let found = read_one(read, "x.csv", text).0.unwrap();
        assert_eq!(
            (found[0].labels.join(" "), found[0].index, found[0].text.as_deref()),
            ("a b".into(), Some(4), Some("We, too.\nYou."))
        );
        assert_eq!((found[1].labels.len(), found[1].line), (0, 4));
    }

    #[test]
    fn a_bad_row_is_named_with_its_line() {
        for (name, text, what) in [
            ("x.jsonl", "{\"text\":\"a\"}\n{\"id\":1}", "no `text`"),
            ("x.jsonl", "{\"text\":\"a\"}\n{\"text\":\"a\",\"label\":[[1,2]]}", "`[1,2]` in `label` is not a label"),
            ("x.csv", "id,text,label\n1,a\n", "not CSV"),
        ] {
            let error = read_one(read, name, text).0.unwrap_err();
            assert!(error.to_string().contains(what) && error.path().is_some(), "{error}");
            assert_eq!(error.line(), Some(2), "{error}");
        }
        let error = read_one(read, "x.csv", "id,body,label\n").0.unwrap_err();
        assert!(error.to_string().contains("x.csv:1: no column is called `text`"), "{error}");
    }
}
