//! Annotations of Prodigy, one JSON object a line, as `prodigy db-out` writes them.
//!
//! The fields are those of <https://prodi.gy/docs/api-interfaces>. What a row says depends on its interface:
//!
//! - `choice` (`textcat.manual`): the labels are the option ids in `accept`, and all options were looked for.
//! - one `label` and an `answer` (`classification`, `textcat.teach`): `accept` is the label, `reject` its absence, and
//!   nothing else was looked for. Rows of the same input by one annotator become one paragraph; the last answer to a
//!   label counts.
//! - `cats`: a label is there from 0.5 on, and all labels of the list were looked for.
//! - `spans`: the labels of the spans are labels of the paragraph.
//!
//! Rows with the answer `ignore`, and rejected rows that are no question about one label, are left out. `doc`, `id`,
//! `index`, `lang`, `kind`, `context` and `scores` are taken from `meta` or from the row itself; without an id
//! `_input_hash` is the id. The annotator is `_annotator_id`, or else `_session_id`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::Annotated;
use super::{export, folder};

/// Fields that are spent, or belong to the display of a task.
const SPENT: [&str; 16] = [
    "meta", "options", "accept", "answer", "label", "spans", "cats", "tokens", "html", "config", "score", "priority",
    "versions", "sessions", "view_id", "style",
];

/// Whether this is the head of rows of Prodigy.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    let has = |key: &str| head.contains(key);
    let answered = has("\"answer\"") && ["\"accept\"", "\"reject\"", "\"ignore\""].iter().any(|answer| has(answer));
    head.trim_start().starts_with('{')
        && has("\"text\"")
        && (has("\"_input_hash\"") || has("\"_task_hash\"") || has("\"options\"") && has("\"accept\"") || answered)
}

/// Reads a file of annotations, or a folder of them.
///
/// # Errors
/// Where a file cannot be read, a line is not a JSON object, has no text, or an answer that Prodigy does not give.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut found = Vec::new();
    for file in folder::files(path, &["jsonl", "json"])? {
        let source: Arc<Path> = Arc::from(file.as_path());
        let (mut left_out, mut merged) = (0_usize, HashMap::<_, usize>::new());
        for (line, row) in export::objects(&file)? {
            let Some(paragraph) = paragraph(&source, line, &row).map_err(|error| error.at(&file).on_line(line))? else {
                left_out += 1;
                continue;
            };
            if !is_binary(&row) {
                found.push(paragraph);
                continue;
            }
            let input = row.get("_input_hash").and_then(export::word).or_else(|| paragraph.text.clone());
            let key = (paragraph.annotator.clone(), input, paragraph.doc.clone(), paragraph.id.clone());
            if let Some(&at) = merged.get(&key) {
                merge(&mut found[at], paragraph);
            } else {
                merged.insert(key, found.len());
                found.push(paragraph);
            }
        }
        if left_out > 0 {
            warn(format!("{}: {left_out} rows were ignored or rejected as a whole and are left out", file.display()));
        }
    }
    Ok(found)
}

/// Whether the row asks for one label.
fn is_binary(row: &Map<String, Value>) -> bool {
    row.get("label").is_some_and(Value::is_string) && !row.contains_key("options") && !row.contains_key("accept")
}

/// The paragraph of a row; nothing where the annotator gave no answer that counts.
fn paragraph(source: &Arc<Path>, line: u64, row: &Map<String, Value>) -> Result<Option<Annotated>> {
    let accepted = match row.get("answer").map(|answer| answer.as_str().unwrap_or_default()) {
        None | Some("accept") => true,
        Some("reject") => false,
        Some("ignore") => return Ok(None),
        Some(_) => {
            return Err(Error::new(ErrorKind::Format, format!("`{}` is not an answer", row["answer"]))
                .mend("write accept, reject or ignore"));
        }
    };
    let mut paragraph = Annotated::new(Arc::clone(source), line, None);
    if let Some(Value::Object(meta)) = row.get("meta") {
        export::fill(&mut paragraph, meta);
    }
    let others = row.iter().filter(|(name, _)| !name.starts_with('_') && !SPENT.contains(&name.as_str()));
    export::fill(&mut paragraph, &others.map(|(name, value)| (name.clone(), value.clone())).collect());
    if paragraph.text.is_none() {
        return Err(Error::new(ErrorKind::Format, "the row has no `text`").mend("export a data set of text tasks"));
    }
    if paragraph.id.is_none() {
        paragraph.id = row.get("_input_hash").and_then(export::word);
    }
    paragraph.annotator = ["_annotator_id", "_session_id"].iter().find_map(|key| row.get(*key).and_then(export::word));
    if is_binary(row) {
        let label = row["label"].as_str().unwrap_or_default().to_owned();
        if let Some(score) = row.get("score").and_then(Value::as_f64) {
            export::score(&mut paragraph.scores, &label, score);
        }
        paragraph.labels.extend(accepted.then(|| label.clone()));
        paragraph.scope = Some(vec![label]);
        return Ok(Some(paragraph));
    }
    if !accepted {
        return Ok(None);
    }
    for label in list(row, "accept")? {
        // The interface for one choice writes the bare id.
        let id =
            export::word(label).ok_or_else(|| Error::new(ErrorKind::Format, format!("`{label}` is not an option")))?;
        export::add(&mut paragraph.labels, id);
    }
    let mut scope = Vec::new();
    for option in list(row, "options")? {
        scope.extend(option.get("id").and_then(export::word));
    }
    for (label, score) in row.get("cats").and_then(export::by_label).unwrap_or_default() {
        if score >= 0.5 {
            export::add(&mut paragraph.labels, label.as_str());
        }
        scope.push(label);
    }
    for span in list(row, "spans")? {
        if let Some(label) = span.get("label").and_then(export::word) {
            export::add(&mut paragraph.labels, label);
        }
    }
    if !scope.is_empty() {
        paragraph.labels.iter().for_each(|label| export::add(&mut scope, label.as_str()));
        paragraph.scope = Some(scope);
    }
    Ok(Some(paragraph))
}

/// The values of a list that a row may have.
fn list<'a>(row: &'a Map<String, Value>, key: &str) -> Result<&'a [Value]> {
    match row.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(values)) => Ok(values),
        Some(bare @ (Value::String(_) | Value::Number(_))) if key == "accept" => Ok(std::slice::from_ref(bare)),
        Some(_) => Err(Error::new(ErrorKind::Format, format!("`{key}` is not a list"))),
    }
}

/// Takes a later answer about one label into the paragraph of its input.
fn merge(paragraph: &mut Annotated, later: Annotated) {
    for label in later.scope.into_iter().flatten() {
        paragraph.labels.retain(|known| *known != label);
        export::add(paragraph.scope.get_or_insert_default(), label);
    }
    paragraph.labels.extend(later.labels);
    for (label, value) in later.scores {
        export::score(&mut paragraph.scores, &label, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::read_one;
    use super::*;

    #[test]
    fn choices_are_labels_and_options_the_scope() {
        let rows = r#"{"text":"You may object.","meta":{"doc":"bank","id":"bank-4","context":"Your rights"},"lang":"en","options":[{"id":"object","text":"Objection"},{"id":"erase","text":"Erasure"}],"accept":["object"],"answer":"accept","_input_hash":5,"_annotator_id":"gold-eva","_session_id":"gold"}
{"text":"Skip me.","options":[],"accept":[],"answer":"ignore","_input_hash":6}
{"text":"Spans.","spans":[{"start":0,"end":3,"label":"who"}],"tokens":[],"answer":"accept","_input_hash":-7,"_session_id":"gold-eva"}
{"text":"Cats.","cats":{"a":1.0,"b":0.0},"answer":"accept"}
"#;
        assert!(looks_like(Path::new("x.jsonl"), rows));
        let (found, warnings) = read_one(read, "x.jsonl", rows);
        let found = found.unwrap();
        assert_eq!(found[0].labels, ["object"]);
        assert_eq!(found[0].scope.as_deref(), Some(&["object".to_owned(), "erase".to_owned()][..]));
        assert_eq!((found[0].doc.as_deref(), found[0].id.as_deref()), (Some("bank"), Some("bank-4")));
        assert_eq!((found[0].context.len(), found[0].annotator.as_deref()), (1, Some("gold-eva")));
        assert_eq!((found[1].labels.len(), found[1].id.as_deref(), found[1].scope.as_ref()), (1, Some("-7"), None));
        assert_eq!((found[2].labels.len(), found[2].scope.as_ref().map(Vec::len)), (1, Some(2)));
        assert!(found.iter().all(|paragraph| paragraph.extra.is_empty()));
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn binary_rows_of_one_annotator_become_one_paragraph() {
        let rows = r#"{"text":"T","_input_hash":1,"label":"a","answer":"accept","score":0.9,"_annotator_id":"x"}
{"text":"T","_input_hash":1,"label":"b","answer":"reject","_annotator_id":"x"}
{"text":"T","_input_hash":1,"label":"a","answer":"accept","_annotator_id":"y"}
{"text":"T","_input_hash":1,"label":"b","answer":"accept","_annotator_id":"x"}
{"text":"T","_input_hash":1,"label":"a","answer":"reject","_annotator_id":"x"}
{"text":"T","_input_hash":1,"label":"c","answer":"ignore","_annotator_id":"x"}
"#;
        let found = read_one(read, "x.jsonl", rows).0.unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].labels, ["b"]);
        assert_eq!(found[0].scope.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
        assert_eq!(found[0].scores, [("a".to_owned(), 0.9)]);
        assert_eq!((found[1].labels.len(), found[1].scope.as_ref().map(Vec::len)), (1, Some(1)));
    }

    #[test]
    fn a_bad_row_is_named_with_its_line() {
        for (row, what) in [
            (r#"{"text":"a","answer":"maybe"}"#, "`\"maybe\"` is not an answer"),
            (r#"{"image":"a","answer":"accept"}"#, "no `text`"),
            (r#"{"text":"a","accept":[[]],"answer":"accept"}"#, "`[]` is not an option"),
            (r#"{"text":"a","spans":1}"#, "`spans` is not a list"),
            (r#"{"text":"a""#, "not JSON"),
        ] {
            let error = read_one(read, "x.jsonl", &format!("{{\"text\":\"ok\"}}\n{row}\n")).0.unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(error.line(), Some(2));
        }
    }
}
