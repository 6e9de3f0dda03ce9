use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

/// What PyTorch says of a text (`scripts/reference_models.py`).
#[derive(Deserialize)]
struct Expected {
    ids: Vec<u32>,
    mean: Vec<f32>,
    first: Vec<f32>,
}

const MODELS: [&str; 2] = ["reference-bert", "reference-xlm-roberta"];

fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(model)
}

fn load(model: &str) -> CandleEncoder {
    let config = EncoderConfig::open(folder(model).join("config.json")).unwrap();
    CandleEncoder::new(&config, &Weights::open(folder(model).join("model.safetensors")).unwrap()).unwrap()
}

fn expected(model: &str) -> Vec<Expected> {
    serde_json::from_slice(&std::fs::read(folder(model).join("expected.json")).unwrap()).unwrap()
}

/// Row after row for texts in one call.
fn encode(encoder: &CandleEncoder, texts: &[Vec<u32>], pooling: Pooling) -> Vec<f32> {
    let mut ends = Vec::new();
    let mut tokens = Vec::new();
    for text in texts {
        tokens.extend_from_slice(text);
        ends.push(tokens.len() as u32);
    }
    let mut out = vec![f32::NAN; texts.len() * encoder.hidden()];
    encoder.encode(&tokens, &ends, pooling, &mut out).unwrap();
    out
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

#[test]
fn vectors_are_those_of_pytorch() {
    for model in MODELS {
        let encoder = load(model);
        for text in expected(model) {
            for (pooling, vector) in [(Pooling::Mean, &text.mean), (Pooling::First, &text.first)] {
                let out = encode(&encoder, std::slice::from_ref(&text.ids), pooling);
                assert!(cosine(&out, vector) >= 0.999_999, "{model} {pooling:?} {:?}", text.ids);
                let apart = out.iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart < 1e-5, "{model} {pooling:?} {:?}: {apart}", text.ids);
            }
        }
    }
}

/// The path of graphics cards, on the processor.
fn load_padded(model: &str, dtype: DType) -> CandleEncoder {
    let config = EncoderConfig::open(folder(model).join("config.json")).unwrap();
    let weights = Weights::open(folder(model).join("model.safetensors")).unwrap();
    CandleEncoder::load(&config, &weights, CandleDevice::Cpu, dtype, true).unwrap()
}

#[test]
fn padding_is_masked() {
    for (dtype, least) in [(DType::F32, 0.999_999), (DType::F16, 0.999)] {
        for model in MODELS {
            let encoder = load_padded(model, dtype);
            let texts = expected(model);
            // An empty text takes no part, and its row is zero.
            let mut ids: Vec<Vec<u32>> = texts.iter().map(|text| text.ids.clone()).collect();
            ids.push(Vec::new());
            let [means, firsts] = [Pooling::Mean, Pooling::First].map(|pooling| encode(&encoder, &ids, pooling));
            for (row, text) in texts.iter().enumerate() {
                let at = row * encoder.hidden()..(row + 1) * encoder.hidden();
                assert!(cosine(&means[at.clone()], &text.mean) >= least, "{model} {dtype:?} {row}");
                assert!(cosine(&firsts[at], &text.first) >= least, "{model} {dtype:?} {row}");
            }
            assert!(means[texts.len() * encoder.hidden()..].iter().all(|&value| value == 0.0));
        }
    }
}

#[test]
fn half_precision_is_for_graphics_cards() {
    let config = EncoderConfig::open(folder(MODELS[1]).join("config.json")).unwrap();
    let weights = Weights::open(folder(MODELS[1]).join("model.safetensors")).unwrap();
    let refused = CandleEncoder::on(Device::Cpu, Precision::F16, &config, &weights).unwrap_err().to_string();
    assert!(refused.contains("`F16` does not run on the processor"), "{refused}");
}

#[test]
fn empty_texts_are_zero_and_one_token_is_a_text() {
    let encoder = load(MODELS[1]);
    let rows = encode(&encoder, &[vec![], vec![0], vec![], vec![0, 5, 2]], Pooling::Mean);
    let size = encoder.hidden();
    assert!(rows[..size].iter().chain(&rows[2 * size..3 * size]).all(|&value| value == 0.0));
    assert_eq!(rows[size..2 * size], encode(&encoder, &[vec![0]], Pooling::First));
    assert!(encode(&encoder, &[], Pooling::Mean).is_empty());
}

#[test]
fn texts_as_long_as_the_positions_run_and_longer_ones_do_not() {
    for model in MODELS {
        let encoder = load(model);
        let most = encoder.config().max_tokens();
        assert_eq!(most, 80);
        assert!(encode(&encoder, &[vec![5; most]], Pooling::Mean).iter().all(|value| value.is_finite()));
        let mut out = vec![0.0; encoder.hidden()];
        let error = encoder.encode(&vec![5; most + 1], &[most as u32 + 1], Pooling::Mean, &mut out);
        assert!(error.unwrap_err().to_string().contains("81 tokens"));
    }
}

#[test]
fn devices_that_the_build_lacks_are_named() {
    let config = EncoderConfig::open(folder(MODELS[0]).join("config.json")).unwrap();
    let weights = Weights::open(folder(MODELS[0]).join("model.safetensors")).unwrap();
    if !candle_core::utils::cuda_is_available() {
        let error = CandleEncoder::on(Device::Cuda(0), Precision::F32, &config, &weights).unwrap_err().to_string();
        assert!(error.contains("device `cuda:0`") && error.contains("feature `cuda`"), "{error}");
    }
}

#[test]
fn bad_weights_name_the_file_the_tensor_and_the_mend() {
    let good = std::fs::read(folder(MODELS[0]).join("model.safetensors")).unwrap();
    let config = EncoderConfig::open(folder(MODELS[0]).join("config.json")).unwrap();
    let error = |bytes: Vec<u8>, config: &EncoderConfig| {
        let weights = Weights::from_bytes("m/model.safetensors", bytes);
        weights.and_then(|weights| CandleEncoder::new(config, &weights)).unwrap_err().to_string()
    };
    let renamed = |from: &str, to: &str| {
        let place = good.windows(from.len()).position(|bytes| bytes == from.as_bytes()).unwrap();
        [&good[..place], to.as_bytes(), &good[place + from.len()..]].concat()
    };
    let mut nan = good.clone();
    // Behind the header lies the first tensor.
    let header = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    nan[header..header + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    let narrow = EncoderConfig { intermediate_size: 32, ..config.clone() };
    let deep = EncoderConfig { num_hidden_layers: 3, ..config.clone() };
    for (bytes, config, named) in [
        (good[..good.len() / 2].to_vec(), &config, "m/model.safetensors: "),
        (
            renamed("1.output.dense.bias", "1.output.dense.bios"),
            &config,
            "tensor `encoder.layer.1.output.dense.bias` is missing",
        ),
        (
            good.clone(),
            &narrow,
            "tensor `encoder.layer.0.intermediate.dense.weight` has the shape [64, 32], not [32, 32]",
        ),
        (good.clone(), &deep, "tensor `encoder.layer.2.attention.self.query.weight` is missing"),
        (nan, &config, "tensor `embeddings.LayerNorm.bias` holds `NaN` as value 0"),
    ] {
        let error = error(bytes, config);
        assert!(error.starts_with("m/model.safetensors: ") && error.contains(named) && error.contains("; "), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_row_in_a_batch_is_the_row_alone(
        texts in prop::collection::vec(prop::collection::vec(0_u32..130, 0..80), 1..24), swap in any::<prop::sample::Index>(),
    ) {
        let encoder = load(MODELS[1]);
        let together = encode(&encoder, &texts, Pooling::Mean);
        let alone: Vec<f32> = texts.iter().flat_map(|text| encode(&encoder, std::slice::from_ref(text), Pooling::Mean)).collect();
        prop_assert_eq!(bits(&together), bits(&alone));
        let mut turned = texts.clone();
        turned.rotate_left(swap.index(texts.len()));
        let mut rows: Vec<Vec<u32>> = together.chunks_exact(encoder.hidden()).map(bits).collect();
        rows.rotate_left(swap.index(texts.len()));
        prop_assert_eq!(rows.concat(), bits(&encode(&encoder, &turned, Pooling::Mean)));
    }
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}
