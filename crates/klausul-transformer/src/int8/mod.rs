//! The int8 engine: an encoder's whole forward pass over packed sequences.
//!
//! Weights are int8 with a scale per output channel, activations int8 with a scale and an offset per token, sums `i32`, word
//! embeddings int8 with a scale per token, or the four bits of a packed model as they are. There is no padding: the tokens of a
//! batch lie end to end, products run over all of them, attention over each sequence. Between two products a row is touched once:
//! bias, GELU or residual and layer norm, and the quantisation for the next product.
//!
//! Attention is int8 too: see its module for the scales.

mod engine;
mod kernel;
mod quantised;
mod scratch;

use std::ops::Range;

use klausul_core::{Error, ErrorKind, Result};

pub use engine::Int8Engine;
pub use kernel::KernelPath;
use kernel::{
    ActivateRows, Attention, Embed, EmbedFours, Gather, Kernel, LANES, Mean, Norm, NormRows, PackedLinear, Project,
    panels,
};
pub use quantised::{LayerNorm, QuantisedLayer, QuantisedLinear, QuantisedMatrix, QuantisedModel, Words};
pub use scratch::Scratch;

use crate::encoder::check;
use crate::{EncoderConfig, Pooling, Weights, blocks};

/// Tokens that go through a layer together: enough to read its weights rarely, few enough to stay in the second cache.
const GROUP: usize = 252;
/// Tokens whose feed-forward activations are held at a time; whole tiles of every path but for the last.
const WIDE_ROWS: usize = 84;

/// An encoder in int8.
#[derive(Debug)]
pub struct Int8Encoder {
    config: EncoderConfig,
    kernel: Kernel,
    words: Words,
    positions: Vec<f32>,
    embedding_norm: LayerNorm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    projections: PackedLinear,
    attention_output: PackedLinear,
    attention_norm: LayerNorm,
    intermediate: PackedLinear,
    output: PackedLinear,
    output_norm: LayerNorm,
}

impl Int8Encoder {
    /// Reads, quantises and packs the weights of a model, for the fastest kernel of this processor.
    ///
    /// # Errors
    /// Those of [`QuantisedModel::from_weights`] and [`from_quantised`](Self::from_quantised).
    pub fn new(config: &EncoderConfig, weights: &Weights) -> Result<Self> {
        let model = QuantisedModel::from_weights(config, weights)?;
        Self::from_quantised(config, model).map_err(|error| error.at(weights.name()))
    }

    /// Packs weights that are quantised already.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when a tensor has another shape than the configuration says, [`ErrorKind::Config`] when a size is not a
    /// multiple of 16.
    pub fn from_quantised(config: &EncoderConfig, model: QuantisedModel) -> Result<Self> {
        let sizes = [
            ("hidden_size", config.hidden_size),
            ("intermediate_size", config.intermediate_size),
            ("hidden_size / num_attention_heads", config.head_size()),
        ];
        if let Some((name, size)) = sizes.into_iter().find(|(_, size)| !size.is_multiple_of(LANES)) {
            let message = format!("`{name}` is `{size}`, and the int8 engine needs a multiple of {LANES}");
            return Err(Error::new(ErrorKind::Config, message).mend("run this model with another engine"));
        }
        model.check(config)?;
        let pack = |layer: QuantisedLayer| Layer {
            projections: PackedLinear::pack(&[&layer.query, &layer.key, &layer.value], config.head_size()),
            attention_output: PackedLinear::pack(&[&layer.attention_output], config.hidden_size),
            attention_norm: layer.attention_norm,
            intermediate: PackedLinear::pack(&[&layer.intermediate], config.intermediate_size),
            output: PackedLinear::pack(&[&layer.output], config.hidden_size),
            output_norm: layer.output_norm,
        };
        let kernel = KernelPath::available().into_iter().find_map(Kernel::new);
        let kernel = kernel.ok_or_else(|| Error::new(ErrorKind::Usage, "no kernel path is available"))?;
        Ok(Self {
            config: config.clone(),
            kernel,
            words: model.words,
            positions: model.positions,
            embedding_norm: model.embedding_norm,
            layers: model.layers.into_iter().map(pack).collect(),
        })
    }

    /// The same encoder on another of the processor's paths, for tests and comparisons.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the processor lacks it.
    pub fn with_path(self, path: KernelPath) -> Result<Self> {
        let Some(kernel) = Kernel::new(path) else {
            let message = format!("kernel path `{path:?}` does not run on this processor");
            return Err(Error::new(ErrorKind::Usage, message).mend("take one of `KernelPath::available()`"));
        };
        Ok(Self { kernel, ..self })
    }

    /// The path it runs on.
    pub fn path(&self) -> KernelPath {
        self.kernel.path()
    }

    /// Its shape.
    pub fn config(&self) -> &EncoderConfig {
        &self.config
    }

    /// Encodes texts that lie end to end: text `i` has the tokens from `ends[i - 1]` (0 for the first) to `ends[i]`.
    ///
    /// Row `i` of `out`, [`hidden_size`](EncoderConfig::hidden_size) long, becomes its pooled vector, not normalised; that of a
    /// text without tokens is zero. No padding belongs in `tokens`.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the ends do not rise to the number of tokens, `out` has another length, a token is not in the
    /// vocabulary, or a text is longer than [`max_tokens`](EncoderConfig::max_tokens). `out` is then unchanged.
    pub fn encode(
        &self,
        tokens: &[u32],
        ends: &[u32],
        pooling: Pooling,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<()> {
        check(&self.config, tokens, ends, out)?;
        let (mut first, mut start) = (0, 0);
        while first < ends.len() {
            let fits = ends[first + 1..].iter().take_while(|&&end| end as usize - start <= GROUP).count();
            let texts = first..first + 1 + fits;
            let end = ends[texts.end - 1] as usize;
            self.forward(tokens, start, &ends[texts.clone()], scratch);
            let hidden = scratch.hidden.take((end - start) * self.config.hidden_size);
            self.pool(hidden, start, &ends[texts.clone()], pooling, &mut out[self.span(&texts)]);
            (first, start) = (texts.end, end);
        }
        Ok(())
    }

    /// The span of rows of the hidden size.
    fn span(&self, rows: &Range<usize>) -> Range<usize> {
        rows.start * self.config.hidden_size..rows.end * self.config.hidden_size
    }

    /// The last hidden states of a group of texts, into `scratch.hidden`.
    fn forward(&self, tokens: &[u32], start: usize, ends: &[u32], scratch: &mut Scratch) {
        let count = ends.last().map_or(0, |&end| end as usize - start);
        let (size, kernel) = (self.config.hidden_size, self.kernel);
        let hidden = scratch.hidden.take(count * size);
        let quantised = scratch.quantised.take(count * size);
        let scales = scratch.scales.take(count);
        self.embed(tokens, start, ends, hidden);
        kernel.run(NormRows { rows: hidden, norm: self.norm(&self.embedding_norm), quantised, scales });
        for layer in &self.layers {
            self.attend(layer, start, ends, scratch, count);
            let hidden = scratch.hidden.take(count * size);
            let quantised = scratch.quantised.take(count * size);
            let scales = scratch.scales.take(count);
            let (project, norm) = (&layer.attention_output, self.norm(&layer.attention_norm));
            kernel.run(Project {
                activations: quantised,
                scales,
                layer: project,
                turn: 0,
                out: hidden,
                residual: true,
            });
            kernel.run(NormRows { rows: hidden, norm, quantised, scales });
            for first in (0..count).step_by(WIDE_ROWS) {
                let rows = first..count.min(first + WIDE_ROWS);
                let width = self.config.intermediate_size;
                let wide = scratch.wide.take(rows.len() * width);
                let quantised_wide = scratch.quantised_wide.take(rows.len() * width);
                let scales_wide = scratch.scales_wide.take(rows.len());
                let (quantised, scales) = (&mut quantised[self.span(&rows)], &mut scales[rows.clone()]);
                let hidden = &mut hidden[self.span(&rows)];
                kernel.run(Project {
                    activations: quantised,
                    scales,
                    layer: &layer.intermediate,
                    turn: 0,
                    out: wide,
                    residual: false,
                });
                kernel.run(ActivateRows {
                    rows: wide,
                    width,
                    activation: self.config.activation,
                    quantised: quantised_wide,
                    scales: scales_wide,
                });
                kernel.run(Project {
                    activations: quantised_wide,
                    scales: scales_wide,
                    layer: &layer.output,
                    turn: 0,
                    out: hidden,
                    residual: true,
                });
                kernel.run(NormRows { rows: hidden, norm: self.norm(&layer.output_norm), quantised, scales });
            }
        }
    }

    /// Attention of a layer: the quantised rows of `scratch` become those that all heads have gathered.
    ///
    /// One head of the whole group after the other, so that its queries, keys and values are still near when they are read.
    fn attend(&self, layer: &Layer, start: usize, ends: &[u32], scratch: &mut Scratch, count: usize) {
        let (hidden, head, kernel) = (self.config.hidden_size, self.config.head_size(), self.kernel);
        let quantised = scratch.quantised.take(count * hidden);
        let scales = scratch.scales.take(count);
        let projected = scratch.projected.take(count * 3 * head);
        let room = |text: &Range<usize>| panels(text.len()) * LANES * hidden;
        let context = scratch.context.take(spans(start, ends).map(|text| room(&text)).sum());
        for place in 0..hidden / head {
            kernel.run(Project {
                activations: quantised,
                scales,
                layer: &layer.projections,
                turn: place,
                out: projected,
                residual: false,
            });
            let mut rest = &mut *context;
            for text in spans(start, ends) {
                let context = rest.split_off_mut(..room(&text)).unwrap_or_default();
                let projected = &projected[3 * text.start * head..3 * text.end * head];
                let scratch = &mut scratch.attention;
                kernel.run(Attention { projected, head, place, hidden, context, scratch });
            }
        }
        let mut rest = &*context;
        for text in spans(start, ends) {
            let context = rest.split_off(..room(&text)).unwrap_or_default();
            let (quantised, scales) = (&mut quantised[self.span(&text)], &mut scales[text]);
            kernel.run(Gather { context, hidden, quantised, scales });
        }
    }

    fn embed(&self, tokens: &[u32], start: usize, ends: &[u32], hidden: &mut [f32]) {
        let size = self.config.hidden_size;
        let row = |row: usize| row * size..(row + 1) * size;
        let padding = self.config.first_position().checked_sub(1);
        for text in spans(start, ends) {
            let mut next = self.config.first_position();
            for at in text {
                let token = tokens[start + at];
                // XLM-RoBERTa does not count a padding token, should one stand in the text.
                let position = match padding {
                    Some(padding) if token == self.config.pad_token_id => padding,
                    _ => {
                        next += 1;
                        next - 1
                    }
                };
                self.embed_token(token as usize, &self.positions[row(position)], &mut hidden[row(at)]);
            }
        }
    }

    /// The sum of a token's embedding and its position's.
    fn embed_token(&self, token: usize, position: &[f32], out: &mut [f32]) {
        match &self.words {
            Words::Bytes(words) => self.kernel.run(Embed {
                word: &words.values[token * words.columns..(token + 1) * words.columns],
                scale: words.scales[token],
                position,
                out,
            }),
            Words::Fours(words) => {
                let width = blocks::row_bytes(out.len());
                self.kernel.run(EmbedFours { word: &words[token * width..(token + 1) * width], position, out });
            }
        }
    }

    fn pool(&self, hidden: &[f32], start: usize, ends: &[u32], pooling: Pooling, out: &mut [f32]) {
        let size = self.config.hidden_size;
        let mut from = start;
        for (&end, out) in ends.iter().zip(out.chunks_exact_mut(size)) {
            let rows = &hidden[(from - start) * size..(end as usize - start) * size];
            match pooling {
                Pooling::Mean => self.kernel.run(Mean { rows, out }),
                Pooling::First if rows.is_empty() => out.fill(0.0),
                Pooling::First => out.copy_from_slice(&rows[..size]),
            }
            from = end as usize;
        }
    }

    fn norm<'a>(&self, norm: &'a LayerNorm) -> Norm<'a> {
        Norm { weight: &norm.weight, bias: &norm.bias, epsilon: self.config.layer_norm_eps }
    }
}

/// The texts of a group as spans of its tokens; those without tokens are left out.
fn spans(start: usize, ends: &[u32]) -> impl Iterator<Item = Range<usize>> + '_ {
    let starts = std::iter::once(start).chain(ends.iter().map(|&end| end as usize));
    starts.zip(ends).map(move |(from, &to)| from - start..to as usize - start).filter(|span| !span.is_empty())
}
