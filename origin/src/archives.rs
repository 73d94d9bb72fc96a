//! Hot is the edge, cold the store, archived a folder of files or a bucket of an object store. The turns of conversations that nobody has spoken in for long go into
//! files, one a conversation: JSON, compressed, sealed under the person's data key, named by the hash of what it holds. The
//! conversation itself stays in the store, with the name of its file: so it is found, kept, held and erased as any other, comes
//! back when somebody wants it, and begins anew when its person speaks.
//!
//! Erasing a person destroys the key, so that no copy of a file opens again; the files go with the next sweep. What a file is for
//! is noted before it is written, so that one which nobody came to need is swept as well.

mod keep;
mod listing;
mod shelf;
mod verify;
mod whole;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lgdl::crypto::key_id_of;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::audit::events;
use crate::clock::{DAY_MS, HOUR_MS, Millis};
use crate::computing::compute;
use crate::config::Config;
use crate::exports;
use crate::hex;
use crate::ids::ConversationId;
use crate::objects::{Fault, ObjectsError};
use crate::privacy::Protection;
use crate::sessions;
use crate::store::{
    ARCHIVED, Archived, ConversationDump, ConversationRow, DataKeyRow, EXPIRED, Imported, MAX_PAGE, Record, Section,
    Store, StoreError, Summary,
};

pub use keep::{Keeper, keep};
pub use shelf::Shelf;
pub use verify::{Proof, verify};
pub(crate) use whole::whole;
pub use whole::{ArchivedTurns, Lost};

/// Level of compression: of texts, more costs much and gains little.
const LEVEL: i32 = 3;
/// The longest document that is read back, bytes: a file that says it is longer is no file of ours.
const MAX_DOCUMENT_BYTES: usize = 256 << 20;
/// Conversations that one manifest tells of at most.
const BATCH: u32 = 100;
/// How long a file may be on its way to its conversation before it counts as nobody's.
const ON_ITS_WAY_MS: Millis = HOUR_MS;
/// How long the file of a conversation that came back is kept: a backup of before names it.
const KEPT_FOR_BACKUPS_MS: Millis = 30 * DAY_MS;
/// Hours of a day.
const HOURS_A_DAY: u64 = 24;
/// Seconds of an hour.
const SECONDS_AN_HOUR: u64 = 3_600;
/// How far a run came.
const NOTE: &str = "local:archive";
/// The note of when the place of the archive last did what was asked of it.
pub const WELL_NOTE: &str = "local:archive_well";
/// The note of when it last did not.
pub const FAILED_NOTE: &str = "local:archive_failed";
/// The form of files and manifests.
const FORMAT_VERSION: u32 = 1;

/// Why something was not done with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is none.
    #[error("E570 there is no archive: LGDL_ARCHIVE_URL says where it lies")]
    None,
    /// A file can't be read or written.
    #[error("E571 the archive can't be {0}: {1}")]
    Shelf(Doing, ObjectsError),
    /// Its place can't be used.
    #[error(
        "E571 the archive can't be used: {0}. LGDL_ARCHIVE_URL names it; a folder must have room, and the origin must be allowed to \
         write in it"
    )]
    Place(ObjectsError),
    /// Nothing lies where conversations should.
    #[error(
        "E572 nothing lies in the archive {0}, and the store has conversations whose turns are there: mount it, or name it in \
         LGDL_ARCHIVE_URL"
    )]
    Gone(String),
    /// A file that the store names is not there.
    #[error("E572 the file {0} of the archive is not there")]
    Missing(String),
    /// A file is not what it was.
    #[error("E573 the file {0} of the archive is damaged: {1}")]
    Damaged(String, &'static str),
    /// Something would go there that is still needed where it is.
    #[error(
        "E574 conversations go into the archive after {at_least} days at the earliest, not after {days}: until then requests may \
         come again (LGDL_IDEMPOTENCY_HOURS) and sessions go on (LGDL_SESSION_EXPIRY)"
    )]
    TooSoon {
        /// After how many days.
        days: u32,
        /// After how many it may.
        at_least: u32,
    },
}

impl ArchiveError {
    /// In words, where it is about one conversation and its file, so that others may well be read; as it is, where it is not.
    fn of_one(self) -> Result<String, ArchiveError> {
        match self {
            ArchiveError::Store(StoreError::Damaged(_) | StoreError::Refused(_))
            | ArchiveError::None
            | ArchiveError::Missing(_)
            | ArchiveError::Damaged(..) => Ok(self.to_string()),
            // A file of this machine; a bucket that is away has none of them.
            ArchiveError::Shelf(Doing::Read, ref error) if error.fault == Fault::File => Ok(self.to_string()),
            error => Err(error),
        }
    }
}

/// What is done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Looking into it.
    Read,
    /// Putting something there.
    Write,
    /// Removing something.
    Sweep,
}

impl std::fmt::Display for Doing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Doing::Read => "read",
            Doing::Write => "written",
            Doing::Sweep => "swept",
        })
    }
}

/// What came of bringing a conversation back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BroughtBack {
    /// Its turns were here.
    Nothing,
    /// They are here again.
    Done,
    /// Its file can't be read.
    Lost(Lost),
}

/// Who works on an archive, with what.
#[derive(Debug, Clone)]
pub struct Hand<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// Encryption at rest.
    pub protection: &'a dyn Protection,
    /// The settings.
    pub config: Arc<Config>,
    /// Who, for the audit log.
    pub actor: &'a str,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct RunReport {
    /// Conversations whose turns went into the archive.
    pub archived: u64,
    /// Bytes of their files.
    pub bytes: u64,
    /// Conversations that were spoken in or erased meanwhile, are too large, or were never sealed.
    pub skipped: u64,
    /// Conversations that can't be read, or whose file can't; the log names them.
    pub unreadable: u64,
    /// Files that nobody needs and that were removed.
    pub swept: u64,
}

/// What became of files of conversations that the store does not have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct LostImported {
    /// Of those that can be read.
    #[serde(flatten)]
    pub imported: Imported,
    /// Nobody can open them here, and no tombstone says that they were erased: their data keys are not in the store.
    pub without_key: u64,
    /// What can't be read, and why.
    pub unreadable: Vec<String>,
}

/// A file, as its manifest tells of it. No names and no text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    pub file: String,
    /// How long it is.
    pub bytes: u64,
    /// The tenant.
    pub tenant: String,
    /// The conversation.
    pub conversation: ConversationId,
    /// How many turns it has.
    pub turns: u64,
    /// When the conversation began.
    pub from_ms: Millis,
    /// When the last turn was committed.
    pub until_ms: Millis,
    /// The data key that it is sealed under.
    pub key: String,
}

/// What was written together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of it, and of the files.
    pub format_version: u32,
    /// When.
    pub at_ms: Millis,
    /// The files.
    pub files: Vec<Entry>,
}

impl Hand<'_> {
    /// Where the archive lies.
    ///
    /// # Errors
    /// When there is none.
    pub fn shelf(&self) -> Result<Shelf, ArchiveError> {
        Shelf::of(&self.config).ok_or(ArchiveError::None)
    }

    /// Looks whether the place of the archive answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn look(&self) -> Result<(), ArchiveError> {
        self.shelf()?.holds_any().await.map(drop)
    }

    /// Takes what nobody has spoken in since `before` into the archive, and sweeps; `progress` hears the totals so far. A run that
    /// breaks off is gone on with by the next.
    ///
    /// # Errors
    /// When the store or the archive fails. What was archived is archived.
    pub async fn run(
        &self,
        before: Millis,
        now_ms: impl Fn() -> Millis + Send,
        progress: &mut (dyn FnMut(RunReport) + Send),
    ) -> Result<RunReport, ArchiveError> {
        let shelf = self.shelf()?;
        let mut report = RunReport { swept: self.sweep(now_ms()).await?, ..RunReport::default() };
        self.list_the_unlisted(&shelf, now_ms()).await?;
        let mut after = match self.store.setting(NOTE).await?.filter(|id| !id.is_empty()) {
            Some(id) => Some(id.parse().map_err(|_| StoreError::Damaged(format!("setting {NOTE}")))?),
            None => None,
        };
        let pause = Duration::from_secs(1) / self.config.archive_per_second;
        loop {
            let rows = self.store.archivable(before, after.as_ref(), BATCH).await?;
            let Some(last) = rows.last().map(|row| row.id.clone()) else { break };
            let (mut files, mut broken) = (Vec::new(), None);
            for row in rows {
                let id = row.id.clone();
                match self.put_away(&shelf, row, now_ms()).await.map_err(ArchiveError::of_one) {
                    Ok(Some(entry)) => {
                        report.archived += 1;
                        report.bytes += entry.bytes;
                        files.push(entry);
                    }
                    Ok(None) => report.skipped += 1,
                    // The others do not wait for it.
                    Err(Ok(why)) => {
                        tracing::error!(conversation = %id, why, "a conversation can't be archived");
                        report.unreadable += 1;
                    }
                    Err(Err(error)) => {
                        broken = Some(error);
                        break;
                    }
                }
                progress(report);
                tokio::time::sleep(pause).await;
            }
            // Also where the run ends here: what was archived is found by its manifest.
            if !files.is_empty() {
                shelf.put_manifest(&Manifest { format_version: FORMAT_VERSION, at_ms: now_ms(), files }).await?;
            }
            if let Some(error) = broken {
                return Err(error);
            }
            self.store.note(NOTE, last.as_str()).await?;
            after = Some(last);
        }
        self.store.note(NOTE, "").await?;
        Ok(report)
    }

    /// Takes one conversation into the archive; nothing where it goes on meanwhile.
    async fn put_away(
        &self,
        shelf: &Shelf,
        row: ConversationRow,
        now_ms: Millis,
    ) -> Result<Option<Entry>, ArchiveError> {
        // One that came back to life is archived as a whole.
        self.fetch(shelf, &row, now_ms).await?;
        let Some(dump) = self.store.dump(&row.tenant, &row.id).await? else { return Ok(None) };
        let row = dump.conversation.clone();
        let dump = exports::open_as_kept(self.protection, dump).await?;
        let (dump, packed) = compute(move || {
            let packed = packed(&dump, MAX_DOCUMENT_BYTES);
            (dump, packed)
        })
        .await?;
        let sealed = match packed {
            Ok(packed) => self.protection.seal_file(&row, &packed).await,
            Err(error) => Err(error),
        };
        let sealed = match sealed {
            // Larger than what is sealed, or read back, or without a key: it stays where it is.
            Err(StoreError::Damaged(why)) => {
                tracing::warn!(conversation = %row.id, why, "a conversation can't be archived");
                return Ok(None);
            }
            sealed => sealed?,
        };
        let key = key_id_of(&sealed).map_err(|error| StoreError::Internal(error.to_string()))?.to_owned();
        let file = hex::sha256(&sealed);
        let bytes = sealed.len() as u64;
        self.store.expect_file(&file, &row.id, now_ms).await?;
        shelf.put(&file, sealed).await?;
        let entry = Entry {
            file: file.clone(),
            bytes,
            tenant: row.tenant.clone(),
            conversation: row.id.clone(),
            turns: row.version,
            from_ms: row.created_at,
            until_ms: row.updated_at,
            key,
        };
        let left = self.left_of(dump.conversation, Archived { file, turns: row.version, bytes, at: now_ms }).await?;
        let detail = json!({"file": entry.file, "turns": entry.turns, "bytes": bytes});
        let id = row.id.as_str();
        let told = events::of(now_ms, &row.tenant, events::CONVERSATION_ARCHIVED, self.actor, id, detail);
        if self.store.put_away(left, told).await? {
            return Ok(Some(entry));
        }
        // What was erased meanwhile is not to lie there.
        shelf.remove(&entry.file).await?;
        self.store.forget_file(&entry.file).await?;
        Ok(None)
    }

    /// What stays of a conversation in the store.
    async fn left_of(&self, row: ConversationRow, archived: Archived) -> Result<ConversationRow, StoreError> {
        let internal = |error: serde_json::Error| StoreError::Internal(error.to_string());
        let mut metadata: Map<String, Value> = serde_json::from_str(&row.metadata).map_err(internal)?;
        metadata.insert(EXPIRED.to_owned(), json!({"version": row.version, "at": archived.at}));
        metadata.insert(ARCHIVED.to_owned(), serde_json::to_value(&archived).map_err(internal)?);
        let summary = Summary { current_move_state: row.summary.current_move_state.clone(), ..Summary::default() };
        let state = serde_json::to_string(&sessions::beginning(row.version)).map_err(internal)?;
        let metadata = Value::Object(metadata).to_string();
        let left = ConversationRow { state, summary, metadata, ..row };
        let bare = ConversationDump {
            conversation: left,
            turns: Vec::new(),
            slots: Vec::new(),
            context: Vec::new(),
            answers: Vec::new(),
        };
        Ok(self.protection.seal_dump(bare).await?.conversation)
    }

    /// Brings the turns of a conversation back into the store, if they lie in the archive and can be read there.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn bring_back(
        &self,
        tenant: &str,
        id: &ConversationId,
        now_ms: Millis,
    ) -> Result<BroughtBack, ArchiveError> {
        let Some(row) = self.store.find_by_id(tenant, id).await? else { return Ok(BroughtBack::Nothing) };
        let Some(archived) = Archived::of(&row)? else { return Ok(BroughtBack::Nothing) };
        let fetched = match self.shelf() {
            Ok(shelf) => self.fetch(&shelf, &row, now_ms).await,
            Err(error) => Err(error),
        };
        match fetched.map_err(ArchiveError::of_one) {
            Ok(true) => Ok(BroughtBack::Done),
            Ok(false) => Ok(BroughtBack::Nothing),
            Err(Ok(why)) => {
                tracing::error!(conversation = %row.id, why, "the archive does not give what the store names");
                Ok(BroughtBack::Lost(Lost::of(&row, archived, why)))
            }
            Err(Err(error)) => Err(error),
        }
    }

    /// The same for everything that a person has: how many came back, and what can't be read.
    ///
    /// # Errors
    /// As [`Hand::bring_back`].
    pub async fn bring_back_person(
        &self,
        tenant: &str,
        user_id: &str,
        now_ms: Millis,
    ) -> Result<(u64, Vec<Lost>), ArchiveError> {
        let (mut count, mut lost) = (0, Vec::new());
        for id in self.store.of_person(tenant, user_id).await? {
            match self.bring_back(tenant, &id, now_ms).await? {
                BroughtBack::Nothing => {}
                BroughtBack::Done => count += 1,
                BroughtBack::Lost(one) => lost.push(one),
            }
        }
        Ok((count, lost))
    }

    /// Whether something came back.
    async fn fetch(&self, shelf: &Shelf, row: &ConversationRow, now_ms: Millis) -> Result<bool, ArchiveError> {
        let Some(archived) = Archived::of(row)? else { return Ok(false) };
        let dump = read(self.protection, shelf, row, &archived.file).await?;
        let dump = self.protection.seal_dump(ConversationDump { conversation: row.clone(), ..dump }).await?;
        let detail = json!({"file": archived.file, "turns": archived.turns});
        let told =
            events::of(now_ms, &row.tenant, events::CONVERSATION_BROUGHT_BACK, self.actor, row.id.as_str(), detail);
        Ok(self.store.bring_back(dump, &archived.file, now_ms + KEPT_FOR_BACKUPS_MS, told).await?)
    }

    /// Imports what the manifests name and the store does not have. Tombstones hold: what was erased does not come back. What can't be
    /// read is named and passed over.
    ///
    /// # Errors
    /// When the store or the archive fails.
    pub async fn import_lost(&self) -> Result<LostImported, ArchiveError> {
        let shelf = self.shelf()?;
        let (keys, erased) = (self.data_keys().await?, self.erased().await?);
        let mut done = LostImported::default();
        for manifest in shelf.manifests(0).await? {
            let manifest = match manifest {
                Ok(manifest) => manifest,
                Err(error) => {
                    done.unreadable.push(error.to_string());
                    continue;
                }
            };
            for entry in manifest.files {
                match self.import_file(&shelf, &keys, &erased, &entry, &mut done).await.map_err(ArchiveError::of_one) {
                    Ok(()) => {}
                    Err(Ok(why)) => done.unreadable.push(format!("{}: {why}", entry.conversation)),
                    Err(Err(error)) => return Err(error),
                }
            }
        }
        Ok(done)
    }

    async fn import_file(
        &self,
        shelf: &Shelf,
        keys: &BTreeMap<String, DataKeyRow>,
        erased: &BTreeSet<(String, String)>,
        entry: &Entry,
        done: &mut LostImported,
    ) -> Result<(), ArchiveError> {
        if self.store.find_by_id(&entry.tenant, &entry.conversation).await?.is_some() {
            return Ok(());
        }
        let Some(bytes) = shelf.get(&entry.file).await? else { return Ok(()) };
        let named = key_id_of(&bytes).map_err(|_| damaged(&entry.file, "it is sealed in no way that is known"))?;
        let Some(key) = keys.get(named) else {
            match erased.contains(&(entry.tenant.clone(), entry.conversation.to_string())) {
                true => done.imported.erased += 1,
                false => done.without_key += 1,
            }
            return Ok(());
        };
        let plain = self.protection.open_file_under(key.clone(), &entry.conversation, &bytes).await?;
        let dump = unpacked(plain, &entry.file).await?;
        let dump = self.protection.seal_dump(dump).await?;
        let records = vec![Record::Conversation(Box::new(dump))];
        done.imported.add(self.store.import(Section::Conversations, records, Vec::new()).await?);
        Ok(())
    }

    /// The conversations that a tombstone stands for, with their tenants.
    async fn erased(&self) -> Result<BTreeSet<(String, String)>, StoreError> {
        let (mut all, mut after) = (BTreeSet::new(), (0, String::new()));
        loop {
            let page = self.store.tombstones((after.0, &after.1), MAX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(all) };
            after = (last.at, last.id.clone());
            let conversations = page.into_iter().filter(|stone| stone.kind == "conversation");
            all.extend(conversations.map(|stone| (stone.tenant, stone.subject)));
        }
    }

    /// The data keys by id.
    async fn data_keys(&self) -> Result<BTreeMap<String, DataKeyRow>, StoreError> {
        let (mut all, mut after) = (BTreeMap::new(), None);
        loop {
            let page = self.store.data_keys(after.as_ref(), MAX_PAGE).await?;
            let Some(last) = page.last().map(|key| key.id.clone()) else { return Ok(all) };
            all.extend(page.into_iter().map(|key| (key.id.to_string(), key)));
            after = Some(last);
        }
    }

    /// Removes files that nobody needs: of erased conversations, and those whose way ended before their conversation named them.
    ///
    /// # Errors
    /// When the store or the archive fails.
    pub async fn sweep(&self, now_ms: Millis) -> Result<u64, ArchiveError> {
        let shelf = self.shelf()?;
        let mut swept = 0;
        loop {
            let loose = self.store.loose_files(now_ms - ON_ITS_WAY_MS, MAX_PAGE).await?;
            let full = loose.len() as u64 == u64::from(MAX_PAGE);
            let mut stuck = false;
            for loose in loose {
                if !loose.needed {
                    // One that can't be removed keeps no other from it, and is tried again.
                    if let Err(error) = shelf.remove(&loose.file).await {
                        tracing::error!(%error, file = loose.file, "a file that nobody needs is not removed");
                        stuck = true;
                        continue;
                    }
                    swept += 1;
                }
                self.store.forget_file(&loose.file).await?;
            }
            if !full || stuck {
                break;
            }
        }
        if swept > 0 {
            let tenant = crate::serve::DEFAULT_TENANT;
            let told =
                events::of(now_ms, tenant, events::ARCHIVE_SWEPT, self.actor, "archive", json!({"files": swept}));
            self.store.enqueue(vec![told]).await?;
        }
        Ok(swept)
    }
}

fn damaged(file: &str, what: &'static str) -> ArchiveError {
    ArchiveError::Damaged(file.to_owned(), what)
}

/// The document of a conversation, compressed; refused where it is longer than `most` bytes, which nobody reads back.
fn packed(dump: &ConversationDump, most: usize) -> Result<Vec<u8>, StoreError> {
    let document = json!({"format_version": FORMAT_VERSION, "conversation": dump}).to_string();
    if document.len() > most {
        return Err(StoreError::Damaged(format!("{} bytes, more than {most}", document.len())));
    }
    zstd::bulk::compress(document.as_bytes(), LEVEL).map_err(|error| StoreError::Internal(error.to_string()))
}

/// The conversation of an opened file, if it is one of a form that is known here.
async fn unpacked(bytes: Vec<u8>, file: &str) -> Result<ConversationDump, ArchiveError> {
    #[derive(Deserialize)]
    struct Document {
        format_version: u32,
        conversation: ConversationDump,
    }
    let read = move || {
        let document = zstd::bulk::decompress(&bytes, MAX_DOCUMENT_BYTES).ok()?;
        let document: Document = serde_json::from_slice(&document).ok()?;
        (document.format_version == FORMAT_VERSION).then_some(document.conversation)
    };
    compute(read).await?.ok_or_else(|| damaged(file, "it holds no conversation"))
}

/// Before which time conversations go into the archive: so many days ago, or as the settings say; nothing where neither is said.
///
/// # Errors
/// When that is so soon that something would go there that is still needed where it is.
pub fn before(config: &Config, days: Option<u32>, now_ms: Millis) -> Result<Option<Millis>, ArchiveError> {
    let Some(days) = days.or(config.archive_after_days) else { return Ok(None) };
    let answers = u64::from(config.idempotency_hours).div_ceil(HOURS_A_DAY);
    let session = config.session_expiry.map_or(0, |expiry| expiry.as_secs().div_ceil(HOURS_A_DAY * SECONDS_AN_HOUR));
    let at_least = u32::try_from(answers.max(session).max(1)).unwrap_or(u32::MAX);
    match days < at_least {
        true => Err(ArchiveError::TooSoon { days, at_least }),
        false => Ok(Some(now_ms - Millis::from(days) * DAY_MS)),
    }
}

/// Tries, before anything is served, whether the place that the settings name can be used, and is the one that the store has put
/// turns into. A bucket that is away at the moment keeps nobody from serving.
///
/// # Errors
/// When it is not, or the store fails.
pub async fn check_place(store: &dyn Store, config: &Config) -> Result<(), ArchiveError> {
    let Some(shelf) = Shelf::of(config) else { return Ok(()) };
    let tried = async {
        if !shelf.holds_any().await? && !store.archived(None, None, 1).await?.is_empty() {
            return Err(ArchiveError::Gone(shelf.location().to_string()));
        }
        shelf.try_out().await
    };
    match tried.await {
        Err(error @ ArchiveError::Place(ObjectsError { fault: Fault::Away, .. })) => {
            tracing::warn!(%error, "the origin serves without its archive, and looks after it");
            Ok(())
        }
        tried => tried,
    }
}

async fn read(
    protection: &dyn Protection,
    shelf: &Shelf,
    row: &ConversationRow,
    file: &str,
) -> Result<ConversationDump, ArchiveError> {
    let bytes = shelf.get(file).await?.ok_or_else(|| ArchiveError::Missing(file.to_owned()))?;
    opened(protection, row, file, &bytes).await
}

/// What a file holds, checked.
async fn opened(
    protection: &dyn Protection,
    owner: &ConversationRow,
    file: &str,
    bytes: &[u8],
) -> Result<ConversationDump, ArchiveError> {
    if hex::sha256(bytes) != file {
        return Err(damaged(file, "its bytes are not those that it is named by"));
    }
    let plain = protection.open_file(owner, bytes).await?;
    let dump = unpacked(plain, file).await?;
    let own = dump.conversation.id == owner.id && dump.conversation.user_id == owner.user_id;
    if own { Ok(dump) } else { Err(damaged(file, "it holds another conversation")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump() -> ConversationDump {
        let row = json!({
            "id": ConversationId::derive("default", "g", "c"), "tenant": "default", "game": "g", "external_id": "c",
            "user_id": "u", "version": 1, "game_version": "v", "created_at": 0, "updated_at": 0, "summary": Summary::default(),
            "state": "{}", "metadata": "{}",
        });
        let whole = json!({"conversation": row, "turns": [], "slots": [], "context": [], "answers": []});
        serde_json::from_value(whole).unwrap()
    }

    #[tokio::test]
    async fn what_goes_into_a_file_is_read_back_and_what_would_not_be_stays() {
        let (dump, most) = (dump(), MAX_DOCUMENT_BYTES);
        assert_eq!(unpacked(packed(&dump, most).unwrap(), "f").await.unwrap(), dump);
        assert!(matches!(packed(&dump, 100), Err(StoreError::Damaged(_))));
    }
}
