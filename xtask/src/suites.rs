//! The test programs of the workspace: built by cargo, then run two at a time, since most of them wait for other processes
//! more than they compute.

use std::collections::VecDeque;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::folders;
use crate::shell::say;

/// Test programs that run at the same time.
const LANES: usize = 2;

/// Programs that run without another test program beside them, before all others: they judge how a deployment does under load.
const ALONE: [&str; 1] = ["chaos"];

/// The longest programs, which begin first: one that begins last is waited for with a core idle.
const FIRST: [&str; 8] =
    ["platforms", "seeds", "service", "scenes", "browser", "contract", "operations", "emergencies"];

/// A test program, and the folder of its package, where it runs as cargo would have it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Suite {
    name: String,
    program: PathBuf,
    folder: PathBuf,
}

/// Builds the test programs that `cargo test` would run with these arguments.
pub(crate) fn build(selection: &[String]) -> Result<Vec<Suite>> {
    if let Some(first) = selection.first() {
        ensure!(
            first.starts_with('-'),
            "{first} selects nothing: give cargo's options, and behind -- the name of a test"
        );
    }
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--workspace", "--no-run", "--message-format=json-render-diagnostics"]).args(selection);
    let built = cargo
        .current_dir(folders::root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo test")?;
    ensure!(built.status.success(), "cargo test --no-run ended with {}", built.status);
    let messages = String::from_utf8(built.stdout).context("cargo speaks UTF-8")?;
    let suites = messages.lines().map(read).collect::<Result<Vec<_>>>()?;
    let suites = in_order(suites.into_iter().flatten().collect());
    ensure!(!suites.is_empty(), "there is no test program among what was built");
    Ok(suites)
}

/// What one of cargo's messages says of a test program.
fn read(message: &str) -> Result<Option<Suite>> {
    let message: Value = serde_json::from_str(message).context("cargo's messages are JSON")?;
    let (Some("compiler-artifact"), Some(true), Some(program)) =
        (message["reason"].as_str(), message["profile"]["test"].as_bool(), message["executable"].as_str())
    else {
        return Ok(None);
    };
    let manifest = message["manifest_path"].as_str().context("an artifact without a manifest")?;
    let folder = Path::new(manifest).parent().context("a manifest lies in a folder")?.to_owned();
    let target = message["target"]["name"].as_str().context("an artifact without a name")?;
    Ok(Some(Suite { name: target.to_owned(), program: program.into(), folder }))
}

fn in_order(mut suites: Vec<Suite>) -> Vec<Suite> {
    let place = |suite: &Suite| FIRST.iter().position(|first| *first == suite.name).unwrap_or(FIRST.len());
    suites.sort_by_key(|suite| (!is_alone(suite), place(suite)));
    suites
}

fn is_alone(suite: &Suite) -> bool {
    ALONE.contains(&suite.name.as_str())
}

/// Runs them all, whatever fails, and tells of each what it printed when it has ended. The names of those that failed.
pub(crate) fn run(
    suites: Vec<Suite>,
    arguments: &[String],
    environment: &[(&str, String)],
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Vec<String>> {
    let (alone, together): (VecDeque<_>, VecDeque<_>) = suites.into_iter().partition(is_alone);
    let mut failed = Vec::new();
    for (waiting, lanes) in [(alone, 1), (together, LANES)] {
        let waiting = Mutex::new(waiting);
        let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let lane = || -> Result<Vec<String>> {
            let mut failed = Vec::new();
            while let Some(suite) = next() {
                if !run_one(&suite, arguments, environment, tell)? {
                    failed.push(suite.name);
                }
            }
            Ok(failed)
        };
        let ended: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
            running.into_iter().map(|lane| lane.join()).collect()
        });
        for lane in ended {
            let Ok(lane) = lane else { bail!("a lane of tests broke down") };
            failed.extend(lane?);
        }
    }
    Ok(failed)
}

/// Whether it passed.
fn run_one(
    suite: &Suite,
    arguments: &[String],
    environment: &[(&str, String)],
    tell: &(dyn Fn(&str) + Sync),
) -> Result<bool> {
    say(format_args!("running {}", suite.name));
    let begun = Instant::now();
    let (mut reader, writer) = std::io::pipe().context("no pipe")?;
    let mut child = Command::new(&suite.program)
        .args(arguments)
        .current_dir(&suite.folder)
        .env("CARGO_MANIFEST_DIR", &suite.folder)
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("no pipe")?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("cannot start {}", suite.program.display()))?;
    let mut printed = Vec::new();
    let read = reader.read_to_end(&mut printed);
    let status = child.wait()?;
    // What is no text must not keep the rest from being told.
    tell(&String::from_utf8_lossy(&printed));
    read.with_context(|| format!("cannot read what {} prints", suite.name))?;
    say(format_args!("{} ended with {status} after {} s", suite.name, begun.elapsed().as_secs()));
    Ok(status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(name: &str, script: &str, folder: &Path) -> Suite {
        let program = folder.join(name);
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a script");
        let mut mode = std::fs::metadata(&program).expect("there").permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut mode, 0o755);
        std::fs::set_permissions(&program, mode).expect("ours");
        Suite { name: name.to_owned(), program, folder: folder.to_owned() }
    }

    #[test]
    fn test_programs_are_found_among_cargos_messages() {
        let message = |test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/p/a/Cargo.toml","target":{{"name":"turns"}},"profile":{{"test":{test}}},"executable":"/t/turns-1"}}"#
            )
        };
        let expected = Suite { name: "turns".into(), program: "/t/turns-1".into(), folder: "/p/a".into() };
        assert_eq!(read(&message(true)).expect("JSON"), Some(expected));
        assert_eq!(read(&message(false)).expect("JSON"), None, "a program that tests start");
        assert_eq!(read(r#"{"reason":"build-finished","success":true}"#).expect("JSON"), None);
        assert!(read("warning: no JSON").is_err());
    }

    #[test]
    fn all_run_whatever_fails_and_each_is_told_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let suites = vec![
            suite("last", "echo $SAID; pwd", folder.path()),
            suite("chaos", "echo first >&2; exit 1", folder.path()),
            suite("browser", "printf '\\377\\n'; echo $1; exit 1", folder.path()),
        ];
        let told = Mutex::new(Vec::new());
        let tell = |printed: &str| told.lock().expect("no panic").push(printed.to_owned());
        let failed =
            run(in_order(suites), &["argument".to_owned()], &[("SAID", "word".to_owned())], &tell).expect("they start");
        let mut told = told.into_inner().expect("no panic");
        assert_eq!((told.remove(0).as_str(), failed.len()), ("first\n", 2), "{failed:?}");
        told.sort();
        assert!(told[0].starts_with("word\n/"), "{told:?}");
        assert_eq!(told[1], "\u{fffd}\nargument\n", "what is no text hides nothing");
    }

    #[test]
    fn a_selection_that_cargo_would_take_for_a_name_is_refused() {
        let error = build(&["turns".to_owned()]).expect_err("not an option");
        assert!(error.to_string().contains("turns selects nothing"), "{error}");
    }
}
