//! What listeners hear: rows of the event bus, who wants which, and how readers are woken.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::{Composing, Result, Typing, Typist};
use crate::bus::Priority;
use crate::clock::Millis;
use crate::ids::{ConversationId, EventId};

/// Something that happened, as listeners hear of it. No user text.
#[derive(Debug, Clone, PartialEq)]
pub struct BusEvent {
    /// Its id: the same however often it is delivered.
    pub id: EventId,
    /// Its type, without version.
    pub name: String,
    /// The type's version.
    pub version: u32,
    /// The tenant.
    pub tenant: String,
    /// When.
    pub at: Millis,
    /// How soon somebody should hear of it.
    pub priority: Priority,
    /// About what: an id or a pseudonym.
    pub subject: String,
    /// The game, if it is about one.
    pub game: Option<String>,
    /// The conversation, by the origin's id; the event goes with it when it is erased.
    pub conversation: Option<String>,
    /// The person's pseudonym; the event goes with them when they are erased.
    pub person: Option<String>,
    /// A JSON object.
    pub data: Value,
}

/// One event with its place in the order of commits.
#[derive(Debug, Clone, PartialEq)]
pub struct BusRow {
    /// From 1, rising; numbers of events that were erased are missing.
    pub sequence: u64,
    /// What happened.
    pub event: BusEvent,
}

/// Which events somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Of this tenant; `None`: of each.
    pub tenant: Option<String>,
    /// Of these types; `None`: of each.
    pub names: Option<Vec<String>>,
    /// Of high priority only.
    pub urgent: Urgency,
}

/// Which priorities somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// Each.
    #[default]
    Any,
    /// High priority alone.
    High,
}

impl Urgency {
    /// The lowest level that is wanted.
    pub(super) fn least(self) -> i16 {
        match self {
            Urgency::Any => Priority::Normal.level(),
            Urgency::High => Priority::High.level(),
        }
    }
}

impl Wanted {
    /// Whether it is of those.
    #[must_use]
    pub fn takes(&self, event: &BusEvent) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| *tenant == event.tenant)
            && self.names.as_ref().is_none_or(|names| names.contains(&event.name))
            && event.priority.level() >= self.urgent.least()
    }

    /// Everything of everybody.
    #[must_use]
    pub fn everything() -> Wanted {
        Wanted { tenant: None, names: None, urgent: Urgency::Any }
    }
}

/// A page of events.
#[derive(Debug, Clone, PartialEq)]
pub struct BusPage {
    /// In order.
    pub events: Vec<BusRow>,
    /// The cursor to go on from: everything up to it was looked at.
    pub next: u64,
}

impl BusPage {
    /// The page that holds these, of at most `limit`, of a log that ends with `last`.
    pub(super) fn of(events: Vec<BusRow>, limit: u32, after: u64, last: u64) -> BusPage {
        let full = events.len() as u64 >= u64::from(limit);
        let next = match events.last() {
            Some(event) if full => event.sequence,
            _ if last == 0 => after,
            // Also where that is before `after`: then a restore has taken the log back, and it goes on from there.
            _ => last,
        };
        BusPage { events, next }
    }
}

/// Where the events that are kept begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BusEnds {
    /// The first; 0: there is none.
    pub first: u64,
    /// The last; 0: there is none.
    pub last: u64,
}

/// The event bus: what the outbox is drained into for listeners.
#[async_trait]
pub trait Bus: Send + Sync {
    /// The events after `after` that somebody wants, in order, at most `limit` and [`super::MAX_PAGE`].
    async fn bus_events(&self, wanted: &Wanted, after: u64, limit: u32) -> Result<BusPage>;

    /// Where they begin and end.
    async fn bus_ends(&self) -> Result<BusEnds>;

    /// The cursor behind which everything comes that happened at a time or after it.
    async fn bus_before(&self, at: Millis) -> Result<u64>;

    /// Removes what happened before a time, and all but the last `keep` numbers; at most `limit`. Returns how many.
    async fn trim_bus(&self, before: Millis, keep: u64, limit: u32) -> Result<u64>;

    /// What wakes whoever waits for something to happen.
    fn signals(&self) -> &Signals;

    /// Somebody is typing, or has stopped: this origin and the others know it for some seconds, and nothing is kept.
    async fn tell_typing(&self, conversation: &ConversationId, who: Typist, composing: Composing) -> Result<()>;

    /// Has the signals tell of other origins on the same store, too, until it is dropped. It never returns.
    async fn hear_others(&self);
}

/// What wakes whoever waits. A signal may be missing or come twice: everybody looks from time to time all the same.
#[derive(Debug)]
pub struct Signals {
    told: Notify,
    heard: watch::Sender<u64>,
    typing: Typing,
}

impl Default for Signals {
    fn default() -> Signals {
        Signals { told: Notify::new(), heard: watch::Sender::new(0), typing: Typing::default() }
    }
}

impl Signals {
    /// Who is typing.
    #[must_use]
    pub fn typing(&self) -> &Typing {
        &self.typing
    }

    /// Something came into the outbox.
    pub fn tell(&self) {
        self.told.notify_one();
    }

    /// Returns once something came into the outbox since the last time.
    pub async fn told(&self) {
        self.told.notified().await;
    }

    /// There are events up to a sequence.
    pub(super) fn hear(&self, last: u64) {
        self.heard.send_if_modified(|heard| {
            let news = last > *heard;
            *heard = last.max(*heard);
            news
        });
    }

    /// The last sequence that is known of, and a way to wait for the next.
    #[must_use]
    pub fn heard(&self) -> watch::Receiver<u64> {
        self.heard.subscribe()
    }
}
