//! Whole stores on the move: copies, exports, imports, backups, and the proof that everything arrived.

use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use lgdl_origin::backup;
use lgdl_origin::exports;
use lgdl_origin::ids::{AdministratorId, ApiKeyId, ConsentId, DataKeyId, HoldId, WebhookId};
use lgdl_origin::privacy::Unprotected;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{
    AdministratorChange, AdministratorChanged, AdministratorRow, Again, ApiKeyRow, CommitOutcome, ConsentRow,
    ContextRow, Conversations as _, DataKeyRow, ErasureOutcome, HoldRow, Lookup, Maintenance as _, Page, Role,
    SecretKept, Section, Store, StoreError, TextRight, Urgency, Webhook, WebhookRow, WebhookSecret, WebhookState,
};
use lgdl_origin::transfer::{
    CopyOptions, ExportOptions, ImportError, ImportOptions, PythonOptions, PythonSource, Sealing, Source, StoreSource,
    check_file, copy, export, import, verify, verify_readable,
};

use crate::data::{NOW, commit, compiled, event, key, order};
use crate::handovers::agent;
use crate::stores::{Fresh, Kind, fresh};

/// More than two pages.
const CONVERSATIONS: u64 = 1100;

/// A store with something in every section.
async fn filled(store: &dyn Store) {
    for (name, answer) in [("medical", "one"), ("medical", "two"), ("booking", "nine")] {
        store.publish(compiled(name, answer, NOW), event("told")).await.unwrap();
    }
    store.note("deployment", "ours").await.unwrap();
    let key_row = ApiKeyRow {
        id: ApiKeyId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        hash: "cd".repeat(32),
        name: "site".into(),
        scopes: vec!["turns:write".into()],
        created_at: NOW,
        expires_at: None,
        revoked_at: Some(NOW + 1),
    };
    store.add_key(key_row, event("told")).await.unwrap();
    let data_key = DataKeyRow {
        tenant: "default".into(),
        subject: "person_x".into(),
        id: DataKeyId::mint(NOW, &SystemRandom),
        wrapped: vec![0, 1, 255],
        created_at: NOW,
    };
    store.keep_data_key(data_key).await.unwrap();
    let consent = ConsentRow {
        id: ConsentId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        game: "medical".into(),
        user_id: "u".into(),
        given: true,
        at: NOW,
        actor: "test".into(),
        note: String::new(),
    };
    store.add_consent(consent, event("told")).await.unwrap();
    let hold = HoldRow {
        id: HoldId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        user_id: "held".into(),
        reason: "a case".into(),
        placed_at: NOW,
        placed_by: "test".into(),
        lifted_at: None,
    };
    store.place_hold(hold, event("told")).await.unwrap();
    let turns = (0..CONVERSATIONS).map(|number| {
        let mut turn = commit(&format!("c{number}"), &format!("u{}", number % 7), 0, &format!("k{number}"));
        // From three different months, with values whose spelling differs between stores.
        turn.now_ms = NOW - i64::try_from(number % 3).unwrap() * 35 * 24 * 3_600_000;
        turn.turn.extracted_params = r#"{"zeta":1.0,"alpha":{"b":[1,2.50],"a":null}}"#.into();
        turn.turn.details = r#"{"choices":["ü","\n"]}"#.into();
        turn.context = vec![ContextRow { key: "name".into(), value: "\"Ann\"".into() }];
        turn
    });
    for turn in turns {
        store.commit(turn).await.unwrap();
    }
    store.commit(commit("c5", "u5", 1, "k5-2")).await.unwrap();
    store.commit(commit("gone", "erased", 0, "gone")).await.unwrap();
    store.erase_conversation(&key("gone"), "erased", order(NOW), event("told")).await.unwrap();
    store.append_audit(vec![event("one"), event("two")]).await.unwrap();
    let anna = agent(store, "anna", &["nurse", "human"]).await;
    // Whether somebody is there is not moved.
    store.heartbeat(&anna.id, &["nurse".into()], NOW, NOW).await.unwrap();
    let id = WebhookId::mint(NOW, &SystemRandom);
    let hook = Webhook {
        name: "the hospital".into(),
        url: "https://hooks.example.com/".into(),
        types: vec!["turn.*".into()],
        urgency: Urgency::High,
        text: TextRight::Withheld,
        state: WebhookState::Active,
        secrets: vec![WebhookSecret {
            made_at: NOW,
            until: None,
            kept: SecretKept::Wrapped(DataKeyId::mint(NOW, &SystemRandom)),
        }],
        // Of events of this store.
        again: Some(Again { after: 1, upto: 2, asked_at: NOW }),
        follow_up_after_s: None,
        follow_up_since: None,
        created_at: NOW,
        created_by: "test".into(),
    };
    let row = WebhookRow { id, tenant: "default".into(), version: 3, hook };
    store.add_webhook(row, event("told")).await.unwrap();
}

fn source(fresh: &Fresh) -> StoreSource<'_> {
    StoreSource { store: &*fresh.store, name: "the source".into() }
}

async fn both(from: Kind, to: Kind) -> Option<(Fresh, Fresh)> {
    match (fresh(from).await, fresh(to).await) {
        (Ok(from), Ok(to)) => Some((from, to)),
        (Err(reason), _) | (_, Err(reason)) => {
            lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &format!("{from:?} to {to:?}: {reason}"));
            None
        }
    }
}

async fn a_copy_is_whole(from: Kind, to: Kind) {
    let Some((from, to)) = both(from, to).await else { return };
    filled(&*from.store).await;

    let dry = copy(&source(&from), &*to.store, CopyOptions::DryRun, &mut |_| ()).await.unwrap();
    assert_eq!(dry.read[&Section::Conversations], CONVERSATIONS);
    assert_eq!(to.store.counts().await.unwrap().conversations, 0, "a dry run writes nothing");

    let done = copy(&source(&from), &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap();
    assert_eq!(done.read, dry.read);
    assert_eq!((done.read[&Section::Agents], done.read[&Section::Webhooks]), (1, 1));
    let (ours, theirs) = (from.store.webhooks(None).await.unwrap(), to.store.webhooks(None).await.unwrap());
    assert_eq!((&ours[0].hook.secrets, ours[0].version), (&theirs[0].hook.secrets, theirs[0].version));
    assert_eq!((theirs[0].hook.again, theirs[0].hook.url.as_str()), (None, "https://hooks.example.com/"));
    let (ours, theirs) = (from.store.agents("default").await.unwrap(), to.store.agents("default").await.unwrap());
    assert_eq!(
        (&ours[0].id, &ours[0].queues, ours[0].capacity),
        (&theirs[0].id, &theirs[0].queues, theirs[0].capacity)
    );
    assert_eq!((theirs[0].heartbeat_at, theirs[0].serving.len()), (None, 0));
    assert_eq!(from.store.counts().await.unwrap(), to.store.counts().await.unwrap());
    let report = verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap();
    assert!(report.is_whole() && report.additional == 0, "{report:#?}");
    let back = verify(&source(&to), &source(&from), &mut |_| ()).await.unwrap();
    assert_eq!(back.checksums, report.checksums, "the same data has the same checksums in every store");

    let again = copy(&source(&from), &*to.store, CopyOptions::Restart, &mut |_| ()).await.unwrap();
    assert_eq!(again.imported.written, 0, "copying again changes nothing");
    // What was copied works: conversations go on, answers are replayed, what was erased stays so.
    assert!(matches!(to.store.find(&key("gone")).await.unwrap(), Lookup::Erased));
    let replay = to.store.commit(commit("c1", "u1", 0, "k1")).await.unwrap();
    assert!(matches!(replay, lgdl_origin::store::CommitOutcome::Replayed { .. }), "{replay:?}");
    to.store.commit(commit("c1", "u1", 1, "next")).await.unwrap();
    let later = verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap();
    assert_eq!((later.different, later.differences[0].what), (1, "newer"));
    assert_eq!(later.differences[0].record, key("c1").id().to_string());
    // And what is missing or altered is found, and named.
    to.store.erase_conversation(&key("c2"), "u2", order(NOW), event("told")).await.unwrap();
    let later = verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap();
    assert!(later.differences.iter().any(|d| d.what == "missing" && d.record == key("c2").id().to_string()));
    let again = copy(&source(&from), &*to.store, CopyOptions::Restart, &mut |_| ()).await.unwrap();
    assert_eq!((again.imported.written, again.imported.erased), (0, 1), "a copy brings nothing erased back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_from_sqlite_to_postgres_is_whole() {
    a_copy_is_whole(Kind::Sqlite, Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_from_postgres_to_sqlite_is_whole() {
    a_copy_is_whole(Kind::Postgres, Kind::Sqlite).await;
}

/// An administrator; what can change follows from one pass to the next.
async fn employ(store: &dyn Store, name: &str) -> AdministratorRow {
    let row = AdministratorRow {
        id: AdministratorId::mint(NOW, &SystemRandom),
        name: name.into(),
        role: Role::Admin,
        tenant: None,
        password: "of before".into(),
        created_at: NOW,
        disabled: false,
    };
    assert!(store.add_administrator(row.clone(), event("told")).await.unwrap());
    row
}

/// What changes in the source between two passes of a copy.
async fn change(store: &dyn Store, boss: &AdministratorRow, other: &AdministratorRow) {
    // Somebody who is there, and somebody who never was: tombstones of both.
    for user in ["u3", "never seen"] {
        let erased = store.erase_person("default", user, order(NOW + 500), event("told")).await.unwrap();
        assert!(matches!(erased, ErasureOutcome::Erased(_)));
    }
    store.erase_conversation(&key("c4"), "u4", order(NOW + 500), event("told")).await.unwrap();
    let out = AdministratorChange { disabled: Some(true), ..AdministratorChange::default() };
    let changed = store.change_administrator(&other.id, out, event("told")).await.unwrap();
    assert!(matches!(changed, AdministratorChanged::Done(_)), "{changed:?}");
    let _ = boss;
    let later = NOW + 60_000;
    store.publish(compiled("booking", "ten", later), event("told")).await.unwrap();
    store.set_pinned("default", "medical", true, later, event("told")).await.unwrap();
    for hold in store.holds("default").await.unwrap() {
        store.lift_hold("default", &hold.id, later, event("told")).await.unwrap();
    }
    let keys = store.data_keys(None, 10).await.unwrap();
    let wrappings = keys.into_iter().map(|key| (key.id, key.wrapped, vec![7, 7, 7])).collect();
    store.rewrap_data_keys(wrappings, event("told")).await.unwrap();
    store.append_audit(vec![event("three")]).await.unwrap();
}

async fn a_second_pass_brings_what_changed_and_nobody_back(from: Kind, to: Kind) {
    let Some((from, to)) = both(from, to).await else { return };
    filled(&*from.store).await;
    let (boss, other) = (employ(&*from.store, "boss").await, employ(&*from.store, "other").await);
    copy(&source(&from), &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap();
    change(&*from.store, &boss, &other).await;

    let report = verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap();
    assert!(report.erased > 1 && !report.is_whole(), "who was erased since is noticed: {report:#?}");
    let second = copy(&source(&from), &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap();
    assert_eq!(second.imported.removed, report.erased);
    assert!(to.store.of_person("default", "u3").await.unwrap().is_empty());
    assert!(matches!(to.store.find(&key("c4")).await.unwrap(), Lookup::Erased));
    let report = verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap();
    assert!(report.is_whole() && report.additional == 0, "{report:#?}");
    let there = to.store.find_administrator("other").await.unwrap().unwrap();
    assert!(there.disabled, "who may not log in at the source may not here");
    // A late turn of somebody who was never here is not taken either.
    let mut late = commit("late", "never seen", 0, "late");
    late.turn.timestamp = NOW;
    assert_eq!(to.store.commit(late).await.unwrap(), CommitOutcome::Erased);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pass_from_sqlite_to_postgres_brings_what_changed_and_nobody_back() {
    a_second_pass_brings_what_changed_and_nobody_back(Kind::Sqlite, Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_pass_from_postgres_to_sqlite_brings_what_changed_and_nobody_back() {
    a_second_pass_brings_what_changed_and_nobody_back(Kind::Postgres, Kind::Sqlite).await;
}

async fn an_imported_erasure_removes_what_is_there(kind: Kind) {
    let Some((from, to)) = both(kind, kind).await else { return };
    filled(&*from.store).await;
    imported(&*to.store, &exported(&*from.store).await).await.unwrap();
    let stale = exported(&*from.store).await;
    from.store.erase_person("default", "u3", order(NOW + 500), event("told")).await.unwrap();
    let report = imported(&*to.store, &exported(&*from.store).await).await.unwrap();
    assert!(report.imported.removed > 1, "{report:?}");
    assert!(to.store.of_person("default", "u3").await.unwrap().is_empty());
    // And a file of before does not bring them back, not even into a store that never had them.
    let again = imported(&*to.store, &stale).await.unwrap();
    assert!(again.imported.erased > 1 && again.imported.written == 0, "{again:?}");
    let Ok(fresh) = fresh(kind).await else { return };
    fresh.store.erase_person("default", "u3", order(NOW + 500), event("told")).await.unwrap();
    imported(&*fresh.store, &stale).await.unwrap();
    assert!(fresh.store.of_person("default", "u3").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_imported_into_sqlite_removes_what_is_there() {
    an_imported_erasure_removes_what_is_there(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_imported_into_postgres_removes_what_is_there() {
    an_imported_erasure_removes_what_is_there(Kind::Postgres).await;
}

async fn damaged_games_and_changed_owners_are_refused(kind: Kind) {
    let Some((from, to)) = both(kind, kind).await else { return };
    from.store.publish(compiled("medical", "one", NOW), event("told")).await.unwrap();
    from.store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let file = String::from_utf8(exported(&*from.store).await).unwrap();
    let check = async |text: &str| check_file(&mut text.as_bytes()).await;
    check(&file).await.unwrap();
    let mut lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let without_sum = |lines: &mut Vec<serde_json::Value>| {
        let last = lines.last_mut().unwrap();
        last.as_object_mut().unwrap().remove("sha256");
        lines.iter().map(|line| format!("{line}\n")).collect::<String>()
    };
    // Another owner: of a conversation that is here, by a longer history of it.
    imported(&*to.store, file.as_bytes()).await.unwrap();
    let conversation = lines.iter_mut().find(|line| line["kind"] == "conversation").unwrap();
    conversation["user_id"] = "zed".into();
    let mut second = conversation["turns"][0].clone();
    second["turn"] = 2.into();
    conversation["turns"].as_array_mut().unwrap().push(second);
    let altered: String = lines.iter().map(|line| format!("{line}\n")).collect();
    assert!(check(&altered).await.unwrap_err().to_string().contains("altered"));
    let text = without_sum(&mut lines);
    let error = imported(&*to.store, text.as_bytes()).await.unwrap_err().to_string();
    assert!(error.contains("E518") && error.contains("owner") && !error.contains("zed"), "{error}");
    // One bit of a compiled game.
    let mut lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let version = lines.iter_mut().find(|line| line["kind"] == "game_version").unwrap();
    let mut compiled = version["compiled"].as_str().unwrap().to_owned().into_bytes();
    let middle = compiled.len() / 2;
    compiled[middle] = if compiled[middle] == b'A' { b'B' } else { b'A' };
    version["compiled"] = String::from_utf8(compiled).unwrap().into();
    let text = without_sum(&mut lines);
    let Ok(fresh) = fresh(kind).await else { return };
    let error = imported(&*fresh.store, text.as_bytes()).await.unwrap_err().to_string();
    assert!(error.contains("E503") && error.contains("version"), "{error}");
    assert!(fresh.store.games("default").await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_takes_no_damaged_games_and_no_changed_owners() {
    damaged_games_and_changed_owners_are_refused(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_takes_no_damaged_games_and_no_changed_owners() {
    damaged_games_and_changed_owners_are_refused(Kind::Postgres).await;
}

/// A source that breaks off after some pages.
struct Breaking<'a> {
    source: StoreSource<'a>,
    pages_left: AtomicU32,
}

#[async_trait]
impl Source for Breaking<'_> {
    fn name(&self) -> String {
        self.source.name()
    }

    async fn page(&self, section: Section, after: &str, limit: u32) -> Result<Page, StoreError> {
        let left = self.pages_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map_err(|_| StoreError::Unavailable("broken off".into()))?;
        self.source.page(section, after, limit).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_broke_off_goes_on_where_it_was() {
    let Some((from, to)) = both(Kind::Sqlite, Kind::Sqlite).await else { return };
    filled(&*from.store).await;
    // A look at the audit log, all sections before the conversations, and one page of those.
    let before = Section::ALL.iter().position(|section| *section == Section::Conversations).unwrap();
    let pages_left = AtomicU32::new(u32::try_from(before).unwrap() + 2);
    let breaking = Breaking { source: source(&from), pages_left };
    copy(&breaking, &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap_err();
    let arrived = to.store.counts().await.unwrap().conversations;
    assert!((1..CONVERSATIONS).contains(&arrived), "{arrived}");
    let rest = copy(&source(&from), &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap();
    assert!(rest.resumed);
    assert_eq!(rest.read[&Section::Conversations], CONVERSATIONS - arrived);
    assert!(verify(&source(&from), &source(&to), &mut |_| ()).await.unwrap().is_whole());
}

async fn exported(store: &dyn Store) -> Vec<u8> {
    let mut file = Vec::new();
    export(store, &Unprotected, &ExportOptions::default(), NOW, &mut file, &mut |_| ()).await.unwrap();
    file
}

async fn imported(store: &dyn Store, file: &[u8]) -> Result<lgdl_origin::transfer::LineReport, ImportError> {
    import(store, &Unprotected, ImportOptions::default(), &mut &*file, &mut |_| ()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_read_back_equal_by_every_store() {
    let Some((from, to)) = both(Kind::Sqlite, Kind::Postgres).await else { return };
    filled(&*from.store).await;
    let file = exported(&*from.store).await;
    let report = imported(&*to.store, &file).await.unwrap();
    assert_eq!(report.imported.erased + report.imported.kept, 0);
    assert_eq!(from.store.counts().await.unwrap(), to.store.counts().await.unwrap());
    let back = exported(&*to.store).await;
    let lines = |file: &[u8]| -> Vec<serde_json::Value> {
        let lines = file.split(|b| *b == b'\n').filter(|l| !l.is_empty());
        let mut lines: Vec<serde_json::Value> = lines.map(|l| serde_json::from_slice(l).unwrap()).collect();
        // Of the bytes, and every store spells JSON its own way.
        lines.last_mut().unwrap().as_object_mut().unwrap().remove("sha256").unwrap();
        lines
    };
    assert_eq!(lines(&back), lines(&file));
    assert_eq!(imported(&*to.store, &file).await.unwrap().imported.written, 0, "importing again changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_broke_off_or_is_not_ours_is_noticed() {
    let from = fresh(Kind::Sqlite).await.unwrap();
    let to = fresh(Kind::Sqlite).await.unwrap();
    from.store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let file = exported(&*from.store).await;
    let text = String::from_utf8(file.clone()).unwrap();
    let without_end = text.lines().take(text.lines().count() - 1).collect::<Vec<_>>().join("\n");
    let cases: [(&[u8], &str); 7] = [
        (without_end.as_bytes(), "breaks off"),
        (&file[..file.len() / 2], "no JSON"),
        (br#"{"kind":"unknown"}"#, "no record"),
        (br#"{"format":"other","format_version":1}"#, "no lgdl-export"),
        (br#"{"format":"lgdl-export","format_version":99}"#, "version 99"),
        (br#"{"kind":"conversation"}"#, "lacks a field"),
        (b"\xff\xfe", "UTF-8"),
    ];
    for (file, expected) in cases {
        let error = imported(&*to.store, file).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should mention {expected}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_export_can_be_imported() {
    let from = fresh(Kind::Sqlite).await.unwrap();
    let to = fresh(Kind::Sqlite).await.unwrap();
    filled(&*from.store).await;
    let document = exports::person(&*from.store, &Unprotected, "default", "u3", NOW).await.unwrap();
    // As `lgdl gdpr export` lays it out for people.
    let laid_out = serde_json::to_string_pretty(&document).unwrap() + "\n";
    check_file(&mut laid_out.as_bytes()).await.unwrap();
    let report = imported(&*to.store, laid_out.as_bytes()).await.unwrap();
    let expected = from.store.of_person("default", "u3").await.unwrap();
    assert_eq!(report.imported.written, expected.len() as u64);
    let again = imported(&*to.store, document.to_string().as_bytes()).await.unwrap();
    assert_eq!((again.imported.written, again.records), (0, report.records), "on one line it is the same");
    let report = verify(&source(&to), &source(&from), &mut |_| ()).await.unwrap();
    assert!(report.is_whole(), "{report:#?}");
    assert_eq!(report.records[&Section::Conversations], expected.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_what_a_document_says_of_a_conversation_only_the_stores_own_facts_are_kept() {
    let (from, to) = (fresh(Kind::Sqlite).await.unwrap(), fresh(Kind::Sqlite).await.unwrap());
    from.store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let mut document = exports::person(&*from.store, &Unprotected, "default", "u", NOW).await.unwrap();
    let expired = serde_json::json!({"version": 1, "at": 5});
    document["conversations"][0]["metadata"] = serde_json::json!({"expired": expired, "phone": "0170 1234"});
    imported(&*to.store, document.to_string().as_bytes()).await.unwrap();
    let row = to.store.find_by_id("default", &key("c").id()).await.unwrap().unwrap();
    let kept: serde_json::Value = serde_json::from_str(&row.metadata).unwrap();
    assert_eq!(kept, serde_json::json!({"expired": expired}));
}

/// The Python runtime's layout, with what its races leave behind.
const PYTHON_FILE: &str = r#"
    CREATE TABLE conversations (id TEXT PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP,
        current_move_state TEXT, awaiting_response BOOLEAN, last_question TEXT, awaiting_slot_for_move TEXT,
        awaiting_slot_name TEXT, metadata TEXT);
    CREATE TABLE turns (id INTEGER PRIMARY KEY, conversation_id TEXT, turn_num INTEGER, timestamp TIMESTAMP,
        user_input TEXT, sanitized_input TEXT, matched_move TEXT, confidence REAL, response TEXT,
        extracted_params TEXT, metadata TEXT);
    CREATE TABLE extracted_context (conversation_id TEXT, key TEXT, value TEXT);
    CREATE TABLE slots (conversation_id TEXT, move_id TEXT, slot_name TEXT, slot_value TEXT, slot_type TEXT,
        updated_at TIMESTAMP);
    INSERT INTO conversations VALUES
        ('a', '2024-05-01 10:00:00', '2024-05-01 10:02:00', 'pain', 1, 'How bad?', 'pain', 'severity', '{}'),
        ('b', '2024-05-02T10:00:00.5', '2024-05-02T10:00:01', NULL, 0, NULL, NULL, NULL,
            '{"game_id": "booking", "user_id": "ann", "expired": true, "phone": "0170 1234"}'),
        ('empty', '2024-05-02', '2024-05-02', NULL, 0, NULL, NULL, NULL, NULL);
    INSERT INTO turns VALUES
        (1, 'a', 1, '2024-05-01 10:00:00', 'my knee hurts', 'my knee hurts', 'pain', 0.9, 'How bad?',
            '{"location": "knee"}', '{"stage": "collecting"}'),
        (2, 'a', 1, '2024-05-01 10:01:00', 'hello', NULL, NULL, NULL, 'Hi', NULL, NULL),
        (3, 'a', 2, '2024-05-01 10:02:00', 'sieben', 'sieben', 'pain', 1, 'Thanks', 'no json', ''),
        (4, 'b', 1, '2024-05-02 10:00:01', 'table for 4', 'table for 4', 'book', 0.8, 'When?', '{}', '{}'),
        (5, 'orphan', 1, '2024-05-02 10:00:01', 'x', 'x', 'y', 0.8, 'z', '{}', '{}');
    INSERT INTO extracted_context VALUES ('a', 'name', '"Ann"'), ('a', 'city', 'Rome');
    INSERT INTO slots VALUES ('a', 'pain', 'severity', '7', 'range', '2024-05-01 10:02:00'),
        ('a', 'pain', 'location', 'knee', 'string', '2024-05-01 10:00:00');
"#;

async fn a_python_file_is_read(to: Kind) {
    let to = match fresh(to).await {
        Ok(to) => to,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("python.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(PYTHON_FILE).unwrap();
    assert!(PythonSource::recognizes(&path).unwrap());
    let options = PythonOptions {
        tenant: "default".into(),
        game: Some("medical".into()),
        versions: [("medical", "v1"), ("booking", "v9")].map(|(game, version)| (game.into(), version.into())).into(),
        user_id: "unknown".into(),
    };
    let python = PythonSource::open(&path, options).unwrap();
    assert_eq!(python.left_behind().unwrap(), (1, 1));
    let sealing = Sealing { source: &python, protection: &Unprotected };
    let report = copy(&sealing, &*to.store, CopyOptions::Resume, &mut |_| ()).await.unwrap();
    assert_eq!(report.read[&Section::Conversations], 2);
    let report = verify_readable(&python, &*to.store, &Unprotected, &mut |_| ()).await.unwrap();
    assert!(report.is_whole(), "{report:#?}");

    let dump = to.store.dump("default", &key("a").id()).await.unwrap().unwrap();
    let row = &dump.conversation;
    assert_eq!((row.version, row.user_id.as_str(), row.created_at), (3, "unknown", 1_714_557_600_000));
    assert_eq!(row.summary.awaiting_slot_name.as_deref(), Some("severity"));
    let inputs: Vec<_> = dump.turns.iter().map(|turn| (turn.turn_num, turn.user_input.as_str())).collect();
    assert_eq!(inputs, [(1, "my knee hurts"), (2, "hello"), (3, "sieben")], "numbered anew, in order");
    assert_eq!((dump.turns[1].matched_move.as_str(), dump.turns[1].sanitized_input.as_str()), ("none", "hello"));
    let slots: Vec<_> = dump.slots.iter().map(|slot| (&*slot.slot_name, &*slot.slot_value)).collect();
    assert_eq!(slots, [("location", "\"knee\""), ("severity", "7")]);
    assert_eq!(dump.context.iter().map(|c| &*c.value).collect::<Vec<_>>(), ["\"Rome\"", "\"Ann\""]);
    let mut b = key("b");
    b.game = "booking".into();
    assert!(
        matches!(to.store.find(&b).await.unwrap(), Lookup::Found(row) if row.user_id == "ann" && row.metadata == "{}")
    );
    // And the conversation goes on.
    let next = to.store.commit(commit("a", "unknown", 3, "next")).await.unwrap();
    assert_eq!(next, lgdl_origin::store::CommitOutcome::Committed { version: 4 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_python_runtime_is_read_into_sqlite() {
    a_python_file_is_read(Kind::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_python_runtime_is_read_into_postgres() {
    a_python_file_is_read(Kind::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_backup_taken_under_load_is_whole_and_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let [live, copy, restored] = ["live.db", "copy.db", "restored.db"].map(|name| folder.path().join(name));
    let clock = lgdl_origin::clock::ManualClock::at(NOW);
    let store = lgdl_origin::store::sqlite::SqliteStore::open(&live, &clock).await.unwrap();
    filled(&store).await;
    let (from, to) = (live.clone(), copy.clone());
    let backing_up = tokio::task::spawn_blocking(move || backup::sqlite(&from, &to, &mut |_| ()));
    // Turns go on meanwhile; whether they are in the backup is open, that they are kept is not.
    for number in 0..200 {
        store.commit(commit(&format!("during{number}"), "u", 0, &format!("d{number}"))).await.unwrap();
    }
    backing_up.await.unwrap().unwrap();
    assert_eq!(store.counts().await.unwrap().conversations, CONVERSATIONS + 200);
    assert!(matches!(backup::sqlite(&live, &copy, &mut |_| ()), Err(backup::BackupError::Exists(_))));

    backup::restore_sqlite(&copy, &restored, NOW).unwrap();
    let again = lgdl_origin::store::sqlite::SqliteStore::open(&restored, &clock).await.unwrap();
    let (ours, theirs) =
        (StoreSource { store: &store, name: "live".into() }, StoreSource { store: &again, name: "restored".into() });
    let report = verify(&theirs, &ours, &mut |_| ()).await.unwrap();
    assert!(report.is_whole(), "what is in the backup is as it was: {report:#?}");
    assert!(report.records[&Section::Conversations] >= CONVERSATIONS, "what was there before is in it");
    assert!(matches!(backup::restore_sqlite(&copy, &restored, NOW), Err(backup::BackupError::Exists(_))));

    let bytes = std::fs::read(&copy).unwrap();
    let damaged = folder.path().join("damaged.db");
    std::fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let target = folder.path().join("no.db");
    assert!(backup::restore_sqlite(&damaged, &target, NOW).is_err());
    assert!(!target.exists(), "nothing is left of a failed restore");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_backup_can_be_restored() {
    let from = match fresh(Kind::Postgres).await {
        Ok(from) => from,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    filled(&*from.store).await;
    let cluster = crate::postgres_server::shared().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.dump");
    let programs = Some(cluster.binaries());
    backup::postgres(from.url.as_deref().unwrap(), &file, programs).await.unwrap();

    let url = cluster.fresh_database();
    backup::restore_postgres(&file, &url, programs).await.unwrap();
    let to = crate::stores::open_postgres(&url).await;
    let report = verify(&source(&from), &StoreSource { store: &to, name: "restored".into() }, &mut |_| ()).await;
    let report = report.unwrap();
    assert!(report.is_whole() && report.additional == 0, "{report:#?}");
    to.commit(commit("c1", "u1", 1, "next")).await.unwrap();
    // Into a database that is in use, nothing is restored.
    let error = backup::restore_postgres(&file, &url, programs).await.unwrap_err();
    assert!(matches!(error, backup::BackupError::NotEmpty), "{error}");
    let missing = Some(folder.path());
    assert!(backup::postgres(&url, &folder.path().join("x"), missing).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_postgres_by_the_schedule_is_sealed_and_tried() {
    let from = match fresh(Kind::Postgres).await {
        Ok(from) => from,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    filled(&*from.store).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("LGDL_EDGE_UNSIGNED", "true"),
        ("LGDL_POSTGRES_URL", from.url.as_deref().unwrap()),
        ("LGDL_BACKUP_SCHEDULE", "02:30"),
        ("LGDL_BACKUP_URL", folder.path().to_str().unwrap()),
        ("LGDL_BACKUP_KEY", "b1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = lgdl_origin::Config::read("", settings).unwrap();
    let clock = lgdl_origin::clock::SystemClock;
    let programs = Some(crate::postgres_server::shared().unwrap().binaries());
    let look = async |programs| backup::schedule::look(&from.store, &config, &clock, programs).await;
    let made = look(programs).await.unwrap().unwrap();
    assert!(backup::is_sealed(made.file.folder().unwrap()).unwrap());
    let drilled = made.drilled.unwrap();
    assert!(drilled.holds() && drilled.records >= CONVERSATIONS, "{drilled:?}");
    assert_eq!(look(programs).await.unwrap(), None, "until half past two");
}
