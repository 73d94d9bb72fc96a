//! The end of the event bus in memory, read once for all listeners of this process, each of whom is woken by what they listen for alone.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, watch};

use crate::ids::ConversationId;
use crate::store::{BusRow, Result, Store, Wanted};

/// Events that are held.
const HELD: usize = 4_096;
/// Events that are read at once.
const BATCH: u32 = 500;
/// Erasures that are remembered: many more than happen while a batch is being delivered.
const REMEMBERED: usize = 10_000;
/// How often it is looked, where no signal comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What tells that a person was erased, with all of their conversations.
const PERSON_ERASED: &str = "person.erased";

/// What listeners of this process read from.
#[derive(Debug, Default)]
pub struct Tail {
    ring: Mutex<Ring>,
    listeners: Mutex<Listeners>,
    /// Whether somebody listens. What nobody listens to is not read: that would cost every turn as much as hearing of it does.
    listened_to: watch::Sender<bool>,
    /// Held while the store is read: what comes is put in once.
    reading: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Ring {
    /// Everything after this one that is not newer than `upto` is held; `None`: nothing was read yet.
    after: Option<u64>,
    upto: u64,
    rows: VecDeque<Arc<BusRow>>,
    /// Who and what was erased, with the event that told of it.
    erased: HashMap<String, u64>,
}

#[derive(Debug, Default)]
struct Listeners {
    all: HashMap<u64, (ListensFor, Arc<Notify>)>,
    last: u64,
}

/// What wakes a listener.
#[derive(Debug)]
pub enum ListensFor {
    /// These events.
    Events(Wanted),
    /// What happens to a conversation, or to a person who was erased: it may be theirs.
    Conversation(ConversationId),
}

impl ListensFor {
    fn takes(&self, row: &BusRow) -> bool {
        match self {
            ListensFor::Events(wanted) => wanted.takes(&row.event),
            ListensFor::Conversation(id) => row.event.subject == id.as_str() || row.event.name == PERSON_ERASED,
        }
    }
}

/// One who listens; dropped when they are done.
#[derive(Debug)]
pub struct Listener {
    tail: Arc<Tail>,
    number: u64,
    woken: Arc<Notify>,
}

impl Listener {
    /// Returns once something happened since the last time that they listen for. It may be known to them already.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut listeners = self.tail.listeners();
        listeners.all.remove(&self.number);
        if listeners.all.is_empty() {
            self.tail.listened_to.send_replace(false);
            *self.tail.ring() = Ring::default();
        }
    }
}

impl Tail {
    /// Somebody listens from now on: what happens after this returns is heard, an erasure as well.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn listen(self: &Arc<Tail>, store: &dyn Store, to: ListensFor) -> Result<Listener> {
        let woken = Arc::<Notify>::default();
        let number = {
            let mut listeners = self.listeners();
            listeners.last += 1;
            let number = listeners.last;
            listeners.all.insert(number, (to, Arc::clone(&woken)));
            number
        };
        let listener = Listener { tail: Arc::clone(self), number, woken };
        if self.ring().after.is_none() {
            self.read(store).await?;
        }
        self.listened_to.send_if_modified(|listened_to| !std::mem::replace(listened_to, true));
        Ok(listener)
    }

    /// Reads what happens while somebody listens, for ever.
    pub async fn keep(&self, store: &dyn Store) {
        let (mut signal, mut listened_to) = (store.signals().heard(), self.listened_to.subscribe());
        loop {
            // The sender is ours: it is not gone while this runs.
            let _ = listened_to.wait_for(|listened_to| *listened_to).await;
            signal.mark_unchanged();
            match self.read(store).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "events can't be read"),
            }
            // Told or not, it is time to look.
            let _ = tokio::time::timeout(LOOK_EVERY, signal.changed()).await;
        }
    }

    /// Reads what is new; whether there may be more.
    pub(crate) async fn read(&self, store: &dyn Store) -> Result<bool> {
        let _alone = self.reading.lock().await;
        let begun = {
            let ring = self.ring();
            ring.after.map(|_| ring.upto)
        };
        let upto = match begun {
            Some(upto) => upto,
            None => {
                let last = store.bus_ends().await?.last;
                let mut ring = self.ring();
                (ring.after, ring.upto) = (Some(last), last);
                last
            }
        };
        let page = store.bus_events(&Wanted::everything(), upto, BATCH).await?;
        let full = page.events.len() as u64 == u64::from(BATCH);
        if page.next > upto {
            let rows: Vec<_> = page.events.into_iter().map(Arc::new).collect();
            let mut ring = self.ring();
            if (ring.after.is_some(), ring.upto) != (true, upto) {
                // It was ended meanwhile, and may have begun anew elsewhere.
                return Ok(true);
            }
            rows.iter().for_each(|row| ring.push(Arc::clone(row)));
            ring.upto = page.next;
            drop(ring);
            for (to, woken) in self.listeners().all.values() {
                if rows.iter().any(|row| to.takes(row)) {
                    woken.notify_one();
                }
            }
        }
        Ok(full)
    }

    /// What somebody wants after a sequence, and where to go on; `None`: that is no longer, or not yet, here.
    #[must_use]
    pub fn after(&self, wanted: &Wanted, after: u64, limit: usize) -> Option<(Vec<Arc<BusRow>>, u64)> {
        let ring = self.ring();
        if ring.after.is_none_or(|first| after < first) {
            return None;
        }
        let start = ring.rows.partition_point(|row| row.sequence <= after);
        let wanted = ring.rows.range(start..).filter(|row| wanted.takes(&row.event));
        let rows: Vec<_> = wanted.take(limit).cloned().collect();
        let next = rows.last().filter(|_| rows.len() == limit).map_or(ring.upto.max(after), |row| row.sequence);
        Some((rows, next))
    }

    /// Whether what an event is about was erased since.
    #[must_use]
    pub fn is_erased(&self, row: &BusRow) -> bool {
        self.ring().is_erased(row)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        // Whole after any panic: rows are put in and taken out one at a time.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listeners(&self) -> MutexGuard<'_, Listeners> {
        // Whole after any panic: each change is one statement.
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, row: Arc<BusRow>) {
        let of = |name: &str| row.event.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let erased = match row.event.name.as_str() {
            PERSON_ERASED => of("person"),
            "conversation.ended" => of("conversation"),
            _ => None,
        };
        if let Some(erased) = erased {
            if self.erased.len() >= REMEMBERED {
                let middle = row.sequence.saturating_sub(HELD as u64);
                self.erased.retain(|_, told| *told > middle);
            }
            self.erased.insert(erased, row.sequence);
            let held = std::mem::take(&mut self.rows);
            self.rows = held.into_iter().filter(|row| !self.is_erased(row)).collect();
        }
        self.rows.push_back(row);
        if self.rows.len() > HELD
            && let Some(gone) = self.rows.pop_front()
        {
            self.after = Some(gone.sequence);
        }
    }

    fn is_erased(&self, row: &BusRow) -> bool {
        let told = |name: &Option<String>| name.as_ref().and_then(|name| self.erased.get(name));
        [&row.event.person, &row.event.conversation]
            .into_iter()
            .any(|name| told(name).is_some_and(|told| row.sequence < *told))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;

    use super::*;
    use crate::bus::Priority;
    use crate::clock::SystemClock;
    use crate::ids::EventId;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{AuditLog as _, BusEvent, Event, Maintenance as _};

    fn row(sequence: u64, name: &str, conversation: Option<&str>, data: Value) -> BusRow {
        BusRow {
            sequence,
            event: BusEvent {
                id: EventId::derive(&[name]),
                name: name.into(),
                version: 1,
                tenant: "default".into(),
                at: 0,
                priority: Priority::Normal,
                subject: "s".into(),
                game: None,
                conversation: conversation.map(str::to_owned),
                person: conversation.map(|_| "person_1".to_owned()),
                data,
            },
        }
    }

    /// Has the bus tell of a game.
    async fn tell(store: &SqliteStore, game: &str) {
        let detail = json!({"version": "v"});
        let (event, actor) = ("game.published".to_owned(), "adm_1".to_owned());
        let event = Event { at: 1, tenant: "default".into(), event, actor, subject: game.into(), detail };
        store.enqueue(vec![event]).await.unwrap();
        assert_eq!(store.drain_outbox(10).await.unwrap(), 1);
    }

    fn subjects(tail: &Tail, after: u64) -> Option<Vec<String>> {
        let (rows, _) = tail.after(&Wanted::everything(), after, 10)?;
        Some(rows.iter().map(|row| row.event.subject.clone()).collect())
    }

    #[tokio::test]
    async fn what_happens_is_read_while_somebody_listens() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("a.db"), &SystemClock).await.unwrap();
        let tail = Arc::<Tail>::default();
        let listening = async {
            for round in 0..2 {
                let first = round * 3 + 1;
                tell(&store, "before").await;
                // Several times what a listener waits for an event at most.
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(subjects(&tail, 0), None, "nobody listens");
                let of = |tenant: &str| Wanted { tenant: Some(tenant.to_owned()), ..Wanted::everything() };
                let listener = tail.listen(&store, ListensFor::Events(of("default"))).await.unwrap();
                let other = tail.listen(&store, ListensFor::Events(of("another"))).await.unwrap();
                assert_eq!(subjects(&tail, first), Some(Vec::new()), "what was before is the store's to tell");
                tell(&store, "while").await;
                listener.woken().await;
                assert_eq!(subjects(&tail, first), Some(vec!["while".to_owned()]));
                assert!(other.woken().now_or_never().is_none(), "nothing happened that they listen for");
                drop((listener, other));
                tell(&store, "after").await;
            }
        };
        tokio::select! {
            () = tail.keep(&store) => unreachable!("it goes on for ever"),
            done = tokio::time::timeout(Duration::from_secs(30), listening) => done.expect("what happens is heard"),
        }
        store.close().await;
    }

    #[test]
    fn whoever_follows_a_conversation_is_woken_by_what_is_about_it_and_by_the_erasure_of_persons() {
        let id = ConversationId::derive("default", "g", "c");
        let about = |name: &str, subject: &str| {
            let mut row = row(1, name, None, json!({}));
            row.event.subject = subject.to_owned();
            ListensFor::Conversation(id.clone()).takes(&row)
        };
        assert!(about("turn.committed", id.as_str()) && about("conversation.ended", id.as_str()));
        assert!(about("person.erased", "person_1"), "the conversation may be theirs");
        assert!(!about("turn.committed", ConversationId::derive("default", "g", "d").as_str()));
    }

    #[test]
    fn what_is_erased_is_not_held_and_what_is_too_old_is_not_here() {
        let tail = Tail::default();
        assert_eq!(tail.after(&Wanted::everything(), 0, 10), None, "nothing was read yet");
        tail.ring().after = Some(0);
        let gone = row(1, "turn.committed", Some("conv_1"), json!({}));
        let push = |row: BusRow| tail.ring().push(Arc::new(row));
        push(gone.clone());
        push(row(2, "turn.committed", Some("conv_2"), json!({})));
        push(row(3, "conversation.ended", None, json!({"conversation": "conv_1"})));
        tail.ring().upto = 3;
        let (rows, next) = tail.after(&Wanted::everything(), 0, 10).unwrap();
        assert_eq!((rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), next), (vec![2, 3], 3));
        assert!(tail.is_erased(&gone));
        push(row(4, "person.erased", None, json!({"person": "person_1"})));
        assert_eq!(tail.after(&Wanted::everything(), 0, 1).unwrap().1, 3);
        for sequence in 5..5 + HELD as u64 {
            push(row(sequence, "game.published", None, json!({})));
        }
        assert_eq!(tail.after(&Wanted::everything(), 3, 10), None);
        assert!(tail.after(&Wanted::everything(), 4, 10).is_some());
    }
}
