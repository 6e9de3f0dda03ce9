//! The arguments of `klausul train`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use klausul_core::{Error, ErrorKind};
use klausul_transformer::Pooling;

use super::{EngineArgs, GoldArgs};

#[derive(Debug, Args)]
pub(crate) struct TrainArgs {
    /// Annotated data to learn from: files or folders
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub(crate) gold: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) reading: GoldArgs,

    /// Taxonomy file with your own categories, or `gold`: one category for each label of the annotated data
    #[arg(long, value_name = "FILE|gold")]
    pub(crate) taxonomy: Option<String>,

    /// With --taxonomy gold, leave out labels that fewer paragraphs have
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) min_paragraphs: usize,

    /// Model whose encoder is taken: a directory, also a plain one of Hugging Face, or an id on the hub (OWNER/NAME) [default: the one that
    /// ships, where the build has it]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Branch, tag or commit of a model on the hub [default: main]
    #[arg(long, value_name = "REVISION", requires = "model")]
    pub(crate) revision: Option<String>,

    /// What stands before every text, for an encoder without klausul.json (`query: ` for the E5 family) [default: nothing]
    #[arg(long, value_name = "TEXT")]
    pub(crate) prefix: Option<String>,

    /// Tokens of the longest window, for an encoder without klausul.json [default: 192]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<usize>,

    /// How the vectors of tokens become one, for an encoder without klausul.json [default: mean]
    #[arg(long, value_enum)]
    pub(crate) pooling: Option<PoolingName>,

    #[command(flatten)]
    pub(crate) run: EngineArgs,

    /// Directory for the new model, whole or not at all
    #[arg(short, long, value_name = "DIRECTORY")]
    pub(crate) output: PathBuf,

    /// Replace the model that is in --output
    #[arg(long)]
    pub(crate) force: bool,

    /// Layers of the head
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2), default_value_t = 1)]
    pub(crate) layers: u8,

    /// Units between two layers [default: 256]
    #[arg(long, value_name = "N")]
    pub(crate) hidden_units: Option<usize>,

    /// Annotated data for calibration, thresholds and the end of training [default: a share of --gold]
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "dev_share")]
    pub(crate) dev: Vec<PathBuf>,

    /// Share of the paragraphs that is held out for that, in per cent; near-duplicate documents stay together
    #[arg(long, value_name = "N", value_parser = share, default_value = "10")]
    pub(crate) dev_share: f64,

    /// Most times that all paragraphs are seen
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) epochs: usize,

    /// Step of AdamW in the first epoch; it falls to a tenth
    #[arg(long, value_name = "RATE", default_value_t = 0.001)]
    pub(crate) learning_rate: f32,

    /// Decay of the weights
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub(crate) weight_decay: f32,

    /// Where the random numbers begin
    #[arg(long, value_name = "N", default_value_t = 20_261_122)]
    pub(crate) seed: u64,

    /// Name of the model, as records carry it [default: that of --output]
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Write a report of the training as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// No progress bar and no notes, only errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PoolingName {
    /// Their mean
    Mean,
    /// The first token's
    First,
}

impl From<PoolingName> for Pooling {
    fn from(name: PoolingName) -> Self {
        match name {
            PoolingName::Mean => Self::Mean,
            PoolingName::First => Self::First,
        }
    }
}

/// Per cent, as a share.
fn share(given: &str) -> Result<f64, Error> {
    let share = given.trim().parse::<f64>().ok().filter(|share| *share > 0.0 && *share < 100.0);
    let share = share.map(|share| share / 100.0);
    share.ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("`{given}` is no share"))
            .mend("write a number between 0 and 100, such as 10")
    })
}
