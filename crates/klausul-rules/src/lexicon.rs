//! The lexicon file of a language, as it is written.

use std::collections::BTreeMap;

use klausul_core::{Error, ErrorKind, Kind, Language, Result};
use serde::Deserialize;

use crate::fold::Script;

/// A lexicon file: the words and rules of one language, or of close relatives that share them.
///
/// `docs/lexicon.md` describes each key with examples.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lexicon {
    /// Languages that it serves; the first names it. Empty for the common lexicon that all others include.
    pub(crate) languages: Vec<Language>,
    #[serde(default)]
    pub(crate) script: Script,
    /// Words that negate what follows in their clause.
    #[serde(default)]
    pub(crate) negation: Vec<String>,
    /// Words after which a full stop ends no sentence.
    #[serde(default)]
    pub(crate) abbreviations: Vec<String>,
    /// What makes a heading a full statement ("you can", "we use").
    #[serde(default)]
    pub(crate) statement: Vec<String>,
    /// Words that open a question without its mark ("how", "why"): a heading that begins with one is no statement.
    #[serde(default)]
    pub(crate) interrogative: Vec<String>,
    #[serde(default)]
    pub(crate) skip: Skip,
    /// Named lists of phrases, for `@name`.
    #[serde(default)]
    pub(crate) terms: BTreeMap<String, Vec<String>>,
    /// Classes of context entries: what a heading announces of the items below it.
    #[serde(default)]
    pub(crate) headings: BTreeMap<String, Vec<String>>,
    /// Rules by category id.
    #[serde(default)]
    pub(crate) rules: BTreeMap<String, Vec<RuleSource>>,
}

/// Clauses that state nothing themselves.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Skip {
    /// References to other sections and documents ("see section 5").
    #[serde(default)]
    pub(crate) reference: Vec<String>,
    /// Definitions of terms ("means any information").
    #[serde(default)]
    pub(crate) definition: Vec<String>,
    /// Introductions of what follows ("the following"), only where the clause ends with a colon at the end of the text.
    #[serde(default)]
    pub(crate) introduction: Vec<String>,
}

/// Where the slots of a rule must meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Within {
    /// In one clause, in any order, within the rule's window.
    #[default]
    Clause,
    /// Anywhere in the paragraph.
    Paragraph,
}

/// A rule as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSource {
    /// Unique within its category and language.
    pub(crate) id: String,
    /// Slots that all must match, on words of their own.
    #[serde(default)]
    pub(crate) must: Vec<String>,
    /// Slots that make the rule surer.
    #[serde(default)]
    pub(crate) may: Vec<String>,
    /// Slots that refute it in the same clause.
    #[serde(default)]
    pub(crate) not: Vec<String>,
    /// Heading classes of which one must be active.
    #[serde(default)]
    pub(crate) under: Vec<String>,
    /// Heading classes of which none may be active.
    #[serde(default)]
    pub(crate) not_under: Vec<String>,
    /// Heading classes of which one must be announced by any context entry, also by one that is not active.
    #[serde(default)]
    pub(crate) within_context: Vec<String>,
    /// Kinds of paragraph it is for; empty for the default.
    #[serde(default)]
    pub(crate) kinds: Vec<Kind>,
    #[serde(default)]
    pub(crate) within: Within,
    /// How many words the match may span.
    #[serde(default = "default_window")]
    pub(crate) window: usize,
    /// A hint: decides nothing unless a `may` slot or another rule agrees.
    #[serde(default)]
    pub(crate) weak: bool,
    /// Whether it also holds in a clause that only announces what follows.
    #[serde(default)]
    pub(crate) introduction: bool,
    /// No longer than this many words, 0 for any length.
    #[serde(default)]
    pub(crate) max_words: usize,
}

fn default_window() -> usize {
    25
}

impl Lexicon {
    /// Reads a lexicon file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the line when it is no TOML or has an unknown key.
    pub(crate) fn from_toml(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count() as u64);
            Error::new(ErrorKind::Config, error.message().trim().to_owned()).on_line(line)
        })
    }

    /// Adds what the common lexicon has: its terms where this one has none of that name, its lists and its rules.
    pub(crate) fn include(&mut self, common: &Self) {
        for (name, phrases) in &common.terms {
            self.terms.entry(name.clone()).or_default().extend(phrases.iter().cloned());
        }
        for (name, phrases) in &common.headings {
            self.headings.entry(name.clone()).or_default().extend(phrases.iter().cloned());
        }
        for (category, rules) in &common.rules {
            self.rules.entry(category.clone()).or_default().extend(rules.iter().cloned());
        }
        self.abbreviations.extend(common.abbreviations.iter().cloned());
    }
}
