//! Free-text answers: what is wrapped around the value, and what is no answer at all.

use super::called;
use crate::language::{Class, Cue, CueSet, Language, Text};
use crate::text::{Heard, Word, readable};

/// The longest noun phrase that loses its preposition and article; longer answers are descriptions and stay as they are.
const MAX_NOUN_PHRASE_WORDS: usize = 5;

/// Words in which an answer may deny what is asked for.
const MAX_DENIED_WORDS: usize = 5;
/// The words between "which" and its verb at most.
const MAX_ASKED_WORDS: usize = 3;
/// The longest name of what a value is, in front of it ("my order number is …").
const MAX_FRAME_WORDS: usize = 5;

/// Whether a word only fills a pause.
pub(crate) fn is_hesitation(word: &Word) -> bool {
    word.is([Cue::Hesitation, Cue::Pause])
}

/// Whether the person declines to answer ("no", "none", "I'd rather not say", "I don't know").
pub(crate) fn is_decline(heard: &Heard) -> bool {
    let language = heard.language;
    super::yes_no::is_unsure(heard)
        || language.is(strip_ends(language, &heard.words), Cue::Decline)
        || heard.is(Cue::Decline)
        || declines_to(heard)
}

/// "I'd rather not give that out": what declines, and a few words of what; none that could be a value.
fn declines_to(heard: &Heard) -> bool {
    const MAX_WORDS: usize = 4;
    let language = heard.language;
    let words = strip_front(language, &heard.words, Cue::Hesitation);
    let said = language.prefix(words, Cue::Decline);
    let rest = words.get(said..).map(|rest| strip_back(language, rest, Cue::DeclineAfter));
    let Some(rest) = rest.filter(|rest| (1..=MAX_WORDS).contains(&rest.len())) else { return false };
    // "no need for photos"
    let none = said > 1 && words[0].is(Cue::No) && rest[0].class.is(Class::FOR);
    let refuses = said > 1 && words[said - 1].class.is(Class::NEGATOR);
    let points = |word: &Word| word.class.is(Class::PRONOUN) || word.is(Cue::Pointing);
    // "prefiero no darlo"
    let only = rest.len() == 1 && rest[0].class == Class::CONTENT;
    none || refuses && (only || rest.iter().any(points)) && !rest.iter().any(|word| word.after_break)
}

/// Whether the answer is about the question and holds no value ("I already told you", "same as last time").
pub(crate) fn is_idiom(heard: &Heard) -> bool {
    let language = heard.language;
    heard.is(Cue::Idiom)
        || language.is(strip_ends(language, &heard.words), Cue::Idiom)
        || language.is(strip_front(language, &heard.words, [Cue::Hesitation, Cue::Introduction]), Cue::Idiom)
}

/// Whether the text refers to another value instead of saying one ("the same as my …", "to the same place as last time").
pub(crate) fn is_reference(heard: &Heard) -> bool {
    /// Words between "the same" and "as", and before them.
    const MAX_BETWEEN: usize = 3;
    const MAX_HEAD: usize = 2;
    let language = heard.language;
    let words = strip_front(language, &heard.words, [Cue::Hesitation, Cue::Introduction, Cue::Into]);
    let begins = words.first().is_some_and(|first| language.may_begin(first.hash, Cue::Reference.into()));
    if !begins {
        return false;
    }
    let without = |head: usize, between: usize| {
        let behind = words.get(head + between..)?;
        let said: Vec<Word> = words.get(..head)?.iter().chain(behind).cloned().collect();
        Some(language.prefix(&said, Cue::Reference) > head)
    };
    language.prefix(words, Cue::Reference) > 0
        || (1..=MAX_HEAD).any(|head| (1..=MAX_BETWEEN).any(|between| without(head, between) == Some(true)))
}

/// Where words stand that take back what was said before them, with something behind: "…, no wait, …".
pub(crate) fn taken_back(words: &[Word]) -> Option<(usize, usize)> {
    // "…, the patio can wait": the last word takes nothing back, for nothing follows.
    let before = words.split_last()?.1;
    // "a lo mejor", "lo mejor": behind its article the word is a noun.
    let object = |word: &Word| word.class.is(Class::PRONOUN) && !word.is_subject();
    // "or if not, call the other": nothing is taken back that is only supposed.
    let supposed = |at: usize| words[at].is(Cue::Not) && words[at - 1].is(Cue::Supposes);
    // "with a waistcoat but no tie"
    let denies_a_noun = |at: usize| {
        let next = &words[at + 1];
        words[at - 1].is(Cue::But) && words[at].class.is(Class::BARE_NO) && next.tells() && !next.after_break
    };
    let led =
        |at: usize| at > 0 && !words[at].after_break && (object(&words[at - 1]) || supposed(at) || denies_a_noun(at));
    let last = (0..before.len()).rev().find(|at| before[*at].is(Cue::TakesBack) && !led(*at))?;
    let leads = |word: &Word| word.is([Cue::TakesBack, Cue::Pause, Cue::Hesitation, Cue::Speaker]);
    let run = words[..last].iter().rev().take_while(|word| leads(word) || word.class.is(Class::QUESTION)).count();
    let first = last - run;
    // "no, what am I saying, six": a question that nobody is asked.
    let asks = words.get(last + 1).filter(|next| next.after_break && next.class.is(Class::QUESTION));
    let asked = asks.and_then(|_| words[last + 2..].iter().position(|word| word.after_break));
    let end = asked.filter(|length| *length < MAX_ASKED_WORDS + 1).map_or(last + 1, |length| last + 2 + length);
    (first > 0 && end < words.len()).then_some((first, end))
}

/// "or if I don't answer, …": what is said behind it counts only if that is so.
pub(crate) fn says_otherwise(heard: &Heard) -> bool {
    heard.words.windows(2).any(|pair| pair[0].class.is(Class::OR) && pair[1].is(Cue::Supposes))
}

/// Whether the text says something about the conversation and nothing else: that one does not know, waits, declines.
pub(crate) fn is_about_the_talk(heard: &Heard) -> bool {
    is_decline(heard) || is_idiom(heard) || is_noise(heard) || is_acknowledgement(heard) || is_pause(heard)
}

/// Whether the text only asks for time: words that fill a pause, and a length of time ("hold on a second").
pub(crate) fn is_pause(heard: &Heard) -> bool {
    let language = heard.language;
    let noise = language.prefix(&heard.words, [Cue::Noise, Cue::Hesitation, Cue::Pause]);
    let rest = &heard.words[noise..];
    let measures = |word: &Word| word.class.is(Class::FUNCTION.and(Class::NUMBER)) || word.is(Cue::UnitName);
    noise > 0 && rest.iter().any(|word| word.is(Cue::UnitName)) && rest.iter().all(measures)
}

/// Whether the text denies what is asked for in the words of its name: "no return" for `return_date`.
pub(crate) fn denies_by_name(slot_name: &str, heard: &Heard) -> bool {
    let language = heard.language;
    let words = strip_back(language, strip_front(language, &heard.words, Cue::Hesitation), Cue::DeclineAfter);
    let name = Heard::of(language, &called(slot_name));
    let (negators, rest): (Vec<&Word>, Vec<&Word>) =
        words.iter().partition(|word| word.class.is(Class::NEGATOR) || word.is([Cue::No, Cue::Nothing]));
    !negators.is_empty() && rest.iter().any(|word| name.holds(word)) && words.len() <= MAX_DENIED_WORDS
}

/// "remove the note", "forget the note": whether the text says no more than that what is called so is not wanted.
pub(crate) fn removes_by_name(slot_name: &str, heard: &Heard) -> bool {
    let language = heard.language;
    let words = strip_front(language, &heard.words, [Cue::Hesitation, Cue::CorrectionWeak]);
    let removes = language.prefix(words, Cue::ListRemove);
    let named = &words[removes..];
    let named = &named[language.prefix(named, Cue::Owner)..];
    let count = named_at(language, named, slot_name);
    removes > 0 && count > 0 && language.suffix(&named[count..], Cue::Courtesy) == named.len() - count
}

/// Whether the text denies what is asked for in words of the question: "nothing extra" where "Anything extra on it?" is asked.
/// The name of an option denies that option alone.
pub(crate) fn denies_in_words_of(question: &Heard, options: &[String], heard: &Heard) -> bool {
    let language = heard.language;
    let [first, rest @ ..] = strip_ends(language, &heard.words) else { return false };
    let denies = first.class.is(Class::NEGATOR) || first.is([Cue::No, Cue::Nothing]);
    let among = |words: &[Word], word: &Word| words.iter().any(|other| other.stem(language) == word.stem(language));
    let of_question = |word: &Word| word.class.is(Class::FUNCTION) || question.holds(word);
    let names = |option: &String| Heard::of(language, &readable(option)).words.iter().all(|word| among(rest, word));
    denies && !rest.is_empty() && rest.iter().all(of_question) && !options.iter().any(names)
}

/// Whether the text wants to know something: a question that is not a request in the form of one ("can I have …").
pub(crate) fn is_inquiry(text: &str, heard: &Heard) -> bool {
    let language = heard.language;
    let before = [Cue::Hesitation, Cue::Linker, Cue::Pause, Cue::CorrectionWeak, Cue::CorrectionPlain];
    let words = strip_front(language, &heard.words, before);
    is_question(text, heard) && language.prefix(words, Cue::Request) == 0
}

/// Whether the text is a question put to us rather than an answer.
pub(crate) fn is_question(text: &str, heard: &Heard) -> bool {
    let language = heard.language;
    if heard.is([Cue::Yes, Cue::No]) {
        return false;
    }
    let words = strip_front(language, &heard.words, [Cue::Hesitation, Cue::Pause]);
    let asks = text.trim_end().ends_with(['?', '？']);
    // "what for?" may also begin a clause of purpose; a mark tells.
    if asks && language.prefix(words, Cue::QuestionAlways) > 0 {
        return true;
    }
    let Some(first) = words.first() else { return asks };
    if first.is(Cue::QuestionOpener) {
        return asks
            || language.prefix(words, Cue::QuestionAlways) > 0
            || words.len() == 1
            || words[1].is(Cue::QuestionSecond)
            // "which sizes do you have", "what time is it": the verb stands behind what is asked about.
            || words.iter().skip(2).take(MAX_ASKED_WORDS).zip(words.iter().skip(3)).any(|(verb, subject)| {
                !verb.after_break && verb.is(Cue::QuestionVerb) && subject.is(Cue::QuestionSubject)
            });
    }
    // "you mean my first name?", "anyone there?"
    if asks && (first.class.is(Class::ADDRESSED) && words.len() > 2 || first.is(Cue::Anything) && words.len() > 1) {
        return true;
    }
    // "and the stop at the station, where is it?", "¿y la parada dónde está?"
    let what = words.iter().skip(1).position(|word| word.is(Cue::QuestionOpener)).map(|at| at + 1);
    let topic = |at: usize| {
        let joins = Class::AND.and(Class::BUT).and(Class::BREAK).and(Class::AUXILIARY);
        words[1..at].iter().all(|word| !word.class.is(joins) && !word.after_break)
            && words.get(at + 1).is_some_and(|verb| verb.is(Cue::QuestionVerb) && !verb.after_break)
    };
    if asks && first.class.is(Class::ARTICLE) && what.is_some_and(topic) {
        return true;
    }
    let verb = language.prefix(words, Cue::QuestionVerb);
    // "do it as a large one"
    if language.prefix(words, Cue::CorrectionPlain) > verb && !asks {
        return false;
    }
    let begins = |subject: &Word| {
        subject.is(Cue::QuestionSubject) || first.is(Cue::QuestionAlways) && !subject.class.is(Class::NEGATOR)
    };
    verb > 0 && (asks || words.get(verb).is_some_and(begins))
}

/// Whether a question can be answered by yes or no: one of its clauses begins with an auxiliary ("…, are you in pain?").
pub(crate) fn asks_yes_or_no(question: &str, heard: &Heard) -> bool {
    const MARKS: [char; 10] = ['.', '!', '?', '¿', ',', ';', ':', '—', '–', '\n'];
    let words = heard.words.as_slice();
    let parts = |between: &str| between.contains(MARKS) || between.contains(" - ");
    let begins = |at: usize| at == 0 || question.get(words[at - 1].end..words[at].start).is_some_and(parts);
    let asks = |at: usize| heard.language.prefix(&words[at..], Cue::QuestionYesNo) > 0;
    question.contains('?') && (0..words.len()).any(|at| asks(at) && begins(at))
}

/// Whether the text only says that something was heard or is so ("ok", "yes", "sure"): never a reason to leave a move.
pub(crate) fn is_acknowledgement(heard: &Heard) -> bool {
    heard.is_empty() || heard.is(Cue::Acknowledgement)
}

/// Whether the text holds nothing that could be a value: no words, or only social noise.
pub(crate) fn is_noise(heard: &Heard) -> bool {
    let mut words = heard.words.as_slice();
    while let noise @ 1.. = heard.language.prefix(words, [Cue::Noise, Cue::NoiseBefore]) {
        words = &words[noise..];
    }
    words.is_empty()
}

/// Whether the text greets and says nothing else.
pub(crate) fn is_greeting(heard: &Heard) -> bool {
    let mut words = heard.words.as_slice();
    while let greeting @ 1.. = heard.language.prefix(words, Cue::Greeting) {
        words = &words[greeting..];
    }
    words.is_empty() && !heard.is_empty()
}

/// What answers an utterance that is nothing but thanks or a farewell, with what is said around them: "great, thanks, bye".
pub(crate) fn answer_to_closing(heard: &Heard) -> Option<Text> {
    const AROUND: CueSet = CueSet::NONE
        .with(Cue::Yes)
        .with(Cue::NoiseBefore)
        .with(Cue::Courtesy)
        .with(Cue::AnswerAfter)
        .with(Cue::Decline)
        .with(Cue::Greeting);
    let (language, mut words) = (heard.language, heard.words.as_slice());
    let mut answer = None;
    while !words.is_empty() {
        let closing = language.prefix(words, Cue::Closing);
        if let Some(said) = words.get(..closing).filter(|said| !said.is_empty()) {
            let farewell = language.value_of(Cue::Closing, said) == Some("farewell");
            answer = Some(if farewell { Text::Farewell } else { Text::Welcome });
        }
        let count = closing.max(language.prefix(words, AROUND));
        if count == 0 {
            return None;
        }
        words = &words[count..];
    }
    answer
}

/// The span of the value in a free-text answer: without hesitations, introductions ("it's", "my account id is"),
/// prepositions and articles before a short noun phrase, and courtesies after it. `None` when nothing is left.
pub(crate) fn value_span(language: &'static Language, slot_name: &str, text: &str) -> Option<(usize, usize)> {
    value_heard(&Heard::of(language, &called(slot_name)), text, &Heard::of(language, text))
}

/// The same of a text that is heard, with the words of the slot's name.
pub(super) fn value_heard(name: &Heard, text: &str, heard: &Heard) -> Option<(usize, usize)> {
    let language = heard.language;
    let mut words = heard.words.as_slice();
    let name = name.words.as_slice();
    let holds_a_name = name.iter().any(|word| word.is(Cue::SlotOfName));
    loop {
        let before = words.len();
        words = strip_front(language, words, Cue::Hesitation);
        words = strip_named(language, words, name);
        words = strip_frame(language, words, name);
        words = strip_front(language, words, Cue::Introduction);
        if holds_a_name {
            words = strip_front(language, words, Cue::IntroductionName);
        }
        words = strip_back(language, words, Cue::Afterword);
        words = strip_cry(words);
        words = strip_doubt(language, words);
        if words.len() == before {
            break;
        }
    }
    if words.len() <= MAX_NOUN_PHRASE_WORDS + 2 {
        let shorter = language.prefix(words, Cue::BeforeNoun);
        let says = |word: &Word| {
            word.class.is(Class::AUXILIARY.and(Class::SUBJECT).and(Class::NEGATOR)) && !word.class.is(Class::DETERMINER)
        };
        let bare = words.first().map(|word| word.start) == heard.words.first().map(|word| word.start);
        let (before, behind) = words.split_at(shorter);
        // "de repente vibra el volante" is no noun behind its preposition.
        let told = matches!(before, [of] if of.class.is(Class::OF))
            && behind.iter().skip(1).any(|word| word.class.is(Class::ARTICLE));
        if let (Some(article), Some(noun)) = (before.last(), behind.first())
            && !told
            && !(bare && begins_a_name(language, text, article, noun))
            && !behind.iter().any(says)
            && !noun.glued
            && behind.len() <= MAX_NOUN_PHRASE_WORDS
        {
            words = behind;
            let article = language.prefix(words, Cue::Article);
            if article > 0 && words.len() > article && !words[article].glued {
                words = &words[article..];
            }
        }
    }
    // "con Sergio"
    if let [with, name, rest @ ..] = words
        && with.is(Cue::With)
        && with.class.is(Class::ADJUNCT)
        && !with.is_capital(text)
        && name.is_capital(text)
        && rest
            .iter()
            .take_while(|word| !word.after_break)
            .all(|word| word.class != Class::CONTENT || word.is_capital(text))
    {
        words = &words[1..];
    }
    let (first, last) = (words.first()?, words.last()?);
    let start = grow_left(text, first.start);
    let end = grow_right(text, last.end);
    (start < end).then_some((start, end))
}

/// "Los Olivos", "The Crown", "A. Stone": an article, or what looks like one, that is written as a part of the name that follows.
/// "A Taxi" names no taxi.
pub(crate) fn begins_a_name(language: &'static Language, text: &str, article: &Word, name: &Word) -> bool {
    let written = text.get(article.end..name.start).unwrap_or_default();
    let initial = written.starts_with('.');
    let joined = if initial { !written.contains(['\n', ',']) } else { !name.after_break };
    let indefinite = language.is(std::slice::from_ref(article), Cue::ArticleIndefinite);
    article.class.is(Class::ARTICLE)
        && article.is_capital(text)
        && name.is_capital(text)
        && joined
        && (initial || !indefinite)
}

/// "4 Elm Close. help": a clause behind a value that says nothing.
fn strip_cry(words: &[Word]) -> &[Word] {
    let last = words.iter().rposition(|word| word.after_break).filter(|at| *at > 0);
    match last {
        Some(at) if words[at..].iter().all(|word| word.is([Cue::Empty, Cue::Noise])) => &words[..at],
        _ => words,
    }
}

/// "…, but not sure" behind a value.
fn strip_doubt<'w>(language: &'static Language, words: &'w [Word]) -> &'w [Word] {
    let doubt = language.suffix(words, Cue::Unsure);
    let head = &words[..words.len() - doubt];
    let joined = head.iter().rev().take_while(|word| word.is([Cue::But, Cue::And]) || word.is(Cue::Speaker)).count();
    let set_apart = joined > 0 || words.get(head.len()).is_some_and(|word| word.after_break);
    if doubt == 0 || !set_apart || joined >= head.len() { words } else { &head[..head.len() - joined] }
}

/// `my account id is`, `the location:`, `account id` in front of a value.
fn strip_named<'w>(language: &'static Language, words: &'w [Word], name: &[Word]) -> &'w [Word] {
    let owner = language.prefix(words, Cue::Owner);
    let rest = &words[owner..];
    let named = named_by(name, rest);
    if named == 0 {
        return words;
    }
    let after = &rest[named..];
    let copula = language.prefix(after, Cue::Copula);
    let separated = after.first().is_some_and(|word| word.after_break);
    if copula > 0 && after.len() > copula {
        &after[copula..]
    } else if separated && !after.is_empty() {
        after
    } else {
        words
    }
}

/// `my order number is`, `order number`, in front of a value that is a code (something with a digit), or after a noun that
/// labels what follows ("the name is …").
fn strip_frame<'w>(language: &'static Language, words: &'w [Word], name: &[Word]) -> &'w [Word] {
    let code =
        |rest: &[Word]| rest.iter().take_while(|word| word.glued || word.start == rest[0].start).any(Word::has_digit);
    // "my phone is …" says no name.
    let own = |noun: &Word| {
        noun.is(Cue::Label)
            && (!name.iter().any(|word| word.is(Cue::Label)) || name.iter().any(|word| word.hash == noun.hash))
    };
    let owner = language.prefix(words, Cue::Owner);
    let rest = &words[owner..];
    for length in 1..=MAX_FRAME_WORDS.min(rest.len().saturating_sub(1)) {
        let (frame, after) = rest.split_at(length);
        if frame.iter().any(|word| word.glued || code(std::slice::from_ref(word))) || after[0].after_break {
            break;
        }
        let copula = language.prefix(after, Cue::Copula);
        let labels = owner > 0 && frame.last().is_some_and(own);
        if copula > 0 && after.len() > copula && (labels || code(&after[copula..])) {
            return &after[copula..];
        }
        // "order number P-17", but "street of hope 4" is all of it.
        let named = named_by(name, rest).min(length);
        let labels = |word: &Word| word.is(Cue::Label) || word.class != Class::CONTENT && !word.class.is(Class::OF);
        if named > 0 && code(after) && frame[named..].iter().all(labels) {
            return after;
        }
    }
    words
}

/// How many of the first words are the name of a slot, or the last word of it; 0 for none.
pub(crate) fn named_at(language: &'static Language, words: &[Word], slot_name: &str) -> usize {
    begins_with_name(&Heard::of(language, &called(slot_name)), words)
}

/// The same with what the slot is called.
pub(super) fn begins_with_name(name: &Heard, words: &[Word]) -> usize {
    let (language, name) = (name.language, name.words.as_slice());
    // "el tamaño"
    let article = language.prefix(name, Cue::Owner);
    named_by(if article < name.len() { &name[article..] } else { name }, words)
}

/// The same with the words of the slot's name.
fn named_by(name: &[Word], words: &[Word]) -> usize {
    let begins = |name: &[Word]| {
        !name.is_empty() && name.len() <= words.len() && name.iter().zip(words).all(|(a, b)| a.hash == b.hash)
    };
    // "user name" for `username`, and the reverse
    let joined = |whole: &[Word], parts: &[Word]| match (whole, parts) {
        ([whole, ..], [first, second, ..]) => {
            whole.text.strip_prefix(first.text.as_str()) == Some(second.text.as_str())
        }
        _ => false,
    };
    if begins(name) {
        name.len()
    } else if name.len() == 1 && joined(name, words) {
        2
    } else if name.len() == 2 && joined(words, name) {
        1
    } else {
        usize::from(name.last().is_some_and(|last| begins(std::slice::from_ref(last))))
    }
}

fn strip_front<'w>(language: &'static Language, mut words: &'w [Word], cues: impl Into<CueSet>) -> &'w [Word] {
    let cues = cues.into();
    loop {
        let skip = language.prefix(words, cues);
        if skip == 0 || skip >= words.len() || words[skip].glued {
            return words;
        }
        words = &words[skip..];
    }
}

pub(super) fn strip_back<'w>(
    language: &'static Language,
    mut words: &'w [Word],
    cues: impl Into<CueSet>,
) -> &'w [Word] {
    let cues = cues.into();
    loop {
        let skip = language.suffix(words, cues);
        if skip == 0 || skip >= words.len() || words[words.len() - skip].glued {
            return words;
        }
        words = &words[..words.len() - skip];
    }
}

fn strip_ends<'w>(language: &'static Language, words: &'w [Word]) -> &'w [Word] {
    strip_back(language, strip_front(language, words, Cue::DeclineBefore), Cue::DeclineAfter)
}

/// Signs that belong to a value stand outside its words: `#12`, `+49…`, `"…"`, `$5`, `@name`.
fn grow_left(text: &str, start: usize) -> usize {
    let mut at = start;
    for (index, character) in text[..start].char_indices().rev() {
        if matches!(character, '#' | '+' | '@' | '$' | '€' | '£' | '/' | '_' | '-' | '(' | '.' | '~') {
            at = index;
        } else {
            break;
        }
    }
    // A lone dash, full stop or bracket is punctuation of the sentence.
    if text[at..start].chars().all(|sign| matches!(sign, '-' | '.' | '(')) && at > 0 { start } else { at }
}

fn grow_right(text: &str, end: usize) -> usize {
    let mut at = end;
    for character in text[end..].chars() {
        if matches!(character, '%' | '#' | '+' | '°' | '/' | '_' | '$' | '€' | '£')
            || (character == ')' && text[..end].contains('('))
        {
            at += character.len_utf8();
        } else {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> Heard {
        Heard::of(Language::english(), text)
    }

    fn check(slot: &str, text: &str, expected: &str) {
        let value = value_span(Language::english(), slot, text).map(|(start, end)| &text[start..end]);
        assert_eq!(value, Some(expected), "{text}");
    }

    #[test]
    fn what_is_wrapped_around_a_value_is_left_out() {
        check("location", "in my lower back", "lower back");
        check("location", "My chest", "chest");
        check("location", "it's my left knee, I think", "left knee");
        check("location", "um, the shoulder please", "shoulder");
        check("location", "It's in my lower back.", "lower back");
        check("patient_id", "DOB 01/15/1980", "DOB 01/15/1980");
        check("account_id", "my account id is ACCT-001", "ACCT-001");
        check("account_id", "ACCT-001", "ACCT-001");
        check("order_id", "A-17", "A-17");
        check("order_id", "it's A-17", "A-17");
        check("account_id", "it's #12", "#12");
        check("username", "username: john_doe", "john_doe");
        check("username", "marco", "marco");
        check("error_desc", "it crashes immediately", "it crashes immediately");
        check("error_desc", "spinning wheel that never stops", "spinning wheel that never stops");
        check(
            "error_desc",
            "the app says that it cannot reach the server",
            "the app says that it cannot reach the server",
        );
    }

    #[test]
    fn questions_are_told_from_answers() {
        let check = |text: &str, expected: bool| assert_eq!(is_question(text, &heard(text)), expected, "{text}");
        check("what do you mean?", true);
        check("why do you need that", true);
        check("can you tell me more?", true);
        check("where is my invoice", true);
        check("how much is it?", true);
        check("when I walk", false);
        check("what hurts is my knee", false);
        check("lower back?", false);
        check("my back", false);
        check("is it safe?", true);
    }

    #[test]
    fn noises_and_declines_are_known() {
        for text in ["", "...", "ok", "hello", "um, ok", "lol", "yes"] {
            assert!(is_noise(&heard(text)), "{text}");
        }
        for text in ["none", "no thanks", "I don't know", "nothing else, thanks", "I'd rather not say", "not sure"] {
            assert!(is_decline(&heard(text)), "{text}");
        }
        for text in ["no pain", "knee", "not my back"] {
            assert!(!is_decline(&heard(text)), "{text}");
        }
    }
}
