//! A web service: `cargo run --release --example serve -- 127.0.0.1:3000`, then
//! `curl --data-binary @policy.html 'http://127.0.0.1:3000/'`.
//!
//! The model is loaded once. A request is a page of HTML; the answer one JSON object a paragraph, as `klausul classify` writes them. With
//! port 0 the system chooses one; the address is printed.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::routing::post;
use klausul::data::read::{Format, Page};
use klausul::data::record::{Decided, Record, encode};
use klausul::{Classifier, Result};

/// Bytes of the largest page.
const LARGEST: usize = 16 << 20;

#[tokio::main]
async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let classifier = Classifier::new()?;
    let service = Router::new().route("/", post(label)).layer(DefaultBodyLimit::max(LARGEST)).with_state(classifier);
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, service).await?;
    Ok(())
}

async fn label(
    State(classifier): State<Classifier>,
    page: Bytes,
) -> std::result::Result<Vec<u8>, (StatusCode, String)> {
    // A page takes milliseconds of a core: not a matter for the threads that wait for connections.
    let labelled = tokio::task::spawn_blocking(move || records(&classifier, &page)).await;
    let refused = |status| move |error: klausul::Error| (status, format!("{error}\n"));
    labelled
        .map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")))?
        .map_err(refused(StatusCode::UNPROCESSABLE_ENTITY))
}

fn records(classifier: &Classifier, page: &[u8]) -> Result<Vec<u8>> {
    let labelled = classifier.classify_page(Page::of_bytes("request", Format::Html, page.to_vec()), None)?;
    let mut lines = Vec::new();
    for (index, (paragraph, prediction)) in labelled.iter().enumerate() {
        let decided = Decided {
            prediction,
            taxonomy: classifier.taxonomy(),
            backend: classifier.backend(),
            model: classifier.model(),
            explain: false,
        };
        let extra = labelled.cut.extras.of(index);
        let doc = &labelled.cut.doc;
        encode(&Record { doc, paragraph, decided: Some(decided), extra, with_text: true }, &mut lines);
    }
    Ok(lines)
}
