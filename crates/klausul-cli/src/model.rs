//! Models as the arguments name them.

use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressStyle};
use klausul::{Classifier, ClassifierBuilder};
use klausul_core::{Error, ErrorKind, Result};
use klausul_transformer::{
    CandleEncoder, Encoder, EncoderConfig, Hub, HubOptions, Int8Engine, ModelDirectory, Progress, Weights, Workers,
};

use crate::args::{Engine, ModelArgs};

/// A model that cannot be used is not an input that failed: nothing was done, as with wrong usage.
pub(crate) fn refused(error: Error) -> Error {
    Error::new(ErrorKind::Config, crate::chain(&error.into()))
}

/// The hub and its cache, as the environment says.
pub(crate) fn hub() -> Result<Hub> {
    Ok(Hub::new(HubOptions::from_lookup(|name| std::env::var(name).ok())?))
}

/// The model that is part of the program, if the build has one.
pub(crate) fn shipped() -> Result<Option<ModelDirectory>> {
    ModelDirectory::shipped().map_err(refused)
}

/// The model of the arguments, else the one that is part of the program; `purpose` says in the error what lacks one.
pub(crate) fn directory_or_shipped(model: Option<&str>, purpose: &str) -> Result<ModelDirectory> {
    match model {
        Some(model) => directory(model, None, false, true),
        None => shipped()?.ok_or_else(|| {
            let message = format!("{purpose} needs a model, and this build holds none");
            Error::new(ErrorKind::Usage, message).mend("name a directory or an id on the hub with --model")
        }),
    }
}

/// A model: the directory of that name, else the one that ships with it, else the one of that id on the hub, which is fetched when the
/// cache lacks it.
pub(crate) fn directory(model: &str, revision: Option<&str>, fetch: bool, quiet: bool) -> Result<ModelDirectory> {
    let path = Path::new(model);
    if path.is_dir() {
        if revision.is_some() {
            let error = Error::new(ErrorKind::Usage, "a directory has no revisions").at(path);
            return Err(error.mend("leave --revision out, or give an id on the hub"));
        }
        return ModelDirectory::open(model).map_err(refused);
    }
    if path.exists() {
        let error = Error::new(ErrorKind::Usage, "a model is a directory, and this is a file").at(path);
        return Err(error.mend("give the directory that holds it"));
    }
    if model == ModelDirectory::SHIPPED
        && let Some(shipped) = shipped()?
    {
        if revision.is_some() {
            let error = Error::new(ErrorKind::Usage, "the model that ships has no revisions").at(path);
            return Err(error.mend("leave --revision out"));
        }
        return Ok(shipped);
    }
    let hub = hub()?;
    if let Some(cached) = hub.cached(model, revision).map_err(refused)? {
        return Ok(cached);
    }
    if !fetch {
        let error = Error::new(ErrorKind::Usage, format!("`{model}` is neither a directory nor a model in the cache"));
        return Err(error.mend(format!("check the path, or fetch it with `klausul models pull {model}`")));
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
    fetched.map_err(refused)
}

/// What makes the engine that is asked for of a model's shape and weights.
pub(crate) fn engine(engine: Engine) -> impl FnOnce(&EncoderConfig, &Weights) -> Result<Arc<dyn Encoder>> + Send {
    move |config, weights| {
        Ok(match engine {
            Engine::Int8 => Arc::new(Int8Engine::new(config, weights)?),
            Engine::Candle(device, precision) => Arc::new(CandleEncoder::on(device, precision, config, weights)?),
        })
    }
}

/// One worker a core, unless the caller says how many.
pub(crate) fn workers(threads: Option<NonZeroUsize>) -> Result<Arc<Workers>> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    Ok(Arc::new(Workers::new(threads)?))
}

/// A classifier with the model of the arguments, or else the one that ships.
pub(crate) fn builder(args: &ModelArgs, threads: Option<NonZeroUsize>, quiet: bool) -> Result<ClassifierBuilder> {
    // Before a model is fetched that the engine would not run.
    let run = args.run.engine()?;
    let directory = match &args.model {
        Some(model) => directory(model, args.revision.as_deref(), true, quiet)?,
        None => directory_or_shipped(None, "--backend transformer")?,
    };
    let engine = move |config: &EncoderConfig, weights: &Weights| engine(run)(config, weights);
    Ok(Classifier::builder().model_directory(directory).engine(engine).workers(workers(threads)?))
}
