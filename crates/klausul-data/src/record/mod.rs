//! Records: one output row a paragraph, and the formats they are written in.
//!
//! A run writes its records as JSON lines ([`encode`]), the one encoding there is; CSV, Parquet and JSON-LD are made from those
//! lines by [`convert`], which reads them once to learn the columns and once more to write.

mod csv;
mod encode;
mod jsonld;
mod lines;
#[cfg(feature = "parquet")]
mod parquet;

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::str::FromStr;

use klausul_core::{Error, ErrorKind, Result, Taxonomy};

pub use encode::{Decided, Reasons, Record, encode};

/// A format of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordFormat {
    /// One JSON object a line.
    Jsonl,
    /// Comma-separated values with a header; lists and objects as JSON, labels joined by `;`, one `score_` column a category.
    Csv,
    /// Apache Parquet with the columns of CSV, typed.
    Parquet,
    /// JSON-LD 1.1 with terms of the W3C Data Privacy Vocabulary.
    JsonLd,
}

impl RecordFormat {
    /// All formats, the default first.
    pub const ALL: [Self; 4] = [Self::Jsonl, Self::Csv, Self::Parquet, Self::JsonLd];

    /// The name on the command line: `jsonl`, `csv`, `parquet`, `jsonld`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::JsonLd => "jsonld",
        }
    }

    /// The format that a file name asks for by its extension.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "ndjson" => Some(Self::Jsonl),
            "json-ld" => Some(Self::JsonLd),
            name => name.parse().ok(),
        }
    }
}

impl fmt::Display for RecordFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for RecordFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("`{name}` is not an output format"))
                .mend("write jsonl, csv, parquet or jsonld")
        })
    }
}

/// Writes the records of a JSON-lines file in another format.
///
/// # Errors
/// [`ErrorKind::Format`] naming file and line when a line is no record; [`ErrorKind::Io`] when reading or writing fails.
pub fn convert(lines: &Path, format: RecordFormat, taxonomy: &Taxonomy, out: &mut (dyn Write + Send)) -> Result<()> {
    match format {
        RecordFormat::Jsonl => {
            let mut file = std::fs::File::open(lines).map_err(|error| Error::from(error).at(lines))?;
            std::io::copy(&mut file, out)?;
            Ok(())
        }
        RecordFormat::Csv => csv::write(lines, out),
        #[cfg(feature = "parquet")]
        RecordFormat::Parquet => parquet::write(lines, out),
        #[cfg(not(feature = "parquet"))]
        RecordFormat::Parquet => {
            Err(Error::new(ErrorKind::Usage, "this build does not write Parquet")
                .mend("build with the feature `parquet`"))
        }
        RecordFormat::JsonLd => jsonld::write(lines, taxonomy, out),
    }
}
