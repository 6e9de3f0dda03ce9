//! The `klausul` binary; everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    klausul_cli::main()
}
