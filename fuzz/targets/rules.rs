//! The rules of every language on any text: evidence lies within it.
#![no_main]

use std::sync::LazyLock;

use klausul_core::{Classifier, Kind, Paragraph, Place};
use klausul_rules::RuleClassifier;

static RULES: LazyLock<RuleClassifier> =
    LazyLock::new(|| RuleClassifier::builtin().expect("the built-in rules").with_evidence(true));

libfuzzer_sys::fuzz_target!(|input: (u8, &str, &str)| {
    let (choice, context, text) = input;
    let languages = RULES.languages();
    let paragraph = Paragraph {
        id: String::new(),
        index: 0,
        language: languages[usize::from(choice) % languages.len()],
        kind: Kind::ALL[usize::from(choice) % 4],
        context: vec![context.to_owned()],
        text: text.to_owned(),
        start: 0,
        end: text.len(),
    };
    let predictions = RULES.classify(std::slice::from_ref(&paragraph)).expect("the lexicon compiles");
    for found in predictions[0].evidence.iter().flat_map(|evidence| &evidence.matches) {
        let within = match found.place {
            Place::Text => &paragraph.text,
            Place::Context(entry) => &paragraph.context[entry],
        };
        assert_eq!(within.get(found.start..found.end), Some(found.text.as_str()));
    }
});
