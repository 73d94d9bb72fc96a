//! Delivering to every webhook while the origin runs: each on its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::TRIED_FOR_MS;
use super::deliver::{Hook, MANNER, sender};
use crate::audit::events;
use crate::clock::Millis;
use crate::consumer::{Next, Runner, position_of};
use crate::http::Origin;
use crate::ids::WebhookId;
use crate::store::{Again, Result, Store, Wanted, WebhookRow};
use crate::supervised;

/// How often it is looked which webhooks there are.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Requests to webhooks under way at a time. One webhook has a few of them at most, however slow it is.
const MAX_REQUESTS: usize = 256;
/// Who clears a range that is delivered, for the audit log.
const ACTOR: &str = "origin";

/// A webhook that is being delivered to. What delivers ends with it.
struct Running {
    version: u64,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// Whether the range that is delivered once more is, where there is one.
    again: Option<watch::Receiver<bool>>,
}

/// Delivers to webhooks until it is told to stop, and lets go of their places then.
pub async fn keep(origin: &Origin, mut stopping: watch::Receiver<bool>) {
    let (permits, sender) = (Arc::new(Semaphore::new(MAX_REQUESTS)), sender(origin));
    let mut running: HashMap<WebhookId, Running> = HashMap::new();
    while !*stopping.borrow() {
        match origin.store.webhooks(None).await {
            Ok(rows) => bring_up_to_date(origin, &mut running, rows, (&permits, &sender)).await,
            Err(error) => tracing::warn!(%error, "which webhooks there are can't be read"),
        }
        // Stopping or not, it is time to look.
        let _ = tokio::time::timeout(LOOK_EVERY, stopping.wait_for(|stopping| *stopping)).await;
    }
    for (_, one) in running {
        end(one).await;
    }
}

async fn bring_up_to_date(
    origin: &Origin,
    running: &mut HashMap<WebhookId, Running>,
    rows: Vec<WebhookRow>,
    with: (&Arc<Semaphore>, &crate::consumer::Sender),
) {
    let active: HashMap<_, _> =
        rows.into_iter().filter(|row| row.hook.is_active()).map(|row| (row.id.clone(), row)).collect();
    let is_as_it_was = |id: &WebhookId, one: &Running| active.get(id).is_some_and(|row| row.version == one.version);
    let changed: Vec<_> = running.iter().filter(|(id, one)| !is_as_it_was(id, one)).map(|(id, _)| id.clone()).collect();
    for id in changed {
        if let Some(one) = running.remove(&id) {
            end(one).await;
        }
    }
    for (id, row) in active {
        if let Some(one) = running.get(&id) {
            if one.again.as_ref().is_some_and(|done| *done.borrow()) {
                clear(origin, row).await;
            }
            continue;
        }
        match start(origin, row, with).await {
            Ok(one) => drop(running.insert(id, one)),
            Err(error) => tracing::warn!(webhook = %id, %error, "a webhook can't be delivered to"),
        }
    }
}

async fn start(
    origin: &Origin,
    row: WebhookRow,
    with: (&Arc<Semaphore>, &crate::consumer::Sender),
) -> std::result::Result<Running, super::WebhookError> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut run = |hook: Hook| {
        // The same one each time: what broke down is still the holder of its place.
        let runner = Arc::new(Runner::new(hook, MANNER, &*origin.random));
        supervised::keep_until_told(&mut tasks, origin, "webhooks", stopped.clone(), move |of, stopped| {
            let runner = Arc::clone(&runner);
            async move { runner.run(&of, stopped).await }
        });
    };
    let again = match row.hook.again {
        None => None,
        Some(again) => {
            let hook = Hook::new(origin, row.clone(), Some(again), with).await?;
            let done = hook.done();
            run(hook);
            Some(done)
        }
    };
    let version = row.version;
    run(Hook::new(origin, row, None, with).await?);
    Ok(Running { version, stop, tasks, again })
}

/// Ends the deliveries to a webhook, with its place kept and let go.
async fn end(mut one: Running) {
    one.stop.send_replace(true);
    while one.tasks.join_next().await.is_some() {}
}

/// Forgets a range that is delivered.
async fn clear(origin: &Origin, mut row: WebhookRow) {
    let Some(Again { after, upto, .. }) = row.hook.again.take() else { return };
    row.version += 1;
    let detail = json!({"delivered_again": {"after": after, "upto": upto}});
    let now_ms = origin.clock.now_ms();
    let told = events::of(now_ms, &row.tenant, events::WEBHOOK_CHANGED, ACTOR, row.id.as_str(), detail);
    if let Err(error) = origin.store.replace_webhook(row, told).await {
        tracing::warn!(%error, "a range that was delivered again is not forgotten yet");
    }
}

/// An origin's deliveries to one webhook, moved on by whoever drives them: where nothing runs by itself.
#[derive(Debug)]
pub struct Driven {
    origin: Origin,
    runner: Runner<Hook>,
}

impl Driven {
    /// Deliveries over a line that is given, of an origin that hears what happens for them alone.
    ///
    /// # Errors
    /// When the webhook can't be delivered to.
    pub async fn new(
        origin: &Origin,
        row: WebhookRow,
        sender: crate::consumer::Sender,
    ) -> std::result::Result<Driven, super::WebhookError> {
        let origin = Origin { tail: Arc::default(), ..origin.clone() };
        let hook = Hook::new(&origin, row, None, (&Arc::new(Semaphore::new(MAX_REQUESTS)), &sender)).await?;
        Ok(Driven { runner: Runner::new(hook, MANNER, &*origin.random), origin })
    }

    /// Hears what is new.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn listen(&self) -> Result<()> {
        while self.origin.tail.read(&*self.origin.store).await? {}
        Ok(())
    }

    /// Delivers the next of it; when to go on.
    pub async fn step(&self) -> Next {
        self.runner.step(&self.origin, &mut 0).await
    }
}

/// When the oldest event happened that a webhook has still to hear, as far back as deliveries are tried: it is kept until then.
///
/// # Errors
/// When the store fails.
pub async fn oldest_unheard(store: &dyn Store, now_ms: Millis) -> Result<Option<Millis>> {
    let mut oldest: Option<Millis> = None;
    for row in store.webhooks(None).await?.iter().filter(|row| row.hook.is_active()) {
        let position = position_of(store, &WebhookRow::note(&row.id)).await?;
        let wanted = Wanted { tenant: Some(row.tenant.clone()), ..Wanted::everything() };
        if let Some(first) = store.bus_events(&wanted, position.sequence, 1).await?.events.first() {
            oldest = Some(oldest.map_or(first.event.at, |oldest| oldest.min(first.event.at)));
        }
    }
    Ok(oldest.map(|oldest| oldest.max(now_ms - TRIED_FOR_MS)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use http::StatusCode;

    use super::*;
    use crate::ids::{ErasureId, person_pseudonym};
    use crate::outbound::Reach;
    use crate::privacy::Unprotected;
    use crate::serve::start as start_origin;
    use crate::store::{ErasureOrder, TextRight, Urgency};
    use crate::webhooks::{Hand, NewWebhook};

    /// How long what broke down may take to begin again and deliver.
    const DELIVERED_WITHIN: Duration = Duration::from_secs(30);

    #[tokio::test(flavor = "multi_thread")]
    async fn a_webhook_whose_task_broke_down_is_delivered_to_again_and_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let settings = [
            ("LGDL_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_SQLITE_PATH", folder.path().join("lgdl.db").display().to_string()),
            ("LGDL_EDGE_UNSIGNED", "true".to_owned()),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let running = start_origin(crate::Config::read("", settings).unwrap()).await.unwrap();
        let (origin, now_ms) = (&running.origin, running.origin.clock.now_ms());
        let (store, config, random) = (&*origin.store, &*origin.config, &*origin.random);
        let hand = Hand { store, protection: &Unprotected, config, random, tenant: "default", actor: "test", now_ms };
        let new = NewWebhook {
            name: "w",
            url: "https://hooks.example.com/",
            types: vec!["person.erased".into()],
            urgency: Urgency::Any,
            text: TextRight::Withheld,
            follow_up_after_s: None,
        };
        let (row, _) = hand.make(new).await.unwrap();
        // Only the test delivers.
        let row = hand.pause(&row.id, "the test delivers").await.unwrap();
        let person = person_pseudonym("default", "ann");
        let order = ErasureOrder { id: ErasureId::mint(now_ms, random), requested_by: "test".into(), now_ms };
        let told = events::of(now_ms, "default", events::PERSON_ERASED, "test", &person, json!({}));
        store.erase_person("default", "ann", order, told).await.unwrap();

        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let taken = move |_: http::Request<bytes::Bytes>| {
            assert!(counted.fetch_add(1, Ordering::SeqCst) > 0, "it breaks down");
            Ok(StatusCode::OK)
        };
        let permits = Arc::new(Semaphore::new(1));
        let sender = crate::consumer::Sender::over(Arc::new(taken), Reach::Internet, Duration::from_secs(1));
        let note = WebhookRow::note(&row.id);
        let from = position_of(store, &note).await.unwrap().sequence;
        let one = start(origin, row, (&permits, &sender)).await.unwrap();
        let is_delivered = async {
            while position_of(store, &note).await.unwrap().sequence == from {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(DELIVERED_WITHIN, is_delivered).await.expect("it is begun again");
        assert_eq!(sent.load(Ordering::SeqCst), 2);
        assert_eq!(origin.metrics.broken_down.lately(origin.clock.now_ms()), ["webhooks"]);
        end(one).await;
        running.stop().await.unwrap();
    }
}
