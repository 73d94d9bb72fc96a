//! The archive: what is old goes into sealed files, is found and comes back, and dies with its person's key.

use std::path::PathBuf;

use lgdl_origin::Config;
use lgdl_origin::archives::{ArchivedTurns, Keeper, before, verify};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::ids::ConversationId;
use lgdl_origin::replay::{Again, Stopped, TurnName, why};
use lgdl_origin::store::{ConversationKey, Lookup, Role};
use lgdl_origin::transfer::{ExportOptions, LineReport, export};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::body;
use crate::desk::{Desk, desk, desk_with, hand, ok, take_turns};

const RING: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";

async fn archive(folder: &tempfile::TempDir) -> Desk {
    archive_with(folder, &[]).await
}

async fn archive_with(folder: &tempfile::TempDir, more: &[(&str, &str)]) -> Desk {
    let lies = folder.path().join("archive");
    let settings = [
        ("LGDL_ENCRYPTION_KEY", RING),
        ("LGDL_ARCHIVE_URL", lies.to_str().unwrap()),
        ("LGDL_ARCHIVE_PER_SECOND", "1000"),
    ];
    desk_with(Role::PrivacyOfficer, &[&settings, more].concat()).await
}

async fn run(desk: &Desk) -> (u64, u64) {
    let in_a_moment = SystemClock.now_ms() + 1_000;
    let done = hand(desk).run(in_a_moment, || SystemClock.now_ms(), &mut |_| ()).await.unwrap();
    (done.archived, done.skipped)
}

fn key(id: &str) -> ConversationKey {
    ConversationKey { tenant: "default".into(), game: "medical".into(), external_id: id.into() }
}

/// The files of the archive.
fn files(folder: &tempfile::TempDir) -> Vec<PathBuf> {
    let under = |path: PathBuf| std::fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = under(folder.path().join("archive/files")).flat_map(under).collect();
    files.sort();
    files
}

#[tokio::test]
async fn what_is_old_lies_in_sealed_files_is_found_and_comes_back_for_an_export() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    take_turns(&desk, "c", "ann.example", 3).await;
    take_turns(&desk, "d", "bob.example", 1).await;
    let whole: Value = body(desk.edge.get("/edge/v1/conversations/medical/c/export?user=ann.example").await).await;
    assert_eq!(run(&desk).await, (2, 0));
    assert_eq!(run(&desk).await, (0, 0), "once");
    let lie = files(&folder);
    assert_eq!(lie.len(), 2);
    for file in &lie {
        let bytes = std::fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("knee") && !text.contains("ann.example"), "it is sealed");
        assert_eq!(file.file_name().unwrap().to_str().unwrap(), lgdl_origin::hex::sha256(&bytes));
    }
    let manifests = std::fs::read_dir(folder.path().join("archive/manifests")).unwrap();
    let manifests: Vec<String> =
        manifests.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap()).collect();
    assert_eq!(manifests.len(), 1);
    assert!(manifests[0].contains("\"turns\": 3") && !manifests[0].contains("ann.example"), "{}", manifests[0]);
    assert_eq!(desk.edge.running.origin.store.counts().await.unwrap().turns, 0);

    // By person and time, as before.
    let found = desk.ask("/admin/v1/conversations?user_id=ann.example&since_ms=0").await;
    assert_eq!((&found["conversations"][0]["turns"], found["conversations"].as_array().unwrap().len()), (&json!(3), 1));
    // A turn of theirs says where it lies.
    let origin = &desk.edge.running.origin;
    let second = TurnName::Place(ConversationId::derive("default", "medical", "c"), 2);
    let explained = why(&*origin.store, &*origin.protection, "default", &second).await.unwrap().unwrap();
    assert_eq!(explained.again, Again::Stopped { turn: 1, why: Stopped::Archived });
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.removed, proof.unreadable, proof.left_over, proof.wrong), (2, 0, 0, 0, 0));

    let again: Value = body(desk.edge.get("/edge/v1/conversations/medical/c/export?user=ann.example").await).await;
    for part in ["turns", "slots", "extracted_context", "answers"] {
        assert_eq!(again[part], whole[part], "{part}");
    }
    assert_eq!(again["state"], json!({"turns": 3}), "its session is over");
    let reason = json!({"reason": "the person asks for it"});
    let person =
        ok(desk.send(Method::POST, "/admin/v1/people/bob.example/export", &reason).await, StatusCode::OK).await;
    assert_eq!(person["conversations"][0]["turns"].as_array().unwrap().len(), 1);
    assert_eq!(verify(&hand(&desk)).await.unwrap().whole, 0, "they are back");
    let told: Vec<String> = desk.events().await.into_iter().map(|(name, _)| name).collect();
    for (name, count) in [("conversation.archived", 2), ("conversation.brought_back", 2)] {
        assert_eq!(told.iter().filter(|told| *told == name).count(), count, "{name}: {told:?}");
    }
    assert_eq!(run(&desk).await, (2, 0), "and go again");
}

#[tokio::test]
async fn who_is_erased_cannot_be_read_any_more_and_nothing_of_them_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    take_turns(&desk, "c", "ann.example", 2).await;
    take_turns(&desk, "d", "bob.example", 1).await;
    take_turns(&desk, "e", "bob.example", 1).await;
    assert_eq!(run(&desk).await, (3, 0));
    let copies: Vec<_> = files(&folder).into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();

    ok(desk.delete("/admin/v1/people/ann.example").await, StatusCode::OK).await;
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.unreadable, proof.wrong), (2, 1, 0), "no file was touched, and nobody opens it");
    let origin = &desk.edge.running.origin;
    let row = origin.store.find_by_id("default", &key("e").id()).await.unwrap().unwrap();
    let erased = lgdl_origin::store::ConversationRow { user_id: "ann.example".into(), ..row };
    assert!(origin.protection.seal_file(&erased, b"late").await.is_err(), "no key is made for whoever was erased");
    let gone = desk.edge.get("/edge/v1/conversations/medical/e/export?user=bob.example").await;
    assert_eq!(gone.status(), StatusCode::OK);
    let path = "/edge/v1/conversations/medical/d?user=bob.example";
    assert_eq!(desk.edge.send(Method::DELETE, path, Vec::new()).await.status(), StatusCode::NO_CONTENT);

    // What nobody needs goes with a sweep; a copy that somebody kept is put back and brings nothing back.
    let in_two_hours = SystemClock.now_ms() + 2 * 3_600_000;
    assert_eq!(hand(&desk).sweep(in_two_hours).await.unwrap(), 2);
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.removed, proof.unreadable, proof.wrong), (2, 0, 0));
    for (path, bytes) in &copies {
        std::fs::write(path, bytes).unwrap();
    }
    let imported = hand(&desk).import_lost().await.unwrap();
    assert_eq!((imported.imported.written, imported.imported.erased), (0, 2), "by the key, and by the tombstone");
    assert_eq!(imported.without_key, 0);
    for id in ["c", "d"] {
        assert_eq!(desk.edge.running.origin.store.find(&key(id)).await.unwrap(), Lookup::Erased, "{id}");
    }
}

#[tokio::test]
async fn a_file_that_was_changed_or_lost_is_named_and_the_rest_is_not_held_up() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    for conversation in ["c", "d", "e"] {
        take_turns(&desk, conversation, "ann.example", 1).await;
    }
    assert_eq!(run(&desk).await, (3, 0));
    let lie = files(&folder);
    let mut bytes = std::fs::read(&lie[0]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&lie[0], bytes).unwrap();
    std::fs::remove_file(&lie[1]).unwrap();
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.wrong), (1, 2), "{:?}", proof.named);
    assert!(proof.named.iter().any(|one| one.contains("E572")) && proof.named.iter().any(|one| one.contains("E573")));
    let statuses = async |id: &str| {
        desk.edge.get(&format!("/edge/v1/conversations/medical/{id}/export?user=ann.example")).await.status()
    };
    let mut seen = [statuses("c").await, statuses("d").await, statuses("e").await];
    seen.sort();
    assert_eq!(seen, [StatusCode::OK; 3], "there is no use in asking again");
    let mut turns_and_lost = Vec::new();
    for id in ["c", "d", "e"] {
        let path = format!("/edge/v1/conversations/medical/{id}/export?user=ann.example");
        let one: Value = body(desk.edge.get(&path).await).await;
        turns_and_lost.push((one["turns"].as_array().unwrap().len(), one["unreadable"][0]["turns"].as_u64()));
    }
    turns_and_lost.sort();
    assert_eq!(turns_and_lost, [(0, Some(1)), (0, Some(1)), (1, None)], "what can't be read is not taken for nothing");

    // Everything about the person: the rest of it, and what is lost.
    take_turns(&desk, "f", "ann.example", 2).await;
    let reason = json!({"reason": "the person asks for it"});
    let person =
        ok(desk.send(Method::POST, "/admin/v1/people/ann.example/export", &reason).await, StatusCode::OK).await;
    let turns = person["conversations"].as_array().unwrap().iter().map(|one| one["turns"].as_array().unwrap().len());
    assert_eq!(turns.sum::<usize>(), 3);
    let mut lost: Vec<_> =
        person["unreadable"].as_array().unwrap().iter().map(|one| one["why"].as_str().unwrap().get(..4)).collect();
    lost.sort();
    assert_eq!(lost, [Some("E572"), Some("E573")]);

    // One of them has more turns now and can't come back for a new file; the others are archived.
    let database = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    let newer = "UPDATE conversations SET version = version + 1 WHERE metadata LIKE '%archived%'";
    assert_eq!(database.execute(newer, []).unwrap(), 2);
    let in_a_moment = SystemClock.now_ms() + 1_000;
    let done = hand(&desk).run(in_a_moment, || SystemClock.now_ms(), &mut |_| ()).await.unwrap();
    assert_eq!((done.archived, done.unreadable), (2, 2));
}

#[tokio::test]
async fn a_copy_names_the_turns_that_a_node_has_set_aside() {
    let desk = desk(Role::PrivacyOfficer).await;
    take_turns(&desk, "c", "ann.example", 1).await;
    take_turns(&desk, "d", "bob.example", 1).await;
    let (_, report) = whole_export(&desk).await;
    assert!(report.unreadable.is_empty());
    let now_ms = SystemClock.now_ms();
    let told = |name: &str, waiting: u64, aside_of: Value| {
        json!({
            "name": name, "version": "1.0.0", "platform": "spin", "waiting": waiting, "aside": 2, "aside_of": aside_of, "breaker": "closed",
            "every_ms": 5000, "sent_at_ms": now_ms,
        })
    };
    let of_ann = json!({key("c").id().digest(): 2});
    assert!(desk.edge.post("/edge/v1/node", &told("north", 3, of_ann)).await.status().is_success());

    let one: Value = body(desk.edge.get("/edge/v1/conversations/medical/c/export?user=ann.example").await).await;
    assert_eq!((&one["unreadable"][0]["turns"], one["turns"].as_array().unwrap().len()), (&json!(2), 1), "{one}");
    assert!(one["unreadable"][0]["why"].as_str().unwrap().contains("north"));
    let reason = json!({"reason": "the person asks for it"});
    let person = async |user: &str| {
        let path = format!("/admin/v1/people/{user}/export");
        ok(desk.send(Method::POST, &path, &reason).await, StatusCode::OK).await
    };
    assert_eq!(person("ann.example").await["unreadable"][0]["conversation_id"], "c");
    assert_eq!(person("bob.example").await.get("unreadable"), None, "nothing of theirs is there");

    // What waits at a node that tells of itself is on its way; what waits at a silent one is not.
    let origin = &desk.edge.running.origin;
    let exported = async |at: i64| {
        let (mut file, whole) = (Vec::new(), ExportOptions::default());
        let report = export(&*origin.store, &*origin.protection, &whole, at, &mut file, &mut |_| ()).await.unwrap();
        let lines: Vec<Value> =
            String::from_utf8(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let line = lines.into_iter().find(|line| line["kind"] == "unreadable").expect("the file says so, too");
        (line, report.unreadable)
    };
    let (line, unreadable) = exported(now_ms).await;
    assert_eq!((unreadable.count, &line["section"], &line["record"]), (1, &json!("nodes"), &json!("north")));
    assert!(line["why"].as_str().unwrap().starts_with("2 turns are set aside"), "{line}");
    let (line, unreadable) = exported(now_ms + 3_600_000).await;
    assert!(line["why"].as_str().unwrap().contains("3 turns wait there"), "{line}");
    assert_eq!(unreadable.named[0].why, line["why"]);
}

async fn whole_export(desk: &Desk) -> (Vec<Value>, LineReport) {
    let origin = &desk.edge.running.origin;
    let options = ExportOptions { tenant: None, archived: ArchivedTurns::read_in(&origin.settings()) };
    let mut file = Vec::new();
    let report = export(&*origin.store, &*origin.protection, &options, 0, &mut file, &mut |_| ()).await.unwrap();
    let lines = String::from_utf8(file).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    (lines.filter(|line| line["kind"] == "conversation").collect(), report)
}

#[tokio::test]
async fn a_whole_export_holds_what_lies_in_the_archive_and_names_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    take_turns(&desk, "c", "ann.example", 3).await;
    take_turns(&desk, "d", "bob.example", 1).await;
    let (before, _) = whole_export(&desk).await;
    assert_eq!(run(&desk).await, (2, 0));
    let (after, report) = whole_export(&desk).await;
    assert!(report.unreadable.is_empty(), "{:?}", report.unreadable);
    assert_eq!(after.len(), 2);
    for (now, was) in after.iter().zip(&before) {
        for part in ["id", "turns", "slots", "extracted_context", "answers", "version"] {
            assert_eq!(now[part], was[part], "{part}");
        }
        assert_eq!(now["metadata"].get("archived"), None, "as if they were in the store");
    }
    assert_eq!(verify(&hand(&desk)).await.unwrap().whole, 2, "and they stay there");

    std::fs::remove_file(&files(&folder)[0]).unwrap();
    let (rest, report) = whole_export(&desk).await;
    let mut turns: Vec<_> = rest.iter().map(|one| one["turns"].as_array().unwrap().len()).collect();
    turns.sort_unstable();
    assert!(turns == [0, 1] || turns == [0, 3], "{turns:?}");
    assert_eq!(report.unreadable.count, 1);
    assert!(report.unreadable.named[0].why.contains("E572"), "{:?}", report.unreadable);
}

#[test]
fn nothing_goes_into_the_archive_that_is_still_needed_where_it_is() {
    let config = |more: &[(&str, &str)]| {
        let all = [("LGDL_EDGE_UNSIGNED", "true"), ("LGDL_ENCRYPTION_KEY", RING), ("LGDL_ARCHIVE_URL", "archive")];
        let all = all.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::read("", all.collect::<Vec<_>>()).map_err(|error| error.to_string())
    };
    let plain = config(&[]).unwrap();
    for too_few in [0, 6] {
        let refused = before(&plain, Some(too_few), 0).unwrap_err().to_string();
        assert!(refused.contains("E574") && refused.contains("7 days"), "{refused}");
    }
    assert_eq!(before(&plain, Some(7), 0).unwrap(), Some(-7 * 86_400_000));
    assert_eq!(before(&plain, None, 0).unwrap(), None);
    let hour = config(&[("LGDL_IDEMPOTENCY_HOURS", "1")]).unwrap();
    assert!(before(&hour, Some(0), 0).is_err() && before(&hour, Some(1), 0).is_ok());
    let month = config(&[("LGDL_SESSION_EXPIRY", "2592001")]).unwrap();
    assert!(before(&month, Some(30), 0).is_err() && before(&month, Some(31), 0).is_ok());

    let refused = config(&[("LGDL_ARCHIVE_AFTER_DAYS", "6")]).unwrap_err();
    assert!(refused.contains("E574"), "{refused}");
    assert!(config(&[("LGDL_ARCHIVE_AFTER_DAYS", "7")]).is_ok());
}

#[tokio::test]
async fn a_file_that_can_not_be_read_comes_into_a_manifest_once_it_can() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    take_turns(&desk, "c", "ann.example", 1).await;
    assert_eq!(run(&desk).await, (1, 0));
    // Whoever wrote it was killed before its manifest, and its disk is away.
    let (file, away) = (files(&folder).remove(0), folder.path().join("away"));
    std::fs::rename(&file, &away).unwrap();
    let manifests = folder.path().join("archive/manifests");
    std::fs::remove_dir_all(&manifests).unwrap();
    let in_two_hours = SystemClock.now_ms() + 2 * 3_600_000;
    let runs = async || hand(&desk).run(0, || in_two_hours, &mut |_| ()).await.unwrap();
    let listed = || std::fs::read_dir(&manifests).into_iter().flatten().count();
    runs().await;
    assert_eq!(listed(), 0);
    std::fs::rename(&away, &file).unwrap();
    runs().await;
    assert_eq!(listed(), 1);
}

#[tokio::test]
async fn a_run_that_breaks_off_is_seen_until_one_ends_although_its_place_answers() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive_with(&folder, &[("LGDL_ARCHIVE_AFTER_DAYS", "7")]).await;
    take_turns(&desk, "c", "ann.example", 1).await;
    // It can be read, and wherever a file would be written is no folder.
    let files = folder.path().join("archive/files");
    std::fs::create_dir_all(&files).unwrap();
    for part in 0..=u8::MAX {
        std::fs::write(files.join(format!("{part:02x}")), "").unwrap();
    }
    let in_ten_days = SystemClock.now_ms() + 10 * 86_400_000;
    let mut keeper = Keeper::default();
    let mut look = async |later_ms| {
        keeper.look(&desk.edge.running.origin, in_ten_days + later_ms).await;
        let health: Value = body(desk.edge.http().get(desk.edge.url("/health")).send().await.unwrap()).await;
        health["components"]["archive"]["status"].clone()
    };
    for later_ms in [0, 15_000, 60_000, 180_000] {
        assert_eq!(look(later_ms).await, "degraded", "{later_ms}");
    }
    std::fs::remove_dir_all(&files).unwrap();
    assert_eq!(look(185_000).await, "degraded", "nothing was written since");
    assert_eq!(look(360_000).await, "healthy");
}

#[tokio::test]
async fn what_a_lost_store_had_is_imported_from_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let desk = archive(&folder).await;
    take_turns(&desk, "c", "ann.example", 2).await;
    assert_eq!(run(&desk).await, (1, 0));
    let store = &*desk.edge.running.origin.store;
    let database = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    database.execute("DELETE FROM conversations", []).unwrap();
    let imported = hand(&desk).import_lost().await.unwrap();
    assert_eq!((imported.imported.written, imported.imported.erased), (1, 0));
    let found = store.of_person("default", "ann.example").await.unwrap();
    assert_eq!(store.turns(&found[0], 0, 9).await.unwrap().len(), 2);
    let export: Value = body(desk.edge.get("/edge/v1/conversations/medical/c/export?user=ann.example").await).await;
    assert_eq!(export["turns"].as_array().unwrap().len(), 2);
    assert_eq!(hand(&desk).sweep(SystemClock.now_ms() + 2 * 3_600_000).await.unwrap(), 1);

    // One manifest is damaged, and the key of the other's file is not there, though nobody was erased.
    take_turns(&desk, "d", "bob.example", 1).await;
    assert_eq!(run(&desk).await, (2, 0));
    let manifests = || std::fs::read_dir(folder.path().join("archive/manifests")).unwrap();
    let first = manifests().map(|entry| entry.unwrap().path()).min().unwrap();
    std::fs::write(first, "{}").unwrap();
    let proof = verify(&hand(&desk)).await.unwrap();
    assert_eq!((proof.whole, proof.wrong), (2, 1), "{:?}", proof.named);
    database.execute("DELETE FROM conversations", []).unwrap();
    database.execute("DELETE FROM data_keys", []).unwrap();
    let imported = hand(&desk).import_lost().await.unwrap();
    assert_eq!((imported.imported.erased, imported.without_key, imported.unreadable.len()), (0, 2, 1));
}
