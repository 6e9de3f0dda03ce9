//! From paragraphs to the probabilities of their categories.

use std::sync::Arc;

use klausul_core::{Classifier, Error, ErrorKind, Paragraph, Prediction, Result, Taxonomy};

use crate::decide::Decisions;
use crate::directory::MANIFEST;
use crate::explain::explain;
use crate::manifest::Ensemble;
use crate::{Embedder, Encoder, EncoderConfig, Head, ModelDirectory, Weights, Workers};

/// A multilingual encoder with a head of one probability a category.
///
/// A category is decided when its calibrated probability reaches the label's threshold. A paragraph that is cut into windows has, for
/// each category, the highest probability of its windows: it states what any part of it states.
///
/// **Evidence** is made by erasure (Li et al. 2016, arXiv:1612.08220): each heading and each run of words is taken away in turn, and those
/// whose loss takes most of a decided category's probability are its reasons. The rule of such a piece of evidence is `without/P`, with
/// the probability that is left.
#[derive(Debug, Clone)]
pub struct TransformerClassifier {
    embedder: Embedder,
    head: Head,
    decisions: Decisions,
    ensemble: Option<Ensemble>,
    taxonomy: Taxonomy,
    model: String,
    evidence: bool,
}

impl TransformerClassifier {
    /// The model of a directory over a taxonomy; `engine` makes the encoder of its shape and weights, which runs on `workers`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the model was trained for another taxonomy, naming what differs; those of [`Embedder::new`] and
    /// [`ModelDirectory::head`].
    pub fn new<E: Encoder + 'static>(
        directory: &ModelDirectory,
        engine: impl FnOnce(&EncoderConfig, &Weights) -> Result<E> + Send,
        taxonomy: Taxonomy,
        workers: Arc<Workers>,
    ) -> Result<Self> {
        let manifest = directory.manifest().ok_or_else(|| directory.no_manifest())?;
        // The encoder first: what is wrong with the whole is found in its tensors rather than in the head's.
        let embedder = Embedder::new(directory, engine, workers)?;
        let head = directory.head(&directory.weights()?)?;
        let decisions = Decisions::new(&manifest.labels, &manifest.taxonomy, &taxonomy);
        let decisions = decisions.map_err(|error| error.at(directory.path_of(MANIFEST)))?;
        let ensemble = manifest.ensemble.clone();
        let commit =
            directory.revision().map_or(String::new(), |commit| format!("@{}", &commit[..commit.len().min(12)]));
        let model = format!(
            "{}-{}{commit}+{}-{}/{}",
            manifest.name,
            manifest.version,
            taxonomy.name(),
            taxonomy.version(),
            embedder.engine()
        );
        Ok(Self { embedder, head, decisions, ensemble, taxonomy, model, evidence: false })
    }

    /// Sets the most tokens of a batch, padding included. It bounds memory and does not change results.
    #[must_use]
    pub fn with_batch_tokens(mut self, tokens: usize) -> Self {
        self.embedder = self.embedder.with_batch_tokens(tokens);
        self
    }

    /// Whether predictions say which words they rest on; it costs a pass for each run of words of a paragraph with a category.
    #[must_use]
    pub fn with_evidence(mut self, evidence: bool) -> Self {
        self.evidence = evidence;
        self
    }

    /// What the manifest says of deciding together with another classifier; see [`EnsembleClassifier`](crate::EnsembleClassifier).
    pub fn ensemble(&self) -> Option<&Ensemble> {
        self.ensemble.as_ref()
    }

    /// Turns paragraphs into the vectors that the head reads.
    pub fn embedder(&self) -> &Embedder {
        &self.embedder
    }

    /// The logits of each paragraph in taxonomy order, before calibration; the highest of its windows. Thresholds and calibration are
    /// fitted on them.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn logits(&self, paragraphs: &[Paragraph]) -> Result<Vec<Vec<f32>>> {
        let windows = self.embedder.windows(paragraphs)?;
        let vectors = self.embedder.encode(&windows)?;
        let hidden = self.embedder.hidden();
        let mut rows = Vec::with_capacity(paragraphs.len());
        for range in windows.ranges() {
            let mut highest = vec![f32::NEG_INFINITY; self.decisions.len()];
            for vector in vectors[range.start * hidden..range.end * hidden].chunks_exact(hidden) {
                for ((category, label), logit) in self.decisions.labels().zip(self.head.logits(vector)) {
                    if !logit.is_finite() {
                        let message = format!("the head gives `{logit}` for label `{label}`");
                        return Err(Error::new(ErrorKind::Format, message).mend("train the head again"));
                    }
                    highest[category] = highest[category].max(logit);
                }
            }
            rows.push(highest);
        }
        Ok(rows)
    }
}

impl Classifier for TransformerClassifier {
    /// # Errors
    /// [`ErrorKind::Format`] when the tokenizer fails or the model returns values that are no numbers; those of the engine.
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>> {
        // Calibration rises with the logit, so the highest logit of a paragraph's windows has the highest probability.
        let mut predictions: Vec<Prediction> =
            self.logits(batch)?.iter().map(|logits| self.decisions.predict(logits)).collect();
        if self.evidence {
            explain(batch, &mut predictions, |variants| {
                Ok(self.logits(variants)?.iter().map(|logits| self.decisions.probabilities(logits)).collect())
            })?;
        }
        Ok(predictions)
    }

    fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    fn backend(&self) -> &'static str {
        "transformer"
    }

    fn model(&self) -> &str {
        &self.model
    }
}
