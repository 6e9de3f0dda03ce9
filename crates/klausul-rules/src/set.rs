//! The lexicons of a classifier: which one reads which language.

use std::sync::OnceLock;

use klausul_core::{Error, ErrorKind, Language, Result, Taxonomy};

use crate::compile::{Compiled, compile};
use crate::lexicon::Lexicon;

/// A lexicon file of the build.
struct Embedded {
    name: &'static str,
    languages: &'static [&'static str],
    text: &'static str,
}

const EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/lexicons.rs"));

/// A set of lexicons over one taxonomy. The built-in ones are compiled when their language is first met.
pub(crate) struct LexiconSet {
    lexicons: Vec<Entry>,
}

struct Entry {
    name: String,
    languages: Vec<Language>,
    source: Source,
    compiled: OnceLock<Result<Compiled, String>>,
}

enum Source {
    Embedded(&'static str),
    Read(Box<Lexicon>),
}

impl LexiconSet {
    /// The lexicons of the build.
    pub(crate) fn builtin() -> Self {
        let entry = |file: &Embedded| Entry {
            name: file.name.to_owned(),
            languages: file.languages.iter().filter_map(|code| code.parse().ok()).collect(),
            source: Source::Embedded(file.text),
            compiled: OnceLock::new(),
        };
        Self { lexicons: EMBEDDED.iter().map(entry).collect() }
    }

    /// Lexicons of the caller's, each with a name for messages; all compiled at once so that mistakes show early.
    pub(crate) fn from_texts(texts: &[(String, String)], taxonomy: &Taxonomy) -> Result<Self> {
        let mut lexicons = Vec::new();
        for (name, text) in texts {
            let source = Lexicon::from_toml(text).map_err(|error| error.at(name))?;
            lexicons.push(Entry {
                name: name.clone(),
                languages: source.languages.clone(),
                source: Source::Read(Box::new(source)),
                compiled: OnceLock::new(),
            });
        }
        let set = Self { lexicons };
        set.lexicons.iter().try_for_each(|entry| set.compiled(entry, taxonomy).map(drop))?;
        Ok(set)
    }

    /// The lexicon that reads a language; the common one where there is none, nothing where there is no common one.
    pub(crate) fn get(&self, language: Language, taxonomy: &Taxonomy) -> Result<Option<&Compiled>> {
        let own = self.lexicons.iter().find(|entry| entry.languages.contains(&language));
        match own.or_else(|| self.common()) {
            Some(entry) => self.compiled(entry, taxonomy).map(Some),
            None => Ok(None),
        }
    }

    /// The languages that have a lexicon of their own, sorted.
    pub(crate) fn languages(&self) -> Vec<Language> {
        let mut languages: Vec<_> = self.lexicons.iter().flat_map(|entry| entry.languages.iter().copied()).collect();
        languages.sort();
        languages
    }

    fn common(&self) -> Option<&Entry> {
        self.lexicons.iter().find(|entry| entry.languages.is_empty())
    }

    fn compiled<'a>(&'a self, entry: &'a Entry, taxonomy: &Taxonomy) -> Result<&'a Compiled> {
        let build = || -> Result<Compiled> {
            let mut lexicon = entry.lexicon()?;
            if let Some(common) = self.common().filter(|common| common.name != entry.name) {
                lexicon.include(&common.lexicon()?);
            }
            compile(&lexicon, taxonomy)
        };
        let compiled = entry.compiled.get_or_init(|| build().map_err(|error| error.to_string()));
        compiled.as_ref().map_err(|message| Error::new(ErrorKind::Config, message.as_str()).at(&entry.name))
    }
}

impl Entry {
    fn lexicon(&self) -> Result<Lexicon> {
        match &self.source {
            Source::Embedded(text) => Lexicon::from_toml(text),
            Source::Read(lexicon) => Ok(lexicon.as_ref().clone()),
        }
    }
}
