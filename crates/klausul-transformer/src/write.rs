//! A model directory of another one's encoder with a new head.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use klausul_core::{Error, ErrorKind, Result};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;
use serde::Serialize;

use crate::directory::{CONFIG, MANIFEST, NEEDED, TAXONOMY, TOKENIZER, WEIGHTS};
use crate::{Head, Manifest, ModelDirectory, Weights, file_entry, head};

/// Headers are padded so that tensors begin at a multiple of this.
const ALIGNMENT: usize = 8;

/// Writes a model directory, whole or not at all: the encoder and tokenizer of another one, byte for byte, with a new head.
#[derive(Debug)]
pub struct ModelWriter<'a> {
    base: &'a ModelDirectory,
    out: PathBuf,
}

impl<'a> ModelWriter<'a> {
    /// A model of the encoder of `base`, to be written to `out`: a directory that does not exist, is empty or, with `replace`,
    /// holds nothing but a model. Writes nothing yet.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when `out` holds something that would be lost, or is `base` itself; [`ErrorKind::Io`] when it cannot be read.
    pub fn new(base: &'a ModelDirectory, out: &Path, replace: bool) -> Result<Self> {
        let refused = |message: &str, mend: &str| Err(Error::new(ErrorKind::Usage, message).at(out).mend(mend));
        if out.file_name().is_none() {
            return refused("this is no name for a directory", "name a new directory");
        }
        let writer = Self { base, out: out.to_owned() };
        // A link to nowhere is something too.
        if fs::symlink_metadata(out).is_err() {
            return Ok(writer);
        }
        if !out.is_dir() {
            return refused("a model is a directory, and this is a file", "name a new directory");
        }
        let real = |path: &Path| fs::canonicalize(path).ok();
        if real(out).is_some_and(|out| real(base.name()) == Some(out)) {
            return refused("the new model would replace its own base", "name another directory for it");
        }
        for entry in fs::read_dir(out).map_err(|error| Error::from(error).at(out))? {
            let name = entry.map_err(|error| Error::from(error).at(out))?.file_name();
            if !replace {
                return refused(
                    "the directory is not empty",
                    "name a new one, or replace the model in it with --force",
                );
            }
            if !NEEDED.into_iter().chain([MANIFEST, TAXONOMY]).any(|file| name == file) {
                let message = format!("it holds `{}`, which is no file of a model", name.display());
                return refused(&message, "move that elsewhere, or name a new directory");
            }
        }
        Ok(writer)
    }

    /// Writes the model: `manifest` with the sizes and hashes of the other files, and where it is given the `taxonomy` as TOML. The
    /// files appear under their directory's name when all of them are there.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when files of the base cannot be read or new ones not be written, those of [`Manifest::check`].
    pub fn write(self, head: &Head, mut manifest: Manifest, taxonomy: Option<&str>) -> Result<Manifest> {
        let (unfinished, replaced) = (self.beside("incomplete"), self.beside("replaced"));
        manifest.files.clear();
        let written = self.files(&unfinished, head, &mut manifest, taxonomy).and_then(|()| {
            let io = |error: std::io::Error| Error::from(error).at(&self.out);
            let old = self.out.exists();
            if old {
                fs::rename(&self.out, &replaced).map_err(io)?;
            }
            fs::rename(&unfinished, &self.out).map_err(io).inspect_err(|_| {
                // The error that is told is the one that came first.
                let _ = fs::rename(&replaced, &self.out);
            })?;
            if old { fs::remove_dir_all(&replaced).map_err(|error| Error::from(error).at(&replaced)) } else { Ok(()) }
        });
        if written.is_err() {
            let _ = fs::remove_dir_all(&unfinished);
        }
        written.map(|()| manifest)
    }

    fn files(&self, to: &Path, head: &Head, manifest: &mut Manifest, taxonomy: Option<&str>) -> Result<()> {
        // What an earlier run left there when it was killed.
        if to.exists() {
            fs::remove_dir_all(to).map_err(|error| Error::from(error).at(to))?;
        }
        fs::create_dir_all(to).map_err(|error| Error::from(error).at(to))?;
        let mut put = |name: &str, content: &[u8]| {
            let path = to.join(name);
            fs::write(&path, content).map_err(|error| Error::from(error).at(&path))?;
            manifest.files.insert(name.to_owned(), file_entry(&path)?);
            Ok::<(), Error>(())
        };
        put(CONFIG, &self.base.bytes_of(CONFIG)?)?;
        put(TOKENIZER, &self.base.bytes_of(TOKENIZER)?)?;
        if let Some(taxonomy) = taxonomy {
            put(TAXONOMY, taxonomy.as_bytes())?;
        }
        let weights = to.join(WEIGHTS);
        save(&self.base.weights()?, head, &weights)?;
        manifest.files.insert(WEIGHTS.to_owned(), file_entry(&weights)?);
        let path = to.join(MANIFEST);
        fs::write(&path, manifest.to_json()?).map_err(|error| Error::from(error).at(&path))
    }

    /// A directory of the same parent, so that renaming moves no data.
    fn beside(&self, what: &str) -> PathBuf {
        let mut name = self.out.file_name().unwrap_or_default().to_owned();
        name.push(".");
        name.push(what);
        self.out.with_file_name(name)
    }
}

/// Where the bytes of a tensor come from.
enum Bytes<'a> {
    Base(&'a TensorInfo),
    Head(&'a [f32]),
}

/// Writes the tensors of an encoder as they are, with those of a head in place of any that it has.
fn save(base: &Weights, head: &Head, out: &Path) -> Result<()> {
    let old = |name: &str| head::TENSORS.as_flattened().contains(&name);
    let kept = base.entries().filter(|(name, _)| !old(name));
    let mut tensors: Vec<(String, Dtype, Vec<usize>, Bytes<'_>)> =
        kept.map(|(name, info)| (name, info.dtype, info.shape.clone(), Bytes::Base(info))).collect();
    for (name, shape, values) in head.tensors() {
        tensors.push((name.to_owned(), Dtype::F32, shape, Bytes::Head(values)));
    }
    // As the library orders them, so that each tensor is aligned to its own values.
    tensors.sort_by(|(name, dtype, ..), (other, theirs, ..)| theirs.cmp(dtype).then_with(|| name.cmp(other)));
    let (mut infos, mut end) = (BTreeMap::new(), 0);
    for (name, dtype, shape, bytes) in &tensors {
        let start = end;
        end += match bytes {
            Bytes::Base(info) => info.data_offsets.1 - info.data_offsets.0,
            Bytes::Head(values) => size_of_val(*values),
        };
        infos.insert(name.as_str(), TensorInfo { dtype: *dtype, shape: shape.clone(), data_offsets: (start, end) });
    }
    let notes = base.notes().map(|notes| notes.iter().map(|(key, note)| (key.as_str(), note.as_str())).collect());
    let header = header(&Header { notes, tensors: infos })
        .map_err(|error| Error::new(ErrorKind::Io, "the weights cannot be written").at(out).caused_by(error))?;
    let mut to = BufWriter::new(File::create(out).map_err(|error| Error::from(error).at(out))?);
    let write = |to: &mut BufWriter<File>| {
        to.write_all(&(header.len() as u64).to_le_bytes())?;
        to.write_all(&header)?;
        for (.., bytes) in &tensors {
            match bytes {
                Bytes::Base(info) => base.copy(info, to)?,
                Bytes::Head(values) => {
                    for value in *values {
                        to.write_all(&value.to_le_bytes())?;
                    }
                }
            }
        }
        Ok::<(), Error>(to.flush()?)
    };
    write(&mut to).map_err(|error| error.at(out))
}

/// The header of a safetensors file. Its keys are in order: the library's own has its notes in another one in every process.
#[derive(Serialize)]
struct Header<'a> {
    #[serde(rename = "__metadata__", skip_serializing_if = "Option::is_none")]
    notes: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(flatten)]
    tensors: BTreeMap<&'a str, TensorInfo>,
}

/// The bytes of a header, padded with spaces.
fn header(header: &Header<'_>) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(header)?;
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), b' ');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::tests::small;

    const TENSOR: &str = "encoder.layer.0.output.dense.bias";

    /// A directory whose weights have a tensor of the encoder, one of bytes, and the head that they are given.
    fn base(head: &[(&str, &[f32])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in [CONFIG, TOKENIZER] {
            fs::write(folder.path().join(file), file).unwrap();
        }
        let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let mut tensors = vec![(TENSOR, Dtype::F32, floats(&[1.5, -2.0])), ("packed", Dtype::I8, vec![7, 8, 9])];
        tensors.extend(head.iter().map(|(name, values)| (*name, Dtype::F32, floats(values))));
        let views = tensors.iter().map(|(name, dtype, bytes)| {
            let values = bytes.len() * 8 / dtype.bitsize();
            (*name, safetensors::tensor::TensorView::new(*dtype, vec![values], bytes).unwrap())
        });
        let notes = [("format", "pt"), ("by", "a test"), ("of", "write")];
        let notes = notes.map(|(key, note)| (key.to_owned(), note.to_owned())).into();
        safetensors::serialize_to_file(views, Some(notes), &folder.path().join(WEIGHTS)).unwrap();
        folder
    }

    fn head() -> Head {
        Head::new(2, vec![(vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0])]).unwrap()
    }

    fn write(base: &Path, out: &Path, replace: bool) -> Result<Manifest> {
        let base = ModelDirectory::open(base).unwrap();
        ModelWriter::new(&base, out, replace)?.write(&head(), small(), Some("name = 1"))
    }

    #[test]
    fn the_encoder_stays_and_the_head_is_new() {
        let base = base(&[("head.0.weight", &[9.0; 3]), ("head.1.bias", &[9.0])]);
        let out = base.path().join("models/new");
        let manifest = write(base.path(), &out, false).unwrap();
        let written = ModelDirectory::open(&out).unwrap();
        assert_eq!(written.manifest(), Some(&manifest));
        written.verify().unwrap();
        assert_eq!(fs::read(out.join(TOKENIZER)).unwrap(), fs::read(base.path().join(TOKENIZER)).unwrap());
        // The library reads it too.
        let bytes = fs::read(out.join(WEIGHTS)).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let mut names = tensors.names();
        names.sort_unstable();
        assert_eq!(names, [TENSOR, "head.0.bias", "head.0.weight", "packed"]);
        assert_eq!(tensors.tensor("packed").unwrap().data(), [7, 8, 9]);
        let weights = written.weights().unwrap();
        assert_eq!(weights.tensor(TENSOR, &[2]).unwrap(), [1.5, -2.0]);
        assert_eq!(Head::from_weights(&weights, 2, 1, 2).unwrap(), head());
        assert_eq!(weights.notes().unwrap()["by"], "a test");
        assert_eq!(bytes, {
            write(base.path(), &out, true).unwrap();
            fs::read(out.join(WEIGHTS)).unwrap()
        });
        let left: Vec<_> = fs::read_dir(out.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing else stays: {left:?}");
    }

    #[test]
    fn what_would_be_lost_is_refused() {
        let base = base(&[]);
        let out = base.path().join("new");
        let refused = |replace| write(base.path(), &out, replace).unwrap_err().to_string();
        fs::create_dir(&out).unwrap();
        write(base.path(), &out, false).unwrap();
        assert!(refused(false).contains("the directory is not empty") && refused(false).contains("--force"));
        fs::write(out.join("thesis.tex"), "").unwrap();
        assert!(refused(true).contains("it holds `thesis.tex`"));
        assert!(out.join("thesis.tex").exists() && out.join(MANIFEST).exists());
        let own = write(base.path(), base.path(), true).unwrap_err().to_string();
        assert!(own.contains("replace its own base"), "{own}");
        let file = write(base.path(), &base.path().join(CONFIG), true).unwrap_err().to_string();
        assert!(file.contains("this is a file"), "{file}");
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let base = base(&[]);
        let (out, weights) = (base.path().join("new"), base.path().join(WEIGHTS));
        let directory = ModelDirectory::open(base.path()).unwrap();
        let writer = ModelWriter::new(&directory, &out, false).unwrap();
        fs::write(&weights, "cut").unwrap();
        writer.write(&head(), small(), None).unwrap_err();
        assert!(!out.exists() && !base.path().join("new.incomplete").exists());
    }
}
