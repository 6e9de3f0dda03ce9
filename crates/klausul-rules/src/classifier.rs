//! The classifier over a set of lexicons.

use std::path::Path;

use klausul_core::{Classifier, Error, ErrorKind, Language, Paragraph, Prediction, Result, Taxonomy};

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

    /// Lexicons of the caller's over a taxonomy of the caller's: pairs of a name for messages and the text of a lexicon file.
    ///
    /// Probabilities are then a plain guess a level, not measured ones: calibrate them with gold data before use.
    ///
    /// ```
    /// use klausul_core::Taxonomy;
    /// use klausul_rules::RuleClassifier;
    ///
    /// let taxonomy = Taxonomy::from_toml("name = \"own\"\nversion = \"1\"\n[[category]]\nid = \"pets\"\nname = \"Pets\"\ndefinition = \"x\"")?;
    /// let lexicon = "languages = [\"en\"]\n[[rules.pets]]\nid = \"dog\"\nmust = [\"dog* | cat*\", \"allow*\"]";
    /// let rules = RuleClassifier::from_lexicons(&[("en.toml".into(), lexicon.into())], taxonomy)?;
    /// assert_eq!(rules.languages(), ["en".parse()?]);
    /// # Ok::<(), klausul_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`klausul_core::ErrorKind::Config`] naming the file, the rule and the pattern that is wrong.
    pub fn from_lexicons(lexicons: &[(String, String)], taxonomy: Taxonomy) -> Result<Self> {
        let model = format!("own-rules+{}-{}", taxonomy.name(), taxonomy.version());
        let lexicons = LexiconSet::from_texts(lexicons, &taxonomy)?;
        Ok(Self { calibration: Calibration::unmeasured(&taxonomy), lexicons, taxonomy, model, explain: false })
    }

    /// The lexicons of a folder, all its files that end in `.toml`: see [`Self::from_lexicons`].
    ///
    /// # Errors
    /// As [`Self::from_lexicons`]; [`ErrorKind::Io`] when a file cannot be read.
    pub fn from_folder(folder: &Path, taxonomy: Taxonomy) -> Result<Self> {
        let mut lexicons = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| Error::from(error).at(folder))? {
            let path = entry.map_err(|error| Error::from(error).at(folder))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|error| Error::from(error).at(&path))?;
                lexicons.push((path.display().to_string(), text));
            }
        }
        lexicons.sort();
        if lexicons.is_empty() {
            let error = Error::new(ErrorKind::Config, "the folder has no lexicon").at(folder);
            return Err(error.mend("add a file such as en.toml"));
        }
        Self::from_lexicons(&lexicons, taxonomy)
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
