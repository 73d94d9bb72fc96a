//! Making the compiled form: from [`ir::Game`] to the tables that `index` reads.
//!
//! Deterministic: ids are given in order of first appearance and no map is iterated in hash order.

use std::collections::BTreeMap;

use super::LoadError;
use super::format::{self, SECTIONS, Section};
use super::index::{UnitKind, is_machine, pattern_flag, phrase_flag, unit_flag, weight};
use crate::ir::{self, Element, SlotType};
use crate::language::{Cue, Language};
use crate::meaning::{self, Meaning, Model, Rehearsed};
use crate::text::{Class, Polarity, Shape, Tokens, hash, polarity, stem, takes_its_denial_back};

/// Elements of one pattern at most; a longer one is refused.
const MAX_UNITS: usize = 512;
/// Vocabulary members of one game at most.
const MAX_PHRASES: usize = 65_536;
/// Participants with triggers at most.
const MAX_PARTICIPANTS: usize = 256;
/// A fuzzy pattern is found by each of its telling words that at most this many patterns share.
const MAX_FUZZY_POSTINGS: u32 = 32;
/// Words shorter than this, in characters, are too short to be recognised when misspelt.
const MIN_SPELLED_CHARS: usize = 4;

pub(super) fn compile(game: &ir::Game, meaning: Meaning, model: Option<&Model<'_>>) -> Result<Vec<u8>, LoadError> {
    Builder::of(game)?.finish(game, meaning, model)
}

/// Every phrase of the game, heard by a head that was trained without it.
pub(super) fn rehearse(game: &ir::Game, model: Option<&Model<'_>>) -> Result<Vec<Rehearsed>, LoadError> {
    let (examples, grammar) = Builder::of(game)?.examples(game, model);
    let examples: Vec<&meaning::Example> = examples.iter().collect();
    let material = meaning::Material { examples: &examples, grammar: &grammar, moves: game.moves.len(), model };
    Ok(meaning::rehearse(&material, &meaning::Plan::WHOLE))
}

/// A unit before it is laid out; `key` decides where the pattern is found.
#[derive(Debug, Clone)]
struct Unit {
    kind: UnitKind,
    weight: u8,
    flags: u16,
    a: u32,
    b: u32,
}

impl Unit {
    fn is_literal(&self) -> bool {
        matches!(self.kind, UnitKind::Word | UnitKind::Term)
    }
}

struct Pattern {
    move_index: u32,
    ordinal: u32,
    participant: u16,
    flags: u16,
    units: Vec<Unit>,
    literal_words: usize,
    text: (u32, u32),
}

#[derive(Default)]
struct Builder {
    strings: Vec<u8>,
    words: Vec<Word>,
    word_by_hash: BTreeMap<u64, u32>,
    key_by_hash: BTreeMap<u64, u32>,
    keys: u32,
    members: Vec<Member>,
    /// Vocabulary members by the key of their first word.
    members_by_key: BTreeMap<u32, Vec<usize>>,
    patterns: Vec<Pattern>,
    participants: Vec<String>,
    tokens: Tokens,
    language: &'static Language,
}

struct Word {
    text: (u32, u32),
    hash: u64,
    key: u32,
    /// Whether it is worth recognising when misspelt.
    spelled: bool,
}

/// One term or synonym.
struct Member {
    key: u32,
    words: Vec<u32>,
    flags: u32,
    source: MemberSource,
}

/// Whose vocabulary a member belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemberSource {
    /// The game's.
    Game,
    /// The language's own, for every game.
    Language,
}

impl Builder {
    fn of(game: &ir::Game) -> Result<Builder, LoadError> {
        let mut builder = Builder { language: Language::of_game(game), ..Builder::default() };
        builder.vocabulary(&game.vocabulary)?;
        builder.paraphrases(game)?;
        for (index, body) in game.moves.iter().enumerate() {
            builder.patterns_of(index, body)?;
        }
        Ok(builder)
    }

    fn string(&mut self, text: &str) -> Result<(u32, u32), LoadError> {
        let start = self.strings.len();
        self.strings.extend_from_slice(text.as_bytes());
        if self.strings.len() > format::MAX_BYTES {
            return Err(LoadError::Unusable("the game's text is too long; split the game".into()));
        }
        Ok((start as u32, text.len() as u32))
    }

    /// The id of the token's word, which is given one when it is new.
    fn word(&mut self, at: usize) -> Result<u32, LoadError> {
        let token = self.tokens.as_slice()[at];
        if let Some(&word) = self.word_by_hash.get(&token.hash) {
            return Ok(word);
        }
        let text = self.tokens.text(at).to_owned();
        let stem_hash = stem(self.language, &text).hash();
        let key = match self.key_by_hash.get(&stem_hash) {
            Some(&key) => key,
            None => {
                let key = self.new_key();
                self.key_by_hash.insert(stem_hash, key);
                key
            }
        };
        let id = self.words.len() as u32;
        let spelled = token.shape == Shape::Word
            && !token.class.is(Class::FUNCTION.and(Class::NEGATOR))
            && text.chars().count() >= MIN_SPELLED_CHARS;
        let place = self.string(&text)?;
        self.words.push(Word { text: place, hash: token.hash, key, spelled });
        self.word_by_hash.insert(token.hash, id);
        Ok(id)
    }

    fn new_key(&mut self) -> u32 {
        self.keys += 1;
        self.keys - 1
    }

    fn vocabulary(&mut self, terms: &[ir::Term]) -> Result<(), LoadError> {
        for term in terms {
            let key = self.new_key();
            let members = std::iter::once((&term.text, term.modifiers))
                .chain(term.synonyms.iter().map(|synonym| (&synonym.text, synonym.modifiers)));
            for (text, modifiers) in members {
                self.tokens.read(self.language, text);
                let words = (0..self.tokens.len()).map(|at| self.word(at)).collect::<Result<Vec<_>, _>>()?;
                let Some(&first) = words.first() else { continue };
                let mut flags = 0;
                if modifiers.strict {
                    flags |= phrase_flag::STRICT;
                }
                if modifiers.context_sensitive || term.modifiers.context_sensitive {
                    flags |= phrase_flag::CONTEXT_SENSITIVE;
                }
                if self.members.len() >= MAX_PHRASES {
                    return Err(LoadError::Unusable(format!(
                        "more than {MAX_PHRASES} vocabulary terms; split the game"
                    )));
                }
                self.members_by_key.entry(self.words[first as usize].key).or_default().push(self.members.len());
                self.members.push(Member { key, words, flags, source: MemberSource::Game });
            }
        }
        Ok(())
    }

    /// Questions of the language that stand for each other, "when" and "what time", where the game asks one of them.
    fn paraphrases(&mut self, game: &ir::Game) -> Result<(), LoadError> {
        let patterns = game.moves.iter().flat_map(|body| &body.triggers).flat_map(|trigger| &trigger.patterns);
        let asked: Vec<String> = patterns.map(|pattern| pattern.text.to_lowercase()).collect();
        for alternatives in self.language.formats.under("same.") {
            if !alternatives.split(';').any(|text| asked.iter().any(|asked| asked.contains(text.trim()))) {
                continue;
            }
            let key = self.new_key();
            for text in alternatives.split(';') {
                self.tokens.read(self.language, text.trim());
                let words = (0..self.tokens.len()).map(|at| self.word(at)).collect::<Result<Vec<_>, _>>()?;
                let Some(&first) = words.first() else { continue };
                self.members_by_key.entry(self.words[first as usize].key).or_default().push(self.members.len());
                self.members.push(Member { key, words, flags: 0, source: MemberSource::Language });
            }
        }
        Ok(())
    }

    fn participant(&mut self, name: &str) -> Result<u16, LoadError> {
        if let Some(at) = self.participants.iter().position(|known| known == name) {
            return Ok(at as u16);
        }
        if self.participants.len() >= MAX_PARTICIPANTS {
            return Err(LoadError::Unusable(format!("more than {MAX_PARTICIPANTS} participants have triggers")));
        }
        self.participants.push(name.to_owned());
        Ok(self.participants.len() as u16 - 1)
    }

    fn patterns_of(&mut self, move_index: usize, body: &ir::Move) -> Result<(), LoadError> {
        let mut ordinal = 0;
        for trigger in &body.triggers {
            let participant = self.participant(&trigger.participant)?;
            for pattern in &trigger.patterns {
                let units = self.units(pattern, body)?;
                if units.len() > MAX_UNITS {
                    return Err(LoadError::Unusable(format!(
                        "the pattern in line {} has {} words, at most {MAX_UNITS} are possible",
                        pattern.line,
                        units.len()
                    )));
                }
                let literal_words = units.iter().map(|unit| self.words_of(unit)).sum();
                let text = self.string(&pattern.text)?;
                let flags = flags_of(pattern.modifiers, body.priority, &units);
                self.patterns.push(Pattern {
                    move_index: move_index as u32,
                    ordinal,
                    participant,
                    flags,
                    units,
                    literal_words,
                    text,
                });
                ordinal += 1;
            }
        }
        Ok(())
    }

    /// How many of the pattern's own words a unit stands for.
    fn words_of(&self, unit: &Unit) -> usize {
        match unit.kind {
            UnitKind::Word => 1,
            UnitKind::Term => self.members.get(unit.a as usize).map_or(1, |member| member.words.len()),
            UnitKind::Capture | UnitKind::Wildcard => 0,
        }
    }

    fn units(&mut self, pattern: &ir::Pattern, body: &ir::Move) -> Result<Vec<Unit>, LoadError> {
        let mut units = Vec::new();
        for element in &pattern.elements {
            match element {
                Element::Words(text) => {
                    self.tokens.read(self.language, without_possessive(text, units.last()));
                    // A comma between two captures is no word.
                    if !self.tokens.is_only_marks() || pattern.elements.len() == 1 {
                        let framed = if units.is_empty() { self.frame() } else { 0 };
                        self.literals(pattern.modifiers.strict, &mut units)?;
                        // What is left must say something.
                        let says = units.iter().skip(framed).any(|unit| unit.flags & unit_flag::CONTENT != 0)
                            // "I want {litres} litres of oil"
                            || framed == units.len() && leads_a_value(pattern, body);
                        let frame = units.iter_mut().take(if says { framed } else { 0 });
                        for unit in frame.filter(|unit| unit.kind == UnitKind::Word) {
                            unit.flags |= unit_flag::FRAME;
                        }
                    }
                }
                Element::Capture { name, optional } => {
                    let (a, b) = self.string(name)?;
                    let typed = body.slots.iter().any(|slot| slot.name == *name && is_typed(slot));
                    let flags = flag(*optional, unit_flag::OPTIONAL) | flag(typed, unit_flag::TYPED);
                    units.push(Unit { kind: UnitKind::Capture, weight: 0, flags, a, b });
                }
                Element::Wildcard => {
                    units.push(Unit { kind: UnitKind::Wildcard, weight: 0, flags: 0, a: 0, b: 0 });
                }
            }
        }
        // A pattern of nothing but politeness ("hello") means just that.
        if !units.iter().any(|unit| unit.is_literal() && unit.weight >= weight::LIGHT) {
            for unit in units.iter_mut().filter(|unit| unit.weight == 0 && unit.is_literal()) {
                unit.weight = weight::CONTENT;
                unit.flags |= unit_flag::CONTENT;
            }
        }
        for unit in units.iter_mut().filter(|unit| unit.is_literal() && unit.weight == 0) {
            unit.weight = weight::FUNCTION;
            unit.flags |= unit_flag::POLITE;
        }
        Ok(units)
    }

    /// How many of the words just read only say that somebody wants or asks something: "I want to", "could you".
    fn frame(&self) -> usize {
        let tokens = self.tokens.as_slice();
        let grammar = Class::FUNCTION.and(Class::LIGHT).and(Class::FILLER);
        let says = Class::NEGATOR.and(Class::NOTHING).and(Class::QUESTION).and(Class::BREAK);
        let run = tokens.iter().take_while(|token| token.class.is(grammar) && !token.class.is(says)).count();
        let speaks = (0..run).any(|at| self.language.cues(tokens[at].hash).has(Cue::Speaker));
        let wants = (0..run).any(|at| tokens[at].class.is(Class::LIGHT));
        if speaks && wants || self.tokens.phrase(0, Cue::Request) > 0 { run } else { 0 }
    }

    /// The units of the words just read.
    fn literals(&mut self, strict: bool, units: &mut Vec<Unit>) -> Result<(), LoadError> {
        let count = self.tokens.len();
        let words = (0..count).map(|at| self.word(at)).collect::<Result<Vec<_>, _>>()?;
        let mut at = 0;
        while at < count {
            let term = if strict { None } else { self.member_at(&words[at..]) };
            if let Some(member) = term {
                let (key, length) = (self.members[member].key, self.members[member].words.len());
                let negated = (at..at + length).any(|i| self.tokens.as_slice()[i].class.is(Class::NEGATOR));
                let (weight, content) = match self.members[member].source {
                    MemberSource::Game => (weight::CONTENT, unit_flag::CONTENT),
                    MemberSource::Language => self.paraphrase_weight(member),
                };
                let flags = content | flag(negated, unit_flag::NEGATOR);
                let unit = Unit { kind: UnitKind::Term, weight, flags, a: member as u32, b: key };
                units.push(unit);
                at += length;
            } else {
                let token = self.tokens.as_slice()[at];
                let (weight, flags) = literal_weight(token.class, token.shape);
                let word = words[at];
                units.push(Unit { kind: UnitKind::Word, weight, flags, a: word, b: self.words[word as usize].key });
                at += 1;
            }
        }
        Ok(())
    }

    /// What a paraphrase says: as much as the phrase of its group that says least, so "what time" no more than "when".
    fn paraphrase_weight(&self, member: usize) -> (u8, u16) {
        let key = self.members[member].key;
        let group = self.members.iter().filter(|other| other.key == key);
        let says = |member: &Member| {
            let words = member.words.iter().map(|&word| {
                let class = self.language.class(self.words[word as usize].hash);
                literal_weight(class, Shape::Word)
            });
            words.max_by_key(|(weight, _)| *weight).unwrap_or((weight::FUNCTION, 0))
        };
        group.map(says).min_by_key(|(weight, _)| *weight).unwrap_or((weight::FUNCTION, 0))
    }

    /// The longest vocabulary member that stands at the beginning of `words`; the first declared among equals.
    fn member_at(&self, words: &[u32]) -> Option<usize> {
        let first = self.words.get(*words.first()? as usize)?;
        let candidates = self.members_by_key.get(&first.key)?;
        candidates
            .iter()
            .copied()
            .filter(|&member| words.starts_with(&self.members[member].words))
            .max_by_key(|&member| (self.members[member].words.len(), std::cmp::Reverse(member)))
    }

    fn finish(mut self, game: &ir::Game, meaning: Meaning, model: Option<&Model<'_>>) -> Result<Vec<u8>, LoadError> {
        let mut sections: [Vec<u8>; SECTIONS] = std::array::from_fn(|_| Vec::new());
        let name = self.string(&game.name)?;
        put(&mut sections[Section::Summary as usize], &[name.0, name.1]);
        self.lexicon(&mut sections);
        self.index(&mut sections);
        if meaning != Meaning::Off {
            self.meaning(game, model, &mut sections);
        }
        // The bodies are the largest part; what they do not need is let go before.
        self.patterns = Vec::new();
        self.moves(game, &mut sections)?;
        for participant in std::mem::take(&mut self.participants) {
            let human = !is_machine(&participant);
            let (at, length) = self.string(&participant)?;
            put(&mut sections[Section::Participants as usize], &[at, length, u32::from(human)]);
        }
        let header = ir::Game { moves: Vec::new(), ..head_of(game) };
        sections[Section::Header as usize] = format::sealed_blob(&serialized(&header)?);
        sections[Section::Strings as usize] = self.strings;
        if !game.translations.is_empty() {
            let mut compiled: Vec<(String, Vec<u8>)> = Vec::new();
            for translation in &game.translations {
                let tag = if translation.locale.is_empty() { &translation.language } else { &translation.locale };
                compiled.push((tag.clone(), compile(translation, meaning, model)?));
            }
            sections[Section::Translations as usize] = format::sealed_blob(&serialized(&compiled)?);
        }
        format::assemble(sections)
    }

    /// What the phrases mean.
    fn meaning(&mut self, game: &ir::Game, model: Option<&Model<'_>>, sections: &mut [Vec<u8>; SECTIONS]) {
        let (examples, grammar) = self.examples(game, model);
        let examples: Vec<&meaning::Example> = examples.iter().collect();
        let material = meaning::Material { examples: &examples, grammar: &grammar, moves: game.moves.len(), model };
        for (at, bytes) in meaning::build(&material).into_iter().enumerate() {
            sections[Section::MeaningSummary as usize + at] = bytes;
        }
    }

    /// The phrases as examples, and which keys are grammar. A strict pattern is an example too: it says what its words do
    /// not mean for other moves.
    fn examples(&mut self, game: &ir::Game, model: Option<&Model<'_>>) -> (Vec<meaning::Example>, Vec<bool>) {
        let patterns = game.moves.iter().flat_map(|body| body.triggers.iter().flat_map(|trigger| &trigger.patterns));
        let mut examples = Vec::new();
        for (id, (pattern, written)) in self.patterns.iter().zip(patterns).enumerate() {
            let keys = self.keys_of(pattern);
            if pattern.flags & pattern_flag::ANSWER != 0 || keys.is_empty() {
                continue;
            }
            let vector = model.and_then(|model| {
                self.tokens.read(self.language, &literal_text(written));
                meaning::phrase_vector(model, &self.tokens).map(Box::new)
            });
            let mut negated = pattern.units.iter().any(|unit| unit.flags & unit_flag::NEGATOR != 0);
            let mut denied = Vec::new();
            if negated {
                self.tokens.read(self.language, &literal_text(written));
                negated = !takes_its_denial_back(&self.tokens);
                denied = self.denied_keys();
            }
            let move_index = pattern.move_index;
            examples.push(meaning::Example { move_index, pattern: id as u32, keys, negated, denied, vector });
        }
        let mut grammar = vec![false; self.keys as usize];
        for word in &self.words {
            let class = self.language.class(word.hash);
            grammar[word.key as usize] |= class.is(Class::FUNCTION.and(Class::FILLER).and(Class::NEGATOR));
        }
        (examples, grammar)
    }

    /// The keys of those of the words just read that stand denied; sorted.
    fn denied_keys(&self) -> Vec<u32> {
        let is_denied = |at: &usize| polarity(&self.tokens, *at, *at + 1, None) == Polarity::Denied;
        let key = |at: usize| {
            let word = *self.word_by_hash.get(&self.tokens.as_slice()[at].hash)?;
            Some(self.words[word as usize].key)
        };
        let mut keys: Vec<u32> = (0..self.tokens.len()).filter(is_denied).filter_map(key).collect();
        keys.sort_unstable();
        keys
    }

    /// The keys of a pattern's words and terms, the words of the terms included; sorted, each once.
    fn keys_of(&self, pattern: &Pattern) -> Vec<u32> {
        let mut keys = Vec::new();
        for unit in pattern.units.iter().filter(|unit| unit.is_literal()) {
            keys.push(unit.b);
            if unit.kind == UnitKind::Term {
                let words = self.members.get(unit.a as usize).map_or(&[][..], |member| &member.words);
                keys.extend(words.iter().map(|&word| self.words[word as usize].key));
            }
        }
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn moves(&mut self, game: &ir::Game, sections: &mut [Vec<u8>; SECTIONS]) -> Result<(), LoadError> {
        let mut names = Table::new(game.moves.len());
        for (index, body) in game.moves.iter().enumerate() {
            let (at, length) = self.string(&body.name)?;
            let blob = format::sealed_blob(&serialized(body)?);
            let bodies = &mut sections[Section::Bodies as usize];
            let start = bodies.len() as u32;
            bodies.extend_from_slice(&blob);
            put(&mut sections[Section::Moves as usize], &[at, length, start, blob.len() as u32]);
            names.insert(hash::of(body.name.as_bytes()), index as u32);
        }
        let slots = &mut sections[Section::MoveSlots as usize];
        for slot in names.slots {
            put(slots, &[slot.map_or(0, |(_, index)| index + 1)]);
        }
        Ok(())
    }

    fn lexicon(&self, sections: &mut [Vec<u8>; SECTIONS]) {
        let mut words = Table::new(self.words.len());
        let mut spelled = 0;
        for (id, word) in self.words.iter().enumerate() {
            put(&mut sections[Section::Words as usize], &[word.text.0, word.text.1, word.key]);
            words.insert(word.hash, id as u32);
            spelled += if word.spelled { word.text.1 as usize + 1 } else { 0 };
        }
        for slot in words.slots {
            let (key, id) = slot.map_or((0, 0), |(key, id)| (key, id + 1));
            let of = id.checked_sub(1).map_or(0, |id| self.words[id as usize].key);
            put(&mut sections[Section::WordSlots as usize], &[key as u32, (key >> 32) as u32, id, of]);
        }
        let mut stems = Table::new(self.key_by_hash.len());
        for (&stem, &key) in &self.key_by_hash {
            stems.insert(stem, key);
        }
        for slot in stems.slots {
            let (stem, key) = slot.map_or((0, 0), |(stem, key)| (stem, key + 1));
            put(&mut sections[Section::StemSlots as usize], &[stem as u32, (stem >> 32) as u32, key, 0]);
        }
        let mut spelling = Table::new(spelled);
        for (id, word) in self.words.iter().enumerate().filter(|(_, word)| word.spelled) {
            spelling.insert(word.hash, id as u32);
            hash::deletions(self.text(word.text), |key| spelling.insert(key, id as u32));
        }
        for slot in spelling.slots {
            let (key, id) = slot.map_or((0, 0), |(key, id)| (key as u32, id + 1));
            put(&mut sections[Section::SpellingSlots as usize], &[key, id]);
        }
    }

    fn text(&self, place: (u32, u32)) -> &str {
        let bytes = &self.strings[place.0 as usize..(place.0 + place.1) as usize];
        std::str::from_utf8(bytes).unwrap_or("")
    }

    fn index(&self, sections: &mut [Vec<u8>; SECTIONS]) {
        let mut shared = vec![0u32; self.keys as usize]; // how many patterns have a key
        for pattern in &self.patterns {
            for (at, unit) in pattern.units.iter().enumerate().filter(|(_, unit)| unit.is_literal()) {
                let again = pattern.units[..at].iter().any(|before| before.is_literal() && before.b == unit.b);
                shared[unit.b as usize] += u32::from(!again);
            }
        }
        let mut postings: Vec<(u32, u32, u16)> = Vec::new();
        let mut units = 0;
        for (id, pattern) in self.patterns.iter().enumerate() {
            let anchors = anchors(pattern, &shared);
            postings.extend(anchors.iter().map(|&unit| (pattern.units[unit].b, id as u32, unit as u16)));
            if anchors.is_empty() && !pattern.units.is_empty() && is_catch_all(pattern) {
                put(&mut sections[Section::CatchAlls as usize], &[id as u32]);
            }
            put(&mut sections[Section::Patterns as usize], &record(pattern, units));
            units += pattern.units.len() as u32;
            for unit in &pattern.units {
                let out = &mut sections[Section::Units as usize];
                out.extend_from_slice(&[unit.kind as u8, unit.weight]);
                out.extend_from_slice(&unit.flags.to_le_bytes());
                put(out, &[unit.a, unit.b]);
            }
        }
        postings.sort_unstable();
        for (_, pattern, unit) in &postings {
            put(&mut sections[Section::Postings as usize], &[*pattern, u32::from(*unit)]);
        }
        self.keys(&postings, sections);
    }

    fn keys(&self, postings: &[(u32, u32, u16)], sections: &mut [Vec<u8>; SECTIONS]) {
        let mut posted = 0;
        let mut phrases = 0;
        let mut phrase_words = 0;
        for key in 0..self.keys {
            let count = postings[posted..].partition_point(|entry| entry.0 == key);
            let members = self.members_by_key.get(&key).map_or(&[][..], Vec::as_slice);
            put(&mut sections[Section::Keys as usize], &[posted as u32, count as u32, phrases, members.len() as u32]);
            posted += count;
            phrases += members.len() as u32;
            for &id in members {
                let member = &self.members[id];
                let length = member.words.len() as u32;
                put(
                    &mut sections[Section::Phrases as usize],
                    &[member.key, member.flags | (id as u32) << 8, phrase_words, length],
                );
                phrase_words += length;
                for &word in &member.words {
                    put(&mut sections[Section::PhraseWords as usize], &[word, self.words[word as usize].key]);
                }
            }
        }
    }
}

/// A pattern's words without its captures and wildcards.
fn literal_text(pattern: &ir::Pattern) -> String {
    let mut text = String::new();
    for element in &pattern.elements {
        if let Element::Words(words) = element {
            text.push_str(words);
        }
        text.push(' ');
    }
    text
}

fn head_of(game: &ir::Game) -> ir::Game {
    ir::Game {
        name: game.name.clone(),
        description: game.description.clone(),
        language: game.language.clone(),
        locale: game.locale.clone(),
        business_hours: game.business_hours,
        participants: game.participants.clone(),
        vocabulary: game.vocabulary.clone(),
        services: game.services.clone(),
        contract: game.contract.clone(),
        moves: Vec::new(),
        learning: game.learning.clone(),
        events: game.events.clone(),
        files: game.files.clone(),
        translations: Vec::new(),
    }
}

/// Whether a pattern goes on behind its first words with a value of a type and words that say something.
fn leads_a_value(pattern: &ir::Pattern, body: &ir::Move) -> bool {
    let typed = |name: &str| body.slots.iter().any(|slot| slot.name == name && is_typed(slot));
    matches!(pattern.elements.as_slice(), [Element::Words(_), Element::Capture { name, .. }, Element::Words(_), ..] if typed(name))
}

/// A slot whose captures are read by its type. A `string` slot is typed only when it bears a type's name.
fn is_typed(slot: &ir::Slot) -> bool {
    !matches!(crate::slots::effective_type(slot), SlotType::String | SlotType::EnumFrom(_))
}

/// `{name}'s car`: the possessive of a capture is no word.
fn without_possessive<'a>(text: &'a str, previous: Option<&Unit>) -> &'a str {
    if !previous.is_some_and(|unit| unit.kind == UnitKind::Capture) {
        return text;
    }
    let rest = text.strip_prefix(['\'', '\u{2019}', '\u{2018}']).and_then(|rest| rest.strip_prefix(['s', 'S']));
    rest.filter(|rest| !rest.starts_with(char::is_alphanumeric)).unwrap_or(text)
}

fn flag(on: bool, flag: u16) -> u16 {
    if on { flag } else { 0 }
}

/// What a literal weighs, and its flags; 0 for politeness, which the pattern as a whole decides.
fn literal_weight(class: Class, shape: Shape) -> (u8, u16) {
    use unit_flag::{ANSWER, ASIDE, CONTENT, DETERMINER, LIGHT, NEGATOR};
    let aside = Class::FUNCTION.and(Class::FILLER).and(Class::NEGATOR).and(Class::PHATIC).and(Class::ANSWER);
    let also = flag(class.is(aside), ASIDE) | flag(class.is(Class::ANSWER), ANSWER);
    let (weight, flags) = match shape {
        Shape::Data => (weight::CONTENT, CONTENT),
        Shape::Character => (weight::LIGHT, CONTENT),
        Shape::Sign => (weight::FUNCTION, 0),
        Shape::Word if class.is(Class::NEGATOR) => (weight::CONTENT, NEGATOR),
        Shape::Word if class.is(Class::FUNCTION) => (weight::FUNCTION, flag(class.is(Class::DETERMINER), DETERMINER)),
        Shape::Word if class.is(Class::FILLER) => (0, 0),
        Shape::Word if class.is(Class::LIGHT) => (weight::LIGHT, LIGHT),
        Shape::Word => (weight::CONTENT, CONTENT),
    };
    (weight, flags | also)
}

fn flags_of(modifiers: ir::Modifiers, priority: ir::Priority, units: &[Unit]) -> u16 {
    let any = |kind| units.iter().any(|unit| unit.kind == kind);
    let all = |flag| units.iter().filter(|unit| unit.is_literal()).all(|unit| unit.flags & flag != 0);
    let takes = units.iter().any(|unit| unit.kind == UnitKind::Capture && unit.flags & unit_flag::OPTIONAL == 0);
    // `strict` is the narrower of two that contradict each other.
    flag(modifiers.strict, pattern_flag::STRICT)
        | flag(modifiers.fuzzy && !modifiers.strict, pattern_flag::FUZZY)
        | flag(modifiers.context_sensitive, pattern_flag::CONTEXT_SENSITIVE)
        | flag(any(UnitKind::Capture), pattern_flag::CAPTURES)
        | flag(any(UnitKind::Wildcard), pattern_flag::WILDCARDS)
        | flag(units.iter().any(|unit| unit.flags & unit_flag::CONTENT != 0), pattern_flag::CONTENT)
        | flag(all(unit_flag::ASIDE) && !takes, pattern_flag::ASIDE)
        | flag(units.len() == 1 && all(unit_flag::ANSWER), pattern_flag::ANSWER)
        | flag(priority == ir::Priority::Urgent, pattern_flag::URGENT)
        | flag(modifiers.learned, pattern_flag::LEARNED)
}

/// Whether a pattern is found by no word: nothing but wildcards, or several values of a type ("{count} {size}").
fn is_catch_all(pattern: &Pattern) -> bool {
    let value = |unit: &Unit| {
        unit.kind == UnitKind::Capture && unit.flags & unit_flag::TYPED != 0 && unit.flags & unit_flag::OPTIONAL == 0
    };
    pattern.units.iter().all(|unit| unit.kind == UnitKind::Wildcard)
        || pattern.units.len() > 1 && pattern.units.iter().all(value)
}

/// The units by which a pattern is found: the rarest of its telling words, and for a fuzzy pattern every telling word
/// that few patterns share.
fn anchors(pattern: &Pattern, shared: &[u32]) -> Vec<usize> {
    let literals = || pattern.units.iter().enumerate().filter(|(_, unit)| unit.is_literal());
    let tier = |unit: &Unit| match unit.flags {
        flags if flags & unit_flag::CONTENT != 0 => 0,
        flags if flags & (unit_flag::LIGHT | unit_flag::NEGATOR) != 0 => 1,
        _ => 2,
    };
    let rarity = |unit: &Unit| shared[unit.b as usize];
    let Some(best) = literals().min_by_key(|(_, unit)| (tier(unit), rarity(unit))) else { return Vec::new() };
    if pattern.flags & pattern_flag::FUZZY == 0 || tier(best.1) > 0 {
        return vec![best.0];
    }
    let limit = rarity(best.1).saturating_mul(2).max(MAX_FUZZY_POSTINGS);
    literals().filter(|(_, unit)| tier(unit) == 0 && rarity(unit) <= limit).map(|(at, _)| at).collect()
}

/// The fixed part of a pattern, as [`super::index::Index::pattern`] reads it.
fn record(pattern: &Pattern, unit_start: u32) -> [u32; 10] {
    let literals = || pattern.units.iter().filter(|unit| unit.is_literal());
    let weighed =
        |least: u8| literals().filter(|unit| unit.weight >= least).map(|unit| u32::from(unit.weight)).sum::<u32>();
    let strict = pattern.flags & pattern_flag::STRICT != 0;
    let fuzzy = pattern.flags & pattern_flag::FUZZY != 0;
    let required = |unit: &&Unit| !fuzzy && (strict || unit.flags & (unit_flag::CONTENT | unit_flag::NEGATOR) != 0);
    let mask = literals().filter(required).fold(0u64, |mask, unit| mask | 1 << (unit.b & 63));
    let cap = |value: u32| value.min(u32::from(u16::MAX));
    [
        pattern.move_index,
        pattern.ordinal,
        u32::from(pattern.flags) | u32::from(pattern.participant) << 16,
        unit_start,
        pattern.units.len() as u32 | cap(pattern.literal_words as u32) << 16,
        mask as u32,
        (mask >> 32) as u32,
        cap(weighed(weight::LIGHT)) | cap(weighed(0)) << 16,
        pattern.text.0,
        pattern.text.1,
    ]
}

fn serialized<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, LoadError> {
    postcard::to_allocvec(value)
        .map_err(|error| LoadError::Unusable(format!("a part of the game can't be laid out: {error}")))
}

fn put(into: &mut Vec<u8>, values: &[u32]) {
    for value in values {
        into.extend_from_slice(&value.to_le_bytes());
    }
}

/// An open-addressing table at most half full.
struct Table {
    slots: Vec<Option<(u64, u32)>>,
}

impl Table {
    fn new(entries: usize) -> Table {
        Table { slots: vec![None; (entries * 2).next_power_of_two().max(2)] }
    }

    fn insert(&mut self, key: u64, value: u32) {
        let count = self.slots.len();
        let mut slot = hash::slot(key, count.trailing_zeros());
        while self.slots[slot].is_some() {
            slot = (slot + 1) & (count - 1);
        }
        self.slots[slot] = Some((key, value));
    }
}
