//! What the tests on whole conversations share: compiling a game, and holding a conversation with it.
#![allow(dead_code)] // each test binary uses a part

use std::fs;
use std::path::{Path, PathBuf};

use lgdl::compiled::CompiledGame;
use lgdl::diagnostics::Severity;
use lgdl::engine::{CapabilityCall, CapabilityResult, Conversation, Event, Outcome, Settings, Turn, TurnRecord};
use lgdl::golden::complete;
use lgdl::mocks::Mocks;
use serde_json::{Map, Value};

/// Wednesday, 4 March 2026, 09:00 UTC.
pub(crate) const NOW_MS: i64 = 1_772_614_800_000;

/// The published suite, where it is at hand.
pub(crate) fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/conformance/lgdl");
    if folder.is_dir() {
        return Some(folder);
    }
    None
}

/// Compiles a source text; panics with its errors.
pub(crate) fn compile(source: &str, contract: Option<&str>) -> CompiledGame {
    let parsed = lgdl::syntax::parse(source.as_bytes(), contract);
    let errors: Vec<String> = parsed
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity == Severity::Error)
        .map(|diagnostic| format!("{} {}", diagnostic.code, diagnostic.message))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let entry = parsed.entry.expect("an entry game");
    CompiledGame::compile(&parsed.games[entry]).expect("within the format's limits")
}

/// Compiles `game.lgdl` of a folder, with its contract.
pub(crate) fn compile_folder(folder: &Path) -> CompiledGame {
    compile_file(&folder.join("game.lgdl"))
}

/// Compiles a game file, with the contract beside it.
pub(crate) fn compile_file(path: &Path) -> CompiledGame {
    let source = fs::read_to_string(path).expect("a readable game");
    let contract = fs::read_to_string(path.with_file_name("capability_contract.json")).ok();
    compile(&source, contract.as_deref())
}

/// A turn that is run again from the state before it and what its record keeps gives the same.
fn assert_runs_again(game: &CompiledGame, before: Conversation, outcome: &Outcome) {
    let record = &outcome.record;
    // A text that was cut is not what was said, and what is too much is left out.
    if record.findings.iter().any(|code| code == "E207") || record.given.left_out_bytes.is_some() {
        return;
    }
    let again = complete(game, before, record.turn_again(), |call| record.given.results[call.index].clone());
    assert_eq!(
        (&again.record, &again.conversation),
        (record, &outcome.conversation),
        "run again, the turn is the same"
    );
}

type Answer = Box<dyn FnMut(&CapabilityCall) -> CapabilityResult>;

/// A conversation with a game.
pub(crate) struct Talk {
    game: CompiledGame,
    conversation: Conversation,
    /// The requests' context.
    pub(crate) context: Map<String, Value>,
    /// Who speaks.
    pub(crate) participant: String,
    /// Settings of the deployment.
    pub(crate) settings: Settings,
    answer: Answer,
    /// The calls made.
    pub(crate) calls: Vec<CapabilityCall>,
    /// The last outcome.
    pub(crate) last: Option<Outcome>,
    /// The turn's time.
    pub(crate) now_ms: i64,
}

impl Talk {
    /// Begins a conversation; services answer with stubs.
    pub(crate) fn with(game: &CompiledGame) -> Talk {
        let mocks = Mocks::default();
        Talk {
            game: game.clone(),
            conversation: Conversation::default(),
            context: Map::new(),
            participant: "user".into(),
            settings: Settings { explain: true, ..Settings::default() },
            answer: Box::new(move |call| mocks.answer(call)),
            calls: Vec::new(),
            last: None,
            now_ms: NOW_MS,
        }
    }

    /// Begins a conversation with a game in source form.
    pub(crate) fn of(source: &str) -> Talk {
        Talk::with(&compile(source, None))
    }

    /// Another conversation that goes on from here.
    pub(crate) fn branch(&self) -> Talk {
        Talk { conversation: self.conversation.clone(), context: self.context.clone(), ..Talk::with(&self.game) }
    }

    /// Answers calls otherwise.
    pub(crate) fn answering(mut self, answer: impl FnMut(&CapabilityCall) -> CapabilityResult + 'static) -> Talk {
        self.answer = Box::new(answer);
        self
    }

    /// Sets the requests' context.
    pub(crate) fn in_context(mut self, context: Value) -> Talk {
        self.context = context.as_object().cloned().expect("an object");
        self
    }

    /// One turn.
    pub(crate) fn say(&mut self, text: &str) -> TurnRecord {
        self.take_turn(text, None)
    }

    /// One turn that is an event.
    pub(crate) fn happen(&mut self, name: &str, value: Value) -> TurnRecord {
        self.take_turn("", Some(Event { name: name.into(), value }))
    }

    fn take_turn(&mut self, text: &str, event: Option<Event>) -> TurnRecord {
        // The state goes through its stored form, as it does between two requests.
        let stored = serde_json::to_string(&self.conversation).expect("a state can be written");
        let conversation: Conversation = serde_json::from_str(&stored).expect("a state can be read");
        assert_eq!(conversation, self.conversation, "the state is read back equal");
        let turn = Turn {
            event,
            participant: self.participant.clone(),
            text: text.into(),
            context: self.context.clone(),
            now_ms: self.now_ms,
            offset_seconds: 0,
            settings: self.settings.clone(),
        };
        let (answer, calls) = (&mut self.answer, &mut self.calls);
        let outcome = complete(&self.game, conversation, turn, |call| {
            calls.push(call.clone());
            answer(call)
        });
        self.conversation = outcome.conversation.clone();
        let record = outcome.record.clone();
        let stored: Conversation = serde_json::from_str(&stored).expect("a state can be read");
        assert_runs_again(&self.game, stored, &outcome);
        self.last = Some(outcome);
        record
    }

    /// Several turns; the last one's record.
    pub(crate) fn say_all(&mut self, texts: &[&str]) -> TurnRecord {
        texts.iter().map(|text| self.say(text)).last().expect("at least one turn")
    }

    /// The state as it is stored.
    pub(crate) fn state(&self) -> Value {
        serde_json::to_value(&self.conversation).expect("a state can be written")
    }

    /// Goes on from another state.
    pub(crate) fn set_state(&mut self, conversation: &Conversation) {
        self.conversation = conversation.clone();
    }

    /// How the last turn was read.
    pub(crate) fn reading(&self) -> String {
        self.last.as_ref().and_then(|last| last.explanation.as_ref()).map(|why| why.reading.clone()).unwrap_or_default()
    }
}

/// The service answered well.
pub(crate) fn ok(data: Value) -> CapabilityResult {
    CapabilityResult::Answered {
        status: "ok".into(),
        data: data.as_object().cloned().unwrap_or_default(),
        message: None,
    }
}

/// The service did not answer.
pub(crate) fn failed(code: &str) -> CapabilityResult {
    CapabilityResult::Failed { code: code.into(), detail: "a test says so".into() }
}
