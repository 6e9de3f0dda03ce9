//! The layers between an encoder's vector and the logits of the labels.

use klausul_core::{Error, ErrorKind, Result};

use crate::Weights;

/// Largest width between two layers that is read.
const MOST_WIDTH: usize = 1 << 14;
/// Sums run in this many lanes, in one order on every processor.
const LANES: usize = 8;
/// The tensors of a head, by layer: weight and bias.
pub(crate) const TENSORS: [[&str; 2]; 2] = [["head.0.weight", "head.0.bias"], ["head.1.weight", "head.1.bias"]];

/// One or two linear layers, with the exact GELU between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    layers: Vec<Linear>,
}

/// `y = W·x + b`.
#[derive(Debug, Clone, PartialEq)]
struct Linear {
    /// A row per output, as long as the input.
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Head {
    /// Reads `head.0.weight` (outputs × inputs) and `head.0.bias`, and for two layers `head.1.weight` and `head.1.bias`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming the file and the tensor that is missing, has another shape, or holds a value that is no number.
    pub fn from_weights(weights: &Weights, hidden: usize, layers: usize, labels: usize) -> Result<Self> {
        let mut inputs = hidden;
        let mut read = Vec::with_capacity(layers);
        for layer in 0..layers {
            let name = format!("head.{layer}.weight");
            let outputs = if layer + 1 == layers {
                labels
            } else {
                // The width between the layers is whatever the first one has.
                weights.shape(&name).and_then(|shape| shape.first().copied()).unwrap_or(1)
            };
            if outputs == 0 || outputs > MOST_WIDTH {
                return Err(Error::new(
                    ErrorKind::Format,
                    format!("tensor `{name}` has `{outputs}` rows, not 1 to {MOST_WIDTH}"),
                )
                .at(weights.name())
                .mend("train the head again"));
            }
            read.push(Linear {
                weight: weights.tensor(&name, &[outputs, inputs]).map_err(belongs)?,
                bias: weights.tensor(&format!("head.{layer}.bias"), &[outputs]).map_err(belongs)?,
            });
            inputs = outputs;
        }
        Ok(Self { layers: read })
    }

    /// A head of one or two layers over vectors of `inputs` values, each layer given as its weights, a row per output, and its biases.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there are no layers or more than two, their widths do not fit, or a value is no number.
    pub fn new(inputs: usize, layers: Vec<(Vec<f32>, Vec<f32>)>) -> Result<Self> {
        let refused = |message: String| Err(Error::new(ErrorKind::Usage, message));
        if !(1..=TENSORS.len()).contains(&layers.len()) {
            return refused(format!("a head has 1 or 2 layers, not {}", layers.len()));
        }
        let mut width = inputs;
        for (weight, bias) in &layers {
            if weight.len() != width * bias.len() || !(1..=MOST_WIDTH).contains(&bias.len()) {
                return refused(format!("{} weights for {width} inputs and {} outputs", weight.len(), bias.len()));
            }
            if let Some(value) = weight.iter().chain(bias).find(|value| !value.is_finite()) {
                return refused(format!("a head holds `{value}`"));
            }
            width = bias.len();
        }
        Ok(Self { layers: layers.into_iter().map(|(weight, bias)| Linear { weight, bias }).collect() })
    }

    /// How many layers it has, 1 or 2.
    pub fn layers(&self) -> usize {
        self.layers.len()
    }

    /// Name, shape and values of its tensors.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (&'static str, Vec<usize>, &[f32])> {
        self.layers.iter().zip(TENSORS).flat_map(|(Linear { weight, bias }, names)| {
            let outputs = bias.len();
            let shape = vec![outputs, weight.len() / outputs.max(1)];
            [(names[0], shape, weight.as_slice()), (names[1], vec![outputs], bias.as_slice())]
        })
    }

    /// How many labels it has logits for.
    pub fn labels(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias.len())
    }

    /// The logits of an encoder's vector, one a label.
    pub fn logits(&self, vector: &[f32]) -> Vec<f32> {
        let mut values = vector.to_vec();
        for (index, layer) in self.layers.iter().enumerate() {
            if index > 0 {
                for value in &mut values {
                    *value = gelu(*value);
                }
            }
            let rows = layer.weight.chunks_exact(values.len().max(1));
            values = rows.zip(&layer.bias).map(|(row, bias)| dot(row, &values) + bias).collect();
        }
        values
    }
}

fn belongs(error: Error) -> Error {
    error.mend("give the klausul.json that belongs to these weights, or train the head again")
}

/// `x·Φ(x)`, the exact form (Hendrycks & Gimpel 2016, arXiv:1606.08415).
fn gelu(x: f32) -> f32 {
    0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2))
}

/// The sum of `a[i]·b[i]`, in one order on every processor: what a head sums with, so that training sums as classifying does.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        lanes.iter_mut().zip(a.iter().zip(b)).for_each(|(lane, (a, b))| *lane += a * b);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(tensors: &[(&str, &[usize], &[f32])]) -> Weights {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, shape, values) in tensors {
            let start = data.len();
            data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let info = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [start, data.len()]});
            header.insert((*name).into(), info);
        }
        let header = serde_json::Value::Object(header).to_string();
        let bytes = [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat();
        Weights::from_bytes("m.safetensors", bytes).unwrap()
    }

    #[test]
    fn one_layer_is_linear_and_two_have_gelu_between() {
        let first: (&str, &[usize], &[f32]) = ("head.0.weight", &[2, 3], &[1.0, 0.0, 2.0, 0.0, -1.0, 0.0]);
        let one = weights(&[first, ("head.0.bias", &[2], &[0.5, 0.0])]);
        let head = Head::from_weights(&one, 3, 1, 2).unwrap();
        assert_eq!(head.logits(&[1.0, 2.0, 3.0]), [7.5, -2.0]);
        assert_eq!(head.labels(), 2);
        let two = weights(&[
            first,
            ("head.0.bias", &[2], &[-6.0, 0.0]),
            ("head.1.weight", &[1, 2], &[1.0, 10.0]),
            ("head.1.bias", &[1], &[0.25]),
        ]);
        // GELU(1) = 0.841345, GELU(-2) = -0.045500.
        let logits = Head::from_weights(&two, 3, 2, 1).unwrap().logits(&[1.0, 2.0, 3.0]);
        assert!((logits[0] - (0.841_345 - 0.455_003 + 0.25)).abs() < 1e-5, "{logits:?}");
    }

    #[test]
    fn bad_heads_name_the_tensor() {
        let one = weights(&[("head.0.weight", &[2, 3], &[0.0; 6]), ("head.0.bias", &[2], &[0.0, f32::NAN])]);
        for (hidden, layers, labels, named) in [
            (4, 1, 2, "`head.0.weight` has the shape [2, 3], not [2, 4]"),
            (3, 1, 3, "`head.0.weight` has the shape [2, 3], not [3, 3]"),
            (3, 1, 2, "`head.0.bias` holds `NaN`"),
        ] {
            let error = Head::from_weights(&one, hidden, layers, labels).unwrap_err().to_string();
            assert!(
                error.starts_with("m.safetensors: tensor ") && error.contains(named) && error.contains("; "),
                "{error}"
            );
        }
        let one = weights(&[("head.0.weight", &[2, 3], &[0.0; 6]), ("head.0.bias", &[2], &[0.0; 2])]);
        let error = Head::from_weights(&one, 3, 2, 2).unwrap_err().to_string();
        assert!(error.contains("tensor `head.1.weight` is missing"), "{error}");
    }

    #[test]
    fn sums_of_any_length_are_whole() {
        for length in 0..40_u8 {
            let a: Vec<f32> = (0..length).map(f32::from).collect();
            let sum: f32 = a.iter().map(|x| x * x).sum();
            assert!((dot(&a, &a) - sum).abs() < f32::EPSILON, "{length}");
        }
    }
}
