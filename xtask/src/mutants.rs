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
    /// Which seed's world noticed it, and how many had been run by then.
    Found(String),
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
    match simulate(&root, &tree, None)? {
        Outcome::NotFound => say(format_args!("no fault: nothing found within {SEEDS} seeds")),
        Outcome::Found(by) => bail!("something is found without any fault, by {by}"),
        Outcome::DoesNotCompile => bail!("the simulator does not compile"),
    }
    let (mut found, mut missed) = (0, Vec::new());
    let mut wanted: Vec<&Mutant> =
        table.mutant.iter().filter(|mutant| names.is_empty() || names.contains(&mutant.name)).collect();
    // Those of one crate one after the other, so that the others are compiled once.
    wanted.sort_by(|one, other| one.file.cmp(&other.file));
    for mutant in wanted {
        let began = Instant::now();
        let file = tree.join(&mutant.file);
        let before = fs::read_to_string(&file)?;
        // From the copy: the checkout may be worked on meanwhile.
        fs::write(&file, planted(&tree, mutant)?)?;
        let outcome = simulate(&root, &tree, mutant.scene.as_deref());
        fs::write(&file, before)?;
        let word = match outcome? {
            Outcome::Found(by) => {
                found += 1;
                format!("found by {by}")
            }
            Outcome::DoesNotCompile => {
                missed.push(mutant.name.as_str());
                "DOES NOT COMPILE: mend the table".to_owned()
            }
            Outcome::NotFound if mutant.equivalent.is_some() => "equivalent".to_owned(),
            Outcome::NotFound => {
                missed.push(mutant.name.as_str());
                "NOT FOUND".to_owned()
            }
        };
        let seconds = began.elapsed().as_secs();
        say(format_args!("{}: {word} ({seconds} s)", mutant.name));
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

/// Copies what git knows of the checkout, as it lies there, and takes away what is no longer in it.
fn copy(root: &Path, tree: &Path) -> Result<()> {
    let mut kept = BTreeSet::new();
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let listed = Command::new("git").args(arguments).current_dir(root).output().context("git ls-files")?;
    ensure!(listed.status.success(), "git ls-files failed");
    for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| !name.is_empty()) {
        let (from, to) = (root.join(name), tree.join(name));
        if !from.is_file() {
            continue;
        }
        kept.insert(to.clone());
        let bytes = fs::read(&from)?;
        // One that is the same keeps its time, so that it is not compiled anew.
        if fs::read(&to).ok().as_ref() != Some(&bytes) {
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(to, bytes)?;
        }
    }
    remove_others(tree, &kept)
}

/// Removes every file below `folder` that is not among those.
fn remove_others(folder: &Path, kept: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            remove_others(&path, kept)?;
        } else if !kept.contains(&path) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn simulate(root: &Path, tree: &Path, scene: Option<&str>) -> Result<Outcome> {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new("cargo");
        command.current_dir(tree).env("CARGO_TARGET_DIR", root.join("target/mutants/build")).args(arguments);
        // Built once and again for each fault, so that the building must be quick: nobody looks at a line of it.
        command.env("CARGO_INCREMENTAL", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
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
    if ran.status.success() {
        return Ok(Outcome::NotFound);
    }
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    let by = said.lines().find_map(|line| line.strip_prefix("first: "));
    // A world that panics notices it as well.
    Ok(Outcome::Found(by.unwrap_or("a panic").to_owned()))
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
    fn a_file_that_is_gone_goes_from_the_copy() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, gone) = (folder.path().join("kept.rs"), folder.path().join("old/gone.rs"));
        fs::create_dir(folder.path().join("old")).unwrap();
        fs::write(&kept, "").unwrap();
        fs::write(&gone, "").unwrap();
        remove_others(folder.path(), &BTreeSet::from([kept.clone()])).unwrap();
        assert!(kept.exists() && !gone.exists());
    }

    #[test]
    fn every_fault_of_the_table_can_be_planted() {
        run(&[], true).unwrap();
    }
}
