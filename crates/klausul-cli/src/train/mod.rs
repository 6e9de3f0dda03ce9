//! A training: annotated paragraphs and an encoder in, a model directory out.

mod bar;
mod base;
mod corpus;
mod labels;
mod report;

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use klausul::{Stage, Trainer};
use klausul_core::{Error, ErrorKind};
use klausul_train::TrainOptions;

use crate::args::TrainArgs;
use crate::gold::note;
use crate::interrupt::stop_on_interrupt;
use crate::model;
use bar::Bar;
use base::Base;

/// Units between two layers unless told.
const HIDDEN_UNITS: usize = 256;

/// Trains what the arguments ask for and writes the model.
pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    // Everything that can be refused is refused before the work of minutes.
    let options = options(args)?;
    let engine = model::engine(args.run.engine()?);
    let base = Base::new(args)?;
    let trainer = Trainer::new(&base.directory, &args.output, args.force)?.options(options);
    let parts = corpus::read(args)?;
    note(args.quiet, &corpus::summary(&parts));
    let stop = stop_on_interrupt();
    let embedder = base.embedder(engine, args.threads)?;
    let (mut bar, mut at) = (Bar::new("embedding", args.quiet), Stage::Embedding);
    let mut trainer = trainer.encoder(embedder, base.format, base.pooling).progress(move |stage, done, all| {
        if stage != at {
            (bar, at) = (Bar::new("training", args.quiet), stage);
        }
        bar.at(done, all);
        check(&stop)
    });
    if let Some(name) = &args.name {
        trainer = trainer.name(name);
    }
    let model = trainer.train(&parts)?;
    report::notes(args, &parts, &model.trained);
    let (name, version) = (&model.manifest.name, &model.manifest.version);
    note(args.quiet, &format!("{}: model {name} {version}", args.output.display()));
    if let Some(path) = &args.json {
        report::write(path, args, &parts, &model)?;
    }
    Ok(())
}

fn options(args: &TrainArgs) -> Result<TrainOptions> {
    if args.layers == 1 && args.hidden_units.is_some() {
        return Err(Error::new(ErrorKind::Usage, "one layer has no hidden units")
            .mend("add --layers 2, or leave --hidden-units out")
            .into());
    }
    let mut options = TrainOptions::default()
        .with_epochs(args.epochs)
        .with_learning_rate(args.learning_rate)
        .with_weight_decay(args.weight_decay)
        .with_seed(args.seed);
    if args.layers == 2 {
        options = options.with_hidden_units(args.hidden_units.unwrap_or(HIDDEN_UNITS));
    }
    options.check()?;
    Ok(options)
}

/// The model's name: as told, else that of its directory.
fn name(args: &TrainArgs) -> String {
    let own = || args.output.file_name().unwrap_or_default().to_string_lossy().into_owned();
    args.name.clone().unwrap_or_else(own)
}

fn check(stop: &AtomicBool) -> klausul_core::Result<()> {
    if !stop.load(Ordering::Relaxed) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Io, "stopped, and nothing was written"))
}
