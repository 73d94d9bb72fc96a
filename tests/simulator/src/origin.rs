//! The real origin, called without a network: its router, its commit protocol and its SQLite store. A request is carried
//! out while virtual time stands still, so the threads of the store decide nothing.
//!
//! Mechanisms are taken away here from the outside, never in the origin itself: by triggers in its database and by a proxy
//! before its door.

mod webhook;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use lgdl::engine::Turn;
use lgdl::meaning::Meaning;
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{CommitAnswer, CommitRequest, Conflict, GamePolicy, Message, StoredConversation};
use lgdl::wire::signature::{self, Parts};
use lgdl_edge::platform::{Inbound, Outbound};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, Millis};
use lgdl_origin::config::Config;
use lgdl_origin::desk;
use lgdl_origin::games::{Content, PublishRequest, publish};
use lgdl_origin::http::{Gate, Origin, edge_service};
use lgdl_origin::ids::{AdministratorId, ErasureId, person_pseudonym};
use lgdl_origin::metrics::Metrics;
use lgdl_origin::own_turns;
use lgdl_origin::privacy::RequestName;
use lgdl_origin::serve::{begin_epoch, catch_up, protection};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{
    AdministratorRow, AgentRow, BusPage, ConversationKey, ErasureOrder, ErasureOutcome, ErasureReport, HandoverRow,
    Lookup, Role, Store, Wanted,
};
use lgdl_origin::store::{Administrators as _, Handovers as _};
use lgdl_origin::tombstones;
use rusqlite::OptionalExtension as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::Mutation;
use crate::game::{CONTRACT, GAME, GAME_ID};
use crate::plan::{Plan, Trip};
use crate::random::Shared;
use webhook::Webhook;

/// The tenant of every world.
pub(super) const TENANT: &str = "default";
/// Signs calls from the nodes.
pub(super) const EDGE_SECRET: &str = "a secret of the simulated edge";
/// Where nodes find the origin.
pub(super) const ORIGIN_URL: &str = "http://origin.test";
/// Conflicts that the proxy overrides before it gives up.
const MAX_OVERRIDES: usize = 3;

/// What the origin did, in its order.
#[derive(Debug, Clone)]
pub(super) enum Deed {
    /// A turn was committed.
    Committed(Box<CommitRequest>),
    /// A conversation was erased.
    Erased { conversation: String },
    /// A person was erased, at that virtual time.
    PersonErased { user: String, at_us: u64 },
    /// The store was copied.
    BackedUp,
    /// The copy took the store's place.
    Restored,
}

/// How somebody at the desk is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answered {
    /// It is done.
    Done,
    /// It can't be done.
    Refused,
    /// Nobody knows: it may be tried again.
    Failed,
}

/// The queue that the game asks for.
const QUEUE: &str = "clerks";
/// Agents that every world's origin knows.
const AGENTS: usize = 2;

/// The id of an agent.
pub(super) fn agent_id(number: usize) -> AdministratorId {
    AdministratorId::mint(1, &Shared::of(number as u64, "agent"))
}

#[derive(Debug, Default)]
struct OriginClock(AtomicI64);

impl Clock for OriginClock {
    fn now_ms(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }
}

/// The origin of one world.
pub(super) struct OriginHost {
    runtime: Runtime,
    origin: Origin,
    clock: Arc<OriginClock>,
    router: axum::Router,
    /// Other origins on the same store, each with its own memory.
    others: Vec<axum::Router>,
    /// How many there are in all.
    origins: usize,
    webhook: Option<Webhook>,
    mutation: Option<Mutation>,
    folder: TempDir,
}

/// Files in the origin's folder: the database, a copy of it, and what was erased.
const DATABASE: &str = "lgdl.db";
const BACKUP: &str = "backup.db";
const TOMBSTONES: &str = "tombstones";

/// Where databases live: in memory where the machine has such a folder, because every commit is synced.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.expect("a folder for the database")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// A database with the schema and the game, made once by a process and copied into every world.
fn template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = folder();
        let path = folder.path().join("template.db");
        runtime().block_on(async {
            let store = SqliteStore::open(&path, &OriginClock::default()).await.expect("the store opens");
            let request = PublishRequest {
                tenant: TENANT,
                game: GAME_ID,
                content: Content::Source { source: GAME.as_bytes(), contract: Some(CONTRACT) },
                meaning: Meaning::Words,
                policy: GamePolicy::default(),
                goldens: None,
                actor: "simulator",
                now_ms: 1,
            };
            publish(&store, request).await.expect("the game is published");
            for number in 0..AGENTS {
                let (id, name) = (agent_id(number), format!("Clerk {number}"));
                let told = || {
                    events::of(
                        1,
                        TENANT,
                        events::ADMINISTRATOR_CREATED,
                        "simulator",
                        id.as_str(),
                        serde_json::json!({}),
                    )
                };
                let administrator = AdministratorRow {
                    id: id.clone(),
                    name: format!("clerk{number}"),
                    role: Role::Agent,
                    tenant: Some(TENANT.into()),
                    password: "none".into(),
                    created_at: 1,
                    disabled: false,
                };
                assert!(store.add_administrator(administrator, told()).await.expect("an administrator is kept"));
                let agent = AgentRow {
                    id: id.clone(),
                    tenant: TENANT.into(),
                    name,
                    queues: vec![QUEUE.into()],
                    capacity: 4,
                    serving: Vec::new(),
                    heartbeat_at: None,
                    reconnected: 0,
                };
                store.keep_agent(agent, told()).await.expect("an agent is kept");
            }
            lgdl_origin::store::Maintenance::close(&store).await;
        });
        std::fs::read(&path).expect("the template")
    })
}

fn config(path: &Path, sealed: bool, lease_seconds: u64) -> Config {
    let mut environment = vec![
        ("LGDL_SQLITE_PATH".to_owned(), path.to_str().expect("a plain path").to_owned()),
        ("LGDL_EDGE_KEYS".to_owned(), format!("edge:{EDGE_SECRET}")),
        ("LGDL_CLAIM_LEASE_SECONDS".to_owned(), lease_seconds.to_string()),
    ];
    if sealed {
        let key = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
        environment.push(("LGDL_ENCRYPTION_KEY".to_owned(), format!("k1:{key}")));
    }
    Config::read("", environment).expect("a valid configuration")
}

impl OriginHost {
    pub(super) fn new(plan: &Plan, mutation: Option<Mutation>) -> OriginHost {
        let folder = folder();
        let path: PathBuf = folder.path().join(DATABASE);
        std::fs::write(&path, template()).expect("the database is written");
        take_away(&path, mutation);
        let config = Arc::new(config(&path, plan.sealed, plan.lease_seconds));
        let clock = Arc::new(OriginClock::default());
        let runtime = runtime();
        let store: Arc<dyn Store> =
            Arc::new(runtime.block_on(SqliteStore::open(&path, &*clock)).expect("the store opens"));
        let random: Arc<dyn lgdl_origin::random::Random> = Arc::new(Shared::of(plan.seed, "origin"));
        let origin = Origin {
            gate: Arc::new(Gate::new(&config)),
            protection: protection(&config, &store, clock.clone(), Arc::clone(&random)),
            live: lgdl_origin::config::Live::new(Arc::clone(&config)),
            config,
            store,
            tail: Arc::default(),
            clock: clock.clone(),
            random,
            capabilities: Arc::default(),
            metrics: Arc::new(Metrics::default()),
            traces: None,
            tls: None,
        };
        let router = edge_service(origin.clone());
        let (origins, others) = (plan.origins, Vec::new());
        let mut host = OriginHost { runtime, origin, clock, router, others, origins, webhook: None, mutation, folder };
        host.restart();
        host
    }

    /// Starts again with what is durable: nonces, keys in memory and counts are gone.
    pub(super) fn restart(&mut self) {
        let Origin { config, store, clock, random, .. } = &self.origin.clone();
        self.origin.protection = protection(config, store, Arc::clone(clock), Arc::clone(random));
        self.origin.gate = Arc::new(Gate::new(config));
        self.router = edge_service(self.origin.clone());
        let other = |_| {
            let protection = protection(config, store, Arc::clone(clock), Arc::clone(random));
            edge_service(Origin { gate: Arc::new(Gate::new(config)), protection, ..self.origin.clone() })
        };
        self.others = (1..self.origins).map(other).collect();
        if let Some(webhook) = &mut self.webhook {
            webhook.deliverers = Default::default();
        }
    }

    /// Copies the store.
    pub(super) fn back_up(&self) {
        let copy = self.folder.path().join(BACKUP);
        let _ = std::fs::remove_file(&copy);
        let copy = copy.to_str().expect("a plain path");
        self.database().execute("VACUUM INTO ?1", [copy]).expect("the store is copied");
    }

    /// Puts the copy in the store's place, as an operator does: what was erased since is erased again, and another epoch
    /// begins.
    pub(super) fn restore(&mut self, now_ms: i64) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let (path, tombstones) = (self.folder.path().join(DATABASE), self.folder.path().join(TOMBSTONES));
        let (clock, random) = (self.clock.clone(), Arc::clone(&self.origin.random));
        let store: Arc<dyn Store> = self.runtime.block_on(async {
            tombstones::bring_up_to_date(&*self.origin.store, &tombstones, now_ms).await.expect("tombstones are kept");
            self.origin.store.close().await;
            for suffix in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(self.folder.path().join(format!("{DATABASE}{suffix}")));
            }
            std::fs::copy(self.folder.path().join(BACKUP), &path).expect("the copy is put back");
            let store = SqliteStore::open(&path, &*clock).await.expect("the store opens");
            catch_up(&store, &tombstones, &*clock, &*random).await.expect("what was erased is erased again");
            begin_epoch(&store, &*clock, &*random).await.expect("another epoch begins");
            Arc::new(store) as Arc<dyn Store>
        });
        self.origin.store = store;
        self.restart();
    }

    /// A look past the origin at what lies in its database.
    fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join(DATABASE)).expect("the database opens")
    }

    /// Rows that are left of a conversation, by table.
    pub(super) fn rows_of(&self, conversation: &str) -> Vec<(&'static str, u64)> {
        let (database, id) = (self.database(), key(conversation).id().to_string());
        let of = |table: &'static str| {
            let column = if table == "conversations" { "id" } else { "conversation_id" };
            let sql = format!("SELECT count(*) FROM {table} WHERE {column} = ?1");
            let count: i64 = database.query_row(&sql, [&id], |row| row.get(0)).expect("rows are counted");
            (table, count.unsigned_abs())
        };
        ["conversations", "turns", "slots", "extracted_context", "idempotency", "claims", "handovers"].map(of).to_vec()
    }

    /// Whether there is a key for what a person said by a time.
    pub(super) fn has_data_key(&self, user: &str, made_by_ms: i64) -> bool {
        let sql = "SELECT count(*) FROM data_keys WHERE tenant = ?1 AND subject = ?2 AND created_at <= ?3";
        let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let of = rusqlite::params![TENANT, person_pseudonym(TENANT, user), made_by_ms];
        self.database().query_row(sql, of, count).expect("rows are counted") > 0
    }

    /// Has the origin's transactions fail where it trips, for as long as something is done.
    fn tripping<T>(&self, trips: &[Trip], work: impl FnOnce() -> T) -> T {
        if trips.is_empty() {
            return work();
        }
        let of = |trip: &Trip| match trip {
            Trip::DataKeyGone => {
                ("data_key", "AFTER INSERT ON data_keys BEGIN DELETE FROM data_keys WHERE id = NEW.id;")
            }
            Trip::Answers => ("answers", "BEFORE INSERT ON idempotency BEGIN SELECT RAISE(ABORT, 'tripped');"),
            Trip::Claims => ("claims", "BEFORE INSERT ON claims BEGIN SELECT RAISE(ABORT, 'tripped');"),
            Trip::Tombstones => ("tombstones", "BEFORE INSERT ON erasures BEGIN SELECT RAISE(ABORT, 'tripped');"),
            Trip::Outbox => ("outbox", "BEFORE INSERT ON outbox BEGIN SELECT RAISE(ABORT, 'tripped');"),
        };
        let database = self.database();
        for (name, rest) in trips.iter().map(of) {
            database.execute_batch(&format!("CREATE TRIGGER trip_{name} {rest} END")).expect("a trigger is made");
        }
        let done = work();
        for (name, _) in trips.iter().map(of) {
            database.execute_batch(&format!("DROP TRIGGER trip_{name}")).expect("a trigger is dropped");
        }
        done
    }

    /// Carries out a request, and tells what was done.
    pub(super) fn answer(
        &self,
        which: usize,
        request: &Outbound,
        trips: &[Trip],
        now_ms: i64,
    ) -> (Inbound, Option<Deed>) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        self.tripping(trips, || self.carry_out(which, request, now_ms))
    }

    fn carry_out(&self, which: usize, request: &Outbound, now_ms: i64) -> (Inbound, Option<Deed>) {
        let (body, answer) = match self.mutation {
            Some(Mutation::NoCompareAndSwap) => self.overriding(request, now_ms),
            _ => (request.body.clone(), self.passed(which, request)),
        };
        let deed = deed(request, &body, &answer);
        (answer, deed)
    }

    /// What an agent sees who says that they are there: the hand-overs in their queue that are open.
    pub(super) fn hand_overs(&self, agent: usize, now_ms: i64) -> Vec<(String, HandoverRow)> {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let store = &self.origin.store;
        self.runtime.block_on(async {
            let (agent, queues) = (agent_id(agent), [QUEUE.to_owned()]);
            store.heartbeat(&agent, &queues, now_ms, now_ms - desk::LOST_AFTER_MS).await.expect("a heartbeat is kept");
        });
        self.open_hand_overs(now_ms)
    }

    /// The hand-overs that are open, with the conversation.
    pub(super) fn open_hand_overs(&self, now_ms: i64) -> Vec<(String, HandoverRow)> {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let store = &self.origin.store;
        self.runtime.block_on(async {
            let mut all = store.queued_handovers(TENANT, &[QUEUE.to_owned()]).await.expect("the store reads");
            for agent in store.agents(TENANT).await.expect("the store reads") {
                all.extend(store.handovers_with(&agent.id).await.expect("the store reads"));
            }
            let mut open = Vec::new();
            for handover in all {
                let row = store.find_by_id(TENANT, &handover.conversation).await.expect("the store reads");
                open.extend(row.map(|row| (row.external_id, handover)));
            }
            open
        })
    }

    /// Does what somebody at the desk does; whether it was done or refused, or may be tried again, and the turn that was committed.
    pub(super) fn at_desk(
        &self,
        agent: Option<usize>,
        conversation: &str,
        deed: &desk::Deed,
        request_key: &str,
        trips: &[Trip],
        now_ms: i64,
    ) -> (Answered, Option<(CommitRequest, Turn)>) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let (id, place) = (key(conversation).id(), key(conversation));
        let agent = agent.map(|number| {
            let row = self.runtime.block_on(self.origin.store.agent(&agent_id(number)));
            row.expect("the store reads").expect("an agent of the template")
        });
        let before = self.runtime.block_on(async {
            match self.origin.store.find(&place).await.expect("the store reads") {
                Lookup::Found(row) => self.origin.protection.open_conversation(*row).await.ok(),
                _ => None,
            }
        });
        let act = || self.runtime.block_on(desk::act(&self.origin, TENANT, &id, agent.as_ref(), deed, request_key));
        let answered = match self.tripping(trips, act) {
            Ok(_) => Answered::Done,
            Err(problem) if problem.status().is_server_error() => Answered::Failed,
            Err(_) => Answered::Refused,
        };
        let committed = before.and_then(|before| {
            let after = self.conversation(conversation).filter(|after| after.version == before.version + 1)?;
            let turn = desk::turn_of(deed, agent.as_ref(), now_ms);
            let (_, manifest, _) = self.turns(conversation).pop()?;
            let fingerprint = format!("desk {manifest}");
            let name = RequestName { key: fingerprint.clone(), fingerprint: fingerprint.clone() };
            let mut attempt = own_turns::Attempt::new(&*self.origin.random);
            let run = own_turns::run(&self.origin, &before, turn.clone(), &name, &mut attempt);
            let ran = self.runtime.block_on(run).expect("what was run once runs again");
            // No service is configured, so nothing holds a place.
            let own_turns::Ran::Done(outcome) = ran else { panic!("{ran:?}") };
            let request = CommitRequest {
                game: GAME_ID.into(),
                conversation_id: conversation.into(),
                user_id: after.user_id,
                game_version: after.game_version.clone(),
                expected_version: before.version,
                base: None,
                idempotency_key: fingerprint.clone(),
                fingerprint,
                response: MoveResponse::of(&outcome, manifest, &after.game_version),
                record: outcome.record,
                state: outcome.conversation,
                journal_sequence: None,
                attempt: None,
            };
            Some((request, turn))
        });
        (answered, committed)
    }

    /// Has the origin look after hand-overs; gives those that somebody waits for in vain, which are the world's to end.
    pub(super) fn look_after_hand_overs(&self, now_ms: i64) -> Vec<(String, String)> {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let store = &self.origin.store;
        self.runtime.block_on(async {
            store
                .requeue_lost(now_ms - desk::LOST_AFTER_MS, now_ms, desk::lost_event)
                .await
                .expect("the lost are looked for");
            let patience = u64::try_from(self.origin.settings().handover_patience.as_millis()).unwrap_or(u64::MAX);
            let mut overdue = Vec::new();
            for (tenant, handover) in store.overdue_handovers(now_ms, patience, &[]).await.expect("the store reads") {
                let row = store.find_by_id(&tenant, &handover.conversation).await.expect("the store reads");
                overdue.extend(row.map(|row| (row.external_id, format!("time_out_{}", handover.since))));
            }
            overdue
        })
    }

    /// Moves on what was told, and gives a page of the events.
    pub(super) fn events(&self, after: u64, limit: u32, now_ms: i64) -> BusPage {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        self.runtime.block_on(async {
            lgdl_origin::audit::drain(&*self.origin.store).await.expect("what was told is moved on");
            self.origin.store.bus_events(&Wanted::everything(), after, limit).await.expect("events are read")
        })
    }

    /// The origin's own id of a conversation.
    pub(super) fn id_of(conversation: &str) -> String {
        key(conversation).id().to_string()
    }

    /// What the person's page is told of a conversation: who said what.
    pub(super) fn messages(&self, conversation: &str) -> Vec<Message> {
        self.runtime.block_on(async {
            let (mut all, mut after) = (Vec::new(), 0);
            while let Lookup::Found(row) = self.origin.store.find(&key(conversation)).await.expect("the store reads") {
                let row = self.origin.protection.open_conversation(*row).await.expect("it opens");
                let news = desk::messages(&self.origin, row, after, None).await.expect("messages are read");
                let is_all = news.turn == after;
                after = news.turn;
                all.extend(news.messages);
                if is_all {
                    break;
                }
            }
            all
        })
    }

    fn passed(&self, which: usize, request: &Outbound) -> Inbound {
        let path = request.url.strip_prefix(ORIGIN_URL).expect("calls go to the origin");
        let mut built = Request::builder().method(request.method).uri(path);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let request = built.body(Body::from(request.body.clone())).expect("a request");
        self.runtime.block_on(async {
            let router = if which == 0 { &self.router } else { &self.others[which - 1] };
            let answer = router.clone().oneshot(request).await.expect("the router always answers");
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.expect("a whole body").to_bytes().to_vec();
            Inbound { status, body }
        })
    }

    /// The origin without its compare-and-swap: whatever version a turn was run on, it is made to fit.
    fn overriding(&self, request: &Outbound, now_ms: i64) -> (Vec<u8>, Inbound) {
        let mut request = request.clone();
        let mut answer = self.passed(0, &request);
        for _ in 0..MAX_OVERRIDES {
            let conflict = serde_json::from_slice::<Conflict>(&answer.body).ok();
            let turn = serde_json::from_slice::<CommitRequest>(&request.body).ok();
            let (409, Some(conflict), Some(mut turn)) = (answer.status, conflict, turn) else { break };
            turn.expected_version = conflict.current.map_or(0, |current| current.version);
            turn.base = None;
            turn.record.turn = turn.expected_version + 1;
            request.body = serde_json::to_vec(&turn).expect("a body");
            request.headers = signed(&request, now_ms);
            answer = self.passed(0, &request);
        }
        (request.body, answer)
    }

    /// Erases a person, as an operator does.
    pub(super) fn erase_person(&self, user: &str, trips: &[Trip], now_ms: i64) -> bool {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        let id = ErasureId::mint(now_ms, &*self.origin.random);
        let order = ErasureOrder { id, requested_by: "operator".into(), now_ms };
        let (name, person) = (events::PERSON_ERASED, person_pseudonym(TENANT, user));
        let told = events::of(now_ms, TENANT, name, "operator", person, serde_json::json!({}));
        let erase = || self.runtime.block_on(self.origin.store.erase_person(TENANT, user, order, told));
        let outcome = self.tripping(trips, erase);
        matches!(outcome, Ok(ErasureOutcome::Erased(_)))
    }

    /// What the tombstone of a conversation says that went, if there is one.
    pub(super) fn report_of(&self, conversation: &str) -> Option<ErasureReport> {
        let sql = "SELECT report FROM erasures WHERE kind = 'conversation' AND subject = ?1";
        let report = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
        let found = self.database().query_row(sql, [key(conversation).id().to_string()], report).optional();
        found.expect("the database reads").map(|found| serde_json::from_str(&found).expect("a report"))
    }

    /// Whether a conversation, if it is there, can be opened.
    pub(super) fn opens(&self, conversation: &str) -> bool {
        self.runtime.block_on(async {
            match self.origin.store.find(&key(conversation)).await.expect("the store reads") {
                lgdl_origin::store::Lookup::Found(row) => self.origin.protection.open_conversation(*row).await.is_ok(),
                _ => true,
            }
        })
    }

    /// A conversation's turns, as they lie in the store: number, record id and answer.
    pub(super) fn turns(&self, conversation: &str) -> Vec<(u64, String, String)> {
        let key = key(conversation);
        self.runtime.block_on(async {
            let Some(dump) = self.origin.store.dump(TENANT, &key.id()).await.expect("the store reads") else {
                return Vec::new();
            };
            let parts = lgdl_origin::privacy::Parts { turns: dump.turns, ..Default::default() };
            let parts = self.origin.protection.open_parts(&dump.conversation, parts).await.expect("it opens");
            let of = |turn: &lgdl_origin::store::TurnRow| {
                let facts: serde_json::Value = serde_json::from_str(&turn.metadata).unwrap_or_default();
                let manifest = facts["manifest_id"].as_str().unwrap_or_default().to_owned();
                (turn.turn_num, manifest, turn.response.clone())
            };
            parts.turns.iter().map(of).collect()
        })
    }

    /// A conversation as the store has it; `None` when it has none.
    pub(super) fn conversation(&self, conversation: &str) -> Option<StoredConversation> {
        self.runtime.block_on(async {
            match self.origin.store.find(&key(conversation)).await.expect("the store reads") {
                lgdl_origin::store::Lookup::Found(row) => {
                    let row = self.origin.protection.open_conversation(*row).await.expect("it opens");
                    let state = serde_json::from_str(&row.state).expect("a state");
                    let (version, game_version) = (row.version, row.game_version);
                    Some(StoredConversation { version, game_version, user_id: row.user_id, state, name: None })
                }
                _ => None,
            }
        })
    }
}

impl Drop for OriginHost {
    fn drop(&mut self) {
        self.runtime.block_on(self.origin.store.close());
    }
}

fn key(conversation: &str) -> ConversationKey {
    ConversationKey { tenant: TENANT.into(), game: GAME_ID.into(), external_id: conversation.into() }
}

/// Takes a mechanism of the store away, with triggers that undo its work.
fn take_away(path: &Path, mutation: Option<Mutation>) {
    let sql = match mutation {
        Some(Mutation::NoIdempotency) => {
            "CREATE TRIGGER forget AFTER INSERT ON idempotency BEGIN
                 DELETE FROM idempotency WHERE tenant = NEW.tenant AND user_id = NEW.user_id AND key = NEW.key;
             END"
        }
        Some(Mutation::NoTombstone) => {
            "CREATE TRIGGER forget AFTER INSERT ON erasures BEGIN
                 DELETE FROM erasures WHERE tenant = NEW.tenant AND kind = NEW.kind AND subject = NEW.subject;
             END"
        }
        _ => return,
    };
    let connection = rusqlite::Connection::open(path).expect("the database opens");
    connection.execute_batch(sql).expect("the trigger is made");
}

/// The headers of a signed request.
pub(super) fn signed(request: &Outbound, now_ms: i64) -> Vec<(&'static str, String)> {
    let digest = signature::body_digest(&request.body);
    let nonce = signature::body_digest(&[request.body.as_slice(), &now_ms.to_be_bytes()].concat());
    let path = request.url.strip_prefix(ORIGIN_URL).unwrap_or_default();
    let parts = Parts {
        method: request.method,
        path_and_query: path,
        tenant: TENANT,
        key_id: "edge",
        timestamp_ms: now_ms,
        nonce: &nonce,
        digest: &digest,
    };
    let signature = signature::sign(EDGE_SECRET.as_bytes(), &parts).expect("it signs");
    vec![
        (signature::TENANT_HEADER, TENANT.to_owned()),
        (signature::KEY_ID_HEADER, "edge".to_owned()),
        (signature::TIMESTAMP_HEADER, now_ms.to_string()),
        (signature::NONCE_HEADER, nonce.clone()),
        (signature::DIGEST_HEADER, digest.clone()),
        (signature::SIGNATURE_HEADER, signature),
    ]
}

fn deed(request: &Outbound, body: &[u8], answer: &Inbound) -> Option<Deed> {
    let path = request.url.strip_prefix(ORIGIN_URL)?.strip_prefix("/edge/v1/")?;
    match (request.method, path, StatusCode::from_u16(answer.status).ok()?) {
        ("POST", "turns", StatusCode::OK) => match serde_json::from_slice(&answer.body).ok()? {
            CommitAnswer::Committed { .. } => Some(Deed::Committed(serde_json::from_slice(body).ok()?)),
            CommitAnswer::Replayed { .. } => None,
        },
        ("DELETE", path, StatusCode::NO_CONTENT) => {
            let conversation = path.split('?').next()?.rsplit('/').next()?.to_owned();
            Some(Deed::Erased { conversation })
        }
        _ => None,
    }
}
