//! `klausul classify`.

use anyhow::Result;
use klausul_core::Classifier;
use klausul_rules::RuleClassifier;

use super::taxonomy_of;
use crate::Ended;
use crate::args::{Backend, ClassifyArgs};
use crate::run::{Run, Task};

pub(crate) fn run(args: &ClassifyArgs) -> Result<Ended> {
    let classifier = classifier(args)?;
    let task = Task::Classify { classifier: &classifier, explain: args.explain, with_text: !args.labels_only };
    Run::new(&args.batch, task)?.start()
}

fn classifier(args: &ClassifyArgs) -> Result<RuleClassifier> {
    let classifier = match &args.rules {
        Some(folder) => RuleClassifier::from_folder(folder, taxonomy_of(args.taxonomy.as_deref())?)?,
        None => RuleClassifier::builtin()?,
    };
    if args.backend == Backend::Auto && !args.batch.quiet {
        eprintln!("klausul: classifying with {} (the rules: this build has no model)", classifier.model());
    }
    Ok(classifier.with_evidence(args.explain))
}
