//! Killed in the middle of load, again and again: every turn that was acknowledged is there afterwards, once, and in
//! its place; and a webhook hears of each, in its place.

mod handover;
mod listeners;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/postgres.rs"]
mod postgres_server;
#[allow(dead_code)] // other test binaries use the rest
#[path = "../support/receiver.rs"]
mod receiver;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use lgdl::wire::signature::TENANT_HEADER;
use lgdl_origin::Config;
use lgdl_origin::clock::ManualClock;
use lgdl_origin::config::Secret;
use lgdl_origin::privacy::Unprotected;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{
    Activity, Commit, CommitOutcome, ConversationKey, Conversations as _, Maintenance as _, Summary, TextRight,
    TurnRow, Urgency,
};
use lgdl_origin::webhooks::{Hand, NewWebhook};
use lgdl_ports::Port;
use receiver::Receiver;
use serde_json::{Value, json};

/// How often a thing is killed.
const KILLS: u64 = 20;
/// The same of PostgreSQL, which takes a second or more to recover, unless `LGDL_CHAOS=long`.
const POSTGRES_KILLS: u64 = 5;

fn postgres_kills() -> u64 {
    let long = std::env::var("LGDL_CHAOS").is_ok_and(|value| value == "long");
    if long { KILLS } else { POSTGRES_KILLS }
}

const CONVERSATIONS: usize = 16;
/// Load between two kills; varied a little, so that they do not always hit the same moment.
const LOAD: Duration = Duration::from_millis(120);
/// How long anything may take to come back.
const PATIENCE: Duration = Duration::from_secs(30);

/// Takes turns in conversations, and remembers which were acknowledged.
#[async_trait]
trait Target: Send + Sync {
    /// Sends turn `turn` of a conversation; true: it is acknowledged (or was before), false: nobody knows.
    async fn take(&self, conversation: usize, turn: u64) -> bool;
}

fn input(conversation: usize, turn: u64) -> String {
    format!("turn {turn} of conversation {conversation}")
}

/// One conversation after another turn; a turn that nobody answered is sent again with the same key.
async fn load(target: Arc<dyn Target>, conversation: usize, acknowledged: Arc<[AtomicU64]>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::SeqCst) {
        let turn = acknowledged[conversation].load(Ordering::SeqCst) + 1;
        if target.take(conversation, turn).await {
            acknowledged[conversation].store(turn, Ordering::SeqCst);
        } else {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Runs load, calls `kill` in the middle of it so often, and returns what was acknowledged.
async fn kill_under_load(target: Arc<dyn Target>, kills: u64, mut kill: impl AsyncFnMut(u64)) -> Vec<u64> {
    let acknowledged: Arc<[AtomicU64]> = (0..CONVERSATIONS).map(|_| AtomicU64::new(0)).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let mut tasks = tokio::task::JoinSet::new();
    for conversation in 0..CONVERSATIONS {
        tasks.spawn(load(target.clone(), conversation, acknowledged.clone(), stop.clone()));
    }
    let total = || acknowledged.iter().map(|turns| turns.load(Ordering::SeqCst)).sum::<u64>();
    for round in 0..kills {
        let (before, started) = (total(), Instant::now());
        while total() == before {
            assert!(started.elapsed() < PATIENCE, "turns are taken again after kill {round}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(LOAD + Duration::from_millis(round * 7)).await;
        kill(round).await;
    }
    stop.store(true, Ordering::SeqCst);
    tasks.join_all().await;
    acknowledged.iter().map(|turns| turns.load(Ordering::SeqCst)).collect()
}

fn assert_whole(acknowledged: &[u64], stored: &BTreeMap<usize, Vec<String>>) {
    assert!(acknowledged.iter().sum::<u64>() >= POSTGRES_KILLS, "there was load");
    for (conversation, acknowledged) in acknowledged.iter().enumerate() {
        let turns = stored.get(&conversation).map_or(&[][..], Vec::as_slice);
        assert!(turns.len() as u64 >= *acknowledged, "conversation {conversation} lost acknowledged turns");
        assert!(turns.len() as u64 <= acknowledged + 1, "at most the turn in flight is there unasked");
        let expected: Vec<_> = (1..=turns.len() as u64).map(|turn| input(conversation, turn)).collect();
        assert_eq!(turns, expected, "each once, in order");
    }
}

fn key(conversation: usize) -> ConversationKey {
    ConversationKey { tenant: "default".into(), game: "g".into(), external_id: format!("c{conversation}") }
}

async fn stored(store: &dyn lgdl_origin::store::Store) -> BTreeMap<usize, Vec<String>> {
    let mut all = BTreeMap::new();
    for conversation in 0..CONVERSATIONS {
        let mut inputs: Vec<String> = Vec::new();
        loop {
            let page = store.turns(&key(conversation).id(), inputs.len() as u64, 1000).await.unwrap();
            if page.is_empty() {
                break;
            }
            inputs.extend(page.into_iter().map(|turn| turn.user_input));
        }
        all.insert(conversation, inputs);
    }
    all
}

/// `lgdl serve` in a process of its own, spoken to over HTTP.
struct Origin {
    address: SocketAddr,
    http: reqwest::Client,
}

#[async_trait]
impl Target for Origin {
    async fn take(&self, conversation: usize, turn: u64) -> bool {
        let said = input(conversation, turn);
        let body = json!({
            "game": "g", "conversation_id": format!("c{conversation}"), "user_id": "u", "game_version": "v",
            "expected_version": turn - 1, "idempotency_key": format!("{conversation}-{turn}"), "fingerprint": said,
            "record": {
                "turn": turn, "at_ms": 1_760_000_000_000_u64, "participant": "user", "user_input": said,
                "sanitized_input": said, "move_id": "m", "confidence": 1.0, "response": "yes", "stage": "answered",
            },
            "state": {"turns": turn}, "response": {"response": "yes"},
        });
        let url = format!("http://{}/edge/v1/turns", self.address);
        let sent = self.http.post(url).header(TENANT_HEADER, "default").body(body.to_string()).send().await;
        let Ok(response) = sent else { return false };
        if !response.status().is_success() {
            assert!(response.status().is_server_error(), "{}", response.status());
            return false;
        }
        // An answer that broke off says nothing.
        let Ok(text) = response.text().await else { return false };
        serde_json::from_str::<Value>(&text).is_ok_and(|answer| {
            answer["outcome"] == "replayed" || (answer["outcome"] == "committed" && answer["version"] == turn)
        })
    }
}

struct Process(Child);

impl Process {
    fn start(address: SocketAddr, database: &std::path::Path) -> Process {
        Process::start_with(address, SocketAddr::from(([127, 0, 0, 1], 0)), database, &[])
    }

    fn start_with(
        address: SocketAddr,
        admin: SocketAddr,
        database: &std::path::Path,
        settings: &[(&str, &str)],
    ) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lgdl"));
        command.arg("serve").env_clear().env("LGDL_LISTEN", address.to_string());
        command.env("LGDL_ADMIN_LISTEN", admin.to_string()).env("LGDL_EDGE_UNSIGNED", "true");
        command.envs(settings.iter().copied());
        command.env("LGDL_SQLITE_PATH", database).env("LGDL_LOG", "error").env("LGDL_WEBHOOK_PRIVATE", "true");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Process(command.spawn().expect("lgdl serve starts"))
    }

    /// SIGKILL, as `Child::kill` sends it.
    fn kill(&mut self) {
        if let Some(status) = self.0.try_wait().expect("the process can be asked") {
            let lines = self.0.stderr.take().map(|stderr| BufReader::new(stderr).lines().map_while(Result::ok));
            let said: Vec<_> = lines.into_iter().flatten().collect();
            panic!("the origin ended by itself with {status}: {}", said.join("\n"));
        }
        self.0.kill().expect("the process can be killed");
        self.0.wait().expect("it is gone");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_turn_is_lost_when_the_origin_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("lgdl.db");
    let port = Port::free();
    let address = port.address();
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
    let receiver = Receiver::start().await;
    make_webhook(&database, &receiver).await;
    let mut process = Process::start(address, &database);
    let target = Arc::new(Origin { address, http });
    let acknowledged = kill_under_load(target, KILLS, async |_| {
        process.kill();
        process = Process::start(address, &database);
    })
    .await;
    process.kill();
    let store = SqliteStore::open(&database, &ManualClock::at(0)).await.unwrap();
    let stored = stored(&store).await;
    assert_whole(&acknowledged, &stored);
    store.close().await;
    // Whatever was committed is heard of, also what waited when the origin was killed: each turn, in the order of its conversation.
    process = Process::start(address, &database);
    let committed: Vec<u64> = stored.values().map(|turns| turns.len() as u64).collect();
    let heard = |receiver: &Receiver| receiver.turns().values().map(Vec::len).sum::<usize>() as u64;
    receiver.until("every turn is heard of", |receiver| heard(receiver) >= committed.iter().sum()).await;
    for (conversation, count) in committed.iter().enumerate() {
        let turns = receiver.turns().remove(key(conversation).id().as_str()).unwrap_or_default();
        assert_eq!(turns, (1..=*count).collect::<Vec<_>>(), "conversation {conversation}");
    }
    assert_eq!(receiver.forged(), 0);
    process.kill();
}

/// A webhook that hears of every turn.
async fn make_webhook(database: &std::path::Path, receiver: &Receiver) {
    let store = SqliteStore::open(database, &ManualClock::at(0)).await.unwrap();
    hook(&store, receiver, "turn.committed").await;
    store.close().await;
}

/// A webhook that hears of events of a type.
async fn hook(store: &dyn lgdl_origin::store::Store, receiver: &Receiver, types: &str) {
    let settings = [("LGDL_EDGE_UNSIGNED", "true"), ("LGDL_WEBHOOK_PRIVATE", "true")];
    let config = Config::read("", settings.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    let hand = Hand {
        store,
        protection: &Unprotected,
        config: &config,
        random: &SystemRandom,
        tenant: "default",
        actor: "test",
        now_ms: 0,
    };
    let (types, urgency, text) = (vec![types.into()], Urgency::Any, TextRight::Withheld);
    let new = NewWebhook { name: "all", url: &receiver.url(), types, urgency, text, follow_up_after_s: None };
    let (_, secret) = hand.make(new).await.unwrap();
    receiver.trust(&secret);
}

#[async_trait]
impl Target for PostgresStore {
    async fn take(&self, conversation: usize, turn: u64) -> bool {
        let said = input(conversation, turn);
        let commit = Commit {
            key: key(conversation),
            user_id: "u".into(),
            game_version: "v".into(),
            expected_version: turn - 1,
            bases: Vec::new(),
            state_name: None,
            idempotency_key: format!("{conversation}-{turn}"),
            fingerprint: said.clone(),
            answer: "{}".into(),
            journal_sequence: None,
            attempt: None,
            state: "{}".into(),
            summary: Summary::default(),
            turn: TurnRow {
                turn_num: turn,
                timestamp: 1_760_000_000_000,
                user_input: said.clone(),
                sanitized_input: said,
                matched_move: "m".into(),
                confidence: 1.0,
                response: "yes".into(),
                extracted_params: "{}".into(),
                metadata: "{}".into(),
                details: "{}".into(),
            },
            activity: Activity::Spoken,
            slots: Vec::new(),
            context: Vec::new(),
            events: Vec::new(),
            desk: None,
            data_key: None,
            now_ms: 1_760_000_000_000,
        };
        match self.commit(commit).await {
            Ok(CommitOutcome::Committed { version }) => version == turn,
            Ok(CommitOutcome::Replayed { .. }) => true,
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                false
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_acknowledged_turn_is_lost_when_postgres_is_killed() {
    let started = tokio::task::spawn_blocking(|| postgres_server::Cluster::start(&[])).await.unwrap();
    let cluster = match started {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => return lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    };
    let url = Secret::new(cluster.fresh_database());
    let settings = PoolSettings { url, read_url: None, min: 1, max: 8, timeout: Duration::from_secs(10) };
    let store = Arc::new(PostgresStore::open(&settings, &ManualClock::at(1_760_000_000_000)).await.unwrap());
    let crashing = cluster.clone();
    let acknowledged = kill_under_load(store.clone(), postgres_kills(), async |_| {
        let cluster = crashing.clone();
        tokio::task::spawn_blocking(move || cluster.crash_and_restart()).await.unwrap();
    })
    .await;
    assert_whole(&acknowledged, &stored(&*store).await);
    store.close().await;
}
