//! Properties that hold of any source.

use proptest::prelude::*;

use super::super::{html, html_declared_language, markdown, text};
use super::{ranges_hold, texts};

/// Markup in pieces, so that random strings hit the states of the parsers.
fn soup() -> impl Strategy<Value = String> {
    let tags = [
        "<p>",
        "</p>",
        "<ul>",
        "<ol>",
        "<li>",
        "</li>",
        "</ul>",
        "<table>",
        "<tr>",
        "<td>",
        "<th>",
        "</td>",
        "</table>",
        "<br>",
        "<b>",
        "</b>",
        "<h1>",
        "</h1>",
        "<h3>",
        "<div hidden>",
        "</div>",
        "<nav>",
        "</nav>",
        "<main>",
        "</main>",
        "<dl>",
        "<dt>",
        "<dd>",
        "<details>",
        "<summary>",
        "<pre>",
        "</pre>",
        "<svg>",
        "</svg>",
        "<select>",
        "<script>",
        "</script>",
        "<a href=#>",
        "</a>",
        "&amp;",
        "&shy;",
        "&#0;",
        "&",
        "<",
        "<!--",
        "-->",
        "<span style='font-weight:bold'>",
        "<td colspan=3 rowspan=2>",
        "<html lang=",
        "<button>",
    ];
    let lines = [
        "\n",
        "\r\n",
        "\n\n",
        "\u{c}",
        "| a | b |\n",
        "|--|--|\n",
        "• ",
        "- ",
        "1. ",
        "2.1 ",
        "# ",
        "**",
        "| ",
        "a) ",
        ": ",
        ":\n",
        ". ",
        "A",
        "å",
        "Rechte",
        "Your rights",
        "word ",
        "\u{ad}",
        "\u{200b}",
        "\0",
        "\u{a0}",
        "Ab-\nc",
        "§ 4 ",
        "?",
        "IV. ",
        "```",
        "> ",
    ];
    let part = prop_oneof![
        3 => prop::sample::select(tags.to_vec()).prop_map(str::to_owned),
        3 => prop::sample::select(lines.to_vec()).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

/// A paragraph of whole sentences: it starts with a capital, has no bullet, number, bar or line break, ends with a full
/// stop, and is no longer than a block.
fn paragraph() -> impl Strategy<Value = String> {
    "[A-ZÅÄÖ][a-zåäöë]{2,8}( [a-zåäöë]{2,9}){6,40}\\."
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_source_gives_blocks_with_ranges_inside_it(source in soup()) {
        for blocks in [html(&source), text(&source), markdown(&source)] {
            prop_assert!(ranges_hold(&source, &blocks), "{blocks:?}");
            for block in &blocks {
                prop_assert!(block.text.chars().any(char::is_alphanumeric));
                prop_assert_eq!(block.text.split_whitespace().collect::<Vec<_>>().join(" "), block.text.as_str());
                prop_assert!(block.text.chars().count() <= 1_500);
                prop_assert!(block.context.len() <= 12);
            }
        }
        let _ = html_declared_language(&source);
    }

    #[test]
    fn paragraphs_come_back_one_by_one_and_again(paragraphs in prop::collection::vec(paragraph(), 1..12)) {
        let joined = paragraphs.join("\n\n");
        let blocks = text(&joined);
        prop_assert_eq!(texts(&blocks), paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
        for (block, paragraph) in blocks.iter().zip(&paragraphs) {
            prop_assert_eq!(&joined[block.range.clone()], paragraph);
        }
        let again = text(&texts(&blocks).join("\n\n"));
        prop_assert_eq!(again, blocks);
    }

    #[test]
    fn text_of_a_page_of_paragraphs_is_all_there(paragraphs in prop::collection::vec(paragraph(), 1..12)) {
        let page: String = paragraphs.iter().flat_map(|paragraph| ["<div><p>", paragraph, "</p></div>\n"]).collect();
        for blocks in [html(&page), markdown(&paragraphs.join("\n\n"))] {
            prop_assert_eq!(texts(&blocks), paragraphs.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
}
