//! Conversations whose turns lie in an archive: taken away and brought back in one transaction each, and no file is lost sight of.

use lgdl_origin::clock::{DAY_MS, Millis};
use lgdl_origin::store::{
    Archived, CommitOutcome, ConversationDump, ConversationRow, ErasureOutcome, Lookup, RetentionRule, RetentionScope,
    Store, Summary, anew,
};
use serde_json::json;

use crate::cases::commits;
use crate::data::{NOW, claim, commit, event, key, order, with_bases};
use crate::stores::Fresh;

const LONG_AFTER: Millis = NOW + 1_000_000;

async fn dump(store: &dyn Store, conversation: &str) -> ConversationDump {
    store.dump("default", &key(conversation).id()).await.unwrap().expect("it is there")
}

/// What stays of a conversation whose turns go into a file.
async fn left(store: &dyn Store, conversation: &str, file: &str) -> ConversationRow {
    let row = dump(store, conversation).await.conversation;
    let archived = Archived { file: file.into(), turns: row.version, bytes: 7, at: LONG_AFTER };
    let metadata = json!({"archived": archived, "expired": {"version": row.version, "at": LONG_AFTER}}).to_string();
    ConversationRow { state: "{}".into(), summary: Summary::default(), metadata, ..row }
}

async fn put_away(store: &dyn Store, conversation: &str, file: &str) -> bool {
    let mut told = event("conversation.archived");
    told.at = LONG_AFTER;
    store.put_away(left(store, conversation, file).await, told).await.unwrap()
}

pub(crate) async fn what_is_put_away_comes_back_as_it_was(store: Fresh) {
    commits(&*store, "c", "u", 3).await;
    commits(&*store, "d", "u", 1).await;
    let before = dump(&*store, "c").await;
    let old = |rows: Vec<ConversationRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
    assert_eq!(store.archivable(NOW, None, 9).await.unwrap(), [], "nothing is so old");
    let mut both = vec![key("c").id(), key("d").id()];
    both.sort();
    assert_eq!(old(store.archivable(LONG_AFTER, None, 9).await.unwrap()), both);
    assert_eq!(old(store.archivable(LONG_AFTER, Some(&both[0]), 9).await.unwrap()), both[1..]);

    assert!(put_away(&*store, "c", "f1").await);
    assert!(!put_away(&*store, "c", "f2").await, "there is nothing to take any more");
    assert_eq!(old(store.archivable(LONG_AFTER, None, 9).await.unwrap()), [key("d").id()]);
    assert_eq!(old(store.archived(Some("default"), None, 9).await.unwrap()), [key("c").id()]);
    assert_eq!(store.archived(Some("other"), None, 9).await.unwrap(), []);
    let bare = dump(&*store, "c").await;
    assert_eq!((bare.turns.len(), bare.slots.len(), bare.context.len(), bare.answers.len()), (0, 0, 0, 0));
    assert_eq!((bare.conversation.version, bare.conversation.updated_at), (3, before.conversation.updated_at));
    assert_eq!(Archived::of(&bare.conversation).unwrap().map(|archived| archived.turns), Some(3));
    assert_eq!(store.of_person("default", "u").await.unwrap().len(), 2, "it is found as any other");

    // Its person speaks: on a beginning, and on nothing else.
    let stale = with_bases(commit("c", "u", 3, "stale"), &["3:c-2"]);
    assert!(matches!(store.commit(stale).await.unwrap(), CommitOutcome::Conflict { current: Some(_), .. }));
    let fresh = with_bases(commit("c", "u", 3, "fresh"), &[&anew(3)]);
    assert_eq!(store.commit(fresh).await.unwrap(), CommitOutcome::Committed { version: 4 });
    assert_eq!(old(store.archivable(LONG_AFTER, None, 9).await.unwrap()), both, "it has a turn here again");

    assert!(!store.bring_back(before.clone(), "another", LONG_AFTER, event("told")).await.unwrap());
    assert!(store.bring_back(before.clone(), "f1", LONG_AFTER, event("conversation.brought_back")).await.unwrap());
    assert!(!store.bring_back(before.clone(), "f1", LONG_AFTER, event("told")).await.unwrap(), "once");
    let back = dump(&*store, "c").await;
    assert_eq!(back.turns[..3], before.turns, "as they were");
    assert_eq!((back.turns.len(), back.conversation.version, back.answers.len()), (4, 4, 4));
    assert_eq!(Archived::of(&back.conversation).unwrap(), None);
    assert_eq!(store.archived(None, None, 9).await.unwrap(), []);

    while store.drain_outbox(100).await.unwrap() > 0 {}
    let links = store.audit(0, 100).await.unwrap();
    let told: Vec<_> = links.iter().map(|link| link.event.event.as_str()).collect();
    assert_eq!(told, ["conversation.archived", "conversation.brought_back"]);
}

pub(crate) async fn a_conversation_that_goes_on_is_not_put_away(store: Fresh) {
    commits(&*store, "c", "u", 1).await;
    let stays = left(&*store, "c", "f1").await;
    let mut now = event("told");
    now.at = NOW + 10;
    store.claim(claim("c", "u", 1, "acts", NOW)).await.unwrap();
    assert!(!store.put_away(stays.clone(), now.clone()).await.unwrap(), "a turn holds its place");
    commits_one_more(&*store).await;
    assert!(!store.put_away(stays, now.clone()).await.unwrap(), "it has another version");

    let mut turn = commit("c", "u", 2, "asks");
    let handover = json!({"queue": "nurse", "stage": "waiting", "since_ms": NOW});
    turn.turn.metadata = json!({"stage": "escalated", "handover": handover}).to_string();
    store.commit(turn).await.unwrap();
    assert!(!put_away(&*store, "c", "f1").await, "it is with people");
    assert_eq!(store.archivable(LONG_AFTER, None, 9).await.unwrap(), []);
    let Lookup::Found(row) = store.find(&key("c")).await.unwrap() else { panic!("it is there") };
    assert_eq!((row.version, row.metadata.as_str()), (3, "{}"));
}

async fn commits_one_more(store: &dyn Store) {
    store.commit(commit("c", "u", 1, "acts")).await.unwrap();
}

pub(crate) async fn files_that_nobody_needs_are_found(store: Fresh) {
    for conversation in ["c", "d", "e"] {
        commits(&*store, conversation, if conversation == "e" { "v" } else { "u" }, 1).await;
        store.expect_file(conversation, &key(conversation).id(), LONG_AFTER).await.unwrap();
    }
    store.expect_file("lost", &key("c").id(), LONG_AFTER).await.unwrap();
    let loose = async |before: Millis| {
        let files = store.loose_files(before, 9).await.unwrap();
        files.into_iter().map(|loose| (loose.file, loose.needed)).collect::<Vec<_>>()
    };
    let file = |name: &str, needed: bool| (name.to_owned(), needed);
    assert_eq!(loose(LONG_AFTER).await, [], "they may still be on their way");
    for conversation in ["c", "d", "e"] {
        assert!(put_away(&*store, conversation, conversation).await);
    }
    assert_eq!(loose(LONG_AFTER + 1).await, [file("lost", false)], "the others have arrived");
    store.forget_file("lost").await.unwrap();

    // Whoever is erased leaves files behind, and nobody has to look for them.
    store.erase_conversation(&key("c"), "u", order(LONG_AFTER), event("told")).await.unwrap();
    store.erase_person("default", "v", order(LONG_AFTER), event("told")).await.unwrap();
    assert_eq!(loose(LONG_AFTER).await, [file("c", false), file("e", false)]);
    // One that was written once more is needed by what it was written for.
    store.expect_file("d", &key("d").id(), NOW).await.unwrap();
    assert_eq!(loose(LONG_AFTER).await, [file("c", false), file("d", true), file("e", false)]);
    for name in ["c", "d", "e"] {
        store.forget_file(name).await.unwrap();
    }
    let whole = dump(&*store, "d").await;
    assert!(store.bring_back(whole, "d", LONG_AFTER + 5, event("told")).await.unwrap());
    assert_eq!(loose(LONG_AFTER + 5).await, []);
    assert_eq!(loose(LONG_AFTER + 6).await, [file("d", false)], "kept until then, for backups");
}

pub(crate) async fn an_erasure_makes_every_file_of_it_due(store: Fresh) {
    let kept_until = LONG_AFTER + 5;
    for (conversation, user) in [("c", "u"), ("d", "v"), ("e", "w")] {
        commits(&*store, conversation, user, 1).await;
        let whole = dump(&*store, conversation).await;
        assert!(put_away(&*store, conversation, &format!("{conversation}1")).await);
        assert!(store.bring_back(whole, &format!("{conversation}1"), kept_until, event("told")).await.unwrap());
        assert!(put_away(&*store, conversation, &format!("{conversation}2")).await, "once more, in another file");
    }
    let due = async || {
        let files = store.loose_files(NOW + 1, 9).await.unwrap();
        files.into_iter().map(|loose| (loose.file, loose.needed)).collect::<Vec<_>>()
    };
    let gone = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), false)).collect::<Vec<_>>();
    assert_eq!(due().await, []);
    let erased = store.erase_conversation(&key("c"), "u", order(LONG_AFTER), event("told")).await.unwrap();
    let ErasureOutcome::Erased(report) = erased else { panic!("{erased:?}") };
    assert_eq!((report.turns, report.archived_turns, report.conversations), (0, 1, 1), "turns of the archive are told");
    assert_eq!(due().await, gone(&["c1", "c2"]), "also that which was kept for backups");
    let erased = store.erase_person("default", "v", order(LONG_AFTER), event("told")).await.unwrap();
    let ErasureOutcome::Erased(report) = erased else { panic!("{erased:?}") };
    assert_eq!((report.turns, report.archived_turns), (0, 1));
    assert_eq!(due().await, gone(&["c1", "c2", "d1", "d2"]));
}

pub(crate) async fn what_retention_removes_leaves_no_file_for_backups(store: Fresh) {
    let kept_until = NOW + 40 * DAY_MS;
    for (conversation, user) in [("c", "u"), ("d", "v")] {
        commits(&*store, conversation, user, 1).await;
        let whole = dump(&*store, conversation).await;
        assert!(put_away(&*store, conversation, conversation).await);
        assert!(store.bring_back(whole, conversation, kept_until, event("told")).await.unwrap());
    }
    store.expect_file("on its way", &key("gone").id(), NOW).await.unwrap();
    let due = async || {
        let files = store.loose_files(NOW, 9).await.unwrap();
        files.into_iter().map(|loose| loose.file).collect::<Vec<_>>()
    };
    assert_eq!(due().await, Vec::<String>::new(), "a backup of before names them, and they are there");
    let game = RetentionScope::AllBut(Vec::new());
    let rule = RetentionRule { scope: game, before: NOW + DAY_MS };
    assert_eq!(store.remove_conversations_before(rule, 1, event("told")).await.unwrap(), 1);
    assert_eq!(due().await.len(), 1, "that of the one that is gone");
}
