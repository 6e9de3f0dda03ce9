//! Pairs of documents that share most of their runs of words.
//!
//! Candidates come from MinHash signatures in bands (Broder 1997, *On the resemblance and containment of documents*;
//! Leskovec, Rajaraman and Ullman, *Mining of Massive Datasets*, chapter 3); each is then compared exactly, so a pair
//! can be missed but never be wrong.
//!
//! Boilerplate puts documents that are not similar into one bucket of a band. A bucket of up to [`BUCKET`] documents
//! is compared pair by pair. In a larger one every document is compared with the [`LEADERS`] smallest only, which
//! keeps the work linear, and loses little: a pair whose similarity rests on other text than the boilerplate also
//! meets in bands that this text decides, whose buckets are small; and among documents that share just the
//! boilerplate, the smallest is the most similar to any other, so a document similar to one of them is similar to it.

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::document::Document;
use super::union::UnionFind;
use crate::draw::random;

/// Hash functions of a signature.
const HASHES: usize = 128;
/// A bucket of more documents is not compared pair by pair.
const BUCKET: usize = 32;
/// The documents that all others of a large bucket are compared with.
const LEADERS: usize = 8;
/// The share of pairs at the threshold that must become candidates.
const RECALL: f64 = 0.995;
const SEED: u64 = 0x6b6c_6175_7375_6c31;

/// Unites the documents of `distinct` (indices into `documents`) whose Jaccard similarity is at least the threshold.
pub(super) fn unite_similar(documents: &[Document], distinct: &[usize], threshold: f64, clusters: &mut UnionFind) {
    let rows = rows_of_a_band(threshold);
    // By size, and by content among equals: the order of the input must not choose the leaders.
    let mut order = distinct.to_vec();
    order.par_sort_unstable_by_key(|&document| (documents[document].shingles.len(), documents[document].identity));
    let functions: Vec<(u64, u64)> = (0..HASHES as u64).map(|i| (random(SEED, i, 0), random(SEED, i, 1) | 1)).collect();
    let bands: Vec<Vec<u64>> =
        order.par_iter().map(|&document| bands_of(&documents[document].shingles, &functions, rows)).collect();
    for band in 0..HASHES / rows {
        let mut keyed: Vec<(u64, usize)> = bands.iter().enumerate().map(|(at, bands)| (bands[band], at)).collect();
        keyed.par_sort_unstable();
        let mut pairs = Vec::new();
        for bucket in keyed.chunk_by(|a, b| a.0 == b.0) {
            let leaders = if bucket.len() > BUCKET { LEADERS } else { bucket.len() };
            for (place, &(_, leader)) in bucket[..leaders].iter().enumerate() {
                let rest = bucket[place + 1..].iter().map(|&(_, other)| (order[leader], order[other]));
                pairs.extend(rest.filter(|&(a, b)| !clusters.are_united(a, b)));
            }
        }
        let similar = |&(a, b): &(usize, usize)| documents[a].is_similar(&documents[b], threshold);
        pairs = pairs.into_par_iter().filter(similar).collect();
        for (a, b) in pairs {
            clusters.unite(a, b);
        }
    }
}

/// The most rows for which a pair at the threshold still shares one of the bands with [`RECALL`]: longer bands bring
/// fewer pairs below it.
fn rows_of_a_band(threshold: f64) -> usize {
    let recall = |rows: usize| 1.0 - (1.0 - threshold.powf(rows as f64)).powf((HASHES / rows) as f64);
    (1..=HASHES / 4).rev().find(|&rows| recall(rows) >= RECALL).unwrap_or(1)
}

fn bands_of(shingles: &[u64], functions: &[(u64, u64)], rows: usize) -> Vec<u64> {
    let least = |&(flip, factor): &(u64, u64)| {
        shingles.iter().map(|shingle| (shingle ^ flip).wrapping_mul(factor)).min().unwrap_or(u64::MAX)
    };
    let signature: Vec<u64> = functions.iter().map(least).collect();
    let fold = |key: u64, least: &u64| xxh3_64_with_seed(&least.to_le_bytes(), key);
    signature.chunks_exact(rows).map(|band| band.iter().fold(0, fold)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_are_as_long_as_the_threshold_allows() {
        assert_eq!((rows_of_a_band(0.5), rows_of_a_band(0.01), rows_of_a_band(1.0)), (3, 1, 32));
        assert!(rows_of_a_band(0.8) > rows_of_a_band(0.5));
    }

    #[test]
    fn signatures_agree_as_often_as_sets_overlap() {
        let functions: Vec<(u64, u64)> = (0..128).map(|i| (random(SEED, i, 0), random(SEED, i, 1) | 1)).collect();
        let set = |range: std::ops::Range<u64>| range.map(|nth| random(9, nth, 0)).collect::<Vec<u64>>();
        let (mut agreeing, mut all) = (0, 0);
        for trial in 0..20 {
            // 60 of 120 are common.
            let (a, b) = (set(trial * 1000..trial * 1000 + 90), set(trial * 1000 + 30..trial * 1000 + 120));
            let (a, b) = (bands_of(&a, &functions, 1), bands_of(&b, &functions, 1));
            agreeing += a.iter().zip(&b).filter(|(a, b)| a == b).count();
            all += a.len();
        }
        let share = agreeing as f64 / all as f64;
        assert!((0.46..0.54).contains(&share), "{share}");
    }
}
