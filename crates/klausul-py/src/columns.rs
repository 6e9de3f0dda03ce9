//! Columns of Arrow tables as paragraphs.

use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray, StructArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;
use klausul::{Error, ErrorKind, Kind, Language, Paragraph, Result};

use crate::input::{MAX_BYTES, UNCUT, declared, headings};

/// A column of strings of any Arrow type that holds strings.
enum Strings {
    Utf8(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    /// Places among the values.
    Dictionary(Vec<Option<usize>>, Box<Strings>),
    /// A column of nothing.
    Null,
}

impl Strings {
    fn of(array: &ArrayRef, name: &str) -> Result<Self> {
        check(array, name)?;
        Self::of_valid(array).ok_or_else(|| {
            let message = format!("column `{name}` has the type {}, not strings", array.data_type());
            Error::new(ErrorKind::Format, message).mend("cast it, or name another column")
        })
    }

    fn of_valid(array: &ArrayRef) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Self::Large(array.as_string::<i64>().clone()),
            DataType::Utf8View => Self::View(array.as_string_view().clone()),
            DataType::Null => Self::Null,
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                let values = Self::of_valid(dictionary.values())?;
                // Without values there are no keys to look up.
                let keys =
                    if dictionary.values().is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
                let place = |(row, key)| dictionary.keys().is_valid(row).then_some(key);
                Self::Dictionary(keys.into_iter().enumerate().map(place).collect(), Box::new(values))
            }
            _ => return None,
        })
    }

    fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Utf8(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Large(array) => array.is_valid(row).then(|| array.value(row)),
            Self::View(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Dictionary(keys, values) => keys[row].and_then(|key| values.get(key)),
            Self::Null => None,
        }
    }
}

/// A column of headings: lists of strings, or strings with ` > ` between them.
enum Headings {
    Lists(Vec<Range<usize>>, Strings),
    Texts(Strings),
}

impl Headings {
    fn of(array: &ArrayRef, name: &str) -> Result<Self> {
        let ranges = |range: &dyn Fn(usize) -> Range<usize>| {
            (0..array.len()).map(|row| if array.is_valid(row) { range(row) } else { 0..0 }).collect()
        };
        let (ranges, values) = match array.data_type() {
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let at = |row: usize| list.value_offsets()[row].as_usize()..list.value_offsets()[row + 1].as_usize();
                (ranges(&at), list.values())
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let at = |row: usize| list.value_offsets()[row].as_usize()..list.value_offsets()[row + 1].as_usize();
                (ranges(&at), list.values())
            }
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let size = list.value_length().as_usize();
                (ranges(&|row| row * size..(row + 1) * size), list.values())
            }
            DataType::ListView(_) => {
                let list = array.as_list_view::<i32>();
                let end = |row| (list.value_offset(row) + list.value_size(row)).as_usize();
                let at = |row: usize| list.value_offset(row).as_usize()..end(row);
                (ranges(&at), list.values())
            }
            _ => return Ok(Self::Texts(Strings::of(array, name)?)),
        };
        check(array, name)?;
        Ok(Self::Lists(ranges, Strings::of(values, name)?))
    }

    fn get(&self, row: usize) -> Vec<String> {
        match self {
            Self::Lists(ranges, values) => {
                ranges[row].clone().filter_map(|place| values.get(place)).map(str::to_owned).collect()
            }
            Self::Texts(texts) => texts.get(row).map(headings).unwrap_or_default(),
        }
    }
}

/// Checks offsets, keys and UTF-8: a library that was told so may hand out anything.
fn check(array: &ArrayRef, name: &str) -> Result<()> {
    let damaged = |error| Error::new(ErrorKind::Format, format!("column `{name}` is damaged")).caused_by(error);
    array.to_data().validate_full().map_err(damaged)
}

/// The paragraphs of a column of texts by itself; `offset` rows stand before it.
pub(crate) fn of_texts(array: &ArrayRef, name: &str, offset: usize) -> Result<Vec<Paragraph>> {
    let texts = Strings::of(array, name)?;
    (0..array.len()).map(|row| text(&texts, name, row, offset).map(Paragraph::of_text)).collect()
}

/// The paragraphs of a table: its texts, with headings, kinds and languages where it has columns `context`, `kind` and `lang` or
/// `language`.
pub(crate) fn of_table(table: &StructArray, name: &str, offset: usize) -> Result<Vec<Paragraph>> {
    let column = |name: &str| table.column_by_name(name);
    let strings = |name: &str| column(name).map(|array| Strings::of(array, name)).transpose();
    let texts = column(name).ok_or_else(|| missing(name, table))?;
    let texts = Strings::of(texts, name)?;
    let context = column("context").map(|array| Headings::of(array, "context")).transpose()?;
    let kinds = strings("kind")?;
    let language_name = if column("lang").is_some() { "lang" } else { "language" };
    let languages = strings(language_name)?;
    let paragraph = |row| {
        let kind = kinds.as_ref().and_then(|kinds| kinds.get(row)).and_then(|kind| kind.trim().parse().ok());
        let tag = languages.as_ref().and_then(|tags| tags.get(row));
        let language = tag.map_or(Ok(Language::UNKNOWN), declared).map_err(|()| {
            let tag = tag.unwrap_or_default();
            let message = format!("column `{language_name}`, row {}: `{tag}` is not a language tag", offset + row);
            Error::new(ErrorKind::Format, message).mend("write a code such as `sv`, or leave it empty")
        })?;
        Ok(Paragraph {
            context: context.as_ref().map(|context| context.get(row)).unwrap_or_default(),
            kind: kind.unwrap_or(Kind::Text),
            language,
            ..Paragraph::of_text(text(&texts, name, row, offset)?)
        })
    };
    (0..table.len()).map(paragraph).collect()
}

fn text<'a>(texts: &'a Strings, name: &str, row: usize, offset: usize) -> Result<&'a str> {
    let place = || format!("column `{name}`, row {}:", offset + row);
    let text = texts.get(row).ok_or_else(|| {
        let message = format!("{} null is not a text", place());
        Error::new(ErrorKind::Format, message).mend("fill or drop missing values")
    })?;
    if text.len() > MAX_BYTES {
        let message = format!("{} the text has {} bytes, more than {MAX_BYTES}", place(), text.len());
        return Err(Error::new(ErrorKind::TooLarge, message).mend(UNCUT));
    }
    Ok(text)
}

fn missing(name: &str, table: &StructArray) -> Error {
    let names: Vec<String> = table.column_names().into_iter().map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() { "(none)".to_owned() } else { names.join(", ") };
    Error::new(ErrorKind::Format, format!("there is no column `{name}` among {names}"))
        .mend("name the column that holds the text with the argument text")
}
