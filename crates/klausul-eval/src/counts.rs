//! Counts of decisions and the figures of one category.

use std::ops::AddAssign;

use serde::Serialize;

use crate::{LabelSet, Sample};

/// Right and wrong decisions about one category, or pooled over several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Labels that were given and are right.
    pub tp: u64,
    /// Labels that were given and are wrong.
    pub fp: u64,
    /// Labels that are missing.
    #[serde(rename = "fn")]
    pub fn_: u64,
}

/// Precision, recall and F1; `None` where nothing could be right or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Prf {
    /// Share of the given labels that are right; 0 when none was given although some are right.
    pub precision: Option<f64>,
    /// Share of the right labels that were given; `None` without gold labels.
    pub recall: Option<f64>,
    /// Harmonic mean of both, 2·TP / (2·TP + FP + FN).
    pub f1: Option<f64>,
}

impl Counts {
    /// Gold labels.
    pub fn support(self) -> u64 {
        self.tp + self.fn_
    }

    /// Given labels.
    pub fn given(self) -> u64 {
        self.tp + self.fp
    }

    /// Precision, recall and F1 of these counts.
    pub fn prf(self) -> Prf {
        if self.support() + self.given() == 0 {
            return Prf::default();
        }
        let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Prf {
            precision: Some(share(self.tp, self.given())),
            recall: (self.support() > 0).then(|| share(self.tp, self.support())),
            f1: Some(share(2 * self.tp, self.support() + self.given())),
        }
    }

    /// Matthews correlation coefficient of these counts and the true negatives, from -1 to 1; 0 where it is undefined
    /// because one side never varies, as scikit-learn has it (Matthews 1975, doi:10.1016/0005-2795(75)90109-9).
    pub fn mcc(self, tn: u64) -> f64 {
        let [tp, fp, fn_, tn] = [self.tp, self.fp, self.fn_, tn].map(|count| count as f64);
        let product = ((tp + fp) * (tp + fn_) * (tn + fp) * (tn + fn_)).sqrt();
        if product == 0.0 { 0.0 } else { (tp * tn - fp * fn_) / product }
    }

    /// The counts of a category over some paragraphs of a sample, and the true negatives.
    pub fn of(sample: &Sample, rows: impl Iterator<Item = usize>) -> Vec<(Self, u64)> {
        let mut counts = vec![(Self::default(), 0); sample.categories()];
        let mut scopes = vec![0_u64; sample.categories()];
        for row in rows {
            let (gold, predicted) = (sample.gold(row), sample.predicted(row));
            sample.scope(row).iter().for_each(|category| scopes[category] += 1);
            let mut add = |set: LabelSet, field: fn(&mut Self) -> &mut u64| {
                set.iter().for_each(|category| *field(&mut counts[category].0) += 1);
            };
            add(gold & predicted, |counts| &mut counts.tp);
            add(predicted - gold, |counts| &mut counts.fp);
            add(gold - predicted, |counts| &mut counts.fn_);
        }
        for ((counts, tn), scope) in counts.iter_mut().zip(scopes) {
            *tn = scope - counts.tp - counts.fp - counts.fn_;
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_figures_are_none_and_not_zero() {
        assert_eq!(Counts::default().prf(), Prf::default());
        let only_wrong = Counts { fp: 2, ..Counts::default() };
        assert_eq!(only_wrong.prf(), Prf { precision: Some(0.0), recall: None, f1: Some(0.0) });
        let only_missed = Counts { fn_: 2, ..Counts::default() };
        assert_eq!(only_missed.prf(), Prf { precision: Some(0.0), recall: Some(0.0), f1: Some(0.0) });
        assert!(only_missed.mcc(5).abs() < 1e-15);
    }
}
