//! Records as JSON-LD with terms of the W3C Data Privacy Vocabulary.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use klausul_core::{Result, Taxonomy};
use serde_json::{Map, Value, json};

use super::encode::FIELDS;
use super::lines::for_each;

/// Prefixes of the document: DPV 2.3, its GDPR and technology extensions, Dublin Core, schema.org and klausul's own names.
const CONTEXT: &str = r#"{"dpv":"https://w3id.org/dpv#","eu-gdpr":"https://w3id.org/dpv/legal/eu/gdpr#","tech":"https://w3id.org/dpv/tech#","dct":"http://purl.org/dc/terms/","schema":"https://schema.org/","klausul":"urn:klausul:","text":"schema:text","context":{"@id":"klausul:context","@container":"@list"},"lang":"schema:inLanguage","doc":{"@id":"schema:isPartOf","@type":"@id"},"index":"schema:position","subject":{"@id":"dct:subject","@type":"@id"},"labels":{"@id":"klausul:label","@type":"@id"},"scores":"klausul:score","category":{"@id":"klausul:category","@type":"@id"},"probability":"klausul:probability","@vocab":"urn:klausul:"}"#;

/// Writes one JSON-LD document: a node a category that the taxonomy maps to DPV terms, then a node a paragraph whose
/// `dct:subject` are the terms of its labels.
pub(super) fn write(lines: &Path, taxonomy: &Taxonomy, out: &mut dyn Write) -> Result<()> {
    let terms: HashMap<&str, &[String]> =
        taxonomy.categories().iter().map(|category| (category.id.as_str(), category.dpv.as_slice())).collect();
    write!(out, "{{\"@context\":{CONTEXT},\n\"@graph\":[")?;
    for (index, category) in taxonomy.categories().iter().enumerate() {
        let node = json!({
            "@id": format!("klausul:category/{}", category.id),
            "@type": "klausul:Category",
            "schema:name": category.name,
            "schema:description": category.definition,
            "dct:relation": category.dpv.iter().map(|term| json!({ "@id": term })).collect::<Vec<_>>(),
        });
        write!(out, "{}\n{node}", if index == 0 { "" } else { "," })?;
    }
    for_each(lines, |record| Ok(write!(out, ",\n{}", node(record, &terms))?))?;
    out.write_all(b"\n]}\n")?;
    Ok(())
}

fn node(mut record: Map<String, Value>, terms: &HashMap<&str, &[String]>) -> Value {
    let mut node = Map::new();
    node.insert("@id".into(), iri("paragraph", record.get("id")).into());
    node.insert("@type".into(), "klausul:Paragraph".into());
    let labels: Vec<String> = match record.get("labels") {
        Some(Value::Array(labels)) => labels.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let subjects: Vec<&String> =
        labels.iter().flat_map(|label| terms.get(label.as_str()).copied().unwrap_or_default()).collect();
    for name in FIELDS {
        let Some(value) = record.shift_remove(*name) else { continue };
        let value = match *name {
            "doc" => iri("document", Some(&value)).into(),
            "labels" => labels.iter().map(|label| category(label)).collect(),
            "scores" => scores(&value),
            "evidence" => json!({ "@type": "@json", "@value": value }),
            _ => value,
        };
        node.insert((*name).to_owned(), value);
        if *name == "labels" {
            node.insert("subject".into(), json!(subjects));
        }
    }
    if !record.is_empty() {
        node.insert("input".into(), json!({ "@type": "@json", "@value": record }));
    }
    Value::Object(node)
}

fn category(label: &str) -> Value {
    format!("klausul:category/{label}").into()
}

fn scores(value: &Value) -> Value {
    let scores = value.as_object().into_iter().flatten();
    scores.map(|(id, probability)| json!({ "category": category(id), "probability": probability })).collect()
}

/// An IRI for an id of the user's: what an IRI may not hold is percent-encoded.
fn iri(class: &str, id: Option<&Value>) -> String {
    let id = id.and_then(Value::as_str).unwrap_or_default();
    let mut iri = format!("urn:klausul:{class}/");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:#@".contains(&byte) {
            iri.push(byte.into());
        } else {
            // Writing to a string cannot fail.
            let _ = write!(iri, "%{byte:02X}");
        }
    }
    iri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_dpv_subjects() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let line = r#"{"doc":"a b.html","id":"a b.html#0","lang":"sv","text":"x","labels":["right_erasure","automated_decision"],"scores":{"right_erasure":0.9},"own":1}"#;
        std::fs::write(file.path(), format!("{line}\n")).unwrap();
        let mut out = Vec::new();
        write(file.path(), Taxonomy::builtin(), &mut out).unwrap();
        let document: Value = serde_json::from_slice(&out).unwrap();
        let graph = document["@graph"].as_array().unwrap();
        assert_eq!(graph.len(), 28);
        let node = &graph[27];
        assert_eq!(node["@id"], "urn:klausul:paragraph/a%20b.html#0");
        assert_eq!(node["subject"], json!(["eu-gdpr:A17", "dpv:AutomatedDecisionMaking", "eu-gdpr:A22"]));
        assert_eq!(node["scores"][0]["category"], "klausul:category/right_erasure");
        assert_eq!(node["input"]["@value"]["own"], 1);
    }
}
