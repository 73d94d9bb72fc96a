//! `lgdl cleanup`: removes what is past its time, as the origin does by itself.

use lgdl_origin::cleanup;
use lgdl_origin::store::Due;

use super::console::Console;
use super::deployment::{Deployment, Where, failed, now_ms};
use super::failure::{End, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// Say what would go, game by game, and remove nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        if arguments.dry_run {
            return preview(&deployment, arguments.place.json, console).await;
        }
        let mut progress = |done: cleanup::CleanupReport| {
            console.progress(format_args!("{} conversations, {} answers removed", done.conversations, done.answers));
        };
        let report = cleanup::run(&*deployment.store, &deployment.config, now_ms(), &mut progress).await;
        console.progress_done();
        let report = report.map_err(failed)?;
        if arguments.place.json {
            console.json(&report)?;
        } else {
            console.line(format_args!("{} conversations, {} answers removed", report.conversations, report.answers))?;
        }
        Ok(Verdict::Yes)
    })
}

async fn preview(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let found = cleanup::preview(&*deployment.store, &deployment.config, now_ms()).await.map_err(failed)?;
    if json {
        console.json(&found)?;
        return Ok(Verdict::Yes);
    }
    for due in &found.games {
        let Due { tenant, game, conversations, turns, slots, context, answers } = due;
        console.line(format_args!(
            "{tenant}/{game}: {conversations} conversations with {turns} turns, {slots} slots, {context} context values; \
             {answers} answers"
        ))?;
    }
    console.line(format_args!("{} lapsed claims", found.claims))?;
    console.note("nothing was removed");
    Ok(Verdict::Yes)
}
