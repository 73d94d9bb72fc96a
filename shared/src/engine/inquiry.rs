//! What a question says of an emergency: "is there a fire alarm?" is about a thing, "is there a fire?" asks whether there is
//! one, and "can you help, there is a fire" says so.

use crate::language::{Class, Cue};
use crate::matcher::Candidate;
use crate::slots::strings;
use crate::text::{Break, Heard, Word, takes_its_denial_back};

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
pub(super) fn about(heard: &Heard, candidate: &Candidate) -> Option<About> {
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
    let clause = words.get(opening..)?;
    let verb = language.prefix(clause, Cue::QuestionVerb);
    if verb == 0 || candidate.verbatim || language.prefix(clause, Cue::Request) > 0 {
        return None;
    }
    // What the author wrote as a question is meant as one.
    let pattern = Heard::of(language, &candidate.pattern);
    if pattern.begins_with([Cue::QuestionVerb, Cue::QuestionOpener]) > 0 {
        return None;
    }
    let subject = opening + verb;
    // "is chest pain normal?"
    let asks = || {
        let next = words[end..].iter().find(|word| word.after_break);
        let token = next.and_then(|next| heard.tokens.as_slice().get(next.token));
        token.map_or(heard.tokens.ends_asking(), |token| token.after_question)
    };
    if subject == first && clause[0].class.is(Class::THIRD) && clause[0].class.is(Class::TENSE) && asks() {
        return Some(About::Whether);
    }
    // "have chest pain", "can't breathe": what begins with a verb is a question where its subject follows.
    let subjects = if clause[0].class.is(Class::HOLDS) {
        Class::PRONOUN
    } else {
        Class::PRONOUN.and(Class::DETERMINER).and(Class::LIGHT).and(Class::KIN)
    };
    if !words.get(subject).is_some_and(|word| word.class.is(subjects) && !word.class.is(Class::NEGATOR)) {
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
    !clause.any(lifts) && takes_its_denial_back(&Heard::of(heard.language, &candidate.pattern).tokens)
}

/// Whether a candidate is only spoken of: a question about something else that is said before it ("is there any cost to see an
/// adviser"), or a verb that takes back what it names ("drop my claim").
pub(super) fn is_beside(text: &str, heard: &Heard, candidate: &Candidate) -> bool {
    let language = heard.language;
    let words = heard.words.as_slice();
    let first = heard.words_of(candidate.span).start;
    let lead = words[..first].iter().rev().take_while(|word| word.class.is(Class::DETERMINER)).count();
    if candidate.verbatim {
        return false;
    }
    let takes_away = |word: &Word| word.class == Class::CONTENT && word.is([Cue::ListRemove, Cue::Cancel]);
    let captured = |word: &Word| candidate.captures_at((word.start, word.end));
    let around = words[(first - lead).saturating_sub(1)..].iter().take_while(|word| word.end <= candidate.span.1);
    if around.into_iter().any(|word| takes_away(word) && !captured(word)) {
        return !Heard::of(language, &candidate.pattern).words.iter().any(takes_away);
    }
    words[..first].iter().any(Word::tells)
        && strings::is_inquiry(text, heard)
        && Heard::of(language, &candidate.pattern).begins_with([Cue::QuestionVerb, Cue::QuestionOpener]) == 0
}

/// Whether a text only wants to know something that is not about the person who speaks.
pub(super) fn is_of_others(text: &str, heard: &Heard) -> bool {
    strings::is_inquiry(text, heard) && !heard.words.iter().any(|word| word.is(Cue::Speaker))
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
        assert_eq!(about(&Heard::of(Language::english(), text), &candidate), expected, "{text}");
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
