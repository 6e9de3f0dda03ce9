//! Values whose threads belong to the process that made them.

use std::process;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;

/// Holds a value for the process that made it; a child of `fork` makes its own.
///
/// Threads do not live on in a child, and a lock that one of them held stays locked there. So what a parent made is neither used nor
/// dropped in a child: it is forgotten, and its memory stays shared with the parent.
pub(crate) struct PerProcess<T>(Mutex<Option<(u32, T)>>);

impl<T: Clone> PerProcess<T> {
    /// Holds what this process made.
    pub(crate) fn new(value: T) -> Self {
        Self(Mutex::new(Some((process::id(), value))))
    }

    /// The value of this process.
    ///
    /// # Errors
    /// Those of `load`, which is called where there is none yet.
    pub(crate) fn get(&self, py: Python<'_>, load: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
        if let Some(value) = self.held(py) {
            return Ok(value);
        }
        // Without the lock: a thread that loads a value lets others run, and one of these may fork.
        let value = load()?;
        // Another thread may have been faster.
        if let Some(faster) = self.held(py) {
            return Ok(faster);
        }
        *self.lock() = Some((process::id(), value.clone()));
        Ok(value)
    }

    /// The value, if this process made one. The lock is held only while attached to the interpreter, as whoever forks is too: so no
    /// child finds it locked.
    fn held(&self, _attached: Python<'_>) -> Option<T> {
        let mut slot = self.lock();
        match &*slot {
            Some((owner, value)) if *owner == process::id() => Some(value.clone()),
            _ => {
                std::mem::forget(slot.take());
                None
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(u32, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let slot = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        if slot.as_ref().is_some_and(|(owner, _)| *owner != process::id()) {
            std::mem::forget(slot.take());
        }
    }
}
