//! `klausul bench`.

use std::collections::HashSet;
use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Kind, Language, Paragraph, Taxonomy};
use klausul_transformer::manifest::InputFormat;
use klausul_transformer::{CandleEncoder, Embedder, EncoderConfig, Int8Engine, Pooling, Windows};
use serde_json::json;

use crate::Ended;
use crate::args::{BenchArgs, Engine};
use crate::model;

/// Upper ends of the lengths that `--by-length` tells apart, in tokens.
const LENGTHS: [usize; 6] = [16, 32, 64, 128, 256, 512];

pub(crate) fn run(args: &BenchArgs) -> Result<Ended> {
    let directory = model::directory(&args.model, None, false, true)?;
    let config = directory.config()?;
    let began = Instant::now();
    let workers = model::workers(args.threads)?;
    let threads = workers.len();
    let format = InputFormat { prefix: String::new(), max_tokens: args.max_tokens.min(config.max_tokens()) };
    let embedder = match args.engine {
        Engine::Int8 => Embedder::plain(&directory, Int8Engine::new, &format, Pooling::Mean, workers)?,
        Engine::Candle => Embedder::plain(&directory, CandleEncoder::new, &format, Pooling::Mean, workers)?,
    };
    let load = began.elapsed().as_secs_f64();
    let paragraphs = paragraphs(args)?;
    let began = Instant::now();
    let windows = embedder.windows(&paragraphs)?;
    let tokenise = began.elapsed().as_secs_f64();
    let measure = |windows: &Windows, longest: Option<usize>| -> Result<()> {
        let mut best = f64::INFINITY;
        for _ in 0..args.rounds.max(1) {
            let began = Instant::now();
            embedder.encode(windows)?;
            best = best.min(began.elapsed().as_secs_f64());
        }
        let tokens: usize = windows.tokens.iter().map(Vec::len).sum();
        let operations: f64 = windows.tokens.iter().map(|window| operations(&config, window.len())).sum();
        let line = json!({
            "engine": embedder.engine(),
            "threads": threads,
            "texts": windows.tokens.len(),
            "tokens": tokens,
            "longest": longest,
            "texts_per_s": windows.tokens.len() as f64 / best,
            "tokens_per_s": tokens as f64 / best,
            "gops": operations / best / 1e9,
            "peak_rss_bytes": peak_memory(),
            "load_s": load,
            "tokenise_s": tokenise,
        });
        Ok(writeln!(std::io::stdout(), "{line}")?)
    };
    measure(&windows, None)?;
    if args.by_length {
        let mut least = 0;
        for most in LENGTHS {
            let tokens: Vec<Vec<u32>> =
                windows.tokens.iter().filter(|window| (least + 1..=most).contains(&window.len())).cloned().collect();
            least = most;
            if !tokens.is_empty() {
                measure(&Windows { ends: (1..=tokens.len()).collect(), tokens }, Some(most))?;
            }
        }
    }
    Ok(Ended::Whole)
}

/// The texts, each once: an engine would encode equal ones together.
fn paragraphs(args: &BenchArgs) -> Result<Vec<Paragraph>> {
    let text = if let Some(path) = &args.texts {
        std::fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?
    } else {
        let categories = Taxonomy::builtin().categories().iter();
        categories.flat_map(|category| [&category.definition, "\n", &category.yes, "\n"]).collect()
    };
    let mut seen = HashSet::new();
    let lines = text.lines().filter(|line| !line.trim().is_empty() && seen.insert(*line));
    let paragraph = |(index, line): (usize, &str)| Paragraph {
        id: index.to_string(),
        index,
        language: Language::UNKNOWN,
        kind: Kind::Text,
        context: Vec::new(),
        text: line.to_owned(),
        start: 0,
        end: line.len(),
    };
    let paragraphs: Vec<Paragraph> = lines.enumerate().map(paragraph).collect();
    if paragraphs.is_empty() {
        return Err(Error::new(ErrorKind::Usage, "there is no text to measure with")
            .mend("give one text a line")
            .into());
    }
    Ok(paragraphs)
}

/// Multiplications and additions that a text of this length takes: the products of the layers and attention.
fn operations(config: &EncoderConfig, length: usize) -> f64 {
    let [hidden, width, layers, length] =
        [config.hidden_size, config.intermediate_size, config.num_hidden_layers, length].map(|size| size as f64);
    layers * (2.0 * length * (4.0 * hidden * hidden + 2.0 * hidden * width) + 4.0 * length * length * hidden)
}

/// The most memory that the process has held, where the system says it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}
