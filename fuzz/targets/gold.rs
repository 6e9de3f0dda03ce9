//! Gold data: bytes in any format of annotated data, told by the first byte, come out as paragraphs or as errors that name the file.

#![no_main]

use klausul_core::Taxonomy;
use klausul_data::gold::{GoldFormat, Mapping, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&choice, content)) = input.split_first() else { return };
    let names: Vec<&str> = GoldFormat::names().collect();
    let name = names[choice as usize % names.len()];
    let ending = match name {
        "mapp" | "opp115" => "csv",
        "goppc" => "xml",
        "inception" => "tsv",
        "brat" => "ann",
        _ => "jsonl",
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("input.{ending}"));
    std::fs::write(&path, content).expect("the input is written");
    let mapping = Mapping::identity(Taxonomy::builtin());
    match read(&path, name.parse().ok(), &mut |_| ()) {
        Ok(paragraphs) => paragraphs.flatten().for_each(|paragraph| drop(mapping.apply(paragraph))),
        Err(error) => assert!(error.path().is_some(), "{error}"),
    }
});
