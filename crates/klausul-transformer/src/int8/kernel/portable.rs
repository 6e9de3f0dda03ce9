//! Plain Rust: the path of every other processor, and what the others are compared with.

use super::simd::{Block, LANES, Simd};

/// No instruction set beyond the target's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Portable;

macro_rules! lanes {
    ($lane:ident => $value:expr) => {{
        let mut out = [Default::default(); LANES];
        for $lane in 0..LANES {
            out[$lane] = $value;
        }
        out
    }};
}

macro_rules! tree {
    ($x:expr, $a:ident, $b:ident => $value:expr) => {{
        let mut x = $x;
        let mut width = LANES / 2;
        while width > 0 {
            for lane in 0..width {
                let ($a, $b) = (x[lane], x[lane + width]);
                x[lane] = $value;
            }
            width /= 2;
        }
        x[0]
    }};
}

impl Simd for Portable {
    type F = [f32; LANES];
    type I = [i32; LANES];
    type A = [i32; 4];
    // The weights of each of the four inputs, widened once for all rows of a tile.
    type B = [[i32; LANES]; 4];

    const ROWS: usize = 4;
    const VECTORS: usize = 1;

    #[inline(always)]
    fn splat(self, x: f32) -> Self::F {
        [x; LANES]
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> Self::F {
        *from
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], x: Self::F) {
        *to = x;
    }

    #[inline(always)]
    fn add(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => a[i] + b[i])
    }

    #[inline(always)]
    fn sub(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => a[i] - b[i])
    }

    #[inline(always)]
    fn mul(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => a[i] * b[i])
    }

    #[inline(always)]
    fn div(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => a[i] / b[i])
    }

    #[inline(always)]
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
        lanes!(i => a[i].mul_add(b[i], c[i]))
    }

    #[inline(always)]
    fn abs(self, x: Self::F) -> Self::F {
        x.map(f32::abs)
    }

    // Written as the x86 instructions choose: the second operand when the two are equal.
    #[inline(always)]
    fn max(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => if a[i] > b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn min(self, a: Self::F, b: Self::F) -> Self::F {
        lanes!(i => if a[i] < b[i] { a[i] } else { b[i] })
    }

    #[inline(always)]
    fn round(self, x: Self::F) -> Self::I {
        lanes!(i => x[i].round_ties_even() as i32)
    }

    #[inline(always)]
    fn float(self, x: Self::I) -> Self::F {
        lanes!(i => x[i] as f32)
    }

    #[inline(always)]
    fn scale_by_power(self, x: Self::F, n: Self::I) -> Self::F {
        lanes!(i => f32::from_bits(x[i].to_bits().wrapping_add((n[i] << 23).cast_unsigned())))
    }

    #[inline(always)]
    fn sum(self, x: Self::F) -> f32 {
        tree!(x, a, b => a + b)
    }

    #[inline(always)]
    fn largest(self, x: Self::F) -> f32 {
        tree!(x, a, b => if a > b { a } else { b })
    }

    #[inline(always)]
    fn smallest(self, x: Self::F) -> f32 {
        tree!(x, a, b => if a < b { a } else { b })
    }

    #[inline(always)]
    fn zero(self) -> Self::I {
        [0; LANES]
    }

    #[inline(always)]
    fn plus(self, a: Self::I, b: Self::I) -> Self::I {
        lanes!(i => a[i] + b[i])
    }

    #[inline(always)]
    fn widen(self, from: &[i8; LANES]) -> Self::I {
        lanes!(i => i32::from(from[i]))
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; LANES], x: Self::I) {
        *to = lanes!(i => x[i].to_le_bytes()[0]);
    }

    #[inline(always)]
    fn prefetch(self, _: *const Block) {}

    #[inline(always)]
    fn interleave(self, to: &mut Block, x: [Self::I; 4]) {
        for column in 0..LANES {
            for (k, row) in x.iter().enumerate() {
                to.0[4 * column + k] = row[column] as i8;
            }
        }
    }

    #[inline(always)]
    fn columns(self, to: &mut [Block; 4], column: usize, x: [Self::I; 4]) {
        for (l, block) in to.iter_mut().enumerate() {
            for (row, bytes) in x.iter().zip(block.0[4 * column..].as_chunks_mut::<4>().0) {
                for (byte, value) in bytes.iter_mut().zip(&row[4 * l..]) {
                    *byte = *value as i8;
                }
            }
        }
    }

    #[inline(always)]
    fn turn(self, to: &mut [[u8; LANES]; LANES], x: [Self::I; LANES]) {
        for (row, to) in to.iter_mut().enumerate() {
            *to = lanes!(i => x[i][row].to_le_bytes()[0]);
        }
    }

    #[inline(always)]
    fn activations(self, word: u32) -> Self::A {
        let bytes = word.to_ne_bytes();
        [i32::from(bytes[0]), i32::from(bytes[1]), i32::from(bytes[2]), i32::from(bytes[3])]
    }

    #[inline(always)]
    fn weights(self, from: &Block) -> Self::B {
        let words: [i32; LANES] = lanes!(c => i32::from_le_bytes([
            from.0[4 * c].cast_unsigned(),
            from.0[4 * c + 1].cast_unsigned(),
            from.0[4 * c + 2].cast_unsigned(),
            from.0[4 * c + 3].cast_unsigned(),
        ]));
        [
            lanes!(c => words[c] << 24 >> 24),
            lanes!(c => words[c] << 16 >> 24),
            lanes!(c => words[c] << 8 >> 24),
            lanes!(c => words[c] >> 24),
        ]
    }

    #[inline(always)]
    fn dot(self, sum: Self::I, a: Self::A, b: Self::B) -> Self::I {
        lanes!(c => sum[c] + a[0] * b[0][c] + a[1] * b[1][c] + a[2] * b[2][c] + a[3] * b[3][c])
    }
}
