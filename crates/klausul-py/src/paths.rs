//! Documents of files and folders, one after the other.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use std::{process, thread};

use klausul::data::read::ReadOptions;
use klausul::{Classified, Error, ErrorKind, Language, Result};
use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;

use crate::document::Document;
use crate::engine::Engine;
use crate::errors::{self, OrRaise, usage};
use crate::prediction::Decider;
use crate::progress::Progress;

/// Documents that wait at most until they are asked for.
const READY: usize = 256;
/// How long Ctrl-C waits to be heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// What the thread that works has to say.
enum Step {
    Done(Result<Box<Classified>>),
    /// Documents, rows and failures so far.
    Items(u64),
    /// All inputs are done.
    End,
}

/// What to read, and how.
pub(crate) struct Reading {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) options: ReadOptions,
    pub(crate) language: Option<Language>,
}

/// Labelled documents in the order of the inputs, worked on ahead of the caller.
#[pyclass(module = "klausul", frozen)]
pub(crate) struct Paths {
    state: Mutex<State>,
    stop: Arc<AtomicBool>,
    by: Arc<Decider>,
    /// Whether an input that fails ends the iteration.
    raises: bool,
    owner: u32,
}

struct State {
    steps: Option<Receiver<Step>>,
    progress: Progress,
}

impl Paths {
    /// Starts to work.
    pub(crate) fn start(
        engine: Arc<Engine>,
        by: Arc<Decider>,
        reading: Reading,
        progress: Progress,
        raises: bool,
    ) -> PyResult<Self> {
        let (sender, steps) = sync_channel(READY);
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let work = move || engine.pool.install(|| work(&engine, reading, &sender, &stopped));
        let started = thread::Builder::new().name("klausul-paths".into()).spawn(work);
        started.map_err(Error::from).or_raise()?;
        let state = State { steps: Some(steps), progress };
        Ok(Self { state: Mutex::new(state), stop, by, raises, owner: process::id() })
    }
}

fn work(engine: &Engine, reading: Reading, sender: &SyncSender<Step>, stop: &AtomicBool) {
    let mut batch = engine.classifier.batch().options(reading.options);
    if let Some(language) = reading.language {
        batch = batch.language(language);
    }
    let told = sender.clone();
    let batch = batch.progress(move |progress| {
        let heard = told.send(Step::Items(progress.items)).is_ok();
        if heard && !stop.load(Ordering::Relaxed) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    for outcome in batch.run(&reading.paths) {
        // Nobody listens any more.
        if sender.send(Step::Done(outcome.map(Box::new))).is_err() {
            return;
        }
    }
    // The same, but nothing is left to be done.
    let _ = sender.send(Step::End);
}

#[pymethods]
impl Paths {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if self.owner != process::id() {
            return Err(usage(
                "the documents are read in the process that began it",
                "call classify_paths in this one",
            ));
        }
        let Ok(mut state) = self.state.try_lock() else {
            return Err(usage("two threads ask for the next document", "let one of them hand the documents out"));
        };
        loop {
            let Some(steps) = state.steps.take() else { return Err(PyStopIteration::new_err(())) };
            // Other Python threads run while this one waits.
            let (steps, step) = py.detach(move || {
                let step = steps.recv_timeout(PATIENCE);
                (steps, step)
            });
            match step {
                Ok(Step::End) => return Err(PyStopIteration::new_err(())),
                Err(RecvTimeoutError::Disconnected) => {
                    let error = Error::new(ErrorKind::Io, "the work ended early (a bug in klausul; please report it)");
                    return Err(errors::exception(&error));
                }
                Err(RecvTimeoutError::Timeout) => {
                    state.steps = Some(steps);
                    py.check_signals()?;
                }
                Ok(Step::Items(items)) => {
                    state.steps = Some(steps);
                    state.progress.at(py, items as usize)?;
                }
                Ok(Step::Done(Ok(document))) => {
                    state.steps = Some(steps);
                    return Ok(Bound::new(py, Document::new(py, *document, &self.by)?)?.into_any());
                }
                Ok(Step::Done(Err(error))) if self.raises => return Err(errors::exception(&error)),
                Ok(Step::Done(Err(error))) => {
                    state.steps = Some(steps);
                    return errors::object(py, &error);
                }
            }
        }
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if self.owner != process::id() {
            // The other end is in the parent, and so may be a lock that it held.
            std::mem::forget(state.steps.take());
        }
    }
}
