//! A template as its author would write it: for translators, who are given texts and give texts back.

use std::fmt::Write as _;

use crate::ir::{Comparison, Expression, FUNCTIONS, Operator, Style, Template, TemplatePart, UNITS};

/// The text of a template; parsed again, it is the same template.
#[must_use]
pub fn unparse(template: &Template) -> String {
    let mut out = String::new();
    for part in &template.parts {
        // A dollar sign before a value would make an expression of it.
        if out.ends_with('$') && !out.ends_with("\\$") && !matches!(part, TemplatePart::Text(_)) {
            out.insert(out.len() - 1, '\\');
        }
        match part {
            TemplatePart::Text(text) => push_escaped(&mut out, text),
            TemplatePart::Value(path) => {
                let _ = write!(out, "{{{}}}", path.join("."));
            }
            TemplatePart::ValueOr(path, text) | TemplatePart::Conditional { path, text, .. } => {
                let _ = write!(out, "{{{}?", path.join("."));
                push_escaped(&mut out, text);
                out.push('}');
            }
            TemplatePart::Unless(path, text) => {
                let _ = write!(out, "{{{}!", path.join("."));
                push_escaped(&mut out, text);
                out.push('}');
            }
            TemplatePart::Styled { path, style, otherwise } => {
                let style = match style {
                    Style::Plain | Style::Long => "long",
                    Style::Short => "short",
                    Style::Iso => "iso",
                    Style::Relative => "relative",
                };
                let _ = write!(out, "{{{} as {style}", path.join("."));
                push_fallback(&mut out, otherwise);
                out.push('}');
            }
            TemplatePart::Expression { expression, fallback } => {
                out.push_str("${");
                push_expression(&mut out, expression);
                push_fallback(&mut out, fallback.as_deref().unwrap_or_default());
                out.push('}');
            }
            TemplatePart::OneOf(variants) => {
                if let Some(first) = variants.first() {
                    out.push_str(&unparse(first));
                }
            }
        }
    }
    out
}

fn push_fallback(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push('?');
        push_escaped(out, text);
    }
}

fn push_escaped(out: &mut String, text: &str) {
    for (at, c) in text.char_indices() {
        let opens = c == '$' && text[at + 1..].starts_with('{');
        if matches!(c, '{' | '}' | '\\') || opens {
            out.push('\\');
        }
        out.push(c);
    }
}

fn push_expression(out: &mut String, expression: &Expression) {
    let inner = |out: &mut String, expression: &Expression| {
        let simple = !matches!(expression, Expression::Binary(..) | Expression::Compare(..));
        if simple {
            push_expression(out, expression);
        } else {
            out.push('(');
            push_expression(out, expression);
            out.push(')');
        }
    };
    match expression {
        Expression::Number(number) => out.push_str(&super::number_text(*number)),
        Expression::Text(text) => {
            let _ = write!(out, "'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        }
        Expression::Reference(path) => out.push_str(&path.join(".")),
        Expression::Negate(negated) => {
            out.push('-');
            inner(out, negated);
        }
        Expression::Span(count, unit) => {
            inner(out, count);
            let name = UNITS.iter().find(|(_, known)| known == unit).map_or("", |(name, _)| name);
            let _ = write!(out, " {name}s");
        }
        Expression::Call(function, values) => {
            let name = FUNCTIONS.iter().find(|(_, known, ..)| known == function).map_or("", |(name, ..)| name);
            let _ = write!(out, "{name}(");
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                push_expression(out, value);
            }
            out.push(')');
        }
        Expression::Binary(left, operator, right) => {
            inner(out, left);
            let sign = match operator {
                Operator::Add => "+",
                Operator::Subtract => "-",
                Operator::Multiply => "*",
                Operator::Divide => "/",
                Operator::FloorDivide => "//",
                Operator::Remainder => "%",
            };
            let _ = write!(out, " {sign} ");
            inner(out, right);
        }
        Expression::Compare(left, comparison, right) => {
            inner(out, left);
            let sign = match comparison {
                Comparison::Equal => "=",
                Comparison::NotEqual => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            let _ = write!(out, " {sign} ");
            inner(out, right);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn what_is_written_again_is_the_same_template() {
        for text in [
            "Plain.",
            "{name}: {a.b} {day as short?soon} {x!none} {occasion?special}",
            "{doctor? with doctor} \\{no\\} $5 \\${x}",
            "${(a + 1) * 2?nothing} ${day + 2 days} ${count(list) > 2} ${upper('it\\'s')} ${-(a - 1)} ${a // 2 % 3}",
        ] {
            let template = parse(text).expect(text);
            let again = unparse(&template);
            assert_eq!(parse(&again).expect(&again), template, "{text} became {again}");
        }
    }
}
