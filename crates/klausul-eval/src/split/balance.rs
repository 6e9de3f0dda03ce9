//! Bringing the shares of the parts near their ratios.

use super::{Part, SplitOptions};
use crate::draw::random;

/// What a change must win, in squared shares: a 30,000th of a language's paragraphs.
const GAIN: f64 = 1e-9;
/// Rounds of moves and exchanges; a few are enough, and this bounds what an odd corpus can ask for.
const ROUNDS: usize = 64;

/// A cluster of documents.
pub(super) struct Cluster {
    pub(super) id: usize,
    /// Its paragraphs in each of its languages.
    pub(super) weights: Vec<(usize, u64)>,
    pub(super) part: Part,
}

impl Cluster {
    /// Its paragraphs when it has this language only.
    fn weight_alone(&self, language: usize) -> Option<u64> {
        match self.weights[..] {
            [(only, weight)] if only == language => Some(weight),
            _ => None,
        }
    }
}

/// Clusters with the paragraphs of each language in each part.
pub(super) struct Balance {
    clusters: Vec<Cluster>,
    sums: Vec<[u64; 3]>,
    totals: Vec<u64>,
    ratios: [f64; 3],
    seed: u64,
}

impl Balance {
    /// No cluster is dealt yet; they are put in the order of the seed.
    pub(super) fn new(mut clusters: Vec<Cluster>, languages: usize, options: &SplitOptions) -> Self {
        clusters.sort_by_key(|cluster| (random(options.seed, cluster.id as u64, 0), cluster.id));
        let mut totals = vec![0_u64; languages];
        for &(language, weight) in clusters.iter().flat_map(|cluster| &cluster.weights) {
            totals[language] += weight;
        }
        Self { clusters, sums: vec![[0; 3]; languages], totals, ratios: options.ratios, seed: options.seed }
    }

    /// Deals, moves and exchanges until nothing helps any more.
    pub(super) fn settle(mut self) -> Vec<Cluster> {
        for at in 0..self.clusters.len() {
            let part = self.nearest(at, None);
            self.put(at, part);
        }
        for _ in 0..ROUNDS {
            let mut helped = false;
            for at in 0..self.clusters.len() {
                helped |= self.improve_by_move(at);
            }
            for language in 0..self.totals.len() {
                for (first, second) in [(Part::Train, Part::Dev), (Part::Train, Part::Test), (Part::Dev, Part::Test)] {
                    helped |= self.improve_by_exchange(language, first, second);
                }
            }
            if !helped {
                break;
            }
        }
        self.clusters
    }

    /// The part that brings the shares nearest to the ratios when the cluster goes there from another part, or from
    /// none. Of equal parts the seed chooses.
    fn nearest(&self, at: usize, from: Option<Part>) -> Part {
        let cluster = &self.clusters[at];
        let turn = random(self.seed, cluster.id as u64, 1) as usize % 3;
        let mut best: Option<(f64, Part)> = None;
        let mut consider = |part: Part| {
            let cost = if from == Some(part) { -GAIN } else { self.cost_of(&cluster.weights, from, part) };
            if self.ratios[part as usize] > 0.0 && best.is_none_or(|(least, _)| cost < least) {
                best = Some((cost, part));
            }
        };
        // Where nothing is to choose, the largest part; staying wins over a move that wins nothing.
        let largest =
            Part::ALL.into_iter().rev().max_by(|a, b| self.ratios[*a as usize].total_cmp(&self.ratios[*b as usize]));
        from.or(largest.filter(|_| cluster.weights.is_empty())).into_iter().for_each(&mut consider);
        (0..3).map(|nth| Part::ALL[(nth + turn) % 3]).for_each(&mut consider);
        best.map_or(Part::Train, |(_, part)| part)
    }

    /// By how much the squared distance of shares from ratios grows.
    fn cost_of(&self, weights: &[(usize, u64)], from: Option<Part>, to: Part) -> f64 {
        let cost = |&(language, weight): &(usize, u64)| {
            let share = self.share(language, weight);
            let excess = |part: Part| self.excess(language, part);
            let arriving = share * (2.0 * excess(to) + share);
            let leaving = from.map_or(0.0, |from| share * (share - 2.0 * excess(from)));
            arriving + leaving
        };
        weights.iter().map(cost).sum()
    }

    fn share(&self, language: usize, weight: u64) -> f64 {
        weight as f64 / self.totals[language].max(1) as f64
    }

    fn excess(&self, language: usize, part: Part) -> f64 {
        self.share(language, self.sums[language][part as usize]) - self.ratios[part as usize]
    }

    fn put(&mut self, at: usize, part: Part) {
        let cluster = &mut self.clusters[at];
        cluster.part = part;
        for &(language, weight) in &cluster.weights {
            self.sums[language][part as usize] += weight;
        }
    }

    fn take(&mut self, at: usize) {
        let cluster = &self.clusters[at];
        for &(language, weight) in &cluster.weights {
            self.sums[language][cluster.part as usize] -= weight;
        }
    }

    fn improve_by_move(&mut self, at: usize) -> bool {
        let from = self.clusters[at].part;
        let part = self.nearest(at, Some(from));
        if part != from {
            self.take(at);
            self.put(at, part);
        }
        part != from
    }

    /// Exchanges the two clusters of one language whose difference is nearest to what one part has too much.
    fn improve_by_exchange(&mut self, language: usize, first: Part, second: Part) -> bool {
        let surplus = self.excess(language, first) - self.excess(language, second);
        let of = |part: Part| {
            let in_part = self.clusters.iter().enumerate().filter(move |(_, cluster)| cluster.part == part);
            let mut alone: Vec<(u64, usize)> =
                in_part.filter_map(|(at, cluster)| Some((cluster.weight_alone(language)?, at))).collect();
            alone.sort_unstable();
            alone
        };
        let others = of(second);
        let mut best = (-GAIN, None);
        for (weight, at) in of(first) {
            let wanted = self.share(language, weight) - surplus / 2.0;
            let above = others.partition_point(|&(other, _)| self.share(language, other) < wanted);
            for &(other, other_at) in others[above.saturating_sub(1)..].iter().take(2) {
                let moved = self.share(language, weight) - self.share(language, other);
                let cost = 2.0 * moved * (moved - surplus);
                if cost < best.0 {
                    best = (cost, Some((at, other_at)));
                }
            }
        }
        let Some((at, other_at)) = best.1 else { return false };
        self.take(at);
        self.take(other_at);
        self.put(at, second);
        self.put(other_at, first);
        true
    }
}
