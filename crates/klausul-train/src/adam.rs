//! AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101).

use crate::network::Layer;

const MEAN: f32 = 0.9;
const SQUARE: f32 = 0.999;
const LEAST: f32 = 1e-8;

/// The running moments of every weight.
pub(crate) struct Adam {
    moments: Vec<[Layer; 2]>,
    decay: f32,
    /// βᵗ of both moments: what they still lack from the start.
    powers: [f32; 2],
}

impl Adam {
    pub(crate) fn new(layers: &[Layer], decay: f32) -> Self {
        Self { moments: layers.iter().map(|layer| [layer.zeroed(), layer.zeroed()]).collect(), decay, powers: [1.0; 2] }
    }

    /// Moves the layers against their gradients. Weights decay, biases do not.
    pub(crate) fn step(&mut self, layers: &mut [Layer], gradients: &[Layer], rate: f32) {
        self.powers = [self.powers[0] * MEAN, self.powers[1] * SQUARE];
        let warm = self.powers.map(|power| 1.0 - power);
        for ((layer, gradient), [mean, square]) in layers.iter_mut().zip(gradients).zip(&mut self.moments) {
            let decay = rate * self.decay;
            layer.weight.iter_mut().for_each(|weight| *weight -= decay * *weight);
            advance(&mut layer.weight, &gradient.weight, [&mut mean.weight, &mut square.weight], warm, rate);
            advance(&mut layer.bias, &gradient.bias, [&mut mean.bias, &mut square.bias], warm, rate);
        }
    }
}

fn advance(values: &mut [f32], gradient: &[f32], [mean, square]: [&mut [f32]; 2], warm: [f32; 2], rate: f32) {
    for (((value, &gradient), mean), square) in values.iter_mut().zip(gradient).zip(mean).zip(square) {
        *mean += (1.0 - MEAN) * (gradient - *mean);
        *square += (1.0 - SQUARE) * (gradient * gradient - *square);
        *value -= rate * (*mean / warm[0]) / ((*square / warm[1]).sqrt() + LEAST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate_and_decay_is_apart() {
        let mut layers = [Layer { weight: vec![1.0, 1.0], bias: vec![1.0] }];
        let gradients = [Layer { weight: vec![0.5, -3.0], bias: vec![0.0] }];
        let mut adam = Adam::new(&layers, 0.5);
        adam.step(&mut layers, &gradients, 0.1);
        // 1 − 0.1·0.5 of decay, then 0.1 against the sign, whatever the size.
        let [first, second] = [layers[0].weight[0], layers[0].weight[1]];
        assert!((first - 0.85).abs() < 1e-6 && (second - 1.05).abs() < 1e-6, "{first} {second}");
        assert_eq!(layers[0].bias, [1.0]);
    }
}
