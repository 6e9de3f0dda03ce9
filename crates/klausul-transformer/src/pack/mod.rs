//! Packing: a model of a quarter of a million tokens and 32 bits a weight becomes one that fits into a program.
//!
//! The vocabulary keeps the tokens that some languages need; the layers become int8 with a scale per output channel, as the
//! int8 engine would make them at load; word embeddings become four bits a value in blocks of 32. The result is a model
//! directory like any other, which both engines read.

mod vocabulary;
mod write;

use std::path::Path;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::directory::{CONFIG, MANIFEST, NEEDED, TOKENIZER, WEIGHTS};
use crate::{ModelDirectory, file_entry};

/// What packing keeps.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct PackOptions {
    /// Texts of the languages to keep. Their letters decide which tokens stay, and every token that they need does.
    pub texts: Vec<String>,
    /// Tokens that stay at most: beside those that the texts need the likeliest. Default: all that the texts' letters can spell.
    pub max_tokens: Option<usize>,
}

impl PackOptions {
    /// Keeps what these texts need.
    pub fn new(texts: Vec<String>) -> Self {
        Self { texts, max_tokens: None }
    }
}

/// What packing did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packed {
    /// Tokens of the model before.
    pub tokens_before: usize,
    /// Tokens of the packed model.
    pub tokens_after: usize,
    /// Bytes of the packed directory.
    pub bytes: u64,
}

/// Packs a model directory into a new one.
///
/// The manifest, where there is one, is copied with the sizes and hashes of the new files. They appear in the directory when all
/// of them are written.
///
/// # Errors
/// [`ErrorKind::Config`] when the tokenizer is not one of the XLM-RoBERTa family or the hidden size no multiple of 32;
/// [`ErrorKind::Usage`] without a text, when these need more tokens than shall stay, or when the new directory is the model's own; those of reading the model, and of writing the files.
pub fn pack(source: &ModelDirectory, out: &Path, options: &PackOptions) -> Result<Packed> {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    if real(out).is_some_and(|out| real(source.name()) == Some(out)) {
        return Err(Error::new(ErrorKind::Usage, "the packed model would overwrite the model itself")
            .at(out)
            .mend("name another directory for it"));
    }
    let (existed, unfinished) = (out.exists(), out.join(".incomplete"));
    let packed = write_files(source, &unfinished, options).and_then(|(names, packed)| {
        for name in names {
            let whole = out.join(name);
            std::fs::rename(unfinished.join(name), &whole).map_err(|error| Error::from(error).at(&whole))?;
        }
        Ok(packed)
    });
    // The error that is told is the one that came first.
    let _ = std::fs::remove_dir_all(&unfinished);
    if packed.is_err() && !existed {
        let _ = std::fs::remove_dir(out);
    }
    packed
}

/// Writes the files of a packed model, and says which they are.
fn write_files(source: &ModelDirectory, out: &Path, options: &PackOptions) -> Result<(Vec<&'static str>, Packed)> {
    let io = |error: std::io::Error| Error::from(error).at(out);
    let json = source.bytes_of(TOKENIZER)?;
    let kept = vocabulary::keep(&json, &options.texts, options.max_tokens)
        .map_err(|error| error.at(source.path_of(TOKENIZER)))?;
    std::fs::create_dir_all(out).map_err(io)?;
    let put = |name: &str, content: &str| {
        let path = out.join(name);
        std::fs::write(&path, content).map_err(|error| Error::from(error).at(&path))
    };
    put(TOKENIZER, &kept.tokenizer)?;
    let config = source.config()?;
    write::weights(&source.weights()?, &config, &kept.old_ids, &out.join(WEIGHTS))?;
    put(CONFIG, &with_vocabulary(&source.bytes_of(CONFIG)?, kept.old_ids.len())?)?;
    let mut names = NEEDED.to_vec();
    if let Some(manifest) = source.manifest() {
        let mut manifest = manifest.clone();
        manifest.files.clear();
        for name in &names {
            manifest.files.insert((*name).to_owned(), file_entry(out.join(name))?);
        }
        put(MANIFEST, &manifest.to_json()?)?;
        names.push(MANIFEST);
    }
    let mut bytes = 0;
    for name in &names {
        bytes += std::fs::metadata(out.join(name)).map_err(io)?.len();
    }
    Ok((names, Packed { tokens_before: config.vocab_size, tokens_after: kept.old_ids.len(), bytes }))
}

/// The configuration with another number of tokens.
fn with_vocabulary(config: &[u8], tokens: usize) -> Result<String> {
    let broken = |error: serde_json::Error| Error::new(ErrorKind::Format, "config.json is no JSON").caused_by(error);
    let mut config: Value = serde_json::from_slice(config).map_err(broken)?;
    config["vocab_size"] = tokens.into();
    Ok(format!("{config:#}\n"))
}
