//! The HTTP message that a web archive keeps.

use std::io::{self, Read};

use klausul_core::{Error, ErrorKind, Result};

/// Header fields by their names in lower case; of repeated ones the first counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads lines of the form `Name: value`; other lines are passed over, and indented ones continue a value.
    pub(super) fn parse(lines: &[u8]) -> Self {
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(lines).lines() {
            if line.starts_with([' ', '\t']) {
                if let Some((_, value)) = headers.last_mut() {
                    value.push(' ');
                    value.push_str(line.trim());
                }
            } else if let Some((name, value)) = line.split_once(':') {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Self(headers)
    }

    /// The value of a field; `name` in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A response with its body as the server meant it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    /// The status code, 0 where the status line has none.
    pub(super) status: u16,
    /// The header fields.
    pub(super) headers: Headers,
    /// The body, without its transfer encoding; [`decode`] undoes the content encoding.
    pub(super) body: Vec<u8>,
}

impl Response {
    /// Splits a response at the empty line; `None` where it does not begin as one.
    pub(super) fn parse(message: &[u8]) -> Option<Self> {
        let status_line = message.split(|byte| *byte == b'\n').next()?;
        let status_line = std::str::from_utf8(status_line).ok().filter(|line| line.starts_with("HTTP/"))?;
        let status = status_line.split_whitespace().nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        let start = status_line.len() + 1;
        let rest = message.get(start..).unwrap_or_default();
        let (head, body) = split_head(rest);
        let headers = Headers::parse(head);
        let is_chunked =
            headers.get("transfer-encoding").is_some_and(|value| value.to_ascii_lowercase().contains("chunked"));
        // Crawlers that undo the chunks often leave the header.
        let body = if is_chunked { unchunk(body).unwrap_or_else(|| body.to_vec()) } else { body.to_vec() };
        Some(Self { status, headers, body })
    }
}

/// Header lines and what stands behind the empty line.
fn split_head(message: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    for line in message.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        if matches!(line, b"\r\n" | b"\n") {
            return (&message[..start], &message[end..]);
        }
        start = end;
    }
    (message, &[])
}

/// Joins the chunks of a body; `None` where it is not chunked. A cut last chunk keeps what there is.
fn unchunk(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::new();
    loop {
        let end = memchr::memchr(b'\n', body)?;
        let size = std::str::from_utf8(&body[..end]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        body = &body[end + 1..];
        if size == 0 {
            return Some(joined);
        }
        if body.len() <= size {
            joined.extend_from_slice(body);
            return Some(joined);
        }
        joined.extend_from_slice(&body[..size]);
        body = &body[size..];
        body = body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n")).unwrap_or(body);
        if body.is_empty() {
            return Some(joined);
        }
    }
}

/// Undoes the content encodings of a body: gzip, deflate, br and zstd.
///
/// A body that does not begin as the header says is taken as it is, since crawlers undo it and leave the header.
///
/// # Errors
///
/// When the body is damaged, is larger than `limit` bytes, or has an encoding that is not known.
pub(super) fn decode(mut body: Vec<u8>, encodings: &str, limit: usize) -> Result<Vec<u8>> {
    for name in encodings.rsplit(',').map(|name| name.trim().to_ascii_lowercase()) {
        body = match name.as_str() {
            "gzip" | "x-gzip" if body.starts_with(b"\x1f\x8b") => {
                read(flate2::read::MultiGzDecoder::new(&body[..]), limit, &name)?
            }
            "zstd" if body.starts_with(b"\x28\xb5\x2f\xfd") => {
                let (stream, _) = super::compress::decompress(super::stream::Stream::new(io::Cursor::new(body)));
                read(stream, limit, &name)?
            }
            "deflate" if is_zlib(&body) => read(flate2::read::ZlibDecoder::new(&body[..]), limit, &name)?,
            // The standard says zlib, some servers send bare deflate, some crawlers have undone it.
            "deflate" => match read(flate2::read::DeflateDecoder::new(&body[..]), limit, &name) {
                Err(error) if error.kind() == ErrorKind::Format => body,
                result => result?,
            },
            "br" => match read(brotli_decompressor::Decompressor::new(&body[..], 4096), limit, &name) {
                Err(error) if error.kind() == ErrorKind::Format && std::str::from_utf8(&body).is_ok() => body,
                result => result?,
            },
            "" | "identity" | "none" | "utf-8" | "gzip" | "x-gzip" | "zstd" => body,
            _ => {
                let message = format!("content encoding `{}` is not known", super::record::shorten(&name));
                return Err(Error::new(ErrorKind::Format, message));
            }
        };
    }
    Ok(body)
}

fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..] if first & 15 == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0)
}

fn read(source: impl Read, limit: usize, name: &str) -> Result<Vec<u8>> {
    let mut output = Vec::new();
    source.take(limit as u64 + 1).read_to_end(&mut output).map_err(|error| {
        Error::new(ErrorKind::Format, format!("the body is not the {name} data that its header declares: {error}"))
    })?;
    if output.len() > limit {
        return Err(Error::new(ErrorKind::TooLarge, format!("the document is larger than {limit} bytes"))
            .mend("raise the limit with --max-document-bytes"));
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gzip, zstd};
    use super::*;

    #[test]
    fn responses_are_split() {
        let response = Response::parse(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n charset=x\r\nTransfer-Encoding: chunked\r\n\r\n\
              3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        )
        .unwrap();
        assert_eq!((response.status, response.body.as_slice()), (200, &b"abcde"[..]));
        assert_eq!(response.headers.get("content-type"), Some("text/html; charset=x"));
        let plain = Response::parse(b"HTTP/2 404\nTransfer-Encoding: chunked\n\n<p>not chunked").unwrap();
        assert_eq!((plain.status, plain.body.as_slice()), (404, &b"<p>not chunked"[..]));
        assert_eq!(Response::parse(b"HTTP/1.1 200 OK\r\n").unwrap().body, b"");
        assert!(Response::parse(b"<html>").is_none());
    }

    #[test]
    fn content_encodings_are_undone_and_bounded() {
        let text = b"policy ".repeat(100);
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        io::Write::write_all(&mut deflate, &text).unwrap();
        io::Write::write_all(&mut zlib, &text).unwrap();
        let (deflate, zlib) = (deflate.finish().unwrap(), zlib.finish().unwrap());
        for (encodings, body) in [
            ("gzip", gzip(&text)),
            ("zstd", zstd(&text)),
            ("deflate", deflate),
            ("deflate", zlib),
            ("zstd, x-gzip", gzip(&zstd(&text))),
            ("identity", text.clone()),
            ("gzip", text.clone()),
            ("br", text.clone()),
        ] {
            assert_eq!(decode(body.clone(), encodings, 1000).unwrap(), text, "{encodings}");
            if body != text {
                assert_eq!(decode(body, encodings, 99).unwrap_err().kind(), ErrorKind::TooLarge, "{encodings}");
            }
        }
        assert!(decode(gzip(&text)[..30].to_vec(), "gzip", 1000).is_err());
        assert!(decode(text, "compress", 1000).is_err());
    }

    #[test]
    fn brotli_is_undone() {
        let body = b"\x0b\x02\x80hello\x03".to_vec();
        assert_eq!(decode(body, "br", 100).unwrap(), b"hello");
    }
}
