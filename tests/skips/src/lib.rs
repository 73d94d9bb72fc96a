//! How a test says that it had nothing to check. It is a skip, not a pass: it is printed (past the harness, which keeps
//! what passing tests print to itself), `cargo xtask test` subtracts it, and it is a failure where the set-up was meant
//! to provide what is missing.

use std::fs::OpenOptions;
use std::io::Write as _;

/// The file that skips are appended to, one line each.
pub const FILE: &str = "LGDL_TEST_SKIPS";
/// Names of needs, with commas between them, that the set-up has provided.
pub const PROVIDED: &str = "LGDL_TEST_PROVIDED";

/// What a test may need beyond this checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Sample sets and games that are published beside the checkout.
    PublishedSets,
    /// PostgreSQL 15 or later, and what it needs to run here.
    PostgreSql,
    /// The edge component (`cargo xtask wasm`).
    Component,
    /// The Worker (`cargo xtask worker`), with Node.js to run it.
    Worker,
    /// A Chromium, with Node.js and its packages.
    Browser,
    /// schemathesis.
    Schemathesis,
    /// curl, jq, openssl and the like.
    Programs,
    /// PgBouncer.
    PgBouncer,
    /// Helm, kubectl and the schemas of Kubernetes.
    Chart,
    /// A container engine of our own, as root.
    Containers,
    /// promtool and amtool.
    Prometheus,
    /// Linters of workflows, scripts and container files.
    Linters,
    /// systemd's own check of units.
    Systemd,
    /// A disk of its own that can be filled: leave to mount one.
    SmallDisk,
}

impl Need {
    /// Its name in [`PROVIDED`] and in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Need::PublishedSets => "published-sets",
            Need::PostgreSql => "postgresql",
            Need::Component => "component",
            Need::Worker => "worker",
            Need::Browser => "browser",
            Need::Schemathesis => "schemathesis",
            Need::Programs => "programs",
            Need::PgBouncer => "pgbouncer",
            Need::Chart => "chart",
            Need::Containers => "containers",
            Need::Prometheus => "prometheus",
            Need::Linters => "linters",
            Need::Systemd => "systemd",
            Need::SmallDisk => "small-disk",
        }
    }
}

/// Says that the test of this thread, or a part of it, is skipped for want of `need`.
///
/// # Panics
/// When the set-up has provided it, so that a broken set-up is not taken for a small one.
pub fn skip(need: Need, why: &str) {
    let thread = std::thread::current();
    let line = format!("{} ({}): {}", thread.name().unwrap_or("a test"), need.name(), why.replace('\n', " "));
    let provided = std::env::var(PROVIDED).unwrap_or_default();
    assert!(!provided.split(',').any(|name| name == need.name()), "set-up was meant to provide this: {line}");
    // Not `eprintln!`, which the harness captures.
    let _ = writeln!(std::io::stderr(), "skipped: {line}");
    if let Some(file) = std::env::var_os(FILE) {
        let file = OpenOptions::new().create(true).append(true).open(file);
        file.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())).expect("the list of skips is written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_have_names_of_their_own() {
        let needs = [
            Need::PublishedSets,
            Need::PostgreSql,
            Need::Component,
            Need::Worker,
            Need::Browser,
            Need::Schemathesis,
            Need::Programs,
            Need::Chart,
            Need::Containers,
            Need::Prometheus,
            Need::Linters,
            Need::Systemd,
            Need::SmallDisk,
        ];
        for (index, need) in needs.iter().enumerate() {
            assert!(needs[..index].iter().all(|other| other.name() != need.name()));
        }
    }
}
