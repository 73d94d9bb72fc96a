//! What is removed when its time is over, and the tasks that see to it while the origin runs.
//!
//! | what | kept | removed by |
//! |---|---|---|
//! | conversations with turns, slots, context, answers | the game's `retention_days`, else `LGDL_CONVERSATION_TTL_DAYS`; never longer than `LGDL_GDPR_RETENTION_DAYS`; a legal hold stops the clock | [`run`] |
//! | answers kept for replays | `LGDL_IDEMPOTENCY_HOURS`; of journalled turns as long as the conversation | [`run`] |
//! | claims | until they lapse, or their turn is committed | [`run`] |
//! | events in the outbox | until they are in the audit chain and on the event bus | [`crate::audit::keep`] |
//! | events on the bus | `LGDL_EVENT_RETENTION_HOURS`, and the last `LGDL_EVENT_MAX` at most | [`run`], and every minute [`crate::audit::keep`] |
//! | tombstones, audit, consents, published games | for ever | – |

use std::time::Duration;

use lgdl::wire::origin::GamePolicy;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;

use crate::audit::{self, events};
use crate::clock::{DAY_MS, HOUR_MS, Millis};
use crate::config::Config;
use crate::http::Origin;
use crate::serve::DEFAULT_TENANT;
use crate::store::{Due, Result, RetentionRule, RetentionScope, Store, StoreError};

/// Rows that one transaction removes at most, so that turns never wait long.
const BATCH: u32 = 200;

/// What a clean-up removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct CleanupReport {
    /// Conversations.
    pub conversations: u64,
    /// Stored answers and lapsed claims.
    pub answers: u64,
    /// Events of the bus.
    pub events: u64,
}

/// Removes everything that is past its time, in small transactions; `progress` hears the totals so far.
///
/// # Errors
/// When the store fails. What was removed is removed.
pub async fn run(
    store: &dyn Store,
    config: &Config,
    now_ms: Millis,
    progress: &mut (dyn FnMut(CleanupReport) + Send),
) -> Result<CleanupReport> {
    store.tend(now_ms).await?;
    let mut report = CleanupReport::default();
    let name = events::RETENTION_APPLIED;
    let told = events::of(now_ms, DEFAULT_TENANT, name, "retention", "conversations", json!({}));
    for rule in rules(store, config, now_ms).await? {
        loop {
            let removed = store.remove_conversations_before(rule.clone(), BATCH, told.clone()).await?;
            report.conversations += removed;
            progress(report);
            if removed < u64::from(BATCH) {
                break;
            }
        }
    }
    let before = answers_before(config, now_ms);
    loop {
        let removed = store.remove_answers_before(before, BATCH).await?;
        report.answers += removed;
        progress(report);
        if removed < u64::from(BATCH) {
            break;
        }
    }
    report.events = audit::trim(store, config, now_ms).await?;
    progress(report);
    Ok(report)
}

/// What a clean-up would remove now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Preview {
    /// Game by game; a game of which nothing would go is left out.
    pub games: Vec<Due>,
    /// Lapsed claims.
    pub claims: u64,
}

/// Finds out what [`run`] would remove, and removes nothing.
///
/// # Errors
/// When the store fails.
pub async fn preview(store: &dyn Store, config: &Config, now_ms: Millis) -> Result<Preview> {
    let answers_before = answers_before(config, now_ms);
    let mut rules = rules(store, config, now_ms).await?;
    if !rules.iter().any(|rule| matches!(rule.scope, RetentionScope::AllBut(_))) {
        // Conversations that are kept for ever have answers that are not.
        let own = rules.iter().filter_map(|rule| match &rule.scope {
            RetentionScope::Game { tenant, game } => Some((tenant.clone(), game.clone())),
            RetentionScope::AllBut(_) => None,
        });
        let others = RetentionScope::AllBut(own.collect());
        rules.push(RetentionRule { scope: others, before: 0 });
    }
    let mut games = Vec::new();
    for rule in rules {
        games.extend(store.due(rule, answers_before).await?);
    }
    games.sort_by(|one, other| (&one.tenant, &one.game).cmp(&(&other.tenant, &other.game)));
    Ok(Preview { games, claims: store.lapsed_claims(answers_before).await? })
}

fn answers_before(config: &Config, now_ms: Millis) -> Millis {
    now_ms - Millis::from(config.idempotency_hours) * HOUR_MS
}

/// The rules in force: one for each game with a policy of its own, and one for all others.
async fn rules(store: &dyn Store, config: &Config, now_ms: Millis) -> Result<Vec<RetentionRule>> {
    let bounded = |days: Option<u32>| match (days, config.gdpr_retention_days) {
        (Some(days), Some(bound)) => Some(days.min(bound)),
        (days, bound) => days.or(bound),
    };
    let before = |days: u32| now_ms - Millis::from(days) * DAY_MS;
    let mut rules = Vec::new();
    let mut own = Vec::new();
    for game in store.all_games().await? {
        let policy: GamePolicy = serde_json::from_str(&game.active.policy)
            .map_err(|error| StoreError::Damaged(format!("game_versions.policy: {error}")))?;
        let Some(days) = bounded(policy.retention_days).filter(|_| policy.retention_days.is_some()) else { continue };
        own.push((game.tenant.clone(), game.game.clone()));
        let scope = RetentionScope::Game { tenant: game.tenant, game: game.game };
        rules.push(RetentionRule { scope, before: before(days) });
    }
    if let Some(days) = bounded(config.conversation_ttl_days) {
        rules.push(RetentionRule { scope: RetentionScope::AllBut(own), before: before(days) });
    }
    Ok(rules)
}

/// Cleans up regularly, for as long as the origin runs.
pub async fn keep(origin: &Origin) {
    let mut changes = origin.live.changes();
    loop {
        let began = Instant::now();
        match run(&*origin.store, &origin.settings(), origin.clock.now_ms(), &mut |_| ()).await {
            Ok(report) => tracing::info!(
                conversations = report.conversations,
                answers = report.answers,
                "removed what was past its time"
            ),
            Err(error) => tracing::warn!(%error, "the clean-up broke off; the next one goes on"),
        }
        let next = |config: &Config| began + Duration::from_secs(u64::from(config.cleanup_interval_hours) * 60 * 60);
        loop {
            let next = next(&origin.settings());
            tokio::select! {
                () = tokio::time::sleep_until(next) => break,
                // Another interval may be in force; an error means that nobody can put one there any more.
                changed = changes.changed() => if changed.is_err() { tokio::time::sleep_until(next).await; break },
            }
        }
    }
}
