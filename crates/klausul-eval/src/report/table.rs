//! The tables of a report, before they have a form.

use std::fmt::Write;

use super::{Average, Counts, Difference, Group, Interval, Leaked, Named, Ratio, Report};

/// A table: a title, a remark, the head and the rows. The first column holds names, the others numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) title: &'static str,
    pub(super) remark: String,
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
}

/// All tables of a report, the overall figures first.
pub(super) fn tables(report: &Report) -> Vec<Table> {
    let figures = &report.figures;
    let mut tables = vec![overall(report)];
    tables.extend(figures.comparison.as_ref().map(|_| comparison(report)));
    tables.push(categories(report));
    tables.push(groups("By language", "language", &figures.per_language));
    tables.push(groups("By kind of paragraph", "kind", &figures.per_kind));
    tables.push(confused(report));
    tables.push(missing(report));
    tables.extend(report.leakage.as_ref().map(leakage));
    tables
}

/// A figure with three decimals, `–` where it is undefined.
pub(super) fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"))
}

fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "–".to_owned(), |[low, high]| format!("{low:.3} – {high:.3}"))
}

fn counts(counts: Counts) -> [String; 3] {
    [counts.tp, counts.fp, counts.fn_].map(|count| count.to_string())
}

fn overall(report: &Report) -> Table {
    let figures = &report.figures;
    let average = |name: &str, average: &Average| {
        let mut row = vec![name.to_owned()];
        row.extend([average.prf.precision, average.prf.recall, average.prf.f1].map(number));
        row.push(interval(average.f1_interval));
        row
    };
    let ratio = |name: &str, ratio: &Ratio| {
        let dash = || "–".to_owned();
        vec![name.to_owned(), dash(), dash(), number(ratio.value), interval(ratio.interval)]
    };
    let mut rows = vec![
        average("micro", &figures.micro.average),
        average("macro", &figures.macro_.average),
        average("weighted", &figures.weighted),
        average("samples", &figures.samples.average),
        ratio("exact match", &figures.exact_match),
        ratio("Hamming loss", &figures.hamming_loss),
    ];
    let single = |name: &str, value: Option<f64>| {
        let dash = || "–".to_owned();
        vec![name.to_owned(), dash(), dash(), number(value), dash()]
    };
    rows.push(single("MCC (pooled)", Some(figures.micro.mcc)));
    if let Some(calibration) = &figures.calibration {
        rows.push(single("average precision, micro", figures.micro.average_precision));
        rows.push(single("average precision, macro", figures.macro_.average_precision));
        rows.push(single("Brier score", Some(calibration.brier)));
        rows.push(single("calibration error", Some(calibration.ece)));
    }
    Table {
        title: "Overall",
        remark: remark(report),
        head: vec!["figure", "precision", "recall", "F1 or value", "interval"],
        rows,
    }
}

fn remark(report: &Report) -> String {
    let (figures, settings) = (&report.figures, &report.settings);
    let count = figures.counts;
    let mut remark = format!(
        "{} paragraphs of {} documents, {} gold labels, {} given. ",
        count.paragraphs, count.documents, count.labels, count.predicted_labels
    );
    if figures.micro.average.f1_interval.is_some() {
        _ = write!(
            remark,
            "Intervals: {:.0} %, {} draws of {} {}s, seed {}. ",
            settings.level * 100.0,
            settings.bootstrap,
            count.units,
            settings.resampling,
            settings.seed
        );
    } else if settings.bootstrap > 0 {
        _ = write!(remark, "No intervals: there is only one {} to draw. ", settings.resampling);
    }
    _ = write!(remark, "Macro: mean over {} categories with gold labels", figures.macro_.categories);
    if !figures.macro_.left_out.is_empty() {
        _ = write!(remark, " (left out: {})", figures.macro_.left_out.join(", "));
    }
    _ = write!(
        remark,
        ". Samples: mean over {} paragraphs with a label; {} without any are left out.",
        figures.samples.paragraphs, figures.samples.empty
    );
    remark
}

fn categories(report: &Report) -> Table {
    let row = |(id, figures): (&str, &super::CategoryFigures)| {
        let mut row = vec![id.to_owned(), figures.support.to_string(), figures.predicted.to_string()];
        row.extend([figures.prf.precision, figures.prf.recall, figures.prf.f1].map(number));
        row.push(interval(figures.f1_interval));
        row.extend([figures.average_precision, figures.mcc].map(number));
        row
    };
    Table {
        title: "By category",
        remark: String::new(),
        head: vec!["category", "gold", "given", "precision", "recall", "F1", "F1 interval", "AP", "MCC"],
        rows: report.figures.per_category.iter().map(row).collect(),
    }
}

fn groups(title: &'static str, noun: &'static str, groups: &Named<Group>) -> Table {
    let row = |(name, group): (&str, &Group)| {
        let mut row = vec![name.to_owned(), group.documents.to_string(), group.paragraphs.to_string()];
        let (micro, macro_) = (&group.micro, &group.macro_);
        row.extend([micro.prf.precision, micro.prf.recall, micro.prf.f1].map(number));
        row.push(interval(micro.f1_interval));
        row.push(number(macro_.prf.f1));
        row
    };
    Table {
        title,
        remark: String::new(),
        head: vec![noun, "documents", "paragraphs", "precision", "recall", "micro-F1", "interval", "macro-F1"],
        rows: groups.iter().map(row).collect(),
    }
}

/// The commonest confusions.
fn confused(report: &Report) -> Table {
    let confused = &report.figures.confusion;
    let mut pairs: Vec<(u64, &str, &str)> = Vec::new();
    for (gold, row) in confused.labels.iter().zip(&confused.confusion.matrix) {
        for (given, &count) in confused.labels.iter().zip(row) {
            if count > 0 && gold != given {
                pairs.push((count, gold, given));
            }
        }
    }
    pairs.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    pairs.truncate(15);
    Table {
        title: "Commonest errors",
        remark: "A missed label and what was given in its place; (none): nothing was missed, or nothing given."
            .to_owned(),
        head: vec!["missed → given", "times"],
        rows: pairs.iter().map(|(count, gold, given)| vec![format!("{gold} → {given}"), count.to_string()]).collect(),
    }
}

fn missing(report: &Report) -> Table {
    let documents = &report.figures.documents;
    let row = |name: &str, missed: &super::Missed| {
        let mut row = vec![name.to_owned(), missed.support.to_string()];
        row.extend(counts(missed.counts));
        row.extend([missed.prf.precision, missed.prf.recall, missed.prf.f1].map(number));
        row
    };
    let mut rows = vec![row("all items", &documents.missing)];
    rows.extend(documents.per_item.iter().filter(|(_, m)| m.support + m.counts.fp > 0).map(|(name, m)| row(name, m)));
    Table {
        title: "Items of Art. 13 and 14 that documents lack",
        remark: format!(
            "An item is missing when no paragraph states it. F1 interval {}; macro-F1 over items {}.",
            interval(documents.missing.f1_interval),
            number(documents.macro_.f1)
        ),
        head: vec!["item", "missing", "found", "false alarm", "overlooked", "precision", "recall", "F1"],
        rows,
    }
}

fn comparison(report: &Report) -> Table {
    let row = |name: &str, difference: &Difference| {
        let mut row = vec![name.to_owned()];
        row.extend([difference.a, difference.b].map(number));
        row.push(difference.difference.map_or_else(|| "–".to_owned(), |value| format!("{value:+.3}")));
        row.push(difference.interval.map_or_else(|| "–".to_owned(), |[low, high]| format!("{low:+.3} – {high:+.3}")));
        row.push(number(difference.p_value));
        row
    };
    let mut rows = Vec::new();
    if let Some(figures) = &report.figures.comparison {
        rows.extend([
            row("micro-F1", &figures.micro_f1),
            row("macro-F1", &figures.macro_f1),
            row("weighted F1", &figures.weighted_f1),
            row("samples F1", &figures.samples_f1),
            row("exact match", &figures.exact_match),
            row("missing items F1", &figures.missing_f1),
        ]);
        rows.extend(figures.per_category.iter().map(|(name, difference)| row(name, difference)));
    }
    let other = report.settings.compare.as_deref().unwrap_or_default();
    Table {
        title: "Comparison",
        remark: format!("A is {}, B is {other}; paired bootstrap over the same draws.", report.settings.system),
        head: vec!["figure", "A", "B", "B − A", "interval", "p"],
        rows,
    }
}

fn leakage(leaked: &Leaked) -> Table {
    let (micro, macro_) = (&leaked.unseen.micro, &leaked.unseen.macro_);
    let mut row = vec!["unseen".to_owned(), leaked.unseen.paragraphs.to_string()];
    row.extend([micro.prf.precision, micro.prf.recall, micro.prf.f1].map(number));
    row.push(interval(micro.f1_interval));
    row.push(number(macro_.prf.f1));
    Table {
        title: "On text that training has not seen",
        remark: format!(
            "{} of {} paragraphs stand word for word in {}; {} of {} documents are near-duplicates of one there.",
            leaked.passages_in_train,
            leaked.passages,
            leaked.train.join(", "),
            leaked.documents_in_train,
            leaked.documents
        ),
        head: vec!["", "paragraphs", "precision", "recall", "micro-F1", "interval", "macro-F1"],
        rows: vec![row],
    }
}
