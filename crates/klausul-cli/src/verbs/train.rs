//! `klausul train`.

use anyhow::{Context, Result};

use crate::Ended;
use crate::args::TrainArgs;

pub(crate) fn run(args: &TrainArgs) -> Result<Ended> {
    let threads = args.threads.map_or(0, std::num::NonZero::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("no worker threads")?;
    pool.install(|| crate::train::run(args))?;
    Ok(Ended::Whole)
}
