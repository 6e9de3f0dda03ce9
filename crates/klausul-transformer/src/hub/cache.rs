//! The hub's cache as its clients lay it out: `models--OWNER--NAME/{refs,snapshots,blobs}`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use hf_hub::{Cache, CacheRepo, Repo, RepoType};
use klausul_core::{Error, ErrorKind, Result};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::directory::hex;

/// A model's part of the cache.
#[derive(Debug, Clone)]
pub(super) struct ModelCache {
    cache: Cache,
    id: String,
}

impl ModelCache {
    pub(super) fn new(cache: &Path, id: &str) -> Self {
        Self { cache: Cache::new(cache.to_owned()), id: id.to_owned() }
    }

    /// The commit that a branch or tag stood for when it was fetched; a commit stands for itself.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let commit = std::fs::read_to_string(self.folder().join("refs").join(revision)).ok()?;
        Some(commit.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers the commit that a branch or tag stands for.
    pub(super) fn remember(&self, revision: &str, commit: &str) -> Result<()> {
        if is_commit(revision) {
            return Ok(());
        }
        self.at(revision).create_ref(commit).map_err(|error| unwritable(error, &self.folder().join("refs")))
    }

    /// The folder of a commit's files.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.at(commit).pointer_path(commit)
    }

    /// The file that holds the content of that name.
    pub(super) fn blob(&self, etag: &str) -> PathBuf {
        self.folder().join("blobs").join(etag)
    }

    /// The file that holds what there is of it so far.
    pub(super) fn unfinished(&self, etag: &str) -> PathBuf {
        self.folder().join("blobs").join(format!("{etag}.incomplete"))
    }

    /// Makes the folders that a blob needs, waits until no other process writes it, and keeps the others waiting as long as
    /// the value lives. The hub's own clients heed the same lock.
    pub(super) fn lock(&self, etag: &str) -> Result<File> {
        let folder = self.cache.path().join(".locks").join(Repo::model(self.id.clone()).folder_name());
        for folder in [&folder, &self.folder().join("blobs")] {
            std::fs::create_dir_all(folder).map_err(|error| unwritable(error, folder))?;
        }
        let path = folder.join(format!("{etag}.lock"));
        let file = File::create(&path).map_err(|error| unwritable(error, &path))?;
        match file.lock() {
            // Some file systems of networks have no locks. Blobs are compared with their hashes and renamed as a whole all
            // the same.
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(unwritable(error, &path)),
            _ => Ok(file),
        }
    }

    /// Makes a file of a commit out of a blob: a link as the hub's clients make it, else a copy.
    pub(super) fn link(&self, etag: &str, pointer: &Path) -> Result<()> {
        let make = || {
            pointer.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            if pointer.exists() {
                return Ok(());
            }
            if pointer.is_symlink() {
                // It leads to a blob that was deleted.
                std::fs::remove_file(pointer)?;
            }
            let target = Path::new("../../blobs").join(etag);
            if symlink(&target, pointer).is_ok() {
                return Ok(());
            }
            // A copy that breaks off must not pass for the file.
            let copy = pointer.with_extension("incomplete");
            std::fs::copy(self.blob(etag), &copy)?;
            std::fs::rename(&copy, pointer)
        };
        make().map_err(|error| unwritable(error, pointer))
    }

    /// Whether the hub said of a commit that it lacks a file; its clients leave an empty file for it.
    pub(super) fn lacks(&self, commit: &str, file: &str) -> bool {
        self.folder().join(".no_exist").join(commit).join(file).is_file()
    }

    /// Leaves a note that a commit lacks a file.
    pub(super) fn note_lack(&self, commit: &str, file: &str) -> Result<()> {
        let folder = self.folder().join(".no_exist").join(commit);
        let note = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(file), ""));
        note.map_err(|error| unwritable(error, &folder))
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join(Repo::model(self.id.clone()).folder_name())
    }

    fn at(&self, revision: &str) -> CacheRepo {
        self.cache.repo(Repo::with_revision(self.id.clone(), RepoType::Model, revision.to_owned()))
    }
}

/// The snapshots of all models in a cache: id, commit and folder.
pub(super) fn snapshots(cache: &Path) -> impl Iterator<Item = (String, String, PathBuf)> {
    let entries = |folder: &Path| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    entries(cache)
        .filter_map(move |model| Some((name(&model).strip_prefix("models--")?.replace("--", "/"), model)))
        .flat_map(move |(id, model)| {
            entries(&model.path().join("snapshots")).map(move |commit| (id.clone(), name(&commit), commit.path()))
        })
}

/// An error of writing to the cache.
pub(super) fn unwritable(error: io::Error, path: &Path) -> Error {
    Error::from(error).at(path).mend("set HF_HUB_CACHE to a folder that can be written and has room")
}

#[cfg(unix)]
fn symlink(target: &Path, pointer: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, pointer)
}

#[cfg(windows)]
fn symlink(target: &Path, pointer: &Path) -> io::Result<()> {
    // Windows follows only links that are written with its own separators.
    std::os::windows::fs::symlink_file(target.components().collect::<PathBuf>(), pointer)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether it is a full commit hash.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Checks a file that was fetched: its size, and its hash where the blob's name is one. The hub names a blob by its SHA-256,
/// or by the SHA-1 that git gives it. A file that differs is removed, so that it is fetched again.
///
/// # Errors
/// [`ErrorKind::Format`] with both values; [`ErrorKind::Io`] when it cannot be read.
pub(super) fn check_fetched(path: &Path, name: &str, size: u64) -> Result<()> {
    let io = |error: io::Error| Error::from(error).at(path);
    let held = std::fs::metadata(path).map_err(io)?.len();
    let differs = if held == size {
        let found = match name.len() {
            64 => Some(digest(path, Sha256::new()).map_err(io)?),
            40 if is_commit(name) => {
                let mut git = Sha1::new();
                Digest::update(&mut git, format!("blob {size}\0"));
                Some(digest(path, git).map_err(io)?)
            }
            _ => None,
        };
        found.filter(|found| found != name).map(|found| format!("its hash is `{found}`, not `{name}` as the hub says"))
    } else {
        Some(format!("it has {held} bytes, not the {size} that the hub speaks of"))
    };
    let Some(message) = differs else { return Ok(()) };
    // What cannot be removed is found to be wrong again.
    let _ = std::fs::remove_file(path);
    Err(Error::new(ErrorKind::Format, message).mend("fetch it again"))
}

fn digest<D: Digest + Write>(path: &Path, mut digest: D) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.write_all(&part[..read])?,
        }
    }
}
