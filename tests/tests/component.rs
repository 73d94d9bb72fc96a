//! What only our host has: a key-value store that forgets, limits of an instance, and its way out. What every platform must do
//! is in `platforms/`.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use lgdl_edge_host::HostConfig;
use lgdl_tests::collector::Collector;
use lgdl_tests::games::{self, GameFolder};
use lgdl_tests::platforms::{Deployment, Kind};
use lgdl_tests::raw::exchange;
use lgdl_tests::stack::{Plan, Stack};
use serde_json::{Value, json};

fn example(id: &str) -> GameFolder {
    games::own().into_iter().find(|game| game.id == id).expect("one of our games")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_of_the_public_protocol_works_unchanged() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" });
    let (status, answer) = stack.say("clinic_triage", &body, &[]).await;
    assert_eq!(status, 200, "{answer}");
    for field in ["move_id", "confidence", "response", "action", "manifest_id", "latency_ms", "firewall_triggered"] {
        assert!(answer.get(field).is_some(), "{field}: {answer}");
    }
    assert_eq!((&answer["durable"], &answer["turn"]), (&json!(true), &json!(1)));
    let healthz: Value = stack.http().get(stack.url("/healthz")).send().await.unwrap().json().await.unwrap();
    assert_eq!(healthz, json!({ "status": "healthy", "games_loaded": 1, "games": ["clinic_triage"] }));
    for (path, part) in
        [("/", "<lgdl-chat"), ("/chat.js", "lgdl-turn"), ("/chat.css", "{"), ("/lgdl-chat.js", "customElements")]
    {
        let page = stack.http().get(stack.url(path)).send().await.unwrap();
        assert_eq!(page.status(), 200, "{path}");
        assert!(page.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
        assert!(page.text().await.unwrap().contains(part), "{path}");
    }
    let metrics = stack.http().get(stack.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in
        ["lgdl_edge_turns_total 1", "lgdl_edge_requests_total{route=\"POST /games/{id}/move\",status=\"200\"} 1"]
    {
        assert!(metrics.lines().any(|found| found == line), "{line}\n{metrics}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_starts_while_the_origin_is_away_serves_at_once() {
    let say = async |stack: &Stack, conversation: &str| {
        let body = json!({ "conversation_id": conversation, "user_id": "u1", "input": "hello" });
        stack.say("clinic_triage", &body, &[]).await
    };
    let mut stack = Stack::start(&[example("clinic_triage")], Plan { on_disk: true, ..Plan::default() }).await;
    assert_eq!(say(&stack, "c1").await.1["durable"], true);
    stack.stop_origin().await;
    let mut stack = stack.restart_node().await;
    // A conversation that it knew goes on. One that it did not know is answered for itself, as by a node that was there before.
    for (conversation, turn, kept) in [("c1", 2, "journalled"), ("c2", 1, "stateless")] {
        let (status, answer) = say(&stack, conversation).await;
        let found = (status.as_u16(), &answer["turn"], &answer["degraded"]);
        assert_eq!(found, (200, &json!(turn), &json!(kept)), "{answer}");
    }
    stack.start_origin().await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (_, answer) = say(&stack, "c1").await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(3), &json!(true)), "{answer}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_forgets_everything_costs_nothing_but_time() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let say = async |input: &str| {
        let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": input });
        stack.say("clinic_triage", &body, &[]).await
    };
    for turn in 1..=6 {
        let (status, answer) = say("hello").await;
        assert_eq!(
            (status.as_u16(), &answer["turn"], &answer["durable"]),
            (200, &json!(turn), &json!(true)),
            "{answer}"
        );
        if turn % 2 == 0 {
            stack.host.forget();
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_leaves_a_store_that_knows_no_expiry() {
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(Kind::Spin, &[("kv_ttl", "1"), ("rate_limit_user", "1000/second")]).await;
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" });
    let is_there = async |prefix: &str| node.stored_keys().await.iter().any(|key| key.starts_with(prefix));
    assert_eq!(node.say("clinic_triage", &body, &[]).await.0, 200);
    let until = Instant::now() + Duration::from_secs(2);
    while !is_there("hot:").await && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(is_there("hot:").await && is_there("limit:").await && is_there("game:").await);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    node.run_schedule().await;
    assert!(!is_there("hot:").await && !is_there("limit:").await);
    assert!(is_there("game:").await, "what holds stays");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_origin_that_goes_and_returns_loses_nothing() {
    let plan = Plan { on_disk: true, ..Plan::default() };
    let mut stack = Stack::start(&[example("clinic_triage")], plan).await;
    let body = |input: &str| json!({ "conversation_id": "c1", "user_id": "u1", "input": input });
    assert_eq!(stack.say("clinic_triage", &body("hello"), &[]).await.1["durable"], true);
    stack.stop_origin().await;
    for turn in 2..=4 {
        let key = format!("k{turn}");
        let (status, answer) = loop {
            let said = stack.say("clinic_triage", &body("hello"), &[("idempotency-key", &key)]).await;
            // Until the node has put the state of the first turn away it does not know whether one that was under way arrived.
            if said.1["code"] != "E235" {
                break said;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        assert_eq!((status.as_u16(), &answer["turn"]), (200, &json!(turn)), "{answer}");
        assert_eq!((&answer["degraded"], &answer["durable"]), (&json!("journalled"), &json!(false)));
    }
    assert_eq!(stack.host.waiting_turns(), 3);
    stack.start_origin().await;
    let deadline = Instant::now() + Duration::from_secs(5);
    while stack.host.waiting_turns() > 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stack.host.waiting_turns(), 0, "the timer brings them home within seconds");
    let (_, answer) = stack.say("clinic_triage", &body("hello"), &[]).await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(5), &json!(true)));
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_too_large_and_headers_too_many_are_refused() {
    let stack = Stack::start(&[example("clinic_triage")], Plan::default()).await;
    let url = stack.url("/games/clinic_triage/move");
    let large =
        stack.http().post(&url).header("content-type", "application/json").body(vec![b'x'; 2_000_000]).send().await;
    if let Ok(large) = large {
        assert_eq!(large.status(), 413);
        assert_eq!(large.json::<Value>().await.unwrap()["code"], "E230");
    }
    let mut many = stack.http().post(&url).body("{}");
    for n in 0..200 {
        many = many.header(format!("x-header-{n}"), "x");
    }
    assert_eq!(many.send().await.unwrap().status(), 431);
    let (status, _) =
        stack.say("clinic_triage", &json!({ "conversation_id": "c", "user_id": "u", "input": "hello" }), &[]).await;
    assert_eq!(status, 200, "and the node is well");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_names_its_host_once() {
    let stack = Stack::start(&[], Plan::default()).await;
    let authority = stack.host.address().to_string();
    for (head, status) in [
        ("HTTP/1.1\r\nhost: n", 200),
        ("HTTP/1.1\r\nhost: [::1]:8080", 200),
        ("HTTP/1.0\r\nx: y", 200),
        ("HTTP/1.1\r\nx: y", 400),
        ("HTTP/1.1\r\nhost: a\r\nhost: b", 400),
        ("HTTP/1.1\r\nhost: a b/..", 400),
        ("HTTP/1.1\r\nhost: user@a", 400),
        ("HTTP/1.1\r\nhost:", 400),
    ] {
        let request = format!("GET /health/live {head}\r\n\r\n");
        let answer = exchange(&authority, request.as_bytes()).await.unwrap_or_else(|| panic!("{head:?}"));
        assert_eq!(answer.status, status, "{head:?}");
        if status == 400 {
            let problem: Value = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(problem["code"], "E224", "{head:?}");
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_origin_is_reached_over_the_network_and_its_absence_is_noticed_at_once() {
    let plan = Plan { over_network: true, ..Plan::default() };
    let mut stack = Stack::start(&[example("clinic_triage")], plan).await;
    let body = json!({ "conversation_id": "c1", "user_id": "u1", "input": "hello" });
    for turn in 1..=3 {
        let (_, answer) = stack.say("clinic_triage", &body, &[]).await;
        assert_eq!((&answer["turn"], &answer["durable"]), (&json!(turn), &json!(true)), "{answer}");
    }
    stack.stop_origin().await;
    let begun = Instant::now();
    let (status, answer) = stack.say("clinic_triage", &body, &[]).await;
    assert_eq!((status.as_u16(), &answer["degraded"]), (200, &json!("journalled")), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(2));
    stack.start_origin().await;
    let (_, answer) = stack.say("clinic_triage", &body, &[]).await;
    assert_eq!((&answer["turn"], &answer["durable"]), (&json!(5), &json!(true)), "{answer}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_the_manifest_does_not_allow_is_not_called() {
    let services = json!({ "anything": { "url": "http://127.0.0.1:9", "allow_private": true } }).to_string();
    let plan =
        Plan { node: vec![("services", services), ("origin_url", "http://127.0.0.1:9".into())], ..Plan::default() };
    let plan = Plan {
        adjust: Some(|config| {
            // The manifest allows what it was given for the origin; this takes that away.
            config.manifest = config.manifest.replace("[\"{{ lgdl_origin_url }}\"]", "[]");
        }),
        ..plan
    };
    let stack = Stack::start(&[], plan).await;
    let answer = stack.http().get(stack.url("/health")).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.json::<Value>().await.unwrap()["components"]["origin"]["status"], "degraded");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_serves_as_many_requests_as_it_may_and_what_one_of_them_was_told_another_does_not_know() {
    let adjust: fn(&mut HostConfig) = |config| {
        config.requests_per_instance = 3;
        config.drain_every = Duration::from_secs(3_600);
    };
    let stack = Stack::start(&[example("clinic_triage")], Plan { adjust: Some(adjust), ..Plan::default() }).await;
    for person in 0..7 {
        let ids = json!({ "conversation_id": format!("c{person}"), "user_id": format!("u{person}"), "input": "hello" });
        let (status, answer) = stack.say("clinic_triage", &ids, &[]).await;
        assert_eq!((status.as_u16(), &answer["turn"]), (200, &json!(1)), "{answer}");
    }
    let metrics = stack.http().get(stack.url("/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(metrics.lines().any(|line| line == "lgdl_edge_instances 3"), "{metrics}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_instance_that_gets_too_little_memory_or_time_is_answered_for() {
    let problem = async |plan: Plan| {
        let stack = Stack::start(&[], plan).await;
        let answer = stack.http().get(stack.url("/games")).header("x-request-id", "r1").send().await.unwrap();
        let (status, media) = (answer.status().as_u16(), answer.headers()["content-type"].clone());
        let problem: Value = answer.json().await.unwrap();
        stack.stop().await;
        assert_eq!(media, "application/problem+json");
        assert_eq!(problem["request_id"], "r1");
        (status, problem["code"].as_str().unwrap().to_owned())
    };
    let memory = Plan { adjust: Some(|config| config.memory_limit = 64 * 1024), ..Plan::default() };
    assert_eq!(problem(memory).await, (500, "E237".into()));
    let time = Plan {
        adjust: Some(|config| {
            config.time_limit = Duration::from_millis(200);
            let never = |_| -> lgdl_edge_host::LocalAnswer { Box::pin(std::future::pending()) };
            config.local_services.insert("origin.internal".into(), std::sync::Arc::new(never));
        }),
        ..Plan::default()
    };
    assert_eq!(problem(time).await, (503, "E238".into()));
}

/// Lines of the log of everything in this process.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_one_trace_and_one_line_on_each_side_and_nothing_of_a_person_is_in_either() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const CLIENT: &str = "00f067aa0ba902b7";
    const PERSON: [&str; 5] = ["quillon", "featherstone", "marmalade", "4111 1111 1111 1111", "zanzibar-7"];
    let lines = Lines::default();
    let writer = lines.clone();
    // The only test of this program that looks at the log.
    let begun = tracing_subscriber::fmt().json().with_env_filter("lgdl=trace,lgdl_edge_host=trace,lgdl_origin=trace");
    begun.with_writer(move || writer.clone()).try_init().expect("the first");
    let collector = Collector::start().await;
    let plan = Plan { node: vec![("trace_rate", "0".into())], traces_to: Some(collector.url()), ..Plan::default() };
    let stack = Stack::start(&[example("clinic_triage")], plan).await;
    let body = |input: &str| {
        json!({
            "conversation_id": "zanzibar-7", "user_id": "quillon@example.com", "input": input,
            "context": {"name": "quillon"},
        })
    };
    let kept = format!("00-{TRACE}-{CLIENT}-01");
    let said = "my name is quillon featherstone, 4111 1111 1111 1111, I have marmalade pain";
    let (status, answer) = stack.say("clinic_triage", &body(said), &[("traceparent", &kept)]).await;
    assert_eq!(status, 200, "{answer}");
    // Begins at the node, which keeps none; and the client wants none.
    stack.say("clinic_triage", &body("hello marmalade"), &[("x-request-id", "quillon-marmalade")]).await;
    let not_kept = format!("00-{}-{CLIENT}-00", "a".repeat(32));
    stack.say("clinic_triage", &body("hello marmalade"), &[("traceparent", &not_kept)]).await;
    let metrics = stack.http().get(stack.url("/metrics")).send().await.unwrap().text().await.unwrap();
    let origin_metrics = format!("http://{}/metrics", stack.origin().edge_address);
    let origin_metrics = stack.http().get(origin_metrics).send().await.unwrap().text().await.unwrap();
    stack.stop().await;

    let spans = collector.spans();
    assert!(!spans.is_empty() && spans.iter().all(|span| span.trace == TRACE), "{spans:?}");
    let one = |service: &str, name: &str| {
        let mut found = spans.iter().filter(|span| span.service == service && span.name == name);
        found.next().unwrap_or_else(|| panic!("{service} {name}: {spans:#?}")).clone()
    };
    let node = one("lgdl-edge", "POST /games/{id}/move");
    assert_eq!(node.parent, CLIENT);
    for stage in ["engine", "commit"] {
        let stage = one("lgdl-edge", stage);
        assert!(stage.parent == node.id && stage.took_ns <= node.took_ns, "{stage:?}");
    }
    let origin = one("lgdl-origin", "POST /edge/v1/turns");
    assert_eq!(origin.parent, node.id);
    let statement = one("lgdl-origin", "commit turns");
    assert!(statement.parent == origin.id && statement.took_ns > 0 && statement.took_ns <= origin.took_ns);
    let mut ids: Vec<&str> = spans.iter().map(|span| span.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), spans.len(), "every span has an id of its own");

    let log = String::from_utf8_lossy(&lines.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let of_trace = |line: &&str| line.contains("lgdl::request") && line.contains(TRACE);
    let of_trace: Vec<&str> = log.lines().filter(of_trace).collect();
    assert_eq!(of_trace.iter().filter(|line| line.contains("stages_us")).count(), 1, "{of_trace:#?}");
    assert!(of_trace.iter().any(|line| line.contains("store_ms")), "{of_trace:#?}");
    assert!(log.contains("client_"), "an id that a client made up is shown by its digest");
    for (what, text) in
        [("the log", &log), ("traces", &collector.text()), ("metrics", &metrics), ("the origin's", &origin_metrics)]
    {
        for person in PERSON {
            assert!(!text.to_lowercase().contains(person), "{person} is in {what}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_a_node_on_plain_spin_go_through_the_origin() {
    const TRACE: &str = "5bf92f3577b34da6a3ce929d0e0e4736";
    const CLIENT: &str = "00f067aa0ba902b8";
    let collector = Collector::start().await;
    let plan = Plan {
        node: vec![("trace_rate", "0".into())],
        traces_to: Some(collector.url()),
        adjust: Some(|config| {
            (config.node_service, config.requests_per_instance, config.traces) = (false, 1, None);
        }),
        ..Plan::default()
    };
    let stack = Stack::start(&[example("clinic_triage")], plan).await;
    let kept = format!("00-{TRACE}-{CLIENT}-01");
    let body = json!({ "conversation_id": "c", "user_id": "u", "input": "I have pain" });
    let (status, answer) = stack.say("clinic_triage", &body, &[("traceparent", &kept)]).await;
    assert_eq!(status, 200, "{answer}");
    stack.stop().await;
    let spans = collector.spans();
    let found = spans.iter().find(|span| span.service == "lgdl-edge" && span.name == "POST /games/{id}/move");
    let node = found.unwrap_or_else(|| panic!("{spans:#?}"));
    assert_eq!((node.trace.as_str(), node.parent.as_str()), (TRACE, CLIENT));
    assert!(spans.iter().any(|span| span.name == "engine" && span.parent == node.id), "{spans:#?}");
    let origin = spans.iter().find(|span| span.name == "POST /edge/v1/turns").expect("the origin's own");
    assert_eq!(origin.parent, node.id);
}
