//! A training: annotated paragraphs and an encoder in, a model directory out.

mod bar;
mod base;
mod corpus;
mod labels;
mod report;

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Result;
use klausul_core::{Error, ErrorKind};
use klausul_train::{Row, TrainOptions, Vectors, train};
use klausul_transformer::ModelWriter;

use crate::args::TrainArgs;
use crate::gold::note;
use crate::interrupt::stop_on_interrupt;
use crate::model;
use bar::Bar;
use base::Base;
use corpus::Corpus;

/// Units between two layers unless told.
const HIDDEN_UNITS: usize = 256;

/// Trains what the arguments ask for and writes the model.
pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    // Everything that can be refused is refused before the work of minutes.
    let options = options(args)?;
    let engine = model::engine(args.run.engine()?);
    let base = Base::new(args)?;
    let writer = ModelWriter::new(&base.directory, &args.output, args.force)?;
    let corpus = Corpus::read(args)?;
    note(args.quiet, &corpus.summary());
    let stop = stop_on_interrupt();
    let embedder = base.embedder(engine, args.threads)?;
    let bar = Bar::new("embedding", args.quiet);
    let vectors = Vectors::embed(&embedder, &corpus.paragraphs, &mut |done, all| {
        bar.at(done, all);
        check(&stop)
    })?;
    drop(bar);
    let [training, development] = [&corpus.training, &corpus.development].map(|rows| {
        let place = |&row: &Row| Row { input: vectors.input(row.input), ..row };
        rows.iter().map(place).collect::<Vec<_>>()
    });
    let bar = Bar::new("training", args.quiet);
    let trained = train(&vectors, &training, &development, corpus.taxonomy.len(), &options, &mut |epoch| {
        bar.at(epoch.epoch, options.epochs);
        check(&stop)
    })?;
    drop(bar);
    report::notes(args, &corpus, &trained);
    let manifest =
        trained.manifest(&name(args), &corpus.taxonomy, base.format, base.pooling, corpus.training_data.clone());
    check(&stop)?;
    let manifest = writer.write(&trained.head, manifest, corpus.taxonomy_file.as_deref())?;
    note(args.quiet, &format!("{}: model {} {}", args.output.display(), manifest.name, manifest.version));
    if let Some(path) = &args.json {
        report::write(path, args, &corpus, &vectors, &trained, &manifest)?;
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
