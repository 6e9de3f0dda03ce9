//! Annotated paragraphs in two parts: to learn from, and to choose by.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Paragraph, Taxonomy};
use klausul_eval::LabelSet;
use klausul_eval::duplicates::{ClusterOptions, shared_documents};
use klausul_eval::split::Part;
use klausul_train::Row;
use klausul_transformer::manifest::TrainingData;

use super::labels::Labels;
use crate::args::TrainArgs;
use crate::gold::{self, Documents, Gold};

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
            gold::read_slim_by(paths, &args.reading, |path| labels.mapping(path, args), args.quiet).map(Annotated::new)
        };
        let all = read(&args.gold)?;
        if all.gold.paragraphs.iter().all(|paragraph| paragraph.labels.is_empty()) {
            let message = format!("no paragraph has a label of the taxonomy `{}`", labels.taxonomy.name());
            let error = Error::new(ErrorKind::Usage, message)
                .mend("give gold data with labels, a --mapping, or --taxonomy gold");
            return Err(args.gold.iter().fold(error, Error::at).into());
        }
        let mut paragraphs = all.paragraphs()?;
        let (training, development) = if args.dev.is_empty() {
            let held = held_out(&all, args)?;
            let part = |held_out: bool| (0..paragraphs.len()).filter(|&row| held[row] == held_out).collect::<Vec<_>>();
            let [training, development] = [false, true].map(|held_out| all.rows(&part(held_out), 0));
            (training, development)
        } else {
            let dev = read(&args.dev)?;
            refuse_shared(&all, &dev)?;
            let offset = paragraphs.len();
            paragraphs.extend(dev.paragraphs()?);
            let every = |of: &Annotated| (0..of.gold.paragraphs.len()).collect::<Vec<_>>();
            (all.rows(&every(&all), 0), dev.rows(&every(&dev), offset))
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

/// Annotated paragraphs with their documents.
struct Annotated {
    gold: Gold,
    documents: Documents,
    languages: Vec<klausul_core::Language>,
}

impl Annotated {
    fn new(gold: Gold) -> Self {
        let documents = Documents::new(&gold.paragraphs);
        let languages = documents.languages(&gold.paragraphs);
        Self { gold, documents, languages }
    }

    fn paragraphs(&self) -> Result<Vec<Paragraph>> {
        self.gold
            .paragraphs
            .iter()
            .zip(&self.languages)
            .map(|(own, &language)| gold::paragraph(own, language))
            .collect()
    }

    fn texts(&self) -> Vec<Vec<&str>> {
        self.documents.texts(&self.gold.paragraphs)
    }

    /// Some paragraphs as rows, their documents numbered anew; `offset` is the place of the first paragraph of all.
    fn rows(&self, chosen: &[usize], offset: usize) -> Vec<Row> {
        let mut numbers = BTreeMap::new();
        let row = |&place: &usize| {
            let own = &self.gold.paragraphs[place];
            let next = numbers.len() as u32;
            Row {
                input: offset + place,
                document: *numbers.entry(self.documents.of[place]).or_insert(next),
                labels: own.labels.iter().copied().collect::<LabelSet>(),
                scope: own.scope.as_ref().unwrap_or(&self.gold.scope).iter().copied().collect(),
            }
        };
        chosen.iter().map(row).collect()
    }
}

/// Whether each paragraph is held out: whole clusters of near-duplicate documents are.
fn held_out(all: &Annotated, args: &TrainArgs) -> Result<Vec<bool>> {
    let cluster_of = all.documents.clusters(&all.texts())?;
    let shares = [1.0 - args.dev_share, args.dev_share, 0.0];
    let parts = all.documents.split(&cluster_of, &all.languages, shares, args.seed)?;
    for part in [Part::Train, Part::Dev] {
        if !parts.contains(&part) {
            let clusters = cluster_of.iter().max().map_or(0, |last| last + 1);
            let message = format!(
                "{} documents in {clusters} clusters of near-duplicates leave nothing {}",
                parts.len(),
                if part == Part::Dev { "to hold out" } else { "to learn from" }
            );
            let mend = "give more documents, another --dev-share, or gold data of other documents with --dev";
            return Err(args.gold.iter().fold(Error::new(ErrorKind::Usage, message).mend(mend), Error::at).into());
        }
    }
    Ok(all.documents.of.iter().map(|&document| parts[document as usize] == Part::Dev).collect())
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
