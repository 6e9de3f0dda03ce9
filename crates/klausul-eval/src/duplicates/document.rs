//! What of a document is compared.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{LONG_PASSAGE, normalise};

/// Words of a shingle.
const SHINGLE: usize = 5;

/// A document as hashes.
pub(super) struct Document {
    /// How many words it has.
    pub(super) words: u64,
    /// Equal for documents whose passages are equal, in order, when normalised.
    pub(super) identity: u64,
    /// The different runs of five words, over the borders of passages, sorted. Fewer words are one run.
    pub(super) shingles: Vec<u64>,
    /// The different passages of eight words or more, sorted, with their words over all occurrences.
    pub(super) passages: Vec<(u64, u64)>,
}

impl Document {
    pub(super) fn new<P: AsRef<str>>(texts: &[P]) -> Self {
        let mut identity = Xxh3::new();
        let mut words: Vec<u64> = Vec::new();
        let mut passages = BTreeMap::new();
        for text in texts {
            let text = normalise(text.as_ref());
            if text.is_empty() {
                continue;
            }
            let before = words.len();
            words.extend(text.split(' ').map(|word| xxh3_64(word.as_bytes())));
            let hash = xxh3_64(text.as_bytes());
            identity.update(&hash.to_le_bytes());
            let added = words.len() - before;
            if added >= LONG_PASSAGE {
                *passages.entry(hash).or_insert(0) += added as u64;
            }
        }
        let mut shingles: Vec<u64> = if words.len() < SHINGLE {
            Vec::from_iter((!words.is_empty()).then(|| hash_of(&words)))
        } else {
            words.windows(SHINGLE).map(hash_of).collect()
        };
        shingles.sort_unstable();
        shingles.dedup();
        shingles.shrink_to_fit();
        Self {
            words: words.len() as u64,
            identity: identity.digest(),
            shingles,
            passages: passages.into_iter().collect(),
        }
    }

    /// Whether the Jaccard similarity of the shingles is at least the threshold.
    pub(super) fn is_similar(&self, other: &Self, threshold: f64) -> bool {
        let (a, b) = (&self.shingles, &other.shingles);
        let enough = |common: usize| common as f64 >= threshold * (a.len() + b.len() - common) as f64;
        let (mut i, mut j, mut common) = (0, 0, 0);
        while i < a.len() && j < b.len() {
            if !enough(common + (a.len() - i).min(b.len() - j)) {
                return false;
            }
            common += usize::from(a[i] == b[j]);
            let (left, right) = (a[i], b[j]);
            i += usize::from(left <= right);
            j += usize::from(right <= left);
        }
        common > 0 && enough(common)
    }

    /// Whether long passages that also stand in the other make up at least the share of the words of this one.
    pub(super) fn is_contained(&self, other: &Self, share: f64) -> bool {
        let shared = self
            .passages
            .iter()
            .filter(|(hash, _)| other.passages.binary_search_by_key(hash, |(hash, _)| *hash).is_ok());
        self.words > 0 && enough_words(shared.map(|(_, words)| words).sum(), self.words, share)
    }
}

/// Whether words are at least a share of all words.
pub(super) fn enough_words(words: u64, all: u64, share: f64) -> bool {
    words as f64 >= share * all as f64
}

fn hash_of(words: &[u64]) -> u64 {
    let mut bytes = [0; 8 * SHINGLE];
    for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    xxh3_64(&bytes[..8 * words.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_that_of_the_sets() {
        let with = |shingles: &[u64]| Document { words: 9, identity: 0, shingles: shingles.to_vec(), passages: vec![] };
        let (a, b) = (with(&[1, 2, 3, 5]), with(&[2, 3, 4, 5, 9]));
        assert!(a.is_similar(&b, 0.5) && b.is_similar(&a, 0.5));
        assert!(!a.is_similar(&b, 0.500_001));
        assert!(!with(&[]).is_similar(&with(&[]), 0.5));
    }

    #[test]
    fn containment_counts_long_passages_only() {
        let long = "one two three four five six seven eight";
        let part = Document::new(&[long, "nine ten eleven twelve thirteen fourteen", "fifteen"]);
        let whole = Document::new(&["other words", long, "Fifteen."]);
        assert_eq!((part.words, part.passages.len()), (15, 1));
        assert!(part.is_contained(&whole, 8.0 / 15.0) && !part.is_contained(&whole, 0.54));
    }
}
