//! How far α would move with other documents.

use rayon::prelude::*;
use serde::Serialize;

use super::alpha::SetUnits;
use super::{Ratings, SetDistance};
use crate::{Bootstrap, Interval};

/// α of whole sets with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SetAlpha {
    /// α over all items; `None` without variation.
    pub value: Option<f64>,
    /// The interval of α over resampled documents; see [`set_alpha_with_interval`].
    pub interval: Option<Interval>,
}

/// Krippendorff's α over whole sets with a percentile interval by bootstrap over documents: paragraphs of one
/// document are not independent, so documents are drawn, with replacement and with all their items (Efron and
/// Tibshirani 1993, *An Introduction to the Bootstrap*).
///
/// `document_of` has one number for each item, equal for items of one document. There is no interval with fewer than
/// two documents, without replicates, or when more than half of the replicates have no variation; other replicates
/// without variation are left out. The result depends on the seed but not on threads.
///
/// # Panics
/// When `document_of` is not as long as the ratings.
pub fn set_alpha_with_interval(
    ratings: &Ratings,
    document_of: &[usize],
    distance: SetDistance,
    bootstrap: &Bootstrap,
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
    let replicate = |weights: &mut Vec<u32>, number: usize| {
        bootstrap.draw(number, weights);
        units.alpha(weights)
    };
    let values: Vec<f64> =
        (0..bootstrap.replicates).into_par_iter().map_init(|| vec![0; documents], replicate).flatten().collect();
    let enough = 2 * values.len() >= bootstrap.replicates;
    let interval = if enough { bootstrap.interval(values.into_iter()) } else { None };
    SetAlpha { value, interval }
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
            let alpha = set_alpha_with_interval(
                &ratings,
                &documents,
                SetDistance::Nominal,
                &Bootstrap::default().with_replicates(400).with_seed(7),
            );
            (alpha.value.unwrap(), alpha.interval.unwrap())
        };
        let (value, single) = alpha(1);
        assert!(single[0] < value && value < single[1]);
        // Every fifth item is wrong, so documents of five are all alike, and single items are not.
        let alike = alpha(5).1;
        assert!(alike[1] - alike[0] < (single[1] - single[0]) / 10.0);
    }

    #[test]
    fn threads_do_not_matter() {
        let ratings = ratings(60);
        let documents: Vec<usize> = (0..60).map(|item| 900 - item / 7).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                set_alpha_with_interval(
                    &ratings,
                    &documents,
                    SetDistance::Masi,
                    &Bootstrap::default().with_replicates(100).with_seed(1),
                )
            })
        };
        assert_eq!(run(1), run(4));
    }

    #[test]
    fn one_document_has_no_interval() {
        let alpha = set_alpha_with_interval(
            &ratings(20),
            &[3; 20],
            SetDistance::Masi,
            &Bootstrap::default().with_replicates(100).with_seed(1),
        );
        assert!(alpha.value.is_some() && alpha.interval.is_none());
    }
}
