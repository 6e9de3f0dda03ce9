//! What the annotators said.

use klausul_core::{Error, ErrorKind, Result};

use crate::LabelSet;

/// Items by annotators: the set of categories that each annotator gave to each item, or that they gave none.
///
/// An empty set is a rating ("no category applies"); `None` is a rating that is missing.
///
/// ```
/// use klausul_eval::LabelSet;
/// use klausul_eval::agreement::Ratings;
///
/// let mut ratings = Ratings::new(27, 2)?;
/// ratings.push(&[Some(LabelSet::one(3)), Some(LabelSet::EMPTY)])?;
/// ratings.push(&[Some(LabelSet::one(3)), None])?;
/// assert_eq!((ratings.len(), ratings.get(1, 1)), (2, None));
/// # Ok::<(), klausul_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    /// Item-major: the annotators of the first item, then those of the second.
    values: Vec<Option<LabelSet>>,
    annotators: usize,
    categories: usize,
}

impl Ratings {
    /// Ratings without items, of a number of annotators over a number of categories.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there are fewer than two annotators, or more than [`LabelSet::MAX`] categories.
    pub fn new(categories: usize, annotators: usize) -> Result<Self> {
        if annotators < 2 {
            return Err(Error::new(ErrorKind::Usage, format!("`{annotators}` annotators cannot agree or disagree"))
                .mend("give the ratings of two annotators or more"));
        }
        if categories > LabelSet::MAX {
            let message = format!("`{categories}` categories are more than {}", LabelSet::MAX);
            return Err(Error::new(ErrorKind::Usage, message).mend("use a smaller taxonomy"));
        }
        Ok(Self { values: Vec::new(), annotators, categories })
    }

    /// Adds an item with one rating, or `None`, for each annotator.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] with the item's number, from 1, when the ratings are not as many as the annotators, or a
    /// category is not below the number of categories.
    pub fn push(&mut self, item: &[Option<LabelSet>]) -> Result<()> {
        let number = self.len() + 1;
        if item.len() != self.annotators {
            let message = format!("item {number} has `{}` ratings for {} annotators", item.len(), self.annotators);
            return Err(Error::new(ErrorKind::Format, message).mend("mark a missing rating as missing"));
        }
        let outside = |set: &LabelSet| (*set - LabelSet::all(self.categories)).iter().next();
        if let Some(category) = item.iter().flatten().find_map(outside) {
            let message = format!("item {number} has category `{category}` of {} categories", self.categories);
            return Err(Error::new(ErrorKind::Format, message).mend("count categories from 0, by one taxonomy"));
        }
        self.values.extend_from_slice(item);
        Ok(())
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.values.len() / self.annotators
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many annotators there are.
    pub fn annotators(&self) -> usize {
        self.annotators
    }

    /// How many categories there are.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// The rating of an item by an annotator; `None` where it is missing or there is no such item or annotator.
    pub fn get(&self, item: usize, annotator: usize) -> Option<LabelSet> {
        if annotator >= self.annotators {
            return None;
        }
        self.values.get(item.checked_mul(self.annotators)?.checked_add(annotator)?).copied().flatten()
    }

    /// The items in order, each as the ratings of all annotators.
    pub fn items(&self) -> impl Iterator<Item = &[Option<LabelSet>]> {
        self.values.chunks_exact(self.annotators)
    }

    /// The pairs of annotators, the lower index first.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.annotators).flat_map(|first| (first + 1..self.annotators).map(move |second| (first, second)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused_with_its_item() {
        assert!(Ratings::new(27, 1).is_err() && Ratings::new(129, 2).is_err());
        let mut ratings = Ratings::new(128, 2).unwrap();
        ratings.push(&[Some(LabelSet::one(127)), None]).unwrap();
        let mut ratings = Ratings::new(3, 2).unwrap();
        ratings.push(&[None, None]).unwrap();
        assert_eq!(
            ratings.push(&[None]).unwrap_err().to_string(),
            "item 2 has `1` ratings for 2 annotators; mark a missing rating as missing"
        );
        assert_eq!(
            ratings.push(&[None, Some(LabelSet::one(3))]).unwrap_err().to_string(),
            "item 2 has category `3` of 3 categories; count categories from 0, by one taxonomy"
        );
        assert_eq!((ratings.len(), ratings.get(0, 5), ratings.get(usize::MAX, 0)), (1, None, None));
    }
}
