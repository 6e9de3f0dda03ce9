//! Annotated paragraphs, from files or from Python, and a classifier measured by them.

use std::path::PathBuf;

use klausul::data::gold::GoldFormat;
use klausul::eval::Bootstrap;
use klausul::{Gold, GoldOptions, Paragraph, Result, Taxonomy};
use pyo3::prelude::*;
use pyo3::types::{PyMapping, PyModule, PyString};

use crate::engine::Engine;
use crate::errors::{OrRaise, format, usage};
use crate::input::{self, Place};
use crate::run::Stop;

/// Annotated data as Python names them.
pub(crate) enum Annotated {
    /// Files and folders.
    Paths(Vec<PathBuf>, GoldOptions),
    /// Rows in memory: document, paragraph, labels.
    Rows(Vec<(Option<String>, Paragraph, Vec<String>)>),
}

impl Annotated {
    /// A path, paths, or mappings with `labels`.
    ///
    /// # Errors
    /// `FormatError` naming the row that cannot be read; `UsageError` for anything else.
    pub(crate) fn of(object: &Bound<'_, PyAny>, options: GoldOptions) -> PyResult<Self> {
        if let Ok(path) = object.extract::<PathBuf>() {
            return Ok(Self::Paths(vec![path], options));
        }
        let Ok(items) = object.try_iter() else {
            let found = input::shown(object) + " are no annotated data";
            return Err(usage(found, "give paths, or a list of mappings with `text` and `labels`"));
        };
        let items: Vec<Bound<'_, PyAny>> = items.collect::<PyResult<_>>()?;
        if items.is_empty() {
            return Err(usage("there are no annotated data", "give paths, or mappings with `text` and `labels`"));
        }
        if items.iter().all(|item| item.cast::<PyMapping>().is_err()) {
            return Ok(Self::Paths(input::paths(object)?, options));
        }
        Ok(Self::Rows(items.iter().enumerate().map(|(index, item)| row(item, index)).collect::<PyResult<_>>()?))
    }

    /// The labels, as they are.
    pub(crate) fn labels(&self) -> Option<Vec<&str>> {
        let Self::Rows(rows) = self else { return None };
        let mut labels: Vec<&str> = rows.iter().flat_map(|(_, _, labels)| labels.iter().map(String::as_str)).collect();
        labels.sort_unstable();
        labels.dedup();
        Some(labels)
    }

    /// Their labels as categories of a taxonomy, by id or name; `warn` hears what was repaired or left out.
    ///
    /// # Errors
    /// Those of [`Gold::read`]; [`klausul::ErrorKind::Format`] naming the row whose label is no category.
    pub(crate) fn gold(self, taxonomy: &Taxonomy, warn: &mut dyn FnMut(&str)) -> Result<Gold> {
        let rows = match self {
            Self::Paths(paths, options) => return Gold::read(&paths, &options, taxonomy, warn),
            Self::Rows(rows) => rows,
        };
        let mut gold = Gold::new(taxonomy);
        for (index, (document, paragraph, labels)) in rows.into_iter().enumerate() {
            let category = |label: &String| {
                let named = |own: &klausul::Category| own.id == *label || own.name == *label;
                taxonomy.categories().iter().position(named).ok_or_else(|| {
                    let message = format!("{}`{label}` is not a category of {}", Place::Item(index), taxonomy.name());
                    klausul::Error::new(klausul::ErrorKind::Format, message).mend("give ids of the taxonomy")
                })
            };
            let labels = labels.iter().map(category).collect::<Result<_>>()?;
            gold.push(document.as_deref(), paragraph, labels);
        }
        Ok(gold)
    }
}

fn row(item: &Bound<'_, PyAny>, index: usize) -> PyResult<(Option<String>, Paragraph, Vec<String>)> {
    let place = Place::Item(index);
    let paragraph = input::paragraph(item, place)?;
    let wrong = |found: &str| {
        format(format!("{place}{found}"), "give each row its `labels`, a list of categories; an empty one for none")
    };
    let mapping = item.cast::<PyMapping>().map_err(|_| wrong("a text alone has no labels"))?;
    if !mapping.contains("labels")? {
        return Err(wrong("there are no `labels`"));
    }
    let labels = mapping.get_item("labels")?;
    if labels.is_instance_of::<PyString>() {
        return Err(wrong("`labels` is a string, not a list of strings"));
    }
    let labels = labels.try_iter().and_then(|labels| labels.map(|label| label?.extract()).collect());
    let labels = labels.map_err(|_| wrong("`labels` is not a list of strings"))?;
    Ok((input::optional(mapping, place, "doc")?, paragraph, labels))
}

/// How annotated data are read.
///
/// # Errors
/// `UsageError` when there is no such format.
pub(crate) fn options(
    format: Option<&str>,
    mapping: Option<&Bound<'_, PyAny>>,
    scope: Option<Vec<String>>,
    annotator: Option<String>,
) -> PyResult<GoldOptions> {
    let mut options = GoldOptions::new().slim();
    if let Some(name) = format {
        options = options.format(name.parse::<GoldFormat>().or_raise()?);
    }
    if let Some(mapping) = mapping {
        options = options.mapping(mapping.extract::<PathBuf>()?.to_string_lossy());
    }
    if let Some(ids) = scope {
        options = options.scope(ids);
    }
    if let Some(name) = annotator {
        options = options.annotator(name);
    }
    Ok(options)
}

/// A classifier that begins nothing more when it is told to stop.
struct Stoppable<'a> {
    classifier: &'a klausul::Classifier,
    stop: &'a Stop,
}

impl klausul::core::Classifier for Stoppable<'_> {
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<klausul::Prediction>> {
        self.stop.check()?;
        self.classifier.classify(batch)
    }

    fn taxonomy(&self) -> &Taxonomy {
        self.classifier.taxonomy()
    }

    fn backend(&self) -> &str {
        self.classifier.backend()
    }

    fn model(&self) -> &str {
        self.classifier.model()
    }
}

/// Measures a classifier; the figures as JSON, and what was repaired in the data.
pub(crate) fn evaluate(
    engine: &Engine,
    annotated: Annotated,
    bootstrap: &Bootstrap,
    stop: &Stop,
) -> Result<(String, Vec<String>)> {
    let mut warnings = Vec::new();
    let classifier = &engine.classifier;
    let gold = annotated.gold(classifier.taxonomy(), &mut |warning| warnings.push(warning.to_owned()))?;
    let evaluation = klausul::evaluate(&Stoppable { classifier, stop }, gold, bootstrap)?;
    let figures = serde_json::to_string(&evaluation.figures)
        .map_err(|error| klausul::Error::new(klausul::ErrorKind::Format, error.to_string()))?;
    Ok((figures, warnings))
}

/// Python's value of a JSON text.
pub(crate) fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    PyModule::import(py, "json")?.call_method1("loads", (json,))
}
