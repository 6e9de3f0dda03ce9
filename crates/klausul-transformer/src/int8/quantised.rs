//! The tensors of an int8 encoder, before they are packed for the kernels.

use klausul_core::{Error, ErrorKind, Result};

use crate::{EncoderConfig, Weights, blocks};

/// A matrix in int8 with one scale a row: the value at `row`, `column` is `values[row · columns + column] · scales[row]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantisedMatrix {
    /// Rows: output channels of a linear layer, tokens of an embedding.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Row after row.
    pub values: Vec<i8>,
    /// One a row; the largest value of the row is 127 of it.
    pub scales: Vec<f32>,
}

impl QuantisedMatrix {
    /// Quantises one more row to nearest, symmetrically.
    pub fn push(&mut self, row: &[f32]) {
        // Lane by lane and with plain comparisons, so that the compiler vectorises it: embeddings have 96 million values.
        let (parts, rest) = row.as_chunks::<16>();
        let mut most = [0.0_f32; 16];
        for part in parts {
            for (most, x) in most.iter_mut().zip(part) {
                *most = if x.abs() > *most { x.abs() } else { *most };
            }
        }
        let most = most.iter().chain(rest).fold(0.0_f32, |most, x| most.max(x.abs()));
        let factor = if most > 0.0 { 127.0 / most } else { 0.0 };
        self.rows += 1;
        self.columns = row.len();
        self.values.extend(row.iter().map(|x| nearest(x * factor)));
        self.scales.push(most / 127.0);
    }

    fn read(weights: &Weights, name: &str, rows: usize, columns: usize) -> Result<Self> {
        if let Some((values, scales)) = weights.quantised(name, [rows, columns])? {
            return Ok(Self { rows, columns, values, scales });
        }
        let mut matrix = Self { columns, ..Self::default() };
        matrix.values.reserve_exact(rows.saturating_mul(columns).min(1 << 28));
        weights.rows(name, [rows, columns], |_, row| matrix.push(row))?;
        Ok(matrix)
    }

    fn check(&self, name: &str, rows: usize, columns: usize) -> Result<()> {
        let same = self.rows == rows && self.columns == columns && self.scales.len() == rows;
        if same && self.values.len() == rows * columns && self.scales.iter().all(|scale| scale.is_finite()) {
            return Ok(());
        }
        let shape =
            format!("{} × {} with {} values, {} scales", self.rows, self.columns, self.values.len(), self.scales.len());
        Err(wrong(name, &shape, &format!("{rows} × {columns} with finite scales")))
    }
}

/// The nearest integer to a value within ±127, ties to even: above 2²³ a float's last bit is worth 1.
fn nearest(x: f32) -> i8 {
    const SHIFT: f32 = 12_582_912.0;
    (x + SHIFT).to_bits() as i8
}

/// Word embeddings, a row a token.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Words {
    /// Eight bits a value.
    Bytes(QuantisedMatrix),
    /// Four bits a value, as the file of a packed model has them: rows of blocks of 32 values. They are never widened as a whole.
    Fours(Vec<u8>),
}

impl Default for Words {
    fn default() -> Self {
        Self::Bytes(QuantisedMatrix::default())
    }
}

impl Words {
    fn read(weights: &Weights, config: &EncoderConfig) -> Result<Self> {
        let (name, rows, columns) = ("embeddings.word_embeddings.weight", config.vocab_size, config.hidden_size);
        match weights.four_bits(name, [rows, columns])? {
            Some(rows) => Ok(Self::Fours(rows)),
            None => QuantisedMatrix::read(weights, name, rows, columns).map(Self::Bytes),
        }
    }

    fn check(&self, rows: usize, columns: usize) -> Result<()> {
        match self {
            Self::Bytes(matrix) => matrix.check("words", rows, columns),
            Self::Fours(found) => {
                let wanted = rows * blocks::row_bytes(columns);
                if found.len() == wanted && columns.is_multiple_of(blocks::VALUES) && blocks::broken(found).is_none() {
                    return Ok(());
                }
                Err(wrong(
                    "words",
                    &format!("{} bytes of blocks", found.len()),
                    &format!("{wanted} with finite scales"),
                ))
            }
        }
    }
}

/// A linear layer: `y = W·x + bias`, a row of `W` an output.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantisedLinear {
    /// Outputs × inputs.
    pub weight: QuantisedMatrix,
    /// One an output.
    pub bias: Vec<f32>,
}

impl QuantisedLinear {
    fn read(weights: &Weights, name: &str, outputs: usize, inputs: usize) -> Result<Self> {
        Ok(Self {
            weight: QuantisedMatrix::read(weights, &format!("{name}.weight"), outputs, inputs)?,
            bias: weights.tensor(&format!("{name}.bias"), &[outputs])?,
        })
    }

    fn check(&self, name: &str, outputs: usize, inputs: usize) -> Result<()> {
        self.weight.check(&format!("{name}.weight"), outputs, inputs)?;
        check_vector(&format!("{name}.bias"), &self.bias, outputs)
    }
}

/// A layer norm: `(x − mean) / √(variance + epsilon) · weight + bias`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerNorm {
    /// One a channel.
    pub weight: Vec<f32>,
    /// One a channel.
    pub bias: Vec<f32>,
}

impl LayerNorm {
    fn read(weights: &Weights, name: &str, width: usize) -> Result<Self> {
        Ok(Self {
            weight: weights.tensor(&format!("{name}.weight"), &[width])?,
            bias: weights.tensor(&format!("{name}.bias"), &[width])?,
        })
    }

    fn check(&self, name: &str, width: usize) -> Result<()> {
        check_vector(&format!("{name}.weight"), &self.weight, width)?;
        check_vector(&format!("{name}.bias"), &self.bias, width)
    }
}

/// One layer of the encoder.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantisedLayer {
    /// Hidden → hidden.
    pub query: QuantisedLinear,
    /// Hidden → hidden.
    pub key: QuantisedLinear,
    /// Hidden → hidden.
    pub value: QuantisedLinear,
    /// Hidden → hidden, on what attention has gathered.
    pub attention_output: QuantisedLinear,
    /// After the first residual.
    pub attention_norm: LayerNorm,
    /// Hidden → intermediate.
    pub intermediate: QuantisedLinear,
    /// Intermediate → hidden.
    pub output: QuantisedLinear,
    /// After the second residual.
    pub output_norm: LayerNorm,
}

/// All tensors of an encoder, from which [`Int8Encoder::from_quantised`](super::Int8Encoder::from_quantised) builds it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct QuantisedModel {
    /// Word embeddings.
    pub words: Words,
    /// Position embeddings row after row, with row 0 of the token type embeddings added to each.
    pub positions: Vec<f32>,
    /// After the embeddings.
    pub embedding_norm: LayerNorm,
    /// First to last.
    pub layers: Vec<QuantisedLayer>,
}

impl QuantisedModel {
    /// Reads and quantises the tensors that a configuration asks for.
    ///
    /// # Errors
    /// Those of [`Weights::tensor`], for the first tensor that is missing or wrong.
    pub fn from_weights(config: &EncoderConfig, weights: &Weights) -> Result<Self> {
        let (hidden, width) = (config.hidden_size, config.intermediate_size);
        let types = weights.tensor("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        let mut positions =
            weights.tensor("embeddings.position_embeddings.weight", &[config.max_position_embeddings, hidden])?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(position, kind)| *position += kind);
        }
        let layers = (0..config.num_hidden_layers).map(|layer| {
            let linear = |name: &str, outputs, inputs| {
                QuantisedLinear::read(weights, &format!("encoder.layer.{layer}.{name}"), outputs, inputs)
            };
            let norm = |name: &str| LayerNorm::read(weights, &format!("encoder.layer.{layer}.{name}"), hidden);
            Ok(QuantisedLayer {
                query: linear("attention.self.query", hidden, hidden)?,
                key: linear("attention.self.key", hidden, hidden)?,
                value: linear("attention.self.value", hidden, hidden)?,
                attention_output: linear("attention.output.dense", hidden, hidden)?,
                attention_norm: norm("attention.output.LayerNorm")?,
                intermediate: linear("intermediate.dense", width, hidden)?,
                output: linear("output.dense", hidden, width)?,
                output_norm: norm("output.LayerNorm")?,
            })
        });
        Ok(Self {
            words: Words::read(weights, config)?,
            positions,
            embedding_norm: LayerNorm::read(weights, "embeddings.LayerNorm", hidden)?,
            layers: layers.collect::<Result<_>>()?,
        })
    }

    /// Compares every shape with a configuration's.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming the first tensor that does not fit.
    pub fn check(&self, config: &EncoderConfig) -> Result<()> {
        let (hidden, width) = (config.hidden_size, config.intermediate_size);
        self.words.check(config.vocab_size, hidden)?;
        check_vector("positions", &self.positions, config.max_position_embeddings * hidden)?;
        self.embedding_norm.check("embedding_norm", hidden)?;
        if self.layers.len() != config.num_hidden_layers {
            return Err(wrong("layers", &self.layers.len().to_string(), &config.num_hidden_layers.to_string()));
        }
        for (number, layer) in self.layers.iter().enumerate() {
            let name = |part: &str| format!("layers.{number}.{part}");
            layer.query.check(&name("query"), hidden, hidden)?;
            layer.key.check(&name("key"), hidden, hidden)?;
            layer.value.check(&name("value"), hidden, hidden)?;
            layer.attention_output.check(&name("attention_output"), hidden, hidden)?;
            layer.attention_norm.check(&name("attention_norm"), hidden)?;
            layer.intermediate.check(&name("intermediate"), width, hidden)?;
            layer.output.check(&name("output"), hidden, width)?;
            layer.output_norm.check(&name("output_norm"), hidden)?;
        }
        Ok(())
    }
}

fn check_vector(name: &str, values: &[f32], len: usize) -> Result<()> {
    if values.len() == len && values.iter().all(|value| value.is_finite()) {
        return Ok(());
    }
    Err(wrong(name, &format!("{} values", values.len()), &format!("{len}, all finite")))
}

fn wrong(name: &str, found: &str, wanted: &str) -> Error {
    Error::new(ErrorKind::Format, format!("tensor `{name}` has {found}, not {wanted}"))
        .mend("give the configuration that belongs to these weights")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_quantised_apart() {
        let mut matrix = QuantisedMatrix::default();
        matrix.push(&[1.0, -2.0, 0.0]);
        matrix.push(&[0.0, 0.0, 0.0]);
        assert_eq!(matrix.values, [64, -127, 0, 0, 0, 0]);
        assert_eq!((matrix.rows, matrix.columns), (2, 3));
        assert!((matrix.scales[0] - 2.0 / 127.0).abs() < 1e-9 && matrix.scales[1] == 0.0);
        let error = matrix.check("words", 3, 3).unwrap_err().to_string();
        assert!(error.contains("`words` has 2 × 3") && error.contains("not 3 × 3"), "{error}");
    }
}
