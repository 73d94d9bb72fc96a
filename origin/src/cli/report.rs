//! `lgdl report`: what came of a game's conversations, without what anybody said; and, with a reason, what was not understood.

use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Settings, Turn};
use lgdl::golden::complete;
use lgdl::ids::Id;
use lgdl::visible::one_line;
use lgdl_origin::archives::ArchivedTurns;
use lgdl_origin::audit::events;
use lgdl_origin::learning::{Unmatched, unmatched};
use lgdl_origin::records::{check_id, check_reason};
use lgdl_origin::replay::{Wanted, talks};
use lgdl_origin::report::{DAY_MS, Left, Report, Tally, check_span, report};
use serde_json::json;

use super::console::{Console, count};
use super::deployment::{Deployment, Where, failed, now_ms, unusable};
use super::failure::{End, Failure, Verdict};
use super::replay::looked_at;
use super::source::{self, Loaded};

/// Days that are looked at when nothing is said.
const DEFAULT_DAYS: i64 = 30;
/// Lines of a table at most.
const MAX_LINES: usize = 10;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The game's id
    game: String,
    /// The first day (UTC), such as 2026-11-01, or how many days back; default: 30 days back
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// Show what nothing was understood in, grouped by likeness, the most frequent first, personal data replaced by *
    #[arg(long, requires = "reason")]
    unmatched: bool,
    /// Why that is looked at, for the audit log
    #[arg(long, value_name = "TEXT", requires = "unmatched")]
    reason: Option<String>,
    /// Say what this draft of the game would take each of them for, said first: a .lgdl file, or a folder with a game.lgdl
    #[arg(long = "try", value_name = "GAME", requires = "unmatched")]
    draft: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    check_id(Id::Game, "game", &arguments.game).map_err(unusable)?;
    let now = now_ms();
    let from = since(arguments.since.as_deref(), now)?;
    check_span(from, now).map_err(unusable)?;
    if let Some(reason) = &arguments.reason {
        check_reason(reason).map_err(unusable)?;
    }
    let draft = arguments.draft.as_deref().map(|path: &Path| source::load(path, None, console)).transpose()?;
    arguments.place.with(async |deployment| {
        let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
        let games = store.games(tenant).await.map_err(failed)?;
        let Some(game) = games.into_iter().find(|game| game.game == arguments.game) else {
            return Err(Failure::Failed(format!("there is no game `{}`; lgdl games list shows them", arguments.game)));
        };
        if let Some(reason) = &arguments.reason {
            let groups = not_understood(&deployment, &game.active.version, arguments, reason, from, console).await?;
            show_unmatched(&groups, draft.as_ref(), arguments.place.json, console)?;
            return Ok(Verdict::Yes);
        }
        let made = report(store, tenant, &arguments.game, (from, now), now).await.map_err(failed)?;
        match arguments.place.json {
            true => console.json(&made)?,
            false => show(&made, console)?,
        }
        Ok(Verdict::Yes)
    })
}

async fn not_understood(
    deployment: &Deployment,
    version: &str,
    arguments: &Arguments,
    reason: &str,
    from: i64,
    console: &mut Console,
) -> Result<Vec<Unmatched>, Failure> {
    let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
    // Told before anything is shown.
    let detail = json!({"reason": reason.trim()});
    deployment.tell_now(events::UNMATCHED_SHOWN, &arguments.game, detail).await.map_err(failed)?;
    let bytes = store.compiled(tenant, version).await.map_err(failed)?;
    let bytes = bytes.ok_or_else(|| Failure::Failed("the active version is not stored".into()))?;
    let game = CompiledGame::load(bytes.into()).map_err(failed)?;
    let archived = ArchivedTurns::read_in(&deployment.config);
    let wanted = Wanted { since: Some(from), archived, ..Wanted::default() };
    let talks = talks(store, &*deployment.protection, tenant, &arguments.game, &wanted).await.map_err(failed)?;
    looked_at(&talks, console);
    Ok(unmatched(&game, &talks.talks))
}

/// What a game takes a phrase for that is said first.
fn tried(draft: &CompiledGame, phrase: &str) -> (String, f64) {
    let turn = Turn {
        participant: "user".to_owned(),
        text: phrase.to_owned(),
        event: None,
        context: Default::default(),
        now_ms: now_ms(),
        offset_seconds: 0,
        settings: Settings::default(),
    };
    let mocks = lgdl::mocks::Mocks::default();
    let record = complete(draft, Conversation::default(), turn, |call| mocks.answer(call)).record;
    let taken = if record.stage == "unmatched" { record.stage } else { record.move_id };
    (taken, record.confidence)
}

fn show_unmatched(
    groups: &[Unmatched],
    draft: Option<&Loaded>,
    as_json: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    let tried = |phrase: &str| draft.map(|draft| tried(&draft.compiled, phrase));
    if as_json {
        let shown = groups.iter().map(|group| {
            let phrases = group.phrases.iter().map(|phrase| match tried(phrase) {
                Some((taken, confidence)) => json!({"phrase": phrase, "draft": taken, "confidence": confidence}),
                None => json!({"phrase": phrase}),
            });
            json!({"times": group.times, "persons": group.persons, "phrases": phrases.collect::<Vec<_>>()})
        });
        return console.json(&json!({"unmatched": shown.collect::<Vec<_>>()}));
    }
    for group in groups {
        console.line(format_args!("{} × ({})", group.times, count(group.persons, "person")))?;
        for phrase in &group.phrases {
            let shown = one_line(phrase);
            match tried(phrase) {
                Some((taken, confidence)) => {
                    console.line(format_args!("  \"{shown}\"  → {taken} ({confidence:.2})"))?;
                }
                None => console.line(format_args!("  \"{shown}\""))?,
            }
        }
    }
    console.line(count(groups.len(), "group"))
}

/// The first day, as milliseconds since 1970.
fn since(text: Option<&str>, now_ms: i64) -> Result<i64, Failure> {
    text.map_or(Ok(now_ms - DEFAULT_DAYS * DAY_MS), |text| day(text, now_ms))
}

/// A day as it is written on the command line, as milliseconds since 1970.
pub(super) fn day(text: &str, now_ms: i64) -> Result<i64, Failure> {
    if let Ok(days) = text.parse::<u16>() {
        return Ok(now_ms - i64::from(days) * DAY_MS);
    }
    let day = text.parse::<Date>().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    day.map(|day| day.timestamp().as_millisecond()).ok_or_else(|| {
        Failure::Usage(format!("`{text}` is no day; give it as 2026-11-01, or as a number of days back, such as 7"))
    })
}

fn show(report: &Report, console: &mut Console) -> Result<(), Failure> {
    let first = report.days.keys().next().map_or("no day", String::as_str);
    let last = report.days.keys().last().map_or("no day", String::as_str);
    let total = &report.total;
    console.line(format_args!("{}, {first} to {last} (UTC)", report.game))?;
    console.line(format_args!(
        "{} began, {}: {} completed, {} cancelled, {} handed over, {} given up after too many tries",
        count(usize::try_from(total.started).unwrap_or(usize::MAX), "conversation"),
        count(usize::try_from(total.turns).unwrap_or(usize::MAX), "turn"),
        total.completed,
        total.cancelled,
        total.escalated,
        total.given_up
    ))?;
    if total.completing > 0 {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let seconds = total.completing_ms as f64 / 1e3 / total.completing as f64;
        console.line(format_args!("{seconds:.0} s from the first turn to the first move completed, on average"))?;
    }
    let share = |part: u64| share(part, total.turns);
    console.line(format_args!(
        "not understood {} ({}), guessed {} ({}), several things at once {}, corrected {}, calls {} ({} failed)",
        total.unmatched,
        share(total.unmatched),
        total.guessed,
        share(total.guessed),
        total.several,
        total.corrections,
        total.calls,
        total.failed_calls
    ))?;
    let by: Vec<String> = total.understood_by.iter().map(|(stage, turns)| format!("{stage} {turns}")).collect();
    if !by.is_empty() {
        console.line(format_args!("understood by: {}", by.join(", ")))?;
    }
    moves(total, console)?;
    slots(total, console)?;
    left(&report.left, console)
}

fn moves(total: &Tally, console: &mut Console) -> Result<(), Failure> {
    console.line("\nmove                              turns  completed  cancelled  handed over  given up")?;
    let mut moves: Vec<_> = total.moves.iter().collect();
    moves.sort_by(|a, b| b.1.turns.cmp(&a.1.turns).then(a.0.cmp(b.0)));
    for (name, tally) in moves.into_iter().take(MAX_LINES) {
        console.line(format_args!(
            "{name:32} {:>6} {:>10} {:>10} {:>12} {:>9}",
            tally.turns, tally.completed, tally.cancelled, tally.escalated, tally.given_up
        ))?;
    }
    Ok(())
}

fn slots(total: &Tally, console: &mut Console) -> Result<(), Failure> {
    let mut slots: Vec<_> = total.slots.iter().collect();
    slots.sort_by(|a, b| (b.1.asked_again + b.1.refused).cmp(&(a.1.asked_again + a.1.refused)).then(a.0.cmp(b.0)));
    console.line("\nslot                              asked  again  refused  filled  corrected  given up")?;
    for (name, tally) in slots.into_iter().take(MAX_LINES) {
        console.line(format_args!(
            "{name:32} {:>6} {:>6} {:>8} {:>7} {:>10} {:>9}",
            tally.asked, tally.asked_again, tally.refused, tally.filled, tally.corrected, tally.given_up
        ))?;
    }
    Ok(())
}

fn left(left: &[Left], console: &mut Console) -> Result<(), Failure> {
    if left.is_empty() {
        return Ok(());
    }
    console.line("\nwhere conversations were left for an hour or more, with a question open")?;
    for Left { move_id, slot, conversations } in left.iter().take(MAX_LINES) {
        let place = slot.as_ref().map_or_else(|| move_id.clone(), |slot| format!("{move_id}.{slot}"));
        console.line(format_args!("{place:32} {conversations:>6}"))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.1} %", 100.0 * part as f64 / whole as f64),
    }
}
