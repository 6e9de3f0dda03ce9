//! The progress bar, and messages that do not tear it.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};

use super::tally::Tally;

/// A bar on standard error when that is a terminal; otherwise only messages.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(paths: &[PathBuf], quiet: bool) -> Self {
        if quiet || !std::io::stderr().is_terminal() {
            return Self { bar: None };
        }
        let bar = match paths.iter().map(|path| size(path)).sum::<Option<u64>>() {
            Some(total) => ProgressBar::new(total).with_style(style("{bar:24} {percent}% {msg}, {eta} left")),
            None => ProgressBar::no_length().with_style(style("{spinner} {msg}, {elapsed}")),
        };
        Self { bar: Some(bar) }
    }

    /// Shows how far the run is.
    pub(super) fn at(&self, bytes: u64, tally: &Tally) {
        let Some(bar) = &self.bar else { return };
        bar.set_position(bytes);
        let speed = tally.paragraphs as f64 / bar.elapsed().as_secs_f64().max(0.001);
        let failed = tally.failed();
        bar.set_message(format!("{} documents, {speed:.0} paragraphs/s, {failed} failures", tally.documents));
    }

    pub(super) fn error(&self, message: &str) {
        self.line(&format!("klausul: error: {message}"));
    }

    pub(super) fn note(&self, message: &str) {
        self.line(&format!("klausul: {message}"));
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self, line: &str) {
        // A standard error that is gone must not end a run whose output is fine.
        let print = || {
            let _ = writeln!(std::io::stderr(), "{line}");
        };
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Bytes of a file or a folder; `None` for a stream, whose end nobody knows. Links inside folders are not followed.
fn size(path: &Path) -> Option<u64> {
    let metadata = std::fs::metadata(path).ok()?;
    if metadata.is_dir() {
        return Some(folder_size(path));
    }
    metadata.is_file().then_some(metadata.len())
}

fn folder_size(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_size(&entry.path()),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries.flatten().map(of).sum()
}
