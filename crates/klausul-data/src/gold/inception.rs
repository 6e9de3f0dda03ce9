//! Exports of INCEpTION: WebAnno TSV 3.3 and UIMA CAS JSON 0.4.
//!
//! The labels are the values of the string features of span layers; a layer without features labels by its short name.
//! The layers of linguistic preprocessing (tokens, lemmas, parts of speech and so on:
//! `de.tudarmstadt.ukp.dkpro.core.api.*` other than named entities), relations and chains are passed over.
//!
//! An unpacked project export has `annotation/DOCUMENT/USER.tsv` (or `.json`) and
//! `curation/DOCUMENT/CURATION_USER.tsv`: there the folder names the document and the file the annotator. The document
//! before anybody annotated it (`INITIAL_CAS`) is left out. Elsewhere the file's stem names the document.

mod cas;
mod tsv;

use std::path::Path;
use std::sync::Arc;

use klausul_core::Result;

use super::Annotated;
use super::folder;

/// Whether this is the head of a WebAnno TSV or CAS JSON file.
pub(super) fn looks_like(_path: &Path, head: &str) -> bool {
    let head = head.trim_start_matches('\u{feff}').trim_start();
    head.starts_with("#FORMAT=WebAnno TSV 3")
        || head.starts_with('{') && (head.contains("\"%FEATURE_STRUCTURES\"") || head.contains("\"%TYPES\""))
}

/// Reads a file, or the folder of an export.
///
/// # Errors
/// Where a file cannot be read, or departs from its format; the error names the line.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut found = Vec::new();
    for file in folder::files(path, &["tsv", "json"])? {
        let (doc, annotator) = place(&file);
        if annotator.as_deref() == Some("INITIAL_CAS") {
            continue;
        }
        let text = folder::text(&file)?;
        let paragraphs = if text.trim_start().starts_with('{') {
            cas::paragraphs(&text)
        } else if text.starts_with("#FORMAT=WebAnno TSV 3") {
            tsv::paragraphs(&text)
        } else if path.is_dir() {
            warn(format!("{}: neither WebAnno TSV 3 nor CAS JSON; it is left out", file.display()));
            continue;
        } else {
            tsv::paragraphs(&text)
        };
        let source: Arc<Path> = Arc::from(file.as_path());
        for (index, found_here) in paragraphs.map_err(|error| error.at(&file))?.into_iter().enumerate() {
            let mut paragraph = Annotated::new(Arc::clone(&source), found_here.line, found_here.text);
            paragraph.id = Some(format!("{doc}#{index}"));
            paragraph.doc = Some(doc.clone());
            paragraph.index = Some(index);
            paragraph.annotator.clone_from(&annotator);
            paragraph.labels = found_here.labels;
            found.push(paragraph);
        }
    }
    Ok(found)
}

/// The document and the annotator of a file.
fn place(file: &Path) -> (String, Option<String>) {
    let stem = folder::stem(file);
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let folder = file.parent();
    let above = folder.and_then(Path::parent).and_then(name);
    match folder.and_then(name) {
        Some(doc) if above.is_some_and(|above| above == "annotation" || above == "curation") => (doc, Some(stem)),
        _ => (stem, None),
    }
}

/// What the two formats have in common.
struct Paragraph {
    text: String,
    line: u64,
    labels: Vec<String>,
}

/// Whether a layer is a person's work and no preprocessing.
fn is_annotated(layer: &str) -> bool {
    const NAMED_ENTITY: &str = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity";
    layer == NAMED_ENTITY
        || !["de.tudarmstadt.ukp.", "uima.", "org.dkpro.core.", "org.apache."]
            .iter()
            .any(|known| layer.starts_with(known))
}

/// Whether the values of a feature are labels; the `identifier` of a named entity is an address in a knowledge base.
fn is_label(feature: &str) -> bool {
    feature != "identifier"
}

/// The last step of a dotted name.
fn short(layer: &str) -> &str {
    layer.rsplit('.').next().unwrap_or(layer)
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::folder;
    use super::*;

    #[test]
    fn an_export_names_document_and_annotator_by_its_folders() {
        let text = "#FORMAT=WebAnno TSV 3.3\n#T_SP=webanno.custom.Clause|kind\n\n\n#Text=We.\n1-1\t0-3\tWe.\twho\t\n";
        let folder = folder(&[
            ("annotation/shop.txt/eva.tsv", text),
            ("annotation/shop.txt/INITIAL_CAS.tsv", text),
            ("plain.tsv", text),
            ("project.json", "[]"),
        ]);
        let mut warnings = Vec::new();
        let found = read(folder.path(), &mut |warning| warnings.push(warning)).unwrap();
        let seen: Vec<_> = found.iter().map(|p| (p.id.as_deref().unwrap(), p.annotator.as_deref())).collect();
        assert_eq!(seen, [("shop.txt#0", Some("eva")), ("plain#0", None)]);
        assert_eq!(warnings.len(), 1);
        assert!(looks_like(Path::new("x.tsv"), text) && looks_like(Path::new("x.json"), "{\"%TYPES\" : {"));
    }
}
