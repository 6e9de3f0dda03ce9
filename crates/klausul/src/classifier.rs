//! The classifier that users hold.

use std::sync::Arc;

use klausul_core::{Category, Paragraph, Prediction, Result, Taxonomy};
#[cfg(feature = "transformer")]
use klausul_transformer::Embedder;

use crate::ClassifierBuilder;

/// Labels paragraphs: the model that ships, another one, the rules, or two of them together.
///
/// Cloning is cheap and clones share everything. Calls from many threads run side by side; each prediction depends on its paragraph alone, so
/// neither threads nor batches change a bit of it.
#[derive(Clone)]
pub struct Classifier {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) decides: Box<dyn klausul_core::Classifier>,
    #[cfg(feature = "transformer")]
    pub(crate) embedder: Option<Embedder>,
}

/// A category that a text states.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Label<'a> {
    /// The category, with its name, articles and guidelines.
    pub category: &'a Category,
    /// Calibrated, from 0 to 1.
    pub probability: f32,
}

impl Classifier {
    /// The best that this build has: the model that ships with the rules beside it, or else the rules.
    ///
    /// # Errors
    /// Those of [`ClassifierBuilder::build`].
    pub fn new() -> Result<Self> {
        Self::builder().build()
    }

    /// Another model, other rules, a number of threads, evidence.
    pub fn builder() -> ClassifierBuilder {
        ClassifierBuilder::default()
    }

    /// The categories that a text states, in the order of the taxonomy, by itself: without headings, in the language that it is told to be in.
    ///
    /// # Errors
    /// Those of [`classify`](Self::classify).
    #[cfg(feature = "data")]
    pub fn classify_text(&self, text: &str) -> Result<Vec<Label<'_>>> {
        let predictions = self.classify(&[crate::paragraph(text, &[])])?;
        Ok(predictions.iter().flat_map(|prediction| self.labels(prediction)).collect())
    }

    /// One prediction a paragraph, in order. Paragraphs that are equal are encoded once.
    ///
    /// # Errors
    /// [`ErrorKind::Format`](klausul_core::ErrorKind::Format) when the model gives values that are no numbers.
    pub fn classify(&self, paragraphs: &[Paragraph]) -> Result<Vec<Prediction>> {
        self.inner.decides.classify(paragraphs)
    }

    /// What a prediction has decided, with names and probabilities.
    pub fn labels<'a>(&'a self, prediction: &Prediction) -> Vec<Label<'a>> {
        let label = |&index: &usize| Label {
            category: &self.taxonomy().categories()[index],
            probability: prediction.scores[index],
        };
        prediction.labels.iter().map(label).collect()
    }

    /// The categories that predictions speak of.
    pub fn taxonomy(&self) -> &Taxonomy {
        self.inner.decides.taxonomy()
    }

    /// What decides: `rules`, `transformer` or `ensemble`.
    pub fn backend(&self) -> &str {
        self.inner.decides.backend()
    }

    /// Name and version of what decides; two classifiers of one name give the same labels.
    pub fn model(&self) -> &str {
        self.inner.decides.model()
    }

    /// Length of the vectors of [`embed`](Self::embed): 384 for the model that ships, `None` for rules.
    #[cfg(feature = "transformer")]
    pub fn embedding_size(&self) -> Option<usize> {
        self.inner.embedder.as_ref().map(Embedder::hidden)
    }

    /// One vector a paragraph, row after row, [`embedding_size`](Self::embedding_size) values each, of length 1: the product of two is their
    /// cosine similarity. Near vectors speak of like things in whatever language.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`](klausul_core::ErrorKind::Usage) when rules alone classify.
    #[cfg(feature = "transformer")]
    pub fn embed(&self, paragraphs: &[Paragraph]) -> Result<Vec<f32>> {
        let Some(embedder) = &self.inner.embedder else {
            let error = klausul_core::Error::new(klausul_core::ErrorKind::Usage, "rules make no vectors of paragraphs");
            return Err(error.mend("take a model"));
        };
        let mut rows = embedder.embed(paragraphs)?;
        for row in rows.chunks_exact_mut(embedder.hidden()) {
            let length = klausul_transformer::dot(row, row).sqrt().max(f32::MIN_POSITIVE);
            for value in row {
                *value /= length;
            }
        }
        Ok(rows)
    }
}

impl klausul_core::Classifier for Classifier {
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>> {
        self.inner.decides.classify(batch)
    }

    fn taxonomy(&self) -> &Taxonomy {
        self.inner.decides.taxonomy()
    }

    fn backend(&self) -> &str {
        self.inner.decides.backend()
    }

    fn model(&self) -> &str {
        self.inner.decides.model()
    }
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classifier").field("model", &self.model()).finish_non_exhaustive()
    }
}
