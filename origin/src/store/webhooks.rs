//! Webhooks: who wants to hear what, and what came of the deliveries.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Event, Result, StoreError, Urgency};
use crate::clock::Millis;
use crate::ids::{DataKeyId, WebhookId};

/// A webhook as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// The tenant whose events it hears.
    pub tenant: String,
    /// Counts its changes: a change is of the version that whoever makes it has seen.
    pub version: u64,
    /// Everything else.
    pub hook: Webhook,
}

/// Who wants to hear what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Webhook {
    /// What people call it.
    pub name: String,
    /// Where it is delivered to.
    pub url: String,
    /// Types and patterns; empty: everything.
    pub types: Vec<String>,
    /// Which priorities.
    pub urgency: Urgency,
    /// Whether it hears what was said.
    pub text: TextRight,
    /// Whether it is delivered to.
    pub state: WebhookState,
    /// What deliveries are signed with; two for a while after a rotation.
    pub secrets: Vec<WebhookSecret>,
    /// A range that is delivered once more.
    #[serde(default)]
    pub again: Option<Again>,
    /// Seconds without an answer after which games hear `timeout`, so that it can be told.
    #[serde(default)]
    pub follow_up_after_s: Option<u32>,
    /// Since when that is asked for.
    #[serde(default)]
    pub follow_up_since: Option<Millis>,
    /// When it was made.
    pub created_at: Millis,
    /// By whom.
    pub created_by: String,
}

/// Whether a webhook hears what persons said and were answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextRight {
    /// Facts alone.
    #[default]
    Withheld,
    /// Also the text of the turn that an event tells of.
    Included,
}

/// Whether a webhook is delivered to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum WebhookState {
    /// It is.
    Active,
    /// It is not; what happens meanwhile waits as long as events are kept.
    Paused {
        /// Why.
        why: String,
        /// Since when.
        since: Millis,
    },
}

/// What deliveries are signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookSecret {
    /// When it was made.
    pub made_at: Millis,
    /// Until when it is used, once there is a newer one.
    pub until: Option<Millis>,
    /// Where it lies.
    #[serde(flatten)]
    pub kept: SecretKept,
}

/// Where a secret lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKept {
    /// Among the data keys, wrapped by the key ring, and so rotated with it.
    Wrapped(DataKeyId),
    /// Here, in base64: there is no key ring.
    Plain(String),
}

/// A range of events that is delivered once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// After this sequence.
    pub after: u64,
    /// Up to this one.
    pub upto: u64,
    /// When it was asked for, which tells one from another.
    pub asked_at: Millis,
}

/// What came of deliveries in a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// Its number, given by the store.
    #[serde(default)]
    pub number: u64,
    /// When the last of them ended.
    pub at: Millis,
    /// The first event.
    pub first: u64,
    /// The last event.
    pub last: u64,
    /// How many.
    pub count: u64,
    /// How they ended.
    pub ended: DeliveryEnd,
    /// What the endpoint answered, if it did.
    pub status: Option<u16>,
    /// Why it failed, without anything that the endpoint said.
    pub why: Option<String>,
    /// How long the slowest took, milliseconds.
    pub took_ms: u64,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryEnd {
    /// It was taken.
    Delivered,
    /// It was not; it is tried again.
    Failed,
    /// It was a test, and taken.
    Tested,
    /// It was a test, and not taken.
    TestFailed,
}

/// Webhooks and the log of their deliveries.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Adds a webhook.
    async fn add_webhook(&self, row: WebhookRow, told: Event) -> Result<()>;

    /// The webhooks of a tenant, or of all, oldest first.
    async fn webhooks(&self, tenant: Option<&str>) -> Result<Vec<WebhookRow>>;

    /// Replaces a webhook that still has the version before `row`'s; false, and nothing is told, when it has not.
    async fn replace_webhook(&self, row: WebhookRow, told: Event) -> Result<bool>;

    /// Removes a webhook with its secrets, its places and its log; false when there is none.
    async fn remove_webhook(&self, tenant: &str, id: &WebhookId, told: Event) -> Result<bool>;

    /// Notes deliveries.
    async fn log_deliveries(&self, id: &WebhookId, rows: Vec<DeliveryRow>) -> Result<()>;

    /// The log of a webhook before a number, newest first, at most `limit` and [`super::MAX_PAGE`].
    async fn deliveries(&self, id: &WebhookId, before: u64, limit: u32) -> Result<Vec<DeliveryRow>>;

    /// Removes what was noted before a time; at most `limit`. Returns how many.
    async fn trim_deliveries(&self, before: Millis, limit: u32) -> Result<u64>;
}

impl DeliveryRow {
    /// As it is kept.
    pub(super) fn line(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| StoreError::Internal(error.to_string()))
    }

    /// Of such a line.
    pub(super) fn of_line(number: u64, line: &str) -> Result<DeliveryRow> {
        let row = serde_json::from_str::<DeliveryRow>(line);
        let row = row.map_err(|error| StoreError::Damaged(format!("deliveries.line: {error}")))?;
        Ok(DeliveryRow { number, ..row })
    }
}

impl Webhook {
    /// As it is kept.
    pub(super) fn definition(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| StoreError::Internal(error.to_string()))
    }

    /// Of such a text.
    pub(super) fn of_definition(text: &str) -> Result<Webhook> {
        serde_json::from_str(text).map_err(|error| StoreError::Damaged(format!("webhooks.definition: {error}")))
    }

    /// Whether it is delivered to.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == WebhookState::Active
    }
}

/// What the subjects of secrets begin with.
const SECRET_SUBJECT: &str = "webhook:";

impl WebhookRow {
    /// The subject, among the data keys, under which its secrets lie; each has the time when it was made after it.
    #[must_use]
    pub fn secret_subject(id: &WebhookId, made_at: Millis) -> String {
        format!("{SECRET_SUBJECT}{id}:{made_at}")
    }

    /// The webhook whose secret lies under that subject, where it is one.
    #[must_use]
    pub fn of_secret_subject(subject: &str) -> Option<&str> {
        subject.strip_prefix(SECRET_SUBJECT)?.split(':').next()
    }

    /// As it is in another store: what is delivered once more are events of this one.
    #[must_use]
    pub(super) fn elsewhere(mut self) -> WebhookRow {
        self.hook.again = None;
        self
    }

    /// The note that says how far it is. The store's own: another one has other sequences.
    #[must_use]
    pub fn note(id: &WebhookId) -> String {
        format!("{}webhook:{id}", super::LOCAL_SETTINGS)
    }

    /// The note of a range that is delivered once more.
    #[must_use]
    pub fn again_note(id: &WebhookId, again: &Again) -> String {
        format!("{}webhook:{id}:again:{}", super::LOCAL_SETTINGS, again.asked_at)
    }
}
