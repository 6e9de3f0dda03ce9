//! What goes wrong between here and the hub, and what is tried again.

use std::io;
use std::thread::sleep;
use std::time::Duration;

use klausul_core::{Error, ErrorKind, Result};

/// Times that a request is made again, and the pause before the first of them; each pause is twice the one before.
const RETRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(300);

const NETWORK: &str = "check the id, the network, HF_ENDPOINT and HF_TOKEN, or give the model's directory";

/// A request that came to nothing.
#[derive(Debug)]
pub(super) enum Failure {
    /// The hub or the way to it is at fault.
    Remote {
        why: String,
        mend: &'static str,
        /// Whether the same request may go well later.
        passes: bool,
        source: Option<ureq::Error>,
    },
    /// This machine is: its disk, most likely.
    Local(Error),
}

impl Failure {
    /// One that no further request mends.
    pub(super) fn lasting(why: impl Into<String>, mend: &'static str) -> Self {
        Self::Remote { why: why.into(), mend, passes: false, source: None }
    }

    /// An answer that a hub would not give.
    pub(super) fn no_hub(what: &str) -> Self {
        Self::lasting(format!("it does not answer as a hub does: {what}"), NETWORK)
    }

    /// The end of a body that is not all there.
    pub(super) fn cut() -> Self {
        ureq::Error::Io(io::ErrorKind::UnexpectedEof.into()).into()
    }

    /// An answer whose status is neither success nor redirect, and the hub's own words about it.
    pub(super) fn refused(status: u16, said: Option<&str>) -> Self {
        let (why, mend) = match status {
            401 => (
                "it asks for a token",
                "check the id, and set HF_TOKEN to a token that may read the model: the hub hides private ones",
            ),
            403 => (
                "it denies access",
                "accept the model's terms on its page, and set HF_TOKEN to a token that may read it",
            ),
            404 => (
                "it has no such model, revision or file",
                "check the id, the revision and HF_ENDPOINT, and set HF_TOKEN if the model is private",
            ),
            429 => (
                "it has had too many requests",
                "try again later, or set HF_TOKEN: the hub grants more to those it knows",
            ),
            500..=599 => ("it is out of order", "try again later, or set HF_ENDPOINT to a mirror"),
            _ => ("it does not answer as a hub does", NETWORK),
        };
        let said = said.map(|said| format!(": {said}")).unwrap_or_default();
        let passes = matches!(status, 429 | 500..=599);
        Self::Remote { why: format!("{why} (status {status}{said})"), mend, passes, source: None }
    }

    fn about(self, subject: &str, endpoint: &str) -> Error {
        match self {
            Self::Local(error) => error,
            Self::Remote { why, mend, source, .. } => {
                let message = format!("{subject} is not fetched from {endpoint}: {why}");
                let error = Error::new(ErrorKind::Io, message).mend(mend);
                match source {
                    Some(source) => error.caused_by(source),
                    None => error,
                }
            }
        }
    }
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};

        let passes = match &error {
            ureq::Error::Timeout(_) => true,
            // Not a host that refuses or a certificate that does not hold: those do not pass.
            ureq::Error::Io(error) => {
                matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | TimedOut | UnexpectedEof)
            }
            _ => false,
        };
        Self::Remote { why: error.to_string(), mend: NETWORK, passes, source: Some(error) }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Local(error)
    }
}

/// Tries until it goes well, fails for good or has failed too often. The subject is what the error says is not fetched.
///
/// # Errors
/// [`ErrorKind::Io`] with the last failure.
pub(super) fn persist<T>(subject: &str, endpoint: &str, mut attempt: impl FnMut() -> Result<T, Failure>) -> Result<T> {
    let (mut left, mut pause) = (RETRIES, PAUSE);
    loop {
        match attempt() {
            Err(Failure::Remote { passes: true, .. }) if left > 0 => {
                sleep(pause);
                (left, pause) = (left - 1, pause * 2);
            }
            ended => return ended.map_err(|failure| failure.about(subject, endpoint)),
        }
    }
}
