//! Rate limits where they are promised to be exact, and what repeated refusals lead to.

use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::{Value, json};

use crate::turn;

pub(crate) async fn limits_are_exact_and_say_where_one_stands(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let limits =
        [("rate_limit_user", "7/hour"), ("rate_limit_conversation", "2/hour"), ("rate_limit_global", "100/hour")];
    let node = deployment.node(kind, &limits).await;
    let send = async |conversation: &str, user: &str| {
        let answer = node.send("clinic_triage", &turn(conversation, user, "hello"), &[]).await;
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (answer.status().as_u16(), header("ratelimit"), header("ratelimit-policy"), header("retry-after"))
    };
    let (status, standing, policy, retry_after) = send("c0", "u1").await;
    assert_eq!((status, retry_after), (200, None));
    assert_eq!(policy.unwrap(), r#""user";q=7;w=3600, "conversation";q=2;w=3600, "global";q=100;w=3600"#);
    assert!(standing.clone().unwrap().starts_with(r#""user";r=6;t="#), "{standing:?}");
    assert_eq!(send("c0", "u1").await.0, 200);
    let (status, _, _, retry_after) = send("c0", "u1").await;
    assert_eq!(status, 429, "the conversation's limit");
    // Two an hour: the next token comes after half an hour.
    assert!((1_700..=1_800).contains(&retry_after.unwrap().parse::<u32>().unwrap()));
    // What one limit refuses costs the others nothing.
    let mut taken = 2;
    for n in 1..10 {
        taken += u32::from(send(&format!("c{n}"), "u1").await.0 == 200);
    }
    assert_eq!(taken, 7, "the user's limit");
    assert_eq!(send("other", "u2").await.0, 200);
    assert_eq!(deployment.origin.counts().await.turns, 8, "what was refused is not there");
    node.stop().await;
}

pub(crate) async fn repeated_refusals_lead_to_a_ban(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(kind, &[("rate_limit_user", "1/hour")]).await;
    let send = async |user: &str| node.say("clinic_triage", &turn("c1", user, "hello"), &[]).await;
    assert_eq!(send("u1").await.0, 200);
    let mut codes = Vec::new();
    for _ in 0..31 {
        let (status, problem) = send("u1").await;
        assert_eq!(status, 429);
        codes.push(problem["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes[0], "E320");
    assert_eq!(codes[30], "E321", "{codes:?}");
    let answer = node.send("clinic_triage", &turn("c1", "u1", "hello"), &[]).await;
    let wait: u32 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(answer.json::<Value>().await.unwrap()["code"], json!("E321"));
    node.stop().await;
}
