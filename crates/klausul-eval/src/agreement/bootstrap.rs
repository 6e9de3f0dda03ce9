//! How far α would move with other documents.

use rayon::prelude::*;
use serde::Serialize;

use super::alpha::SetUnits;
use super::{Ratings, SetDistance};
use crate::draw::draw;

/// α of whole sets with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SetAlpha {
    /// α over all items; `None` without variation.
    pub value: Option<f64>,
    /// From the 2.5th to the 97.5th percentile of α over resampled documents; see [`set_alpha_with_interval`].
    pub interval: Option<Interval>,
}

/// Krippendorff's α over whole sets with a 95 % percentile interval by bootstrap over documents: paragraphs of one
/// document are not independent, so documents are drawn, with replacement and with all their items (Efron and
/// Tibshirani 1993, *An Introduction to the Bootstrap*).
///
/// `document_of` has one number for each item, equal for items of one document. There is no interval with fewer than
/// two documents, without `replicates`, or when more than half of the replicates have no variation; other replicates
/// without variation are left out. The result depends on the seed but not on threads.
///
/// # Panics
/// When `document_of` is not as long as the ratings.
pub fn set_alpha_with_interval(
    ratings: &Ratings,
    document_of: &[usize],
    distance: SetDistance,
    replicates: usize,
    seed: u64,
) -> SetAlpha {
    assert_eq!(document_of.len(), ratings.len(), "every item has a document");
    let mut known = document_of.to_vec();
    known.sort_unstable();
    known.dedup();
    let dense: Vec<usize> = document_of.iter().filter_map(|document| known.binary_search(document).ok()).collect();
    let documents = known.len();
    let units = SetUnits::new(ratings, &dense, documents, distance);
    let value = units.alpha(&vec![1; documents]);
    if documents < 2 || value.is_none() {
        return SetAlpha { value, interval: None };
    }
    let replicate = |number: usize| {
        let mut weights = vec![0; documents];
        for nth in 0..documents {
            weights[draw(seed, number as u64, nth as u64, documents)] += 1;
        }
        units.alpha(&weights)
    };
    let mut values: Vec<f64> = (0..replicates).into_par_iter().filter_map(replicate).collect();
    values.sort_unstable_by(f64::total_cmp);
    let enough = !values.is_empty() && 2 * values.len() >= replicates;
    let interval = enough.then(|| Interval { low: quantile(&values, 25), high: quantile(&values, 975) });
    SetAlpha { value, interval }
}

/// The quantile of sorted values, linear between neighbours (Hyndman and Fan 1996, type 7).
fn quantile(sorted: &[f64], thousandths: usize) -> f64 {
    let place = (sorted.len() - 1) * thousandths;
    let (below, above) = (sorted[place / 1000], sorted[place.div_ceil(1000)]);
    below + (above - below) * (place % 1000) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabelSet;

    fn ratings(items: usize) -> Ratings {
        let mut ratings = Ratings::new(4, 2).unwrap();
        for item in 0..items {
            let second = if item % 5 == 0 { item + 1 } else { item };
            ratings.push(&[Some(LabelSet::one(item % 4)), Some(LabelSet::one(second % 4))]).unwrap();
        }
        ratings
    }

    #[test]
    fn the_interval_holds_the_value_and_narrows_when_documents_are_alike() {
        let ratings = ratings(400);
        let alpha = |size: usize| {
            let documents: Vec<usize> = (0..400).map(|item| item / size).collect();
            let alpha = set_alpha_with_interval(&ratings, &documents, SetDistance::Nominal, 400, 7);
            (alpha.value.unwrap(), alpha.interval.unwrap())
        };
        let (value, single) = alpha(1);
        assert!(single.low < value && value < single.high);
        // Every fifth item is wrong, so documents of five are all alike, and single items are not.
        let alike = alpha(5).1;
        assert!(alike.high - alike.low < (single.high - single.low) / 10.0);
    }

    #[test]
    fn threads_do_not_matter() {
        let ratings = ratings(60);
        let documents: Vec<usize> = (0..60).map(|item| 900 - item / 7).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| set_alpha_with_interval(&ratings, &documents, SetDistance::Masi, 100, 1))
        };
        assert_eq!(run(1), run(4));
    }

    #[test]
    fn one_document_has_no_interval() {
        let alpha = set_alpha_with_interval(&ratings(20), &[3; 20], SetDistance::Masi, 100, 1);
        assert!(alpha.value.is_some() && alpha.interval.is_none());
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert!((quantile(&[1.0, 2.0, 3.0], 250) - 1.5).abs() < 1e-12);
        assert!((quantile(&[4.0], 975) - 4.0).abs() < 1e-12);
    }
}
