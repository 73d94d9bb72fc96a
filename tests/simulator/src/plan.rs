//! What happens in a world: drawn from its seed, listed part by part, so that parts can be left out while a failure is
//! made smaller. Nothing runs in here.

use std::collections::BTreeSet;
use std::fmt;

use crate::random::Random;
use crate::scenes;

/// When the faults have stopped, microseconds.
pub const CALM_US: u64 = 240_000_000;
/// How long the world has after that to come to rest, microseconds.
pub const REST_US: u64 = 1_200_000_000;
/// How far clocks are set wrong, milliseconds; what the origin accepts of a signature is a little more.
pub const MAX_SKEW_MS: i64 = 50_000;

pub(super) const SECOND_US: u64 = 1_000_000;

/// What all persons together may say, where limits are on.
pub(super) const GLOBAL_LIMIT: &str = "60/minute";

/// Asks for somebody at the desk.
pub(super) const CALL: &str = "call the clerk";
/// What people say. The game has slots that are asked for, a call that changes nothing, and calls that do.
const SAID: [&str; 15] = [
    "hello",
    "order something",
    "order something",
    "I want to order tea",
    "I want to order bread",
    "3",
    "7",
    "tea",
    "milk",
    "is it in stock",
    "rush order",
    "rush order",
    CALL,
    "never mind",
    "the weather is nice",
];

/// The kind of place that a node runs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// Cloudflare Workers: one key-value store for all nodes, late and lossy; a Durable Object; isolates with memory.
    Worker,
    /// `lgdl` on one machine: exact stores, a journal on disk, a store that a new process finds as it was a little before, instances without memory.
    Machine,
    /// Spin alone: everything in a key-value store of its own.
    Spin,
}

/// The program that a node runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// This one.
    Present,
    /// The one before it, which did not name the state that a turn was run on.
    Former,
}

/// A node.
#[derive(Debug, Clone, Copy)]
pub struct NodePlan {
    /// Where it runs.
    pub flavour: Flavour,
    /// What runs there.
    pub program: Program,
    /// How far its clock is ahead, milliseconds.
    pub skew_ms: i64,
}

/// Something to be said.
#[derive(Debug, Clone)]
pub struct TurnPlan {
    /// Its name among the parts.
    pub name: String,
    /// The words.
    pub text: &'static str,
    /// The pause before, microseconds.
    pub pause_us: u64,
    /// The idempotency key, where it is not the turn's own: that of another turn.
    pub key: Option<String>,
}

impl TurnPlan {
    /// The key under which it is sent.
    #[must_use]
    pub fn key(&self) -> &str {
        self.key.as_deref().unwrap_or(&self.name)
    }
}

/// How long a client waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// As `@lgdl/client` does, and again after each reload.
    Endless,
    /// The same, but it tries once only before it needs a reload.
    Hasty,
    /// It gives up for good after so many tries.
    Tries(u32),
    /// It does not wait at all: it sends each turn to every node at once, twice, and takes the answer to the first.
    Impatient,
    /// It tries each turn once, and hears no `Retry-After`.
    Floods,
}

/// A client: one device of one person in one conversation.
#[derive(Debug, Clone)]
pub struct ClientPlan {
    /// Its name among the parts.
    pub name: String,
    /// The person.
    pub user: String,
    /// The conversation.
    pub conversation: String,
    /// The node it prefers.
    pub node: usize,
    /// How often it goes to another one, percent.
    pub roams: u64,
    /// How long it waits.
    pub patience: Patience,
    /// What it says.
    pub turns: Vec<TurnPlan>,
}

/// A path that messages take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Clients to nodes.
    Clients,
    /// Nodes to the origin.
    Origin,
    /// Nodes to services.
    Services,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The origin's process is gone, and comes back with what is durable.
    OriginStops,
    /// Some requests get an error of the origin, before or after they were carried out.
    OriginErrs,
    /// The origin answers that it does not know the nodes' key: a ring that was changed too early, a clock that is off.
    OriginEstranged,
    /// The origin takes no turn, and says so for good: something before it that refuses what it does not know.
    OriginRefuses,
    /// The origin fails in the middle of a request, between or within its transactions.
    OriginTrips(Trip),
    /// The origin's store is copied when this begins, and put in the place of the present one when it ends.
    OriginRestored,
    /// Requests do not arrive.
    RequestsLost(Link),
    /// Requests are carried out and their answers do not arrive.
    AnswersLost(Link),
    /// Requests arrive twice, the second time later.
    Duplicates(Link),
    /// Messages take up to many seconds, each its own time.
    Delays(Link),
    /// Reads of key-value stores are old.
    KvStale,
    /// Writes to key-value stores are accepted and forgotten.
    KvLosesWrites,
    /// Key-value stores refuse.
    KvFails,
    /// A node's process ends in the middle of whatever it does, and starts again.
    NodeCrashes(usize),
    /// A node's process ends when a service has acted for it, before it does anything more.
    NodeCrashesAfterActing(usize),
    /// A node is started with another key for what it keeps, and with the right one again when this ends.
    NodeRekeyed(usize),
    /// One turn that waits at a node is damaged.
    EntryDamaged(usize),
    /// A node's instances forget what they had in memory.
    MemoryLost(usize),
    /// A node's clock is set to another time.
    ClockSet(usize, i64),
    /// Services answer with errors, before or after they have acted.
    ServicesErr,
    /// Counters can't be reached.
    CountersFail,
    /// Exact journals can't be reached, or can but do not say so.
    JournalFails,
}

/// Where the origin fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trip {
    /// The person's key is destroyed between the transaction that makes it and the one that uses it.
    DataKeyGone,
    /// The last statements of a commit fail.
    Answers,
    /// A claim can't be written.
    Claims,
    /// The tombstone of an erasure can't be written.
    Tombstones,
    /// What is to be told to the audit log can't be written.
    Outbox,
}

impl Trip {
    /// All of them.
    pub const ALL: [Trip; 5] = [Trip::DataKeyGone, Trip::Answers, Trip::Claims, Trip::Tombstones, Trip::Outbox];
}

/// What services do with an idempotency key that they know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// They answer as before and do nothing.
    Remember,
    /// They act again: whoever calls twice does it twice.
    Forget,
}

/// A fault, with its time and its strength.
#[derive(Debug, Clone)]
pub struct Fault {
    /// Its name among the parts.
    pub name: String,
    /// What.
    pub kind: FaultKind,
    /// From, microseconds.
    pub from_us: u64,
    /// Until, microseconds.
    pub to_us: u64,
    /// How often, where that applies, percent.
    pub percent: u64,
}

impl Fault {
    /// Whether it is in force.
    #[must_use]
    pub fn is_on(&self, now_us: u64) -> bool {
        (self.from_us..self.to_us).contains(&now_us)
    }
}

/// Somebody at the desk, who takes over what people ask a clerk for.
#[derive(Debug, Clone)]
pub struct AgentPlan {
    /// Their name among the parts.
    pub name: String,
    /// Which of the agents that the origin knows they are.
    pub number: usize,
    /// The pause between two looks, microseconds.
    pub every_us: (u64, u64),
    /// When their program is gone, microseconds.
    pub gone_us: (u64, u64),
}

/// Whose data is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Erased {
    /// One conversation, by its owner, at a node.
    Conversation {
        /// The owner.
        user: String,
        /// The conversation.
        conversation: String,
    },
    /// A person, by an operator at the origin.
    Person {
        /// The person.
        user: String,
    },
}

/// An erasure.
#[derive(Debug, Clone)]
pub struct ErasurePlan {
    /// Its name among the parts.
    pub name: String,
    /// What.
    pub what: Erased,
    /// When, microseconds.
    pub at_us: u64,
}

/// A world to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where everything was drawn from.
    pub seed: u64,
    /// What it is about: the name of a scene, or nothing in particular.
    pub about: &'static str,
    /// The nodes.
    pub nodes: Vec<NodePlan>,
    /// The clients.
    pub clients: Vec<ClientPlan>,
    /// The faults.
    pub faults: Vec<Fault>,
    /// The erasures.
    pub erasures: Vec<ErasurePlan>,
    /// The agents.
    pub agents: Vec<AgentPlan>,
    /// Whether somebody reads the events.
    pub reads_events: bool,
    /// Whether a webhook tells of them.
    pub has_webhook: bool,
    /// Origins on the one store: a request comes to any of them.
    pub origins: usize,
    /// The rate of each person, if limits are on.
    pub limit: Option<&'static str>,
    /// The rate of all together, where limits are on.
    pub global_limit: &'static str,
    /// What services remember.
    pub services: Services,
    /// Whether the origin encrypts what it keeps.
    pub sealed: bool,
    /// How long the origin holds a place for a turn, seconds.
    pub lease_seconds: u64,
    left_out: BTreeSet<String>,
}

impl Plan {
    /// The world of that seed: a small one that is about something, or a wide one in which anything may come together.
    #[must_use]
    pub fn of(seed: u64) -> Plan {
        if seed.is_multiple_of(2) { Plan::wide(seed) } else { scenes::of(seed / 2, seed) }
    }

    /// The seeds of a scene, in their order.
    ///
    /// # Panics
    /// When no scene has that name.
    pub fn seeds_of(about: &str) -> impl Iterator<Item = u64> {
        let count = scenes::names().count() as u64;
        let at = scenes::names().position(|name| name == about).expect("a scene of that name") as u64;
        (0..).map(move |round| 2 * (at + round * count) + 1)
    }

    /// The names of the scenes.
    #[must_use]
    pub fn scenes() -> Vec<&'static str> {
        scenes::names().collect()
    }

    /// A world with nothing in it yet.
    pub(super) fn empty(seed: u64) -> Plan {
        Plan {
            seed,
            about: "anything",
            nodes: Vec::new(),
            clients: Vec::new(),
            faults: Vec::new(),
            erasures: Vec::new(),
            agents: Vec::new(),
            // Reading costs time, and shows little more in more worlds.
            reads_events: seed.is_multiple_of(4) || seed % 4 == 3,
            has_webhook: seed % 8 == 1 || seed % 8 == 6,
            origins: if seed.is_multiple_of(3) { 2 } else { 1 },
            limit: None,
            global_limit: GLOBAL_LIMIT,
            services: Services::Remember,
            sealed: false,
            lease_seconds: 60,
            left_out: BTreeSet::new(),
        }
    }

    fn wide(seed: u64) -> Plan {
        let random = Random::of(seed, "plan");
        let nodes = nodes(&random);
        let mut clients = clients(&random, nodes.len());
        let erasures = erasures(&random, &clients);
        let faults = faults(&random, nodes.len());
        let agents = agents(&random);
        let limit = *random.pick(&[None, None, Some("6/minute"), Some("12/minute")]);
        // Who does not wait at all would be banned for longer than the world lasts.
        let impatient = clients.iter_mut().filter(|client| client.patience == Patience::Impatient);
        impatient.filter(|_| limit.is_some()).for_each(|client| client.patience = Patience::Endless);
        Plan {
            agents,
            clients,
            faults,
            erasures,
            limit,
            sealed: random.chance(30),
            lease_seconds: *random.pick(&[5, 20, 60]),
            nodes,
            ..Plan::empty(seed)
        }
    }

    /// The names of everything that can be left out: coarse parts first.
    #[must_use]
    pub fn parts(&self) -> Vec<String> {
        let clients = self.clients.iter().map(|client| client.name.clone());
        let erasures = self.erasures.iter().map(|erasure| erasure.name.clone());
        let faults = self.faults.iter().map(|fault| fault.name.clone());
        let turns = self.clients.iter().flat_map(|client| client.turns.iter().map(|turn| turn.name.clone()));
        let agents = self.agents.iter().map(|agent| agent.name.clone());
        clients.chain(erasures).chain(agents).chain(faults).chain(turns).collect()
    }

    /// The same world without some of its parts.
    #[must_use]
    pub fn without(mut self, names: &BTreeSet<String>) -> Plan {
        let stays = |name: &str| !names.contains(name);
        self.clients.retain(|client| stays(&client.name));
        for client in &mut self.clients {
            client.turns.retain(|turn| stays(&turn.name));
        }
        self.faults.retain(|fault| stays(&fault.name));
        self.erasures.retain(|erasure| stays(&erasure.name));
        self.agents.retain(|agent| stays(&agent.name));
        self.left_out.extend(names.iter().cloned());
        self
    }

    /// Whether hand-overs may happen.
    #[must_use]
    pub fn has_hand_overs(&self) -> bool {
        self.clients.iter().flat_map(|client| &client.turns).any(|turn| turn.text == CALL)
    }

    /// Whether any fault is of a kind.
    #[must_use]
    pub fn has(&self, is: impl Fn(FaultKind) -> bool) -> bool {
        self.faults.iter().any(|fault| is(fault.kind))
    }

    /// How to run this very world again.
    #[must_use]
    pub fn command(&self) -> String {
        let without = self.left_out.iter().cloned().collect::<Vec<_>>().join(",");
        let without = if without.is_empty() { String::new() } else { format!(" LGDL_SIM_WITHOUT={without}") };
        format!("LGDL_SIM_SEED={}{without} cargo test -p lgdl-simulator one_seed -- --ignored --nocapture", self.seed)
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, about, limit, global_limit, services, sealed, lease_seconds, origins, has_webhook, .. } = self;
        writeln!(
            f,
            "seed {seed}, {about}, limits {limit:?} and {global_limit}, lease {lease_seconds} s, sealed: {sealed}, {origins} origins, \
             webhook: {has_webhook}"
        )?;
        writeln!(f, "  services {services:?}")?;
        for (index, node) in self.nodes.iter().enumerate() {
            writeln!(f, "  n{index}: {:?}, {:?}, clock {:+} ms", node.flavour, node.program, node.skew_ms)?;
        }
        for client in &self.clients {
            let ClientPlan { name, user, conversation, node, roams, patience, turns } = client;
            writeln!(f, "  {name}: {user} in {conversation}, at n{node}, roams {roams} %, {patience:?}")?;
            for turn in turns {
                let TurnPlan { name, text, pause_us, .. } = turn;
                writeln!(f, "    {name}: {text:?} under {} after {} ms", turn.key(), pause_us / 1_000)?;
            }
        }
        for ErasurePlan { name, what, at_us } in &self.erasures {
            writeln!(f, "  {name}: {what:?} at {} ms", at_us / 1_000)?;
        }
        for AgentPlan { name, number, every_us, gone_us } in &self.agents {
            let ((from, to), (gone, back)) = (every_us, gone_us);
            let line = [from, to, gone, back].map(|us| us / 1_000);
            writeln!(
                f,
                "  {name}: agent {number}, looks every {} to {} ms, gone from {} to {} ms",
                line[0], line[1], line[2], line[3]
            )?;
        }
        for Fault { name, kind, from_us, to_us, percent } in &self.faults {
            writeln!(f, "  {name}: {kind:?} from {} to {} ms, {percent} %", from_us / 1_000, to_us / 1_000)?;
        }
        Ok(())
    }
}

fn nodes(random: &Random) -> Vec<NodePlan> {
    let flavours = [Flavour::Worker, Flavour::Machine, Flavour::Spin];
    // Half of the worlds have one kind of node only: what nodes of a kind share is where they can disagree.
    let only = random.chance(50).then(|| *random.pick(&flavours));
    let count = random.between(2, 3);
    let node = |_| {
        let flavour = only.unwrap_or_else(|| *random.pick(&flavours));
        let skew_ms = if random.chance(50) { 0 } else { skew(random) };
        NodePlan { flavour, program: Program::Present, skew_ms }
    };
    (0..count).map(node).collect()
}

pub(super) fn skew(random: &Random) -> i64 {
    let range = 2 * MAX_SKEW_MS.unsigned_abs();
    i64::try_from(random.between(0, range)).unwrap_or(0) - MAX_SKEW_MS
}

fn clients(random: &Random, nodes: usize) -> Vec<ClientPlan> {
    let conversations = random.between(1, 2);
    let strangers = random.chance(15);
    let client = |number: u64| {
        let conversation = format!("k{}", number % conversations);
        // Devices of one conversation belong to one person; now and then somebody else tries to join in.
        let user = match strangers && number > 0 && random.chance(40) {
            true => "stranger".to_owned(),
            false => format!("person{}", number % conversations),
        };
        let turn = |index| TurnPlan {
            name: format!("t{number}.{index}"),
            text: random.pick::<&'static str>(&SAID),
            pause_us: match random.chance(40) {
                true => random.below(SECOND_US),
                false => random.below(30 * SECOND_US),
            },
            key: None,
        };
        ClientPlan {
            name: format!("c{number}"),
            user,
            conversation,
            node: crate::random::index(random.below(nodes as u64)),
            roams: *random.pick(&[0, 0, 20, 50]),
            patience: match random.below(20) {
                0 => Patience::Tries(2),
                1 => Patience::Hasty,
                2 => Patience::Impatient,
                _ => Patience::Endless,
            },
            turns: (0..random.between(2, 7)).map(turn).collect(),
        }
    };
    (0..random.between(1, 4)).map(client).collect()
}

fn erasures(random: &Random, clients: &[ClientPlan]) -> Vec<ErasurePlan> {
    let count = *random.pick(&[0, 0, 1, 2]);
    let erasure = |number| {
        let client = random.pick(clients);
        let what = match random.chance(65) {
            true => Erased::Conversation { user: client.user.clone(), conversation: client.conversation.clone() },
            false => Erased::Person { user: client.user.clone() },
        };
        ErasurePlan { name: format!("x{number}"), what, at_us: random.between(5 * SECOND_US, 150 * SECOND_US) }
    };
    (0..count).map(erasure).collect()
}

/// Most worlds have nobody at the desk.
fn agents(random: &Random) -> Vec<AgentPlan> {
    let count = *random.pick(&[0, 0, 1, 2]);
    let agent = |number: usize| {
        let gone = random.between(10 * SECOND_US, 150 * SECOND_US);
        let back = match random.below(4) {
            0 => u64::MAX,
            1 => gone + random.between(SECOND_US, 90 * SECOND_US),
            _ => gone,
        };
        AgentPlan {
            name: format!("a{number}"),
            number,
            every_us: (SECOND_US, *random.pick(&[3, 20]) * SECOND_US),
            gone_us: (gone, back),
        }
    };
    (0..count).map(agent).collect()
}

fn faults(random: &Random, nodes: usize) -> Vec<Fault> {
    let fault = |number| {
        let node = crate::random::index(random.below(nodes as u64));
        let link = *random.pick(&[Link::Clients, Link::Origin, Link::Origin, Link::Services]);
        let kind = match random.below(22) {
            0..=3 => FaultKind::OriginStops,
            4 if random.chance(30) => FaultKind::OriginEstranged,
            4 => FaultKind::OriginErrs,
            5 => FaultKind::RequestsLost(link),
            6 | 7 => FaultKind::AnswersLost(link),
            8 => FaultKind::Duplicates(link),
            9 | 10 => FaultKind::Delays(link),
            11 => FaultKind::KvStale,
            12 => FaultKind::KvLosesWrites,
            13 => FaultKind::KvFails,
            14 | 15 => FaultKind::NodeCrashes(node),
            16 => FaultKind::MemoryLost(node),
            17 => FaultKind::ClockSet(node, skew(random)),
            18 => FaultKind::ServicesErr,
            19 => FaultKind::OriginTrips(*random.pick(&Trip::ALL)),
            20 => FaultKind::NodeCrashesAfterActing(node),
            _ if random.chance(50) => FaultKind::CountersFail,
            _ => FaultKind::JournalFails,
        };
        let from_us = random.below(160 * SECOND_US);
        let length_us = match random.chance(30) {
            true => random.between(100_000, 3 * SECOND_US),
            false => random.between(3 * SECOND_US, 80 * SECOND_US),
        };
        let percent = *random.pick(&[5, 20, 50, 100]);
        Fault { name: format!("f{number}"), kind, from_us, to_us: (from_us + length_us).min(CALM_US), percent }
    };
    (0..random.between(1, 8)).map(fault).collect()
}
