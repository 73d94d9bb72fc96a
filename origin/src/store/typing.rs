//! Who is typing in conversations that are with somebody: in memory, for seconds. Nothing of it is stored, counted or logged.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::ids::ConversationId;

/// How long somebody counts as typing who does not say so again: clients say it every two seconds.
const LASTS: Duration = Duration::from_secs(5);
/// How often others are told that somebody goes on typing, at most.
const TOLD_EVERY: Duration = Duration::from_secs(2);
/// Of how many it is remembered at most.
const MAX_REMEMBERED: usize = 10_000;

/// Who types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Typist {
    /// The person.
    Person,
    /// Who has stepped in.
    Agent,
}

impl Typist {
    const ALL: [Typist; 2] = [Typist::Person, Typist::Agent];

    fn name(self) -> &'static str {
        match self {
            Typist::Person => "person",
            Typist::Agent => "agent",
        }
    }
}

/// Who typed last, and when.
#[derive(Debug, Default)]
pub struct Typing(Mutex<HashMap<(ConversationId, Typist), Seen>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    told: Instant,
}

/// Whether other origins are to hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum News {
    /// They know.
    Known,
    /// They do not, or will have forgotten.
    ToTell,
}

impl Typing {
    /// Whether somebody is typing.
    #[must_use]
    pub fn is_typing(&self, conversation: &ConversationId, who: Typist) -> bool {
        self.seen().get(&(conversation.clone(), who)).is_some_and(|seen| seen.at.elapsed() < LASTS)
    }

    /// Somebody has stopped, or has said what they typed.
    pub fn stopped(&self, conversation: &ConversationId, who: Typist) {
        let mut seen = self.seen();
        if !seen.is_empty() {
            seen.remove(&(conversation.clone(), who));
        }
    }

    /// Somebody is typing.
    pub(super) fn is(&self, conversation: &ConversationId, who: Typist) -> News {
        let now = Instant::now();
        let mut all = self.seen();
        if all.len() >= MAX_REMEMBERED {
            all.retain(|_, seen| seen.at.elapsed() < LASTS);
            // More than that at once is nobody who types.
            if all.len() >= MAX_REMEMBERED {
                return News::Known;
            }
        }
        let seen = all.entry((conversation.clone(), who)).or_insert(Seen { at: now, told: now });
        let news = seen.at == now || seen.told.elapsed() >= TOLD_EVERY;
        seen.at = now;
        if news {
            seen.told = now;
            return News::ToTell;
        }
        News::Known
    }

    /// What one origin says to the others.
    pub(super) fn message(conversation: &ConversationId, who: Typist) -> String {
        format!("{conversation} {}", who.name())
    }

    /// What another origin says.
    pub(super) fn heard(&self, message: &str) {
        let Some((conversation, who)) = message.split_once(' ') else { return };
        let who = Typist::ALL.into_iter().find(|typist| typist.name() == who);
        if let (Ok(conversation), Some(who)) = (conversation.parse(), who) {
            self.is(&conversation, who);
        }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<(ConversationId, Typist), Seen>> {
        // Whole after any panic: each change is one statement.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_is_told_once_in_a_while_and_ends() {
        let (typing, others) = (Typing::default(), Typing::default());
        let id = ConversationId::derive("t", "g", "c");
        assert!(!typing.is_typing(&id, Typist::Person));
        assert_eq!(typing.is(&id, Typist::Person), News::ToTell);
        assert_eq!(typing.is(&id, Typist::Person), News::Known, "so soon it is no news");
        assert!(typing.is_typing(&id, Typist::Person) && !typing.is_typing(&id, Typist::Agent));
        others.heard(&Typing::message(&id, Typist::Person));
        assert!(others.is_typing(&id, Typist::Person));
        for odd in ["", "conv", "conv_1 nobody", &format!("{id} nobody")] {
            others.heard(odd);
        }
        assert_eq!(others.seen().len(), 1);
        typing.stopped(&id, Typist::Person);
        assert!(!typing.is_typing(&id, Typist::Person));
    }

    #[test]
    fn a_flood_fills_no_memory() {
        let typing = Typing::default();
        for number in 0..MAX_REMEMBERED + 100 {
            typing.is(&ConversationId::derive("t", "g", &number.to_string()), Typist::Agent);
        }
        assert_eq!(typing.seen().len(), MAX_REMEMBERED);
    }
}
