//! Refusals that the audit log hears of: limits, bans, credentials. The first of a kind is told at once; those that follow
//! within a minute are counted and told as a number, by the next of that kind or by the timer, so that a flood of refusals is no flood at the origin.

use lgdl::wire::origin::{Refused, Report};
use serde::{Deserialize, Serialize};

use crate::answer::After;
use crate::call::Call;
use crate::digest;
use crate::memory::About;
use crate::notes;
use crate::origin::Origin;
use crate::platform::Platform;

/// How long refusals of one kind are gathered, milliseconds.
const GATHER_MS: i64 = 60_000;
/// Kinds whose count the timer tells of, at a time. What is gathered beyond that is told with the next of its kind.
const MAX_GATHERED: usize = 64;
/// The note that lists them. It names persons, so it lies where grants do: sealed, where others can read.
const LIST: &str = "refusals";

/// What is remembered of refusals of one kind.
#[derive(Debug, Serialize, Deserialize)]
struct Gathered {
    told_at_ms: i64,
    /// Since then, not told yet.
    count: u64,
    first_at_ms: i64,
    #[serde(default)]
    last_at_ms: i64,
}

impl Gathered {
    /// Whether it is time to tell of them.
    fn is_due(&self, now_ms: i64) -> bool {
        !(0..GATHER_MS).contains(&now_ms.saturating_sub(self.told_at_ms))
    }
}

/// A kind of which something is gathered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Listed {
    tenant: String,
    /// As it was refused first; how often is in the kind's own note.
    report: Report,
}

impl Listed {
    /// The name of the kind's note.
    fn note(&self) -> String {
        let Report { refused, user_id, key_id, .. } = &self.report;
        let about = format!("{}\n{refused:?}\n{user_id:?}\n{key_id:?}", self.tenant);
        format!("refused:{}", digest::sha256(about.as_bytes()))
    }
}

/// Has a refusal told, once the answer has gone.
pub fn tell<P: Platform>(call: &Call<'_, P>, refused: Refused, user: Option<&str>, key: Option<&str>) {
    let now_ms = call.platform.now_ms();
    let report = Report {
        refused,
        user_id: user.map(str::to_owned),
        key_id: key.map(str::to_owned),
        count: 1,
        first_at_ms: now_ms,
        last_at_ms: now_ms,
    };
    call.later(After::Report { tenant: call.caller.tenant.clone(), report });
}

/// Tells the origin, or counts for the next time.
pub(super) async fn send<P: Platform>(call: &Call<'_, P>, report: Report) {
    let kind = Listed { tenant: call.caller.tenant.clone(), report };
    let (note, now_ms) = (kind.note(), call.platform.now_ms());
    let gathered = notes::recall::<P, Gathered>(call.platform, About::Refusal, &note).await;
    let before = gathered.as_ref().filter(|gathered| gathered.count > 0);
    let now = Gathered {
        told_at_ms: gathered.as_ref().map_or(i64::MIN, |gathered| gathered.told_at_ms),
        count: kind.report.count + before.map_or(0, |before| before.count),
        first_at_ms: before.map_or(kind.report.first_at_ms, |before| before.first_at_ms),
        last_at_ms: kind.report.last_at_ms,
    };
    let is_told = match now.is_due(now_ms) {
        true => told(call, &kind, &now).await,
        false => {
            notes::remember(call.platform, About::Refusal, &note, &now).await;
            false
        }
    };
    if !is_told && before.is_none() {
        list(call, kind).await;
    }
}

/// Tells the origin of what was gathered, where it is time: a flood that is over is told of in full, too.
pub(super) async fn flush<P: Platform>(call: &Call<'_, P>) {
    let listed = gathered(call).await;
    let mut left = Vec::new();
    let mut is_away = false;
    for kind in &listed {
        let gathered = notes::recall::<P, Gathered>(call.platform, About::Refusal, &kind.note()).await;
        let Some(gathered) = gathered.filter(|gathered| gathered.count > 0) else { continue };
        if is_away || !gathered.is_due(call.platform.now_ms()) {
            left.push(kind.clone());
            continue;
        }
        let of = call.for_tenant(kind.tenant.clone());
        if !told(&of, kind, &gathered).await {
            is_away = true;
            left.push(kind.clone());
        }
        call.absorb(of);
    }
    if left != listed {
        notes::remember_grant(call, LIST, &left).await;
    }
}

/// Tells the origin of refusals of a kind, and remembers that it knows; whether it does.
async fn told<P: Platform>(call: &Call<'_, P>, kind: &Listed, gathered: &Gathered) -> bool {
    let &Gathered { count, first_at_ms, last_at_ms, .. } = gathered;
    let report = Report { count, first_at_ms, last_at_ms, ..kind.report.clone() };
    let is_told = Origin::new(call).report(report).await.is_ok();
    let now_ms = call.platform.now_ms();
    let count = if is_told { 0 } else { count };
    let now = Gathered { told_at_ms: now_ms, count, first_at_ms, last_at_ms };
    notes::remember(call.platform, About::Refusal, &kind.note(), &now).await;
    is_told
}

/// Of which kinds something is gathered. A list that is lost takes nothing along: each kind is told of with its next refusal.
async fn gathered<P: Platform>(call: &Call<'_, P>) -> Vec<Listed> {
    notes::recall_grant(call, LIST).await.unwrap_or_default()
}

/// Has the timer tell of a kind.
async fn list<P: Platform>(call: &Call<'_, P>, kind: Listed) {
    let mut listed = gathered(call).await;
    if listed.len() < MAX_GATHERED && listed.iter().all(|other| other.note() != kind.note()) {
        listed.push(kind);
        notes::remember_grant(call, LIST, &listed).await;
    }
}
