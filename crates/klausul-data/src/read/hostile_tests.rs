//! Every reader, fed with anything: it ends, and does not panic.

use proptest::prelude::*;

use super::testing::{gzip, zstd};
use super::{Format, Item, ReadOptions, RowMode, open};

/// More items than any of the inputs below can hold.
const MANY: usize = 20_000;

fn drain(content: &[u8], options: &ReadOptions) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, content).unwrap();
    let mut items = open(&super::Input::file(path), options);
    let mut count = 0;
    for item in items.by_ref() {
        count += 1;
        assert!(count < MANY, "the reader does not end");
        if let Ok(Item::Page(page)) = item {
            let _ = page.into_text();
        }
    }
    assert!(items.next().is_none(), "the reader comes back to life");
}

fn every_way(content: &[u8]) {
    let options = ReadOptions::new().with_max_document_bytes(4096).unwrap();
    drain(content, &options);
    drain(&gzip(content), &options);
    drain(&zstd(content), &options.clone().with_rows(RowMode::Documents));
    for format in Format::ALL {
        drain(content, &options.clone().with_format(format));
    }
}

/// Pieces of the formats, so that arbitrary input gets beyond the first check.
const FRAGMENTS: [&[u8]; 19] = [
    b"WARC/1.0\r\nWARC-Type: response\r\n",
    b"WARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n",
    b"Content-Length: 60\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n",
    b"Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n",
    b"{\"text\":\"a\",\"id\":1,",
    b"\"context\":[\"A\"]}\n",
    b"[{\"html\":\"<p>\"},",
    b"id,text,html\n1,\"a\nb\",c\n",
    b"\"",
    b"\r\n\r\n",
    b"<!doctype html><meta charset=utf-16><p>",
    b"\xff\xfe",
    b"\x1f\x8b\x08\0\0\0\0\0\0\x03",
    b"\x28\xb5\x2f\xfd\x20\x05",
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n",
    b"2 0 obj\n<</Type/Pages/Kids[2 0 R]/Count 1>>\nendobj\ntrailer\n<</Root 1 0 R>>\n",
    b"PAR1",
    b"\xe9\xe5\xf6",
    b"\0\0\0",
];

fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(&FRAGMENTS[..]).prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn anything_can_be_read(content in prop::collection::vec(any::<u8>(), 0..2000)) {
        every_way(&content);
    }

    #[test]
    fn fragments_can_be_read(content in fragments()) {
        every_way(&content);
    }

    #[test]
    fn damaged_compression_can_be_read(content in fragments(), places in prop::collection::vec(any::<(u16, u8)>(), 1..5)) {
        for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
            let mut packed = pack(&content);
            for (place, byte) in &places {
                let place = usize::from(*place) % packed.len();
                packed[place] = *byte;
            }
            drain(&packed, &ReadOptions::new());
        }
    }
}
