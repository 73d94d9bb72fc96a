//! The Worker under workerd, by way of `tests/workers/serve.mjs`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::games::root;

/// How long the process may take to end once its standard input is closed.
const END_WITHIN: Duration = Duration::from_secs(10);

/// A running Worker.
pub(super) struct WorkerNode {
    child: Child,
    /// The end of its standard input is the process's end, even when this process is killed.
    talk: Option<Mutex<(ChildStdin, BufReader<ChildStdout>)>>,
    authority: String,
    /// Everything that it writes, temporary files included; goes once the process has ended.
    _state: TempDir,
}

/// Whether there is a Node.js to run it, and npm to install what runs it. Says so when there is not: the test that asks is
/// skipped.
pub(super) fn is_here() -> bool {
    static HERE: OnceLock<bool> = OnceLock::new();
    let here = *HERE.get_or_init(|| {
        let runs = |program: &str| {
            let version = Command::new(program).arg("--version").stdout(Stdio::null()).status();
            version.is_ok_and(|status| status.success())
        };
        runs("node") && runs("npm")
    });
    if !here {
        lgdl_skips::skip(lgdl_skips::Need::Worker, "Node.js 20 or later, with npm, would run it");
    }
    here
}

/// The folder of the built Worker, built when no one says where it is (`LGDL_WORKER`).
///
/// # Panics
/// When it can't be built.
#[must_use]
pub fn build() -> &'static Path {
    static BUILD: OnceLock<PathBuf> = OnceLock::new();
    BUILD.get_or_init(|| {
        std::env::var_os("LGDL_WORKER").map(PathBuf::from).unwrap_or_else(|| {
            let built = Command::new("cargo").args(["xtask", "worker"]).current_dir(root()).output();
            let built = built.expect("cargo runs");
            assert!(built.status.success(), "cargo xtask worker: {}", String::from_utf8_lossy(&built.stderr));
            PathBuf::from(String::from_utf8_lossy(&built.stdout).trim())
        })
    })
}

impl WorkerNode {
    pub(super) async fn start(variables: &BTreeMap<String, String>) -> WorkerNode {
        let variables: BTreeMap<String, String> = variables
            .iter()
            .map(|(name, value)| (format!("LGDL_{}", name.to_ascii_uppercase()), value.clone()))
            .collect();
        tokio::task::spawn_blocking(move || WorkerNode::run(&variables)).await.expect("the Worker starts")
    }

    fn run(variables: &BTreeMap<String, String>) -> WorkerNode {
        let state = tempfile::tempdir().expect("a folder");
        let mut child = Command::new("node")
            .arg("serve.mjs")
            .current_dir(root().join("tests/workers"))
            .env("TMPDIR", state.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut stdin = child.stdin.take().expect("its standard input");
        let plan = json!({ "build": build(), "state": state.path(), "variables": variables });
        writeln!(stdin, "{plan}").expect("it listens");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("its standard output"));
        stdout.read_line(&mut line).expect("it says where");
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("the Worker did not start: {line}"));
        let url = said["url"].as_str().expect("an address");
        let authority = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        WorkerNode { child, talk: Some(Mutex::new((stdin, stdout))), authority, _state: state }
    }

    /// The keys in its namespace.
    pub(super) fn stored_keys(&self) -> Vec<String> {
        let mut talk = self.talk.as_ref().expect("it runs").lock().unwrap_or_else(PoisonError::into_inner);
        let (stdin, stdout) = &mut *talk;
        writeln!(stdin, "keys").expect("it listens");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("keys")
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    /// Ends it; so does dropping it.
    pub(super) fn stop(self) {}
}

impl Drop for WorkerNode {
    fn drop(&mut self) {
        drop(self.talk.take());
        let until = Instant::now() + END_WITHIN;
        while Instant::now() < until {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
