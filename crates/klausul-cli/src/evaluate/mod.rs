//! A measurement: gold paragraphs, what a system says of them, and the report.

mod errors;
mod leak;
mod system;
mod tune;

use std::path::{Path, PathBuf};

use anyhow::Result;
use klausul::Corpus;
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_data::gold::{JoinKey, Labelled};
use klausul_eval::duplicates::{ClusterOptions, clusters};
use klausul_eval::report::{Figures, Measured, Named, Report, Settings, csv, html, markdown, measure, text};
use klausul_eval::{Bootstrap, LabelSet, Sample};

use crate::args::EvaluateArgs;
use crate::gold::{self, note};
use crate::verbs::classifier;
use serde_json::Value;
use system::{Judged, Source};

/// Measures what the arguments ask for and writes every report.
pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    let evaluation = Evaluation::new(args)?;
    evaluation.write()
}

struct Evaluation<'a> {
    args: &'a EvaluateArgs,
    taxonomy: Taxonomy,
    corpus: Corpus,
    sample: Sample,
    evidence: Vec<Value>,
    report: Report,
}

impl<'a> Evaluation<'a> {
    fn new(args: &'a EvaluateArgs) -> Result<Self> {
        let by_file = !args.predictions.is_empty();
        let classifier =
            if by_file { None } else { Some(classifier(&args.classifier, false, args.threads, args.quiet)?) };
        let taxonomy = match &classifier {
            Some(classifier) => classifier.taxonomy().clone(),
            None => crate::verbs::taxonomy_of(args.classifier.taxonomy.as_deref())?,
        };
        let corpus = Corpus::new(gold::read_slim(&args.gold, &args.reading, &taxonomy, args.quiet)?);
        let source = |files: &'a [PathBuf]| match &classifier {
            Some(classifier) => Source::Classifier(classifier),
            None => Source::Files(files),
        };
        let mut judged = system::judge(&corpus, source(&args.predictions), args, &taxonomy)?;
        let thresholds = if args.tune.is_empty() {
            args.thresholds.as_deref().map(|path| tune::read(path, &taxonomy)).transpose()?
        } else {
            Some(tune::find(&corpus, source(&args.tune_predictions), args, &taxonomy)?)
        };
        let scores = std::mem::take(&mut judged.scores);
        let mut sample = corpus.sample(&judged.labels, scores, taxonomy.len())?;
        if let Some(thresholds) = &thresholds {
            sample = sample.at_thresholds(thresholds)?;
        }
        let other = if args.compare.is_empty() {
            None
        } else {
            let theirs = system::judge(&corpus, Source::Files(&args.compare), args, &taxonomy)?;
            Some(sample.with_predicted(theirs.labels)?)
        };
        let units = units(&corpus, args.cluster)?;
        let documents = corpus.document_languages();
        let kinds = corpus.kinds();
        let bootstrap = Bootstrap::default().with_replicates(args.bootstrap).with_seed(args.seed);
        let scope = sample.scopes();
        let measured = Measured {
            taxonomy: &taxonomy,
            sample: &sample,
            documents: &documents,
            languages: &corpus.languages,
            kinds: &kinds,
            units: &units,
            scope,
            bootstrap: &bootstrap,
            other: other.as_ref(),
        };
        let figures = measure(&measured);
        warn(args, &corpus, &figures);
        let leakage = leak::measure(&corpus, &measured, args, &taxonomy)?;
        let settings = settings(args, &corpus, &judged, &taxonomy, scope, thresholds.as_deref());
        let report = Report::new(settings, figures, leakage);
        Ok(Self { args, taxonomy, corpus, sample, evidence: judged.evidence, report })
    }

    fn write(&self) -> Result<()> {
        let args = self.args;
        let put = |path: &Path, content: String| -> Result<()> {
            gold::write_whole(path, |out| Ok(out.write_all(content.as_bytes())?))
        };
        if let Some(path) = &args.json {
            put(path, serde_json::to_string_pretty(&self.report)? + "\n")?;
        }
        if let Some(path) = &args.csv {
            put(path, csv(&self.report))?;
        }
        if let Some(path) = &args.markdown {
            put(path, markdown(&self.report))?;
        }
        if let Some(path) = &args.html {
            let errors = errors::list(&self.corpus, &self.sample, &self.evidence, &self.taxonomy, args)?;
            put(path, html(&serde_json::to_value(&self.report)?, &errors))?;
        }
        let outputs = [&args.json, &args.csv, &args.markdown, &args.html];
        if !outputs.into_iter().flatten().any(|path| path.as_os_str() == "-") {
            put(Path::new("-"), text(&self.report))?;
        }
        Ok(())
    }
}

/// The resampling unit of each document.
fn units(corpus: &Corpus, cluster: bool) -> Result<Vec<u32>> {
    if !cluster {
        return Ok((0..corpus.documents.ids.len() as u32).collect());
    }
    let texts = corpus.documents.texts(corpus.labelled());
    if let Some(paragraph) = corpus.labelled().iter().find(|paragraph| paragraph.text.is_none()) {
        let error = Error::new(ErrorKind::Usage, "near-duplicates cannot be found: the gold paragraph has no text");
        return Err(error.at(&paragraph.source).on_line(paragraph.line).mend("leave --cluster out").into());
    }
    Ok(clusters(&texts, &ClusterOptions::default())?.into_iter().map(|cluster| cluster as u32).collect())
}

/// What a reader of the figures should know before they quote them.
fn warn(args: &EvaluateArgs, corpus: &Corpus, figures: &Figures) {
    let positive_only = |paragraph: &Labelled| paragraph.scope.as_ref() == Some(&paragraph.labels);
    if corpus.labelled().iter().all(positive_only) {
        note(
            args.quiet,
            "the gold data only say what paragraphs state and not what they do not: recall can be measured, \
             precision, average precision and calibration cannot",
        );
    }
    let left_out = &figures.macro_.left_out;
    if corpus.gold.mapping.is_none()
        && args.reading.scope.is_none()
        && corpus.labelled().len() >= 500
        && !left_out.is_empty()
    {
        note(
            args.quiet,
            &format!(
                "{} have no gold label in {} paragraphs: if nobody annotated them, say so with --scope or --mapping, \
                 else every label of theirs counts as wrong",
                left_out.join(", "),
                corpus.labelled().len()
            ),
        );
    }
}

fn settings(
    args: &EvaluateArgs,
    corpus: &Corpus,
    judged: &Judged,
    taxonomy: &Taxonomy,
    scope: LabelSet,
    thresholds: Option<&[Option<f32>]>,
) -> Settings {
    let names = |paths: &[PathBuf]| paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>();
    let ids = || taxonomy.categories().iter().map(|category| category.id.clone());
    let mut annotators: Vec<String> =
        corpus.labelled().iter().filter_map(|paragraph| paragraph.annotator.clone()).collect();
    annotators.sort();
    annotators.dedup();
    Settings {
        gold: names(&args.gold),
        annotators,
        system: judged.system.clone(),
        compare: (!args.compare.is_empty()).then(|| names(&args.compare).join(", ")),
        taxonomy: taxonomy.into(),
        mapping: corpus.gold.mapping.clone(),
        scope: ids().enumerate().filter(|(index, _)| scope.contains(*index)).map(|(_, id)| id).collect(),
        matched_by: judged.matched_by.map_or("none", JoinKey::as_str).to_owned(),
        resampling: if args.cluster { "cluster" } else { "document" }.to_owned(),
        bootstrap: args.bootstrap,
        seed: args.seed,
        level: Bootstrap::default().level,
        thresholds: thresholds.map(|all| {
            let set = ids().zip(all).filter_map(|(id, threshold)| Some((id, (*threshold)?)));
            set.collect::<Named<f32>>()
        }),
        thresholds_from: match (&args.thresholds, args.tune.is_empty()) {
            (Some(path), _) => Some(path.display().to_string()),
            (None, false) => Some(names(&args.tune).join(", ")),
            (None, true) => None,
        },
    }
}
