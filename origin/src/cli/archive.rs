//! `lgdl archive`: conversations that nobody has spoken in for long, in files.

use std::sync::Arc;

use lgdl::ids::Id;
use lgdl_origin::archives::{self, ArchiveError, BroughtBack, Hand, Proof, RunReport};
use lgdl_origin::ids::{ConversationId, person_pseudonym};
use lgdl_origin::records::check_id;
use lgdl_origin::store::{Archived, ConversationRow, MAX_PAGE};
use serde_json::{Value, json};

use super::console::Console;
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms, unusable};
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
    /// Take what is old into the archive, as the origin does by itself, and remove files that nobody needs
    Run {
        /// Older than so many days; default: LGDL_ARCHIVE_AFTER_DAYS
        #[arg(long, value_name = "DAYS")]
        days: Option<u32>,
    },
    /// Show what lies in the archive
    List {
        /// Of this person
        #[arg(long, value_name = "USER")]
        person: Option<String>,
        /// Conversations at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        /// Those behind this one: the last that was shown before
        #[arg(long, value_name = "CONVERSATION")]
        after: Option<ConversationId>,
    },
    /// Check every file: those that are needed are whole and open, and none of an erased person can be read
    Verify,
    /// Bring conversations back into the store
    Restore {
        /// By the origin's id
        conversations: Vec<ConversationId>,
        /// Everything of this person
        #[arg(long, value_name = "USER")]
        person: Option<String>,
        /// What manifests name and the store does not have; what was erased stays erased
        #[arg(long, conflicts_with_all = ["conversations", "person"])]
        lost: bool,
    },
}

fn refused(error: ArchiveError) -> Failure {
    match error {
        ArchiveError::None | ArchiveError::TooSoon { .. } => Failure::Usage(error.to_string()),
        error => failed(error),
    }
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| {
        let hand = Hand {
            store: &*deployment.store,
            protection: &*deployment.protection,
            config: Arc::new(deployment.config.clone()),
            actor: ACTOR,
        };
        match &arguments.command {
            Command::Run { days } => {
                let before = archives::before(&deployment.config, *days, now_ms()).map_err(refused)?;
                let before = before.ok_or_else(|| Failure::Usage("give --days, or set LGDL_ARCHIVE_AFTER_DAYS".into()))?;
                let mut progress = |done: RunReport| {
                    console.progress(format_args!("{} conversations, {} bytes", done.archived, done.bytes));
                };
                let done = hand.run(before, now_ms, &mut progress).await;
                console.progress_done();
                let RunReport { archived, bytes, skipped, unreadable, swept } = done.map_err(refused)?;
                match json {
                    true => console.json(&json!({
                        "archived": archived, "bytes": bytes, "skipped": skipped, "unreadable": unreadable, "swept": swept,
                    }))?,
                    false => console.line(format_args!(
                        "{archived} conversations archived, {bytes} bytes; {skipped} left where they are; {unreadable} can't be read; {swept} files removed"
                    ))?,
                }
                return Ok(Verdict::when(unreadable == 0));
            }
            Command::List { person, limit, after } => {
                person.as_deref().map_or(Ok(()), |user| check_id(Id::Stored, "person", user)).map_err(unusable)?;
                let wanted = Wanted { person: person.as_deref(), limit: *limit, after: after.as_ref() };
                list(&deployment, &wanted, json, console).await?;
            }
            Command::Verify => {
                let proof = archives::verify(&hand).await.map_err(refused)?;
                tell(&proof, json, console)?;
                return Ok(Verdict::when(proof.wrong == 0));
            }
            Command::Restore { lost: true, .. } => {
                let done = hand.import_lost().await.map_err(refused)?;
                match json {
                    true => console.json(&done)?,
                    false => console.line(format_args!(
                        "{} conversations imported, {} are there, {} were erased; {} can't be opened: their keys are not here",
                        done.imported.written, done.imported.kept, done.imported.erased, done.without_key
                    ))?,
                }
                for why in &done.unreadable {
                    console.note(why);
                }
                return Ok(Verdict::when(done.without_key == 0 && done.unreadable.is_empty()));
            }
            Command::Restore { conversations, person, .. } => {
                person.as_deref().map_or(Ok(()), |user| check_id(Id::Stored, "person", user)).map_err(unusable)?;
                hand.shelf().map_err(refused)?;
                let (mut count, mut lost) = (0, Vec::new());
                for id in conversations {
                    match hand.bring_back(&deployment.tenant, id, now_ms()).await.map_err(refused)? {
                        BroughtBack::Nothing => {}
                        BroughtBack::Done => count += 1,
                        BroughtBack::Lost(one) => lost.push(one),
                    }
                }
                if let Some(user) = person {
                    let of_person = hand.bring_back_person(&deployment.tenant, user, now_ms()).await;
                    let (back, lost_too) = of_person.map_err(refused)?;
                    count += back;
                    lost.extend(lost_too);
                }
                match json {
                    true => console.json(&json!({"restored": count, "unreadable": lost}))?,
                    false => console.line(format_args!("{count} conversations are back"))?,
                }
                console.lost(&lost);
                return Ok(Verdict::when(lost.is_empty()));
            }
        }
        Ok(Verdict::Yes)
    })
}

/// What is to be listed.
struct Wanted<'a> {
    person: Option<&'a str>,
    limit: u32,
    after: Option<&'a ConversationId>,
}

async fn list(deployment: &Deployment, wanted: &Wanted<'_>, json: bool, console: &mut Console) -> Result<(), Failure> {
    let (mut shown, mut next, mut at) = (Vec::new(), None, None);
    let (mut conversations, mut turns, mut bytes) = (0_u64, 0_u64, 0_u64);
    loop {
        let rows = deployment.store.archived(Some(&deployment.tenant), at.as_ref(), MAX_PAGE).await;
        let rows = rows.map_err(failed)?;
        let Some(last) = rows.last().map(|row| row.id.clone()) else { break };
        for row in rows.iter().filter(|row| wanted.person.is_none_or(|person| row.user_id == person)) {
            let Some(archived) = Archived::of(row).map_err(failed)? else { continue };
            conversations += 1;
            turns += archived.turns;
            bytes += archived.bytes;
            if wanted.after.is_some_and(|after| row.id <= *after) {
                continue;
            }
            match (shown.len() as u64) < u64::from(wanted.limit) {
                true => shown.push((row.id.clone(), line(deployment, row, &archived))),
                false => next = shown.last().map(|(id, _)| id.clone()),
            }
        }
        at = Some(last);
    }
    let shown = shown.into_iter().map(|(_, line)| line).collect::<Vec<_>>();
    if json {
        return console.json(&json!({
            "archived": shown, "next": next, "conversations": conversations, "turns": turns, "bytes": bytes,
        }));
    }
    let count = shown.len();
    for one in shown {
        let word = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
        let last = jiff::Timestamp::from_millisecond(one["updated_at_ms"].as_i64().unwrap_or_default());
        console.line(format_args!(
            "{}  {}  {}  {} turns until {}  {} bytes  {}",
            word("conversation"),
            word("game"),
            word("person"),
            one["turns"],
            last.map_err(failed)?,
            one["bytes"],
            word("file")
        ))?;
    }
    console
        .line(format_args!("{count} of {conversations} conversations, which have {turns} turns in {bytes} bytes"))?;
    match next {
        Some(next) => console.line(format_args!("more: --after {next}")),
        None => Ok(()),
    }
}

/// As everywhere, a person goes by a pseudonym.
fn line(deployment: &Deployment, row: &ConversationRow, archived: &Archived) -> Value {
    json!({
        "conversation": row.id,
        "game": row.game,
        "person": deployment.store.audit_name(&person_pseudonym(&row.tenant, &row.user_id)),
        "turns": archived.turns,
        "created_at_ms": row.created_at,
        "updated_at_ms": row.updated_at,
        "archived_at_ms": archived.at,
        "bytes": archived.bytes,
        "file": archived.file,
    })
}

fn tell(proof: &Proof, json: bool, console: &mut Console) -> Result<(), Failure> {
    if json {
        return console.json(proof);
    }
    console.line(format_args!(
        "{} files are whole; of those that nobody needs, {} are gone, {} can't be opened by anybody, {} are left over",
        proof.whole, proof.removed, proof.unreadable, proof.left_over
    ))?;
    for wrong in &proof.named {
        console.note(wrong);
    }
    Ok(())
}
