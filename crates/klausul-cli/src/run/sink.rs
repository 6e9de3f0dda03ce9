//! Where records go: standard output, or a file that is whole or not there.
//!
//! A run with `--output FILE` writes its lines to `FILE.partial` and after each wave its state to `FILE.state`. At the end the
//! lines become `FILE` by a rename, converted first where another format is asked for. A stopped run leaves both, and `--resume` goes on from them.

use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_data::record::{RecordFormat, convert};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use xxhash_rust::xxh3::Xxh3;

use super::tally::Tally;
use crate::args::BatchArgs;

/// What must be the same for a run to continue another: settings and inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fingerprint {
    settings: String,
    files: usize,
    hash: String,
}

impl Fingerprint {
    pub(super) fn new(settings: String, files: &[String]) -> Self {
        let mut hasher = Xxh3::new();
        files.hash(&mut hasher);
        Self { settings, files: files.len(), hash: format!("{:016x}", hasher.finish()) }
    }
}

/// The state of a stopped run.
#[derive(Serialize, Deserialize)]
struct State {
    fingerprint: Fingerprint,
    /// Bytes of the partial file that whole waves wrote.
    bytes: u64,
    /// Bytes of the file of failures that whole waves wrote.
    failure_bytes: u64,
    tally: Tally,
}

/// The destination of a run.
pub(super) enum Sink {
    /// Lines, as they come.
    Stdout(BufWriter<io::Stdout>),
    /// Lines that become another format at the end.
    Spool(BufWriter<NamedTempFile>, RecordFormat),
    /// A file with its state.
    File(Box<Journal>),
}

impl Sink {
    pub(super) fn open(
        args: &BatchArgs,
        format: RecordFormat,
        fingerprint: impl FnOnce() -> Fingerprint,
    ) -> Result<Self> {
        match &args.output {
            Some(path) => Ok(Self::File(Box::new(Journal::open(path, format, args.resume, fingerprint())?))),
            None if format == RecordFormat::Jsonl => Ok(Self::Stdout(BufWriter::with_capacity(1 << 16, io::stdout()))),
            None => {
                let file = NamedTempFile::new().context("no temporary file for the records")?;
                Ok(Self::Spool(BufWriter::new(file), format))
            }
        }
    }

    /// The counts of the run that this one continues.
    pub(super) fn resumed(&mut self) -> Option<Tally> {
        match self {
            Self::File(journal) => journal.resumed.take(),
            _ => None,
        }
    }

    pub(super) fn is_resumable(&self) -> bool {
        matches!(self, Self::File(_))
    }

    pub(super) fn write(&mut self, lines: &[u8]) -> Result<()> {
        match self {
            Self::Stdout(out) => out.write_all(lines).context("standard output"),
            Self::Spool(out, _) => out.write_all(lines).context("the temporary file of the records"),
            Self::File(journal) => journal.write(lines),
        }
    }

    pub(super) fn failure(&mut self, failure: &str) -> Result<()> {
        match self {
            Self::File(journal) => journal.failure(failure),
            _ => Ok(()),
        }
    }

    /// Makes what was written so far safe against a stop.
    pub(super) fn checkpoint(&mut self, tally: &Tally) -> Result<()> {
        match self {
            Self::Stdout(out) => out.flush().context("standard output"),
            Self::Spool(..) => Ok(()),
            Self::File(journal) => journal.checkpoint(tally),
        }
    }

    /// Ends a stopped run: lines on standard output are whole, a file keeps its state.
    pub(super) fn stop(&mut self) -> Result<()> {
        match self {
            Self::Stdout(out) => out.flush().context("standard output"),
            Self::Spool(..) | Self::File(_) => Ok(()),
        }
    }

    /// Ends a whole run.
    pub(super) fn finish(self, taxonomy: &Taxonomy) -> Result<()> {
        match self {
            Self::Stdout(mut out) => out.flush().context("standard output"),
            Self::Spool(out, format) => {
                let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
                let mut stdout = BufWriter::new(io::stdout());
                convert(file.path(), format, taxonomy, &mut stdout)?;
                stdout.flush().context("standard output")
            }
            Self::File(journal) => journal.finish(taxonomy),
        }
    }
}

/// A file being written, its lines and its state.
pub(super) struct Journal {
    path: PathBuf,
    format: RecordFormat,
    fingerprint: Fingerprint,
    lines: File,
    bytes: u64,
    failures: File,
    failure_bytes: u64,
    resumed: Option<Tally>,
}

impl Journal {
    fn open(path: &Path, format: RecordFormat, resume: bool, fingerprint: Fingerprint) -> Result<Self> {
        let (partial, failures, state) = (beside(path, "partial"), beside(path, "failures"), beside(path, "state"));
        let state = if state.exists() { Some(read_state(&state)?) } else { None };
        if state.is_some() && !resume {
            let found = format!("{} is left of a stopped run", beside(path, "state").display());
            return Err(Error::new(ErrorKind::Usage, found).mend("continue it with --resume, or delete it").into());
        }
        if let Some(state) = &state
            && state.fingerprint != fingerprint
        {
            let found = difference(&state.fingerprint, &fingerprint);
            return Err(Error::new(ErrorKind::Usage, found)
                .mend(format!("run with the same ones, or delete {}", beside(path, "state").display()))
                .into());
        }
        let mut journal = Self {
            path: path.to_owned(),
            format,
            fingerprint,
            lines: open_at(&partial, state.as_ref().map_or(0, |state| state.bytes))?,
            bytes: 0,
            failures: open_at(&failures, state.as_ref().map_or(0, |state| state.failure_bytes))?,
            failure_bytes: 0,
            resumed: None,
        };
        if let Some(mut state) = state {
            (journal.bytes, journal.failure_bytes) = (state.bytes, state.failure_bytes);
            let file = File::open(&failures).map_err(|error| Error::from(error).at(&failures))?;
            state.tally.failures = BufReader::new(file).lines().collect::<io::Result<_>>()?;
            journal.resumed = Some(state.tally);
        }
        Ok(journal)
    }

    fn write(&mut self, lines: &[u8]) -> Result<()> {
        self.lines.write_all(lines).map_err(|error| self.full(error))?;
        self.bytes += lines.len() as u64;
        Ok(())
    }

    fn failure(&mut self, failure: &str) -> Result<()> {
        let line = format!("{}\n", failure.replace('\n', " "));
        self.failures.write_all(line.as_bytes()).map_err(|error| self.full(error))?;
        self.failure_bytes += line.len() as u64;
        Ok(())
    }

    fn checkpoint(&mut self, tally: &Tally) -> Result<()> {
        self.lines.sync_data().map_err(|error| self.full(error))?;
        self.failures.sync_data().map_err(|error| self.full(error))?;
        let state = State {
            fingerprint: self.fingerprint.clone(),
            bytes: self.bytes,
            failure_bytes: self.failure_bytes,
            tally: tally.clone(),
        };
        let path = beside(&self.path, "state");
        let mut file = NamedTempFile::new_in(folder(&self.path)).map_err(|error| self.full(error))?;
        serde_json::to_writer(&mut file, &state).map_err(|error| self.full(error.into()))?;
        file.persist(&path).map_err(|error| self.full(error.error))?;
        Ok(())
    }

    /// The error of a write, with what the user can do.
    fn full(&self, error: io::Error) -> anyhow::Error {
        let mend = "what was written is kept; make room and continue with --resume";
        Error::from(error).at(&self.path).mend(mend).into()
    }

    fn finish(self, taxonomy: &Taxonomy) -> Result<()> {
        self.lines.sync_all().map_err(|error| self.full(error))?;
        let partial = beside(&self.path, "partial");
        if self.format == RecordFormat::Jsonl {
            fs::rename(&partial, &self.path).map_err(|error| self.full(error))?;
        } else {
            let file = NamedTempFile::new_in(folder(&self.path)).map_err(|error| self.full(error))?;
            let mut out = BufWriter::new(file);
            convert(&partial, self.format, taxonomy, &mut out)?;
            let file = out.into_inner().map_err(|error| self.full(error.into_error()))?;
            make_readable(&file, &partial)?;
            file.persist(&self.path).map_err(|error| self.full(error.error))?;
            fs::remove_file(&partial)?;
        }
        for left in ["failures", "state"] {
            match fs::remove_file(beside(&self.path, left)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(self.full(error)),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Temporary files are for their owner alone; the result gets the permissions that any new file would have.
fn make_readable(file: &NamedTempFile, like: &Path) -> Result<()> {
    file.as_file().set_permissions(fs::metadata(like)?.permissions())?;
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read_state(path: &Path) -> Result<State> {
    let text = fs::read_to_string(path).map_err(|error| Error::from(error).at(path))?;
    serde_json::from_str(&text).map_err(|error| {
        Error::new(ErrorKind::Usage, format!("not the state of a run: {error}")).at(path).mend("delete it").into()
    })
}

/// Opens a file for appending after its first `length` bytes; what stands behind them is of a wave that was not finished.
fn open_at(path: &Path, length: u64) -> Result<File> {
    let open = || -> io::Result<File> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        let found = file.metadata()?.len();
        if found < length {
            let message =
                format!("{found} bytes are left of {length} that were written; delete the state and start again");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(file)
    };
    open().map_err(|error| Error::from(error).at(path).into())
}

fn difference(before: &Fingerprint, now: &Fingerprint) -> String {
    if before.settings != now.settings {
        return format!("the stopped run had other settings: `{}` then, `{}` now", before.settings, now.settings);
    }
    format!(
        "the inputs have changed since the run stopped: {} files then, {} now, or other sizes",
        before.files, now.files
    )
}
