//! The formats of annotated data.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use klausul_core::{Error, ErrorKind, Result};

use super::{Annotated, brat, doccano, goppc, inception, label_studio, mapp, opp115, own, prodigy, t200, tilt};
use crate::read::{ReadOptions, inputs};

/// A format of annotated data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GoldFormat {
    /// klausul's own rows: JSONL, CSV, Parquet.
    Klausul,
    /// GDPR-Transparency-200: a JSON file a policy.
    T200,
    /// MAPP: CSV beside segmented text.
    Mapp,
    /// OPP-115: CSV beside segmented HTML.
    Opp115,
    /// TILT: a JSON document a service.
    Tilt,
    /// GoPPC-150: XML with hierarchical categories of two annotators.
    Goppc,
    /// INCEpTION: WebAnno TSV 3 or UIMA CAS JSON.
    Inception,
    /// Label Studio: JSON or JSON-MIN.
    LabelStudio,
    /// Prodigy: JSONL of any of its text interfaces.
    Prodigy,
    /// doccano: JSONL or CSV.
    Doccano,
    /// brat: a folder of `.txt` and `.ann` files.
    Brat,
}

/// Reads a file or folder; what was repaired is said to the second argument.
type ReadWhole = fn(&Path, &mut dyn FnMut(String)) -> Result<Vec<Annotated>>;

/// How a format is told and read.
struct Adapter {
    format: GoldFormat,
    name: &'static str,
    looks_like: fn(&Path, &str) -> bool,
    read: ReadWhole,
}

/// The formats of others, in the order in which they are asked.
const ADAPTERS: &[Adapter] = &[
    adapter(GoldFormat::T200, "t200", t200::looks_like, t200::read),
    adapter(GoldFormat::Mapp, "mapp", mapp::looks_like, mapp::read),
    adapter(GoldFormat::Opp115, "opp115", opp115::looks_like, opp115::read),
    adapter(GoldFormat::Tilt, "tilt", tilt::looks_like, tilt::read),
    adapter(GoldFormat::Goppc, "goppc", goppc::looks_like, goppc::read),
    adapter(GoldFormat::Inception, "inception", inception::looks_like, inception::read),
    adapter(GoldFormat::LabelStudio, "label-studio", label_studio::looks_like, label_studio::read),
    adapter(GoldFormat::Prodigy, "prodigy", prodigy::looks_like, prodigy::read),
    adapter(GoldFormat::Doccano, "doccano", doccano::looks_like, doccano::read),
    adapter(GoldFormat::Brat, "brat", brat::looks_like, brat::read),
];

const fn adapter(
    format: GoldFormat,
    name: &'static str,
    looks_like: fn(&Path, &str) -> bool,
    read: ReadWhole,
) -> Adapter {
    Adapter { format, name, looks_like, read }
}

/// How much of a file is looked at to tell its format.
const HEAD: u64 = 64 << 10;

impl GoldFormat {
    /// The name on the command line.
    pub fn as_str(self) -> &'static str {
        ADAPTERS.iter().find(|adapter| adapter.format == self).map_or("klausul", |adapter| adapter.name)
    }

    /// The names of all formats.
    pub fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once("klausul").chain(ADAPTERS.iter().map(|adapter| adapter.name))
    }

    /// Tells the format of a file or folder by its content.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read.
    pub fn of_path(path: &Path) -> Result<Self> {
        let heads = heads(path)?;
        let known = ADAPTERS.iter().find(|adapter| heads.iter().any(|head| (adapter.looks_like)(path, head)));
        Ok(known.map_or(Self::Klausul, |adapter| adapter.format))
    }
}

impl fmt::Display for GoldFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for GoldFormat {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let own = std::iter::once(Self::Klausul).chain(ADAPTERS.iter().map(|adapter| adapter.format));
        own.into_iter().find(|format| format.as_str() == name).ok_or_else(|| {
            let names: Vec<_> = Self::names().collect();
            Error::new(ErrorKind::Usage, format!("`{name}` is not a format of annotated data"))
                .mend(format!("write one of {}", names.join(", ")))
        })
    }
}

/// The names of tables; compression may stand behind them.
const TABLES: [&str; 6] = [".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".parquet"];

/// Whether a file of a folder is a table by its name: a readme may lie beside the data.
fn is_table(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = [".gz", ".zst"].iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    TABLES.iter().any(|ending| name.ends_with(ending))
}

/// How many files of a folder are looked at: a licence or a readme may stand before the data.
const FILES: usize = 16;

/// The beginning of a file, or of the first files of a folder.
fn heads(path: &Path) -> Result<Vec<String>> {
    let mut heads = Vec::new();
    for input in inputs(&[path.to_owned()], &ReadOptions::new()).take(FILES) {
        let Some(file) = input?.path else { continue };
        let at = |error: std::io::Error| Error::from(error).at(&file);
        let mut bytes = Vec::new();
        File::open(&file).and_then(|open| open.take(HEAD).read_to_end(&mut bytes)).map_err(at)?;
        heads.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    // An empty folder has no file whose beginning could tell anything; its own name still may.
    if heads.is_empty() {
        heads.push(String::new());
    }
    Ok(heads)
}

/// Reads annotated paragraphs, from a file or a folder of files, in the format that is given or that their content tells.
///
/// What a reader repairs it says to `warn`. Own rows are read one by one as they are asked for; a file of another format is read as a
/// whole. The first error ends a measurement: gold data with a hole is no gold data.
///
/// # Errors
/// [`ErrorKind::Io`] when nothing can be read, [`ErrorKind::Format`] naming file and line for what is not in its format.
pub fn read(
    path: &Path,
    format: Option<GoldFormat>,
    warn: &mut dyn FnMut(String),
) -> Result<Box<dyn Iterator<Item = Result<Annotated>>>> {
    let format = match format {
        Some(format) => format,
        None => GoldFormat::of_path(path)?,
    };
    if let Some(adapter) = ADAPTERS.iter().find(|adapter| adapter.format == format) {
        let paragraphs = (adapter.read)(path, warn)?;
        return Ok(Box::new(paragraphs.into_iter().map(Ok)));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for input in inputs(&[path.to_owned()], &ReadOptions::new()) {
        let Some(file) = input?.path else { continue };
        if path.is_dir() && !is_table(&file) {
            warn(format!("{}: left out, since its name is not that of a table", file.display()));
        } else {
            files.push(file);
        }
    }
    Ok(Box::new(files.into_iter().flat_map(|file| own::read(&file))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_readme_beside_the_data_is_left_out_and_said() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("README.md"), "# Data\n\nText.\n").unwrap();
        std::fs::write(folder.path().join("a.jsonl"), "{\"id\":\"1\",\"text\":\"t\",\"labels\":[]}\n").unwrap();
        let mut warnings = Vec::new();
        let read: Vec<_> = read(folder.path(), None, &mut |warning| warnings.push(warning)).unwrap().collect();
        assert!(read.len() == 1 && read[0].is_ok());
        assert!(warnings.len() == 1 && warnings[0].contains("README.md: left out"), "{warnings:?}");
        let named: Vec<_> = super::read(&folder.path().join("README.md"), None, &mut |_| ()).unwrap().collect();
        assert!(named[0].is_err(), "what is named outright is read");
    }

    #[test]
    fn every_format_has_a_name_that_comes_back() {
        for name in GoldFormat::names() {
            assert_eq!(name.parse::<GoldFormat>().unwrap().as_str(), name);
        }
        assert!("excel".parse::<GoldFormat>().unwrap_err().to_string().contains("label-studio"));
    }
}
