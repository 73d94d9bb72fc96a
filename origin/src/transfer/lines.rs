//! Export and import as JSON lines: a first line that says what the file is, one record a line, and a last line with
//! the number of records, so that a file that broke off is noticed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

use super::{PAGE, Progress};
use crate::archives::ArchivedTurns;
use crate::clock::Millis;
use crate::exports;
use crate::hex;
use crate::nodes;
use crate::privacy::{Protection, UnreadableList};
use crate::store::{Imported, Record, Section, Store, StoreError};

/// What the first line calls the file.
const FORMAT: &str = "lgdl-export";
/// The kind of a line that stands for a record that could not be read.
const UNREADABLE: &str = "unreadable";
/// What such a line calls the part that it is missing from, where a node has it.
const NODES: &str = "nodes";
/// The longest line that is read, bytes.
const MAX_LINE_BYTES: usize = 256 * 1024 * 1024;

/// What is said of a line that is none of ours.
const NO_JSON: &str = "is no JSON: what is read is a file of `lgdl export`, a document of `lgdl gdpr export`, or a SQLite file of the \
    Python runtime";

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportOptions {
    /// One tenant only.
    pub tenant: Option<String>,
    /// Turns that do not lie in the store.
    pub archived: ArchivedTurns,
}

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Passes the audit log over: a store in use has one of its own, and two can't be joined.
    pub without_audit: bool,
}

/// What was exported or imported.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LineReport {
    /// Records in the file.
    pub records: u64,
    /// What became of them, of an import.
    pub imported: Imported,
    /// What the exporting deployment could not read, and is not in the file.
    pub unreadable: UnreadableList,
}

/// Why an export or an import ended.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file can't be read or written.
    #[error("E513 the file can't be read or written: {0}")]
    File(#[from] std::io::Error),
    /// A line is not what it must be.
    #[error("E514 line {line}: {what}")]
    Line {
        /// From 1.
        line: u64,
        /// What is wrong; quotes nothing.
        what: String,
    },
}

/// Writes everything, texts readable (opened where they are sealed), and returns how many records there are. A record that
/// can't be read is named, in the report and in its place in the file, and passed over; of one whose turns lie in an archive that does
/// not give them, the rest is there. A node where turns are that never came here is named like that, too.
///
/// # Errors
/// When the store or the file fails.
pub async fn export(
    store: &dyn Store,
    protection: &dyn Protection,
    options: &ExportOptions,
    now_ms: Millis,
    file: &mut (dyn AsyncWrite + Send + Unpin),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<LineReport, ImportError> {
    let head = json!({"format": FORMAT, "format_version": exports::FORMAT_VERSION, "exported_at_ms": now_ms});
    let mut sum = Sha256::new();
    write_line(file, &head, &mut sum).await?;
    let mut report = LineReport::default();
    for section in Section::ALL {
        // Texts go out readable, so data keys would fit nothing in the file. Credentials stay where they are, and with them what is
        // nothing without them.
        if matches!(section, Section::DataKeys | Section::Administrators | Section::Agents | Section::Webhooks) {
            continue;
        }
        // A tenant's export is for that tenant: the deployment's own settings and the shared chain stay.
        if options.tenant.is_some() && matches!(section, Section::Settings | Section::Audit) {
            continue;
        }
        let (mut after, mut records) = (String::new(), 0);
        loop {
            let page = store.page(section, &after, PAGE).await?;
            for record in page.records {
                if options.tenant.as_deref().is_some_and(|wanted| tenant(&record) != Some(wanted)) {
                    continue;
                }
                let name = record.place();
                let why = match exports::line(protection, &options.archived, record).await {
                    Ok((line, lost)) => {
                        write_line(file, &line, &mut sum).await?;
                        records += 1;
                        lost.map(|lost| lost.why)
                    }
                    // Of one record, not of the store: the next one may be readable.
                    Err(StoreError::Damaged(why)) => Some(why),
                    Err(error) => return Err(error.into()),
                };
                if let Some(why) = why {
                    let line = json!({"kind": UNREADABLE, "section": section.name(), "record": name, "why": why});
                    write_line(file, &line, &mut sum).await?;
                    report.unreadable.add(section.name(), name, why);
                }
            }
            progress(Progress { section, records });
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        report.records += records;
    }
    for node in store.nodes().await? {
        let why = match &options.tenant {
            None => nodes::left_there(&node, now_ms),
            Some(tenant) => nodes::aside_of_tenant(store, tenant, &node).await?,
        };
        if let Some(why) = why {
            let line = json!({"kind": UNREADABLE, "section": NODES, "record": node.name, "why": why});
            write_line(file, &line, &mut sum).await?;
            report.unreadable.add(NODES, node.name, why);
        }
    }
    let end = json!({"kind": "end", "records": report.records, "sha256": hex::encode(&sum.clone().finalize())});
    write_line(file, &end, &mut sum).await?;
    file.flush().await?;
    Ok(report)
}

/// Reads what [`export`] wrote, or the export document of one conversation or one person. What is there already
/// stays; nothing that was erased comes back. Running it again changes nothing.
///
/// # Errors
/// When the store or the file fails, or a line is not what it must be. What was read before that stays.
pub async fn import(
    store: &dyn Store,
    protection: &dyn Protection,
    options: ImportOptions,
    file: &mut (dyn AsyncBufRead + Send + Unpin),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<LineReport, ImportError> {
    let mut report = LineReport::default();
    let mut batch = Batch { section: Section::Settings, records: Vec::new() };
    let (mut number, mut ended, mut whole_file, mut sum) = (0, false, false, Sha256::new());
    while let Some((text, lines)) = read_value(file, number + 1).await? {
        number += lines;
        let before = sum.clone();
        sum.update(text.as_bytes());
        let wrong = |what: &str| ImportError::Line { line: number, what: what.to_owned() };
        if text.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| wrong(NO_JSON))?;
        if value.get("format").is_some() {
            check_head(&value).map_err(|what| wrong(&what))?;
            whole_file = true;
            continue;
        }
        if value["kind"] == "end" {
            if value["records"] != report.records {
                return Err(wrong("the file does not hold as many records as it says"));
            }
            check_sum(&value, before).map_err(|what| wrong(&what))?;
            ended = true;
            continue;
        }
        if value["kind"] == UNREADABLE {
            let text = |name: &str| value[name].as_str().unwrap_or("?").to_owned();
            report.unreadable.add("export", text("record"), text("why"));
            continue;
        }
        for record in exports::records(protection, value).await?.map_err(|what| wrong(&what))? {
            report.records += 1;
            let section = section_of(&record);
            super::check(&record)?;
            if options.without_audit && section == Section::Audit {
                continue;
            }
            if section != batch.section || batch.records.len() >= PAGE as usize {
                batch.write(store, &mut report).await?;
                progress(Progress { section, records: report.records });
                batch.section = section;
            }
            batch.records.push(record);
        }
    }
    batch.write(store, &mut report).await?;
    progress(Progress { section: batch.section, records: report.records });
    if whole_file && !ended {
        return Err(ImportError::Line {
            line: number,
            what: "the file breaks off here; records may be missing".into(),
        });
    }
    Ok(report)
}

/// Reads a whole export to its end without importing anything: whether it is as it was written. A file without a head is a
/// document of one conversation or one person, which says nothing of the kind.
///
/// # Errors
/// When the file can't be read, breaks off, or was altered.
pub async fn check_file(file: &mut (dyn AsyncBufRead + Send + Unpin)) -> Result<(), ImportError> {
    let (mut number, mut sum) = (0, Sha256::new());
    while let Some((text, lines)) = read_value(file, number + 1).await? {
        let is_first = number == 0;
        number += lines;
        let wrong = |what: &str| ImportError::Line { line: number, what: what.to_owned() };
        let may_end = text.starts_with("{\"kind\":\"end\"");
        if is_first || may_end {
            let value: Value = serde_json::from_str(&text).map_err(|_| wrong(NO_JSON))?;
            if is_first && value.get("format").is_none() {
                return Ok(());
            }
            if value["kind"] == "end" {
                return check_sum(&value, sum).map_err(|what| wrong(&what));
            }
        }
        sum.update(text.as_bytes());
    }
    Ok(())
}

/// Compares the lines before the last one with what that says of them; an older program's says nothing.
fn check_sum(end: &Value, sum: Sha256) -> Result<(), String> {
    match end["sha256"].as_str() {
        Some(written) if written != hex::encode(&sum.finalize()) => {
            Err("the file was altered since it was written: its lines are not those that this line stands for".into())
        }
        _ => Ok(()),
    }
}

struct Batch {
    section: Section,
    records: Vec<Record>,
}

impl Batch {
    async fn write(&mut self, store: &dyn Store, report: &mut LineReport) -> Result<(), StoreError> {
        let records = std::mem::take(&mut self.records);
        if !records.is_empty() {
            report.imported.add(store.import(self.section, records, Vec::new()).await?);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Head {
    format: String,
    format_version: u32,
}

fn check_head(value: &Value) -> Result<(), String> {
    let head = Head::deserialize(value).map_err(|_| "the first line does not name format and version".to_owned())?;
    if head.format != FORMAT {
        return Err(format!("the file is no {FORMAT} file"));
    }
    if head.format_version != exports::FORMAT_VERSION {
        let (theirs, ours) = (head.format_version, exports::FORMAT_VERSION);
        return Err(format!("the file has format version {theirs}; this program reads {ours}"));
    }
    Ok(())
}

async fn write_line(
    file: &mut (dyn AsyncWrite + Send + Unpin),
    value: &Value,
    sum: &mut Sha256,
) -> std::io::Result<()> {
    let mut line = value.to_string();
    line.push('\n');
    sum.update(line.as_bytes());
    file.write_all(line.as_bytes()).await
}

/// The next value and how many lines it takes: one, or those of a document that is laid out for people, from a `{` on a line of its own
/// to the `}` that is as far out.
async fn read_value(
    file: &mut (dyn AsyncBufRead + Send + Unpin),
    number: u64,
) -> Result<Option<(String, u64)>, ImportError> {
    let Some(mut text) = read_line(file, number).await? else { return Ok(None) };
    let mut lines = 1;
    if text.trim_end() == "{" {
        while let Some(line) = read_line(file, number + lines).await? {
            lines += 1;
            text.push_str(&line);
            if text.len() > MAX_LINE_BYTES {
                let what = format!("the document is longer than {MAX_LINE_BYTES} bytes");
                return Err(ImportError::Line { line: number, what });
            }
            if line.starts_with('}') {
                break;
            }
        }
    }
    Ok(Some((text, lines)))
}

/// The next line, without ever holding more than the limit.
pub(crate) async fn read_line(
    file: &mut (dyn AsyncBufRead + Send + Unpin),
    number: u64,
) -> Result<Option<String>, ImportError> {
    let wrong = |what: String| ImportError::Line { line: number, what };
    let mut line = Vec::new();
    loop {
        let chunk = file.fill_buf().await?;
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(chunk.len(), |end| end + 1);
        if line.len() + taken > MAX_LINE_BYTES {
            return Err(wrong(format!("is longer than {MAX_LINE_BYTES} bytes")));
        }
        line.extend_from_slice(&chunk[..taken]);
        file.consume(taken);
        if end.is_some() {
            break;
        }
    }
    if line.is_empty() {
        return Ok(None);
    }
    String::from_utf8(line).map(Some).map_err(|_| wrong("is not UTF-8".into()))
}

fn section_of(record: &Record) -> Section {
    match record {
        Record::Setting { .. } => Section::Settings,
        Record::GameVersion(_) => Section::GameVersions,
        Record::Game(_) => Section::Games,
        Record::Key(_) => Section::Keys,
        Record::DataKey(_) => Section::DataKeys,
        Record::Administrator(_) => Section::Administrators,
        Record::Agent(_) => Section::Agents,
        Record::Webhook(_) => Section::Webhooks,
        Record::Consent(_) => Section::Consents,
        Record::Hold(_) => Section::Holds,
        Record::Erasure(_) => Section::Erasures,
        Record::Conversation(_) => Section::Conversations,
        Record::Audit(_) => Section::Audit,
    }
}

fn tenant(record: &Record) -> Option<&str> {
    match record {
        Record::Setting { .. } => None,
        Record::GameVersion(version) => Some(&version.tenant),
        Record::Game(game) => Some(&game.tenant),
        Record::Key(key) => Some(&key.tenant),
        Record::DataKey(key) => Some(&key.tenant),
        Record::Administrator(administrator) => administrator.tenant.as_deref(),
        Record::Agent(agent) => Some(&agent.tenant),
        Record::Webhook(webhook) => Some(&webhook.tenant),
        Record::Consent(consent) => Some(&consent.tenant),
        Record::Hold(hold) => Some(&hold.tenant),
        Record::Erasure(erasure) => Some(&erasure.tenant),
        Record::Conversation(dump) => Some(&dump.conversation.tenant),
        Record::Audit(row) => Some(&row.event.tenant),
    }
}
