//! What an event of the outbox becomes on the bus.

use serde_json::Map;

use super::catalog::{Lasts, heard_as};
use crate::ids::{ConversationId, EventId, is_person_pseudonym};
use crate::store::{BusEvent, Event};

/// What is heard of an event of the outbox, if anything is: the `place`th of the outbox's row `row`.
#[must_use]
pub fn heard(event: &Event, row: u64, place: usize) -> Option<BusEvent> {
    let kind = heard_as(&event.event)?;
    let person = [&event.actor, &event.subject].into_iter().find(|name| is_person_pseudonym(name));
    let conversation = event.subject.starts_with(ConversationId::PREFIX).then_some(&event.subject);
    let mut data = Map::new();
    for field in kind.fields {
        if let Some(value) = event.detail.get(field.name).filter(|value| !value.is_null()) {
            data.insert(field.name.to_owned(), value.clone());
        }
    }
    let tied = kind.lasts == Lasts::WithItsSubject;
    if !tied {
        let name = if conversation.is_some() { "conversation" } else { "person" };
        data.insert(name.to_owned(), event.subject.clone().into());
    }
    let at = event.at.to_string();
    let (row, place) = (row.to_string(), place.to_string());
    Some(BusEvent {
        id: EventId::derive(&[&event.tenant, &event.subject, kind.name, &at, &row, &place]),
        name: kind.name.to_owned(),
        version: kind.version,
        tenant: event.tenant.clone(),
        at: event.at,
        priority: kind.priority,
        subject: event.subject.clone(),
        game: event.detail.get("game").and_then(|game| game.as_str()).map(str::to_owned),
        conversation: conversation.filter(|_| tied).cloned(),
        person: person.filter(|_| tied).cloned(),
        data: data.into(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::person_pseudonym;

    fn event(name: &str, subject: &str, detail: serde_json::Value) -> Event {
        Event {
            at: 7,
            tenant: "default".into(),
            event: name.into(),
            actor: "adm_1".into(),
            subject: subject.into(),
            detail,
        }
    }

    #[test]
    fn only_declared_fields_are_heard() {
        let person = person_pseudonym("default", "u");
        let told = event(
            "consent.changed",
            &person,
            json!({"game": "g", "given": true, "note": "on the phone", "consent": null}),
        );
        let heard = heard(&told, 1, 0).unwrap();
        assert_eq!(heard.data, json!({"game": "g", "given": true}));
        assert_eq!((heard.game.as_deref(), heard.person.as_deref()), (Some("g"), Some(person.as_str())));
    }

    #[test]
    fn what_tells_of_an_erasure_is_tied_to_nobody() {
        let person = person_pseudonym("default", "u");
        let heard_of = |told: &Event| heard(told, 1, 0).unwrap();
        let erased = heard_of(&event("person.erased", &person, json!({"erasure": "ers_1"})));
        assert_eq!((erased.person, erased.data), (None, json!({"person": person})));
        let conversation = ConversationId::derive("default", "g", "c").to_string();
        let ended = heard_of(&event("conversation.deleted", &conversation, json!({})));
        assert_eq!((ended.conversation, ended.data), (None, json!({"conversation": conversation})));
    }

    #[test]
    fn an_id_is_the_same_again_for_the_same_and_another_for_another() {
        let told = event("game.published", "g", json!({"version": "v"}));
        let ids = [(1, 0), (1, 1), (2, 0)].map(|(row, place)| heard(&told, row, place).unwrap().id);
        assert_eq!(ids[0], heard(&told, 1, 0).unwrap().id);
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
        assert!(heard(&event("key.created", "k", json!({})), 1, 0).is_none());
    }
}
