//! The command line of klausul: data on stdout, everything else on stderr.
//!
//! Exit codes: 0 when everything was done, 1 when some input failed or the run was stopped, 2 for wrong usage or a model that cannot be used.

mod args;
mod evaluate;
mod gold;
mod interrupt;
#[cfg(feature = "transformer")]
mod model;
mod run;
#[cfg(feature = "train")]
mod train;
mod verbs;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use klausul_core::ErrorKind;

use args::{Cli, Verb};

/// What a verb ended with, short of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Everything was done.
    Whole,
    /// Some input failed, or the run was stopped.
    InPart,
}

/// Runs the program on the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are data; a usage error is not. Neither can be helped when the terminal is gone.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let ended = match &cli.verb {
        Verb::Classify(args) => verbs::classify::run(args),
        Verb::Segment(args) => verbs::segment::run(args),
        Verb::Evaluate(args) => verbs::evaluate::run(args),
        Verb::Agreement(args) => verbs::agreement::run(args),
        Verb::Convert(args) => verbs::convert::run(args),
        Verb::Split(args) => verbs::split::run(args),
        #[cfg(feature = "train")]
        Verb::Train(args) => verbs::train::run(args),
        #[cfg(not(feature = "train"))]
        Verb::Train { .. } => Err(klausul_core::Error::new(ErrorKind::Usage, "this build trains no models")
            .mend("build it with its default features, `cargo build --release`")
            .into()),
        #[cfg(feature = "transformer")]
        Verb::Models(verb) => verbs::models::run(verb),
        #[cfg(feature = "transformer")]
        Verb::Bench(args) => verbs::bench::run(args),
        Verb::Taxonomy(args) => verbs::taxonomy::run(args),
    };
    match ended {
        Ok(Ended::Whole) => ExitCode::SUCCESS,
        Ok(Ended::InPart) => ExitCode::from(1),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "klausul: error: {}", chain(&error));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

/// The error and its causes on one line, each said once.
fn chain(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            if !said.is_empty() {
                said.push_str(": ");
            }
            said.push_str(&cause);
        }
    }
    said
}

/// The reader of our output has gone away, as `head` does: that is no error of ours.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let broken = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(broken))
}

fn is_usage(error: &anyhow::Error) -> bool {
    let usage = |error: &klausul_core::Error| matches!(error.kind(), ErrorKind::Usage | ErrorKind::Config);
    error.chain().any(|cause| cause.downcast_ref().is_some_and(usage))
}
