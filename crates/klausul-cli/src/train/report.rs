//! What a training came to.

use std::path::Path;

use anyhow::Result;
use klausul::{TrainedModel, TrainingParts};
use klausul_eval::ranking::{average_precision, curve};
use klausul_train::{Fitted, Trained};
use klausul_transformer::ModelDirectory;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::corpus::documents;
use crate::args::TrainArgs;
use crate::gold::{note, write_whole};

/// Says on standard error what a user of the model should know.
pub(super) fn notes(args: &TrainArgs, parts: &TrainingParts, trained: &Trained) {
    let ids = |fitted: Fitted| -> Vec<&str> {
        let id = |category: usize| parts.taxonomy.categories()[category].id.as_str();
        trained.fitted(fitted).map(id).collect()
    };
    let never = ids(Fitted::Never);
    if !never.is_empty() {
        let said = format!(
            "{} {} never decided: no paragraph to learn from has the label, or none lacks it (--scope says what was annotated)",
            never.join(", "),
            if never.len() == 1 { "is" } else { "are" }
        );
        note(args.quiet, &said);
    }
    let common = ids(Fitted::Common);
    if !common.is_empty() {
        let said = format!(
            "{} {} the calibration and the threshold of all categories together: too few held-out paragraphs have the label, or lack it",
            common.join(", "),
            if common.len() == 1 { "has" } else { "have" }
        );
        note(args.quiet, &said);
    }
    let (_, figures) = trained.figures();
    let said = format!(
        "{} epochs, the best was {}; on the {} held-out paragraphs micro-F1 {:.3}, macro-F1 {:.3}: they chose the thresholds, so measure \
         on others (klausul evaluate)",
        trained.epochs.len(),
        trained.best_epoch,
        trained.development.len(),
        figures.micro[2],
        figures.macro_[2]
    );
    note(args.quiet, &said);
}

/// Writes the report; `-` is standard output.
pub(super) fn write(path: &Path, args: &TrainArgs, parts: &TrainingParts, model: &TrainedModel) -> Result<()> {
    let report = report(args, parts, model);
    write_whole(path, |out| Ok(writeln!(out, "{report:#}")?))
}

fn report(args: &TrainArgs, parts: &TrainingParts, model: &TrainedModel) -> Value {
    let (trained, manifest) = (&model.trained, &model.manifest);
    let (counts, figures) = trained.figures();
    let mut categories = Map::new();
    for (category, (own, decision)) in parts.taxonomy.categories().iter().zip(&trained.decisions).enumerate() {
        let prf = counts[category].prf();
        let entry = json!({
            "training_positives": decision.training_positives,
            "development_positives": decision.development_positives,
            "fitted": decision.fitted,
            "calibration": written(&decision.calibration),
            "threshold": written(&decision.threshold),
            "precision": prf.precision,
            "recall": prf.recall,
            "f1": prf.f1,
            "average_precision": average_precision(&curve(trained.development.scored(category))),
        });
        categories.insert(own.id.clone(), entry);
    }
    json!({
        "model": {"name": manifest.name, "version": manifest.version, "directory": args.output},
        "base": args.model.as_deref().unwrap_or(ModelDirectory::SHIPPED),
        "taxonomy": manifest.taxonomy,
        "head": {"layers": args.layers, "labels": trained.decisions.len()},
        "paragraphs": {
            "training": parts.training.len(),
            "development": parts.development.len(),
            "distinct": model.distinct,
        },
        "documents": {"training": documents(&parts.training), "development": documents(&parts.development)},
        "seed": args.seed,
        "epochs": written(&trained.epochs),
        "best_epoch": trained.best_epoch,
        "development": {
            "micro": prf(figures.micro),
            "macro": prf(figures.macro_),
            "per_category": categories,
        },
    })
}

/// A value with its numbers as they are written into a model: those of 32 bits in few digits.
fn written(value: &impl Serialize) -> Value {
    let text = serde_json::to_string(value).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Figures by name; what is undefined is null.
fn prf([precision, recall, f1]: [f64; 3]) -> Value {
    json!({"precision": precision, "recall": recall, "f1": f1})
}
