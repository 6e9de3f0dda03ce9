//! Training from rows to a head with its decisions.

use klausul_core::{Error, ErrorKind, Result, Taxonomy};
use klausul_eval::totals::{Figures, Totals};
use klausul_eval::{Counts, LabelSet, Sample};
use klausul_transformer::manifest::{FORMAT_VERSION, InputFormat, Label, Manifest, TaxonomyId, TrainingData};
use klausul_transformer::{Head, Pooling};
use xxhash_rust::xxh3::Xxh3;

use crate::decide::{Evidence, NEVER_LOGIT, decide};
use crate::fit::{Epoch, fit};
use crate::network::Layer;
use crate::targets::Targets;
use crate::{Decision, Fitted, Row, TrainOptions, Vectors};

/// A trained head, and how its logits are read.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The head, over the encoder's vectors as they are.
    pub head: Head,
    /// One a category, in the order of the head's outputs.
    pub decisions: Vec<Decision>,
    /// The epochs in order.
    pub epochs: Vec<Epoch>,
    /// The number of the epoch whose weights the head has.
    pub best_epoch: usize,
    /// The development rows with the head's labels and probabilities. Thresholds were found on them, so figures flatter the head.
    pub development: Sample,
    bytes: u64,
}

/// Trains a head for so many categories on some rows; calibration, thresholds and the end of training come from others, which should be of
/// other documents. `observe` hears of every epoch, and ends the work with an error.
///
/// # Errors
/// [`ErrorKind::Usage`] when the options are none, there is no category or more than [`LabelSet::MAX`], or no category can be learnt: for
/// each of them some training row must have the label and some must lack it; and when no development row has a scope. Those of `observe`.
pub fn train(
    vectors: &Vectors,
    training: &[Row],
    development: &[Row],
    categories: usize,
    options: &TrainOptions,
    observe: &mut dyn FnMut(&Epoch) -> Result<()>,
) -> Result<Trained> {
    options.check()?;
    let mut sample = Sample::new(categories)?;
    let targets = Targets::new(training, categories);
    let support = targets.support();
    if support.iter().all(|[with, without]| *with == 0 || *without == 0) {
        let message =
            "no category has both paragraphs with its label and paragraphs without it, so nothing can be learnt";
        let mend = "add gold data that say of paragraphs what they state and what they do not";
        return Err(Error::new(ErrorKind::Usage, message).mend(mend));
    }
    if development.iter().all(|row| row.scope.is_empty()) {
        let message = "no development paragraph was annotated for any category";
        return Err(Error::new(ErrorKind::Usage, message).mend("give a larger development part"));
    }
    let judged = Targets::new(development, categories);
    let mut fit = fit(vectors, &targets, &judged, options, observe)?;
    if let Some(last) = fit.layers.last_mut() {
        silence(last, &support);
    }
    let mut bytes = Xxh3::new();
    for layer in &fit.layers {
        layer.weight.iter().chain(&layer.bias).for_each(|value| bytes.update(&value.to_le_bytes()));
    }
    let layers = fit.layers.into_iter().map(|layer| (layer.weight, layer.bias)).collect();
    let head = Head::new(vectors.hidden(), layers).map_err(|error| error.mend("take a smaller learning rate"))?;
    let logits: Vec<Vec<f32>> = development.iter().map(|row| logits(&head, vectors, row.input)).collect();
    let evidence = |category: usize| Evidence {
        scored: development
            .iter()
            .zip(&logits)
            .filter(|(row, _)| row.scope.contains(category))
            .map(|(row, logits)| (logits[category], row.labels.contains(category)))
            .collect(),
        training_positives: support[category][0] as usize,
        training_negatives: support[category][1] as usize,
    };
    let decisions = decide(&(0..categories).map(evidence).collect::<Vec<_>>());
    let mut scores = Vec::with_capacity(development.len() * categories);
    for (row, logits) in development.iter().zip(&logits) {
        let own = scores.len();
        scores.extend(logits.iter().zip(&decisions).map(|(&logit, own)| own.calibration.probability(logit)));
        let decided = |&category: &usize| scores[own + category] >= decisions[category].threshold;
        let labels: LabelSet = (0..categories).filter(decided).collect();
        sample.push(row.document, row.scope, row.labels, labels)?;
    }
    let development = sample.with_scores(scores)?;
    for decision in &decisions {
        for value in [decision.calibration.a, decision.calibration.b, decision.threshold] {
            bytes.update(&value.to_le_bytes());
        }
    }
    let (epochs, best_epoch) = (fit.epochs, fit.best_epoch);
    Ok(Trained { head, decisions, epochs, best_epoch, development, bytes: bytes.digest() })
}

/// Gives what could not be learnt one low logit, whatever the paragraph.
fn silence(last: &mut Layer, support: &[[u32; 2]]) {
    let inputs = last.weight.len() / last.bias.len().max(1);
    for (category, [with, without]) in support.iter().enumerate() {
        if *with == 0 || *without == 0 {
            last.weight[category * inputs..(category + 1) * inputs].fill(0.0);
            last.bias[category] = NEVER_LOGIT;
        }
    }
}

/// The logits of an input, as a classifier has them: the highest of its windows.
fn logits(head: &Head, vectors: &Vectors, input: usize) -> Vec<f32> {
    let mut highest = vec![f32::NEG_INFINITY; head.labels()];
    for window in vectors.windows(input) {
        highest.iter_mut().zip(head.logits(window)).for_each(|(highest, logit)| *highest = highest.max(logit));
    }
    highest
}

impl Trained {
    /// Counts by category and overall figures on the development rows.
    pub fn figures(&self) -> (Vec<Counts>, Figures) {
        let totals = Totals::of(&self.development, 0..self.development.len());
        let figures = totals.figures();
        (totals.categories, figures)
    }

    /// The manifest of a model with this head; files are not listed yet. Its version is made of weights, calibration and thresholds, so
    /// that another result has another one.
    pub fn manifest(
        &self,
        name: &str,
        taxonomy: &Taxonomy,
        input: InputFormat,
        pooling: Pooling,
        training_data: Vec<TrainingData>,
    ) -> Manifest {
        let label = |(category, decision): (&klausul_core::Category, &Decision)| Label {
            id: category.id.clone(),
            threshold: decision.threshold,
            calibration: decision.calibration,
        };
        let (_, figures) = self.figures();
        let metrics = [
            ("development_paragraphs", self.development.len() as f64),
            ("development_micro_f1", figures.micro[2]),
            ("development_macro_f1", figures.macro_[2]),
        ];
        Manifest {
            ensemble: None,
            format_version: FORMAT_VERSION.to_owned(),
            name: name.to_owned(),
            version: format!("{:08x}", self.bytes >> 32),
            taxonomy: TaxonomyId { name: taxonomy.name().to_owned(), version: taxonomy.version().to_owned() },
            input,
            pooling,
            head_layers: self.head.layers(),
            labels: taxonomy.categories().iter().zip(&self.decisions).map(label).collect(),
            training_data,
            // A development part without labels has no F1.
            metrics: metrics
                .into_iter()
                .filter(|(_, value)| value.is_finite())
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            files: std::collections::BTreeMap::new(),
        }
    }

    /// The categories whose calibration and threshold come from there.
    pub fn fitted(&self, fitted: Fitted) -> impl Iterator<Item = usize> {
        let own = self.decisions.iter().enumerate();
        own.filter(move |(_, decision)| decision.fitted == fitted).map(|(category, _)| category)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts that are numbers: category 0 from 10 on, category 1 for even ones, category 2 for none.
    fn numbers() -> (Vectors, Vec<Row>) {
        let values = (0..200_u8).flat_map(|n| [f32::from(n % 20), f32::from(n % 2), f32::from(n % 7)]).collect();
        let row = |input: usize| {
            let mut labels = LabelSet::EMPTY;
            if input % 20 >= 10 {
                labels |= LabelSet::one(0);
            }
            if input.is_multiple_of(2) {
                labels |= LabelSet::one(1);
            }
            Row { input, document: input as u32, labels, scope: LabelSet::all(3) }
        };
        (Vectors::from_rows(3, values), (0..200).map(row).collect())
    }

    fn trained(change: impl Fn(&mut Row)) -> Result<Trained> {
        let (vectors, mut rows) = numbers();
        rows.iter_mut().for_each(change);
        let options = TrainOptions { batch: 8, ..TrainOptions::default() }.with_learning_rate(0.02);
        train(&vectors, &rows[..120], &rows[120..], 3, &options, &mut |_| Ok(()))
    }

    #[test]
    fn a_head_learns_and_its_manifest_is_whole() {
        let trained = trained(|_| ()).unwrap();
        let (counts, figures) = trained.figures();
        assert!(figures.micro[2] > 0.95, "{figures:?}");
        assert_eq!((counts[0].support(), counts[2].given()), (40, 0));
        assert_eq!(trained.fitted(Fitted::Never).collect::<Vec<_>>(), [2]);
        assert_eq!(trained.head.logits(&[1.0, 2.0, 3.0])[2].to_bits(), NEVER_LOGIT.to_bits());
        let taxonomy = "name = \"n\"\nversion = \"1\"\n".to_owned()
            + &["a", "b", "c"]
                .map(|id| format!("[[category]]\nid = \"{id}\"\nname = \"{id}\"\ndefinition = \"\"\n"))
                .concat();
        let taxonomy = Taxonomy::from_toml(&taxonomy).unwrap();
        let input = InputFormat { prefix: String::new(), kinds: false, max_tokens: 64 };
        let manifest = trained.manifest("m", &taxonomy, input, Pooling::Mean, Vec::new());
        manifest.check().unwrap();
        assert_eq!((manifest.labels[2].threshold, manifest.labels[2].id.as_str()), (1.0, "c"));
        assert!((manifest.metrics["development_paragraphs"] - 80.0).abs() < 1e-9);
        assert_eq!(manifest.version.len(), 8);
    }

    #[test]
    fn what_was_not_looked_for_teaches_nothing() {
        // In every third paragraph nobody looked for category 0, and its label is missing there.
        let partial = trained(|row| {
            if row.input % 3 == 0 {
                row.labels = row.labels - LabelSet::one(0);
                row.scope = row.scope - LabelSet::one(0);
            }
        });
        let (counts, _) = partial.unwrap().figures();
        let f1 = counts[0].prf().f1.unwrap();
        assert!(f1 > 0.95, "{f1}");
    }

    #[test]
    fn gold_that_cannot_teach_is_refused() {
        let unlabelled = trained(|row| row.labels = LabelSet::EMPTY).unwrap_err().to_string();
        assert!(unlabelled.contains("no category has both") && unlabelled.contains("; add gold data"), "{unlabelled}");
        let positive_only = trained(|row| row.scope = row.labels).unwrap_err().to_string();
        assert_eq!(positive_only, unlabelled);
        let (vectors, rows) = numbers();
        let none = train(&vectors, &rows, &[], 3, &TrainOptions::default(), &mut |_| Ok(())).unwrap_err().to_string();
        assert!(none.contains("no development paragraph"), "{none}");
        let stop = || Error::new(ErrorKind::Io, "stopped");
        let stopped = train(&vectors, &rows, &rows, 3, &TrainOptions::default(), &mut |_| Err(stop()));
        assert_eq!(stopped.unwrap_err().to_string(), "stopped");
    }
}
