//! A platform inside this process: for tests, the simulator, and whoever embeds a node. Its stores are exact, its network
//! is whatever function it is given.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use lgdl::limits::{CountRequest, Counted, Counters};

use crate::constants::Constants;
use crate::memory::Memory;
use crate::platform::{FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SeamError};

/// The answer to a request, in time.
pub type Answering = Pin<Box<dyn Future<Output = Result<Inbound, FetchError>>>>;

/// A node's surroundings in memory. Time stands still until it is moved; randomness is a sequence from a seed.
pub struct Native {
    /// Settings, by name without `LGDL_`.
    pub variables: BTreeMap<String, String>,
    /// The key-value store, with the expiry of each entry.
    pub kv: RefCell<BTreeMap<String, (i64, Vec<u8>)>>,
    /// Has every operation on the key-value store fail.
    pub kv_fails: Cell<bool>,
    /// Whether this instance remembers anything from one request to the next.
    pub remembers: bool,
    /// The journal.
    pub journal: RefCell<Vec<JournalEntry>>,
    /// The wall clock, milliseconds since 1970; waiting moves it.
    pub now_ms: Cell<i64>,
    constants: Constants,
    memory: Memory,
    counters: RefCell<Counters>,
    random: Cell<u64>,
    network: Box<dyn Fn(Outbound) -> Answering>,
}

impl Native {
    /// Surroundings with that network.
    pub fn new(network: impl Fn(Outbound) -> Answering + 'static) -> Native {
        Native {
            variables: BTreeMap::new(),
            kv: RefCell::default(),
            kv_fails: Cell::new(false),
            remembers: true,
            journal: RefCell::default(),
            now_ms: Cell::new(1_700_000_000_000),
            constants: Constants::default(),
            memory: Memory::default(),
            counters: RefCell::default(),
            random: Cell::new(0x9e37_79b9_7f4a_7c15),
            network: Box::new(network),
        }
    }

    /// Draws randomness from that seed. Nodes of one world need different ones.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Native {
        self.random.set(seed);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Native {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn kv_works(&self) -> Result<(), KvError> {
        if self.kv_fails.get() { Err(KvError("out of order".into())) } else { Ok(()) }
    }
}

/// Lets other requests of the instance go on.
async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Platform for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.kv_works()?;
        let kv = self.kv.borrow();
        Ok(kv.get(key).filter(|(expires_at_ms, _)| *expires_at_ms > self.now_ms.get()).map(|(_, value)| value.clone()))
    }

    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
        self.kv_works()?;
        let expires_at_ms = self.now_ms.get().saturating_add_unsigned(ttl_ms);
        self.kv.borrow_mut().insert(key.to_owned(), (expires_at_ms, value.to_vec()));
        Ok(())
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv_works()?;
        self.kv.borrow_mut().remove(key);
        Ok(())
    }

    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        (self.network)(request).await
    }

    async fn sleep_ms(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get().saturating_add_unsigned(ms));
        yield_now().await;
    }

    fn now_ms(&self) -> i64 {
        self.now_ms.get()
    }

    fn ticks_us(&self) -> u64 {
        u64::try_from(self.now_ms.get()).unwrap_or(0) * 1_000
    }

    /// SplitMix64: predictable on purpose.
    fn fill_random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            self.random.set(self.random.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
            let mut z = self.random.get();
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            let word = (z ^ (z >> 31)).to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn constants(&self) -> Option<&Constants> {
        self.remembers.then_some(&self.constants)
    }

    fn memory(&self) -> Option<&Memory> {
        self.remembers.then_some(&self.memory)
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        Ok(self.counters.borrow_mut().count(request, self.now_ms.get()))
    }

    fn journal_safety(&self) -> JournalSafety {
        JournalSafety::Memory
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        let mut journal = self.journal.borrow_mut();
        if journal.iter().any(|kept| kept.stream == entry.stream && kept.version >= entry.version) {
            return Err(SeamError::Conflict);
        }
        journal.push(entry.clone());
        Ok(())
    }

    async fn journal_read(&self, stream: &str) -> Result<Vec<JournalEntry>, SeamError> {
        Ok(self.journal.borrow().iter().filter(|entry| entry.stream == stream).cloned().collect())
    }

    async fn journal_streams(&self, limit: usize) -> Result<Vec<String>, SeamError> {
        let mut streams: Vec<String> = Vec::new();
        for entry in self.journal.borrow().iter() {
            if streams.len() < limit && !streams.contains(&entry.stream) {
                streams.push(entry.stream.clone());
            }
        }
        Ok(streams)
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        self.journal.borrow_mut().retain(|entry| !(entry.stream == stream && entry.id == id));
        Ok(())
    }
}
