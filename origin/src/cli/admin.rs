//! `lgdl admin`: makes administrators, the first above all.

use std::io::{self, IsTerminal};

use lgdl_origin::admin::{CreateRefused, NewAdministrator, check_password, create_administrator, hash_password};
use lgdl_origin::audit::events;
use lgdl_origin::hex;
use lgdl_origin::random::{Random as _, SystemRandom};
use lgdl_origin::store::{AdministratorChange, AdministratorChanged, Role};
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
    /// Make an administrator, of the tenant of --tenant; without it of all, and of the deployment itself. The password is the first line of standard input; on a terminal one is made and shown
    Create {
        /// What they log in with
        name: String,
        /// viewer, operator, privacy_officer or admin
        #[arg(long, default_value = "admin", value_parser = role)]
        role: Role,
    },
    /// Show the administrators, and the one tenant that each is for
    List,
    /// Give an administrator a new password, also when the present one is lost; ends their sessions
    Password {
        /// What they log in with
        name: String,
    },
    /// Keep an administrator out; ends their sessions
    Disable {
        /// What they log in with
        name: String,
    },
    /// Let an administrator in again
    Enable {
        /// What they log in with
        name: String,
    },
}

fn role(name: &str) -> Result<Role, String> {
    Role::of_name(name).ok_or_else(|| format!("a role is one of {}", Role::ALL.map(Role::name).join(", ")))
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| match &arguments.command {
        Command::Create { name, role } => {
            let (password, made) = password()?;
            // A tenant that is named is what they are for: to be for everything takes naming none.
            let tenant = arguments.place.tenant.as_deref();
            let new = NewAdministrator { name, password: &password, role: *role, tenant, actor: ACTOR };
            let row = match create_administrator(&*deployment.store, new, now_ms(), &SystemRandom).await {
                Ok(row) => row,
                Err(refused @ (CreateRefused::Store(_) | CreateRefused::Exists)) => return Err(failed(refused)),
                Err(refused) => return Err(Failure::Usage(refused.to_string())),
            };
            if json {
                let shown = made.then_some(&password);
                let tenant = row.tenant;
                console.json(&json!({
                    "id": row.id, "name": row.name, "role": row.role, "tenant": tenant, "password": shown,
                }))?;
            } else {
                console.line(&row.id)?;
                console.note(format_args!("for {}", scope(row.tenant.as_deref())));
                if made {
                    console.line(format_args!("password: {password}"))?;
                }
            }
            Ok(Verdict::Yes)
        }
        Command::List => {
            let rows = deployment.store.administrators().await.map_err(failed)?;
            if json {
                let shown = rows.iter().map(|row| {
                    json!({
                        "id": row.id, "name": row.name, "role": row.role, "tenant": row.tenant, "disabled": row.disabled,
                    })
                });
                console.json(&json!({"administrators": shown.collect::<Vec<_>>()}))?;
                return Ok(Verdict::Yes);
            }
            for row in rows {
                let state = if row.disabled { "kept out" } else { "good" };
                let (role, scope) = (row.role.name(), scope(row.tenant.as_deref()));
                console.line(format_args!("{}  {role:15}  {state:8}  {scope:20}  {}", row.id, row.name))?;
            }
            Ok(Verdict::Yes)
        }
        Command::Password { name } => {
            let (password, made) = password()?;
            check_password(name, &password).map_err(|refused| Failure::Usage(refused.to_string()))?;
            let hash = hash_password(&password, &SystemRandom).await.map_err(failed)?;
            let change = AdministratorChange { password: Some(hash), ..AdministratorChange::default() };
            let verdict = change_named(&deployment, name, change, "password", console).await?;
            if made && verdict == Verdict::Yes {
                console.line(format_args!("password: {password}"))?;
            }
            Ok(verdict)
        }
        Command::Disable { name } => {
            let change = AdministratorChange { disabled: Some(true), ..AdministratorChange::default() };
            change_named(&deployment, name, change, "disabled", console).await
        }
        Command::Enable { name } => {
            let change = AdministratorChange { disabled: Some(false), ..AdministratorChange::default() };
            change_named(&deployment, name, change, "disabled", console).await
        }
    })
}

/// What an administrator is for, in words.
fn scope(tenant: Option<&str>) -> String {
    tenant.map_or_else(|| "everything".to_owned(), |tenant| format!("tenant {tenant}"))
}

async fn change_named(
    deployment: &Deployment,
    name: &str,
    change: AdministratorChange,
    what: &str,
    console: &mut Console,
) -> End {
    let found = deployment.store.find_administrator(name).await.map_err(failed)?;
    let Some(row) = found else {
        console.note("there is no administrator of that name");
        return Ok(Verdict::No);
    };
    let detail = json!({"changed": [what], "disabled": change.disabled});
    let told = deployment.event(events::ADMINISTRATOR_CHANGED, row.id.as_str(), detail);
    match deployment.store.change_administrator(&row.id, change, told).await.map_err(failed)? {
        AdministratorChanged::Done(row) => {
            console.line(&row.id)?;
            Ok(Verdict::Yes)
        }
        AdministratorChanged::LastOne => {
            console.note("this is the last administrator of the deployment; make another first");
            Ok(Verdict::No)
        }
        AdministratorChanged::Unknown => Ok(Verdict::No),
    }
}

/// The first line of standard input; on a terminal, where it would be seen, one that is made here.
fn password() -> Result<(String, bool), Failure> {
    if io::stdin().is_terminal() {
        let mut bytes = [0; 16];
        SystemRandom.fill(&mut bytes);
        return Ok((hex::encode(&bytes), true));
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(|error| failed(format!("cannot read standard input: {error}")))?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}
