//! Products of quantised rows with packed weights.

use super::simd::{Block, LANES, Simd};
use super::{Operation, RowScale};
use crate::int8::quantised::QuantisedLinear;

/// Does something with `R` as the constant that a tile's rows are; a path is compiled for its sizes only.
macro_rules! of_rows {
    ($s:ident, $rows:expr, $r:ident => $do:expr) => { of_rows!(@ $s, $rows, $r, $do, 14 13 12 11 10 9 8 7 6 5 4 3 2 1) };
    (@ $s:ident, $rows:expr, $r:ident, $do:expr, $($size:literal)*) => {
        match $rows {
            $($size if $size <= $s::ROWS => {
                const $r: usize = $size;
                $do;
            })*
            rows => unreachable!("a tile of {rows} rows"),
        }
    };
}

/// Does something for every row of a tile without a loop, so that the tile stays in registers.
macro_rules! unrolled {
    ($r:ident in $rows:ident => $do:block) => { unrolled!(@ $r, $rows, $do, 0 1 2 3 4 5 6 7 8 9 10 11 12 13) };
    (@ $r:ident, $rows:ident, $do:block, $($row:literal)*) => {
        $(if $row < $rows {
            let $r: usize = $row;
            $do
        })*
    };
}
pub(super) use {of_rows, unrolled};

/// Columns of a panel of packed weights.
pub(in crate::int8) const PANEL: usize = 2 * LANES;

/// A linear layer as the kernels read it: panels of 32 outputs, in each the inputs by fours, every four inputs two blocks.
///
/// Its outputs come in turns that can be computed apart, each filled up to whole panels with zeros. An output is
/// `(Σ q·w + offset·Σ w)·scale·w_scale + bias`, where `q` are the unsigned activations of a row and `offset`, `scale` its
/// [`RowScale`].
#[derive(Debug)]
pub(in crate::int8) struct PackedLinear {
    inputs: usize,
    /// Of a turn.
    outputs: usize,
    panels: Vec<Block>,
    columns: Vec<Columns>,
}

/// What belongs to 16 outputs.
#[derive(Clone, Copy, Debug)]
struct Columns {
    scale: [f32; LANES],
    sum: [f32; LANES],
    bias: [f32; LANES],
}

impl PackedLinear {
    /// Packs layers with the same inputs beside each other, in turns of `part` outputs of each.
    ///
    /// Inputs must be a multiple of 4, the outputs of each layer of `part`, and those of a turn of 16; the encoder has checked
    /// that.
    pub(in crate::int8) fn pack(layers: &[&QuantisedLinear], part: usize) -> Self {
        let inputs = layers.first().map_or(0, |layer| layer.weight.columns);
        let (outputs, turns) = (layers.len() * part, layers.first().map_or(0, |layer| layer.weight.rows / part));
        let count = turns * outputs.div_ceil(PANEL);
        let mut panels = vec![Block::ZERO; count * inputs / 4 * 2];
        let mut columns = vec![Columns { scale: [0.0; LANES], sum: [0.0; LANES], bias: [0.0; LANES] }; count * 2];
        let rows = (0..turns).flat_map(|turn| {
            let rows =
                layers.iter().flat_map(move |layer| (turn * part..(turn + 1) * part).map(move |row| (layer, row)));
            rows.enumerate().map(move |(at, row)| (turn * outputs.next_multiple_of(PANEL) + at, row))
        });
        for (output, (layer, row)) in rows {
            let weights = &layer.weight.values[row * inputs..(row + 1) * inputs];
            let (vector, lane) = (output / LANES, output % LANES);
            let start = (output / PANEL * (inputs / 4)) * 2 + vector % 2;
            for (block, four) in panels[start..].iter_mut().step_by(2).zip(weights.as_chunks::<4>().0) {
                block.0[4 * lane..4 * lane + 4].copy_from_slice(four);
            }
            columns[vector].scale[lane] = layer.weight.scales[row];
            columns[vector].sum[lane] = weights.iter().map(|&w| i32::from(w)).sum::<i32>() as f32;
            columns[vector].bias[lane] = layer.bias[row];
        }
        Self { inputs, outputs, panels, columns }
    }
}

/// Multiplies rows with one turn of a layer and writes the results, or adds them to what is there.
pub(in crate::int8) struct Project<'a> {
    /// Rows of quantised activations, one input of the layer a byte.
    pub(in crate::int8) activations: &'a [u8],
    /// One a row.
    pub(in crate::int8) scales: &'a [RowScale],
    pub(in crate::int8) layer: &'a PackedLinear,
    /// Which turn it is.
    pub(in crate::int8) turn: usize,
    /// Rows of the turn's outputs.
    pub(in crate::int8) out: &'a mut [f32],
    /// Whether `out` holds the residual that the results are added to.
    pub(in crate::int8) residual: bool,
}

impl Operation for Project<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let (rows, inputs, outputs) = (self.scales.len(), self.layer.inputs, self.layer.outputs);
        assert!(
            self.activations.len() == rows * inputs
                && self.out.len() == rows * outputs
                && outputs.is_multiple_of(LANES)
        );
        let panel_blocks = inputs / 4 * 2;
        assert!(
            panel_blocks > 0 && (self.turn + 1) * outputs.div_ceil(PANEL) * panel_blocks <= self.layer.panels.len()
        );
        for panel in 0..outputs.div_ceil(PANEL) {
            for (row, size) in tiles::<S>(rows) {
                of_rows!(S, size, R => self.tile::<S, R>(s, panel, row));
            }
        }
    }
}

/// As few tiles as hold the rows, of nearly equal sizes: the first row and the rows of each.
#[inline(always)]
pub(super) fn tiles<S: Simd>(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(S::ROWS);
    let first = move |tile: usize| tile * rows / count;
    (0..count).map(move |tile| (first(tile), first(tile + 1) - first(tile)))
}

impl Project<'_> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, s: S, panel: usize, row: usize) {
        let inputs = self.layer.inputs;
        let place = self.turn * self.layer.outputs.div_ceil(PANEL) + panel;
        let blocks = &self.layer.panels[place * (inputs / 2)..(place + 1) * (inputs / 2)];
        // The first tile of a panel brings the next one from further away than the processor's own prefetch looks.
        let ahead = if row == 0 { blocks.len() } else { 0 };
        let rows = Rows::of(&self.activations[row * inputs..(row + R) * inputs], inputs);
        if S::VECTORS == 2 {
            let sums = products::<S, R, 2>(s, rows, blocks, 2, inputs / 4, ahead);
            if (2 * panel + 1) * LANES < self.layer.outputs {
                self.finish::<S, R, 2, 2>(s, row, 2 * panel, &sums);
            } else {
                self.finish::<S, R, 2, 1>(s, row, 2 * panel, &sums);
            }
        } else {
            for vector in 2 * panel..(2 * panel + 2).min(self.layer.outputs / LANES) {
                let sums = products::<S, R, 1>(s, rows, &blocks[vector % 2..], 2, inputs / 4, ahead);
                self.finish::<S, R, 1, 1>(s, row, vector, &sums);
            }
        }
    }

    /// Scale, bias and residual of the first `W` of a tile's `V` vectors: the last panel may reach beyond the layer's outputs.
    #[inline(always)]
    fn finish<S: Simd, const R: usize, const V: usize, const W: usize>(
        &mut self,
        s: S,
        row: usize,
        vector: usize,
        sums: &[[S::I; V]; R],
    ) {
        let outputs = self.layer.outputs;
        let scales = &self.scales[row..row + R];
        let out = &mut self.out[row * outputs + vector * LANES..];
        let first = self.turn * 2 * outputs.div_ceil(PANEL) + vector;
        let columns = &self.layer.columns[first..first + W];
        let mut weights = [[s.splat(0.0); 3]; W];
        for v in 0..W {
            weights[v] = [s.load(&columns[v].scale), s.load(&columns[v].sum), s.load(&columns[v].bias)];
        }
        unrolled!(r in R => {
            let to = out[r * outputs..r * outputs + W * LANES].as_chunks_mut::<LANES>().0;
            let (scale, offset) = (s.splat(scales[r].scale), s.splat(scales[r].offset));
            for v in 0..W {
                let [weight, sum, bias] = weights[v];
                let mut y = s.fma(s.fma(offset, sum, s.float(sums[r][v])), s.mul(scale, weight), bias);
                if self.residual {
                    y = s.add(y, s.load(&to[v]));
                }
                s.store(&mut to[v], y);
            }
        });
    }
}

/// Rows of bytes, and how a product walks over them.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) bytes: &'a [u8],
    /// Bytes from a row to the next.
    pub(super) stride: usize,
    /// Bytes from four inputs to the next four.
    pub(super) step: usize,
}

impl<'a> Rows<'a> {
    /// Rows one after the other.
    #[inline(always)]
    pub(super) fn of(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride, step: 4 }
    }
}

/// The sums of a tile of `R` rows and `V` vectors of 16 columns over `fours`·4 inputs.
///
/// The blocks of one step over four inputs lie `step` blocks after those of the last; those `ahead` of each are prefetched.
#[inline(always)]
pub(super) fn products<S: Simd, const R: usize, const V: usize>(
    s: S,
    rows: Rows<'_>,
    blocks: &[Block],
    step: usize,
    fours: usize,
    ahead: usize,
) -> [[S::I; V]; R] {
    let mut sums = [[s.zero(); V]; R];
    let mut shifts = [s.zero(); V];
    if fours == 0 {
        return sums;
    }
    assert!((R - 1) * rows.stride + (fours - 1) * rows.step + 4 <= rows.bytes.len());
    assert!((fours - 1) * step + V <= blocks.len());
    let (mut a, mut b) = (rows.bytes.as_ptr(), blocks.as_ptr());
    for _ in 0..fours {
        let mut w = [s.weights(&Block::ZERO); V];
        // SAFETY: in step `i` of `fours`, `b` is at `i * step` and reaches `V` blocks on, and row `r` is read in the four bytes
        // at `r * stride + i * step` of the rows: both within what the assertions above have compared.
        unsafe {
            for v in 0..V {
                s.prefetch(b.wrapping_add(ahead + v));
                w[v] = s.weights(&*b.add(v));
                shifts[v] = s.shift(shifts[v], w[v]);
            }
            for r in 0..R {
                let four = s.activations(a.add(r * rows.stride).cast::<u32>().read_unaligned());
                for v in 0..V {
                    sums[r][v] = s.dot(sums[r][v], four, w[v]);
                }
            }
            a = a.wrapping_add(rows.step);
            b = b.wrapping_add(step);
        }
    }
    if S::SHIFTED {
        unrolled!(r in R => {
            for v in 0..V {
                sums[r][v] = s.plus(sums[r][v], shifts[v]);
            }
        });
    }
    sums
}
