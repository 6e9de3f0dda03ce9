//! Measures of the scores, whatever the thresholds.

use serde::Serialize;

use crate::Counts;

/// A point of a precision-recall curve: what the decisions `score ≥ threshold` would give.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CurvePoint {
    /// The threshold, one of the scores.
    pub threshold: f32,
    /// Share of the labels given at this threshold that are right.
    pub precision: f64,
    /// Share of the right labels that are given at this threshold.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// The precision-recall curve: a point for every distinct score, highest threshold first. Empty without gold labels.
pub fn curve(scored: impl Iterator<Item = (f32, bool)>) -> Vec<CurvePoint> {
    let mut scored: Vec<(f32, bool)> = scored.collect();
    scored.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let support = scored.iter().filter(|(_, truth)| *truth).count() as u64;
    if support == 0 {
        return Vec::new();
    }
    let mut counts = Counts { fn_: support, ..Counts::default() };
    let mut points = Vec::new();
    for ties in scored.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let right = ties.iter().filter(|(_, truth)| *truth).count() as u64;
        counts.tp += right;
        counts.fn_ -= right;
        counts.fp += ties.len() as u64 - right;
        let prf = counts.prf();
        let [precision, recall, f1] = [prf.precision, prf.recall, prf.f1].map(Option::unwrap_or_default);
        points.push(CurvePoint { threshold: ties[0].0, precision, recall, f1 });
    }
    points
}

/// Average precision: Σ (Rₙ − Rₙ₋₁) Pₙ over the points of the curve, without interpolation, as scikit-learn has it. `None` without
/// gold labels.
pub fn average_precision(curve: &[CurvePoint]) -> Option<f64> {
    let mut before = 0.0;
    let steps = curve.iter().map(|point| {
        let step = (point.recall - before) * point.precision;
        before = point.recall;
        step
    });
    (!curve.is_empty()).then(|| steps.sum())
}

/// At most `count` points of a curve, evenly over its recall; first and last are kept.
pub fn thinned(curve: &[CurvePoint], count: usize) -> Vec<CurvePoint> {
    if curve.len() <= count.max(2) {
        return curve.to_vec();
    }
    let last = curve.len() - 1;
    let mut kept: Vec<usize> = (0..count)
        .map(|step| {
            let recall = step as f64 / (count - 1) as f64;
            curve.partition_point(|point| point.recall < recall).min(last)
        })
        .chain([0, last])
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept.truncate(count);
    kept.into_iter().map(|place| curve[place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_are_one_point() {
        let curve = curve([(0.9, true), (0.5, false), (0.5, true), (0.1, false)].into_iter());
        let points: Vec<_> = curve.iter().map(|point| (point.threshold, point.precision, point.recall)).collect();
        assert_eq!(points, [(0.9, 1.0, 0.5), (0.5, 2.0 / 3.0, 1.0), (0.1, 0.5, 1.0)]);
        // By hand: .5 · 1 + .5 · 2/3.
        assert!((average_precision(&curve).unwrap() - 5.0 / 6.0).abs() < 1e-12);
        assert_eq!(average_precision(&[]), None);
    }

    #[test]
    fn a_long_curve_is_thinned_evenly() {
        let long = curve((0..1000_u16).map(|n| (f32::from(n) / 1000.0, n % 3 == 0)));
        let thin = thinned(&long, 50);
        assert!((40..=50).contains(&thin.len()), "{}", thin.len());
        assert_eq!(thin[0], long[0]);
    }
}
