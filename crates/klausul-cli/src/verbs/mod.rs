//! One module a verb.

pub(crate) mod agreement;
#[cfg(feature = "transformer")]
pub(crate) mod bench;
pub(crate) mod classify;
pub(crate) mod convert;
pub(crate) mod evaluate;
#[cfg(feature = "transformer")]
pub(crate) mod models;
pub(crate) mod segment;
pub(crate) mod split;
pub(crate) mod taxonomy;
#[cfg(feature = "train")]
pub(crate) mod train;

use std::num::NonZeroUsize;
use std::path::Path;

use klausul::Classifier;
use klausul_core::{Error, ErrorKind, Result, Taxonomy};

use crate::args::{Backend, ClassifierArgs};

/// The taxonomy of a file, or the built-in one.
pub(crate) fn taxonomy_of(path: Option<&Path>) -> Result<Taxonomy> {
    let Some(path) = path else { return Ok(Taxonomy::builtin().clone()) };
    let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
    Taxonomy::from_toml(&text).map_err(|error| error.at(path))
}

/// The classifier that the arguments ask for, on so many threads; `explain` adds evidence, where the backend has any.
pub(crate) fn classifier(
    args: &ClassifierArgs,
    explain: bool,
    threads: Option<NonZeroUsize>,
    quiet: bool,
) -> Result<Classifier> {
    #[cfg(feature = "transformer")]
    if let Some(why) = transformer(args)? {
        let mut builder = crate::model::builder(&args.model, threads, quiet)?.evidence(explain);
        if let Some(path) = &args.taxonomy {
            builder = builder.taxonomy(taxonomy_of(Some(path))?);
        }
        let backend = match args.backend {
            Backend::Auto => klausul::Backend::Auto,
            Backend::Ensemble => klausul::Backend::Ensemble,
            Backend::Rules | Backend::Transformer => klausul::Backend::Transformer,
        };
        let classifier = builder.backend(backend).build().map_err(crate::model::refused)?;
        if args.backend == Backend::Auto && !quiet {
            eprintln!("klausul: classifying with {} ({why})", classifier.model());
        }
        return Ok(classifier);
    }
    // Rules run on the threads of the batch.
    let _ = threads;
    let mut builder = Classifier::builder().backend(klausul::Backend::Rules).evidence(explain);
    if let Some(folder) = &args.rules {
        builder = builder.rules(folder).taxonomy(taxonomy_of(args.taxonomy.as_deref())?);
    } else if args.taxonomy.is_some() {
        return Err(Error::new(ErrorKind::Usage, "the built-in rules know the built-in taxonomy alone")
            .mend("give rules for your categories with --rules"));
    }
    let classifier = builder.build()?;
    if args.backend == Backend::Auto && !quiet {
        let why = if args.rules.is_some() { "--rules names them" } else { "this build holds no model" };
        eprintln!("klausul: classifying with {} (the rules: {why})", classifier.model());
    }
    Ok(classifier)
}

/// Why the model classifies, if it does.
#[cfg(feature = "transformer")]
fn transformer(args: &ClassifierArgs) -> Result<Option<&'static str>> {
    let model = args.model.model.is_some();
    if args.backend == Backend::Rules && model {
        return Err(Error::new(ErrorKind::Usage, "--backend rules takes no model")
            .mend("leave --model out, or take --backend transformer"));
    }
    if model {
        return Ok(Some("--model names it"));
    }
    let ships = args.backend == Backend::Auto && args.rules.is_none() && cfg!(feature = "embedded-model");
    if ships || matches!(args.backend, Backend::Transformer | Backend::Ensemble) {
        return Ok(Some("the model that ships"));
    }
    if let Some(given) = args.model.run.given() {
        return Err(Error::new(ErrorKind::Usage, format!("{given} says how a model runs, and there is no model"))
            .mend(format!("name one with --model, or leave {given} out")));
    }
    Ok(None)
}
