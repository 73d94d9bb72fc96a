//! The shadow run: stored conversations through a game as it is and as it would be. Services are stood in for, and nothing
//! is stored.

use lgdl::compiled::CompiledGame;
use lgdl::engine::{Conversation, Settings, Turn};
use lgdl::golden::complete;
use lgdl::mocks::Mocks;
use serde::Serialize;

use super::Talk;

/// Conversations that are run, and changed turns that are kept.
const MAX_RUN: usize = 1_000;
const MAX_CHANGED: usize = 20;

const UNMATCHED: &str = "unmatched";

/// What changes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ShadowRun {
    /// Conversations that were run.
    pub conversations: usize,
    /// Turns that the same move takes up.
    pub same: usize,
    /// Turns that nothing took up, and a move does now.
    pub better: usize,
    /// Turns that another move takes up now, or none: to be looked at.
    pub worse: usize,
    /// Some of those that change.
    pub changed: Vec<Changed>,
}

/// A turn that another move takes up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// What was said, personal data replaced.
    pub text: String,
    /// The move before.
    pub before: String,
    /// The move now.
    pub after: String,
}

/// Runs the conversations through both. Where they part, the rest of a conversation is another one, and is left out.
#[must_use]
pub fn shadow(before: &CompiledGame, after: &CompiledGame, mocks: &Mocks, talks: &[Talk]) -> ShadowRun {
    let mut run = ShadowRun::default();
    for talk in talks.iter().take(MAX_RUN) {
        run.conversations += 1;
        let mut states = [Conversation::default(), Conversation::default()];
        for said in &talk.turns {
            let mut took = [String::new(), String::new()];
            for (at, game) in [before, after].into_iter().enumerate() {
                let turn = Turn {
                    participant: "user".to_owned(),
                    text: said.text.clone(),
                    context: Default::default(),
                    now_ms: said.at_ms,
                    offset_seconds: 0,
                    settings: Settings::default(),
                    event: None,
                };
                let outcome = complete(game, std::mem::take(&mut states[at]), turn, |call| mocks.answer(call));
                let record = &outcome.record;
                took[at] = if record.stage == UNMATCHED { UNMATCHED.to_owned() } else { record.move_id.clone() };
                states[at] = outcome.conversation;
            }
            let [old, new] = took;
            if old == new {
                run.same += 1;
                continue;
            }
            if old == UNMATCHED {
                run.better += 1;
            } else {
                run.worse += 1;
            }
            if run.changed.len() < MAX_CHANGED {
                run.changed.push(Changed { text: said.text.clone(), before: old, after: new });
            }
            break;
        }
    }
    run
}

#[cfg(test)]
mod tests {
    use super::super::Said;
    use super::*;

    fn game(phrases: &str) -> CompiledGame {
        let source = format!(
            "game bikes {{ moves {{ move repair {{ when user says something like: [{phrases}]\n when confident {{ respond with: \"Repair.\" }} }} }} }}"
        );
        let parsed = lgdl::syntax::parse(source.as_bytes(), None);
        CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles")
    }

    #[test]
    fn what_a_phrase_changes_is_counted_and_shown() {
        let turn = |text: &str| Said { text: text.into(), at_ms: 1_800_000_000_000, ..Said::default() };
        let talks = [Talk { person: "a".into(), turns: vec![turn("the brakes squeal"), turn("fix my bicycle")] }];
        let (before, after) = (game("\"fix my bicycle\""), game("\"fix my bicycle\", \"the brakes squeal\" (learned)"));
        let run = shadow(&before, &after, &Mocks::default(), &talks);
        assert_eq!((run.conversations, run.better, run.worse), (1, 1, 0));
        assert_eq!((run.changed[0].before.as_str(), run.changed[0].after.as_str()), ("unmatched", "repair"));
        let same = shadow(&before, &before, &Mocks::default(), &talks);
        assert_eq!((same.same, same.better, same.worse), (2, 0, 0));
    }
}
