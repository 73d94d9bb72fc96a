//! Yes and no as answers to a question that was just asked, and the answers that are neither.
//!
//! This reads whole answers ("I am", "not really", "no, but I have a cough"); finding a yes or a no somewhere in a
//! text is the boolean recognizer's.

use crate::entities::{Kind, Kinds, Reference, Value, recognize};
use crate::phrase::Phrase;

use super::options;

#[rustfmt::skip]
const YES: &[&str] = &[
    "yes", "yeah", "yep", "yup", "ya", "yea", "yah", "aye", "y", "sure", "of course", "certainly", "definitely",
    "absolutely", "correct", "right", "that's right", "that is right", "that's correct", "that is correct",
    "exactly", "indeed", "ok", "okay", "affirmative", "true", "i do", "i am", "i have", "i did", "i was", "i can",
    "i will", "i would", "it does", "it is", "it did", "it has", "it was", "they do", "they are", "we do", "we are",
    "we have", "there is", "there are", "he does", "she does", "he is", "she is", "a little", "a bit",
    "a little bit", "a lot", "very much", "very", "somewhat", "slightly", "kind of", "sort of", "sometimes", "often",
    "always", "most of the time", "i think so", "i believe so", "i guess so", "i suppose so", "i'd say so",
    "probably", "most likely", "please do", "go ahead", "do it", "sounds good", "yes please", "uh huh", "uh-huh",
    "mhm", "mm hmm", "you bet", "for sure", "totally", "naturally", "i'm afraid so", "unfortunately yes",
    "for now yes", "fine", "perfect", "great", "that works", "that's it", "that is it", "that's the one", "why not",
    "both",
];

#[rustfmt::skip]
const NO: &[&str] = &[
    "no", "nope", "nah", "n", "nay", "naw", "not", "never", "none", "not really", "not at all", "not yet", "no way",
    "of course not", "certainly not", "definitely not", "absolutely not", "negative", "false", "i don't", "i do not",
    "i'm not", "i am not", "i haven't", "i have not", "i didn't", "i did not", "i wasn't", "i was not", "i can't",
    "i cannot", "i won't", "it doesn't", "it does not", "it isn't", "it is not", "it's not", "it didn't",
    "it did not", "it hasn't", "it wasn't", "they don't", "they aren't", "we don't", "we aren't", "there isn't",
    "there aren't", "there is not", "he doesn't", "she doesn't", "he isn't", "she isn't", "i don't think so",
    "i do not think so", "i don't believe so", "i guess not", "i suppose not", "i think not", "i hope not",
    "probably not", "not that i know", "not that i know of", "not particularly", "not right now", "not now",
    "not currently", "not much", "not anymore", "hardly", "barely", "rarely", "no thanks", "no thank you", "wrong",
    "that's wrong", "that is wrong", "incorrect", "that's not right", "that is not right", "not right",
    "not correct", "don't", "do not", "nothing", "neither", "no i don't", "no i'm not", "not quite", "by no means",
];

/// Answers that say neither.
#[rustfmt::skip]
const UNSURE: &[&str] = &[
    "i don't know", "i do not know", "don't know", "dont know", "i dont know", "do not know", "dunno", "i dunno",
    "no idea", "i have no idea", "no clue", "i have no clue", "not sure", "i'm not sure", "i am not sure",
    "im not sure", "unsure", "i'm unsure", "hard to say", "hard to tell", "can't say", "i can't say", "i can't tell",
    "can't tell", "i couldn't say", "i couldn't tell you", "who knows", "maybe", "perhaps", "possibly", "idk",
    "it depends", "depends", "i can't remember", "i cannot remember", "can't remember", "i don't remember",
    "i do not remember", "don't remember", "i forgot", "i forget", "not certain", "i'm not certain",
    "i wouldn't know", "beats me", "your guess is as good as mine", "how should i know", "i don't recall",
    "maybe yes maybe no", "yes and no", "no i don't know", "not sure about that", "i really don't know",
    "i honestly don't know", "honestly i don't know", "i'm not really sure", "i'm really not sure",
    "not really sure", "not too sure", "i am not certain", "unknown", "can't recall", "i can't recall",
];

/// Words before the answer proper.
#[rustfmt::skip]
const LEAD: &[&str] = &[
    "um", "uh", "er", "hmm", "hm", "well", "oh", "so", "actually", "honestly", "sorry", "ah", "uhm", "umm", "like",
    "just", "please", "and", "but", "i think", "i guess",
];

/// Words that may follow a yes or a no without changing it.
#[rustfmt::skip]
const TAIL: &[&str] = &[
    "please", "thanks", "thank you", "sir", "madam", "doctor", "i think", "i guess", "i suppose", "actually",
    "really", "now", "at all", "at the moment", "right now", "unfortunately", "then", "of course",
];

/// Strips hesitations from the front and courtesies from the end.
fn core(phrase: &Phrase) -> Phrase {
    let mut words = phrase.words.as_slice();
    loop {
        let skip = crate::phrase::longest_prefix(words, LEAD);
        if skip == 0 || skip >= words.len() {
            break;
        }
        words = &words[skip..];
    }
    loop {
        let skip = crate::phrase::longest_suffix(words, TAIL);
        if skip == 0 || skip >= words.len() {
            break;
        }
        words = &words[..words.len() - skip];
    }
    Phrase { words: words.to_vec() }
}

/// Whether the answer says that the person does not know.
pub(crate) fn is_unsure(phrase: &Phrase) -> bool {
    let core = core(phrase);
    if core.is_one_of(UNSURE) || phrase.is_one_of(UNSURE) {
        return true;
    }
    // "I don't know what that is", "not sure about it": the first words decide, when what follows adds no answer.
    let said = core.begins_with(UNSURE);
    said >= 2 && core.len() > said && !core.words[said..].iter().any(|word| word.after_break || word.text == "but")
}

/// Reads an answer that is nothing but a yes or a no.
pub(crate) fn plain(phrase: &Phrase) -> Option<bool> {
    let core = core(phrase);
    [phrase, &core]
        .into_iter()
        .find_map(|whole| if whole.is_one_of(NO) { Some(false) } else { whole.is_one_of(YES).then_some(true) })
}

/// Reads an answer as yes or no; `None` when it is neither.
pub(crate) fn read(text: &str, reference: &Reference) -> Option<bool> {
    let phrase = Phrase::of(text);
    if phrase.is_empty() {
        return by_recognizer(text, reference);
    }
    if is_unsure(&phrase) {
        return None;
    }
    if let Some(answer) = plain(&phrase) {
        return Some(answer);
    }
    let core = core(&phrase);
    // "no, but I have a cough", "yes I am", "I do have that": the longest leading phrase, when it is one that stands
    // for itself or is set apart.
    let no = core.begins_with(NO);
    let yes = core.begins_with(YES);
    let length = no.max(yes);
    if length == 0 {
        return by_recognizer(text, reference);
    }
    let next = &core.words[length];
    let leading = &core.words[..length];
    let set_apart = next.after_break
        || length >= 2
        || stands_alone(&leading[0].text)
        || matches!(next.text.as_str(), "but" | "and" | "because" | "since" | "i" | "it");
    let first = &leading[0].text;
    if !set_apart || (length == 1 && first == "not") {
        return None;
    }
    // "I am not", "it is not …": a negated opening is longer and wins; "I have a headache" is a statement, not an answer.
    if yes > no
        && !stands_alone(first)
        && !next.after_break
        && matches!(first.as_str(), "i" | "it" | "they" | "we" | "he" | "she" | "there")
    {
        return match next.text.as_str() {
            "not" | "never" | "no" => Some(false),
            _ => Some(true),
        };
    }
    Some(yes > no)
}

/// Reads an answer that repeats what was asked about: "very urgent" and "not that urgent" for a slot `urgent`.
pub(crate) fn by_name(name: &str, phrase: &Phrase) -> Option<bool> {
    let (start, end) = named(name, phrase)?;
    if is_unsure(phrase) {
        return None;
    }
    let denied =
        options::negated(&phrase.words, start) || phrase.words[..start].iter().any(|word| word.text == "nothing");
    let unclear = phrase.words[end..].iter().any(|word| matches!(word.text.as_str(), "or" | "not" | "maybe"));
    (!unclear).then_some(!denied)
}

/// Where an utterance says of its own accord that a thing is or is not wanted: "with breakfast", "no fever".
pub(crate) fn stated(name: &str, phrase: &Phrase) -> Option<(bool, usize, usize)> {
    const WITH: &[&str] = &["with", "including", "plus", "yes"];
    const WITHOUT: &[&str] = &["without", "no", "excluding"];
    let (start, end) = named(name, phrase)?;
    let lead = &phrase.words[start.checked_sub(1)?];
    if phrase.words[start].after_break {
        return None;
    }
    let said = WITH.contains(&lead.text.as_str());
    let denied = WITHOUT.contains(&lead.text.as_str());
    (said || denied).then(|| (said, lead.start, phrase.words[end - 1].end))
}

/// The words of a slot's name, where they stand once and together.
fn named(name: &str, phrase: &Phrase) -> Option<(usize, usize)> {
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    if words.is_empty() || name.len() < 3 {
        return None;
    }
    let mut places = phrase
        .words
        .windows(words.len())
        .enumerate()
        .filter(|(_, said)| said.iter().zip(&words).all(|(said, word)| said.text.eq_ignore_ascii_case(word)));
    let (start, _) = places.next()?;
    places.next().is_none().then_some((start, start + words.len()))
}

/// Words that answer by themselves even when more follows without a comma.
fn stands_alone(word: &str) -> bool {
    matches!(
        word,
        "yes" | "yeah" | "yep" | "yup" | "no" | "nope" | "nah" | "sure" | "definitely" | "absolutely" | "certainly"
    )
}

fn by_recognizer(text: &str, reference: &Reference) -> Option<bool> {
    let found = recognize(text, Kinds::NONE.with(Kind::Boolean), reference);
    let mut said = found.iter().filter_map(|entity| match entity.readings.first() {
        Some(Value::Boolean(value)) => Some((entity.start, *value)),
        _ => None,
    });
    let (start, first) = said.next()?;
    let leads = text.get(..start).is_some_and(|before| Phrase::of(before).len() <= 3);
    if leads && said.all(|(_, other)| other == first) { Some(first) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entities::{Direction, Language};

    fn reference() -> Reference {
        Reference {
            now: jiff::civil::date(2026, 3, 4).at(9, 0, 0, 0),
            offset_seconds: 0,
            direction: Direction::Future,
            language: Language::English,
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
    fn what_is_neither_is_not_guessed() {
        for text in [
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
