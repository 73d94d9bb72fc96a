//! Golden dialogues that are brought up to date: what a turn's expectation becomes, and the file with that in its place.
//! Everything else of the file stays as its author wrote it.

use serde_json::{Map, Value, json};

use super::{Expectation, GoldenFile};
use crate::engine::{Outcome, TurnRecord};

/// Everything that a turn's record lets a dialogue expect.
#[must_use]
pub fn expectation_of(record: &TurnRecord) -> Map<String, Value> {
    let mut expect = Map::new();
    expect.insert("move".into(), json!(record.move_id));
    if let Some(part) = &record.part {
        expect.insert("part".into(), json!(part));
    }
    if let Some(slot) = &record.awaiting_slot {
        expect.insert("awaiting_slot".into(), json!(slot));
    }
    if record.slots_filled {
        expect.insert("slots_filled".into(), json!(true));
    }
    if !record.slots.is_empty() {
        expect.insert("slots".into(), Value::Object(record.slots.clone()));
    }
    if let Some(action) = &record.action {
        expect.insert("action".into(), json!(action));
    }
    if let Some(target) = &record.escalated_to {
        expect.insert("escalated_to".into(), json!(target));
    }
    if !record.response.is_empty() {
        expect.insert("response_contains".into(), json!([record.response]));
    }
    expect
}

impl Expectation {
    /// What is asked for, by key, with what the record has in the place of what it does not fulfil.
    #[must_use]
    pub fn fulfilled_by(&self, outcome: &Outcome) -> Map<String, Value> {
        let record = &outcome.record;
        let broken: Vec<String> = self.judge(outcome).into_iter().map(|mismatch| mismatch.what).collect();
        let is_broken = |what: &str| broken.iter().any(|broken| broken == what);
        let mut expect = Map::new();
        let mut put = |key: &str, wanted: Option<Value>, found: Value| {
            if let Some(wanted) = wanted {
                expect.insert(key.to_owned(), if is_broken(key) { found } else { wanted });
            }
        };
        put("move", self.move_id.as_ref().map(|name| json!(name)), json!(record.move_id));
        put("part", self.part.as_ref().map(|name| json!(name)), json!(record.part));
        let floor = (record.confidence * 100.0).floor() / 100.0;
        put("confidence", self.confidence.map(|bound| json!(bound.to_string())), json!(format!(">={floor}")));
        put("action", self.action.as_ref().map(|name| json!(name)), json!(record.action));
        let contained = (!self.response_contains.is_empty()).then(|| json!(self.response_contains));
        put("response_contains", contained, json!([record.response]));
        let kept: Vec<&String> = {
            let response = record.response.to_lowercase();
            self.response_excludes.iter().filter(|text| !response.contains(&text.to_lowercase())).collect()
        };
        put(
            "response_excludes",
            (!self.response_excludes.is_empty()).then(|| json!(self.response_excludes)),
            json!(kept),
        );
        put("awaiting_slot", self.awaiting_slot.as_ref().map(|name| json!(name)), json!(record.awaiting_slot));
        put("slots_filled", self.slots_filled.map(|filled| json!(filled)), json!(record.slots_filled));
        put("choices", self.choices.as_ref().map(|choices| json!(choices)), json!(record.choices));
        let attached = (!self.attachments.is_empty()).then(|| json!(self.attachments));
        put("attachments", attached, json!([]));
        put("stage", self.stage.as_ref().map(|stage| json!(stage)), json!(record.stage));
        let also: Vec<&String> = record.also.iter().map(|also| &also.move_id).collect();
        put("also", (!self.also.is_empty()).then(|| json!(self.also)), json!(also));
        put("escalated_to", self.escalated_to.as_ref().map(|name| json!(name)), json!(record.escalated_to));
        let triggered = self.firewall_triggered.map(|triggered| json!(triggered));
        put("firewall_triggered", triggered, json!(record.firewall_triggered));
        if !self.slots.is_empty() {
            let mut slots = self.slots.clone();
            slots.retain(|name, _| record.slots.contains_key(name) || !is_broken(&format!("slots.{name}")));
            for (name, value) in &mut slots {
                if let (true, Some(found)) = (is_broken(&format!("slots.{name}")), record.slots.get(name)) {
                    *value = found.clone();
                }
            }
            expect.insert("slots".into(), Value::Object(slots));
        }
        expect
    }
}

/// A map as YAML on one line: `{ move: book, response_contains: ["…"] }`.
#[must_use]
pub fn flow(map: &Map<String, Value>) -> String {
    if map.is_empty() {
        return "{}".to_owned();
    }
    let fields: Vec<String> =
        map.iter().map(|(key, value)| format!("{}: {}", scalar(key), flow_value(value))).collect();
    format!("{{ {} }}", fields.join(", "))
}

fn flow_value(value: &Value) -> String {
    match value {
        Value::Object(map) => flow(map),
        Value::Array(items) => format!("[{}]", items.iter().map(flow_value).collect::<Vec<_>>().join(", ")),
        Value::String(text) => scalar(text),
        other => other.to_string(),
    }
}

/// A text: bare where it is a plain name, else in the quotes of JSON, which YAML reads as well.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}

/// The file with new expectations for some of its turns, which are counted through all dialogues in their order.
/// `None` where the file is laid out in a way that cannot be changed without writing it anew.
#[must_use]
pub fn rewritten(yaml: &str, expectations: &[Option<Map<String, Value>>]) -> Option<String> {
    let starts = turn_starts(yaml);
    if starts.len() != expectations.len() {
        return None;
    }
    let mut out = yaml.to_owned();
    for (index, expectation) in expectations.iter().enumerate().rev() {
        let Some(expectation) = expectation else { continue };
        let end = starts.get(index + 1).copied().unwrap_or(yaml.len());
        let (from, to) = expectation_place(&yaml[starts[index]..end])?;
        let (from, to) = (starts[index] + from, starts[index] + to);
        let space = if out[..from].ends_with(':') { " " } else { "" };
        out.replace_range(from..to, &format!("{space}{}", flow(expectation)));
    }
    // What was written is read again: nothing but the expectations may have changed.
    let (before, after) = (GoldenFile::read(yaml.as_bytes()).ok()?, GoldenFile::read(out.as_bytes()).ok()?);
    let said = |file: &GoldenFile| -> Vec<String> {
        file.dialogs.iter().flat_map(|dialog| &dialog.turns).map(|turn| turn.input.clone()).collect()
    };
    (said(&before) == said(&after)).then_some(out)
}

/// Where the turns begin: the first bytes of their lines.
fn turn_starts(yaml: &str) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in yaml.split_inclusive('\n') {
        let inner = line.trim_start().trim_start_matches("- ").trim_start();
        let key = inner.strip_prefix('{').unwrap_or(inner).trim_start();
        if key.starts_with("input:") || key.starts_with("event:") {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

/// The bytes of the value of `expect:` in a turn.
fn expectation_place(turn: &str) -> Option<(usize, usize)> {
    const KEY: &str = "expect:";
    let key = match turn.trim_start().trim_start_matches("- ").starts_with('{') {
        true => flow_key(turn, KEY)?,
        false => block_key(turn, KEY)?,
    };
    let from = key + KEY.len();
    let value = turn[from..].trim_start_matches(' ');
    let start = turn.len() - value.len();
    if value.starts_with('{') {
        return Some((start, start + balanced(value)?));
    }
    if !value.starts_with(['\n', '\r', '#']) {
        return None;
    }
    // A block: every line behind it that stands further in.
    let indent = turn[..key].rsplit('\n').next().unwrap_or_default().len();
    let mut end = start;
    for (number, line) in value.split_inclusive('\n').enumerate() {
        let inside = line.trim().is_empty() || line.len() - line.trim_start().len() > indent;
        if number > 0 && !inside {
            break;
        }
        end += line.len();
    }
    let text = turn[start..end].trim_end().len();
    Some((from, start + text)).filter(|_| text > 0)
}

/// Where a line begins with a key.
fn block_key(turn: &str, key: &str) -> Option<usize> {
    let mut at = 0;
    for line in turn.split_inclusive('\n') {
        let inner = line.trim_start();
        if inner.starts_with(key) {
            return Some(at + line.len() - inner.len());
        }
        at += line.len();
    }
    None
}

/// Where a key stands in a map on one line, outside of texts.
fn flow_key(turn: &str, key: &str) -> Option<usize> {
    let (mut quote, mut escaped, mut before) = (None, false, ' ');
    for (at, c) in turn.char_indices() {
        match quote {
            Some('"') if c == '\\' && !escaped => escaped = true,
            Some(open) => {
                if c == open && !escaped {
                    quote = None;
                }
                escaped = false;
            }
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None if turn[at..].starts_with(key) && matches!(before, ' ' | ',' | '{') => return Some(at),
            None => {}
        }
        before = c;
    }
    None
}

/// The length of what stands between a brace and the one that closes it.
fn balanced(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0_usize, None, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some('"'), '\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(open), c) if c == open && !escaped => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        escaped = false;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"# A comment.
dialogs:
  - name: one
    turns:
      - input: "hi, expect: nothing"
        expect: { move: a, response_contains: ["x } y"] } # kept
      - input: again
        expect:
          move: b   # said of b
          slots: { n: 1 }
      - input: last
  - name: two
    turns:
      - { input: "flow", expect: { move: c } }
      - event: timeout
        expect: { move: d }
"#;

    #[test]
    fn only_the_expectations_that_are_new_change() {
        let new = |name: &str| Some(json!({ "move": name, "slots": { "a b": "no" } }).as_object().unwrap().clone());
        let out = rewritten(FILE, &[new("v"), new("w"), None, new("x"), new("y")]).unwrap();
        let wanted = FILE
            .replace("{ move: a, response_contains: [\"x } y\"] }", "{ move: v, slots: { \"a b\": \"no\" } }")
            .replace(
                "expect:\n          move: b   # said of b\n          slots: { n: 1 }",
                "expect:{ move: w, slots: { \"a b\": \"no\" } }",
            )
            .replace("{ move: c }", "{ move: x, slots: { \"a b\": \"no\" } }")
            .replace("{ move: d }", "{ move: \"y\", slots: { \"a b\": \"no\" } }")
            .replace("expect:{ move: w", "expect: { move: w");
        assert_eq!(out, wanted);
        assert_eq!(rewritten(FILE, &[None]), None);
    }
}
