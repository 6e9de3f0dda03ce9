//! An annotated paragraph as a row of klausul's own.

use klausul_core::Taxonomy;
use serde_json::{Map, Value, json};

use super::Labelled;

/// Appends the paragraph as one line of JSON with its line feed, in the fields that klausul reads and writes.
pub fn encode(labelled: &Labelled, taxonomy: &Taxonomy, out: &mut Vec<u8>) {
    let ids = |indices: &[usize]| -> Value {
        indices.iter().map(|&index| Value::from(taxonomy.categories()[index].id.as_str())).collect()
    };
    let mut row = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            row.insert(name.to_owned(), value);
        }
    };
    put("doc", labelled.doc.as_deref().map(Value::from));
    put("id", labelled.id.as_deref().map(Value::from));
    put("index", labelled.index.map(Value::from));
    put("lang", labelled.language.map(|language| language.as_str().into()));
    put("kind", Some(labelled.kind.as_str().into()));
    put("context", Some(labelled.context.clone().into()));
    put("text", labelled.text.as_deref().map(Value::from));
    put("labels", Some(ids(&labelled.labels)));
    put("scope", labelled.scope.as_deref().map(ids));
    if !labelled.scores.is_empty() {
        let scores = taxonomy.categories().iter().zip(&labelled.scores).filter(|(_, score)| !score.is_nan());
        put("scores", Some(scores.map(|(category, &score)| (category.id.clone(), json!(score))).collect()));
    }
    put("annotator", labelled.annotator.as_deref().map(Value::from));
    for (name, value) in &labelled.extra {
        let taken = row.contains_key(name);
        row.insert(if taken { format!("input_{name}") } else { name.clone() }, value.clone());
    }
    // Writing to memory cannot fail and every key is a string.
    let _ = serde_json::to_writer(&mut *out, &row);
    out.push(b'\n');
}
