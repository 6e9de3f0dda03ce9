//! x86-64 with AVX-512 (F, BW, VL, DQ) and VNNI.

use std::arch::x86_64::*;

use super::avx2::{largest8, smallest8, store16, sum8, turned_fours};
use super::simd::{Block, LANES, Simd};

/// AVX-512 with VNNI.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx512(());

impl Avx512 {
    /// The token, where the processor has the features.
    pub(super) fn detect() -> Option<Self> {
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vnni")
            && is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma");
        has.then_some(Self(()))
    }
}

// SAFETY of every block: the token exists only where `detect` found the features; memory is reached through array references.
impl Simd for Avx512 {
    type F = __m512;
    type I = __m512i;
    type A = __m512i;
    type B = __m512i;

    // 28 accumulators, two vectors of weights and one of activations are 31 of 32 registers.
    const ROWS: usize = 14;
    const VECTORS: usize = 2;

    #[inline(always)]
    fn splat(self, x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; LANES]) -> __m512 {
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn store(self, to: &mut [f32; LANES], x: __m512) {
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), x) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn sub(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }

    #[inline(always)]
    fn mul(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }

    #[inline(always)]
    fn div(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }

    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn abs(self, x: __m512) -> __m512 {
        unsafe { _mm512_abs_ps(x) }
    }

    #[inline(always)]
    fn max(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }

    #[inline(always)]
    fn min(self, a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }

    #[inline(always)]
    fn round(self, x: __m512) -> __m512i {
        unsafe { _mm512_cvtps_epi32(x) }
    }

    #[inline(always)]
    fn float(self, x: __m512i) -> __m512 {
        unsafe { _mm512_cvtepi32_ps(x) }
    }

    #[inline(always)]
    fn scale_by_power(self, x: __m512, n: __m512i) -> __m512 {
        unsafe { _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32::<23>(n))) }
    }

    #[inline(always)]
    fn sum(self, x: __m512) -> f32 {
        unsafe { sum8(_mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x))) }
    }

    #[inline(always)]
    fn largest(self, x: __m512) -> f32 {
        unsafe { largest8(_mm256_max_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x))) }
    }

    #[inline(always)]
    fn smallest(self, x: __m512) -> f32 {
        unsafe { smallest8(_mm256_min_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps::<1>(x))) }
    }

    #[inline(always)]
    fn zero(self) -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }

    #[inline(always)]
    fn plus(self, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_add_epi32(a, b) }
    }

    #[inline(always)]
    fn widen(self, from: &[i8; LANES]) -> __m512i {
        unsafe { _mm512_cvtepi8_epi32(_mm_loadu_si128(from.as_ptr().cast())) }
    }

    #[inline(always)]
    fn store_bytes(self, to: &mut [u8; LANES], x: __m512i) {
        unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(x)) }
    }

    #[inline(always)]
    fn prefetch(self, block: *const Block) {
        unsafe { _mm_prefetch::<_MM_HINT_T1>(block.cast()) }
    }

    #[inline(always)]
    fn interleave(self, to: &mut Block, x: [__m512i; 4]) {
        unsafe {
            let turn = _mm512_broadcast_i32x4(turned_fours());
            _mm512_store_si512(to.0.as_mut_ptr().cast(), _mm512_shuffle_epi8(unsigned(x), turn));
        }
    }

    #[inline(always)]
    fn columns(self, to: &mut [Block; 4], column: usize, x: [__m512i; 4]) {
        unsafe {
            let x = _mm512_packs_epi16(_mm512_packs_epi32(x[0], x[1]), _mm512_packs_epi32(x[2], x[3]));
            store16(&mut to[0], column, _mm512_castsi512_si128(x));
            store16(&mut to[1], column, _mm512_extracti32x4_epi32::<1>(x));
            store16(&mut to[2], column, _mm512_extracti32x4_epi32::<2>(x));
            store16(&mut to[3], column, _mm512_extracti32x4_epi32::<3>(x));
        }
    }

    #[inline(always)]
    fn turn(self, to: &mut [[u8; LANES]; LANES], x: [__m512i; LANES]) {
        unsafe {
            let turn = _mm512_broadcast_i32x4(turned_fours());
            let mut fours = [_mm512_setzero_si512(); 4];
            for k in 0..4 {
                fours[k] = _mm512_shuffle_epi8(unsigned([x[4 * k], x[4 * k + 1], x[4 * k + 2], x[4 * k + 3]]), turn);
            }
            let [a, b, c, d] = fours;
            let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
            let (ab_high, cd_high) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
            let rows = [
                _mm512_unpacklo_epi64(ab, cd),
                _mm512_unpackhi_epi64(ab, cd),
                _mm512_unpacklo_epi64(ab_high, cd_high),
                _mm512_unpackhi_epi64(ab_high, cd_high),
            ];
            for j in 0..4 {
                _mm_storeu_si128(to[j].as_mut_ptr().cast(), _mm512_castsi512_si128(rows[j]));
                _mm_storeu_si128(to[4 + j].as_mut_ptr().cast(), _mm512_extracti32x4_epi32::<1>(rows[j]));
                _mm_storeu_si128(to[8 + j].as_mut_ptr().cast(), _mm512_extracti32x4_epi32::<2>(rows[j]));
                _mm_storeu_si128(to[12 + j].as_mut_ptr().cast(), _mm512_extracti32x4_epi32::<3>(rows[j]));
            }
        }
    }

    #[inline(always)]
    fn activations(self, word: u32) -> __m512i {
        unsafe { _mm512_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn weights(self, from: &Block) -> __m512i {
        unsafe { _mm512_load_si512(from.0.as_ptr().cast()) }
    }

    #[inline(always)]
    fn dot(self, sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(sum, a, b) }
    }
}

/// Four vectors of values from 0 to 255 as bytes: every 128 bits have four lanes of the first, then of the second and so on.
#[target_feature(enable = "avx512f,avx512bw")]
#[inline]
fn unsigned(x: [__m512i; 4]) -> __m512i {
    _mm512_packus_epi16(_mm512_packus_epi32(x[0], x[1]), _mm512_packus_epi32(x[2], x[3]))
}
