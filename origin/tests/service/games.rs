//! Games over the edge API.

use std::time::{Duration, Instant};

use lgdl::engine::{Conversation, Settings, Step, Turn, begin};
use lgdl::meaning::Meaning;
use lgdl::wire::origin::{Consent, GameList, GamePolicy};
use lgdl_origin::games::{Content, Goldens, PublishError, PublishRequest, publish, publish_file};
use lgdl_origin::ids::ConsentId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{ConsentRow, GameVersionRow, Publication, Role};
use reqwest::{Method, StatusCode};

use crate::client::{Edge, body, commit, edge, edge_with, told};
use crate::desk::{desk, desk_with};

#[tokio::test]
async fn a_published_game_is_listed_and_fetched_by_its_hash() {
    let edge = edge().await;
    let publication = Publication {
        tenant: "default".into(),
        game: "medical".into(),
        version: GameVersionRow {
            version: "abc".into(),
            name: "Medical".into(),
            file_hash: "f".into(),
            policy: r#"{"consent_required": true}"#.into(),
            published_at: 1,
            published_by: "test".into(),
        },
        compiled: vec![0, 1, 255],
        source: None,
        contract: None,
    };
    edge.running.origin.store.publish(publication, told()).await.unwrap();
    let list: GameList = body(edge.get("/edge/v1/games").await).await;
    let entry = &list.games[0];
    assert_eq!((&*entry.id, &*entry.name, &*entry.version), ("medical", "Medical", "abc"));
    assert_eq!(entry.policy, GamePolicy { consent_required: true, retention_days: None });

    let fetched = edge.get("/edge/v1/compiled/abc").await;
    assert_eq!(fetched.status(), StatusCode::OK);
    let etag = fetched.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!((etag.as_str(), fetched.bytes().await.unwrap().as_ref()), ("\"abc\"", &[0, 1, 255][..]));
}

#[tokio::test]
async fn consent_is_what_was_said_last() {
    let edge = edge().await;
    let asked = async || body::<Consent>(edge.send(Method::GET, "/edge/v1/consents/medical/u", vec![]).await).await;
    assert!(!asked().await.given);
    for (given, at) in [(true, 1), (false, 2)] {
        let row = ConsentRow {
            id: ConsentId::mint(at, &SystemRandom),
            tenant: "default".into(),
            game: "medical".into(),
            user_id: "u".into(),
            given,
            at,
            actor: "test".into(),
            note: String::new(),
        };
        edge.running.origin.store.add_consent(row, told()).await.unwrap();
        assert_eq!(asked().await.given, given);
    }
}

const GAME: &str = r#"game greeting {
  participants { user can do: anything }
  moves {
    move hello {
      when user says something like: ["hello", "good morning"]
      confidence: 0.7
      when confident { respond with: "Hello!" }
    }
  }
}
"#;

fn request<'a>(source: &'a str, goldens: &'a [&'a [u8]]) -> PublishRequest<'a> {
    PublishRequest {
        tenant: "default",
        game: "greeting",
        content: Content::Source { source: source.as_bytes(), contract: None },
        meaning: Meaning::Words,
        goldens: Some(Goldens { dialogs: goldens, mocks: None }),
        policy: GamePolicy::default(),
        actor: "test",
        now_ms: 1,
    }
}

#[tokio::test]
async fn a_game_is_published_only_if_it_compiles_and_holds_its_goldens() {
    let edge = edge().await;
    let store = &*edge.running.origin.store;
    let expecting = |answer: &str| {
        format!("dialogs: [{{name: greets, turns: [{{input: hello, expect: {{response_contains: [{answer}]}}}}]}}]")
    };
    let (hello, goodbye) = (expecting("Hello"), expecting("Goodbye"));
    let (hello, goodbye) = (hello.as_bytes(), goodbye.as_bytes());
    let refused = publish(store, request(GAME, &[hello, goodbye])).await.unwrap_err();
    let PublishError::Goldens(failed) = &refused else { panic!("{refused}") };
    assert_eq!((failed.len(), failed[0].dialog.as_str(), failed[0].turn), (1, "greets", 1));
    assert!(matches!(publish(store, request(GAME, &[b"dialogs: 7"])).await, Err(PublishError::GoldenFile(_))));
    assert!(matches!(publish(store, request("game {", &[hello])).await, Err(PublishError::Source(_))));
    assert!(store.games("default").await.unwrap().is_empty(), "nothing was published so far");

    let published = publish(store, request(GAME, &[hello])).await.unwrap();
    let others = [b"game: another\n".as_slice(), goodbye].concat();
    publish(store, request(GAME, &[&others])).await.expect("dialogues of another game are none of this one's");
    let list: GameList = body(edge.get("/edge/v1/games").await).await;
    assert_eq!(list.games[0].version, published.version);
    let bytes = edge.get(&format!("/edge/v1/compiled/{}", published.version)).await.bytes().await.unwrap();
    let game = lgdl::compiled::CompiledGame::load(bytes.to_vec().into()).unwrap();
    assert_eq!(game.version(), published.version);
    // A node that has it asks whether it is still good.
    let asked = edge.get_if_none_match(&format!("/edge/v1/compiled/{}", published.version), &published.version).await;
    assert_eq!(asked.status(), StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn games_of_the_settings_are_published_at_start_and_a_bad_one_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [good, bad] = ["good.lgdl", "bad.lgdl"].map(|name| folder.path().join(name));
    std::fs::write(&good, GAME).unwrap();
    std::fs::write(&bad, "game {").unwrap();
    let games = format!("bad:{},good:{},missing:/nowhere.lgdl", bad.display(), good.display());
    let edge = edge_with(&[("LGDL_GAMES", &games)]).await;
    let list: GameList = body(edge.get("/edge/v1/games").await).await;
    assert_eq!(list.games.iter().map(|game| game.id.as_str()).collect::<Vec<_>>(), ["good"]);
}

/// A game that takes a while to compile.
fn large_game(number: usize, moves: usize) -> String {
    let mut source = format!("game large{number} {{\n  participants {{ user can do: anything }}\n  moves {{\n");
    for of_move in 0..moves {
        let phrases: Vec<String> =
            (0..8).map(|of_phrase| format!("\"word{of_move}a want{of_phrase} thing{number} please\"")).collect();
        source.push_str(&format!(
            "    move m{of_move} {{\n      when user says something like: [{}]\n      confidence: 0.7\n      \
             when confident {{ respond with: \"Yes.\" }}\n    }}\n",
            phrases.join(", ")
        ));
    }
    source + "  }\n}\n"
}

/// On one thread: whatever computes there for long, nobody else gets on.
#[tokio::test]
async fn turns_go_on_while_six_games_are_compiled() {
    let edge = edge().await;
    let mut publishing = tokio::task::JoinSet::new();
    for number in 0..6 {
        let origin = edge.running.origin.clone();
        publishing.spawn(async move {
            let (id, source) = (format!("large{number}"), large_game(number, 150));
            let content = Content::Source { source: source.as_bytes(), contract: None };
            let request = PublishRequest { game: &id, content, goldens: None, ..request("", &[]) };
            publish(&*origin.store, request).await.map(|published| published.version)
        });
    }
    let (mut turns, mut slowest) = (0_u64, Duration::ZERO);
    while !publishing.is_empty() {
        let begun = Instant::now();
        assert_eq!(edge.commit(&commit("c", "u", turns, &format!("k{turns}"))).await.status(), 200);
        (turns, slowest) = (turns + 1, slowest.max(begun.elapsed()));
        while let Some(done) = publishing.try_join_next() {
            done.unwrap().unwrap();
        }
    }
    println!("{turns} turns while six games were compiled; the slowest took {slowest:?}");
    assert!(turns >= 24, "only {turns} turns were taken meanwhile; the slowest took {slowest:?}");
}

/// Publications wait for each other for longer than a request may take; too many of them are told to come again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publications_at_once_are_carried_out_or_refused_and_harm_nobody() {
    let settings = [("LGDL_REQUEST_TIMEOUT_SECONDS", "3")];
    let desk = desk_with(Role::Operator, &settings).await;
    let mut publishing = tokio::task::JoinSet::new();
    for number in 0..5 {
        let url = desk.url(&format!("/admin/v1/games/large{number}/versions"));
        let new = serde_json::json!({"source": large_game(number, 80)});
        let request = desk.edge.http().post(url).bearer_auth(&desk.token).json(&new);
        publishing.spawn(async move {
            let answer = request.send().await.unwrap();
            let again = answer.headers().contains_key("retry-after");
            let (status, body) = (answer.status(), body::<serde_json::Value>(answer).await);
            (status.as_u16(), body["code"].as_str().unwrap_or_default().to_owned(), again)
        });
    }
    let begun = Instant::now();
    let answers = publishing.join_all().await;
    println!("five publications took {:?}", begun.elapsed());
    let done = answers.iter().filter(|answer| answer.0 == 201).count();
    assert_eq!(done, 3, "{answers:?}");
    assert!(answers.iter().all(|(status, code, again)| *status == 201 || (code == "E532" && *again)), "{answers:?}");
    let health = desk.edge.get("/health").await;
    assert_eq!(health.status(), StatusCode::OK, "{}", health.text().await.unwrap());
    // With those done there is room again.
    let path = "/admin/v1/games/large9/versions";
    let answer = desk.send(Method::POST, path, &serde_json::json!({"source": GAME})).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
}

const PARTS: &str = r#"game parts {
  moves {
    move farewell {
      when user says something like: ["goodbye"]
      when confident { respond with: "Goodbye!" }
    }
  }
}
"#;
const TEXTS: &str = r#"language: es
texts:
  farewell.says.user: { source: goodbye, text: adiós }
  farewell.confident.1: { source: "Goodbye!", text: "¡Hasta luego!" }
  hello.says.user: { source: [hello, "good morning"], text: [hola, buenos días] }
  hello.confident.1: { source: "Hello!", text: "¡Buenas!" }
"#;

/// What a node would answer that fetches the active version of a game.
async fn answers(edge: &Edge, said: &[&str]) -> Vec<String> {
    let list: GameList = body(edge.get("/edge/v1/games").await).await;
    let version = &list.games.first().expect("a game").version;
    let bytes = edge.get(&format!("/edge/v1/compiled/{version}")).await.bytes().await.unwrap();
    let game = lgdl::compiled::CompiledGame::load(bytes.to_vec().into()).unwrap();
    let mut conversation = Conversation::default();
    let mut answers = Vec::new();
    for text in said {
        let turn = Turn {
            participant: "user".into(),
            text: (*text).into(),
            event: None,
            context: serde_json::json!({"locale": "es-ES"}).as_object().cloned().unwrap(),
            now_ms: 1,
            offset_seconds: 0,
            settings: Settings::default(),
        };
        let Step::Done(outcome) = begin(&game, conversation, turn) else { panic!("a call") };
        answers.push(outcome.record.response.clone());
        conversation = outcome.conversation;
    }
    answers
}

/// The published versions of that game, which are one however it was published.
async fn version(edge: &Edge) -> String {
    let list: GameList = body(edge.get("/edge/v1/games").await).await;
    list.games.first().expect("a game").version.clone()
}

#[tokio::test]
async fn a_game_is_published_with_its_imports_and_translations_by_every_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("game.lgdl");
    let source = format!("import \"parts.lgdl\"\n\n{GAME}");
    std::fs::write(&path, &source).unwrap();
    std::fs::write(folder.path().join("parts.lgdl"), PARTS).unwrap();
    std::fs::create_dir(folder.path().join("texts")).unwrap();
    std::fs::write(folder.path().join("texts/es.yaml"), TEXTS).unwrap();
    let (said, expected) = (["hola", "adiós"], ["¡Buenas!", "¡Hasta luego!"]);

    // By the settings, at the start.
    let configured = edge_with(&[("LGDL_GAMES", &format!("greeting:{}", folder.path().display()))]).await;
    assert_eq!(answers(&configured, &said).await, expected);
    let kept = version(&configured).await;

    // From a file, as `lgdl games publish` does.
    let filed = edge().await;
    let (store, meaning) = (&*filed.running.origin.store, filed.running.origin.config.meaning);
    publish_file(store, "default", "greeting", folder.path(), meaning, None, "test", 1).await.unwrap();
    assert_eq!(answers(&filed, &said).await, expected);

    // Over the admin API, with the files that belong to it.
    let desk = desk(Role::Operator).await;
    let files = serde_json::json!({"parts.lgdl": PARTS, "texts/es.yaml": TEXTS});
    let new = serde_json::json!({"source": source, "files": files});
    let done = desk.send(Method::POST, "/admin/v1/games/greeting/versions", &new).await;
    assert_eq!(done.status(), StatusCode::CREATED, "{}", done.text().await.unwrap());
    assert_eq!(answers(&desk.edge, &said).await, expected);
    assert_eq!(version(&desk.edge).await, version(&filed).await);
    assert_eq!(version(&filed).await, kept);

    let lacking = serde_json::json!({"source": source, "files": {"texts/es.yaml": TEXTS}});
    let refused = desk.send(Method::POST, "/admin/v1/games/greeting/versions", &lacking).await;
    let told = refused.text().await.unwrap();
    assert!(told.contains("E019") && told.contains("parts.lgdl"), "{told}");
}
