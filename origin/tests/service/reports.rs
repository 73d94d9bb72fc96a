//! What edges tell the audit log.

use lgdl::wire::node::Why;
use lgdl::wire::origin::{
    Decided, DecidedBy, Decision, Decisions, MAX_DECISIONS, MAX_REPORTS, Refused, Report, Reports,
};
use lgdl_origin::audit::drain;
use lgdl_origin::ids::{ApiKeyId, ConversationId};
use lgdl_origin::random::SystemRandom;
use reqwest::StatusCode;
use serde_json::json;

use crate::client::{edge, problem};

fn report(refused: Refused, user: Option<&str>, key: Option<&str>) -> Report {
    Report {
        refused,
        user_id: user.map(str::to_owned),
        key_id: key.map(str::to_owned),
        count: 7,
        first_at_ms: 1,
        last_at_ms: 2,
    }
}

#[tokio::test]
async fn refusals_of_an_edge_are_in_the_audit_log_under_pseudonyms() {
    let edge = edge().await;
    let reports = vec![
        report(Refused::UserLimit, Some("ann"), None),
        report(Refused::UnknownCredential, None, None),
        report(Refused::Scope, Some("ann"), None),
    ];
    assert_eq!(edge.post("/edge/v1/reports", &Reports { reports }).await.status(), StatusCode::NO_CONTENT);
    let store = &*edge.running.origin.store;
    drain(store).await.unwrap();
    let told = store.audit(0, 100).await.unwrap();
    let told: Vec<_> = told.iter().filter(|row| row.event.actor == "edge").collect();
    let names: Vec<_> = told.iter().map(|row| row.event.event.as_str()).collect();
    assert_eq!(names, ["rate_limit.exceeded", "authentication.failed", "access.refused"]);
    assert_eq!((&told[0].event.detail["count"], &told[0].event.detail["refused"]), (&json!(7), &json!("user_limit")));
    assert!(told[0].event.subject.starts_with("person_") && told[1].event.subject == "nobody");
}

#[tokio::test]
async fn what_is_decided_about_turns_that_were_set_aside_is_in_the_audit_log() {
    let edge = edge().await;
    let key = ApiKeyId::mint(1, &SystemRandom).to_string();
    let id = ConversationId::derive("default", "medical", "c1");
    let turn = |stream: &str| Decided { stream: stream.into(), version: 3, why: Why::Damaged };
    let decided = |decision, by, stream: &str| Decisions { decision, by, turns: vec![turn(stream)] };
    let post = async |decisions: &Decisions| edge.post("/edge/v1/decisions", decisions).await;
    let dropped = decided(Decision::Drop, DecidedBy::Key(key.clone()), &id.digest());
    assert_eq!(post(&dropped).await.status(), StatusCode::NO_CONTENT);
    let retried = decided(Decision::Retry, DecidedBy::CommandLine, &id.digest());
    assert_eq!(post(&retried).await.status(), StatusCode::NO_CONTENT);
    let store = &*edge.running.origin.store;
    drain(store).await.unwrap();
    let told = store.audit(0, 100).await.unwrap();
    let told: Vec<_> = told.iter().filter(|row| row.event.event.starts_with("journal.")).collect();
    let who: Vec<_> = told.iter().map(|row| (row.event.event.as_str(), row.event.actor.as_str())).collect();
    assert_eq!(who, [("journal.dropped", key.as_str()), ("journal.retried", "cli")]);
    assert_eq!((told[0].event.subject.as_str(), &told[0].event.detail["turn"]), (id.as_str(), &json!(3)));
    assert_eq!((&told[0].event.detail["why"], &told[0].event.detail["edge_key"]), (&json!("damaged"), &json!("edge")));
    for wrong in [
        decided(Decision::Drop, DecidedBy::Key("a password".into()), &id.digest()),
        decided(Decision::Drop, DecidedBy::CommandLine, "what somebody said"),
        Decisions { turns: vec![turn(&id.digest()); MAX_DECISIONS + 1], ..retried },
    ] {
        problem(post(&wrong).await, StatusCode::BAD_REQUEST, "E520").await;
    }
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let edge = edge().await;
    let secret = report(Refused::UnknownCredential, None, Some("a password that somebody sent"));
    problem(edge.post("/edge/v1/reports", &Reports { reports: vec![secret] }).await, StatusCode::BAD_REQUEST, "E520")
        .await;
    let many = vec![report(Refused::GlobalLimit, None, None); MAX_REPORTS + 1];
    problem(edge.post("/edge/v1/reports", &Reports { reports: many }).await, StatusCode::BAD_REQUEST, "E520").await;
    let unknown = json!({"reports": [{"refused": "everything", "count": 1, "first_at_ms": 1, "last_at_ms": 1}]});
    problem(edge.post("/edge/v1/reports", &unknown).await, StatusCode::BAD_REQUEST, "E520").await;
}
