//! Whole folders, streamed.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use klausul_core::{Language, Paragraph, Prediction, Result};
use klausul_data::batch::{Cut, Wave, Waves, guarded};
use klausul_data::document;
use klausul_data::read::{Page, ReadOptions, inputs};
use rayon::prelude::*;

use crate::{Classifier, Memo};

/// Paragraphs of a document, or of rows that name none, with what was decided of each.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// The paragraphs with their document.
    pub cut: Cut,
    /// One a paragraph.
    pub predictions: Vec<Arc<Prediction>>,
}

impl Classified {
    /// Each paragraph with what was decided of it.
    pub fn iter(&self) -> impl Iterator<Item = (&Paragraph, &Prediction)> {
        self.cut.paragraphs.iter().zip(self.predictions.iter().map(Arc::as_ref))
    }
}

/// How far a batch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes of the inputs that have been opened so far; of streams 0.
    pub bytes: u64,
    /// Documents, rows and failures so far.
    pub items: u64,
}

/// What hears of the progress, and may end the batch.
type Observe<'a> = Box<dyn FnMut(Progress) -> ControlFlow<()> + Send + 'a>;

/// Inputs on their way to labels: see [`Classifier::batch`].
#[must_use]
pub struct Batch<'a> {
    classifier: &'a Classifier,
    options: ReadOptions,
    language: Option<Language>,
    observe: Option<Observe<'a>>,
}

impl Classifier {
    /// Labels files, folders, archives and tables of any supported format.
    ///
    /// ```no_run
    /// # fn main() -> klausul::Result<()> {
    /// let classifier = klausul::Classifier::new()?;
    /// for classified in classifier.batch().run(&["policies".into()]) {
    ///     match classified {
    ///         Ok(document) => println!("{} has {} paragraphs", document.cut.doc, document.predictions.len()),
    ///         Err(error) => eprintln!("{error}"), // one input; the others go on
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn batch(&self) -> Batch<'_> {
        Batch { classifier: self, options: ReadOptions::new(), language: None, observe: None }
    }

    /// Labels one page.
    ///
    /// # Errors
    /// Those of [`document::of_page`] and [`classify`](Self::classify).
    pub fn classify_page(&self, page: Page, language: Option<Language>) -> Result<Classified> {
        let document = document::of_page(page, language)?;
        let predictions = self.classify(&document.paragraphs)?.into_iter().map(Arc::new).collect();
        Ok(Classified { cut: Cut::of(document), predictions })
    }
}

impl<'a> Batch<'a> {
    /// Sets how inputs are read.
    pub fn options(mut self, options: ReadOptions) -> Self {
        self.options = options;
        self
    }

    /// Sets the language of everything, in place of what texts say.
    pub fn language(mut self, language: Language) -> Self {
        self.language = Some(language);
        self
    }

    /// Sets what hears of progress, some hundred documents at a time; `Break` ends the batch after what is done.
    pub fn progress(mut self, observe: impl FnMut(Progress) -> ControlFlow<()> + Send + 'a) -> Self {
        self.observe = Some(Box::new(observe));
        self
    }

    /// The documents of the paths (`-` is standard input) in their order, each when it is done. An input that fails is an error in its
    /// place and the others go on.
    ///
    /// Documents are handled in parallel on the rayon pool that `next` is called in, some hundred at a time, which bounds the memory. The
    /// same inputs give the same items on any number of threads.
    pub fn run(self, paths: &[PathBuf]) -> impl Iterator<Item = Result<Classified>> + use<'a> {
        let Self { classifier, options, language, mut observe } = self;
        let memo = Memo::new(&*classifier.inner.decides);
        let listing = inputs(paths, &options);
        let mut waves = Waves::new(listing, options);
        let (mut progress, mut going) = (Progress::default(), true);
        let wave = move || {
            if !going {
                return None;
            }
            let Wave { units, items, bytes_read, .. } = waves.next()?;
            let handle = |cut: Cut| {
                let predictions = guarded(&cut.source, || memo.classify(&cut.paragraphs));
                let predictions = predictions.map_err(|error| error.at(&cut.source))?;
                Ok(Classified { cut, predictions })
            };
            let outcomes: Vec<Result<Classified>> =
                units.into_par_iter().map(|unit| unit.cut(language).and_then(handle)).collect();
            progress = Progress { bytes: bytes_read, items: progress.items + items };
            if let Some(observe) = &mut observe {
                going = observe(progress).is_continue();
            }
            Some(outcomes)
        };
        std::iter::from_fn(wave).flatten()
    }
}

impl std::fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("classifier", &self.classifier).finish_non_exhaustive()
    }
}
