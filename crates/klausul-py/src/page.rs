//! One page.

use klausul::data::read::{Body, Format, Page};
use klausul::{Classified, Error, ErrorKind, Language, Result};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyByteArrayMethods, PyBytes, PyString};

use crate::engine::Engine;
use crate::errors::{OrRaise, usage};
use crate::input::{self, Place};
use crate::run::Stop;

/// A page of what Python has of it: text, or bytes whose character set is found out.
pub(crate) fn page(content: &Bound<'_, PyAny>, format: &str, id: String) -> PyResult<Page> {
    let format: Format = format.parse().or_raise()?;
    if !matches!(format, Format::Html | Format::Text | Format::Markdown | Format::Pdf) {
        return Err(usage(format!("`{format}` is not the format of one page"), "write html, text, markdown or pdf"));
    }
    let bytes = |bytes: &[u8]| Body::Bytes { bytes: bytes.to_vec(), charset: None };
    let body = if let Ok(text) = content.cast::<PyString>() {
        if format == Format::Pdf {
            return Err(usage("a PDF is bytes, and this is text", "read the file with open(path, \"rb\")"));
        }
        Body::Text(input::bounded(text, Place::Alone, "the page", input::MAX_PAGE_BYTES)?)
    } else if let Ok(content) = content.cast::<PyBytes>() {
        bytes(content.as_bytes())
    } else if let Ok(content) = content.cast::<PyByteArray>() {
        bytes(&content.to_vec())
    } else {
        return Err(usage(format!("{} is not a page", input::shown(content)), "give its text or its bytes"));
    };
    Ok(Page { source: id.clone(), id, language: None, format, body, extra: serde_json::Map::new(), line: None })
}

/// Cuts a page and labels its paragraphs.
pub(crate) fn classify(engine: &Engine, page: Page, language: Option<Language>, stop: &Stop) -> Result<Classified> {
    let document = klausul::data::document::of_page(page, language)?;
    let mut cut = klausul::data::batch::Cut::of(document);
    let predictions = engine.classify(&mut cut.paragraphs, stop)?;
    Ok(Classified { cut, predictions })
}

/// The language of an argument.
pub(crate) fn language(tag: Option<&str>) -> PyResult<Option<Language>> {
    let parse = |tag: &str| tag.parse().map_err(|error: Error| Error::new(ErrorKind::Usage, error.to_string()));
    tag.map(parse).transpose().or_raise()
}
