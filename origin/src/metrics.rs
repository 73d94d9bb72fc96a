//! What the origin counts: requests, turns and how they ended, store work. Labels are routes, methods, statuses, outcomes
//! and the names that a game gives to itself, its moves and its slots; never an id of a person or a conversation, never a text.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lgdl::breaker::Breaker;
use lgdl_metrics::{Counters, Gauges, Histograms, Registry, resident_bytes};
use lgdl_tls::ServerTls;
use lgdl_tls::metrics::{CERTIFICATE_ENDS, CERTIFICATE_FAULT};

use crate::alerts::Recent;
use crate::clock::Millis;
use crate::facts::{Ending, TurnFacts};
use crate::http::TURNS_ROUTE;
use crate::ids::ConversationId;
use crate::nodes::{self, NodeState};
use crate::store::{CommitOutcome, Connections, NodeRow};
use crate::supervised::BrokenDown;
use crate::work::{Ended, Work};

/// A conversation counts as active for so long after its last turn.
pub const ACTIVE_FOR_MS: Millis = 15 * 60 * 1000;
/// Conversations that are followed at most, for how long they take. Beyond it new ones are counted, and not timed.
const MAX_FOLLOWED: usize = 50_000;
/// Conversations that count as active at most.
const MAX_ACTIVE: usize = 1_000_000;
/// How often it is looked which of them have fallen silent.
const SWEEP_EVERY_MS: Millis = 60_000;
/// Statuses of a commit that an alert takes the rate of, and of those that it compares them with.
const COMMIT_STATUSES: [&str; 3] = ["200", "500", "503"];

/// The counters of one process.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Spans of traces, by what became of them.
    pub(crate) spans: Counters,
    certificate_ends: Gauges,
    certificate_fault: Gauges,
    requests: Counters,
    seconds: Histograms,
    errors: Counters,
    commits: Counters,
    conflicts: Counters,
    edge_refusals: Counters,
    login_refusals: Counters,
    pushed_links: Counters,
    push_failures: Counters,
    delivered: Counters,
    delivery_failures: Counters,
    rejections: Counters,
    created: Counters,
    active: Gauges,
    duration: Histograms,
    turns_each: Histograms,
    endings: Counters,
    turns: Counters,
    filled: Counters,
    refused: Counters,
    prompts: Histograms,
    fill_seconds: Histograms,
    store_seconds: Histograms,
    pool: Gauges,
    memory: Gauges,
    push_lag_links: Gauges,
    push_lag_seconds: Gauges,
    backup_at: Gauges,
    drill_at: Gauges,
    backup_failed_at: Gauges,
    drill_failed_at: Gauges,
    archive_at: Gauges,
    archive_failed_at: Gauges,
    storage_up: Gauges,
    node_up: Gauges,
    node_waiting: Gauges,
    node_waits_seconds: Gauges,
    node_aside: Gauges,
    node_breaker: Gauges,
    node_events: Counters,
    followed: Mutex<Follows>,
    /// What the store did with the last work.
    pub work: Work,
    /// What must go on and broke down.
    pub broken_down: BrokenDown,
    /// Whether the checkpoint of the audit log that was due last is not in its file.
    pub checkpoints_fail: AtomicBool,
    /// How the last commits and requests went.
    pub recent: Recent,
}

/// Conversations that go on.
#[derive(Debug, Default)]
struct Follows {
    /// Those that are timed.
    conversations: HashMap<ConversationId, Followed>,
    /// When each had its last turn, by a digest of its id: many more than are timed.
    active: HashMap<u64, Millis>,
    swept_at: Millis,
}

impl Follows {
    /// Drops those that have fallen silent, now and then; which of them were timed.
    fn sweep(&mut self, now_ms: Millis) -> Vec<Followed> {
        if now_ms - self.swept_at < SWEEP_EVERY_MS {
            return Vec::new();
        }
        self.swept_at = now_ms;
        let is_silent = |last_at: Millis| now_ms - last_at >= ACTIVE_FOR_MS;
        self.active.retain(|_, last_at| !is_silent(*last_at));
        self.conversations.extract_if(|_, one| is_silent(one.last_at)).map(|(_, one)| one).collect()
    }

    fn note_active(&mut self, conversation: &ConversationId, now_ms: Millis) {
        let mut hasher = DefaultHasher::new();
        conversation.hash(&mut hasher);
        let digest = hasher.finish();
        if self.active.len() < MAX_ACTIVE || self.active.contains_key(&digest) {
            self.active.insert(digest, now_ms);
        }
    }

    fn active(&self, now_ms: Millis) -> u64 {
        self.active.values().filter(|last_at| now_ms - **last_at < ACTIVE_FOR_MS).count() as u64
    }
}

/// What is remembered of a conversation while it goes on, to say how long things took.
#[derive(Debug, Default)]
struct Followed {
    game: String,
    turns: u64,
    begun_at: Option<Millis>,
    last_at: Millis,
    /// The slot that is asked for, since when, and how often it was asked.
    asked: Option<(String, Millis, u32)>,
}

/// When something last happened with backups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BackupTimes {
    /// One was made.
    pub made: Option<Millis>,
    /// One was restored by a drill, and held.
    pub drilled: Option<Millis>,
    /// One that was due could not be made.
    pub failed: Option<Millis>,
    /// A drill failed.
    pub drill_failed: Option<Millis>,
}

/// Something that is counted without labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// A request of an edge with a signature that does not hold.
    EdgeRefused,
    /// A login at the admin API that was refused.
    LoginRefused,
    /// Links of the audit log that the SIEM has taken.
    LinksPushed,
    /// A try to send links to the SIEM that failed.
    PushFailed,
    /// Events that webhooks have taken.
    EventsDelivered,
    /// A try to deliver to a webhook that failed.
    DeliveryFailed,
}

/// A kind of work of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A turn's commit.
    Commit,
    /// A turn's claim.
    Claim,
    /// A conversation is read.
    Read,
}

impl Operation {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Operation::Commit => "commit",
            Operation::Claim => "claim",
            Operation::Read => "read",
        }
    }

    /// The table that it is about most.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Operation::Commit => "turns",
            Operation::Claim => "claims",
            Operation::Read => "conversations",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let build = registry.gauges("lgdl_build_info", "The program that runs here");
        build.set(&[("version", env!("CARGO_PKG_VERSION")), ("part", "origin")], 1);
        let metrics = Metrics {
            requests: registry.counters("lgdl_http_requests", "Requests by route, method and status"),
            seconds: registry.latencies(
                "lgdl_http_request_seconds",
                "Time from a request's headers to the head of its answer, by route",
            ),
            errors: registry.counters("lgdl_errors", "Requests that were refused or failed, by code"),
            commits: registry.counters("lgdl_commits", "Turns that edges wanted to commit, by what came of it"),
            conflicts: registry
                .counters("lgdl_commit_conflicts", "Turns that were run on a state that is not the last"),
            edge_refusals: registry
                .counters("lgdl_edge_requests_refused", "Requests of edges with a signature that does not hold"),
            login_refusals: registry.counters("lgdl_admin_logins_refused", "Logins at the admin API that were refused"),
            pushed_links: registry
                .counters("lgdl_audit_pushed_links", "Links of the audit log that the SIEM has taken"),
            push_failures: registry.counters("lgdl_audit_push_failures", "Tries to send links to the SIEM that failed"),
            delivered: registry.counters("lgdl_webhook_events", "Events that webhooks have taken"),
            delivery_failures: registry.counters("lgdl_webhook_failures", "Tries to deliver to a webhook that failed"),
            rejections: registry.counters("lgdl_rate_limit_rejections", "What edges refused, by which limit"),
            created: registry.counters("lgdl_conversations_created", "Conversations that began, by game"),
            active: registry.gauges(
                "lgdl_conversations_active",
                "Conversations that had a turn at this origin in the last 15 minutes",
            ),
            duration: registry.patience(
                "lgdl_conversation_duration_seconds",
                "Time from the first turn of a conversation to something that it came to, by game",
            ),
            turns_each: registry.numbers(
                "lgdl_turns_per_conversation",
                "Turns of a conversation that has had none for 15 minutes, by game",
            ),
            endings: registry
                .counters("lgdl_conversation_completions", "Moves that came to an end, by game and how they ended"),
            turns: registry.counters("lgdl_turns", "Turns that were committed, by game, move and stage"),
            filled: registry.counters("lgdl_slots_filled", "Values that were stored, by game, slot and source"),
            refused: registry.counters("lgdl_slot_validation_failures", "Answers that were refused, by game and slot"),
            prompts: registry
                .numbers("lgdl_slot_prompts_per_conversation", "Times that a slot was asked for until it was filled"),
            fill_seconds: registry
                .patience("lgdl_slot_fill_time_seconds", "Time from the first question for a slot to its value"),
            store_seconds: registry
                .latencies("lgdl_storage_operation_seconds", "Time of the store's work, by operation and result"),
            storage_up: registry.gauges("lgdl_storage_up", "Whether the store takes what it is given: 1, or 0"),
            node_up: registry.gauges("lgdl_node_up", "Edge nodes, and whether they tell of themselves: 1, or 0"),
            node_waiting: registry.gauges("lgdl_journal_depth", "Turns that wait for the origin, by node"),
            node_waits_seconds: registry
                .gauges("lgdl_journal_age_seconds", "Since when turns have waited for the origin, by node"),
            node_aside: registry.gauges("lgdl_journal_aside", "Turns that were set aside, by node"),
            node_breaker: registry.gauges(
                "lgdl_circuit_breaker_state",
                "Breakers in front of what is called, by node: 0 closed, 1 half-open, 2 open",
            ),
            node_events: registry.counters(
                "lgdl_node_events",
                "What happened at edge nodes that have no metrics of their own, by node, as they tell each minute",
            ),
            pool: registry.gauges("lgdl_storage_pool_size", "Connections to the database, by what they do"),
            memory: registry.gauges("lgdl_memory_usage_bytes", "Memory that the process holds"),
            push_lag_links: registry
                .gauges("lgdl_audit_push_lag_links", "Links of the audit log that the SIEM does not have yet"),
            push_lag_seconds: registry
                .gauges("lgdl_audit_push_lag_seconds", "Age of the oldest link that the SIEM does not have"),
            backup_at: registry
                .gauges("lgdl_backup_last_timestamp_seconds", "When the last backup was made by lgdl backup"),
            drill_at: registry.gauges(
                "lgdl_backup_drill_last_timestamp_seconds",
                "When a backup was last restored by a drill, and held",
            ),
            backup_failed_at: registry.gauges(
                "lgdl_backup_failed_last_timestamp_seconds",
                "When a backup that was due last could not be made",
            ),
            drill_failed_at: registry.gauges(
                "lgdl_backup_drill_failed_last_timestamp_seconds",
                "When a drill last could not restore a backup whole",
            ),
            archive_at: registry.gauges(
                "lgdl_archive_last_timestamp_seconds",
                "When the place of the archive last did what was asked of it",
            ),
            archive_failed_at: registry
                .gauges("lgdl_archive_failed_last_timestamp_seconds", "When the place of the archive last did not"),
            certificate_ends: registry.gauges(CERTIFICATE_ENDS.0, CERTIFICATE_ENDS.1),
            certificate_fault: registry.gauges(CERTIFICATE_FAULT.0, CERTIFICATE_FAULT.1),
            spans: lgdl_traces::counters(&mut registry),
            registry,
            followed: Mutex::default(),
            work: Work::default(),
            broken_down: BrokenDown::default(),
            checkpoints_fail: AtomicBool::default(),
            recent: Recent::default(),
        };
        // What has not happened yet is there with a zero, so that a rate can be taken of the first.
        for counters in [
            &metrics.conflicts,
            &metrics.edge_refusals,
            &metrics.login_refusals,
            &metrics.pushed_links,
            &metrics.push_failures,
            &metrics.delivered,
            &metrics.delivery_failures,
        ] {
            counters.add(&[], 0);
        }
        for status in COMMIT_STATUSES {
            metrics.requests.add(&[("route", TURNS_ROUTE), ("method", "POST"), ("status", status)], 0);
        }
        for result in ["ok", "failed"] {
            metrics.store_seconds.begin(&[("operation", Operation::Commit.name()), ("result", result)]);
        }
        metrics
    }
}

impl Metrics {
    /// Counts a request. `route` is a template such as `/edge/v1/turns`, `method` one of those that there are, or `other`.
    pub fn request(&self, route: &str, method: &'static str, status: u16, code: Option<&str>, took: Duration) {
        self.recent.request(status);
        self.requests.count(&[("route", route), ("method", method), ("status", &status.to_string())]);
        self.seconds.observe(&[("route", route)], took.as_secs_f64());
        if let Some(code) = code {
            self.errors.count(&[("code", code)]);
        }
    }

    /// Counts `more` of something.
    pub fn add(&self, counted: Counted, more: u64) {
        let counters = match counted {
            Counted::EdgeRefused => &self.edge_refusals,
            Counted::LoginRefused => &self.login_refusals,
            Counted::LinksPushed => &self.pushed_links,
            Counted::PushFailed => &self.push_failures,
            Counted::EventsDelivered => &self.delivered,
            Counted::DeliveryFailed => &self.delivery_failures,
        };
        counters.add(&[], more);
    }

    /// Tells when backups and drills were last made and when they last failed; what never was is not told.
    pub fn backed_up(&self, at: &BackupTimes) {
        for (gauges, at) in [
            (&self.backup_at, at.made),
            (&self.drill_at, at.drilled),
            (&self.backup_failed_at, at.failed),
            (&self.drill_failed_at, at.drill_failed),
        ] {
            if let Some(at) = at {
                gauges.set(&[], (at / 1000).unsigned_abs());
            }
        }
    }

    /// Tells when the place of the archive last did what was asked of it, and when it last did not; what never was is not told.
    pub fn archive(&self, well: Option<Millis>, failed: Option<Millis>) {
        for (gauges, at) in [(&self.archive_at, well), (&self.archive_failed_at, failed)] {
            if let Some(at) = at {
                gauges.set(&[], (at / 1000).unsigned_abs());
            }
        }
    }

    /// Tells of the certificate that the ports show.
    pub fn certificate(&self, tls: &ServerTls) {
        self.certificate_ends.set(&[], tls.ends_at().unsigned_abs());
        self.certificate_fault.set(&[], tls.fault().is_some().into());
    }

    /// Counts what edges refused, by the limit.
    pub fn rejected(&self, limit: &str, count: u64) {
        self.rejections.add(&[("limit", limit)], count);
    }

    /// Counts what came of a commit.
    pub fn commit(&self, outcome: &CommitOutcome) {
        let name = match outcome {
            CommitOutcome::Committed { .. } => "committed",
            CommitOutcome::Replayed { .. } => "replayed",
            CommitOutcome::KeyReused => "key_reused",
            CommitOutcome::Conflict { claimed_for_ms: None, .. } => "conflict",
            CommitOutcome::Conflict { .. } => "claimed",
            CommitOutcome::NotTheirs => "not_theirs",
            CommitOutcome::Erased => "erased",
            CommitOutcome::DataKeyGone => "data_key_gone",
            CommitOutcome::AgentFull { .. } => "agent_full",
        };
        self.commits.count(&[("outcome", name)]);
        if matches!(outcome, CommitOutcome::Conflict { .. }) {
            self.conflicts.count(&[]);
        }
    }

    /// Times work of the store.
    pub fn stored(&self, operation: Operation, took: Duration, ended: Ended) {
        if operation == Operation::Commit {
            self.recent.commit(took);
        }
        let result = if ended == Ended::Well { "ok" } else { "failed" };
        self.store_seconds.observe(&[("operation", operation.name()), ("result", result)], took.as_secs_f64());
    }

    /// Counts a turn that was committed.
    pub fn turn(&self, game: &str, conversation: &ConversationId, facts: &TurnFacts, now_ms: Millis) {
        let game = ("game_id", game);
        self.turns.count(&[game, ("move_id", &facts.move_id), ("stage", &facts.stage)]);
        if facts.turn == 1 {
            self.created.count(&[game]);
        }
        for filled in &facts.filled {
            self.filled.count(&[game, ("slot_name", &filled.slot), ("source", filled.source.name())]);
        }
        if let Some(slot) = &facts.refused_slot {
            self.refused.count(&[game, ("slot_name", slot)]);
        }
        let ending = facts.ending();
        if let Some(ending) = ending {
            self.endings.count(&[game, ("outcome", ending.name())]);
        }
        self.follow(game, conversation, facts, ending, now_ms);
    }

    /// Times what takes more than one turn.
    fn follow(
        &self,
        game: (&'static str, &str),
        conversation: &ConversationId,
        facts: &TurnFacts,
        ending: Option<Ending>,
        now_ms: Millis,
    ) {
        let mut follows = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        self.over(&follows.sweep(now_ms));
        follows.note_active(conversation, now_ms);
        let followed = &mut follows.conversations;
        if followed.len() >= MAX_FOLLOWED && !followed.contains_key(conversation) {
            return;
        }
        let one = followed
            .entry(conversation.clone())
            .or_insert_with(|| Followed { game: game.1.to_owned(), ..Followed::default() });
        (one.last_at, one.turns) = (now_ms, facts.turn);
        if facts.turn == 1 {
            one.begun_at = Some(now_ms);
        }
        if let Some((slot, since, times)) = &one.asked
            && facts.filled.iter().any(|filled| filled.slot == *slot)
        {
            self.fill_seconds.observe(&[game], seconds(now_ms - since));
            self.prompts.observe(&[game], f64::from(*times));
            one.asked = None;
        }
        one.asked = match (facts.awaiting_slot.as_ref(), one.asked.take()) {
            (Some(slot), Some((asked, since, times))) if *slot == asked => Some((asked, since, times + 1)),
            (Some(slot), _) => Some((slot.clone(), now_ms, 1)),
            (None, asked) => asked.filter(|_| ending.is_none()),
        };
        if ending.is_some()
            && let Some(begun_at) = one.begun_at
        {
            self.duration.observe(&[game], seconds(now_ms - begun_at));
        }
    }

    /// Counts the turns of conversations that have fallen silent.
    fn over(&self, silent: &[Followed]) {
        for one in silent {
            #[expect(clippy::cast_precision_loss, reason = "no conversation has 2^52 turns")]
            self.turns_each.observe(&[("game_id", &one.game)], one.turns as f64);
        }
    }

    /// Says whether the store takes what it is given.
    pub fn storage_is_up(&self, up: bool) {
        self.storage_up.set(&[], up.into());
    }

    /// Says how the edge nodes are, as they told last.
    pub fn nodes(&self, rows: &[NodeRow], now_ms: Millis) {
        for gauges in
            [&self.node_up, &self.node_waiting, &self.node_waits_seconds, &self.node_aside, &self.node_breaker]
        {
            // One that was forgotten is not told of any more.
            gauges.clear();
        }
        for row in rows {
            let (node, report) = (("node", row.name.as_str()), &row.report);
            let is_alive = nodes::state(row, now_ms) == NodeState::Alive;
            let platform = [node, ("platform", report.platform.as_str()), ("version", report.version.as_str())];
            self.node_up.set(&platform, is_alive.into());
            self.node_waiting.set(&[node], report.waiting);
            // By the node's own clock up to its report, and by this one's since.
            let waits_ms = report.waiting_since_ms.map_or(0, |since| {
                report.sent_at_ms.saturating_sub(since).max(0) + now_ms.saturating_sub(row.seen_at).max(0)
            });
            self.node_waits_seconds.set(&[node], (waits_ms / 1000).unsigned_abs());
            self.node_aside.set(&[node], report.aside);
            if let Some(level) = Breaker::level(&report.breaker) {
                self.node_breaker.set(&[node, ("target", "origin")], level);
            }
        }
    }

    /// Counts what a node tells.
    pub fn happened_at_a_node(&self, node: &str, event: &str, more: u64) {
        self.node_events.add(&[("node", node), ("event", event)], more);
    }

    /// Says how far the SIEM is behind.
    pub fn push_lag(&self, links: u64, seconds: u64) {
        self.push_lag_links.set(&[], links);
        self.push_lag_seconds.set(&[], seconds);
    }

    /// Everything, in Prometheus' text format.
    #[must_use]
    pub fn text(&self, connections: Connections, now_ms: Millis) -> String {
        let Connections { busy, idle, waiting } = connections;
        for (state, count) in [("busy", busy), ("idle", idle), ("waiting", waiting)] {
            self.pool.set(&[("state", state)], count);
        }
        let mut follows = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        self.over(&follows.sweep(now_ms));
        let active = follows.active(now_ms);
        drop(follows);
        self.active.set(&[], active);
        if let Some(bytes) = resident_bytes() {
            self.memory.set(&[], bytes);
        }
        self.registry.text()
    }
}

#[expect(clippy::cast_precision_loss, reason = "no time span has 2^52 ms")]
fn seconds(ms: Millis) -> f64 {
    ms.max(0) as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_metrics_names_what_the_origin_has_and_nothing_else() {
        let page = include_str!("../../docs/metrics.md");
        assert_eq!(&lgdl_metrics::named_in(page, "at the origin"), Metrics::default().registry.names());
    }

    fn conversation(number: u64) -> ConversationId {
        ConversationId::of_digest(&format!("{number:032x}")).expect("a digest")
    }

    fn turn(metrics: &Metrics, number: u64, turn: u64, now_ms: Millis) {
        let facts = TurnFacts { turn, ..TurnFacts::default() };
        metrics.turn("medical", &conversation(number), &facts, now_ms);
    }

    fn has(metrics: &Metrics, now_ms: Millis, line: &str) {
        let text = metrics.text(Connections::default(), now_ms);
        assert!(text.lines().any(|found| found == line), "{line}");
    }

    #[test]
    fn a_conversation_counts_its_turns_once_when_it_is_over() {
        let metrics = Metrics::default();
        for number in 1..=3 {
            turn(&metrics, 1, number, 1_000);
        }
        let count = |count: u32| format!(r#"lgdl_turns_per_conversation_count{{game_id="medical"}} {count}"#);
        let text = metrics.text(Connections::default(), 2_000);
        assert!(!text.contains("lgdl_turns_per_conversation_count{"), "{text}");
        has(&metrics, 1_000 + ACTIVE_FOR_MS, &count(1));
        has(&metrics, 1_000 + ACTIVE_FOR_MS, r#"lgdl_turns_per_conversation_sum{game_id="medical"} 3.0"#);
        has(&metrics, 1_000 + 2 * ACTIVE_FOR_MS, &count(1));
    }

    #[test]
    fn more_conversations_are_active_than_are_timed() {
        let metrics = Metrics::default();
        let many = MAX_FOLLOWED as u64 + 10;
        for number in 0..many {
            turn(&metrics, number, 1, 1_000);
        }
        has(&metrics, 2_000, &format!("lgdl_conversations_active {many}"));
        has(&metrics, 1_000 + ACTIVE_FOR_MS, "lgdl_conversations_active 0");
        let follows = metrics.followed.lock().unwrap();
        assert!(follows.conversations.is_empty() && follows.active.is_empty());
    }

    #[test]
    fn those_that_fell_silent_are_looked_for_now_and_then_and_not_by_every_turn() {
        let mut follows = Follows { swept_at: 1_000, ..Follows::default() };
        follows.conversations.insert(conversation(1), Followed::default());
        let long_after = 1_000 + SWEEP_EVERY_MS;
        follows.conversations.get_mut(&conversation(1)).unwrap().last_at = long_after - ACTIVE_FOR_MS;
        assert!(follows.sweep(long_after - 1).is_empty());
        assert_eq!(follows.sweep(long_after).len(), 1);
    }

    #[test]
    fn nodes_are_told_of_as_they_told_last_and_no_longer_than_they_are_known() {
        let metrics = Metrics::default();
        let report = serde_json::json!({
            "version": "1", "platform": "workers", "region": null, "games": [], "waiting": 7,
            "waiting_since_ms": 40_000, "aside": 2, "breaker": "open", "drained_at_ms": null, "every_ms": 5_000,
            "sent_at_ms": 50_000,
        });
        let report = serde_json::from_value(report).unwrap();
        let row = NodeRow {
            name: "w1".into(),
            report,
            joined_at: 0,
            seen_at: 100_000,
            clock_ahead_ms: 0,
            silent_since: None,
            former: Vec::new(),
            calls_itself: None,
        };
        metrics.nodes(std::slice::from_ref(&row), 105_000);
        for line in [
            r#"lgdl_node_up{node="w1",platform="workers",version="1"} 1"#,
            r#"lgdl_journal_depth{node="w1"} 7"#,
            r#"lgdl_journal_age_seconds{node="w1"} 15"#,
            r#"lgdl_journal_aside{node="w1"} 2"#,
            r#"lgdl_circuit_breaker_state{node="w1",target="origin"} 2"#,
        ] {
            has(&metrics, 105_000, line);
        }
        metrics.nodes(&[row], 200_000);
        has(&metrics, 200_000, r#"lgdl_node_up{node="w1",platform="workers",version="1"} 0"#);
        metrics.nodes(&[], 200_000);
        assert!(!metrics.text(Connections::default(), 200_000).contains("w1"));
    }
}
