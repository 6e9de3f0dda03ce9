//! Functions without branches or calls, so that loops over them become vector instructions.

// What is not inlined is no part of the loop.
#![allow(clippy::inline_always)]

/// `x·Φ(x)`, the exact form (Hendrycks & Gimpel 2016, arXiv:1606.08415), as `max(x, 0) - |x|·Φ(-|x|)`, in which nothing
/// cancels for large negative `x`.
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    let above = if x > 0.0 { x } else { 0.0 };
    above - 0.5 * x.abs() * erfc(x.abs() * std::f32::consts::FRAC_1_SQRT_2)
}

/// The complementary error function for `x ≥ 0`: the Chebyshev fit of Numerical Recipes (§6.2), relative error at most
/// 1.2e-7 but for rounding.
#[inline(always)]
fn erfc(x: f32) -> f32 {
    let near = 1.0 / (1.0 + 0.5 * x);
    let series = [
        -0.822_152_23_f32,
        1.488_515_9,
        -1.135_204,
        0.278_868_07,
        -0.186_288_06,
        0.096_784_18,
        0.374_091_96,
        1.000_023_7,
        -1.265_512_2,
    ];
    let series = series.into_iter().fold(0.170_872_77, |sum, factor| sum * near + factor);
    near * exp(series - x * x)
}

/// `eˣ` for `x ≤ 0` or little above, after Cephes: within 2 units in the last place down to `e⁻⁸⁷`, and that below.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    /// Adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // Not `max`, which would hide values that are no numbers.
    let x = if x < -87.0 { -87.0 } else { x };
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let whole = rounded - ROUND;
    let rest = x - whole * (355.0 / 512.0) + whole * 2.121_944_4e-4;
    let series = [1.398_2e-3_f32, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5]
        .into_iter()
        .fold(1.987_569_1e-4, |sum, factor| sum * rest + factor);
    (series * rest * rest + rest + 1.0) * f32::from_bits(rounded.to_bits().wrapping_add(127) << 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gelu_is_exact_to_the_last_digits() {
        let worst = (-200_000..=200_000).map(|step| {
            let x = step as f32 / 20_000.0;
            let exact = 0.5 * f64::from(x) * (1.0 + libm::erf(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2));
            (f64::from(gelu(x)) - exact).abs() / f64::from(x.max(1.0))
        });
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 1.5e-7, "{worst}");
        assert_eq!((gelu(1e6), gelu(0.0)), (1e6, 0.0));
        assert!(gelu(-1e6).abs() < 1e-30);
        assert!(gelu(f32::NAN).is_nan());
    }

    #[test]
    fn exponentials_are_exact_to_the_last_digits() {
        let worst = (-87_000..=0).map(|step| {
            let x = step as f32 / 1000.0;
            let exact = f64::from(x).exp();
            (f64::from(exp(x)) - exact).abs() / exact
        });
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 2.5e-7, "{worst}");
        assert_eq!((exp(0.0), exp(f32::NEG_INFINITY)), (1.0, exp(-87.0)));
        assert!(exp(f32::NAN).is_nan());
    }
}
