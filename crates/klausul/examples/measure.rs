//! Measures the classifier against annotated data: `cargo run --release --example measure -- data/gold/first`.

use std::path::PathBuf;

use klausul::eval::Bootstrap;
use klausul::{Classifier, Gold, GoldOptions, Result, evaluate};

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let classifier = Classifier::new()?;
    let gold =
        Gold::read(&paths, &GoldOptions::new().slim(), classifier.taxonomy(), &mut |warning| eprintln!("{warning}"))?;
    let evaluation = evaluate(&classifier, gold, &Bootstrap::default())?;
    println!("{} on {} paragraphs", classifier.model(), evaluation.sample.len());
    let all = [("all", &evaluation.figures.micro.average)];
    let languages = evaluation.figures.per_language.iter().map(|(language, group)| (language, &group.micro));
    for (name, average) in languages.chain(all) {
        println!("{name}\tmicro-F1 {:.3}", average.prf.f1.unwrap_or(f64::NAN));
    }
    Ok(())
}
