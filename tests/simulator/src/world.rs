//! Everything that a run has: time, weather, the network, the origin, the nodes' places, and what was seen of it all.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use lgdl::engine::Turn;
use lgdl::wire::node::Why;
use lgdl_edge::platform::{FetchError, Inbound, Outbound};

use crate::Mutation;
use crate::hook::Told;
use crate::node::{Rekeyed, Site};
use crate::origin::{Deed, ORIGIN_URL, OriginHost};
use crate::plan::{CALM_US, Fault, FaultKind, Link, Plan, Trip};
use crate::random::{Random, extended, fingerprint, index};
use crate::reader::Heard;
use crate::scheduler::{Scheduler, channel};
use crate::services::{SERVICES_URL, Services};

/// The wall clock when the world begins, milliseconds since 1970.
pub(super) const BEGINNING_MS: i64 = 1_700_000_000_000;
/// Delays of messages, microseconds: usually, and while they are delayed.
const USUAL_DELAY_US: (u64, u64) = (200, 20_000);
const LONG_DELAY_US: u64 = 8_000_000;
/// How much later a message that arrives twice arrives again, microseconds.
const SECOND_ARRIVAL_US: (u64, u64) = (50_000, 30_000_000);
/// How long the origin takes for a request, microseconds.
const ORIGIN_WORK_US: u64 = 5_000;
/// How long a message that was lost is remembered, so that whoever waits for it waits in vain, microseconds.
const SILENCE_US: u64 = 60_000_000;

/// A turn that a client has an answer to.
#[derive(Debug, Clone)]
pub(super) struct Ack {
    pub(super) client: String,
    pub(super) turn: String,
    /// The key that it came under, and whose.
    pub(super) key: String,
    /// What the key stands for.
    pub(super) fingerprint: String,
    pub(super) user: String,
    pub(super) conversation: String,
    pub(super) node: usize,
    /// When the client first sent it, and when it had the answer.
    pub(super) sent_us: u64,
    pub(super) answered_us: u64,
    pub(super) status: u16,
    /// The problem's code.
    pub(super) code: Option<String>,
    /// The answer, where the status is 200.
    pub(super) response: Option<lgdl::wire::client::MoveResponse>,
    /// The header `lgdl-journal`.
    pub(super) journal: Option<String>,
    /// Whether the answer tells of limits.
    pub(super) limited: bool,
}

/// One count of a limit, let through or not, as the counter saw it.
#[derive(Debug, Clone)]
pub(super) struct Count {
    /// Which counter, in which of its lives, and which bucket.
    pub(super) bucket: String,
    pub(super) at_us: u64,
    pub(super) tokens: u32,
    pub(super) period_ms: u64,
}

/// What happened, as seen from outside.
#[derive(Debug, Default)]
pub(super) struct History {
    pub(super) deeds: Vec<(u64, Deed)>,
    pub(super) acks: Vec<Ack>,
    /// By the request's fingerprint: its words.
    pub(super) said: BTreeMap<String, &'static str>,
    /// By the request's fingerprint: what the desk had the engine run, and which agent; none for the origin itself.
    pub(super) at_desk: BTreeMap<String, (Turn, Option<usize>)>,
    /// What the reader of events was given, in its order.
    pub(super) heard_of: Vec<Heard>,
    /// What a webhook was told.
    pub(super) told: Told,
    /// What agents have said, with the conversation; whether the origin has acknowledged it.
    pub(super) sayings: BTreeMap<String, (String, bool)>,
    /// Who said something in which conversation, and when.
    pub(super) sent: Vec<(String, String, u64)>,
    /// By the turn's key: when it reached a node last.
    pub(super) delivered_us: BTreeMap<String, u64>,
    /// By the turn's key: the nodes that it reached.
    pub(super) reached: BTreeMap<String, BTreeSet<usize>>,
    /// Conversations whose erasure was acknowledged, and when.
    pub(super) erasures_acknowledged: Vec<(String, u64)>,
    pub(super) admitted: Vec<Count>,
    /// What exact counters refused, by the bucket that was empty.
    pub(super) refused: Vec<Count>,
    /// Which node asked the origin something while it was down, and when.
    pub(super) knocks: Vec<(usize, u64)>,
    /// Whether there is nothing left for an operator to do.
    pub(super) operated: bool,
    /// What strangers have heard, or were let do.
    pub(super) heard: Vec<String>,
    pub(super) clients_done: usize,
    pub(super) erasures_done: usize,
    pub(super) crashes: u64,
}

/// A world.
pub(super) struct World {
    pub(super) scheduler: Scheduler,
    pub(super) plan: Plan,
    pub(super) mutation: Option<Mutation>,
    pub(super) origin: RefCell<OriginHost>,
    pub(super) services: Services,
    pub(super) sites: Vec<Site>,
    pub(super) history: RefCell<History>,
    network: Random,
    /// Odd while the origin is down.
    origin_life: Cell<u64>,
    trace: RefCell<Vec<String>>,
    fingerprint: Cell<u64>,
}

/// What carries a request out where it arrives; it may arrive twice.
type Carrying<T> = Pin<Box<dyn Future<Output = Result<T, FetchError>>>>;

impl World {
    pub(super) fn new(plan: &Plan, mutation: Option<Mutation>) -> World {
        World {
            scheduler: Scheduler::new(Random::of(plan.seed, "scheduler")),
            mutation,
            origin: RefCell::new(OriginHost::new(plan, mutation)),
            services: Services::default(),
            sites: Site::all(plan),
            history: RefCell::default(),
            network: Random::of(plan.seed, "network"),
            origin_life: Cell::new(0),
            trace: RefCell::default(),
            fingerprint: Cell::new(fingerprint(b"")),
            plan: plan.clone(),
        }
    }

    pub(super) fn now_us(&self) -> u64 {
        self.scheduler.now_us()
    }

    /// The true time, milliseconds since 1970.
    pub(super) fn now_ms(&self) -> i64 {
        BEGINNING_MS.saturating_add_unsigned(self.now_us() / 1_000)
    }

    /// Writes a line of what happens.
    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        let line = format!("{:>10.3} {}", self.now_us() as f64 / 1e3, line());
        self.fingerprint.set(extended(self.fingerprint.get(), line.as_bytes()));
        self.trace.borrow_mut().push(line);
    }

    pub(super) fn into_trace(self: Rc<Self>) -> (u64, Vec<String>) {
        (self.fingerprint.get(), self.trace.take())
    }

    /// Whether a fault of that kind is in force and hits this time.
    pub(super) fn strikes(&self, kind: FaultKind) -> bool {
        let now_us = self.now_us();
        let on = |fault: &&Fault| fault.kind == kind && fault.is_on(now_us);
        self.plan.faults.iter().filter(on).any(|fault| self.network.chance(fault.percent))
    }

    /// Waits so long at most.
    pub(super) async fn pause(&self, longest_us: u64) {
        self.scheduler.sleep_us(self.network.below(longest_us + 1)).await;
    }

    pub(super) fn draw(&self) -> &Random {
        &self.network
    }

    async fn travel(&self, link: Link) {
        let us = match self.strikes(FaultKind::Delays(link)) {
            true => self.network.below(LONG_DELAY_US),
            false => self.network.between(USUAL_DELAY_US.0, USUAL_DELAY_US.1),
        };
        self.scheduler.sleep_us(us).await;
    }

    /// Sends a request over a link and waits for its answer. What happens at the other end happens whether the sender still
    /// waits or not.
    pub(super) async fn transmit<T: 'static>(
        self: &Rc<Self>,
        link: Link,
        timeout_us: u64,
        carry_out: impl Fn() -> Carrying<T> + 'static,
    ) -> Result<T, FetchError> {
        let carry_out = Rc::new(carry_out);
        if self.strikes(FaultKind::Duplicates(link)) {
            let (world, again) = (Rc::clone(self), Rc::clone(&carry_out));
            self.scheduler.spawn(async move {
                let us = world.network.between(SECOND_ARRIVAL_US.0, SECOND_ARRIVAL_US.1);
                world.scheduler.sleep_us(us).await;
                world.tell(|| format!("again over {link:?}"));
                let _ = again().await;
            });
        }
        let (sender, receiver) = channel();
        let world = Rc::clone(self);
        self.scheduler.spawn(async move {
            let lost = world.strikes(FaultKind::RequestsLost(link));
            world.travel(link).await;
            if lost {
                world.tell(|| format!("request lost over {link:?}"));
                return world.lose(sender).await;
            }
            let answer = carry_out().await;
            if world.strikes(FaultKind::AnswersLost(link)) {
                world.tell(|| format!("answer lost over {link:?}"));
                return world.lose(sender).await;
            }
            world.travel(link).await;
            sender.send(answer);
        });
        match self.scheduler.within(timeout_us, receiver).await {
            Some(Some(answer)) => answer,
            Some(None) => Err(FetchError::Broken),
            None => Err(FetchError::TimedOut),
        }
    }

    /// Either the connection breaks, or nothing is ever heard again.
    async fn lose<T>(&self, sender: T) {
        if self.network.chance(50) {
            self.scheduler.sleep_us(SILENCE_US).await;
        }
        drop(sender);
    }

    /// A node's request to another service.
    pub(super) async fn fetch(self: &Rc<Self>, request: Outbound) -> Result<Inbound, FetchError> {
        let timeout_us = request.timeout_ms * 1_000;
        let link = if request.url.starts_with(SERVICES_URL) { Link::Services } else { Link::Origin };
        let (world, request) = (Rc::clone(self), Rc::new(request));
        self.transmit(link, timeout_us, move || {
            let (world, request) = (Rc::clone(&world), Rc::clone(&request));
            Box::pin(async move {
                match link {
                    Link::Services => world.services.answer(&world, &request),
                    Link::Origin | Link::Clients => world.ask_origin(&request).await,
                }
            })
        })
        .await
    }

    async fn ask_origin(&self, request: &Outbound) -> Result<Inbound, FetchError> {
        let life = self.origin_life.get();
        if life % 2 == 1 {
            return Err(FetchError::Unreachable);
        }
        if self.strikes(FaultKind::OriginEstranged) {
            return Ok(Inbound { status: 401, body: br#"{"why":"key"}"#.to_vec() });
        }
        if request.url.ends_with("/edge/v1/turns") && self.strikes(FaultKind::OriginRefuses) {
            return Ok(Inbound { status: 400, body: b"{}".to_vec() });
        }
        let (fails, early) = (self.strikes(FaultKind::OriginErrs), self.network.chance(50));
        if fails && early {
            return Ok(Inbound { status: 503, body: Vec::new() });
        }
        let origins = self.plan.origins;
        let which = if origins > 1 { index(self.network.below(origins as u64)) } else { 0 };
        let (answer, deed) = self.origin.borrow().answer(which, request, &self.trips(), self.now_ms());
        let path = request.url.strip_prefix(ORIGIN_URL).unwrap_or_default();
        let hash = fingerprint(&request.body) ^ fingerprint(&answer.body);
        self.tell(|| format!("origin {} {path} -> {} {hash:016x}", request.method, answer.status));
        if let Some(deed) = deed {
            self.did(deed);
        }
        self.pause(ORIGIN_WORK_US).await;
        if self.origin_life.get() != life {
            return Err(FetchError::Broken);
        }
        Ok(if fails { Inbound { status: 500, body: Vec::new() } } else { answer })
    }

    /// Where the origin fails this time.
    pub(super) fn trips(&self) -> Vec<Trip> {
        Trip::ALL.into_iter().filter(|trip| self.strikes(FaultKind::OriginTrips(*trip))).collect()
    }

    /// Has an operator erase a person at the origin; whether it was done.
    pub(super) fn erase_person(&self, user: &str) -> bool {
        self.origin.borrow().erase_person(user, &self.trips(), self.now_ms())
    }

    pub(super) fn did(&self, deed: Deed) {
        self.tell(|| match &deed {
            Deed::Committed(turn) => format!(
                "origin commits {} of {} as turn {}{}: {:?}",
                turn.idempotency_key,
                turn.conversation_id,
                turn.record.turn,
                if turn.journal_sequence.is_some() { " from a journal" } else { "" },
                turn.record.response
            ),
            other => format!("origin: {other:?}"),
        });
        self.history.borrow_mut().deeds.push((self.now_us(), deed));
    }

    pub(super) fn origin_is_up(&self) -> bool {
        self.origin_life.get().is_multiple_of(2)
    }

    /// Begins everything that the plan's faults do at their times.
    pub(super) fn begin_faults(self: &Rc<Self>) {
        for fault in self.plan.faults.clone() {
            let world = Rc::clone(self);
            self.scheduler.spawn(async move {
                world.scheduler.sleep_us(fault.from_us).await;
                world.tell(|| format!("{} begins: {:?}", fault.name, fault.kind));
                world.fault_begins(&fault);
                world.scheduler.sleep_us(fault.to_us.saturating_sub(fault.from_us)).await;
                world.tell(|| format!("{} ends", fault.name));
                world.fault_ends(&fault);
            });
        }
    }

    fn fault_begins(self: &Rc<Self>, fault: &Fault) {
        match fault.kind {
            FaultKind::OriginStops if self.origin_is_up() => self.origin_life.set(self.origin_life.get() + 1),
            FaultKind::NodeCrashes(node) => self.sites[node].crash(self),
            FaultKind::ClockSet(node, skew_ms) => self.sites[node].skew_ms.set(skew_ms),
            FaultKind::OriginRestored => {
                self.origin.borrow().back_up();
                self.did(Deed::BackedUp);
            }
            FaultKind::NodeRekeyed(node) => Site::rekey(self, node, Rekeyed::Other),
            FaultKind::EntryDamaged(node) => {
                let (world, until_us) = (Rc::clone(self), fault.to_us);
                self.scheduler.spawn(async move {
                    while world.now_us() < until_us && !world.sites[node].damage_one(&world) {
                        world.scheduler.sleep_us(1_000_000).await;
                    }
                });
            }
            _ => {}
        }
    }

    fn fault_ends(self: &Rc<Self>, fault: &Fault) {
        let others =
            |kind: FaultKind| self.plan.faults.iter().any(|other| other.kind == kind && other.is_on(self.now_us()));
        match fault.kind {
            FaultKind::OriginStops if !self.origin_is_up() && !others(fault.kind) => {
                self.origin.borrow_mut().restart();
                self.origin_life.set(self.origin_life.get() + 1);
            }
            FaultKind::ClockSet(node, _) => self.sites[node].skew_ms.set(self.plan.nodes[node].skew_ms),
            FaultKind::OriginRestored => {
                self.origin.borrow_mut().restore(self.now_ms());
                self.did(Deed::Restored);
            }
            FaultKind::NodeRekeyed(node) => Site::rekey(self, node, Rekeyed::Back),
            _ => {}
        }
    }

    /// Whether faults are over.
    pub(super) fn is_calm(&self) -> bool {
        self.now_us() >= CALM_US
    }
}

/// How long an operator waits before they look, and between two looks, microseconds; and how often they look.
const OPERATOR_US: (u64, u64) = (5_000_000, 30_000_000);
const OPERATOR_LOOKS: u32 = 5;

/// What an operator does where turns were set aside for what somebody has mended since: has them wait again.
pub(super) async fn operate(world: Rc<World>) {
    world.scheduler.sleep_us(CALM_US + OPERATOR_US.0).await;
    for _ in 0..OPERATOR_LOOKS {
        for site in &world.sites {
            for (entry, why) in site.aside() {
                if matches!(why, Why::OtherKey | Why::Refused) && site.let_wait_again(&entry.stream, &entry.id) {
                    world.tell(|| format!("an operator lets {:?} wait again", entry.place()));
                }
            }
        }
        world.scheduler.sleep_us(OPERATOR_US.1).await;
    }
    world.history.borrow_mut().operated = true;
}
