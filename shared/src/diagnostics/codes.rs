//! The one table of diagnostic codes that the front end reports. Run-time codes (E2xx and up) live with the engine.

use super::Severity;

macro_rules! codes {
    ($($name:ident $code:literal $severity:ident $title:literal;)*) => {
        /// What kind of problem a diagnostic reports.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title] $name,)* }

        impl Code {
            /// Every code, in the order of their numbers.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// `E001` and so on.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// What the code means, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// Whether it keeps a game from compiling.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    TemplateSyntax "E001" Error "a template or its arithmetic cannot be read";
    Unexpected "E002" Error "something else was expected here";
    UnknownWord "E003" Error "no section, element or action begins like this";
    UnclosedString "E004" Error "a string or text block is not closed";
    UnknownEscape "E005" Warning "a `\\` escape that means nothing; it is kept as written";
    UnclosedComment "E006" Error "a `/*` comment is not closed";
    NotText "E007" Error "the file is not UTF-8 text";
    LimitExceeded "E008" Error "the file exceeds a limit";
    StrayCharacter "E009" Error "a character that cannot stand here";
    ForbiddenInExpression "E010" Error "an expression has no such function or operator";
    ExpressionTooLong "E011" Error "an expression is too long or nested too deep";
    ExpressionOutOfRange "E012" Error "an expression leaves the range of ±1,000,000,000";
    Unclosed "E013" Error "a brace, bracket or parenthesis is not closed";
    PatternSyntax "E014" Error "a pattern's capture cannot be read";
    UnknownType "E015" Error "no slot type has this name";
    UnknownModifier "E016" Error "no modifier has this name";
    UnknownLevel "E017" Error "no confidence level has this name";
    NoGame "E018" Error "the file holds no game";
    BadImport "E019" Error "an `import` that cannot be used";
    UnknownSlot "E100" Error "a condition names a slot that the move does not have";
    DuplicateName "E101" Error "a name is defined twice";
    InheritanceCycle "E102" Error "a game or move extends itself, directly or by a detour";
    UnknownBase "E103" Error "`extends` names a game or move that the file does not define";
    BadRange "E104" Error "a number or range is out of bounds";
    BadRegex "E105" Error "a regular expression cannot be used";
    BadDefault "E106" Error "a default is no value of its slot's type";
    RepeatedClause "E107" Error "a clause that may stand once stands twice or contradicts another";
    InheritanceTooLarge "E108" Error "inheritance is too deep or copies too much";
    BadContract "E109" Error "the capability contract cannot be used";
    UnknownLanguage "E110" Error "a language or locale that cannot be used";
    MisplacedCondition "E111" Error "a condition that cannot stand here";
    BadPart "E112" Error "a part that cannot be called";
    BadAttachment "E113" Error "an attachment that cannot be used";
    BadComposite "E114" Error "a composite, or what is said of one, that cannot stand here";
    BadHours "E115" Error "business hours that cannot be used";
    UnknownMove "E120" Warning "`delegate to` names a move that the file does not define";
    UnknownCapability "E121" Warning "a capability that the game does not list";
    UnreachableBlock "E122" Warning "a block or action that can never run";
    ShadowedPattern "E123" Warning "a pattern that another always beats";
    UnknownParticipant "E124" Warning "a trigger's participant is not in the game's `participants`";
    RepeatedEntry "E125" Warning "a list says the same thing twice";
    DoubtfulReference "E126" Warning "a name that looks misspelt, or a capture that nothing reads";
    MatchesEverything "E127" Warning "a pattern without any word of its own matches every utterance";
    UnreachableMove "E128" Warning "a move that nothing triggers and nothing delegates to";
    ContractMismatch "E129" Warning "game and capability contract disagree";
    BareText "E130" Warning "a bare word is taken for a text";
    FailedOfSlot "E131" Warning "`failed` where only a slot can be given up";
    NoGenerator "E132" Warning "an action that needs what this version does not have";
    ValueNeverHeld "E133" Warning "a value that the slot never has";
    GluedValue "E134" Warning "a template puts a value right behind a word, or twice";
    FewPhrases "E135" Warning "an urgent move with few phrases";
    QuestionMismatch "E136" Warning "a question that asks for something else than its slot takes";
    HardToTell "E137" Warning "values that nobody can tell apart";
    FailedOfBoth "E138" Warning "`failed` would answer for a slot that is given up as well";
    Unanswered "E139" Warning "an answer of a part after which nothing is said";
}
