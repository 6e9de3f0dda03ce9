//! Embeds the lines of a file with a plain encoder of the E5 family: `embed MODEL_DIR TEXTS OUT [WORKERS] [ROUNDS]`.
//!
//! OUT gets the vectors as little-endian f32, row after row; the speed of the best round goes to standard error.

use std::error::Error;
use std::sync::Arc;
use std::time::Instant;

use klausul_core::{Kind, Language, Paragraph};
use klausul_transformer::manifest::InputFormat;
use klausul_transformer::{CandleEncoder, Embedder, ModelDirectory, Pooling, Workers};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, texts, out, rest @ ..] = arguments.as_slice() else {
        return Err("usage: embed MODEL_DIR TEXTS OUT [WORKERS] [ROUNDS]".into());
    };
    let number = |at: usize| rest.get(at).map_or(Ok(1), |number| number.parse::<usize>());
    let (workers, rounds) = (number(0)?, number(1)?);
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

    let start = Instant::now();
    let directory = ModelDirectory::open(model)?;
    let format = InputFormat { prefix: "query: ".into(), max_tokens: directory.config()?.max_tokens() };
    let workers = Arc::new(Workers::new(workers)?);
    let embedder = Embedder::plain(&directory, CandleEncoder::new, &format, Pooling::Mean, workers)?;
    eprintln!("loaded in {:.2} s", start.elapsed().as_secs_f64());

    let mut best = f64::INFINITY;
    let mut vectors = Vec::new();
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        vectors = embedder.embed(&paragraphs)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    eprintln!("{} texts, {:.1} texts/s", paragraphs.len(), paragraphs.len() as f64 / best);
    std::fs::write(out, vectors.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())?;
    Ok(())
}
