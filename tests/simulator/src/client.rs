//! The clients: they do what `@lgdl/client` does. One turn at a time, each under its own key, sent again with a growing
//! pause while there is no answer, and again after a reload when they had given up.

use std::rc::Rc;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use lgdl::wire::client::{MoveRequest, MoveResponse};
use lgdl_edge::digest;
use lgdl_edge::pipeline::request::Received;
use serde_json::json;

use crate::game::GAME_ID;
use crate::node::{Answer, Site};
use crate::origin::Deed;
use crate::plan::{ClientPlan, Erased, ErasurePlan, Link, Patience, TurnPlan};
use crate::random::index;
use crate::world::{Ack, World};

/// Tries before a client gives up until it is reloaded, as in `@lgdl/client`.
const MAX_ATTEMPTS: u32 = 5;
/// The longest pause that nobody asked for, and the first, milliseconds.
const MAX_BACKOFF_MS: u64 = 4_000;
const FIRST_BACKOFF_MS: u64 = 250;
/// A `Retry-After` beyond this is not waited for, milliseconds.
const MAX_RETRY_AFTER_MS: u64 = 30_000;
/// How long one try may take, microseconds.
const TIMEOUT_US: u64 = 20_000_000;
/// Within what time an impatient client sends a turn again, microseconds.
const AT_ONCE_US: u64 = 60_000;
/// When a client that gave up is reloaded, microseconds.
const RELOAD_US: (u64, u64) = (5_000_000, 30_000_000);
/// How often a stranger listens, percent of the turns that are durable.
const LISTENS: u64 = 15;
/// Statuses that are tried again.
const AGAIN: [u16; 7] = [408, 425, 429, 500, 502, 503, 504];

/// Says everything that a client has to say.
pub(super) async fn converse(world: Rc<World>, plan: ClientPlan) {
    for turn in &plan.turns {
        world.scheduler.sleep_us(turn.pause_us).await;
        let sent_us = world.now_us();
        let fingerprint = fingerprint(&plan, turn.text);
        {
            let mut history = world.history.borrow_mut();
            history.said.insert(fingerprint.clone(), turn.text);
            history.sent.push((plan.user.clone(), plan.conversation.clone(), sent_us));
        }
        let Some((node, answer)) = answered(&world, &plan, turn).await else {
            world.tell(|| format!("{} gives {} up", plan.name, turn.name));
            continue;
        };
        let response: Option<MoveResponse> = match answer.status {
            200 => serde_json::from_slice(&answer.body).ok(),
            _ => None,
        };
        let code = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
        world.tell(|| {
            let kept = response.as_ref().map(|response| (response.durable, response.degraded.clone()));
            format!("{} has {} for {}: {kept:?}", plan.name, answer.status, turn.name)
        });
        let is_durable = response.as_ref().is_some_and(|response| response.durable);
        if is_durable && world.draw().chance(LISTENS) {
            listen(&world, &plan, turn).await;
        }
        world.history.borrow_mut().acks.push(Ack {
            client: plan.name.clone(),
            turn: turn.name.clone(),
            key: key_of(&plan.user, turn.key()),
            fingerprint,
            user: plan.user.clone(),
            conversation: plan.conversation.clone(),
            node,
            sent_us,
            answered_us: world.now_us(),
            status: answer.status,
            code: code.and_then(|body| body["code"].as_str().map(str::to_owned)),
            response,
            journal: answer.journal,
            limited: answer.limited,
        });
    }
    world.history.borrow_mut().clients_done += 1;
}

/// What tells the keys of persons apart.
pub(super) fn key_of(user: &str, key: &str) -> String {
    format!("{user}/{key}")
}

/// What a node makes of what somebody says.
fn fingerprint(plan: &ClientPlan, text: &str) -> String {
    let request = MoveRequest {
        conversation_id: plan.conversation.clone(),
        user_id: plan.user.clone(),
        input: text.to_owned(),
        context: serde_json::Map::new(),
        participant: None,
        event: None,
        explain: false,
    };
    digest::fingerprint(GAME_ID, &request).expect("a request of words")
}

/// After a turn that the origin has, somebody else may ask for the conversation, and say the very same under the very same key.
/// They must not hear a word of it, and nothing that they say may be kept in it.
async fn listen(world: &Rc<World>, plan: &ClientPlan, turn: &TurnPlan) {
    let listener = ClientPlan { user: "listener".to_owned(), ..plan.clone() };
    let read = Ask {
        method: Method::GET,
        path: format!("/conversations/{}/export", plan.conversation),
        query: format!("user_id={}&game={GAME_ID}", listener.user),
        key: None,
        user: listener.user.clone(),
        body: Vec::new(),
    };
    let path = format!("/conversations/{}", plan.conversation);
    let erase = Ask { method: Method::DELETE, path, ..read.clone() };
    let again = say(&listener, turn.key(), turn.text);
    for (what, ask) in [("read", read), ("repeat", again), ("erasure", erase)] {
        let node = index(world.draw().below(world.sites.len() as u64));
        let Some(answer) = attempt_once(world, node, ask).await else { continue };
        let response = serde_json::from_slice::<MoveResponse>(&answer.body).ok();
        // A node that can't ask may have it wait; it is set aside when it comes home.
        let kept = response.as_ref().is_some_and(|response| response.durable);
        world.tell(|| format!("a listener has {} for a {what} of {}", answer.status, turn.name));
        if matches!(answer.status, 200 | 204) && (what != "repeat" || kept) {
            let (status, name) = (answer.status, &turn.name);
            let heard = format!("a stranger was answered {status} to a {what} of {name} in {}", plan.conversation);
            world.history.borrow_mut().heard.push(heard);
        }
    }
}

/// The answer to a turn and the node that gave it, however long it takes; `None` when the client gave up.
async fn answered(world: &Rc<World>, plan: &ClientPlan, turn: &TurnPlan) -> Option<(usize, Answer)> {
    let key = turn.key();
    let tries = match plan.patience {
        Patience::Hasty | Patience::Floods => 1,
        Patience::Endless | Patience::Tries(_) | Patience::Impatient => MAX_ATTEMPTS,
    };
    let (mut attempt, mut all) = (1, 0);
    loop {
        let node = match world.draw().chance(plan.roams) {
            true => index(world.draw().below(world.sites.len() as u64)),
            false => plan.node,
        };
        world.tell(|| format!("{} sends {key} to n{node}", plan.name));
        if plan.patience == Patience::Impatient {
            for also in (0..world.sites.len()).chain([node]) {
                let (world, ask) = (Rc::clone(world), say(plan, key, turn.text));
                let pause_us = world.draw().below(AT_ONCE_US);
                world.scheduler.spawn({
                    let world = Rc::clone(&world);
                    async move {
                        world.scheduler.sleep_us(pause_us).await;
                        let _ = attempt_once(&world, also, ask).await;
                    }
                });
            }
        }
        let tried = attempt_once(world, node, say(plan, key, turn.text)).await;
        let asked_ms = match tried {
            Some(answer) if plan.patience == Patience::Floods || !AGAIN.contains(&answer.status) => {
                return Some((node, answer));
            }
            Some(answer) => answer.retry_after_ms,
            None => None,
        };
        all += 1;
        if plan.patience == Patience::Floods || matches!(plan.patience, Patience::Tries(most) if all >= most) {
            return None;
        }
        let backoff_ms = MAX_BACKOFF_MS.min(FIRST_BACKOFF_MS << attempt.min(16));
        let wait_ms = asked_ms.unwrap_or_else(|| world.draw().below(backoff_ms));
        if attempt >= tries || wait_ms > MAX_RETRY_AFTER_MS {
            attempt = 1;
            world.scheduler.sleep_us(world.draw().between(RELOAD_US.0, RELOAD_US.1)).await;
        } else {
            attempt += 1;
            world.scheduler.sleep_us(wait_ms * 1_000).await;
        }
    }
}

/// A request, before it becomes the adapter's own type.
#[derive(Debug, Clone)]
struct Ask {
    method: Method,
    path: String,
    query: String,
    key: Option<String>,
    user: String,
    body: Vec<u8>,
}

impl Ask {
    fn received(&self) -> Received {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(key) = &self.key {
            let value = HeaderValue::from_str(key).expect("keys are plain");
            headers.insert(HeaderName::from_static("idempotency-key"), value);
        }
        Received {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            headers,
            body: Ok(self.body.clone()),
        }
    }
}

fn say(plan: &ClientPlan, key: &str, text: &str) -> Ask {
    let body = json!({ "conversation_id": plan.conversation, "user_id": plan.user, "input": text });
    Ask {
        method: Method::POST,
        path: format!("/games/{GAME_ID}/move"),
        query: String::new(),
        key: Some(key.to_owned()),
        user: plan.user.clone(),
        body: body.to_string().into_bytes(),
    }
}

async fn attempt_once(world: &Rc<World>, node: usize, ask: Ask) -> Option<Answer> {
    let own = Rc::clone(world);
    let answer = world.transmit(Link::Clients, TIMEOUT_US, move || {
        let (world, ask) = (Rc::clone(&own), ask.clone());
        Box::pin(async move {
            if let Some(key) = &ask.key {
                let (key, mut history) = (key_of(&ask.user, key), world.history.borrow_mut());
                history.delivered_us.insert(key.clone(), world.now_us());
                history.reached.entry(key).or_default().insert(node);
            }
            Site::serve(&world, node, ask.received()).await
        })
    });
    answer.await.ok()
}

/// Has something erased, and insists until it is.
pub(super) async fn erase(world: Rc<World>, plan: ErasurePlan) {
    world.scheduler.sleep_us(plan.at_us).await;
    match &plan.what {
        Erased::Conversation { user, conversation } => erase_conversation(&world, user, conversation).await,
        Erased::Person { user } => {
            while !(world.origin_is_up() && world.erase_person(user)) {
                world.scheduler.sleep_us(1_000_000).await;
            }
            let at_us = world.now_us();
            world.did(Deed::PersonErased { user: user.clone(), at_us });
        }
    }
    world.history.borrow_mut().erasures_done += 1;
}

async fn erase_conversation(world: &Rc<World>, user: &str, conversation: &str) {
    loop {
        let ask = Ask {
            method: Method::DELETE,
            path: format!("/conversations/{conversation}"),
            query: format!("user_id={user}&game={GAME_ID}"),
            key: None,
            user: user.to_owned(),
            body: Vec::new(),
        };
        let node = index(world.draw().below(world.sites.len() as u64));
        let status = attempt_once(world, node, ask).await.map(|answer| answer.status);
        world.tell(|| format!("{user} has {status:?} for erasing {conversation}"));
        match status {
            Some(204) => {
                let now_us = world.now_us();
                world.history.borrow_mut().erasures_acknowledged.push((conversation.to_owned(), now_us));
                return;
            }
            // Not theirs, not there, or gone already.
            Some(404 | 410) => return,
            _ => world.scheduler.sleep_us(world.draw().between(500_000, 5_000_000)).await,
        }
    }
}
