//! What the front-ends hand to the assembler: lines and the scopes around them.

use super::piece::Piece;

/// One event of a document, in reading order.
#[derive(Debug, Clone)]
pub(super) enum Unit {
    /// A line of text.
    Line(Line),
    /// A structure begins.
    Open(Scope),
    /// The innermost open structure ends.
    Close,
}

/// A structure that gives context to what is inside.
#[derive(Debug, Clone)]
pub(super) enum Scope {
    /// A list; the text right before it introduces its items.
    List,
    /// An item of a list, or a description.
    Item,
    /// A part whose title ([`Role::Title`]) ends with it: a disclosure, a definition list, a captioned table.
    Section,
    /// A table; the text right before it introduces its cells.
    Table,
    /// A body cell, with its row heading and column heading.
    Cell(Vec<String>),
}

/// A line: as much text as stands between two breaks.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Its text.
    pub piece: Piece,
    /// What the markup says it is.
    pub role: Role,
    /// All of it is bold or underlined.
    pub bold: bool,
    /// All of it is link text.
    pub link: Link,
    /// A paragraph begins here: there is more than a line break before it.
    pub gap: bool,
}

impl Line {
    /// A line of running text with a paragraph break before it.
    pub(super) fn plain(piece: Piece) -> Self {
        Self { piece, role: Role::Plain, bold: false, link: Link::None, gap: true }
    }
}

/// What the markup says a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Nothing: its looks decide.
    Plain,
    /// A heading of level 1 to 6.
    Heading(u8),
    /// The title of the [`Scope::Section`] around it, or a term before its description.
    Title,
    /// A heading that gives context elsewhere: a column or row heading.
    CellHeading,
}

/// Whether a text is link text throughout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Link {
    /// Not all of it is.
    #[default]
    None,
    /// All of it, and the links stay on the page (a table of contents).
    Inside,
    /// All of it.
    Outside,
}
