//! The arguments that speak of models.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use klausul_core::{Error, ErrorKind};
use klausul_transformer::{Device, Precision};

/// Which model, and how it runs.
#[derive(Debug, Args)]
pub(crate) struct ModelArgs {
    /// Model: a directory, or an id on the Hugging Face hub (OWNER/NAME) [default: the one that ships, where the build has it]
    #[arg(long, value_name = "MODEL", conflicts_with = "rules")]
    pub(crate) model: Option<String>,

    /// Branch, tag or commit of a model on the hub [default: main]
    #[arg(long, value_name = "REVISION", requires = "model")]
    pub(crate) revision: Option<String>,

    #[command(flatten)]
    pub(crate) run: EngineArgs,
}

/// What runs a model, and where.
#[derive(Debug, Args)]
pub(crate) struct EngineArgs {
    /// What runs the model [default: int8]
    #[arg(long, value_enum)]
    engine: Option<EngineName>,

    /// Where --engine candle runs: cpu, metal, cuda, or cuda:N for the card with that number [default: cpu]
    #[arg(long, value_name = "DEVICE", value_parser = device)]
    device: Option<Device>,

    /// In what --engine candle computes; 16 bits are for graphics cards [default: f32]
    #[arg(long, value_enum)]
    precision: Option<PrecisionName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum EngineName {
    /// Eight bits, for processors: the fastest
    #[default]
    Int8,
    /// The reference, in 32 bits; on graphics cards also in 16
    Candle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrecisionName {
    /// 32 bits
    F32,
    /// 16 bits, IEEE 754
    F16,
    /// 16 bits with the exponent of 32
    Bf16,
}

/// An engine with all that it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Int8,
    Candle(Device, Precision),
}

impl EngineArgs {
    /// The first of these arguments that is given.
    pub(crate) fn given(&self) -> Option<&'static str> {
        let given = [self.engine.is_some(), self.device.is_some(), self.precision.is_some()];
        ["--engine", "--device", "--precision"].into_iter().zip(given).find_map(|(name, given)| given.then_some(name))
    }

    /// The engine that they ask for.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when they do not go together.
    pub(crate) fn engine(&self) -> Result<Engine, Error> {
        let refuse = |found: &str, mend: &str| Err(Error::new(ErrorKind::Usage, found).mend(mend));
        let (device, precision) = (self.device.unwrap_or_default(), self.precision.unwrap_or(PrecisionName::F32));
        if self.engine.unwrap_or_default() == EngineName::Int8 {
            if device != Device::Cpu {
                return refuse(
                    "the engine int8 runs on the processor alone",
                    "add --engine candle, or leave --device out",
                );
            }
            if self.precision.is_some() {
                return refuse(
                    "the engine int8 computes in eight bits, so it has no --precision",
                    "add --engine candle, or leave --precision out",
                );
            }
            return Ok(Engine::Int8);
        }
        let precision = match precision {
            PrecisionName::F32 => Precision::F32,
            _ if device == Device::Cpu => {
                return refuse(
                    "16 bits do not run on the processor",
                    "add --device cuda or --device metal, or take --precision f32",
                );
            }
            PrecisionName::F16 => Precision::F16,
            PrecisionName::Bf16 => Precision::Bf16,
        };
        Ok(Engine::Candle(device, precision))
    }
}

fn device(name: &str) -> Result<Device, Error> {
    let device = match name {
        "cpu" => Some(Device::Cpu),
        "cuda" => Some(Device::Cuda(0)),
        "metal" => Some(Device::Metal(0)),
        _ => name.strip_prefix("cuda:").and_then(|number| number.parse().ok()).map(Device::Cuda),
    };
    device.ok_or_else(|| Error::new(ErrorKind::Usage, "no device").mend("write cpu, cuda, cuda:N or metal"))
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelsVerb {
    /// List the model that ships and those in the cache of the hub
    List,
    /// Show what a model is: shape, labels, training data, figures
    Show {
        /// A directory, an id on the hub that is in the cache, or klausul-small, which ships
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
        /// A directory, an id on the hub that is in the cache, or klausul-small, which ships
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

    /// Keep at most so many tokens: those that the texts need, and the likeliest [default: all that the texts' letters can spell]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Model: a directory, also a plain one of Hugging Face, or an id on the hub that is in the cache [default: the one that ships]
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,

    /// Texts, one paragraph a line [default: the guidance of the taxonomy]
    #[arg(long, value_name = "FILE")]
    pub(crate) texts: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) run: EngineArgs,

    /// Worker threads [default: one a core]
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,

    /// Tokens of the longest window [default: as klausul.json says, else 192]
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<usize>,

    /// Rounds, of which the best counts
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) rounds: usize,

    /// Also a line for texts of each length, by their longest window
    #[arg(long)]
    pub(crate) by_length: bool,
}
