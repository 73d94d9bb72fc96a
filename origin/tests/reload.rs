//! `SIGHUP`: a server reads its settings anew, takes what may change while it runs, names the rest, and takes nothing of what is wrong.
#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(30);

struct Server {
    child: Child,
    address: String,
    log: Receiver<Value>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(folder: &Path) -> Server {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lgdl"))
            .arg("serve")
            .current_dir(folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("lgdl starts");
        let lines = |pipe: Box<dyn std::io::Read + Send>| {
            let (sender, receiver) = channel();
            std::thread::spawn(move || {
                BufReader::new(pipe).lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
            });
            receiver
        };
        let said = lines(Box::new(child.stdout.take().expect("a pipe")));
        let logged = lines(Box::new(child.stderr.take().expect("a pipe")));
        let (sender, log) = channel();
        std::thread::spawn(move || {
            for line in logged {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                drop(sender.send(line));
            }
        });
        let first = said.recv_timeout(PATIENCE).expect("the origin starts");
        let address = first.strip_prefix("origin: ").expect("its address").to_owned();
        Server { child, address, log }
    }

    fn hang_up(&self) {
        let done = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().expect("kill");
        assert!(done.success());
    }

    /// The next line with this message, and those before it.
    fn until(&self, message: &str) -> (Value, Vec<Value>) {
        let mut before = Vec::new();
        loop {
            let line = self.log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no `{message}` in {before:?}"));
            if line["fields"]["message"] == message {
                return (line, before);
            }
            before.push(line);
        }
    }
}

fn settings(folder: &Path, more: &str) {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\nsqlite_path = \"lgdl.db\"\nedge_unsigned = true\n{more}"
    );
    std::fs::write(folder.join("lgdl.toml"), text).expect("a file");
}

#[test]
fn what_may_change_does_the_rest_is_named_and_what_is_wrong_changes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    settings(folder.path(), "");
    let server = Server::start(folder.path());
    server.until("the origin listens");

    settings(folder.path(), "log = \"debug\"\nclaim_lease_seconds = 9\npostgres_pool_max = 3\n");
    server.hang_up();
    let (read, _) = server.until("the settings were read anew");
    assert_eq!(read["fields"]["changed"], "LGDL_CLAIM_LEASE_SECONDS, LGDL_LOG");
    let (waits, _) = server.until("these settings have changed too, and need a restart");
    assert_eq!(waits["fields"]["settings"], "LGDL_POSTGRES_POOL_MAX");

    // Less is logged from now on, and what comes next is compared with what is in force.
    settings(folder.path(), "log = \"warn\"\nclaim_lease_seconds = 9\npostgres_pool_max = 3\n");
    server.hang_up();
    let (_, before) = server.until("these settings have changed too, and need a restart");
    assert!(before.iter().all(|line| line["level"] != "INFO" || line["target"] != "lgdl::cli::reload"), "{before:?}");

    settings(folder.path(), "claim_lease_seconds = 0\nnothing_of_ours = 1\n");
    server.hang_up();
    let (refused, _) = server.until("the settings stay as they are");
    let why = refused["fields"]["why"].as_str().expect("a reason");
    assert!(why.starts_with("E510 ") && why.contains("nothing_of_ours"), "{why}");
    settings(folder.path(), "log = \"no=such=level\"\n");
    server.hang_up();
    let (refused, _) = server.until("the settings stay as they are");
    assert!(refused["fields"]["why"].as_str().expect("a reason").contains("LGDL_LOG"), "{refused}");

    let health = Command::new(env!("CARGO_BIN_EXE_lgdl")).args(["health", &server.address]).output().expect("lgdl");
    assert!(health.status.success(), "it serves on: {health:?}");
}
