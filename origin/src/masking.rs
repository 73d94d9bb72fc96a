//! Values of `sensitive` slots, masked wherever they stand: by value, not by field. A record has such a slot as [`MASKED`];
//! its value is in the state, and, as it was said, in the turn's texts.

use serde_json::{Map, Value};

/// What the engine puts in the place of a sensitive value.
pub const MASKED: &str = "***";

/// Sensitive values, as letters and digits alone: `4111-1111` is `4111 1111`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sensitive(Vec<String>);

impl Sensitive {
    /// The values that `state` holds under the names that `slots` has masked.
    #[must_use]
    pub fn of<'a>(slots: impl IntoIterator<Item = &'a Map<String, Value>>, state: &Value) -> Sensitive {
        let mut names: Vec<&str> = Vec::new();
        for slots in slots {
            names.extend(slots.iter().filter(|(_, value)| *value == MASKED).map(|(name, _)| name.as_str()));
        }
        let mut values = Vec::new();
        if !names.is_empty() {
            under(&names, state, &mut values);
        }
        // The longest first: a value may be a part of another.
        values.sort_by_key(|value: &String| std::cmp::Reverse(value.len()));
        values.dedup();
        Sensitive(values)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text with every value in it masked; `None`: there is none in it.
    #[must_use]
    pub fn mask(&self, text: &str) -> Option<String> {
        let spans = self.spans(text);
        if spans.is_empty() {
            return None;
        }
        let (mut masked, mut from) = (String::with_capacity(text.len()), 0);
        for (start, end) in spans {
            masked.push_str(&text[from..start]);
            masked.push_str(MASKED);
            from = end;
        }
        masked.push_str(&text[from..]);
        Some(masked)
    }

    /// Masks every text and number in a document.
    pub fn mask_all(&self, document: &mut Value) {
        match document {
            Value::String(text) => {
                if let Some(masked) = self.mask(text) {
                    *text = masked;
                }
            }
            Value::Number(number) if self.0.contains(&bare(&number.to_string())) => *document = MASKED.into(),
            Value::Array(items) => items.iter_mut().for_each(|item| self.mask_all(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.mask_all(member)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Where values stand, in bytes, in order and apart. A value is found only where words begin and end.
    fn spans(&self, text: &str) -> Vec<(usize, usize)> {
        let kept: Vec<(usize, usize, String)> = text
            .char_indices()
            .filter(|(_, c)| c.is_alphanumeric())
            .map(|(at, c)| (at, at + c.len_utf8(), c.to_lowercase().collect()))
            .collect();
        let joined: String = kept.iter().map(|(_, _, c)| c.as_str()).collect();
        // From a place in the joined text to the character that it comes from.
        let mut starts = Vec::with_capacity(kept.len() + 1);
        let mut length = 0;
        for (_, _, c) in &kept {
            starts.push(length);
            length += c.len();
        }
        let begins = |index: usize| index == 0 || kept[index - 1].1 != kept[index].0;
        let ends = |index: usize| index + 1 == kept.len() || kept[index].1 != kept[index + 1].0;
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for value in &self.0 {
            for (at, _) in joined.match_indices(value.as_str()) {
                let (Ok(first), end) = (starts.binary_search(&at), at + value.len()) else { continue };
                let last = match starts.binary_search(&end) {
                    Ok(next) => next - 1,
                    Err(_) if end == length => kept.len() - 1,
                    Err(_) => continue,
                };
                let (start, stop) = (kept[first].0, kept[last].1);
                let apart = spans.iter().all(|(from, to)| stop <= *from || *to <= start);
                if begins(first) && ends(last) && apart {
                    spans.push((start, stop));
                }
            }
        }
        spans.sort_unstable();
        spans
    }
}

/// Letters and digits alone, in lower case.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Collects what stands under any of the names, however deep.
fn under(names: &[&str], value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if names.contains(&name.as_str()) { scalars(member, found) } else { under(names, member, found) }
            }
        }
        // A list of pairs, as the engine keeps slots in the order in which they were filled.
        Value::Array(items) => match items.as_slice() {
            [Value::String(name), value] if names.contains(&name.as_str()) => scalars(value, found),
            items => items.iter().for_each(|item| under(names, item, found)),
        },
        _ => {}
    }
}

fn scalars(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text != MASKED => found.extend(Some(bare(text)).filter(|text| !text.is_empty())),
        Value::Number(number) => found.push(bare(&number.to_string())),
        Value::Array(items) => items.iter().for_each(|item| scalars(item, found)),
        // A slot's value is there as it was said and as it was understood; the rest is about it.
        Value::Object(members) => match (members.get("text"), members.get("value")) {
            (Some(text), Some(value)) => [text, value].into_iter().for_each(|one| scalars(one, found)),
            _ => members.values().for_each(|member| scalars(member, found)),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sensitive(value: Value) -> Sensitive {
        let slots = json!({"account": MASKED, "city": "Rome"});
        Sensitive::of(slots.as_object(), &json!({"slots": {"m": {"account": value, "city": "Rome"}}}))
    }

    #[test]
    fn a_value_is_masked_however_it_is_spelled_and_nothing_else_is() {
        let number = sensitive(json!("4111111111111111"));
        assert_eq!(number.mask("it is 4111 1111-1111 1111, in Rome").unwrap(), "it is ***, in Rome");
        assert_eq!(number.mask("4111111111111111").unwrap(), "***");
        assert_eq!(number.mask("it is 94111111111111111"), None, "another number");
        assert_eq!(sensitive(json!("Zoë O'Neill")).mask("I am zoë o’neill!").unwrap(), "I am ***!");
        assert_eq!(sensitive(json!(7)).mask("7 of 77, room 7").unwrap(), "*** of 77, room ***");
        assert_eq!(sensitive(json!("x")).mask("next"), None);
        assert!(sensitive(json!(MASKED)).is_empty());
        for odd in ["", "İ", "ß", "日本", "...", "🙂4111111111111111🙂"] {
            let masked = number.mask(odd);
            assert_eq!(masked.is_some(), odd.contains("4111"), "{odd}");
        }
    }

    #[test]
    fn every_text_of_a_document_is_masked() {
        let mut document =
            json!({"turns": [{"user_input": "12 34", "n": 1234, "m": 12345}], "state": {"account": "1234"}});
        sensitive(json!("1234")).mask_all(&mut document);
        assert_eq!(
            document,
            json!({"turns": [{"user_input": "***", "n": "***", "m": 12345}], "state": {"account": "***"}})
        );
    }
}
