//! `klausul train`, and its models in the hands of the other verbs.

use serde_json::{Value, json};

use crate::model::{MODELS, folder as with_model, refused};
use crate::models::packable;
use crate::util::{Folder, Ran};

/// Documents of the invented corpus, with three paragraphs each.
const DOCUMENTS: usize = 40;
/// What the model directory of a foreign taxonomy has.
const WRITTEN: [&str; 5] = ["config.json", "klausul.json", "model.safetensors", "taxonomy.toml", "tokenizer.json"];

/// A word that no other number has, so that no two documents are near-duplicates.
fn word(number: usize) -> String {
    [1, 14, 14 * 14].map(|place| b"aeiourtlnsdmkc"[number / place % 14] as char).iter().collect()
}

/// Paragraphs with the labels of a scheme that is not klausul's.
fn gold() -> String {
    let mut rows = String::new();
    for document in 0..DOCUMENTS {
        let word = |nth: usize| word(3 * document + nth);
        for (nth, (text, labels)) in [
            (format!("We keep your {} for seven years.", word(0)), json!(["Storage / period"])),
            (format!("You may have your {} deleted by us.", word(1)), json!(["Rights: Löschung"])),
            (format!("The postman reads {} and goes home.", word(2)), json!([])),
        ]
        .into_iter()
        .enumerate()
        {
            let doc = format!("d{document}");
            let row = json!({"doc": doc, "index": nth, "lang": "en", "text": text, "labels": labels});
            rows += &row.to_string();
            rows.push('\n');
        }
    }
    rows
}

fn folder() -> Folder {
    let folder = with_model(MODELS[0]);
    folder.write("gold.jsonl", gold());
    folder
}

/// Trains with options that suit a corpus that is so small.
fn train(folder: &Folder, arguments: &[&str]) -> Ran {
    let all = ["train", "--gold", "gold.jsonl", "--model", "model", "--learning-rate", "0.02", "--epochs", "200"];
    folder.run(&[&all, arguments].concat())
}

const OWN_LABELS: [&str; 6] = ["--taxonomy", "gold", "--dev-share", "30", "-o", "out"];

fn bytes(folder: &Folder, model: &str) -> Vec<Vec<u8>> {
    WRITTEN.map(|file| std::fs::read(folder.path(model).join(file)).unwrap()).to_vec()
}

fn files(folder: &Folder, name: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path(name)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn labels_of_ones_own_become_a_model_with_one_command() {
    let folder = folder();
    for layers in [&[][..], &["--layers", "2", "--hidden-units", "16"]] {
        let ran = train(&folder, &[&OWN_LABELS, layers, &["--force"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
        for said in
            ["84 paragraphs of 28 documents to learn from, 36 of 12", "held-out paragraphs micro-F1", "out: model out "]
        {
            assert!(ran.stderr.contains(said), "no {said}: {}", ran.stderr);
        }
        assert_eq!(files(&folder, "out"), WRITTEN);
        let ran = folder.run(&["models", "verify", "out"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        // The model brings its taxonomy along.
        let found = folder.run(&["classify", "gold.jsonl", "-q", "--model", "out"]);
        let told = folder.run(&["classify", "gold.jsonl", "-q", "--model", "out", "--taxonomy", "out/taxonomy.toml"]);
        assert_eq!((found.code, &found.stdout), (0, &told.stdout), "{}", found.stderr);
        let scores = found.records()[0]["scores"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(scores, ["rights_loschung", "storage_period"]);
        // And gold data in its own words are read by it.
        let ran = folder.run(&[
            "evaluate",
            "--gold",
            "gold.jsonl",
            "--model",
            "out",
            "-q",
            "--bootstrap",
            "0",
            "--json",
            "-",
        ]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let f1 = report["micro"]["f1"].as_f64().unwrap();
        assert!(f1 > 0.9, "{f1}");
    }
}

#[test]
fn the_encoder_stays_as_it_is_and_the_manifest_says_how_the_head_came_about() {
    let folder = folder();
    let ran = train(&folder, &[&OWN_LABELS[..], &["--name", "mine", "--json", "-"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let manifest: Value = serde_json::from_str(&folder.read("out/klausul.json")).unwrap();
    let base: Value = serde_json::from_str(&folder.read("model/klausul.json")).unwrap();
    assert_eq!((&manifest["name"], &manifest["taxonomy"]), (&json!("mine"), &json!({"name": "mine", "version": "1"})));
    assert_eq!((&manifest["input"], &manifest["pooling"]), (&base["input"], &base["pooling"]));
    assert_eq!(manifest["head_layers"], 1, "and not the two of the base");
    assert_eq!(manifest["training_data"], json!([{"name": "gold.jsonl", "licence": "NOASSERTION", "paragraphs": 84}]));
    assert_eq!(manifest["metrics"]["development_paragraphs"], 36.0);
    assert_eq!(manifest["metrics"]["development_micro_f1"], report["development"]["micro"]["f1"]);
    assert_eq!(report["model"]["version"], manifest["version"]);
    for label in manifest["labels"].as_array().unwrap() {
        let own = &report["development"]["per_category"][label["id"].as_str().unwrap()];
        assert_eq!((&own["threshold"], &own["calibration"]), (&label["threshold"], &label["calibration"]));
        assert_eq!((&own["fitted"], &own["development_positives"]), (&json!("own"), &json!(12)));
    }
    let epochs = report["epochs"].as_array().unwrap();
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch["development_loss"].as_f64().unwrap()).collect();
    let best = report["best_epoch"].as_u64().unwrap() as usize;
    assert!(losses.iter().all(|loss| *loss >= losses[best - 1]), "{best} {losses:?}");
    for file in ["config.json", "tokenizer.json"] {
        assert_eq!(folder.read(&format!("out/{file}")), folder.read(&format!("model/{file}")));
    }
    // The encoder gives the same vectors as before, so that a training on top of this one gives the same bytes.
    let first = bytes(&folder, "out");
    let again = folder.run(
        &[
            &["train", "--gold", "gold.jsonl", "--model", "out", "--learning-rate", "0.02", "--epochs", "200"],
            &OWN_LABELS[..4],
            &["-o", "second", "--name", "mine", "-q"],
        ]
        .concat(),
    );
    assert_eq!((again.code, again.stderr.as_str()), (0, ""));
    assert_eq!(bytes(&folder, "second"), first);
}

#[test]
fn threads_change_no_byte_and_seeds_do() {
    let folder = folder();
    let model = |threads: &str, seed: &str| {
        let ran = train(
            &folder,
            &[&OWN_LABELS[..], &["--layers", "2", "--force", "--threads", threads, "--seed", seed]].concat(),
        );
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        bytes(&folder, "out")
    };
    let one = model("1", "5");
    assert!(one == model("2", "5") && one == model("3", "5"));
    assert_ne!(one, model("1", "6"));
}

#[test]
fn plain_and_packed_encoders_are_bases_too() {
    let folder = folder();
    std::fs::remove_file(folder.path("model/klausul.json")).unwrap();
    let ran = train(&folder, &OWN_LABELS);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("no klausul.json: windows of 80 tokens, no prefix, mean pooling"), "{}", ran.stderr);
    let told = ["--prefix", "query: ", "--max-tokens", "48", "--pooling", "first", "--force"];
    let ran = train(&folder, &[&OWN_LABELS[..], &told].concat());
    assert!(ran.code == 0 && !ran.stderr.contains("no prefix"), "{}", ran.stderr);
    let manifest: Value = serde_json::from_str(&folder.read("out/klausul.json")).unwrap();
    assert_eq!((&manifest["input"]["prefix"], &manifest["pooling"]), (&json!("query: "), &json!("first")));

    let folder = packable(MODELS[1]);
    folder.write("gold.jsonl", gold());
    let ran = folder.run(&["models", "pack", "model", "packed", "--texts", "texts/all.txt"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let all =
        ["train", "--gold", "gold.jsonl", "--model", "packed", "--learning-rate", "0.02", "--epochs", "200", "-q"];
    let ran = folder.run(&[&all, &OWN_LABELS[..]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let ran = folder.run(&["classify", "gold.jsonl", "-q", "--model", "out"]);
    assert_eq!((ran.code, ran.records().len()), (0, 3 * DOCUMENTS), "{}", ran.stderr);
}

#[test]
fn categories_without_a_paragraph_are_never_decided_and_said() {
    let folder = folder();
    folder.write("mapping.toml", "name = \"theirs\"\nscope = [\"storage\", \"erasure\"]\n[labels]\n\"Storage*\" = \"storage\"\n\"Rights*\" = \"erasure\"\n");
    let arguments = ["--taxonomy", "taxonomy.toml", "--mapping", "mapping.toml", "-o", "out"];
    let ran = train(&folder, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("contact is never decided: no paragraph to learn from has the label"),
        "{}",
        ran.stderr
    );
    // A tenth of the paragraphs holds too few of either label.
    assert!(
        ran.stderr.contains("storage, erasure have the calibration and the threshold of all categories"),
        "{}",
        ran.stderr
    );
    assert_eq!(folder.read("out/taxonomy.toml"), folder.read("taxonomy.toml"));
    let records = folder.run(&["classify", "gold.jsonl", "-q", "--model", "out"]).records();
    let contact = |record: &Value| record["scores"]["contact"].as_f64().unwrap() < 0.001;
    assert!(records.iter().all(|record| contact(record) && !record["labels"].to_string().contains("contact")));
    assert!(records.iter().any(|record| record["labels"] == json!(["storage"])));
}

#[test]
fn labels_of_few_paragraphs_are_left_out_and_said() {
    let folder = folder();
    let rare = json!({"doc": "d0", "index": 9, "text": "Once.", "labels": ["Rare", "Storage / period"]});
    folder.write("gold.jsonl", format!("{}{rare}\n", gold()));
    let ran = train(&folder, &OWN_LABELS);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 3 labels have fewer than 10 paragraphs and are left out: `Rare`"),
        "{}",
        ran.stderr
    );
    let evaluate = ["evaluate", "--gold", "gold.jsonl", "--model", "out", "-q", "--bootstrap", "0"];
    let ran = folder.run(&evaluate);
    assert!(
        ran.code == 1 && ran.stderr.contains("label `Rare` is unknown to out; map it"),
        "{} {}",
        ran.code,
        ran.stderr
    );
    folder.write("known.toml", "name = \"known\"\nunknown = \"ignore\"\n[labels]\n");
    let ran = folder.run(&[&evaluate[..], &["--mapping", "known.toml"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_development_part_of_ones_own_is_taken_unless_it_is_known_already() {
    let folder = folder();
    let rows = gold();
    let (dev, gold): (Vec<&str>, Vec<&str>) = rows.lines().partition(|row| row.contains("\"doc\":\"d1"));
    folder.write("gold.jsonl", gold.join("\n")).write("dev.jsonl", dev.join("\n"));
    let arguments = ["--taxonomy", "gold", "-o", "out", "--dev", "dev.jsonl"];
    let ran = train(&folder, &arguments);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("87 paragraphs of 29 documents to learn from, 33 of 11 documents held out"),
        "{}",
        ran.stderr
    );
    folder.write("gold.jsonl", &rows);
    let ran = train(&folder, &[&arguments[..], &["--force"]].concat());
    refused(&ran, &["11 of 11 documents of --dev are in --gold", "`d1` first", "leave --dev out"]);
}

#[test]
fn what_cannot_be_trained_is_refused_before_the_work() {
    let folder = folder();
    folder.write("out/notes.txt", "mine").write("one.jsonl", gold().lines().next().unwrap());
    let plain = |arguments: &[&str]| folder.run(&[&["train"], arguments].concat());
    let new = ["-o", "new", "--taxonomy", "gold"];
    for (ran, named) in [
        (train(&folder, &OWN_LABELS), &["out: the directory is not empty", "--force"][..]),
        (
            train(&folder, &[&OWN_LABELS[..], &["--force"]].concat()),
            &["out: it holds `notes.txt`", "move that elsewhere"],
        ),
        (
            train(&folder, &["-o", "model", "--taxonomy", "gold", "--force"]),
            &["model: the new model would replace its own base"],
        ),
        (
            train(&folder, &[&new[..], &["--hidden-units", "9"]].concat()),
            &["one layer has no hidden units", "--layers 2"],
        ),
        (train(&folder, &[&new[..], &["--weight-decay=-1"]].concat()), &["weight decay `-1`"]),
        (train(&folder, &[&new[..], &["--mapping", "t200"]].concat()), &["--taxonomy gold takes them as they are"]),
        (
            train(&folder, &[&new[..], &["--min-paragraphs", "99"]].concat()),
            &["gold.jsonl: none of the 2 labels", "--min-paragraphs"],
        ),
        (
            train(&folder, &[&new[..], &["--prefix", "query: "]].concat()),
            &["model: klausul.json says already", "leave --prefix out"],
        ),
        (
            plain(&[&["--gold", "one.jsonl", "--model", "model", "--min-paragraphs", "1"], &new[..]].concat()),
            &["one.jsonl: 1 documents in 1 clusters of near-duplicates leave nothing to hold out", "with --dev"],
        ),
    ] {
        refused(&ran, named);
    }
    // The labels are not those of the built-in taxonomy.
    let ran = train(&folder, &["-o", "new"]);
    assert!(
        ran.code == 1 && ran.stderr.contains("gold.jsonl:1: label `Storage / period` is unknown to gdpr-27; map it"),
        "{}",
        ran.stderr
    );
    folder.write("empty.jsonl", "{\"text\":\"Hello.\",\"labels\":[]}\n");
    let ran = plain(&["--gold", "empty.jsonl", "--model", "model", "-o", "new"]);
    refused(&ran, &["empty.jsonl: no paragraph has a label of the taxonomy `gdpr-27`", "--taxonomy gold"]);
    for arguments in [&["--layers", "3"][..], &["--dev-share", "0"], &["--dev-share", "5", "--dev", "gold.jsonl"]] {
        let ran = train(&folder, &[&new[..], arguments].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(files(&folder, "out"), ["notes.txt"]);
    assert!(!folder.path("new").exists() && !folder.path("new.incomplete").exists());
}

#[test]
fn gold_that_says_only_what_is_stated_cannot_be_learnt_alone() {
    let folder = folder();
    let positive_only = |row: &str| {
        let mut row: Value = serde_json::from_str(row).unwrap();
        row["scope"] = row["labels"].clone();
        format!("{row}\n")
    };
    folder.write("positive.jsonl", gold().lines().map(positive_only).collect::<String>());
    let all = ["train", "--model", "model", "-q", "--taxonomy", "gold", "--dev-share", "30", "-o", "out"];
    let ran = folder.run(&[&all[..], &["--gold", "positive.jsonl"]].concat());
    refused(&ran, &["no category has both paragraphs with its label and paragraphs without it", "add gold data"]);
    assert!(!folder.path("out").exists());
}
