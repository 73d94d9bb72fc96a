//! Checking the audit log: every change, gap and reordering, and where; in constant memory.

use std::collections::BTreeMap;

use serde::Serialize;

use super::chain::{GENESIS, hash_of};
use super::checkpoint::Checkpoint;
use crate::config::Secret;
use crate::store::{AuditRow, MAX_PAGE, Result, Store, StoreError};

/// Findings that a report names; more are counted.
pub const MAX_FINDINGS: usize = 100;

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum Fault {
    /// The link's fields are not those that its hash was made of.
    Changed,
    /// Links are missing before this one.
    Gap {
        /// The first that is missing.
        first: u64,
        /// The last that is missing.
        last: u64,
    },
    /// The link was not made after the one that stands before it: moved, put in, or the one before was changed.
    Unlinked,
    /// The row can't be read at all.
    Unreadable,
    /// The chain is shorter than a checkpoint says.
    Truncated {
        /// The links that there should be.
        expected: u64,
    },
    /// The chain has another link than a checkpoint says: it was written anew.
    Rewritten,
    /// A checkpoint was not signed with the key.
    BadSignature,
}

/// A fault and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The link.
    pub sequence: u64,
    /// What is wrong.
    #[serde(flatten)]
    pub fault: Fault,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Report {
    /// Links looked at.
    pub links: u64,
    /// The last link's number.
    pub last_sequence: u64,
    /// The last link's hash.
    pub last_hash: Option<String>,
    /// Checkpoints looked at.
    pub checkpoints: u64,
    /// Those whose signature was not looked at, there being no key: anybody can have made them.
    pub unchecked_signatures: u64,
    /// The first faults, in the order of the chain.
    pub findings: Vec<Finding>,
    /// All faults.
    pub faults: u64,
}

impl Report {
    /// Whether nothing is wrong, and what says so is signed.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.faults == 0 && self.unchecked_signatures == 0
    }

    fn add(&mut self, sequence: u64, fault: Fault) {
        self.faults += 1;
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(Finding { sequence, fault });
        }
    }
}

/// Reads the whole chain, checks each link and its place, and compares it with the checkpoints.
///
/// Without a key, signatures of checkpoints are not looked at, and the report does not hold where there are any.
///
/// # Errors
/// When the store can't be read; what is wrong with the chain is in the report.
pub async fn verify(store: &dyn Store, checkpoints: &[Checkpoint], key: Option<&Secret>) -> Result<Report> {
    let given = checkpoints.len() as u64;
    let unchecked_signatures = if key.is_none() { given } else { 0 };
    let mut report = Report { checkpoints: given, unchecked_signatures, ..Report::default() };
    let mut expected: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for checkpoint in checkpoints {
        if key.is_some_and(|key| !checkpoint.is_signed_by(key)) {
            report.add(checkpoint.sequence, Fault::BadSignature);
            continue;
        }
        expected.entry(checkpoint.sequence).or_default().push(&checkpoint.hash);
    }
    let mut walk = Walk { report, expected, previous: GENESIS.to_owned(), sequence: 0 };
    loop {
        match store.audit(walk.sequence, MAX_PAGE).await {
            Ok(rows) if rows.is_empty() => break,
            Ok(rows) => rows.iter().for_each(|row| walk.check(row)),
            // One row of the page can't be read: go one by one until behind it.
            Err(StoreError::Damaged(_)) => walk.step(store).await?,
            Err(error) => return Err(error),
        }
    }
    Ok(walk.end())
}

struct Walk<'a> {
    report: Report,
    expected: BTreeMap<u64, Vec<&'a str>>,
    previous: String,
    sequence: u64,
}

impl Walk<'_> {
    fn check(&mut self, row: &AuditRow) {
        self.report.links += 1;
        if row.sequence > self.sequence + 1 {
            self.report.add(row.sequence, Fault::Gap { first: self.sequence + 1, last: row.sequence - 1 });
        }
        if hash_of(row.sequence, &row.event, &row.previous_hash) != row.hash {
            self.report.add(row.sequence, Fault::Changed);
        }
        if row.previous_hash != self.previous {
            self.report.add(row.sequence, Fault::Unlinked);
        }
        let promised = self.expected.remove(&row.sequence).unwrap_or_default();
        if promised.iter().any(|hash| *hash != row.hash) {
            self.report.add(row.sequence, Fault::Rewritten);
        }
        self.sequence = row.sequence;
        self.previous.clone_from(&row.hash);
    }

    /// Goes on by one row, over what can't be read.
    async fn step(&mut self, store: &dyn Store) -> Result<()> {
        match store.audit(self.sequence, 1).await {
            Ok(rows) => rows.iter().for_each(|row| self.check(row)),
            Err(StoreError::Damaged(_)) => {
                self.sequence += 1;
                self.report.links += 1;
                self.report.add(self.sequence, Fault::Unreadable);
                self.expected.remove(&self.sequence);
                // What it said is not known; the next link says what it should have been.
                self.previous = match store.audit(self.sequence, 1).await {
                    Ok(rows) => rows.first().map(|row| row.previous_hash.clone()).unwrap_or_default(),
                    // That one can't be read either; a store that fails is no fault of the log.
                    Err(StoreError::Damaged(_)) => String::new(),
                    Err(error) => return Err(error),
                };
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn end(mut self) -> Report {
        for (sequence, _) in std::mem::take(&mut self.expected) {
            let fault =
                if sequence > self.sequence { Fault::Truncated { expected: sequence } } else { Fault::Rewritten };
            self.report.add(sequence, fault);
        }
        self.report.findings.sort_by_key(|finding| finding.sequence);
        self.report.last_sequence = self.sequence;
        self.report.last_hash = (self.report.links > 0).then_some(self.previous);
        self.report
    }
}
