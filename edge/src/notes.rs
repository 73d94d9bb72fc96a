//! Small facts that a node remembers between requests: breakers, credentials, lists. In memory where the instance lives
//! on, in the key-value store where it does not. Never anything that must last or that holds a person's words.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::platform::Platform;

/// How long a note may lie in a key-value store, milliseconds.
const NOTE_TTL_MS: u64 = 3_600_000;

/// Reads a note.
pub async fn recall<P: Platform, T: DeserializeOwned>(platform: &P, name: &str) -> Option<T> {
    let bytes = match platform.memory() {
        Some(memory) => memory.note(name)?,
        None => platform.kv_get(&format!("note:{name}")).await.ok()??,
    };
    serde_json::from_slice(&bytes).ok()
}

/// Writes a note; where that fails, the next request does without.
pub async fn remember<P: Platform, T: Serialize>(platform: &P, name: &str, value: &T) {
    let Ok(bytes) = serde_json::to_vec(value) else { return };
    match platform.memory() {
        Some(memory) => memory.keep_note(name, bytes),
        None => {
            let _ = platform.kv_put(&format!("note:{name}"), &bytes, NOTE_TTL_MS).await;
        }
    }
}

/// Removes a note.
pub async fn forget<P: Platform>(platform: &P, name: &str) {
    match platform.memory() {
        Some(memory) => memory.drop_note(name),
        None => {
            let _ = platform.kv_delete(&format!("note:{name}")).await;
        }
    }
}
