//! The arguments of the verbs that read gold data.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use klausul_core::{Error, ErrorKind};
use klausul_data::gold::{GoldFormat, JoinKey};

use super::ClassifierArgs;

/// How annotated data are read.
#[derive(Debug, Args)]
pub(crate) struct GoldArgs {
    /// Format of the annotated data [default: auto, by content; `klausul convert --list` names them]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) gold_format: Option<GoldFormat>,

    /// Mapping of foreign labels: a TOML file, or the name of one that ships with klausul
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) mapping: Option<String>,

    /// Ids of the categories that were annotated, with commas between them [default: those of the mapping, else all]
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(crate) scope: Option<Vec<String>>,

    /// Take only the paragraphs of this annotator
    #[arg(long, value_name = "NAME")]
    pub(crate) annotator: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Gold data: files or folders
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) gold: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: GoldArgs,

    /// Predictions to measure, in any format of annotated data [default: classify the gold paragraphs]
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with_all = ["backend", "rules"])]
    #[cfg_attr(feature = "transformer", arg(conflicts_with = "model"))]
    pub(crate) predictions: Vec<PathBuf>,

    /// Mapping of the labels of --predictions and --compare
    #[arg(long, value_name = "FILE|NAME")]
    pub(crate) predictions_mapping: Option<String>,

    #[command(flatten)]
    pub(crate) classifier: ClassifierArgs,

    /// Predictions of another system, to compare with
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) compare: Vec<PathBuf>,

    /// Match predictions by id, position or text [default: the surest that both have]
    #[arg(long = "match", value_name = "KEY")]
    pub(crate) matched_by: Option<JoinKey>,

    /// Draw clusters of near-duplicate documents instead of documents
    #[arg(long)]
    pub(crate) cluster: bool,

    /// How many draws the intervals are made of; 0 for no intervals
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) bootstrap: usize,

    /// Where the random numbers of the draws begin
    #[arg(long, value_name = "N", default_value_t = 20_261_122)]
    pub(crate) seed: u64,

    /// Training data: also report the score on text that is not in it
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) train: Vec<PathBuf>,

    /// Development gold data on which to find each category's best threshold
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "thresholds")]
    pub(crate) tune: Vec<PathBuf>,

    /// Predictions for --tune, where they come from files
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "tune", requires = "predictions")]
    pub(crate) tune_predictions: Vec<PathBuf>,

    /// Tune even when --tune shares documents with --gold; the figures then flatter the system
    #[arg(long, requires = "tune")]
    pub(crate) allow_tuning_on_test: bool,

    /// Decide by these thresholds: a JSON object of ids and numbers, or a report with thresholds in its settings
    #[arg(long, value_name = "FILE")]
    pub(crate) thresholds: Option<PathBuf>,

    /// Write the report as JSON (`-`: to standard output, in place of the table)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Write the figures as CSV
    #[arg(long, value_name = "FILE")]
    pub(crate) csv: Option<PathBuf>,

    /// Write the report as Markdown
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,

    /// Write one HTML page with charts and every error; it loads nothing from elsewhere
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// Errors that the HTML page holds at most
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub(crate) max_errors: usize,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// No notes, only errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AgreementArgs {
    /// Annotated data: one file an annotator, or one with an `annotator` in every row
    #[arg(required = true)]
    pub(crate) gold: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: GoldArgs,

    /// Taxonomy file in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,

    /// How many draws the interval is made of; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) bootstrap: usize,

    /// Where the random numbers of the draws begin
    #[arg(long, value_name = "N", default_value_t = 20_261_122)]
    pub(crate) seed: u64,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `convert` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    /// klausul's own rows, one JSON object a line
    Jsonl,
    /// klausul's own rows as a table
    Csv,
    /// klausul's own rows as Apache Parquet
    Parquet,
    /// Tasks with predictions for Label Studio
    LabelStudio,
    /// The labelling interface for Label Studio
    LabelStudioConfig,
    /// Tasks for Prodigy's choice interface
    Prodigy,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// Annotated data, or klausul's own output
    #[arg(required_unless_present_any = ["list"])]
    pub(crate) input: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: GoldArgs,

    /// Taxonomy file in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,

    /// What to write [default: by the extension of --output, else jsonl]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) to: Option<Target>,

    /// Write to this file, whole or not at all (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// List the formats that are read and the mappings that ship
    #[arg(long)]
    pub(crate) list: bool,

    /// No notes, only errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SplitArgs {
    /// Annotated data: files or folders
    #[arg(required = true)]
    pub(crate) input: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: GoldArgs,

    /// Taxonomy file in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,

    /// Folder for train.jsonl, dev.jsonl and test.jsonl
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) output: PathBuf,

    /// Shares of the paragraphs, in per cent: train, dev, test
    #[arg(long, value_name = "N,N,N", value_parser = ratios, default_value = "80,10,10")]
    pub(crate) ratios: Ratios,

    /// Where the random numbers begin
    #[arg(long, value_name = "N", default_value_t = 20_261_122)]
    pub(crate) seed: u64,

    /// No notes, only errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Shares of train, dev and test, which sum to 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratios(pub(crate) [f64; 3]);

fn ratios(given: &str) -> Result<Ratios, Error> {
    let wrong = || {
        Error::new(ErrorKind::Usage, format!("`{given}` are no three shares"))
            .mend("write three numbers such as 80,10,10")
    };
    let parts: Vec<f64> =
        given.split(',').map(|part| part.trim().parse()).collect::<Result<_, _>>().map_err(|_| wrong())?;
    let [train, dev, test] = parts[..] else { return Err(wrong()) };
    let all = train + dev + test;
    let fit = [train, dev, test].iter().all(|share| share.is_finite() && *share >= 0.0) && all > 0.0;
    if fit { Ok(Ratios([train / all, dev / all, test / all])) } else { Err(wrong()) }
}
