//! A set of categories.

use std::ops::{BitAnd, BitOr, BitOrAssign, Sub};

/// A set of categories, as indices into a taxonomy of at most [`LabelSet::MAX`].
///
/// ```
/// use klausul_eval::LabelSet;
///
/// let gold: LabelSet = [0, 5].into_iter().collect();
/// let predicted: LabelSet = [5, 7].into_iter().collect();
/// assert_eq!((gold & predicted).iter().collect::<Vec<_>>(), [5]);
/// assert_eq!((gold - predicted).len(), 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LabelSet(u128);

impl LabelSet {
    /// The largest number of categories that a set can hold.
    pub const MAX: usize = 128;

    /// The empty set.
    pub const EMPTY: Self = Self(0);

    /// The set of the first `count` categories.
    ///
    /// # Panics
    /// When `count` is more than [`LabelSet::MAX`].
    pub fn all(count: usize) -> Self {
        assert!(count <= Self::MAX, "a set holds at most {} categories", Self::MAX);
        if count == Self::MAX { Self(u128::MAX) } else { Self((1 << count) - 1) }
    }

    /// The set of one category.
    ///
    /// # Panics
    /// When `category` is not below [`LabelSet::MAX`].
    pub fn one(category: usize) -> Self {
        assert!(category < Self::MAX, "a set holds categories below {}", Self::MAX);
        Self(1 << category)
    }

    /// Whether the category is in the set.
    pub fn contains(self, category: usize) -> bool {
        category < Self::MAX && self.0 >> category & 1 == 1
    }

    /// How many categories are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether no category is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The categories in ascending order.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let category = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            Some(category)
        })
    }
}

impl FromIterator<usize> for LabelSet {
    fn from_iter<I: IntoIterator<Item = usize>>(categories: I) -> Self {
        categories.into_iter().fold(Self::EMPTY, |set, category| set | Self::one(category))
    }
}

impl BitAnd for LabelSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for LabelSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for LabelSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Sub for LabelSet {
    type Output = Self;
    /// The categories of the first that are not in the second.
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_their_ends() {
        assert_eq!(LabelSet::all(128).len(), 128);
        assert_eq!(LabelSet::all(3), [0, 1, 2].into_iter().collect());
        assert!(LabelSet::one(127).contains(127) && !LabelSet::one(127).contains(128));
        assert_eq!(LabelSet::EMPTY.iter().next(), None);
    }
}
