//! The recognizers: an ordinary utterance of 20 words, and texts of 4,096 characters that are hard on them.
//!
//! To hold: all recognizers over the utterance in under 20 µs; no text of 4,096 characters above 2 ms.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use lgdl::entities::{Kinds, extract, recognize};

const NUMBERS: &str = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip";
const TIMES: &str = "date,time,datetime,duration,daterange,timerange,datetimerange,set";

/// Twenty words without and with values.
const PLAIN: &str =
    "I would like to know whether you can help me with the trouble that my neighbour has with his old car";
const RICH: &str =
    "my son is 12 years old, paid $20 for 3 kg of rice, call (541) 754-3010 or mail jo@example.com about 50% off";

/// The longest utterance that a turn takes.
const LENGTH: usize = 4096;

const HARD: &[(&str, &str)] = &[
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

fn kinds(list: &str) -> Kinds {
    extract::parse_types(list).expect("known types")
}

fn bench(c: &mut Criterion) {
    let reference = extract::default_reference();
    let all = format!("{NUMBERS},{TIMES}");
    let mut utterances = c.benchmark_group("utterance");
    for (name, text) in [("plain", PLAIN), ("rich", RICH)] {
        for (set, list) in [("all", all.as_str()), ("numbers", NUMBERS), ("number", "number")] {
            let kinds = kinds(list);
            utterances.bench_function(BenchmarkId::new(name, set), |b| {
                b.iter(|| recognize(black_box(text), kinds, &reference));
            });
        }
    }
    utterances.finish();

    let mut hard = c.benchmark_group("hard");
    hard.sample_size(10).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300));
    for (name, piece) in HARD {
        let text: String = piece.chars().cycle().take(LENGTH).collect();
        for (set, list) in [("all", all.as_str()), ("numbers", NUMBERS)] {
            let kinds = kinds(list);
            hard.bench_function(BenchmarkId::new(*name, set), |b| {
                b.iter(|| recognize(black_box(&text), kinds, &reference));
            });
        }
    }
    hard.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
