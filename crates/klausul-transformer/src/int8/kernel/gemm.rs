//! Products of quantised rows with packed weights.

use super::simd::{Block, LANES, Simd};
use super::{Operation, RowScale};
use crate::int8::quantised::QuantisedLinear;

/// Columns of a panel of packed weights.
pub(in crate::int8) const PANEL: usize = 2 * LANES;

/// A linear layer as the kernels read it: panels of 32 outputs, in each the inputs by fours, every four inputs two blocks.
///
/// Outputs are filled up to whole panels with zeros. An output is `(Σ q·w + offset·Σ w)·scale·w_scale + bias`, where `q` are the
/// unsigned activations of a row and `offset`, `scale` its [`RowScale`].
#[derive(Debug)]
pub(in crate::int8) struct PackedLinear {
    inputs: usize,
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
    /// Packs layers with the same inputs beside each other: the outputs of the first come first.
    ///
    /// Inputs must be a multiple of 4 and the outputs together of 16; the encoder has checked that.
    pub(in crate::int8) fn pack(layers: &[&QuantisedLinear]) -> Self {
        let inputs = layers.first().map_or(0, |layer| layer.weight.columns);
        let outputs = layers.iter().map(|layer| layer.weight.rows).sum::<usize>();
        let count = outputs.div_ceil(PANEL);
        let mut panels = vec![Block::ZERO; count * inputs / 4 * 2];
        let mut columns = vec![Columns { scale: [0.0; LANES], sum: [0.0; LANES], bias: [0.0; LANES] }; count * 2];
        let mut output = 0;
        for layer in layers {
            for (row, weights) in layer.weight.values.chunks_exact(inputs).enumerate() {
                let (vector, lane) = (output / LANES, output % LANES);
                let start = (output / PANEL * (inputs / 4)) * 2 + vector % 2;
                for (block, four) in panels[start..].iter_mut().step_by(2).zip(weights.as_chunks::<4>().0) {
                    block.0[4 * lane..4 * lane + 4].copy_from_slice(four);
                }
                columns[vector].scale[lane] = layer.weight.scales[row];
                columns[vector].sum[lane] = weights.iter().map(|&w| i32::from(w)).sum::<i32>() as f32;
                columns[vector].bias[lane] = layer.bias[row];
                output += 1;
            }
        }
        Self { inputs, outputs, panels, columns }
    }
}

/// Multiplies rows with a layer and writes the results, or adds them to what is there.
pub(in crate::int8) struct Project<'a> {
    /// Rows of quantised activations, one input of the layer a byte.
    pub(in crate::int8) activations: &'a [u8],
    /// One a row.
    pub(in crate::int8) scales: &'a [RowScale],
    pub(in crate::int8) layer: &'a PackedLinear,
    /// Rows of the layer's outputs.
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
        assert!(panel_blocks > 0 && self.layer.panels.len() == outputs.div_ceil(PANEL) * panel_blocks);
        for panel in 0..outputs.div_ceil(PANEL) {
            let mut row = 0;
            if S::ROWS == 14 {
                while row + 14 <= rows {
                    self.tile::<S, 14>(s, panel, row);
                    row += 14;
                }
                while row + 8 <= rows {
                    self.tile::<S, 8>(s, panel, row);
                    row += 8;
                }
            }
            if S::ROWS == 6 {
                while row + 6 <= rows {
                    self.tile::<S, 6>(s, panel, row);
                    row += 6;
                }
            }
            while row + 4 <= rows {
                self.tile::<S, 4>(s, panel, row);
                row += 4;
            }
            while row + 2 <= rows {
                self.tile::<S, 2>(s, panel, row);
                row += 2;
            }
            while row < rows {
                self.tile::<S, 1>(s, panel, row);
                row += 1;
            }
        }
    }
}

impl Project<'_> {
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(&mut self, s: S, panel: usize, row: usize) {
        let inputs = self.layer.inputs;
        let blocks = &self.layer.panels[panel * (inputs / 2)..(panel + 1) * (inputs / 2)];
        // The first tile of a panel brings the next one from further away than the processor's own prefetch looks.
        let ahead = if row == 0 { blocks.len() } else { 0 };
        let rows = &self.activations[row * inputs..(row + R) * inputs];
        if S::VECTORS == 2 {
            let sums = products::<S, R, 2>(s, rows, inputs, blocks, 2, inputs / 4, ahead);
            self.finish::<S, R, 2>(s, row, 2 * panel, &sums);
        } else {
            for vector in 0..2 {
                let sums = products::<S, R, 1>(s, rows, inputs, &blocks[vector..], 2, inputs / 4, ahead);
                self.finish::<S, R, 1>(s, row, 2 * panel + vector, &sums);
            }
        }
    }

    /// Scale, bias and residual of a tile.
    #[inline(always)]
    fn finish<S: Simd, const R: usize, const V: usize>(
        &mut self,
        s: S,
        row: usize,
        vector: usize,
        sums: &[[S::I; V]; R],
    ) {
        let outputs = self.layer.outputs;
        let scales = &self.scales[row..row + R];
        let out = &mut self.out[row * outputs..(row + R) * outputs];
        let columns = &self.layer.columns[vector..vector + V];
        let mut weights = [[s.splat(0.0); 3]; V];
        for v in 0..V {
            weights[v] = [s.load(&columns[v].scale), s.load(&columns[v].sum), s.load(&columns[v].bias)];
        }
        let mut rows = out.chunks_exact_mut(outputs);
        for r in 0..R {
            let Some(row) = rows.next() else { return };
            let row = row.as_chunks_mut::<LANES>().0;
            let (scale, offset) = (s.splat(scales[r].scale), s.splat(scales[r].offset));
            for v in 0..V {
                // The last panel may reach beyond the layer's outputs.
                let Some(out) = row.get_mut(vector + v) else { continue };
                let [weight, sum, bias] = weights[v];
                let mut y = s.fma(s.fma(offset, sum, s.float(sums[r][v])), s.mul(scale, weight), bias);
                if self.residual {
                    y = s.add(y, s.load(out));
                }
                s.store(out, y);
            }
        }
    }
}

/// The sums of a tile of `R` rows and `V` vectors of 16 columns over `fours`·4 inputs.
///
/// Rows lie `stride` bytes apart; the blocks of one step over four inputs lie `step` blocks after those of the last.
/// Those `ahead` of each are prefetched.
#[inline(always)]
pub(super) fn products<S: Simd, const R: usize, const V: usize>(
    s: S,
    rows: &[u8],
    stride: usize,
    blocks: &[Block],
    step: usize,
    fours: usize,
    ahead: usize,
) -> [[S::I; V]; R] {
    let mut sums = [[s.zero(); V]; R];
    if fours == 0 {
        return sums;
    }
    assert!((R - 1) * stride + 4 * fours <= rows.len() && (fours - 1) * step + V <= blocks.len());
    let (mut a, mut b) = (rows.as_ptr(), blocks.as_ptr());
    for _ in 0..fours {
        let mut w = [s.weights(&Block::ZERO); V];
        // SAFETY: in step `i` of `fours`, `b` is at `i * step` and reaches `V` blocks on, and the rows are read at `4 * i`
        // to `4 * i + 4`: both within what the assertion above has compared.
        unsafe {
            for v in 0..V {
                s.prefetch(b.wrapping_add(ahead + v));
                w[v] = s.weights(&*b.add(v));
            }
            for r in 0..R {
                let four = s.activations(a.add(r * stride).cast::<u32>().read_unaligned());
                for v in 0..V {
                    sums[r][v] = s.dot(sums[r][v], four, w[v]);
                }
            }
            a = a.wrapping_add(4);
            b = b.wrapping_add(step);
        }
    }
    sums
}
