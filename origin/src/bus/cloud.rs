//! Events as CloudEvents 1.0, in JSON.

use serde_json::{Value, json};

use super::catalog::Priority;
use crate::store::BusRow;

/// The media type of one of them.
pub const MEDIA: &str = "application/cloudevents+json";
/// Digits of a sequence: texts of them sort as the numbers do.
const SEQUENCE_DIGITS: usize = 20;

/// An event, with what the person said and was answered where whoever hears it has the right to that. `named` says what persons
/// are called outside: as in the audit log ([`crate::store::AuditLog::audit_name`]), so that a list of ids finds nobody.
#[must_use]
pub fn cloud_event(row: &BusRow, text: Option<Value>, named: impl Fn(&str) -> String) -> Value {
    let event = &row.event;
    let mut data = named_in(event.data.clone(), &named);
    if let Some(text) = text {
        data["text"] = text;
    }
    let source = match &event.game {
        Some(game) => format!("/tenants/{}/games/{game}", event.tenant),
        None => format!("/tenants/{}", event.tenant),
    };
    let mut document = json!({
        "specversion": "1.0",
        "id": event.id,
        "source": source,
        "type": kind_name(&event.name, event.version),
        "subject": named(&event.subject),
        "time": jiff::Timestamp::from_millisecond(event.at).map(|time| time.to_string()).unwrap_or_default(),
        "datacontenttype": "application/json",
        "sequence": sequence_text(row.sequence),
        "tenant": event.tenant,
    });
    if let Some(person) = &event.person {
        document["person"] = named(person).into();
    }
    if event.priority == Priority::High {
        document["priority"] = event.priority.name().into();
    }
    document["data"] = data;
    document
}

/// The same for every text that a value holds.
fn named_in(value: Value, named: &impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => named(&text).into(),
        Value::Array(items) => items.into_iter().map(|item| named_in(item, named)).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, named_in(value, named))).collect(),
        other => other,
    }
}

/// The type of an event as CloudEvents name it.
#[must_use]
pub fn kind_name(name: &str, version: u32) -> String {
    format!("lgdl.{name}.v{version}")
}

/// A sequence as text that sorts as the number does.
#[must_use]
pub fn sequence_text(sequence: u64) -> String {
    format!("{sequence:0width$}", width = SEQUENCE_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::catalog::{KINDS, Kept, Kind, Lasts};
    use crate::ids::EventId;
    use crate::store::BusEvent;

    fn row() -> BusRow {
        BusRow {
            sequence: 42,
            event: BusEvent {
                id: EventId::derive(&["x"]),
                name: "escalation.requested".into(),
                version: 1,
                tenant: "default".into(),
                at: 1_760_000_000_123,
                priority: Priority::High,
                subject: "conv_1".into(),
                game: Some("clinic".into()),
                conversation: Some("conv_1".into()),
                person: Some("person_1".into()),
                data: json!({"game": "clinic", "turn": 3, "move": "m", "to": "nurse"}),
            },
        }
    }

    #[test]
    fn an_event_has_what_the_specification_asks_for() {
        let event = cloud_event(&row(), None, str::to_owned);
        assert_eq!(
            event,
            json!({
                "specversion": "1.0",
                "id": EventId::derive(&["x"]).as_str(),
                "source": "/tenants/default/games/clinic",
                "type": "lgdl.escalation.requested.v1",
                "subject": "conv_1",
                "time": "2025-10-09T08:53:20.123Z",
                "datacontenttype": "application/json",
                "sequence": "00000000000000000042",
                "tenant": "default",
                "person": "person_1",
                "priority": "high",
                "data": {"game": "clinic", "turn": 3, "move": "m", "to": "nurse"},
            })
        );
        // Names of attributes: lower-case letters and digits, no more than twenty.
        for name in event.as_object().unwrap().keys() {
            assert!(name.len() <= 20 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{name}");
        }
        let with_text =
            cloud_event(&row(), Some(json!({"user_input": "person_1"})), |name| name.replace("person_1", "P"));
        assert_eq!(with_text["person"], "P", "named as the audit log names persons");
        assert_eq!(with_text["data"]["text"]["user_input"], "person_1", "what was said stays as it was said");
    }

    /// What the guide says of a type.
    fn described(kind: &Kind) -> String {
        let mut traits = Vec::new();
        if kind.kept == Kept::HeardAndAudited {
            traits.push("also in the audit log");
        }
        if kind.lasts == Lasts::BeyondErasure {
            traits.push("kept beyond the erasure");
        }
        if kind.priority == Priority::High {
            traits.push("priority `high`");
        }
        let traits = if traits.is_empty() { String::new() } else { format!(" ({})", traits.join("; ")) };
        let fields: Vec<_> = kind
            .fields
            .iter()
            .map(|field| format!("| `{}` | {} | {} |\n", field.name, field.holds.name(), field.help))
            .collect();
        let name = kind_name(kind.name, kind.version);
        format!(
            "### `{name}`\n\n{}{traits}\n\n| field | holds | which is |\n|---|---|---|\n{}",
            kind.help,
            fields.concat()
        )
    }

    #[test]
    fn the_guide_has_every_type_with_its_fields() {
        let guide = include_str!("../../../docs/events.md");
        let all: Vec<_> = KINDS.iter().map(described).collect();
        assert!(guide.contains(&all.join("\n")), "docs/events.md must say:\n\n{}", all.join("\n"));
        assert_eq!(guide.matches("### `lgdl.").count(), KINDS.len(), "docs/events.md names what is not there");
    }
}
