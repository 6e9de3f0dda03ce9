//! What of the gold data a classifier may have seen in training.

use anyhow::Result;
use klausul::{Corpus, Documents};
use klausul_core::Taxonomy;
use klausul_eval::duplicates::{ClusterOptions, shared_documents, verbatim};
use klausul_eval::report::{Leaked, Measured, group};

use crate::args::EvaluateArgs;
use crate::gold;

pub(super) fn measure(
    corpus: &Corpus,
    measured: &Measured<'_>,
    args: &EvaluateArgs,
    taxonomy: &Taxonomy,
) -> Result<Option<Leaked>> {
    if args.train.is_empty() {
        return Ok(None);
    }
    let training = gold::read_slim(&args.train, &args.reading, taxonomy, args.quiet)?;
    let train = Documents::new(&training.paragraphs).texts(&training.paragraphs);
    let test = corpus.documents.texts(corpus.labelled());
    let shared = shared_documents(&train, &test, &ClusterOptions::default())?;
    let mut seen_document = vec![false; test.len()];
    for &document in &shared {
        seen_document[document] = true;
    }
    let passages: Vec<&str> = train.iter().flatten().copied().collect();
    let texts: Vec<&str> =
        corpus.labelled().iter().map(|paragraph| paragraph.text.as_deref().unwrap_or_default()).collect();
    let seen = verbatim(&passages, &texts);
    let unseen = (0..texts.len()).filter(|&row| !seen[row] && !seen_document[corpus.documents.of[row] as usize]);
    Ok(Some(Leaked {
        train: args.train.iter().map(|path| path.display().to_string()).collect(),
        documents: test.len(),
        documents_in_train: shared.len(),
        passages: texts.len(),
        passages_in_train: seen.iter().filter(|&&seen| seen).count(),
        unseen: group(measured, unseen),
    }))
}
