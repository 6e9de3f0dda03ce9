//! The encoder on the processor: texts packed end to end in groups.
//!
//! A product over many tokens reads the weights once for all of them. A row of it has the same bits in every group: the
//! `gemm` crate adds up an element along the inner dimension in an order that depends on that dimension and the processor's
//! caches alone, except in products of a single row, and in those no larger than [`SMALL`] both ways. Groups are filled up
//! to be neither. Everything else is done row for row or text for text. Texts of one length share the calls of their
//! attention, for `candle` reads `/proc/cpuinfo` at every call.

use candle_core::{Device, Result, Tensor};
use candle_nn::VarBuilder;

use super::in_place::Norm;
use super::layer::{Layer, Run};
use crate::{EncoderConfig, Pooling};

/// Tokens of a group, unless a text alone has more: enough for products at full speed, few enough for the caches.
const GROUP: usize = 384;
/// Products of no more rows and columns are blocked in another way by `gemm`.
const SMALL: usize = 64;

/// The parts of an encoder as the processor runs them.
pub(super) struct Packed {
    norm: Norm,
    no_bias: Vec<f32>,
    layers: Vec<Layer>,
    /// Fewest tokens of a group.
    least: usize,
}

impl Packed {
    /// `norm` is that of the embeddings, `layers` has the tensors of `layer.0` and so on.
    pub(super) fn load(config: &EncoderConfig, norm: Norm, layers: &VarBuilder) -> Result<Self> {
        let load = |layer: usize| Layer::load(&layers.pp(format!("layer.{layer}")), config);
        Ok(Self {
            norm,
            no_bias: vec![0.0; config.hidden_size],
            layers: (0..config.num_hidden_layers).map(load).collect::<Result<_>>()?,
            least: least(config.hidden_size.min(config.intermediate_size)),
        })
    }

    /// Writes the pooled vectors of texts, none of them empty, to their rows.
    pub(super) fn encode(
        &self,
        (words, positions): (&Tensor, &Tensor),
        texts: &[&[u32]],
        pooling: Pooling,
        rows: &mut [&mut [f32]],
    ) -> Result<()> {
        let mut done = 0;
        for group in groups(texts) {
            let tokens = self.group(words, positions, group)?.flatten_all()?.to_vec1::<f32>()?;
            let mut rest = tokens.as_slice();
            for (text, row) in group.iter().zip(&mut rows[done..]) {
                let (tokens, after) = rest.split_at(text.len() * row.len());
                pool(tokens, pooling, row);
                rest = after;
            }
            done += group.len();
        }
        Ok(())
    }

    /// The vectors of all tokens, and behind them those of the filling.
    fn group(&self, words: &Tensor, positions: &Tensor, texts: &[&[u32]]) -> Result<Tensor> {
        let mut ids = texts.concat();
        let mut places: Vec<u32> = texts.iter().flat_map(|text| 0..text.len() as u32).collect();
        let mut runs: Vec<Run> = Vec::new();
        for text in texts {
            match runs.last_mut() {
                Some(run) if run.length == text.len() => run.texts += 1,
                _ => runs.push(Run { texts: 1, length: text.len() }),
            }
        }
        if ids.len() < self.least {
            // Texts of any one token.
            runs.push(Run { texts: self.least - ids.len(), length: 1 });
            ids.resize(self.least, 0);
            places.resize(self.least, 0);
        }
        let mut tokens = words.index_select(&Tensor::new(ids, &Device::Cpu)?, 0)?;
        let positions = positions.index_select(&Tensor::new(places, &Device::Cpu)?, 0)?;
        self.norm.of_sum(&tokens, &self.no_bias, &positions)?;
        for layer in &self.layers {
            tokens = layer.forward(&tokens, &runs)?;
        }
        Ok(tokens)
    }
}

/// Fewest rows of a product with so many columns at least.
fn least(columns: usize) -> usize {
    if columns <= SMALL { SMALL + 1 } else { 2 }
}

/// Cuts texts into groups of at most [`GROUP`] tokens or one text.
fn groups<'a, 'b>(texts: &'a [&'b [u32]]) -> impl Iterator<Item = &'a [&'b [u32]]> {
    let mut rest = texts;
    std::iter::from_fn(move || {
        let mut tokens = 0;
        let fits = rest.iter().take_while(|text| {
            tokens += text.len();
            tokens <= GROUP
        });
        let (group, after) = rest.split_at(fits.count().max(1).min(rest.len()));
        rest = after;
        (!group.is_empty()).then_some(group)
    })
}

fn pool(tokens: &[f32], pooling: Pooling, row: &mut [f32]) {
    match pooling {
        Pooling::First => row.copy_from_slice(&tokens[..row.len()]),
        Pooling::Mean => {
            row.fill(0.0);
            let count = tokens.len() / row.len();
            for token in tokens.chunks_exact(row.len()) {
                row.iter_mut().zip(token).for_each(|(sum, value)| *sum += value);
            }
            for sum in row {
                *sum /= count as f32;
            }
        }
    }
}

#[cfg(test)]
#[path = "packed_tests.rs"]
mod tests;
