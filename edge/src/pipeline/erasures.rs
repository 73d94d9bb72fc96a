//! What was erased at the origin goes from this node's stores, too: hot state and turns that wait. Scheduled work asks; a turn
//! that meets a tombstone drops what it has by itself.

use std::collections::BTreeSet;

use lgdl::wire::node::{Limit, MAX_ASIDE};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::json;
use crate::origin::{Origin, OriginError};
use crate::pipeline::{consent, journal, state};
use crate::platform::{JournalSafety, Platform};

/// Pages read in one run. With [`lgdl::wire::origin::MAX_ERASURES`] a page, a run stays within the thousand operations on
/// its stores that a Worker has.
const MAX_PAGES: usize = 3;
/// Waiting streams in one page, and the most pages that are compared with what was erased.
const STREAMS_A_PAGE: usize = 1_000;
const MAX_STREAM_PAGES: usize = 20;
/// How far a node looks back that does not remember where it was, beyond the life of hot state, milliseconds: the life may
/// have been longer before it was changed.
const LOOK_BACK_MS: u64 = 24 * 3_600_000;
/// Where the node remembers how far it is. In the key-value store on every platform: an isolate's memory ends too soon.
const NOTE: &str = "note:erasures";
/// How long the note may lie there, milliseconds.
const NOTE_TTL_MS: u64 = 30 * 24 * 3_600_000;

/// How far this node is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Note {
    /// Where to go on.
    after: Option<String>,
    /// When there was nothing more to ask for.
    asked_at_ms: i64,
}

/// Asks what was erased and drops it. Whatever fails is tried again by the next run.
pub async fn heed<P: Platform>(call: &Call<'_, P>) {
    let platform = call.platform;
    // Without a key there is neither hot state nor a journal.
    if call.settings.state_key.is_none() {
        return;
    }
    let before = recall(platform).await;
    let since_ms = platform.now_ms().saturating_sub(before.asked_at_ms);
    if (0..call.settings.erasures_every_ms).contains(&since_ms) || !Origin::new(call).is_back().await {
        return;
    }
    let mut note = before.clone();
    for _ in 0..MAX_PAGES {
        let last_ms = call.settings.kv_ttl_ms.saturating_add(LOOK_BACK_MS);
        let page = match Origin::new(call).erasures(note.after.as_deref(), last_ms).await {
            Ok(page) => page,
            Err(OriginError::Refused(_)) => {
                // Perhaps it does not know this cursor: another program, or another origin. From the beginning, later.
                note = Note { after: None, asked_at_ms: platform.now_ms() };
                break;
            }
            Err(_) => break,
        };
        if forget(platform, &page.conversations).await.is_none() {
            break;
        }
        note.after = Some(page.next);
        if !page.more {
            note.asked_at_ms = platform.now_ms();
            break;
        }
    }
    if note != before {
        remember(platform, &note).await;
    }
}

/// Drops everything of those conversations; `None` when a store did not do it.
async fn forget<P: Platform>(platform: &P, conversations: &[String]) -> Option<()> {
    if conversations.is_empty() {
        return Some(());
    }
    let Journalled { streams, is_all } = journalled(platform).await?;
    for digest in conversations {
        if !is_all || streams.contains(digest) {
            journal::forget(platform, digest).await.ok()?;
        }
        state::drop_named(platform, digest).await.ok()?;
        consent::forget(platform, digest).await.ok()?;
    }
    Some(())
}

/// The conversations that the journal holds anything of.
struct Journalled {
    streams: BTreeSet<String>,
    /// Whether those are all: of what was set aside only so much is listed.
    is_all: bool,
}

/// What the journal holds; `None` when it can't be read to its end.
async fn journalled<P: Platform>(platform: &P) -> Option<Journalled> {
    if platform.journal_safety() == JournalSafety::None {
        return Some(Journalled { streams: BTreeSet::new(), is_all: true });
    }
    let aside = platform.journal_aside(&Limit::of(None)).await.ok()?;
    let is_all = aside.len() < MAX_ASIDE;
    let mut streams: BTreeSet<String> = aside.into_iter().map(|aside| aside.stream).collect();
    let mut after = None;
    for _ in 0..MAX_STREAM_PAGES {
        let page = platform.journal_streams(STREAMS_A_PAGE, after.as_deref()).await.ok()?;
        streams.extend(page.streams);
        after = page.next;
        if after.is_none() {
            return Some(Journalled { streams, is_all });
        }
    }
    None
}

async fn recall<P: Platform>(platform: &P) -> Note {
    let bytes = platform.kv_get(NOTE).await.ok().flatten();
    bytes.and_then(|bytes| json::read(&bytes).ok()).unwrap_or_default()
}

async fn remember<P: Platform>(platform: &P, note: &Note) {
    if let Ok(bytes) = serde_json::to_vec(note) {
        let _ = platform.kv_put(NOTE, &bytes, NOTE_TTL_MS).await;
    }
}
