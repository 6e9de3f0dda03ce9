//! The binary as a user runs it.

mod bad_input;
mod classify;
mod evaluate;
mod html;
#[cfg(unix)]
mod resume;
mod rows;
mod util;
