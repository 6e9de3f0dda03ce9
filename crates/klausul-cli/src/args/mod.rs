//! The arguments, as they are typed.

mod gold;
#[cfg(feature = "transformer")]
mod model;
#[cfg(feature = "train")]
mod train;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use klausul_core::Language;
use klausul_data::read::Format;
use klausul_data::record::RecordFormat;

#[cfg(feature = "transformer")]
pub(crate) use model::{BenchArgs, Engine, EngineArgs, ModelArgs, ModelsVerb, PackArgs};
#[cfg(feature = "train")]
pub(crate) use train::TrainArgs;

pub(crate) use gold::{AgreementArgs, ConvertArgs, EvaluateArgs, GoldArgs, SplitArgs, Target};

/// Labels the paragraphs of privacy policies with the GDPR clauses they state.
#[derive(Debug, Parser)]
#[command(name = "klausul", version, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Cut policies into paragraphs and label each with its GDPR categories
    Classify(ClassifyArgs),
    /// Cut policies into paragraphs, without labels
    Segment(SegmentArgs),
    /// Measure a classifier, or anybody's predictions, against gold data
    Evaluate(Box<EvaluateArgs>),
    /// Measure how far annotators agree
    Agreement(AgreementArgs),
    /// Turn gold data of any tool into klausul rows, and klausul rows into pre-annotations
    Convert(ConvertArgs),
    /// Split gold data into train, dev and test without near-duplicates across
    Split(SplitArgs),
    /// Train a head for your own categories on the encoder of a model
    #[cfg(feature = "train")]
    Train(Box<TrainArgs>),
    /// Train a head; this build cannot
    #[cfg(not(feature = "train"))]
    #[command(hide = true, disable_help_flag = true)]
    Train {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// List, show, fetch, verify and pack models
    #[cfg(feature = "transformer")]
    #[command(subcommand)]
    Models(ModelsVerb),
    /// Measure the speed of an encoder on this machine
    #[cfg(feature = "transformer")]
    Bench(BenchArgs),
    /// Print the categories, or one of them with its guidance
    Taxonomy(TaxonomyArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ClassifyArgs {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,

    #[command(flatten)]
    pub(crate) classifier: ClassifierArgs,

    /// Add the evidence of each label: rule, matched words, byte range
    #[arg(long)]
    pub(crate) explain: bool,

    /// Leave `text` and `context` out of the records
    #[arg(long)]
    pub(crate) labels_only: bool,
}

/// Who classifies.
#[derive(Debug, Args)]
pub(crate) struct ClassifierArgs {
    /// Who classifies
    #[arg(long, value_enum, default_value_t)]
    pub(crate) backend: Backend,

    /// Taxonomy file with your own categories; to classify with it, give --rules too
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,

    /// Folder with your own lexicons (*.toml) in place of the built-in ones
    #[arg(long, value_name = "FOLDER")]
    pub(crate) rules: Option<PathBuf>,

    #[cfg(feature = "transformer")]
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Backend {
    /// The model that --model names, else the one that ships, with the rules where it was fitted with them; the rules alone with --rules, and
    /// where the build has no model
    #[default]
    Auto,
    /// The rules
    Rules,
    /// A multilingual encoder
    #[cfg(feature = "transformer")]
    Transformer,
    /// A multilingual encoder with the rules as a second opinion, where its klausul.json says how
    #[cfg(feature = "transformer")]
    Ensemble,
}

#[derive(Debug, Args)]
pub(crate) struct SegmentArgs {
    #[command(flatten)]
    pub(crate) batch: BatchArgs,
}

/// What classify and segment share: inputs, output and the run.
#[derive(Debug, Args)]
// Each is a switch of its own on the command line.
#[expect(clippy::struct_excessive_bools)]
pub(crate) struct BatchArgs {
    /// Files, folders (searched recursively) or `-` for standard input
    pub(crate) input: Vec<PathBuf>,

    /// Write records to this file, whole or not at all (default: standard output)
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Format of the records [default: by the extension of --output, else jsonl] [possible values: jsonl, csv, parquet, jsonld]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) output_format: Option<RecordFormat>,

    /// Format of the inputs [default: auto, by content] [possible values: auto, html, text, markdown, pdf, jsonl, csv, parquet, warc]
    #[arg(long, value_name = "FORMAT", value_parser = input_format, default_value = "auto", hide_default_value = true)]
    pub(crate) format: InputFormat,

    /// What the rows of JSONL, CSV and Parquet are
    #[arg(long, value_enum, default_value_t)]
    pub(crate) rows: Rows,

    /// Column that holds the text of a row
    #[arg(long, value_name = "COLUMN")]
    pub(crate) text_field: Option<String>,

    /// Column that holds the id of a row
    #[arg(long, value_name = "COLUMN")]
    pub(crate) id_field: Option<String>,

    /// In folders, take only files that match this pattern (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,

    /// In folders, leave out what matches this pattern (repeatable)
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,

    /// Language of everything, instead of telling it (a code such as sv)
    #[arg(long, value_name = "CODE")]
    pub(crate) language: Option<Language>,

    /// Largest document or row, in bytes after decompression
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 20)]
    pub(crate) max_document_bytes: u64,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Stop at the first input that fails
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Continue a stopped run from the state beside --output
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,

    /// Print a table of the run on standard error
    #[arg(long)]
    pub(crate) summary: bool,

    /// No progress bar and no notes, only errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// `auto` or a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InputFormat(pub(crate) Option<Format>);

fn input_format(name: &str) -> Result<InputFormat, klausul_core::Error> {
    if name == "auto" { Ok(InputFormat(None)) } else { name.parse().map(|format| InputFormat(Some(format))) }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Rows {
    /// Paragraphs when they have `text`, documents when they have `html`, `markdown` or `content`
    #[default]
    Auto,
    /// One paragraph each
    Paragraphs,
    /// One document each
    Documents,
}

#[derive(Debug, Args)]
pub(crate) struct TaxonomyArgs {
    /// Category to show in full
    pub(crate) id: Option<String>,

    /// Taxonomy file in place of the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) taxonomy: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}
