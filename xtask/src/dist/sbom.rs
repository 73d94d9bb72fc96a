//! The bill of materials of the program: a CycloneDX document of what cargo says it is made of. In it is nothing that differs from
//! machine to machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::shell::output;

/// The package that the program is of.
const PROGRAM: &str = "lgdl-origin";

/// The document.
pub(super) fn of(root: &Path, version: &str) -> Result<String> {
    let arguments = ["metadata", "--locked", "--format-version", "1", "--filter-platform", "x86_64-unknown-linux-gnu"];
    let metadata: Value = serde_json::from_str(&output(Command::new("cargo").args(arguments).current_dir(root))?)?;
    let lock: toml::Table = std::fs::read_to_string(root.join("Cargo.lock"))?.parse()?;
    let sums = sums(&lock);
    let packages: BTreeMap<&str, &Value> =
        array(&metadata["packages"]).filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> =
        array(&metadata["resolve"]["nodes"]).filter_map(|node| Some((node["id"].as_str()?, node))).collect();
    let (program, _) =
        packages.iter().find(|(_, package)| package["name"] == PROGRAM).context("the program's package")?;
    let built_in = reachable(program, &nodes);
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for id in &built_in {
        let (package, node) = (packages.get(id).context("a package")?, nodes.get(id).context("a node")?);
        let reference = reference(package);
        if id != program {
            components.push(component(package, &reference, &sums));
        }
        let mut on: Vec<String> =
            normal(node).filter_map(|id| packages.get(id).map(|package| self::reference(package))).collect();
        on.sort();
        let whose = if id == program { format!("pkg:generic/lgdl@{version}") } else { reference };
        dependencies.push(json!({"ref": whose, "dependsOn": on}));
    }
    components.sort_by_key(|component| component["bom-ref"].to_string());
    dependencies.sort_by_key(|dependency| dependency["ref"].to_string());
    let main = format!("pkg:generic/lgdl@{version}");
    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": main, "name": "lgdl", "version": version, "purl": main,
                "licenses": [{"license": {"id": "MIT"}}]},
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// What a package needs when it runs, without what tests and build scripts need.
fn normal(node: &Value) -> impl Iterator<Item = &str> {
    array(&node["deps"])
        .filter(|dependency| array(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null()))
        .filter_map(|dependency| dependency["pkg"].as_str())
}

fn reachable<'a>(from: &'a str, nodes: &BTreeMap<&'a str, &'a Value>) -> BTreeSet<&'a str> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(node) = nodes.get(id)
        {
            open.extend(normal(node));
        }
    }
    seen
}

fn reference(package: &Value) -> String {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    format!("pkg:cargo/{}@{}", text("name"), text("version"))
}

fn component(package: &Value, reference: &str, sums: &BTreeMap<(String, String), String>) -> Value {
    let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
    let mut component = json!({
        "type": "library", "bom-ref": reference, "name": text("name"), "version": text("version"), "purl": reference,
        "scope": "required",
    });
    if let Some(license) = package["license"].as_str() {
        // An older way to write OR.
        component["licenses"] = json!([{"expression": license.replace('/', " OR ")}]);
    }
    if let Some(sum) = sums.get(&(text("name"), text("version"))) {
        component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]);
    }
    component
}

/// The sums of packages of a registry, by name and version.
fn sums(lock: &toml::Table) -> BTreeMap<(String, String), String> {
    let packages = lock.get("package").and_then(toml::Value::as_array).into_iter().flatten();
    let text = |package: &toml::Value, key: &str| package.get(key).and_then(toml::Value::as_str).map(str::to_owned);
    packages
        .filter_map(|package| Some(((text(package, "name")?, text(package, "version")?), text(package, "checksum")?)))
        .collect()
}
