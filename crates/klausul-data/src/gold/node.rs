//! JSON whose values know the line on which they begin.

use klausul_core::{Error, ErrorKind, Result};
use serde_json::Value;

use super::repair::{self, Fault};

/// A JSON value and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// The line on which it begins, from 1.
    pub(super) line: u64,
    /// What it is.
    pub(super) data: Data,
}

/// What a JSON value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Members in the order of the file.
    Object(Vec<(String, Node)>),
    /// Elements in the order of the file.
    Array(Vec<Node>),
    /// A string.
    Text(String),
    /// A number, a boolean or null.
    Other(Value),
}

impl Node {
    /// The last member of that name, as other readers of JSON take it.
    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        let Data::Object(members) = &self.data else { return None };
        members.iter().rev().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The string, where it is one.
    pub(super) fn text(&self) -> Option<&str> {
        if let Data::Text(text) = &self.data { Some(text) } else { None }
    }

    /// The elements, where it is an array.
    pub(super) fn items(&self) -> Option<&[Node]> {
        if let Data::Array(items) = &self.data { Some(items) } else { None }
    }

    /// The value without its places.
    pub(super) fn to_value(&self) -> Value {
        match &self.data {
            Data::Object(members) => members.iter().map(|(key, node)| (key.clone(), node.to_value())).collect(),
            Data::Array(items) => items.iter().map(Node::to_value).collect(),
            Data::Text(text) => Value::String(text.clone()),
            Data::Other(value) => value.clone(),
        }
    }

    /// An error that says what was expected at this place, and what stands there.
    pub(super) fn unexpected(&self, what: &str) -> Error {
        let found = match &self.data {
            Data::Object(_) => "an object".to_owned(),
            Data::Array(_) => "an array".to_owned(),
            Data::Text(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
            Data::Other(value) => format!("`{value}`"),
        };
        Error::new(ErrorKind::Format, format!("{what} was expected, found {found}")).on_line(self.line)
    }
}

/// Reads a text as JSON, and only where it is no JSON repairs it; the faults are those that were repaired.
///
/// # Errors
/// When it cannot be repaired; the error names the line.
pub(super) fn parse(text: &str) -> Result<(Node, Vec<Fault>)> {
    let strict = serde_json::from_str::<Value>(text);
    let (node, mut faults) = repair::read(text)?;
    match strict {
        Ok(_) => faults.clear(),
        Err(error) if faults.is_empty() => {
            let what = error.to_string().split(" at line ").next().unwrap_or_default().to_owned();
            faults.push(Fault { line: error.line() as u64, what });
        }
        Err(_) => {}
    }
    Ok((node, faults))
}

/// One line about what was repaired: `FILE:LINE: the file was not valid JSON (what); repaired: 3 paragraphs read`.
pub(super) fn report(path: &std::path::Path, faults: &[Fault], paragraphs: usize) -> Option<String> {
    let first = faults.first()?;
    let more = if faults.len() > 1 { format!(", and {} more faults", faults.len() - 1) } else { String::new() };
    let (place, line, what) = (path.display(), first.line, &first.what);
    Some(format!("{place}:{line}: the file was not valid JSON ({what}{more}); repaired: {paragraphs} paragraphs read"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ a-z\",:{}\\[\\]\\\\\n]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[ a-z\",:{}]{0,5}", inner, 0..5)
                    .prop_map(|members| members.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn valid_json_is_read_as_it_is(value in json(), pretty: bool) {
            let value = Value::from(vec![value]);
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let (node, faults) = parse(&text.unwrap()).unwrap();
            prop_assert!(faults.is_empty());
            prop_assert_eq!(node.to_value(), value);
        }

        #[test]
        fn any_text_is_read_with_its_faults_or_refused(text in "[\\[\\]{}\",:a\\\\ \n1t]{0,60}") {
            if let Ok((_, faults)) = parse(&text) {
                prop_assert_eq!(faults.is_empty(), serde_json::from_str::<Value>(&text).is_ok());
            }
        }

        #[test]
        fn any_cut_is_read_or_refused(value in json(), cut in 0_usize..200) {
            let text = serde_json::to_string_pretty(&value).unwrap();
            let end = text.floor_char_boundary(cut);
            let _ = parse(&text[..end]);
        }
    }

    #[test]
    fn values_know_their_lines() {
        let (node, _) = parse("[\n 1,\n {\"a\": \"x\",\n  \"b\": [true]}\n]").unwrap();
        let items = node.items().unwrap();
        assert_eq!((items[0].line, items[1].line), (2, 3));
        assert_eq!(items[1].get("b").unwrap().line, 4);
        assert_eq!(items[1].get("a").unwrap().text(), Some("x"));
        assert_eq!(items[0].unexpected("a paragraph").to_string(), "line 2: a paragraph was expected, found `1`");
    }
}
