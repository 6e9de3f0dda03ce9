//! Attention of one sequence: both products in int8, the softmax between them in `f32`.
//!
//! For 30 to 40 tokens a head's scores and values fit the first cache, so each head is packed, scored, normalised and summed
//! while it is there. Queries are quantised per token and head (unsigned, with offset), keys per token and head (symmetric), values
//! per channel over the sequence. Probabilities are bytes of 255ths of the largest in their row and are divided by
//! their own sum, so that they add to one exactly. Nothing here depends on other sequences.

use super::gemm::products;
use super::math::exp2;
use super::rows::quantise_row;
use super::simd::{Block, LANES, Simd};
use super::{Operation, RowScale};

/// Added to the score of a key that is not there.
const ABSENT: f32 = -1e9;
/// log₂ 255: exponents are shifted by it so that the largest probability of a row is the byte 255.
const LOG2_255: f32 = 7.994_353_3;
/// Rows of the largest tile of any path.
const MOST_ROWS: usize = 14;

/// Memory of [`Attention`], kept between calls.
#[derive(Debug, Default)]
pub(in crate::int8) struct AttentionScratch {
    queries: Vec<[u8; LANES]>,
    query_scales: Vec<RowScale>,
    keys: Vec<Block>,
    key_columns: Vec<KeyColumns>,
    values: Vec<Block>,
    value_scales: Vec<[f32; LANES]>,
    scores: Vec<[f32; LANES]>,
    probabilities: Vec<[u8; LANES]>,
    context: Vec<f32>,
}

/// What belongs to 16 keys.
#[derive(Debug, Clone, Copy)]
struct KeyColumns {
    scale: [f32; LANES],
    sum: [f32; LANES],
    absent: [f32; LANES],
}

impl AttentionScratch {
    /// Makes room for a sequence; memory is kept, so that a worker allocates only for its longest.
    fn reserve(&mut self, tokens: usize, head: usize, hidden: usize) {
        let (vectors, panels) = (head / LANES, tokens.div_ceil(LANES));
        grow(&mut self.queries, (tokens + MOST_ROWS) * vectors, [0; LANES]);
        grow(&mut self.query_scales, tokens + MOST_ROWS, RowScale::default());
        grow(&mut self.keys, panels * head / 4, Block::ZERO);
        let columns = KeyColumns { scale: [0.0; LANES], sum: [0.0; LANES], absent: [0.0; LANES] };
        grow(&mut self.key_columns, panels, columns);
        grow(&mut self.values, tokens.div_ceil(4) * vectors, Block::ZERO);
        grow(&mut self.value_scales, vectors, [0.0; LANES]);
        grow(&mut self.scores, MOST_ROWS * panels, [0.0; LANES]);
        grow(&mut self.probabilities, MOST_ROWS * panels, [0; LANES]);
        grow(&mut self.context, tokens * hidden, 0.0);
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, len: usize, fill: T) {
    if buffer.len() < len {
        buffer.resize(len, fill);
    }
}

/// Attention over the tokens of one sequence, all heads, and the quantisation of its rows.
pub(in crate::int8) struct Attention<'a> {
    /// Rows of queries, keys and values beside each other: three times the hidden size.
    pub(in crate::int8) projected: &'a [f32],
    pub(in crate::int8) hidden: usize,
    /// Size of a head, a multiple of 16 that divides the hidden size.
    pub(in crate::int8) head: usize,
    /// Rows of the hidden size.
    pub(in crate::int8) quantised: &'a mut [u8],
    /// One a token.
    pub(in crate::int8) scales: &'a mut [RowScale],
    pub(in crate::int8) scratch: &'a mut AttentionScratch,
}

impl Operation for Attention<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let tokens = self.scales.len();
        assert!(self.projected.len() == tokens * 3 * self.hidden && self.head % LANES == 0);
        self.scratch.reserve(tokens, self.head, self.hidden);
        for head in 0..self.hidden / self.head {
            self.pack_queries(s, head);
            self.pack_keys(s, head);
            self.pack_values(s, head);
            for row in (0..tokens).step_by(S::ROWS) {
                match S::ROWS {
                    14 => self.rows::<S, 14>(s, head, row),
                    6 => self.rows::<S, 6>(s, head, row),
                    _ => self.rows::<S, 4>(s, head, row),
                }
            }
        }
        let rows = self.scratch.context.chunks_exact(self.hidden).zip(self.quantised.chunks_exact_mut(self.hidden));
        for ((row, to), scale) in rows.zip(self.scales) {
            *scale = quantise_row(s, row.as_chunks::<LANES>().0, to.as_chunks_mut::<LANES>().0);
        }
    }
}

impl Attention<'_> {
    /// A token's part of the queries (0), keys (1) or values (2) of a head.
    #[inline(always)]
    fn part(&self, token: usize, part: usize, head: usize) -> &[[f32; LANES]] {
        let at = (3 * token + part) * self.hidden + head * self.head;
        self.projected[at..at + self.head].as_chunks::<LANES>().0
    }

    #[inline(always)]
    fn pack_queries<S: Simd>(&mut self, s: S, head: usize) {
        let vectors = self.head / LANES;
        // Scores are exponents of 2 from the start.
        let factor = std::f32::consts::LOG2_E / (self.head as f32).sqrt();
        for token in 0..self.scales.len() {
            let at = 3 * token * self.hidden + head * self.head;
            let row = self.projected[at..at + self.head].as_chunks::<LANES>().0;
            let to = &mut self.scratch.queries[token * vectors..(token + 1) * vectors];
            let RowScale { scale, offset } = quantise_row(s, row, to);
            self.scratch.query_scales[token] = RowScale { scale: scale * factor, offset };
        }
    }

    #[inline(always)]
    fn pack_keys<S: Simd>(&mut self, s: S, head: usize) {
        let (tokens, fours) = (self.scales.len(), self.head / 4);
        for panel in 0..tokens.div_ceil(LANES) {
            let mut columns = KeyColumns { scale: [0.0; LANES], sum: [0.0; LANES], absent: [ABSENT; LANES] };
            for lane in 0..LANES.min(tokens - panel * LANES) {
                let token = panel * LANES + lane;
                let mut most = s.splat(0.0);
                for x in self.part(token, 1, head) {
                    let x = s.load(x);
                    most = s.max(most, s.max(x, s.sub(s.splat(0.0), x)));
                }
                let (scale, factor) = symmetric(s.largest(most));
                columns.scale[lane] = scale;
                columns.absent[lane] = 0.0;
                let at = (3 * token + 1) * self.hidden + head * self.head;
                let row = self.projected[at..at + self.head].as_chunks::<LANES>().0;
                let blocks = &mut self.scratch.keys[panel * fours..(panel + 1) * fours];
                for (x, four) in row.iter().zip(blocks.as_chunks_mut::<4>().0) {
                    let mut bytes = [0; LANES];
                    s.store_bytes(&mut bytes, s.round(s.mul(s.load(x), s.splat(factor))));
                    for (block, bytes) in four.iter_mut().zip(bytes.as_chunks::<4>().0) {
                        block.0[4 * lane..4 * lane + 4].copy_from_slice(&bytes.map(u8::cast_signed));
                    }
                }
            }
            let mut sum = s.zero();
            for block in &self.scratch.keys[panel * fours..(panel + 1) * fours] {
                sum = s.dot(sum, s.activations(0x0101_0101), s.weights(block));
            }
            s.store(&mut columns.sum, s.float(sum));
            self.scratch.key_columns[panel] = columns;
        }
    }

    #[inline(always)]
    fn pack_values<S: Simd>(&mut self, s: S, head: usize) {
        let (tokens, vectors) = (self.scales.len(), self.head / LANES);
        for vector in 0..vectors {
            let mut most = s.splat(0.0);
            for token in 0..tokens {
                let x = s.load(&self.part(token, 2, head)[vector]);
                most = s.max(most, s.max(x, s.sub(s.splat(0.0), x)));
            }
            let mut scale = [0.0; LANES];
            s.store(&mut scale, most);
            let mut factor = [0.0; LANES];
            for (scale, factor) in scale.iter_mut().zip(&mut factor) {
                (*scale, *factor) = symmetric(*scale);
            }
            self.scratch.value_scales[vector] = scale;
            let factor = s.load(&factor);
            for four in 0..tokens.div_ceil(4) {
                let mut rows = [s.zero(); 4];
                for (k, row) in rows.iter_mut().enumerate().take(tokens - 4 * four) {
                    *row = s.round(s.mul(s.load(&self.part(4 * four + k, 2, head)[vector]), factor));
                }
                s.interleave(&mut self.scratch.values[four * vectors + vector], rows);
            }
        }
    }

    /// Scores, softmax and weighted values of `R` queries; those past the end are computed and dropped.
    #[inline(always)]
    fn rows<S: Simd, const R: usize>(&mut self, s: S, head: usize, row: usize) {
        let tokens = self.scales.len();
        let (panels, fours, vectors) = (tokens.div_ceil(LANES), self.head / 4, self.head / LANES);
        let scratch = &mut *self.scratch;
        let queries = scratch.queries[row * vectors..(row + R) * vectors].as_flattened();
        let query_scales = &scratch.query_scales[row..row + R];
        for panel in 0..panels {
            let keys = &scratch.keys[panel * fours..(panel + 1) * fours];
            let sums = products::<S, R, 1>(s, queries, self.head, keys, 1, fours);
            let columns = &scratch.key_columns[panel];
            let (scale, sum, absent) = (s.load(&columns.scale), s.load(&columns.sum), s.load(&columns.absent));
            for r in 0..R {
                let score = s.fma(s.splat(query_scales[r].offset), sum, s.float(sums[r][0]));
                let score = s.fma(s.mul(score, s.splat(query_scales[r].scale)), scale, absent);
                s.store(&mut scratch.scores[r * panels + panel], score);
            }
        }
        let mut shares = [0.0; R];
        for r in 0..R {
            let scores = &scratch.scores[r * panels..(r + 1) * panels];
            let mut most = s.splat(ABSENT);
            for score in scores {
                most = s.max(most, s.load(score));
            }
            let shift = s.splat(LOG2_255 - s.largest(most));
            let mut sum = s.zero();
            for (score, to) in scores.iter().zip(&mut scratch.probabilities[r * panels..(r + 1) * panels]) {
                let bytes = s.round(exp2(s, s.add(s.load(score), shift)));
                sum = s.add_int(sum, bytes);
                s.store_bytes(to, bytes);
            }
            shares[r] = 1.0 / s.sum_int(sum) as f32;
        }
        if S::VECTORS == 2 && vectors % 2 == 0 {
            for vector in (0..vectors).step_by(2) {
                self.mix::<S, R, 2>(s, head, row, vector, &shares);
            }
        } else {
            for vector in 0..vectors {
                self.mix::<S, R, 1>(s, head, row, vector, &shares);
            }
        }
    }

    /// The values of `V` vectors of channels, weighted with the probabilities of `R` queries.
    #[inline(always)]
    fn mix<S: Simd, const R: usize, const V: usize>(
        &mut self,
        s: S,
        head: usize,
        row: usize,
        vector: usize,
        shares: &[f32; R],
    ) {
        let (tokens, vectors) = (self.scales.len(), self.head / LANES);
        let (panels, fours) = (tokens.div_ceil(LANES), tokens.div_ceil(4));
        let scratch = &mut *self.scratch;
        let bytes = scratch.probabilities[..R * panels].as_flattened();
        let values = &scratch.values[vector..fours * vectors];
        let sums = products::<S, R, V>(s, bytes, panels * LANES, values, vectors, fours);
        for r in 0..R.min(tokens - row) {
            let at = (row + r) * self.hidden + head * self.head + vector * LANES;
            let out = scratch.context[at..at + V * LANES].as_chunks_mut::<LANES>().0;
            for v in 0..V {
                let scale = s.mul(s.load(&scratch.value_scales[vector + v]), s.splat(shares[r]));
                s.store(&mut out[v], s.mul(s.float(sums[r][v]), scale));
            }
        }
    }
}

/// Scale of symmetric bytes for values up to `most`, and the factor to them; both 0 where nothing is to be told apart.
#[inline(always)]
fn symmetric(most: f32) -> (f32, f32) {
    if most < f32::MIN_POSITIVE * 1e6 { (0.0, 0.0) } else { (most / 127.0, 127.0 / most) }
}
