//! The names that the files of a language may use: classes of words, cues, texts. Read by `build.rs` too, so that a
//! name that nobody knows is an error of the build.

/// Declares a set of named bits with their names in the data files.
macro_rules! classes {
    ($($(#[$doc:meta])* $name:ident = $spelt:literal;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        #[repr(u8)]
        enum ClassIndex { $($name),* }

        impl Class {
            $($(#[$doc])* pub const $name: Class = Class(1 << ClassIndex::$name as u8);)*

            /// Every class with its name in `lexicon.txt`.
            pub const NAMES: &'static [(&'static str, Class)] = &[$(($spelt, Class::$name)),*];
        }
    };
}

/// A set of word classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Class(pub(crate) u64);

impl Class {
    /// A content word.
    pub const CONTENT: Class = Class(0);

    /// Both sets together.
    #[must_use]
    pub const fn and(self, other: Class) -> Class {
        Class(self.0 | other.0)
    }

    /// Whether the word is one that the language lists.
    #[must_use]
    pub const fn is_listed(self) -> bool {
        self.0 != 0
    }

    /// Whether the word belongs to any class of `other`.
    #[must_use]
    pub const fn is(self, other: Class) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether the word is one for somebody: "sister", and not "her".
    #[must_use]
    pub(crate) const fn is_person(self) -> bool {
        self.is(Class::KIN) && !self.is(Class::DETERMINER)
    }
}

classes! {
    /// Grammar rather than meaning: articles, pronouns, auxiliaries, prepositions.
    FUNCTION = "function";
    /// A verb or noun too general to say much by itself: "want", "get", "thing".
    LIGHT = "light";
    /// Politeness, hesitation, emphasis: may stand anywhere and means nothing to a pattern that does not name it.
    FILLER = "filler";
    /// An article, possessive or demonstrative.
    DETERMINER = "determiner";
    /// A pronoun that begins a clause of its own.
    SUBJECT = "subject";
    /// "not", "no", "never", "without".
    NEGATOR = "negator";
    /// Begins a new clause: "because", "but", "since".
    BREAK = "break";
    /// Begins what says that something is not so: "ruled out"; [`super::Cue::Excludes`] says how.
    EXCLUDES = "excludes";
    /// A preposition whose phrase a negation before the verb does not reach: "with", "from", "due".
    ADJUNCT = "adjunct";
    /// A number word.
    NUMBER = "number";
    /// A word of time.
    TIME = "time";
    /// A form of "be", "have", "do" or a modal.
    AUXILIARY = "auxiliary";
    /// A person other than the speaker.
    KIN = "kin";
    /// Tells of the past.
    PAST = "past";
    /// Of `past`: tells that it happened, not only that it was ("was hit by a car" may be now).
    HAPPENED = "happened";
    /// Makes the past recent.
    RECENT = "recent";
    /// After a negator, takes the negation back: "not only", "can't stop", "don't forget".
    LIFTS = "lifts";
    /// Passes a negation on to the clause it governs: "don't think I …".
    RAISES = "raises";
    /// What one does with a thing or a state: a negated one negates every member of a list joined by "and".
    HOLDS = "holds";
    /// A pronoun that names nothing by itself.
    PRONOUN = "pronoun";
    /// A preposition or adverb that leads a number or a time.
    LEADS = "leads";
    /// "what", "why", "how" …
    QUESTION = "question";
    /// An abbreviation whose dot ends no sentence.
    ABBREVIATION = "abbreviation";
    /// Short for two words. Taken from `contractions.txt`.
    CONTRACTION = "contraction";
    /// "nothing", "nobody": a value that is none.
    NOTHING = "nothing";
    /// Tells of long ago; [`super::Cue::LongAgo`] says how.
    MEMORY = "memory";
    /// "instead", "rather".
    INSTEAD = "instead";
    /// After `instead`: "of", "than".
    THAN = "than";
    /// Still going on, whenever it began.
    ONGOING = "ongoing";
    /// An answer by itself: "yes", "no", "ok".
    ANSWER = "answer";
    /// What greetings and farewells are made of.
    PHATIC = "phatic";
    /// A negator that is also the answer "no".
    BARE_NO = "bare_no";
    /// Right after a `bare_no`, tells that it was an answer: "no my back hurts".
    AFTER_NO = "after_no";
    /// After a mention that was a question, denies it: "chest pain? No."
    DENIES = "denies";
    /// After `denies`, takes that back: "no idea".
    NO_DENIAL = "no_denial";
    /// Joins two clauses or two members of a list: "and".
    AND = "and";
    /// "or".
    OR = "or";
    /// After "and", begins a clause of its own: "my", "it", "also".
    CLAUSE = "clause";
    /// After "and" or "or", begins something that is no longer the value of a capture.
    NEXT_CLAUSE = "next_clause";
    /// "that" between a verb and the clause that it governs.
    THAT = "that";
    /// A `break` that belongs to what it dates: "when I was a child".
    DATING = "dating";
    /// Asks why, so that a negation that follows is a request: "why don't you …".
    WHY = "why";
    /// Whom a request in the form of a question addresses: "can't *you* …".
    ADDRESSED = "addressed";
    /// A negator that does not reach over an "and" by itself: "not", "never".
    NOT = "not";
    /// "but": parts two clauses that contradict each other.
    BUT = "but";
    /// "for": may lead a time or a number.
    FOR = "for";
    /// An article.
    ARTICLE = "article";
    /// "of": joins two nouns to one.
    OF = "of";
    /// Before a year that dates: "in 1980".
    IN_YEAR = "in_year";
    /// Behind an amount, before what it is for one of: "per", the "a" of "20 a head".
    EACH = "each";
    /// Says that something is disliked or not tolerated: "allergic", "hate"; one that `lifts` only behind a negator.
    AVERSE = "averse";
    /// Says of what stands before it that it has ended: "is gone", "has stopped"; of a person, that nothing is wrong any more.
    OVER = "over";
    /// Before what only did not happen: "almost".
    NEARLY = "nearly";
    /// Compares: a time behind it is that of the other thing ("hurts like last year").
    COMPARES = "compares";
    /// Of other people: one who depends on the speaker, who speaks for them.
    DEPENDANT = "dependant";
    /// Of `auxiliary`: only puts the verb behind it into a tense: "is" of "is choking".
    TENSE = "tense";
    /// Of an auxiliary or a pronoun: is said of a third person.
    THIRD = "third";
    /// Of `auxiliary`: says what may be.
    POSSIBLE = "possible";
    /// Of `auxiliary`: says what somebody is able to do; denied, it is no refusal: "I can't find …".
    ABLE = "able";
    /// Says that what follows comes of what stands before it: "so".
    CONCLUDES = "concludes";
    /// Says that one thing brings about another.
    CAUSES = "causes";
    /// Whoever it is: "somebody".
    ANYBODY = "anybody";
    /// Asks for an amount, by itself or behind a question word: "many", "often".
    AMOUNT = "amount";
}

macro_rules! cues {
    ($($(#[$doc:meta])* $name:ident = $spelt:literal;)*) => {
        /// What a phrase does in a conversation, whatever the game.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Cue { $($(#[$doc])* $name),* }

        impl Cue {
            /// Every cue with its name in `phrases.txt`.
            pub const NAMES: &'static [(&'static str, Cue)] = &[$(($spelt, Cue::$name)),*];
        }
    };
}

cues! {
    /// Ends what is under way.
    Cancel = "cancel";
    /// Ends it and everything that waits.
    CancelAll = "cancel.all";
    /// Begins the move again.
    StartOver = "start_over";
    /// Asks for the question once more.
    Repeat = "repeat";
    /// Passes a question.
    Skip = "skip";
    /// Asks what can be done here.
    Help = "help";
    /// Asks for a person.
    Person = "person";
    /// Courtesies and hesitations before a repair.
    RepairBefore = "repair.before";
    /// The same after it.
    RepairAfter = "repair.after";
    /// May take something back, or begin an answer.
    CorrectionWeak = "correction.weak";
    /// Takes something back.
    CorrectionPlain = "correction.plain";
    /// Takes something back and does nothing else.
    CorrectionStrong = "correction.strong";
    /// Stands before the name of what is to change; one that has to name the new value as well ("make") says by what word.
    CorrectionChange = "correction.change";
    /// After a value: it takes the place of another ("8 actually").
    CorrectionAfter = "correction.after";
    /// Between the name of what changes and its new value: "is", "should be".
    CorrectionIs = "correction.is";
    /// Between what changes and what it changes to or from.
    CorrectionTo = "correction.to";
    /// The word before the new value: "to" in "from 6 to 7".
    Into = "into";
    /// A courtesy at the end.
    Courtesy = "courtesy";
    /// Before the name of a slot: "the", "my".
    Owner = "owner";
    /// An article or possessive before a value.
    Article = "article";
    /// Of those articles, the ones that name nothing in particular: "a".
    ArticleIndefinite = "article.indefinite";
    /// Between the name of a slot and its value: "is", "will be".
    Copula = "copula";
    /// "not" before what is replaced: "not 6, 7".
    Not = "not";
    /// "but".
    But = "but";
    /// "and".
    And = "and";
    /// Openers without content.
    Hesitation = "hesitation";
    /// Words that only fill a pause, "also" and "now" among them.
    Pause = "pause";
    /// Introduces a value.
    Introduction = "introduction";
    /// The same before a person's name: "I'm …".
    IntroductionName = "introduction.name";
    /// Says of a thing that somebody has it already: "our own helmets".
    Own = "own";
    /// Describes a name as the whole of it, or as one of its parts: "your full name".
    NameKind = "name.kind";
    /// Parts of an address behind the number of the house: "flat", "floor".
    AddressPart = "address.part";
    /// Words in the name of a slot that holds a person's name.
    SlotOfName = "name.name";
    /// Nouns that label a value; with `code`, one that is written in digits or letters of its own: "number"; with `place`, where
    /// somebody lives.
    Label = "label";
    /// Stands before a noun phrase that is a value.
    BeforeNoun = "before_noun";
    /// Stands after a value.
    Afterword = "afterword";
    /// Answers no question.
    Noise = "noise";
    /// Nothing but a greeting.
    Greeting = "greeting";
    /// Thanks, and a farewell, which is of the value "farewell".
    Closing = "closing";
    /// Stands before a noise.
    NoiseBefore = "noise.before";
    /// There is nothing to say to the question.
    Decline = "decline";
    /// Stands before a decline.
    DeclineBefore = "decline.before";
    /// Stands after it.
    DeclineAfter = "decline.after";
    /// Says only that something was heard or is so.
    Acknowledgement = "acknowledgement";
    /// Yes.
    Yes = "yes";
    /// No.
    No = "no";
    /// Neither.
    Unsure = "unsure";
    /// Before a yes or a no.
    AnswerBefore = "answer.before";
    /// After it.
    AnswerAfter = "answer.after";
    /// After a yes or a no, goes on without changing it: "no but …".
    AnswerGoesOn = "answer.goes_on";
    /// A yes or no that stands by itself even when more follows.
    AnswerAlone = "answer.alone";
    /// A subject that begins a statement: "I have …" is not a yes.
    StatementSubject = "statement.subject";
    /// After such a subject and its verb, makes it a no.
    Denial = "denial";
    /// "nothing".
    Nothing = "nothing";
    /// Leaves a yes or no open: "or", "maybe".
    Unclear = "unclear";
    /// Says that a thing is wanted: "with breakfast".
    With = "with";
    /// Says that it is not.
    Without = "without";
    /// Begins a question: "what", "how".
    QuestionOpener = "question.opener";
    /// Begins a question and nothing else.
    QuestionAlways = "question.always";
    /// After an opener, makes it a question: "how much", "what is".
    QuestionSecond = "question.second";
    /// A verb that begins a question when the subject follows it.
    QuestionVerb = "question.verb";
    /// The subject after such a verb.
    QuestionSubject = "question.subject";
    /// Begins a question that yes or no answers.
    QuestionYesNo = "question.yes_no";
    /// An option that means yes.
    OptionYes = "option.yes";
    /// An option that means no.
    OptionNo = "option.no";
    /// An option that not knowing chooses.
    OptionUnsure = "option.unsure";
    /// An option that "both" chooses.
    OptionBoth = "option.both";
    /// An option that "neither" chooses.
    OptionNeither = "option.neither";
    /// An answer that chooses none.
    Neither = "neither";
    /// Words without content when an answer is compared with an option.
    OptionEmpty = "option.empty";
    /// Before an option that a capture takes.
    OptionBefore = "option.before";
    /// Negates what follows shortly after.
    Negates = "negates";
    /// A position among choices, with its number.
    Position = "position";
    /// Of those, the ones that are also plain numbers.
    PositionCount = "position.count";
    /// The last of several.
    PositionLast = "position.last";
    /// Before a position.
    PositionBefore = "position.before";
    /// After it.
    PositionAfter = "position.after";
    /// Words that carry a value in an answer.
    Carrier = "carrier";
    /// Words that may stand before a value that a capture takes.
    ValueBefore = "value.before";
    /// Times without a measure, with their TIMEX.
    TimeVague = "time.vague";
    /// A time word that only moves the talk along: "and now …".
    Discourse = "discourse";
    /// Stands before a time and is not shown with it: "since".
    TimeBefore = "time.before";
    /// Says that a measure is not exact; shown with it.
    Approximate = "approximate";
    /// Words in the name of a slot that is about what has been.
    PastName = "past.name";
    /// Words in the name of a slot that holds a temperature.
    TemperatureName = "temperature.name";
    /// Words in the name of a slot that holds an age.
    AgeName = "age.name";
    /// Words in the name of a slot for a time that say in which half of the day it lies, with the hour that this begins at.
    HalfName = "half.name";
    /// Units of time in the name of a slot, with their TIMEX.
    UnitName = "unit.name";
    /// Between a rating and the end of its scale: "out of".
    RatingOf = "rating.of";
    /// "scale".
    Scale = "scale";
    /// Amounts that are not spelt as numbers, with their number.
    Count = "count";
    /// Between two numbers: the later one replaces the earlier.
    TakesBack = "takes_back";
    /// Joins the members of a list.
    ListJoin = "list.join";
    /// The answers that a capture takes for yes or no.
    AnswerWord = "answer.word";
    /// "one", where it may stand for a thing.
    One = "one";
    /// Before a "one" that stands for a thing.
    Pointing = "pointing";
    /// An article before such a thing's adjective.
    Determiner = "determiner";
    /// Before a "one" that counts.
    CountBefore = "count.before";
    /// Carries nothing beside a pattern.
    Empty = "empty";
    /// The speaker as subject.
    Speaker = "speaker";
    /// Begins a sentence that is no value.
    SentenceOpener = "sentence.opener";
    /// After such an opener, takes that back: "I mean".
    Means = "means";
    /// Ties free text to a value that follows it.
    TieBefore = "tie.before";
    /// Ties a value to free text that follows it.
    TieAfter = "tie.after";
    /// Puts what it stands with long into the past: "years ago".
    LongAgo = "long_ago";
    /// The same for what follows it: "history of", "used to".
    LongAgoBefore = "long_ago.before";
    /// Takes that back: "am used to".
    NotLongAgo = "long_ago.not";
    /// Joins one thing to the next: a clause begins after it.
    Linker = "linker";
    /// After a linker, makes the clause the content of the one before: "tell her … and that …".
    ContentOpener = "linker.not";
    /// Addresses a model's orders.
    Injection = "injection";
    /// Dismisses orders: "ignore".
    InjectionDismisses = "injection.dismisses";
    /// Says whose orders.
    InjectionQualifies = "injection.qualifies";
    /// May stand between a dismissal and its object.
    InjectionBetween = "injection.between";
    /// The orders.
    InjectionOrders = "injection.orders";
    /// A heading that speaks for somebody else.
    InjectionRole = "injection.role";
    /// The same at the beginning of a line, before a colon.
    InjectionSpeaker = "injection.speaker";
    /// After a negator, takes the negation back: "to mention", "believe".
    LiftsPhrase = "lifts";
    /// Says that what follows is not so: "ruled out".
    Excludes = "excludes";
    /// After "why" or an auxiliary with "not": no request after all: "you dare".
    NoRequest = "no_request";
    /// Says something about the question, never its answer: "I already told you", "same as last time".
    Idiom = "idiom";
    /// Begins a question that a label answers ("which", "what is your"); with `place`, one for a place.
    AsksLabel = "asks.label";
    /// In a question or a slot's name: any words may be the answer ("matter", "happened", "note").
    AsksWords = "asks.words";
    /// In a question: it asks for what has been ("since when").
    AsksPast = "asks.past";
    /// In a question: it asks for what is wanted, which is to come ("would", "want").
    AsksWish = "asks.wish";
    /// What a value of a type is called ("the date"), with the type; "how long" with `P`, of time alone `PT`.
    TypeName = "type.name";
    /// Only supposes what follows: "what if".
    Supposes = "supposes";
    /// Names an exercise or a story, behind what it is of ("drill") or, in several words, before it ("documentary about").
    Staged = "staged";
    /// Begins what somebody is about to do instead of answering ("let me …").
    Announcement = "announcement";
    /// Begins what refers to another value instead of saying one: "the same as …".
    Reference = "reference";
    /// Opens a request in the form of a question: "can I have …", "how about …".
    Request = "request";
    /// Adds to a list.
    ListAdd = "list.add";
    /// Takes from a list.
    ListRemove = "list.remove";
    /// Makes what follows the whole list.
    ListOnly = "list.only";
    /// Every option there is.
    ListAll = "list.all";
    /// Before [`Cue::ListExcept`], what is wanted instead: "anything".
    Anything = "anything";
    /// After [`Cue::ListAll`], but for what follows.
    ListExcept = "list.except";
    /// The edge of a period, its first day or its last: "end of the month".
    PeriodEdge = "period.edge";
    /// Says of what follows that it is to come, and not so yet: "will be", "is turning".
    Coming = "coming";
    /// Behind a length: counted from another day that was said, where there is one: "a week later".
    Later = "later";
    /// Between a noun and the name of what it is: "a dog named Moose".
    Named = "named";
    /// Behind what was so, says that it is over: "until", "but".
    Ended = "ended";
    /// Says that somebody's life, health or home is in danger; its value is the kind.
    Danger = "danger";
    /// The same, of a person: "he fell", and not "the handle fell".
    DangerOf = "danger.of";
    /// The same, where something is spoken of that it befalls: "water" and "through the ceiling". Its value is the kinds.
    DangerSign = "danger.sign";
    /// What a danger befalls or comes from, a word, with the kinds: "arm", "water", "alarm".
    DangerThing = "danger.thing";
    /// A word for somebody who is neither named nor of the speaker's own people: "man", "child".
    People = "people";
    /// Behind a number, says that it is more than that: "and something".
    AndMore = "and_more";
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $spelt:literal [$($place:literal),*];)*) => {
        /// What the engine says by itself, where a game has no words of its own.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Text { $($(#[$doc])* $name),* }

        impl Text {
            /// Every text with its name in `wording.txt` and the placeholders that it must hold.
            pub const NAMES: &'static [(&'static str, &'static [&'static str])] =
                &[$(($spelt, &[$($place),*])),*];
        }
    };
}

texts! {
    /// Nothing of the game was meant.
    NoMatch = "no_match" [];
    /// A greeting, where the game greets in no words of its own.
    Greeted = "greeted" [];
    /// Thanks, where nothing is asked.
    Welcome = "welcome" [];
    /// A farewell, where nothing is asked.
    Farewell = "farewell" [];
    /// A move was cancelled.
    Cancelled = "cancelled" [];
    /// Nothing is under way that could be cancelled.
    NothingToCancel = "nothing_to_cancel" [];
    /// The move begins again.
    StartOver = "start_over" [];
    /// No question was asked yet.
    NothingToRepeat = "nothing_to_repeat" [];
    /// A required value was declined.
    Needed = "needed" [];
    /// The retries ran out.
    GaveUp = "gave_up" [];
    /// A capability failed.
    CallFailed = "call_failed" [];
    /// A move had nothing to say.
    Acknowledged = "acknowledged" [];
    /// A negotiation goes on.
    StillUnclear = "still_unclear" [];
    /// The guess was wrong.
    NotThat = "not_that" [];
    /// A person takes over, because the engine is not sure.
    HandedOver = "handed_over" [];
    /// A person takes over, because it was asked for.
    ToAPerson = "to_a_person" [];
    /// Degraded: nothing can be collected.
    NotNow = "not_now" [];
    /// The utterance was cut.
    TooLong = "too_long" [];
    /// Where a generated answer would stand.
    Generated = "generated" [];
    /// The question for a slot with options.
    AskOption = "ask.option" ["name", "options"];
    /// The question for a yes or a no.
    AskYesNo = "ask.yes_no" ["name"];
    /// The question for a number within bounds.
    AskRange = "ask.range" ["name", "min", "max"];
    /// The question for several values.
    AskList = "ask.list" ["name"];
    /// The question for anything else.
    Ask = "ask" ["name"];
    /// Reads a value back.
    ReadBack = "read_back" ["value"];
    /// Reads a value back that must not be shown.
    ReadBackSensitive = "read_back.sensitive" ["name"];
    /// A value was corrected.
    Corrected = "corrected" ["value"];
    /// A value was corrected that must not be shown.
    CorrectedSensitive = "corrected.sensitive" ["name"];
    /// A value that is not needed any more.
    Needless = "needless" ["name"];
    /// A value that could not be made out and need not be there.
    WithoutIt = "without_it" ["name"];
    /// What was said beside a yes or a no, and was not understood.
    NotUnderstood = "not_understood" ["said"];
    /// Several of a kind were said at once.
    OneAtATime = "one_at_a_time" [];
    /// A service refused a value and gave no reason.
    NotAccepted = "not_accepted" ["name"];
    /// A value that must be checked could not be.
    NotChecked = "not_checked" [];
    /// A text of a form of its own is asked for.
    ExpectPattern = "expect.pattern" ["example"];
    /// The same where no example can be given.
    ExpectForm = "expect.form" ["name"];
    /// Numbered choices.
    Offer = "offer" ["options"];
    /// Which of several values is meant.
    Clarify = "clarify" ["name", "options"];
    /// Which of several moves is meant.
    Which = "which" ["options"];
    /// What is taken up after what is under way.
    AfterThat = "after_that" ["moves"];
    /// What was said is not one of the options.
    NoneSuch = "none_such" ["value"];
    /// What is named only to be left out.
    LeftOut = "left_out" ["value"];
    /// That a date is none.
    NoSuchDate = "no_such_date" ["value"];
    /// Reads a value back that may be meant for several slots.
    ReadBackNamed = "read_back.named" ["name", "value"];
    /// What was said and cannot be kept.
    NotTaken = "not_taken" ["moves"];
    /// Whether the best guess is right.
    Guess = "guess" ["move"];
    /// The conversation is handed over.
    Escalated = "escalated" ["target"];
    /// Somebody has taken the conversation over.
    TakenOver = "taken_over" ["target"];
    /// The conversation was handed back.
    HandedBack = "handed_back" [];
    /// Nobody has come in time.
    NobodyFree = "nobody_free" ["target"];
    /// What is not understood while the person waits for somebody.
    StillWaiting = "still_waiting" [];
    /// A choice that no move takes up.
    Noted = "noted" ["choice"];
    /// What can be done here.
    Abilities = "abilities" ["moves"];
    /// The end of a list that was cut.
    More = "more" ["count"];
    /// The choice "yes".
    Yes = "yes" [];
    /// The choice "no".
    No = "no" [];
    /// The value yes, inside a sentence.
    ValueYes = "value.yes" [];
    /// The value no, inside a sentence.
    ValueNo = "value.no" [];
    /// Between the last two members of a list.
    And = "and" [];
    /// Between the last two alternatives.
    Or = "or" [];
    /// What kind of answer fits a slot.
    ExpectYesNo = "expect.yes_no" [];
    /// The same, for free text that is needed.
    ExpectNamed = "expect.named" ["name"];
    /// The same, for free text.
    ExpectWords = "expect.words" [];
    /// The same, for free text whose question is explained.
    ExpectOwnWords = "expect.own_words" [];
    /// The same.
    ExpectNumber = "expect.number" [];
    /// The same, where several numbers were given.
    ExpectOneNumber = "expect.one_number" [];
    /// The same.
    ExpectRange = "expect.range" ["min", "max"];
    /// The same, where several numbers were given.
    ExpectOneInRange = "expect.one_in_range" ["min", "max"];
    /// The same.
    ExpectOption = "expect.option" ["options"];
    /// The same.
    ExpectTimeframe = "expect.timeframe" [];
    /// The same.
    ExpectDate = "expect.date" [];
    /// The same.
    ExpectTime = "expect.time" [];
    /// The same.
    ExpectDateTime = "expect.datetime" [];
    /// The same.
    ExpectEmail = "expect.email" [];
    /// The same.
    ExpectPhone = "expect.phone" [];
    /// The same.
    ExpectUrl = "expect.url" [];
    /// The same.
    ExpectMoney = "expect.money" [];
    /// The same.
    ExpectQuantity = "expect.quantity" [];
    /// The same.
    ExpectList = "expect.list" [];
    /// The same, with what fits one member.
    ExpectListOf = "expect.list_of" ["one"];
}
