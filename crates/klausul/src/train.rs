//! A model of one's own labels.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Paragraph, Result, Taxonomy};
use klausul_eval::split::Part;
use klausul_train::{Row, TrainOptions, Trained, Vectors, train};
use klausul_transformer::manifest::{InputFormat, Manifest, TrainingData};
use klausul_transformer::{Embedder, Int8Engine, ModelDirectory, ModelWriter, Pooling, Workers};

use crate::{Corpus, Gold};

/// The share of the documents that calibration and thresholds come from, unless told.
const HELD_OUT: f64 = 0.2;
/// Tokens of the longest window of an encoder that does not say how many.
const WINDOW: usize = 192;
/// The licence of annotated data, which do not say theirs, in the words of SPDX.
const NO_LICENCE: &str = "NOASSERTION";

/// What hears of the progress of a training: steps done and steps in all. It ends the training with an error.
type Observe<'a> = Box<dyn FnMut(usize, usize) -> Result<()> + 'a>;

/// Trains a head on the frozen encoder of a model and writes a model directory.
#[must_use]
pub struct Trainer<'a> {
    base: ModelDirectory,
    options: TrainOptions,
    held_out: f64,
    seed: u64,
    workers: Option<Arc<Workers>>,
    replace: bool,
    observe: Observe<'a>,
}

/// A model that was trained.
#[derive(Debug)]
#[non_exhaustive]
pub struct TrainedModel {
    /// What its directory says of it.
    pub manifest: Manifest,
    /// The head with its decisions and figures on what was held out, which chose its thresholds.
    pub trained: Trained,
}

impl<'a> Trainer<'a> {
    /// On the encoder of a model, which may be a plain Hugging Face directory.
    pub fn new(base: ModelDirectory) -> Self {
        Self {
            base,
            options: TrainOptions::default(),
            held_out: HELD_OUT,
            seed: 0,
            workers: None,
            replace: false,
            observe: Box::new(|_, _| Ok(())),
        }
    }

    /// Sets layers, epochs, rates and the seed of the head.
    pub fn options(mut self, options: TrainOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the share of the documents that calibration and thresholds come from, and the seed that chooses them.
    pub fn held_out(mut self, share: f64, seed: u64) -> Self {
        (self.held_out, self.seed) = (share, seed);
        self
    }

    /// Sets the threads of the encoder; one a core without it.
    pub fn workers(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Replaces a model that stands where the new one goes.
    pub fn replace(mut self) -> Self {
        self.replace = true;
        self
    }

    /// Sets what hears of the progress: of windows that are encoded, then of epochs.
    pub fn progress(mut self, observe: impl FnMut(usize, usize) -> Result<()> + 'a) -> Self {
        self.observe = Box::new(observe);
        self
    }

    /// Trains on gold paragraphs and writes the directory, whole or not at all. `taxonomy` is the categories as TOML
    /// ([`taxonomy_of_labels`](klausul_data::gold::taxonomy_of_labels) makes it of bare names); without it they are the built-in ones.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the data leave nothing to learn from or to hold out, or `out` holds what would be lost; those of the encoder and
    /// of what hears of the progress.
    pub fn train(mut self, gold: Gold, taxonomy: Option<&str>, out: &Path) -> Result<TrainedModel> {
        self.options.check()?;
        let categories = taxonomy.map_or_else(|| Ok(Taxonomy::builtin().clone()), Taxonomy::from_toml)?;
        let writer = ModelWriter::new(&self.base, out, self.replace)?;
        let corpus = Corpus::new(gold);
        let held = held_out(&corpus, self.held_out, self.seed)?;
        let part = |wanted: bool| (0..held.len()).filter(|&row| held[row] == wanted).collect::<Vec<_>>();
        let [training, development] = [false, true].map(|wanted| rows(&corpus, &part(wanted), 0));
        let workers = match &self.workers {
            Some(workers) => Arc::clone(workers),
            None => Arc::new(Workers::new(std::thread::available_parallelism().map_or(1, usize::from))?),
        };
        let (format, pooling) = self.input()?;
        let embedder = Embedder::plain(&self.base, Int8Engine::new, &format, pooling, workers)?;
        let paragraphs: Vec<Paragraph> = (0..held.len()).map(|row| corpus.paragraph(row)).collect::<Result<_>>()?;
        let vectors = Vectors::embed(&embedder, &paragraphs, &mut self.observe)?;
        let placed = |rows: Vec<Row>| -> Vec<Row> {
            rows.into_iter().map(|row| Row { input: vectors.input(row.input), ..row }).collect()
        };
        let (training, development) = (placed(training), placed(development));
        let epochs = self.options.epochs();
        let trained = train(&vectors, &training, &development, categories.len(), &self.options, &mut |epoch| {
            (self.observe)(epoch.epoch, epochs)
        })?;
        let name = out.file_name().unwrap_or_default().to_string_lossy();
        let data = TrainingData {
            name: "annotated paragraphs".to_owned(),
            licence: NO_LICENCE.to_owned(),
            paragraphs: training.len() as u64,
        };
        let manifest = trained.manifest(&name, &categories, format, pooling, vec![data]);
        let manifest = writer.write(&trained.head, manifest, taxonomy)?;
        Ok(TrainedModel { manifest, trained })
    }

    /// How the encoder reads: as its manifest says, else mean pooling of windows without a prefix.
    fn input(&self) -> Result<(InputFormat, Pooling)> {
        if let Some(manifest) = self.base.manifest() {
            return Ok((manifest.input.clone(), manifest.pooling));
        }
        let max_tokens = WINDOW.min(self.base.config()?.max_tokens());
        Ok((InputFormat { prefix: String::new(), kinds: false, max_tokens }, Pooling::Mean))
    }
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer")
            .field("options", &self.options)
            .field("held_out", &self.held_out)
            .finish_non_exhaustive()
    }
}

/// Some paragraphs of a corpus as rows to learn from, their documents numbered anew; `offset` is the place of its first paragraph among all.
pub fn rows(corpus: &Corpus, chosen: &[usize], offset: usize) -> Vec<Row> {
    let mut numbers = BTreeMap::new();
    let row = |&place: &usize| {
        let next = numbers.len() as u32;
        Row {
            input: offset + place,
            document: *numbers.entry(corpus.documents.of[place]).or_insert(next),
            labels: corpus.labels(place),
            scope: corpus.scope(place),
        }
    };
    chosen.iter().map(row).collect()
}

/// Whether each paragraph is held out: whole clusters of near-duplicate documents are.
///
/// # Errors
/// [`ErrorKind::Usage`] when nothing is left to learn from or to hold out.
pub fn held_out(corpus: &Corpus, share: f64, seed: u64) -> Result<Vec<bool>> {
    let cluster_of = corpus.documents.clusters(&corpus.texts())?;
    let parts = corpus.documents.split(&cluster_of, &corpus.languages, [1.0 - share, share, 0.0], seed)?;
    for part in [Part::Train, Part::Dev] {
        if !parts.contains(&part) {
            let clusters = cluster_of.iter().max().map_or(0, |last| last + 1);
            let message = format!(
                "{} documents in {clusters} clusters of near-duplicates leave nothing {}",
                parts.len(),
                if part == Part::Dev { "to hold out" } else { "to learn from" }
            );
            return Err(Error::new(ErrorKind::Usage, message)
                .mend("give more documents, another share to hold out, or development data of other documents"));
        }
    }
    Ok(corpus.documents.of.iter().map(|&document| parts[document as usize] == Part::Dev).collect())
}
