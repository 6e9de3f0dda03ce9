//! The hub's cache as its clients lay it out: `models--OWNER--NAME/{refs,snapshots,blobs}`.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use klausul_core::{Error, ErrorKind, Result};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::directory::hex;

/// A model's part of the cache.
#[derive(Debug, Clone)]
pub(super) struct ModelCache {
    folder: PathBuf,
}

impl ModelCache {
    pub(super) fn new(cache: &Path, id: &str) -> Self {
        Self { folder: cache.join(format!("models--{}", id.replace('/', "--"))) }
    }

    /// The commit that a branch or tag stood for when it was fetched; a commit stands for itself.
    pub(super) fn commit(&self, revision: &str) -> Option<String> {
        if is_commit(revision) {
            return Some(revision.to_owned());
        }
        let commit = std::fs::read_to_string(self.folder.join("refs").join(revision)).ok()?;
        Some(commit.trim().to_owned()).filter(|commit| is_commit(commit))
    }

    /// Remembers the commit that a branch or tag stands for.
    pub(super) fn remember(&self, revision: &str, commit: &str) -> Result<()> {
        if is_commit(revision) {
            return Ok(());
        }
        let path = self.folder.join("refs").join(revision);
        let write = || {
            path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::write(&path, commit)
        };
        write().map_err(|error| Error::from(error).at(&path).mend("set HF_HUB_CACHE to a folder that can be written"))
    }

    /// The folder of a commit's files.
    pub(super) fn snapshot(&self, commit: &str) -> PathBuf {
        self.folder.join("snapshots").join(commit)
    }

    /// Whether the hub said of a commit that it lacks a file; its clients leave an empty file for it.
    pub(super) fn lacks(&self, commit: &str, file: &str) -> bool {
        self.folder.join(".no_exist").join(commit).join(file).is_file()
    }

    /// Leaves a note that a commit lacks a file.
    pub(super) fn note_lack(&self, commit: &str, file: &str) -> Result<()> {
        let folder = self.folder.join(".no_exist").join(commit);
        let note = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(folder.join(file), ""));
        note.map_err(|error| Error::from(error).at(&folder).mend("set HF_HUB_CACHE to a folder that can be written"))
    }
}

/// Whether it is a full commit hash.
pub(super) fn is_commit(revision: &str) -> bool {
    revision.len() == 40 && revision.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Checks a file that was fetched: its size, and its hash where the blob's name is one. The hub names a blob by its SHA-256, or by the
/// SHA-1 that git gives it. A file that differs is removed, so that it is fetched again.
///
/// # Errors
/// [`ErrorKind::Format`] naming the file and both values; [`ErrorKind::Io`] when it cannot be read.
pub(super) fn check_fetched(pointer: &Path, size: u64) -> Result<()> {
    let io = |error: std::io::Error| Error::from(error).at(pointer);
    let blob = std::fs::canonicalize(pointer).map_err(io)?;
    let held = std::fs::metadata(&blob).map_err(io)?.len();
    let name = blob.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let differs = if held == size {
        let found = match name.len() {
            64 => Some(digest(&blob, Sha256::new()).map_err(io)?),
            40 if is_commit(name) => {
                let mut git = Sha1::new();
                Digest::update(&mut git, format!("blob {size}\0"));
                Some(digest(&blob, git).map_err(io)?)
            }
            _ => None,
        };
        found.filter(|found| found != name).map(|found| format!("its hash is `{found}`, not `{name}` as the hub says"))
    } else {
        Some(format!("it has {held} bytes, not the {size} that the hub speaks of"))
    };
    let Some(message) = differs else { return Ok(()) };
    // What cannot be removed is named in the error all the same.
    let _ = std::fs::remove_file(pointer);
    let _ = std::fs::remove_file(&blob);
    Err(Error::new(ErrorKind::Format, message).at(pointer).mend("fetch it again"))
}

fn digest<D: Digest + Write>(path: &Path, mut digest: D) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex(&digest.finalize())),
            read => digest.write_all(&part[..read])?,
        }
    }
}
