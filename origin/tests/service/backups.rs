//! Backups that the running origin makes by itself, sealed, each with its drill; and what is told when one fails.

use std::path::Path;
use std::time::{Duration, Instant};

use lgdl_origin::alerts::open;
use lgdl_origin::backup::{self, Opened, is_sealed, schedule};
use lgdl_origin::clock::{Clock as _, HOUR_MS, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::ids::EpochId;
use lgdl_origin::objects::Location;
use lgdl_origin::random::SystemRandom;

use crate::client::{Edge, Later, commit, edge_with};

const KEY: &str = "b1:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";
const RING: &str = "k1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

async fn scheduled(folder: &Path, more: &[(&str, &str)]) -> Edge {
    let folder = folder.to_str().unwrap();
    let settings = [("LGDL_BACKUP_SCHEDULE", "1h"), ("LGDL_BACKUP_URL", folder), ("LGDL_ENCRYPTION_KEY", RING)];
    edge_with(&[&settings, more].concat()).await
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.is_file());
    files.sort();
    files
}

async fn until<T>(what: &str, mut found: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = found().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_origin_makes_a_backup_seals_it_and_restores_it_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let edge = scheduled(folder.path(), &[("LGDL_BACKUP_KEY", KEY), ("LGDL_BACKUP_KEEP", "1")]).await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let store = &edge.running.origin.store;
    until("the drill is noted", async || store.setting(backup::DRILLED_NOTE).await.unwrap()).await;
    let first = files(folder.path());
    assert_eq!(first.len(), 1);
    assert!(is_sealed(&first[0]).unwrap() && first[0].to_str().unwrap().ends_with(".backup.sealed"));
    let bytes = std::fs::read(&first[0]).unwrap();
    assert!(!bytes.windows(7).any(|part| part == b"SQLite "), "nothing of it is readable");
    let text = edge.http().get(edge.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for metric in ["lgdl_backup_last_timestamp_seconds", "lgdl_backup_drill_last_timestamp_seconds"] {
        assert!(text.lines().any(|line| line.starts_with(&format!("{metric} "))), "{metric}\n{text}");
    }
    // The next one an hour later, by whoever looks; and once.
    let config = edge.running.origin.settings();
    assert_eq!(schedule::look(store, &config, &SystemClock, None).await.unwrap(), None);
    let later = Later(HOUR_MS + 1_000);
    let made = schedule::look(store, &config, &later, None).await.unwrap().unwrap();
    assert_eq!((files(folder.path()), made.removed), (vec![made.file.folder().unwrap().clone()], 1), "one is kept");
    assert!(made.drilled.unwrap().holds());
    assert_eq!(schedule::look(store, &config, &later, None).await.unwrap(), None);

    // It is a whole store, for whoever has the key.
    let opened = Opened::of(&made.file, &config).await.unwrap();
    let restored = folder.path().join("restored.db");
    backup::restore_sqlite(opened.path(), &restored, SystemClock.now_ms()).unwrap();
    let without = Config { backup_key: None, ..(*config).clone() };
    let error = Opened::of(&made.file, &without).await.unwrap_err().to_string();
    assert!(error.starts_with("E508 ") && error.contains("LGDL_BACKUP_KEY"), "{error}");
}

#[tokio::test]
async fn a_backup_that_fails_is_an_incident_and_is_tried_again_later() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no folder");
    std::fs::write(&file, "").unwrap();
    let edge = scheduled(&file, &[("LGDL_ALERT_EVERY_SECONDS", "1")]).await;
    let store = &edge.running.origin.store;
    until("an incident", async || {
        open(&**store).await.unwrap().into_values().find(|incident| incident.rule == "backup_failed")
    })
    .await;
    let config = edge.running.origin.settings();
    assert_eq!(schedule::look(store, &config, &SystemClock, None).await.unwrap(), None, "not at once");
    std::fs::remove_file(&file).unwrap();
    let made = schedule::look(store, &config, &Later(11 * 60_000), None).await.unwrap();
    let made = made.unwrap().file;
    let made = made.folder().unwrap();
    #[cfg(unix)]
    for (path, mode) in [(&file, 0o700), (made, 0o600)] {
        let permissions = path.metadata().unwrap().permissions();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&permissions) & 0o777, mode, "{}", path.display());
    }
    assert!(made.exists());
}

#[tokio::test]
async fn only_a_drill_of_the_newest_backup_of_this_store_says_how_well_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (edge, other) = (edge_with(&[]).await, edge_with(&[]).await);
    let at = |name: &str| Location::Folder(folder.path().join(name));
    let make = async |edge: &Edge, name: &str| {
        let origin = &edge.running.origin;
        let (settings, file) = (origin.settings(), at(name));
        let made = backup::make_newest(&*origin.store, &settings, &file, None, &SystemClock, |_| ());
        made.await.unwrap();
    };
    make(&edge, "old").await;
    make(&edge, "new").await;
    make(&other, "theirs").await;
    std::fs::write(folder.path().join("junk"), "no backup").unwrap();
    let store = &*edge.running.origin.store;
    let drill = async |name: &str| {
        backup::drill_newest(store, &edge.running.origin.settings(), &at(name), None, &SystemClock).await
    };
    let noted = async || {
        let noted = async |note: &str| store.setting(note).await.unwrap().is_some();
        (noted(backup::DRILLED_NOTE).await, noted(backup::DRILL_FAILED_NOTE).await)
    };
    for name in ["old", "theirs"] {
        let report = drill(name).await.unwrap();
        assert!(report.holds() && !report.newest, "{name}");
    }
    drill("junk").await.unwrap_err();
    assert_eq!(noted().await, (false, false));
    assert!(drill("new").await.unwrap().newest);
    assert_eq!(noted().await, (true, false));
    std::fs::write(folder.path().join("new"), "no backup any more").unwrap();
    drill("new").await.unwrap_err();
    assert_eq!(noted().await, (true, true));
}

#[tokio::test]
async fn a_store_of_which_there_has_never_been_a_backup_is_an_incident_once_it_is_old_enough() {
    let folder = tempfile::tempdir().unwrap();
    let every_second = ("LGDL_ALERT_EVERY_SECONDS", "1");
    let awaited = edge_with(&[every_second, ("LGDL_BACKUP_URL", folder.path().to_str().unwrap())]).await;
    let not_awaited = edge_with(&[every_second]).await;
    let found = async |edge: &Edge| {
        let all = open(&*edge.running.origin.store).await.unwrap();
        all.into_values().find(|incident| incident.rule == "backup_old").map(|incident| incident.summary)
    };
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(found(&awaited).await, None, "it is new");
    for edge in [&awaited, &not_awaited] {
        let made_at = SystemClock.now_ms() - 27 * HOUR_MS;
        edge.running.origin.store.begin_epoch(EpochId::mint(made_at, &SystemRandom).as_str()).await.unwrap();
    }
    let summary = until("an incident", async || found(&awaited).await).await;
    assert!(summary.contains("never"), "{summary}");
    assert_eq!(found(&not_awaited).await, None, "nobody said that there are to be any");
}
