//! Who listens is killed: a webhook's receiver, and a reader of the bus, which goes on from its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{Maintenance as _, Role};
use lgdl_ports::Port;
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{KILLS, Origin, Process, kill_under_load};

const PASSWORD: &str = "seven green lamps at noon";
/// Events that the reader takes at once: few, so that it is killed between any two.
const PAGE: u64 = 50;

/// Reads on from `place`, which is noted with what was read, as a reader on a disk would; ends when it is killed or all is over.
async fn read(
    http: reqwest::Client,
    admin: String,
    token: String,
    kept: Arc<std::sync::Mutex<(u64, Vec<Value>)>>,
    over: Arc<AtomicBool>,
) {
    loop {
        let (ends, place) = (over.load(Ordering::SeqCst), kept.lock().unwrap().0);
        let url = format!("{admin}/admin/v1/events?after={place}&types=turn.committed&wait=1&limit={PAGE}");
        let Ok(answer) = http.get(url).bearer_auth(&token).send().await else { continue };
        let Ok(page) = answer.json::<Value>().await else { continue };
        let (Some(events), Some(next)) = (page["events"].as_array(), page["next"].as_u64()) else { continue };
        let nothing = events.is_empty();
        {
            let mut kept = kept.lock().unwrap();
            kept.1.extend(events.iter().cloned());
            kept.0 = next;
        }
        if ends && nothing {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_listens_misses_nothing_when_they_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("lgdl.db");
    let ports = [Port::free(), Port::free()];
    let [edge, admin] = [ports[0].address(), ports[1].address()];
    let (receiver, mut life) = Receiver::start_killable();
    let store = SqliteStore::open(&database, &SystemClock).await.unwrap();
    super::hook(&store, &receiver, "turn.committed").await;
    let new = NewAdministrator { name: "vera", password: PASSWORD, role: Role::Viewer, tenant: None, actor: "test" };
    create_administrator(&store, new, SystemClock.now_ms(), &SystemRandom).await.unwrap();
    store.close().await;
    drop(store);

    let mut process = Process::start_with(edge, admin, &database, &[]);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let admin = format!("http://{admin}");
    let login = json!({"name": "vera", "password": PASSWORD});
    let token = loop {
        if let Ok(answer) = http.post(format!("{admin}/admin/v1/login")).json(&login).send().await {
            break answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let (kept, over) = (Arc::<std::sync::Mutex<(u64, Vec<Value>)>>::default(), Arc::new(AtomicBool::new(false)));
    let begin = || tokio::spawn(read(http.clone(), admin.clone(), token.clone(), Arc::clone(&kept), Arc::clone(&over)));
    let mut reader = begin();
    let target = Arc::new(Origin { address: edge, http: http.clone() });
    let acknowledged = kill_under_load(target, KILLS, async |_| {
        reader.abort();
        life.kill();
        tokio::time::sleep(Duration::from_millis(30)).await;
        life.revive();
        reader = begin();
    })
    .await;
    let total = acknowledged.iter().sum::<u64>();
    let heard = |receiver: &Receiver| receiver.turns().values().map(Vec::len).sum::<usize>() as u64;
    receiver.until("the receiver has heard of every turn", |receiver| heard(receiver) >= total).await;
    over.store(true, Ordering::SeqCst);
    reader.await.unwrap();
    let read = kept.lock().unwrap().1.clone();
    for (conversation, count) in acknowledged.iter().enumerate() {
        let id = super::key(conversation).id();
        let expected: Vec<u64> = (1..=*count).collect();
        assert_eq!(receiver.turns().remove(id.as_str()).unwrap_or_default(), expected, "the receiver, {conversation}");
        let of = |event: &&Value| event["subject"] == id.as_str();
        let turns: Vec<u64> = read.iter().filter(of).map(|event| event["data"]["turn"].as_u64().unwrap()).collect();
        assert_eq!(turns, expected, "the reader, which goes on from its place, {conversation}");
    }
    assert_eq!(receiver.forged(), 0);
    process.kill();
}
