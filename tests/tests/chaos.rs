//! Faults on real processes under load, and what must hold through all of them. A short version runs with the other tests;
//! `LGDL_CHAOS=long cargo test -p lgdl-tests --test chaos -- --nocapture --test-threads=1` is the one that `docs/chaos.md`
//! reports.

use std::path::Path;
use std::time::Duration;

use lgdl_tests::chaos::deployment::{Deployment, Keeping};
use lgdl_tests::chaos::ledger::Balance;
use lgdl_tests::chaos::link::Weather;
use lgdl_tests::chaos::report::Report;
use lgdl_tests::chaos::run::{Run, Scale};
use lgdl_tests::games::{self, GameFolder};

const NODE: &str = env!("CARGO_BIN_EXE_chaos-node");

/// The promise is 5 s, and it is measured; what is asserted leaves room for a machine that is busy with other tests.
const RECOVERED_WITHIN: Duration = Duration::from_secs(30);

fn is_long() -> bool {
    std::env::var("LGDL_CHAOS").is_ok_and(|value| value == "long")
}

fn scale() -> Scale {
    if is_long() {
        Scale { conversations: 100, think: Duration::from_millis(400), calm: Duration::from_secs(4) }
    } else {
        Scale { conversations: 12, think: Duration::from_millis(150), calm: Duration::from_secs(1) }
    }
}

/// How often a thing is killed.
fn kills(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

fn game() -> GameFolder {
    games::own().into_iter().find(|game| game.id == "clinic_triage").expect("one of our games")
}

/// What must hold after every run.
fn check(name: &str, (report, balance): (Report, Balance)) {
    println!("\n## {name}\n\n{}\n{balance:#?}", report.table());
    assert!(balance.wrong.is_empty(), "{}", balance.wrong.join("\n"));
    assert!(balance.durable > 0, "there was load");
    assert!(report.errors_outside() < 0.01, "errors outside the windows of faults");
    assert!(report.slowest_recovery() < RECOVERED_WITHIN, "all is normal soon");
}

/// Kills the origin and starts it again after a while.
async fn origin_away(deployment: &mut Deployment, away: Duration) {
    deployment.kill_origin();
    tokio::time::sleep(away).await;
    deployment.start_origin().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_origin_and_node_are_killed() {
    let mut run = Run::begin(game(), Keeping::Sqlite, Path::new(NODE), scale()).await.expect("SQLite is always there");
    for kill in 0..kills(2, 10) {
        let away = Duration::from_millis(300 + 250 * kill as u64);
        run.fault("origin killed", async |deployment| origin_away(deployment, away).await).await;
        run.calm().await;
    }
    for _ in 0..kills(1, 3) {
        run.fault("node killed", async |deployment| {
            deployment.kill_node();
            deployment.start_node().await;
        })
        .await;
        run.calm().await;
        run.fault("origin killed, then the node with its journal on the disk", async |deployment| {
            deployment.kill_origin();
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert!(deployment.waiting().await > Some(0), "turns wait when the node is killed");
            deployment.kill_node();
            deployment.start_node().await;
            tokio::time::sleep(Duration::from_millis(500)).await;
            deployment.start_origin().await;
        })
        .await;
        run.calm().await;
    }
    check("Origin and node killed, SQLite", run.end().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_postgres_is_killed_and_links_fail() {
    let run = Run::begin(game(), Keeping::Postgres, Path::new(NODE), scale()).await;
    let mut run = match run {
        Ok(run) => run,
        Err(reason) => return eprintln!("skipped: {reason}"),
    };
    let lasts = Duration::from_secs(if is_long() { 10 } else { 3 });
    for _ in 0..kills(2, 10) {
        run.fault("PostgreSQL killed", async |deployment| deployment.crash_postgres().await).await;
        run.calm().await;
    }
    let weathers = [
        ("100 ms", Weather::Slow(Duration::from_millis(100))),
        ("2 s", Weather::Slow(Duration::from_secs(2))),
        ("connections torn", Weather::Torn { every: 7 }),
        ("silence", Weather::Silent),
    ];
    for (name, weather) in weathers {
        run.fault(&format!("between node and origin: {name}"), async |deployment| {
            deployment.to_origin.turn(weather);
            tokio::time::sleep(lasts).await;
            deployment.to_origin.turn(Weather::Fine);
        })
        .await;
        run.calm().await;
        run.fault(&format!("between origin and PostgreSQL: {name}"), async |deployment| {
            let link = deployment.to_store.as_ref().expect("a link to PostgreSQL");
            link.turn(weather);
            tokio::time::sleep(lasts).await;
            link.turn(Weather::Fine);
        })
        .await;
        run.calm().await;
    }
    check("PostgreSQL killed and links failing", run.end().await);
}
