//! Backups that are made by themselves: when one is due, which are kept, and the drill after each.
//!
//! Whoever runs (an origin, or `lgdl backup --schedule`) looks; a note of the store says who has begun, so that one of them does it. What
//! came of it is noted, told in the audit log and in metrics, and watched by the alerts.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::json;

use super::{
    BACKUP_FAILED_NOTE, BackupError, DrillReport, MADE_NOTE, OPEN_PREFIX, SUM, drill_newest, make_newest, not_written,
    open_place,
};
use crate::audit::{self, events};
use crate::clock::{Clock, DAY_MS, HOUR_MS, Millis};
use crate::config::{Config, Live};
use crate::files::{PARTIAL, make_private_folder};
use crate::objects::{Location, Place};
use crate::serve::DEFAULT_TENANT;
use crate::store::{Store, StoreError};

/// How often it is looked whether one is due.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// When one that failed is tried again.
const AGAIN_AFTER_MS: Millis = 10 * MINUTE_MS;
/// The note of when the last one was begun.
const BEGUN_NOTE: &str = "local:backup_begun";
/// The note of whoever makes one that it is still at it.
const ALIVE_NOTE: &str = "local:backup_alive";
/// How often that is noted.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// How long after the last such note one counts as broken off: whoever was at it was killed.
const BROKEN_OFF_AFTER_MS: Millis = 5 * MINUTE_MS;
/// Who makes them, for the audit log.
const ACTOR: &str = "schedule";
const MINUTE_MS: Millis = 60_000;
/// How long a backup lies open at most until it is sealed, or a drill takes.
const OPEN_AT_MOST_MS: Millis = DAY_MS;
/// Times of the day at most.
const MAX_TIMES: usize = 24;
/// Hours between two backups at most.
const MAX_HOURS: Millis = 24 * 31;

/// When backups are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// So many milliseconds after the one before.
    Every(Millis),
    /// At these times of the day, milliseconds since midnight UTC.
    At(Vec<Millis>),
}

impl Schedule {
    /// Reads `6h`, or `02:30,14:30`.
    ///
    /// # Errors
    /// What it must be.
    pub fn parse(text: &str) -> Result<Schedule, String> {
        let problem = || "must be hours such as 6h, or times of the day such as 02:30,14:30, UTC".to_owned();
        if let Some(hours) = text.strip_suffix('h') {
            let hours: Millis = hours.trim().parse().map_err(|_| problem())?;
            return if (1..=MAX_HOURS).contains(&hours) {
                Ok(Schedule::Every(hours * HOUR_MS))
            } else {
                Err(problem())
            };
        }
        let time = |text: &str| {
            let (hours, minutes) = text.trim().split_once(':')?;
            let (hours, minutes): (Millis, Millis) = (hours.parse().ok()?, minutes.parse().ok()?);
            ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some((hours * 60 + minutes) * MINUTE_MS)
        };
        let times = text.split(',').map(time).collect::<Option<Vec<_>>>().ok_or_else(problem)?;
        if times.len() > MAX_TIMES { Err(problem()) } else { Ok(Schedule::At(times)) }
    }

    /// Whether one is due, where the last one was begun then; the first is at once.
    #[must_use]
    pub fn is_due(&self, last: Option<Millis>, now_ms: Millis) -> bool {
        let before = match self {
            Schedule::Every(ms) => now_ms - ms,
            Schedule::At(times) => {
                let midnight = now_ms - now_ms.rem_euclid(DAY_MS);
                let past =
                    |time: &Millis| if midnight + time <= now_ms { midnight + time } else { midnight + time - DAY_MS };
                times.iter().map(past).max().unwrap_or(Millis::MIN)
            }
        };
        last.is_none_or(|last| match self {
            Schedule::Every(_) => last <= before,
            Schedule::At(_) => last < before,
        })
    }
}

/// A backup that was made by the schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Where it lies.
    pub file: Location,
    /// Its size, bytes.
    pub bytes: u64,
    /// Backups that were removed, being past their time.
    pub removed: usize,
    /// What the drill found, if one was made.
    pub drilled: Option<DrillReport>,
}

/// Makes backups as the settings say, until the task is dropped. `programs`: where PostgreSQL's lie, if not on `PATH`.
pub async fn keep(store: &Arc<dyn Store>, live: &Live, clock: &dyn Clock, programs: Option<&Path>) {
    let mut changes = live.changes();
    loop {
        let config = live.now();
        match look(store, &config, clock, programs).await {
            Ok(None) => {}
            Ok(Some(made)) => {
                let (bytes, removed, drilled) = (made.bytes, made.removed, made.drilled.is_some());
                tracing::info!(file = %made.file, bytes, removed, drilled, "a backup was made");
            }
            Err(error) => tracing::error!(%error, "a backup that was due was not made, or does not hold"),
        }
        // An error means that nobody can put other settings there any more.
        let _ = tokio::time::timeout(LOOK_EVERY, changes.changed()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Looks once: makes a backup if one is due and nobody else has begun it.
///
/// # Errors
/// When it can't be made, or the drill could not restore it.
pub async fn look(
    store: &Arc<dyn Store>,
    config: &Config,
    clock: &dyn Clock,
    programs: Option<&Path>,
) -> Result<Option<Made>, BackupError> {
    let (Some(schedule), Some(location)) = (&config.backup_schedule, &config.backup_url) else { return Ok(None) };
    let now_ms = clock.now_ms();
    let begun = store.setting(BEGUN_NOTE).await?;
    let last = begun.as_deref().map(|text| at(BEGUN_NOTE, text)).transpose()?;
    let failed = noted(&**store, BACKUP_FAILED_NOTE).await?;
    let made = noted(&**store, MADE_NOTE).await?;
    // What failed is tried again, but not at once, and not for ever at the pace of looks.
    let again = failed
        .is_some_and(|failed| last.is_some_and(|last| failed >= last) && now_ms - failed >= AGAIN_AFTER_MS)
        && made < failed;
    let unfinished = last.is_some() && made < last && failed < last;
    let alive = noted(&**store, ALIVE_NOTE).await?.max(last);
    let broken_off = unfinished && alive.is_some_and(|alive| now_ms - alive > BROKEN_OFF_AFTER_MS);
    if !schedule.is_due(last, now_ms) && !again && !broken_off {
        return Ok(None);
    }
    if !store.replace_note(BEGUN_NOTE, begun.as_deref(), &now_ms.to_string()).await? {
        return Ok(None);
    }
    let place = Place::new(location.clone(), config.objects.clone());
    let name = name(now_ms, config, &store_name(&**store).await?);
    scheduled(store, config, clock, programs, &place, &name).await.map(Some)
}

async fn scheduled(
    store: &Arc<dyn Store>,
    config: &Config,
    clock: &dyn Clock,
    programs: Option<&Path>,
    place: &Place,
    name: &str,
) -> Result<Made, BackupError> {
    let file = place.location().join(name);
    tell(&**store, clock.now_ms(), events::BACKUP_MADE, json!({})).await?;
    // Told first, so that the backup has it too.
    audit::drain(&**store).await?;
    let making = async {
        if let Location::Folder(folder) = place.location() {
            make_private_folder(folder).map_err(|error| not_written(folder, &error))?;
            remove_halves(folder)?;
        }
        remove_left_overs(config, clock.now_ms())?;
        make_newest(&**store, config, &file, programs, clock, |_| ()).await
    };
    let made = tokio::select! {
        made = making => made,
        never = tell_that_alive(&**store, clock) => match never {},
    };
    let bytes = match made {
        Ok(bytes) => bytes,
        Err(error) => {
            store.note(BACKUP_FAILED_NOTE, &clock.now_ms().to_string()).await?;
            return Err(error);
        }
    };
    let drilled = match config.backup_drill {
        true => Some(after(store, config, clock, programs, &file).await?),
        false => None,
    };
    // Only now: what is there is not given up for one that does not hold.
    let removed = remove_old(place, config, &store_name(&**store).await?, clock.now_ms()).await?;
    Ok(Made { file, bytes, removed, drilled })
}

/// Notes that somebody is at it, for as long as it is polled.
async fn tell_that_alive(store: &dyn Store, clock: &dyn Clock) -> Infallible {
    loop {
        if let Err(error) = store.note(ALIVE_NOTE, &clock.now_ms().to_string()).await {
            tracing::debug!(%error, "that a backup is being made can't be noted");
        }
        tokio::time::sleep(ALIVE_EVERY).await;
    }
}

/// The drill after a backup, with what came of it.
async fn after(
    store: &Arc<dyn Store>,
    config: &Config,
    clock: &dyn Clock,
    programs: Option<&Path>,
    file: &Location,
) -> Result<DrillReport, BackupError> {
    let done = drill_newest(&**store, config, file, programs, clock).await;
    let well = done.as_ref().is_ok_and(DrillReport::holds);
    tell(&**store, clock.now_ms(), events::BACKUP_DRILLED, json!({"holds": well})).await?;
    let report = done?;
    if well { Ok(report) } else { Err(BackupError::Unreadable("`lgdl restore --drill` names what".into())) }
}

async fn tell(store: &dyn Store, now_ms: Millis, event: &str, detail: serde_json::Value) -> Result<(), StoreError> {
    store.enqueue(vec![events::of(now_ms, DEFAULT_TENANT, event, ACTOR, store.kind(), detail)]).await
}

async fn noted(store: &dyn Store, note: &str) -> Result<Option<Millis>, StoreError> {
    store.setting(note).await?.as_deref().map(|text| at(note, text)).transpose()
}

fn at(note: &str, text: &str) -> Result<Millis, StoreError> {
    text.parse().map_err(|error| StoreError::Damaged(format!("setting {note}: {error}")))
}

const PREFIX: &str = "lgdl-";
const TIME: &str = "%Y%m%dT%H%M%SZ";
const PLAIN: &str = ".backup";
const SEALED: &str = ".backup.sealed";

/// The name of a backup of that time.
fn name(now_ms: Millis, config: &Config, store: &str) -> String {
    let time = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(TimeZone::UTC);
    let suffix = if config.backup_key.is_some() { SEALED } else { PLAIN };
    format!("{PREFIX}{}-{store}{suffix}", time.strftime(TIME))
}

/// What names a store in its backups: the end of its epoch, which another store does not have.
async fn store_name(store: &dyn Store) -> Result<String, StoreError> {
    const LENGTH: usize = 8;
    let epoch = store.epoch().await?;
    let tail = epoch.len().saturating_sub(LENGTH);
    Ok(epoch.get(tail..).unwrap_or(&epoch).to_lowercase())
}

/// When a file of that name was made and of which store, if it is one of ours.
fn made_of(name: &str) -> Option<(Millis, &str)> {
    let rest = name.strip_prefix(PREFIX)?;
    let rest = rest.strip_suffix(SEALED).or_else(|| rest.strip_suffix(PLAIN))?;
    let (time, store) = rest.split_once('-')?;
    let time = jiff::civil::DateTime::strptime(TIME, time).ok()?;
    Some((time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond(), store))
}

/// A backup that lies where they are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where.
    pub file: Location,
    /// Its size, bytes.
    pub bytes: u64,
}

/// The backups that lie in a place, of whichever store; those of a store are in their order.
///
/// # Errors
/// When it can't be read.
pub async fn kept(place: &Place) -> Result<Vec<Kept>, BackupError> {
    let objects = place.list_here().await.map_err(BackupError::Place)?.into_iter();
    let ours = objects.filter(|object| made_of(&object.name).is_some());
    Ok(ours.map(|object| Kept { file: place.location().join(&object.name), bytes: object.bytes }).collect())
}

/// Whether a place holds backups of another store than that; any, where there is none.
///
/// # Errors
/// When it can't be read, or the store fails.
pub async fn holds_of_another(place: &Place, store: Option<&dyn Store>) -> Result<bool, BackupError> {
    let own = match store {
        Some(store) => Some(store_name(store).await?),
        None => None,
    };
    let objects = place.list_here().await.map_err(BackupError::Place)?;
    let of = objects.iter().filter_map(|object| made_of(&object.name));
    Ok(of.map(|(_, of)| of).any(|of| own.as_deref() != Some(of)))
}

/// Removes half a file that a process which was killed has left in `folder`, where nobody else makes one now.
fn remove_halves(folder: &Path) -> Result<(), BackupError> {
    for path in entries(folder)? {
        let name = path.file_name().and_then(|name| name.to_str());
        if name.and_then(|name| name.strip_suffix(PARTIAL)).is_some_and(|name| made_of(name).is_some()) {
            std::fs::remove_file(&path).map_err(|error| BackupError::File(path, error))?;
        }
    }
    Ok(())
}

/// Removes what such a process has left of what lay open or was on its way, once it is so old that nobody is at it.
fn remove_left_overs(config: &Config, now_ms: Millis) -> Result<(), BackupError> {
    let is_old = |path: &Path| match std::fs::metadata(path).and_then(|folder| folder.modified()) {
        Ok(changed) => {
            let since = changed.duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_millis();
            Ok(Millis::try_from(since).is_ok_and(|since| since + OPEN_AT_MOST_MS < now_ms))
        }
        // Whoever was at it has ended meanwhile.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(BackupError::File(path.to_owned(), error)),
    };
    for path in entries(&open_place(config))? {
        let ours = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(OPEN_PREFIX));
        if ours && is_old(&path)? {
            std::fs::remove_dir_all(&path).map_err(|error| BackupError::File(path, error))?;
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let read = std::fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    read.map_err(|error| BackupError::File(folder.to_owned(), error))
}

/// Removes the backups of that store that are neither among its last ones nor young enough; returns how many. Those of another
/// store are nobody's to remove: an origin that began on an empty one, because its own was lost, must not take away what is left of it.
async fn remove_old(place: &Place, config: &Config, store: &str, now_ms: Millis) -> Result<usize, BackupError> {
    let made = |name: &str| made_of(name).filter(|(_, of)| *of == store).map(|(at, _)| at);
    let objects = place.list_here().await.map_err(BackupError::Place)?;
    let mut ours: Vec<_> = objects.into_iter().filter_map(|one| Some((made(&one.name)?, one.name))).collect();
    ours.sort();
    let young = config.backup_keep_days.map_or(Millis::MAX, |days| now_ms - Millis::from(days) * DAY_MS);
    let (mut removed, last) = (0, config.backup_keep as usize);
    let beyond = ours.len().saturating_sub(last);
    for (_, name) in ours.into_iter().take(beyond).filter(|(at, _)| *at < young) {
        place.remove(&name).await.map_err(BackupError::Place)?;
        place.remove(&format!("{name}{SUM}")).await.map_err(BackupError::Place)?;
        removed += 1;
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::Access;

    /// 2030-01-01T00:00:00Z.
    const MIDNIGHT: Millis = 1_893_456_000_000;

    #[test]
    fn a_schedule_is_hours_or_times_of_the_day() {
        assert_eq!(Schedule::parse("6h"), Ok(Schedule::Every(6 * HOUR_MS)));
        let times = vec![(2 * 60 + 30) * MINUTE_MS, 14 * HOUR_MS];
        assert_eq!(Schedule::parse("02:30, 14:00"), Ok(Schedule::At(times)));
        for wrong in ["", "h", "0h", "6", "24:00", "02:60", "02:30,", "every day", "9999h"] {
            assert!(Schedule::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_is_due_at_its_time_once_also_where_its_time_was_missed() {
        let night = Schedule::parse("02:30,14:30").unwrap();
        let time = |hours: Millis, minutes: Millis| MIDNIGHT + hours * HOUR_MS + minutes * MINUTE_MS;
        assert!(night.is_due(None, time(1, 0)), "the first is at once");
        assert!(!night.is_due(Some(time(1, 0)), time(2, 29)));
        assert!(night.is_due(Some(time(1, 0)), time(2, 30)));
        assert!(!night.is_due(Some(time(2, 30)), time(2, 31)), "once");
        assert!(night.is_due(Some(time(2, 30)), time(20, 0)), "nobody ran at half past two");
        assert!(
            !night.is_due(Some(time(20, 0)), time(24 + 2, 29)) && night.is_due(Some(time(20, 0)), time(24 + 2, 30))
        );
        let hours = Schedule::parse("6h").unwrap();
        assert!(!hours.is_due(Some(MIDNIGHT), time(5, 59)) && hours.is_due(Some(MIDNIGHT), time(6, 0)));
    }

    #[tokio::test]
    async fn the_last_ones_and_the_young_ones_are_kept_and_files_of_others_too() {
        let folder = tempfile::tempdir().unwrap();
        let config = |more: &[(&str, &str)]| {
            let given = [("LGDL_EDGE_UNSIGNED", "true")].iter().chain(more);
            Config::read("", given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))).unwrap()
        };
        let plain = config(&[("LGDL_BACKUP_KEEP", "2"), ("LGDL_BACKUP_KEEP_DAYS", "3")]);
        for day in 0..6 {
            std::fs::write(folder.path().join(name(MIDNIGHT + day * DAY_MS, &plain, "1a2b3c4d")), "").unwrap();
        }
        for other in [
            "lgdl-20200101T000000Z-another1.backup",
            "lgdl-20300101T000000Z-1a2b3c4d.txt",
            "lgdl-yesterday.backup",
            "mine.backup",
        ] {
            std::fs::write(folder.path().join(other), "").unwrap();
        }
        let left = || {
            let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
            names.filter(|name| made_of(name.to_str().unwrap()).is_some_and(|(_, of)| of == "1a2b3c4d")).count()
        };
        assert_eq!(made_of("lgdl-20300101T000000Z-1a2b3c4d.backup.sealed"), Some((MIDNIGHT, "1a2b3c4d")));
        let now = MIDNIGHT + 5 * DAY_MS;
        let place = Place::new(Location::Folder(folder.path().to_owned()), Access::default());
        assert_eq!(
            (remove_old(&place, &plain, "1a2b3c4d", now).await.unwrap(), left()),
            (2, 4),
            "three days old is young enough"
        );
        assert_eq!(
            (remove_old(&place, &plain, "1a2b3c4d", now + 90 * DAY_MS).await.unwrap(), left()),
            (2, 2),
            "the last two stay"
        );
        let one = config(&[("LGDL_BACKUP_KEEP", "1")]);
        assert_eq!(
            (remove_old(&place, &one, "1a2b3c4d", now).await.unwrap(), left()),
            (1, 1),
            "without days, by their number alone"
        );
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
        let open = tempfile::tempdir().unwrap();
        std::fs::create_dir(open.path().join("lgdl-open-x1")).unwrap();
        std::fs::write(folder.path().join("lgdl-20300101T000000Z-1a2b3c4d.backup.sealed.partial"), "").unwrap();
        std::fs::write(folder.path().join("theirs.partial"), "").unwrap();
        let beside = config(&[("LGDL_SQLITE_PATH", &open.path().join("lgdl.db").to_string_lossy())]);
        let today = Millis::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
        remove_halves(folder.path()).unwrap();
        remove_left_overs(&beside, today).unwrap();
        assert_eq!(std::fs::read_dir(open.path()).unwrap().count(), 1, "somebody may be at it");
        remove_left_overs(&beside, today + 2 * DAY_MS).unwrap();
        assert_eq!(std::fs::read_dir(open.path()).unwrap().count(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 6);
    }
}
