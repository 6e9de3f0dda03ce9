//! `klausul convert`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_data::gold::{GoldFormat, Mapping, encode};
use klausul_data::record::{self, RecordFormat};

use crate::Ended;
use crate::args::{ConvertArgs, Target};
use crate::gold::{self, write_whole};

pub(crate) fn run(args: &ConvertArgs) -> Result<Ended> {
    if args.list {
        let mut out = std::io::stdout().lock();
        writeln!(out, "formats: {}", GoldFormat::names().collect::<Vec<_>>().join(", "))?;
        writeln!(out, "mappings: {}", Mapping::builtin_names().collect::<Vec<_>>().join(", "))?;
        return Ok(Ended::Whole);
    }
    let taxonomy = Taxonomy::builtin();
    let target = args.to.or_else(|| args.output.as_deref().and_then(by_name)).unwrap_or(Target::Jsonl);
    let mut gold = gold::read(&args.input, &args.reading, taxonomy, args.quiet)?;
    // A row must say by itself what was looked for in it.
    if gold.scope.len() < taxonomy.len() {
        for paragraph in &mut gold.paragraphs {
            paragraph.scope.get_or_insert_with(|| gold.scope.clone());
        }
    }
    let output = args.output.as_deref().unwrap_or(Path::new("-"));
    write_whole(output, |out| match target {
        Target::Jsonl => rows(&gold.paragraphs, taxonomy, out),
        Target::Csv => table(&gold.paragraphs, RecordFormat::Csv, taxonomy, out),
        Target::Parquet => table(&gold.paragraphs, RecordFormat::Parquet, taxonomy, out),
        Target::LabelStudio | Target::LabelStudioConfig | Target::Prodigy => {
            Err(Error::new(ErrorKind::Usage, "not yet").into())
        }
    })?;
    Ok(Ended::Whole)
}

fn by_name(path: &Path) -> Option<Target> {
    match RecordFormat::of_path(path)? {
        RecordFormat::Csv => Some(Target::Csv),
        RecordFormat::Parquet => Some(Target::Parquet),
        _ => Some(Target::Jsonl),
    }
}

fn rows(paragraphs: &[klausul_data::gold::Labelled], taxonomy: &Taxonomy, out: &mut dyn Write) -> Result<()> {
    let mut line = Vec::new();
    for paragraph in paragraphs {
        line.clear();
        encode(paragraph, taxonomy, &mut line);
        out.write_all(&line)?;
    }
    Ok(())
}

/// Tables are made of the rows, as those of a run are.
fn table(
    paragraphs: &[klausul_data::gold::Labelled],
    format: RecordFormat,
    taxonomy: &Taxonomy,
    out: &mut dyn Write,
) -> Result<()> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut lines = std::io::BufWriter::new(&mut file);
    rows(paragraphs, taxonomy, &mut lines)?;
    lines.flush()?;
    drop(lines);
    let mut bytes = Vec::new();
    record::convert(file.path(), format, taxonomy, &mut bytes)?;
    Ok(out.write_all(&bytes)?)
}
