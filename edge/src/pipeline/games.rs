//! Stage 4: the game. Memory, then the key-value store, then the origin. A version is the hash of what it names, so a
//! cached one is never stale; only the list of active versions ages.

use std::sync::Arc;

use lgdl::compiled::CompiledGame;
use lgdl::problem::Reason;
use lgdl::wire::origin::{GameEntry, GameList};
use serde::{Deserialize, Serialize};

use crate::answer::{After, Event, Refusal};
use crate::call::Call;
use crate::notes;
use crate::origin::{Origin, OriginError};
use crate::platform::Platform;

/// How long a compiled game stays in the key-value store, milliseconds. Versions that are used are written again.
const GAME_TTL_MS: u64 = 7 * 86_400_000;
/// How long others wait for one refill, and how often they look, milliseconds.
const REFILL_MS: u64 = 2_000;
const REFILL_LOOK_MS: u64 = 10;

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    asked_at_ms: i64,
    list: GameList,
}

/// The active games of the caller's tenant.
///
/// # Errors
/// 503 when nobody knows.
pub async fn list<P: Platform>(call: &Call<'_, P>) -> Result<GameList, Refusal> {
    let note = format!("games:{}", call.caller.tenant);
    let now = call.platform.now_ms();
    let known: Option<Listed> = notes::recall(call.platform, &note).await;
    if let Some(known) = &known {
        let age = now.saturating_sub(known.asked_at_ms);
        if (0..call.settings.games_ttl_ms).contains(&age) {
            return Ok(known.list.clone());
        }
    }
    let known_since = known.as_ref().map(|known| known.asked_at_ms);
    let newer = async || {
        let again: Option<Listed> = notes::recall(call.platform, &note).await;
        again.filter(|again| known_since.is_none_or(|since| again.asked_at_ms > since)).map(|again| Ok(again.list))
    };
    let ask = async || {
        let list = Origin::new(call).games().await?;
        notes::remember(call.platform, &note, &Listed { asked_at_ms: now, list: list.clone() }).await;
        Ok(list)
    };
    let list: Result<GameList, OriginError> = single_flight(call, &note, newer, ask).await;
    match (list, known) {
        (Ok(list), _) => Ok(list),
        (Err(_), Some(known)) => Ok(known.list), // Old news is better than none.
        (Err(_), None) => {
            Err(Origin::new(call).away(Reason::OriginAway, "This node does not know its games yet. Try again."))
        }
    }
}

/// Forgets the list, so that the next request asks for it.
pub async fn forget_list<P: Platform>(call: &Call<'_, P>) {
    notes::forget(call.platform, &format!("games:{}", call.caller.tenant)).await;
}

/// One game's entry.
///
/// # Errors
/// 404, or as [`list`].
pub async fn entry<P: Platform>(call: &Call<'_, P>, id: &str) -> Result<GameEntry, Refusal> {
    named(list(call).await?, id)
}

/// The entry of that id.
///
/// # Errors
/// 404.
pub fn named(list: GameList, id: &str) -> Result<GameEntry, Refusal> {
    list.games.into_iter().find(|game| game.id == id).ok_or_else(unknown)
}

/// The game that `POST /move` stands for.
///
/// # Errors
/// 404 when there is none.
pub fn first(list: GameList) -> Result<GameEntry, Refusal> {
    list.games.into_iter().next().ok_or_else(unknown)
}

fn unknown() -> Refusal {
    Refusal::new(Reason::UnknownGame, "GET /games lists those that there are.")
}

/// The compiled game of that version.
///
/// # Errors
/// 503 when it can't be had or used.
pub async fn compiled<P: Platform>(call: &Call<'_, P>, version: &str) -> Result<CompiledGame, Refusal> {
    let known = || call.platform.constants().and_then(|constants| constants.game(version));
    if let Some(game) = known() {
        return Ok(game);
    }
    let key = format!("game:{version}");
    if let Ok(Some(bytes)) = call.platform.kv_get(&key).await {
        // A copy that is damaged, or was put there by somebody else, is as good as none.
        if let Some(game) = loaded(version, bytes).filter(CompiledGame::is_intact) {
            keep(call, version, &game);
            return Ok(game);
        }
    }
    let kept = async || known().map(|game| Ok(Some(game)));
    let ask = async || {
        let bytes = Origin::new(call).compiled(version).await?;
        call.observe(Event::GameRefill);
        // Looked through once, wherever it comes in.
        let game = bytes.and_then(|bytes| loaded(version, bytes)).filter(CompiledGame::is_intact);
        let Some(game) = game else { return Ok(None) };
        keep(call, version, &game);
        call.later(After::Keep { key: key.clone(), value: game.bytes().to_vec(), ttl_ms: GAME_TTL_MS });
        Ok(Some(game))
    };
    let game: Result<Option<CompiledGame>, OriginError> = single_flight(call, &key, kept, ask).await;
    match game {
        Ok(Some(game)) => Ok(game),
        Ok(None) => Err(Refusal::new(
            Reason::GameUnusable,
            "The origin has no usable compiled form of this game version. Publish the game again.",
        )),
        Err(_) => {
            Err(Origin::new(call).away(Reason::GameUnusable, "The game can't be fetched at the moment. Try again."))
        }
    }
}

fn loaded(version: &str, bytes: Vec<u8>) -> Option<CompiledGame> {
    let game = CompiledGame::load(Arc::from(bytes)).ok()?;
    (game.version() == version).then_some(game)
}

fn keep<P: Platform>(call: &Call<'_, P>, version: &str, game: &CompiledGame) {
    if let Some(constants) = call.platform.constants() {
        constants.keep_game(version, game.clone());
    }
}

/// Lets one request of an instance refill an entry while the others wait for what it brings, or for its time to run out.
async fn single_flight<P: Platform, T>(
    call: &Call<'_, P>,
    name: &str,
    ready: impl AsyncFn() -> Option<T>,
    refill: impl AsyncFnOnce() -> T,
) -> T {
    let Some(memory) = call.platform.memory() else { return refill().await };
    while !memory.begin_refill(name, call.platform.ticks_us(), REFILL_MS * 1_000) {
        call.platform.sleep_ms(REFILL_LOOK_MS).await;
        if let Some(value) = ready().await {
            return value;
        }
    }
    let value = match ready().await {
        Some(value) => value,
        None => refill().await,
    };
    memory.end_refill(name);
    value
}
