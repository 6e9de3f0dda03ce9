//! What was decided of a paragraph.

use std::sync::Arc;

use klausul::core::{Match, Place};
use klausul::{Evidence, Language};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::errors::OrRaise;

/// Who decides: what the predictions of a classifier share.
pub(crate) struct Decider {
    /// The ids of the categories.
    pub(crate) ids: Py<PyTuple>,
    pub(crate) backend: Py<PyString>,
    pub(crate) model: Py<PyString>,
}

impl Decider {
    pub(crate) fn new(py: Python<'_>, classifier: &klausul::Classifier) -> PyResult<Arc<Self>> {
        let ids = classifier.taxonomy().categories().iter().map(|category| PyString::intern(py, &category.id));
        Ok(Arc::new(Self {
            ids: PyTuple::new(py, ids.collect::<Vec<_>>())?.unbind(),
            backend: PyString::intern(py, classifier.backend()).unbind(),
            model: PyString::intern(py, classifier.model()).unbind(),
        }))
    }

    fn id<'py>(&self, py: Python<'py>, category: usize) -> PyResult<Bound<'py, PyAny>> {
        self.ids.bind(py).get_item(category)
    }
}

/// What a paragraph states, with the probability of every category.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Prediction {
    decided: Arc<klausul::Prediction>,
    language: Language,
    by: Arc<Decider>,
}

/// Evidence as it is pickled: category, rule, negated, and matches as entry of the context, words, start, end.
type Packed = (usize, String, bool, Vec<(Option<usize>, String, usize, usize)>);

impl Prediction {
    pub(crate) fn new(decided: Arc<klausul::Prediction>, language: Language, by: &Arc<Decider>) -> Self {
        Self { decided, language, by: Arc::clone(by) }
    }
}

#[pymethods]
impl Prediction {
    /// The ids of the categories that the paragraph states, in the order of the taxonomy.
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for &label in &self.decided.labels {
            list.append(self.by.id(py, label)?)?;
        }
        Ok(list)
    }

    /// The probability of every category, by its id.
    #[getter]
    fn scores<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let scores = PyDict::new(py);
        for (id, score) in self.by.ids.bind(py).iter_borrowed().zip(&self.decided.scores) {
            scores.set_item(id, score)?;
        }
        Ok(scores)
    }

    /// What each label rests on, for a classifier with `evidence=True`.
    #[getter]
    fn evidence<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        self.decided.evidence.iter().map(|evidence| self.reason(py, evidence)).collect()
    }

    /// The language that the paragraph was read in, ISO 639-1; `und` when unknown.
    #[getter]
    fn language(&self) -> &str {
        self.language.as_str()
    }

    /// What decided: `rules`, `transformer` or `ensemble`.
    #[getter]
    fn backend(&self, py: Python<'_>) -> Py<PyString> {
        self.by.backend.clone_ref(py)
    }

    /// Name and version of what decided.
    #[getter]
    fn model(&self, py: Python<'_>) -> Py<PyString> {
        self.by.model.clone_ref(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        Ok(format!("Prediction(labels={}, language='{}')", self.labels(py)?.repr()?, self.language))
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        let other = other.get();
        Ok(self.decided == other.decided
            && self.language == other.language
            && self.by.model.bind(py).as_any().eq(other.by.model.bind(py))?
            && self.by.ids.bind(py).as_any().eq(other.by.ids.bind(py))?)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let evidence: Vec<Packed> = self.decided.evidence.iter().map(pack).collect();
        let by = (&self.by.ids, &self.by.backend, &self.by.model);
        let state = (self.decided.labels.clone(), self.decided.scores.clone(), evidence, self.language.as_str(), by);
        Ok((py.get_type::<Self>().getattr("_restore")?, state.into_bound_py_any(py)?))
    }

    #[classmethod]
    fn _restore(
        _class: &Bound<'_, PyType>,
        labels: Vec<usize>,
        scores: Vec<f32>,
        evidence: Vec<Packed>,
        language: &str,
        by: (Py<PyTuple>, Py<PyString>, Py<PyString>),
    ) -> PyResult<Self> {
        let evidence = evidence.into_iter().map(unpack).collect();
        let (ids, backend, model) = by;
        Ok(Self {
            decided: Arc::new(klausul::Prediction { scores, labels, evidence }),
            language: language.parse().or_raise()?,
            by: Arc::new(Decider { ids, backend, model }),
        })
    }
}

impl Prediction {
    fn reason<'py>(&self, py: Python<'py>, evidence: &Evidence) -> PyResult<Bound<'py, PyDict>> {
        let matches = PyList::empty(py);
        for found in &evidence.matches {
            let entry = PyDict::new(py);
            match found.place {
                Place::Text => entry.set_item("place", "text")?,
                Place::Context(place) => entry.set_item("place", format!("context[{place}]"))?,
            }
            entry.set_item("text", &found.text)?;
            entry.set_item("start", found.start)?;
            entry.set_item("end", found.end)?;
            matches.append(entry)?;
        }
        let reason = PyDict::new(py);
        reason.set_item("category", self.by.id(py, evidence.category)?)?;
        reason.set_item("rule", evidence.rule.as_ref())?;
        reason.set_item("negated", evidence.negated)?;
        reason.set_item("matches", matches)?;
        Ok(reason)
    }
}

fn pack(evidence: &Evidence) -> Packed {
    let place = |place| match place {
        Place::Text => None,
        Place::Context(entry) => Some(entry),
    };
    let matches = evidence.matches.iter().map(|found| (place(found.place), found.text.clone(), found.start, found.end));
    (evidence.category, evidence.rule.to_string(), evidence.negated, matches.collect())
}

fn unpack((category, rule, negated, matches): Packed) -> Evidence {
    let found = |(entry, text, start, end): (Option<usize>, _, _, _)| Match {
        place: entry.map_or(Place::Text, Place::Context),
        text,
        start,
        end,
    };
    Evidence { category, rule: rule.into(), negated, matches: matches.into_iter().map(found).collect() }
}
