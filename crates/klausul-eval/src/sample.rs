//! What is measured: gold and predicted labels of the same paragraphs.

use klausul_core::{Error, ErrorKind, Result};

use crate::LabelSet;

/// Gold and predicted labels of the same paragraphs, column by column.
///
/// A paragraph's *scope* is the set of categories that its annotators looked for: outside of it a label is neither right nor
/// wrong, and no measure counts it.
///
/// ```
/// use klausul_eval::{LabelSet, Sample};
///
/// let mut sample = Sample::new(3)?;
/// let both = LabelSet::all(2);
/// sample.push(0, both, LabelSet::one(0), LabelSet::one(0) | LabelSet::one(2))?;
/// assert_eq!(sample.predicted(0), LabelSet::one(0)); // category 2 was not looked for
/// # Ok::<(), klausul_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    categories: usize,
    documents: usize,
    document: Vec<u32>,
    scope: Vec<LabelSet>,
    gold: Vec<LabelSet>,
    predicted: Vec<LabelSet>,
    /// One row of `categories` scores a paragraph, or nothing.
    scores: Vec<f32>,
}

impl Sample {
    /// An empty sample over this many categories.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there is no category or more than [`LabelSet::MAX`].
    pub fn new(categories: usize) -> Result<Self> {
        if !(1..=LabelSet::MAX).contains(&categories) {
            return Err(Error::new(ErrorKind::Usage, format!("{categories} categories cannot be measured"))
                .mend(format!("measure from 1 to {} categories", LabelSet::MAX)));
        }
        Ok(Self {
            categories,
            documents: 0,
            document: Vec::new(),
            scope: Vec::new(),
            gold: Vec::new(),
            predicted: Vec::new(),
            scores: Vec::new(),
        })
    }

    /// Adds a paragraph of the document with this number (from 0, no number left out in the end). Labels outside of the
    /// scope are dropped.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when a set holds a category that the sample does not have, or when the sample has scores.
    pub fn push(&mut self, document: u32, scope: LabelSet, gold: LabelSet, predicted: LabelSet) -> Result<()> {
        let known = LabelSet::all(self.categories);
        if !((scope | gold | predicted) - known).is_empty() {
            return Err(Error::new(ErrorKind::Usage, format!("a set holds a category beyond the {}", self.categories)));
        }
        if !self.scores.is_empty() {
            return Err(Error::new(ErrorKind::Usage, "a paragraph is added to a sample that already has scores"));
        }
        self.documents = self.documents.max(document as usize + 1);
        self.document.push(document);
        self.scope.push(scope);
        self.gold.push(gold & scope);
        self.predicted.push(predicted & scope);
        Ok(())
    }

    /// Sets the scores: for each paragraph one probability a category, all in one slice.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when their number does not fit or one of them is not within 0 and 1.
    pub fn with_scores(mut self, scores: Vec<f32>) -> Result<Self> {
        if scores.len() != self.len() * self.categories {
            let message = format!(
                "there are {} scores for {} paragraphs and {} categories",
                scores.len(),
                self.len(),
                self.categories
            );
            return Err(Error::new(ErrorKind::Usage, message));
        }
        if let Some(place) = scores.iter().position(|score| !(0.0..=1.0).contains(score)) {
            let message =
                format!("score `{}` of paragraph {} is no probability", scores[place], place / self.categories);
            return Err(Error::new(ErrorKind::Usage, message).mend("give probabilities from 0 to 1"));
        }
        self.scores = scores;
        Ok(self)
    }

    /// The same paragraphs with other predicted labels, and without scores.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there is not one set a paragraph.
    pub fn with_predicted(&self, predicted: Vec<LabelSet>) -> Result<Self> {
        if predicted.len() != self.len() {
            let message = format!("there are {} predictions for {} paragraphs", predicted.len(), self.len());
            return Err(Error::new(ErrorKind::Usage, message));
        }
        let predicted = predicted.into_iter().zip(&self.scope).map(|(set, &scope)| set & scope).collect();
        Ok(Self {
            categories: self.categories,
            documents: self.documents,
            document: self.document.clone(),
            scope: self.scope.clone(),
            gold: self.gold.clone(),
            predicted,
            scores: Vec::new(),
        })
    }

    /// Some paragraphs as a sample of their own, without scores, and the old number of each of its documents.
    pub fn select(&self, rows: impl Iterator<Item = usize>) -> (Self, Vec<usize>) {
        let mut part = Self {
            categories: self.categories,
            documents: 0,
            document: Vec::new(),
            scope: Vec::new(),
            gold: Vec::new(),
            predicted: Vec::new(),
            scores: Vec::new(),
        };
        let (mut numbers, mut old) = (vec![u32::MAX; self.documents], Vec::new());
        for row in rows {
            let number = &mut numbers[self.document(row)];
            if *number == u32::MAX {
                *number = old.len() as u32;
                old.push(self.document(row));
            }
            part.document.push(*number);
            part.scope.push(self.scope[row]);
            part.gold.push(self.gold[row]);
            part.predicted.push(self.predicted[row]);
        }
        part.documents = old.len();
        (part, old)
    }

    /// How many paragraphs there are.
    pub fn len(&self) -> usize {
        self.gold.len()
    }

    /// Whether there is no paragraph.
    pub fn is_empty(&self) -> bool {
        self.gold.is_empty()
    }

    /// How many categories there are.
    pub fn categories(&self) -> usize {
        self.categories
    }

    /// How many documents there are.
    pub fn documents(&self) -> usize {
        self.documents
    }

    /// The number of the document of a paragraph.
    pub fn document(&self, row: usize) -> usize {
        self.document[row] as usize
    }

    /// The categories that were looked for in a paragraph.
    pub fn scope(&self, row: usize) -> LabelSet {
        self.scope[row]
    }

    /// The categories that were looked for in any paragraph.
    pub fn scopes(&self) -> LabelSet {
        self.scope.iter().fold(LabelSet::EMPTY, |all, &scope| all | scope)
    }

    /// The right labels of a paragraph.
    pub fn gold(&self, row: usize) -> LabelSet {
        self.gold[row]
    }

    /// The labels that the system gave a paragraph, within its scope.
    pub fn predicted(&self, row: usize) -> LabelSet {
        self.predicted[row]
    }

    /// The scores of a paragraph, one a category; `None` when the sample has none.
    pub fn scores(&self, row: usize) -> Option<&[f32]> {
        self.scores.get(row * self.categories..(row + 1) * self.categories)
    }

    /// Gives a paragraph other labels; those outside of its scope are dropped.
    pub(crate) fn set_predicted(&mut self, row: usize, labels: LabelSet) {
        self.predicted[row] = labels & self.scope[row];
    }

    /// Whether the sample has scores.
    pub fn has_scores(&self) -> bool {
        !self.scores.is_empty()
    }

    /// Score and truth of every paragraph in whose scope the category is.
    pub fn scored(&self, category: usize) -> impl Iterator<Item = (f32, bool)> {
        let rows = if self.has_scores() { self.len() } else { 0 };
        (0..rows)
            .filter(move |&row| self.scope[row].contains(category))
            .map(move |row| (self.scores[row * self.categories + category], self.gold[row].contains(category)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(Sample::new(0).is_err() && Sample::new(129).is_err());
        let mut sample = Sample::new(2).unwrap();
        assert!(sample.push(0, LabelSet::all(3), LabelSet::EMPTY, LabelSet::EMPTY).is_err());
        sample.push(0, LabelSet::all(2), LabelSet::one(1), LabelSet::EMPTY).unwrap();
        assert!(sample.clone().with_scores(vec![0.5]).is_err());
        let error = sample.clone().with_scores(vec![0.5, f32::NAN]).unwrap_err().to_string();
        assert_eq!(error, "score `NaN` of paragraph 0 is no probability; give probabilities from 0 to 1");
        let mut scored = sample.with_scores(vec![0.5, 0.25]).unwrap();
        assert_eq!(scored.scored(1).collect::<Vec<_>>(), [(0.25, true)]);
        assert!(scored.push(0, LabelSet::all(2), LabelSet::EMPTY, LabelSet::EMPTY).is_err());
        assert!(scored.with_predicted(vec![]).is_err());
    }
}
