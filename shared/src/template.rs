//! Templates: parsing (errors E001, E010–E012) and rendering. Rendering never fails.
//!
//! A template is text with `{name}`, `{name?text}`, `{name!text}` and `${expression}`. Where a template stands in a
//! source file, and what a name means in a conversation, is not known here.

mod evaluate;
mod expression;
mod parse;
mod render;
mod show;
mod unparse;

pub use expression::parse as parse_expression;
#[cfg(feature = "golden")]
pub(crate) use parse::conditional;
pub use parse::{TemplateError, parse};
pub use render::{Finding, Rendered, Scope, compute, number_text, numeric, render};
pub use show::{Types, View, value_text};
pub use unparse::unparse;

/// The longest arithmetic expression, in characters.
pub const MAX_EXPRESSION_CHARS: usize = 256;
/// How deep parentheses and signs may nest in an expression.
pub const MAX_EXPRESSION_DEPTH: usize = 32;
/// Numbers and results of arithmetic stay within ± this.
pub const MAX_EXPRESSION_VALUE: f64 = 1e9;
