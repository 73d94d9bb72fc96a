//! Arithmetic in templates: `+ - * / // %`, parentheses, signs, numbers, dotted names. Reading and computing.

use serde_json::Value;

use crate::diagnostics::Code;
use crate::ir::{Expression, Operator};

use super::parse::{TemplateError, is_path};
use super::render::{Scope, numeric};
use super::{MAX_EXPRESSION_CHARS, MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_VALUE};

/// Why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoValue {
    /// A name without a numeric value, or a division by zero.
    Unusable,
    /// Beyond ± [`MAX_EXPRESSION_VALUE`].
    OutOfRange,
}

/// Computes an expression.
pub(super) fn evaluate(expression: &Expression, scope: Scope<'_, '_>) -> Result<f64, NoValue> {
    let value = match expression {
        Expression::Number(number) => *number,
        Expression::Reference(path) => {
            scope(path).as_deref().and_then(|value: &Value| numeric(value)).ok_or(NoValue::Unusable)?
        }
        Expression::Negate(inner) => -evaluate(inner, scope)?,
        Expression::Binary(left, operator, right) => {
            apply(evaluate(left, scope)?, *operator, evaluate(right, scope)?).ok_or(NoValue::Unusable)?
        }
    };
    if value.abs() <= MAX_EXPRESSION_VALUE { Ok(value) } else { Err(NoValue::OutOfRange) }
}

/// `//` rounds down and `%` takes the divisor's sign; dividing by zero has no value.
fn apply(left: f64, operator: Operator, right: f64) -> Option<f64> {
    let divides = matches!(operator, Operator::Divide | Operator::FloorDivide | Operator::Remainder);
    if divides && right == 0.0 {
        return None;
    }
    Some(match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::FloorDivide => (left / right).floor(),
        Operator::Remainder => {
            let remainder = left % right;
            if remainder != 0.0 && (remainder < 0.0) != (right < 0.0) { remainder + right } else { remainder }
        }
    })
}

/// Reads an expression; `start` is where it stands in the template.
pub(super) fn parse(source: &str, start: usize) -> Result<Expression, TemplateError> {
    let length = source.chars().count();
    if length > MAX_EXPRESSION_CHARS {
        return Err(TemplateError::new(
            Code::ExpressionTooLong,
            start,
            start + source.len(),
            format!("an expression has at most {MAX_EXPRESSION_CHARS} characters; this has {length}"),
        )
        .hint("compute part of it elsewhere"));
    }
    let mut parser = Parser { source, start, at: 0, depth: 0 };
    let expression = parser.sum()?;
    if let Some(found) = parser.peek() {
        return Err(parser.unexpected(found, "an operator or the end of the expression"));
    }
    if is_constant(&expression) {
        check_constant(&expression, source, start)?;
    }
    Ok(expression)
}

fn is_constant(expression: &Expression) -> bool {
    match expression {
        Expression::Number(_) => true,
        Expression::Reference(_) => false,
        Expression::Negate(inner) => is_constant(inner),
        Expression::Binary(left, _, right) => is_constant(left) && is_constant(right),
    }
}

/// What has the same value in every conversation is checked when the game is compiled.
fn check_constant(expression: &Expression, source: &str, start: usize) -> Result<(), TemplateError> {
    let error = |code, message: &str| Err(TemplateError::new(code, start, start + source.len(), message));
    match evaluate(expression, &|_| None) {
        Ok(_) => Ok(()),
        Err(NoValue::OutOfRange) => error(Code::ExpressionOutOfRange, "the result is beyond ±1,000,000,000"),
        Err(NoValue::Unusable) => error(Code::TemplateSyntax, "this divides by zero"),
    }
}

struct Parser<'t> {
    source: &'t str,
    start: usize,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// The next character that is no white space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.source[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.source[self.at..].chars().next()
    }

    fn error(&self, code: Code, length: usize, message: String) -> TemplateError {
        TemplateError::new(code, self.start + self.at, self.start + self.at + length, message)
    }

    fn unexpected(&self, found: char, wanted: &str) -> TemplateError {
        let forbidden = !matches!(found, ')' | '(' | '.' | ',' | '{')
            && !found.is_ascii_alphanumeric()
            && found != '_'
            && !matches!(found, '+' | '*' | '/' | '%' | '-');
        if forbidden || (found == '(' && wanted.starts_with("an operator")) {
            return self
                .error(Code::ForbiddenInExpression, found.len_utf8(), format!("`{found}` cannot stand in arithmetic"))
                .hint("there are + - * / // % ( ), numbers and names; no calls, subscripts or powers");
        }
        self.error(Code::TemplateSyntax, found.len_utf8(), format!("expected {wanted}, found `{found}`"))
    }

    fn operator(&mut self, sum: bool) -> Result<Option<Operator>, TemplateError> {
        let found = self.peek();
        let rest = &self.source[self.at..];
        if rest.starts_with("**") {
            return Err(self
                .error(Code::ForbiddenInExpression, 2, "there are no powers in template arithmetic".to_owned())
                .hint("multiply instead"));
        }
        let (operator, length) = match found {
            Some('+') if sum => (Operator::Add, 1),
            Some('-') if sum => (Operator::Subtract, 1),
            Some('*') if !sum => (Operator::Multiply, 1),
            Some('/') if !sum && rest.starts_with("//") => (Operator::FloorDivide, 2),
            Some('/') if !sum => (Operator::Divide, 1),
            Some('%') if !sum => (Operator::Remainder, 1),
            _ => return Ok(None),
        };
        self.at += length;
        Ok(Some(operator))
    }

    fn sum(&mut self) -> Result<Expression, TemplateError> {
        let mut left = self.product()?;
        while let Some(operator) = self.operator(true)? {
            left = Expression::Binary(Box::new(left), operator, Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expression, TemplateError> {
        let mut left = self.factor()?;
        while let Some(operator) = self.operator(false)? {
            left = Expression::Binary(Box::new(left), operator, Box::new(self.factor()?));
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Expression, TemplateError> {
        if self.depth == MAX_EXPRESSION_DEPTH {
            return Err(self.error(
                Code::ExpressionTooLong,
                1,
                format!("parentheses and signs nest at most {MAX_EXPRESSION_DEPTH} deep"),
            ));
        }
        self.depth += 1;
        let factor = self.factor_inside();
        self.depth -= 1;
        factor
    }

    fn factor_inside(&mut self) -> Result<Expression, TemplateError> {
        const WANTED: &str = "a number, a name or `(`";
        match self.peek() {
            None => Err(self.error(Code::TemplateSyntax, 0, format!("expected {WANTED}, found the end"))),
            Some('(') => {
                self.at += 1;
                let inner = self.sum()?;
                match self.peek() {
                    Some(')') => {
                        self.at += 1;
                        Ok(inner)
                    }
                    Some(found) => Err(self.unexpected(found, "an operator or `)`")),
                    None => Err(self.error(Code::TemplateSyntax, 0, "expected `)`, found the end".to_owned())),
                }
            }
            Some('-') => {
                self.at += 1;
                Ok(Expression::Negate(Box::new(self.factor()?)))
            }
            Some('+') => {
                self.at += 1;
                self.factor()
            }
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.reference(),
            Some(found) => Err(self.unexpected(found, WANTED)),
        }
    }

    fn number(&mut self) -> Result<Expression, TemplateError> {
        let rest = &self.source[self.at..];
        let whole = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let fraction = rest[whole..].strip_prefix('.').map_or(0, |digits| {
            match digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len()) {
                0 => 0,
                length => length + 1,
            }
        });
        let length = whole + fraction;
        let value: f64 = rest[..length].parse().unwrap_or(f64::INFINITY);
        if value > MAX_EXPRESSION_VALUE {
            let message = "numbers in arithmetic are at most 1,000,000,000".to_owned();
            return Err(self.error(Code::ExpressionOutOfRange, length, message));
        }
        self.at += length;
        Ok(Expression::Number(value))
    }

    fn reference(&mut self) -> Result<Expression, TemplateError> {
        let rest = &self.source[self.at..];
        let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
        let name = &rest[..length];
        if !is_path(name) {
            let message = format!("expected a name such as `price` or `result.price`, found `{name}`");
            return Err(self.error(Code::TemplateSyntax, length, message));
        }
        self.at += length;
        Ok(Expression::Reference(name.split('.').map(str::to_owned).collect()))
    }
}
