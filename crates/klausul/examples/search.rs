//! Finds the paragraphs that are nearest to a question, whatever their language:
//! `cargo run --release --example search -- "how long is my data kept" data/samples`.

use std::path::PathBuf;

use klausul::data::read::ReadOptions;
use klausul::transformer::dot;
use klausul::{Classifier, Error, ErrorKind, Paragraph, Result, paragraph};

/// Results that are shown.
const SHOWN: usize = 5;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let Some(question) = arguments.next().and_then(|text| text.into_string().ok()) else {
        return Err(Error::new(ErrorKind::Usage, "no question").mend("give a question and folders of policies"));
    };
    let paths: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    let classifier = Classifier::new()?;
    let mut paragraphs: Vec<Paragraph> = Vec::new();
    for classified in classifier.batch().options(ReadOptions::new()).run(&paths) {
        paragraphs.extend(classified?.cut.paragraphs);
    }
    let Some(size) = classifier.embedding_size() else {
        return Err(
            Error::new(ErrorKind::Usage, "rules make no vectors").mend("build with the feature `embedded-model`")
        );
    };
    let vectors = classifier.embed(&paragraphs)?;
    let wanted = classifier.embed(&[paragraph(&question, &[])])?;
    let mut found: Vec<(f32, &Paragraph)> =
        vectors.chunks_exact(size).map(|vector| dot(vector, &wanted)).zip(&paragraphs).collect();
    found.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    for (similarity, paragraph) in found.into_iter().take(SHOWN) {
        println!("{similarity:.3}\t{}\t{}", paragraph.id, paragraph.text);
    }
    Ok(())
}
