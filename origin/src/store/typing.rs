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
/// How often room is looked for while so many are remembered, at most.
const SWEPT_EVERY: Duration = Duration::from_secs(1);

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

/// Whether somebody is typing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composing {
    /// They are.
    Yes,
    /// They are not, do not say, or have said it.
    No,
}

/// Said to other origins of somebody who has stopped.
const STOPPED: &str = "stopped";

/// Who typed last, and when.
#[derive(Debug, Default)]
pub struct Typing(Mutex<Remembered>);

#[derive(Debug, Default)]
struct Remembered {
    seen: HashMap<(ConversationId, Typist), Seen>,
    /// When room was last looked for. Looking costs as much as is remembered, and a flood asks for it all the time.
    swept: Option<Instant>,
}

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
        self.remembered().seen.get(&(conversation.clone(), who)).is_some_and(|seen| seen.at.elapsed() < LASTS)
    }

    /// Notes what somebody says of themselves.
    pub(super) fn note(&self, conversation: &ConversationId, who: Typist, composing: Composing) -> News {
        match composing {
            Composing::Yes => self.is(conversation, who),
            Composing::No => self.stopped(conversation, who),
        }
    }

    fn stopped(&self, conversation: &ConversationId, who: Typist) -> News {
        let seen = &mut self.remembered().seen;
        // Most who ask are not typing, and nobody thinks so.
        if seen.is_empty() || seen.remove(&(conversation.clone(), who)).is_none() {
            return News::Known;
        }
        News::ToTell
    }

    fn is(&self, conversation: &ConversationId, who: Typist) -> News {
        let now = Instant::now();
        let mut all = self.remembered();
        if all.seen.len() >= MAX_REMEMBERED {
            if all.swept.is_none_or(|swept| swept.elapsed() >= SWEPT_EVERY) {
                all.swept = Some(now);
                all.seen.retain(|_, seen| seen.at.elapsed() < LASTS);
            }
            // More than that at once is nobody who types.
            if all.seen.len() >= MAX_REMEMBERED {
                return News::Known;
            }
        }
        let seen = all.seen.entry((conversation.clone(), who)).or_insert(Seen { at: now, told: now });
        let news = seen.at == now || seen.told.elapsed() >= TOLD_EVERY;
        seen.at = now;
        if news {
            seen.told = now;
            return News::ToTell;
        }
        News::Known
    }

    /// What one origin says to the others. One of before does not know what else is said of somebody than who they are, and
    /// forgets them in its own time.
    pub(super) fn message(conversation: &ConversationId, who: Typist, composing: Composing) -> String {
        match composing {
            Composing::Yes => format!("{conversation} {}", who.name()),
            Composing::No => format!("{conversation} {} {STOPPED}", who.name()),
        }
    }

    /// What another origin says.
    pub(super) fn heard(&self, message: &str) {
        let mut words = message.split(' ');
        let (Some(conversation), Some(who)) = (words.next(), words.next()) else { return };
        let composing = match (words.next(), words.next()) {
            (None, _) => Composing::Yes,
            (Some(STOPPED), None) => Composing::No,
            _ => return,
        };
        let who = Typist::ALL.into_iter().find(|typist| typist.name() == who);
        if let (Ok(conversation), Some(who)) = (conversation.parse(), who) {
            self.note(&conversation, who, composing);
        }
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
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
        let says = |composing| typing.note(&id, Typist::Person, composing);
        assert!(!typing.is_typing(&id, Typist::Person));
        assert_eq!(says(Composing::No), News::Known, "nobody thinks so");
        assert_eq!(says(Composing::Yes), News::ToTell);
        assert_eq!(says(Composing::Yes), News::Known, "so soon it is no news");
        assert!(typing.is_typing(&id, Typist::Person) && !typing.is_typing(&id, Typist::Agent));
        let tell = |composing| others.heard(&Typing::message(&id, Typist::Person, composing));
        tell(Composing::Yes);
        assert!(others.is_typing(&id, Typist::Person));
        for odd in ["", "conv", "conv_1 nobody", &format!("{id} nobody"), &format!("{id} person sings")] {
            others.heard(odd);
        }
        assert_eq!(others.remembered().seen.len(), 1);
        assert_eq!(says(Composing::No), News::ToTell, "others think so, too");
        tell(Composing::No);
        assert!(!typing.is_typing(&id, Typist::Person) && !others.is_typing(&id, Typist::Person));
    }

    #[test]
    fn a_flood_fills_no_memory_and_is_not_looked_through_all_the_time() {
        let typing = Typing::default();
        let says = |number: usize| {
            let id = ConversationId::derive("t", "g", &number.to_string());
            typing.note(&id, Typist::Agent, Composing::Yes)
        };
        for number in 0..=MAX_REMEMBERED {
            says(number);
        }
        let swept = typing.remembered().swept;
        assert!(swept.is_some());
        (MAX_REMEMBERED..MAX_REMEMBERED + 100).for_each(|number| assert_eq!(says(number), News::Known));
        let remembered = typing.remembered();
        assert_eq!((remembered.seen.len(), remembered.swept), (MAX_REMEMBERED, swept));
    }
}
