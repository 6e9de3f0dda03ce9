//! From paragraphs to the probabilities of their categories.

use std::sync::Arc;

use klausul_core::{Classifier, Error, ErrorKind, Paragraph, Prediction, Result, Taxonomy};

use crate::directory::MANIFEST;
use crate::explain::{parts, reasons, without};
use crate::manifest::Label;
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
    /// With the label's category, in the order of the head's outputs.
    labels: Vec<(usize, Label)>,
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
        let labels = match_labels(&manifest.labels, &manifest.taxonomy.name, &manifest.taxonomy.version, &taxonomy);
        let labels = labels.map_err(|error| error.at(directory.path_of(MANIFEST)))?;
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
        Ok(Self { embedder, head, labels, taxonomy, model, evidence: false })
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
            let mut highest = vec![f32::NEG_INFINITY; self.labels.len()];
            for vector in vectors[range.start * hidden..range.end * hidden].chunks_exact(hidden) {
                for ((category, label), logit) in self.labels.iter().zip(self.head.logits(vector)) {
                    if !logit.is_finite() {
                        let message = format!("the head gives `{logit}` for label `{}`", label.id);
                        return Err(Error::new(ErrorKind::Format, message).mend("train the head again"));
                    }
                    highest[*category] = highest[*category].max(logit);
                }
            }
            rows.push(highest);
        }
        Ok(rows)
    }
}

impl TransformerClassifier {
    /// The probabilities of logits, in taxonomy order. Calibration rises with the logit, so the highest logit of a paragraph's windows has
    /// the highest probability.
    fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0; logits.len()];
        for (category, label) in &self.labels {
            scores[*category] = label.calibration.probability(logits[*category]);
        }
        scores
    }

    /// Says which words each decision rests on.
    fn explain(&self, batch: &[Paragraph], predictions: &mut [Prediction]) -> Result<()> {
        // One paragraph at a time: its variants are a batch of their own.
        for (paragraph, prediction) in batch.iter().zip(predictions) {
            if prediction.labels.is_empty() {
                continue;
            }
            let parts = parts(paragraph);
            let variants: Vec<Paragraph> = parts.iter().map(|part| without(paragraph, part)).collect();
            let left: Vec<Vec<f32>> = self.logits(&variants)?.iter().map(|row| self.probabilities(row)).collect();
            for &category in &prediction.labels {
                let column: Vec<f32> = left.iter().map(|scores| scores[category]).collect();
                let whole = prediction.scores[category];
                prediction.evidence.extend(reasons(paragraph, &parts, category, whole, &column));
            }
        }
        Ok(())
    }
}

impl Classifier for TransformerClassifier {
    /// # Errors
    /// [`ErrorKind::Format`] when the tokenizer fails or the model returns values that are no numbers; those of the engine.
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>> {
        let predict = |logits: &Vec<f32>| {
            let scores = self.probabilities(logits);
            let decided = self.labels.iter().filter(|(category, label)| scores[*category] >= label.threshold);
            let mut labels: Vec<usize> = decided.map(|&(category, _)| category).collect();
            labels.sort_unstable();
            Prediction { scores, labels, evidence: Vec::new() }
        };
        let mut predictions: Vec<Prediction> = self.logits(batch)?.iter().map(predict).collect();
        if self.evidence {
            self.explain(batch, &mut predictions)?;
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

/// The category of each label; the model must know exactly the taxonomy's categories.
fn match_labels(labels: &[Label], name: &str, version: &str, taxonomy: &Taxonomy) -> Result<Vec<(usize, Label)>> {
    let differs = |message: String| {
        let mend = "take a model of this taxonomy, or give the taxonomy of the model";
        Error::new(ErrorKind::Config, message).mend(mend)
    };
    if (name, version) != (taxonomy.name(), taxonomy.version()) {
        let (own, theirs) = (taxonomy.name(), taxonomy.version());
        return Err(differs(format!("the model is of taxonomy `{name}` `{version}`, not `{own}` `{theirs}`")));
    }
    let mut matched = Vec::with_capacity(labels.len());
    for label in labels {
        let category = taxonomy.index_of(&label.id);
        let category =
            category.ok_or_else(|| differs(format!("label `{}` is not a category of `{name}`", label.id)))?;
        matched.push((category, label.clone()));
    }
    let known = |id: &str| labels.iter().any(|label| label.id == id);
    match taxonomy.categories().iter().find(|category| !known(&category.id)) {
        Some(category) => Err(differs(format!("the model has no label for category `{}`", category.id))),
        None => Ok(matched),
    }
}
