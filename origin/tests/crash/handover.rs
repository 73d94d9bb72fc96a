//! The origin, its PostgreSQL or the agent's program is killed while a person and an agent talk: what either said is there once, in
//! its order, the hand-back goes on where the game was, and a webhook heard of it all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, Conversation, Settings, Step, Turn};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{CommitRequest, GameList, Messages, Speaker, StoredConversation};
use lgdl::wire::signature::TENANT_HEADER;
use lgdl_origin::Config;
use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::ids::ConversationId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::open_store;
use lgdl_origin::store::{AgentRow, Role};
use lgdl_ports::Port;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::postgres_server::Cluster;
use super::receiver::Receiver;
use super::{KILLS, PATIENCE, Process};

const PASSWORD: &str = "seven green lamps at noon";
const GAME: &str = r#"
game ward {
  moves {
    move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing { prompt slot: "Small or large?" }
      when all_slots_filled { respond with: "Ordered: {size}." }
    }
  }
}
"#;

struct Sides {
    edge: String,
    admin: String,
    http: reqwest::Client,
}

impl Sides {
    /// Sends until there is an answer that is no failure of the origin.
    async fn surely(&self, request: impl Fn() -> reqwest::RequestBuilder) -> (StatusCode, Vec<u8>) {
        let began = Instant::now();
        loop {
            if let Ok(answer) = request().send().await {
                let status = answer.status();
                if !status.is_server_error()
                    && let Ok(bytes) = answer.bytes().await
                {
                    return (status, bytes.to_vec());
                }
            }
            assert!(began.elapsed() < PATIENCE, "the origin comes back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn edge(&self, path: &str) -> (StatusCode, Vec<u8>) {
        self.surely(|| self.http.get(format!("{}{path}", self.edge)).header(TENANT_HEADER, "default")).await
    }

    async fn agent(&self, token: &str, path: &str, body: &Value) -> (StatusCode, Value) {
        let request = || self.http.post(format!("{}{path}", self.admin)).bearer_auth(token).json(body);
        let (status, bytes) = self.surely(request).await;
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    /// A turn of the person, as a node takes it: again on what won, with its key, until it is there.
    async fn say(&self, game: &CompiledGame, version: &str, text: &str, key: &str) {
        loop {
            let (status, bytes) = self.edge("/edge/v1/conversations/ward/c?user=u").await;
            let (state, at) = match status {
                StatusCode::NOT_FOUND => (Conversation::default(), 0),
                _ => {
                    let stored: StoredConversation = serde_json::from_slice(&bytes).unwrap();
                    (stored.state, stored.version)
                }
            };
            let turn = Turn {
                participant: "user".into(),
                text: text.into(),
                event: None,
                context: Map::new(),
                now_ms: SystemClock.now_ms(),
                offset_seconds: 0,
                settings: Settings::default(),
            };
            let Step::Done(outcome) = engine::begin(game, state, turn) else { panic!("nothing is called") };
            let request = CommitRequest {
                game: "ward".into(),
                conversation_id: "c".into(),
                user_id: "u".into(),
                game_version: version.into(),
                expected_version: at,
                base: None,
                idempotency_key: key.into(),
                fingerprint: text.into(),
                response: MoveResponse::of(&outcome, "turn_x".into(), version),
                record: outcome.record,
                state: outcome.conversation,
                journal_sequence: None,
                attempt: None,
            };
            let url = format!("{}/edge/v1/turns", self.edge);
            let sent = || self.http.post(&url).header(TENANT_HEADER, "default").json(&request);
            match self.surely(sent).await.0 {
                StatusCode::OK => return,
                StatusCode::CONFLICT => {}
                other => panic!("{other}"),
            }
        }
    }
}

/// What is killed.
enum Victim {
    Origin,
    Agent,
    Postgres(Arc<Cluster>),
}

/// What an agent's program does, in a runtime of its own: what it was about to say when it was killed, it says again.
struct Program(Option<tokio::runtime::Runtime>);

impl Program {
    fn start(admin: &str, token: &str, at: &str, said: &Arc<AtomicUsize>, ends: &Arc<AtomicBool>) -> Program {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let sides = Sides { edge: String::new(), admin: admin.to_owned(), http: client() };
        let (token, at, said, ends) = (token.to_owned(), at.to_owned(), Arc::clone(said), Arc::clone(ends));
        runtime.spawn(async move {
            while !ends.load(Ordering::SeqCst) {
                let number = said.load(Ordering::SeqCst);
                let message = json!({"key": format!("agent-{number}"), "text": format!("agent {number}")});
                let (status, answer) = sides.agent(&token, &format!("{at}/messages"), &message).await;
                assert_eq!(status, StatusCode::OK, "{answer}");
                said.store(number + 1, Ordering::SeqCst);
            }
        });
        Program(Some(runtime))
    }

    fn kill(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_person_or_an_agent_said_is_lost_or_doubled_when_the_origin_is_killed() {
    talk(Victim::Origin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_person_or_an_agent_said_is_lost_or_doubled_when_the_agents_program_is_killed() {
    talk(Victim::Agent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_person_or_an_agent_said_is_lost_or_doubled_when_postgres_is_killed() {
    match tokio::task::spawn_blocking(|| Cluster::start(&[])).await.unwrap() {
        Ok(cluster) => talk(Victim::Postgres(Arc::new(cluster))).await,
        Err(reason) => lgdl_skips::skip(lgdl_skips::Need::PostgreSql, &reason),
    }
}

async fn talk(victim: Victim) {
    let folder = tempfile::tempdir().unwrap();
    let (database, file) = (folder.path().join("lgdl.db"), folder.path().join("ward.lgdl"));
    std::fs::write(&file, GAME).unwrap();
    let postgres = match &victim {
        Victim::Postgres(cluster) => cluster.fresh_database(),
        Victim::Origin | Victim::Agent => String::new(),
    };
    let sqlite = database.display().to_string();
    let settings = [("LGDL_EDGE_UNSIGNED", "true"), ("LGDL_SQLITE_PATH", &sqlite), ("LGDL_POSTGRES_URL", &postgres)];
    let config = Config::read("", settings.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
    let store = open_store(&config, &SystemClock).await.unwrap();
    let receiver = Receiver::start().await;
    super::hook(&*store, &receiver, "*").await;
    let now_ms = SystemClock.now_ms();
    let new = NewAdministrator { name: "anna", password: PASSWORD, role: Role::Agent, tenant: None, actor: "test" };
    let id = create_administrator(&*store, new, now_ms, &SystemRandom).await.unwrap().id;
    let agent = AgentRow {
        id,
        tenant: "default".into(),
        name: "Anna".into(),
        queues: vec!["human".into()],
        capacity: 1,
        serving: Vec::new(),
        heartbeat_at: None,
        reconnected: 0,
    };
    store
        .keep_agent(agent, events::of(now_ms, "default", events::AGENT_CHANGED, "test", "anna", json!({})))
        .await
        .unwrap();
    store.close().await;
    drop(store);

    let ports = [Port::free(), Port::free()];
    let [edge, admin] = [ports[0].address(), ports[1].address()];
    let games = format!("ward:{}", file.display());
    let start =
        || Process::start_with(edge, admin, &database, &[("LGDL_GAMES", &games), ("LGDL_POSTGRES_URL", &postgres)]);
    let mut process = start();
    let sides = Sides { edge: format!("http://{edge}"), admin: format!("http://{admin}"), http: client() };
    let list: GameList = serde_json::from_slice(&sides.edge("/edge/v1/games").await.1).unwrap();
    let version = list.games[0].version.clone();
    let bytes = sides.edge(&format!("/edge/v1/compiled/{version}")).await.1;
    let game = CompiledGame::load(bytes.into()).unwrap();
    sides.say(&game, &version, "I want to order", "p0").await;
    sides.say(&game, &version, "I want to speak to a person", "p1").await;
    let login = json!({"name": "anna", "password": PASSWORD});
    let token = sides.agent("", "/admin/v1/login", &login).await.1["access_token"].as_str().unwrap().to_owned();
    let at = format!("/admin/v1/desk/conversations/{}", ConversationId::derive("default", "ward", "c"));
    assert_eq!(sides.agent(&token, "/admin/v1/desk/presence", &json!({})).await.0, StatusCode::OK);
    assert_eq!(sides.agent(&token, &format!("{at}/accept"), &json!({"key": "a"})).await.0, StatusCode::OK);

    let kills = match &victim {
        Victim::Postgres(_) => super::postgres_kills(),
        Victim::Origin | Victim::Agent => KILLS,
    };
    let kills = usize::try_from(kills).unwrap();
    let (done, agents, ends) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let begin = || Program::start(&sides.admin, &token, &at, &agents, &ends);
    let mut program = begin();
    let person = async {
        for number in 0.. {
            if done.load(Ordering::SeqCst) == kills {
                return number;
            }
            sides.say(&game, &version, &format!("person {number}"), &format!("person-{number}")).await;
        }
        0
    };
    let killer = async {
        for round in 0..kills {
            tokio::time::sleep(Duration::from_millis(150 + 7 * round as u64)).await;
            match &victim {
                Victim::Origin => {
                    process.kill();
                    process = start();
                }
                Victim::Agent => {
                    program.kill();
                    program = begin();
                }
                Victim::Postgres(cluster) => {
                    let cluster = Arc::clone(cluster);
                    tokio::task::spawn_blocking(move || cluster.crash_and_restart()).await.unwrap();
                }
            }
            // Both are answered again before the next one.
            sides.edge("/edge/v1/games").await;
            assert_eq!(sides.agent(&token, "/admin/v1/desk/presence", &json!({})).await.0, StatusCode::OK);
            done.store(round + 1, Ordering::SeqCst);
        }
    };
    let (persons, ()) = tokio::join!(person, killer);
    ends.store(true, Ordering::SeqCst);
    program.kill();
    // What was being said when it ended may have been taken, or not: it is said once more.
    let last = agents.load(Ordering::SeqCst);
    let message = json!({"key": format!("agent-{last}"), "text": format!("agent {last}")});
    assert_eq!(sides.agent(&token, &format!("{at}/messages"), &message).await.0, StatusCode::OK);
    let agents = i32::try_from(last + 1).unwrap();
    assert!(persons > 0 && agents > 1, "{persons} and {agents} messages");
    let back = json!({"key": "r", "outcome": "resolved", "values": {"size": "large"}});
    assert_eq!(sides.agent(&token, &format!("{at}/return"), &back).await.0, StatusCode::OK);

    let (mut after, mut said) = (0, Vec::new());
    loop {
        let page = sides.edge(&format!("/edge/v1/conversations/ward/c/messages?user=u&after={after}")).await.1;
        let page: Messages = serde_json::from_slice(&page).unwrap();
        if page.turn == after {
            assert_eq!(page.handover, None);
            break;
        }
        after = page.turn;
        said.extend(page.messages);
    }
    let by = |from: Speaker, word: &str| {
        let of_them = said.iter().filter(|one| one.from == from && one.text.starts_with(word));
        of_them.map(|one| one.text.clone()).collect::<Vec<_>>()
    };
    let expected = |word: &str, count: i32| (0..count).map(|number| format!("{word} {number}")).collect::<Vec<_>>();
    assert_eq!(by(Speaker::Person, "person"), expected("person", persons), "each once, in order");
    assert_eq!(by(Speaker::Agent, "agent"), expected("agent", agents), "each once, in order");
    assert!(
        said.last().unwrap().text.ends_with("Ordered: large."),
        "the game goes on with the value: {:?}",
        said.last()
    );
    // Signed, each turn in its place, and each step of the hand-over once.
    let conversation = ConversationId::derive("default", "ward", "c");
    let heard = |receiver: &Receiver| receiver.turns().remove(conversation.as_str()).unwrap_or_default();
    receiver.until("every turn is heard of", |receiver| heard(receiver).len() as u64 >= after).await;
    assert_eq!(heard(&receiver), (1..=after).collect::<Vec<_>>());
    // It follows the turn that it is told of with.
    let returned = |receiver: &Receiver| receiver.types().iter().any(|name| name == "lgdl.escalation.returned.v1");
    receiver.until("the hand-back is heard of", returned).await;
    let types = receiver.types();
    for step in ["requested", "accepted", "returned"] {
        let told = types.iter().filter(|name| **name == format!("lgdl.escalation.{step}.v1")).count();
        assert_eq!(told, 1, "{step}");
    }
    assert_eq!(receiver.forged(), 0);
}
