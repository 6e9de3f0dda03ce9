//! What happens to a row between two products: GELU, layer norm, and the quantisation for the next.

use super::math::{GELU_LEAST, gelu};
use super::simd::{LANES, Simd};
use super::{Operation, RowScale};
use crate::{Activation, blocks};

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
        let mut pairs = self.rows.chunks_exact_mut(2 * width);
        let mut bytes = self.quantised.chunks_exact_mut(2 * width);
        let (scales, last) = self.scales.as_chunks_mut::<2>();
        for ((rows, to), scales) in (&mut pairs).zip(&mut bytes).zip(scales) {
            let (rows, to) = (rows.as_chunks_mut::<LANES>().0, to.as_chunks_mut::<LANES>().0);
            let (first, second) = rows.split_at_mut(width / LANES);
            let (to_first, to_second) = to.split_at_mut(width / LANES);
            *scales = norm_rows(s, [first, second], self.norm, [to_first, to_second]);
        }
        if let [scale] = last {
            let (row, to) = (pairs.into_remainder(), bytes.into_remainder());
            [*scale] = norm_rows(s, [row.as_chunks_mut::<LANES>().0], self.norm, [to.as_chunks_mut::<LANES>().0]);
        }
    }
}

/// The sum of all lanes of four vectors.
#[inline(always)]
fn total<S: Simd>(s: S, sums: [S::F; 4]) -> f32 {
    s.sum(s.add(s.add(sums[0], sums[1]), s.add(sums[2], sums[3])))
}

/// Rows side by side, since a sum across lanes, a division and a root each wait for the one before.
#[inline(always)]
fn norm_rows<S: Simd, const N: usize>(
    s: S,
    rows: [&mut [[f32; LANES]]; N],
    norm: Norm<'_>,
    to: [&mut [[u8; LANES]]; N],
) -> [RowScale; N] {
    let weights = norm.weight.as_chunks::<LANES>().0;
    let biases = norm.bias.as_chunks::<LANES>().0;
    let count = (weights.len() * LANES) as f32;
    // Every slice is as long as the weights, so that what follows needs no checks.
    let rows = rows.map(|row| &mut row[..weights.len()]);
    let to = to.map(|to| &mut to[..weights.len()]);
    let biases = &biases[..weights.len()];
    // Four sums a row, for an addition waits for the one before it.
    let whole = weights.len() / 4 * 4;
    let mut sums = [[s.splat(0.0); 4]; N];
    for four in (0..whole).step_by(4) {
        for k in 0..4 {
            for n in 0..N {
                sums[n][k] = s.add(sums[n][k], s.load(&rows[n][four + k]));
            }
        }
    }
    for at in whole..weights.len() {
        for n in 0..N {
            sums[n][0] = s.add(sums[n][0], s.load(&rows[n][at]));
        }
    }
    let mut means = [s.splat(0.0); N];
    for n in 0..N {
        means[n] = s.splat(total(s, sums[n]) / count);
    }
    let mut squares = [[s.splat(0.0); 4]; N];
    for four in (0..whole).step_by(4) {
        for k in 0..4 {
            for n in 0..N {
                let x = s.sub(s.load(&rows[n][four + k]), means[n]);
                squares[n][k] = s.fma(x, x, squares[n][k]);
            }
        }
    }
    for at in whole..weights.len() {
        for n in 0..N {
            let x = s.sub(s.load(&rows[n][at]), means[n]);
            squares[n][0] = s.fma(x, x, squares[n][0]);
        }
    }
    let mut factors = [s.splat(0.0); N];
    for n in 0..N {
        factors[n] = s.splat(1.0 / (total(s, squares[n]) / count + norm.epsilon).sqrt());
    }
    let mut least = [s.splat(f32::INFINITY); N];
    let mut largest = [s.splat(f32::NEG_INFINITY); N];
    for at in 0..weights.len() {
        let (weight, bias) = (s.load(&weights[at]), s.load(&biases[at]));
        for n in 0..N {
            let y = s.fma(s.mul(s.sub(s.load(&rows[n][at]), means[n]), factors[n]), weight, bias);
            least[n] = s.min(least[n], y);
            largest[n] = s.max(largest[n], y);
            s.store(&mut rows[n][at], y);
        }
    }
    let (mut scales, mut leasts) = ([RowScale::default(); N], least);
    for n in 0..N {
        let (least, factor) = (s.smallest(least[n]), s.largest(largest[n]));
        let (scale, factor) = row_scale(least, factor);
        (scales[n], leasts[n], factors[n]) = (scale, s.splat(least), s.splat(factor));
    }
    for at in 0..weights.len() {
        for n in 0..N {
            s.store_bytes(&mut to[n][at], s.round(s.mul(s.sub(s.load(&rows[n][at]), leasts[n]), factors[n])));
        }
    }
    scales
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

/// The same for a token of four bits a value.
pub(in crate::int8) struct EmbedFours<'a> {
    /// [`blocks`] of the token.
    pub(in crate::int8) word: &'a [u8],
    /// Row of the position, with the token type's added.
    pub(in crate::int8) position: &'a [f32],
    pub(in crate::int8) out: &'a mut [f32],
}

impl Operation for EmbedFours<'_> {
    // Plain code: with the path's features the compiler finds the vectors itself, and each value is computed alone.
    #[inline(always)]
    fn run<S: Simd>(self, _: S) {
        blocks::decode(self.word, self.out);
        self.out.iter_mut().zip(self.position).for_each(|(x, position)| *x += position);
    }
}

/// The mean of rows.
pub(in crate::int8) struct Mean<'a> {
    /// Rows as long as `out`.
    pub(in crate::int8) rows: &'a [f32],
    pub(in crate::int8) out: &'a mut [f32],
}

impl Operation for Mean<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let (width, out) = (self.out.len(), self.out.as_chunks_mut::<LANES>().0);
        let share = s.splat(1.0 / (self.rows.len() / width).max(1) as f32);
        for (at, out) in out.iter_mut().enumerate() {
            let mut sum = s.splat(0.0);
            for row in self.rows.chunks_exact(width) {
                sum = s.add(sum, s.load(&row.as_chunks::<LANES>().0[at]));
            }
            s.store(out, s.mul(sum, share));
        }
    }
}
