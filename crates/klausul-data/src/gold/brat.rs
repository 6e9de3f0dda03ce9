//! Brat standoff: a folder of `.txt` files, each with its `.ann` beside it.
//!
//! The format is that of <https://brat.nlplab.org/standoff.html>. Every line of a text that is not blank is a
//! paragraph; its index counts them from 0, its id is `stem#index`. A text-bound annotation (`T`), also a discontinuous
//! one, labels every paragraph that it touches. Offsets count Unicode code points, line ends included. Relations,
//! events, attributes, normalizations and notes say nothing of categories and are passed over.

use std::fs::read_dir;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use klausul_core::{Error, ErrorKind, Result};

use super::Annotated;
use super::{export, folder};

/// Whether this is a text or annotation file of brat, or a folder of them.
pub(super) fn looks_like(path: &Path, _head: &str) -> bool {
    let paired =
        |path: &Path| folder::has_ending(path, "ann") && path.is_file() && path.with_extension("txt").is_file();
    if path.is_dir() {
        return read_dir(path).is_ok_and(|entries| entries.flatten().any(|entry| paired(&entry.path())));
    }
    paired(&path.with_extension("ann")) && (folder::has_ending(path, "txt") || folder::has_ending(path, "ann"))
}

/// Reads a folder, to the bottom, or one text or annotation file with the other of its pair.
///
/// # Errors
/// Where a file cannot be read, an annotation is without its text, an annotation line is broken, or its
/// offsets lie beyond the text.
pub(super) fn read(path: &Path, warn: &mut dyn FnMut(String)) -> Result<Vec<Annotated>> {
    let mut found = Vec::new();
    if path.is_file() {
        pair(&path.with_extension("txt"), &folder::stem(path), &mut found, warn)?;
        return Ok(found);
    }
    let files = folder::files(path, &["txt", "ann"])?;
    for file in &files {
        let text = file.with_extension("txt");
        if folder::has_ending(file, "ann") {
            if !text.is_file() {
                return Err(Error::new(ErrorKind::Format, "the text of these annotations is missing")
                    .at(file)
                    .mend(format!("put `{}` beside it", text.file_name().unwrap_or_default().display())));
            }
            // In folders of folders the way down is part of the name.
            let below = text.strip_prefix(path).unwrap_or(&text).with_extension("");
            let steps: Vec<_> = below.iter().map(|step| step.to_string_lossy()).collect();
            pair(&text, &steps.join("/"), &mut found, warn)?;
        } else if !file.with_extension("ann").is_file() {
            warn(format!("{}: no .ann file stands beside it; it is left out", file.display()));
        }
    }
    Ok(found)
}

/// A paragraph's place in the text, in code points, and its index among the paragraphs found so far.
struct Place {
    span: Range<usize>,
    at: usize,
}

fn pair(path: &Path, doc: &str, found: &mut Vec<Annotated>, warn: &mut dyn FnMut(String)) -> Result<()> {
    let text = folder::text(path)?;
    let source: Arc<Path> = Arc::from(path);
    let mut places: Vec<Place> = Vec::new();
    let mut begin = 0;
    for (line, number) in text.split_inclusive('\n').zip(1_u64..) {
        let length = line.chars().count();
        let body = line.trim_end_matches(['\n', '\r']);
        if !body.trim().is_empty() {
            let mut paragraph = Annotated::new(Arc::clone(&source), number, body.to_owned());
            paragraph.index = Some(places.len());
            paragraph.id = Some(format!("{doc}#{}", places.len()));
            paragraph.doc = Some(doc.to_owned());
            places.push(Place { span: begin..begin + body.chars().count(), at: found.len() });
            found.push(paragraph);
        }
        begin += length;
    }
    let annotations = path.with_extension("ann");
    let letters: Vec<char> = text.chars().collect();
    let mut shifted = false;
    for (line, number) in folder::text(&annotations)?.lines().zip(1_u64..) {
        if !line.starts_with('T') {
            continue;
        }
        let span = text_bound(line).map_err(|error| error.at(&annotations).on_line(number))?;
        if let Some(bad) = span.parts.iter().find(|part| part.end > letters.len()) {
            let message =
                format!("`{} {}` lies beyond the {} characters of the text", bad.start, bad.end, letters.len());
            let error = Error::new(ErrorKind::Format, message).at(&annotations).on_line(number);
            return Err(error.mend("take the .txt that was annotated; offsets count characters, not bytes"));
        }
        let covered: Vec<String> = span.parts.iter().map(|part| letters[part.clone()].iter().collect()).collect();
        if !shifted && !same(&covered.join(" "), span.text) {
            shifted = true;
            warn(format!(
                "{}:{number}: the offsets cover `{}`, not `{}`; was the text changed after it was annotated?",
                annotations.display(),
                covered.join(" "),
                span.text
            ));
        }
        for part in &span.parts {
            let first = places.partition_point(|place| place.span.end <= part.start);
            for place in places[first..].iter().take_while(|place| place.span.start < part.end) {
                export::add(&mut found[place.at].labels, span.label);
            }
        }
    }
    Ok(())
}

/// `T1<tab>Label 0 5;9 12<tab>the text`.
struct TextBound<'a> {
    label: &'a str,
    parts: Vec<Range<usize>>,
    text: &'a str,
}

fn text_bound(line: &str) -> Result<TextBound<'_>> {
    let bad = || {
        Error::new(ErrorKind::Format, format!("`{line}` is not a text-bound annotation"))
            .mend("write T1<tab>Label START END<tab>TEXT, several spans with `;` between them")
    };
    let mut columns = line.splitn(3, '\t').skip(1);
    let (head, text) = (columns.next().ok_or_else(bad)?, columns.next().unwrap_or_default());
    let (label, offsets) = head.split_once(' ').ok_or_else(bad)?;
    let part = |part: &str| {
        let (start, end) = part.trim().split_once(' ')?;
        let (start, end) = (start.parse().ok()?, end.trim().parse().ok()?);
        (start < end).then_some(start..end)
    };
    let parts = offsets.split(';').map(part).collect::<Option<Vec<_>>>().ok_or_else(bad)?;
    Ok(TextBound { label, parts, text })
}

/// Whether two texts are the same but for white space.
fn same(one: &str, other: &str) -> bool {
    other.is_empty() || one.split_whitespace().eq(other.split_whitespace())
}

#[cfg(test)]
mod tests {
    use super::super::export::tests::folder;
    use super::*;

    const TEXT: &str = "Wir sind 😀 ABC.\r\n\r\nSie können löschen.\nEnde.\n";

    #[test]
    fn spans_label_every_line_that_they_touch() {
        let notes = "T1\tWho 0 3\tWir\nT2\tErasure 23 29;30 38\tkönnen löschen.\nA1\tSure T2\n#1\tNote T1\tx\nR1\tof Arg1:T1 Arg2:T2\n\
                     T3\tAll 11 44\tABC. Sie können löschen. Ende.\n";
        let folder = folder(&[("a/p.txt", TEXT), ("a/p.ann", notes), ("q.txt", "Left out.")]);
        assert!(looks_like(&folder.path().join("a"), "") && looks_like(&folder.path().join("a/p.txt"), ""));
        assert!(!looks_like(&folder.path().join("q.txt"), ""));
        let mut warnings = Vec::new();
        let found = read(folder.path(), &mut |warning| warnings.push(warning)).unwrap();
        let seen: Vec<_> = found.iter().map(|p| (p.id.as_deref().unwrap(), p.line, p.labels.join(" "))).collect();
        assert_eq!(
            seen,
            [
                ("a/p#0", 1, "Who All".to_owned()),
                ("a/p#1", 3, "Erasure All".to_owned()),
                ("a/p#2", 4, "All".to_owned())
            ]
        );
        assert_eq!(found[0].text.as_deref(), Some("Wir sind 😀 ABC."));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(read(&folder.path().join("a/p.ann"), &mut |_| ()).unwrap()[0].id.as_deref(), Some("p#0"));
    }

    #[test]
    fn offsets_of_another_text_are_told() {
        let folder = folder(&[("p.txt", TEXT), ("p.ann", "T1\tWho 0 3\tSie\n")]);
        let mut warnings = Vec::new();
        read(folder.path(), &mut |warning| warnings.push(warning)).unwrap();
        assert!(warnings[0].contains("p.ann:1: the offsets cover `Wir`, not `Sie`"), "{warnings:?}");
    }

    #[test]
    fn bad_annotations_are_named_with_their_line() {
        for (notes, what) in [
            ("T1\tWho 0 3\tWir\nT2\tWho 3 0\t", "`T2\tWho 3 0\t` is not a text-bound annotation"),
            ("\nT2 Who 0 3", "is not a text-bound"),
            ("\nT2\tWho 0 x\ty", "is not a text-bound"),
            ("\nT2\tWho 0 99\ty", "`0 99` lies beyond the 45 characters"),
        ] {
            let folder = folder(&[("p.txt", TEXT), ("p.ann", notes)]);
            let error = read(folder.path(), &mut |_| ()).unwrap_err();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!((error.line(), folder::stem(error.path().unwrap())), (Some(2), "p".to_owned()));
        }
        let folder = folder(&[("p.ann", "")]);
        assert!(read(folder.path(), &mut |_| ()).unwrap_err().to_string().contains("put `p.txt` beside it"));
    }
}
