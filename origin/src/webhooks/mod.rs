//! Webhooks: events delivered to an address, signed by the Standard Webhooks specification.
//!
//! Each is a [`Consumer`](crate::consumer::Consumer) of the event bus, with a place of its own: a slow one falls behind alone. What is
//! done with them (`make`, `rotate`, …) is the same for the admin API and the command line.

mod deliver;
mod keep;
mod secret;
mod sign;

use std::ops::RangeInclusive;

use http::Uri;
use serde_json::json;

use crate::audit::events;
use crate::bus::{PatternError, names};
use crate::clock::{HOUR_MS, Millis};
use crate::config::Config;
use crate::consumer::{EndpointError, begin_at};
use crate::ids::WebhookId;
use crate::outbound::{NotAllowed, Reach};
use crate::privacy::Protection;
use crate::random::Random;
use crate::store::{Again, Event, Store, StoreError, TextRight, Urgency, Webhook, WebhookRow, WebhookState};

pub use deliver::{Tested, try_out};
pub use keep::{Driven, keep, oldest_unheard};
pub use sign::{ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// Webhooks that one tenant may have.
pub const MAX_WEBHOOKS: usize = 100;
/// The longest name.
pub const MAX_NAME_CHARS: usize = 100;
/// The longest address.
pub const MAX_URL_BYTES: usize = 2_048;
/// How long the secret of before goes on signing after a rotation, where nothing is said.
pub const OVERLAP_HOURS: u32 = 24;
/// The longest that it may.
pub const MAX_OVERLAP_HOURS: u32 = 24 * 7;
/// The least and the most seconds without an answer after which games hear `timeout`.
pub const FOLLOW_UP_S: RangeInclusive<u32> = 10..=86_400;
/// How long deliveries are tried before a webhook is paused.
pub const TRIED_FOR_MS: Millis = 72 * HOUR_MS;

/// Why something was not done with a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such type of event.
    #[error("E552 {0}")]
    Types(#[from] PatternError),
    /// The address must not be called.
    #[error("E551 {0}; LGDL_WEBHOOK_PRIVATE=true allows it")]
    Address(#[from] NotAllowed),
    /// What was asked for is not possible, and why.
    #[error("E553 {0}")]
    Refused(String),
    /// There is no such webhook.
    #[error("E554 there is no such webhook")]
    Unknown,
    /// Somebody else changed it meanwhile.
    #[error("E555 somebody else has changed this webhook meanwhile; look at it and try again")]
    Changed,
}

/// A webhook to be made.
#[derive(Debug, Clone)]
pub struct NewWebhook<'a> {
    /// What people call it.
    pub name: &'a str,
    /// Where it is delivered to.
    pub url: &'a str,
    /// Types and patterns; none: everything.
    pub types: Vec<String>,
    /// Which priorities.
    pub urgency: Urgency,
    /// Whether it hears what was said.
    pub text: TextRight,
    /// Seconds without an answer after which games hear `timeout`.
    pub follow_up_after_s: Option<u32>,
}

/// Who does something with webhooks, where and when.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// The store.
    pub store: &'a dyn Store,
    /// How rows are sealed.
    pub protection: &'a dyn Protection,
    /// The settings.
    pub config: &'a Config,
    /// Randomness.
    pub random: &'a dyn Random,
    /// The tenant.
    pub tenant: &'a str,
    /// Who, for the audit log.
    pub actor: &'a str,
    /// When.
    pub now_ms: Millis,
}

/// What webhooks of a deployment may reach.
#[must_use]
pub fn reach(config: &Config) -> Reach {
    if config.webhook_private { Reach::Private } else { Reach::Internet }
}

/// The address of a webhook, if it may be called.
///
/// # Errors
/// When it is none, or may not.
pub fn address(config: &Config, url: &str) -> Result<Uri, WebhookError> {
    let refused = |why: &str| WebhookError::Refused(why.to_owned());
    if url.len() > MAX_URL_BYTES {
        return Err(refused("the address is too long"));
    }
    let uri: Uri = url.parse().map_err(|_| refused("the address must be such as https://example.com/hook"))?;
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    let bare = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if !web || !bare {
        return Err(refused("the address must be such as https://example.com/hook, without a user in it"));
    }
    reach(config).check(&uri)?;
    Ok(uri)
}

impl Hand<'_> {
    fn told(&self, event: &str, id: &WebhookId, detail: serde_json::Value) -> Event {
        events::of(self.now_ms, self.tenant, event, self.actor, id.as_str(), detail)
    }

    /// Makes a webhook, which hears what happens from now on; returns its secret, which is shown this once.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn make(&self, new: NewWebhook<'_>) -> Result<(WebhookRow, String), WebhookError> {
        let NewWebhook { name, url, types, urgency, text, follow_up_after_s } = new;
        let name = name.trim();
        if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.chars().any(char::is_control) {
            let rule = format!("a name has 1 to {MAX_NAME_CHARS} characters, and no control characters");
            return Err(WebhookError::Refused(rule));
        }
        check_follow_up(follow_up_after_s)?;
        names(&types)?;
        address(self.config, url)?;
        if self.store.webhooks(Some(self.tenant)).await?.len() >= MAX_WEBHOOKS {
            return Err(WebhookError::Refused(format!("there are {MAX_WEBHOOKS} webhooks already; remove one first")));
        }
        let id = WebhookId::mint(self.now_ms, self.random);
        let (kept, shown) = secret::make(self, &id).await?;
        let hook = Webhook {
            name: name.to_owned(),
            url: url.to_owned(),
            types,
            urgency,
            text,
            state: WebhookState::Active,
            secrets: vec![kept],
            again: None,
            follow_up_after_s,
            follow_up_since: follow_up_after_s.map(|_| self.now_ms),
            created_at: self.now_ms,
            created_by: self.actor.to_owned(),
        };
        let row = WebhookRow { id, tenant: self.tenant.to_owned(), version: 1, hook };
        begin_at(self.store, &WebhookRow::note(&row.id), self.store.bus_ends().await?.last).await?;
        let detail = json!({"types": row.hook.types, "text": row.hook.text});
        self.store.add_webhook(row.clone(), self.told(events::WEBHOOK_CREATED, &row.id, detail)).await?;
        Ok((row, shown))
    }

    /// The webhook of an id.
    ///
    /// # Errors
    /// When there is none.
    pub async fn find(&self, id: &WebhookId) -> Result<WebhookRow, WebhookError> {
        let all = self.store.webhooks(Some(self.tenant)).await?;
        all.into_iter().find(|row| row.id == *id).ok_or(WebhookError::Unknown)
    }

    async fn change(
        &self,
        id: &WebhookId,
        fact: serde_json::Value,
        change: impl FnOnce(&mut Webhook) -> Result<(), WebhookError>,
    ) -> Result<WebhookRow, WebhookError> {
        let mut row = self.find(id).await?;
        change(&mut row.hook)?;
        row.version += 1;
        if self.store.replace_webhook(row.clone(), self.told(events::WEBHOOK_CHANGED, id, fact)).await? {
            return Ok(row);
        }
        Err(WebhookError::Changed)
    }

    /// Holds deliveries back.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn pause(&self, id: &WebhookId, why: &str) -> Result<WebhookRow, WebhookError> {
        let state = WebhookState::Paused { why: why.to_owned(), since: self.now_ms };
        self.change(id, json!({"state": "paused"}), |hook| {
            hook.state = state;
            Ok(())
        })
        .await
    }

    /// Delivers again, from where it stopped as far as events are still kept.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn resume(&self, id: &WebhookId) -> Result<WebhookRow, WebhookError> {
        // What failed before does not count any more, and is tried at once.
        let note = WebhookRow::note(id);
        let row = self.find(id).await?;
        let position = crate::consumer::position_of(self.store, &note).await?;
        if position.failures > 0 && !row.hook.is_active() {
            begin_at(self.store, &note, position.sequence).await?;
        }
        self.change(id, json!({"state": "active"}), |hook| {
            address(self.config, &hook.url)?;
            hook.state = WebhookState::Active;
            Ok(())
        })
        .await
    }

    /// Gives a webhook a new secret, which is shown this once; the one of before signs beside it for a while.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn rotate(&self, id: &WebhookId, overlap_hours: u32) -> Result<(WebhookRow, String), WebhookError> {
        if overlap_hours > MAX_OVERLAP_HOURS {
            return Err(WebhookError::Refused(format!(
                "both secrets may be used for {MAX_OVERLAP_HOURS} hours at most"
            )));
        }
        self.find(id).await?;
        let (kept, shown) = secret::make(self, id).await?;
        let (now_ms, until) = (self.now_ms, self.now_ms + Millis::from(overlap_hours) * HOUR_MS);
        let row = self
            .change(id, json!({"secret": "rotated", "overlap_hours": overlap_hours}), |hook| {
                hook.secrets.retain(|secret| secret.until.is_none_or(|until| until > now_ms));
                for secret in &mut hook.secrets {
                    secret.until = Some(secret.until.map_or(until, |before| before.min(until)));
                }
                hook.secrets.insert(0, kept);
                // Two at once: the oldest goes, however young it is.
                hook.secrets.truncate(2);
                Ok(())
            })
            .await?;
        Ok((row, shown))
    }

    /// Says whether a webhook hears what persons said.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn allow_text(&self, id: &WebhookId, text: TextRight, reason: &str) -> Result<WebhookRow, WebhookError> {
        self.change(id, json!({"text": text, "reason": reason}), |hook| {
            hook.text = text;
            Ok(())
        })
        .await
    }

    /// Says after how many seconds without an answer games hear `timeout`, for this webhook to tell what they say; nothing: never.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn follow_up(&self, id: &WebhookId, after_s: Option<u32>) -> Result<WebhookRow, WebhookError> {
        check_follow_up(after_s)?;
        self.change(id, json!({"follow_up_after_seconds": after_s}), |hook| {
            if hook.follow_up_after_s.is_none() {
                hook.follow_up_since = Some(self.now_ms);
            }
            hook.follow_up_after_s = after_s;
            Ok(())
        })
        .await
    }

    /// Delivers a range of events once more.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn deliver_again(
        &self,
        id: &WebhookId,
        after: u64,
        upto: Option<u64>,
    ) -> Result<WebhookRow, WebhookError> {
        let upto = upto.unwrap_or(self.store.bus_ends().await?.last);
        if upto <= after {
            return Err(WebhookError::Refused("the range holds no event".into()));
        }
        let again = Again { after, upto, asked_at: self.now_ms };
        let row = self.find(id).await?;
        if row.hook.again.is_some() {
            return Err(WebhookError::Refused("a range is being delivered once more already".into()));
        }
        begin_at(self.store, &WebhookRow::again_note(id, &again), after).await?;
        self.change(id, json!({"again": {"after": after, "upto": upto}}), |hook| {
            hook.again = Some(again);
            Ok(())
        })
        .await
    }

    /// Removes a webhook.
    ///
    /// # Errors
    /// When that can't be done.
    pub async fn remove(&self, id: &WebhookId) -> Result<(), WebhookError> {
        let told = self.told(events::WEBHOOK_REMOVED, id, json!({}));
        if self.store.remove_webhook(self.tenant, id, told).await? { Ok(()) } else { Err(WebhookError::Unknown) }
    }
}

fn check_follow_up(after_s: Option<u32>) -> Result<(), WebhookError> {
    if after_s.is_none_or(|after_s| FOLLOW_UP_S.contains(&after_s)) {
        return Ok(());
    }
    let (least, most) = (FOLLOW_UP_S.start(), FOLLOW_UP_S.end());
    Err(WebhookError::Refused(format!("a follow-up comes after {least} to {most} seconds")))
}

/// What people are told of a failed delivery.
fn why(error: &EndpointError) -> String {
    error.to_string()
}
