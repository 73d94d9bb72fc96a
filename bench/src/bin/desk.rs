//! Measures the desk: 500 conversations with agents at once.
//!
//! `cargo run --release -p lgdl-bench --features origin --bin desk [-- SECONDS]`, for SECONDS (30), on SQLite (a file, durable) and on a
//! PostgreSQL server of its own. 25 agents serve 20 conversations each, as programs do: each says every two seconds that it is there,
//! waits for news of each conversation, and answers what is said. Each person says something every ten seconds and looks for news every
//! second, as a node does for them. It prints what turns, answers and looks took, and how long an agent waited for what was
//! said; it fails when anything that was said is missing or there twice.

#[path = "../../../origin/tests/support/postgres.rs"]
#[allow(dead_code)] // the tests use more of it
mod postgres_server;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, Conversation, Settings, Step, Turn};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{CommitRequest, GameList, Messages, Speaker, StoredConversation};
use lgdl::wire::signature::TENANT_HEADER;
use lgdl_bench::figures;
use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock as _, SystemClock};
use lgdl_origin::config::Config;
use lgdl_origin::ids::ConversationId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::{Running, start};
use lgdl_origin::store::{AgentRow, Role};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

const AGENTS: usize = 25;
/// Conversations that an agent has.
const EACH: usize = 20;
/// Between two turns of a person.
const SPEAKS: Duration = Duration::from_secs(10);
/// Between two looks of a person.
const LOOKS: Duration = Duration::from_secs(1);
/// Between two heartbeats of an agent.
const BEATS: Duration = Duration::from_secs(2);
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

/// What took how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Turn,
    Look,
    Answer,
    Heard,
}

type Times = mpsc::UnboundedSender<(What, Duration)>;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let seconds = std::env::args().nth(1).map_or(Ok(30), |text| text.parse()).context("[SECONDS]")?;
    let cluster = tokio::task::spawn_blocking(|| postgres_server::Cluster::start(&[])).await?;
    if let Err(reason) = &cluster {
        eprintln!("PostgreSQL is left out: {reason}");
    }
    let urls = [Some(String::new()), cluster.as_ref().ok().map(postgres_server::Cluster::fresh_database)];
    for url in urls.into_iter().flatten() {
        let folder = tempfile::tempdir()?;
        let (database, game) = (folder.path().join("lgdl.db"), folder.path().join("ward.lgdl"));
        std::fs::write(&game, GAME)?;
        let settings = [
            ("LGDL_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
            ("LGDL_EDGE_UNSIGNED", "true".to_owned()),
            ("LGDL_GAMES", format!("ward:{}", game.display())),
            ("LGDL_SQLITE_PATH", database.display().to_string()),
            ("LGDL_POSTGRES_URL", url),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let running = start(Config::read("", settings)?).await?;
        desk(&running, Duration::from_secs(seconds)).await?;
        running.stop().await?;
    }
    Ok(())
}

/// The origin as its callers see it.
struct Origin {
    edge: String,
    admin: String,
    http: reqwest::Client,
    game: CompiledGame,
    version: String,
}

impl Origin {
    async fn of(running: &Running) -> anyhow::Result<Origin> {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
        let edge = format!("http://{}", running.edge_address);
        let get = async |path: &str| {
            let answer = http.get(format!("{edge}{path}")).header(TENANT_HEADER, "default").send().await?;
            anyhow::Ok(answer.error_for_status()?.bytes().await?)
        };
        let list: GameList = serde_json::from_slice(&get("/edge/v1/games").await?)?;
        let version = list.games.first().context("the game is there")?.version.clone();
        let bytes = get(&format!("/edge/v1/compiled/{version}")).await?.to_vec();
        let game = CompiledGame::load(bytes.into())?;
        Ok(Origin { edge, admin: format!("http://{}", running.admin_address), http, game, version })
    }

    fn edge(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}/edge/v1/{path}", self.edge)).header(TENANT_HEADER, "default")
    }

    async fn admin(&self, token: &str, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = self.http.post(format!("{}/admin/v1/{path}", self.admin)).bearer_auth(token).json(body);
        let answer = request.send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        ensure!(status == StatusCode::OK, "{path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// A turn of a person, as a node takes it: again where an agent was quicker.
    async fn say(&self, conversation: &str, text: &str, key: &str) -> anyhow::Result<()> {
        loop {
            let answer = self.edge(&format!("conversations/ward/{conversation}?user=u")).send().await?;
            let (state, at) = match answer.status() {
                StatusCode::NOT_FOUND => (Conversation::default(), 0),
                _ => {
                    let stored: StoredConversation = serde_json::from_slice(&answer.bytes().await?)?;
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
            let Step::Done(outcome) = engine::begin(&self.game, state, turn) else { bail!("nothing is called") };
            let request = CommitRequest {
                game: "ward".into(),
                conversation_id: conversation.into(),
                user_id: "u".into(),
                game_version: self.version.clone(),
                expected_version: at,
                base: None,
                idempotency_key: key.into(),
                fingerprint: text.into(),
                response: MoveResponse::of(&outcome, "turn_x".into(), &self.version),
                record: outcome.record,
                state: outcome.conversation,
                journal_sequence: None,
                attempt: None,
            };
            let url = format!("{}/edge/v1/turns", self.edge);
            let answer = self.http.post(url).header(TENANT_HEADER, "default").json(&request).send().await?;
            match answer.status() {
                StatusCode::OK => return Ok(()),
                StatusCode::CONFLICT => {}
                other => bail!("{other}: {}", answer.text().await?),
            }
        }
    }
}

async fn desk(running: &Running, time: Duration) -> anyhow::Result<()> {
    let store = &*running.origin.store;
    for number in 0..AGENTS {
        let name = format!("agent{number}");
        let new = NewAdministrator { name: &name, password: PASSWORD, role: Role::Agent, tenant: None, actor: "bench" };
        let id = create_administrator(store, new, SystemClock.now_ms(), &SystemRandom).await?.id;
        let agent = AgentRow {
            id,
            tenant: "default".into(),
            name: name.clone(),
            queues: vec!["human".into()],
            capacity: u64::try_from(EACH)?,
            serving: Vec::new(),
            heartbeat_at: None,
            reconnected: 0,
        };
        let told = events::of(SystemClock.now_ms(), "default", events::AGENT_CHANGED, "bench", &name, json!({}));
        store.keep_agent(agent, told).await?;
    }
    let origin = Arc::new(Origin::of(running).await?);
    for number in 0..AGENTS * EACH {
        origin.say(&format!("c{number}"), "I want to speak to a person", &format!("ask-{number}")).await?;
    }
    let (times, mut taken) = mpsc::unbounded_channel();
    let ready = Arc::new(Barrier::new(AGENTS * (EACH + 1)));
    let mut all = JoinSet::new();
    for number in 0..AGENTS {
        let login = json!({"name": format!("agent{number}"), "password": PASSWORD});
        let token = origin.admin("", "login", &login).await?["access_token"].as_str().context("a token")?.to_owned();
        let own: Vec<String> = (0..EACH).map(|of| format!("c{}", number * EACH + of)).collect();
        all.spawn(agent(Arc::clone(&origin), token, own, Arc::clone(&ready), times.clone(), time));
    }
    for number in 0..AGENTS * EACH {
        all.spawn(person(Arc::clone(&origin), number, Arc::clone(&ready), times.clone(), time));
    }
    drop(times);
    let began = Instant::now();
    let mut took = std::collections::BTreeMap::<What, Vec<Duration>>::new();
    while let Some((what, time)) = taken.recv().await {
        took.entry(what).or_default().push(time);
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    for (what, mut times) in took {
        let what = match what {
            What::Turn => "a person's turn",
            What::Look => "a person's look",
            What::Answer => "an agent's answer",
            What::Heard => "from a turn until its agent has it",
        };
        println!("{:8} {what:35} {}", store.kind(), figures(&mut times));
    }
    println!("{:8} {} conversations for {:.0} s", store.kind(), AGENTS * EACH, began.elapsed().as_secs_f64());
    Ok(())
}

/// Speaks and looks for as long as it lasts, then sees whether everything is there.
async fn person(
    origin: Arc<Origin>,
    number: usize,
    ready: Arc<Barrier>,
    times: Times,
    time: Duration,
) -> anyhow::Result<()> {
    let conversation = format!("c{number}");
    ready.wait().await;
    let began = tokio::time::Instant::now();
    let mut speaks = began + SPEAKS.mul_f64(number as f64 / (AGENTS * EACH) as f64);
    let mut looks = began + LOOKS.mul_f64((number % EACH) as f64 / EACH as f64);
    let (mut after, mut said, mut heard) = (0, 0, Vec::new());
    // What was said last is answered before the end.
    let last = began + time;
    while looks < last + SPEAKS {
        tokio::time::sleep_until(speaks.min(looks)).await;
        let sent = Instant::now();
        if speaks <= looks {
            // The agent tells from it how long it was on its way.
            let text = format!("{} person {said}", SystemClock.now_ms());
            origin.say(&conversation, &text, &format!("{conversation}-{said}")).await?;
            times.send((What::Turn, sent.elapsed()))?;
            said += 1;
            speaks = if speaks + SPEAKS < last { speaks + SPEAKS } else { last + SPEAKS * 2 };
        } else {
            let path = format!("conversations/ward/{conversation}/messages?user=u&after={after}");
            let page: Messages = serde_json::from_slice(&origin.edge(&path).send().await?.bytes().await?)?;
            times.send((What::Look, sent.elapsed()))?;
            after = page.turn;
            heard.extend(page.messages);
            looks += LOOKS;
        }
    }
    let by = |from: Speaker, word: &str| {
        let texts = heard.iter().filter(|one| one.from == from).map(|one| &*one.text);
        let numbers = texts.filter_map(|text| text.split(&format!("{word} ")).nth(1)?.parse::<u32>().ok());
        numbers.collect::<Vec<_>>()
    };
    let whole: Vec<u32> = (0..said).collect();
    let (persons, agents) = (by(Speaker::Person, "person"), by(Speaker::Agent, "agent"));
    ensure!(persons == whole && agents == whole, "{conversation}: {said} said, {persons:?} and {agents:?} are there");
    Ok(())
}

/// Takes its conversations over and answers whatever is said in them.
async fn agent(
    origin: Arc<Origin>,
    token: String,
    own: Vec<String>,
    ready: Arc<Barrier>,
    times: Times,
    time: Duration,
) -> anyhow::Result<()> {
    origin.admin(&token, "desk/presence", &json!({})).await?;
    let own: Vec<String> = own.iter().map(|own| ConversationId::derive("default", "ward", own).to_string()).collect();
    let mut all = JoinSet::new();
    for id in &own {
        origin.admin(&token, &format!("desk/conversations/{id}/accept"), &json!({"key": "take"})).await?;
    }
    for id in own {
        all.spawn(answers(Arc::clone(&origin), token.clone(), id, times.clone(), time + SPEAKS));
    }
    drop(times);
    ready.wait().await;
    let until = Instant::now() + time + SPEAKS;
    while Instant::now() < until {
        origin.admin(&token, "desk/presence", &json!({})).await?;
        tokio::time::sleep(BEATS).await;
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    Ok(())
}

async fn answers(origin: Arc<Origin>, token: String, id: String, times: Times, time: Duration) -> anyhow::Result<()> {
    let until = Instant::now() + time;
    let (mut after, mut answered) = (0, 0);
    while Instant::now() < until {
        let url = format!("{}/admin/v1/desk/conversations/{id}?after={after}&wait_ms=4000", origin.admin);
        let page: Value = origin.http.get(url).bearer_auth(&token).send().await?.error_for_status()?.json().await?;
        after = page["turn"].as_u64().context("a turn")?;
        for message in page["messages"].as_array().context("messages")? {
            let text = message["text"].as_str().unwrap_or_default();
            let Some((at, number)) = text.split_once(" person ") else { continue };
            let Ok(at) = at.parse::<i64>() else { continue };
            ensure!(number == answered.to_string(), "{id}: {number} in place of {answered}");
            let waited = u64::try_from(SystemClock.now_ms() - at).unwrap_or_default();
            times.send((What::Heard, Duration::from_millis(waited)))?;
            let sent = Instant::now();
            let say = json!({"key": format!("say-{answered}"), "text": format!("agent {answered}")});
            origin.admin(&token, &format!("desk/conversations/{id}/messages"), &say).await?;
            times.send((What::Answer, sent.elapsed()))?;
            answered += 1;
        }
    }
    Ok(())
}
