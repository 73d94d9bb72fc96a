//! Number phrases, with what they come to.

use super::*;
use crate::entities::Language;
use crate::entities::grammar::Grammar;

fn check_in(language: Language, text: &str, expected: &[(&str, f64)]) {
    let u = Utterance::new(text, Grammar::of(language));
    let found: Vec<(&str, f64)> = find(&u, &candidates(&u))
        .iter()
        .map(|phrase| (&text[u.tokens.span(phrase.start..phrase.end)], phrase.amount.value()))
        .collect();
    assert_eq!(found, expected, "{text:?}");
}

fn check(text: &str, value: f64) {
    check_in(Language::English, text, &[(text, value)]);
}

fn check_spanish(text: &str, value: f64) {
    check_in(Language::Spanish, text, &[(text, value)]);
}

#[test]
fn words_add_up_as_they_are_said() {
    check("twelve hundred and fifty", 1250.0);
    check("two million three hundred thousand and five", 2_300_005.0);
    check("one hundred and twenty-one thousand", 121_000.0);
    check("a hundred", 100.0);
    check("a thousand and one", 1001.0);
    check("twenty-one lakh", 2_100_000.0);
    check("minus forty", -40.0);
    check("nine hundred ninety-nine billion", 999e9);
}

#[test]
fn digits_take_marks_multipliers_and_exponents() {
    check("1,250.75", 1250.75);
    check("1.5 million", 1_500_000.0);
    check("2.5k", 2500.0);
    check("10M", 1e7);
    check("1e-3", 0.001);
    check("2^10", 1024.0);
    check("-.5", -0.5);
    check("12,5", 12.5);
    check("3 hundred", 300.0);
}

#[test]
fn fractions_come_in_every_spelling() {
    check("half", 0.5);
    check("a third", 1.0 / 3.0);
    check("a millionth", 1e-6);
    check("one ten thousandth", 1e-4);
    check_in(Language::English, "a third person", &[]);
    check("a quarter", 0.25);
    check("three quarters", 0.75);
    check("two-thirds", 2.0 / 3.0);
    check("½", 0.5);
    check("2½", 2.5);
    check("5 2/3", 17.0 / 3.0);
    check("one and a half", 1.5);
    check("two and a half million", 2_500_000.0);
    check("half a million", 500_000.0);
    check("half a dozen", 6.0);
    check("one and a half dozen", 18.0);
    check("a dozen and a half", 18.0);
    check("two dozen and a half", 30.0);
    check("five point two five", 5.25);
    check("one point five million", 1_500_000.0);
    check("8 out of 10", 0.8);
}

#[test]
fn what_stands_apart_stays_apart() {
    check_in(Language::English, "three or four", &[("three", 3.0), ("four", 4.0)]);
    check_in(Language::English, "one two three", &[("one", 1.0), ("two", 2.0), ("three", 3.0)]);
    check_in(Language::English, "1, 2 and 3", &[("1", 1.0), ("2", 2.0), ("3", 3.0)]);
    check_in(Language::English, "7 - 3", &[("7", 7.0), ("3", 3.0)]);
    check_in(Language::English, "5-10", &[("5", 5.0), ("10", 10.0)]);
}

#[test]
fn what_only_looks_like_a_number_is_left() {
    for text in ["29km", "COVID-19", "A1", "which one", "one of them", "no one", "hundreds", "4th", "v2", "a", "and"] {
        check_in(Language::English, text, &[]);
    }
}

#[test]
fn spanish_is_the_same_code_with_other_data() {
    check_spanish("treinta y uno", 31.0);
    check_spanish("mil doscientos cincuenta", 1250.0);
    check_spanish("dos millones trescientos mil cinco", 2_300_005.0);
    check_spanish("ciento veintitrés", 123.0);
    check_spanish("cien mil", 100_000.0);
    check_spanish("dos y medio", 2.5);
    check_spanish("medio millón", 500_000.0);
    check_spanish("tres cuartos", 0.75);
    check_spanish("un tercio", 1.0 / 3.0);
    check_spanish("1.250,75", 1250.75);
    check_spanish("menos cinco", -5.0);
    check_spanish("tres coma cinco", 3.5);
    check_spanish("media docena", 6.0);
    check_spanish("docena y media", 18.0);
    check_spanish("una docena y media", 18.0);
    check_spanish("diecisiete", 17.0);
    check_spanish("mil novecientos ochenta y cuatro", 1984.0);
}
