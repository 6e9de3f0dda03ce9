//! What a system says of the gold paragraphs.

use std::path::PathBuf;

use anyhow::Result;
use klausul_core::{Classifier, Error, ErrorKind, Paragraph, Prediction, Taxonomy};
use klausul_data::gold::{self as data, JoinKey, Labelled};
use klausul_eval::LabelSet;
use klausul_rules::RuleClassifier;
use rayon::prelude::*;
use serde_json::Value;

use super::Corpus;
use crate::args::EvaluateArgs;
use crate::gold::{self, note};

/// Where predictions come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Classifier(&'a RuleClassifier),
    Files(&'a [PathBuf]),
}

/// Labels and scores for each gold paragraph.
pub(super) struct Judged {
    pub(super) labels: Vec<LabelSet>,
    /// One row of scores a paragraph, or nothing.
    pub(super) scores: Vec<f32>,
    /// The evidence that a file of predictions brought along, one entry a paragraph or none.
    pub(super) evidence: Vec<Value>,
    /// What the report calls the system.
    pub(super) system: String,
    pub(super) matched_by: Option<JoinKey>,
}

/// Paragraphs that a worker classifies at a time.
const BATCH: usize = 512;

pub(super) fn judge(corpus: &Corpus, source: Source<'_>, args: &EvaluateArgs, taxonomy: &Taxonomy) -> Result<Judged> {
    match source {
        Source::Classifier(classifier) => classify(corpus, classifier),
        Source::Files(files) => read(corpus, files, args, taxonomy),
    }
}

fn classify(corpus: &Corpus, classifier: &RuleClassifier) -> Result<Judged> {
    data::check_unique(corpus.paragraphs())?;
    let rows: Vec<usize> = (0..corpus.paragraphs().len()).collect();
    let batches: Vec<Vec<Prediction>> =
        rows.par_chunks(BATCH).map(|rows| predict(corpus, classifier, rows)).collect::<Result<_>>()?;
    let mut judged = Judged {
        labels: Vec::with_capacity(rows.len()),
        scores: Vec::with_capacity(rows.len() * classifier.taxonomy().len()),
        evidence: Vec::new(),
        system: format!("{} {}", classifier.backend(), classifier.model()),
        matched_by: None,
    };
    for prediction in batches.into_iter().flatten() {
        judged.labels.push(prediction.labels.into_iter().collect());
        judged.scores.extend(prediction.scores);
    }
    Ok(judged)
}

/// What a classifier says of some paragraphs of the corpus.
pub(super) fn predict(corpus: &Corpus, classifier: &RuleClassifier, rows: &[usize]) -> Result<Vec<Prediction>> {
    let paragraph = |&row: &usize| gold::paragraph(&corpus.paragraphs()[row], corpus.languages[row]);
    let paragraphs: Vec<Paragraph> = rows.iter().map(paragraph).collect::<Result<_>>()?;
    Ok(classifier.classify(&paragraphs)?)
}

fn read(corpus: &Corpus, files: &[PathBuf], args: &EvaluateArgs, taxonomy: &Taxonomy) -> Result<Judged> {
    let mut predictions: Vec<Labelled> = Vec::new();
    let (mut evidence, mut system) = (Vec::new(), Vec::new());
    for path in files {
        let named = args.predictions_mapping.as_deref();
        let (format, mapping) = gold::mapping(path, None, named, taxonomy)?;
        for annotated in data::read(path, Some(format), &mut |warning| note(args.quiet, &warning))? {
            let mut prediction = mapping.apply(annotated?)?;
            if args.html.is_some() {
                evidence.push(prediction.extra.shift_remove("evidence").unwrap_or_default());
            }
            // A million rows of other columns would fill the memory.
            prediction.extra = serde_json::Map::new();
            prediction.context = Vec::new();
            predictions.push(prediction);
        }
        system.push(path.display().to_string());
    }
    let join = data::join(corpus.paragraphs(), &predictions, args.matched_by)?;
    if join.unused > 0 {
        note(args.quiet, &format!("{} predictions belong to no gold paragraph and are not measured", join.unused));
    }
    let mut judged = Judged {
        labels: Vec::with_capacity(join.places.len()),
        scores: Vec::new(),
        evidence: join.places.iter().filter_map(|&place| evidence.get(place).cloned()).collect(),
        system: system.join(", "),
        matched_by: Some(join.key),
    };
    let scored = predictions[join.places[0]].scores.is_empty();
    for (row, &place) in join.places.iter().enumerate() {
        let prediction = &predictions[place];
        judged.labels.push(prediction.labels.iter().copied().collect());
        if prediction.scores.is_empty() != scored {
            let what =
                if scored { "scores where the first prediction has none" } else { "no scores where the first has" };
            return Err(wrong(prediction, &format!("the prediction has {what}")).into());
        }
        let scope = corpus.scope(row);
        for (category, &score) in prediction.scores.iter().enumerate() {
            if !score.is_nan() {
                judged.scores.push(score);
            } else if scope.contains(category) {
                let id = &taxonomy.categories()[category].id;
                return Err(wrong(prediction, &format!("the prediction has no score for `{id}`")).into());
            } else {
                judged.scores.push(0.0);
            }
        }
    }
    Ok(judged)
}

fn wrong(prediction: &Labelled, message: &str) -> Error {
    Error::new(ErrorKind::Format, message)
        .at(&prediction.source)
        .on_line(prediction.line)
        .mend("give every prediction a score for every category, or none at all")
}
