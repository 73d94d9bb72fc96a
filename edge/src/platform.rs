//! What the pipeline asks of the place it runs in. Nothing here knows HTTP routes, games or turns.
//!
//! Each adapter is thin, and each platform is weak somewhere; the pipeline is written for the weakest:
//!
//! | | native | Spin | `lgdl` on one machine | Workers |
//! |---|---|---|---|---|
//! | key-value reads | exact | as the store | exact | may be over a minute old, "absent" too |
//! | key-value writes | exact | no expiry, no usable compare-and-swap | the same | one a second per key, expiry of at least 60 s |
//! | memory between requests | yes | none | constants, per instance | per isolate, lost at any time |
//! | counters | exact | approximate | exact | exact (a Durable Object) |
//! | journal | memory | the key-value store | the disk | a Durable Object |

use lgdl::limits::{CountRequest, Counted};
pub use lgdl::services::{FetchError, Inbound, Outbound};
pub use lgdl::wire::node::JournalEntry;
use lgdl::wire::node::{Aside, Counts, Limit, LogLine, Page, Place, SetAside, StreamPage};

use crate::constants::Constants;
use crate::memory::Memory;

/// The largest answer taken from another service unless a call says otherwise, bytes.
pub const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;

/// Where a node runs.
///
/// Futures need not be `Send`: an isolate and a wasm instance have one thread, and native callers run a node on one.
#[allow(async_fn_in_trait, reason = "the trait is used with static dispatch only, and no future must be Send")]
pub trait Platform {
    /// `native`, `spin`, `workers`.
    fn name(&self) -> &'static str;

    /// Reads a value. It may be stale, and `None` may be wrong.
    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError>;

    /// Writes a value; the store may drop it, at the latest `ttl_ms` from now where it knows expiry.
    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError>;

    /// Removes a value, in time.
    async fn kv_delete(&self, key: &str) -> Result<(), KvError>;

    /// Makes one HTTP request, with no redirects and no retries.
    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError>;

    /// Waits.
    async fn sleep_ms(&self, ms: u64);

    /// Milliseconds since 1970-01-01T00:00:00Z, as good as this machine's clock.
    fn now_ms(&self) -> i64;

    /// Microseconds on a clock that does not go back, from any origin. Some platforms let it stand still during computation.
    fn ticks_us(&self) -> u64;

    /// Fills the bytes from a cryptographic source.
    fn fill_random(&self, bytes: &mut [u8]);

    /// A setting or a secret of the deployment, by its name without the `LGDL_` prefix, in lower case.
    fn variable(&self, name: &str) -> Option<String>;

    /// What this instance has read once and for all, where it may live for more than one request.
    fn constants(&self) -> Option<&Constants>;

    /// What this instance remembers from one request to the next, where one instance serves many requests at once.
    fn memory(&self) -> Option<&Memory>;

    /// Who makes spans of what is observed of a request, and exposes what is counted.
    fn spans_by(&self) -> SpansBy;

    /// Who seals states and what grants something in the key-value store.
    fn sealed_by(&self) -> SealedBy;

    /// Takes rate-limit tokens where counting is as exact as the platform has it.
    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError>;

    /// How safe a journalled turn is.
    fn journal_safety(&self) -> JournalSafety;

    /// Appends an entry to a stream. Where the journal is exact, an entry whose `version` is not above the stream's last one
    /// is refused with [`SeamError::Conflict`]; elsewhere two such entries may both be kept.
    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError>;

    /// Entries of one stream behind a place, oldest first. A row that can't be read is named and stops nothing.
    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError>;

    /// Streams that have entries, those that waited longest first where the journal knows, at most `limit`, behind the end
    /// of an earlier page.
    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError>;

    /// Removes an entry that the origin has.
    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError>;

    /// Takes an entry out of its stream and keeps it apart.
    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError>;

    /// Entries that were set aside.
    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError>;

    /// Puts an entry that was set aside back into its stream; [`SeamError::Conflict`] when another has its place now. Whether
    /// there was one.
    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError>;

    /// Removes an entry that was set aside; whether there was one.
    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError>;

    /// What the journal holds.
    async fn journal_counts(&self) -> Result<Counts, SeamError>;

    /// Writes a line of the node's log.
    fn log(&self, line: &LogLine);

    /// Removes some of what has expired, where the stores do not do so themselves. Called by the node's schedule.
    async fn sweep(&self) {}
}

/// Who makes spans of a request that is answered, and exposes what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpansBy {
    /// Whoever runs the component: it hands over what it has observed.
    Host,
    /// The origin, which is told.
    Origin,
}

/// Who seals states and what grants something in the key-value store. Either way it lies there sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealedBy {
    /// The pipeline, before it hands them over.
    Pipeline,
    /// The store, whose processor has instructions for it where wasm has none.
    Store,
}

/// The key-value store did not answer. Never a reason to refuse a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key-value store: {0}")]
pub struct KvError(pub String);

/// A counter or the journal did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeamError {
    /// It can't be reached or there is none.
    #[error("not available: {0}")]
    Unavailable(String),
    /// Another entry took the place.
    #[error("the stream has moved on")]
    Conflict,
}

/// How long a journalled turn may be expected to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalSafety {
    /// There is no journal: such turns are not taken.
    None,
    /// Lost with the process.
    Memory,
    /// On this machine's disk.
    Disk,
    /// In the platform's key-value store, which may lose writes.
    KeyValue,
    /// In replicated, transactional storage.
    Replicated,
}

impl JournalSafety {
    /// The word for it in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            JournalSafety::None => "none",
            JournalSafety::Memory => "memory",
            JournalSafety::Disk => "disk",
            JournalSafety::KeyValue => "key-value",
            JournalSafety::Replicated => "replicated",
        }
    }
}
