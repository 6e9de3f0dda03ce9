//! Documents and their paragraphs.

use std::collections::BTreeMap;
use std::sync::Arc;

use klausul::{Classified, Language};
use pyo3::IntoPyObjectExt;
use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyModule, PyTuple, PyType};

use crate::errors::OrRaise;
use crate::prediction::{Decider, Prediction};

/// A block of a document: the unit that is classified.
#[pyclass(module = "klausul", frozen, eq)]
#[derive(PartialEq)]
pub(crate) struct Paragraph(klausul::Paragraph);

impl Paragraph {
    pub(crate) fn inner(&self) -> &klausul::Paragraph {
        &self.0
    }
}

#[pymethods]
impl Paragraph {
    #[new]
    #[pyo3(signature = (
        text, *, context = Vec::new(), kind = "text", language = None, id = "", index = 0, start = 0, end = None
    ))]
    #[expect(clippy::too_many_arguments, reason = "they are keywords")]
    fn new(
        text: String,
        context: Vec<String>,
        kind: &str,
        language: Option<&str>,
        id: &str,
        index: usize,
        start: usize,
        end: Option<usize>,
    ) -> PyResult<Self> {
        let language = language.map_or(Ok(Language::UNKNOWN), str::parse).or_raise()?;
        let end = end.unwrap_or(start + text.len());
        let kind = kind.parse().or_raise()?;
        Ok(Self(klausul::Paragraph { id: id.to_owned(), index, language, kind, context, text, start, end }))
    }

    /// The text, white space collapsed.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// The headings above it, the list introduction, row and column heading; outermost first.
    #[getter]
    fn context(&self) -> Vec<String> {
        self.0.context.clone()
    }

    /// `text`, `heading`, `list_item` or `table_cell`.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind.as_str()
    }

    /// Language, ISO 639-1; `und` when unknown.
    #[getter]
    fn language(&self) -> &str {
        self.0.language.as_str()
    }

    /// Id, `document#index` unless the input brought its own.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// Position in the document.
    #[getter]
    fn index(&self) -> usize {
        self.0.index
    }

    /// First byte in the page after decoding to UTF-8.
    #[getter]
    fn start(&self) -> usize {
        self.0.start
    }

    /// One past the last byte.
    #[getter]
    fn end(&self) -> usize {
        self.0.end
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!(
            "Paragraph({}, kind='{}', language='{}')",
            self.0.text.as_str().into_bound_py_any(py)?.repr()?,
            self.0.kind,
            self.0.language
        ))
    }

    fn __getnewargs_ex__<'py>(&self, py: Python<'py>) -> PyResult<((&str,), Bound<'py, PyDict>)> {
        let rest = PyDict::new(py);
        rest.set_item("context", &self.0.context)?;
        rest.set_item("kind", self.kind())?;
        rest.set_item("language", self.language())?;
        rest.set_item("id", self.id())?;
        rest.set_item("index", self.0.index)?;
        rest.set_item("start", self.0.start)?;
        rest.set_item("end", self.0.end)?;
        Ok(((self.text(),), rest))
    }
}

/// The paragraphs of a document with their predictions; iterating gives pairs.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Document {
    /// The path below the input, or the id or URL that the row or record brought.
    #[pyo3(get)]
    id: String,
    /// Where it came from: a path, a URL or `-`.
    #[pyo3(get)]
    source: String,
    /// The language of most of its text.
    #[pyo3(get)]
    language: String,
    /// In reading order.
    #[pyo3(get)]
    paragraphs: Py<PyTuple>,
    /// One a paragraph.
    #[pyo3(get)]
    predictions: Py<PyTuple>,
    /// The other columns of the input of each paragraph, as JSON.
    extras: String,
}

impl Document {
    pub(crate) fn new(py: Python<'_>, classified: Classified, by: &Arc<Decider>) -> PyResult<Self> {
        let Classified { cut, predictions } = classified;
        let language = most(&cut.paragraphs).to_string();
        let extras: Vec<_> = (0..cut.paragraphs.len()).map(|paragraph| cut.extras.of(paragraph)).collect();
        let extras = serde_json::to_string(&extras).unwrap_or_default();
        let languages = cut.paragraphs.iter().map(|paragraph| paragraph.language);
        let predictions =
            predictions.into_iter().zip(languages).map(|(own, language)| Prediction::new(own, language, by));
        let predictions = objects(py, predictions)?;
        let paragraphs = objects(py, cut.paragraphs.into_iter().map(Paragraph))?;
        Ok(Self { id: cut.doc, source: cut.source, language, paragraphs, predictions, extras })
    }
}

#[pymethods]
impl Document {
    /// The other columns of the input of each paragraph.
    #[getter]
    fn extras<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        PyModule::import(py, "json")?.call_method1("loads", (&self.extras,))
    }

    fn __len__(&self, py: Python<'_>) -> usize {
        self.paragraphs.bind(py).len()
    }

    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        let pairs = PyModule::import(py, "builtins")?.call_method1("zip", (&self.paragraphs, &self.predictions))?;
        pairs.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let id = self.id.as_str().into_bound_py_any(py)?.repr()?;
        Ok(format!("Document(id={id}, language='{}', {} paragraphs)", self.language, self.__len__(py)))
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let state = (&self.id, &self.source, &self.language, &self.paragraphs, &self.predictions, &self.extras);
        Ok((py.get_type::<Self>().getattr("_restore")?, state.into_bound_py_any(py)?))
    }

    #[classmethod]
    fn _restore(
        _class: &Bound<'_, PyType>,
        id: String,
        source: String,
        language: String,
        paragraphs: Py<PyTuple>,
        predictions: Py<PyTuple>,
        extras: String,
    ) -> Self {
        Self { id, source, language, paragraphs, predictions, extras }
    }
}

/// The language of most of the text.
fn most(paragraphs: &[klausul::Paragraph]) -> Language {
    let mut bytes = BTreeMap::new();
    for paragraph in paragraphs {
        *bytes.entry(paragraph.language).or_insert(0) += paragraph.text.len();
    }
    bytes.into_iter().max_by_key(|&(_, bytes)| bytes).map_or(Language::UNKNOWN, |(language, _)| language)
}

fn objects<T: PyClass + Into<PyClassInitializer<T>>>(
    py: Python<'_>,
    items: impl Iterator<Item = T>,
) -> PyResult<Py<PyTuple>> {
    let items: Vec<Bound<'_, T>> = items.map(|item| Bound::new(py, item)).collect::<PyResult<_>>()?;
    Ok(PyTuple::new(py, items)?.unbind())
}
