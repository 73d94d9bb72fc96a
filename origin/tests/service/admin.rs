//! The admin API as its users see it: sessions, roles, and each resource.

use lgdl::wire::origin::{GameList, person_digest};
use lgdl_origin::clock::{Clock, SystemClock};
use lgdl_origin::store::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::client::{body, commit, problem};
use crate::desk::{Desk, PASSWORD, desk, desk_with, misfits, ok, operations, take_turns};

const GAME: &str = "game shop {\n moves {\n  move greet {\n   when user says something like: [\n    \"hello\"\n   ]\n   if confident { respond with: \"Welcome.\" }\n  }\n }\n}\n";

async fn audited(desk: &Desk, event: &str) -> Value {
    let events = desk.events().await;
    let names: Vec<_> = events.iter().map(|(name, _)| name.clone()).collect();
    events.into_iter().rfind(|(name, _)| name == event).unwrap_or_else(|| panic!("no {event} in {names:?}")).1
}

#[tokio::test]
async fn a_session_is_opened_refreshed_and_closed() {
    let mut desk = desk(Role::Viewer).await;
    let pair = desk.become_("boss").await;
    assert_eq!(desk.ask("/admin/v1/me").await["administrator"]["role"], "viewer");
    let refresh =
        async |token: &Value| desk.open(Method::POST, "/admin/v1/refresh", json!({"refresh_token": token})).await;
    let next = ok(refresh(&pair["refresh_token"]).await, StatusCode::OK).await;
    problem(desk.get("/admin/v1/me").await, StatusCode::UNAUTHORIZED, "E526").await;
    desk.token = next["access_token"].as_str().unwrap().to_owned();
    desk.ask("/admin/v1/me").await;
    ok(desk.send(Method::POST, "/admin/v1/logout", &Value::Null).await, StatusCode::NO_CONTENT).await;
    problem(desk.get("/admin/v1/me").await, StatusCode::UNAUTHORIZED, "E526").await;
    let again = desk.open(Method::POST, "/admin/v1/refresh", json!({"refresh_token": next["refresh_token"]})).await;
    problem(again, StatusCode::UNAUTHORIZED, "E526").await;
}

#[tokio::test]
async fn a_refresh_token_that_is_used_twice_ends_the_whole_session() {
    let mut desk = desk(Role::Viewer).await;
    let first = desk.become_("boss").await;
    let refresh = |token: Value| desk.open(Method::POST, "/admin/v1/refresh", json!({"refresh_token": token}));
    let second = ok(refresh(first["refresh_token"].clone()).await, StatusCode::OK).await;
    problem(refresh(first["refresh_token"].clone()).await, StatusCode::UNAUTHORIZED, "E526").await;
    problem(refresh(second["refresh_token"].clone()).await, StatusCode::UNAUTHORIZED, "E526").await;
    let opened = desk.edge.http().get(desk.url("/admin/v1/me")).bearer_auth(second["access_token"].as_str().unwrap());
    problem(opened.send().await.unwrap(), StatusCode::UNAUTHORIZED, "E526").await;
    audited(&desk, "authentication.token_reused").await;
}

#[tokio::test]
async fn the_sixth_wrong_login_has_to_wait_even_with_the_right_password() {
    let desk = desk(Role::Viewer).await;
    for _ in 0..5 {
        problem(desk.login("boss", "not the password").await, StatusCode::UNAUTHORIZED, "E526").await;
    }
    let refused = desk.login("boss", PASSWORD).await;
    let wait: i64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((800..=901).contains(&wait), "{wait}");
    problem(refused, StatusCode::TOO_MANY_REQUESTS, "E532").await;
    let event = audited(&desk, "rate_limit.exceeded").await;
    assert!(!event.to_string().contains("boss"), "{event}");
    audited(&desk, "authentication.failed").await;
}

#[tokio::test]
async fn each_role_gets_what_is_its_own_and_nothing_else() {
    let mut desk = desk(Role::Admin).await;
    let all: [(&str, Role, [u16; 6]); 5] = [
        ("v", Role::Viewer, [200, 403, 403, 403, 403, 403]),
        ("o", Role::Operator, [200, 200, 403, 403, 403, 403]),
        ("p", Role::PrivacyOfficer, [200, 403, 200, 200, 404, 403]),
        ("a", Role::Admin, [200, 200, 200, 200, 403, 200]),
        ("g", Role::Agent, [403, 403, 403, 403, 403, 403]),
    ];
    for (name, role, expected) in all {
        desk.employ(name, role, None).await;
        desk.become_(name).await;
        let text = format!("/admin/v1/conversations/conv_{}/text", "0".repeat(26));
        let statuses = [
            desk.get("/admin/v1/games").await.status(),
            desk.get("/admin/v1/keys").await.status(),
            desk.get("/admin/v1/holds").await.status(),
            desk.get("/admin/v1/audit").await.status(),
            desk.send(Method::POST, &text, &json!({"reason": "a complaint"})).await.status(),
            desk.get("/admin/v1/administrators").await.status(),
        ];
        assert_eq!(statuses.map(|status| status.as_u16()), expected, "{role:?}");
    }
    audited(&desk, "access.refused").await;
}

#[tokio::test]
async fn nobody_fills_the_audit_log_which_is_kept_for_ever() {
    let mut desk = desk(Role::Admin).await;
    desk.employ("v", Role::Viewer, None).await;
    desk.become_("v").await;
    for _ in 0..5 {
        for path in ["/admin/v1/keys", "/admin/v1/administrators"] {
            problem(desk.get(path).await, StatusCode::FORBIDDEN, "E527").await;
        }
    }
    let told = desk.events().await.into_iter().filter(|(name, _)| name == "access.refused").count();
    assert_eq!(told, 2, "once an hour for each permission");

    // What changes something, and what is told of though it changes nothing, come out of one bucket for each of them.
    take_turns(&desk, "c", "ann", 1).await;
    desk.become_("boss").await;
    let listed = desk.ask("/admin/v1/conversations").await;
    let path = format!("/admin/v1/conversations/{}", listed["conversations"][0]["id"].as_str().unwrap());
    let mut refused = None;
    for _ in 0..700 {
        let answer = desk.get(&path).await;
        if answer.status() != StatusCode::OK {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("nobody looks as often as that");
    assert!(refused.headers().contains_key("retry-after"));
    problem(refused, StatusCode::TOO_MANY_REQUESTS, "E532").await;
    let new = json!({"name": "w", "password": PASSWORD, "role": "viewer"});
    problem(desk.send(Method::POST, "/admin/v1/administrators", &new).await, StatusCode::TOO_MANY_REQUESTS, "E532")
        .await;
    desk.ask("/admin/v1/games").await;
    desk.become_("v").await;
    ok(desk.get(&path).await, StatusCode::OK).await;
}

#[tokio::test]
async fn administrators_are_made_changed_and_kept_out() {
    let mut desk = desk(Role::Admin).await;
    let new = |name: &str, password: &str| json!({"name": name, "password": password, "role": "operator"});
    let all = "/admin/v1/administrators";
    let made = ok(desk.send(Method::POST, all, &new("ann", PASSWORD)).await, StatusCode::CREATED).await;
    assert!(!made.to_string().contains("argon2"));
    problem(desk.send(Method::POST, all, &new("ann", PASSWORD)).await, StatusCode::CONFLICT, "E530").await;
    for weak in ["short", "password1234", "annannannann", "qwertyuiop12"] {
        problem(desk.send(Method::POST, all, &new("bob", weak)).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    }
    let boss = desk.token.clone();
    desk.become_("ann").await;
    let ann = std::mem::replace(&mut desk.token, boss);
    let one = format!("{all}/{}", made["id"].as_str().unwrap());
    let changed = ok(desk.send(Method::PATCH, &one, &json!({"disabled": true})).await, StatusCode::OK).await;
    assert_eq!(changed["disabled"], true);
    problem(desk.login("ann", PASSWORD).await, StatusCode::UNAUTHORIZED, "E526").await;
    let boss = std::mem::replace(&mut desk.token, ann);
    problem(desk.get("/admin/v1/me").await, StatusCode::UNAUTHORIZED, "E526").await;
    desk.token = boss;
    let me = desk.ask("/admin/v1/me").await;
    let own = format!("{all}/{}", me["administrator"]["id"].as_str().unwrap());
    let last = desk.send(Method::PATCH, &own, &json!({"role": "viewer"})).await;
    problem(last, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    audited(&desk, "administrator.changed").await;
}

#[tokio::test]
async fn a_password_is_changed_with_the_present_one_and_ends_every_session() {
    let mut desk = desk(Role::Viewer).await;
    let path = "/admin/v1/me/password";
    let change = |current: &str, new: &str| json!({"current_password": current, "new_password": new});
    let next = "nine quiet boats in april fog";
    problem(desk.send(Method::PUT, path, &change("wrong", next)).await, StatusCode::FORBIDDEN, "E527").await;
    problem(desk.send(Method::PUT, path, &change(PASSWORD, "short")).await, StatusCode::UNPROCESSABLE_ENTITY, "E531")
        .await;
    ok(desk.send(Method::PUT, path, &change(PASSWORD, next)).await, StatusCode::NO_CONTENT).await;
    problem(desk.get("/admin/v1/me").await, StatusCode::UNAUTHORIZED, "E526").await;
    problem(desk.login("boss", PASSWORD).await, StatusCode::UNAUTHORIZED, "E526").await;
    let pair = ok(desk.login("boss", next).await, StatusCode::OK).await;
    desk.token = pair["access_token"].as_str().unwrap().to_owned();
    desk.ask("/admin/v1/me").await;
}

#[tokio::test]
async fn a_key_is_shown_once_and_works_until_it_is_revoked() {
    let desk = desk(Role::Operator).await;
    let wish = json!({"name": "the shop's page", "scopes": ["turns"], "environment": "test"});
    let made = ok(desk.send(Method::POST, "/admin/v1/keys", &wish).await, StatusCode::CREATED).await;
    let key = made["key"].as_str().unwrap();
    assert!(key.starts_with("lgdl_test_") && lgdl_origin::keys::is_well_formed(key));
    let listed = desk.ask("/admin/v1/keys").await;
    assert!(!listed.to_string().contains(key));
    assert_eq!(listed["keys"][0]["id"], made["id"]);
    let hash = lgdl_origin::hex::sha256(key.as_bytes());
    let known: Value = body(desk.edge.get(&format!("/edge/v1/keys/{hash}")).await).await;
    assert_eq!((&known["revoked"], &known["tenant"]), (&json!(false), &json!("default")));
    let one = format!("/admin/v1/keys/{}", made["id"].as_str().unwrap());
    ok(desk.delete(&one).await, StatusCode::NO_CONTENT).await;
    problem(desk.delete(&one).await, StatusCode::NOT_FOUND, "E521").await;
    let known: Value = body(desk.edge.get(&format!("/edge/v1/keys/{hash}")).await).await;
    assert_eq!(known["revoked"], true);
    let odd = json!({"name": "x", "scopes": ["everything"]});
    problem(desk.send(Method::POST, "/admin/v1/keys", &odd).await, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    audited(&desk, "key.revoked").await;
}

#[tokio::test]
async fn a_key_of_the_scope_consent_records_consents_and_does_nothing_else() {
    const CONSENTS: &str = "/admin/v1/people/ann/consents";
    let mut desk = desk(Role::Admin).await;
    let wish = |scopes: Value| json!({"name": "the site's server", "scopes": scopes});
    for more in ["turns", "admin", "agent"] {
        let both = desk.send(Method::POST, "/admin/v1/keys", &wish(json!(["consent", more]))).await;
        problem(both, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    }
    let made =
        ok(desk.send(Method::POST, "/admin/v1/keys", &wish(json!(["consent"]))).await, StatusCode::CREATED).await;
    let boss = std::mem::replace(&mut desk.token, made["key"].as_str().unwrap().to_owned());
    for given in [true, false] {
        let said = json!({"game": "medical", "given": given, "note": "dialogue on the site"});
        let kept = ok(desk.send(Method::POST, CONSENTS, &said).await, StatusCode::CREATED).await;
        assert_eq!((&kept["given"], &kept["actor"]), (&json!(given), &made["id"]));
    }
    for path in [CONSENTS, "/admin/v1/conversations", "/admin/v1/keys", "/admin/v1/me"] {
        problem(desk.get(path).await, StatusCode::FORBIDDEN, "E527").await;
    }
    problem(desk.delete("/admin/v1/people/ann").await, StatusCode::FORBIDDEN, "E527").await;
    desk.tenant = Some("other".into());
    let said = json!({"game": "medical", "given": true});
    problem(desk.send(Method::POST, CONSENTS, &said).await, StatusCode::FORBIDDEN, "E527").await;

    (desk.tenant, desk.token) = (None, boss);
    let history = desk.ask(CONSENTS).await;
    let history: Vec<_> = history["consents"].as_array().unwrap().iter().map(|entry| &entry["given"]).collect();
    assert_eq!(history, [true, false]);
    audited(&desk, "consent.changed").await;
    audited(&desk, "access.refused").await;
    ok(desk.delete(&format!("/admin/v1/keys/{}", made["id"].as_str().unwrap())).await, StatusCode::NO_CONTENT).await;
    let boss = std::mem::replace(&mut desk.token, made["key"].as_str().unwrap().to_owned());
    problem(desk.send(Method::POST, CONSENTS, &said).await, StatusCode::UNAUTHORIZED, "E526").await;
    // Whoever may make keys, and not record consents, makes none that does.
    desk.token = boss;
    desk.employ("olga", Role::Operator, None).await;
    desk.become_("olga").await;
    problem(desk.send(Method::POST, "/admin/v1/keys", &wish(json!(["consent"]))).await, StatusCode::FORBIDDEN, "E527")
        .await;
}

#[tokio::test]
async fn a_game_is_published_activated_pinned_and_rolled_back() {
    let desk = desk(Role::Operator).await;
    let versions = "/admin/v1/games/shop/versions";
    let publish = |source: String| json!({"source": source, "policy": {"retention_days": 9}});
    let first = ok(desk.send(Method::POST, versions, &publish(GAME.into())).await, StatusCode::CREATED).await;
    assert_eq!(first["outcome"], "activated");
    let next = GAME.replace("Welcome", "Hello");
    let second = ok(desk.send(Method::POST, versions, &publish(next)).await, StatusCode::CREATED).await;
    assert_eq!(desk.ask("/admin/v1/games").await["games"][0]["version"], second["version"]);
    assert_eq!(desk.ask(versions).await["versions"].as_array().unwrap().len(), 2);
    let back = ok(desk.send(Method::POST, "/admin/v1/games/shop/rollback", &Value::Null).await, StatusCode::OK).await;
    assert_eq!(back["version"], first["version"]);
    let active = json!({"version": second["version"]});
    ok(desk.send(Method::PUT, "/admin/v1/games/shop/active", &active).await, StatusCode::OK).await;
    ok(desk.send(Method::PUT, "/admin/v1/games/shop/pin", &json!({"pinned": true})).await, StatusCode::OK).await;
    assert_eq!(desk.ask("/admin/v1/games").await["games"][0]["pinned"], true);
    let broken = desk.send(Method::POST, versions, &publish("game shop { moves { move }".into())).await;
    let broken = problem(broken, StatusCode::UNPROCESSABLE_ENTITY, "E531").await;
    assert!(!broken["diagnostics"].as_array().unwrap().is_empty());
    let absent = json!({"version": "none"});
    problem(desk.send(Method::PUT, "/admin/v1/games/shop/active", &absent).await, StatusCode::NOT_FOUND, "E521").await;
    for event in ["game.published", "game.activated", "game.pinned"] {
        audited(&desk, event).await;
    }
}

#[tokio::test]
async fn conversations_are_paged_without_text_and_read_with_a_reason() {
    let desk = desk(Role::PrivacyOfficer).await;
    for n in 0..5 {
        let (id, user) = (format!("c{n}"), if n == 4 { "ben" } else { "ann" });
        assert_eq!(desk.edge.commit(&commit(&id, user, 0, &format!("k{n}"))).await.status(), StatusCode::OK);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = desk.ask(&format!("/admin/v1/conversations?limit=2{cursor}")).await;
        assert!(!page.to_string().contains("knee") && !page.to_string().contains("ann"), "{page}");
        seen.extend(page["conversations"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((all, seen.len()), (5, 5));
    let bens = desk.ask("/admin/v1/conversations?user_id=ben&game=medical&since_ms=1").await;
    assert_eq!(bens["conversations"].as_array().unwrap().len(), 1);
    let one = format!("/admin/v1/conversations/{}", bens["conversations"][0]["id"].as_str().unwrap());
    for path in [one.clone(), format!("{one}/turns")] {
        let facts = desk.ask(&path).await;
        assert!(!facts.to_string().contains("knee"), "{facts}");
    }
    let read = async |reason: &str| desk.send(Method::POST, &format!("{one}/text"), &json!({"reason": reason})).await;
    for weak in ["", "    ", "why", "a\nreason"] {
        problem(read(weak).await, StatusCode::BAD_REQUEST, "E520").await;
    }
    let text = ok(read("complaint 4711").await, StatusCode::OK).await;
    assert!(text.to_string().contains("my knee hurts"));
    assert_eq!(audited(&desk, "pii.accessed").await["detail"]["reason"], "complaint 4711");
    audited(&desk, "conversation.accessed").await;
    let why = async |turn: &str| {
        let path = format!("/admin/v1/turns/{turn}/why");
        desk.send(Method::POST, &path, &json!({"reason": "complaint 4711"})).await
    };
    let id = bens["conversations"][0]["id"].as_str().unwrap();
    assert_eq!(why("turn_00").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(why(id).await.status(), StatusCode::NOT_FOUND, "{id} is no turn");
    // The game of these turns was never published here.
    let stopped = ok(why("turn_1").await, StatusCode::OK).await;
    assert_eq!(stopped["again"]["why"]["stopped"], "no_version", "{stopped}");
    assert!(!stopped.to_string().contains("knee"), "{stopped}");
    assert_eq!(audited(&desk, "turn.explained").await["detail"]["reason"], "complaint 4711");
    let unmatched = json!({"reason": "quality review"});
    let unmatched = desk.send(Method::POST, "/admin/v1/games/medical/unmatched", &unmatched).await;
    assert_eq!(unmatched.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_person_is_exported_held_and_erased() {
    let desk = desk(Role::PrivacyOfficer).await;
    desk.edge.commit(&commit("c", "ann", 0, "k")).await;
    let consents = "/admin/v1/people/ann/consents";
    for given in [true, false] {
        let change = json!({"game": "medical", "given": given, "note": "by letter"});
        ok(desk.send(Method::POST, consents, &change).await, StatusCode::CREATED).await;
    }
    assert_eq!(desk.ask(consents).await["consents"][1]["given"], false);
    let export =
        desk.send(Method::POST, "/admin/v1/people/ann/export", &json!({"reason": "asked by the person"})).await;
    let export = ok(export, StatusCode::OK).await;
    assert_eq!((&export["format_version"], export["conversations"].as_array().unwrap().len()), (&json!(1), 1));

    let hold = json!({"user_id": "ann", "reason": "lawsuit 12/26"});
    let hold = ok(desk.send(Method::POST, "/admin/v1/holds", &hold).await, StatusCode::CREATED).await;
    problem(desk.delete("/admin/v1/people/ann").await, StatusCode::CONFLICT, "E903").await;
    let one = format!("/admin/v1/holds/{}", hold["id"].as_str().unwrap());
    ok(desk.delete(&one).await, StatusCode::NO_CONTENT).await;
    let erased = ok(desk.delete("/admin/v1/people/ann").await, StatusCode::OK).await;
    assert_eq!((&erased["report"]["conversations"], &erased["report"]["consents"]), (&json!(1), &json!(2)));
    let stones = desk.ask("/admin/v1/erasures").await;
    assert_eq!(stones["erasures"].as_array().unwrap().len(), 2);
    assert!(!stones.to_string().contains("ann"), "{stones}");
    assert_eq!(desk.edge.commit(&commit("c", "ann", 1, "k2")).await.status(), StatusCode::GONE);
    for event in ["consent.changed", "person.exported", "hold.placed", "hold.lifted", "person.erased"] {
        let event = audited(&desk, event).await;
        assert!(!event.to_string().contains("\"ann\""), "{event}");
    }
}

#[tokio::test]
async fn one_conversation_is_erased_with_a_report() {
    let desk = desk(Role::PrivacyOfficer).await;
    desk.edge.commit(&commit("c", "ann", 0, "k")).await;
    let list = desk.ask("/admin/v1/conversations").await;
    let one = format!("/admin/v1/conversations/{}", list["conversations"][0]["id"].as_str().unwrap());
    let erased = ok(desk.delete(&one).await, StatusCode::OK).await;
    assert_eq!((&erased["report"]["conversations"], &erased["report"]["turns"]), (&json!(1), &json!(1)));
    problem(desk.get(&one).await, StatusCode::NOT_FOUND, "E521").await;
    audited(&desk, "conversation.deleted").await;
}

#[tokio::test]
async fn the_audit_log_is_paged_exported_verified_and_signed() {
    let desk = desk_with(Role::PrivacyOfficer, &[("LGDL_AUDIT_KEY", "a key of the auditors")]).await;
    desk.events().await;
    let page = desk.ask("/admin/v1/audit?limit=2").await;
    assert_eq!((&page["next"], &page["links"][0]["sequence"]), (&json!(2), &json!(1)));
    let signed = desk.send(Method::POST, "/admin/v1/audit/checkpoint", &Value::Null).await;
    let signed = ok(signed, StatusCode::OK).await;
    let verify = async |checkpoint: &Value| {
        let asked = json!({"checkpoints": [checkpoint]});
        ok(desk.send(Method::POST, "/admin/v1/audit/verify", &asked).await, StatusCode::OK).await
    };
    assert_eq!(verify(&signed).await["holds"], true);
    let mut forged = signed.clone();
    forged["sequence"] = json!(1);
    assert_eq!(verify(&forged).await["findings"][0]["fault"], "bad_signature");
    let lines = desk.get("/admin/v1/audit/export?limit=1000").await.text().await.unwrap();
    assert!(lines.lines().count() >= 2);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).unwrap()["hash"].is_string()));
}

#[tokio::test]
async fn settings_are_shown_without_secrets() {
    let desk = desk_with(Role::Viewer, &[("LGDL_AUDIT_KEY", "a key of the auditors")]).await;
    let settings = desk.ask("/admin/v1/settings").await;
    assert_eq!(settings["store"], "sqlite");
    assert!(!settings.to_string().contains("auditors") && !settings.to_string().contains(crate::client::SECRET));
}

#[tokio::test]
async fn every_operation_of_the_document_exists_and_no_other_method_does() {
    let desk = desk(Role::Admin).await;
    let document = desk.document().await;
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    assert!(operations.len() >= 30, "{}", operations.len());
    let mut ids = Vec::new();
    for (path, method, operation) in &operations {
        let concrete = path.replace(['{', '}'], "");
        let response = desk.edge.http().request(method.clone(), desk.url(&concrete)).send().await.unwrap();
        let secured = !operation["security"].as_array().unwrap().is_empty();
        match response.status() {
            StatusCode::UNAUTHORIZED => assert!(secured, "{method} {path}"),
            status => assert!(!secured && !matches!(status.as_u16(), 404 | 405 | 500..), "{method} {path} {status}"),
        }
        for other in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"].map(|name| name.parse::<Method>().unwrap()) {
            if !operations.iter().any(|(known, method, _)| known == path && *method == other) {
                let response = desk.edge.http().request(other.clone(), desk.url(&concrete)).send().await.unwrap();
                problem(response, StatusCode::METHOD_NOT_ALLOWED, "E522").await;
            }
        }
        ids.push(operation["operationId"].as_str().unwrap().to_owned());
        assert!(operation["summary"].is_string() && operation["responses"]["default"].is_object());
    }
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(all, ids.len(), "operation ids are unique");
}

#[tokio::test]
async fn answers_fit_the_document() {
    let mut desk = desk_with(Role::Admin, &[("LGDL_AUDIT_KEY", "a key of the auditors")]).await;
    desk.edge.commit(&commit("c", "ann", 0, "k")).await;
    ok(desk.send(Method::POST, "/admin/v1/games/shop/versions", &json!({"source": GAME})).await, StatusCode::CREATED)
        .await;
    ok(
        desk.send(Method::POST, "/admin/v1/keys", &json!({"name": "n", "scopes": ["turns"]})).await,
        StatusCode::CREATED,
    )
    .await;
    let hold = json!({"user_id": "ben", "reason": "lawsuit"});
    ok(desk.send(Method::POST, "/admin/v1/holds", &hold).await, StatusCode::CREATED).await;
    ok(desk.delete("/admin/v1/people/eve").await, StatusCode::OK).await;
    let consent = json!({"game": "shop", "given": true});
    ok(desk.send(Method::POST, "/admin/v1/people/ann/consents", &consent).await, StatusCode::CREATED).await;
    let webhook = json!({"name": "h", "url": "https://example.com/hook", "types": ["webhook.paused"]});
    let webhook = ok(desk.send(Method::POST, "/admin/v1/webhooks", &webhook).await, StatusCode::CREATED).await;
    let webhook = webhook["id"].as_str().unwrap();
    desk.events().await;
    let conversation = desk.ask("/admin/v1/conversations").await["conversations"][0]["id"].as_str().unwrap().to_owned();
    let document = desk.document().await;
    desk.become_("boss").await;
    let mut checked = 0;
    for (path, method, operation) in operations(&document) {
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        // What agents alone may ask has tests of its own.
        let theirs = operation["description"].as_str().is_some_and(|needs| !needs.contains("admin"));
        if method != Method::GET || answer.is_null() || theirs {
            continue;
        }
        let path = path.replace("{conversation}", &conversation).replace("{game}", "shop").replace("{user}", "ann");
        let path = path.replace("{webhook}", webhook);
        let value = desk.ask(&path).await;
        assert_eq!(misfits(&value, answer, &path), [""; 0]);
        checked += 1;
    }
    assert!(checked >= 14, "{checked}");
}

#[tokio::test]
async fn a_person_and_a_key_are_blocked_with_a_reason_and_nodes_and_the_log_hear_of_it() {
    let desk = desk(Role::Operator).await;
    let made = desk.send(Method::POST, "/admin/v1/keys", &json!({"name": "site", "scopes": ["turns"]})).await;
    let key = ok(made, StatusCode::CREATED).await["id"].as_str().unwrap().to_owned();
    let place = async |body: Value| desk.send(Method::POST, "/admin/v1/blocks", &body).await;
    let until = SystemClock.now_ms() + 3_600_000;
    let person = json!({"user_id": "mallory", "reason": "case 4711", "until_ms": until});
    ok(place(person.clone()).await, StatusCode::CREATED).await;
    ok(place(person).await, StatusCode::CREATED).await;
    ok(place(json!({"key_id": key, "reason": "leaked"})).await, StatusCode::CREATED).await;
    for odd in [
        json!({"reason": "nobody"}),
        json!({"user_id": "a", "key_id": key, "reason": "both"}),
        json!({"user_id": "a", "reason": " "}),
        json!({"user_id": "", "reason": "no name"}),
        json!({"user_id": "a", "reason": "over", "until_ms": 1}),
        json!({"key_id": "key_00000000000000000000000000", "reason": "no such key"}),
    ] {
        let status = place(odd.clone()).await.status();
        assert!(status.is_client_error(), "{odd}: {status}");
    }
    let blocks = desk.ask("/admin/v1/blocks").await["blocks"].clone();
    assert_eq!(blocks.as_array().unwrap().len(), 2, "one of each: {blocks}");
    assert_eq!((&blocks[0]["user_id"], &blocks[0]["until_ms"]), (&json!("mallory"), &json!(until)));

    let list: GameList = body(desk.edge.get("/edge/v1/games").await).await;
    let subjects: Vec<_> = list.blocked.iter().map(|block| block.subject.clone()).collect();
    assert_eq!(subjects, [person_digest("default", "mallory"), key.clone()], "nodes get no name");
    let of_another = GameList { games: Vec::new(), blocked: Vec::new() };
    let mut other = desk.edge;
    other.tenant = "another".into();
    assert_eq!(body::<GameList>(other.get("/edge/v1/games").await).await, of_another);
    other.tenant = "default".into();
    let desk = Desk { edge: other, ..desk };

    ok(desk.delete("/admin/v1/blocks/people/mallory").await, StatusCode::NO_CONTENT).await;
    ok(desk.delete(&format!("/admin/v1/blocks/keys/{key}")).await, StatusCode::NO_CONTENT).await;
    assert_eq!(desk.delete("/admin/v1/blocks/people/mallory").await.status(), 404);
    let list: GameList = body(desk.edge.get("/edge/v1/games").await).await;
    assert_eq!(list.blocked, []);
    let told = desk.events().await;
    let named = |name: &str| told.iter().filter(|(event, _)| event == name).map(|(_, link)| link).collect::<Vec<_>>();
    let (placed, lifted) = (named("block.placed"), named("block.lifted"));
    assert_eq!((placed.len(), lifted.len()), (3, 2));
    assert_eq!(placed[0]["detail"]["reason"], "case 4711");
    assert!(!placed[0].to_string().contains("mallory"), "a pseudonym");
}
