//! The forms in which an evaluation is handed to people.

mod html;

pub use html::html;
