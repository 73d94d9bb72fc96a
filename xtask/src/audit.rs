//! `cargo xtask audit`: licences, sources and bans of every dependency, as `deny.toml` says. Works offline. Known
//! vulnerabilities need the RustSec database: cargo-deny checks them where it is installed, and where it is not,
//! or cannot fetch the database, that is said rather than passed over.

mod licence;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::folders;
use crate::shell::{output, say};

/// The part of `deny.toml` that is checked here; the rest is cargo-deny's.
#[derive(Deserialize)]
struct Policy {
    licenses: Licences,
    bans: Bans,
}

#[derive(Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

impl Licences {
    /// The licences that a crate may have.
    fn allowed_for(&self, name: &str) -> BTreeSet<String> {
        let exceptions = self.exceptions.iter().filter(|exception| exception.name == name);
        self.allow.iter().chain(exceptions.flat_map(|exception| &exception.allow)).cloned().collect()
    }
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

/// What `cargo metadata` tells.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
}

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks; an error lists everything that is not as it should be.
pub(crate) fn audit() -> Result<()> {
    let root = folders::root();
    let policy: Policy = toml::from_str(&fs::read_to_string(root.join("deny.toml"))?).context("deny.toml")?;
    let metadata = output(
        Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
            .current_dir(&root),
    )?;
    let metadata: Metadata = serde_json::from_str(&metadata)?;
    let foreign: Vec<&Package> = metadata.packages.iter().filter(|package| package.source.is_some()).collect();

    let findings: Vec<String> = foreign.iter().flat_map(|package| check(package, &policy)).collect();
    say(format_args!("{} dependencies: licences, sources and bans checked", foreign.len()));
    say(format_args!("in several versions (`cargo tree --duplicates` tells why): {}", duplicates(&foreign).join(", ")));
    advisories();
    if !findings.is_empty() {
        bail!("{} findings:\n  {}", findings.len(), findings.join("\n  "));
    }
    Ok(())
}

fn check(package: &Package, policy: &Policy) -> Vec<String> {
    let mut findings = Vec::new();
    let who = format!("{} {}", package.name, package.version);
    match &package.license {
        None => findings.push(format!("{who}: names no licence")),
        Some(terms) if !licence::allowed(terms, &policy.licenses.allowed_for(&package.name)) => {
            findings.push(format!("{who}: licence `{terms}` is not among those that deny.toml allows"));
        }
        Some(_) => {}
    }
    if package.source.as_deref() != Some(CRATES_IO) {
        findings.push(format!("{who}: does not come from crates.io"));
    }
    for ban in policy.bans.deny.iter().filter(|ban| ban.name == package.name) {
        findings.push(format!("{who}: banned ({})", ban.reason));
    }
    findings
}

fn duplicates(packages: &[&Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    versions.into_iter().filter(|(_, versions)| versions.len() > 1).map(|(name, _)| name.to_owned()).collect()
}

/// Known vulnerabilities, where they can be looked up. A found one is shown; it does not fail the run, because the
/// database changes while the code does not.
fn advisories() {
    let deny = Command::new("cargo").args(["deny", "check", "advisories"]).current_dir(folders::root()).output();
    match deny {
        Ok(result) if result.status.success() => say("advisories: cargo-deny found none"),
        Ok(result) if String::from_utf8_lossy(&result.stderr).contains("no such command") => {
            say("advisories NOT checked: cargo-deny is not installed (cargo install --locked cargo-deny)");
        }
        Ok(result) => {
            eprintln!("{}", String::from_utf8_lossy(&result.stderr).trim());
            say("advisories: see above; cargo-deny reported findings or could not fetch its database");
        }
        Err(error) => say(format_args!("advisories NOT checked: {error}")),
    }
}
