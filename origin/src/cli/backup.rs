//! `lgdl backup` and `lgdl restore`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgdl_origin::Config;
use lgdl_origin::audit::events;
use lgdl_origin::backup::schedule::{self, Kept};
use lgdl_origin::backup::{self, BackupProgress, DrillReport, Opened};
use lgdl_origin::clock::SystemClock;
use lgdl_origin::config::Live;
use lgdl_origin::objects::{Location, Place};
use lgdl_origin::privacy::check_ring;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::serve::{ReloadSignal, begin_epoch, stop_signal};
use lgdl_origin::tombstones::Counting;
use serde_json::json;

use super::console::Console;
use super::deployment::{Deployment, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};
use super::{gdpr, logging, runtime};

#[derive(clap::Args)]
pub(super) struct BackupArguments {
    #[command(flatten)]
    place: Where,
    /// The file to make, which must not be there yet: on this machine, or s3://bucket/name, gs://… or az://…
    #[arg(value_name = "FILE", required_unless_present_any = ["schedule", "list"], value_parser = Location::parse)]
    file: Option<Location>,
    /// Show what lies in LGDL_BACKUP_URL
    #[arg(long, conflicts_with_all = ["file", "schedule"])]
    list: bool,
    /// Make backups in LGDL_BACKUP_URL as LGDL_BACKUP_SCHEDULE says, until told to stop: for where the origin can't, having no pg_dump
    #[arg(long, conflicts_with = "file")]
    schedule: bool,
    /// Where pg_dump lies; default: on PATH
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

#[derive(clap::Args)]
pub(super) struct RestoreArguments {
    #[command(flatten)]
    place: Where,
    /// What `lgdl backup` made: on this machine, or s3://bucket/name, gs://… or az://…
    #[arg(value_name = "FILE", value_parser = Location::parse)]
    file: Location,
    /// Restore beside the store, read everything, compare it with the store, and take it away again
    #[arg(long)]
    drill: bool,
    /// What was erased since the backup, to be erased again: the file that LGDL_TOMBSTONES names, or an export; default:
    /// that file, if it is set and there
    #[arg(long, value_name = "FILE", conflicts_with = "drill")]
    tombstones: Vec<PathBuf>,
    /// Restore although nobody knows what was erased since: it comes back
    #[arg(long, conflicts_with_all = ["tombstones", "drill"])]
    without_tombstones: bool,
    /// Take a file of tombstones that an older lgdl wrote, and that does not say how many it holds
    #[arg(long, conflicts_with_all = ["without_tombstones", "drill"])]
    uncounted: bool,
    /// Where pg_restore lies; default: on PATH
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

pub(super) fn run_backup(arguments: &BackupArguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    if arguments.list {
        return list(arguments, console);
    }
    let Some(file) = &arguments.file else { return run_schedule(arguments) };
    arguments.place.with(async |deployment| {
        // Told first, so that the backup has it too.
        deployment.tell_now(events::BACKUP_MADE, deployment.store.kind(), json!({})).await.map_err(failed)?;
        let progress = |at: BackupProgress| console.progress(format_args!("{} of {} pages copied", at.done, at.total));
        // Told to stop, it takes away what lies open.
        let made = tokio::select! {
            made = backup::make_newest(
                &*deployment.store,
                &deployment.config,
                file,
                arguments.programs.as_deref(),
                &SystemClock,
                progress,
            ) => made.map_err(failed),
            () = stop_signal() => Err(Failure::Failed("the backup was broken off".into())),
        };
        console.progress_done();
        let bytes = made?;
        if json {
            console.json(&json!({"file": file.to_string(), "bytes": bytes, "store": deployment.store.kind()}))?;
        } else {
            console.line(format_args!("{file}: {bytes} bytes"))?;
        }
        Ok(Verdict::Yes)
    })
}

/// Shows what lies where backups are kept, oldest first.
fn list(arguments: &BackupArguments, console: &mut Console) -> End {
    let config = arguments.place.config()?;
    let Some(location) = config.backup_url.clone() else {
        return Err(Failure::Usage("LGDL_BACKUP_URL is not set".into()));
    };
    runtime::block_on(async {
        let kept = schedule::kept(&Place::new(location, config.objects)).await.map_err(failed)?;
        if arguments.place.json {
            let kept = kept.iter().map(|one| json!({"file": one.file.to_string(), "bytes": one.bytes}));
            console.json(&json!({"backups": kept.collect::<Vec<_>>()}))?;
            return Ok(Verdict::Yes);
        }
        for Kept { file, bytes } in &kept {
            console.line(format_args!("{file}: {bytes} bytes"))?;
        }
        Ok(Verdict::Yes)
    })
}

/// Makes backups by the schedule until it is told to stop. What comes of them is told as a server's work is: in the log.
fn run_schedule(arguments: &BackupArguments) -> End {
    let config = arguments.place.config()?;
    if config.backup_schedule.is_none() {
        return Err(Failure::Usage("LGDL_BACKUP_SCHEDULE is not set".into()));
    }
    logging::begin(&config.log, logging::Redaction::of(&config))?;
    arguments.place.with(async |deployment| {
        let live = Live::new(Arc::new(deployment.config.clone()));
        let mut reload = ReloadSignal::listen().map_err(failed)?;
        let reloading = async {
            loop {
                reload.next().await;
                match arguments.place.config() {
                    Ok(config) => {
                        live.put(config);
                        tracing::info!("the settings of backups were read anew");
                    }
                    Err(Failure::Failed(why) | Failure::Usage(why)) => {
                        tracing::error!(why, "the settings stay as they are");
                    }
                    Err(Failure::ReaderGone) => {}
                }
            }
        };
        tracing::info!("backups are made by the schedule");
        tokio::select! {
            () = schedule::keep(&deployment.store, &live, &SystemClock, arguments.programs.as_deref()) => {}
            () = reloading => {}
            () = stop_signal() => {}
        }
        Ok(Verdict::Yes)
    })
}

pub(super) fn run_restore(arguments: &RestoreArguments, console: &mut Console) -> End {
    let RestoreArguments { place, file, drill, programs, .. } = arguments;
    if file.folder().is_some_and(|file| !file.is_file()) {
        return Err(Failure::Usage(format!("{file} is no file")));
    }
    let programs = programs.as_deref();
    if *drill {
        return place.with(async |deployment| run_drill(&deployment, file, programs, place.json, console).await);
    }
    let config = place.config()?;
    let tombstones = tombstones(arguments, &config)?;
    let counting = if arguments.uncounted { Counting::Waived } else { Counting::Needed };
    runtime::block_on(async {
        // Before anything is restored: a file that lacks something would bring back whom it lacks.
        let mut contents = Vec::new();
        for file in &tombstones {
            contents.push((file, gdpr::read_tombstones(None, file, counting).await?));
        }
        let opened = Opened::of(file, &config).await.map_err(failed)?;
        let file = opened.path();
        match &config.postgres_url {
            Some(url) => backup::restore_postgres(file, url.expose(), programs).await,
            None => tokio::task::block_in_place(|| backup::restore_sqlite(file, &config.sqlite_path, now_ms())),
        }
        .map_err(failed)?;
        place
            .on(config, async |deployment| {
                let kind = deployment.store.kind();
                deployment.tell(events::BACKUP_RESTORED, kind, json!({})).await.map_err(failed)?;
                let mut erased = Vec::new();
                begin_epoch(&*deployment.store, &SystemClock, &SystemRandom).await.map_err(failed)?;
                for (file, contents) in contents {
                    // Also by what the store of the backup remembers to have written to that file.
                    let again = async {
                        gdpr::check_noted(&*deployment.store, file).await?;
                        gdpr::erase_again(&deployment, contents).await
                    };
                    erased.push(again.await.map_err(|failure| half_done(failure, file))?);
                }
                // Before it is called restored: an origin would not start on it.
                let sealed = check_ring(&*deployment.store, deployment.config.encryption_key.as_ref()).await.err();
                let counts = deployment.store.counts().await.map_err(failed)?;
                if place.json {
                    let counted = json!({"conversations": counts.conversations, "turns": counts.turns});
                    console.json(&json!({"store": kind, "counts": counted, "erased_again": erased, "unreadable": sealed.as_ref().map(ToString::to_string)}))?;
                } else {
                    for again in &erased {
                        console.line(gdpr::told(again))?;
                    }
                    let (conversations, turns) = (counts.conversations, counts.turns);
                    console.line(format_args!("restored: {conversations} conversations, {turns} turns"))?;
                }
                if let Some(why) = &sealed {
                    console.note(format_args!("what the backup holds can't all be read: {why}"));
                }
                Ok(Verdict::when(sealed.is_none()))
            })
            .await
    })
}

/// The files that tell what was erased since the backup.
fn tombstones(arguments: &RestoreArguments, config: &Config) -> Result<Vec<PathBuf>, Failure> {
    let configured = config.tombstones.iter().filter(|path| path.exists()).cloned();
    let files: Vec<PathBuf> = match arguments.tombstones.as_slice() {
        _ if arguments.without_tombstones => return Ok(Vec::new()),
        [] => configured.collect(),
        given => given.to_vec(),
    };
    // Before anything is restored.
    if let Some(none) = files.iter().find(|file| !file.is_file()) {
        return Err(Failure::Usage(format!("{} is no file", none.display())));
    }
    if files.is_empty() {
        let what = "a backup brings back what was erased after it was made. Say what that was with --tombstones FILE (the \
                    origin keeps such a file where LGDL_TOMBSTONES says), or that it may come back with --without-tombstones";
        return Err(Failure::Usage(what.into()));
    }
    Ok(files)
}

/// The store is there, and holds what must not be there.
fn half_done(failure: Failure, file: &Path) -> Failure {
    match failure {
        Failure::Failed(why) => Failure::Failed(format!(
            "{why}\nthe backup is restored, but what was erased since is not erased again: before an origin starts on it, run \
             `lgdl gdpr reapply {}`",
            file.display()
        )),
        other => other,
    }
}

async fn run_drill(
    deployment: &Deployment,
    file: &Location,
    programs: Option<&Path>,
    json: bool,
    console: &mut Console,
) -> End {
    let done = backup::drill_newest(&*deployment.store, &deployment.config, file, programs, &SystemClock).await;
    let done = done.map_err(failed)?;
    if json {
        console.json(&done)?;
    } else {
        let DrillReport { records, unreadable, audit_links, audit_faults, newest, live } = &done;
        console.line(format_args!("{records} records restored and readable"))?;
        console.line(format_args!("audit log: {audit_links} links, {audit_faults} faults"))?;
        console.line(format_args!(
            "the store since: {} gone on, {} changed, {} removed, {} added",
            live.newer, live.changed, live.missing, live.additional
        ))?;
        if !newest {
            console
                .line("this is not the newest backup of the store: alerts and `lgdl doctor` take no account of it")?;
        }
        console.unreadable(unreadable);
    }
    Ok(Verdict::when(done.holds()))
}
