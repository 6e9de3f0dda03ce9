//! The model that ships, as it comes with the program, and its sibling.

use std::path::Path;

use serde_json::{Value, json};

use crate::util::{Folder, samples};

#[test]
fn it_is_listed_verified_shown_and_measured() {
    let folder = Folder::new();
    let list = folder.run(&["models", "list"]).stdout;
    let first = list.lines().next().unwrap();
    assert!(first.starts_with("klausul-small  ") && first.ends_with("  in the program"), "{list}");
    let ran = folder.run(&["models", "verify", "klausul-small"]);
    let whole = "klausul-small: every file is as klausul.json says\n";
    assert_eq!((ran.code, ran.stdout.as_str()), (0, whole), "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&folder.run(&["models", "show", "klausul-small"]).stdout).unwrap();
    assert_eq!((&shown["directory"], &shown["layers"]), (&json!("klausul-small"), &json!(12)));
    assert_eq!(shown["manifest"]["labels"].as_array().unwrap().len(), 27);
    folder.write("texts.txt", "You may ask us for a copy of your data.");
    let ran = folder.run(&["bench", "--texts", "texts.txt", "--rounds", "1", "--threads", "1"]);
    assert_eq!((ran.code, &ran.records()[0]["texts"]), (0, &json!(1)), "{}", ran.stderr);
}

/// What nobody should get wrong.
const PLAIN: [(&str, &str, &str); 9] = [
    ("en", "You may ask us to delete your personal data.", "right_erasure"),
    ("sv", "Du kan när som helst återkalla ditt samtycke.", "right_withdraw_consent"),
    ("sq", "Të dhënat i ruajmë për dy vjet pas mbylljes së llogarisë.", "retention_period"),
    ("de", "Sie können sich bei der Datenschutz-Aufsichtsbehörde beschweren.", "right_complaint"),
    ("fr", "Nous utilisons des cookies pour mesurer l'audience du site.", "cookies_tracking"),
    ("pl", "Dane nie są przekazywane poza Europejski Obszar Gospodarczy.", "third_country_transfer"),
    ("el", "Έχετε δικαίωμα πρόσβασης στα δεδομένα σας.", "right_access"),
    ("fi", "Muutamme tätä selostetta tarvittaessa ja ilmoitamme muutoksista sähköpostitse.", "policy_change"),
    ("hu", "A szolgáltatás tizenhat éven aluliaknak csak szülői hozzájárulással vehető igénybe.", "children_data"),
];

/// Reads [`PLAIN`] with further arguments.
fn reads_plain_statements(arguments: &[&str]) {
    let folder = Folder::new();
    let row = |(lang, text, _): &(&str, &str, &str)| format!("{}\n", json!({ "lang": lang, "text": text }));
    folder.write("rows.jsonl", PLAIN.iter().map(row).collect::<String>());
    let ran = folder.run(&[&["classify", "rows.jsonl", "-q"], arguments].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for ((lang, text, category), record) in PLAIN.iter().zip(ran.records()) {
        let labels = record["labels"].as_array().unwrap();
        assert!(labels.contains(&json!(category)), "{lang}: {text}: {labels:?}");
    }
}

#[test]
fn it_reads_plain_statements_in_many_languages() {
    reads_plain_statements(&[]);
}

#[test]
fn its_sibling_is_whole_small_and_reads_them_too() {
    let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/klausul-tiny");
    let model = tiny.to_str().unwrap();
    let folder = Folder::new();
    let ran = folder.run(&["models", "verify", model]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let shown: Value = serde_json::from_str(&folder.run(&["models", "show", model]).stdout).unwrap();
    assert_eq!((&shown["manifest"]["name"], &shown["layers"]), (&json!("klausul-tiny"), &json!(6)));
    let files = ["klausul.json", "config.json", "tokenizer.json", "model.safetensors"];
    let bytes: u64 = files.iter().map(|name| tiny.join(name).metadata().unwrap().len()).sum();
    assert!(bytes <= 35_000_000, "{bytes}");
    reads_plain_statements(&["--model", model]);
}

#[test]
fn explain_names_the_words_that_a_label_rests_on() {
    let folder = Folder::new();
    let text = "We are a small firm in the north. Your invoices are kept for seven years and then deleted.";
    folder.write("rows.jsonl", json!({ "lang": "en", "text": text }).to_string());
    let ran = folder.run(&["classify", "rows.jsonl", "-q", "--explain"]);
    let record = &ran.records()[0];
    let evidence = record["evidence"].as_array().unwrap();
    let erased = |it: &&Value| it["rule"].as_str().unwrap().starts_with("without/");
    let kept = evidence.iter().filter(erased).find(|it| it["category"] == "retention_period").unwrap();
    let found = &kept["matches"][0];
    let (start, end) = (found["start"].as_u64().unwrap() as usize, found["end"].as_u64().unwrap() as usize);
    assert_eq!(&text[start..end], found["text"].as_str().unwrap());
    assert!(found["text"].as_str().unwrap().contains("seven years"), "{record}");
    let left: f64 = kept["rule"].as_str().unwrap().strip_prefix("without/").unwrap().parse().unwrap();
    assert!(left < record["scores"]["retention_period"].as_f64().unwrap(), "{record}");
}

#[test]
fn threads_and_order_change_no_byte() {
    let samples = samples();
    let run =
        |threads: &str| Folder::new().run(&["classify", samples.to_str().unwrap(), "-q", "--threads", threads]).stdout;
    let one = run("1");
    assert!(one.lines().count() > 500);
    assert_eq!(one, run("3"));
}
