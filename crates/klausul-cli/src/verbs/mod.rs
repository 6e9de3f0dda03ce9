//! One module a verb.

pub(crate) mod agreement;
pub(crate) mod classify;
pub(crate) mod convert;
pub(crate) mod evaluate;
pub(crate) mod segment;
pub(crate) mod split;
pub(crate) mod taxonomy;

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

/// The classifier that the arguments ask for.
pub(crate) fn classifier(args: &ClassifierArgs, quiet: bool) -> Result<RuleClassifier> {
    if args.taxonomy.is_some() && args.rules.is_none() {
        return Err(Error::new(ErrorKind::Usage, "the built-in rules know the built-in taxonomy alone")
            .mend("give rules for your categories with --rules"));
    }
    let classifier = match &args.rules {
        Some(folder) => RuleClassifier::from_folder(folder, taxonomy_of(args.taxonomy.as_deref())?)?,
        None => RuleClassifier::builtin()?,
    };
    if args.backend == Backend::Auto && !quiet {
        eprintln!("klausul: classifying with {} (the rules: this build has no model)", classifier.model());
    }
    Ok(classifier)
}
