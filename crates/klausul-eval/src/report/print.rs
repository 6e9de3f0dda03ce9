//! Reports as text, Markdown and CSV.

use std::fmt::Write;

use super::table::{Table, tables};
use super::{Average, Counts, Group, Prf, Report};
use crate::Interval;

/// The report as aligned text for a terminal.
pub fn text(report: &Report) -> String {
    let mut out = format!("{}\n", summary(report));
    for table in tables(report) {
        let widths = widths(&table);
        let _ = write!(out, "\n{}\n", table.title);
        for line in wrapped(&table.remark, 100) {
            let _ = writeln!(out, "{line}");
        }
        let head: Vec<String> = table.head.iter().map(|&name| name.to_owned()).collect();
        for row in std::iter::once(&head).chain(&table.rows) {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(
                    |(place, (cell, &width))| {
                        if place == 0 { format!("{cell:width$}") } else { format!("{cell:>width$}") }
                    },
                )
                .collect();
            let _ = writeln!(out, "  {}", cells.join("  ").trim_end());
        }
    }
    out
}

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = format!("# Evaluation\n\n{}\n", escaped(&summary(report)));
    for table in tables(report) {
        let _ = write!(out, "\n## {}\n\n", table.title);
        if !table.remark.is_empty() {
            let _ = write!(out, "{}\n\n", escaped(&table.remark));
        }
        let _ = writeln!(out, "| {} |", table.head.join(" | "));
        let _ = writeln!(out, "|---{}|", "|---:".repeat(table.head.len() - 1));
        for row in &table.rows {
            let cells: Vec<String> = row.iter().map(|cell| escaped(cell)).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}

fn summary(report: &Report) -> String {
    let settings = &report.settings;
    let mut summary =
        format!("klausul {}: {} measured on {}", report.klausul, settings.system, settings.gold.join(", "));
    if !settings.annotators.is_empty() {
        let _ = write!(summary, " (annotated by {})", settings.annotators.join(", "));
    }
    if let Some(from) = &settings.thresholds_from {
        let _ = write!(summary, ", thresholds from {from}");
    }
    summary + "."
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('_', "\\_").replace('*', "\\*").replace('<', "&lt;")
}

/// Columns count characters, since all that is printed here is one cell wide.
fn widths(table: &Table) -> Vec<usize> {
    let width = |place: usize| {
        let cells = table.rows.iter().map(|row| row[place].chars().count());
        cells.chain([table.head[place].chars().count()]).max().unwrap_or_default()
    };
    (0..table.head.len()).map(width).collect()
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The report as a table with a row a figure: `section` is overall, category, language, kind or missing.
///
/// Undefined figures are empty cells.
pub fn csv(report: &Report) -> String {
    let figures = &report.figures;
    let mut out = Csv(String::from(
        "section,name,paragraphs,support,predicted,tp,fp,fn,precision,recall,f1,f1_low,f1_high,average_precision,mcc\n",
    ));
    let micro = &figures.micro;
    let [precision, mcc] = [micro.average_precision, Some(micro.mcc)];
    out.row("overall", "micro", Some(figures.counts.paragraphs), Some(micro.counts), &micro.average, precision, mcc);
    let macro_ = &figures.macro_;
    out.row("overall", "macro", None, None, &macro_.average, macro_.average_precision, None);
    out.row("overall", "weighted", None, None, &figures.weighted, None, None);
    let samples = &figures.samples;
    out.row("overall", "samples", Some(samples.paragraphs as usize), None, &samples.average, None, None);
    for (name, ratio) in [("exact_match", &figures.exact_match), ("hamming_loss", &figures.hamming_loss)] {
        let prf = Prf { f1: ratio.value, ..Prf::default() };
        out.row("overall", name, None, None, &only(prf, ratio.interval), None, None);
    }
    for (id, category) in figures.per_category.iter() {
        let average = only(category.prf, category.f1_interval);
        out.row("category", id, None, Some(category.counts), &average, category.average_precision, category.mcc);
    }
    let mut groups = |section: &str, name: &str, group: &Group| {
        out.row(section, &format!("{name}/micro"), Some(group.paragraphs), None, &group.micro, None, None);
        out.row(section, &format!("{name}/macro"), Some(group.paragraphs), None, &group.macro_, None, None);
    };
    figures.per_language.iter().for_each(|(name, group)| groups("language", name, group));
    figures.per_kind.iter().for_each(|(name, group)| groups("kind", name, group));
    if let Some(leaked) = &report.leakage {
        groups("leakage", "unseen", &leaked.unseen);
    }
    let missing = &figures.documents.missing;
    out.row("missing", "all", None, Some(missing.counts), &only(missing.prf, missing.f1_interval), None, None);
    for (id, missed) in figures.documents.per_item.iter() {
        out.row("missing", id, None, Some(missed.counts), &only(missed.prf, None), None, None);
    }
    out.0
}

fn only(prf: Prf, f1_interval: Option<Interval>) -> Average {
    Average { prf, f1_interval, ..Average::default() }
}

struct Csv(String);

impl Csv {
    #[expect(clippy::too_many_arguments, reason = "one a column")]
    fn row(
        &mut self,
        section: &str,
        name: &str,
        paragraphs: Option<usize>,
        counts: Option<Counts>,
        average: &Average,
        average_precision: Option<f64>,
        mcc: Option<f64>,
    ) {
        let cell = |value: Option<u64>| value.map(|value| value.to_string()).unwrap_or_default();
        let figure = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut cells = vec![section.to_owned(), name.to_owned(), cell(paragraphs.map(|count| count as u64))];
        let [support, given] = [counts.map(Counts::support), counts.map(Counts::given)];
        let [tp, fp, fn_] = [counts.map(|c| c.tp), counts.map(|c| c.fp), counts.map(|c| c.fn_)];
        cells.extend([support, given, tp, fp, fn_].map(cell));
        let prf = average.prf;
        let [low, high] = [average.f1_interval.map(|[low, _]| low), average.f1_interval.map(|[_, high]| high)];
        cells.extend([prf.precision, prf.recall, prf.f1, low, high, average_precision, mcc].map(figure));
        self.0.push_str(&cells.join(","));
        self.0.push('\n');
    }
}
