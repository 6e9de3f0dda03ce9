//! What the reader may be told.

use globset::{Glob, GlobSet, GlobSetBuilder};
use klausul_core::{Error, ErrorKind, Result};

use super::Format;

/// Whether the rows of a JSONL, CSV or Parquet input are paragraphs or whole policies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RowMode {
    /// A row with `html`, `markdown` or `content` is a policy, any other with `text` a paragraph.
    #[default]
    Auto,
    /// Every row is a paragraph.
    Paragraphs,
    /// Every row is a policy.
    Documents,
}

/// How to read; every field has a default that fits.
///
/// ```
/// use klausul_data::read::{Format, ReadOptions};
///
/// let options = ReadOptions::new().with_format(Format::Jsonl).with_include(["**/*.jsonl"])?;
/// assert_eq!(options.max_document_bytes(), 64 << 20);
/// # Ok::<(), klausul_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    pub(super) format: Option<Format>,
    pub(super) rows: RowMode,
    pub(super) text_field: Option<String>,
    pub(super) id_field: Option<String>,
    pub(super) text_optional: bool,
    pub(super) max_document_bytes: usize,
    pub(super) include: Option<GlobSet>,
    pub(super) exclude: GlobSet,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl ReadOptions {
    /// Everything is found out from the content; a document has at most 64 MiB.
    pub fn new() -> Self {
        Self {
            format: None,
            rows: RowMode::Auto,
            text_field: None,
            id_field: None,
            text_optional: false,
            max_document_bytes: 64 << 20,
            include: None,
            exclude: GlobSet::empty(),
        }
    }

    /// Reads every input as this format; compression is still undone.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Says what rows are, instead of telling it from their fields.
    #[must_use]
    pub fn with_rows(mut self, rows: RowMode) -> Self {
        self.rows = rows;
        self
    }

    /// Names the field or column that holds the text.
    ///
    /// Rows are then paragraphs, or with [`RowMode::Documents`] policies whose format is found out for each.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the name is empty.
    pub fn with_text_field(mut self, name: impl Into<String>) -> Result<Self> {
        self.text_field = Some(field(name.into(), "text")?);
        Ok(self)
    }

    /// Names the field or column that holds the id; every row must then have it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the name is empty.
    pub fn with_id_field(mut self, name: impl Into<String>) -> Result<Self> {
        self.id_field = Some(field(name.into(), "id")?);
        Ok(self)
    }

    /// Reads rows of paragraphs without text too, with an empty one: predictions often leave it out.
    #[must_use]
    pub fn with_optional_text(mut self) -> Self {
        self.text_optional = true;
        self.rows = RowMode::Paragraphs;
        self
    }

    /// Bounds a document, a line, a record or a row: in bytes, after decompression.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when the bound is 0 or more than 2 GiB.
    pub fn with_max_document_bytes(mut self, bytes: u64) -> Result<Self> {
        self.max_document_bytes =
            usize::try_from(bytes).ok().filter(|bytes| (1..=2 << 30).contains(bytes)).ok_or_else(|| {
                Error::new(ErrorKind::Usage, format!("a document of at most `{bytes}` bytes cannot be read"))
                    .mend("give a number from 1 to 2147483648")
            })?;
        Ok(self)
    }

    /// Takes from folders only files whose path below the folder matches one of these globs.
    ///
    /// `*` also crosses folders: `*.html` finds `a/b.html`. No glob at all takes every file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when a glob does not parse.
    pub fn with_include<G: AsRef<str>>(mut self, globs: impl IntoIterator<Item = G>) -> Result<Self> {
        self.include = Some(set(globs)?).filter(|set| !set.is_empty());
        Ok(self)
    }

    /// Leaves out of folders the files and folders whose path below the folder matches one of these globs.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Usage`] when a glob does not parse.
    pub fn with_exclude<G: AsRef<str>>(mut self, globs: impl IntoIterator<Item = G>) -> Result<Self> {
        self.exclude = set(globs)?;
        Ok(self)
    }

    /// The bound of a document, a line, a record or a row, in bytes.
    pub fn max_document_bytes(&self) -> u64 {
        self.max_document_bytes as u64
    }
}

fn field(name: String, what: &str) -> Result<String> {
    if name.trim().is_empty() {
        return Err(Error::new(ErrorKind::Usage, format!("the name of the {what} field is empty"))
            .mend("name a field of the input"));
    }
    Ok(name)
}

fn set<G: AsRef<str>>(globs: impl IntoIterator<Item = G>) -> Result<GlobSet> {
    let wrong = |glob: &str, error: globset::Error| {
        Error::new(ErrorKind::Usage, format!("`{glob}` is not a glob"))
            .mend("quote `[` and `{` as `[[]`")
            .caused_by(error)
    };
    let mut builder = GlobSetBuilder::new();
    for glob in globs {
        builder.add(Glob::new(glob.as_ref()).map_err(|error| wrong(glob.as_ref(), error))?);
    }
    builder.build().map_err(|error| wrong("", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_are_refused_once() {
        assert!(ReadOptions::new().with_text_field(" ").is_err());
        assert!(ReadOptions::new().with_id_field("").is_err());
        assert!(ReadOptions::new().with_max_document_bytes(0).is_err());
        assert!(ReadOptions::new().with_max_document_bytes(u64::MAX).is_err());
        let error = ReadOptions::new().with_include(["a[".to_owned()]).unwrap_err();
        assert!(error.to_string().starts_with("`a[` is not a glob"), "{error}");
        assert!(ReadOptions::new().with_include([""; 0]).unwrap().include.is_none());
    }
}
