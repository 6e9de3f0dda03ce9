//! Each kernel against plain arithmetic, on every path of the processor.

use super::gemm::{Rows, products};
use super::math::{GELU_LEAST, exp2, gelu};
use super::simd::{Block, LANES, Simd};
use super::{Kernel, KernelPath, Operation, PackedLinear, Project, RowScale};
use crate::int8::quantised::{QuantisedLinear, QuantisedMatrix};

fn kernels() -> Vec<Kernel> {
    KernelPath::available().into_iter().filter_map(Kernel::new).collect()
}

struct Map<'a> {
    values: &'a mut [f32],
    gelu: bool,
}

impl Operation for Map<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for x in self.values.as_chunks_mut::<LANES>().0 {
            let y = if self.gelu { gelu(s, s.load(x)) } else { exp2(s, s.load(x)) };
            s.store(x, y);
        }
    }
}

/// Normal distribution function by the series of erf, in `f64`.
fn phi(x: f64) -> f64 {
    if x.abs() > 6.0 {
        return if x > 0.0 { 1.0 } else { 0.0 };
    }
    let (z, mut power, mut sum) = (x / 2.0_f64.sqrt(), x / 2.0_f64.sqrt(), 0.0);
    for n in 0..120 {
        sum += power / f64::from(2 * n + 1);
        power *= -z * z / f64::from(n + 1);
    }
    0.5 + sum / std::f64::consts::PI.sqrt()
}

#[test]
fn gelu_and_exp2_are_within_their_stated_errors() {
    let inputs: Vec<f32> = (-12_000..12_000).map(|i| i as f32 / 1_000.0).collect();
    for kernel in kernels() {
        let mut values = inputs.clone();
        kernel.run(Map { values: &mut values, gelu: true });
        for (&x, &y) in inputs.iter().zip(&values) {
            let exact = f64::from(x) * phi(f64::from(x));
            assert!(y >= GELU_LEAST && (f64::from(y) - exact).abs() < 2e-4, "gelu({x}) = {y}, not {exact}");
        }
        let mut values: Vec<f32> = inputs.iter().map(|x| x * 8.0).collect();
        kernel.run(Map { values: &mut values, gelu: false });
        for (&x, &y) in inputs.iter().zip(&values) {
            let exact = f64::from(x * 8.0).exp2();
            assert!((f64::from(y) - exact).abs() < 1e-4 * exact, "2^{} = {y}, not {exact}", x * 8.0);
        }
    }
}

struct Tile<'a> {
    rows: &'a [u8],
    blocks: &'a [Block],
    fours: usize,
    out: &'a mut [[i32; LANES]; 3],
}

impl Operation for Tile<'_> {
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let sums = products::<S, 3, 1>(s, Rows::of(self.rows, 4 * self.fours), self.blocks, 1, self.fours, 0);
        for (out, [sum]) in self.out.iter_mut().zip(sums) {
            let mut floats = [0.0; LANES];
            s.store(&mut floats, s.float(sum));
            *out = floats.map(|x| x as i32);
        }
    }
}

#[test]
fn products_of_the_largest_bytes_do_not_saturate() {
    let fours = 24;
    for weight in [127, -127, -128] {
        let (rows, blocks) = (vec![255; 3 * 4 * fours], vec![Block([weight; 64]); fours]);
        for kernel in kernels() {
            let mut out = [[0; LANES]; 3];
            kernel.run(Tile { rows: &rows, blocks: &blocks, fours, out: &mut out });
            assert_eq!(out, [[255 * i32::from(weight) * 96; LANES]; 3], "{:?}", kernel.path());
        }
    }
}

#[test]
fn a_layer_is_the_sum_of_its_products() {
    let (inputs, outputs, rows) = (32, 48, 31);
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let values: Vec<i8> = (0..inputs * outputs).map(|_| next().cast_signed()).collect();
    let scales: Vec<f32> = (0..outputs).map(|i| 0.01 + i as f32 * 1e-3).collect();
    let bias: Vec<f32> = (0..outputs).map(|i| i as f32).collect();
    let weight = QuantisedMatrix { rows: outputs, columns: inputs, values: values.clone(), scales: scales.clone() };
    let layer = PackedLinear::pack(&[&QuantisedLinear { weight, bias: bias.clone() }], outputs);
    let activations: Vec<u8> = (0..rows * inputs).map(|_| next()).collect();
    let row_scales: Vec<RowScale> =
        (0..rows).map(|i| RowScale { scale: 0.5 + i as f32 / 64.0, offset: -100.5 - i as f32 }).collect();
    for kernel in kernels() {
        let mut out = vec![1.0; rows * outputs];
        let scales_ = &row_scales;
        kernel.run(Project {
            activations: &activations,
            scales: scales_,
            layer: &layer,
            turn: 0,
            out: &mut out,
            residual: true,
        });
        for (at, &found) in out.iter().enumerate() {
            let (row, output) = (at / outputs, at % outputs);
            let RowScale { scale, offset } = row_scales[row];
            let sum: f64 = (0..inputs)
                .map(|i| f64::from(activations[row * inputs + i]) + f64::from(offset))
                .zip(&values[output * inputs..])
                .map(|(x, &w)| x * f64::from(w))
                .sum();
            let exact = sum * f64::from(scale) * f64::from(scales[output]) + f64::from(bias[output]) + 1.0;
            assert!(
                (f64::from(found) - exact).abs() < 1e-2,
                "{:?} {row} {output}: {found}, not {exact}",
                kernel.path()
            );
        }
    }
}
