//! What klausul decided, for people to correct: tasks with predictions for Label Studio and Prodigy.
//!
//! The labels of the paragraphs are ids of the taxonomy. What comes back from the tools is read by the readers of this
//! module: a task that nobody has touched has the labels that it was written with.

use std::io::Write;

use klausul_core::{Error, ErrorKind, Result, Taxonomy};
use serde_json::{Map, Value, json};

use super::Annotated;

/// The names of the tags in [`label_studio_config`], to which the results of predictions refer.
const CHOICES: &str = "clauses";
const TEXT: &str = "text";

/// Writes tasks for Label Studio: one JSON array, written task by task
/// (<https://labelstud.io/guide/predictions>). Its labelling interface is [`label_studio_config`].
///
/// A prediction has one result with all labels, the form that Label Studio itself writes for several choices; the
/// scores of all categories are in `data.scores`. The score of the prediction, by which Label Studio sorts tasks, is
/// the lowest score (0 to 1) of its labels. Headings are in `data.context`, outermost first, one a line.
///
/// # Errors
/// Where a paragraph has no text or a score that is no number, or the output cannot be written.
pub fn label_studio<'a>(
    paragraphs: impl IntoIterator<Item = &'a Annotated>,
    model_version: &str,
    out: &mut dyn Write,
) -> Result<()> {
    let mut separator = "[\n";
    for paragraph in paragraphs {
        let mut data = shared(paragraph)?;
        data.insert("text".to_owned(), text(paragraph)?.into());
        data.insert("context".to_owned(), paragraph.context.join("\n").into());
        if let Some(doc) = &paragraph.doc {
            data.insert("doc".to_owned(), doc.as_str().into());
        }
        if let Some(id) = &paragraph.id {
            data.insert("id".to_owned(), id.as_str().into());
        }
        let mut prediction = Map::from_iter([("model_version".to_owned(), model_version.into())]);
        let of_labels = paragraph.scores.iter().filter(|(label, _)| paragraph.labels.contains(label));
        if let Some(lowest) = of_labels.map(|(_, score)| *score).reduce(f64::min) {
            prediction.insert("score".to_owned(), lowest.into());
        }
        let result = json!({"id": CHOICES, "from_name": CHOICES, "to_name": TEXT, "type": "choices",
            "value": {"choices": paragraph.labels}});
        let results = if paragraph.labels.is_empty() { json!([]) } else { json!([result]) };
        prediction.insert("result".to_owned(), results);
        out.write_all(separator.as_bytes())?;
        line(out, &json!({"data": data, "predictions": [prediction]}))?;
        separator = ",\n";
    }
    out.write_all(if separator == "[\n" { b"[]\n" } else { b"\n]\n" })?;
    Ok(())
}

/// Writes rows for Prodigy's `choice` interface, one JSON object a line
/// (<https://prodi.gy/docs/api-interfaces#choice>).
///
/// All categories of the taxonomy are options, with their names; the labels are chosen beforehand. Run it with
/// `"choice_style": "multiple"`, for example `prodigy mark DATASET rows.jsonl --view-id choice`.
///
/// # Errors
/// Where a paragraph has no text, a score that is no number, or a label that the taxonomy lacks; or the output
/// cannot be written.
pub fn prodigy<'a>(
    paragraphs: impl IntoIterator<Item = &'a Annotated>,
    taxonomy: &Taxonomy,
    out: &mut dyn Write,
) -> Result<()> {
    let categories = taxonomy.categories().iter();
    let options: Value = categories.map(|category| json!({"id": category.id, "text": category.name})).collect();
    for paragraph in paragraphs {
        if let Some(label) = paragraph.labels.iter().find(|label| taxonomy.index_of(label).is_none()) {
            return Err(Error::new(
                ErrorKind::Usage,
                format!("`{label}` is not a category of the taxonomy {}", taxonomy.name()),
            )
            .at(&paragraph.source)
            .on_line(paragraph.line)
            .mend("give the taxonomy that the paragraphs were labelled with"));
        }
        let mut meta = Map::new();
        for (name, value) in [("doc", &paragraph.doc), ("id", &paragraph.id)] {
            if let Some(value) = value {
                meta.insert(name.to_owned(), value.as_str().into());
            }
        }
        if !paragraph.context.is_empty() {
            meta.insert("context".to_owned(), paragraph.context.join("\n").into());
        }
        let mut row = Map::from_iter([
            ("text".to_owned(), text(paragraph)?.into()),
            ("options".to_owned(), options.clone()),
            ("accept".to_owned(), paragraph.labels.clone().into()),
            ("meta".to_owned(), meta.into()),
        ]);
        row.append(&mut shared(paragraph)?);
        line(out, &row.into())?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// The labelling interface of a Label Studio project (<https://labelstud.io/tags/choices>): the headings, the text, and
/// the categories as choices. A choice shows the name of its category and its definition as a hint; in results it is
/// the id.
pub fn label_studio_config(taxonomy: &Taxonomy) -> String {
    let choices = taxonomy.categories().iter().map(|category| {
        let [id, name, hint] = [&category.id, &category.name, &category.definition].map(|text| escaped(text));
        format!("    <Choice value=\"{name}\" alias=\"{id}\" hint=\"{hint}\"/>\n")
    });
    format!(
        "<View>\n  <Text name=\"context\" value=\"$context\"/>\n  <Text name=\"{TEXT}\" value=\"$text\"/>\n  \
         <Choices name=\"{CHOICES}\" toName=\"{TEXT}\" choice=\"multiple\" showInline=\"false\">\n{}  </Choices>\n</View>\n",
        choices.collect::<String>()
    )
}

/// The fields that are no text of a task: index, language, kind, scores.
fn shared(paragraph: &Annotated) -> Result<Map<String, Value>> {
    let mut fields = Map::new();
    if let Some(index) = paragraph.index {
        fields.insert("index".to_owned(), index.into());
    }
    if let Some(language) = paragraph.language {
        fields.insert("lang".to_owned(), language.as_str().into());
    }
    if let Some(kind) = paragraph.kind {
        fields.insert("kind".to_owned(), kind.as_str().into());
    }
    if let Some((label, score)) = paragraph.scores.iter().find(|(_, score)| !score.is_finite()) {
        return Err(Error::new(ErrorKind::Format, format!("the score `{score}` of `{label}` is no number"))
            .at(&paragraph.source)
            .on_line(paragraph.line));
    }
    if !paragraph.scores.is_empty() {
        let scores = paragraph.scores.iter().map(|(label, score)| (label.clone(), Value::from(*score)));
        fields.insert("scores".to_owned(), Value::Object(scores.collect()));
    }
    Ok(fields)
}

fn text(paragraph: &Annotated) -> Result<&str> {
    paragraph.text.as_deref().ok_or_else(|| {
        Error::new(ErrorKind::Usage, "the paragraph has no text")
            .at(&paragraph.source)
            .on_line(paragraph.line)
            .mend("let klausul write the text of the paragraphs too")
    })
}

fn line(out: &mut dyn Write, value: &Value) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::Format, error.to_string()))?;
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// The value of an XML attribute.
fn escaped(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use klausul_core::Kind;

    use super::super::export::tests::read_one;
    use super::super::{label_studio as studio_reader, prodigy as prodigy_reader};
    use super::*;

    fn paragraphs() -> Vec<Annotated> {
        let source: Arc<Path> = Arc::from(Path::new("out.jsonl"));
        let mut full = Annotated::new(Arc::clone(&source), 1, "You may ask us\nto \"erase\" it.".to_owned());
        full.doc = Some("shop".to_owned());
        full.id = Some("shop#4".to_owned());
        full.index = Some(4);
        full.language = "de".parse().ok();
        full.kind = Some(Kind::ListItem);
        full.context = vec!["Privacy".to_owned(), "Your rights".to_owned()];
        full.labels = vec!["right_erasure".to_owned(), "right_access".to_owned()];
        full.scores =
            vec![("right_erasure".to_owned(), 0.9), ("right_access".to_owned(), 0.6), ("recipients".to_owned(), 0.1)];
        vec![full, Annotated::new(source, 2, "Welcome.".to_owned())]
    }

    /// The paragraphs as a reader should find them in a file of one record a line.
    fn expected(found: &[Annotated]) -> Vec<Annotated> {
        let mut wanted = paragraphs();
        for (wanted, found) in wanted.iter_mut().zip(found) {
            wanted.source = Arc::clone(&found.source);
            wanted.line = found.line;
        }
        wanted
    }

    #[test]
    fn label_studio_gives_back_what_it_was_given() {
        let mut out = Vec::new();
        label_studio(&paragraphs(), "rules-1", &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("\"score\":0.6") && text.contains("\"model_version\":\"rules-1\""), "{text}");
        let found = read_one(studio_reader::read, "tasks.json", &text).0.unwrap();
        let mut wanted = expected(&found);
        for paragraph in &mut wanted {
            paragraph.annotator = Some("rules-1".to_owned());
        }
        assert_eq!(found, wanted);
        assert!(studio_reader::looks_like(Path::new("tasks.json"), &text));
        assert_eq!((found[0].line, found[1].line), (2, 3));
        let mut out = Vec::new();
        label_studio(&[], "rules-1", &mut out).unwrap();
        assert_eq!(out, b"[]\n");
    }

    #[test]
    fn prodigy_gives_back_what_it_was_given() {
        let mut out = Vec::new();
        prodigy(&paragraphs(), Taxonomy::builtin(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(r#"{"id":"right_erasure","text":"Right to erasure"}"#), "{text}");
        let found = read_one(prodigy_reader::read, "rows.jsonl", &text).0.unwrap();
        let mut wanted = expected(&found);
        let all: Vec<String> = Taxonomy::builtin().categories().iter().map(|category| category.id.clone()).collect();
        for paragraph in &mut wanted {
            paragraph.scope = Some(all.clone());
        }
        assert_eq!(found, wanted);
        assert!(prodigy_reader::looks_like(Path::new("rows.jsonl"), &text));
    }

    #[test]
    fn what_cannot_be_shown_is_an_error() {
        let mut paragraph = paragraphs().remove(0);
        paragraph.labels = vec!["weather".to_owned()];
        let error = prodigy([&paragraph], Taxonomy::builtin(), &mut Vec::new()).unwrap_err();
        assert!(error.to_string().starts_with("out.jsonl:1: `weather` is not a category"), "{error}");
        paragraph.text = None;
        assert!(label_studio([&paragraph], "m", &mut Vec::new()).unwrap_err().to_string().contains("has no text"));
        paragraph.scores[0].1 = f64::NAN;
        assert!(label_studio([&paragraph], "m", &mut Vec::new()).unwrap_err().to_string().contains("`NaN`"));
    }

    #[test]
    fn the_interface_has_every_category() {
        let config = label_studio_config(Taxonomy::builtin());
        assert_eq!(config.matches("<Choice ").count(), Taxonomy::builtin().len());
        assert!(config.contains("alias=\"right_erasure\"") && config.contains("value=\"$context\""));
        let mut reader = quick_xml::Reader::from_str(&config);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
        let taxonomy =
            Taxonomy::from_toml("name='t'\nversion='1'\n[[category]]\nid='a'\nname='A & \"B\"'\ndefinition='<x>'")
                .unwrap();
        assert!(
            label_studio_config(&taxonomy).contains("value=\"A &amp; &quot;B&quot;\" alias=\"a\" hint=\"&lt;x&gt;\"")
        );
    }
}
