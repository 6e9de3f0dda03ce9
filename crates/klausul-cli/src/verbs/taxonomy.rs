//! `klausul taxonomy`.

use std::io::{self, Write};

use anyhow::Result;
use klausul_core::{Category, Error, ErrorKind, Taxonomy};
use serde_json::{Value, json};

use super::taxonomy_of;
use crate::Ended;
use crate::args::TaxonomyArgs;

pub(crate) fn run(args: &TaxonomyArgs) -> Result<Ended> {
    let taxonomy = taxonomy_of(args.taxonomy.as_deref())?;
    let shown: &[Category] = match &args.id {
        Some(id) => std::slice::from_ref(one(&taxonomy, id)?),
        None => taxonomy.categories(),
    };
    let mut out = io::stdout().lock();
    if args.json {
        let categories: Vec<Value> = shown.iter().map(json).collect();
        let whole = json!({ "name": taxonomy.name(), "version": taxonomy.version(), "categories": categories });
        writeln!(out, "{whole:#}")?;
    } else if args.id.is_some() {
        shown.iter().try_for_each(|category| in_full(&mut out, category))?;
    } else {
        let width = shown.iter().map(|category| category.id.len()).max().unwrap_or_default();
        for category in shown {
            writeln!(out, "{:width$}  {}", category.id, category.definition)?;
        }
    }
    Ok(Ended::Whole)
}

fn one<'a>(taxonomy: &'a Taxonomy, id: &str) -> Result<&'a Category, Error> {
    let index = taxonomy.index_of(id).ok_or_else(|| {
        Error::new(ErrorKind::Usage, format!("`{id}` is no category of {}", taxonomy.name()))
            .mend("`klausul taxonomy` lists them")
    })?;
    Ok(&taxonomy.categories()[index])
}

fn law(category: &Category) -> String {
    let articles = (!category.articles.is_empty()).then(|| format!("GDPR Art. {}", category.articles.join(", ")));
    articles.into_iter().chain(category.other_law.clone()).collect::<Vec<_>>().join("; ")
}

fn in_full(out: &mut impl Write, category: &Category) -> io::Result<()> {
    writeln!(out, "{} ({})", category.name, category.id)?;
    writeln!(out, "  {}", category.definition)?;
    writeln!(out, "  Law: {}", law(category))?;
    writeln!(out, "  Yes: {}", category.yes)?;
    writeln!(out, "  No:  {}", category.no)?;
    writeln!(out, "  DPV: {}", category.dpv.join(", "))
}

fn json(category: &Category) -> Value {
    json!({
        "id": category.id,
        "name": category.name,
        "articles": category.articles,
        "other_law": category.other_law,
        "definition": category.definition,
        "yes": category.yes,
        "no": category.no,
        "dpv": category.dpv,
    })
}
