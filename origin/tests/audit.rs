//! The audit log against somebody who has the database file: every change, gap and reordering is found and placed.

use std::path::PathBuf;

use lgdl_origin::audit::{self, Checkpoint, Fault, Finding, Report, events, read_checkpoints, verify};
use lgdl_origin::clock::{ManualClock, Millis};
use lgdl_origin::config::Secret;
use lgdl_origin::store::AuditLog as _;
use lgdl_origin::store::sqlite::SqliteStore;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

const NOW: Millis = 1_760_000_000_000;
const LINKS: u64 = 9;

struct Log {
    store: SqliteStore,
    path: PathBuf,
    _folder: TempDir,
}

/// A log of nine links, the last of them made after the outbox was drained a second time.
async fn log() -> Log {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lgdl.db");
    let store = SqliteStore::open(&path, &ManualClock::at(NOW)).await.unwrap();
    let log = Log { store, path, _folder: folder };
    log.tell(0..LINKS).await;
    log
}

impl Log {
    async fn tell(&self, numbers: std::ops::Range<u64>) {
        let events = numbers.map(|n| {
            let detail = json!({"number": n, "reason": "said so"});
            events::of(NOW + n.cast_signed(), "default", events::KEY_CREATED, "adm_x", format!("key_{n}"), detail)
        });
        self.store.enqueue(events.collect()).await.unwrap();
        audit::drain(&self.store).await.unwrap();
    }

    /// Does to the file what only somebody with the file can do.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(&self.path).unwrap();
        connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
        let disarm = "DROP TRIGGER IF EXISTS audit_is_append_only_update;
            DROP TRIGGER IF EXISTS audit_is_append_only_delete;";
        connection.execute_batch(&format!("{disarm} {sql}")).unwrap();
    }

    async fn verify(&self, checkpoints: &[Checkpoint]) -> Report {
        verify(&self.store, checkpoints, Some(&key())).await.unwrap()
    }

    async fn checkpoint(&self) -> Checkpoint {
        audit::checkpoint(&self.store, NOW, &key()).await.unwrap().unwrap()
    }
}

fn key() -> Secret {
    Secret::new("a key of the auditors")
}

async fn check(sql: &str, expected: &[(u64, Fault)]) {
    let log = log().await;
    assert!(log.verify(&[]).await.holds());
    log.tamper(sql);
    let report = log.verify(&[]).await;
    let expected: Vec<_> =
        expected.iter().map(|(sequence, fault)| Finding { sequence: *sequence, fault: fault.clone() }).collect();
    assert_eq!(report.findings, expected, "{sql}");
    assert_eq!(report.faults, expected.len() as u64);
}

#[tokio::test]
async fn the_database_refuses_to_change_or_remove_links() {
    let log = log().await;
    let connection = Connection::open(&log.path).unwrap();
    for sql in ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "DELETE FROM audit WHERE sequence = 9"] {
        assert!(connection.execute(sql, []).unwrap_err().to_string().contains("append-only"), "{sql}");
    }
    let report = log.verify(&[]).await;
    assert_eq!((report.links, report.last_sequence, report.holds()), (LINKS, LINKS, true));
}

#[tokio::test]
async fn a_change_of_any_column_is_found_at_its_link() {
    for column in ["tenant", "event", "actor", "subject"] {
        check(&format!("UPDATE audit SET {column} = {column} || 'x' WHERE sequence = 4"), &[(4, Fault::Changed)]).await;
    }
    check("UPDATE audit SET at = at + 1 WHERE sequence = 1", &[(1, Fault::Changed)]).await;
    check("UPDATE audit SET detail = '{\"number\":5}' WHERE sequence = 9", &[(9, Fault::Changed)]).await;
    let hash = "UPDATE audit SET hash = 'f' || substr(hash, 2) || 'f' WHERE sequence = 4";
    check(hash, &[(4, Fault::Changed), (5, Fault::Unlinked)]).await;
    let previous = "UPDATE audit SET previous_hash = 'x' WHERE sequence = 4";
    check(previous, &[(4, Fault::Changed), (4, Fault::Unlinked)]).await;
}

#[tokio::test]
async fn gaps_are_found_and_measured() {
    let gap = |first, last| Fault::Gap { first, last };
    check("DELETE FROM audit WHERE sequence = 4", &[(5, gap(4, 4)), (5, Fault::Unlinked)]).await;
    check("DELETE FROM audit WHERE sequence <= 3", &[(4, gap(1, 3)), (4, Fault::Unlinked)]).await;
    let closed = "DELETE FROM audit WHERE sequence = 8; UPDATE audit SET sequence = 8 WHERE sequence = 9";
    check(closed, &[(8, Fault::Changed), (8, Fault::Unlinked)]).await;
}

#[tokio::test]
async fn links_that_changed_places_are_found() {
    let swap = "UPDATE audit SET sequence = 99 WHERE sequence = 3; UPDATE audit SET sequence = 3 WHERE sequence = 6;
        UPDATE audit SET sequence = 6 WHERE sequence = 99";
    let both = |sequence| [(sequence, Fault::Changed), (sequence, Fault::Unlinked)];
    let expected: Vec<_> =
        both(3).into_iter().chain([(4, Fault::Unlinked)]).chain(both(6)).chain([(7, Fault::Unlinked)]).collect();
    check(swap, &expected).await;
}

#[tokio::test]
async fn a_link_that_cant_be_read_is_named_and_the_rest_is_checked_all_the_same() {
    let sql = "UPDATE audit SET detail = 'no json' WHERE sequence = 4; UPDATE audit SET actor = 'x' WHERE sequence = 7";
    check(sql, &[(4, Fault::Unreadable), (7, Fault::Changed)]).await;
}

#[tokio::test]
async fn a_checkpoint_shows_that_the_end_was_cut_off() {
    let log = log().await;
    let checkpoint = log.checkpoint().await;
    assert!(log.verify(std::slice::from_ref(&checkpoint)).await.holds());
    log.tamper("DELETE FROM audit WHERE sequence > 6");
    assert!(log.verify(&[]).await.holds(), "the chain alone can't know its length");
    let report = log.verify(&[checkpoint]).await;
    assert_eq!(report.findings, [Finding { sequence: LINKS, fault: Fault::Truncated { expected: LINKS } }]);
}

#[tokio::test]
async fn a_checkpoint_shows_that_the_whole_chain_was_written_anew() {
    let (log, other) = (log().await, log().await);
    let checkpoint = log.checkpoint().await;
    other.tamper("DELETE FROM audit");
    other.tell(1..LINKS + 1).await;
    assert!(other.verify(&[]).await.holds());
    let report = other.verify(std::slice::from_ref(&checkpoint)).await;
    assert_eq!(report.findings, [Finding { sequence: LINKS, fault: Fault::Rewritten }]);
}

#[tokio::test]
async fn a_checkpoint_holds_while_the_log_grows_and_no_other_key_can_make_one() {
    let log = log().await;
    let checkpoint = log.checkpoint().await;
    log.tell(LINKS..20).await;
    assert!(log.verify(&[checkpoint.clone(), log.checkpoint().await]).await.holds());
    for forged in [
        Checkpoint { sequence: 3, ..checkpoint.clone() },
        Checkpoint { signed_at_ms: NOW - 1, ..checkpoint.clone() },
        Checkpoint { hash: audit::GENESIS.into(), ..checkpoint.clone() },
        audit::checkpoint(&log.store, NOW, &Secret::new("the key of somebody else")).await.unwrap().unwrap(),
    ] {
        let report = log.verify(std::slice::from_ref(&forged)).await;
        assert_eq!(report.findings, [Finding { sequence: forged.sequence, fault: Fault::BadSignature }]);
    }
    let line = serde_json::to_string(&checkpoint).unwrap();
    let torn = read_checkpoints(&format!("{line}\n\n{{}}\n{line}\n{}", &line[..line.len() / 2]));
    assert_eq!(torn.all, [checkpoint.clone(), checkpoint.clone()]);
    assert_eq!(
        torn.malformed.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["E541 line 3 is no checkpoint", "E541 line 5 is no checkpoint"]
    );
    let unchecked = verify(&log.store, &torn.all, None).await.unwrap();
    assert_eq!((unchecked.faults, unchecked.unchecked_signatures), (0, 2));
    assert!(!unchecked.holds(), "without the key anybody can have made them");
}

#[tokio::test]
async fn the_log_is_written_out_as_json_lines_and_taken_up_again() {
    let log = log().await;
    let (mut all, mut rest) = (Vec::new(), Vec::new());
    assert_eq!(audit::export(&log.store, 0, &mut all).await.unwrap(), LINKS);
    assert_eq!(audit::export(&log.store, 7, &mut rest).await.unwrap(), 2);
    let all = String::from_utf8(all).unwrap();
    let lines: Vec<Value> = all.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["sequence"], &lines[0]["event"]), (&json!(1), &json!("key.created")));
    assert!(all.ends_with(&String::from_utf8(rest).unwrap()));
}

#[tokio::test]
async fn findings_are_counted_beyond_those_that_are_named() {
    let log = log().await;
    log.tell(LINKS..audit::MAX_FINDINGS as u64 + 50).await;
    log.tamper("UPDATE audit SET actor = 'x'");
    let report = log.verify(&[]).await;
    assert_eq!((report.findings.len(), report.faults), (audit::MAX_FINDINGS, audit::MAX_FINDINGS as u64 + 50));
}
