//! `cargo xtask mutants`: plants the faults of `tests/simulator/mutants.toml` one at a time into a copy of the checkout, and has
//! the simulator find them. A fault that it does not find is a rule that nothing guards.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::folders;
use crate::shell::say;

/// The table.
const TABLE: &str = "tests/simulator/mutants.toml";
/// Seeds within which a fault must be found.
const SEEDS: u32 = 2_000;

#[derive(Deserialize)]
struct Table {
    mutant: Vec<Mutant>,
}

/// A fault: one rule removed or weakened.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    name: String,
    /// What the rule is for.
    rule: String,
    file: PathBuf,
    find: String,
    replace: String,
    /// The small world that is about the rule: its seeds come first.
    #[serde(default)]
    scene: Option<String>,
    /// Why nothing can be noticed, where that is so.
    #[serde(default)]
    equivalent: Option<String>,
}

/// What came of one.
enum Outcome {
    Found,
    NotFound,
    DoesNotCompile,
}

/// Runs the faults of those names, or all; with `check` only looks whether each can be planted.
pub(crate) fn run(names: &[String], check: bool) -> Result<()> {
    let root = folders::root();
    let table = read(&root)?;
    let known: BTreeSet<&str> = table.mutant.iter().map(|mutant| mutant.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(name.as_str())) {
        bail!("{TABLE} has no fault named {unknown}");
    }
    for mutant in &table.mutant {
        planted(&root, mutant)?;
    }
    if check {
        say(format_args!("{} faults can be planted", table.mutant.len()));
        return Ok(());
    }
    let tree = root.join("target/mutants/tree");
    copy(&root, &tree)?;
    let (mut found, mut missed) = (0, Vec::new());
    let mut wanted: Vec<&Mutant> =
        table.mutant.iter().filter(|mutant| names.is_empty() || names.contains(&mutant.name)).collect();
    // Those of one crate one after the other, so that the others are compiled once.
    wanted.sort_by(|one, other| one.file.cmp(&other.file));
    for mutant in wanted {
        let began = Instant::now();
        let file = tree.join(&mutant.file);
        let before = fs::read_to_string(&file)?;
        fs::write(&file, planted(&root, mutant)?)?;
        let outcome = simulate(&root, &tree, mutant.scene.as_deref());
        fs::write(&file, before)?;
        let word = match outcome? {
            Outcome::Found => {
                found += 1;
                "found"
            }
            Outcome::DoesNotCompile => bail!("{} does not compile: mend the table", mutant.name),
            Outcome::NotFound if mutant.equivalent.is_some() => "equivalent",
            Outcome::NotFound => {
                missed.push(mutant.name.as_str());
                "NOT FOUND"
            }
        };
        let seconds = began.elapsed().as_secs();
        say(format_args!("{word:>10}  {}: {} ({seconds} s)", mutant.name, mutant.rule));
    }
    say(format_args!("{found} found, {} not", missed.len()));
    ensure!(missed.is_empty(), "not found within {SEEDS} seeds: {}", missed.join(", "));
    Ok(())
}

fn read(root: &Path) -> Result<Table> {
    let table: Table = toml::from_str(&fs::read_to_string(root.join(TABLE))?).context(TABLE)?;
    let mut names = BTreeSet::new();
    for mutant in &table.mutant {
        ensure!(names.insert(&mutant.name), "{TABLE}: {} stands twice", mutant.name);
    }
    Ok(table)
}

/// The file with the fault in it.
fn planted(root: &Path, mutant: &Mutant) -> Result<String> {
    let source = fs::read_to_string(root.join(&mutant.file)).with_context(|| mutant.file.display().to_string())?;
    let places = source.matches(&mutant.find).count();
    ensure!(places == 1, "{}: what is to be replaced stands {places} times in {}", mutant.name, mutant.file.display());
    Ok(source.replacen(&mutant.find, &mutant.replace, 1))
}

/// Copies what git knows of the checkout, as it lies there.
fn copy(root: &Path, tree: &Path) -> Result<()> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(root).output().context("git ls-files")?;
    ensure!(listed.status.success(), "git ls-files failed");
    for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), tree.join(name));
        if !from.is_file() {
            continue;
        }
        let bytes = fs::read(&from)?;
        // One that is the same keeps its time, so that it is not compiled anew.
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(to, bytes)?;
        }
    }
    Ok(())
}

fn simulate(root: &Path, tree: &Path, scene: Option<&str>) -> Result<Outcome> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.current_dir(tree).env("CARGO_TARGET_DIR", root.join("target/mutants/build")).args(arguments);
        command.env("LGDL_SIM_SEEDS", SEEDS.to_string()).env("LGDL_SIM_STOP_AT_FIRST", "1");
        command.env("LGDL_SIM_SCENE", scene.unwrap_or_default());
        command
    };
    let test = ["test", "-q", "-p", "lgdl-simulator", "--test", "seeds"];
    let built = cargo(&[&test[..], &["--no-run"]].concat()).output()?;
    if !built.status.success() {
        return Ok(Outcome::DoesNotCompile);
    }
    let ran = cargo(&[&test[..], &["--", "whatever_goes_wrong"]].concat()).output()?;
    Ok(if ran.status.success() { Outcome::NotFound } else { Outcome::Found })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_stands_in_the_guide() {
        let guide = fs::read_to_string(folders::root().join("docs/simulation.md")).unwrap();
        for Mutant { name, rule, equivalent, .. } in read(&folders::root()).unwrap().mutant {
            assert!(guide.contains(&format!("| {name} | {rule} |")), "{name}");
            assert!(equivalent.is_none_or(|why| guide.contains(&format!("`{name}`: {why}"))), "{name}");
        }
    }

    #[test]
    fn every_fault_of_the_table_can_be_planted() {
        run(&[], true).unwrap();
    }
}
