//! How the logit of each category is read: calibration and threshold, from the development rows alone.

use klausul_eval::threshold::best_threshold;
use klausul_transformer::manifest::Platt;
use serde::Serialize;

use crate::calibrate::platt;

/// Development rows with the label, and as many without it, from which a category has its own calibration and threshold.
pub(crate) const ENOUGH: usize = 10;
/// A threshold of its own weighs as much as the common one when the category has so many development rows with the label.
const SHRINKAGE: f64 = 10.0;
/// The threshold of what is never decided; its probability, that of [`NEVER_LOGIT`], does not reach it.
const NEVER: f32 = 1.0;
/// The logit that a head gives what it could not learn.
pub(crate) const NEVER_LOGIT: f32 = -10.0;

/// Where calibration and threshold of a category come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fitted {
    /// From its own development rows; the threshold is drawn to the common one, the more the fewer these are.
    Own,
    /// From all categories together: its own development rows are too few.
    Common,
    /// It is never decided: no training row has it, or every one in which it was looked for.
    Never,
}

/// How the logit of a category is read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// From the logit to the probability.
    pub calibration: Platt,
    /// The probability from which the category is decided.
    pub threshold: f32,
    /// Where both come from.
    pub fitted: Fitted,
    /// Distinct training paragraphs with the label.
    pub training_positives: usize,
    /// Development rows with the label.
    pub development_positives: usize,
}

/// What is known of a category before its logits are read.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    /// Logit and truth of every development row in whose scope the category is.
    pub(crate) scored: Vec<(f32, bool)>,
    pub(crate) training_positives: usize,
    pub(crate) training_negatives: usize,
}

impl Evidence {
    pub(crate) fn is_learnt(&self) -> bool {
        self.training_positives > 0 && self.training_negatives > 0
    }

    fn positives(&self) -> usize {
        self.scored.iter().filter(|(_, truth)| *truth).count()
    }

    fn is_enough(&self) -> bool {
        let positives = self.positives();
        self.is_learnt() && positives >= ENOUGH && self.scored.len() - positives >= ENOUGH
    }
}

/// The decisions of all categories.
pub(crate) fn decide(categories: &[Evidence]) -> Vec<Decision> {
    let learnt = || categories.iter().filter(|category| category.is_learnt());
    let pooled: Vec<(f32, bool)> = learnt().flat_map(|category| category.scored.iter().copied()).collect();
    // The logits of a head are those of probabilities already, so that they can stand as they are.
    let common = platt(&pooled).unwrap_or_default();
    let calibrations: Vec<(Platt, Fitted)> = categories
        .iter()
        .map(|category| {
            let own = category.is_enough().then(|| platt(&category.scored)).flatten();
            own.map_or((common, Fitted::Common), |own| (own, Fitted::Own))
        })
        .collect();
    let probabilities = |(category, (calibration, _)): (&Evidence, &(Platt, Fitted))| {
        let probability = |&(logit, truth): &(f32, bool)| (calibration.probability(logit), truth);
        category.scored.iter().map(probability).collect::<Vec<_>>()
    };
    let scored: Vec<Vec<(f32, bool)>> = categories.iter().zip(&calibrations).map(probabilities).collect();
    let all = categories.iter().zip(&scored).filter(|(category, _)| category.is_learnt());
    let threshold = best_threshold(all.flat_map(|(_, scored)| scored.iter().copied())).unwrap_or(0.5);
    let mut decisions = Vec::with_capacity(categories.len());
    for ((category, scored), &(calibration, fitted)) in categories.iter().zip(&scored).zip(&calibrations) {
        let positives = category.positives();
        let decision = Decision {
            calibration,
            threshold,
            fitted,
            training_positives: category.training_positives,
            development_positives: positives,
        };
        decisions.push(match fitted {
            _ if !category.is_learnt() => {
                Decision { calibration: Platt::default(), threshold: NEVER, fitted: Fitted::Never, ..decision }
            }
            Fitted::Own => {
                let own = best_threshold(scored.iter().copied()).unwrap_or(threshold);
                let weight = positives as f64 / (positives as f64 + SHRINKAGE);
                let drawn = weight * f64::from(own) + (1.0 - weight) * f64::from(threshold);
                Decision { threshold: drawn as f32, ..decision }
            }
            _ => decision,
        });
    }
    decisions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rows with the label above the logit 0 and so many without below it, and some on the wrong side.
    fn evidence(positives: usize, negatives: usize, wrong: usize) -> Evidence {
        let side = |at: usize, count: usize| if at < count { 1.0 } else { -1.0 };
        let logit = |at: usize| 1.0 + (at % 5) as f32 / 4.0;
        let mut scored: Vec<(f32, bool)> = (0..positives).map(|at| (-side(at, wrong) * logit(at), true)).collect();
        scored.extend((0..negatives).map(|at| (side(at, wrong) * logit(at), false)));
        Evidence { scored, training_positives: positives, training_negatives: negatives }
    }

    #[test]
    fn a_category_with_enough_rows_has_its_own() {
        let many = decide(&[evidence(400, 600, 20), evidence(12, 900, 3), evidence(9, 900, 0)]);
        assert_eq!(many.iter().map(|own| own.fitted).collect::<Vec<_>>(), [Fitted::Own, Fitted::Own, Fitted::Common]);
        assert_ne!(many[0].calibration, many[1].calibration);
        assert_eq!((many[2].development_positives, many[2].training_positives), (9, 9));
        // What is common stands for the category that has too little.
        let common = many[2].threshold;
        let own = |place: usize, of: &Evidence| {
            let scored = of.scored.iter().map(|&(logit, truth)| (many[place].calibration.probability(logit), truth));
            best_threshold(scored).unwrap()
        };
        for (place, of, weight) in [(0, evidence(400, 600, 20), 400.0 / 410.0), (1, evidence(12, 900, 3), 12.0 / 22.0)]
        {
            let expected = weight * own(place, &of) + (1.0 - weight) * common;
            assert!((many[place].threshold - expected).abs() < 1e-6, "{place}");
        }
    }

    #[test]
    fn what_could_not_be_learnt_is_never_decided() {
        let unseen = Evidence { training_positives: 0, ..evidence(50, 50, 0) };
        let always = Evidence { training_negatives: 0, ..evidence(50, 50, 0) };
        let decided = decide(&[unseen, always, evidence(50, 50, 2)]);
        for never in &decided[..2] {
            assert_eq!((never.fitted, never.threshold), (Fitted::Never, 1.0));
            assert!(never.calibration.probability(NEVER_LOGIT) < 0.001);
        }
        assert_eq!(decided[2], decide(&[evidence(50, 50, 2)])[0], "and changes nothing for others");
    }

    #[test]
    fn logits_that_fall_with_the_truth_take_what_is_common() {
        let mut contrary = evidence(50, 50, 0);
        contrary.scored.iter_mut().for_each(|(logit, _)| *logit = -*logit);
        assert_eq!(decide(&[contrary, evidence(500, 500, 20)])[0].fitted, Fitted::Common);
    }

    #[test]
    fn without_development_rows_probabilities_are_those_of_the_logits() {
        let none = Evidence { scored: Vec::new(), training_positives: 5, training_negatives: 5 };
        let decided = decide(&[none])[0];
        assert_eq!((decided.calibration, decided.threshold, decided.fitted), (Platt::default(), 0.5, Fitted::Common));
    }
}
