//! A batch: inputs in, records out in input order, every input accounted for.
//!
//! The main thread reads *waves* of documents and rows while the workers handle the wave before; a wave's records are written
//! together, in order. Waves are cut by counts and sizes alone, so neither the number of threads nor a stop in between can
//! change a byte of the output.

mod progress;
mod sink;
mod tally;
mod work;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::thread::available_parallelism;

use anyhow::{Context, Result};
use klausul_core::{Classifier, Error, ErrorKind, Taxonomy};
use klausul_data::batch::{self, Wave, Waves};
use klausul_data::read::{ReadOptions, RowMode, inputs};
use klausul_data::record::RecordFormat;
use rayon::prelude::*;

use crate::Ended;
use crate::args::{BatchArgs, Rows};
use crate::interrupt::stop_on_interrupt;
use progress::Progress;
use sink::{Fingerprint, Sink};
use tally::Tally;
use work::{Output, Worker};

/// What is done with each paragraph.
#[derive(Clone, Copy)]
pub(crate) enum Task<'a> {
    /// Write it as it is.
    Segment,
    /// Label it.
    Classify {
        /// Who labels.
        classifier: &'a dyn Classifier,
        /// Whether records carry the evidence.
        explain: bool,
        /// Whether records carry text and context.
        with_text: bool,
    },
}

impl Task<'_> {
    fn taxonomy(&self) -> &Taxonomy {
        match self {
            Self::Segment => Taxonomy::builtin(),
            Self::Classify { classifier, .. } => classifier.taxonomy(),
        }
    }
}

/// A batch whose arguments have been checked.
pub(crate) struct Run<'a> {
    args: &'a BatchArgs,
    task: Task<'a>,
    paths: Vec<PathBuf>,
    options: ReadOptions,
    format: RecordFormat,
    threads: usize,
}

impl<'a> Run<'a> {
    /// Checks the arguments.
    pub(crate) fn new(args: &'a BatchArgs, task: Task<'a>) -> Result<Self> {
        let mut paths = args.input.clone();
        if paths.is_empty() {
            if std::io::stdin().is_terminal() {
                return Err(usage("no input", "name files or folders, or `-` for standard input"));
            }
            paths.push("-".into());
        }
        if args.resume && paths.iter().any(|path| path.as_os_str() == "-") {
            return Err(usage("--resume cannot read standard input again", "give the inputs as files"));
        }
        let rows = match args.rows {
            Rows::Auto => RowMode::Auto,
            Rows::Paragraphs => RowMode::Paragraphs,
            Rows::Documents => RowMode::Documents,
        };
        let mut options = ReadOptions::new()
            .with_rows(rows)
            .with_max_document_bytes(args.max_document_bytes)?
            .with_include(&args.include)?
            .with_exclude(&args.exclude)?;
        if let Some(format) = args.format.0 {
            options = options.with_format(format);
        }
        if let Some(name) = &args.text_field {
            options = options.with_text_field(name)?;
        }
        if let Some(name) = &args.id_field {
            options = options.with_id_field(name)?;
        }
        let by_name = args.output.as_deref().and_then(RecordFormat::of_path);
        let format = args.output_format.or(by_name).unwrap_or(RecordFormat::Jsonl);
        let threads = args.threads.or_else(|| available_parallelism().ok()).map_or(1, std::num::NonZero::get);
        Ok(Self { args, task, paths, options, format, threads })
    }

    /// Runs it to its end, to a stop or to an error of the output.
    pub(crate) fn start(self) -> Result<Ended> {
        // The wave at hand is finished and written.
        let stop = stop_on_interrupt();
        let progress = Progress::new(&self.paths, self.args.quiet);
        let mut sink = Sink::open(self.args, self.format, || self.fingerprint())?;
        let mut tally = sink.resumed().unwrap_or_else(|| Tally::new(self.task.taxonomy()));
        if tally.items > 0 && !self.args.quiet {
            progress.note(&format!("resuming after {} documents and rows", tally.items));
        }
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build().context("no worker threads")?;
        let worker = Worker::new(self.task, self.args.language);
        let listing = inputs(&self.paths, &self.options);
        let mut waves = Waves::new(listing, self.options.clone());
        waves.skip_items(tally.items);
        let mut ready = waves.next();
        while let Some(wave) = ready {
            // The next wave is read on this thread while the workers handle this one.
            let mut outputs = Vec::new();
            let Wave { units, items, bytes_read, .. } = wave;
            ready = pool.in_place_scope(|scope| {
                scope.spawn(|_| outputs = units.into_par_iter().map(|unit| worker.handle(unit)).collect());
                if stop.load(Ordering::Relaxed) { None } else { waves.next() }
            });
            tally.items += items;
            let whole = self.write(outputs, &mut sink, &mut tally, &progress)?;
            progress.at(bytes_read, &tally);
            if !whole || stop.load(Ordering::Relaxed) {
                progress.finish();
                sink.stop()?;
                let how = if sink.is_resumable() { "; --resume continues it" } else { "" };
                progress.note(&format!("stopped after {} documents{how}", tally.documents));
                return Ok(Ended::InPart);
            }
        }
        progress.finish();
        sink.finish(self.task.taxonomy())?;
        if self.args.summary {
            tally.print(self.task.taxonomy());
        } else if tally.failed() > 0 && !self.args.quiet {
            progress.note(&format!("{} failures; --summary lists them again at the end", tally.failed()));
        }
        Ok(if tally.failed() > 0 { Ended::InPart } else { Ended::Whole })
    }

    /// Writes a wave's records in order; `false` when the run ends at an error.
    fn write(&self, outputs: Vec<Output>, sink: &mut Sink, tally: &mut Tally, progress: &Progress) -> Result<bool> {
        for output in outputs {
            sink.write(&output.bytes)?;
            for failure in &output.failures {
                progress.error(failure);
                sink.failure(failure)?;
            }
            let failed = !output.failures.is_empty();
            tally.add(output);
            if failed && self.args.fail_fast {
                return Ok(false);
            }
        }
        sink.checkpoint(tally)?;
        Ok(true)
    }

    /// What must be the same for a run to continue another.
    fn fingerprint(&self) -> Fingerprint {
        let task = match &self.task {
            Task::Segment => "segment".to_owned(),
            Task::Classify { classifier, explain, with_text } => {
                format!("classify {} {} explain={explain} text={with_text}", classifier.backend(), classifier.model())
            }
        };
        let args = self.args;
        let settings = format!(
            "klausul {} {task} {:?} {:?} {:?} {:?} {:?} {:?} {}",
            env!("CARGO_PKG_VERSION"),
            args.format,
            args.rows,
            args.text_field,
            args.id_field,
            args.language,
            self.format,
            args.max_document_bytes,
        );
        let mut files = Vec::new();
        for input in inputs(&self.paths, &self.options) {
            // What cannot be listed now fails again when it is read.
            let Ok(input) = input else { continue };
            files.push(format!("{} {}", input.id, batch::bytes(&input)));
        }
        Fingerprint::new(settings, &files)
    }
}

fn usage(found: &str, mend: &str) -> anyhow::Error {
    Error::new(ErrorKind::Usage, found).mend(mend).into()
}
