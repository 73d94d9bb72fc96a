//! `lgdl journal`: what an operator of a node decides about turns that were set aside is in the origin's audit log before it is done.

use lgdl_origin::audit::drain;
use lgdl_origin::config::Config;
use lgdl_origin::ids::ConversationId;
use lgdl_origin::serve::{Running, start};

use crate::Place;

/// A node's folder in which two turns of a conversation are set aside.
fn node(place: &Place, stream: &str) {
    let folder = place.path("lgdl-edge");
    std::fs::create_dir(&folder).unwrap();
    place.lgdl("journal list").expect(2);
    let file = folder.join("journal.sqlite3");
    std::fs::write(&file, "").unwrap();
    place.lgdl("journal list").expect(0);
    let journal = rusqlite::Connection::open(file).unwrap();
    for version in 1..=2 {
        let row = (stream, version, format!("t{version}"), vec![7_u8; 8], "damaged");
        let sql = "INSERT INTO aside (stream, version, id, sealed, why) VALUES (?1, ?2, ?3, ?4, ?5)";
        journal.execute(sql, row).unwrap();
    }
}

async fn origin(place: &Place) -> Running {
    let [store, tombstones] = ["origin.db", "tombstones.jsonl"].map(|name| place.path(name).display().to_string());
    let settings = [
        ("LGDL_SQLITE_PATH", store.as_str()),
        ("LGDL_TOMBSTONES", tombstones.as_str()),
        ("LGDL_EDGE_KEYS", "edge1:a secret of the edge"),
        ("LGDL_LISTEN", "127.0.0.1:0"),
        ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    start(Config::read("", settings).unwrap()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_decided_on_a_machine_is_in_the_audit_log_first() {
    let place = Place::new();
    let id = ConversationId::derive("default", "medical", "c1");
    node(&place, &id.digest());
    let running = origin(&place).await;
    let address = format!("http://{}", running.edge_address);
    let of_node = |url: &str, secret: &str| {
        let place = place.clone().with("LGDL_ORIGIN_URL", url).with("LGDL_ORIGIN_KEY_ID", "edge1");
        place.with("LGDL_ORIGIN_KEY", secret)
    };
    let run = async |place: Place, arguments: &'static str, code: i32| {
        tokio::task::spawn_blocking(move || place.lgdl(arguments).expect(code).said).await.unwrap()
    };
    // Nobody is told, so nothing is done: no origin, none that answers, one that does not know the node.
    assert!(run(place.clone(), "journal drop t1", 2).await.contains("LGDL_ORIGIN_URL"));
    run(of_node("http://127.0.0.1:9", "a secret of the edge"), "journal drop t1", 1).await;
    let strange = run(of_node(&address, "another secret of the edge"), "journal drop --all", 1).await;
    assert!(strange.contains("LGDL_ORIGIN_KEY"), "{strange}");
    let good = of_node(&address, "a secret of the edge");
    let listed = run(good.clone(), "journal list", 0).await;
    assert!(listed.contains("t1") && listed.contains("t2"), "{listed}");
    run(good.clone(), "journal drop t1", 0).await;
    run(good.clone(), "journal retry t2", 0).await;
    run(good, "journal drop t1", 1).await;
    let store = &*running.origin.store;
    drain(store).await.unwrap();
    let told: Vec<_> = store.audit(0, 100).await.unwrap().into_iter().map(|link| link.event).collect();
    let told: Vec<_> = told.iter().filter(|event| event.event.starts_with("journal.")).collect();
    let facts: Vec<_> = told.iter().map(|event| (event.event.as_str(), event.actor.as_str(), &event.subject)).collect();
    let subject = &id.to_string();
    assert_eq!(facts, [("journal.dropped", "cli", subject), ("journal.retried", "cli", subject)]);
    running.stop().await.unwrap();
}
