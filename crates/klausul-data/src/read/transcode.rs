//! UTF-16 to UTF-8 as a stream, for the formats that are read line by line.

use std::io::{self, BufRead, Read};

use encoding_rs::{Decoder, Encoding, UTF_8};

use super::charset;
use super::stream::Stream;

/// Takes a byte order mark off, and makes UTF-8 of UTF-16. Other character sets stay: their line ends are ASCII.
pub(super) fn to_ascii_compatible(mut stream: Stream) -> Stream {
    let head = stream.peek(64 << 10);
    let (encoding, mark) = match Encoding::for_bom(head) {
        Some((encoding, length)) => (Some(encoding), length),
        None => (charset::utf16(&head[..head.len().min(64 << 10)]), 0),
    };
    stream.consume(mark);
    match encoding {
        Some(encoding) if encoding != UTF_8 => Stream::new(Transcoder {
            source: stream,
            decoder: encoding.new_decoder_without_bom_handling(),
            ready: Vec::new(),
            taken: 0,
            ended: false,
        }),
        _ => stream,
    }
}

struct Transcoder {
    source: Stream,
    decoder: Decoder,
    ready: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl Read for Transcoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.ended {
            let input = self.source.fill_buf()?;
            self.ended = input.is_empty();
            // One UTF-16 unit becomes at most three bytes, and a replacement may be pending.
            self.ready.resize(input.len() * 2 + 16, 0);
            let (_, read, written, _) = self.decoder.decode_to_utf8(input, &mut self.ready, self.ended);
            self.source.consume(read);
            self.ready.truncate(written);
            self.taken = 0;
        }
        let count = (&self.ready[self.taken..]).read(buffer)?;
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: Vec<u8>) -> String {
        let mut text = String::new();
        to_ascii_compatible(Stream::new(io::Cursor::new(bytes))).read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn long_utf16_becomes_utf8() {
        let text = "id,text\n1,Τα δεδομένα σας 🍪 και οι σκοποί\n".repeat(5000);
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert!(read([b"\xff\xfe", &little[..]].concat()) == text);
        assert!(read([b"\xfe\xff", &big[..]].concat()) == text);
        assert!(read(little) == text, "without a mark");
    }

    #[test]
    fn a_mark_is_taken_off_utf8() {
        assert_eq!(read(b"\xef\xbb\xbf{}".to_vec()), "{}");
        assert_eq!(read(b"{}".to_vec()), "{}");
    }
}
