//! What a worker does: a document or some rows in, encoded records out.

use klausul::Memo;
use klausul_core::{Language, Result};
use klausul_data::batch::{Cut, Unit, guarded};
use klausul_data::record::{Decided, Record, encode};

use super::Task;

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

    /// Handles a unit; what fails costs this unit and not the batch.
    pub(super) fn handle(&self, unit: Unit) -> Output {
        let cut = unit.cut(self.language);
        let output = cut.and_then(|cut| guarded(&cut.source, || self.encode(&cut)));
        output.unwrap_or_else(|error| Output { failures: vec![crate::chain(&error.into())], ..Output::default() })
    }

    fn encode(&self, cut: &Cut) -> Result<Output> {
        let mut output = Output { documents: u64::from(cut.begins), ..Output::default() };
        let predictions = self.memo.as_ref().map(|memo| memo.classify(&cut.paragraphs)).transpose();
        let predictions = predictions.map_err(|error| error.at(&cut.source))?;
        for (index, paragraph) in cut.paragraphs.iter().enumerate() {
            let prediction = predictions.as_ref().map(|predictions| predictions[index].as_ref());
            let (decided, with_text) = match (&self.task, prediction) {
                (Task::Classify { classifier, explain, with_text }, Some(prediction)) => {
                    let taxonomy = classifier.taxonomy();
                    let (backend, model) = (classifier.backend(), classifier.model());
                    (Some(Decided { prediction, taxonomy, backend, model, explain: *explain }), *with_text)
                }
                _ => (None, true),
            };
            let extra = cut.extras.of(index);
            encode(&Record { doc: &cut.doc, paragraph, decided, extra, with_text }, &mut output.bytes);
            let labels = prediction.map(|prediction| prediction.labels.clone()).unwrap_or_default();
            output.paragraphs.push((paragraph.language, labels));
        }
        Ok(output)
    }
}
