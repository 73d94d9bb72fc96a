//! The operator's guide, run as it is written: every `sh` block of `docs/operators-guide.md` in one shell, from an empty folder on. Needs
//! PostgreSQL, curl, jq, openssl and the edge component; where one is missing, the test says so and is skipped.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use lgdl_ports::Port;

#[path = "support/postgres.rs"]
#[allow(dead_code)] // its clusters are not needed: the guide makes one
mod postgres_server;

const GUIDE: &str = include_str!("../../docs/operators-guide.md");
/// The ports of the guide; the test takes others, which are free.
const PORTS: [&str; 4] = ["5433", "8787", "8788", "8080"];
/// Longer than everything in the guide takes.
const PATIENCE: Duration = Duration::from_secs(240);

/// The blocks of the guide, one after the other.
fn commands(guide: &str) -> String {
    let mut commands = String::new();
    let mut inside = false;
    for line in guide.lines() {
        match (line, inside) {
            ("```sh", false) => inside = true,
            ("```", true) => inside = false,
            (line, true) => commands.extend([line, "\n"]),
            (line, false) => assert!(!line.starts_with("```"), "a block that would not be run: {line}"),
        }
    }
    assert!(!inside, "a block that does not end");
    commands
}

fn missing_program() -> Option<&'static str> {
    let there = |program: &&str| {
        Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    ["curl", "jq", "openssl", "psql", "pg_dump"].into_iter().find(|program| !there(program))
}

fn component() -> Option<PathBuf> {
    let named = std::env::var_os("LGDL_COMPONENT").map(PathBuf::from);
    let built = Path::new(env!("CARGO_BIN_EXE_lgdl")).with_file_name("../wasm/wasm32-wasip1/edge/lgdl_edge.wasm");
    named.into_iter().chain([built]).find(|path| path.is_file())
}

/// Copies files and folders, and gives them to `owner`.
fn copy(from: &Path, to: &Path, owner: Option<(u32, u32)>) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("a folder");
        for entry in fs::read_dir(from).expect("a folder").flatten() {
            copy(&entry.path(), &to.join(entry.file_name()), owner);
        }
    } else {
        fs::copy(from, to).expect("a file");
    }
    if let Some((user, group)) = owner {
        chown(to, Some(user), Some(group)).expect("root may do so");
    }
}

#[test]
fn an_operator_can_follow_the_guide() {
    let owner = postgres_server::unprivileged_owner();
    let (binaries, component, owner) = match (postgres_server::find_binaries(), component(), missing_program(), owner) {
        (Some(binaries), Some(component), None, Ok(owner)) => (binaries, component, owner),
        (binaries, component, missing, _) => {
            let need = match (&binaries, &component) {
                (None, _) => lgdl_skips::Need::PostgreSql,
                (_, None) => lgdl_skips::Need::Component,
                _ => lgdl_skips::Need::Programs,
            };
            let why = format!("PostgreSQL {binaries:?}, component {component:?}, missing {missing:?}");
            return lgdl_skips::skip(need, &why);
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let (programs, work) = (folder.path().join("programs"), folder.path().join("work"));
    // Whoever runs it must reach it, and it must be theirs.
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("ours");
    fs::create_dir(&programs).expect("a folder");
    copy(Path::new(env!("CARGO_BIN_EXE_lgdl")), &programs.join("lgdl"), None);
    copy(&component, &programs.join("lgdl_edge.wasm"), None);
    let game = Path::new(env!("CARGO_MANIFEST_DIR")).join("../games/clinic_triage");
    copy(&game, &work.join("games/clinic_triage"), owner);
    if let Some((user, group)) = owner {
        for place in [&work, &work.join("games")] {
            chown(place, Some(user), Some(group)).expect("root may do so");
        }
    }

    // What runs when the guide breaks off in the middle must not stay.
    let mut script = String::from(
        "set -euo pipefail\n\
        trap '{ kill $(jobs -p); pg_ctl -D postgres stop -m immediate; } >/dev/null 2>&1 || true' EXIT\n\
        set -x\n",
    );
    script.push_str(&commands(GUIDE));
    let free: Vec<Port> = PORTS.iter().map(|_| Port::free()).collect();
    for (port, here) in PORTS.iter().zip(&free) {
        script = script.replace(port, &here.number().to_string());
    }

    let path = std::env::join_paths(
        [programs, binaries].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let mut shell = Command::new("bash");
    let file = folder.path().join("guide.sh");
    fs::write(&file, script).expect("a file");
    shell.arg(&file).current_dir(&work).env_clear().env("PATH", path.expect("paths")).env("HOME", &work);
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    if let Some((user, group)) = owner {
        shell.uid(user).gid(group);
    }
    let child = shell.spawn().expect("bash");
    let group = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait_with_output()));
    let output = match receiver.recv_timeout(PATIENCE) {
        Ok(output) => output.expect("it ran"),
        Err(_) => {
            let _ = Command::new("/bin/kill").args(["-KILL", "--", &format!("-{group}")]).status();
            panic!("the guide did not end within {} s", PATIENCE.as_secs());
        }
    };
    let log = |name: &str| fs::read_to_string(work.join(name)).unwrap_or_default();
    assert!(
        output.status.success(),
        "{}\n{}\norigin: {}\nedge: {}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        log("origin.log"),
        log("edge.log")
    );
    for name in ["origin.log", "edge.log", "audit.jsonl", "checkpoints.jsonl", "tombstones.jsonl"] {
        assert!(!log(name).contains("my knee hurts"), "{name} holds what somebody said");
    }
    // Mia and Zoe were erased. No file of the database, of the edge, or of what was made of them has their words, but for the
    // copy that Mia asked for.
    for (words, kept) in [("my knee hurts", vec!["mia.json"]), ("my back hurts", vec![])] {
        let found =
            Command::new("grep").args(["-rlaF", "--", words, "."]).current_dir(&work).output().expect("grep runs");
        let found = String::from_utf8_lossy(&found.stdout);
        let found: Vec<&str> = found.lines().map(|file| file.trim_start_matches("./")).collect();
        assert_eq!(found, kept, "{words}");
    }
}
