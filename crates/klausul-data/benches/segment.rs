//! Bytes a second of segmentation on one core.

use divan::Bencher;
use divan::counter::BytesCount;
use klausul_data::segment;

fn main() {
    divan::main();
}

const SENTENCE: &str = "Wir speichern Ihre Angaben für die Dauer des Vertrags und löschen sie danach. ";

fn page(sections: usize) -> String {
    let mut page = String::from("<!doctype html><html lang=de><body><nav><ul><li><a href='/'>Start</a></ul></nav><main><h1>Datenschutz</h1>");
    for section in 0..sections {
        page.push_str(&format!(
            "\n<h2 class=\"title\" id=\"s{section}\">{section}. Zwecke &amp; Gründe</h2>\n<p class=\"text\">{}</p>\n\
             <p>Wir verarbeiten:</p>\n<ul>\n  <li><strong>Name:</strong> {SENTENCE}</li>\n  <li>Anschrift&nbsp;und Ort</li>\n</ul>\n\
             <table><tr><th>Zweck</th><th>Dauer</th></tr><tr><td>Vertrag</td><td>{SENTENCE}</td></tr></table>\n",
            SENTENCE.repeat(6)
        ));
    }
    page.push_str("</main></body></html>");
    page
}

fn plain(sections: usize) -> String {
    (0..sections)
        .map(|section| {
            format!("{}. Zwecke und Gründe\n\n{}\n\nWir verarbeiten:\n\n- Name\n- {SENTENCE}\n\n", section % 90, SENTENCE.repeat(6))
        })
        .collect()
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
