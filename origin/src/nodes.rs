//! The edge nodes: what they tell of themselves, and who has fallen silent.

use std::time::Duration;

use lgdl::ids::Id;
use lgdl::wire::origin::NodeReport;
use serde::Serialize;
use serde_json::{Value, json};

use crate::audit::events;
use crate::bus::catalog::{NODE_DRAINED, NODE_FORGOTTEN, NODE_JOINED, NODE_LEFT, NODE_LOST};
use crate::clock::{DAY_MS, MAX_CLOCK_OFF_MS, Millis};
use crate::http::Origin;
use crate::ids::ConversationId;
use crate::serve::DEFAULT_TENANT;
use crate::store::{Event, NodeFacts, NodeRow, Result, Store, StoreError};

/// The shortest silence that says something, milliseconds.
const SILENT_AFTER_MS: Millis = 30_000;
/// Reports that may be missing before a node counts as silent.
const MISSED_REPORTS: Millis = 3;
/// How long a silent node is remembered that left nothing waiting.
const REMEMBERED_MS: Millis = DAY_MS;
/// How often it is looked who is silent.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Tries to keep a report that another origin keeps at the same moment.
const TRIES: usize = 3;
/// Instances of before that are remembered of a node.
const FORMER_INSTANCES: usize = 4;
/// Who tells, for the event bus.
const ACTOR: &str = "origin";

/// How a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// It tells of itself.
    Alive,
    /// It does not, and left nothing waiting.
    Silent,
    /// It does not, and turns wait there.
    Lost,
}

/// Whether a node has told nothing for too long. While no origin runs nobody notes it, and it is so all the same. Who was heard
/// of in the future, by a clock that was set back since, was heard of at no time that is known.
fn is_silent(row: &NodeRow, now_ms: Millis) -> bool {
    let allowed = SILENT_AFTER_MS.max(MISSED_REPORTS.saturating_mul(row.report.every_ms.cast_signed()));
    row.silent_since.is_some() || now_ms.saturating_sub(row.seen_at).saturating_abs() > allowed
}

/// How a node is.
#[must_use]
pub fn state(row: &NodeRow, now_ms: Millis) -> NodeState {
    match (is_silent(row, now_ms), row.report.waiting) {
        (false, _) => NodeState::Alive,
        (true, 0) => NodeState::Silent,
        (true, _) => NodeState::Lost,
    }
}

/// What is wrong with a node, in words for people; nothing: it is well.
#[must_use]
pub fn troubles(row: &NodeRow, now_ms: Millis) -> Vec<String> {
    let mut troubles = Vec::new();
    match state(row, now_ms) {
        NodeState::Alive => {}
        NodeState::Silent => troubles.push("it is silent".to_owned()),
        NodeState::Lost => troubles.push(format!("it is silent, and {} turns wait there", row.report.waiting)),
    }
    if let Some(name) = same_name(row, now_ms) {
        troubles.push(same_name_told(name));
    }
    if row.clock_ahead_ms.abs() > MAX_CLOCK_OFF_MS {
        let which = if row.clock_ahead_ms > 0 { "ahead" } else { "behind" };
        troubles.push(format!("its clock is {} s {which}", row.clock_ahead_ms.abs() / 1000));
    }
    if row.report.aside > 0 {
        troubles.push(format!("{} turns are set aside there", row.report.aside));
    }
    if row.report.unremoved > 0 {
        troubles.push(format!(
            "{} turns that it is done with can't be removed there: is its disk full?",
            row.report.unremoved
        ));
    }
    troubles
}

/// The name that a node has taken while another has it.
#[must_use]
pub fn same_name(row: &NodeRow, now_ms: Millis) -> Option<&str> {
    row.calls_itself.as_deref().filter(|_| state(row, now_ms) == NodeState::Alive)
}

/// What is told of that.
#[must_use]
pub fn same_name_told(name: &str) -> String {
    format!("two nodes call themselves {name}: give each a LGDL_NODE_NAME and a data folder of its own")
}

/// Where a report is kept: under which name, and what is there.
struct Kept {
    name: String,
    before: Option<NodeRow>,
    calls_itself: Option<String>,
}

/// Where the report of a node is kept. One of another instance is of the node that has started again, until the former one tells
/// something: then there are two of the name, and that one's reports are kept apart, so that neither hides what waits at the other. Once
/// the name is free again, it has it.
async fn kept(store: &dyn Store, called: &str, instance: Option<&str>, now_ms: Millis) -> Result<Kept> {
    let own = Kept { name: called.to_owned(), before: store.find_node(called).await?, calls_itself: None };
    let Some(row) = &own.before else { return Ok(own) };
    let Some(instance) = instance.filter(|instance| row.report.instance.as_deref().is_some_and(|of| of != *instance))
    else {
        return Ok(own);
    };
    let name = name_apart(called, instance);
    let before = store.find_node(&name).await?;
    if before.is_none() && row.former.iter().all(|former| former != instance) {
        return Ok(own);
    }
    if is_silent(row, now_ms) && left_nothing(row) {
        if let Some(before) = before {
            store.forget_node(&name, before.seen_at, Vec::new()).await?;
        }
        return Ok(own);
    }
    Ok(Kept { name, before, calls_itself: Some(called.to_owned()) })
}

/// Whether nothing waits there for anybody.
fn left_nothing(row: &NodeRow) -> bool {
    row.report.waiting + row.report.aside == 0
}

/// What a node is called here that has the name of another: as long as such a name may be.
fn name_apart(called: &str, instance: &str) -> String {
    let room = Id::Node.max_bytes().saturating_sub(instance.len() + 1);
    let cut = called.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= room).last().unwrap_or(0);
    format!("{}.{instance}", &called[..cut])
}

fn event(name: &str, node: &str, now_ms: Millis, detail: Value) -> Event {
    events::of(now_ms, DEFAULT_TENANT, name, ACTOR, node, detail)
}

/// Takes what a node tells of itself. One that stops in order, and leaves nothing behind, is known no more: nobody has to look for it.
///
/// # Errors
/// When the store fails.
pub async fn take(store: &dyn Store, report: NodeReport, now_ms: Millis) -> Result<()> {
    let leaves = report.leaving && report.waiting + report.aside + report.unremoved == 0;
    let (called, report) = facts(report);
    for _ in 0..TRIES {
        let Kept { name, before, calls_itself } = kept(store, &called, report.instance.as_deref(), now_ms).await?;
        let seen_before = before.as_ref().map(|before| before.seen_at);
        let mut told = Vec::new();
        let known = before.as_ref().filter(|before| before.silent_since.is_none());
        if known.is_none() {
            let detail = json!({
                "node": name, "version": report.version, "platform": report.platform, "region": report.region,
                "again": before.is_some(),
            });
            told.push(event(NODE_JOINED, &name, now_ms, detail));
        }
        if let Some(before) = before.as_ref().filter(|before| before.report.waiting > 0 && report.waiting == 0) {
            told.push(event(NODE_DRAINED, &name, now_ms, json!({"node": name, "turns": before.report.waiting})));
        }
        let row = NodeRow {
            name: name.clone(),
            joined_at: known.map_or(now_ms, |known| known.joined_at),
            // Every report moves it, or two of them could not be told apart.
            seen_at: now_ms + Millis::from(seen_before == Some(now_ms)),
            clock_ahead_ms: report.sent_at_ms.saturating_sub(now_ms),
            silent_since: None,
            former: former(before.as_ref(), report.instance.as_deref()),
            calls_itself,
            report: report.clone(),
        };
        let seen_at = row.seen_at;
        if store.keep_node(row, seen_before, told).await? {
            if leaves {
                let left = event(NODE_LEFT, &name, now_ms, json!({"node": name}));
                // One that has started again meanwhile is known on.
                store.forget_node(&name, seen_at, vec![left]).await?;
            }
            return Ok(());
        }
    }
    // Others tell of the same node at the same time; theirs is as good.
    Ok(())
}

/// The instances of before, once the one of now has told something.
fn former(before: Option<&NodeRow>, now: Option<&str>) -> Vec<String> {
    let Some(before) = before else { return Vec::new() };
    let mut former = before.former.clone();
    former.extend(before.report.instance.clone().filter(|last| Some(last.as_str()) != now));
    former.retain(|one| Some(one.as_str()) != now);
    former.drain(..former.len().saturating_sub(FORMER_INSTANCES));
    former
}

/// Notes how far the clock of a node is off whose reports are refused for it. Only while nothing else is heard of it: what somebody sends
/// again of an earlier time says nothing of a node that is well.
///
/// # Errors
/// When the store fails.
pub async fn note_clock(store: &dyn Store, report: &NodeReport, now_ms: Millis) -> Result<()> {
    let Some(row) = store.find_node(&report.name).await?.filter(|row| is_silent(row, now_ms)) else { return Ok(()) };
    let (seen_at, clock_ahead_ms) = (Some(row.seen_at), report.sent_at_ms.saturating_sub(now_ms));
    store.keep_node(NodeRow { clock_ahead_ms, ..row }, seen_at, Vec::new()).await.map(drop)
}

/// Its name, and what it tells, as the store keeps it.
fn facts(report: NodeReport) -> (String, NodeFacts) {
    let NodeReport {
        name,
        instance,
        version,
        platform,
        region,
        games,
        waiting,
        waiting_since_ms,
        aside,
        aside_of,
        unremoved,
        breaker,
        drained_at_ms,
        every_ms,
        sent_at_ms,
        leaving: _,
    } = report;
    let facts = NodeFacts {
        instance,
        version,
        platform,
        region,
        games,
        waiting,
        waiting_since_ms,
        aside,
        aside_of,
        unremoved,
        breaker,
        drained_at_ms,
        every_ms,
        sent_at_ms,
    };
    (name, facts)
}

/// Notes who has fallen silent, and tells of those that had turns waiting.
///
/// # Errors
/// When the store fails.
pub async fn look(store: &dyn Store, now_ms: Millis) -> Result<()> {
    for row in store.nodes().await? {
        if row.silent_since.is_some() || !is_silent(&row, now_ms) {
            continue;
        }
        let mut told = Vec::new();
        if row.calls_itself.is_some() && left_nothing(&row) {
            // The one that has the name is left.
            store.forget_node(&row.name, row.seen_at, Vec::new()).await?;
            continue;
        }
        if row.report.waiting > 0 {
            let silent_s = now_ms.saturating_sub(row.seen_at).max(0) / 1000;
            let detail = json!({"node": row.name, "waiting": row.report.waiting, "silent_s": silent_s});
            told.push(event(NODE_LOST, &row.name, now_ms, detail));
        }
        let seen_before = Some(row.seen_at);
        store.keep_node(NodeRow { silent_since: Some(row.seen_at), ..row }, seen_before, told).await?;
    }
    store.forget_nodes(now_ms - REMEMBERED_MS).await.map(drop)
}

/// What becomes of the turns that wait at a node that is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// They are waited for: then the node is not forgotten.
    WaitedFor,
    /// They are given up.
    GivenUp,
}

/// Why a node is not forgotten.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    /// There is none.
    #[error("no node of the name {0} is known; `lgdl nodes` shows them")]
    Unknown(String),
    /// It tells of itself.
    #[error("the node {0} tells of itself: stop it first, or it is back in a moment")]
    Alive(String),
    /// There are turns.
    #[error(
        "{waiting} turns wait at the node {name}, and {aside} are set aside there. They were acknowledged, and are kept nowhere else: start a node          on its data, and they arrive. Where nothing of it will ever come back, --with-waiting-turns gives them up"
    )]
    Turns {
        /// The node.
        name: String,
        /// Turns that wait.
        waiting: u64,
        /// Turns that were set aside.
        aside: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Forgets a silent node, by an operator's word; what was known of it. Should it come back, it joins again, and its turns arrive.
///
/// # Errors
/// When there is none, it is not silent, turns are there that are not given up, or the store fails.
pub async fn forget(
    store: &dyn Store,
    name: &str,
    left: Left,
    actor: &str,
    now_ms: Millis,
) -> std::result::Result<NodeRow, ForgetError> {
    let row = store.find_node(name).await?.ok_or_else(|| ForgetError::Unknown(name.to_owned()))?;
    if state(&row, now_ms) == NodeState::Alive {
        return Err(ForgetError::Alive(name.to_owned()));
    }
    let (waiting, aside) = (row.report.waiting, row.report.aside);
    if left == Left::WaitedFor && waiting + aside > 0 {
        return Err(ForgetError::Turns { name: name.to_owned(), waiting, aside });
    }
    let detail = json!({"node": name, "waiting": waiting, "aside": aside});
    let told = events::of(now_ms, DEFAULT_TENANT, NODE_FORGOTTEN, actor, name, detail);
    match store.forget_node(name, row.seen_at, vec![told]).await? {
        true => Ok(row),
        // It has told something meanwhile.
        false => Err(ForgetError::Alive(name.to_owned())),
    }
}

/// What no copy of the store has, though it was acknowledged: by each node, turns that were set aside, and those that wait where nobody
/// answers any more. What waits at a node that tells of itself is on its way.
#[must_use]
pub fn left_there(row: &NodeRow, now_ms: Millis) -> Option<String> {
    let waiting = if state(row, now_ms) == NodeState::Lost { row.report.waiting } else { 0 };
    match (row.report.aside, waiting) {
        (0, 0) => None,
        (aside, 0) => Some(format!("{aside} turns are set aside there: `lgdl journal list` at the node")),
        (aside, waiting) => Some(format!("it is silent; {waiting} turns wait there, and {aside} are set aside")),
    }
}

/// The same for the copy of one tenant, which is told nothing of the others: turns of its conversations that were set aside, as far as
/// the node tells whose they are.
///
/// # Errors
/// When the store fails.
pub async fn aside_of_tenant(store: &dyn Store, tenant: &str, row: &NodeRow) -> Result<Option<String>> {
    let mut aside = 0;
    for (digest, turns) in &row.report.aside_of {
        let Some(id) = ConversationId::of_digest(digest) else { continue };
        if store.find_by_id(tenant, &id).await?.is_some() {
            aside += turns;
        }
    }
    let said = || format!("{aside} turns of this tenant are set aside there: `lgdl journal list` at the node");
    Ok((aside > 0).then(said))
}

/// Looks who has fallen silent until the task is dropped.
pub async fn keep(origin: &Origin) {
    let mut timer = tokio::time::interval(LOOK_EVERY);
    timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = look(&*origin.store, origin.clock.now_ms()).await {
            tracing::warn!(%error, "who of the nodes is silent can't be looked at");
        }
    }
}

/// A node as people are shown it.
#[must_use]
pub fn shown(row: &NodeRow, now_ms: Millis) -> Value {
    let NodeFacts { version, platform, region, games, waiting, aside, unremoved, breaker, drained_at_ms, .. } =
        &row.report;
    json!({
        "name": row.name,
        "calls_itself": row.calls_itself,
        "state": state(row, now_ms),
        "version": version,
        "platform": platform,
        "region": region,
        "games": games,
        "waiting": waiting,
        "waiting_for_s": row.report.waiting_since_ms.map(|since| row.report.sent_at_ms.saturating_sub(since).max(0) / 1000),
        "aside": aside,
        "unremoved": unremoved,
        "breaker": breaker,
        "clock_ahead_ms": row.clock_ahead_ms,
        "drained_at_ms": drained_at_ms,
        "joined_at_ms": row.joined_at,
        "seen_at_ms": row.seen_at,
        "seen_ago_s": now_ms.saturating_sub(row.seen_at).max(0) / 1000,
        "troubles": troubles(row, now_ms),
    })
}
