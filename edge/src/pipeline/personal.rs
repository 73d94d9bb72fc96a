//! What a person may ask about their own conversations: to have one erased, to have a copy, and what was said in it by
//! others than the game.
//!
//! A conversation's id names it within a game. `?game=` says which; without it every game is tried, in the order of
//! `GET /games`, where there are few. `?user_id=` (or the header `x-user-id`) says whose it is; a token says so itself.

use http::{HeaderName, StatusCode};
use lgdl::problem::Reason;

use crate::answer::{After, Refusal, Response};
use crate::call::Call;
use crate::origin::{Origin, OriginError};
use crate::pipeline::journal::{self, Drained, Theirs};
use crate::pipeline::request::{Received, check_game_id, check_id};
use crate::pipeline::state::{self, Named};
use crate::pipeline::{auth, consent, games, limits, turn};
use crate::platform::Platform;

/// How soon it makes sense to ask again where an operator has to decide first, milliseconds.
const UNREADABLE_RETRY_MS: u64 = 60_000;

/// How soon it makes sense to ask again after too many exports and deletions, milliseconds: the origin counts by the minute.
const OFTEN_RETRY_MS: u64 = 60_000;

/// How soon it makes sense to ask again while turns arrive, milliseconds.
const ARRIVING_RETRY_MS: u64 = 1_000;

/// Games that are looked through for a conversation whose game nobody names: each is a question to the origin.
const MAX_GAMES_TRIED: usize = 20;

const USER: HeaderName = HeaderName::from_static("x-user-id");

/// `DELETE /conversations/{id}`
///
/// # Errors
/// 404 when no game has such a conversation of this user; 503 when the origin is away: an erasure is never promised.
pub async fn erase<P: Platform>(call: &Call<'_, P>, received: &Received, id: &str) -> Result<Response, Refusal> {
    let user = user(call, received)?;
    let mut found = false;
    for game in candidates(call, received).await? {
        let named = Named::new(&call.caller.tenant, &game, id, &user);
        // What waits here must not begin the conversation anew once it is gone: it goes first to the origin, which then
        // erases it with the rest and leaves a tombstone.
        bring_home(call, &named).await?;
        if Origin::new(call).erase(&game, id, &user).await.map_err(|error| failed(call, error))? {
            found = true;
            journal::forget(call.platform, &named.digest).await.map_err(|_| unreadable())?;
            state::drop_hot(call, &named).await;
            // The erasure is the origin's already: what does not go now goes when the node next asks what was erased.
            let _ = consent::forget(call.platform, &named.digest).await;
            continue;
        }
        // The origin has nothing of theirs. What still lies here never arrived, and is theirs to have forgotten.
        match journal::theirs(call, &named).await.map_err(|_| unreadable())? {
            Theirs::None => {}
            Theirs::Some => {
                found = true;
                journal::forget(call.platform, &named.digest).await.map_err(|_| unreadable())?;
                state::drop_hot(call, &named).await;
            }
            Theirs::Unreadable => return Err(unreadable()),
        }
    }
    if found { Ok(Response::empty(StatusCode::NO_CONTENT)) } else { Err(turn::not_theirs()) }
}

/// `GET /conversations/{id}/export`
///
/// # Errors
/// As [`erase`].
pub async fn export<P: Platform>(call: &Call<'_, P>, received: &Received, id: &str) -> Result<Response, Refusal> {
    let user = user(call, received)?;
    for game in candidates(call, received).await? {
        // A copy holds what was acknowledged, also where it waits here.
        let named = Named::new(&call.caller.tenant, &game, id, &user);
        if bring_home(call, &named).await? == Drained::Unfinished {
            call.later(After::Drain);
            let detail = "Turns of this conversation are on their way to where the copy is made. Ask again.";
            return Err(Refusal::new(Reason::Contended, detail).retry_after_ms(ARRIVING_RETRY_MS));
        }
        if let Some(document) = Origin::new(call).export(&game, id, &user).await.map_err(|error| failed(call, error))? {
            return Ok(Response::new(StatusCode::OK, "application/json", document));
        }
    }
    Err(turn::not_theirs())
}

/// `GET /conversations/{id}/messages?after=TURN`: what was said after a turn. Whoever waits for somebody, or talks with
/// them, asks again and again; it says nothing, so that it counts against no limit.
///
/// # Errors
/// As [`erase`].
pub async fn messages<P: Platform>(call: &Call<'_, P>, received: &Received, id: &str) -> Result<Response, Refusal> {
    let user = user(call, received)?;
    limits::check_look(call, &user).await?;
    let after = received.parameter("after")?.map_or(Ok(0), |after| after.parse::<u64>());
    let after =
        after.map_err(|_| Refusal::new(Reason::WrongShape, "`after` in the address is no number of a turn."))?;
    let typing = received.parameter("typing")?.and_then(|typing| typing.parse::<bool>().ok());
    // What the person said may wait here for the origin, and whoever is there waits for it.
    if Origin::new(call).health().await.journal_pending {
        call.later(After::Drain);
    }
    for game in candidates(call, received).await? {
        let found = Origin::new(call).messages(&game, id, &user, after, typing).await;
        let found = found.map_err(|error| failed(call, error))?;
        if let Some(document) = found {
            return Ok(Response::new(StatusCode::OK, "application/json", document));
        }
    }
    Err(turn::not_theirs())
}

/// Brings what waits here of a person's conversation to the origin, as far as it can be; how far it came.
async fn bring_home<P: Platform>(call: &Call<'_, P>, named: &Named) -> Result<Drained, Refusal> {
    match journal::theirs(call, named).await.map_err(|_| unreadable())? {
        Theirs::None => Ok(Drained::All),
        Theirs::Some | Theirs::Unreadable => Ok(journal::drain_for_person(call, &named.digest).await),
    }
}

fn user<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<String, Refusal> {
    let named = received.parameter("user_id")?.or_else(|| received.header(&USER).map(str::to_owned));
    let user = named.or_else(|| call.caller.user.clone()).ok_or_else(|| {
        Refusal::new(Reason::WrongShape, "Say whose conversation it is: `?user_id=` or the header `x-user-id`.")
    })?;
    check_id("user_id", &user)?;
    auth::check_rights(&call.caller)?;
    auth::check_user(&call.caller, &user)?;
    Ok(auth::subject(&call.caller, &call.settings.auth, &user).into_owned())
}

async fn candidates<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<Vec<String>, Refusal> {
    match received.parameter("game")? {
        Some(game) => check_game_id(&game).map(|()| vec![game]),
        None => {
            let games = games::list(call).await?.games;
            if games.len() > MAX_GAMES_TRIED {
                let detail =
                    format!("Say which game the conversation is of (`?game=`): there are more than {MAX_GAMES_TRIED}.");
                return Err(Refusal::new(Reason::WrongShape, detail));
            }
            Ok(games.into_iter().map(|game| game.id).collect())
        }
    }
}

/// Neither an erasure nor a whole copy is promised where nobody can tell what waits.
fn unreadable() -> Refusal {
    Refusal::new(
        Reason::WaitingUnreadable,
        "A turn that may belong to this conversation waits here and can't be read. An operator has to decide about it first.",
    )
    .retry_after_ms(UNREADABLE_RETRY_MS)
}

fn failed<P: Platform>(call: &Call<'_, P>, error: OriginError) -> Refusal {
    match error {
        // A legal hold: nothing may be erased for now, and trying again does not help.
        OriginError::Refused(409) => Refusal::new(Reason::Forbidden, "What this person has here must be kept for now."),
        OriginError::Refused(429) => Refusal::new(
            Reason::RateLimited,
            "Too many exports and deletions of this person. Wait as long as Retry-After says.",
        )
        .retry_after_ms(OFTEN_RETRY_MS),
        error => error.refusal().unwrap_or_else(|| away(call)),
    }
}

fn away<P: Platform>(call: &Call<'_, P>) -> Refusal {
    Origin::new(call).away(Reason::OriginAway, "The service that keeps conversations is away. Try again.")
}
