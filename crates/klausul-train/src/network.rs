//! The head while it is trained: its layers, forward and back.

use std::f32::consts::FRAC_1_SQRT_2;

use crate::matrix;
use crate::random::Random;

/// `1 / √(2π)`.
const FRAC_1_SQRT_TAU: f32 = 0.398_942_3;

/// `y = W·x + b`, or the gradient of one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Layer {
    /// A row an output.
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Layer {
    /// Nothing, in the shape of this layer.
    pub(crate) fn zeroed(&self) -> Self {
        Self { weight: vec![0.0; self.weight.len()], bias: vec![0.0; self.bias.len()] }
    }

    /// Small weights of chance, so that hidden units differ (LeCun et al. 1998, *Efficient BackProp*: variance `1 / inputs`).
    fn random(inputs: usize, outputs: usize, random: &mut Random) -> Self {
        let bound = (3.0 / inputs as f32).sqrt();
        let weight = (0..inputs * outputs).map(|_| random.within(bound)).collect();
        Self { weight, bias: vec![0.0; outputs] }
    }
}

/// One or two layers, with the exact GELU between them.
#[derive(Debug, Clone)]
pub(crate) struct Network {
    pub(crate) layers: Vec<Layer>,
}

/// What a batch became on its way through.
#[derive(Default)]
pub(crate) struct Pass {
    /// Before the GELU, and after it; empty for one layer.
    before: Vec<f32>,
    after: Vec<f32>,
    /// A row of logits a window.
    pub(crate) logits: Vec<f32>,
}

impl Network {
    /// A head over vectors of `inputs` values; with hidden units it has two layers. Its last layer says `bias` of everything yet.
    pub(crate) fn new(inputs: usize, hidden: Option<usize>, bias: Vec<f32>, random: &mut Random) -> Self {
        let last = |inputs: usize, bias: Vec<f32>| Layer { weight: vec![0.0; inputs * bias.len()], bias };
        let layers = match hidden {
            None => vec![last(inputs, bias)],
            Some(hidden) => vec![Layer::random(inputs, hidden, random), last(hidden, bias)],
        };
        Self { layers }
    }

    pub(crate) fn forward(&self, x: &[f32], pass: &mut Pass) {
        let run = |layer: &Layer, x: &[f32], out: &mut Vec<f32>| {
            let inputs = layer.weight.len() / layer.bias.len();
            out.resize(x.len() / inputs * layer.bias.len(), 0.0);
            matrix::forward(x, &layer.weight, &layer.bias, out);
        };
        let [first, rest @ ..] = self.layers.as_slice() else { return };
        let Some(second) = rest.first() else { return run(first, x, &mut pass.logits) };
        run(first, x, &mut pass.before);
        pass.after.clear();
        pass.after.extend(pass.before.iter().map(|&x| x * normal(x)));
        run(second, &pass.after, &mut pass.logits);
    }

    /// Adds what a batch says of each layer to `gradients`, from the gradient of its logits.
    pub(crate) fn backward(&self, x: &[f32], pass: &Pass, of_logits: &[f32], gradients: &mut [Layer]) {
        match (self.layers.as_slice(), gradients) {
            ([_], [own]) => matrix::weights(x, of_logits, &mut own.weight, &mut own.bias),
            ([first, second], [of_first, of_second]) => {
                matrix::weights(&pass.after, of_logits, &mut of_second.weight, &mut of_second.bias);
                let mut hidden = vec![0.0; pass.after.len()];
                matrix::backward(of_logits, &second.weight, first.bias.len(), &mut hidden);
                hidden.iter_mut().zip(&pass.before).for_each(|(gradient, &x)| *gradient *= slope(x));
                matrix::weights(x, &hidden, &mut of_first.weight, &mut of_first.bias);
            }
            _ => {}
        }
    }
}

/// Φ, the share of a standard normal distribution below `x`.
fn normal(x: f32) -> f32 {
    0.5 * (1.0 + libm::erff(x * FRAC_1_SQRT_2))
}

/// The derivative of `x·Φ(x)`.
fn slope(x: f32) -> f32 {
    normal(x) + x * FRAC_1_SQRT_TAU * libm::expf(-0.5 * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loss::{Batch, loss};

    /// Three paragraphs of five windows, with soft labels and categories that nobody looked for.
    fn batch() -> (Vec<f32>, Vec<std::ops::Range<usize>>, Vec<f32>) {
        let x = (0..20_u8).map(|n| (f32::from(n * 7 % 11) - 5.0) / 4.0).collect();
        (x, vec![0..2, 2..3, 3..5], vec![1.0, 0.25, f32::NAN, 0.0, f32::NAN, 1.0])
    }

    fn mean_loss(network: &Network, gradients: Option<&mut [Layer]>) -> f64 {
        let (x, windows, shares) = batch();
        let mut pass = Pass::default();
        network.forward(&x, &mut pass);
        let mut of_logits = vec![0.0; pass.logits.len()];
        let sum = loss(&Batch { logits: &pass.logits, windows: &windows, shares: &shares }, &mut of_logits);
        if let Some(gradients) = gradients {
            network.backward(&x, &pass, &of_logits, gradients);
        }
        sum.total / sum.pairs as f64
    }

    /// Every derivative against the difference of the losses on both sides of the value.
    #[test]
    fn gradients_are_those_of_finite_differences() {
        for hidden in [None, Some(3)] {
            let mut random = Random::new(3);
            let mut network = Network::new(4, hidden, vec![0.5, -0.25], &mut random);
            let mut gradients = Vec::new();
            for layer in &mut network.layers {
                layer.weight.iter_mut().chain(&mut layer.bias).for_each(|value| *value = random.within(0.9));
                gradients.push(layer.zeroed());
            }
            mean_loss(&network, Some(&mut gradients));
            let mut greatest = 0.0_f64;
            for (number, own) in gradients.iter().enumerate() {
                let weights = network.layers[number].weight.len();
                for place in 0..weights + network.layers[number].bias.len() {
                    let beside = |step: f32| {
                        let mut other = network.clone();
                        let layer = &mut other.layers[number];
                        *if place < weights { &mut layer.weight[place] } else { &mut layer.bias[place - weights] } +=
                            step;
                        mean_loss(&other, None)
                    };
                    let step = 1.0 / 256.0;
                    let expected = (beside(step) - beside(-step)) / (2.0 * f64::from(step));
                    let found = if place < weights { own.weight[place] } else { own.bias[place - weights] };
                    assert!((f64::from(found) - expected).abs() < 1e-4, "{number} {place}: {found} {expected}");
                    greatest = greatest.max(expected.abs());
                }
            }
            assert!(greatest > 0.01, "the gradients are not all zero");
        }
    }

    #[test]
    fn an_untrained_head_says_its_bias() {
        let network = Network::new(4, Some(3), vec![0.5, -0.25], &mut Random::new(1));
        let mut pass = Pass::default();
        network.forward(&[1.0; 8], &mut pass);
        assert_eq!(pass.logits, [0.5, -0.25, 0.5, -0.25]);
    }
}
