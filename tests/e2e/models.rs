//! `klausul models` on directories.

use serde_json::{Value, json};

use crate::model::{FILES, MODELS, agree, classify, fixture, folder, refused};
use crate::util::Folder;

#[test]
fn show_prints_shape_and_manifest() {
    for (model, architecture) in MODELS.into_iter().zip(["Bert", "XlmRoberta"]) {
        let ran = folder(model).run(&["models", "show", "model"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
        let shape =
            ["directory", "revision", "architecture", "layers", "hidden_size", "heads", "vocabulary", "max_tokens"];
        let shape: Vec<&Value> = shape.into_iter().map(|field| &shown[field]).collect();
        assert_eq!(json!(shape), json!(["model", null, architecture, 2, 32, 2, 131, 80]));
        let manifest = &shown["manifest"];
        assert_eq!((&manifest["name"], &manifest["version"]), (&json!(model), &json!("0.1")));
        assert_eq!(manifest["labels"][1]["id"], "erasure");
        assert_eq!(manifest["input"]["max_tokens"], 48);
        assert_eq!(manifest["training_data"][0]["licence"], "MIT OR Apache-2.0");
        assert_eq!(manifest["files"].as_object().unwrap().len(), 3);
    }
}

#[test]
fn show_speaks_of_a_plain_encoder_too() {
    let folder = folder(MODELS[0]);
    std::fs::remove_file(folder.path("model/klausul.json")).unwrap();
    let ran = folder.run(&["models", "show", "model"]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &shown["layers"], &shown["manifest"]), (0, &json!(2), &Value::Null));
    refused(&folder.run(&["models", "verify", "model"]), &["the model has no klausul.json"]);
}

#[test]
fn verify_finds_the_byte_that_differs() {
    for file in &FILES[..3] {
        let folder = folder(MODELS[0]);
        let ran = folder.run(&["models", "verify", "model"]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (0, "model: every file is as klausul.json says\n"),
            "{}",
            ran.stderr
        );
        let path = format!("model/{file}");
        let mut bytes = std::fs::read(folder.path(&path)).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        folder.write(&path, &bytes);
        let ran = folder.run(&["models", "verify", "model"]);
        refused(&ran, &[&format!("{path}: its SHA-256 is `"), "as klausul.json says; fetch the model again"]);
        folder.write(&path, &bytes[..last]);
        refused(&folder.run(&["models", "verify", "model"]), &[&format!("{path}: its size is `{last}`")]);
    }
}

/// How far the probabilities of a packed model may be from those of the whole one: embeddings of 32 random values lose the most.
const FOUR_BITS: f64 = 0.22;

/// A model whose tokenizer is of the family that can be packed.
pub(crate) fn packable(model: &str) -> Folder {
    let folder = folder(model);
    let unigram: Value = serde_json::from_slice(&std::fs::read(fixture("unigram-tokenizer.json")).unwrap()).unwrap();
    let mut tokenizer: Value = serde_json::from_str(&folder.read("model/tokenizer.json")).unwrap();
    for part in ["normalizer", "pre_tokenizer"] {
        tokenizer[part] = unigram[part].clone();
    }
    folder.write("model/tokenizer.json", tokenizer.to_string());
    let texts: String = folder.read("texts.jsonl");
    folder.write("texts/all.txt", texts).write("texts/sv.txt", "Vi sparar din adress i tolv månader.");
    folder
}

#[test]
fn a_packed_model_is_smaller_and_decides_the_same() {
    for model in MODELS {
        let folder = packable(model);
        let ran = folder.run(&["models", "pack", "model", "small", "--texts", "texts/all.txt"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.starts_with("small: ") && ran.stdout.contains(" of 131 tokens, 0.0 MB"), "{}", ran.stdout);
        let verified = folder.run(&["models", "verify", "small"]);
        assert_eq!((verified.code, verified.stderr.as_str()), (0, ""));
        let bytes = |name: &str| std::fs::metadata(folder.path(name)).unwrap().len();
        assert!(bytes("small/model.safetensors") * 2 < bytes("model/model.safetensors"));
        let whole = classify(&folder, &["-q"]).records();
        for engine in ["int8", "candle"] {
            let arguments = ["classify", "texts.jsonl", "-q", "--taxonomy", "taxonomy.toml", "--model", "small"];
            let ran = folder.run(&[&arguments[..], &["--engine", engine]].concat());
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
            agree(&ran.records(), &whole, FOUR_BITS);
        }
    }
}

#[test]
fn packing_keeps_the_tokens_of_the_named_languages() {
    let folder = packable(MODELS[1]);
    let tokens = |output: &str, arguments: &[&str]| -> usize {
        let all = ["models", "pack", "model", output, "--texts", "texts/all.txt", "texts/sv.txt"];
        let ran = folder.run(&[&all, arguments].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout.split([' ', ':']).nth(2).unwrap().parse().unwrap()
    };
    let (all, swedish) = (tokens("all", &[]), tokens("swedish", &["--languages", "sv"]));
    assert!(swedish < all && all <= 131, "{swedish} {all}");
}

#[test]
fn what_cannot_be_packed_is_refused_and_nothing_is_written() {
    let folder = packable(MODELS[1]);
    let pack = |model: &str, output: &str, arguments: &[&str]| {
        folder.run(&[&["models", "pack", model, output, "--texts", "texts/sv.txt"], arguments].concat())
    };
    let before = folder.read("model/tokenizer.json");
    refused(&pack("model", "./model/../model", &[]), &["would overwrite the model itself", "name another directory"]);
    assert_eq!(folder.read("model/tokenizer.json"), before);
    let ran = pack("model", "out", &["--languages", "sv,de"]);
    refused(&ran, &["there is no text of `de`", "give a file named `de.txt`"]);
    let ran = pack("model", "out", &["--max-tokens", "9"]);
    refused(&ran, &["model/tokenizer.json: ", "and `9` shall stay", "tokens or more, or give fewer texts"]);
    folder.write("texts/empty.txt", " \n");
    let ran = folder.run(&["models", "pack", "model", "out", "--texts", "texts/empty.txt"]);
    refused(&ran, &["there is no text to tell which tokens are needed"]);
    let ran = folder.run(&["models", "pack", "model", "out", "--texts", "texts/absent.txt"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("texts/absent.txt: "), "{}", ran.stderr);
    for file in FILES {
        folder.write(&format!("other/{file}"), std::fs::read(fixture(MODELS[1]).join(file)).unwrap());
    }
    let ran = pack("other", "out", &[]);
    refused(&ran, &["other/tokenizer.json: only unigram tokenizers", "multilingual-e5-small"]);
    folder.write("other/tokenizer.json", &before).write("other/model.safetensors", "");
    refused(&pack("other", "out", &[]), &["other/model.safetensors: "]);
    assert!(!folder.path("out").exists());
}
