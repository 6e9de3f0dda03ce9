//! AArch64 with NEON and its products of bytes: signed ones (`sdot`, Armv8.2 on), or unsigned by signed ones (`usdot`, Armv8.6 on).

use std::arch::aarch64::*;
use std::arch::asm;

use super::simd::{Block, LANES, Simd};

/// NEON with `sdot`. Activations are read 128 too low, which makes them signed; [`Simd::shift`] makes up for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NeonDot(());

/// NEON with `usdot`.
#[derive(Clone, Copy, Debug)]
pub(super) struct NeonI8mm(());

impl NeonDot {
    /// The token, where the processor has the features.
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("dotprod").then_some(Self(()))
    }
}

impl NeonI8mm {
    /// The token, where the processor has the features.
    pub(super) fn detect() -> Option<Self> {
        std::arch::is_aarch64_feature_detected!("i8mm").then_some(Self(()))
    }
}

/// The same for each quarter of a vector of 16 lanes.
macro_rules! quarters {
    ($q:ident => $value:expr) => {
        [
            {
                let $q = 0;
                $value
            },
            {
                let $q = 1;
                $value
            },
            {
                let $q = 2;
                $value
            },
            {
                let $q = 3;
                $value
            },
        ]
    };
}

/// The float and byte operations, which both tokens share.
///
/// SAFETY of every block: a token exists only where `detect` found products of bytes, which come with NEON; memory is reached
/// through array references.
macro_rules! common {
    () => {
        type F = [float32x4_t; 4];
        type I = [int32x4_t; 4];
        type B = [int8x16_t; 4];

        const VECTORS: usize = 1;

        #[inline(always)]
        fn splat(self, x: f32) -> Self::F {
            unsafe { [vdupq_n_f32(x); 4] }
        }

        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> Self::F {
            unsafe { quarters!(q => vld1q_f32(from.as_ptr().add(4 * q))) }
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; LANES], x: Self::F) {
            for q in 0..4 {
                unsafe { vst1q_f32(to.as_mut_ptr().add(4 * q), x[q]) }
            }
        }

        #[inline(always)]
        fn add(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vaddq_f32(a[q], b[q])) }
        }

        #[inline(always)]
        fn sub(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vsubq_f32(a[q], b[q])) }
        }

        #[inline(always)]
        fn mul(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vmulq_f32(a[q], b[q])) }
        }

        #[inline(always)]
        fn div(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vdivq_f32(a[q], b[q])) }
        }

        #[inline(always)]
        fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
            unsafe { quarters!(q => vfmaq_f32(c[q], a[q], b[q])) }
        }

        #[inline(always)]
        fn abs(self, x: Self::F) -> Self::F {
            unsafe { quarters!(q => vabsq_f32(x[q])) }
        }

        // As the x86 instructions choose, where `fmax` would tell zeros apart.
        #[inline(always)]
        fn max(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vbslq_f32(vcgtq_f32(a[q], b[q]), a[q], b[q])) }
        }

        #[inline(always)]
        fn min(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { quarters!(q => vbslq_f32(vcltq_f32(a[q], b[q]), a[q], b[q])) }
        }

        #[inline(always)]
        fn round(self, x: Self::F) -> Self::I {
            unsafe { quarters!(q => vcvtnq_s32_f32(x[q])) }
        }

        #[inline(always)]
        fn float(self, x: Self::I) -> Self::F {
            unsafe { quarters!(q => vcvtq_f32_s32(x[q])) }
        }

        #[inline(always)]
        fn scale_by_power(self, x: Self::F, n: Self::I) -> Self::F {
            unsafe {
                quarters!(q => vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(x[q]), vshlq_n_s32::<23>(n[q]))))
            }
        }

        #[inline(always)]
        fn sum(self, x: Self::F) -> f32 {
            unsafe {
                let x = vaddq_f32(vaddq_f32(x[0], x[2]), vaddq_f32(x[1], x[3]));
                let x = vadd_f32(vget_low_f32(x), vget_high_f32(x));
                vget_lane_f32::<0>(x) + vget_lane_f32::<1>(x)
            }
        }

        #[inline(always)]
        fn largest(self, x: Self::F) -> f32 {
            unsafe { vmaxvq_f32(vmaxq_f32(vmaxq_f32(x[0], x[2]), vmaxq_f32(x[1], x[3]))) }
        }

        #[inline(always)]
        fn smallest(self, x: Self::F) -> f32 {
            unsafe { vminvq_f32(vminq_f32(vminq_f32(x[0], x[2]), vminq_f32(x[1], x[3]))) }
        }

        #[inline(always)]
        fn zero(self) -> Self::I {
            unsafe { [vdupq_n_s32(0); 4] }
        }

        #[inline(always)]
        fn plus(self, a: Self::I, b: Self::I) -> Self::I {
            unsafe { quarters!(q => vaddq_s32(a[q], b[q])) }
        }

        #[inline(always)]
        fn widen(self, from: &[i8; LANES]) -> Self::I {
            unsafe {
                let bytes = vld1q_s8(from.as_ptr());
                let (low, high) = (vmovl_s8(vget_low_s8(bytes)), vmovl_high_s8(bytes));
                [vmovl_s16(vget_low_s16(low)), vmovl_high_s16(low), vmovl_s16(vget_low_s16(high)), vmovl_high_s16(high)]
            }
        }

        #[inline(always)]
        fn store_bytes(self, to: &mut [u8; LANES], x: Self::I) {
            unsafe { vst1q_u8(to.as_mut_ptr(), low_bytes(x)) }
        }

        // The instruction is no stable intrinsic yet, and these processors look far ahead by themselves.
        #[inline(always)]
        fn prefetch(self, _: *const Block) {}

        #[inline(always)]
        fn interleave(self, to: &mut Block, x: [Self::I; 4]) {
            unsafe {
                let [a, b, c, d] = x.map(|x| vreinterpretq_s8_u8(low_bytes(x)));
                vst4q_s8(to.0.as_mut_ptr(), int8x16x4_t(a, b, c, d));
            }
        }

        #[inline(always)]
        fn columns(self, to: &mut [Block; 4], column: usize, x: [Self::I; 4]) {
            unsafe {
                let [a, b, c, d] = x.map(|x| vreinterpretq_u32_u8(low_bytes(x)));
                let (ac, bd) = (vzip1q_u32(a, c), vzip1q_u32(b, d));
                let (ac_high, bd_high) = (vzip2q_u32(a, c), vzip2q_u32(b, d));
                let columns =
                    [vzip1q_u32(ac, bd), vzip2q_u32(ac, bd), vzip1q_u32(ac_high, bd_high), vzip2q_u32(ac_high, bd_high)];
                for (block, x) in to.iter_mut().zip(columns) {
                    let Some(to) = block.0[4 * column..].first_chunk_mut::<16>() else { return };
                    vst1q_s8(to.as_mut_ptr(), vreinterpretq_s8_u32(x));
                }
            }
        }

        // Each round moves the highest bit of a byte's row behind those of its column: after four they have changed places.
        #[inline(always)]
        fn turn(self, to: &mut [[u8; LANES]; LANES], x: [Self::I; LANES]) {
            unsafe {
                let mut rows = x.map(|x| low_bytes(x));
                for _ in 0..4 {
                    let from = rows;
                    for i in 0..8 {
                        rows[2 * i] = vzip1q_u8(from[i], from[i + 8]);
                        rows[2 * i + 1] = vzip2q_u8(from[i], from[i + 8]);
                    }
                }
                for (to, row) in to.iter_mut().zip(rows) {
                    vst1q_u8(to.as_mut_ptr(), row);
                }
            }
        }

        #[inline(always)]
        fn weights(self, from: &Block) -> Self::B {
            unsafe { quarters!(q => vld1q_s8(from.0.as_ptr().add(16 * q))) }
        }
    };
}

impl Simd for NeonDot {
    common!();

    type A = int8x16_t;

    // 20 sums, four of what they leave out, four of weights and one of activations are 29 of 32 registers.
    const ROWS: usize = 5;
    const SHIFTED: bool = true;

    #[inline(always)]
    fn activations(self, word: u32) -> Self::A {
        unsafe { vreinterpretq_s8_u32(vdupq_n_u32(word ^ 0x8080_8080)) }
    }

    #[inline(always)]
    fn dot(self, sum: Self::I, a: Self::A, b: Self::B) -> Self::I {
        // SAFETY: `detect` found `sdot`.
        unsafe { quarters!(q => sdot(sum[q], b[q], a)) }
    }

    #[inline(always)]
    fn shift(self, sum: Self::I, b: Self::B) -> Self::I {
        // SAFETY: as above.
        unsafe {
            let half = vdupq_n_s8(64);
            quarters!(q => sdot(sdot(sum[q], b[q], half), b[q], half))
        }
    }
}

impl Simd for NeonI8mm {
    common!();

    type A = uint8x16_t;

    // 24 sums, four of weights and one of activations are 29 of 32 registers.
    const ROWS: usize = 6;

    #[inline(always)]
    fn activations(self, word: u32) -> Self::A {
        unsafe { vreinterpretq_u8_u32(vdupq_n_u32(word)) }
    }

    #[inline(always)]
    fn dot(self, sum: Self::I, a: Self::A, b: Self::B) -> Self::I {
        // SAFETY: `detect` found `usdot`.
        unsafe { quarters!(q => usdot(sum[q], a, b[q])) }
    }
}

/// The low byte of each lane.
#[target_feature(enable = "neon")]
#[inline]
fn low_bytes(x: [int32x4_t; 4]) -> uint8x16_t {
    let low = vmovn_high_s32(vmovn_s32(x[0]), x[1]);
    let high = vmovn_high_s32(vmovn_s32(x[2]), x[3]);
    vreinterpretq_u8_s8(vmovn_high_s16(vmovn_s16(low), high))
}

/// To each lane the products of four signed bytes and four signed bytes. In assembly, since its intrinsic is not stable.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn sdot(mut sum: int32x4_t, a: int8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction changes the register of the sum alone.
    unsafe {
        asm!(
            "sdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}

/// To each lane the products of four unsigned bytes and four signed bytes. In assembly, since its intrinsic is not stable.
#[target_feature(enable = "neon,i8mm")]
#[inline]
fn usdot(mut sum: int32x4_t, a: uint8x16_t, b: int8x16_t) -> int32x4_t {
    // SAFETY: the instruction changes the register of the sum alone.
    unsafe {
        asm!(
            "usdot {sum:v}.4s, {a:v}.16b, {b:v}.16b",
            sum = inout(vreg) sum, a = in(vreg) a, b = in(vreg) b,
            options(pure, nomem, nostack, preserves_flags)
        );
    }
    sum
}
