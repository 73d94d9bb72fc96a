//! Faults on real processes under load, and what must hold through all of them. A short version runs with the other tests;
//! `LGDL_CHAOS=long cargo test -p lgdl-tests --test chaos -- --nocapture --test-threads=1` is the one that `docs/chaos.md`
//! reports.

use std::path::Path;
use std::time::{Duration, Instant};

use lgdl_tests::chaos::deployment::{Deployment, Keeping, Plan};
use lgdl_tests::chaos::ledger::Balance;
use lgdl_tests::chaos::link::{Link, Weather};
use lgdl_tests::chaos::node::NodeLimits;
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
        Scale { conversations: 100, think: Duration::from_millis(2_500), calm: Duration::from_secs(4) }
    } else {
        Scale { conversations: 12, think: Duration::from_millis(150), calm: Duration::from_millis(700) }
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

/// A link of the deployment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    NodeAndOrigin,
    OriginAndStore,
}

impl Between {
    fn name(self) -> &'static str {
        match self {
            Between::NodeAndOrigin => "node to origin:",
            Between::OriginAndStore => "origin to PostgreSQL:",
        }
    }

    fn link(self, deployment: &Deployment) -> &Link {
        match self {
            Between::NodeAndOrigin => &deployment.to_origin,
            Between::OriginAndStore => deployment.to_store.as_ref().expect("a link to PostgreSQL"),
        }
    }
}

/// What happens to a link, and for how long.
fn weathers() -> [(&'static str, Weather, Duration); 4] {
    let lasts = Duration::from_secs(if is_long() { 10 } else { 2 });
    [
        ("100 ms", Weather::Slow(Duration::from_millis(100)), lasts),
        ("2 s", Weather::Slow(Duration::from_secs(2)), lasts),
        ("torn", Weather::Torn { every: 7 }, lasts),
        // Longer than a node waits for the origin.
        ("silent", Weather::Silent, lasts.max(Duration::from_secs(4))),
    ]
}

/// The weathers of the short version.
const IN_SHORT: [(Between, &str); 4] = [
    (Between::NodeAndOrigin, "2 s"),
    (Between::NodeAndOrigin, "torn"),
    (Between::OriginAndStore, "torn"),
    (Between::OriginAndStore, "silent"),
];

/// Kills the origin and starts it again after a while.
async fn origin_away(deployment: &mut Deployment, away: Duration) {
    deployment.kill_origin();
    tokio::time::sleep(away).await;
    deployment.start_origin().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_origin_and_node_are_killed() {
    let mut run = Run::begin(game(), Keeping::Sqlite, Path::new(NODE), scale()).await.expect("SQLite is always there");
    for kill in 0..kills(1, 10) {
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
            let waiting = deployment.waiting().await;
            assert!(
                waiting > Some(0),
                "turns wait when the node is killed: {waiting:?}, {}",
                deployment.counts().await
            );
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
async fn a_restart_of_the_only_origin_leaves_no_turn_without_state() {
    let mut run = Run::begin(game(), Keeping::Sqlite, Path::new(NODE), scale()).await.expect("SQLite is always there");
    for _ in 0..kills(2, 10) {
        run.fault("origin away for 2 s", async |deployment| origin_away(deployment, Duration::from_secs(2)).await)
            .await;
        run.calm().await;
    }
    let (report, balance) = run.end().await;
    assert_eq!(balance.stateless, 0, "what the node could have kept is kept: {balance:#?}");
    check("The only origin restarted", (report, balance));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_when_postgres_is_killed_and_links_fail() {
    let run = Run::begin(game(), Keeping::Postgres, Path::new(NODE), scale()).await;
    let mut run = match run {
        Ok(run) => run,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    for _ in 0..kills(1, 10) {
        run.fault("PostgreSQL killed", async |deployment| deployment.crash_postgres().await).await;
        run.calm().await;
    }
    for (name, weather, lasts) in weathers() {
        for between in [Between::NodeAndOrigin, Between::OriginAndStore] {
            if !is_long() && !IN_SHORT.contains(&(between, name)) {
                continue;
            }
            run.fault(&format!("{} {name}", between.name()), async |deployment| {
                between.link(deployment).turn(weather);
                tokio::time::sleep(lasts).await;
                between.link(deployment).turn(Weather::Fine);
            })
            .await;
            run.calm().await;
        }
    }
    check("PostgreSQL killed and links failing", run.end().await);
}

/// A small load on a node with such limits; every answer is an answer, and what is acknowledged is kept.
async fn under_limits(name: &str, plan: Plan, faults: impl AsyncFnOnce(&mut Run)) {
    let mut run = Run::begin_with(game(), plan, scale()).await.expect("SQLite is always there");
    faults(&mut run).await;
    check(name, run.end().await);
}

fn plan() -> Plan {
    Plan { keeping: Keeping::Sqlite, limits: NodeLimits::default(), kv_is_there: true, node_program: NODE.into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_value_store_that_is_full_or_gone_costs_nothing_but_time() {
    let full = Plan { limits: NodeLimits { kv_bytes: 0, ..NodeLimits::default() }, ..plan() };
    let gone = Plan { kv_is_there: false, ..plan() };
    for (name, plan) in
        [("Key-value store full: it keeps nothing", full), ("Key-value store gone: every call fails", gone)]
    {
        under_limits(name, plan, async |run| {
            run.fault("origin killed", async |deployment| origin_away(deployment, Duration::from_millis(500)).await)
                .await;
            run.calm().await;
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_use_up_their_memory_or_their_time_harm_nobody_else() {
    under_limits("Limits of instances", plan(), async |run| {
        for (what, limits) in [
            ("memory of an instance: too little to begin", NodeLimits { memory: 1024 * 1024, ..NodeLimits::default() }),
            // One step of the clock that measures it: an instance is stopped wherever it is at that moment.
            ("computing time of a request: 1 ms", NodeLimits { cpu_ms: 1, ..NodeLimits::default() }),
        ] {
            run.fault(what, async |deployment| {
                deployment.limit_node(limits).await;
                tokio::time::sleep(Duration::from_secs(1)).await;
                deployment.limit_node(NodeLimits::default()).await;
            })
            .await;
            run.calm().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_breaker_opens_after_five_failures_and_the_origin_is_left_alone() {
    let mut deployment = Deployment::start(&game(), plan()).await.expect("SQLite is always there");
    assert_eq!(deployment.breaker().await, "breaker closed");
    deployment.kill_origin();
    let tried = deployment.to_origin.connections();
    while deployment.breaker().await == "breaker closed" {}
    let tried = deployment.to_origin.connections() - tried;
    assert!(tried >= 5, "{tried} failures do not open it");
    let connections = deployment.to_origin.connections();
    for _ in 0..20 {
        assert_ne!(deployment.breaker().await, "breaker closed");
    }
    let looks = deployment.to_origin.connections() - connections;
    assert!(looks <= 3, "requests leave it alone; {looks} looks by the timer");
    let mended = Instant::now();
    deployment.start_origin().await;
    while deployment.breaker().await != "breaker closed" {
        assert!(mended.elapsed() < RECOVERED_WITHIN, "the timer finds it back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
