//! UIMA CAS JSON 0.4 (<https://github.com/apache/uima-uimaj-io-jsoncas/blob/main/SPECIFICATION.adoc>).
//!
//! The specification leaves the unit of offsets open; INCEpTION and the libraries write UTF-16 code units, and so they
//! are read.

use std::collections::HashMap;
use std::ops::Range;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::{Map, Value};

use super::super::export;
use super::{Paragraph, is_annotated, is_label, short};

type Structure = Map<String, Value>;

/// The paragraphs of a document: its `Paragraph` annotations, or else the lines of its text that are not blank. Their
/// line is their number, from 1.
pub(super) fn paragraphs(text: &str) -> Result<Vec<Paragraph>> {
    let cas: Value =
        serde_json::from_str(text).map_err(|error| export::bad_json(&error, error.line().max(1) as u64))?;
    let Some(structures) = cas.get("%FEATURE_STRUCTURES").and_then(Value::as_array) else {
        return Err(Error::new(ErrorKind::Format, "there is no list `%FEATURE_STRUCTURES`")
            .on_line(1)
            .mend("export the documents as UIMA CAS JSON 0.4"));
    };
    let structures: Vec<&Structure> = structures.iter().filter_map(Value::as_object).collect();
    let sofa = structures.iter().find(|one| kind(one) == "uima.cas.Sofa" && one.contains_key("sofaString"));
    let Some((sofa, body)) = sofa.and_then(|sofa| Some((sofa.get("%ID"), sofa["sofaString"].as_str()?))) else {
        return Err(Error::new(ErrorKind::Format, "no `uima.cas.Sofa` has a `sofaString`").on_line(1));
    };
    let units = Units::new(body);
    let place = |one: &Structure| {
        units.place(one).ok_or_else(|| {
            let id = one.get("%ID").map_or_else(|| "without id".to_owned(), Value::to_string);
            let message = format!("the annotation {id} has no `begin` and `end` inside the text");
            let error = Error::new(ErrorKind::Format, message).on_line(line_of(text, &id));
            error.mend("export the document again; offsets count UTF-16 code units")
        })
    };
    let in_text = |one: &&&Structure| one.get("@sofa") == sofa && units.has_anchor(one);
    let mut spans = Vec::new();
    for one in structures.iter().filter(in_text).filter(|one| kind(one).ends_with(".segmentation.type.Paragraph")) {
        spans.push(place(one)?);
    }
    if spans.is_empty() {
        spans = lines(body);
    }
    spans.retain(|span| !body[span.clone()].trim().is_empty());
    spans.sort_by_key(|span| (span.start, span.end));
    let mut found: Vec<Paragraph> = (1..)
        .zip(&spans)
        .map(|(line, span)| Paragraph { text: body[span.clone()].trim().to_owned(), line, labels: Vec::new() })
        .collect();
    let by_id: HashMap<i64, &Structure> =
        structures.iter().filter_map(|one| Some((one.get("%ID")?.as_i64()?, *one))).collect();
    for one in structures.iter().filter(in_text).filter(|one| is_annotated(kind(one))) {
        let covered = place(one)?;
        let labels = labels(one, &cas["%TYPES"], &by_id);
        for (paragraph, span) in found.iter_mut().zip(&spans) {
            if covered.start < span.end && covered.end > span.start {
                for label in &labels {
                    export::add(&mut paragraph.labels, label.as_str());
                }
            }
        }
    }
    Ok(found)
}

fn kind(one: &Structure) -> &str {
    one.get("%TYPE").and_then(Value::as_str).unwrap_or_default()
}

/// The values of the string features and arrays of strings of an annotation; the short name of its type where that has
/// no features.
fn labels(one: &Structure, types: &Value, by_id: &HashMap<i64, &Structure>) -> Vec<String> {
    let mut labels = Vec::new();
    if one.contains_key("@Governor") || one.contains_key("@Dependent") {
        // A relation lies on the span that it comes from.
        return labels;
    }
    for (name, value) in one.iter().filter(|(name, _)| !name.starts_with(['%', '^']) && is_label(name)) {
        match (value, name.strip_prefix('@')) {
            (Value::String(label), None) => export::add(&mut labels, label.as_str()),
            (Value::Number(id), Some(_)) => {
                let array = id.as_i64().and_then(|id| by_id.get(&id)).filter(|array| kind(array).contains("String"));
                let elements = array.and_then(|array| array.get("%ELEMENTS")).and_then(Value::as_array);
                elements
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .for_each(|label| export::add(&mut labels, label));
            }
            _ => {}
        }
    }
    let declared = types.get(kind(one)).and_then(Value::as_object);
    let featureless = declared.is_some_and(|features| features.keys().all(|name| name.starts_with('%')));
    if featureless {
        export::add(&mut labels, short(kind(one)));
    }
    labels
}

/// The byte ranges of the lines of a text.
fn lines(body: &str) -> Vec<Range<usize>> {
    let mut begin = 0;
    let line = |line: &str| {
        begin += line.len();
        begin - line.len()..begin
    };
    body.split_inclusive('\n').map(line).collect()
}

/// The line of the file on which a feature structure is named, as nearly as can be told.
fn line_of(text: &str, id: &str) -> u64 {
    let found = text.match_indices("\"%ID\"").find(|(at, key)| {
        let value = text[at + key.len()..].trim_start().trim_start_matches(':').trim_start();
        value.strip_prefix(id).is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()))
    });
    found.map_or(1, |(at, _)| export::lines(&text.as_bytes()[..at]) + 1)
}

/// Where in the bytes of a text each UTF-16 code unit begins.
struct Units(Vec<usize>);

impl Units {
    fn new(body: &str) -> Self {
        let begins = body.char_indices().flat_map(|(at, letter)| std::iter::repeat_n(at, letter.len_utf16()));
        Self(begins.chain([body.len()]).collect())
    }

    /// Whether a structure is an annotation of the text.
    fn has_anchor(&self, one: &Structure) -> bool {
        !self.0.is_empty() && (one.contains_key("begin") || one.contains_key("^begin"))
    }

    /// The bytes that an annotation covers.
    fn place(&self, one: &Structure) -> Option<Range<usize>> {
        let offset = |plain: &str, marked: &str| {
            let value = one.get(plain).or_else(|| one.get(marked))?.as_u64()?;
            self.0.get(usize::try_from(value).ok()?).copied()
        };
        let (begin, end) = (offset("begin", "^begin")?, offset("end", "^end")?);
        (begin <= end).then_some(begin..end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cas(more: &str) -> String {
        format!(
            r#"{{
  "%TYPES" : {{
    "custom.Clause" : {{ "%NAME" : "custom.Clause", "%SUPER_TYPE" : "uima.tcas.Annotation", "kind" : {{ "%RANGE" : "uima.cas.String" }} }},
    "custom.Mark" : {{ "%NAME" : "custom.Mark", "%SUPER_TYPE" : "uima.tcas.Annotation" }}
  }},
  "%FEATURE_STRUCTURES" : [
  {{ "%ID" : 1, "%TYPE" : "uima.cas.Sofa", "sofaNum" : 1, "sofaID" : "_InitialView", "sofaString" : "😀 We keep.\n\nYou may go.\nEnd." }},
  {{ "%ID" : 2, "%TYPE" : "uima.tcas.DocumentAnnotation", "@sofa" : 1, "begin" : 0, "end" : 28, "language" : "en" }},
  {{ "%ID" : 3, "%TYPE" : "custom.Clause", "@sofa" : 1, "begin" : 3, "end" : 5, "kind" : "who" }},
  {{ "%ID" : 4, "%TYPE" : "custom.Clause", "@sofa" : 1, "^begin" : 13, "^end" : 27, "@kinds" : 6 }},
  {{ "%ID" : 5, "%TYPE" : "custom.Mark", "@sofa" : 1, "begin" : 25, "end" : 28 }},
  {{ "%ID" : 6, "%TYPE" : "uima.cas.StringArray", "%ELEMENTS" : [ "go", null, "stay" ] }}{more}
  ],
  "%VIEWS" : {{ "_InitialView" : {{ "%SOFA" : 1, "%MEMBERS" : [ 2, 3, 4, 5 ] }} }}
}}"#
        )
    }

    fn seen(text: &str) -> Vec<(String, String)> {
        paragraphs(text).unwrap().into_iter().map(|found| (found.text, found.labels.join(" "))).collect()
    }

    #[test]
    fn annotations_label_the_lines_that_they_touch() {
        let expected = [("😀 We keep.", "who"), ("You may go.", "go stay"), ("End.", "go stay Mark")];
        assert_eq!(seen(&cas("")), expected.map(|(text, labels)| (text.to_owned(), labels.to_owned())));
    }

    #[test]
    fn paragraphs_that_are_annotated_come_before_lines() {
        let more = r#", { "%ID" : 7, "%TYPE" : "de.tudarmstadt.ukp.dkpro.core.api.segmentation.type.Paragraph", "@sofa" : 1, "begin" : 13, "end" : 29 }"#;
        assert_eq!(seen(&cas(more)), [("You may go.\nEnd.".to_owned(), "go stay Mark".to_owned())]);
    }

    #[test]
    fn a_bad_file_is_named_with_its_line() {
        let more = ",\n  { \"%ID\" : 8, \"%TYPE\" : \"custom.Mark\", \"@sofa\" : 1, \"begin\" : 3, \"end\" : 99 }";
        for (text, line, what) in [
            (cas(more), 13, "the annotation 8 has no `begin`"),
            (cas("\noops"), 13, "not JSON"),
            ("{}".to_owned(), 1, "no list `%FEATURE"),
            ("{\"%FEATURE_STRUCTURES\": []}".to_owned(), 1, "`sofaString`"),
        ] {
            let error = paragraphs(&text).err().unwrap();
            assert!(error.to_string().contains(what), "{error}");
            assert_eq!(error.line(), Some(line), "{error}");
        }
    }
}
