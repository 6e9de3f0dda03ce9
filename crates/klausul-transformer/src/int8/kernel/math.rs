//! Vectorised functions with stated errors.

use super::simd::Simd;

/// Where Φ is taken for 0 or 1.
const GELU_LIMIT: f32 = 4.2;

/// `Φ(x) = 1/2 + x·Q(2x²/4.2² − 1)`: a minimax fit of `Q` with Φ(±4.2) held at 0 and 1, highest power last.
const PHI: [f32; 8] = [
    0.167_854_56,
    -0.081_571_475,
    0.055_948_712,
    -0.037_926_186,
    0.023_777_72,
    -0.016_467_182,
    0.011_175_754,
    -0.003_744_282,
];

/// A minimax fit of 2ᶠ for |f| ≤ 1/2 with relative error 7.6e-5, highest power last.
const EXP2: [f32; 4] = [0.999_928_2, 0.693_261, 0.242_609_4, 0.055_170_435];

/// Lowest exponent that [`exp2`] resolves.
const EXP2_LEAST: f32 = -100.0;

/// `gelu(x) = x·Φ(x)` with Φ the normal distribution function, exact form (erf); absolute error at most 1e-4.
///
/// A row of them is next rounded to 255 steps of its range, so an error below a hundredth of a step is lost.
#[inline(always)]
pub(super) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let limit = s.splat(GELU_LIMIT);
    let clamped = s.max(s.min(x, limit), s.splat(-GELU_LIMIT));
    let u = s.fma(s.mul(clamped, clamped), s.splat(2.0 / (GELU_LIMIT * GELU_LIMIT)), s.splat(-1.0));
    let mut q = s.splat(PHI[7]);
    for power in (0..7).rev() {
        q = s.fma(q, u, s.splat(PHI[power]));
    }
    s.mul(x, s.fma(clamped, q, s.splat(0.5)))
}

/// `2ˣ` for x ≤ 100 with relative error at most 1e-4; below −100 it stays at 2⁻¹⁰⁰. The softmax rounds it to a 255th.
#[inline(always)]
pub(super) fn exp2<S: Simd>(s: S, x: S::F) -> S::F {
    let x = s.max(x, s.splat(EXP2_LEAST));
    let n = s.round(x);
    let f = s.sub(x, s.float(n));
    let mut p = s.splat(EXP2[3]);
    for power in (0..3).rev() {
        p = s.fma(p, f, s.splat(EXP2[power]));
    }
    s.scale_by_power(p, n)
}
