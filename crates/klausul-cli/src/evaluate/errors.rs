//! The errors of a system, for the browser of errors.

use anyhow::Result;
use klausul::Corpus;
use klausul_core::{Classifier, Paragraph, Taxonomy};
use klausul_data::record::{Decided, Record, encode};
use klausul_eval::{LabelSet, Sample};
use serde_json::{Map, Value, json};

use crate::args::EvaluateArgs;
use crate::gold::note;
use crate::verbs::classifier;

/// Every paragraph with a missed or wrong label, in the order of the gold data, up to the number that the arguments allow.
pub(super) fn list(
    corpus: &Corpus,
    sample: &Sample,
    evidence: &[Value],
    taxonomy: &Taxonomy,
    args: &EvaluateArgs,
) -> Result<Vec<Value>> {
    let mut rows: Vec<usize> = (0..sample.len()).filter(|&row| sample.gold(row) != sample.predicted(row)).collect();
    if rows.len() > args.max_errors {
        note(args.quiet, &format!("the page shows the first {} of {} errors", args.max_errors, rows.len()));
        rows.truncate(args.max_errors);
    }
    let evidence = if args.predictions.is_empty() {
        explain(corpus, &classifier(&args.classifier, true, args.threads, true)?, &rows)?
    } else {
        rows.iter().map(|&row| evidence.get(row).cloned().unwrap_or_default()).collect()
    };
    let ids =
        |set: LabelSet| -> Vec<&str> { set.iter().map(|index| taxonomy.categories()[index].id.as_str()).collect() };
    let error = |(&row, evidence): (&usize, Value)| {
        let paragraph = &corpus.labelled()[row];
        let (gold, given) = (sample.gold(row), sample.predicted(row));
        let shown = (gold | given).iter();
        let scores: Map<String, Value> = sample.scores(row).map_or_else(Map::new, |scores| {
            shown.map(|index| (taxonomy.categories()[index].id.clone(), json!(scores[index]))).collect()
        });
        json!({
            "id": paragraph.id_or_place(),
            "doc": corpus.documents.ids[corpus.documents.of[row] as usize],
            "lang": corpus.languages[row],
            "kind": paragraph.kind,
            "context": paragraph.context,
            "text": paragraph.text,
            "gold": ids(gold),
            "predicted": ids(given),
            "scores": scores,
            "evidence": evidence,
        })
    };
    Ok(rows.iter().zip(evidence).map(error).collect())
}

/// The evidence for each row, as the records of `classify --explain` have it.
fn explain(corpus: &Corpus, classifier: &dyn Classifier, rows: &[usize]) -> Result<Vec<Value>> {
    let predictions = corpus.predict(classifier, rows)?;
    let taxonomy = classifier.taxonomy();
    let empty = Map::new();
    let nowhere = Paragraph {
        id: String::new(),
        index: 0,
        language: klausul_core::Language::UNKNOWN,
        kind: klausul_core::Kind::Text,
        context: Vec::new(),
        text: String::new(),
        start: 0,
        end: 0,
    };
    predictions
        .iter()
        .map(|prediction| {
            let decided = Some(Decided { prediction, taxonomy, backend: "", model: "", explain: true });
            let record = Record { doc: "", paragraph: &nowhere, decided, extra: &empty, with_text: false };
            let mut line = Vec::new();
            encode(&record, &mut line);
            let mut record: Value = serde_json::from_slice(&line)?;
            Ok(record["evidence"].take())
        })
        .collect()
}
