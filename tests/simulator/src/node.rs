//! The nodes: the real pipeline over platforms that are as weak as the ones it is written for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use lgdl::limits::{CountRequest, Counted, Counters, EntryName};
use lgdl::wire::node::{
    Aside, Counts, Limit, LogLine, Page, Place, SetAside, StreamPage, Why, is_of_another_key, read_state_key,
};
use lgdl_edge::constants::Constants;
use lgdl_edge::kv_journal::{self, KeyValues};
use lgdl_edge::memory::Memory;
use lgdl_edge::pipeline::request::Received;
use lgdl_edge::pipeline::{finish, handle, scheduled};
use lgdl_edge::platform::{
    FetchError, Inbound, JournalEntry, JournalSafety, KvError, Outbound, Platform, SealedBy, SeamError, SpansBy,
};
use serde_json::json;

use crate::Mutation;
use crate::kv::{Journal, Kv, MAX_STALENESS_US, listed, stream_page};
use crate::origin::{EDGE_SECRET, ORIGIN_URL, TENANT, signed};
use crate::plan::{FaultKind, Flavour, NodePlan, Plan, Program};
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
/// Attempts at an object, as the Worker's adapter makes them.
const OBJECT_ATTEMPTS: u32 = 2;
/// The keys for what nodes keep: the right one, and another.
const STATE_KEY: &str = "5a";
const OTHER_STATE_KEY: &str = "a5";
/// How far the copy of a machine's store on disk may be behind it, microseconds.
const MAX_BEHIND_US: u64 = 300_000;
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
    variables: RefCell<BTreeMap<String, String>>,
    /// Whether it does not start, because its key does not open what waits.
    refuses: Cell<bool>,
}

/// Which key a node is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rekeyed {
    /// Another one.
    Other,
    /// The right one again.
    Back,
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
                variables: RefCell::new(variables(plan)),
                refuses: Cell::new(false),
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
            // Its store's copy on disk is written behind the store.
            self.kv.begin_again(world.scheduler.now_us().saturating_sub(self.random.below(MAX_BEHIND_US)));
        }
        let (again, index) = (Rc::clone(world), self.index);
        world.scheduler.spawn(async move {
            again.scheduler.sleep_us(RESTART_US).await;
            again.sites[index].up.set(true);
        });
    }

    /// Starts the node, and all that share its journal, with another key. A machine does not start with one that does not
    /// open what waits there, and who runs it gives the old one back only when nothing waits under the new one.
    pub(super) fn rekey(world: &Rc<World>, index: usize, which: Rekeyed) {
        let flavour = world.sites[index].flavour;
        for site in &world.sites {
            if site.index != index && !(flavour == Flavour::Worker && site.flavour == flavour) {
                continue;
            }
            let is_machine = site.flavour == Flavour::Machine;
            let was_refused = site.refuses.replace(is_machine && which == Rekeyed::Other && !site.nothing_waits());
            let is_stuck = is_machine && which == Rekeyed::Back && !was_refused && !site.nothing_waits();
            if !is_stuck && !site.refuses.get() {
                let key = if which == Rekeyed::Other { OTHER_STATE_KEY } else { STATE_KEY };
                site.variables.borrow_mut().insert("state_key".to_owned(), key.repeat(32));
            }
            site.crash(world);
        }
    }

    /// Damages one turn that waits; whether there was one.
    pub(super) fn damage_one(&self, world: &World) -> bool {
        let is_row = self.random.chance(50);
        let done = self.journal.as_ref().is_some_and(|journal| journal.damage_one(is_row));
        if done {
            world.tell(|| format!("n{}: what waits longest is damaged", self.index));
        }
        done
    }

    /// Whether a sealed value was sealed under a key that this node does not have.
    pub(super) fn is_of_another_key(&self, sealed: &[u8]) -> bool {
        let key = self.variables.borrow().get("state_key").and_then(|text| read_state_key(text));
        is_of_another_key(key.as_ref(), sealed)
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
        if !site.up.get() || site.refuses.get() {
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
                if site.up.get() && !site.refuses.get() {
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
            None => self.kv.keys(kv_journal::JOURNAL).is_empty(),
        }
    }

    /// What was set aside, as somebody sees it who looks.
    pub(super) fn aside(&self) -> Vec<(JournalEntry, Why)> {
        match &self.journal {
            Some(journal) => journal.aside(),
            None => {
                let entry = |aside: Aside| {
                    let place = format!("{:020}:{}", aside.version, aside.id);
                    let keys = self.kv.keys(&format!("{}{}:{place}", kv_journal::ASIDE, aside.stream));
                    let value = self.kv.get(keys.first()?, u64::MAX - 1, 0)?;
                    Some((serde_json::from_slice(&value).ok()?, aside.why))
                };
                let aside = kv_journal::aside(&AsItIs(&self.kv), &Limit { limit: usize::MAX, ..Limit::of(None) })
                    .unwrap_or_default();
                aside.into_iter().filter_map(entry).collect()
            }
        }
    }

    /// Puts an entry back that was set aside; whether that was done.
    pub(super) fn let_wait_again(&self, stream: &str, id: &str) -> bool {
        if let Some(journal) = &self.journal {
            return journal.retry(stream, id);
        }
        kv_journal::retry(&AsItIs(&self.kv), stream, id).unwrap_or(false)
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

/// A key-value store as somebody sees it who looks past the node.
struct AsItIs<'a>(&'a Kv);

impl KeyValues for AsItIs<'_> {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SeamError> {
        Ok(self.0.get(key, u64::MAX - 1, 0))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), SeamError> {
        self.0.put(key, Some(value.to_vec()), 0, u64::MAX);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), SeamError> {
        self.0.put(key, None, 0, u64::MAX);
        Ok(())
    }

    fn keys(&self) -> Result<Vec<String>, SeamError> {
        Ok(self.0.keys(""))
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
        ("state_key", &STATE_KEY.repeat(32)),
        ("services", &services.to_string()),
        ("rate_limit_user", limit),
        ("rate_limit_conversation", "off"),
        ("rate_limit_global", if plan.limit.is_some() { plan.global_limit } else { "off" }),
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
            self.crash().await;
        }
    }

    /// The task that brings the process down is one of those that end with it.
    async fn crash(&self) {
        let (world, index) = (Rc::clone(&self.world), self.index);
        self.world.scheduler.spawn(async move { world.sites[index].crash(&world) });
        std::future::pending::<()>().await;
    }

    /// The former program did not name the state that a turn was run on.
    fn as_its_program_asks(&self, mut request: Outbound) -> Outbound {
        let names = request.url.ends_with("/edge/v1/turns") || request.url.ends_with("/edge/v1/claims");
        if names && self.world.plan.nodes[self.index].program == Program::Former {
            let mut body: serde_json::Value = serde_json::from_slice(&request.body).expect("a body");
            let fields = body.as_object_mut().expect("an object");
            fields.retain(|name, _| !["base", "try"].contains(&name.as_str()));
            request.body = body.to_string().into_bytes();
            request.headers = signed(&request, self.now_ms());
        }
        request
    }

    async fn kv_works(&self) -> Result<(), KvError> {
        self.operate().await;
        match self.world.strikes(FaultKind::KvFails) {
            true => Err(KvError("out of order".into())),
            false => Ok(()),
        }
    }

    /// The store, where it works.
    async fn keys(&self) -> Result<&Node, SeamError> {
        self.kv_works().await.map_err(|error| SeamError::Unavailable(error.0))?;
        Ok(self)
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
    async fn object(&self, kind: FaultKind, work: impl Fn()) -> Result<(), SeamError> {
        let attempts = if self.site().flavour == Flavour::Worker { OBJECT_ATTEMPTS } else { 1 };
        for _ in 0..attempts {
            self.operate().await;
            if !self.world.strikes(kind) {
                return Ok(());
            }
            if self.world.draw().chance(50) {
                work();
            }
        }
        Err(SeamError::Unavailable("out of order".into()))
    }

    /// The order in which entries come: their own, unless that was taken away.
    fn ordered(&self, mut entries: Vec<JournalEntry>) -> Vec<JournalEntry> {
        if self.world.mutation == Some(Mutation::NoOrderedDrain) {
            entries.reverse();
        }
        entries
    }

    /// Notes what an exact counter said.
    fn note_count(&self, request: &CountRequest, counted: &Counted) {
        let Some(counter) = self.site().counter() else { return };
        let at_us = self.world.now_us();
        let count = |take: &lgdl::limits::Take| Count {
            bucket: format!("{counter}: {}", take.key),
            at_us,
            tokens: take.rate.tokens + take.common.as_ref().map_or(0, |(_, rate)| rate.tokens),
            period_ms: take.rate.period_ms,
        };
        let mut history = self.world.history.borrow_mut();
        match (counted.refused_by, counted.banned_for_ms) {
            (None, None) => history.admitted.extend(request.takes.iter().map(count)),
            (Some(index), _) => history.refused.push(count(&request.takes[index])),
            (None, Some(_)) => {}
        }
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
        let (is_origin, acts) = (request.url.starts_with(ORIGIN_URL), request.url.ends_with("/place"));
        if is_origin && !request.url.ends_with("/health/ready") && !self.world.origin_is_up() {
            self.world.history.borrow_mut().knocks.push((self.index, self.world.now_us()));
        }
        let answer = self.world.fetch(self.as_its_program_asks(request)).await;
        if acts && self.world.strikes(FaultKind::NodeCrashesAfterActing(self.index)) {
            self.crash().await;
        }
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
        self.site().variables.borrow().get(name).cloned()
    }

    fn constants(&self) -> Option<&Constants> {
        self.instance.as_ref().map(|instance| &instance.constants)
    }

    fn memory(&self) -> Option<&Memory> {
        let is_isolate = self.site().flavour == Flavour::Worker;
        self.instance.as_ref().filter(|_| is_isolate).map(|instance| &instance.memory)
    }

    fn sealed_by(&self) -> SealedBy {
        SealedBy::Pipeline
    }

    fn spans_by(&self) -> SpansBy {
        SpansBy::Host
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
        self.note_count(request, &counted);
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
            None => kv_journal::append(self.keys().await?, entry),
        }
    }

    async fn journal_read(&self, stream: &str, after: Option<&Place>) -> Result<Page, SeamError> {
        let page = match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                journal.read(stream, after, ENTRIES_A_PAGE)
            }
            None => {
                let mut page = kv_journal::read(self.keys().await?, stream, after)?;
                // Small pages, so that streams have several.
                page.more |= page.entries.len() > ENTRIES_A_PAGE;
                page.entries.truncate(ENTRIES_A_PAGE);
                page
            }
        };
        Ok(Page { entries: self.ordered(page.entries), ..page })
    }

    async fn journal_streams(&self, limit: usize, after: Option<&str>) -> Result<StreamPage, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                Ok(stream_page(&journal.streams(), limit.min(STREAMS_A_PAGE), after))
            }
            None => kv_journal::streams(self.keys().await?, limit.min(STREAMS_A_PAGE), after),
        }
    }

    async fn journal_set_aside(&self, order: &SetAside) -> Result<(), SeamError> {
        self.world.tell(|| format!("n{} sets aside {:?}: {}", self.index, order.place, order.why.words()));
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || journal.set_aside(order)).await?;
                journal.set_aside(order);
            }
            None => kv_journal::set_aside(self.keys().await?, order)?,
        }
        Ok(())
    }

    async fn journal_aside(&self, wanted: &Limit) -> Result<Vec<Aside>, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                let of = |(entry, _): &&(JournalEntry, Why)| wanted.wants(&entry.stream, &entry.id);
                let aside = journal.aside();
                Ok(aside.iter().filter(of).take(wanted.limit).map(|(entry, why)| listed(entry, *why)).collect())
            }
            None => kv_journal::aside(self.keys().await?, wanted),
        }
    }

    async fn journal_retry(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.operate().await;
                Ok(journal.retry(stream, id))
            }
            None => kv_journal::retry(self.keys().await?, stream, id),
        }
    }

    async fn journal_drop(&self, stream: &str, id: &str) -> Result<bool, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                Ok(journal.drop_aside(stream, id))
            }
            None => kv_journal::drop_aside(self.keys().await?, stream, id),
        }
    }

    async fn journal_counts(&self) -> Result<Counts, SeamError> {
        match &self.site().journal {
            Some(journal) => {
                self.object(FaultKind::JournalFails, || {}).await?;
                let aside = journal.aside();
                let other_key = aside.iter().filter(|(_, why)| *why == Why::OtherKey).count() as u64;
                Ok(Counts { waiting: journal.len() as u64, aside: aside.len() as u64, other_key, unremoved: 0 })
            }
            None => kv_journal::counts(self.keys().await?),
        }
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
            None => kv_journal::remove(self.keys().await?, stream, id),
        }
    }
}

/// The key-value store of a node without a journal of its own, with all its weaknesses.
impl KeyValues for Node {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, SeamError> {
        Ok(self.kv_read(key))
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), SeamError> {
        self.kv_write(key, Some(value.to_vec()), u64::MAX);
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), SeamError> {
        self.kv_write(key, None, u64::MAX);
        Ok(())
    }

    fn keys(&self) -> Result<Vec<String>, SeamError> {
        Ok(self.site().kv.keys(""))
    }
}
