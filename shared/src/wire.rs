//! What travels: the HTTP types that clients see, and the protocol between edge and origin.

use serde_json::Value;

pub mod client;
pub mod node;
pub mod origin;
pub mod signature;
pub mod trace;

/// Whether a value holds a NUL: PostgreSQL keeps none, in text or in JSON, and nobody says one.
#[must_use]
pub fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(holds_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
