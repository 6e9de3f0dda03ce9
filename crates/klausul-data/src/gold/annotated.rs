//! A paragraph with somebody's labels.

use std::path::Path;
use std::sync::Arc;

use klausul_core::{Kind, Language};
use serde_json::{Map, Value};

/// A paragraph with somebody's labels, in the words of its source.
///
/// When several people annotated a paragraph there is one `Annotated` for each, with the same `id` and its own `annotator`.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotated {
    /// The document that it belongs to; `None` where paragraphs stand alone.
    pub doc: Option<String>,
    /// Its own id, unique among the paragraphs of one annotator.
    pub id: Option<String>,
    /// Position in the document, from 0.
    pub index: Option<usize>,
    /// The language that the source declares.
    pub language: Option<Language>,
    /// What it is on the page, where the source says it.
    pub kind: Option<Kind>,
    /// The headings above it, outermost first.
    pub context: Vec<String>,
    /// The text as it was found; `None` in predictions that leave it out.
    pub text: Option<String>,
    /// The labels as the source names them, each once, in the order of the source.
    pub labels: Vec<String>,
    /// The labels that were looked for in this paragraph; `None`: those that the mapping says.
    pub scope: Option<Vec<String>>,
    /// A score a label, as the source names them; empty where the source has none.
    pub scores: Vec<(String, f64)>,
    /// Who annotated it.
    pub annotator: Option<String>,
    /// The file that it was read from.
    pub source: Arc<Path>,
    /// The line of that file on which it begins, from 1; for a format without lines the number of the record.
    pub line: u64,
    /// Other fields of the source.
    pub extra: Map<String, Value>,
}

impl Annotated {
    /// A paragraph without labels or place.
    pub fn new(source: Arc<Path>, line: u64, text: impl Into<Option<String>>) -> Self {
        Self {
            doc: None,
            id: None,
            index: None,
            language: None,
            kind: None,
            context: Vec::new(),
            text: text.into(),
            labels: Vec::new(),
            scope: None,
            scores: Vec::new(),
            annotator: None,
            source,
            line,
            extra: Map::new(),
        }
    }
}
