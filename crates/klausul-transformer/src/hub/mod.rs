//! Models by their id on the Hugging Face hub.

mod agents;
mod cache;
mod client;
mod download;
mod failure;
mod options;
mod tls;

use std::path::Path;

use klausul_core::{Error, ErrorKind, Result};

use self::cache::{ModelCache, is_commit};
use self::client::Client;
use self::download::download;
pub use self::options::HubOptions;
use crate::ModelDirectory;
use crate::directory::{MANIFEST, NEEDED, TAXONOMY};

/// The branch that is meant when none is named.
const MAIN: &str = "main";

/// How far the download of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The file's name.
    pub file: &'a str,
    /// Bytes that are there.
    pub done: u64,
    /// Bytes of the whole file.
    pub size: u64,
}

/// The hub and its cache.
///
/// The cache is asked first and a connection opened only for what it lacks; a branch that it knows is not asked for again. All files of
/// a model come from one commit, which [`ModelDirectory::revision`] records.
#[derive(Debug, Clone)]
pub struct Hub {
    options: HubOptions,
}

impl Hub {
    /// The hub that the options speak of.
    pub fn new(options: HubOptions) -> Self {
        Self { options }
    }

    /// A model that is wholly in the cache, at a branch, tag or commit (`main` when `None`). Opens no connection.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the id or the revision is none; those of [`ModelDirectory::open`].
    pub fn cached(&self, id: &str, revision: Option<&str>) -> Result<Option<ModelDirectory>> {
        let (cache, revision) = self.place(id, revision)?;
        let Some(commit) = cache.commit(revision) else { return Ok(None) };
        let snapshot = cache.snapshot(&commit);
        let manifest = self.options.offline || snapshot.join(MANIFEST).exists() || cache.lacks(&commit, MANIFEST);
        if manifest && NEEDED.iter().all(|file| snapshot.join(file).exists()) {
            let directory = open(&snapshot, commit)?;
            let whole = !directory.brings_taxonomy() || snapshot.join(TAXONOMY).exists();
            return Ok(whole.then_some(directory));
        }
        Ok(None)
    }

    /// The models that are wholly in the cache, with their ids, in the order of these and of the commits. Opens no connection.
    pub fn models(&self) -> Vec<(String, ModelDirectory)> {
        let mut found: Vec<_> = cache::snapshots(&self.options.cache)
            .filter_map(|(id, commit, folder)| Some((id, open(&folder, commit).ok()?)))
            .collect();
        found.sort_by(|(a, one), (b, other)| (a, one.revision()).cmp(&(b, other.revision())));
        found
    }

    /// A model from the cache, or fetched into it. `progress` hears of every part that arrives.
    ///
    /// Sizes are compared with those that the hub says, contents with its hashes, and both again with the model's manifest where that
    /// lists the file.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the id or the revision is none, or the model is not in the cache and the options say offline;
    /// [`ErrorKind::Config`] when a proxy's address is none; [`ErrorKind::Io`] when the hub is not reached, refuses or does
    /// not answer as a hub does; [`ErrorKind::Format`] when a file is not what the hub says.
    pub fn fetch(
        &self,
        id: &str,
        revision: Option<&str>,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<ModelDirectory> {
        if let Some(directory) = self.cached(id, revision)? {
            return Ok(directory);
        }
        let (cache, revision) = self.place(id, revision)?;
        if self.options.offline {
            let message = format!("model `{id}` at `{revision}` is not wholly in the cache, and the hub is offline");
            let mend = "unset HF_HUB_OFFLINE, set HF_HUB_CACHE to a cache that has it, or give the model's directory";
            return Err(Error::new(ErrorKind::Usage, message).at(&self.options.cache).mend(mend));
        }
        let client = Client::new(&self.options, id)?;
        let repository = client.repository(revision)?;
        let commit = &repository.sha;
        if !is_commit(commit) {
            let message = format!("the hub gives `{commit}` as the commit of `{id}` at `{revision}`");
            return Err(Error::new(ErrorKind::Format, message).mend("set HF_ENDPOINT to a hub"));
        }
        if let Some(file) = NEEDED.iter().find(|file| !repository.has(file)) {
            return Err(Error::new(ErrorKind::Usage, format!("model `{id}` at `{revision}` has no `{file}`"))
                .mend("name a model that is saved as safetensors with a fast tokenizer"));
        }
        if repository.has(MANIFEST) {
            download(&client, &cache, commit, MANIFEST, progress)?;
        } else {
            cache.note_lack(commit, MANIFEST)?;
        }
        // A model for other categories than the built-in brings them along.
        for file in NEEDED.into_iter().chain(Some(TAXONOMY).filter(|file| repository.has(file))) {
            download(&client, &cache, commit, file, progress)?;
        }
        cache.remember(revision, commit)?;
        let directory = open(&cache.snapshot(commit), commit.clone())?;
        if directory.manifest().is_some_and(|manifest| !manifest.files.is_empty()) {
            directory.verify()?;
        }
        Ok(directory)
    }

    fn place<'a>(&self, id: &str, revision: Option<&'a str>) -> Result<(ModelCache, &'a str)> {
        let revision = revision.unwrap_or(MAIN);
        if !id.split('/').all(is_name) || id.split('/').count() > 2 || id.contains("--") {
            return Err(Error::new(ErrorKind::Usage, format!("`{id}` is not the id of a model"))
                .mend("write OWNER/NAME, or the path of a directory that exists"));
        }
        if !revision.split('/').all(is_name) {
            return Err(Error::new(ErrorKind::Usage, format!("`{revision}` is not a branch, tag or commit"))
                .mend("write a name such as `main` or a commit hash"));
        }
        Ok((ModelCache::new(&self.options.cache, id), revision))
    }
}

/// Names become parts of paths, so none may lead elsewhere.
fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && !name.starts_with(['.', '-']) && !name.contains("..") && name.bytes().all(plain)
}

fn open(snapshot: &Path, commit: String) -> Result<ModelDirectory> {
    Ok(ModelDirectory::open(snapshot)?.at_revision(commit))
}

#[cfg(test)]
mod tests;
