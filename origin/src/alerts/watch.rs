//! Watching: what is wrong is raised, what is well again is resolved, each once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::look::{OF_A_HOST, look};
use super::{Alert, Channel, Incident, Severity, Turn, channels, host, is_news, open, turn};
use crate::audit;
use crate::clock::Millis;
use crate::http::Origin;
use crate::store::{Result, Store};

/// Looks in a row that must find something before it is raised.
const LOOKS_TO_RAISE: u32 = 2;
/// Looks in a row that must not find it before it is resolved.
const LOOKS_TO_RESOLVE: u32 = 3;
/// How long an origin may be gone before others resolve what it alone could see, milliseconds.
const GONE_AFTER_MS: Millis = 15 * 60_000;
/// How often the whole audit log is checked.
const CHECK_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// When it is checked for the first time after the start.
const FIRST_CHECK: Duration = Duration::from_secs(60 * 60);
/// How long the store may take to answer before it counts as away.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is counted from one look to the next.
#[derive(Debug, Default)]
struct Counted {
    found: BTreeMap<String, u32>,
    missing: BTreeMap<String, u32>,
}

/// Watches until the task is dropped.
pub async fn keep(origin: &Origin) {
    let (mut counted, to) = (Counted::default(), channels(&origin.config));
    let (mut away, mut stuck) = (Straight::new("store_away"), Straight::new("outbox_stuck"));
    let (mut check_at, mut broken) = (Instant::now() + FIRST_CHECK, None);
    loop {
        tokio::time::sleep(origin.settings().alert_every).await;
        if !is_there(origin, &to, (&mut away, &mut stuck)).await {
            continue;
        }
        if Instant::now() >= check_at {
            check_at = Instant::now() + CHECK_EVERY;
            match check_chain(origin).await {
                Ok(found) => broken = found,
                Err(error) => tracing::warn!(%error, "the audit log could not be checked"),
            }
        }
        let now_ms = origin.clock.now_ms();
        let done = async {
            let found = look(origin, now_ms, broken.clone()).await?;
            compare(&*origin.store, &mut counted, found, now_ms).await
        };
        if let Err(error) = done.await {
            tracing::warn!(%error, "what is wrong can't be looked at");
        }
    }
}

/// What is wrong with the audit log, if anything is.
async fn check_chain(origin: &Origin) -> Result<Option<String>> {
    let report = audit::verify(&*origin.store, &[], origin.config.audit_key.as_ref()).await?;
    Ok((!report.holds())
        .then(|| format!("the audit log is broken: {} faults; `lgdl audit verify` names them", report.faults)))
}

/// Raises what is new, and resolves what is gone.
async fn compare(store: &dyn Store, counted: &mut Counted, found: Vec<Incident>, now_ms: Millis) -> Result<()> {
    let known = open(store).await?;
    let keys: BTreeSet<String> = found.iter().map(Incident::key).collect();
    counted.found.retain(|key, _| keys.contains(key));
    for incident in &found {
        let key = incident.key();
        counted.missing.remove(&key);
        let looks = counted.found.entry(key.clone()).or_default();
        *looks = looks.saturating_add(1);
        if *looks >= LOOKS_TO_RAISE && is_news(&known, incident) && turn(store, incident, Turn::Raised, now_ms).await? {
            tracing::warn!(alert = key, summary = incident.summary, "E557 raised");
        }
    }
    let host = host();
    for (key, incident) in known.iter().filter(|(key, _)| !keys.contains(*key)) {
        let others = OF_A_HOST.contains(&incident.rule.as_str()) && incident.about != host;
        if others && now_ms.saturating_sub(incident.seen_at) < GONE_AFTER_MS {
            continue;
        }
        let looks = counted.missing.entry(key.clone()).or_default();
        *looks = looks.saturating_add(1);
        if *looks >= LOOKS_TO_RESOLVE {
            counted.missing.remove(key);
            if turn(store, incident, Turn::Resolved, now_ms).await? {
                tracing::info!(alert = key, "an alert is resolved");
            }
        }
    }
    Ok(())
}

/// Something without which no alert gets anywhere: told straight away, and from memory.
struct Straight {
    rule: &'static str,
    since: Option<(Instant, Millis)>,
    told: bool,
}

impl Straight {
    fn new(rule: &'static str) -> Straight {
        Straight { rule, since: None, told: false }
    }

    /// Notes whether it is so; what is to be told, if anything is: that it has been so for `limit`, or is over. `None`: nobody is told.
    fn turn(&mut self, is_so: bool, limit: Option<Duration>, now_ms: Millis) -> Option<(Turn, Millis)> {
        if !is_so {
            let (_, since) = self.since.take()?;
            return std::mem::take(&mut self.told).then_some((Turn::Resolved, since));
        }
        let (from, since) = *self.since.get_or_insert((Instant::now(), now_ms));
        let due = !self.told && limit.is_some_and(|limit| from.elapsed() >= limit);
        self.told |= due;
        due.then_some((Turn::Raised, since))
    }

    async fn look(&mut self, to: &[Channel], is_so: bool, limit: Option<Duration>, what: &str, at: Millis) {
        let Some((turn, since)) = self.turn(is_so, limit, at) else { return };
        let host = host();
        let summary = format!("the origin on {host} {what}");
        let (rule, key) = (self.rule.to_owned(), format!("{}:{host}", self.rule));
        let alert = Alert { key, rule, severity: Severity::Critical, summary, turn, since, at, source: host };
        for channel in to {
            if let Err(error) = channel.tell(&alert).await {
                tracing::warn!(channel = channel.name.name(), %error, "E556 an alert could not be told");
            }
        }
    }
}

/// Whether the store is there. That it is away, or that nothing gets out of its outbox, is told straight away.
async fn is_there(origin: &Origin, to: &[Channel], (away, stuck): (&mut Straight, &mut Straight)) -> bool {
    let there = matches!(tokio::time::timeout(PATIENCE, origin.store.ping()).await, Ok(Ok(())));
    let now_ms = origin.clock.now_ms();
    let limit = origin.settings().alert_store_seconds.map(|seconds| Duration::from_secs(seconds.into()));
    away.look(to, !there, limit, "can't use its store", now_ms).await;
    if there && let Ok(waits) = audit::outbox_waits_ms(&*origin.store, now_ms).await {
        let what = "moves nothing on to the audit log and to whoever listens; its log has the cause";
        stuck.look(to, waits > audit::MAX_OUTBOX_MS, Some(Duration::ZERO), what, now_ms).await;
    }
    there
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus;
    use crate::bus::catalog::{ALERT_RAISED, ALERT_RESOLVED};
    use crate::clock::SystemClock;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{AuditLog as _, Bus as _, Maintenance as _, Urgency, Wanted};

    fn found(severity: Severity) -> Vec<Incident> {
        let (rule, about) = ("certificate_ends".to_owned(), host());
        vec![Incident { rule, about, severity, summary: "it ends".into(), since: 1, seen_at: 1 }]
    }

    #[test]
    fn what_keeps_alerts_from_getting_anywhere_is_told_once_and_when_it_is_over() {
        let (mut straight, at_once) = (Straight::new("store_away"), Some(Duration::ZERO));
        assert_eq!(straight.turn(false, at_once, 1), None);
        assert_eq!(straight.turn(true, Some(Duration::from_secs(60)), 2), None, "not for long enough");
        assert_eq!(straight.turn(true, None, 3), None, "nobody wants to hear of it");
        assert_eq!(straight.turn(true, at_once, 4), Some((Turn::Raised, 2)));
        assert_eq!(straight.turn(true, at_once, 5), None);
        assert_eq!(straight.turn(false, at_once, 6), Some((Turn::Resolved, 2)));
        assert_eq!(straight.turn(true, at_once, 7), Some((Turn::Raised, 7)));
    }

    #[tokio::test]
    async fn what_gets_worse_is_told_once_more_and_what_gets_better_when_it_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("a.db"), &SystemClock).await.unwrap();
        let mut counted = Counted::default();
        let mut now_ms = 0;
        for severity in [Severity::Warning, Severity::Critical, Severity::Warning] {
            for _ in 0..4 {
                now_ms += 1;
                compare(&store, &mut counted, found(severity), now_ms).await.unwrap();
            }
        }
        assert_eq!(open(&store).await.unwrap().values().next().map(|open| open.severity), Some(Severity::Critical));
        for _ in 0..LOOKS_TO_RESOLVE {
            compare(&store, &mut counted, Vec::new(), now_ms).await.unwrap();
        }
        while store.drain_outbox(100).await.unwrap() > 0 {}
        let wanted = Wanted { tenant: None, names: bus::names(&[]).unwrap(), urgent: Urgency::Any };
        let told = store.bus_events(&wanted, 0, 100).await.unwrap();
        let told: Vec<_> = told.events.iter().map(|row| row.event.name.as_str()).collect();
        assert_eq!(told, [ALERT_RAISED, ALERT_RAISED, ALERT_RESOLVED]);
        store.close().await;
    }
}
