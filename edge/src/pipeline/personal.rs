//! What a person may ask about their own conversations: to have one erased, to have a copy.
//!
//! A conversation's id names it within a game. `?game=` says which; without it every game is tried, in the order of
//! `GET /games`. `?user_id=` (or the header `x-user-id`) says whose it is; a token says so itself.

use http::{HeaderName, StatusCode};
use lgdl::problem::Reason;

use crate::answer::{Refusal, Response};
use crate::call::Call;
use crate::origin::Origin;
use crate::pipeline::request::{Received, check_game_id, check_id};
use crate::pipeline::state::{self, Named};
use crate::pipeline::{auth, games, turn};
use crate::platform::Platform;

const USER: HeaderName = HeaderName::from_static("x-user-id");

/// `DELETE /conversations/{id}`
///
/// # Errors
/// 404 when no game has such a conversation of this user; 503 when the origin is away: an erasure is never promised.
pub async fn erase<P: Platform>(call: &Call<'_, P>, received: &Received, id: &str) -> Result<Response, Refusal> {
    let user = user(call, received)?;
    let mut found = false;
    for game in candidates(call, received).await? {
        if Origin::new(call).erase(&game, id, &user).await.map_err(|_| away(call))? {
            found = true;
            state::drop_hot(call, &Named::new(&call.caller.tenant, &game, id, &user)).await;
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
        if let Some(document) = Origin::new(call).export(&game, id, &user).await.map_err(|_| away(call))? {
            return Ok(Response::new(StatusCode::OK, "application/json", document));
        }
    }
    Err(turn::not_theirs())
}

fn user<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<String, Refusal> {
    let named = received.parameter("user_id")?.or_else(|| received.header(&USER).map(str::to_owned));
    let user = named.or_else(|| call.caller.user.clone()).ok_or_else(|| {
        Refusal::new(Reason::WrongShape, "Say whose conversation it is: `?user_id=` or the header `x-user-id`.")
    })?;
    check_id("user_id", &user)?;
    auth::check_rights(&call.caller)?;
    auth::check_user(&call.caller, &user)?;
    Ok(user)
}

async fn candidates<P: Platform>(call: &Call<'_, P>, received: &Received) -> Result<Vec<String>, Refusal> {
    match received.parameter("game")? {
        Some(game) => check_game_id(&game).map(|()| vec![game]),
        None => Ok(games::list(call).await?.games.into_iter().map(|game| game.id).collect()),
    }
}

fn away<P: Platform>(call: &Call<'_, P>) -> Refusal {
    Origin::new(call).away(Reason::OriginAway, "The service that keeps conversations is away. Try again.")
}
