//! From an input to its items.

use std::fs::File;
use std::io::Read;

use klausul_core::{Error, ErrorKind, Result};
use serde_json::Map;

use super::guard::{Guard, Items};
use super::record::Records;
use super::stream::Stream;
use super::{Body, Format, Input, Item, Page, ReadOptions, compress, csv, input, jsonl, sniff, warc};

/// Reads an input, item by item.
///
/// The input is opened by the first call of `next`, which also finds out its format. Errors are items too, and carry
/// the path and where there is one the line, or for Parquet and web archives the number of the row or record. What
/// can still be read behind an error follows it; after the end the iterator stays ended.
pub fn open(input: &Input, options: &ReadOptions) -> Box<dyn Iterator<Item = Result<Item>> + Send> {
    let (input, options) = (input.clone(), options.clone());
    Box::new(Guard::new(input.source(), move || items(&input, &options)))
}

fn items(input: &Input, options: &ReadOptions) -> Result<Items> {
    let source = input.source();
    let stream = match &input.path {
        Some(path) => Stream::new(File::open(path).map_err(|error| input::cannot_read(path, error))?),
        None => Stream::new(std::io::stdin()),
    };
    let (mut stream, compressed) = compress::decompress(stream);
    let head = stream.peek(sniff::HEAD);
    let whole = head.len() < sniff::HEAD;
    if head.is_empty() {
        // A stream that fails before its first byte is not empty.
        std::io::BufRead::fill_buf(&mut stream)?;
    }
    let head = stream.peek(sniff::HEAD);
    let name = input.path.as_ref().map_or(input.id.as_str(), |path| path.to_str().unwrap_or(&input.id));
    let format = sniff::format(head, whole, name, options)?;
    let limit = options.max_document_bytes;
    let records = Records::new(options, &input.id, &source);
    match format {
        Format::Html | Format::Text | Format::Markdown | Format::Pdf => {
            let id = input.id.clone();
            Ok(Box::new(std::iter::once_with(move || page(stream, id, source, format, limit))))
        }
        Format::Jsonl => Ok(jsonl::open(stream, records, limit)),
        Format::Csv => csv::open(stream, records, options),
        Format::Parquet => parquet(stream, input, compressed, records),
        Format::Warc => Ok(Box::new(warc::Archive::new(stream, limit))),
    }
}

fn page(stream: Stream, id: String, source: String, format: Format, limit: usize) -> Result<Item> {
    let mut bytes = Vec::new();
    stream.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit {
        return Err(Error::new(ErrorKind::TooLarge, format!("the document is larger than {limit} bytes"))
            .mend("raise the limit with --max-document-bytes"));
    }
    let body = Body::Bytes { bytes, charset: None };
    Ok(Item::Page(Page { id, source, language: None, format, body, extra: Map::new(), line: None }))
}

#[cfg(feature = "parquet")]
fn parquet(stream: Stream, input: &Input, compressed: bool, records: Records) -> Result<Items> {
    match &input.path {
        Some(path) if !compressed && path.is_file() => {
            super::parquet::open(File::open(path).map_err(|error| input::cannot_read(path, error))?, records)
        }
        _ => super::parquet::open(super::parquet::spool(stream)?, records),
    }
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: Stream, _: &Input, _: bool, _: Records) -> Result<Items> {
    Err(Error::new(ErrorKind::Format, "Parquet files cannot be read by this build")
        .mend("build with the feature `parquet`, or convert the file to JSONL"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::testing::{bytes, error, gzip, page, read, read_with, text, zstd};
    use super::*;

    #[test]
    fn a_file_is_one_page_whatever_wraps_it() {
        let html = "<!doctype html><meta charset=utf-8><p>Vi lagrar uppgifter så länge.";
        for (name, content) in [
            ("a.html", html.as_bytes().to_vec()),
            ("a.html.gz", gzip(html.as_bytes())),
            ("a.bin", zstd(&gzip(html.as_bytes()))),
        ] {
            let items = read(name, &content);
            assert_eq!(items.len(), 1);
            let page = page(&items[0]);
            assert_eq!((page.id.as_str(), page.format, text(page).as_str()), (name, Format::Html, html));
            assert!(page.source.ends_with(name) && page.source.len() > name.len());
        }
    }

    #[test]
    fn what_is_no_document_is_an_error() {
        assert_eq!(error(&read("a.html", b"")[0]), "a.html: the input is empty; fetch it again, or leave it out");
        assert!(error(&read("a.html.gz", &gzip(b""))[0]).starts_with("a.html.gz: the input is empty"));
        assert!(error(&read("a.html", &[0, 159, 146, 150])[0]).starts_with("a.html: this is a binary file"));
        let cut = gzip("<p>text</p>".repeat(2000).as_bytes());
        let items = read("a.html.gz", &cut[..cut.len() / 2]);
        assert_eq!(items.len(), 1);
        assert!(error(&items[0]).starts_with("a.html.gz: the gzip data is cut short"), "{items:?}");
        assert!(error(&read("a.gz", &cut[..12])[0]).starts_with("a.gz: the gzip data is cut short"));
        let missing: Vec<_> = open(&Input::file("/no/such"), &ReadOptions::new()).collect();
        assert!(missing.len() == 1 && missing[0].is_err());
    }

    #[test]
    fn a_gigabyte_of_zeros_stops_at_the_limit() {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let zeros = vec![0; 1 << 20];
        for _ in 0..1024 {
            encoder.write_all(&zeros).unwrap();
        }
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 32 << 20);
        let options = ReadOptions::new().with_max_document_bytes(1 << 20).unwrap().with_format(Format::Warc);
        assert!(read_with("bomb.gz", &bomb, &options).is_empty(), "no record in a gigabyte");
        let options = options.with_format(Format::Html);
        let begun = std::time::Instant::now();
        let items = read_with("bomb.gz", &bomb, &options);
        assert!(error(&items[0]).starts_with("bomb.gz: the document is larger than 1048576 bytes"));
        assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
    }

    #[test]
    fn the_limit_is_the_last_size_that_passes() {
        let options = ReadOptions::new().with_max_document_bytes(5).unwrap();
        assert_eq!(bytes(page(&read_with("a", b"12345", &options)[0])), b"12345");
        assert!(read_with("a", b"123456", &options)[0].is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_fifo_is_read_as_a_stream() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        if !made.is_ok_and(|status| status.success()) {
            return;
        }
        let writer = std::thread::spawn({
            let path = path.clone();
            move || std::fs::write(path, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n").unwrap()
        });
        let options = ReadOptions::new();
        let inputs: Vec<_> = input::inputs(&[path], &options).map(Result::unwrap).collect();
        assert_eq!(open(&inputs[0], &options).map(Result::unwrap).count(), 2);
        writer.join().unwrap();
    }
}
