//! Gold data as the arguments name them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use klausul_core::{Error, ErrorKind, Kind, Language, Paragraph, Taxonomy};
use klausul_data::document::{RowText, row_languages};
use klausul_data::gold::{self, GoldFormat, Labelled, Mapping};
use klausul_eval::duplicates::{ClusterOptions, clusters};
use klausul_eval::split::{Member, Part, SplitOptions, split};

use crate::args::GoldArgs;

/// Annotated paragraphs and how their labels were mapped.
pub(crate) struct Gold {
    pub(crate) paragraphs: Vec<Labelled>,
    /// Indices of the categories that were looked for, where a paragraph does not say it itself.
    pub(crate) scope: Vec<usize>,
    /// The mapping, where it is not the taxonomy itself.
    pub(crate) mapping: Option<String>,
}

/// Reads annotated data; notes go to standard error unless `quiet`.
pub(crate) fn read(paths: &[PathBuf], args: &GoldArgs, taxonomy: &Taxonomy, quiet: bool) -> Result<Gold> {
    read_each(paths, args, |path| mapping(path, args.gold_format, args.mapping.as_deref(), taxonomy), quiet, |_| ())
}

/// Reads annotated data without the fields that only `convert` hands on: of a million rows they would fill the memory.
pub(crate) fn read_slim(paths: &[PathBuf], args: &GoldArgs, taxonomy: &Taxonomy, quiet: bool) -> Result<Gold> {
    read_slim_by(paths, args, |path| mapping(path, args.gold_format, args.mapping.as_deref(), taxonomy), quiet)
}

/// The same with a mapping of the caller's for each path.
pub(crate) fn read_slim_by(
    paths: &[PathBuf],
    args: &GoldArgs,
    mapping: impl Fn(&Path) -> Result<(GoldFormat, Mapping)>,
    quiet: bool,
) -> Result<Gold> {
    read_each(paths, args, mapping, quiet, |paragraph| {
        paragraph.extra = serde_json::Map::new();
        paragraph.scores = Vec::new();
    })
}

fn read_each(
    paths: &[PathBuf],
    args: &GoldArgs,
    mapping: impl Fn(&Path) -> Result<(GoldFormat, Mapping)>,
    quiet: bool,
    slim: impl Fn(&mut Labelled),
) -> Result<Gold> {
    let mut gold = Gold { paragraphs: Vec::new(), scope: Vec::new(), mapping: None };
    for path in paths {
        let (format, mapping) = mapping(path)?;
        let mapping = match &args.scope {
            Some(ids) => mapping.with_scope(ids)?,
            None => mapping,
        };
        let before = gold.paragraphs.len();
        for annotated in gold::read(path, Some(format), &mut |warning| note(quiet, &warning))? {
            let annotated = annotated?;
            if args.annotator.is_none() || args.annotator == annotated.annotator {
                let mut labelled = mapping.apply(annotated)?;
                if labelled.scope.is_none() && paths.len() > 1 {
                    labelled.scope = Some(mapping.scope().to_vec());
                }
                slim(&mut labelled);
                gold.paragraphs.push(labelled);
            }
        }
        if gold.paragraphs.len() == before {
            let whose = args.annotator.as_ref().map(|name| format!(" by `{name}`")).unwrap_or_default();
            let error = Error::new(ErrorKind::Format, format!("there is no annotated paragraph{whose}")).at(path);
            return Err(error.mend("give gold data with paragraphs").into());
        }
        gold.scope.extend_from_slice(mapping.scope());
        if !mapping.is_identity() {
            gold.mapping = Some(mapping.name().to_owned());
        }
    }
    gold.scope.sort_unstable();
    gold.scope.dedup();
    Ok(gold)
}

/// The format of a file, and the mapping of its labels: the one that is named, else the one that ships for the format.
pub(crate) fn mapping(
    path: &Path,
    format: Option<GoldFormat>,
    named: Option<&str>,
    taxonomy: &Taxonomy,
) -> Result<(GoldFormat, Mapping)> {
    let format = match format {
        Some(format) => format,
        None => GoldFormat::of_path(path)?,
    };
    let mapping = match named {
        Some(name) if Mapping::builtin_names().any(|own| own == name) => Mapping::builtin(name, taxonomy)?,
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| {
                let own: Vec<_> = Mapping::builtin_names().collect();
                Error::from(error).at(file).mend(format!("name a mapping file, or one of {}", own.join(", ")))
            })?;
            Mapping::from_toml(&text, taxonomy).map_err(|error| error.at(file))?
        }
        // What ships maps to the built-in categories; another taxonomy has the labels of its own data.
        None if taxonomy == Taxonomy::builtin() && Mapping::builtin_names().any(|own| own == format.as_str()) => {
            Mapping::builtin(format.as_str(), taxonomy)?
        }
        None => Mapping::identity(taxonomy),
    };
    Ok((format, mapping))
}

/// A remark on standard error.
pub(crate) fn note(quiet: bool, text: &str) {
    if !quiet {
        // A terminal that is gone needs no remark.
        let _ = writeln!(std::io::stderr(), "klausul: {text}");
    }
}

/// Documents in order of first appearance; paragraphs without one are documents of their own.
pub(crate) struct Documents {
    /// The number of each paragraph's document.
    pub(crate) of: Vec<u32>,
    /// Their ids.
    pub(crate) ids: Vec<String>,
    /// Whether each is a document with a name.
    pub(crate) named: Vec<bool>,
}

impl Documents {
    pub(crate) fn new(paragraphs: &[Labelled]) -> Self {
        let mut numbers = std::collections::HashMap::new();
        let (mut of, mut ids, mut named) = (Vec::with_capacity(paragraphs.len()), Vec::new(), Vec::new());
        for paragraph in paragraphs {
            let number = match &paragraph.doc {
                Some(doc) => *numbers.entry(doc.as_str()).or_insert(ids.len() as u32),
                None => ids.len() as u32,
            };
            if number as usize == ids.len() {
                ids.push(paragraph.doc.clone().unwrap_or_else(|| id(paragraph)));
                named.push(paragraph.doc.is_some());
            }
            of.push(number);
        }
        Self { of, ids, named }
    }

    /// The paragraphs of each document.
    pub(crate) fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new(); self.ids.len()];
        for (row, &document) in self.of.iter().enumerate() {
            rows[document as usize].push(row);
        }
        rows
    }

    /// The texts of each document.
    pub(crate) fn texts<'a>(&self, paragraphs: &'a [Labelled]) -> Vec<Vec<&'a str>> {
        let mut texts = vec![Vec::new(); self.ids.len()];
        for (paragraph, &document) in paragraphs.iter().zip(&self.of) {
            texts[document as usize].push(paragraph.text.as_deref().unwrap_or_default());
        }
        texts
    }

    /// The cluster of near-duplicates of each document. They are numbered by their ids, so that the order of the input does not matter.
    pub(crate) fn clusters(&self, texts: &[Vec<&str>]) -> Result<Vec<usize>> {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&document| (&self.ids[document], &texts[document]));
        let sorted: Vec<&[&str]> = order.iter().map(|&document| texts[document].as_slice()).collect();
        let mut cluster_of = vec![0; texts.len()];
        for (&document, cluster) in order.iter().zip(clusters(&sorted, &ClusterOptions::default())?) {
            cluster_of[document] = cluster;
        }
        Ok(cluster_of)
    }

    /// The part of each document when shares of the paragraphs go to training, development and test, by clusters and languages.
    pub(crate) fn split(
        &self,
        cluster_of: &[usize],
        languages: &[Language],
        [train, dev, test]: [f64; 3],
        seed: u64,
    ) -> Result<Vec<Part>> {
        let rows = self.rows();
        let codes: Vec<String> = rows.iter().map(|rows| languages[rows[0]].to_string()).collect();
        let member = |document: usize| Member {
            cluster: cluster_of[document],
            language: codes[document].as_str(),
            paragraphs: u32::try_from(rows[document].len()).unwrap_or(u32::MAX),
        };
        let members: Vec<Member<'_>> = (0..rows.len()).map(member).collect();
        let options = SplitOptions::default().with_ratios(train, dev, test).with_seed(seed);
        Ok(split(&members, &options)?)
    }

    /// The language of each paragraph: as declared, else told from the text.
    pub(crate) fn languages(&self, paragraphs: &[Labelled]) -> Vec<Language> {
        let mut languages = vec![Language::UNKNOWN; paragraphs.len()];
        for (rows, &named) in self.rows().iter().zip(&self.named) {
            let text = |&row: &usize| {
                let paragraph = &paragraphs[row];
                let text = paragraph.text.as_deref().unwrap_or_default();
                RowText { text, context: &paragraph.context, language: paragraph.language }
            };
            let texts: Vec<RowText<'_>> = rows.iter().map(text).collect();
            for (&row, language) in rows.iter().zip(row_languages(&texts, named)) {
                languages[row] = language;
            }
        }
        languages
    }
}

/// The paragraph's id, or what stands for it.
pub(crate) fn id(paragraph: &Labelled) -> String {
    match (&paragraph.id, &paragraph.doc, paragraph.index) {
        (Some(id), _, _) => id.clone(),
        (None, Some(doc), Some(index)) => format!("{doc}#{index}"),
        _ => format!("{}:{}", paragraph.source.display(), paragraph.line),
    }
}

/// The paragraph for a classifier.
pub(crate) fn paragraph(labelled: &Labelled, language: Language) -> Result<Paragraph> {
    let text = labelled.text.clone().ok_or_else(|| {
        Error::new(ErrorKind::Format, "the gold paragraph has no text")
            .at(&labelled.source)
            .on_line(labelled.line)
            .mend("give its text, or predictions of a system that has seen it")
    })?;
    Ok(Paragraph {
        id: String::new(),
        index: labelled.index.unwrap_or_default(),
        language,
        kind: labelled.kind,
        context: labelled.context.clone(),
        start: 0,
        end: text.len(),
        text,
    })
}

/// The kinds of the paragraphs.
pub(crate) fn kinds(paragraphs: &[Labelled]) -> Vec<Kind> {
    paragraphs.iter().map(|paragraph| paragraph.kind).collect()
}

/// Writes a file whole or not at all; `-` is standard output.
pub(crate) fn write_whole(path: &Path, write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>) -> Result<()> {
    if path.as_os_str() == "-" {
        let mut out = std::io::BufWriter::new(std::io::stdout());
        write(&mut out)?;
        out.flush()?;
        return Ok(());
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let partial = PathBuf::from(partial);
    let at = |error: std::io::Error| Error::from(error).at(path);
    let mut out = std::io::BufWriter::new(std::fs::File::create(&partial).map_err(at)?);
    let written = write(&mut out).and_then(|()| Ok(out.flush().map_err(at)?));
    if written.is_err() {
        // What is half written helps nobody; that it cannot be removed does not change the error.
        let _ = std::fs::remove_file(&partial);
        return written;
    }
    std::fs::rename(&partial, path).map_err(at)?;
    Ok(())
}
