//! The trait that rules, transformer and their ensemble implement.

use crate::{Paragraph, Prediction, Result, Taxonomy};

/// Turns paragraphs into predictions. Callers never ask which implementation they hold.
///
/// A prediction depends on its paragraph alone: not on the batch, its order or the number of threads.
pub trait Classifier: Send + Sync {
    /// One prediction a paragraph, in the order of `batch`, with one score a category of [`Self::taxonomy`].
    ///
    /// # Errors
    /// When the classifier itself fails, for example when a model returns values that are no numbers.
    fn classify(&self, batch: &[Paragraph]) -> Result<Vec<Prediction>>;

    /// The categories it knows; labels and scores are indices into them.
    fn taxonomy(&self) -> &Taxonomy;

    /// The implementation: `rules`, `transformer`, …
    fn backend(&self) -> &str;

    /// Name and version of the rules or weights that decide, as records carry it.
    fn model(&self) -> &str;
}
