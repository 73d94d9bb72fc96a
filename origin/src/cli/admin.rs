//! `lgdl admin`: makes administrators, the first above all.

use std::io::{self, IsTerminal};

use lgdl_origin::admin::{CreateRefused, NewAdministrator, create_administrator};
use lgdl_origin::hex;
use lgdl_origin::random::{Random as _, SystemRandom};
use lgdl_origin::store::Role;
use serde_json::json;

use super::console::Console;
use super::deployment::{ACTOR, Where, failed, now_ms};
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
    /// Make an administrator. The password is the first line of standard input; on a terminal one is made and shown
    Create {
        /// What they log in with
        name: String,
        /// viewer, operator, privacy_officer or admin
        #[arg(long, default_value = "admin", value_parser = role)]
        role: Role,
        /// Bind them to the tenant of --tenant; default: they are for all, and for the deployment itself
        #[arg(long)]
        bound: bool,
    },
    /// Show the administrators
    List,
}

fn role(name: &str) -> Result<Role, String> {
    Role::of_name(name).ok_or_else(|| format!("a role is one of {}", Role::ALL.map(Role::name).join(", ")))
}

pub(super) fn run(arguments: &Arguments, console: &mut Console) -> End {
    let json = arguments.place.json;
    arguments.place.with(async |deployment| match &arguments.command {
        Command::Create { name, role, bound } => {
            let (password, made) = password()?;
            let tenant = bound.then_some(deployment.tenant.as_str());
            let new = NewAdministrator { name, password: &password, role: *role, tenant, actor: ACTOR };
            let row = match create_administrator(&*deployment.store, new, now_ms(), &SystemRandom).await {
                Ok(row) => row,
                Err(refused @ (CreateRefused::Store(_) | CreateRefused::Exists)) => return Err(failed(refused)),
                Err(refused) => return Err(Failure::Usage(refused.to_string())),
            };
            if json {
                let shown = made.then_some(&password);
                console.json(&json!({"id": row.id, "name": row.name, "role": row.role, "password": shown}))?;
            } else {
                console.line(&row.id)?;
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
                console.line(format_args!("{}  {:15}  {state:8}  {}", row.id, row.role.name(), row.name))?;
            }
            Ok(Verdict::Yes)
        }
    })
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
