//! Reading expressions: `+ - * / // %`, comparisons, parentheses, signs, numbers, texts, dotted names, spans of time
//! and a few functions. What they come to is in `evaluate`.

use crate::decimal;
use crate::diagnostics::Code;
use crate::ir::{Comparison, Expression, FUNCTIONS, Operator, UNITS};

use super::evaluate::{NoValue, evaluate};
use super::parse::{TemplateError, is_path};
use super::{MAX_EXPRESSION_CHARS, MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_VALUE};

/// What may stand in an expression, for those who wrote something else.
const ALLOWED: &str = "there are + - * / // %, comparisons, ( ), numbers, texts, names and the functions \
                       count, lower, upper, length, contains, min, max, round";

/// Reads an expression; `start` is where it stands in the template or the file.
///
/// # Errors
/// The first problem of the text.
pub fn parse(source: &str, start: usize) -> Result<Expression, TemplateError> {
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
    let expression = parser.comparison()?;
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
        Expression::Number(_) | Expression::Text(_) => true,
        Expression::Reference(_) => false,
        Expression::Negate(inner) | Expression::Span(inner, _) => is_constant(inner),
        Expression::Binary(left, _, right) | Expression::Compare(left, _, right) => {
            is_constant(left) && is_constant(right)
        }
        Expression::Call(_, values) => values.iter().all(is_constant),
    }
}

/// What has the same value in every conversation is checked when the game is compiled.
fn check_constant(expression: &Expression, source: &str, start: usize) -> Result<(), TemplateError> {
    let error = |code, message: &str| Err(TemplateError::new(code, start, start + source.len(), message));
    match evaluate(expression, &|_| None, None) {
        Ok(_) => Ok(()),
        Err(NoValue::OutOfRange) => error(Code::ExpressionOutOfRange, "the result is beyond ±1,000,000,000"),
        Err(NoValue::Unusable) => {
            error(Code::TemplateSyntax, "this divides by zero, or computes with what is no number")
        }
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
        let known = |c: char| c.is_ascii_alphanumeric() || "_)(.,{+*/%-=<>\"'".contains(c);
        if !known(found) || (found == '(' && wanted.starts_with("an operator")) {
            return self
                .error(
                    Code::ForbiddenInExpression,
                    found.len_utf8(),
                    format!("`{found}` cannot stand in an expression"),
                )
                .hint(ALLOWED);
        }
        self.error(Code::TemplateSyntax, found.len_utf8(), format!("expected {wanted}, found `{found}`"))
    }

    fn comparison(&mut self) -> Result<Expression, TemplateError> {
        let left = self.sum()?;
        self.peek();
        let rest = &self.source[self.at..];
        const SIGNS: [(&str, Comparison); 6] = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("!=", Comparison::NotEqual),
            ("=", Comparison::Equal),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let Some((sign, comparison)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) else { return Ok(left) };
        self.at += sign.len();
        Ok(Expression::Compare(Box::new(left), *comparison, Box::new(self.sum()?)))
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
        let factor = factor?;
        let unit = matches!(factor, Expression::Number(_) | Expression::Reference(_) | Expression::Binary(..))
            .then(|| self.unit())
            .flatten();
        Ok(match unit {
            Some(unit) => Expression::Span(Box::new(factor), unit),
            None => factor,
        })
    }

    /// `days` behind a number.
    fn unit(&mut self) -> Option<crate::ir::Unit> {
        self.peek();
        let rest = &self.source[self.at..];
        let length = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let word = &rest[..length];
        let singular = word.strip_suffix('s').unwrap_or(word);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == singular)?;
        self.at += length;
        Some(*unit)
    }

    fn factor_inside(&mut self) -> Result<Expression, TemplateError> {
        const WANTED: &str = "a number, a text, a name or `(`";
        match self.peek() {
            None => Err(self.error(Code::TemplateSyntax, 0, format!("expected {WANTED}, found the end"))),
            Some('(') => {
                self.at += 1;
                let inner = self.comparison()?;
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
            Some(quote @ ('"' | '\'')) => self.text(quote),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.reference(),
            Some(found) => Err(self.unexpected(found, WANTED)),
        }
    }

    fn text(&mut self, quote: char) -> Result<Expression, TemplateError> {
        let mut text = String::new();
        let mut characters = self.source[self.at + 1..].char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                c if c == quote => {
                    self.at += 1 + at + 1;
                    return Ok(Expression::Text(text));
                }
                c => text.push(c),
            }
        }
        Err(self.error(Code::TemplateSyntax, 1, "this text is not closed".to_owned()))
    }

    /// `(value, …)` of a function, from the parenthesis on.
    fn call(&mut self, name: &str) -> Result<Expression, TemplateError> {
        let Some((_, function, least, most)) = FUNCTIONS.iter().find(|(known, ..)| *known == name) else {
            let from = TemplateError::new(
                Code::ForbiddenInExpression,
                self.start + self.at - name.len(),
                self.start + self.at,
                format!("there is no function `{name}`"),
            );
            return Err(from.hint(ALLOWED));
        };
        self.at += 1;
        let mut values = Vec::new();
        loop {
            if values.len() == *most {
                break;
            }
            values.push(self.comparison()?);
            if self.peek() != Some(',') {
                break;
            }
            self.at += 1;
        }
        match self.peek() {
            Some(')') if values.len() >= *least => {
                self.at += 1;
                Ok(Expression::Call(*function, values))
            }
            Some(found) => Err(self.unexpected(found, &format!("the {least} to {most} values of `{name}`, then `)`"))),
            None => Err(self.error(Code::TemplateSyntax, 0, "expected `)`, found the end".to_owned())),
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
        let value = decimal::read(&rest[..length]).unwrap_or(f64::INFINITY);
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
        if self.source[self.at..].starts_with('(') {
            let name = name.to_owned();
            return self.call(&name);
        }
        Ok(Expression::Reference(name.split('.').map(str::to_owned).collect()))
    }
}
