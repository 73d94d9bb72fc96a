//! Sentences in which nothing, or only the right thing, may be found. The sentences are data.

use lgdl::entities::{extract, recognize};

const SENTENCES: &str = include_str!("entities/negatives.txt");

#[test]
fn nothing_is_found_where_nothing_is_said() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in SENTENCES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut fields = line.splitn(3, '|').map(str::trim);
        let (Some(types), Some(text), Some(expected)) = (fields.next(), fields.next(), fields.next()) else {
            panic!("a line without its three fields: {line}");
        };
        count += 1;
        let kinds = extract::parse_types(types).unwrap_or_else(|error| panic!("{line}: {error}"));
        let found: Vec<String> = recognize(text, kinds, &extract::default_reference())
            .iter()
            .map(|entity| {
                format!("{}:{}", format!("{:?}", entity.kind).to_lowercase(), &text[entity.start..entity.end])
            })
            .collect();
        if found.join(";") != expected {
            wrong.push(format!("{text:?}: expected {expected:?}, found {:?}", found.join(";")));
        }
    }
    assert!(count >= 200, "only {count} sentences");
    assert!(wrong.is_empty(), "{} of {count} sentences:\n{}", wrong.len(), wrong.join("\n"));
}
