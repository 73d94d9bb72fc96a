//! The recognizers: an ordinary utterance of 20 words, and texts of 4,096 characters that are hard on them.
//!
//! To hold: all recognizers over the utterance in under 20 µs; no text of 4,096 characters above 2 ms.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lgdl::entities::{extract, recognize};

const ALL: &str = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip,\
                   date,time,datetime,duration,daterange,timerange,datetimerange,set";

/// Twenty words each, as people say them: without a value, with one or two, and with as many as will go in.
const UTTERANCES: &[(&str, &str)] = &[
    ("plain", "I would like to know whether you can help me with the trouble that my neighbour has with his old car"),
    ("date", "hello there I need to see a doctor on the third of May because my left knee hurts a lot again"),
    (
        "time",
        "can you book a table for two people tomorrow at half past seven in the evening near the old station please",
    ),
    ("range", "we will be away from July 3 to July 9 so please do not deliver anything to our house that week"),
    (
        "money",
        "the new washing machine cost me three hundred and fifty dollars and it broke down after only two weeks of use",
    ),
    ("measure", "the room is about 12 feet by 10 feet and it is always 5 degrees colder than all of the others"),
    ("answer", "yes of course that would be fine with me but no earlier than nine because I have to take the kids"),
    (
        "contact",
        "you can reach my sister at 541-754-3010 or you can send an email to jo@example.com at any time of the day",
    ),
    ("often", "I take two tablets every other day in the morning and one every night before I go to bed with water"),
    (
        "number",
        "there were one hundred and twenty three people in the queue and only the first forty of them got a seat",
    ),
    (
        "rich",
        "my son is 12 years old, paid $20 for 3 kg of rice, call (541) 754-3010 or mail jo@example.com about 50% off",
    ),
];

/// The longest utterance that a turn takes.
const LENGTH: usize = 4096;

const HARD: &[(&str, &str)] = &[
    ("half", "half "),
    ("two", "two "),
    ("next", "next "),
    ("weekdays", "monday "),
    ("months", "may 5 "),
    ("spans", "from 3 to "),
    ("hours", "10:30 - "),
    ("letters apart", "a b c "),
    ("mixed", "on monday 5 km half $3 twenty and a.b 1/2 may "),
    ("a long url", "https://example.com/"),
    ("digits", "7"),
    ("groups", "123 "),
    ("commas", "1,"),
    ("dots", "1."),
    ("slashes", "1/2/"),
    ("hyphens", "12-"),
    ("brackets", "(12)"),
    ("plusses", "+1 "),
    ("one", "one "),
    ("and", "one hundred and "),
    ("scales", "hundred thousand million "),
    ("halves", "one and a half "),
    ("fractions", "twenty fifths "),
    ("minus", "minus -"),
    ("dollars", "$"),
    ("money", "$5 usd "),
    ("units", "5 km per "),
    ("at", "@"),
    ("emails", "a@b."),
    ("quotes", "\"@"),
    ("hosts", "a.b.c.d."),
    ("urls", "http://a.b/"),
    ("brackets in a url", "x.co/))"),
    ("colons", "1:"),
    ("apostrophes", "a'"),
    ("letters", "a"),
    ("not", "not "),
    ("degrees", "5 degrees "),
    ("emoji", "👌🏽"),
];

fn bench(c: &mut Criterion) {
    let reference = extract::default_reference();
    let kinds = extract::parse_types(ALL).expect("known types");
    let mut utterances = c.benchmark_group("utterance");
    utterances.sample_size(30).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    for (name, text) in UTTERANCES {
        utterances.bench_function(BenchmarkId::new(*name, "all"), |b| {
            b.iter(|| recognize(black_box(text), kinds, &reference));
        });
    }
    utterances.finish();

    let mut hard = c.benchmark_group("hard");
    hard.sample_size(10).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    for (name, piece) in HARD {
        let text: String = piece.chars().cycle().take(LENGTH).collect();
        hard.bench_function(BenchmarkId::new(*name, "all"), |b| {
            b.iter(|| recognize(black_box(&text), kinds, &reference));
        });
    }
    hard.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
