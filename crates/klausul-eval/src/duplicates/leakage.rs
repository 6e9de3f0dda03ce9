//! How much of a test set a classifier may have seen in training.

use std::collections::HashSet;

use klausul_core::Result;
use serde::Serialize;

use super::{ClusterOptions, LONG_PASSAGE, clusters, normalise, verbatim};

/// What of a test set stands in a training set. Shares are from 0 to 1, and `None` of nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Leakage {
    /// How many documents the test set has.
    pub documents: usize,
    /// The test documents, as indices, that share a near-duplicate cluster with a training document.
    pub shared_documents: Vec<usize>,
    /// Their share of the test documents.
    pub document_share: Option<f64>,
    /// How many passages with a letter or digit the test set has.
    pub passages: usize,
    /// How many of these stand in training word for word; see [`verbatim`].
    pub verbatim_passages: usize,
    /// Their share of the test passages.
    pub passage_share: Option<f64>,
    /// How many test passages have [`LONG_PASSAGE`] words or more; short ones are often equal by chance.
    pub long_passages: usize,
    /// How many of these stand in training word for word.
    pub verbatim_long_passages: usize,
    /// Their share of the long test passages.
    pub long_passage_share: Option<f64>,
}

impl Leakage {
    /// Compares test documents with training documents, each given as its passages.
    ///
    /// Clusters are of both sets together: a test document also shares a cluster with training when only another test
    /// document connects them.
    ///
    /// # Errors
    /// As [`clusters`].
    pub fn measure<D, P>(train: &[D], test: &[D], options: &ClusterOptions) -> Result<Self>
    where
        D: AsRef<[P]> + Sync,
        P: AsRef<str> + Sync,
    {
        let shared_documents = shared_documents(train, test, options)?;
        let train_texts: Vec<&P> = train.iter().flat_map(AsRef::as_ref).collect();
        let test_texts: Vec<&P> = test.iter().flat_map(AsRef::as_ref).collect();
        let (mut all, mut long) = ([0; 2], [0; 2]);
        for (text, found) in test_texts.iter().zip(verbatim(&train_texts, &test_texts)) {
            let words = normalise(text.as_ref()).split(' ').filter(|word| !word.is_empty()).count();
            let count = |counts: &mut [usize; 2]| {
                counts[0] += 1;
                counts[1] += usize::from(found);
            };
            if words > 0 {
                count(&mut all);
            }
            if words >= LONG_PASSAGE {
                count(&mut long);
            }
        }
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        Ok(Self {
            documents: test.len(),
            document_share: share(shared_documents.len(), test.len()),
            shared_documents,
            passages: all[0],
            verbatim_passages: all[1],
            passage_share: share(all[1], all[0]),
            long_passages: long[0],
            verbatim_long_passages: long[1],
            long_passage_share: share(long[1], long[0]),
        })
    }
}

/// The test documents, as indices, that share a near-duplicate cluster with a training document. Clusters are of both sets
/// together, as in [`Leakage::measure`].
///
/// # Errors
/// As [`clusters`].
pub fn shared_documents<D, P>(train: &[D], test: &[D], options: &ClusterOptions) -> Result<Vec<usize>>
where
    D: AsRef<[P]> + Sync,
    P: AsRef<str> + Sync,
{
    let both: Vec<&[P]> = train.iter().chain(test).map(AsRef::as_ref).collect();
    let cluster_of = clusters(&both, options)?;
    let (of_train, of_test) = cluster_of.split_at(train.len());
    let known: HashSet<usize> = of_train.iter().copied().collect();
    Ok((0..test.len()).filter(|&at| known.contains(&of_test[at])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaked_documents_and_passages_are_counted() {
        let train = [
            vec!["Cookies", "We keep the data of your order for as long as tax law demands it."],
            vec!["Newsletter", "With your consent we send you news about our products by mail."],
        ];
        let test = [
            vec!["Cookies", "You can complain to the authority that supervises data protection where you live."],
            vec!["Data", "We keep the data of your order, for as long as tax law demands it."],
            vec!["–"],
        ];
        let leakage = Leakage::measure(&train, &test, &ClusterOptions::default()).unwrap();
        assert_eq!((leakage.documents, &leakage.shared_documents[..]), (3, &[1][..]));
        assert_eq!((leakage.passages, leakage.verbatim_passages, leakage.passage_share), (4, 2, Some(0.5)));
        assert_eq!((leakage.long_passages, leakage.verbatim_long_passages), (2, 1));
        let none: [Vec<&str>; 0] = [];
        let leakage = Leakage::measure(&train, &none, &ClusterOptions::default()).unwrap();
        assert_eq!((leakage.document_share, leakage.passage_share), (None, None));
    }
}
