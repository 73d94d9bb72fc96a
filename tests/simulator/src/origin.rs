//! The real origin, called without a network: its router, its commit protocol and its SQLite store. A request is carried
//! out while virtual time stands still, so the threads of the store decide nothing.
//!
//! Mechanisms are taken away here from the outside, never in the origin itself: by triggers in its database and by a proxy
//! before its door.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use lgdl::meaning::Meaning;
use lgdl::wire::origin::{CommitAnswer, CommitRequest, Conflict, GamePolicy, StoredConversation};
use lgdl::wire::signature::{self, Parts};
use lgdl_edge::platform::{Inbound, Outbound};
use lgdl_origin::audit::events;
use lgdl_origin::clock::{Clock, Millis};
use lgdl_origin::config::Config;
use lgdl_origin::games::{Content, PublishRequest, publish};
use lgdl_origin::http::{Gate, Origin, edge_service};
use lgdl_origin::ids::{ErasureId, person_pseudonym};
use lgdl_origin::metrics::Metrics;
use lgdl_origin::serve::{begin_epoch, catch_up, protection};
use lgdl_origin::store::sqlite::SqliteStore;
use lgdl_origin::store::{ConversationKey, ErasureOrder, ErasureOutcome, ErasureReport, Store};
use lgdl_origin::tombstones;
use rusqlite::OptionalExtension as _;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;

use crate::Mutation;
use crate::game::{CONTRACT, GAME, GAME_ID};
use crate::plan::{Plan, Trip};
use crate::random::Shared;

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
            clock: clock.clone(),
            random,
            metrics: Arc::new(Metrics::default()),
            traces: None,
            tls: None,
        };
        let router = edge_service(origin.clone());
        OriginHost { runtime, origin, clock, router, mutation, folder }
    }

    /// Starts again with what is durable: nonces, keys in memory and counts are gone.
    pub(super) fn restart(&mut self) {
        let Origin { config, store, clock, random, .. } = &self.origin.clone();
        self.origin.protection = protection(config, store, Arc::clone(clock), Arc::clone(random));
        self.origin.gate = Arc::new(Gate::new(config));
        self.router = edge_service(self.origin.clone());
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
        ["conversations", "turns", "slots", "extracted_context", "idempotency", "claims"].map(of).to_vec()
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
    pub(super) fn answer(&self, request: &Outbound, trips: &[Trip], now_ms: i64) -> (Inbound, Option<Deed>) {
        self.clock.0.store(now_ms, Ordering::SeqCst);
        self.tripping(trips, || self.carry_out(request, now_ms))
    }

    fn carry_out(&self, request: &Outbound, now_ms: i64) -> (Inbound, Option<Deed>) {
        let (body, answer) = match self.mutation {
            Some(Mutation::NoCompareAndSwap) => self.overriding(request, now_ms),
            _ => (request.body.clone(), self.passed(request)),
        };
        let deed = deed(request, &body, &answer);
        (answer, deed)
    }

    fn passed(&self, request: &Outbound) -> Inbound {
        let path = request.url.strip_prefix(ORIGIN_URL).expect("calls go to the origin");
        let mut built = Request::builder().method(request.method).uri(path);
        for (name, value) in &request.headers {
            built = built.header(*name, value);
        }
        let request = built.body(Body::from(request.body.clone())).expect("a request");
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request).await.expect("the router always answers");
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.expect("a whole body").to_bytes().to_vec();
            Inbound { status, body }
        })
    }

    /// The origin without its compare-and-swap: whatever version a turn was run on, it is made to fit.
    fn overriding(&self, request: &Outbound, now_ms: i64) -> (Vec<u8>, Inbound) {
        let mut request = request.clone();
        let mut answer = self.passed(&request);
        for _ in 0..MAX_OVERRIDES {
            let conflict = serde_json::from_slice::<Conflict>(&answer.body).ok();
            let turn = serde_json::from_slice::<CommitRequest>(&request.body).ok();
            let (409, Some(conflict), Some(mut turn)) = (answer.status, conflict, turn) else { break };
            turn.expected_version = conflict.current.map_or(0, |current| current.version);
            turn.base = None;
            turn.record.turn = turn.expected_version + 1;
            request.body = serde_json::to_vec(&turn).expect("a body");
            request.headers = signed(&request, now_ms);
            answer = self.passed(&request);
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
