//! Stage 4: the game. Memory, then the key-value store, then the origin. A version is the hash of what it names, so a
//! cached one is never stale; only the list of active versions ages.

use std::sync::Arc;

use lgdl::compiled::{CompiledGame, LoadError};
use lgdl::problem::Reason;
use lgdl::wire::node::Level;
use lgdl::wire::origin::{GameEntry, GameList};
use serde::{Deserialize, Serialize};

use crate::answer::{After, Event, Refusal};
use crate::call::Call;
use crate::notes::{self, Where};
use crate::origin::{Origin, OriginError};
use crate::platform::Platform;

/// How long a compiled game stays in the key-value store, milliseconds. Versions that are used are written again.
const GAME_TTL_MS: u64 = 7 * 86_400_000;
/// How often an instance that has a memory writes the list to the key-value store though it is the same, milliseconds.
const LIST_STORED_EVERY_MS: i64 = 86_400_000;
/// How long others wait for one refill, and how often they look, milliseconds.
const REFILL_MS: u64 = 2_000;
const REFILL_LOOK_MS: u64 = 10;

#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    asked_at_ms: i64,
    /// When it was written to the key-value store.
    #[serde(default)]
    stored_at_ms: i64,
    list: GameList,
}

impl Listed {
    /// What the origin says now; it is written to the store where that does not say the same.
    fn new(list: GameList, now_ms: i64, known: Option<&Listed>) -> (Listed, Where) {
        let is_stored = |known: &&Listed| {
            known.list == list && (0..LIST_STORED_EVERY_MS).contains(&now_ms.saturating_sub(known.stored_at_ms))
        };
        let (stored_at_ms, place) = match known.filter(is_stored) {
            Some(known) => (known.stored_at_ms, Where::Memory),
            None => (now_ms, Where::Store),
        };
        (Listed { asked_at_ms: now_ms, stored_at_ms, list }, place)
    }
}

/// Why a compiled form can't be used.
enum Unusable {
    /// There is none.
    Missing,
    /// It is another version's, or damaged.
    NotIt,
    /// It can't be loaded.
    Load(LoadError),
}

impl Unusable {
    /// What to do, for people.
    fn words(&self) -> String {
        match self {
            Unusable::Missing => "The origin has no compiled form of this game version. Publish the game again.".into(),
            Unusable::NotIt => {
                "The compiled form that the origin sent is not that of this game version. Publish the game again."
                    .into()
            }
            Unusable::Load(error) => format!("This node can't load the game version: {error}."),
        }
    }
}

/// The active games of the caller's tenant.
///
/// # Errors
/// 503 when nobody knows.
pub async fn list<P: Platform>(call: &Call<'_, P>) -> Result<GameList, Refusal> {
    let note = format!("games:{}", call.caller.tenant);
    let now = call.platform.now_ms();
    let known: Option<Listed> = notes::recall_lasting(call.platform, &note).await;
    if let Some(known) = &known {
        let age = now.saturating_sub(known.asked_at_ms);
        if (0..call.settings.games_ttl_ms).contains(&age) {
            return Ok(known.list.clone());
        }
    }
    let known_since = known.as_ref().map(|known| known.asked_at_ms);
    let newer = async || {
        let again: Option<Listed> = notes::remembered(call.platform, &note);
        again.filter(|again| known_since.is_none_or(|since| again.asked_at_ms > since)).map(|again| Ok(again.list))
    };
    let ask = async || {
        let list = Origin::new(call).games().await?;
        let (listed, place) = Listed::new(list, now, known.as_ref());
        notes::remember_lasting(call.platform, &note, &listed, place).await;
        Ok(listed.list)
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

/// Has the next request ask for the list. Where nobody answers, what is known stays better than nothing.
pub async fn doubt_list<P: Platform>(call: &Call<'_, P>) {
    let note = format!("games:{}", call.caller.tenant);
    if let Some(known) = notes::recall_lasting::<P, Listed>(call.platform, &note).await {
        let doubted = Listed { asked_at_ms: 0, ..known };
        notes::remember_lasting(call.platform, &note, &doubted, Where::Memory).await;
    }
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
        if let Ok(game) = loaded(version, bytes) {
            keep(call, version, &game);
            return Ok(game);
        }
    }
    let kept = async || known().map(|game| Ok(Ok(game)));
    let ask = async || {
        let bytes = Origin::new(call).compiled(version).await?;
        call.observe(Event::GameRefill);
        let game = bytes.ok_or(Unusable::Missing).and_then(|bytes| loaded(version, bytes));
        if let Ok(game) = &game {
            keep(call, version, game);
            call.later(After::Keep { key: key.clone(), value: game.bytes().to_vec(), ttl_ms: GAME_TTL_MS });
        }
        Ok(game)
    };
    let game: Result<Result<CompiledGame, Unusable>, OriginError> = single_flight(call, &key, kept, ask).await;
    match game {
        Ok(Ok(game)) => Ok(game),
        Ok(Err(why)) => {
            call.tell(Level::Error, "a game can't be used", |line| line.detail = Some(why.words()));
            Err(Refusal::new(Reason::GameUnusable, why.words()))
        }
        Err(_) => {
            Err(Origin::new(call).away(Reason::GameUnusable, "The game can't be fetched at the moment. Try again."))
        }
    }
}

/// Looked through once, wherever it comes in.
fn loaded(version: &str, bytes: Vec<u8>) -> Result<CompiledGame, Unusable> {
    let game = CompiledGame::load(Arc::from(bytes)).map_err(Unusable::Load)?;
    if game.version() == version && game.is_intact() { Ok(game) } else { Err(Unusable::NotIt) }
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
