//! Backups in a bucket: made, sealed, tried from there, and removed when their time is over.

use lgdl_origin::backup::{self, Opened, schedule};
use lgdl_origin::clock::{Clock as _, HOUR_MS, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::objects::Location;
use lgdl_s3::Faults;

use crate::client::{Edge, Later, commit, edge_with};
use crate::server::{Server, borrowed};

const KEY: &str = "b1:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=";

/// An origin without a schedule of its own, and the settings of one that has it.
async fn scheduled(server: &Server, more: &[(&str, &str)]) -> (Edge, Config) {
    let edge = edge_with(&borrowed(&server.settings(&[]))).await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let database = edge.folder.path().join("lgdl.db");
    let given = [
        ("LGDL_BACKUP_SCHEDULE", "1h"),
        ("LGDL_BACKUP_URL", "s3://kept/backups"),
        ("LGDL_SQLITE_PATH", database.to_str().unwrap()),
    ];
    (edge, server.config(&[&given, more].concat()))
}

#[tokio::test]
async fn a_backup_is_made_sealed_brought_there_and_tried_from_there() {
    let server = Server::start();
    server.fails(Faults { refuse_every: 5, ..Faults::default() });
    let (edge, config) = scheduled(&server, &[("LGDL_BACKUP_KEY", KEY), ("LGDL_BACKUP_KEEP", "2")]).await;
    let store = &edge.running.origin.store;
    let mut made = Vec::new();
    for hour in 0..4 {
        let look = schedule::look(store, &config, &Later(hour * (HOUR_MS + 1_000)), None).await.unwrap().unwrap();
        assert!(look.drilled.as_ref().unwrap().holds() && look.bytes > 0);
        made.push(look);
    }
    assert_eq!(made.iter().map(|one| one.removed).collect::<Vec<_>>(), [0, 0, 1, 1]);
    let kept = schedule::kept(&server.place("backups")).await.unwrap();
    assert_eq!(kept.iter().map(|one| &one.file).collect::<Vec<_>>(), [&made[2].file, &made[3].file]);
    assert!(kept[1].file.to_string().starts_with("s3://kept/backups/lgdl-") && kept[1].bytes == made[3].bytes);
    for object in server.objects() {
        let bytes = std::fs::read(object).unwrap();
        assert!(!bytes.windows(7).any(|part| part == b"SQLite "), "it is sealed");
    }
    // Nothing of it is left on this machine.
    let beside = std::fs::read_dir(edge.folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(beside.into_iter().all(|name| !name.to_str().unwrap().starts_with("lgdl-open-")));

    // It is a whole store, for whoever has the key.
    let opened = Opened::of(&made[3].file, &config).await.unwrap();
    let restored = edge.folder.path().join("restored.db");
    backup::restore_sqlite(opened.path(), &restored, SystemClock.now_ms()).unwrap();
    let without = Config { backup_key: None, ..config.clone() };
    let error = Opened::of(&made[3].file, &without).await.unwrap_err().to_string();
    assert!(error.starts_with("E508 "), "{error}");
    let named = Location::parse("s3://kept/by-hand/monday.backup").unwrap();
    assert!(backup::make(&config, &named, None, |_| ()).await.unwrap() > 0);
    let twice = backup::make(&config, &named, None, |_| ()).await.unwrap_err().to_string();
    assert!(twice.starts_with("E515 s3://kept/by-hand/monday.backup "), "{twice}");
    let none = Opened::of(&Location::parse("s3://kept/by-hand/tuesday").unwrap(), &config).await.unwrap_err();
    assert!(none.to_string().starts_with("E513 s3://kept/by-hand: there is no tuesday"), "{none}");
}

#[tokio::test]
async fn a_bucket_that_is_away_is_a_backup_that_failed_and_it_is_made_later() {
    let mut server = Server::start();
    let (edge, config) = scheduled(&server, &[]).await;
    let store = &edge.running.origin.store;
    server.kill();
    let error = schedule::look(store, &config, &SystemClock, None).await.unwrap_err().to_string();
    assert!(error.contains("s3://kept/backups") && error.contains("does not answer"), "{error}");
    assert!(store.setting(backup::BACKUP_FAILED_NOTE).await.unwrap().is_some());
    assert!(store.setting(backup::MADE_NOTE).await.unwrap().is_none());
    server.again();
    assert_eq!(schedule::look(store, &config, &SystemClock, None).await.unwrap(), None, "not at once");
    let made = schedule::look(store, &config, &Later(11 * 60_000), None).await.unwrap().unwrap();
    assert!(made.drilled.unwrap().holds());
}

#[tokio::test]
async fn one_that_a_killed_process_had_begun_is_made_by_the_next_that_looks() {
    let server = Server::start();
    let (edge, config) = scheduled(&server, &[("LGDL_BACKUP_SCHEDULE", "24h")]).await;
    let store = &edge.running.origin.store;
    server.fails(Faults { delay_ms: 200, ..Faults::default() });
    let killed = schedule::look(store, &config, &SystemClock, None);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(300), killed).await.is_err());
    server.fails(Faults::default());
    assert!(schedule::kept(&server.place("backups")).await.unwrap().is_empty(), "no half is seen");
    assert_eq!(schedule::look(store, &config, &Later(60_000), None).await.unwrap(), None, "it may still be at it");
    assert!(schedule::look(store, &config, &Later(7 * 60_000), None).await.unwrap().is_some());
    assert_eq!(schedule::look(store, &config, &Later(15 * 60_000), None).await.unwrap(), None, "once");
}

#[tokio::test]
async fn backups_of_another_store_in_the_bucket_keep_an_empty_one_from_beginning() {
    let server = Server::start();
    let (_edge, config) = scheduled(&server, &[]).await;
    let place = server.place("backups");
    assert!(!schedule::holds_of_another(&place, None).await.unwrap());
    place.put("lgdl-20260101T000000Z-1a2b3c4d.backup", b"x".to_vec()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let fresh = Config { sqlite_path: folder.path().join("fresh.db"), ..config };
    let refused = lgdl_origin::beginnings::check_place(&fresh).await.unwrap_err().to_string();
    assert!(refused.starts_with("E506 ") && refused.contains("are backups (s3://kept/backups)"), "{refused}");
}
