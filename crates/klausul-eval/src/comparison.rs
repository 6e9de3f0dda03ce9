//! Two systems on the same paragraphs.

use serde::Serialize;

use crate::totals::{Figures, Units};
use crate::{Bootstrap, Interval};

/// A figure of two systems and their difference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Difference {
    /// The figure of the first system.
    pub a: Option<f64>,
    /// The figure of the second.
    pub b: Option<f64>,
    /// Second minus first.
    pub difference: Option<f64>,
    /// Interval of the difference.
    pub interval: Option<Interval>,
    /// Two-sided bootstrap p-value of "no difference": twice the smaller share of replicates on one side of zero, counting
    /// the data themselves as one replicate (Davison and Hinkley 1997, equation 4.11).
    pub p_value: Option<f64>,
}

/// Compares two systems: both are measured on the same draws of documents, so that what is hard about a document cancels out
/// (paired bootstrap; Berg-Kirkpatrick, Burkett and Klein 2012).
#[derive(Debug)]
pub struct Comparison<'a> {
    bootstrap: &'a Bootstrap,
    figures: [Figures; 2],
    replicates: [Vec<Figures>; 2],
}

impl<'a> Comparison<'a> {
    /// Draws the replicates of both systems.
    ///
    /// # Panics
    /// When the two have different units: they must be over the same documents.
    pub fn new(a: &Units, b: &Units, bootstrap: &'a Bootstrap) -> Self {
        assert_eq!(a.len(), b.len(), "both systems are measured on the same documents");
        let whole = vec![1; a.len()];
        Self {
            bootstrap,
            figures: [a.total(&whole).figures(), b.total(&whole).figures()],
            replicates: [bootstrap.replicates(a), bootstrap.replicates(b)],
        }
    }

    /// The difference in one figure.
    pub fn of(&self, figure: impl Fn(&Figures) -> f64) -> Difference {
        let [a, b] = [&self.figures[0], &self.figures[1]].map(&figure);
        let defined = |value: f64| (!value.is_nan()).then_some(value);
        let [first, second] = &self.replicates;
        let differences = || first.iter().zip(second).map(|(a, b)| figure(b) - figure(a)).filter(|d| !d.is_nan());
        let count = differences().count();
        let p_value = (count > 0).then(|| {
            let side = |inside: fn(f64) -> bool| differences().filter(|&d| inside(d)).count();
            let smaller = side(|d| d <= 0.0).min(side(|d| d >= 0.0));
            (2.0 * (smaller + 1) as f64 / (count + 1) as f64).min(1.0)
        });
        Difference {
            a: defined(a),
            b: defined(b),
            difference: defined(b - a),
            interval: self.bootstrap.interval(differences()),
            p_value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Counts, LabelSet, Sample};

    fn units(right: impl Fn(u32) -> bool) -> Units {
        let mut sample = Sample::new(1).unwrap();
        for document in 0..60 {
            let predicted = if right(document) { LabelSet::one(0) } else { LabelSet::EMPTY };
            sample.push(document, LabelSet::one(0), LabelSet::one(0), predicted).unwrap();
        }
        Units::new(&sample, &(0..60).collect::<Vec<_>>(), &vec![Counts::default(); 60])
    }

    #[test]
    fn a_system_does_not_differ_from_itself() {
        let bootstrap = Bootstrap::default();
        let same = Comparison::new(&units(|d| d % 2 == 0), &units(|d| d % 2 == 0), &bootstrap).of(|f| f.micro[2]);
        assert_eq!((same.difference, same.interval, same.p_value), (Some(0.0), Some([0.0, 0.0]), Some(1.0)));
    }

    #[test]
    fn a_better_system_is_seen_to_be_better() {
        let bootstrap = Bootstrap::default();
        let better = Comparison::new(&units(|d| d % 2 == 0), &units(|d| d % 4 > 0), &bootstrap).of(|f| f.micro[1]);
        assert!((better.difference.unwrap() - 0.25).abs() < 1e-12);
        assert!(better.interval.unwrap()[0] > -0.05 && better.p_value.unwrap() < 0.1, "{better:?}");
        let clear = Comparison::new(&units(|d| d % 2 == 0), &units(|_| true), &bootstrap).of(|f| f.micro[1]);
        assert!(clear.interval.unwrap()[0] > 0.3 && clear.p_value.unwrap() < 0.01, "{clear:?}");
    }
}
