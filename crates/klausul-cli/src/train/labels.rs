//! The taxonomy of a training.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_data::gold::{GoldFormat, Mapping, read, taxonomy_of_labels};
use klausul_eval::LabelSet;

use crate::args::TrainArgs;
use crate::gold::{self, note};

/// What --taxonomy calls the labels of the annotated data themselves.
const GOLD: &str = "gold";
/// Labels that a note names one by one.
const NAMED: usize = 5;

/// The categories, and how annotated data are mapped to them.
pub(super) struct Labels {
    pub(super) taxonomy: Taxonomy,
    /// As a file, where it is not the built-in one.
    pub(super) file: Option<String>,
    of_gold: bool,
}

impl Labels {
    pub(super) fn new(args: &TrainArgs) -> Result<Self> {
        let (text, of_gold) = match args.taxonomy.as_deref() {
            None => return Ok(Self { taxonomy: Taxonomy::builtin().clone(), file: None, of_gold: false }),
            Some(GOLD) => (of_gold(args)?, true),
            Some(path) => (std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?, false),
        };
        let taxonomy = Taxonomy::from_toml(&text).map_err(|error| match args.taxonomy.as_deref() {
            Some(path) if !of_gold => error.at(path),
            _ => error,
        })?;
        Ok(Self { taxonomy, file: Some(text), of_gold })
    }

    /// The format and the mapping of annotated data.
    pub(super) fn mapping(&self, path: &Path, args: &TrainArgs) -> klausul_core::Result<(GoldFormat, Mapping)> {
        if self.of_gold {
            // Labels that were left out are no categories.
            return Ok((format(path, args)?, Mapping::identity(&self.taxonomy).with_unknown_ignored()));
        }
        gold::options(&args.reading).reading(path, &self.taxonomy)
    }
}

fn format(path: &Path, args: &TrainArgs) -> klausul_core::Result<GoldFormat> {
    Ok(match args.reading.gold_format {
        Some(format) => format,
        None => GoldFormat::of_path(path)?,
    })
}

/// A taxonomy of the labels that enough paragraphs have.
fn of_gold(args: &TrainArgs) -> Result<String> {
    let usage = |message: String, mend: &str| Error::new(ErrorKind::Usage, message).mend(mend);
    if args.reading.mapping.is_some() {
        let message = "--mapping turns labels into categories, and --taxonomy gold takes them as they are".to_owned();
        return Err(usage(message, "leave one of them out, or name a taxonomy file for the mapping").into());
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for path in args.gold.iter().chain(&args.dev) {
        // What is repaired is said when the paragraphs themselves are read.
        for annotated in read(path, Some(format(path, args)?), &mut |_| ())? {
            let annotated = annotated?;
            if args.reading.annotator.is_none() || args.reading.annotator == annotated.annotator {
                annotated.labels.into_iter().for_each(|label| *counts.entry(label).or_default() += 1);
            }
        }
    }
    let all = counts.len();
    let (kept, rare): (Vec<_>, Vec<_>) = counts.into_iter().partition(|(_, count)| *count >= args.min_paragraphs);
    if kept.is_empty() {
        let message = format!("none of the {all} labels of the gold data has {} paragraphs", args.min_paragraphs);
        let mend = "give gold data with labels, or a smaller --min-paragraphs";
        return Err(args.gold.iter().fold(usage(message, mend), Error::at).into());
    }
    if kept.len() > LabelSet::MAX {
        let message = format!("the gold data have {} labels, and a model has {} at most", kept.len(), LabelSet::MAX);
        let mend = "give a larger --min-paragraphs, or a taxonomy file and a --mapping of the labels to it";
        return Err(args.gold.iter().fold(usage(message, mend), Error::at).into());
    }
    if !rare.is_empty() {
        let mut names: Vec<String> = rare.iter().take(NAMED).map(|(label, _)| format!("`{label}`")).collect();
        if rare.len() > NAMED {
            names.push("…".to_owned());
        }
        let said = format!(
            "{} of {all} labels have fewer than {} paragraphs and are left out: {} (--min-paragraphs)",
            rare.len(),
            args.min_paragraphs,
            names.join(", ")
        );
        note(args.quiet, &said);
    }
    Ok(taxonomy_of_labels(&super::name(args), kept.iter().map(|(label, _)| label.as_str())))
}
