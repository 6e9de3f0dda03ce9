//! The int8 engine against PyTorch, against itself on every path, and on what it must refuse.

use std::path::PathBuf;

use klausul_transformer::int8::QuantisedModel;
use klausul_transformer::{EncoderConfig, Int8Encoder, KernelPath, Pooling, Scratch, Weights};
use proptest::prelude::*;
use serde::Deserialize;

/// Least cosine to PyTorch's vectors: rounding weights and activations to bytes costs a random model a few thousandths.
const LEAST_COSINE: f32 = 0.999;

#[derive(Deserialize)]
struct Expected {
    ids: Vec<u32>,
    mean: Vec<f32>,
    first: Vec<f32>,
}

fn fixture(model: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(model)
}

fn load(model: &str) -> Int8Encoder {
    let config = EncoderConfig::open(fixture(model).join("config.json")).unwrap();
    Int8Encoder::new(&config, &Weights::open(fixture(model).join("model.safetensors")).unwrap()).unwrap()
}

fn encode(encoder: &Int8Encoder, texts: &[Vec<u32>], pooling: Pooling) -> Vec<Vec<f32>> {
    let size = encoder.config().hidden_size;
    let tokens = texts.concat();
    let ends: Vec<u32> = texts
        .iter()
        .scan(0, |end, text| {
            *end += text.len() as u32;
            Some(*end)
        })
        .collect();
    let mut out = vec![f32::NAN; texts.len() * size];
    encoder.encode(&tokens, &ends, pooling, &mut Scratch::new(), &mut out).unwrap();
    out.chunks(size).map(<[f32]>::to_vec).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn vectors_agree_with_pytorch() {
    for model in ["tiny-bert", "tiny-xlm-roberta"] {
        let encoder = load(model);
        let expected = std::fs::read_to_string(fixture(model).join("expected.json")).unwrap();
        let expected: Vec<Expected> = serde_json::from_str(&expected).unwrap();
        let texts: Vec<_> = expected.iter().map(|text| text.ids.clone()).collect();
        let (means, firsts) = (encode(&encoder, &texts, Pooling::Mean), encode(&encoder, &texts, Pooling::First));
        for ((text, mean), first) in expected.iter().zip(&means).zip(&firsts) {
            let (mean, first) = (cosine(mean, &text.mean), cosine(first, &text.first));
            assert!(
                mean >= LEAST_COSINE && first >= LEAST_COSINE,
                "{model}, {} tokens: {mean}, {first}",
                text.ids.len()
            );
        }
    }
}

#[test]
fn every_path_gives_the_same_bits() {
    let texts: Vec<Vec<u32>> =
        [1, 0, 7, 42, 3, 16, 17, 31, 14, 28].map(|n| (0..n).map(|i| 2 + (i * 37 + n) % 94).collect()).to_vec();
    for model in ["tiny-bert", "tiny-xlm-roberta"] {
        let portable = encode(&load(model).with_path(KernelPath::Portable).unwrap(), &texts, Pooling::Mean);
        assert!(portable[1].iter().all(|&x| x == 0.0) && portable[0].iter().all(|x| x.is_finite()));
        for path in KernelPath::available() {
            let encoder = load(model).with_path(path).unwrap();
            assert_eq!(encoder.path(), path);
            assert_eq!(encode(&encoder, &texts, Pooling::Mean), portable, "{path:?}");
        }
    }
}

/// An encoder of one layer with random weights.
fn random(hidden: usize, heads: usize, wide: usize) -> (EncoderConfig, Weights) {
    let config = format!(
        r#"{{"model_type": "bert", "vocab_size": 96, "hidden_size": {hidden}, "num_hidden_layers": 1, "intermediate_size": {wide},
        "num_attention_heads": {heads}, "max_position_embeddings": 300, "type_vocab_size": 1, "hidden_act": "gelu"}}"#
    );
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / 8_388_608.0 - 1.0
    };
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    let mut add = |name: &str, shape: &[usize]| {
        let start = data.len();
        let width = shape.last().copied().unwrap_or(1) as f32;
        for _ in 0..shape.iter().product::<usize>() {
            let value =
                if name.contains("LayerNorm.weight") { 1.0 + 0.1 * next() } else { 3.0 * next() / width.sqrt() };
            data.extend_from_slice(&value.to_le_bytes());
        }
        let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
        header.insert(name.to_owned(), entry);
    };
    for (name, rows) in [("word", 96), ("position", 300), ("token_type", 1)] {
        add(&format!("embeddings.{name}_embeddings.weight"), &[rows, hidden]);
    }
    let layer = "encoder.layer.0";
    for name in ["embeddings", &format!("{layer}.attention.output"), &format!("{layer}.output")] {
        add(&format!("{name}.LayerNorm.weight"), &[hidden]);
        add(&format!("{name}.LayerNorm.bias"), &[hidden]);
    }
    for (name, outputs, inputs) in [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", wide, hidden),
        ("output.dense", hidden, wide),
    ] {
        add(&format!("{layer}.{name}.weight"), &[outputs, inputs]);
        add(&format!("{layer}.{name}.bias"), &[outputs]);
    }
    let header = serde_json::Value::Object(header).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
    (EncoderConfig::from_json(&config).unwrap(), Weights::from_bytes("random.safetensors", bytes).unwrap())
}

#[test]
fn heads_of_every_width_agree_with_single_precision_and_on_every_path() {
    let texts: Vec<Vec<u32>> =
        [1, 2, 5, 13, 15, 16, 17, 33, 64, 97, 300].map(|n| (0..n).map(|i| (i * 37 + n * 5) % 96).collect()).to_vec();
    for (hidden, heads, wide) in [(96, 3, 208), (96, 2, 192), (128, 2, 48), (96, 6, 80)] {
        let (config, weights) = random(hidden, heads, wide);
        let encoder = || Int8Encoder::new(&config, &weights).unwrap();
        let portable = encode(&encoder().with_path(KernelPath::Portable).unwrap(), &texts, Pooling::Mean);
        for path in KernelPath::available() {
            let found = encode(&encoder().with_path(path).unwrap(), &texts, Pooling::Mean);
            assert_eq!(found, portable, "{path:?}, heads of {}", hidden / heads);
        }
        #[cfg(feature = "candle")]
        {
            use klausul_transformer::{CandleEncoder, Encoder};
            let reference = CandleEncoder::new(&config, &weights).unwrap();
            for (text, vector) in texts.iter().zip(&portable) {
                let mut exact = vec![0.0; hidden];
                reference.encode(text, &[text.len() as u32], Pooling::Mean, &mut exact).unwrap();
                let cosine = cosine(&exact, vector);
                assert!(cosine >= LEAST_COSINE, "heads of {}, {} tokens: {cosine}", hidden / heads, text.len());
            }
        }
    }
}

#[test]
fn threads_share_an_encoder() {
    let encoder = load("tiny-bert");
    let texts: Vec<Vec<u32>> = (1..40).map(|n| (0..n).map(|i| 2 + (i * 11 + n) % 94).collect()).collect();
    let alone = encode(&encoder, &texts, Pooling::Mean);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            texts.chunks(7).map(|part| scope.spawn(|| encode(&encoder, part, Pooling::Mean))).collect();
        let shared: Vec<_> = workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect();
        assert_eq!(shared, alone);
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_row_of_a_batch_is_the_row_alone(
        mut texts in prop::collection::vec(prop::collection::vec(0_u32..96, 0..42), 0..40),
        turn in 0_usize..40,
    ) {
        for model in ["tiny-bert", "tiny-xlm-roberta"] {
            let encoder = load(model);
            let mut together = encode(&encoder, &texts, Pooling::Mean);
            for (text, vector) in texts.iter().zip(&together) {
                prop_assert_eq!(&encode(&encoder, std::slice::from_ref(text), Pooling::Mean)[0], vector);
            }
            if !texts.is_empty() {
                let turn = turn % texts.len();
                texts.rotate_left(turn);
                together.rotate_left(turn);
                prop_assert_eq!(encode(&encoder, &texts, Pooling::Mean), together);
            }
        }
    }
}

#[test]
fn wrong_batches_are_refused() {
    let encoder = load("tiny-xlm-roberta");
    let (mut out, mut scratch) = (vec![0.0; 32], Scratch::new());
    let mut error = |tokens: &[u32], ends: &[u32]| {
        encoder.encode(tokens, ends, Pooling::Mean, &mut scratch, &mut out).unwrap_err().to_string()
    };
    assert!(error(&[5; 43], &[43]).contains("a text has 43 tokens, and the model positions for 42"));
    assert!(error(&[5, 96], &[2]).contains("token `96`"));
    assert!(error(&[5, 6], &[1]).contains("the ends do not rise to the 2 tokens"));
    assert!(error(&[5, 6], &[2, 1]).contains("the ends do not rise"));
    assert!(error(&[5, 6], &[1, 2]).contains("the output holds 32 values, not 64"));
}

#[test]
fn models_that_do_not_fit_are_refused() {
    let directory = fixture("tiny-bert");
    let config = EncoderConfig::open(directory.join("config.json")).unwrap();
    let weights = Weights::open(directory.join("model.safetensors")).unwrap();
    let error = |change: &dyn Fn(&mut EncoderConfig)| {
        let mut config = config.clone();
        change(&mut config);
        Int8Encoder::new(&config, &weights).unwrap_err().to_string()
    };
    for (error, named) in [
        (error(&|config| config.num_hidden_layers = 3), "`encoder.layer.2.attention.self.query.weight` is missing"),
        (error(&|config| config.intermediate_size = 64), "has the shape [48, 32], not [64, 32]"),
        (error(&|config| config.vocab_size = 95), "`embeddings.word_embeddings.weight` has the shape [96, 32]"),
        (error(&|config| config.num_attention_heads = 4), "`hidden_size / num_attention_heads` is `8`"),
    ] {
        assert!(error.contains("model.safetensors: ") && error.contains(named) && error.contains("; "), "{error}");
    }
    let mut model = QuantisedModel::from_weights(&config, &weights).unwrap();
    model.layers[1].output.weight.scales.pop();
    let error = Int8Encoder::from_quantised(&config, model).unwrap_err().to_string();
    assert!(error.contains("`layers.1.output.weight`"), "{error}");
    let bytes = std::fs::read(directory.join("model.safetensors")).unwrap();
    let error = Weights::from_bytes("cut.safetensors", bytes[..bytes.len() / 2].to_vec()).unwrap_err().to_string();
    assert!(error.starts_with("cut.safetensors: ") && error.contains("fetch the file again"), "{error}");
}
