//! No file, however broken, ends a run: every reader of a tool answers with paragraphs or with an error that names the
//! file.

use proptest::prelude::*;

use super::export::tests::folder;
use super::{GoldFormat, read};

/// The formats of tools.
const TOOLS: [&str; 6] = ["goppc", "inception", "label-studio", "prodigy", "doccano", "brat"];

/// Pieces of all the formats; put together at random they come near enough to each.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\t",
    "\"",
    "\\",
    "1",
    "9",
    " ",
    "😀",
    "T1\tA ",
    "0 3",
    ";",
    "|",
    "_",
    "*",
    "[2]",
    "#FORMAT=WebAnno TSV 3.3\n",
    "#T_SP=custom.A|b\n",
    "#Text=a\n",
    "1-1\t0-1\ta\tb[1]\t\n",
    "id,text,label\n",
    "a#b",
    "{\"text\":\"a\"}\n",
    "\"text\":",
    "\"label\":",
    "\"answer\":\"accept\"",
    "\"data\":{\"text\":\"a\"}",
    "\"annotations\":",
    "{\"result\":[{\"value\":{\"choices\":[\"a\"]}}]}",
    "\"%FEATURE_STRUCTURES\":",
    "\"@sofa\":1",
    "{\"%ID\":1,\"%TYPE\":\"uima.cas.Sofa\",\"sofaString\":\"a😀b\"}",
    "{\"%TYPE\":\"custom.A\",\"@sofa\":1,\"begin\":2,\"end\":3}",
    "<policy>",
    "</policy>",
    "<segment>",
    "<paragraph category=\"1.2;3\">",
    "</paragraph>",
    "&",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn broken_files_are_errors_and_no_panics(
        places in prop::collection::vec(0..PIECES.len(), 0..14),
        tool in 0..TOOLS.len(),
        first in 0..4_usize,
    ) {
        let name = TOOLS[tool];
        let ending = match name {
            "goppc" => "xml",
            "inception" => ["tsv", "json"][first % 2],
            "brat" => "ann",
            "doccano" => ["csv", "jsonl"][first % 2],
            _ => "json",
        };
        let begin = match (ending, first) {
            ("tsv", 0) => "#FORMAT=WebAnno TSV 3.3\n#T_SP=custom.A|b\n#Text=a\n",
            ("json", 1) => "{\"%FEATURE_STRUCTURES\":[{\"%ID\":1,\"%TYPE\":\"uima.cas.Sofa\",\"sofaString\":\"a😀b\"},",
            ("xml", 0) => "<policy><segment>",
            _ => "",
        };
        let text = format!("{begin}{}", places.iter().map(|place| PIECES[*place]).collect::<String>());
        let file = format!("a.{ending}");
        let folder = folder(&[(file.as_str(), text.as_str()), ("a.txt", "Ein 😀 Satz.\r\n\nZwei.")]);
        let path = folder.path().join(file);
        prop_assert!(GoldFormat::of_path(&path).is_ok());
        if let Err(error) = read(&path, name.parse().ok(), &mut |_| ()) {
            prop_assert!(error.path().is_some() && error.line().is_some(), "{name}: {error} in {text:?}");
        }
    }
}
