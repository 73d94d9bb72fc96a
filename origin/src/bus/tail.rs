//! The end of the event bus in memory, read once for all listeners of this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::store::{BusRow, Result, Store, Wanted};

/// Events that are held.
const HELD: usize = 4_096;
/// Events that are read at once.
const BATCH: u32 = 500;
/// Erasures that are remembered: many more than happen while a batch is being delivered.
const REMEMBERED: usize = 10_000;
/// How often it is looked, where no signal comes.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What listeners of this process read from.
#[derive(Debug)]
pub struct Tail {
    ring: Mutex<Ring>,
    heard: watch::Sender<u64>,
    /// Whether somebody listens. What nobody listens to is not read: that would cost every turn as much as hearing of it does.
    listened_to: watch::Sender<bool>,
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

impl Default for Tail {
    fn default() -> Tail {
        Tail { ring: Mutex::default(), heard: watch::Sender::new(0), listened_to: watch::Sender::new(false) }
    }
}

impl Tail {
    /// Somebody listens from now on: what happens after this returns is heard, an erasure as well.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn begin(&self, store: &dyn Store) -> Result<()> {
        if !*self.listened_to.borrow() {
            self.read(store).await?;
            self.listened_to.send_replace(true);
        }
        Ok(())
    }

    /// Nobody listens any more.
    pub fn end(&self) {
        self.listened_to.send_replace(false);
        *self.ring() = Ring::default();
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
            let mut ring = self.ring();
            if (ring.after.is_some(), ring.upto) != (true, upto) {
                // It was ended meanwhile, and may have begun anew elsewhere.
                return Ok(true);
            }
            for row in page.events {
                ring.push(row);
            }
            ring.upto = page.next;
            drop(ring);
            self.heard.send_replace(page.next);
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

    /// Tells when there is more.
    #[must_use]
    pub fn heard(&self) -> watch::Receiver<u64> {
        self.heard.subscribe()
    }

    fn ring(&self) -> std::sync::MutexGuard<'_, Ring> {
        // Whole after any panic: rows are put in and taken out one at a time.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn push(&mut self, row: BusRow) {
        let of = |name: &str| row.event.data.get(name).and_then(Value::as_str).map(str::to_owned);
        let erased = match row.event.name.as_str() {
            "person.erased" => of("person"),
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
        self.rows.push_back(Arc::new(row));
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
        let tail = Tail::default();
        let listening = async {
            for round in 0..2 {
                let first = round * 3 + 1;
                tell(&store, "before").await;
                // Several times what a listener waits for an event at most.
                tokio::time::sleep(Duration::from_millis(50)).await;
                assert_eq!(subjects(&tail, 0), None, "nobody listens");
                tail.begin(&store).await.unwrap();
                let mut heard = tail.heard();
                heard.mark_unchanged();
                assert_eq!(subjects(&tail, first), Some(Vec::new()), "what was before is the store's to tell");
                tell(&store, "while").await;
                heard.changed().await.unwrap();
                assert_eq!(subjects(&tail, first), Some(vec!["while".to_owned()]));
                tail.end();
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
    fn what_is_erased_is_not_held_and_what_is_too_old_is_not_here() {
        let tail = Tail::default();
        assert_eq!(tail.after(&Wanted::everything(), 0, 10), None, "nothing was read yet");
        tail.ring().after = Some(0);
        let gone = row(1, "turn.committed", Some("conv_1"), json!({}));
        tail.ring().push(gone.clone());
        tail.ring().push(row(2, "turn.committed", Some("conv_2"), json!({})));
        tail.ring().push(row(3, "conversation.ended", None, json!({"conversation": "conv_1"})));
        tail.ring().upto = 3;
        let (rows, next) = tail.after(&Wanted::everything(), 0, 10).unwrap();
        assert_eq!((rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), next), (vec![2, 3], 3));
        assert!(tail.is_erased(&gone));
        tail.ring().push(row(4, "person.erased", None, json!({"person": "person_1"})));
        assert_eq!(tail.after(&Wanted::everything(), 0, 1).unwrap().1, 3);
        for sequence in 5..5 + HELD as u64 {
            tail.ring().push(row(sequence, "game.published", None, json!({})));
        }
        assert_eq!(tail.after(&Wanted::everything(), 3, 10), None);
        assert!(tail.after(&Wanted::everything(), 4, 10).is_some());
    }
}
