//! What a run has done so far.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;

use klausul_core::Taxonomy;
use serde::{Deserialize, Serialize};

use super::work::Output;

/// Counts, and what failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Items of the inputs that were handled: pages, rows and failures.
    pub(super) items: u64,
    pub(super) documents: u64,
    pub(super) paragraphs: u64,
    pub(super) labelled: u64,
    /// Labels by language and category.
    pub(super) languages: BTreeMap<String, Language>,
    /// Kept beside the state of a resumable run, not in it.
    #[serde(skip)]
    pub(super) failures: Vec<String>,
    categories: usize,
}

/// Counts of a language.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Language {
    paragraphs: u64,
    labels: Vec<u64>,
}

impl Tally {
    pub(super) fn new(taxonomy: &Taxonomy) -> Self {
        Self {
            items: 0,
            documents: 0,
            paragraphs: 0,
            labelled: 0,
            languages: BTreeMap::new(),
            failures: Vec::new(),
            categories: taxonomy.len(),
        }
    }

    pub(super) fn add(&mut self, output: Output) {
        self.documents += output.documents;
        self.paragraphs += output.paragraphs.len() as u64;
        for (language, labels) in output.paragraphs {
            self.labelled += u64::from(!labels.is_empty());
            let counts = self.languages.entry(language.to_string()).or_default();
            counts.labels.resize(self.categories, 0);
            counts.paragraphs += 1;
            for label in labels {
                counts.labels[label] += 1;
            }
        }
        self.failures.extend(output.failures);
    }

    pub(super) fn failed(&self) -> usize {
        self.failures.len()
    }

    /// Prints the table by category and language and what failed, on standard error.
    pub(super) fn print(&self, taxonomy: &Taxonomy) {
        let _ = std::io::stderr().write_all(self.table(taxonomy).as_bytes());
    }

    fn table(&self, taxonomy: &Taxonomy) -> String {
        let mut out = String::new();
        let width = taxonomy.categories().iter().map(|category| category.id.len()).max().unwrap_or_default().max(12);
        let labelled = self.languages.values().any(|counts| counts.labels.iter().any(|&count| count > 0));
        let mut row = |name: &str, cells: &dyn Fn(&Language) -> String, total: String| {
            let _ = write!(out, "{name:width$}");
            for counts in self.languages.values() {
                let _ = write!(out, " {:>7}", cells(counts));
            }
            let _ = writeln!(out, " {total:>8}");
        };
        let names: Vec<&String> = self.languages.keys().collect();
        let header = names.iter().fold(String::new(), |header, name| format!("{header} {name:>7}"));
        row("paragraphs", &|counts| counts.paragraphs.to_string(), self.paragraphs.to_string());
        if labelled {
            for (index, category) in taxonomy.categories().iter().enumerate() {
                let total: u64 = self.languages.values().map(|counts| counts.labels[index]).sum();
                row(&category.id, &|counts| counts.labels[index].to_string(), total.to_string());
            }
        }
        let mut whole = format!("{:width$}{header} {:>8}\n{out}", "", "total");
        let _ = writeln!(
            whole,
            "{} documents, {} paragraphs, {} of them with a label, {} failures",
            self.documents,
            self.paragraphs,
            self.labelled,
            self.failures.len()
        );
        for failure in &self.failures {
            let _ = writeln!(whole, "failed: {failure}");
        }
        whole
    }
}
