//! Copying a store into another: in batches, each with the mark from which a crashed copy goes on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{PAGE, Progress, Source};
use crate::hex;
use crate::store::{Imported, Record, Result, Section, Store, StoreError, TRANSFER_SETTINGS};

/// How to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyOptions {
    /// Count what would be copied; write nothing.
    DryRun,
    /// Copy; go on where an earlier copy from the same source broke off.
    Resume,
    /// Copy from the start.
    Restart,
}

/// What was copied, by section.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct CopyReport {
    /// Records read, by section.
    pub read: BTreeMap<Section, u64>,
    /// What became of them.
    pub imported: Imported,
    /// Whether it went on where an earlier one broke off.
    pub resumed: bool,
}

/// Where a copy stands: kept in the target, in the same transaction as the batch that it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    section: Section,
    after: String,
    done: bool,
}

/// Copies everything from `source` to `target`. Running it again changes nothing that has arrived.
///
/// # Errors
/// When either store fails (what was copied stays; the next run goes on from there), or the target has an audit log of
/// its own.
pub async fn copy(
    source: &dyn Source,
    target: &dyn Store,
    options: CopyOptions,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<CopyReport> {
    chains_agree(source, target).await?;
    let setting = format!("{TRANSFER_SETTINGS}{}", &hex::sha256(source.name().as_bytes())[..16]);
    let mark = match options {
        CopyOptions::Resume => read_mark(target, &setting).await?,
        CopyOptions::DryRun | CopyOptions::Restart => None,
    };
    let mut report = CopyReport { resumed: mark.is_some(), ..CopyReport::default() };
    for section in Section::ALL {
        let mut after = match &mark {
            Some(mark) if section < mark.section => continue,
            Some(mark) if section == mark.section => mark.after.clone(),
            _ => String::new(),
        };
        let mut records = 0;
        loop {
            let page = source.page(section, &after, PAGE).await?;
            records += page.records.len() as u64;
            page.records.iter().try_for_each(super::check)?;
            if options != CopyOptions::DryRun && !page.records.is_empty() {
                let mark = Mark { section, after: page.next.clone().unwrap_or_else(|| after.clone()), done: false };
                report.imported.add(target.import(section, page.records, vec![written(&setting, &mark)?]).await?);
            }
            progress(Progress { section, records });
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        report.read.insert(section, records);
    }
    if options != CopyOptions::DryRun {
        let mark = Mark { section: Section::Settings, after: String::new(), done: true };
        let (name, value) = written(&setting, &mark)?;
        target.note(&name, &value).await?;
    }
    Ok(report)
}

/// Two audit chains can't be joined, and a target that went on by itself is no copy any more: better said before hours of
/// copying than after.
async fn chains_agree(source: &dyn Source, target: &dyn Store) -> Result<()> {
    let Some(last) = target.last_audit().await? else { return Ok(()) };
    let before = last.sequence.saturating_sub(1);
    let after = if before == 0 { String::new() } else { Record::audit_place(before) };
    let ours = source.page(Section::Audit, &after, 1).await?;
    match ours.records.first() {
        Some(Record::Audit(ours)) if ours.hash == last.hash => Ok(()),
        // A source that keeps no audit log at all brings none along.
        None if source.page(Section::Audit, "", 1).await?.records.is_empty() => Ok(()),
        _ => Err(StoreError::Refused(
            "the target has an audit log of its own, and two can't be joined; copy into an empty database".into(),
        )),
    }
}

/// The mark of a copy that did not finish.
async fn read_mark(target: &dyn Store, setting: &str) -> Result<Option<Mark>> {
    let Some(text) = target.setting(setting).await? else { return Ok(None) };
    let mark: Mark =
        serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("setting {setting}: {error}")))?;
    Ok(Some(mark).filter(|mark| !mark.done))
}

fn written(setting: &str, mark: &Mark) -> Result<(String, String)> {
    let text = serde_json::to_string(mark).map_err(|error| StoreError::Internal(error.to_string()))?;
    Ok((setting.to_owned(), text))
}
