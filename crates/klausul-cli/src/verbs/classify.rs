//! `klausul classify`.

use anyhow::Result;

use super::classifier;
use crate::Ended;
use crate::args::ClassifyArgs;
use crate::run::{Run, Task};

pub(crate) fn run(args: &ClassifyArgs) -> Result<Ended> {
    let classifier = classifier(&args.classifier, args.explain, args.batch.threads, args.batch.quiet)?;
    let task = Task::Classify { classifier: &classifier, explain: args.explain, with_text: !args.labels_only };
    Run::new(&args.batch, task)?.start()
}
