//! Whether a probability means what it says.

use serde::Serialize;

/// A bin of paragraphs with similar scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bin {
    /// Mean score in the bin.
    pub mean_score: f64,
    /// Share of the bin that has the label.
    pub positive_rate: f64,
    /// How many scores are in the bin.
    pub count: u64,
}

/// Calibration of scores against truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// Brier score: mean of (score − truth)², 0 is best (Brier 1950).
    pub brier: f64,
    /// Expected calibration error: mean of |mean score − share of positives| over the bins, weighted by their counts.
    pub ece: f64,
    /// The bins, lowest scores first.
    pub reliability: Vec<Bin>,
}

/// Calibration over bins of equal mass: each holds one `bins`-th of the scores, which Nixon et al. 2019 (arXiv:1904.01685) find
/// steadier than bins of equal width. Equal scores always share a bin, so that the result does not depend on the order of the
/// paragraphs; systems with few distinct scores get fewer bins. `None` without scores.
///
/// # Panics
/// When `bins` is 0.
pub fn calibration(scored: impl Iterator<Item = (f32, bool)>, bins: usize) -> Option<Calibration> {
    assert!(bins > 0, "there must be a bin");
    let mut scored: Vec<(f32, bool)> = scored.collect();
    scored.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let all = scored.len();
    if all == 0 {
        return None;
    }
    let truth = |truth: bool| f64::from(u8::from(truth));
    let brier =
        scored.iter().map(|&(score, label)| (f64::from(score) - truth(label)).powi(2)).sum::<f64>() / all as f64;
    let (mut reliability, mut start) = (Vec::with_capacity(bins), 0);
    for bin in 1..=bins {
        let mut end = (all * bin).div_ceil(bins).max(start);
        while end > start && end < all && scored[end].0.total_cmp(&scored[end - 1].0).is_eq() {
            end += 1;
        }
        let members = &scored[start..end];
        start = end;
        if members.is_empty() {
            continue;
        }
        let count = members.len() as f64;
        reliability.push(Bin {
            mean_score: members.iter().map(|&(score, _)| f64::from(score)).sum::<f64>() / count,
            positive_rate: members.iter().map(|&(_, label)| truth(label)).sum::<f64>() / count,
            count: members.len() as u64,
        });
    }
    let gap = |bin: &Bin| (bin.mean_score - bin.positive_rate).abs() * bin.count as f64;
    let ece = reliability.iter().map(gap).sum::<f64>() / all as f64;
    Some(Calibration { brier, ece, reliability })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let scored = [(0.0, false), (0.25, false), (0.25, true), (0.5, true), (1.0, true), (1.0, false)];
        let result = calibration(scored.into_iter(), 3).unwrap();
        // (0 + .0625 + .5625 + .25 + 0 + 1) / 6
        assert!((result.brier - 0.3125).abs() < 1e-12);
        // The first bin takes both scores of .25, so the second begins behind its own end and takes .5 alone.
        let bins: Vec<_> =
            result.reliability.iter().map(|bin| (bin.mean_score, bin.positive_rate, bin.count)).collect();
        let half = 1.0 / 3.0;
        assert_eq!(bins, [(0.5 / 3.0, half, 3), (0.5, 1.0, 1), (1.0, 0.5, 2)]);
        assert!((result.ece - (0.5 + 0.5 + 1.0) / 6.0).abs() < 1e-12);
        assert_eq!(calibration([].into_iter(), 3), None);
    }

    #[test]
    fn the_order_of_paragraphs_does_not_matter() {
        let scored: Vec<_> = (0..100_u8).map(|n| (f32::from(n % 4) / 4.0, n % 7 == 0)).collect();
        let backwards: Vec<_> = scored.iter().rev().copied().collect();
        assert_eq!(calibration(scored.into_iter(), 15), calibration(backwards.into_iter(), 15));
    }
}
