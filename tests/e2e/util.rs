//! A folder to run the binary in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A temporary folder with inputs.
pub(crate) struct Folder(TempDir);

/// What a run printed.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `klausul` in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&command(self.0.path()).args(arguments).output().unwrap())
    }

    /// Runs it with standard input.
    pub(crate) fn pipe(&self, arguments: &[&str], input: impl Into<Vec<u8>>) -> Ran {
        ran(&command(self.0.path()).args(arguments).write_stdin(input).output().unwrap())
    }
}

pub(crate) fn command(folder: &Path) -> Command {
    let mut command = Command::cargo_bin("klausul").unwrap();
    command.current_dir(folder);
    command
}

pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ran {
    /// The records on standard output.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The samples that ship with klausul.
pub(crate) fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/samples")
}
