//! `klausul evaluate`.

use anyhow::{Context, Result};

use crate::Ended;
use crate::args::EvaluateArgs;

pub(crate) fn run(args: &EvaluateArgs) -> Result<Ended> {
    let threads = args.threads.map_or(0, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("no worker threads")?;
    pool.install(|| crate::evaluate::run(args))?;
    Ok(Ended::Whole)
}
