//! Loops over rows, compiled for the widest vectors of the processor.
//!
//! They are structures, not functions, for only so do the loops stand within what `pulp` compiles for AVX-512. Nothing is
//! fused and the order of every sum is fixed by the length of the row, so that the bits are the same with any instructions.

// What is not inlined is compiled without AVX-512.
#![allow(clippy::inline_always)]

use pulp::{Simd, WithSimd};

use super::in_place::Norm;
use super::math::{exp, gelu};
use crate::Activation;

/// Partial sums of a row; more than a vector register has, so that additions do not wait for each other.
const LANES: usize = 32;

/// Adds a bias to rows of its length, then applies an activation.
pub(super) struct Activate<'a> {
    pub(super) rows: &'a mut [f32],
    pub(super) bias: &'a [f32],
    pub(super) activation: Option<Activation>,
}

/// Turns rows into their exponentials over the sum of these.
pub(super) struct Soften<'a> {
    pub(super) rows: &'a mut [f32],
    pub(super) length: usize,
}

/// Adds a bias and a residual to rows, shifts and scales them to mean 0 and variance 1, then by weight and bias of the norm.
pub(super) struct Normalise<'a> {
    pub(super) rows: &'a mut [f32],
    pub(super) bias: &'a [f32],
    pub(super) residual: &'a [f32],
    pub(super) norm: &'a Norm,
}

impl WithSimd for Activate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.bias.len().max(1)) {
            match self.activation {
                None => {
                    for (value, bias) in row.iter_mut().zip(self.bias) {
                        *value += bias;
                    }
                }
                Some(Activation::Gelu) => {
                    for (value, bias) in row.iter_mut().zip(self.bias) {
                        *value = gelu(*value + bias);
                    }
                }
                Some(Activation::Relu) => {
                    for (value, bias) in row.iter_mut().zip(self.bias) {
                        *value = (*value + bias).max(0.0);
                    }
                }
            }
        }
    }
}

impl WithSimd for Soften<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for row in self.rows.chunks_exact_mut(self.length.max(1)) {
            let most = lanes(row, f32::NEG_INFINITY, |most, value| if value > most { value } else { most });
            let mut highest = f32::NEG_INFINITY;
            for most in most {
                highest = highest.max(most);
            }
            for value in row.iter_mut() {
                *value = exp(*value - highest);
            }
            let sum = sum(row, |value| value);
            for value in row {
                *value /= sum;
            }
        }
    }
}

impl WithSimd for Normalise<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let length = self.bias.len().max(1);
        for (row, residual) in self.rows.chunks_exact_mut(length).zip(self.residual.chunks_exact(length)) {
            for ((value, bias), residual) in row.iter_mut().zip(self.bias).zip(residual) {
                *value += bias + residual;
            }
            let count = length as f32;
            let mean = sum(row, |value| value) / count;
            let variance = sum(row, |value| (value - mean) * (value - mean)) / count;
            let scale = 1.0 / (variance + self.norm.epsilon).sqrt();
            for ((value, weight), bias) in row.iter_mut().zip(&self.norm.weight).zip(&self.norm.bias) {
                *value = (*value - mean) * scale * weight + bias;
            }
        }
    }
}

#[inline(always)]
fn sum(row: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let lanes = lanes(row, 0.0, |sum, value| sum + of(value));
    let mut sum = 0.0;
    for lane in lanes {
        sum += lane;
    }
    sum
}

/// Folds every [`LANES`]-th value of a row into one lane.
#[inline(always)]
fn lanes(row: &[f32], start: f32, fold: impl Fn(f32, f32) -> f32) -> [f32; LANES] {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [start; LANES];
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = fold(*lane, value);
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rest) {
        *lane = fold(*lane, value);
    }
    lanes
}

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::*;

    #[test]
    fn rows_of_any_length_are_normed() {
        for length in 1..70_usize {
            let row: Vec<f32> = (0..length).map(|at| (at * 7 % 11) as f32 - 3.0).collect();
            let mut soft = row.clone();
            Arch::new().dispatch(Soften { rows: &mut soft, length });
            let whole: f64 = row.iter().map(|&value| f64::from(value).exp()).sum();
            let mut normed = row.clone();
            let norm = Norm { weight: vec![2.0; length], bias: vec![1.0; length], epsilon: 1e-5 };
            let (rows, bias, residual) = (&mut normed, &vec![0.0; length], &vec![0.0; length]);
            Arch::new().dispatch(Normalise { rows, bias, residual, norm: &norm });
            let mean = row.iter().map(|&value| f64::from(value)).sum::<f64>() / length as f64;
            let variance = row.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / length as f64;
            for at in 0..length {
                let value = f64::from(row[at]);
                assert!((f64::from(soft[at]) - value.exp() / whole).abs() < 1e-6);
                let exact = (value - mean) / (variance + 1e-5).sqrt() * 2.0 + 1.0;
                assert!((f64::from(normed[at]) - exact).abs() < 1e-5);
            }
        }
    }
}
