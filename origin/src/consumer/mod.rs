//! Delivering what is written in order, the audit log or the event bus, to something outside: in that order, each at least once.
//!
//! How far a consumer came is kept in the store ([`Position`]), so that a restart goes on there and one origin of several delivers
//! at a time. What was taken while the answer got lost is delivered again; sequences and ids tell whoever takes it what it has.

mod endpoint;
mod position;

use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Mutex, watch};

use self::position::Read;
use crate::clock::{Clock, Millis, is_still_before, is_within};
use crate::hex;
use crate::http::Origin;
use crate::random::Random;
use crate::store::{Store, StoreError};

pub use endpoint::{EndpointError, Sender, Transport, headers};
pub use position::Position;

/// The first wait after a failure, at most; it doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// How much may be passed over, because it is of no interest, before the place is kept.
const PASSED_OVER: u64 = 10_000;

/// What is read at once.
#[derive(Debug)]
pub struct Batch<T> {
    /// What is to be delivered, with its sequence; in order.
    pub items: Vec<(u64, T)>,
    /// Where to go on once it is.
    pub next: u64,
}

/// What came of a delivery.
#[derive(Debug)]
pub enum Delivered {
    /// Everything was taken.
    All,
    /// Everything up to this one was taken; then it was time to stop.
    UpTo(u64),
    /// Everything up to this one was taken, and then something was not.
    Failed {
        /// The last that was taken; `None`: not even the first.
        upto: Option<u64>,
        /// Why the next one was not.
        error: EndpointError,
    },
}

/// Something outside that takes what is written.
#[async_trait]
pub trait Consumer: Send + Sync {
    /// What it takes.
    type Item: Send + Sync;

    /// The note in the store that says how far it is.
    fn note(&self) -> String;

    /// Reads what comes after a sequence.
    async fn read(&self, store: &dyn Store, after: u64) -> Result<Batch<Self::Item>, StoreError>;

    /// Delivers it in order.
    async fn deliver(&self, items: &[(u64, Self::Item)]) -> Delivered;

    /// The place was kept: what was delivered is delivered.
    async fn kept(&self, _store: &dyn Store) {}

    /// Something was delivered.
    fn succeeded(&self, _origin: &Origin, _count: u64) {}

    /// Something was not, for the `failures`th time in a row.
    async fn failed(&self, _origin: &Origin, _error: &EndpointError, _position: &Position) {}

    /// Returns when there may be something to read, earlier than it would be looked for.
    async fn woken(&self) {
        std::future::pending().await
    }
}

/// How a consumer is run.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// How long an origin may take before another takes over; several times what a delivery takes, so that clocks may differ.
    pub lease: Duration,
    /// How often the place is kept while there is always more; zero: after each delivery, and then another origin may be next.
    pub keep_every: Duration,
    /// How often it is looked whether there is anything.
    pub look_every: Duration,
    /// The longest wait after a failure.
    pub longest_wait: Duration,
}

/// What came of one round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// Everything is delivered.
    Nothing,
    /// Another origin is delivering.
    Elsewhere,
    /// It failed, and is not tried again yet.
    Waiting {
        /// For so long.
        wait: Duration,
    },
    /// Something was delivered.
    Sent {
        /// How much.
        count: u64,
    },
}

/// When a consumer is asked next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// There may be more.
    AtOnce,
    /// After so long, or when it is woken.
    Look(Duration),
    /// After so long and no sooner: the endpoint failed.
    NotBefore(Duration),
}

/// Why nothing was delivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsumerError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The endpoint did not take it.
    #[error("{0}")]
    Endpoint(EndpointError, Position),
}

/// Runs a consumer in this process.
#[derive(Debug)]
pub struct Runner<C> {
    /// What it runs.
    pub consumer: C,
    manner: Manner,
    /// Who delivers, in the store: one process.
    holder: String,
    held: Mutex<Option<Held>>,
}

/// Whether a place that is kept is held on to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// By this process.
    On,
    /// Whoever comes first has it.
    LetGo,
}

/// A place that this process holds.
#[derive(Debug)]
struct Held {
    read: Read,
    /// How far it is by now.
    sequence: u64,
    kept_at: Millis,
}

impl<C: Consumer> Runner<C> {
    /// Runs it like this.
    #[must_use]
    pub fn new(consumer: C, manner: Manner, random: &dyn Random) -> Runner<C> {
        let mut holder = [0; 8];
        random.fill(&mut holder);
        Runner { consumer, manner, holder: hex::encode(&holder), held: Mutex::new(None) }
    }

    /// How far it is, as the store knows.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn position(&self, store: &dyn Store) -> Result<Position, StoreError> {
        position_of(store, &self.consumer.note()).await
    }

    /// Delivers the next of it.
    ///
    /// # Errors
    /// When the store fails, or the endpoint does not take it; then it is delivered the next time.
    pub async fn round(
        &self,
        store: &dyn Store,
        clock: &dyn Clock,
        random: &dyn Random,
    ) -> Result<Round, ConsumerError> {
        let mut place = self.held.lock().await;
        let (note, now_ms, lease_ms) = (self.consumer.note(), clock.now_ms(), millis(self.manner.lease));
        let mut held = match place.take() {
            Some(held) if is_still_before(held.read.position.until - lease_ms / 2, lease_ms / 2, now_ms) => held,
            Some(held) => match self.keep(store, &note, held, now_ms, Hold::On).await? {
                Some(held) => held,
                None => return Ok(Round::Elsewhere),
            },
            None => {
                let read = position::read(store, &note).await?;
                if read.position.is_held_by_another(&self.holder, lease_ms, now_ms) {
                    return Ok(Round::Elsewhere);
                }
                if is_still_before(read.position.not_before, millis(self.manner.longest_wait), now_ms) {
                    let wait = Duration::from_millis((read.position.not_before - now_ms).unsigned_abs());
                    return Ok(Round::Waiting { wait });
                }
                Held { sequence: read.position.sequence, read, kept_at: 0 }
            }
        };
        let Batch { items, next } = self.consumer.read(store, held.sequence).await?;
        let ours = held.read.position.holder == self.holder;
        if items.is_empty() {
            let passed = next.abs_diff(held.read.position.sequence);
            held.sequence = next;
            if ours && is_within(held.kept_at, millis(self.manner.keep_every), now_ms) {
                // There may be more in a moment: the place is held on to, rather than written for every event.
                *place = Some(held);
                return Ok(Round::Nothing);
            }
            if ours || passed > PASSED_OVER {
                self.keep(store, &note, held, now_ms, Hold::LetGo).await?;
            }
            return Ok(Round::Nothing);
        }
        if !ours {
            match self.keep(store, &note, held, now_ms, Hold::On).await? {
                Some(taken) => held = taken,
                None => return Ok(Round::Elsewhere),
            }
        }
        let delivered = self.consumer.deliver(&items).await;
        let now_ms = clock.now_ms();
        let (sequence, failure) = match delivered {
            Delivered::All => (next, None),
            Delivered::UpTo(upto) => (upto, None),
            Delivered::Failed { upto, error } => (upto.unwrap_or(held.sequence), Some(error)),
        };
        let count = items.iter().filter(|(at, _)| *at <= sequence).count() as u64;
        held.sequence = sequence;
        let progress = count > 0;
        if progress {
            let position = &mut held.read.position;
            (position.failures, position.failing_since, position.not_before) = (0, 0, 0);
            position.delivered_at = now_ms;
        }
        if let Some(error) = failure {
            let position = &mut held.read.position;
            if position.failures == 0 {
                position.failing_since = now_ms;
            }
            let wait = back_off(position.failures, self.manner.longest_wait, random).max(error.retry_after());
            position.not_before = now_ms.saturating_add(millis(wait.min(self.manner.longest_wait)));
            position.failures = position.failures.saturating_add(1);
            let position = position.clone();
            self.keep(store, &note, held, now_ms, Hold::LetGo).await?;
            return Err(ConsumerError::Endpoint(error, position));
        }
        if !is_within(held.kept_at, millis(self.manner.keep_every), now_ms) {
            // Where each delivery is kept, another origin may be next.
            let hold = if self.manner.keep_every.is_zero() { Hold::LetGo } else { Hold::On };
            *place = self.keep(store, &note, held, now_ms, hold).await?.filter(|_| hold == Hold::On);
        } else {
            *place = Some(held);
        }
        Ok(Round::Sent { count })
    }

    /// Keeps the place, and goes on holding it or lets it go; `None`: another origin has it by now.
    async fn keep(
        &self,
        store: &dyn Store,
        note: &str,
        held: Held,
        now_ms: Millis,
        hold: Hold,
    ) -> Result<Option<Held>, StoreError> {
        let (holder, until) = match hold {
            Hold::On => (self.holder.clone(), now_ms + millis(self.manner.lease)),
            Hold::LetGo => (String::new(), 0),
        };
        let position = Position { sequence: held.sequence, holder, until, ..held.read.position.clone() };
        let Some(read) = position::replace(store, note, &held.read, position).await? else {
            tracing::warn!(note, "another origin took over; what was delivered last may be delivered twice");
            return Ok(None);
        };
        self.consumer.kept(store).await;
        Ok(Some(Held { read, sequence: held.sequence, kept_at: now_ms }))
    }

    /// Keeps the place and lets it go.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn release(&self, store: &dyn Store, clock: &dyn Clock) -> Result<(), StoreError> {
        let held = self.held.lock().await.take();
        if let Some(held) = held {
            self.keep(store, &self.consumer.note(), held, clock.now_ms(), Hold::LetGo).await?;
        }
        Ok(())
    }

    /// Delivers the next of it, tells what came of it, and says when to go on. `store_failures` counts those in a row.
    pub async fn step(&self, origin: &Origin, store_failures: &mut u32) -> Next {
        let round = self.round(&*origin.store, &*origin.clock, &*origin.random).await;
        if !matches!(round, Err(ConsumerError::Store(_))) {
            *store_failures = 0;
        }
        match round {
            Ok(Round::Sent { count }) => {
                self.consumer.succeeded(origin, count);
                if count > 0 { Next::AtOnce } else { Next::Look(self.manner.look_every) }
            }
            Ok(Round::Nothing | Round::Elsewhere) => Next::Look(self.manner.look_every),
            Ok(Round::Waiting { wait }) => Next::NotBefore(wait),
            Err(ConsumerError::Endpoint(error, position)) => {
                self.consumer.failed(origin, &error, &position).await;
                Next::AtOnce
            }
            Err(ConsumerError::Store(error)) => {
                tracing::warn!(%error, note = self.consumer.note(), "a delivery waits for the store");
                *store_failures = store_failures.saturating_add(1);
                Next::Look(back_off(*store_failures, self.manner.longest_wait, &*origin.random))
            }
        }
    }

    /// Delivers as there is something, until it is told to stop.
    pub async fn run(&self, origin: &Origin, mut stopping: watch::Receiver<bool>) {
        let mut store_failures = 0_u32;
        while !*stopping.borrow() {
            let wait = match self.step(origin, &mut store_failures).await {
                Next::AtOnce => continue,
                Next::NotBefore(wait) => {
                    let _ = tokio::time::timeout(wait, stopping.wait_for(|stopping| *stopping)).await;
                    continue;
                }
                Next::Look(wait) => wait,
            };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.consumer.woken() => {}
                // An error means that the origin is gone altogether.
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        }
        if let Err(error) = self.release(&*origin.store, &*origin.clock).await {
            tracing::warn!(%error, note = self.consumer.note(), "what was delivered last may be delivered twice");
        }
    }
}

/// How far a consumer is, as the store knows.
///
/// # Errors
/// When the store fails.
pub async fn position_of(store: &dyn Store, note: &str) -> Result<Position, StoreError> {
    Ok(position::read(store, note).await?.position)
}

/// Puts a consumer at a place that nobody holds yet.
///
/// # Errors
/// When the store fails.
pub async fn begin_at(store: &dyn Store, note: &str, sequence: u64) -> Result<(), StoreError> {
    let read = position::read(store, note).await?;
    position::replace(store, note, &read, Position { sequence, ..Position::default() }).await.map(drop)
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

/// Anything up to the limit, which doubles ("full jitter"): origins that failed together do not come back together.
fn back_off(failures: u32, longest: Duration, random: &dyn Random) -> Duration {
    let limit = FIRST_WAIT.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX)).min(longest);
    let mut bytes = [0; 4];
    random.fill(&mut bytes);
    limit.mul_f64(f64::from(u32::from_be_bytes(bytes)) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Always(u8);

    impl Random for Always {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn waits_double_up_to_a_limit_and_are_drawn_from_the_whole_range() {
        let longest = Duration::from_secs(300);
        let waits: Vec<_> = (0..10).map(|failures| back_off(failures, longest, &Always(255)).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
        assert_eq!(back_off(u32::MAX, longest, &Always(255)), longest);
        assert_eq!(back_off(9, longest, &Always(0)), Duration::ZERO);
    }
}
