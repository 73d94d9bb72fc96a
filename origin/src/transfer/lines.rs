//! Export and import as JSON lines: a first line that says what the file is, one record a line, and a last line with
//! the number of records, so that a file that broke off is noticed.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};

use super::{PAGE, Progress};
use crate::clock::Millis;
use crate::exports;
use crate::privacy::Protection;
use crate::store::{Imported, Record, Section, Store, StoreError};

/// What the first line calls the file.
const FORMAT: &str = "lgdl-export";
/// The longest line that is read, bytes.
const MAX_LINE_BYTES: usize = 256 * 1024 * 1024;

/// What is exported.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExportOptions {
    /// One tenant only.
    pub tenant: Option<String>,
}

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportOptions {
    /// Passes the audit log over: a store in use has one of its own, and two can't be joined.
    pub without_audit: bool,
}

/// What was exported or imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct LineReport {
    /// Records in the file.
    pub records: u64,
    /// What became of them, of an import.
    pub imported: Imported,
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

/// Writes everything, texts readable (opened where they are sealed), and returns how many records there are.
///
/// # Errors
/// When the store or the file fails, or a text can't be opened.
pub async fn export(
    store: &dyn Store,
    protection: &dyn Protection,
    options: &ExportOptions,
    now_ms: Millis,
    file: &mut (dyn AsyncWrite + Send + Unpin),
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<LineReport, ImportError> {
    let head = json!({"format": FORMAT, "format_version": exports::FORMAT_VERSION, "exported_at_ms": now_ms});
    write_line(file, &head).await?;
    let mut total = 0;
    for section in Section::ALL {
        // Texts go out readable, so data keys would fit nothing in the file; credentials stay where they are.
        if matches!(section, Section::DataKeys | Section::Administrators) {
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
                write_line(file, &exports::line(protection, record).await?).await?;
                records += 1;
            }
            progress(Progress { section, records });
            match page.next {
                Some(next) => after = next,
                None => break,
            }
        }
        total += records;
    }
    write_line(file, &json!({"kind": "end", "records": total})).await?;
    file.flush().await?;
    Ok(LineReport { records: total, imported: Imported::default() })
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
    let (mut number, mut ended, mut whole_file) = (0, false, false);
    while let Some(text) = read_line(file, number + 1).await? {
        number += 1;
        let wrong = |what: &str| ImportError::Line { line: number, what: what.to_owned() };
        if text.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(&text).map_err(|_| wrong("is no JSON"))?;
        if value.get("format").is_some() {
            check_head(&value).map_err(|what| wrong(&what))?;
            whole_file = true;
            continue;
        }
        if value["kind"] == "end" {
            if value["records"] != report.records {
                return Err(wrong("the file does not hold as many records as it says"));
            }
            ended = true;
            continue;
        }
        for record in exports::records(protection, value).await?.map_err(|what| wrong(&what))? {
            report.records += 1;
            let section = section_of(&record);
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

async fn write_line(file: &mut (dyn AsyncWrite + Send + Unpin), value: &Value) -> std::io::Result<()> {
    let mut line = value.to_string();
    line.push('\n');
    file.write_all(line.as_bytes()).await
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
        Record::Consent(consent) => Some(&consent.tenant),
        Record::Hold(hold) => Some(&hold.tenant),
        Record::Erasure(erasure) => Some(&erasure.tenant),
        Record::Conversation(dump) => Some(&dump.conversation.tenant),
        Record::Audit(row) => Some(&row.event.tenant),
    }
}
