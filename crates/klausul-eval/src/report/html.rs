//! The report as one HTML page that needs nothing but itself.

use std::fmt::Write as _;

use serde_json::Value;

/// The page, with a `{{name}}` where each part below goes.
const TEMPLATE: &str = include_str!("html/report.html");
const STYLE: &str = include_str!("html/report.css");
/// The script, in the order in which its parts use each other; `report.js` starts it.
const SCRIPT: [&str; 9] = [
    include_str!("html/dom.js"),
    include_str!("html/table.js"),
    include_str!("html/charts.js"),
    include_str!("html/overview.js"),
    include_str!("html/figures.js"),
    include_str!("html/parts.js"),
    include_str!("html/documents.js"),
    include_str!("html/errors.js"),
    include_str!("html/report.js"),
];

/// The page that shows an evaluation: figures with their intervals, charts, and a browser of the wrong paragraphs.
///
/// `report` is the evaluation as `klausul evaluate --json` writes it; a section that is absent or `null` is left out and
/// a number that is `null` is shown as "–". Each of `errors` is a paragraph whose predicted categories differ from its
/// gold categories: `id`, `doc`, `lang`, `kind`, `context`, `text`, `gold`, `predicted`, `scores` and `evidence`, whose
/// matches give byte offsets into the UTF-8 text.
///
/// The page loads nothing, and its content security policy forbids it to. Paragraphs are data in it and never markup,
/// whatever stands in them.
///
/// ```
/// use klausul_eval::report::html;
/// use serde_json::json;
///
/// let error = json!({"id": "a#0", "text": "</script><script>alert(1)</script>", "gold": ["recipients"], "predicted": []});
/// let page = html(&json!({"klausul": "0.1.0"}), &[error]);
/// assert!(page.starts_with("<!doctype html>") && !page.contains("alert(1)</script>"));
/// ```
pub fn html(report: &Value, errors: &[Value]) -> String {
    let script = SCRIPT.concat();
    let mut page = String::with_capacity(TEMPLATE.len() + STYLE.len() + script.len() + 1024 * (errors.len() + 32));
    for (index, part) in TEMPLATE.split("{{").enumerate() {
        let text = match part.split_once("}}") {
            Some((name, rest)) if index > 0 => {
                match name {
                    "style" => page.push_str(STYLE),
                    "script" => page.push_str(&script),
                    "data" => embed(&mut page, report, errors),
                    _ => debug_assert!(false, "the template asks for an unknown part `{name}`"),
                }
                rest
            }
            _ => part,
        };
        page.push_str(text);
    }
    page
}

/// Writes the data as the JSON object that the script reads.
fn embed(page: &mut String, report: &Value, errors: &[Value]) {
    page.push_str("{\"report\":");
    escape(page, report);
    page.push_str(",\"errors\":[");
    for (index, error) in errors.iter().enumerate() {
        if index > 0 {
            page.push_str(",\n");
        }
        escape(page, error);
    }
    page.push_str("]}");
}

/// Writes JSON that can stand inside a script element: outside its strings JSON has none of the characters that end
/// such an element or open a comment, and inside them each is written as its `\u` escape.
fn escape(page: &mut String, value: &Value) {
    for character in value.to_string().chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(page, "\\u{:04x}", u32::from(character));
            }
            other => page.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What stands in the page's data element.
    fn data(page: &str) -> &str {
        let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("a data element");
        rest.split_once("</script>").expect("its end").0
    }

    #[test]
    fn no_text_breaks_out_of_the_data() {
        let text = "a</script><script>x()</script><!-- & \u{2028}\u{2029} {{script}} \"\\";
        let error = json!({"id": "a#0", "text": text, "</SCRIPT>": "a key"});
        let report = json!({"klausul": "</script >"});
        let page = html(&report, std::slice::from_ref(&error));
        let data = data(&page);
        assert!(!data.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        let read: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(read, json!({"report": report, "errors": [error]}));
    }

    #[test]
    fn every_part_is_in_the_page_once() {
        let page = html(&json!({}), &[]);
        assert_eq!(data(&page), "{\"report\":{},\"errors\":[]}");
        assert!(page.contains(STYLE));
        for part in SCRIPT {
            assert_eq!(page.matches(part).count(), 1);
        }
        assert!(!page.contains("{{"));
    }

    #[test]
    fn the_page_names_no_address() {
        let page = html(&json!({}), &[]).replace("http://www.w3.org/2000/svg", "");
        for scheme in ["http:", "https:", "//www.", "@import", "url(", " src=", "fetch(", "innerHTML", "XMLHttpRequest"]
        {
            assert!(!page.contains(scheme), "the page contains `{scheme}`");
        }
        assert!(
            page.contains("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:")
        );
    }

    #[test]
    fn no_script_part_ends_its_element() {
        for part in SCRIPT {
            assert!(!part.contains("</") && !part.contains("<!--"));
        }
    }
}
