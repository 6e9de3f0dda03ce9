//! From logits to probabilities: Platt scaling.

use klausul_transformer::manifest::Platt;

use crate::loss::sigmoid;

/// Most steps of Newton's method; a dozen are enough for anything that ends.
const STEPS: usize = 100;
/// Added to the curvature, so that a step is always defined.
const RIDGE: f64 = 1e-12;
/// Training ends when the slope is flatter than this a paragraph.
const FLAT: f64 = 1e-10;

/// The slope and offset that fit logits and truth best (Platt 1999, *Probabilistic outputs for support vector machines*): the targets
/// are his `(N₊ + 1) / (N₊ + 2)` and `1 / (N₋ + 2)`, so that probabilities of 0 and 1 are never asked for; the steps are those of Lin,
/// Lin & Weng 2007. `None` when the logits do not rise with the truth, or one side of it is empty.
pub(crate) fn platt(scored: &[(f32, bool)]) -> Option<Platt> {
    let positives = scored.iter().filter(|(_, truth)| *truth).count() as f64;
    let negatives = scored.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let (yes, no) = ((positives + 1.0) / (positives + 2.0), 1.0 / (negatives + 2.0));
    let points: Vec<(f64, f64)> =
        scored.iter().map(|&(logit, truth)| (f64::from(logit), if truth { yes } else { no })).collect();
    let cost = |a: f64, b: f64| {
        let of = |&(z, target): &(f64, f64)| {
            let z = a * z + b;
            z.max(0.0) - target * z + libm::log1p(libm::exp(-z.abs()))
        };
        points.iter().map(of).sum::<f64>()
    };
    let (mut a, mut b) = (0.0, libm::log((positives + 1.0) / (negatives + 1.0)));
    let mut now = cost(a, b);
    for _ in 0..STEPS {
        let (mut of_a, mut of_b, mut aa, mut ab, mut bb) = (0.0, 0.0, RIDGE, 0.0, RIDGE);
        for &(z, target) in &points {
            let p = sigmoid(a * z + b);
            let (error, curve) = (p - target, p * (1.0 - p));
            of_a += error * z;
            of_b += error;
            aa += curve * z * z;
            ab += curve * z;
            bb += curve;
        }
        if of_a.abs().max(of_b.abs()) < FLAT * points.len() as f64 {
            break;
        }
        let determinant = aa * bb - ab * ab;
        let step = [(bb * of_a - ab * of_b) / determinant, (aa * of_b - ab * of_a) / determinant];
        let descent = of_a * step[0] + of_b * step[1];
        let mut size = 1.0;
        let found = loop {
            let (a, b) = (a - size * step[0], b - size * step[1]);
            let then = cost(a, b);
            if then < now - 1e-4 * size * descent {
                break Some((a, b, then));
            }
            size *= 0.5;
            if size < 1e-10 {
                break None;
            }
        };
        let Some((next_a, next_b, then)) = found else { break };
        (a, b, now) = (next_a, next_b, then);
    }
    let (a, b) = (a as f32, b as f32);
    (a > 0.0 && a.is_finite() && b.is_finite()).then_some(Platt { a, b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_logits_have_a_closed_solution() {
        // Each of two logits can be given the mean of its targets: σ(a·z + b) is met exactly.
        let mut scored = vec![(2.0, true); 30];
        scored.extend([(2.0, false); 10]);
        scored.extend([(-1.0, true); 5]);
        scored.extend([(-1.0, false); 55]);
        let platt = platt(&scored).unwrap();
        let (yes, no) = (36.0_f64 / 37.0, 1.0 / 67.0);
        for (logit, given, not) in [(2.0, 30.0, 10.0), (-1.0, 5.0, 55.0)] {
            let expected = (given * yes + not * no) / (given + not);
            let found = f64::from(platt.probability(logit));
            assert!((found - expected).abs() < 1e-5, "{logit}: {found} {expected}");
        }
    }

    #[test]
    fn separable_logits_are_held_by_the_smoothed_targets() {
        let scored = [(-3.0, false), (-2.0, false), (2.0, true), (3.0, true)];
        let platt = platt(&scored).unwrap();
        assert!(platt.b.abs() < 1e-5, "both sides are alike: {platt:?}");
        // The mean target of a side is 3/4.
        let mean = f64::midpoint(f64::from(platt.probability(2.0)), f64::from(platt.probability(3.0)));
        assert!((mean - 0.75).abs() < 0.01, "{mean}");
    }

    #[test]
    fn logits_that_say_nothing_or_the_contrary_have_none() {
        assert_eq!(platt(&[(1.0, false), (1.5, false), (-1.0, true), (-2.0, true)]), None);
        assert_eq!(platt(&[(1.0, true), (2.0, true)]), None);
        assert_eq!(platt(&[]), None);
    }

    #[test]
    fn large_logits_do_not_overflow() {
        let scored: Vec<(f32, bool)> =
            (0..200_u8).map(|n| ((f32::from(n) - 100.0) * 1e4, n % 10 > 2 || n > 100)).collect();
        assert!(platt(&scored).is_some_and(|platt| platt.a.is_finite()));
    }
}
