//! Texts with placeholders, and what is computed in them and in conditions.

use serde::{Deserialize, Serialize};

use super::{Comparison, Path};

/// A template, parsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Template {
    /// Its parts in order.
    pub parts: Vec<TemplatePart>,
}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TemplatePart {
    /// Text as it stands.
    Text(String),
    /// `{a.b.c}`: the value, or nothing.
    Value(Path),
    /// `{name?text}` without the name in *text*: the value, or *text*.
    ValueOr(Path, String),
    /// `{name?text}` with the name as a word in *text*: text around the value, or nothing.
    Conditional {
        /// The name.
        path: Path,
        /// The text cut where the name stood; the value goes between the pieces.
        pieces: Vec<String>,
        /// The text as written, for values of yes or true.
        text: String,
    },
    /// `{name as STYLE}`, `{name as STYLE?text}`: the value in a form of its own, or *text*.
    Styled {
        /// The name.
        path: Path,
        /// The form.
        style: Style,
        /// What is shown when there is no value.
        otherwise: String,
    },
    /// `{name!text}`: *text* only when there is no value.
    Unless(Path, String),
    /// `${expr}` or `${expr?text}`
    Expression {
        /// The expression.
        expression: Expression,
        /// What is shown when it can't be computed; a dash when absent.
        fallback: Option<String>,
    },
    /// `["…", "…"]` where a text stands: one of these, whole. Stands alone in its template.
    OneOf(Vec<Template>),
}

impl Template {
    /// The texts that may be said: several where a list stands.
    #[must_use]
    pub fn variants(&self) -> &[Template] {
        match self.parts.as_slice() {
            [TemplatePart::OneOf(variants)] => variants,
            _ => std::slice::from_ref(self),
        }
    }
}

/// In which form a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Style {
    /// As people read it.
    Plain,
    /// `as long`: in full.
    Long,
    /// `as short`
    Short,
    /// `as iso`: the machine's form.
    Iso,
    /// `as relative`: "tomorrow", "in 3 days".
    Relative,
}

/// What is computed in a template or a condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Expression {
    /// A number.
    Number(f64),
    /// A dotted name.
    Reference(Path),
    /// `-x`
    Negate(Box<Expression>),
    /// `a OP b`
    Binary(Box<Expression>, Operator, Box<Expression>),
    /// A text in quotation marks.
    Text(String),
    /// `3 days`
    Span(Box<Expression>, Unit),
    /// `FUNCTION(a, …)`
    Call(Function, Vec<Expression>),
    /// `a > b`
    Compare(Box<Expression>, Comparison, Box<Expression>),
}

/// What spans of time are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Unit {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// The units by name; one more `s` is understood.
pub const UNITS: [(&str, Unit); 6] = [
    ("minute", Unit::Minute),
    ("hour", Unit::Hour),
    ("day", Unit::Day),
    ("week", Unit::Week),
    ("month", Unit::Month),
    ("year", Unit::Year),
];

/// A function of expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Function {
    Count,
    Lower,
    Upper,
    Length,
    Contains,
    Min,
    Max,
    Round,
}

/// The functions by name, each with the fewest and the most values that it takes.
pub const FUNCTIONS: [(&str, Function, usize, usize); 8] = [
    ("count", Function::Count, 1, 1),
    ("lower", Function::Lower, 1, 1),
    ("upper", Function::Upper, 1, 1),
    ("length", Function::Length, 1, 1),
    ("contains", Function::Contains, 2, 2),
    ("min", Function::Min, 1, 8),
    ("max", Function::Max, 1, 8),
    ("round", Function::Round, 1, 2),
];

/// An arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Remainder,
}
