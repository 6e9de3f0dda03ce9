//! Models by their id on the Hugging Face hub.

mod cache;
mod options;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hf_hub::api::sync::{ApiBuilder, ApiError, ApiRepo};
use hf_hub::{Cache, Repo, RepoType};
use klausul_core::{Error, ErrorKind, Result};

use self::cache::{ModelCache, check_fetched, is_commit};
pub use self::options::HubOptions;
use crate::ModelDirectory;

/// What a model must have, small files first, and what it may have.
const NEEDED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];
const MANIFEST: &str = "klausul.json";
/// The branch that is meant when none is named.
const MAIN: &str = "main";
/// Times that a broken download is taken up again.
const RETRIES: usize = 3;

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
            return open(&snapshot, commit).map(Some);
        }
        Ok(None)
    }

    /// A model from the cache, or fetched into it. `progress` hears of every part that arrives.
    ///
    /// Sizes are compared with those that the hub says, contents with its hashes, and both again with the model's manifest where that
    /// lists the file.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the id or the revision is none, or the model is not in the cache and the options say offline;
    /// [`ErrorKind::Io`] when the hub is not reached or refuses; [`ErrorKind::Format`] when a file is not what the hub says.
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
        let info = self.asked(id, || self.repository(id, revision)?.info())?;
        let commit = info.sha;
        if !is_commit(&commit) {
            let message = format!("the hub gives `{commit}` as the commit of `{id}` at `{revision}`");
            return Err(Error::new(ErrorKind::Format, message).mend("set HF_ENDPOINT to a hub"));
        }
        let has = |file: &str| info.siblings.iter().any(|sibling| sibling.rfilename == file);
        if let Some(file) = NEEDED.iter().find(|file| !has(file)) {
            return Err(Error::new(ErrorKind::Usage, format!("model `{id}` at `{revision}` has no `{file}`"))
                .mend("name a model that is saved as safetensors with a fast tokenizer"));
        }
        if has(MANIFEST) {
            self.download(&cache, id, &commit, MANIFEST, progress)?;
        } else {
            cache.note_lack(&commit, MANIFEST)?;
        }
        for file in NEEDED {
            self.download(&cache, id, &commit, file, progress)?;
        }
        cache.remember(revision, &commit)?;
        let directory = open(&cache.snapshot(&commit), commit)?;
        if directory.manifest().is_some_and(|manifest| !manifest.files.is_empty()) {
            directory.verify()?;
        }
        Ok(directory)
    }

    fn download(
        &self,
        cache: &ModelCache,
        id: &str,
        commit: &str,
        file: &str,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<()> {
        let pointer = cache.snapshot(commit).join(file);
        if pointer.exists() {
            return Ok(());
        }
        let size = Cell::new(0);
        let reporter = Reporter { file, done: 0, size: &size, progress };
        self.asked(id, || self.repository(id, commit)?.download_with_progress(file, reporter))?;
        check_fetched(&pointer, size.get())
    }

    fn repository(&self, id: &str, revision: &str) -> Result<ApiRepo, ApiError> {
        let options = &self.options;
        let api = ApiBuilder::from_cache(Cache::new(options.cache.clone()))
            .with_endpoint(options.endpoint.clone())
            .with_token(options.token.clone())
            .with_progress(false)
            .with_retries(RETRIES)
            .with_user_agent("klausul", env!("CARGO_PKG_VERSION"))
            .build()?;
        Ok(api.repo(Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned())))
    }

    /// Asks the hub. Its client panics on answers that lack a header it counts on; that is an error here.
    fn asked<T>(&self, id: &str, ask: impl FnOnce() -> Result<T, ApiError>) -> Result<T> {
        let endpoint = &self.options.endpoint;
        let mend = "check the id, the network, HF_ENDPOINT and HF_TOKEN, or give the model's directory";
        match catch_unwind(AssertUnwindSafe(ask)) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => {
                Err(Error::new(ErrorKind::Io, format!("model `{id}` is not fetched from {endpoint}: {error}"))
                    .mend(mend)
                    .caused_by(error))
            }
            Err(_) => {
                Err(Error::new(ErrorKind::Io, format!("{endpoint} does not answer as a hub does about model `{id}`"))
                    .mend(mend))
            }
        }
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

/// Hands the client's reports on.
struct Reporter<'a> {
    file: &'a str,
    done: u64,
    size: &'a Cell<u64>,
    progress: &'a mut dyn FnMut(Progress<'_>),
}

impl hf_hub::api::Progress for Reporter<'_> {
    fn init(&mut self, size: usize, _file: &str) {
        self.done = 0;
        self.size.set(size as u64);
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        (self.progress)(Progress { file: self.file, done: self.done, size: self.size.get() });
    }

    fn finish(&mut self) {}
}

#[cfg(test)]
mod tests;
