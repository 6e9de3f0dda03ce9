//! Readers: inputs to documents and rows.
