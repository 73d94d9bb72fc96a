//! Alerts: told once an incident over every channel, told when it is well again, and not lost by a restart.

use std::time::{Duration, Instant};

use lgdl_origin::alerts::open;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::store::NodeRow;
use lgdl_tls::{Files, ServerTls};
use serde_json::Value;

use crate::certificates::{Authority, FAR};
use crate::client::{Edge, edge_with};
use crate::sinks::{Arrived, endpoints, mail_server};

const KEY: &str = "0123456789abcdef0123456789abcdef";
const PLACES: [&str; 4] = ["mail", "slack", "pagerduty", "any"];

struct Place {
    arrived: Arrived,
    settings: Vec<(&'static str, String)>,
    folder: tempfile::TempDir,
}

impl Place {
    async fn new() -> Place {
        let (arrived, folder) = (Arrived::default(), tempfile::tempdir().unwrap());
        let (http, mail) = (endpoints(&arrived).await, mail_server(&arrived, None).await);
        let settings = vec![
            ("LGDL_SQLITE_PATH", folder.path().join("kept.db").to_string_lossy().into_owned()),
            ("LGDL_ALERT_EVERY_SECONDS", "1".into()),
            ("LGDL_ALERT_SMTP_URL", format!("smtp://{mail}")),
            ("LGDL_ALERT_EMAIL_FROM", "LGDL <lgdl@example.com>".into()),
            ("LGDL_ALERT_EMAIL_TO", "ops@example.com,boss@example.com".into()),
            ("LGDL_ALERT_SLACK_URL", format!("http://{http}/slack")),
            ("LGDL_ALERT_PAGERDUTY_URL", format!("http://{http}/pagerduty")),
            ("LGDL_ALERT_PAGERDUTY_KEY", KEY.into()),
            ("LGDL_ALERT_WEBHOOK_URL", format!("http://{http}/any")),
        ];
        Place { arrived, settings, folder }
    }

    /// An origin whose disk is too full from so many percent on.
    async fn origin(&self, percent: &str) -> Edge {
        let mut settings: Vec<_> = self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        settings.push(("LGDL_ALERT_DISK_PERCENT", percent));
        edge_with(&settings).await
    }

    async fn until(&self, what: &str, mut is_so: impl FnMut(&Arrived) -> bool) {
        let began = Instant::now();
        while !is_so(&self.arrived) {
            let all = PLACES.map(|place| self.arrived.at(place));
            assert!(began.elapsed() < Duration::from_secs(60), "{what}: {all:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test]
async fn an_incident_is_told_once_over_every_channel_and_so_is_its_end() {
    let place = Place::new().await;
    let edge = place.origin("1").await;
    place.until("all channels tell", |arrived| PLACES.iter().all(|at| arrived.at(at).len() == 1)).await;
    let raised = PLACES.map(|at| place.arrived.at(at)[0].clone());
    let [mail, slack, pagerduty, any] = &raised;
    let text = mail["text"].as_str().unwrap();
    assert!(
        text.contains("Subject: [lgdl] critical: the disk of the store is") && text.contains("disk_full"),
        "{text}"
    );
    assert!(mail["to"].to_string().contains("ops@example.com") && mail["to"].to_string().contains("boss@example.com"));
    assert!(slack["text"].as_str().unwrap().starts_with("critical: the disk of the store is"));
    assert_eq!(
        (&pagerduty["event_action"], &pagerduty["payload"]["severity"]),
        (&"trigger".into(), &"critical".into())
    );
    assert_eq!(any["type"], "lgdl.alert.raised.v1");
    assert_eq!(open(&*edge.running.origin.store).await.unwrap().len(), 1);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(PLACES.iter().all(|at| place.arrived.at(at).len() == 1), "once an incident");
    edge.running.stop().await.unwrap();
    let edge = place.origin("off").await;
    place.until("its end is told", |arrived| PLACES.iter().all(|at| arrived.at(at).len() == 2)).await;
    let ended = &place.arrived.at("pagerduty")[1];
    assert_eq!((&ended["event_action"], &ended["dedup_key"]), (&"resolve".into(), &pagerduty["dedup_key"]));
    assert!(place.arrived.at("mail")[1]["text"].as_str().unwrap().contains("resolved: the disk of the store is"));
    assert!(open(&*edge.running.origin.store).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_could_not_be_told_is_told_after_a_restart() {
    let place = Place::new().await;
    place.arrived.set_down(true);
    let edge = place.origin("1").await;
    place.until("mail works", |arrived| arrived.at("mail").len() == 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    edge.running.stop().await.unwrap();
    place.arrived.set_down(false);
    let _edge = place.origin("1").await;
    place.until("the others tell", |arrived| PLACES.iter().all(|at| arrived.at(at).len() == 1)).await;
    let told: Vec<Value> = place.arrived.at("slack");
    assert_eq!(told.len(), 1);
}

/// Alerts go by way of the outbox: that it is stuck is told past it.
#[tokio::test]
async fn an_outbox_that_nothing_gets_out_of_is_told_past_it() {
    let place = Place::new().await;
    let edge = place.origin("off").await;
    let health = async || {
        let answer = edge.http().get(edge.url("/health")).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["components"]["outbox"]["status"].clone()
    };
    assert_eq!(health().await, "healthy");
    let file = rusqlite::Connection::open(place.folder.path().join("kept.db")).unwrap();
    file.busy_timeout(Duration::from_secs(5)).unwrap();
    let long_ago = lgdl_origin::clock::SystemClock.now_ms() - 10 * 60_000;
    let row = "INSERT INTO outbox (at, tenant, event, actor, subject, detail) VALUES (?1, 'default', 'several', 'a', 's', '{}')";
    file.execute(row, [long_ago]).unwrap();
    place.until("it is told", |arrived| PLACES.iter().all(|at| arrived.at(at).len() == 1)).await;
    assert!(place.arrived.at("slack")[0]["text"].as_str().unwrap().contains("moves nothing on"));
    assert_eq!(health().await, "degraded");
    file.execute("DELETE FROM outbox WHERE event = 'several'", []).unwrap();
    place.until("its end is told", |arrived| PLACES.iter().all(|at| arrived.at(at).len() == 2)).await;
    assert_eq!(health().await, "healthy");
}

/// A node that has set turns aside and can't remove what has arrived: somebody has to look.
#[tokio::test]
async fn what_a_node_can_not_do_by_itself_is_an_alert() {
    let edge = edge_with(&[("LGDL_ALERT_EVERY_SECONDS", "1"), ("LGDL_ALERT_DISK_PERCENT", "off")]).await;
    let report = serde_json::json!({
        "name": "n1", "version": "1.0.0", "platform": "native", "waiting": 0, "aside": 2, "unremoved": 3,
        "breaker": "closed", "every_ms": 5_000, "sent_at_ms": lgdl_origin::clock::SystemClock.now_ms(),
    });
    assert!(edge.post("/edge/v1/node", &report).await.status().is_success());
    let store = &*edge.running.origin.store;
    let are_open = async |expected: &[&str]| {
        let began = Instant::now();
        loop {
            let open = open(store).await.unwrap();
            let found: Vec<String> = open.values().map(|incident| incident.rule.to_string()).collect();
            if found == expected {
                break;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{found:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    are_open(&["journal_unremoved", "turns_aside"]).await;
    // It falls silent: how its disk is nobody knows any more, and what it set aside is there still.
    let row = store.find_node("n1").await.unwrap().expect("it told");
    let silent = NodeRow { silent_since: Some(row.seen_at), ..row.clone() };
    assert!(store.keep_node(silent, Some(row.seen_at), Vec::new()).await.unwrap());
    are_open(&["turns_aside"]).await;
}

#[tokio::test]
async fn mail_is_encrypted_and_its_server_checked_by_the_operators_own_authority() {
    let (arrived, folder) = (Arrived::default(), tempfile::tempdir().unwrap());
    let authority = Authority::new(folder.path());
    authority.issue(FAR);
    let files = Files { certificate: authority.file("tls.crt"), key: authority.file("tls.key") };
    let tls = ServerTls::open(files, SystemClock.now_ms() / 1000).unwrap();
    let mail = mail_server(&arrived, Some(tls)).await;
    let database = folder.path().join("kept.db").to_string_lossy().into_owned();
    let (server, trusted) = (format!("smtp://localhost:{}?tls=required", mail.port()), authority.file("authority.pem"));
    let settings = [
        ("LGDL_SQLITE_PATH", &*database),
        ("LGDL_ALERT_EVERY_SECONDS", "1"),
        ("LGDL_ALERT_DISK_PERCENT", "1"),
        ("LGDL_ALERT_SMTP_URL", &server),
        ("LGDL_ALERT_EMAIL_FROM", "LGDL <lgdl@example.com>"),
        ("LGDL_ALERT_EMAIL_TO", "ops@example.com"),
    ];
    let edge = edge_with(&settings).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(arrived.at("mail").is_empty(), "nobody knows who that server is");
    edge.running.stop().await.unwrap();
    let trusting = [settings.as_slice(), &[("LGDL_TLS_AUTHORITIES", trusted.to_str().unwrap())]].concat();
    let edge = edge_with(&trusting).await;
    let began = Instant::now();
    while arrived.at("mail").is_empty() {
        assert!(began.elapsed() < Duration::from_secs(60), "it comes, and was not lost by the start");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(arrived.at("mail")[0]["text"].as_str().unwrap().contains("disk_full"));
    edge.running.stop().await.unwrap();
}
