//! What the origin counts: requests, turns and how they ended, store work. Labels are routes, methods, statuses, outcomes
//! and the names that a game gives to itself, its moves and its slots; never an id of a person or a conversation, never a text.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lgdl_metrics::{Counters, Gauges, Histograms, Registry, resident_bytes};
use lgdl_tls::ServerTls;
use lgdl_tls::metrics::{CERTIFICATE_ENDS, CERTIFICATE_FAULT};

use crate::alerts::Recent;
use crate::clock::Millis;
use crate::facts::{Ending, TurnFacts};
use crate::ids::ConversationId;
use crate::store::{CommitOutcome, Connections};
use crate::supervised::BrokenDown;
use crate::work::Work;

/// A conversation counts as active for so long after its last turn.
pub const ACTIVE_FOR_MS: Millis = 15 * 60 * 1000;
/// Conversations that are followed at most, for how long they take. Beyond it new ones are counted, and not timed.
const MAX_FOLLOWED: usize = 50_000;

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
    followed: Mutex<HashMap<ConversationId, Followed>>,
    /// What the store did with the last work.
    pub work: Work,
    /// What must go on and broke down.
    pub broken_down: BrokenDown,
    /// How the last commits and requests went.
    pub recent: Recent,
}

/// What is remembered of a conversation while it goes on, to say how long things took.
#[derive(Debug, Default)]
struct Followed {
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
            turns_each: registry
                .numbers("lgdl_turns_per_conversation", "Turns up to something that a conversation came to, by game"),
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
        metrics
    }
}

impl Metrics {
    /// Counts a request. `route` is a template such as `/edge/v1/turns`.
    pub fn request(&self, route: &str, method: &str, status: u16, code: Option<&str>, took: Duration) {
        // A method is the client's text; only the known ones become labels.
        let method = match method {
            "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" => method,
            _ => "other",
        };
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
    pub fn stored<T, E>(&self, operation: Operation, took: Duration, result: &Result<T, E>) {
        if operation == Operation::Commit {
            self.recent.commit(took);
        }
        let result = if result.is_ok() { "ok" } else { "failed" };
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
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.len() >= MAX_FOLLOWED && !followed.contains_key(conversation) {
            followed.retain(|_, one| now_ms - one.last_at < ACTIVE_FOR_MS);
            if followed.len() >= MAX_FOLLOWED {
                return;
            }
        }
        let one = followed.entry(conversation.clone()).or_default();
        one.last_at = now_ms;
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
        if ending.is_some() {
            #[expect(clippy::cast_precision_loss, reason = "no conversation has 2^52 turns")]
            self.turns_each.observe(&[game], facts.turn as f64);
            if let Some(begun_at) = one.begun_at {
                self.duration.observe(&[game], seconds(now_ms - begun_at));
            }
        }
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
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let active = followed.values().filter(|one| now_ms - one.last_at < ACTIVE_FOR_MS).count();
        drop(followed);
        self.active.set(&[], active as u64);
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
