//! Whole buffers in, whole buffers out.

use std::io::{self, Cursor, Read};
use std::marker::PhantomData;

use ruzstd::decoding::FrameDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

/// Compresses buffers, each to one frame.
#[derive(Debug)]
pub struct Compressor<'a>(PhantomData<&'a ()>);

impl Compressor<'static> {
    /// A compressor. Every level gives what [`ruzstd`] can do today, which is about zstd's level 1.
    ///
    /// # Errors
    ///
    /// Never; the signature is the original's.
    pub fn new(_level: i32) -> io::Result<Self> {
        Ok(Self(PhantomData))
    }
}

impl Compressor<'_> {
    /// Writes the compressed `source` at the cursor, moves the cursor behind it and returns its size in bytes.
    ///
    /// # Errors
    ///
    /// When it does not fit into the buffer's capacity behind the cursor.
    pub fn compress_to_buffer(&mut self, source: &[u8], destination: &mut Cursor<&mut Vec<u8>>) -> io::Result<usize> {
        let frame = compress_to_vec(source, CompressionLevel::Fastest);
        let (start, room) = room(destination)?;
        if frame.len() > room {
            return Err(too_small());
        }
        destination.get_mut().truncate(start);
        destination.get_mut().extend_from_slice(&frame);
        destination.set_position((start + frame.len()) as u64);
        Ok(frame.len())
    }
}

/// Decompresses buffers of one or more frames.
pub struct Decompressor<'a> {
    decoder: FrameDecoder,
    dictionary: PhantomData<&'a ()>,
}

impl Decompressor<'static> {
    /// A decompressor without a dictionary.
    ///
    /// # Errors
    ///
    /// Never; the signature is the original's.
    pub fn new() -> io::Result<Self> {
        Ok(Self { decoder: FrameDecoder::new(), dictionary: PhantomData })
    }
}

impl Decompressor<'_> {
    /// Writes the decompressed `source` at the cursor, moves the cursor behind it and returns its size in bytes.
    ///
    /// # Errors
    ///
    /// When `source` is damaged, or when it decompresses to more than the buffer's capacity behind the cursor.
    pub fn decompress_to_buffer(&mut self, source: &[u8], destination: &mut Cursor<&mut Vec<u8>>) -> io::Result<usize> {
        let (start, room) = room(destination)?;
        let buffer = &mut **destination.get_mut();
        buffer.truncate(start);
        let mut rest = source;
        while !rest.is_empty() {
            match self.decoder.reset(&mut rest) {
                Ok(()) => {}
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    rest = rest.get(length as usize..).ok_or(io::ErrorKind::UnexpectedEof)?;
                    continue;
                }
                Err(error) => return Err(io::Error::other(error)),
            }
            let mut frame = Frame { decoder: &mut self.decoder, source: &mut rest };
            let left = room - (buffer.len() - start);
            (&mut frame).take(left as u64 + 1).read_to_end(buffer)?;
            if buffer.len() - start > room {
                buffer.truncate(start);
                return Err(too_small());
            }
        }
        let written = buffer.len() - start;
        destination.set_position((start + written) as u64);
        Ok(written)
    }
}

/// One frame as a stream, so that a frame which lies about its size is cut at the limit.
struct Frame<'a, 'b> {
    decoder: &'a mut FrameDecoder,
    source: &'a mut &'b [u8],
}

impl Read for Frame<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use ruzstd::decoding::BlockDecodingStrategy::UptoBlocks;

        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            self.decoder.decode_blocks(&mut *self.source, UptoBlocks(1)).map_err(io::Error::other)?;
        }
        self.decoder.read(buffer)
    }
}

/// Where the cursor stands, and the bytes of capacity behind it.
fn room(destination: &Cursor<&mut Vec<u8>>) -> io::Result<(usize, usize)> {
    let start = usize::try_from(destination.position()).map_err(io::Error::other)?;
    let buffer = destination.get_ref();
    if start > buffer.len() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the cursor stands behind the end of the buffer"));
    }
    Ok((start, buffer.capacity() - start))
}

fn too_small() -> io::Error {
    io::Error::other("Destination buffer is too small")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compress(source: &[u8]) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(crate::zstd_safe::compress_bound(source.len()));
        Compressor::new(1).unwrap().compress_to_buffer(source, &mut Cursor::new(&mut buffer)).unwrap();
        buffer
    }

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(length)
        .collect()
    }

    #[test]
    fn what_is_compressed_comes_back_behind_the_cursor() {
        let mut decompressor = Decompressor::new().unwrap();
        for source in [Vec::new(), b"policy ".repeat(50_000), noise(1 << 20)] {
            let mut output = Vec::from(*b"head");
            output.reserve(source.len());
            let mut cursor = Cursor::new(&mut output);
            cursor.set_position(4);
            let frames = [compress(&source[..source.len() / 2]), compress(&source[source.len() / 2..])].concat();
            assert_eq!(decompressor.decompress_to_buffer(&frames, &mut cursor).unwrap(), source.len());
            assert_eq!(cursor.position(), 4 + source.len() as u64);
            assert_eq!(output, [b"head", &source[..]].concat());
        }
    }

    #[test]
    fn the_capacity_is_the_bound() {
        let frame = compress(&vec![0; 100_000]);
        let mut output = Vec::with_capacity(1000);
        let error = Decompressor::new().unwrap().decompress_to_buffer(&frame, &mut Cursor::new(&mut output));
        assert!(error.unwrap_err().to_string().contains("too small"));
        assert!(output.capacity() < 50_000);
    }

    #[test]
    fn damage_is_an_error() {
        let frame = compress(&noise(1000));
        for bad in [&frame[..frame.len() / 2], b"not zstd at all"] {
            let mut output = Vec::with_capacity(2000);
            assert!(Decompressor::new().unwrap().decompress_to_buffer(bad, &mut Cursor::new(&mut output)).is_err());
        }
    }
}
