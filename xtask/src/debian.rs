//! Debian packages: installed when we are root and nothing would be removed for it, else unpacked into the cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell::{exists, is_root, output, run, say};

/// What `apt-get` would do to have some packages.
struct Plan {
    install: Vec<String>,
    removes: bool,
}

/// Where installed or unpacked files are looked for, in order.
#[derive(Debug, Clone)]
pub(crate) struct Roots(Vec<PathBuf>);

impl Roots {
    /// The first root that has `path` (without a leading slash).
    pub(crate) fn find(&self, path: &str) -> Option<PathBuf> {
        self.0.iter().map(|root| root.join(path)).find(|candidate| candidate.exists())
    }

    /// Library folders of unpacked packages, for `LD_LIBRARY_PATH`; empty when everything is installed.
    pub(crate) fn library_folders(&self) -> Vec<PathBuf> {
        let unpacked = self.0.iter().filter(|root| root.as_path() != Path::new("/"));
        let mut folders = Vec::new();
        for root in unpacked {
            folders.push(root.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH)));
            folders.push(root.join("usr/lib"));
        }
        folders
    }
}

/// Whether this machine gets its packages from apt.
pub(crate) fn is_here() -> bool {
    exists("apt-get") && exists("dpkg")
}

/// Installs packages system-wide; only root can.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    let plan = plan_refreshed(packages)?;
    if plan.removes {
        bail!("installing {} would remove other packages; left to you", packages.join(", "));
    }
    if plan.install.is_empty() {
        return Ok(());
    }
    run(Command::new("apt-get")
        .args(["install", "--yes", "--no-install-recommends"])
        .args(packages)
        // Programs are wanted, not services that listen.
        .env("RUNLEVEL", "1")
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Makes sure that the files of `packages` can be found under the returned roots.
pub(crate) fn provide(packages: &[&str], unpack_into: &Path) -> Result<Roots> {
    let plan = plan_refreshed(packages)?;
    if plan.install.is_empty() {
        return Ok(Roots(vec![PathBuf::from("/")]));
    }
    if is_root() && !plan.removes {
        install(packages)?;
        return Ok(Roots(vec![PathBuf::from("/")]));
    }
    unpack(&plan.install, unpack_into)?;
    Ok(Roots(vec![unpack_into.to_owned(), PathBuf::from("/")]))
}

fn unpack(packages: &[String], into: &Path) -> Result<()> {
    let marker = into.join(".unpacked");
    let wanted = packages.join("\n");
    if fs::read_to_string(&marker).is_ok_and(|have| have == wanted) {
        return Ok(());
    }
    say(format_args!("unpacking {} Debian packages into {}", packages.len(), into.display()));
    let downloads = into.join(".downloads");
    fs::create_dir_all(&downloads)?;
    run(Command::new("apt-get").arg("download").args(packages).current_dir(&downloads))?;
    for entry in fs::read_dir(&downloads)? {
        run(Command::new("dpkg").arg("-x").arg(entry?.path()).arg(into))?;
    }
    fs::remove_dir_all(&downloads)?;
    fs::write(marker, wanted).context("cannot write to the cache")
}

/// The plan, after a refresh of the package lists when a package is unknown and we may refresh.
fn plan_refreshed(packages: &[&str]) -> Result<Plan> {
    match plan(packages) {
        Err(_) if is_root() => {
            run(Command::new("apt-get").arg("update"))?;
            plan(packages)
        }
        other => other,
    }
}

fn plan(packages: &[&str]) -> Result<Plan> {
    let simulation = output(
        Command::new("apt-get")
            .args(["install", "--simulate", "--no-install-recommends"])
            .args(packages)
            .env("LC_ALL", "C"),
    )?;
    Ok(read_plan(&simulation))
}

fn read_plan(simulation: &str) -> Plan {
    let named = |verb: &str, line: &str| {
        line.strip_prefix(verb).and_then(|rest| rest.split_whitespace().next()).map(str::to_owned)
    };
    Plan {
        install: simulation.lines().filter_map(|line| named("Inst ", line)).collect(),
        removes: simulation.lines().any(|line| named("Remv ", line).is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulation_tells_what_would_be_installed_and_whether_something_goes() {
        let plan = read_plan(
            "Reading package lists...\nInst libedit2 (3.1 Debian:12 [amd64])\nInst rustc-web (1.96 Debian:12 [amd64])\nConf libedit2 (3.1)\n",
        );
        assert_eq!(plan.install, ["libedit2", "rustc-web"]);
        assert!(!plan.removes);
        assert!(read_plan("Remv rustc [1.63]\nInst rustc-web (1.96)\n").removes);
    }
}
