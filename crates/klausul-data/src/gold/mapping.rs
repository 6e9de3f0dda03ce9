//! From the labels of a source to the categories of a taxonomy.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Kind, Language, Result, Taxonomy};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Annotated;

/// A paragraph with labels that are categories of a taxonomy.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// The document that it belongs to; `None` where paragraphs stand alone.
    pub doc: Option<String>,
    /// Its own id.
    pub id: Option<String>,
    /// Position in the document, from 0.
    pub index: Option<usize>,
    /// The language that the source declares.
    pub language: Option<Language>,
    /// What it is on the page.
    pub kind: Kind,
    /// The headings above it, outermost first.
    pub context: Vec<String>,
    /// The text as it was found; `None` in predictions that leave it out.
    pub text: Option<String>,
    /// Indices of its categories, ascending.
    pub labels: Vec<usize>,
    /// Indices of the categories that were looked for in it, ascending; `None`: those of [`Mapping::scope`].
    pub scope: Option<Vec<usize>>,
    /// One score a category in taxonomy order, NaN where the source has none for it; empty where it has none at all.
    pub scores: Vec<f32>,
    /// Who annotated it.
    pub annotator: Option<String>,
    /// The file that it was read from.
    pub source: Arc<Path>,
    /// The line or record of that file, from 1.
    pub line: u64,
    /// Other fields of the source.
    pub extra: Map<String, Value>,
}

impl Labelled {
    /// Its id, or what stands for it: its place in the document, else in the file.
    pub fn id_or_place(&self) -> String {
        match (&self.id, &self.doc, self.index) {
            (Some(id), _, _) => id.clone(),
            (None, Some(doc), Some(index)) => format!("{doc}#{index}"),
            _ => format!("{}:{}", self.source.display(), self.line),
        }
    }
}

impl Labelled {
    /// The same paragraph with the ids of its categories as labels.
    pub fn annotated(&self, taxonomy: &Taxonomy) -> Annotated {
        let id = |&index: &usize| taxonomy.categories()[index].id.clone();
        let scores = taxonomy.categories().iter().zip(&self.scores).filter(|(_, score)| !score.is_nan());
        Annotated {
            doc: self.doc.clone(),
            id: self.id.clone(),
            index: self.index,
            language: self.language,
            kind: Some(self.kind),
            context: self.context.clone(),
            text: self.text.clone(),
            labels: self.labels.iter().map(id).collect(),
            scope: self.scope.as_ref().map(|scope| scope.iter().map(id).collect()),
            scores: scores.map(|(category, &score)| (category.id.clone(), f64::from(score))).collect(),
            annotator: self.annotator.clone(),
            source: Arc::clone(&self.source),
            line: self.line,
            extra: self.extra.clone(),
        }
    }
}

/// Turns the labels of a source into the categories of a taxonomy.
///
/// A mapping file is TOML:
///
/// ```toml
/// name = "Our annotation scheme"
/// scope = ["recipients", "retention_period"]  # what was annotated; default: every category that a label maps to
/// unknown = "error"                           # or "ignore": labels that stand nowhere below
///
/// [labels]
/// "Sharing" = "recipients"
/// "Sharing / abroad" = ["recipients", "third_country_transfer"]
/// "Storage*" = "retention_period"             # a prefix; the longest one wins
/// "Other" = []
/// ```
///
/// Ids and names of the taxonomy's own categories need no entry.
#[derive(Debug, Clone)]
pub struct Mapping {
    name: String,
    scope: Vec<usize>,
    ignore_unknown: bool,
    exact: HashMap<String, Vec<usize>>,
    /// Longest first.
    prefixes: Vec<(String, Vec<usize>)>,
    taxonomy: Taxonomy,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    scope: Option<Vec<String>>,
    #[serde(default)]
    unknown: Unknown,
    labels: BTreeMap<String, Targets>,
}

#[derive(Deserialize, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Unknown {
    #[default]
    Error,
    Ignore,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Targets {
    One(String),
    Many(Vec<String>),
}

/// The mappings that ship with klausul, by name.
const BUILTIN: &[(&str, &str)] = &[
    ("t200", include_str!("../../../../data/mappings/t200.toml")),
    ("mapp", include_str!("../../../../data/mappings/mapp.toml")),
    ("opp115", include_str!("../../../../data/mappings/opp115.toml")),
    ("tilt", include_str!("../../../../data/mappings/tilt.toml")),
    ("goppc", include_str!("../../../../data/mappings/goppc.toml")),
];

impl Mapping {
    /// Labels are already the taxonomy's ids or names, and all categories were looked for.
    pub fn identity(taxonomy: &Taxonomy) -> Self {
        let mut exact = HashMap::new();
        for (index, category) in taxonomy.categories().iter().enumerate() {
            exact.insert(category.name.clone(), vec![index]);
            exact.insert(category.id.clone(), vec![index]);
        }
        Self {
            name: taxonomy.name().to_owned(),
            scope: (0..taxonomy.len()).collect(),
            ignore_unknown: false,
            exact,
            prefixes: Vec::new(),
            taxonomy: taxonomy.clone(),
        }
    }

    /// Reads a mapping file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] with the line when it is not TOML or has unknown keys, and with the id when a target is no category.
    pub fn from_toml(text: &str, taxonomy: &Taxonomy) -> Result<Self> {
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count() as u64);
            Error::new(ErrorKind::Config, error.message().to_owned()).on_line(line)
        })?;
        let index = |id: &String| {
            taxonomy.index_of(id).ok_or_else(|| {
                let line = text.lines().position(|line| line.contains(&format!("\"{id}\""))).unwrap_or(0);
                Error::new(ErrorKind::Config, format!("`{id}` is no category of {}", taxonomy.name()))
                    .on_line(line as u64 + 1)
                    .mend("`klausul taxonomy` lists them")
            })
        };
        let mut mapping = Self::identity(taxonomy);
        // A file without labels maps the taxonomy's own, all of them.
        let mut targets_of_all = if file.labels.is_empty() { mapping.scope.clone() } else { Vec::new() };
        for (label, targets) in file.labels {
            let ids = match targets {
                Targets::One(id) => vec![id],
                Targets::Many(ids) => ids,
            };
            let mut targets = ids.iter().map(index).collect::<Result<Vec<_>>>()?;
            targets.sort_unstable();
            targets_of_all.extend_from_slice(&targets);
            match label.strip_suffix('*') {
                Some(prefix) => mapping.prefixes.push((prefix.to_owned(), targets)),
                None => _ = mapping.exact.insert(label, targets),
            }
        }
        mapping.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        mapping.scope = match file.scope {
            Some(ids) => ids.iter().map(index).collect::<Result<_>>()?,
            None => targets_of_all,
        };
        mapping.scope.sort_unstable();
        mapping.scope.dedup();
        mapping.name = file.name;
        mapping.ignore_unknown = file.unknown == Unknown::Ignore;
        Ok(mapping)
    }

    /// One of the mappings that ship with klausul.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when there is none of that name; [`ErrorKind::Config`] when the taxonomy lacks one of its targets.
    pub fn builtin(name: &str, taxonomy: &Taxonomy) -> Result<Self> {
        let (_, text) = BUILTIN.iter().find(|(own, _)| *own == name).ok_or_else(|| {
            let names: Vec<_> = Self::builtin_names().collect();
            Error::new(ErrorKind::Usage, format!("there is no mapping `{name}`"))
                .mend(format!("name a mapping file, or one of {}", names.join(", ")))
        })?;
        Self::from_toml(text, taxonomy).map_err(|error| error.at(format!("{name}.toml")))
    }

    /// The names of the mappings that ship with klausul.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        BUILTIN.iter().map(|(name, _)| *name)
    }

    /// What it maps from.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it maps from the taxonomy itself.
    pub fn is_identity(&self) -> bool {
        self.name == self.taxonomy.name()
    }

    /// Indices of the categories that were looked for, where a paragraph does not say it itself; ascending.
    pub fn scope(&self) -> &[usize] {
        &self.scope
    }

    /// The same mapping for a source that looked for these categories only.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] when an id is no category of the taxonomy.
    pub fn with_scope(mut self, ids: &[String]) -> Result<Self> {
        self.scope = ids
            .iter()
            .map(|id| {
                self.taxonomy.index_of(id).ok_or_else(|| {
                    Error::new(ErrorKind::Usage, format!("`{id}` is no category of {}", self.taxonomy.name()))
                        .mend("`klausul taxonomy` lists them")
                })
            })
            .collect::<Result<_>>()?;
        self.scope.sort_unstable();
        self.scope.dedup();
        Ok(self)
    }

    /// The same mapping, to which labels that it does not know are no labels.
    #[must_use]
    pub fn with_unknown_ignored(mut self) -> Self {
        self.ignore_unknown = true;
        self
    }

    /// The categories of a label; `None` when the mapping does not know it.
    fn categories(&self, label: &str) -> Option<&[usize]> {
        let by_prefix = || self.prefixes.iter().find(|(prefix, _)| label.starts_with(prefix.as_str()));
        match self.exact.get(label) {
            Some(categories) => Some(categories),
            None => by_prefix().map(|(_, categories)| categories.as_slice()).or(self.ignore_unknown.then_some(&[])),
        }
    }

    fn all(&self, labels: &[String]) -> Result<Vec<usize>> {
        let mut all = Vec::with_capacity(labels.len());
        for label in labels {
            let categories = self.categories(label).ok_or_else(|| {
                Error::new(ErrorKind::Format, format!("label `{label}` is unknown to {}", self.name))
                    .mend("map it in a mapping file (--mapping), or set `unknown = \"ignore\"` there")
            })?;
            all.extend_from_slice(categories);
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// Maps labels, scope and scores of a paragraph. A category with several labels takes their highest score.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] naming file and line when a label is unknown.
    pub fn apply(&self, annotated: Annotated) -> Result<Labelled> {
        let place = |error: Error| error.at(&annotated.source).on_line(annotated.line);
        let labels = self.all(&annotated.labels).map_err(place)?;
        let mut scope = annotated.scope.as_deref().map(|scope| self.all(scope)).transpose().map_err(place)?;
        if let Some(scope) = &mut scope {
            // A label that was given was looked for.
            scope.extend_from_slice(&labels);
            scope.sort_unstable();
            scope.dedup();
        }
        let mut scores = Vec::new();
        if !annotated.scores.is_empty() {
            scores = vec![f32::NAN; self.taxonomy.len()];
            for (label, score) in &annotated.scores {
                // A score for something else than the taxonomy's categories harms nobody.
                for &category in self.categories(label).unwrap_or_default() {
                    scores[category] = scores[category].max(*score as f32);
                }
            }
        }
        Ok(Labelled {
            doc: annotated.doc,
            id: annotated.id,
            index: annotated.index,
            language: annotated.language,
            kind: annotated.kind.unwrap_or(Kind::Text),
            context: annotated.context,
            text: annotated.text,
            labels,
            scope,
            scores,
            annotator: annotated.annotator,
            source: annotated.source,
            line: annotated.line,
            extra: annotated.extra,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn annotated(labels: &[&str]) -> Annotated {
        let mut annotated = Annotated::new(Path::new("g.jsonl").into(), 7, "t".to_owned());
        annotated.labels = labels.iter().map(|&label| label.to_owned()).collect();
        annotated
    }

    #[test]
    fn foreign_labels_become_categories() {
        let taxonomy = Taxonomy::builtin();
        let index = |id| taxonomy.index_of(id).unwrap();
        let mapping = Mapping::from_toml(
            "name = \"ours\"\n[labels]\n\"Sharing*\" = \"recipients\"\n\
             \"Sharing / abroad*\" = [\"third_country_transfer\", \"recipients\"]\n\"Other\" = []\n",
            taxonomy,
        )
        .unwrap();
        assert_eq!(mapping.scope(), [index("recipients"), index("third_country_transfer")]);
        let mut given = annotated(&["Sharing / abroad / USA", "Other", "Storage period"]);
        given.scores = vec![("Sharing a".into(), 0.25), ("Sharing b".into(), 0.5), ("whatever".into(), 1.0)];
        let labelled = mapping.apply(given).unwrap();
        let all = [index("retention_period"), index("recipients"), index("third_country_transfer")];
        assert_eq!(labelled.labels, all);
        assert!((labelled.scores[index("recipients")] - 0.5).abs() < 1e-9 && labelled.scores[0].is_nan());
        let ignoring = mapping.clone().with_unknown_ignored();
        assert_eq!(ignoring.apply(annotated(&["Else", "Sharing"])).unwrap().labels, [index("recipients")]);
        let error = mapping.apply(annotated(&["Else"])).unwrap_err().to_string();
        assert!(error.starts_with("g.jsonl:7: label `Else` is unknown to ours; map it"), "{error}");
    }

    #[test]
    fn bad_mappings_name_the_line() {
        let error = Mapping::from_toml("name = \"x\"\n[labels]\n\"A\" = \"nope\"\n", Taxonomy::builtin()).unwrap_err();
        assert_eq!(
            (error.line(), error.to_string()),
            (Some(3), "line 3: `nope` is no category of gdpr-27; `klausul taxonomy` lists them".into())
        );
        assert!(Mapping::from_toml("name = \"x\"\ncolour = 1\n[labels]\n", Taxonomy::builtin()).is_err());
        assert!(Mapping::builtin("nope", Taxonomy::builtin()).is_err());
    }

    #[test]
    fn the_mappings_that_ship_are_valid() {
        for name in Mapping::builtin_names() {
            let mapping = Mapping::builtin(name, Taxonomy::builtin()).unwrap();
            assert!(!mapping.scope().is_empty(), "{name}");
        }
    }
}
