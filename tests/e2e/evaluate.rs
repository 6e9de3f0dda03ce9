//! `evaluate`, `agreement`, `convert` and `split`, as a reviewer uses them.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::util::Folder;

fn gold() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/gold")
}

/// Gold of two documents, and predictions with one error of each sort.
const GOLD: &str = r#"{"id":"a#0","doc":"a","lang":"en","text":"We keep it for a year.","labels":["retention_period"]}
{"id":"a#1","doc":"a","lang":"en","text":"Hello.","labels":[]}
{"id":"b#0","doc":"b","lang":"sv","text":"Du kan klaga.","labels":["right_complaint","right_access"]}
"#;
const PREDICTIONS: &str = r#"{"id":"b#0","labels":["right_complaint"]}
{"id":"a#0","labels":["retention_period"]}
{"id":"a#1","labels":["recipients"]}
"#;

fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("gold.jsonl", GOLD).write("predictions.jsonl", PREDICTIONS);
    folder
}

fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let ran = folder.run(&[&["evaluate", "--json", "-", "--bootstrap", "50"], arguments].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn predictions_of_any_tool_are_measured() {
    let report = json(&folder(), &["--gold", "gold.jsonl", "--predictions", "predictions.jsonl"]);
    let micro = &report["micro"];
    assert_eq!((&micro["tp"], &micro["fp"], &micro["fn"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(micro["f1"], json!(2.0 / 3.0));
    assert!(micro["f1_interval"].is_array());
    for average in ["macro", "weighted", "samples"] {
        for key in ["precision", "recall", "f1", "f1_interval"] {
            assert!(!report[average][key].is_null(), "{average} {key}");
        }
    }
    for key in ["per_category", "per_language", "per_kind", "documents", "settings", "confusion", "counts"] {
        assert!(report[key].is_object(), "{key}");
    }
    assert_eq!(report["settings"]["match"], "id");
    assert_eq!(report["per_category"]["right_access"]["recall"], json!(0.0));
    assert_eq!(report["per_language"]["sv"]["micro"]["recall"], json!(0.5));
    assert!(report["calibration"].is_null());
    // Both documents lack all items but two, and the system takes one of them for missing.
    assert_eq!(report["documents"]["per_item"]["right_access"]["fp"], json!(1));
}

#[test]
fn the_backend_is_measured_with_its_scores() {
    let folder = Folder::new();
    let gold = gold().join("first");
    let arguments = ["--gold", gold.to_str().unwrap(), "--backend", "rules"];
    let report = json(&folder, &arguments);
    assert_eq!(report["counts"]["documents"], json!(34));
    assert_eq!(report["per_language"].as_object().unwrap().len(), 34);
    assert_eq!(report["settings"]["annotators"], json!(["model"]));
    let calibration = &report["calibration"];
    assert!(
        calibration["brier"].as_f64().unwrap() < 0.1 && calibration["per_category"]["recipients"]["curve"].is_array()
    );
    let one = json(&folder, &[&arguments[..], &["--threads", "1"]].concat());
    assert_eq!(one, report, "threads change nothing");
    let other_seed = json(&folder, &[&arguments[..], &["--seed", "1"]].concat());
    assert_ne!(other_seed["micro"]["f1_interval"], report["micro"]["f1_interval"]);
    assert_eq!(other_seed["micro"]["f1"], report["micro"]["f1"]);
}

#[test]
fn the_gold_pages_are_cut_into_the_gold_paragraphs() {
    let (folder, gold) = (Folder::new(), gold());
    let ran = folder.run(&["segment", gold.join("pages").to_str().unwrap()]);
    let mut texts: Vec<(String, String)> =
        ran.records().iter().map(|row| (row["id"].to_string(), row["text"].to_string())).collect();
    let mut annotated = Vec::new();
    for file in std::fs::read_dir(gold.join("first")).unwrap() {
        for line in std::fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            assert_eq!(row["annotator"], "model");
            annotated.push((row["id"].to_string(), row["text"].to_string()));
        }
    }
    texts.sort();
    annotated.sort();
    assert_eq!(texts, annotated);
}

#[test]
fn every_report_is_written_and_a_table_is_printed() {
    let folder = folder();
    let measured = ["evaluate", "--gold", "gold.jsonl", "--predictions", "predictions.jsonl"];
    let outputs = ["--json", "r.json", "--csv", "r.csv", "--markdown", "r.md", "--html", "r.html"];
    let ran = folder.run(&[&measured[..], &outputs].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.contains("\nBy category\n") && ran.stdout.contains("micro"), "{}", ran.stdout);
    assert!(folder.read("r.csv").lines().any(|line| line.starts_with("category,right_access,,1,0,0,0,1,0,0,0,")));
    assert!(folder.read("r.md").contains("| micro | 0.667 |"));
    assert_eq!(serde_json::from_str::<Value>(&folder.read("r.json")).unwrap()["micro"]["tp"], 2);
    let html = folder.read("r.html");
    assert!(html.contains("Du kan klaga.") && !html.contains("https://") && html.ends_with("</html>\n"));
    assert!(!folder.path("r.html.partial").exists());
}

#[test]
fn two_systems_are_compared_on_the_same_draws() {
    let folder = folder();
    let perfect = PREDICTIONS
        .replace("[\"recipients\"]", "[]")
        .replace("[\"right_complaint\"]", "[\"right_complaint\",\"right_access\"]");
    folder.write("perfect.jsonl", perfect);
    let files = ["--gold", "gold.jsonl", "--predictions", "predictions.jsonl", "--compare", "perfect.jsonl"];
    let comparison = json(&folder, &files)["comparison"].take();
    assert_eq!((&comparison["micro_f1"]["a"], &comparison["micro_f1"]["b"]), (&json!(2.0 / 3.0), &json!(1.0)));
    assert!(comparison["micro_f1"]["interval"].is_array() && comparison["micro_f1"]["p_value"].is_number());
}

#[test]
fn bad_gold_names_file_and_line() {
    let folder = folder();
    let first = r#"{"id":"a#0","doc":"a","text":"We keep it for a year.","labels":["retention_period"]}"#;
    folder
        .write("unknown.jsonl", format!("{first}\n{{\"id\":\"x\",\"text\":\"t\",\"labels\":[\"retention\"]}}\n"))
        .write("twice.jsonl", format!("{first}\n{first}\n"))
        .write("empty.jsonl", "\n")
        .write("more.jsonl", format!("{GOLD}{{\"id\":\"c#0\",\"text\":\"New.\",\"labels\":[]}}\n"))
        .write("torn.jsonl", format!("{first}\n{{\"id\":\"x\",\"te"))
        .write("other.jsonl", PREDICTIONS.replace("\"id\":\"a#1\",", "\"id\":\"a#1\",\"text\":\"Good day.\","))
        .write("nan.csv", "id,labels,score_recipients\nb#0,,NaN\na#0,,0\na#1,,0\n")
        .write("some.jsonl", PREDICTIONS.replace("\"id\":\"a#1\",", "\"id\":\"a#1\",\"scores\":{\"recipients\":0.5},"));
    for (gold, predictions, expected) in [
        ("unknown.jsonl", "predictions.jsonl", "unknown.jsonl:2: label `retention` is unknown to gdpr-27; map it"),
        ("twice.jsonl", "predictions.jsonl", "twice.jsonl:2: gold paragraph `a#0` stands already in twice.jsonl:1"),
        ("empty.jsonl", "predictions.jsonl", "empty.jsonl: "),
        ("more.jsonl", "predictions.jsonl", "more.jsonl:4: paragraph `c#0` has no prediction"),
        ("torn.jsonl", "predictions.jsonl", "torn.jsonl:2: "),
        (
            "gold.jsonl",
            "other.jsonl",
            "other.jsonl:3: the prediction is for the text `Good day.`, but the gold paragraph in gold.jsonl:2 reads `Hello.`",
        ),
        ("gold.jsonl", "nan.csv", "nan.csv:2: the score of `recipients` is `\"NaN\"`, not a probability"),
        ("gold.jsonl", "some.jsonl", "some.jsonl:3: the prediction has scores where the first prediction has none"),
        ("gold.jsonl", "missing.jsonl", "missing.jsonl: "),
    ] {
        let ran = folder.run(&["evaluate", "--gold", gold, "--predictions", predictions]);
        assert!(ran.code > 0 && ran.stdout.is_empty(), "{gold} {predictions}");
        assert!(ran.stderr.contains(&format!("klausul: error: {expected}")), "{}", ran.stderr);
    }
    let ran = folder.run(&["evaluate", "--gold", "twice.jsonl", "--backend", "rules"]);
    assert!(ran.stderr.contains("twice.jsonl:2: gold paragraph `a#0` stands already"), "{}", ran.stderr);
}

#[test]
fn scope_and_mapping_say_what_was_annotated() {
    let folder = folder();
    let files =
        ["--gold", "gold.jsonl", "--predictions", "predictions.jsonl", "--scope", "retention_period,right_complaint"];
    let report = json(&folder, &files);
    assert_eq!((&report["micro"]["f1"], &report["micro"]["fp"]), (&json!(1.0), &json!(0)));
    assert_eq!(report["settings"]["scope"], json!(["retention_period", "right_complaint"]));
    folder
        .write("foreign.jsonl", GOLD.replace("retention_period", "Speicherdauer").replace("right_", "Recht: "))
        .write(
            "mapping.toml",
            "name = \"foreign\"\n[labels]\n\"Speicherdauer\" = \"retention_period\"\n\"Recht*\" = []\n",
        );
    let files = ["--gold", "foreign.jsonl", "--predictions", "predictions.jsonl", "--mapping", "mapping.toml"];
    let report = json(&folder, &files);
    assert_eq!((&report["counts"]["labels"], &report["settings"]["mapping"]), (&json!(1), &json!("foreign")));
}

#[test]
fn thresholds_are_not_tuned_on_what_is_reported() {
    let (folder, gold) = (Folder::new(), gold().join("first"));
    let [test, dev] = ["sv-bibliotek.jsonl", "de-praxis.jsonl"].map(|name| gold.join(name).display().to_string());
    let ran = folder.run(&["evaluate", "--backend", "rules", "--gold", &test, &dev, "--tune", &dev]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("1 of 2 documents of --gold are in --tune or are near-duplicates"), "{}", ran.stderr);
    let allowed = ["--allow-tuning-on-test", "--gold", &test, &dev, "--tune", &dev];
    assert!(json(&folder, &allowed)["settings"]["thresholds"].is_object());
    let report = json(&folder, &["--gold", &test, "--tune", &dev]);
    assert_eq!(report["settings"]["thresholds_from"], json!(dev));
    folder.write("report.json", report.to_string());
    let again = json(&folder, &["--gold", &test, "--thresholds", "report.json"]);
    assert_eq!((&again["micro"], &again["macro"]), (&report["micro"], &report["macro"]));
}

#[test]
fn what_training_has_seen_is_measured_apart() {
    let (folder, gold) = (Folder::new(), gold().join("first"));
    let sv = std::fs::read_to_string(gold.join("sv-bibliotek.jsonl")).unwrap();
    // A training document with ten paragraphs of the gold data is no near-duplicate of it.
    let some: Vec<&str> = sv.lines().take(10).collect();
    folder.write("train.jsonl", some.join("\n"));
    let gold = gold.join("sv-bibliotek.jsonl").display().to_string();
    let leakage = json(&folder, &["--gold", &gold, "--train", "train.jsonl"])["leakage"].take();
    // Word for word the same, but all of the training document is in the gold document.
    assert_eq!((&leakage["documents_in_train"], &leakage["unseen"]["paragraphs"]), (&json!(1), &json!(0)));
    assert!(leakage["passages_in_train"].as_u64().unwrap() >= 10);
    let own = "{\"text\":\"Denna text står ingen annanstans i världen än just här.\",\"labels\":[]}\n";
    folder.write("train.jsonl", own);
    let leakage = json(&folder, &["--gold", &gold, "--train", "train.jsonl"])["leakage"].take();
    assert_eq!((&leakage["documents_in_train"], &leakage["passages_in_train"]), (&json!(0), &json!(0)));
    assert_eq!(leakage["unseen"]["paragraphs"], leakage["passages"]);
}

#[test]
fn annotators_are_compared() {
    let (folder, gold) = (Folder::new(), gold());
    let [first, second] = ["first", "second"].map(|name| gold.join(name).display().to_string());
    let ran = folder.run(&["agreement", &first, &second, "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let agreement: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(agreement["names"], json!(["model", "model-2"]));
    assert!(agreement["overall"]["alpha_masi"]["value"].as_f64().unwrap() > 0.5);
    assert!(agreement["per_category"]["recipients"]["alpha"].is_number());
    assert!(folder.run(&["agreement", &first, &second]).stdout.contains("Krippendorff's alpha, MASI"));
    let ran = folder.run(&["agreement", &first]);
    assert_eq!((ran.code, ran.stderr.contains("there is only one annotator, `model`")), (2, true));
}

#[test]
fn klausul_output_becomes_pre_annotations_and_comes_back() {
    let folder = folder();
    let ran = folder.run(&["classify", "gold.jsonl", "-o", "out.jsonl", "--backend", "rules"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let labels = |rows: &[Value]| -> Vec<Value> { rows.iter().map(|row| row["labels"].clone()).collect() };
    let ours = labels(&folder.run(&["convert", "out.jsonl"]).records());
    for target in ["label-studio", "prodigy"] {
        let name = format!("{target}.json");
        assert_eq!(folder.run(&["convert", "out.jsonl", "--to", target, "-o", &name]).code, 0);
        assert!(folder.read(&name).contains("We keep it for a year."));
    }
    let tasks: Value = serde_json::from_str(&folder.read("label-studio.json")).unwrap();
    assert!(tasks[0]["predictions"][0]["result"].is_array());
    // A person who accepts everything hands back what was given.
    let accepted: String = folder
        .read("prodigy.json")
        .lines()
        .map(|line| line.replacen('{', "{\"answer\":\"accept\",", 1) + "\n")
        .collect();
    folder.write("accepted.jsonl", accepted);
    assert_eq!(labels(&folder.run(&["convert", "accepted.jsonl", "--gold-format", "prodigy"]).records()), ours);
    assert!(
        folder.run(&["convert", "out.jsonl", "--to", "label-studio-config"]).stdout.contains("alias=\"recipients\"")
    );
    let list = folder.run(&["convert", "--list"]).stdout;
    assert!(["goppc", "brat", "t200", "klausul"].iter().all(|name| list.contains(name)), "{list}");
}

#[test]
fn gold_data_become_tables() {
    let folder = folder();
    assert_eq!(folder.run(&["convert", "gold.jsonl", "-o", "gold.csv"]).code, 0);
    assert_eq!(folder.run(&["convert", "gold.jsonl", "-o", "gold.parquet"]).code, 0);
    for name in ["gold.csv", "gold.parquet"] {
        let report = json(&folder, &["--gold", name, "--predictions", "predictions.jsonl"]);
        assert_eq!(report["micro"]["f1"], json!(2.0 / 3.0), "{name}");
    }
}

#[test]
fn a_split_keeps_near_duplicates_together() {
    let folder = Folder::new();
    let mut rows = String::new();
    for doc in 0..20 {
        for paragraph in 0..5 {
            // Documents 2n and 2n + 1 are copies.
            let text = format!("Company {} keeps data of kind {paragraph} for {doc} reasons", doc / 2)
                .replace(&format!("for {doc} "), "for good ");
            let words = format!(
                "{text} in house number {} of street {} in town {}",
                doc / 2 * 7,
                doc / 2 * 13 + paragraph,
                doc / 2 * 31
            );
            let row = json!({"doc": format!("d{doc}"), "index": paragraph, "lang": "en", "text": words, "labels": []});
            rows.push_str(&(row.to_string() + "\n"));
        }
    }
    folder.write("gold.jsonl", rows);
    let ran = folder.run(&["split", "gold.jsonl", "-o", "parts", "--ratios", "60,20,20"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut all = 0;
    let mut part_of = std::collections::HashMap::new();
    for part in ["train", "dev", "test"] {
        for line in folder.read(&format!("parts/{part}.jsonl")).lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let doc: usize = row["doc"].as_str().unwrap()[1..].parse().unwrap();
            all += 1;
            assert_eq!(*part_of.entry(doc / 2).or_insert(part), part);
        }
        assert!(ran.stderr.contains(&format!("klausul: {part}: ")));
    }
    assert_eq!(all, 100);
    let bytes = folder.read("parts/test.jsonl");
    folder.run(&["split", "gold.jsonl", "-o", "parts", "--ratios", "60,20,20"]);
    assert_eq!(folder.read("parts/test.jsonl"), bytes);
}

#[test]
fn other_taxonomies_are_measured_too() {
    let folder = Folder::new();
    let category = |id: &str| format!("[[category]]\nid = \"{id}\"\nname = \"{id}\"\ndefinition = \"d\"\n");
    folder
        .write("own.toml", format!("name = \"own\"\nversion = \"1\"\n{}{}", category("cats"), category("dogs")))
        .write("gold.jsonl", "{\"id\":\"1\",\"text\":\"a\",\"labels\":[\"cats\"]}\n{\"id\":\"2\",\"text\":\"b\",\"labels\":[\"dogs\"]}\n")
        .write("p.jsonl", "{\"id\":\"1\",\"labels\":[\"cats\"]}\n{\"id\":\"2\",\"labels\":[]}\n");
    let report = json(&folder, &["--gold", "gold.jsonl", "--predictions", "p.jsonl", "--taxonomy", "own.toml"]);
    assert_eq!((&report["macro"]["f1"], &report["settings"]["scope"]), (&json!(0.5), &json!(["cats", "dogs"])));
    assert_eq!(folder.run(&["convert", "gold.jsonl", "--taxonomy", "own.toml"]).records().len(), 2);
    let ran = folder.run(&["evaluate", "--gold", "gold.jsonl", "--taxonomy", "own.toml", "--backend", "rules"]);
    assert_eq!((ran.code, ran.stderr.contains("give rules for your categories with --rules")), (2, true));
}
