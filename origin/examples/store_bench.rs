//! How many commits a second a store takes, and how long a whole store takes to move. Not a test: it prints figures.
//!
//! `cargo run --release --example store_bench -- commits sqlite:PATH|postgres://… [TASKS] [SECONDS]`
//! `cargo run --release --example store_bench -- fill sqlite:PATH|postgres://… CONVERSATIONS [TURNS]`
//! `cargo run --release --example store_bench -- copy FROM TO`

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Secret;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{Commit, CommitOutcome, ConversationKey, SlotRow, Store, Summary, TurnRow};
use lgdl_origin::transfer::{CopyOptions, StoreSource, copy, verify};
use tokio::task::JoinSet;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["commits", url, ref rest @ ..] => {
            let tasks = rest.first().map_or(Ok(100), |text| text.parse())?;
            let seconds = rest.get(1).map_or(Ok(5), |text| text.parse())?;
            commits(open(url).await?, tasks, Duration::from_secs(seconds)).await
        }
        ["fill", url, conversations, ref rest @ ..] => {
            let turns = rest.first().map_or(Ok(4), |text| text.parse())?;
            fill(open(url).await?, conversations.parse()?, turns).await
        }
        ["copy", from, to] => move_all(from, to).await,
        _ => bail!("commits URL [TASKS] [SECONDS] | fill URL CONVERSATIONS [TURNS] | copy FROM TO"),
    }
}

async fn open(url: &str) -> anyhow::Result<Arc<dyn Store>> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Arc::new(SqliteStore::open(path.as_ref(), &SystemClock).await?));
    }
    let timeout = Duration::from_secs(30);
    let settings = PoolSettings { url: Secret::new(url), read_url: None, min: 4, max: 32, timeout };
    Ok(Arc::new(PostgresStore::open(&settings, &SystemClock).await?))
}

/// A turn of a slot dialogue as it comes from an edge: a state of 1.5 kB, an answer of 400 bytes, two slots.
fn turn(conversation: &str, version: u64, now_ms: i64) -> Commit {
    let slot = |name: &str, value: &str| SlotRow {
        move_id: "pain_assessment".into(),
        slot_name: name.into(),
        slot_value: value.into(),
        slot_type: "string".into(),
        updated_at: now_ms,
    };
    Commit {
        key: ConversationKey { tenant: "default".into(), game: "bench".into(), external_id: conversation.into() },
        user_id: format!("user of {conversation}"),
        game_version: "0".repeat(64),
        expected_version: version,
        idempotency_key: format!("{conversation}-{version}"),
        fingerprint: "f".repeat(64),
        answer: format!(r#"{{"response":"{}"}}"#, "a".repeat(400)),
        journal_sequence: None,
        state: format!(r#"{{"turns":{},"rest":"{}"}}"#, version + 1, "s".repeat(1500)),
        summary: Summary {
            current_move_state: Some("pain_assessment".into()),
            awaiting_response: true,
            last_question: Some("How bad is it, from 1 to 10?".into()),
            awaiting_slot_for_move: Some("pain_assessment".into()),
            awaiting_slot_name: Some("severity".into()),
        },
        turn: TurnRow {
            turn_num: version + 1,
            timestamp: now_ms,
            user_input: "I have pain in my lower back".into(),
            sanitized_input: "i have pain in my lower back".into(),
            matched_move: "pain_assessment".into(),
            confidence: 0.9,
            response: "How bad is it, from 1 to 10?".into(),
            extracted_params: r#"{"location":"lower back","since":"2 hours"}"#.into(),
            metadata: r#"{"stage":"collecting","participant":"user","manifest_id":"turn_x"}"#.into(),
            details: "{}".into(),
        },
        slots: vec![slot("location", "\"lower back\""), slot("since", "\"2 hours\"")],
        context: Vec::new(),
        events: Vec::new(),
        data_key: None,
        now_ms,
    }
}

async fn take(store: &dyn Store, conversation: &str, version: u64) -> anyhow::Result<()> {
    match store.commit(turn(conversation, version, SystemClock.now_ms())).await? {
        CommitOutcome::Committed { .. } => Ok(()),
        other => bail!("{other:?}"),
    }
}

/// Each task holds one conversation after another, eight turns each.
async fn commits(store: Arc<dyn Store>, tasks: usize, time: Duration) -> anyhow::Result<()> {
    let (started, run) = (Instant::now(), SystemClock.now_ms());
    let mut all = JoinSet::new();
    for task in 0..tasks {
        let store = store.clone();
        all.spawn(async move {
            let mut latencies = Vec::new();
            let mut number = 0;
            while started.elapsed() < time {
                let conversation = format!("{run}-{task}-{number}");
                for version in 0..8 {
                    let sent = Instant::now();
                    take(&*store, &conversation, version).await?;
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
    let at = |share: f64| latencies[((latencies.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
    println!(
        "{}: {:.0} commits/s, {tasks} tasks, p50 {:.1} ms, p95 {:.1} ms, p99 {:.1} ms",
        store.kind(),
        latencies.len() as f64 / took.as_secs_f64(),
        at(0.5),
        at(0.95),
        at(0.99)
    );
    store.close().await;
    Ok(())
}

async fn fill(store: Arc<dyn Store>, conversations: u64, turns: u64) -> anyhow::Result<()> {
    let started = Instant::now();
    let mut all = JoinSet::new();
    for task in 0..64 {
        let store = store.clone();
        all.spawn(async move {
            for number in (task..conversations).step_by(64) {
                for version in 0..turns {
                    take(&*store, &format!("filled-{number}"), version).await?;
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
