//! Reading lines from a stream, each up to a limit, so that no input makes the program grow.

use std::io::{self, BufRead, BufReader, Read};

/// A line as it was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its bytes, without the line break.
    Whole(Vec<u8>),
    /// It was longer than the limit; the rest was passed over.
    TooLong,
}

/// Reads lines.
pub(super) struct Lines<R> {
    from: BufReader<R>,
    limit: usize,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(from: R, limit: usize) -> Lines<R> {
        Lines { from: BufReader::new(from), limit }
    }

    /// Whether the next line may have to be waited for, so that what was written should be made visible first.
    pub(super) fn would_wait(&self) -> bool {
        !self.from.buffer().contains(&b'\n')
    }

    /// The next line; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let limit = self.limit as u64 + 1;
        let read = self.from.by_ref().take(limit).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if read as u64 == limit {
            self.from.skip_until(b'\n')?;
            return Ok(Some(Line::TooLong));
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(Line::Whole(line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Line> {
        let mut lines = Lines::new(text.as_bytes(), 5);
        std::iter::from_fn(|| lines.next().expect("no I/O error")).collect()
    }

    fn whole(text: &str) -> Line {
        Line::Whole(text.into())
    }

    #[test]
    fn lines_end_with_a_line_feed_a_carriage_return_or_the_input() {
        assert_eq!(read("one\r\ntwo\n\nend"), [whole("one"), whole("two"), whole(""), whole("end")]);
        assert_eq!(read(""), []);
        assert_eq!(read("12345\n"), [whole("12345")]);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over() {
        assert_eq!(read("1234567890\nok"), [Line::TooLong, whole("ok")]);
        assert_eq!(read("123456"), [Line::TooLong]);
    }
}
