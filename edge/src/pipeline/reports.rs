//! Refusals that the audit log hears of: limits, bans, credentials. The first of a kind is told at once; those that follow
//! within a minute are counted and told with the next, so that a flood of refusals is no flood at the origin.

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

/// What is remembered of refusals of one kind.
#[derive(Debug, Serialize, Deserialize)]
struct Gathered {
    told_at_ms: i64,
    /// Since then, not told yet.
    count: u64,
    first_at_ms: i64,
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
pub(super) async fn send<P: Platform>(call: &Call<'_, P>, mut report: Report) {
    let about = format!("{}\n{:?}\n{:?}\n{:?}", call.caller.tenant, report.refused, report.user_id, report.key_id);
    let note = format!("refused:{}", digest::sha256(about.as_bytes()));
    let now_ms = call.platform.now_ms();
    if let Some(gathered) = notes::recall::<P, Gathered>(call.platform, About::Refusal, &note).await {
        report.count += gathered.count;
        if gathered.count > 0 {
            report.first_at_ms = gathered.first_at_ms;
        }
        if (0..GATHER_MS).contains(&now_ms.saturating_sub(gathered.told_at_ms)) {
            let Report { count, first_at_ms, .. } = report;
            notes::remember(call.platform, About::Refusal, &note, &Gathered { count, first_at_ms, ..gathered }).await;
            return;
        }
    }
    let (count, first_at_ms) = (report.count, report.first_at_ms);
    let told = Origin::new(call).report(report).await.is_ok();
    let count = if told { 0 } else { count };
    notes::remember(call.platform, About::Refusal, &note, &Gathered { told_at_ms: now_ms, count, first_at_ms }).await;
}
