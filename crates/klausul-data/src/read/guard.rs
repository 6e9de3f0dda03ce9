//! Panics become errors, and errors get their place.

use std::panic::{AssertUnwindSafe, catch_unwind};

use klausul_core::{Error, ErrorKind, Result};

use super::Item;

/// A boxed stream of items.
pub(super) type Items = Box<dyn Iterator<Item = Result<Item>> + Send>;

/// Runs `work`, and makes an error of a panic in a library below.
pub(super) fn catch<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        Err(Error::new(
            ErrorKind::Format,
            format!("the content is damaged in a way that the reader did not expect: {what}"),
        )
        .mend("convert it to text or HTML with another program"))
    })
}

/// Opens on the first call, names the input in every error, and ends for good after `None` or a panic.
pub(super) struct Guard<F> {
    place: String,
    state: State<F>,
}

enum State<F> {
    Closed(F),
    Open(Items),
    Ended,
}

impl<F> Guard<F> {
    /// `place` is the path that errors carry.
    pub(super) fn new(place: String, open: F) -> Self {
        Self { place, state: State::Closed(open) }
    }
}

impl<F: FnOnce() -> Result<Items>> Iterator for Guard<F> {
    type Item = Result<Item>;

    fn next(&mut self) -> Option<Self::Item> {
        // While the work below runs the state is `Ended`, and so it stays when that work fails.
        let state = std::mem::replace(&mut self.state, State::Ended);
        let step = catch(move || {
            let mut items = match state {
                State::Closed(open) => open()?,
                State::Open(items) => items,
                State::Ended => return Ok(None),
            };
            Ok(items.next().map(|item| (item, items)))
        });
        match step {
            Ok(None) => None,
            Ok(Some((item, items))) => {
                self.state = State::Open(items);
                Some(item.map_err(|error| error.at(&self.place)))
            }
            Err(error) => Some(Err(error.at(&self.place))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_one_error_and_the_end() {
        let mut calls = 0;
        let items = std::iter::from_fn(move || -> Option<Result<Item>> {
            calls += 1;
            assert!(calls < 2, "boom {calls}");
            Some(Err(Error::new(ErrorKind::Format, "first")))
        });
        let mut guard = Guard::new("x.pdf".into(), || Ok(Box::new(items) as Items));
        assert_eq!(guard.next().unwrap().unwrap_err().to_string(), "x.pdf: first");
        assert!(guard.next().unwrap().unwrap_err().to_string().contains("boom 2"));
        assert!(guard.next().is_none());
        assert!(guard.next().is_none());
    }
}
