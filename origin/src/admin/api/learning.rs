//! Learning: what stored conversations propose, what a proposal would change, and what is decided.
//!
//! Proposals show what persons said, so that all of it is for those who may read text, with a reason. A draft is only an
//! answer: publishing it is for those who may change games.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::Method;
use lgdl::compiled::CompiledGame;
use lgdl::golden::GoldenFile;
use lgdl::ids::Id;
use lgdl::meaning::Meaning;
use lgdl::mocks::Mocks;
use lgdl::{syntax, texts};
use serde::Deserialize;
use serde_json::{Value, json};

use super::conversations::Reason;
use crate::admin::endpoint::Endpoint;
use crate::admin::guard::Caller;
use crate::admin::input::{Body, InPath, MAX_REASON_CHARS, MIN_REASON_CHARS, check_reason};
use crate::admin::permissions::Permission::ReadText;
use crate::admin::schema::{any_object, list, object, one_of, or_null, text, whole};
use crate::archives::ArchivedTurns;
use crate::audit::events;
use crate::computing::compute;
use crate::games::MAX_SOURCE_BYTES;
use crate::http::{Origin, Problem};
use crate::learning::{Around, Decision, Proposal, Trial, Tried, decide, decided, proposals};
use crate::records::check_id;
use crate::replay::{Talks, Wanted, talks};

/// Time for what goes through stored conversations.
pub(super) const LOOKED_THROUGH_WITHIN: Duration = Duration::from_secs(120);
/// A source may grow when it is written as JSON.
const MAX_TRIAL_BYTES: usize = 2 * MAX_SOURCE_BYTES;

pub(super) fn endpoints() -> Vec<Endpoint> {
    let reason = || json!({"type": "string", "minLength": MIN_REASON_CHARS, "maxLength": MAX_REASON_CHARS});
    let trial = || {
        object([
            ("reason", reason()),
            ("source", text()),
            ("?contract", or_null(text())),
            ("?goldens", or_null(text())),
            ("?mocks", or_null(text())),
        ])
    };
    let decision = || one_of(&[Decision::Approved.name(), Decision::Rejected.name()]);
    let proposal = object([
        ("id", text()),
        ("kind", text()),
        ("moves", list(text())),
        ("phrases", list(text())),
        ("evidence", any_object()),
        ("decision", or_null(json!({"type": "string"}))),
    ]);
    vec![
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/proposals",
            ReadText,
            "What stored conversations propose for a game, personal data replaced; for a reason that is kept in the audit log",
            list_all,
        )
        .takes(object([("reason", reason())]))
        .may_take(LOOKED_THROUGH_WITHIN)
        .answers(200, object([("proposals", list(proposal)), ("conversations", whole()), ("all", whole())])),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/proposals/{proposal}/trial",
            ReadText,
            "What a proposed phrase would change: stored conversations through the source with it and without it, and its golden dialogues",
            show,
        )
        .takes(trial())
        .takes_at_most(MAX_TRIAL_BYTES)
        .may_take(LOOKED_THROUGH_WITHIN)
        .answers(200, object([("proposal", any_object()), ("shadow", any_object()), ("failing", whole())])),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/proposals/{proposal}/approval",
            ReadText,
            "Approve a proposed phrase: the answer is a draft of the source with it; nothing is published",
            approve,
        )
        .takes(trial())
        .takes_at_most(MAX_TRIAL_BYTES)
        .may_take(LOOKED_THROUGH_WITHIN)
        .answers(200, object([("draft", text()), ("shadow", any_object()), ("decision", decision())])),
        Endpoint::new(
            Method::POST,
            "/admin/v1/games/{game}/proposals/{proposal}/rejection",
            ReadText,
            "Propose it no more",
            reject,
        )
        .takes(object([("reason", reason())]))
        .may_take(LOOKED_THROUGH_WITHIN)
        .answers(200, object([("decision", decision())])),
    ]
}

/// A source that a phrase is tried in, with what lies beside it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    reason: String,
    source: String,
    #[serde(default)]
    contract: Option<String>,
    /// Golden dialogues (YAML) that must hold with the phrase.
    #[serde(default)]
    goldens: Option<String>,
    /// What services answer (YAML).
    #[serde(default)]
    mocks: Option<String>,
}

/// What is proposed for a game.
struct Proposed {
    all: Vec<Proposal>,
    talks: Talks,
}

impl Proposed {
    fn find(&self, id: &str) -> Result<&Proposal, Problem> {
        let found = self.all.iter().find(|proposal| proposal.id == id);
        found.ok_or_else(|| Problem::not_found("There is no such proposal; what it came from may be erased."))
    }
}

/// Makes the proposals anew, after the audit log is told that they are looked at.
async fn proposed(origin: &Origin, caller: &Caller, game: &str, reason: &str) -> Result<Proposed, Problem> {
    check_id(Id::Stored, "game", game)?;
    check_reason(reason)?;
    let unknown = || Problem::not_found("There is no such game.");
    let games = origin.store.games(&caller.tenant).await?;
    let row = games.into_iter().find(|row| row.game == game).ok_or_else(unknown)?;
    caller.tell(origin, events::PROPOSALS_SHOWN, game, json!({"reason": reason.trim()})).await?;
    let compiled = origin.store.compiled(&caller.tenant, &row.active.version).await?.ok_or_else(unknown)?;
    let compiled =
        CompiledGame::load(compiled.into()).map_err(|_| Problem::internal("The active version can't be read."))?;
    let wanted = Wanted { archived: ArchivedTurns::read_in(&origin.settings()), ..Wanted::default() };
    let talks = talks(&*origin.store, &*origin.protection, &caller.tenant, game, &wanted).await?;
    Ok(compute(move || Proposed { all: proposals(&compiled, &talks.talks), talks }).await?)
}

/// A proposal of a game, tried in a source.
async fn in_source(
    origin: &Origin,
    caller: &Caller,
    (game, id): (&str, &str),
    source: Source,
) -> Result<(Proposal, Tried), Problem> {
    let proposed = proposed(origin, caller, game, &source.reason).await?;
    let proposal = proposed.find(id)?.clone();
    let tried = tried(&proposal, source, proposed.talks, origin.config.meaning).await?;
    Ok((proposal, tried))
}

async fn list_all(
    State(origin): State<Origin>,
    caller: Caller,
    InPath(game): InPath<String>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Value>, Problem> {
    let proposed = proposed(&origin, &caller, &game, &reason).await?;
    let decisions = decided(&*origin.store, &caller.tenant, &game).await?;
    let shown = proposed.all.iter().map(|Proposal { id, kind, moves, phrases, evidence }| {
        let decision = decisions.get(id).map(|decision| decision.name());
        json!({
            "id": id, "kind": kind, "moves": moves, "phrases": phrases, "evidence": evidence, "decision": decision,
        })
    });
    let (conversations, all) = (proposed.talks.talks.len(), proposed.talks.all);
    Ok(Json(json!({"proposals": shown.collect::<Vec<_>>(), "conversations": conversations, "all": all})))
}

async fn show(
    State(origin): State<Origin>,
    caller: Caller,
    InPath((game, id)): InPath<(String, String)>,
    Body(source): Body<Source>,
) -> Result<Json<Value>, Problem> {
    let (proposal, Tried { shadow, failing, .. }) = in_source(&origin, &caller, (&game, &id), source).await?;
    Ok(Json(json!({"proposal": proposal, "shadow": shadow, "failing": failing})))
}

async fn approve(
    State(origin): State<Origin>,
    caller: Caller,
    InPath((game, id)): InPath<(String, String)>,
    Body(source): Body<Source>,
) -> Result<Json<Value>, Problem> {
    let (proposal, tried) = in_source(&origin, &caller, (&game, &id), source).await?;
    tried.approved(&proposal).map_err(|error| Problem::unacceptable(sentence(&error)))?;
    keep(&origin, &caller, &game, &proposal, Decision::Approved).await?;
    let Tried { draft, shadow, .. } = tried;
    Ok(Json(json!({"draft": draft, "shadow": shadow, "decision": Decision::Approved.name()})))
}

async fn reject(
    State(origin): State<Origin>,
    caller: Caller,
    InPath((game, id)): InPath<(String, String)>,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Json<Value>, Problem> {
    let proposed = proposed(&origin, &caller, &game, &reason).await?;
    keep(&origin, &caller, &game, proposed.find(&id)?, Decision::Rejected).await?;
    Ok(Json(json!({"decision": Decision::Rejected.name()})))
}

async fn keep(
    origin: &Origin,
    caller: &Caller,
    game: &str,
    proposal: &Proposal,
    decision: Decision,
) -> Result<(), Problem> {
    decide(&*origin.store, &caller.tenant, game, &proposal.id, decision).await?;
    caller.tell(origin, events::PROPOSAL_DECIDED, game, proposal.told(decision)).await
}

/// Tries the phrase while turns go on.
async fn tried(proposal: &Proposal, source: Source, talks: Talks, meaning: Meaning) -> Result<Tried, Problem> {
    let proposal = proposal.clone();
    let work = move || {
        let Source { source, contract, goldens, mocks, .. } = source;
        if source.len() > MAX_SOURCE_BYTES {
            let bytes = source.len();
            return Err(Problem::too_large(format!("The source has {bytes} bytes; the limit is {MAX_SOURCE_BYTES}.")));
        }
        let unusable = |error: &dyn std::fmt::Display| Problem::unacceptable(sentence(error));
        let mut parsed = syntax::parse(source.as_bytes(), contract.as_deref());
        if let Some(error) = parsed.diagnostics.iter().find(|found| found.is_error()) {
            return Err(Problem::unacceptable(format!("The source does not compile: {}", sentence(&error.message))));
        }
        if let Some((file, problem)) = texts::add_translations(&mut parsed.games, &parsed.files).into_iter().next() {
            return Err(Problem::unacceptable(format!("{file}: {}", sentence(&problem))));
        }
        let game = parsed.entry.and_then(|entry| parsed.games.get(entry));
        let game = game.ok_or_else(|| Problem::unacceptable("The source holds no game."))?;
        let mocks = mocks.map(|mocks| Mocks::read(mocks.as_bytes())).transpose().map_err(|error| unusable(&error))?;
        let goldens = goldens.iter().map(|goldens| GoldenFile::read(goldens.as_bytes()));
        let goldens = goldens.collect::<Result<Vec<_>, _>>().map_err(|error| unusable(&error))?;
        let trial = Trial {
            source: &source,
            around: Around {
                contract: contract.as_deref(),
                import: &|_| Err("files are imported only where games lie as files".to_owned()),
                files: &parsed.files,
            },
            game,
            meaning,
            mocks: &mocks.unwrap_or_default(),
            goldens: &goldens,
            talks: &talks.talks,
        };
        trial.of(&proposal).map_err(|error| unusable(&error))
    };
    compute(work).await?
}

/// An error as a sentence of a problem.
fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}
