//! Thresholds: found on a development set, applied to another.

use klausul_core::{Error, ErrorKind, Result};

use crate::ranking::curve;
use crate::{LabelSet, Sample};

/// The threshold of each category with the best F1 on this sample; `None` for categories without gold labels.
///
/// It stands half-way between the lowest score that still gets the label and the highest that does not, so that it does not hang
/// on one paragraph's last digit. Of equally good thresholds the highest is taken. Figures on the same sample flatter the system:
/// report them on another one.
///
/// # Errors
/// [`ErrorKind::Usage`] when the sample has no scores.
pub fn best_thresholds(sample: &Sample) -> Result<Vec<Option<f32>>> {
    need_scores(sample)?;
    Ok((0..sample.categories()).map(|category| best_threshold(sample.scored(category))).collect())
}

/// The threshold with the best F1 on these scores, as in [`best_thresholds`]; `None` when none of them is of a gold label.
pub fn best_threshold(scored: impl Iterator<Item = (f32, bool)>) -> Option<f32> {
    let curve = curve(scored);
    let (mut best, mut place) = (-1.0, None);
    for (at, point) in curve.iter().enumerate() {
        if point.f1 > best {
            (best, place) = (point.f1, Some(at));
        }
    }
    let place = place?;
    let below = curve.get(place + 1).map_or(0.0, |next| next.threshold);
    Some(f32::midpoint(curve[place].threshold, below))
}

impl Sample {
    /// The same paragraphs with the labels whose score reaches the category's threshold; categories without one keep their labels.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the sample has no scores or there is not one threshold a category.
    pub fn at_thresholds(mut self, thresholds: &[Option<f32>]) -> Result<Self> {
        need_scores(&self)?;
        if thresholds.len() != self.categories() {
            let message = format!("there are {} thresholds for {} categories", thresholds.len(), self.categories());
            return Err(Error::new(ErrorKind::Usage, message));
        }
        for row in 0..self.len() {
            let scores = self.scores(row).unwrap_or_default();
            let kept = self.predicted(row);
            let reaches = |&category: &usize| {
                thresholds[category].map_or(kept.contains(category), |least| scores[category] >= least)
            };
            let labels: LabelSet = (0..thresholds.len()).filter(reaches).collect();
            self.set_predicted(row, labels);
        }
        Ok(self)
    }
}

fn need_scores(sample: &Sample) -> Result<()> {
    if sample.has_scores() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Usage, "the predictions have no scores, so no threshold can be set")
        .mend("give predictions with a score for every category"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_separates() {
        let mut sample = Sample::new(2).unwrap();
        let scores = vec![0.9, 0.1, 0.75, 0.1, 0.5, 0.1, 0.25, 0.1];
        for gold in [true, true, false, false] {
            let gold = if gold { LabelSet::one(0) } else { LabelSet::EMPTY };
            sample.push(0, LabelSet::all(2), gold, LabelSet::one(1)).unwrap();
        }
        assert!(best_thresholds(&sample).is_err());
        let sample = sample.with_scores(scores).unwrap();
        let thresholds = best_thresholds(&sample).unwrap();
        assert_eq!(thresholds, [Some(0.625), None]);
        assert!(sample.clone().at_thresholds(&[None]).is_err());
        let decided = sample.at_thresholds(&thresholds).unwrap();
        let sets = [0, 1, 2].map(|row| decided.predicted(row));
        assert_eq!(sets, [LabelSet::all(2), LabelSet::all(2), LabelSet::one(1)]);
        assert!(decided.has_scores());
    }
}
