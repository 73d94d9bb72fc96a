//! `lgdl games`: publish games, and say which version of them new conversations get.

use lgdl::ids::Id;
use std::path::PathBuf;

use lgdl::wire::origin::GamePolicy;
use lgdl_origin::archives::ArchivedTurns;
use lgdl_origin::audit::events;
use lgdl_origin::games::{Published, policy, publish_file};
use lgdl_origin::records::check_id;
use lgdl_origin::replay::Wanted;
use lgdl_origin::store::{Activation, PublishOutcome};
use lgdl_origin::withdrawals::{self, WithdrawError, Withdrawal};
use serde_json::{Value, json};

use super::console::{Console, count};
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms, unusable};
use super::failure::{End, Failure, Verdict};
use super::replay::{self, MaxWorse};
use super::source;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Publish a game, if it compiles and holds the golden dialogues beside it
    Publish {
        /// The id in URLs
        #[arg(value_name = "ID")]
        game: String,
        /// A .lgdl file, or a folder with a game.lgdl
        #[arg(value_name = "GAME")]
        path: PathBuf,
        /// Whether turns need consent; default: as the version before it
        #[arg(long, value_name = "true|false")]
        consent: Option<bool>,
        /// Days that its conversations are kept; default: as the version before it
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        retention: Option<u32>,
        /// Run the conversations of the active version through the new one first, and refuse it when more turns than this are
        /// worse: a number, or a share such as 0.5%
        #[arg(long, value_name = "N|N%")]
        max_worse: Option<MaxWorse>,
    },
    /// Show the games with their active versions
    List,
    /// Show the versions of a game, newest first
    Versions {
        #[arg(value_name = "ID")]
        game: String,
    },
    /// Make a published version the one that new conversations get
    Activate {
        #[arg(value_name = "ID")]
        game: String,
        version: String,
    },
    /// Go back to the version that was active before
    Rollback {
        #[arg(value_name = "ID")]
        game: String,
    },
    /// Withdraw a version: none begins in it, and conversations in it begin anew at their next turn, on the version before it
    Withdraw {
        #[arg(value_name = "ID")]
        game: String,
        version: String,
        /// Why; kept in the audit log
        #[arg(long, required_unless_present = "undo")]
        reason: Option<String>,
        /// Take the withdrawal back: the version may be activated again
        #[arg(long, conflicts_with = "reason")]
        undo: bool,
    },
    /// Keep the active version whatever is published
    Pin {
        #[arg(value_name = "ID")]
        game: String,
    },
    /// Let publishing change the active version again
    Unpin {
        #[arg(value_name = "ID")]
        game: String,
    },
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| {
        let (store, tenant) = (&*deployment.store, deployment.tenant.as_str());
        match &arguments.command {
            Command::Publish { game, path, consent, retention, max_worse } => {
                if let Some(most) = max_worse {
                    hold(&deployment, game, path, *most, console).await?;
                }
                let before = active_policy(&deployment, game).await?;
                let policy = GamePolicy {
                    consent_required: consent.unwrap_or(before.consent_required),
                    retention_days: retention.or(before.retention_days),
                };
                publish(&deployment, game, path, policy, json, console).await
            }
            Command::List => list(&deployment, json, console).await,
            Command::Versions { game } => {
                let versions = store.game_versions(tenant, game).await.map_err(failed)?;
                let withdrawn = withdrawals::of_game(store, tenant, game).await.map_err(failed)?;
                if json {
                    console.json(&json!({"versions": versions, "withdrawn": withdrawn}))?;
                } else {
                    for row in &versions {
                        let withdrawn = withdrawn.iter().find(|one| one.version == row.version);
                        let withdrawn = withdrawn.map(|one| format!("  withdrawn: {}", one.reason)).unwrap_or_default();
                        let (version, at, by) = (&row.version, row.published_at, &row.published_by);
                        console.line(format_args!("{version}  {at}  {by}{withdrawn}"))?;
                    }
                }
                Ok(Verdict::when(!versions.is_empty()))
            }
            Command::Activate { game, version } => {
                withdrawals::check(store, tenant, game, version).await.map_err(refused)?;
                let told = deployment.event(events::GAME_ACTIVATED, game, json!({"version": version}));
                let activation = Activation { version: version.clone(), at: now_ms(), actor: ACTOR.to_owned() };
                let done = store.activate(tenant, game, activation, told).await.map_err(failed)?;
                activated(game, done.then(|| version.clone()), json, console)
            }
            Command::Rollback { game } => {
                let told = deployment.event(events::GAME_ROLLED_BACK, game, json!({}));
                let back = withdrawals::roll_back(store, tenant, game, now_ms(), told).await.map_err(failed)?;
                activated(game, back, json, console)
            }
            Command::Withdraw { game, version, undo: true, .. } => {
                let of = (tenant, game.as_str(), version.as_str());
                let undone = withdrawals::undo(store, of, ACTOR, now_ms()).await.map_err(refused)?;
                if !undone {
                    console.note("this version is not withdrawn");
                }
                Ok(Verdict::when(undone))
            }
            Command::Withdraw { game, version, reason, .. } => {
                let reason = reason.clone().unwrap_or_default();
                let (tenant, by) = (tenant.to_owned(), ACTOR.to_owned());
                let (game, version) = (game.clone(), version.clone());
                let one = Withdrawal { tenant, game, version, reason, since_ms: now_ms(), by };
                let active = withdrawals::withdraw(store, &one).await.map_err(refused)?;
                if !json {
                    console.note("its conversations begin anew at their next turn, once an origin runs");
                }
                activated(&one.game, Some(active), json, console)
            }
            Command::Pin { game } => pin(&deployment, game, true, console).await,
            Command::Unpin { game } => pin(&deployment, game, false, console).await,
        }
    })
}

fn refused(error: WithdrawError) -> Failure {
    match error {
        WithdrawError::Store(error) => failed(error),
        error => Failure::Usage(error.to_string()),
    }
}

/// Refuses a version that stored conversations fare worse with than they may.
async fn hold(
    deployment: &Deployment,
    game: &str,
    path: &std::path::Path,
    most: MaxWorse,
    console: &mut Console,
) -> Result<(), Failure> {
    let loaded = source::load(path, None, console)?;
    let games = deployment.store.games(&deployment.tenant).await.map_err(failed)?;
    let Some(row) = games.into_iter().find(|row| row.game == game) else {
        console.note("nothing is published under this id yet, so there is nothing to replay");
        return Ok(());
    };
    let archived = ArchivedTurns::read_in(&deployment.config);
    let wanted = Wanted { version: Some(row.active.version), archived, ..Wanted::default() };
    let mocks = source::mocks(&loaded.source)?;
    let (run, _) = replay::replayed(deployment, game, &wanted, &loaded.compiled, &mocks, console).await?;
    console.note(format_args!("{}: {}", count(run.conversations, "stored conversation"), replay::counts(&run)));
    if most.holds(&run) {
        return Ok(());
    }
    Err(Failure::Failed(format!(
        "{} worse than before, more than may be; `lgdl replay` shows them; nothing is published",
        count(run.worse, "turn")
    )))
}

async fn active_policy(deployment: &Deployment, game: &str) -> Result<GamePolicy, Failure> {
    let games = deployment.store.games(&deployment.tenant).await.map_err(failed)?;
    let row = games.into_iter().find(|row| row.game == game);
    row.map_or_else(|| Ok(GamePolicy::default()), |row| policy(&row.active).map_err(failed))
}

async fn publish(
    deployment: &Deployment,
    game: &str,
    path: &std::path::Path,
    policy: GamePolicy,
    json: bool,
    console: &mut Console,
) -> End {
    check_id(Id::Game, "game", game).map_err(unusable)?;
    if !path.exists() {
        return Err(Failure::Usage(format!("{} is not there", path.display())));
    }
    let store = &*deployment.store;
    let (tenant, meaning) = (&deployment.tenant, deployment.config.meaning);
    let published = publish_file(store, tenant, game, path, meaning, Some(policy), ACTOR, now_ms()).await;
    let Published { version, outcome, warnings } = published.map_err(failed)?;
    let what = match outcome {
        PublishOutcome::Activated => "activated",
        PublishOutcome::Stored => "stored; the game is pinned to another version",
        PublishOutcome::Unchanged => "unchanged; it was the active version already",
    };
    if json {
        console.json(&json!({"game": game, "version": version, "outcome": outcome.name(), "warnings": warnings}))?;
    } else {
        console.line(format_args!("{game}: version {version}, {what}"))?;
        if !warnings.is_empty() {
            console.note(format_args!("{}; `lgdl validate` shows them", count(warnings.len(), "warning")));
        }
    }
    Ok(Verdict::Yes)
}

async fn list(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let games = deployment.store.games(&deployment.tenant).await.map_err(failed)?;
    if json {
        let shown = |row: &lgdl_origin::store::GameRow| {
            let policy: Value = serde_json::from_str(&row.active.policy)
                .map_err(|error| Failure::Failed(format!("the policy of {} is damaged: {error}", row.game)))?;
            Ok(json!({"id": row.game, "version": row.active.version, "pinned": row.pinned, "policy": policy}))
        };
        console.json(&json!({"games": games.iter().map(shown).collect::<Result<Vec<_>, Failure>>()?}))?;
        return Ok(Verdict::Yes);
    }
    for row in games {
        let pinned = if row.pinned { "pinned" } else { "" };
        console.line(format_args!("{:20}  {}  {pinned}", row.game, row.active.version))?;
    }
    Ok(Verdict::Yes)
}

fn activated(game: &str, version: Option<String>, json: bool, console: &mut Console) -> End {
    let Some(version) = version else {
        console.note(format_args!("there is no such game or version, or none before the present one: {game}"));
        return Ok(Verdict::No);
    };
    if json {
        console.json(&json!({"game": game, "version": version}))?;
    } else {
        console.line(format_args!("{game}: version {version}"))?;
    }
    Ok(Verdict::Yes)
}

async fn pin(deployment: &Deployment, game: &str, pinned: bool, console: &mut Console) -> End {
    let told = deployment.event(events::GAME_PINNED, game, json!({"pinned": pinned}));
    let done = deployment.store.set_pinned(&deployment.tenant, game, pinned, now_ms(), told).await.map_err(failed)?;
    if !done {
        console.note(format_args!("there is no game {game}"));
    }
    Ok(Verdict::when(done))
}
