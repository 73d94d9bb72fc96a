//! Proof that everything arrived: both sides are read in the same order, counted, and compared by checksums.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{PAGE, Progress, Source, StoreSource};
use crate::clock::Millis;
use crate::exports;
use crate::hex;
use crate::ids::person_pseudonym;
use crate::privacy::Protection;
use crate::store::{Record, Result, Section, Store, StoreError};

/// Differences that a report lists; more are counted only.
const MAX_LISTED: usize = 20;
const MISSING: &str = "missing";
const NEWER: &str = "newer";
const ERASED: &str = "erased";

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The part.
    pub section: Section,
    /// The record's name.
    pub record: String,
    /// `missing`, `changed`, `newer` (the target has gone on since), or `erased` (in the source, and still here).
    pub what: &'static str,
}

/// What a comparison found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct VerifyReport {
    /// Records of the source, by section.
    pub records: BTreeMap<Section, u64>,
    /// A checksum of the source's records, by section; equal data gives equal checksums in every kind of store.
    pub checksums: BTreeMap<Section, String>,
    /// Records that are missing in the target, or differ: the sum of the next four.
    pub different: u64,
    /// Records that the target does not have.
    pub missing: u64,
    /// Conversations with which the target has gone on.
    pub newer: u64,
    /// Records that are there in another form.
    pub changed: u64,
    /// Conversations that were erased in the source, and that the target still has.
    pub erased: u64,
    /// Records that the target has beyond the source; none of our concern, since a target may be in use.
    pub additional: u64,
    /// The first differences.
    pub differences: Vec<Difference>,
}

impl VerifyReport {
    /// Whether everything of the source is in the target as it is in the source.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.different == 0
    }
}

/// Compares everything of `source`, a store of ours, with what `target` holds.
///
/// # Errors
/// When either store fails.
pub async fn verify(
    source: &dyn Source,
    target: &StoreSource<'_>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<VerifyReport> {
    let mut report = VerifyReport::default();
    let mut gone = Gone::default();
    for section in Section::ALL {
        let mut ours = Records::new(source, section);
        let mut theirs = Records::new(target, section);
        let mut sum = Sha256::new();
        let (mut records, mut other) = (0, theirs.next().await?);
        while let Some((name, record)) = ours.next().await? {
            while let Some((their_name, their_record)) = other.take_if(|(their_name, _)| *their_name < name) {
                report.note_additional(section, their_name, &their_record, &gone);
                other = theirs.next().await?;
            }
            gone.learn(&record);
            let digest = digest(&record)?;
            sum.update(digest);
            records += 1;
            let what = match &other {
                Some((their_name, their_record)) if *their_name == name => compare(&record, digest, their_record)?,
                _ => Some(MISSING),
            };
            if other.as_ref().is_some_and(|(their_name, _)| *their_name == name) {
                other = theirs.next().await?;
            }
            report.note(section, name, what);
            if records % u64::from(PAGE) == 0 {
                progress(Progress { section, records });
            }
        }
        while let Some((their_name, their_record)) = other {
            report.note_additional(section, their_name, &their_record, &gone);
            other = theirs.next().await?;
        }
        progress(Progress { section, records });
        report.records.insert(section, records);
        report.checksums.insert(section, hex::encode(&sum.finalize()));
    }
    Ok(report)
}

/// What the source knows to be erased. Its tombstones are read before the conversations.
#[derive(Default)]
struct Gone {
    conversations: HashSet<String>,
    /// When, by tenant and pseudonym.
    persons: HashMap<(String, String), Millis>,
}

impl Gone {
    fn learn(&mut self, record: &Record) {
        let Record::Erasure(stone) = record else { return };
        if stone.kind == "conversation" {
            self.conversations.insert(stone.subject.clone());
        } else {
            self.persons.insert((stone.tenant.clone(), stone.subject.clone()), stone.at);
        }
    }

    fn has(&self, record: &Record) -> bool {
        let Record::Conversation(dump) = record else { return false };
        let row = &dump.conversation;
        let person = (row.tenant.clone(), person_pseudonym(&row.tenant, &row.user_id));
        self.conversations.contains(row.id.as_str())
            || self.persons.get(&person).is_some_and(|at| row.created_at <= *at)
    }
}

impl VerifyReport {
    fn note_additional(&mut self, section: Section, name: String, record: &Record, gone: &Gone) {
        if gone.has(record) {
            self.note(section, name, Some(ERASED));
        } else {
            self.additional += 1;
        }
    }

    fn note(&mut self, section: Section, record: String, what: Option<&'static str>) {
        let Some(what) = what else { return };
        self.different += 1;
        match what {
            MISSING => self.missing += 1,
            NEWER => self.newer += 1,
            ERASED => self.erased += 1,
            _ => self.changed += 1,
        }
        if self.differences.len() < MAX_LISTED {
            self.differences.push(Difference { section, record, what });
        }
    }
}

/// Compares the readable conversations of a foreign file, whose order is its own, with those of `store`: each is looked
/// up and opened.
///
/// # Errors
/// When either side fails, or a text can't be opened.
pub async fn verify_readable(
    source: &dyn Source,
    store: &dyn Store,
    protection: &dyn Protection,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<VerifyReport> {
    let section = Section::Conversations;
    let mut report = VerifyReport::default();
    let (mut after, mut records, mut sum) = (String::new(), 0, Sha256::new());
    loop {
        let page = source.page(section, &after, PAGE).await?;
        for record in page.records {
            let Record::Conversation(dump) = &record else { continue };
            let (digest, row) = (digest(&record)?, &dump.conversation);
            sum.update(digest);
            records += 1;
            let what = match store.dump(&row.tenant, &row.id).await? {
                None => Some(MISSING),
                Some(there) => {
                    let there = exports::open(protection, there).await?;
                    compare(&record, digest, &Record::Conversation(Box::new(there)))?
                }
            };
            report.note(section, row.id.to_string(), what);
        }
        progress(Progress { section, records });
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    report.records.insert(section, records);
    report.checksums.insert(section, hex::encode(&sum.finalize()));
    Ok(report)
}

fn compare(record: &Record, digest: [u8; 32], other: &Record) -> Result<Option<&'static str>> {
    if self::digest(other)? == digest {
        return Ok(None);
    }
    let newer = match (record, other) {
        (Record::Conversation(ours), Record::Conversation(theirs)) => {
            theirs.conversation.version > ours.conversation.version
        }
        _ => false,
    };
    Ok(Some(if newer { NEWER } else { "changed" }))
}

/// The records of a section one by one, read page by page.
struct Records<'a> {
    source: &'a dyn Source,
    section: Section,
    after: Option<String>,
    page: VecDeque<Record>,
}

impl<'a> Records<'a> {
    fn new(source: &'a dyn Source, section: Section) -> Records<'a> {
        Records { source, section, after: Some(String::new()), page: VecDeque::new() }
    }

    async fn next(&mut self) -> Result<Option<(String, Record)>> {
        while self.page.is_empty() {
            let Some(after) = self.after.take() else { return Ok(None) };
            let page = self.source.page(self.section, &after, PAGE).await?;
            self.after = page.next;
            self.page = page.records.into();
        }
        Ok(self.page.pop_front().map(|record| (record.place(), record)))
    }
}

/// SHA-256 of a record in a form that does not depend on how a store spells its JSON.
fn digest(record: &Record) -> Result<[u8; 32]> {
    let value = serde_json::to_value(record).map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok(Sha256::digest(canonical(value).to_string()).into())
}

/// Members sorted, numbers as floating point where they are not whole, JSON inside of columns opened.
fn canonical(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut members: Vec<_> = map.into_iter().collect();
            members.sort_by(|left, right| left.0.cmp(&right.0));
            let open = |(name, value): (String, Value)| {
                let value = match (name.as_str(), value) {
                    ("extracted_params" | "metadata", Value::String(text)) => {
                        serde_json::from_str(&text).unwrap_or(Value::String(text))
                    }
                    (_, value) => value,
                };
                (name, canonical(value))
            };
            Value::Object(members.into_iter().map(open).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(canonical).collect()),
        Value::Number(number) => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Value::from(float as i64),
            Some(float) => Value::from(float),
            None => Value::Number(number),
        },
        other => other,
    }
}
