//! Models as the arguments name them.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use klausul_core::{Error, ErrorKind, Result, Taxonomy};
use klausul_transformer::{
    CandleEncoder, Hub, HubOptions, Int8Engine, ModelDirectory, Progress, TransformerClassifier, Workers,
};

use crate::args::{Engine, ModelArgs};

/// A model: the directory of that name, else the one of that id on the hub, which is fetched when the cache lacks it.
pub(crate) fn directory(model: &str, revision: Option<&str>, fetch: bool, quiet: bool) -> Result<ModelDirectory> {
    if Path::new(model).is_dir() {
        return ModelDirectory::open(model);
    }
    let hub = Hub::new(HubOptions::from_lookup(|name| std::env::var(name).ok())?);
    if let Some(cached) = hub.cached(model, revision)? {
        return Ok(cached);
    }
    if !fetch {
        let error = Error::new(ErrorKind::Usage, format!("`{model}` is neither a directory nor a model in the cache"));
        return Err(error.mend("fetch it with `klausul models pull`"));
    }
    let bar = if quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new(0) };
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut report = |progress: Progress<'_>| {
        bar.set_message(progress.file.to_owned());
        bar.set_length(progress.size);
        bar.set_position(progress.done);
    };
    let fetched = hub.fetch(model, revision, &mut report);
    bar.finish_and_clear();
    fetched
}

/// One worker a core, unless the caller says how many.
pub(crate) fn workers(threads: Option<NonZeroUsize>) -> Result<Arc<Workers>> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    Ok(Arc::new(Workers::new(threads)?))
}

/// The classifier of a model.
pub(crate) fn classifier(
    model: &str,
    args: &ModelArgs,
    taxonomy: Taxonomy,
    threads: Option<NonZeroUsize>,
    quiet: bool,
) -> Result<TransformerClassifier> {
    let directory = directory(model, args.revision.as_deref(), true, quiet)?;
    let workers = workers(threads)?;
    match args.engine {
        Engine::Int8 => TransformerClassifier::new(&directory, Int8Engine::new, taxonomy, workers),
        Engine::Candle => TransformerClassifier::new(&directory, CandleEncoder::new, taxonomy, workers),
    }
}
