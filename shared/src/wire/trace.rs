//! Where a request stands in a trace: W3C Trace Context, as client, node, services and origin hand it on.

use std::fmt::Write as _;

/// The header that hands it on.
pub const TRACEPARENT: &str = "traceparent";

/// Names a trace.
pub type TraceId = [u8; 16];
/// Names a span of it.
pub type SpanId = [u8; 8];

/// Whether the one who began a trace wants it kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// It is kept.
    Kept,
    /// It is kept only where something fails.
    OnFailure,
}

/// A place in a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub span: SpanId,
    /// Whether it is kept.
    pub sampling: Sampling,
}

impl TraceContext {
    /// Whether the spans of a request with this answer are kept: where its trace is, and where it has failed.
    #[must_use]
    pub fn is_kept(&self, status: u16) -> bool {
        self.sampling == Sampling::Kept || status >= 500
    }

    /// Reads the header; what is no place in a trace is none.
    #[must_use]
    pub fn of_header(text: &str) -> Option<TraceContext> {
        let mut parts = text.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let [version] = bytes(version)?;
        // Later versions may say more behind the flags; this one says nothing.
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        let [flags] = bytes(flags)?;
        let sampling = if flags & 1 == 1 { Sampling::Kept } else { Sampling::OnFailure };
        let context = TraceContext { trace: bytes(trace)?, span: bytes(span)?, sampling };
        (context.trace != [0; 16] && context.span != [0; 8]).then_some(context)
    }

    /// As it stands in the header.
    #[must_use]
    pub fn header(&self) -> String {
        let flags = if self.sampling == Sampling::Kept { "01" } else { "00" };
        format!("00-{}-{}-{flags}", hex(&self.trace), hex(&self.span))
    }

    /// Another span of the same trace.
    #[must_use]
    pub fn with_span(&self, span: SpanId) -> TraceContext {
        TraceContext { span, ..*self }
    }
}

/// Bytes as lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes<const LENGTH: usize>(digits: &str) -> Option<[u8; LENGTH]> {
    let is_digit = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    if digits.len() != LENGTH * 2 || !digits.bytes().all(is_digit) {
        return None;
    }
    let mut bytes = [0; LENGTH];
    for (byte, at) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_a_trace_is_read_as_it_is_written() {
        let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = TraceContext::of_header(text).expect("the example of the standard");
        assert_eq!((context.header().as_str(), context.sampling), (text, Sampling::Kept));
        let later = TraceContext::of_header("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00-more");
        assert_eq!(later.map(|later| later.sampling), Some(Sampling::OnFailure));
    }

    #[test]
    fn what_is_none_is_refused() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b77-01",
            "00-ä4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceContext::of_header(text), None, "{text}");
        }
    }
}
