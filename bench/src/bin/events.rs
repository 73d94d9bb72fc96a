//! Measures the event bus: how long it takes from a commit to a reader, and what webhooks cost the commits.
//!
//! `cargo run --release -p lgdl-bench --features origin --bin events [-- SECONDS]`, each part for SECONDS (20), on SQLite (a file,
//! durable) and on a PostgreSQL server of its own:
//!
//! - `reader`: one reader, 20 commits a second; from a commit's answer until the reader has its event.
//! - `webhooks`: 1,000 commits a second in 100 tenants, without a webhook, with one in each, of which one takes five seconds for each
//!   event, and without again; what the commits took, and how far the webhooks are behind when it ends.

#[path = "../../../origin/tests/support/postgres.rs"]
#[allow(dead_code)] // the tests use more of it
mod postgres_server;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lgdl_bench::commits::turn;
use lgdl_bench::figures;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::ids::person_pseudonym;
use lgdl_origin::privacy::Unprotected;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::{Running, start};
use lgdl_origin::store::{Commit, CommitOutcome, Event, Store, TextRight, Urgency, Wanted};
use lgdl_origin::webhooks::{Hand, NewWebhook};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Between two commits that are read.
const READ_EVERY: Duration = Duration::from_millis(50);
/// Tenants, each with one webhook.
const TENANTS: usize = 100;
/// Commits a second under load.
const RATE: u64 = 1_000;
/// Between two commits of one tenant.
const EACH: Duration = Duration::from_nanos(1_000_000_000 / RATE * TENANTS as u64);
/// How long the slow receiver takes for an event.
const SLOW: Duration = Duration::from_secs(5);
/// Events of a page that a reader takes.
const PAGE: u32 = 100;
const TURN_COMMITTED: &str = "turn.committed";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(20), |text| text.parse()).context("[SECONDS]")?;
    let time = Duration::from_secs(seconds);
    let cluster = tokio::task::spawn_blocking(|| postgres_server::Cluster::start(&[])).await?;
    if let Err(reason) = &cluster {
        eprintln!("PostgreSQL is left out: {reason}");
    }
    let urls = [Some(String::new()), cluster.as_ref().ok().map(postgres_server::Cluster::fresh_database)];
    for url in urls.into_iter().flatten() {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("lgdl.db").display().to_string();
        let settings = [
            ("LGDL_LISTEN", "127.0.0.1:0"),
            ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
            ("LGDL_EDGE_UNSIGNED", "true"),
            ("LGDL_WEBHOOK_PRIVATE", "true"),
            ("LGDL_SQLITE_PATH", &file),
            ("LGDL_POSTGRES_URL", &url),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let running = start(Config::read("", settings)?).await?;
        reader(&running, time).await?;
        webhooks(&running, time).await?;
        running.stop().await?;
    }
    Ok(())
}

/// A turn of a tenant that is told.
fn told(tenant: &str, conversation: &str, version: u64) -> Commit {
    let mut commit = turn(conversation, version, SystemClock.now_ms());
    commit.key.tenant = tenant.to_owned();
    let event = Event {
        at: commit.now_ms,
        tenant: tenant.to_owned(),
        event: TURN_COMMITTED.to_owned(),
        actor: person_pseudonym(tenant, &commit.user_id),
        subject: commit.key.id().to_string(),
        detail: json!({"game": commit.key.game, "turn": version + 1, "move": "pain_assessment"}),
    };
    Commit { events: vec![event], ..commit }
}

async fn take(store: &dyn Store, commit: Commit) -> anyhow::Result<()> {
    match store.commit(commit).await? {
        CommitOutcome::Committed { .. } => Ok(()),
        other => bail!("{other:?}"),
    }
}

async fn reader(running: &Running, time: Duration) -> anyhow::Result<()> {
    let store = &*running.origin.store;
    let wanted = Wanted { names: Some(vec![TURN_COMMITTED.to_owned()]), ..Wanted::everything() };
    let (mut signal, mut after) = (store.signals().heard(), store.bus_ends().await?.last);
    let (began, mut waits) = (Instant::now(), Vec::new());
    for version in 0.. {
        if began.elapsed() >= time {
            break;
        }
        take(store, told("default", "read", version)).await?;
        let committed = Instant::now();
        loop {
            signal.mark_unchanged();
            let page = store.bus_events(&wanted, after, PAGE).await?;
            after = page.next;
            if !page.events.is_empty() {
                break;
            }
            tokio::time::timeout(Duration::from_secs(10), signal.changed()).await??;
        }
        waits.push(committed.elapsed());
        tokio::time::sleep(READ_EVERY).await;
    }
    println!("{:8} reader    {}", store.kind(), figures(&mut waits));
    Ok(())
}

async fn webhooks(running: &Running, time: Duration) -> anyhow::Result<()> {
    let origin = &running.origin;
    let (taken, slow) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let quick_at = receiver(Duration::ZERO, Arc::clone(&taken)).await?;
    let slow_at = receiver(SLOW, Arc::clone(&slow)).await?;
    load(origin.store.clone(), "without", time).await?;
    let mut hooks = Vec::new();
    for number in 0..TENANTS {
        let (tenant, to) = (tenant(number), if number == 0 { slow_at } else { quick_at });
        let (url, types) = (format!("http://{to}/"), vec![TURN_COMMITTED.to_owned()]);
        let (urgency, text) = (Urgency::Any, TextRight::Withheld);
        let new = NewWebhook { name: "all", url: &url, types, urgency, text, follow_up_after_s: None };
        let id = hand(running, &tenant).make(new).await?.0.id;
        hooks.push((id, tenant));
    }
    // They are looked for once a second.
    tokio::time::sleep(Duration::from_secs(2)).await;
    let of_quick = load(origin.store.clone(), "with", time).await? * (TENANTS as u64 - 1) / TENANTS as u64;
    println!(
        "{:8} webhooks  of some {of_quick} events the quick receivers had {} when the load ended, the slow one {}",
        origin.store.kind(),
        taken.load(Ordering::SeqCst),
        slow.load(Ordering::SeqCst)
    );
    for (id, tenant) in &hooks {
        hand(running, tenant).remove(id).await?;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    load(origin.store.clone(), "without", time).await?;
    Ok(())
}

fn hand<'a>(running: &'a Running, tenant: &'a str) -> Hand<'a> {
    let (store, config) = (&*running.origin.store, &*running.origin.config);
    Hand {
        store,
        protection: &Unprotected,
        config,
        random: &SystemRandom,
        tenant,
        actor: "bench",
        now_ms: SystemClock.now_ms(),
    }
}

fn tenant(number: usize) -> String {
    format!("tenant{number}")
}

/// Commits at a steady rate; each tenant's next turn goes when it is due, whatever the others take. Returns how many there were.
async fn load(store: Arc<dyn Store>, what: &str, time: Duration) -> anyhow::Result<u64> {
    let (run, began) = (SystemClock.now_ms(), tokio::time::Instant::now());
    let mut all = JoinSet::new();
    for number in 0..TENANTS {
        let store = Arc::clone(&store);
        all.spawn(async move {
            let (tenant, conversation) = (tenant(number), format!("{run}-{number}"));
            let mut due = began + EACH.mul_f64(number as f64 / TENANTS as f64);
            let mut latencies = Vec::new();
            for version in 0.. {
                if due.duration_since(began) >= time {
                    break;
                }
                tokio::time::sleep_until(due).await;
                let commit = told(&tenant, &conversation, version);
                let sent = Instant::now();
                take(&*store, commit).await?;
                latencies.push(sent.elapsed());
                due += EACH;
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    for done in all.join_all().await {
        latencies.extend(done?);
    }
    let rate = latencies.len() as f64 / began.elapsed().as_secs_f64();
    println!("{:8} {what:9} {} at {rate:.0} a second", store.kind(), figures(&mut latencies));
    Ok(latencies.len() as u64)
}

/// Takes what is posted to it, each after a time.
async fn receiver(takes: Duration, taken: Arc<AtomicU64>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let taken = Arc::clone(&taken);
            tokio::spawn(async move { answer(stream, takes, &taken).await });
        }
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream, takes: Duration, taken: &AtomicU64) -> Option<()> {
    const LENGTH: &str = "content-length: ";
    let (mut held, mut chunk) = (Vec::new(), [0; 8_192]);
    loop {
        let head = loop {
            if let Some(end) = held.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
            held.extend_from_slice(&chunk[..read]);
        };
        let text = String::from_utf8_lossy(&held[..head]).to_ascii_lowercase();
        let length: usize = text.split(LENGTH).nth(1)?.split("\r\n").next()?.parse().ok()?;
        while held.len() < head + length {
            let read = stream.read(&mut chunk).await.ok().filter(|read| *read > 0)?;
            held.extend_from_slice(&chunk[..read]);
        }
        held.drain(..head + length);
        tokio::time::sleep(takes).await;
        taken.fetch_add(1, Ordering::SeqCst);
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.ok()?;
    }
}
