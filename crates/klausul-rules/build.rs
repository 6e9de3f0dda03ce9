//! Lists the lexicon files of `data/lexicon`, so that a new language is a new file and nothing else.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() {
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../data/lexicon");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .expect("data/lexicon is part of the source tree")
        .map(|entry| entry.expect("data/lexicon can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    let mut code = String::from("&[\n");
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).expect("a lexicon file is UTF-8");
        let languages = text.lines().find_map(|line| line.strip_prefix("languages = ")).expect("a `languages` line");
        let path = path.canonicalize().expect("the path was just listed");
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let path = path.to_str().expect("a source path is UTF-8");
        writeln!(code, "    Embedded {{ name: {name:?}, languages: &{languages}, text: include_str!({path:?}) }},")
            .expect("writing to a string");
    }
    code.push_str("]\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("lexicons.rs");
    fs::write(out, code).expect("OUT_DIR can be written");
}
