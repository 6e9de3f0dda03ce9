//! The classifier of a process with its threads.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use klausul::data::batch::guarded;
use klausul::data::document::{RowText, row_languages};
use klausul::transformer::ModelDirectory;
use klausul::{Backend, Classifier, Error, ErrorKind, Language, Memo, Paragraph, Prediction, Result, Taxonomy};
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::run::Stop;

/// Paragraphs that a thread handles at a time.
pub(crate) const CHUNK: usize = 128;

/// What a classifier is made of: enough to make it again in another process.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) model: Option<PathBuf>,
    pub(crate) backend: Backend,
    pub(crate) threads: Option<NonZeroUsize>,
    pub(crate) evidence: bool,
    pub(crate) rules: Option<PathBuf>,
    pub(crate) taxonomy: Option<PathBuf>,
}

/// A loaded classifier and the threads that its calls run on.
pub(crate) struct Engine {
    pub(crate) classifier: Classifier,
    pub(crate) pool: ThreadPool,
}

impl Settings {
    /// Loads what is set and starts the threads.
    pub(crate) fn engine(&self) -> Result<Arc<Engine>> {
        let mut builder = Classifier::builder().backend(self.backend).evidence(self.evidence);
        if let Some(path) = &self.model {
            builder = match shipped(path)? {
                Some(shipped) => builder.model_directory(shipped),
                None => builder.model(path),
            };
        }
        if let Some(folder) = &self.rules {
            builder = builder.rules(folder);
        }
        if let Some(path) = &self.taxonomy {
            builder = builder.taxonomy(taxonomy(path)?);
        }
        if let Some(threads) = self.threads {
            builder = builder.threads(threads);
        }
        Ok(Arc::new(Engine { classifier: builder.build()?, pool: pool(self.threads)? }))
    }

    /// Why the model was taken that was.
    pub(crate) fn why(&self, decided: &str) -> &'static str {
        match (&self.model, &self.rules) {
            (Some(_), _) => "the argument model names it",
            (None, Some(_)) => "the rules: the argument rules names them",
            (None, None) if decided == "rules" => "the rules that ship",
            (None, None) => "the model that ships",
        }
    }
}

impl Engine {
    /// One prediction a paragraph, in order; languages that are unknown are told first, by each paragraph alone. Equal paragraphs are
    /// classified once.
    ///
    /// A thread handles one chunk at a time. One of a rayon pool would begin others while the model works on its own, and leave nothing
    /// to be stopped.
    pub(crate) fn classify(&self, paragraphs: &mut [Paragraph], stop: &Stop) -> Result<Vec<Arc<Prediction>>> {
        let memo = Memo::new(&self.classifier);
        let mut found = vec![Vec::new(); paragraphs.len().div_ceil(CHUNK)];
        let threads = self.pool.current_num_threads().min(found.len());
        let chunks = Mutex::new(paragraphs.chunks_mut(CHUNK).zip(&mut found));
        let failed = Mutex::new(None);
        let work = || {
            while lock(&failed).is_none() {
                let Some((paragraphs, found)) = lock(&chunks).next() else { return };
                let classified = stop.check().and_then(|()| {
                    guarded("", || {
                        tell_languages(paragraphs);
                        memo.classify(paragraphs)
                    })
                });
                match classified {
                    Ok(predictions) => *found = predictions,
                    Err(error) => *lock(&failed) = Some(error),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .map_or(Ok(found.into_iter().flatten().collect()), Err)
    }

    /// One vector a paragraph, row after row.
    pub(crate) fn embed(&self, paragraphs: &mut [Paragraph], stop: &Stop) -> Result<Vec<f32>> {
        // Rules refuse even nothing.
        let mut rows = self.classifier.embed(&[])?;
        rows.reserve(paragraphs.len() * self.classifier.embedding_size().unwrap_or_default());
        // The model spreads each call over its own threads.
        for chunk in paragraphs.chunks_mut(CHUNK * self.pool.current_num_threads()) {
            stop.check()?;
            tell_languages(chunk);
            rows.extend(self.classifier.embed(chunk)?);
        }
        Ok(rows)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell_languages(paragraphs: &mut [Paragraph]) {
    for paragraph in paragraphs {
        if paragraph.language.is_unknown() {
            let row = RowText { text: &paragraph.text, context: &paragraph.context, language: None };
            paragraph.language = row_languages(&[row], false).first().copied().unwrap_or(Language::UNKNOWN);
        }
    }
}

/// One thread a core unless told.
pub(crate) fn pool(threads: Option<NonZeroUsize>) -> Result<ThreadPool> {
    let threads = threads.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    ThreadPoolBuilder::new().num_threads(threads).thread_name(|number| format!("klausul-{number}")).build().map_err(
        |error| Error::new(ErrorKind::Io, "the threads do not start").caused_by(error).mend("use fewer threads"),
    )
}

/// The model that ships, where a path is its name.
fn shipped(path: &Path) -> Result<Option<ModelDirectory>> {
    if path.as_os_str() == ModelDirectory::SHIPPED && !path.exists() { ModelDirectory::shipped() } else { Ok(None) }
}

/// The model of a directory, or the one that ships by its name.
pub(crate) fn directory(path: &Path) -> Result<ModelDirectory> {
    shipped(path)?.map_or_else(|| ModelDirectory::open(path), Ok)
}

/// The taxonomy of a file.
pub(crate) fn taxonomy(path: &Path) -> Result<Taxonomy> {
    let text = std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
    Taxonomy::from_toml(&text).map_err(|error| error.at(path))
}

/// The backend of that name.
pub(crate) fn backend(name: &str) -> Result<Backend> {
    Ok(match name {
        "auto" => Backend::Auto,
        "rules" => Backend::Rules,
        "transformer" => Backend::Transformer,
        "ensemble" => Backend::Ensemble,
        _ => {
            return Err(Error::new(ErrorKind::Usage, format!("`{name}` is not a backend"))
                .mend("write auto, rules, transformer or ensemble"));
        }
    })
}

/// The name of a backend.
pub(crate) fn backend_name(backend: Backend) -> &'static str {
    match backend {
        Backend::Rules => "rules",
        Backend::Transformer => "transformer",
        Backend::Ensemble => "ensemble",
        _ => "auto",
    }
}
