//! What was lately: how long commits took, and how many requests failed; and what the rules find in that, the store and the disk.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lgdl::settings::variable;
use serde::Serialize;

use super::{Incident, Severity, host};
use crate::archives::{FAILED_NOTE, WELL_NOTE};
use crate::audit::lag;
use crate::backup::{BACKUP_FAILED_NOTE, DRILL_FAILED_NOTE, DRILLED_NOTE, MADE_NOTE};
use crate::clock::{DAY_MS, HOUR_MS, MAX_CLOCK_OFF_MS, Millis};
use crate::config::Config;
use crate::consumer::position_of;
use crate::files::folder_of;
use crate::http::Origin;
use crate::ids::EpochId;
use crate::nodes;
use crate::store::{Result, Store, StoreError, WaitingQueue, WebhookRow, WebhookState};
use crate::tombstones::Kept;

/// How far back is looked.
const LATELY: Duration = Duration::from_secs(300);
/// Commits and requests that are remembered.
const REMEMBERED: usize = 10_000;
/// Fewer than these say nothing.
const ENOUGH: usize = 20;
/// What ends so soon, somebody has to look at now.
const ENDS_NOW_MS: Millis = 3 * DAY_MS;
/// Milliseconds of a minute.
const MINUTE_MS: Millis = 60_000;

/// How the last commits and requests went. One a process.
#[derive(Debug, Default)]
pub struct Recent {
    commits: Mutex<VecDeque<(Instant, f64)>>,
    requests: Mutex<VecDeque<(Instant, bool)>>,
}

/// What half, 95 and 99 of a hundred took at most, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half.
    pub p50: f64,
    /// 95 of a hundred.
    pub p95: f64,
    /// 99 of a hundred.
    pub p99: f64,
}

impl Recent {
    /// A commit took so long.
    pub fn commit(&self, took: Duration) {
        remember(&self.commits, took.as_secs_f64() * 1e3);
    }

    /// A request was answered with a status.
    pub fn request(&self, status: u16) {
        remember(&self.requests, status >= 500);
    }

    /// How long commits took lately; `None`: there were too few.
    pub fn commits(&self) -> Option<Percentiles> {
        let mut took = recent(&self.commits);
        if took.len() < ENOUGH {
            return None;
        }
        took.sort_by(f64::total_cmp);
        let of = |hundredth: usize| took.get(took.len() * hundredth / 100).copied();
        Some(Percentiles { p50: of(50)?, p95: of(95)?, p99: of(99)? })
    }

    /// The 95th percentile of commits, milliseconds; `None`: there were too few.
    fn commit_p95(&self) -> Option<f64> {
        self.commits().map(|took| took.p95)
    }

    /// How many of a hundred requests failed; `None`: there were too few.
    fn error_percent(&self) -> Option<usize> {
        let failed = recent(&self.requests);
        (failed.len() >= ENOUGH).then(|| failed.iter().filter(|failed| **failed).count() * 100 / failed.len())
    }
}

fn remember<T>(all: &Mutex<VecDeque<(Instant, T)>>, one: T) {
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= REMEMBERED {
        all.pop_front();
    }
    all.push_back((Instant::now(), one));
}

fn recent<T: Copy>(all: &Mutex<VecDeque<(Instant, T)>>) -> Vec<T> {
    let all = all.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().filter(|(at, _)| at.elapsed() < LATELY).map(|(_, one)| *one).collect()
}

/// What the rules find, and whose it is to judge.
pub(super) struct Look<'a> {
    origin: &'a Origin,
    config: Arc<Config>,
    now_ms: Millis,
    found: Vec<Incident>,
}

/// How long the place of the archive may not do what is asked of it.
const ARCHIVE_AWAY_MS: Millis = 10 * MINUTE_MS;

/// The rules that judge this process alone; others are the same for every origin.
pub(super) const OF_A_HOST: [&str; 7] = [
    "commits_slow",
    "errors",
    "disk_full",
    "certificate_ends",
    "tombstones_behind",
    "checkpoints_behind",
    "task_broke_down",
];

/// What is wrong now. `chain_broken`: what the last check of the audit log found.
pub(super) async fn look(origin: &Origin, now_ms: Millis, chain_broken: Option<String>) -> Result<Vec<Incident>> {
    let mut look = Look { origin, config: origin.settings(), now_ms, found: Vec::new() };
    look.this_process();
    look.nodes().await?;
    look.backups().await?;
    look.archive().await?;
    look.receivers().await?;
    look.keys().await?;
    look.queues().await?;
    if let Some(what) = chain_broken {
        look.find("audit_broken", "", Severity::Critical, what);
    }
    Ok(look.found)
}

impl Look<'_> {
    fn config(&self) -> &Config {
        &self.config
    }

    fn find(&mut self, rule: &str, about: &str, severity: Severity, summary: String) {
        let (rule, about, since, seen_at) = (rule.to_owned(), about.to_owned(), self.now_ms, self.now_ms);
        self.found.push(Incident { rule, about, severity, summary, since, seen_at });
    }

    fn this_process(&mut self) {
        let (host, recent) = (host(), &self.origin.metrics.recent);
        let (p95, errors) = (recent.commit_p95(), recent.error_percent());
        if let (Some(limit), Some(p95)) = (self.config().alert_commit_p95_ms, p95)
            && p95 > f64::from(limit)
        {
            let what = format!("commits take {p95:.0} ms (the 95th of a hundred), more than {limit} ms");
            self.find("commits_slow", &host, Severity::Warning, what);
        }
        if let (Some(limit), Some(percent)) = (self.config().alert_error_percent, errors)
            && percent > limit as usize
        {
            let what = format!("{percent} % of the requests fail, more than {limit} %");
            self.find("errors", &host, Severity::Critical, what);
        }
        if let (Some(days), Some(tls)) = (self.config().alert_certificate_days, self.origin.tls.clone()) {
            self.certificate(&host, days, tls.ends_at() * 1000, tls.fault());
        }
        let broken = self.origin.metrics.broken_down.lately(self.now_ms);
        if !broken.is_empty() {
            let what = format!(
                "on {host} broke down what must go on, and began again: {}; the log has the cause",
                broken.join(", ")
            );
            self.find("task_broke_down", &host, Severity::Warning, what);
        }
        if self.origin.gate.tombstones.as_ref().is_some_and(Kept::is_behind) {
            let what = format!(
                "{host} can't write its file of tombstones: nothing is called erased there, and the log has the cause"
            );
            self.find("tombstones_behind", &host, Severity::Critical, what);
        }
        if self.origin.metrics.checkpoints_fail.load(Ordering::Relaxed) {
            let what = format!(
                "{host} can't write its file of checkpoints: nothing proves what the audit log holds from now on, and the log has the cause"
            );
            self.find("checkpoints_behind", &host, Severity::Critical, what);
        }
        if let Some(limit) = self.config().alert_disk_percent {
            let full: Vec<String> = disks(self.config())
                .into_iter()
                .filter_map(|(what, folder)| Some((what, disk_used_percent(&folder)?)))
                .filter(|(_, used)| *used > u64::from(limit))
                .map(|(what, used)| format!("the disk of {what} is {used} % full"))
                .collect();
            if !full.is_empty() {
                let what = format!("{}: more than {limit} %", full.join(", "));
                self.find("disk_full", &host, Severity::Critical, what);
            }
        }
    }

    /// A certificate that ends soon, or has ended: most likely its renewal fails.
    fn certificate(&mut self, host: &str, days: u32, ends_at: Millis, fault: Option<String>) {
        let left = ends_at - self.now_ms;
        let why = fault.map(|fault| format!("; {fault}")).unwrap_or_default();
        let Some(severity) = ends(left, days) else { return };
        let what = match left {
            i64::MIN..=0 => format!("the certificate of {host} has ended: nobody can connect{why}"),
            1..DAY_MS => format!("the certificate of {host} ends in {} hours{why}", left / HOUR_MS),
            _ => format!("the certificate of {host} ends in {} days{why}", left / DAY_MS),
        };
        self.find("certificate_ends", host, severity, what);
    }

    /// Persons who wait for somebody, longer than they should.
    async fn queues(&mut self) -> Result<()> {
        let Some(minutes) = self.config().alert_handover_minutes else { return Ok(()) };
        let limit_ms = Millis::from(minutes) * MINUTE_MS;
        for queue in self.origin.store.waiting_handovers(self.now_ms - limit_ms).await? {
            let WaitingQueue { tenant, queue, waiting, since } = queue;
            let longest = self.now_ms.saturating_sub(since) / MINUTE_MS;
            let what = format!(
                "in the queue {queue} of the tenant {tenant} {waiting} persons wait for somebody for more than {minutes} min, \
                 the first for {longest} min"
            );
            self.find("handovers_wait", &format!("{tenant}/{queue}"), Severity::Critical, what);
        }
        Ok(())
    }

    async fn nodes(&mut self) -> Result<()> {
        let minutes = self.config().alert_journal_minutes;
        for row in self.origin.store.nodes().await? {
            let waits = row.report.waiting_since_ms.map(|since| self.now_ms.saturating_sub(since));
            if let (Some(limit), Some(waits)) = (minutes, waits)
                && waits > Millis::from(limit) * MINUTE_MS
            {
                let what = format!(
                    "{} turns wait at the node {}, the oldest for {} min",
                    row.report.waiting,
                    row.name,
                    waits / MINUTE_MS
                );
                self.find("journal_old", &row.name, Severity::Critical, what);
            }
            if row.report.aside > 0 && minutes.is_some() {
                let what = format!(
                    "{} turns were set aside at the node {}: somebody has to decide",
                    row.report.aside, row.name
                );
                self.find("turns_aside", &row.name, Severity::Warning, what);
            }
            // What a silent node told of its disk, its clock and its breaker is no news; what waits there and what was set aside is.
            let tells = row.silent_since.is_none();
            if row.report.unremoved > 0 && minutes.is_some() && tells {
                let what = format!(
                    "the node {} can't remove {} turns that it is done with: is its disk full?",
                    row.name, row.report.unremoved
                );
                self.find("journal_unremoved", &row.name, Severity::Warning, what);
            }
            if let Some(name) = nodes::same_name(&row, self.now_ms).filter(|_| minutes.is_some()) {
                self.find("nodes_of_one_name", &row.name, Severity::Warning, nodes::same_name_told(name));
            }
            let named = row.clock_ahead_ms.abs() > MAX_CLOCK_OFF_MS;
            if named && minutes.is_some() && tells {
                let what = format!("the clock of the node {} is off by {} s", row.name, row.clock_ahead_ms / 1000);
                self.find("clock_off", &row.name, Severity::Warning, what);
            }
            if row.report.breaker == "open" && minutes.is_some() && tells {
                let what = format!("the node {} has given the origin up: its breaker is open", row.name);
                self.find("breaker_open", &row.name, Severity::Warning, what);
            }
        }
        Ok(())
    }

    async fn backups(&mut self) -> Result<()> {
        let Some(limit) = self.config().alert_backup_hours else { return Ok(()) };
        let store = &*self.origin.store;
        let limit_ms = Millis::from(limit) * HOUR_MS;
        match age(store, MADE_NOTE, self.now_ms).await? {
            Some(age) if age > limit_ms => {
                self.find("backup_old", "", Severity::Warning, format!("the last backup is {} h old", age / HOUR_MS));
            }
            // Who says nothing of backups may have the database's own.
            None if expects_backups(self.config()) && age_of(store, self.now_ms).await? > limit_ms => {
                self.find("backup_old", "", Severity::Warning, "there has never been a backup of this store".into());
            }
            Some(_) | None => {}
        }
        let (failed, made) =
            (age(store, BACKUP_FAILED_NOTE, self.now_ms).await?, age(store, MADE_NOTE, self.now_ms).await?);
        if failed.is_some_and(|failed| made.is_none_or(|made| failed < made)) {
            self.find("backup_failed", "", Severity::Warning, "the last backup that was due could not be made".into());
        }
        let failed = age(store, DRILL_FAILED_NOTE, self.now_ms).await?;
        let well = age(store, DRILLED_NOTE, self.now_ms).await?;
        if failed.is_some_and(|failed| well.is_none_or(|well| failed < well)) {
            self.find("drill_failed", "", Severity::Critical, "the last drill could not restore its backup".into());
        }
        Ok(())
    }

    async fn archive(&mut self) -> Result<()> {
        if self.config().archive_url.is_none() {
            return Ok(());
        }
        let store = &*self.origin.store;
        let (failed, well) = (age(store, FAILED_NOTE, self.now_ms).await?, age(store, WELL_NOTE, self.now_ms).await?);
        // A moment is nothing: what goes there waits, and what comes from there is asked for again.
        if failed.is_some_and(|failed| well.is_none_or(|well| failed < well && well > ARCHIVE_AWAY_MS)) {
            let what = "the place of the archive does not do what is asked of it; the log has the cause";
            self.find("archive_failed", "", Severity::Warning, what.into());
        }
        Ok(())
    }

    async fn receivers(&mut self) -> Result<()> {
        let Some(limit) = self.config().alert_push_minutes else { return Ok(()) };
        let (store, limit_ms) = (&*self.origin.store, Millis::from(limit) * MINUTE_MS);
        if self.config().audit_push_url.is_some() {
            let lag = lag(store, self.now_ms).await?;
            if lag.waiting_ms > limit_ms {
                let what = format!(
                    "{} links of the audit log wait for the SIEM, the oldest for {} min",
                    lag.links,
                    lag.waiting_ms / MINUTE_MS
                );
                self.find("push_behind", "", Severity::Warning, what);
            }
        }
        for row in store.webhooks(None).await? {
            let position = position_of(store, &WebhookRow::note(&row.id)).await?;
            let name = format!("{} of the tenant {}", row.hook.name, row.tenant);
            match &row.hook.state {
                WebhookState::Paused { why, .. } if position.failures > 0 => {
                    self.find(
                        "webhook_paused",
                        row.id.as_str(),
                        Severity::Warning,
                        format!("the webhook {name} is paused: {why}"),
                    );
                }
                WebhookState::Active if position.failures > 0 && self.now_ms - position.failing_since > limit_ms => {
                    let minutes = (self.now_ms - position.failing_since) / MINUTE_MS;
                    let what = format!("the webhook {name} has taken nothing for {minutes} min");
                    self.find("webhook_behind", row.id.as_str(), Severity::Warning, what);
                }
                WebhookState::Paused { .. } | WebhookState::Active => {}
            }
        }
        Ok(())
    }

    async fn keys(&mut self) -> Result<()> {
        let Some(days) = self.config().alert_expiry_days else { return Ok(()) };
        let store = &*self.origin.store;
        let mut tenants: Vec<String> = store.all_games().await?.into_iter().map(|game| game.tenant).collect();
        tenants.push(crate::serve::DEFAULT_TENANT.to_owned());
        tenants.sort();
        tenants.dedup();
        for tenant in tenants {
            for key in store.keys(&tenant).await? {
                let left = key.expires_at.map(|end| end - self.now_ms);
                // One that is over is over: whoever had it was told.
                let left = left.filter(|left| key.revoked_at.is_none() && *left >= 0);
                if let Some((left, severity)) = left.and_then(|left| Some((left, ends(left, days)?))) {
                    let what =
                        format!("the API key {} of the tenant {tenant} expires in {} days", key.name, left / DAY_MS);
                    self.find("key_expires", key.id.as_str(), severity, what);
                }
            }
        }
        Ok(())
    }
}

/// How bad it is that something ends in `left` where that is told so many days before; nothing where that is far away.
pub(crate) fn ends(left: Millis, days: u32) -> Option<Severity> {
    let told = Millis::from(days) * DAY_MS;
    match left {
        left if left <= (told / 4).min(ENDS_NOW_MS) => Some(Severity::Critical),
        left if left < told => Some(Severity::Warning),
        _ => None,
    }
}

/// What this process writes, and where.
fn disks(config: &Config) -> Vec<(&'static str, PathBuf)> {
    let store = config.postgres_url.is_none().then(|| ("the store", folder_of(&config.sqlite_path).to_owned()));
    let others = [("the backups", &config.backup_url), ("the archive", &config.archive_url)];
    let others = others.into_iter().filter_map(|(what, place)| Some((what, place.as_ref()?.folder()?.clone())));
    store.into_iter().chain(others).collect()
}

/// Whether the settings say that `lgdl backup` makes backups: where they go, when, or how old one may be.
fn expects_backups(config: &Config) -> bool {
    let given = |name: &str| config.effective.iter().any(|one| one.name == variable(name) && one.source != "default");
    config.backup_url.is_some() || config.backup_schedule.is_some() || given("alert_backup_hours")
}

/// How long there has been this store, or the one that was restored in its place.
async fn age_of(store: &dyn Store, now_ms: Millis) -> Result<Millis> {
    let epoch: Option<EpochId> = store.epoch().await?.parse().ok();
    Ok(epoch.map_or(0, |epoch| now_ms.saturating_sub(epoch.made_at())))
}

/// How long ago something was noted.
async fn age(store: &dyn Store, note: &str, now_ms: Millis) -> Result<Option<Millis>> {
    let Some(text) = store.setting(note).await? else { return Ok(None) };
    let at: Millis = text.parse().map_err(|error| StoreError::Damaged(format!("setting {note}: {error}")))?;
    Ok(Some(now_ms.saturating_sub(at)))
}

/// How full the disk of a folder is; `None`: it does not say.
fn disk_used_percent(folder: &Path) -> Option<u64> {
    let disk = match rustix::fs::statvfs(folder) {
        Ok(disk) => disk,
        Err(error) => {
            tracing::debug!(%error, "the disk does not say how full it is");
            return None;
        }
    };
    let usable = disk.f_blocks.saturating_sub(disk.f_bfree).saturating_add(disk.f_bavail);
    (usable > 0).then(|| 100 - disk.f_bavail.saturating_mul(100) / usable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_say_nothing_and_enough_say_how_slow_and_how_bad_it_is() {
        let recent = Recent::default();
        for _ in 0..ENOUGH - 1 {
            recent.commit(Duration::from_millis(900));
            recent.request(500);
        }
        assert_eq!((recent.commit_p95(), recent.error_percent()), (None, None));
        for _ in 0..81 {
            recent.commit(Duration::from_millis(10));
            recent.request(200);
        }
        assert_eq!(recent.commits(), Some(Percentiles { p50: 10.0, p95: 900.0, p99: 900.0 }));
        assert_eq!(recent.commit_p95(), Some(900.0));
        assert_eq!(recent.error_percent(), Some(19));
    }

    #[test]
    fn what_ends_is_told_in_time_and_becomes_urgent_before_it_is_over() {
        let severity = |days: Millis| ends(days * DAY_MS, 14);
        assert_eq!((severity(20), severity(14)), (None, None));
        assert_eq!((severity(13), severity(4)), (Some(Severity::Warning), Some(Severity::Warning)));
        assert_eq!((severity(3), severity(-1)), (Some(Severity::Critical), Some(Severity::Critical)));
        assert_eq!(ends(20 * HOUR_MS, 1), Some(Severity::Warning), "certificates of a day are renewed every day");
        assert_eq!(ends(5 * HOUR_MS, 1), Some(Severity::Critical));
    }

    #[test]
    fn a_disk_says_how_full_it_is() {
        let used = disk_used_percent(Path::new(".")).unwrap();
        assert!(used <= 100, "{used}");
        assert_eq!(disk_used_percent(Path::new("no such folder")), None);
    }
}
