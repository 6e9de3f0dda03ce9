//! TILT (Grünewald and Pallas, FAccT 2021): the statements of a policy as typed fields with the words of the policy.
//!
//! Every field that holds text becomes a paragraph, and its path without indices the label, such as
//! `dataDisclosed.purposes.purpose`; a `description` is the text of the object that it stands in and has its name, such as
//! `dataDisclosed.legalBases`. Fields that hold codes, dates or notes of the annotators are no paragraphs. A field says
//! what its text states and nothing about what else it states, so that nothing else is in the scope of the paragraph.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Language, Result};

use super::node::{self, Data, Node};
use super::{Annotated, folder};

/// Members that hold codes or annotators' notes in place of the policy's words; so do those that begin with `_`.
const CODES: [&str; 7] =
    ["aggregationFunction", "country", "currency", "legalBasisConditional", "reference", "sector", "ttl"];

/// The form to fill in that lies among the documents of the corpus.
const TEMPLATE: &str = "template.json";

/// Whether this is a TILT document, or an array of them.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    head.trim_start_matches('\u{FEFF}').trim_start().starts_with(['{', '['])
        && ["\"meta\"", "\"controller\""].iter().all(|name| head.contains(name))
        && ["\"dataDisclosed\"", "\"dataProtectionOfficer\""].iter().any(|name| head.contains(name))
}

/// Reads a document, an array of documents, or all of a folder, `template.json` excepted.
///
/// A document is named by its `meta._id`, or else by its file. The same document found again is left out, and another one
/// with the same id is named by its file; both are warned about, as are files that had to be repaired.
///
/// # Errors
/// When a file cannot be read or repaired, or is no TILT document; the error names file and line.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut corpus = Corpus { names: HashMap::new(), paragraphs: Vec::new() };
    let mut dumps = Vec::new();
    for file in folder::files(path, &["json"])? {
        if path.is_dir() && file.file_name().is_some_and(|name| name == TEMPLATE) {
            continue;
        }
        let (root, faults) =
            folder::text(&file).and_then(|text| node::parse(&text)).map_err(|error| error.at(&file))?;
        if root.items().is_some() {
            // A dump repeats documents that also have files of their own, whose names say more.
            dumps.push((file, root, faults));
        } else {
            corpus.add(&file, &[root], &faults, warn)?;
        }
    }
    for (file, root, faults) in dumps {
        corpus.add(&file, root.items().unwrap_or_default(), &faults, warn)?;
    }
    Ok(corpus.paragraphs)
}

struct Corpus {
    /// The addresses of the documents read so far, by id.
    names: HashMap<String, Option<String>>,
    paragraphs: Vec<Annotated>,
}

impl Corpus {
    fn add(
        &mut self,
        file: &Path,
        documents: &[Node],
        faults: &[super::repair::Fault],
        warn: &mut dyn FnMut(String),
    ) -> Result<()> {
        let (before, mut again) = (self.paragraphs.len(), 0);
        let source: Arc<Path> = file.into();
        for (index, document) in documents.iter().enumerate() {
            let meta = document.get("meta").ok_or_else(|| document.unexpected("a document with `meta`").at(file))?;
            let stem = folder::stem(file);
            let stem = if documents.len() > 1 { format!("{stem}/{index}") } else { stem };
            let text = |name: &str| meta.get(name).and_then(Node::text).filter(|text| !text.trim().is_empty());
            let (id, url) = (text("_id").unwrap_or(&stem), text("url").map(str::to_owned));
            let mut doc = id.to_owned();
            match self.names.get(&doc) {
                Some(known) if *known == url => {
                    again += 1;
                    continue;
                }
                Some(_) => {
                    let (place, line) = (file.display(), meta.line);
                    warn(format!(
                        "{place}:{line}: another document has the id `{doc}` too; this one is named `{stem}`"
                    ));
                    doc = stem;
                }
                None => {}
            }
            let language = text("language").and_then(|language| language.parse().ok());
            self.names.insert(doc.clone(), url);
            let mut reader = Reader { doc, language, source: &source, index: 0, into: &mut self.paragraphs };
            if let Data::Object(members) = &document.data {
                for (name, member) in members.iter().filter(|(name, _)| name != "meta") {
                    reader.field(name, member);
                }
            }
        }
        if again > 0 {
            let (place, all) = (file.display(), documents.len());
            warn(format!("{place}: {again} of {all} documents left out, since another file has them too"));
        }
        if let Some(report) = node::report(file, faults, self.paragraphs.len() - before) {
            warn(report);
        }
        Ok(())
    }
}

struct Reader<'a> {
    doc: String,
    language: Option<Language>,
    source: &'a Arc<Path>,
    index: usize,
    into: &'a mut Vec<Annotated>,
}

impl Reader<'_> {
    fn field(&mut self, path: &str, field: &Node) {
        match &field.data {
            Data::Array(items) => items.iter().for_each(|item| self.field(path, item)),
            Data::Object(members) => {
                for (name, member) in members {
                    if name == "description" {
                        self.field(path, member);
                    } else if !name.starts_with('_') && !CODES.contains(&name.as_str()) {
                        self.field(&format!("{path}.{name}"), member);
                    }
                }
            }
            Data::Text(text) if is_said(text) => self.paragraph(path, text.trim(), field.line),
            Data::Text(_) | Data::Other(_) => {}
        }
    }

    fn paragraph(&mut self, path: &str, text: &str, line: u64) {
        let mut paragraph = Annotated::new(self.source.clone(), line, text.to_owned());
        paragraph.id = Some(format!("{}#{}", self.doc, self.index));
        paragraph.doc = Some(self.doc.clone());
        paragraph.index = Some(self.index);
        paragraph.language = self.language;
        paragraph.labels = vec![path.to_owned()];
        paragraph.scope = Some(paragraph.labels.clone());
        self.index += 1;
        self.into.push(paragraph);
    }
}

/// Whether a text says anything; a truth value in quotation marks does not.
fn is_said(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric) && !matches!(text.trim(), "true" | "false" | "null")
}

#[cfg(test)]
mod tests {
    use klausul_core::Result;

    use super::*;

    const DOCUMENT: &str = r#"{
    "meta": {"_id": "17", "name": "Example", "language": "de", "url": "https://example.org/privacy"},
    "controller": {"name": "Beispiel GmbH", "country": "DE", "sector": "J", "representative": {"email": ""}},
    "dataDisclosed": [
        {
            "_id": "a",
            "category": "Name",
            "purposes": [{"purpose": "Versand", "description": "Wir versenden Ihr Paket."}],
            "legalBases": [
                {"reference": "GDPR-6-1-b", "description": "Vertrag mit Ihnen"},
                {"reference": "GDPR-6-1-a", "description": null}
            ],
            "storage": [{"temporal": [{"description": "drei Jahre", "ttl": "P3Y"}], "purposeConditional": ["bis zum Versand"]}],
            "nonDisclosure": {"legalRequirement": false, "_comment": "unclear"}
        }
    ],
    "rightToComplain": {"available": true, "description": "Sie können sich beschweren.", "url": ""}
}"#;

    fn read_files(files: &[(&str, &str)]) -> (Result<Vec<Annotated>>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut warnings = Vec::new();
        (read(folder.path(), &mut |warning| warnings.push(warning)), warnings)
    }

    #[test]
    fn fields_with_words_become_paragraphs() {
        assert!(looks_like(Path::new("x"), DOCUMENT));
        let (read, warnings) = read_files(&[("example.json", DOCUMENT), ("template.json", "{\"version\": <long>}")]);
        let read = read.unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        let said: Vec<(&str, &str)> =
            read.iter().map(|field| (field.labels[0].as_str(), field.text.as_deref().unwrap())).collect();
        assert_eq!(
            said,
            [
                ("controller.name", "Beispiel GmbH"),
                ("dataDisclosed.category", "Name"),
                ("dataDisclosed.purposes.purpose", "Versand"),
                ("dataDisclosed.purposes", "Wir versenden Ihr Paket."),
                ("dataDisclosed.legalBases", "Vertrag mit Ihnen"),
                ("dataDisclosed.storage.temporal", "drei Jahre"),
                ("dataDisclosed.storage.purposeConditional", "bis zum Versand"),
                ("rightToComplain", "Sie können sich beschweren."),
            ]
        );
        let last = &read[7];
        assert_eq!((last.id.as_deref(), last.doc.as_deref(), last.line), (Some("17#7"), Some("17"), 17));
        assert_eq!(last.language.unwrap().as_str(), "de");
        assert_eq!(last.scope, Some(last.labels.clone()));
    }

    #[test]
    fn a_document_counts_once() {
        let other = DOCUMENT.replace("example.org", "example.net");
        let dump = format!("[{DOCUMENT}]");
        let (read, warnings) = read_files(&[("a-dump.json", &dump), ("b.json", DOCUMENT), ("c.json", &other)]);
        let docs: Vec<String> = read.unwrap().into_iter().filter_map(|field| field.doc).collect();
        assert_eq!((docs.len(), docs[0].as_str(), docs[8].as_str()), (16, "17", "c"));
        assert!(warnings[0].ends_with("c.json:2: another document has the id `17` too; this one is named `c`"));
        assert!(warnings[1].ends_with("a-dump.json: 1 of 1 documents left out, since another file has them too"));
    }

    #[test]
    fn damaged_documents_are_repaired_or_refused_with_their_line() {
        let (read, warnings) =
            read_files(&[("x.json", &DOCUMENT.replace("\"representative\": {\"email\": \"\"}", ""))]);
        assert_eq!(read.unwrap().len(), 8);
        assert!(warnings[0].contains("x.json:3: the file was not valid JSON (a comma before a closing bracket)"));
        let error = read_files(&[("x.json", &DOCUMENT.replace("\"meta\"", "\"about\""))]).0.unwrap_err().to_string();
        assert!(error.contains("x.json:1: a document with `meta` was expected, found an object"), "{error}");
        let error = read_files(&[("x.json", "{\n\"meta\": <long>}")]).0.unwrap_err().to_string();
        assert!(error.contains("x.json:2: not JSON, and not to be repaired"), "{error}");
    }
}
