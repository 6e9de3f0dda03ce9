//! Which tokens stay.

use std::collections::HashSet;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Value, json};

use crate::unigram::Unigram;

/// A smaller tokenizer.
pub(super) struct Kept {
    /// Its `tokenizer.json`.
    pub(super) tokenizer: String,
    /// The former id of each token.
    pub(super) old_ids: Vec<usize>,
}

/// Keeps the special tokens, every token that the texts need, and every token whose letters all stand in the texts (in either
/// case) or in ASCII. Tokens without a letter stay: digits, punctuation, signs.
///
/// Tokens keep their order and scores, so a text of the kept letters is cut as before: what was removed could not match it.
///
/// With `most`, of the tokens that the texts do not need only single characters and those of the highest scores stay, so many in
/// all. A rare word is then cut into more tokens than before, the texts themselves as before.
pub(super) fn keep(json: &[u8], texts: &[String], most: Option<usize>) -> Result<Kept> {
    let foreign = || {
        Error::new(ErrorKind::Config, "only unigram tokenizers of the XLM-RoBERTa family can be made smaller")
            .mend("pack a multilingual model such as intfloat/multilingual-e5-small")
    };
    let unigram = Unigram::from_json(json).ok_or_else(foreign)?;
    let mut file: Value = serde_json::from_slice(json).map_err(|_| foreign())?;
    let letters = letters(texts)?;
    let mut needed: HashSet<usize> = unigram.special.iter().map(|&id| id as usize).collect();
    needed.extend(texts.iter().flat_map(|text| unigram.encode(text)).map(|id| id as usize));
    needed.extend(file["model"]["unk_id"].as_u64().map(|id| id as usize));
    let tokens = file["model"]["vocab"].as_array().cloned().unwrap_or_default();
    let known = |token: &Value| {
        let text = token[0].as_str().unwrap_or_default();
        text.chars().all(|letter| !letter.is_alphabetic() || letters.contains(&letter))
    };
    let mut old_ids: Vec<usize> = (0..tokens.len()).filter(|&id| needed.contains(&id) || known(&tokens[id])).collect();
    if let Some(most) = most {
        old_ids = likeliest(old_ids, &needed, &tokens, most)?;
    }
    let new_id = |old: &Value| old_ids.binary_search(&(old.as_u64().unwrap_or(u64::MAX) as usize)).ok();
    for added in file["added_tokens"].as_array_mut().into_iter().flatten() {
        added["id"] = json!(new_id(&added["id"]));
    }
    let specials = file["post_processor"]["special_tokens"].as_object_mut();
    for special in specials.into_iter().flat_map(|map| map.values_mut()) {
        for id in special["ids"].as_array_mut().into_iter().flatten() {
            *id = json!(new_id(id));
        }
    }
    file["model"]["unk_id"] = json!(new_id(&file["model"]["unk_id"]));
    file["model"]["vocab"] = old_ids.iter().map(|&id| tokens[id].clone()).collect();
    Ok(Kept { tokenizer: file.to_string(), old_ids })
}

/// At most `most` of the tokens: those that are needed, single characters, then by score.
fn likeliest(mut ids: Vec<usize>, needed: &HashSet<usize>, tokens: &[Value], most: usize) -> Result<Vec<usize>> {
    let single =
        |id: usize| tokens[id][0].as_str().is_some_and(|text| text.trim_start_matches('▁').chars().count() <= 1);
    let score = |id: usize| tokens[id][1].as_f64().unwrap_or(f64::NEG_INFINITY);
    let least = ids.iter().filter(|&&id| needed.contains(&id) || single(id)).count();
    if least > most {
        let message =
            format!("{least} tokens are needed by the texts or are single characters, and `{most}` shall stay");
        return Err(
            Error::new(ErrorKind::Usage, message).mend(format!("keep {least} tokens or more, or give fewer texts"))
        );
    }
    let optional = |id: usize| !needed.contains(&id) && !single(id);
    ids.sort_by(|&a, &b| optional(a).cmp(&optional(b)).then(score(b).total_cmp(&score(a))).then(a.cmp(&b)));
    ids.truncate(most);
    ids.sort_unstable();
    Ok(ids)
}

/// The letters of the texts in both cases, and those of ASCII.
fn letters(texts: &[String]) -> Result<HashSet<char>> {
    let mut letters: HashSet<char> = ('a'..='z').chain('A'..='Z').collect();
    for letter in texts.iter().flat_map(|text| text.chars()).filter(|letter| letter.is_alphabetic()) {
        letters.insert(letter);
        letters.extend(letter.to_lowercase().chain(letter.to_uppercase()));
    }
    if texts.iter().all(|text| text.trim().is_empty()) {
        return Err(Error::new(ErrorKind::Usage, "there is no text to tell which tokens are needed")
            .mend("give texts of every language that the model shall keep"));
    }
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_kept_letters_are_cut_as_before() {
        let json = include_bytes!("../../tests/fixtures/unigram-tokenizer.json");
        let text = "Vi sparar personuppgifter så länge för dig som är kund. Të dhënat ruhen 24 muaj!".to_owned();
        let kept = keep(json, std::slice::from_ref(&text), None).unwrap();
        let [before, after] =
            [json.as_slice(), kept.tokenizer.as_bytes()].map(|json| Unigram::from_json(json).unwrap());
        assert!(after.len() < before.len() && after.len() == kept.old_ids.len());
        for text in [text.as_str(), "Personuppgifter för dhëna, 365 dagar", "SPARA ÄLDRE", "<s> 😀 å"] {
            let old: Vec<u32> = after.encode(text).iter().map(|&id| kept.old_ids[id as usize] as u32).collect();
            assert_eq!(old, before.encode(text), "{text}");
        }
        // Greek is gone.
        assert!(
            after.encode("δεδομένα").contains(&after.unknown) && !before.encode("δεδομένα").contains(&before.unknown)
        );
        assert_eq!((after.start, after.end, after.special.len()), (before.start, before.end, before.special.len()));
    }

    #[test]
    fn the_likeliest_tokens_stay() {
        let json = include_bytes!("../../tests/fixtures/unigram-tokenizer.json");
        let texts = ["Vi sparar personuppgifter så länge för dig som är kund.".to_owned()];
        let all = keep(json, &texts, None).unwrap();
        let most = all.old_ids.len() * 3 / 4;
        let fewer = keep(json, &texts, Some(most)).unwrap();
        assert_eq!(fewer.old_ids.len(), most);
        assert!(fewer.old_ids.is_sorted() && fewer.old_ids.iter().all(|id| all.old_ids.contains(id)));
        let [before, after] = [&all, &fewer].map(|kept| Unigram::from_json(kept.tokenizer.as_bytes()).unwrap());
        let whole = |kept: &Kept, unigram: &Unigram, text: &str| -> Vec<usize> {
            unigram.encode(text).iter().map(|&id| kept.old_ids[id as usize]).collect()
        };
        assert_eq!(whole(&fewer, &after, &texts[0]), whole(&all, &before, &texts[0]));
        // What went scores no higher than what stayed without need.
        let file: Value = serde_json::from_slice(json).unwrap();
        let score = |id: &usize| file["model"]["vocab"][*id][1].as_f64().unwrap();
        let long = |id: &usize| file["model"]["vocab"][*id][0].as_str().unwrap().chars().count() > 2;
        let used = whole(&all, &before, &texts[0]);
        let gone = all.old_ids.iter().filter(|id| !fewer.old_ids.contains(id)).map(score).fold(f64::MIN, f64::max);
        let free = fewer.old_ids.iter().filter(|id| **id > 4 && long(id) && !used.contains(id));
        assert!(free.map(score).all(|score| score >= gone));
        assert!(keep(json, &texts, Some(5)).is_err_and(|error| error.kind() == ErrorKind::Usage));
    }

    #[test]
    fn what_cannot_be_packed_is_refused() {
        assert!(keep(b"{}", &["a".into()], None).is_err_and(|error| error.kind() == ErrorKind::Config));
        let json = include_bytes!("../../tests/fixtures/unigram-tokenizer.json");
        assert!(keep(json, &[" ".into()], None).is_err_and(|error| error.kind() == ErrorKind::Usage));
    }
}
