//! Lines of bounded length.

use std::io::{self, BufRead};

/// What [`next_line`] met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, without its line feed; the last line may lack it.
    Whole,
    /// A line longer than the limit; its bytes are gone.
    TooLong,
    /// There is no further line.
    End,
}

/// Reads the next line into `line`, of which at most `limit` bytes are kept.
pub(super) fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>, limit: usize) -> io::Result<Line> {
    line.clear();
    let (mut began, mut too_long) = (false, false);
    loop {
        let bytes = source.fill_buf()?;
        let end = memchr::memchr(b'\n', bytes);
        let part = &bytes[..end.unwrap_or(bytes.len())];
        if bytes.is_empty() && !began {
            return Ok(Line::End);
        }
        let ended = bytes.is_empty() || end.is_some();
        began = true;
        if line.len() + part.len() > limit {
            too_long = true;
            *line = Vec::new();
        } else if !too_long {
            line.extend_from_slice(part);
        }
        let taken = part.len() + usize::from(end.is_some());
        source.consume(taken);
        if ended {
            return Ok(if too_long { Line::TooLong } else { Line::Whole });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_passed_over() {
        let text = [&b"one\n\n"[..], &[b'x'; 100], b"\nlast"].concat();
        for capacity in [1, 7, 1000] {
            let mut source = io::BufReader::with_capacity(capacity, &text[..]);
            let mut line = Vec::new();
            let mut met = Vec::new();
            loop {
                let what = next_line(&mut source, &mut line, 50).unwrap();
                met.push((what, String::from_utf8(line.clone()).unwrap()));
                if what == Line::End {
                    break;
                }
            }
            let whole = |text: &str| (Line::Whole, text.to_owned());
            let expected =
                [whole("one"), whole(""), (Line::TooLong, String::new()), whole("last"), (Line::End, String::new())];
            assert_eq!(met, expected, "{capacity}");
        }
    }
}
