//! The vector operations that every path offers.

/// Lanes of a vector, whatever the registers of a path hold: float sums have one order because all paths have these 16.
pub(in crate::int8) const LANES: usize = 16;

/// Sixteen columns of packed weights at four inputs each: byte `4c + k` is the weight of column `c` at input `k`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(in crate::int8) struct Block(pub(in crate::int8) [i8; 64]);

impl Block {
    pub(in crate::int8) const ZERO: Self = Self([0; 64]);
}

/// The bytes of blocks, one block after the other.
#[inline(always)]
pub(super) fn bytes_of(blocks: &[Block]) -> &[u8] {
    // SAFETY: a block is 64 bytes without padding, and any bytes are `u8`s.
    unsafe { std::slice::from_raw_parts(blocks.as_ptr().cast(), size_of_val(blocks)) }
}

/// A token that proves that its instruction set is there, with vectors of 16 lanes.
///
/// Every operation is IEEE 754 or exact integer arithmetic, and [`fma`](Self::fma) rounds once on every path, so code written
/// over this trait gives the same bits on all of them. All methods are inlined into a function that enables the features.
pub(in crate::int8) trait Simd: Copy {
    /// Sixteen `f32`.
    type F: Copy;
    /// Sixteen `i32`.
    type I: Copy;
    /// Four activations of one row, made ready for [`dot`](Self::dot).
    type A: Copy;
    /// A [`Block`] of weights, made ready for [`dot`](Self::dot).
    type B: Copy;

    /// Rows of the largest tile whose accumulators stay in registers.
    const ROWS: usize;
    /// Vectors of columns of that tile: 1 or 2.
    const VECTORS: usize;
    /// Whether [`dot`](Self::dot) takes activations 128 too low, so that [`shift`](Self::shift) has to follow once a block.
    const SHIFTED: bool = false;

    /// All lanes `x`.
    fn splat(self, x: f32) -> Self::F;
    /// Reads 16 values.
    fn load(self, from: &[f32; LANES]) -> Self::F;
    /// Writes 16 values.
    fn store(self, to: &mut [f32; LANES], x: Self::F);
    /// `a + b`
    fn add(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a - b`
    fn sub(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b`
    fn mul(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a / b`
    fn div(self, a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once.
    fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// Magnitudes.
    fn abs(self, x: Self::F) -> Self::F;
    /// The larger of each lane.
    fn max(self, a: Self::F, b: Self::F) -> Self::F;
    /// The smaller of each lane.
    fn min(self, a: Self::F, b: Self::F) -> Self::F;
    /// The nearest integers, ties to even; the values are within ±2³¹.
    fn round(self, x: Self::F) -> Self::I;
    /// Integers as floats, to nearest.
    fn float(self, x: Self::I) -> Self::F;
    /// `x · 2ⁿ` by adding to the exponent; neither `x` nor the result is subnormal or overflows.
    fn scale_by_power(self, x: Self::F, n: Self::I) -> Self::F;
    /// Lanes added in a fixed tree: `i` and `i + 8`, then 4, 2, 1 apart.
    fn sum(self, x: Self::F) -> f32;
    /// The largest lane.
    fn largest(self, x: Self::F) -> f32;
    /// The smallest lane.
    fn smallest(self, x: Self::F) -> f32;

    /// All lanes 0.
    fn zero(self) -> Self::I;
    /// `a + b`
    fn plus(self, a: Self::I, b: Self::I) -> Self::I;
    /// Sixteen bytes, sign extended.
    fn widen(self, from: &[i8; LANES]) -> Self::I;
    /// The low byte of each lane.
    fn store_bytes(self, to: &mut [u8; LANES], x: Self::I);
    /// Four vectors of values from 0 to 255 as one block: column `c` has the lanes `c` of the four.
    fn interleave(self, to: &mut Block, x: [Self::I; 4]);
    /// Four vectors of values within ±127 as columns: lanes `4l` to `4l + 4` of each become one column of block `l`, from `column` on.
    fn columns(self, to: &mut [Block; 4], column: usize, x: [Self::I; 4]);

    /// Sixteen vectors of values from 0 to 255, as bytes: row `r` has the lanes `r` of the sixteen.
    fn turn(self, to: &mut [[u8; LANES]; LANES], x: [Self::I; LANES]);

    /// Asks for a block to be brought near; any address will do.
    fn prefetch(self, block: *const Block);
    /// Four neighbouring activations of a row, as one word in memory order.
    fn activations(self, word: u32) -> Self::A;
    /// A block of weights.
    fn weights(self, from: &Block) -> Self::B;
    /// To each column the products of four unsigned activations and its four signed weights, added exactly.
    fn dot(self, sum: Self::I, a: Self::A, b: Self::B) -> Self::I;
    /// To each column 128 times its weights where the path is [`SHIFTED`](Self::SHIFTED), else nothing.
    #[inline(always)]
    fn shift(self, sum: Self::I, _: Self::B) -> Self::I {
        sum
    }
}
