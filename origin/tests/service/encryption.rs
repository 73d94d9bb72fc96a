//! Encryption at rest: what lies in the database files, what opens, and what does not.

use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lgdl::crypto::KeyRing;
use lgdl::wire::origin::{CommitAnswer, CommitRequest, StoredConversation};
use lgdl_origin::Config;
use lgdl_origin::audit::{self, events};
use lgdl_origin::clock::{Clock, ManualClock, Millis, SystemClock};
use lgdl_origin::exports;
use lgdl_origin::ids::{ErasureId, person_pseudonym};
use lgdl_origin::privacy::{
    Envelope, Plain, Protection, Reader, Rotation, Unprotected, UnreadableKeys, rotate, seal_plain,
};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::receipts;
use lgdl_origin::records::CommitBody;
use lgdl_origin::serve::{Running, ServeError, open_store, start};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{ConversationKey, ErasureOrder, ErasureOutcome, Lookup, Maintenance as _};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use crate::client::{Edge, body, commit, edge_with, told};

fn ring(keys: &[(&str, u8)]) -> String {
    keys.iter().map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; 32]))).collect::<Vec<_>>().join(",")
}

async fn encrypted() -> Edge {
    edge_with(&[("LGDL_ENCRYPTION_KEY", &ring(&[("k1", 7)]))]).await
}

fn protection(edge: &Edge, keys: &[(&str, u8)]) -> Envelope {
    let ring = KeyRing::parse(&ring(keys)).unwrap();
    let origin = &edge.running.origin;
    Envelope::new(ring, Arc::clone(&origin.store), Arc::clone(&origin.clock), Arc::clone(&origin.random))
}

/// Every file in the folder, as bytes.
fn raw(folder: &Path) -> Vec<u8> {
    std::fs::read_dir(folder).unwrap().flat_map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}

fn key() -> ConversationKey {
    ConversationKey { tenant: "default".into(), game: "medical".into(), external_id: "c".into() }
}

const TEXTS: [&str; 4] = ["my knee hurts", "How bad is it?", "\"knee\"", "a little"];

#[tokio::test]
async fn nothing_readable_lies_in_the_files_and_everything_reads_back() {
    let plain = edge_with(&[]).await;
    plain.commit(&commit("c", "u", 0, "k")).await;
    for text in TEXTS {
        assert!(holds(&raw(plain.folder.path()), text), "without encryption {text:?} is there to be found");
    }

    let edge = encrypted().await;
    let request = commit("c", "u", 0, "k");
    edge.commit(&request).await;
    for text in TEXTS {
        assert!(!holds(&raw(edge.folder.path()), text), "{text:?} lies in the files");
    }
    let stored: StoredConversation = body(edge.get("/edge/v1/conversations/medical/c?user=u").await).await;
    assert_eq!(stored.state, request.state);
    let answer: CommitAnswer = body(edge.commit(&request).await).await;
    assert_eq!(answer, CommitAnswer::Replayed { response: Box::new(request.response.clone()) });
    let export = edge.get("/edge/v1/conversations/medical/c/export?user=u").await.text().await.unwrap();
    for text in TEXTS {
        assert!(export.contains(text), "{text:?} is missing in the export");
    }
}

#[tokio::test]
async fn a_wrong_a_missing_and_no_ring_are_errors_that_name_the_key() {
    let edge = encrypted().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let Lookup::Found(row) = edge.running.origin.store.find(&key()).await.unwrap() else { panic!("it is there") };
    let check = async |protection: &dyn Protection, expected: &[&str]| {
        let error = protection.open_conversation((*row).clone()).await.unwrap_err().to_string();
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
        assert!(!error.contains("knee"), "{error}");
    };
    check(&protection(&edge, &[("k1", 8)]), &["E922", "k1"]).await;
    check(&protection(&edge, &[("k2", 7)]), &["E921", "k1"]).await;
    check(&Unprotected, &["E921", "dek_"]).await;
}

/// What an origin finds that starts anew on the same store.
async fn start_again(edge: Edge, settings: &[(&str, &str)]) -> (Result<Running, ServeError>, TempDir) {
    let database = edge.folder.path().join("lgdl.db").to_str().unwrap().to_owned();
    edge.running.stop().await.unwrap();
    let own = [
        ("LGDL_LISTEN", "127.0.0.1:0"),
        ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
        ("LGDL_SQLITE_PATH", database.as_str()),
        ("LGDL_EDGE_UNSIGNED", "true"),
    ];
    let all = own.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (start(Config::read("", all).unwrap()).await, edge.folder)
}

#[tokio::test]
async fn an_origin_does_not_start_with_a_ring_that_does_not_open_what_is_there() {
    for (ring, code) in [(String::new(), "E926"), (ring(&[("k1", 8)]), "E927"), (ring(&[("k2", 7)]), "E927")] {
        let edge = encrypted().await;
        edge.commit(&commit("c", "u", 0, "k")).await;
        let (started, _folder) = start_again(edge, &[("LGDL_ENCRYPTION_KEY", &ring)]).await;
        let error = started.expect_err("it must not start").to_string();
        assert!(error.contains(code), "{error}");
    }
    let edge = encrypted().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let both = ring(&[("k2", 9), ("k1", 7)]);
    let (started, _folder) = start_again(edge, &[("LGDL_ENCRYPTION_KEY", &both)]).await;
    started.expect("the old key is there, too").stop().await.unwrap();
}

#[tokio::test]
async fn whoever_goes_on_without_the_ring_writes_nothing_plain_beside_what_is_sealed() {
    let edge = encrypted().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let (started, folder) = start_again(edge, &[("LGDL_ENCRYPTION_UNREADABLE", "serve")]).await;
    let running = started.unwrap();
    let origin = &running.origin;
    let turn = |user: &str| {
        let body = serde_json::to_vec(&commit(&format!("of-{user}"), user, 0, &format!("k-{user}"))).unwrap();
        let body: CommitBody = serde_json::from_slice(&body).unwrap();
        body.into_commit("default", SystemClock.now_ms()).unwrap()
    };
    let error = origin.protection.seal(turn("u")).await.unwrap_err().to_string();
    assert!(error.contains("E926"), "{error}");
    origin.protection.seal(turn("somebody-new")).await.unwrap();
    running.stop().await.unwrap();

    // And one that started before anything was sealed stops writing plain text once something is.
    let store = Arc::new(SqliteStore::open(&folder.path().join("other.db"), &SystemClock).await.unwrap());
    let clock = ManualClock::at(SystemClock.now_ms());
    let plain = Plain::new(store.clone(), Arc::new(clock.clone()), UnreadableKeys::Refuse);
    plain.seal(turn("u")).await.unwrap();
    let sealing = Envelope::new(
        KeyRing::parse(&ring(&[("k1", 7)])).unwrap(),
        store.clone(),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    );
    sealing.seal(turn("v")).await.unwrap();
    clock.advance(60_000);
    assert!(plain.seal(turn("u")).await.unwrap_err().to_string().contains("E926"));
    // A ring that nobody else has makes no data keys either.
    let wrong = Envelope::new(
        KeyRing::parse(&ring(&[("k1", 8)])).unwrap(),
        store.clone(),
        Arc::new(SystemClock),
        Arc::new(SystemRandom),
    );
    assert!(wrong.seal(turn("w")).await.unwrap_err().to_string().contains("E927"));
    store.close().await;
}

#[tokio::test]
async fn a_ciphertext_in_another_row_or_field_or_cut_short_is_noticed() {
    let edge = encrypted().await;
    edge.commit(&commit("c", "u", 0, "k1")).await;
    edge.commit(&commit("c", "u", 1, "k2")).await;
    let origin = &edge.running.origin;
    let database = rusqlite::Connection::open(edge.folder.path().join("lgdl.db")).unwrap();
    let export = async || exports::conversation(&*origin.store, &*origin.protection, "default", &key().id(), 0).await;
    assert!(export().await.is_ok());
    for change in [
        "UPDATE turns SET user_input = (SELECT user_input FROM turns WHERE turn_num = 1) WHERE turn_num = 2",
        "UPDATE turns SET user_input = response WHERE turn_num = 2",
        "UPDATE turns SET user_input = substr(user_input, 1, 150) WHERE turn_num = 2",
        "UPDATE turns SET user_input = 'lgdl1:AAAA' WHERE turn_num = 2",
        "UPDATE turns SET user_input = 'lgdl1:not base64 at all' WHERE turn_num = 2",
        "UPDATE slots SET updated_at = updated_at - 1",
        "UPDATE turns SET user_input = 'never said' WHERE turn_num = 2",
        "UPDATE turns SET response = 'lgdl0:never answered' WHERE turn_num = 2",
        "UPDATE turns SET details = '{}' WHERE turn_num = 2",
        "UPDATE conversations SET state = '{}'",
        "UPDATE idempotency SET answer = (SELECT answer FROM idempotency WHERE turn_num = 1) WHERE turn_num = 2",
        "UPDATE idempotency SET answer = '{}' WHERE turn_num = 2",
        "UPDATE conversations SET version = 1",
    ] {
        database.execute_batch("BEGIN").unwrap();
        assert!(database.execute(change, []).unwrap() > 0, "{change}");
        database.execute_batch("COMMIT").unwrap();
        let error = export().await.expect_err(change).to_string();
        assert!(error.contains("E503") && error.contains("E92") && !error.contains("knee"), "{change}: {error}");
        restore(&database, &edge).await;
    }
}

/// Puts the untouched rows back, from a fresh conversation of the same turns.
async fn restore(database: &rusqlite::Connection, edge: &Edge) {
    database.execute_batch("PRAGMA foreign_keys = ON; DELETE FROM conversations").unwrap();
    edge.commit(&commit("c", "u", 0, "k1")).await;
    edge.commit(&commit("c", "u", 1, "k2")).await;
}

#[tokio::test]
async fn rotation_goes_on_where_it_stopped_and_leaves_rows_alone() {
    let edge = encrypted().await;
    for person in ["a", "b", "c"] {
        edge.commit(&commit(person, person, 0, "k")).await;
    }
    let store = &*edge.running.origin.store;
    let both = KeyRing::parse(&ring(&[("k2", 9), ("k1", 7)])).unwrap();
    let first = rotate(store, &both, &SystemRandom, &told(), |_| {}).await.unwrap();
    assert_eq!(first, Rotation { seen: 4, rewrapped: 4, ..Rotation::default() });
    let again = rotate(store, &both, &SystemRandom, &told(), |_| {}).await.unwrap();
    assert_eq!(again, Rotation { seen: 4, ..Rotation::default() });

    let new_only = protection(&edge, &[("k2", 9)]);
    let named = ConversationKey { external_id: "a".into(), ..key() };
    let Lookup::Found(row) = store.find(&named).await.unwrap() else { panic!("it is there") };
    assert!(new_only.open_conversation(*row).await.unwrap().state.contains("turns"));
    let old_only = KeyRing::parse(&ring(&[("k1", 7)])).unwrap();
    for (ring, code) in [(old_only, "E921"), (KeyRing::parse(&ring(&[("k2", 1)])).unwrap(), "E922")] {
        let done = rotate(store, &ring, &SystemRandom, &told(), |_| {}).await.unwrap();
        assert_eq!((done.seen, done.rewrapped, done.unreadable.count), (4, 0, 4), "it names them and goes on");
        let first = &done.unreadable.named[0];
        assert!(first.record.starts_with("dek_") && first.why.contains(code) && first.why.contains("k2"), "{first:?}");
    }
}

#[tokio::test]
async fn erasing_a_person_destroys_the_key_and_coming_back_makes_another() {
    let edge = encrypted().await;
    edge.commit(&commit("c", "u", 0, "k")).await;
    let store = &*edge.running.origin.store;
    let subject = person_pseudonym("default", "u");
    let before = store.find_data_key("default", &subject).await.unwrap().unwrap();
    let now_ms = SystemClock.now_ms();
    let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms };
    let ErasureOutcome::Erased(report) = store.erase_person("default", "u", order, told()).await.unwrap() else {
        panic!("nothing holds it")
    };
    assert_eq!(report.data_keys, 1);
    assert_eq!(store.find_data_key("default", &subject).await.unwrap(), None);

    // The origin still remembers the old key; sealing under it would make the new turn unreadable.
    let mut back = commit("another", "u", 0, "k9");
    back.record.at_ms = now_ms + 1_000;
    assert_eq!(edge.commit(&back).await.status(), StatusCode::OK);
    let after = store.find_data_key("default", &subject).await.unwrap().unwrap();
    assert_ne!(after.id, before.id);
    let stored: StoredConversation = body(edge.get("/edge/v1/conversations/medical/another?user=u").await).await;
    assert_eq!(stored.state, back.state);
}

#[tokio::test]
async fn texts_that_look_sealed_are_kept_as_they_were_said() {
    for settings in [&[][..], &[("LGDL_ENCRYPTION_KEY", ring(&[("k1", 7)]))][..]] {
        let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let edge = edge_with(&settings).await;
        for (number, text) in ["lgdl1:AAAA", "lgdl0:x", "lgdl1:", "\"lgdl1:x\""].into_iter().enumerate() {
            let mut request = commit(&format!("c{number}"), "u", 0, &format!("k{number}"));
            request.record.user_input = text.into();
            request.record.slots.insert("location".into(), text.into());
            assert_eq!(edge.commit(&request).await.status(), StatusCode::OK);
            let path = format!("/edge/v1/conversations/medical/c{number}/export?user=u");
            let export: serde_json::Value = body(edge.get(&path).await).await;
            assert_eq!(export["turns"][0]["user_input"], text);
            assert_eq!(export["turns"][0]["slots"]["location"], text);
            assert_eq!(export["slots"][0]["slot_value"], text);
        }
    }
}

#[tokio::test]
async fn personal_values_are_kept_as_tokens_and_turn_back_for_their_owner_alone() {
    let keys = ring(&[("k1", 7)]);
    let edge = edge_with(&[("LGDL_ENCRYPTION_KEY", keys.as_str()), ("LGDL_PII_TOKENIZE_IN_STORAGE", "true")]).await;
    let mut request = commit("c", "u", 0, "k");
    let said = "write to ann@example.org or call +44 20 7946 0958";
    request.record.user_input = said.into();
    request.record.sanitized_input = said.into();
    request.record.slots.insert("card".into(), 4_111_111_111_111_111_u64.into());
    edge.commit(&request).await;

    let origin = &edge.running.origin;
    let (store, opening) = (&*origin.store, &*origin.protection);
    let document = async |reader| {
        let id = key().id();
        exports::conversation_for(reader, store, opening, "default", &id, 0).await.unwrap().unwrap().to_string()
    };
    let shown = document(Reader::Administrator).await;
    for value in ["ann@example.org", "7946 0958", "4111111111111111"] {
        assert!(!shown.contains(value), "an administrator reads {value}: {shown}");
        assert!(!holds(&raw(edge.folder.path()), value), "{value} lies in the files");
    }
    assert!(shown.contains("write to [email~") && shown.contains("[credit_card~"), "{shown}");
    let owned = document(Reader::Owner).await;
    assert!(owned.contains(said) && owned.contains(":4111111111111111"), "{owned}");
    // The next turn and a replay need the very words.
    let stored: StoredConversation = body(edge.get("/edge/v1/conversations/medical/c?user=u").await).await;
    assert_eq!(stored.state, request.state);
    let answer: CommitAnswer = body(edge.commit(&request).await).await;
    assert_eq!(answer, CommitAnswer::Replayed { response: Box::new(request.response.clone()) });
}

#[tokio::test]
async fn what_a_client_names_and_what_is_sensitive_is_not_there_in_clear() {
    let edge = encrypted().await;
    let mut request = commit("c", "u", 0, "k");
    request.record.participant = "Miss Marple".into();
    request.record.user_input = "it is 4111 1111-1111 1111, thank you".into();
    request.record.sanitized_input = request.record.user_input.clone();
    request.record.slots.insert("account".into(), "***".into());
    let slot = serde_json::json!({"text": "4111 1111-1111 1111", "value": "4111111111111111", "source": "answer", "confirmed": true});
    let state =
        serde_json::json!({"turns": 1, "active": {"move_id": "pay", "score": 1.0, "slots": [["account", slot]]}});
    request.state = serde_json::from_value(state).unwrap();
    edge.commit(&request).await;
    assert!(!holds(&raw(edge.folder.path()), "Miss Marple"));
    let text = edge.get("/edge/v1/conversations/medical/c/export?user=u").await.text().await.unwrap();
    assert!(text.contains("Miss Marple") && text.contains("it is ***, thank you"), "{text}");
    assert!(!text.contains("4111"), "{text}");
    // The origin itself keeps the value: the conversation goes on with it.
    let stored: StoredConversation = body(edge.get("/edge/v1/conversations/medical/c?user=u").await).await;
    assert_eq!(stored.state, request.state);
}

#[tokio::test]
async fn persons_are_named_in_the_log_under_a_key_and_receipts_find_them() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("kept.db").to_string_lossy().into_owned();
    let origin = async |keys: Option<&[(&str, u8)]>| {
        let keys = keys.map(ring);
        let mut settings = vec![("LGDL_SQLITE_PATH", database.as_str())];
        settings.extend(keys.as_deref().map(|keys| ("LGDL_ENCRYPTION_KEY", keys)));
        edge_with(&settings).await
    };
    let erase = async |edge: &Edge, user: &str| {
        edge.commit(&commit(&format!("c-{user}"), user, 0, user)).await;
        let (store, now_ms) = (&*edge.running.origin.store, SystemClock.now_ms());
        let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: "test".into(), now_ms };
        let told =
            events::of(now_ms, "default", events::PERSON_ERASED, "cli", person_pseudonym("default", user), json!({}));
        store.erase_person("default", user, order, told).await.unwrap();
        audit::drain(store).await.unwrap();
    };
    let subjects = async |edge: &Edge| {
        let links = edge.running.origin.store.audit(0, 1000).await.unwrap();
        links.into_iter().flat_map(|link| [link.event.actor, link.event.subject]).collect::<Vec<_>>()
    };
    let [before, after] = ["ann", "bob"].map(|user| person_pseudonym("default", user));

    let edge = origin(None).await;
    erase(&edge, "ann").await;
    assert!(subjects(&edge).await.contains(&before));
    edge.running.stop().await.unwrap();

    let edge = origin(Some(&[("k1", 7)])).await;
    erase(&edge, "bob").await;
    // Who erases one conversation of their own is named in its tombstone, which stays.
    edge.commit(&commit("c-cleo", "cleo", 0, "cleo")).await;
    let path = "/edge/v1/conversations/medical/c-cleo?user=cleo";
    assert_eq!(edge.send(Method::DELETE, path, vec![]).await.status(), StatusCode::NO_CONTENT);
    let stones = edge.running.origin.store.tombstones((Millis::MIN, ""), 100).await.unwrap();
    let cleo = person_pseudonym("default", "cleo");
    let asked: Vec<_> = stones.iter().map(|stone| stone.requested_by.as_str()).collect();
    assert!(asked.contains(&edge.running.origin.store.audit_name(&cleo).as_str()), "{asked:?}");
    assert!(!asked.contains(&cleo.as_str()), "{asked:?}");
    let (store, config) = (&*edge.running.origin.store, &edge.running.origin.config);
    let name = store.audit_name(&after);
    let named = subjects(&edge).await;
    assert!(name.starts_with("pseudonym_") && named.contains(&name) && !named.contains(&after), "{named:?}");
    assert!(named.contains(&before), "links of before stay as they are");
    for user in ["ann", "bob"] {
        let receipt = receipts::issue(store, config, "default", user, SystemClock.now_ms()).await.unwrap();
        assert!(receipt.erased && receipt.audit.len() == 1, "{user}: {receipt:?}");
    }
    assert!(audit::verify(store, &[], None).await.unwrap().holds());
    rotate(store, &KeyRing::parse(&ring(&[("k2", 9), ("k1", 7)])).unwrap(), &SystemRandom, &told(), |_| {})
        .await
        .unwrap();
    let unringed = Config { encryption_key: None, ..(**config).clone() };
    edge.running.stop().await.unwrap();

    // Without the ring nothing becomes a link: not even under a plain name.
    let locked = open_store(&unringed, &SystemClock).await.unwrap();
    let told = events::of(1, "default", events::PERSON_ERASED, "cli", person_pseudonym("default", "zoe"), json!({}));
    locked.enqueue(vec![told]).await.unwrap();
    assert_eq!(audit::drain(&*locked).await.unwrap(), 0);
    locked.close().await;

    let edge = origin(Some(&[("k2", 9)])).await;
    let store = &*edge.running.origin.store;
    audit::drain(store).await.unwrap();
    assert_eq!(store.audit_name(&after), name, "rotation changes no name");
    let named = subjects(&edge).await;
    let zoe = person_pseudonym("default", "zoe");
    assert!(named.contains(&store.audit_name(&zoe)) && !named.contains(&zoe), "{named:?}");
    edge.running.stop().await.unwrap();
}

#[tokio::test]
async fn what_a_client_calls_its_request_is_not_there_in_clear_and_replays_find_it() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("kept.db").to_string_lossy().into_owned();
    let keys = ring(&[("k1", 7)]);
    let plain = edge_with(&[("LGDL_SQLITE_PATH", &database)]).await;
    let before = commit("c", "u", 0, "of-before-4711");
    plain.commit(&before).await;
    plain.running.stop().await.unwrap();

    let edge = edge_with(&[("LGDL_SQLITE_PATH", &database), ("LGDL_ENCRYPTION_KEY", &keys)]).await;
    let replayed = async |request: &CommitRequest| {
        let answer: CommitAnswer = body(edge.commit(request).await).await;
        matches!(answer, CommitAnswer::Replayed { response } if *response == request.response)
    };
    assert!(replayed(&before).await, "a row of before");
    let mut request = commit("c", "u", 1, "card-4111-1111");
    request.fingerprint = "f1nger".repeat(10);
    assert_eq!(edge.commit(&request).await.status(), StatusCode::OK);
    for text in ["card-4111-1111", &request.fingerprint] {
        assert!(!holds(&raw(folder.path()), text), "{text} lies in the files");
    }
    assert!(replayed(&request).await);
    for reused in [&before, &request] {
        let other = CommitRequest { fingerprint: "another".into(), ..(*reused).clone() };
        assert_eq!(edge.commit(&other).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Somebody else may use the same key.
    assert_eq!(edge.commit(&commit("d", "v", 0, "card-4111-1111")).await.status(), StatusCode::OK);
    edge.running.stop().await.unwrap();
}

#[tokio::test]
async fn what_was_stored_in_plain_is_sealed_and_nothing_plain_is_believed_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("kept.db").to_string_lossy().into_owned();
    let plain = edge_with(&[("LGDL_SQLITE_PATH", &database)]).await;
    let mut request = commit("c", "u", 0, "before-4711");
    request.record.participant = "Miss Marple".into();
    plain.commit(&request).await;
    plain.running.stop().await.unwrap();

    let keys = ring(&[("k1", 7)]);
    let settings = [("LGDL_SQLITE_PATH", database.as_str()), ("LGDL_ENCRYPTION_KEY", keys.as_str())];
    let edge = edge_with(&settings).await;
    edge.commit(&commit("c", "u", 1, "after")).await;
    let origin = &edge.running.origin;
    let (store, protection) = (&*origin.store, &*origin.protection);
    let document = async || exports::conversation(store, protection, "default", &key().id(), 0).await.unwrap().unwrap();
    let before = document().await;
    let done = seal_plain(store, protection, |_| {}).await.unwrap();
    assert_eq!((done.seen, done.sealed, done.unreadable.count), (1, 1, 0));
    assert_eq!(seal_plain(store, protection, |_| {}).await.unwrap().sealed, 0, "once is enough");
    let after = document().await;
    for part in ["turns", "slots", "state", "summary", "extracted_context"] {
        assert_eq!(after[part], before[part], "{part}");
    }
    for text in TEXTS.into_iter().chain(["before-4711", "Miss Marple"]) {
        assert!(!holds(&raw(folder.path()), text), "{text:?} lies in the files");
    }
    let answer: CommitAnswer = body(edge.commit(&request).await).await;
    assert!(matches!(answer, CommitAnswer::Replayed { .. }), "{answer:?}");
    edge.commit(&commit("c", "u", 2, "and on")).await;
    edge.running.stop().await.unwrap();

    let file = rusqlite::Connection::open(&database).unwrap();
    file.execute("UPDATE turns SET response = 'whoever has the file says so' WHERE turn_num = 1", []).unwrap();
    drop(file);
    let edge = edge_with(&settings).await;
    let export = edge.get("/edge/v1/conversations/medical/c/export?user=u").await;
    assert_eq!(export.status(), StatusCode::INTERNAL_SERVER_ERROR, "a plain text is not believed");
    edge.running.stop().await.unwrap();
}
