//! The tokenizer of XLM-RoBERTa, fast to load and to run.
//!
//! The crate `tokenizers` builds a trie of a quarter of a million tokens in about half a second; a program that classifies one
//! page waits for it longer than for the model. For the one shape of tokenizer that multilingual encoders of this family have
//! (a precompiled character map, spaces to `▁`, a unigram model) this module does the same in a tenth of that time, with the
//! same tokens: tests compare them. Other tokenizers go through the library.

use std::borrow::Cow;

use serde::Deserialize;
use spm_precompiled::Precompiled;

/// What stands for a space.
const SPACE: char = '▁';
/// How much worse than the worst token an unknown character is, as SentencePiece has it.
const UNKNOWN_PENALTY: f64 = 10.0;

/// A unigram tokenizer with its character map.
#[derive(Debug, Clone)]
pub(crate) struct Unigram {
    normaliser: Precompiled,
    /// Whether the character map leaves printable ASCII as it is.
    plain_ascii: bool,
    vocabulary: Vocabulary,
    scores: Vec<f64>,
    /// Id of what is not in the vocabulary.
    pub(crate) unknown: u32,
    unknown_score: f64,
    /// Ids before and after every text.
    pub(crate) start: Vec<u32>,
    pub(crate) end: Vec<u32>,
    /// Ids of special tokens.
    pub(crate) special: Vec<u32>,
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    added_tokens: Vec<Added<'a>>,
    normalizer: serde_json::Value,
    pre_tokenizer: serde_json::Value,
    post_processor: serde_json::Value,
    #[serde(borrow)]
    model: Model<'a>,
}

#[derive(Deserialize)]
struct Added<'a> {
    id: u32,
    #[serde(borrow)]
    content: Cow<'a, str>,
    special: bool,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(rename = "type", default)]
    kind: Option<Cow<'a, str>>,
    unk_id: Option<u32>,
    #[serde(default)]
    byte_fallback: Option<bool>,
    #[serde(borrow, default)]
    vocab: Vec<(Cow<'a, str>, f64)>,
}

impl Unigram {
    /// Reads a `tokenizer.json`; `None` when it is of another shape, or no tokenizer at all.
    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        let file: File<'_> = serde_json::from_slice(json).ok()?;
        let unknown = file.model_unknown()?;
        let model = file.model;
        let shape = model.kind.as_deref() == Some("Unigram") && model.byte_fallback != Some(true);
        if !shape || !is_metaspace(&file.pre_tokenizer) {
            return None;
        }
        let normaliser = character_map(&file.normalizer)?;
        let (start, end) = frame(&file.post_processor)?;
        let special = file.added_tokens.iter().filter(|added| added.special).map(|added| added.id).collect();
        // An added token that is not part of the model would need a search of its own.
        let known =
            |added: &Added<'_>| model.vocab.get(added.id as usize).is_some_and(|(token, _)| *token == added.content);
        if !file.added_tokens.iter().all(|added| known(added) || added.special) {
            return None;
        }
        let least = model.vocab.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
        let ascii: String = (' '..='~').collect();
        Some(Self {
            plain_ascii: normaliser.normalize_string(&ascii) == ascii,
            normaliser,
            vocabulary: Vocabulary::new(model.vocab.iter().map(|(token, _)| token.as_ref())),
            scores: model.vocab.iter().map(|(_, score)| *score).collect(),
            unknown,
            unknown_score: least - UNKNOWN_PENALTY,
            start,
            end,
            special,
        })
    }

    /// The text of a token.
    #[cfg(test)]
    pub(crate) fn token(&self, id: u32) -> String {
        String::from_utf8_lossy(self.vocabulary.token(id)).into_owned()
    }

    /// How many tokens there are.
    pub(crate) fn len(&self) -> usize {
        self.scores.len()
    }

    /// The ids of a text without its frame.
    pub(crate) fn encode(&self, text: &str) -> Vec<u32> {
        let words = self.words(text);
        let (mut ids, mut lattice) = (Vec::with_capacity(text.len() / 4), Vec::new());
        let mut start = 0;
        for (at, _) in words.match_indices(SPACE).skip(1).chain([(words.len(), "")]) {
            self.segment(&words[start..at], &mut lattice, &mut ids);
            start = at;
        }
        ids
    }

    /// The text through the character map, with one `▁` for every run of spaces and one before it.
    fn words(&self, text: &str) -> String {
        let normal = self.normal(text);
        let mut words = String::with_capacity(normal.len() + normal.len() / 2 + 4);
        let mut space = false;
        if !normal.is_empty() && !normal.starts_with([' ', SPACE]) {
            words.push(SPACE);
        }
        for letter in normal.chars() {
            if letter != ' ' {
                words.push(letter);
            } else if !space {
                words.push(SPACE);
            }
            space = letter == ' ';
        }
        words
    }

    /// The text through the character map. Two printable ASCII characters never share a grapheme, so only what lies around other
    /// characters has to be cut into graphemes.
    fn normal(&self, text: &str) -> String {
        if !self.plain_ascii {
            return self.normaliser.normalize_string(text);
        }
        let bytes = text.as_bytes();
        let plain = |at: usize| bytes.get(at).is_none_or(|byte| (b' '..=b'~').contains(byte));
        let mut normal = String::with_capacity(text.len());
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && plain(at) && plain(at + 1) {
                at += 1;
            }
            normal.push_str(&text[start..at]);
            let start = at;
            while at < bytes.len() && !(plain(at) && plain(at + 1) && (at == start || plain(at - 1))) {
                at += 1;
            }
            if start < at {
                normal.push_str(&self.normaliser.normalize_string(&text[start..at]));
            }
        }
        normal
    }

    /// Appends the likeliest tokens of a word (Viterbi over all that the vocabulary allows; the first of equals).
    fn segment(&self, word: &str, lattice: &mut Vec<Node>, ids: &mut Vec<u32>) {
        lattice.clear();
        lattice.resize(word.len() + 1, Node::default());
        for (start, letter) in word.char_indices() {
            let (here, width) = (lattice[start].score, letter.len_utf8());
            let mut single = false;
            self.vocabulary.prefixes(&word.as_bytes()[start..], |length, id| {
                single |= length == width;
                lattice[start + length].offer(start, id, here + self.scores[id as usize]);
            });
            if !single {
                lattice[start + width].offer(start, self.unknown, here + self.unknown_score);
            }
        }
        let first = ids.len();
        let mut end = word.len();
        while end > 0 {
            let node = &lattice[end];
            // Unknown characters in a row are one unknown token.
            if node.id != self.unknown || ids.len() == first || ids.last() != Some(&self.unknown) {
                ids.push(node.id);
            }
            end = node.start;
        }
        ids[first..].reverse();
    }
}

impl File<'_> {
    fn model_unknown(&self) -> Option<u32> {
        self.model.unk_id.filter(|&id| (id as usize) < self.model.vocab.len())
    }
}

/// The best way to the end of a token.
#[derive(Debug, Clone, Copy, Default)]
struct Node {
    start: usize,
    id: u32,
    score: f64,
    reached: bool,
}

impl Node {
    fn offer(&mut self, start: usize, id: u32, score: f64) {
        if !self.reached || score > self.score {
            *self = Self { start, id, score, reached: true };
        }
    }
}

/// Whether spaces become `▁`, one is put before the text, and words are cut before it.
fn is_metaspace(value: &serde_json::Value) -> bool {
    let space = value["replacement"] == SPACE.to_string();
    let before = match value.get("prepend_scheme") {
        None => value["add_prefix_space"] == true,
        Some(scheme) => scheme == "always",
    };
    value["type"] == "Metaspace" && space && before && value.get("split").is_none_or(|split| split == true)
}

/// The character map of a normaliser that is one, alone or with the collapse of spaces after it.
fn character_map(value: &serde_json::Value) -> Option<Precompiled> {
    let steps = match value["type"].as_str()? {
        "Sequence" => value["normalizers"].as_array()?.as_slice(),
        _ => return None,
    };
    let [map, collapse] = steps else { return None };
    let collapses =
        collapse["type"] == "Replace" && collapse["pattern"]["Regex"] == " {2,}" && collapse["content"] == " ";
    if !collapses || map["type"] != "Precompiled" {
        return None;
    }
    // It borrows its text, which a `Value` cannot lend.
    serde_json::from_str(&map.to_string()).ok()
}

/// The ids before and after a text.
fn frame(value: &serde_json::Value) -> Option<(Vec<u32>, Vec<u32>)> {
    if value["type"] != "TemplateProcessing" {
        return None;
    }
    let (mut start, mut end, mut behind) = (Vec::new(), Vec::new(), false);
    for piece in value["single"].as_array()? {
        if piece.get("Sequence").is_some() {
            behind = true;
            continue;
        }
        let name = piece["SpecialToken"]["id"].as_str()?;
        for id in value["special_tokens"][name]["ids"].as_array()? {
            let side = if behind { &mut end } else { &mut start };
            side.push(u32::try_from(id.as_u64()?).ok()?);
        }
    }
    behind.then_some((start, end))
}

/// Tokens by their bytes: open addressing over one block of memory, so that it is built in a few milliseconds.
#[derive(Debug, Clone)]
struct Vocabulary {
    bytes: Vec<u8>,
    ends: Vec<u32>,
    /// Ids plus one, by hash; 0 is free.
    slots: Vec<u32>,
    longest: usize,
}

impl Vocabulary {
    fn new<'a>(tokens: impl ExactSizeIterator<Item = &'a str>) -> Self {
        let size = (tokens.len() * 2 + 1).next_power_of_two();
        let mut own =
            Self { bytes: Vec::new(), ends: Vec::with_capacity(tokens.len()), slots: vec![0; size], longest: 0 };
        for (id, token) in tokens.enumerate() {
            own.bytes.extend_from_slice(token.as_bytes());
            own.ends.push(own.bytes.len() as u32);
            own.longest = own.longest.max(token.len());
            let hash = token.bytes().fold(0, step);
            let mut slot = hash as usize & (size - 1);
            // Of equal tokens the last one counts, as it does in a map.
            while own.slots[slot] != 0 && own.token(own.slots[slot] - 1) != token.as_bytes() {
                slot = (slot + 1) & (size - 1);
            }
            own.slots[slot] = id as u32 + 1;
        }
        own
    }

    fn token(&self, id: u32) -> &[u8] {
        let start = if id == 0 { 0 } else { self.ends[id as usize - 1] };
        &self.bytes[start as usize..self.ends[id as usize] as usize]
    }

    /// Calls `found` with length and id of every token that these bytes begin with, shortest first.
    fn prefixes(&self, bytes: &[u8], mut found: impl FnMut(usize, u32)) {
        let mask = self.slots.len() - 1;
        let mut hash = 0;
        for (length, &byte) in (1..=self.longest).zip(bytes) {
            hash = step(hash, byte);
            // A token ends where a character does.
            if bytes.get(length).is_some_and(|next| next & 0xc0 == 0x80) {
                continue;
            }
            let mut slot = hash as usize & mask;
            while self.slots[slot] != 0 {
                let id = self.slots[slot] - 1;
                if self.token(id) == &bytes[..length] {
                    found(length, id);
                    break;
                }
                slot = (slot + 1) & mask;
            }
        }
    }
}

/// One step of a multiplicative hash; its upper half is folded in, since slots are taken from the lower.
fn step(hash: u64, byte: u8) -> u64 {
    let product = (hash ^ u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    product ^ (product >> 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokenizers::Tokenizer;

    use super::*;

    /// The tokenizer of a fixture, with Latin, Greek and Cyrillic tokens, by both ways.
    fn both() -> (Unigram, Tokenizer) {
        let json = include_bytes!("../tests/fixtures/unigram-tokenizer.json");
        let mut library = Tokenizer::from_bytes(json).unwrap();
        library.set_encode_special_tokens(true);
        (Unigram::from_json(json).unwrap(), library)
    }

    fn assert_same(ours: &Unigram, theirs: &Tokenizer, text: &str) {
        let expected = theirs.encode_fast(text, false).unwrap();
        assert_eq!(ours.encode(text), expected.get_ids(), "{text:?}");
    }

    #[test]
    fn tokens_are_those_of_the_library() {
        let (ours, theirs) = both();
        for text in [
            "",
            " ",
            "We keep your personal data for two years.",
            "  Të dhënat  tuaja\tpersonale\n\nruhen ",
            "Vi sparar personuppgifter i 24 månader\u{a0}(två år).",
            "Τα δεδομένα σας ﬁle ½ ① Ａ",
            "e\u{301}te\u{301} ñ n\u{303} \u{200b}x\u{fe0f}",
            "▁▁ a▁b",
            "<s> </s> <unk> <mask>",
            "汉字 😀😀 汉",
            "a\r\nb\u{0}c\u{7f}",
            "\u{301}",
            "ab\u{301}c d\u{308}",
        ] {
            assert_same(&ours, &theirs, text);
        }
        assert_eq!((ours.start.as_slice(), ours.end.as_slice()), (&[0][..], &[2][..]));
    }

    #[test]
    fn other_tokenizers_are_left_to_the_library() {
        let json = include_str!("../tests/fixtures/unigram-tokenizer.json");
        for (from, to) in [
            ("\"Unigram\"", "\"WordPiece\""),
            ("\"Metaspace\"", "\"Whitespace\""),
            ("\" {2,}\"", "\" {3,}\""),
            ("\"TemplateProcessing\"", "\"BertProcessing\""),
        ] {
            assert!(json.contains(from), "{from}");
            assert!(Unigram::from_json(json.replace(from, to).as_bytes()).is_none(), "{to}");
        }
        assert!(Unigram::from_json(b"{}").is_none() && Unigram::from_json(b"").is_none());
    }

    proptest! {
        #[test]
        fn any_text_gives_the_tokens_of_the_library(text in "(\\PC|[a-zåäöëç ]|[ \\t\\n\u{301}\u{308}\u{200d}\u{a0}▁]|data|personal){0,40}") {
            let (ours, theirs) = both();
            assert_same(&ours, &theirs, &text);
        }
    }
}
