//! What edges tell the audit log.

use lgdl::wire::origin::{MAX_REPORTS, Refused, Report, Reports};
use lgdl_origin::audit::drain;
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
