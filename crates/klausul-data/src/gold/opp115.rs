//! OPP-115 (Wilson et al., ACL 2016): segments of English website policies with the practices of several annotators.
//!
//! A CSV file without header has a row a practice: annotation, batch, annotator, policy, segment (from 0), category, the
//! attributes as JSON, and date and address of the policy. The segments stand in `sanitized_policies/*.html` with `|||`
//! between them. Labels are `Category` and `Category / Attribute / Value`; what an annotator left `not-selected` is no label.
//!
//! `annotations/` gives every segment once for every annotator of its policy, `consolidation/threshold-*/` once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;
use html5gum::{Token, Tokenizer};
use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::{Annotated, folder, table};

/// The columns of a row that are read.
mod column {
    pub(super) const ANNOTATOR: usize = 2;
    pub(super) const SEGMENT: usize = 4;
    pub(super) const CATEGORY: usize = 5;
    pub(super) const ATTRIBUTES: usize = 6;
}

/// The folder of the texts.
const TEXTS: &str = "sanitized_policies";

/// The value of an attribute that the annotator did not choose.
const NOT_SELECTED: &str = "not-selected";

/// Elements that end a line.
const BLOCKS: [&[u8]; 17] = [
    b"br", b"p", b"div", b"li", b"ul", b"ol", b"dl", b"dt", b"dd", b"table", b"tr", b"td", b"th", b"h1", b"h2", b"h3",
    b"h4",
];

/// Whether this is the corpus, a folder of its annotations or one of their files.
pub(super) fn looks_like(path: &Path, _head: &str) -> bool {
    (path.is_dir() || path.extension().is_some_and(|extension| extension == "csv")) && texts(path).is_some()
}

/// Reads the corpus, which means its `annotations`, or a folder of annotations or consolidated annotations, or a file.
///
/// # Errors
/// When a file cannot be read, its text is missing, or a row is not what the corpus's manual says.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let annotations = path.join("annotations");
    let folder = if annotations.is_dir() { annotations } else { path.to_owned() };
    if folder.join(TEXTS).is_dir() || folder.file_name().is_some_and(|name| name == "consolidation") {
        return Err(Error::new(ErrorKind::Usage, "this folder holds several versions of the annotations")
            .at(&folder)
            .mend("give `annotations`, or one of the folders `consolidation/threshold-*`"));
    }
    let mut all = Vec::new();
    for file in folder::files(&folder, &["csv"])? {
        all.extend(policy(&file, warn).map_err(|error| error.at(&file))?);
    }
    Ok(all)
}

/// The folder of the texts, in `path` or above it.
fn texts(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().take(4).map(|folder| folder.join(TEXTS)).find(|folder| folder.is_dir())
}

/// Whether the file holds consolidated annotations, which are nobody's in particular.
fn is_consolidated(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    folder.to_string_lossy().starts_with("threshold-")
}

fn policy(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let doc = folder::stem(path);
    let name = format!("{doc}.html");
    let text_path = texts(path).map(|folder| folder.join(&name)).filter(|text| text.is_file()).ok_or_else(|| {
        Error::new(ErrorKind::Io, format!("its text `{TEXTS}/{name}` is missing"))
            .mend("keep the folders of the corpus as they were published")
    })?;
    let html = folder::text(&text_path)?;
    let segments: Vec<&str> = html.split("|||").collect();
    let consolidated = is_consolidated(path);
    let mut annotators: BTreeMap<String, BTreeMap<usize, Vec<String>>> = BTreeMap::new();
    let mut extra = Map::new();
    for (line, row) in table::rows(path)? {
        let segment = table::number(&row, column::SEGMENT, "segment number").map_err(|error| error.on_line(line))?;
        let annotator = row.get(column::ANNOTATOR).unwrap_or_default();
        let annotator = if consolidated { String::new() } else { annotator.trim().to_owned() };
        let known = annotators.entry(annotator).or_default();
        if segment >= segments.len() {
            let (place, count, text) = (path.display(), segments.len(), text_path.display());
            warn(format!("{place}:{line}: segment {segment} is not among the {count} of {text}; the row is left out"));
            continue;
        }
        let known = known.entry(segment).or_default();
        for label in labels(&row).map_err(|error| error.on_line(line))? {
            if !known.contains(&label) {
                known.push(label);
            }
        }
        if let Some(url) = row.iter().skip(column::ATTRIBUTES + 1).find(|cell| cell.contains("://")) {
            extra.insert("policy_url".into(), Value::from(url));
        }
    }
    let source: Arc<Path> = text_path.as_path().into();
    let mut texts = Vec::new();
    let mut line = 1;
    for segment in segments {
        let blank = segment.len() - segment.trim_start().len();
        let newlines = |text: &str| memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        texts.push((line + newlines(&segment[..blank]), strip(segment)));
        line += newlines(segment);
    }
    let mut paragraphs = Vec::new();
    for (annotator, mut labels) in annotators {
        for (index, (line, text)) in texts.iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
            let mut paragraph = Annotated::new(source.clone(), *line, text.clone());
            paragraph.id = Some(format!("{doc}#{index}"));
            paragraph.doc = Some(doc.clone());
            paragraph.index = Some(index);
            paragraph.language = "en".parse().ok();
            paragraph.labels = labels.remove(&index).unwrap_or_default();
            paragraph.annotator = Some(annotator.clone()).filter(|name| !name.is_empty());
            paragraph.extra.clone_from(&extra);
            paragraphs.push(paragraph);
        }
    }
    Ok(paragraphs)
}

/// The labels of a practice.
fn labels(row: &StringRecord) -> Result<Vec<String>> {
    let category = row.get(column::CATEGORY).unwrap_or_default().trim();
    if category.is_empty() {
        return Err(Error::new(ErrorKind::Format, format!("a row of {} columns has no category", row.len()))
            .mend("column 6 holds the category, without a header"));
    }
    let cell = row.get(column::ATTRIBUTES).unwrap_or_default();
    let attributes: Map<String, Value> = serde_json::from_str(cell).map_err(|error| {
        let shown: String = cell.chars().take(40).collect();
        Error::new(ErrorKind::Format, format!("`{shown}` is no JSON object of attributes: {error}"))
            .mend("column 7 holds the attributes as JSON")
    })?;
    let mut labels = vec![category.to_owned()];
    for (attribute, chosen) in &attributes {
        match chosen.get("value") {
            Some(Value::String(value)) if value != NOT_SELECTED => {
                labels.push(format!("{category} / {attribute} / {value}"));
            }
            Some(Value::String(_)) => {}
            _ => {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("attribute `{attribute}` has no text as its `value`"),
                )
                .mend("an attribute is written as {\"value\": \"…\"}"));
            }
        }
    }
    Ok(labels)
}

/// The text of a segment: without tags, entities decoded, a line for a block.
fn strip(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    for token in Tokenizer::new(html).flatten() {
        match token {
            Token::String(string) => text.push_str(&String::from_utf8_lossy(&string.value)),
            Token::StartTag(tag) if BLOCKS.contains(&&*tag.name.0) => text.push('\u{2028}'),
            Token::EndTag(tag) if BLOCKS.contains(&&*tag.name.0) => text.push('\u{2028}'),
            _ => {}
        }
    }
    let lines = text.split('\u{2028}').map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "Our <strong>Policy</strong>|||\nWe take your name &amp; e-mail:<ul><li>to send\n parcels</li></ul>|||Bye";
    const ROWS: &str = concat!(
        "1,b,77,9,1,First Party Collection/Use,\"{\"\"Purpose\"\": {\"\"value\"\": \"\"Basic service/feature\"\", ",
        "\"\"startIndexInSegment\"\": 3}, \"\"User Type\"\": {\"\"value\"\": \"\"not-selected\"\"}}\",1/2/15,http://x.example/\n",
        "2,b,77,9,1,First Party Collection/Use,\"{\"\"Purpose\"\": {\"\"value\"\": \"\"Marketing\"\"}}\",1/2/15,http://x.example/\n",
        "3,b,88,9,0,Other,\"{\"\"Other Type\"\": {\"\"value\"\": \"\"Introductory/Generic\"\"}}\",1/2/15,http://x.example/\n",
    );

    fn corpus(rows: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("annotations/9_x.example.csv", rows),
            ("consolidation/threshold-1.0-overlap-similarity/9_x.example.csv", rows),
            ("sanitized_policies/9_x.example.html", TEXT),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn read_all(path: &Path) -> (Result<Vec<Annotated>>, Vec<String>) {
        let mut warnings = Vec::new();
        (read(path, &mut |warning| warnings.push(warning)), warnings)
    }

    #[test]
    fn every_annotator_has_every_segment() {
        let folder = corpus(ROWS);
        assert!(looks_like(folder.path(), ""));
        let (read, warnings) = read_all(folder.path());
        let read = read.unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!(read.len(), 6);
        let second = &read[1];
        assert_eq!((second.id.as_deref(), second.annotator.as_deref()), (Some("9_x.example#1"), Some("77")));
        assert_eq!(second.text.as_deref(), Some("We take your name & e-mail:\nto send parcels"));
        assert_eq!((second.index, second.line), (Some(1), 2));
        assert_eq!(
            second.labels,
            [
                "First Party Collection/Use",
                "First Party Collection/Use / Purpose / Basic service/feature",
                "First Party Collection/Use / Purpose / Marketing",
            ]
        );
        assert_eq!(second.extra["policy_url"], "http://x.example/");
        assert_eq!(read[3].labels, ["Other", "Other / Other Type / Introductory/Generic"]);
        assert_eq!(read[3].annotator.as_deref(), Some("88"));
        assert!(read[4].labels.is_empty());
    }

    #[test]
    fn consolidated_annotations_are_nobodys() {
        let folder = corpus(ROWS);
        let consolidation = folder.path().join("consolidation");
        let read = read_all(&consolidation.join("threshold-1.0-overlap-similarity")).0.unwrap();
        assert_eq!(read.len(), 3);
        assert!(read.iter().all(|paragraph| paragraph.annotator.is_none()));
        assert!(read_all(&consolidation).0.unwrap_err().to_string().contains("several versions"));
    }

    #[test]
    fn bad_rows_have_their_place() {
        for (from, to, message) in [
            ("9,1,First", "9,one,First", ".csv:1: `one` is no segment number"),
            (
                "{\"\"Purpose\"\": {\"\"value\"\": \"\"Mark",
                "{Purpose\"\": {\"\"value\"\": \"\"Mark",
                ".csv:2: `{Purpose\"",
            ),
            ("{\"\"value\"\": \"\"Marketing\"\"}", "7", ".csv:2: attribute `Purpose` has no text as its `value`"),
            (",Other,", ",,", ".csv:3: a row of 9 columns has no category"),
        ] {
            assert!(ROWS.contains(from), "{from}");
            let folder = corpus(&ROWS.replacen(from, to, 1));
            let error = read_all(folder.path()).0.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let folder = corpus(&ROWS.replace("9,0,Other", "9,3,Other"));
        let (read, warnings) = read_all(folder.path());
        assert_eq!(read.unwrap().len(), 6);
        assert!(warnings[0].contains(".csv:3: segment 3 is not among the 3 of"), "{}", warnings[0]);
        std::fs::remove_file(folder.path().join("sanitized_policies/9_x.example.html")).unwrap();
        let error = read_all(folder.path()).0.unwrap_err().to_string();
        assert!(error.contains("its text `sanitized_policies/9_x.example.html` is missing"), "{error}");
    }
}
