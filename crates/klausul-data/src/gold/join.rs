//! Which prediction belongs to which gold paragraph.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use klausul_core::{Error, ErrorKind, Result};

use super::Labelled;

/// By what two files of paragraphs are matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKey {
    /// By `id`.
    Id,
    /// By `doc` and `index`.
    Position,
    /// By `doc` and the text, or by the text alone where paragraphs have no document.
    Text,
}

impl JoinKey {
    /// All keys, the surest first.
    pub const ALL: [Self; 3] = [Self::Id, Self::Position, Self::Text];

    /// The name on the command line: `id`, `position`, `text`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Position => "position",
            Self::Text => "text",
        }
    }

    /// The paragraph's own key; `None` when it lacks a part of it.
    fn of(self, paragraph: &Labelled) -> Option<(&str, usize, &str)> {
        match self {
            Self::Id => Some((paragraph.id.as_deref()?, 0, "")),
            Self::Position => Some((paragraph.doc.as_deref()?, paragraph.index?, "")),
            Self::Text => Some((paragraph.doc.as_deref().unwrap_or_default(), 0, paragraph.text.as_deref()?)),
        }
    }
}

impl fmt::Display for JoinKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for JoinKey {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name).ok_or_else(|| {
            Error::new(ErrorKind::Usage, format!("`{name}` is not a key to match by"))
                .mend("write id, position or text")
        })
    }
}

/// The predictions of gold paragraphs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// By what they were matched.
    pub key: JoinKey,
    /// For every gold paragraph the place of its prediction.
    pub places: Vec<usize>,
    /// How many predictions belong to no gold paragraph.
    pub unused: usize,
}

/// Finds for every gold paragraph its prediction.
///
/// Without a key the surest is taken that all gold paragraphs have and that some prediction shares. Identical texts that are
/// matched by text may share a prediction, as long as the predictions agree.
///
/// # Errors
/// [`ErrorKind::Format`] naming file and line when there is no gold, when a gold paragraph has no key or no prediction, when two gold
/// paragraphs or two predictions have the same key, and when the text of a prediction is another one than the gold's.
pub fn join(gold: &[Labelled], predictions: &[Labelled], key: Option<JoinKey>) -> Result<Join> {
    if gold.is_empty() {
        return Err(Error::new(ErrorKind::Format, "there is no gold paragraph").mend("give gold data with paragraphs"));
    }
    let key = match key {
        Some(key) => key,
        None => choose(gold, predictions)?,
    };
    unique(gold, key, "gold paragraph")?;
    let mut places: HashMap<_, usize> = HashMap::with_capacity(predictions.len());
    for (place, prediction) in predictions.iter().enumerate() {
        let Some(own) = key.of(prediction) else { continue };
        if let Some(before) = places.insert(own, place) {
            let same = key == JoinKey::Text && predictions[before].labels == prediction.labels;
            if !same {
                return Err(twice(&predictions[before], prediction, key, "prediction"));
            }
        }
    }
    let mut used = vec![false; predictions.len()];
    let mut found = Vec::with_capacity(gold.len());
    for paragraph in gold {
        let own = key.of(paragraph).ok_or_else(|| lacks(paragraph, key))?;
        let place = *places.get(&own).ok_or_else(|| {
            Error::new(ErrorKind::Format, format!("paragraph {} has no prediction", name(paragraph, key)))
                .at(&paragraph.source)
                .on_line(paragraph.line)
                .mend("predict every gold paragraph; an empty list of labels is a prediction too")
        })?;
        same_text(paragraph, &predictions[place])?;
        used[place] = true;
        found.push(place);
    }
    let unused = used.iter().zip(predictions).filter(|(used, _)| !**used).count();
    Ok(Join { key, places: found, unused })
}

/// Whether every gold paragraph is there once, by id or else by position; paragraphs that have neither may repeat.
///
/// # Errors
/// [`ErrorKind::Format`] naming file and line of the second one.
pub fn check_unique(gold: &[Labelled]) -> Result<()> {
    let all_have = |key: &JoinKey| gold.iter().all(|paragraph| key.of(paragraph).is_some());
    [JoinKey::Id, JoinKey::Position]
        .into_iter()
        .find(all_have)
        .map_or(Ok(()), |key| unique(gold, key, "gold paragraph"))
}

fn choose(gold: &[Labelled], predictions: &[Labelled]) -> Result<JoinKey> {
    let shared = |key: &JoinKey| {
        let Some(own) =
            gold.iter().map(|paragraph| key.of(paragraph)).collect::<Option<std::collections::HashSet<_>>>()
        else {
            return false;
        };
        predictions.iter().filter_map(|prediction| key.of(prediction)).any(|key| own.contains(&key))
    };
    JoinKey::ALL.into_iter().find(shared).ok_or_else(|| {
        let error = Error::new(ErrorKind::Format, "no prediction belongs to a gold paragraph, by id, position or text")
            .mend("give both files the same `id`, or the same `doc` and `index`");
        predictions
            .first()
            .map_or_else(|| Error::new(ErrorKind::Format, "there is no prediction"), |p| error.at(&p.source))
    })
}

fn unique(gold: &[Labelled], key: JoinKey, what: &str) -> Result<()> {
    if key == JoinKey::Text {
        return Ok(());
    }
    let mut seen: HashMap<_, &Labelled> = HashMap::with_capacity(gold.len());
    for paragraph in gold {
        let own = key.of(paragraph).ok_or_else(|| lacks(paragraph, key))?;
        if let Some(before) = seen.insert(own, paragraph) {
            return Err(twice(before, paragraph, key, what));
        }
    }
    Ok(())
}

fn name(paragraph: &Labelled, key: JoinKey) -> String {
    match key {
        JoinKey::Id => format!("`{}`", paragraph.id.as_deref().unwrap_or_default()),
        JoinKey::Position => {
            format!("{} of `{}`", paragraph.index.unwrap_or_default(), paragraph.doc.as_deref().unwrap_or_default())
        }
        JoinKey::Text => format!("`{}`", shorten(paragraph.text.as_deref().unwrap_or_default())),
    }
}

fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn lacks(paragraph: &Labelled, key: JoinKey) -> Error {
    let parts = match key {
        JoinKey::Id => "an `id`",
        JoinKey::Position => "`doc` and `index`",
        JoinKey::Text => "a `text`",
    };
    Error::new(ErrorKind::Format, format!("the paragraph lacks {parts}"))
        .at(&paragraph.source)
        .on_line(paragraph.line)
        .mend("give it one, or match by something else with --match")
}

fn twice(before: &Labelled, again: &Labelled, key: JoinKey, what: &str) -> Error {
    Error::new(
        ErrorKind::Format,
        format!("{what} {} stands already in {}:{}", name(again, key), before.source.display(), before.line),
    )
    .at(&again.source)
    .on_line(again.line)
    .mend("give every paragraph its own key; of several annotators choose one with --annotator")
}

/// Texts are compared without regard to white space.
fn same_text(gold: &Labelled, prediction: &Labelled) -> Result<()> {
    let (Some(ours), Some(theirs)) = (&gold.text, &prediction.text) else { return Ok(()) };
    if ours == theirs || ours.split_whitespace().eq(theirs.split_whitespace()) {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Format,
        format!(
            "the prediction is for the text `{}`, but the gold paragraph in {}:{} reads `{}`",
            shorten(theirs),
            gold.source.display(),
            gold.line,
            shorten(ours)
        ),
    )
    .at(&prediction.source)
    .on_line(prediction.line)
    .mend("predict the gold paragraphs themselves, not another cut of the page"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use klausul_core::Taxonomy;

    use super::super::{Annotated, Mapping};
    use super::*;

    /// Paragraphs from `id text`, with `-` for no id or text.
    fn file(name: &str, rows: &[(&str, &str)]) -> Vec<Labelled> {
        let given = |text: &str| (text != "-").then(|| text.to_owned());
        let mapping = Mapping::identity(Taxonomy::builtin());
        let of = |(place, &(id, text)): (usize, &(&str, &str))| {
            let mut row = Annotated::new(Path::new(name).into(), place as u64 + 1, given(text));
            (row.id, row.doc, row.index) = (given(id), Some("d".into()), Some(place));
            mapping.apply(row).unwrap()
        };
        rows.iter().enumerate().map(of).collect()
    }

    #[test]
    fn paragraphs_find_their_predictions() {
        let gold = file("g", &[("a", "A"), ("b", "B")]);
        let found = join(&gold, &file("p", &[("b", "B"), ("c", "C"), ("a", " A\n")]), None).unwrap();
        assert_eq!(found, Join { key: JoinKey::Id, places: vec![2, 0], unused: 1 });
        let found = join(&gold, &file("p", &[("-", "A"), ("-", "B")]), None).unwrap();
        assert_eq!((found.key, found.places), (JoinKey::Position, vec![0, 1]));
        let found = join(&gold, &file("p", &[("-", "B"), ("-", "A")]), Some(JoinKey::Text)).unwrap();
        assert_eq!(found.places, [1, 0]);
    }

    #[test]
    fn what_does_not_fit_names_both_places() {
        let gold = file("g", &[("a", "A"), ("b", "B")]);
        for (predictions, expected) in [
            (file("p", &[("a", "A")]), "g:2: paragraph `b` has no prediction; predict every"),
            (file("p", &[("a", "A"), ("a", "A"), ("b", "B")]), "p:2: prediction `a` stands already in p:1; give every"),
            (
                file("p", &[("a", "-"), ("b", "X")]),
                "p:2: the prediction is for the text `X`, but the gold paragraph in g:2 reads",
            ),
            (file("p", &[]), "there is no prediction"),
        ] {
            let error = join(&gold, &predictions, None).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
        assert!(join(&[], &gold, None).unwrap_err().to_string().starts_with("there is no gold paragraph"));
        let twice = file("g", &[("a", "A"), ("a", "B")]);
        let error = join(&twice, &gold, None).unwrap_err().to_string();
        assert!(error.starts_with("g:2: gold paragraph `a` stands already in g:1"), "{error}");
    }
}
