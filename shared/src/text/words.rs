//! What kind of word an English word is: one table, looked up once a token.
//!
//! The table holds the closed classes of the language (articles, pronouns, auxiliaries, prepositions, negators) and
//! the few open-class words that change how a sentence is to be read. Words that are not in it are content words.

use super::hash;

/// A set of word classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Class(u32);

impl Class {
    /// A content word.
    pub const CONTENT: Class = Class(0);
    /// Grammar rather than meaning: articles, pronouns, auxiliaries, prepositions.
    pub const FUNCTION: Class = Class(1);
    /// A verb or noun too general to say much by itself: `want`, `get`, `thing`.
    pub const LIGHT: Class = Class(1 << 1);
    /// Politeness, hesitation, emphasis: may stand anywhere and means nothing to a pattern that does not name it.
    pub const FILLER: Class = Class(1 << 2);
    /// An article, possessive or demonstrative.
    pub const DETERMINER: Class = Class(1 << 3);
    /// A pronoun that begins a clause of its own: `i`, `she`, `they`.
    pub const SUBJECT: Class = Class(1 << 4);
    /// `not`, `no`, `never`, `without`.
    pub const NEGATOR: Class = Class(1 << 5);
    /// Begins a new clause: `because`, `but`, `since`.
    pub const BREAK: Class = Class(1 << 6);
    /// A preposition whose phrase a negation before the verb does not reach: `with`, `from`, `due`.
    pub const ADJUNCT: Class = Class(1 << 7);
    /// A number word.
    pub const NUMBER: Class = Class(1 << 8);
    /// A word of time: `yesterday`, `monday`, `hours`.
    pub const TIME: Class = Class(1 << 9);
    /// A form of `be`, `have`, `do` or a modal.
    pub const AUXILIARY: Class = Class(1 << 10);
    /// A person other than the speaker.
    pub const KIN: Class = Class(1 << 11);
    /// Tells of the past: `had`, `died`, `suffered`.
    pub const PAST: Class = Class(1 << 12);
    /// Makes the past recent: `just`, `now`, `minutes`.
    pub const RECENT: Class = Class(1 << 13);
    /// After a negator, takes the negation back: `not only`, `can't stop`, `don't forget`.
    pub const LIFTS: Class = Class(1 << 14);
    /// Passes a negation on to the clause it governs: `don't think I …`.
    pub const RAISES: Class = Class(1 << 15);
    /// What one does with a symptom or a thing: a negated one negates every member of a list joined by `and`.
    pub const HOLDS: Class = Class(1 << 16);
    /// A pronoun that names nothing by itself.
    pub const PRONOUN: Class = Class(1 << 17);
    /// A preposition or adverb that leads a number or a time: `about 7`, `at noon`, `since monday`.
    pub const LEADS: Class = Class(1 << 18);
    /// `what`, `why`, `how` …
    pub const QUESTION: Class = Class(1 << 19);
    /// An abbreviation whose dot ends no sentence.
    pub const ABBREVIATION: Class = Class(1 << 20);
    /// Short for two words; see [`expansion`].
    pub const CONTRACTION: Class = Class(1 << 21);
    /// `nothing`, `nobody`: a value that is none.
    pub const NOTHING: Class = Class(1 << 22);
    /// Tells of long ago: `history`, `ago`, `childhood`.
    pub const MEMORY: Class = Class(1 << 23);
    /// `instead (of)`, `rather (than)`.
    pub const INSTEAD: Class = Class(1 << 24);
    /// Still going on, whenever it began: `still`, `started`, `since`.
    pub const ONGOING: Class = Class(1 << 25);
    /// An answer by itself: `yes`, `no`, `ok`.
    pub const ANSWER: Class = Class(1 << 26);
    /// What greetings and farewells are made of.
    pub const PHATIC: Class = Class(1 << 27);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    /// Whether the word belongs to any class of `other`.
    #[must_use]
    pub const fn is(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }
}

macro_rules! classes {
    ($($words:literal => $($class:ident)|+;)*) => {
        &[$(($words, Class(0 $(| Class::$class.0)+))),*]
    };
}

/// Words by class; a word that stands in several lines belongs to all their classes.
const LINES: &[(&str, Class)] = classes! {
    "a an the my your his her its our their this that these those some any" => FUNCTION | DETERMINER;
    "i he she we they" => FUNCTION | SUBJECT | PRONOUN;
    "it you me him us them myself yourself itself there here" => FUNCTION | PRONOUN;
    "am is are was were be been being have has had having do does did can could will would shall should may might must"
        => FUNCTION | AUXILIARY;
    "to of in on at for by into onto over under about around as than through between up down out off and or if so then too also very just"
        => FUNCTION;
    "with from due despite during via" => FUNCTION | ADJUNCT;
    "not no never without nor neither nobody none denies denied deny" => NEGATOR;
    "nothing nobody none nowhere" => NOTHING;
    "but because since although though however while whereas unless until except when whenever after before which who therefore yet started starting began begins"
        => BREAK;
    "but because since although though however while whereas unless until except when whenever after before which who therefore yet if so"
        => FUNCTION;
    "if" => BREAK;
    "what why how where whose whom which who when" => FUNCTION | QUESTION;
    "please thanks thank hello hi hey um uh er hmm yes yeah yep yup ok okay really actually basically literally very quite so just now asap sorry excuse oh ah pls plz kindly badly totally absolutely definitely simply currently again"
        => FILLER;
    "yes yeah yep yup sure ok okay no nope nah maybe" => ANSWER;
    "good great nice morning afternoon evening night day bye goodbye greetings welcome cheers thanks thank hello hi hey there how are you" => PHATIC;
    "today tomorrow tonight yesterday morning afternoon evening night noon midnight monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december week weeks weekend month months year years day days hour hours minute minutes second seconds ago am pm recently lately earlier later last next past now"
        => TIME;
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half couple few several dozen"
        => NUMBER;
    "about around approximately roughly nearly almost maybe at on since for by from in until till before after like circa over under last past next this"
        => LEADS;
    "want wants wanted need needs needed get gets getting got give gives make makes made take takes took go goes going went come comes put know knows say says tell tells see sees saw seen feel feels feeling felt look looks like likes let lets use try trying keep keeps thing things something anything someone anyone everything stuff lot way bit kind sort"
        => LIGHT;
    "uncle aunt father mother dad mom mum mother's brother sister son daughter friend neighbour neighbor grandfather grandmother grandpa grandma granddad cousin nephew niece husband wife boss colleague coworker roommate partner boyfriend girlfriend he she they his her their"
        => KIN;
    "had was were suffered died survived underwent been" => PAST;
    "history ago used past child kid boy girl teenager baby childhood young little years decades" => MEMORY;
    "instead rather" => INSTEAD;
    "still started starting start starts began begin begins since now again ongoing" => ONGOING;
    "just now today tonight minutes minute seconds currently right suddenly" => RECENT;
    "only just merely stop help avoid ignore forget hesitate wait sure certain know tell resist mind doubt wonder question stand bear shake control handle ignore deny" => LIFTS;
    "think believe suppose say said want wants need feel mean expect imagine guess reckon claim claimed" => RAISES;
    "have has had having feel feeling felt get got getting experience experiencing experienced suffer suffering want need notice noticed report reports reporting any" => HOLDS;
    "dr mr mrs ms prof st sr jr vs mt dept inc" => ABBREVIATION;
    "im ive cant dont doesnt didnt couldnt wont wouldnt shouldnt isnt arent wasnt werent hasnt havent hadnt mustnt neednt aint cannot youre theyre thats whats hows wheres theres youve theyve weve gonna wanna gotta gimme lemme"
        => CONTRACTION;
};

const BITS: u32 = 11;
const SLOTS: usize = 1 << BITS;

/// Hash and class of each word; an empty slot has class [`EMPTY_SLOT`].
static TABLE: [(u64, u32); SLOTS] = build();
const EMPTY_SLOT: u32 = u32::MAX;

const fn build() -> [(u64, u32); SLOTS] {
    let mut table = [(0, EMPTY_SLOT); SLOTS];
    let mut line = 0;
    while line < LINES.len() {
        let (words, class) = LINES[line];
        let bytes = words.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let mut key = hash::EMPTY;
            while at < bytes.len() && bytes[at] != b' ' {
                key = hash::push(key, bytes[at]);
                at += 1;
            }
            at += 1;
            let mut slot = hash::slot(key, BITS);
            while table[slot].1 != EMPTY_SLOT && table[slot].0 != key {
                slot = (slot + 1) % SLOTS;
            }
            let old = if table[slot].1 == EMPTY_SLOT { 0 } else { table[slot].1 };
            table[slot] = (key, old | class.0);
        }
        line += 1;
    }
    table
}

/// The classes of a normalized word, by its hash.
#[inline]
#[must_use]
pub(crate) fn class_of(key: u64) -> Class {
    let mut slot = hash::slot(key, BITS);
    // The table is less than half full, so an empty slot is always met.
    while TABLE[slot].1 != EMPTY_SLOT {
        if TABLE[slot].0 == key {
            return Class(TABLE[slot].1);
        }
        slot = (slot + 1) % SLOTS;
    }
    Class::CONTENT
}

/// Whether the word is in the table at all.
#[inline]
#[must_use]
pub(crate) fn is_listed(class: Class) -> bool {
    class.0 != 0
}

/// The words that a contraction without its apostrophe stands for.
#[must_use]
pub(crate) fn expansion(word: &str) -> Option<(&'static str, &'static str)> {
    Some(match word {
        "im" => ("i", "am"),
        "ive" => ("i", "have"),
        "youve" => ("you", "have"),
        "weve" => ("we", "have"),
        "theyve" => ("they", "have"),
        "cant" | "cannot" => ("can", "not"),
        "dont" => ("do", "not"),
        "doesnt" => ("does", "not"),
        "didnt" => ("did", "not"),
        "couldnt" => ("could", "not"),
        "wont" => ("will", "not"),
        "wouldnt" => ("would", "not"),
        "shouldnt" => ("should", "not"),
        "isnt" => ("is", "not"),
        "arent" => ("are", "not"),
        "wasnt" => ("was", "not"),
        "werent" => ("were", "not"),
        "hasnt" => ("has", "not"),
        "havent" => ("have", "not"),
        "hadnt" => ("had", "not"),
        "mustnt" => ("must", "not"),
        "neednt" => ("need", "not"),
        "aint" => ("is", "not"),
        "youre" => ("you", "are"),
        "theyre" => ("they", "are"),
        "thats" => ("that", "is"),
        "whats" => ("what", "is"),
        "hows" => ("how", "is"),
        "wheres" => ("where", "is"),
        "theres" => ("there", "is"),
        "gonna" => ("going", "to"),
        "wanna" => ("want", "to"),
        "gotta" => ("got", "to"),
        "gimme" => ("give", "me"),
        "lemme" => ("let", "me"),
        _ => return None,
    })
}

/// The words that a contraction with an apostrophe stands for: what stands before it, and the second word, if any.
/// `None` when the apostrophe is no contraction.
#[must_use]
pub(crate) fn contraction<'a>(before: &'a str, after: &str) -> Option<(&'a str, &'static str)> {
    Some(match after {
        "t" => match before {
            "can" => ("can", "not"),
            "won" => ("will", "not"),
            "shan" => ("shall", "not"),
            "ain" => ("is", "not"),
            _ => (before.strip_suffix('n')?, "not"),
        },
        "m" => (before, "am"),
        "re" => (before, "are"),
        "ve" => (before, "have"),
        "ll" => (before, "will"),
        "d" => (before, "would"),
        "s" => match before {
            "let" => ("let", "us"),
            "it" | "he" | "she" | "that" | "this" | "what" | "who" | "where" | "when" | "how" | "why" | "there"
            | "here" | "something" | "everything" | "nothing" | "someone" | "everyone" => (before, "is"),
            // A possessive: the word itself.
            _ => (before, ""),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_less_than_half_full() {
        assert!(TABLE.iter().filter(|entry| entry.1 != EMPTY_SLOT).count() < SLOTS / 2);
    }

    #[test]
    fn every_contraction_in_the_table_has_an_expansion() {
        for (words, class) in LINES {
            if class.is(Class::CONTRACTION) {
                for word in words.split(' ') {
                    assert!(expansion(word).is_some(), "{word}");
                }
            }
        }
    }

    #[test]
    fn a_word_belongs_to_all_classes_it_is_listed_under() {
        let class = class_of(hash::of(b"since"));
        assert!(class.is(Class::BREAK) && class.is(Class::LEADS) && !class.is(Class::TIME));
        assert!(!is_listed(class_of(hash::of(b"chest"))));
    }
}
