//! The int8 encoder as an engine that many workers share.

use std::sync::{Mutex, PoisonError};

use klausul_core::Result;

use super::{Int8Encoder, Scratch};
use crate::{Encoder, EncoderConfig, Pooling, Weights};

/// The int8 encoder with memory for as many workers as use it at a time.
#[derive(Debug)]
pub struct Int8Engine {
    encoder: Int8Encoder,
    scratch: Mutex<Vec<Scratch>>,
}

impl Int8Engine {
    /// Reads, quantises and packs the weights of a model.
    ///
    /// # Errors
    /// Those of [`Int8Encoder::new`].
    pub fn new(config: &EncoderConfig, weights: &Weights) -> Result<Self> {
        Ok(Self { encoder: Int8Encoder::new(config, weights)?, scratch: Mutex::default() })
    }

    /// The encoder.
    pub fn encoder(&self) -> &Int8Encoder {
        &self.encoder
    }
}

impl Encoder for Int8Engine {
    fn config(&self) -> &EncoderConfig {
        self.encoder.config()
    }

    fn engine(&self) -> &'static str {
        "int8"
    }

    fn encode(&self, tokens: &[u32], ends: &[u32], pooling: Pooling, out: &mut [f32]) -> Result<()> {
        let held = || self.scratch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut scratch = held().pop().unwrap_or_default();
        let encoded = self.encoder.encode(tokens, ends, pooling, &mut scratch, out);
        held().push(scratch);
        encoded
    }
}
