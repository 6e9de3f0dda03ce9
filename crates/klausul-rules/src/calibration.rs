//! From raw scores to probabilities.

use std::collections::BTreeMap;

use klausul_core::{Error, ErrorKind, Result, Taxonomy};
use serde::Deserialize;

/// How sure the rules are of a category, from the raw score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// No rule spoke.
    Nothing,
    /// Only a hint: not labelled.
    Hint,
    /// One rule.
    Hit,
    /// A rule and something that agrees with it.
    Sure,
}

impl Level {
    pub(crate) fn of(raw: f32) -> Self {
        match raw {
            raw if raw <= 0.0 => Self::Nothing,
            raw if raw < 0.5 => Self::Hint,
            raw if raw < 0.85 => Self::Hit,
            _ => Self::Sure,
        }
    }

    /// Whether the category is labelled at this level.
    pub(crate) fn decides(self) -> bool {
        self >= Self::Hit
    }
}

/// The probability of each category at each level, measured on annotated paragraphs (`data/rules-calibration.toml`).
#[derive(Debug, Clone)]
pub(crate) struct Calibration(Vec<[f32; 4]>);

/// Used where nothing was measured: a user's own categories.
const UNMEASURED: [f32; 4] = [0.03, 0.3, 0.75, 0.9];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    probability: BTreeMap<String, [f32; 4]>,
}

impl Calibration {
    /// The measured probabilities for the built-in rules, in the order of `taxonomy`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the embedded file does not parse.
    pub(crate) fn builtin(taxonomy: &Taxonomy) -> Result<Self> {
        let file: File = toml::from_str(include_str!("../../../data/rules-calibration.toml"))
            .map_err(|error| Error::new(ErrorKind::Config, format!("rules-calibration.toml: {}", error.message())))?;
        let of = |id: &str| file.probability.get(id).copied().unwrap_or(UNMEASURED);
        Ok(Self(taxonomy.categories().iter().map(|category| of(&category.id)).collect()))
    }

    pub(crate) fn unmeasured(taxonomy: &Taxonomy) -> Self {
        Self(vec![UNMEASURED; taxonomy.len()])
    }

    pub(crate) fn probability(&self, category: usize, level: Level) -> f32 {
        self.0[category][level as usize]
    }
}
