//! JSON schemas for the OpenAPI document, in few words.

use serde_json::{Map, Value, json};

/// An object. Names that begin with `?` may be missing; no others are taken.
pub(super) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for (name, schema) in fields {
        let plain = name.trim_start_matches('?');
        if plain == name {
            required.push(plain.to_owned());
        }
        properties.insert(plain.to_owned(), schema);
    }
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

pub(super) fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

pub(super) fn text() -> Value {
    json!({"type": "string"})
}

/// A text of 1 to `most` bytes without control characters.
pub(super) fn name(most: usize) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": most})
}

pub(super) fn one_of(values: &[&str]) -> Value {
    json!({"type": "string", "enum": values})
}

pub(super) fn whole() -> Value {
    json!({"type": "integer", "minimum": 0})
}

/// Milliseconds since 1970.
pub(super) fn time() -> Value {
    json!({"type": "integer", "format": "int64", "description": "milliseconds since 1970"})
}

pub(super) fn flag() -> Value {
    json!({"type": "boolean"})
}

/// An object of any members.
pub(super) fn any_object() -> Value {
    json!({"type": "object"})
}

/// Also null.
pub(super) fn or_null(mut schema: Value) -> Value {
    if let Some(kind) = schema.get("type").cloned() {
        schema["type"] = json!([kind, "null"]);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
    schema
}
