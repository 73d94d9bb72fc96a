//! A turn in progress: what it reads, what it has said so far, and what it will leave behind.
//!
//! The order in which an utterance is read is in `turn`; what blocks do in `blocks`; how a move goes on in `flow`.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::answers::Question;
use super::conditions;
use super::firewall;
use super::hear::Span;
use super::state::{Conversation, Frame};
use super::understanding::Understood;
use super::{
    CallRecord, CapabilityCall, CapabilityResult, Filled, MAX_UTTERANCE_CHARS, Negotiation, NegotiationRound, Turn,
    wording,
};
use super::{danger, inquiry};
use crate::compiled::CompiledGame;
use crate::entities::{BusinessHours, Direction, Place, Reference};
use crate::ir::{self, Move, Priority, Threshold, confidence_level};
use crate::language::{Class, Language, Locale};
use crate::matcher::{self, Candidate, Query, Stage, Standing};
use crate::slots::strings;
use crate::template::View;
use crate::text::{Break, Heard, Tokens, Word, between_marks};

/// Stops a turn until the host has made the call.
pub(super) type Halt = Box<CapabilityCall>;

/// Candidates below this are not worth asking about.
pub(super) const WORTH_ASKING: f64 = 0.4;
/// `adaptive` starts here.
const ADAPTIVE_START: f64 = 0.7;
/// A weighted threshold stays within these.
const WEIGHTED_BOUNDS: (f64, f64) = (0.2, 0.95);
/// Two scores closer than this are as good as equal.
pub(super) const TOO_CLOSE: f64 = 0.05;
/// A fuzzy match scores no more, even verbatim.
const FUZZY_MOST: f64 = 0.9;

/// How a turn's utterance was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Reading {
    #[default]
    Match,
    Answer,
    Correction,
    Digression,
    Repair,
    Choice,
    Negotiation,
    Confirmation,
}

impl Reading {
    pub(super) fn name(self) -> &'static str {
        match self {
            Reading::Match => "match",
            Reading::Answer => "answer",
            Reading::Correction => "correction",
            Reading::Digression => "digression",
            Reading::Repair => "repair",
            Reading::Choice => "choice",
            Reading::Negotiation => "negotiation",
            Reading::Confirmation => "confirmation",
        }
    }
}

/// What came in. It does not change while the turn runs.
pub(super) struct Input<'a> {
    pub(super) game: &'a CompiledGame,
    pub(super) header: Arc<ir::Game>,
    pub(super) turn: &'a Turn,
    pub(super) results: &'a [CapabilityResult],
    pub(super) participant: &'a str,
    /// The utterance, as it came.
    pub(super) user_input: String,
    /// The utterance, sanitized.
    pub(super) utterance: String,
    pub(super) firewall_triggered: bool,
}

/// What the turn says and leaves.
#[derive(Default)]
pub(super) struct Tell {
    pub(super) sentences: Vec<String>,
    pub(super) choices: Vec<String>,
    /// What choosing one says, where that is not the choice itself.
    pub(super) choice_values: BTreeMap<String, String>,
    pub(super) attachments: Vec<Value>,
    pub(super) answered_by: Option<(String, f64)>,
    /// The moves that were said or resumed in this turn, with their scores.
    pub(super) also: Vec<(String, f64)>,
    pub(super) cancelled: bool,
    pub(super) escalated_to: Option<String>,
    /// How long the person waits there, and the `else` of it.
    pub(super) escalation: Option<ir::Escalation>,
    pub(super) warns_agent: bool,
    /// The hand-over that this turn ended.
    pub(super) ended_handover: Option<super::HandoverStatus>,
    /// The move as a part of which that one answered.
    pub(super) answered_in: Option<String>,
    pub(super) slots_filled: bool,
    pub(super) completed_slots: Option<(String, Map<String, Value>)>,
    pub(super) filled: Vec<Filled>,
    pub(super) refused_slot: Option<String>,
    pub(super) given_up_slot: Option<String>,
    pub(super) negotiation: Option<Negotiation>,
    pub(super) calls: Vec<CallRecord>,
    pub(super) action: Option<String>,
    pub(super) findings: Vec<String>,
    /// The moves that were heard, with what recognised them.
    pub(super) recognised: Vec<(String, matcher::Stage)>,
    pub(super) learning: Vec<String>,
    pub(super) reading: Reading,
    pub(super) blocks: Vec<u32>,
    pub(super) explained_slots: Vec<(String, Value, String)>,
    pub(super) checks: Vec<(String, String, super::Checked)>,
    pub(super) doubts: Vec<(String, super::Doubt)>,
}

/// The move that is running.
#[derive(Default)]
pub(super) struct Running {
    pub(super) last_call: Option<bool>,
    pub(super) last_call_handled: bool,
    pub(super) last_made: Option<ir::Call>,
    pub(super) reconsider: bool,
    /// The slot whose retries ran out.
    pub(super) gave_up: Option<String>,
    /// The slot whose rules are looked at: `value` is its value.
    pub(super) judged: Option<String>,
    /// The slot that the block which runs says is missing.
    pub(super) missing: Option<String>,
    /// The event that the turn is.
    pub(super) event: Option<super::Event>,
    pub(super) threshold: Option<f64>,
    pub(super) rounds: Vec<NegotiationRound>,
    pub(super) negotiated: Option<String>,
    pub(super) delegations: usize,
    pub(super) retries: usize,
}

/// What is still to be done in this turn.
#[derive(Default)]
pub(super) struct Agenda {
    /// Moves that are to run, the next one first.
    pub(super) moves: std::collections::VecDeque<Frame>,
    /// What of the waiting moves is to be named before the next question.
    pub(super) announced: Vec<String>,
    /// Why something that was said beside is not stored; said before the next question.
    pub(super) refusals: Vec<String>,
    /// The move that was asked about and is not meant.
    pub(super) ruled_out: Option<String>,
    /// How often another move was gone on with.
    pub(super) resumed: usize,
}

/// A turn in progress.
pub(super) struct Run<'a> {
    pub(super) input: Input<'a>,
    pub(super) state: Conversation,
    pub(super) tell: Tell,
    pub(super) running: Running,
    pub(super) agenda: Agenda,
    /// The part of the utterance that is being read, and what it may mean.
    pub(super) text: String,
    /// Its words, cut when they are first asked for.
    pub(super) words: OnceCell<Rc<Heard>>,
    pub(super) matches: Option<Arc<Vec<Candidate>>>,
    /// What the understanding service has said, once it was asked.
    pub(super) understood: Option<Understood>,
    /// Memory that matching works in.
    scratch: RefCell<matcher::Scratch>,
    /// The move that was asked for last, which is mostly asked for again.
    looked_up: RefCell<Option<Arc<Move>>>,
    /// The questions of slots that were looked at.
    pub(super) questions: RefCell<Vec<Rc<Question>>>,
    /// The words of the patterns of moves that were looked at, by the move's name.
    patterns: RefCell<Vec<(String, Rc<[Heard]>)>>,
    /// The stems of words that moves are about that are not urgent.
    pub(super) usual: OnceCell<BTreeSet<u64>>,
    pub(super) reference: Reference,
    pub(super) locale: Locale,
    /// Capability calls whose results are in, and what they brought.
    pub(super) calls_made: usize,
    pub(super) result: Map<String, Value>,
    /// The move that was under way when the turn began.
    pub(super) began: Option<Frame>,
    /// Whether the utterance was cut.
    pub(super) cut: bool,
    /// Whether the utterance asked for the language that is spoken from now on.
    pub(super) changes_language: bool,
}

impl<'a> Run<'a> {
    /// `heard` are the words of the turn's text, where they are cut already.
    pub(super) fn new(
        game: &'a CompiledGame,
        state: Conversation,
        turn: &'a Turn,
        results: &'a [CapabilityResult],
        heard: Option<Heard>,
    ) -> Run<'a> {
        let cut = first_chars(&turn.text, MAX_UTTERANCE_CHARS);
        let cut = (cut < turn.text.len()).then_some(cut);
        let user_input = turn.text[..cut.unwrap_or(turn.text.len())].to_owned();
        let header = game.header();
        let locale = Locale::of_turn(&header, turn.context.get("locale").and_then(Value::as_str));
        let hours = header.business_hours;
        let sanitized = firewall::sanitize(locale.language, &user_input, heard.filter(|_| cut.is_none()));
        let began = state.active.clone();
        let input = Input {
            game,
            header,
            turn,
            results,
            participant: if turn.participant.is_empty() { "user" } else { &turn.participant },
            user_input,
            utterance: sanitized.text.clone(),
            firewall_triggered: sanitized.triggered,
        };
        let words = sanitized.heard.map_or_else(OnceCell::new, OnceCell::from);
        let mut run = Run {
            input,
            state,
            tell: Tell::default(),
            running: Running::default(),
            agenda: Agenda::default(),
            text: sanitized.text,
            words,
            matches: None,
            understood: None,
            scratch: RefCell::default(),
            looked_up: RefCell::default(),
            questions: RefCell::default(),
            patterns: RefCell::default(),
            usual: OnceCell::new(),
            reference: reference(locale, hours, turn),
            locale,
            calls_made: 0,
            result: Map::new(),
            began,
            cut: cut.is_some(),
            changes_language: false,
        };
        run.running.event.clone_from(&turn.event);
        if run.cut {
            run.finding("E207");
        }
        run
    }

    /// The same in a language that the game is written in.
    pub(super) fn speaking(mut self, tag: &str) -> Run<'a> {
        self.changes_language = !self.state.language.is_empty() && self.state.language != tag;
        tag.clone_into(&mut self.state.language);
        self
    }

    /// The language of the conversation.
    pub(super) fn language(&self) -> &'static Language {
        self.locale.language
    }

    /// The words of what is being read.
    pub(super) fn heard(&self) -> Rc<Heard> {
        Rc::clone(self.words.get_or_init(|| {
            let mut scratch = self.scratch.borrow_mut();
            let tokens = matcher::words(self.input.game, self.language(), &self.text, &mut scratch);
            Rc::new(Heard::over(self.language(), &self.text, tokens))
        }))
    }

    /// The words of a text, which is often what is being read.
    pub(super) fn heard_in(&self, text: &str) -> Rc<Heard> {
        if text == self.text { self.heard() } else { self.heard().beside(text) }
    }

    // ---- speaking -------------------------------------------------------------------------------------------

    /// Adds text to the response.
    pub(super) fn say(&mut self, text: impl wording::Said) {
        let text = text.said(self.language());
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        // Where a value is missing, the spaces around it are left over.
        let spaced = |(one, next): (&u8, &u8)| *next == b' ' && matches!(one, b' ' | b'\n');
        // To look at all of it takes less than to look for the first.
        let bytes = text.as_bytes();
        if !bytes.iter().zip(&bytes[1..]).fold(false, |found, pair| found | spaced(pair)) {
            self.tell.sentences.push(text.to_owned());
            return;
        }
        let mut said = String::with_capacity(text.len());
        for character in text.chars() {
            if character != ' ' || !said.ends_with([' ', '\n']) {
                said.push(character);
            }
        }
        self.tell.sentences.push(said);
    }

    /// Notes a run-time finding, once.
    pub(super) fn finding(&mut self, code: &str) {
        if !self.tell.findings.iter().any(|known| known == code) {
            self.tell.findings.push(code.to_owned());
        }
    }

    /// Fills a template in from the values in scope.
    pub(super) fn render(&mut self, template: &ir::Template) -> String {
        let template = self.one_of(template);
        self.render_plain(template)
    }

    /// The same for a template that is one text.
    pub(super) fn render_plain(&mut self, template: &ir::Template) -> String {
        let view =
            View { locale: self.locale, today: Some(self.reference.now.date()), types: &|path| self.slot_type(path) };
        let rendered = crate::template::render(template, &|path| self.labelled(path), &view);
        for finding in &rendered.findings {
            self.finding(finding.code);
        }
        rendered.text
    }

    /// The move that answers this turn is the first that has something to do with it.
    pub(super) fn answer_as(&mut self, move_id: &str, score: f64) {
        if self.tell.answered_by.is_none() {
            self.tell.answered_by = Some((move_id.to_owned(), score));
            self.tell.answered_in = self.caller_of(move_id);
        }
    }

    /// The move that has called this one as a part, where it is under way so; of several, the first.
    fn caller_of(&self, move_id: &str) -> Option<String> {
        let frame = self.state.active.as_ref().filter(|frame| frame.move_id == move_id)?;
        frame.with_callers().skip(1).last().map(|frame| frame.move_id.clone())
    }

    // ---- moves and matching ---------------------------------------------------------------------------------

    /// The move of that name.
    pub(super) fn move_named(&self, name: &str) -> Option<Arc<Move>> {
        let known = self.looked_up.borrow().as_ref().filter(|known| known.name == name).cloned();
        if let Some(known) = known {
            return Some(self.with_options(known));
        }
        let found = self.input.game.move_at(self.input.game.find_move(name)?)?;
        *self.looked_up.borrow_mut() = Some(Arc::clone(&found));
        Some(self.with_options(found))
    }

    /// A move, its options taken from the context where they stand there.
    pub(super) fn move_at(&self, index: usize) -> Option<Arc<Move>> {
        self.input.game.move_at(index).map(|mv| self.with_options(mv))
    }

    /// The move under way.
    pub(super) fn active_move(&self) -> Option<Arc<Move>> {
        self.move_named(&self.state.active.as_ref()?.move_id)
    }

    /// What the utterance may mean, best first; found once a turn.
    pub(super) fn candidates(&mut self) -> Arc<Vec<Candidate>> {
        if let Some(found) = &self.matches {
            return Arc::clone(found);
        }
        let found = Arc::new(self.matches_of(&self.text));
        self.matches = Some(Arc::clone(&found));
        found
    }

    /// What a text may mean, best first.
    pub(super) fn matches_of(&self, text: &str) -> Vec<Candidate> {
        self.find(text, None, &|index| self.admits(index))
    }

    /// What a part of the utterance may mean, best first.
    pub(super) fn matches_in(&self, span: Span) -> Option<Vec<Candidate>> {
        let text = self.text.get(span.0..span.1)?;
        let part = (text.len() < self.text.len()).then(|| Rc::new(self.heard().tokens.part(span)));
        Some(self.find(text, part, &|index| self.admits(index)))
    }

    /// How one move matches a text.
    pub(super) fn match_of(&self, text: &str, move_id: &str) -> Option<Candidate> {
        let wanted = self.input.game.find_move(move_id)?;
        self.find(text, None, &|index| index == wanted).into_iter().find(|candidate| candidate.move_index == wanted)
    }

    fn find(&self, text: &str, cut: Option<Rc<Tokens>>, admits: &dyn Fn(usize) -> bool) -> Vec<Candidate> {
        let query = Query {
            text,
            participant: self.input.participant,
            reference: &self.reference,
            admits,
            plausible: &|index| self.plausible(index),
        };
        // Of another text only what the patterns need is cut.
        let cut = cut.or_else(|| (text == self.text).then(|| Rc::clone(&self.heard().tokens)));
        let mut scratch = self.scratch.borrow_mut();
        let mut found = match &cut {
            Some(tokens) => matcher::find_cut(self.input.game, &query, tokens, &mut scratch),
            None => matcher::find_with(self.input.game, &query, &mut scratch),
        };
        drop(scratch);
        // "I am not sure yet" speaks about the conversation: what it comes near to in meaning says nothing.
        self.add_understood(text, admits, &mut found);
        let near = |candidate: &Candidate| candidate.stage.is_near();
        if found.iter().any(near) && strings::is_about_the_talk(&self.heard_in(text)) {
            found.retain(|candidate| !near(candidate));
        }
        for candidate in &mut found {
            candidate.score = rounded(candidate.score);
        }
        self.leave_out_questions(text, &mut found);
        self.trust_verbatim(&mut found);
        let enough = |candidate: &Candidate| {
            candidate.standing == Standing::Full && candidate.score >= self.threshold_for(candidate)
        };
        if found.iter().any(enough) {
            found.retain(|candidate| candidate.standing == Standing::Full);
        } else {
            crate::order::sort_by(&mut found, |one, other| other.score.total_cmp(&one.score));
        }
        found
    }

    /// What the utterance may mean where a pattern's captures take whatever stands in their place.
    pub(super) fn matches_untyped(&self) -> Vec<Candidate> {
        let query = Query {
            text: &self.text,
            participant: self.input.participant,
            reference: &self.reference,
            admits: &|index| self.admits(index),
            plausible: &|_| false,
        };
        matcher::find_untyped(self.input.game, &query, &mut self.scratch.borrow_mut())
    }

    /// The words of a move's patterns, cut once a turn.
    pub(super) fn patterns(&self, mv: &Move) -> Rc<[Heard]> {
        let mut read = self.patterns.borrow_mut();
        if let Some((_, known)) = read.iter().find(|(name, _)| *name == mv.name) {
            return Rc::clone(known);
        }
        let patterns = mv.triggers.iter().flat_map(|trigger| &trigger.patterns);
        let cut: Rc<[Heard]> = patterns.map(|pattern| Heard::of(self.language(), &pattern.text)).collect();
        read.push((mv.name.clone(), Rc::clone(&cut)));
        cut
    }

    /// The urgent move of which a text says telling words and nothing else: worth asking about.
    pub(super) fn urgent_word(&self, text: &str) -> Option<Candidate> {
        let admits = |index| self.admits(index);
        let query = Query {
            text,
            participant: self.input.participant,
            reference: &self.reference,
            admits: &admits,
            plausible: &|_| false,
        };
        let found = matcher::urgent_word(self.input.game, &query, &mut self.scratch.borrow_mut());
        let mut found: Vec<Candidate> = found.into_iter().collect();
        self.leave_out_questions(text, &mut found);
        found.pop().filter(|_| self.state.handover.is_none())
    }

    /// "is there a fire alarm?" and "it isn't bleeding any more" are no emergencies; and what only comes near to one is none where
    /// something is asked, where somebody speaks in jest, or in no word that tells anything.
    fn leave_out_questions(&self, text: &str, found: &mut Vec<Candidate>) {
        let urgent = |candidate: &Candidate| candidate.priority == Priority::Urgent;
        if !found.iter().any(urgent) {
            return;
        }
        let heard = self.heard_in(text);
        // Accents make no difference but where one word is two: a "que" at the head is no "qué".
        let opens = heard
            .words
            .iter()
            .find(|word| !strings::is_hesitation(word))
            .filter(|first| first.class.is(Class::THAT) && !text.contains('?'));
        let conjoins = opens.is_some_and(|first| text.get(first.start..first.end).is_some_and(str::is_ascii));
        let asks = !conjoins && inquiry::is_of_others(text, &heard);
        found.retain(|candidate| {
            if !urgent(candidate) {
                return true;
            }
            let near = candidate.score < self.threshold_for(candidate) || candidate.stage.is_near();
            let in_jest = || candidate.stage.is_near() && danger::is_only_in_jest(&heard);
            !(asks && near
                || in_jest()
                || candidate.stage == Stage::Meaning && !self.is_near_in_a_word(&heard, candidate)
                || self.is_only_told(text, &heard, candidate)
                || inquiry::about(text, &heard, candidate) == Some(inquiry::About::Thing)
                || inquiry::has_stopped(&heard, candidate))
        });
    }

    /// Whether an emergency is only what was heard of, what used to be so, or why something is so, and over: "I read about a fire",
    /// "because of that fire", "it flooded every winter", "because we had a fire last year".
    fn is_only_told(&self, text: &str, heard: &Heard, candidate: &Candidate) -> bool {
        let Some(said) = heard.tokens.range_of(candidate.span) else { return false };
        let clause = between_marks(&heard.words).find(|clause| clause.iter().any(|word| word.token >= said.0));
        let Some([opens, .., ends]) = clause else { return false };
        // What only comes near to it comes so as a whole.
        let words = if candidate.stage.is_near() { (opens.token, ends.token + 1) } else { said };
        let plain = Class::BUT.and(Class::DATING);
        let reason = |word: &&Word| word.token < said.0 && word.class.is(Class::BREAK) && !word.class.is(plain);
        let joined = heard.tokens.as_slice()[words.0].before == Break::None || candidate.stage.is_near();
        joined && inquiry::is_told_of(heard, words)
            || inquiry::is_habit(heard, words)
            || clause.is_some_and(|clause| clause.iter().any(|word| reason(&word)))
                && text.get(opens.start..ends.end).is_some_and(|clause| self.tells_of_the_past(clause))
    }

    /// A pattern typed as it stands is what its author meant: it reaches the threshold of its own move, up to what its
    /// kind of match may score at most, unless another move is as near.
    fn trust_verbatim(&self, found: &mut [Candidate]) {
        let Some((best, others)) = found.split_first_mut() else { return };
        let alone = others.iter().all(|other| best.score - other.score > TOO_CLOSE);
        if best.verbatim && alone {
            best.score = best.score.max(self.threshold_for(best).min(if best.fuzzy { FUZZY_MOST } else { 1.0 }));
        }
    }

    /// Whether a move's context guard holds.
    pub(super) fn admits(&self, index: usize) -> bool {
        let Some(mv) = self.input.game.move_at(index) else { return false };
        if self.agenda.ruled_out.as_ref() == Some(&mv.name) {
            return false;
        }
        mv.guard.iter().all(|item| conditions::admits(item, &|path| self.context_value(path).map(Cow::into_owned)))
    }

    /// Whether the conversation so far makes a move plausible: it is under way or was, a move that hands over to it was,
    /// or a move that speaks of the same things (shares the name of a slot or capture) was.
    fn plausible(&self, index: usize) -> bool {
        let Some(mv) = self.input.game.move_at(index) else { return false };
        let under_way = self.state.active.iter().chain(&self.state.suspended).map(|frame| frame.move_id.as_str());
        let before = || under_way.clone().chain(self.state.recent.iter().map(String::as_str));
        if before().any(|name| name == mv.name) {
            return true;
        }
        let topics = topics(&mv);
        before().filter_map(|name| self.move_named(name)).any(|earlier| {
            delegates_to(&earlier, &mv.name) || self::topics(&earlier).iter().any(|topic| topics.contains(topic))
        })
    }

    /// The name of a candidate's move.
    pub(super) fn name_of(&self, candidate: &Candidate) -> String {
        self.input.game.move_at(candidate.move_index).map(|mv| mv.name.clone()).unwrap_or_default()
    }

    /// The score that a move asks for.
    pub(super) fn threshold_of(&self, threshold: &Threshold) -> f64 {
        match threshold {
            Threshold::Fixed(value) => *value,
            Threshold::Adaptive => ADAPTIVE_START,
            Threshold::Weighted { base, by } => {
                let share = |path: &[String]| {
                    self.value_in_scope(path)
                        .and_then(|value| crate::template::numeric(&value))
                        .filter(|number| (0.0..=1.0).contains(number))
                };
                let base = match base.as_deref() {
                    None => None,
                    Some([level]) if confidence_level(level).is_some() => confidence_level(level),
                    Some(path) => share(path),
                };
                let base = base.unwrap_or(ADAPTIVE_START);
                (base * share(by).unwrap_or(1.0)).clamp(WEIGHTED_BOUNDS.0, WEIGHTED_BOUNDS.1)
            }
        }
    }

    /// The score that a candidate's move asks for.
    pub(super) fn threshold_for(&self, candidate: &Candidate) -> f64 {
        self.input.game.move_at(candidate.move_index).map_or(1.0, |mv| self.threshold_of(&mv.threshold))
    }

    /// What a move of the game is called where it is named to the person.
    pub(super) fn label_of(&self, name: &str) -> String {
        let found = self.input.game.find_move(name).and_then(|index| self.input.game.move_at(index));
        found.map_or_else(|| crate::text::readable(name), |mv| wording::move_label(&mv))
    }

    /// The moves that can be named to the person now, as people would say them; nobody is offered an emergency.
    pub(super) fn abilities(&self) -> Option<wording::Filled> {
        let named: Vec<String> = (0..self.input.game.move_count())
            .filter(|index| self.admits(*index))
            .filter_map(|index| self.input.game.move_at(index))
            .filter(|mv| wording::is_named(mv) && mv.priority != Priority::Urgent)
            .take(wording::MAX_COUNTED_MOVES)
            .map(|mv| wording::move_label(&mv))
            .collect();
        wording::abilities(&named)
    }
}

/// How many bytes the first characters of a text take, so many of them as it has at most.
pub(super) fn first_chars(text: &str, count: usize) -> usize {
    let end = (text.len() > count).then(|| text.char_indices().nth(count)).flatten();
    end.map_or(text.len(), |(end, _)| end)
}

/// The speaker's local time, from the turn's.
fn reference(locale: Locale, hours: Option<BusinessHours>, turn: &Turn) -> Reference {
    let epoch = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let offset = jiff::tz::Offset::from_seconds(turn.offset_seconds).unwrap_or(jiff::tz::Offset::UTC);
    let now = jiff::Timestamp::from_millisecond(turn.now_ms).map_or(epoch, |now| offset.to_datetime(now));
    Reference {
        now,
        offset_seconds: offset.seconds(),
        direction: Direction::Future,
        language: locale.language.spoken(),
        place: Place { business_hours: hours.unwrap_or_default(), ..locale.place() },
    }
}

/// Scores are kept to four places: enough to tell candidates apart, and short enough to be written and read back the same.
pub(super) fn rounded(score: f64) -> f64 {
    const PLACES: f64 = 10_000.0;
    (score * PLACES).round() / PLACES
}

/// The names of what a move speaks of: its slots and the captures of its patterns.
fn topics(mv: &Move) -> Vec<&str> {
    let captures =
        mv.triggers.iter().flat_map(|trigger| &trigger.patterns).flat_map(|pattern| &pattern.elements).filter_map(
            |element| match element {
                ir::Element::Capture { name, .. } => Some(name.as_str()),
                _ => None,
            },
        );
    mv.slots.iter().map(|slot| slot.name.as_str()).chain(captures).collect()
}

/// Whether a move hands over to another somewhere.
fn delegates_to(mv: &Move, name: &str) -> bool {
    fn in_body(body: &[ir::Statement], name: &str, depth: usize) -> bool {
        const MAX_DEPTH: usize = 32;
        depth < MAX_DEPTH
            && body.iter().any(|statement| match statement {
                ir::Statement::Action(ir::Action::Delegate(target)) => target == name,
                ir::Statement::Action(ir::Action::Call(call)) => {
                    matches!(call.then.as_deref(), Some(ir::Action::Delegate(target)) if target == name)
                }
                ir::Statement::Block(block) => in_block(block, name, depth + 1),
                _ => false,
            })
    }
    fn in_block(block: &ir::Block, name: &str, depth: usize) -> bool {
        block.branches.iter().any(|branch| in_body(&branch.body, name, depth))
            || block.otherwise.as_ref().is_some_and(|body| in_body(body, name, depth))
    }
    mv.blocks.iter().any(|block| in_block(block, name, 0))
}
