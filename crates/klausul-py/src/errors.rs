//! Errors as Python exceptions, with the words of the program.

use klausul::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyModule;

/// Turns errors of the library into exceptions.
pub(crate) trait OrRaise<T> {
    /// The value, or the exception of the error's kind.
    fn or_raise(self) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self) -> PyResult<T> {
        self.map_err(|error| exception(&error))
    }
}

/// The exception of an error.
pub(crate) fn exception(error: &Error) -> PyErr {
    Python::attach(|py| object(py, error).map_or_else(|failed| failed, PyErr::from_value))
}

/// The exception of an error, as a value.
pub(crate) fn object<'py>(py: Python<'py>, error: &Error) -> PyResult<Bound<'py, PyAny>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || PyModule::import(py, "klausul.errors").map(Bound::unbind))?.bind(py);
    let class = match error.kind() {
        ErrorKind::Usage => "UsageError",
        ErrorKind::Format => "FormatError",
        ErrorKind::TooLarge => "TooLargeError",
        ErrorKind::Config => "ConfigError",
        ErrorKind::Io => "InputError",
        _ => "KlausulError",
    };
    let object = module.getattr(class)?.call1((chain(error),))?;
    object.setattr("path", error.path().map(|path| path.display().to_string()))?;
    object.setattr("line", error.line())?;
    Ok(object)
}

/// The error and its causes on one line, each said once.
fn chain(error: &Error) -> String {
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let words = error.to_string();
        if !said.contains(&words) {
            said.push_str(": ");
            said.push_str(&words);
        }
        cause = error.source();
    }
    said
}

/// A wrong argument.
pub(crate) fn usage(found: impl Into<String>, mend: &str) -> PyErr {
    exception(&Error::new(ErrorKind::Usage, found).mend(mend))
}

/// A value that cannot be read.
pub(crate) fn format(found: impl Into<String>, mend: &str) -> PyErr {
    exception(&Error::new(ErrorKind::Format, found).mend(mend))
}

/// Says something to `logging.getLogger("klausul")`.
pub(crate) fn log(py: Python<'_>, level: &str, words: &str) -> PyResult<()> {
    let logger = PyModule::import(py, "logging")?.call_method1("getLogger", ("klausul",))?;
    logger.call_method1(level, ("%s", words))?;
    Ok(())
}
