//! `klausul split`.

use std::path::Path;

use anyhow::Result;
use klausul::Documents;
use klausul_core::Taxonomy;
use klausul_data::gold::{Labelled, encode};
use klausul_eval::duplicates::verbatim;
use klausul_eval::split::Part;

use super::taxonomy_of;
use crate::Ended;
use crate::args::SplitArgs;
use crate::gold::{self, note, write_whole};

pub(crate) fn run(args: &SplitArgs) -> Result<Ended> {
    let taxonomy = &taxonomy_of(args.taxonomy.as_deref())?;
    let gold = gold::read(&args.input, &args.reading, taxonomy, args.quiet)?;
    let documents = Documents::new(&gold.paragraphs);
    let languages = documents.languages(&gold.paragraphs);
    let texts = documents.texts(&gold.paragraphs);
    let cluster_of = documents.clusters(&texts)?;
    let rows = documents.rows();
    let parts = documents.split(&cluster_of, &languages, args.ratios.0, args.seed)?;
    std::fs::create_dir_all(&args.output).map_err(|error| klausul_core::Error::from(error).at(&args.output))?;
    for part in Part::ALL {
        let of = |row: &usize| parts[documents.of[*row] as usize] == part;
        let chosen: Vec<usize> = (0..gold.paragraphs.len()).filter(of).collect();
        write(&args.output.join(format!("{}.jsonl", part.as_str())), &gold.paragraphs, &chosen, &gold.scope, taxonomy)?;
        let count = parts.iter().filter(|&&own| own == part).count();
        let mut own: Vec<usize> = (0..rows.len()).filter(|&d| parts[d] == part).map(|d| cluster_of[d]).collect();
        own.sort_unstable();
        own.dedup();
        let name = part.as_str();
        note(args.quiet, &format!("{name}: {count} documents in {} clusters, {} paragraphs", own.len(), chosen.len()));
    }
    let passages = |wanted: fn(Part) -> bool| -> Vec<&str> {
        let own = (0..rows.len()).filter(|&document| wanted(parts[document]));
        own.flat_map(|document| texts[document].iter().copied()).collect()
    };
    let (train, rest) = (passages(|part| part == Part::Train), passages(|part| part != Part::Train));
    let seen = verbatim(&train, &rest).into_iter().filter(|&seen| seen).count();
    let all = rest.len();
    note(
        args.quiet,
        &format!("{seen} of {all} paragraphs of dev and test still stand word for word in train: boilerplate"),
    );
    Ok(Ended::Whole)
}

/// Writes the chosen paragraphs; each says its scope, since the part may be used without the mapping.
fn write(path: &Path, paragraphs: &[Labelled], chosen: &[usize], scope: &[usize], taxonomy: &Taxonomy) -> Result<()> {
    write_whole(path, |out| {
        let mut line = Vec::new();
        for &row in chosen {
            let mut paragraph = paragraphs[row].clone();
            if paragraph.scope.is_none() && scope.len() < taxonomy.len() {
                paragraph.scope = Some(scope.to_vec());
            }
            line.clear();
            encode(&paragraph, taxonomy, &mut line);
            out.write_all(&line)?;
        }
        Ok(())
    })
}
