//! Phrases by which the engine tells the parts of an utterance apart. They are a language's, and belong to the language
//! layer; until a language brings its own they stand here, in one place.

/// What joins one thing to the next: a clause begins after it.
#[rustfmt::skip]
pub(super) const LINKERS: &[&str] = &[
    "and", "also", "and also", "plus", "but", "but also", "by the way", "btw", "besides", "besides that", "then",
    "oh", "additionally", "in addition", "moreover", "furthermore", "on top of that", "apart from that",
    "another thing", "one more thing", "while i am at it", "while we are at it", "before i forget", "ps", "p s",
    "as well as", "&",
];

/// What makes a clause the content of the one before it rather than one of its own: "tell her … and that …".
pub(super) const CONTENT_OPENERS: &[&str] = &["that"];
