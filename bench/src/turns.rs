//! The conversation that whole turns are measured with, and what is said in it: `games/clinic_triage`, as it stands.

use anyhow::Context as _;
use lgdl::compiled::CompiledGame;
use lgdl::engine::{CapabilityResult, Conversation, Settings, Step, Turn};
use lgdl::entities::{DateOrder, Direction, Language, Reference};
use lgdl::matcher::Query;

const SOURCE: &[u8] = include_bytes!("../../games/clinic_triage/game.lgdl");
const CONTRACT: &str = include_str!("../../games/clinic_triage/capability_contract.json");

/// A turn that one pattern answers.
pub const MATCH: &str = "I can't breathe";
/// A turn that fills three slots.
pub const THREE_SLOTS: &str = "I have pain in my knee, 7 out of 10, since 2 days ago";
/// A turn that opens a move whose first slot is asked for.
pub const SLOT: &str = "I have pain";
/// Twenty words without a value.
pub const PLAIN: &str =
    "I would like to know whether you can help me with the trouble that my neighbour has with his old car";
/// Twenty words with a date.
pub const DATE: &str = "hello there I need to see a doctor on the third of May because my left knee hurts a lot again";
/// As many values as will go in.
pub const RICH: &str =
    "my son is 12 years old, paid $20 for 3 kg of rice, call (541) 754-3010 or mail jo@example.com about 50% off";
/// The names of all kinds of values.
pub const ALL_KINDS: &str = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip,\
                             date,time,datetime,duration,daterange,timerange,datetimerange,set";

/// The source of the game that turns are measured with, and its contract.
#[must_use]
pub fn source() -> (&'static [u8], &'static str) {
    (SOURCE, CONTRACT)
}

/// The game that turns are measured with.
///
/// # Errors
/// When it does not compile.
pub fn clinic() -> anyhow::Result<CompiledGame> {
    compiled(SOURCE, Some(CONTRACT))
}

/// A game from its source.
///
/// # Errors
/// When there is none in it, or it does not compile.
pub fn compiled(source: &[u8], contract: Option<&str>) -> anyhow::Result<CompiledGame> {
    let parsed = lgdl::syntax::parse(source, contract);
    let entry = parsed.entry.context("the file holds no game that can be used")?;
    Ok(CompiledGame::compile(&parsed.games[entry])?)
}

/// Wednesday, 4 March 2026, 09:00 UTC.
#[must_use]
pub fn turn(text: &str) -> Turn {
    Turn {
        event: None,
        participant: "user".into(),
        text: text.into(),
        context: serde_json::Map::new(),
        now_ms: 1_772_614_800_000,
        offset_seconds: 0,
        settings: Settings::default(),
    }
}

/// The same time, for matching and recognizers.
#[must_use]
pub fn reference() -> Reference {
    Reference {
        now: jiff::civil::date(2026, 3, 4).at(9, 0, 0, 0),
        offset_seconds: 0,
        direction: Direction::Past,
        language: Language::English,
        date_order: DateOrder::OfLanguage,
    }
}

/// What a user says, where every move may be meant.
#[must_use]
pub fn query<'a>(text: &'a str, reference: &'a Reference) -> Query<'a> {
    Query { text, participant: "user", reference, admits: &|_| true, plausible: &|_| true }
}

/// Answers every call with a stub; the engine limits their number.
#[must_use]
pub fn finish(game: &CompiledGame, mut step: Step) -> Conversation {
    loop {
        match step {
            Step::Done(outcome) => return outcome.conversation,
            Step::Call(pending) => {
                let stub =
                    CapabilityResult::Answered { status: "ok".into(), data: serde_json::Map::new(), message: None };
                step = pending.resume(game, stub);
            }
        }
    }
}
