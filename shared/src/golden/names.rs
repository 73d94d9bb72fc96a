//! Names in golden dialogues that the game does not have, or has elsewhere: told with what was probably meant.

use super::{Dialog, GoldenFile, TurnResult};
use crate::ir::{Game, Slot, SlotType};
use crate::language::{Language, Locale};
use crate::slots::whole_of;
use crate::syntax::nearest;

impl GoldenFile {
    /// What a dialogue of this file names that the game does not have. A move is doubted only where the turn came out
    /// otherwise, since the engine has moves of its own; a slot always, since one that is not there has no value.
    #[must_use]
    pub fn doubts(&self, dialog: &Dialog, results: &[TurnResult], game: &Game) -> Vec<String> {
        let moves: Vec<&str> = game.moves.iter().map(|mv| mv.name.as_str()).collect();
        let slots: Vec<&Slot> = game.moves.iter().flat_map(|mv| &mv.slots).collect();
        let names: Vec<&str> =
            slots.iter().flat_map(|slot| [slot.name.as_str()].into_iter().chain(whole_of(&slot.name))).collect();
        let mut doubts = Vec::new();
        for (index, (turn, result)) in dialog.turns.iter().zip(results).enumerate() {
            let mut doubt = |what: String| doubts.push(format!("`{}`, turn {}: {what}", dialog.name, index + 1));
            for mismatch in &result.mismatches {
                let wanted = mismatch.expected.as_str();
                let record = &result.outcome.record;
                match (mismatch.what.as_str(), &record.escalated_to) {
                    ("action", Some(queue)) => {
                        doubt(format!(
                            "an action is a capability that is called; a hand-over is `escalated_to: {queue}`"
                        ));
                    }
                    ("move", _) if record.also.iter().any(|also| also.move_id == wanted) => {
                        let first = &record.move_id;
                        doubt(format!(
                            "`{first}` answers first, and `{wanted}` beside it: `move: {first}, also: {wanted}`"
                        ));
                    }
                    _ => {}
                }
                let (kind, known) = match mismatch.what.as_str() {
                    "move" | "part" | "also" => ("move", &moves),
                    "awaiting_slot" => ("slot", &names),
                    _ => continue,
                };
                if !known.contains(&wanted)
                    && let Some(near) = nearest(wanted, known.iter().copied())
                {
                    doubt(format!("the game has no {kind} `{wanted}`; did you mean `{near}`?"));
                }
            }
            for (name, value) in &turn.expect.slots {
                if !names.contains(&name.as_str()) {
                    let near = nearest(name, names.iter().copied()).map(|near| format!("; did you mean `{near}`?"));
                    doubt(format!("the game has no slot `{name}`{}", near.unwrap_or_default()));
                }
                let options = slots.iter().filter(|slot| slot.name == *name).find_map(|slot| match slot.ty.item() {
                    SlotType::Enum(options) => Some(options),
                    _ => None,
                });
                let listed = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                for said in listed.iter().filter_map(|value| value.as_str()) {
                    let Some(options) = options.filter(|options| options.iter().all(|option| option != said)) else {
                        continue;
                    };
                    let near = nearest(said, options.iter().map(String::as_str))
                        .map(|near| format!("; did you mean `{near}`?"));
                    doubt(format!("`{said}` is no option of `{name}`{}", near.unwrap_or_default()));
                }
            }
        }
        doubts
    }

    /// Languages that contexts of this file ask for and that the game is not written in.
    #[must_use]
    pub fn languages_without_texts(&self, game: &Game) -> Vec<String> {
        let turns = self.dialogs.iter().flat_map(|dialog| &dialog.turns);
        let contexts = self.context.iter().chain(self.dialogs.iter().filter_map(|dialog| dialog.context.as_ref()));
        let contexts = contexts.chain(turns.filter_map(|turn| turn.context.as_ref()));
        let spoken = |code: &str| {
            Locale::tagged(code).map(|locale| locale.language).or_else(|| Language::coded(code.split('-').next()?))
        };
        let held: Vec<&Language> = std::iter::once(game).chain(&game.translations).map(Language::of_game).collect();
        let mut lacking: Vec<String> = Vec::new();
        for locale in contexts.filter_map(|context| context.get("locale")).filter_map(|locale| locale.as_str()) {
            let has = spoken(locale).is_some_and(|language| held.contains(&language));
            if !has && !lacking.iter().any(|known| known == locale) {
                lacking.push(locale.to_owned());
            }
        }
        lacking
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compiled::CompiledGame;
    use crate::mocks::Mocks;

    const GAME: &str = r#"game g { moves { move order {
      slots { size: enum("small", "large") required }
      when user says something like: ["order", "order a {size} one"]
      when slot size is missing { prompt slot: "Which size?" }
      when all_slots_filled { respond with: "A {size} one." }
    } move hours { when user says something like: ["opening hours"] when confident { respond with: "From 9 to 5." }
    } move desk { when user says something like: ["get me the desk"] when confident { escalate to: front }
    } } }"#;

    fn check(expect: &str, doubts: &[&str]) {
        check_said("order", expect, doubts);
    }

    #[track_caller]
    fn check_said(said: &str, expect: &str, doubts: &[&str]) {
        let parsed = crate::syntax::parse(GAME.as_bytes(), None);
        let game = parsed.game(None).unwrap();
        let yaml = format!("dialogs: [{{name: d, turns: [{{input: {said}, expect: {expect}}}]}}]");
        let file = GoldenFile::read(yaml.as_bytes()).unwrap();
        let compiled = CompiledGame::compile(game).unwrap();
        let results = file.run(&file.dialogs[0], &compiled, &Mocks::default()).unwrap();
        assert_eq!(file.doubts(&file.dialogs[0], &results, game), doubts);
    }

    #[test]
    fn a_name_that_the_game_does_not_have_is_told_with_what_is_near() {
        check("{ move: order, awaiting_slot: size, slots: { size: null } }", &[]);
        check("{ move: none, escalated_to: desk }", &[]);
        check("{ move: oder }", &["`d`, turn 1: the game has no move `oder`; did you mean `order`?"]);
        check("{ awaiting_slot: sise }", &["`d`, turn 1: the game has no slot `sise`; did you mean `size`?"]);
        check("{ slots: { sise: null } }", &["`d`, turn 1: the game has no slot `sise`; did you mean `size`?"]);
        check("{ slots: { size: smal } }", &["`d`, turn 1: `smal` is no option of `size`; did you mean `small`?"]);
    }

    #[test]
    fn what_is_expected_under_another_key_is_told() {
        let to_a_queue = "`d`, turn 1: an action is a capability that is called; a hand-over is `escalated_to: front`";
        check_said("get me the desk", "{ action: escalate }", &[to_a_queue]);
        let beside = "`d`, turn 1: `hours` answers first, and `order` beside it: `move: hours, also: order`";
        check_said("opening hours. order", "{ move: order }", &[beside]);
    }

    #[test]
    fn a_language_that_the_game_has_no_texts_in_is_told() {
        let parsed = crate::syntax::parse(GAME.as_bytes(), None);
        let yaml = "context: { locale: es }\ndialogs: [{name: d, turns: [{input: order, context: { locale: en-GB }}]}]";
        let file = GoldenFile::read(yaml.as_bytes()).unwrap();
        assert_eq!(file.languages_without_texts(parsed.game(None).unwrap()), ["es"]);
    }
}
