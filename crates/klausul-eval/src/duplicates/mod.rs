//! Near-duplicate documents, and what of a test set stands in a training set.
//!
//! Privacy policies are copied: one generator writes thousands, one company's subsidiaries share theirs, one policy has
//! many versions. A split that puts copies on both sides measures memory. Two documents belong together when
//!
//! - the Jaccard similarity of their runs of five words is at least a threshold, or
//! - long passages that both have word for word make up at least a share of the words of the smaller one,
//!
//! and a cluster is everything that such pairs connect. Texts are compared when [normalised](normalise). The result
//! depends neither on the order of the documents, but for the numbers of the clusters, nor on threads.
//!
//! ```
//! use klausul_eval::duplicates::{ClusterOptions, clusters};
//!
//! let documents = [
//!     vec!["We process your personal data when you order in our shop."],
//!     vec!["Our website uses cookies that you can refuse in the settings of your browser."],
//!     vec!["WE PROCESS YOUR PERSONAL DATA, when you order in our shop!"],
//! ];
//! assert_eq!(clusters(&documents, &ClusterOptions::default())?, [0, 1, 0]);
//! # Ok::<(), klausul_core::Error>(())
//! ```

mod contained;
mod document;
mod leakage;
mod normal;
mod similar;
mod union;
mod verbatim;

use klausul_core::{Error, ErrorKind, Result};
use rayon::prelude::*;

pub use leakage::{Leakage, shared_documents};
pub use normal::normalise;
pub use verbatim::verbatim;

use document::Document;
use union::UnionFind;

/// Words from which a passage is long: shorter ones are headings and phrases that independent authors also write.
pub const LONG_PASSAGE: usize = 8;

/// When two documents belong together.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClusterOptions {
    /// The least Jaccard similarity of runs of five words, above 0 and up to 1. 0.5 unless told.
    pub similarity: f64,
    /// The least share of the smaller document's words that stands, in passages of at least [`LONG_PASSAGE`] words, in
    /// the larger one, above 0 and up to 1. 0.5 unless told.
    pub containment: f64,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self { similarity: 0.5, containment: 0.5 }
    }
}

impl ClusterOptions {
    /// Unites documents from this Jaccard similarity.
    #[must_use]
    pub fn with_similarity(mut self, similarity: f64) -> Self {
        self.similarity = similarity;
        self
    }

    /// Unites documents from this share of common passages.
    #[must_use]
    pub fn with_containment(mut self, containment: f64) -> Self {
        self.containment = containment;
        self
    }

    fn check(&self) -> Result<()> {
        for (name, value) in [("similarity", self.similarity), ("containment", self.containment)] {
            if !(value > 0.0 && value <= 1.0) {
                return Err(Error::new(ErrorKind::Usage, format!("{name} `{value}` is not a share"))
                    .mend("use a number above 0 and up to 1"));
            }
        }
        Ok(())
    }
}

/// The cluster of each document, which is given as its passages; clusters are numbered from 0 in order of first
/// appearance. A document without any letter or digit is alone.
///
/// Pairs are united only when they were compared exactly. At the threshold of similarity one pair in 200 or fewer is
/// missed, above it fewer still, and equal documents never. Text that stands in very many documents is not compared
/// pair by pair but with the smallest of them, so that the time grows with the text and not with its square.
///
/// # Errors
/// [`ErrorKind::Usage`] when an option is not a share.
pub fn clusters<D, P>(documents: &[D], options: &ClusterOptions) -> Result<Vec<usize>>
where
    D: AsRef<[P]> + Sync,
    P: AsRef<str>,
{
    options.check()?;
    let documents: Vec<Document> = documents.par_iter().map(|passages| Document::new(passages.as_ref())).collect();
    let mut clusters = UnionFind::new(documents.len());
    let mut distinct: Vec<usize> = (0..documents.len()).filter(|&document| documents[document].words > 0).collect();
    distinct.sort_by_key(|&document| documents[document].identity);
    distinct.dedup_by(|document, first| {
        let equal = documents[*document].identity == documents[*first].identity;
        if equal {
            clusters.unite(*first, *document);
        }
        equal
    });
    contained::unite_contained(&documents, &distinct, options.containment, &mut clusters);
    similar::unite_similar(&documents, &distinct, options.similarity, &mut clusters);
    Ok(clusters.ids())
}

#[cfg(test)]
mod tests;
