//! From paragraphs to vectors.

use std::sync::Arc;

use klausul_core::{Paragraph, Result};

use crate::manifest::InputFormat;
use crate::{Encoder, EncoderConfig, Input, ModelDirectory, Pooling, Weights, Workers, batch};

/// Tokens of a batch unless the caller says otherwise.
const BATCH_TOKENS: usize = 4096;
/// Paragraphs that a worker tokenises at a time.
const TOKENISED: usize = 32;

/// Turns paragraphs into vectors: an encoder, its input format and the workers it runs on.
#[derive(Clone)]
pub struct Embedder {
    encoder: Arc<dyn Encoder>,
    input: Arc<Input>,
    pooling: Pooling,
    workers: Arc<Workers>,
    batch_tokens: usize,
}

/// The windows of paragraphs: those of paragraph `i` lie before `ends[i]`.
#[derive(Debug, Clone)]
pub struct Windows {
    /// The tokens of each window.
    pub tokens: Vec<Vec<u32>>,
    /// For each paragraph the number of windows up to its end.
    pub ends: Vec<usize>,
}

impl Windows {
    /// The indices of each paragraph's windows.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        std::iter::once(0).chain(self.ends.iter().copied()).zip(&self.ends).map(|(start, &end)| start..end)
    }
}

impl Embedder {
    /// A model with the input format and the pooling of its manifest. `engine` makes the encoder of its shape and weights, while
    /// another worker reads the tokenizer.
    ///
    /// # Errors
    /// Those of the engine, of [`ModelDirectory::config`], [`ModelDirectory::weights`] and [`ModelDirectory::input`].
    pub fn new<E: Encoder + 'static>(
        directory: &ModelDirectory,
        engine: impl FnOnce(&EncoderConfig, &Weights) -> Result<E> + Send,
        workers: Arc<Workers>,
    ) -> Result<Self> {
        let pooling = directory.manifest().map_or(Pooling::Mean, |manifest| manifest.pooling);
        Self::build(directory, None, engine, pooling, workers)
    }

    /// A plain Hugging Face directory, with an input format and a pooling of the caller's. A manifest that the directory has goes
    /// before them.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn plain<E: Encoder + 'static>(
        directory: &ModelDirectory,
        engine: impl FnOnce(&EncoderConfig, &Weights) -> Result<E> + Send,
        format: &InputFormat,
        pooling: Pooling,
        workers: Arc<Workers>,
    ) -> Result<Self> {
        let pooling = directory.manifest().map_or(pooling, |manifest| manifest.pooling);
        Self::build(directory, Some(format), engine, pooling, workers)
    }

    fn build<E: Encoder + 'static>(
        directory: &ModelDirectory,
        format: Option<&InputFormat>,
        engine: impl FnOnce(&EncoderConfig, &Weights) -> Result<E> + Send,
        pooling: Pooling,
        workers: Arc<Workers>,
    ) -> Result<Self> {
        let encoder = || engine(&directory.config()?, &directory.weights()?);
        let (encoder, input) = workers.both(encoder, || directory.input(format))?;
        Ok(Self { encoder: Arc::new(encoder), input: Arc::new(input), pooling, workers, batch_tokens: BATCH_TOKENS })
    }

    /// Sets the most tokens of a batch, padding included. It bounds memory and does not change results.
    #[must_use]
    pub fn with_batch_tokens(mut self, tokens: usize) -> Self {
        self.batch_tokens = tokens.max(1);
        self
    }

    /// Length of a vector.
    pub fn hidden(&self) -> usize {
        self.encoder.hidden()
    }

    /// The engine's name.
    pub fn engine(&self) -> &str {
        self.encoder.engine()
    }

    /// One vector a paragraph, row after row, [`hidden`](Self::hidden) values each, not normalised.
    ///
    /// The vector of a paragraph that is cut into windows is the mean of theirs, weighted by their numbers of tokens.
    ///
    /// # Errors
    /// Those of [`Input::windows`] and of the engine.
    pub fn embed(&self, paragraphs: &[Paragraph]) -> Result<Vec<f32>> {
        let windows = self.windows(paragraphs)?;
        let vectors = self.encode(&windows)?;
        let hidden = self.hidden();
        let mut rows = Vec::with_capacity(paragraphs.len() * hidden);
        for range in windows.ranges() {
            if range.len() == 1 {
                rows.extend_from_slice(&vectors[range.start * hidden..range.end * hidden]);
                continue;
            }
            let (mut sum, mut weights) = (vec![0.0_f32; hidden], 0.0);
            for window in range {
                let weight = windows.tokens[window].len() as f32;
                weights += weight;
                let vector = &vectors[window * hidden..(window + 1) * hidden];
                sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weight * value);
            }
            rows.extend(sum.into_iter().map(|sum| sum / weights));
        }
        Ok(rows)
    }

    /// The windows of paragraphs, as the encoder gets them.
    ///
    /// # Errors
    /// Those of [`Input::windows`].
    pub fn windows(&self, paragraphs: &[Paragraph]) -> Result<Windows> {
        let mut found: Vec<Vec<Vec<u32>>> = vec![Vec::new(); paragraphs.len()];
        let jobs = paragraphs.chunks(TOKENISED).zip(found.chunks_mut(TOKENISED)).collect();
        self.workers.run(jobs, |(paragraphs, found)| {
            for (paragraph, found) in paragraphs.iter().zip(found) {
                *found = self.input.windows(paragraph)?;
            }
            Ok(())
        })?;
        let (mut tokens, mut ends) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for windows in found {
            tokens.extend(windows);
            ends.push(tokens.len());
        }
        Ok(Windows { tokens, ends })
    }

    /// One vector a window, row after row.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn encode(&self, windows: &Windows) -> Result<Vec<f32>> {
        batch::encode(&*self.encoder, &self.workers, &windows.tokens, self.pooling, self.batch_tokens)
    }
}

impl std::fmt::Debug for Embedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut fields = f.debug_struct("Embedder");
        fields.field("engine", &self.engine()).field("pooling", &self.pooling).field("workers", &self.workers.len());
        fields.finish_non_exhaustive()
    }
}
