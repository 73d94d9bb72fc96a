//! The one place of the origin that draws randomness. Everything else takes a [`Random`].

use std::fmt;

/// Draws random bytes fit for keys.
pub trait Random: Send + Sync + fmt::Debug {
    /// Fills `bytes`.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    #[allow(clippy::disallowed_methods)] // this is the one place
    fn fill(&self, bytes: &mut [u8]) {
        // Without randomness no id and no key can be made; going on would be worse than stopping.
        getrandom::fill(bytes).expect("the operating system gives random bytes");
    }
}
