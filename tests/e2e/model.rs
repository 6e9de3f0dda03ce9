//! Models to run: small ones with random weights, whose logits PyTorch has said.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::util::{Folder, Ran};

/// The models' names.
pub(crate) const MODELS: [&str; 2] = ["reference-bert", "reference-xlm-roberta"];
/// The files that make up a model.
pub(crate) const FILES: [&str; 4] = ["config.json", "tokenizer.json", "model.safetensors", "klausul.json"];
/// From which probability on a category is decided.
const THRESHOLDS: [(&str, f64); 3] = [("contact", 0.6), ("storage", 0.5), ("erasure", 0.3)];
/// The taxonomy that they were made for, in another order than the labels of their heads.
const TAXONOMY: &str = include_str!("../../crates/klausul-transformer/tests/fixtures/clauses.toml");

/// A paragraph with its logits of the labels `storage`, `erasure` and `contact`.
pub(crate) struct Known {
    pub(crate) text: String,
    pub(crate) logits: [f64; 3],
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/klausul-transformer/tests/fixtures").join(name)
}

/// The paragraphs of which the logits are known, as far as one window holds them.
pub(crate) fn known(model: &str) -> Vec<Known> {
    let file = std::fs::read(fixture(model).join("expected.json")).unwrap();
    let rows: Vec<Value> = serde_json::from_slice(&file).unwrap();
    let known = |row: &Value| Known {
        text: row["text"].as_str().unwrap().to_owned(),
        logits: [0, 1, 2].map(|label| row["logits"][label].as_f64().unwrap()),
    };
    rows.iter().map(known).filter(|known| (1..100).contains(&known.text.len())).collect()
}

/// A folder with the taxonomy, a model in `model` and its known paragraphs in `texts.jsonl`.
pub(crate) fn folder(model: &str) -> Folder {
    let folder = Folder::new();
    folder.write("taxonomy.toml", TAXONOMY);
    for file in FILES {
        folder.write(&format!("model/{file}"), std::fs::read(fixture(model).join(file)).unwrap());
    }
    let row = |known: Known| format!("{}\n", json!({ "text": known.text }));
    folder.write("texts.jsonl", known(model).into_iter().map(row).collect::<String>());
    folder
}

/// Classifies the known paragraphs with the folder's model.
pub(crate) fn classify(folder: &Folder, arguments: &[&str]) -> Ran {
    let all = ["classify", "texts.jsonl", "--model", "model", "--taxonomy", "taxonomy.toml"];
    folder.run(&[&all, arguments].concat())
}

/// Replaces a text in a file of the folder that has it once.
pub(crate) fn replace(folder: &Folder, file: &str, from: &str, to: &str) {
    let content = folder.read(file);
    assert_eq!(content.matches(from).count(), 1, "{from}");
    folder.write(file, content.replacen(from, to, 1));
}

/// Checks that probabilities are as near to others as `bound`, that labels follow from them, and that they are the same as the
/// others' wherever these are further from the threshold than that: for half of the decisions at least.
pub(crate) fn agree(records: &[Value], others: &[Value], bound: f64) {
    assert_eq!(records.len(), others.len());
    let mut clear = 0;
    for (record, other) in records.iter().zip(others) {
        for (category, threshold) in THRESHOLDS {
            let decided = |record: &Value| record["labels"].as_array().unwrap().contains(&json!(category));
            let (own, theirs) = (score(record, category), score(other, category));
            assert!((own - theirs).abs() < bound, "{category}: {own} {theirs} {}", record["text"]);
            assert_eq!(decided(record), own >= threshold, "{record}");
            if (theirs - threshold).abs() > bound {
                assert_eq!(decided(record), decided(other), "{category}: {own} {theirs} {}", record["text"]);
                clear += 1;
            }
        }
    }
    assert!(2 * clear >= records.len() * THRESHOLDS.len(), "{clear} of {} paragraphs", records.len());
}

pub(crate) fn score(record: &Value, category: &str) -> f64 {
    record["scores"][category].as_f64().unwrap()
}

/// One line that says what is wrong with the model, after which comes the mend; no data.
pub(crate) fn refused(ran: &Ran, named: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("klausul: error: ") && ran.stderr.lines().count() == 1, "{}", ran.stderr);
    for named in named {
        assert!(ran.stderr.contains(named), "no {named}: {}", ran.stderr);
    }
    assert!(ran.stderr.contains("; "), "{}", ran.stderr);
}
