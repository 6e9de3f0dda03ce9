//! A lexicon, compiled: one automaton over all its words, phrases keyed by their first word, rules over slot numbers.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use klausul_core::{Error, ErrorKind, Kind, Language, Result, Taxonomy};

use crate::fold::{Script, fold_char};
use crate::lexicon::{Lexicon, RuleSource, Within};
use crate::pattern::{self, Part, Phrase, Word};
use crate::tokens::{EDGE, Entity};

/// A phrase over word numbers.
#[derive(Debug)]
pub(crate) struct CompiledPhrase {
    /// Alternatives of each position, and whether words may be skipped before it.
    pub(crate) elements: Vec<(Vec<u32>, bool)>,
    /// The slots that it fills.
    pub(crate) slots: Vec<u32>,
}

/// A rule over slot numbers.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    pub(crate) category: usize,
    pub(crate) must: Vec<u32>,
    pub(crate) may: Vec<u32>,
    pub(crate) not: Vec<u32>,
    pub(crate) under: u64,
    pub(crate) not_under: u64,
    pub(crate) within_context: u64,
    /// One bit a [`Kind`].
    pub(crate) kinds: u8,
    pub(crate) within: Within,
    pub(crate) window: usize,
    pub(crate) weak: bool,
    pub(crate) introduction: bool,
    pub(crate) max_words: usize,
}

/// The slots that the engine itself asks for.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) negation: u32,
    pub(crate) statement: u32,
    pub(crate) interrogative: u32,
    pub(crate) reference: u32,
    pub(crate) definition: u32,
    pub(crate) introduction: u32,
}

/// A compiled lexicon.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) script: Script,
    pub(crate) abbreviations: Vec<String>,
    pub(crate) automaton: AhoCorasick,
    /// Word numbers and, for cased words, the form demanded, by automaton pattern.
    pub(crate) literals: Vec<Vec<(u32, Option<String>)>>,
    /// Word numbers by entity.
    pub(crate) entities: Vec<(Entity, u32)>,
    pub(crate) phrases: Vec<CompiledPhrase>,
    /// Phrases by the word number of their first position.
    pub(crate) first: Vec<Vec<u32>>,
    pub(crate) slot_count: usize,
    pub(crate) fixed: Fixed,
    /// Slot and bit of each heading class.
    pub(crate) headings: Vec<(u32, u64)>,
    pub(crate) rules: Vec<Rule>,
}

pub(crate) fn kind_bit(kind: Kind) -> u8 {
    1 << kind as u8
}

/// Compiles a lexicon against a taxonomy.
///
/// # Errors
/// [`ErrorKind::Config`] naming the rule and the pattern: unknown category, term or heading class, a bad pattern, a repeated id.
pub(crate) fn compile(source: &Lexicon, taxonomy: &Taxonomy) -> Result<Compiled> {
    let name = source.languages.first().map_or("common", Language::as_str).to_owned();
    let mut builder = Builder::new(source);
    let fixed = Fixed {
        negation: builder.list(&source.negation, "negation")?,
        statement: builder.list(&source.statement, "statement")?,
        interrogative: builder.list(&source.interrogative, "interrogative")?,
        reference: builder.list(&source.skip.reference, "skip.reference")?,
        definition: builder.list(&source.skip.definition, "skip.definition")?,
        introduction: builder.list(&source.skip.introduction, "skip.introduction")?,
    };
    if source.headings.len() > 64 {
        return Err(Error::new(ErrorKind::Config, "more than 64 heading classes").mend("join some of them"));
    }
    let mut headings = Vec::new();
    let mut classes = BTreeMap::new();
    for (index, (class, phrases)) in source.headings.iter().enumerate() {
        headings.push((builder.list(phrases, &format!("headings.{class}"))?, 1 << index));
        classes.insert(class.as_str(), 1u64 << index);
    }
    let mut rules = Vec::new();
    for (category, sources) in &source.rules {
        let index = taxonomy.index_of(category).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("rules.{category}: the taxonomy has no such category"))
                .mend("see `klausul taxonomy` for the ids")
        })?;
        let mut ids = std::collections::HashSet::new();
        for rule in sources {
            let place = format!("rules.{category} `{}`", rule.id);
            if !ids.insert(&rule.id) {
                return Err(Error::new(ErrorKind::Config, format!("{place}: the id stands twice")));
            }
            rules.push(builder.rule(rule, index, format!("{name}/{category}/{}", rule.id), &classes, &place)?);
        }
    }
    builder.finish(source, fixed, headings, rules)
}

struct Builder<'a> {
    source: &'a Lexicon,
    words: HashMap<Word, u32>,
    slots: HashMap<Vec<String>, u32>,
    phrases: HashMap<Vec<(Vec<u32>, bool)>, Vec<u32>>,
    order: Vec<Vec<(Vec<u32>, bool)>>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Lexicon) -> Self {
        let (words, slots, phrases) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { source, words, slots, phrases, order: Vec::new() }
    }

    fn rule(
        &mut self,
        rule: &RuleSource,
        category: usize,
        id: String,
        classes: &BTreeMap<&str, u64>,
        place: &str,
    ) -> Result<Rule> {
        if rule.must.is_empty() && rule.under.is_empty() && rule.within_context.is_empty() {
            return Err(Error::new(
                ErrorKind::Config,
                format!("{place}: neither `must` nor `under`: it would always hit"),
            ));
        }
        let mut slots = |sources: &[String]| -> Result<Vec<u32>> {
            sources.iter().map(|source| self.slot(std::slice::from_ref(source), place)).collect()
        };
        let (must, may, not) = (slots(&rule.must)?, slots(&rule.may)?, slots(&rule.not)?);
        let bits = |names: &[String]| -> Result<u64> {
            names.iter().try_fold(0, |bits, name| {
                let bit = classes.get(name.as_str()).ok_or_else(|| {
                    Error::new(ErrorKind::Config, format!("{place}: no heading class `{name}`"))
                        .mend("add it to [headings]")
                })?;
                Ok(bits | bit)
            })
        };
        // A rule that lives on its heading is for items; others are for all kinds.
        let kinds = match rule.kinds.as_slice() {
            [] => Kind::ALL.iter().fold(0, |bits, &kind| bits | kind_bit(kind)),
            kinds => kinds.iter().fold(0, |bits, &kind| bits | kind_bit(kind)),
        };
        Ok(Rule {
            id: id.into(),
            category,
            must,
            may,
            not,
            under: bits(&rule.under)?,
            not_under: bits(&rule.not_under)?,
            within_context: bits(&rule.within_context)?,
            kinds,
            within: rule.within,
            window: rule.window,
            weak: rule.weak,
            introduction: rule.introduction,
            max_words: rule.max_words,
        })
    }

    fn list(&mut self, phrases: &[String], place: &str) -> Result<u32> {
        self.slot(phrases, place)
    }

    /// The number of the slot with these alternatives; the same alternatives share one.
    fn slot(&mut self, sources: &[String], place: &str) -> Result<u32> {
        let number = self.slots.len() as u32;
        if let Some(&known) = self.slots.get(sources) {
            return Ok(known);
        }
        self.slots.insert(sources.to_vec(), number);
        let mut open = Vec::new();
        for source in sources {
            self.fill(source, number, place, &mut open)?;
        }
        Ok(number)
    }

    fn fill(&mut self, source: &str, slot: u32, place: &str, open: &mut Vec<String>) -> Result<()> {
        for part in pattern::slot(source, self.source.script).map_err(|error| named(&error, place))? {
            match part {
                Part::Phrase(phrase) => {
                    let phrase = self.phrase(phrase);
                    if !self.phrases.contains_key(&phrase) {
                        self.order.push(phrase.clone());
                    }
                    let slots = self.phrases.entry(phrase).or_default();
                    if !slots.contains(&slot) {
                        slots.push(slot);
                    }
                }
                Part::Term(name) => {
                    if open.contains(&name) {
                        return Err(Error::new(ErrorKind::Config, format!("{place}: @{name} contains itself")));
                    }
                    let Some(sources) = self.source.terms.get(&name) else {
                        return Err(Error::new(ErrorKind::Config, format!("{place}: no term `@{name}`"))
                            .mend("add it to [terms]"));
                    };
                    open.push(name);
                    for source in sources {
                        self.fill(source, slot, place, open)?;
                    }
                    open.pop();
                }
            }
        }
        Ok(())
    }

    fn phrase(&mut self, phrase: Phrase) -> Vec<(Vec<u32>, bool)> {
        let mut number = |word| {
            let next = self.words.len() as u32;
            *self.words.entry(word).or_insert(next)
        };
        let element = |element: pattern::Element| {
            (element.alternatives.into_iter().map(&mut number).collect::<Vec<_>>(), element.gap)
        };
        phrase.into_iter().map(element).collect()
    }

    fn finish(self, source: &Lexicon, fixed: Fixed, headings: Vec<(u32, u64)>, rules: Vec<Rule>) -> Result<Compiled> {
        let mut numbers: BTreeMap<String, Vec<(u32, Option<String>)>> = BTreeMap::new();
        let mut entities = Vec::new();
        for (word, number) in &self.words {
            let (literal, cased) = match word {
                Word::Exact(word) => (format!("{EDGE}{word}{EDGE}"), None),
                Word::Prefix(word) => (format!("{EDGE}{word}"), None),
                Word::Suffix(word) => (format!("{word}{EDGE}"), None),
                Word::Infix(word) => (word.clone(), None),
                Word::Cased(word, written) => (format!("{EDGE}{word}{EDGE}"), Some(written.clone())),
                Word::Entity(entity) => {
                    entities.push((*entity, *number));
                    continue;
                }
            };
            numbers.entry(literal).or_default().push((*number, cased));
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(numbers.keys())
            .map_err(|error| Error::new(ErrorKind::Config, format!("the lexicon is too large: {error}")))?;
        let mut first = vec![Vec::new(); self.words.len()];
        let mut phrases = Vec::with_capacity(self.order.len());
        for elements in self.order {
            for &word in &elements[0].0 {
                first[word as usize].push(phrases.len() as u32);
            }
            let slots = self.phrases.get(&elements).cloned().unwrap_or_default();
            phrases.push(CompiledPhrase { elements, slots });
        }
        Ok(Compiled {
            script: source.script,
            abbreviations: source.abbreviations.iter().map(|word| fold(word, source.script)).collect(),
            automaton,
            literals: numbers.into_values().collect(),
            entities,
            phrases,
            first,
            slot_count: self.slots.len(),
            fixed,
            headings,
            rules,
        })
    }
}

fn fold(word: &str, script: Script) -> String {
    let mut folded = String::new();
    word.chars().filter(|&c| c != '.').for_each(|c| fold_char(c, script, &mut folded));
    folded
}

fn named(error: &Error, place: &str) -> Error {
    Error::new(ErrorKind::Config, format!("{place}: {error}"))
}
