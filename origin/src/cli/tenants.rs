//! `lgdl tenants`: which tenants there are, and the end of one.

use std::collections::BTreeMap;

use lgdl::ids::Id;
use lgdl_origin::audit::events;
use lgdl_origin::ids::{ErasureId, person_pseudonym};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{AdministratorChange, AdministratorChanged, ErasureOrder, ErasureOutcome, Record, Section};
use lgdl_origin::tombstones::bring_up_to_date;
use lgdl_origin::{blocks, withdrawals};
use serde::Serialize;
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
    /// Show the tenants with what they have
    List,
    /// Erase every person of a tenant, remove its games, revoke its keys, and keep its administrators out
    Erase {
        /// The tenant's name
        name: String,
        /// The name once more: what is erased does not come back
        #[arg(long, value_name = "NAME")]
        confirm: String,
    },
}

/// Persons and keys read at once.
const BATCH: u32 = 500;

/// What a tenant has.
#[derive(Debug, Default, Serialize)]
struct Holdings {
    persons: u64,
    games: u64,
    keys_in_force: u64,
    administrators: u64,
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| match &arguments.command {
        Command::List => {
            let tenants = tenants(&deployment).await?;
            if json {
                console.json(&json!({"tenants": tenants}))?;
                return Ok(Verdict::Yes);
            }
            for (name, Holdings { persons, games, keys_in_force, administrators }) in tenants {
                console.line(format_args!(
                    "{name:24}  {persons} persons, {games} games, {keys_in_force} keys in force, {administrators} administrators"
                ))?;
            }
            Ok(Verdict::Yes)
        }
        Command::Erase { name, confirm } => {
            Id::Tenant.check(name).map_err(|rule| Failure::Usage(format!("a tenant's name {rule}")))?;
            if name != confirm {
                return Err(Failure::Usage(format!("say the name once more: --confirm {name}")));
            }
            erase(&deployment, name, json, console).await
        }
    })
}

async fn tenants(deployment: &Deployment) -> Result<BTreeMap<String, Holdings>, Failure> {
    let store = &*deployment.store;
    let mut tenants: BTreeMap<String, Holdings> = BTreeMap::new();
    let mut after = (String::new(), String::new());
    loop {
        let page = store.persons((&after.0, &after.1), BATCH).await.map_err(failed)?;
        for (tenant, _) in &page {
            tenants.entry(tenant.clone()).or_default().persons += 1;
        }
        match page.into_iter().last() {
            Some(last) => after = last,
            None => break,
        }
    }
    for section in [Section::Games, Section::Keys] {
        let mut from = String::new();
        loop {
            let page = store.page(section, &from, BATCH).await.map_err(failed)?;
            for record in page.records {
                match record {
                    Record::Game(game) => tenants.entry(game.tenant).or_default().games += 1,
                    Record::Key(key) => {
                        tenants.entry(key.tenant).or_default().keys_in_force += u64::from(key.revoked_at.is_none());
                    }
                    _ => {}
                }
            }
            match page.next {
                Some(next) => from = next,
                None => break,
            }
        }
    }
    for row in store.administrators().await.map_err(failed)? {
        if let Some(tenant) = row.tenant {
            tenants.entry(tenant).or_default().administrators += 1;
        }
    }
    Ok(tenants)
}

async fn erase(deployment: &Deployment, tenant: &str, json: bool, console: &mut Console) -> End {
    let store = &*deployment.store;
    let event = |event: &str, subject: &str, detail| events::of(now_ms(), tenant, event, ACTOR, subject, detail);
    // Nobody comes back while it is erased: keys and administrators go first.
    let (mut keys, mut administrators) = (0_u64, 0_u64);
    for key in store.keys(tenant).await.map_err(failed)?.into_iter().filter(|key| key.revoked_at.is_none()) {
        let told = event(events::KEY_REVOKED, key.id.as_str(), json!({"tenant": "erased"}));
        keys += u64::from(store.revoke_key(tenant, &key.id, now_ms(), told).await.map_err(failed)?);
    }
    for row in store.administrators().await.map_err(failed)? {
        if row.tenant.as_deref() != Some(tenant) || row.disabled {
            continue;
        }
        let told =
            event(events::ADMINISTRATOR_CHANGED, row.id.as_str(), json!({"changed": ["disabled"], "disabled": true}));
        let change = AdministratorChange { disabled: Some(true), ..AdministratorChange::default() };
        let changed = store.change_administrator(&row.id, change, told).await.map_err(failed)?;
        administrators += u64::from(matches!(changed, AdministratorChanged::Done(_)));
    }
    for row in store.webhooks(Some(tenant)).await.map_err(failed)? {
        let told = event(events::WEBHOOK_REMOVED, row.id.as_str(), json!({"tenant": "erased"}));
        store.remove_webhook(tenant, &row.id, told).await.map_err(failed)?;
    }
    let (mut erased, mut held) = (0_u64, 0_u64);
    // An empty user comes before every other.
    let mut after = String::new();
    loop {
        let page = store.persons((tenant, &after), BATCH).await.map_err(failed)?;
        let ours: Vec<String> = page.into_iter().filter(|(of, _)| of == tenant).map(|(_, user)| user).collect();
        let Some(last) = ours.last().cloned() else { break };
        for user in ours {
            let order = ErasureOrder {
                id: ErasureId::mint(now_ms(), &SystemRandom),
                requested_by: ACTOR.into(),
                now_ms: now_ms(),
            };
            let detail = json!({"erasure": order.id, "tenant": "erased"});
            let told = event(events::PERSON_ERASED, &person_pseudonym(tenant, &user), detail);
            match store.erase_person(tenant, &user, order, told).await.map_err(failed)? {
                ErasureOutcome::Erased(_) | ErasureOutcome::Unknown => erased += 1,
                ErasureOutcome::Held => held += 1,
            }
        }
        after = last;
    }
    // A held person's conversation stays on its game.
    let mut games = 0;
    if held == 0 {
        games = store.games(tenant).await.map_err(failed)?.len();
        let told = event(events::GAMES_REMOVED, tenant, json!({"tenant": "erased", "games": games}));
        store.remove_games(tenant, told).await.map_err(failed)?;
        let told = event(events::BLOCK_LIFTED, tenant, json!({"tenant": "erased"}));
        blocks::remove_all(store, tenant, now_ms(), &told).await.map_err(failed)?;
        let told = event(events::GAME_WITHDRAWN, tenant, json!({"tenant": "erased", "withdrawn": false}));
        withdrawals::forget_tenant(store, tenant, &told).await.map_err(failed)?;
    }
    if let Some(file) = &deployment.config.tombstones {
        // The origin would do so, but need not run.
        bring_up_to_date(store, file, now_ms()).await.map_err(failed)?;
    }
    if json {
        console.json(&json!({
            "tenant": tenant, "persons_erased": erased, "persons_held": held, "keys_revoked": keys,
            "administrators_kept_out": administrators, "games_removed": games,
        }))?;
    } else {
        console.line(format_args!(
            "{tenant}: {erased} persons erased, {games} games removed, {keys} keys revoked, {administrators} administrators \
             kept out"
        ))?;
    }
    if held > 0 {
        console.note(format_args!("E903 a legal hold is in force: {held} persons were not erased, and the games stay"));
    }
    Ok(Verdict::when(held == 0))
}
