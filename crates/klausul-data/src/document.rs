//! From a page to a document: decoding, segmentation and language in one call.

use klausul_core::{Document, Error, ErrorKind, Language, Paragraph, Result};

use crate::language;
use crate::read::{Format, Page};
use crate::segment::{self, Block};

/// Cuts a page into paragraphs and tells their languages; `language` overrides what the text says.
///
/// A paragraph's id is `document#index`. Its byte range counts in the page's text after decoding to UTF-8: for a UTF-8
/// file these are the bytes of the file, for PDF those of the extracted text.
///
/// # Errors
/// What [`Page::into_text`] returns, and [`ErrorKind::Format`] when the page has no text at all.
pub fn of_page(page: Page, language: Option<Language>) -> Result<Document> {
    let (id, source, mut declared) = (page.id.clone(), page.source.clone(), page.language);
    let (format, text) = page.into_text().map_err(|error| error.at(&source))?;
    let blocks = match format {
        Format::Html => segment::html(&text),
        Format::Markdown => segment::markdown(&text),
        _ => segment::text(&text),
    };
    if blocks.is_empty() {
        return Err(Error::new(ErrorKind::Format, "no text found")
            .at(&source)
            .mend("the page may need a browser to show its text; scrape it rendered"));
    }
    if format == Format::Html && declared.is_none() {
        declared = segment::html_declared_language(&text).and_then(|tag| tag.parse().ok());
    }
    let texts: Vec<&str> = blocks.iter().map(|block| block.text.as_str()).collect();
    let document = language.unwrap_or_else(|| language::document(&texts, declared));
    let paragraph = |(index, block): (usize, Block)| Paragraph {
        id: format!("{id}#{index}"),
        index,
        language: language.unwrap_or_else(|| language::paragraph(&block.text, document)),
        kind: block.kind,
        context: block.context,
        text: block.text,
        start: block.range.start,
        end: block.range.end,
    };
    let paragraphs = blocks.into_iter().enumerate().map(paragraph).collect();
    Ok(Document { id, source, language: document, paragraphs })
}

/// A row as far as its language is told by it.
#[derive(Debug, Clone, Copy)]
pub struct RowText<'a> {
    /// Its text.
    pub text: &'a str,
    /// The headings above it.
    pub context: &'a [String],
    /// The language that it declares.
    pub language: Option<Language>,
}

/// Tells the languages of rows that declare none.
///
/// Rows of one document (`one_document`) share its language, short ones inherit it; rows that stand alone are told by their text
/// and context.
pub fn row_languages(rows: &[RowText<'_>], one_document: bool) -> Vec<Language> {
    if let Some(declared) = rows.iter().map(|row| row.language).collect() {
        return declared;
    }
    let own = |row: &RowText<'_>, document| row.language.unwrap_or_else(|| language::paragraph(row.text, document));
    if one_document {
        let texts: Vec<&str> = rows.iter().map(|row| row.text).collect();
        let document = language::document(&texts, rows.iter().find_map(|row| row.language));
        return rows.iter().map(|row| own(row, document)).collect();
    }
    let alone = |row: &RowText<'_>| {
        let mut texts: Vec<&str> = row.context.iter().map(String::as_str).collect();
        texts.push(row.text);
        own(row, language::document(&texts, row.language))
    };
    rows.iter().map(alone).collect()
}
