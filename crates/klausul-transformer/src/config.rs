//! What an encoder's `config.json` says.

use std::path::Path;

use klausul_core::{Error, ErrorKind, Result};
use serde::Deserialize;

/// Families of encoders, told apart by where positions start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Architecture {
    /// `BertModel` and its heads: positions from 0.
    Bert,
    /// `XLMRobertaModel` and its heads: positions from the padding id + 1, which is 2.
    XlmRoberta,
}

/// The function between the two layers of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activation {
    /// `x·Φ(x)` with the normal distribution function, exact form (`gelu`).
    Gelu,
    /// `max(x, 0)` (`relu`).
    Relu,
}

/// The shape of an encoder.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderConfig {
    /// Family.
    pub architecture: Architecture,
    /// Rows of the word embeddings.
    pub vocab_size: usize,
    /// Length of a token's vector.
    pub hidden_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Attention heads; they divide the hidden size.
    pub num_attention_heads: usize,
    /// Width of the feed-forward blocks.
    pub intermediate_size: usize,
    /// Rows of the position embeddings.
    pub max_position_embeddings: usize,
    /// Rows of the token type embeddings; row 0 is used.
    pub type_vocab_size: usize,
    /// Added to the variance in layer norms.
    pub layer_norm_eps: f32,
    /// The id of padding, from which XLM-RoBERTa counts positions.
    pub pad_token_id: u32,
    /// Between the feed-forward layers.
    pub activation: Activation,
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    architectures: Option<Vec<String>>,
    #[serde(default)]
    model_type: Option<String>,
    vocab_size: usize,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "two")]
    type_vocab_size: usize,
    #[serde(default = "epsilon")]
    layer_norm_eps: f32,
    #[serde(default)]
    pad_token_id: Option<u32>,
    #[serde(default)]
    hidden_act: Option<String>,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: Option<bool>,
}

fn two() -> usize {
    2
}

fn epsilon() -> f32 {
    1e-12
}

impl EncoderConfig {
    /// Reads a `config.json`.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when it cannot be read, else those of [`from_json`](Self::from_json), with the file's name.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::from(error).at(path).mend("give a directory with config.json, tokenizer.json and model.safetensors")
        })?;
        Self::from_json(&text).map_err(|error| error.at(path))
    }

    /// Reads the text of a `config.json`.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when a field is missing or out of range, [`ErrorKind::Config`] for an architecture, an activation or
    /// positions that this crate does not run; the message names the field and its value.
    pub fn from_json(text: &str) -> Result<Self> {
        let json: Json = serde_json::from_str(text).map_err(|error| {
            Error::new(ErrorKind::Format, format!("not the config of an encoder: {error}"))
                .mend("give the config.json of a BERT or XLM-RoBERTa model")
        })?;
        let config = Self {
            architecture: architecture(&json)?,
            vocab_size: json.vocab_size,
            hidden_size: json.hidden_size,
            num_hidden_layers: json.num_hidden_layers,
            num_attention_heads: json.num_attention_heads,
            intermediate_size: json.intermediate_size,
            max_position_embeddings: json.max_position_embeddings,
            type_vocab_size: json.type_vocab_size,
            layer_norm_eps: json.layer_norm_eps,
            pad_token_id: json.pad_token_id.unwrap_or(0),
            activation: activation(json.hidden_act.as_deref())?,
        };
        if let Some(positions) = json.position_embedding_type.as_deref().filter(|&name| name != "absolute") {
            return Err(unsupported("position_embedding_type", positions, "only `absolute` positions are run"));
        }
        if json.is_decoder == Some(true) {
            return Err(unsupported("is_decoder", "true", "only encoders are run"));
        }
        config.check()?;
        Ok(config)
    }

    /// The position of a text's first token.
    pub fn first_position(&self) -> usize {
        match self.architecture {
            Architecture::Bert => 0,
            Architecture::XlmRoberta => self.pad_token_id as usize + 1,
        }
    }

    /// Tokens of the longest text that has positions.
    pub fn max_tokens(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.first_position())
    }

    /// Length of a head's part of a token's vector.
    pub fn head_size(&self) -> usize {
        self.hidden_size / self.num_attention_heads.max(1)
    }

    /// Every size is at least 1 and small enough that products of two of them are far from overflow.
    fn check(&self) -> Result<()> {
        let sizes = [
            ("vocab_size", self.vocab_size, 1 << 24),
            ("hidden_size", self.hidden_size, 1 << 14),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 10),
            ("num_attention_heads", self.num_attention_heads, 1 << 10),
            ("intermediate_size", self.intermediate_size, 1 << 16),
            ("max_position_embeddings", self.max_position_embeddings, 1 << 20),
            ("type_vocab_size", self.type_vocab_size, 1 << 10),
        ];
        for (name, size, most) in sizes {
            if size == 0 || size > most {
                let message = format!("`{name}` is `{size}`, not between 1 and {most}");
                return Err(
                    Error::new(ErrorKind::Format, message).mend("give the config.json that came with the weights")
                );
            }
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let message = format!(
                "`hidden_size` `{}` is not a multiple of `num_attention_heads` `{}`",
                self.hidden_size, self.num_attention_heads
            );
            return Err(Error::new(ErrorKind::Format, message).mend("give the config.json that came with the weights"));
        }
        if self.max_tokens() == 0 {
            let message = format!(
                "`max_position_embeddings` `{}` leaves no position after `pad_token_id` `{}`",
                self.max_position_embeddings, self.pad_token_id
            );
            return Err(Error::new(ErrorKind::Format, message).mend("give the config.json that came with the weights"));
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps < 1.0) {
            let message = format!("`layer_norm_eps` is `{}`, not between 0 and 1", self.layer_norm_eps);
            return Err(Error::new(ErrorKind::Format, message).mend("1e-12 is usual for BERT, 1e-5 for XLM-RoBERTa"));
        }
        Ok(())
    }
}

fn architecture(json: &Json) -> Result<Architecture> {
    let name = json.architectures.as_ref().and_then(|names| names.first()).or(json.model_type.as_ref());
    let name = name.map_or("", String::as_str);
    let is = |family: &str| {
        name.strip_prefix(family)
            .is_some_and(|rest| rest == "Model" || rest.starts_with("For") && rest != "ForCausalLM")
    };
    match name {
        "bert" => Ok(Architecture::Bert),
        "xlm-roberta" => Ok(Architecture::XlmRoberta),
        _ if is("Bert") => Ok(Architecture::Bert),
        _ if is("XLMRoberta") => Ok(Architecture::XlmRoberta),
        _ => Err(unsupported(
            "architectures",
            name,
            "BertModel and XLMRobertaModel are run, and these with a head (`…For…`)",
        )),
    }
}

fn activation(name: Option<&str>) -> Result<Activation> {
    match name.unwrap_or("gelu") {
        "gelu" | "gelu_python" => Ok(Activation::Gelu),
        "relu" => Ok(Activation::Relu),
        other => Err(unsupported("hidden_act", other, "`gelu` and `relu` are run")),
    }
}

fn unsupported(field: &str, value: &str, mend: &str) -> Error {
    Error::new(ErrorKind::Config, format!("`{field}` `{value}` is not supported")).mend(mend)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"{"architectures": ["BertModel"], "vocab_size": 100, "hidden_size": 32, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 40, "layer_norm_eps": 1e-12,
        "hidden_act": "gelu"}"#;

    #[test]
    fn the_architecture_says_where_positions_start() {
        let bert = EncoderConfig::from_json(SMALL).unwrap();
        assert_eq!((bert.architecture, bert.first_position(), bert.max_tokens()), (Architecture::Bert, 0, 40));
        assert_eq!(bert.head_size(), 16);
        let roberta = SMALL.replace("BertModel", "XLMRobertaForSequenceClassification");
        let roberta = roberta.replace(r#""vocab_size""#, r#""pad_token_id": 1, "vocab_size""#);
        let roberta = EncoderConfig::from_json(&roberta).unwrap();
        assert_eq!((roberta.architecture, roberta.first_position()), (Architecture::XlmRoberta, 2));
        assert_eq!(roberta.max_tokens(), 38);
        let by_type = SMALL.replace(r#""architectures": ["BertModel"]"#, r#""model_type": "xlm-roberta""#);
        assert_eq!(EncoderConfig::from_json(&by_type).unwrap().architecture, Architecture::XlmRoberta);
    }

    #[test]
    fn what_is_not_run_is_named() {
        for (from, to, named) in [
            ("BertModel", "T5EncoderModel", "`T5EncoderModel`"),
            ("BertModel", "BertGenerationEncoder", "`BertGenerationEncoder`"),
            (r#""gelu""#, r#""silu""#, "`hidden_act` `silu`"),
            (r#""vocab_size": 100"#, r#""vocab_size": 0"#, "`vocab_size` is `0`"),
            (r#""vocab_size": 100"#, r#""vocab_size": 1e30"#, "config"),
            (r#""hidden_size": 32"#, r#""hidden_size": 33"#, "`33`"),
            (r#""vocab_size": 100,"#, "", "`vocab_size`"),
            (r#""gelu""#, r#""gelu", "position_embedding_type": "relative_key""#, "relative_key"),
        ] {
            let error = EncoderConfig::from_json(&SMALL.replace(from, to)).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains(';'), "{error}");
        }
        let missing = EncoderConfig::open("no/such/config.json").unwrap_err().to_string();
        assert!(missing.contains("config.json") && missing.contains("directory"), "{missing}");
    }
}
