//! `lgdl block`, `unblock`, `blocked`: who is kept out.

use lgdl_origin::audit::events;
use lgdl_origin::blocks::{self, Block, BlockError, Subject};
use lgdl_origin::clock::{DAY_MS, Millis};
use lgdl_origin::ids::ApiKeyId;
use serde_json::json;

use super::console::Console;
use super::deployment::{ACTOR, Deployment, Where, failed, now_ms};
use super::failure::{End, Failure, Verdict};

/// Who is meant.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
struct Whom {
    /// A person, as clients name them
    #[arg(long, value_name = "ID")]
    person: Option<String>,
    /// An API key, by its id key_…
    #[arg(long, value_name = "ID")]
    key: Option<ApiKeyId>,
}

impl Whom {
    fn subject(&self) -> Result<Subject, Failure> {
        match (&self.person, &self.key) {
            (Some(user), _) => Ok(Subject::Person(user.clone())),
            (None, Some(id)) => Ok(Subject::Key(id.clone())),
            (None, None) => Err(Failure::Usage("name a person or a key".into())),
        }
    }
}

#[derive(clap::Args)]
pub(super) struct BlockArguments {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    whom: Whom,
    /// Why; kept in the audit log, and not shown to the person
    #[arg(long)]
    reason: String,
    /// How long, such as 30m, 12h or 7d; default: until it is lifted
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    lasts: Option<Millis>,
}

#[derive(clap::Args)]
pub(super) struct UnblockArguments {
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    whom: Whom,
}

#[derive(clap::Args)]
pub(super) struct BlockedArguments {
    #[command(flatten)]
    place: Where,
}

/// Longest time, days.
const MAX_DAYS: i64 = 36_500;

fn duration(text: &str) -> Result<Millis, String> {
    let problem = || "give it as a whole number of minutes, hours or days: 30m, 12h, 7d".to_owned();
    let at = text.len().checked_sub(1).filter(|at| text.is_char_boundary(*at)).ok_or_else(problem)?;
    let (number, unit) = text.split_at(at);
    let number: i64 = number.parse().map_err(|_| problem())?;
    let unit = match unit {
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => DAY_MS,
        _ => return Err(problem()),
    };
    let lasts = number.checked_mul(unit).filter(|lasts| (1..=MAX_DAYS * DAY_MS).contains(lasts));
    lasts.ok_or_else(problem)
}

pub(super) fn block(arguments: &BlockArguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let subject = arguments.whom.subject()?;
        if let Subject::Key(id) = &subject {
            let keys = deployment.store.keys(&deployment.tenant).await.map_err(failed)?;
            if keys.iter().all(|key| key.id != *id) {
                return Err(Failure::Usage(format!("there is no key {id}; `lgdl keys list` shows them")));
            }
        }
        let since_ms = now_ms();
        let until_ms = arguments.lasts.map(|lasts| since_ms + lasts);
        let block =
            Block { subject, reason: arguments.reason.trim().to_owned(), since_ms, by: ACTOR.to_owned(), until_ms };
        let detail = json!({"reason": block.reason, "until_ms": until_ms});
        let told = deployment.event(events::BLOCK_PLACED, block.subject.pseudonym(&deployment.tenant), detail);
        blocks::add(&*deployment.store, &deployment.tenant, &block, &told).await.map_err(refused)?;
        if arguments.place.json {
            console.json(&block)?;
        } else {
            console.note("nodes hear of it with their list of games, within LGDL_GAMES_TTL_MS");
        }
        Ok(Verdict::Yes)
    })
}

pub(super) fn unblock(arguments: &UnblockArguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let subject = arguments.whom.subject()?;
        let Deployment { store, tenant, .. } = &*deployment;
        let told = deployment.event(events::BLOCK_LIFTED, subject.pseudonym(tenant), json!({}));
        let lifted = blocks::remove(&**store, tenant, &subject, now_ms(), &told).await.map_err(refused)?;
        if arguments.place.json {
            console.json(&json!({"lifted": lifted}))?;
        } else if !lifted {
            console.note("there is no such block in force");
        }
        Ok(Verdict::when(lifted))
    })
}

pub(super) fn blocked(arguments: &BlockedArguments, console: &mut Console) -> End {
    arguments.place.with(async |deployment| {
        let all = blocks::in_force(&*deployment.store, &deployment.tenant, now_ms()).await.map_err(failed)?;
        if arguments.place.json {
            console.json(&json!({"blocks": all}))?;
            return Ok(Verdict::Yes);
        }
        for block in all {
            let (kind, name) = match &block.subject {
                Subject::Person(user) => ("person", user.clone()),
                Subject::Key(id) => ("key", id.to_string()),
            };
            let until = block.until_ms.map_or("until it is lifted".to_owned(), |until| format!("until {until}"));
            console.line(format_args!("{kind:6}  {name}  {until}  {}", block.reason))?;
        }
        Ok(Verdict::Yes)
    })
}

fn refused(error: BlockError) -> Failure {
    match error {
        BlockError::Refused(why) => Failure::Usage(why),
        BlockError::Store(error) => failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        assert_eq!(duration("30m"), Ok(1_800_000));
        assert_eq!(duration("12h"), Ok(43_200_000));
        assert_eq!(duration("7d"), Ok(7 * DAY_MS));
        for odd in ["", "d", "7", "0d", "-1h", "7w", "7ü", "99999999999999999999d", "40000d"] {
            assert!(duration(odd).is_err(), "{odd}");
        }
    }
}
