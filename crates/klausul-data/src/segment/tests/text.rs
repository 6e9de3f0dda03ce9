//! Blocks and contexts out of plain text.

use super::super::text;
use super::{show, texts};

const LONG: &str =
    "We keep the data that you give us for as long as the contract with you runs, and no longer than that.";

#[test]
fn headings_in_capitals_stand_above_attached_ones() {
    let source = format!("OUR PARTNERS\n\nCARRIERS\n{LONG}\n\nBANKS\n{LONG}\n\nCONTACT\n\n{LONG}");
    let blocks = text(&source);
    assert_eq!(blocks[2].context, ["OUR PARTNERS", "CARRIERS"]);
    assert_eq!(blocks[4].context, ["OUR PARTNERS", "BANKS"]);
    assert_eq!(blocks[6].context, ["CONTACT"]);
}

#[test]
fn a_repeated_heading_is_kept_but_counts_once() {
    let blocks = text(&format!("Privacy practices\n\nIn force: 1 May\n\nOur data\n\nOur data\n\n{LONG}"));
    assert_eq!(
        show(&blocks),
        [
            "heading||Privacy practices".to_owned(),
            "text|Privacy practices|In force: 1 May".to_owned(),
            "heading|Privacy practices|Our data".to_owned(),
            "heading|Privacy practices|Our data".to_owned(),
            format!("text|Privacy practices > Our data|{LONG}"),
        ]
    );
}

#[test]
fn labelled_lines_after_a_colon_are_items_until_the_next_heading() {
    let source = "We are committed to your privacy and say here what we do with your data.\n1. Data\nWe collect:\nContact data: name and mail.\n\
        Order data: what you bought.\n2. Safety\nWe encrypt every connection to our servers.";
    assert_eq!(
        show(&text(source))[1..],
        [
            "heading||1. Data",
            "text|1. Data|We collect:",
            "list_item|1. Data > We collect:|Contact data: name and mail.",
            "list_item|1. Data > We collect:|Order data: what you bought.",
            "heading||2. Safety",
            "text|2. Safety|We encrypt every connection to our servers.",
        ]
    );
}

#[test]
fn bullets_of_all_kinds_are_items() {
    let source = format!("{LONG} For this we:\n\n- write to you;\n\n-Send you news;\n\n• and ask you.\n\n{LONG}");
    let blocks = text(&source);
    let kinds: Vec<_> = blocks.iter().map(|block| block.kind.as_str()).collect();
    assert_eq!(kinds, ["text", "list_item", "list_item", "list_item", "text"]);
    assert_eq!(texts(&blocks)[1..4], ["write to you;", "Send you news;", "and ask you."]);
    assert!(blocks[1].context[0].ends_with("For this we:"));
}

#[test]
fn round_bullets_inside_a_line_cut_it() {
    assert_eq!(
        show(&text("We use: • names. • mail addresses. • orders.")),
        ["text||We use:", "list_item|We use:|names.", "list_item|We use:|mail addresses.", "list_item|We use:|orders."]
    );
}

#[test]
fn short_lines_are_headings_only_above_body_text() {
    let source = format!(
        "{LONG} See the pages of your browser:\n\nOpera\n\nBrave\n\nSafari\n\n{LONG}\n\nYour rights\n\n{LONG}\n\n1 May 2021"
    );
    let kinds: Vec<_> = text(&source).iter().map(|block| block.kind.as_str()).collect();
    assert_eq!(kinds, ["text", "list_item", "list_item", "list_item", "text", "heading", "text", "text"]);
}

#[test]
fn pairs_of_label_and_value_are_heading_and_text() {
    let source = format!(
        "Who is responsible?\n\nCompany\n\nExample AB\n\nE-mail\n\nus@example.org\n\nPhone\n\n063-555 01 02\n\n{LONG}"
    );
    assert_eq!(
        show(&text(&source)),
        [
            "heading||Who is responsible?".to_owned(),
            "heading|Who is responsible?|Company".to_owned(),
            "text|Who is responsible? > Company|Example AB".to_owned(),
            "heading|Who is responsible?|E-mail".to_owned(),
            "text|Who is responsible? > E-mail|us@example.org".to_owned(),
            "heading|Who is responsible?|Phone".to_owned(),
            "text|Who is responsible? > Phone|063-555 01 02".to_owned(),
            format!("text|Who is responsible?|{LONG}"),
        ]
    );
}

#[test]
fn tables_of_bars_keep_lists_in_cells_apart() {
    let source = "| Purpose | Data |\n|--|---|\n| <ul>• Booking• Change | <ul style=\"a\">• Name• Mail | |\n| Kept for two years after your last visit. | |\n";
    assert_eq!(
        show(&text(source)),
        [
            "heading||Purpose",
            "heading||Data",
            "table_cell|Purpose|Booking",
            "table_cell|Purpose|Change",
            "table_cell|• Booking• Change > Data|Name",
            "table_cell|• Booking• Change > Data|Mail",
            "table_cell||Kept for two years after your last visit.",
        ]
    );
}

#[test]
fn hard_wrapped_lines_are_joined() {
    let source = "We keep the data that you give us for as long as the contract with you is\r\nrunning, and delete them after that without being asked to do so. The infor-\r\n\
        mation that law makes us keep, such as book- and tax records, we keep for ten\r\nyears.\r\n\r\n- the first item of a list that is long enough to run over the end of its line\r\n  and ends here\r\n- the second\r\n";
    assert_eq!(
        texts(&text(source)),
        [
            "We keep the data that you give us for as long as the contract with you is running, and delete them after that \
             without being asked to do so. The information that law makes us keep, such as book- and tax records, we keep for ten years.",
            "the first item of a list that is long enough to run over the end of its line and ends here",
            "the second",
        ]
    );
}

#[test]
fn pages_of_a_pdf_lose_their_running_heads_and_numbers() {
    let page = |number: usize, text: &str| format!("Example AB privacy policy\n\n{text}\n\n{number}\n\u{c}");
    let source = [
        page(1, LONG),
        page(2, "We never sell data, neither to partners nor to anybody"),
        page(3, "else who asks us for it."),
    ]
    .concat();
    assert_eq!(
        texts(&text(&source)),
        [LONG, "We never sell data, neither to partners nor to anybody", "else who asks us for it."]
    );
}

#[test]
fn a_short_text_speaks_under_what_announced_it() {
    let blocks =
        text(&format!("{LONG}\n\nWe share data with the following:\n\n{LONG}\n\nOur bank.\n\nCONTACT\n\nWrite."));
    assert_eq!(blocks[3].context, ["We share data with the following:"]);
    assert_eq!(blocks[5].context, ["CONTACT"]);
}
