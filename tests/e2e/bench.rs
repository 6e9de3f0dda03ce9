//! `klausul bench`.

use serde_json::Value;

use crate::model::{MODELS, fixture, folder, known, refused};
use crate::util::Folder;

const BENCH: [&str; 7] = ["bench", "--model", "model", "--threads", "1", "--rounds", "1"];

/// A model, and texts with one paragraph a line.
fn with_texts() -> Folder {
    let folder = folder(MODELS[0]);
    let lines: Vec<String> = known(MODELS[0]).into_iter().map(|known| known.text).collect();
    folder.write("texts.txt", lines.join("\n"));
    folder
}

fn number(line: &Value, field: &str) -> u64 {
    line[field].as_u64().unwrap_or_else(|| panic!("no whole number in {field}: {line}"))
}

#[test]
fn one_line_says_what_was_measured() {
    let folder = with_texts();
    for engine in ["int8", "candle"] {
        let ran = folder.run(&[&BENCH[..], &["--texts", "texts.txt", "--engine", engine]].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let [line] = &ran.records()[..] else { panic!("{}", ran.stdout) };
        let fields: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = "engine threads texts windows tokens longest texts_per_s tokens_per_s gops peak_rss_bytes load_s tokenise_s";
        assert_eq!(fields.join(" "), expected);
        assert_eq!((line["engine"].as_str(), number(line, "threads")), (Some(engine), 1));
        let texts = known(MODELS[0]).len() as u64;
        assert_eq!((number(line, "texts"), number(line, "windows")), (texts, texts));
        assert!(number(line, "tokens") > 4 * texts);
        for field in ["texts_per_s", "tokens_per_s", "gops", "load_s", "tokenise_s"] {
            assert!(line[field].as_f64().is_some_and(|value| value > 0.0 && value.is_finite()), "{field}: {line}");
        }
        if cfg!(target_os = "linux") {
            assert!(number(line, "peak_rss_bytes") > 1 << 20);
        } else {
            assert!(line["peak_rss_bytes"].is_null() || number(line, "peak_rss_bytes") > 1 << 20);
        }
    }
}

#[test]
fn texts_that_are_longer_than_a_window_count_once() {
    let folder = with_texts();
    let sentence = "Vi sparar din adress i tolv månader. ";
    folder.write("texts.txt", format!("{}\nE-mail\n\nE-mail\n{}\n", sentence.repeat(20), sentence.repeat(7)));
    let bench = |arguments: &[&str]| {
        let ran = folder.run(&[&BENCH[..], &["--texts", "texts.txt"], arguments].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        ran.records()
    };
    let line = &bench(&[])[0];
    assert_eq!(number(line, "texts"), 3, "empty and equal lines are left out");
    assert!(number(line, "windows") > 10);
    let (texts, tokens) = (line["texts_per_s"].as_f64().unwrap(), line["tokens_per_s"].as_f64().unwrap());
    let ratio = number(line, "tokens") as f64 / 3.0;
    assert!((tokens / texts / ratio - 1.0).abs() < 1e-6, "both rates are of the same time: {line}");
    // Longer windows are fewer, with a manifest and without.
    let longer = number(&bench(&["--max-tokens", "80"])[0], "windows");
    assert!((3..number(line, "windows")).contains(&longer), "{longer}");
    assert_eq!(number(&bench(&["--max-tokens", "1000"])[0], "windows"), longer, "no window outgrows the model");
    std::fs::remove_file(folder.path("model/klausul.json")).unwrap();
    assert!(number(&bench(&["--max-tokens", "48"])[0], "windows") > number(&bench(&[])[0], "windows"));
}

#[test]
fn lines_by_length_sum_to_the_whole() {
    let folder = with_texts();
    let mut texts = folder.read("texts.txt");
    texts.push('\n');
    texts.push_str(&"Vi sparar din adress i tolv månader. ".repeat(9));
    folder.write("texts.txt", texts);
    let ran = folder.run(&[&BENCH[..], &["--texts", "texts.txt", "--by-length"]].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines = ran.records();
    let (whole, parts) = lines.split_first().unwrap();
    assert!(whole["longest"].is_null() && parts.len() > 1, "{lines:?}");
    for field in ["texts", "windows", "tokens"] {
        let sum: u64 = parts.iter().map(|line| number(line, field)).sum();
        assert_eq!(sum, number(whole, field), "{field}");
    }
    let longest: Vec<u64> = parts.iter().map(|line| number(line, "longest")).collect();
    assert!(longest.is_sorted_by(|a, b| a < b) && *longest.last().unwrap() == 64, "{longest:?}");
    for line in parts {
        assert!(number(line, "tokens") <= number(line, "windows") * number(line, "longest"), "{line}");
    }
}

#[test]
fn a_plain_encoder_is_measured_on_the_taxonomy() {
    let folder = folder(MODELS[1]);
    std::fs::remove_file(folder.path("model/klausul.json")).unwrap();
    let ran = folder.run(&BENCH);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(number(&ran.records()[0], "texts") >= 27, "{}", ran.stdout);
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let folder = with_texts();
    folder.write("empty.txt", "\n \n").write("binary.txt", [0xff, 0xfe]);
    let texts = |name: &str| folder.run(&[&BENCH[..], &["--texts", name]].concat());
    refused(&texts("empty.txt"), &["empty.txt: there is no text to measure with", "give one text a line"]);
    for name in ["binary.txt", "absent.txt"] {
        let ran = texts(name);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains(&format!("{name}: ")) && ran.stderr.contains("in UTF-8"), "{}", ran.stderr);
    }
    let ran = folder.run(&[&BENCH[..], &["--texts", "texts.txt", "--max-tokens", "4"]].concat());
    refused(&ran, &["a window of `4` tokens has no room for text", "or --max-tokens"]);
    // An encoder without a tokenizer.
    let tiny = fixture("tiny-bert");
    let ran = folder.run(&["bench", "--model", tiny.to_str().unwrap()]);
    refused(&ran, &["tiny-bert/tokenizer.json: ", "give a directory with config.json, tokenizer.json"]);
}
