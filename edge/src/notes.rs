//! Small facts that a node remembers between requests: breakers, credentials, lists. In memory where the instance lives
//! on, in the key-value store where it does not. Never anything that must last or that holds a person's words.

use lgdl::wire::node::{GRANT_PREFIX, NOTE_PREFIX};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::json;
use crate::memory::About;
use crate::platform::{KvError, Platform};
use crate::seal::{for_store, from_store};

/// How long a note may lie in a key-value store, milliseconds.
const NOTE_TTL_MS: u64 = 3_600_000;
/// The same for one without which a node can't answer: an outage of the origin may be long, and an instance begin within it.
const LASTING_TTL_MS: u64 = 30 * 86_400_000;

/// Reads a note.
pub async fn recall<P: Platform, T: DeserializeOwned>(platform: &P, about: About, name: &str) -> Option<T> {
    let bytes = match platform.memory() {
        Some(memory) => memory.note(about, name)?,
        None => kept(platform, &note(name)).await?,
    };
    json::read(&bytes).ok()
}

/// Writes a note; where that fails, the next request does without.
pub async fn remember<P: Platform, T: Serialize>(platform: &P, about: About, name: &str, value: &T) {
    remember_for(platform, about, name, value, NOTE_TTL_MS).await;
}

/// The same for one that a key-value store keeps for so long.
pub async fn remember_for<P: Platform, T: Serialize>(platform: &P, about: About, name: &str, value: &T, for_ms: u64) {
    let Ok(bytes) = serde_json::to_vec(value) else { return };
    match platform.memory() {
        Some(memory) => memory.keep_note(about, name, bytes),
        None => {
            let _ = platform.kv_put(&note(name), &bytes, for_ms).await;
        }
    }
}

/// Forgets a note; where that fails, it is there until it is over.
pub async fn forget<P: Platform>(platform: &P, about: About, name: &str) {
    match platform.memory() {
        Some(memory) => memory.drop_note(about, name),
        None => {
            let _ = platform.kv_delete(&note(name)).await;
        }
    }
}

/// Reads a note that any instance of this node may have written.
pub async fn recall_shared<P: Platform, T: DeserializeOwned>(platform: &P, about: About, name: &str) -> Option<T> {
    let known = platform.memory().and_then(|memory| memory.note(about, name));
    let bytes = match known {
        Some(bytes) => bytes,
        None => kept(platform, &note(name)).await?,
    };
    json::read(&bytes).ok()
}

/// Writes a note that the other instances of this node are to find, too.
pub async fn share<P: Platform, T: Serialize>(platform: &P, about: About, name: &str, value: &T) {
    let Ok(bytes) = serde_json::to_vec(value) else { return };
    // Where that fails, this instance knows.
    let _ = platform.kv_put(&note(name), &bytes, NOTE_TTL_MS).await;
    if let Some(memory) = platform.memory() {
        memory.keep_note(about, name, bytes);
    }
}

/// A note without which this node can't answer, as this instance remembers it.
pub fn remembered<P: Platform, T: DeserializeOwned>(platform: &P, name: &str) -> Option<T> {
    json::read(&platform.memory()?.note(About::Node, name)?).ok()
}

/// Reads such a note: where no memory holds it, from the key-value store.
pub async fn recall_lasting<P: Platform, T: DeserializeOwned>(platform: &P, name: &str) -> Option<T> {
    if let Some(value) = remembered(platform, name) {
        return Some(value);
    }
    let bytes = kept(platform, &lasting(name)).await?;
    let value = json::read(&bytes).ok()?;
    if let Some(memory) = platform.memory() {
        memory.keep_note(About::Node, name, bytes);
    }
    Some(value)
}

/// Where a lasting note is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// In this instance's memory, if it has one: the key-value store holds the same, but for the time.
    Memory,
    /// There, and in the key-value store.
    Store,
}

/// Writes such a note.
pub async fn remember_lasting<P: Platform, T: Serialize>(platform: &P, name: &str, value: &T, place: Where) {
    let Ok(bytes) = serde_json::to_vec(value) else { return };
    if place == Where::Store || platform.memory().is_none() {
        // Where that fails, the next instance asks the origin.
        let _ = platform.kv_put(&lasting(name), &bytes, LASTING_TTL_MS).await;
    }
    if let Some(memory) = platform.memory() {
        memory.keep_note(About::Node, name, bytes);
    }
}

/// Reads a note that grants something: where others can write, only what this node has sealed counts.
pub async fn recall_grant<P: Platform, T: DeserializeOwned>(call: &Call<'_, P>, name: &str) -> Option<T> {
    if call.platform.memory().is_some() {
        return recall(call.platform, About::Grant, name).await;
    }
    let key = call.settings.state_key.as_ref()?;
    let bytes = kept(call.platform, &grant(name)).await?;
    from_store(call.platform, key, "note", &[name], &bytes).ok()
}

/// Writes a note that grants something; without a key, and where others can write, there is none.
pub async fn remember_grant<P: Platform, T: Serialize>(call: &Call<'_, P>, name: &str, value: &T) {
    if call.platform.memory().is_some() {
        return remember(call.platform, About::Grant, name, value).await;
    }
    let Some(key) = &call.settings.state_key else { return };
    if let Some(bytes) = for_store(call.platform, key, "note", &[name], value) {
        let _ = call.platform.kv_put(&grant(name), &bytes, NOTE_TTL_MS).await;
    }
}

/// Removes such a note.
///
/// # Errors
/// When the store does not take it: the note may still be there.
pub async fn forget_grant<P: Platform>(platform: &P, name: &str) -> Result<(), KvError> {
    match platform.memory() {
        Some(memory) => {
            memory.drop_note(About::Grant, name);
            Ok(())
        }
        None => platform.kv_delete(&grant(name)).await,
    }
}

/// What the key-value store has; where it can't be read, a node does without notes.
async fn kept<P: Platform>(platform: &P, key: &str) -> Option<Vec<u8>> {
    platform.kv_get(key).await.ok()?
}

/// What is so at the moment, and is looked at anew by a process that begins.
fn note(name: &str) -> String {
    format!("{NOTE_PREFIX}{name}")
}

fn lasting(name: &str) -> String {
    format!("lasting:{name}")
}

fn grant(name: &str) -> String {
    format!("{GRANT_PREFIX}{name}")
}
