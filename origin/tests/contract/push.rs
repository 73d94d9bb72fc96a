//! Sending the audit log to a SIEM: everything, in order, and not twice without need.

use std::time::Duration;

use axum::http::StatusCode;
use lgdl_origin::Config;
use lgdl_origin::audit::{self, Siem as Endpoint, drain, lag};
use lgdl_origin::clock::{Clock, DAY_MS, ManualClock};
use lgdl_origin::consumer::{ConsumerError, EndpointError, Round, Runner};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{Event, MAX_PAGE, Store};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::data::{NOW, event};
use crate::siem::{Answer, Siem};
use crate::stores::Fresh;

const BATCH: u32 = 10;
const LINKS: u64 = 35;

/// A push as a process of its own makes it.
fn push(siem: &Siem) -> Runner<Endpoint> {
    push_by(siem, BATCH)
}

fn push_by(siem: &Siem, batch: u32) -> Runner<Endpoint> {
    let (batch, unsigned) = (batch.to_string(), "true".to_owned());
    let settings =
        [("LGDL_AUDIT_PUSH_URL", siem.url()), ("LGDL_AUDIT_PUSH_BATCH", batch), ("LGDL_EDGE_UNSIGNED", unsigned)];
    let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
    audit::push(&Config::read("", settings).unwrap(), &SystemRandom).unwrap()
}

async fn tell(store: &dyn Store, events: u64) {
    store
        .enqueue((0..events).map(|number| Event { subject: format!("conv_{number}"), ..event("told") }).collect())
        .await
        .unwrap();
    while drain(store).await.unwrap() > 0 {}
}

/// Sends until there is nothing left; how many links that were.
async fn send_all(push: &Runner<Endpoint>, store: &dyn Store, clock: &dyn Clock) -> u64 {
    let mut sent = 0;
    loop {
        match push.round(store, clock, &SystemRandom).await.unwrap() {
            Round::Sent { count } => sent += count,
            Round::Nothing => return sent,
            Round::Elsewhere | Round::Waiting { .. } => panic!("nobody else sends, and nothing failed"),
        }
    }
}

pub(crate) async fn a_siem_that_fails_at_first_gets_every_link_once_and_in_order(store: Fresh) {
    let refusals = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS, StatusCode::FOUND];
    let siem = Siem::start(&refusals.map(Answer::Refuse)).await;
    let (push, clock) = (push(&siem), ManualClock::at(NOW));
    assert_eq!(push.round(&*store, &clock, &SystemRandom).await.unwrap(), Round::Nothing, "an empty log");
    tell(&*store, LINKS).await;
    assert_eq!(lag(&*store, NOW + 7000).await.unwrap().links, LINKS);
    assert_eq!(lag(&*store, NOW + 7000).await.unwrap().waiting_ms, 7000);
    for refusal in refusals {
        let refused = push.round(&*store, &clock, &SystemRandom).await.unwrap_err();
        let ConsumerError::Endpoint(EndpointError::Refused { status, retry_after }, position) = &refused else {
            panic!("{refused}")
        };
        assert_eq!((*status, *retry_after), (refusal, Duration::from_secs(1)));
        assert!(!refused.to_string().contains("nobody may see"), "{refused}");
        // Whoever comes next, also in another process, leaves it alone until then.
        let waits = push.round(&*store, &clock, &SystemRandom).await.unwrap();
        assert!(matches!(waits, Round::Waiting { wait } if wait <= Duration::from_secs(4)), "{waits:?}");
        clock.advance(position.not_before - clock.now_ms());
    }
    assert_eq!(send_all(&push, &*store, &clock).await, LINKS);
    let kept = store.audit(0, MAX_PAGE).await.unwrap();
    let kept: Vec<Value> = kept.iter().map(|link| serde_json::to_value(link).unwrap()).collect();
    assert_eq!(siem.lines(), kept, "as the export writes them");
    assert_eq!(lag(&*store, NOW).await.unwrap().links, 0);
    assert_eq!(push.round(&*store, &clock, &SystemRandom).await.unwrap(), Round::Nothing);
}

pub(crate) async fn what_a_wrong_clock_has_noted_holds_nothing_up(store: Fresh) {
    let siem = Siem::start(&[Answer::Refuse(StatusCode::SERVICE_UNAVAILABLE)]).await;
    let (ahead, right) = (ManualClock::at(NOW + 10 * DAY_MS), ManualClock::at(NOW));
    tell(&*store, LINKS).await;
    assert!(push(&siem).round(&*store, &ahead, &SystemRandom).await.is_err(), "it is tried again in ten days");
    assert_eq!(send_all(&push(&siem), &*store, &right).await, LINKS, "that clock was wrong");
}

pub(crate) async fn a_process_that_comes_after_goes_on_where_the_one_before_stopped(store: Fresh) {
    let siem = Siem::start(&[]).await;
    let clock = ManualClock::at(NOW);
    tell(&*store, LINKS).await;
    let first = push(&siem);
    assert_eq!(first.round(&*store, &clock, &SystemRandom).await.unwrap(), Round::Sent { count: 10 });
    drop(first);
    assert_eq!(send_all(&push(&siem), &*store, &clock).await, LINKS - 10);
    assert_eq!(siem.sequences(), (1..=LINKS).collect::<Vec<_>>());
}

pub(crate) async fn a_process_that_dies_while_it_sends_is_followed_by_another(store: Fresh) {
    let siem = Siem::start(&[Answer::Hang]).await;
    let clock = ManualClock::at(NOW);
    tell(&*store, LINKS).await;
    let dying = push(&siem);
    let died = tokio::time::timeout(Duration::from_millis(500), dying.round(&*store, &clock, &SystemRandom)).await;
    assert!(died.is_err(), "it waits for an answer");
    assert_eq!(siem.sequences().len(), 10, "the batch arrived");
    let next = push(&siem);
    assert_eq!(next.round(&*store, &clock, &SystemRandom).await.unwrap(), Round::Elsewhere, "the other may still live");
    clock.advance(60_000);
    assert_eq!(send_all(&next, &*store, &clock).await, LINKS);
    // Nobody knows whether the first batch was taken: it comes twice, and nothing is missing or out of place.
    assert_eq!(siem.sequences(), (1..=10).chain(1..=LINKS).collect::<Vec<_>>());
}

pub(crate) async fn several_origins_share_the_work_and_send_nothing_twice(store: Fresh) {
    let siem = Siem::start(&[]).await;
    tell(&*store, LINKS).await;
    let mut origins = JoinSet::new();
    for _ in 0..4 {
        let (store, push) = (store.store.clone(), push_by(&siem, 3));
        origins.spawn(async move {
            let clock = ManualClock::at(NOW);
            loop {
                match push.round(&*store, &clock, &SystemRandom).await.unwrap() {
                    Round::Sent { .. } => {}
                    Round::Elsewhere | Round::Waiting { .. } => tokio::time::sleep(Duration::from_millis(2)).await,
                    Round::Nothing => break,
                }
            }
        });
    }
    while let Some(done) = origins.join_next().await {
        done.unwrap();
    }
    assert_eq!(siem.sequences(), (1..=LINKS).collect::<Vec<_>>());
}

pub(crate) async fn a_note_is_replaced_only_by_who_knows_what_it_says(store: Fresh) {
    assert!(!store.replace_note("n", Some("1"), "2").await.unwrap());
    assert!(store.replace_note("n", None, "1").await.unwrap());
    assert!(!store.replace_note("n", None, "2").await.unwrap());
    assert!(!store.replace_note("n", Some("0"), "2").await.unwrap());
    assert_eq!(store.setting("n").await.unwrap().as_deref(), Some("1"));
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let store = store.store.clone();
        tasks.spawn(async move { store.replace_note("n", Some("1"), &format!("by {task}")).await.unwrap() });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter(|replaced| *replaced).count(), 1);
}
