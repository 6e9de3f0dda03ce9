//! The JSON line of a paragraph.

use klausul_core::{Evidence, Paragraph, Place, Prediction, Taxonomy};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

/// Who decided and over which categories: the same for all records of a run.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// What the classifier said of the paragraph.
    pub prediction: &'a Prediction,
    /// The categories that the prediction's indices refer to.
    pub taxonomy: &'a Taxonomy,
    /// The classifier's implementation.
    pub backend: &'a str,
    /// The classifier's model and version.
    pub model: &'a str,
    /// Whether the record carries the evidence.
    pub explain: bool,
}

/// One output row: a paragraph, what was decided of it, and the columns that its input row brought along.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// Id of the document.
    pub doc: &'a str,
    /// The paragraph.
    pub paragraph: &'a Paragraph,
    /// `None` for paragraphs without labels.
    pub decided: Option<Decided<'a>>,
    /// Other columns of the input row; a name that the record uses itself gets the prefix `input_`.
    pub extra: &'a Map<String, Value>,
    /// Whether `context` and `text` are written.
    pub with_text: bool,
}

/// The fields that every record has, in their order.
pub(super) const FIELDS: &[&str] = &[
    "doc", "id", "index", "lang", "kind", "context", "text", "start", "end", "labels", "scores", "backend", "model",
    "evidence",
];

/// Appends the record as one line of JSON with its line feed.
pub fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    // Writing to memory cannot fail and every key is a string, so there is no error to hand on.
    let _ = serde_json::to_writer(&mut *out, record);
    out.push(b'\n');
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let paragraph = self.paragraph;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("doc", self.doc)?;
        map.serialize_entry("id", &paragraph.id)?;
        map.serialize_entry("index", &paragraph.index)?;
        map.serialize_entry("lang", &paragraph.language)?;
        map.serialize_entry("kind", &paragraph.kind)?;
        if self.with_text {
            map.serialize_entry("context", &paragraph.context)?;
            map.serialize_entry("text", &paragraph.text)?;
        }
        map.serialize_entry("start", &paragraph.start)?;
        map.serialize_entry("end", &paragraph.end)?;
        if let Some(decided) = &self.decided {
            map.serialize_entry("labels", &Labels(decided))?;
            map.serialize_entry("scores", &Scores(decided))?;
            map.serialize_entry("backend", decided.backend)?;
            map.serialize_entry("model", decided.model)?;
            if decided.explain {
                let evidence = &decided.prediction.evidence;
                map.serialize_entry("evidence", &Reasons { evidence, taxonomy: decided.taxonomy })?;
            }
        }
        for (name, value) in self.extra {
            if FIELDS.contains(&name.as_str()) {
                map.serialize_entry(&format!("input_{name}"), value)?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

struct Labels<'a>(&'a Decided<'a>);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let categories = self.0.taxonomy.categories();
        serializer.collect_seq(self.0.prediction.labels.iter().map(|&label| &categories[label].id))
    }
}

struct Scores<'a>(&'a Decided<'a>);

impl Serialize for Scores<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ids = self.0.taxonomy.categories().iter().map(|category| &category.id);
        serializer.collect_map(ids.zip(&self.0.prediction.scores))
    }
}

/// The evidence of a prediction, as its record has it.
#[derive(Debug, Clone, Copy)]
pub struct Reasons<'a> {
    /// What the prediction rests on.
    pub evidence: &'a [Evidence],
    /// The categories that it speaks of.
    pub taxonomy: &'a Taxonomy,
}

impl Serialize for Reasons<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.evidence.iter().map(|evidence| Reason { evidence, taxonomy: self.taxonomy }))
    }
}

struct Reason<'a> {
    evidence: &'a Evidence,
    taxonomy: &'a Taxonomy,
}

impl Serialize for Reason<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("category", &self.taxonomy.categories()[self.evidence.category].id)?;
        map.serialize_entry("rule", self.evidence.rule.as_ref())?;
        map.serialize_entry("negated", &self.evidence.negated)?;
        let matches: Vec<Value> = self
            .evidence
            .matches
            .iter()
            .map(|found| {
                let mut object = Map::new();
                match found.place {
                    Place::Text => object.insert("place".into(), "text".into()),
                    Place::Context(entry) => object.insert("place".into(), format!("context[{entry}]").into()),
                };
                object.insert("text".into(), found.text.as_str().into());
                object.insert("start".into(), found.start.into());
                object.insert("end".into(), found.end.into());
                Value::Object(object)
            })
            .collect();
        map.serialize_entry("matches", &matches)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use klausul_core::{Kind, Match};

    use super::*;

    #[test]
    fn a_record_is_one_line_with_its_fields_in_order() {
        let paragraph = Paragraph {
            id: "a#0".into(),
            index: 0,
            language: "sv".parse().unwrap(),
            kind: Kind::ListItem,
            context: vec!["Dina rättigheter".into()],
            text: "Rad\n\"två\"".into(),
            start: 3,
            end: 12,
        };
        let taxonomy = Taxonomy::from_toml(
            "name = \"n\"\nversion = \"1\"\n[[category]]\nid = \"x\"\nname = \"X\"\ndefinition = \"x\"\n\
             [[category]]\nid = \"y\"\nname = \"Y\"\ndefinition = \"y\"\n",
        )
        .unwrap();
        let found = Match { place: Place::Context(0), text: "Dina".into(), start: 0, end: 4 };
        let evidence = vec![Evidence { category: 1, rule: "sv/y/z".into(), negated: false, matches: vec![found] }];
        let prediction = Prediction { scores: vec![0.03, 0.9], labels: vec![1], evidence };
        let decided =
            Decided { prediction: &prediction, taxonomy: &taxonomy, backend: "rules", model: "m", explain: true };
        let mut extra = Map::new();
        extra.insert("labels".into(), Value::from(vec!["gold"]));
        extra.insert("note".into(), Value::from(1));
        let record = Record { doc: "a", paragraph: &paragraph, decided: Some(decided), extra: &extra, with_text: true };
        let mut line = Vec::new();
        encode(&record, &mut line);
        assert_eq!(
            String::from_utf8(line).unwrap(),
            r#"{"doc":"a","id":"a#0","index":0,"lang":"sv","kind":"list_item","context":["Dina rättigheter"],"text":"Rad\n\"två\"","start":3,"end":12,"labels":["y"],"scores":{"x":0.03,"y":0.9},"backend":"rules","model":"m","evidence":[{"category":"y","rule":"sv/y/z","negated":false,"matches":[{"place":"context[0]","text":"Dina","start":0,"end":4}]}],"input_labels":["gold"],"note":1}"#
                .to_owned()
                + "\n"
        );
    }
}
