//! A layer over the packed texts of a group, on the processor.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::in_place::{Activated, Norm, Softmax};
use crate::{Activation, EncoderConfig};

/// Texts of one length that follow each other in a group; their attention is one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) texts: usize,
    /// Tokens of each.
    pub(super) length: usize,
}

/// A layer of an encoder without mask or padding.
pub(super) struct Layer {
    /// Query, key and value as one product; queries are scaled.
    projections: Linear,
    output: Linear,
    output_norm: Norm,
    wide: Linear,
    narrow: Linear,
    narrow_norm: Norm,
    heads: usize,
    activation: Activation,
}

struct Linear {
    /// Inputs × outputs in this order in memory, which a product reads as it is; the other order it would first turn.
    weight: Tensor,
    bias: Vec<f32>,
}

impl Layer {
    pub(super) fn load(tensors: &VarBuilder, config: &EncoderConfig) -> Result<Self> {
        let (hidden, wide) = (config.hidden_size, config.intermediate_size);
        let attention = tensors.pp("attention");
        let part = |name: &str, factor: f64| -> Result<(Tensor, Tensor)> {
            let part = attention.pp("self").pp(name);
            Ok(((part.get((hidden, hidden), "weight")? * factor)?, (part.get(hidden, "bias")? * factor)?))
        };
        let scale = 1.0 / (config.head_size() as f64).sqrt();
        let [query, key, value] = [part("query", scale)?, part("key", 1.0)?, part("value", 1.0)?];
        let norm = |name: &str| {
            let get = |part| tensors.get(hidden, &format!("{name}.LayerNorm.{part}"))?.to_vec1();
            Ok::<_, candle_core::Error>(Norm {
                weight: get("weight")?,
                bias: get("bias")?,
                epsilon: config.layer_norm_eps,
            })
        };
        Ok(Self {
            projections: Linear::new(
                &Tensor::cat(&[query.0, key.0, value.0], 0)?,
                &Tensor::cat(&[query.1, key.1, value.1], 0)?,
            )?,
            output: Linear::load(&attention.pp("output.dense"), hidden, hidden)?,
            output_norm: norm("attention.output")?,
            wide: Linear::load(&tensors.pp("intermediate.dense"), wide, hidden)?,
            narrow: Linear::load(&tensors.pp("output.dense"), hidden, wide)?,
            narrow_norm: norm("output")?,
            heads: config.num_attention_heads,
            activation: config.activation,
        })
    }

    /// Tokens × hidden, contiguous, to the same; `runs` are all the tokens' texts in order.
    pub(super) fn forward(&self, tokens: &Tensor, runs: &[Run]) -> Result<Tensor> {
        let attended = self.output.product(&self.attend(tokens, runs)?)?;
        self.output_norm.of_sum(&attended, &self.output.bias, tokens)?;
        let wide = self.wide.forward(&attended, Some(self.activation))?;
        let narrow = self.narrow.product(&wide)?;
        self.narrow_norm.of_sum(&narrow, &self.narrow.bias, &attended)?;
        Ok(narrow)
    }

    /// The heads' weighted values, tokens × hidden.
    fn attend(&self, tokens: &Tensor, runs: &[Run]) -> Result<Tensor> {
        let hidden = tokens.dim(1)?;
        let (heads, size) = (self.heads, hidden / self.heads);
        let projected = self.projections.forward(tokens, None)?;
        let (mut first, mut attended) = (0, Vec::with_capacity(runs.len()));
        for &Run { texts, length } in runs {
            let run = projected.narrow(0, first, texts * length)?.reshape((texts, length, 3, heads, size))?;
            let run = run.permute((2, 0, 3, 1, 4))?.contiguous()?.reshape((3, texts * heads, length, size))?;
            // One product a text and head, of the same shape and strides whatever else is in the group.
            let scores = run.get(0)?.matmul(&run.get(1)?.t()?)?;
            scores.inplace_op1(&Softmax)?;
            let values = scores.matmul(&run.get(2)?)?.reshape((texts, heads, length, size))?;
            attended.push(values.transpose(1, 2)?.contiguous()?.reshape((texts * length, hidden))?);
            first += texts * length;
        }
        match attended.as_slice() {
            [all] => Ok(all.clone()),
            runs => Tensor::cat(runs, 0),
        }
    }
}

impl Linear {
    fn load(tensors: &VarBuilder, outputs: usize, inputs: usize) -> Result<Self> {
        Self::new(&tensors.get((outputs, inputs), "weight")?, &tensors.get(outputs, "bias")?)
    }

    fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        Ok(Self { weight: weight.t()?.contiguous()?, bias: bias.to_vec1()? })
    }

    /// Without the bias.
    fn product(&self, inputs: &Tensor) -> Result<Tensor> {
        inputs.matmul(&self.weight)
    }

    fn forward(&self, inputs: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        let outputs = self.product(inputs)?;
        outputs.inplace_op1(&Activated { bias: &self.bias, activation })?;
        Ok(outputs)
    }
}
