//! Built-in repairs: what people say about the conversation itself, at any point of it.
//!
//! Only an utterance that is nothing but such a phrase, courtesies aside, is a repair: "cancel" is, "cancel my
//! subscription" is the game's. What a repair does is in `mending`.

use crate::phrase::{Phrase, Word, is, longest_prefix, longest_suffix};

/// A repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    /// End the move and clear its slots.
    Cancel,
    /// End it and all interrupted ones.
    CancelAll,
    /// Begin the move again.
    StartOver,
    /// Put the question again, with what kind of answer fits.
    Repeat,
    /// Pass an optional slot.
    Skip,
    /// List the moves.
    Help,
    /// Speak to a person.
    Person,
}

impl Repair {
    /// The moves that replace the repair's text, the canonical name first.
    pub(super) fn move_names(self) -> &'static [&'static str] {
        match self {
            Repair::Cancel | Repair::CancelAll => &["repair_cancel"],
            Repair::StartOver => &["repair_start_over", "repair_restart"],
            Repair::Repeat => &["repair_repeat"],
            Repair::Skip => &["repair_skip"],
            Repair::Help => &["repair_help", "repair_capabilities"],
            Repair::Person => &["repair_person", "repair_escalate", "repair_human"],
        }
    }

    /// The repair that a move of the game replaces.
    pub(super) fn of_move(name: &str) -> Option<Repair> {
        let all = [Repair::Cancel, Repair::StartOver, Repair::Repeat, Repair::Skip, Repair::Help, Repair::Person];
        all.into_iter().find(|repair| repair.move_names().contains(&name))
    }
}

/// Courtesies and hesitations before a repair.
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "please", "sorry", "oh", "ok", "okay", "well", "um", "uh", "er", "hmm", "hm", "hey", "hi", "no", "nah",
    "actually", "so", "alright", "all right", "right", "and", "but", "just", "then", "can you", "could you",
    "would you", "will you", "can you please", "could you please", "would you please", "can we", "could we", "can i",
    "could i", "may i", "let's", "let us", "let me", "i want to", "i wanna", "i'd like to", "i would like to",
    "i need to", "i'd rather", "i think i'll", "i'll", "you can", "you may", "we can", "we should", "i'm sorry",
    "excuse me", "wait", "you know what", "on second thought", "i want you to", "i'd prefer to", "i've decided to",
    "please can you", "please could you", "oh no", "my mistake", "ugh", "hang on", "hold on",
];

/// Courtesies after a repair.
#[rustfmt::skip]
const AFTER: &[&str] = &[
    "please", "thanks", "thank you", "then", "now", "ok", "okay", "right now", "for now", "if possible",
    "if you can", "if you don't mind", "sorry", "would you", "will you", "could you", "for me", "instead", "already",
    "man", "actually", "at once",
];

#[rustfmt::skip]
const CANCEL: &[&str] = &[
    "cancel", "cancel that", "cancel it", "cancel this", "never mind", "nevermind", "never mind that",
    "never mind it", "never mind this", "nevermind that", "nvm", "forget it", "forget that", "forget about it",
    "forget about that", "forget this", "stop", "stop it", "stop that", "stop this", "quit", "exit", "abort",
    "abort that", "abort this", "drop it", "drop that", "leave it", "leave that", "scrap that", "scrap it",
    "don't bother", "do not bother", "i changed my mind", "i've changed my mind", "i have changed my mind",
    "changed my mind", "i don't want this", "i don't want that", "i don't want this anymore",
    "i don't want that anymore", "i don't want to", "i don't want to continue", "i don't want to do this",
    "i don't want to do this anymore", "i don't want to go on", "not anymore", "no longer", "it's not important",
    "it doesn't matter", "it doesn't matter anymore", "doesn't matter", "enough", "that's enough", "i'm done",
    "i am done", "i give up", "end this", "end it", "end", "cancel the request", "cancel request",
    "cancel my request", "cancel this request", "cancel that request", "cancel the whole thing", "call it off",
    "back out", "get out", "i want out", "don't continue", "do not continue", "stop asking", "stop asking me",
    "stop asking questions", "stop the questions", "no more questions", "cancel please", "that won't be necessary",
    "not necessary", "get me out of here", "let it be", "skip it all", "disregard", "disregard that", "ignore that",
];

#[rustfmt::skip]
const CANCEL_ALL: &[&str] = &[
    "cancel everything", "cancel all", "cancel all of it", "cancel all of that", "stop everything",
    "forget everything", "forget all of it", "forget all of that", "drop everything", "never mind all of that",
    "cancel it all", "end the conversation", "end conversation",
];

#[rustfmt::skip]
const START_OVER: &[&str] = &[
    "start over", "start again", "restart", "begin again", "start from the beginning", "start from scratch",
    "from the beginning", "from the top", "from scratch", "start afresh", "start anew", "reset", "redo", "redo this",
    "do this again", "do it again", "do it over", "try again from the start", "go back to the start",
    "go back to the beginning", "back to the beginning", "back to the start", "begin from the beginning",
    "start it over", "start this over", "start all over", "start all over again", "start over again", "over again",
    "begin anew", "restart this", "reset this", "reset everything",
];

#[rustfmt::skip]
const REPEAT: &[&str] = &[
    "what", "what's that", "what was that", "what do you mean", "what do you mean by that", "what does that mean",
    "what does it mean", "what is that", "what is that supposed to mean", "what are you asking",
    "what are you asking me", "what are you talking about", "what did you say", "what did you ask",
    "what did you just say", "what was the question", "what's the question", "what is the question",
    "what was your question", "what are my options", "what are the options", "what are the choices",
    "what can i say", "what should i say", "what should i answer", "what do i say", "what do i need to say",
    "what do you want", "what do you want to know", "what do you need", "what do you need to know",
    "what do you need from me", "say that again", "say again", "say it again", "say that once more", "repeat",
    "repeat that", "repeat it", "repeat the question", "repeat your question", "repeat please", "ask again",
    "ask me again", "ask that again", "come again", "once more", "one more time", "again", "pardon", "pardon me",
    "beg your pardon", "i beg your pardon", "huh", "eh", "sorry what", "excuse me", "what now", "i don't understand",
    "i do not understand", "i didn't understand", "i did not understand", "i don't get it", "i didn't get that",
    "i didn't catch that", "i did not catch that", "i don't follow", "i'm confused", "i am confused",
    "i'm not following", "don't understand", "didn't get that", "didn't understand", "can't follow", "i'm lost",
    "explain", "explain that", "explain please", "explain the question", "clarify", "clarify that", "clarify please",
    "be more specific", "rephrase", "rephrase that", "rephrase the question", "what kind of answer",
    "how do you mean", "how should i answer", "how do i answer", "how do i answer that",
    "how am i supposed to answer that", "meaning", "i don't understand the question",
    "i didn't understand the question", "i don't understand that", "i don't know what you mean",
    "i don't know what that means", "i don't know what you're asking", "i'm not sure what you mean",
    "not sure what you mean", "no idea what you mean", "what exactly", "what exactly do you mean",
    "what exactly do you want", "tell me again", "i missed that", "i didn't hear that", "i didn't hear you",
    "come again please", "sorry",
];

#[rustfmt::skip]
const SKIP: &[&str] = &[
    "skip", "skip it", "skip that", "skip this", "skip this one", "skip that one", "skip this question",
    "skip that question", "skip the question", "skip question", "pass", "pass on that", "pass on this one", "next",
    "next one", "next question", "next question please", "move on", "go on", "i'll pass", "i pass", "i'll skip",
    "i'll skip that", "i'll skip this one", "i'd rather skip", "i'd rather skip that", "not answering that",
    "leave it blank", "leave that blank", "leave it empty", "leave it open",
];

#[rustfmt::skip]
const HELP: &[&str] = &[
    "what can you do", "what can you do for me", "what can i do", "what can i do here", "what can i ask",
    "what can i ask you", "what can you help with", "what can you help me with", "what do you do",
    "what do you offer", "what are you able to do", "what else can you do", "what are you for", "what is this",
    "what is this for", "help", "help me", "help please", "i need help with this", "how can you help",
    "how can you help me", "how does this work", "how do you work", "who are you", "what are you", "list commands",
    "list your commands", "show commands", "commands", "menu", "main menu", "options", "show options",
    "show me the options", "show menu", "show me the menu", "show me what you can do", "tell me what you can do",
    "what services do you offer", "what topics do you cover",
];

#[rustfmt::skip]
const PERSON: &[&str] = &[
    "speak to a person", "speak to a human", "speak to someone", "speak to somebody", "speak to an agent",
    "speak to a real person", "speak to a representative", "speak to a human being", "speak with a person",
    "speak with a human", "speak with someone", "speak with an agent", "speak with a real person",
    "speak with a representative", "talk to a person", "talk to a human", "talk to someone", "talk to somebody",
    "talk to an agent", "talk to a real person", "talk to a representative", "talk to a human being",
    "talk to a live agent", "talk to a real human", "speak to a real human", "talk with a person",
    "talk with a human", "talk with someone", "talk with an agent", "talk to an operator", "speak to an operator",
    "a person", "a human", "an agent", "human", "agent", "operator", "representative", "real person",
    "a real person", "human please", "live agent", "human agent", "live person", "a human being", "speak to support",
    "connect me to a person", "connect me to a human", "connect me to an agent", "connect me to someone",
    "connect me with a person", "connect me with a human", "connect me with an agent", "connect me with someone",
    "connect me to a representative", "transfer me", "transfer me to a person", "transfer me to a human",
    "transfer me to an agent", "transfer me to someone", "put me through to a person", "put me through to a human",
    "put me through to someone", "put me through to an agent", "get me a person", "get me a human",
    "get me an agent", "get me a real person", "give me a human", "give me a person", "give me an agent",
    "get me a representative", "i want a person", "i want a human", "i want a real person", "i want an agent",
    "i need a person", "i need a human", "i need a real person", "i need an agent", "is there a human",
    "is there a person i can talk to", "are you a human", "are you a bot", "speak to your manager",
    "speak to a manager", "talk to a manager", "customer service", "i'd like a human", "i'd like a person",
    "i'd like an agent", "i'd like a real person",
];

/// What the whole phrase asks for.
pub(super) fn recognize(phrase: &Phrase) -> Option<Repair> {
    const LONGEST: usize = 14;
    if phrase.is_empty() || phrase.len() > LONGEST {
        return None;
    }
    whole(&phrase.words).or_else(|| in_parts(&phrase.words))
}

/// "never mind, cancel": every part, cut at commas and full stops, says the same or nothing.
fn in_parts(words: &[Word]) -> Option<Repair> {
    let mut found: Option<Repair> = None;
    let mut rest = words;
    while !rest.is_empty() {
        let end =
            rest.iter().skip(1).position(|word| word.after_break || word.text == "and").map_or(rest.len(), |at| at + 1);
        let (part, tail) = rest.split_at(end);
        let part = part.strip_prefix_and();
        match whole(part) {
            Some(Repair::CancelAll) if found == Some(Repair::Cancel) => found = Some(Repair::CancelAll),
            Some(repair) if found.is_none_or(|held| held == repair) => found = Some(repair),
            Some(Repair::Cancel) if found == Some(Repair::CancelAll) => {}
            Some(Repair::StartOver) if found == Some(Repair::Cancel) => found = Some(Repair::StartOver),
            // "sorry, what?": an apology is no repair of its own beside another.
            Some(other) if found == Some(Repair::Repeat) => found = Some(other),
            Some(Repair::Repeat) => {}
            Some(_) => return None,
            None if is_courtesy(part) => {}
            None => return None,
        }
        rest = tail;
    }
    found
}

trait WithoutAnd {
    fn strip_prefix_and(&self) -> &[Word];
}

impl WithoutAnd for [Word] {
    fn strip_prefix_and(&self) -> &[Word] {
        match self.split_first() {
            Some((first, rest)) if first.text == "and" => rest,
            _ => self,
        }
    }
}

fn is_courtesy(words: &[Word]) -> bool {
    BEFORE.iter().chain(AFTER).any(|courtesy| is(words, courtesy))
}

fn whole(words: &[Word]) -> Option<Repair> {
    if let Some(repair) = listed(words) {
        return Some(repair);
    }
    // Courtesies come off one at a time, so that a phrase that begins with one ("can you repeat that") is still found.
    let mut front = words;
    loop {
        let mut back = front;
        loop {
            let skip = longest_suffix(back, AFTER);
            if skip == 0 || skip >= back.len() {
                break;
            }
            back = &back[..back.len() - skip];
            if let Some(repair) = listed(back) {
                return Some(repair);
            }
        }
        let skip = longest_prefix(front, BEFORE);
        if skip == 0 || skip >= front.len() {
            return None;
        }
        front = &front[skip..];
        if let Some(repair) = listed(front) {
            return Some(repair);
        }
    }
}

fn listed(words: &[Word]) -> Option<Repair> {
    let tables: [(&[&str], Repair); 7] = [
        (CANCEL, Repair::Cancel),
        (CANCEL_ALL, Repair::CancelAll),
        (START_OVER, Repair::StartOver),
        (REPEAT, Repair::Repeat),
        (SKIP, Repair::Skip),
        (HELP, Repair::Help),
        (PERSON, Repair::Person),
    ];
    // Lengths differ for nearly all of them, and that is cheap to see.
    let length = words.iter().map(|word| word.text.len() + 1).sum::<usize>().saturating_sub(1);
    let said = |phrases: &[&str]| phrases.iter().any(|phrase| phrase.len() == length && is(words, phrase));
    tables.into_iter().find(|(phrases, _)| said(phrases)).map(|(_, repair)| repair)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Repair>) {
        assert_eq!(recognize(&Phrase::of(text)), expected, "{text}");
    }

    #[test]
    fn cancelling_is_understood_in_many_words() {
        for text in [
            "cancel",
            "never mind, cancel",
            "Please cancel that.",
            "forget it",
            "no, stop",
            "can we stop please",
            "I changed my mind",
            "oh never mind then",
            "I don't want to do this anymore",
            "nevermind",
            "sorry, cancel this please",
            "actually, forget it",
            "stop asking me",
        ] {
            check(text, Some(Repair::Cancel));
        }
        check("cancel everything", Some(Repair::CancelAll));
        check("never mind, cancel everything", Some(Repair::CancelAll));
    }

    #[test]
    fn the_other_repairs_are_understood() {
        check("let's start over", Some(Repair::StartOver));
        check("can we start again please?", Some(Repair::StartOver));
        check("what do you mean?", Some(Repair::Repeat));
        check("sorry, what?", Some(Repair::Repeat));
        check("could you repeat that please", Some(Repair::Repeat));
        check("I don't understand the question", Some(Repair::Repeat));
        check("skip this one please", Some(Repair::Skip));
        check("What can you do?", Some(Repair::Help));
        check("I'd like to speak to a person", Some(Repair::Person));
        check("can I talk to a human please", Some(Repair::Person));
    }

    #[test]
    fn what_belongs_to_the_game_is_left_to_it() {
        for text in [
            "cancel my subscription",
            "please don't cancel my reservation",
            "stop bleeding",
            "my chest",
            "7",
            "what plan am I on",
            "help with my invoice",
            "skip breakfast",
            "no",
            "yes",
            "I don't know",
            "start the car",
            "agent Smith",
            "actually 7",
            "sorry, actually 7",
            "no, my back",
        ] {
            check(text, None);
        }
    }
}
