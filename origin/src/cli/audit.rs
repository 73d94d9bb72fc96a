//! `lgdl audit`: verify the audit log, write it out, sign it.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use lgdl_origin::audit::{self, Checkpoints, events, read_checkpoints};
use lgdl_origin::clock::SystemClock;
use lgdl_origin::consumer::Round;
use lgdl_origin::files::NewFile;
use lgdl_origin::ids::person_pseudonym;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::tombstones;
use serde_json::json;

use super::console::Console;
use super::deployment::{Deployment, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Find every change, gap and reordering, and say where
    Verify {
        /// A file of checkpoints; default: LGDL_AUDIT_CHECKPOINTS, if it is set and there
        #[arg(long, value_name = "FILE")]
        checkpoints: Option<PathBuf>,
        /// Compare with checkpoints although LGDL_AUDIT_KEY is not set here, and nobody knows who has made them
        #[arg(long)]
        unchecked_signatures: bool,
    },
    /// Write the log to a file as JSON lines, for a SIEM or an archive
    Export {
        /// The file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Only what came after this link
        #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
        after: u64,
    },
    /// Send LGDL_AUDIT_PUSH_URL what it does not have yet, now; a running origin does it by itself
    Push,
    /// Show what the log calls a person: in new links, and in those of before
    Name {
        /// The person
        user: String,
    },
    /// Sign the log as it ends now, and write the checkpoint to standard output
    Checkpoint,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| {
        audit::drain(&*deployment.store).await.map_err(failed)?;
        match &arguments.command {
            Command::Verify { checkpoints, unchecked_signatures } => {
                verify(&deployment, checkpoints.as_deref(), *unchecked_signatures, json, console).await
            }
            Command::Export { out, after } => export(&deployment, out, *after, json, console).await,
            Command::Push => push(&deployment, json, console).await,
            Command::Name { user } => {
                let before = person_pseudonym(&deployment.tenant, user);
                let name = deployment.store.audit_name(&before);
                match json {
                    true => console.json(&json!({"name": name, "before": before}))?,
                    false if name == before => console.line(name)?,
                    false => console.line(format_args!("{name}\n{before}  in links of before"))?,
                }
                Ok(Verdict::Yes)
            }
            Command::Checkpoint => checkpoint(&deployment, console).await,
        }
    })
}

async fn verify(
    deployment: &Deployment,
    file: Option<&Path>,
    may_be_unchecked: bool,
    json: bool,
    console: &mut Console,
) -> End {
    let Checkpoints { all, malformed } = checkpoints(deployment, file)?;
    let key = deployment.config.audit_key.as_ref();
    let report = audit::verify(&*deployment.store, &all, key).await.map_err(failed)?;
    let trusted = may_be_unchecked || report.unchecked_signatures == 0;
    let missing = match &deployment.config.tombstones {
        Some(file) => tombstones::missing(&*deployment.store, file).await.map_err(failed)?,
        None => 0,
    };
    if json {
        let mut report = json!(report);
        report["erasures_missing"] = missing.into();
        report["malformed_checkpoints"] = malformed.iter().map(ToString::to_string).collect();
        console.json(&report)?;
    } else {
        for finding in &report.findings {
            console.line(format_args!("link {}: {}", finding.sequence, json!(finding.fault)))?;
        }
        for line in &malformed {
            console.line(line)?;
        }
        let (links, faults, checked) = (report.links, report.faults, report.checkpoints);
        console.line(format_args!("{links} links, {checked} checkpoints, {faults} faults"))?;
        if report.unchecked_signatures > 0 {
            let hint = if trusted { "" } else { ". Set it, or say --unchecked-signatures" };
            console.line(format_args!(
                "the signatures of {} checkpoints are not checked: LGDL_AUDIT_KEY is not set, and anybody can have made them{hint}",
                report.unchecked_signatures
            ))?;
        }
        if missing > 0 {
            console.line(format_args!(
                "E547 {missing} erasures of LGDL_TOMBSTONES are not in this store: it was brought back to an older state. An origin \
                 erases them again when it starts; so does `lgdl gdpr reapply`"
            ))?;
        }
    }
    Ok(Verdict::when(report.faults == 0 && malformed.is_empty() && trusted && missing == 0))
}

fn checkpoints(deployment: &Deployment, file: Option<&Path>) -> Result<Checkpoints, Failure> {
    let kept = deployment.config.audit_checkpoints.as_deref().filter(|path| path.exists());
    let Some(path) = file.or(kept) else { return Ok(Checkpoints::default()) };
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| failed(format!("{shown} can't be read: {error}")))?;
    Ok(read_checkpoints(&text))
}

async fn export(deployment: &Deployment, out: &Path, after: u64, json: bool, console: &mut Console) -> End {
    let shown = out.display();
    let (new, file) = NewFile::replace(out).map_err(|error| failed(format!("{shown} can't be written: {error}")))?;
    let links = audit::export(&*deployment.store, after, &mut BufWriter::new(&file)).await.map_err(failed)?;
    let done = file.sync_all().and_then(|()| new.finish());
    done.map_err(|error| failed(format!("{shown} can't be written: {error}")))?;
    let detail = json!({"after": after, "links": links});
    deployment.tell(events::AUDIT_EXPORTED, "audit", detail).await.map_err(failed)?;
    if json {
        console.json(&json!({"links": links}))?;
    } else {
        console.line(format_args!("{links} links"))?;
    }
    Ok(Verdict::Yes)
}

async fn push(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let push = audit::push(&deployment.config, &SystemRandom);
    let push = push.ok_or_else(|| failed("LGDL_AUDIT_PUSH_URL is not set; there is nowhere to send the log to"))?;
    let mut sent = 0;
    let done = loop {
        let round = push.round(&*deployment.store, &SystemClock, &SystemRandom).await;
        match round
            .map_err(|error| failed(format!("the audit log could not be sent to LGDL_AUDIT_PUSH_URL: {error}")))?
        {
            Round::Sent { count } => sent += count,
            Round::Nothing => break true,
            Round::Elsewhere | Round::Waiting { .. } => break false,
        }
        console.progress(format_args!("{sent} links sent"));
    };
    console.progress_done();
    if json {
        console.json(&json!({"links": sent, "complete": done}))?;
    } else {
        console.line(format_args!("{sent} links sent"))?;
    }
    if !done {
        console.note("an origin is sending, or waits after a failure; it goes on by itself");
    }
    Ok(Verdict::when(done))
}

async fn checkpoint(deployment: &Deployment, console: &mut Console) -> End {
    let key = deployment.config.audit_key.as_ref();
    let key = key.ok_or_else(|| failed("LGDL_AUDIT_KEY is not set; without it nothing is signed"))?;
    let checkpoint = audit::checkpoint(&*deployment.store, now_ms(), key).await.map_err(failed)?;
    let Some(checkpoint) = checkpoint else {
        console.note("the audit log is empty");
        return Ok(Verdict::No);
    };
    console.line(json!(checkpoint))?;
    Ok(Verdict::Yes)
}
