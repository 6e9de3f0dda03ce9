//! Labels a folder of policies: `cargo run --release --example folder -- data/samples`.
//!
//! Documents come when they are done, in the order of the folder; one that cannot be read costs itself alone.

use std::ops::ControlFlow;
use std::path::PathBuf;

use klausul::{Classifier, Result};

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let classifier = Classifier::new()?;
    let batch = classifier.batch().progress(|progress| {
        eprintln!("{} documents and rows so far", progress.items);
        ControlFlow::Continue(()) // `Break` would end it here
    });
    for classified in batch.run(&paths) {
        match classified {
            Ok(document) => {
                for (paragraph, prediction) in document.iter() {
                    let ids: Vec<&str> =
                        classifier.labels(prediction).iter().map(|it| it.category.id.as_str()).collect();
                    println!("{}\t{}\t{}", paragraph.id, paragraph.language, ids.join(" "));
                }
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    Ok(())
}
