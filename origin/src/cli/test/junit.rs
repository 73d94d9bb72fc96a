//! Results as a JUnit report: a suite a file of dialogues, a case a dialogue.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::{DialogResult, GameResult};
use crate::cli::failure::Failure;

pub(super) fn write(results: &[GameResult], path: &Path) -> Result<(), Failure> {
    let mut report = Report::new("lgdl test");
    for result in results {
        for file in &result.files {
            let mut suite = TestSuite::new(file.path.display().to_string());
            suite.add_test_cases(file.dialogs.iter().map(|dialog| case(&result.name, dialog)));
            report.add_test_suite(suite);
        }
    }
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("cannot write {}: {error}", path.display()));
    let mut file = BufWriter::new(File::create(path).map_err(|error| failed(&error))?);
    report.serialize(&mut file).map_err(|error| failed(&error))?;
    file.flush().map_err(|error| failed(&error))
}

fn case(game: &str, result: &DialogResult) -> TestCase {
    let mut status = TestCaseStatus::success();
    if !result.passed() {
        let mut details = String::new();
        for (index, (golden, turn)) in result.dialog.turns.iter().zip(&result.turns).enumerate() {
            for mismatch in &turn.mismatches {
                details.push_str(&format!(
                    "turn {} \"{}\": {}: expected {}, found {}\n",
                    index + 1,
                    golden.input,
                    mismatch.what,
                    mismatch.expected,
                    mismatch.found
                ));
            }
        }
        status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(details.lines().next().unwrap_or_default()).set_description(details);
    }
    let mut case = TestCase::new(result.dialog.name.as_str(), status);
    case.set_classname(game).set_time(result.took);
    case
}
