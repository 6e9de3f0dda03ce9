//! The classifier over a set of lexicons.

use std::path::Path;

use klausul_core::{Classifier, Language, Paragraph, Prediction, Result, Taxonomy};

use crate::calibration::{Calibration, Level};
use crate::context::ContextCache;
use crate::decide::decide;
use crate::set::LexiconSet;

/// Labels paragraphs by the lexicon of their language; without one, by what is common to all languages.
pub struct RuleClassifier {
    taxonomy: Taxonomy,
    lexicons: LexiconSet,
    calibration: Calibration,
    model: String,
    explain: bool,
}

impl RuleClassifier {
    /// The lexicons of the build over the built-in taxonomy.
    ///
    /// # Errors
    /// [`klausul_core::ErrorKind::Config`] when the embedded calibration is broken.
    pub fn builtin() -> Result<Self> {
        let taxonomy = Taxonomy::builtin().clone();
        let model = format!("rules-{}+{}-{}", env!("CARGO_PKG_VERSION"), taxonomy.name(), taxonomy.version());
        let calibration = Calibration::builtin(&taxonomy)?;
        Ok(Self { calibration, lexicons: LexiconSet::builtin(), taxonomy, model, explain: false })
    }

    /// The lexicons of a folder (`*.toml`) over a taxonomy of the caller's.
    ///
    /// Probabilities are then a plain guess a level, not measured ones: calibrate them with gold data before use.
    ///
    /// # Errors
    /// [`klausul_core::ErrorKind::Config`] naming the file, the rule and the pattern that is wrong; `Io` when a file cannot be read.
    pub fn from_folder(folder: &Path, taxonomy: Taxonomy) -> Result<Self> {
        let lexicons = LexiconSet::from_folder(folder, &taxonomy)?;
        let model = format!("rules+{}-{}", taxonomy.name(), taxonomy.version());
        Ok(Self { calibration: Calibration::unmeasured(&taxonomy), lexicons, taxonomy, model, explain: false })
    }

    /// Whether predictions carry their [`klausul_core::Evidence`]; off unless asked for.
    #[must_use]
    pub fn with_evidence(mut self, explain: bool) -> Self {
        self.explain = explain;
        self
    }

    /// The languages that have a lexicon, sorted by code.
    pub fn languages(&self) -> Vec<Language> {
        self.lexicons.languages()
    }

    /// How sure the rules are of each category of a paragraph: what the probabilities are calibrated from.
    ///
    /// # Errors
    /// As [`Classifier::classify`].
    pub fn levels(&self, paragraph: &Paragraph) -> Result<Vec<Level>> {
        let Some(lexicon) = self.lexicons.get(paragraph.language, &self.taxonomy)? else {
            return Ok(vec![Level::Nothing; self.taxonomy.len()]);
        };
        let mut contexts = ContextCache::new();
        let decision = decide(lexicon, self.taxonomy.len(), paragraph, &mut contexts, false);
        Ok(decision.raw.into_iter().map(Level::of).collect())
    }
}

impl Classifier for RuleClassifier {
    /// # Errors
    /// [`klausul_core::ErrorKind::Config`] when the lexicon of a paragraph's language does not compile.
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>> {
        let mut contexts = ContextCache::new();
        let categories = self.taxonomy.len();
        batch
            .iter()
            .map(|paragraph| {
                let (raw, evidence) = match self.lexicons.get(paragraph.language, &self.taxonomy)? {
                    Some(lexicon) => {
                        let decision = decide(lexicon, categories, paragraph, &mut contexts, self.explain);
                        (decision.raw, decision.evidence)
                    }
                    None => (vec![0.0; categories], Vec::new()),
                };
                let levels: Vec<Level> = raw.into_iter().map(Level::of).collect();
                let probability = |(category, &level): (usize, &Level)| self.calibration.probability(category, level);
                let decided = |(category, level): (usize, &Level)| level.decides().then_some(category);
                Ok(Prediction {
                    scores: levels.iter().enumerate().map(probability).collect(),
                    labels: levels.iter().enumerate().filter_map(decided).collect(),
                    evidence,
                })
            })
            .collect()
    }

    fn taxonomy(&self) -> &Taxonomy {
        &self.taxonomy
    }

    fn backend(&self) -> &'static str {
        "rules"
    }

    fn model(&self) -> &str {
        &self.model
    }
}
