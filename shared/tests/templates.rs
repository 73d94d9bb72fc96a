//! Templates: what they say for which values, and what is wrong with those that cannot be read.

use std::borrow::Cow;

use lgdl::template::{Rendered, View, parse, render, value_text};
use serde_json::{Value, json};

fn fill(template: &str, values: &Value) -> Rendered {
    let template = parse(template).unwrap_or_else(|errors| panic!("{template}: {errors:?}"));
    let scope = |path: &[String]| {
        let found = path.iter().try_fold(values, |value, name| value.get(name))?;
        Some(Cow::Borrowed(found))
    };
    render(&template, &scope, &View::default())
}

#[track_caller]
fn check(template: &str, values: Value, expected: &str) {
    let rendered = fill(template, &values);
    assert_eq!(rendered.text, expected, "{template}");
    assert_eq!(rendered.findings, [], "{template}");
}

/// What cannot be computed is shown as `expected` and recorded under the codes.
#[track_caller]
fn check_finding(template: &str, values: Value, expected: &str, codes: &[&str]) {
    let rendered = fill(template, &values);
    assert_eq!(rendered.text, expected, "{template}");
    assert_eq!(rendered.findings.iter().map(|found| found.code).collect::<Vec<_>>(), codes, "{template}");
}

/// Code and the piece of the text that each error points at.
#[track_caller]
fn check_errors(template: &str, expected: &[(&str, &str)]) {
    let errors = parse(template).expect_err(template);
    let found: Vec<(&str, &str)> =
        errors.iter().map(|error| (error.code.code(), &template[error.start..error.end])).collect();
    assert_eq!(found, expected, "{template}: {errors:?}");
}

#[test]
fn a_name_is_its_value_or_nothing() {
    check("Hello {name}!", json!({ "name": "Ann" }), "Hello Ann!");
    check("Hello {name}!", json!({}), "Hello !");
    check("Hello {name}!", json!({ "name": null }), "Hello !");
    check("{a.b.c}", json!({ "a": { "b": { "c": 3 } } }), "3");
    check("{ name }", json!({ "name": "Ann" }), "Ann");
}

#[test]
fn a_fallback_stands_in_for_a_missing_value() {
    check("{name?there}", json!({}), "there");
    check("{name?there}", json!({ "name": "Ann" }), "Ann");
    check("{name?there}", json!({ "name": "" }), "there");
    check("{user.name?valued customer}", json!({ "user": {} }), "valued customer");
    check("{price?99}", json!({ "price": 0 }), "0");
    check("{name?}", json!({}), "");
}

#[test]
fn text_that_holds_the_name_is_conditional() {
    check("an appointment{doctor? with doctor}.", json!({ "doctor": "Smith" }), "an appointment with Smith.");
    check("an appointment{doctor? with doctor}.", json!({}), "an appointment.");
    check("fever{temp? at temp°F}", json!({ "temp": 103.0 }), "fever at 103°F");
    check("{plan_name? Current plan: plan_name.}", json!({ "plan_name": "Gold" }), " Current plan: Gold.");
    check("{eta? eta}{eta! 30 minutes}", json!({ "eta": "noon" }), " noon");
    check("{eta? eta}{eta! 30 minutes}", json!({}), " 30 minutes");
    check("{n? n and n}", json!({ "n": 2 }), " 2 and 2");
}

#[test]
fn a_name_inside_a_longer_word_does_not_make_text_conditional() {
    check("{product?products}", json!({}), "products");
    check("{cart?my_cart}", json!({}), "my_cart");
}

#[test]
fn yes_shows_conditional_text_as_it_stands_and_no_shows_nothing() {
    for yes in [json!("yes"), json!("Yes"), json!(true), json!("true")] {
        check("it hurts{cough? with cough}", json!({ "cough": yes }), "it hurts with cough");
    }
    for no in [json!("no"), json!(false), json!("FALSE")] {
        check("it hurts{cough? with cough}", json!({ "cough": no }), "it hurts");
    }
}

#[test]
fn arithmetic_follows_the_usual_rules() {
    let values = || json!({ "a": 7, "b": 2, "text": " 2.5 ", "deep": { "er": 4 } });
    check("${a + b * 2}", values(), "11");
    check("${(a + b) * 2}", values(), "18");
    check("${a - b - 1}", values(), "4");
    check("${a / b}", values(), "3.5");
    check("${a // b}", values(), "3");
    check("${-a // b}", values(), "-4");
    check("${a % b}", values(), "1");
    check("${-a % b}", values(), "1");
    check("${a % -b}", values(), "-1");
    check("${-(-a)} ${+b} ${--b}", values(), "7 2 2");
    check("${text * 2}", values(), "5");
    check("${deep.er + 1}", values(), "5");
    check("${0.1 + 0.2}", values(), "0.3");
    check("${1 / 3}", values(), "0.333333");
    check("${0 * -1}", values(), "0");
    check("costs $5, {a}$", values(), "costs $5, 7$");
}

#[test]
fn what_cannot_be_computed_shows_the_fallback_or_a_dash() {
    check_finding("total ${price * 2}.", json!({}), "total —.", &["E001"]);
    check_finding("total ${price * 2?unknown}.", json!({}), "total unknown.", &["E001"]);
    check_finding("${price * 2}", json!({ "price": "many" }), "—", &["E001"]);
    check_finding("${price * 2}", json!({ "price": [1] }), "—", &["E001"]);
    check_finding("${1 / zero}${1 % zero}${1 // zero}", json!({ "zero": 0 }), "———", &["E001", "E001", "E001"]);
    check_finding("${big * 1000}", json!({ "big": 10_000_000 }), "—", &["E012"]);
    check_finding("${big}", json!({ "big": "inf" }), "—", &["E001"]);
    check_finding("${big}", json!({ "big": "1e5" }), "—", &["E001"]);
}

#[test]
fn values_are_shown_as_people_write_them() {
    for (value, shown) in [
        (json!(8), "8"),
        (json!(8.0), "8"),
        (json!(-0.0), "0"),
        (json!(7.25), "7.25"),
        (json!(0.1), "0.1"),
        (json!(12_345_678_901_234_i64), "12345678901234"),
        (json!(true), "yes"),
        (json!(false), "no"),
        (json!(["a"]), "a"),
        (json!(["a", "b"]), "a and b"),
        (json!(["a", "b", 3]), "a, b and 3"),
        (json!({ "amount": 12.5, "currency": "EUR" }), "€12.50"),
        (json!({ "value": 5, "unit": "km" }), "5 km"),
        (json!({ "text": "two hours ago", "value": "PT2H" }), "two hours ago"),
        (json!({ "found": true, "n": 2 }), "found: yes, n: 2"),
    ] {
        assert_eq!(value_text(&value, None, &View::default()), shown, "{value}");
    }
}

#[test]
fn a_value_is_never_read_as_template_text() {
    check("{a}", json!({ "a": "{b} ${1 + 1}", "b": "x" }), "{b} ${1 + 1}");
    check("{a? is a}", json!({ "a": "{b}", "b": "x" }), " is {b}");
}

#[test]
fn signs_that_are_escaped_stand_for_themselves() {
    check("\\{a\\} \\${a} \\\\", json!({ "a": 1 }), "{a} $1 \\");
    check("{a?\\}}", json!({}), "}");
    check("a } b", json!({}), "a } b");
}

#[test]
fn unreadable_templates_say_where_and_all_at_once() {
    check_errors("{", &[("E001", "{")]);
    check_errors("a {b and {c}", &[("E001", "{")]);
    check_errors("{} {9} {a b} ok {c-}", &[("E001", ""), ("E001", "9"), ("E001", "b"), ("E001", "-")]);
    check_errors("{a.} {.a} {a..b}", &[("E001", "a."), ("E001", ".a"), ("E001", "a..b")]);
    check_errors("${1 +} ${} ${a b} ${(1}", &[("E001", ""), ("E001", ""), ("E001", "b"), ("E001", "")]);
    check_errors("${a ** 2}", &[("E010", "**")]);
    check_errors("${f(1)} ${a[0]} ${a & 1} ${'x}", &[("E010", "f"), ("E010", "["), ("E010", "&"), ("E001", "'")]);
    check_errors("${1000000001} ${999999999 * 9}", &[("E012", "1000000001"), ("E012", "999999999 * 9")]);
}

#[test]
fn an_expression_keeps_to_its_limits() {
    let sum = |terms: usize| format!("${{{}1}}", "1+".repeat(terms));
    assert!(parse(&sum(127)).is_ok());
    assert_eq!(parse(&sum(128)).expect_err("too long")[0].code.code(), "E011");
    let nested = |depth: usize| format!("${{{}1{}}}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(31)).is_ok());
    assert_eq!(parse(&nested(32)).expect_err("too deep")[0].code.code(), "E011");
    let signs = format!("${{{}1}}", "-".repeat(200));
    assert_eq!(parse(&signs).expect_err("too deep")[0].code.code(), "E011");
}
