//! Runs multilingual BERT and XLM-RoBERTa encoders on plain CPUs.
//!
//! A model is a Hugging Face directory: [`EncoderConfig`] reads its `config.json`, [`Weights`] its `model.safetensors`, and
//! [`Int8Encoder`] turns token ids into one vector a text.
//!
//! ```no_run
//! use klausul_transformer::{EncoderConfig, Int8Encoder, Pooling, Scratch, Weights};
//!
//! # fn main() -> klausul_core::Result<()> {
//! let config = EncoderConfig::open("model/config.json")?;
//! let encoder = Int8Encoder::new(&config, &Weights::open("model/model.safetensors")?)?;
//! // Two texts of four and three tokens, packed end to end.
//! let tokens = [0, 41_711, 9_351, 2, 0, 38, 2];
//! let mut vectors = vec![0.0; 2 * config.hidden_size];
//! encoder.encode(&tokens, &[4, 7], Pooling::Mean, &mut Scratch::new(), &mut vectors)?;
//! # Ok(())
//! # }
//! ```
//!
//! **Threads.** The encoder is shared by reference and starts no threads: give every worker its own [`Scratch`] and its own texts.
//! A text's vector is the same to the bit whatever batch, order, worker or x86 kernel it goes through.
//!
//! **Offline.** Nothing here reaches the network. **Untrusted files.** Names, shapes and offsets of a weights file are checked
//! before anything is allocated for them, and values that are not numbers are refused.

mod config;
pub mod int8;
mod weights;

pub use config::{Activation, Architecture, EncoderConfig};
pub use int8::{Int8Encoder, KernelPath, Pooling, Scratch};
pub use weights::Weights;
