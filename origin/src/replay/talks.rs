//! The stored conversations of a game, as learning, reports and replays read them.

use std::collections::BTreeSet;

use lgdl::privacy::detect;
use serde_json::Value;

use super::StoredTurn;
use crate::archives::ArchivedTurns;
use crate::clock::Millis;
use crate::exports;
use crate::ids::ConversationId;
use crate::privacy::Protection;
use crate::store::{ConversationFilter, MAX_PAGE, Record, Result, Store, StoreError};

/// Conversations that are looked at, at most.
pub const MAX_CONVERSATIONS: usize = 10_000;
/// The stage of what is said to people.
const WITH_AGENT: &str = "with_agent";
/// How the events of the desk begin.
const HAND_OVER: &str = "handoff_";
/// Stands for personal data: a wildcard of patterns.
const REPLACED: &str = "*";

/// A turn.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// What was said, personal data replaced.
    pub text: String,
    /// The move that answered.
    pub move_id: String,
    /// What came of it.
    pub stage: String,
    /// How sure that was.
    pub confidence: f64,
    /// What recognised the move.
    pub understood_by: Option<String>,
    /// The slot that is asked for.
    pub awaiting_slot: Option<String>,
    /// Learning events of the move.
    pub learning: Vec<String>,
    /// What happened, in the place of something said.
    pub event: Option<String>,
    /// The turn as the engine is given it; nothing where the record is damaged. Not to be shown: it is as it was said.
    pub stored: Option<StoredTurn>,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Talk {
    /// Who talks; only counted.
    pub person: String,
    /// What was said, in order.
    pub turns: Vec<Said>,
}

impl Said {
    /// Whether it was said to somebody who stepped in, or by them: there is nothing in it for the game to learn.
    #[must_use]
    pub fn is_between_people(&self) -> bool {
        self.stage == WITH_AGENT || self.event.as_deref().is_some_and(|event| event.starts_with(HAND_OVER))
    }
}

/// Which conversations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// On one version.
    pub version: Option<String>,
    /// Begun at this time or later.
    pub since: Option<Millis>,
    /// So many of them at most; [`MAX_CONVERSATIONS`] are the most.
    pub sample: Option<usize>,
    /// Turns that do not lie in the store.
    pub archived: ArchivedTurns,
}

/// Conversations of one game.
#[derive(Debug, Default)]
pub struct Talks {
    /// Those that can be read.
    pub talks: Vec<Talk>,
    /// How many can't be.
    pub unreadable: usize,
    /// How many there are of what was wanted, looked at or not.
    pub all: usize,
}

impl Talks {
    /// Whether there are more than were looked at.
    #[must_use]
    pub fn cut(&self) -> bool {
        self.all > self.talks.len() + self.unreadable
    }
}

/// The stored conversations of a game. Where there are more than are wanted, those with the smallest ids: an id is a digest,
/// so that they are a fair sample, and the same one each time.
///
/// # Errors
/// When the store fails.
pub async fn talks(
    store: &dyn Store,
    protection: &dyn Protection,
    tenant: &str,
    game: &str,
    wanted: &Wanted,
) -> Result<Talks> {
    let most = wanted.sample.unwrap_or(MAX_CONVERSATIONS).min(MAX_CONVERSATIONS);
    let (mut all, mut chosen, mut after) = (Talks::default(), BTreeSet::<ConversationId>::new(), None);
    loop {
        let filter = ConversationFilter {
            game: Some(game.to_owned()),
            since: wanted.since,
            after: after.take(),
            ..ConversationFilter::default()
        };
        let heads = store.list_conversations(tenant, filter, MAX_PAGE).await?;
        let full = heads.len() as u64 == u64::from(MAX_PAGE);
        after = heads.last().filter(|_| full).map(|head| (head.created_at, head.id.clone()));
        let of_version = |version: &str| wanted.version.as_deref().is_none_or(|wanted| wanted == version);
        for head in heads.into_iter().filter(|head| of_version(&head.game_version)) {
            all.all += 1;
            chosen.insert(head.id);
            if chosen.len() > most {
                chosen.pop_last();
            }
        }
        if after.is_none() {
            break;
        }
    }
    for id in chosen {
        // One that was erased meanwhile is none any more.
        let Some(dump) = store.dump(tenant, &id).await? else { continue };
        match exports::line(protection, &wanted.archived, Record::Conversation(Box::new(dump))).await {
            Ok((document, None)) => all.talks.push(talk(&document)),
            // A part of it can't be had.
            Ok((_, Some(_))) => all.unreadable += 1,
            Err(StoreError::Damaged(_)) => all.unreadable += 1,
            Err(error) => return Err(error),
        }
    }
    Ok(all)
}

fn talk(document: &Value) -> Talk {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let turns = document["turns"].as_array().into_iter().flatten().map(|turn| Said {
        text: replaced(turn["user_input"].as_str().unwrap_or("")),
        move_id: text(&turn["move_id"]).unwrap_or_default(),
        stage: text(&turn["stage"]).unwrap_or_default(),
        confidence: turn["confidence"].as_f64().unwrap_or(0.0),
        understood_by: text(&turn["understood_by"]),
        awaiting_slot: text(&turn["awaiting_slot"]),
        event: text(&turn["event"]),
        learning: turn["learning"].as_array().into_iter().flatten().filter_map(text).collect(),
        stored: turn.as_object().and_then(|record| StoredTurn::of_record(record).ok()),
    });
    Talk { person: text(&document["user_id"]).unwrap_or_default(), turns: turns.collect() }
}

/// The text with everything personal that is found in it replaced by a wildcard.
fn replaced(text: &str) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for finding in detect(text) {
        out.push_str(text.get(at..finding.start).unwrap_or(""));
        out.push_str(REPLACED);
        at = finding.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_to_people_and_by_them_is_told_apart() {
        let turn =
            |stage: &str, event: Option<&str>| serde_json::json!({"stage": stage, "event": event, "user_input": "x"});
        let turns = [turn("with_agent", None), turn("answered", Some("handoff_ended")), turn("unmatched", None)];
        let talk = talk(&serde_json::json!({"user_id": "u", "turns": turns}));
        assert_eq!(talk.turns.iter().map(Said::is_between_people).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn personal_data_is_replaced_before_anything_is_proposed() {
        assert_eq!(replaced("send it to jo@example.com please"), "send it to * please");
        assert_eq!(replaced("open the gate"), "open the gate");
    }
}
