//! Delivering to one webhook: each event a request of its own, in order for each conversation, several conversations at a time.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{StatusCode, Uri};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::{Hand, TRIED_FOR_MS, WebhookError, address, reach, secret, sign, why};
use crate::audit::events;
use crate::bus::{self, Listener, ListensFor, MEDIA, Priority, cloud_event, text_of};
use crate::clock::Millis;
use crate::consumer::{Batch, Consumer, Delivered, EndpointError, Manner, Position, Sender};
use crate::http::Origin;
use crate::ids::EventId;
use crate::metrics::Counted;
use crate::store::{
    Again, BusEvent, BusRow, DeliveryEnd, DeliveryRow, Store, StoreError, TextRight, Wanted, WebhookRow, WebhookState,
};

/// Time for a delivery, from the connection to the end of the answer.
const WITHIN: Duration = Duration::from_secs(10);
/// How long a batch goes on; what it has not come to by then is in the next.
const BATCH_FOR: Duration = Duration::from_secs(5);
/// Events that are read at once.
const BATCH: u32 = 200;
/// Conversations that one webhook is told of at a time.
const LANES: usize = 4;
/// Who pauses a webhook, for the audit log.
const ACTOR: &str = "origin";

/// How webhooks are run: another origin takes over when neither a batch nor its last delivery can still be under way.
pub(super) const MANNER: Manner = Manner {
    lease: Duration::from_secs(20),
    keep_every: Duration::from_secs(3),
    look_every: Duration::from_secs(1),
    longest_wait: Duration::from_secs(60 * 60),
};

/// One webhook, as it is delivered to.
pub(super) struct Hook {
    shared: Arc<Shared>,
    wanted: Wanted,
    /// Before anything is read: an erasure while it delivers must be heard.
    listener: Listener,
    /// The range, where it is one that is delivered once more.
    again: Option<Again>,
    done: watch::Sender<bool>,
    progress: Mutex<Progress>,
}

/// What every lane needs.
struct Shared {
    origin: Origin,
    row: WebhookRow,
    uri: Uri,
    sender: Sender,
    secrets: Vec<(Option<Millis>, Vec<u8>)>,
    permits: Arc<Semaphore>,
}

#[derive(Default)]
struct Progress {
    /// What was taken although something before it was not: it is not sent again while this process lives.
    ahead: BTreeSet<u64>,
    /// What is still to be noted in the log.
    notes: Vec<DeliveryRow>,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("row", &self.shared.row.id).field("again", &self.again).finish_non_exhaustive()
    }
}

impl Hook {
    pub(super) async fn new(
        origin: &Origin,
        row: WebhookRow,
        again: Option<Again>,
        (permits, sender): (&Arc<Semaphore>, &Sender),
    ) -> Result<Hook, WebhookError> {
        let names = bus::names(&row.hook.types)?;
        let wanted = Wanted { tenant: Some(row.tenant.clone()), names, urgent: row.hook.urgency };
        let uri = address(&origin.config, &row.hook.url)?;
        let secrets = secrets(&*origin.store, origin.config.encryption_key.as_ref(), &row).await?;
        let shared =
            Shared { origin: origin.clone(), row, uri, sender: sender.clone(), secrets, permits: Arc::clone(permits) };
        Ok(Hook {
            shared: Arc::new(shared),
            listener: origin.tail.listen(&*origin.store, ListensFor::Events(wanted.clone())).await?,
            wanted,
            again,
            done: watch::Sender::new(false),
            progress: Mutex::default(),
        })
    }

    /// Tells when the range is delivered.
    pub(super) fn done(&self) -> watch::Receiver<bool> {
        self.done.subscribe()
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        // Whole after any panic: each change is one statement.
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes deliveries, those that went well in a row as one.
    fn note(&self, row: DeliveryRow) {
        let mut progress = self.progress();
        if let Some(last) = progress.notes.last_mut()
            && (last.ended, last.status) == (row.ended, row.status)
            && row.ended == DeliveryEnd::Delivered
        {
            (last.at, last.last, last.count) = (row.at, row.last, last.count + row.count);
            last.took_ms = last.took_ms.max(row.took_ms);
            return;
        }
        progress.notes.push(row);
    }
}

async fn secrets(
    store: &dyn Store,
    ring: Option<&lgdl::crypto::KeyRing>,
    row: &WebhookRow,
) -> Result<Vec<(Option<Millis>, Vec<u8>)>, StoreError> {
    let mut secrets = Vec::new();
    for kept in &row.hook.secrets {
        secrets.push((kept.until, secret::open(store, ring, row, kept).await?));
    }
    Ok(secrets)
}

/// How a lane ended.
struct Lane {
    taken: Vec<u64>,
    status: Option<StatusCode>,
    took: Duration,
    /// The first that was not sent.
    unsent: Option<u64>,
    failed: Option<(u64, EndpointError)>,
}

impl Shared {
    /// Sends the events of some conversations in their order, until one is not taken or time is up.
    async fn lane(self: Arc<Shared>, rows: Vec<Arc<BusRow>>, until: Instant) -> Lane {
        let mut lane = Lane { taken: Vec::new(), status: None, took: Duration::ZERO, unsent: None, failed: None };
        for row in rows {
            if Instant::now() >= until {
                lane.unsent = Some(row.sequence);
                break;
            }
            let started = Instant::now();
            match self.deliver(&row, until).await {
                Ok(status) => {
                    lane.taken.push(row.sequence);
                    lane.status = status.or(lane.status);
                    lane.took = lane.took.max(started.elapsed());
                }
                Err(Undelivered::Endpoint(error)) => {
                    lane.took = started.elapsed();
                    (lane.unsent, lane.failed) = (Some(row.sequence), Some((row.sequence, error)));
                    break;
                }
                Err(Undelivered::Store(error)) => {
                    tracing::warn!(%error, webhook = %self.row.id, "the store does not give the text of an event; its delivery waits");
                    lane.unsent = Some(row.sequence);
                    break;
                }
                Err(Undelivered::Late) => {
                    lane.unsent = Some(row.sequence);
                    break;
                }
            }
        }
        lane
    }

    /// Sends an event, if there is room for it before `until`; `None`: what it tells of was erased.
    async fn deliver(&self, row: &BusRow, until: Instant) -> Result<Option<StatusCode>, Undelivered> {
        // A place first, and the text then: between text and sending nothing is waited for, so that nobody is erased meanwhile and
        // the place that this origin holds does not lapse.
        let ready = async {
            let permit = self.permits.acquire().await;
            Ok::<_, StoreError>((permit, self.text(row).await?))
        };
        let (_permit, text) = timeout_at(until, ready).await.map_err(|_| Undelivered::Late)??;
        if self.origin.tail.is_erased(row) {
            return Ok(None);
        }
        let event = cloud_event(row, text, |name| self.origin.store.audit_name(name));
        let now_ms = self.origin.clock.now_ms();
        Ok(Some(send(&self.sender, &self.uri, &self.secrets, &event, &row.event.id, now_ms).await?))
    }

    /// What is told of the text of an event. One that will never be read holds nothing up: that is told in its place.
    async fn text(&self, row: &BusRow) -> Result<Option<Value>, StoreError> {
        if self.row.hook.text == TextRight::Withheld {
            return Ok(None);
        }
        match text_of(&*self.origin.store, &*self.origin.protection, &row.event).await {
            Err(error) if !error.is_transient() => {
                tracing::error!(%error, webhook = %self.row.id, event = %row.event.id, "an event is delivered without its text");
                Ok(Some(json!({"unreadable": true})))
            }
            text => text,
        }
    }
}

/// Why an event was not delivered.
enum Undelivered {
    Endpoint(EndpointError),
    Store(StoreError),
    /// There was no time left.
    Late,
}

impl From<EndpointError> for Undelivered {
    fn from(error: EndpointError) -> Undelivered {
        Undelivered::Endpoint(error)
    }
}

impl From<StoreError> for Undelivered {
    fn from(error: StoreError) -> Undelivered {
        Undelivered::Store(error)
    }
}

async fn send(
    sender: &Sender,
    uri: &Uri,
    secrets: &[(Option<Millis>, Vec<u8>)],
    event: &Value,
    id: &EventId,
    now_ms: Millis,
) -> Result<StatusCode, EndpointError> {
    let body = event.to_string();
    let used = secrets.iter().filter(|(until, _)| until.is_none_or(|until| now_ms < until));
    let used: Vec<_> = used.map(|(_, secret)| secret.clone()).collect();
    let headers = sign::signed(id.as_str(), now_ms, body.as_bytes(), &used, MEDIA);
    sender.send(uri, headers, Bytes::from(body)).await
}

#[async_trait]
impl Consumer for Hook {
    type Item = Arc<BusRow>;

    fn note(&self) -> String {
        match &self.again {
            None => WebhookRow::note(&self.shared.row.id),
            Some(again) => WebhookRow::again_note(&self.shared.row.id, again),
        }
    }

    async fn read(&self, store: &dyn Store, after: u64) -> Result<Batch<Arc<BusRow>>, StoreError> {
        let (mut rows, mut next) = match self.shared.origin.tail.after(&self.wanted, after, BATCH as usize) {
            Some(found) => found,
            None => {
                let page = store.bus_events(&self.wanted, after, BATCH).await?;
                (page.events.into_iter().map(Arc::new).collect(), page.next)
            }
        };
        if let Some(again) = &self.again {
            rows.retain(|row| row.sequence <= again.upto);
            next = next.min(again.upto).max(after);
            if rows.is_empty() {
                self.done.send_replace(true);
            }
        }
        Ok(Batch { items: rows.into_iter().map(|row| (row.sequence, row)).collect(), next })
    }

    async fn deliver(&self, items: &[(u64, Arc<BusRow>)]) -> Delivered {
        let until = Instant::now() + BATCH_FOR;
        let ahead = self.progress().ahead.clone();
        let (mut lanes, mut of) = (vec![Vec::new(); LANES], HashMap::new());
        for (sequence, row) in items.iter().filter(|(sequence, _)| !ahead.contains(sequence)) {
            let about = row.event.conversation.as_deref().unwrap_or(&row.event.subject);
            let next = of.len() % LANES;
            let lane = *of.entry(about).or_insert(next);
            debug_assert_eq!(*sequence, row.sequence);
            lanes[lane].push(Arc::clone(row));
        }
        let mut tasks = JoinSet::new();
        for rows in lanes.into_iter().filter(|rows| !rows.is_empty()) {
            tasks.spawn(Arc::clone(&self.shared).lane(rows, until));
        }
        let ends = tasks.join_all().await;
        let at = self.shared.origin.clock.now_ms();
        let taken: BTreeSet<u64> = ends.iter().flat_map(|lane| lane.taken.iter().copied()).collect();
        let took_ms = |lane: &Lane| u64::try_from(lane.took.as_millis()).unwrap_or(u64::MAX);
        if let (Some(first), Some(last)) = (taken.first(), taken.last()) {
            let status = ends.iter().find_map(|lane| lane.status).map(|status| status.as_u16());
            let (count, slowest) = (taken.len() as u64, ends.iter().map(took_ms).max().unwrap_or(0));
            let (first, last) = (*first, *last);
            let ended = DeliveryEnd::Delivered;
            self.note(DeliveryRow { number: 0, at, first, last, count, ended, status, why: None, took_ms: slowest });
        }
        let unsent = ends.iter().filter_map(|lane| lane.unsent).min();
        let mut failed: Vec<_> = ends.iter().filter_map(|lane| Some((lane, lane.failed.as_ref()?))).collect();
        failed.sort_by_key(|(_, (sequence, _))| *sequence);
        for (lane, (sequence, error)) in &failed {
            self.note(DeliveryRow {
                number: 0,
                at,
                first: *sequence,
                last: *sequence,
                count: 1,
                ended: DeliveryEnd::Failed,
                status: error.status().map(|status| status.as_u16()),
                why: Some(why(error)),
                took_ms: took_ms(lane),
            });
        }
        let Some(unsent) = unsent else {
            self.progress().ahead.clear();
            return Delivered::All;
        };
        let upto = items.iter().map(|(sequence, _)| *sequence).take_while(|sequence| *sequence < unsent).last();
        let mut progress = self.progress();
        progress.ahead.extend(taken);
        progress.ahead = progress.ahead.split_off(&unsent);
        drop(progress);
        // Where several failed, whoever asks for the longest patience is heeded; else the first is told.
        let error = failed.iter().rev().map(|(_, (_, error))| error).max_by_key(|error| error.retry_after());
        match (error, upto) {
            (Some(error), upto) => Delivered::Failed { upto, error: error.clone() },
            (None, Some(upto)) => Delivered::UpTo(upto),
            // Not even the first was come to: what keeps it is not the endpoint.
            (None, None) => Delivered::UpTo(items.first().map_or(0, |(sequence, _)| sequence.saturating_sub(1))),
        }
    }

    async fn kept(&self, store: &dyn Store) {
        let notes = std::mem::take(&mut self.progress().notes);
        if notes.is_empty() {
            return;
        }
        if let Err(error) = store.log_deliveries(&self.shared.row.id, notes).await {
            tracing::warn!(%error, webhook = %self.shared.row.id, "the log of deliveries lacks some");
        }
    }

    fn succeeded(&self, origin: &Origin, count: u64) {
        origin.metrics.add(Counted::EventsDelivered, count);
    }

    async fn failed(&self, origin: &Origin, error: &EndpointError, position: &Position) {
        origin.metrics.add(Counted::DeliveryFailed, 1);
        let (id, now_ms) = (&self.shared.row.id, origin.clock.now_ms());
        tracing::warn!(webhook = %id, %error, failures = position.failures, "E550 a webhook did not take an event");
        let gone = error.status() == Some(StatusCode::GONE);
        if gone || now_ms.saturating_sub(position.failing_since) >= TRIED_FOR_MS {
            let why = if gone {
                "it says that it is gone for good".to_owned()
            } else {
                format!("for three days {}", why(error))
            };
            let mut row = self.shared.row.clone();
            row.version += 1;
            row.hook.state = WebhookState::Paused { why: why.clone(), since: now_ms };
            let detail = json!({"webhook": id, "name": row.hook.name, "why": why});
            let told = events::of(now_ms, &row.tenant, events::WEBHOOK_PAUSED, ACTOR, id.as_str(), detail);
            if let Err(error) = origin.store.replace_webhook(row, told).await {
                tracing::warn!(webhook = %id, %error, "a webhook is not paused yet");
            }
        }
    }

    async fn woken(&self) {
        self.listener.woken().await;
    }
}

/// What came of a test.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tested {
    /// What the endpoint answered, if it did.
    pub status: Option<u16>,
    /// Why it failed; `None`: it was taken.
    pub why: Option<String>,
    /// How long it took, milliseconds.
    pub took_ms: u64,
}

/// Sends a webhook an event that nothing happened for, `lgdl.webhook.test.v1`, and notes what came of it.
///
/// # Errors
/// When there is no such webhook, or the store fails.
pub async fn try_out(hand: &Hand<'_>, id: &crate::ids::WebhookId) -> Result<Tested, WebhookError> {
    let row = hand.find(id).await?;
    let uri = address(hand.config, &row.hook.url)?;
    let secrets = secrets(hand.store, hand.config.encryption_key.as_ref(), &row).await?;
    let now = hand.now_ms.to_string();
    let event = BusEvent {
        id: EventId::derive(&["webhook.test", id.as_str(), &now]),
        name: "webhook.test".into(),
        version: 1,
        tenant: row.tenant.clone(),
        at: hand.now_ms,
        priority: Priority::Normal,
        subject: id.to_string(),
        game: None,
        conversation: None,
        person: None,
        data: json!({"webhook": id}),
    };
    let started = Instant::now();
    let sender = Sender::new(reach(hand.config), WITHIN);
    let event_id = event.id.clone();
    let event = cloud_event(&BusRow { sequence: 0, event }, None, |name| hand.store.audit_name(name));
    let sent = send(&sender, &uri, &secrets, &event, &event_id, hand.now_ms).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (ended, status, why) = match &sent {
        Ok(status) => (DeliveryEnd::Tested, Some(*status), None),
        Err(error) => (DeliveryEnd::TestFailed, error.status(), Some(why(error))),
    };
    let status = status.map(|status| status.as_u16());
    let note = DeliveryRow {
        number: 0,
        at: hand.now_ms,
        first: 0,
        last: 0,
        count: 1,
        ended,
        status,
        why: why.clone(),
        took_ms,
    };
    hand.store.log_deliveries(id, vec![note]).await?;
    Ok(Tested { status, why, took_ms })
}

/// What sends to webhooks.
pub(super) fn sender(origin: &Origin) -> Sender {
    Sender::new(reach(&origin.config), WITHIN)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::ids::{ErasureId, person_pseudonym};
    use crate::outbound::Reach;
    use crate::privacy::Unprotected;
    use crate::serve::start;
    use crate::store::{ErasureOrder, Urgency};
    use crate::webhooks::NewWebhook;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_waits_for_a_place_sends_nothing_of_the_erased_and_waits_no_longer_than_a_batch_lasts() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let settings = [
            ("LGDL_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_SQLITE_PATH", path("lgdl.db")),
            ("LGDL_EDGE_UNSIGNED", "true".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let running = start(crate::Config::read("", settings).unwrap()).await.unwrap();
        let (origin, now_ms) = (&running.origin, running.origin.clock.now_ms());
        let (store, config, random) = (&*origin.store, &*origin.config, &*origin.random);
        let hand = Hand { store, protection: &Unprotected, config, random, tenant: "default", actor: "test", now_ms };
        let new = NewWebhook {
            name: "w",
            url: "https://hooks.example.com/",
            types: Vec::new(),
            urgency: Urgency::Any,
            text: TextRight::Withheld,
            follow_up_after_s: None,
        };
        let (row, _) = hand.make(new).await.unwrap();
        let row = hand.pause(&row.id, "the test delivers").await.unwrap();

        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let taken = move |_: http::Request<Bytes>| {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(StatusCode::OK)
        };
        let (tail, permits) = (&origin.tail, Arc::new(Semaphore::new(1)));
        let sender = Sender::over(Arc::new(taken), Reach::Internet, WITHIN);
        let hook = Arc::new(Hook::new(origin, row, None, (&permits, &sender)).await.unwrap());
        tail.read(store).await.unwrap();
        let person = person_pseudonym("default", "ann");
        let of = |sequence: u64| {
            let event = BusEvent {
                id: EventId::derive(&["test"]),
                name: "turn.committed".into(),
                version: 1,
                tenant: "default".into(),
                at: now_ms,
                priority: Priority::Normal,
                subject: "s".into(),
                game: None,
                conversation: None,
                person: Some(person.clone()),
                data: json!({}),
            };
            vec![(sequence, Arc::new(BusRow { sequence, event }))]
        };

        let all = permits.clone().acquire_owned().await.unwrap();
        let late = tokio::time::timeout(BATCH_FOR * 3, hook.deliver(&of(u64::MAX))).await.expect("it gives up");
        assert!(matches!(late, Delivered::UpTo(_)), "{late:?}");
        let (delivers, items) = (Arc::clone(&hook), of(0));
        let waiting = tokio::spawn(async move { delivers.deliver(&items).await });
        tokio::time::sleep(Duration::from_millis(200)).await;
        let order = ErasureOrder { id: ErasureId::mint(now_ms, random), requested_by: "test".into(), now_ms };
        let told = events::of(now_ms, "default", events::PERSON_ERASED, "test", &person, json!({}));
        store.erase_person("default", "ann", order, told).await.unwrap();
        while !tail.is_erased(&of(0)[0].1) {
            tokio::time::sleep(Duration::from_millis(10)).await;
            tail.read(store).await.unwrap();
        }
        drop(all);
        assert!(matches!(waiting.await.unwrap(), Delivered::All));
        assert_eq!(sent.load(Ordering::SeqCst), 0);
        running.stop().await.unwrap();
    }
}
