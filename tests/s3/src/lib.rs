//! What programs and tests of this crate share: how the server is told to fail.

#![forbid(unsafe_code)]

/// The file in the server's folder that says how it fails; it is read with every request.
pub const FAULTS: &str = "faults";
/// What a server prints before its address.
pub const LISTENS: &str = "s3: ";

/// How a server fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// Each so manieth request is refused, as by a server that has too much to do; 0: none.
    pub refuse_every: u64,
    /// Each so manieth request is carried out, and then answered as if it had failed; 0: none.
    pub lose_every: u64,
    /// How long each takes longer, milliseconds.
    pub delay_ms: u64,
}

impl Faults {
    /// As text.
    #[must_use]
    pub fn written(self) -> String {
        format!("{} {} {}", self.refuse_every, self.lose_every, self.delay_ms)
    }

    /// From text; what is no number is no fault.
    #[must_use]
    pub fn read(text: &str) -> Faults {
        let mut numbers = text.split(' ').map(|number| number.trim().parse().unwrap_or(0));
        let mut next = || numbers.next().unwrap_or(0);
        Faults { refuse_every: next(), lose_every: next(), delay_ms: next() }
    }
}
