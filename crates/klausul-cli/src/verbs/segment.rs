//! `klausul segment`.

use anyhow::Result;

use crate::Ended;
use crate::args::SegmentArgs;
use crate::run::{Run, Task};

pub(crate) fn run(args: &SegmentArgs) -> Result<Ended> {
    Run::new(&args.batch, Task::Segment)?.start()
}
