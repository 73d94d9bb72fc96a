//! Reports: every turn is counted once, on its day, whether its day is summed up already or not.

use lgdl_origin::clock::Millis;
use lgdl_origin::report::{CLOSED_AFTER_MS, DAY_MS, Left, SILENT_AFTER_MS, report};
use lgdl_origin::store::{Commit, Store};

use crate::data::{NOW, commit};
use crate::stores::Fresh;

/// A turn taken at `at` with these facts, by which an answer is awaited or not.
fn turn(conversation: &str, version: u64, at: Millis, waits: bool, facts: &str) -> Commit {
    let mut turn = commit(conversation, "u", version, &format!("{conversation}/{version}"));
    (turn.now_ms, turn.turn.timestamp) = (at, at);
    turn.turn.metadata = facts.into();
    turn.summary.awaiting_response = waits;
    turn
}

async fn add(store: &dyn Store, turns: Vec<Commit>) {
    for turn in turns {
        store.commit(turn).await.unwrap();
    }
}

/// Two conversations of one day: one asks twice, refuses, and completes; the other is left.
fn a_day(name: &str, at: Millis) -> Vec<Commit> {
    let (done, left) = (format!("{name}-done"), format!("{name}-left"));
    let asks = r#"{"stage":"collecting","awaiting_slot":"severity","reading":"match","understood_by":"plain",
        "filled":[{"slot":"location","source":"capture"}],"also":[{"move_id":"hours","confidence":0.8,"state":"answered"}]}"#;
    vec![
        turn(&done, 0, at, true, asks),
        turn(
            &done,
            1,
            at + 1_000,
            true,
            r#"{"stage":"collecting","awaiting_slot":"severity","refused_slot":"severity"}"#,
        ),
        turn(
            &done,
            2,
            at + 60_000,
            false,
            r#"{"stage":"answered","slots_filled":true,"filled":[{"slot":"severity","source":"answer"},
                {"slot":"location","source":"correction"}],"calls":[{"capability":"a.b","status":"E200"}]}"#,
        ),
        turn(&left, 0, at + 500, true, r#"{"stage":"collecting","awaiting_slot":"location"}"#),
    ]
}

pub(crate) async fn a_report_counts_every_turn_once_before_and_after_its_day_is_summed_up(store: Fresh) {
    let first = NOW.div_euclid(DAY_MS) * DAY_MS;
    add(&*store, a_day("a", first + 1_000)).await;
    add(&*store, a_day("b", first + DAY_MS + 1_000)).await;
    let span = (first, first + 2 * DAY_MS - 1);
    let soon = first + DAY_MS + 2 * SILENT_AFTER_MS;
    let late = first + 2 * DAY_MS + CLOSED_AFTER_MS + 1;
    assert_eq!(store.closed_days("default", "medical").await.unwrap(), None);
    let before = report(&*store, "default", "medical", span, soon).await.unwrap();
    let after = report(&*store, "default", "medical", span, late).await.unwrap();
    assert_eq!(store.closed_days("default", "medical").await.unwrap(), Some(first / DAY_MS + 2));
    let again = report(&*store, "default", "medical", span, late + DAY_MS).await.unwrap();
    for report in [&before, &after, &again] {
        let total = &report.total;
        assert_eq!((total.started, total.turns, total.completed), (4, 8, 2));
        assert_eq!((total.several, total.corrections, total.calls, total.failed_calls), (2, 2, 2, 2));
        assert_eq!((total.completing, total.completing_ms), (2, 120_000));
        let severity = &total.slots["pain.severity"];
        assert_eq!((severity.asked, severity.asked_again, severity.refused, severity.filled), (4, 2, 2, 2));
        assert_eq!((total.understood_by["plain"], total.scores[8]), (2, 2));
        assert_eq!(report.days.len(), 2);
        assert_eq!(report.days.values().map(|day| day.turns).collect::<Vec<_>>(), [4, 4]);
        assert_eq!(report.versions["v1"], report.total);
        let left = Left { move_id: "pain".into(), slot: Some("location".into()), conversations: 2 };
        assert_eq!(report.left, [left]);
    }
    // One day of the two.
    let day = report(&*store, "default", "medical", (first, first), late).await.unwrap();
    assert_eq!((day.total.turns, day.days.len()), (4, 1));
    // Neither another game nor another tenant.
    for (tenant, game) in [("default", "other"), ("other", "medical")] {
        assert_eq!(report(&*store, tenant, game, span, late).await.unwrap().total.turns, 0);
    }
}

pub(crate) async fn what_a_day_came_to_outlives_its_conversations(store: Fresh) {
    let first = NOW.div_euclid(DAY_MS) * DAY_MS;
    add(&*store, a_day("a", first + 1_000)).await;
    let late = first + DAY_MS + CLOSED_AFTER_MS + 1;
    let before = report(&*store, "default", "medical", (first, late), late).await.unwrap();
    store.erase_person("default", "u", crate::data::order(late), crate::data::event("person.erased")).await.unwrap();
    let after = report(&*store, "default", "medical", (first, late), late).await.unwrap();
    assert_eq!((after.total, after.left), (before.total, Vec::new()));
}
