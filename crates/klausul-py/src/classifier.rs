//! What users hold.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::DataType;
use klausul::data::read::{Format, ReadOptions, RowMode};
use klausul::eval::Bootstrap;
use klausul::transformer::ModelDirectory;
use klausul::{Paragraph, Result};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::capsule::Arrays;
use crate::document::Document;
use crate::embed::Vectors;
use crate::engine::{Engine, Settings, backend, backend_name};
use crate::errors::{OrRaise, log, usage};
use crate::evaluate::{Annotated, evaluate, loads, options};
use crate::paths::{Paths, Reading};
use crate::prediction::{Decider, Prediction};
use crate::process::PerProcess;
use crate::progress::Progress;
use crate::run::detached;
use crate::table::{Columns, Table};
use crate::{columns, input, page};

/// Labels paragraphs: with the model that ships, with another one, or with rules.
///
/// Calls from many threads run side by side, without the GIL. A child of `fork` loads its own model when it first calls.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Classifier {
    settings: Settings,
    engine: PerProcess<Arc<Engine>>,
    by: Arc<Decider>,
    embedding_size: Option<usize>,
}

/// What there is to label.
enum Input {
    One(Box<Paragraph>),
    Many(Vec<Paragraph>),
    Table(Arrays),
}

impl Classifier {
    fn engine(&self, py: Python<'_>) -> PyResult<Arc<Engine>> {
        self.engine.get(py, || py.detach(|| self.settings.engine()).or_raise())
    }

    /// Every Arrow object that is no table is a column of texts.
    fn input(py: Python<'_>, texts: &Bound<'_, PyAny>) -> PyResult<Input> {
        if let Some(paragraph) = input::single(texts)? {
            return Ok(Input::One(Box::new(paragraph)));
        }
        if !input::is_arrow(texts)? {
            return input::many(texts).map(Input::Many);
        }
        let arrays = Arrays::of(texts)?;
        if matches!(arrays.field.data_type(), DataType::Struct(_)) {
            return Ok(Input::Table(arrays));
        }
        let name = if arrays.field.name().is_empty() { "texts".to_owned() } else { arrays.field.name().clone() };
        let read = || -> Result<Vec<Paragraph>> {
            let mut paragraphs = Vec::new();
            for array in arrays {
                paragraphs.extend(columns::of_texts(&array?, &name, paragraphs.len())?);
            }
            Ok(paragraphs)
        };
        py.detach(read).or_raise().map(Input::Many)
    }

    fn predictions(&self, py: Python<'_>, mut paragraphs: Vec<Paragraph>) -> PyResult<Vec<Prediction>> {
        let engine = self.engine(py)?;
        let predictions = detached(py, |stop| engine.classify(&mut paragraphs, stop))?;
        let languages = paragraphs.iter().map(|paragraph| paragraph.language);
        Ok(predictions
            .into_iter()
            .zip(languages)
            .map(|(own, language)| Prediction::new(own, language, &self.by))
            .collect())
    }

    fn table(&self, py: Python<'_>, arrays: Arrays, text: &str) -> PyResult<Table> {
        let engine = self.engine(py)?;
        let evidence = self.settings.evidence;
        detached(py, |stop| Columns::read(arrays)?.classify(&engine, text, evidence, stop))
    }
}

#[pymethods]
impl Classifier {
    #[new]
    #[pyo3(signature = (model = None, *, backend = "auto", threads = None, evidence = false, rules = None, taxonomy = None))]
    fn new(
        py: Python<'_>,
        model: Option<PathBuf>,
        backend: &str,
        threads: Option<usize>,
        evidence: bool,
        rules: Option<PathBuf>,
        taxonomy: Option<PathBuf>,
    ) -> PyResult<Self> {
        let threads = match threads {
            Some(threads) => Some(NonZeroUsize::new(threads).ok_or_else(|| usage("`0` threads", "take 1 or more"))?),
            None => None,
        };
        let settings = Settings {
            model: absolute(model)?,
            backend: self::backend(backend).or_raise()?,
            threads,
            evidence,
            rules: absolute(rules)?,
            taxonomy: absolute(taxonomy)?,
        };
        let engine = py.detach(|| settings.engine()).or_raise()?;
        let classifier = &engine.classifier;
        let why = settings.why(classifier.backend());
        log(py, "info", &format!("classifying with {} ({why})", classifier.model()))?;
        let (by, embedding_size) = (Decider::new(py, classifier)?, classifier.embedding_size());
        Ok(Self { settings, engine: PerProcess::new(engine), by, embedding_size })
    }

    /// Labels texts: a str or a mapping gives one prediction, a sequence or column of them a list of predictions, an Arrow table (or
    /// anything that hands one out) a table with labels and scores. In tables, `text` names the column that holds the texts.
    #[pyo3(signature = (texts, *, text = "text"))]
    fn classify<'py>(&self, py: Python<'py>, texts: &Bound<'py, PyAny>, text: &str) -> PyResult<Bound<'py, PyAny>> {
        match Self::input(py, texts)? {
            Input::One(paragraph) => {
                let mut predictions = self.predictions(py, vec![*paragraph])?;
                predictions.pop().into_bound_py_any(py)
            }
            Input::Many(paragraphs) => Ok(input::list(py, self.predictions(py, paragraphs)?)?.into_any()),
            Input::Table(arrays) => self.table(py, arrays, text)?.into_bound_py_any(py),
        }
    }

    /// Labels an Arrow record batch: the unit of work of a cluster. Each row comes out once, in order, and alike in whatever batch it
    /// stands. A `pyarrow.RecordBatch` gives another, any other Arrow object a [`RecordBatch`](crate::table::RecordBatch).
    #[pyo3(signature = (batch, text = "text"))]
    fn classify_batch<'py>(
        &self,
        py: Python<'py>,
        batch: &Bound<'py, PyAny>,
        text: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        if !input::is_arrow(batch)? {
            return Err(usage(format!("{} is not an Arrow record batch", input::shown(batch)), "give a record batch"));
        }
        let labelled = self.table(py, Arrays::of(batch)?, text)?.into_batch().or_raise()?;
        let labelled = Bound::new(py, labelled)?.into_any();
        let module = batch.get_type().module()?;
        if module.to_str()?.starts_with("pyarrow.") {
            return py.import("pyarrow")?.call_method1("record_batch", (labelled,));
        }
        Ok(labelled)
    }

    /// Cuts a page into paragraphs and labels them.
    #[pyo3(signature = (page, format = "html", *, id = "document", language = None))]
    fn classify_document(
        &self,
        py: Python<'_>,
        page: &Bound<'_, PyAny>,
        format: &str,
        id: &str,
        language: Option<&str>,
    ) -> PyResult<Document> {
        let (page, language) = (page::page(page, format, id.to_owned())?, page::language(language)?);
        let engine = self.engine(py)?;
        let classified = detached(py, |stop| page::classify(&engine, page, language, stop))?;
        Document::new(py, classified, &self.by)
    }

    /// Labels files and folders, in parallel and ahead of the caller; gives the documents in the order of the inputs. An input that fails
    /// gives its error in its place (`errors="yield"`) or ends the iteration with it (`errors="raise"`).
    #[pyo3(signature = (
        paths, *, progress = None, errors = "yield", format = None, language = None, include = None, exclude = None, rows = "auto",
        text_field = None, id_field = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn classify_paths(
        &self,
        py: Python<'_>,
        paths: &Bound<'_, PyAny>,
        progress: Option<Py<PyAny>>,
        errors: &str,
        format: Option<&str>,
        language: Option<&str>,
        include: Option<&Bound<'_, PyAny>>,
        exclude: Option<&Bound<'_, PyAny>>,
        rows: &str,
        text_field: Option<String>,
        id_field: Option<String>,
    ) -> PyResult<Paths> {
        let raises = match errors {
            "yield" => false,
            "raise" => true,
            _ => return Err(usage(format!("`{errors}` says nothing about errors"), "write yield or raise")),
        };
        let rows = match rows {
            "auto" => RowMode::Auto,
            "paragraphs" => RowMode::Paragraphs,
            "documents" => RowMode::Documents,
            _ => return Err(usage(format!("`{rows}` is not what rows are"), "write auto, paragraphs or documents")),
        };
        let mut options = ReadOptions::new()
            .with_rows(rows)
            .with_include(input::strings(include)?)
            .or_raise()?
            .with_exclude(input::strings(exclude)?)
            .or_raise()?;
        if let Some(format) = format {
            options = options.with_format(format.parse::<Format>().or_raise()?);
        }
        if let Some(name) = text_field {
            options = options.with_text_field(name).or_raise()?;
        }
        if let Some(name) = id_field {
            options = options.with_id_field(name).or_raise()?;
        }
        let reading = Reading { paths: input::paths(paths)?, options, language: page::language(language)? };
        Paths::start(self.engine(py)?, Arc::clone(&self.by), reading, Progress::new(progress), raises)
    }

    /// One vector a text, of length 1: the product of two is their cosine similarity. Takes what [`classify`](Self::classify) takes.
    #[pyo3(signature = (texts, *, text = "text"))]
    fn embed(&self, py: Python<'_>, texts: &Bound<'_, PyAny>, text: &str) -> PyResult<Vectors> {
        let input = Self::input(py, texts)?;
        let engine = self.engine(py)?;
        let values = detached(py, |stop| {
            let mut paragraphs = match input {
                Input::One(paragraph) => vec![*paragraph],
                Input::Many(paragraphs) => paragraphs,
                Input::Table(arrays) => Columns::read(arrays)?.paragraphs(text)?,
            };
            engine.embed(&mut paragraphs, stop)
        })?;
        Ok(Vectors::new(values, self.embedding_size.unwrap_or_default()))
    }

    /// Measures the classifier against annotated data: paths of gold files, or mappings with `text` and `labels`. The figures are those of
    /// `klausul evaluate --json`.
    #[pyo3(signature = (
        gold, *, mapping = None, format = None, scope = None, annotator = None, bootstrap = 1000, seed = 20_261_122
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        gold: &Bound<'py, PyAny>,
        mapping: Option<&Bound<'py, PyAny>>,
        format: Option<&str>,
        scope: Option<Vec<String>>,
        annotator: Option<String>,
        bootstrap: usize,
        seed: u64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let annotated = Annotated::of(gold, options(format, mapping, scope, annotator)?)?;
        let bootstrap = Bootstrap::default().with_replicates(bootstrap).with_seed(seed);
        let engine = self.engine(py)?;
        let (figures, warnings) =
            detached(py, |stop| engine.pool.install(|| evaluate(&engine, annotated, &bootstrap, stop)))?;
        for warning in &warnings {
            log(py, "warning", warning)?;
        }
        loads(py, &figures)
    }

    /// The ids of the categories, in order.
    #[getter]
    fn categories<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.by.ids.bind(py).to_list()
    }

    /// The categories with name, articles and definition.
    #[getter]
    fn taxonomy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let engine = self.engine(py)?;
        let list = PyList::empty(py);
        for category in engine.classifier.taxonomy().categories() {
            let entry = PyDict::new(py);
            entry.set_item("id", &category.id)?;
            entry.set_item("name", &category.name)?;
            entry.set_item("articles", &category.articles)?;
            entry.set_item("other_law", &category.other_law)?;
            entry.set_item("definition", &category.definition)?;
            entry.set_item("dpv", &category.dpv)?;
            list.append(entry)?;
        }
        Ok(list)
    }

    /// What decides: `rules`, `transformer` or `ensemble`.
    #[getter]
    fn backend(&self, py: Python<'_>) -> Py<PyString> {
        self.by.backend.clone_ref(py)
    }

    /// Name and version of what decides; two classifiers of one name give the same labels.
    #[getter]
    fn model(&self, py: Python<'_>) -> Py<PyString> {
        self.by.model.clone_ref(py)
    }

    /// Length of the vectors of `embed`; `None` for rules.
    #[getter]
    fn embedding_size(&self) -> Option<usize> {
        self.embedding_size
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Classifier(model={}, backend={})",
            self.by.model.bind(py).repr()?,
            self.by.backend.bind(py).repr()?
        ))
    }

    /// Pickled by what it was made of: the model stays where it is.
    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let settings = &self.settings;
        let keywords = PyDict::new(py);
        keywords.set_item("backend", backend_name(settings.backend))?;
        keywords.set_item("threads", settings.threads.map(NonZeroUsize::get))?;
        keywords.set_item("evidence", settings.evidence)?;
        keywords.set_item("rules", &settings.rules)?;
        keywords.set_item("taxonomy", &settings.taxonomy)?;
        Ok((PyTuple::new(py, [&settings.model])?, keywords))
    }
}

/// A path that holds in another working directory too; the name of the model that ships stays as it is.
fn absolute(path: Option<PathBuf>) -> PyResult<Option<PathBuf>> {
    let named = |path: &PathBuf| path.as_os_str() == ModelDirectory::SHIPPED && !path.exists();
    match path {
        Some(path) if !named(&path) => Ok(Some(std::path::absolute(path)?)),
        path => Ok(path),
    }
}
