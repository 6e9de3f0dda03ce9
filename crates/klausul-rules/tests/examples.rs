//! Runs the sentences of `data/lexicon/examples` through the built-in rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use klausul_core::{Classifier, Kind, Language, Paragraph};
use klausul_rules::RuleClassifier;
use serde_json::Value;

/// Languages whose lexicons cover every category.
const FIRST_CLASS: &[&str] = &[
    "bg", "cs", "da", "de", "el", "en", "es", "fi", "fr", "hr", "hu", "it", "nb", "nl", "pl", "pt", "ro", "sq", "sv",
    "tr",
];

/// Languages whose lexicons cover at least [`AT_LEAST`].
const OTHERS: &[&str] = &["bs", "ca", "et", "ga", "is", "lt", "lv", "mk", "mt", "nn", "sk", "sl", "sr", "uk"];

/// What the other lexicons cover at least.
const AT_LEAST: &[&str] = &[
    "right_access",
    "right_rectification",
    "right_erasure",
    "right_restriction",
    "right_objection",
    "right_portability",
    "right_withdraw_consent",
    "right_complaint",
    "retention_period",
    "recipients",
    "third_country_transfer",
    "cookies_tracking",
    "security_measures",
    "children_data",
    "policy_change",
];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/lexicon")
}

fn paragraph(example: &Value, file_language: &str) -> Paragraph {
    let text = example["text"].as_str().expect("`text`");
    let context = example["context"].as_array().into_iter().flatten();
    Paragraph {
        id: String::new(),
        index: 0,
        language: example["lang"].as_str().unwrap_or(file_language).parse().expect("`lang`"),
        kind: example["kind"].as_str().map_or(Kind::Text, |kind| kind.parse().expect("`kind`")),
        context: context.map(|entry| entry.as_str().expect("`context`").to_owned()).collect(),
        text: text.to_owned(),
        start: 0,
        end: text.len(),
    }
}

#[test]
fn every_example_is_decided_as_written() {
    let rules = RuleClassifier::builtin().unwrap().with_evidence(true);
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let language = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let example: Value = serde_json::from_str(line).unwrap();
            let category = rules.taxonomy().index_of(example["category"].as_str().unwrap()).expect("a category id");
            let prediction = rules.classify(&[paragraph(&example, &language)]).unwrap().remove(0);
            if prediction.labels.contains(&category) != example["hit"].as_bool().expect("`hit`") {
                wrong.push(format!("{language}.jsonl:{}: {line}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_language_has_examples_enough() {
    let rules = RuleClassifier::builtin().unwrap();
    let mut short = Vec::new();
    for language in rules.languages() {
        let shared = ["bs", "sr", "nn"].contains(&language.as_str());
        let file = if language.as_str() == "nn" { "nb" } else { "hr" };
        let file = if shared { file } else { language.as_str() };
        let counts = count(file, language);
        let required: Vec<&str> = if FIRST_CLASS.contains(&file) {
            rules.taxonomy().categories().iter().map(|category| category.id.as_str()).collect()
        } else {
            AT_LEAST.to_vec()
        };
        for category in required {
            let (hits, misses) = counts.get(category).copied().unwrap_or_default();
            // Relatives that share a file share its examples; the file as a whole has them all.
            if !shared && (hits < 3 || misses < 2) {
                short.push(format!("{language} {category}: {hits} that must hit, {misses} that must not"));
            }
        }
        if shared && counts.is_empty() {
            short.push(format!("{language}: no example at all in {file}.jsonl"));
        }
    }
    for language in FIRST_CLASS.iter().chain(OTHERS) {
        assert!(rules.languages().contains(&language.parse().unwrap()), "{language} has no lexicon");
    }
    assert!(short.is_empty(), "{}", short.join("\n"));
}

/// Examples of a file by category: all of them for the language that names the file, else those of that language.
fn count(file: &str, language: Language) -> BTreeMap<String, (usize, usize)> {
    let mut counts = BTreeMap::<String, (usize, usize)>::new();
    let path = folder().join("examples").join(format!("{file}.jsonl"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for line in text.lines() {
        let example: Value = serde_json::from_str(line).unwrap();
        if file == language.as_str() || example["lang"].as_str() == Some(language.as_str()) {
            let count = counts.entry(example["category"].as_str().unwrap().to_owned()).or_default();
            *(if example["hit"].as_bool().unwrap() { &mut count.0 } else { &mut count.1 }) += 1;
        }
    }
    counts
}
