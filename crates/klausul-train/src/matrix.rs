//! The three products of a linear layer. Each value of a result is summed in one order by one thread, so threads change no bit.

use klausul_transformer::dot;
use rayon::prelude::*;

/// Multiplications below which a thread is not worth its start.
const SMALL: usize = 1 << 15;

/// `out[r] = weight · x[r] + bias` for every row `r`; `weight` has a row an output.
pub(crate) fn forward(x: &[f32], weight: &[f32], bias: &[f32], out: &mut [f32]) {
    let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
    let rows = x.par_chunks_exact(inputs).zip(out.par_chunks_exact_mut(outputs));
    rows.with_min_len(at_once(weight.len())).for_each(|(x, out)| {
        for ((out, row), bias) in out.iter_mut().zip(weight.chunks_exact(inputs)).zip(bias) {
            *out = dot(row, x) + bias;
        }
    });
}

/// Adds `gradientᵀ · x` to the gradient of the weights and the sums of `gradient` to that of the biases.
pub(crate) fn weights(x: &[f32], gradient: &[f32], weight: &mut [f32], bias: &mut [f32]) {
    let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
    let rows = weight.par_chunks_exact_mut(inputs).zip(bias).enumerate();
    rows.with_min_len(at_once(x.len())).for_each(|(output, (weight, bias))| {
        for (x, gradient) in x.chunks_exact(inputs).zip(gradient.chunks_exact(outputs)) {
            let gradient = gradient[output];
            // Windows that are not the highest have none.
            if gradient != 0.0 {
                weight.iter_mut().zip(x).for_each(|(weight, x)| *weight += gradient * x);
                *bias += gradient;
            }
        }
    });
}

/// `out[r] = gradient[r] · weight` for every row `r`.
pub(crate) fn backward(gradient: &[f32], weight: &[f32], inputs: usize, out: &mut [f32]) {
    let outputs = weight.len() / inputs;
    let rows = gradient.par_chunks_exact(outputs).zip(out.par_chunks_exact_mut(inputs));
    rows.with_min_len(at_once(weight.len())).for_each(|(gradient, out)| {
        out.fill(0.0);
        for (gradient, row) in gradient.iter().zip(weight.chunks_exact(inputs)) {
            out.iter_mut().zip(row).for_each(|(out, weight)| *out += gradient * weight);
        }
    });
}

/// How many rows of so many multiplications a thread takes at least.
fn at_once(multiplications: usize) -> usize {
    SMALL.div_ceil(multiplications.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_by_hand() {
        let (x, weight, bias) = ([1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 0.0, 1.0, 1.0, 1.0], [0.5, 0.0, -1.0]);
        let mut out = [0.0; 6];
        forward(&x, &weight, &bias, &mut out);
        assert_eq!(out.to_vec(), [1.5, 2.0, 2.0, 3.5, 4.0, 6.0]);
        let gradient = [1.0, 0.0, 2.0, 0.0, -1.0, 1.0];
        let (mut of_weight, mut of_bias) = ([0.0; 6], [0.0; 3]);
        weights(&x, &gradient, &mut of_weight, &mut of_bias);
        assert_eq!(of_weight.to_vec(), [1.0, 2.0, -3.0, -4.0, 5.0, 8.0]);
        assert_eq!(of_bias.to_vec(), [1.0, -1.0, 3.0]);
        let mut back = [9.0; 4];
        backward(&gradient, &weight, 2, &mut back);
        assert_eq!(back.to_vec(), [3.0, 2.0, 1.0, 0.0]);
    }
}
