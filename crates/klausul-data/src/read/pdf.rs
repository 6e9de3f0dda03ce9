//! The text layer of PDF files.
//!
//! `lopdf` parses and decodes; the reading order and the line and paragraph breaks are made here, because its own
//! extraction joins words and knows no paragraphs. `pdf-extract` was left because it builds on an older parser that
//! inflates without a bound and panics on odd fonts, `pdf_oxide` because it brings a layout engine, image codecs and
//! more than a hundred crates.

mod cmap;
mod content;
mod font;
mod layout;

use klausul_core::{Error, ErrorKind, Result};
use lopdf::{Document, LoadOptions};

use self::content::Interpreter;

/// The most that one stream may unpack to, in bytes.
const MAX_STREAM: usize = 64 << 20;

/// The most that all streams and the text of a file may unpack to, in bytes.
const MAX_TOTAL: usize = 256 << 20;

/// The text of a PDF file: lines end in a line feed, paragraphs in an empty line, pages in a form feed.
pub(super) fn text(bytes: &[u8]) -> Result<String> {
    let options = LoadOptions::with_max_decompressed_size(MAX_STREAM);
    let document = Document::load_mem_with_options(bytes, options).map_err(|error| match error {
        lopdf::Error::InvalidPassword | lopdf::Error::Decryption(_) => encrypted(),
        error => damaged(&error),
    })?;
    if document.is_encrypted() {
        return Err(encrypted());
    }
    let mut interpreter = Interpreter::new(&document, MAX_TOTAL);
    let mut text = String::new();
    let mut pages = 0;
    for page in document.page_iter() {
        if pages > 0 {
            text.push('\u{c}');
        }
        pages += 1;
        text.push_str(&interpreter.page(page)?);
        if text.len() > MAX_TOTAL {
            return Err(too_large());
        }
    }
    if text.trim().is_empty() {
        let (what, mend) = if pages == 0 {
            ("the PDF file has no pages", "fetch it again: it may be damaged")
        } else {
            ("the PDF file has no text layer", "recognise its images with an OCR program first")
        };
        return Err(Error::new(ErrorKind::Format, what).mend(mend));
    }
    Ok(text)
}

fn encrypted() -> Error {
    Error::new(ErrorKind::Format, "the PDF file is encrypted").mend("save it without a password")
}

fn damaged(error: &lopdf::Error) -> Error {
    Error::new(ErrorKind::Format, format!("the PDF file cannot be read: {error}"))
        .mend("fetch it again, or save it anew with another program")
}

fn too_large() -> Error {
    Error::new(ErrorKind::TooLarge, format!("the PDF file unpacks to more than {MAX_TOTAL} bytes"))
}

#[cfg(test)]
mod tests {
    use lopdf::{Dictionary, Object, Stream, dictionary};

    use super::*;

    /// A file with these content streams, one a page.
    fn pdf(pages: &[&[u8]], font: Dictionary, alter: impl FnOnce(&mut Document)) -> Vec<u8> {
        let mut document = Document::with_version("1.5");
        let root = document.new_object_id();
        let font = document.add_object(font);
        let kids: Vec<Object> = pages
            .iter()
            .map(|content| {
                let content = document.add_object(Stream::new(Dictionary::new(), content.to_vec()));
                let page = dictionary! {
                    "Type" => "Page", "Parent" => root, "Contents" => content,
                    "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
                };
                document.add_object(page).into()
            })
            .collect();
        let count = i64::try_from(kids.len()).unwrap();
        document.set_object(root, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => root });
        document.trailer.set("Root", catalog);
        alter(&mut document);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).unwrap();
        bytes
    }

    fn helvetica() -> Dictionary {
        dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding" }
    }

    #[test]
    fn lines_paragraphs_and_pages_are_kept() {
        let first =
            b"BT /F1 16 Tf 72 700 Td (Your rights) Tj /F1 10 Tf 0 -30 Td (You may ask for access to the data) Tj \
            0 -12 Td (that we hold, and ) Tj [(f)10(or) -400 (their)] TJ T* ET \
            BT /F1 10 Tf 12 TL 72 600 Td (A new paragraph, f\xf6r dig.) Tj (Its second line.) ' ET";
        let second = b"BT /F1 10 Tf 1 0 0 1 72 700 Tm (Page two) Tj ET";
        let text = text(&pdf(&[first, second], helvetica(), |_| ())).unwrap();
        assert_eq!(
            text,
            "Your rights\n\nYou may ask for access to the data\nthat we hold, and for their\n\n\
             A new paragraph, för dig.\nIts second line.\n\u{c}Page two\n"
        );
    }

    #[test]
    fn words_that_are_placed_one_by_one_are_parted() {
        let font = dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "X", "Encoding" => "WinAnsiEncoding",
            "FirstChar" => 97, "Widths" => vec![Object::Integer(500); 26],
        };
        let content = b"BT /F1 10 Tf 72 700 Td (ab) Tj 13 0 Td (cd) Tj 10 0 Td (ef) Tj ET";
        assert_eq!(text(&pdf(&[content], font, |_| ())).unwrap(), "ab cdef\n");
    }

    #[test]
    fn the_unicode_map_of_a_font_counts_more_than_its_encoding() {
        let map = b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
            1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
            2 beginbfchar <0001> <0394> <0002> <03C9> endbfchar\nendcmap end end";
        let bytes = pdf(&[b"BT /F1 10 Tf 72 700 Td <000100020001> Tj ET"], Dictionary::new(), |document| {
            let map = document.add_object(Stream::new(Dictionary::new(), map.to_vec()));
            let descendant = document.add_object(dictionary! {
                "Type" => "Font", "Subtype" => "CIDFontType2", "DW" => 600,
                "W" => vec![1.into(), Object::Array(vec![500.into()]), 2.into(), 3.into(), 700.into()],
            });
            let font = dictionary! {
                "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "G", "Encoding" => "Identity-H",
                "ToUnicode" => map, "DescendantFonts" => vec![descendant.into()],
            };
            document.objects.insert((2, 0), Object::Dictionary(font));
        });
        assert_eq!(text(&bytes).unwrap(), "ΔωΔ\n");
    }

    #[test]
    fn forms_are_entered_once_a_level() {
        let bytes = pdf(&[b"/Fm Do"], helvetica(), |document| {
            let id = document.new_object_id();
            let form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form", "Matrix" => vec![1.into(), 0.into(), 0.into(), 1.into(), 5.into(), 5.into()],
                "Resources" => dictionary! {
                    "Font" => dictionary! { "F1" => (2, 0) }, "XObject" => dictionary! { "Fm" => id },
                },
            };
            document.set_object(id, Stream::new(form, b"BT /F1 10 Tf (inside) Tj ET /Fm Do".to_vec()));
            let page = document.page_iter().next().unwrap();
            let page = document.get_dictionary_mut(page).unwrap();
            page.set("Resources", dictionary! { "XObject" => dictionary! { "Fm" => id } });
        });
        let text = text(&bytes).unwrap();
        assert!(text.starts_with("inside") && text.len() < 200, "{text}");
    }

    #[test]
    fn images_and_nothing_have_no_text() {
        let error = text(&pdf(&[b"q 100 0 0 100 0 0 cm /Im0 Do Q"], helvetica(), |_| ())).unwrap_err();
        assert!(error.to_string().starts_with("the PDF file has no text layer; "), "{error}");
        assert!(text(&pdf(&[], helvetica(), |_| ())).unwrap_err().to_string().starts_with("the PDF file has no pages"));
        assert!(text(b"%PDF-1.5\n").unwrap_err().to_string().starts_with("the PDF file cannot be read"));
    }

    #[test]
    fn an_encrypted_file_is_said_to_be_one() {
        let bytes = pdf(&[b"BT ET"], helvetica(), |document| {
            document.trailer.set("ID", vec![Object::string_literal("0123456789abcdef"); 2]);
            let version = lopdf::EncryptionVersion::V2 {
                document,
                owner_password: "owner",
                user_password: "user",
                key_length: 128,
                permissions: lopdf::Permissions::all(),
            };
            let state = lopdf::EncryptionState::try_from(version).unwrap();
            document.encrypt(&state).unwrap();
        });
        let error = text(&bytes).unwrap_err().to_string();
        assert_eq!(error, "the PDF file is encrypted; save it without a password");
    }

    #[test]
    fn a_bomb_in_a_page_is_refused() {
        let bytes = pdf(&[b"BT ET"], helvetica(), |document| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
            for _ in 0..80 {
                std::io::Write::write_all(&mut encoder, &vec![b' '; 1 << 20]).unwrap();
            }
            let stream = Stream::new(dictionary! { "Filter" => "FlateDecode" }, encoder.finish().unwrap());
            document.objects.insert((3, 0), Object::Stream(stream));
        });
        assert_eq!(text(&bytes).unwrap_err().kind(), ErrorKind::TooLarge);
    }
}
