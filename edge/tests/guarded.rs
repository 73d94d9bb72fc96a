//! Who is let in and how often: credentials, revocation, limits, bans.

mod support;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use lgdl::wire::origin::{ApiKey, Blocked, Refused, Signature, person_digest};
use lgdl_edge::digest::sha256;
use lgdl_edge::native::Native;
use serde_json::{Value, json};
use sha2::Sha256;
use support::*;

// Well-formed, each with its checksum.
const GOOD: &str = "lgdl_test_gggggggggggggggggggggggggggggggggggggggg_bVjhdl";
const ADMIN: &str = "lgdl_test_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_t9qRn8";
const OTHER: &str = "lgdl_test_oooooooooooooooooooooooooooooooooooooooo_Ey4PM8";
const FORGED: &str = "lgdl_test_ffffffffffffffffffffffffffffffffffffffff_Xyf0Se";
const BEARER: &str = "Bearer lgdl_test_gggggggggggggggggggggggggggggggggggggggg_bVjhdl";

fn locked(world: &std::rc::Rc<World>) -> Native {
    let key = ApiKey {
        id: "key_1".into(),
        tenant: "default".into(),
        scopes: vec!["turns".into()],
        expires_at_ms: None,
        revoked: false,
    };
    let admin = ApiKey { id: "key_2".into(), scopes: vec!["admin".into()], ..key.clone() };
    let other = ApiKey { id: "key_3".into(), tenant: "other".into(), ..key.clone() };
    let mut state = world.state.borrow_mut();
    for (secret, key) in [(GOOD, key), (ADMIN, admin), (OTHER, other)] {
        state.keys.insert(sha256(secret.as_bytes()), key);
    }
    drop(state);
    production_node(world).with("auth", "required").with("jwt_secret", "a secret of the issuer")
}

fn get_games(node: &Native, headers: &[(&str, &str)]) -> u16 {
    send(node, &request("GET", "/games", headers, b"")).status.as_u16()
}

#[test]
fn a_credential_is_needed_and_must_be_known() {
    let world = world();
    let node = locked(&world);
    for (headers, status) in [
        (vec![], 401),
        (vec![("authorization", BEARER)], 200),
        (vec![("authorization", &BEARER.replacen("Bearer", "bearer", 1))], 200),
        (vec![("x-api-key", GOOD)], 200),
        (vec![("authorization", "Bearer wrong")], 401),
        (vec![("authorization", "Bearer")], 401),
        (vec![("authorization", "Basic Z29vZA==")], 401),
        (vec![("authorization", BEARER), ("authorization", "Bearer wrong")], 401),
        (vec![("authorization", "\u{e9}")], 401),
        (vec![("x-api-key", "")], 401),
    ] {
        assert_eq!(get_games(&node, &headers), status, "{headers:?}");
    }
    let long = "x".repeat(5_000);
    assert_eq!(get_games(&node, &[("x-api-key", &long)]), 401);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 401);
    assert!(world.state.borrow().turns.is_empty());
    let response = send(&node, &request("GET", "/games", &[], b""));
    assert_eq!(response.headers["www-authenticate"], "Bearer");
}

#[test]
fn a_revocation_is_honoured_within_a_minute() {
    let world = world();
    let node = locked(&world);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 200);
    world.state.borrow_mut().keys.get_mut(&sha256(GOOD.as_bytes())).unwrap().revoked = true;
    node.now_ms.set(node.now_ms.get() + 59_999);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 200);
    node.now_ms.set(node.now_ms.get() + 1);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 401);
}

#[test]
fn an_expired_key_is_refused_at_once() {
    let world = world();
    let node = locked(&world);
    world.state.borrow_mut().keys.get_mut(&sha256(GOOD.as_bytes())).unwrap().expires_at_ms =
        Some(node.now_ms.get() + 1_000);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 200);
    node.now_ms.set(node.now_ms.get() + 1_000);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 401);
}

#[test]
fn while_the_origin_is_away_known_keys_are_believed_for_a_while_and_others_are_not() {
    let world = world();
    let node = locked(&world);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 200);
    world.weather.set(Weather::Away);
    node.now_ms.set(node.now_ms.get() + 300_000);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 200);
    assert_eq!(get_games(&node, &[("x-api-key", ADMIN)]), 503);
    node.now_ms.set(node.now_ms.get() + 300_000);
    assert_eq!(get_games(&node, &[("x-api-key", GOOD)]), 503);
}

#[test]
fn tenants_do_not_see_each_other() {
    let world = world();
    let node = locked(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[("x-api-key", GOOD)]).0, 200);
    let hot = |node: &Native| node.kv.borrow().keys().filter(|key| key.starts_with("hot:")).count();
    assert_eq!(hot(&node), 1);
    // The origin of these tests has one tenant; what counts is that the node keeps their state apart.
    let (_, answer) = say(&node, "c2", "u1", "hello", &[("x-api-key", OTHER)]);
    assert_eq!(answer["turn"], 1);
    assert_eq!(hot(&node), 2);
    assert_ne!(
        lgdl_edge::digest::conversation("default", "desk", "c1"),
        lgdl_edge::digest::conversation("other", "desk", "c1")
    );
}

fn token(head: Value, claims: Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&head), part(&claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("Bearer {signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn tokens_are_checked_whole() {
    let world = world();
    let node = locked(&world).with("jwt_issuer", "https://issuer.example.com").with("jwt_audience", "lgdl");
    let now = node.now_ms.get() / 1_000;
    let head = json!({ "alg": "HS256", "typ": "JWT" });
    let good = json!({ "sub": "u1", "exp": now + 600, "iss": "https://issuer.example.com", "aud": ["x", "lgdl"] });
    let secret = "a secret of the issuer";
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        claims
    };
    assert_eq!(get_games(&node, &[("authorization", &token(head.clone(), good.clone(), secret))]), 200);
    for (what, bad) in [
        ("another secret", token(head.clone(), good.clone(), "another secret altogether")),
        ("no algorithm", token(json!({ "alg": "none" }), good.clone(), secret)),
        ("another algorithm", token(json!({ "alg": "RS256" }), good.clone(), secret)),
        ("something critical", token(json!({ "alg": "HS256", "crit": ["b64"] }), good.clone(), secret)),
        ("expired", token(head.clone(), with("exp", json!(now - 61)), secret)),
        ("not yet valid", token(head.clone(), with("nbf", json!(now + 61)), secret)),
        ("another issuer", token(head.clone(), with("iss", json!("https://evil.example.com")), secret)),
        ("another audience", token(head.clone(), with("aud", json!("other")), secret)),
        ("nobody", token(head.clone(), with("sub", json!("")), secret)),
        ("no expiry", token(head.clone(), with("exp", Value::Null), secret)),
        ("altered", token(head.clone(), good.clone(), secret).replacen("Bearer e", "Bearer f", 1)),
        ("no base 64", "Bearer a.b.ä".into()),
        ("empty parts", "Bearer ..".into()),
    ] {
        assert_eq!(get_games(&node, &[("authorization", &bad)]), 401, "{what}");
    }
}

#[test]
fn a_token_of_an_issuers_private_key_is_what_the_origin_says_it_is() {
    let world = world();
    let node = locked(&world).with("jwt_issuer", "https://issuer.example.com").with("jwt_audience", "lgdl");
    let now = node.now_ms.get() / 1_000;
    let claims = json!({ "sub": "u1", "exp": now + 3_600, "iss": "https://issuer.example.com", "aud": "lgdl" });
    // What the signature is made of is nothing to the node.
    let of = |alg: &str, claims: &Value| token(json!({ "alg": alg, "kid": "1" }), claims.clone(), "whoever signs");
    let signed = |header: &str, signature| {
        world.state.borrow_mut().signatures.insert(header.replacen("Bearer ", "", 1), signature);
    };
    let asked = || world.state.borrow().calls.iter().filter(|call| *call == "POST tokens").count();
    let send = |header: &str| get_games(&node, &[("authorization", header)]);

    for alg in ["RS256", "ES256", "EdDSA"] {
        let good = of(alg, &claims);
        assert_eq!(send(&good), 401, "{alg}: the origin does not know it");
        signed(&good, Signature::Good);
        assert_eq!(send(&good), 200, "{alg}");
    }
    let asked_before = asked();
    let good = of("RS256", &claims);
    assert_eq!((send(&good), asked()), (200, asked_before), "believed for a minute");

    // What a token says is checked although the origin stands for its signature, and before it is asked.
    for (what, name, value) in [
        ("expired", "exp", json!(now - 61)),
        ("not yet valid", "nbf", json!(now + 61)),
        ("another issuer", "iss", json!("https://evil.example.com")),
        ("another audience", "aud", json!("other")),
        ("no audience", "aud", Value::Null),
        ("nobody", "sub", json!("")),
        ("a tenant that is none", "tenant", json!("../x")),
    ] {
        let mut claims = claims.clone();
        claims[name] = value;
        let bad = of("RS256", &claims);
        signed(&bad, Signature::Good);
        assert_eq!((send(&bad), asked()), (401, asked_before), "{what}");
    }
    // The algorithm says whose keys count: nothing that the origin verifies can be passed off as the node's, or the other way.
    for alg in ["none", "HS256", "HS384", "RS512", "PS256", "es256"] {
        let confused = of(alg, &claims);
        signed(&confused, Signature::Good);
        assert_eq!((send(&confused), asked()), (401, asked_before), "{alg}");
    }
    let with_our_secret = token(json!({ "alg": "RS256" }), claims.clone(), "a secret of the issuer");
    assert_eq!(send(&with_our_secret), 401);

    // Away, or without the issuer's keys: known tokens are believed for a while, others can't be told.
    let fresh =
        of("RS256", &json!({ "sub": "u2", "exp": now + 3_600, "iss": "https://issuer.example.com", "aud": "lgdl" }));
    signed(&good, Signature::Unknown);
    signed(&fresh, Signature::Unknown);
    node.now_ms.set(node.now_ms.get() + 300_000);
    assert_eq!((send(&good), send(&fresh)), (200, 503));
    node.now_ms.set(node.now_ms.get() + 300_000);
    assert_eq!(send(&good), 503);
}

#[test]
fn a_node_that_names_no_issuer_or_audience_takes_no_tokens_of_private_keys() {
    for (name, value) in [("jwt_issuer", "https://issuer.example.com"), ("jwt_audience", "lgdl")] {
        let world = world();
        let node = locked(&world).with(name, value);
        let exp = node.now_ms.get() / 1_000 + 600;
        let claims = json!({ "sub": "u1", "exp": exp, "iss": "https://issuer.example.com", "aud": "lgdl" });
        let token = token(json!({ "alg": "ES256" }), claims, "whoever signs");
        world.state.borrow_mut().signatures.insert(token.replacen("Bearer ", "", 1), Signature::Good);
        assert_eq!(get_games(&node, &[("authorization", &token)]), 401, "{name} alone");
    }
}

#[test]
fn a_secret_is_changed_while_tokens_of_both_are_good() {
    let world = world();
    let node = locked(&world).with("jwt_secret_other", "the next secret of the issuer");
    let claims = json!({ "sub": "u1", "exp": node.now_ms.get() / 1_000 + 600 });
    for (secret, status) in
        [("a secret of the issuer", 200), ("the next secret of the issuer", 200), ("another secret altogether", 401)]
    {
        let token = token(json!({ "alg": "HS256" }), claims.clone(), secret);
        assert_eq!(get_games(&node, &[("authorization", &token)]), status, "{secret}");
    }
}

#[test]
fn a_scope_for_something_else_is_no_leave_to_export_or_erase() {
    let world = world();
    let node = locked(&world);
    let with_scope = |scope: &str| {
        let claims = json!({ "sub": "u1", "exp": node.now_ms.get() / 1_000 + 600, "scope": scope });
        token(json!({ "alg": "HS256" }), claims, "a secret of the issuer")
    };
    let turns = with_scope("turns");
    assert_eq!(say(&node, "c1", "u1", "hello", &[("authorization", &turns)]).0, 200);
    let foreign = with_scope("calendar.read profile");
    for (method, path) in [("GET", "/conversations/c1/export"), ("DELETE", "/conversations/c1")] {
        let refused = send(&node, &request(method, path, &[("authorization", &foreign)], b""));
        assert_eq!(refused.status.as_u16(), 403, "{method}");
    }
    let exported = send(&node, &request("GET", "/conversations/c1/export", &[("authorization", &turns)], b""));
    assert_eq!(exported.status.as_u16(), 200);
}

#[test]
fn scopes_are_read_from_either_claim_and_count_where_both_name_them() {
    let world = world();
    let node = locked(&world);
    let status = |claims: Value| {
        let mut all = json!({ "sub": "u1", "exp": node.now_ms.get() / 1_000 + 600 });
        all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
        let token = token(json!({ "alg": "HS256" }), all, "a secret of the issuer");
        say(&node, "c1", "u1", "hello", &[("authorization", &token)]).0
    };
    for (claims, expected) in [
        (json!({ "scp": "turns" }), 200),
        (json!({ "scp": ["profile", "turns"] }), 200),
        (json!({ "scope": ["turns"] }), 200),
        (json!({ "scp": [] }), 200),
        (json!({ "scp": "profile" }), 403),
        (json!({ "scp": ["profile"] }), 403),
        (json!({ "scope": "turns", "scp": ["turns", "profile"] }), 200),
        (json!({ "scope": "turns profile", "scp": "profile" }), 403),
        (json!({ "scope": "turns", "scp": "profile" }), 401),
        (json!({ "scp": 7 }), 401),
        (json!({ "scp": [7] }), 401),
    ] {
        assert_eq!(status(claims.clone()), expected, "{claims}");
    }
}

#[test]
fn a_person_or_a_key_that_is_blocked_takes_no_turns_and_keeps_its_rights() {
    let world = world();
    let node = locked(&world).with("rate_limit_user", "off").with("rate_limit_conversation", "off");
    let key = [("x-api-key", GOOD)];
    assert_eq!(say(&node, "c1", "mallory", "hello", &key).0, 200);
    let block = |subject: String, until_ms| world.state.borrow_mut().blocked.push(Blocked { subject, until_ms });
    let later = |ms: i64| node.now_ms.set(node.now_ms.get() + ms);
    let code = |user: &str| say(&node, "c2", user, "hello", &key).1["code"].clone();

    block(person_digest("default", "mallory"), Some(node.now_ms.get() + 3_600_000));
    later(30_000);
    let turns = world.state.borrow().turns.len();
    assert_eq!(code("mallory"), "E322", "as soon as the list of games is asked for again");
    assert_eq!(code("alice"), Value::Null, "nobody else behind the key");
    assert_eq!(world.state.borrow().turns.len(), turns + 1);
    let export = send(&node, &request("GET", "/conversations/c1/export?user_id=mallory", &key, b""));
    assert_eq!(export.status.as_u16(), 200, "a copy is the person's right");

    world.weather.set(Weather::Away);
    later(400_000);
    assert_eq!(code("mallory"), "E322", "also while the origin is away");
    world.weather.set(Weather::Fine);
    later(3_600_000);
    assert_eq!(say(&node, "c3", "mallory", "hello", &key).0, 200, "it has ended by itself");

    block("key_1".into(), None);
    later(60_000);
    assert_eq!((code("alice"), code("mallory")), (json!("E322"), json!("E322")));
    world.state.borrow_mut().blocked.clear();
    later(60_000);
    assert_eq!(say(&node, "c4", "alice", "hello", &key).0, 200, "let in again");
    let told = world.state.borrow().reports.iter().any(|report| report.refused == Refused::Blocked);
    assert!(told, "the audit log hears of it");
}

#[test]
fn who_exports_too_often_is_told_so_and_cuts_off_nobody() {
    let world = world();
    let node = locked(&world);
    let key = [("x-api-key", GOOD)];
    assert_eq!(say(&node, "c1", "u1", "hello", &key).0, 200);
    world.state.borrow_mut().refused = Some(("c1".into(), 429));
    for method in ["GET", "DELETE"] {
        for _ in 0..10 {
            let path =
                if method == "GET" { "/conversations/c1/export?user_id=u1" } else { "/conversations/c1?user_id=u1" };
            let (status, problem) = body_of(send(&node, &request(method, path, &key, b"")));
            assert_eq!((status, &problem["code"]), (429, &json!("E320")), "{method}");
        }
    }
    let (status, answer) = say(&node, "c2", "u2", "hello", &key);
    assert_eq!((status, &answer["durable"]), (200, &json!(true)), "the breaker did not open");
}

#[test]
fn a_conversation_is_not_looked_for_in_more_games_than_a_request_may_ask_about() {
    let world = world();
    world.state.borrow_mut().more_games = 19;
    let node = locked(&world);
    let key = [("x-api-key", GOOD)];
    for (method, path) in
        [("GET", "/conversations/c1/export"), ("GET", "/conversations/c1/messages"), ("DELETE", "/conversations/c1")]
    {
        let answer = |query: &str| send(&node, &request(method, &format!("{path}?user_id=u1{query}"), &key, b""));
        assert_eq!(answer("").status.as_u16(), 422, "{method} {path}");
        assert_eq!(answer("&game=desk").status.as_u16(), 404, "{method} {path}");
    }
    assert_eq!(world.state.borrow().calls.iter().filter(|call| call.ends_with("conversations")).count(), 3);
}

#[test]
fn who_looks_too_often_is_told_so_and_may_speak_all_the_same() {
    let world = world();
    let node = production_node(&world);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    let look = |user: &str| {
        let (status, answer) = body_of(send(
            &node,
            &request("GET", &format!("/conversations/c1/messages?game=desk&user_id={user}"), &[], b""),
        ));
        (status, answer["code"].clone())
    };
    for n in 0..240 {
        assert_eq!(look("u1").0, 200, "{n}");
    }
    for _ in 0..100 {
        assert_eq!(look("u1").0, 429);
    }
    assert_ne!(look("u2").0, 429, "another person has looks of their own");
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200, "no turn is refused for it");
}

#[test]
fn a_stranger_who_asks_for_health_does_not_have_the_origin_asked() {
    let world = world();
    let node = locked(&world);
    for _ in 0..100 {
        assert_eq!(send(&node, &request("GET", "/health", &[], b"")).status.as_u16(), 200);
    }
    assert_eq!(world.state.borrow().calls, ["GET games"]);
    world.weather.set(Weather::Away);
    node.now_ms.set(node.now_ms.get() + 1_000);
    assert_eq!(send(&node, &request("GET", "/health", &[], b"")).status.as_u16(), 503, "and what is so shows soon");
}

#[test]
fn a_token_speaks_for_its_own_user_only() {
    let world = world();
    let node = locked(&world);
    let claims = json!({ "sub": "u1", "exp": node.now_ms.get() / 1_000 + 600 });
    let token = token(json!({ "alg": "HS256" }), claims, "a secret of the issuer");
    assert_eq!(say(&node, "c1", "u1", "hello", &[("authorization", &token)]).0, 200);
    let (status, problem) = say(&node, "c1", "u2", "hello", &[("authorization", &token)]);
    assert_eq!((status, &problem["code"]), (403, &json!("E311")));
    let export = send(&node, &request("GET", "/conversations/c1/export", &[("authorization", &token)], b""));
    assert_eq!(export.status.as_u16(), 200, "the token says whose it is");
}

/// A key beside those of [`locked`]: well-formed, with those scopes.
fn add_key(world: &World, letter: &str, scopes: &[&str]) -> String {
    let body = format!("lgdl_test_{}", letter.repeat(40));
    let secret = format!("{body}_{}", lgdl::api_key::checksum(&body));
    let key = ApiKey {
        id: format!("key_{letter}"),
        tenant: "default".into(),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
        expires_at_ms: None,
        revoked: false,
    };
    world.state.borrow_mut().keys.insert(sha256(secret.as_bytes()), key);
    secret
}

#[test]
fn whom_a_key_names_is_not_whom_a_token_proves() {
    let world = world();
    let node = locked(&world);
    let claims = json!({ "sub": "user-17", "exp": node.now_ms.get() / 1_000 + 6_000 });
    let token = token(json!({ "alg": "HS256" }), claims, "a secret of the issuer");
    let (proven, named) = ([("authorization", token.as_str())], [("x-api-key", GOOD)]);
    let of = |method: &str, path: &str, credential: &[(&str, &str)]| {
        send(&node, &request(method, &format!("{path}?user_id=user-17"), credential, b"")).status.as_u16()
    };
    assert_eq!(say(&node, "c1", "user-17", "hello", &proven).0, 200);
    assert_eq!(say(&node, "c1", "user-17", "hello", &named).0, 404, "their conversation is not gone on with");
    for (method, path) in
        [("GET", "/conversations/c1/export"), ("GET", "/conversations/c1/messages"), ("DELETE", "/conversations/c1")]
    {
        assert_eq!(of(method, path, &named), 404, "{method} {path}");
    }
    assert_eq!(say(&node, "c1", "user-17", "hello", &proven).1["turn"], 2);

    // Whoever knocks in their name is banned, and they are not.
    let last = (0..60).map(|n| say(&node, &format!("n{n}"), "user-17", "hello", &named).1).last().unwrap();
    assert_eq!(last["code"], "E321");
    assert_eq!(say(&node, "c1", "user-17", "hello", &proven).0, 200);
    node.now_ms.set(node.now_ms.get() + 3_600_000);
    let block = |subject: &str| {
        world.state.borrow_mut().blocked = vec![Blocked { subject: person_digest("default", subject), until_ms: None }];
        node.now_ms.set(node.now_ms.get() + 60_000);
    };
    block("key|user-17");
    assert_eq!(say(&node, "c2", "user-17", "hello", &named).1["code"], "E322");
    assert_eq!(say(&node, "c1", "user-17", "hello", &proven).0, 200, "blocked is who spoke in their name");
    block("user-17");
    assert_eq!(say(&node, "c2", "user-17", "hello", &named).1["code"], "E322", "no way in by the page's key");
    assert_eq!(say(&node, "c1", "user-17", "hello", &proven).1["code"], "E322");
    world.state.borrow_mut().blocked.clear();
    node.now_ms.set(node.now_ms.get() + 60_000);

    // What a key's persons have is theirs in turn, however long their ids are.
    for user in ["user-17", &"u".repeat(128)] {
        let conversation = format!("k{}", user.len());
        assert_eq!(say(&node, &conversation, user, "hello", &named).0, 200);
        let path = format!("/conversations/{conversation}/export?user_id={user}");
        assert_eq!(send(&node, &request("GET", &path, &named, b"")).status.as_u16(), 200);
        assert_eq!(
            send(&node, &request("GET", &path, &proven, b"")).status.as_u16(),
            if user.len() < 9 { 404 } else { 403 }
        );
    }
    // The site's server speaks for whom tokens prove, where its key says so.
    let server = add_key(&world, "p", &["turns", "persons"]);
    for key in [server.as_str(), ADMIN] {
        assert_eq!(of("GET", "/conversations/c1/export", &[("x-api-key", key)]), 200);
    }
}

#[test]
fn a_token_is_not_for_the_name_of_one_whom_a_key_names() {
    let world = world();
    let node = locked(&world);
    let claims = json!({ "sub": "key|u1", "exp": node.now_ms.get() / 1_000 + 600 });
    let token = token(json!({ "alg": "HS256" }), claims, "a secret of the issuer");
    assert_eq!(get_games(&node, &[("authorization", &token)]), 401);
}

#[test]
fn where_no_tokens_are_taken_persons_are_called_as_keys_call_them() {
    let world = world();
    let node = locked(&world).with("jwt_secret", "");
    assert_eq!(say(&node, "c1", "u1", "hello", &[("x-api-key", GOOD)]).0, 200);
    assert_eq!(world.state.borrow().turns[0].user_id, "u1");
}

#[test]
fn limits_count_users_conversations_and_everybody() {
    let world = world();
    let node = production_node(&world).with("rate_limit_global", "25/minute");
    for n in 0..10 {
        assert_eq!(say(&node, &format!("c{n}"), "u1", "hello", &[]).0, 200, "{n}");
    }
    let (status, problem) = say(&node, "c11", "u1", "hello", &[]);
    assert_eq!((status, &problem["code"]), (429, &json!("E320")));
    for n in 0..15 {
        assert_eq!(say(&node, &format!("d{n}"), &format!("v{n}"), "hello", &[]).0, 200, "{n}");
    }
    assert_eq!(say(&node, "d99", "v99", "hello", &[]).0, 429, "the global limit");
    assert_eq!(world.state.borrow().turns.len(), 25);
    node.now_ms.set(node.now_ms.get() + 6_000);
    assert_eq!(say(&node, "c11", "u1", "hello", &[]).0, 200, "tokens come back evenly");
}

#[test]
fn answers_say_how_the_limits_stand() {
    let world = world();
    let node = production_node(&world);
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" }).to_string();
    let send_one = || send(&node, &request("POST", "/games/desk/move", &[], body.as_bytes()));
    let first = send_one();
    assert_eq!(
        first.headers["ratelimit-policy"],
        "\"user\";q=10;w=60, \"conversation\";q=20;w=60, \"global\";q=1000;w=60"
    );
    assert_eq!(first.headers["ratelimit"], "\"user\";r=9;t=6, \"conversation\";r=19;t=3, \"global\";r=999;t=1");
    for _ in 0..9 {
        send_one();
    }
    let refused = send_one();
    assert_eq!(refused.status.as_u16(), 429);
    assert_eq!(refused.headers["retry-after"], "6");
    assert!(refused.headers["ratelimit"].to_str().unwrap().starts_with("\"user\";r=0;t=60"));
}

#[test]
fn whoever_goes_on_knocking_is_banned_for_a_while() {
    let world = world();
    let node = production_node(&world);
    let statuses: Vec<(u16, Value)> = (0..60).map(|_| say(&node, "c1", "u1", "hello", &[])).collect();
    assert_eq!(statuses[20].1["code"], "E320");
    assert_eq!(statuses[59].1["code"], "E321");
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).1["code"], "E321", "the bucket has tokens again, the ban lasts");
    node.now_ms.set(node.now_ms.get() + 30_000);
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    assert_eq!(say(&node, "c2", "u2", "hello", &[]).0, 200, "others are not concerned");
}

#[test]
fn what_is_no_key_costs_the_origin_no_question_and_what_was_unknown_costs_one() {
    let world = world();
    let node = locked(&world);
    for wrong in ["a guess", &GOOD.replacen('g', "h", 1), &GOOD[..GOOD.len() - 1]] {
        assert_eq!(get_games(&node, &[("x-api-key", wrong)]), 401);
    }
    let asked = || world.state.borrow().calls.iter().filter(|call| *call == "GET keys").count();
    assert_eq!(asked(), 0);
    for _ in 0..5 {
        assert_eq!(get_games(&node, &[("x-api-key", FORGED)]), 401);
    }
    assert_eq!(asked(), 1);
    node.now_ms.set(node.now_ms.get() + 10_000);
    assert_eq!(get_games(&node, &[("x-api-key", FORGED)]), 401);
    assert_eq!(asked(), 2, "it may have been made since");
}

#[test]
fn what_others_write_into_the_store_grants_nothing() {
    let world = world();
    let mut node = locked(&world);
    // As on Spin, where notes lie in the store.
    node.remembers = false;
    assert_eq!(get_games(&node, &[("x-api-key", FORGED)]), 401);
    let key =
        json!({ "id": "key_9", "tenant": "default", "scopes": ["admin"], "expires_at_ms": null, "revoked": false });
    let note = json!({ "asked_at_ms": node.now_ms.get(), "key": key }).to_string().into_bytes();
    node.kv.borrow_mut().insert(format!("grant:key:{}", sha256(FORGED.as_bytes())), (i64::MAX, note));
    assert_eq!(get_games(&node, &[("x-api-key", FORGED)]), 401);
    // What this node has sealed counts, under its own name only.
    assert_eq!(get_games(&node, &[("x-api-key", ADMIN)]), 200);
    let sealed = node.kv.borrow()[&format!("grant:key:{}", sha256(ADMIN.as_bytes()))].clone();
    node.kv.borrow_mut().insert(format!("grant:key:{}", sha256(FORGED.as_bytes())), sealed);
    assert_eq!(get_games(&node, &[("x-api-key", FORGED)]), 401);
    world.state.borrow_mut().calls.clear();
    assert_eq!(get_games(&node, &[("x-api-key", ADMIN)]), 200);
    assert!(!world.state.borrow().calls.contains(&"GET keys".to_owned()), "and spares the question");
}

#[test]
fn a_game_that_was_changed_in_the_store_is_fetched_again() {
    let world = world();
    let mut node = production_node(&world);
    node.remembers = false;
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    let key = format!("game:{}", game().version());
    if let Some((_, bytes)) = node.kv.borrow_mut().get_mut(&key) {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
    }
    world.state.borrow_mut().calls.clear();
    assert_eq!(say(&node, "c1", "u1", "hello", &[]).0, 200);
    assert!(world.state.borrow().calls.contains(&"GET compiled".to_owned()));
}

#[test]
fn a_person_behind_a_key_is_banned_and_the_key_is_not() {
    let world = world();
    let node = locked(&world);
    let key = [("x-api-key", GOOD)];
    let last = (0..60).map(|_| say(&node, "c1", "mallory", "hello", &key).1).last().unwrap();
    assert_eq!(last["code"], "E321");
    assert_eq!(say(&node, "c2", "alice", "hello", &key).0, 200, "everybody else's chat is on");
}

#[test]
fn a_person_who_finds_no_room_is_not_banned_for_it() {
    let world = world();
    let node = production_node(&world).with("rate_limit_global", "4/minute").with("rate_limit_user", "off");
    let node = node.with("rate_limit_conversation", "off");
    let answers: Vec<Value> = (0..80).map(|_| say(&node, "c1", "u1", "hello", &[]).1).collect();
    assert!(answers[4..].iter().all(|answer| answer["code"] == "E320"), "{:?}", answers.last());
}

#[test]
fn administrators_pass_the_limits_and_development_has_none() {
    let world = world();
    let node = locked(&world);
    for _ in 0..30 {
        assert_eq!(say(&node, "c1", "u1", "hello", &[("x-api-key", ADMIN)]).0, 200);
    }
    let open = support::node(&world);
    for _ in 0..30 {
        assert_eq!(say(&open, "c2", "u1", "hello", &[]).0, 200);
    }
}

#[test]
fn draining_is_for_the_node_itself_and_administrators() {
    let world = world();
    let node = locked(&world).with("node_token", "the token of the node");
    for (headers, status) in [
        (vec![], 401),
        (vec![("x-api-key", GOOD)], 403),
        (vec![("x-api-key", ADMIN)], 200),
        (vec![("x-lgdl-node-token", "the token of the node")], 200),
        (vec![("x-lgdl-node-token", "")], 401),
        (vec![("x-lgdl-node-token", "another")], 401),
    ] {
        let response = send(&node, &request("POST", "/internal/drain", &headers, b""));
        assert_eq!(response.status.as_u16(), status, "{headers:?}");
    }
}

#[test]
fn a_node_is_run_by_keys_of_its_own_tenant_alone() {
    let world = world();
    let node = locked(&world);
    let foreign = ApiKey {
        id: "key_4".into(),
        tenant: "other".into(),
        scopes: vec!["admin".into()],
        expires_at_ms: None,
        revoked: false,
    };
    let body = format!("lgdl_test_{}", "m".repeat(40));
    let other_admin = format!("{body}_{}", lgdl::api_key::checksum(&body));
    world.state.borrow_mut().keys.insert(sha256(other_admin.as_bytes()), foreign);
    let claims = json!({ "sub": "u1", "exp": node.now_ms.get() / 1_000 + 600, "scope": "admin turns" });
    let token = token(json!({ "alg": "HS256" }), claims, "a secret of the issuer");
    for (method, path) in
        [("GET", "/internal/journal"), ("POST", "/internal/journal/drop"), ("POST", "/internal/drain")]
    {
        for (headers, status) in [
            ([("x-api-key", ADMIN)], 200),
            ([("x-api-key", other_admin.as_str())], 403),
            ([("authorization", token.as_str())], 403),
        ] {
            let response = send(&node, &request(method, path, &headers, b""));
            assert_eq!(response.status.as_u16(), status, "{method} {path} {headers:?}");
        }
    }
    // Nor does it pass the limits, or a token speak for somebody else.
    let codes = |headers: &[(&str, &str)], user: &str| -> Vec<u16> {
        (0..11).map(|n| say(&node, &format!("{user}{n}"), user, "hello", headers).0).collect()
    };
    assert_eq!(codes(&[("x-api-key", &other_admin)], "u2").last(), Some(&429));
    assert_eq!(codes(&[("authorization", &token)], "u1").last(), Some(&429));
    assert_eq!(say(&node, "c9", "u9", "hello", &[("authorization", &token)]).0, 403);
}

#[test]
fn strangers_do_not_use_up_the_limit_of_a_conversation() {
    let world = world();
    let node = production_node(&world).with("rate_limit_user", "off").with("rate_limit_conversation", "4/minute");
    assert_eq!(say(&node, "c1", "ann", "hello", &[]).0, 200);
    for stranger in ["s1", "s2", "s3"] {
        for _ in 0..4 {
            assert_eq!(say(&node, "c1", stranger, "hello", &[]).0, 404);
        }
    }
    for _ in 0..3 {
        assert_eq!(say(&node, "c1", "ann", "hello", &[]).0, 200);
    }
    assert_eq!(say(&node, "c1", "ann", "hello", &[]).0, 429, "their own is used up by then");
}

#[test]
fn the_audit_log_hears_of_refusals_once_a_minute() {
    let world = world();
    let node = production_node(&world);
    for n in 0..13 {
        say(&node, &format!("c{n}"), "u1", "hello", &[]);
    }
    let told = |world: &World| -> Vec<(Refused, Option<String>, u64)> {
        let state = world.state.borrow();
        state.reports.iter().map(|report| (report.refused, report.user_id.clone(), report.count)).collect()
    };
    let first = (Refused::UserLimit, Some("u1".to_owned()), 1);
    assert_eq!(told(&world), std::slice::from_ref(&first), "three refusals, told once");
    node.now_ms.set(node.now_ms.get() + 60_000);
    for n in 0..11 {
        say(&node, &format!("d{n}"), "u1", "hello", &[]);
    }
    assert_eq!(
        told(&world),
        [first, (Refused::UserLimit, Some("u1".to_owned()), 3)],
        "with those that were not told yet"
    );
}

#[test]
fn what_was_refused_last_is_told_by_the_timer() {
    let world = world();
    for platform_has_memory in [true, false] {
        let mut node = production_node(&world);
        if !platform_has_memory {
            node.remembers = false;
        }
        let tick = || block_on(lgdl_edge::pipeline::scheduled(&node));
        let from = world.state.borrow().reports.len();
        let told = || world.state.borrow().reports[from..].to_vec();
        let began_ms = node.now_ms.get();
        for n in 0..13 {
            node.now_ms.set(began_ms + n);
            say(&node, &format!("c{n}"), "u1", "hello", &[]);
        }
        tick();
        assert_eq!(told().iter().map(|report| report.count).collect::<Vec<_>>(), [1], "not before its time");
        world.weather.set(Weather::Away);
        node.now_ms.set(began_ms + 60_010);
        tick();
        world.weather.set(Weather::Fine);
        node.now_ms.set(began_ms + 130_000);
        tick();
        tick();
        let counts: Vec<_> = told().iter().map(|report| report.count).collect();
        assert_eq!(counts, [1, 2], "once, when the origin is there");
        let last = told().pop().unwrap();
        assert_eq!((last.refused, last.user_id.as_deref()), (Refused::UserLimit, Some("u1")));
        assert_eq!((last.first_at_ms, last.last_at_ms), (began_ms + 11, began_ms + 12));
        let notes = node.kv.borrow();
        let of_refusals = notes.iter().filter(|(key, _)| key.contains("refus"));
        assert!(!of_refusals.into_iter().any(|(_, (_, note))| String::from_utf8_lossy(note).contains("u1")));
    }
}

#[test]
fn the_audit_log_hears_of_credentials_that_are_refused() {
    let world = world();
    let node = locked(&world);
    world.state.borrow_mut().keys.get_mut(&sha256(OTHER.as_bytes())).unwrap().revoked = true;
    get_games(&node, &[]);
    get_games(&node, &[("x-api-key", "made up")]);
    get_games(&node, &[("x-api-key", "made up as well")]);
    get_games(&node, &[("x-api-key", OTHER)]);
    let state = world.state.borrow();
    let told: Vec<_> = state.reports.iter().map(|report| (report.refused, report.key_id.as_deref())).collect();
    assert_eq!(
        told,
        [(Refused::NoCredential, None), (Refused::UnknownCredential, None), (Refused::EndedCredential, Some("key_3"))]
    );
    assert!(!format!("{:?}", state.reports).contains("made up"), "what was sent as a credential is told to nobody");
}

#[test]
fn an_origin_that_is_away_hears_of_refusals_later() {
    let world = world();
    let node = locked(&world);
    world.weather.set(Weather::Away);
    get_games(&node, &[]);
    world.weather.set(Weather::Fine);
    node.now_ms.set(node.now_ms.get() + 60_000);
    get_games(&node, &[]);
    let state = world.state.borrow();
    assert_eq!(state.reports.iter().map(|report| report.count).collect::<Vec<_>>(), [2]);
}
