//! The weights of a packed model.

use std::path::Path;

use klausul_core::{Error, ErrorKind, Result};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::int8::{LayerNorm, QuantisedLinear, QuantisedModel};
use crate::{EncoderConfig, Weights, blocks, head};

/// A tensor that is to be written.
struct Tensor {
    name: String,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Tensor {
    fn floats(name: String, shape: Vec<usize>, values: &[f32]) -> Self {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        Self { name, dtype: Dtype::F32, shape, bytes }
    }
}

/// Writes the tensors of an encoder in few bits; of the word embeddings the rows `old_ids`.
pub(super) fn weights(weights: &Weights, config: &EncoderConfig, old_ids: &[usize], out: &Path) -> Result<()> {
    let hidden = config.hidden_size;
    if !hidden.is_multiple_of(blocks::VALUES) {
        let message =
            format!("`hidden_size` is `{hidden}`, and packed embeddings need a multiple of {}", blocks::VALUES);
        return Err(Error::new(ErrorKind::Config, message).mend("pack another model"));
    }
    let model = QuantisedModel::from_weights(config, weights)?;
    let mut tensors = vec![words(weights, config, old_ids)?];
    let types = config.type_vocab_size;
    // Positions have the token types added already: what is written for these is zero.
    let positions = "embeddings.position_embeddings.weight".to_owned();
    tensors.push(Tensor::floats(positions, vec![config.max_position_embeddings, hidden], &model.positions));
    let kinds = "embeddings.token_type_embeddings.weight".to_owned();
    tensors.push(Tensor::floats(kinds, vec![types, hidden], &vec![0.0; types * hidden]));
    norm("embeddings.LayerNorm", &model.embedding_norm, &mut tensors);
    for (number, layer) in model.layers.iter().enumerate() {
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        for (part, matrix) in [
            ("attention.self.query", &layer.query),
            ("attention.self.key", &layer.key),
            ("attention.self.value", &layer.value),
            ("attention.output.dense", &layer.attention_output),
            ("intermediate.dense", &layer.intermediate),
            ("output.dense", &layer.output),
        ] {
            linear(&name(part), matrix, &mut tensors);
        }
        norm(&name("attention.output.LayerNorm"), &layer.attention_norm, &mut tensors);
        norm(&name("output.LayerNorm"), &layer.output_norm, &mut tensors);
    }
    // Heads stay as they are.
    for name in head::TENSORS.into_iter().flatten() {
        if let Some(shape) = weights.shape(name).map(<[usize]>::to_vec) {
            tensors.push(Tensor::floats(name.to_owned(), shape.clone(), &weights.tensor(name, &shape)?));
        }
    }
    save(&tensors, out)
}

/// The kept rows of the word embeddings, four bits a value.
fn words(weights: &Weights, config: &EncoderConfig, old_ids: &[usize]) -> Result<Tensor> {
    let hidden = config.hidden_size;
    let name = "embeddings.word_embeddings.weight";
    let width = blocks::row_bytes(hidden);
    let mut bytes = Vec::with_capacity(old_ids.len() * width);
    let mut next = old_ids.iter().peekable();
    weights.rows(name, [config.vocab_size, hidden], |number, row| {
        if next.next_if_eq(&&number).is_some() {
            blocks::encode(row, &mut bytes);
        }
    })?;
    Ok(Tensor { name: name.to_owned(), dtype: Dtype::U8, shape: vec![old_ids.len(), width], bytes })
}

fn linear(name: &str, layer: &QuantisedLinear, tensors: &mut Vec<Tensor>) {
    let matrix = &layer.weight;
    tensors.push(Tensor {
        name: format!("{name}.weight"),
        dtype: Dtype::I8,
        shape: vec![matrix.rows, matrix.columns],
        bytes: matrix.values.iter().map(|value| value.cast_unsigned()).collect(),
    });
    tensors.push(Tensor::floats(format!("{name}.weight.scale"), vec![matrix.rows], &matrix.scales));
    tensors.push(Tensor::floats(format!("{name}.bias"), vec![layer.bias.len()], &layer.bias));
}

fn norm(name: &str, norm: &LayerNorm, tensors: &mut Vec<Tensor>) {
    for (part, values) in [("weight", &norm.weight), ("bias", &norm.bias)] {
        tensors.push(Tensor::floats(format!("{name}.{part}"), vec![values.len()], values));
    }
}

fn save(tensors: &[Tensor], out: &Path) -> Result<()> {
    let failed = |error: safetensors::SafeTensorError| {
        Error::new(ErrorKind::Io, "the weights cannot be written").at(out).caused_by(error)
    };
    let mut views = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).map_err(failed)?;
        views.push((tensor.name.as_str(), view));
    }
    safetensors::serialize_to_file(views, None, out).map_err(failed)
}
