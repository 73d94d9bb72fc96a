//! Personal values in what is kept of a conversation: replaced by tokens on their way in, where the deployment says so,
//! and put back for their owner. The state and the stored answers are what the next turn and a replay need word for
//! word; they are sealed whole, and have tokens only when somebody other than the owner is shown them.

use lgdl::crypto::{CryptoError, DataKey};
use lgdl::privacy::{restore, restore_json, tokenize, tokenize_json};
use serde_json::Value;

use super::stored_text::unreadable;
use crate::store::{Commit, ContextRow, ConversationDump, Result, SlotRow, TurnRow};

/// How personal values in texts are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PersonalValues {
    /// As they were said.
    #[default]
    AsSaid,
    /// As tokens that turn back under the person's data key.
    Tokens,
}

/// Who is shown a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// The person, or whoever moves everything of theirs.
    Owner,
    /// Somebody who looks into it.
    Administrator,
}

/// What is done to each text.
#[derive(Debug, Clone, Copy)]
enum Work<'k> {
    Replace(&'k DataKey),
    Restore(&'k DataKey),
}

impl Work<'_> {
    fn text(self, text: &mut String) -> Result<()> {
        match self {
            Work::Replace(key) => *text = tokenize(text, key).map_err(|error| unreadable(&error))?,
            Work::Restore(key) => *text = restore(text, key),
        }
        Ok(())
    }

    /// A column of JSON. What is not JSON is worked on as the text it is.
    fn json(self, column: &mut String) -> Result<()> {
        let Ok(mut value) = serde_json::from_str::<Value>(column) else { return self.text(column) };
        let before = value.clone();
        self.value(&mut value).map_err(|error| unreadable(&error))?;
        // Untouched, it stays the very text that it was.
        if value != before {
            *column = value.to_string();
        }
        Ok(())
    }

    fn value(self, value: &mut Value) -> std::result::Result<(), CryptoError> {
        match self {
            Work::Replace(key) => tokenize_json(value, key),
            Work::Restore(key) => {
                restore_json(value, key);
                Ok(())
            }
        }
    }

    fn parts(self, turns: &mut [TurnRow], slots: &mut [SlotRow], context: &mut [ContextRow]) -> Result<()> {
        for turn in turns {
            self.text(&mut turn.user_input)?;
            self.text(&mut turn.sanitized_input)?;
            self.text(&mut turn.response)?;
            self.json(&mut turn.extracted_params)?;
            self.json(&mut turn.details)?;
        }
        slots.iter_mut().try_for_each(|slot| self.json(&mut slot.slot_value))?;
        context.iter_mut().try_for_each(|entry| self.json(&mut entry.value))
    }
}

/// Replaces what is personal in a commit.
pub(super) fn replace_in_commit(commit: &mut Commit, key: &DataKey) -> Result<()> {
    let work = Work::Replace(key);
    commit.summary.last_question.as_mut().map_or(Ok(()), |question| work.text(question))?;
    work.parts(std::slice::from_mut(&mut commit.turn), &mut commit.slots, &mut commit.context)
}

/// Replaces what is personal in a whole conversation.
pub(super) fn replace_in_dump(dump: &mut ConversationDump, key: &DataKey) -> Result<()> {
    work_on_dump(dump, Work::Replace(key))
}

/// Makes an open conversation what `reader` is shown.
pub(super) fn show(dump: &mut ConversationDump, reader: Reader, key: &DataKey) -> Result<()> {
    match reader {
        Reader::Owner => work_on_dump(dump, Work::Restore(key)),
        Reader::Administrator => {
            let work = Work::Replace(key);
            work.json(&mut dump.conversation.state)?;
            dump.answers.iter_mut().try_for_each(|answer| work.json(&mut answer.answer))
        }
    }
}

fn work_on_dump(dump: &mut ConversationDump, work: Work<'_>) -> Result<()> {
    dump.conversation.summary.last_question.as_mut().map_or(Ok(()), |question| work.text(question))?;
    work.parts(&mut dump.turns, &mut dump.slots, &mut dump.context)
}
