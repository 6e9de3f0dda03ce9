//! Bytes a second of segmentation on one core.

use std::fmt::Write as _;

use divan::Bencher;
use divan::counter::BytesCount;
use klausul_data::segment;

fn main() {
    divan::main();
}

const SENTENCE: &str = "Wir speichern Ihre Angaben für die Dauer des Vertrags und löschen sie danach. ";

fn page(sections: usize) -> String {
    let mut page =
        String::from("<!doctype html><html lang=de><body><nav><a href='/'>Start</a></nav><main><h1>Datenschutz</h1>");
    for section in 0..sections {
        let text = SENTENCE.repeat(6);
        let _ = writeln!(page, "<h2 class=\"title\" id=\"s{section}\">{section}. Zwecke &amp; Gründe</h2>");
        let _ = writeln!(page, "<p class=\"text\">{text}</p>\n<p>Wir verarbeiten:</p>\n<ul>");
        let _ =
            writeln!(page, "  <li><strong>Name:</strong> {SENTENCE}</li>\n  <li>Anschrift&nbsp;und Ort</li>\n</ul>");
        let _ = writeln!(page, "<table><tr><th>Zweck</th><th>Dauer</th></tr>");
        let _ = writeln!(page, "<tr><td>Vertrag</td><td>{SENTENCE}</td></tr></table>");
    }
    page.push_str("</main></body></html>");
    page
}

fn plain(sections: usize) -> String {
    let mut plain = String::new();
    for section in 0..sections {
        let text = SENTENCE.repeat(6);
        let _ = writeln!(plain, "{}. Zwecke und Gründe\n\n{text}\n\nWir verarbeiten:\n", section % 90);
        let _ = writeln!(plain, "- Name\n- {SENTENCE}\n");
    }
    plain
}

#[divan::bench]
fn html(bencher: Bencher<'_, '_>) {
    let page = page(2_000);
    bencher.counter(BytesCount::of_str(&page)).bench(|| segment::html(&page));
}

#[divan::bench]
fn text(bencher: Bencher<'_, '_>) {
    let text = plain(3_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| segment::text(&text));
}

#[divan::bench]
fn markdown(bencher: Bencher<'_, '_>) {
    let text = plain(3_000);
    bencher.counter(BytesCount::of_str(&text)).bench(|| segment::markdown(&text));
}
