//! The order in which an utterance is read: an open question first, then repairs, then matching.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::agenda::Interruption;
use super::flow::{Entry, knows_uncertainty};
use super::inquiry;
use super::mending::{Replaceable, Target, Words};
use super::run::{Halt, Reading, Run, TOO_CLOSE, WORTH_ASKING};
use super::state::{Frame, Open};
use super::wording;
use crate::ir::{Move, Priority, Slot, SlotType};
use crate::language::{Class, Cue};
use crate::matcher::{Candidate, Standing};
use crate::slots::{self, Answer, Found, Scan, Vocabulary, effective_type, strings};
use crate::text::{Polarity, Word, polarity};

/// A score at which an utterance goes to its move even if it could be the answer to an open free-text question.
const CERTAIN: f64 = 0.9;
/// Moves whose options are looked for in an utterance that no move matches, at most.
const MAX_MOVES_SPOKEN_FOR: usize = 64;
/// Slots of a move for which something is said, where that tells that the move is meant.
const ENOUGH: usize = 2;
/// A repair is left to the game only if a move of the game claims the phrase at least this plainly.
const CLAIMS: f64 = 0.75;

/// Whether an open question is left for a candidate: what only comes near to a move in meaning is never certain.
pub(super) fn is_certain(candidate: &Candidate) -> bool {
    candidate.score >= CERTAIN && !candidate.stage.is_near()
}

impl Run<'_> {
    /// Reads the utterance and acts on it.
    pub(super) fn converse(&mut self) -> Result<(), Halt> {
        if self.input.turn.settings.stateless {
            return self.converse_without_state();
        }
        if self.take_handover()? {
            return Ok(());
        }
        if self.cut {
            self.say_unless_replaced(Replaceable::TooLong)?;
        }
        if self.changes_language {
            return self.go_on_in_another_language();
        }
        if self.take_event()? {
            return Ok(());
        }
        if self.active_move().is_none() {
            // The move is gone, or there was none.
            self.state.active = None;
        }
        self.read_utterance()
    }

    /// Reads the utterance, or what is left of it, with what is open now.
    pub(super) fn read_utterance(&mut self) -> Result<(), Halt> {
        let open = self.state.active.as_ref().and_then(|frame| frame.open.clone());
        if let Some(Open::Guess { utterance }) = &open
            && self.active_move().is_some_and(|mv| mv.priority == Priority::Urgent)
        {
            return self.answer_urgent_guess(utterance);
        }
        if self.take_up_several(open.as_ref())? {
            return Ok(());
        }
        match open {
            None => {
                self.state.active = None;
                self.read_afresh()
            }
            Some(open) => self.read_against(open),
        }
    }

    /// Reads the utterance against a question.
    pub(super) fn read_against(&mut self, open: Open) -> Result<(), Halt> {
        match open {
            Open::Slot { name } => self.answer_slot(&name),
            Open::Confirm { name } => self.answer_confirmation(&name),
            Open::Choice { options, clarifies, utterance, values, .. } => {
                self.answer_choice(&options, clarifies, &utterance, &values)
            }
            Open::Which { options, utterance } => self.answer_which(&options, &utterance),
            Open::Guess { utterance } => self.answer_guess(&utterance),
            Open::Negotiation(talks) => self.answer_negotiation(talks),
        }
    }

    /// Reads the utterance with no question open.
    pub(super) fn read_afresh(&mut self) -> Result<(), Halt> {
        if self.mend_if_asked(Target::Nothing)? {
            return Ok(());
        }
        self.tell.reading = if self.tell.reading == Reading::Digression { Reading::Digression } else { Reading::Match };
        let candidates = self.candidates();
        let text = self.text.clone();
        let chosen = self.choose(&candidates);
        let meant = matches!(&chosen, Decision::Enter(best) if best.score >= self.threshold_for(best));
        if !meant && (self.corrects_what_has_ended()? || self.goes_on_meanwhile()?) {
            return Ok(());
        }
        let entered = match &chosen {
            Decision::Enter(best) if meant => Some(*best),
            _ => None,
        };
        if !chosen.is_urgent()
            && let Some(candidate) = self.names_no_option(entered)
        {
            return self.enter(&candidate, &text, true);
        }
        // What only comes near to a move in meaning is not what a greeting is about.
        let near = |candidate: &Candidate| candidate.stage.is_near();
        if !meant && candidates.iter().all(near) {
            if strings::is_greeting(&self.heard()) {
                return self.greet();
            }
            if let Some(answer) = strings::answer_to_closing(&self.heard()) {
                if !self.waits_for_agent() {
                    self.say(answer);
                }
                return Ok(());
            }
        }
        if let Some(candidate) = self.borne_out(&chosen) {
            return self.enter(candidate, &text, true);
        }
        // What only comes near to one move, and says several values of another, is that one.
        if let Decision::Guess(near) | Decision::Which(near, _) = chosen
            && near.priority == Priority::Normal
            && let Some(name) = self.speaks_for().filter(|name| *name != self.name_of(near))
            && let Some(mv) = self.move_named(&name)
        {
            if self.bears_out(&mv) {
                return self.enter_certain(&name, &text);
            }
            // "my road bike has a flat tyre"
            if near.stage.is_near() && self.telling(&mv).0 >= ENOUGH {
                self.guess_move(&name, near.score, &text);
                return Ok(());
            }
        }
        match chosen {
            Decision::Nothing => self.read_in_part(&text),
            Decision::Enter(candidate) if self.only_asks_beside(candidate) || says_urgent(candidate) => {
                self.guess(candidate, &text);
                Ok(())
            }
            Decision::Enter(candidate) => self.enter(candidate, &text, false),
            unsure if !unsure.is_urgent() && self.ask_service()? => self.read_afresh(),
            Decision::Guess(candidate) => {
                self.guess(candidate, &text);
                Ok(())
            }
            Decision::Which(first, second) => {
                self.ask_which(first, second, &text);
                Ok(())
            }
        }
    }

    /// "a ferry to Skye" where a pattern says "a ferry to {island}" and there is no such island: that move is begun, and says so; also
    /// in the place of another pattern of the move that is meant.
    fn names_no_option(&self, meant: Option<&Candidate>) -> Option<Candidate> {
        let told = |slot: &Slot, meant: &Candidate| meant.captures.iter().any(|capture| capture.name == slot.name);
        let lacks = |meant: &Candidate| {
            let open = |slot: &Slot| matches!(effective_type(slot).item(), SlotType::Enum(_)) && !told(slot, meant);
            !meant.verbatim && self.move_at(meant.move_index).is_some_and(|mv| mv.slots.iter().any(open))
        };
        if !meant.is_none_or(lacks) {
            return None;
        }
        let index = self.input.game.index();
        let heard = self.heard();
        let unheard_of = |word: &Word| {
            word.tells()
                && !word.has_digit()
                && index.find_word(word.hash).is_none()
                && index.find_stem(word.stem(heard.language).hash()).is_none()
                && meant.is_none_or(|meant| !meant.captures_at((word.start, word.end)))
        };
        if !heard.words.iter().any(unheard_of) {
            return None;
        }
        let other = |candidate: &Candidate| meant.is_none_or(|meant| meant.move_index == candidate.move_index);
        self.matches_untyped().into_iter().filter(other).find(|candidate| self.lacks_an_option(candidate))
    }

    /// Whether a pattern is met in a telling word of its own, all its captures hold values but one, and that one names a thing where an
    /// option stands.
    fn lacks_an_option(&self, candidate: &Candidate) -> bool {
        let plain = candidate.priority == Priority::Normal && candidate.standing == Standing::Full && !candidate.fuzzy;
        if !plain || candidate.score < self.threshold_for(candidate) {
            return false;
        }
        let Some(mv) = self.move_at(candidate.move_index) else { return false };
        let heard = self.heard();
        let mut own = heard.words.iter().filter(|word| {
            let inside = candidate.span.0 <= word.start && word.end <= candidate.span.1;
            inside && word.tells() && !candidate.captures_at((word.start, word.end))
        });
        let mut lacking = 0;
        let holds = candidate.captures.iter().all(|capture| {
            let Some(slot) = mv.slots.iter().find(|slot| slot.name == capture.name) else { return true };
            match slots::read_value(slot, &capture.text, &self.reference) {
                Answer::Value { found, .. } => found.fits,
                _ => {
                    lacking += 1;
                    self.no_option(slot, &capture.text).is_some()
                }
            }
        });
        own.next().is_some() && holds && lacking == 1
    }

    /// What nothing was found for as a whole: a clause of it, a question within it, or what it names an option of.
    fn read_in_part(&mut self, text: &str) -> Result<(), Halt> {
        let heard = self.hear();
        if let [only] = heard.moves.as_slice()
            && only.candidate.score >= CLAIMS
        {
            return self.take_up(&heard, std::slice::from_ref(only));
        }
        let asked = self.asked_within();
        match self.choose(&asked) {
            Decision::Enter(candidate) => self.enter(candidate, text, false),
            unsure if !unsure.is_urgent() && self.ask_service()? => self.read_afresh(),
            Decision::Guess(candidate) | Decision::Which(candidate, _) => {
                self.guess(candidate, text);
                Ok(())
            }
            Decision::Nothing => match self.speaks_for() {
                Some(name) if self.move_named(&name).is_some_and(|mv| self.bears_out(&mv)) => {
                    self.enter_certain(&name, text)
                }
                Some(name) => {
                    self.guess_move(&name, WORTH_ASKING, text);
                    Ok(())
                }
                None => match self.unheard_of() {
                    Some(urgent) => {
                        self.guess(&urgent, text);
                        Ok(())
                    }
                    None => match self.told_by_a_word() {
                        Some(name) => {
                            self.guess_move(&name, WORTH_ASKING, text);
                            Ok(())
                        }
                        None => self.no_match(),
                    },
                },
            },
        }
    }

    /// What an answer that no question takes means to the understanding service: another move, taken up; whether it was.
    pub(super) fn left_by_service(&mut self) -> Result<bool, Halt> {
        if !self.ask_service()? {
            return Ok(false);
        }
        let Some(other) = self.interruption() else { return Ok(false) };
        if says_urgent(&other) {
            let text = self.text.clone();
            self.suspend(Interruption::Urgent);
            self.guess(&other, &text);
            return Ok(true);
        }
        self.digress(&other).map(|()| true)
    }

    /// What the question within a sentence may mean: "what it costs" of "I only want to know what it costs".
    fn asked_within(&self) -> Vec<Candidate> {
        let words = &self.heard().words;
        let asks = |at: &usize| {
            words[*at].class.is(Class::QUESTION)
                && !words[*at].after_break
                && words[*at - 1].class.is(Class::LIGHT.and(Class::LIFTS).and(Class::PRONOUN))
        };
        let Some(at) = (1..words.len()).find(asks) else { return Vec::new() };
        self.clause_candidates((words[at].start, self.text.len()))
    }

    /// "is there any cost to see an adviser", "I'd like to drop my claim": something is asked about a move that collects, or
    /// taken back, and nobody asks for it to begin.
    fn only_asks_beside(&self, candidate: &Candidate) -> bool {
        let collects = self.move_at(candidate.move_index).is_some_and(|mv| !mv.slots.is_empty());
        collects && inquiry::is_beside(&self.text, &self.heard(), candidate)
    }

    /// What only comes near to a move, or is as near to another, and is that move because of the values that are said.
    fn borne_out<'c>(&self, chosen: &Decision<'c>) -> Option<&'c Candidate> {
        let is = |candidate: &&Candidate| {
            let mv = self.move_at(candidate.move_index);
            mv.is_some_and(|mv| self.bears_out(&mv)) && !self.only_asks_beside(candidate)
        };
        match chosen {
            Decision::Guess(candidate) => Some(*candidate).filter(is),
            Decision::Which(one, other) => {
                let (first, second) = (Some(*one).filter(is), Some(*other).filter(is));
                first.xor(second)
            }
            Decision::Enter(_) | Decision::Nothing => None,
        }
    }

    /// "ok a hot wash with starch", "no heating, and we have a contract": whether the utterance is a wish, or answers a question of
    /// the move, and says of several of its slots what tells of them.
    fn bears_out(&self, mv: &Move) -> bool {
        let (told, answers) = self.telling(mv);
        let wishes = || inquiry::is_wish(&self.text, &self.heard());
        mv.priority == Priority::Normal
            && (told >= ENOUGH && (answers || wishes()) || told > 0 && self.asks_for_its_kind(mv, wishes()))
    }

    /// "I need a transit", "hire a transit" where a move begins with "hire a van", and a transit is an option of its `van`.
    fn asks_for_its_kind(&self, mv: &Move, wishes: bool) -> bool {
        let (language, heard) = (self.language(), self.heard());
        let patterns = self.patterns(mv);
        let of_a_pattern = |word: &Word| word.tells() && patterns.iter().any(|own| own.holds(word));
        let leads = |start: usize| {
            let before = heard.words.partition_point(|word| word.start < start);
            match &heard.words[..before] {
                [.., verb, article] if article.is(Cue::ArticleIndefinite) => wishes || of_a_pattern(verb),
                _ => false,
            }
        };
        mv.slots.iter().any(|slot| {
            let SlotType::Enum(options) = effective_type(slot) else { return false };
            let shared = &self.input.header.vocabulary;
            let vocabulary = Vocabulary { own: &slot.vocabulary, shared, ..Vocabulary::default() };
            let stated = slots::stated_options(options, vocabulary.in_passing(), &heard);
            let begins = || slots::name(language, slot).words.iter().any(of_a_pattern);
            stated.iter().any(|chosen| leads(chosen.start)) && begins()
        })
    }

    /// For how many slots of a move something is said that is theirs by what it is: an option, a code, a yes or a no by the slot's
    /// name, a number by the noun that it counts. A day or a bare number may be anything's. And whether a code or a yes or no is
    /// among them.
    fn telling(&self, mv: &Move) -> (usize, bool) {
        let scan = Scan::over(&self.text, self.heard(), &mv.slots, &self.reference);
        let scan = scan.knowing(&self.input.header.vocabulary).among(&mv.slots);
        let slots: Vec<&Slot> = mv.slots.iter().collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let tells = |slot: &Slot, found: &Found| match effective_type(slot).item() {
            SlotType::Enum(_) | SlotType::Pattern(_) | SlotType::Boolean => true,
            // "back by 5" for `bring_back`
            _ => slots::is_named_for(slot, &scan, found),
        };
        let said = slots::mentions(&slots, &names, &scan, &[]);
        let said = said.into_iter().filter(|said| tells(slots[said.slot], &said.found));
        let mut told: Vec<&str> = said.map(|said| names[said.slot]).collect();
        let so = self.said_to_be_so(mv, &slots, &scan, &[]);
        told.extend(so.iter().filter_map(|so| names.iter().copied().find(|name| *name == so.slot)));
        told.sort_unstable();
        told.dedup();
        let answers = |name: &&str| {
            let slot = mv.slots.iter().find(|slot| slot.name == **name);
            slot.is_some_and(|slot| matches!(effective_type(slot), SlotType::Boolean | SlotType::Pattern(_)))
        };
        (told.len(), told.iter().any(answers))
    }

    /// The slots of a move that the utterance says values for.
    pub(super) fn slots_said<'m>(&self, mv: &'m Move) -> Vec<&'m Slot> {
        let scan = Scan::over(&self.text, self.heard(), &mv.slots, &self.reference);
        let scan = scan.knowing(&self.input.header.vocabulary).among(&mv.slots);
        let slots: Vec<&Slot> = mv.slots.iter().collect();
        let names: Vec<&str> = mv.slots.iter().map(|slot| slot.name.as_str()).collect();
        let mut said: Vec<usize> = slots::mentions(&slots, &names, &scan, &[]).iter().map(|found| found.slot).collect();
        said.sort_unstable();
        said.dedup();
        said.into_iter().map(|index| slots[index]).collect()
    }

    /// What the candidates come to.
    pub(super) fn choose<'c>(&self, candidates: &'c [Candidate]) -> Decision<'c> {
        let Some(best) = candidates.first() else { return Decision::Nothing };
        if best.score >= self.threshold_for(best) {
            return Decision::Enter(best);
        }
        let close = candidates.iter().skip(1).filter(|other| best.score - other.score <= TOO_CLOSE);
        if let Some(enough) = close.clone().find(|other| other.score >= self.threshold_for(other)) {
            return Decision::Enter(enough);
        }
        if best.score < WORTH_ASKING {
            return Decision::Nothing;
        }
        if let Some(other) = close.clone().next() {
            return Decision::Which(best, other);
        }
        let knows = self.move_at(best.move_index).is_some_and(|mv| knows_uncertainty(&mv));
        if knows { Decision::Enter(best) } else { Decision::Guess(best) }
    }

    /// Enters the move of a candidate.
    pub(super) fn enter(&mut self, candidate: &Candidate, text: &str, certain: bool) -> Result<(), Halt> {
        let Some(mv) = self.move_at(candidate.move_index) else { return Ok(()) };
        let mut frame = Frame::new(&mv.name, candidate.score);
        frame.certain = certain;
        self.answer_as(&mv.name, candidate.score);
        self.activate(frame);
        self.fill_from_match(&mv, candidate, text);
        self.advance(Entry::Fresh)
    }

    /// Asks whether the best guess is right.
    pub(super) fn guess(&mut self, candidate: &Candidate, text: &str) {
        let name = self.name_of(candidate);
        self.guess_move(&name, candidate.score, text);
    }

    fn guess_move(&mut self, name: &str, score: f64, text: &str) {
        self.answer_as(name, score);
        let label = self.label_of(name);
        self.say(&wording::guess(&label));
        self.tell.choices = wording::yes_and_no(self.language());
        self.activate(Frame::new(name, score));
        self.open(Open::Guess { utterance: text.to_owned() });
    }

    /// The only move of which an unmatched utterance names options, "got a broken washer that has to go" where washers are
    /// collected, or a thing that it asks about, or of several the one that most is said for: worth asking about.
    fn speaks_for(&self) -> Option<String> {
        let heard = self.heard();
        let asks = strings::is_question(&self.text, &heard);
        if asks && !inquiry::is_wish(&self.text, &heard) {
            return None;
        }
        let header = &self.input.header;
        let names_an_option = |slot: &Slot| {
            let SlotType::Enum(options) = slots::effective_type(slot).item() else { return false };
            let vocabulary = Vocabulary { own: &slot.vocabulary, shared: &header.vocabulary, ..Vocabulary::default() };
            !slots::is_yes_no(self.language(), slot)
                && !slots::stated_options(options, vocabulary.in_passing(), &heard).is_empty()
        };
        let named: Vec<Arc<Move>> = (0..self.input.game.move_count().min(MAX_MOVES_SPOKEN_FOR))
            .filter(|index| self.admits(*index))
            .filter_map(|index| self.move_at(index))
            .filter(|mv| mv.priority == Priority::Normal && !mv.triggers.is_empty())
            .filter(|mv| mv.slots.iter().any(names_an_option))
            .collect();
        match named.as_slice() {
            [] => None,
            // "can we keep the room?" names an option, and wishes for no other thing.
            [only] => (!asks || self.bears_out(only)).then(|| only.name.clone()),
            several => {
                let told: Vec<usize> = several.iter().map(|mv| self.telling(mv).0).collect();
                let most = *told.iter().max()?;
                let mut best = several.iter().zip(&told).filter(|(_, told)| **told == most);
                best.next().filter(|_| most > 1 && best.next().is_none()).map(|(mv, _)| mv.name.clone())
            }
        }
    }

    /// "id like a tour for two tomorrow at 5": the only move of which the most telling words are said that no other move has, as so. A
    /// few words that no phrase has are no request ("change my plan").
    fn told_by_a_word(&self) -> Option<String> {
        const LEAST_WORDS: usize = 6;
        let heard = self.heard();
        if heard.len() < LEAST_WORDS {
            return None;
        }
        let year = Some(i32::from(self.reference.now.year()));
        let tells = |word: &&Word| {
            word.class == Class::CONTENT
                && !word.has_digit()
                && polarity(&heard.tokens, word.token, word.token + 1, year) == Polarity::Asserted
        };
        let said: BTreeSet<u64> =
            heard.words.iter().filter(tells).map(|word| word.stem(heard.language).hash()).collect();
        // What is said to a colleague is the colleague's to understand.
        if said.is_empty() || self.state.handover.is_some() {
            return None;
        }
        let moves = (0..self.input.game.move_count().min(MAX_MOVES_SPOKEN_FOR)).filter(|index| self.admits(*index));
        let known: Vec<(Arc<Move>, BTreeSet<u64>)> = moves
            .filter_map(|index| self.move_at(index))
            .filter(|mv| !mv.triggers.is_empty())
            .map(|mv| (Arc::clone(&mv), &self.words_of_a_move(&mv) & &said))
            .collect();
        let own = |(mv, words): &(Arc<Move>, BTreeSet<u64>)| {
            let other = |word: &&u64| known.iter().any(|(other, words)| other.name != mv.name && words.contains(*word));
            words.iter().filter(|word| !other(word)).count()
        };
        let most = known.iter().map(own).max().filter(|most| *most > 0)?;
        let mut best = known.iter().filter(|known| own(known) == most);
        best.next()
            .filter(|(mv, _)| best.next().is_none() && mv.priority == Priority::Normal)
            .map(|(mv, _)| mv.name.clone())
    }

    fn ask_which(&mut self, first: &Candidate, second: &Candidate, text: &str) {
        let options: Vec<(String, String)> = [first, second]
            .map(|candidate| self.name_of(candidate))
            .into_iter()
            .map(|name| (self.label_of(&name), name))
            .collect();
        let labels: Vec<String> = options.iter().map(|(label, _)| label.clone()).collect();
        let name = self.name_of(first);
        self.answer_as(&name, first.score);
        self.say(&wording::which(&labels));
        self.tell.choices = labels;
        self.activate(Frame::new(&name, first.score));
        self.open(Open::Which { options, utterance: text.to_owned() });
    }

    /// Nothing of the game was meant: says so, and what can be done here.
    pub(super) fn no_match(&mut self) -> Result<(), Halt> {
        if self.waits_for_agent() {
            return Ok(());
        }
        if self.say_unless_replaced(Replaceable::Unclear)? == Words::BuiltIn {
            self.say_abilities();
        }
        Ok(())
    }

    /// Greets, and says what can be done here.
    fn greet(&mut self) -> Result<(), Halt> {
        if self.waits_for_agent() {
            return Ok(());
        }
        self.say(wording::GREETED);
        self.say_abilities();
        Ok(())
    }

    /// The candidate that interrupts the move under way: another move that the utterance means at least as plainly, at
    /// or above its threshold.
    pub(super) fn interruption(&mut self) -> Option<Candidate> {
        self.state.active.as_ref()?;
        let candidates = self.candidates();
        let best = candidates.iter().find(|candidate| {
            candidate.standing == Standing::Full && candidate.score >= self.threshold_for(candidate)
        })?;
        let name = self.name_of(best);
        // A move that waits for the part that asks is under way as well.
        let own = self.state.active.iter().flat_map(Frame::with_callers).any(|frame| frame.move_id == name);
        (!own && best.score >= WORTH_ASKING).then(|| best.clone())
    }

    /// How the utterance matches the move under way.
    pub(super) fn own_match(&mut self) -> Option<Candidate> {
        let own = self.input.game.find_move(&self.state.active.as_ref()?.move_id)?;
        self.candidates().iter().find(|candidate| candidate.move_index == own).cloned()
    }

    /// Goes to another move; the one under way waits.
    pub(super) fn digress(&mut self, candidate: &Candidate) -> Result<(), Halt> {
        self.tell.reading = Reading::Digression;
        let name = self.name_of(candidate);
        let own = self.state.active.as_ref().map(|frame| frame.move_id.clone());
        self.suspend(Interruption::Digression);
        let mut heard = self.hear();
        heard.moves.retain(|said| own.as_ref() != Some(&said.name));
        if !heard.moves.iter().any(|said| said.name == name) {
            heard.moves = vec![heard.whole(candidate, name)];
        }
        let readings = heard.moves.clone();
        self.take_up(&heard, &readings)
    }

    /// Whether a candidate claims a repair's phrase for the game.
    pub(super) fn claimed(&mut self) -> Option<String> {
        let candidates = self.candidates();
        let best = candidates.first()?;
        // What the author wrote counts as meant, whatever a match of its kind may score at most.
        let plain =
            best.score >= self.threshold_for(best) && (best.score >= CLAIMS || best.verbatim) && best.literal_words > 0;
        let phrase = self.heard();
        let (first, last) = (phrase.words.first()?, phrase.words.last()?);
        // A pattern that explains a part ("cancel" in "never mind, cancel") claims the phrase as well.
        let touches = best.span.0 < last.end && best.span.1 > first.start;
        (plain && touches).then(|| self.name_of(best))
    }

    /// Degraded: the state is not to be had, so the utterance is matched and answered, and nothing is collected.
    fn converse_without_state(&mut self) -> Result<(), Halt> {
        let turns = self.state.turns;
        self.state = super::Conversation { turns, ..Default::default() };
        let candidates = self.candidates();
        let text = self.text.clone();
        match self.choose(&candidates) {
            Decision::Enter(candidate) => {
                let collects = self.move_at(candidate.move_index).is_some_and(|mv| !mv.slots.is_empty());
                if collects {
                    let name = self.name_of(candidate);
                    self.answer_as(&name, candidate.score);
                    self.say(wording::NOT_NOW);
                } else {
                    self.enter(candidate, &text, false)?;
                }
            }
            _ => self.no_match()?,
        }
        // What was asked cannot be answered: nothing is remembered.
        self.state = super::Conversation { turns, ..Default::default() };
        Ok(())
    }
}

/// Whether something urgent is only near in meaning, or a service alone says so: that is asked about.
fn says_urgent(candidate: &Candidate) -> bool {
    candidate.stage.is_near() && candidate.priority == Priority::Urgent
}

/// What the candidates of an utterance come to.
pub(super) enum Decision<'c> {
    /// Nothing worth asking about.
    Nothing,
    /// This move, whose blocks know what to do about its score.
    Enter(&'c Candidate),
    /// Probably this move, which has no words for uncertainty of its own.
    Guess(&'c Candidate),
    /// One of these two.
    Which(&'c Candidate, &'c Candidate),
}

impl Decision<'_> {
    /// Whether something urgent may be meant: it is asked about at once, and no service is waited for.
    fn is_urgent(&self) -> bool {
        match self {
            Decision::Nothing => false,
            Decision::Enter(only) | Decision::Guess(only) => only.priority != Priority::Normal,
            Decision::Which(first, second) => [first, second].iter().any(|one| one.priority != Priority::Normal),
        }
    }
}
