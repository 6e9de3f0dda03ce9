//! `klausul classify` with a model.

use serde_json::{Value, json};

use crate::model::{MODELS, agree, classify, folder, known, refused, score};
use crate::util::Folder;

/// The categories in the order of the taxonomy, each with its place among the logits.
const CATEGORIES: [(&str, usize); 3] = [("contact", 2), ("storage", 0), ("erasure", 1)];
/// How far the probabilities of the eight-bit engine may be from those of the reference, in models of 32 values a token.
const EIGHT_BITS: f64 = 0.06;

/// The probability of a category as PyTorch and the manifest have it.
fn probability(category: &str, logit: f64) -> f64 {
    let logit = if category == "storage" { 1.5 * logit - 0.25 } else { logit };
    1.0 / (1.0 + (-logit).exp())
}

#[test]
fn every_category_has_the_probability_of_the_model() {
    for model in MODELS {
        for (engine, bound) in [("candle", 1e-5), ("int8", EIGHT_BITS)] {
            let ran = classify(&folder(model), &["--backend", "transformer", "--engine", engine]);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
            let (records, known) = (ran.records(), known(model));
            assert_eq!(records.len(), known.len());
            for (record, known) in records.iter().zip(known) {
                assert_eq!(record["text"], json!(known.text));
                assert_eq!(record["backend"], "transformer");
                assert_eq!(record["model"], json!(format!("{model}-0.1+clauses-1/{engine}")));
                let names: Vec<&String> = record["scores"].as_object().unwrap().keys().collect();
                assert_eq!(names, ["contact", "storage", "erasure"]);
                for (category, place) in CATEGORIES {
                    let off = (score(record, category) - probability(category, known.logits[place])).abs();
                    assert!(off < bound, "{model} {engine} {category} is {off} off: {}", known.text);
                }
            }
        }
    }
}

#[test]
fn both_engines_decide_the_same_labels() {
    for model in MODELS {
        let folder = folder(model);
        let [eight, reference] = ["int8", "candle"].map(|engine| classify(&folder, &["-q", "--engine", engine]));
        assert_eq!(eight.stdout, classify(&folder, &["-q"]).stdout, "the fast engine runs unless another is named");
        agree(&eight.records(), &reference.records(), EIGHT_BITS);
        let labels: Vec<Value> = eight.records().iter().map(|record| record["labels"].clone()).collect();
        assert!(labels.iter().any(|other| *other != labels[0]), "the paragraphs differ: {labels:?}");
    }
}

/// Two files of paragraphs, some of them longer than a window, and every one of the second twice.
fn files() -> Folder {
    let folder = folder(MODELS[1]);
    let texts: Vec<String> = known(MODELS[1]).into_iter().map(|known| known.text).collect();
    let row = |text: &str| format!("{}\n", json!({ "text": text }));
    let many = (0..60).map(|number| row(&format!("{}. {number}", texts[..=number % 5].join(" "))));
    folder.write("a.jsonl", many.collect::<String>());
    folder.write("b.jsonl", texts.iter().chain(&texts).map(|text| row(text)).collect::<String>());
    folder
}

fn classify_files(folder: &Folder, arguments: &[&str]) -> String {
    let all = ["classify", "-q", "--model", "model", "--taxonomy", "taxonomy.toml"];
    let ran = folder.run(&[&all, arguments].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout
}

#[test]
fn threads_and_the_order_of_files_change_no_byte() {
    let folder = files();
    for engine in ["int8", "candle"] {
        let run = |files: &[&str], threads: &str| {
            classify_files(&folder, &[files, &["--engine", engine, "--threads", threads]].concat())
        };
        let (a, b) = (run(&["a.jsonl"], "1"), run(&["b.jsonl"], "1"));
        assert_eq!((a.lines().count(), b.lines().count()), (60, 2 * known(MODELS[1]).len()));
        for threads in ["1", "2", "3"] {
            assert_eq!(run(&["a.jsonl", "b.jsonl"], threads), format!("{a}{b}"), "{engine} {threads}");
            assert_eq!(run(&["b.jsonl", "a.jsonl"], threads), format!("{b}{a}"), "{engine} {threads}");
        }
    }
}

#[test]
fn a_paragraph_that_stands_twice_has_the_scores_of_one_that_stands_alone() {
    let folder = files();
    let decided = |line: &str| {
        let record: Value = serde_json::from_str(line).unwrap();
        (record["labels"].clone(), record["scores"].clone())
    };
    let twice = classify_files(&folder, &["b.jsonl"]);
    let rows = folder.read("b.jsonl");
    for (row, line) in rows.lines().zip(twice.lines()).step_by(5) {
        folder.write("alone.jsonl", row);
        assert_eq!(decided(line), decided(&classify_files(&folder, &["alone.jsonl"])), "{row}");
    }
}

#[test]
fn a_page_is_cut_and_its_headings_go_along() {
    let folder = folder(MODELS[0]);
    folder.write("page.html", "<h1>Your rights</h1><p>You may ask us to delete your data.</p>");
    folder.write("bare.html", "<p>You may ask us to delete your data.</p>");
    let page: Value = serde_json::from_str(classify_files(&folder, &["page.html"]).lines().nth(1).unwrap()).unwrap();
    let bare: Value = serde_json::from_str(classify_files(&folder, &["bare.html"]).trim()).unwrap();
    assert_eq!((&page["text"], &page["context"]), (&bare["text"], &json!(["Your rights"])));
    assert_ne!(page["scores"], bare["scores"], "the heading is part of the input");
}

#[test]
fn auto_says_what_it_took_and_why() {
    let folder = folder(MODELS[0]);
    let ran = classify(&folder, &["--backend", "auto"]);
    let named = "klausul: classifying with reference-bert-0.1+clauses-1/int8 (--model names it)\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (0, named));
    assert_eq!(classify(&folder, &["-q"]).stderr, "");
    let ran = folder.run(&["classify", "texts.jsonl"]);
    assert_eq!((ran.code, &ran.records()[0]["backend"]), (0, &json!("ensemble")));
    assert!(ran.stderr.starts_with("klausul: classifying with klausul-small-"), "{}", ran.stderr);
    assert!(ran.stderr.ends_with("+gdpr-27-1.0/int8&rules-0.1.0 (the model that ships)\n"), "{}", ran.stderr);
    let rules = "languages = [\"en\"]\n[[rules.erasure]]\nid = \"delete\"\nmust = [\"delete*\"]\n";
    folder.write("rules/en.toml", rules);
    let ran = folder.run(&["classify", "texts.jsonl", "--taxonomy", "taxonomy.toml", "--rules", "rules"]);
    assert_eq!((ran.code, &ran.records()[0]["backend"]), (0, &json!("rules")));
    assert!(ran.stderr.ends_with("(the rules: --rules names them)\n"), "{}", ran.stderr);
}

#[test]
fn backend_and_model_must_go_together() {
    let folder = folder(MODELS[0]);
    refused(&classify(&folder, &["--backend", "rules"]), &["--backend rules takes no model", "leave --model out"]);
    refused(
        &classify(&folder, &["--revision", "main"]),
        &["model: a directory has no revisions", "leave --revision out"],
    );
    refused(
        &folder.run(&["classify", "texts.jsonl", "--model", "klausul-small", "--revision", "main"]),
        &["klausul-small: the model that ships has no revisions", "leave --revision out"],
    );
    for given in ["--engine=candle", "--device=cpu", "--precision=f32"] {
        let ran = folder.run(&["classify", "texts.jsonl", "--backend", "rules", given]);
        refused(&ran, &[given.split('=').next().unwrap(), "there is no model", "name one with --model"]);
    }
    // Usage that the parser itself refuses.
    for arguments in [
        &["classify", "texts.jsonl", "--model", "model", "--rules", "r"][..],
        &["classify", "texts.jsonl", "--revision", "main"],
        &["evaluate", "--gold", "texts.jsonl", "--predictions", "texts.jsonl", "--model", "model"],
    ] {
        let ran = folder.run(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("--model"), "{}", ran.stderr);
    }
}

#[test]
fn evaluate_measures_a_model() {
    let folder = folder(MODELS[1]);
    let rows = classify(&folder, &["-q"]).records().into_iter();
    let gold = rows.map(|row| format!("{}\n", json!({ "text": row["text"], "labels": row["labels"] })));
    folder.write("gold.jsonl", gold.collect::<String>());
    let model = ["--model", "model", "--taxonomy", "taxonomy.toml"];
    let ran = folder
        .run(&[&["evaluate", "--gold", "gold.jsonl", "-q", "--bootstrap", "0", "--json", "-"], &model[..]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert!(report.to_string().contains("reference-xlm-roberta-0.1+clauses-1/int8"), "{report}");
}

#[test]
fn devices_and_precisions_are_the_reference_engines() {
    let folder = folder(MODELS[0]);
    let plain = classify(&folder, &["-q", "--engine", "candle"]).stdout;
    let told = classify(&folder, &["-q", "--engine", "candle", "--device", "cpu", "--precision", "f32"]).stdout;
    assert_eq!(told, plain);
    for (arguments, named) in [
        (&["--device", "cuda"][..], "int8 runs on the processor alone; add --engine candle"),
        (&["--device", "cuda:1", "--engine", "int8"], "int8 runs on the processor alone"),
        (&["--precision", "f16"], "has no --precision; add --engine candle"),
        (&["--engine", "candle", "--precision", "f16"], "16 bits do not run on the processor; add --device cuda"),
        (&["--engine", "candle", "--device", "cpu", "--precision", "bf16"], "do not run on the processor"),
    ] {
        refused(&classify(&folder, arguments), &[named]);
        let bench = ["bench", "--model", "model", "--texts", "texts.jsonl"];
        refused(&folder.run(&[&bench, arguments].concat()), &[named]);
    }
    let ran = classify(&folder, &["--engine", "candle", "--device", "gpu"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("'gpu'") && ran.stderr.contains("write cpu, cuda, cuda:N or metal"), "{}", ran.stderr);
}

#[cfg(not(all(feature = "cuda", feature = "metal")))]
#[test]
fn a_device_that_the_build_lacks_is_named() {
    let folder = folder(MODELS[0]);
    let devices = [("cuda", "cuda:0", cfg!(feature = "cuda")), ("cuda:1", "cuda:1", cfg!(feature = "cuda"))];
    for (device, named, built) in devices.into_iter().chain([("metal", "metal:0", cfg!(feature = "metal"))]) {
        if !built {
            let ran = classify(&folder, &["--engine", "candle", "--device", device]);
            refused(
                &ran,
                &[&format!("device `{named}` does not open"), "take the processor, or build with the feature"],
            );
        }
    }
}
