//! What each input should be given.

use std::collections::BTreeMap;

use klausul_eval::LabelSet;

/// A paragraph as somebody annotated it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The input among the [`Vectors`](crate::Vectors).
    pub input: usize,
    /// The number of its document, from 0.
    pub document: u32,
    /// The categories that it was given.
    pub labels: LabelSet,
    /// The categories that were looked for in it.
    pub scope: LabelSet,
}

/// One target a category for every distinct input: the share of its copies that have the label.
#[derive(Debug)]
pub(crate) struct Targets {
    /// The inputs, ascending.
    pub(crate) inputs: Vec<usize>,
    categories: usize,
    /// A row an input; NaN where nobody looked for the category.
    shares: Vec<f32>,
}

impl Targets {
    pub(crate) fn new(rows: &[Row], categories: usize) -> Self {
        // By input: how often each category was given, and how often it was looked for.
        let mut counts: BTreeMap<usize, Vec<[u32; 2]>> = BTreeMap::new();
        for row in rows {
            let own = counts.entry(row.input).or_insert_with(|| vec![[0; 2]; categories]);
            for category in row.scope.iter() {
                own[category][0] += u32::from(row.labels.contains(category));
                own[category][1] += 1;
            }
        }
        let share = |&[given, looked]: &[u32; 2]| if looked == 0 { f32::NAN } else { given as f32 / looked as f32 };
        let shares = counts.values().flatten().map(share).collect();
        Self { inputs: counts.into_keys().collect(), categories, shares }
    }

    /// The shares of the input with this place.
    pub(crate) fn shares(&self, place: usize) -> &[f32] {
        &self.shares[place * self.categories..(place + 1) * self.categories]
    }

    /// By category: inputs with the label in any copy, and inputs without it in any.
    pub(crate) fn support(&self) -> Vec<[u32; 2]> {
        let mut support = vec![[0; 2]; self.categories];
        for shares in self.shares.chunks_exact(self.categories) {
            for (support, &share) in support.iter_mut().zip(shares) {
                support[0] += u32::from(share > 0.0);
                support[1] += u32::from(share < 1.0);
            }
        }
        support
    }

    /// By category the logarithm of the odds of its mean share, bounded by one imagined paragraph of each sort.
    pub(crate) fn log_odds(&self) -> Vec<f32> {
        let odds = |category: usize| {
            let own = || self.shares.iter().skip(category).step_by(self.categories).filter(|share| !share.is_nan());
            let given: f64 = own().map(|&share| f64::from(share)).sum();
            libm::log((given + 1.0) / (own().count() as f64 - given + 1.0)) as f32
        };
        (0..self.categories).map(odds).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_become_shares_and_what_nobody_looked_for_does_not_count() {
        let both = LabelSet::all(2);
        let row = |input, labels, scope| Row { input, document: 0, labels, scope };
        let rows = [
            row(7, LabelSet::one(0), LabelSet::one(0)),
            row(3, LabelSet::one(0), both),
            row(7, LabelSet::EMPTY, LabelSet::one(0)),
            row(3, LabelSet::one(0), both),
            row(7, LabelSet::EMPTY, LabelSet::one(0)),
            row(3, LabelSet::one(1), both),
            row(5, LabelSet::EMPTY, LabelSet::one(0)),
        ];
        let targets = Targets::new(&rows, 2);
        assert_eq!(targets.inputs, [3, 5, 7]);
        assert_eq!(targets.shares(0).to_vec(), [2.0 / 3.0, 1.0 / 3.0]);
        assert!((targets.shares(2)[0] - 1.0 / 3.0).abs() < 1e-6 && targets.shares(2)[1].is_nan());
        assert_eq!(targets.support(), [[2, 3], [1, 1]]);
        // (2/3 + 1/3 + 1) / (3 − 1 + 1), and (1/3 + 1) / (1 − 1/3 + 1).
        let odds = targets.log_odds();
        assert!((odds[0] - (2.0_f32 / 3.0).ln()).abs() < 1e-6 && (odds[1] - 0.8_f32.ln()).abs() < 1e-6, "{odds:?}");
    }
}
