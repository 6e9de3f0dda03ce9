//! The little that has to be known of HTML before it is parsed.

use std::borrow::Cow;

/// How far a character set may be declared from the beginning, in bytes.
const REACH: usize = 4096;

/// The character set that a page declares in its XML declaration or in a `<meta>`.
pub(super) fn charset(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(REACH)]).to_ascii_lowercase();
    let mut rest = head.as_str();
    while let Some(place) = rest.find('<') {
        rest = &rest[place..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = &comment[comment.find("-->")?..];
            continue;
        }
        let tag = rest.split_once('>').map_or(rest, |(tag, _)| tag);
        let attribute = match tag {
            _ if tag.starts_with("<?xml") => "encoding",
            _ if tag.starts_with("<meta") => "charset",
            _ => "",
        };
        if !attribute.is_empty()
            && let Some(label) = value(tag, attribute)
        {
            return Some(Cow::Owned(label.to_owned()));
        }
        rest = &rest[1..];
    }
    None
}

/// What stands behind `name=`, with or without quotes; `name` may stand inside another attribute's value.
pub(super) fn value<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.match_indices(name).find_map(|(place, _)| {
        let rest = tag[place + name.len()..].trim_start().strip_prefix('=')?.trim_start();
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '>' | '/' | '?'));
        Some(&rest[..end.unwrap_or(rest.len())]).filter(|value| !value.is_empty())
    })
}

/// Elements by whose tags HTML is known.
const ELEMENTS: [&str; 42] = [
    "a", "article", "aside", "b", "body", "br", "button", "center", "dd", "div", "dl", "dt", "em", "footer", "form",
    "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hr", "html", "img", "li", "link", "main", "meta", "nav",
    "ol", "p", "script", "section", "span", "strong", "style", "table", "title", "ul", "noscript",
];

/// Whether a text begins as HTML, and how many HTML tags stand in its first KiB.
pub(super) fn signs(head: &str) -> (bool, usize) {
    let mut start = head.trim_start();
    loop {
        if let Some(comment) = start.strip_prefix("<!--") {
            let Some(end) = comment.find("-->") else { return (true, 0) };
            start = comment[end + 3..].trim_start();
        } else if start.starts_with("<?xml") {
            let Some(end) = start.find('>') else { return (true, 0) };
            start = start[end + 1..].trim_start();
            // XML that is not HTML is still better read as tags and text.
            if start.starts_with('<') && !start.starts_with("<!--") {
                return (true, 1);
            }
        } else {
            break;
        }
    }
    let begins = start.get(..9).is_some_and(|text| text.eq_ignore_ascii_case("<!doctype")) || tag(start).is_some();
    let mut end = start.len().min(1024);
    while !start.is_char_boundary(end) {
        end -= 1;
    }
    let tags = start[..end].match_indices('<').filter(|(place, _)| tag(&start[*place..]).is_some()).count();
    (begins, tags)
}

/// The HTML element whose tag, opening or closing, stands at the beginning of a text.
fn tag(text: &str) -> Option<&'static str> {
    let text = text.strip_prefix('<')?;
    let text = text.strip_prefix('/').unwrap_or(text);
    let end = text.find(|c: char| !c.is_ascii_alphanumeric())?;
    if !text[end..].starts_with([' ', '\t', '\r', '\n', '>', '/']) {
        return None;
    }
    ELEMENTS.into_iter().find(|element| element.eq_ignore_ascii_case(&text[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets_are_found_where_browsers_find_them() {
        for (page, label) in [
            (&b"<meta charset=UTF-8>"[..], Some("utf-8")),
            (b"<META http-equiv='Content-Type' content='text/html; charset=ISO-8859-2'>", Some("iso-8859-2")),
            (b"<?xml version=\"1.0\" encoding='windows-1250'?><html>", Some("windows-1250")),
            (b"<!-- <meta charset=koi8-r> --><meta name=x><meta charset = \"cp1251\" />", Some("cp1251")),
            (b"<p>charset=utf-8</p>", None),
            (b"<!-- <meta charset=koi8-r>", None),
        ] {
            assert_eq!(charset(page).as_deref(), label, "{}", String::from_utf8_lossy(page));
        }
        let far = [&[b' '; 5000][..], b"<meta charset=utf-8>"].concat();
        assert_eq!(charset(&far), None);
    }

    #[test]
    fn html_is_known_by_its_beginning_or_its_tags() {
        for (head, begins, tags) in [
            ("<!DOCTYPE html><html>", true, 1),
            (" <!-- x --> <HTML lang=sv>", true, 1),
            ("<?xml version='1.0'?><html/>", true, 1),
            ("Hej <p>du</p>", false, 2),
            ("1 < 2 and <b@example.org> <https://x.example>", false, 0),
            ("<!-- never closed", true, 0),
        ] {
            assert_eq!(signs(head), (begins, tags), "{head}");
        }
    }
}
