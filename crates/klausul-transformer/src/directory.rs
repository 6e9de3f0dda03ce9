//! A model's files: in a directory, or in the program itself.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use klausul_core::{Error, ErrorKind, Result, Taxonomy};
use sha2::{Digest, Sha256};

use crate::manifest::{FileEntry, InputFormat, Manifest};
use crate::{EncoderConfig, Head, Input, Weights};

pub(crate) const MANIFEST: &str = "klausul.json";
pub(crate) const CONFIG: &str = "config.json";
pub(crate) const TOKENIZER: &str = "tokenizer.json";
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// The categories of a model that was trained for other ones than the built-in.
pub(crate) const TAXONOMY: &str = "taxonomy.toml";
/// What a model must have, small files first.
pub(crate) const NEEDED: [&str; 3] = [CONFIG, TOKENIZER, WEIGHTS];
/// Tokens of the longest window of an encoder that does not say how many.
const WINDOW: usize = 192;
/// Bytes of the largest file that is read whole: those of text, and tokenizers are the longest.
const MOST_TEXT: u64 = 256 << 20;
const DIRECTORY: &str = "give a directory with config.json, tokenizer.json and model.safetensors";

/// The files of a model: `config.json`, `tokenizer.json`, `model.safetensors`, and `klausul.json` where the model has a head.
///
/// A plain Hugging Face directory without `klausul.json` is enough for encoding.
#[derive(Debug, Clone)]
pub struct ModelDirectory {
    name: PathBuf,
    embedded: Option<&'static [(&'static str, &'static [u8])]>,
    manifest: Option<Manifest>,
    revision: Option<String>,
}

impl ModelDirectory {
    /// Opens a directory and reads its manifest, where it has one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it is no directory or lacks a file, those of [`Manifest::from_json`] with the file's name.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let name = path.as_ref().to_owned();
        for file in NEEDED {
            let path = name.join(file);
            std::fs::metadata(&path).map_err(|error| Error::from(error).at(&path).mend(DIRECTORY))?;
        }
        let held = name.join(MANIFEST).try_exists().map_err(|error| Error::from(error).at(name.join(MANIFEST)))?;
        Self { name, embedded: None, manifest: None, revision: None }.with_manifest(held)
    }

    /// Takes files that are part of the program, as pairs of name and bytes; `name` stands in errors for the directory.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn embedded(name: &str, files: &'static [(&'static str, &'static [u8])]) -> Result<Self> {
        let directory = Self { name: name.into(), embedded: Some(files), manifest: None, revision: None };
        for file in NEEDED {
            directory.bytes_of(file)?;
        }
        directory.with_manifest(files.iter().any(|(file, _)| *file == MANIFEST))
    }

    fn with_manifest(mut self, held: bool) -> Result<Self> {
        if held {
            let path = self.path_of(MANIFEST);
            let bytes = self.bytes_of(MANIFEST)?;
            let text = std::str::from_utf8(&bytes).map_err(|error| {
                Error::new(ErrorKind::Format, format!("not UTF-8: {error}"))
                    .at(&path)
                    .mend("take it from the model again")
            })?;
            self.manifest = Some(Manifest::from_json(text).map_err(|error| error.at(&path))?);
        }
        Ok(self)
    }

    /// The same, fetched at a commit of a repository.
    #[cfg_attr(not(feature = "hub"), allow(dead_code))]
    pub(crate) fn at_revision(mut self, revision: String) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The same with windows of so many tokens in place of what its manifest says, where it has one; to measure with.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        if let Some(manifest) = &mut self.manifest {
            manifest.input.max_tokens = max_tokens;
        }
        self
    }

    /// The directory, or the name it was embedded under.
    pub fn name(&self) -> &Path {
        &self.name
    }

    /// What `klausul.json` says; `None` for a plain encoder.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The commit of the hub's repository that it was fetched at.
    pub fn revision(&self) -> Option<&str> {
        self.revision.as_deref()
    }

    /// The encoder's shape.
    ///
    /// # Errors
    /// Those of [`EncoderConfig::open`].
    pub fn config(&self) -> Result<EncoderConfig> {
        let path = self.path_of(CONFIG);
        if self.embedded.is_none() {
            return EncoderConfig::open(path);
        }
        let bytes = self.bytes_of(CONFIG)?;
        EncoderConfig::from_json(&String::from_utf8_lossy(&bytes)).map_err(|error| error.at(&path))
    }

    /// The tensors.
    ///
    /// # Errors
    /// Those of [`Weights::open`].
    pub fn weights(&self) -> Result<Weights> {
        let path = self.path_of(WEIGHTS);
        if self.embedded.is_none() {
            return Weights::open(path);
        }
        Weights::from_bytes(path, self.bytes_of(WEIGHTS)?)
    }

    /// What makes the model's input, checked against the encoder. Without a manifest `format` says how.
    ///
    /// # Errors
    /// Those of [`Input::from_json`] and [`Input::check`]; [`ErrorKind::Usage`] when neither a manifest nor `format` is there.
    pub fn input(&self, format: Option<&InputFormat>) -> Result<Input> {
        let Some(format) = self.manifest.as_ref().map(|manifest| &manifest.input).or(format) else {
            return Err(self.no_manifest());
        };
        let input = Input::from_json(self.path_of(TOKENIZER), &self.bytes_of(TOKENIZER)?, format)?;
        // The tokenizer's errors name its own file; what is left is about the windows.
        let format = if self.manifest.is_some() { self.path_of(MANIFEST) } else { self.name.clone() };
        input.check(&self.config()?).map_err(|error| error.at(format))?;
        Ok(input)
    }

    /// The head that the manifest speaks of.
    ///
    /// # Errors
    /// Those of [`Head::from_weights`]; [`ErrorKind::Usage`] without a manifest.
    pub fn head(&self, weights: &Weights) -> Result<Head> {
        let manifest = self.manifest.as_ref().ok_or_else(|| self.no_manifest())?;
        Head::from_weights(weights, self.config()?.hidden_size, manifest.head_layers, manifest.labels.len())
    }

    /// How an encoder that does not say it is read: in windows of its length, of 192 tokens at most, without a prefix.
    ///
    /// # Errors
    /// Those of [`config`](Self::config).
    pub fn plain_input(&self) -> Result<InputFormat> {
        Ok(InputFormat { prefix: String::new(), kinds: false, max_tokens: WINDOW.min(self.config()?.max_tokens()) })
    }

    /// The taxonomy that the model brings along: the `taxonomy.toml` that its manifest lists.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the file cannot be read, those of [`Taxonomy::from_toml`].
    pub fn taxonomy(&self) -> Result<Option<Taxonomy>> {
        if !self.brings_taxonomy() {
            return Ok(None);
        }
        let path = self.path_of(TAXONOMY);
        let bytes = self.bytes_of(TAXONOMY)?;
        Taxonomy::from_toml(&String::from_utf8_lossy(&bytes)).map(Some).map_err(|error| error.at(path))
    }

    /// Whether its manifest lists a taxonomy.
    pub(crate) fn brings_taxonomy(&self) -> bool {
        self.manifest.as_ref().is_some_and(|manifest| manifest.files.contains_key(TAXONOMY))
    }

    /// Compares every file that the manifest lists with its size and hash; reads all of them.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming the file that differs, with both values; [`ErrorKind::Usage`] when there is no manifest or it
    /// lists no files.
    pub fn verify(&self) -> Result<()> {
        let manifest = self.manifest.as_ref().ok_or_else(|| self.no_manifest())?;
        if manifest.files.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "`files` lists no file, so nothing can be verified")
                .at(self.path_of(MANIFEST))
                .mend("write the size and hash of the model's files into it"));
        }
        for (file, expected) in &manifest.files {
            let path = self.path_of(file);
            let found = match self.embedded {
                Some(_) => entry(&mut &*self.bytes_of(file)?),
                None => File::open(&path).and_then(|mut file| entry(&mut file)),
            };
            let found = found.map_err(|error| Error::from(error).at(&path).mend("fetch the model again"))?;
            let differs = |what: &str, is: &str, should: &str| {
                Error::new(ErrorKind::Format, format!("its {what} is `{is}`, not `{should}` as klausul.json says"))
                    .at(&path)
                    .mend("fetch the model again")
            };
            if found.size != expected.size {
                return Err(differs("size", &found.size.to_string(), &expected.size.to_string()));
            }
            if found.sha256 != expected.sha256 {
                return Err(differs("SHA-256", &found.sha256, &expected.sha256));
            }
        }
        Ok(())
    }

    pub(crate) fn no_manifest(&self) -> Error {
        Error::new(ErrorKind::Usage, "the model has no klausul.json, so it encodes but does not classify")
            .at(&self.name)
            .mend("train a head for it, or give a model of klausul")
    }

    pub(crate) fn path_of(&self, file: &str) -> PathBuf {
        self.name.join(file)
    }

    pub(crate) fn bytes_of(&self, file: &str) -> Result<Cow<'static, [u8]>> {
        let path = self.path_of(file);
        if let Some(files) = self.embedded {
            let found = files.iter().find(|(name, _)| *name == file).map(|(_, bytes)| Cow::Borrowed(*bytes));
            return found.ok_or_else(|| {
                Error::new(ErrorKind::Io, "the program holds no such file")
                    .at(&path)
                    .mend("build it with the whole model")
            });
        }
        let io = |error: std::io::Error| Error::from(error).at(&path).mend(DIRECTORY);
        let opened = File::open(&path).map_err(io)?;
        let mut bytes = Vec::new();
        opened.take(MOST_TEXT + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MOST_TEXT {
            return Err(Error::new(ErrorKind::TooLarge, format!("more than {MOST_TEXT} bytes long"))
                .at(&path)
                .mend(DIRECTORY));
        }
        Ok(Cow::Owned(bytes))
    }
}

/// The manifest's entry for a file of a model directory.
///
/// # Errors
/// [`ErrorKind::Io`] when it cannot be read.
pub fn file_entry(path: impl AsRef<Path>) -> Result<FileEntry> {
    let path = path.as_ref();
    File::open(path).and_then(|mut file| entry(&mut file)).map_err(|error| Error::from(error).at(path))
}

fn entry(reader: &mut impl Read) -> std::io::Result<FileEntry> {
    let mut digest = Sha256::new();
    let size = std::io::copy(reader, &mut digest)?;
    Ok(FileEntry { size, sha256: hex(&digest.finalize()) })
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::small;

    fn directory(manifest: Option<&Manifest>) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for file in NEEDED {
            std::fs::write(directory.path().join(file), file).unwrap();
        }
        if let Some(manifest) = manifest {
            std::fs::write(directory.path().join(MANIFEST), manifest.to_json().unwrap()).unwrap();
        }
        directory
    }

    #[test]
    fn sizes_and_hashes_are_compared() {
        let mut manifest = small();
        let written = directory(None);
        for file in [CONFIG, WEIGHTS] {
            manifest.files.insert(file.into(), file_entry(written.path().join(file)).unwrap());
        }
        assert_eq!(manifest.files[CONFIG].sha256, "587cb980af76fdc7e52369fd0b9d926dff266976b6f8ac631e358fecc49ff8cf");
        let written = directory(Some(&manifest));
        let model = ModelDirectory::open(written.path()).unwrap();
        model.verify().unwrap();
        std::fs::write(written.path().join(WEIGHTS), "model.safetensorz").unwrap();
        let error = model.verify().unwrap_err().to_string();
        assert!(
            error.contains("model.safetensors: its SHA-256 is `") && error.ends_with("fetch the model again"),
            "{error}"
        );
        std::fs::write(written.path().join(WEIGHTS), "cut").unwrap();
        assert!(model.verify().unwrap_err().to_string().contains("its size is `3`, not `17`"));
        std::fs::remove_file(written.path().join(WEIGHTS)).unwrap();
        assert!(model.verify().unwrap_err().to_string().contains("model.safetensors: "));
    }

    #[test]
    fn a_plain_encoder_opens_and_says_what_it_lacks() {
        let written = directory(None);
        let model = ModelDirectory::open(written.path()).unwrap();
        assert!(model.manifest().is_none() && model.verify().unwrap_err().to_string().contains("no klausul.json"));
        std::fs::remove_file(written.path().join(TOKENIZER)).unwrap();
        let error = ModelDirectory::open(written.path()).unwrap_err().to_string();
        assert!(error.contains(TOKENIZER) && error.contains("give a directory"), "{error}");
    }

    #[test]
    fn a_broken_manifest_is_named_with_its_line() {
        let written = directory(None);
        std::fs::write(written.path().join(MANIFEST), "{\n\"format_version\": \"1.0\",\n\"name\": 3}").unwrap();
        let error = ModelDirectory::open(written.path()).unwrap_err();
        assert!(error.path().unwrap().ends_with(MANIFEST) && error.line() == Some(3), "{error}");
    }

    #[test]
    fn embedded_files_are_found() {
        static FILES: &[(&str, &[u8])] = &[(CONFIG, b"{}"), (TOKENIZER, b"{}"), (WEIGHTS, b"")];
        let model = ModelDirectory::embedded("built in", FILES).unwrap();
        assert!(model.config().unwrap_err().to_string().starts_with("built in/config.json: "));
        let error = ModelDirectory::embedded("built in", &FILES[..2]).unwrap_err().to_string();
        assert!(error.contains("model.safetensors: the program holds no such file"), "{error}");
    }
}
