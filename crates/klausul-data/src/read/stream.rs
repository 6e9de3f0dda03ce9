//! A byte stream that can be looked into and put back to.

use std::io::{self, BufRead, Read};

/// Bytes asked of the source at a time.
const CHUNK: usize = 64 << 10;

/// A buffered reader whose next bytes can be seen before they are taken.
pub(super) struct Stream {
    inner: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    start: usize,
    /// An error met while looking ahead; it is due once the buffer has been taken.
    failed: Option<io::Error>,
}

impl Stream {
    /// A stream over a source.
    pub(super) fn new(inner: impl Read + Send + 'static) -> Self {
        Self { inner: Box::new(inner), buffer: Vec::new(), start: 0, failed: None }
    }

    /// The next `wanted` bytes or more, fewer only where the source ends or fails.
    pub(super) fn peek(&mut self, wanted: usize) -> &[u8] {
        while self.buffer.len() - self.start < wanted && self.failed.is_none() {
            match self.refill() {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => self.failed = Some(error),
            }
        }
        &self.buffer[self.start..]
    }

    /// Puts bytes back in front of the stream.
    pub(super) fn unread(&mut self, mut bytes: Vec<u8>) {
        bytes.extend_from_slice(&self.buffer[self.start..]);
        self.buffer = bytes;
        self.start = 0;
    }

    /// Appends one chunk of the source to the buffer.
    fn refill(&mut self) -> io::Result<usize> {
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let filled = self.buffer.len();
        self.buffer.resize(filled + CHUNK, 0);
        let result = loop {
            match self.inner.read(&mut self.buffer[filled..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result,
            }
        };
        self.buffer.truncate(filled + *result.as_ref().unwrap_or(&0));
        result
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.buffer.len() {
            if let Some(error) = self.failed.take() {
                return Err(error);
            }
            self.refill()?;
        }
        Ok(&self.buffer[self.start..])
    }

    fn consume(&mut self, amount: usize) {
        self.start = self.buffer.len().min(self.start + amount);
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(buffer)?;
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Drops;
    impl Read for Drops {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("gone"))
        }
    }

    #[test]
    fn an_error_comes_after_the_bytes_before_it() {
        let mut stream = Stream::new((&b"abc"[..]).chain(Drops));
        assert_eq!(stream.peek(10), b"abc");
        let mut text = [0; 3];
        stream.read_exact(&mut text).unwrap();
        assert_eq!(stream.fill_buf().unwrap_err().to_string(), "gone");
    }

    #[test]
    fn bytes_that_are_put_back_come_first() {
        let mut stream = Stream::new(&b"cdef"[..]);
        assert_eq!(stream.peek(2), b"cdef");
        stream.consume(1);
        stream.unread(b"abc".to_vec());
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcdef");
    }
}
