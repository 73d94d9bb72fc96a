use lgdl::entities::*;
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
    let a: Vec<String> = std::env::args().collect();
    let text = a[1].repeat(a[2].parse().unwrap());
    let n: usize = a[3].parse().unwrap();
    let mut c = 0;
    for _ in 0..n {
        c += time::recognize(&text, kinds, &reference).len();
    }
    println!("{c}");
}
