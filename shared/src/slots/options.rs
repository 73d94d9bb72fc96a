//! Choosing among declared options: enum slots, offered choices, and whatever else is picked from a short list.

use crate::ir::Term;
use crate::language::{Class, Cue, Language};
use crate::text::{
    Break, Heard, Polarity, Word, edit_distance, first_clause, hash, one_slip_apart, polarity, readable, stem,
};

/// How far apart two words may be spelt and still be the same word.
const LONG_WORD: usize = 8;
const SHORT_WORD: usize = 4;

/// The words that stand for each other: those of the slot, and those of the game.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vocabulary<'v> {
    /// `with vocabulary { … }` of the slot.
    pub(crate) own: &'v [Term],
    /// `vocabulary { … }` of the game.
    pub(crate) shared: &'v [Term],
    /// How far the game's vocabulary goes.
    pub(crate) reach: Reach,
}

/// How far the vocabulary of a game goes where an option is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Reach {
    /// All words of a term stand for each other: the question is open.
    #[default]
    Group,
    /// A synonym says its term, but the term no synonym: "a room" in passing is no suite.
    Term,
}

impl<'v> Vocabulary<'v> {
    pub(super) fn terms(self) -> impl Iterator<Item = (&'v Term, Reach)> {
        let own = self.own.iter().map(|term| (term, Reach::Group));
        own.chain(self.shared.iter().map(move |term| (term, self.reach)))
    }

    /// The same, for what nobody has asked for.
    pub(crate) fn in_passing(self) -> Vocabulary<'v> {
        Vocabulary { reach: Reach::Term, ..self }
    }
}

/// Which option means yes.
pub(crate) fn yes_option(language: &'static Language, options: &[String]) -> Option<usize> {
    position(language, options, Cue::OptionYes)
}

/// Which option means no.
pub(crate) fn no_option(language: &'static Language, options: &[String]) -> Option<usize> {
    position(language, options, Cue::OptionNo)
}

pub(super) fn position(language: &'static Language, options: &[String], cue: Cue) -> Option<usize> {
    options.iter().position(|option| Heard::of(language, &readable(option)).is(cue))
}

/// How options were put to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// With numbers in front: "2" is the second of them.
    Numbered,
    /// By name, or not at all.
    Named,
}

/// An option found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    /// Index of the option.
    pub(crate) index: usize,
    /// First byte of the words that chose it.
    pub(crate) start: usize,
    /// One past the last byte.
    pub(crate) end: usize,
}

/// The options prepared for comparison: words, and the words of their synonyms.
struct Prepared {
    forms: Vec<(usize, Vec<String>)>,
}

impl Prepared {
    fn of(language: &'static Language, options: &[String], vocabulary: Vocabulary<'_>) -> Prepared {
        let plain_words = |text: &str| plain_words(language, text);
        let mut forms = Vec::new();
        for (index, option) in options.iter().enumerate() {
            let words = plain_words(option);
            for (term, reach) in vocabulary.terms() {
                let belongs = plain_words(&term.text) == words
                    || reach == Reach::Group && term.synonyms.iter().any(|synonym| plain_words(&synonym.text) == words);
                if belongs {
                    forms.push((index, plain_words(&term.text)));
                    forms.extend(term.synonyms.iter().map(|synonym| (index, plain_words(&synonym.text))));
                }
            }
            forms.push((index, words));
        }
        // "Patel" for `Dr. Patel`
        forms.extend(options.iter().enumerate().filter_map(|(index, option)| {
            let name = surname(language, option)?;
            Some((index, vec![name])).filter(|(_, name)| {
                let has = |other: &String| plain_words(other).contains(&name[0]);
                options.iter().filter(|other| has(other)).count() == 1
            })
        }));
        // "checkup" for `check-up`
        let figures = |form: &[String]| form.iter().any(|part| part.bytes().any(|byte| byte.is_ascii_digit()));
        let in_one = |(index, form): &(usize, Vec<String>)| {
            (form.len() > 1 && !figures(form)).then(|| (*index, vec![form.concat()]))
        };
        let in_one: Vec<(usize, Vec<String>)> = forms.iter().filter_map(in_one).collect();
        forms.extend(in_one);
        // A name that is an option of its own is nobody else's.
        let own: Vec<Vec<String>> = options.iter().map(|option| plain_words(option)).collect();
        forms
            .retain(|(index, words)| own.iter().position(|option| option == words).is_none_or(|owner| owner == *index));
        // "she" in passing speaks of somebody, and chooses nobody.
        let says = |word: &String| !language.class(hash::of(word.as_bytes())).is(Class::FUNCTION);
        let passing = vocabulary.reach == Reach::Term;
        forms.retain(|(_, words)| !words.is_empty() && (!passing || own.contains(words) || words.iter().any(says)));
        Prepared { forms }
    }
}

/// The name of an option that is a title and a name: "Dr. Patel".
fn surname(language: &'static Language, option: &str) -> Option<String> {
    let (title, name) = option.trim().split_once(". ")?;
    let written = !title.contains(' ') && name.starts_with(char::is_uppercase);
    match plain_words(language, name).as_slice() {
        [only] if written => Some(only.clone()),
        _ => None,
    }
}

pub(super) fn plain_words(language: &'static Language, text: &str) -> Vec<String> {
    Heard::of(language, &readable(text)).words.iter().map(|word| word.text.to_string()).collect()
}

/// Whether the whole answer is an option, letter by letter (case and punctuation aside).
pub(crate) fn exact(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Option<usize> {
    let prepared = Prepared::of(heard.language, options, vocabulary);
    let words: Vec<&str> = heard.words.iter().map(|word| word.text.as_str()).collect();
    prepared
        .forms
        .iter()
        .find(|(_, form)| form.iter().map(String::as_str).eq(words.iter().copied()))
        .or_else(|| prepared.forms.iter().find(|(_, form)| is_respaced(form, &words)))
        .map(|(index, _)| *index)
}

/// "pick up" for `pickup`, "takeaway" for `take away`: the same letters, however they are parted. Digits are not: "1 2" is no 12.
fn is_respaced(form: &[String], words: &[&str]) -> bool {
    form.len() != words.len()
        && !words.iter().any(|word| word.bytes().any(|byte| byte.is_ascii_digit()))
        && form.iter().flat_map(|part| part.chars()).eq(words.iter().flat_map(|word| word.chars()))
}

/// The same, but for pronouns and courtesies: "cancel it, please".
pub(crate) fn exact_of_it(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Option<usize> {
    let plain = |word: &&Word| !word.class.is(Class::PRONOUN.and(Class::FILLER)) && !word.is(Cue::Courtesy);
    let words: Vec<&str> = heard.words.iter().filter(plain).map(|word| word.text.as_str()).collect();
    let prepared = Prepared::of(heard.language, options, vocabulary);
    let is = |(_, form): &&(usize, Vec<String>)| form.iter().map(String::as_str).eq(words.iter().copied());
    exact(options, vocabulary, heard).or_else(|| prepared.forms.iter().find(is).map(|(index, _)| *index))
}

/// An option that is named, whether or not it is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mentioned {
    /// Index of the option.
    pub(crate) index: usize,
    /// Its first word.
    pub(crate) first: usize,
    /// One past its last word.
    pub(crate) end: usize,
}

/// Options named somewhere in the text as whole words (synonyms and plural forms count), in the order of the text;
/// longer forms before shorter ones that they contain.
pub(crate) fn mentioned(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Vec<Mentioned> {
    /// How words are compared, and how many an option has at least for that.
    const PASSES: [(Same, usize); 3] = [(exactly, 1), (with_a_slip, 1), (in_another_form, 2)];
    let mut prepared = Prepared::of(heard.language, options, vocabulary);
    crate::order::sort_by_key(&mut prepared.forms, |(index, form)| (std::cmp::Reverse(form.len()), *index));
    let words = &heard.words;
    let mut taken = vec![false; words.len()];
    let mut found: Vec<Mentioned> = Vec::new();
    for (same, least) in PASSES {
        for (index, form) in prepared.forms.iter().filter(|(_, form)| form.len() >= least) {
            for at in 0..words.len().saturating_sub(form.len() - 1) {
                let Some(end) = end_of(heard, at, form, same) else { continue };
                if !taken[at..end].contains(&true) {
                    taken[at..end].fill(true);
                    found.push(Mentioned { index: *index, first: at, end });
                }
            }
        }
    }
    found.extend(shortened(&prepared, heard, &taken));
    if !found.is_empty() {
        found.extend(named_in_part(&prepared, heard, &found));
    }
    crate::order::sort_by_key(&mut found, |mentioned| mentioned.first);
    found
}

/// "a lace veil and the gloves" where one option is "silk gloves": joined to a member that is named in full, one by a word that no
/// other has.
fn named_in_part(prepared: &Prepared, heard: &Heard, found: &[Mentioned]) -> Vec<Mentioned> {
    let words = heard.words.as_slice();
    let joins = |word: &Word| word.is([Cue::ListJoin, Cue::And]);
    let article = |at: usize| usize::from(words.get(at).is_some_and(|word| word.class.is(Class::ARTICLE)));
    let ends = |at: usize| words.get(at).is_none_or(|next| next.after_break || joins(next));
    let only = |at: usize| {
        let word = words.get(at).filter(|word| word.tells() && ends(at + 1))?;
        let has = |(_, form): &&(usize, Vec<String>)| {
            form.len() > 1 && form.iter().any(|part| in_another_form(heard.language, word, part))
        };
        let mut owners = prepared.forms.iter().filter(has).map(|(index, _)| *index);
        let index = owners.next()?;
        let known = found.iter().any(|other| other.index == index || (other.first..other.end).contains(&at));
        (!known && owners.all(|other| other == index)).then_some(Mentioned { index, first: at, end: at + 1 })
    };
    let behind = |one: &Mentioned| {
        let next = words.get(one.end)?;
        let at = one.end + usize::from(joins(next));
        (joins(next) || next.after_break).then(|| only(at + article(at)))?
    };
    let before = |one: &Mentioned| {
        let own = one.first - usize::from(one.first > 0 && article(one.first - 1) > 0);
        let joined = own > 1 && joins(&words[own - 1]);
        if joined { only(own - 2) } else { None }
    };
    found.iter().flat_map(|one| [behind(one), before(one)]).flatten().collect()
}

/// Whether a word is one of an option.
type Same = fn(&Language, &Word, &str) -> bool;

/// "mon wed fri": options that are cut short, where several stand together.
fn shortened(prepared: &Prepared, heard: &Heard, taken: &[bool]) -> Vec<Mentioned> {
    const MIN_BYTES: usize = 3;
    let short_for = |(first, word): (usize, &Word)| {
        let begins = |(_, form): &&(usize, Vec<String>)| matches!(form.as_slice(), [whole] if whole.len() > word.text.len() && whole.starts_with(&*word.text));
        if taken[first] || word.text.len() < MIN_BYTES || word.class.is(Class::FUNCTION) {
            return None;
        }
        let mut meant = prepared.forms.iter().filter(begins).map(|(index, _)| *index);
        let index = meant.next()?;
        meant.all(|other| other == index).then_some(Mentioned { index, first, end: first + 1 })
    };
    let short: Vec<Mentioned> = heard.words.iter().enumerate().filter_map(short_for).collect();
    let joined = |pair: &[Mentioned]| {
        heard.words[pair[0].end..pair[1].first].iter().all(|word| word.is([Cue::ListJoin, Cue::And]))
    };
    let together = short.len() > 1 && short.windows(2).all(joined);
    if together { short } else { Vec::new() }
}

/// Where a form ends that begins at this word; an article or a number may stand between its words ("makes a noise",
/// "missing 12 screws").
fn end_of(heard: &Heard, first: usize, form: &[String], same: Same) -> Option<usize> {
    let words = &heard.words;
    let mut at = first;
    for part in form {
        let counts = |word: &Word| word.class.is(Class::ARTICLE.and(Class::NUMBER)) || word.has_digit();
        let article = |at: usize| at > first && words.get(at).is_some_and(counts);
        if article(at) && !same(heard.language, words.get(at)?, part) {
            at += 1;
        }
        if same(heard.language, words.get(at)?, part) {
            at += 1;
        } else if in_two(words, at, part) {
            at += 2;
        } else {
            return None;
        }
    }
    Some(at)
}

/// "pick up" for `pickup`: a word of an option said in two.
fn in_two(words: &[Word], at: usize, part: &str) -> bool {
    let [one, other, ..] = &words[at..] else { return false };
    let rest = part.strip_prefix(one.text.as_str());
    !other.after_break
        && rest.is_some_and(|rest| rest == other.text.as_str())
        && !part.bytes().any(|byte| byte.is_ascii_digit())
}

fn exactly(language: &Language, word: &Word, part: &str) -> bool {
    same_word(language, &word.text, part)
}

/// A word of the language is what it is; one that is not may be a slip.
fn with_a_slip(language: &Language, word: &Word, part: &str) -> bool {
    const MIN_CHARS: usize = 5;
    same_word(language, &word.text, part)
        || !word.class.is_listed() && part.chars().count() >= MIN_CHARS && one_slip_apart(&word.text, part)
}

/// "llegaron tarde" for `llegó tarde`: the same word in another form.
fn in_another_form(language: &Language, word: &Word, part: &str) -> bool {
    /// Letters that all forms of a word have.
    const COMMON: usize = 3;
    let begins = word.text.get(..COMMON).is_some_and(|begins| part.get(..COMMON) == Some(begins));
    word.text.as_str() == part || begins && same_stem(language, &word.text, part)
}

/// "a bath or a cut", where there are cuts of two kinds: on the other side of an "or" stands a word of other options.
fn is_one_of_two(
    options: &[String],
    vocabulary: Vocabulary<'_>,
    heard: &Heard,
    named: &[Mentioned],
    one: &Mentioned,
) -> bool {
    if !heard.tokens.classes().is(Class::OR) {
        return false;
    }
    let words = heard.words.as_slice();
    let or = |at: usize| words.get(at).is_some_and(|word| word.class.is(Class::OR));
    let article = |at: usize| words.get(at).is_some_and(|word| word.class.is(Class::ARTICLE));
    let behind = if article(one.end + 1) { one.end + 2 } else { one.end + 1 };
    let before = if article(one.first.wrapping_sub(1)) { one.first - 1 } else { one.first };
    let other = if or(one.end) {
        words.get(behind).filter(|other| !other.after_break).map(|_| behind)
    } else {
        before.checked_sub(2).filter(|_| or(before - 1))
    };
    let Some(at) = other.filter(|at| !named.iter().any(|named| (named.first..named.end).contains(at))) else {
        return false;
    };
    let forms = Prepared::of(heard.language, options, vocabulary).forms;
    let names = |form: &[String]| form.iter().any(|part| is_related(heard.language, &words[at].text, part));
    let mut owners = forms.iter().filter(|(_, form)| names(form)).map(|(index, _)| *index).peekable();
    words[at].class == Class::CONTENT && owners.peek().is_some() && owners.all(|owner| owner != one.index)
}

/// Options that are named, not negated and no choice that is left open.
pub(crate) fn stated(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Vec<Chosen> {
    let words = &heard.words;
    let named = mentioned(options, vocabulary, heard);
    named
        .iter()
        .filter(|one| !unwanted(heard, one.first, one.end) && !is_one_of_two(options, vocabulary, heard, &named, one))
        .map(|one| Chosen { index: one.index, start: words[one.first].start, end: words[one.end - 1].end })
        .collect()
}

/// "anything but hardcover": the option is what is not wanted.
pub(super) fn excepted(heard: &Heard, at: usize) -> bool {
    /// Words of "any colour but a".
    const REACH: usize = 6;
    let words = &heard.words;
    let except = |from: usize| from < at && heard.language.prefix(&words[from..at], Cue::ListExcept) > 0;
    (at.saturating_sub(REACH)..at).any(|from| {
        let all = heard.language.prefix(&words[from..at], [Cue::ListAll, Cue::Anything]);
        all > 0
            && (except(from + all) || except(from + all + 1))
            && !words[from + 1..=at.min(words.len() - 1)].iter().any(|word| word.after_break)
    })
}

/// Whether a verb takes something away with this particle: "leave … off".
pub(super) fn takes_off(language: &Language, verb: &Word, particle: &Word) -> bool {
    language.prefix(&[verb.clone(), particle.clone()], Cue::ListRemove) == 2
}

/// Whether what the words `first..end` mention is denied, by the sentence ("not red") or as what is left out ("anything
/// but red").
pub(crate) fn negated(heard: &Heard, first: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let (Some(from), Some(last)) = (words.get(first), words.get(end.saturating_sub(1))) else { return false };
    polarity(&heard.tokens, from.token, last.token + 1, None) == Polarity::Denied
        || excepted(heard, first)
        || denied_behind(heard, first, end)
}

/// "por la mañana no que trabajo", "el viernes no puedo", "Friday no": what the words `first..end` name is the topic, and behind it
/// stands what denies it, alone or with its verb. "Come Friday, I have no heating" denies a thing that somebody has.
pub(super) fn denied_behind(heard: &Heard, first: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let denies = |word: &Word| !word.after_break && (word.class.is(Class::BARE_NO) || word.is(Cue::Not));
    let goes_on = Class::AUXILIARY.and(Class::THAT).and(Class::BREAK);
    let asks = words.get(end + 1).map_or(heard.tokens.ends_asking(), |_| false);
    // "Friday no problem"
    let agrees = words.get(end..).is_some_and(|behind| heard.language.prefix(behind, Cue::AnswerAfter) > 1);
    let has = words.get(end + 1).is_some_and(|next| !next.after_break && next.class.is(Class::HOLDS));
    words.get(end).is_some_and(denies)
        && !asks
        && !agrees
        && words.get(end + 1).is_none_or(|next| next.after_break || next.class.is(goes_on))
        && (!has || heard.opens_clause(first))
}

/// Whether what the words `first..end` mention is no wish: denied, disliked, or only supposed.
fn unwanted(heard: &Heard, first: usize, end: usize) -> bool {
    let denied =
        || negated(heard, first, end) && (heard.tokens.classes().is(Class::NEGATOR) || !is_somebodys(heard, first));
    denied() || averse(heard, first, end) || supposed(heard, first, end) || is_had(heard, first, end)
}

/// "my dog was run over years ago": what is somebody's is so still.
pub(super) fn is_somebodys(heard: &Heard, first: usize) -> bool {
    let before = first.checked_sub(1).map(|before| &heard.words[before]);
    let person = heard.words.get(first).is_some_and(|word| word.class.is_person());
    before.is_some_and(|word| word.is(Cue::Owner) && !word.class.is(Class::ARTICLE)) && !person
}

/// "we have our own helmets", "llevamos cascos propios": what somebody has already is not wished for; "I'd like my own room" is.
pub(super) fn is_had(heard: &Heard, first: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let own = |word: &Word| word.is(Cue::Own) && !word.after_break;
    let before = &words[..first];
    let opening = before.iter().rposition(|word| word.after_break).unwrap_or(0);
    let had = before.last().is_some_and(|word| word.is(Cue::Own)) || words.get(end).is_some_and(own);
    had && !before[opening..].iter().any(|word| word.is(Cue::AsksWish))
}

/// "allergic to ham", "I can't stand onions", "an olive allergy": what is named because it is disliked or not tolerated, and
/// every member of a list of such things.
pub(super) fn averse(heard: &Heard, first: usize, end: usize) -> bool {
    /// Words that are looked at before a mention.
    const REACH: usize = 16;
    /// Words behind it.
    const REACH_BEHIND: usize = 4;
    if !heard.tokens.classes().is(Class::AVERSE.and(Class::NOTHING)) {
        return false;
    }
    let words = heard.words.as_slice();
    let class = |at: usize| words.get(at).map_or(Class::CONTENT, |word| word.class);
    // "can't stand", but "no allergic reaction"
    let says = |at: usize| {
        let denied = at > 0 && class(at - 1).is(Class::NEGATOR);
        class(at).is(Class::AVERSE) && class(at).is(Class::LIFTS) == denied
            // "nothing with ham"
            || class(at).is(Class::NOTHING) && class(at + 1).is(Class::ADJUNCT)
    };
    // A clause of its own that says more than names goes on to something else: "…, ham please".
    let clause_end = (end..words.len()).find(|at| words[*at].after_break).unwrap_or(words.len());
    let names = |word: &Word| word.is([Cue::ListJoin, Cue::And]) || word.class.is(Class::DETERMINER) || word.tells();
    let mut own_clause = true;
    for at in (first.saturating_sub(REACH)..first).rev() {
        let next = &words[at + 1];
        let begins = Class::SUBJECT.and(Class::LIGHT).and(Class::AUXILIARY);
        let goes_on = next.class.is(Class::AND) && at + 2 < first && class(at + 2).is(begins);
        let parted = next.class.is(Class::BREAK.and(Class::BUT).and(Class::SUBJECT));
        if at + 1 < first && (goes_on || parted) || heard.tokens.as_slice()[next.token].before == Break::Sentence {
            break;
        }
        if next.after_break {
            if own_clause && !words[at + 1..first].iter().chain(&words[end..clause_end]).all(names) {
                break;
            }
            own_clause = false;
        }
        if says(at) {
            return true;
        }
    }
    let told = |from: usize, until: usize| (from..until.min(from + REACH_BEHIND)).find(|at| says(*at));
    let nouns = |words: &[Word]| words.iter().filter(|word| word.class == Class::CONTENT).count();
    let Some(at) = told(end, clause_end) else {
        // "peanuts? I'm allergic": a clause that has nothing else to speak of.
        let next = (clause_end + 1..words.len()).find(|at| words[*at].after_break).unwrap_or(words.len());
        return end == clause_end && told(end, next).is_some() && nouns(&words[end..next]) == 0;
    };
    let parts = Class::BREAK.and(Class::BUT).and(Class::AND).and(Class::OR).and(Class::ADJUNCT).and(Class::FOR);
    let between = &words[end..at];
    let parted = between.iter().any(|word| word.class.is(parts.and(Class::FILLER)));
    at == end || at + 1 == clause_end && nouns(between) < 2 && !parted
}

/// "only if the ham is free": what a condition is about is not wished for yet; "if possible I'd like ham" is a wish.
pub(super) fn supposed(heard: &Heard, first: usize, end: usize) -> bool {
    let words = heard.words.as_slice();
    let from = (0..=first).rev().find(|at| *at == 0 || words[*at].after_break).unwrap_or(0);
    let until = (end..words.len()).find(|at| words[*at].after_break).unwrap_or(words.len());
    let verb = |word: &Word| word.class.is(Class::AUXILIARY.and(Class::LIGHT));
    (from..first).any(|at| {
        let lead = heard.language.prefix(&words[at..first], Cue::Supposes);
        // Accents make no difference but where one word is two: a "sí" is no "si".
        let other = lead == 1 && words[at].end - words[at].start != words[at].text.len();
        if lead == 0 || other {
            return false;
        }
        let between = &words[at + lead..first];
        let told_before = || {
            let verb = between.iter().position(verb);
            verb.is_some_and(|verb| between[verb..].iter().any(|word| word.class == Class::CONTENT))
        };
        let is_wish = between.iter().skip(1).any(|word| word.class.is(Class::SUBJECT));
        !is_wish && (words[end..until].iter().any(verb) || told_before())
    })
}

/// Reads an answer as a choice of exactly one option, as generously as an answer deserves; `None` when it names none,
/// or several.
pub(crate) fn choose(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard, shown: Shown) -> Option<Chosen> {
    let language = heard.language;
    let (first, last) = (heard.words.first()?, heard.words.last()?);
    let whole = |index| Some(Chosen { index, start: first.start, end: last.end });
    if let Some(index) = exact(options, vocabulary, heard) {
        return whole(index);
    }
    if super::yes_no::is_unsure(heard) {
        return whole(position(language, options, Cue::OptionUnsure)?);
    }
    let found = stated(options, vocabulary, heard);
    if let Some(only) = single(&found) {
        // "could be this, could be that, we really don't know"
        if super::yes_no::ends_unsure(heard) {
            return None;
        }
        return Some(only);
    }
    if !found.is_empty() {
        let both = position(language, options, Cue::OptionBoth);
        return if options.len() == 3 && heard.words.iter().any(|word| word.is(Cue::And)) {
            whole(both?)
        } else {
            None
        };
    }
    let open = || {
        let named = mentioned(options, vocabulary, heard);
        named.iter().any(|one| is_one_of_two(options, vocabulary, heard, &named, one))
    };
    if heard.tokens.classes().is(Class::OR) && open() {
        return None;
    }
    if heard.is(Cue::Neither) {
        return whole(position(language, options, Cue::OptionNeither)?);
    }
    by_position(options, heard, shown)
        .or_else(|| by_spelling(options, vocabulary, heard))
        .or_else(|| by_telling_word(options, vocabulary, heard))
}

pub(super) fn single(found: &[Chosen]) -> Option<Chosen> {
    let (first, rest) = found.split_first()?;
    rest.iter().all(|other| other.index == first.index).then_some(*first)
}

/// "the second one", "number 2", "option 3", "the last"; "the second, 4 of them", where its article tells that it is no "first of
/// all".
fn by_position(options: &[String], heard: &Heard, shown: Shown) -> Option<Chosen> {
    let lead = heard.begins_with(Cue::PositionBefore);
    let clause = &heard.words[..first_clause(&heard.words)];
    position_in(options, heard, &heard.words, shown)
        .or_else(|| position_in(options, heard, clause, shown).filter(|_| lead > 0 && clause.len() > lead))
}

fn position_in(options: &[String], heard: &Heard, words: &[Word], shown: Shown) -> Option<Chosen> {
    let lead = heard.language.prefix(words, Cue::PositionBefore);
    let rest = &words[lead..];
    let (head, tail) = rest.split_first()?;
    if !tail.iter().all(|word| word.is(Cue::PositionAfter)) {
        return None;
    }
    let counted = head.is(Cue::PositionCount) || head.text.bytes().all(|byte| byte.is_ascii_digit());
    if counted && lead == 0 && shown == Shown::Named {
        return None;
    }
    let index = if head.is(Cue::PositionLast) {
        options.len().checked_sub(1)?
    } else {
        let place = heard.language.value_of(Cue::Position, std::slice::from_ref(head))?;
        place.parse::<usize>().ok()?.checked_sub(1)?
    };
    // "one" and "two" stand for options only when nothing but a lead-in is around them.
    if counted && !tail.iter().all(|word| word.is(Cue::Courtesy)) {
        return None;
    }
    (index < options.len()).then(|| Chosen { index, start: words[0].start, end: words[words.len() - 1].end })
}

/// Whether a word says nothing beside an option that answers: "the … one", "I'd like …, please".
fn frames(word: &Word) -> bool {
    let says_nothing =
        word.is([Cue::OptionEmpty, Cue::Courtesy, Cue::Hesitation, Cue::Pause]) || word.class.is(Class::FILLER);
    says_nothing && !word.class.is(Class::QUESTION)
}

/// One option whose words are there but for small misspellings, with nothing around them that says anything: in a sentence, what
/// is spelt like an option is another word ("is the base far" says nothing of a bass).
fn by_spelling(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Option<Chosen> {
    let prepared = Prepared::of(heard.language, options, vocabulary);
    let mut best: Option<(usize, Chosen)> = None;
    let mut tied = false;
    for (index, form) in &prepared.forms {
        for at in 0..heard.words.len().saturating_sub(form.len() - 1) {
            let window = &heard.words[at..at + form.len()];
            let around = || heard.words[..at].iter().chain(&heard.words[at + form.len()..]);
            if unwanted(heard, at, at + form.len()) || !around().all(frames) {
                continue;
            }
            let distance: Option<usize> =
                window.iter().zip(form).map(|(word, part)| misspelling(heard.language, word, part)).sum();
            let Some(distance) = distance else { continue };
            let chosen = Chosen { index: *index, start: window[0].start, end: window[form.len() - 1].end };
            match best {
                Some((least, held)) if distance > least || (distance == least && held.index == *index) => {}
                Some((least, _)) if distance == least => tied = true,
                _ => {
                    best = Some((distance, chosen));
                    tied = false;
                }
            }
        }
    }
    best.filter(|_| !tied).map(|(_, chosen)| chosen)
}

/// "walking" for `when walking`, "rest" for `at rest`: content words that only one option has, at least half of its own.
fn by_telling_word(options: &[String], vocabulary: Vocabulary<'_>, heard: &Heard) -> Option<Chosen> {
    let language = heard.language;
    let prepared = Prepared::of(language, options, vocabulary);
    let empty = |word: &str| Heard::of(language, word).is(Cue::OptionEmpty);
    let mut chosen: Option<Chosen> = None;
    let mut shared: Vec<&str> = Vec::new();
    for (at, word) in heard.words.iter().enumerate() {
        let short = word.text.chars().count() < SHORT_WORD - 1 && !word.text.bytes().all(|byte| byte.is_ascii_digit());
        if word.is(Cue::OptionEmpty) || short || unwanted(heard, at, at + 1) {
            continue;
        }
        // "a cheese board": the noun behind it is what it is about, and no option has it.
        let of_options = |next: &Word| {
            prepared.forms.iter().any(|(_, form)| form.iter().any(|part| is_related(language, &next.text, part)))
        };
        let described = heard.words.get(at + 1).filter(|next| !next.after_break && next.class == Class::CONTENT);
        if described.is_some_and(|next| next.cues.is_empty() && !of_options(next)) {
            continue;
        }
        let mut owners = prepared
            .forms
            .iter()
            .filter(|(_, form)| form.iter().any(|part| is_related(language, &word.text, part)))
            .map(|(index, _)| *index);
        let Some(owner) = owners.next() else { continue };
        if owners.any(|other| other != owner) {
            continue;
        }
        match chosen {
            Some(held) if held.index != owner => return None,
            Some(_) => {}
            None => chosen = Some(Chosen { index: owner, start: word.start, end: word.end }),
        }
        shared.push(&word.text);
    }
    let chosen = chosen?;
    // One word of a long option says too little: more than half of the words that only this option has, or the first or the last of two
    // and nothing else ("phone" for `phone call`). Where more is said, words that others have too count as well.
    let own = || prepared.forms.iter().filter(|(index, _)| *index == chosen.index);
    let says_nothing = |word: &Word| word.is(Cue::OptionEmpty) || word.class.is(Class::LIGHT);
    let of_option = |word: &Word| own().any(|(_, form)| form.iter().any(|part| is_related(language, &word.text, part)));
    let alone = heard.words.iter().all(|word| says_nothing(word) || of_option(word));
    let owned = |part: &&String| {
        let of_others = || {
            prepared.forms.iter().any(|(index, form)| {
                *index != chosen.index && form.iter().any(|other| same_stem(language, part, other))
            })
        };
        !(empty(part) || alone && of_others())
    };
    let mut forms = own();
    let says_enough = |form: &[String]| {
        let own: Vec<&String> = form.iter().filter(owned).collect();
        let is_met = |part: &&String| shared.iter().any(|word| is_related(language, word, part));
        let met = own.iter().filter(|part| is_met(part)).count();
        let at_an_end =
            || own.first().is_some_and(is_met) || form.last().is_some_and(|last| owned(&last) && is_met(&last));
        met > 0 && (met * 2 > own.len() || alone && met * 2 == own.len() && at_an_end())
    };
    forms.any(|(_, form)| says_enough(form)).then_some(chosen)
}

/// The same word, its plural form included.
fn same_word(language: &Language, word: &str, part: &str) -> bool {
    const MIN_BYTES: usize = 3;
    let plural = |long: &str, short: &str| {
        short.len() >= MIN_BYTES
            && long.len() > short.len()
            && language.formats.get("plural").unwrap_or("").split_whitespace().any(|ending| {
                // `s` is added; `ies:y` takes the place of another ending.
                let (ending, singular) = ending.split_once(':').unwrap_or((ending, ""));
                long.strip_suffix(ending).is_some_and(|stem| short.strip_suffix(singular) == Some(stem))
            })
    };
    word == part || plural(word, part) || plural(part, word)
}

/// The same word in another form, or one made from it: `collect`, `collection`.
fn is_related(language: &Language, word: &str, part: &str) -> bool {
    /// Letters that both must begin with.
    const COMMON: usize = 6;
    /// Letters that one may have beside.
    const ENDING: usize = 4;
    let common = word.chars().zip(part.chars()).take_while(|(one, other)| one == other).count();
    let rest = |text: &str| text.chars().count() - common;
    same_stem(language, word, part)
        || common >= COMMON && rest(word).min(rest(part)) == 0 && rest(word).max(rest(part)) <= ENDING
}

/// The same word in another form: `walking`, `walked`, `walk`; `exercising`, `exercise`.
fn same_stem(language: &Language, word: &str, part: &str) -> bool {
    word == part || stem(language, word).hash() == stem(language, part).hash()
}

/// How far a word is from being spelt right: 0 to 2; `None` when it is another word, as one that the language knows is.
fn misspelling(language: &Language, word: &Word, part: &str) -> Option<usize> {
    if same_word(language, &word.text, part) {
        return Some(0);
    }
    if word.class.is_listed() || !word.cues.is_empty() {
        return None;
    }
    let length = part.chars().count();
    let allowed = if length >= LONG_WORD { 2 } else { usize::from(length >= SHORT_WORD) };
    let distance = edit_distance(&word.text, part, allowed)?;
    (distance <= allowed).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose_of<'o>(options: &[&'o str], answer: &str) -> Option<&'o str> {
        let heard = Heard::of(Language::english(), answer);
        let named: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        choose(&named, Vocabulary::default(), &heard, Shown::Numbered).map(|chosen| options[chosen.index])
    }

    fn check(options: &[&str], answer: &str, expected: Option<&str>) {
        assert_eq!(choose_of(options, answer), expected, "{answer} among {options:?}");
    }

    #[test]
    fn options_are_chosen_by_their_words() {
        let devices = ["ios", "android", "web", "desktop"];
        check(&devices, "ios", Some("ios"));
        check(&devices, "it's an Android", Some("android"));
        check(&devices, "androids", Some("android"));
        check(&devices, "andriod", Some("android"));
        check(&devices, "the desktop one please", Some("desktop"));
        check(&devices, "ios or android", None);
        check(&devices, "not ios, android", Some("android"));
        check(&devices, "a toaster", None);
    }

    #[test]
    fn a_slip_is_forgiven_in_an_answer_and_not_in_a_sentence() {
        let woods = ["pine", "teak", "beech", "larch"];
        for slip in ["pien", "tek", "the bech one please", "I'd like lerch", "um, pne"] {
            assert!(choose_of(&woods, slip).is_some(), "{slip}");
        }
        for words in [
            "make a line",
            "I'll take my time",
            "is the team far",
            "the march is long",
            "they tear it down",
            "what does the peach cost",
            "take",
            "then",
        ] {
            check(&woods, words, None);
        }
    }

    #[test]
    fn options_are_chosen_by_position() {
        let channels = ["email", "sms"];
        check(&channels, "the second one", Some("sms"));
        check(&channels, "1", Some("email"));
        check(&channels, "number two", Some("sms"));
        check(&channels, "the last one", Some("sms"));
        check(&channels, "the third one", None);
        check(&channels, "m", None);
        check(&channels, "I don't know", None);
    }

    #[test]
    fn a_telling_word_is_enough() {
        let exertion = ["at rest", "when walking", "when exercising"];
        check(&exertion, "walking", Some("when walking"));
        check(&exertion, "when I exercise", Some("when exercising"));
        check(&exertion, "mostly at rest", Some("at rest"));
        check(&exertion, "resting", Some("at rest"));
        check(&exertion, "when", None);
        check(&["check-up", "follow-up"], "a checkup", Some("check-up"));
        check(&["check-up", "follow-up"], "follow up", Some("follow-up"));
    }

    #[test]
    fn underscores_are_spaces_and_unknown_is_an_option_where_it_is_declared() {
        let reasons = ["too_many_attempts", "suspicious_activity", "unknown"];
        check(&reasons, "too many attempts", Some("too_many_attempts"));
        check(&reasons, "suspicious activity I think", Some("suspicious_activity"));
        check(&reasons, "I don't know", Some("unknown"));
        check(&["medications", "allergies", "both"], "medications and allergies", Some("both"));
        check(&["medications", "allergies", "both"], "medication", Some("medications"));
        check(&["medications", "allergies", "both"], "allergy", Some("allergies"));
    }

    #[test]
    fn synonyms_of_the_slot_choose_its_option() {
        use crate::ir::{Modifiers, Synonym, Term};
        let vocabulary = [Term {
            text: "sms".into(),
            modifiers: Modifiers::default(),
            synonyms: vec![Synonym { text: "text message".into(), modifiers: Modifiers::default() }],
        }];
        let options = ["email", "sms"].map(str::to_owned);
        let chosen = choose(
            &options,
            Vocabulary { own: &vocabulary, shared: &[], ..Vocabulary::default() },
            &Heard::of(Language::english(), "by text message"),
            Shown::Named,
        )
        .map(|chosen| chosen.index);
        assert_eq!(chosen, Some(1));
    }
}
