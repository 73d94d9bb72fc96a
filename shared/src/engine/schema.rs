//! A small subset of JSON Schema for what goes to a capability and what comes back.
//!
//! Understood: `type` (one or a list), `required`, `properties`, `additionalProperties: false`, `items`, `enum`, `const`,
//! `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength`, `minItems`, `maxItems`. Other keywords are ignored.

use serde_json::Value;

/// How deep a schema is followed.
const MAX_DEPTH: usize = 16;

/// Whether a value satisfies a schema.
pub(super) fn holds(schema: &Value, value: &Value) -> bool {
    check(schema, value, 0)
}

fn check(schema: &Value, value: &Value, depth: usize) -> bool {
    let Value::Object(keywords) = schema else {
        return *schema != Value::Bool(false);
    };
    if depth > MAX_DEPTH {
        return true;
    }
    keywords.iter().all(|(keyword, rule)| match keyword.as_str() {
        "type" => is_type(rule, value),
        "enum" => rule.as_array().is_none_or(|allowed| allowed.contains(value)),
        "const" => rule == value,
        "required" => required(rule, value),
        "properties" => properties(rule, value, depth),
        "additionalProperties" => additional(rule, keywords.get("properties"), value, depth),
        "items" => value.as_array().is_none_or(|items| items.iter().all(|item| check(rule, item, depth + 1))),
        "minimum" => bound(rule, value, |number, limit| number >= limit),
        "maximum" => bound(rule, value, |number, limit| number <= limit),
        "exclusiveMinimum" => bound(rule, value, |number, limit| number > limit),
        "exclusiveMaximum" => bound(rule, value, |number, limit| number < limit),
        "minLength" => size(rule, value.as_str().map(|text| text.chars().count()), |count, limit| count >= limit),
        "maxLength" => size(rule, value.as_str().map(|text| text.chars().count()), |count, limit| count <= limit),
        "minItems" => size(rule, value.as_array().map(Vec::len), |count, limit| count >= limit),
        "maxItems" => size(rule, value.as_array().map(Vec::len), |count, limit| count <= limit),
        _ => true,
    })
}

fn is_type(rule: &Value, value: &Value) -> bool {
    match rule {
        Value::String(name) => has_type(name, value),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(|name| has_type(name, value)),
        _ => true,
    }
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn required(rule: &Value, value: &Value) -> bool {
    let (Some(names), Some(object)) = (rule.as_array(), value.as_object()) else { return true };
    names.iter().filter_map(Value::as_str).all(|name| object.contains_key(name))
}

fn properties(rule: &Value, value: &Value, depth: usize) -> bool {
    let (Some(schemas), Some(object)) = (rule.as_object(), value.as_object()) else { return true };
    schemas.iter().all(|(name, schema)| object.get(name).is_none_or(|value| check(schema, value, depth + 1)))
}

fn additional(rule: &Value, properties: Option<&Value>, value: &Value, depth: usize) -> bool {
    let Some(object) = value.as_object() else { return true };
    let known = properties.and_then(Value::as_object);
    let surplus = object.iter().filter(|(name, _)| known.is_none_or(|known| !known.contains_key(name.as_str())));
    surplus.into_iter().all(|(_, value)| check(rule, value, depth + 1))
}

fn bound(rule: &Value, value: &Value, holds: fn(f64, f64) -> bool) -> bool {
    match (rule.as_f64(), value.as_f64()) {
        (Some(limit), Some(number)) => holds(number, limit),
        _ => true,
    }
}

fn size(rule: &Value, count: Option<usize>, holds: fn(usize, usize) -> bool) -> bool {
    match (rule.as_u64().and_then(|limit| usize::try_from(limit).ok()), count) {
        (Some(limit), Some(count)) => holds(count, limit),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_subset_is_checked() {
        let schema = json!({
            "type": "object",
            "required": ["email"],
            "properties": {
                "email": {"type": "string", "minLength": 3},
                "severity": {"type": "integer", "minimum": 1, "maximum": 10},
                "channel": {"enum": ["email", "sms"]},
                "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
            },
            "additionalProperties": false,
        });
        let check = |value: Value, expected: bool| assert_eq!(holds(&schema, &value), expected, "{value}");
        check(json!({"email": "a@b.c", "severity": 7, "channel": "sms", "tags": ["x"]}), true);
        check(json!({"severity": 7}), false);
        check(json!({"email": "a"}), false);
        check(json!({"email": "a@b.c", "severity": 11}), false);
        check(json!({"email": "a@b.c", "severity": 7.5}), false);
        check(json!({"email": "a@b.c", "channel": "fax"}), false);
        check(json!({"email": "a@b.c", "tags": [1]}), false);
        check(json!({"email": "a@b.c", "tags": ["a", "b", "c"]}), false);
        check(json!({"email": "a@b.c", "other": 1}), false);
        check(json!("text"), false);
    }

    #[test]
    fn schemas_that_are_none_refuse_nothing() {
        assert!(holds(&json!(true), &json!(1)));
        assert!(!holds(&json!(false), &json!(1)));
        assert!(holds(&json!({"type": 5, "required": "x", "unknown": []}), &json!({})));
    }
}
