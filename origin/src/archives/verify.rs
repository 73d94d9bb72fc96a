//! Whether the archive is what the store and the manifests say: every file that is needed is whole and opens, and none of an erased
//! person does.

use std::collections::BTreeSet;

use lgdl::crypto::key_id_of;
use serde::Serialize;

use super::{ArchiveError, Hand, read};
use crate::hex;
use crate::store::{Archived, MAX_PAGE};

/// Problems that a proof names; more are counted only.
const MAX_NAMED: usize = 20;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Proof {
    /// Files of conversations that are whole, and open.
    pub whole: u64,
    /// Files that manifests name, that nobody needs, and that are not there any more.
    pub removed: u64,
    /// Files that lie there, and that nobody can open: the key that they were sealed under is destroyed.
    pub unreadable: u64,
    /// Files that lie there, that nobody needs, and that could be opened: they go with a sweep, or are left of a store that was
    /// restored.
    pub left_over: u64,
    /// What is wrong.
    pub wrong: u64,
    /// The first of it.
    pub named: Vec<String>,
}

impl Proof {
    fn wrong(&mut self, what: String) {
        self.wrong += 1;
        if self.named.len() < MAX_NAMED {
            self.named.push(what);
        }
    }
}

/// Looks at every file.
///
/// # Errors
/// When the store or the archive can't be read.
pub async fn verify(hand: &Hand<'_>) -> Result<Proof, ArchiveError> {
    let shelf = hand.shelf()?;
    let (mut proof, mut needed, mut after) = (Proof::default(), BTreeSet::new(), None);
    loop {
        let rows = hand.store.archived(None, after.as_ref(), MAX_PAGE).await?;
        let Some(last) = rows.last().map(|row| row.id.clone()) else { break };
        for row in rows {
            let Some(archived) = Archived::of(&row)? else { continue };
            match read(hand.protection, &shelf, &row, &archived.file).await.map_err(ArchiveError::of_one) {
                Ok(dump) if dump.turns.len() as u64 == archived.turns => proof.whole += 1,
                Ok(_) => proof.wrong(format!("{}: the file {} lacks turns", row.id, archived.file)),
                Err(Ok(why)) => proof.wrong(format!("{}: {why}", row.id)),
                Err(Err(error)) => return Err(error),
            }
            needed.insert(archived.file);
        }
        after = Some(last);
    }
    let keys = hand.data_keys().await?;
    let mut names = Vec::new();
    for manifest in shelf.manifests(0).await? {
        match manifest {
            Ok(manifest) => names.extend(manifest.files.into_iter().map(|entry| entry.file)),
            Err(error) => proof.wrong(error.to_string()),
        }
    }
    // Also what no manifest names any more.
    names.extend(shelf.files().await?);
    for file in names {
        if !needed.insert(file.clone()) {
            continue;
        }
        let bytes = match shelf.get(&file).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                proof.removed += 1;
                continue;
            }
            Err(error) => match error.of_one() {
                Ok(why) => {
                    proof.wrong(format!("the file {file}: {why}"));
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        if hex::sha256(&bytes) != file {
            proof.wrong(format!("the file {file} is damaged"));
            continue;
        }
        // The key's name stands in the file itself, and a ciphertext commits to its key.
        match key_id_of(&bytes) {
            Ok(key) if keys.contains_key(key) => proof.left_over += 1,
            Ok(_) => proof.unreadable += 1,
            Err(_) => proof.wrong(format!("the file {file} is sealed in no way that is known")),
        }
    }
    Ok(proof)
}
