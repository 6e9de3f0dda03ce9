//! What a worker does: a document or some rows in, encoded records out.

use std::panic::{AssertUnwindSafe, catch_unwind};

use klausul_core::{Language, Paragraph, Result};
use klausul_data::document::{self, RowText};
use klausul_data::read::Page;
use klausul_data::record::{Decided, Record, encode};
use serde_json::{Map, Value};

use super::Task;
use super::memo::Memo;
use super::wave::{RowGroup, Unit};

/// What came of a unit.
#[derive(Default)]
pub(super) struct Output {
    /// The records, as lines.
    pub(super) bytes: Vec<u8>,
    /// Documents that were handled.
    pub(super) documents: u64,
    /// Language and labels of each paragraph, by document.
    pub(super) paragraphs: Vec<(Language, Vec<usize>)>,
    /// What failed, as it is told to the user.
    pub(super) failures: Vec<String>,
}

/// Handles units; shared by all threads.
pub(super) struct Worker<'a> {
    task: Task<'a>,
    memo: Option<Memo<'a>>,
    language: Option<Language>,
}

impl<'a> Worker<'a> {
    pub(super) fn new(task: Task<'a>, language: Option<Language>) -> Self {
        let memo = match task {
            Task::Segment => None,
            Task::Classify { classifier, .. } => Some(Memo::new(classifier)),
        };
        Self { task, memo, language }
    }

    /// Handles a unit. A panic in it is a bug, but one that costs this unit and not the batch.
    pub(super) fn handle(&self, unit: Unit) -> Output {
        let place = match &unit {
            Unit::Page(page) => page.source.clone(),
            Unit::Rows(group) => group.input.clone(),
            Unit::Failed(_) => String::new(),
        };
        let result = catch_unwind(AssertUnwindSafe(|| match unit {
            Unit::Page(page) => self.page(*page),
            Unit::Rows(group) => self.rows(group),
            Unit::Failed(error) => Err(error),
        }));
        match result {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => Output { failures: vec![crate::chain(&error.into())], ..Output::default() },
            Err(_) => {
                let failure = format!("{place}: internal error (a bug in klausul; please report it with this input)");
                Output { failures: vec![failure], ..Output::default() }
            }
        }
    }

    fn page(&self, mut page: Page) -> Result<Output> {
        let extra = std::mem::take(&mut page.extra);
        let document = document::of_page(page, self.language)?;
        let mut output = Output { documents: 1, ..Output::default() };
        let extras = vec![&extra; document.paragraphs.len()];
        let encoded = self.encode(&document.id, &document.paragraphs, &extras, &mut output);
        encoded.map_err(|error| error.at(&document.source))?;
        Ok(output)
    }

    fn rows(&self, group: RowGroup) -> Result<Output> {
        let languages = self.languages(&group);
        let mut extras: Vec<Map<String, Value>> = Vec::with_capacity(group.rows.len());
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
                kind: row.kind.unwrap_or(klausul_core::Kind::Text),
                context: row.context,
                start: 0,
                end: row.text.len(),
                text: row.text,
            });
            extras.push(extra);
        }
        let mut output = Output { documents: u64::from(group.first_index == 0), ..Output::default() };
        let extras: Vec<_> = extras.iter().collect();
        self.encode(&group.doc, &paragraphs, &extras, &mut output).map_err(|error| error.at(&group.input))?;
        Ok(output)
    }

    /// Rows of a named document share its language; rows that stand alone are told by their text and context.
    fn languages(&self, group: &RowGroup) -> Vec<Language> {
        if let Some(language) = self.language {
            return vec![language; group.rows.len()];
        }
        let rows: Vec<RowText<'_>> = group
            .rows
            .iter()
            .map(|row| RowText { text: &row.text, context: &row.context, language: row.language })
            .collect();
        document::row_languages(&rows, group.named)
    }

    fn encode(
        &self,
        doc: &str,
        paragraphs: &[Paragraph],
        extras: &[&Map<String, Value>],
        output: &mut Output,
    ) -> Result<()> {
        let predictions = self.memo.as_ref().map(|memo| memo.classify(paragraphs)).transpose()?;
        for (index, (paragraph, extra)) in paragraphs.iter().zip(extras).enumerate() {
            let prediction = predictions.as_ref().map(|predictions| predictions[index].as_ref());
            let (decided, with_text) = match (&self.task, prediction) {
                (Task::Classify { classifier, explain, with_text }, Some(prediction)) => {
                    let taxonomy = classifier.taxonomy();
                    let (backend, model) = (classifier.backend(), classifier.model());
                    (Some(Decided { prediction, taxonomy, backend, model, explain: *explain }), *with_text)
                }
                _ => (None, true),
            };
            encode(&Record { doc, paragraph, decided, extra, with_text }, &mut output.bytes);
            let labels = prediction.map(|prediction| prediction.labels.clone()).unwrap_or_default();
            output.paragraphs.push((paragraph.language, labels));
        }
        Ok(())
    }
}
