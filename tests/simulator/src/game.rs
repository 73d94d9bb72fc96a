//! The game that simulated people play: slots that are asked for, a call that changes nothing, and calls that do, alone
//! and behind one that does not.

use std::sync::OnceLock;

use lgdl::compiled::CompiledGame;
use lgdl::engine::CapabilityResult;
use serde_json::{Map, Value, json};

use crate::random::fingerprint;

/// The game's id.
pub(super) const GAME_ID: &str = "desk";

/// The source.
pub(super) const GAME: &str = include_str!("../../desk/game.lgdl");

/// Its contract: looking up changes nothing.
pub(super) const CONTRACT: &str = include_str!("../../desk/capability_contract.json");

/// The compiled game.
pub(super) fn compiled() -> CompiledGame {
    static COMPILED: OnceLock<CompiledGame> = OnceLock::new();
    let compile = || {
        let parsed = lgdl::syntax::parse(GAME.as_bytes(), Some(CONTRACT));
        assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
        CompiledGame::compile(parsed.game(None).expect("a game")).expect("within the format's limits")
    };
    COMPILED.get_or_init(compile).clone()
}

/// What the services know: nothing but what they are asked, so that a turn can be run again much later.
pub(super) fn knowledge(function: &str, payload: &Map<String, Value>) -> Map<String, Value> {
    let asked = serde_json::to_vec(payload).unwrap_or_default();
    let number = fingerprint(&asked) % 10;
    let field = if function == "look_up" { "left" } else { "number" };
    Map::from_iter([(field.to_owned(), json!(number))])
}

/// What the engine got for a call, by the status that the turn's record has for it.
pub(super) fn result(status: &str, function: &str, payload: &Map<String, Value>) -> CapabilityResult {
    match status {
        "ok" => CapabilityResult::Answered { status: "ok".into(), data: knowledge(function, payload), message: None },
        code => CapabilityResult::Failed { code: code.into(), detail: String::new() },
    }
}
