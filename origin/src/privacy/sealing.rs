//! Sealing what was stored in plain before a key ring came. Online, and resumable: what is sealed already is passed over, and a
//! conversation that goes on meanwhile is looked at again.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::stored_text::is_sealed;
use super::{PlainTexts, Protection, RequestName, UnreadableList, note_plain_texts};
use crate::exports;
use crate::records::move_to_details;
use crate::store::{ConversationDump, Record, Result, Section, Store, StoreError};

/// Conversations read at once.
const BATCH: u32 = 100;
/// How often a conversation is tried that goes on meanwhile.
const ATTEMPTS: usize = 5;

/// What a run did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sealed {
    /// Conversations looked at.
    pub seen: u64,
    /// Those that had a plain text, and have none any more.
    pub sealed: u64,
    /// Those that can't be read; they stay as they are.
    pub unreadable: UnreadableList,
}

/// Seals every plain text of every conversation. When nothing plain is left, a plain text counts from then on as put there by somebody
/// who has no key; origins that run learn of that when they start anew.
///
/// # Errors
/// When the store fails. What was sealed stays so.
pub async fn seal_plain(
    store: &dyn Store,
    protection: &dyn Protection,
    mut progress: impl FnMut(&Sealed),
) -> Result<Sealed> {
    let mut done = Sealed::default();
    let mut after = String::new();
    loop {
        let page = store.page(Section::Conversations, &after, BATCH).await?;
        for record in page.records {
            let Record::Conversation(dump) = record else { continue };
            done.seen += 1;
            let name = dump.conversation.id.to_string();
            match seal_one(store, protection, *dump).await {
                Ok(changed) => done.sealed += u64::from(changed),
                Err(StoreError::Damaged(why)) => done.unreadable.add("conversations", name, why),
                Err(error) => return Err(error),
            }
        }
        progress(&done);
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    if done.unreadable.is_empty() {
        note_plain_texts(store, PlainTexts::Refused).await?;
    }
    Ok(done)
}

/// Whether there was anything to seal.
async fn seal_one(store: &dyn Store, protection: &dyn Protection, mut dump: ConversationDump) -> Result<bool> {
    for _ in 0..ATTEMPTS {
        if !holds_plain(&dump) {
            return Ok(false);
        }
        let (tenant, id) = (dump.conversation.tenant.clone(), dump.conversation.id.clone());
        // The names of requests that were answered in plain were kept as they came.
        let named_plainly: HashSet<String> =
            dump.answers.iter().filter(|answer| !is_sealed(&answer.answer)).map(|answer| answer.key.clone()).collect();
        let mut open = exports::open(protection, dump).await?;
        for answer in open.answers.iter_mut().filter(|answer| named_plainly.contains(&answer.key)) {
            let name = RequestName { key: answer.key.clone(), fingerprint: answer.fingerprint.clone() };
            let kept = protection.kept_request(&tenant, &open.conversation.user_id, name).await?;
            (answer.key, answer.fingerprint) = (kept.key, kept.fingerprint);
        }
        open.turns.iter_mut().try_for_each(move_to_details).map_err(|error| StoreError::Damaged(error.to_string()))?;
        if store.replace_conversation(protection.seal_dump(open).await?).await? {
            return Ok(true);
        }
        match store.dump(&tenant, &id).await? {
            Some(newer) => dump = newer,
            // Erased, or past its time.
            None => return Ok(false),
        }
    }
    Err(StoreError::Unavailable("a conversation goes on too fast to be sealed; run the command again".into()))
}

fn holds_plain(dump: &ConversationDump) -> bool {
    let ConversationDump { conversation, turns, slots, context, answers } = dump;
    let quotes_openly = |metadata: &str| {
        serde_json::from_str::<Map<String, Value>>(metadata).is_ok_and(|facts| facts.contains_key("participant"))
    };
    let of_conversation = std::iter::once(&conversation.state).chain(&conversation.summary.last_question);
    let of_turns = turns.iter().flat_map(|turn| {
        [&turn.user_input, &turn.sanitized_input, &turn.response, &turn.extracted_params, &turn.details]
    });
    let others = slots.iter().map(|slot| &slot.slot_value).chain(context.iter().map(|entry| &entry.value));
    let answered = answers.iter().map(|answer| &answer.answer);
    let mut texts = of_conversation.chain(of_turns).chain(others).chain(answered);
    texts.any(|text| !is_sealed(text)) || turns.iter().any(|turn| quotes_openly(&turn.metadata))
}
