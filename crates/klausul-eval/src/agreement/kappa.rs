//! Agreement on one category at a time, between pairs of annotators and among all of them.

use super::Ratings;

/// How two annotators used one category, over the items that both rated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairCounts {
    /// Items to which both gave the category.
    pub both: u64,
    /// Items to which only the first gave it.
    pub first: u64,
    /// Items to which only the second gave it.
    pub second: u64,
    /// Items to which neither gave it.
    pub neither: u64,
}

impl PairCounts {
    /// Counts the items that both annotators rated.
    pub fn of(ratings: &Ratings, first: usize, second: usize, category: usize) -> Self {
        let mut counts = Self::default();
        for item in 0..ratings.len() {
            let (Some(a), Some(b)) = (ratings.get(item, first), ratings.get(item, second)) else { continue };
            match (a.contains(category), b.contains(category)) {
                (true, true) => counts.both += 1,
                (true, false) => counts.first += 1,
                (false, true) => counts.second += 1,
                (false, false) => counts.neither += 1,
            }
        }
        counts
    }

    /// The items that both rated.
    pub fn items(self) -> u64 {
        self.both + self.first + self.second + self.neither
    }

    /// The share of items on which both say the same; `None` without items.
    pub fn percent(self) -> Option<f64> {
        ratio(self.both + self.neither, self.items())
    }

    /// Positive specific agreement, 2·both / (2·both + first + second) (Fleiss, Levin and Paik 2003, *Statistical
    /// Methods for Rates and Proportions*): the F1 of one annotator measured against the other, in either direction.
    /// `None` when neither ever gave the category.
    pub fn positive(self) -> Option<f64> {
        ratio(2 * self.both, 2 * self.both + self.first + self.second)
    }

    /// Cohen's κ = (observed − expected) / (1 − expected), with the agreement expected from each annotator's own rate
    /// (Cohen 1960, *A coefficient of agreement for nominal scales*).
    ///
    /// `None` without items, and when both always, or never, gave the category: chance then explains everything.
    pub fn kappa(self) -> Option<f64> {
        let observed = self.percent()?;
        let items = self.items() as f64;
        let (first, second) = (self.both + self.first, self.both + self.second);
        if first == second && (first == 0 || first == self.items()) {
            return None;
        }
        let (first, second) = (first as f64 / items, second as f64 / items);
        let expected = first * second + (1.0 - first) * (1.0 - second);
        Some((observed - expected) / (1.0 - expected))
    }

    fn add(self, other: Self) -> Self {
        Self {
            both: self.both + other.both,
            first: self.first + other.first,
            second: self.second + other.second,
            neither: self.neither + other.neither,
        }
    }
}

/// Cohen's κ of two annotators for each category; see [`PairCounts::kappa`].
pub fn cohen_kappa(ratings: &Ratings, first: usize, second: usize) -> Vec<Option<f64>> {
    (0..ratings.categories()).map(|category| PairCounts::of(ratings, first, second, category).kappa()).collect()
}

/// Cohen's κ for each category as the mean over all pairs of annotators for which it is defined (Light 1971).
pub fn mean_cohen_kappa(ratings: &Ratings) -> Vec<Option<f64>> {
    let pairs: Vec<_> = ratings.pairs().map(|(first, second)| cohen_kappa(ratings, first, second)).collect();
    (0..ratings.categories())
        .map(|category| macro_mean(&pairs.iter().map(|pair| pair[category]).collect::<Vec<_>>()))
        .collect()
}

/// The mean of the values that are defined; `None` when none is.
pub fn macro_mean(values: &[Option<f64>]) -> Option<f64> {
    let count = values.iter().flatten().count();
    (count > 0).then(|| values.iter().flatten().sum::<f64>() / count as f64)
}

/// The share of equal answers for each category, over every pair of ratings of an item.
pub fn percent_agreement(ratings: &Ratings) -> Vec<Option<f64>> {
    pooled(ratings, PairCounts::percent)
}

/// Positive specific agreement for each category, over every pair of ratings of an item; see [`PairCounts::positive`].
pub fn positive_agreement(ratings: &Ratings) -> Vec<Option<f64>> {
    pooled(ratings, PairCounts::positive)
}

/// The share of equal sets over every pair of ratings of an item; `None` when no item has two ratings.
pub fn set_percent_agreement(ratings: &Ratings) -> Option<f64> {
    let (mut equal, mut all) = (0, 0);
    for item in ratings.items() {
        for (first, second) in ratings.pairs() {
            if let (Some(a), Some(b)) = (item[first], item[second]) {
                equal += u64::from(a == b);
                all += 1;
            }
        }
    }
    ratio(equal, all)
}

/// How many ratings the items have that [`fleiss_kappa`] counts: the number, from 2, that most items have, and the
/// larger of two numbers that are equally frequent. `None` when no item has two ratings.
pub fn fleiss_raters(ratings: &Ratings) -> Option<usize> {
    let mut items = vec![0_u64; ratings.annotators() + 1];
    for item in ratings.items() {
        items[item.iter().flatten().count()] += 1;
    }
    (2..items.len()).filter(|&raters| items[raters] > 0).max_by_key(|&raters| (items[raters], raters))
}

/// Fleiss' κ for each category (Fleiss 1971, *Measuring nominal scale agreement among many raters*).
///
/// The measure asks for the same number of ratings for every item, not for the same annotators. Items with another
/// number than [`fleiss_raters`] are left out; where ratings are missing often, [`krippendorff_alpha`] loses less.
/// `None` without items, and when all ratings of the category are equal.
///
/// [`krippendorff_alpha`]: super::krippendorff_alpha
pub fn fleiss_kappa(ratings: &Ratings) -> Vec<Option<f64>> {
    let raters = fleiss_raters(ratings);
    (0..ratings.categories()).map(|category| fleiss_of_category(ratings, raters?, category)).collect()
}

fn fleiss_of_category(ratings: &Ratings, raters: usize, category: usize) -> Option<f64> {
    let (mut items, mut positives, mut agreeing) = (0_u64, 0_u64, 0_u64);
    let raters = raters as u64;
    for item in ratings.items() {
        if item.iter().flatten().count() as u64 != raters {
            continue;
        }
        let yes = item.iter().flatten().filter(|set| set.contains(category)).count() as u64;
        let no = raters - yes;
        items += 1;
        positives += yes;
        agreeing += yes * yes + no * no - raters;
    }
    let all = items * raters;
    if positives == 0 || positives == all {
        return None;
    }
    let observed = ratio(agreeing, all * (raters - 1))?;
    let rate = ratio(positives, all)?;
    let expected = rate * rate + (1.0 - rate) * (1.0 - rate);
    Some((observed - expected) / (1.0 - expected))
}

fn pooled(ratings: &Ratings, measure: impl Fn(PairCounts) -> Option<f64>) -> Vec<Option<f64>> {
    (0..ratings.categories())
        .map(|category| {
            let pairs = ratings.pairs().map(|(first, second)| PairCounts::of(ratings, first, second, category));
            measure(pairs.fold(PairCounts::default(), PairCounts::add))
        })
        .collect()
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LabelSet;

    #[test]
    fn without_variation_nothing_is_measured() {
        let mut ratings = Ratings::new(2, 2).unwrap();
        for _ in 0..3 {
            ratings.push(&[Some(LabelSet::one(0)), Some(LabelSet::one(0))]).unwrap();
        }
        assert_eq!(cohen_kappa(&ratings, 0, 1), [None, None]);
        assert_eq!(fleiss_kappa(&ratings), [None, None]);
        assert_eq!(positive_agreement(&ratings), [Some(1.0), None]);
        assert_eq!(percent_agreement(&ratings), [Some(1.0), Some(1.0)]);
        assert_eq!(macro_mean(&[None, None]), None);
    }

    #[test]
    fn an_annotator_who_never_uses_a_category_agrees_by_chance_only() {
        let counts = PairCounts { second: 4, neither: 6, ..PairCounts::default() };
        assert_eq!(counts.kappa(), Some(0.0));
        assert_eq!(PairCounts { first: 5, ..PairCounts::default() }.kappa(), Some(0.0));
        assert_eq!(PairCounts::default().kappa(), None);
    }

    #[test]
    fn fleiss_counts_the_items_with_the_usual_number_of_ratings() {
        let (yes, no) = (Some(LabelSet::one(0)), Some(LabelSet::EMPTY));
        let mut ratings = Ratings::new(1, 3).unwrap();
        ratings.push(&[yes, yes, None]).unwrap();
        ratings.push(&[None, no, no]).unwrap();
        assert_eq!((fleiss_raters(&ratings), fleiss_kappa(&ratings)), (Some(2), vec![Some(1.0)]));
        ratings.push(&[yes, no, yes]).unwrap();
        ratings.push(&[no, no, yes]).unwrap();
        assert_eq!(fleiss_raters(&ratings), Some(3));
        assert!(fleiss_kappa(&ratings)[0].unwrap() < 0.0);
    }
}
