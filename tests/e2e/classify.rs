//! `klausul classify` as a user runs it.

use std::collections::BTreeSet;

use crate::util::{Folder, samples};
use serde_json::Value;

const PAGE: &str = "<!doctype html><html lang=sv><head><title>x</title></head><body>\
    <nav><ul><li><a href=/>Hem</a><li><a href=/k>Kontakt</a></ul></nav>\
    <main><h1>Integritetspolicy</h1><p>Du kan när som helst återkalla ditt samtycke.</p>\
    <h2>Hur länge sparas uppgifterna?</h2><p>Vi sparar dina uppgifter i 24 månader efter ditt senaste köp.</p></main></body></html>";

fn samples_run(arguments: &[&str]) -> crate::util::Ran {
    let samples = samples();
    let mut all = vec!["classify", samples.to_str().unwrap(), "-q"];
    all.extend(arguments);
    Folder::new().run(&all)
}

#[test]
fn a_page_becomes_labelled_paragraphs() {
    let folder = Folder::new();
    folder.write("sidan.html", PAGE);
    let ran = folder.run(&["classify", "sidan.html", "--explain"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let records = ran.records();
    let texts: Vec<_> = records.iter().map(|record| record["text"].as_str().unwrap()).collect();
    assert_eq!(
        texts,
        [
            "Integritetspolicy",
            "Du kan när som helst återkalla ditt samtycke.",
            "Hur länge sparas uppgifterna?",
            "Vi sparar dina uppgifter i 24 månader efter ditt senaste köp."
        ]
    );
    let fields: Vec<_> = records[1].as_object().unwrap().keys().cloned().collect();
    let expected = "doc id index lang kind context text start end labels scores backend model evidence";
    assert_eq!(fields.join(" "), expected);
    assert_eq!(records[1]["id"], "sidan.html#1");
    assert_eq!(records[1]["lang"], "sv");
    assert_eq!(records[1]["labels"], serde_json::json!(["right_withdraw_consent"]));
    assert!(records[3]["labels"].as_array().unwrap().contains(&"retention_period".into()));
    assert_eq!(records[3]["context"], serde_json::json!(["Integritetspolicy", "Hur länge sparas uppgifterna?"]));
    assert_eq!(records[1]["scores"].as_object().unwrap().len(), 27);
    let range = records[1]["start"].as_u64().unwrap() as usize..records[1]["end"].as_u64().unwrap() as usize;
    assert_eq!(&PAGE[range], records[1]["text"].as_str().unwrap());
    let evidence = &records[1]["evidence"][0];
    assert_eq!(evidence["category"], "right_withdraw_consent");
    assert!(evidence["rule"].as_str().unwrap().starts_with("sv/right_withdraw_consent/"));
    let found = &evidence["matches"][0];
    let range = found["start"].as_u64().unwrap() as usize..found["end"].as_u64().unwrap() as usize;
    assert_eq!(&texts[1][range], found["text"].as_str().unwrap());
}

#[test]
fn the_samples_hold_every_category_in_eight_languages() {
    let ran = samples_run(&[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let records = ran.records();
    let all =
        |field: &str| -> BTreeSet<&str> { records.iter().map(|record| record[field].as_str().unwrap()).collect() };
    assert_eq!(all("doc").len(), 9);
    assert!(all("lang").is_superset(&["de", "el", "en", "es", "fr", "it", "pl", "sq", "sv"].into()));
    assert_eq!(all("kind"), ["heading", "list_item", "table_cell", "text"].into());
    let labels: BTreeSet<&str> =
        records.iter().flat_map(|record| record["labels"].as_array().unwrap()).filter_map(Value::as_str).collect();
    assert_eq!(labels.len(), 27, "{labels:?}");
}

#[test]
fn threads_change_nothing() {
    let one = samples_run(&["--threads", "1", "--explain"]);
    assert!(one.stdout.len() > 100_000);
    for threads in ["2", "7"] {
        assert_eq!(samples_run(&["--threads", threads, "--explain"]).stdout, one.stdout);
    }
}

#[test]
fn every_output_format_has_all_records() {
    let folder = Folder::new();
    let samples = samples();
    let count = samples_run(&[]).records().len();
    for name in ["a.jsonl", "a.csv", "a.parquet", "a.jsonld"] {
        let ran = folder.run(&["classify", samples.to_str().unwrap(), "-q", "-o", name]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""), "{name}");
    }
    assert_eq!(folder.read("a.jsonl").lines().count(), count);
    assert!(
        folder
            .read("a.csv")
            .starts_with("doc,id,index,lang,kind,context,text,start,end,labels,score_controller_identity,")
    );
    let linked: Value = serde_json::from_str(&folder.read("a.jsonld")).unwrap();
    assert_eq!(linked["@graph"].as_array().unwrap().len(), count + 27);
    // The files that a run makes are inputs of another.
    for name in ["a.csv", "a.parquet"] {
        let ran = folder.run(&["classify", name, "-q"]);
        assert_eq!((ran.code, ran.records().len()), (0, count), "{name}: {}", ran.stderr);
        assert!(ran.records()[0].get("input_labels").is_some());
    }
    let left: Vec<_> = std::fs::read_dir(folder.path(".")).unwrap().collect();
    assert_eq!(left.len(), 4, "nothing is left of the runs");
}

#[test]
fn labels_only_leaves_the_text_out() {
    let folder = Folder::new();
    folder.write("sidan.html", PAGE);
    let record = &folder.run(&["classify", "sidan.html", "--labels-only", "-q"]).records()[1];
    assert!(record.get("text").is_none() && record.get("context").is_none() && record.get("labels").is_some());
}

#[test]
fn segment_writes_paragraphs_without_labels() {
    let folder = Folder::new();
    folder.write("sidan.html", PAGE);
    let records = folder.run(&["segment", "sidan.html"]).records();
    let fields: Vec<_> = records[3].as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields.join(" "), "doc id index lang kind context text start end");
}

#[test]
fn the_summary_counts_on_standard_error() {
    let ran = samples_run(&["--summary"]);
    assert!(ran.stderr.contains("right_erasure"), "{}", ran.stderr);
    assert!(ran.stderr.contains("9 documents, "), "{}", ran.stderr);
    assert!(ran.stderr.contains(" 0 failures"), "{}", ran.stderr);
}

#[test]
fn standard_input_is_read() {
    let folder = Folder::new();
    let ran = folder.pipe(&["classify", "-", "-q"], PAGE);
    assert_eq!(ran.records()[0]["doc"], "-");
    assert_eq!(folder.pipe(&["classify", "-q"], PAGE).stdout, ran.stdout);
    let ran = folder.pipe(&["classify", "-", "--format", "text", "-q"], "Du kan återkalla ditt samtycke när du vill.");
    assert_eq!(ran.records()[0]["labels"], serde_json::json!(["right_withdraw_consent"]));
}

#[test]
fn own_taxonomy_and_rules_replace_the_built_in_ones() {
    let folder = Folder::new();
    folder.write(
        "t.toml",
        "name = \"own\"\nversion = \"1\"\n[[category]]\nid = \"pets\"\nname = \"Pets\"\ndefinition = \"x\"\n",
    );
    folder.write("rules/en.toml", "languages = [\"en\"]\n[[rules.pets]]\nid = \"dog\"\nmust = [\"dog* | cat*\"]\n");
    folder.write("a.txt", "Dogs are welcome in all of our hotels, but they stay on the lead at all times.");
    let ran = folder.run(&["classify", "a.txt", "--taxonomy", "t.toml", "--rules", "rules", "-q"]);
    let record = &ran.records()[0];
    assert_eq!(record["labels"], serde_json::json!(["pets"]), "{}", ran.stderr);
    assert_eq!(record["model"], "own-rules+own-1");
    folder.write("rules/en.toml", "languages = [\"en\"]\n[[rules.pets]]\nid = \"dog\"\nmust = [\"@dogs\"]\n");
    let ran = folder.run(&["classify", "a.txt", "--taxonomy", "t.toml", "--rules", "rules", "-q"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("en.toml: rules.pets `dog`: no term `@dogs`; add it to [terms]"), "{}", ran.stderr);
}

#[test]
fn the_taxonomy_is_printed() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["taxonomy"]).stdout.lines().count(), 27);
    let one = folder.run(&["taxonomy", "right_erasure"]).stdout;
    assert!(one.contains("GDPR Art. 13(2)(b), 17") && one.contains("eu-gdpr:A17"), "{one}");
    let json: Value = serde_json::from_str(&folder.run(&["taxonomy", "--json"]).stdout).unwrap();
    assert_eq!(json["categories"].as_array().unwrap().len(), 27);
    let ran = folder.run(&["taxonomy", "right_eraser"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("`right_eraser` is no category"), "{}", ran.stderr);
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = Folder::new();
    for arguments in [
        &["classify", "--format", "docx", "x"][..],
        &["classify", "--threads", "0", "x"],
        &["classify", "--output-format", "xml", "x"],
        &["classify", "--include", "[", "x"],
        &["classify", "--resume", "x"],
        &["classify", "--resume", "-o", "y", "-"],
        &["clasify"],
        &[],
    ] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        assert!(!ran.stderr.is_empty());
    }
    assert_eq!(folder.run(&["--help"]).code, 0);
    assert!(folder.run(&["--version"]).stdout.starts_with("klausul "));
}
