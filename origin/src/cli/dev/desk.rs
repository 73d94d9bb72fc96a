//! The desk of a development node: one agent, who serves every queue that the games name.

use std::collections::BTreeSet;

use lgdl_origin::admin::{NewAdministrator, create_administrator, hash_password};
use lgdl_origin::audit::events;
use lgdl_origin::hex;
use lgdl_origin::http::Origin;
use lgdl_origin::ids::AdministratorId;
use lgdl_origin::store::{AdministratorChange, AgentRow, Role};
use serde_json::json;

use crate::cli::deployment::failed;
use crate::cli::failure::Failure;

/// What the agent logs in with.
pub(super) const NAME: &str = "agent";
/// What persons see.
const SHOWN_AS: &str = "Somebody";
/// Conversations that they have at once.
const CAPACITY: u64 = 100;
/// The queue of "I want to speak to a person".
const ANYBODY: &str = "human";
/// Bytes of the password, which is another one each time.
const PASSWORD_BYTES: usize = 8;
/// Who does this, in the audit log.
const ACTOR: &str = "lgdl-dev";
const TENANT: &str = "default";

/// The agent.
pub(super) struct Desk {
    id: AdministratorId,
    /// Good until the next start.
    pub(super) password: String,
    queues: BTreeSet<String>,
}

impl Desk {
    /// The agent's account, made where it is not there from the run before.
    pub(super) async fn open(origin: &Origin) -> Result<Desk, Failure> {
        let mut secret = [0; PASSWORD_BYTES];
        origin.random.fill(&mut secret);
        let (password, store, now_ms) = (hex::encode(&secret), &*origin.store, origin.clock.now_ms());
        let id = match store.find_administrator(NAME).await.map_err(failed)? {
            Some(known) => {
                let hash = hash_password(&password, &*origin.random).await.map_err(failed)?;
                let change = AdministratorChange { password: Some(hash), ..AdministratorChange::default() };
                let name = events::ADMINISTRATOR_CHANGED;
                let told = events::of(now_ms, TENANT, name, ACTOR, known.id.as_str(), json!({"changed": ["password"]}));
                store.change_administrator(&known.id, change, told).await.map_err(failed)?;
                known.id
            }
            None => {
                let (role, tenant) = (Role::Agent, Some(TENANT));
                let new = NewAdministrator { name: NAME, password: &password, role, tenant, actor: ACTOR };
                create_administrator(store, new, now_ms, &*origin.random).await.map_err(failed)?.id
            }
        };
        Ok(Desk { id, password, queues: BTreeSet::new() })
    }

    /// Has the agent serve the queues of the games as they are now.
    pub(super) async fn serve(&mut self, origin: &Origin, mut queues: BTreeSet<String>) -> Result<(), Failure> {
        queues.insert(ANYBODY.to_owned());
        if queues == self.queues {
            return Ok(());
        }
        let agent = AgentRow {
            id: self.id.clone(),
            tenant: TENANT.to_owned(),
            name: SHOWN_AS.to_owned(),
            queues: queues.iter().cloned().collect(),
            capacity: CAPACITY,
            serving: Vec::new(),
            heartbeat_at: None,
            reconnected: 0,
        };
        let (now_ms, detail) = (origin.clock.now_ms(), json!({"queues": agent.queues, "capacity": CAPACITY}));
        let told = events::of(now_ms, TENANT, events::AGENT_CHANGED, ACTOR, self.id.as_str(), detail);
        origin.store.keep_agent(agent, told).await.map_err(failed)?;
        self.queues = queues;
        Ok(())
    }
}
