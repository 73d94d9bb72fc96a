//! An origin in memory and a node in front of it, for the pipeline's tests. The origin keeps the protocol's promises as the
//! real one does, and can be told to be away, to lose its answers, and to be slow.

// Each test binary uses a part of it.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lgdl::compiled::CompiledGame;
use lgdl::wire::origin::{
    ApiKey, Blocked, ClaimRequest, CommitAnswer, CommitRequest, Conflict, Consent, Decisions, Erasures, GameEntry,
    GameList, GamePolicy, NodeCounts, NodeReport, Report, Reports, Signature, StateName, StoredConversation,
    TokenAnswer, TokenRequest, TracedRequest, state_digest,
};
use lgdl_edge::answer::Response;
use lgdl_edge::native::{Answering, Native};
use lgdl_edge::pipeline::request::Received;
use lgdl_edge::pipeline::{finish, handle};
use lgdl_edge::platform::{FetchError, Inbound, Outbound};
use serde::Serialize;
use serde_json::{Value, json};

/// A game with what the tests need: slots, a call that changes nothing, a call that does.
pub(crate) const GAME: &str = include_str!("../../../tests/desk/game.lgdl");

/// What the desk of these tests hears besides.
const EMERGENCY: &str = r#"moves {
    move fire {
      priority: urgent
      when user says something like: [ "the house is on fire" ]
      confidence: 0.7
      when confident { respond with: "Leave the house, and call the fire brigade." }
    }
"#;

/// Its contract: looking up changes nothing.
pub(crate) const CONTRACT: &str = include_str!("../../../tests/desk/capability_contract.json");

/// The compiled game.
pub(crate) fn game() -> CompiledGame {
    static GAME_BYTES: OnceLock<CompiledGame> = OnceLock::new();
    GAME_BYTES.get_or_init(|| compile(&GAME.replacen("moves {", EMERGENCY, 1))).clone()
}

fn compile(source: &str) -> CompiledGame {
    let parsed = lgdl::syntax::parse(source.as_bytes(), Some(CONTRACT));
    assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
    CompiledGame::compile(parsed.game(None).unwrap()).unwrap()
}

/// What the origin holds, and how it behaves.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) conversations: BTreeMap<(String, String), StoredConversation>,
    pub(crate) turns: Vec<CommitRequest>,
    pub(crate) answers: BTreeMap<(String, String), (String, lgdl::wire::client::MoveResponse)>,
    /// Who holds a conversation's place: under which key, and which try of it.
    pub(crate) claims: BTreeMap<(String, String), (String, Option<String>)>,
    /// For how long each claim was to hold, milliseconds, in their order.
    pub(crate) held_for_ms: Vec<u64>,
    pub(crate) erased: BTreeSet<(String, String)>,
    /// Digests of what was erased, in order.
    pub(crate) tombstones: Vec<String>,
    /// How many of them a page has; 0 for as many as there are.
    pub(crate) erasures_a_page: usize,
    /// What it sends for the compiled game, where that is not the game.
    pub(crate) compiled: Option<Vec<u8>>,
    /// A conversation whose turns the origin does not take.
    pub(crate) refused: Option<(String, u16)>,
    /// No conversation begins in the version that nodes know: it was withdrawn.
    pub(crate) is_withdrawn: bool,
    /// The life of the origin's store.
    pub(crate) epoch: Option<String>,
    pub(crate) keys: BTreeMap<String, ApiKey>,
    /// What is known of tokens that an issuer signed; the others are not.
    pub(crate) signatures: BTreeMap<String, Signature>,
    pub(crate) consents: BTreeSet<String>,
    /// Nothing is published.
    pub(crate) has_no_games: bool,
    /// So many more games are.
    pub(crate) more_games: usize,
    /// Who is kept out.
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) policy: GamePolicy,
    /// Refusals told to the audit log.
    pub(crate) reports: Vec<Report>,
    /// What somebody decided about turns that were set aside.
    pub(crate) decisions: Vec<Decisions>,
    /// What nodes told of themselves.
    pub(crate) nodes: Vec<NodeReport>,
    /// What they told to have happened.
    pub(crate) happened: Vec<NodeCounts>,
    /// Requests that they told of.
    pub(crate) traced: Vec<TracedRequest>,
    /// Calls by path, without ids.
    pub(crate) calls: Vec<String>,
    /// Calls to capability services: path, idempotency key, body.
    pub(crate) service_calls: Vec<(String, String, Value)>,
}

/// How the network treats calls to the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Weather {
    #[default]
    Fine,
    /// Nobody answers.
    Away,
    /// Nobody answers so many calls; then the weather is fine.
    AwayFor(u32),
    /// What is asked for happens, and the answer is lost.
    AnswersLost,
    /// The next call happens, and its connection breaks before the answer; then the weather is fine.
    AnswerTorn,
    /// The next call happens, and its connection breaks before the answer; then somebody on the way says that there were too many.
    TornThenBusy,
    /// Somebody on the way says that there were too many.
    Busy,
    /// Errors of the server.
    Failing,
    /// It answers, and does not take this node for one of its own, with that word.
    Estranged(&'static str),
}

/// The origin and the services behind it.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) state: RefCell<State>,
    pub(crate) weather: Cell<Weather>,
    /// How often a call is looked at before it is answered.
    pub(crate) slowness: Cell<u32>,
    /// What the next calls to a capability service get; then status ok.
    pub(crate) service_answers: RefCell<Vec<Result<Inbound, FetchError>>>,
}

impl World {
    fn answer(&self, request: Outbound) -> Result<Inbound, FetchError> {
        if let Some(path) = request.url.strip_prefix("https://services.example.com") {
            let key = request.headers.iter().find(|(name, _)| *name == "idempotency-key").unwrap().1.clone();
            let body = serde_json::from_slice(&request.body).unwrap();
            self.state.borrow_mut().service_calls.push((path.to_owned(), key, body));
            let mut answers = self.service_answers.borrow_mut();
            return if answers.is_empty() {
                ok(&json!({ "status": "ok", "data": { "left": 3 } }))
            } else {
                answers.remove(0)
            };
        }
        match self.weather.get() {
            Weather::Fine => self.origin(&request),
            Weather::Away => Err(FetchError::Unreachable),
            Weather::AwayFor(calls) => {
                self.weather.set(if calls > 1 { Weather::AwayFor(calls - 1) } else { Weather::Fine });
                Err(FetchError::Unreachable)
            }
            Weather::AnswerTorn => {
                self.weather.set(Weather::Fine);
                self.origin(&request).and(Err(FetchError::Broken))
            }
            Weather::TornThenBusy => {
                self.weather.set(Weather::Busy);
                self.origin(&request).and(Err(FetchError::Broken))
            }
            Weather::Busy => status(429),
            Weather::AnswersLost => self.origin(&request).and(Err(FetchError::TimedOut)),
            Weather::Estranged(why) => {
                let body = json!({ "why": why }).to_string().into_bytes();
                Ok(Inbound { status: 401, body })
            }
            Weather::Failing => Ok(Inbound { status: 500, body: Vec::new() }),
        }
    }

    fn origin(&self, request: &Outbound) -> Result<Inbound, FetchError> {
        let path = request.url.strip_prefix("http://origin.test/").expect("calls go to the origin");
        if path == "health/ready" {
            self.state.borrow_mut().calls.push("GET ready".into());
            return ok(&json!({ "status": "ready" }));
        }
        let path = path.strip_prefix("edge/v1/").expect("calls go to the edge's part of the origin");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parts: Vec<&str> = path.split('/').collect();
        let user = query.strip_prefix("user=").and_then(|query| query.split('&').next()).unwrap_or("");
        let user = &decoded(user);
        let mut state = self.state.borrow_mut();
        state.calls.push(format!("{} {}", request.method, parts[0]));
        match (request.method, parts.as_slice()) {
            ("POST", ["reports"]) => {
                let told: Reports = serde_json::from_slice(&request.body).expect("well-formed reports");
                state.reports.extend(told.reports);
                status(204)
            }
            ("POST", ["decisions"]) => {
                state.decisions.push(serde_json::from_slice(&request.body).expect("well-formed decisions"));
                status(204)
            }
            ("POST", ["node"]) => {
                state.nodes.push(serde_json::from_slice(&request.body).expect("a well-formed report"));
                status(204)
            }
            ("POST", ["counts"]) => {
                state.happened.push(serde_json::from_slice(&request.body).expect("well-formed counts"));
                status(204)
            }
            ("POST", ["traces"]) => {
                state.traced.push(serde_json::from_slice(&request.body).expect("a well-formed request"));
                status(204)
            }
            ("GET", ["games"]) => {
                let entry = |id: &str| GameEntry {
                    id: id.into(),
                    name: "desk".into(),
                    version: game().version(),
                    file_hash: "0".repeat(64),
                    policy: state.policy.clone(),
                };
                let mut games = if state.has_no_games { Vec::new() } else { vec![entry("desk"), entry("second")] };
                games.extend((0..state.more_games).map(|number| entry(&format!("game{number}"))));
                ok(&GameList { games, blocked: state.blocked.clone() })
            }
            ("GET", ["compiled", version]) if *version == game().version() => {
                let body = state.compiled.clone().unwrap_or_else(|| game().bytes().to_vec());
                Ok(Inbound { status: 200, body })
            }
            ("POST", ["tokens"]) => {
                let TokenRequest { token } = serde_json::from_slice(&request.body).unwrap();
                ok(&TokenAnswer { signature: state.signatures.get(&token).copied().unwrap_or(Signature::Bad) })
            }
            ("GET", ["keys", hash]) => state.keys.get(*hash).map_or_else(|| status(404), ok),
            ("GET", ["consents", _, user]) => {
                ok(&Consent { given: state.consents.contains(*user), details: Value::Null })
            }
            (_, ["conversations", _, id] | ["conversations", _, id, "export"])
                if state.refused.as_ref().is_some_and(|(refused, _)| refused == id) =>
            {
                status(state.refused.as_ref().map_or(500, |(_, status)| *status))
            }
            ("GET", ["conversations", game, id]) => state.look_up(game, id, user),
            ("GET", ["conversations", game, id, "export"]) => {
                let found = state.look_up(game, id, user)?;
                if found.status != 200 {
                    return Ok(found);
                }
                let stored: StoredConversation = serde_json::from_slice(&found.body).unwrap();
                ok(&json!({ "format_version": 1, "version": stored.version }))
            }
            ("GET", ["conversations", game, id, "messages"]) => {
                let found = state.look_up(game, id, user)?;
                let hello = json!({ "turn": 1, "at_ms": 1, "from": "agent", "text": "Hello.", "choices": ["a"] });
                let now = json!({ "queue": "nurse", "stage": "waiting", "place": 1, "agent": "Anna" });
                let said = json!({ "messages": [hello], "turn": 1, "handover": now });
                if found.status == 200 { ok(&said) } else { Ok(found) }
            }
            ("DELETE", ["conversations", game, id]) => {
                if state.look_up(game, id, user)?.status != 200 {
                    return status(404);
                }
                state.erase(game, id);
                status(204)
            }
            ("GET", ["erasures"]) => state.erasures(query),
            ("POST", ["turns"]) => state.commit(serde_json::from_slice(&request.body).unwrap()),
            ("POST", ["claims"]) => state.claim(serde_json::from_slice(&request.body).unwrap()),
            other => panic!("the origin has no {other:?}"),
        }
    }
}

/// What stands percent-encoded in an address.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(&part[..2], 16).expect("two digits"));
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).expect("UTF-8")
}

impl State {
    /// Erases a conversation, as an operator does.
    pub(crate) fn erase(&mut self, game: &str, id: &str) {
        let key = (game.to_owned(), id.to_owned());
        self.conversations.remove(&key);
        self.erased.insert(key);
        self.tombstones.push(lgdl_edge::digest::conversation("default", game, id));
    }

    fn erasures(&self, query: &str) -> Result<Inbound, FetchError> {
        let from = match query.split_once('=') {
            Some(("last_ms", _)) => 0,
            Some(("after", cursor)) => match cursor.parse() {
                Ok(from) => from,
                Err(_) => return status(400),
            },
            _ => panic!("a node asks for one or the other"),
        };
        let size = if self.erasures_a_page == 0 { usize::MAX } else { self.erasures_a_page };
        let page: Vec<String> = self.tombstones.iter().skip(from).take(size).cloned().collect();
        let (next, more) = (from + page.len(), page.len() == size);
        ok(&Erasures { conversations: page, next: next.to_string(), more })
    }

    /// A conversation as the origin answers it: with its state's name.
    fn named(&self, stored: &StoredConversation) -> StoredConversation {
        let digest = state_digest(&serde_json::to_vec(&stored.state).unwrap());
        StoredConversation { name: Some(StateName { digest, epoch: self.epoch.clone() }), ..stored.clone() }
    }

    fn look_up(&self, game: &str, id: &str, user: &str) -> Result<Inbound, FetchError> {
        let key = (game.to_owned(), id.to_owned());
        if self.erased.contains(&key) {
            return status(410);
        }
        match self.conversations.get(&key) {
            Some(stored) if stored.user_id == user => ok(&self.named(stored)),
            _ => status(404),
        }
    }

    fn settled(
        &self,
        key: &(String, String),
        user: &str,
        idempotency: &str,
        print: &str,
        (version, base): (u64, Option<&StateName>),
    ) -> Option<Inbound> {
        if self.erased.contains(key) {
            return status(410).ok();
        }
        if let Some((fingerprint, response)) = self.answers.get(&(user.to_owned(), idempotency.to_owned())) {
            if fingerprint != print {
                return status(422).ok();
            }
            return ok(&CommitAnswer::Replayed { response: Box::new(response.clone()) }).ok();
        }
        let current = self.conversations.get(key);
        if current.is_some_and(|current| current.user_id != user) {
            return status(404).ok();
        }
        let foreign_claim = self.claims.get(key).is_some_and(|(holder, _)| holder != idempotency);
        let named = current.map(|current| self.named(current));
        let moved = base.is_some_and(|base| {
            let name = named.as_ref().and_then(|named| named.name.as_ref());
            name.is_none_or(|name| name.digest != base.digest || (base.epoch.is_some() && name.epoch != base.epoch))
        });
        if current.map_or(0, |current| current.version) != version || moved || foreign_claim {
            let claimed_for_ms = foreign_claim.then_some(1);
            let body = serde_json::to_vec(&Conflict { current: named, claimed_for_ms }).unwrap();
            return Some(Inbound { status: 409, body });
        }
        None
    }

    fn commit(&mut self, turn: CommitRequest) -> Result<Inbound, FetchError> {
        if let Some((_, status)) = self.refused.as_ref().filter(|(refused, _)| *refused == turn.conversation_id) {
            return Ok(Inbound { status: *status, body: Vec::new() });
        }
        if self.is_withdrawn && turn.expected_version == 0 {
            let body = serde_json::to_vec(&Conflict { current: None, claimed_for_ms: None }).unwrap();
            return Ok(Inbound { status: 409, body });
        }
        let key = (turn.game.clone(), turn.conversation_id.clone());
        let settled = self.settled(
            &key,
            &turn.user_id,
            &turn.idempotency_key,
            &turn.fingerprint,
            (turn.expected_version, turn.base.as_ref()),
        );
        if let Some(answer) = settled {
            return Ok(answer);
        }
        let version = turn.expected_version + 1;
        assert_eq!(turn.record.turn, version, "the record's number is the conversation's version");
        self.claims.remove(&key);
        self.conversations.insert(
            key,
            StoredConversation {
                version,
                game_version: turn.game_version.clone(),
                user_id: turn.user_id.clone(),
                state: turn.state.clone(),
                name: None,
            },
        );
        let answer = (turn.fingerprint.clone(), turn.response.clone());
        self.answers.insert((turn.user_id.clone(), turn.idempotency_key.clone()), answer);
        self.turns.push(turn);
        ok(&CommitAnswer::Committed { version, epoch: self.epoch.clone() })
    }

    fn claim(&mut self, claim: ClaimRequest) -> Result<Inbound, FetchError> {
        let key = (claim.game.clone(), claim.conversation_id.clone());
        let settled = self.settled(
            &key,
            &claim.user_id,
            &claim.idempotency_key,
            &claim.fingerprint,
            (claim.expected_version, claim.base.as_ref()),
        );
        if let Some(answer) = settled {
            return Ok(answer);
        }
        self.held_for_ms.extend(claim.acting.as_ref().map(|acting| acting.for_ms));
        let attempt = claim.acting.map(|acting| acting.attempt);
        if self.claims.get(&key).is_some_and(|(_, holder)| *holder != attempt) {
            let current = self.conversations.get(&key).map(|current| self.named(current));
            let body = serde_json::to_vec(&Conflict { current, claimed_for_ms: Some(1) }).unwrap();
            return Ok(Inbound { status: 409, body });
        }
        self.claims.insert(key, (claim.idempotency_key, attempt));
        ok(&CommitAnswer::Committed { version: claim.expected_version, epoch: None })
    }
}

pub(crate) fn ok<T: Serialize>(body: &T) -> Result<Inbound, FetchError> {
    Ok(Inbound { status: 200, body: serde_json::to_vec(body).unwrap() })
}

pub(crate) fn status(status: u16) -> Result<Inbound, FetchError> {
    Ok(Inbound { status, body: Vec::new() })
}

/// A node in development before that world.
pub(crate) fn node(world: &Rc<World>) -> Native {
    let world = Rc::clone(world);
    let network = move |request| -> Answering {
        let world = Rc::clone(&world);
        Box::pin(async move {
            let mut rounds = world.slowness.get();
            std::future::poll_fn(|_| {
                rounds = rounds.saturating_sub(1);
                if rounds == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            world.answer(request)
        })
    };
    static NODES: AtomicU64 = AtomicU64::new(1);
    Native::new(network)
        .seeded(NODES.fetch_add(1, Ordering::Relaxed) << 32)
        .with("mode", "development")
        .with("origin_url", "http://origin.test")
        .with("state_key", &"07".repeat(32))
}

/// The same in production, signed.
pub(crate) fn production_node(world: &Rc<World>) -> Native {
    node(world)
        .with("mode", "production")
        .with("origin_key_id", "edge1")
        .with("origin_key", "a secret of the edge")
        .with("auth", "open")
}

/// A request.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Received {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        })
        .collect();
    Received {
        method: Method::from_bytes(method.as_bytes()).unwrap(),
        path: path.into(),
        query: query.into(),
        headers,
        body: Ok(body.to_vec()),
    }
}

/// Sends a request and does what is left for after the answer.
pub(crate) fn send(node: &Native, received: &Received) -> Response {
    block_on(async {
        let handled = handle(node, received).await;
        finish(node, handled.after).await;
        handled.response
    })
}

/// One turn of a conversation; status and body.
pub(crate) fn say(
    node: &Native,
    conversation: &str,
    user: &str,
    input: &str,
    headers: &[(&str, &str)],
) -> (u16, Value) {
    let body = json!({ "conversation_id": conversation, "user_id": user, "input": input }).to_string();
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    let response = send(node, &request("POST", "/games/desk/move", &all, body.as_bytes()));
    body_of(response)
}

/// Status and JSON body.
pub(crate) fn body_of(response: Response) -> (u16, Value) {
    let status = response.status.as_u16();
    (status, serde_json::from_slice(&response.body.into_bytes()).unwrap_or(Value::Null))
}

/// Runs a future that never waits for anything outside: the native platform's do not.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = std::task::Waker::noop();
    let mut context = std::task::Context::from_waker(waker);
    for _ in 0..1_000_000 {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
    panic!("the future waits for something");
}

/// Runs futures side by side, one step of each in turn.
pub(crate) fn side_by_side<T>(futures: Vec<impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..1_000_000 {
        for (future, done) in futures.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none()) {
            if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            return done.into_iter().flatten().collect();
        }
    }
    panic!("a future waits for something");
}

/// A shared world.
pub(crate) fn world() -> Rc<World> {
    Rc::new(World::default())
}
