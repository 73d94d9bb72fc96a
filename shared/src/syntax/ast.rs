//! The tree that the parser makes of a file: what is written, with places; nothing resolved, no inheritance.
//!
//! Texts stay undecoded ([`Text`] is a range of the source): escapes and dedenting are applied where a text is used.

use crate::diagnostics::Span;
use crate::ir::{Comparison, Expression, Extract, Modifiers, Priority};

/// A name as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'s> {
    pub(super) text: &'s str,
    pub(super) span: Span,
}

/// A string or text block as written, quotes included.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text {
    pub(super) span: Span,
}

/// `a.b.c`
#[derive(Debug, Clone)]
pub(super) struct Reference<'s> {
    pub(super) names: Vec<&'s str>,
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    pub(super) value: f64,
    pub(super) span: Span,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'s> {
    Text(Text),
    Number(Number),
    Boolean(bool, Span),
    /// A bare word, which stands for itself.
    Word(Name<'s>),
}

#[derive(Debug, Default)]
pub(super) struct File<'s> {
    pub(super) imports: Vec<Import>,
    pub(super) games: Vec<Game<'s>>,
}

/// `import "file.lgdl"`
#[derive(Debug, Clone, Copy)]
pub(super) struct Import {
    pub(super) path: Text,
}

/// A type that a game names.
#[derive(Debug)]
pub(super) struct TypeDefinition<'s> {
    pub(super) name: Name<'s>,
    pub(super) ty: Type<'s>,
    pub(super) vocabulary: Vec<Term>,
    pub(super) context: Option<Text>,
    pub(super) rules: Rules<'s>,
}

/// What a value is asked beyond its type.
#[derive(Debug, Default)]
pub(super) struct Rules<'s> {
    pub(super) valid: Vec<Validity<'s>>,
    pub(super) check: Option<Check<'s>>,
}

/// A part of a composite.
#[derive(Debug)]
pub(super) struct Part<'s> {
    pub(super) required: bool,
    /// What it is called and made of.
    pub(super) definition: TypeDefinition<'s>,
}

/// A language tag such as `en` or `en-GB`, as written, with or without quotes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub(super) span: Span,
}

impl Tag {
    /// The tag without what stands around it.
    pub(super) fn code(self, source: &str) -> String {
        let written = source.get(self.span.start as usize..self.span.end as usize).unwrap_or_default();
        written.chars().filter(|character| character.is_ascii_alphanumeric() || *character == '-').collect()
    }
}

#[derive(Debug)]
pub(super) struct Game<'s> {
    pub(super) name: Name<'s>,
    pub(super) base: Option<Name<'s>>,
    pub(super) description: Option<Text>,
    pub(super) language: Option<Tag>,
    pub(super) locale: Option<Tag>,
    pub(super) business_hours: Option<Text>,
    pub(super) participants: Vec<Participant<'s>>,
    pub(super) vocabulary: Vec<Term>,
    pub(super) services: Vec<Service<'s>>,
    pub(super) moves: Vec<Move<'s>>,
    pub(super) learning: Vec<Rule<'s>>,
    pub(super) types: Vec<TypeDefinition<'s>>,
    /// `when event NAME { … }` outside of moves.
    pub(super) events: Vec<Block<'s>>,
}

#[derive(Debug)]
pub(super) struct Participant<'s> {
    pub(super) name: Name<'s>,
    pub(super) abilities: Abilities,
}

#[derive(Debug)]
pub(super) enum Abilities {
    Anything,
    Matching(Text),
    Listed(Vec<Text>),
}

#[derive(Debug)]
pub(super) struct Term {
    pub(super) text: Text,
    pub(super) modifiers: Modifiers,
    pub(super) synonyms: Vec<Marked>,
}

/// A text with modifiers: a synonym or a pattern.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marked {
    pub(super) text: Text,
    pub(super) modifiers: Modifiers,
}

#[derive(Debug)]
pub(super) struct Service<'s> {
    pub(super) name: Name<'s>,
    pub(super) functions: Vec<Name<'s>>,
    pub(super) description: Option<Text>,
}

#[derive(Debug)]
pub(super) struct Move<'s> {
    pub(super) name: Name<'s>,
    pub(super) base: Option<Name<'s>>,
    /// How many tokens it takes, which bounds what copying it costs.
    pub(super) tokens: usize,
    pub(super) guard: Option<Vec<Guard<'s>>>,
    pub(super) priority: Option<Priority>,
    pub(super) triggers: Vec<Trigger<'s>>,
    pub(super) confidence: Option<Confidence<'s>>,
    pub(super) slots: Vec<Slot<'s>>,
    pub(super) blocks: Vec<Block<'s>>,
}

#[derive(Debug)]
pub(super) enum Guard<'s> {
    Present(Reference<'s>),
    Absent(Reference<'s>),
    Compare(Reference<'s>, Comparison, Value<'s>),
}

#[derive(Debug)]
pub(super) struct Trigger<'s> {
    pub(super) participant: Name<'s>,
    pub(super) patterns: Vec<Marked>,
}

#[derive(Debug)]
pub(super) enum Confidence<'s> {
    Fixed(f64),
    Adaptive,
    Weighted { base: Option<Reference<'s>>, by: Reference<'s> },
}

#[derive(Debug)]
pub(super) struct Slot<'s> {
    pub(super) name: Name<'s>,
    pub(super) ty: Type<'s>,
    pub(super) required: bool,
    pub(super) default: Option<Value<'s>>,
    pub(super) extract: Extract,
    pub(super) expression: Option<Text>,
    pub(super) vocabulary: Vec<Term>,
    pub(super) context: Option<Text>,
    pub(super) confirm: bool,
    pub(super) sensitive: bool,
    pub(super) retries: Option<u8>,
    /// `declined by [ … ]`, and where it stands.
    pub(super) declined_by: Option<(Vec<Text>, Span)>,
    pub(super) required_when: Option<Condition<'s>>,
    pub(super) rules: Rules<'s>,
    /// Modifiers that a composite has no use for, and where they stand.
    pub(super) of_one_value: Vec<(&'static str, Span)>,
}

/// `check with SERVICE.FUNCTION [else "…"] [must answer [else "…"]]`
#[derive(Debug)]
pub(super) struct Check<'s> {
    pub(super) call: Call<'s>,
    /// Empty: the service's reason, or the engine's.
    pub(super) reason: Vec<Text>,
    /// `must answer`, and what is said where it does not.
    pub(super) must_answer: Option<Vec<Text>>,
}

/// `valid when CONDITION else "…"`
#[derive(Debug)]
pub(super) struct Validity<'s> {
    pub(super) condition: Condition<'s>,
    /// The text, or several of which one is said.
    pub(super) reason: Vec<Text>,
}

#[derive(Debug)]
pub(super) enum Type<'s> {
    /// A type without arguments; the parser has checked the name.
    Simple(crate::ir::SlotType),
    Range {
        min: Number,
        max: Number,
    },
    Enum(Vec<EnumOption<'s>>),
    /// `enum(from context.NAME)`
    EnumFrom(Reference<'s>),
    /// `pattern "REGEX"`
    Pattern(Text),
    List(Box<Type<'s>>),
    /// `composite { NAME: TYPE, … }`
    Composite(Vec<Part<'s>>, Span),
    /// A name of the game's `types`.
    Named(Name<'s>),
    /// Not readable; reported already.
    Unknown,
}

/// An option of an `enum`: quoted, or bare words.
#[derive(Debug, Clone)]
pub(super) enum EnumOption<'s> {
    Quoted(Text),
    Bare(Vec<&'s str>, Span),
}

#[derive(Debug)]
pub(super) struct Block<'s> {
    pub(super) branches: Vec<Branch<'s>>,
    pub(super) otherwise: Option<Vec<Statement<'s>>>,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) struct Branch<'s> {
    pub(super) condition: Condition<'s>,
    pub(super) body: Vec<Statement<'s>>,
    /// From the keyword to the end of the condition.
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Statement<'s> {
    Action(Action<'s>),
    Block(Block<'s>),
    Confidence(Confidence<'s>),
}

#[derive(Debug)]
pub(super) enum Condition<'s> {
    Confident,
    Uncertain,
    Successful,
    Failed,
    SlotMissing(Name<'s>),
    AllSlotsFilled,
    Truthy(Reference<'s>),
    Compare(Reference<'s>, Comparison, Value<'s>),
    Matches(Reference<'s>, Text),
    Not(Box<Condition<'s>>),
    All(Vec<Condition<'s>>),
    Any(Vec<Condition<'s>>),
    SlotGivenUp(Name<'s>),
    Event(Name<'s>),
    Computed(Expression, Span),
    /// Not readable; reported already.
    Unknown,
}

#[derive(Debug)]
pub(super) struct Action<'s> {
    pub(super) kind: ActionKind<'s>,
    pub(super) span: Span,
}

/// `escalate to: QUEUE [within N minutes [else { … }]]`
#[derive(Debug)]
pub(super) struct Escalation<'s> {
    pub(super) queue: Name<'s>,
    /// How long the person waits for somebody, milliseconds.
    pub(super) patience_ms: Option<u64>,
    /// What happens when nobody has come by then.
    pub(super) otherwise: Option<Vec<Statement<'s>>>,
}

#[derive(Debug)]
pub(super) enum ActionKind<'s> {
    /// One text, or several of which one is said; so in the actions below.
    Respond(Vec<Text>),
    PromptSlot(Vec<Text>),
    AskForClarification(Vec<Text>),
    OfferChoices(Vec<Choice>),
    Clarify {
        name: Name<'s>,
        options: Vec<Text>,
    },
    Generate {
        style: Option<Text>,
    },
    Call(Box<Call<'s>>),
    Escalate(Box<Escalation<'s>>),
    Delegate(Name<'s>),
    Continue,
    Return,
    /// Empty: nothing is said.
    Retry(Vec<Text>),
    Negotiate {
        text: Vec<Text>,
        until: Condition<'s>,
    },
    Attach(Attachment<'s>),
    CallMove {
        target: Name<'s>,
        with: Vec<(Name<'s>, PayloadValue<'s>)>,
    },
    LearnPattern,
    BoostConfidence,
    RememberOutcome,
}

/// A choice that is offered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice {
    pub(super) label: Text,
    pub(super) value: Option<Text>,
}

#[derive(Debug)]
pub(super) enum Attachment<'s> {
    Image {
        url: Text,
        alt: Text,
    },
    Card(Vec<(Name<'s>, Text)>),
    Payload(Vec<(Name<'s>, PayloadValue<'s>)>),
    /// Not usable; reported already.
    Unknown,
}

#[derive(Debug)]
pub(super) enum PayloadValue<'s> {
    Text(Text),
    Number(Number),
    Boolean(bool),
    Reference(Reference<'s>),
    Object(Vec<(Name<'s>, PayloadValue<'s>)>),
    List(Vec<PayloadValue<'s>>),
}

#[derive(Debug)]
pub(super) struct Call<'s> {
    pub(super) service: Name<'s>,
    pub(super) function: Name<'s>,
    pub(super) arguments: Option<Vec<Name<'s>>>,
    pub(super) purpose: Option<Text>,
    pub(super) awaits: bool,
    pub(super) timeout_ms: Option<u32>,
    pub(super) then: Option<Box<Action<'s>>>,
}

#[derive(Debug)]
pub(super) enum Rule<'s> {
    RememberSuccessfulPatterns,
    AdjustConfidenceFromOutcomes,
    AddVariationsThatWorked,
    TrackConversationPaths,
    Strategy { name: Name<'s>, text: Option<Text>, settings: Vec<(Name<'s>, Value<'s>)> },
}
