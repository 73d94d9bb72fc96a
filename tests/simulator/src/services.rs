//! The services that the game calls. Most keep the contract: a call with an idempotency key that they know is answered as
//! before and does nothing. Some forget, and do it again.

use std::cell::RefCell;
use std::collections::BTreeMap;

use lgdl_edge::platform::{FetchError, Inbound, Outbound};
use serde_json::{Map, Value, json};

use crate::game::knowledge;
use crate::plan::{FaultKind, Services as Memory};
use crate::world::World;

/// Where they are.
pub(super) const SERVICES_URL: &str = "https://services.example.com";

/// Everything that was done in the world, by the call's key, and how often.
#[derive(Debug, Default)]
pub(super) struct Services {
    pub(super) effects: RefCell<BTreeMap<String, u32>>,
}

impl Services {
    pub(super) fn answer(&self, world: &World, request: &Outbound) -> Result<Inbound, FetchError> {
        let header = request.headers.iter().find(|(name, _)| *name == "idempotency-key");
        let key = header.map(|(_, key)| key.clone()).unwrap_or_default();
        let asked: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let function = asked["function"].as_str().unwrap_or_default();
        let none = Map::new();
        let payload = asked["payload"].as_object().unwrap_or(&none);
        let fails = world.strikes(FaultKind::ServicesErr);
        if fails && world.draw().chance(50) {
            return Ok(Inbound { status: 500, body: Vec::new() });
        }
        if function == "place" {
            let effects = &mut *self.effects.borrow_mut();
            let before = effects.contains_key(&key);
            if !before || world.plan.services == Memory::Forget {
                *effects.entry(key.clone()).or_default() += 1;
            }
            world.tell(|| format!("service: {function} {key}{}", if before { ", done before" } else { "" }));
        }
        if fails {
            return Ok(Inbound { status: 500, body: Vec::new() });
        }
        let body = json!({ "status": "ok", "data": knowledge(function, payload) });
        Ok(Inbound { status: 200, body: body.to_string().into_bytes() })
    }
}
