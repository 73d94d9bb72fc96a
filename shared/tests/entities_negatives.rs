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

const TEMPLATES: &str = include_str!("entities/negative_templates.txt");
/// Most utterances made of one template.
const TEMPLATE_LIMIT: usize = 130;
/// Every kind there is.
const KINDS: &str = "number,ordinal,percent,age,money,temperature,dimension,boolean,email,phone,url,ip,date,time,datetime,\
                     duration,daterange,timerange,datetimerange,set";

/// A template's utterance: the `n`th combination of its words.
fn filled(template: &str, lists: &[(&str, Vec<&str>)], mut n: usize) -> (String, usize) {
    let (mut out, mut combinations, mut rest) = (String::new(), 1, template);
    while let Some((before, (name, behind))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        let (_, words) =
            lists.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no list is called {name}"));
        out.push_str(before);
        out.push_str(words[n % words.len()]);
        n /= words.len();
        combinations *= words.len();
        rest = behind;
    }
    out.push_str(rest);
    (out, combinations)
}

#[test]
fn nothing_is_found_in_ten_thousand_utterances_without_a_value() {
    let kinds = extract::parse_types(KINDS).unwrap();
    let mut lists: Vec<(&str, Vec<&str>)> = Vec::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for line in TEMPLATES.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((name, words)) = line.split_once(": ").filter(|(_, words)| words.contains('|')) {
            lists.push((name, words.split('|').map(str::trim).collect()));
            continue;
        }
        let (_, combinations) = filled(line, &lists, 0);
        let utterances = combinations.min(TEMPLATE_LIMIT);
        for k in 0..utterances {
            let (text, _) = filled(line, &lists, k * combinations / utterances);
            count += 1;
            let found = recognize(&text, kinds, &extract::default_reference());
            wrong.extend(found.iter().map(|e| format!("{text:?}: {:?} {:?}", e.kind, &text[e.start..e.end])));
        }
    }
    assert!(count >= 10_000, "only {count} utterances");
    assert!(wrong.is_empty(), "{} values in {count} utterances:\n{}", wrong.len(), wrong.join("\n"));
}
