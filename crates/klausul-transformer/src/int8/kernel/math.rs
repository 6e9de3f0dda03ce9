//! Vectorised functions with stated errors.

use super::simd::Simd;

/// Where Φ is taken for 0 or 1.
const GELU_LIMIT: f32 = 3.9;

/// `−Φ(−t)` for t from 0 to 3.9: a fit that makes the largest error of `t·Φ(−t)` least and ends at 0, highest power last.
const TAIL: [f32; 7] =
    [-0.496_045_44, 0.371_694_98, 0.071_169_9, -0.159_931_84, 0.064_839_56, -0.011_247_924, 0.000_738_626_23];

/// Below every value of [`gelu`], and near its least.
pub(super) const GELU_LEAST: f32 = -0.1705;

/// A minimax fit of 2ᶠ for |f| ≤ 1/2 with relative error 7.6e-5, highest power last.
const EXP2: [f32; 4] = [0.999_928_2, 0.693_261, 0.242_609_4, 0.055_170_435];

/// Lowest exponent that [`exp2`] resolves.
const EXP2_LEAST: f32 = -100.0;

/// `gelu(x) = x·Φ(x)` with Φ the normal distribution function, exact form (erf); absolute error at most 2e-4.
///
/// It is `max(x, 0) − t·Φ(−t)` for `t = |x|`, so that one tail serves both signs. A row of them is next rounded to 255 steps of
/// its range, so an error of a few hundredths of a step is lost.
#[inline(always)]
pub(super) fn gelu<S: Simd>(s: S, x: S::F) -> S::F {
    let t = s.min(s.abs(x), s.splat(GELU_LIMIT));
    let mut q = s.splat(TAIL[6]);
    for power in (0..6).rev() {
        q = s.fma(q, t, s.splat(TAIL[power]));
    }
    s.fma(q, t, s.max(x, s.splat(0.0)))
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
