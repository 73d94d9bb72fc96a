//! How many conversations a tenant has open, and whether there is room for one more.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::audit::events;
use crate::http::{Origin, Problem};
use crate::store::{ConversationKey, StoreError};

/// When a refused client should try again, seconds.
const TRY_AGAIN_S: u32 = 60;
/// What the limit is called in events and metrics.
const LIMIT: &str = "open_conversations";
/// Who tells of a refusal, for the audit log.
const ACTOR: &str = "origin";

/// Open conversations by tenant: counted now and then, and what begins and expires here in between.
#[derive(Debug, Default)]
pub struct Places {
    counts: Mutex<HashMap<String, u64>>,
}

impl Places {
    /// One more, if there is room.
    fn take(places: &Arc<Places>, tenant: &str, most: u64) -> Option<Place> {
        let mut counts = places.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(tenant.to_owned()).or_default();
        let room = *count < most;
        *count += u64::from(room);
        drop(counts);
        room.then(|| Place { places: Arc::clone(places), tenant: tenant.to_owned(), begun: false })
    }

    /// One less: it expired, or did not begin after all.
    pub(crate) fn give_back(&self, tenant: &str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(tenant) {
            *count = count.saturating_sub(1);
        }
    }

    /// As the store counts them.
    fn are(&self, all: Vec<(String, u64)>) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = all.into_iter().collect();
    }
}

/// A place among the open conversations: given back when it is dropped, unless one has begun there.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    tenant: String,
    begun: bool,
}

impl Place {
    /// A conversation has begun.
    pub(crate) fn begun(mut self) {
        self.begun = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.begun {
            self.places.give_back(&self.tenant);
        }
    }
}

/// Takes a place for a conversation that may begin; none where there is no limit, or the turn needs none. What is there already is
/// never refused, nor is a turn that holds its place or was answered before.
///
/// # Errors
/// When there is no room, or the store fails.
pub(crate) async fn admit(
    origin: &Origin,
    key: &ConversationKey,
    user_id: &str,
    idempotency_key: &str,
) -> Result<Option<Place>, Problem> {
    let Some(most) = origin.config.open_conversations_max else { return Ok(None) };
    if let Some(place) = Places::take(&origin.gate.places, &key.tenant, most) {
        return Ok(Some(place));
    }
    if origin.store.is_known(key, user_id, idempotency_key).await? {
        return Ok(None);
    }
    let now_ms = origin.clock.now_ms();
    origin.metrics.rejected(LIMIT, 1);
    // A flood of refusals is no flood of events.
    let what = format!("{LIMIT}/{}", key.tenant);
    if origin.gate.is_news(&what, now_ms) {
        origin.gate.was_told(what, now_ms);
        let detail = json!({"refused": LIMIT, "count": 1, "first_at_ms": now_ms, "last_at_ms": now_ms});
        let event = events::of(now_ms, &key.tenant, events::RATE_LIMIT_EXCEEDED, ACTOR, &key.tenant, detail);
        origin.store.enqueue(vec![event]).await?;
    }
    let detail = format!("{most} conversations are open (LGDL_OPEN_CONVERSATIONS_MAX). Those that are go on.");
    Err(Problem::too_many_open(detail).retry_after(TRY_AGAIN_S))
}

/// Counts the open conversations, where there is a limit: those that were spoken in within `LGDL_SESSION_EXPIRY`, and without
/// that every one that is kept.
///
/// # Errors
/// When the store fails.
pub async fn recount(origin: &Origin) -> Result<(), StoreError> {
    if origin.config.open_conversations_max.is_none() {
        return Ok(());
    }
    let since = match origin.settings().session_expiry {
        Some(expiry) => origin.clock.now_ms().saturating_sub_unsigned(super::clock::millis(expiry)),
        None => 0,
    };
    origin.gate.places.are(origin.store.open_conversations(since).await?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_of_each_tenant() {
        let places = Arc::new(Places::default());
        let begins = |tenant| Places::take(&places, tenant, 2).map(Place::begun).is_some();
        assert!(begins("a") && begins("a") && !begins("a") && begins("b"));
        places.give_back("a");
        assert!(begins("a") && !begins("a"));
        places.are(vec![("b".into(), 2)]);
        assert!(begins("a") && !begins("b"));
    }

    #[test]
    fn a_place_where_nothing_begins_is_given_back_however_that_ends() {
        let places = Arc::new(Places::default());
        for _ in 0..3 {
            drop(Places::take(&places, "a", 1).expect("there is room again"));
        }
        Places::take(&places, "a", 1).expect("there is room").begun();
        assert!(Places::take(&places, "a", 1).is_none());
    }
}
