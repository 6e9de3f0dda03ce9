//! Python objects as paragraphs.

use std::fmt;
use std::path::PathBuf;

use klausul::{Kind, Language, Paragraph};
use pyo3::exceptions::PyUnicodeEncodeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFloat, PyList, PyMapping, PyString};

use crate::document;
use crate::errors::{format, usage};

/// Bytes of the text of a paragraph at most: what is longer is a document that nobody cut.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Bytes of a page at most, as in the program.
pub(crate) const MAX_PAGE_BYTES: usize = 64 << 20;
/// What to do with a text that is too long.
pub(crate) const UNCUT: &str = "cut it into paragraphs, as classify_document does";
/// Characters of a value in a message.
const SHOWN: usize = 60;

/// Where a value stands, for messages.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// By itself.
    Alone,
    /// In a sequence.
    Item(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alone => Ok(()),
            Self::Item(index) => write!(f, "item {index}: "),
        }
    }
}

/// A single paragraph, if it is one: a text, a mapping or a [`document::Paragraph`].
pub(crate) fn single(object: &Bound<'_, PyAny>) -> PyResult<Option<Paragraph>> {
    if object.is_instance_of::<PyString>()
        || object.is_instance_of::<PyDict>()
        || object.is_instance_of::<document::Paragraph>()
        || !is_foreign_column(object)? && object.cast::<PyMapping>().is_ok() && object.contains("text")?
    {
        return paragraph(object, Place::Alone).map(Some);
    }
    Ok(None)
}

/// A pandas object, which is read by its values even where pyarrow is not installed.
fn is_foreign_column(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let class = object.get_type();
    let module = class.module()?;
    let name = class.name()?;
    Ok(module.to_str()?.split('.').next() == Some("pandas") && matches!(name.to_str()?, "Series" | "Index"))
}

/// Whether the object hands out Arrow data, and is to be read by them.
pub(crate) fn is_arrow(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(!is_foreign_column(object)? && (object.hasattr("__arrow_c_stream__")? || object.hasattr("__arrow_c_array__")?))
}

/// The paragraphs of an iterable of texts, mappings and paragraphs.
pub(crate) fn many(object: &Bound<'_, PyAny>) -> PyResult<Vec<Paragraph>> {
    refuse_bytes(object, Place::Alone)?;
    let Ok(items) = object.try_iter() else {
        let found = format!("{} is neither a text nor a sequence of texts", shown(object));
        return Err(usage(found, "give a str, a mapping with `text`, a list of them, or an Arrow table"));
    };
    let mut paragraphs = Vec::with_capacity(object.len().unwrap_or_default());
    for (index, item) in items.enumerate() {
        paragraphs.push(paragraph(&item?, Place::Item(index))?);
    }
    Ok(paragraphs)
}

/// The paragraph of a text or a mapping; its language is unknown unless it is declared.
pub(crate) fn paragraph(object: &Bound<'_, PyAny>, place: Place) -> PyResult<Paragraph> {
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Paragraph::of_text(string(text, place, "the text")?));
    }
    if let Ok(paragraph) = object.cast::<document::Paragraph>() {
        return Ok(paragraph.get().inner().clone());
    }
    refuse_bytes(object, place)?;
    let Ok(mapping) = object.cast::<PyMapping>() else {
        let found = format!("{place}{} is not a text", shown(object));
        return Err(format(found, "fill or drop missing values, and give each item as a str or a mapping with `text`"));
    };
    let Some(text) = field(mapping, "text")? else {
        return Err(format(format!("{place}there is no `text` in {}", shown(object)), "give each mapping its `text`"));
    };
    let Ok(text) = text.cast::<PyString>() else {
        let found = format!("{place}`text` is {}, not a string", shown(&text));
        return Err(format(found, "fill or drop missing values"));
    };
    let paragraph = Paragraph::of_text(string(text, place, "`text`")?);
    let id = optional(mapping, place, "id")?.unwrap_or_default();
    Ok(Paragraph {
        id,
        kind: kind(mapping, place)?,
        language: language(mapping, place)?,
        context: context(mapping, place)?,
        ..paragraph
    })
}

/// Text of a paragraph as UTF-8.
pub(crate) fn string(text: &Bound<'_, PyString>, place: Place, what: &str) -> PyResult<String> {
    bounded(text, place, what, MAX_BYTES)
}

/// Text of so many bytes at most as UTF-8.
pub(crate) fn bounded(text: &Bound<'_, PyString>, place: Place, what: &str, limit: usize) -> PyResult<String> {
    let utf8 = text.to_str().map_err(|error| {
        let py = text.py();
        if !error.is_instance_of::<PyUnicodeEncodeError>(py) {
            return error;
        }
        let at = error.value(py).getattr("start").and_then(|start| start.extract::<usize>()).unwrap_or_default();
        let found = format!("{place}{what} has half of a surrogate pair at character {at}, which no encoding can hold");
        format(found, "mend it with text.encode(\"utf-16\", \"surrogatepass\").decode(\"utf-16\", \"replace\")")
    })?;
    if utf8.len() > limit {
        let found = format!("{place}{what} has {} bytes, more than {limit}", utf8.len());
        let error = klausul::Error::new(klausul::ErrorKind::TooLarge, found).mend(UNCUT);
        return Err(crate::errors::exception(&error));
    }
    Ok(utf8.to_owned())
}

/// Paths of files and folders: one, or a sequence of them.
pub(crate) fn paths(object: &Bound<'_, PyAny>) -> PyResult<Vec<PathBuf>> {
    if let Ok(path) = object.extract::<PathBuf>() {
        return Ok(vec![path]);
    }
    object.extract().map_err(|_| {
        usage(
            format!("{} is neither a path nor a sequence of paths", shown(object)),
            "give a str, a Path, or a list of them",
        )
    })
}

/// A value as messages show it.
pub(crate) fn shown(object: &Bound<'_, PyAny>) -> String {
    let words = object.repr().map_or_else(|_| "?".to_owned(), |repr| repr.to_string_lossy().into_owned());
    let mut short: String = words.chars().take(SHOWN).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    format!("`{short}`")
}

fn refuse_bytes(object: &Bound<'_, PyAny>, place: Place) -> PyResult<()> {
    if object.is_instance_of::<PyBytes>() || object.is_instance_of::<PyByteArray>() {
        return Err(usage(format!("{place}bytes are not a text"), "decode them, or take classify_document"));
    }
    Ok(())
}

/// A value of a mapping; `None` and NaN, which tables have for nothing, count as absent.
fn present<'py>(mapping: &Bound<'py, PyMapping>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    let missing = |value: &Bound<'_, PyAny>| {
        value.is_none() || value.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
    };
    Ok(field(mapping, name)?.filter(|value| !missing(value)))
}

fn field<'py>(mapping: &Bound<'py, PyMapping>, name: &str) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(dict) = mapping.cast::<PyDict>() {
        return dict.get_item(name);
    }
    if mapping.contains(name)? { mapping.get_item(name).map(Some) } else { Ok(None) }
}

/// A value of a mapping as text; numbers as they are written.
pub(crate) fn optional(mapping: &Bound<'_, PyMapping>, place: Place, name: &str) -> PyResult<Option<String>> {
    let Some(value) = present(mapping, name)? else { return Ok(None) };
    string(&value.str()?, place, name).map(Some)
}

/// A kind of others' making is read as running text.
fn kind(mapping: &Bound<'_, PyMapping>, place: Place) -> PyResult<Kind> {
    Ok(optional(mapping, place, "kind")?.and_then(|name| name.trim().parse().ok()).unwrap_or(Kind::Text))
}

fn language(mapping: &Bound<'_, PyMapping>, place: Place) -> PyResult<Language> {
    let name = if mapping.contains("lang")? { "lang" } else { "language" };
    let Some(tag) = optional(mapping, place, name)? else { return Ok(Language::UNKNOWN) };
    declared(&tag).map_err(|()| {
        format(
            format!("{place}`{name}` is `{tag}`, not a language tag"),
            "write a code such as `sv`, or leave it empty",
        )
    })
}

/// A declared language, which may be declared as unknown.
pub(crate) fn declared(tag: &str) -> Result<Language, ()> {
    match tag.trim() {
        "" | "und" | "unknown" => Ok(Language::UNKNOWN),
        tag => tag.parse().map_err(|_| ()),
    }
}

/// Headings: a sequence of texts, or a text with ` > ` between them.
fn context(mapping: &Bound<'_, PyMapping>, place: Place) -> PyResult<Vec<String>> {
    let Some(value) = present(mapping, "context")? else { return Ok(Vec::new()) };
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(headings(&string(text, place, "`context`")?));
    }
    let wrong = || {
        let found = format!("{place}`context` is {}, not a list of strings or a string", shown(&value));
        format(found, "give the headings above the paragraph, outermost first")
    };
    let items = value.try_iter().map_err(|_| wrong())?;
    let entry = |item: PyResult<Bound<'_, PyAny>>| {
        let item = item?;
        string(item.cast::<PyString>().map_err(|_| wrong())?, place, "`context`")
    };
    items.map(entry).collect()
}

/// Headings of a text: a JSON array of them, or with ` > ` between them.
pub(crate) fn headings(text: &str) -> Vec<String> {
    if text.trim_start().starts_with('[')
        && let Ok(headings) = serde_json::from_str(text)
    {
        return headings;
    }
    text.split(" > ").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// Strings of a sequence, `None` for none.
pub(crate) fn strings(object: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    let Some(object) = object else { return Ok(Vec::new()) };
    if object.is_instance_of::<PyString>() { Ok(vec![object.extract()?]) } else { object.extract() }
}

/// A list of what Rust made.
pub(crate) fn list<T: pyo3::PyClass + Into<PyClassInitializer<T>>>(
    py: Python<'_>,
    items: impl IntoIterator<Item = T>,
) -> PyResult<Bound<'_, PyList>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(Bound::new(py, item)?)?;
    }
    Ok(list)
}
