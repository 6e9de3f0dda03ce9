use proptest::prelude::*;

use super::*;

const CATEGORIES: usize = 5;

fn table(annotators: usize) -> impl Strategy<Value = Vec<Vec<Option<Vec<usize>>>>> {
    let rating = prop::option::weighted(0.8, prop::collection::vec(0..CATEGORIES, 0..3));
    prop::collection::vec(prop::collection::vec(rating, annotators), 0..30)
}

fn ratings(table: &[Vec<Option<Vec<usize>>>], annotators: usize, category: impl Fn(usize) -> usize) -> Ratings {
    let mut ratings = Ratings::new(CATEGORIES, annotators).unwrap();
    for item in table {
        let set = |labels: &Vec<usize>| labels.iter().map(|&label| category(label)).collect();
        ratings.push(&item.iter().map(|rating| rating.as_ref().map(set)).collect::<Vec<_>>()).unwrap();
    }
    ratings
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-9,
        (a, b) => a == b,
    }
}

fn measure(ratings: &Ratings) -> Agreement {
    let documents: Vec<usize> = (0..ratings.len()).map(|item| item / 3).collect();
    Agreement::measure(ratings, &documents, &Bootstrap::default().with_replicates(20)).unwrap()
}

/// The measures of a category that chance correction can make undefined.
fn chance_corrected(row: &CategoryAgreement) -> [Option<f64>; 3] {
    [row.cohen_kappa, row.fleiss_kappa, row.alpha]
}

proptest! {
    #[test]
    fn perfect_agreement_is_one(table in table(1)) {
        let copies: Vec<_> = table.iter().map(|item| vec![item[0].clone(); 3]).collect();
        let agreement = measure(&ratings(&copies, 3, |label| label));
        for row in &agreement.categories {
            prop_assert!(chance_corrected(row).into_iter().all(|value| value.is_none() || close(value, Some(1.0))));
            prop_assert!(row.positive.is_none() || close(row.positive, Some(1.0)));
        }
        for alpha in [agreement.overall.alpha_masi, agreement.overall.alpha_nominal] {
            prop_assert!(alpha.value.is_none() || close(alpha.value, Some(1.0)));
            let ends = alpha.interval.unwrap_or([1.0; 2]);
            prop_assert!(ends.into_iter().all(|end| close(Some(end), Some(1.0))));
        }
    }

    #[test]
    fn names_of_categories_do_not_matter(table in table(3), shift in 1..CATEGORIES) {
        let plain = measure(&ratings(&table, 3, |label| label));
        let moved = measure(&ratings(&table, 3, |label| (label + shift) % CATEGORIES));
        for row in &plain.categories {
            let other = &moved.categories[(row.category + shift) % CATEGORIES];
            prop_assert_eq!(&row.support, &other.support);
            for (a, b) in chance_corrected(row).into_iter().zip(chance_corrected(other)) {
                prop_assert!(close(a, b));
            }
        }
        prop_assert!(close(plain.overall.alpha_masi.value, moved.overall.alpha_masi.value));
        prop_assert!(close(plain.overall.macro_alpha, moved.overall.macro_alpha));
    }

    #[test]
    fn the_order_of_annotators_does_not_matter(table in table(3)) {
        let mut turned = table.clone();
        for item in &mut turned {
            item.rotate_left(1);
        }
        let (plain, turned) = (measure(&ratings(&table, 3, |l| l)), measure(&ratings(&turned, 3, |l| l)));
        for (a, b) in plain.categories.iter().zip(&turned.categories) {
            prop_assert!(chance_corrected(a).into_iter().zip(chance_corrected(b)).all(|(a, b)| close(a, b)));
        }
        prop_assert!(close(plain.overall.alpha_masi.value, turned.overall.alpha_masi.value));
    }

    #[test]
    fn no_measure_is_beyond_its_range(table in table(3)) {
        let agreement = measure(&ratings(&table, 3, |label| label));
        for row in &agreement.categories {
            let values = chance_corrected(row).into_iter().chain([row.percent, row.positive]).flatten();
            prop_assert!(values.into_iter().all(|value| value.is_finite() && value <= 1.0 + 1e-12));
        }
        let json = serde_json::to_value(&agreement).unwrap();
        prop_assert_eq!(json["categories"].as_array().unwrap().len(), CATEGORIES);
    }
}

#[test]
fn every_item_needs_its_document() {
    let ratings = ratings(&[vec![None, None]], 2, |label| label);
    let error = Agreement::measure(&ratings, &[], &Bootstrap::default()).unwrap_err();
    assert_eq!(error.to_string(), "`0` documents are named for 1 items; name the document of every item");
}
