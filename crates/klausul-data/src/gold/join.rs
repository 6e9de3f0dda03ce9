//! Which prediction belongs to which gold paragraph.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

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

/// Finds for predictions, as they are read one by one, the gold paragraphs that they belong to.
///
/// Paragraphs that are matched by text may have the same text: the first prediction of a text then belongs to the first such
/// paragraph, the second to the second, and paragraphs that are left over share the last one.
#[derive(Debug)]
pub struct Join<'a> {
    gold: &'a [Labelled],
    key: JoinKey,
    /// Where the rows of a key stand in `rows`.
    places: HashMap<Key<'a>, u32>,
    rows: Vec<Rows>,
    /// The place of each gold paragraph's prediction.
    found: Vec<Option<(Arc<Path>, u64)>>,
    unused: usize,
}

/// What is left when every prediction has its paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Paragraphs that share a prediction, each with the paragraph whose prediction it takes.
    pub shared: Vec<(usize, usize)>,
    /// How many predictions belong to no gold paragraph.
    pub unused: usize,
}

/// Document, position and text or id, as far as the key has them.
type Key<'a> = (&'a str, usize, &'a str);

/// The gold paragraphs of a key, and how many of them have a prediction.
#[derive(Debug, Default)]
struct Rows {
    all: Vec<u32>,
    done: usize,
}

impl<'a> Join<'a> {
    /// Prepares the gold paragraphs. Without a key the surest is taken that all of them have and that one of these `first`
    /// predictions shares.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming file and line when there is no gold, when a gold paragraph lacks the key, when two have the same,
    /// and when no prediction belongs to any.
    pub fn new(gold: &'a [Labelled], first: &[Labelled], key: Option<JoinKey>) -> Result<Self> {
        if gold.is_empty() {
            let error = Error::new(ErrorKind::Format, "there is no gold paragraph");
            return Err(error.mend("give gold data with paragraphs"));
        }
        let with = |key: JoinKey| -> Result<Self> {
            let found = vec![None; gold.len()];
            let (places, rows) = rows(gold, key)?;
            Ok(Self { gold, key, places, rows, found, unused: 0 })
        };
        if let Some(key) = key {
            return with(key);
        }
        let all_have = |key: &JoinKey| gold.iter().all(|paragraph| key.of(paragraph).is_some());
        for key in JoinKey::ALL.into_iter().filter(all_have) {
            let join = with(key)?;
            if first.iter().filter_map(|prediction| key.of(prediction)).any(|own| join.places.contains_key(&own)) {
                return Ok(join);
            }
        }
        Err(match first.first() {
            Some(prediction) => {
                Error::new(ErrorKind::Format, "no prediction belongs to a gold paragraph, by id, position or text")
                    .at(&prediction.source)
                    .mend("give both files the same `id`, or the same `doc` and `index`")
            }
            None => Error::new(ErrorKind::Format, "there is no prediction").mend("predict every gold paragraph"),
        })
    }

    /// By what paragraphs are matched.
    pub fn key(&self) -> JoinKey {
        self.key
    }

    /// The gold paragraph of a prediction; `None` when it belongs to none.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming file and line when the paragraph has a prediction already, and when the prediction's text is another
    /// one than the paragraph's.
    pub fn place(&mut self, prediction: &Labelled) -> Result<Option<usize>> {
        let place = self.key.of(prediction).and_then(|key| self.places.get(&key));
        let Some(&place) = place else {
            self.unused += 1;
            return Ok(None);
        };
        let rows = &mut self.rows[place as usize];
        let Some(&row) = rows.all.get(rows.done) else {
            if self.key == JoinKey::Text {
                self.unused += 1;
                return Ok(None);
            }
            let before = rows.all.first().and_then(|&row| self.found[row as usize].as_ref());
            let before = before.map(|(source, line)| (source.as_ref(), *line));
            return Err(twice(
                before.unwrap_or((&prediction.source, prediction.line)),
                prediction,
                self.key,
                "prediction",
            ));
        };
        rows.done += 1;
        let row = row as usize;
        same_text(&self.gold[row], prediction)?;
        self.found[row] = Some((Arc::clone(&prediction.source), prediction.line));
        Ok(Some(row))
    }

    /// Checks that every gold paragraph has its prediction.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming file and line of the first gold paragraph without a prediction.
    pub fn finish(self) -> Result<Joined> {
        let mut shared = Vec::new();
        for (row, paragraph) in self.gold.iter().enumerate() {
            if self.found[row].is_some() {
                continue;
            }
            let place = self.key.of(paragraph).and_then(|key| self.places.get(&key));
            let rows = place.map(|&place| &self.rows[place as usize]);
            let last = rows.and_then(|rows| rows.all.get(rows.done.checked_sub(1)?)).ok_or_else(|| {
                let message = format!("paragraph {} has no prediction", name(paragraph, self.key));
                Error::new(ErrorKind::Format, message)
                    .at(&paragraph.source)
                    .on_line(paragraph.line)
                    .mend("predict every gold paragraph; an empty list of labels is a prediction too")
            })?;
            shared.push((row, *last as usize));
        }
        Ok(Joined { shared, unused: self.unused })
    }
}

/// Whether every gold paragraph is there once, by id or else by position; paragraphs that have neither may repeat.
///
/// # Errors
/// [`ErrorKind::Format`] naming file and line of the second one.
pub fn check_unique(gold: &[Labelled]) -> Result<()> {
    let all_have = |key: &JoinKey| gold.iter().all(|paragraph| key.of(paragraph).is_some());
    let key = [JoinKey::Id, JoinKey::Position].into_iter().find(all_have);
    key.map_or(Ok(()), |key| rows(gold, key).map(|_| ()))
}

/// The gold paragraphs by their key.
fn rows(gold: &[Labelled], key: JoinKey) -> Result<(HashMap<Key<'_>, u32>, Vec<Rows>)> {
    let mut places: HashMap<Key<'_>, u32> = HashMap::with_capacity(gold.len());
    let mut rows: Vec<Rows> = Vec::with_capacity(gold.len());
    for (row, paragraph) in gold.iter().enumerate() {
        let own = key.of(paragraph).ok_or_else(|| lacks(paragraph, key))?;
        let place = *places.entry(own).or_insert(rows.len() as u32) as usize;
        if place == rows.len() {
            rows.push(Rows::default());
        }
        let same = &mut rows[place];
        if let Some(&before) = same.all.first()
            && key != JoinKey::Text
        {
            let before = &gold[before as usize];
            return Err(twice((&before.source, before.line), paragraph, key, "gold paragraph"));
        }
        same.all.push(row as u32);
    }
    Ok((places, rows))
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

fn twice((source, line): (&Path, u64), again: &Labelled, key: JoinKey, what: &str) -> Error {
    Error::new(ErrorKind::Format, format!("{what} {} stands already in {}:{line}", name(again, key), source.display()))
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

    /// The gold row of each prediction, what is shared, and how many are unused.
    fn join(
        gold: &[Labelled],
        predictions: &[Labelled],
        key: Option<JoinKey>,
    ) -> Result<(JoinKey, Vec<Option<usize>>, Joined)> {
        let mut join = Join::new(gold, predictions, key)?;
        let places = predictions.iter().map(|prediction| join.place(prediction)).collect::<Result<_>>()?;
        Ok((join.key(), places, join.finish()?))
    }

    #[test]
    fn predictions_find_their_paragraphs() {
        let gold = file("g", &[("a", "A"), ("b", "B")]);
        let found = join(&gold, &file("p", &[("b", "B"), ("c", "C"), ("a", " A\n")]), None).unwrap();
        assert_eq!(found, (JoinKey::Id, vec![Some(1), None, Some(0)], Joined { shared: vec![], unused: 1 }));
        let found = join(&gold, &file("p", &[("-", "A"), ("-", "B")]), None).unwrap();
        assert_eq!((found.0, found.1), (JoinKey::Position, vec![Some(0), Some(1)]));
        let found = join(&gold, &file("p", &[("-", "B"), ("-", "A")]), Some(JoinKey::Text)).unwrap();
        assert_eq!(found.1, [Some(1), Some(0)]);
        let same = file("g", &[("a", "A"), ("b", "A"), ("c", "A")]);
        let found = join(&same, &file("p", &[("-", "A"), ("-", "A")]), Some(JoinKey::Text)).unwrap();
        assert_eq!((found.1, found.2), (vec![Some(0), Some(1)], Joined { shared: vec![(2, 1)], unused: 0 }));
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
