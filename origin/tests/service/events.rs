//! Hearing what happens over the admin API: pages, waiting, streams; one's own tenant and no user text.

use std::time::{Duration, Instant};

use lgdl_origin::store::Role;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::client::{commit, problem};
use crate::desk::{Desk, desk, ok};

const PATIENCE: Duration = Duration::from_secs(20);

async fn names(desk: &Desk, query: &str) -> (Vec<String>, u64) {
    let page = desk.ask(&format!("/admin/v1/events?{query}")).await;
    let name = |event: &Value| event["type"].as_str().unwrap().to_owned();
    (page["events"].as_array().unwrap().iter().map(name).collect(), page["next"].as_u64().unwrap())
}

async fn take_turn(desk: &Desk, conversation: &str, turn: u64) {
    let request = commit(conversation, "ann.example", turn, &format!("{conversation}-{turn}"));
    assert_eq!(desk.edge.commit(&request).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_turn_is_heard_as_soon_as_it_is_committed_and_without_what_was_said() {
    let desk = desk(Role::Viewer).await;
    let (_, start) = names(&desk, "wait=1").await;
    let path = format!("/admin/v1/events?after={start}&types=turn.*&wait=7");
    let waiting = desk.get(&path);
    let turn = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        take_turn(&desk, "c", 0).await;
        Instant::now()
    };
    let (answer, committed) = tokio::join!(waiting, turn);
    assert!(committed.elapsed() < Duration::from_secs(5));
    let page = ok(answer, StatusCode::OK).await;
    let event = &page["events"][0];
    assert_eq!((&event["type"], &event["specversion"]), (&"lgdl.turn.committed.v1".into(), &"1.0".into()));
    assert_eq!(event["data"]["stage"], "collecting");
    assert_eq!(event["data"]["awaiting_slot"], "severity");
    assert_eq!(event["source"], "/tenants/default/games/medical");
    let text = page.to_string();
    assert!(!text.contains("knee") && !text.contains("ann.example") && !text.contains("How bad"), "{text}");
    let (all, _) = names(&desk, &format!("after={start}")).await;
    assert_eq!(all, ["lgdl.conversation.started.v1", "lgdl.turn.committed.v1"]);
    assert_eq!(names(&desk, "types=move.*").await.0, [""; 0]);
    assert_eq!(names(&desk, "priority=high").await.0, [""; 0]);
    assert_eq!(names(&desk, "since_ms=99999999999999").await.0, [""; 0]);
    assert_eq!(names(&desk, "since_ms=0&types=turn.committed").await.0, ["lgdl.turn.committed.v1"]);
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused() {
    let desk = desk(Role::Viewer).await;
    for query in
        ["types=moves.*", "wait=31", "limit=0", "limit=1001", "after=-1", "after=1&since_ms=1", "priority=low", "x=1"]
    {
        problem(desk.get(&format!("/admin/v1/events?{query}")).await, StatusCode::BAD_REQUEST, "E520").await;
    }
    for query in ["types=moves.*", "since_ms=1"] {
        problem(desk.get(&format!("/admin/v1/events/stream?{query}")).await, StatusCode::BAD_REQUEST, "E520").await;
    }
    let open = desk.edge.http().get(desk.url("/admin/v1/events")).send().await.unwrap();
    problem(open, StatusCode::UNAUTHORIZED, "E526").await;
}

#[tokio::test]
async fn another_tenants_events_are_not_heard() {
    let mut desk = desk(Role::Admin).await;
    take_turn(&desk, "c", 0).await;
    desk.employ("theirs", Role::Admin, Some("other")).await;
    desk.become_("theirs").await;
    assert_eq!(names(&desk, "wait=1").await.0, [""; 0]);
    desk.tenant = Some("default".into());
    problem(desk.get("/admin/v1/events").await, StatusCode::FORBIDDEN, "E527").await;
    problem(desk.get("/admin/v1/events/stream?after=0").await, StatusCode::FORBIDDEN, "E527").await;
}

#[tokio::test]
async fn a_stream_ends_with_the_session_it_was_asked_for_in() {
    let mut desk = desk(Role::Admin).await;
    let boss = desk.token.clone();
    for name in ["leaves", "is_disabled"] {
        desk.employ(name, Role::Viewer, None).await;
        desk.become_(name).await;
        let mut stream = desk.get("/admin/v1/events/stream").await;
        assert_eq!(stream.status(), StatusCode::OK);
        if name == "leaves" {
            ok(desk.send(Method::POST, "/admin/v1/logout", &json!({})).await, StatusCode::NO_CONTENT).await;
            desk.token = boss.clone();
        } else {
            desk.token = boss.clone();
            let all = desk.ask("/admin/v1/administrators").await;
            let all = all["administrators"].as_array().unwrap();
            let id = all.iter().find(|one| one["name"] == name).unwrap()["id"].as_str().unwrap();
            let path = format!("/admin/v1/administrators/{id}");
            ok(desk.send(Method::PATCH, &path, &json!({"disabled": true})).await, StatusCode::OK).await;
        }
        let ended = async { while let Ok(Some(_)) = stream.chunk().await {} };
        tokio::time::timeout(Duration::from_secs(10), ended).await.expect("nobody follows who may not any more");
    }
}

/// Reads a stream until it has shown so many events: ids and types.
async fn read(stream: &mut Response, count: usize) -> Vec<(String, String)> {
    let mut text = String::new();
    loop {
        let events: Vec<_> = text
            .split("\n\n")
            .filter_map(|event| {
                let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
                Some((line("id: ")?, line("event: ")?))
            })
            .collect();
        if events.len() >= count && text.ends_with("\n\n") {
            return events;
        }
        let piece =
            tokio::time::timeout(PATIENCE, stream.chunk()).await.expect("it comes").unwrap().expect("it goes on");
        text.push_str(std::str::from_utf8(&piece).unwrap());
    }
}

#[tokio::test]
async fn a_stream_goes_on_where_it_broke_and_ends_when_the_origin_stops() {
    let desk = desk(Role::Viewer).await;
    let stream = |query: &str, last: Option<&str>| {
        let mut request =
            desk.edge.http().get(desk.url(&format!("/admin/v1/events/stream?{query}"))).bearer_auth(&desk.token);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send()
    };
    let mut first = stream("types=conversation.*,turn.*", None).await.unwrap();
    assert_eq!(
        (first.status(), first.headers()["content-type"].to_str().unwrap()),
        (StatusCode::OK, "text/event-stream")
    );
    take_turn(&desk, "c", 0).await;
    let heard = read(&mut first, 2).await;
    assert_eq!(heard[0].1, "lgdl.conversation.started.v1");
    drop(first);
    take_turn(&desk, "c", 1).await;
    let mut second = stream("types=conversation.*,turn.*", Some(&heard[0].0)).await.unwrap();
    let again = read(&mut second, 2).await;
    assert_eq!(again.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["lgdl.turn.committed.v1"; 2]);
    assert_eq!(again[0], heard[1]);
    // One who follows far too much is refused, and turns go on.
    let (mut many, mut refused) = (Vec::new(), 0);
    for _ in 0..60 {
        let answer = stream("", None).await.unwrap();
        match answer.status() {
            StatusCode::OK => many.push(answer),
            status => {
                assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && many.len() > 20, "{refused} refused of 60");
    take_turn(&desk, "c", 2).await;
    drop(many);
    problem(stream("", Some("yesterday")).await.unwrap(), StatusCode::BAD_REQUEST, "E520").await;
    let stopping = Instant::now();
    let Desk { edge, .. } = desk;
    let (stopped, ended) = tokio::join!(edge.running.stop(), async { while let Ok(Some(_)) = second.chunk().await {} });
    stopped.unwrap();
    let () = ended;
    assert!(stopping.elapsed() < Duration::from_secs(10), "a stream does not hold the origin up");
}
