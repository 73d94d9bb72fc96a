//! What only PostgreSQL has: round trips that can be counted, partitions, several origins at one database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lgdl_origin::clock::{DAY_MS, ManualClock};
use lgdl_origin::config::Secret;
use lgdl_origin::ids::ConsentId;
use lgdl_origin::migrations;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore, connect};
use lgdl_origin::store::{
    AuditLog as _, Bus as _, CommitOutcome, ConsentRow, ConversationFilter, Conversations as _, Event, Listings as _,
    Maintenance as _, People as _, Reports as _, RetentionRule, RetentionScope, Section, StoreError, Transfer as _,
    TurnsOf,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};

use crate::data::{NOW, claim, commit, event, key, order};
use crate::postgres_server::Cluster;
use crate::stores::{open_postgres, open_postgres_with_replica};

/// A server of its own, that writes down every statement.
async fn talkative() -> Result<Cluster, String> {
    let settings = ["log_statement=all", "log_min_messages=log", "log_line_prefix=%d|%x|"];
    tokio::task::spawn_blocking(move || Cluster::start(&settings)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_told_with_what_to_do() {
    let cluster = match crate::postgres_server::shared() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let Err(error) = connect(&cluster.url("nobody_made_it"), Duration::from_secs(20)).await else {
        panic!("there is no such database")
    };
    let said = error.to_string();
    assert!(said.starts_with("E500 ") && said.contains("nobody_made_it"), "{said}");
    assert!(said.contains("CREATE DATABASE") && said.contains("LGDL_POSTGRES_URL"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_one_statement_one_transaction_one_round_trip() {
    let cluster = match talkative().await {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let url = cluster.fresh_database();
    let settings =
        PoolSettings { url: Secret::new(url), read_url: None, min: 1, max: 1, timeout: Duration::from_secs(20) };
    let store = PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap();
    // The connection gets to know the statements.
    store.commit(commit("warm", "u", 0, "warm")).await.unwrap();
    store.claim(claim("warm", "u", 1, "warm2", NOW)).await.unwrap();
    let before = cluster.log();
    const TURNS: u64 = 20;
    for version in 0..TURNS {
        let outcome = store.commit(commit("c", "u", version, &format!("k{version}"))).await.unwrap();
        assert_eq!(outcome, CommitOutcome::Committed { version: version + 1 });
    }
    let after = cluster.log();
    let statements: Vec<_> = after[before.len()..]
        .lines()
        .filter(|line| line.contains("execute ") || line.contains("statement: "))
        .collect();
    assert_eq!(statements.len() as u64, TURNS, "{statements:#?}");
    assert!(statements.iter().all(|line| line.contains("lgdl_commit")), "{statements:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_that_wait_share_a_statement() {
    let cluster = match talkative().await {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let store = std::sync::Arc::new(open_postgres(&cluster.fresh_database()).await);
    store.commit(commit("warm", "u", 0, "warm")).await.unwrap();
    let before = cluster.log();
    const TURNS: usize = 96;
    let mut tasks = tokio::task::JoinSet::new();
    for who in 0..TURNS {
        let store = store.clone();
        tasks.spawn(async move { store.commit(commit(&format!("c{who}"), "u", 0, &format!("k{who}"))).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    assert!(outcomes.iter().all(|outcome| *outcome == CommitOutcome::Committed { version: 1 }));
    let after = cluster.log();
    let statements = after[before.len()..].lines().filter(|line| line.contains("lgdl_commit")).count();
    assert!(statements < TURNS / 4, "{statements} statements for {TURNS} turns");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_origins_that_start_at_once_migrate_once() {
    let cluster = match tokio::task::spawn_blocking(crate::postgres_server::shared).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let url = cluster.fresh_database();
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let url = url.clone();
        starts.spawn(async move { open_postgres(&url).await });
    }
    let stores = starts.join_all().await;
    assert_eq!(stores.len(), 6);
    let client = connect(&url, Duration::from_secs(10)).await.unwrap();
    let statuses = migrations::postgres::status(&client).await.unwrap();
    assert!(statuses.iter().all(|status| status.applied_at.is_some()));
    let name = url.clone();
    let name = name.split('/').nth(3).unwrap().split('?').next().unwrap();
    let settings =
        PoolSettings { url: Secret::new(url), read_url: None, min: 1, max: 1, timeout: Duration::from_secs(10) };
    // What a newer program has added is no hindrance; and a history of before does not say of what kind its migrations are.
    cluster.sql(name, "ALTER TABLE schema_migrations DROP COLUMN kind");
    assert_eq!(migrations::postgres::status(&client).await.unwrap(), statuses);
    PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap();
    let added =
        "INSERT INTO schema_migrations (version, name, checksum, applied_at, kind) VALUES (99, 'more', '', now(), ";
    cluster.sql(name, &format!("{added} 'expand')"));
    PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap();
    cluster.sql(name, "UPDATE schema_migrations SET kind = 'contract' WHERE version = 99");
    let refused = PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Schema(_)), "{refused}");
    cluster.sql(name, "DELETE FROM schema_migrations WHERE version = 99");
    cluster.sql(name, "UPDATE schema_migrations SET checksum = 'other' WHERE version = 1");
    let refused = PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Schema(_)), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn months_that_are_over_are_dropped_as_a_whole_and_their_survivors_kept() {
    let cluster = match tokio::task::spawn_blocking(crate::postgres_server::shared).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let url = cluster.fresh_database();
    let name = url.split('/').nth(3).unwrap().split('?').next().unwrap().to_owned();
    let store = open_postgres(&url).await;
    let partitions = || {
        let sql = "SELECT string_agg(inhrelid::regclass::text, ' ' ORDER BY 1) FROM pg_inherits
            WHERE inhparent = 'turns'::regclass";
        cluster.sql(&name, sql)
    };
    let old = NOW - 200 * DAY_MS;
    for number in 0..30 {
        let mut turn = commit(&format!("old{number}"), "u", 0, &format!("k{number}"));
        (turn.now_ms, turn.turn.timestamp) = (old, old);
        store.commit(turn).await.unwrap();
    }
    let months = partitions().split(' ').count();
    // One of them goes on today; its turns stay in the month it began in.
    store.commit(commit("old3", "u", 1, "today")).await.unwrap();
    assert_eq!(partitions().split(' ').count(), months);
    let rule = RetentionRule { scope: RetentionScope::AllBut(Vec::new()), before: NOW - 100 * DAY_MS };
    assert_eq!(store.remove_conversations_before(rule.clone(), 1000, event("told")).await.unwrap(), 29);
    assert_eq!(store.turns(&key("old3").id(), 0, 10).await.unwrap().len(), 2);

    // Now nobody is left in that month.
    store.erase_conversation(&key("old3"), "u", order(NOW), event("told")).await.unwrap();
    for number in 0..5 {
        let mut turn = commit(&format!("older{number}"), "u", 0, &format!("o{number}"));
        (turn.now_ms, turn.turn.timestamp) = (old, old);
        store.commit(turn).await.unwrap();
    }
    assert_eq!(store.remove_conversations_before(rule, 1000, event("told")).await.unwrap(), 5);
    assert_eq!(partitions().split(' ').count(), months - 1, "the month's partition is gone");
    // A late first turn of that month finds its place all the same.
    let mut late = commit("late", "u", 0, "late");
    (late.now_ms, late.turn.timestamp) = (old, old);
    assert_eq!(store.commit(late).await.unwrap(), CommitOutcome::Committed { version: 1 });
    assert_eq!(store.turns(&key("late").id(), 0, 10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_something_is_done_by_is_read_from_the_primary_and_listings_from_the_replica() {
    let cluster = match tokio::task::spawn_blocking(crate::postgres_server::shared).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    // A replica that has not heard of anything yet: a database of its own, without a row.
    let (primary, replica) = (cluster.fresh_database(), cluster.fresh_database());
    let behind = open_postgres(&replica).await;
    let store = open_postgres_with_replica(&primary, Some(&replica)).await;
    store.commit(commit("c", "u", 0, "k")).await.unwrap();
    let id = key("c").id();
    assert_eq!(store.find_by_id("default", &id).await.unwrap().map(|row| row.version), Some(1));
    assert_eq!(store.turns(&id, 0, 10).await.unwrap().len(), 1);
    assert_eq!(store.versions("default", std::slice::from_ref(&id)).await.unwrap(), [(id.clone(), 1)]);
    let listed = async || store.list_conversations("default", ConversationFilter::default(), 10).await.unwrap().len();
    assert_eq!((listed().await, store.list_turns(&id, 0, 10).await.unwrap().len()), (0, 0));
    behind.commit(commit("c", "u", 0, "k")).await.unwrap();
    assert_eq!((listed().await, store.list_turns(&id, 0, 10).await.unwrap().len()), (1, 1));
}

/// A line to a server, which can be cut without either side hearing of it; the port, and what cuts it.
async fn line_to(cluster: &Cluster) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (port, cut) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
    let (socket, is_cut) = (cluster.folder().join(".s.PGSQL.5432"), Arc::clone(&cut));
    tokio::spawn(async move {
        while let Ok((ours, _)) = listener.accept().await {
            let server = UnixStream::connect(&socket).await.unwrap();
            let ((from_us, to_us), (from_server, to_server)) = (ours.into_split(), server.into_split());
            tokio::spawn(carried(from_us, to_server, Arc::default()));
            tokio::spawn(carried(from_server, to_us, Arc::clone(&is_cut)));
        }
    });
    (port, cut)
}

async fn carried(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, is_cut: Arc<AtomicBool>) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if is_cut.load(Ordering::SeqCst) {
            return std::future::pending().await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_waits_for_ever_for_a_server_that_says_nothing_more() {
    let cluster = match tokio::task::spawn_blocking(crate::postgres_server::shared).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let (port, cut) = line_to(cluster).await;
    let url = cluster.fresh_database();
    let name = url.split('/').nth(3).unwrap().split('?').next().unwrap();
    let url = Secret::new(format!("postgres://lgdl@127.0.0.1:{port}/{name}"));
    let settings = PoolSettings { url, read_url: None, min: 3, max: 3, timeout: Duration::from_secs(1) };
    let store = PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap();
    // What may take a hundred times as long must not make the test do so.
    let impatient = PoolSettings { min: 1, timeout: Duration::from_millis(250), ..settings.clone() };
    let impatient = PostgresStore::open(&impatient, &ManualClock::at(NOW)).await.unwrap();
    store.commit(commit("c", "u", 0, "k")).await.unwrap();
    store.enqueue(vec![event("one")]).await.unwrap();
    let page = store.page(Section::Conversations, "", 10).await.unwrap();
    cut.store(true, Ordering::SeqCst);
    let (tell, _told) = tokio::sync::mpsc::channel(1);
    let turns = TurnsOf { tenant: "default".into(), game: "triage".into(), from_ms: 0, to_ms: i64::MAX / 2 };
    let (drained, appended, dumped, reported, imported) = tokio::time::timeout(Duration::from_secs(60), async {
        let id = key("c").id();
        tokio::join!(
            store.drain_outbox(10),
            store.append_audit(vec![event("two")]),
            store.dump("default", &id),
            impatient.turn_facts(turns, tell),
            impatient.import(Section::Conversations, page.records, Vec::new())
        )
    })
    .await
    .expect("they give up");
    for gave_up in [drained.err(), appended.err(), dumped.err(), reported.err(), imported.err()] {
        assert!(matches!(gave_up, Some(StoreError::Unavailable(_))), "{gave_up:?}");
    }
    cut.store(false, Ordering::SeqCst);
    // What was cut off is over at the server only once it notices; nothing that it had begun was committed.
    cluster
        .sql("postgres", &format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    assert_eq!(store.drain_outbox(10).await.unwrap(), 1, "another connection is made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_is_refused() {
    let settings = ["synchronous_commit=off"];
    let cluster = match tokio::task::spawn_blocking(move || Cluster::start(&settings)).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let settings = PoolSettings {
        url: Secret::new(cluster.fresh_database()),
        read_url: None,
        min: 1,
        max: 1,
        timeout: Duration::from_secs(10),
    };
    let refused = PostgresStore::open(&settings, &ManualClock::at(NOW)).await.unwrap_err();
    assert!(refused.to_string().contains("synchronous_commit"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_on_every_origin_are_woken_by_whichever_moves_events_on() {
    let cluster = match tokio::task::spawn_blocking(|| Cluster::start(&[])).await.unwrap() {
        Ok(cluster) => cluster,
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let url = cluster.fresh_database();
    let (one, other) = (std::sync::Arc::new(open_postgres(&url).await), std::sync::Arc::new(open_postgres(&url).await));
    let listening = {
        let other = other.clone();
        tokio::spawn(async move { other.hear_others().await })
    };
    let mut heard = other.signals().heard();
    let told = |number: u64| Event { subject: format!("game-{number}"), ..event("game.published") };
    // Told by one that does not move anything on: the other hears of that, too.
    let began = std::time::Instant::now();
    loop {
        one.add_consent(consent(), told(0)).await.unwrap();
        if tokio::time::timeout(Duration::from_millis(100), other.signals().told()).await.is_ok() {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "the outbox is heard of");
    }
    for number in 1..=5 {
        one.enqueue(vec![told(number)]).await.unwrap();
        one.drain_outbox(100).await.unwrap();
        tokio::time::timeout(Duration::from_secs(10), heard.changed()).await.expect("it is heard").unwrap();
        assert_eq!(*heard.borrow_and_update(), one.bus_ends().await.unwrap().last);
    }
    listening.abort();
}

fn consent() -> ConsentRow {
    ConsentRow {
        id: ConsentId::mint(NOW, &SystemRandom),
        tenant: "default".into(),
        game: "g".into(),
        user_id: "u".into(),
        given: true,
        at: NOW,
        actor: "test".into(),
        note: String::new(),
    }
}
