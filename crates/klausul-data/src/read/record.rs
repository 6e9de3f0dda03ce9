//! What the fields of a row mean, whatever format the row came in.

use klausul_core::{Error, ErrorKind, Kind, Language, Result};
use serde_json::{Map, Value};

use super::{Body, Format, Item, Page, ReadOptions, Row, RowMode, sniff};

/// The fields of a row, in the order of the input.
pub(super) type Fields = Map<String, Value>;

/// Fields that hold a whole policy, the most faithful first.
const DOCUMENT_FIELDS: [&str; 3] = ["html", "markdown", "content"];

/// Makes items of rows.
#[derive(Debug, Clone)]
pub(super) struct Records {
    mode: RowMode,
    text_field: Option<String>,
    id_field: Option<String>,
    text_optional: bool,
    limit: usize,
    id: String,
    source: String,
}

impl Records {
    /// For the rows of one input.
    pub(super) fn new(options: &ReadOptions, id: &str, source: &str) -> Self {
        Self {
            mode: options.rows,
            text_field: options.text_field.clone(),
            id_field: options.id_field.clone(),
            text_optional: options.text_optional,
            limit: options.max_document_bytes,
            id: id.to_owned(),
            source: source.to_owned(),
        }
    }

    /// Whether rows with these columns can be read at all.
    pub(super) fn check_columns<'a>(&self, columns: impl Iterator<Item = &'a str> + Clone) -> Result<()> {
        if let Some(name) = self.id_field.as_deref()
            && !columns.clone().any(|column| column == name)
        {
            return Err(missing(name, columns));
        }
        match &self.text_field {
            Some(name) if !columns.clone().any(|column| column == name) => Err(missing(name, columns)),
            None if self.text_optional => Ok(()),
            None if !self.candidates().any(|name| columns.clone().any(|column| column == name)) => {
                Err(unrecognised(columns))
            }
            _ => Ok(()),
        }
    }

    /// Names of fields that may hold the text, in the order in which they are asked.
    fn candidates(&self) -> impl Iterator<Item = &'static str> + use<> {
        let documents = (self.mode != RowMode::Paragraphs).then_some(DOCUMENT_FIELDS);
        documents.into_iter().flatten().chain(std::iter::once("text"))
    }

    /// Makes an item of a row; every error names the line.
    pub(super) fn item(&self, fields: Fields, line: u64) -> Result<Item> {
        self.unplaced_item(fields, line).map_err(|error| error.on_line(line))
    }

    fn unplaced_item(&self, mut fields: Fields, line: u64) -> Result<Item> {
        let name = if self.text_optional { "text".to_owned() } else { self.text_name(&fields)? };
        let text = match fields.shift_remove(&name) {
            Some(Value::String(text)) => text,
            None | Some(Value::Null) if self.text_optional => String::new(),
            Some(other) => return Err(wrong(&name, &other, "a string")),
            None => return Err(missing(&name, fields.keys().map(String::as_str))),
        };
        if text.len() > self.limit {
            return Err(Error::new(
                ErrorKind::TooLarge,
                format!("`{name}` has {} bytes, more than the limit", text.len()),
            )
            .mend("raise the limit with --max-document-bytes"));
        }
        let is_document = match self.mode {
            RowMode::Documents => true,
            RowMode::Paragraphs => false,
            RowMode::Auto => self.text_field.is_none() && name != "text",
        };
        let id = match &self.id_field {
            None => scalar(&mut fields, "id")?,
            Some(name) => {
                let id = scalar(&mut fields, name)?;
                Some(id.ok_or_else(|| missing(name, fields.keys().map(String::as_str)))?)
            }
        };
        let language = language(&mut fields)?;
        if is_document {
            let url = scalar(&mut fields, "url")?;
            return Ok(Item::Page(Page {
                id: id.or_else(|| url.clone()).unwrap_or_else(|| format!("{}:{line}", self.id)),
                source: url.unwrap_or_else(|| self.source.clone()),
                language,
                format: match name.as_str() {
                    "html" => Format::Html,
                    "markdown" => Format::Markdown,
                    _ => sniff::page_text(&text),
                },
                body: Body::Text(text),
                extra: fields,
                line: Some(line),
            }));
        }
        Ok(Item::Row(Row {
            id,
            doc: scalar(&mut fields, "doc")?,
            kind: kind(&mut fields)?,
            context: context(&mut fields)?,
            language,
            text,
            line,
            extra: fields,
        }))
    }

    /// The field that holds the text of this row: the first candidate with a text, else the first that is there.
    fn text_name(&self, fields: &Fields) -> Result<String> {
        if let Some(name) = &self.text_field {
            return Ok(name.clone());
        }
        let full = |name: &&str| match fields.get(*name) {
            None | Some(Value::Null) => false,
            Some(Value::String(text)) => !text.trim().is_empty(),
            Some(_) => true,
        };
        let name = self.candidates().find(full).or_else(|| {
            // `text` stands last, and says best that the row is an empty paragraph.
            self.candidates().filter(|name| fields.contains_key(*name)).last()
        });
        name.map(str::to_owned).ok_or_else(|| unrecognised(fields.keys().map(String::as_str)))
    }
}

/// Takes an id or a URL: a string, or a number as it is written. Null and nothing count as absent.
fn scalar(fields: &mut Fields, name: &str) -> Result<Option<String>> {
    match fields.shift_remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text).filter(|text| !text.trim().is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(other) => Err(wrong(name, &other, "a string or a number")),
    }
}

fn language(fields: &mut Fields) -> Result<Option<Language>> {
    let name = if fields.contains_key("lang") { "lang" } else { "language" };
    let value = match fields.shift_remove(name) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(other) => return Err(wrong(name, &other, "a language tag")),
    };
    if matches!(value.trim(), "" | "und" | "unknown") {
        return Ok(None);
    }
    value.parse().map(Some).map_err(|error: Error| {
        Error::new(ErrorKind::Format, format!("`{name}` is `{}`, not a language tag", shorten(&value)))
            .mend("write a code such as `sv`, or leave it empty")
            .caused_by(error)
    })
}

/// A kind of our own; one of others' making stays among the other columns, and the row is read as text.
fn kind(fields: &mut Fields) -> Result<Option<Kind>> {
    let kind = match fields.get("kind") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => match text.trim().parse() {
            Ok(kind) => Some(kind),
            Err(_) => return Ok(None),
        },
        Some(other) => return Err(wrong("kind", other, "a string")),
    };
    fields.shift_remove("kind");
    Ok(kind)
}

/// Headings as an array of strings, as such an array in a string (CSV), or as a string with ` > ` between them.
fn context(fields: &mut Fields) -> Result<Vec<String>> {
    let strings = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|part| part.as_str().map(str::to_owned)).collect()
    };
    match fields.shift_remove("context") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => {
            if text.trim_start().starts_with('[')
                && let Some(parts) = serde_json::from_str(&text).ok().as_ref().and_then(strings)
            {
                return Ok(parts);
            }
            Ok(text.split(" > ").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect())
        }
        Some(other) => strings(&other).ok_or_else(|| wrong("context", &other, "an array of strings or a string")),
    }
}

fn missing<'a>(name: &str, columns: impl Iterator<Item = &'a str>) -> Error {
    Error::new(ErrorKind::Format, format!("there is no `{name}` among the fields {}", list(columns)))
        .mend("name a field that is there")
}

fn unrecognised<'a>(columns: impl Iterator<Item = &'a str>) -> Error {
    Error::new(ErrorKind::Format, format!("no text, html, markdown or content among the fields {}", list(columns)))
        .mend("name the field that holds the text with --text-field")
}

fn wrong(name: &str, value: &Value, wanted: &str) -> Error {
    Error::new(ErrorKind::Format, format!("`{name}` is `{}`, not {wanted}", shorten(&value.to_string())))
}

/// Names of fields for a message, the first twenty.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut names: Vec<String> = names.take(21).map(|name| format!("`{}`", shorten(name))).collect();
    if names.len() > 20 {
        "…".clone_into(&mut names[20]);
    }
    if names.is_empty() { "(none)".to_owned() } else { names.join(", ") }
}

/// A value for a message.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(options: &ReadOptions, json: &str) -> Result<Item> {
        Records::new(options, "in.jsonl", "dir/in.jsonl").item(serde_json::from_str(json).unwrap(), 7)
    }

    fn row(json: &str) -> Row {
        match item(&ReadOptions::new(), json) {
            Ok(Item::Row(row)) => row,
            other => panic!("{other:?}"),
        }
    }

    fn page(options: &ReadOptions, json: &str) -> Page {
        match item(options, json) {
            Ok(Item::Page(page)) => page,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_row_with_text_is_a_paragraph() {
        let row = row(
            r#"{"z":1,"id":12,"text":"t","doc":"d","kind":"list_item","context":["A","B"],"lang":"sv-SE","a":null}"#,
        );
        assert_eq!((row.id.as_deref(), row.doc.as_deref(), row.kind), (Some("12"), Some("d"), Some(Kind::ListItem)));
        assert_eq!((row.context, row.language.unwrap().as_str(), row.line), (vec!["A".into(), "B".into()], "sv", 7));
        assert_eq!(row.extra.keys().collect::<Vec<_>>(), ["z", "a"]);
    }

    #[test]
    fn contexts_may_be_strings() {
        assert_eq!(row(r#"{"text":"t","context":"A > B"}"#).context, ["A", "B"]);
        assert_eq!(row(r#"{"text":"t","context":"[\"A > B\"]"}"#).context, ["A > B"]);
        assert_eq!(row(r#"{"text":"t","context":"[1] Scope"}"#).context, ["[1] Scope"]);
        assert!(row(r#"{"text":"t","context":null}"#).context.is_empty());
    }

    #[test]
    fn a_row_with_html_is_a_document() {
        let auto = ReadOptions::new();
        let first = page(&auto, r#"{"text":"t","html":"<p>x","url":"https://e.org/p","lang":"el"}"#);
        assert_eq!(
            (first.id.as_str(), first.source.as_str(), first.format),
            ("https://e.org/p", "https://e.org/p", Format::Html)
        );
        let sniffed = page(&auto, r##"{"html":null,"content":"# A\n\nSee [b](https://c).","id":"k"}"##);
        assert_eq!(
            (sniffed.id.as_str(), sniffed.source.as_str(), sniffed.format),
            ("k", "dir/in.jsonl", Format::Markdown)
        );
        assert_eq!(page(&auto, r#"{"content":"x"}"#).id, "in.jsonl:7");
        assert_eq!(row(r#"{"html":"","text":"t"}"#).text, "t");
    }

    #[test]
    fn options_say_what_rows_are() {
        let options = ReadOptions::new().with_text_field("body").unwrap();
        assert!(matches!(item(&options, r#"{"body":"b","html":"h"}"#), Ok(Item::Row(row)) if row.text == "b"));
        let options = options.with_rows(RowMode::Documents).with_id_field("key").unwrap();
        let page = page(&options, r#"{"body":"<!doctype html><p>b","key":"k","id":"other"}"#);
        assert_eq!((page.id.as_str(), page.format, page.extra.len()), ("k", Format::Html, 1));
        assert!(item(&options, r#"{"body":"b","id":"other"}"#).is_err());
        let paragraphs = ReadOptions::new().with_rows(RowMode::Paragraphs);
        assert!(matches!(item(&paragraphs, r#"{"text":"b","html":"h"}"#), Ok(Item::Row(_))));
    }

    #[test]
    fn wrong_values_are_named_with_their_line() {
        for (json, message) in [
            (r#"{"text":5}"#, "line 7: `text` is `5`, not a string"),
            (r#"{"text":null}"#, "line 7: `text` is `null`, not a string"),
            (r#"{"text":"t","id":[1]}"#, "line 7: `id` is `[1]`, not a string or a number"),
            (r#"{"text":"t","context":[1]}"#, "line 7: `context` is `[1]`, not an array of strings or a string"),
            (r#"{"text":"t","lang":"english"}"#, "line 7: `lang` is `english`, not a language tag; write a code"),
            (r#"{"text":"t","kind":7}"#, "line 7: `kind` is"),
            (r#"{"body":"t","n":1}"#, "line 7: no text, html, markdown or content among the fields `body`, `n`; name"),
        ] {
            let error = item(&ReadOptions::new(), json).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}");
        }
        let small = ReadOptions::new().with_max_document_bytes(3).unwrap();
        assert_eq!(item(&small, r#"{"text":"long"}"#).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
