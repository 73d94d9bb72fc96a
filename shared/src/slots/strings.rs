//! Free-text answers: what is wrapped around the value, and what is no answer at all.

use crate::phrase::{self, Phrase, Word, longest_prefix, longest_suffix, readable};

/// Openers that carry no content of their own.
#[rustfmt::skip]
const HESITATIONS: &[&str] = &[
    "um", "uh", "er", "hmm", "hm", "well", "oh", "so", "ah", "uhm", "umm", "ok", "okay", "sorry", "actually", "like",
    "yeah", "sure", "yes", "hi", "hello", "hey",
];

/// Ways of introducing a value.
#[rustfmt::skip]
const INTRODUCTIONS: &[&str] = &[
    "it's", "it is", "its", "that's", "that is", "that would be", "it would be", "it'd be", "this is", "i'd say",
    "i would say", "i think it's", "i think it is", "i think", "i believe it's", "i believe", "i guess it's",
    "i guess", "i mean", "i meant", "mostly", "mainly", "maybe", "probably", "let's say", "let me say", "say",
    "just", "you can use", "please use", "use", "try", "make it", "make that", "it should be", "should be",
    "the answer is", "my answer is", "it was", "they are", "they're", "mine is", "mine's",
];

/// Prepositions and determiners in front of a noun phrase ("in my lower back").
#[rustfmt::skip]
const BEFORE_NOUN: &[&str] = &[
    "in my", "on my", "at my", "in the", "on the", "at the", "around my", "around the", "near my", "near the",
    "to the", "to my", "from my", "from the", "under my", "behind my", "behind the", "inside my", "in", "on", "at",
    "my", "the", "a", "an", "our", "your", "his", "her", "their",
];

/// Courtesies and hedges at the end.
#[rustfmt::skip]
const AFTERWORDS: &[&str] = &[
    "please", "thanks", "thank you", "i think", "i guess", "i believe", "i suppose", "mostly", "mainly", "maybe",
    "probably", "actually", "sir", "doctor",
];

/// The longest noun phrase that loses its preposition and article; longer answers are descriptions and stay as they are.
const MAX_NOUN_PHRASE_WORDS: usize = 5;

/// Social noises that answer no question.
#[rustfmt::skip]
const NOISES: &[&str] = &[
    "ok", "okay", "k", "hi", "hello", "hey", "hi there", "hello there", "thanks", "thank you", "thx", "lol", "haha",
    "hmm", "hm", "um", "uh", "er", "well", "so", "oh", "ah", "right", "cool", "great", "nice", "fine", "sure",
    "good", "alright", "all right", "yes", "yeah", "yep", "yup", "no", "nope", "nah", "please", "sorry", "wow",
    "hm ok", "i see", "got it", "wait", "hold on", "one moment", "one second", "just a moment", "just a second",
    "let me think", "let me see", "hang on", "anything", "whatever", "something", "it", "that", "this",
];

/// Ways of saying that there is nothing to say.
#[rustfmt::skip]
const DECLINES: &[&str] = &[
    "no", "nope", "nah", "none", "nothing", "no thanks", "no thank you", "n/a", "na", "n a", "not applicable",
    "skip", "pass", "nothing else", "no other", "no others", "nothing more", "not really", "not that i know of",
    "not that i know", "i'd rather not", "i would rather not", "i'd rather not say", "prefer not to say",
    "i prefer not to say", "rather not", "no answer", "leave it", "leave it out", "leave it empty", "that's all",
    "that is all", "that's it", "no that's all", "no that's it", "no nothing else", "none of them", "none of those",
    "neither", "i haven't", "i have not", "i don't have one", "i don't have any", "don't have one", "i don't",
    "not yet", "never", "i haven't measured it", "i didn't measure it", "haven't measured it", "haven't checked",
    "i haven't checked", "doesn't matter", "it doesn't matter", "i don't care", "don't care", "no preference", "any",
    "either", "whatever",
];

/// Whether a word only fills a pause.
pub(crate) fn is_hesitation(word: &str) -> bool {
    HESITATIONS.contains(&word) || matches!(word, "wait" | "but" | "and" | "no" | "please" | "also" | "now")
}

/// Whether the person declines to answer ("no", "none", "I'd rather not say", "I don't know").
pub(crate) fn is_decline(phrase: &Phrase) -> bool {
    if super::yes_no::is_unsure(phrase) {
        return true;
    }
    let words = strip_ends(&phrase.words);
    DECLINES.iter().any(|decline| phrase::is(words, decline))
        || DECLINES.iter().any(|decline| phrase::is(&phrase.words, decline))
}

/// Whether the text is a question put to us rather than an answer.
pub(crate) fn is_question(text: &str, phrase: &Phrase) -> bool {
    let words = strip_front(&phrase.words, HESITATIONS);
    let asks = text.trim_end().ends_with(['?', '？']);
    let Some(first) = words.first() else { return asks };
    let opener = matches!(
        first.text.as_str(),
        "what"
            | "what's"
            | "whats"
            | "why"
            | "how"
            | "how's"
            | "when"
            | "where"
            | "where's"
            | "who"
            | "who's"
            | "which"
            | "whose"
    );
    let inverted = words.get(1).is_some_and(|second| {
        matches!(
            second.text.as_str(),
            "do" | "does"
                | "did"
                | "is"
                | "are"
                | "am"
                | "was"
                | "were"
                | "can"
                | "could"
                | "should"
                | "would"
                | "will"
                | "shall"
                | "has"
                | "have"
                | "kind"
                | "sort"
                | "type"
                | "if"
                | "about"
                | "else"
                | "for"
                | "not"
                | "long"
                | "much"
                | "many"
                | "exactly"
                | "scale"
        )
    });
    if opener {
        return asks
            || inverted
            || matches!(first.text.as_str(), "what's" | "whats" | "who's" | "where's" | "how's" | "why")
            || words.len() == 1;
    }
    let auxiliary = matches!(
        first.text.as_str(),
        "do" | "does"
            | "did"
            | "is"
            | "are"
            | "am"
            | "can"
            | "could"
            | "should"
            | "would"
            | "will"
            | "shall"
            | "may"
            | "have"
            | "has"
            | "isn't"
            | "aren't"
            | "don't"
            | "can't"
    );
    let addressed = words.get(1).is_some_and(|second| {
        matches!(second.text.as_str(), "you" | "i" | "we" | "it" | "this" | "that" | "there" | "they")
    });
    auxiliary && (asks || addressed)
}

/// Whether a question can be answered by yes or no: one of its clauses begins with an auxiliary ("…, are you in pain?").
pub(crate) fn asks_yes_or_no(question: &str) -> bool {
    #[rustfmt::skip]
    const AUXILIARIES: &[&str] = &[
        "do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "can", "could", "will", "would", "should", "any", "may", "shall",
        "isn't", "aren't", "don't", "doesn't", "didn't",
    ];
    question.contains('?')
        && question.split(['.', '!', '?', ',', ';', ':', '—', '–', '\n']).flat_map(|clause| clause.split(" - ")).any(
            |clause| {
                let first = Phrase::of(clause).words.into_iter().next();
                first.is_some_and(|word| AUXILIARIES.contains(&word.text.as_str()))
            },
        )
}

/// Whether the text only says that something was heard or is so ("ok", "yes", "sure"): never a reason to leave a move.
pub(crate) fn is_acknowledgement(phrase: &Phrase) -> bool {
    #[rustfmt::skip]
    const ACKNOWLEDGEMENTS: &[&str] = &[
        "ok", "okay", "k", "yes", "yeah", "yep", "yup", "no", "nope", "nah", "sure", "right", "fine", "alright", "all right",
        "good", "great", "cool", "nice", "hmm", "hm", "um", "uh", "er", "well", "so", "oh", "ah", "i see", "got it", "lol", "haha",
        "wait", "hold on", "one moment", "one second", "yes please", "no thanks", "no thank you", "please",
    ];
    phrase.is_empty() || phrase.is_one_of(ACKNOWLEDGEMENTS)
}

/// Whether the text holds nothing that could be a value: no words, or only social noise.
pub(crate) fn is_noise(phrase: &Phrase) -> bool {
    if phrase.is_empty() {
        return true;
    }
    let words = strip_front(
        &phrase.words,
        &["um", "uh", "er", "hmm", "hm", "well", "oh", "so", "ah", "and", "but", "ok", "okay"],
    );
    words.is_empty()
        || NOISES.iter().any(|noise| phrase::is(words, noise))
        || NOISES.iter().any(|noise| phrase::is(&phrase.words, noise))
}

/// The span of the value in a free-text answer: without hesitations, introductions ("it's", "my account id is"),
/// prepositions and articles before a short noun phrase, and courtesies after it. `None` when nothing is left.
pub(crate) fn value_span(slot_name: &str, text: &str) -> Option<(usize, usize)> {
    let phrase = Phrase::of(text);
    let mut words = phrase.words.as_slice();
    loop {
        let before = words.len();
        words = strip_front(words, HESITATIONS);
        words = strip_named(words, slot_name);
        words = strip_front(words, INTRODUCTIONS);
        words = strip_back(words, AFTERWORDS);
        if words.len() == before {
            break;
        }
    }
    if words.len() <= MAX_NOUN_PHRASE_WORDS + 2 {
        let shorter = longest_prefix(words, BEFORE_NOUN);
        if shorter > 0
            && words.len() > shorter
            && !words[shorter].glued
            && words.len() - shorter <= MAX_NOUN_PHRASE_WORDS
        {
            words = &words[shorter..];
            let article = longest_prefix(words, &["my", "the", "a", "an"]);
            if article > 0 && words.len() > article && !words[article].glued {
                words = &words[article..];
            }
        }
    }
    let (first, last) = (words.first()?, words.last()?);
    let start = grow_left(text, first.start);
    let end = grow_right(text, last.end);
    (start < end).then_some((start, end))
}

/// `my account id is`, `the location:`, `account id` in front of a value.
fn strip_named<'w>(words: &'w [Word], slot_name: &str) -> &'w [Word] {
    let name = readable(slot_name);
    let name = name.as_str();
    let last = name.rsplit(' ').next().unwrap_or(name);
    let owner = longest_prefix(words, &["my", "the", "our", "his", "her"]);
    let rest = &words[owner..];
    let named = longest_prefix(rest, &[name, last]);
    if named == 0 {
        return words;
    }
    let after = &rest[named..];
    let copula = longest_prefix(after, &["is", "are", "was", "would be", "should be", "will be", "equals"]);
    let separated = after.first().is_some_and(|word| word.after_break);
    if copula > 0 && after.len() > copula {
        &after[copula..]
    } else if separated && !after.is_empty() {
        after
    } else {
        words
    }
}

fn strip_front<'w>(mut words: &'w [Word], phrases: &[&str]) -> &'w [Word] {
    loop {
        let skip = longest_prefix(words, phrases);
        if skip == 0 || skip >= words.len() || words[skip].glued {
            return words;
        }
        words = &words[skip..];
    }
}

fn strip_back<'w>(mut words: &'w [Word], phrases: &[&str]) -> &'w [Word] {
    loop {
        let skip = longest_suffix(words, phrases);
        if skip == 0 || skip >= words.len() || words[words.len() - skip].glued {
            return words;
        }
        words = &words[..words.len() - skip];
    }
}

fn strip_ends(words: &[Word]) -> &[Word] {
    strip_back(
        strip_front(
            words,
            &["um", "uh", "er", "hmm", "hm", "well", "oh", "so", "ah", "sorry", "ok", "okay", "i think", "just"],
        ),
        &["please", "thanks", "thank you", "really", "i think", "at all", "at the moment", "right now", "yet"],
    )
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

    fn check(slot: &str, text: &str, expected: &str) {
        let value = value_span(slot, text).map(|(start, end)| &text[start..end]);
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
        let check = |text: &str, expected: bool| assert_eq!(is_question(text, &Phrase::of(text)), expected, "{text}");
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
            assert!(is_noise(&Phrase::of(text)), "{text}");
        }
        for text in ["none", "no thanks", "I don't know", "nothing else, thanks", "I'd rather not say", "not sure"] {
            assert!(is_decline(&Phrase::of(text)), "{text}");
        }
        for text in ["no pain", "knee", "not my back"] {
            assert!(!is_decline(&Phrase::of(text)), "{text}");
        }
    }
}
