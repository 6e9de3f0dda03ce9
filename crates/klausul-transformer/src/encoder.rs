//! What every engine does: packed token ids in, one vector a text out.

use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};

use crate::EncoderConfig;

/// How the vectors of a text's tokens become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pooling {
    /// Their mean.
    Mean,
    /// The first token's.
    First,
}

/// An engine that turns token ids into vectors.
///
/// A vector depends on its text's tokens alone, to the bit on processors: not on the batch, its order or the worker.
pub trait Encoder: Send + Sync {
    /// The shape of the model that it runs.
    fn config(&self) -> &EncoderConfig;

    /// Its name in messages and records: `candle`, `candle-cuda-f16`, `int8`.
    fn engine(&self) -> &str;

    /// Encodes texts that lie end to end without padding: text `i` has the tokens from `ends[i - 1]` (0 for the first) to
    /// `ends[i]`. Row `i` of `out`, [`hidden`](Self::hidden) long, becomes its pooled vector, not normalised; that of a text
    /// without tokens is zero.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when the ends do not rise to the number of tokens, `out` has another length, a token is not in the
    /// vocabulary, or a text has more tokens than positions; an engine's own failures besides.
    fn encode(&self, tokens: &[u32], ends: &[u32], pooling: Pooling, out: &mut [f32]) -> Result<()>;

    /// Length of a vector.
    fn hidden(&self) -> usize {
        self.config().hidden_size
    }
}

/// Whoever chooses an engine at run time has it behind a pointer.
impl<E: Encoder + ?Sized> Encoder for Arc<E> {
    fn config(&self) -> &EncoderConfig {
        (**self).config()
    }

    fn engine(&self) -> &str {
        (**self).engine()
    }

    fn encode(&self, tokens: &[u32], ends: &[u32], pooling: Pooling, out: &mut [f32]) -> Result<()> {
        (**self).encode(tokens, ends, pooling, out)
    }
}

/// The texts of packed tokens.
pub(crate) fn texts<'a>(tokens: &'a [u32], ends: &'a [u32]) -> impl Iterator<Item = &'a [u32]> {
    let starts = std::iter::once(0).chain(ends.iter().map(|&end| end as usize));
    starts.zip(ends).map(|(start, &end)| &tokens[start..end as usize])
}

/// Checks what every engine asks of its arguments.
pub(crate) fn check(config: &EncoderConfig, tokens: &[u32], ends: &[u32], out: &[f32]) -> Result<()> {
    let usage = |message: String, mend: &str| Err(Error::new(ErrorKind::Usage, message).mend(mend));
    if !ends.is_sorted() || ends.last().map_or(0, |&end| end as usize) != tokens.len() {
        return usage(
            format!("the ends do not rise to the {} tokens", tokens.len()),
            "give the cumulative lengths of the texts",
        );
    }
    let size = ends.len() * config.hidden_size;
    if out.len() != size {
        return usage(format!("the output holds {} values, not {size}", out.len()), "give texts × hidden size values");
    }
    if let Some(token) = tokens.iter().find(|&&token| token as usize >= config.vocab_size) {
        let message = format!("token `{token}` is not among the {} of the model", config.vocab_size);
        return usage(message, "take the tokenizer.json that belongs to the weights");
    }
    let (longest, most) = (texts(tokens, ends).map(<[u32]>::len).max().unwrap_or(0), config.max_tokens());
    if longest > most {
        return usage(
            format!("a text has {longest} tokens, and the model positions for {most}"),
            "cut it into windows",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_arguments_are_named() {
        let config = r#"{"architectures": ["BertModel"], "vocab_size": 10, "hidden_size": 4, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 8, "max_position_embeddings": 3}"#;
        let config = EncoderConfig::from_json(config).unwrap();
        assert!(check(&config, &[1, 2, 3], &[1, 1, 3], &[0.0; 12]).is_ok());
        for (tokens, ends, out, named) in [
            (vec![1, 2, 3], vec![2, 1, 3], 12, "rise"),
            (vec![1, 2, 3], vec![1, 2], 8, "rise"),
            (vec![1, 2, 3], vec![3], 8, "8 values, not 4"),
            (vec![1, 10, 3], vec![3], 4, "token `10`"),
            (vec![1, 2, 3, 4], vec![4], 4, "4 tokens"),
        ] {
            let error = check(&config, &tokens, &ends, &vec![0.0; out]).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("; "), "{error}");
        }
    }
}
