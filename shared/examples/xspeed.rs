use lgdl::entities::*;
use std::time::Instant;
fn main() {
    let mut kinds = Kinds::NONE;
    for k in
        [Kind::Date, Kind::Time, Kind::DateTime, Kind::Duration, Kind::DateRange, Kind::TimeRange, Kind::DateTimeRange]
    {
        kinds = kinds.with(k);
    }
    let reference = Reference {
        now: "2016-11-07T16:12:00".parse().unwrap(),
        offset_seconds: 0,
        direction: Direction::Future,
        language: Language::English,
    };
    let cases = [
        ("no time", "I would like to upgrade my subscription because the current plan does not let me invite all of my team members please".to_string()),
        ("one time", "my chest has been hurting quite a lot since this morning and it is about eight out of ten when I breathe".to_string()),
        ("some times", "please book a table for four people next Tuesday at half past seven in the evening or on Friday between 6 and 8".to_string()),
        ("dense", "from the 3rd to the 5th of May 2017 at 3 pm for 2 hours and 30 minutes every week until the end of next year".to_string()),
    ];
    for (name, text) in &cases {
        let n = 20000;
        let t = Instant::now();
        let mut c = 0;
        for _ in 0..n {
            c += time::recognize(text, kinds, &reference).len();
        }
        println!("{name:12} {:7.2} us  {} entities", t.elapsed().as_secs_f64() * 1e6 / n as f64, c / n);
    }
    for unit in [
        "1 ",
        "1-",
        "1/",
        "the ",
        "1 day ",
        "1 day and ",
        "from 3 to ",
        "monday ",
        "monday 3 to ",
        "may 5 ",
        "first ",
        "last ",
        "the last week of ",
        "in the ",
        "between 3 and ",
        "2 ",
        "twenty ",
        "3 pm ",
        "3 pm to ",
        "1:30 ",
        "tomorrow at 3 to ",
        "end of ",
        "before ",
        "one hundred ",
        "2016 ",
        "2016-",
        "next ",
        "the first week of may ",
        "new year ",
        "a ",
        "at 3 ",
        "tonight 3 ",
        "5 minutes past ",
        "half past ",
        "after ",
        "3 days after ",
    ] {
        let text = unit.repeat(4096 / unit.len());
        let mut best = f64::MAX;
        for _ in 0..5 {
            let t = Instant::now();
            std::hint::black_box(time::recognize(&text, kinds, &reference));
            best = best.min(t.elapsed().as_secs_f64() * 1e6);
        }
        let half = &text[..text.len() / 2 / unit.len() * unit.len()];
        let mut hb = f64::MAX;
        for _ in 0..5 {
            let t = Instant::now();
            std::hint::black_box(time::recognize(half, kinds, &reference));
            hb = hb.min(t.elapsed().as_secs_f64() * 1e6);
        }
        println!("{unit:28} {best:9.0} us  half {hb:9.0}");
    }
}
