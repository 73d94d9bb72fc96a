//! The intermediate representation: a game with names resolved, inheritance applied and templates parsed.
//!
//! It is what the front end ([`crate::syntax`]) produces and what [`crate::compiled`] lays out for use.
//! Plain data; no behaviour beyond small helpers lives here. Everything serialises with a non-self-describing
//! format, so no field is skipped and no type is untagged.

mod template;

use serde::{Deserialize, Serialize};

use crate::entities::BusinessHours;

pub use template::{Expression, FUNCTIONS, Function, Operator, Style, Template, TemplatePart, UNITS, Unit};

/// A whole game.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Game {
    /// The name after `game`.
    pub name: String,
    /// The text after `description:`; empty when there is none.
    pub description: String,
    /// The code after `language:`, such as `en`; empty for English.
    pub language: String,
    /// The tag after `locale:`, such as `en-GB`; empty where the language says enough.
    pub locale: String,
    /// What stands after `business_hours:`; none where it says nothing.
    pub business_hours: Option<BusinessHours>,
    /// Who takes part.
    pub participants: Vec<Participant>,
    /// Words that stand for each other.
    pub vocabulary: Vec<Term>,
    /// Services that the game may call.
    pub services: Vec<Service>,
    /// What the deployment's capability contract says of those services.
    pub contract: Contract,
    /// The moves, in declaration order; a base game's moves come first.
    pub moves: Vec<Move>,
    /// The learning section.
    pub learning: Vec<LearningRule>,
    /// Events by name, each with a move that has a block for it.
    pub events: Vec<(String, String)>,
    /// The files that it imports, each with the line before its first: they are read behind the game's own lines.
    pub files: Vec<(u32, String)>,
    /// The same game in other languages: what is said and heard differs, what is done does not.
    pub translations: Vec<Game>,
}

impl Game {
    /// The line, the imported file in which it stands and its number there; `None` for a line of the game's own file.
    #[must_use]
    pub fn imported(&self, line: u32) -> Option<(u32, String, u32)> {
        let (before, file) = self.files.iter().rev().find(|(before, _)| *before < line)?;
        Some((line, file.clone(), line - before))
    }
}

/// Somebody who takes part in the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Participant {
    /// Its name.
    pub name: String,
    /// What it can do.
    pub abilities: Abilities,
}

/// What a participant can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Abilities {
    /// `can do: anything`
    Anything,
    /// `can do: actions matching "REGEX"`
    Matching(String),
    /// `can do: ["…"]`
    Listed(Vec<String>),
}

/// A vocabulary term and its synonyms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Term {
    /// The term itself, as written.
    pub text: String,
    /// Modifiers of the term.
    pub modifiers: Modifiers,
    /// Its synonyms.
    pub synonyms: Vec<Synonym>,
}

/// One synonym of a term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Synonym {
    /// As written.
    pub text: String,
    /// Modifiers of this synonym.
    pub modifiers: Modifiers,
}

/// `(strict, fuzzy, context-sensitive, learned)` after a pattern or a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Modifiers {
    /// Literal words exactly, in order, adjacent.
    pub strict: bool,
    /// Also with words missing, extra, inflected or misspelt.
    pub fuzzy: bool,
    /// Competes only when the conversation makes it plausible.
    pub context_sensitive: bool,
    /// Came from use.
    pub learned: bool,
}

/// A service that the game may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The functions that are allowed.
    pub functions: Vec<String>,
    /// `SERVICE: "free description"`; such a service allows every function.
    pub description: Option<String>,
}

/// The capability contract beside a game (`capability_contract.json`), as far as the engine uses it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Contract {
    /// One entry a declared function.
    pub functions: Vec<ContractFunction>,
    /// Names of values that are personal; slots of these names are treated as `sensitive`.
    pub pii_fields: Vec<String>,
}

/// A function of the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ContractFunction {
    /// The service's name.
    pub service: String,
    /// The function's name.
    pub function: String,
    /// Names of the values it takes.
    pub parameters: Vec<String>,
    /// JSON Schema of the payload, as JSON text.
    pub payload_schema: Option<String>,
    /// JSON Schema of the result's data, as JSON text.
    pub result_schema: Option<String>,
    /// Time limit, milliseconds.
    pub timeout_ms: Option<u32>,
    /// Whether calling it changes something in the world (default: yes, unless the contract says `"read_only": true`).
    pub side_effects: bool,
}

/// One move.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Move {
    /// Its name.
    pub name: String,
    /// `requires context:` items; all must hold.
    pub guard: Vec<Guard>,
    /// What people say, by participant.
    pub triggers: Vec<Trigger>,
    /// Whether it is heard in everything that is said.
    pub priority: Priority,
    /// The confidence it takes.
    pub threshold: Threshold,
    /// Its slots in declaration order.
    pub slots: Vec<Slot>,
    /// Its blocks in declaration order.
    pub blocks: Vec<Block>,
    /// What it is called where it is named to people, where that is not its name.
    pub called: Option<String>,
    /// Source line, from 1.
    pub line: u32,
}

/// What a move comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Priority {
    /// It takes its turn.
    #[default]
    Normal,
    /// `priority: urgent`: it runs first, whatever else was said, is asked or is under way.
    Urgent,
}

/// The priorities by name.
pub const PRIORITIES: [(&str, Priority); 2] = [("normal", Priority::Normal), ("urgent", Priority::Urgent)];

/// One item of a context guard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Guard {
    /// `name`: present and not empty, 0 or false.
    Present(Path),
    /// `not name`
    Absent(Path),
    /// `name OP value`
    Compare(Path, Comparison, Literal),
}

/// A trigger: patterns of one participant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trigger {
    /// Who says it.
    pub participant: String,
    /// What they say.
    pub patterns: Vec<Pattern>,
}

/// One pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pattern {
    /// As written (text blocks with their white space folded).
    pub text: String,
    /// Split at captures and wildcards.
    pub elements: Vec<Element>,
    /// Its modifiers.
    pub modifiers: Modifiers,
    /// Source line, from 1.
    pub line: u32,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Element {
    /// Literal text, one or more words.
    Words(String),
    /// `{name}` or `{name?}`
    Capture {
        /// The capture's name.
        name: String,
        /// `{name?}`
        optional: bool,
    },
    /// `*`: any words, none included.
    Wildcard,
}

/// What score a move asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Threshold {
    /// A number in [0, 1].
    Fixed(f64),
    /// Starts at 0.7, moved by learning.
    Adaptive,
    /// `NAME weighted by NAME`; `None` for the first stands for `adaptive`.
    Weighted {
        /// The value's name, or that of a level ([`confidence_level`]); `None` for `adaptive weighted by …`.
        base: Option<Path>,
        /// The weight's name.
        by: Path,
    },
}

/// The levels of confidence by name, and what each stands for.
pub const CONFIDENCE_LEVELS: [(&str, f64); 4] = [("low", 0.2), ("medium", 0.5), ("high", 0.8), ("critical", 0.95)];

/// What a level of confidence stands for.
#[must_use]
pub fn confidence_level(name: &str) -> Option<f64> {
    CONFIDENCE_LEVELS.iter().find(|(level, _)| *level == name).map(|(_, value)| *value)
}

impl Default for Threshold {
    fn default() -> Self {
        Threshold::Fixed(0.75)
    }
}

/// A slot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Its name; `WHOLE.PART` of a part of a composite, which the rest of the engine takes for a slot like others.
    pub name: String,
    /// Its type.
    pub ty: SlotType,
    /// Whether the move can't complete without it.
    pub required: bool,
    /// `default(VALUE)`
    pub default: Option<Literal>,
    /// `extract using …`
    pub extract: Extract,
    /// `extract using regex "EXPR"`; linear time.
    pub expression: Option<String>,
    /// `with vocabulary { … }`
    pub vocabulary: Vec<Term>,
    /// `with context "…"`
    pub context: Option<String>,
    /// Read back before it counts.
    pub confirm: bool,
    /// Never logged; encrypted; masked in exports unless asked.
    pub sensitive: bool,
    /// Failures before the `failed` block runs (default 3).
    pub retries: u8,
    /// What else is asked of it; most slots have nothing.
    pub rules: Option<Box<SlotRules>>,
    /// `declined by [ … ]`: what passes an optional slot over, beside what declines any.
    pub declined_by: Vec<String>,
    /// Source line, from 1.
    pub line: u32,
}

/// What a slot is asked beyond its type.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct SlotRules {
    /// `required when CONDITION`: where it does not hold, the slot is neither asked for nor filled.
    pub required_when: Option<Condition>,
    /// `valid when CONDITION else "…"`, in order.
    pub valid: Vec<Validity>,
    /// `check with SERVICE.FUNCTION`
    pub check: Option<Box<Check>>,
    /// What the composite is asked whose last part this slot is.
    pub whole: Option<Box<SlotRules>>,
    /// What the options of an `enum` are called in the game's language, where that is not what they are.
    pub labels: Vec<(String, String)>,
    /// What the slot is called where it is named to people, where that is not its name.
    pub called: Option<String>,
}

/// `valid when CONDITION else "…"`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Validity {
    /// What must hold.
    pub condition: Condition,
    /// What is said where it does not.
    pub reason: Template,
}

/// `check with SERVICE.FUNCTION`: a capability that is asked about a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The call; it has no `then`.
    pub call: Call,
    /// What is said where the service refuses the value and gives no reason.
    pub reason: Option<Template>,
    /// What becomes of the value where the service does not answer.
    pub away: Away,
}

/// What becomes of a value that a service could not be asked about.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Away {
    /// It stands, unchecked.
    #[default]
    Stands,
    /// `must answer`: it is not taken; what is said then.
    Refused(Option<Template>),
}

/// A slot's type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)] // the names are the language's own
pub enum SlotType {
    String,
    Number,
    /// Inclusive.
    Range {
        min: f64,
        max: f64,
    },
    Enum(Vec<String>),
    Timeframe,
    Date,
    Time,
    DateTime,
    Boolean,
    Email,
    Phone,
    Url,
    Money,
    Quantity,
    List(Box<SlotType>),
    /// `pattern "REGEX"`: text of that form, from its first letter to its last.
    Pattern(String),
    /// `enum(from context.NAME)`: the options stand in the request or the conversation.
    EnumFrom(Path),
}

impl SlotType {
    /// The types that take no arguments, by their names in a game: the one table of them.
    pub const SIMPLE: [(&'static str, SlotType); 12] = [
        ("string", SlotType::String),
        ("number", SlotType::Number),
        ("timeframe", SlotType::Timeframe),
        ("date", SlotType::Date),
        ("time", SlotType::Time),
        ("datetime", SlotType::DateTime),
        ("boolean", SlotType::Boolean),
        ("email", SlotType::Email),
        ("phone", SlotType::Phone),
        ("url", SlotType::Url),
        ("money", SlotType::Money),
        ("quantity", SlotType::Quantity),
    ];

    /// The type of that name, if it is one without arguments.
    #[must_use]
    pub fn simple(name: &str) -> Option<&'static SlotType> {
        static SIMPLE: [(&str, SlotType); 12] = SlotType::SIMPLE;
        // Asked for every slot of text, many times a turn: most begin otherwise.
        const INITIALS: u32 = {
            let (mut bits, mut at) = (0, 0);
            while at < SlotType::SIMPLE.len() {
                bits |= 1 << (SlotType::SIMPLE[at].0.as_bytes()[0] - b'a');
                at += 1;
            }
            bits
        };
        let initial = name.bytes().next().filter(u8::is_ascii_lowercase)? - b'a';
        if INITIALS >> initial & 1 == 0 {
            return None;
        }
        SIMPLE.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty)
    }

    /// Whether its values are plain numbers.
    pub(crate) fn is_number(&self) -> bool {
        matches!(self, SlotType::Number | SlotType::Range { .. })
    }

    /// Of a list the type of its members, of any other type itself.
    pub(crate) fn item(&self) -> &SlotType {
        match self {
            SlotType::List(item) => item,
            ty => ty,
        }
    }
}

/// How a slot's value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Extract {
    /// The expression, or the type's recognizer; then the vocabulary; then meaning.
    #[default]
    Hybrid,
    /// The expression, or the type's recognizer and the vocabulary; nothing by meaning.
    Regex,
    /// The vocabulary, then meaning; free text stands for the term of the slot's vocabulary that it means.
    Semantic,
}

/// A `when` block, or an `if … else if … else` chain: the first branch that holds runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Block {
    /// In order; a `when` block has one.
    pub branches: Vec<Branch>,
    /// `else { … }`
    pub otherwise: Option<Vec<Statement>>,
    /// Source line, from 1.
    pub line: u32,
}

/// A condition and what it guards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Branch {
    /// When it holds …
    pub condition: Condition,
    /// … these run.
    pub body: Vec<Statement>,
    /// Source line, from 1.
    pub line: u32,
}

/// What may stand in a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Statement {
    /// An action.
    Action(Action),
    /// A nested block.
    Block(Block),
    /// `confidence:` inside a block replaces the move's threshold from here on in this turn.
    Confidence(Threshold),
}

/// A dotted name, `a.b.c`.
pub type Path = Vec<String>;

/// A literal value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Literal {
    Text(String),
    Number(f64),
    Boolean(bool),
    /// A bare name in a condition: the value of that name, else the word itself.
    Reference(String),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A condition. `and` binds tighter than `or`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Condition {
    /// score ≥ threshold
    Confident,
    /// score < threshold; also `confidence is below threshold`
    Uncertain,
    /// The last capability call succeeded.
    Successful,
    /// The last capability call failed, or a slot's retries ran out.
    Failed,
    /// `slot NAME is missing`
    SlotMissing(String),
    /// Every slot that would be asked for has a value or was passed over.
    AllSlotsFilled,
    /// A reference alone.
    Truthy(Path),
    /// `REF OP VALUE`; `is` is `=`.
    Compare(Path, Comparison, Literal),
    /// `REF matches "REGEX"`; linear time.
    Matches(Path, String),
    /// `not C`
    Not(Box<Condition>),
    /// `C and C …`
    All(Vec<Condition>),
    /// `C or C …`
    Any(Vec<Condition>),
    /// `slot NAME is given up`: its retries ran out.
    SlotGivenUp(String),
    /// `event NAME`
    Event(String),
    /// An expression, most often a comparison: `count(toppings) > 3`.
    Computed(Expression),
}

/// An action.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Action {
    /// `respond with:`
    Respond(Template),
    /// `prompt slot:`
    PromptSlot(Template),
    /// `ask for clarification:`
    AskForClarification(Template),
    /// `offer choices:`
    OfferChoices(Vec<Template>),
    /// `clarify NAME with options:`
    Clarify {
        /// Where the choice is stored.
        name: String,
        /// The options.
        options: Vec<Template>,
        /// In a translation, what each option is stored as: the option of the game's own language. Else empty.
        values: Vec<Template>,
    },
    /// `generate response [with style:]`
    Generate {
        /// The style.
        style: Option<Template>,
    },
    /// `SERVICE.FUNCTION …`
    Call(Call),
    /// `escalate to: QUEUE [within …]`
    Escalate(Escalation),
    /// `delegate to:`
    Delegate(String),
    /// `continue`
    Continue,
    /// `return`
    Return,
    /// `retry [with TEXT]`
    Retry(Option<Template>),
    /// `negotiate TEXT until CONDITION`
    Negotiate {
        /// The question.
        text: Template,
        /// When it ends.
        until: Condition,
    },
    /// `learn pattern`
    LearnPattern,
    /// `boost confidence`
    BoostConfidence,
    /// `remember outcome`
    RememberOutcome,
    /// `attach { … }`
    Attach(Attachment),
    /// `call MOVE [with a = b, …]`
    CallMove {
        /// The move that runs as a part.
        target: String,
        /// Slots of it, and the value that each begins with.
        with: Vec<(String, PayloadValue)>,
    },
    /// `offer choices:` where a choice has a value of its own: what is shown, and what choosing it says.
    OfferValued(Vec<(Template, Template)>),
}

/// A hand-over to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// The person or queue.
    pub queue: String,
    /// How long the person waits for somebody, milliseconds.
    pub patience_ms: Option<u64>,
    /// `else { … }`: a block of the move by this number, which waits for [`HANDOFF_TIMED_OUT`].
    pub otherwise: Option<u32>,
}

/// The events that the program itself tells of, or knows what to do with.
pub const EVENTS: [&str; 8] = [
    "session_started",
    "timeout",
    "button",
    HANDOFF_ACCEPTED,
    HANDOFF_MESSAGE,
    HANDOFF_ENDED,
    HANDOFF_TIMED_OUT,
    SESSION_EXPIRED,
];

/// The event of a hand-over that somebody has taken; its value is who it is.
pub const HANDOFF_ACCEPTED: &str = "handoff_accepted";
/// In that value, where it is an object: the id that the desk gives them.
pub const AGENT_ID: &str = "id";
/// In that value: what persons call them.
pub const AGENT_NAME: &str = "name";
/// What somebody who took a hand-over says; its value is the text.
pub const HANDOFF_MESSAGE: &str = "handoff_message";
/// The event of a hand-over that was handed back; its value is the values that were set, by name.
pub const HANDOFF_ENDED: &str = "handoff_ended";
/// The event of a hand-over that nobody took in time.
pub const HANDOFF_TIMED_OUT: &str = "handoff_timed_out";

/// The event of a session that is over. The origin alone says so, by its clock.
pub const SESSION_EXPIRED: &str = "session_expired";

/// What an answer carries beside its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Attachment {
    /// `image: "…", alt: "…"`
    Image {
        /// Its address.
        url: Template,
        /// What stands in its place where it is not shown.
        alt: Template,
    },
    /// `card: { … }`: its fields by name, of `title`, `text`, `link`, `image`.
    Card(Vec<(String, Template)>),
    /// `payload: { … }`: values for a client that knows them.
    Payload(Vec<(String, PayloadValue)>),
}

/// A value that is handed on: to a client, or to a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum PayloadValue {
    /// A text, values filled in.
    Text(Template),
    /// A number.
    Number(f64),
    /// `true` or `false`
    Boolean(bool),
    /// A bare name: the value of that name as it is.
    Reference(Path),
    /// `{ name: value, … }`
    Object(Vec<(String, PayloadValue)>),
    /// `[value, …]`
    List(Vec<PayloadValue>),
}

/// A capability call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The service.
    pub service: String,
    /// The function.
    pub function: String,
    /// Names that limit the payload, those of fields dotted; `None`: all values in scope.
    pub arguments: Option<Vec<String>>,
    /// `for TEXT`
    pub purpose: Option<Template>,
    /// `await`
    pub awaits: bool,
    /// `timeout SECONDS`, in milliseconds.
    pub timeout_ms: Option<u32>,
    /// `then ACTION`
    pub then: Option<Box<Action>>,
    /// Source line, from 1.
    pub line: u32,
}

/// What an argument of a call is given as: a field by its own name, the `town` of `address.town`.
#[must_use]
pub fn given_as(argument: &str) -> &str {
    argument.rsplit('.').next().unwrap_or(argument)
}

/// One learning rule or strategy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LearningRule {
    /// `remember successful patterns`
    RememberSuccessfulPatterns,
    /// `adjust confidence from outcomes`
    AdjustConfidenceFromOutcomes,
    /// `add variations that worked`
    AddVariationsThatWorked,
    /// `track conversation paths`
    TrackConversationPaths,
    /// `evolve|reinforce|generalize|specialize: TEXT` or `: { key: value }`
    Strategy {
        /// Which.
        name: String,
        /// Free text.
        text: Option<String>,
        /// Settings.
        settings: Vec<(String, Literal)>,
    },
}
