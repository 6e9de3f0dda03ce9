//! What the encoder makes of paragraphs.

use std::collections::HashMap;
use std::ops::Range;

use klausul_core::{Paragraph, Result};
use klausul_transformer::{Embedder, Windows};

/// Windows that are encoded between two reports of progress.
const AT_ONCE: usize = 512;

/// The vectors of paragraphs. Paragraphs that the encoder cannot tell apart are one *input*; a long one has several windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Vectors {
    hidden: usize,
    values: Vec<f32>,
    /// The windows of each input.
    windows: Vec<Range<usize>>,
    /// The input of each paragraph.
    inputs: Vec<usize>,
}

impl Vectors {
    /// Encodes every distinct paragraph once. `progress` hears how many windows of how many are done, and ends the work with an error.
    ///
    /// # Errors
    /// Those of [`Embedder::windows`], [`Embedder::encode`] and `progress`.
    pub fn embed(
        embedder: &Embedder,
        paragraphs: &[Paragraph],
        progress: &mut dyn FnMut(usize, usize) -> Result<()>,
    ) -> Result<Self> {
        let cut = embedder.windows(paragraphs)?;
        let mut known: HashMap<&[Vec<u32>], usize> = HashMap::new();
        let (mut tokens, mut windows, mut inputs) = (Vec::new(), Vec::new(), Vec::with_capacity(paragraphs.len()));
        for range in cut.ranges() {
            let own = &cut.tokens[range];
            let input = *known.entry(own).or_insert(windows.len());
            if input == windows.len() {
                windows.push(tokens.len()..tokens.len() + own.len());
                tokens.extend(own);
            }
            inputs.push(input);
        }
        let mut values = Vec::with_capacity(tokens.len() * embedder.hidden());
        for (number, part) in tokens.chunks(AT_ONCE).enumerate() {
            progress(number * AT_ONCE, tokens.len())?;
            let part = part.iter().map(|&window| window.clone()).collect::<Vec<_>>();
            values.extend(embedder.encode(&Windows { ends: (1..=part.len()).collect(), tokens: part })?);
        }
        progress(tokens.len(), tokens.len())?;
        Ok(Self { hidden: embedder.hidden(), values, windows, inputs })
    }

    /// One vector of `hidden` values a paragraph, which are taken for distinct, row after row.
    ///
    /// # Panics
    /// When the values are no whole rows.
    pub fn from_rows(hidden: usize, values: Vec<f32>) -> Self {
        assert!(hidden > 0 && values.len().is_multiple_of(hidden), "rows of {hidden} values");
        let count = values.len() / hidden;
        Self { hidden, values, windows: (0..count).map(|row| row..row + 1).collect(), inputs: (0..count).collect() }
    }

    /// Length of a vector.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// How many distinct inputs there are.
    pub fn len(&self) -> usize {
        self.windows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.windows.is_empty()
    }

    /// The input of a paragraph, by its place among those that were embedded.
    pub fn input(&self, paragraph: usize) -> usize {
        self.inputs[paragraph]
    }

    /// The vectors of an input's windows.
    pub fn windows(&self, input: usize) -> impl Iterator<Item = &[f32]> {
        let Range { start, end } = self.windows[input];
        self.values[start * self.hidden..end * self.hidden].chunks_exact(self.hidden)
    }
}
