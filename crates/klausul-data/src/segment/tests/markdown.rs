//! Blocks and contexts out of Markdown.

use super::super::markdown;
use super::{ranges_hold, show, texts};

#[test]
fn structure_is_that_of_the_page() {
    let source = "---\ntitle: x\n---\n# Privacy\n\n## Data {: #data }\n\nWe keep *some*:\n\n* [Name](https://example.org)\n* **Mail** &amp; more\n  * private\n\n\
        **Why**\n\nBecause.\n{: datetime=\"x\" }\n\n| Data | Use |\n|---|---|\n| Name<br>Mail | login |\n";
    let blocks = markdown(source);
    assert_eq!(
        show(&blocks),
        [
            "heading||Privacy",
            "heading|Privacy|Data",
            "text|Privacy > Data|We keep some:",
            "list_item|Privacy > Data > We keep some:|Name",
            "list_item|Privacy > Data > We keep some:|Mail & more",
            "list_item|Privacy > Data > We keep some: > Mail & more|private",
            "heading|Privacy > Data|Why",
            "text|Privacy > Data > Why|Because.",
            "heading|Privacy > Data > Why > Because.|Data",
            "heading|Privacy > Data > Why > Because.|Use",
            "table_cell|Privacy > Data > Why > Because.|Name Mail",
            "table_cell|Privacy > Data > Why > Because. > Name Mail > Use|login",
        ]
    );
    assert!(ranges_hold(source, &blocks));
}

#[test]
fn html_inside_is_read_and_placed() {
    let source = "Text.\n\n<ul>\n<li>Å &amp; O</li>\n</ul>\n\nEnd ![picture](x.png).\n";
    let blocks = markdown(source);
    assert_eq!(texts(&blocks), ["Text.", "Å & O", "End ."]);
    assert_eq!(&source[blocks[1].range.clone()], "Å &amp; O");
}

#[test]
fn a_table_without_its_line_of_hyphens_is_a_table() {
    let blocks = markdown(
        "# Use\n\n| Contract | Ten years after it has ended, as the law asks |\n| News | Until you unsubscribe from the letter |\n",
    );
    assert_eq!(show(&blocks)[2], "table_cell|Use > Contract|Ten years after it has ended, as the law asks");
}
