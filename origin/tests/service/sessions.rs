//! Silence: sessions that end, games that are told, and how many conversations may be open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lgdl::compiled::CompiledGame;
use lgdl::engine::{self, Conversation, Event as Happened, Settings, Step, Turn, TurnRecord};
use lgdl::wire::client::MoveResponse;
use lgdl::wire::origin::{
    ClaimRequest, CommitRequest, Conflict, GameList, Messages, StateName, StoredConversation, state_digest,
};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::games::{PublishError, publish_file};
use lgdl_origin::ids::ConversationId;
use lgdl_origin::replay::{Again, StateAgain, TurnName, why};
use lgdl_origin::sessions;
use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{Edge, body, claim, problem};
use crate::desk::{Desk, desk_with, ok};
use crate::own_turns::{Service, service};
use crate::receiver::Receiver;

const HOUR_MS: i64 = 3_600_000;

/// A shop that has nothing to say to silence, and one that has.
fn shop(silence: &str) -> String {
    format!(
        r#"game shop {{
  moves {{
    move order {{
      slots {{ size: enum("small", "large") required  name: string required }}
      when user says something like: ["I want to order"]
      confidence: 0.6
      when slot size is missing {{ prompt slot: "Small or large?" }}
      when slot name is missing {{ prompt slot: "Your name?" }}
      when all_slots_filled {{ respond with: "Ordered: {{size}}." }}
    }}
    move help {{
      when user says something like: ["I need somebody"]
      confidence: 0.6
      when confident {{ respond with: "Somebody will come." escalate to: people }}
    }}
  }}
  {silence}
}}"#
    )
}

const ASKS: &str = r#"when event session_expired { respond with: "It has been a while." }
  when event timeout { respond with: "Are you still there?" }"#;

async fn open(settings: &[(&str, &str)], silence: &str) -> Desk {
    let desk = desk_with(Role::Admin, settings).await;
    publish(&desk, &shop(silence)).await;
    desk
}

async fn publish(desk: &Desk, source: &str) {
    let file = desk.edge.folder.path().join("shop.lgdl");
    std::fs::write(&file, source).unwrap();
    let (store, now_ms) = (&*desk.edge.running.origin.store, SystemClock.now_ms());
    publish_file(store, "default", "shop", &file, lgdl::meaning::Meaning::Words, None, "test", now_ms).await.unwrap();
}

/// A person, as a node speaks for them that holds the state of its last turn.
struct Person<'e> {
    edge: &'e Edge,
    conversation: String,
    held: Option<StoredConversation>,
    turns: u32,
}

impl<'e> Person<'e> {
    fn new(desk: &'e Desk, conversation: &str) -> Person<'e> {
        Person { edge: &desk.edge, conversation: conversation.into(), held: None, turns: 0 }
    }

    fn id(&self) -> ConversationId {
        ConversationId::derive("default", "shop", &self.conversation)
    }

    async fn game(&self, version: Option<&str>) -> (String, CompiledGame) {
        let list: GameList = body(self.edge.get("/edge/v1/games").await).await;
        let version = version.map_or_else(|| list.games[0].version.clone(), str::to_owned);
        let bytes = self.edge.get(&format!("/edge/v1/compiled/{version}")).await.bytes().await.unwrap();
        (version, CompiledGame::load(Arc::from(bytes.to_vec())).unwrap())
    }

    /// The turn, run on what the node holds.
    async fn request(&self, text: &str, at_ms: i64) -> CommitRequest {
        let held = self.held.as_ref();
        let (version, game) = self.game(held.map(|held| held.game_version.as_str())).await;
        let turn = Turn {
            participant: "user".into(),
            text: text.into(),
            event: None::<Happened>,
            context: serde_json::Map::new(),
            now_ms: at_ms,
            offset_seconds: 0,
            settings: Settings::default(),
        };
        let state = held.map_or_else(Conversation::default, |held| held.state.clone());
        let Step::Done(outcome) = engine::begin(&game, state, turn) else { panic!("no call is made") };
        let key = format!("{}_{}", self.conversation, self.turns);
        CommitRequest {
            game: "shop".into(),
            conversation_id: self.conversation.clone(),
            user_id: "u".into(),
            game_version: version.clone(),
            expected_version: held.map_or(0, |held| held.version),
            base: held.and_then(|held| held.name.clone()),
            fingerprint: key.clone(),
            idempotency_key: key,
            response: MoveResponse::of(&outcome, "turn_x".into(), &version),
            record: outcome.record.clone(),
            state: outcome.conversation,
            journal_sequence: None,
            attempt: None,
        }
    }

    fn hold(&mut self, request: CommitRequest) -> TurnRecord {
        let digest = state_digest(&serde_json::to_vec(&request.state).unwrap());
        self.held = Some(StoredConversation {
            version: request.expected_version + 1,
            game_version: request.game_version,
            user_id: "u".into(),
            state: request.state,
            name: Some(StateName { digest, epoch: None }),
        });
        self.turns += 1;
        request.record
    }

    /// Says something; how often the node had to run it again.
    async fn say(&mut self, text: &str) -> (TurnRecord, u32) {
        for again in 0..3 {
            let request = self.request(text, SystemClock.now_ms()).await;
            let answer = self.edge.commit(&request).await;
            if answer.status() == StatusCode::OK {
                return (self.hold(request), again);
            }
            assert_eq!(answer.status(), StatusCode::CONFLICT);
            let conflict: Conflict = body(answer).await;
            self.held = conflict.current;
        }
        panic!("others were always faster");
    }

    async fn hears(&self, after: u64) -> Vec<String> {
        let path = format!("/edge/v1/conversations/shop/{}/messages?user=u&after={after}", self.conversation);
        let messages: Messages = body(self.edge.get(&path).await).await;
        messages.messages.into_iter().map(|message| message.text).collect()
    }
}

/// An hour goes by in which nobody says anything, and the origin's clock begins to look again.
fn an_hour_later(desk: &Desk) {
    let database = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.execute(&format!("UPDATE conversations SET updated_at = updated_at - {HOUR_MS}"), []).unwrap();
    let since = format!(
        "UPDATE settings SET value = json_set(value, '$.at', (value ->> '$.at') - {HOUR_MS}, '$.id', '')
        WHERE name = 'local:sessions' OR name LIKE 'local:%:follow_up'"
    );
    database.execute(&since, []).unwrap();
}

/// What the bus tells of these types once there are so many.
async fn events(desk: &Desk, types: &str, count: usize) -> Vec<Value> {
    let began = Instant::now();
    loop {
        let page = desk.ask(&format!("/admin/v1/events?since_ms=0&types={types}")).await;
        let events = page["events"].as_array().unwrap().clone();
        if events.len() >= count {
            return events;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{page}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_silent_conversation_begins_anew_at_its_next_turn_on_the_active_version() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60")], "").await;
    let mut person = Person::new(&desk, "c");
    person.say("I want to order").await;
    publish(&desk, &shop("").replace("Small or large?", "Which size?")).await;
    an_hour_later(&desk);
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!((&told[0]["data"]["then"], &told[0]["data"]["turns"]), (&json!("begins_anew"), &json!(1)));

    let stored: StoredConversation = body(desk.edge.get("/edge/v1/conversations/shop/c?user=u").await).await;
    assert_eq!((stored.version, &stored.state), (1, &sessions::beginning(1)), "as a node finds it that holds nothing");
    // A turn may not act on what is over, either.
    let mut acts = claim("c", "u", 1, "acts");
    (acts.game, acts.base) = ("shop".into(), person.held.as_ref().unwrap().name.clone());
    assert_eq!(desk.edge.post("/edge/v1/claims", &acts).await.status(), StatusCode::CONFLICT);

    let (small, again) = person.say("small").await;
    assert_eq!((small.stage.as_str(), again), ("confirming", 1), "it is no answer any more");
    let (asked, again) = person.say("I want to order").await;
    assert_eq!((asked.response.as_str(), asked.turn, again), ("Which size?", 3, 0));
    let started = events(&desk, "conversation.started", 2).await;
    assert_eq!((&started[0]["data"]["again"], &started[1]["data"]["again"]), (&json!(false), &json!(true)));
    assert_eq!(events(&desk, "conversation.expired", 1).await.len(), 1, "told once");

    // It can be run again as it was.
    let origin = &desk.edge.running.origin;
    let explained = why(&*origin.store, &*origin.protection, "default", &TurnName::Place(person.id(), 3)).await;
    assert_eq!(explained.unwrap().unwrap().again, Again::Same { state: StateAgain::SameBytes });
    let export: Value = body(desk.edge.get("/edge/v1/conversations/shop/c/export?user=u").await).await;
    let anew: Vec<_> = export["turns"].as_array().unwrap().iter().map(|turn| turn["began_anew"] == true).collect();
    assert_eq!(anew, [false, true, false]);
}

#[tokio::test]
async fn in_a_withdrawn_version_nothing_begins_and_what_had_begun_begins_anew() {
    let desk = open(&[], "").await;
    let (good, _) = Person::new(&desk, "any").game(None).await;
    publish(&desk, &shop("").replace("Small or large?", "Which size?")).await;
    let (bad, _) = Person::new(&desk, "any").game(None).await;
    let mut person = Person::new(&desk, "c");
    assert_eq!(person.say("I want to order").await.0.response, "Which size?");
    // Nodes that hear of it late: one has begun with it, at another that is waiting.
    let begun = Person::new(&desk, "late").request("I want to order", SystemClock.now_ms()).await;
    let mut waited = Person::new(&desk, "waited").request("I want to order", SystemClock.now_ms()).await;
    waited.journal_sequence = Some(1);
    // And one that holds its place has acted.
    let acted = Person::new(&desk, "acted").request("I want to order", SystemClock.now_ms()).await;
    let held = ClaimRequest {
        game: acted.game.clone(),
        idempotency_key: acted.idempotency_key.clone(),
        fingerprint: acted.fingerprint.clone(),
        ..claim(&acted.conversation_id, &acted.user_id, 0, "")
    };
    ok(desk.edge.post("/edge/v1/claims", &held).await, StatusCode::OK).await;

    let path = |version: &str| format!("/admin/v1/games/shop/versions/{version}/withdrawal");
    let reason = json!({"reason": "it asks what nobody understands"});
    let withdraw = async |version: &str| desk.send(Method::POST, &path(version), &reason).await;
    problem(withdraw("never").await, StatusCode::NOT_FOUND, "E521").await;
    assert_eq!(ok(withdraw(&bad).await, StatusCode::OK).await["version"], json!(good));
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!((&told[0]["subject"], &told[0]["data"]["then"]), (&json!(person.id()), &json!("begins_anew")));
    let told = events(&desk, "game.withdrawn", 1).await;
    assert_eq!((&told[0]["data"]["version"], &told[0]["data"]["withdrawn"]), (&json!(bad), &json!(true)));
    let shown = desk.ask("/admin/v1/games/shop/versions").await;
    let withdrawn = shown["versions"].as_array().unwrap().iter().filter(|version| !version["withdrawn"].is_null());
    assert_eq!(withdrawn.map(|version| &version["version"]).collect::<Vec<_>>(), [&json!(bad)]);

    let refused = desk.edge.commit(&begun).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(body::<Conflict>(refused).await, Conflict { current: None, claimed_for_ms: None });
    assert_eq!(desk.edge.commit(&waited).await.status(), StatusCode::OK, "it was acknowledged");
    events(&desk, "conversation.expired", 2).await;
    assert_eq!(desk.edge.commit(&acted).await.status(), StatusCode::OK, "what it did is done");
    events(&desk, "conversation.expired", 3).await;
    assert_eq!(desk.edge.commit(&acted).await.status(), StatusCode::OK, "its answer is there");
    let (small, again) = person.say("small").await;
    assert_eq!((small.stage.as_str(), again), ("confirming", 1), "it is no answer any more");
    assert_eq!(person.say("I want to order").await.0.response, "Small or large?");

    // It comes back by no other way.
    let activate =
        async |version: &str| desk.send(Method::PUT, "/admin/v1/games/shop/active", &json!({"version": version})).await;
    problem(activate(&bad).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    let file = desk.edge.folder.path().join("shop.lgdl");
    let (store, now_ms) = (&*desk.edge.running.origin.store, SystemClock.now_ms());
    let meaning = lgdl::meaning::Meaning::Words;
    let again = publish_file(store, "default", "shop", &file, meaning, None, "test", now_ms).await;
    assert!(matches!(again, Err(PublishError::Withdrawn(_))), "{again:?}");

    problem(desk.send(Method::DELETE, &path(&good), &json!(null)).await, StatusCode::NOT_FOUND, "E521").await;
    assert_eq!(desk.send(Method::DELETE, &path(&bad), &json!(null)).await.status(), StatusCode::NO_CONTENT);
    ok(activate(&bad).await, StatusCode::OK).await;
    ok(withdraw(&good).await, StatusCode::OK).await;
    problem(withdraw(&bad).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    let shown = desk.ask("/admin/v1/games/shop/versions").await;
    let withdrawn = shown["versions"].as_array().unwrap().iter().filter(|version| !version["withdrawn"].is_null());
    assert_eq!(withdrawn.map(|version| &version["version"]).collect::<Vec<_>>(), [&json!(good)], "it stays as it is");
    problem(withdraw(&bad).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
}

#[tokio::test]
async fn one_conversation_that_cannot_be_read_keeps_the_clock_from_no_other() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60")], "").await;
    let (mut one, mut other) = (Person::new(&desk, "1"), Person::new(&desk, "2"));
    one.say("I want to order").await;
    other.say("I want to order").await;
    let database = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let damaged = r#"UPDATE conversations SET metadata = '{"expired":true}' WHERE id = ?1"#;
    assert_eq!(database.execute(damaged, [one.id().as_str()]).unwrap(), 1);
    an_hour_later(&desk);
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!(told[0]["subject"], json!(other.id()));
}

#[tokio::test]
async fn a_game_that_has_something_to_say_goes_on_after_it() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60")], ASKS).await;
    let mut person = Person::new(&desk, "c");
    person.say("I want to order").await;
    an_hour_later(&desk);
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!(told[0]["data"]["then"], "asked");
    assert_eq!(person.hears(1).await, ["It has been a while. Small or large?"]);
    an_hour_later(&desk);
    sessions::look(&desk.edge.running.origin).await.unwrap();
    assert_eq!(person.hears(2).await, [""; 0], "once for each silence");
    let (small, again) = person.say("small").await;
    assert_eq!((small.response.as_str(), small.turn, again), ("Your name?", 3, 1), "it goes on");
}

#[tokio::test]
async fn what_was_said_before_the_end_and_waited_goes_on_with_its_session() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60")], "").await;
    let (mut early, mut late) = (Person::new(&desk, "early"), Person::new(&desk, "late"));
    early.say("I want to order").await;
    late.say("I want to order").await;
    let before = SystemClock.now_ms();
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 2).await;
    let mut waited = early.request("small", before).await;
    waited.journal_sequence = Some(2);
    let then: StoredConversation =
        body(desk.edge.get(&format!("/edge/v1/conversations/shop/early?user=u&said_ms={before}")).await).await;
    assert_eq!(then.name.map(|name| name.digest), waited.base.clone().map(|base| base.digest), "as it was then");
    assert_eq!(desk.edge.commit(&waited).await.status(), StatusCode::OK);
    assert_eq!(early.hold(waited).response, "Your name?");
    let (done, again) = early.say("Ann").await;
    assert_eq!((done.response.as_str(), again), ("Ordered: small.", 0));

    let mut waited = late.request("small", SystemClock.now_ms()).await;
    waited.journal_sequence = Some(2);
    assert_eq!(desk.edge.commit(&waited).await.status(), StatusCode::CONFLICT, "it was said after the end");
}

#[tokio::test]
async fn nobody_who_waits_for_people_is_left_alone() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60")], ASKS).await;
    let mut person = Person::new(&desk, "c");
    person.say("I need somebody").await;
    let mut other = Person::new(&desk, "d");
    other.say("I want to order").await;
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 1).await;
    assert_eq!(person.hears(1).await, [""; 0]);
    assert_eq!(person.say("hello").await.1, 0, "what the node holds is still right");
}

#[tokio::test]
async fn a_webhook_that_asks_for_it_has_games_told_that_nobody_answered() {
    let desk = open(&[("LGDL_WEBHOOK_PRIVATE", "true")], ASKS).await;
    let receiver = Receiver::start().await;
    let new =
        json!({"name": "phone", "url": receiver.url(), "types": ["turn.committed"], "follow_up_after_seconds": 9});
    problem(desk.send(Method::POST, "/admin/v1/webhooks", &new).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    let new = json!({"name": "phone", "url": receiver.url(), "types": ["turn.committed"]});
    let made = ok(desk.send(Method::POST, "/admin/v1/webhooks", &new).await, StatusCode::CREATED).await;
    receiver.trust(made["secret"].as_str().unwrap());
    let mut person = Person::new(&desk, "c");
    person.say("I want to order").await;
    an_hour_later(&desk);
    sessions::look(&desk.edge.running.origin).await.unwrap();
    assert_eq!(person.hears(1).await, [""; 0], "nobody has asked for it");

    let path = format!("/admin/v1/webhooks/{}/follow-up", made["id"].as_str().unwrap());
    let asked = ok(desk.send(Method::PUT, &path, &json!({"after_seconds": 600})).await, StatusCode::OK).await;
    assert_eq!(asked["follow_up_after_seconds"], 600);
    let mut another = Person::new(&desk, "d");
    another.say("I want to order").await;
    let mut content = Person::new(&desk, "e");
    content.say("good day").await;
    // The clock has looked since it was asked, and looks from there.
    let began = Instant::now();
    let note = format!("local:webhook:{}:follow_up", made["id"].as_str().unwrap());
    while desk.edge.running.origin.store.setting(&note).await.unwrap().is_none() && began.elapsed().as_secs() < 3 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    an_hour_later(&desk);
    let since = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    since.busy_timeout(Duration::from_secs(5)).unwrap();
    let hook = format!(
        "UPDATE webhooks SET definition = json_set(definition, '$.follow_up_since',
        (definition ->> '$.follow_up_since') - {HOUR_MS})"
    );
    since.execute(&hook, []).unwrap();
    let began = Instant::now();
    while another.hears(1).await.is_empty() {
        sessions::look(&desk.edge.running.origin).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "the game is told");
    }
    assert_eq!(another.hears(1).await, ["Are you still there? Small or large?"]);
    assert_eq!(person.hears(1).await, [""; 0], "who was silent before anybody asked is left alone");
    assert_eq!(content.hears(1).await, [""; 0], "no answer is awaited");
    an_hour_later(&desk);
    sessions::look(&desk.edge.running.origin).await.unwrap();
    assert_eq!(another.hears(2).await, [""; 0], "once for each silence");
    receiver
        .until("the webhook tells of it", |receiver| receiver.turns().values().any(|turns| turns.contains(&2)))
        .await;
    let (small, _) = another.say("small").await;
    assert_eq!(small.response, "Your name?");
}

#[tokio::test]
async fn as_many_conversations_are_open_as_may_be_and_those_go_on() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60"), ("LGDL_OPEN_CONVERSATIONS_MAX", "2")], "").await;
    let (mut one, mut two, three) = (Person::new(&desk, "1"), Person::new(&desk, "2"), Person::new(&desk, "3"));
    let first = one.request("I want to order", SystemClock.now_ms()).await;
    one.say("I want to order").await;
    two.say("I want to order").await;
    let begins = three.request("I want to order", SystemClock.now_ms()).await;
    let refused = desk.edge.commit(&begins).await;
    assert_eq!(refused.headers()["retry-after"], "60");
    let document = problem(refused, StatusCode::LOCKED, "E533").await;
    assert!(document["detail"].as_str().unwrap().contains("LGDL_OPEN_CONVERSATIONS_MAX"));
    let mut acts = claim("3", "u", 0, "acts");
    acts.game = "shop".into();
    problem(desk.edge.post("/edge/v1/claims", &acts).await, StatusCode::LOCKED, "E533").await;
    // Whoever is there goes on, is answered again, and is told where a node took the conversation for a new one.
    assert_eq!(one.say("small").await.0.response, "Your name?");
    assert_eq!(desk.edge.commit(&first).await.status(), StatusCode::OK, "answered before");
    let mut lost = Person { turns: 9, ..Person::new(&desk, "2") };
    assert_eq!(lost.say("large").await.1, 1, "a conflict, and the state");
    // What was acknowledged while the origin was away is taken.
    let mut waited = Person::new(&desk, "4").request("I want to order", SystemClock.now_ms()).await;
    waited.journal_sequence = Some(1);
    assert_eq!(desk.edge.commit(&waited).await.status(), StatusCode::OK);
    let told = events(&desk, "limit.exceeded", 1).await;
    assert_eq!((told.len(), &told[0]["data"]["refused"]), (1, &json!("open_conversations")));
    // There is room again once they have expired.
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 3).await;
    sessions::recount(&desk.edge.running.origin).await.unwrap();
    assert_eq!(desk.edge.commit(&begins).await.status(), StatusCode::OK);
}

/// Has a webhook be followed up after ten minutes of silence, however long ago that began.
async fn follow_up_any_silence(desk: &Desk) {
    let new = json!({"name": "phone", "url": "http://127.0.0.1:9/", "types": ["turn.committed"],
        "follow_up_after_seconds": 600});
    ok(desk.send(Method::POST, "/admin/v1/webhooks", &new).await, StatusCode::CREATED).await;
    let database = rusqlite::Connection::open(desk.edge.folder.path().join("lgdl.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let since = "UPDATE webhooks SET definition = json_set(definition, '$.follow_up_since', 0)";
    database.execute(since, []).unwrap();
}

#[tokio::test]
async fn silence_counts_from_the_last_words_and_is_told_once_of_each_kind() {
    let settings = [("LGDL_SESSION_EXPIRY", "60"), ("LGDL_WEBHOOK_PRIVATE", "true")];
    let desk = open(&settings, ASKS).await;
    follow_up_any_silence(&desk).await;
    let mut person = Person::new(&desk, "c");
    person.say("I want to order").await;
    let origin = &desk.edge.running.origin;
    let last_words = origin.store.find_by_id("default", &person.id()).await.unwrap().unwrap().updated_at;
    for _ in 0..4 {
        an_hour_later(&desk);
        sessions::look(origin).await.unwrap();
    }
    events(&desk, "conversation.expired", 1).await;
    let told = person.hears(1).await;
    assert_eq!(told, ["Are you still there? Small or large?", "It has been a while. Small or large?"]);
    assert_eq!(events(&desk, "conversation.expired", 1).await.len(), 1);
    let row = origin.store.find_by_id("default", &person.id()).await.unwrap().unwrap();
    assert!(row.updated_at <= last_words - 4 * HOUR_MS, "what nobody said makes it no younger");
    sessions::recount(origin).await.unwrap();
    // The next words begin the next silence.
    assert_eq!(person.say("small").await.0.response, "Your name?");
    an_hour_later(&desk);
    sessions::look(origin).await.unwrap();
    let told = events(&desk, "conversation.expired", 2).await;
    assert_eq!((told.len(), person.hears(4).await.len()), (2, 2));
}

#[tokio::test]
async fn what_expired_takes_a_place_like_any_other_when_it_begins_anew() {
    let desk = open(&[("LGDL_SESSION_EXPIRY", "60"), ("LGDL_OPEN_CONVERSATIONS_MAX", "1")], "").await;
    let (mut silent, mut other) = (Person::new(&desk, "1"), Person::new(&desk, "2"));
    silent.say("I want to order").await;
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 1).await;
    sessions::recount(&desk.edge.running.origin).await.unwrap();
    other.say("I want to order").await;
    silent.held = Some(body(desk.edge.get("/edge/v1/conversations/shop/1?user=u").await).await);
    let mut acts = claim("1", "u", 1, "acts");
    (acts.game, acts.base) = ("shop".into(), silent.held.as_ref().unwrap().name.clone());
    problem(desk.edge.post("/edge/v1/claims", &acts).await, StatusCode::LOCKED, "E533").await;
    let anew = silent.request("I want to order", SystemClock.now_ms()).await;
    problem(desk.edge.commit(&anew).await, StatusCode::LOCKED, "E533").await;
    assert_eq!(other.say("small").await.0.response, "Your name?", "who is there goes on");
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 2).await;
    sessions::recount(&desk.edge.running.origin).await.unwrap();
    assert_eq!(desk.edge.commit(&anew).await.status(), StatusCode::OK);
    assert_eq!(desk.edge.commit(&anew).await.status(), StatusCode::OK, "answered before");
    let begins = Person::new(&desk, "3").request("I want to order", SystemClock.now_ms()).await;
    problem(desk.edge.commit(&begins).await, StatusCode::LOCKED, "E533").await;
}

/// What a shop does in silence that says nothing, where no question is open: it looks something up, or it has something done.
async fn quiet(function: &str, read_only: bool, takes: Duration) -> (Service, Desk) {
    let service = service().await;
    service.seen.lock().unwrap().takes = takes;
    let settings = [("LGDL_SESSION_EXPIRY", "60"), ("LGDL_SERVICES", service.setting.as_str())];
    let desk = desk_with(Role::Admin, &settings).await;
    let contract = json!({"service": "shop", "capabilities": {"stock": {"functions": {
        function: {"description": "What the test needs.", "parameters": [], "read_only": read_only}}}}});
    std::fs::write(desk.edge.folder.path().join("capability_contract.json"), contract.to_string()).unwrap();
    let silence =
        format!("when event session_expired {{ stock.{function}() }}\n  capabilities {{ stock: [\"{function}\"] }}");
    publish(&desk, &shop(&silence)).await;
    (service, desk)
}

#[tokio::test]
async fn what_a_game_looks_up_and_makes_nothing_of_is_no_turn_and_its_session_ends() {
    let (service, desk) = quiet("look_up", true, Duration::ZERO).await;
    let mut person = Person::new(&desk, "c");
    person.say("good day").await;
    an_hour_later(&desk);
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!((&told[0]["data"]["then"], &told[0]["data"]["turns"]), (&json!("begins_anew"), &json!(1)));
    assert!(!service.asked().is_empty());
    let stored: StoredConversation = body(desk.edge.get("/edge/v1/conversations/shop/c?user=u").await).await;
    assert_eq!((stored.version, &stored.state), (1, &sessions::beginning(1)));
}

#[tokio::test]
async fn what_a_game_does_in_silence_is_a_turn_and_its_session_ends_all_the_same() {
    let (service, desk) = quiet("release", false, Duration::ZERO).await;
    let mut person = Person::new(&desk, "c");
    person.say("good day").await;
    an_hour_later(&desk);
    let told = events(&desk, "conversation.expired", 1).await;
    assert_eq!((&told[0]["data"]["then"], &told[0]["data"]["turns"]), (&json!("begins_anew"), &json!(2)));
    assert_eq!(service.keys().len(), 1, "once");
    let export: Value = body(desk.edge.get("/edge/v1/conversations/shop/c/export?user=u").await).await;
    assert_eq!(export["turns"][1]["calls"][0]["capability"], "stock.release", "{export:#}");
}

#[tokio::test]
async fn games_are_told_of_silence_side_by_side() {
    let (service, desk) = quiet("look_up", true, Duration::from_millis(500)).await;
    for number in 0..6 {
        Person::new(&desk, &format!("c{number}")).say("good day").await;
    }
    an_hour_later(&desk);
    events(&desk, "conversation.expired", 6).await;
    let (_, most) = service.seen.lock().unwrap().under_way;
    assert!(most > 1, "a slow service holds up every game");
}
