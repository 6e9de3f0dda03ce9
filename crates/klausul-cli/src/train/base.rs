//! The model whose encoder is taken.

use std::num::NonZeroUsize;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use klausul_transformer::manifest::InputFormat;
use klausul_transformer::{Embedder, Encoder, EncoderConfig, ModelDirectory, Pooling, Weights};

use crate::args::TrainArgs;
use crate::gold::note;
use crate::model;

pub(super) struct Base {
    pub(super) directory: ModelDirectory,
    pub(super) format: InputFormat,
    pub(super) pooling: Pooling,
}

impl Base {
    pub(super) fn new(args: &TrainArgs) -> Result<Self> {
        let directory = match &args.model {
            Some(name) => model::directory(name, args.revision.as_deref(), true, args.quiet)?,
            None => model::directory_or_shipped(None, "`klausul train`")?,
        };
        let given = [
            ("--prefix", args.prefix.is_some()),
            ("--max-tokens", args.max_tokens.is_some()),
            ("--pooling", args.pooling.is_some()),
        ];
        let given = given.into_iter().find_map(|(name, given)| given.then_some(name));
        if let Some(manifest) = directory.manifest() {
            if let Some(given) = given {
                let message = format!("klausul.json says already how the encoder reads, and {given} does too");
                let error = Error::new(ErrorKind::Usage, message).at(directory.name());
                return Err(error.mend(format!("leave {given} out")));
            }
            let (format, pooling) = (manifest.input.clone(), manifest.pooling);
            return Ok(Self { directory, format, pooling });
        }
        let mut format = directory.plain_input().map_err(model::refused)?;
        format.prefix = args.prefix.clone().unwrap_or_default();
        if let Some(tokens) = args.max_tokens {
            format.max_tokens = tokens;
        }
        let pooling = args.pooling.map_or(Pooling::Mean, Pooling::from);
        if given.is_none() {
            let said = format!(
                "the encoder has no klausul.json: windows of {} tokens, no prefix, mean pooling (--max-tokens, --prefix and --pooling \
                 say otherwise)",
                format.max_tokens
            );
            note(args.quiet, &said);
        }
        Ok(Self { directory, format, pooling })
    }

    pub(super) fn embedder(
        &self,
        engine: impl FnOnce(&EncoderConfig, &Weights) -> Result<Arc<dyn Encoder>> + Send,
        threads: Option<NonZeroUsize>,
    ) -> Result<Embedder> {
        let workers = model::workers(threads)?;
        Embedder::plain(&self.directory, engine, &self.format, self.pooling, workers).map_err(model::refused)
    }
}
