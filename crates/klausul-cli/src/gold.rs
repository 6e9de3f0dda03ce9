//! Gold data as the arguments name them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use klausul::{Gold, GoldOptions};
use klausul_core::{Error, Taxonomy};

use crate::args::GoldArgs;

/// How the arguments say that annotated data are read.
pub(crate) fn options(args: &GoldArgs) -> GoldOptions {
    let mut options = GoldOptions::new();
    if let Some(format) = args.gold_format {
        options = options.format(format);
    }
    if let Some(mapping) = &args.mapping {
        options = options.mapping(mapping);
    }
    if let Some(ids) = &args.scope {
        options = options.scope(ids.clone());
    }
    if let Some(name) = &args.annotator {
        options = options.annotator(name);
    }
    options
}

/// Reads annotated data; notes go to standard error unless `quiet`.
pub(crate) fn read(paths: &[PathBuf], args: &GoldArgs, taxonomy: &Taxonomy, quiet: bool) -> Result<Gold> {
    Ok(Gold::read(paths, &options(args), taxonomy, &mut |warning| note(quiet, warning))?)
}

/// Reads annotated data without the fields that only `convert` hands on.
pub(crate) fn read_slim(paths: &[PathBuf], args: &GoldArgs, taxonomy: &Taxonomy, quiet: bool) -> Result<Gold> {
    Ok(Gold::read(paths, &options(args).slim(), taxonomy, &mut |warning| note(quiet, warning))?)
}

/// A remark on standard error.
pub(crate) fn note(quiet: bool, text: &str) {
    if !quiet {
        // A terminal that is gone needs no remark.
        let _ = writeln!(std::io::stderr(), "klausul: {text}");
    }
}

/// Writes a file whole or not at all; `-` is standard output.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
    if path.as_os_str() == "-" {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        write(&mut out)?;
        out.flush()?;
        return Ok(());
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let at = |error: std::io::Error| Error::from(error).at(path);
    let mut out = std::io::BufWriter::new(std::fs::File::create(&partial).map_err(at)?);
    let written = write(&mut out).and_then(|()| Ok(out.flush().map_err(at)?));
    if written.is_err() {
        // What is half written helps nobody; that it cannot be removed does not change the error.
        let _ = std::fs::remove_file(&partial);
        return written;
    }
    std::fs::rename(&partial, path).map_err(at)?;
    Ok(())
}
