//! Yes and no as answers to a question that was just asked, and the answers that are neither.
//!
//! This reads whole answers ("I am", "not really", "no, but I have a cough"); finding a yes or a no somewhere in a
//! text is the boolean recognizer's.

use crate::entities::{Kind, Kinds, Reference, Value, recognize};
use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word, between_marks, first_clause, stem};

use super::options;
use super::scan::Scan;

/// The answer without hesitations at the front and courtesies at the end.
fn core(heard: &Heard) -> &[Word] {
    let said = match heard.words.as_slice() {
        // "sí, ¿no?", "yes, no?": a no that is asked behind an answer asks for agreement, and denies nothing.
        [answer @ .., tag] if is_tag(heard, tag) && !answer.is_empty() => answer,
        words => words,
    };
    core_of(heard.language, said)
}

/// Whether the last word of an answer is a question of its own that a yes agrees to.
fn is_tag(heard: &Heard, last: &Word) -> bool {
    last.class.is(Class::BARE_NO) && last.after_break && heard.tokens.ends_asking()
}

fn core_of<'w>(language: &'static Language, mut words: &'w [Word]) -> &'w [Word] {
    loop {
        let skip = language.prefix(words, Cue::AnswerBefore);
        if skip == 0 || skip >= words.len() {
            break;
        }
        words = &words[skip..];
    }
    loop {
        let skip = language.suffix(words, Cue::AnswerAfter);
        if skip == 0 || skip >= words.len() {
            break;
        }
        words = &words[..words.len() - skip];
    }
    words
}

/// Whether the answer says that the person does not know.
pub(crate) fn is_unsure(heard: &Heard) -> bool {
    let language = heard.language;
    let core = core(heard);
    if language.is(core, Cue::Unsure) || heard.is(Cue::Unsure) {
        return true;
    }
    // "I don't know what that is", "not sure about it": the first words decide, when what follows adds no answer.
    let said = language.prefix(core, Cue::Unsure);
    said >= 2 && core.len() > said && !core[said..].iter().any(|word| word.after_break || word.is(Cue::But))
}

/// Whether the last of several clauses says that one does not know.
pub(crate) fn ends_unsure(heard: &Heard) -> bool {
    let words = heard.words.as_slice();
    let unsure = heard.language.suffix(words, Cue::Unsure);
    let Some(last) = words.iter().rposition(|word| word.after_break).filter(|at| *at > 0) else { return false };
    unsure > 1 && last + unsure <= words.len()
}

/// Whether the words are nothing but a no.
pub(crate) fn is_no(language: &'static Language, words: &[Word]) -> bool {
    language.is(words, Cue::No) || language.is(core_of(language, words), Cue::No)
}

/// Reads an answer that is nothing but a yes or a no.
pub(crate) fn plain(heard: &Heard) -> Option<bool> {
    let language = heard.language;
    [heard.words.as_slice(), core(heard)].into_iter().find_map(|whole| {
        if language.is(whole, Cue::No) { Some(false) } else { language.is(whole, Cue::Yes).then_some(true) }
    })
}

/// Reads an answer as yes or no; `None` when it is neither.
pub(crate) fn read(text: &str, reference: &Reference) -> Option<bool> {
    let language = Language::of(reference.language);
    let heard = Heard::of(language, text);
    if heard.is_empty() {
        return by_recognizer(text, reference);
    }
    // "no problem" is a yes to what is asked for, and a no to whether there is one.
    let either = heard.words.first().is_some_and(|first| first.class.is(Class::NEGATOR)) && heard.is(Cue::AnswerAfter);
    if either || is_unsure(&heard) {
        return None;
    }
    if let Some(answer) = plain(&heard) {
        return Some(answer);
    }
    let core = core(&heard);
    // "no clue, the thermometer is broken": what goes on says neither as well.
    let unsure = language.prefix(core, Cue::Unsure);
    let behind = core.get(unsure..).filter(|_| unsure > 1).unwrap_or(&[]);
    if behind.first().is_some_and(|next| next.after_break) && !behind.iter().any(|word| word.is(Cue::AnswerAlone)) {
        return None;
    }
    // "yo no, pero mi hermana sí": of one it is so, of another not.
    let but = core.iter().position(|word| word.is(Cue::But)).unwrap_or(core.len());
    let answers = |words: &[Word], cue: Cue| words.iter().any(|word| word.is(Cue::AnswerAlone) && word.is(cue));
    if answers(&core[..but], Cue::No) && answers(&core[but..], Cue::Yes) {
        return None;
    }
    if is_doubly_denied(core) {
        return None;
    }
    // "yes. and no, nobody is hurt": the no answers something else, or leaves it open.
    let joined = |pair: &[Word]| pair[0].class.is(Class::AND) && pair[1].is(Cue::No) && pair[1].is(Cue::AnswerAlone);
    if core.first().is_some_and(|first| first.is(Cue::Yes)) && core.windows(2).any(joined) {
        return None;
    }
    if let Some(last) = taken_back(core) {
        return last;
    }
    // "no, but I have a cough", "yes I am", "I do have that": the longest leading phrase, when it is one that stands
    // for itself or is set apart.
    let no = language.prefix(core, Cue::No);
    let yes = language.prefix(core, Cue::Yes);
    let length = no.max(yes);
    let (Some(first), Some(next)) = (core.first(), core.get(length)) else { return by_recognizer(text, reference) };
    if length == 0 {
        return by_recognizer(text, reference);
    }
    let set_apart = next.after_break || length >= 2 || first.is(Cue::AnswerAlone) || next.is(Cue::AnswerGoesOn);
    // "yes except the last one": of a part it is not so.
    if language.prefix(&core[length..], Cue::ListExcept) > 0 && !next.is(Cue::But) {
        return None;
    }
    // "no tengo fiebre" states something; "no, nunca", "no pues lo dejo" answer.
    let goes_on = next.is(Cue::AnswerBefore) && !next.class.is(Class::DETERMINER.and(Class::LIFTS).and(Class::AND));
    let states = length == 1 && first.is(Cue::Not) && !next.after_break && !next.is(Cue::No) && !goes_on;
    if !set_apart || states {
        return None;
    }
    // "yeah no, not at all"
    let takes_back = |after: &Word| after.after_break || after.is(Cue::Pause);
    if yes > no && !next.after_break && next.is(Cue::No) && core.get(length + 1).is_none_or(takes_back) {
        return Some(false);
    }
    // "I am not", "it is not …": a negated opening is longer and wins; "I have a headache" is a statement, not an answer.
    if yes > no && !first.is(Cue::AnswerAlone) && !next.after_break && first.is(Cue::StatementSubject) {
        // "we have our own": what is had is named, and that is another thing.
        if next.class.is(Class::DETERMINER) {
            return None;
        }
        return Some(!next.is(Cue::Denial));
    }
    Some(yes > no)
}

/// "I don't not want to", "it's not that I don't want to": denied twice in one clause, and no "no, no".
fn is_doubly_denied(words: &[Word]) -> bool {
    let mut clause = 0;
    let mut denied: Option<usize> = None;
    for (at, word) in words.iter().enumerate() {
        if word.after_break || word.class.is(Class::BREAK.and(Class::AND).and(Class::BUT)) {
            (clause, denied) = (at, None);
        }
        if word.class.is(Class::NOT) {
            if denied.is_some_and(|first| first > clause || at > first + 1 && word.class.is(Class::BARE_NO)) {
                return true;
            }
            denied = denied.or(Some(at));
        }
    }
    false
}

/// "yes, sorry, no", "no wait yes": of a yes and a no that stand apart from what else is said the last one counts, unless it is
/// taken back as well ("yes no wait"). `None` where there is no more than one of them.
fn taken_back(words: &[Word]) -> Option<Option<bool>> {
    let turns = |word: &Word| word.is([Cue::TakesBack, Cue::Pause, Cue::Hesitation]);
    let stands = |at: &usize| {
        let (word, next) = (&words[*at], words.get(*at + 1));
        let led = *at == 0 || word.after_break || turns(&words[*at - 1]) || words[*at - 1].is(Cue::AnswerAlone);
        let ends =
            next.is_none_or(|next| next.after_break || turns(next) || next.is([Cue::AnswerAlone, Cue::AnswerAfter]));
        word.is(Cue::AnswerAlone) && word.is([Cue::Yes, Cue::No]) && led && ends
    };
    let said: Vec<usize> = (0..words.len()).filter(stands).collect();
    let (first, last) = (*said.first()?, *said.last()?);
    let differs = words[first].is(Cue::No) != words[last].is(Cue::No);
    let rest = &words[last + 1..];
    // "no, wait"
    if !rest.is_empty()
        && rest.iter().all(turns)
        && rest.iter().any(|word| word.is(Cue::Pause) && word.is(Cue::TakesBack))
    {
        return Some(None);
    }
    differs.then(|| Some(words[last].is(Cue::Yes)))
}

/// "they had already driven off, so no", "somewhere in a drawer, yeah": what an answer comes to.
pub(crate) fn concluded(heard: &Heard) -> Option<bool> {
    let core = core(heard);
    let last = core.iter().rposition(|word| word.after_break).filter(|last| *last > 0);
    let answers = |word: &Word| word.is(Cue::AnswerAlone) && word.is([Cue::Yes, Cue::No]);
    if let Some(last) = last.filter(|last| !core[..*last].iter().any(answers) && !heard.tokens.ends_asking()) {
        let language = heard.language;
        let said = |cue: Cue| language.is(&core[last..], cue) && (core.len() > last + 1 || answers(&core[last]));
        if said(Cue::Yes) || said(Cue::No) {
            return Some(said(Cue::Yes));
        }
    }
    match core {
        [_, .., so, that, last]
            if so.class.is(Class::CONCLUDES) && that.class.is(Class::THAT) && last.is(Cue::AnswerAlone) =>
        {
            last.is([Cue::Yes, Cue::No]).then(|| last.is(Cue::Yes))
        }
        [_, .., so, last] if so.class.is(Class::CONCLUDES) && last.is(Cue::AnswerAlone) => {
            last.is([Cue::Yes, Cue::No]).then(|| last.is(Cue::Yes))
        }
        _ => None,
    }
}

/// How an answer denies what was asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// It is a no, or says that it is not that.
    Whole,
    /// It is a no, and goes on from this byte of the text.
    Opens(usize),
    /// It may be one: "no, she is my daughter", "I'm fine".
    Unclear,
    /// It does not.
    None,
}

/// How an answer denies a guess. A "no" that denies another word ("no pulse", "no responde") denies nothing else.
pub(crate) fn denial(heard: &Heard) -> Denial {
    /// Words before the negator of "it is not that".
    const MAX_LEAD: usize = 4;
    let language = heard.language;
    let words = core(heard);
    // "no, no puedo salir" opens with one.
    let opens = language.prefix(&words[..first_clause(words)], Cue::No);
    // "I can't get out" does not say that it is over.
    let over = |words: &[Word]| words.last().is_some_and(Word::is_over);
    // "no está bien" says that something is wrong.
    if opens == words.len() && opens > 0 && !over(words) {
        return Denial::Whole;
    }
    if language.prefix(words, Cue::Unsure) >= 2 {
        return Denial::None;
    }
    let another = |words: &[Word]| words.iter().any(|word| word.class.is_person());
    // "nope" denies by itself, and "no" where it is set apart, what follows says that nothing is wrong ("no no está bien" does
    // not), or is a sentence of its own.
    let denies = Class::NEGATOR.and(Class::NOTHING);
    let states = |at: usize| {
        let [subject, verb, ..] = &words[at..] else { return false };
        subject.class.is(Class::PRONOUN) && verb.class.is(Class::AUXILIARY) && !verb.class.is(Class::PRONOUN)
    };
    let answers = |next: &&Word| {
        next.after_break
            || over(words) && !next.class.is(Class::AUXILIARY)
            || !words[..opens].iter().any(|word| word.class.is(denies))
            || opens == 1 && states(opens)
    };
    if let Some(next) = words.get(opens).filter(|_| opens > 0).filter(answers) {
        return if another(&words[opens..]) { Denial::Unclear } else { Denial::Opens(next.start) };
    }
    let (clause, rest) = words.split_at(first_clause(words));
    let Some(at) = clause.iter().take(MAX_LEAD).position(|word| word.class.is(Class::NEGATOR)) else {
        return if over(clause) { Denial::Unclear } else { Denial::None };
    };
    // "it's not that", "no es una urgencia": nothing but grammar before what is denied, and no telling word right behind it.
    let verb = clause[at + 1..].iter().take_while(|word| word.class.is(Class::AUXILIARY)).count();
    let denied = clause.get(at + 1 + verb);
    let light = |word: &Word| word.class.is(Class::FUNCTION.and(Class::FILLER));
    // "no me oye?": a pronoun before what is denied.
    let telling = || clause[at + 2 + verb..].iter().any(|word| word.class == Class::CONTENT);
    let of_it = denied.is_none_or(|word| {
        let named = word.class.is(Class::DETERMINER.and(Class::NOTHING));
        named || word.class.is(Class::PRONOUN) && !telling()
    });
    if another(clause) {
        return if opens > 0 && of_it { Denial::Unclear } else { Denial::None };
    }
    if !of_it || !clause[..at].iter().all(light) {
        return Denial::None;
    }
    // "no I want to pay by card" goes on; "no it isn't" does not.
    let long = words.len() > MAX_LEAD + 1;
    match rest.first() {
        _ if long && opens > 0 && verb == 0 => Denial::Opens(words[opens].start),
        Some(next) if long => Denial::Opens(next.start),
        _ => Denial::Whole,
    }
}

/// Reads an answer to a question whose words are known, where it takes them up: "it can't, the wheel is bent".
pub(crate) fn read_answer(scan: &Scan<'_>) -> Option<bool> {
    if let Some(last) = concluded(&scan.heard) {
        return Some(last);
    }
    let of_another_time = || scan.question().is_some_and(|question| is_of_another_time(&scan.heard, question));
    if is_doubly_denied(core(&scan.heard)) || of_another_time() {
        return None;
    }
    if let Some(said) = of_days(scan) {
        return said;
    }
    match scan.question().map(|question| echo(&scan.heard, question)) {
        Some(Echo::Answers(answer)) => Some(answer),
        Some(Echo::States | Echo::Contradicts) => None,
        Some(Echo::None) | None => {
            let with = || scan.question().and_then(|question| with_or_without(&scan.heard, question));
            read(scan.text, scan.reference).or_else(with)
        }
    }
}

/// "mañana imposible, pasado sí", "Monday no, Tuesday yes": what is said of days counts only for the one that was asked about; `None`
/// where no day has an answer of its own.
fn of_days(scan: &Scan<'_>) -> Option<Option<bool>> {
    let question = scan.question()?;
    let said = |clause: &[Word]| match clause {
        [.., day, answer]
            if day.class.is(Class::TIME) && answer.is(Cue::AnswerAlone) && answer.is([Cue::Yes, Cue::No]) =>
        {
            Some((question.holds(day), answer.is(Cue::Yes)))
        }
        _ => None,
    };
    // "hoy no", "sí, el lunes sí" answer.
    let plain = |clause: &[Word]| scan.language().is(clause, [Cue::Yes, Cue::No]);
    if between_marks(&scan.heard.words).any(plain) {
        return None;
    }
    let told: Vec<(bool, bool)> = between_marks(&scan.heard.words).filter_map(said).collect();
    let own = told.iter().find(|(own, _)| *own);
    (!told.is_empty()).then(|| own.map(|(_, answer)| *answer))
}

/// "better without the seat", "mejor sin sillita" to "Do you need a seat?": what was asked about is wanted or not.
pub(crate) fn with_or_without(heard: &Heard, question: &Heard) -> Option<bool> {
    let words = core(heard);
    let clause = &words[..first_clause(words)];
    let lead = clause.iter().position(|word| word.is([Cue::With, Cue::Without]))?;
    let opens = clause[..lead].iter().all(|word| word.is([Cue::CorrectionPlain, Cue::CorrectionWeak]) || !word.tells());
    let named = clause[lead + 1..].iter().find(|word| !word.class.is(Class::DETERMINER))?;
    (opens && is_called_in(question, named)).then(|| clause[lead].is(Cue::With) != is_denied(clause, lead))
}

/// "not with a car", "nunca con coche": whether a word that leads to what is wanted or not is denied itself.
fn is_denied(words: &[Word], lead: usize) -> bool {
    let negator = lead.checked_sub(1).map(|before| &words[before]);
    negator.is_some_and(|word| word.class.is(Class::NEGATOR) && !word.class.is(Class::LIFTS))
        && !words[lead].after_break
}

/// Whether a question has a word for a thing, or the one that it is spoken of fondly by: "silla", "sillita".
fn is_called_in(question: &Heard, noun: &Word) -> bool {
    /// Letters of a stem that tells.
    const MIN_STEM: usize = 4;
    let fond = |word: &Word| {
        let stem = word.stem(question.language);
        let (head, _) = stem.pieces();
        word.tells() && head.len() >= MIN_STEM && noun.text.starts_with(head)
    };
    noun.class == Class::CONTENT && (question.holds(noun) || question.words.iter().any(fond))
}

/// "I was a student until last summer", "there was one but it is gone", "I'll be one in May" where it is asked what is so now.
pub(crate) fn is_of_another_time(heard: &Heard, question: &Heard) -> bool {
    let language = heard.language;
    let words = core(heard);
    let answers = words.first().is_none_or(|first| first.class.is(Class::ANSWER.and(Class::BARE_NO)));
    if answers || plain(heard).is_some() || language.prefix(words, Cue::No) > 1 {
        return false;
    }
    let clause = &words[..first_clause(words)];
    let is = |words: &[Word], cue: Cue| (0..words.len()).any(|at| language.prefix(&words[at..], cue) > 0);
    let past = |word: &Word| word.class.is(Class::PAST);
    let verb = clause.iter().position(|word| word.class.is(Class::AUXILIARY.and(Class::PAST)));
    let over = verb.is_some_and(|verb| past(&clause[verb]) && is(&words[verb + 1..], Cue::Ended));
    let asked = question.words.iter().any(past) || is(&question.words, Cue::AsksPast);
    // "Would you like fries?" – "I'll have fries"
    let wanted = question.words.iter().any(|word| word.is(Cue::AsksWish)) || is(&question.words, Cue::Coming);
    over && !asked || is(clause, Cue::Coming) && !wanted
}

/// What an answer that begins with a subject and its auxiliary is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Echo {
    /// It does not begin so.
    None,
    /// It takes up the question: "they are", "it can't", "it does hurt".
    Answers(bool),
    /// It says something else: "they are red", "I can't see".
    States,
    /// It is a no, and says what was asked about: "no no, outside is great".
    Contradicts,
}

fn echo(heard: &Heard, question: &Heard) -> Echo {
    let words = core(heard);
    let opens = words.iter().take_while(|word| word.is(Cue::No)).count();
    let behind = words.get(opens..).filter(|behind| opens > 0 && behind.first().is_some_and(|next| next.after_break));
    if let Some(behind) = behind {
        let of_question = |word: &Word| word.class == Class::CONTENT && question.holds(word);
        let denies = Class::NEGATOR.and(Class::NOTHING).and(Class::OVER).and(Class::LIFTS);
        if behind.iter().any(of_question) && !behind.iter().any(|word| word.class.is(denies)) {
            return Echo::Contradicts;
        }
    }
    let [subject, auxiliary, rest @ ..] = words else { return Echo::None };
    let is_subject = subject.class.is(Class::PRONOUN) && !subject.class.is(Class::DETERMINER);
    if is_unsure(heard) || !is_subject || !auxiliary.class.is(Class::AUXILIARY) || auxiliary.after_break {
        return Echo::None;
    }
    let denied = rest.first().is_some_and(|word| word.class.is(Class::NEGATOR) && !word.after_break);
    let rest = &rest[usize::from(denied)..];
    let clause = rest.iter().take_while(|word| !word.after_break && !word.is([Cue::But, Cue::And]));
    let said: Vec<&Word> = clause.filter(|word| word.class == Class::CONTENT || word.class.is(Class::LIGHT)).collect();
    let rounds_off = |word: &Word| word.is([Cue::AnswerAfter, Cue::Yes, Cue::Afterword]);
    if said.iter().all(|word| question.holds(word) || rounds_off(word)) { Echo::Answers(!denied) } else { Echo::States }
}

/// Reads an answer that repeats what was asked about: "very urgent" and "not that urgent" for a slot `urgent`.
pub(crate) fn by_name(name: &str, heard: &Heard) -> Option<bool> {
    let (start, end) = named(name, heard)?;
    if is_unsure(heard) {
        return None;
    }
    let denied = options::negated(heard, start, end)
        || is_taken_off(heard, start, end)
        || heard.words[..start].iter().any(|word| word.is(Cue::Nothing));
    let unclear = heard.words[end..].iter().any(|word| word.is(Cue::Unclear));
    (!unclear).then_some(!denied)
}

/// "leave the cover off", "drop the cover": whether what the words `first..end` name is taken away.
fn is_taken_off(heard: &Heard, first: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let articles = words[..first].iter().rev().take_while(|word| word.class.is(Class::DETERMINER)).count();
    let before = &words[..first - articles];
    let parted = || match (before.last(), words.get(end)) {
        (Some(verb), Some(particle)) if !particle.after_break => options::takes_off(heard.language, verb, particle),
        _ => false,
    };
    let denies = before.last().is_none_or(|word| word.class.is(Class::NEGATOR));
    !denies && (heard.language.suffix(before, Cue::ListRemove) > 0 || parted())
}

/// Where an utterance says of its own accord that a thing is or is not wanted: "with breakfast", "no fever".
pub(crate) fn stated(name: &str, heard: &Heard) -> Option<(bool, usize, usize)> {
    let (start, end) = named(name, heard)?;
    // "with a guide"
    let before = &heard.words[..start];
    let articles = before.iter().rev().take_while(|word| word.class.is(Class::ARTICLE)).count();
    let at = (start - articles).checked_sub(1)?;
    let lead = &heard.words[at];
    if heard.words[at + 1..=start].iter().any(|word| word.after_break) {
        return None;
    }
    let (said, denied) = (lead.is(Cue::With), lead.is(Cue::Without));
    (said || denied).then(|| (said != is_denied(&heard.words, at), lead.start, heard.words[end - 1].end))
}

/// The words of a slot's name, where they stand once and together; grammar may stand among them ("pick it up", "told the crew").
pub(crate) fn named(name: &str, heard: &Heard) -> Option<(usize, usize)> {
    /// Words that a name is said in at most.
    const MAX_WORDS: usize = 5;
    /// Letters of a word that may be said in another form.
    const MIN_FORM: usize = 5;
    let language = heard.language;
    let wanted = name.replace('_', "").to_lowercase();
    if wanted.is_empty() || name.len() < 3 {
        return None;
    }
    let ends = |first: usize| {
        let mut said = String::new();
        let words = heard.words.iter().enumerate().skip(first).take(MAX_WORDS);
        for (at, word) in words {
            let goes_on = wanted.strip_prefix(said.as_str()).is_some_and(|rest| rest.starts_with(&*word.text));
            if !goes_on && at > first && word.class.is(Class::PRONOUN.and(Class::DETERMINER).and(Class::NEGATOR)) {
                continue;
            }
            // "no heating" for `heated`
            let inflected = |rest: &str| rest.len() >= MIN_FORM && word.stem(language) == stem(language, rest);
            if word.class == Class::CONTENT && wanted.strip_prefix(said.as_str()).is_some_and(inflected) {
                return Some(at + 1);
            }
            said.push_str(&word.text);
            if said == wanted {
                return Some(at + 1);
            }
            if !goes_on {
                return None;
            }
        }
        None
    };
    let mut places = (0..heard.words.len()).filter_map(|first| Some((first, ends(first)?)));
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

fn by_recognizer(text: &str, reference: &Reference) -> Option<bool> {
    let found = recognize(text, Kinds::NONE.with(Kind::Boolean), reference);
    let mut said = found.iter().filter_map(|entity| match entity.readings.first() {
        Some(Value::Boolean(value)) => Some((entity.start, *value)),
        _ => None,
    });
    let (start, first) = said.next()?;
    let leads = text.get(..start).is_some_and(|before| Heard::of(Language::of(reference.language), before).len() <= 3);
    if leads && said.all(|(_, other)| other == first) { Some(first) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{Direction, Language as Spoken};

    fn reference() -> Reference {
        Reference {
            now: jiff::civil::date(2026, 3, 4).at(9, 0, 0, 0),
            offset_seconds: 0,
            direction: Direction::Future,
            language: Spoken::English,
            place: crate::entities::Place::DEFAULT,
        }
    }

    fn check(text: &str, expected: Option<bool>) {
        assert_eq!(read(text, &reference()), expected, "{text}");
    }

    #[test]
    fn yes_and_no_are_read_as_people_say_them() {
        for text in [
            "yes",
            "Yeah",
            "yep!",
            "I am",
            "yes, I am",
            "um, yes",
            "I do",
            "it does",
            "yes please",
            "a little bit",
            "sure thing",
            "I think so",
            "yes it hurts a lot",
        ] {
            check(text, Some(true));
        }
        for text in [
            "no",
            "Nope.",
            "not really",
            "not at all",
            "no I'm not",
            "I'm not",
            "No, just a cough",
            "I don't think so",
            "no thanks",
            "it doesn't",
            "I am not",
        ] {
            check(text, Some(false));
        }
    }

    #[test]
    fn the_last_of_a_yes_and_a_no_counts() {
        for text in ["yes wait no", "yes, sorry, no", "yes... no", "yeah no"] {
            check(text, Some(false));
        }
        for text in ["no wait yes", "no sorry yes", "no, wait, yes please", "yes, no?", "yes thanks, no?"] {
            check(text, Some(true));
        }
        check("no, no?", Some(false));
    }

    #[test]
    fn what_is_neither_is_not_guessed() {
        for text in [
            "yes no wait",
            "no, wait",
            "it's not that I don't want to",
            "I don't not want to",
            "no problem",
            "I don't know",
            "not sure",
            "not yesterday",
            "maybe",
            "m",
            "since yesterday",
            "my back",
            "what do you mean?",
            "I really don't know",
            "nothing yesterday",
        ] {
            check(text, None);
        }
    }
}
