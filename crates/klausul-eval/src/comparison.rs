//! Two systems on the same paragraphs.

use serde::Serialize;

use crate::totals::Figures;
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
    figures: [&'a Figures; 2],
    replicates: [&'a [Figures]; 2],
}

impl<'a> Comparison<'a> {
    /// Compares the figures of two systems and the replicates of both, which [`Bootstrap::replicates`] drew over the same units.
    ///
    /// # Panics
    /// When there are not as many replicates of the one as of the other.
    pub fn new(bootstrap: &'a Bootstrap, figures: [&'a Figures; 2], replicates: [&'a [Figures]; 2]) -> Self {
        assert_eq!(replicates[0].len(), replicates[1].len(), "both systems are measured on the same draws");
        Self { bootstrap, figures, replicates }
    }

    /// The difference in one figure.
    pub fn of(&self, figure: impl Fn(&Figures) -> f64) -> Difference {
        let [a, b] = self.figures.map(&figure);
        let defined = |value: f64| (!value.is_nan()).then_some(value);
        let [first, second] = self.replicates;
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
    use crate::totals::Units;
    use crate::{Counts, LabelSet, Sample};

    fn units(right: impl Fn(u32) -> bool) -> Units {
        let mut sample = Sample::new(1).unwrap();
        for document in 0..60 {
            let predicted = if right(document) { LabelSet::one(0) } else { LabelSet::EMPTY };
            sample.push(document, LabelSet::one(0), LabelSet::one(0), predicted).unwrap();
        }
        Units::new(&sample, &(0..60).collect::<Vec<_>>(), &vec![Counts::default(); 60])
    }

    /// The difference in one figure between two systems that are right about these documents.
    fn compared(a: impl Fn(u32) -> bool, b: impl Fn(u32) -> bool, figure: impl Fn(&Figures) -> f64) -> Difference {
        let (a, b, bootstrap) = (units(a), units(b), Bootstrap::default());
        let [first, second] = [&a, &b].map(|units| units.total(&vec![1; units.len()]).figures());
        let [one, two] = [&a, &b].map(|units| bootstrap.replicates(units));
        Comparison::new(&bootstrap, [&first, &second], [&one, &two]).of(figure)
    }

    #[test]
    fn a_system_does_not_differ_from_itself() {
        let same = compared(|d| d % 2 == 0, |d| d % 2 == 0, |f| f.micro[2]);
        assert_eq!((same.difference, same.interval, same.p_value), (Some(0.0), Some([0.0, 0.0]), Some(1.0)));
    }

    #[test]
    fn a_better_system_is_seen_to_be_better() {
        let better = compared(|d| d % 2 == 0, |d| d % 4 > 0, |f| f.micro[1]);
        assert!((better.difference.unwrap() - 0.25).abs() < 1e-12);
        assert!(better.interval.unwrap()[0] > -0.05 && better.p_value.unwrap() < 0.1, "{better:?}");
        let clear = compared(|d| d % 2 == 0, |_| true, |f| f.micro[1]);
        assert!(clear.interval.unwrap()[0] > 0.3 && clear.p_value.unwrap() < 0.01, "{clear:?}");
    }
}
