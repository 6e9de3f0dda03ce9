//! Windows to vectors: identical ones once, batches of similar lengths, one batch a worker.

use std::collections::HashMap;

use klausul_core::{Error, ErrorKind, Result};
use xxhash_rust::xxh3::xxh3_128;

use crate::{Encoder, Pooling, Workers};

/// Fewest tokens of a batch that is made small so that every worker gets one.
const LEAST_BATCH: usize = 256;
/// Batches a worker when there is enough work, so that none waits long for the last.
const BATCHES_PER_WORKER: usize = 4;

/// Encodes windows: row `i` of the result is the vector of window `i`.
///
/// Identical windows are encoded once. The rest are sorted by length and cut into batches of at most `budget` tokens, counted as
/// the number of windows times the longest; a window that is longer than the budget is a batch of its own.
///
/// # Errors
/// Those of the engine; [`ErrorKind::Format`] when it returns values that are no numbers.
pub(crate) fn encode(
    encoder: &dyn Encoder,
    workers: &Workers,
    windows: &[Vec<u32>],
    pooling: Pooling,
    budget: usize,
) -> Result<Vec<f32>> {
    let hidden = encoder.hidden();
    let (unique, rank) = unique(windows);
    let mut vectors = vec![0.0; unique.len() * hidden];
    let (mut jobs, mut rest) = (Vec::new(), vectors.as_mut_slice());
    for batch in batches(&unique, budget, workers.len()) {
        let out = rest.split_off_mut(..batch.len() * hidden).unwrap_or_default();
        jobs.push((batch, out));
    }
    workers.run(jobs, |(batch, out)| {
        let mut ends = Vec::with_capacity(batch.len());
        let mut tokens: Vec<u32> = Vec::new();
        for window in batch {
            tokens.extend_from_slice(window);
            ends.push(u32::try_from(tokens.len()).map_err(|_| too_large(tokens.len()))?);
        }
        encoder.encode(&tokens, &ends, pooling, out)?;
        if let Some(value) = out.iter().find(|value| !value.is_finite()) {
            let message =
                format!("the engine `{}` returned `{value}` for a text of {} tokens", encoder.engine(), tokens.len());
            return Err(
                Error::new(ErrorKind::Format, message).mend("the weights overflow: take another model or engine")
            );
        }
        Ok(())
    })?;
    let mut rows = Vec::with_capacity(windows.len() * hidden);
    for rank in rank {
        rows.extend_from_slice(&vectors[rank * hidden..(rank + 1) * hidden]);
    }
    Ok(rows)
}

fn too_large(tokens: usize) -> Error {
    Error::new(ErrorKind::TooLarge, format!("a batch of {tokens} tokens")).mend("make its token budget smaller")
}

/// The distinct windows, longest first, and for every window the place of its like among them.
fn unique(windows: &[Vec<u32>]) -> (Vec<&[u32]>, Vec<usize>) {
    let mut distinct: Vec<&[u32]> = Vec::new();
    let mut known: HashMap<u128, usize> = HashMap::new();
    let mut which = Vec::with_capacity(windows.len());
    let mut bytes = Vec::new();
    for window in windows {
        bytes.clear();
        bytes.extend(window.iter().flat_map(|token| token.to_le_bytes()));
        let place = *known.entry(xxh3_128(&bytes)).or_insert(distinct.len());
        // Windows whose hashes are equal by chance are both kept.
        if distinct.get(place).is_some_and(|like| *like == window.as_slice()) {
            which.push(place);
        } else {
            which.push(distinct.len());
            distinct.push(window);
        }
    }
    let mut order: Vec<usize> = (0..distinct.len()).collect();
    order.sort_by_key(|&place| (std::cmp::Reverse(distinct[place].len()), place));
    let mut rank = vec![0; order.len()];
    for (at, &place) in order.iter().enumerate() {
        rank[place] = at;
    }
    (order.iter().map(|&place| distinct[place]).collect(), which.into_iter().map(|place| rank[place]).collect())
}

/// Cuts windows that are sorted by length into batches.
fn batches<'a, 'w>(windows: &'a [&'w [u32]], budget: usize, workers: usize) -> Vec<&'a [&'w [u32]]> {
    let all: usize = windows.iter().map(|window| window.len()).sum();
    let budget = match workers {
        0 | 1 => budget,
        _ => budget.min((all / (workers * BATCHES_PER_WORKER)).max(LEAST_BATCH)),
    };
    let (mut batches, mut rest) = (Vec::new(), windows);
    while let Some(longest) = rest.first() {
        let (batch, after) = rest.split_at((budget / longest.len().max(1)).clamp(1, rest.len()));
        batches.push(batch);
        rest = after;
    }
    batches
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use proptest::prelude::*;

    use super::*;
    use crate::EncoderConfig;

    /// An engine whose vectors name their text: number of tokens, their sum.
    struct Naming(EncoderConfig, AtomicUsize);

    impl Naming {
        fn new() -> Self {
            let config = r#"{"architectures": ["BertModel"], "vocab_size": 10, "hidden_size": 2, "num_hidden_layers": 1,
                "num_attention_heads": 1, "intermediate_size": 2, "max_position_embeddings": 90}"#;
            Self(EncoderConfig::from_json(config).unwrap(), AtomicUsize::new(0))
        }
    }

    impl Encoder for Naming {
        fn config(&self) -> &EncoderConfig {
            &self.0
        }

        fn engine(&self) -> &'static str {
            "naming"
        }

        fn encode(&self, tokens: &[u32], ends: &[u32], _: Pooling, out: &mut [f32]) -> Result<()> {
            self.1.fetch_add(ends.len(), Ordering::Relaxed);
            for (text, out) in crate::encoder::texts(tokens, ends).zip(out.chunks_exact_mut(2)) {
                let sum: u32 = text.iter().sum();
                out.copy_from_slice(&[text.len() as f32, if sum == 99 { f32::NAN } else { sum as f32 }]);
            }
            Ok(())
        }
    }

    #[test]
    fn identical_windows_are_encoded_once() {
        let (engine, workers) = (Naming::new(), Workers::new(2).unwrap());
        let windows = [vec![1, 2], vec![3], vec![1, 2], vec![], vec![1, 2]];
        let rows = encode(&engine, &workers, &windows, Pooling::Mean, 64).unwrap();
        assert_eq!(rows, [2.0, 3.0, 1.0, 3.0, 2.0, 3.0, 0.0, 0.0, 2.0, 3.0]);
        assert_eq!(engine.1.into_inner(), 3);
    }

    #[test]
    fn values_that_are_no_numbers_are_refused() {
        let error = encode(&Naming::new(), &Workers::new(1).unwrap(), &[vec![1], vec![99]], Pooling::Mean, 64);
        let error = error.unwrap_err().to_string();
        assert!(error.contains("engine `naming` returned `NaN`"), "{error}");
    }

    proptest! {
        #[test]
        fn batches_keep_the_budget_and_every_window(
            lengths in prop::collection::vec(0_usize..80, 0..60), budget in 1_usize..300, workers in 1_usize..4,
        ) {
            let windows: Vec<Vec<u32>> = lengths.iter().enumerate().map(|(n, &length)| vec![n as u32; length]).collect();
            let (sorted, rank) = unique(&windows);
            for (window, rank) in windows.iter().zip(rank) {
                prop_assert_eq!(window.as_slice(), sorted[rank]);
            }
            let batches = batches(&sorted, budget, workers);
            prop_assert_eq!(batches.concat(), sorted.clone());
            for batch in batches {
                prop_assert!(batch.len() == 1 || batch.len() * batch[0].len() <= budget);
            }
        }

        #[test]
        fn rows_depend_on_their_window_alone(
            windows in prop::collection::vec(prop::collection::vec(0_u32..3, 0..4), 0..40), budget in 1_usize..40,
            workers in 1_usize..4,
        ) {
            let workers = Workers::new(workers).unwrap();
            let rows = encode(&Naming::new(), &workers, &windows, Pooling::Mean, budget).unwrap();
            let alone: Vec<f32> =
                windows.iter().flat_map(|window| [window.len() as f32, window.iter().sum::<u32>() as f32]).collect();
            prop_assert_eq!(rows, alone);
        }
    }
}
