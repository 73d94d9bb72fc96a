//! The shadow run: stored conversations through a game as it is and as it would be. What services answered then they answer
//! again, and what they were not asked then is stood in for. Nothing is stored.

use std::convert::Infallible;

use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Outcome, TurnRecord};
use lgdl::mocks::Mocks;
use serde::Serialize;

use super::{Explain, Said, Talk};

/// Conversations that a proposal is tried on.
pub const MAX_SHADOWED: usize = 1_000;
/// Changed turns that are kept.
pub const MAX_CHANGED: usize = 20;

const UNMATCHED: &str = "unmatched";

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ShadowRun {
    /// Conversations that were run.
    pub conversations: usize,
    /// Turns that are answered as before, word for word.
    pub same: usize,
    /// Turns that nothing took up, and a move does now.
    pub better: usize,
    /// Turns that end otherwise: another move, another question, other words. To be looked at.
    pub different: usize,
    /// Turns that a move took up, and nothing does now.
    pub worse: usize,
    /// Turns that are not compared: a conversation in which one was taken for something else is another one from there on.
    pub behind_a_change: usize,
    /// Calls that are stood in for, because they were not made then.
    pub stood_in: usize,
    /// Some of those that change, the worst first.
    pub changed: Vec<Changed>,
}

/// How a turn changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A move took it up, and nothing does now.
    Worse,
    /// It ends otherwise.
    Different,
    /// Nothing took it up, and a move does now.
    Better,
    /// It is answered as before.
    Same,
}

impl Verdict {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Worse => "worse",
            Verdict::Different => "different",
            Verdict::Better => "better",
            Verdict::Same => "same",
        }
    }
}

/// A turn that is taken otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// How.
    pub verdict: Verdict,
    /// What was said, personal data replaced.
    pub text: String,
    /// What came of it before: the move, and what it waits for.
    pub before: String,
    /// What comes of it now.
    pub after: String,
}

impl ShadowRun {
    /// Turns that are compared.
    #[must_use]
    pub fn turns(&self) -> usize {
        self.same + self.better + self.different + self.worse
    }

    fn take(&mut self, verdict: Verdict, said: &Said, before: &TurnRecord, after: &TurnRecord) {
        match verdict {
            Verdict::Same => {
                self.same += 1;
                return;
            }
            Verdict::Better => self.better += 1,
            Verdict::Different => self.different += 1,
            Verdict::Worse => self.worse += 1,
        }
        let at = self.changed.partition_point(|changed| changed.verdict <= verdict);
        if at >= MAX_CHANGED {
            return;
        }
        let (before_shown, mut after_shown) = (shown(before), shown(after));
        if before_shown == after_shown {
            after_shown.push_str(", in other words");
        }
        let changed = Changed { verdict, text: said.text.clone(), before: before_shown, after: after_shown };
        self.changed.insert(at, changed);
        self.changed.truncate(MAX_CHANGED);
    }
}

/// Runs the conversations through both.
#[must_use]
pub fn shadow(before: &CompiledGame, after: &CompiledGame, mocks: &Mocks, talks: &[Talk]) -> ShadowRun {
    let mut run = ShadowRun::default();
    for talk in talks {
        run.conversations += 1;
        let mut states = [Conversation::default(), Conversation::default()];
        for (at, said) in talk.turns.iter().enumerate() {
            // What can't be read ends a conversation here.
            let Some(stored) = &said.stored else {
                run.behind_a_change += talk.turns.len() - at;
                break;
            };
            let mut stood_in = 0;
            let mut through = |game: &CompiledGame, state: &mut Conversation| {
                let outcome = stored.run(game, std::mem::take(state), Explain::No, |call| {
                    stood_in += 1;
                    Ok::<_, Infallible>(mocks.answer(call))
                });
                let Ok(Outcome { conversation, record, .. }) = outcome;
                *state = conversation;
                record
            };
            let [state_before, state_after] = &mut states;
            let records = (through(before, state_before), through(after, state_after));
            run.stood_in += stood_in;
            let (old, new) = &records;
            run.take(verdict(old, new), said, old, new);
            if outcome_of(old) != outcome_of(new) {
                run.behind_a_change += talk.turns.len() - at - 1;
                break;
            }
        }
    }
    run
}

/// What a turn is taken for, and where it leaves the conversation.
fn outcome_of(record: &TurnRecord) -> (&str, &str, Option<&str>) {
    (&record.move_id, &record.stage, record.awaiting_slot.as_deref())
}

fn verdict(old: &TurnRecord, new: &TurnRecord) -> Verdict {
    match (old.stage == UNMATCHED, new.stage == UNMATCHED) {
        (true, false) => Verdict::Better,
        (false, true) => Verdict::Worse,
        _ if outcome_of(old) == outcome_of(new) && old.response == new.response => Verdict::Same,
        _ => Verdict::Different,
    }
}

fn shown(record: &TurnRecord) -> String {
    match (&record.awaiting_slot, record.stage.as_str()) {
        (_, UNMATCHED) => UNMATCHED.to_owned(),
        (Some(slot), _) => format!("{}, asks for {slot}", record.move_id),
        (None, "answered") => record.move_id.clone(),
        (None, stage) => format!("{}, {stage}", record.move_id),
    }
}

#[cfg(test)]
mod tests {
    use super::super::StoredTurn;
    use super::*;

    fn game(moves: &str) -> CompiledGame {
        let parsed = lgdl::syntax::parse(format!("game bikes {{ moves {{ {moves} }} }}").as_bytes(), None);
        CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles")
    }

    fn repair(phrases: &str, answer: &str) -> CompiledGame {
        game(&format!(
            "move repair {{ when user says something like: [{phrases}]\n when confident {{ respond with: \"{answer}\" }} }}"
        ))
    }

    fn talk(texts: &[&str]) -> Talk {
        let said = |text: &&str| {
            let record = serde_json::json!({"user_input": text, "at_ms": 1_800_000_000_000_i64});
            let stored = StoredTurn::of_record(record.as_object().expect("an object")).expect("it can be read");
            Said { text: (*text).to_owned(), stored: Some(stored), ..Said::default() }
        };
        Talk { person: "a".into(), turns: texts.iter().map(said).collect() }
    }

    #[test]
    fn what_a_phrase_changes_is_counted_and_shown() {
        let talks = [talk(&["the brakes squeal", "fix my bicycle"])];
        let before = repair("\"fix my bicycle\"", "Repair.");
        let after = repair("\"fix my bicycle\", \"the brakes squeal\" (learned)", "Repair.");
        let run = shadow(&before, &after, &Mocks::default(), &talks);
        assert_eq!((run.conversations, run.better, run.worse, run.behind_a_change), (1, 1, 0, 1));
        assert_eq!((run.changed[0].before.as_str(), run.changed[0].after.as_str()), ("unmatched", "repair"));
        let back = shadow(&after, &before, &Mocks::default(), &talks);
        assert_eq!((back.better, back.worse, back.changed[0].verdict), (0, 1, Verdict::Worse));
        let same = shadow(&before, &before, &Mocks::default(), &talks);
        assert_eq!((same.same, same.better, same.worse, same.turns()), (2, 0, 0, 2));
    }

    #[test]
    fn other_words_are_different_and_the_conversation_goes_on() {
        let talks = [talk(&["fix my bicycle", "fix my bicycle"])];
        let (before, after) = (repair("\"fix my bicycle\"", "Repair."), repair("\"fix my bicycle\"", "We mend it."));
        let run = shadow(&before, &after, &Mocks::default(), &talks);
        assert_eq!((run.different, run.behind_a_change), (2, 0));
        assert_eq!(run.changed[0].after, "repair, in other words");
    }
}
