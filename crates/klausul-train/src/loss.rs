//! Masked binary cross-entropy with soft labels, over the highest window of each paragraph.

use std::ops::Range;

/// The logits of some paragraphs beside their targets.
pub(crate) struct Batch<'a> {
    /// A row a window.
    pub(crate) logits: &'a [f32],
    /// The windows of each paragraph.
    pub(crate) windows: &'a [Range<usize>],
    /// A row of targets a paragraph, NaN where nobody looked for the category.
    pub(crate) shares: &'a [f32],
}

/// A loss in parts, so that batches can be added.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Loss {
    pub(crate) total: f64,
    /// Pairs of paragraph and category that count.
    pub(crate) pairs: u64,
}

impl Loss {
    pub(crate) fn mean(self) -> f64 {
        self.total / self.pairs.max(1) as f64
    }
}

/// The loss of a batch; `gradient`, a row a window, becomes that of the mean over its pairs.
pub(crate) fn loss(batch: &Batch<'_>, gradient: &mut [f32]) -> Loss {
    gradient.fill(0.0);
    let categories = batch.shares.len() / batch.windows.len().max(1);
    let mut loss = Loss { total: 0.0, pairs: batch.shares.iter().filter(|share| !share.is_nan()).count() as u64 };
    let weight = 1.0 / loss.pairs.max(1) as f64;
    for (windows, shares) in batch.windows.iter().zip(batch.shares.chunks_exact(categories.max(1))) {
        for (category, &share) in shares.iter().enumerate().filter(|(_, share)| !share.is_nan()) {
            let places = windows.clone().map(|window| window * categories + category);
            // The first of equal ones.
            let highest =
                places.reduce(|best, place| if batch.logits[place] > batch.logits[best] { place } else { best });
            let Some(place) = highest else { continue };
            let (logit, share) = (f64::from(batch.logits[place]), f64::from(share));
            loss.total += cross_entropy(logit, share);
            gradient[place] = ((sigmoid(logit) - share) * weight) as f32;
        }
    }
    loss
}

/// `−y·ln σ(z) − (1−y)·ln(1−σ(z))`, as `max(z, 0) − y·z + ln(1 + e^−|z|)`, which never overflows.
fn cross_entropy(logit: f64, share: f64) -> f64 {
    logit.max(0.0) - share * logit + libm::log1p(libm::exp(-logit.abs()))
}

pub(crate) fn sigmoid(logit: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-logit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::NAN;

    #[test]
    fn only_what_was_looked_for_counts() {
        let batch = Batch { logits: &[0.0, 5.0, 0.0, -9.0], windows: &[0..1, 1..2], shares: &[1.0, NONE, NONE, NONE] };
        let mut gradient = [1.0; 4];
        let loss = loss(&batch, &mut gradient);
        assert!((loss.total - std::f64::consts::LN_2).abs() < 1e-12 && loss.pairs == 1);
        assert_eq!(gradient.to_vec(), [-0.5, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn a_soft_label_is_met_by_its_own_probability() {
        // σ(ln 3) = 3/4.
        let batch = Batch { logits: &[3.0_f32.ln()], windows: &[Range { start: 0, end: 1 }], shares: &[0.75] };
        let mut gradient = [1.0];
        let at_best = loss(&batch, &mut gradient);
        assert!(gradient[0].abs() < 1e-7);
        // The entropy of 3/4.
        assert!((at_best.total - (0.75 * (4.0_f64 / 3.0).ln() + 0.25 * 4.0_f64.ln())).abs() < 1e-7);
    }

    #[test]
    fn the_highest_window_is_the_one_that_learns() {
        let batch = Batch {
            logits: &[1.0, 0.0, 2.0, 0.0, 2.0, -1.0],
            windows: &[Range { start: 0, end: 3 }],
            shares: &[0.0, 1.0],
        };
        let mut gradient = [9.0; 6];
        loss(&batch, &mut gradient);
        assert!(gradient[2] > 0.0 && gradient[1] < 0.0, "the first of equal windows: {gradient:?}");
        assert_eq!([0, 3, 4, 5].map(|place| gradient[place]).to_vec(), [0.0; 4]);
    }

    #[test]
    fn logits_of_any_size_have_a_loss() {
        assert!((cross_entropy(1e4, 0.0) - 1e4).abs() < 1e-9 && cross_entropy(-1e4, 0.0).abs() < 1e-9);
        assert!(Loss::default().mean().abs() < 1e-12);
    }
}
