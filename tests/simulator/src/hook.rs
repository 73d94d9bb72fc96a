//! Two origins that deliver one webhook, and whoever is at its address: somebody who now and then refuses, takes an event and does not say
//! so, or asks for patience. What the origins run is their real code, over a line of this process.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use http::{Request, StatusCode};
use lgdl_origin::consumer::{EndpointError, Next};
use lgdl_origin::store::BusRow;
use serde_json::Value;

use crate::plan::SECOND_US;
use crate::random::fingerprint;
use crate::world::{BEGINNING_MS, World};

/// Origins that deliver.
pub(super) const DELIVERERS: usize = 2;
/// The pause between two looks, microseconds. A look costs time, and shows little more when there are more of them.
const EVERY_US: (u64, u64) = (SECOND_US, 8 * SECOND_US);
/// How often a look delivers, and how often the process ends instead, percent.
const DELIVERS: u64 = 60;
const ENDS: u64 = 2;
/// How often the address refuses an event, does not say that it has it, and asks for patience, percent; until all is calm.
const REFUSES: u64 = 12;
const SILENT: u64 = REFUSES + 8;
const BUSY: u64 = SILENT + 4;
/// How long it asks for patience.
const PATIENCE: Duration = Duration::from_secs(20);
/// The same, a little less: an origin counts from its answer, and clocks go in milliseconds.
pub(super) const BUSY_US: u64 = 19 * SECOND_US;
/// How long the world goes on at most until everything is delivered, and in what steps, milliseconds.
const LAST_STEPS: u32 = 400;
const LAST_STEP_MS: i64 = 10_000;

/// An event that came to the address.
#[derive(Debug, Clone)]
pub(super) struct Got {
    pub(super) sequence: u64,
    /// Whether the sender was told that it was taken.
    pub(super) acknowledged: bool,
    /// Whether the receiver has it.
    pub(super) taken: bool,
    /// Whether the sender was asked to come later.
    pub(super) busy: bool,
    pub(super) at_us: u64,
}

/// Who is at the address.
#[derive(Debug, Default)]
pub(super) struct Receiver(Mutex<Receiving>);

#[derive(Debug, Default)]
struct Receiving {
    seed: u64,
    is_calm: bool,
    tries: BTreeMap<u64, u64>,
    got: Vec<Got>,
}

impl Receiver {
    pub(super) fn of(seed: u64) -> Receiver {
        Receiver(Mutex::new(Receiving { seed, ..Receiving::default() }))
    }

    fn receiving(&self) -> MutexGuard<'_, Receiving> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one event. What comes of it depends on the event and on how often it came, and not on what came beside it.
    pub(super) fn answer(&self, request: &Request<Bytes>) -> Result<StatusCode, EndpointError> {
        let event: Value = serde_json::from_slice(request.body()).expect("an event is JSON");
        let sequence = event["sequence"].as_str().and_then(|text| text.parse().ok()).expect("an event has a sequence");
        let receiving = &mut *self.receiving();
        let tries = receiving.tries.entry(sequence).or_default();
        *tries += 1;
        let drawn = fingerprint(format!("{} {sequence} {tries}", receiving.seed).as_bytes()) % 100;
        let drawn = if receiving.is_calm { 100 } else { drawn };
        let got = |taken, acknowledged, busy| Got { sequence, taken, acknowledged, busy, at_us: 0 };
        let refused = |status, retry_after| Err(EndpointError::Refused { status, retry_after });
        let (got, answer) = match drawn {
            ..REFUSES => (got(false, false, false), refused(StatusCode::INTERNAL_SERVER_ERROR, Duration::ZERO)),
            REFUSES..SILENT => (got(true, false, false), Err(EndpointError::TimedOut(Duration::from_secs(10)))),
            SILENT..BUSY => (got(false, false, true), refused(StatusCode::TOO_MANY_REQUESTS, PATIENCE)),
            _ => (got(true, true, false), Ok(StatusCode::NO_CONTENT)),
        };
        receiving.got.push(got);
        answer
    }

    /// What came since the last time, those of a conversation in their order.
    pub(super) fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.receiving().got)
    }
}

/// What an address was sent, and what the events were.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) got: Vec<Got>,
    pub(super) rows: BTreeMap<u64, BusRow>,
}

/// Delivers for as long as the world lasts.
pub(super) async fn deliver(world: Rc<World>, deliverer: usize) {
    loop {
        world.scheduler.sleep_us(world.draw().between(EVERY_US.0, EVERY_US.1)).await;
        if !world.origin_is_up() || world.draw().chance(ENDS) {
            // Without a word: it holds its place until that lapses.
            world.origin.borrow_mut().deliverer_ends(deliverer);
            continue;
        }
        let delivers = world.draw().chance(DELIVERS);
        step(&world, deliverer, delivers, world.now_ms());
    }
}

fn step(world: &World, deliverer: usize, delivers: bool, now_ms: i64) -> Option<Next> {
    let (next, got, rows) = world.origin.borrow_mut().deliver(deliverer, delivers, now_ms);
    let at_us = now_ms.saturating_sub(BEGINNING_MS).unsigned_abs() * 1_000;
    let mut history = world.history.borrow_mut();
    history.told.rows.extend(rows.into_iter().map(|row| (row.sequence, row)));
    for got in got {
        world.tell(|| format!("o{deliverer} delivers {}: {}", got.sequence, got.acknowledged));
        history.told.got.push(Got { at_us, ..got });
    }
    next
}

/// Delivers what is left, when all is calm.
pub(super) fn deliver_to_the_end(world: &World, receiver: &Arc<Receiver>) {
    receiver.receiving().is_calm = true;
    let mut now_ms = world.now_ms();
    for _ in 0..LAST_STEPS {
        let next: Vec<_> = (0..DELIVERERS).map(|deliverer| step(world, deliverer, true, now_ms)).collect();
        if next.iter().flatten().all(|next| matches!(next, Next::Look(_))) && is_everything_told(world) {
            return;
        }
        now_ms += LAST_STEP_MS;
    }
}

fn is_everything_told(world: &World) -> bool {
    let history = world.history.borrow();
    let taken: BTreeSet<u64> = history.told.got.iter().filter(|got| got.acknowledged).map(|got| got.sequence).collect();
    world.origin.borrow().all_events().iter().all(|row| taken.contains(&row.sequence))
}
