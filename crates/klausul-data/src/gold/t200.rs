//! GDPR-Transparency-200 (Cory et al., PoPETs 2026): policies as JSON arrays of passages with word-level annotations.
//!
//! A label is a requirement of which at least one word of the passage is annotated; that a thing is said not to be done
//! (`performed: false`) counts. The annotations themselves stay in `extra`. The corpus is English.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Kind, Result};

use super::node::{self, Node};
use super::{Annotated, folder};

/// Whether this is a policy of the corpus, by the members of its first passage.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    head.trim_start_matches('\u{FEFF}').trim_start().starts_with('[')
        && ["\"passage\"", "\"annotations\"", "\"context\""].iter().all(|name| head.contains(name))
}

/// Reads a policy, or every policy of a folder. A file that is not valid JSON is repaired and warned about.
///
/// # Errors
/// When a file cannot be read or repaired, or a passage has no text or no annotations; the error names file and line.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut all = Vec::new();
    for file in folder::files(path, &["json"])? {
        all.extend(policy(&file, warn).map_err(|error| error.at(&file))?);
    }
    Ok(all)
}

fn policy(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let (root, faults) = node::parse(&folder::text(path)?)?;
    let (doc, source): (String, Arc<Path>) = (folder::stem(path), path.into());
    let passages = root.items().ok_or_else(|| root.unexpected("an array of passages"))?;
    let paragraphs = passages
        .iter()
        .enumerate()
        .map(|(index, passage)| paragraph(passage, index, &doc, &source))
        .collect::<Result<Vec<_>>>()?;
    if let Some(report) = node::report(path, &faults, paragraphs.len()) {
        warn(report);
    }
    Ok(paragraphs)
}

fn paragraph(passage: &Node, index: usize, doc: &str, source: &Arc<Path>) -> Result<Annotated> {
    let member = |name: &str| {
        passage.get(name).ok_or_else(|| passage.unexpected(&format!("a passage with the member `{name}`")))
    };
    let text = member("passage")?;
    let text = text.text().ok_or_else(|| text.unexpected("the text of `passage`"))?;
    let mut paragraph = Annotated::new(source.clone(), passage.line, text.to_owned());
    paragraph.doc = Some(doc.to_owned());
    paragraph.id = Some(format!("{doc}#{index}"));
    paragraph.index = Some(index);
    paragraph.language = "en".parse().ok();
    if let Some(kind) = passage.get("type").and_then(Node::text) {
        paragraph.kind = kind.parse::<Kind>().ok();
        if paragraph.kind.is_none() {
            paragraph.extra.insert("type".into(), kind.into());
        }
    }
    for heading in passage.get("context").and_then(Node::items).unwrap_or_default() {
        let text = heading.get("text").unwrap_or(heading);
        let text = text.text().ok_or_else(|| heading.unexpected("a heading with its `text` in `context`"))?;
        paragraph.context.push(text.to_owned());
    }
    let annotations = member("annotations")?;
    for annotation in annotations.items().ok_or_else(|| annotations.unexpected("an array of `annotations`"))? {
        let label = annotation
            .get("requirement")
            .and_then(Node::text)
            .ok_or_else(|| annotation.unexpected("an annotation with its `requirement`"))?;
        if !paragraph.labels.iter().any(|known| known == label) {
            paragraph.labels.push(label.to_owned());
        }
    }
    paragraph.extra.insert("annotations".into(), annotations.to_value());
    Ok(paragraph)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const POLICY: &str = r#"[
    {"type": "headline", "context": [], "passage": "Your data", "annotations": []},
    {
        "type": "list_item",
        "context": [{"text": "Your data", "type": "h2"}, {"text": "We keep:", "type": "list_intro"}],
        "passage": "your name, never your photo",
        "annotations": [
            {"requirement": "Data Categories", "value": "your name", "performed": true},
            {"requirement": "Data Retention Period", "value": "keep", "performed": true},
            {"requirement": "Data Categories", "value": "your photo", "performed": false}
        ]
    }
]
"#;

    fn read_text(text: &str) -> (Result<Vec<Annotated>>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("org.example.json"), text).unwrap();
        let mut warnings = Vec::new();
        let read = read(folder.path(), &mut |warning| warnings.push(warning));
        (read, warnings)
    }

    #[test]
    fn passages_become_paragraphs() {
        assert!(looks_like(Path::new("x"), POLICY));
        let (read, warnings) = read_text(POLICY);
        let read = read.unwrap();
        assert!(warnings.is_empty());
        assert_eq!(read[0].kind, Some(Kind::Heading));
        assert!(read[0].labels.is_empty());
        let item = &read[1];
        assert_eq!((item.id.as_deref(), item.index, item.line), (Some("org.example#1"), Some(1), 3));
        assert_eq!(item.kind, Some(Kind::ListItem));
        assert_eq!(item.context, ["Your data", "We keep:"]);
        assert_eq!(item.labels, ["Data Categories", "Data Retention Period"]);
        assert_eq!(item.extra["annotations"][2]["performed"], Value::Bool(false));
        assert_eq!(
            item.extra["annotations"][0],
            json!({"requirement": "Data Categories", "value": "your name", "performed": true})
        );
    }

    /// Every usual damage, with what it is called and how many of two passages are read.
    #[test]
    fn damaged_files_are_repaired_with_a_warning() {
        for (from, to, what, count) in [
            (
                "true},\n            {\"requirement\": \"Data Ret",
                "true}\n            {\"requirement\": \"Data Ret",
                ":9: the file was not valid JSON (a comma is missing)",
                2,
            ),
            ("\"list_item\",\n", "\"list_item\"\n", "a comma is missing", 2),
            ("false}\n", "false},\n", "a comma before a closing bracket", 2),
            ("\"annotations\": [\n", "\"annotations\" [\n", "a `:` is missing", 2),
            ("{\"requirement\": \"Data R", "\"requirement\": \"Data R", "a `{` is missing", 2),
            ("[\n            {\"requirement\"", "[\n            \"requirement\"", "a `{` is missing", 2),
            ("[], \"passage\"", "[],, \"passage\"", "a comma too many", 2),
            ("\"annotations\": [\n", "\"annotations\": [ ,\n", "a comma too many", 2),
            ("\"your name\"", "\"your \"real\" name\"", "a quotation mark inside a text is not escaped", 2),
            ("never your", "never\n\tyour", "a line break or control character", 2),
            ("never your photo\",", "never your photo,", "a closing quotation mark is missing", 2),
            (
                "true},",
                "truely\" was my thought.\n\nOr not.\"\n},",
                "characters that are no JSON, from `ly\" was my thought.",
                2,
            ),
            ("        ]\n    }\n]", "    }\n]", "a `]` is missing", 2),
            ("    }\n]", "]", "a `}` is missing", 2),
            ("    }\n]\n", "    }\n", "a bracket is missing", 2),
            ("    }\n]\n", "", "a bracket is missing", 2),
            ("        ]\n    }\n]\n", "", "cut off; the last, incomplete element is left out", 1),
            ("your photo\", \"performed\": false}\n        ]\n    }\n]\n", "", "cut off", 1),
            ("[]},\n    {\n", "[]}]\n[{\n", "a second value behind the first", 2),
            ("\"Your data\", \"ann", "\"Your \\data\", \"ann", "a `\\` that escapes nothing", 2),
        ] {
            assert!(POLICY.contains(from), "{from}");
            let (read, warnings) = read_text(&POLICY.replacen(from, to, 1));
            let read = read.unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(warnings.len(), 1, "{what}");
            assert!(warnings[0].contains(what), "{what}: {}", warnings[0]);
            assert!(warnings[0].ends_with(&format!("repaired: {count} paragraphs read")), "{}", warnings[0]);
            assert_eq!(read.len(), count, "{what}");
            if count == 2 {
                assert_eq!(read[1].labels, ["Data Categories", "Data Retention Period"], "{what}");
            }
        }
        let (read, _) = read_text(&POLICY.replace("\"your name\"", "\"your \"real\" name\""));
        assert_eq!(read.unwrap()[1].extra["annotations"][0]["value"], "your \"real\" name");
    }

    #[test]
    fn what_cannot_be_read_has_its_line() {
        for (from, to, message) in [
            (
                "\"your name\"",
                "your name",
                "org.example.json:8: not JSON, and not to be repaired: no value begins here near `your name",
            ),
            (
                "\"passage\": \"your",
                "\"text\": \"your",
                "org.example.json:3: a passage with the member `passage` was expected",
            ),
            (
                "\"requirement\": \"Data Cat",
                "\"label\": \"Data Cat",
                "org.example.json:8: an annotation with its `requirement` was expected",
            ),
            (
                "\"passage\": \"Your data\"",
                "\"passage\": 7",
                "org.example.json:2: the text of `passage` was expected, found `7`",
            ),
        ] {
            let error = read_text(&POLICY.replacen(from, to, 1)).0.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        assert!(read_text("").0.unwrap_err().to_string().contains("the file is empty"));
        assert!(read_text(&"[".repeat(1000)).0.is_err());
    }
}
