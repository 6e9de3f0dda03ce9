//! `klausul agreement`.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Context, Result};
use klausul_core::{Error, ErrorKind, Taxonomy};
use klausul_data::gold::Labelled;
use klausul_eval::agreement::{Agreement, Ratings};
use klausul_eval::{Bootstrap, LabelSet};
use serde_json::{Map, Value, json};

use super::taxonomy_of;
use crate::Ended;
use crate::args::AgreementArgs;
use crate::gold;

pub(crate) fn run(args: &AgreementArgs) -> Result<Ended> {
    let taxonomy = &taxonomy_of(args.taxonomy.as_deref())?;
    let (names, items) = collect(args, taxonomy)?;
    let mut ratings = Ratings::new(taxonomy.len(), names.len())?;
    let (mut documents, mut document_of) = (BTreeMap::new(), Vec::with_capacity(items.len()));
    for (key, sets) in &items {
        ratings.push(sets)?;
        let count = documents.len();
        document_of.push(*documents.entry(&key.0).or_insert(count));
    }
    let bootstrap = Bootstrap::default().with_replicates(args.bootstrap).with_seed(args.seed);
    let agreement = Agreement::measure(&ratings, &document_of, &bootstrap)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{:#}", as_json(&agreement, &names, taxonomy, args)?)?;
    } else {
        print(&mut out, &agreement, &names, taxonomy)?;
    }
    Ok(Ended::Whole)
}

/// Document and position or id of a paragraph.
type Key = (String, usize, String);

/// The annotators' names, and what each of them gave each paragraph.
type Items = (Vec<String>, BTreeMap<Key, Vec<Option<LabelSet>>>);

fn collect(args: &AgreementArgs, taxonomy: &Taxonomy) -> Result<Items> {
    let mut files: Vec<Vec<Labelled>> = Vec::new();
    for path in &args.gold {
        files.push(gold::read_slim(std::slice::from_ref(path), &args.reading, taxonomy, false)?.paragraphs);
    }
    let mut names: Vec<String> = Vec::new();
    let mut items: BTreeMap<Key, Vec<Option<LabelSet>>> = BTreeMap::new();
    for (path, paragraphs) in args.gold.iter().zip(files) {
        for paragraph in paragraphs {
            let name = paragraph.annotator.clone().unwrap_or_else(|| path.display().to_string());
            let place = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name.clone());
                names.len() - 1
            });
            let id = paragraph.id.clone().unwrap_or_default();
            let key = match (&paragraph.doc, paragraph.index) {
                (Some(doc), Some(index)) => (doc.clone(), index, String::new()),
                (doc, _) if !id.is_empty() => (doc.clone().unwrap_or_else(|| id.clone()), 0, id),
                _ => {
                    let error =
                        Error::new(ErrorKind::Format, "the paragraph has neither an `id` nor `doc` and `index`");
                    let error = error.at(&paragraph.source).on_line(paragraph.line);
                    return Err(error.mend("give all annotators' files the same ids").into());
                }
            };
            let sets = items.entry(key).or_default();
            sets.resize(sets.len().max(place + 1), None);
            if sets[place].replace(paragraph.labels.iter().copied().collect()).is_some() {
                let error = Error::new(ErrorKind::Format, format!("`{name}` annotated the paragraph twice"));
                let error = error.at(&paragraph.source).on_line(paragraph.line);
                return Err(error.mend("give each annotator a name in `annotator`, or a file of their own").into());
            }
        }
    }
    for sets in items.values_mut() {
        sets.resize(names.len(), None);
    }
    if names.len() < 2 {
        let error = Error::new(ErrorKind::Usage, format!("there is only one annotator, `{}`", names.join("")));
        return Err(error.mend("give a file for each annotator").into());
    }
    Ok((names, items))
}

fn as_json(agreement: &Agreement, names: &[String], taxonomy: &Taxonomy, args: &AgreementArgs) -> Result<Value> {
    let mut value = serde_json::to_value(agreement)?;
    let rows = value.get_mut("categories").map(Value::take).unwrap_or_default();
    let mut categories = Map::new();
    for (row, category) in rows.as_array().into_iter().flatten().zip(taxonomy.categories()) {
        let mut row = row.clone();
        row.as_object_mut().context("a row of agreement is an object")?.shift_remove("category");
        categories.insert(category.id.clone(), row);
    }
    let whole = value.as_object_mut().context("agreement is an object")?;
    whole.shift_remove("categories");
    whole.insert("names".into(), names.into());
    whole.insert("settings".into(), json!({ "bootstrap": args.bootstrap, "seed": args.seed }));
    whole.insert("per_category".into(), categories.into());
    Ok(value)
}

fn print(out: &mut impl Write, agreement: &Agreement, names: &[String], taxonomy: &Taxonomy) -> Result<()> {
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.3}"));
    let overall = &agreement.overall;
    writeln!(
        out,
        "{} annotators ({}), {} of {} paragraphs annotated by two or more, {} documents.",
        agreement.annotators,
        names.join(", "),
        agreement.items_compared,
        agreement.items,
        agreement.documents
    )?;
    let interval = |alpha: &klausul_eval::agreement::SetAlpha| {
        alpha.interval.map_or_else(String::new, |[low, high]| format!("  (95 % interval {low:.3} – {high:.3})"))
    };
    let masi = &overall.alpha_masi;
    writeln!(out, "\n  Krippendorff's alpha, MASI     {}{}", number(masi.value), interval(masi))?;
    let nominal = &overall.alpha_nominal;
    writeln!(out, "  Krippendorff's alpha, nominal  {}{}", number(nominal.value), interval(nominal))?;
    writeln!(out, "  equal sets                     {}", number(overall.percent))?;
    writeln!(out, "  macro Cohen's kappa            {}", number(overall.macro_cohen_kappa))?;
    writeln!(out, "  macro Fleiss' kappa            {}", number(overall.macro_fleiss_kappa))?;
    writeln!(out, "  macro F1 between annotators    {}\n", number(overall.macro_positive))?;
    let width = taxonomy.categories().iter().map(|category| category.id.len()).max().unwrap_or_default();
    writeln!(out, "  {:width$}  {:>7}  {:>7}  {:>7}  {:>7}  labels", "category", "alpha", "Cohen", "Fleiss", "F1")?;
    for row in &agreement.categories {
        let support: Vec<String> = row.support.iter().map(u64::to_string).collect();
        writeln!(
            out,
            "  {:width$}  {:>7}  {:>7}  {:>7}  {:>7}  {}",
            taxonomy.categories()[row.category].id,
            number(row.alpha),
            number(row.cohen_kappa),
            number(row.fleiss_kappa),
            number(row.positive),
            support.join(" / ")
        )?;
    }
    Ok(())
}
