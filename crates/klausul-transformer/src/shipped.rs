//! The model that is part of the program.

use klausul_core::Result;

use crate::ModelDirectory;
use crate::directory::{CONFIG, MANIFEST, TOKENIZER, WEIGHTS};

/// A file of `models/klausul-small`.
macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/klausul-small/", $name))
    };
}

static FILES: [(&str, &[u8]); 4] = [
    (MANIFEST, file!("klausul.json")),
    (CONFIG, file!("config.json")),
    (TOKENIZER, file!("tokenizer.json")),
    (WEIGHTS, file!("model.safetensors")),
];

impl ModelDirectory {
    /// The model that is part of the program, `models/klausul-small`; see its `MODEL_CARD.md`.
    ///
    /// # Errors
    /// As [`open`](Self::open), when the program was built with broken files.
    pub fn shipped() -> Result<Self> {
        Self::embedded(Self::SHIPPED, &FILES)
    }
}
