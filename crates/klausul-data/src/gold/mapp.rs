//! MAPP (Arora et al., LREC 2022): segments of English and German app policies with consolidated practices.
//!
//! A row of a CSV file is a segment: its categories, attributes and values, each a list. A value is written
//! `Attribute_Value` and belongs to no category in particular, so it is given under every category of its segment, and
//! under `No category` where the annotators agreed on a value but on no category. Labels are `Category`,
//! `Category / Attribute` and `Category / Attribute / Value`. The texts are UTF-8 files with a segment a line and an
//! empty line behind each; segments count from 1.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use csv::StringRecord;
use klausul_core::{Error, ErrorKind, Language, Result};
use serde_json::Value;

use super::{Annotated, folder, table};

/// The columns that are read as labels.
const LABELS: [&str; 3] = ["category name", "attribute name", "value name"];

/// Under this name stand the attributes and values of a segment without a category.
const NO_CATEGORY: &str = "No category";

/// The languages of the corpus and the beginnings of their folders' names.
const LANGUAGES: [(&str, &str); 2] = [("English", "en"), ("German", "de")];

/// Whether this is the corpus, one of its consolidation folders, or a file of one.
pub(super) fn looks_like(path: &Path, head: &str) -> bool {
    head.trim_start_matches('\u{FEFF}').starts_with("policy id,segment_id,category name")
        || !consolidations(path).is_empty()
}

/// Reads all languages of the corpus, or one consolidation folder or file of it. Segments whose numbers do not line up
/// with the text are warned about.
///
/// # Errors
/// When a file cannot be read, its text is missing, or a cell holds something else than its column says.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut folders = consolidations(path);
    if folders.is_empty() {
        folders.push(path.to_owned());
    }
    let mut all = Vec::new();
    for folder in folders {
        for file in folder::files(&folder, &["csv"])? {
            all.extend(policy(&file, warn).map_err(|error| error.at(&file))?);
        }
    }
    Ok(all)
}

/// The consolidation folders that `path` is or holds.
fn consolidations(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() && language(path).is_some() {
        return vec![path.to_owned()];
    }
    let folders = LANGUAGES.iter().map(|(name, _)| path.join(format!("{name}_consolidation")));
    folders.filter(|folder| folder.is_dir()).collect()
}

/// The name and code of the language of a consolidation folder.
fn language(folder: &Path) -> Option<(&'static str, &'static str)> {
    let name = folder.file_name()?.to_str()?.strip_suffix("_consolidation")?;
    LANGUAGES.into_iter().find(|(language, _)| *language == name)
}

fn policy(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let rows = table::rows(path)?;
    let Some(((_, header), rows)) = rows.split_first() else {
        return Err(Error::new(ErrorKind::Format, "the file is empty").at(path).on_line(1));
    };
    let columns = Columns::of(header)?;
    let mut segments: BTreeMap<usize, (u64, &StringRecord)> = BTreeMap::new();
    for (line, row) in rows {
        let number = table::number(row, columns.segment, "segment number").map_err(|error| error.on_line(*line))?;
        if segments.insert(number, (*line, row)).is_some() {
            return Err(Error::new(ErrorKind::Format, format!("segment `{number}` has two rows"))
                .on_line(*line)
                .mend("a consolidated policy has one row a segment; merge them"));
        }
    }
    let (text_path, code) = text_of(path)?;
    let text = folder::text(&text_path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let source: Arc<Path> = text_path.as_path().into();
    // The same app stands in both languages under one name.
    let code_name = code.map(|code| format!("{code}/")).unwrap_or_default();
    let doc = format!("{code_name}{}", folder::stem(path));
    let mut paragraphs = Vec::new();
    for (index, (line, text)) in lines.enumerate() {
        let mut paragraph = Annotated::new(source.clone(), line as u64 + 1, text.trim().to_owned());
        paragraph.id = Some(format!("{doc}#{index}"));
        paragraph.doc = Some(doc.clone());
        paragraph.index = Some(index);
        paragraph.language = code;
        if let Some((line, row)) = segments.remove(&(index + 1)) {
            paragraph.labels = columns.labels(row).map_err(|error| error.on_line(line))?;
            for (column, name) in columns.others(header) {
                paragraph.extra.insert(name.to_owned(), Value::from(row.get(column).unwrap_or_default()));
            }
        } else {
            let (place, number) = (path.display(), index + 1);
            warn(format!("{place}: no row for segment {number}; it is read as a segment without labels"));
        }
        paragraphs.push(paragraph);
    }
    if let Some((number, (line, _))) = segments.first_key_value() {
        let (place, count, text) = (path.display(), segments.len(), text_path.display());
        warn(format!("{place}:{line}: segment {number} is not in {text}; {count} rows are left out"));
    }
    Ok(paragraphs)
}

/// The text of a policy and its language, by the folder of its annotations.
fn text_of(path: &Path) -> Result<(PathBuf, Option<Language>)> {
    let folder = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = folder.parent().unwrap_or(Path::new(""));
    let Some((name, code)) = language(folder) else {
        let message = "the folder is not named `English_consolidation` or `German_consolidation`";
        return Err(Error::new(ErrorKind::Usage, message).mend("keep the folders of the corpus as they were published"));
    };
    let text = folder.with_file_name(format!("{name}_sanitized_policies")).join(format!("{}.txt", folder::stem(path)));
    if text.is_file() {
        return Ok((text, code.parse().ok()));
    }
    Err(Error::new(ErrorKind::Io, format!("its text `{}` is missing", text.display()))
        .mend("put the folder with the texts beside the one with the annotations"))
}

/// Where the columns of a file stand.
struct Columns {
    segment: usize,
    labels: [usize; 3],
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self> {
        let find = |name: &str| {
            header
                .iter()
                .position(|cell| cell.trim() == name)
                .ok_or_else(|| Error::new(ErrorKind::Format, format!("column `{name}` is missing")).on_line(1))
        };
        let [category, attribute, value] = LABELS;
        Ok(Self { segment: find("segment_id")?, labels: [find(category)?, find(attribute)?, find(value)?] })
    }

    /// The columns that are neither segment nor label.
    fn others<'a>(&self, header: &'a StringRecord) -> impl Iterator<Item = (usize, &'a str)> {
        let (segment, labels) = (self.segment, self.labels);
        header.iter().enumerate().filter(move |(column, _)| *column != segment && !labels.contains(column))
    }

    fn labels(&self, row: &StringRecord) -> Result<Vec<String>> {
        let mut lists = Vec::with_capacity(3);
        for (column, name) in self.labels.into_iter().zip(LABELS) {
            let cell = row.get(column).unwrap_or_default();
            lists.push(list(cell).ok_or_else(|| {
                let mend = "write it as ['a', 'b'], or [] for none";
                Error::new(ErrorKind::Format, format!("`{cell}` is no list of names in column `{name}`")).mend(mend)
            })?);
        }
        let (values, attributes) = (lists.pop().unwrap_or_default(), lists.pop().unwrap_or_default());
        let mut categories = lists.pop().unwrap_or_default();
        let mut labels = categories.clone();
        if categories.is_empty() {
            categories.push(NO_CATEGORY.to_owned());
        }
        for category in &categories {
            labels.extend(attributes.iter().map(|attribute| format!("{category} / {attribute}")));
            labels.extend(values.iter().map(|value| {
                let (attribute, value) = value.split_once('_').unwrap_or(("", value));
                format!("{category} / {attribute} / {value}")
            }));
        }
        let mut seen = std::collections::HashSet::new();
        labels.retain(|label| seen.insert(label.clone()));
        Ok(labels)
    }
}

/// The names in a list as Python prints it: `['a', "it's"]`.
fn list(cell: &str) -> Option<Vec<String>> {
    let mut rest = cell.trim().strip_prefix('[')?.strip_suffix(']')?.trim();
    let mut names = Vec::new();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|char| matches!(char, '\'' | '"'))?;
        let mut name = String::new();
        let mut chars = rest.char_indices().skip(1);
        let end = loop {
            match chars.next()? {
                (_, '\\') => name.push(chars.next()?.1),
                (at, char) if char == quote => break at + 1,
                (_, char) => name.push(char),
            }
        };
        names.push(name);
        rest = rest[end..].trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "policy id,segment_id,category name,attribute name,value name,policy_type,MAPP_59\n";

    fn corpus(rows: &str, text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("English_consolidation/7_org.example.csv", format!("{HEADER}{rows}")),
            ("English_sanitized_policies/7_org.example.txt", text.to_owned()),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        folder
    }

    fn read_all(path: &Path) -> (Result<Vec<Annotated>>, Vec<String>) {
        let mut warnings = Vec::new();
        (read(path, &mut |warning| warnings.push(warning)), warnings)
    }

    #[test]
    fn every_segment_is_a_paragraph_with_labels_of_all_levels() {
        let folder = corpus(
            "7,1,[],[],[],TRAIN,True\n\
             7,2,\"['First Party', 'Third Party']\",['Purpose'],\"['Purpose_Legal requirement', \"\"Choice Type (opt)_Don't use\"\"]\",TEST,True\n\
             7,3,[],[],['Purpose_Other'],TEST,False\n",
            "A headline\n\nWe must, by law.\n\nSo there.\n\n",
        );
        for path in [folder.path().to_owned(), folder.path().join("English_consolidation")] {
            assert!(looks_like(&path, ""));
            let (read, warnings) = read_all(&path);
            let read = read.unwrap();
            assert!(warnings.is_empty(), "{warnings:?}");
            assert_eq!(read.len(), 3);
            assert!(read[0].labels.is_empty());
            let second = &read[1];
            assert_eq!((second.id.as_deref(), second.index, second.line), (Some("en/7_org.example#1"), Some(1), 3));
            assert_eq!(second.language.unwrap().as_str(), "en");
            assert_eq!(second.text.as_deref(), Some("We must, by law."));
            assert_eq!(
                second.labels,
                [
                    "First Party",
                    "Third Party",
                    "First Party / Purpose",
                    "First Party / Purpose / Legal requirement",
                    "First Party / Choice Type (opt) / Don't use",
                    "Third Party / Purpose",
                    "Third Party / Purpose / Legal requirement",
                    "Third Party / Choice Type (opt) / Don't use",
                ]
            );
            assert_eq!(second.extra["policy_type"], "TEST");
            assert_eq!(read[2].labels, ["No category / Purpose / Other"]);
        }
    }

    #[test]
    fn segments_that_do_not_line_up_are_warned_about() {
        let folder = corpus("7,1,[],[],[],x,y\n7,3,['First Party'],[],[],x,y\n", "One\n\nTwo\n\n");
        let (read, warnings) = read_all(folder.path());
        assert_eq!(read.unwrap().len(), 2);
        assert!(warnings[0].contains("7_org.example.csv: no row for segment 2"), "{}", warnings[0]);
        assert!(warnings[1].contains("7_org.example.csv:3: segment 3 is not in"), "{}", warnings[1]);
    }

    #[test]
    fn bad_cells_have_their_place() {
        for (rows, message) in [
            ("7,x,[],[],[],x,y\n", ".csv:2: `x` is no segment number"),
            ("7,1,[],[],[],x,y\n7,1,[],[],[],x,y\n", ".csv:3: segment `1` has two rows"),
            ("7,1,First Party,[],[],x,y\n", ".csv:2: `First Party` is no list of names in column `category name`"),
        ] {
            let folder = corpus(rows, "One\n");
            let error = read_all(folder.path()).0.unwrap_err().to_string();
            assert!(error.contains(message), "{error}");
        }
        let folder = corpus("", "");
        std::fs::remove_file(folder.path().join("English_sanitized_policies/7_org.example.txt")).unwrap();
        let error = read_all(folder.path()).0.unwrap_err().to_string();
        assert!(error.contains("7_org.example.txt` is missing; put the folder with the texts"), "{error}");
    }

    #[test]
    fn lists_are_read_as_python_prints_them() {
        assert_eq!(list("[]").unwrap(), [""; 0]);
        assert_eq!(list(r#"['a, b', "it's", 'c\'d']"#).unwrap(), ["a, b", "it's", "c'd"]);
        for bad in ["", "a", "[a]", "['a]", "['a' 'b']", "['a'"] {
            assert_eq!(list(bad), None, "{bad}");
        }
    }
}
