//! Runs a compiled lexicon over a text: which slots are filled, by which words.

use crate::compile::Compiled;
use crate::pattern::GAP;
use crate::tokens::{Entity, Tokens};

/// Tokens `from..to` that fill a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// The tokens that matched, counted from `from`; those that a gap skipped are free for other slots.
    matched: u64,
}

impl Span {
    /// Whether the two need the same token.
    pub(crate) fn conflicts(&self, other: &Self) -> bool {
        let (first, second) = if self.from <= other.from { (self, other) } else { (other, self) };
        let distance = second.from - first.from;
        distance < u64::BITS && (first.matched >> distance) & second.matched != 0
    }
}

/// The filled slots of a text.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    /// `(slot, span)`, sorted.
    hits: Vec<(u32, Span)>,
}

impl Slots {
    /// The spans that fill a slot, in order.
    pub(crate) fn of(&self, slot: u32) -> &[(u32, Span)] {
        let from = self.hits.partition_point(|hit| hit.0 < slot);
        let to = from + self.hits[from..].partition_point(|hit| hit.0 == slot);
        &self.hits[from..to]
    }

    /// The slots that are filled at all, as a bit set of `words` words.
    pub(crate) fn bits(&self, words: usize) -> Vec<u64> {
        let mut bits = vec![0; words];
        for &(slot, _) in &self.hits {
            bits[slot as usize / 64] |= 1 << (slot % 64);
        }
        bits
    }
}

/// Fills the slots of `lexicon` from `tokens` of `text`.
pub(crate) fn scan(lexicon: &Compiled, text: &str, tokens: &Tokens) -> Slots {
    let words = words(lexicon, text, tokens);
    let mut hits = Vec::new();
    for &(token, word) in &words.hits {
        for &phrase in &lexicon.first[word as usize] {
            let phrase = &lexicon.phrases[phrase as usize];
            let first = &tokens.list[token as usize];
            if let Some((to, matched)) = words.follow(&phrase.elements[1..], token, token + 1, first.clause) {
                // An address can be the contact detail and, by its local part, say whose it is.
                let matched = if to == token + 1 && first.is(Entity::Email) { 0 } else { matched };
                let span = Span { from: token, to, matched };
                hits.extend(phrase.slots.iter().map(|&slot| (slot, span)));
            }
        }
    }
    hits.sort_unstable();
    hits.dedup();
    Slots { hits }
}

/// Which words each token is.
struct Words {
    /// `(token, word)`, sorted.
    hits: Vec<(u32, u32)>,
    /// Where the hits of each token begin.
    offsets: Vec<u32>,
    /// The clause of each token.
    clauses: Vec<usize>,
}

impl Words {
    fn is(&self, token: u32, alternatives: &[u32]) -> bool {
        let token = token as usize;
        if token + 1 >= self.offsets.len() {
            return false;
        }
        let hits = &self.hits[self.offsets[token] as usize..self.offsets[token + 1] as usize];
        hits.iter().any(|(_, word)| alternatives.contains(word))
    }

    /// Where the rest of a phrase ends when it continues at `token`, within its clause; and which tokens it took, counted from `from`.
    fn follow(&self, elements: &[(Vec<u32>, bool)], from: u32, token: u32, clause: usize) -> Option<(u32, u64)> {
        let Some(((alternatives, gap), rest)) = elements.split_first() else {
            return Some((token, 1));
        };
        let reach = if *gap { GAP as u32 } else { 0 };
        (token..=token + reach)
            .take_while(|&candidate| {
                self.clauses.get(candidate as usize) == Some(&clause) && candidate - from < u64::BITS
            })
            .filter(|&candidate| self.is(candidate, alternatives))
            .find_map(|candidate| {
                let (to, matched) = self.follow(rest, from, candidate + 1, clause)?;
                Some((to, matched | 1 << (candidate - from)))
            })
    }
}

fn words(lexicon: &Compiled, text: &str, tokens: &Tokens) -> Words {
    let mut hits = Vec::new();
    let mut token = 0;
    for found in lexicon.automaton.find_overlapping_iter(tokens.folded.as_str()) {
        // Matches come ordered by their end, so the token that ends there only moves forward.
        let last = found.end() - usize::from(tokens.folded.as_bytes()[found.end() - 1] == 1 && found.end() > 1);
        while token + 1 < tokens.list.len() && tokens.list[token + 1].folded < last {
            token += 1;
        }
        for (word, cased) in &lexicon.literals[found.pattern().as_usize()] {
            let here = &tokens.list[token];
            if cased.as_ref().is_none_or(|cased| *cased == text[here.start..here.end]) {
                hits.push((token as u32, *word));
            }
        }
    }
    for &(entity, word) in &lexicon.entities {
        let of = tokens.list.iter().enumerate().filter(|(_, token)| token.is(entity));
        hits.extend(of.map(|(index, _)| (index as u32, word)));
    }
    hits.sort_unstable();
    hits.dedup();
    let mut offsets = vec![0; tokens.list.len() + 1];
    for &(token, _) in &hits {
        offsets[token as usize + 1] += 1;
    }
    for index in 1..offsets.len() {
        offsets[index] += offsets[index - 1];
    }
    Words { hits, offsets, clauses: tokens.list.iter().map(|token| token.clause).collect() }
}
