//! What the codes of a font mean, and how wide they are.

use std::collections::HashMap;

use lopdf::{Dictionary, Document, Object};

use super::cmap::{self, UnicodeMap};

/// The most that the Unicode map of a font may unpack to, in bytes.
const MAX_MAP: usize = 16 << 20;

/// A font as far as text extraction needs it.
pub(super) struct Font {
    /// Whether codes have two bytes.
    is_composite: bool,
    /// The map to Unicode that the file brings.
    map: UnicodeMap,
    /// What single bytes mean without it.
    bytes: Vec<String>,
    widths: HashMap<u16, f32>,
    default_width: f32,
    /// Texts of codes that were asked for.
    known: HashMap<u16, String>,
}

/// One code of a string.
pub(super) struct Glyph<'a> {
    /// Its text, empty where nobody knows.
    pub(super) text: &'a str,
    /// Its advance in text space, for a font of size 1.
    pub(super) width: f32,
    /// Whether it is the single byte 32, to which word spacing applies.
    pub(super) is_space: bool,
}

impl Font {
    /// Reads a font dictionary; what is missing or broken is left out.
    pub(super) fn new(document: &Document, dictionary: &Dictionary) -> Self {
        let name = |key: &[u8]| dictionary.get_deref(key, document).and_then(Object::as_name).unwrap_or_default();
        let is_composite = name(b"Subtype") == b"Type0";
        let mut typed = dictionary.clone();
        typed.set("Type", Object::Name(b"Font".to_vec()));
        // It counts more than /Encoding: producers of subset fonts keep only this one true.
        let map = dictionary.get_deref(b"ToUnicode", document).and_then(Object::as_stream);
        let map = map.and_then(|map| map.get_plain_content_with_limit(MAX_MAP)).map(|map| cmap::parse(&map));
        let map = map.unwrap_or_default();
        typed.remove(b"ToUnicode");
        let bytes = if is_composite {
            Vec::new()
        } else {
            let encoding = typed.get_font_encoding_with_limit(document, MAX_MAP).ok();
            (0..=255)
                .map(|byte| encoding.as_ref().and_then(|e| e.bytes_to_string(&[byte]).ok()).unwrap_or_default())
                .collect()
        };
        let (widths, default_width) =
            if is_composite { composite_widths(document, dictionary) } else { simple_widths(document, dictionary) };
        Self { is_composite, map, bytes, widths, default_width, known: HashMap::new() }
    }

    /// Calls `each` for every code of a string.
    pub(super) fn glyphs(&mut self, string: &[u8], mut each: impl FnMut(Glyph<'_>)) {
        let step = if self.is_composite { 2 } else { 1 };
        for code in string.chunks(step) {
            let number = code.iter().fold(0, |number, byte| number << 8 | u16::from(*byte));
            let (map, bytes) = (&self.map, &self.bytes);
            let text = self.known.entry(number).or_insert_with(|| meaning(map.get(&number), bytes, number));
            let width = self.widths.get(&number).copied().unwrap_or(self.default_width) / 1000.0;
            each(Glyph { text, width, is_space: code == b" " });
        }
    }
}

fn meaning(mapped: Option<&String>, bytes: &[String], code: u16) -> String {
    let text = match mapped {
        Some(text) if !text.contains('\u{fffd}') => text.as_str(),
        _ => bytes.get(usize::from(code)).map_or("", String::as_str),
    };
    text.chars().filter(|character| !character.is_control()).fold(String::new(), |mut text, character| {
        match character {
            '\u{fb00}' => text.push_str("ff"),
            '\u{fb01}' => text.push_str("fi"),
            '\u{fb02}' => text.push_str("fl"),
            '\u{fb03}' => text.push_str("ffi"),
            '\u{fb04}' => text.push_str("ffl"),
            other => text.push(other),
        }
        text
    })
}

type Widths = (HashMap<u16, f32>, f32);

fn simple_widths(document: &Document, font: &Dictionary) -> Widths {
    let number = |object: &Object| document.dereference(object).and_then(|(_, object)| object.as_float()).ok();
    let first = font.get_deref(b"FirstChar", document).and_then(Object::as_i64).unwrap_or(0);
    let mut widths = HashMap::new();
    if let Ok(list) = font.get_deref(b"Widths", document).and_then(Object::as_array) {
        for (place, width) in (0_i64..).zip(list.iter().take(256)) {
            if let (Ok(code), Some(width)) = (u16::try_from(first.saturating_add(place)), number(width)) {
                widths.insert(code, width);
            }
        }
    }
    // A Type 3 font has its own units; its matrix is nearly always 0.001, or the widths are of no use.
    let descriptor = font.get_deref(b"FontDescriptor", document).and_then(Object::as_dict);
    let missing = descriptor.and_then(|descriptor| descriptor.get(b"MissingWidth")).ok().and_then(number);
    let name = font.get_deref(b"BaseFont", document).and_then(Object::as_name).unwrap_or_default();
    let usual = if name.starts_with(b"Courier") { 600.0 } else { 500.0 };
    (widths, missing.filter(|width| *width > 0.0).unwrap_or(usual))
}

/// The widths of a CID font (ISO 32000-1, 9.7.4.3): `c [w1 w2 ...]` and `first last w`.
fn composite_widths(document: &Document, font: &Dictionary) -> Widths {
    let resolve = |object| document.dereference(object).map(|(_, object)| object).ok();
    let descendant = font.get_deref(b"DescendantFonts", document).and_then(Object::as_array).ok();
    let descendant = descendant.and_then(|list| list.first()).and_then(resolve).and_then(|font| font.as_dict().ok());
    let Some(descendant) = descendant else { return (HashMap::new(), 1000.0) };
    let default = descendant.get_deref(b"DW", document).and_then(Object::as_float).unwrap_or(1000.0);
    let mut widths = HashMap::new();
    let Ok(array) = descendant.get_deref(b"W", document).and_then(Object::as_array) else { return (widths, default) };
    let mut array = array.iter().filter_map(resolve);
    while let (Some(first), Some(second)) = (array.next(), array.next()) {
        let Ok(first) = first.as_i64() else { break };
        if let Ok(run) = second.as_array() {
            for (place, width) in (0_i64..).zip(run) {
                let width = resolve(width).and_then(|width| width.as_float().ok());
                if let (Ok(code), Some(width)) = (u16::try_from(first.saturating_add(place)), width) {
                    widths.insert(code, width);
                }
            }
        } else {
            let (Ok(last), Some(width)) = (second.as_i64(), array.next()) else { break };
            let (Ok(first), Ok(last), Ok(width)) = (u16::try_from(first), u16::try_from(last), width.as_float()) else {
                continue;
            };
            widths.extend((first..=last).map(|code| (code, width)));
        }
    }
    (widths, default)
}
