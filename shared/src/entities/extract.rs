//! `lgdl extract`, without its input and output: a line of JSON in, a line of JSON out.

use jiff::civil::DateTime;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::time::Zone;
use super::{Conventions, Direction, Entity, Kind, Kinds, Language, Reference, Tenses, Value, recognize_by};

/// Every kind by the name it has on the command line and in the output.
const NAMES: [(&str, Kind); 20] = [
    ("number", Kind::Number),
    ("ordinal", Kind::Ordinal),
    ("percent", Kind::Percent),
    ("age", Kind::Age),
    ("money", Kind::Money),
    ("temperature", Kind::Temperature),
    ("dimension", Kind::Dimension),
    ("boolean", Kind::Boolean),
    ("email", Kind::Email),
    ("phone", Kind::Phone),
    ("url", Kind::Url),
    ("ip", Kind::Ip),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("datetime", Kind::DateTime),
    ("duration", Kind::Duration),
    ("daterange", Kind::DateRange),
    ("timerange", Kind::TimeRange),
    ("datetimerange", Kind::DateTimeRange),
    ("set", Kind::Set),
];

/// Why a line or an option could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// `--types` names something else.
    #[error("E200: no entity type is called {name:?}; the types are {}", names())]
    UnknownType {
        /// The name.
        name: String,
    },
    /// A line that is not an object with a text.
    #[error("E200: expected a line such as {{\"id\": \"1\", \"text\": \"…\"}}: {reason}")]
    Line {
        /// What the JSON reader said.
        reason: String,
    },
    /// A `now` that is no date and time.
    #[error("E200: {now:?} is no date and time; write it as 2016-11-07T00:00:00")]
    Now {
        /// What was given.
        now: String,
    },
}

fn names() -> String {
    NAMES.map(|(name, _)| name).join(", ")
}

/// Reads a list of types such as `number,duration`.
///
/// # Errors
/// [`ExtractError::UnknownType`] for the first name that is no type.
pub fn parse_types(list: &str) -> Result<Kinds, ExtractError> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).try_fold(Kinds::NONE, |kinds, name| {
        let kind = NAMES.iter().find(|(known, _)| *known == name);
        let (_, kind) = kind.ok_or_else(|| ExtractError::UnknownType { name: name.to_owned() })?;
        Ok(kinds.with(*kind))
    })
}

/// Reads a reference time such as `2016-11-07T00:00:00`.
///
/// # Errors
/// [`ExtractError::Now`] when it is none.
pub fn parse_now(now: &str) -> Result<DateTime, ExtractError> {
    now.trim_end_matches('Z').parse().map_err(|_| ExtractError::Now { now: now.to_owned() })
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Json,
    text: String,
    now: Option<String>,
}

/// Reads `{"id", "text", "now"?}` and gives `{"id", "entities": [{"start", "end", "text", "type", "value",
/// "resolution"}]}`, offsets in characters. A `now` in the line replaces that of `reference`.
///
/// # Errors
/// [`ExtractError`] when the line can't be read.
pub fn extract_line(line: &str, kinds: Kinds, reference: &Reference) -> Result<String, ExtractError> {
    extract_line_in(line, kinds, reference, None)
}

/// The same in a zone whose clocks are put forward and back.
///
/// # Errors
/// [`ExtractError`] when the line can't be read.
pub fn extract_line_in(
    line: &str,
    kinds: Kinds,
    reference: &Reference,
    zone: Option<&dyn Zone>,
) -> Result<String, ExtractError> {
    let line: Line = serde_json::from_str(line).map_err(|error| ExtractError::Line { reason: error.to_string() })?;
    let now = line.now.as_deref().map(parse_now).transpose()?;
    let reference = Reference { now: now.unwrap_or(reference.now), ..*reference };
    let mut position = Position::default();
    // Nobody has asked for these values: the sentence alone says whether its Tuesday has been.
    let conventions = Conventions { tenses: Tenses::Heeded, ..Conventions::default() };
    let entities: Vec<Json> = recognize_by(&line.text, kinds, &reference, zone, &conventions)
        .iter()
        .map(|entity| {
            let start = position.characters(&line.text, entity.start);
            let end = position.characters(&line.text, entity.end);
            describe(entity, &line.text, start, end)
        })
        .collect();
    Ok(json!({ "id": line.id, "entities": entities }).to_string())
}

/// The reference that `lgdl extract` takes when it is told nothing: an epoch, UTC, the coming side, English.
#[must_use]
pub fn default_reference() -> Reference {
    Reference {
        now: DateTime::constant(1970, 1, 1, 0, 0, 0, 0),
        offset_seconds: 0,
        direction: Direction::Future,
        language: Language::English,
        place: crate::entities::Place::DEFAULT,
    }
}

/// Turns byte offsets into character offsets, going through the text once when they ascend.
#[derive(Default)]
struct Position {
    byte: usize,
    characters: usize,
}

impl Position {
    fn characters(&mut self, text: &str, byte: usize) -> usize {
        if byte < self.byte {
            *self = Position::default();
        }
        self.characters += text[self.byte..byte].chars().count();
        self.byte = byte;
        self.characters
    }
}

fn describe(entity: &Entity, text: &str, start: usize, end: usize) -> Json {
    let name = NAMES.iter().find(|(_, kind)| *kind == entity.kind).map_or("", |(name, _)| name);
    let mut resolution = entity.readings.first().map_or_else(Map::new, resolution);
    if entity.readings.len() > 1 {
        resolution.insert("values".to_owned(), entity.readings.iter().map(plain).collect());
    }
    resolution.insert("confidence".to_owned(), json!(entity.confidence));
    json!({
        "start": start,
        "end": end,
        "text": &text[entity.start..entity.end],
        "type": name,
        "value": entity.readings.first().map_or(Json::Null, plain),
        "resolution": resolution,
    })
}

/// The value by itself.
#[must_use]
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Number { number: value, text } => text.as_ref().map_or_else(|| number(*value), |text| json!(text)),
        Value::Quantity { number: value, unit, currency: None } => json!({ "number": number(*value), "unit": unit }),
        Value::Quantity { number: value, unit, currency } => {
            json!({ "number": number(*value), "unit": unit, "currency": currency })
        }
        Value::Boolean(value) => json!(value),
        Value::Text { text, .. } => json!(text),
        Value::Time(time) => match (&time.point, &time.range, time.seconds) {
            (Some(point), ..) => json!(point),
            (None, Some((start, end)), _) => json!({ "start": start, "end": end }),
            (None, None, Some(seconds)) => number(seconds),
            (None, None, None) => json!(time.timex),
        },
    }
}

/// What is known beyond the value.
fn resolution(value: &Value) -> Map<String, Json> {
    let mut resolution = Map::new();
    let mut put = |key: &str, value: Json| resolution.insert(key.to_owned(), value);
    match value {
        Value::Number { .. } | Value::Boolean(_) => {
            put("value", plain(value));
        }
        Value::Quantity { number: value, unit, currency } => {
            put("value", number(*value));
            put("unit", json!(unit));
            if let Some(currency) = currency {
                put("isoCurrency", json!(currency));
            }
        }
        Value::Text { text, normal } => {
            put("value", json!(text));
            if let Some(normal) = normal {
                put("normal", json!(normal));
            }
        }
        Value::Time(time) => {
            put("timex", json!(time.timex));
            put("grain", json!(time.grain().name()));
            if let Some((start, end)) = &time.range {
                put("start", json!(start));
                put("end", json!(end));
            }
            if let Some(seconds) = time.seconds {
                put("seconds", number(seconds));
            }
        }
    }
    resolution
}

/// A whole number without a fraction, as people write it.
fn number(value: f64) -> Json {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value == value.trunc() && value.abs() <= EXACT { json!(value as i64) } else { json!(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_characters_and_the_id_comes_back() {
        let kinds = parse_types("number").unwrap();
        let out = extract_line(r#"{"id": 7, "text": "é 12 ñ 3.5"}"#, kinds, &default_reference()).unwrap();
        let out: Json = serde_json::from_str(&out).unwrap();
        assert_eq!(out["id"], 7);
        assert_eq!(out["entities"][0]["start"], 2);
        assert_eq!(out["entities"][0]["value"], 12);
        assert_eq!(out["entities"][1]["start"], 7);
        assert_eq!(out["entities"][1]["text"], "3.5");
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert!(parse_types("number,colour").unwrap_err().to_string().contains("colour"));
        assert!(extract_line("{}", Kinds::NONE, &default_reference()).is_err());
        let line = r#"{"text": "x", "now": "yesterday"}"#;
        assert!(extract_line(line, Kinds::NONE, &default_reference()).unwrap_err().to_string().contains("yesterday"));
    }
}
