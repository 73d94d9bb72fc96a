//! The nodes: the real pipeline over platforms that are as weak as the ones it is written for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use lgdl::limits::{CountRequest, Counted, Counters, EntryName};
use lgdl::wire::node::{Aside, Counts, LogLine, Page, Place, SetAside, StreamPage, Why};
use lgdl_edge::constants::Constants;
use lgdl_edge::memory::Memory;
use lgdl_edge::pipeline::request::Received;
use lgdl_edge::pipeline::{finish, handle, scheduled};
use lgdl_edge::platform::{FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SeamError};
use serde_json::json;

use crate::Mutation;
use crate::kv::{ASIDE_PREFIX, JOURNAL_PREFIX, Journal, Kv, MAX_STALENESS_US, journal_key, listed, stream_page};
use crate::origin::{EDGE_SECRET, ORIGIN_URL, TENANT};
use crate::plan::{FaultKind, Flavour, NodePlan, Plan};
use crate::random::{Random, index};
use crate::scheduler::{TaskId, channel};
use crate::services::SERVICES_URL;
use crate::world::{Count, World};

/// How long operations on stores take at most, microseconds, near and far.
const NEAR_US: u64 = 300;
const FAR_US: u64 = 15_000;
/// How long a process takes to start again, microseconds.
const RESTART_US: u64 = 2_000_000;
/// Instances of a node: isolates of a Worker, instances of the component.
const INSTANCES: usize = 2;
/// Entries and streams in one page: few, so that there are several pages.
const ENTRIES_A_PAGE: usize = 2;
const STREAMS_A_PAGE: usize = 1;
/// How often a node does its scheduled work, microseconds: by its own timer, and by cron.
const TIMER_US: u64 = 5_000_000;
pub(super) const CRON_US: u64 = 60_000_000;
/// Of how many operations one brings the node down while it is crashing, at most.
const OPERATIONS_PER_CRASH: u64 = 10;

/// What a node has that outlives its requests.
pub(super) struct Site {
    index: usize,
    flavour: Flavour,
    /// How far its clock is ahead, milliseconds.
    pub(super) skew_ms: Cell<i64>,
    up: Cell<bool>,
    kv: Rc<Kv>,
    journal: Option<Rc<Journal>>,
    counters: Rc<RefCell<Counters>>,
    /// How often its process has started.
    life: Cell<u64>,
    instances: RefCell<Vec<Rc<Instance>>>,
    tasks: RefCell<Vec<TaskId>>,
    random: Rc<Random>,
    variables: Rc<BTreeMap<String, String>>,
}

/// An answer as a client sees it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after_ms: Option<u64>,
    pub(super) journal: Option<String>,
    pub(super) limited: bool,
    pub(super) body: Vec<u8>,
}

impl Site {
    /// The sites of a plan, with what they share.
    pub(super) fn all(plan: &Plan) -> Vec<Site> {
        let (kv, journal, counters) = (Rc::new(Kv::default()), Rc::new(Journal::default()), Rc::default());
        let variables = Rc::new(variables(plan));
        let site = |(index, node): (usize, &NodePlan)| {
            let (kv, journal, counters) = match node.flavour {
                Flavour::Worker => (Rc::clone(&kv), Some(Rc::clone(&journal)), Rc::clone(&counters)),
                Flavour::Machine => (Rc::default(), Some(Rc::default()), Rc::default()),
                Flavour::Spin => (Rc::default(), None, Rc::default()),
            };
            Site {
                index,
                flavour: node.flavour,
                skew_ms: Cell::new(node.skew_ms),
                up: Cell::new(true),
                kv,
                journal,
                counters,
                life: Cell::new(0),
                instances: RefCell::new(instances()),
                tasks: RefCell::default(),
                random: Rc::new(Random::of(plan.seed, &format!("node {index}"))),
                variables: Rc::clone(&variables),
            }
        };
        plan.nodes.iter().enumerate().map(site).collect()
    }

    /// Ends the process: every request, what was left for after the answers, and memory.
    pub(super) fn crash(&self, world: &Rc<World>) {
        if !self.up.replace(false) {
            return;
        }
        world.tell(|| format!("n{} crashes", self.index));
        world.history.borrow_mut().crashes += 1;
        for task in self.tasks.take() {
            world.scheduler.kill(task);
        }
        self.life.set(self.life.get() + 1);
        *self.instances.borrow_mut() = instances();
        if self.flavour == Flavour::Machine {
            *self.counters.borrow_mut() = Counters::default();
        }
        let (again, index) = (Rc::clone(world), self.index);
        world.scheduler.spawn(async move {
            again.scheduler.sleep_us(RESTART_US).await;
            again.sites[index].up.set(true);
        });
    }

    fn node(&self, world: &Rc<World>) -> Node {
        if world.strikes(FaultKind::MemoryLost(self.index)) {
            *self.instances.borrow_mut() = instances();
        }
        let instance = match self.flavour {
            Flavour::Worker | Flavour::Machine => {
                let instance = index(world.draw().below(INSTANCES as u64));
                Some(Rc::clone(&self.instances.borrow()[instance]))
            }
            Flavour::Spin => None,
        };
        Node { world: Rc::clone(world), index: self.index, instance }
    }

    /// Takes a request in, and waits for its answer.
    pub(super) async fn serve(world: &Rc<World>, index: usize, received: Received) -> Result<Answer, FetchError> {
        let site = &world.sites[index];
        if !site.up.get() {
            return Err(FetchError::Unreachable);
        }
        let node = site.node(world);
        let (sender, receiver) = channel();
        let task = world.scheduler.spawn(async move {
            let handled = handle(&node, &received).await;
            sender.send(answer(handled.response));
            finish(&node, handled.after).await;
        });
        site.tasks.borrow_mut().push(task);
        receiver.await.ok_or(FetchError::Broken)
    }

    /// Begins to do the scheduled work again and again.
    pub(super) fn begin_schedule(world: &Rc<World>, index: usize) {
        let world = Rc::clone(world);
        world.clone().scheduler.spawn(async move {
            let site = &world.sites[index];
            let period_us = if site.flavour == Flavour::Machine { TIMER_US } else { CRON_US };
            loop {
                world.scheduler.sleep_us(period_us).await;
                if site.up.get() {
                    let node = site.node(&world);
                    let task = world.scheduler.spawn(async move { scheduled(&node).await });
                    site.tasks.borrow_mut().push(task);
                }
            }
        });
    }

    /// Whether the journal is empty.
    pub(super) fn nothing_waits(&self) -> bool {
        match &self.journal {
            Some(journal) => journal.is_empty(),
            None => self.kv.keys(JOURNAL_PREFIX).is_empty(),
        }
    }

    /// What was set aside, as somebody sees it who looks.
    pub(super) fn aside(&self) -> Vec<Aside> {
        match &self.journal {
            Some(journal) => journal.aside(),
            None => {
                let read = |key: &String| {
                    let value = self.kv.get(key, u64::MAX - 1, 0)?;
                    let at = value.iter().position(|byte| *byte == b'\n')?;
                    let why = serde_json::from_slice(&value[..at]).ok()?;
                    Some(listed(&serde_json::from_slice(&value[at + 1..]).ok()?, why))
                };
                self.kv.keys(ASIDE_PREFIX).iter().filter_map(read).collect()
            }
        }
    }

    /// Puts an entry back that was set aside; whether there was one.
    pub(super) fn let_wait_again(&self, stream: &str, id: &str) -> bool {
        let Some(journal) = &self.journal else { return false };
        journal.take_aside(stream, id).is_some_and(|entry| journal.append(&entry).is_ok())
    }

    /// Whether the store holds the state of a conversation.
    pub(super) fn has_hot(&self, digest: &str, now_us: u64) -> bool {
        self.kv.get(&format!("hot:{digest}"), now_us, 0).is_some()
    }

    /// The name of the journal that the site writes to, where it outlives everything.
    pub(super) fn durable_journal(&self) -> Option<String> {
        match self.flavour {
            Flavour::Worker => Some("object".to_owned()),
            Flavour::Machine => Some(format!("disk {}", self.index)),
            Flavour::Spin => None,
        }
    }

    /// The name of the counter that counts exactly, in its present life.
    fn counter(&self) -> Option<String> {
        match self.flavour {
            Flavour::Worker => Some("object".to_owned()),
            Flavour::Machine => Some(format!("process {}.{}", self.index, self.life.get())),
            Flavour::Spin => None,
        }
    }
}

fn instances() -> Vec<Rc<Instance>> {
    (0..INSTANCES).map(|_| Rc::default()).collect()
}

fn answer(response: lgdl_edge::answer::Response) -> Answer {
    let header = |name: &str| response.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Answer {
        status: response.status.as_u16(),
        retry_after_ms: header("retry-after").and_then(|text| text.parse::<u64>().ok()).map(|seconds| seconds * 1_000),
        journal: header("lgdl-journal"),
        limited: header("ratelimit").is_some(),
        body: response.body.into_bytes(),
    }
}

fn variables(plan: &Plan) -> BTreeMap<String, String> {
    let services = json!({
        "stock": { "url": format!("{SERVICES_URL}/stock") },
        "orders": { "url": format!("{SERVICES_URL}/orders") },
    });
    let limit = plan.limit.unwrap_or("off");
    [
        ("mode", "production"),
        ("auth", "open"),
        ("tenant", TENANT),
        ("origin_url", ORIGIN_URL),
        ("origin_key_id", "edge"),
        ("origin_key", EDGE_SECRET),
        ("state_key", &"5a".repeat(32)),
        ("services", &services.to_string()),
        ("rate_limit_user", limit),
        ("rate_limit_conversation", "off"),
        ("rate_limit_global", if plan.limit.is_some() { "60/minute" } else { "off" }),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

/// What lives for more than one request: an isolate of a Worker, an instance of the component.
#[derive(Default)]
struct Instance {
    constants: Constants,
    memory: Memory,
}

/// One request's view of its site.
struct Node {
    world: Rc<World>,
    index: usize,
    instance: Option<Rc<Instance>>,
}

impl Node {
    fn site(&self) -> &Site {
        &self.world.sites[self.index]
    }

    /// An operation on a store takes its time, and may be the last that this process does.
    async fn operate(&self) {
        let site = self.site();
        let far = site.flavour == Flavour::Worker;
        self.world.pause(if far { FAR_US } else { NEAR_US }).await;
        self.may_crash().await;
    }

    async fn may_crash(&self) {
        if self.world.strikes(FaultKind::NodeCrashes(self.index)) && self.world.draw().below(OPERATIONS_PER_CRASH) == 0
        {
            // The task that brings the process down is one of those that end with it.
            let (world, index) = (Rc::clone(&self.world), self.index);
            self.world.scheduler.spawn(async move { world.sites[index].crash(&world) });
            std::future::pending::<()>().await;
        }
    }

    async fn kv_works(&self) -> Result<(), KvError> {
        self.operate().await;
        match self.world.strikes(FaultKind::KvFails) {
            true => Err(KvError("out of order".into())),
            false => Ok(()),
        }
    }

    fn kv_read(&self, key: &str) -> Option<Vec<u8>> {
        let age_us = match self.world.strikes(FaultKind::KvStale) {
            true => self.world.draw().below(MAX_STALENESS_US),
            false => 0,
        };
        self.site().kv.get(key, self.world.now_us(), age_us)
    }

    fn kv_write(&self, key: &str, value: Option<Vec<u8>>, ttl_ms: u64) {
        if !self.world.strikes(FaultKind::KvLosesWrites) {
            let now_us = self.world.now_us();
            self.site().kv.put(key, value, now_us, now_us.saturating_add(ttl_ms.saturating_mul(1_000)));
        }
    }

    /// Whether an exact store answers; when it does not, it may have done what it was asked all the same.
    async fn object(&self, kind: FaultKind, work: impl FnOnce()) -> Result<(), SeamError> {
        self.operate().await;
        if self.world.strikes(kind) {
            if self.world.draw().chance(50) {
                work();
            }
            return Err(SeamError::Unavailable("out of order".into()));
        }
        Ok(())
    }

    /// The order in which entries come: their own, unless that was taken away.
    fn ordered(&self, mut entries: Vec<JournalEntry>) -> Vec<JournalEntry> {
        if self.world.mutation == Some(Mutation::NoOrderedDrain) {
            entries.reverse();
        }
        entries
    }

    fn admitted(&self, request: &CountRequest, counted: &Counted) {
        let (None, None, Some(counter)) = (counted.refused_by, counted.banned_for_ms, self.site().counter()) else {
            return;
        };
        let at_us = self.world.now_us();
        let counts = request.takes.iter().map(|take| Count {
            bucket: format!("{counter}: {}", take.key),
            at_us,
            tokens: take.rate.tokens + take.common.as_ref().map_or(0, |(_, rate)| rate.tokens),
            period_ms: take.rate.period_ms,
        });
        self.world.history.borrow_mut().admitted.extend(counts);
    }

    /// As Spin's adapter counts: reads, takes, writes.
    async fn count_in_kv(&self, request: &CountRequest, now_ms: i64) -> Result<Counted, SeamError> {
        self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
        let mut counters = Counters::default();
        for name in EntryName::of(request) {
            if let Some(bytes) = self.kv_read(&format!("limit:{name}"))
                && let Ok(entry) = serde_json::from_slice(&bytes)
            {
                counters.restore(&name, entry);
            }
        }
        let counted = counters.count(request, now_ms);
        self.operate().await;
        for name in EntryName::of(request) {
            let bytes = counters.entry(&name).and_then(|entry| serde_json::to_vec(&entry).ok());
            self.kv_write(&format!("limit:{name}"), bytes, 3_600_000);
        }
        Ok(counted)
    }
}

impl Platform for Node {
    fn name(&self) -> &'static str {
        "simulated"
    }

    async fn kv_get(&self, key: &str) -> Result<Option<Vec<u8>>, KvError> {
        self.kv_works().await?;
        Ok(self.kv_read(key))
    }

    async fn kv_put(&self, key: &str, value: &[u8], ttl_ms: u64) -> Result<(), KvError> {
        self.kv_works().await?;
        self.kv_write(key, Some(value.to_vec()), ttl_ms);
        Ok(())
    }

    async fn kv_delete(&self, key: &str) -> Result<(), KvError> {
        self.kv_works().await?;
        self.kv_write(key, None, u64::MAX);
        Ok(())
    }

    async fn fetch(&self, request: Outbound) -> Result<Inbound, FetchError> {
        self.may_crash().await;
        let answer = self.world.fetch(request).await;
        self.may_crash().await;
        answer
    }

    async fn sleep_ms(&self, ms: u64) {
        self.world.scheduler.sleep_us(ms.saturating_mul(1_000)).await;
    }

    fn now_ms(&self) -> i64 {
        self.world.now_ms() + self.site().skew_ms.get()
    }

    fn ticks_us(&self) -> u64 {
        self.world.now_us()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        self.site().random.fill(bytes);
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.site().variables.get(name).cloned()
    }

    fn constants(&self) -> Option<&Constants> {
        self.instance.as_ref().map(|instance| &instance.constants)
    }

    fn memory(&self) -> Option<&Memory> {
        let is_isolate = self.site().flavour == Flavour::Worker;
        self.instance.as_ref().filter(|_| is_isolate).map(|instance| &instance.memory)
    }

    async fn count(&self, request: &CountRequest) -> Result<Counted, SeamError> {
        let counted = match self.site().flavour {
            Flavour::Spin => self.count_in_kv(request, self.now_ms()).await?,
            flavour => {
                self.object(FaultKind::CountersFail, || {}).await?;
                // A Durable Object has a clock of its own.
                let now_ms = if flavour == Flavour::Worker { self.world.now_ms() } else { self.now_ms() };
                self.site().counters.borrow_mut().count(request, now_ms)
            }
        };
        self.admitted(request, &counted);
        Ok(counted)
    }

    fn journal_safety(&self) -> JournalSafety {
        match self.site().flavour {
            Flavour::Worker => JournalSafety::Replicated,
            Flavour::Machine => JournalSafety::Disk,
            Flavour::Spin => JournalSafety::KeyValue,
        }
    }

    async fn journal_append(&self, entry: &JournalEntry) -> Result<(), SeamError> {
        let stream: String = entry.stream.chars().take(6).collect();
        self.world.tell(|| format!("n{} journals {stream} {}", self.index, entry.version));
        match &self.site().journal {
            Some(journal) => {
                let unheard = || drop(journal.append(entry));
                self.object(FaultKind::JournalFails, unheard).await?;
                journal.append(entry)
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                let bytes = serde_json::to_vec(entry).map_err(|error| SeamError::Unavailable(error.to_string()))?;
                self.kv_write(&journal_key(entry), Some(bytes), u64::MAX);
                Ok(())
            }
        }
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        let mut entries = match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                journal.read(stream)
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                let keys = self.site().kv.keys(&format!("{JOURNAL_PREFIX}{stream}:"));
                let read = |key: &String| serde_json::from_slice(&self.kv_read(key)?).ok();
                keys.iter().filter_map(read).collect()
            }
        };
        entries.retain(|entry: &JournalEntry| after.is_none_or(|after| entry.place() > *after));
        entries.sort_by_key(JournalEntry::place);
        // Small pages, so that streams have several.
        let more = entries.len() > ENTRIES_A_PAGE;
        entries.truncate(ENTRIES_A_PAGE);
        Ok(Page { entries: self.ordered(entries), unreadable: Vec::new(), more })
    }

    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        let streams = match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                journal.streams()
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                let keys = self.site().kv.keys(JOURNAL_PREFIX);
                let name = |key: &String| key.strip_prefix(JOURNAL_PREFIX)?.split(':').next().map(str::to_owned);
                let mut streams: Vec<String> = keys.iter().filter_map(name).collect();
                streams.dedup();
                streams
            }
        };
        Ok(stream_page(&streams, limit.min(STREAMS_A_PAGE), after))
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        self.world.tell(|| format!("n{} sets aside {:?}: {}", self.index, order.place, order.why.words()));
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || journal.set_aside(order)).await?;
                journal.set_aside(order);
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                let Place { version, id } = &order.place;
                let key = format!("{JOURNAL_PREFIX}{}:{version:020}:{id}", order.stream);
                if let Some(entry) = self.kv_read(&key) {
                    let why = serde_json::to_string(&order.why).unwrap_or_default();
                    self.kv_write(
                        &key.replace(JOURNAL_PREFIX, ASIDE_PREFIX),
                        Some([why.as_bytes(), b"\n", &entry].concat()),
                        u64::MAX,
                    );
                    self.kv_write(&key, None, u64::MAX);
                }
            }
        }
        Ok(())
    }

    async fn journal_aside(&self, limit: usize) -> Result<Vec<Aside>, SeamError> {
        match &self.site().journal {
            Some(_) => self.object(FaultKind::JournalFails, || {}).await?,
            None => self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?,
        }
        Ok(self.site().aside().into_iter().take(limit).collect())
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        self.operate().await;
        Ok(self.site().let_wait_again(stream, id))
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                Ok(journal.take_aside(stream, id).is_some())
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                let keys = self.site().kv.keys(&format!("{ASIDE_PREFIX}{stream}:"));
                let key = keys.iter().find(|key| key.rsplit(':').next() == Some(id));
                key.iter().for_each(|key| self.kv_write(key, None, u64::MAX));
                Ok(key.is_some())
            }
        }
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        match &self.site().journal {
            Some(_) => self.object(FaultKind::JournalFails, || {}).await?,
            None => self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?,
        }
        let aside = self.site().aside();
        Ok(Counts {
            waiting: match &self.site().journal {
                Some(journal) => journal.len() as u64,
                None => self.site().kv.keys(JOURNAL_PREFIX).len() as u64,
            },
            aside: aside.len() as u64,
            other_key: aside.iter().filter(|aside| aside.why == Why::OtherKey).count() as u64,
        })
    }

    fn log(&self, line: &LogLine) {
        self.world.tell(|| format!("n{} logs {:?}: {} {:?}", self.index, line.level, line.event, line.detail));
    }

    async fn journal_remove(&self, stream: &str, id: &str) -> Result<(), SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || journal.remove(stream, id)).await?;
                journal.remove(stream, id);
                Ok(())
            }
            None => {
                self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
                for key in self.site().kv.keys(&format!("{JOURNAL_PREFIX}{stream}:")) {
                    if key.rsplit(':').next() == Some(id) {
                        self.kv_write(&key, None, u64::MAX);
                    }
                }
                Ok(())
            }
        }
    }
}
