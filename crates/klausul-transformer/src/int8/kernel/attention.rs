//! Attention of one head over one sequence: both products in int8, the softmax between them in `f32`.
//!
//! A head is packed, scored, normalised and summed while it is in the first cache, 16 queries at a time. The queries lie in the
//! lanes of a vector and the keys one after the other, so that the largest score and the sum of a softmax need no sums across lanes.
//!
//! Keys and values are quantised per channel over the sequence, around the byte 128. Queries take the scales of the keys' channels
//! and are then quantised with one scale for the head and sequence. Probabilities are bytes of 127ths of a query's largest and are
//! divided by their own sum, so that they add to one. Nothing here depends on other sequences.

use super::gemm::{Rows, of_rows, products, tiles, unrolled};
use super::math::exp2;
use super::rows::row_scale;
use super::simd::{Block, LANES, Simd, bytes_of};
use super::{Operation, RowScale};

/// log₂ 127: exponents are shifted by it so that the largest probability of a query is the byte 127.
const LOG2_127: f32 = 6.988_684_7;
/// The byte of a key or value of zero.
const ZERO: f32 = 128.0;
/// Below any score.
const LEAST_SCORE: f32 = -1e30;
/// Below it the values of a channel are not told apart.
const LEAST_RANGE: f32 = 1e-30;
/// Queries, keys and values.
const KINDS: usize = 3;

/// Memory of [`Attention`], kept between calls.
#[derive(Debug, Default)]
pub(in crate::int8) struct AttentionScratch {
    /// From a channel's values to its bytes.
    query_factors: Vec<[f32; LANES]>,
    key_factors: Vec<[f32; LANES]>,
    value_factors: Vec<[f32; LANES]>,
    /// From a channel's bytes to its values.
    value_scales: Vec<[f32; LANES]>,
    /// Panels of 16 queries, in each the channels by fours.
    queries: Vec<Block>,
    /// One row a token.
    keys: Vec<[u8; LANES]>,
    /// Tokens by fours, in each the channels.
    values: Vec<Block>,
    /// Of 16 queries, one row a key.
    scores: Vec<[f32; LANES]>,
    /// Of 16 queries, keys by fours.
    probabilities: Vec<Block>,
}

impl AttentionScratch {
    /// Makes room for a sequence; memory is kept, so that a worker allocates only for its longest.
    fn reserve(&mut self, tokens: usize, head: usize) {
        let (vectors, panels, fours) = (head / LANES, tokens.div_ceil(LANES), tokens.div_ceil(4));
        for factors in [&mut self.query_factors, &mut self.key_factors, &mut self.value_factors, &mut self.value_scales]
        {
            grow(factors, vectors, [0.0; LANES]);
        }
        grow(&mut self.queries, panels * head / 4, Block::ZERO);
        grow(&mut self.keys, tokens * vectors, [0; LANES]);
        grow(&mut self.values, fours * vectors, Block::ZERO);
        grow(&mut self.scores, tokens, [0.0; LANES]);
        grow(&mut self.probabilities, fours, Block::ZERO);
    }
}

fn grow<T: Clone>(buffer: &mut Vec<T>, len: usize, fill: T) {
    if buffer.len() < len {
        buffer.resize(len, fill);
    }
}

/// Panels of 16 tokens of a sequence.
pub(in crate::int8) fn panels(tokens: usize) -> usize {
    tokens.div_ceil(LANES)
}

/// Attention of one head over the tokens of one sequence.
pub(in crate::int8) struct Attention<'a> {
    /// Of each token its query, key and value.
    pub(in crate::int8) projected: &'a [f32],
    /// Size of a head, a multiple of 16 that divides the hidden size.
    pub(in crate::int8) head: usize,
    /// Which head it is.
    pub(in crate::int8) place: usize,
    pub(in crate::int8) hidden: usize,
    /// The sequence's [`panels`] of 16 tokens, in each one vector a channel of all heads; this head's become what it gathers.
    pub(in crate::int8) context: &'a mut [f32],
    pub(in crate::int8) scratch: &'a mut AttentionScratch,
}

impl Operation for Attention<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let tokens = self.tokens();
        assert!(self.projected.len() == tokens * KINDS * self.head && self.head.is_multiple_of(LANES));
        assert!(self.context.len() == panels(tokens) * self.hidden * LANES);
        self.scratch.reserve(tokens, self.head);
        let scale = self.scales_of_channels(s);
        self.pack(s);
        for panel in 0..panels(tokens) {
            let most = self.score(s, panel);
            let share = self.normalise(s, most, scale);
            for (channel, size) in tiles::<S>(self.head) {
                of_rows!(S, size, R => self.mix::<S, R>(s, panel, channel, share));
            }
        }
    }
}

impl<'a> Attention<'a> {
    /// Tokens of the sequence.
    #[inline(always)]
    fn tokens(&self) -> usize {
        self.projected.len() / (KINDS * self.head)
    }

    /// A token's query, key and value.
    #[inline(always)]
    fn part(&self, token: usize) -> &'a [[f32; LANES]] {
        let width = KINDS * self.head;
        self.projected[token * width..(token + 1) * width].as_chunks::<LANES>().0
    }

    /// The factors from values to bytes, channel by channel; returned is the scale of a product of a query and a key.
    ///
    /// Scores are exponents of 2 from the start.
    #[inline(always)]
    fn scales_of_channels<S: Simd>(&mut self, s: S) -> f32 {
        let vectors = self.head / LANES;
        let mut largest = s.splat(LEAST_RANGE);
        if vectors.is_multiple_of(2) {
            for vector in (0..vectors).step_by(2) {
                largest = self.scales_of_vectors::<S, 2>(s, vector, largest);
            }
        } else {
            for vector in 0..vectors {
                largest = self.scales_of_vectors::<S, 1>(s, vector, largest);
            }
        }
        let largest = s.largest(largest);
        let factor = s.splat(127.0 / largest);
        for key in &mut self.scratch.query_factors[..vectors] {
            s.store(key, s.mul(s.load(key), factor));
        }
        largest * (std::f32::consts::LOG2_E / (127.0 * 127.0)) / (self.head as f32).sqrt()
    }

    #[inline(always)]
    fn scales_of_vectors<S: Simd, const V: usize>(&mut self, s: S, vector: usize, mut largest: S::F) -> S::F {
        let vectors = self.head / LANES;
        let mut most = [[s.splat(LEAST_RANGE); V]; KINDS];
        for token in 0..self.tokens() {
            let part = self.part(token);
            for kind in 0..KINDS {
                let part = &part[kind * vectors + vector..kind * vectors + vector + V];
                for v in 0..V {
                    most[kind][v] = s.max(most[kind][v], s.abs(s.load(&part[v])));
                }
            }
        }
        let [query, key, value] = most;
        for v in 0..V {
            let at = vector + v;
            largest = s.max(largest, s.mul(query[v], key[v]));
            s.store(&mut self.scratch.query_factors[at], key[v]);
            s.store(&mut self.scratch.key_factors[at], s.div(s.splat(127.0), key[v]));
            s.store(&mut self.scratch.value_factors[at], s.div(s.splat(127.0), value[v]));
            s.store(&mut self.scratch.value_scales[at], s.mul(s.splat(1.0 / 127.0), value[v]));
        }
        largest
    }

    /// Queries, keys and values of a head as bytes.
    #[inline(always)]
    fn pack<S: Simd>(&mut self, s: S) {
        let tokens = self.tokens();
        for vector in 0..self.head / LANES {
            let factors = [
                s.load(&self.scratch.query_factors[vector]),
                s.load(&self.scratch.key_factors[vector]),
                s.load(&self.scratch.value_factors[vector]),
            ];
            let rest = tokens % 4;
            for four in 0..tokens / 4 {
                self.pack_four(s, vector, factors, 4 * four, 4);
            }
            if rest > 0 {
                self.pack_four(s, vector, factors, tokens - rest, rest);
            }
        }
    }

    /// Up to four tokens.
    #[inline(always)]
    fn pack_four<S: Simd>(&mut self, s: S, vector: usize, factors: [S::F; KINDS], first: usize, count: usize) {
        let (vectors, fours, zero) = (self.head / LANES, self.head / 4, s.splat(ZERO));
        let (mut queries, mut values) = ([s.zero(); 4], [s.zero(); 4]);
        for i in 0..4 {
            if i < count {
                let part = self.part(first + i);
                queries[i] = s.round(s.mul(s.load(&part[vector]), factors[0]));
                let bytes = s.round(s.fma(s.load(&part[vectors + vector]), factors[1], zero));
                s.store_bytes(&mut self.scratch.keys[(first + i) * vectors + vector], bytes);
                values[i] = s.round(s.fma(s.load(&part[2 * vectors + vector]), factors[2], zero));
            }
        }
        let blocks = self.scratch.queries[first / LANES * fours + 4 * vector..].first_chunk_mut();
        let Some(blocks) = blocks else { return };
        s.columns(blocks, first % LANES, queries);
        s.interleave(&mut self.scratch.values[first / 4 * vectors + vector], values);
    }

    /// The products of 16 queries with all keys; returned is the largest of each.
    ///
    /// The zero of the keys' bytes adds the same to all products of a query, which a softmax does not see.
    #[inline(always)]
    fn score<S: Simd>(&mut self, s: S, panel: usize) -> S::F {
        let mut most = s.splat(LEAST_SCORE);
        for (key, size) in tiles::<S>(self.tokens()) {
            of_rows!(S, size, R => most = self.score_keys::<S, R>(s, panel, key, most));
        }
        most
    }

    #[inline(always)]
    fn score_keys<S: Simd, const R: usize>(&mut self, s: S, panel: usize, key: usize, mut most: S::F) -> S::F {
        let (fours, vectors) = (self.head / 4, self.head / LANES);
        let keys = self.scratch.keys[key * vectors..(key + R) * vectors].as_flattened();
        let queries = &self.scratch.queries[panel * fours..(panel + 1) * fours];
        let sums = products::<S, R, 1>(s, Rows::of(keys, self.head), queries, 1, fours, 0);
        let scores = &mut self.scratch.scores[key..key + R];
        unrolled!(r in R => {
            let score = s.float(sums[r][0]);
            most = s.max(most, score);
            s.store(&mut scores[r], score);
        });
        most
    }

    /// The scores of 16 queries as probabilities; returned is the share of one byte.
    #[inline(always)]
    fn normalise<S: Simd>(&mut self, s: S, most: S::F, scale: f32) -> S::F {
        let tokens = self.tokens();
        let scale = s.splat(scale);
        let shift = s.sub(s.splat(LOG2_127), s.mul(most, scale));
        let scratch = &mut *self.scratch;
        let (fours, rest) = scratch.scores[..tokens].as_chunks::<4>();
        let (blocks, last) = scratch.probabilities.split_at_mut(fours.len());
        let ones = s.activations(0x0101_0101);
        let mut sum = s.zero();
        for (scores, block) in fours.iter().zip(blocks) {
            let mut bytes = [s.zero(); 4];
            for k in 0..4 {
                bytes[k] = s.round(exp2(s, s.fma(s.load(&scores[k]), scale, shift)));
            }
            s.interleave(block, bytes);
            let weights = s.weights(block);
            sum = s.shift(s.dot(sum, ones, weights), weights);
        }
        if !rest.is_empty() {
            // Keys that are not there stay at zero.
            let mut bytes = [s.zero(); 4];
            for k in 0..rest.len().min(4) {
                bytes[k] = s.round(exp2(s, s.fma(s.load(&rest[k]), scale, shift)));
            }
            s.interleave(&mut last[0], bytes);
            let weights = s.weights(&last[0]);
            sum = s.shift(s.dot(sum, ones, weights), weights);
        }
        s.div(s.splat(1.0), s.float(sum))
    }

    /// `R` channels of the values, weighted with the probabilities of 16 queries.
    #[inline(always)]
    fn mix<S: Simd, const R: usize>(&mut self, s: S, panel: usize, channel: usize, share: S::F) {
        let (vectors, fours) = (self.head / LANES, self.tokens().div_ceil(4));
        let scratch = &mut *self.scratch;
        let values = &bytes_of(&scratch.values[..fours * vectors])[4 * channel..];
        let rows = Rows { bytes: values, stride: 4, step: vectors * size_of::<Block>() };
        let sums = products::<S, R, 1>(s, rows, &scratch.probabilities[..fours], 1, fours, 0);
        let scales = &scratch.value_scales.as_flattened()[channel..channel + R];
        let at = panel * self.hidden + self.place * self.head + channel;
        let out = &mut self.context.as_chunks_mut::<LANES>().0[at..at + R];
        unrolled!(r in R => {
            let mean = s.fma(s.float(sums[r][0]), share, s.splat(-ZERO));
            s.store(&mut out[r], s.mul(mean, s.splat(scales[r])));
        });
    }
}

/// The quantisation of what the heads of one sequence have gathered.
pub(in crate::int8) struct Gather<'a> {
    /// As [`Attention`] has filled it.
    pub(in crate::int8) context: &'a [f32],
    pub(in crate::int8) hidden: usize,
    /// Rows of the hidden size.
    pub(in crate::int8) quantised: &'a mut [u8],
    /// One a token.
    pub(in crate::int8) scales: &'a mut [RowScale],
}

impl Operation for Gather<'_> {
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        for panel in 0..panels(self.scales.len()) {
            self.quantise(s, panel);
        }
    }
}

impl Gather<'_> {
    /// The rows of 16 queries as bytes.
    #[inline(always)]
    fn quantise<S: Simd>(&mut self, s: S, panel: usize) {
        let context = &self.context.as_chunks::<LANES>().0[panel * self.hidden..(panel + 1) * self.hidden];
        let (mut least, mut largest) = (s.splat(f32::INFINITY), s.splat(f32::NEG_INFINITY));
        for x in context {
            let x = s.load(x);
            least = s.min(least, x);
            largest = s.max(largest, x);
        }
        let (mut leasts, mut factors) = ([0.0; LANES], [0.0; LANES]);
        s.store(&mut leasts, least);
        s.store(&mut factors, largest);
        let scales = &mut self.scales[panel * LANES..];
        for ((scale, least), factor) in scales.iter_mut().zip(&leasts).zip(&mut factors) {
            (*scale, *factor) = row_scale(*least, *factor);
        }
        let (rows, factor) = (scales.len().min(LANES), s.load(&factors));
        let quantised = &mut self.quantised[panel * LANES * self.hidden..];
        let mut turned = [[0; LANES]; LANES];
        for (vector, x) in context.as_chunks::<LANES>().0.iter().enumerate() {
            let mut bytes = [s.zero(); LANES];
            for k in 0..LANES {
                bytes[k] = s.round(s.mul(s.sub(s.load(&x[k]), least), factor));
            }
            s.turn(&mut turned, bytes);
            for row in 0..rows {
                let at = row * self.hidden + vector * LANES;
                let Some(to) = quantised[at..].first_chunk_mut() else { return };
                *to = turned[row];
            }
        }
    }
}
