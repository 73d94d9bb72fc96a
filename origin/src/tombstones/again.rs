//! Erasing again, from the file, what a restored store has come back with.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::AsyncBufRead;

use super::TombstoneError;
use crate::audit::events;
use crate::clock::Millis;
use crate::ids::{ConversationId, person_pseudonym};
use crate::store::{ErasureReport, ErasureRow, MAX_PAGE, Record, Store};
use crate::transfer::{ImportError, read_line};

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

/// Applies the tombstones of a file that the store does not have. Repeating it does no harm.
///
/// A legal hold does not keep it back: an erasure that was carried out was allowed, and a hold that stands in the backup had
/// been lifted by then. What a person has said since the erasure stays.
///
/// # Errors
/// When the store fails or a line is none of ours; what was applied is applied.
pub async fn erase_again(
    store: &dyn Store,
    file: &mut (dyn AsyncBufRead + Send + Unpin),
    actor: &str,
    now_ms: Millis,
) -> Result<Again, TombstoneError> {
    let told = |stone: &ErasureRow| {
        let detail = json!({"erasure": stone.id});
        events::of(now_ms, &stone.tenant, events::ERASURE_REPEATED, actor, stone.subject.as_str(), detail)
    };
    let mut again = Again::default();
    let mut persons: HashMap<(String, String), ErasureRow> = HashMap::new();
    let mut number = 0;
    loop {
        number += 1;
        let Some(line) = read_line(file, number).await? else { break };
        match tombstone(&line).map_err(|what| ImportError::Line { line: number, what })? {
            Line::Torn => again.torn += 1,
            Line::Other => {}
            Line::Conversation(stone) => again.count(store.erase_again(&stone, None, told(&stone)).await?),
            Line::Person(stone) => {
                let kept =
                    persons.entry((stone.tenant.clone(), stone.subject.clone())).or_insert_with(|| stone.clone());
                if kept.at < stone.at {
                    *kept = stone;
                }
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

enum Line {
    Conversation(ErasureRow),
    Person(ErasureRow),
    /// Another record, or an empty line.
    Other,
    Torn,
}

fn tombstone(line: &str) -> Result<Line, String> {
    // Without its end, for which a torn line would not be one that ends too early.
    let line = line.trim();
    if line.is_empty() {
        return Ok(Line::Other);
    }
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(error) if error.is_eof() => return Ok(Line::Torn),
        Err(_) => return Err("is no JSON".into()),
    };
    if value["kind"] != "erasure" {
        return Ok(Line::Other);
    }
    let Ok(Record::Erasure(stone)) = serde_json::from_value(value) else {
        return Err("is no tombstone: a field is missing or of the wrong type".into());
    };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'/');
    let named = stone.id.len() <= MAX_ID_BYTES && plain(&stone.id) && plain(&stone.subject);
    match stone.kind.as_str() {
        "conversation" if named && stone.subject.parse::<ConversationId>().is_ok() => Ok(Line::Conversation(stone)),
        "person" if named && stone.subject.starts_with("person_") => Ok(Line::Person(stone)),
        _ => Err("is no tombstone: it does not name what was erased".into()),
    }
}
