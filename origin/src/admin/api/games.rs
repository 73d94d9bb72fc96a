//! Games: list, publish, activate, pin, roll back.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use lgdl::compiled::CompiledGame;
use lgdl::diagnostics::Diagnostic;
use lgdl::ids::Id;
use lgdl::syntax;
use lgdl::texts::FILE_FOLDER;
use lgdl::wire::origin::GamePolicy;
use serde::Deserialize;
use serde_json::{Value, json};

use super::administrators::sentence;
use super::learning::LOOKED_THROUGH_WITHIN;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, InQuery, MAX_REASON_CHARS, MIN_REASON_CHARS, check_reason};
use crate::admin::permissions::Permission;
use crate::admin::schema::{any_object, flag, list, name, object, one_of, or_null, text, time, whole};
use crate::archives::ArchivedTurns;
use crate::audit::events;
use crate::clock::TIMES;
use crate::computing::compute;
use crate::games::{Content, Goldens, MAX_SOURCE_BYTES, PublishError, PublishRequest, UnderWay, publish};
use crate::http::{Origin, Problem};
use crate::learning::unmatched;
use crate::records::check_id;
use crate::replay::{Wanted, talks};
use crate::report::{DAY_MS, Report, check_span, report};
use crate::store::{Activation, GameVersionRow, StoreError};
use crate::withdrawals::{self, WithdrawError, Withdrawal};

/// Days of a report when nothing is said.
const DEFAULT_REPORT_DAYS: i64 = 30;
/// Time for a publication: it may wait until others are compiled.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(120);
/// When whoever finds too many publications under way should come again, seconds.
const PUBLISH_AGAIN_S: u32 = 15;
/// A source may grow when it is written as JSON.
const MAX_PUBLISH_BYTES: usize = 2 * MAX_SOURCE_BYTES;

/// A version's withdrawal.
const WITHDRAWN: &str = "/admin/v1/games/{game}/versions/{version}/withdrawal";

pub(super) fn endpoints() -> Vec<Endpoint> {
    use Permission::{ChangeGames, Look, ReadText};
    let game =
        object([("id", text()), ("name", text()), ("version", text()), ("pinned", flag()), ("policy", any_object())]);
    let publication = object([
        ("source", text()),
        ("?contract", or_null(text())),
        ("?goldens", or_null(text())),
        ("?mocks", or_null(text())),
        // What the source imports and its translations, by their paths from it: `parts.lgdl`, `texts/es.yaml`.
        ("?files", json!({"type": "object", "additionalProperties": text()})),
        ("?policy", object([("?consent_required", flag()), ("?retention_days", or_null(json!({"type": "integer"})))])),
    ]);
    let published = object([
        ("version", text()),
        ("outcome", one_of(&["activated", "stored", "unchanged"])),
        ("warnings", list(any_object())),
    ]);
    let active = || object([("version", name(Id::Stored.max_bytes()))]);
    vec![
        Endpoint::new(Method::GET, "/admin/v1/games", Look, "The games and their active versions", list_all)
            .answers(200, object([("games", list(game))])),
        Endpoint::new(
            Method::GET,
            "/admin/v1/games/{game}/versions",
            Look,
            "The versions of a game, newest first",
            versions,
        )
        .answers(200, object([("versions", list(version_schema()))])),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/versions",
            ChangeGames,
            "Compile and publish a version",
            publish_version,
        )
        .takes(publication)
        .takes_at_most(MAX_PUBLISH_BYTES)
        .may_take(PUBLISHED_WITHIN)
        .answers(201, published),
        Endpoint::new(
            Method::GET,
            "/admin/v1/games/{game}/report",
            Look,
            "What came of a game's conversations, without what anybody said",
            report_on,
        )
        .asks("since_ms", time(), "from the day of this time on; 30 days back when nothing is said")
        .asks("until_ms", time(), "up to the day of this time; today when nothing is said")
        .answers(200, any_object()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/unmatched",
            ReadText,
            "What nothing was understood in, grouped by likeness, personal data replaced; for a reason that is kept in the audit log",
            not_understood,
        )
        .takes(object([
            ("reason", json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS})),
            ("?since_ms", time()),
        ]))
        .may_take(LOOKED_THROUGH_WITHIN)
        .answers(200, object([("unmatched", list(any_object())), ("conversations", whole()), ("all", whole())])),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/games/{game}/active",
            ChangeGames,
            "Make a published version the active one",
            activate,
        )
        .takes(active())
        .answers(200, active()),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/rollback",
            ChangeGames,
            "Go back to the version that was active before",
            roll_back,
        )
        .answers(200, active()),
        Endpoint::new(
            Method::POST,
            WITHDRAWN,
            ChangeGames,
            "Withdraw a version: no conversation begins in it, and those in it begin anew at their next turn",
            withdraw,
        )
        .takes(object([("reason", json!({"type": "string", "minLength": 1, "maxLength": withdrawals::MAX_REASON_CHARS}))]))
        .answers(200, active()),
        Endpoint::new(Method::DELETE, WITHDRAWN, ChangeGames, "Take a withdrawal back", undo_withdrawal)
            .answers_nothing(),
        Endpoint::new(
            Method::PUT,
            "/admin/v1/games/{game}/pin",
            ChangeGames,
            "Pin a game to its active version, or let it go",
            pin,
        )
        .takes(object([("pinned", flag())]))
        .answers(200, object([("pinned", flag())])),
    ]
}

fn version_schema() -> Value {
    object([
        ("version", text()),
        ("name", text()),
        ("file_hash", text()),
        ("policy", any_object()),
        ("published_at_ms", time()),
        ("published_by", text()),
        ("withdrawn", or_null(object([("reason", text()), ("since_ms", time()), ("by", text())]))),
    ])
}

fn version_shown(row: &GameVersionRow, withdrawn: &[Withdrawal]) -> Result<Value, StoreError> {
    let withdrawn = withdrawn.iter().find(|one| one.version == row.version);
    Ok(json!({
        "version": row.version,
        "name": row.name,
        "file_hash": row.file_hash,
        "policy": policy(row)?,
        "published_at_ms": row.published_at,
        "published_by": row.published_by,
        "withdrawn": withdrawn.map(|one| json!({"reason": one.reason, "since_ms": one.since_ms, "by": one.by})),
    }))
}

fn policy(row: &GameVersionRow) -> Result<Value, StoreError> {
    serde_json::from_str(&row.policy).map_err(|error| StoreError::Damaged(format!("game_versions.policy: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    source: String,
    #[serde(default)]
    contract: Option<String>,
    /// Golden dialogues (YAML) that it must hold.
    #[serde(default)]
    goldens: Option<String>,
    /// What services answer in them (YAML).
    #[serde(default)]
    mocks: Option<String>,
    /// What the source imports and its translations, by their paths from it.
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    policy: Policy,
}

/// As `GamePolicy`, taking nothing that it does not know.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Policy {
    consent_required: bool,
    retention_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Active {
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pin {
    pinned: bool,
}

async fn list_all(State(origin): State<Origin>, caller: Caller) -> Result<Json<Value>, Problem> {
    let games = origin.store.games(&caller.tenant).await?;
    let shown = games.iter().map(|row| {
        let active = &row.active;
        let policy = policy(active)?;
        Ok(json!({"id": row.game, "name": active.name, "version": active.version, "pinned": row.pinned, "policy": policy}))
    });
    Ok(Json(json!({"games": shown.collect::<Result<Vec<_>, StoreError>>()?})))
}

async fn versions(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    let rows = origin.store.game_versions(&caller.tenant, &game).await?;
    if rows.is_empty() {
        return Err(unknown_game());
    }
    let withdrawn = withdrawals::of_game(&*origin.store, &caller.tenant, &game).await?;
    let shown = rows.iter().map(|row| version_shown(row, &withdrawn)).collect::<Result<Vec<_>, StoreError>>()?;
    Ok(Json(json!({"versions": shown})))
}

/// A place among the publications that are under way.
struct Place {
    _under_way: UnderWay,
}

impl FromRequestParts<Origin> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, origin: &Origin) -> Result<Place, Problem> {
        let caller = Caller::from_request_parts(parts, origin).await?;
        let under_way = origin.gate.publishing.begin(&caller.tenant).ok_or_else(|| {
            let detail =
                "As many games are being published as this origin compiles in its turn; nothing was published.";
            Problem::too_many(detail).retry_after(PUBLISH_AGAIN_S)
        })?;
        Ok(Place { _under_way: under_way })
    }
}

async fn publish_version(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    // Before the body is read: what is refused takes no memory.
    _place: Place,
    Body(new): Body<New>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Policy { consent_required, retention_days } = new.policy;
    let dialogs: Vec<&[u8]> = new.goldens.iter().map(String::as_bytes).collect();
    let source = bundled(new.source, &new.files);
    let request = PublishRequest {
        tenant: &caller.tenant,
        game: &game,
        content: Content::Source { source: &source, contract: new.contract.as_deref() },
        meaning: origin.config.meaning,
        goldens: Some(Goldens { dialogs: &dialogs, mocks: new.mocks.as_deref().map(str::as_bytes) }),
        policy: GamePolicy { consent_required, retention_days },
        actor: caller.administrator.id.as_str(),
        now_ms: origin.clock.now_ms(),
    };
    let published = publish(&*origin.store, request).await.map_err(not_published)?;
    let answer = json!({
        "version": published.version,
        "outcome": published.outcome.name(),
        "warnings": findings(&published.warnings),
    });
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The source with the files that came with it in one text, as it is kept.
fn bundled(source: String, files: &BTreeMap<String, String>) -> Vec<u8> {
    if files.is_empty() {
        return source.into_bytes();
    }
    let import = |name: &str| {
        let found = files.get(name).map(|text| text.clone().into_bytes());
        found.ok_or_else(|| format!("there is no {name} among `files`"))
    };
    let beside = files.iter().filter(|(path, _)| path.split('/').next() == Some(FILE_FOLDER));
    let translations: Vec<(String, String)> = beside.map(|(path, text)| (path.clone(), text.clone())).collect();
    syntax::bundle(source.as_bytes(), &import, &translations)
}

fn not_published(error: PublishError) -> Problem {
    match error {
        PublishError::Id(malformed) => malformed.into(),
        PublishError::Store(error) => error.into(),
        PublishError::TooLarge(bytes) => {
            Problem::too_large(format!("The source has {bytes} bytes; the limit is {MAX_SOURCE_BYTES}."))
        }
        PublishError::Source(diagnostics) => {
            Problem::unacceptable("The game does not compile.").with("diagnostics", findings(&diagnostics))
        }
        PublishError::GoldenFile(error) => {
            Problem::unacceptable(format!("The golden dialogues can't be used: {error}."))
        }
        PublishError::Goldens(failed) => {
            Problem::unacceptable("The game does not hold its golden dialogues, so it is not published.")
                .with("failed_turns", serde_json::to_value(&failed).unwrap_or_default())
        }
        // Only files of the origin's own are read by path.
        PublishError::File(_) => Problem::internal("A file could not be read."),
        PublishError::Withdrawn(_) => Problem::unacceptable("This very version was withdrawn."),
        PublishError::NoGame => Problem::unacceptable("The file holds no game."),
        PublishError::Compiled(_) => Problem::unacceptable("The game is larger than what can be compiled."),
    }
}

fn findings(diagnostics: &[Diagnostic]) -> Value {
    serde_json::to_value(diagnostics).unwrap_or_default()
}

/// The span of time of a report.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    #[serde(default)]
    since_ms: Option<i64>,
    #[serde(default)]
    until_ms: Option<i64>,
}

async fn report_on(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    InQuery(span): InQuery<Span>,
) -> Result<Json<Report>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    let now_ms = origin.clock.now_ms();
    let until = span.until_ms.unwrap_or(now_ms);
    let since = span.since_ms.unwrap_or_else(|| until.saturating_sub(DEFAULT_REPORT_DAYS * DAY_MS));
    check_span(since, until)?;
    if !origin.store.games(&caller.tenant).await?.iter().any(|row| row.game == game) {
        return Err(unknown_game());
    }
    Ok(Json(report(&*origin.store, &caller.tenant, &game, (since, until), now_ms).await?))
}

/// Why and since when what was not understood is looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Looked {
    reason: String,
    #[serde(default)]
    since_ms: Option<i64>,
}

async fn not_understood(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    Body(Looked { reason, since_ms }): Body<Looked>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    check_reason(&reason)?;
    let since = since_ms.unwrap_or_else(|| origin.clock.now_ms().saturating_sub(DEFAULT_REPORT_DAYS * DAY_MS));
    if !TIMES.contains(&since) {
        return Err(Problem::malformed("`since_ms` is no time that anything is stored of."));
    }
    let games = origin.store.games(&caller.tenant).await?;
    let row = games.into_iter().find(|row| row.game == game).ok_or_else(unknown_game)?;
    // Told before anything is shown.
    caller.tell(&origin, events::UNMATCHED_SHOWN, game.as_str(), json!({"reason": reason.trim()})).await?;
    let compiled = origin.store.compiled(&caller.tenant, &row.active.version).await?.ok_or_else(unknown_game)?;
    let compiled =
        CompiledGame::load(compiled.into()).map_err(|_| Problem::internal("The active version can't be read."))?;
    let archived = ArchivedTurns::read_in(&origin.settings());
    let wanted = Wanted { since: Some(since), archived, ..Wanted::default() };
    let talks = talks(&*origin.store, &*origin.protection, &caller.tenant, &game, &wanted).await?;
    let (conversations, all) = (talks.talks.len(), talks.all);
    let unmatched = compute(move || unmatched(&compiled, &talks.talks)).await?;
    Ok(Json(json!({"unmatched": unmatched, "conversations": conversations, "all": all})))
}

async fn activate(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    Body(Active { version }): Body<Active>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    check_id(Id::Stored, "version", &version)?;
    withdrawals::check(&*origin.store, &caller.tenant, &game, &version).await.map_err(refused)?;
    let told = caller.event(&origin, events::GAME_ACTIVATED, game.as_str(), json!({"version": version}));
    let actor = caller.administrator.id.to_string();
    let activation = Activation { version: version.clone(), at: origin.clock.now_ms(), actor };
    if !origin.store.activate(&caller.tenant, &game, activation, told).await? {
        return Err(Problem::not_found("This game has no such version."));
    }
    Ok(Json(json!({"version": version})))
}

async fn roll_back(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    let told = caller.event(&origin, events::GAME_ROLLED_BACK, game.as_str(), json!({}));
    let now_ms = origin.clock.now_ms();
    let back = withdrawals::roll_back(&*origin.store, &caller.tenant, &game, now_ms, told).await?;
    let version =
        back.ok_or_else(|| Problem::not_found("There is no such game, or no version before the present one."))?;
    Ok(Json(json!({"version": version})))
}

/// Why a version is withdrawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdraw {
    reason: String,
}

async fn withdraw(
    State(origin): State<Origin>,
    caller: Caller,
    InPath((game, version)): InPath<(String, String)>,
    Body(Withdraw { reason }): Body<Withdraw>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    check_id(Id::Stored, "version", &version)?;
    let (tenant, by) = (caller.tenant.clone(), caller.administrator.id.to_string());
    let one = Withdrawal { tenant, game, version, reason, since_ms: origin.clock.now_ms(), by };
    let active = withdrawals::withdraw(&*origin.store, &one).await.map_err(refused)?;
    Ok(Json(json!({"version": active})))
}

async fn undo_withdrawal(
    State(origin): State<Origin>,
    caller: Caller,
    InPath((game, version)): InPath<(String, String)>,
) -> Result<StatusCode, Problem> {
    check_id(Id::Stored, "game", &game)?;
    check_id(Id::Stored, "version", &version)?;
    let (of, by) = ((caller.tenant.as_str(), game.as_str(), version.as_str()), caller.administrator.id.as_str());
    match withdrawals::undo(&*origin.store, of, by, origin.clock.now_ms()).await.map_err(refused)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("This version is not withdrawn.")),
    }
}

fn refused(error: WithdrawError) -> Problem {
    match error {
        WithdrawError::Store(error) => error.into(),
        WithdrawError::Unknown => Problem::not_found("This game has no such version."),
        WithdrawError::Refused(why) => Problem::unacceptable(sentence(&why)),
    }
}

async fn pin(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    Body(Pin { pinned }): Body<Pin>,
) -> Result<Json<Value>, Problem> {
    check_id(Id::Stored, "game", &game)?;
    let told = caller.event(&origin, events::GAME_PINNED, game.as_str(), json!({"pinned": pinned}));
    if !origin.store.set_pinned(&caller.tenant, &game, pinned, origin.clock.now_ms(), told).await? {
        return Err(unknown_game());
    }
    Ok(Json(json!({"pinned": pinned})))
}

fn unknown_game() -> Problem {
    Problem::not_found("There is no such game.")
}
