//! Readers: files, folders and streams to pages and rows.
//!
//! [`inputs`] walks what the user named, [`open`] reads one input as a stream of [`Item`]s: a [`Page`] is a whole policy
//! that still has to be cut into paragraphs, a [`Row`] is a paragraph that somebody else cut.
//!
//! ```
//! use klausul_data::read::{inputs, open, Item, ReadOptions};
//!
//! # fn main() -> klausul_core::Result<()> {
//! # let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("policy.html"), "<p>We keep your data for 30 days.</p>")?;
//!
//! let options = ReadOptions::new();
//! for input in inputs(&[folder.path().to_owned()], &options) {
//!     for item in open(&input?, &options) {
//!         match item? {
//!             Item::Page(page) => {
//!                 assert_eq!(page.id, "policy.html");
//!                 let (format, text) = page.into_text()?; // in a worker thread: this is the expensive part
//!                 assert_eq!((format.as_str(), text.len()), ("html", 37));
//!             }
//!             Item::Row(row) => println!("{}", row.text),
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What an input is, is told by its content
//!
//! In this order: compression (gzip or zstd, any number of members or frames, up to four layers), magic bytes (PDF,
//! Parquet, WARC, known binary formats), a UTF-16 byte order mark or pattern, then the structure of the first 64 KiB:
//! JSON objects, HTML tags, a CSV header with a column that this program knows, Markdown constructs. The extension only
//! breaks ties, and [`ReadOptions::with_format`] ends the discussion.
//!
//! # Character sets
//!
//! A byte order mark wins. Otherwise text that is valid UTF-8 is UTF-8, whatever was declared. Otherwise, where at least
//! four in five of its non-ASCII sequences are valid, it is UTF-8 and each bad sequence is read as windows-1252.
//! Otherwise the declared character set holds (HTTP header, then `<meta>` or XML declaration in the first 4 KiB), unless
//! it declares ASCII or UTF-8 or does not decode; then the bytes decide (`chardetng`). NUL characters are dropped.
//!
//! # Errors, limits and threads
//!
//! The iterators never stop the run: what cannot be read is an `Err` that names the file and the line or record, and the
//! next item follows. Only when nothing can follow (the stream is cut, the table is no table) does an iterator end.
//! Nothing is held in memory beyond one item of at most [`ReadOptions::max_document_bytes`] and buffers; a Parquet file
//! also holds one page a column and one batch of rows. All iterators are `Send`, start no thread, and turn a panic in a
//! library below into an `Err`. Inputs are not trusted, and nothing is ever fetched from the network.

mod binary;
mod charset;
mod compress;
mod csv;
mod format;
mod guard;
mod http;
mod input;
mod item;
mod jsonl;
mod lines;
mod markup;
mod open;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "pdf")]
mod pdf;
mod record;
mod sniff;
mod stream;
mod transcode;
mod warc;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod testing;

pub use format::Format;
pub use input::{Input, inputs};
pub use item::{Body, Item, Page, Row};
pub use open::open;
pub use options::{ReadOptions, RowMode};
