//! What the context of a paragraph announces of it.

use std::collections::HashMap;

use crate::compile::Compiled;
use crate::scan::{Slots, Span, scan};
use crate::tokens::Tokens;

/// The heading classes of a text and the first words that gave each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Classes {
    pub(crate) bits: u64,
    /// `(class bit, bytes of the text)`.
    pub(crate) hits: Vec<(u64, usize, usize)>,
}

impl Classes {
    /// The classes that the tokens `..limit` announce.
    pub(crate) fn of(lexicon: &Compiled, tokens: &Tokens, slots: &Slots, limit: usize) -> Self {
        let mut classes = Self::default();
        for &(slot, bit) in &lexicon.headings {
            let inside = |span: &Span| (span.to as usize) <= limit;
            if let Some((_, span)) = slots.of(slot).iter().find(|(_, span)| inside(span)) {
                classes.bits |= bit;
                let (first, last) = (&tokens.list[span.from as usize], &tokens.list[span.to as usize - 1]);
                classes.hits.push((bit, first.start, last.end));
            }
        }
        classes
    }

    /// Where the first of `wanted` was announced.
    pub(crate) fn hit(&self, wanted: u64) -> Option<(usize, usize)> {
        self.hits.iter().find(|(bit, ..)| bit & wanted != 0).map(|&(_, start, end)| (start, end))
    }
}

/// The classes of context entries, kept for a batch: entries repeat from paragraph to paragraph.
pub(crate) struct ContextCache<'a> {
    classes: HashMap<(usize, &'a str), Classes>,
}

impl<'a> ContextCache<'a> {
    pub(crate) fn new() -> Self {
        Self { classes: HashMap::new() }
    }

    /// The innermost context entry that announces anything, and what. An introduction of items is nearer than the heading
    /// above it, so "We share with:" under "Your rights" speaks of recipients.
    pub(crate) fn active(&mut self, lexicon: &Compiled, context: &'a [String]) -> (usize, Classes) {
        for (index, entry) in context.iter().enumerate().rev() {
            let classes = self.classes(lexicon, entry);
            if classes.bits != 0 {
                return (index, classes.clone());
            }
        }
        (0, Classes::default())
    }

    /// What an entry announces.
    pub(crate) fn classes(&mut self, lexicon: &Compiled, entry: &'a str) -> &Classes {
        let key = (std::ptr::from_ref(lexicon) as usize, entry);
        self.classes.entry(key).or_insert_with(|| {
            let tokens = Tokens::new(entry, lexicon.script, &lexicon.abbreviations);
            let slots = scan(lexicon, entry, &tokens);
            Classes::of(lexicon, &tokens, &slots, tokens.list.len())
        })
    }
}
