//! What happens to a row between two products: GELU, layer norm, and the quantisation for the next.

use super::math::{GELU_LEAST, gelu};
use super::simd::{LANES, Simd};
use super::{Operation, RowScale};
use crate::Activation;

/// `x ≈ scale · (q + offset)` for the bytes `q` of a row whose values lie between `least` and `largest`.
#[inline(always)]
pub(super) fn row_scale(least: f32, largest: f32) -> (RowScale, f32) {
    let range = largest - least;
    if range < f32::MIN_POSITIVE * 1e6 {
        return (RowScale { scale: 1.0, offset: least }, 0.0);
    }
    let factor = 255.0 / range;
    (RowScale { scale: range * (1.0 / 255.0), offset: least * factor }, factor)
}

/// Quantises a row whose extremes are known.
#[inline(always)]
fn quantise<S: Simd>(s: S, row: &[[f32; LANES]], least: f32, largest: f32, to: &mut [[u8; LANES]]) -> RowScale {
    let (scale, factor) = row_scale(least, largest);
    let (least, factor) = (s.splat(least), s.splat(factor));
    for (x, q) in row.iter().zip(to) {
        s.store_bytes(q, s.round(s.mul(s.sub(s.load(x), least), factor)));
    }
    scale
}

/// The activation in place, and the rows quantised.
pub(in crate::int8) struct ActivateRows<'a> {
    /// Rows of `width`, a multiple of 16.
    pub(in crate::int8) rows: &'a mut [f32],
    pub(in crate::int8) width: usize,
    pub(in crate::int8) activation: Activation,
    /// As long as `rows`.
    pub(in crate::int8) quantised: &'a mut [u8],
    /// One a row.
    pub(in crate::int8) scales: &'a mut [RowScale],
}

impl Operation for ActivateRows<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        // Of a row as wide as these some value is near the function's least, which so need not be sought.
        let least = match self.activation {
            Activation::Gelu => GELU_LEAST,
            Activation::Relu => 0.0,
        };
        let rows = self.rows.chunks_exact_mut(self.width).zip(self.quantised.chunks_exact_mut(self.width));
        for ((row, to), scale) in rows.zip(self.scales) {
            let (row, to) = (row.as_chunks_mut::<LANES>().0, to.as_chunks_mut::<LANES>().0);
            let mut largest = s.splat(least);
            for x in row.iter_mut() {
                let y = match self.activation {
                    Activation::Gelu => gelu(s, s.load(x)),
                    Activation::Relu => s.max(s.load(x), s.splat(0.0)),
                };
                largest = s.max(largest, y);
                s.store(x, y);
            }
            let (found, factor) = row_scale(least, s.largest(largest));
            *scale = found;
            // The least is no larger than the range by much, so that one rounding of its product does no harm.
            let (shift, factor) = (s.splat(-least * factor), s.splat(factor));
            for (x, q) in row.iter().zip(to) {
                s.store_bytes(q, s.round(s.fma(s.load(x), factor, shift)));
            }
        }
    }
}

/// Layer norm in place, and the rows quantised.
pub(in crate::int8) struct NormRows<'a> {
    /// Rows as wide as the norm.
    pub(in crate::int8) rows: &'a mut [f32],
    pub(in crate::int8) norm: Norm<'a>,
    /// As long as `rows`.
    pub(in crate::int8) quantised: &'a mut [u8],
    /// One a row.
    pub(in crate::int8) scales: &'a mut [RowScale],
}

/// Weights of a layer norm: `(x − mean) / √(variance + epsilon) · weight + bias`.
#[derive(Clone, Copy)]
pub(in crate::int8) struct Norm<'a> {
    pub(in crate::int8) weight: &'a [f32],
    pub(in crate::int8) bias: &'a [f32],
    pub(in crate::int8) epsilon: f32,
}

impl Operation for NormRows<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let width = self.norm.weight.len();
        let rows = self.rows.chunks_exact_mut(width).zip(self.quantised.chunks_exact_mut(width));
        for ((row, to), scale) in rows.zip(self.scales) {
            *scale = norm_row(s, row.as_chunks_mut::<LANES>().0, self.norm, to.as_chunks_mut::<LANES>().0);
        }
    }
}

#[inline(always)]
fn norm_row<S: Simd>(s: S, row: &mut [[f32; LANES]], norm: Norm<'_>, to: &mut [[u8; LANES]]) -> RowScale {
    let count = (row.len() * LANES) as f32;
    let (fours, rest) = row.as_chunks::<4>();
    // Four sums side by side, for an addition waits for the one before it.
    let mut sums = [s.splat(0.0); 4];
    for four in fours {
        for k in 0..4 {
            sums[k] = s.add(sums[k], s.load(&four[k]));
        }
    }
    for x in rest {
        sums[0] = s.add(sums[0], s.load(x));
    }
    let mean = s.splat(s.sum(s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3]))) / count);
    let mut squares = [s.splat(0.0); 4];
    for four in fours {
        for k in 0..4 {
            let x = s.sub(s.load(&four[k]), mean);
            squares[k] = s.fma(x, x, squares[k]);
        }
    }
    for x in rest {
        let x = s.sub(s.load(x), mean);
        squares[0] = s.fma(x, x, squares[0]);
    }
    let squares = s.sum(s.add(s.add(squares[0], squares[1]), s.add(squares[2], squares[3])));
    let factor = s.splat(1.0 / (squares / count + norm.epsilon).sqrt());
    let (mut least, mut largest) = (s.splat(f32::INFINITY), s.splat(f32::NEG_INFINITY));
    let weights = norm.weight.as_chunks::<LANES>().0.iter().zip(norm.bias.as_chunks::<LANES>().0);
    for (x, (weight, bias)) in row.iter_mut().zip(weights) {
        let y = s.fma(s.mul(s.sub(s.load(x), mean), factor), s.load(weight), s.load(bias));
        least = s.min(least, y);
        largest = s.max(largest, y);
        s.store(x, y);
    }
    quantise(s, row, s.smallest(least), s.largest(largest), to)
}

/// The sum of a token's and its position's embedding; the norm comes after.
pub(in crate::int8) struct Embed<'a> {
    /// Row of the token.
    pub(in crate::int8) word: &'a [i8],
    pub(in crate::int8) scale: f32,
    /// Row of the position, with the token type's added.
    pub(in crate::int8) position: &'a [f32],
    pub(in crate::int8) out: &'a mut [f32],
}

impl Operation for Embed<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let scale = s.splat(self.scale);
        let from = self.word.as_chunks::<LANES>().0.iter().zip(self.position.as_chunks::<LANES>().0);
        for (out, (word, position)) in self.out.as_chunks_mut::<LANES>().0.iter_mut().zip(from) {
            s.store(out, s.fma(s.float(s.widen(word)), scale, s.load(position)));
        }
    }
}
