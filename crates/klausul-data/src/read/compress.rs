//! Gzip and zstd, undone as a stream.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use memchr::memmem;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::stream::Stream;

const GZIP: &[u8] = b"\x1f\x8b\x08";
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";

/// Layers that are undone; more than that is no honest file.
const MAX_LAYERS: usize = 4;

/// The largest zstd window, in bytes: what `zstd --ultra` writes and what the `zstd` program accepts unasked.
const MAX_WINDOW: u64 = 128 << 20;

/// Undoes every layer of compression; also says whether there was any.
///
/// A damaged member or frame is one error; a caller that reads on gets what follows the next magic bytes.
pub(super) fn decompress(mut stream: Stream) -> (Stream, bool) {
    for layer in 0..MAX_LAYERS {
        let head = stream.peek(4);
        if head.starts_with(GZIP) {
            stream = Stream::new(Members::new(stream, Gzip(None)));
        } else if head.starts_with(ZSTD) || is_skippable(head) {
            stream = Stream::new(Members::new(stream, Zstd::new()));
        } else {
            return (stream, layer > 0);
        }
    }
    (stream, true)
}

/// Whether a zstd frame that holds no content begins here (RFC 8878, 3.1.2).
fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// A compression whose streams are members one behind the other.
trait Codec: Send {
    const NAME: &'static str;
    const MAGIC: &'static [u8];

    /// Begins the member at which `source` stands.
    fn begin(&mut self, source: &mut Stream) -> io::Result<()>;
    /// Decompresses some of it; 0 at its end.
    fn read(&mut self, source: &mut Stream, buffer: &mut [u8]) -> io::Result<usize>;
}

/// The members of a stream, decompressed one after the other.
struct Members<C> {
    source: Stream,
    codec: C,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Inside,
    /// The last member was damaged; the next one has to be searched.
    Lost,
    Ended,
}

impl<C: Codec> Members<C> {
    fn new(source: Stream, codec: C) -> Self {
        Self { source, codec, state: State::Between }
    }

    /// What to do at the end of a member: zeros are padding, anything but a member is damage.
    fn next_member(&mut self) -> io::Result<State> {
        loop {
            let head = self.source.peek(4);
            let zeros = head.iter().take_while(|byte| **byte == 0).count();
            if head.is_empty() {
                // An error met while looking ahead is due now.
                self.source.fill_buf()?;
                return Ok(State::Ended);
            } else if zeros > 0 {
                self.source.consume(zeros);
            } else if head.starts_with(C::MAGIC) || is_skippable(head) {
                self.codec.begin(&mut self.source)?;
                return Ok(State::Inside);
            } else {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "there are other bytes behind it"));
            }
        }
    }

    /// Moves to the next magic bytes, or to the end of the source.
    fn search(&mut self) -> io::Result<State> {
        loop {
            let head = self.source.peek(64 << 10);
            if let Some(place) = memmem::find(head, C::MAGIC) {
                self.source.consume(place);
                return Ok(State::Between);
            }
            let length = head.len();
            if length >= 64 << 10 {
                // The magic bytes may begin in the last ones.
                self.source.consume(length - C::MAGIC.len());
                continue;
            }
            self.source.consume(length);
            if self.source.fill_buf()?.is_empty() {
                return Ok(State::Ended);
            }
        }
    }
}

impl<C: Codec> Read for Members<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let step = match self.state {
                State::Ended => return Ok(0),
                State::Lost => self.search(),
                State::Between => self.next_member(),
                State::Inside => match self.codec.read(&mut self.source, buffer) {
                    Ok(0) => Ok(State::Between),
                    Ok(count) => return Ok(count),
                    Err(error) => Err(error),
                },
            };
            match step {
                Ok(state) => self.state = state,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.state = State::Lost;
                    let message = format!("the {} data is cut short or damaged ({error})", C::NAME);
                    return Err(io::Error::new(error.kind(), message));
                }
            }
        }
    }
}

/// The decoder owns the source while it is inside a member; between members the field is `None`.
struct Gzip(Option<GzDecoder<Stream>>);

impl Codec for Gzip {
    const NAME: &'static str = "gzip";
    const MAGIC: &'static [u8] = GZIP;

    fn begin(&mut self, source: &mut Stream) -> io::Result<()> {
        let source = std::mem::replace(source, Stream::new(io::empty()));
        self.0 = Some(GzDecoder::new(source));
        Ok(())
    }

    fn read(&mut self, source: &mut Stream, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(decoder) = &mut self.0 else { return Ok(0) };
        let result = decoder.read(buffer);
        if !matches!(result, Ok(1..))
            && let Some(decoder) = self.0.take()
        {
            *source = decoder.into_inner();
        }
        result
    }
}

struct Zstd {
    decoder: Box<FrameDecoder>,
    /// Why the frame ends early; due once what was decoded before has been delivered.
    failed: Option<io::Error>,
}

impl Zstd {
    fn new() -> Self {
        Self { decoder: Box::new(FrameDecoder::new()), failed: None }
    }

    /// Ends a frame that broke off, so that its decoder hands out the window that it holds back.
    fn close(&mut self) {
        // An empty last block (RFC 8878, 3.1.1.2), and a checksum that nobody will look at.
        let block: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
        let _ = self.decoder.decode_blocks(block, BlockDecodingStrategy::All);
    }
}

/// Only the debug form of an error of `ruzstd` reaches down to the reading error that caused it.
fn zstd_error(error: &FrameDecoderError) -> io::Error {
    if format!("{error:?}").contains("UnexpectedEof") {
        return io::Error::new(io::ErrorKind::UnexpectedEof, "unexpected end of file");
    }
    io::Error::new(io::ErrorKind::InvalidData, error.to_string())
}

impl Codec for Zstd {
    const NAME: &'static str = "zstd";
    const MAGIC: &'static [u8] = ZSTD;

    fn begin(&mut self, source: &mut Stream) -> io::Result<()> {
        self.decoder.set_max_window_size(MAX_WINDOW);
        match self.decoder.reset(&mut *source) {
            Ok(()) => Ok(()),
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                *self.decoder = FrameDecoder::new();
                io::copy(&mut source.take(u64::from(length)), &mut io::sink()).map(drop)
            }
            Err(error) => Err(zstd_error(&error)),
        }
    }

    fn read(&mut self, source: &mut Stream, buffer: &mut [u8]) -> io::Result<usize> {
        while self.failed.is_none() && self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            if let Err(error) = self.decoder.decode_blocks(&mut *source, BlockDecodingStrategy::UptoBlocks(1)) {
                self.failed = Some(zstd_error(&error));
                self.close();
            }
        }
        let decoder = &mut self.decoder;
        let count = decoder.read(buffer)?;
        if count > 0 {
            return Ok(count);
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if let Some(stored) = decoder.get_checksum_from_data()
            && decoder.get_calculated_checksum() != Some(stored)
        {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not match"));
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{gzip, zstd};
    use super::*;

    fn read(bytes: Vec<u8>) -> (Vec<u8>, Vec<String>) {
        let (mut stream, _) = decompress(Stream::new(io::Cursor::new(bytes)));
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        loop {
            let mut part = Vec::new();
            let result = stream.read_to_end(&mut part);
            output.extend(part);
            match result {
                Ok(_) => return (output, errors),
                Err(error) => errors.push(error.to_string()),
            }
        }
    }

    #[test]
    fn members_frames_and_layers_are_joined() {
        for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
            assert_eq!(read([pack(b"one "), pack(b"two")].concat()), (b"one two".to_vec(), vec![]));
            assert_eq!(read([pack(b"padded"), vec![0; 700]].concat()), (b"padded".to_vec(), vec![]));
            assert_eq!(read(gzip(&pack(b"nested"))), (b"nested".to_vec(), vec![]));
        }
        let skippable = [b"\x50\x2a\x4d\x18\x05\0\0\0hello", &zstd(b"text")[..]].concat();
        assert_eq!(read(skippable), (b"text".to_vec(), vec![]));
    }

    #[test]
    fn what_is_before_a_cut_is_delivered() {
        let text = super::super::testing::noise(300_000);
        for (name, packed) in [("gzip", gzip(&text)), ("zstd", zstd(&text))] {
            let (output, errors) = read(packed[..packed.len() * 2 / 3].to_vec());
            assert!(text.starts_with(&output) && output.len() > 100_000, "{name} {}", output.len());
            assert_eq!(errors.len(), 1, "{errors:?}");
            assert!(errors[0].starts_with(&format!("the {name} data is cut short")), "{errors:?}");
        }
    }

    #[test]
    fn the_member_behind_a_damaged_one_is_found() {
        for pack in [gzip as fn(&[u8]) -> Vec<u8>, zstd] {
            let mut bad = pack(&super::super::testing::noise(5000));
            let end = bad.len() - 2;
            bad[end] ^= 0x55; // the checksum
            let (output, errors) = read([pack(b"a"), bad, pack(b"z")].concat());
            assert_eq!((output[0], output[output.len() - 1], errors.len()), (b'a', b'z', 1), "{errors:?}");
        }
    }

    #[test]
    fn other_bytes_behind_a_member_are_an_error() {
        let (output, errors) = read([&gzip(b"one")[..], b"tail"].concat());
        assert_eq!(output, b"one");
        assert_eq!(errors, ["the gzip data is cut short or damaged (there are other bytes behind it)"]);
    }
}
