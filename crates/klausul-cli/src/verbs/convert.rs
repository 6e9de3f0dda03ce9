//! `klausul convert`.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use klausul_core::Taxonomy;
use klausul_data::gold::{Annotated, GoldFormat, Labelled, Mapping, encode, preannotate};
use klausul_data::record::{self, RecordFormat};

use super::taxonomy_of;
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
    let taxonomy = &taxonomy_of(args.taxonomy.as_deref())?;
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
        Target::LabelStudio => {
            let model = model(&gold.paragraphs);
            Ok(preannotate::label_studio(&annotated(&gold.paragraphs, taxonomy), &model, out)?)
        }
        Target::Prodigy => Ok(preannotate::prodigy(&annotated(&gold.paragraphs, taxonomy), taxonomy, out)?),
        Target::LabelStudioConfig => Ok(out.write_all(preannotate::label_studio_config(taxonomy).as_bytes())?),
    })?;
    Ok(Ended::Whole)
}

fn annotated(paragraphs: &[Labelled], taxonomy: &Taxonomy) -> Vec<Annotated> {
    paragraphs.iter().map(|paragraph| paragraph.annotated(taxonomy)).collect()
}

/// The model that labelled the paragraphs, as they say it themselves.
fn model(paragraphs: &[Labelled]) -> String {
    let own = paragraphs.iter().find_map(|paragraph| paragraph.extra.get("model")?.as_str().map(str::to_owned));
    own.unwrap_or_else(|| "klausul".to_owned())
}

fn by_name(path: &Path) -> Option<Target> {
    match RecordFormat::of_path(path)? {
        RecordFormat::Csv => Some(Target::Csv),
        RecordFormat::Parquet => Some(Target::Parquet),
        _ => Some(Target::Jsonl),
    }
}

fn rows(paragraphs: &[Labelled], taxonomy: &Taxonomy, out: &mut dyn Write) -> Result<()> {
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
    paragraphs: &[Labelled],
    format: RecordFormat,
    taxonomy: &Taxonomy,
    out: &mut (dyn Write + Send),
) -> Result<()> {
    let mut file = tempfile::NamedTempFile::new()?;
    let mut lines = std::io::BufWriter::new(&mut file);
    rows(paragraphs, taxonomy, &mut lines)?;
    lines.flush()?;
    drop(lines);
    Ok(record::convert(file.path(), format, taxonomy, out)?)
}
