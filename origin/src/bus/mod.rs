//! The event bus: what happens is told, typed and in order, to whoever may hear it.
//!
//! What happens is written to the outbox in the transaction that made it happen ([`turn`] for turns, `told` of the store's
//! changes for the rest). [`crate::audit::keep`] moves it on, one origin at a time: to the audit log, and to the table of
//! events, where a row's sequence is the order of commits. Readers go by that sequence.

pub mod catalog;
mod cloud;
mod heard;
mod patterns;
mod tail;
mod text;
pub(crate) mod turn;

pub use catalog::{Kind, Priority};
pub use cloud::{MEDIA, cloud_event, kind_name, sequence_text};
pub use heard::heard;
pub use patterns::{MAX_PATTERNS, PatternError, names, split};
pub use tail::{Listener, ListensFor, Tail};
pub use text::text_of;
