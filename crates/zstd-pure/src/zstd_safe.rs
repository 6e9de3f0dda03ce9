//! The questions that are answered without decompressing.

use std::fmt;

/// The input does not begin with a readable zstd frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentSizeError;

impl fmt::Display for ContentSizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("could not get content size")
    }
}

impl std::error::Error for ContentSizeError {}

/// The decompressed size that the first frame declares, in bytes, or `None` where it declares none.
///
/// # Errors
///
/// [`ContentSizeError`] when `src` does not begin with a zstd frame header.
pub fn get_frame_content_size(src: &[u8]) -> Result<Option<u64>, ContentSizeError> {
    let (&[0x28, 0xb5, 0x2f, 0xfd, descriptor], rest) = src.split_first_chunk::<5>().ok_or(ContentSizeError)? else {
        return Err(ContentSizeError);
    };
    // RFC 8878, 3.1.1.1.1: bits 7-6 size of the content size, bit 5 single segment, bits 1-0 size of the dictionary id.
    let single_segment = descriptor & 0x20 != 0;
    let skip = usize::from(!single_segment) + [0, 1, 2, 4][usize::from(descriptor & 3)];
    let width = match descriptor >> 6 {
        0 if !single_segment => return Ok(None),
        code => 1 << code,
    };
    let field = rest.get(skip..skip + width).ok_or(ContentSizeError)?;
    let mut bytes = [0; 8];
    bytes[..width].copy_from_slice(field);
    // The two-byte form counts from 256, because smaller sizes fit into one byte.
    Ok(Some(u64::from_le_bytes(bytes) + if width == 2 { 256 } else { 0 }))
}

/// An upper bound of the compressed size of `src_size` bytes.
///
/// [`ruzstd`] stores a block that does not shrink as it is: three bytes a block of at most 128 KiB, beside the frame
/// header and the checksum.
pub fn compress_bound(src_size: usize) -> usize {
    src_size.saturating_add(src_size / 256).saturating_add(128)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_widths_of_the_content_size() {
        let magic = [0x28, 0xb5, 0x2f, 0xfd];
        let frame = |rest: &[u8]| [&magic, rest].concat();
        assert_eq!(get_frame_content_size(&frame(&[0x20, 7])), Ok(Some(7)));
        assert_eq!(get_frame_content_size(&frame(&[0x40, 0, 1, 0])), Ok(Some(257)));
        assert_eq!(get_frame_content_size(&frame(&[0xa0, 1, 0, 1, 0])), Ok(Some(65_537)));
        assert_eq!(get_frame_content_size(&frame(&[0xe0, 9, 0, 0, 0, 0, 0, 0, 0])), Ok(Some(9)));
        assert_eq!(get_frame_content_size(&frame(&[0, 0])), Ok(None));
        for bad in [&b""[..], b"zstd!", &frame(&[0x20]), &frame(&[0xe0, 1])] {
            assert_eq!(get_frame_content_size(bad), Err(ContentSizeError), "{bad:x?}");
        }
    }
}
