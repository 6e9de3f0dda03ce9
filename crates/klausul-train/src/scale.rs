//! Features of mean 0 and deviation 1, and what that makes of a layer's weights.

use crate::Vectors;
use crate::network::Layer;

/// Deviations are at least this share of the usual one: a feature that hardly moves in training must not decide elsewhere.
const LEAST_SHARE: f64 = 1e-3;

/// How features are brought to one size.
#[derive(Debug)]
pub(crate) struct Scale {
    mean: Vec<f64>,
    /// One over the deviation.
    inverse: Vec<f64>,
}

impl Scale {
    /// From all windows of some inputs.
    pub(crate) fn of(vectors: &Vectors, inputs: &[usize]) -> Self {
        let hidden = vectors.hidden();
        let windows = || inputs.iter().flat_map(|&input| vectors.windows(input));
        let count = windows().count().max(1) as f64;
        let mut mean = vec![0.0; hidden];
        for window in windows() {
            mean.iter_mut().zip(window).for_each(|(sum, &value)| *sum += f64::from(value) / count);
        }
        let mut variance = vec![0.0; hidden];
        for window in windows() {
            let features = variance.iter_mut().zip(window).zip(&mean);
            features.for_each(|((sum, &value), mean)| *sum += (f64::from(value) - mean).powi(2) / count);
        }
        let least = LEAST_SHARE * (variance.iter().sum::<f64>() / hidden.max(1) as f64).sqrt();
        let inverse = variance.iter().map(|variance| if least > 0.0 { 1.0 / variance.sqrt().max(least) } else { 0.0 });
        Self { inverse: inverse.collect(), mean }
    }

    /// Appends a scaled vector.
    pub(crate) fn extend(&self, vector: &[f32], to: &mut Vec<f32>) {
        let features = vector.iter().zip(&self.mean).zip(&self.inverse);
        to.extend(features.map(|((&value, mean), inverse)| ((f64::from(value) - mean) * inverse) as f32));
    }

    /// The layer that does to plain vectors what `layer` does to scaled ones.
    pub(crate) fn folded(&self, layer: &Layer) -> Layer {
        let mut folded = layer.clone();
        for (row, bias) in folded.weight.chunks_exact_mut(self.mean.len()).zip(&mut folded.bias) {
            let mut offset = f64::from(*bias);
            for ((weight, mean), inverse) in row.iter_mut().zip(&self.mean).zip(&self.inverse) {
                let plain = f64::from(*weight) * inverse;
                offset -= plain * mean;
                *weight = plain as f32;
            }
            *bias = offset as f32;
        }
        folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix;

    #[test]
    fn scaled_features_have_mean_zero_and_a_folded_layer_says_the_same() {
        let vectors = Vectors::from_rows(3, vec![1.0, 50.0, 7.0, 3.0, 90.0, 7.0, 5.0, 10.0, 7.0, 900.0, 900.0, 900.0]);
        let scale = Scale::of(&vectors, &[0, 1, 2]);
        let mut scaled = Vec::new();
        (0..3).for_each(|input| vectors.windows(input).for_each(|window| scale.extend(window, &mut scaled)));
        let column = |at: usize| scaled.iter().skip(at).step_by(3).copied().collect::<Vec<f32>>();
        for at in [0, 1] {
            let (sum, squares) = column(at).iter().fold((0.0, 0.0), |(sum, squares), x| (sum + x, squares + x * x));
            assert!(sum.abs() < 1e-6 && (squares - 3.0_f32).abs() < 1e-5, "{at}: {sum} {squares}");
        }
        assert_eq!(column(2), [0.0; 3], "a feature that does not move");
        let layer = Layer { weight: vec![0.5, -1.0, 2.0, 1.0, 1.0, 0.0], bias: vec![0.25, -3.0] };
        let (mut plain, mut expected) = ([0.0; 6], [0.0; 6]);
        let folded = scale.folded(&layer);
        let rows: Vec<f32> = (0..3).flat_map(|input| vectors.windows(input)).flatten().copied().collect();
        matrix::forward(&rows, &folded.weight, &folded.bias, &mut plain);
        matrix::forward(&scaled, &layer.weight, &layer.bias, &mut expected);
        assert!(plain.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{plain:?} {expected:?}");
    }

    #[test]
    fn vectors_that_are_all_the_same_are_zero() {
        let vectors = Vectors::from_rows(1, vec![4.0, 4.0]);
        let mut scaled = Vec::new();
        Scale::of(&vectors, &[0, 1]).extend(&[4.0], &mut scaled);
        assert_eq!(scaled, [0.0]);
    }
}
