use std::collections::HashMap;

use candle_core::DType;

use super::super::layer_tensors;
use super::*;

fn values(count: usize, mut seed: u64) -> Vec<f32> {
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn random(shape: &[usize], seed: u64) -> Tensor {
    Tensor::from_vec(values(shape.iter().product(), seed), shape, &Device::Cpu).unwrap()
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|value| value.to_bits()).collect()
}

fn product(rows: &Tensor, weight: &Tensor) -> Vec<u32> {
    bits(&rows.matmul(weight).unwrap().flatten_all().unwrap().to_vec1().unwrap())
}

/// What packing rests on.
#[test]
fn a_row_of_a_product_is_the_same_in_products_of_any_number_of_rows() {
    const MOST: usize = 530;
    let shapes =
        [(384, 384), (384, 1152), (384, 1536), (1536, 384), (768, 3072), (3072, 768), (1300, 65), (1300, 40), (20, 8)];
    for (inputs, outputs) in shapes {
        let (rows, weight) = (random(&[MOST, inputs], 1), random(&[inputs, outputs], 2));
        let all = product(&rows, &weight);
        let least = least(outputs);
        for count in (least..least + 30).chain([97, 128, 192, 255, 256, 383, 384, 511]) {
            for first in [0, 1, MOST - count] {
                // Of its own memory, as the tokens of a group are.
                let part = product(&rows.narrow(0, first, count).unwrap().copy().unwrap(), &weight);
                let same = part == all[first * outputs..(first + count) * outputs];
                assert!(same, "{inputs} × {outputs}: {count} rows from {first}");
            }
        }
    }
}

/// Two layers in the shape of small E5 models.
fn small() -> (EncoderConfig, Packed, Tensor, Tensor) {
    let config = r#"{"architectures": ["BertModel"], "vocab_size": 50, "hidden_size": 384, "num_hidden_layers": 2,
        "num_attention_heads": 12, "intermediate_size": 1536, "max_position_embeddings": 512}"#;
    let config = EncoderConfig::from_json(config).unwrap();
    let mut tensors = HashMap::new();
    for layer in 0..2 {
        for (name, shape) in layer_tensors(&config) {
            let scaled = (random(&shape, tensors.len() as u64) * 0.1).unwrap();
            tensors.insert(format!("layer.{layer}.{name}"), scaled);
        }
    }
    let norm = Norm { weight: values(384, 3), bias: values(384, 4), epsilon: 1e-5 };
    let packed = Packed::load(&config, norm, &VarBuilder::from_tensors(tensors, DType::F32, &Device::Cpu)).unwrap();
    (config, packed, random(&[50, 384], 5), random(&[512, 384], 6))
}

#[test]
fn a_vector_is_the_same_in_every_group() {
    let (config, packed, words, positions) = small();
    let encode = |texts: &[&[u32]]| {
        let mut out = vec![f32::NAN; texts.len() * config.hidden_size];
        let mut rows: Vec<&mut [f32]> = out.chunks_exact_mut(config.hidden_size).collect();
        packed.encode((&words, &positions), texts, Pooling::Mean, &mut rows).unwrap();
        out.chunks_exact(config.hidden_size).map(bits).collect::<Vec<_>>()
    };
    let lengths = [1, 2, 3, 17, 17, 17, 40, 63, 64, 65, 90, 90, 130, 200, 383, 384, 385, 512, 1, 40, 5, 5];
    let ids: Vec<u32> = (0..512 + lengths.len() as u32).map(|at| at * 29 % 50).collect();
    let mut texts: Vec<&[u32]> = lengths.iter().enumerate().map(|(at, length)| &ids[at..at + length]).collect();
    let alone: Vec<_> = texts.iter().flat_map(|text| encode(&[text])).collect();
    assert_eq!(encode(&texts), alone);
    let mut backwards: Vec<_> = alone.into_iter().rev().collect();
    texts.reverse();
    assert_eq!(encode(&texts), backwards);
    texts.rotate_left(7);
    backwards.rotate_left(7);
    assert_eq!(encode(&texts), backwards);
}

#[test]
fn groups_keep_the_order_and_the_limit() {
    let ids = [0; 1000];
    let texts: Vec<&[u32]> = [1000, 100, 284, 1, 383, 385, 384, 7].iter().map(|&length| &ids[..length]).collect();
    let cut: Vec<Vec<usize>> = groups(&texts).map(|group| group.iter().map(|text| text.len()).collect()).collect();
    assert_eq!(cut, [vec![1000], vec![100, 284], vec![1, 383], vec![385], vec![384], vec![7]]);
    assert_eq!(groups(&[]).count(), 0);
}
