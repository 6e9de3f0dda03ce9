//! What a system says of the gold paragraphs.

use std::path::PathBuf;

use anyhow::Result;
use klausul::{Corpus, GoldOptions};
use klausul_core::{Classifier, Error, ErrorKind, Taxonomy};
use klausul_data::gold::{self as data, Join, JoinKey, Joined, Labelled};
use klausul_eval::LabelSet;
use serde_json::Value;

use crate::args::EvaluateArgs;
use crate::gold::note;

/// Where predictions come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Classifier(&'a dyn Classifier),
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

pub(super) fn judge(corpus: &Corpus, source: Source<'_>, args: &EvaluateArgs, taxonomy: &Taxonomy) -> Result<Judged> {
    match source {
        Source::Classifier(classifier) => classify(corpus, classifier),
        Source::Files(files) => read(corpus, files, args, taxonomy),
    }
}

fn classify(corpus: &Corpus, classifier: &dyn Classifier) -> Result<Judged> {
    let predictions = corpus.predict_all(classifier)?;
    let mut judged = Judged {
        labels: Vec::with_capacity(predictions.len()),
        scores: Vec::with_capacity(predictions.len() * classifier.taxonomy().len()),
        evidence: Vec::new(),
        system: format!("{} {}", classifier.backend(), classifier.model()),
        matched_by: None,
    };
    for prediction in predictions {
        judged.labels.push(prediction.labels.into_iter().collect());
        judged.scores.extend(prediction.scores);
    }
    Ok(judged)
}

/// Predictions that are looked at to find by what they are matched.
const FIRST: usize = 1000;

/// Reads predictions one by one: of a million with scores only labels and scores are held.
fn read(corpus: &Corpus, files: &[PathBuf], args: &EvaluateArgs, taxonomy: &Taxonomy) -> Result<Judged> {
    let count = corpus.labelled().len();
    let options = match &args.predictions_mapping {
        Some(mapping) => GoldOptions::new().mapping(mapping),
        None => GoldOptions::new(),
    };
    let mut predictions = Vec::new();
    for path in files {
        let (format, mapping) = options.reading(path, taxonomy)?;
        let annotated = data::read(path, Some(format), &mut |warning| note(args.quiet, &warning))?;
        predictions.push(annotated.map(move |annotated| mapping.apply(annotated?)));
    }
    let mut predictions = predictions.into_iter().flatten();
    let first: Vec<Labelled> = predictions.by_ref().take(FIRST).collect::<klausul_core::Result<_>>()?;
    let mut join = Join::new(corpus.labelled(), &first, args.matched_by)?;
    let with_scores = first.first().is_some_and(|prediction| !prediction.scores.is_empty());
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    let mut judged = Judged {
        labels: vec![LabelSet::EMPTY; count],
        scores: vec![0.0; if with_scores { count * taxonomy.len() } else { 0 }],
        evidence: vec![Value::Null; if args.html.is_some() { count } else { 0 }],
        system: names.join(", "),
        matched_by: Some(join.key()),
    };
    for prediction in first.into_iter().map(Ok).chain(predictions) {
        let mut prediction = prediction?;
        let Some(row) = join.place(&prediction)? else { continue };
        judged.labels[row] = prediction.labels.iter().copied().collect();
        if let Some(evidence) = judged.evidence.get_mut(row) {
            *evidence = prediction.extra.shift_remove("evidence").unwrap_or_default();
        }
        if prediction.scores.is_empty() == with_scores {
            let what = if with_scores {
                "no scores where the first has"
            } else {
                "scores where the first prediction has none"
            };
            return Err(wrong(&prediction, &format!("the prediction has {what}")).into());
        }
        let scope = corpus.scope(row);
        for (category, &score) in prediction.scores.iter().enumerate() {
            if !score.is_nan() {
                judged.scores[row * taxonomy.len() + category] = score;
            } else if scope.contains(category) {
                let id = &taxonomy.categories()[category].id;
                return Err(wrong(&prediction, &format!("the prediction has no score for `{id}`")).into());
            }
        }
    }
    let Joined { shared, unused } = join.finish()?;
    for (row, like) in shared {
        judged.labels[row] = judged.labels[like];
        if with_scores {
            let from = like * taxonomy.len();
            judged.scores.copy_within(from..from + taxonomy.len(), row * taxonomy.len());
        }
    }
    if unused > 0 {
        note(args.quiet, &format!("{unused} predictions belong to no gold paragraph and are not measured"));
    }
    Ok(judged)
}

fn wrong(prediction: &Labelled, message: &str) -> Error {
    Error::new(ErrorKind::Format, message)
        .at(&prediction.source)
        .on_line(prediction.line)
        .mend("give every prediction a score for every category, or none at all")
}
