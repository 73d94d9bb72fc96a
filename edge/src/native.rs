//! A platform inside this process: for tests, the simulator, and whoever embeds a node. Its stores are exact, its network
//! is whatever function it is given.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use lgdl::limits::{CountRequest, Counted, Counters};
use lgdl::wire::node::{Aside, Counts, Limit, LogLine, Page, Place, SetAside, StreamPage, Why};

use crate::constants::Constants;
use crate::memory::Memory;
use crate::platform::{
    FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SealedBy, SeamError, SpansBy,
};

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
    /// Who makes spans of its requests.
    pub spans_by: SpansBy,
    /// Who seals what lies in its key-value store.
    pub sealed_by: SealedBy,
    /// The journal.
    pub journal: RefCell<Vec<JournalEntry>>,
    /// What was set aside of it, and why.
    pub aside: RefCell<Vec<(JournalEntry, Why)>>,
    /// Has every operation on the journal fail.
    pub journal_fails: Cell<bool>,
    /// Has what is appended to the journal be kept, and its answer lost.
    pub journal_answers_late: Cell<bool>,
    /// Has every removal from the journal fail.
    pub journal_is_full: Cell<bool>,
    /// How long each call takes, milliseconds.
    pub fetch_takes_ms: Cell<u64>,
    /// The same of each removal from the journal.
    pub removal_takes_ms: Cell<u64>,
    /// The node's log.
    pub log: RefCell<Vec<LogLine>>,
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
            spans_by: SpansBy::Host,
            sealed_by: SealedBy::Pipeline,
            journal: RefCell::default(),
            aside: RefCell::default(),
            journal_fails: Cell::new(false),
            journal_answers_late: Cell::new(false),
            journal_is_full: Cell::new(false),
            fetch_takes_ms: Cell::new(0),
            removal_takes_ms: Cell::new(0),
            log: RefCell::default(),
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

    fn journal_works(&self) -> Result<(), SeamError> {
        if self.journal_fails.get() { Err(SeamError::Unavailable("out of order".into())) } else { Ok(()) }
    }

    /// Takes an entry out of what was set aside.
    fn take_aside(&self, stream: &str, id: &str) -> Option<JournalEntry> {
        let mut aside = self.aside.borrow_mut();
        let at = aside.iter().position(|(entry, _)| entry.stream == stream && entry.id == id)?;
        Some(aside.remove(at).0)
    }

    fn takes(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get().saturating_add_unsigned(ms));
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
        let answer = (self.network)(request).await;
        self.takes(self.fetch_takes_ms.get());
        answer
    }

    async fn sleep_ms(&self, ms: u64) {
        self.takes(ms);
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

    fn sealed_by(&self) -> SealedBy {
        self.sealed_by
    }

    fn spans_by(&self) -> SpansBy {
        self.spans_by
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        Ok(self.counters.borrow_mut().count(request, self.now_ms.get()))
    }

    fn journal_safety(&self) -> JournalSafety {
        JournalSafety::Memory
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        self.journal_works()?;
        let mut journal = self.journal.borrow_mut();
        if journal.iter().any(|kept| kept.stream == entry.stream && kept.version >= entry.version) {
            return Err(SeamError::Conflict);
        }
        journal.push(entry.clone());
        match self.journal_answers_late.get() {
            true => Err(SeamError::Unavailable("too late".into())),
            false => Ok(()),
        }
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        self.journal_works()?;
        let journal = self.journal.borrow();
        let behind = |entry: &&JournalEntry| after.is_none_or(|after| entry.place() > *after);
        let mut entries: Vec<&JournalEntry> = journal.iter().filter(|entry| entry.stream == stream).collect();
        entries.sort_by_key(|entry| entry.place());
        Ok(Page::of(entries.into_iter().filter(behind).cloned()))
    }

    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        self.journal_works()?;
        let mut streams: Vec<String> = Vec::new();
        for entry in self.journal.borrow().iter() {
            if !streams.contains(&entry.stream) {
                streams.push(entry.stream.clone());
            }
        }
        let from = after.map_or(0, |after| streams.iter().position(|stream| stream == after).map_or(0, |at| at + 1));
        let page: Vec<String> = streams.iter().skip(from).take(limit).cloned().collect();
        let next = page.last().filter(|_| from + page.len() < streams.len()).cloned();
        Ok(StreamPage { streams: page, next })
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        self.journal_works()?;
        self.takes(self.removal_takes_ms.get());
        if self.journal_is_full.get() {
            return Err(SeamError::Unavailable("full".into()));
        }
        self.journal.borrow_mut().retain(|entry| !(entry.stream == stream && entry.id == id));
        Ok(())
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        self.journal_works()?;
        let mut journal = self.journal.borrow_mut();
        let found = journal.iter().position(|entry| entry.stream == order.stream && entry.place() == order.place);
        if let Some(at) = found {
            self.aside.borrow_mut().push((journal.remove(at), order.why));
        }
        Ok(())
    }

    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
        self.journal_works()?;
        let listed = |(entry, why): &(JournalEntry, Why)| Aside {
            stream: entry.stream.clone(),
            version: entry.version,
            id: entry.id.clone(),
            why: *why,
            bytes: entry.sealed.len() as u64,
        };
        let of = |(entry, _): &&(JournalEntry, Why)| wanted.wants(&entry.stream, &entry.id);
        Ok(self.aside.borrow().iter().filter(of).take(wanted.limit).map(listed).collect())
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.journal_works()?;
        let Some(entry) = self.take_aside(stream, id) else { return Ok(false) };
        let mut journal = self.journal.borrow_mut();
        if journal.iter().any(|kept| kept.stream == entry.stream && kept.version == entry.version) {
            self.aside.borrow_mut().push((entry, Why::Refused));
            return Err(SeamError::Conflict);
        }
        journal.push(entry);
        Ok(true)
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.journal_works()?;
        Ok(self.take_aside(stream, id).is_some())
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        self.journal_works()?;
        let aside = self.aside.borrow();
        Ok(Counts {
            unremoved: 0,
            waiting: self.journal.borrow().len() as u64,
            aside: aside.len() as u64,
            other_key: aside.iter().filter(|(_, why)| *why == Why::OtherKey).count() as u64,
        })
    }

    fn log(&self, line: &LogLine) {
        self.log.borrow_mut().push(line.clone());
    }
}
