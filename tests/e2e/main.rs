//! The binary as a user runs it.

mod bad_input;
#[cfg(feature = "transformer")]
mod bad_models;
#[cfg(feature = "transformer")]
mod bench;
mod classify;
mod evaluate;
mod html;
#[cfg(feature = "transformer")]
mod hub;
#[cfg(feature = "transformer")]
mod model;
#[cfg(feature = "transformer")]
mod models;
#[cfg(unix)]
mod resume;
mod rows;
#[cfg(feature = "embedded-model")]
mod shipped;
#[cfg(feature = "train")]
mod train;
#[cfg(feature = "transformer")]
mod transformer;
mod util;
