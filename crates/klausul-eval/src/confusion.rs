//! Which category was given instead of which.

use serde::Serialize;

use crate::Sample;

/// A confusion matrix for label sets.
///
/// Row: a gold label; column: what was given for it. A label that is right counts on the diagonal. In a paragraph with
/// missed and wrong labels every missed one is paired with every wrong one. A missed label with no wrong one beside it counts
/// in the last column (nothing was given instead), a wrong label with no missed one in the last row (it stands for nothing).
/// This follows the multi-label confusion matrix of Heydarian, Doyle and Samavi 2022 (doi:10.1109/ACCESS.2022.3151048), except
/// that right labels are never counted as confused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// `categories + 1` rows of `categories + 1` counts.
    pub matrix: Vec<Vec<u64>>,
}

impl Confusion {
    /// The matrix of a sample.
    pub fn of(sample: &Sample) -> Self {
        let none = sample.categories();
        let mut matrix = vec![vec![0; none + 1]; none + 1];
        for row in 0..sample.len() {
            let (gold, predicted) = (sample.gold(row), sample.predicted(row));
            (gold & predicted).iter().for_each(|right| matrix[right][right] += 1);
            let (missed, wrong) = (gold - predicted, predicted - gold);
            for missed in missed.iter() {
                if wrong.is_empty() {
                    matrix[missed][none] += 1;
                }
                wrong.iter().for_each(|wrong| matrix[missed][wrong] += 1);
            }
            if missed.is_empty() {
                wrong.iter().for_each(|wrong| matrix[none][wrong] += 1);
            }
        }
        Self { matrix }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabelSet;

    #[test]
    fn missed_labels_are_paired_with_wrong_ones() {
        let mut sample = Sample::new(3).unwrap();
        let set = |labels: &[usize]| labels.iter().copied().collect::<LabelSet>();
        for (gold, predicted) in [(&[0][..], &[0, 1][..]), (&[0, 1], &[2]), (&[2], &[]), (&[], &[])] {
            sample.push(0, LabelSet::all(3), set(gold), set(predicted)).unwrap();
        }
        let expected = vec![vec![1, 0, 1, 0], vec![0, 0, 1, 0], vec![0, 0, 0, 1], vec![0, 1, 0, 0]];
        assert_eq!(Confusion::of(&sample).matrix, expected);
    }
}
