//! What a reader yields.

#[cfg(not(feature = "pdf"))]
use klausul_core::{Error, ErrorKind};
use klausul_core::{Kind, Language, Result};
use serde_json::{Map, Value};

use super::{Format, charset, guard};

/// One thing that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A whole policy.
    Page(Page),
    /// A paragraph that the input already cut.
    Row(Row),
}

/// The content of a [`Page`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// As it was found.
    Bytes {
        /// The bytes, decompressed.
        bytes: Vec<u8>,
        /// The character set that the HTTP header declared.
        charset: Option<String>,
    },
    /// Already decoded, from a row.
    Text(String),
}

/// A policy as it was found; [`Page::into_text`] makes text of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The input's id, the row's own id or URL, or `input:line`. Records of a web archive carry their target URI, which
    /// may repeat within an archive: the caller makes ids unique.
    pub id: String,
    /// Where it came from: a path, a URL or `-`.
    pub source: String,
    /// The language that its row declared.
    pub language: Option<Language>,
    /// `Html`, `Text`, `Markdown` or `Pdf`.
    pub format: Format,
    /// The content.
    pub body: Body,
    /// The other columns of its row in their order, or `warc_date` of its record.
    pub extra: Map<String, Value>,
    /// The line of its row, or the number of its row or record, counted from 1.
    pub line: Option<u64>,
}

impl Page {
    /// A page in memory; its id is its source too.
    pub fn of_bytes(id: impl Into<String>, format: Format, bytes: Vec<u8>) -> Self {
        let id = id.into();
        Self {
            source: id.clone(),
            id,
            language: None,
            format,
            body: Body::Bytes { bytes, charset: None },
            extra: Map::new(),
            line: None,
        }
    }

    /// Decodes the character set, or extracts the text layer of a PDF, whose pages come separated by form feeds.
    ///
    /// This is the expensive part of reading, kept apart so that it runs in the caller's worker threads.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Format`](klausul_core::ErrorKind::Format) when a PDF is damaged, encrypted or has no text layer, [`ErrorKind::TooLarge`](klausul_core::ErrorKind::TooLarge) when it
    /// unpacks to more than 256 MiB. A panic in the PDF library is an error too.
    pub fn into_text(self) -> Result<(Format, String)> {
        let Self { source, format, body, line, .. } = self;
        let result = guard::catch(|| match (format, body) {
            (_, Body::Text(text)) => Ok(text),
            (Format::Pdf, Body::Bytes { bytes, .. }) => pdf(&bytes),
            (_, Body::Bytes { bytes, charset }) => Ok(charset::decode(
                bytes,
                charset.as_deref(),
                format == Format::Html,
                charset::top_level_domain(&source),
            )),
        });
        match result {
            Ok(text) => Ok((format, text)),
            Err(error) => Err(match line {
                Some(line) => error.at(source).on_line(line),
                None => error.at(source),
            }),
        }
    }
}

#[cfg(feature = "pdf")]
fn pdf(bytes: &[u8]) -> Result<String> {
    super::pdf::text(bytes)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &[u8]) -> Result<String> {
    Err(Error::new(ErrorKind::Format, "PDF files cannot be read by this build").mend("build with the feature `pdf`"))
}

/// A paragraph as its row tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The row's own id.
    pub id: Option<String>,
    /// The document that it belongs to.
    pub doc: Option<String>,
    /// What it is on its page.
    pub kind: Option<Kind>,
    /// The headings above it, outermost first.
    pub context: Vec<String>,
    /// The language that the row declared.
    pub language: Option<Language>,
    /// The text as it was found; it may be empty.
    pub text: String,
    /// The line on which it begins, for Parquet its number; counted from 1.
    pub line: u64,
    /// The other columns, in their order.
    pub extra: Map<String, Value>,
}

#[cfg(test)]
mod tests {
    use klausul_core::ErrorKind;

    use super::*;

    fn page(format: Format, bytes: &[u8]) -> Page {
        Page {
            id: "p".into(),
            source: "p.bin".into(),
            language: None,
            format,
            body: Body::Bytes { bytes: bytes.to_vec(), charset: Some("iso-8859-2".into()) },
            extra: Map::new(),
            line: Some(3),
        }
    }

    #[test]
    fn the_declared_character_set_reaches_the_decoder() {
        assert_eq!(page(Format::Text, b"\xb3\xf3d\xbc").into_text().unwrap(), (Format::Text, "łódź".into()));
    }

    #[test]
    fn a_broken_pdf_is_an_error_with_its_place() {
        let error = page(Format::Pdf, b"%PDF-1.7 and nothing").into_text().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Format);
        assert!(error.to_string().starts_with("p.bin:3: "), "{error}");
    }
}
