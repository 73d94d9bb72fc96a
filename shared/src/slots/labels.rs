//! What a question for free text wants, told from the slot's name and the question: words of any kind, or a label (a
//! name, a code, a place). A sentence is no label: "it says user not found" is not a user's name.

use crate::language::{Class, Cue, Language};
use crate::text::{Heard, Word, first_clause, hash};

use super::strings;

/// The words behind "what is your …" that are looked at for the noun that is asked for.
const MAX_ASKED_NOUN: usize = 4;
/// Words before a preposition of place in a sentence that tells where something is.
const MAX_BEFORE_PLACE: usize = 4;
/// The longest word of a code that is spelt out.
const MAX_SPELT_CHARS: usize = 2;

/// What the answer is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Anything that can be said: "What is the matter?"
    Words,
    /// A noun phrase: "Which shop?"
    Label,
    /// Where something is.
    Place,
    /// What a person is called.
    Name,
    /// Who somebody is: a name, or words for them.
    Person,
    /// A number or code.
    Code,
}

impl Wanted {
    /// What a slot of that name wants, by its question.
    pub(crate) fn of(name: &Heard, asked: &Heard) -> Wanted {
        let language = name.language;
        if name.words.iter().any(|word| word.is(Cue::AsksWords)) {
            return Wanted::Words;
        }
        if name.words.iter().any(|word| is_code_noun(language, word)) {
            return Wanted::Code;
        }
        if name.words.iter().any(|word| word.is(Cue::SlotOfName)) {
            return Wanted::Name;
        }
        let by_name = name.words.iter().any(|word| word.is(Cue::Label) || is_compound_label(language, &word.text));
        let by_question = asks_for(language, asked).or_else(|| asks_by_name(name, asked).then_some(Wanted::Label));
        match by_question {
            Some(wanted) if wanted != Wanted::Label => wanted,
            _ if by_name => Wanted::Label,
            wanted => wanted.unwrap_or(Wanted::Words),
        }
    }
}

/// "¿Qué medida llevan?" for `medida`: behind the word that asks stands what the slot is called.
fn asks_by_name(name: &Heard, asked: &Heard) -> bool {
    /// Words of "which make and model".
    const REACH: usize = 3;
    let asks = asked.words.iter().position(|word| word.class.is(Class::QUESTION));
    asks.is_some_and(|at| {
        let behind = asked.words[at + 1..].iter().take_while(|word| !word.after_break);
        behind.take(REACH).any(|word| word.class == Class::CONTENT && name.holds(word))
    })
}

/// What a question asks for; `None` where its words do not tell.
fn asks_for(language: &'static Language, asked: &Heard) -> Option<Wanted> {
    if asked.words.iter().any(|word| word.is(Cue::AsksWords)) {
        return Some(Wanted::Words);
    }
    let begins =
        |at: &usize| *at == 0 || asked.words[*at].after_break || asked.words[*at - 1].class.is(Class::FUNCTION);
    let opens = |at: &usize| language.prefix(&asked.words[*at..], Cue::AsksLabel) > 0;
    let Some(at) = (0..asked.len()).filter(begins).find(opens) else {
        // "¿A qué dirección?", "¿De qué marca es?", "What make is it?"
        let words = asked.words.as_slice();
        let asks = |at: &usize| {
            let (Some(asks), Some(noun)) = (words.get(*at), words.get(*at + 1)) else { return false };
            let led = *at > 0 && {
                let before = &words[*at - 1];
                before.class.is(Class::FUNCTION) && !before.class.is(Class::FOR.and(Class::PRONOUN))
            };
            // "What make and model is it?"
            let joined = words.get(*at + 2).is_some_and(|and| and.class.is(Class::AND) && !and.after_break);
            let verb = words.get(*at + if joined { 4 } else { 2 });
            let is = verb.is_some_and(|verb| verb.class.is(Class::AUXILIARY) || verb.is(Cue::Copula));
            let content = noun.class == Class::CONTENT && (led || is) || noun.class.is(Class::LIGHT) && is;
            asks.class.is(Class::QUESTION) && !noun.after_break && (noun.is(Cue::Label) || content)
        };
        let noun = &words[(0..words.len()).find(asks)? + 1];
        return Some(if is_code_noun(language, noun) { Wanted::Code } else { Wanted::Label });
    };
    let length = language.prefix(&asked.words[at..], Cue::AsksLabel);
    let said = &asked.words[at..at + length];
    let named = language.value_of(Cue::AsksLabel, said);
    if named == Some("place") {
        return Some(Wanted::Place);
    }
    // "Which street and house number?" asks for a street.
    let noun = |word: &&Word| !word.after_break && !word.class.is(Class::FUNCTION);
    let clause = asked.words[at + length..].iter().take_while(noun).take(MAX_ASKED_NOUN);
    let mut wanted = match named {
        Some("name") => Wanted::Name,
        Some("name-or-words") => Wanted::Person,
        _ => Wanted::Label,
    };
    for noun in clause {
        if is_code_noun(language, noun) {
            return Some(Wanted::Code);
        }
        if noun.is(Cue::SlotOfName) {
            wanted = Wanted::Name;
        }
    }
    Some(wanted)
}

/// "number", "code": a noun whose value is written with digits or letters of its own.
fn is_code_noun(language: &'static Language, word: &Word) -> bool {
    let is_code = |words: &[Word]| language.value_of(Cue::Label, words) == Some("code");
    is_code(std::slice::from_ref(word)) || label_at_end(language, &word.text).is_some_and(|tail| is_code(&tail.words))
}

/// Whether a word ends in a noun that labels a value: "username".
fn is_compound_label(language: &'static Language, word: &str) -> bool {
    label_at_end(language, word).is_some()
}

/// The noun that labels a value with which a longer word ends: the "code" of "postcode".
fn label_at_end(language: &'static Language, word: &str) -> Option<Heard> {
    const MIN_BYTES: usize = 4;
    let tails = word.char_indices().skip(1).filter_map(|(at, _)| word.get(at..));
    let tails = tails.take_while(|tail| tail.len() >= MIN_BYTES);
    // Letters are their own normal form, unless they are a contraction: most tails need not be cut to be known.
    let may_be = |tail: &&str| {
        let key = hash::of(tail.as_bytes());
        let plain = tail.bytes().all(|byte| byte.is_ascii_lowercase());
        !plain || language.class(key).is(Class::CONTRACTION) || language.cues(key).has(Cue::Label)
    };
    tails.filter(may_be).map(|tail| Heard::of(language, tail)).find(|tail| tail.is(Cue::Label))
}

/// What an answer comes to where a label is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// It may be one, as it stands.
    Stands,
    /// These bytes of it are: "we came from Leeds".
    Within((usize, usize)),
    /// It is a sentence about something else.
    Sentence,
}

/// Reads an answer to `question` as the label that it asks for, with the words of the slot's name.
pub(crate) fn read(wanted: Wanted, name: &Heard, question: &Heard, text: &str, heard: &Heard) -> Label {
    let language = heard.language;
    let first = heard.words.iter().position(|word| !strings::is_hesitation(word)).unwrap_or(heard.len());
    let words = &heard.words[first..];
    // "Ruth. Ruth Okafor"
    if !matches!(wanted, Wanted::Code | Wanted::Words)
        && let said = first_clause(words)
        && let behind = &words[said..]
        && behind.len() > said
        && words[..said].iter().zip(behind).all(|(one, again)| one.hash == again.hash)
        && let (Some(first), Some(last)) = (behind.first(), behind[..first_clause(behind)].last())
    {
        return Label::Within((first.start, last.end));
    }
    if wanted == Wanted::Words || words.is_empty() || is_titled(text, words) {
        return Label::Stands;
    }
    // "Tom, no wait, Tim", "Walt, sorry Walter Moss"
    let names = |words: &[Word]| !words.is_empty() && words.iter().all(|word| word.is_capital(text));
    if let Some((run, from)) = strings::taken_back(words)
        && (from - run > 1 || names(&words[..run]) && names(&words[from..]))
        && words[run].after_break
        && !words[run].class.is(Class::THAT.and(Class::QUESTION))
        && let (Some(first), Some(last)) = (words.get(from), words.last())
    {
        return Label::Within((first.start, last.end));
    }
    // "Tom, well Thomas Ashby"
    let end = first_clause(words);
    let turns = language.prefix(&words[end..], Cue::Hesitation);
    let turned = &words[end + turns..];
    if turns > 0 && names(&words[..end]) && names(turned) {
        return Label::Within((turned[0].start, turned[turned.len() - 1].end));
    }
    // "jo@example.com" is nobody's name, but it may be a username.
    let of_person = !name.words.iter().any(|word| is_compound_label(language, &word.text));
    if matches!(wanted, Wanted::Name | Wanted::Person) && of_person && text.contains('@') {
        return Label::Sentence;
    }
    if matches!(wanted, Wanted::Name | Wanted::Person)
        && let Some(label) = introduced_name(language, text, words)
    {
        return label;
    }
    match (wanted, named_by_kinship(language, text, words)) {
        (Wanted::Name, Some(label)) | (Wanted::Person, Some(label @ Label::Within(_))) => return label,
        _ => {}
    }
    let span = strings::value_heard(name, text, heard).unwrap_or((0, text.len()));
    let from = words.iter().take_while(|word| word.start < span.0).count();
    let until = words.iter().take_while(|word| word.end <= span.1).count().max(from);
    let inner = &words[from..until];
    let opening = if from > 0 { Opening::Introduced } else { Opening::Bare };
    // "214, second floor"
    if wanted == Wanted::Code
        && let end = first_clause(inner)
        && end < inner.len()
        && inner[..end].iter().any(Word::has_digit)
        && !inner[end..].iter().any(Word::has_digit)
    {
        return Label::Within((inner[0].start, inner[end - 1].end));
    }
    let fits = match wanted {
        Wanted::Code => is_code(language, text, inner),
        Wanted::Name => !is_sentence(language, text, inner, opening) && is_nominal(text, inner),
        _ => !is_sentence(language, text, inner, opening),
    };
    // "go to Portugal" to "Which country are you going to?"
    let verb = words[0].class.is(Class::LIGHT) || inner.first().is_some_and(|first| first.class.is(Class::LIGHT));
    let led = if verb && wanted != Wanted::Code { echo(question, words).or_else(|| behind_to(words)) } else { None };
    if fits && led.is_none() {
        // "York, my sister lives there": no verb that tells a sentence, and a person of whom something is said.
        let told = words.iter().any(|word| word.after_break && word.class.is(Class::DETERMINER.and(Class::PRONOUN)));
        let named = || before_an_aside(language, text, inner, Aside::Told);
        return if told { named().map_or(Label::Stands, Label::Within) } else { Label::Stands };
    }
    if wanted == Wanted::Code {
        return only_code(text, words).map_or(Label::Sentence, Label::Within);
    }
    let echoed = led.or_else(|| echo(question, words)).or_else(|| place(wanted, text, words));
    let echoed = echoed.or_else(|| before_an_aside(language, text, inner, Aside::Any));
    echoed.map_or(Label::Sentence, Label::Within)
}

/// "The Fault in Our Stars", "Do Nguyen": written as a name, whatever its words are.
fn is_titled(text: &str, words: &[Word]) -> bool {
    const MIN_WORDS: usize = 2;
    let capital = |word: &&Word| word.is_capital(text);
    let telling = || words.iter().skip(1).filter(|word| !word.class.is(Class::FUNCTION) || capital(word));
    words.len() >= MIN_WORDS
        && words.first().is_some_and(|first| capital(&first))
        && telling().count() > 0
        && telling().all(|word| capital(&word))
}

/// What stood before words that may be a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// Nothing.
    Bare,
    /// "it's …": a pronoun in front is part of what is left.
    Introduced,
}

/// Whether these words are a sentence: a subject with something said of it, a verb that is denied, a request.
fn is_sentence(language: &'static Language, text: &str, words: &[Word], opening: Opening) -> bool {
    let [first, rest @ ..] = words else { return false };
    if first.class.is(Class::NEGATOR) && !rest.is_empty() && !words.iter().any(Word::has_digit) {
        return true;
    }
    if language.prefix(words, [Cue::Announcement, Cue::Request]) > 0 {
        return true;
    }
    // "que no arranca", "first of all"
    let clause = |next: &Word| !first.class.is(Class::DETERMINER) || next.class.is(Class::SUBJECT.and(Class::PRONOUN));
    let subordinate = first.class.is(Class::THAT) && rest.first().is_some_and(clause);
    let names = |word: &Word| {
        let grammar = Class::FUNCTION.and(Class::BREAK).and(Class::NEGATOR).and(Class::FILLER).and(Class::NOTHING);
        !word.class.is(grammar) || word.class.is(Class::KIN.and(Class::NUMBER)) || word.is_capital(text)
    };
    if subordinate || words.len() > 1 && !words.iter().any(names) {
        return true;
    }
    let pronoun = first.class.is(Class::PRONOUN) || first.is(Cue::QuestionSubject);
    let introduced = opening == Opening::Introduced && rest.first().is_some_and(|next| next.class.is(Class::ARTICLE));
    if pronoun && !introduced && rest.first().is_some_and(|next| !next.after_break) {
        return true;
    }
    for pair in words.windows(2) {
        let [one, next] = pair else { continue };
        if next.after_break || one.is_capital(text) {
            continue;
        }
        // "… i have it written down", "the number is worn off", "does not work"
        let verb = one.class.is(Class::AUXILIARY) && !one.class.is(Class::SUBJECT);
        // "my statement says …"
        let reports = one.class.is(Class::RAISES) && one.start > first.start;
        let denies = one.class.is(Class::NEGATOR) && one.start > first.start && !next.has_digit();
        if one.is_subject() || verb || reports || denies {
            return true;
        }
    }
    false
}

/// "my friends call me Sparky", "Sharon is my name": a name behind the words that introduce one, or before them.
fn introduced_name(language: &'static Language, text: &str, words: &[Word]) -> Option<Label> {
    /// Words of whoever calls one so, and of the name.
    const MAX_CALLERS: usize = 2;
    const MAX_NAME: usize = 3;
    let named = |name: &[Word]| {
        let plain =
            (1..=MAX_NAME).contains(&name.len()) && is_nominal(text, name) && !name.iter().any(|word| word.after_break);
        let says = || name.iter().any(|word| word.is([Cue::SlotOfName, Cue::Noise]) || word.class.is(Class::KIN));
        let of_kin = || match named_by_kinship(language, text, name) {
            Some(label @ Label::Within(_)) => Some(label),
            _ => None,
        };
        if plain && !says() { Some(Label::Within((name[0].start, name[name.len() - 1].end))) } else { of_kin() }
    };
    // "it's for my aunt, her name is …"
    let begins = |at: &usize| *at <= MAX_CALLERS || words[*at].after_break;
    let behind = (0..words.len()).filter(begins).find_map(|at| {
        let led = language.prefix(&words[at..], Cue::IntroductionName);
        // "my friends call me …": somebody else does what the words say.
        let callers = at == 0 || led > 1 && (words[at].after_break || words[at - 1].class == Class::CONTENT);
        // "I'm late" may say something else.
        let telling = led > 2 || words.iter().skip(at).take(led).any(|word| !word.class.is(Class::FUNCTION));
        let name = words.get(at + led..).filter(|_| telling && callers)?;
        // "it's for my wife, Ana Reis", but "she's called Pepper, a brown one", "it's under Ana Reis, everyone calls me Annie"
        let (first, aside) = name.split_at(first_clause(name));
        let named = |name: &[Word]| {
            named(&name[..name.len() - language.suffix(name, Cue::Courtesy).min(name.len().saturating_sub(1))])
        };
        let whole = if aside.iter().any(|word| word.is_capital(text)) { named(name) } else { None };
        whole.or_else(|| named(first))
    });
    // "… is my name"
    let before = || match words {
        [name @ .., is, my, noun] if noun.is(Cue::SlotOfName) && my.is(Cue::Owner) && is.is(Cue::Copula) => named(name),
        _ => None,
    };
    behind.or_else(before)
}

/// What the name is where a person is spoken of by kinship: "my wife, Ana Reis", "my husband's, Tom Okafor", "Ana Reis, my
/// wife". "My wife", "mine" and "my dad's name" say no name. `None` where nobody is spoken of so.
fn named_by_kinship(language: &'static Language, text: &str, words: &[Word]) -> Option<Label> {
    /// Words before "wife": "it's in my future".
    const MAX_BEFORE: usize = 5;
    // "not her dad this time, my friend Trish will"
    let denied = if words.first().is_some_and(|first| first.is(Cue::Not)) { first_clause(words) } else { 0 };
    let words = if denied < words.len() { &words[denied..] } else { words };
    let led = language.prefix(words, Cue::IntroductionName);
    let words = if led < words.len() { &words[led..] } else { words };
    let span = |words: &[Word]| Some(Label::Within((words.first()?.start, words.last()?.end)));
    if words.iter().all(|word| word.class.is(Class::PRONOUN) && !word.is_capital(text)) {
        return Some(Label::Sentence);
    }
    if led > 0 && is_titled(text, words) {
        return span(words);
    }
    let grammar = Class::DETERMINER.and(Class::PRONOUN).and(Class::SUBJECT);
    let relative = |word: &Word| {
        let form = language.class(word.stem(language).hash());
        (word.class.is(Class::KIN) || form.is(Class::KIN)) && !word.class.is(grammar) && !word.is_capital(text)
    };
    // "landlady, Eva Varga", "my landlady, Eva Varga": whoever it is, the name follows.
    let named = || {
        let at = usize::from(words.first()?.is(Cue::Owner));
        let (who, rest) = words.get(at..)?.split_first()?;
        let set_apart = rest.first().is_some_and(|first| first.after_break);
        (set_apart && !who.is_capital(text) && is_titled(text, rest)).then_some(at)
    };
    // "Theo. his brother Max …" is said behind a name.
    let clause = &words[..first_clause(words)];
    let at = clause.iter().take(MAX_BEFORE + 1).position(relative).or_else(named)?;
    let plain = |words: &[Word]| {
        words.iter().all(|word| word.class == Class::CONTENT && !word.is([Cue::Label, Cue::SlotOfName]))
    };
    let rest = &words[at + 1..];
    let before = &words[..at];
    let adjectives = before.iter().filter(|word| !word.class.is(Class::FUNCTION)).count();
    if adjectives > 1 || !before.is_empty() && !before.iter().any(|word| word.class.is(Class::DETERMINER)) {
        return None;
    }
    // "my husband's name, Tom Reyes"
    let noun = rest.iter().take_while(|word| !word.after_break && word.is([Cue::Label, Cue::SlotOfName])).count();
    let rest = &rest[noun..];
    let Some(next) = rest.first() else { return Some(Label::Sentence) };
    let named = &rest[..first_clause(rest)];
    let names = if next.after_break {
        is_nominal(text, named) && !is_sentence(language, text, named, Opening::Bare)
    } else if let Some(name) = written_as_a_name(text, named) {
        return span(name);
    } else {
        named.len() > 1 && plain(named)
    };
    // "put my mum down, Sheila Banks"
    let behind = rest.get(named.len()..).unwrap_or_default();
    let behind = &behind[..first_clause(behind)];
    if !names && !named.iter().any(|word| word.is_capital(text)) && is_titled(text, behind) {
        return span(behind);
    }
    if names { span(named) } else { Some(Label::Sentence) }
}

/// "Dan", "in law Carol", "Eli in the second year": the words that are written as a name, first of all or behind a noun.
fn written_as_a_name<'w>(text: &str, words: &'w [Word]) -> Option<&'w [Word]> {
    let capital = |word: &Word| word.is_capital(text);
    let first = words.iter().position(capital)?;
    let (before, name) = words.split_at(first);
    let says = Class::SUBJECT.and(Class::AUXILIARY).and(Class::NEGATOR).and(Class::BREAK);
    let joins = |at: usize| {
        name[at].class.is(Class::OF.and(Class::ARTICLE).and(Class::AND))
            && name[at..].iter().skip(1).take(2).any(capital)
    };
    let end = (0..name.len()).find(|at| !capital(&name[*at]) && !joins(*at)).unwrap_or(name.len());
    let follows = before.last().is_none_or(|last| last.class == Class::CONTENT);
    (follows && !before.iter().any(|word| word.class.is(says))).then_some(&name[..end])
}

/// Whether a text says something of somebody: "someone is at the door".
pub(crate) fn says_something_of(text: &str, heard: &Heard) -> bool {
    is_sentence(heard.language, text, &heard.words, Opening::Bare)
}

/// Whether the words name somebody: no grammar but articles and "of".
pub(crate) fn is_nominal(text: &str, words: &[Word]) -> bool {
    let joins = Class::ARTICLE.and(Class::OF).and(Class::AND);
    let grammar = Class::FUNCTION.and(Class::NEGATOR).and(Class::LIGHT);
    words.iter().all(|word| !word.class.is(grammar) || word.class.is(joins) || word.is_capital(text))
}

/// Whether the words are a number or code: a word with a digit, a number word, one word, letters that are spelt out.
fn is_code(language: &'static Language, text: &str, words: &[Word]) -> bool {
    let told = |word: &Word| {
        word.has_digit()
            || word.class.is(Class::NUMBER)
            || text.get(word.start..word.end).is_some_and(|said| said.len() > 1 && said == said.to_uppercase())
    };
    let spelt = words.iter().all(|word| word.text.chars().count() <= MAX_SPELT_CHARS);
    !is_sentence(language, text, words, Opening::Introduced) && (words.len() == 1 || spelt || words.iter().any(told))
}

/// "it is printed on it, P-17": the only code of a sentence.
fn only_code(text: &str, words: &[Word]) -> Option<(usize, usize)> {
    let mut found: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < words.len() {
        let glued = words[at + 1..].iter().take_while(|word| word.glued).count();
        let piece = &words[at..=at + glued];
        if piece.iter().any(Word::has_digit) {
            if found.is_some() {
                return None;
            }
            found = Some((piece[0].start, piece[glued].end));
        }
        at += glued + 1;
    }
    found.filter(|(start, end)| text.get(*start..*end).is_some())
}

/// "we came from Leeds" to "Which city did you come from?": what stands behind the words of the question.
fn echo(question: &Heard, words: &[Word]) -> Option<(usize, usize)> {
    let mut echoes = 0;
    let carries = |word: &Word, echoes: &mut usize| {
        let repeats = !word.class.is(Class::PRONOUN.and(Class::DETERMINER)) && question.holds(word);
        *echoes += usize::from(repeats && !word.class.is(Class::AUXILIARY.and(Class::QUESTION)));
        repeats || word.class.is(Class::PRONOUN.and(Class::AUXILIARY)) && !word.class.is(Class::NEGATOR)
    };
    let lead = words.iter().take_while(|word| carries(word, &mut echoes)).count();
    let rest = &words[lead..];
    let clause = rest.iter().skip(1).any(Word::is_subject);
    let usable = echoes > 0 && !clause && !rest.iter().any(|word| word.class.is(Class::NEGATOR.and(Class::AUXILIARY)));
    if usable { Some((rest.first()?.start, rest.last()?.end)) } else { None }
}

/// "go to Edinburgh": a verb that says nothing by itself, and where to.
fn behind_to(words: &[Word]) -> Option<(usize, usize)> {
    let [verb, to, first, ..] = words else { return None };
    let leads = verb.class.is(Class::LIGHT) && to.is(Cue::Into) && !first.class.is(Class::FUNCTION.and(Class::LIGHT));
    if leads { Some((first.start, words.last()?.end)) } else { None }
}

/// What may be said behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aside {
    /// Anything that goes on about it.
    Any,
    /// A clause of its own.
    Told,
}

/// "Varga, with a v", "Hamlet, if it is still on", "The Mill, 3 Fen Lane. there is a gate": what is said of a name behind it.
fn before_an_aside(language: &'static Language, text: &str, words: &[Word], wanted: Aside) -> Option<(usize, usize)> {
    // "Varga with a v"
    let letter = words.last().is_some_and(|last| last.text.chars().count() == 1);
    let ends = |word: &Word| word.after_break || letter && word.is(Cue::With) && word.class.is(Class::ADJUNCT);
    (1..words.len()).filter(|at| ends(&words[*at])).find_map(|at| {
        let (named, aside) = words.split_at(at);
        let goes_on = aside[0].is([Cue::And, Cue::But]) && aside.get(1).is_some_and(Word::is_subject);
        let led = aside[0].class.is(Class::BREAK.and(Class::ADJUNCT)) || aside[0].is(Cue::Supposes) || goes_on;
        let told = || says_more_of(language, text, &aside[..first_clause(aside)]);
        // "Croydon as well lol"
        let named = strings::strip_back(language, named, [Cue::Afterword, Cue::ListAdd, Cue::Noise]);
        let names = is_nominal(text, named)
            && !is_sentence(language, text, named, Opening::Bare)
            && !named.iter().all(|word| word.cues.meets([Cue::Noise, Cue::Acknowledgement, Cue::Unsure].into()));
        (names && (led && wanted == Aside::Any || told())).then(|| (named[0].start, named[named.len() - 1].end))
    })
}

/// "it's only two streets away", "they know me", "his brother Max is with you": a clause of its own, and no other name ("it's Max").
fn says_more_of(language: &'static Language, text: &str, clause: &[Word]) -> bool {
    let names = |words: &[Word]| !words.is_empty() && words.iter().all(|word| word.is_capital(text));
    let introduced = language.prefix(clause, [Cue::Introduction, Cue::IntroductionName]);
    let [first, next, rest @ ..] = clause else { return false };
    if names(&clause[introduced..]) {
        return false;
    }
    if first.class.is(Class::DETERMINER) && !first.class.is(Class::ARTICLE) {
        return next.class.is(Class::KIN) && rest.iter().any(|word| !word.is_capital(text));
    }
    let is = first.class.is(Class::PRONOUN) && next.class.is(Class::AUXILIARY) && !rest.is_empty();
    // "everyone calls me Tom" is another name for the one that was said.
    let is = is || language.prefix(&clause[1..], Cue::IntroductionName) > 1;
    is || first.is_subject() || first.class.is(Class::ADDRESSED)
}

/// "it starts in my back": a sentence that tells where.
fn place(wanted: Wanted, text: &str, words: &[Word]) -> Option<(usize, usize)> {
    if wanted != Wanted::Place || words.iter().any(|word| word.class.is(Class::NEGATOR)) {
        return None;
    }
    let led = words.iter().take(MAX_BEFORE_PLACE).skip(1).position(|word| word.is(Cue::BeforeNoun))? + 1;
    let clause = words[led + 1..].iter().any(Word::is_subject);
    let (start, end) = (words[led].start, words.last()?.end);
    (!clause && text.get(start..end).is_some()).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::super::called;
    use super::*;

    #[track_caller]
    fn check(slot: &str, question: &str, answer: &str, expected: Option<&str>) {
        let language = Language::english();
        let asked = Heard::of(language, question);
        let name = Heard::of(language, &called(slot));
        let wanted = Wanted::of(&name, &asked);
        let found = match read(wanted, &name, &asked, answer, &Heard::of(language, answer)) {
            Label::Stands => Some(answer),
            Label::Within((start, end)) => answer.get(start..end),
            Label::Sentence => None,
        };
        assert_eq!(found, expected, "{wanted:?} {question} {answer}");
    }

    #[test]
    fn the_question_and_the_name_tell_what_is_wanted() {
        let check = |slot: &str, question: &str, expected: Wanted| {
            let heard = |text: &str| Heard::of(Language::english(), text);
            assert_eq!(Wanted::of(&heard(&called(slot)), &heard(question)), expected, "{slot} {question}");
        };
        check("problem", "What is the matter with it?", Wanted::Words);
        check("note", "Anything else we should know?", Wanted::Words);
        check("matter", "What happened?", Wanted::Words);
        check("username", "What is your user name?", Wanted::Name);
        check("city", "What is your home town?", Wanted::Label);
        check("shop", "Which shop took the money?", Wanted::Label);
        check("where_to", "Where do you want to go?", Wanted::Place);
        check("ticket", "What is the number on your ticket?", Wanted::Code);
        check("order_number", "", Wanted::Code);
        check("full_name", "And you are?", Wanted::Name);
        check("topic", "", Wanted::Words);
        check("author", "Who wrote it?", Wanted::Person);
        check("postcode", "", Wanted::Code);
        check("holder", "In whose name is the contract?", Wanted::Name);
        check("street", "At which street and house number?", Wanted::Label);
    }

    #[test]
    fn a_sentence_is_no_label() {
        let user = "What is your user name?";
        check("username", user, "marco", Some("marco"));
        check("username", user, "it says user not found", None);
        check("username", user, "i am locked out of payroll", None);
        check("username", user, "my name is not important", None);
        check("full_name", "What is your full name?", "i'm Nora Lind", Some("Nora Lind"));
        check("full_name", "", "my husband's, Tom Okafor", Some("Tom Okafor"));
        check("full_name", "", "my wife, Ana Reis", Some("Ana Reis"));
        check("full_name", "", "my wife Ana Reis", Some("Ana Reis"));
        check("full_name", "", "my husband is driving", None);
        check("full_name", "", "it's in my dad's name", None);
        check("full_name", "", "mine", None);
        check("full_name", "", "wife's: Eva Varga", Some("Eva Varga"));
        check("for_whom", "Who is it for?", "my mum", Some("my mum"));
        check("for_whom", "Who is it for?", "my mum, Ruth Adler", Some("Ruth Adler"));
        check("surname", "What is your surname?", "Varga, with a v", Some("Varga"));
        check("surname", "What is your surname?", "Varga with a capital V", Some("Varga"));
        check("guest", "What is your name?", "my friends call me Sparky", Some("Sparky"));
        check("guest", "What is your name?", "Sharon is my name", Some("Sharon"));
        check("guest", "What is your name?", "call me Al please", Some("Al"));
        check("guest", "What is your name?", "my name is not important", None);
        check("play", "Which play?", "hamlet, if it's still on", Some("hamlet"));
        check("full_name", "", "Tom, no wait, Tim Okafor", Some("Tim Okafor"));
        check("full_name", "", "under Okafor, T.", Some("Okafor, T"));
        check("full_name", "What is your full name?", "first i want to know what it costs", None);
        check("address", "What is the address?", "12 Mill Lane, Oxford", Some("12 Mill Lane, Oxford"));
        check("address", "What is the address?", "you should have that on file", None);
        check("address", "What is the address?", "let me look that up", None);
        check("title", "Which title?", "the old man and the sea", Some("the old man and the sea"));
        check("title", "Which title?", "The Fault in Our Stars", Some("The Fault in Our Stars"));
        check("title", "Which title?", "hang on i have it written down somewhere", None);
    }

    #[test]
    fn a_code_is_told_from_a_sentence_about_it() {
        let question = "What is the number on your card?";
        check("card_number", question, "4471-B", Some("4471-B"));
        check("card_number", question, "four four seven", Some("four four seven"));
        check("card_number", question, "the number is worn off", None);
        check("card_number", question, "it stands on the back, it's 4471-B", Some("4471-B"));
        check("card_number", question, "marco", Some("marco"));
        check("card_number", question, "214, second floor", Some("214"));
    }

    #[test]
    fn the_words_of_the_question_and_a_place_lead_to_the_value() {
        check("old_city", "Which city did you come from?", "we came from leeds", Some("leeds"));
        check("place", "Where does it hurt?", "it starts in my back", Some("in my back"));
        check("place", "Where is it?", "at the corner of elm and 5th", Some("at the corner of elm and 5th"));
        check("place", "Where is it?", "you are useless", None);
    }
}
