//! Sums over paragraphs from which all overall figures are made.

use crate::{Counts, Prf, Sample};

/// Sums over paragraphs, with a weight for each resampling unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Totals {
    /// Counts by category.
    pub categories: Vec<Counts>,
    /// Counts of the items that a document lacks; see [`coverage`](crate::coverage).
    pub missing: Counts,
    paragraphs: ParagraphSums,
}

/// What cannot be told from the counts by category.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct ParagraphSums {
    precision: f64,
    recall: f64,
    f1: f64,
    /// Paragraphs with a gold or given label, over which the three are averaged.
    labelled: u64,
    /// Paragraphs whose set is right.
    exact: u64,
    /// Paragraphs with a scope.
    all: u64,
    /// Pairs of a paragraph and a category of its scope.
    pairs: u64,
    /// Such pairs decided wrongly.
    wrong: u64,
}

/// The overall figures; NaN where one is undefined.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// From pooled counts.
    pub micro: [f64; 3],
    /// Mean over the categories with gold labels.
    pub macro_: [f64; 3],
    /// Mean over the categories, weighted by their gold labels.
    pub weighted: [f64; 3],
    /// Mean over the paragraphs with a gold or given label.
    pub samples: [f64; 3],
    /// Share of paragraphs whose set of labels is right.
    pub exact_match: f64,
    /// Share of wrong decisions among all pairs of paragraph and category.
    pub hamming_loss: f64,
    /// F1 of the items that documents lack.
    pub missing_f1: f64,
    /// F1 by category.
    pub category_f1: Vec<f64>,
}

impl ParagraphSums {
    fn add(&mut self, sample: &Sample, row: usize) {
        let (gold, predicted, scope) = (sample.gold(row), sample.predicted(row), sample.scope(row));
        if scope.is_empty() {
            return;
        }
        let right = (gold & predicted).len();
        let wrong = (gold | predicted).len() - right;
        self.all += 1;
        self.exact += u64::from(wrong == 0);
        self.pairs += scope.len() as u64;
        self.wrong += wrong as u64;
        if right + wrong > 0 {
            let share = |whole: usize| if whole == 0 { 0.0 } else { right as f64 / whole as f64 };
            self.labelled += 1;
            self.precision += share(predicted.len());
            self.recall += share(gold.len());
            self.f1 += 2.0 * right as f64 / (gold.len() + predicted.len()) as f64;
        }
    }

    fn add_weighted(&mut self, other: &Self, weight: u64) {
        self.precision += other.precision * weight as f64;
        self.recall += other.recall * weight as f64;
        self.f1 += other.f1 * weight as f64;
        self.labelled += other.labelled * weight;
        self.exact += other.exact * weight;
        self.all += other.all * weight;
        self.pairs += other.pairs * weight;
        self.wrong += other.wrong * weight;
    }
}

impl Totals {
    fn empty(categories: usize) -> Self {
        Self {
            categories: vec![Counts::default(); categories],
            missing: Counts::default(),
            paragraphs: ParagraphSums::default(),
        }
    }

    /// The sums over some paragraphs of a sample. The items that documents lack are not counted.
    pub fn of(sample: &Sample, rows: impl Iterator<Item = usize> + Clone) -> Self {
        let mut totals = Self::empty(sample.categories());
        rows.clone().for_each(|row| totals.paragraphs.add(sample, row));
        totals.categories = Counts::of(sample, rows).into_iter().map(|(counts, _)| counts).collect();
        totals
    }

    /// Paragraphs with a gold or given label, over which the sample figures are averaged.
    pub fn labelled(&self) -> u64 {
        self.paragraphs.labelled
    }

    /// Paragraphs in whose scope there is any category.
    pub fn paragraphs(&self) -> u64 {
        self.paragraphs.all
    }

    /// The figures that these sums make.
    pub fn figures(&self) -> Figures {
        let ratio = |part: f64, whole: u64| if whole == 0 { f64::NAN } else { part / whole as f64 };
        let mut pooled = Counts::default();
        let (mut macro_, mut weighted, mut supported) = ([0.0; 3], [0.0; 3], 0);
        let mut category_f1 = Vec::with_capacity(self.categories.len());
        for &counts in &self.categories {
            pooled += counts;
            let figures = plain(counts.prf());
            category_f1.push(figures[2]);
            if counts.support() > 0 {
                supported += 1;
                for (place, figure) in figures.into_iter().enumerate() {
                    macro_[place] += figure;
                    weighted[place] += figure * counts.support() as f64;
                }
            }
        }
        let sums = &self.paragraphs;
        Figures {
            micro: plain(pooled.prf()),
            macro_: macro_.map(|sum| ratio(sum, supported)),
            weighted: weighted.map(|sum| ratio(sum, pooled.support())),
            samples: [sums.precision, sums.recall, sums.f1].map(|sum| ratio(sum, sums.labelled)),
            exact_match: ratio(sums.exact as f64, sums.all),
            hamming_loss: ratio(sums.wrong as f64, sums.pairs),
            missing_f1: plain(self.missing.prf())[2],
            category_f1,
        }
    }
}

fn plain(prf: Prf) -> [f64; 3] {
    [prf.precision, prf.recall, prf.f1].map(|figure| figure.unwrap_or(f64::NAN))
}

/// The sums of each resampling unit, stored without zeros.
#[derive(Debug, Clone)]
pub struct Units {
    categories: usize,
    /// Where the counts of each unit end in `counts`.
    ends: Vec<u32>,
    counts: Vec<(u16, [u32; 3])>,
    missing: Vec<[u32; 3]>,
    paragraphs: Vec<ParagraphSums>,
}

impl Units {
    /// The sums by unit: `unit` gives each document's unit, `missing` the counts of what each document lacks.
    ///
    /// # Panics
    /// When `unit` or `missing` has not one entry a document.
    pub fn new(sample: &Sample, unit: &[u32], missing: &[Counts]) -> Self {
        assert_eq!((unit.len(), missing.len()), (sample.documents(), sample.documents()), "one entry a document");
        let count = unit.iter().map(|&unit| unit as usize + 1).max().unwrap_or(0);
        let mut paragraphs = vec![ParagraphSums::default(); count];
        let mut decisions: Vec<(u32, u16, u8)> = Vec::new();
        for row in 0..sample.len() {
            let unit = unit[sample.document(row)];
            paragraphs[unit as usize].add(sample, row);
            let (gold, predicted) = (sample.gold(row), sample.predicted(row));
            for (place, set) in [gold & predicted, predicted - gold, gold - predicted].into_iter().enumerate() {
                decisions.extend(set.iter().map(|category| (unit, category as u16, place as u8)));
            }
        }
        decisions.sort_unstable();
        let mut lacks = vec![[0; 3]; count];
        for (&unit, counts) in unit.iter().zip(missing) {
            let sum: &mut [u32; 3] = &mut lacks[unit as usize];
            sum[0] += counts.tp as u32;
            sum[1] += counts.fp as u32;
            sum[2] += counts.fn_ as u32;
        }
        let (mut ends, mut counts) = (vec![0; count], Vec::<(u16, [u32; 3])>::new());
        let mut open = None;
        for (unit, category, place) in decisions {
            if open != Some((unit, category)) {
                open = Some((unit, category));
                counts.push((category, [0; 3]));
            }
            if let Some((_, sums)) = counts.last_mut() {
                sums[place as usize] += 1;
            }
            ends[unit as usize] = counts.len() as u32;
        }
        // A unit without decisions ends where the one before it does.
        let mut end = 0;
        for own in &mut ends {
            end = end.max(*own);
            *own = end;
        }
        Self { categories: sample.categories(), ends, counts, missing: lacks, paragraphs }
    }

    /// How many units there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The sums when unit `u` is taken `weights[u]` times.
    pub fn total(&self, weights: &[u32]) -> Totals {
        let mut totals = Totals::empty(self.categories);
        let mut start = 0;
        for (unit, (&end, &weight)) in self.ends.iter().zip(weights).enumerate() {
            let entries = &self.counts[start..end as usize];
            start = end as usize;
            if weight == 0 {
                continue;
            }
            let weight = u64::from(weight);
            let add = |sum: &mut Counts, [tp, fp, fn_]: [u32; 3]| {
                sum.tp += u64::from(tp) * weight;
                sum.fp += u64::from(fp) * weight;
                sum.fn_ += u64::from(fn_) * weight;
            };
            for &(category, counts) in entries {
                add(&mut totals.categories[category as usize], counts);
            }
            add(&mut totals.missing, self.missing[unit]);
            totals.paragraphs.add_weighted(&self.paragraphs[unit], weight);
        }
        totals
    }
}
