//! Erasing again, from the file, what a restored store has come back with.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Contents, Counting, Head, NOTED, TombstoneError, file};
use crate::audit::events;
use crate::clock::Millis;
use crate::ids::{ConversationId, person_pseudonym};
use crate::store::{ErasureReport, ErasureRow, MAX_PAGE, Record, Store, StoreError};

/// The longest id of a tombstone, bytes.
const MAX_ID_BYTES: usize = 64;

/// What erasing again came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Again {
    /// Tombstones that the store did not have, and has now.
    pub applied: u64,
    /// Those that it had.
    pub known: u64,
    /// Lines that were torn off when they were written; their tombstones were written again after them.
    pub torn: u64,
    /// What was removed.
    pub removed: ErasureReport,
}

impl Again {
    fn count(&mut self, done: Option<ErasureReport>) {
        match done {
            Some(removed) => {
                self.applied += 1;
                self.removed.add(&removed);
            }
            None => self.known += 1,
        }
    }
}

/// Applies tombstones that the store does not have. Repeating it does no harm.
///
/// A legal hold does not keep it back: an erasure that was carried out was allowed, and a hold that stands in the backup had
/// been lifted by then. What a person has said since the erasure stays.
///
/// # Errors
/// When the store fails; what was applied is applied.
pub async fn apply(
    store: &dyn Store,
    contents: Contents,
    actor: &str,
    now_ms: Millis,
) -> Result<Again, TombstoneError> {
    let told = |stone: &ErasureRow| {
        let detail = json!({"erasure": stone.id});
        events::of(now_ms, &stone.tenant, events::ERASURE_REPEATED, actor, stone.subject.as_str(), detail)
    };
    let known = known(store).await?;
    let mut again = Again { torn: contents.torn, ..Again::default() };
    let mut persons: HashMap<(String, String), ErasureRow> = HashMap::new();
    for stone in contents.stones {
        if stands(&known, &stone) {
            again.known += 1;
        } else if stone.kind == "conversation" {
            again.count(store.erase_again(&stone, None, told(&stone)).await?);
        } else {
            let kept = persons.entry((stone.tenant.clone(), stone.subject.clone())).or_insert_with(|| stone.clone());
            if kept.at < stone.at {
                *kept = stone;
            }
        }
    }
    // A pseudonym does not tell whose it is; but who is here is known.
    let mut after = (String::new(), String::new());
    while !persons.is_empty() {
        let page = store.persons((&after.0, &after.1), MAX_PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.clone();
        for (tenant, user) in page {
            let pseudonym = person_pseudonym(&tenant, &user);
            if let Some(stone) = persons.remove(&(tenant, pseudonym)) {
                again.count(store.erase_again(&stone, Some(&user), told(&stone)).await?);
            }
        }
    }
    for stone in persons.into_values() {
        again.count(store.erase_again(&stone, None, told(&stone)).await?);
    }
    Ok(again)
}

/// How many tombstones of its file a store does not have: more than none where it was brought back to an older state, and what was
/// erased since is there again. Changes nothing.
///
/// # Errors
/// When the store fails, or the file is not whole.
pub async fn missing(store: &dyn Store, path: &Path) -> Result<u64, TombstoneError> {
    if !path.exists() {
        return match store.setting(NOTED).await? {
            Some(_) => Err(TombstoneError::Missing(path.to_owned())),
            None => Ok(0),
        };
    }
    let noted = noted(store, path).await?;
    let contents = file::read(path, noted.as_ref(), Counting::Needed).await?;
    let known = known(store).await?;
    Ok(contents.stones.iter().filter(|stone| !stands(&known, stone)).count() as u64)
}

type Known = HashMap<(String, String, String), (String, Millis)>;

/// Whether a tombstone, or a younger one of the same, stands.
fn stands(known: &Known, stone: &ErasureRow) -> bool {
    let name = (stone.tenant.clone(), stone.kind.clone(), stone.subject.clone());
    known.get(&name).is_some_and(|(id, at)| *id == stone.id || *at > stone.at)
}

/// The tombstones of the store: id and time by tenant, kind and subject.
async fn known(store: &dyn Store) -> Result<Known, TombstoneError> {
    let (mut known, mut after) = (HashMap::new(), (Millis::MIN, String::new()));
    loop {
        let page = store.tombstones((after.0, &after.1), MAX_PAGE).await?;
        let Some(last) = page.last() else { return Ok(known) };
        after = (last.at, last.id.clone());
        known.extend(page.into_iter().map(|stone| ((stone.tenant, stone.kind, stone.subject), (stone.id, stone.at))));
    }
}

/// Compares the store with its file before anything is served: a store that was restored, or recovered to a point in time, is
/// younger than the file, and erases again what the file knows to be erased. A file that lacks what this store has written to it
/// is refused. `None`: there is no file yet, and nothing to be in it.
///
/// # Errors
/// When the store fails, or the file is not whole.
pub async fn catch_up(
    store: &dyn Store,
    path: &Path,
    actor: &str,
    now_ms: Millis,
) -> Result<Option<Again>, TombstoneError> {
    if !path.exists() {
        return match store.setting(NOTED).await? {
            Some(_) => Err(TombstoneError::Missing(path.to_owned())),
            None => Ok(None),
        };
    }
    let noted = noted(store, path).await?;
    let contents = match file::read(path, noted.as_ref(), Counting::Needed).await {
        // Once, after an upgrade.
        Err(TombstoneError::Uncounted(_)) if store.setting(NOTED).await?.is_none() => {
            file::count_anew(path, now_ms)?;
            file::read(path, None, Counting::Needed).await?
        }
        contents => contents?,
    };
    apply(store, contents, actor, now_ms).await.map(Some)
}

/// Looks whether the file is whole and has what this store has written to it, and changes nothing; `None`: there is none yet, and
/// nothing to be in it.
///
/// # Errors
/// When the store fails, or the file is not whole.
pub async fn check(store: &dyn Store, path: &Path) -> Result<Option<Contents>, TombstoneError> {
    if !path.exists() {
        return match store.setting(NOTED).await? {
            Some(_) => Err(TombstoneError::Missing(path.to_owned())),
            None => Ok(None),
        };
    }
    let noted = noted(store, path).await?;
    file::read(path, noted.as_ref(), Counting::Needed).await.map(Some)
}

/// What the store remembers to have written to a file.
///
/// # Errors
/// When the store fails, or the file can't be read.
pub async fn noted(store: &dyn Store, path: &Path) -> Result<Option<Head>, TombstoneError> {
    let Some(head) = file::head(path)? else { return Ok(None) };
    let name = format!("{NOTED}:{}", head.file);
    let Some(text) = store.setting(&name).await? else { return Ok(None) };
    let head = serde_json::from_str(&text).map_err(|error| StoreError::Damaged(format!("setting {name}: {error}")))?;
    Ok(Some(head))
}

pub(super) enum Line {
    Stone(ErasureRow),
    /// The last line of an export, with the number of its records.
    End(u64),
    /// Another record, or an empty line.
    Other {
        record: bool,
    },
    Torn,
}

pub(super) fn tombstone(line: &str) -> Result<Line, String> {
    // Without its end, for which a torn line would not be one that ends too early.
    let line = line.trim();
    if line.is_empty() {
        return Ok(Line::Other { record: false });
    }
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) if error.is_eof() => return Ok(Line::Torn),
        Err(_) => return Err("is no JSON".into()),
    };
    match value["kind"].as_str() {
        Some("erasure") => {}
        Some("end") => return Ok(value["records"].as_u64().map_or(Line::Other { record: false }, Line::End)),
        Some("unreadable") | None => return Ok(Line::Other { record: false }),
        Some(_) => return Ok(Line::Other { record: true }),
    }
    let Ok(Record::Erasure(stone)) = serde_json::from_value(value) else {
        return Err("is no tombstone: a field is missing or of the wrong type".into());
    };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'/');
    let named = stone.id.len() <= MAX_ID_BYTES && plain(&stone.id) && plain(&stone.subject);
    match stone.kind.as_str() {
        "conversation" if named && stone.subject.parse::<ConversationId>().is_ok() => Ok(Line::Stone(stone)),
        "person" if named && stone.subject.starts_with("person_") => Ok(Line::Stone(stone)),
        _ => Err("is no tombstone: it does not name what was erased".into()),
    }
}
