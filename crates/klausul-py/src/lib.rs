//! The Python package `klausul`: the same engine as the program and the Rust crate, for Python.
//!
//! `engine` holds the classifier and its threads, which belong to a process (`process`) and work while other Python threads run
//! (`run`). What comes in is made paragraphs of: Python objects in `input`, columns of Arrow tables in `columns` and `table`. What
//! goes out stays in Rust until Python asks for it. `capsule` is the only module with unsafe code of its own.

mod capsule;
mod classifier;
mod columns;
mod document;
mod embed;
mod engine;
mod errors;
mod evaluate;
mod input;
mod page;
mod paths;
mod prediction;
mod process;
mod progress;
mod run;
mod table;
mod train;

/// What `klausul` is made of.
#[pyo3::pymodule]
mod _klausul {
    #[pymodule_export]
    use crate::classifier::Classifier;
    #[pymodule_export]
    use crate::document::{Document, Paragraph};
    #[pymodule_export]
    use crate::embed::Vectors;
    #[pymodule_export]
    use crate::paths::Paths;
    #[pymodule_export]
    use crate::prediction::Prediction;
    #[pymodule_export]
    use crate::table::{RecordBatch, Table};
    #[pymodule_export]
    use crate::train::train;

    #[pymodule_export]
    #[expect(non_upper_case_globals, reason = "Python's name for it")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}
