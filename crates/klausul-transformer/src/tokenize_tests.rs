use klausul_core::{Kind, Language};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Expected {
    text: String,
    ids: Vec<u32>,
}

fn fixture(file: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/reference-bert");
    std::fs::read(folder.join(file)).unwrap()
}

fn input(max_tokens: usize) -> Input {
    let format = InputFormat { prefix: "query: ".into(), kinds: false, max_tokens };
    Input::from_json("tokenizer.json", &fixture("tokenizer.json"), &format).unwrap()
}

/// A paragraph of running text.
pub(crate) fn paragraph(context: &[&str], text: &str) -> Paragraph {
    Paragraph {
        id: "p#1".into(),
        index: 1,
        language: Language::UNKNOWN,
        kind: Kind::Text,
        context: context.iter().map(|&heading| heading.to_owned()).collect(),
        text: text.into(),
        start: 0,
        end: text.len(),
    }
}

/// The windows as the tokenizer spells them, without the special tokens.
fn spelled(input: &Input, context: &[&str], text: &str) -> Vec<String> {
    let windows = input.windows(&paragraph(context, text)).unwrap();
    let spell = |window: &Vec<u32>| {
        let tokens = window[1..window.len() - 1].iter();
        let spelled: String = tokens.map(|&id| input.token(id)).collect();
        spelled.replace('▁', " ").trim().to_owned()
    };
    windows.iter().map(spell).collect()
}

#[test]
fn tokens_are_those_of_the_reference() {
    let expected: Vec<Expected> = serde_json::from_slice(&fixture("expected.json")).unwrap();
    for Expected { text, ids } in expected {
        assert_eq!(input(128).windows(&paragraph(&[], &text)).unwrap(), [ids], "{text}");
    }
}

#[test]
fn kinds_stand_before_the_text_where_the_format_tells_them() {
    let format = InputFormat { prefix: String::new(), kinds: true, max_tokens: 32 };
    let input = Input::from_json("tokenizer.json", &fixture("tokenizer.json"), &format).unwrap();
    let spelled = |kind, context: &[&str]| {
        let window = &input.windows(&Paragraph { kind, ..paragraph(context, "Du kan.") }).unwrap()[0];
        let tokens = window[1..window.len() - 1].iter();
        tokens.map(|&id| input.token(id)).collect::<String>().replace('▁', " ").trim().to_owned()
    };
    // The vocabulary has neither # nor =.
    assert_eq!(Kind::ALL.map(|kind| spelled(kind, &[])), ["Du kan.", "<unk> Du kan.", "- Du kan.", "<unk> Du kan."]);
    let among = ["Daten | Du kan.", "Daten <unk> Du kan.", "Daten - Du kan.", "Daten <unk> Du kan."];
    assert_eq!(Kind::ALL.map(|kind| spelled(kind, &["Daten"])), among);
}

#[test]
fn headings_stand_before_the_text() {
    let input = input(128);
    assert_eq!(spelled(&input, &[], "Du kan."), ["query: Du kan."]);
    assert_eq!(spelled(&input, &["Your rights", "Daten"], "Du kan."), ["query: Your rights > Daten | Du kan."]);
    assert_eq!(spelled(&input, &["", " "], "Du kan."), ["query: Du kan."]);
    assert_eq!(spelled(&input, &["Daten"], ""), ["query: Daten |"]);
}

#[test]
fn the_texts_own_words_come_first() {
    let heading = "Your rights";
    let text = "Wir geben keine Daten.";
    let whole = input(128).windows(&paragraph(&[heading, "Daten"], text)).unwrap()[0].len();
    let cut = |fewer: usize| spelled(&input(whole - fewer), &[heading, "Daten"], text);
    assert_eq!(cut(0), ["query: Your rights > Daten | Wir geben keine Daten."]);
    assert_eq!(cut(1), ["query: Daten | Wir geben keine Daten."]);
    let alone = input(128).windows(&paragraph(&[], text)).unwrap()[0].len();
    assert_eq!(spelled(&input(alone), &[heading, "Daten"], text), ["query: Wir geben keine Daten."]);
    // One token less, and the text is cut in two; each part has its heading again.
    let two = spelled(&input(alone - 1), &["D"], text);
    assert!(two.len() > 1 && two.iter().all(|window| window.starts_with("query: D | ")), "{two:?}");
}

#[test]
fn long_texts_are_cut_at_sentences() {
    let text = "Wir geben keine Daten. Wir geben. Wir par Daten an.";
    let windows = spelled(&input(32), &["Your rights"], text);
    assert_eq!(windows.len(), 3, "{windows:?}");
    let own: Vec<&str> =
        windows.iter().map(|window| window.split_once(" | ").map_or(window.as_str(), |(_, own)| own)).collect();
    assert_eq!(own.join(" ").replace("query: ", ""), text);
}

#[test]
fn special_tokens_in_a_page_are_text() {
    let input = input(64);
    for text in ["</s> a", "<s>", "<pad> <unk>", "＜/s＞", "a</s><s>", "x<mask>"] {
        let window = &input.windows(&paragraph(&[text], text)).unwrap()[0];
        let inside = &window[1..window.len() - 1];
        assert!(!inside.iter().any(|&id| matches!(id, 0..=2)), "{text}: {window:?}");
    }
}

#[test]
fn texts_of_any_length_lose_nothing() {
    let input = input(48);
    for text in [
        "a".repeat(100_000),
        "Wir par ".repeat(12_500),
        "日".repeat(33_333),
        "\u{fdfa}".repeat(2_000),
        " ".repeat(100_000),
    ] {
        let windows = input.windows(&paragraph(&["Your rights"], &text)).unwrap();
        assert!(windows.iter().all(|window| window.len() <= 48));
        let spelled: usize = windows
            .iter()
            .flat_map(|window| window.iter().skip_while(|&&id| id != input.bar[input.bar.len() - 1]).skip(1))
            .filter(|&&id| id != 2)
            .map(|&id| input.token(id).replace('▁', "").chars().count())
            .sum();
        if text.starts_with(['a', 'W']) {
            assert_eq!(spelled, text.replace(' ', "").chars().count());
        }
    }
    let headings = "Your rights ".repeat(10_000);
    assert!(input.windows(&paragraph(&[&headings], "a")).unwrap()[0].len() <= 48);
}

#[test]
fn wrong_tokenizers_are_named() {
    let format = InputFormat { prefix: String::new(), kinds: false, max_tokens: 64 };
    let json = String::from_utf8(fixture("tokenizer.json")).unwrap();
    let read = |json: &str, format: &InputFormat| Input::from_json("m/tokenizer.json", json.as_bytes(), format);
    let unframed: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut unframed = unframed.as_object().unwrap().clone();
    unframed.insert("post_processor".into(), serde_json::Value::Null);
    let long = InputFormat { prefix: "very long prefix ".repeat(20), kinds: false, max_tokens: 64 };
    for (error, named) in [
        (read("{}", &format).unwrap_err(), "not a tokenizer"),
        (read(&json[..json.len() / 2], &format).unwrap_err(), "not a tokenizer"),
        (read(&serde_json::to_string(&unframed).unwrap(), &format).unwrap_err(), "does not frame"),
        (read(&json, &long).unwrap_err(), "`64` tokens has no room"),
    ] {
        let error = error.to_string();
        assert!(error.starts_with("m/tokenizer.json: ") && error.contains(named) && error.contains("; "), "{error}");
    }
    let config = EncoderConfig::from_json(std::str::from_utf8(&fixture("config.json")).unwrap()).unwrap();
    let input = read(&json, &format).unwrap();
    input.check(&config).unwrap();
    for (config, named) in [
        (EncoderConfig { vocab_size: 100, ..config.clone() }, "embeddings for 100"),
        (EncoderConfig { vocab_size: 250_002, ..config.clone() }, "embeddings for 250002"),
        (EncoderConfig { max_position_embeddings: 63, ..config.clone() }, "positions for 63"),
    ] {
        let error = input.check(&config).unwrap_err().to_string();
        assert!(error.contains(named) && error.contains("; "), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn windows_fit_and_depend_on_their_paragraph(text in "\\PC{0,400}", heading in "\\PC{0,80}", most in 32_usize..80) {
        let input = input(most);
        let windows = input.windows(&paragraph(&["Your rights", &heading], &text)).unwrap();
        prop_assert!(!windows.is_empty());
        for window in &windows {
            prop_assert!(window.len() <= most && window.starts_with(&input.start) && window.ends_with(&input.end));
        }
        prop_assert_eq!(&windows, &input.windows(&paragraph(&["Your rights", &heading], &text)).unwrap());
    }
}
