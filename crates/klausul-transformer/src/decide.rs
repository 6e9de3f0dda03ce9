//! From logits to probabilities and decided categories.

use klausul_core::{Error, ErrorKind, Prediction, Result, Taxonomy};

use crate::manifest::{Label, TaxonomyId};

/// How each category is decided: its index in the taxonomy, and its label.
#[derive(Debug, Clone)]
pub(crate) struct Decisions(Vec<(usize, Label)>);

impl Decisions {
    /// The labels as categories of a taxonomy, in their own order; a model must know exactly the taxonomy's categories.
    pub(crate) fn new(labels: &[Label], trained: &TaxonomyId, taxonomy: &Taxonomy) -> Result<Self> {
        let differs = |message: String| {
            let mend = "take a model of this taxonomy, or give the taxonomy of the model";
            Error::new(ErrorKind::Config, message).mend(mend)
        };
        let TaxonomyId { name, version } = trained;
        if (name.as_str(), version.as_str()) != (taxonomy.name(), taxonomy.version()) {
            let (own, theirs) = (taxonomy.name(), taxonomy.version());
            return Err(differs(format!("the model is of taxonomy `{name}` `{version}`, not `{own}` `{theirs}`")));
        }
        let mut matched = Vec::with_capacity(labels.len());
        for label in labels {
            let category = taxonomy.index_of(&label.id);
            let category =
                category.ok_or_else(|| differs(format!("label `{}` is not a category of `{name}`", label.id)))?;
            matched.push((category, label.clone()));
        }
        let known = |id: &str| labels.iter().any(|label| label.id == id);
        match taxonomy.categories().iter().find(|category| !known(&category.id)) {
            Some(category) => Err(differs(format!("the model has no label for category `{}`", category.id))),
            None => Ok(Self(matched)),
        }
    }

    /// The category and the id of each label, in the order of the head's outputs.
    pub(crate) fn labels(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(|(category, label)| (*category, label.id.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The probabilities of logits, both in taxonomy order.
    pub(crate) fn probabilities(&self, logits: &[f32]) -> Vec<f32> {
        let mut scores = vec![0.0; logits.len()];
        for (category, label) in &self.0 {
            scores[*category] = label.calibration.probability(logits[*category]);
        }
        scores
    }

    /// The prediction of logits in taxonomy order, without evidence.
    pub(crate) fn predict(&self, logits: &[f32]) -> Prediction {
        let scores = self.probabilities(logits);
        let decided = self.0.iter().filter(|(category, label)| scores[*category] >= label.threshold);
        let mut labels: Vec<usize> = decided.map(|&(category, _)| category).collect();
        labels.sort_unstable();
        Prediction { scores, labels, evidence: Vec::new() }
    }
}
