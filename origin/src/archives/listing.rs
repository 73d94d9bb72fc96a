//! Files that no manifest names, because whoever wrote them was killed before: they are listed with the next run, so that a store that
//! is lost finds all of them again.

use std::collections::BTreeSet;

use lgdl::crypto::key_id_of;

use super::{ArchiveError, BATCH, Entry, FORMAT_VERSION, Hand, Manifest, ON_ITS_WAY_MS, Shelf};
use crate::clock::Millis;
use crate::store::{Archived, ConversationRow, MAX_PAGE, StoreError};

/// Up to when everything that was archived is in a manifest.
const LISTED_NOTE: &str = "local:archive_listed";

impl Hand<'_> {
    /// Writes manifests of files that none names. It goes through the archived conversations once a run, as the run goes through those
    /// that may become archived, and reads only files and manifests since everything before was listed.
    pub(super) async fn list_the_unlisted(&self, shelf: &Shelf, now_ms: Millis) -> Result<(), ArchiveError> {
        let since = match self.store.setting(LISTED_NOTE).await? {
            Some(text) => text.parse().map_err(|_| StoreError::Damaged(format!("setting {LISTED_NOTE}")))?,
            None => 0,
        };
        let listed = shelf.manifests(since).await?.into_iter().flatten().flat_map(|manifest| manifest.files);
        let listed: BTreeSet<String> = listed.map(|entry| entry.file).collect();
        // Another origin may be at a batch, whose manifest comes yet.
        let mut until = now_ms - ON_ITS_WAY_MS;
        let (mut files, mut after) = (Vec::new(), None);
        loop {
            let rows = self.store.archived(None, after.as_ref(), MAX_PAGE).await?;
            let Some(last) = rows.last().map(|row| row.id.clone()) else { break };
            for row in rows {
                let Some(archived) = Archived::of(&row)? else { continue };
                if archived.at < since || listed.contains(&archived.file) {
                    continue;
                }
                let (conversation, at) = (row.id.clone(), archived.at);
                match entry(shelf, row, archived).await.map_err(ArchiveError::of_one) {
                    Ok(entry) => files.push(entry),
                    Err(Ok(why)) => {
                        tracing::warn!(%conversation, why, "an archived file is in no manifest yet; the next run tries again");
                        until = until.min(at);
                    }
                    Err(Err(error)) => return Err(error),
                }
                if files.len() >= BATCH as usize {
                    write(shelf, std::mem::take(&mut files), now_ms).await?;
                }
            }
            after = Some(last);
        }
        if !files.is_empty() {
            write(shelf, files, now_ms).await?;
        }
        Ok(self.store.note(LISTED_NOTE, &until.to_string()).await?)
    }
}

async fn write(shelf: &Shelf, files: Vec<Entry>, at_ms: Millis) -> Result<(), ArchiveError> {
    tracing::info!(files = files.len(), "files of the archive that no manifest named are listed");
    shelf.put_manifest(&Manifest { format_version: FORMAT_VERSION, at_ms, files }).await
}

/// What a manifest tells of a file.
async fn entry(shelf: &Shelf, row: ConversationRow, archived: Archived) -> Result<Entry, ArchiveError> {
    let Some(bytes) = shelf.get(&archived.file).await? else { return Err(ArchiveError::Missing(archived.file)) };
    let key = key_id_of(&bytes).map(str::to_owned);
    let key = key.map_err(|_| ArchiveError::Damaged(archived.file.clone(), "it names no key"))?;
    Ok(Entry {
        file: archived.file,
        bytes: archived.bytes,
        tenant: row.tenant,
        conversation: row.id,
        turns: archived.turns,
        from_ms: row.created_at,
        until_ms: row.updated_at,
        key,
    })
}
