//! The model that is part of the program.

use klausul_core::Result;

use crate::ModelDirectory;

/// The files of `models/klausul-small` in builds that hold them.
#[cfg(feature = "embedded-model")]
static FILES: Option<&[(&str, &[u8])]> = {
    macro_rules! file {
        ($name:literal) => {
            ($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/klausul-small/", $name)))
        };
    }
    Some(&[file!("klausul.json"), file!("config.json"), file!("tokenizer.json"), file!("model.safetensors")])
};
#[cfg(not(feature = "embedded-model"))]
static FILES: Option<&[(&str, &[u8])]> = None;

impl ModelDirectory {
    /// Name of the model that ships with klausul.
    pub const SHIPPED: &str = "klausul-small";

    /// The model that is part of the program, `models/klausul-small`, in builds with the feature `embedded-model`; see its
    /// `MODEL_CARD.md`.
    ///
    /// # Errors
    /// As [`open`](Self::open), when the program was built with broken files.
    pub fn shipped() -> Result<Option<Self>> {
        FILES.map(|files| Self::embedded(Self::SHIPPED, files)).transpose()
    }
}
