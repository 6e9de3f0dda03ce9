//! A classifier against gold data.

use klausul_core::Result;
use klausul_eval::report::{Figures, Measured, measure};
use klausul_eval::{Bootstrap, Sample};

use crate::{Corpus, Gold};

/// What a measurement came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Evaluation {
    /// All figures, with intervals over documents; they serialise as in the report of `klausul evaluate --json`.
    pub figures: Figures,
    /// Gold and given labels with the scores, paragraph by paragraph, for measures of one's own.
    pub sample: Sample,
}

/// Labels gold paragraphs and compares; on the current rayon pool.
///
/// # Errors
/// Those of [`Corpus::predict_all`] and [`Corpus::sample`].
pub fn evaluate(classifier: &dyn klausul_core::Classifier, gold: Gold, bootstrap: &Bootstrap) -> Result<Evaluation> {
    let (corpus, taxonomy) = (Corpus::new(gold), classifier.taxonomy());
    let (mut given, mut scores) = (Vec::new(), Vec::new());
    for prediction in corpus.predict_all(classifier)? {
        given.push(prediction.labels.into_iter().collect());
        scores.extend(prediction.scores);
    }
    let sample = corpus.sample(&given, scores, taxonomy.len())?;
    let kinds = corpus.kinds();
    let documents = corpus.document_languages();
    let units: Vec<u32> = (0..documents.len() as u32).collect();
    let measured = Measured {
        taxonomy,
        sample: &sample,
        documents: &documents,
        languages: &corpus.languages,
        kinds: &kinds,
        units: &units,
        scope: sample.scopes(),
        bootstrap,
        other: None,
    };
    Ok(Evaluation { figures: measure(&measured), sample })
}
