//! The paragraphs of a unit.

use std::panic::{AssertUnwindSafe, catch_unwind};

use klausul_core::{Document, Error, ErrorKind, Kind, Language, Paragraph, Result};
use serde_json::{Map, Value};

use super::wave::{RowGroup, Unit};
use crate::document::{self, RowText};
use crate::read::Page;

/// Paragraphs of one document, or of rows that name none.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// Id of the document.
    pub doc: String,
    /// Where it came from, for messages.
    pub source: String,
    /// Whether the document begins here; one of very many rows comes in several parts.
    pub begins: bool,
    /// In reading order.
    pub paragraphs: Vec<Paragraph>,
    /// What their inputs said beside.
    pub extras: Extras,
}

impl Cut {
    /// A document as it is.
    pub fn of(document: Document) -> Self {
        let Document { id, source, paragraphs, .. } = document;
        Self { doc: id, source, begins: true, paragraphs, extras: Extras::Document(Map::new()) }
    }
}

/// The other columns of inputs.
#[derive(Debug, Clone, PartialEq)]
pub enum Extras {
    /// Of the document.
    Document(Map<String, Value>),
    /// Of each paragraph.
    Rows(Vec<Map<String, Value>>),
}

impl Extras {
    /// Those of a paragraph.
    pub fn of(&self, paragraph: usize) -> &Map<String, Value> {
        match self {
            Self::Document(extra) => extra,
            Self::Rows(extras) => &extras[paragraph],
        }
    }
}

impl Unit {
    /// Where it came from, for messages.
    pub fn source(&self) -> &str {
        match self {
            Self::Page(page) => &page.source,
            Self::Rows(group) => &group.input,
            Self::Failed(_) => "",
        }
    }

    /// Decodes, segments and tells languages; `language` overrides what the text says.
    ///
    /// # Errors
    /// What failed when the unit was read, and what [`document::of_page`] returns. A panic is an error of this unit too.
    pub fn cut(self, language: Option<Language>) -> Result<Cut> {
        let source = self.source().to_owned();
        guarded(&source, || match self {
            Self::Page(page) => of_page(*page, language),
            Self::Rows(group) => Ok(of_rows(group, language)),
            Self::Failed(error) => Err(error),
        })
    }
}

/// Does something with what came from `source`. A panic in it is a bug, but one that costs this source and not the batch.
///
/// # Errors
/// Those of `work`, and a panic.
pub fn guarded<T>(source: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let message = "internal error (a bug in klausul; please report it with this input)";
        Err(Error::new(ErrorKind::Format, message).at(source))
    })
}

fn of_page(mut page: Page, language: Option<Language>) -> Result<Cut> {
    let extra = std::mem::take(&mut page.extra);
    let document = document::of_page(page, language)?;
    Ok(Cut { extras: Extras::Document(extra), ..Cut::of(document) })
}

fn of_rows(group: RowGroup, language: Option<Language>) -> Cut {
    let languages = languages(&group, language);
    let mut extras = Vec::with_capacity(group.rows.len());
    let mut paragraphs = Vec::with_capacity(group.rows.len());
    for (position, (row, language)) in group.rows.into_iter().zip(languages).enumerate() {
        let mut extra = row.extra;
        let given = extra.get("index").and_then(Value::as_u64);
        if given.is_some() {
            extra.shift_remove("index");
        }
        let id = row.id.unwrap_or_else(|| format!("{}#{}", group.input, group.first_row + position));
        paragraphs.push(Paragraph {
            id,
            index: given.map_or(group.first_index + position, |index| index as usize),
            language,
            kind: row.kind.unwrap_or(Kind::Text),
            context: row.context,
            start: 0,
            end: row.text.len(),
            text: row.text,
        });
        extras.push(extra);
    }
    Cut {
        doc: group.doc,
        source: group.input,
        begins: group.first_index == 0,
        paragraphs,
        extras: Extras::Rows(extras),
    }
}

/// Rows of a named document share its language; rows that stand alone are told by their text and context.
fn languages(group: &RowGroup, language: Option<Language>) -> Vec<Language> {
    if let Some(language) = language {
        return vec![language; group.rows.len()];
    }
    let rows: Vec<RowText<'_>> = group
        .rows
        .iter()
        .map(|row| RowText { text: &row.text, context: &row.context, language: row.language })
        .collect();
    document::row_languages(&rows, group.named)
}
