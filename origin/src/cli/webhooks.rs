//! `lgdl webhooks`: who is told what happens, and what came of it.

use lgdl_origin::bus;
use lgdl_origin::consumer::position_of;
use lgdl_origin::ids::WebhookId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{DeliveryEnd, TextRight, Urgency, WebhookRow, WebhookState};
use lgdl_origin::webhooks::{Hand, NewWebhook, OVERLAP_HOURS, WebhookError, try_out};
use serde_json::{Value, json};

use super::console::Console;
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};

/// Why a webhook is paused that this command has paused.
const BY_HAND: &str = "an operator has paused it";
/// Lines of the log that are shown.
const LOG_LINES: u32 = 20;

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Make a webhook; its secret is shown this once
    Add {
        /// Where it is delivered to
        url: String,
        /// What people call it
        #[arg(long)]
        name: String,
        /// Types and patterns such as move.*, with commas between them; default: all
        #[arg(long, value_name = "TYPES", default_value = "")]
        types: String,
        /// Those of high priority alone
        #[arg(long)]
        urgent: bool,
        /// Tell it also what persons said and were answered
        #[arg(long)]
        include_text: bool,
        /// Seconds without an answer after which games hear `timeout`
        #[arg(long, value_name = "SECONDS")]
        follow_up: Option<u32>,
    },
    /// Show the webhooks
    List,
    /// Show one, with what came of its last deliveries
    Show { webhook: WebhookId },
    /// Hold its deliveries back
    Pause { webhook: WebhookId },
    /// Deliver again, from where it stopped
    Resume { webhook: WebhookId },
    /// Give it a new secret, shown this once; the one of before signs beside it for a while
    Rotate {
        webhook: WebhookId,
        /// Hours that both are used
        #[arg(long, value_name = "HOURS", default_value_t = OVERLAP_HOURS)]
        overlap: u32,
    },
    /// Send it an event that nothing happened for
    Test { webhook: WebhookId },
    /// Deliver a range of events once more
    Redeliver {
        webhook: WebhookId,
        /// After this sequence
        #[arg(long, value_name = "SEQUENCE")]
        after: u64,
        /// Up to this one; default: up to the last
        #[arg(long, value_name = "SEQUENCE")]
        upto: Option<u64>,
    },
    /// Say after how many seconds without an answer games hear `timeout`
    FollowUp {
        webhook: WebhookId,
        /// Seconds; default: never
        #[arg(value_name = "SECONDS")]
        after: Option<u32>,
    },
    /// Remove it
    Remove { webhook: WebhookId },
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let hand = Hand {
            store: &*deployment.store,
            protection: &*deployment.protection,
            config: &deployment.config,
            random: &SystemRandom,
            tenant: &deployment.tenant,
            actor: ACTOR,
            now_ms: now_ms(),
        };
        let json = arguments.place.json;
        match &arguments.command {
            Command::Add { url, name, types, urgent, include_text, follow_up } => {
                let urgency = if *urgent { Urgency::High } else { Urgency::Any };
                let text = if *include_text { TextRight::Included } else { TextRight::Withheld };
                let types = bus::split(types);
                let new = NewWebhook { name, url, types, urgency, text, follow_up_after_s: *follow_up };
                let (row, secret) = hand.make(new).await.map_err(refused)?;
                show_secret(&deployment, &row, &secret, json, console).await?;
            }
            Command::Rotate { webhook, overlap } => {
                let (row, secret) = hand.rotate(webhook, *overlap).await.map_err(refused)?;
                show_secret(&deployment, &row, &secret, json, console).await?;
            }
            Command::List => {
                let mut all = Vec::new();
                for row in deployment.store.webhooks(Some(&deployment.tenant)).await.map_err(failed)? {
                    all.push(shown(&deployment, &row).await?);
                }
                if json {
                    console.json(&json!({"webhooks": all}))?;
                } else {
                    for one in &all {
                        line(one, console)?;
                    }
                }
            }
            Command::Show { webhook } => {
                let row = hand.find(webhook).await.map_err(refused)?;
                let log = deployment.store.deliveries(webhook, u64::MAX, LOG_LINES).await.map_err(failed)?;
                let one = shown(&deployment, &row).await?;
                if json {
                    console.json(&json!({"webhook": one, "deliveries": log}))?;
                } else {
                    line(&one, console)?;
                    for row in log {
                        let at = jiff::Timestamp::from_millisecond(row.at).map_err(failed)?;
                        let ended = match row.ended {
                            DeliveryEnd::Delivered => "delivered",
                            DeliveryEnd::Failed => "failed",
                            DeliveryEnd::Tested => "tested",
                            DeliveryEnd::TestFailed => "test failed",
                        };
                        let status = row.status.map_or("-".to_owned(), |status| status.to_string());
                        let why = row.why.unwrap_or_default();
                        console.line(format_args!(
                            "  {at}  {ended:11}  {status:3}  {} to {} ({})  {} ms  {why}",
                            row.first, row.last, row.count, row.took_ms
                        ))?;
                    }
                }
            }
            Command::Pause { webhook } => changed(&hand.pause(webhook, BY_HAND).await, json, console)?,
            Command::Resume { webhook } => changed(&hand.resume(webhook).await, json, console)?,
            Command::Redeliver { webhook, after, upto } => {
                changed(&hand.deliver_again(webhook, *after, *upto).await, json, console)?;
            }
            Command::FollowUp { webhook, after } => {
                let done = hand.follow_up(webhook, *after).await;
                if let (Ok(row), false) = (&done, json) {
                    console.line(format_args!("{}  {}", row.id, in_words(row.hook.follow_up_after_s)))?;
                }
                changed(&done, json, console)?;
            }
            Command::Remove { webhook } => {
                hand.remove(webhook).await.map_err(refused)?;
                if json {
                    console.json(&json!({"removed": webhook}))?;
                }
            }
            Command::Test { webhook } => {
                let tested = try_out(&hand, webhook).await.map_err(refused)?;
                if json {
                    console.json(&tested)?;
                } else {
                    match &tested.why {
                        None => console.line(format_args!("taken after {} ms", tested.took_ms))?,
                        Some(why) => console.note(format_args!("not taken: {why}")),
                    }
                }
                return Ok(Verdict::when(tested.why.is_none()));
            }
        }
        Ok(Verdict::Yes)
    })
}

async fn show_secret(
    deployment: &Deployment,
    row: &WebhookRow,
    secret: &str,
    json: bool,
    console: &mut Console,
) -> Result<(), Failure> {
    if json {
        let mut one = shown(deployment, row).await?;
        one["secret"] = secret.into();
        return console.json(&one);
    }
    console.line(format_args!("{}  {secret}", row.id))?;
    console.note("the secret is shown this once");
    Ok(())
}

fn changed(done: &Result<WebhookRow, WebhookError>, json: bool, console: &mut Console) -> Result<(), Failure> {
    let row = done.as_ref().map_err(|error| refused(error.clone()))?;
    if json {
        console.json(&json!({"id": row.id, "state": row.hook.state, "again": row.hook.again,
                       "follow_up_after_seconds": row.hook.follow_up_after_s}))
    } else {
        Ok(())
    }
}

async fn shown(deployment: &Deployment, row: &WebhookRow) -> Result<Value, Failure> {
    let store = &*deployment.store;
    let position = position_of(store, &WebhookRow::note(&row.id)).await.map_err(failed)?;
    let last = store.bus_ends().await.map_err(failed)?.last;
    let (state, why) = match &row.hook.state {
        WebhookState::Active => ("active", None),
        WebhookState::Paused { why, .. } => ("paused", Some(why)),
    };
    Ok(json!({
        "id": row.id, "name": row.hook.name, "url": row.hook.url, "types": row.hook.types, "text": row.hook.text,
        "state": state, "why": why, "sequence": position.sequence, "behind": last.saturating_sub(position.sequence),
        "failures": position.failures, "follow_up_after_seconds": row.hook.follow_up_after_s,
    }))
}

/// When games hear that nobody answered.
fn in_words(follow_up_after_s: Option<u32>) -> String {
    follow_up_after_s.map_or_else(|| "no follow-up".to_owned(), |after_s| format!("follow-up after {after_s} s"))
}

fn line(one: &Value, console: &mut Console) -> Result<(), Failure> {
    let text = |name: &str| one[name].as_str().unwrap_or_default();
    let why = one["why"].as_str().map(|why| format!(" ({why})")).unwrap_or_default();
    let (behind, failures) = (&one["behind"], &one["failures"]);
    let follow_up = match &one["follow_up_after_seconds"] {
        Value::Null => String::new(),
        after_s => format!("  follow-up after {after_s} s"),
    };
    console.line(format_args!(
        "{}  {}  {}{why}  {behind} behind, {failures} failures in a row{follow_up}  {}",
        text("id"),
        text("name"),
        text("state"),
        text("url")
    ))
}

fn refused(error: WebhookError) -> Failure {
    match error {
        WebhookError::Store(error) => failed(error),
        WebhookError::Types(_) | WebhookError::Address(_) | WebhookError::Refused(_) | WebhookError::Unknown => {
            Failure::Usage(error.to_string())
        }
        WebhookError::Changed => failed(error),
    }
}
