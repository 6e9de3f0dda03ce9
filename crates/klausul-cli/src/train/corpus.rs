//! Annotated paragraphs in two parts: to learn from, and to choose by.

use std::path::{Path, PathBuf};

use anyhow::Result;
use klausul::{Corpus as Annotated, Gold, held_out, rows};
use klausul_core::{Error, ErrorKind, Paragraph, Taxonomy};
use klausul_eval::duplicates::{ClusterOptions, shared_documents};
use klausul_train::Row;
use klausul_transformer::manifest::TrainingData;

use super::labels::Labels;
use crate::args::TrainArgs;
use crate::gold::{self, note};

/// The licence of annotated data, which do not say theirs, in the words of SPDX.
const NO_LICENCE: &str = "NOASSERTION";

pub(super) struct Corpus {
    pub(super) taxonomy: Taxonomy,
    /// The taxonomy as a file, where it is not the built-in one.
    pub(super) taxonomy_file: Option<String>,
    /// The paragraphs of both parts.
    pub(super) paragraphs: Vec<Paragraph>,
    /// Rows whose inputs are places among the paragraphs.
    pub(super) training: Vec<Row>,
    pub(super) development: Vec<Row>,
    /// Documents of training and development.
    pub(super) documents: [usize; 2],
    pub(super) training_data: Vec<TrainingData>,
}

impl Corpus {
    pub(super) fn read(args: &TrainArgs) -> Result<Self> {
        let labels = Labels::new(args)?;
        let read = |paths: &[PathBuf]| {
            let options = gold::options(&args.reading).slim();
            let reading = |path: &Path| labels.mapping(path, args);
            Gold::read_by(paths, &options, reading, &mut |warning| note(args.quiet, warning)).map(Annotated::new)
        };
        let all = read(&args.gold)?;
        if all.gold.paragraphs.iter().all(|paragraph| paragraph.labels.is_empty()) {
            let message = format!("no paragraph has a label of the taxonomy `{}`", labels.taxonomy.name());
            let error = Error::new(ErrorKind::Usage, message)
                .mend("give gold data with labels, a --mapping, or --taxonomy gold");
            return Err(args.gold.iter().fold(error, Error::at).into());
        }
        let mut paragraphs = every_paragraph(&all)?;
        let (training, development) = if args.dev.is_empty() {
            let held = held_out(&all, args.dev_share, args.seed).map_err(|error| too_few(args, error))?;
            let part = |held_out: bool| (0..paragraphs.len()).filter(|&row| held[row] == held_out).collect::<Vec<_>>();
            let [training, development] = [false, true].map(|held_out| rows(&all, &part(held_out), 0));
            (training, development)
        } else {
            let dev = read(&args.dev)?;
            refuse_shared(&all, &dev)?;
            let offset = paragraphs.len();
            paragraphs.extend(every_paragraph(&dev)?);
            let every = |of: &Annotated| (0..of.gold.paragraphs.len()).collect::<Vec<_>>();
            (rows(&all, &every(&all), 0), rows(&dev, &every(&dev), offset))
        };
        let documents =
            [&training, &development].map(|rows| rows.iter().map(|row| row.document + 1).max().unwrap_or(0));
        let training_data = training_data(&args.gold, &all, &training);
        Ok(Self {
            taxonomy: labels.taxonomy,
            taxonomy_file: labels.file,
            paragraphs,
            training,
            development,
            documents: documents.map(|count| count as usize),
            training_data,
        })
    }

    /// The parts in a line.
    pub(super) fn summary(&self) -> String {
        let [training, development] = self.documents;
        format!(
            "{} paragraphs of {training} documents to learn from, {} of {development} documents held out",
            self.training.len(),
            self.development.len()
        )
    }
}

/// Too few documents, in the words of the arguments.
fn too_few(args: &TrainArgs, error: Error) -> Error {
    let error = args.gold.iter().fold(error, Error::at);
    if error.kind() == ErrorKind::Usage {
        error.mend("give more documents, another --dev-share, or gold data of other documents with --dev")
    } else {
        error
    }
}

fn every_paragraph(of: &Annotated) -> klausul_core::Result<Vec<Paragraph>> {
    (0..of.labelled().len()).map(|row| of.paragraph(row)).collect()
}

/// What is chosen by text that was learnt is chosen wrongly.
fn refuse_shared(all: &Annotated, dev: &Annotated) -> Result<()> {
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
fn training_data(paths: &[PathBuf], all: &Annotated, training: &[Row]) -> Vec<TrainingData> {
    let of = |path: &PathBuf| {
        let own = training.iter().filter(|row| all.gold.paragraphs[row.input].source.starts_with(path)).count();
        // Where the data lie on this machine is nobody's business.
        let name =
            path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned());
        TrainingData { name, licence: NO_LICENCE.to_owned(), paragraphs: own as u64 }
    };
    paths.iter().map(of).collect()
}
