//! From conversations to proposals.

use std::collections::{BTreeMap, BTreeSet};

use lgdl::compiled::CompiledGame;
use lgdl::language::Language;
use lgdl::text::{Class, normalize, normalized, stem};
use serde::Serialize;

use super::{Evidence, Kind, Proposal};
use crate::replay::{Said, Talk};

/// A pattern of more words says too much to be met again.
const MAX_WORDS: usize = 14;
/// Phrases of a proposal that are shown.
const MAX_PHRASES: usize = 20;
/// Proposals of each kind.
const MAX_PROPOSALS: usize = 200;
/// So many unmatched phrases that ask for the same are worth a move.
const MIN_ASKING: usize = 3;
/// Two phrases ask for the same when they share so much of their telling words, in hundredths: half of what both say.
const ALIKE: usize = 50;
/// Unmatched phrases that are compared with each other.
const MAX_COMPARED: usize = 2_000;

const LITTLE: Class = Class::FUNCTION.and(Class::FILLER).and(Class::LIGHT).and(Class::PHATIC).and(Class::NEGATOR);
const UNMATCHED: &str = "unmatched";
const CONFIRMING: &str = "confirming";
const CANCELLED: &str = "cancelled";
/// What a guess is recognised by.
const GUESSED: [&str; 2] = ["fuzzy", "meaning"];

/// What was seen of one thing.
#[derive(Debug, Default)]
struct Seen<'t> {
    evidence: Evidence,
    persons: BTreeSet<&'t str>,
    phrases: BTreeMap<String, &'t str>,
}

impl<'t> Seen<'t> {
    fn add(&mut self, person: &'t str, key: &str, phrase: &'t str, count: impl FnOnce(&mut Evidence)) {
        count(&mut self.evidence);
        self.persons.insert(person);
        self.phrases.entry(key.to_owned()).or_insert(phrase);
    }

    fn proposal(self, kind: Kind, moves: Vec<String>) -> Proposal {
        let evidence = Evidence { persons: self.persons.len(), ..self.evidence };
        let phrases = self.phrases.into_values().take(MAX_PHRASES).map(|phrase| phrase.trim().to_owned());
        Proposal::new(kind, moves, phrases.collect(), evidence)
    }
}

/// What the conversations propose for the game, what has the most evidence first.
#[must_use]
pub fn proposals(game: &CompiledGame, talks: &[Talk]) -> Vec<Proposal> {
    let language = Language::of_game(&game.header());
    let mut phrases: BTreeMap<(String, String), Seen<'_>> = BTreeMap::new();
    let mut pairs: BTreeMap<[String; 2], Seen<'_>> = BTreeMap::new();
    let mut unmatched: Vec<(&str, &str, BTreeSet<String>)> = Vec::new();
    for talk in talks {
        for (at, said) in talk.turns.iter().enumerate() {
            let (next, after) = (talk.turns.get(at + 1), talk.turns.get(at + 2));
            let telling = telling(language, &said.text);
            if telling.is_empty() || said.text.split_whitespace().count() > MAX_WORDS {
                continue;
            }
            let key = normalized(language, &said.text);
            let mut note = |of: &str, count: fn(&mut Evidence)| {
                if game.find_move(of).is_some() {
                    let seen = phrases.entry((of.to_owned(), key.clone())).or_default();
                    seen.add(&talk.person, &key, &said.text, count);
                }
            };
            let took_up = next.filter(|next| is_taken_up(next));
            if said.stage == UNMATCHED {
                if let Some(next) = took_up.filter(|next| next.understood_by.is_some()) {
                    note(&next.move_id, |evidence| evidence.rephrased += 1);
                }
                if unmatched.len() < MAX_COMPARED {
                    unmatched.push((talk.person.as_str(), said.text.as_str(), telling));
                }
            } else if said.stage == CONFIRMING && said.awaiting_slot.is_none() {
                match next {
                    Some(next) if is_taken_up(next) && next.move_id == said.move_id => {
                        note(&said.move_id, |evidence| evidence.confirmed += 1);
                    }
                    Some(_) => note(&said.move_id, |evidence| evidence.denied += 1),
                    None => {}
                }
            } else if let Some(other) = taken_back(language, said, next, after) {
                note(&said.move_id, |evidence| evidence.corrected += 1);
                note(&other.move_id, |evidence| evidence.rephrased += 1);
                let mut pair = [said.move_id.clone(), other.move_id.clone()];
                pair.sort();
                let seen = pairs.entry(pair).or_default();
                seen.add(&talk.person, &key, &said.text, |evidence| evidence.corrected += 1);
            } else if said.understood_by.as_deref().is_some_and(|by| GUESSED.contains(&by)) && !said.learning.is_empty()
            {
                note(&said.move_id, |evidence| evidence.ended_well += 1);
            }
        }
    }
    let mut all: Vec<Proposal> = Vec::new();
    let worth = |seen: &Seen<'_>| seen.evidence.for_it() > seen.evidence.denied + seen.evidence.corrected;
    let kept = phrases.into_iter().filter(|(_, seen)| worth(seen));
    all.extend(ranked(kept.map(|((of, _), seen)| seen.proposal(Kind::Phrase, vec![of])).collect()));
    all.extend(ranked(pairs.into_iter().map(|(pair, seen)| seen.proposal(Kind::Collision, pair.to_vec())).collect()));
    all.extend(ranked(asking_for_the_same(language, unmatched)));
    all
}

fn ranked(mut proposals: Vec<Proposal>) -> Vec<Proposal> {
    let weight = |proposal: &Proposal| {
        let Evidence { corrected, unmatched, persons, .. } = proposal.evidence;
        (persons, proposal.evidence.for_it() + corrected + unmatched)
    };
    proposals.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.id.cmp(&b.id)));
    proposals.truncate(MAX_PROPOSALS);
    proposals
}

/// Whether a move took a turn up and the person stayed with it.
fn is_taken_up(said: &Said) -> bool {
    !matches!(said.stage.as_str(), UNMATCHED | CANCELLED | CONFIRMING) && said.move_id != "none"
}

/// The turn by which a person came to what they meant, where a move had answered that they did not mean: they cancelled it,
/// or said nearly the same again, and another move took it up.
fn taken_back<'t>(
    language: &'static Language,
    said: &Said,
    next: Option<&'t Said>,
    after: Option<&'t Said>,
) -> Option<&'t Said> {
    said.understood_by.as_ref().filter(|_| is_taken_up(said))?;
    let next = next?;
    let meant = |other: &&'t Said| is_taken_up(other) && other.understood_by.is_some() && other.move_id != said.move_id;
    if next.stage == CANCELLED {
        return after.filter(meant);
    }
    let again = alike(&telling(language, &said.text), &telling(language, &next.text)) >= ALIKE;
    Some(next).filter(meant).filter(|_| again)
}

/// The stems of the words that mean something.
fn telling(language: &'static Language, text: &str) -> BTreeSet<String> {
    let tokens = normalize(language, text);
    let telling = tokens.as_slice().iter().enumerate().filter(|(_, token)| !token.class.is(LITTLE));
    let stems = telling.map(|(at, _)| {
        let found = stem(language, tokens.text(at));
        let (root, ending) = found.pieces();
        format!("{root}{ending}")
    });
    stems.filter(|stem| stem.chars().any(char::is_alphabetic)).collect()
}

/// How much of their telling words two phrases share, in hundredths (Sørensen and Dice): of two words each, one is half. Over the
/// words of both together it would be a third, and "do you sell helmets" far from "I would like to buy helmets".
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> usize {
    (2 * a.intersection(b).count() * 100).checked_div(a.len() + b.len()).unwrap_or(0)
}

/// What nothing was understood in, said in one way or another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unmatched {
    /// How often.
    pub times: usize,
    /// By how many persons.
    pub persons: usize,
    /// In which words, personal data replaced by `*`; a few of them.
    pub phrases: Vec<String>,
}

/// What nothing was understood in, grouped by likeness, the most frequent first. Only so many phrases are compared.
#[must_use]
pub fn unmatched(game: &CompiledGame, talks: &[Talk]) -> Vec<Unmatched> {
    let language = Language::of_game(&game.header());
    let said = talks.iter().flat_map(|talk| talk.turns.iter().map(move |said| (talk.person.as_str(), said)));
    let unmatched = said.filter(|(_, said)| said.stage == UNMATCHED && !said.text.trim().is_empty());
    let unmatched = unmatched.map(|(person, said)| (person, said.text.as_str(), telling(language, &said.text)));
    let groups = grouped(language, unmatched.take(MAX_COMPARED));
    let mut groups: Vec<Unmatched> = groups
        .into_iter()
        .map(|seen| Unmatched {
            times: seen.evidence.unmatched,
            persons: seen.persons.len(),
            phrases: seen.phrases.into_values().take(MAX_PHRASES).map(|phrase| phrase.trim().to_owned()).collect(),
        })
        .collect();
    groups.sort_by(|a, b| (b.times, b.persons).cmp(&(a.times, a.persons)).then_with(|| a.phrases.cmp(&b.phrases)));
    groups
}

/// Groups of unmatched phrases that are worth a move.
fn asking_for_the_same(language: &'static Language, unmatched: Vec<(&str, &str, BTreeSet<String>)>) -> Vec<Proposal> {
    let groups = grouped(language, unmatched.into_iter());
    let worth = groups.into_iter().filter(|seen| seen.evidence.unmatched >= MIN_ASKING);
    worth.map(|seen| seen.proposal(Kind::NewMove, Vec::new())).collect()
}

/// Groups of phrases, each near to the first of its group; what has no telling word is alike only to itself.
fn grouped<'t>(
    language: &'static Language,
    unmatched: impl Iterator<Item = (&'t str, &'t str, BTreeSet<String>)>,
) -> Vec<Seen<'t>> {
    let mut groups: Vec<(BTreeSet<String>, Seen<'_>)> = Vec::new();
    for (person, text, telling) in unmatched {
        let key = normalized(language, text);
        let known = groups.iter().position(|(first, seen)| match telling.is_empty() {
            true => first.is_empty() && seen.phrases.contains_key(&key),
            false => alike(first, &telling) >= ALIKE,
        });
        let at = known.unwrap_or_else(|| {
            groups.push((telling, Seen::default()));
            groups.len() - 1
        });
        if let Some((_, seen)) = groups.get_mut(at) {
            seen.add(person, &key, text, |evidence| evidence.unmatched += 1);
        }
    }
    groups.into_iter().map(|(_, seen)| seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAME: &str = r#"game bikes {
        moves {
            move repair {
                when user says something like: ["fix my bicycle", "the chain is broken"]
                when confident { respond with: "Repair." }
            }
            move rental {
                when user says something like: ["rent a bicycle", "hire a bike"]
                when confident { respond with: "Rental." }
            }
        }
    }"#;

    fn game() -> CompiledGame {
        let parsed = lgdl::syntax::parse(GAME.as_bytes(), None);
        CompiledGame::compile(&parsed.games[parsed.entry.expect("a game")]).expect("it compiles")
    }

    fn said(text: &str, move_id: &str, stage: &str, by: Option<&str>) -> Said {
        let understood_by = by.map(str::to_owned);
        Said { text: text.into(), move_id: move_id.into(), stage: stage.into(), understood_by, ..Said::default() }
    }

    fn talk(person: &str, turns: &[Said]) -> Talk {
        Talk { person: person.into(), turns: turns.to_vec() }
    }

    fn of(all: &[Proposal], kind: Kind) -> Vec<&Proposal> {
        all.iter().filter(|proposal| proposal.kind == kind).collect()
    }

    #[test]
    fn what_was_not_understood_and_said_again_is_a_phrase_of_the_move_that_took_it_up() {
        let turns = [
            said("my gears grind horribly", "none", "unmatched", None),
            said("fix my bicycle", "repair", "answered", Some("plain")),
        ];
        let all = proposals(&game(), &[talk("a", &turns), talk("b", &turns)]);
        let [phrase] = of(&all, Kind::Phrase)[..] else { panic!("{all:?}") };
        assert_eq!((phrase.moves[0].as_str(), phrase.phrases[0].as_str()), ("repair", "my gears grind horribly"));
        assert_eq!((phrase.evidence.rephrased, phrase.evidence.persons), (2, 2));
    }

    #[test]
    fn what_was_denied_is_no_proposal_and_what_was_confirmed_is() {
        let asked = said("the wheel wobbles", "repair", "confirming", Some("meaning"));
        let yes = [asked.clone(), said("yes", "repair", "answered", None)];
        let no = [asked, said("no", "none", "unmatched", None)];
        let all = proposals(&game(), &[talk("a", &yes)]);
        assert_eq!(of(&all, Kind::Phrase)[0].evidence.confirmed, 1);
        assert!(of(&proposals(&game(), &[talk("a", &yes), talk("b", &no)]), Kind::Phrase).is_empty());
    }

    #[test]
    fn a_move_that_was_taken_back_for_another_collides_with_it() {
        let turns = [
            said("a bicycle for a day", "repair", "answered", Some("meaning")),
            said("no, a bicycle for one day, rented", "rental", "answered", Some("plain")),
        ];
        let all = proposals(&game(), &[talk("a", &turns)]);
        let [pair] = of(&all, Kind::Collision)[..] else { panic!("{all:?}") };
        assert_eq!((&pair.moves, pair.evidence.corrected), (&vec!["rental".to_owned(), "repair".to_owned()], 1));
    }

    #[test]
    fn phrases_are_alike_that_share_half_of_what_they_say() {
        let language = Language::of_game(&game().header());
        for (one, other, shared) in [
            ("do you sell helmets", "I would like to buy helmets", 50),
            ("do you sell helmets", "any helmets to sell?", 100),
            ("do you sell helmets", "repair my brakes", 0),
            ("", "", 0),
        ] {
            assert_eq!(alike(&telling(language, one), &telling(language, other)), shared, "{one} / {other}");
        }
    }

    #[test]
    fn unmatched_phrases_that_ask_for_the_same_are_worth_a_move() {
        let turn = |text: &str| said(text, "none", "unmatched", None);
        let all = proposals(
            &game(),
            &[
                talk("a", &[turn("do you sell helmets")]),
                talk("b", &[turn("I would like to buy helmets")]),
                talk("c", &[turn("any helmets to sell?"), turn("what is the weather")]),
            ],
        );
        let [group] = of(&all, Kind::NewMove)[..] else { panic!("{all:?}") };
        assert_eq!((group.evidence.unmatched, group.evidence.persons), (3, 3));
    }

    #[test]
    fn what_was_not_understood_is_grouped_and_counted_the_most_frequent_first() {
        let turn = |text: &str| said(text, "none", "unmatched", None);
        let groups = unmatched(
            &game(),
            &[
                talk("a", &[turn("what is the weather"), turn("do you sell helmets"), turn("???")]),
                talk("b", &[turn("I would like to buy helmets"), turn("???"), turn("!!")]),
                talk("c", &[said("fix my bicycle", "repair", "answered", None), turn("any helmets to sell?")]),
            ],
        );
        assert_eq!((groups[0].times, groups[0].persons, groups[0].phrases.len()), (3, 3, 3), "{groups:?}");
        assert_eq!(groups.iter().map(|group| group.times).sum::<usize>(), 7, "nothing is left out: {groups:?}");
        assert!(groups.iter().any(|group| group.phrases == ["what is the weather"]), "{groups:?}");
    }

    #[test]
    fn the_same_is_named_the_same_whatever_is_counted() {
        let turns = [
            said("my gears grind horribly", "none", "unmatched", None),
            said("fix my bicycle", "repair", "answered", Some("plain")),
        ];
        let once = proposals(&game(), &[talk("a", &turns)]);
        let twice = proposals(&game(), &[talk("a", &turns), talk("b", &turns)]);
        assert_eq!(once[0].id, twice[0].id);
    }
}
