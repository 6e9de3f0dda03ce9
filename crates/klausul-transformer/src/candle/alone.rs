//! The layers for one text on the processor.
//!
//! Element-wise operations of candle on 65,536 values or more go through threads of its own that all callers share and wait for, and
//! its GELU computes in f64. Here bias, activation and residual are added in place, on the worker that runs the text.

use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Result, Tensor, bail};
use candle_nn::VarBuilder;
use candle_nn::ops::{layer_norm, softmax_last_dim};

use crate::head::gelu;
use crate::{Activation, EncoderConfig};

/// A layer of an encoder over one text, without mask or padding.
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
    bias: Tensor,
}

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f32,
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
        Ok(Self {
            projections: Linear {
                weight: Tensor::cat(&[query.0, key.0, value.0], 0)?.t()?.contiguous()?,
                bias: Tensor::cat(&[query.1, key.1, value.1], 0)?,
            },
            output: Linear::load(&attention.pp("output.dense"), hidden, hidden)?,
            output_norm: Norm::load(&attention.pp("output.LayerNorm"), config)?,
            wide: Linear::load(&tensors.pp("intermediate.dense"), wide, hidden)?,
            narrow: Linear::load(&tensors.pp("output.dense"), hidden, wide)?,
            narrow_norm: Norm::load(&tensors.pp("output.LayerNorm"), config)?,
            heads: config.num_attention_heads,
            activation: config.activation,
        })
    }

    /// Tokens × hidden, contiguous, to the same.
    pub(super) fn forward(&self, tokens: &Tensor) -> Result<Tensor> {
        let (count, hidden) = tokens.dims2()?;
        let split = self.projections.forward(tokens, None)?.reshape((count, 3, self.heads, hidden / self.heads))?;
        let split = split.permute((1, 2, 0, 3))?.contiguous()?;
        let (query, key, value) = (split.get(0)?, split.get(1)?, split.get(2)?);
        let attention = softmax_last_dim(&query.matmul(&key.t()?)?)?;
        let attended = attention.matmul(&value)?.transpose(0, 1)?.contiguous()?.reshape((count, hidden))?;
        let tokens = self.output_norm.forward(&self.output.forward(&attended, None)?, tokens)?;
        let wide = self.wide.forward(&tokens, Some(self.activation))?;
        self.narrow_norm.forward(&self.narrow.forward(&wide, None)?, &tokens)
    }
}

impl Linear {
    fn load(tensors: &VarBuilder, outputs: usize, inputs: usize) -> Result<Self> {
        Ok(Self {
            weight: tensors.get((outputs, inputs), "weight")?.t()?.contiguous()?,
            bias: tensors.get(outputs, "bias")?,
        })
    }

    fn forward(&self, inputs: &Tensor, activation: Option<Activation>) -> Result<Tensor> {
        let outputs = inputs.matmul(&self.weight)?;
        outputs.inplace_op2(&self.bias, &Add { activation })?;
        Ok(outputs)
    }
}

impl Norm {
    fn load(tensors: &VarBuilder, config: &EncoderConfig) -> Result<Self> {
        let get = |name| tensors.get(config.hidden_size, name);
        Ok(Self { weight: get("weight")?, bias: get("bias")?, epsilon: config.layer_norm_eps })
    }

    /// Norm of the sum with the residual; `tokens` is used up.
    fn forward(&self, tokens: &Tensor, residual: &Tensor) -> Result<Tensor> {
        add(tokens, residual)?;
        layer_norm(tokens, &self.weight, &self.bias, self.epsilon)
    }
}

/// Adds in place on the calling thread; both are contiguous, and `summand` is repeated when it is a row.
pub(super) fn add(to: &Tensor, summand: &Tensor) -> Result<()> {
    to.inplace_op2(summand, &Add { activation: None })
}

/// Adds a row to every row, or rows to rows, then applies an activation.
struct Add {
    activation: Option<Activation>,
}

impl InplaceOp2 for Add {
    fn name(&self) -> &'static str {
        "add-in-place"
    }

    fn cpu_fwd(&self, to: &mut CpuStorage, to_layout: &Layout, row: &CpuStorage, row_layout: &Layout) -> Result<()> {
        let (CpuStorage::F32(to), CpuStorage::F32(row)) = (to, row) else { bail!("only {:?} is added", DType::F32) };
        let (Some((start, end)), Some((from, until))) =
            (to_layout.contiguous_offsets(), row_layout.contiguous_offsets())
        else {
            bail!("only contiguous values are added")
        };
        let (to, row) = (&mut to[start..end], &row[from..until]);
        for to in to.chunks_exact_mut(row.len().max(1)) {
            let sums = to.iter_mut().zip(row);
            match self.activation {
                None => sums.for_each(|(to, value)| *to += value),
                Some(Activation::Gelu) => sums.for_each(|(to, value)| *to = gelu(*to + value)),
                Some(Activation::Relu) => sums.for_each(|(to, value)| *to = (*to + value).max(0.0)),
            }
        }
        Ok(())
    }
}
