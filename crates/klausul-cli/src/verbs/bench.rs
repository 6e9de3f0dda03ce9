//! `klausul bench`.

use std::collections::HashSet;
use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Paragraph, Taxonomy};
use klausul_transformer::{Embedder, EncoderConfig, Pooling, Windows};
use serde_json::{Value, json};

use crate::Ended;
use crate::args::BenchArgs;
use crate::model;

/// Upper end of the shortest texts that `--by-length` tells apart, in tokens; each next one is twice that.
const SHORTEST: usize = 16;

pub(crate) fn run(args: &BenchArgs) -> Result<Ended> {
    let bench = Bench::new(args)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", bench.measure(&bench.windows, None)?)?;
    if args.by_length {
        let longest = bench.texts().map(length).max().unwrap_or(0);
        let (mut least, mut most) = (0, SHORTEST);
        while least < longest {
            let texts = bench.texts().filter(|windows| (least + 1..=most).contains(&length(windows)));
            let mut windows = Windows { tokens: Vec::new(), ends: Vec::new() };
            for text in texts {
                windows.tokens.extend_from_slice(text);
                windows.ends.push(windows.tokens.len());
            }
            if !windows.ends.is_empty() {
                writeln!(out, "{}", bench.measure(&windows, Some(most))?)?;
            }
            (least, most) = (most, 2 * most);
        }
    }
    Ok(Ended::Whole)
}

/// Tokens of a text's longest window.
fn length(windows: &[Vec<u32>]) -> usize {
    windows.iter().map(Vec::len).max().unwrap_or(0)
}

/// A model with what it is measured on.
struct Bench {
    embedder: Embedder,
    config: EncoderConfig,
    windows: Windows,
    threads: usize,
    rounds: usize,
    load: f64,
    tokenise: f64,
}

impl Bench {
    fn new(args: &BenchArgs) -> Result<Self> {
        let engine = model::engine(args.run.engine()?);
        let paragraphs = paragraphs(args)?;
        let mut directory = model::directory_or_shipped(args.model.as_deref(), "`klausul bench`")?;
        let config = directory.config().map_err(model::refused)?;
        let began = Instant::now();
        let workers = model::workers(args.threads)?;
        let threads = workers.len();
        let mut format = directory.plain_input().map_err(model::refused)?;
        if let Some(tokens) = args.max_tokens {
            format.max_tokens = tokens.min(config.max_tokens());
            directory = directory.with_max_tokens(format.max_tokens);
        }
        let embedder = Embedder::plain(&directory, engine, &format, Pooling::Mean, workers).map_err(model::refused)?;
        let load = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let windows = embedder.windows(&paragraphs)?;
        let tokenise = began.elapsed().as_secs_f64();
        Ok(Self { embedder, config, windows, threads, rounds: args.rounds.max(1), load, tokenise })
    }

    /// The windows of each text.
    fn texts(&self) -> impl Iterator<Item = &[Vec<u32>]> {
        let ends = &self.windows.ends;
        std::iter::once(&0).chain(ends).zip(ends).map(|(&start, &end)| &self.windows.tokens[start..end])
    }

    /// The best round, as a line; `longest` is the most tokens that a window of these has.
    fn measure(&self, windows: &Windows, longest: Option<usize>) -> Result<Value> {
        let mut best = f64::INFINITY;
        for _ in 0..self.rounds {
            let began = Instant::now();
            self.embedder.encode(windows)?;
            best = best.min(began.elapsed().as_secs_f64());
        }
        let (texts, tokens) = (windows.ends.len(), windows.tokens.iter().map(Vec::len).sum::<usize>());
        let operations: f64 = windows.tokens.iter().map(|window| operations(&self.config, window.len())).sum();
        Ok(json!({
            "engine": self.embedder.engine(),
            "threads": self.threads,
            "texts": texts,
            "windows": windows.tokens.len(),
            "tokens": tokens,
            "longest": longest,
            "texts_per_s": texts as f64 / best,
            "tokens_per_s": tokens as f64 / best,
            "gops": operations / best / 1e9,
            "peak_rss_bytes": peak_memory(),
            "load_s": self.load,
            "tokenise_s": self.tokenise,
        }))
    }
}

/// The texts, each once: an engine would encode equal ones together.
fn paragraphs(args: &BenchArgs) -> Result<Vec<Paragraph>> {
    let text = if let Some(path) = &args.texts {
        std::fs::read_to_string(path)
            .map_err(|error| Error::from(error).at(path).mend("give a file in UTF-8, one paragraph a line"))?
    } else {
        let categories = Taxonomy::builtin().categories().iter();
        categories.flat_map(|category| [&category.definition, "\n", &category.yes, "\n"]).collect()
    };
    let mut seen = HashSet::new();
    let lines = text.lines().filter(|line| !line.trim().is_empty() && seen.insert(*line));
    let paragraph = |(index, line): (usize, &str)| Paragraph { index, ..Paragraph::of_text(line) };
    let paragraphs: Vec<Paragraph> = lines.enumerate().map(paragraph).collect();
    if paragraphs.is_empty() {
        let error = Error::new(ErrorKind::Usage, "there is no text to measure with").mend("give one text a line");
        return Err(args.texts.iter().fold(error, Error::at).into());
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
