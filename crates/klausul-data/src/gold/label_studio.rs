//! Exports of Label Studio: JSON and JSON-MIN.
//!
//! In the JSON export (<https://labelstud.io/guide/task_format>, <https://labelstud.io/guide/export>) a task has its
//! paragraph in `data` and one entry of `annotations` for each annotator; every entry becomes an [`Annotated`].
//! Choices, of one control tag or of several, and the labels of spans are the labels. `data.text` is the text; `doc`,
//! `id`, `index`, `lang`, `kind`, `context` and `scores` of `data` are what they say, and the task's own id stands in
//! for a missing one. Entries with `was_cancelled` are left out; `ground_truth` is kept in `extra`.
//!
//! The scores of `predictions` go to `scores`. A task that nobody has annotated gives one paragraph a prediction, with
//! the labels of the prediction and `model_version` as the annotator.
//!
//! A row of JSON-MIN does not say which of its fields are control tags. Lists of choices and spans are told by their
//! shape. A single choice is a plain string: it is taken between `id` and `annotator`, where Label Studio writes the
//! results.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::Annotated;
use super::{export, folder};

/// The keys under which a result keeps its labels; other results (ratings, free text, relations) say nothing of
/// categories.
const LABELS: [&str; 5] = ["choices", "labels", "hypertextlabels", "paragraphlabels", "taxonomy"];

/// Fields of a JSON-MIN row that are never a result.
const KNOWN: [&str; 9] = ["text", "doc", "id", "index", "lang", "language", "kind", "context", "scores"];

/// Whether this is the head of a Label Studio export.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    let has = |key: &str| head.contains(key);
    let tasks = has("\"data\"") && has("\"result\"") && (has("\"annotations\"") || has("\"predictions\""));
    head.trim_start().starts_with(['[', '{']) && (tasks || has("\"annotation_id\"") && has("\"annotator\""))
}

/// Reads a JSON or JSON-MIN export, or a folder of them.
///
/// # Errors
/// Where a file cannot be read, is not JSON, or a task has no text or no list of results.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut found = Vec::new();
    for file in folder::files(path, &["json", "jsonl"])? {
        let mut reader = Reader { source: Arc::from(file.as_path()), cancelled: 0, others: BTreeSet::new() };
        for (line, task) in export::objects(&file)? {
            let paragraphs = if task.get("data").is_some_and(Value::is_object) {
                reader.task(line, &task)
            } else if task.contains_key("annotation_id") || task.contains_key("annotator") {
                reader.row(line, &task).map(|row| vec![row])
            } else {
                Err(Error::new(ErrorKind::Format, "the task has no `data`")
                    .mend("export the project as JSON or JSON-MIN"))
            };
            found.extend(paragraphs.map_err(|error| error.at(&file).on_line(line))?);
        }
        if reader.cancelled > 0 {
            warn(format!("{}: {} cancelled annotations were left out", file.display(), reader.cancelled));
        }
        for kind in reader.others {
            warn(format!("{}: results of type `{kind}` name no label and were passed over", file.display()));
        }
    }
    Ok(found)
}

struct Reader {
    source: Arc<Path>,
    cancelled: usize,
    /// Types of results without labels.
    others: BTreeSet<String>,
}

impl Reader {
    fn task(&mut self, line: u64, task: &Map<String, Value>) -> Result<Vec<Annotated>> {
        let empty = Map::new();
        let mut blank = export::paragraph(&self.source, line, task["data"].as_object().unwrap_or(&empty));
        if blank.text.is_none() {
            return Err(Error::new(ErrorKind::Format, "`data` has no `text`").mend("name the field of the text `text`"));
        }
        if blank.id.is_none() {
            blank.id = task.get("id").and_then(export::word);
        }
        let predictions = entries(task, "predictions")?;
        for prediction in &predictions {
            self.results(prediction, "prediction", &mut Vec::new(), &mut blank.scores)?;
        }
        // Exports of 2020 call them completions.
        let mut annotations = entries(task, "annotations")?;
        annotations.extend(entries(task, "completions")?);
        let mut found = Vec::new();
        for annotation in &annotations {
            if annotation.get("was_cancelled").and_then(Value::as_bool) == Some(true) {
                self.cancelled += 1;
                continue;
            }
            let mut paragraph = blank.clone();
            self.results(annotation, "annotation", &mut paragraph.labels, &mut Vec::new())?;
            paragraph.annotator = annotation.get("completed_by").and_then(person);
            if annotation.get("ground_truth").and_then(Value::as_bool) == Some(true) {
                paragraph.extra.insert("ground_truth".to_owned(), true.into());
            }
            found.push(paragraph);
        }
        if annotations.is_empty() {
            for prediction in &predictions {
                let mut paragraph = blank.clone();
                if predictions.len() > 1 {
                    paragraph.scores.clear();
                }
                self.results(prediction, "prediction", &mut paragraph.labels, &mut paragraph.scores)?;
                paragraph.annotator = prediction.get("model_version").and_then(export::word);
                found.push(paragraph);
            }
        }
        Ok(found)
    }

    /// Adds the labels and scores of an annotation or prediction.
    fn results(
        &mut self,
        entry: &Map<String, Value>,
        what: &str,
        labels: &mut Vec<String>,
        scores: &mut Vec<(String, f64)>,
    ) -> Result<()> {
        let Some(results) = entry.get("result").and_then(Value::as_array) else {
            return Err(Error::new(ErrorKind::Format, format!("the {what} has no list `result`"))
                .mend("export the project as JSON"));
        };
        for result in results {
            let value = result.get("value").unwrap_or(&Value::Null);
            let Some(found) = LABELS.iter().find_map(|key| value.get(key)).and_then(Value::as_array) else {
                let kind = result.get("type").and_then(Value::as_str).unwrap_or("unknown");
                self.others.insert(kind.to_owned());
                continue;
            };
            for label in found.iter().filter_map(name) {
                if let Some(value) = result.get("score").and_then(Value::as_f64) {
                    export::score(scores, &label, value);
                }
                export::add(labels, label);
            }
        }
        Ok(())
    }

    fn row(&self, line: u64, row: &Map<String, Value>) -> Result<Annotated> {
        let (mut labels, mut data, mut behind_id) = (Vec::new(), Map::new(), false);
        for (field, value) in row {
            let shaped = labels_by_shape(value);
            match value {
                _ if !shaped.is_empty() => shaped.into_iter().for_each(|label| export::add(&mut labels, label)),
                Value::String(label) if behind_id && !KNOWN.contains(&field.as_str()) => {
                    export::add(&mut labels, label.as_str());
                }
                _ if !["annotator", "annotation_id", "created_at", "updated_at", "lead_time"]
                    .contains(&field.as_str()) =>
                {
                    data.insert(field.clone(), value.clone());
                }
                _ => {}
            }
            behind_id = (behind_id || field == "id") && field != "annotator";
        }
        let mut paragraph = export::paragraph(&self.source, line, &data);
        if paragraph.text.is_none() {
            return Err(
                Error::new(ErrorKind::Format, "the row has no `text`").mend("name the field of the text `text`")
            );
        }
        paragraph.labels = labels;
        paragraph.annotator = row.get("annotator").and_then(person);
        Ok(paragraph)
    }
}

/// The objects of a list that a task may have.
fn entries<'a>(task: &'a Map<String, Value>, key: &str) -> Result<Vec<&'a Map<String, Value>>> {
    let wrong = || Error::new(ErrorKind::Format, format!("`{key}` is not a list of objects"));
    match task.get(key) {
        None | Some(Value::Null) => Ok(Vec::new()),
        // Some exports list predictions by their ids alone.
        Some(Value::Array(entries)) => {
            entries.iter().filter(|entry| !entry.is_number()).map(|entry| entry.as_object().ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// A label, or the path of one in a taxonomy, with `/` between its steps.
fn name(label: &Value) -> Option<String> {
    match label {
        Value::Array(steps) => Some(steps.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("/")),
        other => export::word(other),
    }
}

/// Who annotated: an id, a name, or a user object with `email`, `username` or `id`.
fn person(value: &Value) -> Option<String> {
    export::word(value)
        .or_else(|| ["email", "username", "id"].iter().find_map(|key| value.get(key).and_then(export::word)))
}

/// The labels of `{"choices": […]}` or of a list of spans.
fn labels_by_shape(value: &Value) -> Vec<String> {
    let one = |value: &Value| -> Vec<String> {
        let found = LABELS.iter().find_map(|key| value.get(key)).and_then(Value::as_array);
        found.into_iter().flatten().filter_map(name).collect()
    };
    match value {
        Value::Object(_) => one(value),
        Value::Array(spans) => spans.iter().flat_map(one).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::read_one;
    use super::*;

    const EXPORT: &str = r#"[
{"id": 11, "data": {"text": "We keep it for a year.", "doc": "shop", "index": 3, "lang": "en", "context": ["Storage"]},
 "annotations": [
  {"id": 1, "completed_by": {"id": 4, "email": "ann@example.org"}, "was_cancelled": false, "ground_truth": true, "result": [
   {"from_name": "clauses", "to_name": "text", "type": "choices", "value": {"choices": ["retention", "purpose"]}},
   {"from_name": "span", "to_name": "text", "type": "labels", "value": {"start": 0, "end": 2, "text": "We", "labels": ["who"]}},
   {"from_name": "more", "to_name": "text", "type": "choices", "value": {"choices": ["retention"]}},
   {"from_name": "stars", "to_name": "text", "type": "rating", "value": {"rating": 3}}]},
  {"id": 2, "completed_by": 5, "result": []},
  {"id": 3, "completed_by": 6, "was_cancelled": true, "result": []}],
 "predictions": [{"model_version": "v1", "result": [
   {"from_name": "clauses", "to_name": "text", "type": "choices", "score": 0.75, "value": {"choices": ["retention"]}}]}]},
{"id": 12, "data": {"text": "Cookies."}, "annotations": [], "predictions": [7,
  {"model_version": "v1", "result": [{"type": "choices", "score": 0.5, "value": {"choices": ["cookies"]}}]}]}
]"#;

    #[test]
    fn every_annotation_is_a_paragraph() {
        assert!(looks_like(Path::new("x.json"), EXPORT));
        let (found, warnings) = read_one(read, "x.json", EXPORT);
        let found = found.unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[0].labels, ["retention", "purpose", "who"]);
        assert_eq!(found[0].annotator.as_deref(), Some("ann@example.org"));
        assert_eq!((found[0].id.as_deref(), found[0].doc.as_deref(), found[0].line), (Some("11"), Some("shop"), 2));
        assert_eq!(found[0].context, ["Storage"]);
        assert_eq!(found[0].extra["ground_truth"], true);
        assert_eq!(found[0].scores, [("retention".to_owned(), 0.75)]);
        assert_eq!((found[1].annotator.as_deref(), found[1].labels.len()), (Some("5"), 0));
        assert_eq!((found[2].annotator.as_deref(), &found[2].labels[..]), (Some("v1"), &["cookies".to_owned()][..]));
        assert_eq!(warnings.len(), 2, "{warnings:?}");
    }

    #[test]
    fn rows_of_json_min_tell_results_by_shape_and_place() {
        let rows = r#"[{"text": "We share it.", "doc": "shop", "note": "n", "id": 7, "clauses": {"choices": ["recipients", "purpose"]},
  "mood": "calm", "spans": [{"start": 0, "end": 2, "labels": ["who"]}], "annotator": 2, "annotation_id": 9,
  "created_at": "2026-01-01", "lead_time": 2.5}]"#;
        assert!(looks_like(Path::new("x.json"), rows));
        let row = &read_one(read, "x.json", rows).0.unwrap()[0];
        assert_eq!(row.labels, ["recipients", "purpose", "calm", "who"]);
        assert_eq!((row.annotator.as_deref(), row.id.as_deref()), (Some("2"), Some("7")));
        assert_eq!(row.extra.keys().collect::<Vec<_>>(), ["note"]);
    }

    #[test]
    fn a_bad_task_is_named_with_its_line() {
        for (text, what) in [
            (
                "[{\"id\": 1, \"data\": {\"text\": \"a\"}, \"annotations\": []},\n{\"id\": 2, \"data\": {}}]",
                "`data` has no `text`",
            ),
            ("[\n{\"data\": {\"text\": \"a\"}, \"annotations\": [{\"id\": 1}]}]", "no list `result`"),
            ("[\n{\"data\": {\"text\": \"a\"}, \"annotations\": 3}]", "`annotations` is not a list"),
            ("[\n{\"id\": 2}]", "no `data`"),
        ] {
            let error = read_one(read, "x.json", text).0.unwrap_err();
            assert!(error.to_string().contains(what) && error.path().is_some(), "{error}");
            assert_eq!(error.line(), Some(2), "{error}");
        }
    }
}
