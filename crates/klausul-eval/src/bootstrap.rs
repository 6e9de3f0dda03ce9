//! Bootstrap intervals over documents or clusters of documents.
//!
//! Paragraphs of one policy are written by one hand, so they are no independent trials: what is drawn with replacement
//! are whole documents, or whole clusters of near-duplicates (Efron and Tibshirani 1993, chapter 8). Intervals are
//! percentile intervals.

use rayon::prelude::*;
use serde::Serialize;

use crate::draw::draw;
use crate::totals::{Figures, Units};

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bootstrap {
    /// How many times units are drawn; 0 for no intervals.
    pub replicates: usize,
    /// Where the random numbers begin: the same seed gives the same intervals.
    pub seed: u64,
    /// Share of the replicates within an interval.
    pub level: f64,
}

impl Default for Bootstrap {
    /// A thousand replicates, 95 % intervals.
    fn default() -> Self {
        Self { replicates: 1000, seed: 20_261_122, level: 0.95 }
    }
}

/// An interval, lower end first.
pub type Interval = [f64; 2];

impl Bootstrap {
    /// With this many replicates.
    #[must_use]
    pub fn with_replicates(mut self, replicates: usize) -> Self {
        self.replicates = replicates;
        self
    }

    /// With this seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The figures of each replicate. Runs on the current rayon pool; the result does not depend on its threads.
    ///
    /// Fewer than two units cannot be resampled: then there is no replicate.
    pub fn replicates(&self, units: &Units) -> Vec<Figures> {
        if units.len() < 2 {
            return Vec::new();
        }
        (0..self.replicates)
            .into_par_iter()
            .map_init(
                || vec![0; units.len()],
                |weights, replicate| {
                    self.draw(replicate, weights);
                    units.total(weights).figures()
                },
            )
            .collect()
    }

    /// Draws as many units as there are, with replacement: how often each one came.
    pub(crate) fn draw(&self, replicate: usize, weights: &mut [u32]) {
        weights.fill(0);
        for nth in 0..weights.len() {
            weights[draw(self.seed, replicate as u64, nth as u64, weights.len())] += 1;
        }
    }

    /// The interval of values, one a replicate; undefined ones (NaN) are left out. `None` without a defined value.
    ///
    /// Ends between two values are interpolated linearly, as numpy's default.
    pub fn interval(&self, values: impl Iterator<Item = f64>) -> Option<Interval> {
        let mut values: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
        values.sort_unstable_by(f64::total_cmp);
        let tail = (1.0 - self.level) / 2.0;
        Some([quantile(&values, tail)?, quantile(&values, 1.0 - tail)?])
    }
}

/// The quantile of sorted values.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    #[expect(clippy::cast_sign_loss, reason = "shares and lengths are not negative")]
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(low + (high - low) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, LabelSet, Sample};

    #[test]
    fn quantiles_are_those_of_numpy() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        // numpy.quantile([1, 2, 4, 8], [0.025, 0.5, 0.975])
        for (share, expected) in [(0.025, 1.075), (0.5, 3.0), (0.975, 7.7)] {
            assert!((quantile(&sorted, share).unwrap() - expected).abs() < 1e-12);
        }
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn draws_have_the_right_size_and_spread() {
        let mut weights = vec![0; 1000];
        Bootstrap::default().draw(3, &mut weights);
        assert_eq!(weights.iter().sum::<u32>(), 1000);
        // A unit is left out with probability 1/e.
        let left_out = weights.iter().filter(|&&weight| weight == 0).count();
        assert!((330..410).contains(&left_out), "{left_out}");
    }

    #[test]
    fn the_interval_covers_the_share_that_theory_says() {
        // One paragraph a document, one category, 400 documents of which 100 are missed: recall .75, its standard error
        // √(.75·.25/400) = .0217, so the 95 % interval is about .75 ± .0424.
        let mut sample = Sample::new(1).unwrap();
        for document in 0..400 {
            let predicted = if document % 4 == 0 { LabelSet::EMPTY } else { LabelSet::one(0) };
            sample.push(document, LabelSet::one(0), LabelSet::one(0), predicted).unwrap();
        }
        let units = Units::new(&sample, &(0..400).collect::<Vec<_>>(), &vec![Counts::default(); 400]);
        let bootstrap = Bootstrap::default().with_replicates(4000);
        let replicates = bootstrap.replicates(&units);
        let [low, high] = bootstrap.interval(replicates.iter().map(|figures| figures.micro[1])).unwrap();
        assert!((low - 0.7076).abs() < 0.006 && (high - 0.7924).abs() < 0.006, "{low} {high}");
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let micro = |replicates: &[Figures]| replicates.iter().map(|figures| figures.micro).collect::<Vec<_>>();
        assert_eq!(micro(&one.install(|| bootstrap.replicates(&units))), micro(&replicates));
        assert!(bootstrap.replicates(&Units::new(&sample, &[0; 400], &vec![Counts::default(); 400])).is_empty());
    }
}
