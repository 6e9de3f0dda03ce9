//! Paragraphs a second through the rules, alone and with segmentation before them.
//!
//! The text is the example sentences of the lexicons: 15 words a paragraph, as in real policies, and all of it different.

use std::fs;
use std::path::Path;

use divan::Bencher;
use divan::counter::ItemsCount;
use klausul_core::{Classifier, Kind, Paragraph};
use klausul_rules::RuleClassifier;
use serde_json::Value;

const LANGUAGES: [&str; 4] = ["en", "de", "sv", "sq"];

fn main() {
    divan::main();
}

fn paragraphs(language: &str) -> Vec<Paragraph> {
    let file = format!("../../data/lexicon/examples/{language}.jsonl");
    let lines = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let paragraph = |line: &str| {
        let example: Value = serde_json::from_str(line).unwrap();
        let text = example["text"].as_str().unwrap().to_owned();
        Paragraph {
            id: String::new(),
            index: 0,
            language: language.parse().unwrap(),
            kind: Kind::Text,
            context: vec!["Privacy".to_owned()],
            start: 0,
            end: text.len(),
            text,
        }
    };
    lines.lines().map(paragraph).collect()
}

#[divan::bench(args = LANGUAGES)]
fn rules(bencher: Bencher, language: &str) {
    let classifier = RuleClassifier::builtin().unwrap();
    let batch = paragraphs(language);
    classifier.classify(&batch[..1]).unwrap();
    bencher.counter(ItemsCount::new(batch.len())).bench(|| classifier.classify(&batch).unwrap());
}

#[divan::bench(args = LANGUAGES)]
fn segment_and_rules(bencher: Bencher, language: &str) {
    let classifier = RuleClassifier::builtin().unwrap();
    let texts: Vec<String> = paragraphs(language).into_iter().map(|paragraph| paragraph.text).collect();
    let page = format!("<main><h1>Privacy</h1><p>{}</p></main>", texts.join("</p><p>"));
    let run = || {
        let block = |block: klausul_data::segment::Block| Paragraph {
            id: String::new(),
            index: 0,
            language: language.parse().unwrap(),
            kind: block.kind,
            context: block.context,
            text: block.text,
            start: block.range.start,
            end: block.range.end,
        };
        let batch: Vec<Paragraph> = klausul_data::segment::html(&page).into_iter().map(block).collect();
        classifier.classify(&batch).unwrap()
    };
    run();
    bencher.counter(ItemsCount::new(texts.len())).bench(run);
}

#[divan::bench(args = LANGUAGES)]
fn compile_a_lexicon(language: &str) -> usize {
    let classifier = RuleClassifier::builtin().unwrap();
    classifier.classify(&paragraphs(language)[..1]).unwrap().len()
}
