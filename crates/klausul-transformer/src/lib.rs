//! Labels paragraphs by a multilingual BERT or XLM-RoBERTa encoder, on plain CPUs and GPUs.
//!
//! A model is a directory ([`ModelDirectory`]): `config.json`, `tokenizer.json` and `model.safetensors` as Hugging Face has them, and
//! `klausul.json` ([`Manifest`]) with labels, thresholds, calibration and hashes. An [`Input`] makes windows of tokens of a paragraph and
//! its headings, an [`Encoder`] vectors of windows, a [`Head`] logits of vectors; [`TransformerClassifier`] is all of them together. A [`ModelWriter`] makes a
//! directory of one model's encoder and a new head.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use klausul_core::Taxonomy;
//! use klausul_transformer::{Int8Engine, ModelDirectory, TransformerClassifier, Workers};
//!
//! # fn main() -> klausul_core::Result<()> {
//! let directory = ModelDirectory::open("models/small")?;
//! directory.verify()?;
//! let workers = Arc::new(Workers::new(4)?);
//! let classifier = TransformerClassifier::new(&directory, Int8Engine::new, Taxonomy::builtin().clone(), workers)?;
//! # Ok(())
//! # }
//! ```
//!
//! **Features.** `candle` (default): the f32 reference engine; `cuda`, `metal`: that engine on graphics cards, in f32, f16 or bf16.
//! `hub` (default): models by their id on the Hugging Face hub. `embedded-model` (default): `ModelDirectory::shipped`, the model that ships.
//!
//! **Threads.** [`Workers`] are the only threads, and the caller says how many. A batch runs on one worker. On processors a
//! prediction depends on its paragraph alone: batch, order and number of workers change no bit of it.
//!
//! **Offline.** Only `Hub::fetch` opens connections, and only for files that the cache lacks. No environment variable decides anything
//! here; candle asks `RAYON_NUM_THREADS` itself.
//!
//! **Untrusted files and text.** Sizes, shapes and values of model files are checked before they are used, and errors name the file
//! and the tensor. Special tokens that stand in a page are read as its text. Text of any length is cut into windows.

mod batch;
mod blocks;
#[cfg(feature = "candle")]
mod candle;
mod classifier;
mod config;
mod decide;
mod directory;
mod embedder;
mod encoder;
mod ensemble;
mod explain;
mod head;
#[cfg(feature = "hub")]
mod hub;
pub mod int8;
pub mod manifest;
mod pack;
mod sentence;
mod shipped;
mod tokenize;
mod unigram;
mod weights;
mod workers;
mod write;

#[cfg(feature = "candle")]
pub use candle::{CandleEncoder, Device, Precision};
pub use classifier::TransformerClassifier;
pub use config::{Activation, Architecture, EncoderConfig};
pub use directory::{ModelDirectory, file_entry};
pub use embedder::{Embedder, Windows};
pub use encoder::{Encoder, Pooling};
pub use ensemble::EnsembleClassifier;
pub use head::{Head, dot};
#[cfg(feature = "hub")]
pub use hub::{Hub, HubOptions, Progress};
pub use int8::{Int8Encoder, Int8Engine, KernelPath, Scratch};
pub use manifest::Manifest;
pub use pack::{PackOptions, Packed, pack};
pub use tokenize::Input;
pub use weights::Weights;
pub use workers::Workers;
pub use write::ModelWriter;
