//! A model with a second opinion.

use klausul_core::{Classifier, Error, ErrorKind, Paragraph, Prediction, Result, Taxonomy};

use crate::TransformerClassifier;
use crate::decide::Decisions;
use crate::explain::explain;
use crate::manifest::{Ensemble, TaxonomyId};

/// Probabilities of the second opinion are taken between this and its complement: certainty would outweigh everything.
const CERTAIN: f32 = 0.001;

/// A model whose logits have the log-odds of another classifier's probabilities added, so many times a weight, before calibration.
///
/// The model's manifest says which other classifier its weight, calibration and thresholds were fitted with. Evidence is the other
/// classifier's, where it gives some for a decided category, and after it that of the whole by erasure, as [`TransformerClassifier`] makes it.
pub struct EnsembleClassifier {
    model: TransformerClassifier,
    other: Box<dyn Classifier>,
    weight: f32,
    decisions: Decisions,
    name: String,
    evidence: bool,
}

impl EnsembleClassifier {
    /// The ensemble that a model's manifest speaks of, with the classifier that it names.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the manifest speaks of none or of another classifier, naming both, or when the taxonomies differ.
    pub fn new(model: TransformerClassifier, other: Box<dyn Classifier>) -> Result<Self> {
        let Some(Ensemble { with, weight, labels }) = model.ensemble().cloned() else {
            let message = format!("{} was not fitted with a second opinion", model.model());
            return Err(Error::new(ErrorKind::Config, message).mend("take the model alone"));
        };
        if with != other.model() {
            let message = format!("{} was fitted with {with}, not with {}", model.model(), other.model());
            return Err(Error::new(ErrorKind::Config, message).mend("take the model alone, or a model for these rules"));
        }
        let taxonomy = model.taxonomy();
        let id = TaxonomyId { name: taxonomy.name().into(), version: taxonomy.version().into() };
        let decisions = Decisions::new(&labels, &id, other.taxonomy())?;
        let second = with.split('+').next().unwrap_or_default();
        let name = format!("{}&{second}", model.model());
        Ok(Self { model, other, weight, decisions, name, evidence: false })
    }

    /// Whether predictions say what they rest on. For the other classifier's share it must give evidence itself.
    #[must_use]
    pub fn with_evidence(mut self, evidence: bool) -> Self {
        self.evidence = evidence;
        self
    }

    /// Logits and second opinions of paragraphs as one, in taxonomy order, and the other's predictions.
    fn logits(&self, paragraphs: &[Paragraph]) -> Result<(Vec<Vec<f32>>, Vec<Prediction>)> {
        let others = self.other.classify(paragraphs)?;
        let mut rows = self.model.logits(paragraphs)?;
        for (row, other) in rows.iter_mut().zip(&others) {
            for (logit, &score) in row.iter_mut().zip(&other.scores) {
                *logit += self.weight * log_odds(score);
            }
        }
        Ok((rows, others))
    }
}

fn log_odds(probability: f32) -> f32 {
    let p = probability.clamp(CERTAIN, 1.0 - CERTAIN);
    libm::logf(p / (1.0 - p))
}

impl Classifier for EnsembleClassifier {
    /// # Errors
    /// Those of both classifiers.
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>> {
        let (logits, others) = self.logits(batch)?;
        let mut predictions: Vec<Prediction> = logits.iter().map(|row| self.decisions.predict(row)).collect();
        if self.evidence {
            for (prediction, other) in predictions.iter_mut().zip(others) {
                let decided = |category| prediction.labels.contains(&category);
                prediction.evidence = other.evidence.into_iter().filter(|it| decided(it.category)).collect();
            }
            explain(batch, &mut predictions, |variants| {
                let (logits, _) = self.logits(variants)?;
                Ok(logits.iter().map(|row| self.decisions.probabilities(row)).collect())
            })?;
        }
        Ok(predictions)
    }

    fn taxonomy(&self) -> &Taxonomy {
        self.model.taxonomy()
    }

    fn backend(&self) -> &'static str {
        "ensemble"
    }

    fn model(&self) -> &str {
        &self.name
    }
}

impl std::fmt::Debug for EnsembleClassifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EnsembleClassifier")
            .field("model", &self.name)
            .field("weight", &self.weight)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_bounded_and_even() {
        assert!(log_odds(0.5).abs() < 1e-6);
        assert!((log_odds(0.9) - 2.197_225).abs() < 1e-5 && (log_odds(0.9) + log_odds(0.1)).abs() < 1e-5);
        assert!((log_odds(1.0) - 6.906_755).abs() < 1e-3 && (log_odds(0.0) + 6.906_755).abs() < 1e-3);
    }
}
