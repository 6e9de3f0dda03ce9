//! Where a text may be cut.

/// Bytes of the longest piece, so that no tokenizer sees a text that it is slow on.
const MOST: usize = 1000;

/// Cuts a text into sentences, and sentences of more than 1,000 bytes between words, or within a word that long. The pieces
/// put together are the text.
///
/// A sentence ends after `.`, `!`, `?`, `…`, `;` or their like and closing marks, before white space that no lower-case letter
/// and no digit follows ("Art. 6", "z. B. der" stay whole).
pub(crate) fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let (mut sentence, after) = rest.split_at(sentence_end(rest));
        rest = after;
        while sentence.len() > MOST {
            let (first, second) = sentence.split_at(cut_before(sentence, MOST));
            pieces.push(first);
            sentence = second;
        }
        pieces.push(sentence);
    }
    pieces
}

/// Cuts a text in two between the words nearest before its middle, or within a word that reaches over it; `None` when it is a
/// single character.
pub(crate) fn halves(text: &str) -> Option<(&str, &str)> {
    let second = text.chars().next()?.len_utf8();
    (second < text.len()).then(|| text.split_at(cut_before(text, (text.len() / 2).max(second))))
}

/// The last byte not after `most` where a character begins.
pub(crate) fn boundary_before(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// The last byte not after `most` where a word begins, else where a character does.
fn cut_before(text: &str, most: usize) -> usize {
    let most = boundary_before(text, most);
    let head = text[..most].trim_end_matches(|c: char| !c.is_whitespace()).trim_end();
    match head.len() {
        0 => most.max(text.chars().next().map_or(0, char::len_utf8)),
        end => end,
    }
}

/// One past the last byte of the first sentence; the white space after it belongs to the next.
fn sentence_end(text: &str) -> usize {
    let mut ended = false;
    for (at, c) in text.char_indices() {
        match c {
            '.' | '!' | '?' | '…' | ';' | '\u{37e}' | '。' | '！' | '？' | '։' | '؟' => ended = true,
            ')' | ']' | '"' | '\'' | '”' | '’' | '»' | '“' if ended => {}
            _ if c.is_whitespace() && ended => {
                let next = text[at..].chars().find(|c| !c.is_whitespace());
                if next.is_some_and(|next| !next.is_lowercase() && !next.is_numeric()) {
                    return at;
                }
                ended = false;
            }
            _ => ended = false,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_end_where_a_reader_would_say() {
        let text = "Enligt art. 6 sparar vi dem (se nedan.) Vi raderar sedan! Ποιος; Εμείς. Sist";
        let cut = ["Enligt art. 6 sparar vi dem (se nedan.)", " Vi raderar sedan!", " Ποιος;", " Εμείς.", " Sist"];
        assert_eq!(pieces(text), cut);
        assert_eq!(pieces("z. B. die Adresse, usw. und so fort"), ["z.", " B. die Adresse, usw. und so fort"]);
    }

    #[test]
    fn long_sentences_are_cut_between_words_and_long_words_anywhere() {
        let words = "abc ".repeat(600);
        assert!(pieces(&words).iter().all(|piece| piece.len() <= MOST && piece.trim().starts_with("abc")));
        let word = "ä".repeat(1200);
        assert_eq!(pieces(&word).iter().map(|piece| piece.len()).collect::<Vec<_>>(), [1000, 1000, 400]);
        assert_eq!(halves("one two three"), Some(("one", " two three")));
        assert_eq!((halves("äö"), halves("ä"), halves("")), (Some(("ä", "ö")), None, None));
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[a-zA-Zäλ .!?;…\u{3000}\n]{0,3000}") {
            let pieces = pieces(&text);
            prop_assert_eq!(pieces.concat(), text.as_str());
            prop_assert!(pieces.iter().all(|piece| !piece.is_empty() && piece.len() <= MOST));
            if let Some((first, second)) = halves(&text) {
                prop_assert_eq!(format!("{first}{second}"), text.as_str());
                prop_assert!(!first.is_empty() && !second.is_empty());
            }
        }
    }
}
