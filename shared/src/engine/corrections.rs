//! Corrections: "actually 7", "no, my back", "I meant Tuesday", "change the channel to sms", "not 6, 7".
//!
//! This finds that something is taken back and what is put in its place; which slot that is for is in `answers`.

use crate::phrase::{Phrase, Word, longest_prefix, readable};

/// How plainly an utterance takes something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// "no, …", "sorry, …", "wait, …": may also begin an answer.
    Weak,
    /// "actually …", "make it …"
    Plain,
    /// "I meant …", "change it to …", "correction: …"
    Strong,
}

/// What is put in the place of something said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction<'n> {
    /// The new value as said: bytes of the text.
    pub(super) span: (usize, usize),
    /// How plainly.
    pub(super) strength: Strength,
    /// The slot that is named, if one is.
    pub(super) slot: Option<&'n str>,
}

#[rustfmt::skip]
const WEAK: &[&str] = &[
    "no", "nope", "sorry", "oh", "wait", "hold on", "um", "uh", "er", "well", "hmm", "oops", "ah", "nah", "ok",
    "okay", "please", "hang on", "but", "and", "yes", "yeah", "so", "excuse me", "i'm sorry", "my bad", "my mistake",
    "no no", "no wait", "oh no", "oh wait",
];
#[rustfmt::skip]
const PLAIN: &[&str] = &[
    "actually", "rather", "make it", "make that", "it's actually", "it is actually", "that's actually",
    "actually it's", "actually it is", "it's rather", "let's say", "let's make it", "it should be", "should be",
    "that should be", "it's", "it is", "that's", "or rather", "better", "it was", "it was actually",
    "actually make it", "let's make that", "try", "more like", "it's more like",
];
#[rustfmt::skip]
const STRONG: &[&str] = &[
    "i meant", "i mean", "i meant to say", "what i meant was", "i wanted to say", "correction", "scratch that",
    "strike that", "change it to", "change that to", "change this to", "change to", "can you change it to",
    "could you change it to", "please change it to", "i'd like to change it to", "i want to change it to",
    "switch it to", "switch that to", "switch to", "set it to", "update it to", "update that to", "i made a mistake",
    "i made a mistake it's", "that's wrong", "that is wrong", "that was wrong", "that's not right",
    "that's not correct", "not that", "let me correct that", "let me correct myself", "let me rephrase", "i said",
    "i was wrong", "i misspoke", "i take that back", "i'd like to correct that", "correct that to",
    "replace it with", "replace that with", "instead", "i mistyped", "typo", "i meant it's",
];

/// Verbs that name the slot they change: "change the severity to 7".
#[rustfmt::skip]
const CHANGES: &[&str] = &[
    "change", "update", "set", "correct", "fix", "switch", "make", "please change", "can you change",
    "could you change", "can i change", "i want to change", "i'd like to change", "i need to change",
    "i would like to change", "can we change", "let's change", "replace",
];

/// Finds a correction; `slots` are the names of the slots that hold a value.
pub(super) fn find<'n>(phrase: &Phrase, slots: &[&'n str]) -> Option<Correction<'n>> {
    let words = phrase.words.as_slice();
    if let Some(found) = renaming(words, slots) {
        return Some(found);
    }
    let mut rest = words;
    let mut strength: Option<Strength> = None;
    loop {
        let (strong, plain, weak) =
            (longest_prefix(rest, STRONG), longest_prefix(rest, PLAIN), longest_prefix(rest, WEAK));
        let skip = strong.max(plain).max(weak);
        if skip == 0 || skip >= rest.len() {
            break;
        }
        let found = if skip == strong {
            Strength::Strong
        } else if skip == plain {
            Strength::Plain
        } else {
            Strength::Weak
        };
        strength = strength.max(Some(found));
        rest = &rest[skip..];
    }
    let mut slot = None;
    if let Some((named, after)) = named(rest, slots) {
        slot = Some(named);
        rest = after;
        strength = strength.max(Some(Strength::Plain));
    }
    if let Some(replaced) = not_this_but_that(rest) {
        rest = replaced;
        strength = Some(Strength::Strong);
    }
    let trailing = crate::phrase::longest_suffix(
        rest,
        &["actually", "instead", "i mean", "i meant", "sorry", "rather", "please", "thanks"],
    );
    if trailing > 0 && trailing < rest.len() {
        let taken_back =
            crate::phrase::longest_suffix(rest, &["actually", "instead", "i mean", "i meant", "rather"]) > 0;
        rest = &rest[..rest.len() - trailing];
        if taken_back {
            strength = strength.max(Some(Strength::Plain));
        }
    }
    let (first, last) = (rest.first()?, rest.last()?);
    Some(Correction { span: (first.start, last.end), strength: strength?, slot })
}

/// "change the severity to 7"
fn renaming<'n>(words: &[Word], slots: &[&'n str]) -> Option<Correction<'n>> {
    let lead = longest_prefix(words, WEAK);
    let words = if lead < words.len() { &words[lead..] } else { words };
    let skip = longest_prefix(words, CHANGES);
    if skip == 0 {
        return None;
    }
    let (slot, rest) = slot_name(&words[skip..], slots)?;
    let joined = longest_prefix(rest, &["to", "from", "with", "into", "as"]);
    let mut rest = &rest[joined..];
    // "from 6 to 7"
    if let Some(to) = rest.iter().position(|word| word.text == "to").filter(|_| joined > 0) {
        rest = &rest[to + 1..];
    }
    let (first, last) = (rest.first()?, rest.last()?);
    Some(Correction { span: (first.start, last.end), strength: Strength::Strong, slot: Some(slot) })
}

/// "the severity is 7", "my email should be …"
fn named<'n, 'w>(words: &'w [Word], slots: &[&'n str]) -> Option<(&'n str, &'w [Word])> {
    let (slot, rest) = slot_name(words, slots)?;
    let copula = longest_prefix(
        rest,
        &[
            "is",
            "was",
            "is actually",
            "should be",
            "should have been",
            "is now",
            "isn't",
            "is not",
            "would be",
            "are",
            "is wrong it's",
            "is wrong it is",
            "is wrong",
        ],
    );
    let rest = &rest[copula..];
    (copula > 0 && !rest.is_empty()).then_some((slot, rest))
}

fn slot_name<'n, 'w>(words: &'w [Word], slots: &[&'n str]) -> Option<(&'n str, &'w [Word])> {
    let owner = longest_prefix(words, &["the", "my", "our", "your"]);
    let words = &words[owner..];
    slots.iter().find_map(|slot| {
        let name = readable(slot).to_lowercase();
        let last = name.rsplit(' ').next().unwrap_or_default();
        let count = longest_prefix(words, &[name.as_str(), last]);
        (count > 0).then(|| (*slot, &words[count..]))
    })
}

/// "not 6, 7", "not my knee but my back", "7, not 6".
fn not_this_but_that(words: &[Word]) -> Option<&[Word]> {
    if words.first()?.text == "not" {
        let turn = words.iter().skip(2).position(|word| word.after_break || word.text == "but")? + 2;
        let from = if words[turn].text == "but" { turn + 1 } else { turn };
        return words.get(from..).filter(|rest| !rest.is_empty());
    }
    let not = words.iter().position(|word| word.text == "not")?;
    let set_apart = words[not].after_break || not == 1;
    (set_apart && not > 0 && not + 1 < words.len()).then(|| &words[..not])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(&str, Strength, Option<&str>)>) {
        let phrase = Phrase::of(text);
        let found = find(&phrase, &["severity", "location", "device_type"]);
        let found = found.map(|found| (&text[found.span.0..found.span.1], found.strength, found.slot));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn what_is_taken_back_is_found() {
        check("actually 7", Some(("7", Strength::Plain, None)));
        check("sorry, actually 7", Some(("7", Strength::Plain, None)));
        check("no, my back", Some(("my back", Strength::Weak, None)));
        check("I meant Tuesday", Some(("Tuesday", Strength::Strong, None)));
        check("no wait, make it 8", Some(("8", Strength::Plain, None)));
        check("change the severity to 7", Some(("7", Strength::Strong, Some("severity"))));
        check(
            "please change my device type from ios to android",
            Some(("android", Strength::Strong, Some("device_type"))),
        );
        check("the severity is 7", Some(("7", Strength::Plain, Some("severity"))));
        check("not 6, 7", Some(("7", Strength::Strong, None)));
        check("not my knee but my back", Some(("my back", Strength::Strong, None)));
        check("7, not 6", Some(("7", Strength::Strong, None)));
        check("scratch that, 5", Some(("5", Strength::Strong, None)));
        check("8 actually", Some(("8", Strength::Plain, None)));
    }

    #[test]
    fn an_ordinary_answer_takes_nothing_back() {
        check("7", None);
        check("since yesterday", None);
        check("my back", None);
        check("no", None);
        check("not really", None);
    }
}
