//! What of a whole page is the policy, and pages made to do harm.

use std::fmt::Write as _;

use super::super::{html, markdown, text};
use super::{ranges_hold, texts};

const BODY: &str = "<p>We keep your name and address for as long as the contract runs, and delete them when it has ended.</p>\
    <p>You may ask us at any time which data we hold about you, and have them corrected or erased.</p>";

fn all(source: &str) -> String {
    texts(&html(source)).join("\n")
}

#[test]
fn the_page_around_the_policy_is_left_out() {
    let page = format!(
        "<html><head><title>Title</title><style>p {{}}</style></head><body><a class=skip-link href='#main'>Skip</a>\
         <header><a href=/>Logo</a><nav><ul><li><a href=/a>Home</a><li><a href=/b>Shop</a></ul></nav></header>\
         <ul class=breadcrumb><li><a href=/>Crumb</a></ul>\
         <div id=cookie-banner>We use biscuits. <button>Accept</button></div>\
         <div class=page><h1>Privacy</h1>{BODY}<ul><li>Your name<li>Your <a href=/m>mail</a></ul><form><label>Search</label><input></form>\
         <script>var x;</script><noscript>enable it</noscript><svg><text>icon</text></svg></div>\
         <div class=sidebar><ul><li><a href=/1>Latest</a><li><a href=/2>Older</a></ul></div>\
         <footer>Imprint <a href=/i>here</a></footer></body></html>"
    );
    let all = all(&page);
    for word in ["Privacy", "We keep your name", "You may ask", "Your name", "Your mail"] {
        assert!(all.contains(word), "{word} is lost: {all}");
    }
    for word in [
        "Title", "Skip", "Logo", "Home", "Crumb", "biscuits", "Accept", "Search", "var", "enable", "icon", "Latest",
        "Imprint",
    ] {
        assert!(!all.contains(word), "{word} is left: {all}");
    }
}

#[test]
fn names_alone_drop_nothing() {
    for wrapper in [
        "<div class='cookie-notice modal'>",
        "<div role=dialog aria-modal=true>",
        "<div class='footer-page'>",
        "<footer>",
        "<header>",
        "<nav>",
        "<aside>",
        "<div hidden>",
        "<form><input>",
        "<div style='display: none'>",
        "<dialog>",
        "<article><header>",
    ] {
        let all = all(&format!("<body><nav><a href=/>Home</a></nav>{wrapper}<h1>Privacy</h1>{BODY}"));
        assert!(all.contains("Privacy") && all.contains("We keep") && all.contains("You may"), "{wrapper}: {all}");
    }
}

#[test]
fn closed_panels_and_tables_of_contents_are_content() {
    let page = format!(
        "<body><nav><a href=/>Home</a></nav><main><h1>Privacy</h1><nav><ul><li><a href=#a>Our data</a><li><a href=#b>Your rights</a></ul></nav>\
         {BODY}<button aria-expanded=false>How long?</button><div hidden aria-hidden=true class=collapse><p>Ten years.</p></div></main>"
    );
    let blocks = html(&page);
    let all = texts(&blocks).join("\n");
    assert!(all.contains("Our data") && all.contains("Ten years.") && !all.contains("Home"), "{all}");
    let panel = blocks.iter().find(|block| block.text == "Ten years.").unwrap();
    assert_eq!(panel.context, ["Privacy", "How long?"]);
}

#[test]
fn the_title_outside_the_main_element_is_kept() {
    let blocks =
        html(&format!("<body><header><a href=/>Logo</a><h1>Privacy</h1></header><main>{BODY}</main><div>Noise</div>"));
    assert_eq!(texts(&blocks)[0], "Privacy");
    assert_eq!(blocks[1].context, ["Privacy"]);
    assert_eq!(blocks.len(), 3);
}

#[test]
fn a_page_of_boilerplate_only_is_read_whole() {
    assert_eq!(all("<nav><a href=/>Privacy</a></nav><nav><a href=/>Imprint</a></nav>"), "Privacy\nImprint");
}

#[test]
fn deep_nesting_takes_linear_time_and_no_stack() {
    let depth = 100_000;
    for (open, close) in [
        ("<div>x", "</div>"),
        ("<ul><li>item", "</li></ul>"),
        ("<table><tr><td>x", "</td></tr></table>"),
        ("<b><a href=x><span>", "</span></a></b>"),
        ("<blockquote><p>text", "</p></div></li>"),
        ("<details><summary>x</summary>", "</details>"),
        ("<svg><foreignObject><template>", "</template>"),
        ("<p>a:<dl><dt>x<dd>", ""),
    ] {
        let source = format!("{}end{}", open.repeat(depth), close.repeat(depth));
        let blocks = html(&source);
        assert!(ranges_hold(&source, &blocks));
    }
    let mut quotes = "> ".repeat(2_000);
    quotes.push_str(&"- ".repeat(2_000));
    assert!(markdown(&quotes).is_empty());
}

#[test]
fn long_lines_and_runs_take_linear_time() {
    let size = 50_000;
    let sources = [
        "x".repeat(size * 4),
        "word ".repeat(size),
        "\n".repeat(size * 4),
        "A\n\n".repeat(size),
        "A:\n".repeat(size),
        "• ".repeat(size),
        "• x ".repeat(size),
        "1. A\n".repeat(size),
        "|a|b\n".repeat(size),
        "\u{c}A\n".repeat(size),
        "Ends here. ".repeat(size),
    ];
    for source in sources {
        for blocks in [text(&source), html(&source)] {
            assert!(ranges_hold(&source, &blocks));
        }
    }
    let mut cells = String::from("<table>");
    for _ in 0..size / 10 {
        let _ = write!(cells, "<tr><td colspan=1000 rowspan=1000>x");
    }
    assert!(ranges_hold(&cells, &html(&cells)));
}
