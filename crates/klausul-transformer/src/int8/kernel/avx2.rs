//! x86-64 with 256-bit vectors: AVX2 with FMA, and the same with the 256-bit form of VNNI.

use std::arch::x86_64::*;

use super::simd::{Block, LANES, Simd};

/// AVX2 and FMA. Products are widened to 16 bits, where `vpmaddubsw` would saturate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Avx2(());

/// AVX2, FMA and AVX-VNNI.
#[derive(Clone, Copy, Debug)]
pub(super) struct AvxVnni(());

impl Avx2 {
    /// The token, where the processor has the features.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")).then_some(Self(()))
    }
}

impl AvxVnni {
    /// The token, where the processor has the features.
    pub(super) fn detect() -> Option<Self> {
        (Avx2::detect().is_some() && is_x86_feature_detected!("avxvnni")).then_some(Self(()))
    }
}

/// The float and byte operations, which both tokens share.
///
/// SAFETY of every block: a token exists only where `detect` found AVX2 and FMA; memory is reached through array references.
macro_rules! common {
    () => {
        type F = [__m256; 2];
        type I = [__m256i; 2];

        #[inline(always)]
        fn splat(self, x: f32) -> Self::F {
            unsafe { [_mm256_set1_ps(x); 2] }
        }

        #[inline(always)]
        fn load(self, from: &[f32; LANES]) -> Self::F {
            unsafe { [_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))] }
        }

        #[inline(always)]
        fn store(self, to: &mut [f32; LANES], x: Self::F) {
            unsafe {
                _mm256_storeu_ps(to.as_mut_ptr(), x[0]);
                _mm256_storeu_ps(to.as_mut_ptr().add(8), x[1]);
            }
        }

        #[inline(always)]
        fn add(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_add_ps(a[0], b[0]), _mm256_add_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn sub(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_sub_ps(a[0], b[0]), _mm256_sub_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn mul(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_mul_ps(a[0], b[0]), _mm256_mul_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn div(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_div_ps(a[0], b[0]), _mm256_div_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn fma(self, a: Self::F, b: Self::F, c: Self::F) -> Self::F {
            unsafe { [_mm256_fmadd_ps(a[0], b[0], c[0]), _mm256_fmadd_ps(a[1], b[1], c[1])] }
        }

        #[inline(always)]
        fn abs(self, x: Self::F) -> Self::F {
            let sign = unsafe { _mm256_set1_ps(-0.0) };
            unsafe { [_mm256_andnot_ps(sign, x[0]), _mm256_andnot_ps(sign, x[1])] }
        }

        #[inline(always)]
        fn max(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_max_ps(a[0], b[0]), _mm256_max_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn min(self, a: Self::F, b: Self::F) -> Self::F {
            unsafe { [_mm256_min_ps(a[0], b[0]), _mm256_min_ps(a[1], b[1])] }
        }

        #[inline(always)]
        fn round(self, x: Self::F) -> Self::I {
            unsafe { [_mm256_cvtps_epi32(x[0]), _mm256_cvtps_epi32(x[1])] }
        }

        #[inline(always)]
        fn float(self, x: Self::I) -> Self::F {
            unsafe { [_mm256_cvtepi32_ps(x[0]), _mm256_cvtepi32_ps(x[1])] }
        }

        #[inline(always)]
        fn scale_by_power(self, x: Self::F, n: Self::I) -> Self::F {
            unsafe {
                let low = _mm256_add_epi32(_mm256_castps_si256(x[0]), _mm256_slli_epi32::<23>(n[0]));
                let high = _mm256_add_epi32(_mm256_castps_si256(x[1]), _mm256_slli_epi32::<23>(n[1]));
                [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)]
            }
        }

        #[inline(always)]
        fn sum(self, x: Self::F) -> f32 {
            unsafe { sum8(_mm256_add_ps(x[0], x[1])) }
        }

        #[inline(always)]
        fn largest(self, x: Self::F) -> f32 {
            unsafe { largest8(_mm256_max_ps(x[0], x[1])) }
        }

        #[inline(always)]
        fn smallest(self, x: Self::F) -> f32 {
            unsafe { smallest8(_mm256_min_ps(x[0], x[1])) }
        }

        #[inline(always)]
        fn zero(self) -> Self::I {
            unsafe { [_mm256_setzero_si256(); 2] }
        }

        #[inline(always)]
        fn plus(self, a: Self::I, b: Self::I) -> Self::I {
            unsafe { [_mm256_add_epi32(a[0], b[0]), _mm256_add_epi32(a[1], b[1])] }
        }

        #[inline(always)]
        fn widen(self, from: &[i8; LANES]) -> Self::I {
            unsafe {
                let bytes = _mm_loadu_si128(from.as_ptr().cast());
                [_mm256_cvtepi8_epi32(bytes), _mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes))]
            }
        }

        #[inline(always)]
        fn store_bytes(self, to: &mut [u8; LANES], x: Self::I) {
            unsafe {
                let low = _mm256_set1_epi32(255);
                let words = _mm256_packus_epi32(_mm256_and_si256(x[0], low), _mm256_and_si256(x[1], low));
                let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
                let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
                _mm_storeu_si128(to.as_mut_ptr().cast(), bytes);
            }
        }

        #[inline(always)]
        fn prefetch(self, block: *const Block) {
            unsafe { _mm_prefetch::<_MM_HINT_T1>(block.cast()) }
        }

        #[inline(always)]
        fn interleave(self, to: &mut Block, x: [Self::I; 4]) {
            unsafe {
                let turn = _mm256_broadcastsi128_si256(turned_fours());
                for half in 0..2 {
                    let x = _mm256_shuffle_epi8(unsigned([x[0][half], x[1][half], x[2][half], x[3][half]]), turn);
                    _mm256_store_si256(to.0.as_mut_ptr().add(32 * half).cast(), x);
                }
            }
        }

        #[inline(always)]
        fn columns(self, to: &mut [Block; 4], column: usize, x: [Self::I; 4]) {
            unsafe {
                for half in 0..2 {
                    let low = _mm256_packs_epi32(x[0][half], x[1][half]);
                    let x = _mm256_packs_epi16(low, _mm256_packs_epi32(x[2][half], x[3][half]));
                    store16(&mut to[2 * half], column, _mm256_castsi256_si128(x));
                    store16(&mut to[2 * half + 1], column, _mm256_extracti128_si256::<1>(x));
                }
            }
        }

        #[inline(always)]
        fn turn(self, to: &mut [[u8; LANES]; LANES], x: [Self::I; LANES]) {
            unsafe {
                let turn = _mm256_broadcastsi128_si256(turned_fours());
                for half in 0..2 {
                    let mut fours = [_mm256_setzero_si256(); 4];
                    for k in 0..4 {
                        let four = [x[4 * k][half], x[4 * k + 1][half], x[4 * k + 2][half], x[4 * k + 3][half]];
                        fours[k] = _mm256_shuffle_epi8(unsigned(four), turn);
                    }
                    let [a, b, c, d] = fours;
                    let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
                    let (ab_high, cd_high) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
                    let rows = [
                        _mm256_unpacklo_epi64(ab, cd),
                        _mm256_unpackhi_epi64(ab, cd),
                        _mm256_unpacklo_epi64(ab_high, cd_high),
                        _mm256_unpackhi_epi64(ab_high, cd_high),
                    ];
                    for j in 0..4 {
                        let (low, high) = (_mm256_castsi256_si128(rows[j]), _mm256_extracti128_si256::<1>(rows[j]));
                        _mm_storeu_si128(to[8 * half + j].as_mut_ptr().cast(), low);
                        _mm_storeu_si128(to[8 * half + 4 + j].as_mut_ptr().cast(), high);
                    }
                }
            }
        }
    };
}

impl Simd for Avx2 {
    common!();

    type A = [__m256i; 2];
    type B = [[__m256i; 2]; 2];

    const ROWS: usize = 4;
    const VECTORS: usize = 1;

    // Even and odd bytes go apart as 16-bit halves of each column's word, so that `vpmaddwd` adds within the column.
    #[inline(always)]
    fn activations(self, word: u32) -> Self::A {
        unsafe {
            let x = _mm256_set1_epi32(word.cast_signed());
            [_mm256_and_si256(x, _mm256_set1_epi16(255)), _mm256_srli_epi16::<8>(x)]
        }
    }

    #[inline(always)]
    fn weights(self, from: &Block) -> Self::B {
        unsafe {
            let x = _mm256_load_si256(from.0.as_ptr().cast());
            let y = _mm256_load_si256(from.0.as_ptr().add(32).cast());
            let even = |x| _mm256_srai_epi16::<8>(_mm256_slli_epi16::<8>(x));
            [[even(x), _mm256_srai_epi16::<8>(x)], [even(y), _mm256_srai_epi16::<8>(y)]]
        }
    }

    #[inline(always)]
    fn dot(self, mut sum: Self::I, a: Self::A, b: Self::B) -> Self::I {
        for half in 0..2 {
            unsafe {
                let even = _mm256_madd_epi16(a[0], b[half][0]);
                let odd = _mm256_madd_epi16(a[1], b[half][1]);
                sum[half] = _mm256_add_epi32(sum[half], _mm256_add_epi32(even, odd));
            }
        }
        sum
    }
}

impl Simd for AvxVnni {
    common!();

    type A = __m256i;
    type B = [__m256i; 2];

    const ROWS: usize = 6;
    const VECTORS: usize = 1;

    #[inline(always)]
    fn activations(self, word: u32) -> Self::A {
        unsafe { _mm256_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn weights(self, from: &Block) -> Self::B {
        unsafe { [_mm256_load_si256(from.0.as_ptr().cast()), _mm256_load_si256(from.0.as_ptr().add(32).cast())] }
    }

    #[inline(always)]
    fn dot(self, sum: Self::I, a: Self::A, b: Self::B) -> Self::I {
        // SAFETY: `detect` found AVX-VNNI.
        unsafe { [_mm256_dpbusd_avx_epi32(sum[0], a, b[0]), _mm256_dpbusd_avx_epi32(sum[1], a, b[1])] }
    }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn sum8(x: __m256) -> f32 {
    let x = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_add_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_add_ss(x, _mm_movehdup_ps(x)))
}

#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn largest8(x: __m256) -> f32 {
    let x = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_max_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_max_ss(x, _mm_movehdup_ps(x)))
}

#[target_feature(enable = "avx2,fma")]
#[inline]
pub(super) fn smallest8(x: __m256) -> f32 {
    let x = _mm_min_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
    let x = _mm_min_ps(x, _mm_movehl_ps(x, x));
    _mm_cvtss_f32(_mm_min_ss(x, _mm_movehdup_ps(x)))
}

/// Four vectors of values from 0 to 255 as bytes: every 128 bits have four lanes of the first, then of the second and so on.
#[target_feature(enable = "avx2")]
#[inline]
fn unsigned(x: [__m256i; 4]) -> __m256i {
    _mm256_packus_epi16(_mm256_packus_epi32(x[0], x[1]), _mm256_packus_epi32(x[2], x[3]))
}

/// The shuffle that turns four times four bytes.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn turned_fours() -> __m128i {
    _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
}

/// Writes four columns of a block.
#[target_feature(enable = "sse2")]
#[inline]
pub(super) fn store16(to: &mut Block, column: usize, x: __m128i) {
    let Some(to) = to.0[4 * column..].first_chunk_mut::<16>() else { return };
    // SAFETY: the array holds what is written.
    unsafe { _mm_storeu_si128(to.as_mut_ptr().cast(), x) }
}
