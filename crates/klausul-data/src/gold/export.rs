//! What the readers of annotation tools share: JSON objects with their lines, the usual fields.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::Annotated;
use super::folder::text;

/// How many lines end in these bytes.
pub(super) fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// The JSON objects of a file, each with the line on which it begins: one a line, one behind the other, or in an array.
///
/// # Errors
/// Where the file cannot be read, a value is not JSON, or not an object; the error names the line.
pub(super) fn objects(path: &Path) -> Result<Vec<(u64, Map<String, Value>)>> {
    let text = text(path)?;
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let by_line = first.trim_start().starts_with('{') && serde_json::from_str::<Value>(first).is_ok();
    if by_line { by_the_line(&text) } else { one_by_one(&text) }.map_err(|error| error.at(path))
}

fn by_the_line(text: &str) -> Result<Vec<(u64, Map<String, Value>)>> {
    let full = text.lines().zip(1_u64..).filter(|(line, _)| !line.trim().is_empty());
    full.map(|(line, number)| {
        let value = serde_json::from_str(line).map_err(|error| bad_json(&error, number))?;
        Ok((number, object(value, number)?))
    })
    .collect()
}

fn one_by_one(text: &str) -> Result<Vec<(u64, Map<String, Value>)>> {
    let (mut objects, mut at, mut line) = (Vec::new(), 0, 1);
    loop {
        let rest = &text[at..];
        let skipped = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || "[],".contains(c)).len();
        line += lines(&rest.as_bytes()[..skipped]);
        at += skipped;
        let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
        let Some(value) = values.next() else { return Ok(objects) };
        let value = value.map_err(|error| bad_json(&error, line + error.line().max(1) as u64 - 1))?;
        let length = values.byte_offset();
        objects.push((line, object(value, line)?));
        line += lines(&text.as_bytes()[at..at + length]);
        at += length;
    }
}

/// The error of a file that is not JSON.
pub(super) fn bad_json(error: &serde_json::Error, line: u64) -> Error {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Error::new(ErrorKind::Format, format!("this is not JSON: {reason} (column {})", error.column()))
        .on_line(line)
        .mend("export the file again, or mend the line")
}

fn object(value: Value, line: u64) -> Result<Map<String, Value>> {
    match value {
        Value::Object(object) => Ok(object),
        other => {
            let short: String = other.to_string().chars().take(40).collect();
            Err(Error::new(ErrorKind::Format, format!("`{short}` stands where an object is expected")).on_line(line))
        }
    }
}

/// A string, a number or a truth value as text; nothing for the rest, and for an empty string.
pub(super) fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Adds a label that is not there yet.
pub(super) fn add(labels: &mut Vec<String>, label: impl Into<String> + AsRef<str>) {
    if !label.as_ref().is_empty() && !labels.iter().any(|known| known == label.as_ref()) {
        labels.push(label.into());
    }
}

/// Sets the score of a label; a later score of the same label takes the place of an earlier one.
pub(super) fn score(scores: &mut Vec<(String, f64)>, label: &str, value: f64) {
    match scores.iter_mut().find(|(known, _)| known == label) {
        Some((_, known)) => *known = value,
        None => scores.push((label.to_owned(), value)),
    }
}

/// A paragraph with the fields `text`, `doc`, `id`, `index`, `lang` (or `language`), `kind`, `context` and `scores` of
/// an object; the other fields go to `extra`, and so do these where their value is of another sort.
///
/// `context` is a list of headings or a text with one heading a line.
pub(super) fn paragraph(source: &Arc<Path>, line: u64, fields: &Map<String, Value>) -> Annotated {
    let mut paragraph = Annotated::new(Arc::clone(source), line, None);
    fill(&mut paragraph, fields);
    paragraph
}

/// Sets the fields of a paragraph that an object has and the paragraph lacks; see [`paragraph`].
pub(super) fn fill(paragraph: &mut Annotated, fields: &Map<String, Value>) {
    for (name, value) in fields {
        let taken = match name.as_str() {
            "text" => set(&mut paragraph.text, value.as_str().map(str::to_owned)),
            "doc" => set(&mut paragraph.doc, word(value)),
            "id" => set(&mut paragraph.id, word(value)),
            "index" => set(&mut paragraph.index, value.as_u64().and_then(|index| usize::try_from(index).ok())),
            "lang" | "language" => set(&mut paragraph.language, value.as_str().and_then(|tag| tag.parse().ok())),
            "kind" => set(&mut paragraph.kind, value.as_str().and_then(|kind| kind.parse().ok())),
            "context" if paragraph.context.is_empty() => headings(value).is_some_and(|headings| {
                paragraph.context = headings;
                true
            }),
            "scores" if paragraph.scores.is_empty() => by_label(value).is_some_and(|scores| {
                paragraph.scores = scores;
                true
            }),
            _ => false,
        };
        if !taken && !value.is_null() {
            paragraph.extra.entry(name.as_str()).or_insert_with(|| value.clone());
        }
    }
}

fn set<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let free = place.is_none() && value.is_some();
    if free {
        *place = value;
    }
    free
}

fn headings(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect()),
        Value::Array(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        _ => None,
    }
}

/// The numbers of an object of numbers.
pub(super) fn by_label(value: &Value) -> Option<Vec<(String, f64)>> {
    value.as_object()?.iter().map(|(label, score)| Some((label.clone(), score.as_f64()?))).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A folder with files; names may have folders in them.
    pub(in crate::gold) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    /// What a reader says to one file.
    pub(in crate::gold) fn read_one(
        read: impl Fn(&Path, &mut dyn FnMut(String)) -> Result<Vec<Annotated>>,
        name: &str,
        text: &str,
    ) -> (Result<Vec<Annotated>>, Vec<String>) {
        let folder = folder(&[(name, text)]);
        let mut warnings = Vec::new();
        let found = read(&folder.path().join(name), &mut |warning| warnings.push(warning));
        (found, warnings)
    }

    fn numbered(text: &str) -> Result<Vec<u64>> {
        let folder = folder(&[("a.json", text)]);
        Ok(objects(&folder.path().join("a.json"))?.into_iter().map(|(line, _)| line).collect())
    }

    #[test]
    fn objects_know_their_line_in_every_layout() {
        assert_eq!(numbered("\u{feff}{\"a\":1}\n\n{\"a\":2}\n").unwrap(), [1, 3]);
        assert_eq!(numbered("[\n  {\n \"a\": 1\n },\n  {\"a\": 2}\n]\n").unwrap(), [2, 5]);
        assert_eq!(numbered("{\n\"a\": 1}\n{\n\"a\": 2}").unwrap(), [1, 3]);
        assert!(numbered("").unwrap().is_empty());
    }

    #[test]
    fn what_is_no_object_is_named_with_its_line() {
        assert_eq!(numbered("{\"a\":1}\n{\"a\":\n").unwrap_err().line(), Some(2));
        assert_eq!(numbered("[\n{\"a\":1},\n7]").unwrap_err().line(), Some(3));
        let error = numbered("[{\"a\":1},\n{\"a\" 2}]").unwrap_err();
        assert_eq!(error.line(), Some(2));
        assert!(error.to_string().contains("a.json:2: this is not JSON: expected `:`"), "{error}");
    }

    #[test]
    fn fields_of_another_sort_are_kept_aside() {
        let object =
            serde_json::json!({"id": 7, "lang": "pt-BR", "kind": "poem", "context": "A\nB", "page": 3, "index": 2});
        let found = paragraph(&Arc::from(Path::new("a")), 1, object.as_object().unwrap());
        assert_eq!(
            (found.id.as_deref(), found.index, found.context),
            (Some("7"), Some(2), vec!["A".into(), "B".into()])
        );
        assert_eq!(found.language.unwrap().as_str(), "pt");
        assert_eq!(found.extra.keys().collect::<Vec<_>>(), ["kind", "page"]);
    }
}
