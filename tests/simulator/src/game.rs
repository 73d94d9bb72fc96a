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
pub(super) const GAME: &str = r#"
game desk {
  description: "A desk for simulated people"
  capabilities {
    stock: [ look_up ]
    orders: [ place ]
  }
  moves {
    move greeting {
      when user says something like: [ "hello", "hi there" ]
      confidence: 0.7
      when confident { respond with: "Hello. How can I help?" }
    }
    move order {
      when user says something like: [ "I want to order {item}", "order something" ]
      confidence: 0.7
      slots {
        item: string
        amount: range(1, 10)
      }
      when slot item is missing { prompt slot: "What would you like?" }
      when slot amount is missing { prompt slot: "How many?" }
      when all_slots_filled {
        orders.place for "the order" await timeout 2
        respond with: "Ordered {amount} {item}."
      }
      when successful { respond with: "It is on its way." }
      when failed { respond with: "That did not work." }
    }
    move rush {
      when user says something like: [ "rush order" ]
      confidence: 0.7
      slots {
        amount: range(1, 10)
      }
      when slot amount is missing { prompt slot: "How many, at once?" }
      when all_slots_filled {
        stock.look_up for "a rush" await timeout 2
        orders.place for "a rush" await timeout 2
        respond with: "Rushed {amount}."
      }
      when successful { respond with: "It is there." }
      when failed { respond with: "That did not work." }
    }
    move stock_check {
      when user says something like: [ "is it in stock" ]
      confidence: 0.7
      when confident { stock.look_up for "the stock" await timeout 2 }
      when successful { respond with: "Yes, {left} left." }
      when failed { respond with: "I can't tell at the moment." }
    }
  }
}
"#;

/// Its contract: looking up changes nothing.
pub(super) const CONTRACT: &str = r#"{
  "service": "desk",
  "capabilities": {
    "stock": { "functions": { "look_up": { "description": "Looks up.", "parameters": [], "timeout_ms": 2000, "read_only": true } } },
    "orders": { "functions": { "place": { "description": "Places.", "parameters": ["item", "amount"], "timeout_ms": 2000 } } }
  }
}"#;

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
