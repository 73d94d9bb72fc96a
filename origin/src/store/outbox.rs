//! How the events of one transaction lie in the outbox: in one row where they are about the same, so that a turn costs one.

use serde_json::{Value, json};

use super::{BusEvent, Event, Result, StoreError};
use crate::bus::{catalog, heard};

/// The name of a row that holds several events.
const SEVERAL: &str = "several";

/// The rows for the events of one transaction.
pub(super) fn packed(events: &[Event]) -> Vec<Event> {
    let [first, rest @ ..] = events else { return Vec::new() };
    let same = |event: &Event| {
        (event.at, &event.tenant, &event.actor, &event.subject)
            == (first.at, &first.tenant, &first.actor, &first.subject)
    };
    if rest.is_empty() || !rest.iter().all(same) {
        return events.to_vec();
    }
    let several = events.iter().map(|event| json!([event.event, event.detail])).collect();
    vec![Event { event: SEVERAL.to_owned(), detail: Value::Array(several), ..first.clone() }]
}

/// What the outbox's rows are for.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Unpacked {
    /// For the audit log.
    pub(super) links: Vec<Event>,
    /// For listeners.
    pub(super) heard: Vec<BusEvent>,
}

impl Unpacked {
    /// Takes the row of a number.
    ///
    /// # Errors
    /// When the row does not hold what it must.
    pub(super) fn take(&mut self, row: u64, event: Event) -> Result<()> {
        for (place, event) in unpacked(event)?.into_iter().enumerate() {
            self.heard.extend(heard(&event, row, place));
            if catalog::is_audited(&event.event) {
                self.links.push(event);
            }
        }
        Ok(())
    }
}

fn unpacked(event: Event) -> Result<Vec<Event>> {
    if event.event != SEVERAL {
        return Ok(vec![event]);
    }
    let damaged = |error: serde_json::Error| StoreError::Damaged(format!("outbox.detail: {error}"));
    let several: Vec<(String, Value)> = serde_json::from_value(event.detail.clone()).map_err(damaged)?;
    Ok(several.into_iter().map(|(name, detail)| Event { event: name, detail, ..event.clone() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, subject: &str) -> Event {
        Event {
            at: 1,
            tenant: "t".into(),
            event: name.into(),
            actor: "a".into(),
            subject: subject.into(),
            detail: json!({"turn": 1}),
        }
    }

    #[test]
    fn events_of_one_thing_share_a_row_and_come_out_as_they_went_in() {
        let events = [event("conversation.created", "s"), event("turn.committed", "s")];
        let rows = packed(&events);
        assert_eq!(rows.len(), 1);
        assert_eq!(unpacked(rows[0].clone()).unwrap(), events);
        let apart = [event("one", "s"), event("two", "another")];
        assert_eq!(packed(&apart), apart);
        assert_eq!(packed(&apart[..1]), apart[..1]);
        assert_eq!(packed(&[]), []);
    }

    #[test]
    fn each_goes_where_it_is_kept() {
        let mut unpacked = Unpacked::default();
        let events = [event("conversation.created", "s"), event("turn.committed", "s"), event("game.published", "s")];
        for row in packed(&events) {
            unpacked.take(7, row).unwrap();
        }
        let links: Vec<_> = unpacked.links.iter().map(|link| link.event.as_str()).collect();
        let heard: Vec<_> = unpacked.heard.iter().map(|heard| heard.name.as_str()).collect();
        assert_eq!(links, ["conversation.created", "game.published"]);
        assert_eq!(heard, ["turn.committed", "game.published"]);
    }
}
