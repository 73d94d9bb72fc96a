//! `lgdl dev` as a whole: a real process, the real component, a game that changes while it runs. Without a component (built by
//! `cargo xtask wasm`, named by `LGDL_COMPONENT`) the test of the running node is skipped and says so.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const GAME: &str = r#"game small {
  moves {
    move greet {
      when user says something like: ["hello"]
      when confident { respond with: "Hi there." }
    }
  }
}
"#;
const PATIENCE: Duration = Duration::from_secs(60);
/// The first start with a component that was built anew compiles it, which a program without optimizations on a busy machine may take
/// minutes for; what it compiled is kept, so that no later start shows it.
const STARTS_WITHIN: Duration = Duration::from_secs(300);

fn component() -> Option<PathBuf> {
    let named = std::env::var_os("LGDL_COMPONENT").map(PathBuf::from);
    let built = Path::new(env!("CARGO_BIN_EXE_lgdl")).with_file_name("../wasm/wasm32-wasip1/edge/lgdl_edge.wasm");
    named.into_iter().chain([built]).find(|path| path.is_file())
}

/// A running node, which ends with the test.
struct Node {
    child: Child,
    address: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads what a process says to its end, so that it never waits for us.
fn read_on(pipe: impl Read + Send + 'static, lines: mpsc::Sender<String>) {
    let read = BufReader::new(pipe).lines();
    std::thread::spawn(move || read.map_while(Result::ok).for_each(|line| drop(lines.send(line))));
}

impl Node {
    /// It may write into the folder, which should go later than the node.
    fn start(game: &Path, component: &Path, folder: &Path) -> Node {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
            .args(["dev", "--port", "0", "--component"])
            .args([component, game])
            .env("TMPDIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("lgdl starts");
        let (sender, receiver) = mpsc::channel();
        read_on(child.stdout.take().expect("a pipe"), sender.clone());
        read_on(child.stderr.take().expect("a pipe"), sender);
        let mut node = Node { child, address: String::new() };
        let (begun, mut said) = (Instant::now(), Vec::new());
        while let Ok(line) = receiver.recv_timeout(STARTS_WITHIN.saturating_sub(begun.elapsed())) {
            if let Some(address) = line.strip_prefix("page:") {
                node.address = address.trim().to_owned();
                return node;
            }
            said.push(line);
        }
        // Whoever has closed both pipes is about to end.
        std::thread::sleep(Duration::from_millis(100));
        let (after, status) = (begun.elapsed(), node.child.try_wait());
        panic!("lgdl dev printed no address in {after:?}; it has ended: {status:?}; it said: {said:#?}");
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.address)).await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    }

    async fn say(&self, conversation: &str, input: &str) -> Value {
        let body = json!({ "conversation_id": conversation, "user_id": "u", "input": input });
        let request = reqwest::Client::new()
            .post(format!("{}games/small/move", self.address))
            .header("content-type", "application/json")
            .body(body.to_string());
        let answer = request.send().await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    }

    /// Waits until the page is told of as many errors.
    async fn errors(&self, number: usize) -> Value {
        let begun = Instant::now();
        loop {
            let status = self.get("dev/status").await;
            if status["errors"].as_array().map(Vec::len) == Some(number) {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "still {status}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

#[tokio::test]
async fn a_game_is_played_changed_and_broken_while_the_node_runs() {
    let Some(component) = component() else {
        return lgdl_skips::skip(lgdl_skips::Need::Component, "`cargo xtask wasm` builds it");
    };
    let folder = tempfile::tempdir().expect("a folder");
    let game = folder.path().join("small.lgdl");
    fs::write(&game, GAME).expect("written");
    let node = Node::start(&game, &component, folder.path());

    let answer = node.say("one", "hello").await;
    assert_eq!((&answer["response"], &answer["durable"]), (&json!("Hi there."), &json!(true)), "{answer}");

    let graph =
        async |game: &str| reqwest::get(format!("{}dev/graph?game={game}", node.address)).await.expect("an answer");
    let drawn = graph("small").await.text().await.expect("a body");
    assert!(drawn.contains("<g data-move=\"greet\">"), "{drawn}");
    assert_eq!(graph("other").await.status(), 404);

    fs::write(&game, GAME.replace("respond", "repsond")).expect("written");
    let status = node.errors(1).await;
    let text = status["errors"][0]["text"].as_str().expect("a text");
    assert!(text.contains("small.lgdl:5"), "{text}");
    assert_eq!(node.say("two", "hello").await["response"], "Hi there.", "the version before is still served");

    fs::write(&game, GAME.replace("Hi there.", "Good day.")).expect("written");
    let begun = Instant::now();
    let mut conversation = 0;
    loop {
        conversation += 1;
        let answer = node.say(&format!("new{conversation}"), "hello").await;
        if answer["response"] == "Good day." {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "still {answer}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    node.errors(0).await;
}

fn refused(arguments: &[&str], code: i32, words: &str) {
    let run = Command::new(env!("CARGO_BIN_EXE_lgdl"))
        .args(arguments)
        .env_remove("LGDL_COMPONENT")
        .stdin(Stdio::null())
        .output()
        .expect("lgdl runs");
    let said = String::from_utf8_lossy(&run.stderr).into_owned();
    assert_eq!(run.status.code(), Some(code), "{said}");
    assert!(said.contains(words), "`{words}` is missing in: {said}");
}

#[test]
fn what_cannot_be_served_is_said_before_anything_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, GAME).expect("written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (game, other) = (write("small.lgdl"), write("other/small.lgdl"));
    refused(&["dev", &game, "--component", "no/such.wasm"], 2, "cargo xtask wasm");
    let component = game.clone();
    refused(&["dev", "no/such.lgdl", "--component", &component], 2, "does not exist");
    refused(&["dev", &game, &other, "--component", &component], 2, "would both be reached as `small`");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    refused(&["dev", &game, "--component", &component, "--port", &port], 1, "in use");
    refused(&["dev", &game, "--component", &component, "--port", "0"], 1, "the edge component");
}
