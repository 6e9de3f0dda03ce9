//! From a paragraph and its headings to windows of token ids.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use klausul_core::{Error, ErrorKind, Kind, Paragraph, Result};
use tokenizers::Tokenizer;

use crate::unigram::Unigram;

use crate::EncoderConfig;
use crate::manifest::InputFormat;
use crate::sentence::{boundary_before, halves, pieces};

/// Fewest tokens of a window, with all that is not text.
pub(crate) const LEAST_WINDOW: usize = 16;
/// Between the headings of a context.
const JOIN: &str = ">";
/// Before the text, after its context: of running text, and of the other kinds where the format tells them.
const BAR: &str = "|";
const HEADING: &str = "#";
const LIST_ITEM: &str = "-";
const TABLE_CELL: &str = "=";
/// Special, and yet what any text may become.
const UNKNOWN: [&str; 2] = ["<unk>", "[UNK]"];

/// Makes a model's input of paragraphs.
///
/// **Format.** A paragraph is written as `PREFIX OUTER > INNER | TEXT`, with its context outermost first, and without ` | ` when it
/// has none; the tokenizer's own special tokens frame it. Where the format tells kinds, `#`, `-` or `=` stands in place of `|` before a
/// heading, a list item or a table cell, with or without context. Special tokens that stand in the text are taken as plain text.
///
/// **Too long.** The paragraph's own words come first. When its text fits into one window, the context gets what room is left.
/// When not, the text is cut into windows at the ends of sentences, a sentence that is longer than a window between words, and
/// every window gets the context again, up to a quarter of its room. A context that must be cut keeps its innermost headings; when
/// even the innermost one is too long, its beginning. No word of the text is dropped.
#[derive(Debug, Clone)]
pub struct Input {
    cutter: Cutter,
    name: PathBuf,
    start: Vec<u32>,
    end: Vec<u32>,
    join: Vec<u32>,
    bar: Vec<u32>,
    /// What stands before a heading, a list item and a table cell, if the format tells kinds.
    kinds: Option<[Vec<u32>; 3]>,
    /// Ids that only the frame may have.
    special: HashSet<u32>,
    room: usize,
}

/// What cuts words into tokens.
#[derive(Debug, Clone)]
enum Cutter {
    /// The shape that multilingual encoders have.
    Unigram(Box<Unigram>),
    /// Any other.
    Library(Box<Tokenizer>),
}

/// A tokenizer with what it puts around a text.
struct Framed {
    cutter: Cutter,
    start: Vec<u32>,
    end: Vec<u32>,
    special: HashSet<u32>,
}

impl Framed {
    fn from_json(name: &Path, json: &[u8]) -> Result<Self> {
        let Some(unigram) = Unigram::from_json(json) else { return Self::by_library(name, json) };
        let unknown = unigram.unknown;
        let special = unigram.special.iter().copied().filter(|&id| id != unknown).collect();
        let (start, end) = (unigram.start.clone(), unigram.end.clone());
        Ok(Self { cutter: Cutter::Unigram(Box::new(unigram)), start, end, special })
    }

    fn by_library(name: &Path, json: &[u8]) -> Result<Self> {
        let mut tokenizer = Tokenizer::from_bytes(json).map_err(|error| {
            Error::new(ErrorKind::Format, format!("not a tokenizer: {error}"))
                .at(name)
                .mend("take the tokenizer.json that belongs to the weights")
        })?;
        tokenizer.with_padding(None);
        let cut = tokenizer.with_truncation(None).map(|_| ());
        cut.map_err(|error| failed(name, "truncation", &*error))?;
        tokenizer.set_encode_special_tokens(true);
        let framed = tokenizer.encode("a", true).map_err(|error| failed(name, "a", &*error))?;
        let (ids, special) = (framed.get_ids(), framed.get_special_tokens_mask());
        let before = special.iter().take_while(|&&special| special == 1).count();
        let after = special.iter().rev().take_while(|&&special| special == 1).count();
        // A mask of nothing but ones frames no text.
        let (start, end) =
            if before == ids.len() { (&ids[..0], &ids[..0]) } else { (&ids[..before], &ids[ids.len() - after..]) };
        let added = tokenizer.get_added_tokens_decoder();
        let special =
            added.into_iter().filter(|(_, token)| token.special && !UNKNOWN.contains(&token.content.as_str()));
        let special = special.map(|(id, _)| id).collect();
        let (start, end) = (start.to_vec(), end.to_vec());
        Ok(Self { cutter: Cutter::Library(Box::new(tokenizer)), start, end, special })
    }
}

impl Input {
    /// Reads a `tokenizer.json`; `name` stands in errors.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when it is not one, [`ErrorKind::Config`] when it does not frame a text with special tokens or the
    /// format's prefix leaves no room for text.
    pub fn from_json(name: impl AsRef<Path>, json: &[u8], format: &InputFormat) -> Result<Self> {
        let name = name.as_ref().to_owned();
        let Framed { cutter, start, end, special } = Framed::from_json(&name, json)?;
        if start.is_empty() || end.is_empty() {
            let message = "it does not frame a text with special tokens such as `<s>` and `</s>`";
            return Err(Error::new(ErrorKind::Config, message)
                .at(&name)
                .mend("take the tokenizer.json of a BERT or XLM-RoBERTa model"));
        }
        let (join, bar, kinds) = (Vec::new(), Vec::new(), None);
        let mut input = Self { cutter, name, start, end, join, bar, kinds, special, room: 0 };
        input.start.extend(input.tokens(&format.prefix)?);
        (input.join, input.bar) = (input.tokens(JOIN)?, input.tokens(BAR)?);
        if format.kinds {
            input.kinds = Some([input.tokens(HEADING)?, input.tokens(LIST_ITEM)?, input.tokens(TABLE_CELL)?]);
        }
        let room = format.max_tokens.checked_sub(input.start.len() + input.end.len());
        input.room = room.filter(|&room| room >= LEAST_WINDOW / 2).ok_or_else(|| {
            let message = format!("a window of `{}` tokens has no room for text after the prefix", format.max_tokens);
            Error::new(ErrorKind::Config, message)
                .at(&input.name)
                .mend("raise `input.max_tokens` in klausul.json, or --max-tokens")
        })?;
        Ok(input)
    }

    /// Checks that the tokenizer belongs to an encoder: that all its tokens have embeddings, and nearly all embeddings a token.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] naming the tokenizer's file and both sizes; also when a window is longer than the encoder has positions.
    pub fn check(&self, config: &EncoderConfig) -> Result<()> {
        let rows = config.vocab_size;
        let (tokens, largest) = match &self.cutter {
            Cutter::Unigram(unigram) => (unigram.len(), unigram.len() - 1),
            Cutter::Library(tokenizer) => {
                let vocab = tokenizer.get_vocab(true);
                (vocab.len(), vocab.values().copied().max().unwrap_or(0) as usize)
            }
        };
        // Embeddings are padded to round numbers and hold reserved rows, but not one in ten.
        if largest >= rows || tokens + 256 < rows - rows / 10 {
            let message = format!("it has {tokens} tokens up to id {largest}, and the encoder embeddings for {rows}");
            return Err(Error::new(ErrorKind::Config, message)
                .at(&self.name)
                .mend("take the tokenizer.json that belongs to the weights"));
        }
        let (window, most) = (self.room + self.start.len() + self.end.len(), config.max_tokens());
        if window > most {
            let message = format!("windows have {window} tokens, and the encoder positions for {most}");
            return Err(
                Error::new(ErrorKind::Config, message).mend(format!("set `input.max_tokens` to {most} or less"))
            );
        }
        Ok(())
    }

    /// The windows of a paragraph, one or more, each with all its special tokens.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when the tokenizer fails, naming the paragraph.
    pub fn windows(&self, paragraph: &Paragraph) -> Result<Vec<Vec<u32>>> {
        self.windows_of(paragraph).map_err(|error| {
            Error::new(error.kind(), format!("paragraph `{}`: no tokens", paragraph.id)).caused_by(error)
        })
    }

    fn windows_of(&self, paragraph: &Paragraph) -> Result<Vec<Vec<u32>>> {
        let mut parts = Vec::new();
        for piece in pieces(&paragraph.text) {
            parts.push((piece, self.tokens(piece)?));
        }
        let length: usize = parts.iter().map(|(_, tokens)| tokens.len()).sum();
        let spare = self.room.checked_sub(length);
        let context = self.context(paragraph, spare.unwrap_or(self.room / 4))?;
        if spare.is_some() {
            return Ok(vec![self.window(&context, parts.iter().map(|(_, tokens)| tokens.as_slice()))]);
        }
        let room = self.room - context.len();
        let mut short = Vec::with_capacity(parts.len());
        for (piece, tokens) in parts {
            self.shorten(piece, tokens, room, &mut short)?;
        }
        let (mut windows, mut first, mut held) = (Vec::new(), 0, 0);
        for (index, tokens) in short.iter().enumerate() {
            if held + tokens.len() > room {
                windows.push(self.window(&context, short[first..index].iter().map(Vec::as_slice)));
                (first, held) = (index, 0);
            }
            held += tokens.len();
        }
        windows.push(self.window(&context, short[first..].iter().map(Vec::as_slice)));
        Ok(windows)
    }

    fn window<'a>(&self, context: &[u32], parts: impl Iterator<Item = &'a [u32]>) -> Vec<u32> {
        let mut window = [self.start.as_slice(), context].concat();
        parts.for_each(|part| window.extend_from_slice(part));
        window.extend_from_slice(&self.end);
        window
    }

    /// What stands before the text of a paragraph, and whether it does without headings.
    fn mark(&self, kind: Kind) -> (&[u32], bool) {
        match (&self.kinds, kind) {
            (Some([heading, _, _]), Kind::Heading) => (heading, true),
            (Some([_, item, _]), Kind::ListItem) => (item, true),
            (Some([_, _, cell]), Kind::TableCell) => (cell, true),
            (None, _) | (Some(_), Kind::Text) => (&self.bar, false),
        }
    }

    /// The context with its mark after it, in `room` tokens or fewer.
    fn context(&self, paragraph: &Paragraph, room: usize) -> Result<Vec<u32>> {
        let (mark, alone) = self.mark(paragraph.kind);
        let Some(room) = room.checked_sub(mark.len()) else { return Ok(Vec::new()) };
        let mut context: Vec<u32> = Vec::new();
        for heading in paragraph.context.iter().rev() {
            // A heading is cut before it is tokenised only where it is far longer than any window.
            let most = boundary_before(heading, 64 * room);
            let mut tokens = self.tokens(&heading[..most])?;
            if tokens.is_empty() {
                continue;
            }
            if context.is_empty() {
                tokens.truncate(room);
            } else {
                tokens.extend_from_slice(&self.join);
                if tokens.len() + context.len() > room {
                    break;
                }
            }
            context.splice(..0, tokens);
        }
        if alone || !context.is_empty() {
            context.extend_from_slice(mark);
        }
        Ok(context)
    }

    /// Appends a piece as parts that fit into `room` tokens.
    fn shorten(&self, piece: &str, tokens: Vec<u32>, room: usize, parts: &mut Vec<Vec<u32>>) -> Result<()> {
        if tokens.len() <= room {
            parts.push(tokens);
        } else if let Some((first, second)) = halves(piece) {
            self.shorten(first, self.tokens(first)?, room, parts)?;
            self.shorten(second, self.tokens(second)?, room, parts)?;
        } else {
            parts.extend(tokens.chunks(room).map(<[u32]>::to_vec));
        }
        Ok(())
    }

    fn tokens(&self, text: &str) -> Result<Vec<u32>> {
        let tokens = self.encode(text.trim())?;
        if !self.is_special(&tokens) {
            return Ok(tokens);
        }
        // A word of the page spells a special token, perhaps only after normalisation: it goes letter by letter.
        let mut plain = Vec::with_capacity(tokens.len());
        for word in text.split_whitespace() {
            let tokens = self.encode(word)?;
            if !self.is_special(&tokens) {
                plain.extend(tokens);
                continue;
            }
            for (at, letter) in word.char_indices() {
                plain.extend(self.encode(&word[at..at + letter.len_utf8()])?);
            }
        }
        Ok(plain)
    }

    /// The text of a token.
    #[cfg(test)]
    fn token(&self, id: u32) -> String {
        match &self.cutter {
            Cutter::Unigram(unigram) => unigram.token(id),
            Cutter::Library(tokenizer) => tokenizer.id_to_token(id).unwrap_or_default(),
        }
    }

    fn is_special(&self, tokens: &[u32]) -> bool {
        tokens.iter().any(|token| self.special.contains(token))
    }

    fn encode(&self, text: &str) -> Result<Vec<u32>> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        match &self.cutter {
            Cutter::Unigram(unigram) => Ok(unigram.encode(text)),
            Cutter::Library(tokenizer) => {
                let encoding = tokenizer.encode_fast(text, false).map_err(|error| failed(&self.name, text, &*error))?;
                Ok(encoding.get_ids().to_vec())
            }
        }
    }
}

fn failed(name: &Path, text: &str, error: &(dyn std::error::Error + Send + Sync)) -> Error {
    let start: String = text.chars().take(40).collect();
    Error::new(ErrorKind::Format, format!("the tokenizer fails on `{start}`: {error}"))
        .at(name)
        .mend("take the tokenizer.json that belongs to the weights")
}

#[cfg(test)]
#[path = "tokenize_tests.rs"]
pub(crate) mod tests;
