//! Annotated paragraphs with what is known of them without any classifier.

use klausul_core::{Error, ErrorKind, Kind, Language, Paragraph, Prediction, Result};
use klausul_data::document::{RowText, row_languages};
use klausul_data::gold::{Labelled, check_unique};
use klausul_eval::duplicates::{ClusterOptions, clusters};
use klausul_eval::split::{Member, Part, SplitOptions, split};
use klausul_eval::{LabelSet, Sample};
use rayon::prelude::*;

use crate::Gold;

/// Paragraphs that a thread classifies at a time.
const BATCH: usize = 512;

/// Gold paragraphs, their documents and their languages.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The paragraphs.
    pub gold: Gold,
    /// Their documents.
    pub documents: Documents,
    /// The language of each paragraph: as declared, else told from the text.
    pub languages: Vec<Language>,
}

/// Documents in order of first appearance; paragraphs without one are documents of their own.
#[derive(Debug, Clone)]
pub struct Documents {
    /// The number of each paragraph's document.
    pub of: Vec<u32>,
    /// Their ids.
    pub ids: Vec<String>,
    /// Whether each is a document with a name.
    pub named: Vec<bool>,
}

impl Corpus {
    /// Numbers the documents and tells the languages.
    pub fn new(gold: Gold) -> Self {
        let documents = Documents::new(&gold.paragraphs);
        let languages = documents.languages(&gold.paragraphs);
        Self { gold, documents, languages }
    }

    /// The annotated paragraphs.
    pub fn labelled(&self) -> &[Labelled] {
        &self.gold.paragraphs
    }

    /// A paragraph as classifiers get it.
    ///
    /// # Errors
    /// [`ErrorKind::Format`] when it has no text.
    pub fn paragraph(&self, row: usize) -> Result<Paragraph> {
        let labelled = &self.gold.paragraphs[row];
        let text = labelled.text.clone().ok_or_else(|| {
            Error::new(ErrorKind::Format, "the gold paragraph has no text")
                .at(&labelled.source)
                .on_line(labelled.line)
                .mend("give its text, or predictions of a system that has seen it")
        })?;
        Ok(Paragraph {
            index: labelled.index.unwrap_or_default(),
            language: self.languages[row],
            kind: labelled.kind,
            context: labelled.context.clone(),
            ..Paragraph::of_text(text)
        })
    }

    /// All paragraphs as classifiers get them.
    ///
    /// # Errors
    /// As [`paragraph`](Self::paragraph).
    pub fn paragraphs(&self) -> Result<Vec<Paragraph>> {
        (0..self.labelled().len()).map(|row| self.paragraph(row)).collect()
    }

    /// What each paragraph is on its page.
    pub fn kinds(&self) -> Vec<Kind> {
        self.labelled().iter().map(|paragraph| paragraph.kind).collect()
    }

    /// The categories of a paragraph.
    pub fn labels(&self, row: usize) -> LabelSet {
        self.gold.paragraphs[row].labels.iter().copied().collect()
    }

    /// The categories that were looked for in a paragraph.
    pub fn scope(&self, row: usize) -> LabelSet {
        let own = self.gold.paragraphs[row].scope.as_ref();
        own.unwrap_or(&self.gold.scope).iter().copied().collect()
    }

    /// The texts of each document.
    pub fn texts(&self) -> Vec<Vec<&str>> {
        self.documents.texts(&self.gold.paragraphs)
    }

    /// Id and language of each document: the language of most of its paragraphs.
    pub fn document_languages(&self) -> Vec<(String, Language)> {
        let language = |rows: &Vec<usize>| {
            let mut counts = std::collections::BTreeMap::new();
            for &row in rows {
                *counts.entry(self.languages[row]).or_insert(0) += 1;
            }
            let most = counts.into_iter().rev().max_by_key(|&(_, count)| count);
            most.map_or(Language::UNKNOWN, |(language, _)| language)
        };
        self.documents.ids.iter().cloned().zip(self.documents.rows().iter().map(language)).collect()
    }

    /// What a classifier says of some paragraphs.
    ///
    /// # Errors
    /// Those of [`paragraph`](Self::paragraph) and of the classifier.
    pub fn predict(&self, classifier: &dyn klausul_core::Classifier, rows: &[usize]) -> Result<Vec<Prediction>> {
        let paragraphs: Vec<Paragraph> = rows.iter().map(|&row| self.paragraph(row)).collect::<Result<_>>()?;
        classifier.classify(&paragraphs)
    }

    /// What a classifier says of all paragraphs, in parallel on the current rayon pool.
    ///
    /// # Errors
    /// As [`predict`](Self::predict); [`ErrorKind::Format`] when two paragraphs have one id.
    pub fn predict_all(&self, classifier: &dyn klausul_core::Classifier) -> Result<Vec<Prediction>> {
        check_unique(self.labelled())?;
        let rows: Vec<usize> = (0..self.labelled().len()).collect();
        let batches: Result<Vec<_>> = rows.par_chunks(BATCH).map(|rows| self.predict(classifier, rows)).collect();
        Ok(batches?.into_iter().flatten().collect())
    }

    /// Gold labels beside given ones, with one row of scores a paragraph or no scores at all.
    ///
    /// # Errors
    /// Those of [`Sample`]: too many categories, or scores that are no probabilities.
    pub fn sample(&self, given: &[LabelSet], scores: Vec<f32>, categories: usize) -> Result<Sample> {
        let mut sample = Sample::new(categories)?;
        for (row, &given) in given.iter().enumerate() {
            sample.push(self.documents.of[row], self.scope(row), self.labels(row), given)?;
        }
        if scores.is_empty() { Ok(sample) } else { sample.with_scores(scores) }
    }
}

impl Documents {
    /// The documents that paragraphs name.
    pub fn new(paragraphs: &[Labelled]) -> Self {
        let mut numbers = std::collections::HashMap::new();
        let (mut of, mut ids, mut named) = (Vec::with_capacity(paragraphs.len()), Vec::new(), Vec::new());
        for paragraph in paragraphs {
            let number = match &paragraph.doc {
                Some(doc) => *numbers.entry(doc.as_str()).or_insert(ids.len() as u32),
                None => ids.len() as u32,
            };
            if number as usize == ids.len() {
                ids.push(paragraph.doc.clone().unwrap_or_else(|| paragraph.id_or_place()));
                named.push(paragraph.doc.is_some());
            }
            of.push(number);
        }
        Self { of, ids, named }
    }

    /// The paragraphs of each document.
    pub fn rows(&self) -> Vec<Vec<usize>> {
        let mut rows = vec![Vec::new(); self.ids.len()];
        for (row, &document) in self.of.iter().enumerate() {
            rows[document as usize].push(row);
        }
        rows
    }

    /// The texts of each document.
    pub fn texts<'a>(&self, paragraphs: &'a [Labelled]) -> Vec<Vec<&'a str>> {
        let mut texts = vec![Vec::new(); self.ids.len()];
        for (paragraph, &document) in paragraphs.iter().zip(&self.of) {
            texts[document as usize].push(paragraph.text.as_deref().unwrap_or_default());
        }
        texts
    }

    /// The cluster of near-duplicates of each document. They are numbered by their ids, so that the order of the input does not matter.
    ///
    /// # Errors
    /// Those of [`clusters`].
    pub fn clusters(&self, texts: &[Vec<&str>]) -> Result<Vec<usize>> {
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
    ///
    /// # Errors
    /// Those of [`split`].
    pub fn split(
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
        split(&members, &options)
    }

    /// The language of each paragraph: as declared, else told from the text.
    pub fn languages(&self, paragraphs: &[Labelled]) -> Vec<Language> {
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
