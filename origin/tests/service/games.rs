//! Games over the edge API.

use lgdl::wire::origin::{Consent, GameList, GamePolicy};
use lgdl_origin::ids::ConsentId;
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::{ConsentRow, GameVersionRow, Publication};
use reqwest::{Method, StatusCode};

use crate::client::{body, edge};

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
    edge.running.origin.store.publish(publication).await.unwrap();
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
        edge.running.origin.store.add_consent(row).await.unwrap();
        assert_eq!(asked().await.given, given);
    }
}
