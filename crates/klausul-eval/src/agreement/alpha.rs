//! Krippendorff's α, for a category and for whole sets.

use std::collections::BTreeSet;

use super::Ratings;
use crate::LabelSet;

/// How far two sets of categories are from each other, from 0 (equal) to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SetDistance {
    /// 1 − Jaccard × monotonicity: see [`masi_distance`].
    Masi,
    /// 0 when the sets are equal, otherwise 1.
    Nominal,
}

impl SetDistance {
    /// The distance of two sets.
    pub fn between(self, first: LabelSet, second: LabelSet) -> f64 {
        match self {
            Self::Masi => masi_distance(first, second),
            Self::Nominal => f64::from(u8::from(first != second)),
        }
    }
}

/// MASI distance (Passonneau 2006, *Measuring agreement on set-valued items (MASI) for semantic and pragmatic
/// annotation*): 1 − J × M, where J is the Jaccard similarity and M is 1 for equal sets, 2/3 when one holds the other,
/// 1/3 when they overlap, 0 when they are disjoint. Two empty sets are equal.
pub fn masi_distance(first: LabelSet, second: LabelSet) -> f64 {
    if first == second {
        return 0.0;
    }
    let common = (first & second).len();
    let monotonicity = if common == first.len().min(second.len()) { 2.0 / 3.0 } else { 1.0 / 3.0 };
    1.0 - common as f64 / (first | second).len() as f64 * monotonicity
}

/// Krippendorff's nominal α for each category, over all annotators; ratings may be missing (Krippendorff 2011,
/// *Computing Krippendorff's Alpha-Reliability*). Items with fewer than two ratings do not count.
///
/// `None` when all ratings of the category that count are equal, or none counts.
pub fn krippendorff_alpha(ratings: &Ratings) -> Vec<Option<f64>> {
    (0..ratings.categories()).map(|category| alpha_of_category(ratings, category)).collect()
}

fn alpha_of_category(ratings: &Ratings, category: usize) -> Option<f64> {
    let (mut yes, mut no, mut disagreement) = (0_u64, 0_u64, 0.0);
    for item in ratings.items() {
        let rated = item.iter().flatten().count() as u64;
        if rated < 2 {
            continue;
        }
        let positive = item.iter().flatten().filter(|set| set.contains(category)).count() as u64;
        yes += positive;
        no += rated - positive;
        disagreement += (2 * positive * (rated - positive)) as f64 / (rated - 1) as f64;
    }
    let expected = 2.0 * yes as f64 * no as f64;
    (expected > 0.0).then(|| 1.0 - (yes + no - 1) as f64 * disagreement / expected)
}

/// Krippendorff's α over whole sets of categories; ratings may be missing. Items with fewer than two do not count.
///
/// `None` when all sets that count are equal, or none counts. The time grows with the square of the number of
/// different sets, not of items.
pub fn set_alpha(ratings: &Ratings, distance: SetDistance) -> Option<f64> {
    SetUnits::new(ratings, &vec![0; ratings.len()], 1, distance).alpha(&[1])
}

/// What α needs of each document, so that it can be computed for any multiset of documents.
pub(super) struct SetUnits {
    /// Distances of the different sets, row by row, below the diagonal.
    distances: Vec<f64>,
    sets: usize,
    documents: Vec<DocumentUnits>,
}

#[derive(Clone, Default)]
struct DocumentUnits {
    /// Sum over items of the distances of all ordered pairs of ratings, divided by the item's ratings less one.
    disagreement: f64,
    /// Each different set with the number of ratings that gave it.
    counts: Vec<(usize, u64)>,
}

impl SetUnits {
    /// `document_of` has one index below `documents` for each item.
    pub(super) fn new(ratings: &Ratings, document_of: &[usize], documents: usize, distance: SetDistance) -> Self {
        let rated = || ratings.items().zip(document_of).filter(|(item, _)| item.iter().flatten().count() > 1);
        let different: BTreeSet<LabelSet> = rated().flat_map(|(item, _)| item.iter().flatten().copied()).collect();
        let sets: Vec<LabelSet> = different.into_iter().collect();
        let mut distances = Vec::with_capacity(sets.len() * sets.len().saturating_sub(1) / 2);
        for (row, &first) in sets.iter().enumerate() {
            distances.extend(sets[..row].iter().map(|&second| distance.between(first, second)));
        }
        let mut units = vec![DocumentUnits::default(); documents];
        let mut given = vec![Vec::new(); documents];
        for (item, &document) in rated() {
            let present: Vec<LabelSet> = item.iter().flatten().copied().collect();
            let mut sum = 0.0;
            for (at, &first) in present.iter().enumerate() {
                sum += present[..at].iter().map(|&second| 2.0 * distance.between(first, second)).sum::<f64>();
                given[document].extend(sets.binary_search(&first));
            }
            units[document].disagreement += sum / (present.len() - 1) as f64;
        }
        for (unit, mut given) in units.iter_mut().zip(given) {
            given.sort_unstable();
            unit.counts = given.chunk_by(usize::eq).map(|same| (same[0], same.len() as u64)).collect();
        }
        Self { distances, sets: sets.len(), documents: units }
    }

    /// α of the documents, each as often as its weight says.
    pub(super) fn alpha(&self, weights: &[u32]) -> Option<f64> {
        let mut counts = vec![0_u64; self.sets];
        let mut observed = 0.0;
        for (document, &weight) in self.documents.iter().zip(weights).filter(|(_, weight)| **weight > 0) {
            observed += f64::from(weight) * document.disagreement;
            for &(set, count) in &document.counts {
                counts[set] += u64::from(weight) * count;
            }
        }
        let mut expected = 0.0;
        let mut row = &self.distances[..];
        for (set, &count) in counts.iter().enumerate() {
            let (distances, rest) = row.split_at(set);
            row = rest;
            if count > 0 {
                let sum: f64 = distances.iter().zip(&counts).map(|(distance, &other)| distance * other as f64).sum();
                expected += 2.0 * count as f64 * sum;
            }
        }
        let all: u64 = counts.iter().sum();
        (expected > 0.0).then(|| 1.0 - (all - 1) as f64 * observed / expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(categories: &[usize]) -> LabelSet {
        categories.iter().copied().collect()
    }

    #[test]
    fn masi_by_hand() {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12;
        assert!(close(masi_distance(set(&[]), set(&[])), 0.0));
        assert!(close(masi_distance(set(&[]), set(&[1])), 1.0));
        assert!(close(masi_distance(set(&[1]), set(&[2])), 1.0));
        assert!(close(masi_distance(set(&[1, 2]), set(&[1])), 1.0 - 0.5 * 2.0 / 3.0));
        assert!(close(masi_distance(set(&[1, 2]), set(&[2, 3])), 1.0 - 1.0 / 9.0));
    }

    #[test]
    fn single_ratings_and_equal_ratings_measure_nothing() {
        let mut ratings = Ratings::new(2, 2).unwrap();
        ratings.push(&[Some(set(&[0])), None]).unwrap();
        ratings.push(&[Some(set(&[1])), Some(set(&[1]))]).unwrap();
        assert_eq!(krippendorff_alpha(&ratings), [None, None]);
        assert_eq!(set_alpha(&ratings, SetDistance::Masi), None);
        ratings.push(&[Some(set(&[])), Some(set(&[]))]).unwrap();
        assert_eq!(krippendorff_alpha(&ratings), [None, Some(1.0)]);
        assert_eq!(set_alpha(&ratings, SetDistance::Nominal), Some(1.0));
    }
}
