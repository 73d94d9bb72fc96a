use lgdl::entities::*;
use std::io::BufRead;
fn main() {
    let mut kinds = Kinds::NONE;
    for k in
        [Kind::Date, Kind::Time, Kind::DateTime, Kind::Duration, Kind::DateRange, Kind::TimeRange, Kind::DateTimeRange]
    {
        kinds = kinds.with(k);
    }
    for line in std::io::stdin().lock().lines() {
        let row: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let text = row["text"].as_str().unwrap();
        let now = row["now"].as_str().unwrap_or("2016-11-07T00:00:00");
        let reference = Reference {
            now: now.parse().unwrap(),
            offset_seconds: 0,
            direction: Direction::Future,
            language: if std::env::var("ES").is_ok() { Language::Spanish } else { Language::English },
        };
        let found = time::recognize(text, kinds, &reference);
        let entities: Vec<_> = found.iter().map(|e| {
            let Value::Time(t) = &e.readings[0] else { panic!() };
            let value = if let Some(p) = &t.point { serde_json::json!(p) } else if let Some((a, b)) = &t.range { serde_json::json!({"start": a, "end": b}) } else { serde_json::json!(t.seconds) };
            serde_json::json!({"start": e.start, "text": &text[e.start..e.end], "type": format!("{:?}", e.kind).to_lowercase(), "value": value, "timex": t.timex, "n": e.readings.len()})
        }).collect();
        println!("{}", serde_json::json!({"id": row["id"], "entities": entities}));
    }
}
