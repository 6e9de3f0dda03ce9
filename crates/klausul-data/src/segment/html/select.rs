//! Which elements are the policy and which are the page around it.
//!
//! Nothing of a policy may be lost, so a name alone never drops an element: it also has to be small, full of links or a
//! form. What stays in doubt stays in.

use super::attributes::Flags;
use super::names::Tag;
use super::tree::{Element, Tree};

/// The elements that are not read.
#[derive(Debug)]
pub(super) struct Selection {
    /// By element: skip it with all that is inside.
    pub(super) dropped: Vec<bool>,
    /// The element that holds the bulk of the text by its own word; outside it only titles are read.
    pub(super) main: Option<usize>,
}

/// Drops what is never read: scripts, controls, pictures.
pub(super) fn everything(tree: &Tree) -> Selection {
    let dropped = tree.elements.iter().map(|element| matches!(element.tag, Tag::Skip | Tag::Svg)).collect();
    Selection { dropped, main: None }
}

/// Drops the page around the policy.
pub(super) fn content(tree: &Tree) -> Selection {
    let mut selection = everything(tree);
    let total = tree.elements.first().map_or(0, |root| root.text);
    let mut drops = Vec::new();
    let mut inside = 0;
    for (index, element) in tree.elements.iter().enumerate() {
        if element.end <= inside {
            continue;
        }
        if selection.dropped[index] || is_boilerplate(element, total) {
            selection.dropped[index] = true;
            inside = element.end;
            drops.push(index);
        }
    }
    selection.main = main(tree, &drops);
    selection
}

fn is_boilerplate(element: &Element, total: usize) -> bool {
    let (flags, text) = (element.flags, element.text);
    let own = text - element.linked.min(text);
    if text == 0 || text * 2 > total {
        return false;
    }
    // Share of the text that links to other pages, in tenths.
    let links = element.linked * 10 / text;
    if flags.has(Flags::CONSENT) {
        return true;
    }
    if flags.has(Flags::NAVIGATION) {
        return !(element.in_main && links < 5 || own > 1_500 && links < 3);
    }
    if flags.has(Flags::DIALOG) && (flags.has(Flags::BANNER_NAME) || text * 4 < total) {
        return true;
    }
    if flags.has(Flags::BANNER_NAME) && element.controls > 0 && text < if element.in_main { 800 } else { 1_500 } {
        return true;
    }
    if flags.has(Flags::CRUMBS) && text < 400 && element.titles == 0 {
        return true;
    }
    if flags.has(Flags::HEADER) && !element.in_main {
        return element.titles == 0 && own < 1_000;
    }
    if flags.has(Flags::FOOTER) {
        return if element.in_main { links >= 5 } else { own * 4 < total && own < 3_000 };
    }
    if flags.has(Flags::ASIDE) && (links >= 5 || !element.in_main && (links >= 3 || flags.has(Flags::SIDE_NAME))) {
        return true;
    }
    if flags.has(Flags::MENU_NAME) && links >= 6 && own < 1_500 {
        return true;
    }
    if flags.has(Flags::EDGE_NAME) && !element.in_main && links >= 4 && element.titles == 0 && own < 1_500 {
        return true;
    }
    if flags.has(Flags::SIDE_NAME) && !element.in_main && links >= 5 && own < 1_500 {
        return true;
    }
    if element.tag == Tag::Form && element.controls > 0 && text < 400 && element.titles == 0 && element.blocks <= 3 {
        return true;
    }
    flags.has(Flags::HIDDEN) && (links >= 5 || element.controls > 0 && text < 400)
}

/// The outermost element that calls itself the main content and holds nine tenths of the text that is no link.
fn main(tree: &Tree, drops: &[usize]) -> Option<usize> {
    let own = |index: usize| {
        let element = &tree.elements[index];
        element.text - element.linked.min(element.text)
    };
    let kept = |index: usize| {
        let end = tree.elements[index].end;
        let first = drops.partition_point(|drop| *drop < index);
        let inside = drops[first..].iter().take_while(|drop| tree.elements[**drop].end < end);
        own(index) - inside.map(|drop| own(*drop)).sum::<usize>().min(own(index))
    };
    let total = if tree.elements.is_empty() { 0 } else { kept(0) };
    [Flags::MAIN, Flags::CONTENT].into_iter().find_map(|flag| {
        let candidates =
            tree.elements.iter().enumerate().filter(|(_, element)| element.flags.has(flag) && element.text > 0);
        candidates.map(|(index, _)| index).take(12).find(|index| kept(*index) * 10 >= total * 9)
    })
}
