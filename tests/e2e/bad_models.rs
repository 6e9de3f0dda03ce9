//! Models that cannot be used.

use serde_json::Value;

use crate::model::{FILES, MODELS, classify, fixture, folder, refused, replace};
use crate::util::Folder;

/// Changes a model, classifies with both engines and expects an error that names all of it.
fn changed(change: impl Fn(&Folder), named: &[&str]) {
    for engine in ["int8", "candle"] {
        let folder = folder(MODELS[1]);
        change(&folder);
        let ran = classify(&folder, &["--backend", "transformer", "--engine", engine]);
        refused(&ran, named);
    }
}

fn bytes(folder: &Folder, file: &str) -> Vec<u8> {
    std::fs::read(folder.path(file)).unwrap()
}

/// Puts a text in place of a file.
fn write(file: &'static str, content: &'static str) -> impl Fn(&Folder) {
    move |folder| {
        folder.write(file, content);
    }
}

/// Sets a field of a JSON file of the model.
fn set(folder: &Folder, file: &str, field: &str, value: impl Into<Value>) {
    let mut json: Value = serde_json::from_str(&folder.read(file)).unwrap();
    json[field] = value.into();
    folder.write(file, json.to_string());
}

#[test]
fn weights_that_are_cut_are_named() {
    for part in [2, 40_000] {
        let cut = |folder: &Folder| {
            let whole = bytes(folder, "model/model.safetensors");
            folder.write("model/model.safetensors", &whole[..whole.len() / part]);
        };
        changed(cut, &["model/model.safetensors: ", "fetch the file again"]);
    }
    let empty = write("model/model.safetensors", "");
    changed(empty, &["model/model.safetensors: only 0 bytes long", "fetch the file again"]);
    let text = write("model/model.safetensors", "version https://git-lfs.github.com/spec/v1");
    changed(text, &["model/model.safetensors: its header", "fetch the file again"]);
}

#[test]
fn a_tensor_that_is_missing_is_named() {
    for tensor in ["encoder.layer.1.intermediate.dense.bias", "embeddings.word_embeddings.weight", "head.1.bias"] {
        let rename = |folder: &Folder| {
            let mut file = bytes(folder, "model/model.safetensors");
            let at = file.windows(tensor.len()).position(|name| name == tensor.as_bytes()).unwrap();
            file[at] = b'X';
            folder.write("model/model.safetensors", file);
        };
        changed(
            rename,
            &["model/model.safetensors: ", &format!("tensor `{tensor}` is missing"), "that belongs to these weights"],
        );
    }
}

#[test]
fn a_weight_that_is_no_number_is_named() {
    let weight = "encoder.layer.0.output.dense.weight";
    let spoil = |folder: &Folder| {
        let mut file = bytes(folder, "model/model.safetensors");
        let header = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        let tensors: Value = serde_json::from_slice(&file[8..8 + header]).unwrap();
        let (_, tensor) = tensors.as_object().unwrap().iter().find(|(name, _)| name.ends_with(weight)).unwrap();
        let start = tensor["data_offsets"][0].as_u64().unwrap() as usize;
        file[8 + header + start..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
        folder.write("model/model.safetensors", file);
    };
    let named = format!("tensor `{weight}` holds `NaN` as value 0");
    changed(spoil, &["model/model.safetensors: ", &named, "take another copy"]);
}

#[test]
fn a_config_of_another_model_is_named() {
    let wide = |folder: &Folder| set(folder, "model/config.json", "hidden_size", 64);
    changed(
        wide,
        &[
            "model/model.safetensors: tensor `embeddings.",
            "has the shape [",
            ", 64]; ",
            "config.json that belongs to these weights",
        ],
    );
    let odd = |folder: &Folder| set(folder, "model/config.json", "hidden_size", 33);
    changed(odd, &["model/config.json: `hidden_size` `33`"]);
    let deep = |folder: &Folder| set(folder, "model/config.json", "num_hidden_layers", 3);
    changed(deep, &["model/model.safetensors: tensor `encoder.layer.2.", "is missing"]);
    let strange = |folder: &Folder| set(folder, "model/config.json", "architectures", vec!["LongformerModel"]);
    changed(strange, &["model/config.json: `architectures` `LongformerModel` is not supported", "XLMRobertaModel"]);
    let broken = write("model/config.json", "{");
    changed(broken, &["model/config.json: not the config of an encoder"]);
}

#[test]
fn a_tokenizer_of_another_model_is_named() {
    let other = |folder: &Folder| {
        folder.write("model/tokenizer.json", std::fs::read(fixture("unigram-tokenizer.json")).unwrap());
    };
    let sizes = "it has 701 tokens up to id 700, and the encoder embeddings for 131";
    changed(other, &["model/tokenizer.json: ", sizes, "take the tokenizer.json that belongs to the weights"]);
    let broken = write("model/tokenizer.json", "[]");
    changed(broken, &["model/tokenizer.json: not a tokenizer"]);
}

#[test]
fn a_manifest_that_does_not_fit_is_named() {
    let broken = write("model/klausul.json", "labels = []");
    changed(broken, &["model/klausul.json:1: not a manifest", "take the klausul.json that came with the model"]);
    let label = |folder: &Folder| replace(folder, "model/klausul.json", "\"storage\"", "\"weather\"");
    changed(
        label,
        &["model/klausul.json: label `weather` is not a category of `clauses`", "the taxonomy of the model"],
    );
    let other = |folder: &Folder| replace(folder, "model/klausul.json", "\"clauses\"", "\"gdpr\"");
    changed(other, &["model/klausul.json: the model is of taxonomy `gdpr` `1`, not `clauses` `1`"]);
    let later = |folder: &Folder| set(folder, "model/klausul.json", "format_version", "2.0");
    changed(later, &["model/klausul.json: `format_version` `2.0` is not known", "update klausul"]);
    let long = |folder: &Folder| replace(folder, "model/klausul.json", "\"max_tokens\": 48", "\"max_tokens\": 400");
    changed(
        long,
        &["model/klausul.json: windows have 400 tokens, and the encoder positions for 80", "set `input.max_tokens`"],
    );
    let none = |folder: &Folder| std::fs::remove_file(folder.path("model/klausul.json")).unwrap();
    changed(none, &["model: the model has no klausul.json", "give a model of klausul"]);
    // Without --taxonomy, where the built-in one is expected.
    let ran = folder(MODELS[1]).run(&["classify", "texts.jsonl", "--model", "model"]);
    refused(
        &ran,
        &["model/klausul.json: the model is of taxonomy `clauses` `1`, not `", "give the taxonomy of the model"],
    );
}

#[test]
fn what_is_no_model_directory_is_named() {
    let folder = folder(MODELS[0]);
    std::fs::create_dir(folder.path("empty")).unwrap();
    let absent = folder.path("absent");
    let absent = absent.to_str().unwrap();
    for (model, named) in [
        (
            "empty",
            &["empty/config.json: ", "give a directory with config.json, tokenizer.json and model.safetensors"][..],
        ),
        (absent, &[absent, "is not the id of a model", "the path of a directory that exists"]),
        ("./absent", &["`./absent` is not the id of a model", "the path of a directory that exists"]),
        ("model/model.safetensors", &["model/model.safetensors: ", "a model is a directory", "that holds it"]),
    ] {
        for verb in [
            &["classify", "texts.jsonl", "--backend", "transformer", "--model", model][..],
            &["evaluate", "--gold", "texts.jsonl", "--model", model],
            &["models", "show", model],
            &["models", "verify", model],
            &["models", "pull", model],
            &["models", "pack", model, "out", "--texts", "texts.jsonl"],
            &["bench", "--model", model],
        ] {
            refused(&folder.run(verb), named);
        }
    }
    assert!(!folder.path("out").exists());
    for file in &FILES[..3] {
        let folder = crate::model::folder(MODELS[0]);
        std::fs::remove_file(folder.path("model").join(file)).unwrap();
        refused(&classify(&folder, &[]), &[&format!("model/{file}: "), "give a directory with"]);
    }
}
