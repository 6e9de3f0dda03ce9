//! Models of one's own labels.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use klausul::data::gold::taxonomy_of_labels;
use klausul::transformer::{ModelDirectory, Workers};
use klausul::{Corpus, Error, ErrorKind, Result, Taxonomy, TrainOptions, Trainer, TrainingParts};
use pyo3::prelude::*;

use crate::engine::{directory, pool};
use crate::errors::{OrRaise, log, usage};
use crate::evaluate::{Annotated, options};
use crate::progress::Progress;
use crate::run::{Stop, detached};

/// Units between two layers.
const HIDDEN_UNITS: usize = 256;

/// Trains a head on the encoder of a model and writes a model directory, whole or not at all. Its path is returned.
#[pyfunction]
#[pyo3(signature = (
    gold, output, *, model = None, taxonomy = None, mapping = None, format = None, layers = 1, hidden_units = None, epochs = 40,
    learning_rate = 0.001, weight_decay = 0.01, dev_share = 0.1, seed = 20_261_122, threads = None, replace = false, progress = None
))]
#[expect(clippy::too_many_arguments, clippy::needless_pass_by_value, reason = "they are keywords")]
pub(crate) fn train(
    py: Python<'_>,
    gold: &Bound<'_, PyAny>,
    output: PathBuf,
    model: Option<PathBuf>,
    taxonomy: Option<PathBuf>,
    mapping: Option<&Bound<'_, PyAny>>,
    format: Option<&str>,
    layers: u8,
    hidden_units: Option<usize>,
    epochs: usize,
    learning_rate: f32,
    weight_decay: f32,
    dev_share: f64,
    seed: u64,
    threads: Option<NonZeroUsize>,
    replace: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<PathBuf> {
    if !(1..=2).contains(&layers) || layers == 1 && hidden_units.is_some() {
        return Err(usage(
            format!("`{layers}` layers with hidden units {hidden_units:?}"),
            "take 1 layer, or 2 with hidden units between them",
        ));
    }
    if !(dev_share > 0.0 && dev_share < 1.0) {
        return Err(usage(format!("`{dev_share}` is no share"), "give a number between 0 and 1, such as 0.1"));
    }
    let annotated = Annotated::of(gold, options(format, mapping, None, None)?)?;
    let categories = categories(taxonomy.as_deref(), &annotated, &output).or_raise()?;
    let mut head = TrainOptions::default()
        .with_epochs(epochs)
        .with_learning_rate(learning_rate)
        .with_weight_decay(weight_decay)
        .with_seed(seed);
    if layers == 2 {
        head = head.with_hidden_units(hidden_units.unwrap_or(HIDDEN_UNITS));
    }
    let pool = pool(threads).or_raise()?;
    let mut progress = Progress::new(progress);
    let mut warnings = Vec::new();
    let run = |stop: &Stop| {
        let known = match &categories {
            Some(text) => Taxonomy::from_toml(text)?,
            None => Taxonomy::builtin().clone(),
        };
        let gold = annotated.gold(&known, &mut |warning| warnings.push(warning.to_owned()))?;
        let base = match &model {
            Some(path) => directory(path)?,
            None => ModelDirectory::shipped()?.ok_or_else(|| {
                Error::new(ErrorKind::Usage, "this build holds no model").mend("name one with the argument model")
            })?,
        };
        let workers = Arc::new(Workers::new(rayon::current_num_threads())?);
        let trainer = Trainer::new(&base, &output, replace)?.options(head).workers(workers);
        let parts = TrainingParts::split(&Corpus::new(gold), categories.as_deref(), dev_share, seed)?;
        let observe = |_, done, total| {
            stop.check()?;
            progress.of(done, total)
        };
        trainer.progress(observe).train(&parts).map(|_| ())
    };
    let trained = detached(py, |stop| pool.install(|| run(stop)));
    for warning in &warnings {
        log(py, "warning", warning)?;
    }
    progress.raised(trained)?;
    Ok(output)
}

/// The categories as TOML: of a file, of the labels of rows in memory where these are not those of the built-in ones, or `None` for these.
fn categories(taxonomy: Option<&Path>, annotated: &Annotated, output: &Path) -> Result<Option<String>> {
    if let Some(path) = taxonomy {
        return std::fs::read_to_string(path).map(Some).map_err(|error| Error::from(error).at(path));
    }
    let Some(labels) = annotated.labels() else { return Ok(None) };
    if labels.iter().all(|label| Taxonomy::builtin().index_of(label).is_some()) {
        return Ok(None);
    }
    let name = output.file_name().unwrap_or_default().to_string_lossy();
    Ok(Some(taxonomy_of_labels(&name, labels)))
}
