//! Attention of one sequence: both products in int8, the softmax between them in `f32`.
//!
//! For 30 to 40 tokens a head's scores and values fit the first cache, so each head is packed, scored, normalised and summed
//! while it is there. Keys and values are quantised per channel over the sequence (symmetric), queries per
//! token and head (unsigned, with offset) after they have taken the scales of the keys' channels. Probabilities are bytes of 255ths of the largest in their row and are divided by
//! their own sum, so that they add to one exactly. Nothing here depends on other sequences.

use super::gemm::products;
use super::math::exp2;
use super::rows::{quantise_row, row_scale};
use super::simd::{Block, LANES, Simd};
use super::{Operation, RowScale};

/// Added to the score of a key that is not there.
const ABSENT: f32 = -1e9;
/// log₂ 255: exponents are shifted by it so that the largest probability of a row is the byte 255.
const LOG2_255: f32 = 7.994_353_3;
/// Below it the values of a row or channel are not told apart.
const LEAST_RANGE: f32 = 1e-30;
/// Rows of the largest tile of any path.
const MOST_ROWS: usize = 14;

/// Memory of [`Attention`], kept between calls.
#[derive(Debug, Default)]
pub(in crate::int8) struct AttentionScratch {
    queries: Vec<[u8; LANES]>,
    query: Vec<[f32; LANES]>,
    query_scales: Vec<RowScale>,
    keys: Vec<Block>,
    key_columns: Vec<KeyColumns>,
    key_scales: Vec<[f32; LANES]>,
    values: Vec<Block>,
    value_scales: Vec<[f32; LANES]>,
    scores: Vec<[f32; LANES]>,
    probabilities: Vec<[u8; LANES]>,
    context: Vec<f32>,
}

/// What belongs to 16 keys.
#[derive(Debug, Clone, Copy)]
struct KeyColumns {
    sum: [f32; LANES],
    absent: [f32; LANES],
}

impl AttentionScratch {
    /// Makes room for a sequence; memory is kept, so that a worker allocates only for its longest.
    fn reserve(&mut self, tokens: usize, head: usize, hidden: usize) {
        let (vectors, panels) = (head / LANES, tokens.div_ceil(LANES));
        grow(&mut self.queries, (tokens + MOST_ROWS) * vectors, [0; LANES]);
        grow(&mut self.query, vectors, [0.0; LANES]);
        grow(&mut self.key_scales, vectors, [0.0; LANES]);
        grow(&mut self.query_scales, tokens + MOST_ROWS, RowScale::default());
        grow(&mut self.keys, panels * head / 4, Block::ZERO);
        let columns = KeyColumns { sum: [0.0; LANES], absent: [0.0; LANES] };
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
        assert!(self.projected.len() == tokens * 3 * self.hidden && self.head.is_multiple_of(LANES));
        self.scratch.reserve(tokens, self.head, self.hidden);
        for head in 0..self.hidden / self.head {
            self.pack_keys(s, head);
            self.pack_queries(s, head);
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
    /// Queries take the scales of the keys' channels before they are quantised.
    #[inline(always)]
    fn pack_queries<S: Simd>(&mut self, s: S, head: usize) {
        match self.head / LANES {
            1 => self.pack_short_queries::<S, 1>(s, head),
            2 => self.pack_short_queries::<S, 2>(s, head),
            4 => self.pack_short_queries::<S, 4>(s, head),
            vectors => {
                let factor = s.splat(self.score_factor());
                let rows = self.scratch.queries.chunks_exact_mut(vectors).zip(&mut self.scratch.query_scales);
                for (token, (to, scale)) in (0..self.scales.len()).zip(rows) {
                    let row = part(self.projected, self.hidden, self.head, 3 * token, head);
                    for ((x, key), scaled) in row.iter().zip(&self.scratch.key_scales).zip(&mut self.scratch.query) {
                        s.store(scaled, s.mul(s.load(x), s.mul(s.load(key), factor)));
                    }
                    *scale = quantise_row(s, &self.scratch.query[..vectors], to);
                }
            }
        }
    }

    /// The same for heads of `V` vectors, which stay in registers.
    #[inline(always)]
    fn pack_short_queries<S: Simd, const V: usize>(&mut self, s: S, head: usize) {
        let factor = s.splat(self.score_factor());
        let mut keys = [factor; V];
        for (key, scale) in keys.iter_mut().zip(&self.scratch.key_scales) {
            *key = s.mul(s.load(scale), factor);
        }
        let rows = self.scratch.queries.as_chunks_mut::<V>().0.iter_mut().zip(&mut self.scratch.query_scales);
        for (token, (to, scale)) in (0..self.scales.len()).zip(rows) {
            let row = part(self.projected, self.hidden, self.head, 3 * token, head);
            let Some(row) = row.first_chunk::<V>() else { return };
            let mut x = keys;
            for v in 0..V {
                x[v] = s.mul(s.load(&row[v]), keys[v]);
            }
            let (mut least, mut largest) = (x[0], x[0]);
            for v in 1..V {
                least = s.min(least, x[v]);
                largest = s.max(largest, x[v]);
            }
            let (least, largest) = (s.smallest(least), s.largest(largest));
            let (found, factor) = row_scale(least, largest);
            let (least, factor) = (s.splat(least), s.splat(factor));
            for v in 0..V {
                s.store_bytes(&mut to[v], s.round(s.mul(s.sub(x[v], least), factor)));
            }
            *scale = found;
        }
    }

    /// Scores are exponents of 2 from the start.
    #[inline(always)]
    fn score_factor(&self) -> f32 {
        std::f32::consts::LOG2_E / (self.head as f32).sqrt()
    }

    #[inline(always)]
    fn pack_keys<S: Simd>(&mut self, s: S, head: usize) {
        let (tokens, vectors, fours) = (self.scales.len(), self.head / LANES, self.head / 4);
        for vector in 0..vectors {
            let most = self.channel_scales(s, head, 1, vector);
            s.store(&mut self.scratch.key_scales[vector], s.mul(most, s.splat(1.0 / 127.0)));
            let factor = s.div(s.splat(127.0), most);
            for (panel, blocks) in (0..tokens.div_ceil(LANES)).zip(self.scratch.keys.chunks_exact_mut(fours)) {
                let Some(four) = blocks[4 * vector..].first_chunk_mut::<4>() else { return };
                for (lane, token) in (0..LANES).zip(panel * LANES..tokens) {
                    let x = s.load(&part(self.projected, self.hidden, self.head, 3 * token + 1, head)[vector]);
                    let mut bytes = [0; LANES];
                    s.store_bytes(&mut bytes, s.round(s.mul(x, factor)));
                    for (block, bytes) in four.iter_mut().zip(bytes.as_chunks::<4>().0) {
                        block.0.as_chunks_mut::<4>().0[lane] = bytes.map(u8::cast_signed);
                    }
                }
            }
        }
        let panels = self.scratch.keys.chunks_exact(fours).zip(&mut self.scratch.key_columns);
        for (panel, (blocks, columns)) in (0..tokens.div_ceil(LANES)).zip(panels) {
            let mut sum = s.zero();
            for block in blocks {
                sum = s.dot(sum, s.activations(0x0101_0101), s.weights(block));
            }
            s.store(&mut columns.sum, s.float(sum));
            columns.absent = [ABSENT; LANES];
            columns.absent[..LANES.min(tokens - panel * LANES)].fill(0.0);
        }
    }

    /// The largest magnitude of each of 16 channels of keys (1) or values (2) over the sequence.
    #[inline(always)]
    fn channel_scales<S: Simd>(&self, s: S, head: usize, kind: usize, vector: usize) -> S::F {
        let mut most = s.splat(LEAST_RANGE);
        for token in 0..self.scales.len() {
            let x = s.load(&part(self.projected, self.hidden, self.head, 3 * token + kind, head)[vector]);
            most = s.max(most, s.max(x, s.sub(s.splat(0.0), x)));
        }
        most
    }

    #[inline(always)]
    fn pack_values<S: Simd>(&mut self, s: S, head: usize) {
        let (tokens, vectors) = (self.scales.len(), self.head / LANES);
        for vector in 0..vectors {
            let most = self.channel_scales(s, head, 2, vector);
            s.store(&mut self.scratch.value_scales[vector], s.mul(most, s.splat(1.0 / 127.0)));
            let factor = s.div(s.splat(127.0), most);
            let blocks = self.scratch.values[vector..].iter_mut().step_by(vectors);
            for (first, block) in (0..tokens).step_by(4).zip(blocks) {
                let mut rows = [s.zero(); 4];
                for (row, token) in rows.iter_mut().zip(first..tokens) {
                    let x = s.load(&part(self.projected, self.hidden, self.head, 3 * token + 2, head)[vector]);
                    *row = s.round(s.mul(x, factor));
                }
                s.interleave(block, rows);
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
            let sums = products::<S, R, 1>(s, queries, self.head, keys, 1, fours, 0);
            let columns = &scratch.key_columns[panel];
            let (sum, absent) = (s.load(&columns.sum), s.load(&columns.absent));
            for r in 0..R {
                let score = s.fma(s.splat(query_scales[r].offset), sum, s.float(sums[r][0]));
                let score = s.fma(score, s.splat(query_scales[r].scale), absent);
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
        let sums = products::<S, R, V>(s, bytes, panels * LANES, values, vectors, fours, 0);
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

/// The part of a head in a row of the hidden size.
#[inline(always)]
fn part(projected: &[f32], hidden: usize, head_size: usize, row: usize, head: usize) -> &[[f32; LANES]] {
    let at = row * hidden + head * head_size;
    projected[at..at + head_size].as_chunks::<LANES>().0
}
