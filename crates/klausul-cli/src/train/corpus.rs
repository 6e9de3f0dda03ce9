//! Annotated paragraphs in two parts: to learn from, and to choose by.

use std::path::{Path, PathBuf};

use anyhow::Result;
use klausul::{Corpus, Gold, TrainingParts};
use klausul_core::{Error, ErrorKind};
use klausul_eval::duplicates::{ClusterOptions, shared_documents};
use klausul_train::Row;
use klausul_transformer::manifest::TrainingData;

use super::labels::Labels;
use crate::args::TrainArgs;
use crate::gold::{self, note};

/// The parts that the arguments ask for.
pub(super) fn read(args: &TrainArgs) -> Result<TrainingParts> {
    let labels = Labels::new(args)?;
    let read = |paths: &[PathBuf]| {
        let options = gold::options(&args.reading).slim();
        let reading = |path: &Path| labels.mapping(path, args);
        Gold::read_by(paths, &options, reading, &mut |warning| note(args.quiet, warning)).map(Corpus::new)
    };
    let all = read(&args.gold)?;
    if all.labelled().iter().all(|paragraph| paragraph.labels.is_empty()) {
        let message = format!("no paragraph has a label of the taxonomy `{}`", labels.taxonomy.name());
        let error =
            Error::new(ErrorKind::Usage, message).mend("give gold data with labels, a --mapping, or --taxonomy gold");
        return Err(args.gold.iter().fold(error, Error::at).into());
    }
    let mut parts = if args.dev.is_empty() {
        TrainingParts::split(&all, labels.file.as_deref(), args.dev_share, args.seed)
            .map_err(|error| too_few(args, error))?
    } else {
        let dev = read(&args.dev)?;
        refuse_shared(&all, &dev)?;
        let every = |of: &Corpus| (0..of.labelled().len()).collect::<Vec<_>>();
        let offset = all.labelled().len();
        TrainingParts {
            taxonomy: labels.taxonomy,
            taxonomy_file: labels.file,
            paragraphs: [all.paragraphs()?, dev.paragraphs()?].concat(),
            training: all.training_rows(&every(&all), 0),
            development: dev.training_rows(&every(&dev), offset),
            data: Vec::new(),
        }
    };
    parts.data = data(&args.gold, &all, &parts.training);
    Ok(parts)
}

/// How many documents rows are of.
pub(super) fn documents(rows: &[Row]) -> u32 {
    rows.iter().map(|row| row.document + 1).max().unwrap_or(0)
}

/// The parts in a line.
pub(super) fn summary(parts: &TrainingParts) -> String {
    format!(
        "{} paragraphs of {} documents to learn from, {} of {} documents held out",
        parts.training.len(),
        documents(&parts.training),
        parts.development.len(),
        documents(&parts.development)
    )
}

/// Too few documents, in the words of the arguments.
fn too_few(args: &TrainArgs, error: Error) -> Error {
    if error.kind() != ErrorKind::Usage {
        return error;
    }
    let error = args.gold.iter().fold(error, Error::at);
    error.mend("give more documents, another --dev-share, or gold data of other documents with --dev")
}

/// What is chosen by text that was learnt is chosen wrongly.
fn refuse_shared(all: &Corpus, dev: &Corpus) -> Result<()> {
    let shared = shared_documents(&all.texts(), &dev.texts(), &ClusterOptions::default())?;
    let Some(&first) = shared.first() else { return Ok(()) };
    let message = format!(
        "{} of {} documents of --dev are in --gold or are near-duplicates of what is, `{}` first",
        shared.len(),
        dev.documents.ids.len(),
        dev.documents.ids[first]
    );
    let mend = "hold out other documents (`klausul split` makes such parts), or leave --dev out: a share of --gold is taken then";
    Err(Error::new(ErrorKind::Usage, message).mend(mend).into())
}

/// What each path gave to learn from.
fn data(paths: &[PathBuf], all: &Corpus, training: &[Row]) -> Vec<TrainingData> {
    let of = |path: &PathBuf| {
        let own = training.iter().filter(|row| all.labelled()[row.input].source.starts_with(path)).count();
        // Where the data lie on this machine is nobody's business.
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        TrainingData::of_unknown_licence(name, own as u64)
    };
    paths.iter().map(of).collect()
}
