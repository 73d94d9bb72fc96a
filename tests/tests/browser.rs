//! The chat page and the client in a real Chromium, before the Spin component in our host and before the Worker under
//! workerd (`browser/node/*.test.mjs`, which says nothing of platforms); the chat element before a node that answers what a test
//! says, and the desk's page before an origin that does (`browser/element/*.test.mjs`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lgdl_ports::Port;
use lgdl_tests::games;
use lgdl_tests::origin::PASSWORD;
use lgdl_tests::platforms::{Deployment, Kind};
use serde_json::json;

/// A node writes down what it has just learnt once the answer has gone; this lets it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_and_the_client_hold_their_conversations_with_the_component() {
    in_a_browser(Kind::Component).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_and_the_client_hold_their_conversations_with_the_worker() {
    in_a_browser(Kind::Worker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_element_holds_in_every_state_width_and_theme() {
    if let Some(chromium) = browser() {
        run("element", chromium, Vec::new()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_and_an_agent_talk_with_each_other_in_two_pages() {
    let Some(chromium) = browser() else { return };
    let deployment = Deployment::of("clinic_triage").await;
    let node = deployment.node(Kind::Native, &[]).await;
    let desk = format!("http://{}", deployment.origin.running.admin_address);
    deployment.origin.employ_agent("anna", "Nurse Anna", &["nurse_on_duty"]).await;
    let url = node.url("");
    let (control, controlled) = control(deployment).await;
    let variables = vec![
        ("LGDL_URL", url),
        ("LGDL_DESK_URL", desk),
        ("LGDL_CONTROL_URL", control),
        ("LGDL_AGENT", "anna".to_owned()),
        ("LGDL_AGENT_PASSWORD", PASSWORD.to_owned()),
    ];
    run("desk", chromium, variables).await;
    controlled.abort();
    node.stop().await;
}

/// Takes the origin away from its nodes and brings it back, as a test in the browser says.
async fn control(deployment: Deployment) -> (String, tokio::task::JoinHandle<()>) {
    use axum::routing::post;
    let shared = std::sync::Arc::new(tokio::sync::Mutex::new(deployment));
    let (stopped, back) = (std::sync::Arc::clone(&shared), shared);
    let stop = post(move || async move { stopped.lock().await.origin.stop().await });
    let back = post(move || async move { back.lock().await.origin.bring_back().await });
    let router = axum::Router::new().route("/stop", stop).route("/back", back);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (url, tokio::spawn(async move { axum::serve(listener, router).await.expect("the control serves") }))
}

async fn in_a_browser(kind: Kind) {
    let Some(chromium) = browser() else { return };
    if !kind.is_here() {
        return;
    }
    let deployment = Deployment::start(games::own()).await;
    let node = deployment.node(kind, &[]).await;
    let limited = deployment.node(kind, &[("rate_limit_conversation", "2/hour")]).await;
    let mut leaving = Deployment::of("clinic_triage").await;
    let cut_off = leaving.node(kind, &[("games_ttl_ms", "3600000")]).await;
    let (site, key) = (Port::free(), deployment.origin.api_key(&["turns"]).await);
    let origin = format!("http://{}", site.address());
    let closed = [("mode", "production"), ("capability_mocks", ""), ("cors_origins", origin.as_str())];
    let production = deployment.node(kind, &closed).await;
    let hello = json!({ "conversation_id": "warm", "user_id": "u1", "input": "hello" });
    assert_eq!(cut_off.say("clinic_triage", &hello, &[]).await.0, 200);
    tokio::time::sleep(WRITTEN_WITHIN).await;
    leaving.origin.stop().await;
    // Where a node can't tell whether a commit got there, the first turn is refused; then it asks before it commits.
    let first = json!({ "conversation_id": "first", "user_id": "u1", "input": "hello" });
    let (status, answer) = cut_off.say("clinic_triage", &first, &[]).await;
    assert!(status == 200 || answer["code"] == "E235", "{answer}");

    let nodes = [
        ("LGDL_URL", &node),
        ("LGDL_LIMITED_URL", &limited),
        ("LGDL_CUT_OFF_URL", &cut_off),
        ("LGDL_PRODUCTION_URL", &production),
    ];
    let mut variables = nodes.map(|(name, node)| (name, node.url(""))).to_vec();
    variables.extend([("LGDL_SITE_PORT", site.number().to_string()), ("LGDL_SITE_KEY", key)]);
    run("node", chromium, variables).await;
    for node in [node, limited, cut_off, production] {
        node.stop().await;
    }
}

/// The browser, where there is one and what drives it.
fn browser() -> Option<PathBuf> {
    let chromium = program(&["chromium", "chromium-browser", "google-chrome"]);
    if chromium.is_none() {
        let why = "there is no Chromium; `apt-get install chromium`, or any Chrome on the PATH, would run it";
        lgdl_skips::skip(lgdl_skips::Need::Browser, why);
    } else if program(&["node"]).is_none() || !root().join("node_modules").is_dir() {
        let why = "`npm ci` in tests/browser, with Node.js 20 or later, would run it";
        lgdl_skips::skip(lgdl_skips::Need::Browser, why);
        return None;
    }
    chromium
}

fn root() -> PathBuf {
    games::root().join("tests/browser")
}

/// Runs the tests of a folder, all of them.
async fn run(folder: &str, chromium: PathBuf, variables: Vec<(&'static str, String)>) {
    let folder = root().join(folder);
    // Whatever the browser writes goes with it.
    let temporary = tempfile::tempdir().expect("a folder");
    let mut tests = Command::new("node");
    tests.arg("--test").args(test_files(&folder)).current_dir(root());
    tests.env("CHROMIUM", chromium).env("TMPDIR", temporary.path()).envs(variables);
    let ran = tokio::task::spawn_blocking(move || tests.output().expect("node starts"));
    let output = ran.await.expect("node ends");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    let number = |label| report.lines().find_map(|line| line.strip_prefix(label)?.trim().parse::<usize>().ok());
    for label in ["# cancelled", "# skipped", "# todo"] {
        assert_eq!(number(label), Some(0), "{label}: {report}");
    }
    let passed = number("# pass");
    // A test in a loop is one in its file, and several when it runs.
    assert!(passed >= Some(number_of_tests(&folder)), "not every test ran: {report}");
}

fn test_files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a readable folder").map(|entry| entry.expect("an entry").path());
    files.filter(|path| path.to_string_lossy().ends_with(".test.mjs")).collect()
}

fn number_of_tests(folder: &Path) -> usize {
    let read = |file: &PathBuf| std::fs::read_to_string(file).expect("a readable file");
    test_files(folder).iter().map(|file| read(file).lines().filter(|line| line.starts_with("test(")).count()).sum()
}

/// The first of these programs that lies on the PATH.
fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = |name: &&str| folders.iter().map(|folder| Path::new(folder).join(name)).find(|file| file.is_file());
    names.iter().find_map(found)
}
