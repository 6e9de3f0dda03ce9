//! How a classifier is made.

use std::path::PathBuf;
#[cfg(feature = "transformer")]
use std::{num::NonZeroUsize, path::Path, sync::Arc};

use klausul_core::{Error, ErrorKind, Result, Taxonomy};
#[cfg(feature = "rules")]
use klausul_rules::RuleClassifier;
#[cfg(feature = "transformer")]
use klausul_transformer::{
    Encoder, EncoderConfig, Int8Engine, ModelDirectory, TransformerClassifier, Weights, Workers,
};

use crate::Classifier;
use crate::classifier::Inner;

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Backend {
    /// The best that there is: a model, with the rules beside it where it was fitted with them; without a model the rules.
    #[default]
    Auto,
    /// Rules alone.
    Rules,
    /// A model alone.
    Transformer,
    /// A model with the rules as its second opinion.
    Ensemble,
}

/// Makes the engine that runs an encoder.
#[cfg(feature = "transformer")]
type MakeEngine = Arc<dyn Fn(&EncoderConfig, &Weights) -> Result<Arc<dyn Encoder>> + Send + Sync>;

/// Settings of a [`Classifier`].
#[derive(Clone, Default)]
#[must_use]
pub struct ClassifierBuilder {
    backend: Backend,
    rules: Option<PathBuf>,
    taxonomy: Option<Taxonomy>,
    evidence: bool,
    #[cfg(feature = "transformer")]
    model: Option<Model>,
    #[cfg(feature = "transformer")]
    engine: Option<MakeEngine>,
    #[cfg(feature = "transformer")]
    threads: Option<NonZeroUsize>,
    #[cfg(feature = "transformer")]
    workers: Option<Arc<Workers>>,
}

#[cfg(feature = "transformer")]
#[derive(Clone)]
enum Model {
    At(PathBuf),
    Open(Box<ModelDirectory>),
}

impl ClassifierBuilder {
    /// Sets what decides.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Sets a folder of rules in place of the built-in ones; they are then taken alone. Their categories are those of
    /// [`taxonomy`](Self::taxonomy).
    pub fn rules(mut self, folder: impl Into<PathBuf>) -> Self {
        self.rules = Some(folder.into());
        self
    }

    /// Sets the categories. Without it they are those that the model brings along, or the built-in ones.
    pub fn taxonomy(mut self, taxonomy: Taxonomy) -> Self {
        self.taxonomy = Some(taxonomy);
        self
    }

    /// Whether predictions say what they rest on. It costs a pass of the model for each run of words of a paragraph with a category.
    pub fn evidence(mut self, evidence: bool) -> Self {
        self.evidence = evidence;
        self
    }

    /// Sets the directory of the model, in place of the one that ships.
    #[cfg(feature = "transformer")]
    pub fn model(mut self, directory: impl AsRef<Path>) -> Self {
        self.model = Some(Model::At(directory.as_ref().to_owned()));
        self
    }

    /// Sets a model that is open already, such as one from the hub.
    #[cfg(feature = "transformer")]
    pub fn model_directory(mut self, directory: ModelDirectory) -> Self {
        self.model = Some(Model::Open(Box::new(directory)));
        self
    }

    /// Sets what runs the encoder, in place of the engine for processors.
    #[cfg(feature = "transformer")]
    pub fn engine(
        mut self,
        make: impl Fn(&EncoderConfig, &Weights) -> Result<Arc<dyn Encoder>> + Send + Sync + 'static,
    ) -> Self {
        self.engine = Some(Arc::new(make));
        self
    }

    /// Sets how many threads the model gets; one a core without it. Rules start none.
    #[cfg(feature = "transformer")]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Sets the threads of the model, which several classifiers may share.
    #[cfg(feature = "transformer")]
    pub fn workers(mut self, workers: Arc<Workers>) -> Self {
        self.workers = Some(workers);
        self
    }

    /// Loads what was set.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the settings contradict each other or this build lacks what they ask for; [`ErrorKind::Config`] when model,
    /// rules and taxonomy do not belong together; what is wrong with a file of the model, naming it.
    pub fn build(self) -> Result<Classifier> {
        let inner = match self.choice()? {
            Backend::Rules => Inner {
                decides: Self::rule_classifier(self)?,
                #[cfg(feature = "transformer")]
                embedder: None,
            },
            choice => Self::with_model(self, choice)?,
        };
        Ok(Classifier { inner: inner.into() })
    }

    /// The backend, with `Auto` for a model whose manifest decides whether the rules go with it.
    fn choice(&self) -> Result<Backend> {
        let refuse = |found: &str, mend: &str| Err(Error::new(ErrorKind::Usage, found).mend(mend));
        if self.rules.is_some()
            && (Self::has_model(self) || matches!(self.backend, Backend::Transformer | Backend::Ensemble))
        {
            return refuse("a folder of rules and a model contradict each other", "set one of them");
        }
        if self.backend == Backend::Rules && Self::has_model(self) {
            return refuse("the backend `rules` takes no model", "leave the model out, or take another backend");
        }
        let rules = self.rules.is_some() || !Self::has_model(self) && !cfg!(feature = "embedded-model");
        Ok(if self.backend == Backend::Auto && rules { Backend::Rules } else { self.backend })
    }

    #[cfg(feature = "transformer")]
    fn has_model(settings: &Self) -> bool {
        settings.model.is_some()
    }

    #[cfg(not(feature = "transformer"))]
    fn has_model(_: &Self) -> bool {
        false
    }

    #[cfg(feature = "rules")]
    fn rule_classifier(self) -> Result<Box<dyn klausul_core::Classifier>> {
        let rules = match (&self.rules, self.taxonomy) {
            (Some(folder), taxonomy) => {
                RuleClassifier::from_folder(folder, taxonomy.unwrap_or_else(|| Taxonomy::builtin().clone()))?
            }
            (None, None) => RuleClassifier::builtin()?,
            (None, Some(_)) => {
                return Err(Error::new(ErrorKind::Usage, "the built-in rules know the built-in taxonomy alone")
                    .mend("set a folder of rules for your categories"));
            }
        };
        Ok(Box::new(rules.with_evidence(self.evidence)))
    }

    #[cfg(not(feature = "rules"))]
    fn rule_classifier(_: Self) -> Result<Box<dyn klausul_core::Classifier>> {
        Err(Error::new(ErrorKind::Usage, "this build has no rules")
            .mend("build with the feature `rules`, or set a model"))
    }

    #[cfg(feature = "transformer")]
    fn with_model(self, choice: Backend) -> Result<Inner> {
        let directory = match self.model {
            Some(Model::Open(directory)) => *directory,
            Some(Model::At(path)) => ModelDirectory::open(path)?,
            None => ModelDirectory::shipped()?.ok_or_else(|| {
                Error::new(ErrorKind::Usage, "this build holds no model")
                    .mend("set the directory of one, or build with the feature `embedded-model`")
            })?,
        };
        let taxonomy = match self.taxonomy {
            Some(taxonomy) => taxonomy,
            None => directory.taxonomy()?.unwrap_or_else(|| Taxonomy::builtin().clone()),
        };
        let workers = if let Some(workers) = self.workers {
            workers
        } else {
            let threads = self.threads.or_else(|| std::thread::available_parallelism().ok());
            Arc::new(Workers::new(threads.map_or(1, NonZeroUsize::get))?)
        };
        let engine = self.engine.unwrap_or_else(|| {
            Arc::new(|config, weights| Ok(Arc::new(Int8Engine::new(config, weights)?) as Arc<dyn Encoder>))
        });
        let model =
            TransformerClassifier::new(&directory, move |config, weights| engine(config, weights), taxonomy, workers)?;
        let embedder = Some(model.embedder().clone());
        Ok(Inner { decides: with_rules(choice, model, self.evidence)?, embedder })
    }

    #[cfg(not(feature = "transformer"))]
    fn with_model(_: Self, _: Backend) -> Result<Inner> {
        Err(Error::new(ErrorKind::Usage, "this build runs no model").mend("build with the feature `transformer`"))
    }
}

/// The model with the rules as its second opinion, where it was fitted with these rules and the backend does not exclude them.
#[cfg(all(feature = "transformer", feature = "rules"))]
fn with_rules(
    backend: Backend,
    model: TransformerClassifier,
    evidence: bool,
) -> Result<Box<dyn klausul_core::Classifier>> {
    if backend == Backend::Ensemble || backend == Backend::Auto && model.ensemble().is_some() {
        let rules = RuleClassifier::builtin()?.with_evidence(evidence);
        let fitted = model.ensemble().is_some_and(|ensemble| ensemble.with == klausul_core::Classifier::model(&rules));
        if backend == Backend::Ensemble || fitted {
            let ensemble = klausul_transformer::EnsembleClassifier::new(model, Box::new(rules))?;
            return Ok(Box::new(ensemble.with_evidence(evidence)));
        }
    }
    Ok(Box::new(model.with_evidence(evidence)))
}

#[cfg(all(feature = "transformer", not(feature = "rules")))]
fn with_rules(
    backend: Backend,
    model: TransformerClassifier,
    evidence: bool,
) -> Result<Box<dyn klausul_core::Classifier>> {
    if backend == Backend::Ensemble {
        return Err(Error::new(ErrorKind::Usage, "this build has no rules").mend("build with the feature `rules`"));
    }
    Ok(Box::new(model.with_evidence(evidence)))
}

impl std::fmt::Debug for ClassifierBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClassifierBuilder").field("backend", &self.backend).finish_non_exhaustive()
    }
}
