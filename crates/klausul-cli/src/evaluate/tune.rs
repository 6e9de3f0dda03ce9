//! Thresholds, from a development set or a file.

use std::path::Path;

use anyhow::Result;
use klausul::Corpus;
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_eval::duplicates::{ClusterOptions, shared_documents};
use klausul_eval::threshold::best_thresholds;
use serde_json::Value;

use super::system::{self, Source};
use crate::args::EvaluateArgs;
use crate::gold::{self, note};

/// The best threshold of each category on the development set.
pub(super) fn find(
    corpus: &Corpus,
    source: Source<'_>,
    args: &EvaluateArgs,
    taxonomy: &Taxonomy,
) -> Result<Vec<Option<f32>>> {
    if let Source::Files([]) = source {
        return Err(usage("--tune needs the predictions of its paragraphs", "give them with --tune-predictions").into());
    }
    let development = Corpus::new(gold::read_slim(&args.tune, &args.reading, taxonomy, args.quiet)?);
    let texts = [&development, corpus].map(|corpus| corpus.documents.texts(corpus.labelled()));
    let shared = shared_documents(&texts[0], &texts[1], &ClusterOptions::default())?;
    if let Some(&first) = shared.first() {
        let message = format!(
            "{} of {} documents of --gold are in --tune or are near-duplicates of what is, `{}` first",
            shared.len(),
            texts[1].len(),
            corpus.documents.ids[first]
        );
        if !args.allow_tuning_on_test {
            let mend =
                "tune on other documents (`klausul split` makes such sets), or allow it with --allow-tuning-on-test";
            return Err(usage(&message, mend).into());
        }
        note(args.quiet, &format!("{message}: the figures flatter the system"));
    }
    let mut judged = system::judge(&development, source, args, taxonomy)?;
    let scores = std::mem::take(&mut judged.scores);
    Ok(best_thresholds(&development.sample(&judged.labels, scores, taxonomy.len())?)?)
}

/// Thresholds from a JSON file: an object of ids and numbers, or a report.
pub(super) fn read(path: &Path, taxonomy: &Taxonomy) -> Result<Vec<Option<f32>>> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
    let value: Value = serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Config, "these are no thresholds").at(path).on_line(error.line() as u64).caused_by(error)
    })?;
    let object = value.pointer("/settings/thresholds").unwrap_or(&value).as_object().ok_or_else(|| {
        Error::new(ErrorKind::Config, "there are no thresholds in it")
            .at(path)
            .mend("give an object of category ids and numbers")
    })?;
    let mut thresholds = vec![None; taxonomy.len()];
    for (id, value) in object {
        let wrong = |message: String| Error::new(ErrorKind::Config, message).at(path);
        let category = taxonomy
            .index_of(id)
            .ok_or_else(|| wrong(format!("`{id}` is no category")).mend("`klausul taxonomy` lists them"))?;
        let threshold = value
            .as_f64()
            .filter(|number| (0.0..=1.0).contains(number))
            .ok_or_else(|| wrong(format!("the threshold of `{id}` is `{value}`")).mend("give a number from 0 to 1"))?;
        thresholds[category] = Some(threshold as f32);
    }
    Ok(thresholds)
}

fn usage(message: &str, mend: &str) -> Error {
    Error::new(ErrorKind::Usage, message).mend(mend)
}
