//! Training, development and test parts that no near-duplicate crosses.
//!
//! Whole clusters of documents go to one part, and for each language the paragraphs of the parts come near the ratios.
//! Which cluster goes where is a matter of the seed; how near the shares come is not: clusters are dealt in an order
//! drawn from the seed, each to where it brings the shares nearest, and then moved or exchanged until no single move
//! and no single exchange within a language helps. A language of few clusters may lack a part: one cluster is training.
//!
//! ```
//! use klausul_eval::split::{Member, Part, SplitOptions, split};
//!
//! let members: Vec<Member> =
//!     (0..20).map(|nth| Member { cluster: nth / 2, language: "de", paragraphs: 30 }).collect();
//! let parts = split(&members, &SplitOptions::default())?;
//! assert_eq!(parts.iter().filter(|&&part| part == Part::Test).count(), 2);
//! assert!(parts.chunks(2).all(|cluster| cluster[0] == cluster[1]));
//! # Ok::<(), klausul_core::Error>(())
//! ```

use std::collections::BTreeMap;

use klausul_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

mod balance;

use balance::{Balance, Cluster};

/// A part of a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// What a classifier learns from.
    Train,
    /// What its options and thresholds are chosen by.
    Dev,
    /// What it is measured on.
    Test,
}

impl Part {
    /// The parts in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Dev, Self::Test];

    /// The part's name: `train`, `dev` or `test`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// What a split asks of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<'a> {
    /// The cluster, as in [`clusters`](crate::duplicates::clusters); documents with one number stay together.
    pub cluster: usize,
    /// The language, by any key; shares are kept for each.
    pub language: &'a str,
    /// How many paragraphs the document has, or what else the parts are measured in.
    pub paragraphs: u32,
}

/// How a corpus is split.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SplitOptions {
    /// The shares of training, development and test, which sum to 1. 0.8, 0.1 and 0.1 unless told.
    pub ratios: [f64; 3],
    /// The seed that chooses among splits. 1 unless told.
    pub seed: u64,
}

impl Default for SplitOptions {
    fn default() -> Self {
        Self { ratios: [0.8, 0.1, 0.1], seed: 1 }
    }
}

impl SplitOptions {
    /// Splits by these shares of training, development and test; a part with 0 stays empty.
    #[must_use]
    pub fn with_ratios(mut self, train: f64, dev: f64, test: f64) -> Self {
        self.ratios = [train, dev, test];
        self
    }

    /// Splits with this seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    fn check(&self) -> Result<()> {
        let shares = self.ratios.iter().all(|ratio| (0.0..=1.0).contains(ratio));
        if shares && (self.ratios.iter().sum::<f64>() - 1.0).abs() < 1e-6 {
            return Ok(());
        }
        let [train, dev, test] = self.ratios;
        Err(Error::new(ErrorKind::Usage, format!("ratios `{train}`, `{dev}`, `{test}` do not sum to 1"))
            .mend("give three shares such as 0.8, 0.1 and 0.1"))
    }
}

/// The part of each document.
///
/// The part of a cluster depends on the seed and on the numbers, languages and sizes of all clusters, not on the order
/// of the documents. [`clusters`](crate::duplicates::clusters) numbers by first appearance, so a caller whose documents
/// come in varying order sorts them before clustering. A cluster without paragraphs goes to the largest part.
///
/// # Errors
/// [`ErrorKind::Usage`] when the ratios are not shares that sum to 1.
pub fn split(members: &[Member<'_>], options: &SplitOptions) -> Result<Vec<Part>> {
    options.check()?;
    let mut languages: Vec<&str> = members.iter().map(|member| member.language).collect();
    languages.sort_unstable();
    languages.dedup();
    let mut weights: BTreeMap<usize, BTreeMap<usize, u64>> = BTreeMap::new();
    for member in members {
        let cluster = weights.entry(member.cluster).or_default();
        if let Ok(language) = languages.binary_search(&member.language) {
            *cluster.entry(language).or_default() += u64::from(member.paragraphs);
        }
    }
    let clusters = weights.iter().map(|(&id, weights)| Cluster {
        id,
        weights: weights
            .iter()
            .map(|(&language, &weight)| (language, weight))
            .filter(|&(_, weight)| weight > 0)
            .collect(),
        part: Part::Train,
    });
    let balance = Balance::new(clusters.collect(), languages.len(), options);
    let parts: BTreeMap<usize, Part> = balance.settle().into_iter().map(|cluster| (cluster.id, cluster.part)).collect();
    Ok(members.iter().map(|member| parts[&member.cluster]).collect())
}

#[cfg(test)]
mod tests;
