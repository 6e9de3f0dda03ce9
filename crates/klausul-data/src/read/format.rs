//! The formats that can be read.

use std::fmt;
use std::str::FromStr;

use klausul_core::{Error, ErrorKind};

/// What an input or a page is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// HTML or XHTML: one page.
    Html,
    /// Plain text: one page.
    Text,
    /// Markdown: one page.
    Markdown,
    /// A PDF file, read by its text layer: one page.
    Pdf,
    /// JSON objects, one a line, also pretty-printed or in an array: rows or pages.
    Jsonl,
    /// A table with a header and commas, semicolons, tabs or bars between the cells: rows or pages.
    Csv,
    /// An Apache Parquet file: rows or pages.
    Parquet,
    /// A web archive: one page for every record that holds one.
    Warc,
}

impl Format {
    /// All formats, in the order of the documentation.
    pub const ALL: [Self; 8] =
        [Self::Html, Self::Text, Self::Markdown, Self::Pdf, Self::Jsonl, Self::Csv, Self::Parquet, Self::Warc];

    /// The name in options and messages, in lower case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Pdf => "pdf",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Warc => "warc",
        }
    }

    /// The format that a file name suggests by its extension, below `.gz` or `.zst`.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let name = [".gz", ".zst", ".zstd"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
        let (_, extension) = name.rsplit_once('.')?;
        match extension {
            "html" | "htm" | "xhtml" | "xht" | "shtml" => Some(Self::Html),
            "txt" | "text" => Some(Self::Text),
            "md" | "markdown" | "mdown" | "mkd" => Some(Self::Markdown),
            "pdf" => Some(Self::Pdf),
            "jsonl" | "ndjson" | "json" => Some(Self::Jsonl),
            "csv" | "tsv" => Some(Self::Csv),
            "parquet" | "pq" => Some(Self::Parquet),
            "warc" | "wet" => Some(Self::Warc),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Error;

    /// Reads a format by its name; `txt`, `md`, `json` and `tsv` are taken too.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "txt" => Ok(Self::Text),
            "md" => Ok(Self::Markdown),
            "json" | "ndjson" => Ok(Self::Jsonl),
            "tsv" => Ok(Self::Csv),
            _ => Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| {
                let known = Self::ALL.map(Self::as_str).join(", ");
                Error::new(ErrorKind::Usage, format!("`{name}` is not an input format"))
                    .mend(format!("write one of {known}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse::<Format>().unwrap(), format);
        }
        let error = "docx".parse::<Format>().unwrap_err();
        assert!(error.to_string().contains("html, text, markdown"), "{error}");
    }

    #[test]
    fn extensions_are_read_below_the_compression() {
        assert_eq!(Format::from_name("a/B.HTML.gz"), Some(Format::Html));
        assert_eq!(Format::from_name("CC-MAIN.warc.gz"), Some(Format::Warc));
        assert_eq!(Format::from_name("policy"), None);
    }
}
