//! How rules decide, each on a lexicon of a few lines.

use std::sync::LazyLock;

use klausul_core::{Classifier, Kind, Paragraph, Place, Taxonomy};
use proptest::prelude::*;

use crate::RuleClassifier;

const LEXICON: &str = r#"
languages = ["en"]
negation = ["not"]
abbreviations = ["art"]
statement = ["you can"]
interrogative = ["how"]
skip.reference = ["see section"]
skip.introduction = ["following"]

[terms]
keep = ["keep*", "store*"]

[headings]
recipients = ["share .. with", "who receives"]
retention = ["storage period"]
cookies = ["cookies we set"]

[[rules.retention_period]]
id = "keep"
must = ["@keep", "month* | year*"]
not = ["cookie*"]

[[rules.retention_period]]
id = "cell"
under = ["retention"]

[[rules.retention_period]]
id = "cookie-cell"
within_context = ["cookies"]
must = ["<number> | session"]

[[rules.data_source]]
id = "from-you"
must = ["receive .. from", "detail*"]

[[rules.recipients]]
id = "item"
under = ["recipients"]

[[rules.recipients]]
id = "hint"
must = ["partner*"]
may = ["share*"]
weak = true
"#;

fn rules() -> RuleClassifier {
    let lexicons = [("en.toml".to_owned(), LEXICON.to_owned())];
    RuleClassifier::from_lexicons(&lexicons, Taxonomy::builtin().clone()).unwrap().with_evidence(true)
}

fn paragraph(kind: Kind, context: &[&str], text: &str) -> Paragraph {
    Paragraph {
        id: String::new(),
        index: 0,
        language: "en".parse().unwrap(),
        kind,
        context: context.iter().map(|&entry| entry.to_owned()).collect(),
        text: text.to_owned(),
        start: 0,
        end: text.len(),
    }
}

fn labels(kind: Kind, context: &[&str], text: &str) -> Vec<String> {
    let rules = rules();
    let prediction = rules.classify(&[paragraph(kind, context, text)]).unwrap().remove(0);
    prediction.labels.iter().map(|&label| rules.taxonomy().categories()[label].id.clone()).collect()
}

fn text(text: &str) -> Vec<String> {
    labels(Kind::Text, &[], text)
}

#[test]
fn order_is_free_within_a_clause_and_case_and_accents_do_not_matter() {
    assert_eq!(text("We KÉEP them for two yéars."), ["retention_period"]);
    assert_eq!(text("For two years we store them."), ["retention_period"]);
    assert!(text("We keep them. Two years ago we began.").is_empty());
    assert!(text("We keep cookies for two years.").is_empty());
}

#[test]
fn questions_references_introductions_and_bare_headings_state_nothing() {
    assert!(text("Do we keep it for years?").is_empty());
    assert!(text("We keep it for years, see section 5.").is_empty());
    assert!(text("We keep the following for years:").is_empty());
    assert!(labels(Kind::Heading, &[], "Data we keep for years").is_empty());
    assert_eq!(labels(Kind::Heading, &[], "You can ask us to keep it for years"), ["retention_period"]);
}

#[test]
fn the_innermost_telling_heading_explains_an_item() {
    let item = |context: &[&str]| labels(Kind::ListItem, context, "Payment providers");
    assert_eq!(item(&["Privacy", "Who receives your data?"]), ["recipients"]);
    assert_eq!(item(&["Who receives your data?", "In the shop"]), ["recipients"]);
    assert_eq!(item(&["Who receives your data?", "Storage period"]), ["retention_period"]);
    assert!(item(&["Privacy"]).is_empty());
    let long = "Payment providers are companies that many people know and that have offices in more than one town.";
    assert!(labels(Kind::Text, &["Who receives your data?"], long).is_empty());
}

#[test]
fn leading_words_act_as_a_heading() {
    assert_eq!(text("Storage period: as the law demands"), ["retention_period"]);
    assert_eq!(text("Storage period – as the law demands"), ["retention_period"]);
    assert!(text("Storage period").is_empty());
}

#[test]
fn a_phrase_stays_in_its_clause_and_leaves_the_words_it_skips() {
    assert_eq!(text("We receive your details from partners."), ["data_source"]);
    assert!(text("Your details are what we receive. From partners we hear.").is_empty());
}

/// Each clause by itself, the last of very many too.
#[test]
fn the_last_of_many_clauses_is_read() {
    let many = "We keep cookies for a year. A year has months. ".repeat(20_000);
    assert_eq!(text(&many), [""; 0]);
    assert_eq!(text(&format!("{many}We keep it for a year.")), ["retention_period"]);
}

#[test]
fn any_context_entry_can_be_asked_for() {
    let cell = |context: &[&str]| labels(Kind::TableCell, context, "13 months");
    assert_eq!(cell(&["Cookies we set", "Who receives your data?"]), ["retention_period", "recipients"]);
    assert!(cell(&["Our shop"]).is_empty());
}

#[test]
fn a_heading_that_asks_without_a_mark_states_nothing() {
    assert!(labels(Kind::Heading, &[], "2. How you can ask us to keep it for years").is_empty());
}

#[test]
fn a_hint_needs_agreement() {
    assert!(text("Our partners are nice.").is_empty());
    assert_eq!(text("We share it among partners."), ["recipients"]);
}

#[test]
fn evidence_names_rule_words_and_places() {
    let rules = rules();
    let batch = [
        paragraph(Kind::Text, &[], "Då: we do not keep it for a year"),
        paragraph(Kind::TableCell, &["X", "Storage period"], "12"),
    ];
    let predictions = rules.classify(&batch).unwrap();
    let evidence = &predictions[0].evidence[0];
    assert_eq!((evidence.rule.as_ref(), evidence.negated), ("en/retention_period/keep", true));
    for found in &evidence.matches {
        assert_eq!(&batch[0].text[found.start..found.end], found.text);
    }
    assert_eq!(evidence.matches.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), ["keep", "year"]);
    let found = &predictions[1].evidence[0].matches[0];
    assert_eq!((found.place, found.text.as_str()), (Place::Context(1), "Storage period"));
}

#[test]
fn languages_without_a_lexicon_get_no_label() {
    let mut paragraph = paragraph(Kind::Text, &[], "We keep them for two years.");
    paragraph.language = "fi".parse().unwrap();
    let prediction = rules().classify(&[paragraph]).unwrap().remove(0);
    assert!(prediction.labels.is_empty() && prediction.scores.len() == 27);
}

#[test]
fn mistakes_name_file_rule_and_pattern() {
    let of = |lexicon: &str| {
        let lexicons = [("own.toml".to_owned(), format!("languages = [\"en\"]\n{lexicon}"))];
        RuleClassifier::from_lexicons(&lexicons, Taxonomy::builtin().clone()).err().unwrap().to_string()
    };
    assert_eq!(
        of("[[rules.recipients]]\nid = \"a\"\nmust = [\"@share\"]"),
        "own.toml: rules.recipients `a`: no term `@share`; add it to [terms]"
    );
    assert!(of("[[rules.recipients]]\nid = \"a\"\nunder = [\"x\"]").contains("no heading class `x`"));
    assert!(of("[[rules.nonsense]]\nid = \"a\"\nmust = [\"x\"]").contains("no such category"));
    assert!(of("[[rules.recipients]]\nid = \"a\"\nmust = [\".. x\"]").contains("`.. x`"));
    assert!(of("[[rules.recipients]]\nid = \"a\"").contains("it would always hit"));
    assert!(
        of("[terms]\na = [\"@b\"]\nb = [\"@a\"]\n[[rules.recipients]]\nid = \"a\"\nmust = [\"@a\"]").contains("itself")
    );
    assert!(of("colour = 1").starts_with("own.toml:2: "));
}

/// Lexicons are compiled once for all cases.
static BUILTIN: LazyLock<RuleClassifier> = LazyLock::new(|| RuleClassifier::builtin().unwrap().with_evidence(true));

proptest! {
    #[test]
    fn any_text_is_safe_and_evidence_lies_within_it(words in "\\PC{0,200}", context in "\\PC{0,40}", script in any::<bool>()) {
        let mut paragraph = paragraph(Kind::ListItem, &[&context], &words);
        paragraph.language = if script { "sr" } else { "en" }.parse().unwrap();
        let prediction = BUILTIN.classify(std::slice::from_ref(&paragraph)).unwrap().remove(0);
        for found in prediction.evidence.iter().flat_map(|evidence| &evidence.matches) {
            let text = match found.place {
                Place::Text => &paragraph.text,
                Place::Context(entry) => &paragraph.context[entry],
            };
            prop_assert_eq!(&text[found.start..found.end], &found.text);
        }
    }

    #[test]
    fn a_batch_is_its_paragraphs(texts in prop::collection::vec("(we|keep|year|partners|share|[.:?]| ){0,12}", 1..6)) {
        let rules = rules();
        let batch: Vec<_> = texts.iter().map(|text| paragraph(Kind::Text, &["Who receives it"], text)).collect();
        let together = rules.classify(&batch).unwrap();
        for (paragraph, prediction) in batch.iter().zip(together) {
            prop_assert_eq!(rules.classify(std::slice::from_ref(paragraph)).unwrap().remove(0), prediction);
        }
    }
}
