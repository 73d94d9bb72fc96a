//! People step in: agents, their queues, and what becomes of conversations that are handed over.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, Conversation, Settings, Step, Turn, TurnRecord};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{CommitRequest, GameList, GamePolicy, Messages, Speaker, StoredConversation};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::desk::{self, Deed, LOST_AFTER_MS};
use lgdl_origin::games::publish_file;
use lgdl_origin::ids::ConversationId;
use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Edge, body, problem};
use crate::desk::{Desk, desk_with, ok};

const GAME: &str = r#"
game ward {
  moves {
    move fire {
      priority: urgent
      when user says something like: ["there is a fire"]
      confidence: 0.6
      when confident { respond with: "Leave the building." }
    }
    move order {
      slots { size: enum("small", "large") required  pin: string required sensitive }
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing { prompt slot: "Small or large?" }
      when slot pin is missing { prompt slot: "Your pin?" }
      when all_slots_filled { respond with: "Ordered: {size}." }
    }
    move help {
      when user says something like: ["I need a nurse"]
      confidence: 0.6
      when confident {
        respond with: "A nurse will come."
        escalate to: nurse within 1 hours else { respond with: "No nurse is free." }
      }
    }
    move quick {
      when user says something like: ["I need somebody now"]
      confidence: 0.6
      when confident { escalate to: nurse within 1 seconds else { respond with: "No nurse is free." } }
    }
  }
}
"#;

/// A ward with an agent for the queue `nurse`, one for `host`, and one of another tenant.
async fn ward(settings: &[(&str, &str)]) -> Desk {
    ward_of(GAME, settings).await
}

/// The same with another game.
pub(crate) async fn ward_of(game: &str, settings: &[(&str, &str)]) -> Desk {
    let mut desk = desk_with(Role::Admin, settings).await;
    let file = desk.edge.folder.path().join("ward.lgdl");
    std::fs::write(&file, game).unwrap();
    let store = &*desk.edge.running.origin.store;
    let now_ms = SystemClock.now_ms();
    publish_file(store, "default", "ward", &file, lgdl::meaning::Meaning::Words, None, "test", now_ms).await.unwrap();
    for (name, tenant, queues) in [
        ("anna", None, json!(["nurse", "human"])),
        ("ben", None, json!(["nurse"])),
        ("host", None, json!(["host"])),
        ("other", Some("other"), json!(["nurse", "human"])),
    ] {
        hire(&mut desk, name, tenant, &queues, 2).await;
    }
    desk
}

/// Makes an agent; who is logged in is an admin.
async fn hire(desk: &mut Desk, name: &str, tenant: Option<&str>, queues: &Value, capacity: u64) {
    desk.employ(name, Role::Agent, tenant).await;
    let all = desk.ask("/admin/v1/administrators").await;
    let id = all["administrators"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap()["id"].clone();
    desk.tenant = tenant.map(str::to_owned);
    let path = format!("/admin/v1/agents/{}", id.as_str().unwrap());
    let agent = json!({"name": format!("Nurse {name}"), "queues": queues, "capacity": capacity});
    ok(desk.send(Method::PUT, &path, &agent).await, StatusCode::OK).await;
    desk.tenant = None;
}

/// A person, as an edge node speaks for them.
pub(crate) struct Person<'e> {
    edge: &'e Edge,
    conversation: String,
    user: &'static str,
}

/// Turns that were sent: each has a key of its own.
static SENT: AtomicUsize = AtomicUsize::new(0);

impl Person<'_> {
    pub(crate) fn id(&self) -> ConversationId {
        ConversationId::derive("default", "ward", &self.conversation)
    }

    pub(crate) async fn say(&self, text: &str) -> TurnRecord {
        let list: GameList = body(self.edge.get("/edge/v1/games").await).await;
        let version = list.games[0].version.clone();
        let bytes = self.edge.get(&format!("/edge/v1/compiled/{version}")).await.bytes().await.unwrap();
        let game = CompiledGame::load(bytes.to_vec().into()).unwrap();
        let key = format!("{}_{}", self.conversation, SENT.fetch_add(1, Ordering::SeqCst));
        for _ in 0..5 {
            let path =
                format!("/edge/v1/conversations/ward/{}?user={}", self.conversation, self.user.replace('|', "%7C"));
            let answer = self.edge.get(&path).await;
            let (state, at) = match answer.status() {
                StatusCode::NOT_FOUND => (Conversation::default(), 0),
                _ => {
                    let stored: StoredConversation = body(answer).await;
                    (stored.state, stored.version)
                }
            };
            let turn = Turn {
                participant: "user".into(),
                text: text.into(),
                event: None,
                context: serde_json::Map::new(),
                now_ms: SystemClock.now_ms(),
                offset_seconds: 0,
                settings: Settings::default(),
            };
            let Step::Done(outcome) = engine::begin(&game, state, turn) else { panic!("no call is made") };
            let request = CommitRequest {
                game: "ward".into(),
                conversation_id: self.conversation.clone(),
                user_id: self.user.into(),
                game_version: version.clone(),
                expected_version: at,
                base: None,
                fingerprint: key.clone(),
                idempotency_key: key.clone(),
                response: MoveResponse::of(&outcome, "turn_x".into(), &version),
                record: outcome.record.clone(),
                state: outcome.conversation,
                journal_sequence: None,
                attempt: None,
            };
            match self.edge.commit(&request).await.status() {
                StatusCode::OK => return outcome.record,
                StatusCode::CONFLICT => {}
                other => panic!("{other}"),
            }
        }
        panic!("others were always faster");
    }

    pub(crate) async fn hears(&self, after: u64) -> Messages {
        let user = self.user.replace('|', "%7C");
        let path = format!("/edge/v1/conversations/ward/{}/messages?user={user}&after={after}", self.conversation);
        body(self.edge.get(&path).await).await
    }
}

pub(crate) fn visitor<'e>(desk: &'e Desk, conversation: &str) -> Person<'e> {
    Person { edge: &desk.edge, conversation: conversation.into(), user: "u" }
}

pub(crate) fn at(id: &ConversationId, what: &str) -> String {
    format!("/admin/v1/desk/conversations/{id}{what}")
}

pub(crate) async fn here(desk: &Desk) -> Value {
    ok(desk.send(Method::POST, "/admin/v1/desk/presence", &json!({})).await, StatusCode::OK).await
}

#[tokio::test]
async fn a_conversation_is_taken_over_spoken_in_and_handed_back() {
    let mut desk = ward(&[]).await;
    let person = visitor(&desk, "c1");
    person.say("I want to order").await;
    let id = person.id();
    let asked = person.say("I need a nurse").await;
    assert_eq!(asked.escalated_to.as_deref(), Some("nurse"), "{asked:#?}");
    let waits = person.hears(0).await.handover.expect("a hand-over");
    assert_eq!((waits.queue.as_str(), waits.place, waits.agent), ("nurse", Some(1), None));

    desk.become_("anna").await;
    let seen = here(&desk).await;
    assert_eq!(seen["waiting"][0]["conversation"], json!(id), "{seen}");
    let key = json!({"key": "k1"});
    for _ in 0..2 {
        // Twice: a retry takes it once.
        ok(desk.send(Method::POST, &at(&id, "/accept"), &key).await, StatusCode::OK).await;
    }
    let view = desk.ask(&at(&id, "?after=0")).await;
    assert_eq!(view["moves"], json!(["order", "help"]), "{view}");
    let said: Vec<&str> =
        view["messages"].as_array().unwrap().iter().map(|one| one["from"].as_str().unwrap()).collect();
    assert_eq!(said, ["person", "game", "person", "game", "game"]);

    let person = visitor(&desk, "c1");
    let silent = person.say("I never know the size").await;
    assert_eq!((silent.stage.as_str(), silent.response.as_str()), ("with_agent", ""));
    let urgent = person.say("there is a fire").await;
    assert!(urgent.warns_agent);
    assert_eq!(here(&desk).await["mine"][0]["urgent"], true, "the agent is warned");
    let message = json!({"key": "k2", "text": "Take a large one."});
    for _ in 0..2 {
        ok(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::OK).await;
    }
    let other = json!({"key": "k2", "text": "Something else."});
    problem(desk.send(Method::POST, &at(&id, "/messages"), &other).await, StatusCode::UNPROCESSABLE_ENTITY, "E529")
        .await;

    let heard = person.hears(3).await;
    let from_agent: Vec<_> = heard.messages.iter().filter(|one| one.from == Speaker::Agent).collect();
    assert_eq!(from_agent.len(), 1, "{heard:#?}");
    assert_eq!(from_agent[0].text, "Take a large one.");
    assert_eq!(heard.handover.as_ref().and_then(|now| now.agent.as_deref()), Some("Nurse anna"));

    let back = json!({"key": "k3", "values": {"size": "large"}, "outcome": "resolved", "notes": "All is well."});
    for _ in 0..2 {
        ok(desk.send(Method::POST, &at(&id, "/return"), &back).await, StatusCode::OK).await;
    }
    let last = person.hears(heard.turn).await;
    assert!(last.handover.is_none() && last.messages.len() == 1, "{last:#?}");
    assert!(last.messages[0].text.ends_with("Your pin?"), "the game goes on with the value: {last:#?}");
    assert_eq!(person.say("1234").await.response, "Ordered: large.");
    assert_eq!(here(&desk).await["ended"][0]["outcome"], "resolved");
    problem(desk.get(&at(&id, "")).await, StatusCode::NOT_FOUND, "E521").await;
    let events: Vec<String> = desk.events().await.into_iter().map(|(name, _)| name).collect();
    for wanted in ["escalation.accepted", "escalation.returned", "pii.accessed", "agent.changed"] {
        assert!(events.iter().any(|name| name == wanted), "{wanted} is not told");
    }
    assert_eq!(events.iter().filter(|name| *name == "escalation.returned").count(), 1);
}

#[tokio::test]
async fn an_agent_who_waits_for_news_is_woken_by_them_and_by_losing_the_conversation() {
    let mut desk = ward(&[]).await;
    desk.become_("anna").await;
    here(&desk).await;
    let person = visitor(&desk, "c1");
    person.say("I need a nurse").await;
    let id = person.id();
    ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
    let news = |view: &Value| at(&id, &format!("?after={}&wait_ms=8000", view["turn"]));
    // Well before the wait is over, and well after the agent has begun to wait.
    let (soon, later) = (Duration::from_secs(6), Duration::from_millis(300));
    let begun = news(&desk.ask(&at(&id, "?after=0")).await);

    let began = Instant::now();
    let says = async {
        tokio::time::sleep(later).await;
        visitor(&desk, "c2").say("I need a nurse").await;
        person.say("It hurts").await;
    };
    let (view, ()) = tokio::join!(desk.ask(&begun), says);
    assert_eq!(view["messages"][0]["text"], "It hurts", "{view}");
    assert!(began.elapsed() < soon, "nobody woke the agent");

    let (next, began) = (news(&view), Instant::now());
    let goes_to_ben = async {
        tokio::time::sleep(later).await;
        ok(desk.send(Method::POST, &at(&id, "/release"), &Value::Null).await, StatusCode::NO_CONTENT).await;
        let origin = &desk.edge.running.origin;
        let agents = origin.store.agents("default").await.unwrap();
        let ben = agents.iter().find(|agent| agent.name == "Nurse ben").unwrap();
        desk::act(origin, "default", &id, Some(ben), &Deed::Accept, "k2").await.unwrap();
    };
    let loses_it = async {
        // Between the two it waits in a queue of hers, which is news as well.
        loop {
            let answer = desk.get(&next).await;
            if answer.status() != StatusCode::OK || began.elapsed() > soon {
                break answer;
            }
        }
    };
    let (answer, ()) = tokio::join!(loses_it, goes_to_ben);
    problem(answer, StatusCode::NOT_FOUND, "E521").await;
    assert!(began.elapsed() < soon, "nobody woke the agent");
}

#[tokio::test]
async fn an_agent_reaches_nothing_outside_their_queues_and_nobody_forges_one() {
    let mut desk = ward(&[]).await;
    let id = {
        let person = visitor(&desk, "c1");
        person.say("I need a nurse").await;
        person.id()
    };
    let key = json!({"key": "k1"});
    let message = json!({"key": "k2", "text": "Hello."});
    let back = json!({"key": "k3", "outcome": "resolved"});
    for (name, tenant) in [("host", None), ("other", Some("other"))] {
        desk.become_(name).await;
        desk.tenant = tenant.map(str::to_owned);
        assert_eq!(here(&desk).await["waiting"], json!([]), "{name}");
        for (what, body) in [("/accept", &key), ("/messages", &message), ("/return", &back), ("/release", &key)] {
            problem(desk.send(Method::POST, &at(&id, what), body).await, StatusCode::NOT_FOUND, "E521").await;
        }
        problem(desk.get(&at(&id, "")).await, StatusCode::NOT_FOUND, "E521").await;
        let more = json!({"queues": ["nurse", "host"]});
        if name == "host" {
            problem(desk.send(Method::POST, "/admin/v1/desk/presence", &more).await, StatusCode::FORBIDDEN, "E527")
                .await;
        }
        for path in ["/admin/v1/conversations", "/admin/v1/agents", "/admin/v1/audit"] {
            problem(desk.get(path).await, StatusCode::FORBIDDEN, "E527").await;
        }
    }
    desk.become_("other").await;
    desk.tenant = Some("default".into());
    problem(desk.send(Method::POST, "/admin/v1/desk/presence", &json!({})).await, StatusCode::FORBIDDEN, "E527").await;
    desk.tenant = None;
    // Administrators of other roles are no agents, and one without a token is nobody.
    desk.become_("boss").await;
    problem(desk.send(Method::POST, &at(&id, "/accept"), &key).await, StatusCode::FORBIDDEN, "E527").await;
    problem(desk.open(Method::POST, &at(&id, "/accept"), key.clone()).await, StatusCode::UNAUTHORIZED, "E526").await;

    // Who has it is one agent; the others of the queue neither take it nor speak nor read.
    desk.become_("anna").await;
    problem(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::CONFLICT, "E530").await;
    problem(desk.send(Method::POST, &at(&id, "/accept"), &key).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    here(&desk).await;
    ok(desk.send(Method::POST, &at(&id, "/accept"), &key).await, StatusCode::OK).await;
    desk.become_("ben").await;
    here(&desk).await;
    let theirs = json!({"key": "k9"});
    problem(desk.send(Method::POST, &at(&id, "/accept"), &theirs).await, StatusCode::CONFLICT, "E530").await;
    problem(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::CONFLICT, "E530").await;
    problem(desk.get(&at(&id, "")).await, StatusCode::NOT_FOUND, "E521").await;
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_hand_over_and_what_came_of_it_stays() {
    let mut desk = ward(&[]).await;
    visitor(&desk, "c1").say("I need a nurse").await;
    let id = visitor(&desk, "c1").id();
    desk.become_("anna").await;
    here(&desk).await;
    let take = json!({"key": "take-1"});
    let said = json!({"key": "say-1", "text": "What is the matter?"});
    let back = json!({"key": "end-1", "outcome": "resolved", "values": {"size": "large"}, "notes": "All is well."});
    for (what, body) in [("/accept", &take), ("/messages", &said), ("/return", &back), ("/return", &back)] {
        ok(desk.send(Method::POST, &at(&id, what), body).await, StatusCode::OK).await;
    }
    for (what, field, other) in [
        ("/messages", "text", json!("Something else.")),
        ("/return", "outcome", json!("lost")),
        ("/return", "values", json!({"size": "small"})),
        ("/return", "notes", json!("Nothing is well.")),
    ] {
        let mut altered = if what == "/return" { back.clone() } else { said.clone() };
        altered[field] = other;
        let answer = desk.send(Method::POST, &at(&id, what), &altered).await;
        problem(answer, StatusCode::UNPROCESSABLE_ENTITY, "E529").await;
    }
    assert_eq!(here(&desk).await["ended"][0]["outcome"], "resolved");

    // The next hand-over of the conversation is another one, whatever its requests are called.
    visitor(&desk, "c1").say("I need a nurse").await;
    for (what, body) in [("/accept", &take), ("/messages", &said)] {
        ok(desk.send(Method::POST, &at(&id, what), body).await, StatusCode::OK).await;
    }
    assert_eq!(here(&desk).await["mine"][0]["conversation"], json!(id));
    let heard = visitor(&desk, "c1").hears(0).await.messages;
    assert_eq!(heard.iter().filter(|one| one.from == Speaker::Agent).count(), 2, "{heard:#?}");
}

#[tokio::test]
async fn an_agent_never_has_more_than_they_take() {
    let mut desk = ward(&[]).await;
    let names = ["c1", "c2", "c3", "c4", "c5", "c6"];
    for name in names {
        visitor(&desk, name).say("I need a nurse").await;
    }
    desk.become_("anna").await;
    here(&desk).await;
    let ids = names.map(|name| visitor(&desk, name).id());
    let key = json!({"key": "take-1"});
    let mut tasks = JoinSet::new();
    for id in ids {
        let request = desk.edge.http().post(desk.url(&at(&id, "/accept"))).bearer_auth(&desk.token).json(&key);
        tasks.spawn(async move { (id, request.send().await.unwrap().status()) });
    }
    let taken = tasks.join_all().await;
    let full = taken.iter().filter(|(_, status)| *status == StatusCode::UNPROCESSABLE_ENTITY).count();
    let got: Vec<_> = taken.iter().filter(|(_, status)| *status == StatusCode::OK).collect();
    assert_eq!((got.len(), full), (2, 4), "{taken:?}");
    for (id, _) in got {
        // A retry of what was taken is answered as it was.
        ok(desk.send(Method::POST, &at(id, "/accept"), &key).await, StatusCode::OK).await;
    }
    assert_eq!(here(&desk).await["mine"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_an_agent_had_who_is_gone_goes_back_to_the_queue_in_its_order() {
    let mut desk = ward(&[]).await;
    for conversation in ["c1", "c2", "c3"] {
        visitor(&desk, conversation).say("I need a nurse").await;
    }
    let ids = ["c1", "c2", "c3"].map(|conversation| visitor(&desk, conversation).id());
    desk.become_("anna").await;
    here(&desk).await;
    for id in &ids[..2] {
        ok(desk.send(Method::POST, &at(id, "/accept"), &json!({"key": "k"})).await, StatusCode::OK).await;
    }
    let full = desk.send(Method::POST, &at(&ids[2], "/accept"), &json!({"key": "k"})).await;
    problem(full, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    let store = desk.edge.running.origin.store.clone();
    let now_ms = SystemClock.now_ms();
    assert!(
        store.requeue_lost(now_ms - LOST_AFTER_MS, now_ms, desk::lost_event).await.unwrap().is_empty(),
        "she is there"
    );
    // As if ninety seconds had passed.
    let lost = store.requeue_lost(now_ms + 60_000, now_ms, desk::lost_event).await.unwrap();
    assert_eq!(lost.len(), 2);
    let said = visitor(&desk, "c1").say("are you there?").await;
    assert_eq!(said.response, "", "what is said meanwhile waits for whoever comes");

    desk.become_("ben").await;
    let waiting = here(&desk).await["waiting"].clone();
    let order: Vec<_> = waiting.as_array().unwrap().iter().map(|one| one["conversation"].clone()).collect();
    assert_eq!(order, ids.iter().map(|id| json!(id)).collect::<Vec<_>>());
    assert_eq!(waiting[0]["requeued"], 1);
    ok(desk.send(Method::POST, &at(&ids[0], "/accept"), &json!({"key": "k"})).await, StatusCode::OK).await;
    let view = desk.ask(&at(&ids[0], "?after=0")).await;
    assert!(view.to_string().contains("are you there?"), "{view}");

    desk.become_("anna").await;
    here(&desk).await;
    let late = json!({"key": "late", "text": "I am back."});
    problem(desk.send(Method::POST, &at(&ids[0], "/messages"), &late).await, StatusCode::CONFLICT, "E530").await;
    ok(desk.send(Method::POST, &at(&ids[1], "/accept"), &json!({"key": "again"})).await, StatusCode::OK).await;
    ok(desk.send(Method::POST, &at(&ids[1], "/release"), &json!({})).await, StatusCode::NO_CONTENT).await;
    assert_eq!(here(&desk).await["waiting"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_comes_in_time_and_the_game_goes_on_once() {
    let desk = ward(&[]).await;
    let person = visitor(&desk, "c1");
    person.say("I need somebody now").await;
    let mut heard = person.hears(1).await;
    for _ in 0..100 {
        if !heard.messages.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        heard = person.hears(1).await;
    }
    assert_eq!(heard.messages.len(), 1, "{heard:#?}");
    assert_eq!((heard.messages[0].text.as_str(), heard.messages[0].from), ("No nurse is free.", Speaker::Game));
    assert!(heard.handover.is_none());
    desk::look(&desk.edge.running.origin).await.unwrap();
    assert_eq!(person.hears(2).await.messages.len(), 0, "once");
}

#[tokio::test]
async fn an_agent_is_shown_no_sensitive_value_and_the_page_keeps_to_itself() {
    let mut desk = ward(&[]).await;
    let id = {
        let person = visitor(&desk, "c1");
        for text in ["I want to order", "large", "4711-0815", "I need a nurse"] {
            person.say(text).await;
        }
        person.id()
    };
    desk.become_("anna").await;
    here(&desk).await;
    let view = desk.ask(&at(&id, "?after=0")).await.to_string();
    assert!(view.contains("large") && !view.contains("4711"), "{view}");
    for (path, kind) in [("/desk", "text/html"), ("/desk/desk.js", "text/javascript"), ("/desk/desk.css", "text/css")] {
        let page = desk.edge.http().get(desk.url(path)).send().await.unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'") && !policy.contains("unsafe"), "{policy}");
        assert!(page.headers()["content-type"].to_str().unwrap().starts_with(kind));
    }
}

/// As many as five agents take, all at once: each gets what was said to them, and nothing of the others.
#[tokio::test]
async fn five_hundred_conversations_are_with_agents_at_once() {
    const AGENTS: usize = 5;
    const EACH: usize = 100;
    let mut desk = ward(&[]).await;
    for agent in 0..AGENTS {
        hire(&mut desk, &format!("a{agent}"), None, &json!(["nurse"]), EACH as u64).await;
    }
    let names: Vec<String> = (0..AGENTS * EACH).map(|number| format!("many{number}")).collect();
    for name in &names {
        visitor(&desk, name).say("I need a nurse").await;
    }
    let began = std::time::Instant::now();
    for (agent, theirs) in names.chunks(EACH).enumerate() {
        desk.become_(&format!("a{agent}")).await;
        here(&desk).await;
        for name in theirs {
            let id = visitor(&desk, name).id();
            ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "a"})).await, StatusCode::OK).await;
            let message = json!({"key": "m", "text": format!("Hello {name}.")});
            ok(desk.send(Method::POST, &at(&id, "/messages"), &message).await, StatusCode::OK).await;
        }
    }
    eprintln!("{} conversations were taken and answered in {:?}", names.len(), began.elapsed());
    for name in &names {
        let heard = visitor(&desk, name).hears(0).await;
        let agents: Vec<_> =
            heard.messages.iter().filter(|one| one.from == Speaker::Agent).map(|one| &one.text).collect();
        assert_eq!(agents, [&format!("Hello {name}.")]);
    }
}

/// A person whom an agent has, or who waits; and what makes them take part no longer.
#[tokio::test]
async fn a_hand_over_ends_when_its_person_takes_part_no_longer_and_the_agent_is_told() {
    for (blocked, urgent) in [(true, false), (false, false), (false, true)] {
        let mut desk = ward(&[]).await;
        consent_needed(&desk).await;
        consent(&desk, true).await;
        for conversation in ["c1", "c2"] {
            visitor(&desk, conversation).say("I need a nurse").await;
        }
        let ids = ["c1", "c2"].map(|conversation| visitor(&desk, conversation).id());
        desk.become_("anna").await;
        here(&desk).await;
        ok(desk.send(Method::POST, &at(&ids[0], "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
        if urgent {
            assert!(visitor(&desk, "c1").say("there is a fire").await.warns_agent);
        }
        let turn = desk.ask(&at(&ids[0], "?after=0")).await["turn"].clone();
        desk.become_("boss").await;
        match blocked {
            true => {
                let block = json!({"user_id": "u", "reason": "a reason that nobody at the desk reads"});
                ok(desk.send(Method::POST, "/admin/v1/blocks", &block).await, StatusCode::CREATED).await;
            }
            false => consent(&desk, false).await,
        }
        // Said before every node knew.
        visitor(&desk, "c1").say("my secret").await;
        desk.become_("anna").await;
        let read = desk.get(&at(&ids[0], &format!("?after={turn}"))).await;
        if urgent {
            assert!(ok(read, StatusCode::OK).await.to_string().contains("my secret"), "an emergency goes on");
            assert_eq!(here(&desk).await["mine"][0]["conversation"], json!(ids[0]));
            continue;
        }
        let told = problem(read, StatusCode::CONFLICT, "E534").await;
        assert!(!told.to_string().contains("nobody at the desk reads"), "{told}");
        for (what, body) in [
            ("/messages", json!({"key": "k2", "text": "Hello."})),
            ("/return", json!({"key": "k3", "outcome": "resolved"})),
        ] {
            problem(desk.send(Method::POST, &at(&ids[0], what), &body).await, StatusCode::CONFLICT, "E530").await;
        }
        let waits = desk.send(Method::POST, &at(&ids[1], "/accept"), &json!({"key": "k4"})).await;
        problem(waits, StatusCode::CONFLICT, "E534").await;
        let seen = here(&desk).await;
        assert_eq!((seen["mine"].clone(), seen["waiting"].clone()), (json!([]), json!([])), "{seen}");
        assert_eq!(seen["ended"][0]["outcome"], "withdrawn", "{seen}");
        assert!(!seen.to_string().contains("my secret"));
    }
}

#[tokio::test]
async fn an_agent_who_only_says_that_they_are_there_loses_whom_they_may_not_hear() {
    // Consents are by the id that the site has, also of whom a key names where nodes take tokens.
    for user in ["u", "key|u"] {
        let mut desk = ward(&[]).await;
        consent_needed(&desk).await;
        consent(&desk, true).await;
        Person { user, ..visitor(&desk, "c1") }.say("I need a nurse").await;
        let id = visitor(&desk, "c1").id();
        desk.become_("anna").await;
        here(&desk).await;
        ok(desk.send(Method::POST, &at(&id, "/accept"), &json!({"key": "k1"})).await, StatusCode::OK).await;
        assert_eq!(here(&desk).await["mine"].as_array().unwrap().len(), 1, "{user}");
        desk.become_("boss").await;
        consent(&desk, false).await;
        desk.become_("anna").await;
        let seen = here(&desk).await;
        let (mine, ended) = (seen["mine"].clone(), seen["ended"][0]["outcome"].clone());
        assert_eq!((mine, ended), (json!([]), json!("withdrawn")), "{user}: {seen}");
    }
}

/// The ward asks for consent from here on.
async fn consent_needed(desk: &Desk) {
    let (store, file) = (&*desk.edge.running.origin.store, desk.edge.folder.path().join("ward.lgdl"));
    let policy = Some(GamePolicy { consent_required: true, retention_days: None });
    let (words, now_ms) = (lgdl::meaning::Meaning::Words, SystemClock.now_ms());
    publish_file(store, "default", "ward", &file, words, policy, "test", now_ms).await.unwrap();
}

/// The person gives it, or withdraws it.
async fn consent(desk: &Desk, given: bool) {
    let body = json!({"game": "ward", "given": given});
    ok(desk.send(Method::POST, "/admin/v1/people/u/consents", &body).await, StatusCode::CREATED).await;
}
