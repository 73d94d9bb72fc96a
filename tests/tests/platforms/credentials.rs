//! Who is let in: API keys of the origin, tokens that are verified at the node.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::turn;

const ISSUER_SECRET: &str = "a secret of the issuer";

fn token(head: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(head), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

pub(crate) async fn keys_and_tokens_open_what_they_should_and_nothing_else(kind: Kind) {
    let deployment = Deployment::of("clinic_triage").await;
    let (key, admin) = (deployment.origin.api_key(&["turns"]).await, deployment.origin.api_key(&["admin"]).await);
    let node = deployment
        .node(
            kind,
            &[
                ("mode", "production"),
                ("jwt_secret", ISSUER_SECRET),
                ("jwt_audience", "lgdl"),
                ("capability_mocks", ""),
            ],
        )
        .await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let hs256 = json!({ "alg": "HS256", "typ": "JWT" });
    let claims = json!({ "sub": "u1", "aud": "lgdl", "exp": now + 600 });
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        token(&hs256, &claims, ISSUER_SECRET)
    };
    let good = token(&hs256, &claims, ISSUER_SECRET);
    let truncated = good[..good.len() - 2].to_owned();
    let none = token(&json!({ "alg": "none" }), &claims, ISSUER_SECRET);
    let critical = json!({ "alg": "HS256", "crit": ["x"] });
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    let cases: Vec<(&str, Option<String>, u16)> = vec![
        ("no credential", None, 401),
        ("a key", Some(key.clone()), 200),
        ("an admin's key", Some(admin), 200),
        ("a key with another letter", Some(format!("{key}x")), 401),
        ("a token", Some(good), 200),
        ("a token of another user", Some(with("sub", json!("u2"))), 403),
        ("an expired token", Some(with("exp", json!(now - 600))), 401),
        ("a token that is not yet valid", Some(with("nbf", json!(now + 600))), 401),
        ("a token for others", Some(with("aud", json!("others"))), 401),
        ("a token for several", Some(with("aud", json!(["others", "lgdl"]))), 200),
        ("a token of a tenant that is none", Some(with("tenant", json!("../x y"))), 401),
        ("a token of a tenant with a long name", Some(with("tenant", json!("t".repeat(65)))), 401),
        ("a token that ends beyond all time", Some(with("exp", json!(1e300))), 401),
        ("a token whose end is a text", Some(with("exp", json!("9999999999"))), 401),
        ("a token that must be understood in full", Some(token(&critical, &claims, ISSUER_SECRET)), 401),
        ("a token of another secret", Some(token(&hs256, &claims, "a secret of a stranger")), 401),
        ("a token that chooses no algorithm", Some(none), 401),
        ("a token without a signature", Some(unsigned), 401),
        ("a token cut short", Some(truncated), 401),
        ("two dots", Some("..".into()), 401),
        ("a very long one", Some("x".repeat(5_000)), 401),
        ("nothing behind the scheme", Some(String::new()), 401),
    ];
    for (n, (name, credential, status)) in cases.into_iter().enumerate() {
        let header = credential.map(|credential| format!("Bearer {credential}"));
        let headers: Vec<(&str, &str)> = header.iter().map(|value| ("authorization", value.as_str())).collect();
        let answer = node.send("clinic_triage", &turn(&format!("c{n}"), "u1", "hello"), &headers).await;
        assert_eq!(answer.status().as_u16(), status, "{name}");
        if status == 401 {
            assert_eq!(answer.headers()["www-authenticate"], "Bearer", "{name}");
        }
        if status != 200 {
            assert_eq!(answer.headers()["content-type"], "application/problem+json", "{name}");
        }
    }
    assert_eq!(deployment.origin.counts().await.turns, 4);
    for path in ["/", "/dev/status"] {
        let page = node.http().get(node.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 404, "no {path} in production");
    }
    let drain = node.http().post(node.url("/internal/drain")).bearer_auth(&key).send().await.unwrap();
    assert_eq!(drain.status(), 403);
    node.stop().await;
}
