//! TLS that the origin serves itself: both ports, renewal, and an alert before the certificate ends.

use std::time::{Duration, Instant};

use lgdl_origin::alerts::open;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::outbound::{Proof, get};
use lgdl_origin::serve::{ServeError, start};

use crate::certificates::{Authority, FAR, PAST};
use crate::client::{Edge, edge_with};

const WITHIN: Duration = Duration::from_secs(5);

async fn with_tls(authority: &Authority, more: &[(&str, &str)]) -> Edge {
    let settings = authority.settings();
    let mut settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    settings.extend(more);
    edge_with(&settings).await
}

/// Whom a process trusts is one for all of its origins.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn both_ports_speak_tls_and_nothing_else_and_say_when_the_certificate_ends() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue(2190);
    let edge = with_tls(&authority, &[]).await;
    let ports = [edge.running.edge_address.port(), edge.running.admin_address.port()];
    for (port, path) in [(ports[0], "/health/live"), (ports[1], "/health/live")] {
        let answer = get(&format!("https://localhost:{port}{path}").parse().unwrap(), WITHIN, Proof::Needed).await;
        assert_eq!(answer.unwrap().status, 200);
        let by_address: http::Uri = format!("https://127.0.0.1:{port}{path}").parse().unwrap();
        assert!(get(&by_address, WITHIN, Proof::Needed).await.is_err(), "the certificate names no address");
        assert_eq!(get(&by_address, WITHIN, Proof::Waived).await.unwrap().status, 200);
        let plain = get(&format!("http://localhost:{port}{path}").parse().unwrap(), WITHIN, Proof::Needed).await;
        let plain = plain.unwrap();
        assert!(plain.status == 400 && plain.body.contains("E564"), "{plain:?}");
    }
    let metrics = async || {
        let url = format!("https://localhost:{}/metrics", ports[0]).parse().unwrap();
        get(&url, WITHIN, Proof::Needed).await.unwrap().body
    };
    let ends_at = |text: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix("lgdl_tls_certificate_expiry_timestamp_seconds "));
        line.unwrap().parse::<i64>().unwrap()
    };
    let before = ends_at(&metrics().await);
    authority.issue(FAR);
    edge.running.origin.tls.as_ref().unwrap().renew_and_tell(SystemClock.now_ms() / 1000);
    let text = metrics().await;
    assert!(ends_at(&text) > before && text.contains("lgdl_tls_certificate_fault 0"), "{text}");
    std::fs::write(authority.file("tls.key"), "no key").unwrap();
    edge.running.origin.tls.as_ref().unwrap().renew_and_tell(SystemClock.now_ms() / 1000);
    assert!(metrics().await.contains("lgdl_tls_certificate_fault 1"));
}

/// As near as it must be.
const MS_A_YEAR: i64 = 365 * 24 * 3_600_000;

#[tokio::test]
async fn a_certificate_that_ends_soon_is_an_incident() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue(1971 + i32::try_from(SystemClock.now_ms() / MS_A_YEAR).expect("a year"));
    let days = "36500";
    let edge = with_tls(&authority, &[("LGDL_ALERT_CERTIFICATE_DAYS", days), ("LGDL_ALERT_EVERY_SECONDS", "1")]).await;
    let began = Instant::now();
    loop {
        let known = open(&*edge.running.origin.store).await.unwrap();
        if let Some(incident) = known.values().find(|incident| incident.rule == "certificate_ends") {
            assert!(incident.summary.contains("ends in"), "{incident:?}");
            let url = format!("https://localhost:{}/health", edge.running.edge_address.port()).parse().unwrap();
            let health = get(&url, WITHIN, Proof::Needed).await.unwrap();
            let told: serde_json::Value = serde_json::from_str(&health.body).unwrap();
            // It serves as well as before; somebody should look.
            assert_eq!(
                (health.status.as_u16(), &told["components"]["certificate"]["status"]),
                (200, &"degraded".into())
            );
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{known:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn an_origin_does_not_start_with_a_certificate_that_nobody_would_take() {
    let _alone = ALONE.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new(folder.path());
    authority.issue(PAST);
    let environment = |with_key: bool| {
        let database = folder.path().join("lgdl.db").to_str().unwrap().to_owned();
        let mut environment = authority.settings().map(|(name, value)| (name.to_owned(), value)).to_vec();
        environment.retain(|(name, _)| with_key || name != "LGDL_TLS_KEY");
        environment.push(("LGDL_EDGE_UNSIGNED".to_owned(), "true".to_owned()));
        environment.push(("LGDL_SQLITE_PATH".to_owned(), database));
        environment
    };
    let error = start(Config::read("", environment(true)).unwrap()).await.unwrap_err();
    assert!(matches!(error, ServeError::Tls(_)) && error.to_string().starts_with("E563 "), "{error}");
    assert!(!folder.path().join("lgdl.db").exists(), "nothing is touched before");
    let problems = Config::read("", environment(false)).unwrap_err().to_string();
    assert!(problems.contains("LGDL_TLS_CERTIFICATE and LGDL_TLS_KEY"), "{problems}");
}
