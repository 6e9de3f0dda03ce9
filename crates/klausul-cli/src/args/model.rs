//! The arguments that speak of models.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// Which model, and how it runs.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// Model: a directory, or an id on the Hugging Face hub (OWNER/NAME)
    #[arg(long, value_name = "MODEL", conflicts_with = "rules")]
    pub(crate) model: Option<String>,

    /// Branch, tag or commit of a model on the hub [default: main]
    #[arg(long, value_name = "REVISION", requires = "model")]
    pub(crate) revision: Option<String>,

    /// What runs the model
    #[arg(long, value_enum, default_value_t)]
    pub(crate) engine: Engine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Engine {
    /// Eight bits, for processors: the fastest
    #[default]
    Int8,
    /// 32 bits: the reference
    Candle,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List the models in the cache of the hub
    List,
    /// Show what a model is: shape, labels, training data, figures
    Show {
        /// A directory, or an id on the hub that is in the cache
        model: String,
    },
    /// Fetch a model from the hub into the cache
    Pull {
        /// Its id, OWNER/NAME
        model: String,
        /// Branch, tag or commit
        #[arg(long)]
        revision: Option<String>,
    },
    /// Compare the files of a model with the sizes and hashes of its klausul.json
    Verify {
        /// A directory, or an id on the hub that is in the cache
        model: String,
    },
    /// Make a model small: the tokens of some languages, eight bits a weight, four bits a value of an embedding
    Pack(PackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PackArgs {
    /// A directory, or an id on the hub that is in the cache
    pub(crate) model: String,

    /// Directory for the packed model
    pub(crate) output: PathBuf,

    /// Texts of the languages to keep, in UTF-8: their letters and words decide which tokens stay
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) texts: Vec<PathBuf>,

    /// Of --texts, take only the files that are named as these languages (`sv` takes `sv.txt`)
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub(crate) languages: Option<Vec<String>>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Model: a directory, also a plain one of Hugging Face, or an id on the hub
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: String,

    /// Texts, one paragraph a line [default: the guidance of the taxonomy]
    #[arg(long, value_name = "FILE")]
    pub(crate) texts: Option<PathBuf>,

    /// What runs the model
    #[arg(long, value_enum, default_value_t)]
    pub(crate) engine: Engine,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Tokens of the longest window
    #[arg(long, value_name = "N", default_value_t = 192)]
    pub(crate) max_tokens: usize,

    /// Rounds, of which the best counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) rounds: usize,

    /// Also a line for texts of each length
    #[arg(long)]
    pub(crate) by_length: bool,
}
