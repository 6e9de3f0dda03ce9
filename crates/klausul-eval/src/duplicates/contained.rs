//! Pairs of documents of which one holds long passages of the other word for word.
//!
//! A pair needs common passages with a given share of the words of the smaller document. The most frequent passages
//! of a document that together stay below this share cannot be enough, so it must share one of its other passages,
//! and only these are looked up: a boilerplate passage costs nothing in documents of which it is the lesser part.
//!
//! Where a frequent passage is needed, only the smallest documents that need it, and the smallest for which it is
//! enough alone, are compared with all that have it. This loses nothing when one passage is enough: the smallest such
//! document is contained in every larger one that has the passage, which unites them all. It can only lose a document
//! in which several frequent passages make up the share together while none of the smallest documents has them all.

use std::collections::HashMap;

use rayon::prelude::*;

use super::document::{Document, enough_words};
use super::union::UnionFind;

/// A passage in more documents is frequent.
const FREQUENT: usize = 32;
/// The documents that need a frequent passage and are compared with all that have it.
const LEADERS: usize = 8;
/// Pairs that are compared at once.
const BATCH: usize = 1 << 20;

/// Unites the documents of `distinct` of which the smaller is contained in the larger.
pub(super) fn unite_contained(documents: &[Document], distinct: &[usize], share: f64, clusters: &mut UnionFind) {
    let mut order = distinct.to_vec();
    order.par_sort_unstable_by_key(|&document| (documents[document].words, documents[document].identity));
    let mut having: HashMap<u64, Vec<usize>> = HashMap::new();
    for &document in &order {
        for &(passage, _) in &documents[document].passages {
            having.entry(passage).or_default().push(document);
        }
    }
    having.retain(|_, holders| holders.len() > 1);
    let mut needing: HashMap<u64, Vec<usize>> = HashMap::new();
    let needs: Vec<Vec<u64>> = order.par_iter().map(|&document| needed(&documents[document], share, &having)).collect();
    for (&document, needs) in order.iter().zip(needs) {
        for passage in needs {
            needing.entry(passage).or_default().push(document);
        }
    }
    let mut pairs = Vec::new();
    for (passage, needing) in &needing {
        let holders = &having[passage];
        let frequent = holders.len() > FREQUENT;
        let leaders = if frequent { LEADERS.min(needing.len()) } else { needing.len() };
        let alone = needing[leaders..].iter().find(|&&document| is_enough(&documents[document], *passage, share));
        for &small in needing[..leaders].iter().chain(alone) {
            let from = holders.partition_point(|&holder| documents[holder].words < documents[small].words);
            pairs.extend(holders[from..].iter().filter(|&&holder| holder != small).map(|&holder| (small, holder)));
            if pairs.len() >= BATCH {
                unite_pairs(documents, &mut pairs, share, clusters);
            }
        }
    }
    unite_pairs(documents, &mut pairs, share, clusters);
}

/// The passages of which a document must share one to be contained in another.
fn needed(document: &Document, share: f64, having: &HashMap<u64, Vec<usize>>) -> Vec<u64> {
    let holders = |passage: &u64| having.get(passage).map_or(0, Vec::len);
    let mut passages: Vec<(usize, u64, u64)> =
        document.passages.iter().map(|&(passage, words)| (holders(&passage), passage, words)).collect();
    passages.retain(|&(holders, ..)| holders > 1);
    passages.sort_unstable_by(|a, b| b.cmp(a));
    let mut words = 0;
    passages.retain(|&(_, _, more)| {
        words += more;
        enough_words(words, document.words, share)
    });
    passages.into_iter().map(|(_, passage, _)| passage).collect()
}

fn is_enough(document: &Document, passage: u64, share: f64) -> bool {
    let found = document.passages.binary_search_by_key(&passage, |(passage, _)| *passage);
    found.is_ok_and(|at| enough_words(document.passages[at].1, document.words, share))
}

fn unite_pairs(documents: &[Document], pairs: &mut Vec<(usize, usize)>, share: f64, clusters: &mut UnionFind) {
    pairs.retain(|&(small, large)| !clusters.are_united(small, large));
    let contained = |(small, large): &(usize, usize)| documents[*small].is_contained(&documents[*large], share);
    let found: Vec<_> = pairs.par_drain(..).filter(contained).collect();
    for (small, large) in found {
        clusters.unite(small, large);
    }
}
