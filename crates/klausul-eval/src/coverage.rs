//! Whole documents: which of the items that a policy must tell does it lack?
//!
//! An item is present in a document when one of its paragraphs states it. What a reader looks for is what is *missing*, so
//! that is the positive class: a true positive is an item that gold and system both find missing.

use klausul_core::Taxonomy;

use crate::{Counts, LabelSet, Sample};

/// The categories that GDPR Art. 13(1)–(2) or 14(1)–(2) ask of every policy.
pub fn required_items(taxonomy: &Taxonomy) -> LabelSet {
    let required = ["13(1)", "13(2)", "14(1)", "14(2)"];
    let asks = |articles: &[String]| {
        articles.iter().any(|article| required.iter().any(|paragraph| article.starts_with(paragraph)))
    };
    let categories = taxonomy.categories().iter().enumerate();
    categories.filter(|(_, category)| asks(&category.articles)).map(|(index, _)| index).collect()
}

/// What one document lacks, of the items that were looked for in all of its paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Missing {
    /// The items that can be judged.
    pub judged: LabelSet,
    /// Those that are missing by the gold labels.
    pub gold: LabelSet,
    /// Those that are missing by the predicted labels.
    pub found: LabelSet,
}

impl Missing {
    /// What each document lacks of these items.
    pub fn of(sample: &Sample, items: LabelSet) -> Vec<Self> {
        let all = Self { judged: items, gold: items, found: items };
        let mut documents = vec![all; sample.documents()];
        for row in 0..sample.len() {
            let document = &mut documents[sample.document(row)];
            document.judged = document.judged & sample.scope(row);
            document.gold = document.gold - sample.gold(row);
            document.found = document.found - sample.predicted(row);
        }
        for document in &mut documents {
            document.gold = document.gold & document.judged;
            document.found = document.found & document.judged;
        }
        documents
    }

    /// The counts of this document, over all items.
    pub fn counts(self) -> Counts {
        Counts {
            tp: (self.gold & self.found).len() as u64,
            fp: (self.found - self.gold).len() as u64,
            fn_: (self.gold - self.found).len() as u64,
        }
    }

    /// The counts of one item over documents.
    pub fn item(documents: &[Self], item: usize) -> Counts {
        let mut counts = Counts::default();
        for document in documents {
            match (document.gold.contains(item), document.found.contains(item)) {
                (true, true) => counts.tp += 1,
                (false, true) => counts.fp += 1,
                (true, false) => counts.fn_ += 1,
                (false, false) => {}
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_are_the_first_twenty_one() {
        assert_eq!(required_items(Taxonomy::builtin()), LabelSet::all(21));
    }

    #[test]
    fn an_item_is_missing_when_no_paragraph_states_it() {
        let mut sample = Sample::new(3).unwrap();
        let (all, one) = (LabelSet::all(3), LabelSet::one);
        sample.push(0, all, one(0), one(1)).unwrap();
        sample.push(0, all, LabelSet::EMPTY, one(0)).unwrap();
        // Category 0 was not looked for in the second document.
        sample.push(1, all - one(0), one(1), LabelSet::EMPTY).unwrap();
        let documents = Missing::of(&sample, all);
        assert_eq!(documents[0], Missing { judged: all, gold: one(1) | one(2), found: one(2) });
        assert_eq!(documents[0].counts(), Counts { tp: 1, fp: 0, fn_: 1 });
        assert_eq!(documents[1], Missing { judged: one(1) | one(2), gold: one(2), found: one(1) | one(2) });
        assert_eq!(Missing::item(&documents, 1), Counts { tp: 0, fp: 1, fn_: 1 });
    }
}
