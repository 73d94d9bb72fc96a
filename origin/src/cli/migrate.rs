//! `lgdl migrate`: the schema of the store, and the move from SQLite to PostgreSQL.

use lgdl_origin::audit::{self, events};
use lgdl_origin::beginnings::{begin_anew, place_of};
use lgdl_origin::clock::SystemClock;
use lgdl_origin::migrations::{self, Kind, Status};
use lgdl_origin::privacy::{note_plain_texts, plain_texts};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::begin_epoch;
use lgdl_origin::store::postgres::{PoolSettings, PostgresStore};
use lgdl_origin::store::{Imported, Section, Store, StoreError};
use lgdl_origin::transfer::{
    CopyOptions, CopyReport, Progress, Sealing, StoreSource, VerifyReport, copy, verify, verify_readable,
};
use serde_json::json;

use super::console::Console;
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};
use super::runtime;
use super::sqlite_file::{Flags, SqliteFile};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Apply the migrations that are due; where there is no store, make one
    Up {
        /// Begin anew where a store was lost: an origin then serves the empty one
        #[arg(long)]
        anew: bool,
    },
    /// Show where each migration stands; changes nothing
    Status {
        /// Exit with 1 when any is due
        #[arg(long)]
        check: bool,
    },
    /// Say of each migration that is due whether programs of the release before can go on meanwhile; changes nothing. Exit 1 when one is
    /// due with which they can't
    Plan,
    /// Copy a SQLite store, or a file of the Python runtime, into the PostgreSQL store of the settings
    SqliteToPostgres {
        #[command(flatten)]
        from: Flags,
        /// Count what would be copied; write nothing
        #[arg(long)]
        dry_run: bool,
        /// Begin anew instead of going on where an earlier copy broke off
        #[arg(long, conflicts_with = "dry_run")]
        restart: bool,
    },
    /// Compare a SQLite store, or a file of the Python runtime, with the store of the settings, record by record
    Verify {
        #[command(flatten)]
        from: Flags,
    },
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let place = &arguments.place;
    match &arguments.command {
        Command::Up { anew } => runtime::block_on(up(place, *anew, console)),
        Command::Status { check } => runtime::block_on(status(place, *check, console)),
        Command::Plan => runtime::block_on(plan(place, console)),
        Command::SqliteToPostgres { from, dry_run, restart } => {
            let options = match (dry_run, restart) {
                (true, _) => CopyOptions::DryRun,
                (_, true) => CopyOptions::Restart,
                _ => CopyOptions::Resume,
            };
            runtime::block_on(to_postgres(place, from, options, console))
        }
        Command::Verify { from } => {
            place.with(async |deployment| compare(&deployment, from, place.json, console).await)
        }
    }
}

async fn up(place: &Where, anew: bool, console: &mut Console) -> End {
    let config = place.config()?;
    let applied = migrations::up(&config, now_ms()).await.map_err(failed)?;
    if anew {
        begin_anew(&config, &SystemClock).await.map_err(failed)?;
    }
    if place.json {
        console.json(&json!({"applied": applied}))?;
    } else {
        console.line(format_args!("{applied} applied"))?;
    }
    Ok(Verdict::Yes)
}

/// Where each migration stands in the store, which must be there.
async fn statuses(place: &Where) -> Result<Vec<Status>, Failure> {
    let config = place.config()?;
    let statuses = migrations::status(&config).await.map_err(failed)?;
    if statuses.iter().any(|status| status.applied_at.is_some()) {
        return Ok(statuses);
    }
    let (store, setting) = place_of(&config);
    Err(failed(StoreError::NotThere(format!("{store} ({setting})"))))
}

async fn status(place: &Where, check: bool, console: &mut Console) -> End {
    let statuses = statuses(place).await?;
    let due = statuses.iter().filter(|status| status.applied_at.is_none()).count();
    if place.json {
        console.json(&json!({"migrations": statuses, "due": due}))?;
    } else {
        for Status { version, name, applied_at, kind } in &statuses {
            let when = applied_at.map_or_else(|| "due".to_owned(), shown_time);
            console.line(format_args!("{version:4}  {name:16}  {:8}  {when}", kind.name()))?;
        }
    }
    Ok(Verdict::when(!check || due == 0))
}

async fn plan(place: &Where, console: &mut Console) -> End {
    let statuses = statuses(place).await?;
    let due: Vec<&Status> = statuses.iter().filter(|status| status.applied_at.is_none()).collect();
    let rolling = due.iter().all(|status| status.kind == Kind::Expand);
    if place.json {
        console.json(&json!({"due": due, "rolling": rolling}))?;
        return Ok(Verdict::when(rolling));
    }
    for Status { version, name, kind, .. } in &due {
        let what = match kind {
            Kind::Expand => "adds; programs of before go on",
            Kind::Contract => "changes what programs of before use; they have to be gone",
        };
        console.line(format_args!("{version:4}  {name:16}  {:8}  {what}", kind.name()))?;
    }
    console.line(match (due.is_empty(), rolling) {
        (true, _) => "nothing is due",
        (false, true) => "origins may be replaced one after the other, while the others serve",
        (false, false) => "stop every origin but the one that migrates; nodes journal what comes meanwhile",
    })?;
    Ok(Verdict::when(rolling))
}

fn shown_time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

/// Copies without [`Where::with`]: nothing may be told in the target's audit log before the source's has arrived.
async fn to_postgres(place: &Where, from: &Flags, options: CopyOptions, console: &mut Console) -> End {
    let config = place.config()?;
    let Some(settings) = PoolSettings::of(&config) else {
        return Err(Failure::Failed("LGDL_POSTGRES_URL is not set; it names the store to copy into".into()));
    };
    let file = from.find(&config)?;
    if options == CopyOptions::DryRun {
        let due = migrations::status(&config).await.map_err(failed)?;
        if due.iter().any(|status| status.applied_at.is_none()) {
            return Err(Failure::Failed("the target has migrations due; run `lgdl migrate up` first".into()));
        }
    }
    let target = PostgresStore::open(&settings, &SystemClock).await.map_err(failed)?;
    place
        .on_store(config, std::sync::Arc::new(target), async |deployment| {
            let source = SqliteFile::open(&file, from, &deployment).await?;
            let mut progress = |at: Progress| show(console, "copied", at);
            let report = match &source {
                SqliteFile::Ours(store) => {
                    if options != CopyOptions::DryRun {
                        tell_source(store).await?;
                    }
                    let source = StoreSource { store, name: file.display().to_string() };
                    let done = copy(&source, &*deployment.store, options, &mut progress).await;
                    if options != CopyOptions::DryRun && done.is_ok() {
                        // Rows go along as they lie, so what a plain one means does, too.
                        let plain = plain_texts(store).await.map_err(failed)?;
                        note_plain_texts(&*deployment.store, plain).await.map_err(failed)?;
                    }
                    done
                }
                SqliteFile::Python(python) if options == CopyOptions::DryRun => {
                    copy(python, &*deployment.store, options, &mut progress).await
                }
                SqliteFile::Python(python) => {
                    let sealing = Sealing { source: python, protection: &*deployment.protection };
                    copy(&sealing, &*deployment.store, options, &mut progress).await
                }
            };
            console.progress_done();
            let left_behind = source.left_behind().map_err(failed)?;
            source.close().await;
            let report = report.map_err(failed)?;
            if report.imported.written > 0 {
                // Whatever a node has of the target is of another state.
                begin_epoch(&*deployment.store, &SystemClock, &SystemRandom).await.map_err(failed)?;
            }
            show_copy(&report, left_behind, options, place.json, console)
        })
        .await
}

/// Tells in the log of the store that is left, which then goes along.
async fn tell_source(store: &dyn Store) -> Result<(), Failure> {
    let event = events::of(now_ms(), "default", events::DATA_MIGRATED, ACTOR, "postgres", json!({}));
    store.enqueue(vec![event]).await.map_err(failed)?;
    // To the end: what stayed in the outbox would be lost.
    while audit::drain(store).await.map_err(failed)? > 0 {}
    Ok(())
}

pub(super) fn show(console: &mut Console, done: &str, at: Progress) {
    console.progress(format_args!("{}: {} {done}", at.section.name(), at.records));
}

/// What became of what was imported, in words.
pub(super) fn imported(done: &Imported) -> String {
    let Imported { written, kept, erased, removed } = done;
    format!(
        "{written} written, {kept} there already, {erased} left out because they were erased, {removed} removed because they \
         were erased since"
    )
}

/// Writes what a copy did.
pub(super) fn show_copy(
    report: &CopyReport,
    left_behind: (u64, u64),
    options: CopyOptions,
    as_json: bool,
    console: &mut Console,
) -> End {
    let (empty, orphans) = left_behind;
    if as_json {
        let left = json!({"conversations_without_turns": empty, "turns_without_conversation": orphans});
        console.json(&json!({
            "dry_run": options == CopyOptions::DryRun, "read": report.read, "imported": report.imported,
            "resumed": report.resumed, "left_behind": left,
        }))?;
        return Ok(Verdict::Yes);
    }
    for (section, records) in report.read.iter().filter(|(_, records)| **records > 0) {
        console.line(format_args!("{:15} {records:>10}", section.name()))?;
    }
    if empty + orphans > 0 {
        console.note(format_args!("left behind: {empty} conversations without turns, {orphans} turns of none"));
    }
    if options == CopyOptions::DryRun {
        console.line("nothing was written")?;
        return Ok(Verdict::Yes);
    }
    if report.resumed {
        console.note("this went on where an earlier copy broke off");
    }
    let done = &report.imported;
    console.line(imported(done))?;
    Ok(Verdict::Yes)
}

async fn compare(deployment: &Deployment, from: &Flags, as_json: bool, console: &mut Console) -> End {
    let file = from.find(&deployment.config)?;
    if deployment.config.postgres_url.is_none() && file == deployment.config.sqlite_path {
        return Err(Failure::Usage(format!(
            "{} is the store of the settings itself; set LGDL_POSTGRES_URL, or name another file with --from",
            file.display()
        )));
    }
    let source = SqliteFile::open(&file, from, deployment).await?;
    let mut progress = |at: Progress| show(console, "compared", at);
    let report = match &source {
        SqliteFile::Ours(store) => {
            let source = StoreSource { store, name: file.display().to_string() };
            let target = StoreSource { store: &*deployment.store, name: "target".into() };
            verify(&source, &target, &mut progress).await
        }
        SqliteFile::Python(python) => {
            verify_readable(python, &*deployment.store, &*deployment.protection, &mut progress).await
        }
    };
    console.progress_done();
    source.close().await;
    show_comparison(&report.map_err(failed)?, as_json, console)
}

fn show_comparison(report: &VerifyReport, as_json: bool, console: &mut Console) -> End {
    if as_json {
        console.json(&json!({"whole": report.is_whole(), "report": report}))?;
        return Ok(Verdict::when(report.is_whole()));
    }
    for (section, records) in &report.records {
        let sum = report.checksums.get(section).map_or("", |sum| &sum[..16]);
        console.line(format_args!("{:15} {records:>10}  {sum}", Section::name(*section)))?;
    }
    for difference in &report.differences {
        console.line(format_args!("{} {}: {}", difference.section.name(), difference.record, difference.what))?;
    }
    let VerifyReport { missing, newer, changed, erased, additional, .. } = report;
    console.line(format_args!(
        "{missing} missing, {changed} changed, {erased} erased in the source only, {newer} newer in the target, \
         {additional} in the target only"
    ))?;
    Ok(Verdict::when(report.is_whole()))
}
