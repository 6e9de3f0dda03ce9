//! Blocks and contexts out of HTML.

use super::super::{html, html_declared_language};
use super::{ranges_hold, show, texts};

#[test]
fn headings_nest_by_level_and_bold_lines_below_them() {
    let blocks = html(
        "<h1>Privacy</h1><h2>Data</h2><p>We keep some.</p><p><strong>Why</strong></p><p>Because we must.</p>\
         <h2>Rights</h2><p>You have some.</p>",
    );
    assert_eq!(
        show(&blocks),
        [
            "heading||Privacy",
            "heading|Privacy|Data",
            "text|Privacy > Data|We keep some.",
            "heading|Privacy > Data|Why",
            "text|Privacy > Data > Why|Because we must.",
            "heading|Privacy|Rights",
            "text|Privacy > Rights|You have some.",
        ]
    );
}

#[test]
fn numbers_nest_headings_of_the_same_level() {
    let blocks = html(
        "<h2>2. Data</h2><h2>2.1 Kinds</h2><p>Names.</p><h2>2.2 Uses</h2><p>Mail.</p><h2>3. Rights</h2><p>All.</p>",
    );
    assert_eq!(blocks[4].context, ["2. Data", "2.2 Uses"]);
    assert_eq!(blocks[6].context, ["3. Rights"]);
}

#[test]
fn lines_between_breaks_are_blocks_of_their_own() {
    let blocks = html(
        "<div><b>Your rights</b><br>You may ask us which data we hold about you at any time and free of charge.<br><br>\
         We also keep:<br>• your name<br>• your address<br><br>Example AB<br>Main Street 1<br>Springfield</div>",
    );
    assert_eq!(
        show(&blocks)[..],
        [
            "heading||Your rights",
            "text|Your rights|You may ask us which data we hold about you at any time and free of charge.",
            "text|Your rights|We also keep:",
            "list_item|Your rights > We also keep:|your name",
            "list_item|Your rights > We also keep:|your address",
            "text|Your rights|Example AB Main Street 1 Springfield",
        ]
    );
}

#[test]
fn numbered_and_questioning_lines_are_headings_without_markup() {
    let blocks = html("<p>§ 4 Cookies</p><p>We set them.</p><p>Who gets your data?</p><p>Nobody does.</p>");
    assert_eq!(blocks[1].context, ["§ 4 Cookies"]);
    assert_eq!(blocks[2].kind.as_str(), "heading");
}

#[test]
fn nested_lists_carry_introduction_and_parent_item() {
    let blocks = html(
        "<h2>Use</h2><p>We use data for:</p><ul><li>Contracts<ul><li>billing<li>delivery</ul><li>Security</ul><p>End.</p>",
    );
    assert_eq!(
        show(&blocks)[2..],
        [
            "list_item|Use > We use data for:|Contracts",
            "list_item|Use > We use data for: > Contracts|billing",
            "list_item|Use > We use data for: > Contracts|delivery",
            "list_item|Use > We use data for:|Security",
            "text|Use|End.",
        ]
    );
}

#[test]
fn a_bold_line_inside_an_item_ends_with_the_item() {
    let blocks = html(
        "<p><b>Rights</b></p><ol><li><b>Access</b><p>Ask us.</p></li><li><b>Erasure</b><p>Tell us.</p></li></ol><p>End.</p>",
    );
    assert_eq!(
        show(&blocks),
        [
            "heading||Rights",
            "heading|Rights|Access",
            "list_item|Rights > Access|Ask us.",
            "heading|Rights|Erasure",
            "list_item|Rights > Erasure|Tell us.",
            "text|Rights|End.",
        ]
    );
}

#[test]
fn data_tables_give_row_and_column_headings() {
    let blocks = html(
        "<p>Our cookies:</p><table><thead><tr><th>Name<th>Purpose<th>Kept</thead>\
         <tr><td rowspan=2>sid<td>login<td>1 day<tr><td>basket<td>2 days\
         <tr><td colspan=3>All others need your consent first, which you can give in the banner.\
         <tr><td>ads<td>We:<ul><li>count<li>target</ul><td></table><p>End.</p>",
    );
    assert_eq!(
        show(&blocks),
        [
            "text||Our cookies:",
            "heading|Our cookies:|Name",
            "heading|Our cookies:|Purpose",
            "heading|Our cookies:|Kept",
            "table_cell|Our cookies: > Name|sid",
            "table_cell|Our cookies: > sid > Purpose|login",
            "table_cell|Our cookies: > sid > Kept|1 day",
            "table_cell|Our cookies: > sid > Purpose|basket",
            "table_cell|Our cookies: > sid > Kept|2 days",
            "table_cell|Our cookies:|All others need your consent first, which you can give in the banner.",
            "table_cell|Our cookies: > Name|ads",
            "table_cell|Our cookies: > ads > Purpose|We:",
            "table_cell|Our cookies: > We: > ads > Purpose|count",
            "table_cell|Our cookies: > We: > ads > Purpose|target",
            "text||End.",
        ]
    );
}

#[test]
fn layout_tables_are_read_as_flow() {
    let blocks = html(
        "<table><tr><td><h2>Data</h2><p>We keep names.</p><p>And mail.</p></td><td>Aside</td></tr><tr><td>x1</td></tr></table>",
    );
    assert_eq!(show(&blocks)[..2], ["heading||Data", "text|Data|We keep names."]);
}

#[test]
fn terms_and_summaries_head_what_follows_them_and_no_more() {
    let blocks = html(
        "<dl><dt>Duration</dt><dd>Ten years</dd></dl><p>Text.</p><details><summary>Rights</summary>Ask us.</details><p>End.</p>",
    );
    assert_eq!(
        show(&blocks),
        [
            "heading||Duration",
            "list_item|Duration|Ten years",
            "text||Text.",
            "heading||Rights",
            "text|Rights|Ask us.",
            "text||End."
        ]
    );
}

#[test]
fn letters_behind_character_references_stay_whole() {
    let source = "<p>Firma &quot;Ħarrub&quot;, R&amp;É, &gt;Żejt &eacute;à &ndash;я&amp;😀.</p>";
    let blocks = html(source);
    assert_eq!(texts(&blocks), ["Firma \"Ħarrub\", R&É, >Żejt éà –я&😀."]);
    assert_eq!(&source[blocks[0].range.clone()], &source[3..source.len() - 4]);
}

#[test]
fn text_is_cleaned_and_its_range_is_the_source() {
    let source = "<p>\r\n  Daten&shy;schutz&nbsp;&amp; <b>Si\u{ad}cherheit</b>\u{200b}\0 &lt;hier&gt;\r\n</p>";
    let blocks = html(source);
    assert_eq!(blocks[0].text, "Datenschutz & Sicherheit <hier>");
    assert!(source[blocks[0].range.clone()].starts_with("Daten&shy;"));
    assert!(source[blocks[0].range.clone()].ends_with("hier&gt;"));
}

#[test]
fn long_texts_are_cut_at_sentence_ends() {
    let source = format!("<p>{}</p>", "We keep what you tell us for as long as the contract runs. ".repeat(60));
    let blocks = html(&source);
    assert!(blocks.len() > 3 && blocks.iter().all(|block| block.text.len() <= 1_000 && block.text.ends_with("runs.")));
    assert!(ranges_hold(&source, &blocks));
}

#[test]
fn missing_and_misplaced_end_tags_lose_nothing() {
    for source in [
        "<p>one<p>two<ul><li>three<li>four</ul>five",
        "<b><p>one</b> <p>two</p></p><ul><li><p>three</ul></div></td><h2>four</h3><div>five",
        "<table><tr><td>one<td>two<tr><td>three<td>four</table>five",
        "<select><option>no<div>one</div></select><p>one<p>two<p>three<p>four<p>five",
        "<div><svg><path d='x'><p>one</p></div>two<br>three<hr>four</p>five",
    ] {
        let blocks = html(source);
        let all = texts(&blocks).join(" ");
        for word in ["one", "two", "three", "four", "five"].into_iter().filter(|word| source.contains(word)) {
            assert!(all.contains(word) || source.contains("<select>") && word == "one", "{word} of {source}: {all}");
        }
        assert!(ranges_hold(source, &blocks));
    }
}

#[test]
fn a_source_without_markup_is_text() {
    assert_eq!(show(&html("CONTACT\n\nWrite to us.\n")), ["heading||CONTACT", "text|CONTACT|Write to us."]);
    assert_eq!(
        texts(&html("<body>First line.\n\nSecond &amp; last line.</body>")),
        ["First line.", "Second & last line."]
    );
}

#[test]
fn the_declared_language_is_that_of_the_html_element() {
    for (source, language) in [
        ("<!doctype html><html lang=\"sv-SE\">", Some("sv-SE")),
        ("<!-- <html lang=x> --><HTML class=a xml:lang='sq'>", Some("sq")),
        ("<html xml:lang='de' lang=en><body>", Some("en")),
        ("<html data-lang=fr><body lang=de>", None),
        ("<p lang=de>", None),
        ("<html lang", None),
        ("", None),
    ] {
        assert_eq!(html_declared_language(source), language, "{source}");
    }
}

#[test]
fn text_between_the_cells_of_a_broken_table_keeps_its_place() {
    let blocks =
        html("<table><tr><th>Name<th>Purpose<tr><t$><b>sid</b></td><td>Shop<td>Basket<tr><td>lang<td>Language</table>");
    assert!(blocks.is_sorted_by_key(|block| block.range.start));
    assert!(texts(&blocks).contains(&"sid"), "{:?}", texts(&blocks));
}
