//! Annotated paragraphs, from files or made in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Paragraph, Result, Taxonomy};
use klausul_data::gold::{self, GoldFormat, Labelled, Mapping};

/// Annotated paragraphs and how their labels were mapped to categories.
#[derive(Debug, Clone)]
pub struct Gold {
    /// In the order of the files.
    pub paragraphs: Vec<Labelled>,
    /// Indices of the categories that were looked for, where a paragraph does not say it itself.
    pub scope: Vec<usize>,
    /// The mapping, where it is not the taxonomy itself.
    pub mapping: Option<String>,
}

/// How annotated data are read.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct GoldOptions {
    format: Option<GoldFormat>,
    mapping: Option<String>,
    scope: Option<Vec<String>>,
    annotator: Option<String>,
    slim: bool,
}

impl GoldOptions {
    /// The format and the mapping that the data suggest, and everybody's labels.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the format, in place of the one that the content suggests.
    pub fn format(mut self, format: GoldFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets the mapping of labels to categories: the name of one that ships, or a TOML file.
    pub fn mapping(mut self, name_or_file: impl Into<String>) -> Self {
        self.mapping = Some(name_or_file.into());
        self
    }

    /// Sets the ids of the categories that were looked for, in place of those of the mapping.
    pub fn scope(mut self, ids: Vec<String>) -> Self {
        self.scope = Some(ids);
        self
    }

    /// Takes only the paragraphs of one annotator.
    pub fn annotator(mut self, name: impl Into<String>) -> Self {
        self.annotator = Some(name.into());
        self
    }

    /// Drops scores and foreign fields, which would fill the memory for a million rows.
    pub fn slim(mut self) -> Self {
        self.slim = true;
        self
    }

    /// The format of a file and the mapping of its labels: the one that is named, else the one that ships for the format.
    ///
    /// # Errors
    /// Those of [`GoldFormat::of_path`], [`Mapping::builtin`] and [`Mapping::from_toml`]; [`ErrorKind::Io`] when the mapping cannot be read.
    pub fn reading(&self, path: &Path, taxonomy: &Taxonomy) -> Result<(GoldFormat, Mapping)> {
        let format = match self.format {
            Some(format) => format,
            None => GoldFormat::of_path(path)?,
        };
        Ok((format, mapping(format, self.mapping.as_deref(), taxonomy)?))
    }
}

fn mapping(format: GoldFormat, named: Option<&str>, taxonomy: &Taxonomy) -> Result<Mapping> {
    match named {
        Some(name) if Mapping::builtin_names().any(|own| own == name) => Mapping::builtin(name, taxonomy),
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                let own: Vec<_> = Mapping::builtin_names().collect();
                Error::from(error).at(file).mend(format!("name a mapping file, or one of {}", own.join(", ")))
            })?;
            Mapping::from_toml(&text, taxonomy).map_err(|error| error.at(file))
        }
        // What ships maps to the built-in categories; another taxonomy has the labels of its own data.
        None if taxonomy == Taxonomy::builtin() && Mapping::builtin_names().any(|own| own == format.as_str()) => {
            Mapping::builtin(format.as_str(), taxonomy)
        }
        None => Ok(Mapping::identity(taxonomy)),
    }
}

impl Gold {
    /// None yet, annotated for all categories of a taxonomy.
    pub fn new(taxonomy: &Taxonomy) -> Self {
        Self { paragraphs: Vec::new(), scope: (0..taxonomy.len()).collect(), mapping: None }
    }

    /// Adds a paragraph with the indices of its categories; those of one document share its name.
    pub fn push(&mut self, document: Option<&str>, paragraph: Paragraph, mut labels: Vec<usize>) {
        labels.sort_unstable();
        labels.dedup();
        self.paragraphs.push(Labelled {
            doc: document.map(str::to_owned),
            id: (!paragraph.id.is_empty()).then_some(paragraph.id),
            index: None,
            language: (!paragraph.language.is_unknown()).then_some(paragraph.language),
            kind: paragraph.kind,
            context: paragraph.context,
            text: Some(paragraph.text),
            labels,
            scope: None,
            scores: Vec::new(),
            annotator: None,
            source: Arc::from(Path::new("memory")),
            line: self.paragraphs.len() as u64 + 1,
            extra: serde_json::Map::new(),
        });
    }

    /// Reads files and folders of annotated data; `warn` hears what was repaired or left out.
    ///
    /// # Errors
    /// Those of [`GoldOptions::reading`], [`gold::read`] and [`Mapping::apply`]; [`ErrorKind::Format`] when a path has no annotated paragraph.
    pub fn read(
        paths: &[PathBuf],
        options: &GoldOptions,
        taxonomy: &Taxonomy,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        Self::read_by(paths, options, |path| options.reading(path, taxonomy), warn)
    }

    /// The same with a format and a mapping of the caller's for each path.
    ///
    /// # Errors
    /// As [`read`](Self::read), and those of `reading`.
    pub fn read_by(
        paths: &[PathBuf],
        options: &GoldOptions,
        reading: impl Fn(&Path) -> Result<(GoldFormat, Mapping)>,
        warn: &mut dyn FnMut(&str),
    ) -> Result<Self> {
        let mut all = Self { paragraphs: Vec::new(), scope: Vec::new(), mapping: None };
        for path in paths {
            let (format, mapping) = reading(path)?;
            let mapping = match &options.scope {
                Some(ids) => mapping.with_scope(ids)?,
                None => mapping,
            };
            let before = all.paragraphs.len();
            for annotated in gold::read(path, Some(format), &mut |warning| warn(&warning))? {
                let annotated = annotated?;
                if options.annotator.is_some() && options.annotator != annotated.annotator {
                    continue;
                }
                let mut labelled = mapping.apply(annotated)?;
                if labelled.scope.is_none() && paths.len() > 1 {
                    labelled.scope = Some(mapping.scope().to_vec());
                }
                if options.slim {
                    (labelled.extra, labelled.scores) = (serde_json::Map::new(), Vec::new());
                }
                all.paragraphs.push(labelled);
            }
            if all.paragraphs.len() == before {
                let whose = options.annotator.as_ref().map(|name| format!(" by `{name}`")).unwrap_or_default();
                let error = Error::new(ErrorKind::Format, format!("there is no annotated paragraph{whose}")).at(path);
                return Err(error.mend("give gold data with paragraphs"));
            }
            all.scope.extend_from_slice(mapping.scope());
            if !mapping.is_identity() {
                all.mapping = Some(mapping.name().to_owned());
            }
        }
        all.scope.sort_unstable();
        all.scope.dedup();
        Ok(all)
    }
}
