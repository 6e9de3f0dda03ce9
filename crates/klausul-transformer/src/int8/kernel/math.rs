//! Vectorised functions with stated errors.

use super::simd::Simd;

/// Where Φ is taken for 0 or 1.
const GELU_LIMIT: f32 = 4.5;

/// `Φ(x) = 1/2 + x·Q(2x²/4.5² − 1)`: a minimax fit of `Q` with Φ(±4.5) held at 0 and 1, highest power last.
const PHI: [f32; 11] = [
    0.156_905_16,
    -0.077_206_455,
    0.054_702_807,
    -0.039_864_75,
    0.028_121_779,
    -0.020_227_334,
    0.012_430_993,
    -0.003_140_969_4,
    0.000_832_773_3,
    -0.003_530_576_8,
    0.002_087_681_8,
];

/// A minimax fit of 2ᶠ for |f| ≤ 1/2 with relative error 2.6e-6, highest power last.
const EXP2: [f32; 5] = [0.999_999_3, 0.693_121_8, 0.240_247_44, 0.055_917_86, 0.009_570_1];

/// Lowest exponent that [`exp2`] resolves.
const EXP2_LEAST: f32 = -100.0;

/// `gelu(x) = x·Φ(x)` with Φ the normal distribution function, exact form (erf); absolute error at most 2e-5.
#[inline(always)]
pub(super) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let limit = s.splat(GELU_LIMIT);
    let clamped = s.max(s.min(x, limit), s.splat(-GELU_LIMIT));
    let u = s.fma(s.mul(clamped, clamped), s.splat(2.0 / (GELU_LIMIT * GELU_LIMIT)), s.splat(-1.0));
    let mut q = s.splat(PHI[10]);
    for power in (0..10).rev() {
        q = s.fma(q, u, s.splat(PHI[power]));
    }
    s.mul(x, s.fma(clamped, q, s.splat(0.5)))
}

/// `2ˣ` for x ≤ 100 with relative error at most 3e-6; below −100 it stays at 2⁻¹⁰⁰.
#[inline(always)]
pub(super) fn exp2<S: Simd>(s: S, x: S::F) -> S::F {
    let x = s.max(x, s.splat(EXP2_LEAST));
    let n = s.round(x);
    let f = s.sub(x, s.float(n));
    let mut p = s.splat(EXP2[4]);
    for power in (0..4).rev() {
        p = s.fma(p, f, s.splat(EXP2[power]));
    }
    s.scale_by_power(p, n)
}
