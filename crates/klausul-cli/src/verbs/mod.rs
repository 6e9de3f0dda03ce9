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

use klausul_core::{Classifier, Error, ErrorKind, Result, Taxonomy};
use klausul_rules::RuleClassifier;

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
) -> Result<Box<dyn Classifier>> {
    #[cfg(feature = "transformer")]
    if let Some(model) = &args.model.model {
        if args.backend == Backend::Rules {
            return Err(Error::new(ErrorKind::Usage, "--backend rules takes no model")
                .mend("leave --model out, or take --backend transformer"));
        }
        let taxonomy = args.taxonomy.as_deref().map(|path| taxonomy_of(Some(path))).transpose()?;
        let classifier = crate::model::classifier(model, &args.model, taxonomy, threads, quiet)?;
        if args.backend == Backend::Auto && !quiet {
            eprintln!("klausul: classifying with {} (--model names it)", classifier.model());
        }
        return Ok(Box::new(classifier));
    }
    #[cfg(feature = "transformer")]
    if args.backend == Backend::Transformer {
        return Err(Error::new(ErrorKind::Usage, "--backend transformer needs a model, and none ships with klausul")
            .mend("name a directory or an id on the hub with --model"));
    }
    #[cfg(feature = "transformer")]
    if let Some(given) = args.model.run.given() {
        return Err(Error::new(ErrorKind::Usage, format!("{given} says how a model runs, and there is no model"))
            .mend(format!("name one with --model, or leave {given} out")));
    }
    // Rules run on the threads of the batch.
    let _ = threads;
    if args.taxonomy.is_some() && args.rules.is_none() {
        return Err(Error::new(ErrorKind::Usage, "the built-in rules know the built-in taxonomy alone")
            .mend("give rules for your categories with --rules"));
    }
    let classifier = match &args.rules {
        Some(folder) => RuleClassifier::from_folder(folder, taxonomy_of(args.taxonomy.as_deref())?)?,
        None => RuleClassifier::builtin()?,
    };
    if args.backend == Backend::Auto && !quiet {
        let why = if cfg!(feature = "transformer") { "no --model is given" } else { "this build runs no model" };
        eprintln!("klausul: classifying with {} (the rules: {why})", classifier.model());
    }
    Ok(Box::new(classifier.with_evidence(explain)))
}
