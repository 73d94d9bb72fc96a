//! `lgdl cleanup`: removes what is past its time, as the origin does by itself.

use lgdl_origin::cleanup;

use super::console::Console;
use super::deployment::{Where, failed, now_ms};
use super::failure::{End, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
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
