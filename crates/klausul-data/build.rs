//! Makes the language model from the text in `data/langid` (its README says how and why).
//!
//! One table a script: for every letter pair, letter triple and word that the text holds often enough, the logarithm of
//! its probability in each language. The output depends on the text alone, so that every build of a commit agrees.

use std::collections::HashMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use features::Kind;

#[path = "src/language/evidence.rs"]
mod evidence;
#[path = "src/language/features.rs"]
mod features;
#[path = "src/language/fold.rs"]
mod fold;

/// What a line is worth as it is written, and what its spellings without diacritics are worth.
const AS_WRITTEN: f32 = 1.0;
const WITHOUT_DIACRITICS: f32 = 1.0;
const WITH_DIGRAPHS: f32 = 0.25;
/// What one word of a word list is worth, in words of text.
const LISTED: f32 = 2.0;
/// A feature that all text together holds less often than this is chance.
const LEAST: f32 = 3.0;
/// The share of an unseen feature's probability that it has in any language; the rest follows the other languages.
const UNIFORM: f32 = 0.5;
/// Steps of a stored weight in one unit of the natural logarithm.
const STEPS: f32 = 12.0;

fn main() -> Result<(), Box<dyn Error>> {
    let data = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../data/langid");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for path in [&data, &data.join("words")] {
        println!("cargo::rerun-if-changed={}", path.display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    for file in ["evidence", "features", "fold"] {
        println!("cargo::rerun-if-changed=src/language/{file}.rs");
    }

    let mut source = String::new();
    for (name, is_of_script) in [("Latin", is_latin as fn(char) -> bool), ("Cyrillic", is_cyrillic)] {
        let texts = read(&data, is_of_script)?;
        Counts::of(&texts).into_table().write(name, &out, &mut source)?;
    }
    fs::write(out.join("langid.rs"), source)?;
    Ok(())
}

fn is_latin(c: char) -> bool {
    c.is_ascii_alphabetic()
}

fn is_cyrillic(c: char) -> bool {
    matches!(c, '\u{400}'..='\u{52f}')
}

/// The text of a language in one script.
struct Text {
    /// The name of its file: the language, and the script where it has two.
    name: String,
    sentences: String,
    list: String,
}

/// The texts in a script, by name; a text is of the script of most of its letters.
fn read(data: &Path, is_of_script: fn(char) -> bool) -> Result<Vec<Text>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(data)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let sentences = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let letters = sentences.chars().filter(|c| c.is_alphabetic()).count();
        if sentences.chars().filter(|&c| is_of_script(c)).count() * 2 > letters {
            let list = fs::read_to_string(data.join("words").join(format!("{name}.txt"))).unwrap_or_default();
            texts.push(Text { name: name.to_owned(), sentences, list });
        }
    }
    texts.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(texts)
}

/// How often each language has each feature.
struct Counts {
    languages: Vec<String>,
    index: HashMap<u64, usize>,
    kinds: Vec<Kind>,
    /// One row a feature, one column a language.
    rows: Vec<Vec<f32>>,
}

impl Counts {
    fn of(texts: &[Text]) -> Self {
        let languages = texts.iter().map(|text| text.name.clone()).collect();
        let mut counts = Self { languages, index: HashMap::new(), kinds: Vec::new(), rows: Vec::new() };
        for (column, text) in texts.iter().enumerate() {
            for (part, worth) in [(&text.sentences, 1.0), (&text.list, LISTED)] {
                counts.add(column, part, worth * AS_WRITTEN);
                counts.add(column, &fold::plain(part), worth * WITHOUT_DIACRITICS);
                counts.add(column, &fold::digraphs(part), worth * WITH_DIGRAPHS);
            }
        }
        counts
    }

    fn add(&mut self, column: usize, text: &str, worth: f32) {
        let width = self.languages.len();
        evidence::each_word(text, |word| {
            features::each_feature(word, |kind, key| {
                let row = *self.index.entry(key).or_insert_with(|| {
                    self.kinds.push(kind);
                    self.rows.push(vec![0.0; width]);
                    self.rows.len() - 1
                });
                self.rows[row][column] += worth;
            });
        });
    }

    /// The weights: a language gives a seen feature its share of what the language has of that kind, less what it
    /// keeps for the unseen ones (Witten and Bell: as much as it has different ones), and those get their share of it
    /// by how common they are elsewhere.
    fn into_table(self) -> Table {
        let width = self.languages.len();
        let mut kept: Vec<(u64, usize)> = self
            .index
            .iter()
            .map(|(&key, &row)| (key, row))
            .filter(|&(_, row)| total(&self.rows[row]) >= LEAST)
            .collect();
        // The most common first: they share cache lines.
        kept.sort_by(|a, b| total(&self.rows[b.1]).total_cmp(&total(&self.rows[a.1])).then(a.0.cmp(&b.0)));

        let mut tokens = vec![[0.0f32; 3]; width];
        let mut types = vec![[0.0f32; 3]; width];
        let mut members = [0.0f32; 3];
        for &(_, row) in &kept {
            let kind = self.kinds[row] as usize;
            members[kind] += 1.0;
            for (column, &count) in self.rows[row].iter().enumerate() {
                tokens[column][kind] += count;
                types[column][kind] += f32::from(count > 0.0);
            }
        }
        let share = |row: usize, column: usize| self.rows[row][column] / tokens[column][self.kinds[row] as usize];
        let entries = kept.iter().map(|&(key, row)| {
            let kind = self.kinds[row] as usize;
            let elsewhere = (0..width).map(|column| share(row, column)).sum::<f32>() / width as f32;
            let unseen = (1.0 - UNIFORM) * elsewhere + UNIFORM / members[kind];
            let logs: Vec<f64> = (0..width)
                .map(|column| {
                    let doubt = types[column][kind] / (tokens[column][kind] + types[column][kind]);
                    f64::from((1.0 - doubt) * share(row, column) + doubt * unseen).ln()
                })
                .collect();
            let mean = logs.iter().sum::<f64>() / width as f64;
            (key, logs.iter().map(|log| ((log - mean) * f64::from(STEPS)).round().clamp(-127.0, 127.0) as i8).collect())
        });
        Table { entries: entries.collect(), languages: self.languages }
    }
}

fn total(row: &[f32]) -> f32 {
    row.iter().sum()
}

/// The weights of the features, the most common feature first.
struct Table {
    languages: Vec<String>,
    entries: Vec<(u64, Vec<i8>)>,
}

impl Table {
    /// Writes the rows (a tag and a weight for each lane), the slots (the number of a row, counted from 1), and the
    /// Rust item that joins them.
    fn write(&self, name: &str, out: &Path, source: &mut String) -> Result<(), Box<dyn Error>> {
        if self.entries.len() >= usize::from(u16::MAX) {
            return Err("more features than a slot can number: raise LEAST".into());
        }
        let lanes = self.languages.len().next_multiple_of(16);
        let bits = (self.entries.len() * 3 / 2).next_power_of_two().ilog2();
        let mut slots = vec![0u16; 1 << bits];
        let mut rows = Vec::with_capacity(self.entries.len() * (4 + lanes));
        for (number, (key, weights)) in self.entries.iter().enumerate() {
            let (mut slot, tag) = features::place(*key, bits);
            while slots[slot] != 0 {
                slot = (slot + 1) % slots.len();
            }
            slots[slot] = u16::try_from(number + 1)?;
            rows.extend_from_slice(&tag.to_le_bytes());
            rows.extend(weights.iter().map(|weight| weight.to_le_bytes()[0]));
            rows.resize((number + 1) * (4 + lanes), 0);
        }
        let slots: Vec<u8> = slots.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        let (item, file) = (name.to_uppercase(), name.to_lowercase());
        fs::write(out.join(format!("{file}.rows")), rows)?;
        fs::write(out.join(format!("{file}.slots")), slots)?;
        let codes: Vec<&str> = self.languages.iter().map(|name| name.split('-').next().unwrap_or(name)).collect();
        write!(
            source,
            "/// The languages in the {name} script.\n\
             pub(super) static {item}: Table<{lanes}> = Table {{\n\
             \x20   script: Script::{name},\n\
             \x20   languages: &{codes:?},\n\
             \x20   steps: {STEPS:?},\n\
             \x20   bits: {bits},\n\
             \x20   slots: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.slots\")),\n\
             \x20   rows: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}.rows\")),\n\
             }};\n"
        )?;
        Ok(())
    }
}
