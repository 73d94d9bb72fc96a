//! What a node tells the origin of itself: that it lives, how it is, and what waits. Scheduled work tells, so a node that has none is
//! known by its turns alone.

use std::collections::BTreeMap;

use lgdl::wire::node::{Counts, Limit, NOTE_PREFIX};
use lgdl::wire::origin::NodeReport;
use serde::{Deserialize, Serialize};

use crate::call::{Call, random_hex};
use crate::json;
use crate::origin::Origin;
use crate::pipeline::games;
use crate::platform::{KvError, Platform, SeamError};

/// How often a node tells, milliseconds; where its schedule is slower, as often as that.
const EVERY_MS: i64 = 5_000;
/// The longest pause between two reports that is taken for the schedule, milliseconds.
const SLOWEST_MS: i64 = 600_000;
/// Where the node keeps its name. In the key-value store on every platform: an isolate's memory ends too soon, and those that share a
/// store are one node. It is no note of the moment: a node that starts again is the one that it was.
const NOTE: &str = "presence";
/// How long the note may lie there, milliseconds.
const NOTE_TTL_MS: u64 = 30 * 24 * 3_600_000;
/// Games that are named.
const MAX_GAMES: usize = 100;

/// Turns that were set aside of which it is told whose conversations they are of.
const MAX_ASIDE_OF: usize = 100;

/// What a node remembers of its reports.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Note {
    /// Its name, where no setting gives one.
    name: String,
    /// The last report.
    #[serde(default)]
    told_at_ms: i64,
    /// The pause before it.
    #[serde(default)]
    every_ms: i64,
    /// Since when turns wait.
    #[serde(default)]
    waiting_since_ms: Option<i64>,
    /// When the last of them went.
    #[serde(default)]
    drained_at_ms: Option<i64>,
}

/// Whether the node goes on after a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It does.
    Stays,
    /// It stops: this is its last.
    Leaves,
}

/// Tells the origin how this node is, if it is time, or if it leaves. Whatever fails is told by the next report.
pub async fn tell<P: Platform>(call: &Call<'_, P>, then: Then) {
    let platform = call.platform;
    let now_ms = platform.now_ms();
    // A store that fails does not say what the node is called; the next run asks again.
    let Ok(known) = platform.kv_get(NOTE).await else { return };
    let known: Option<Note> = known.and_then(|bytes| json::read(&bytes).ok());
    let mut note = known.unwrap_or_default();
    let since_ms = now_ms.saturating_sub(note.told_at_ms);
    if then == Then::Stays && (0..EVERY_MS).contains(&since_ms) {
        return;
    }
    if note.name.is_empty() {
        note.name = format!("{}-{}", platform.name(), random_hex::<P, 6>(platform));
    }
    let Ok(counts) = platform.journal_counts().await else { return };
    let Ok(aside_of) = aside_of(platform, &counts).await else { return };
    match (counts.waiting > 0, note.waiting_since_ms) {
        (true, None) => note.waiting_since_ms = Some(now_ms),
        (false, Some(_)) => (note.waiting_since_ms, note.drained_at_ms) = (None, Some(now_ms)),
        (true, Some(_)) | (false, None) => {}
    }
    if note.told_at_ms > 0 && (EVERY_MS..=SLOWEST_MS).contains(&since_ms) {
        note.every_ms = since_ms;
    }
    note.told_at_ms = now_ms;
    if let Ok(bytes) = serde_json::to_vec(&note) {
        // Where that fails the next run tells again, under another name if it must.
        let _ = platform.kv_put(NOTE, &bytes, NOTE_TTL_MS).await;
    }
    let origin = Origin::new(call);
    // As it was before this run looked: what it finds closes the breaker.
    let breaker = origin.health().await.breaker;
    if !origin.is_back().await {
        return;
    }
    // A store that fails does not say either.
    let Ok(instance) = instance(platform).await else { return };
    let games = games::list(call).await.map(|list| list.games).unwrap_or_default();
    let report = NodeReport {
        name: call.settings.node_name.clone().unwrap_or(note.name),
        instance: Some(instance),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: platform.name().to_owned(),
        region: call.settings.node_region.clone(),
        games: games.into_iter().take(MAX_GAMES).map(|game| game.id).collect(),
        waiting: counts.waiting,
        waiting_since_ms: note.waiting_since_ms,
        aside: counts.aside,
        aside_of,
        unremoved: counts.unremoved,
        breaker: breaker.name().to_owned(),
        drained_at_ms: note.drained_at_ms,
        every_ms: note.every_ms.max(EVERY_MS).unsigned_abs(),
        sent_at_ms: platform.now_ms(),
        leaving: then == Then::Leaves,
    };
    // An origin of before does not know this, and needs not.
    let _ = origin.tell(&report).await;
}

/// What this node is called; nothing: it has drawn no name yet.
pub(super) async fn name<P: Platform>(call: &Call<'_, P>) -> Option<String> {
    if let Some(name) = &call.settings.node_name {
        return Some(name.clone());
    }
    let note: Note = json::read(&call.platform.kv_get(NOTE).await.ok()??).ok()?;
    (!note.name.is_empty()).then_some(note.name)
}

/// What tells this node from another of its name. A note of the moment: it ends with the process, where there is one, so that nodes on
/// copies of one folder differ as well.
async fn instance<P: Platform>(platform: &P) -> Result<String, KvError> {
    let name = format!("{NOTE_PREFIX}instance");
    if let Some(known) = platform.kv_get(&name).await?.and_then(|bytes| String::from_utf8(bytes).ok()) {
        return Ok(known);
    }
    let drawn = random_hex::<P, 6>(platform);
    platform.kv_put(&name, drawn.as_bytes(), NOTE_TTL_MS).await?;
    Ok(drawn)
}

/// Conversations of which turns were set aside, and how many: a copy of one of them says what it lacks.
async fn aside_of<P: Platform>(platform: &P, counts: &Counts) -> Result<BTreeMap<String, u64>, SeamError> {
    let mut of = BTreeMap::new();
    if counts.aside > 0 {
        let aside = platform.journal_aside(&Limit { limit: MAX_ASIDE_OF, ..Limit::of(None) }).await?;
        aside.into_iter().for_each(|entry| *of.entry(entry.stream).or_insert(0) += 1);
    }
    Ok(of)
}
