//! `lgdl privacy`: the records of processing of a published game, for the data-protection officer.

use lgdl::compiled::CompiledGame;
use lgdl_origin::games::policy;
use lgdl_origin::readable;
use lgdl_origin::records::check_id;
use lgdl_origin::store::TextRight;
use serde_json::{Map, Value, json};

use super::console::Console;
use super::deployment::{Deployment, Where, failed, unusable};
use super::failure::{End, Failure, Verdict};

#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    place: Where,
    /// The game's id
    #[arg(value_name = "GAME")]
    game: String,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    check_id(lgdl::ids::Id::Game, "game", &arguments.game).map_err(unusable)?;
    arguments.place.with(async |deployment| {
        let Some(record) = record(&deployment, &arguments.game).await? else {
            console.note(format_args!("there is no game {}", arguments.game));
            return Ok(Verdict::No);
        };
        match arguments.place.json {
            true => console.json(&record)?,
            false => console.line(readable::record_of_processing(&record).trim_end())?,
        }
        Ok(Verdict::Yes)
    })
}

/// What is collected, why, how long it is kept and where it goes; `None`: there is no such game.
async fn record(deployment: &Deployment, game: &str) -> Result<Option<Map<String, Value>>, Failure> {
    let (store, config, tenant) = (&*deployment.store, &deployment.config, deployment.tenant.as_str());
    let games = store.games(tenant).await.map_err(failed)?;
    let Some(row) = games.into_iter().find(|row| row.game == game) else { return Ok(None) };
    let bytes = store.compiled(tenant, &row.active.version).await.map_err(failed)?;
    let bytes =
        bytes.ok_or_else(|| failed(format!("the version {} of {game} has no compiled form", row.active.version)))?;
    let compiled = CompiledGame::load(bytes.as_slice().into()).map_err(failed)?;
    let header = compiled.header();
    let policy = policy(&row.active).map_err(failed)?;

    let mut collected = Vec::new();
    for index in 0..compiled.move_count() {
        let one = compiled.move_at(index).ok_or_else(|| failed(format!("{game} can't be read")))?;
        for slot in &one.slots {
            let sensitive = slot.sensitive || header.contract.pii_fields.contains(&slot.name);
            collected.push(json!({
                "what": slot.name, "for": one.name, "required": slot.required, "sensitive": sensitive,
            }));
        }
    }
    let goes = header.services.iter().flat_map(|service| {
        let functions = header.contract.functions.iter().filter(|function| function.service == service.name);
        let given: Vec<Value> = functions
            .map(|function| json!({
                "to": format!("{}.{}", function.service, function.function),
                "what": if function.parameters.is_empty() { "all values in scope".into() } else { function.parameters.join(", ") },
            }))
            .collect();
        if given.is_empty() {
            let functions = if service.functions.is_empty() { "any function".into() } else { service.functions.join(", ") };
            vec![json!({"to": format!("{}: {functions}", service.name), "what": "all values in scope"})]
        } else {
            given
        }
    });
    let hooks = store.webhooks(Some(tenant)).await.map_err(failed)?;
    let hooks = hooks.iter().map(|row| {
        let what = match row.hook.text {
            TextRight::Included => "what was said and answered, values, the person's id",
            TextRight::Withheld => "what happened, under a pseudonym",
        };
        json!({"to": format!("webhook {}", row.hook.name), "what": what})
    });
    let understanding = json!({
        "to": "an understanding service, where a node's LGDL_UNDERSTANDING_SERVICE names one",
        "what": "what was said, but for answers to sensitive slots",
    });
    let goes: Vec<Value> = goes.chain(hooks).chain([understanding]).collect();
    let persons: Vec<&str> = match header.participants.as_slice() {
        [] => vec!["whoever talks to it"],
        named => named.iter().map(|participant| participant.name.as_str()).collect(),
    };
    let days =
        |days: Option<u32>| days.map_or("for ever".to_owned(), |days| format!("{days} days after the last turn"));
    let own = policy.retention_days.or(config.conversation_ttl_days);
    let bounded = match (own, config.gdpr_retention_days) {
        (Some(own), Some(bound)) => Some(own.min(bound)),
        (own, bound) => own.or(bound),
    };
    let document = json!({
        "game": game,
        "tenant": tenant,
        "version": row.active.version,
        "purpose": header.description,
        "legal_basis": if policy.consent_required { "consent, asked before the first turn" } else { "to be named by the controller; the game asks for no consent" },
        "persons": persons,
        "kept_of_every_turn": [
            "what the person wrote", "the answer", "the time", "the id that the site gave for the person",
            "what the site told with it (context), and what services answered",
        ],
        "collected": collected,
        "goes_to": goes,
        "kept_for": days(bounded),
        "answers_for_replays_kept_for": format!("{} hours", config.idempotency_hours),
        "encryption_at_rest": if config.encryption_key.is_some() { "AES-256-GCM, a key a person" } else { "none" },
        "stored_in": store.kind(),
        "copies": [
            "edges: sealed, for LGDL_KV_TTL seconds after the last turn, or until the origin has what they kept".to_owned(),
            "backups: as long as the operator keeps them".to_owned(),
        ],
        "audit_log": if config.audit_push_url.is_some() { "pseudonyms and facts, for ever, also sent to a SIEM" } else { "pseudonyms and facts, for ever" },
        "rights": ["lgdl gdpr export", "lgdl gdpr erase", "lgdl gdpr proof", "lgdl gdpr consent", "lgdl gdpr hold"],
    });
    match document {
        Value::Object(record) => Ok(Some(record)),
        _ => Ok(None),
    }
}
