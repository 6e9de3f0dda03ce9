//! From a sample to the figures of its report.

use klausul_core::Language;

use super::figures::{Figures, Missed};
use super::{
    Average, CalibrationFigures, CategoryCalibration, CategoryFigures, ComparisonFigures, Confused, Count,
    DocumentFigures, Documents, Group, GroupCategory, Macro, Measured, Micro, Named, Ratio, Samples,
};
use crate::calibration::calibration;
use crate::coverage::{Missing, required_items};
use crate::ranking::{average_precision, curve, thinned};
use crate::totals::{Figures as Overall, Units};
use crate::{Bootstrap, Comparison, Confusion, Counts, LabelSet, Prf, Sample};

/// Bins of the reliability diagrams.
const BINS: usize = 15;

/// Points of a precision-recall curve that a report keeps.
const POINTS: usize = 200;

/// Measures everything. Runs on the current rayon pool; the result does not depend on its threads.
///
/// # Panics
/// When the columns of `measured` do not have one entry a paragraph or document.
pub fn measure(measured: &Measured<'_>) -> Figures {
    let &Measured { taxonomy, sample, bootstrap, .. } = measured;
    assert!(measured.languages.len() == sample.len() && measured.kinds.len() == sample.len(), "a value a paragraph");
    let ids: Vec<&str> = taxonomy.categories().iter().map(|category| category.id.as_str()).collect();
    let scope: Vec<usize> = measured.scope.iter().collect();
    let items = required_items(taxonomy) & measured.scope;
    let missing = Missing::of(sample, items);
    let units = units(sample, measured.units, &missing);
    let totals = units.total(&vec![1; units.len()]);
    let figures = totals.figures();
    let replicates = bootstrap.replicates(&units);
    let counts = Counts::of(sample, 0..sample.len());
    let rankings = Rankings::of(sample, &scope);
    let per_category = |&category: &usize| {
        let (counts, tn) = counts[category];
        let figures = CategoryFigures {
            support: counts.support(),
            predicted: counts.given(),
            counts,
            tn,
            prf: counts.prf(),
            f1_interval: bootstrap.interval(replicates.iter().map(|figures| figures.category_f1[category])),
            average_precision: rankings.average_precision[category],
            mcc: (counts.support() + counts.given() > 0).then(|| counts.mcc(tn)),
        };
        (ids[category].to_owned(), figures)
    };
    let mut pooled = (Counts::default(), 0);
    for (counts, tn) in &counts {
        pooled.0 += *counts;
        pooled.1 += tn;
    }
    let supported = |category: &&usize| counts[**category].0.support() > 0;
    let macro_precisions: Vec<f64> =
        scope.iter().filter(supported).filter_map(|&category| rankings.average_precision[category]).collect();
    Figures {
        counts: Count {
            documents: sample.documents(),
            units: units.len(),
            paragraphs: sample.len(),
            labels: pooled.0.support(),
            predicted_labels: pooled.0.given(),
        },
        micro: Micro {
            average: average(&figures, &replicates, bootstrap, |figures| figures.micro),
            counts: pooled.0,
            mcc: pooled.0.mcc(pooled.1),
            average_precision: rankings.micro,
        },
        macro_: Macro {
            average: average(&figures, &replicates, bootstrap, |figures| figures.macro_),
            categories: scope.iter().filter(supported).count(),
            left_out: scope.iter().filter(|c| !supported(c)).map(|&category| ids[category].to_owned()).collect(),
            average_precision: mean(&macro_precisions),
        },
        weighted: average(&figures, &replicates, bootstrap, |figures| figures.weighted),
        samples: Samples {
            average: average(&figures, &replicates, bootstrap, |figures| figures.samples),
            paragraphs: totals.labelled(),
            empty: totals.paragraphs() - totals.labelled(),
        },
        exact_match: ratio(&figures, &replicates, bootstrap, |figures| figures.exact_match),
        hamming_loss: ratio(&figures, &replicates, bootstrap, |figures| figures.hamming_loss),
        per_category: scope.iter().map(per_category).collect(),
        per_language: languages(measured),
        per_kind: kinds(measured),
        confusion: Confused {
            labels: ids.iter().copied().chain(["(none)"]).map(str::to_owned).collect(),
            confusion: Confusion::of(sample),
        },
        documents: documents(measured, &ids, items, &missing, &replicates),
        calibration: rankings.calibration(sample, &scope, &ids),
        comparison: measured.other.map(|other| compare(measured, (&figures, &replicates), other, items, &scope, &ids)),
    }
}

fn units(sample: &Sample, unit: &[u32], missing: &[Missing]) -> Units {
    Units::new(sample, unit, &missing.iter().map(|missing| missing.counts()).collect::<Vec<_>>())
}

fn defined(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn average(
    figures: &Overall,
    replicates: &[Overall],
    bootstrap: &Bootstrap,
    of: impl Fn(&Overall) -> [f64; 3],
) -> Average {
    let [precision, recall, f1] = of(figures).map(defined);
    let interval = |place: usize| bootstrap.interval(replicates.iter().map(|figures| of(figures)[place]));
    Average {
        prf: Prf { precision, recall, f1 },
        precision_interval: interval(0),
        recall_interval: interval(1),
        f1_interval: interval(2),
    }
}

fn ratio(figures: &Overall, replicates: &[Overall], bootstrap: &Bootstrap, of: impl Fn(&Overall) -> f64) -> Ratio {
    Ratio { value: defined(of(figures)), interval: bootstrap.interval(replicates.iter().map(of)) }
}

/// The figures of some paragraphs.
pub fn group(measured: &Measured<'_>, rows: impl Iterator<Item = usize>) -> Group {
    let (sample, documents) = measured.sample.select(rows);
    // The units that are left, numbered from 0.
    let mut left: Vec<u32> = documents.iter().map(|&document| measured.units[document]).collect();
    let given = left.clone();
    left.sort_unstable();
    left.dedup();
    let number = |unit: &u32| left.partition_point(|other| other < unit) as u32;
    let unit: Vec<u32> = given.iter().map(number).collect();
    let units = Units::new(&sample, &unit, &vec![Counts::default(); sample.documents()]);
    let totals = units.total(&vec![1; units.len()]);
    let figures = totals.figures();
    let replicates = measured.bootstrap.replicates(&units);
    let per_category = |category: usize| {
        let counts = totals.categories[category];
        let id = measured.taxonomy.categories()[category].id.clone();
        (id, GroupCategory { support: counts.support(), predicted: counts.given(), f1: counts.prf().f1 })
    };
    Group {
        paragraphs: sample.len(),
        documents: sample.documents(),
        micro: average(&figures, &replicates, measured.bootstrap, |figures| figures.micro),
        macro_: average(&figures, &replicates, measured.bootstrap, |figures| figures.macro_),
        per_category: measured.scope.iter().map(per_category).collect(),
    }
}

fn languages(measured: &Measured<'_>) -> Named<Group> {
    let mut languages: Vec<Language> = measured.languages.to_vec();
    languages.sort_unstable();
    languages.dedup();
    let of = |language: Language| {
        let rows = (0..measured.sample.len()).filter(|&row| measured.languages[row] == language);
        (language.as_str().to_owned(), group(measured, rows))
    };
    languages.into_iter().map(of).collect()
}

fn kinds(measured: &Measured<'_>) -> Named<Group> {
    let present = klausul_core::Kind::ALL.into_iter().filter(|kind| measured.kinds.contains(kind));
    let of = |kind| {
        let rows = (0..measured.sample.len()).filter(|&row| measured.kinds[row] == kind);
        (kind.as_str().to_owned(), group(measured, rows))
    };
    present.map(of).collect()
}

fn documents(
    measured: &Measured<'_>,
    ids: &[&str],
    items: LabelSet,
    missing: &[Missing],
    replicates: &[Overall],
) -> Documents {
    let missed =
        |counts: Counts, f1_interval| Missed { support: counts.support(), counts, prf: counts.prf(), f1_interval };
    let mut pooled = Counts::default();
    for missing in missing {
        pooled += missing.counts();
    }
    let per_item: Named<Missed> =
        items.iter().map(|item| (ids[item].to_owned(), missed(Missing::item(missing, item), None))).collect();
    let over_items = |figure: fn(&Prf) -> Option<f64>| {
        let lacked = per_item.iter().filter(|(_, missed)| missed.support > 0);
        mean(&lacked.filter_map(|(_, missed)| figure(&missed.prf)).collect::<Vec<_>>())
    };
    let macro_ = Prf {
        precision: over_items(|prf| prf.precision),
        recall: over_items(|prf| prf.recall),
        f1: over_items(|prf| prf.f1),
    };
    let mut paragraphs = vec![0; missing.len()];
    (0..measured.sample.len()).for_each(|row| paragraphs[measured.sample.document(row)] += 1);
    let names = |set: LabelSet| set.iter().map(|item| ids[item].to_owned()).collect();
    let per_document = measured.documents.iter().zip(missing).zip(paragraphs);
    Documents {
        items: names(items),
        missing: missed(pooled, measured.bootstrap.interval(replicates.iter().map(|figures| figures.missing_f1))),
        macro_,
        per_document: per_document
            .map(|(((doc, lang), missing), paragraphs)| DocumentFigures {
                doc: doc.clone(),
                lang: lang.as_str().to_owned(),
                paragraphs,
                missing: names(missing.gold),
                found_missing: names(missing.found),
            })
            .collect(),
        per_item,
    }
}

/// What the scores give, by category; empty without scores.
struct Rankings {
    average_precision: Vec<Option<f64>>,
    micro: Option<f64>,
    curves: Vec<Vec<crate::ranking::CurvePoint>>,
    micro_curve: Vec<crate::ranking::CurvePoint>,
}

impl Rankings {
    fn of(sample: &Sample, scope: &[usize]) -> Self {
        let mut average_precisions = vec![None; sample.categories()];
        let mut curves = vec![Vec::new(); sample.categories()];
        for &category in scope {
            let curve = curve(sample.scored(category));
            average_precisions[category] = average_precision(&curve);
            curves[category] = thinned(&curve, POINTS);
        }
        let micro_curve = curve(scope.iter().flat_map(|&category| sample.scored(category)));
        Self {
            average_precision: average_precisions,
            micro: average_precision(&micro_curve),
            curves,
            micro_curve: thinned(&micro_curve, POINTS),
        }
    }

    fn calibration(&self, sample: &Sample, scope: &[usize], ids: &[&str]) -> Option<CalibrationFigures> {
        let all = calibration(scope.iter().flat_map(|&category| sample.scored(category)), BINS)?;
        let per_category = |&category: &usize| {
            let own = calibration(sample.scored(category), BINS)?;
            let curve = self.curves[category].clone();
            let own = CategoryCalibration { brier: own.brier, ece: own.ece, reliability: own.reliability, curve };
            Some((ids[category].to_owned(), own))
        };
        Some(CalibrationFigures {
            brier: all.brier,
            ece: all.ece,
            bins: BINS,
            reliability: all.reliability,
            micro_curve: self.micro_curve.clone(),
            per_category: scope.iter().filter_map(per_category).collect(),
        })
    }
}

fn compare(
    measured: &Measured<'_>,
    (ours, our_replicates): (&Overall, &[Overall]),
    other: &Sample,
    items: LabelSet,
    scope: &[usize],
    ids: &[&str],
) -> ComparisonFigures {
    let theirs = units(other, measured.units, &Missing::of(other, items));
    let figures = theirs.total(&vec![1; theirs.len()]).figures();
    let replicates = measured.bootstrap.replicates(&theirs);
    let comparison = Comparison::new(measured.bootstrap, [ours, &figures], [our_replicates, &replicates]);
    let per_category =
        |&category: &usize| (ids[category].to_owned(), comparison.of(|figures| figures.category_f1[category]));
    ComparisonFigures {
        micro_f1: comparison.of(|figures| figures.micro[2]),
        macro_f1: comparison.of(|figures| figures.macro_[2]),
        weighted_f1: comparison.of(|figures| figures.weighted[2]),
        samples_f1: comparison.of(|figures| figures.samples[2]),
        exact_match: comparison.of(|figures| figures.exact_match),
        missing_f1: comparison.of(|figures| figures.missing_f1),
        per_category: scope.iter().map(per_category).collect(),
    }
}
