//! The measures of agreement against values of scikit-learn, statsmodels, nltk and krippendorff
//! (`scripts/eval_fixtures/agreement.py`).

use klausul_eval::LabelSet;
use klausul_eval::agreement::{
    Ratings, SetDistance, cohen_kappa, fleiss_kappa, krippendorff_alpha, masi_distance, set_alpha,
};
use serde_json::Value;

fn fixture() -> Value {
    serde_json::from_str(include_str!("fixtures/agreement.json")).unwrap()
}

fn set(labels: &Value) -> LabelSet {
    labels.as_array().unwrap().iter().map(|label| label.as_u64().unwrap() as usize).collect()
}

fn ratings(case: &Value) -> Ratings {
    let items = case["ratings"].as_array().unwrap();
    let annotators = items[0].as_array().unwrap().len();
    let mut ratings = Ratings::new(case["categories"].as_u64().unwrap() as usize, annotators).unwrap();
    for item in items {
        let rating = |rating: &Value| (!rating.is_null()).then(|| set(rating));
        ratings.push(&item.as_array().unwrap().iter().map(rating).collect::<Vec<_>>()).unwrap();
    }
    ratings
}

fn assert_close(ours: Option<f64>, theirs: &Value, what: &str) {
    match (ours, theirs.as_f64()) {
        (Some(ours), Some(theirs)) => assert!((ours - theirs).abs() < 1e-9, "{what}: {ours} is not {theirs}"),
        (ours, theirs) => assert_eq!(ours, theirs, "{what}"),
    }
}

fn assert_all_close(ours: &[Option<f64>], theirs: &Value, what: &str) {
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.len(), theirs.len());
    for (category, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_close(*ours, theirs, &format!("{what} of category {category}"));
    }
}

#[test]
fn masi_as_nltk() {
    for row in fixture()["masi"].as_array().unwrap() {
        assert_close(Some(masi_distance(set(&row["sets"][0]), set(&row["sets"][1]))), &row["distance"], "MASI");
    }
}

#[test]
fn kappa_as_scikit_learn_and_statsmodels() {
    for case in fixture()["cases"].as_array().unwrap() {
        let ratings = ratings(case);
        for row in case["cohen"].as_array().unwrap() {
            let annotator = |at: usize| row["pair"][at].as_u64().unwrap() as usize;
            assert_all_close(&cohen_kappa(&ratings, annotator(0), annotator(1)), &row["kappa"], "Cohen's kappa");
        }
        if !case["fleiss"].is_null() {
            assert_all_close(&fleiss_kappa(&ratings), &case["fleiss"], "Fleiss' kappa");
        }
    }
}

#[test]
fn alpha_as_krippendorff() {
    for case in fixture()["cases"].as_array().unwrap() {
        let ratings = ratings(case);
        assert_all_close(&krippendorff_alpha(&ratings), &case["alpha"], "alpha");
        assert_close(set_alpha(&ratings, SetDistance::Nominal), &case["alpha_nominal"], "nominal alpha of sets");
        assert_close(set_alpha(&ratings, SetDistance::Masi), &case["alpha_masi"], "MASI alpha of sets");
    }
}
