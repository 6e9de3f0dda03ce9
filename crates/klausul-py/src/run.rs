//! Long work without the interpreter, which Ctrl-C ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use klausul::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::errors::OrRaise;

/// How long Ctrl-C waits to be heard.
const PATIENCE: Duration = Duration::from_millis(100);

/// Says when the caller wants no more.
#[derive(Default)]
pub(crate) struct Stop(AtomicBool);

impl Stop {
    /// # Errors
    /// When the work is to end.
    pub(crate) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(Error::new(ErrorKind::Io, "stopped")) } else { Ok(()) }
    }
}

/// Does work on a thread of its own while other Python threads run; signals are heard meanwhile.
///
/// # Errors
/// Those of the work, and what a signal handler raises.
pub(crate) fn detached<T: Send>(py: Python<'_>, work: impl FnOnce(&Stop) -> Result<T> + Send) -> PyResult<T> {
    let stop = Stop::default();
    py.detach(|| {
        thread::scope(|scope| {
            let (done, result) = channel();
            let stop = &stop;
            scope.spawn(move || {
                // The other end waits until it has the result.
                let _ = done.send(work(stop));
            });
            let mut raised = None;
            loop {
                match result.recv_timeout(PATIENCE) {
                    Ok(result) => return raised.map_or_else(|| result.or_raise(), Err),
                    Err(RecvTimeoutError::Timeout) => {
                        let heard: PyResult<()> = Python::attach(|py| {
                            py.check_signals()?;
                            Ok(())
                        });
                        if let Err(error) = heard {
                            stop.0.store(true, Ordering::Relaxed);
                            raised.get_or_insert(error);
                        }
                    }
                    // The work panicked, which the end of the scope raises again.
                    Err(RecvTimeoutError::Disconnected) => {
                        return Err(crate::errors::exception(&Error::new(ErrorKind::Io, "the work ended early")));
                    }
                }
            }
        })
    })
}
