//! Schemathesis against the admin API's own OpenAPI document: whatever it makes up, no answer is a 5xx. Skipped where the
//! program is not installed; `cargo xtask test` installs it and names it in `LGDL_SCHEMATHESIS`.

use std::path::PathBuf;
use std::process::Command;

use lgdl_origin::admin::{NewAdministrator, create_administrator};
use lgdl_origin::random::SystemRandom;
use lgdl_origin::store::Role;
use lgdl_origin::{Config, start};
use serde_json::{Value, json};

const PASSWORD: &str = "seven green lamps at noon";
/// Requests that are made up for each operation, beside those that the document's bounds ask for.
const EXAMPLES: &str = "3";
/// Logins, sessions and readers of events have tests of their own; here they would wait for hashes and limits, and for events.
const WAITING_AND_ADMINISTRATORS: &str = "/(login|logout|refresh|me|events|administrators/)";
/// Whoever changes administrators may end their own session, so this comes last.
const ADMINISTRATORS: &str = "/administrators/";

fn program() -> Option<PathBuf> {
    let named = std::env::var_os("LGDL_SCHEMATHESIS").map(PathBuf::from).unwrap_or_else(|| "schemathesis".into());
    Command::new(&named).arg("--version").output().is_ok_and(|output| output.status.success()).then_some(named)
}

async fn try_as(role: Role, program: PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("lgdl.db").display().to_string();
    let settings = [
        ("LGDL_LISTEN", "127.0.0.1:0"),
        ("LGDL_ADMIN_LISTEN", "127.0.0.1:0"),
        ("LGDL_EDGE_UNSIGNED", "true"),
        ("LGDL_SQLITE_PATH", &database),
        ("LGDL_AUDIT_KEY", "a key of the auditors"),
    ];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let origin = start(Config::read("", settings).expect("fine settings")).await.expect("it starts");
    let new = NewAdministrator { name: "ann", password: PASSWORD, role, tenant: None, actor: "test" };
    create_administrator(&*origin.origin.store, new, 1, &SystemRandom).await.expect("the first");
    let address = format!("http://{}", origin.admin_address);
    let login = reqwest::Client::new().post(format!("{address}/admin/v1/login"));
    let login = login.json(&json!({"name": "ann", "password": PASSWORD})).send().await.expect("an answer");
    let token = login.json::<Value>().await.expect("a token")["access_token"].as_str().expect("a token").to_owned();

    let run = async |which: &str, paths: &str| {
        let mut command = Command::new(&program);
        command.args(["run", &format!("{address}/openapi.json"), "--checks", "not_a_server_error"]);
        command.args(["--phases", "coverage,fuzzing", "-n", EXAMPLES, which, paths]);
        command.args(["--header", &format!("authorization: Bearer {token}"), "--generation-deterministic"]);
        command.current_dir(folder.path());
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ran").expect("it ran");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        // A run that reached nothing would pass as well.
        assert!(said.contains("Tested:") && !said.contains("Tested: 0"), "{said}");
    };
    run("--exclude-path-regex", WAITING_AND_ADMINISTRATORS).await;
    let me = reqwest::Client::new().get(format!("{address}/admin/v1/me")).bearer_auth(&token).send().await;
    assert!(me.expect("an answer").status().is_success(), "the session lasted to the end");
    run("--include-path-regex", ADMINISTRATORS).await;
    origin.stop().await.expect("it stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_the_document_allows_or_almost_allows_breaks_the_admin_api() {
    let Some(program) = program() else {
        return lgdl_skips::skip(lgdl_skips::Need::Schemathesis, "it is not installed");
    };
    try_as(Role::Admin, program.clone()).await;
    try_as(Role::PrivacyOfficer, program).await;
}
