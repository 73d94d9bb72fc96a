//! Choosing among declared options: enum slots, offered choices, and whatever else is picked from a short list.

use crate::ir::Term;
use crate::phrase::{Phrase, Word, longest_prefix};
use crate::text::edit_distance;

/// How far apart two words may be spelt and still be the same word.
const LONG_WORD: usize = 8;
const SHORT_WORD: usize = 4;

const YES_WORDS: &[&str] = &["yes", "true", "y", "yeah"];
const NO_WORDS: &[&str] = &["no", "false", "n", "nope"];
/// Options that "I don't know" chooses.
#[rustfmt::skip]
const UNSURE_OPTIONS: &[&str] = &[
    "unknown", "unsure", "not sure", "don't know", "dont know", "i don't know", "other unknown", "undecided",
    "maybe",
];
/// Options that "neither" and "both" choose.
const BOTH_OPTIONS: &[&str] = &["both", "all", "both of them", "all of them"];
const NEITHER_OPTIONS: &[&str] = &["none", "neither", "none of these", "none of them", "nothing"];

const ORDINALS: &[&[&str]] = &[
    &["first", "1st", "one", "1"],
    &["second", "2nd", "two", "2"],
    &["third", "3rd", "three", "3"],
    &["fourth", "4th", "four", "4"],
    &["fifth", "5th", "five", "5"],
    &["sixth", "6th", "six", "6"],
    &["seventh", "7th", "seven", "7"],
    &["eighth", "8th", "eight", "8"],
    &["ninth", "9th", "nine", "9"],
    &["tenth", "10th", "ten", "10"],
];

/// Words that carry no content when an answer is compared with an option.
#[rustfmt::skip]
const EMPTY_WORDS: &[&str] = &[
    "the", "a", "an", "one", "ones", "option", "choice", "number", "please", "thanks", "thank", "you", "i'd", "i",
    "would", "like", "want", "prefer", "choose", "pick", "take", "go", "with", "for", "it's", "it", "is", "by",
    "via", "my", "on", "at", "to", "in", "of", "when", "only", "just", "me", "think", "guess", "let's", "that",
    "this", "about", "um", "uh", "well", "ok", "okay", "yes", "yeah", "sure", "i'll", "i'm", "using", "use", "have",
    "an", "be", "send", "mostly", "mainly", "usually", "some", "and", "or", "need", "its", "rather", "probably",
    "maybe",
];

/// The words that stand for each other: those of the slot, and those of the game.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Vocabulary<'v> {
    /// `with vocabulary { … }` of the slot.
    pub(crate) own: &'v [Term],
    /// `vocabulary { … }` of the game.
    pub(crate) shared: &'v [Term],
}

impl<'v> Vocabulary<'v> {
    fn terms(self) -> impl Iterator<Item = &'v Term> {
        self.own.iter().chain(self.shared)
    }
}

/// Which option means yes.
pub(crate) fn yes_option<S: AsRef<str>>(options: &[S]) -> Option<usize> {
    position(options, YES_WORDS)
}

/// Which option means no.
pub(crate) fn no_option<S: AsRef<str>>(options: &[S]) -> Option<usize> {
    position(options, NO_WORDS)
}

fn position<S: AsRef<str>>(options: &[S], words: &[&str]) -> Option<usize> {
    options.iter().position(|option| Phrase::of(option.as_ref()).is_one_of(words))
}

/// Names that people use for one another whatever the game: an option of one is chosen by the others.
const COMMON_NAMES: &[&[&str]] = &[
    &["sms", "text", "text message", "txt", "by text"],
    &["email", "e mail", "mail", "electronic mail"],
    &["phone", "telephone", "call", "phone call"],
    &["ios", "iphone", "ipad"],
    &["web", "browser", "website"],
    &["desktop", "pc", "computer", "laptop"],
];

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
    fn of<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>) -> Prepared {
        let mut forms = Vec::new();
        for (index, option) in options.iter().enumerate() {
            let words = plain_words(option.as_ref());
            for term in vocabulary.terms() {
                let belongs = plain_words(&term.text) == words
                    || term.synonyms.iter().any(|synonym| plain_words(&synonym.text) == words);
                if belongs {
                    forms.push((index, plain_words(&term.text)));
                    forms.extend(term.synonyms.iter().map(|synonym| (index, plain_words(&synonym.text))));
                }
            }
            let joined = words.join(" ");
            if let Some(names) = COMMON_NAMES.iter().find(|names| names.contains(&joined.as_str())) {
                let others = names.iter().filter(|name| **name != joined);
                forms.extend(others.map(|name| (index, plain_words(name))));
            }
            // "checkup" for `check-up`
            if words.len() > 1 {
                forms.push((index, vec![words.concat()]));
            }
            forms.push((index, words));
        }
        // A name that is an option of its own is nobody else's.
        let own: Vec<Vec<String>> = options.iter().map(|option| plain_words(option.as_ref())).collect();
        forms
            .retain(|(index, words)| own.iter().position(|option| option == words).is_none_or(|owner| owner == *index));
        forms.retain(|(_, words)| !words.is_empty());
        Prepared { forms }
    }
}

fn plain_words(text: &str) -> Vec<String> {
    Phrase::of(text).words.into_iter().map(|word| word.text).collect()
}

/// Whether the whole answer is an option, letter by letter (case and punctuation aside).
pub(crate) fn exact<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>, phrase: &Phrase) -> Option<usize> {
    let prepared = Prepared::of(options, vocabulary);
    let words: Vec<&str> = phrase.words.iter().map(|word| word.text.as_str()).collect();
    prepared
        .forms
        .iter()
        .find(|(_, form)| form.iter().map(String::as_str).eq(words.iter().copied()))
        .map(|(index, _)| *index)
}

/// Options stated somewhere in the text as whole words (synonyms and plural forms count), not negated; longer forms
/// before shorter ones that they contain.
pub(crate) fn stated<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>, phrase: &Phrase) -> Vec<Chosen> {
    let mut prepared = Prepared::of(options, vocabulary);
    prepared.forms.sort_by_key(|(index, form)| (std::cmp::Reverse(form.len()), *index));
    let words = &phrase.words;
    let mut taken = vec![false; words.len()];
    let mut found: Vec<Chosen> = Vec::new();
    for (index, form) in &prepared.forms {
        for at in 0..words.len().saturating_sub(form.len() - 1) {
            let window = &words[at..at + form.len()];
            let fits = !taken[at..at + form.len()].contains(&true)
                && window.iter().zip(form).all(|(word, part)| same_word(&word.text, part));
            if fits {
                taken[at..at + form.len()].fill(true);
                if !negated(words, at) {
                    found.push(Chosen { index: *index, start: window[0].start, end: window[form.len() - 1].end });
                }
            }
        }
    }
    found.sort_by_key(|chosen| chosen.start);
    found
}

/// Whether a negation stands shortly before the word, in the same clause.
pub(crate) fn negated(words: &[Word], at: usize) -> bool {
    const REACH: usize = 3;
    for index in (at.saturating_sub(REACH)..at).rev() {
        if words[index + 1].after_break {
            return false;
        }
        let word = words[index].text.as_str();
        if matches!(
            word,
            "not"
                | "no"
                | "never"
                | "without"
                | "isn't"
                | "don't"
                | "doesn't"
                | "didn't"
                | "cannot"
                | "can't"
                | "won't"
                | "wasn't"
                | "dont"
        ) {
            return true;
        }
    }
    false
}

/// Reads an answer as a choice of exactly one option, as generously as an answer deserves; `None` when it names none,
/// or several.
pub(crate) fn choose<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>, phrase: &Phrase) -> Option<Chosen> {
    let (first, last) = (phrase.words.first()?, phrase.words.last()?);
    let whole = |index| Some(Chosen { index, start: first.start, end: last.end });
    if let Some(index) = exact(options, vocabulary, phrase) {
        return whole(index);
    }
    if super::yes_no::is_unsure(phrase) {
        return whole(position(options, UNSURE_OPTIONS)?);
    }
    let found = stated(options, vocabulary, phrase);
    if let Some(only) = single(&found) {
        return Some(only);
    }
    if !found.is_empty() {
        let both = position(options, BOTH_OPTIONS);
        return if options.len() == 3 && phrase.words.iter().any(|word| word.text == "and") {
            whole(both?)
        } else {
            None
        };
    }
    if phrase.is_one_of(&["neither", "none", "none of them", "none of these", "neither of them", "neither one"]) {
        return whole(position(options, NEITHER_OPTIONS)?);
    }
    by_position(options, phrase)
        .or_else(|| by_spelling(options, vocabulary, phrase))
        .or_else(|| by_telling_word(options, vocabulary, phrase))
}

fn single(found: &[Chosen]) -> Option<Chosen> {
    let (first, rest) = found.split_first()?;
    rest.iter().all(|other| other.index == first.index).then_some(*first)
}

/// "the second one", "number 2", "option 3", "the last".
fn by_position<S: AsRef<str>>(options: &[S], phrase: &Phrase) -> Option<Chosen> {
    let words = &phrase.words;
    let lead = longest_prefix(
        words,
        &[
            "i'd like the",
            "i would like the",
            "i want the",
            "i'll take the",
            "i'd go with the",
            "i pick the",
            "give me the",
            "let's do the",
            "the",
            "number",
            "option",
            "choice",
            "option number",
            "no",
            "nr",
            "i choose the",
            "i choose",
            "i'd say the",
            "i think the",
            "please the",
            "maybe the",
            "it's the",
            "i'll go with",
            "i'd like",
            "i'll take",
            "go with",
        ],
    );
    let rest = &words[lead..];
    let (head, tail) = rest.split_first()?;
    if !tail.iter().all(|word| {
        matches!(
            word.text.as_str(),
            "one" | "option" | "choice" | "please" | "thanks" | "then" | "of" | "them" | "those" | "these"
        )
    }) {
        return None;
    }
    let counted = matches!(
        head.text.as_str(),
        "one" | "two" | "three" | "four" | "five" | "six" | "seven" | "eight" | "nine" | "ten"
    ) || head.text.bytes().all(|byte| byte.is_ascii_digit());
    let index = match head.text.as_str() {
        "last" | "latter" => options.len().checked_sub(1)?,
        "former" => 0,
        ordinal => ORDINALS.iter().position(|forms| forms.contains(&ordinal))?,
    };
    // "one" and "two" stand for options only when nothing but a lead-in is around them.
    if counted && !tail.iter().all(|word| matches!(word.text.as_str(), "please" | "thanks" | "then")) {
        return None;
    }
    (index < options.len()).then(|| Chosen { index, start: words[0].start, end: words[words.len() - 1].end })
}

/// One option whose words are there but for small misspellings.
fn by_spelling<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>, phrase: &Phrase) -> Option<Chosen> {
    let prepared = Prepared::of(options, vocabulary);
    let mut best: Option<(usize, Chosen)> = None;
    let mut tied = false;
    for (index, form) in &prepared.forms {
        for at in 0..phrase.words.len().saturating_sub(form.len() - 1) {
            let window = &phrase.words[at..at + form.len()];
            if negated(&phrase.words, at) {
                continue;
            }
            let distance: Option<usize> =
                window.iter().zip(form).map(|(word, part)| misspelling(&word.text, part)).sum();
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

/// "walking" for `when walking`, "rest" for `at rest`: content words that only one option has.
fn by_telling_word<S: AsRef<str>>(options: &[S], vocabulary: Vocabulary<'_>, phrase: &Phrase) -> Option<Chosen> {
    let prepared = Prepared::of(options, vocabulary);
    let mut chosen: Option<Chosen> = None;
    for (at, word) in phrase.words.iter().enumerate() {
        if EMPTY_WORDS.contains(&word.text.as_str())
            || word.text.chars().count() < SHORT_WORD - 1
            || negated(&phrase.words, at)
        {
            continue;
        }
        let mut owners = prepared
            .forms
            .iter()
            .filter(|(_, form)| {
                form.iter().any(|part| !EMPTY_WORDS.contains(&part.as_str()) && same_stem(&word.text, part))
            })
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
    }
    chosen
}

/// The same word, its plural form included.
fn same_word(word: &str, part: &str) -> bool {
    let plural = |long: &str, short: &str| {
        short.len() >= 3
            && (long.strip_suffix('s') == Some(short)
                || long.strip_suffix("es") == Some(short)
                || (long.ends_with("ies")
                    && short.ends_with('y')
                    && long[..long.len() - 3] == short[..short.len() - 1]))
    };
    word == part || plural(word, part) || plural(part, word)
}

/// The same word in another form: `walking`, `walked`, `walk`; `exercising`, `exercise`.
fn same_stem(word: &str, part: &str) -> bool {
    same_word(word, part) || (stem(word) == stem(part) && stem(word).len() >= SHORT_WORD - 1)
}

fn stem(word: &str) -> &str {
    for suffix in ["ing", "ed", "es", "s", "e", "d"] {
        if let Some(stem) = word.strip_suffix(suffix)
            && stem.len() >= SHORT_WORD - 1
        {
            return stem;
        }
    }
    word
}

/// How far a word is from being spelt right: 0 to 2; `None` when it is another word.
fn misspelling(word: &str, part: &str) -> Option<usize> {
    if same_word(word, part) {
        return Some(0);
    }
    let length = part.chars().count();
    let allowed = if length >= LONG_WORD { 2 } else { usize::from(length >= SHORT_WORD) };
    let distance = edit_distance(word, part, allowed)?;
    (distance <= allowed).then_some(distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(options: &[&str], answer: &str, expected: Option<&str>) {
        let chosen = choose(options, Vocabulary::default(), &Phrase::of(answer)).map(|chosen| options[chosen.index]);
        assert_eq!(chosen, expected, "{answer} among {options:?}");
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
        let options = ["email", "sms"];
        let chosen = choose(&options, Vocabulary { own: &vocabulary, shared: &[] }, &Phrase::of("by text message"))
            .map(|chosen| chosen.index);
        assert_eq!(chosen, Some(1));
    }
}
