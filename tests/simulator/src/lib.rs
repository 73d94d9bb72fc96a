//! A deterministic simulator: many nodes with the real pipeline, many clients, and the real origin, in virtual time, with
//! everything going wrong that a seed can think of. A seed gives the same run, bit for bit.
//!
//! | file | holds |
//! |---|---|
//! | `plan.rs`, `scenes.rs` | what will happen, drawn from the seed: anything, or something small |
//! | `scheduler.rs`, `random.rs` | virtual time and chance |
//! | `world.rs` | the network and the faults |
//! | `node.rs`, `kv.rs`, `client.rs`, `agent.rs`, `reader.rs`, `hook.rs`, `services.rs`, `origin.rs`, `game.rs` | who takes part |
//! | `check.rs` | what must hold |
//! | `shrink.rs` | making a failing world smaller |
//!
//! `docs/simulation.md` tells what is simulated and what is not.

mod agent;
mod check;
mod client;
mod game;
mod hook;
mod kv;
mod node;
mod origin;
pub mod plan;
pub mod random;
mod reader;
mod scenes;
pub mod scheduler;
mod services;
mod shrink;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

pub use check::Violation;
pub use shrink::shrink;

use node::Site;
use plan::{CALM_US, FaultKind, Plan, REST_US};
use scheduler::Ended;
use world::World;

/// How long the world goes on when everybody is done, so that the last afterthoughts end and every node has done its scheduled
/// work once more, microseconds.
const AFTERTHOUGHTS_US: u64 = 2 * node::CRON_US + 10_000_000;

/// A mechanism that is taken away, to show that its absence is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// The origin takes a turn whatever version it was run on.
    NoCompareAndSwap,
    /// The origin forgets idempotency keys.
    NoIdempotency,
    /// The origin forgets what was erased.
    NoTombstone,
    /// Journals give their entries in another order.
    NoOrderedDrain,
}

/// How often things happened, so that a run in which nothing happened is told from one in which nothing went wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Turns acknowledged as durable.
    pub durable: u64,
    /// Turns acknowledged as journalled.
    pub journalled: u64,
    /// Turns answered without state.
    pub stateless: u64,
    /// Turns that clients could not have.
    pub refused: u64,
    /// Turns that arrived from a journal.
    pub arrived: u64,
    /// Of these, turns that were run again.
    pub rerun: u64,
    /// Calls that acted.
    pub effects: u64,
    /// Conversations and persons that were erased.
    pub erased: u64,
    /// Processes of nodes that ended.
    pub crashes: u64,
    /// Turns of the desk.
    pub at_desk: u64,
}

impl Tally {
    /// Adds another run's.
    pub fn add(&mut self, other: &Tally) {
        self.durable += other.durable;
        self.journalled += other.journalled;
        self.stateless += other.stateless;
        self.refused += other.refused;
        self.arrived += other.arrived;
        self.rerun += other.rerun;
        self.effects += other.effects;
        self.erased += other.erased;
        self.crashes += other.crashes;
        self.at_desk += other.at_desk;
    }
}

/// What a run came to.
#[derive(Debug, Clone)]
pub struct Report {
    /// What did not hold.
    pub violations: Vec<Violation>,
    /// Tells runs apart: over every line of the trace.
    pub fingerprint: u64,
    /// What happened, line by line, with the virtual time in milliseconds.
    pub trace: Vec<String>,
    /// How often.
    pub tally: Tally,
}

/// Runs a world. A panic of anything in it is a violation.
#[must_use]
pub fn run(plan: &Plan, mutation: Option<Mutation>) -> Report {
    catch_unwind(AssertUnwindSafe(|| run_to_the_end(plan, mutation))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        let violations = vec![format!("something panicked: {text}")];
        Report { violations, fingerprint: 0, trace: Vec::new(), tally: Tally::default() }
    })
}

fn run_to_the_end(plan: &Plan, mutation: Option<Mutation>) -> Report {
    let world = Rc::new(World::new(plan, mutation));
    world.begin_faults();
    for index in 0..world.sites.len() {
        Site::begin_schedule(&world, index);
    }
    for client in plan.clients.clone() {
        world.scheduler.spawn(client::converse(Rc::clone(&world), client));
    }
    for agent in plan.agents.clone() {
        world.scheduler.spawn(agent::serve(Rc::clone(&world), agent));
    }
    if plan.has_hand_overs() {
        world.scheduler.spawn(agent::look_after(Rc::clone(&world)));
    }
    if plan.reads_events {
        world.scheduler.spawn(reader::read(Rc::clone(&world)));
    }
    if plan.has_webhook {
        world.origin.borrow_mut().make_webhook(plan.seed, world.now_ms());
        for deliverer in 0..hook::DELIVERERS {
            world.scheduler.spawn(hook::deliver(Rc::clone(&world), deliverer));
        }
    }
    for erasure in plan.erasures.clone() {
        world.scheduler.spawn(client::erase(Rc::clone(&world), erasure));
    }
    if plan.has(|kind| matches!(kind, FaultKind::OriginRefuses | FaultKind::NodeRekeyed(_))) {
        world.scheduler.spawn(world::operate(Rc::clone(&world)));
    } else {
        world.history.borrow_mut().operated = true;
    }
    let at_rest = || {
        let history = world.history.borrow();
        history.clients_done == plan.clients.len()
            && history.erasures_done == plan.erasures.len()
            && history.operated
            && world.sites.iter().all(Site::nothing_waits)
    };
    let ended = world.scheduler.run(CALM_US + REST_US, || world.is_calm() && at_rest());
    let mut violations = Vec::new();
    if ended == Ended::Done {
        world.scheduler.run(world.now_us() + AFTERTHOUGHTS_US, || false);
    } else {
        let history = world.history.borrow();
        let waiting: Vec<usize> = (0..world.sites.len()).filter(|index| !world.sites[*index].nothing_waits()).collect();
        violations.push(format!(
            "the world does not come to rest ({ended:?}): {} of {} clients and {} of {} erasures are done, journals {waiting:?} wait",
            history.clients_done,
            plan.clients.len(),
            history.erasures_done,
            plan.erasures.len(),
        ));
    }
    violations.extend(check::check(&world));
    let tally = tally(&world);
    world.scheduler.clear();
    let (fingerprint, trace) = world.into_trace();
    Report { violations, fingerprint, trace, tally }
}

fn tally(world: &World) -> Tally {
    let history = world.history.borrow();
    let mut tally = Tally { crashes: history.crashes, ..Tally::default() };
    tally.effects = world.services.effects.borrow().len() as u64;
    for ack in &history.acks {
        match ack.response.as_ref().map(|response| (response.durable, response.degraded.as_deref())) {
            Some((true, _)) => tally.durable += 1,
            Some((false, Some("journalled"))) => tally.journalled += 1,
            Some(_) => tally.stateless += 1,
            None => tally.refused += 1,
        }
    }
    for (_, deed) in &history.deeds {
        match deed {
            origin::Deed::Committed(turn) if turn.journal_sequence.is_some() => {
                tally.arrived += 1;
                let rerun = turn.record.findings.iter().any(|code| code == lgdl_edge::pipeline::journal::RERUN_FINDING);
                tally.rerun += u64::from(rerun);
            }
            origin::Deed::Committed(turn) if history.at_desk.contains_key(&turn.fingerprint) => tally.at_desk += 1,
            origin::Deed::Committed(_) | origin::Deed::BackedUp | origin::Deed::Restored => {}
            origin::Deed::Erased { .. } | origin::Deed::PersonErased { .. } => tally.erased += 1,
        }
    }
    tally
}
