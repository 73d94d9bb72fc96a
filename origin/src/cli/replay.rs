//! `lgdl replay`: stored conversations through another version of their game, and what that changes. Nothing is stored.

use std::path::PathBuf;
use std::str::FromStr;

use lgdl::compiled::CompiledGame;
use lgdl::ids::Id;
use lgdl::mocks::Mocks;
use lgdl_origin::archives::ArchivedTurns;
use lgdl_origin::audit::events;
use lgdl_origin::records::check_id;
use lgdl_origin::replay::{ShadowRun, Talks, Wanted, shadow, talks};
use serde::Serialize;
use serde_json::json;

use super::console::{Console, count};
use super::deployment::{Deployment, Where, failed, now_ms, unusable};
use super::failure::{End, Failure, Verdict};
use super::{report, source};

#[derive(clap::Args)]
#[command(
    after_help = "Both versions take the turns as they were said, with what services answered then; a call that was not made then\n\
                  is stood in for by the capability_mocks.yaml beside the new version. Personal data in examples is replaced by *."
)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The game's id, and the version whose conversations are run; default: the active one
    #[arg(value_name = "GAME[@VERSION]")]
    of: String,
    /// The new version: a .lgdl file, or a folder with a game.lgdl
    #[arg(long, value_name = "GAME")]
    against: PathBuf,
    /// Which game of the file; default: the one that no other game extends
    #[arg(long = "game", value_name = "NAME")]
    name: Option<String>,
    /// Conversations that began on this day (UTC) or later, such as 2026-11-01, or so many days back
    #[arg(long, value_name = "DAY")]
    since: Option<String>,
    /// So many conversations at most, chosen by the digests of their names: the same ones each time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    sample: Option<u32>,
    /// Turns that may be worse, as a number or as a share such as 0.5%; more: exit status 1
    #[arg(long, value_name = "N|N%")]
    max_worse: Option<MaxWorse>,
}

/// How many turns may be worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum MaxWorse {
    /// So many.
    Turns(usize),
    /// So many in a hundred of those that are compared.
    Share(f64),
}

impl FromStr for MaxWorse {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<MaxWorse, &'static str> {
        const RULE: &str = "a number of turns, or a share from 0% to 100%";
        match text.strip_suffix('%') {
            Some(share) => {
                let share: f64 = share.trim().parse().map_err(|_| RULE)?;
                if (0.0..=100.0).contains(&share) { Ok(MaxWorse::Share(share)) } else { Err(RULE) }
            }
            None => text.parse().map(MaxWorse::Turns).map_err(|_| RULE),
        }
    }
}

impl MaxWorse {
    #[expect(clippy::cast_precision_loss, reason = "counts of turns")]
    pub(super) fn holds(self, run: &ShadowRun) -> bool {
        match self {
            MaxWorse::Turns(most) => run.worse <= most,
            MaxWorse::Share(percent) => run.worse as f64 * 100.0 <= percent * run.turns() as f64,
        }
    }
}

/// What a replay found.
#[derive(Serialize)]
struct Replayed {
    game: String,
    version: String,
    against: String,
    #[serde(flatten)]
    run: ShadowRun,
    unreadable: usize,
    /// Conversations on that version, looked at or not.
    all: usize,
    /// Whether the threshold holds; nothing where none was given.
    holds: Option<bool>,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let (game, version) = match arguments.of.split_once('@') {
        Some((game, version)) => (game, Some(version)),
        None => (arguments.of.as_str(), None),
    };
    check_id(Id::Game, "game", game).map_err(unusable)?;
    let since = arguments.since.as_deref().map(|day| report::day(day, now_ms())).transpose()?;
    let loaded = source::load(&arguments.against, arguments.name.as_deref(), console)?;
    let mocks = source::mocks(&loaded.source)?;
    arguments.place.with(async |deployment| {
        let version = find_version(&deployment, game, version).await?;
        let sample = arguments.sample.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
        let archived = ArchivedTurns::read_in(&deployment.config);
        let wanted = Wanted { version: Some(version.clone()), since, sample, archived };
        let (run, talks) = replayed(&deployment, game, &wanted, &loaded.compiled, &mocks, console).await?;
        let holds = arguments.max_worse.map(|most| most.holds(&run));
        let against = loaded.compiled.version();
        if arguments.place.json {
            let (unreadable, all) = (talks.unreadable, talks.all);
            console.json(&Replayed { game: game.to_owned(), version, against, run, unreadable, all, holds })?;
        } else {
            console.line(format_args!(
                "{}, {}",
                count(run.conversations, "conversation"),
                count(run.turns(), "turn")
            ))?;
            console.line(counts(&run))?;
            if run.behind_a_change > 0 {
                console.line(format_args!("{} behind a change, not compared", count(run.behind_a_change, "turn")))?;
            }
            if run.stood_in > 0 {
                console.line(format_args!("{} stood in for", count(run.stood_in, "call")))?;
            }
            show_changes(&run, console)?;
            if holds == Some(false) {
                console.line("More turns are worse than may be.")?;
            }
        }
        Ok(Verdict::when(holds != Some(false)))
    })
}

/// Runs what was stored of a game through another version, and tells the audit log how many conversations that were.
pub(super) async fn replayed(
    deployment: &Deployment,
    game: &str,
    wanted: &Wanted,
    after: &CompiledGame,
    mocks: &Mocks,
    console: &mut Console,
) -> Result<(ShadowRun, Talks), Failure> {
    let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
    let version = wanted.version.as_deref().unwrap_or_default();
    let bytes = store.compiled(tenant, version).await.map_err(failed)?;
    let bytes = bytes.ok_or_else(|| Failure::Failed(format!("version {version} is not stored")))?;
    let before = CompiledGame::load(bytes.into()).map_err(failed)?;
    // Told before anything is shown.
    let detail = json!({"version": version, "against": after.version()});
    deployment.tell_now(events::CONVERSATIONS_REPLAYED, game, detail).await.map_err(failed)?;
    let talks = talks(store, &*deployment.protection, tenant, game, wanted).await.map_err(failed)?;
    looked_at(&talks, console);
    Ok((shadow(&before, after, mocks, &talks.talks), talks))
}

/// The version that is meant: the active one, or one of the game's by its hash or the beginning of it.
async fn find_version(deployment: &Deployment, game: &str, named: Option<&str>) -> Result<String, Failure> {
    let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
    let Some(named) = named else {
        let games = store.games(tenant).await.map_err(failed)?;
        let row = games.into_iter().find(|row| row.game == game);
        let row =
            row.ok_or_else(|| Failure::Failed(format!("there is no game `{game}`; lgdl games list shows them")))?;
        return Ok(row.active.version);
    };
    let versions = store.game_versions(tenant, game).await.map_err(failed)?;
    let mut found = versions.into_iter().filter(|row| row.version.starts_with(named) && !named.is_empty());
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row.version),
        (Some(_), Some(_)) => Err(Failure::Usage(format!("several versions of {game} begin with {named}"))),
        (None, _) => Err(Failure::Failed(format!("{game} has no version {named}; lgdl games versions shows them"))),
    }
}

/// Says what of the stored conversations was not looked at.
pub(super) fn looked_at(talks: &Talks, console: &mut Console) {
    if talks.unreadable > 0 {
        console.note(format_args!("{} can't be read and are left out", count(talks.unreadable, "conversation")));
    }
    if talks.cut() {
        let looked = talks.talks.len() + talks.unreadable;
        console.note(format_args!("{looked} of {} are looked at", count(talks.all, "conversation")));
    }
}

pub(super) fn counts(run: &ShadowRun) -> String {
    let ShadowRun { same, better, different, worse, .. } = run;
    format!("{same} same, {better} better, {different} different, {worse} worse")
}

pub(super) fn show_changes(run: &ShadowRun, console: &mut Console) -> Result<(), Failure> {
    for changed in &run.changed {
        let verdict = changed.verdict.name();
        console.line(format_args!(
            "  {verdict:9}  \"{}\": {} before; {} now",
            changed.text, changed.before, changed.after
        ))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_number_or_a_share() {
        assert_eq!("3".parse(), Ok(MaxWorse::Turns(3)));
        assert_eq!("0.5%".parse(), Ok(MaxWorse::Share(0.5)));
        for wrong in ["", "-1", "0.5", "101%", "-1%", "x%", "NaN%"] {
            assert!(wrong.parse::<MaxWorse>().is_err(), "{wrong}");
        }
        let run = ShadowRun { same: 199, worse: 1, ..ShadowRun::default() };
        assert!(MaxWorse::Share(0.5).holds(&run) && !MaxWorse::Share(0.4).holds(&run));
        assert!(MaxWorse::Turns(1).holds(&run) && !MaxWorse::Turns(0).holds(&run));
    }
}
