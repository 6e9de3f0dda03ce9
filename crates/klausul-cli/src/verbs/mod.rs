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
#[cfg(feature = "transformer")]
use klausul_transformer::{EnsembleClassifier, TransformerClassifier};

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
    if let Some(why) = transformer(args)? {
        let taxonomy = args.taxonomy.as_deref().map(|path| taxonomy_of(Some(path))).transpose()?;
        let model = crate::model::classifier(&args.model, taxonomy, threads, quiet)?;
        let classifier = with_rules(args.backend, model, explain)?;
        if args.backend == Backend::Auto && !quiet {
            eprintln!("klausul: classifying with {} ({why})", classifier.model());
        }
        return Ok(classifier);
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
        let why = if args.rules.is_some() { "--rules names them" } else { "this build holds no model" };
        eprintln!("klausul: classifying with {} (the rules: {why})", classifier.model());
    }
    Ok(Box::new(classifier.with_evidence(explain)))
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

/// The model with the rules as its second opinion, where it was fitted with these rules and the backend does not exclude them.
#[cfg(feature = "transformer")]
fn with_rules(backend: Backend, model: TransformerClassifier, explain: bool) -> Result<Box<dyn Classifier>> {
    if backend == Backend::Ensemble || backend == Backend::Auto && model.ensemble().is_some() {
        let rules = RuleClassifier::builtin()?.with_evidence(explain);
        let fitted = model.ensemble().is_some_and(|ensemble| ensemble.with == rules.model());
        if backend == Backend::Ensemble || fitted {
            let ensemble = EnsembleClassifier::new(model, Box::new(rules)).map_err(crate::model::refused)?;
            return Ok(Box::new(ensemble.with_evidence(explain)));
        }
    }
    Ok(Box::new(model.with_evidence(explain)))
}
