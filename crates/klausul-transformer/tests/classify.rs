//! From a model directory to predictions, with models of random weights.
#![cfg(feature = "candle")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use klausul_core::{Classifier, Kind, Language, Paragraph, Prediction, Taxonomy};
use klausul_transformer::manifest::InputFormat;
use klausul_transformer::{CandleEncoder, Embedder, ModelDirectory, Pooling, TransformerClassifier, Workers};
use proptest::prelude::*;
use serde::Deserialize;

const MODELS: [&str; 2] = ["reference-bert", "reference-xlm-roberta"];
const TAXONOMY: &str = include_str!("fixtures/clauses.toml");

#[derive(Deserialize)]
struct Expected {
    text: String,
    mean: Vec<f32>,
    logits: [f32; 3],
}

fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(model)
}

fn expected(model: &str) -> Vec<Expected> {
    serde_json::from_slice(&std::fs::read(folder(model).join("expected.json")).unwrap()).unwrap()
}

fn taxonomy() -> Taxonomy {
    Taxonomy::from_toml(TAXONOMY).unwrap()
}

fn open(folder: &Path, workers: usize) -> klausul_core::Result<TransformerClassifier> {
    let directory = ModelDirectory::open(folder)?;
    TransformerClassifier::new(&directory, CandleEncoder::new, taxonomy(), Arc::new(Workers::new(workers)?))
}

fn paragraph(context: &[&str], text: &str) -> Paragraph {
    Paragraph {
        id: "p".into(),
        index: 0,
        language: Language::UNKNOWN,
        kind: Kind::Text,
        context: context.iter().map(|&heading| heading.to_owned()).collect(),
        text: text.into(),
        start: 0,
        end: text.len(),
    }
}

/// A copy of a model directory with one file changed.
fn changed(model: &str, file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["config.json", "tokenizer.json", "model.safetensors", "klausul.json"] {
        let bytes = std::fs::read(folder(model).join(name)).unwrap();
        std::fs::write(copy.path().join(name), if name == file { change(bytes) } else { bytes }).unwrap();
    }
    copy
}

#[test]
fn predictions_are_those_of_pytorch() {
    for model in MODELS {
        ModelDirectory::open(folder(model)).unwrap().verify().unwrap();
        let classifier = open(&folder(model), 2).unwrap();
        let texts: Vec<Expected> = expected(model).into_iter().filter(|text| text.text.len() < 100).collect();
        let paragraphs: Vec<Paragraph> = texts.iter().map(|text| paragraph(&[], &text.text)).collect();
        let predictions = classifier.classify(&paragraphs).unwrap();
        for (text, prediction) in texts.iter().zip(predictions) {
            let [storage, erasure, contact] = text.logits.map(f64::from);
            let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
            // In the order of the taxonomy, with the calibration and the thresholds of the manifest.
            let scores = [sigmoid(contact), sigmoid(1.5 * storage - 0.25), sigmoid(erasure)];
            let mut labels = Vec::new();
            for (category, threshold) in [0.6, 0.5, 0.3].into_iter().enumerate() {
                assert!(
                    (f64::from(prediction.scores[category]) - scores[category]).abs() < 1e-5,
                    "{model} {}",
                    text.text
                );
                assert!((scores[category] - threshold).abs() > 1e-5);
                labels.extend((scores[category] > threshold).then_some(category));
            }
            assert_eq!((prediction.labels, prediction.evidence.len()), (labels, 0), "{model} {}", text.text);
        }
        assert_eq!(classifier.model(), format!("{model}-0.1+clauses-1/candle"));
    }
}

#[test]
fn a_long_paragraph_has_the_highest_probability_of_its_windows() {
    let classifier = open(&folder(MODELS[0]), 1).unwrap();
    let sentences = ["Wir geben keine Daten an Dritte.", "Ne mund të.", "Przechowujemy dane.", "E-mail."];
    let long = sentences.map(|sentence| sentence.repeat(3).replace(".W", ". W")).join(" ");
    let whole = classifier.logits(&[paragraph(&[], &long), paragraph(&[], "a")]).unwrap();
    let single = classifier.logits(&[paragraph(&[], "a")]).unwrap();
    assert_eq!(whole[1], single[0]);
    let vectors = classifier.embedder().embed(&[paragraph(&[], &long)]).unwrap();
    assert_eq!(vectors.len(), classifier.embedder().hidden());
    // Text that is appended as windows of its own can only add.
    let longer = format!("{long} {}", "D. ".repeat(100));
    let more = classifier.logits(&[paragraph(&[], &longer)]).unwrap();
    assert!(more[0].len() == 3 && more[0].iter().all(|logit| logit.is_finite()));
    let huge = "Vi sparar din adress. ".repeat(5000);
    assert_eq!(huge.len(), 110_000);
    assert_eq!(classifier.classify(&[paragraph(&["Your rights"], &huge)]).unwrap().len(), 1);
    assert!(classifier.classify(&[]).unwrap().is_empty());
}

#[test]
fn a_plain_directory_encodes() {
    let copy = changed(MODELS[0], "none", |bytes| bytes);
    std::fs::remove_file(copy.path().join("klausul.json")).unwrap();
    let directory = ModelDirectory::open(copy.path()).unwrap();
    let workers = Arc::new(Workers::new(1).unwrap());
    let format = InputFormat { prefix: "query: ".into(), kinds: false, max_tokens: 80 };
    let embedder =
        Embedder::plain(&directory, CandleEncoder::new, &format, Pooling::Mean, Arc::clone(&workers)).unwrap();
    for text in expected(MODELS[0]) {
        let vector = embedder.embed(&[paragraph(&[], &text.text)]).unwrap();
        assert!(vector.iter().zip(&text.mean).all(|(a, b)| (a - b).abs() < 1e-5), "{}", text.text);
    }
    let refused = Embedder::new(&directory, CandleEncoder::new, Arc::clone(&workers)).unwrap_err().to_string();
    assert!(refused.contains("no klausul.json"), "{refused}");
    let refused =
        TransformerClassifier::new(&directory, CandleEncoder::new, taxonomy(), workers).unwrap_err().to_string();
    assert!(refused.contains("train a head"), "{refused}");
}

#[test]
fn bad_model_files_name_the_file_and_the_mend() {
    let json = |from: &'static str, to: &'static str| {
        move |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replacen(from, to, 1).into_bytes()
    };
    let cut = |bytes: Vec<u8>| bytes[..bytes.len() / 2].to_vec();
    let model = MODELS[1];
    for (copy, named) in [
        (
            changed(model, "config.json", json("XLMRobertaModel", "LongformerModel")),
            "config.json: `architectures` `LongformerModel`",
        ),
        (
            changed(model, "config.json", json("\"vocab_size\": 1", "\"vocab_size\": 9")),
            "word_embeddings.weight` has the shape",
        ),
        (changed(model, "config.json", cut), "config.json: "),
        (changed(model, "tokenizer.json", cut), "tokenizer.json: not a tokenizer"),
        (changed(model, "model.safetensors", cut), "model.safetensors: "),
        (changed(model, "klausul.json", cut), "klausul.json:"),
        (
            changed(model, "klausul.json", json("\"head_layers\": 2", "\"head_layers\": 1")),
            "`head.0.weight` has the shape [16, 32], not [3, 32]",
        ),
        (changed(model, "klausul.json", json("storage", "weather")), "klausul.json: label `weather` is not a category"),
        (
            changed(model, "klausul.json", json("\"clauses\"", "\"pets\"")),
            "the model is of taxonomy `pets` `1`, not `clauses` `1`",
        ),
        (changed(model, "klausul.json", json("\"max_tokens\": 48", "\"max_tokens\": 400")), "positions for 80"),
    ] {
        let error = open(copy.path(), 1).unwrap_err().to_string();
        assert!(error.contains(named) && error.contains("; "), "{error}");
    }
    let fewer = TAXONOMY.replacen(
        "[[category]]",
        "[[category]]\nid = \"fourth\"\nname = \"x\"\ndefinition = \"x\"\n[[category]]",
        1,
    );
    let directory = ModelDirectory::open(folder(model)).unwrap();
    let taxonomy = Taxonomy::from_toml(&fewer).unwrap();
    let error =
        TransformerClassifier::new(&directory, CandleEncoder::new, taxonomy, Arc::new(Workers::new(1).unwrap()));
    assert!(error.unwrap_err().to_string().contains("no label for category `fourth`"));
}

/// Scores as bits: equal means byte-identical.
fn bits(predictions: &[Prediction]) -> Vec<Vec<u32>> {
    predictions.iter().map(|prediction| prediction.scores.iter().map(|score| score.to_bits()).collect()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn batch_order_and_workers_change_no_bit(
        texts in prop::collection::vec(("[a-zë .]{0,120}", prop::option::of("[A-Za-z ]{1,30}")), 1..12),
        workers in 2_usize..4,
        tokens in 1_usize..200,
        turn in any::<prop::sample::Index>(),
    ) {
        let paragraphs: Vec<Paragraph> = texts
            .iter()
            .map(|(text, heading)| paragraph(heading.as_deref().as_slice(), text))
            .collect();
        let one = open(&folder(MODELS[1]), 1).unwrap();
        let together = bits(&one.classify(&paragraphs).unwrap());
        let mut alone = Vec::new();
        for paragraph in &paragraphs {
            alone.extend(bits(&one.classify(std::slice::from_ref(paragraph)).unwrap()));
        }
        prop_assert_eq!(&together, &alone);
        let many = open(&folder(MODELS[1]), workers).unwrap().with_batch_tokens(tokens);
        let turn = turn.index(paragraphs.len());
        let mut turned = paragraphs.clone();
        turned.rotate_left(turn);
        let mut expected = together.clone();
        expected.rotate_left(turn);
        prop_assert_eq!(expected, bits(&many.classify(&turned).unwrap()));
    }
}
