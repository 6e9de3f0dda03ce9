//! The metrics against values of scikit-learn (`scripts/eval_fixtures/metrics.py`), and what must hold of any data.

use std::fmt::Write;

use klausul_core::{Kind, Language, Taxonomy};
use klausul_eval::report::{Average, Figures, Measured, measure};
use klausul_eval::{Bootstrap, LabelSet, Sample};
use proptest::prelude::*;
use serde_json::Value;

fn taxonomy(categories: usize) -> Taxonomy {
    let mut text = "name = \"n\"\nversion = \"1\"\n".to_owned();
    for category in 0..categories {
        _ = write!(
            text,
            "[[category]]\nid = \"c{category}\"\nname = \"C\"\ndefinition = \"d\"\narticles = [\"13(1)(a)\"]\n"
        );
    }
    Taxonomy::from_toml(&text).unwrap()
}

fn figures(sample: &Sample) -> Figures {
    let taxonomy = taxonomy(sample.categories());
    let documents: Vec<_> = (0..sample.documents()).map(|number| (format!("d{number}"), Language::UNKNOWN)).collect();
    let units: Vec<u32> = (0..sample.documents() as u32).collect();
    measure(&Measured {
        taxonomy: &taxonomy,
        sample,
        documents: &documents,
        languages: &vec![Language::UNKNOWN; sample.len()],
        kinds: &vec![Kind::Text; sample.len()],
        units: &units,
        scope: LabelSet::all(sample.categories()),
        bootstrap: &Bootstrap::default().with_replicates(20),
        other: None,
    })
}

/// The sample of a case, decided at one half.
fn sample(case: &Value) -> Sample {
    let rows = |name: &str| case[name].as_array().unwrap().clone();
    let numbers = |row: &Value| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
    let categories = case["per_category"].as_array().unwrap().len();
    let mut sample = Sample::new(categories).unwrap();
    let set = |row: &[f64]| (0..categories).filter(|&category| row[category] >= 0.5).collect::<LabelSet>();
    let mut scores = Vec::new();
    for ((gold, score), document) in rows("gold").iter().zip(rows("scores")).zip(rows("documents")) {
        let score = numbers(&score);
        sample
            .push(document.as_u64().unwrap() as u32, LabelSet::all(categories), set(&numbers(gold)), set(&score))
            .unwrap();
        scores.extend(score.iter().map(|&score| score as f32));
    }
    sample.with_scores(scores).unwrap()
}

fn assert_close(ours: Option<f64>, theirs: &Value, what: &str) {
    match (ours, theirs.as_f64()) {
        // Scores are f32 here and f64 there.
        (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-6, "{what}: {ours} is not {theirs}"),
        (ours, theirs) => assert_eq!(ours, theirs, "{what}"),
    }
}

#[test]
fn every_metric_is_that_of_scikit_learn() {
    let cases: Vec<Value> = serde_json::from_str(include_str!("fixtures/metrics.json")).unwrap();
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        let figures = figures(&sample(case));
        let average = |average: &Average, of: &str| {
            let prf = average.prf;
            for (place, ours) in [prf.precision, prf.recall, prf.f1].into_iter().enumerate() {
                assert_close(ours, &case[of][place], &format!("{name}: {of} {place}"));
            }
        };
        average(&figures.micro.average, "micro");
        average(&figures.macro_.average, "macro");
        average(&figures.weighted, "weighted");
        average(&figures.samples.average, "samples");
        assert_close(figures.exact_match.value, &case["exact_match"], name);
        assert_close(figures.hamming_loss.value, &case["hamming_loss"], name);
        assert_close(Some(figures.micro.mcc), &case["micro_mcc"], name);
        assert_close(figures.micro.average_precision, &case["micro_average_precision"], name);
        assert_close(figures.macro_.average_precision, &case["macro_average_precision"], name);
        let calibration = figures.calibration.as_ref().unwrap();
        assert_close(Some(calibration.brier), &case["brier"], name);
        let categories = case["per_category"].as_array().unwrap();
        assert_eq!(figures.macro_.left_out, [format!("c{}", categories.len() - 1)]);
        for (theirs, (id, ours)) in categories.iter().zip(figures.per_category.iter()) {
            assert_eq!(theirs["support"].as_u64(), Some(ours.support), "{name} {id}");
            assert_close(ours.average_precision, &theirs["average_precision"], id);
            assert_close(calibration.per_category.get(id).map(|own| own.brier), &theirs["brier"], id);
            assert_close(ours.mcc, &theirs["mcc"], id);
            // Where there is no gold label recall is undefined, which scikit-learn writes as 0.
            assert_close(ours.prf.recall.or(Some(0.0)), &theirs["recall"], id);
            assert_close(ours.prf.precision, &theirs["precision"], id);
            assert_close(ours.prf.f1, &theirs["f1"], id);
        }
    }
}

/// Gold and predicted sets over `categories`, with their documents.
fn decisions(categories: usize) -> impl Strategy<Value = Vec<(u32, Vec<bool>, Vec<bool>)>> {
    let set = || prop::collection::vec(any::<bool>(), categories);
    prop::collection::vec((0..5_u32, set(), set()), 1..60)
}

fn built(rows: &[(u32, Vec<bool>, Vec<bool>)], order: &[usize]) -> Sample {
    let mut sample = Sample::new(order.len()).unwrap();
    let set = |flags: &[bool]| (0..order.len()).filter(|&place| flags[order[place]]).collect::<LabelSet>();
    let mut numbers = Vec::new();
    for (document, gold, predicted) in rows {
        let number = numbers.iter().position(|own| own == document).unwrap_or_else(|| {
            numbers.push(*document);
            numbers.len() - 1
        });
        sample.push(number as u32, LabelSet::all(order.len()), set(gold), set(predicted)).unwrap();
    }
    sample
}

proptest! {
    #[test]
    fn a_perfect_prediction_is_one(rows in decisions(4)) {
        let perfect: Vec<_> = rows.iter().map(|(document, gold, _)| (*document, gold.clone(), gold.clone())).collect();
        let figures = figures(&built(&perfect, &[0, 1, 2, 3]));
        prop_assert_eq!(figures.exact_match.value, Some(1.0));
        prop_assert_eq!(figures.hamming_loss.value, Some(0.0));
        let f1 = [figures.micro.average, figures.macro_.average, figures.weighted, figures.samples.average].map(|a| a.prf.f1);
        let any = rows.iter().any(|(_, gold, _)| gold.contains(&true));
        // The mean of ones may lack the last digit.
        prop_assert!(f1.iter().all(|f1| f1.is_some_and(|f1| (f1 - 1.0).abs() < 1e-12) == any), "{:?}", f1);
        prop_assert!(figures.documents.missing.counts.fp + figures.documents.missing.counts.fn_ == 0);
    }

    #[test]
    fn the_order_of_labels_and_paragraphs_does_not_matter(rows in decisions(4)) {
        let one = figures(&built(&rows, &[0, 1, 2, 3]));
        let two = figures(&built(&rows, &[2, 0, 3, 1]));
        let backwards: Vec<_> = rows.iter().rev().cloned().collect();
        let three = figures(&built(&backwards, &[0, 1, 2, 3]));
        for other in [&two, &three] {
            prop_assert_eq!(one.micro.average.prf, other.micro.average.prf);
            prop_assert_eq!(one.exact_match.value, other.exact_match.value);
            let [ours, theirs] = [&one, other].map(|figures| figures.macro_.average.prf.f1.unwrap_or(-1.0));
            prop_assert!((ours - theirs).abs() < 1e-12);
            prop_assert_eq!(one.documents.missing.counts, other.documents.missing.counts);
        }
        prop_assert_eq!(one.per_category.get("c2"), {
            let same = two.per_category.get("c0");
            prop_assert!((same.unwrap().f1_interval.is_some()) == (one.per_category.get("c2").unwrap().f1_interval.is_some()));
            same
        });
    }

    #[test]
    fn micro_figures_are_those_of_the_pooled_counts(rows in decisions(3)) {
        let figures = figures(&built(&rows, &[0, 1, 2]));
        let (mut tp, mut fp, mut fn_) = (0, 0, 0);
        for (_, gold, predicted) in &rows {
            for (gold, predicted) in gold.iter().zip(predicted) {
                match (gold, predicted) {
                    (true, true) => tp += 1,
                    (false, true) => fp += 1,
                    (true, false) => fn_ += 1,
                    (false, false) => {}
                }
            }
        }
        prop_assert_eq!((figures.micro.counts.tp, figures.micro.counts.fp, figures.micro.counts.fn_), (tp, fp, fn_));
        let f1 = (2 * tp + fp + fn_ > 0).then(|| 2.0 * tp as f64 / (2 * tp + fp + fn_) as f64);
        prop_assert_eq!(figures.micro.average.prf.f1, f1);
        let by_category: u64 = figures.per_category.iter().map(|(_, own)| own.counts.tp).sum();
        prop_assert_eq!(by_category, tp);
    }

    #[test]
    fn what_is_out_of_scope_changes_nothing(rows in decisions(3), extra in prop::collection::vec(any::<bool>(), 60)) {
        let narrow = built(&rows, &[0, 1]);
        let mut wide = Sample::new(3).unwrap();
        for (row, &noisy) in (0..narrow.len()).zip(&extra) {
            let noise = if noisy { LabelSet::one(2) } else { LabelSet::EMPTY };
            let (gold, predicted) = (narrow.gold(row), narrow.predicted(row));
            wide.push(narrow.document(row) as u32, LabelSet::all(2), gold, predicted | noise).unwrap();
        }
        let [narrow, wide] = [figures(&narrow), figures(&wide)];
        prop_assert_eq!(narrow.micro.average, wide.micro.average);
        prop_assert_eq!(narrow.hamming_loss, wide.hamming_loss);
        prop_assert_eq!(narrow.samples, wide.samples);
    }
}
