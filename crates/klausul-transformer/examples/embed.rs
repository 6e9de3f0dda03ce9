//! Embeds the lines of a file with a plain encoder of the E5 family: `embed MODEL_DIR TEXTS OUT [WORKERS]`.
//!
//! OUT gets the vectors as little-endian f32, row after row.

use std::error::Error;
use std::sync::Arc;

use klausul_core::{Kind, Language, Paragraph};
use klausul_transformer::manifest::InputFormat;
use klausul_transformer::{CandleEncoder, Embedder, ModelDirectory, Pooling, Workers};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, out, rest @ ..] = arguments.as_slice() else {
        return Err("usage: embed MODEL_DIR TEXTS OUT [WORKERS]".into());
    };
    let workers = rest.first().map_or(Ok(1), |number| number.parse())?;
    let paragraph = |(index, text): (usize, &str)| Paragraph {
        id: index.to_string(),
        index,
        language: Language::UNKNOWN,
        kind: Kind::Text,
        context: Vec::new(),
        text: text.into(),
        start: 0,
        end: text.len(),
    };
    let paragraphs: Vec<Paragraph> = std::fs::read_to_string(texts)?.lines().enumerate().map(paragraph).collect();

    let directory = ModelDirectory::open(model)?;
    let format = InputFormat { prefix: "query: ".into(), kinds: false, max_tokens: directory.config()?.max_tokens() };
    let workers = Arc::new(Workers::new(workers)?);
    let embedder = Embedder::plain(&directory, CandleEncoder::new, &format, Pooling::Mean, workers)?;
    let vectors = embedder.embed(&paragraphs)?;
    std::fs::write(out, vectors.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(())
}
