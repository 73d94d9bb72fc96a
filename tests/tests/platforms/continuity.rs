//! One conversation over every platform, with an origin that is killed and started again in between.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lgdl_ports::Port;
use lgdl_tests::games;
use lgdl_tests::origin::{EDGE_SECRET, node_variables};
use lgdl_tests::platforms::{Kind, Node};
use lgdl_tests::stack::program;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::turn;

/// Time for the origin to answer once it was started.
const START_WITHIN: Duration = Duration::from_secs(30);
/// A node writes down what it has just learnt once the answer has gone; this lets it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);
const GAME: &str = "clinic_triage";

/// `lgdl serve` in a process of its own, on SQLite.
struct Process {
    child: Option<Child>,
    folder: TempDir,
    port: Port,
}

impl Process {
    async fn start() -> Process {
        let mut process = Process { child: None, folder: tempfile::tempdir().unwrap(), port: Port::free() };
        process.run().await;
        process
    }

    fn url(&self) -> String {
        format!("http://{}", self.port.address())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .env("LGDL_LISTEN", self.port.address().to_string())
            .env("LGDL_ADMIN_LISTEN", "127.0.0.1:0")
            .env("LGDL_SQLITE_PATH", self.folder.path().join("lgdl.db"))
            .env("LGDL_EDGE_KEYS", format!("edge:{EDGE_SECRET}"))
            .env("LGDL_GAMES", games_folder())
            .stdin(Stdio::null());
        command
    }

    async fn run(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("log")).unwrap();
        let mut command = self.command(&["serve"]);
        self.child = Some(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().expect("lgdl starts"));
        let until = Instant::now() + START_WITHIN;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        loop {
            let ready = http.get(format!("{}/health/ready", self.url())).send().await;
            if ready.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(Instant::now() < until, "the origin does not answer: {}", log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// SIGKILL: nothing is tidied up.
    fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn games_folder() -> PathBuf {
    games::root().join("games").join(GAME)
}

async fn said(node: &Node, input: &str, key: &str) -> Value {
    let (status, answer) = node.say(GAME, &turn("c1", "u1", input), &[("idempotency-key", key)]).await;
    assert_eq!(status, 200, "{input}: {answer}");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conversation_begun_on_the_worker_goes_on_in_the_component_and_ends_natively_over_two_kills_of_the_origin() {
    if !Kind::Worker.is_here() {
        return;
    }
    let mut origin = Process::start().await;
    let variables: BTreeMap<String, String> = node_variables(&origin.url(), &[])
        .into_iter()
        .chain([("games_ttl_ms".to_owned(), "3600000".to_owned())])
        .collect();
    let worker = Node::start(Kind::Worker, &variables).await;
    let component = Node::start(Kind::Component, &variables).await;
    let native = Node::start(Kind::Native, &variables).await;
    // Every node knows its game before anything happens, as a node that has been up for a while does.
    for (node, conversation) in [(&worker, "w"), (&component, "s"), (&native, "n")] {
        let (status, _) = node.say(GAME, &turn(conversation, "u1", "hello"), &[]).await;
        assert_eq!(status, 200);
    }

    let first = said(&worker, "I have pain", "k1").await;
    assert_eq!((&first["turn"], &first["durable"]), (&json!(1), &json!(true)));
    tokio::time::sleep(WRITTEN_WITHIN).await;
    origin.kill();
    let second = said(&worker, "lower back", "k2").await;
    assert_eq!((&second["turn"], &second["degraded"]), (&json!(2), &json!("journalled")), "{second}");
    assert_eq!(second["awaiting_slot"], "severity");
    origin.run().await;
    worker.drain().await;

    let third = said(&component, "7", "k3").await;
    assert_eq!((&third["turn"], &third["durable"]), (&json!(3), &json!(true)), "{third}");
    assert_eq!((&third["slots"]["severity"], &third["slots"]["location"]), (&json!(7), &second["slots"]["location"]));
    tokio::time::sleep(WRITTEN_WITHIN).await;
    origin.kill();
    let fourth = said(&component, "sorry, actually 8", "k4").await;
    assert_eq!((&fourth["turn"], &fourth["degraded"]), (&json!(4), &json!("journalled")), "{fourth}");
    origin.run().await;
    component.drain().await;

    let fifth = said(&native, "2 hours ago", "k5").await;
    assert_eq!((&fifth["turn"], &fifth["durable"]), (&json!(5), &json!(true)), "{fifth}");
    assert_eq!(fifth["slots"]["severity"], json!(8), "{fifth}");

    // Whoever did not hear an answer asks anywhere, and gets the one that was given.
    for (node, input, key, stored) in [
        (&native, "lower back", "k2", &second),
        (&worker, "sorry, actually 8", "k4", &fourth),
        (&component, "2 hours ago", "k5", &fifth),
    ] {
        assert_eq!(&said(node, input, key).await, stored);
    }
    let export = native.http().get(native.url("/conversations/c1/export?user_id=u1")).send().await.unwrap();
    let export: Value = export.json().await.unwrap();
    let turns: Vec<(u64, &str)> = export["turns"]
        .as_array()
        .unwrap_or_else(|| panic!("{export}"))
        .iter()
        .map(|turn| (turn["turn"].as_u64().unwrap(), turn["user_input"].as_str().unwrap()))
        .collect();
    let inputs = ["I have pain", "lower back", "7", "sorry, actually 8", "2 hours ago"];
    assert_eq!(turns, (1..).zip(inputs).collect::<Vec<_>>(), "in order, each once");
    for node in [worker, component, native] {
        node.stop().await;
    }
}
