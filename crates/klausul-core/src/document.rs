//! Documents and their paragraphs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, ErrorKind, Language};

/// What a paragraph is on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A block of running text.
    Text,
    /// A heading of any level, also one that is only a bold line.
    Heading,
    /// An item of a list, ordered or not, or a description in a definition list.
    ListItem,
    /// A cell in the body of a table.
    TableCell,
}

impl Kind {
    /// All kinds, in the order of the output tables.
    pub const ALL: [Self; 4] = [Self::Text, Self::Heading, Self::ListItem, Self::TableCell];

    /// The name in input and output: `text`, `heading`, `list_item`, `table_cell`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Heading => "heading",
            Self::ListItem => "list_item",
            Self::TableCell => "table_cell",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = Error;

    /// Reads a kind by its name; `paragraph`, and `headline` and `table_header` of GDPR-Transparency-200, are taken too.
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "text" | "paragraph" => Ok(Self::Text),
            "heading" | "headline" | "table_header" => Ok(Self::Heading),
            "list_item" => Ok(Self::ListItem),
            "table_cell" => Ok(Self::TableCell),
            _ => Err(Error::new(ErrorKind::Format, format!("`{name}` is not a kind of paragraph"))
                .mend("write text, heading, list_item or table_cell")),
        }
    }
}

/// One block of a document: the unit that is classified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// Unique within a run, and the same for the same input forever: `document#index` unless the input brought its own.
    pub id: String,
    /// Position in the document, from 0.
    pub index: usize,
    /// Language of the paragraph; short ones inherit the document's.
    pub language: Language,
    /// What it is on the page.
    pub kind: Kind,
    /// The headings above it, the list introduction, and for a table cell its row and column heading; outermost first.
    pub context: Vec<String>,
    /// The text with white space collapsed to single spaces.
    pub text: String,
    /// First byte of the paragraph in the decoded (UTF-8) source text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
}

impl Paragraph {
    /// Running text by itself: without id, headings and language.
    pub fn of_text(text: impl Into<String>) -> Self {
        let text = text.into();
        Self {
            id: String::new(),
            index: 0,
            language: Language::UNKNOWN,
            kind: Kind::Text,
            context: Vec::new(),
            start: 0,
            end: text.len(),
            text,
        }
    }
}

/// A policy cut into paragraphs, in reading order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Unique within a run: the path below the input, or the id that the row, record or page brought.
    pub id: String,
    /// Where it came from: a path, a URL or `-`.
    pub source: String,
    /// Language of most of its text.
    pub language: Language,
    /// The blocks of its main content.
    pub paragraphs: Vec<Paragraph>,
}
