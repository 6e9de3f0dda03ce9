//! The error type of the library crates.

use std::fmt;
use std::path::{Path, PathBuf};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in one word; the message says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input could not be opened or read, or the output not written.
    Io,
    /// The input was read but is not what its format demands.
    Format,
    /// The input is larger than a limit that the caller set.
    TooLarge,
    /// A taxonomy, lexicon or other configuration contradicts itself.
    Config,
    /// The caller asked for something that does not exist.
    Usage,
}

/// An error that names the file, the line and the value, and says the mend.
///
/// ```
/// use klausul_core::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Format, "column `text` is missing")
///     .at("policies.csv")
///     .on_line(1)
///     .mend("name the column with --text-field");
/// assert_eq!(error.to_string(), "policies.csv:1: column `text` is missing; name the column with --text-field");
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    path: Option<PathBuf>,
    line: Option<u64>,
    mend: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of a kind with its message: what was found, with the bad value in backticks.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), path: None, line: None, mend: None, source: None }))
    }

    /// The file or input it happened in. A path set earlier, nearer to the cause, stays.
    #[must_use]
    pub fn at(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path.get_or_insert_with(|| path.as_ref().to_owned());
        self
    }

    /// The line it happened on, counted from 1. A line set earlier stays.
    #[must_use]
    pub fn on_line(mut self, line: u64) -> Self {
        self.0.line.get_or_insert(line);
        self
    }

    /// What the user can do about it.
    #[must_use]
    pub fn mend(mut self, mend: impl Into<String>) -> Self {
        self.0.mend = Some(mend.into());
        self
    }

    /// The error that caused this one; it is printed as part of the chain, not of this message.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What went wrong, in one word.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file or input it happened in, where known.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The line it happened on, counted from 1, where known.
    pub fn line(&self) -> Option<u64> {
        self.0.line
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &self.0;
        if let Some(path) = &inner.path {
            write!(f, "{}:", path.display())?;
            if let Some(line) = inner.line {
                write!(f, "{line}:")?;
            }
            f.write_str(" ")?;
        } else if let Some(line) = inner.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&inner.message)?;
        if let Some(mend) = &inner.mend {
            write!(f, "; {mend}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, error.to_string()).caused_by(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_place_wins() {
        let error = Error::new(ErrorKind::Format, "bad").at("inner.jsonl").on_line(3).at("outer.gz").on_line(9);
        assert_eq!(error.to_string(), "inner.jsonl:3: bad");
        assert_eq!(error.kind(), ErrorKind::Format);
    }

    #[test]
    fn a_line_without_a_file_is_spelled_out() {
        assert_eq!(Error::new(ErrorKind::Format, "bad").on_line(3).to_string(), "line 3: bad");
    }
}
