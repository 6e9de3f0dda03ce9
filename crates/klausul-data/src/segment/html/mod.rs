//! HTML: the policy's own blocks out of a scraped page.

mod attributes;
mod builder;
mod emitter;
mod names;
mod select;
mod tree;
mod walk;

use super::unit::{Link, Role, Unit};

/// The units of a page or fragment. The `offset` is added to all ranges.
pub(super) fn units(source: &str, offset: usize) -> Option<Vec<Unit>> {
    let tree = builder::parse(source);
    if !tree.markup && tree.decoded.is_empty() {
        return None;
    }
    let units = walk::walk(&tree, &select::content(&tree), source, offset);
    let units = trim_links(units);
    if units.iter().any(|unit| matches!(unit, Unit::Line(_))) {
        return Some(units);
    }
    Some(walk::walk(&tree, &select::everything(&tree), source, offset))
}

/// The units of a fragment in which nothing is boilerplate, such as a table cell. The `offset` is added to all ranges.
pub(super) fn fragment(source: &str, offset: usize) -> Vec<Unit> {
    let tree = builder::parse(source);
    walk::walk(&tree, &select::everything(&tree), source, offset)
}

/// Removes the menus that no element names: runs of lines before the first or behind the last text of the page that
/// are links to other pages throughout.
fn trim_links(units: Vec<Unit>) -> Vec<Unit> {
    let substantial = |unit: &Unit| match unit {
        Unit::Line(line) => {
            matches!(line.role, Role::Heading(_)) && line.link != Link::Outside
                || line.link == Link::None && line.piece.text().len() >= 80
        }
        _ => false,
    };
    let Some(first) = units.iter().position(substantial) else { return units };
    let Some(last) = units.iter().rposition(substantial) else { return units };
    let outside = |unit: &Unit| matches!(unit, Unit::Line(line) if line.link == Link::Outside);
    let before = units[..first].iter().filter(|unit| outside(unit)).count();
    let after = units[last..].iter().filter(|unit| outside(unit)).count();
    let kept =
        |index: usize, unit: &Unit| !(outside(unit) && (index < first && before > 1 || index > last && after > 2));
    units.into_iter().enumerate().filter(|(index, unit)| kept(*index, unit)).map(|(_, unit)| unit).collect()
}

/// The language that the page declares: the `lang` attribute of its `html` element.
pub(super) fn declared_language(source: &str) -> Option<&str> {
    let mut rest = source;
    loop {
        rest = &rest[rest.find('<')?..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = &comment[comment.find("-->")?..];
            continue;
        }
        let name = rest[1..].find(|char: char| !char.is_ascii_alphanumeric() && !matches!(char, '!' | '?' | '/'));
        let name = &rest[1..=name?];
        if name.eq_ignore_ascii_case("html") {
            return language_attribute(&rest[5..]);
        }
        if name.eq_ignore_ascii_case("body") {
            return None;
        }
        rest = &rest[1..];
    }
}

/// The value of `lang`, or else of `xml:lang`, among the attributes at the start of `text`.
fn language_attribute(text: &str) -> Option<&str> {
    let mut rest = text;
    let mut xml = None;
    loop {
        rest = rest.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == '/');
        let end = rest.find(|char: char| char.is_ascii_whitespace() || matches!(char, '=' | '>'))?;
        let name = &rest[..end];
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=') else {
            if rest.starts_with('>') || name.is_empty() {
                return xml;
            }
            continue;
        };
        let after = after.trim_start();
        let (value, behind) = if let quote @ ('"' | '\'') = after.chars().next()? {
            after[1..].split_once(quote)?
        } else {
            after.split_at(after.find(|char: char| char.is_ascii_whitespace() || char == '>')?)
        };
        let value = value.trim();
        if name.eq_ignore_ascii_case("lang") && !value.is_empty() {
            return Some(value);
        }
        if name.eq_ignore_ascii_case("xml:lang") && !value.is_empty() {
            xml = Some(value);
        }
        rest = behind;
    }
}
