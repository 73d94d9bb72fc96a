//! What a question says of an emergency: "is there a fire alarm?" is about a thing, "is there a fire?" asks whether there is
//! one, and "can you help, there is a fire" says so.

use crate::language::{Class, Cue};
use crate::matcher::Candidate;
use crate::slots::strings;
use crate::text::{Break, Heard, Shape, Word, between_marks, takes_its_denial_back};

use super::danger;
use super::hear::Evidence;

/// What a question is about, beside the words of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A thing that bears the name of what the pattern says: "a fire alarm".
    Thing,
    /// Whether it is so.
    Whether,
}

/// What the question is about in which a candidate was said; `None` where that is no question, or what the candidate says is
/// stated within it.
pub(super) fn about(text: &str, heard: &Heard, candidate: &Candidate) -> Option<About> {
    let language = heard.language;
    let words = heard.words.as_slice();
    let first = words.iter().position(|word| word.start >= candidate.span.0)?;
    let end = words.iter().rposition(|word| word.end <= candidate.span.1)? + 1;
    let begins =
        |at: &usize| *at == 0 || words[*at].after_break || words[*at - 1].is([Cue::Linker, Cue::And, Cue::But]);
    let mut opening = (0..=first).rev().find(begins)?;
    while let skip @ 1.. = language.prefix(&words[opening..], Cue::Hesitation) {
        opening += skip;
    }
    let clause = words.get(opening..).filter(|clause| !clause.is_empty())?;
    let verb = language.prefix(clause, Cue::QuestionVerb);
    if candidate.verbatim || language.prefix(clause, Cue::Request) > 0 {
        return None;
    }
    let asks = || {
        let next = words[end..].iter().find(|word| word.after_break);
        let token = next.and_then(|next| heard.tokens.as_slice().get(next.token));
        token.map_or(heard.tokens.ends_asking(), |token| token.after_question)
    };
    let speaks = || words[opening..end].iter().any(|word| word.is(Cue::Speaker));
    // "how many people drown?", "do many people drown here?", "¿se ha caído alguna vez?": about the world.
    let of_many = clause.iter().take(verb.max(1) + 1).any(|word| word.class.is(Class::AMOUNT));
    let of_many = of_many && (verb > 0 || clause[0].class.is(Class::QUESTION));
    // "how do you keep data from leaking?": what is asked for is not that it is so, but why it is.
    let wonders = clause[0].class.is(Class::QUESTION) && !clause[0].class.is(Class::WHY.and(Class::THAT)) && asks();
    let marked = || text.get(..clause[0].start).is_some_and(|before| before.trim_end().ends_with('¿')) && asks();
    if (of_many || wonders || marked()) && !speaks() && !candidate.pattern.contains('?') {
        return Some(About::Whether);
    }
    // What the author wrote as a question is meant as one.
    let pattern = heard.beside(&candidate.pattern);
    if verb == 0 || pattern.begins_with([Cue::QuestionVerb, Cue::QuestionOpener]) > 0 {
        return None;
    }
    let subject = opening + verb;
    // "is chest pain normal?"
    if subject == first && clause[0].class.is(Class::THIRD) && clause[0].class.is(Class::TENSE) && asks() {
        return Some(About::Whether);
    }
    // "has anyone ever been hurt": whether it happens to people at all.
    let others = Class::DETERMINER.and(Class::KIN).and(Class::SUBJECT);
    if words.get(subject).is_some_and(|word| word.class.is(Class::ANYBODY))
        && !words[subject + 1..end.max(subject + 1)].iter().any(|word| word.class.is(others))
    {
        return Some(About::Whether);
    }
    // "have chest pain", "can't breathe": what begins with a verb is a question where its subject follows.
    let subjects = if clause[0].class.is(Class::HOLDS) {
        Class::PRONOUN
    } else {
        Class::PRONOUN.and(Class::DETERMINER).and(Class::LIGHT).and(Class::KIN)
    };
    // "can lifts fall?": whatever it is that can.
    let negated = |word: &Word| word.class.is(Class::NEGATOR);
    let may = clause[..verb].iter().any(|word| word.class.is(Class::POSSIBLE)) && !clause[..verb].iter().any(negated);
    let is_subject = |word: &Word| (word.class.is(subjects) || may) && !negated(word);
    if !words.get(subject).is_some_and(is_subject) {
        return None;
    }
    if is_named_so(heard, &pattern, candidate, subject, end) {
        return Some(About::Thing);
    }
    let stated = |at: usize| {
        let (word, before) = (&words[at], &words[at - 1]);
        // "… I smell gas", "… that it burns", "… the car is on fire"
        word.is(Cue::Speaker)
            || word.class.is(Class::BREAK)
            || at > subject + 1
                && word.class.is(Class::AUXILIARY)
                && !before.class.is(Class::AUXILIARY.and(Class::NEGATOR))
    };
    let states = (subject.max(1)..end).any(stated) || words.get(subject).is_some_and(|word| word.is(Cue::Speaker));
    (!states).then_some(About::Whether)
}

/// "a fire alarm": a noun that the pattern does not know, right behind one that it knows, with an article before them.
fn is_named_so(heard: &Heard, pattern: &Heard, candidate: &Candidate, from: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let known = |word: &Word| candidate.captures_at((word.start, word.end)) || pattern.holds(word);
    (from + 2..words.len().min(end + 1)).any(|at| {
        let (article, noun, word) = (&words[at - 2], &words[at - 1], &words[at]);
        word.class == Class::CONTENT
            && !word.after_break
            && !noun.after_break
            && !known(word)
            && noun.class == Class::CONTENT
            && known(noun)
            && article.class.is(Class::DETERMINER)
    })
}

/// "can the vaccine cause …?", "the pills may cause …": what one thing can bring about is not so. `words` of the clause that
/// begins at `opening`; "the pills give me …" tells what is.
pub(super) fn is_effect(heard: &Heard, opening: usize, words: (usize, usize)) -> bool {
    let tokens = &*heard.tokens;
    let class = |at: usize| tokens.as_slice()[at].class;
    let opening = opening.min(words.0);
    let light = |at: &usize| class(*at).is(Class::DETERMINER.and(Class::LIGHT)) && !class(*at).is(Class::CAUSES);
    let causes = (opening..words.0).rev().find(|at| !light(at)).filter(|at| class(*at).is(Class::CAUSES));
    let me = |at: usize| tokens.language().cues(tokens.as_slice()[at].hash).has(Cue::Speaker);
    let Some(causes) = causes.filter(|causes| !(opening..*causes).any(me)) else { return false };
    let next = tokens.as_slice()[words.1..].iter().find(|token| token.before != Break::None);
    let asks = next.map_or(tokens.ends_asking(), |next| next.after_question);
    let inverted = tokens.phrase(opening, Cue::QuestionVerb) > 0;
    asks || inverted || (opening..causes).any(|at| class(at).is(Class::POSSIBLE))
}

/// "I'm drowning in work", "estoy ahogado en deudas": what a person says to be doing or to be, a word that says much by itself,
/// and in what, without an article. "Fire in kitchen" tells of a thing.
pub(super) fn is_figurative(heard: &Heard, pattern: &Heard, words: (usize, usize)) -> bool {
    let all = heard.tokens.as_slice();
    let telling = |word: &&Word| word.class == Class::CONTENT;
    let [led, object, behind @ ..] = all.get(words.1..).unwrap_or_default() else { return false };
    let ends = Class::FUNCTION.and(Class::TIME).and(Class::FILLER).and(Class::BREAK).and(Class::AND);
    let speaks = |at: usize| heard.language.cues(all[at].hash).has(Cue::Speaker);
    let is = |at: &usize| all[*at].class.is(Class::TENSE) && !all[*at].class.is(Class::HOLDS);
    let of_oneself =
        words.1.checked_sub(2).filter(is).is_some_and(|is| speaks(is) || is.checked_sub(1).is_some_and(speaks));
    of_oneself
        && led.class.is(Class::IN_YEAR)
        && led.before == Break::None
        && object.before == Break::None
        && object.class == Class::CONTENT
        && object.shape == Shape::Word
        && behind.first().is_none_or(|next| next.before != Break::None || next.class.is(ends))
        && pattern.words.iter().filter(telling).count() == 1
        && !pattern.words.iter().any(|word| word.hash == object.hash)
}

/// "a book called Not Waving but Drowning": part of a name, for its telling words are written with capitals as the author of
/// the pattern does not write them, and so is what stands before.
pub(super) fn is_title(text: &str, heard: &Heard, evidence: &Evidence, pattern: &Heard) -> bool {
    let language = heard.language;
    let words = heard.words.as_slice();
    let first = words.partition_point(|word| word.start < evidence.candidate.span.0);
    let end = words.partition_point(|word| word.end <= evidence.candidate.span.1);
    let telling = |word: &&Word| word.class == Class::CONTENT;
    let capital = |text: &str, word: &Word| {
        let mut letters = text.get(word.start..word.end).unwrap_or_default().chars();
        letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase)
    };
    let own = |word: &Word| pattern.words.iter().find(|own| own.stem(language) == word.stem(language));
    let otherwise =
        |word: &Word| capital(text, word) && own(word).is_some_and(|own| !capital(&evidence.candidate.pattern, own));
    let mut said = words.get(first..end).unwrap_or_default().iter().filter(telling).peekable();
    let Some(opening) = said.peek().map(|word| word.start) else { return false };
    let before = words.iter().rev().filter(|word| word.start < opening).find(telling);
    said.all(otherwise) && before.is_some_and(|word| capital(text, word))
}

/// "I'm locked in the lift" for "he got locked in the lift": all that the clause tells is told by the words of one pattern, at
/// least two of them, one with its auxiliary, and nothing is denied. Who it is need not be in the pattern.
pub(super) fn is_in_words_of(heard: &Heard, candidate: &Candidate, clause: (usize, usize)) -> bool {
    const LEAST: usize = 2;
    let all = heard.tokens.as_slice();
    let pattern = heard.beside(&candidate.pattern);
    let words = || heard.words.iter().filter(|word| (clause.0..clause.1).contains(&word.token));
    if words().any(|word| word.class.is(Class::NEGATOR.and(Class::NOTHING).and(Class::POSSIBLE))) {
        return false;
    }
    let telling = |word: &&Word| word.class == Class::CONTENT && !word.is([Cue::Noise, Cue::Empty]);
    let is = |word: &Word| {
        let before = word.token.checked_sub(1).map(|before| all[before].class);
        before.is_some_and(|class| class.is(Class::TENSE) && !class.is(Class::PAST))
    };
    // "I'm allergic to nuts" is not all of "I'm allergic to nuts and can't breathe".
    let joins = pattern.words.iter().any(|word| word.class.is(Class::AND));
    let said: Vec<Word> = words().cloned().collect();
    words().filter(telling).count() >= LEAST
        && (!joins || danger::has_its_danger(&pattern, &said))
        && words().filter(telling).all(|word| pattern.holds(word))
        && words().filter(telling).any(is)
}

/// "it isn't bleeding" for the pattern "it won't stop bleeding": the pattern takes its denial back, and what is said does not.
pub(super) fn has_stopped(heard: &Heard, candidate: &Candidate) -> bool {
    let lifts = |word: &Word| word.class.is(Class::LIFTS);
    let words = heard.words.as_slice();
    if candidate.verbatim || !heard.tokens.classes().is(Class::NEGATOR) {
        return false;
    }
    let first = words.iter().rposition(|word| word.after_break && word.start <= candidate.span.0).unwrap_or(0);
    let mut clause = words[first..].iter().take_while(|word| word.start < candidate.span.1 || !word.after_break);
    // "he is bleeding and I don't know what to do" denies something else.
    if !words[first..].iter().any(|word| word.end <= candidate.span.1 && word.class.is(Class::NEGATOR)) {
        return false;
    }
    !clause.any(lifts) && takes_its_denial_back(&heard.beside(&candidate.pattern).tokens)
}

/// Whether a candidate is only spoken of: a question about something else that is said before it ("is there any cost to see an
/// adviser"), or a verb that takes back what it names ("drop my claim").
pub(super) fn is_beside(text: &str, heard: &Heard, candidate: &Candidate) -> bool {
    let words = heard.words.as_slice();
    let first = heard.words_of(candidate.span).start;
    let light = |word: &&Word| word.class.is(Class::DETERMINER.and(Class::LEADS).and(Class::OF));
    let lead = words[..first].iter().rev().take_while(light).count();
    if candidate.verbatim {
        return false;
    }
    // "dar de baja a mi hijo", "sign out of the course"
    if heard.language.suffix(&words[..first - lead], Cue::ListRemove) > 1 {
        return true;
    }
    let takes_away = |word: &Word| word.class == Class::CONTENT && word.is([Cue::ListRemove, Cue::Cancel]);
    let captured = |word: &Word| candidate.captures_at((word.start, word.end));
    let around = words[(first - lead).saturating_sub(1)..].iter().take_while(|word| word.end <= candidate.span.1);
    if around.into_iter().any(|word| takes_away(word) && !captured(word)) {
        return !heard.beside(&candidate.pattern).words.iter().any(takes_away);
    }
    words[..first].iter().any(Word::tells)
        && strings::is_inquiry(text, heard)
        && heard.beside(&candidate.pattern).begins_with([Cue::QuestionVerb, Cue::QuestionOpener]) == 0
}

/// "a fire drill", "a documentary about a fire": no more than the name of an exercise or of a story.
pub(super) fn is_staged(heard: &Heard, words: (usize, usize)) -> bool {
    let tokens = &*heard.tokens;
    let goes_on = |at: usize| tokens.as_slice().get(at).is_some_and(|token| token.before == Break::None);
    goes_on(words.1) && tokens.phrase(words.1, Cue::Staged) == 1 || is_told_of(heard, words)
}

/// "I read about a fire", "because of that fire": no more than what is told of something, among the tokens `words` or before them in their clause.
pub(super) fn is_told_of(heard: &Heard, words: (usize, usize)) -> bool {
    before_in_clause(heard, words.0).chain(words.0..words.1).any(|at| heard.tokens.phrase(at, Cue::Staged) > 1)
}

/// "in case I faint", "unless we get stuck", "last time he fell": only supposed, or of another time, and not asked about ("what if").
pub(super) fn is_told_otherwise(heard: &Heard, first: usize) -> bool {
    let asks = |at: usize| heard.tokens.as_slice()[at].class.is(Class::QUESTION);
    before_in_clause(heard, first).any(|at| !asks(at) && heard.tokens.phrase(at, Cue::Supposes) > 1)
}

/// The tokens of the same clause before `first`, the nearest first. What opens a relative clause goes on with it.
fn before_in_clause(heard: &Heard, first: usize) -> impl Iterator<Item = usize> {
    let all = heard.tokens.as_slice();
    let joins = Class::AND.and(Class::BUT);
    let goes_on = move |at: &usize| (at + 1 == first || all[at + 1].before == Break::None) && !all[*at].class.is(joins);
    (0..first.min(all.len())).rev().take_while(goes_on)
}

/// "se nos inundaba el piso" for the pattern "se inunda el piso": told in the tense of what used to be so.
pub(super) fn used_to_be(heard: &Heard, pattern: &Heard, words: (usize, usize)) -> bool {
    let language = heard.language;
    let Some(endings) = language.formats.get(IMPERFECT) else { return false };
    let present = |word: &Word| {
        pattern.words.iter().any(|own| own.stem(language) == word.stem(language) && !is_imperfect(endings, own))
    };
    let mut inside = heard.words.iter().filter(|word| (words.0..words.1).contains(&word.token));
    inside.any(|word| is_imperfect(endings, word) && present(word))
}

/// "se nos inundaba el piso cada invierno", "hace meses olía a gas": what used to be so time and again, or at a time that is named.
pub(super) fn is_habit(heard: &Heard, words: (usize, usize)) -> bool {
    let Some(endings) = heard.language.formats.get(IMPERFECT) else { return false };
    let inside = |word: &Word| (words.0..words.1).contains(&word.token);
    let each = |word: &Word| word.class.is(Class::EACH) && !word.class.is(Class::FOR.and(Class::ARTICLE));
    let dates = |word: &Word| word.class.is(Class::TIME) && !word.class.is(Class::RECENT.and(Class::ONGOING));
    between_marks(&heard.words).filter(|clause| clause.iter().any(inside)).any(|clause| {
        // "la policía" ends like a verb.
        let was = |at: usize| {
            let named = at.checked_sub(1).is_some_and(|before| clause[before].class.is(Class::DETERMINER));
            is_imperfect(endings, &clause[at]) && !named
        };
        let inside = |at: usize| inside(&clause[at]) && was(at);
        (0..clause.len()).any(inside) && clause.iter().any(dates)
            || (0..clause.len()).any(was) && clause.iter().any(each)
    })
}

/// The endings of verbs that tell what was so for a while, in languages that have them.
const IMPERFECT: &str = "imperfect";

/// Whether a word tells what was so for a while, by its ending.
fn is_imperfect(endings: &str, word: &Word) -> bool {
    if word.class != Class::CONTENT {
        return false;
    }
    let mut ends = endings.split_ascii_whitespace().filter(|ending| word.text.ends_with(ending));
    // "caía", and no "ambulancia": without an "a" before it the accent tells.
    let accented = word.end - word.start != word.text.len();
    ends.any(|ending| accented || ending.starts_with('a'))
}

/// "I need to change our details" for "somebody changed our details": what the speaker wants to do has nobody else done.
pub(super) fn is_wanted(heard: &Heard, pattern: &Heard, opening: usize, words: (usize, usize)) -> bool {
    let anybody = |word: &Word| word.class.is(Class::ANYBODY);
    let all = || heard.words.iter().skip_while(|word| word.token < opening).take_while(|word| word.token < words.1);
    pattern.words.first().is_some_and(anybody)
        && !all().any(anybody)
        && all().any(|word| word.is(Cue::Speaker))
        && all().any(|word| word.token < words.0 && word.is(Cue::AsksWish))
}

/// Whether a text only wants to know something that is not about the person who speaks.
pub(super) fn is_of_others(text: &str, heard: &Heard) -> bool {
    strings::is_inquiry(text, heard) && !heard.words.iter().any(|word| word.is(Cue::Speaker))
}

/// Whether a text asks for something to be done: "I'd like …", "can I get …", or nothing but what it is to be, without a verb.
pub(super) fn is_wish(text: &str, heard: &Heard) -> bool {
    let language = heard.language;
    let words = heard.words.as_slice();
    let wishes = |at: usize| {
        let rest = &words[at..];
        let speaks = rest[0].is(Cue::Speaker) && rest.iter().skip(1).take(2).any(|word| word.is(Cue::AsksWish));
        speaks || language.prefix(rest, Cue::Request) > 0
    };
    // "my hot wash came back wet" tells of what is there already.
    let told = Class::SUBJECT.and(Class::AUXILIARY).and(Class::PAST);
    let tells = |word: &Word| word.class.is(told) || word.is(Cue::Owner);
    // "it just stopped"
    let it = |word: &Word| {
        let somebody = Class::DETERMINER.and(Class::KIN).and(Class::ADDRESSED);
        word.class.is(Class::PRONOUN) && !word.class.is(somebody) && !language.cues(word.hash).has(Cue::People)
    };
    let tells = |word: &Word| tells(word) || word.start == words[0].start && words.len() > 1 && it(word);
    !strings::is_inquiry(text, heard) && ((0..words.len()).any(wishes) || !words.iter().any(tells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Priority;
    use crate::language::Language;
    use crate::matcher::{Stage, Standing};

    #[track_caller]
    fn check(text: &str, pattern: &str, evidence: &str, expected: Option<About>) {
        let start = text.find(evidence).expect("the evidence is said");
        let candidate = Candidate {
            move_index: 0,
            pattern_index: 0,
            pattern: pattern.to_owned(),
            score: 0.8,
            literal_words: 2,
            verbatim: false,
            fuzzy: false,
            aside: false,
            priority: Priority::Urgent,
            standing: Standing::Full,
            stage: Stage::Plain,
            captures: Vec::new(),
            span: (start, start + evidence.len()),
        };
        assert_eq!(about(text, &Heard::of(Language::english(), text), &candidate), expected, "{text}");
    }

    #[test]
    fn a_question_about_a_thing_is_told_from_one_that_states() {
        check("is there a fire alarm in the room?", "there is a fire", "is there a fire", Some(About::Thing));
        check(
            "is there a fire extinguisher in the car?",
            "my car is on fire",
            "fire extinguisher in the car",
            Some(About::Thing),
        );
        check("do you sell the smoke detectors", "I see smoke", "smoke", Some(About::Thing));
        check("is there a fire?", "there is a fire", "is there a fire", Some(About::Whether));
        check(
            "hey, is the kitchen on fire right now",
            "the kitchen is on fire",
            "is the kitchen on fire",
            Some(About::Whether),
        );
        check("there is a fire?", "there is a fire", "there is a fire", None);
        check("can you help me, I can't breathe?", "I can't breathe", "I can't breathe", None);
        check("can you help me I can't breathe", "I can't breathe", "I can't breathe", None);
        check("is it normal that I can't breathe?", "I can't breathe", "I can't breathe", None);
        check("do you hear me there is a fire", "there is a fire", "there is a fire", None);
        check("am I having a stroke?", "having a stroke", "having a stroke", None);
        check("have chest pain", "chest pain", "chest pain", None);
        check("can't breathe?", "I can't breathe", "can't breathe", None);
        check("is bleeding badly", "bleeding badly", "bleeding badly", None);
    }
}
