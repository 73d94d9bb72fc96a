//! The golden dialogues of the published suite, where it is at hand, and of our example games.

mod support;

use std::fs;
use std::path::Path;

use lgdl::golden::GoldenFile;
use lgdl::mocks::Mocks;

/// Expectations that the language page contradicts: `{location? at location}` is nothing when there is no location
/// (section 8), and no other sentence of the move has the word.
const CONTRADICTED: &[(&str, &str)] =
    &[("medical_scheduling", "geriatric_fall_simple"), ("medical_scheduling", "geriatric_hip_injury")];

/// Runs a file of golden dialogues; what went wrong, and how many turns there were.
fn run(folder: &Path, goldens: &Path) -> (Vec<String>, usize) {
    let game = support::compile_folder(folder);
    let file = GoldenFile::read(&fs::read(goldens).expect("readable")).expect("well-formed goldens");
    let mocks = match fs::read(folder.join("capability_mocks.yaml")) {
        Ok(yaml) => Mocks::read(&yaml).expect("well-formed mocks"),
        Err(_) => Mocks::default(),
    };
    let (mut wrong, mut turns) = (Vec::new(), 0);
    for dialog in &file.dialogs {
        let contradicted = CONTRADICTED.contains(&(game.name(), dialog.name.as_str()));
        for (index, result) in file.run(dialog, &game, &mocks).expect("times are times").iter().enumerate() {
            turns += 1;
            for mismatch in &result.mismatches {
                if contradicted && mismatch.what.contains("response") && mismatch.expected.contains("location") {
                    continue;
                }
                wrong.push(format!(
                    "{}/{} turn {}: {:?}: {} should be {}, is {} ({:?})",
                    game.name(),
                    dialog.name,
                    index + 1,
                    result.outcome.record.user_input,
                    mismatch.what,
                    mismatch.expected,
                    mismatch.found,
                    result.outcome.record.response,
                ));
            }
        }
    }
    (wrong, turns)
}

fn run_folder(root: &Path) -> (Vec<String>, usize) {
    let (mut wrong, mut turns) = (Vec::new(), 0);
    let mut folders: Vec<_> = fs::read_dir(root)
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    for folder in folders {
        for name in ["golden_dialogs.yaml", "golden_dialogs_slots.yaml"] {
            let goldens = folder.join(name);
            if goldens.is_file() {
                let (more, count) = run(&folder, &goldens);
                wrong.extend(more);
                turns += count;
            }
        }
    }
    (wrong, turns)
}

#[test]
fn every_golden_dialogue_of_the_published_suite_holds() {
    let Some(root) = support::published() else {
        return lgdl_skips::skip(lgdl_skips::Need::PublishedSets, "the published suite is not beside the checkout");
    };
    let (wrong, turns) = run_folder(&root);
    assert!(turns > 100, "only {turns} turns");
    assert!(wrong.is_empty(), "{} of {turns} turns:\n{}", wrong.len(), wrong.join("\n"));
}
#[test]
fn every_golden_dialogue_of_the_example_games_holds() {
    let (wrong, turns) = run_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../games"));
    assert!(turns > 20, "only {turns} turns");
    assert!(wrong.is_empty(), "{} of {turns} turns:\n{}", wrong.len(), wrong.join("\n"));
}
