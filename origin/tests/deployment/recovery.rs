//! A database that was brought back to an older state by its own means: a recovery to a point in time, and a replica that had fallen behind
//! and is promoted. Both bring back who was erased meanwhile.

use lgdl_origin::serve::{Running, start};
use serde_json::Value;

use crate::Place;
use crate::postgres_server::Cluster;
use crate::traces::{NAME, config, runtime, talked_to, with_encryption};

/// Conversations of the person that can be read.
fn conversations(place: &Place) -> usize {
    let export = place.lgdl(&format!("gdpr export {NAME} --reason drill")).expect(0).json();
    export["conversations"].as_array().unwrap().len()
}

async fn look(running: &Running) -> u16 {
    let url = format!("http://{}/edge/v1/conversations/medical/c-{NAME}?user={NAME}", running.edge_address);
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    http.get(&url).header("x-lgdl-tenant", "default").send().await.unwrap().status().as_u16()
}

/// What an operator finds on a database that is younger than its file of tombstones, and what an origin makes of it.
fn erased_again(place: &Place, epoch_before: &str, runtime: &tokio::runtime::Runtime) {
    let found: Value = place.lgdl("audit verify --json").expect(1).json();
    assert_eq!(found["faults"], 0, "the log itself is whole: {found}");
    assert!(found["erasures_missing"].as_u64().unwrap() >= 1, "{found}");
    assert!(place.lgdl("audit verify").expect(1).said.contains("E547"));
    assert_eq!(conversations(place), 1, "they are back");

    let running = runtime.block_on(async { start(config(place)).await.unwrap() });
    assert_eq!(runtime.block_on(look(&running)), 410, "before anything is served");
    let epoch = runtime.block_on(running.origin.store.epoch()).unwrap();
    assert_ne!(epoch, epoch_before, "what nodes have of the time between counts for nothing");
    runtime.block_on(running.stop()).unwrap();
    assert_eq!(conversations(place), 0);
    place.lgdl("audit verify").expect(0);
    assert!(place.lgdl("gdpr proof ann").expect(1).said.contains("\"conversations\": 1"), "the others stay");
}

#[test]
fn who_was_erased_does_not_come_back_with_a_recovery_to_a_point_in_time_or_a_promoted_replica() {
    let cluster = match Cluster::start(&Cluster::ARCHIVING) {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let place = Place::new().with("LGDL_POSTGRES_URL", &cluster.url("postgres"));
    let place = place.with("LGDL_TOMBSTONES", "tombstones.jsonl");
    let place = with_encryption(place, true);
    let runtime = runtime();
    let running = talked_to(&place, &runtime);
    let base = cluster.base_backup("base", &[]);
    let copy = cluster.base_backup("replica", &["-R"]);
    let replica = cluster.on_copy(&copy, "", "standby.signal").expect("a replica starts");
    replica.await_true("SELECT count(*) = 1 FROM pg_stat_wal_receiver WHERE status = 'streaming'");
    // It loses the primary, and falls behind.
    replica.sql("postgres", "ALTER SYSTEM SET primary_conninfo = ''");
    replica.sql("postgres", "SELECT pg_reload_conf()");
    replica.await_true("SELECT count(*) = 0 FROM pg_stat_wal_receiver");
    let before = cluster.sql("postgres", "SELECT clock_timestamp()");
    let epoch = runtime.block_on(running.origin.store.epoch()).unwrap();

    place.lgdl(&format!("gdpr erase {NAME}")).expect(0);
    place.lgdl("audit verify").expect(0);
    assert_eq!(runtime.block_on(look(&running)), 410);
    runtime.block_on(running.stop()).unwrap();
    cluster.archive_all();

    let archive = cluster.folder().join("archive");
    let settings = format!(
        "restore_command = 'cp {}/%f %p'\nrecovery_target_time = '{before}'\nrecovery_target_action = 'promote'",
        archive.display()
    );
    let recovered = cluster.on_copy(&base, &settings, "recovery.signal").expect("it recovers");
    recovered.await_true("SELECT NOT pg_is_in_recovery()");
    erased_again(&place.clone().with("LGDL_POSTGRES_URL", &recovered.url("postgres")), &epoch, &runtime);

    replica.sql("postgres", "SELECT pg_promote()");
    replica.await_true("SELECT NOT pg_is_in_recovery()");
    erased_again(&place.with("LGDL_POSTGRES_URL", &replica.url("postgres")), &epoch, &runtime);
}
