//! Progress, told to what tqdm makes or to a function.

use klausul::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Hears how much more is done: an object with `update(n)`, or a function of `n`.
pub(crate) struct Progress {
    listener: Option<Py<PyAny>>,
    done: usize,
    total: Option<usize>,
    /// What the listener raised.
    raised: Option<PyErr>,
}

impl Progress {
    pub(crate) fn new(listener: Option<Py<PyAny>>) -> Self {
        Self { listener, done: 0, total: None, raised: None }
    }

    /// Tells how much is done by now.
    ///
    /// # Errors
    /// What the listener raises.
    pub(crate) fn at(&mut self, py: Python<'_>, done: usize) -> PyResult<()> {
        let Some(listener) = &self.listener else { return Ok(()) };
        let (listener, more) = (listener.bind(py), done.saturating_sub(self.done));
        self.done = done;
        if more == 0 {
            return Ok(());
        }
        if listener.hasattr("update")? {
            listener.call_method1("update", (more,))?
        } else {
            listener.call1((more,))?
        };
        Ok(())
    }

    /// The same out of `total`, from a thread that works; a new total begins anew.
    ///
    /// # Errors
    /// When the listener raises, which [`Self::raised`] has then, or a signal came.
    pub(crate) fn of(&mut self, done: usize, total: usize) -> Result<()> {
        let told = Python::attach(|py| {
            if self.total.replace(total) != Some(total) {
                self.done = 0;
                self.reset(py, total)?;
            }
            self.at(py, done)
        });
        told.map_err(|error| {
            self.raised = Some(error);
            Error::new(ErrorKind::Io, "stopped by the progress listener")
        })
    }

    fn reset(&self, py: Python<'_>, total: usize) -> PyResult<()> {
        let Some(listener) = &self.listener else { return Ok(()) };
        if listener.bind(py).hasattr("reset")? {
            let keywords = PyDict::new(py);
            keywords.set_item("total", total)?;
            listener.bind(py).call_method("reset", (), Some(&keywords))?;
        }
        Ok(())
    }

    /// What the listener raised, or else the result.
    pub(crate) fn raised<T>(self, result: PyResult<T>) -> PyResult<T> {
        self.raised.map_or(result, Err)
    }
}
