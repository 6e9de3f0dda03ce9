//! Times the int8 encoder: `bench_encoder MODEL_DIR IDS [--threads N] [--rounds N] [--path NAME] [--vectors FILE]`.
//!
//! IDS has the token ids of one text a line, separated by blanks. Every thread is one worker that takes batches in turn; the best of
//! the rounds is printed. `--path` takes `portable`, `avx2`, `avx-vnni`, `avx512-vnni`, `neon-dot` or `neon-i8mm`; `--vectors`
//! writes the mean-pooled vectors as little-endian `f32`.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use klausul_core::{Error, ErrorKind, Result};
use klausul_transformer::int8::QuantisedModel;
use klausul_transformer::{EncoderConfig, Int8Encoder, KernelPath, Pooling, Scratch, Weights};

/// Tokens that a worker takes at a time.
const BATCH: usize = 2048;

struct Options {
    model: PathBuf,
    ids: PathBuf,
    threads: usize,
    rounds: usize,
    path: Option<KernelPath>,
    vectors: Option<PathBuf>,
}

struct Batch {
    first: usize,
    tokens: Vec<u32>,
    ends: Vec<u32>,
}

fn main() -> Result<()> {
    let options = options()?;
    let config = EncoderConfig::open(options.model.join("config.json"))?;
    let began = Instant::now();
    let weights = Weights::open(options.model.join("model.safetensors"))?;
    let model = QuantisedModel::from_weights(&config, &weights)?;
    let quantised = began.elapsed();
    let began = Instant::now();
    let mut encoder = Int8Encoder::from_quantised(&config, model)?;
    let packed = began.elapsed();
    if let Some(path) = options.path {
        encoder = encoder.with_path(path)?;
    }
    let batches = batches(&options.ids, config.max_tokens())?;
    let texts: usize = batches.iter().map(|batch| batch.ends.len()).sum();
    let tokens: usize = batches.iter().map(|batch| batch.tokens.len()).sum();
    println!("{:?}: read and quantised in {quantised:.2?}, packed in {packed:.2?}", encoder.path());
    let (mut best, mut best_cpu) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..options.rounds {
        let began = Instant::now();
        let (_, cpu) = run(&encoder, &batches, options.threads)?;
        best = best.min(began.elapsed().as_secs_f64());
        best_cpu = best_cpu.min(cpu);
    }
    println!(
        "{texts} texts, {tokens} tokens, {} threads: {:.1} texts/s, {:.0} tokens/s; {:.0} tokens a second of processor time",
        options.threads,
        texts as f64 / best,
        tokens as f64 / best,
        tokens as f64 / best_cpu
    );
    if let Some(path) = options.vectors {
        let vectors: Vec<u8> = run(&encoder, &batches, 1)?.0.into_iter().flat_map(f32::to_le_bytes).collect();
        std::fs::write(path, vectors)?;
    }
    Ok(())
}

/// The vectors of a batch, after the number of its first text.
type Part = (usize, Vec<f32>);

/// All vectors, in the order of the texts, and the workers' processor time in seconds.
fn run(encoder: &Int8Encoder, batches: &[Batch], threads: usize) -> Result<(Vec<f32>, f64)> {
    let size = encoder.config().hidden_size;
    let next = AtomicUsize::new(0);
    let work = || -> Result<(Vec<Part>, f64)> {
        let (mut scratch, mut done) = (Scratch::new(), Vec::new());
        while let Some(batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut out = vec![0.0; batch.ends.len() * size];
            encoder.encode(&batch.tokens, &batch.ends, Pooling::Mean, &mut scratch, &mut out)?;
            done.push((batch.first, out));
        }
        Ok((done, processor_time()))
    };
    let (mut parts, mut time) = (Vec::new(), 0.0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let died = |_| Error::new(ErrorKind::Usage, "a worker panicked");
            let (done, cpu) = worker.join().map_err(died)??;
            parts.extend(done);
            time += cpu;
        }
        Ok::<_, Error>(())
    })?;
    parts.sort_by_key(|&(first, _)| first);
    Ok((parts.into_iter().flat_map(|(_, out)| out).collect(), time))
}

/// Seconds that this thread has run, where the system says so (Linux), else NaN: it counts even where others use the cores too.
fn processor_time() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).map_or(f64::NAN, |time| time / 1e9)
}

fn batches(path: &Path, longest: usize) -> Result<Vec<Batch>> {
    let mut batches: Vec<Batch> = Vec::new();
    for (number, line) in std::fs::read_to_string(path)?.lines().enumerate() {
        let ids = line.split_whitespace().map(str::parse).collect::<Result<Vec<u32>, _>>();
        let mut ids = ids.map_err(|error| {
            Error::new(ErrorKind::Format, error.to_string()).at(path).on_line(number as u64 + 1).mend("write ids only")
        })?;
        ids.truncate(longest);
        if batches.last().is_none_or(|last| last.tokens.len() + ids.len() > BATCH) {
            batches.push(Batch { first: number, tokens: Vec::new(), ends: Vec::new() });
        }
        if let Some(batch) = batches.last_mut() {
            batch.tokens.append(&mut ids);
            batch.ends.push(batch.tokens.len() as u32);
        }
    }
    Ok(batches)
}

fn options() -> Result<Options> {
    let usage = |message: String| {
        Error::new(ErrorKind::Usage, message)
            .mend("bench_encoder MODEL_DIR IDS [--threads N] [--rounds N] [--path NAME] [--vectors FILE]")
    };
    let (mut plain, mut threads, mut rounds, mut path, mut vectors) = (Vec::new(), 1, 3, None, None);
    let mut given = std::env::args().skip(1);
    while let Some(name) = given.next() {
        if !name.starts_with("--") {
            plain.push(PathBuf::from(name));
            continue;
        }
        let value = given.next().ok_or_else(|| usage(format!("`{name}` needs a value")))?;
        let number = || value.parse().map_err(|_| usage(format!("`{name}` `{value}` is not a number")));
        match name.as_str() {
            "--threads" => threads = number()?,
            "--rounds" => rounds = number()?,
            "--vectors" => vectors = Some(PathBuf::from(value)),
            "--path" => {
                path = Some(match value.as_str() {
                    "portable" => KernelPath::Portable,
                    "avx2" => KernelPath::Avx2,
                    "avx-vnni" => KernelPath::AvxVnni,
                    "avx512-vnni" => KernelPath::Avx512Vnni,
                    "neon-dot" => KernelPath::NeonDot,
                    "neon-i8mm" => KernelPath::NeonI8mm,
                    _ => return Err(usage(format!("`--path` `{value}` is not known"))),
                });
            }
            _ => return Err(usage(format!("`{name}` is not an option"))),
        }
    }
    let [model, ids] =
        <[PathBuf; 2]>::try_from(plain).map_err(|_| usage("give a model and a file of ids".to_owned()))?;
    Ok(Options { model, ids, threads, rounds, path, vectors })
}
