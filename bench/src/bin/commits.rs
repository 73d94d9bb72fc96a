//! Measures the origin's stores: commits a second, what encryption adds to a turn, and how a whole store moves.
//!
//! `cargo run --release -p lgdl-bench --features origin --bin commits [-- SECONDS]` measures SQLite (a file, durable)
//! and a PostgreSQL server of its own, at 1, 10 and 100 tasks, plain and encrypted, each for SECONDS (5), and then
//! encryption alone.
//! `… --bin commits -- fill sqlite:PATH|postgres://… CONVERSATIONS [TURNS]` fills a store.
//! `… --bin commits -- copy FROM TO` copies it into another, verifies, and reports times and the peak of memory.

#[path = "../../../origin/tests/support/postgres.rs"]
#[allow(dead_code)] // the tests use more of it
mod postgres_server;

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lgdl::crypto::KeyRing;
use lgdl_bench::commits::turn;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Secret;
use lgdl_origin::privacy::{Envelope, Protection, Unprotected};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{CommitOutcome, Store};
use lgdl_origin::transfer::{CopyOptions, StoreSource, copy, verify};
use tokio::task::JoinSet;

/// Conversations at a time.
const TASKS: [usize; 3] = [1, 10, 100];
/// Turns that a conversation has before its task begins another.
const TURNS: u64 = 8;
/// Turns that are sealed to find out what that costs.
const SEALED: usize = 20_000;
/// A key ring of one key, which protects nothing but figures.
const RING: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => figures(Duration::from_secs(5)).await,
        ["fill", url, conversations, ref rest @ ..] => {
            let turns = rest.first().map_or(Ok(4), |text| text.parse())?;
            fill(open(url).await?, conversations.parse()?, turns).await
        }
        ["copy", from, to] => move_all(from, to).await,
        [seconds] if seconds.parse::<u64>().is_ok() => figures(Duration::from_secs(seconds.parse()?)).await,
        _ => bail!("[SECONDS] | fill URL CONVERSATIONS [TURNS] | copy FROM TO"),
    }
}

async fn figures(time: Duration) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let cluster = tokio::task::spawn_blocking(|| postgres_server::Cluster::start(&[])).await?;
    if let Err(reason) = &cluster {
        eprintln!("PostgreSQL is left out: {reason}");
    }
    println!("{:8} {:>5} {:>9} {:>10} {:>9} {:>9}", "store", "tasks", "texts", "commits/s", "p50 ms", "p95 ms");
    for tasks in TASKS {
        for sealed in [false, true] {
            let file = folder.path().join(format!("{tasks}-{sealed}.db"));
            commits(open(&format!("sqlite:{}", file.display())).await?, sealed, tasks, time).await?;
            if let Ok(cluster) = &cluster {
                commits(open(&cluster.fresh_database()).await?, sealed, tasks, time).await?;
            }
        }
    }
    encryption(open(&format!("sqlite:{}", folder.path().join("keys.db").display())).await?).await
}

async fn open(url: &str) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Arc::new(SqliteStore::open(path.as_ref(), &SystemClock).await?));
    }
    let timeout = Duration::from_secs(30);
    let settings = PoolSettings { url: Secret::new(url), read_url: None, min: 4, max: 16, timeout };
    Ok(Arc::new(PostgresStore::open(&settings, &SystemClock).await?))
}

fn protection(store: &Arc<dyn Store>, sealed: bool) -> anyhow::Result<Arc<dyn Protection>> {
    if !sealed {
        return Ok(Arc::new(Unprotected));
    }
    let ring = KeyRing::parse(RING)?;
    Ok(Arc::new(Envelope::new(ring, Arc::clone(store), Arc::new(SystemClock), Arc::new(SystemRandom))))
}

async fn take(store: &dyn Store, protection: &dyn Protection, conversation: &str, version: u64) -> anyhow::Result<()> {
    let turn = protection.seal(turn(conversation, version, SystemClock.now_ms())).await?;
    match store.commit(turn).await? {
        CommitOutcome::Committed { .. } => Ok(()),
        other => bail!("{other:?}"),
    }
}

/// Each task holds one conversation after another.
async fn commits(store: Arc<dyn Store>, sealed: bool, tasks: usize, time: Duration) -> anyhow::Result<()> {
    let protection = protection(&store, sealed)?;
    let (started, run) = (Instant::now(), SystemClock.now_ms());
    let mut all = JoinSet::new();
    for task in 0..tasks {
        let (store, protection) = (Arc::clone(&store), Arc::clone(&protection));
        all.spawn(async move {
            let mut latencies = Vec::new();
            let mut number = 0;
            while started.elapsed() < time {
                let conversation = format!("{run}-{task}-{number}");
                for version in 0..TURNS {
                    let sent = Instant::now();
                    take(&*store, &*protection, &conversation, version).await?;
                    latencies.push(sent.elapsed());
                }
                number += 1;
            }
            anyhow::Ok(latencies)
        });
    }
    let mut latencies = Vec::new();
    for done in all.join_all().await {
        latencies.extend(done?);
    }
    let took = started.elapsed();
    latencies.sort();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    let (texts, rate) = (if sealed { "encrypted" } else { "plain" }, latencies.len() as f64 / took.as_secs_f64());
    println!("{:8} {tasks:>5} {texts:>9} {rate:>10.0} {:>9.2} {:>9.2}", store.kind(), at(50), at(95));
    store.close().await;
    Ok(())
}

/// What sealing adds to a turn of a person who is known already, and opening to a conversation that is read.
async fn encryption(store: Arc<dyn Store>) -> anyhow::Result<()> {
    let protection = protection(&store, true)?;
    protection.seal(turn("c", 0, 0)).await?;
    let mut times = Vec::with_capacity(SEALED);
    for version in 0..SEALED as u64 {
        let turn = turn("c", version, 0);
        let begun = Instant::now();
        black_box(protection.seal(turn).await?);
        times.push(begun.elapsed());
    }
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    println!("encryption alone, a turn: p50 {:.1} µs, p95 {:.1} µs", at(50), at(95));
    store.close().await;
    Ok(())
}

async fn fill(store: Arc<dyn Store>, conversations: u64, turns: u64) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut all = JoinSet::new();
    for task in 0..64 {
        let store = Arc::clone(&store);
        all.spawn(async move {
            for number in (task..conversations).step_by(64) {
                for version in 0..turns {
                    take(&*store, &Unprotected, &format!("filled-{number}"), version).await?;
                }
            }
            anyhow::Ok(())
        });
    }
    all.join_all().await.into_iter().collect::<anyhow::Result<()>>()?;
    println!("{conversations} conversations of {turns} turns in {:.1} s", started.elapsed().as_secs_f64());
    store.close().await;
    Ok(())
}

async fn move_all(from: &str, to: &str) -> anyhow::Result<()> {
    let (source, target) = (open(from).await?, open(to).await?);
    let source_of = |store, name: &str| StoreSource { store, name: name.to_owned() };
    let started = Instant::now();
    let report = copy(&source_of(&*source, "from"), &*target, CopyOptions::Resume, &mut |_| ()).await?;
    println!("copied {} records in {:.1} s", report.imported.written, started.elapsed().as_secs_f64());
    let started = Instant::now();
    let report = verify(&source_of(&*source, "from"), &source_of(&*target, "to"), &mut |_| ()).await?;
    println!("verified in {:.1} s: whole: {}", started.elapsed().as_secs_f64(), report.is_whole());
    let memory = std::fs::read_to_string("/proc/self/status").context("the memory used is in /proc")?;
    println!("{}", memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default());
    Ok(())
}
