//! `lgdl keys`: API keys, and the rotation of the key that encrypts the data keys.

use lgdl_origin::audit::events;
use lgdl_origin::clock::{DAY_MS, Millis};
use lgdl_origin::ids::ApiKeyId;
use lgdl_origin::keys::{self, KeyRequest, Made, NotMade};
use lgdl_origin::privacy::{Sealed, check_ring, rotate, seal_plain};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::ApiKeyRow;
use serde_json::json;

use super::console::Console;
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms};
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
    /// Make an API key and show it, this once
    Create {
        /// What people call it
        #[arg(long)]
        name: String,
        /// What it may do: turns, admin, agent, consent
        #[arg(long = "scope", value_name = "SCOPE", default_value = "turns")]
        scopes: Vec<String>,
        /// live or test; a part of the key
        #[arg(long, default_value = "live")]
        environment: String,
        /// Days until it ends; default: never
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
        expires_in: Option<u32>,
    },
    /// Show the API keys, without their secrets
    List,
    /// Revoke an API key
    Revoke {
        /// Its id, key_…
        id: ApiKeyId,
    },
    /// Wrap every data key anew under the first key of LGDL_ENCRYPTION_KEY; may be stopped and run again
    Rotate,
    /// Seal what was stored in plain before there was a LGDL_ENCRYPTION_KEY; may be stopped and run again
    Seal,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| match &arguments.command {
        Command::Create { name, scopes, environment, expires_in } => {
            let expires_at = expires_in.map(|days| now_ms() + Millis::from(days) * DAY_MS);
            let request = KeyRequest { tenant: &deployment.tenant, name, environment, scopes, expires_at };
            create(&deployment, &request, json, console).await
        }
        Command::List => list(&deployment, json, console).await,
        Command::Revoke { id } => revoke(&deployment, id, json, console).await,
        Command::Seal => seal(&deployment, json, console).await,
        Command::Rotate => rotate_all(&deployment, json, console).await,
    })
}

async fn create(deployment: &Deployment, request: &KeyRequest<'_>, json: bool, console: &mut Console) -> End {
    let made = keys::create(&*deployment.store, request, ACTOR, now_ms(), &SystemRandom).await;
    let Made { row, key, agent } = made.map_err(|why| match why {
        NotMade::Refused(why) => Failure::Usage(why.to_string()),
        NotMade::Account(_) | NotMade::Store(_) => failed(why),
    })?;
    if json {
        console.json(&json!({
            "id": row.id, "key": key, "scopes": row.scopes, "expires_at_ms": row.expires_at, "agent": agent,
        }))?;
    } else {
        console.line(&key)?;
        console.note(format_args!("{}: keep it; it is not shown again", row.id));
        if let Some(agent) = agent {
            console.note(format_args!("{agent}: say which queues it serves, PUT /admin/v1/agents/{agent}"));
        }
    }
    Ok(Verdict::Yes)
}

async fn list(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let rows = deployment.store.keys(&deployment.tenant).await.map_err(failed)?;
    if json {
        let shown = |row: &ApiKeyRow| {
            json!({
                "id": row.id, "name": row.name, "scopes": row.scopes, "created_at_ms": row.created_at,
                "expires_at_ms": row.expires_at, "revoked_at_ms": row.revoked_at,
            })
        };
        console.json(&json!({"keys": rows.iter().map(shown).collect::<Vec<_>>()}))?;
        return Ok(Verdict::Yes);
    }
    for row in rows {
        let state = match (row.revoked_at, row.expires_at) {
            (Some(_), _) => "revoked",
            (None, Some(end)) if end <= now_ms() => "expired",
            _ => "good",
        };
        console.line(format_args!("{}  {state:7}  {}  {}", row.id, row.scopes.join(","), row.name))?;
    }
    Ok(Verdict::Yes)
}

async fn revoke(deployment: &Deployment, id: &ApiKeyId, json: bool, console: &mut Console) -> End {
    let told = deployment.event(events::KEY_REVOKED, id.as_str(), json!({}));
    let revoked = deployment.store.revoke_key(&deployment.tenant, id, now_ms(), told).await.map_err(failed)?;
    if json {
        console.json(&json!({"id": id, "revoked": revoked}))?;
    } else if !revoked {
        console.note(format_args!("there is no key {id}, or it was revoked before"));
    }
    Ok(Verdict::when(revoked))
}

async fn rotate_all(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let ring = deployment.config.encryption_key.as_ref();
    let ring = ring.ok_or_else(|| failed("LGDL_ENCRYPTION_KEY is not set: nothing is encrypted"))?;
    let told = deployment.event(events::KEY_ROTATED, "encryption", json!({"to": ring.active_id()}));
    let progress = |done: &lgdl_origin::privacy::Rotation| {
        console.progress(format_args!("{} data keys seen, {} wrapped anew", done.seen, done.rewrapped));
    };
    let done = rotate(&*deployment.store, ring, &SystemRandom, &told, progress).await.map_err(failed)?;
    console.progress_done();
    if json {
        console.json(&done)?;
    } else {
        console.line(format_args!("{} data keys seen, {} wrapped anew", done.seen, done.rewrapped))?;
        console.unreadable(&done.unreadable);
    }
    Ok(Verdict::when(done.unreadable.is_empty()))
}

async fn seal(deployment: &Deployment, json: bool, console: &mut Console) -> End {
    let Deployment { config, store, protection, .. } = deployment;
    let ring = config.encryption_key.as_ref();
    let ring = ring.ok_or_else(|| failed("LGDL_ENCRYPTION_KEY is not set: there is nothing to seal with"))?;
    check_ring(&**store, Some(ring)).await.map_err(failed)?;
    let progress =
        |done: &Sealed| console.progress(format_args!("{} conversations seen, {} sealed", done.seen, done.sealed));
    let done = seal_plain(&**store, &**protection, progress).await.map_err(failed)?;
    console.progress_done();
    if done.sealed > 0 {
        let detail = json!({"conversations": done.sealed});
        deployment.tell(events::TEXTS_SEALED, "encryption", detail).await.map_err(failed)?;
    }
    if json {
        console.json(&done)?;
    } else {
        console.line(format_args!("{} conversations seen, {} sealed", done.seen, done.sealed))?;
        console.unreadable(&done.unreadable);
    }
    Ok(Verdict::when(done.unreadable.is_empty()))
}
