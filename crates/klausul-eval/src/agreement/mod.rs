//! How far annotators agree.
//!
//! A paragraph may have several categories, so agreement is measured twice: for each category as a yes or no (Cohen's
//! and Fleiss' κ, Krippendorff's α, shares of agreement), and for whole sets of categories by α with MASI distance,
//! under which sets that overlap agree in part. Where there is no variation a measure says nothing, and is `None`.
//!
//! ```
//! use klausul_eval::LabelSet;
//! use klausul_eval::Bootstrap;
//! use klausul_eval::agreement::{Agreement, Ratings};
//!
//! let mut ratings = Ratings::new(2, 2)?;
//! for (first, second) in [(0, 0), (1, 1), (0, 1), (1, 1)] {
//!     ratings.push(&[Some(LabelSet::one(first)), Some(LabelSet::one(second))])?;
//! }
//! let agreement = Agreement::measure(&ratings, &[0, 0, 1, 1], &Bootstrap::default())?;
//! assert_eq!(agreement.categories[0].support, [2, 1]);
//! assert_eq!(agreement.categories[0].cohen_kappa, Some(0.5));
//! # Ok::<(), klausul_core::Error>(())
//! ```

mod alpha;
mod bootstrap;
mod kappa;
mod ratings;

use std::collections::BTreeSet;

use klausul_core::{Error, ErrorKind, Result};
use serde::Serialize;

pub use alpha::{SetDistance, krippendorff_alpha, masi_distance, set_alpha};
pub use bootstrap::{SetAlpha, set_alpha_with_interval};
pub use kappa::{
    PairCounts, cohen_kappa, fleiss_kappa, fleiss_raters, macro_mean, mean_cohen_kappa, percent_agreement,
    positive_agreement, set_percent_agreement,
};
pub use ratings::Ratings;

use crate::{Bootstrap, LabelSet};

/// The agreement of annotators, for each category and overall.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Agreement {
    /// How many annotators there are.
    pub annotators: usize,
    /// How many items there are.
    pub items: usize,
    /// How many items have two ratings or more; only these say anything about agreement.
    pub items_compared: usize,
    /// How many documents the items come from.
    pub documents: usize,
    /// How many ratings the items have that Fleiss' κ counts; see [`fleiss_raters`].
    pub fleiss_raters: Option<usize>,
    /// How many items that are.
    pub fleiss_items: usize,
    /// All categories together.
    pub overall: OverallAgreement,
    /// One row a category, in order.
    pub categories: Vec<CategoryAgreement>,
}

/// Agreement over all categories.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct OverallAgreement {
    /// Share of pairs of ratings whose sets are equal.
    pub percent: Option<f64>,
    /// Krippendorff's α of whole sets with MASI distance.
    pub alpha_masi: SetAlpha,
    /// Krippendorff's α of whole sets, where sets are equal or not.
    pub alpha_nominal: SetAlpha,
    /// Mean over categories of Cohen's κ.
    pub macro_cohen_kappa: Option<f64>,
    /// Mean over categories of Fleiss' κ.
    pub macro_fleiss_kappa: Option<f64>,
    /// Mean over categories of Krippendorff's α.
    pub macro_alpha: Option<f64>,
    /// Mean over categories of positive specific agreement: the macro-F1 between annotators.
    pub macro_positive: Option<f64>,
}

/// Agreement on one category.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CategoryAgreement {
    /// The category, as an index into the taxonomy.
    pub category: usize,
    /// To how many items each annotator gave the category, compared or not.
    pub support: Vec<u64>,
    /// Share of pairs of ratings that say the same.
    pub percent: Option<f64>,
    /// Positive specific agreement: the F1 between annotators.
    pub positive: Option<f64>,
    /// Cohen's κ, the mean over pairs of annotators.
    pub cohen_kappa: Option<f64>,
    /// Fleiss' κ.
    pub fleiss_kappa: Option<f64>,
    /// Krippendorff's nominal α.
    pub alpha: Option<f64>,
}

impl Agreement {
    /// Measures everything. `document_of` has one number for each item, equal for items of one document.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when `document_of` is not as long as the ratings.
    pub fn measure(ratings: &Ratings, document_of: &[usize], bootstrap: &Bootstrap) -> Result<Self> {
        if document_of.len() != ratings.len() {
            let message = format!("`{}` documents are named for {} items", document_of.len(), ratings.len());
            return Err(Error::new(ErrorKind::Usage, message).mend("name the document of every item"));
        }
        let rated = |item: &[Option<LabelSet>]| item.iter().flatten().count();
        let (cohen, fleiss) = (mean_cohen_kappa(ratings), fleiss_kappa(ratings));
        let (alpha, positive) = (krippendorff_alpha(ratings), positive_agreement(ratings));
        let percent = percent_agreement(ratings);
        let set_alpha = |distance| set_alpha_with_interval(ratings, document_of, distance, bootstrap);
        let overall = OverallAgreement {
            percent: set_percent_agreement(ratings),
            alpha_masi: set_alpha(SetDistance::Masi),
            alpha_nominal: set_alpha(SetDistance::Nominal),
            macro_cohen_kappa: macro_mean(&cohen),
            macro_fleiss_kappa: macro_mean(&fleiss),
            macro_alpha: macro_mean(&alpha),
            macro_positive: macro_mean(&positive),
        };
        let categories = (0..ratings.categories())
            .map(|category| CategoryAgreement {
                category,
                support: support(ratings, category),
                percent: percent[category],
                positive: positive[category],
                cohen_kappa: cohen[category],
                fleiss_kappa: fleiss[category],
                alpha: alpha[category],
            })
            .collect();
        let fleiss_raters = fleiss_raters(ratings);
        Ok(Self {
            annotators: ratings.annotators(),
            items: ratings.len(),
            items_compared: ratings.items().filter(|item| rated(item) > 1).count(),
            documents: document_of.iter().collect::<BTreeSet<_>>().len(),
            fleiss_raters,
            fleiss_items: ratings.items().filter(|item| Some(rated(item)) == fleiss_raters).count(),
            overall,
            categories,
        })
    }
}

fn support(ratings: &Ratings, category: usize) -> Vec<u64> {
    let given = |item: &[Option<LabelSet>], annotator: usize| item[annotator].is_some_and(|set| set.contains(category));
    (0..ratings.annotators())
        .map(|annotator| ratings.items().filter(|item| given(item, annotator)).count() as u64)
        .collect()
}

#[cfg(test)]
mod tests;
