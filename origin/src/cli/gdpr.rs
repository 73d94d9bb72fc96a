//! `lgdl gdpr`: the rights of persons — export, erasure, consents, legal holds.

use lgdl::ids::Id;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lgdl_origin::archives::Hand;
use lgdl_origin::audit::{self, events};
use lgdl_origin::clock::SystemClock;
use lgdl_origin::config::Secret;
use lgdl_origin::files::NewFile;
use lgdl_origin::ids::{ConsentId, ErasureId, HoldId, person_pseudonym};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::readable;
use lgdl_origin::receipts::{self, Signed};
use lgdl_origin::records::{check_id, check_note, check_reason};
use lgdl_origin::serve::begin_epoch;
use lgdl_origin::store::{ConsentRow, ConversationKey, ErasureOrder, ErasureOutcome, ErasureReport, HoldRow, Store};
use lgdl_origin::tombstones::{self, Again, Contents, Counting, bring_up_to_date};
use serde_json::json;

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
    /// Write everything about a person as one JSON document
    Export {
        /// The person
        user: String,
        /// Why; kept in the audit log
        #[arg(long)]
        reason: String,
        /// Write a page beside it that people can read, to a file that must not be there yet
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
    },
    /// Write a signed receipt: whether a person was erased, when, by whom, and what remains where
    Proof {
        /// The person
        user: String,
    },
    /// Check such a receipt, and compare it with the store
    Verify {
        /// The file
        receipt: PathBuf,
    },
    /// Erase everything about a person, or one conversation
    Erase {
        /// The person
        user: String,
        /// Only this conversation, as GAME/ID
        #[arg(long, value_name = "GAME/ID", value_parser = conversation)]
        conversation: Option<(String, String)>,
    },
    /// Bring a file of tombstones up to date, as the origin does with the one that LGDL_TOMBSTONES names
    Tombstones {
        /// The file; what it has stays
        file: PathBuf,
    },
    /// Erase again what such a file, or an export, says was erased: after a restore
    Reapply {
        /// The file
        file: PathBuf,
        /// Take a file that an older lgdl wrote, and that does not say how many tombstones it holds
        #[arg(long)]
        uncounted: bool,
    },
    /// Give or withdraw a consent, or show the history when neither is said
    Consent {
        /// The person
        user: String,
        /// The game
        #[arg(long)]
        game: Option<String>,
        /// Give it
        #[arg(long, requires = "game", conflicts_with = "withdraw")]
        give: bool,
        /// Withdraw it
        #[arg(long, requires = "game")]
        withdraw: bool,
        /// Which text, on what occasion
        #[arg(long, default_value = "")]
        note: String,
    },
    /// Keep what a person has from being erased; show the holds in force when nobody is named
    Hold {
        /// The person
        #[arg(requires = "reason")]
        user: Option<String>,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        /// Lift a hold instead, by its id
        #[arg(long, value_name = "ID", conflicts_with_all = ["user", "reason"])]
        lift: Option<HoldId>,
    },
}

fn conversation(text: &str) -> Result<(String, String), String> {
    let (game, id) = text.split_once('/').ok_or("give it as GAME/ID")?;
    for (field, text) in [("GAME", game), ("ID", id)] {
        check_id(Id::Stored, field, text).map_err(|error| error.to_string())?;
    }
    Ok((game.to_owned(), id.to_owned()))
}

fn checked(field: &str, id: &str) -> Result<(), Failure> {
    check_id(Id::Stored, field, id).map_err(unusable)
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| match &arguments.command {
        Command::Export { user, reason, html } => export(&deployment, user, reason, html.as_deref(), console).await,
        Command::Proof { user } => proof(&deployment, user, console).await,
        Command::Verify { receipt } => verify(&deployment, receipt, json, console).await,
        Command::Erase { user, conversation } => erase(&deployment, user, conversation.as_ref(), json, console).await,
        Command::Tombstones { file } => {
            let added = bring_up_to_date(&*deployment.store, file, now_ms()).await.map_err(failed)?;
            match json {
                true => console.json(&json!({"added": added}))?,
                false => console.line(format_args!("{added} tombstones added"))?,
            }
            Ok(Verdict::Yes)
        }
        Command::Reapply { file, uncounted } => {
            let counting = if *uncounted { Counting::Waived } else { Counting::Needed };
            let contents = read_tombstones(Some(&*deployment.store), file, counting).await?;
            let again = erase_again(&deployment, contents).await?;
            match json {
                true => console.json(&again)?,
                false => console.line(told(&again))?,
            }
            Ok(Verdict::Yes)
        }
        Command::Consent { user, game, give, withdraw, note } => match game {
            Some(game) if *give || *withdraw => consent(&deployment, user, game, *give, note, json, console).await,
            game => history(&deployment, user, game.as_deref(), json, console).await,
        },
        Command::Hold { user: Some(user), reason: Some(reason), .. } => {
            hold(&deployment, user, reason, json, console).await
        }
        Command::Hold { lift: Some(id), .. } => lift(&deployment, id, console).await,
        Command::Hold { .. } => holds(&deployment, json, console).await,
    })
}

async fn export(deployment: &Deployment, user: &str, reason: &str, html: Option<&Path>, console: &mut Console) -> End {
    checked("user", user)?;
    check_reason(reason).map_err(unusable)?;
    let subject = person_pseudonym(&deployment.tenant, user);
    // Told before anything is shown.
    deployment.tell(events::PII_ACCESSED, &subject, json!({"reason": reason.trim()})).await.map_err(failed)?;
    deployment.tell(events::PERSON_EXPORTED, &subject, json!({})).await.map_err(failed)?;
    let hand = Hand {
        store: &*deployment.store,
        protection: &*deployment.protection,
        config: Arc::new(deployment.config.clone()),
        actor: ACTOR,
    };
    let (document, lost) = hand.export_person(&deployment.tenant, user, now_ms()).await.map_err(failed)?;
    if let Some(path) = html {
        let written = NewFile::begin(path).and_then(|(new, mut file)| {
            file.write_all(readable::person(&document).as_bytes())?;
            file.sync_all()?;
            new.finish()
        });
        written.map_err(|error| failed(format!("{}: {error}", path.display())))?;
    }
    console.json(&document)?;
    if ["conversations", "consents", "unreadable"]
        .iter()
        .all(|part| document[part].as_array().is_none_or(Vec::is_empty))
    {
        console.note("nothing is here of a person of this id: is it theirs?");
    }
    console.lost(&lost);
    Ok(Verdict::when(lost.is_empty()))
}

/// The key that receipts are signed with.
fn audit_key(deployment: &Deployment) -> Result<&Secret, Failure> {
    let key = deployment.config.audit_key.as_ref();
    key.ok_or_else(|| failed("LGDL_AUDIT_KEY is not set; without it no receipt is signed or checked"))
}

async fn proof(deployment: &Deployment, user: &str, console: &mut Console) -> End {
    checked("user", user)?;
    let key = audit_key(deployment)?;
    // To the end: what waits in the outbox has no link yet.
    while audit::drain(&*deployment.store).await.map_err(failed)? > 0 {}
    let receipt = receipts::issue(&*deployment.store, &deployment.config, &deployment.tenant, user, now_ms()).await;
    let receipt = receipt.map_err(failed)?;
    let erased = receipt.erased;
    console.json(&receipts::sign(receipt, key).map_err(failed)?)?;
    if !erased {
        console.note("this person was not erased, or has something here again: the receipt says what");
    }
    Ok(Verdict::when(erased))
}

async fn verify(deployment: &Deployment, file: &Path, json: bool, console: &mut Console) -> End {
    let key = audit_key(deployment)?;
    let shown = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    let signed: Signed =
        serde_json::from_str(&text).map_err(|error| failed(format!("{shown} is no receipt: {error}")))?;
    if signed.receipt.format != receipts::FORMAT || signed.receipt.format_version != receipts::FORMAT_VERSION {
        return Err(failed(format!("{shown} is no receipt that this program reads")));
    }
    let found = receipts::check(&*deployment.store, &signed, key).await.map_err(failed)?;
    if json {
        console.json(&found)?;
    } else {
        let said = |holds: bool, yes: &'static str, no: &'static str| if holds { yes } else { no };
        match found.authentic {
            false => console.line("NOT signed with this key, or altered: nothing that it says can be relied on")?,
            true => {
                console.line("signed with this key")?;
                let links =
                    said(found.in_the_log, "the audit log has its links", "the audit log does NOT have its links");
                console.line(links)?;
                if found.erased_again {
                    console
                        .line("the person was erased again after a restore: make a new receipt (`lgdl gdpr proof`)")?;
                }
                console.line(said(found.still_so, "what it says is so", "what it says is NOT so any more"))?;
                console.line(said(signed.receipt.erased, "the person was erased", "the person was NOT erased"))?;
            }
        }
    }
    Ok(Verdict::when(found.holds()))
}

async fn erase(
    deployment: &Deployment,
    user: &str,
    conversation: Option<&(String, String)>,
    json: bool,
    console: &mut Console,
) -> End {
    checked("user", user)?;
    let (store, tenant, now_ms) = (&*deployment.store, deployment.tenant.as_str(), now_ms());
    let order = ErasureOrder { id: ErasureId::mint(now_ms, &SystemRandom), requested_by: ACTOR.into(), now_ms };
    let erasure = order.id.to_string();
    let told = |event, subject: &str| deployment.event(event, subject, json!({"erasure": erasure}));
    let outcome = match conversation {
        Some((game, id)) => {
            let key = ConversationKey { tenant: tenant.to_owned(), game: game.clone(), external_id: id.clone() };
            let told = told(events::CONVERSATION_DELETED, key.id().as_str());
            store.erase_conversation(&key, user, order, told).await
        }
        None => {
            let told = told(events::PERSON_ERASED, &person_pseudonym(tenant, user));
            store.erase_person(tenant, user, order, told).await
        }
    };
    match outcome.map_err(failed)? {
        ErasureOutcome::Erased(report) => {
            if let Some(file) = &deployment.config.tombstones {
                // The origin would do so, but need not run.
                bring_up_to_date(store, file, now_ms).await.map_err(|error| {
                    failed(format!(
                        "{error}\nit is erased, but its tombstone is not in that file: a restore would not know of it"
                    ))
                })?;
            }
            if conversation.is_none() && report == ErasureReport::default() {
                console.note(
                    "nothing was here of a person of this id: is it theirs? What still comes from before now is erased with it",
                );
            }
            let report = json!({"erasure": erasure, "report": report});
            if json {
                console.json(&report)?;
            } else {
                console.line(&report)?;
            }
            Ok(Verdict::Yes)
        }
        ErasureOutcome::Held => {
            console.note("E903 a legal hold is in force: nothing was erased");
            Ok(Verdict::No)
        }
        ErasureOutcome::Unknown => {
            console.note("there is no such conversation of this person");
            Ok(Verdict::No)
        }
    }
}

/// Reads a file of tombstones to its end, and checks that it is whole; where there is a store, also by what that remembers.
pub(super) async fn read_tombstones(
    store: Option<&dyn Store>,
    file: &Path,
    counting: Counting,
) -> Result<Contents, Failure> {
    if !file.is_file() {
        return Err(Failure::Usage(format!("{} is no file", file.display())));
    }
    let noted = match store {
        Some(store) => tombstones::noted(store, file).await.map_err(failed)?,
        None => None,
    };
    tombstones::read(file, noted.as_ref(), counting).await.map_err(failed)
}

/// Whether a file is the one that the store has written its tombstones to, all of it.
pub(super) async fn check_noted(store: &dyn Store, file: &Path) -> Result<(), Failure> {
    let noted = tombstones::noted(store, file).await.map_err(failed)?;
    match noted {
        Some(noted) => tombstones::read(file, Some(&noted), Counting::Needed).await.map(drop).map_err(failed),
        None => Ok(()),
    }
}

/// Erases again what a file of tombstones says was erased. What the store held before may be gone, so another epoch begins.
pub(super) async fn erase_again(deployment: &Deployment, contents: Contents) -> Result<Again, Failure> {
    let again = tombstones::apply(&*deployment.store, contents, ACTOR, now_ms()).await.map_err(failed)?;
    if again.applied > 0 {
        begin_epoch(&*deployment.store, &SystemClock, &SystemRandom).await.map_err(failed)?;
    }
    Ok(again)
}

/// What came of it, in words.
pub(super) fn told(again: &Again) -> String {
    let Again { applied, known, torn, removed } = again;
    let torn = if *torn == 0 { String::new() } else { format!(", {torn} torn lines left out") };
    format!(
        "erased again: {applied} tombstones applied ({} conversations, {} turns removed), {known} stood already{torn}",
        removed.conversations,
        removed.turns + removed.archived_turns
    )
}

async fn consent(
    deployment: &Deployment,
    user: &str,
    game: &str,
    given: bool,
    note: &str,
    json: bool,
    console: &mut Console,
) -> End {
    checked("user", user)?;
    checked("game", game)?;
    check_note(note).map_err(unusable)?;
    let now_ms = now_ms();
    let row = ConsentRow {
        id: ConsentId::mint(now_ms, &SystemRandom),
        tenant: deployment.tenant.clone(),
        game: game.to_owned(),
        user_id: user.to_owned(),
        given,
        at: now_ms,
        actor: ACTOR.into(),
        note: note.to_owned(),
    };
    let detail = json!({"game": game, "given": given, "consent": row.id});
    let subject = person_pseudonym(&deployment.tenant, user);
    let told = deployment.event(events::CONSENT_CHANGED, subject, detail);
    deployment.store.add_consent(row.clone(), told).await.map_err(failed)?;
    if json {
        console.json(&row)?;
    } else {
        console.line(&row.id)?;
    }
    Ok(Verdict::Yes)
}

async fn history(deployment: &Deployment, user: &str, game: Option<&str>, json: bool, console: &mut Console) -> End {
    checked("user", user)?;
    game.map_or(Ok(()), |game| checked("game", game))?;
    let rows = deployment.store.consents(&deployment.tenant, user, game).await.map_err(failed)?;
    if json {
        console.json(&json!({"consents": rows}))?;
        return Ok(Verdict::Yes);
    }
    for row in rows {
        let what = if row.given { "given" } else { "withdrawn" };
        console.line(format_args!("{}  {what:9}  {}  {}  {}", row.id, row.at, row.game, row.note))?;
    }
    Ok(Verdict::Yes)
}

async fn hold(deployment: &Deployment, user: &str, reason: &str, json: bool, console: &mut Console) -> End {
    checked("user", user)?;
    check_reason(reason).map_err(unusable)?;
    let now_ms = now_ms();
    let row = HoldRow {
        id: HoldId::mint(now_ms, &SystemRandom),
        tenant: deployment.tenant.clone(),
        user_id: user.to_owned(),
        reason: reason.to_owned(),
        placed_at: now_ms,
        placed_by: ACTOR.into(),
        lifted_at: None,
    };
    let subject = person_pseudonym(&deployment.tenant, user);
    let told = deployment.event(events::HOLD_PLACED, subject, json!({"hold": row.id}));
    deployment.store.place_hold(row.clone(), told).await.map_err(failed)?;
    if json {
        console.json(&row)?;
    } else {
        console.line(&row.id)?;
    }
    Ok(Verdict::Yes)
}

async fn lift(deployment: &Deployment, id: &HoldId, console: &mut Console) -> End {
    let told = deployment.event(events::HOLD_LIFTED, id.as_str(), json!({}));
    let lifted = deployment.store.lift_hold(&deployment.tenant, id, now_ms(), told).await.map_err(failed)?;
    if !lifted {
        console.note(format_args!("there is no hold {id} in force"));
    }
    Ok(Verdict::when(lifted))
}

async fn holds(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let rows = deployment.store.holds(&deployment.tenant).await.map_err(failed)?;
    if json {
        console.json(&json!({"holds": rows}))?;
        return Ok(Verdict::Yes);
    }
    for row in rows {
        console.line(format_args!("{}  {}  {}  {}", row.id, row.placed_at, row.user_id, row.reason))?;
    }
    Ok(Verdict::Yes)
}
