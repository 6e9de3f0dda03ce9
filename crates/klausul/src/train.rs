//! A model of one's own labels.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Paragraph, Result, Taxonomy};
use klausul_eval::split::Part;
use klausul_train::{Row, TrainOptions, Trained, Vectors, train};
use klausul_transformer::manifest::{InputFormat, Manifest, TrainingData};
use klausul_transformer::{Embedder, Int8Engine, ModelDirectory, ModelWriter, Pooling, Workers};

use crate::Corpus;

/// Annotated paragraphs in two parts: to learn from, and to choose calibration and thresholds by.
#[derive(Debug, Clone)]
pub struct TrainingParts {
    /// The categories.
    pub taxonomy: Taxonomy,
    /// The categories as TOML, where they are not the built-in ones.
    pub taxonomy_file: Option<String>,
    /// The paragraphs of both parts.
    pub paragraphs: Vec<Paragraph>,
    /// Rows to learn from; their inputs are places among the paragraphs.
    pub training: Vec<Row>,
    /// Rows to choose by, of other documents.
    pub development: Vec<Row>,
    /// What the model will say of the data.
    pub data: Vec<TrainingData>,
}

/// What a training is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// Encoding windows of tokens.
    Embedding,
    /// Seeing all of them, once an epoch.
    Training,
}

/// What hears of the progress: steps done and steps in all of a stage. It ends the training with an error.
type Observe<'a> = Box<dyn FnMut(Stage, usize, usize) -> Result<()> + 'a>;

/// Trains a head on the frozen encoder of a model and writes a model directory, whole or not at all.
#[must_use]
pub struct Trainer<'a> {
    base: &'a ModelDirectory,
    writer: ModelWriter<'a>,
    name: String,
    options: TrainOptions,
    encoder: Option<(Embedder, InputFormat, Pooling)>,
    workers: Option<Arc<Workers>>,
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
    /// Paragraphs that the encoder tells apart.
    pub distinct: usize,
}

impl TrainingParts {
    /// Holds out a share of the documents, whole clusters of near-duplicates; the seed chooses them. The categories are those of `taxonomy`, a
    /// text in TOML ([`taxonomy_of_labels`](klausul_data::gold::taxonomy_of_labels) makes it of bare names), else the built-in ones.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when nothing is left to learn from or to hold out; those of [`Taxonomy::from_toml`] and [`Corpus::paragraph`].
    pub fn split(corpus: &Corpus, taxonomy: Option<&str>, share: f64, seed: u64) -> Result<Self> {
        let held = held_out(corpus, share, seed)?;
        let part = |wanted: bool| (0..held.len()).filter(|&row| held[row] == wanted).collect::<Vec<_>>();
        let [training, development] = [false, true].map(|wanted| corpus.training_rows(&part(wanted), 0));
        Ok(Self {
            taxonomy: taxonomy.map_or_else(|| Ok(Taxonomy::builtin().clone()), Taxonomy::from_toml)?,
            taxonomy_file: taxonomy.map(str::to_owned),
            paragraphs: corpus.paragraphs()?,
            data: vec![TrainingData::of_unknown_licence("annotated paragraphs", training.len() as u64)],
            training,
            development,
        })
    }
}

/// Whether each paragraph is held out.
fn held_out(corpus: &Corpus, share: f64, seed: u64) -> Result<Vec<bool>> {
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

impl Corpus {
    /// Some paragraphs as rows to learn from, their documents numbered anew; `offset` is the place of the first paragraph of all.
    pub fn training_rows(&self, chosen: &[usize], offset: usize) -> Vec<Row> {
        let mut numbers = BTreeMap::new();
        let row = |&place: &usize| {
            let next = numbers.len() as u32;
            Row {
                input: offset + place,
                document: *numbers.entry(self.documents.of[place]).or_insert(next),
                labels: self.labels(place),
                scope: self.scope(place),
            }
        };
        chosen.iter().map(row).collect()
    }
}

impl<'a> Trainer<'a> {
    /// On the encoder of a model, which may be a plain Hugging Face directory, for a directory that does not exist, is empty or, with
    /// `replace`, holds nothing but a model.
    ///
    /// # Errors
    /// Those of [`ModelWriter::new`].
    pub fn new(base: &'a ModelDirectory, out: &Path, replace: bool) -> Result<Self> {
        Ok(Self {
            base,
            writer: ModelWriter::new(base, out, replace)?,
            name: out.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            options: TrainOptions::default(),
            encoder: None,
            workers: None,
            observe: Box::new(|_, _, _| Ok(())),
        })
    }

    /// Sets the name of the model, in place of that of its directory.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets layers, epochs, rates and the seed of the head.
    pub fn options(mut self, options: TrainOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the encoder as it runs and how it reads, in place of the engine for processors and what the base says.
    pub fn encoder(mut self, embedder: Embedder, format: InputFormat, pooling: Pooling) -> Self {
        self.encoder = Some((embedder, format, pooling));
        self
    }

    /// Sets the threads of the encoder; one a core without it.
    pub fn workers(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Sets what hears of the progress.
    pub fn progress(mut self, observe: impl FnMut(Stage, usize, usize) -> Result<()> + 'a) -> Self {
        self.observe = Box::new(observe);
        self
    }

    /// Trains and writes.
    ///
    /// # Errors
    /// Those of [`klausul_train::train`], of the encoder, of [`ModelWriter::write`] and of what hears of the progress.
    pub fn train(mut self, parts: &TrainingParts) -> Result<TrainedModel> {
        self.options.check()?;
        let (embedder, format, pooling) = match self.encoder.take() {
            Some(encoder) => encoder,
            None => self.own_encoder()?,
        };
        let vectors =
            Vectors::embed(&embedder, &parts.paragraphs, &mut |done, all| (self.observe)(Stage::Embedding, done, all))?;
        let [training, development] = [&parts.training, &parts.development].map(|rows| {
            let place = |&row: &Row| Row { input: vectors.input(row.input), ..row };
            rows.iter().map(place).collect::<Vec<_>>()
        });
        let (categories, epochs) = (parts.taxonomy.len(), self.options.epochs());
        let trained = train(&vectors, &training, &development, categories, &self.options, &mut |epoch| {
            (self.observe)(Stage::Training, epoch.epoch, epochs)
        })?;
        let manifest = trained.manifest(&self.name, &parts.taxonomy, format, pooling, parts.data.clone());
        // The last moment at which nothing is lost by a stop.
        (self.observe)(Stage::Training, epochs, epochs)?;
        let manifest = self.writer.write(&trained.head, manifest, parts.taxonomy_file.as_deref())?;
        Ok(TrainedModel { manifest, trained, distinct: vectors.len() })
    }

    /// The encoder of the base on processors, reading as its manifest says, else mean pooling of windows without a prefix.
    fn own_encoder(&mut self) -> Result<(Embedder, InputFormat, Pooling)> {
        let (format, pooling) = if let Some(manifest) = self.base.manifest() {
            (manifest.input.clone(), manifest.pooling)
        } else {
            (self.base.plain_input()?, Pooling::Mean)
        };
        let workers = match self.workers.take() {
            Some(workers) => workers,
            None => Arc::new(Workers::new(std::thread::available_parallelism().map_or(1, usize::from))?),
        };
        Ok((Embedder::plain(self.base, Int8Engine::new, &format, pooling, workers)?, format, pooling))
    }
}

impl std::fmt::Debug for Trainer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trainer").field("name", &self.name).field("options", &self.options).finish_non_exhaustive()
    }
}
