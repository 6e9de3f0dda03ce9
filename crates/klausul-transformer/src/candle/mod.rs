//! The reference engine: an encoder in candle.
//!
//! On graphics cards the layers are those of `candle-transformers`, on the processor those of [`packed`]. Embeddings and
//! masks are this module's own: those of the library begin positions at 0 for every architecture or count them in half
//! precision, and turn a half-precision mask into values that are no numbers.

mod in_place;
mod layer;
mod math;
mod packed;
mod rows;

use std::collections::HashMap;
use std::fmt;

use candle_core::{D, DType, Device as CandleDevice, Tensor};
use candle_nn::{LayerNorm, Module, VarBuilder};
use candle_transformers::models::bert::{BertEncoder, Config, HiddenAct, PositionEmbeddingType};
use klausul_core::{Error, ErrorKind, Result};

use self::in_place::Norm;
use self::packed::Packed;
use crate::encoder::{check, texts};
use crate::{Activation, Encoder, EncoderConfig, Pooling, Weights};

/// Added to the attention of padding: far below any score, and a number in every precision.
const MASKED: f64 = -10_000.0;

/// Where the reference engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// The NVIDIA card with this number; needs the feature `cuda`.
    Cuda(usize),
    /// The Apple card with this number; needs the feature `metal`.
    Metal(usize),
}

/// As it is named to a program: `cpu`, `cuda:0`, `metal:0`.
impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(number) => write!(f, "cuda:{number}"),
            Self::Metal(number) => write!(f, "metal:{number}"),
        }
    }
}

/// In what the reference engine computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, IEEE 754; on graphics cards only.
    F16,
    /// 16 bits with the exponent of 32; on graphics cards only.
    Bf16,
}

/// An encoder in candle.
///
/// On the processor texts are packed end to end, and the vector of each depends on nothing else, to the bit. On a graphics
/// card the texts of a batch are padded to the longest and masked, and vectors may differ in the last bits between batches.
pub struct CandleEncoder {
    config: EncoderConfig,
    /// `candle`, on a graphics card with its kind and the precision: what depends on them differs in the last bits.
    engine: String,
    device: CandleDevice,
    words: Tensor,
    /// From the first position on, with the embedding of token type 0 added.
    positions: Tensor,
    layers: Layers,
}

enum Layers {
    /// Texts end to end, on the processor.
    Packed(Packed),
    /// Texts that are padded to the longest, after the norm of their embeddings.
    Padded(LayerNorm, BertEncoder),
}

impl CandleEncoder {
    /// Reads the weights of a model, to run in f32 on the processor.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn new(config: &EncoderConfig, weights: &Weights) -> Result<Self> {
        Self::on(Device::Cpu, Precision::F32, config, weights)
    }

    /// Reads the weights of a model, to run on a device.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the build or the machine lacks the device or the device the precision; those of
    /// [`Weights::tensor`].
    pub fn on(device: Device, precision: Precision, config: &EncoderConfig, weights: &Weights) -> Result<Self> {
        let opened = match device {
            Device::Cpu => Ok(CandleDevice::Cpu),
            Device::Cuda(number) => CandleDevice::new_cuda(number),
            Device::Metal(number) => CandleDevice::new_metal(number),
        };
        let opened = opened.map_err(|error| {
            Error::new(ErrorKind::Usage, format!("device `{device}` does not open: {}", first_line(&error)))
                .mend("take the processor, or build with the feature `cuda` or `metal`")
        })?;
        let dtype = match precision {
            Precision::F32 => DType::F32,
            _ if device == Device::Cpu => {
                let message = format!("precision `{precision:?}` does not run on the processor");
                return Err(Error::new(ErrorKind::Usage, message).mend("take F32, or a graphics card"));
            }
            Precision::F16 => DType::F16,
            Precision::Bf16 => DType::BF16,
        };
        let mut encoder = Self::load(config, weights, opened, dtype, device != Device::Cpu)?;
        if device != Device::Cpu {
            let kind = if matches!(device, Device::Metal(_)) { "metal" } else { "cuda" };
            encoder.engine = format!("candle-{kind}-{}", dtype.as_str());
        }
        Ok(encoder)
    }

    fn load(
        config: &EncoderConfig,
        weights: &Weights,
        device: CandleDevice,
        dtype: DType,
        padded: bool,
    ) -> Result<Self> {
        let tensor = |name: &str, shape: &[usize]| {
            let values = weights.tensor(name, shape)?;
            Tensor::from_vec(values, shape, &device).and_then(|tensor| tensor.to_dtype(dtype)).map_err(broken)
        };
        let hidden = config.hidden_size;
        let positions = tensor("embeddings.position_embeddings.weight", &[config.max_position_embeddings, hidden])?;
        let types = tensor("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let positions = positions
            .narrow(0, config.first_position(), config.max_tokens())
            .and_then(|positions| positions.broadcast_add(&types.narrow(0, 0, 1)?))
            .map_err(broken)?;
        let mut layers = HashMap::new();
        for layer in 0..config.num_hidden_layers {
            for (name, shape) in layer_tensors(config) {
                let name = format!("layer.{layer}.{name}");
                let values = tensor(&format!("encoder.{name}"), &shape)?;
                layers.insert(name, values);
            }
        }
        let layers = VarBuilder::from_tensors(layers, dtype, &device);
        let weight = tensor("embeddings.LayerNorm.weight", &[hidden])?;
        let bias = tensor("embeddings.LayerNorm.bias", &[hidden])?;
        let epsilon = config.layer_norm_eps;
        let layers = if padded {
            let norm = LayerNorm::new(weight, bias, f64::from(epsilon));
            BertEncoder::load(layers, &library_config(config)).map(|layers| Layers::Padded(norm, layers))
        } else {
            let values = |tensor: Tensor| tensor.to_vec1().map_err(broken);
            let norm = Norm { weight: values(weight)?, bias: values(bias)?, epsilon };
            Packed::load(config, norm, &layers).map(Layers::Packed)
        };
        Ok(Self {
            words: tensor("embeddings.word_embeddings.weight", &[config.vocab_size, hidden])?,
            positions,
            layers: layers.map_err(broken)?,
            config: config.clone(),
            engine: "candle".to_owned(),
            device,
        })
    }

    /// The pooled vectors of texts that are not empty, end to end, in f32.
    fn forward_padded(
        &self,
        texts: &[&[u32]],
        (norm, layers): (&LayerNorm, &BertEncoder),
        pooling: Pooling,
    ) -> candle_core::Result<Vec<f32>> {
        let (count, longest) = (texts.len(), texts.iter().map(|text| text.len()).max().unwrap_or(0));
        // Any token will do as padding, for it is masked.
        let mut ids = vec![0; count * longest];
        let mut real = vec![0.0_f32; count * longest];
        for (row, text) in texts.iter().enumerate() {
            ids[row * longest..][..text.len()].copy_from_slice(text);
            real[row * longest..][..text.len()].fill(1.0);
        }
        let hidden = self.config.hidden_size;
        let ids = Tensor::from_vec(ids, count * longest, &self.device)?;
        let real = Tensor::from_vec(real, (count, longest), &self.device)?;
        let words = self.words.index_select(&ids, 0)?.reshape((count, longest, hidden))?;
        let embedded = words.broadcast_add(&self.positions.narrow(0, 0, longest)?)?;
        let embedded = norm.forward(&embedded)?;
        let mask = ((&real - 1.0)? * -MASKED)?.reshape((count, 1, 1, longest))?.to_dtype(embedded.dtype())?;
        let tokens = layers.forward(&embedded, &mask)?;
        let vectors = match pooling {
            Pooling::First => tokens.narrow(1, 0, 1)?.squeeze(1)?.to_dtype(DType::F32)?,
            Pooling::Mean => {
                let tokens = tokens.to_dtype(DType::F32)?.broadcast_mul(&real.unsqueeze(D::Minus1)?)?;
                tokens.sum(1)?.broadcast_div(&real.sum_keepdim(1)?)?
            }
        };
        vectors.flatten_all()?.to_vec1()
    }
}

impl Encoder for CandleEncoder {
    fn config(&self) -> &EncoderConfig {
        &self.config
    }

    fn engine(&self) -> &str {
        &self.engine
    }

    fn encode(&self, tokens: &[u32], ends: &[u32], pooling: Pooling, out: &mut [f32]) -> Result<()> {
        check(&self.config, tokens, ends, out)?;
        let hidden = self.hidden();
        let (mut filled, mut rows) = (Vec::new(), Vec::new());
        for (text, row) in texts(tokens, ends).zip(out.chunks_exact_mut(hidden)) {
            if text.is_empty() {
                row.fill(0.0);
            } else {
                filled.push(text);
                rows.push(row);
            }
        }
        match &self.layers {
            Layers::Packed(packed) => {
                packed.encode((&self.words, &self.positions), &filled, pooling, &mut rows).map_err(broken)?;
            }
            Layers::Padded(..) if filled.is_empty() => {}
            Layers::Padded(norm, layers) => {
                let vectors = self.forward_padded(&filled, (norm, layers), pooling).map_err(broken)?;
                for (row, vector) in rows.into_iter().zip(vectors.chunks_exact(hidden)) {
                    row.copy_from_slice(vector);
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for CandleEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CandleEncoder")
            .field("config", &self.config)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// Names and shapes of a layer's tensors.
fn layer_tensors(config: &EncoderConfig) -> Vec<(String, Vec<usize>)> {
    let (hidden, wide) = (config.hidden_size, config.intermediate_size);
    let linear = [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", wide, hidden),
        ("output.dense", hidden, wide),
    ];
    let mut tensors = Vec::new();
    for (name, outputs, inputs) in linear {
        tensors.push((format!("{name}.weight"), vec![outputs, inputs]));
        tensors.push((format!("{name}.bias"), vec![outputs]));
    }
    for name in ["attention.output.LayerNorm", "output.LayerNorm"] {
        tensors.push((format!("{name}.weight"), vec![hidden]));
        tensors.push((format!("{name}.bias"), vec![hidden]));
    }
    tensors
}

fn library_config(config: &EncoderConfig) -> Config {
    Config {
        vocab_size: config.vocab_size,
        hidden_size: config.hidden_size,
        num_hidden_layers: config.num_hidden_layers,
        num_attention_heads: config.num_attention_heads,
        intermediate_size: config.intermediate_size,
        hidden_act: match config.activation {
            Activation::Gelu => HiddenAct::Gelu,
            Activation::Relu => HiddenAct::Relu,
        },
        hidden_dropout_prob: 0.0,
        max_position_embeddings: config.max_position_embeddings,
        type_vocab_size: config.type_vocab_size,
        initializer_range: 0.02,
        layer_norm_eps: f64::from(config.layer_norm_eps),
        pad_token_id: config.pad_token_id as usize,
        position_embedding_type: PositionEmbeddingType::Absolute,
        use_cache: false,
        classifier_dropout: None,
        model_type: None,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` calls it")]
fn broken(error: candle_core::Error) -> Error {
    Error::new(ErrorKind::Config, format!("candle does not run the model: {}", first_line(&error)))
        .mend("take a smaller batch, another engine, or the processor")
}

/// What candle says; with `RUST_BACKTRACE` a backtrace of many lines follows.
fn first_line(error: &candle_core::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
