//! The edge API, `/edge/v1`. The contract is `lgdl::wire::origin`.

use axum::Router;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json};
use lgdl::ids::Id;

use lgdl::wire::node::OBSERVED;
use lgdl::wire::origin::{
    ApiKey, ClaimRequest, Consent, GameEntry, GameList, MAX_ACTING_MS, NodeCounts, NodeReport, Signature, StateName,
    TokenAnswer, TokenRequest, state_digest,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::meter::MAX_A_WINDOW;
use super::problem::Problem;
use super::reports::{take_decisions, take_reports};
use super::signed::{CheckedBody, NODE, Tenant, require_signature};
use super::traces::{take_traced, timed};
use super::{Origin, erasures};
use crate::audit::events;
use crate::blocks;
use crate::clock::Millis;
use crate::desk;
use crate::games;
use crate::ids::{ErasureId, person_pseudonym};
use crate::metrics::Operation;
use crate::nodes;
use crate::privacy::{Reader, RequestName};
use crate::records::{CommitBody, StoredBody, check_id};
use crate::sessions::{self, Place};
use crate::store::{
    ActingUntil, Claim, Commit, CommitOutcome, Composing, ConversationKey, ConversationRow, DeskPart, ErasureOrder,
    ErasureOutcome, Event, GameRow, Lookup, StoreError, anew,
};
use crate::tombstones;

pub(super) type Answer = Result<Response, Problem>;
type TwoNames = Result<Path<(String, String)>, PathRejection>;
type PersonQuery = Result<Query<Person>, QueryRejection>;

pub(super) fn routes(origin: &Origin) -> Router<Origin> {
    let conversation = get(read_conversation).delete(erase_conversation);
    Router::new()
        .route("/edge/v1/games", get(list_games))
        .route("/edge/v1/compiled/{version}", get(compiled_game))
        .route("/edge/v1/conversations/{game}/{id}", conversation)
        .route("/edge/v1/conversations/{game}/{id}/export", get(export_conversation))
        .route("/edge/v1/conversations/{game}/{id}/messages", get(read_messages))
        .route(TURNS_ROUTE, post(commit_turn))
        .route("/edge/v1/claims", post(claim_turn))
        .route("/edge/v1/keys/{hash}", get(read_key))
        .route("/edge/v1/tokens", post(check_token))
        .route("/edge/v1/consents/{game}/{user}", get(read_consent))
        .route("/edge/v1/reports", post(take_reports))
        .route("/edge/v1/decisions", post(take_decisions))
        .route(NODE, post(take_node))
        .route("/edge/v1/counts", post(take_counts))
        .route("/edge/v1/traces", post(take_traced))
        .route("/edge/v1/erasures", get(erasures::list))
        .route_layer(middleware::from_fn_with_state(origin.clone(), require_signature))
}

/// Where turns are committed.
pub(crate) const TURNS_ROUTE: &str = "/edge/v1/turns";

/// Games that a node names, at most.
const MAX_GAMES_NAMED: usize = 1_000;

/// How often a commit is sealed anew because its person was erased, and came back, in between.
const MAX_SEALS: usize = 3;

/// `CommitAnswer` with the stored response left as it lies.
#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
enum AnswerBody {
    Committed {
        version: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        epoch: Option<String>,
    },
    Replayed {
        response: Box<RawValue>,
    },
}

#[derive(Deserialize)]
struct Person {
    user: String,
    /// When the turn was said that the conversation is read for, where it waited.
    #[serde(default)]
    said_ms: Option<Millis>,
}

#[derive(Deserialize)]
struct MessagesWanted {
    user: String,
    #[serde(default)]
    after: u64,
    typing: Option<bool>,
}

async fn commit_turn(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    Extension(body): Extension<CheckedBody>,
) -> Answer {
    let request: CommitBody = json(&body)?;
    let done = commit(&origin, &tenant, request, Beside::default()).await?;
    settled_answer(&origin, &tenant, &done.user_id, (&done.asked, &done.kept), (done.said_ms, done.outcome)).await
}

/// What came of a commit or a claim, and what its request is called.
pub(crate) struct Done {
    pub(crate) outcome: CommitOutcome,
    user_id: String,
    /// As the client named it.
    asked: RequestName,
    /// As it is kept.
    kept: RequestName,
    /// When it was said.
    said_ms: Millis,
}

/// What goes into a turn's transaction besides.
#[derive(Default)]
pub(crate) struct Beside {
    /// What is told.
    pub(crate) told: Vec<Event>,
    /// What the desk does.
    pub(crate) desk: Option<DeskPart>,
}

/// Commits a turn, and with it what goes beside it. Timed as a whole: what reads and seals before it fails with the store as well.
pub(crate) async fn commit(
    origin: &Origin,
    tenant: &str,
    request: CommitBody,
    beside: Beside,
) -> Result<Done, Problem> {
    timed(origin, Operation::Commit, commit_untimed(origin, tenant, request, beside)).await
}

async fn commit_untimed(origin: &Origin, tenant: &str, request: CommitBody, beside: Beside) -> Result<Done, Problem> {
    let facts = request.facts();
    let base = request.base().cloned();
    let begins = request.begins()?;
    let now_ms = origin.clock.now_ms();
    let waited_since = request.waited_since().map(|said| said.min(now_ms));
    let mut commit = request.into_commit(tenant, now_ms)?;
    commit.events.extend(beside.told);
    commit.desk = beside.desk;
    let digest = state_digest(commit.state.as_bytes());
    let user_id = commit.user_id.clone();
    let asked = RequestName { key: commit.idempotency_key.clone(), fingerprint: commit.fingerprint.clone() };
    let mut kept = asked.clone();
    let mut outcome = CommitOutcome::DataKeyGone;
    let mut place: Option<Place> = None;
    let is_withdrawn = origin.gate.withdrawn.has(tenant, &commit.key.game, &commit.game_version);
    let refuses_beginnings = is_withdrawn && commit.expected_version == 0 && waited_since.is_none();
    for _ in 0..MAX_SEALS {
        kept = origin.protection.kept_request(tenant, &user_id, asked.clone()).await?;
        // What holds its place may have acted: it is kept, and ends at once.
        if refuses_beginnings && !origin.store.is_known(&commit.key, &user_id, &kept.key).await? {
            // Nothing is there of it: the node sees that its games are not the ones of now.
            outcome = CommitOutcome::Conflict { current: None, claimed_for_ms: None };
            break;
        }
        // What waited was acknowledged: it is not refused.
        if begins && waited_since.is_none() && place.is_none() {
            place = sessions::admit(origin, &commit.key, &user_id, &kept.key).await?;
        }
        let RequestName { key: idempotency_key, fingerprint } = kept.clone();
        let mut bases = bases(origin, tenant, &user_id, commit.expected_version, base.as_ref()).await?;
        if let (Some(said_ms), Some(base), false) = (waited_since, &base, bases.is_empty())
            && let Lookup::Found(row) = origin.store.find(&commit.key).await?
        {
            bases.extend(sessions::still_its_own(origin, *row, base, said_ms).await?);
        }
        let marks = origin.protection.state_marks(tenant, &user_id, &digest).await?;
        let state_name = marks.first().map(|mark| state_name(commit.expected_version + 1, mark));
        let sealed = origin
            .protection
            .seal(Commit { bases, state_name, idempotency_key, fingerprint, ..commit.clone() })
            .await?;
        outcome = origin.store.commit(sealed).await?;
        if outcome != CommitOutcome::DataKeyGone {
            break;
        }
        origin.protection.forget(tenant, &user_id);
    }
    if let (Some(place), CommitOutcome::Committed { .. }) = (place, &outcome) {
        place.begun();
    }
    if let (true, CommitOutcome::Committed { version }) = (is_withdrawn, &outcome)
        && let Err(error) = sessions::end(origin, (tenant, &commit.key.game), &commit.key.id(), *version).await
    {
        // The next turn's commit finds it out again.
        tracing::warn!(%error, "a conversation on a withdrawn version goes on");
    }
    origin.metrics.commit(&outcome);
    if let (CommitOutcome::Committed { .. }, Some(facts)) = (&outcome, &facts) {
        origin.metrics.turn(&commit.key.game, &commit.key.id(), facts, origin.clock.now_ms());
    }
    Ok(Done { outcome, user_id, asked, kept, said_ms: waited_since.unwrap_or(now_ms) })
}

async fn claim_turn(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    Extension(body): Extension<CheckedBody>,
) -> Answer {
    let request: ClaimRequest = json(&body)?;
    let done = claim(&origin, &tenant, request).await?;
    settled_answer(&origin, &tenant, &done.user_id, (&done.asked, &done.kept), (done.said_ms, done.outcome)).await
}

/// Holds the place of a turn that is going to act.
pub(crate) async fn claim(origin: &Origin, tenant: &str, request: ClaimRequest) -> Result<Done, Problem> {
    for (kind, field, id) in [
        (Id::Game, "game", &request.game),
        (Id::Conversation, "conversation_id", &request.conversation_id),
        (Id::User, "user_id", &request.user_id),
        (Id::IdempotencyKey, "idempotency_key", &request.idempotency_key),
        (Id::Stored, "fingerprint", &request.fingerprint),
    ] {
        check_id(kind, field, id)?;
    }
    if let Some(acting) = &request.acting {
        check_id(Id::Stored, "try", &acting.attempt)?;
    }
    let bases = bases(origin, tenant, &request.user_id, request.expected_version, request.base.as_ref()).await?;
    let asked = RequestName { key: request.idempotency_key, fingerprint: request.fingerprint };
    let kept = origin.protection.kept_request(tenant, &request.user_id, asked.clone()).await?;
    let key = ConversationKey { tenant: tenant.to_owned(), game: request.game, external_id: request.conversation_id };
    let begins =
        request.expected_version == 0 || sessions::begins_anew(request.expected_version, request.base.as_ref())?;
    if begins {
        // Whether there is room; its commit takes the place.
        drop(sessions::admit(origin, &key, &request.user_id, &kept.key).await?);
    }
    let now_ms = origin.clock.now_ms();
    let lease = Millis::try_from(origin.settings().claim_lease.as_millis()).unwrap_or(Millis::MAX);
    let acting = request.acting.map(|acting| ActingUntil {
        attempt: acting.attempt,
        until: now_ms.saturating_add_unsigned(acting.for_ms.min(MAX_ACTING_MS)),
    });
    // Nobody else takes the place while somebody may act for it.
    let lease = acting.as_ref().map_or(lease, |acting| lease.max(acting.until - now_ms));
    let claim = Claim {
        bases,
        key,
        user_id: request.user_id.clone(),
        expected_version: request.expected_version,
        idempotency_key: kept.key.clone(),
        fingerprint: kept.fingerprint.clone(),
        now_ms,
        lease_ms: lease.unsigned_abs(),
        acting,
    };
    let outcome = timed(origin, Operation::Claim, origin.store.claim(claim)).await?;
    Ok(Done { outcome, user_id: request.user_id, asked, kept, said_ms: now_ms })
}

/// The answer, also where the request was answered before its name was kept under a key: then the version has moved on, and the answer
/// lies under the name that the client gave. Such rows go with their time, or their conversation.
async fn settled_answer(
    origin: &Origin,
    tenant: &str,
    user_id: &str,
    (asked, kept): (&RequestName, &RequestName),
    (said_ms, outcome): (Millis, CommitOutcome),
) -> Answer {
    if asked != kept
        && matches!(outcome, CommitOutcome::Conflict { .. })
        && let Some((fingerprint, answer)) = origin.store.find_answer(tenant, user_id, &asked.key).await?
    {
        let same = fingerprint == asked.fingerprint;
        let outcome = if same { CommitOutcome::Replayed { answer } } else { CommitOutcome::KeyReused };
        return outcome_answer(origin, tenant, user_id, &asked.key, (said_ms, outcome)).await;
    }
    outcome_answer(origin, tenant, user_id, &kept.key, (said_ms, outcome)).await
}

/// How a state is named beside it.
fn state_name(version: u64, mark: &str) -> String {
    format!("{version}:{mark}")
}

/// A name that no state has.
const NO_STATE: &str = "none";

/// The names that the state may have which a turn was run on.
async fn bases(
    origin: &Origin,
    tenant: &str,
    user_id: &str,
    version: u64,
    base: Option<&StateName>,
) -> Result<Vec<String>, Problem> {
    let Some(base) = base else { return Ok(Vec::new()) };
    let epoch = origin.gate.epoch(&*origin.store, &*origin.random).await?;
    if base.epoch.as_ref().is_some_and(|known| *known != epoch) {
        // Of a life of this store that is over: whatever is here now, the edge has to look at it.
        return Ok(vec![NO_STATE.to_owned()]);
    }
    let marks = origin.protection.state_marks(tenant, user_id, &base.digest).await?;
    let mut names: Vec<String> = marks.iter().map(|mark| state_name(version, mark)).collect();
    if sessions::begins_anew(version, Some(base))? {
        names.push(anew(version));
    }
    Ok(names)
}

async fn epoch(origin: &Origin) -> Result<Option<String>, Problem> {
    Ok(Some(origin.gate.epoch(&*origin.store, &*origin.random).await?))
}

async fn outcome_answer(
    origin: &Origin,
    tenant: &str,
    user_id: &str,
    key: &str,
    (said_ms, outcome): (Millis, CommitOutcome),
) -> Answer {
    match outcome {
        CommitOutcome::Committed { version } => {
            Ok(Json(AnswerBody::Committed { version, epoch: epoch(origin).await? }).into_response())
        }
        CommitOutcome::Replayed { answer } => {
            let answer = origin.protection.open_answer(tenant, user_id, key, answer).await?;
            let response =
                RawValue::from_string(answer).map_err(|_| StoreError::Damaged("a stored answer is no JSON".into()))?;
            Ok(Json(AnswerBody::Replayed { response }).into_response())
        }
        CommitOutcome::Conflict { current, claimed_for_ms } => {
            Err(conflict(origin, current.map(|row| *row), claimed_for_ms, said_ms).await?)
        }
        CommitOutcome::KeyReused => {
            Err(Problem::key_reused("A new request needs a new key; a retry must repeat the request unchanged."))
        }
        CommitOutcome::NotTheirs => Err(unknown_conversation()),
        CommitOutcome::Erased => Err(erased_conversation()),
        CommitOutcome::DataKeyGone => {
            Err(Problem::unavailable("This person's key was destroyed meanwhile; try again.").retry_after(1))
        }
        CommitOutcome::AgentFull { .. } => Err(Problem::internal("A turn of a person's took an agent's place.")),
    }
}

/// A problem document that also is a `lgdl::wire::origin::Conflict`.
async fn conflict(
    origin: &Origin,
    current: Option<ConversationRow>,
    claimed_for_ms: Option<u64>,
    said_ms: Millis,
) -> Result<Problem, Problem> {
    let detail = match claimed_for_ms {
        Some(_) => "Another turn holds this place; wait for it, then run the turn on what it leaves.",
        None => "The turn was run on another version; run it again on `current`.",
    };
    let current = match current {
        Some(row) => {
            let row = sessions::found_by(origin, origin.protection.open_conversation(row).await?, said_ms).await?;
            let stored = stored_body(row, epoch(origin).await?)?;
            serde_json::to_value(stored).map_err(|_| StoreError::Damaged("a state is no JSON".into()))?
        }
        None => serde_json::Value::Null,
    };
    let problem = Problem::conflict(detail).with("current", current);
    Ok(match claimed_for_ms {
        Some(left) => problem.with("claimed_for_ms", left.into()),
        None => problem,
    })
}

async fn find(origin: &Origin, key: &ConversationKey, user: &str) -> Result<ConversationRow, Problem> {
    match timed(origin, Operation::Read, origin.store.find(key)).await? {
        Lookup::Found(row) if row.user_id == user => Ok(origin.protection.open_conversation(*row).await?),
        Lookup::Found(_) | Lookup::Unknown => Err(unknown_conversation()),
        Lookup::Erased => Err(erased_conversation()),
    }
}

async fn read_conversation(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: TwoNames,
    query: PersonQuery,
) -> Answer {
    let now_ms = origin.clock.now_ms();
    let said_ms = query.as_ref().ok().and_then(|Query(person)| person.said_ms).map_or(now_ms, |said| said.min(now_ms));
    let (key, user) = conversation_and_person(tenant, path, query)?;
    let row = sessions::found_by(&origin, find(&origin, &key, &user).await?, said_ms).await?;
    Ok(Json(stored_body(row, epoch(&origin).await?)?).into_response())
}

async fn export_conversation(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: TwoNames,
    query: PersonQuery,
) -> Answer {
    let (key, user) = conversation_and_person(tenant, path, query)?;
    meter(&origin, &key, &user)?;
    let row = find(&origin, &key, &user).await?;
    let now_ms = origin.clock.now_ms();
    let document = origin.archive().export_conversation(Reader::Owner, &row.tenant, &row.id, now_ms).await?;
    let document = document.ok_or_else(unknown_conversation)?;
    // The same export again says nothing new, and the log is kept for ever.
    let what = format!("{}/{}", row.id, row.version);
    if origin.gate.is_news(&what, now_ms) {
        let event = person_event(&origin, &row.tenant, &user, events::CONVERSATION_EXPORTED, row.id.as_str());
        origin.store.enqueue(vec![event]).await?;
        origin.gate.was_told(what, now_ms);
    }
    Ok(Json(document).into_response())
}

async fn erase_conversation(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: TwoNames,
    query: PersonQuery,
) -> Answer {
    let (key, user) = conversation_and_person(tenant, path, query)?;
    meter(&origin, &key, &user)?;
    let now_ms = origin.clock.now_ms();
    let order = ErasureOrder {
        id: ErasureId::mint(now_ms, &*origin.random),
        requested_by: origin.store.audit_name(&person_pseudonym(&key.tenant, &user)),
        now_ms,
    };
    let told = person_event(&origin, &key.tenant, &user, events::CONVERSATION_DELETED, key.id().as_str());
    match origin.store.erase_conversation(&key, &user, order, told).await? {
        ErasureOutcome::Erased(_) => {
            tombstones::written(&origin).await?;
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        ErasureOutcome::Held => Err(Problem::held("What this person has here must be kept for now.")),
        ErasureOutcome::Unknown => {
            // Gone may mean erased a moment ago.
            tombstones::written(&origin).await?;
            Err(unknown_conversation())
        }
    }
}

/// What was said after a turn, for the person whose conversation it is.
async fn read_messages(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: TwoNames,
    query: Result<Query<MessagesWanted>, QueryRejection>,
) -> Answer {
    let Path((game, external_id)) = path.map_err(|_| malformed_path())?;
    let Query(MessagesWanted { user, after, typing }) =
        query.map_err(|_| Problem::malformed("`?user=` must name the person, and `after` a turn."))?;
    check_id(Id::Stored, "user", &user)?;
    let row = find(&origin, &ConversationKey { tenant, game, external_id }, &user).await?;
    let composing = typing.map(|typing| if typing { Composing::Yes } else { Composing::No });
    Ok(Json(desk::messages(&origin, row, after, composing).await?).into_response())
}

/// Counts an export or a deletion of a person.
fn meter(origin: &Origin, key: &ConversationKey, user: &str) -> Result<(), Problem> {
    let counted = origin.gate.meter.count(person_pseudonym(&key.tenant, user), MAX_A_WINDOW, origin.clock.now_ms());
    counted.map_err(|seconds| Problem::too_many("Too many exports and deletions; wait.").retry_after(seconds))
}

fn person_event(origin: &Origin, tenant: &str, user: &str, event: &str, subject: &str) -> Event {
    Event {
        at: origin.clock.now_ms(),
        tenant: tenant.to_owned(),
        event: event.to_owned(),
        actor: person_pseudonym(tenant, user),
        subject: subject.to_owned(),
        detail: serde_json::json!({}),
    }
}

async fn list_games(State(origin): State<Origin>, Extension(Tenant(tenant)): Extension<Tenant>) -> Answer {
    let games = origin.store.games(&tenant).await?.into_iter().map(game_entry).collect::<Result<_, _>>()?;
    let blocked = blocks::for_nodes(&*origin.store, &tenant, origin.clock.now_ms()).await?;
    Ok(Json(GameList { games, blocked }).into_response())
}

fn game_entry(row: GameRow) -> Result<GameEntry, StoreError> {
    let policy = games::policy(&row.active)?;
    let GameRow { game, active, .. } = row;
    Ok(GameEntry { id: game, name: active.name, version: active.version, file_hash: active.file_hash, policy })
}

async fn compiled_game(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Answer {
    let Path(version) = path.map_err(|_| malformed_path())?;
    let bytes = origin.store.compiled(&tenant, &version).await?;
    let bytes = bytes.ok_or_else(|| Problem::not_found("There is no such version."))?;
    let etag = format!("\"{version}\"");
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = asked.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag);
    let etag = HeaderValue::from_str(&etag).map_err(|_| Problem::not_found("There is no such version."))?;
    // The version is the content's hash: it never changes.
    let cached = [(header::ETAG, etag), (header::CACHE_CONTROL, HeaderValue::from_static("private, immutable"))];
    if known {
        return Ok((StatusCode::NOT_MODIFIED, cached).into_response());
    }
    Ok((cached, [(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
}

/// The edge does not know the tenant before it knows the key: whoever may speak to us may ask, and the answer names
/// the key's own tenant.
async fn read_key(State(origin): State<Origin>, path: Result<Path<String>, PathRejection>) -> Answer {
    let Path(hash) = path.map_err(|_| malformed_path())?;
    let key = origin.store.find_key(&hash).await?.ok_or_else(|| Problem::not_found("There is no such key."))?;
    let body = ApiKey {
        id: key.id.to_string(),
        tenant: key.tenant,
        scopes: key.scopes,
        expires_at_ms: key.expires_at,
        revoked: key.revoked_at.is_some(),
    };
    Ok(Json(body).into_response())
}

/// Whether a person's token is signed by its issuer. As with keys, the tenant is not known before.
async fn check_token(State(origin): State<Origin>, Extension(body): Extension<CheckedBody>) -> Answer {
    let TokenRequest { token } = json(&body)?;
    let signature = match &origin.gate.token_keys {
        Some(keys) => keys.check(&token, origin.clock.now_ms()).await,
        None => Signature::Bad,
    };
    Ok(Json(TokenAnswer { signature }).into_response())
}

/// How a node is, as it tells of itself.
async fn take_node(State(origin): State<Origin>, Extension(body): Extension<CheckedBody>) -> Answer {
    let report: NodeReport = json(&body)?;
    check_id(Id::Node, "name", &report.name)?;
    if let Some(region) = &report.region {
        check_id(Id::Node, "region", region)?;
    }
    if let Some(instance) = &report.instance {
        check_id(Id::Node, "instance", instance)?;
    }
    for (field, word) in [("version", &report.version), ("platform", &report.platform), ("breaker", &report.breaker)] {
        check_id(Id::Node, field, word)?;
    }
    if report.games.len() > MAX_GAMES_NAMED {
        return Err(Problem::malformed(format!("`games` names {MAX_GAMES_NAMED} games at most.")));
    }
    for game in &report.games {
        check_id(Id::Game, "games", game)?;
    }
    nodes::take(&*origin.store, report, origin.clock.now_ms()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What happened at a node that has no metrics of its own. Only of one that tells of itself: whoever makes up names makes no series.
async fn take_counts(State(origin): State<Origin>, Extension(body): Extension<CheckedBody>) -> Answer {
    let told: NodeCounts = json(&body)?;
    check_id(Id::Node, "name", &told.name)?;
    if origin.store.find_node(&told.name).await?.is_none() {
        return Err(Problem::not_found("No such node has told of itself."));
    }
    for (event, _) in OBSERVED {
        if let Some(count) = told.counts.get(event).filter(|count| **count > 0) {
            origin.metrics.happened_at_a_node(&told.name, event, *count);
        }
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn read_consent(
    State(origin): State<Origin>,
    Extension(Tenant(tenant)): Extension<Tenant>,
    path: TwoNames,
) -> Answer {
    let Path((game, user)) = path.map_err(|_| malformed_path())?;
    let history = origin.store.consents(&tenant, &user, Some(&game)).await?;
    let last = history.last();
    let details = last.map_or(serde_json::Value::Null, |consent| serde_json::json!({"at_ms": consent.at}));
    Ok(Json(Consent { given: last.is_some_and(|consent| consent.given), details }).into_response())
}

fn conversation_and_person(
    tenant: String,
    path: TwoNames,
    query: PersonQuery,
) -> Result<(ConversationKey, String), Problem> {
    let Path((game, external_id)) = path.map_err(|_| malformed_path())?;
    let Query(Person { user, .. }) = query.map_err(|_| Problem::malformed("`?user=` must name the person."))?;
    check_id(Id::Stored, "user", &user)?;
    Ok((ConversationKey { tenant, game, external_id }, user))
}

fn malformed_path() -> Problem {
    Problem::malformed("The path is not valid UTF-8.")
}

fn stored_body(row: ConversationRow, epoch: Option<String>) -> Result<StoredBody, StoreError> {
    StoredBody::of(row, epoch).ok_or_else(|| StoreError::Damaged("conversations.state is no JSON".into()))
}

fn unknown_conversation() -> Problem {
    Problem::not_found("There is no such conversation of this person.")
}

fn erased_conversation() -> Problem {
    Problem::erased("This conversation was erased; drop every copy of it.")
}

/// Reads a JSON body. The message says where it went wrong and quotes nothing.
pub(super) fn json<T: for<'a> Deserialize<'a>>(body: &CheckedBody) -> Result<T, Problem> {
    serde_json::from_slice(&body.0).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Syntax => "is no JSON",
            serde_json::error::Category::Eof => "ends too early",
            _ => "has a field that is missing or of the wrong type",
        };
        Problem::malformed(format!("The body {what}, at line {} column {}.", error.line(), error.column()))
    })
}
