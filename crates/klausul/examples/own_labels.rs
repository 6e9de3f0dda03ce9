//! Trains a head on labels of one's own: `cargo run --release --example own_labels -- OUTPUT`.
//!
//! A label that is no category of the GDPR, learnt from forty sentences in one language and asked for in another.

use std::path::Path;

use klausul::data::gold::taxonomy_of_labels;
use klausul::transformer::ModelDirectory;
use klausul::{Classifier, Corpus, Error, ErrorKind, Gold, Paragraph, Result, Taxonomy, Trainer, TrainingParts};

/// What visitors may do with animals, and what has nothing to do with them.
const SUBJECTS: [&str; 2] = ["dogs", "cats"];
const OTHERS: [&str; 2] = ["invoices", "umbrellas"];
const FRAMES: [&str; 10] = [
    "Please leave your {} at the door.",
    "We count the {} every evening.",
    "All {} must be named on the form.",
    "Nobody may bring more than two {} upstairs.",
    "Lost {} are kept at the reception.",
    "The {} of other guests are not yours.",
    "Wet {} belong in the back room.",
    "Two {} were found near the stairs.",
    "Our {} have never hurt anybody.",
    "Ask before you touch the {} on the counter.",
];

fn main() -> Result<()> {
    let Some(output) = std::env::args_os().nth(1) else {
        return Err(Error::new(ErrorKind::Usage, "no directory for the model").mend("name a new one"));
    };
    let taxonomy = taxonomy_of_labels("animals", ["animals"]);
    let mut gold = Gold::new(&Taxonomy::from_toml(&taxonomy)?);
    for (number, frame) in FRAMES.iter().enumerate() {
        let document = format!("notice-{number}");
        for (words, labels) in [(SUBJECTS, vec![0]), (OTHERS, vec![])] {
            for word in words {
                gold.push(Some(&document), Paragraph::of_text(frame.replace("{}", word)), labels.clone());
            }
        }
    }
    let base = ModelDirectory::shipped()?.ok_or_else(|| Error::new(ErrorKind::Usage, "this build holds no model"))?;
    let parts = TrainingParts::split(&Corpus::new(gold), Some(&taxonomy), 0.3, 1)?;
    let trained = Trainer::new(&base, Path::new(&output), true)?.train(&parts)?;
    println!("{} {}", trained.manifest.name, trained.manifest.version);
    let classifier = Classifier::builder().model(&output).build()?;
    for text in ["Hunde müssen draußen bleiben.", "Rechnungen liegen im Büro."] {
        let prediction = &classifier.classify(&[Paragraph::of_text(text)])?[0];
        println!("{:.2} {text}", prediction.scores[0]);
    }
    Ok(())
}
