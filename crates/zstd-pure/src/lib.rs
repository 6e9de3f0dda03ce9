//! Stands in for the [`zstd`](https://crates.io/crates/zstd) crate, so that the default build needs no C compiler.
//!
//! Parquet files are often written with zstd pages. The `parquet` crate reads them through `zstd`, which compiles the C
//! library; everything else in klausul is Rust. `parquet` 60 makes six calls into `zstd`, all in its `compression.rs`,
//! and this crate answers exactly those over [`ruzstd`]: [`bulk::Compressor`], [`bulk::Decompressor`],
//! [`zstd_safe::get_frame_content_size`] and [`zstd_safe::compress_bound`]. The workspace puts it in the place of the
//! original with `[patch.crates-io]`; it is never published, and a program that depends on klausul from the registry
//! gets the original.
//!
//! When `parquet` learns to call more of `zstd`, the build fails here with the name of what is missing.

pub mod bulk;
pub mod zstd_safe;
