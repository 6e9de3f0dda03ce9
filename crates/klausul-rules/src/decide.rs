//! Applies the rules of a lexicon to a paragraph.

use klausul_core::{Evidence, Kind, Match, Paragraph, Place};

use crate::compile::{Compiled, Rule, kind_bit};
use crate::context::{Classes, ContextCache};
use crate::lexicon::Within;
use crate::scan::{Slots, Span, scan};
use crate::tokens::{ClauseEnd, Entity, Tokens};

/// A rule that lives on its heading is for items and for texts no longer than this many words.
const ITEM_WORDS: usize = 14;

/// A clause longer than this says something besides its reference or definition.
const SKIPPED_WORDS: usize = 30;

/// Spans tried for a slot: bounds the search in long clauses that repeat a word.
const MOST_CHOICES: usize = 6;

/// The weight of a rule and of a hint in the raw score.
const RULE: f32 = 0.8;
const HINT: f32 = 0.4;

/// What the rules say of a paragraph.
pub(crate) struct Decision {
    /// Raw score a category: the noisy-or of its rules' weights.
    pub(crate) raw: Vec<f32>,
    pub(crate) evidence: Vec<Evidence>,
}

/// Applies all rules of `lexicon`; collects evidence only when `explain`.
pub(crate) fn decide<'a>(
    lexicon: &'a Compiled,
    categories: usize,
    paragraph: &'a Paragraph,
    contexts: &mut ContextCache<'a>,
    explain: bool,
) -> Decision {
    let view = View::new(lexicon, paragraph, contexts);
    let mut decision = Decision { raw: vec![0.0; categories], evidence: Vec::new() };
    if view.tokens.list.is_empty() || view.open.iter().all(|open| !open.any) {
        return decision;
    }
    let bits = view.slots.bits(lexicon.slot_count.div_ceil(64));
    let filled = |slot: &u32| bits[*slot as usize / 64] & (1 << (slot % 64)) != 0;
    for rule in &lexicon.rules {
        if !rule.must.iter().all(filled) {
            continue;
        }
        let Some(hit) = view.hit(rule) else { continue };
        let mut weight = if rule.weak { HINT } else { RULE };
        if view.agrees(rule, &hit) {
            weight = 1.0 - (1.0 - weight) / 2.0;
        }
        let raw = &mut decision.raw[rule.category];
        *raw = 1.0 - (1.0 - *raw) * (1.0 - weight);
        if explain {
            decision.evidence.push(view.evidence(rule, &hit));
        }
    }
    decision
}

/// A paragraph as the rules see it.
struct View<'a> {
    lexicon: &'a Compiled,
    paragraph: &'a Paragraph,
    tokens: Tokens,
    slots: Slots,
    /// What the leading words announce.
    lead: Classes,
    /// What the context announces, and which of its entries.
    context: (usize, Classes),
    /// What any context entry announces.
    any_context: u64,
    /// One entry a clause.
    open: Vec<Open>,
    /// The first token of each clause, and one past the last of all.
    begins: Vec<u32>,
}

/// Whether a clause can state anything.
#[derive(Debug, Clone, Copy)]
struct Open {
    any: bool,
    /// It only announces what follows.
    introduction: bool,
}

/// The tokens that satisfied a rule.
struct Hit {
    /// `None`: anywhere in the paragraph.
    clause: Option<usize>,
    spans: Vec<Span>,
    under_lead: bool,
}

impl<'a> View<'a> {
    fn new(lexicon: &'a Compiled, paragraph: &'a Paragraph, contexts: &mut ContextCache<'a>) -> Self {
        let tokens = Tokens::new(&paragraph.text, lexicon.script, &lexicon.abbreviations);
        let slots = scan(lexicon, &paragraph.text, &tokens);
        let lead = Classes::of(lexicon, &tokens, &slots, tokens.lead);
        let context = contexts.active(lexicon, &paragraph.context);
        let any_context = paragraph.context.iter().fold(0, |bits, entry| bits | contexts.classes(lexicon, entry).bits);
        let mut begins: Vec<u32> = Vec::with_capacity(tokens.clauses.len() + 1);
        for (index, token) in tokens.list.iter().enumerate() {
            // Every clause has a token.
            if token.clause == begins.len() {
                begins.push(index as u32);
            }
        }
        begins.push(tokens.list.len() as u32);
        let mut view = Self { lexicon, paragraph, tokens, slots, lead, context, any_context, open: Vec::new(), begins };
        view.open = (0..view.tokens.clauses.len()).map(|clause| view.openness(clause)).collect();
        view
    }

    fn openness(&self, clause: usize) -> Open {
        let fixed = &self.lexicon.fixed;
        let end = self.tokens.clauses[clause];
        let words = (self.begins[clause + 1] - self.begins[clause]) as usize;
        let has = |slot| self.in_clause(slot, Some(clause)).next().is_some();
        let skipped = words <= SKIPPED_WORDS && (has(fixed.reference) || has(fixed.definition));
        let asks = self.in_clause(fixed.interrogative, Some(clause)).any(|span| self.starts(span.from as usize));
        let stated = self.paragraph.kind != Kind::Heading || has(fixed.statement) && !asks;
        Open {
            any: end != ClauseEnd::Question && !skipped && stated,
            introduction: end == ClauseEnd::Announcement && has(fixed.introduction),
        }
    }

    /// Whether a token is the first of its clause, numbers ("3. How …") aside.
    fn starts(&self, index: usize) -> bool {
        let clause = self.tokens.list[index].clause;
        let before = self.tokens.list[..index].iter().rev().take_while(|token| token.clause == clause);
        before.into_iter().all(|token| token.is(Entity::Number))
    }

    /// The spans of a slot in a clause, or in the whole paragraph, in order.
    fn in_clause(&self, slot: u32, clause: Option<usize>) -> impl Iterator<Item = Span> + '_ {
        let mut spans = self.slots.of(slot);
        if let Some(clause) = clause {
            let before = |token: u32| move |&(_, span): &(u32, Span)| span.from < token;
            spans = &spans[spans.partition_point(before(self.begins[clause]))..];
            spans = &spans[..spans.partition_point(before(self.begins[clause + 1]))];
        }
        spans.iter().map(|&(_, span)| span)
    }

    fn hit(&self, rule: &Rule) -> Option<Hit> {
        let words = self.tokens.list.len();
        if rule.kinds & kind_bit(self.paragraph.kind) == 0 || rule.max_words > 0 && words > rule.max_words {
            return None;
        }
        let active = if self.lead.bits == 0 { self.context.1.bits } else { self.lead.bits };
        if active & rule.not_under != 0 || rule.within_context != 0 && self.any_context & rule.within_context == 0 {
            return None;
        }
        let under_lead = self.lead.bits & rule.under != 0;
        if rule.under != 0 || rule.must.is_empty() {
            let item = matches!(self.paragraph.kind, Kind::ListItem | Kind::TableCell);
            let short = self.paragraph.kind == Kind::Text && (words <= ITEM_WORDS || !rule.must.is_empty());
            if rule.under != 0 && active & rule.under == 0 || !(under_lead || item || short) {
                return None;
            }
        }
        let clauses = 0..self.tokens.clauses.len();
        match rule.within {
            Within::Clause => clauses.into_iter().find_map(|clause| self.hit_in(rule, Some(clause), under_lead)),
            Within::Paragraph => self.hit_in(rule, None, under_lead),
        }
    }

    fn hit_in(&self, rule: &Rule, clause: Option<usize>, under_lead: bool) -> Option<Hit> {
        if clause.is_some_and(|clause| !self.is_open(rule, clause)) {
            return None;
        }
        if rule.not.iter().any(|&slot| self.in_clause(slot, clause).next().is_some()) {
            return None;
        }
        let Some((&first, rest)) = rule.must.split_first() else {
            return self.bare(rule, clause, under_lead);
        };
        let window = if rule.within == Within::Paragraph { u32::MAX } else { rule.window as u32 };
        let usable = |span: &Span| self.is_open(rule, self.tokens.list[span.from as usize].clause);
        // Of a long text every start would be tried in vain.
        if rest.iter().any(|&slot| !self.in_clause(slot, clause).any(|span| usable(&span))) {
            return None;
        }
        self.in_clause(first, clause).filter(usable).find_map(|start| {
            let mut spans = vec![start];
            self.fill(rule, rest, clause, window, &mut spans).then_some(Hit { clause, spans, under_lead })
        })
    }

    /// Fills the slots that are left with spans that do not conflict, nearest first; takes a choice back when a later slot finds none.
    fn fill(&self, rule: &Rule, slots: &[u32], clause: Option<usize>, window: u32, spans: &mut Vec<Span>) -> bool {
        let Some((&slot, rest)) = slots.split_first() else { return true };
        let start = spans[0].from;
        let fits = |span: &Span| {
            let all = spans.iter().chain([span]);
            let (from, to) = all.fold((u32::MAX, 0), |(from, to), span| (from.min(span.from), to.max(span.to)));
            let open = self.is_open(rule, self.tokens.list[span.from as usize].clause);
            open && to - from <= window && spans.iter().all(|taken| !taken.conflicts(span))
        };
        let mut candidates: Vec<Span> = self.in_clause(slot, clause).filter(fits).collect();
        candidates.sort_by_key(|span| (span.from.abs_diff(start), span.to));
        candidates.truncate(MOST_CHOICES);
        candidates.into_iter().any(|span| {
            spans.push(span);
            let filled = self.fill(rule, rest, clause, window, spans);
            if !filled {
                spans.pop();
            }
            filled
        })
    }

    /// A rule without words of its own holds for what stands below its heading, once the leading words are passed.
    fn bare(&self, rule: &Rule, clause: Option<usize>, under_lead: bool) -> Option<Hit> {
        let after = if under_lead { self.tokens.lead } else { 0 };
        let stands = |index: usize| {
            let token = &self.tokens.list[index];
            clause.is_none_or(|clause| token.clause == clause) && self.is_open(rule, token.clause)
        };
        (after..self.tokens.list.len()).any(stands).then_some(Hit { clause, spans: Vec::new(), under_lead })
    }

    fn is_open(&self, rule: &Rule, clause: usize) -> bool {
        let open = self.open[clause];
        open.any && (rule.introduction || !open.introduction)
    }

    /// Whether all that may be there is there.
    fn agrees(&self, rule: &Rule, hit: &Hit) -> bool {
        !rule.may.is_empty() && rule.may.iter().any(|&slot| self.in_clause(slot, hit.clause).next().is_some())
    }

    fn evidence(&self, rule: &Rule, hit: &Hit) -> Evidence {
        let here = |start: usize, end: usize| Match {
            place: Place::Text,
            text: self.paragraph.text[start..end].to_owned(),
            start,
            end,
        };
        let mut matches = Vec::new();
        if rule.under != 0 {
            if hit.under_lead {
                matches.extend(self.lead.hit(rule.under).map(|(start, end)| here(start, end)));
            } else if let Some((start, end)) = self.context.1.hit(rule.under) {
                let text = self.paragraph.context[self.context.0][start..end].to_owned();
                matches.push(Match { place: Place::Context(self.context.0), text, start, end });
            }
        }
        for span in &hit.spans {
            let (first, last) = (&self.tokens.list[span.from as usize], &self.tokens.list[span.to as usize - 1]);
            matches.push(here(first.start, last.end));
        }
        let last = hit.spans.iter().map(|span| span.to).max().unwrap_or(u32::MAX);
        let clause = hit.spans.first().map(|span| self.tokens.list[span.from as usize].clause).or(hit.clause);
        let negated = self.in_clause(self.lexicon.fixed.negation, clause).any(|span| span.from < last);
        Evidence { category: rule.category, rule: rule.id.clone(), negated, matches }
    }
}
