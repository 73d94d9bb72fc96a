//! How the audit log names persons: by pseudonyms under a key, so that a list of ids finds nobody in it. Every store names them
//! so where events become links.

use std::sync::{PoisonError, RwLock};

use lgdl::crypto::SecretKey;
use serde_json::Value;

use super::Event;
use crate::ids::{is_person_pseudonym, keyed_pseudonym};

/// How persons are named in new links.
#[derive(Debug, Default)]
pub enum AuditNames {
    /// By plain pseudonyms: nothing is sealed here.
    #[default]
    Plain,
    /// Under a key.
    Keyed(SecretKey),
    /// Under a key that is not at hand: no event becomes a link here. They wait for whoever has the key.
    Locked,
}

/// What a store remembers of it.
#[derive(Debug, Default)]
pub(super) struct Naming(RwLock<AuditNames>);

impl Naming {
    pub(super) fn set(&self, names: AuditNames) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
    }

    pub(super) fn is_locked(&self) -> bool {
        matches!(*self.names(), AuditNames::Locked)
    }

    /// What a pseudonym becomes in the log; anything else stays what it is.
    pub(super) fn named(&self, name: &str) -> String {
        match &*self.names() {
            AuditNames::Keyed(key) if is_person_pseudonym(name) => keyed_pseudonym(key.expose(), name),
            AuditNames::Keyed(_) | AuditNames::Plain | AuditNames::Locked => name.to_owned(),
        }
    }

    /// The same for everything that an event says.
    pub(super) fn named_in(&self, events: Vec<Event>) -> Vec<Event> {
        let named = |mut event: Event| {
            event.actor = self.named(&event.actor);
            event.subject = self.named(&event.subject);
            self.name_in(&mut event.detail);
            event
        };
        events.into_iter().map(named).collect()
    }

    fn name_in(&self, value: &mut Value) {
        match value {
            Value::String(text) if is_person_pseudonym(text) => *text = self.named(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.name_in(item)),
            Value::Object(members) => members.values_mut().for_each(|member| self.name_in(member)),
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn names(&self) -> std::sync::RwLockReadGuard<'_, AuditNames> {
        // A whole value is written at once.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::ids::person_pseudonym;

    #[test]
    fn persons_and_nobody_else_are_named_under_the_key() {
        let naming = Naming::default();
        let person = person_pseudonym("default", "ann@example.com");
        assert_eq!(naming.named(&person), person, "nothing is sealed");
        naming.set(AuditNames::Keyed(SecretKey::new([7; 32])));
        let named = naming.named(&person);
        assert!(named.starts_with("pseudonym_") && !named.contains(&person["person_".len()..]), "{named}");
        assert_eq!(naming.named(&named), named, "once is enough");
        let event = Event {
            at: 1,
            tenant: "default".into(),
            event: "person.erased".into(),
            actor: "cli".into(),
            subject: person.clone(),
            detail: json!({"of": [person, "person_to_person"], "count": 1}),
        };
        let event = naming.named_in(vec![event]).remove(0);
        assert_eq!((event.actor.as_str(), &event.subject), ("cli", &named));
        assert_eq!(event.detail, json!({"of": [named, "person_to_person"], "count": 1}));
        naming.set(AuditNames::Keyed(SecretKey::new([8; 32])));
        assert_ne!(naming.named(&person), named, "another key, another name");
    }
}
