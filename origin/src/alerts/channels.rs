//! Where alerts are told: mail, Slack, PagerDuty, and any address.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::Uri;
use serde_json::{Value, json};

use super::email::Mail;
use super::{Alert, Severity, Turn};
use crate::bus::{MEDIA, kind_name};
use crate::clock::Millis;
use crate::config::Config;
use crate::consumer::{EndpointError, Sender, headers};
use crate::ids::EventId;
use crate::outbound::Reach;
use crate::serve::DEFAULT_TENANT;

/// Time for one message, from the connection to the end of the answer.
pub(super) const WITHIN: Duration = Duration::from_secs(10);
/// The most that PagerDuty takes of a summary and of a key, characters.
const PAGERDUTY_SUMMARY: usize = 1_024;
const PAGERDUTY_KEY: usize = 255;
/// The most that Slack takes of a header, characters.
const SLACK_HEADER: usize = 150;

/// Which kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelName {
    /// Mail over SMTP.
    Email,
    /// An incoming webhook of Slack.
    Slack,
    /// PagerDuty's Events API, version 2.
    PagerDuty,
    /// Any address: the event itself.
    Webhook,
}

impl ChannelName {
    /// As it is written.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ChannelName::Email => "email",
            ChannelName::Slack => "slack",
            ChannelName::PagerDuty => "pagerduty",
            ChannelName::Webhook => "webhook",
        }
    }
}

/// A place where alerts are told.
pub struct Channel {
    /// Its kind.
    pub name: ChannelName,
    to: To,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).finish_non_exhaustive()
    }
}

enum To {
    Mail(Box<Mail>),
    Address { sender: Box<Sender>, uri: Uri, key: String },
}

/// The channels that the settings name.
#[must_use]
pub fn channels(config: &Config) -> Vec<Channel> {
    // Addresses of the settings are the operator's own: also inside, where a relay may stand.
    let sender = || Box::new(Sender::new(Reach::Private, WITHIN));
    let address = |name, uri: &Uri, key: &str| Channel {
        name,
        to: To::Address { sender: sender(), uri: uri.clone(), key: key.to_owned() },
    };
    let mut channels = Vec::new();
    if let Some(mail) = Mail::of(config) {
        channels.push(Channel { name: ChannelName::Email, to: To::Mail(Box::new(mail)) });
    }
    if let Some(uri) = config.alert_slack_url.as_ref().and_then(|url| url.expose().parse().ok()) {
        channels.push(address(ChannelName::Slack, &uri, ""));
    }
    if let Some(key) = &config.alert_pagerduty_key {
        channels.push(address(ChannelName::PagerDuty, &config.alert_pagerduty_url, key.expose()));
    }
    if let Some(uri) = config.alert_webhook_url.as_ref().and_then(|url| url.expose().parse().ok()) {
        channels.push(address(ChannelName::Webhook, &uri, ""));
    }
    channels
}

impl Channel {
    /// Tells an alert.
    ///
    /// # Errors
    /// When it was not taken.
    pub async fn tell(&self, alert: &Alert) -> Result<(), EndpointError> {
        let (sender, uri, key) = match &self.to {
            To::Mail(mail) => return mail.send(alert).await,
            To::Address { sender, uri, key } => (sender, uri, key),
        };
        let (media, body) = match self.name {
            ChannelName::Slack => ("application/json", slack(alert)),
            ChannelName::PagerDuty => ("application/json", pagerduty(alert, key)),
            ChannelName::Webhook | ChannelName::Email => (MEDIA, event(alert)),
        };
        sender.send(uri, headers(media), Bytes::from(body.to_string())).await.map(drop)
    }
}

fn time(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|time| time.to_string()).unwrap_or_default()
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// An incoming webhook's message, with blocks; `text` is what notifications show.
fn slack(alert: &Alert) -> Value {
    let sign = match (alert.turn, alert.severity) {
        (Turn::Resolved, _) => ":white_check_mark:",
        (Turn::Raised, Severity::Critical) => ":rotating_light:",
        (Turn::Raised, Severity::Warning) => ":warning:",
    };
    // What Slack would take for its own marks.
    let plain = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let line = alert.line();
    let context = format!("`{}` on {}, since {}", plain(&alert.key), plain(&alert.source), time(alert.since));
    json!({
        "text": plain(&line),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": cut(&line, SLACK_HEADER)}},
            {"type": "section", "text": {"type": "mrkdwn", "text": format!("{sign} {}", plain(&alert.summary))}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": context}]},
        ],
    })
}

/// An event of PagerDuty's Events API, version 2. The key joins what is raised with what is resolved.
fn pagerduty(alert: &Alert, routing_key: &str) -> Value {
    let action = match alert.turn {
        Turn::Raised => "trigger",
        Turn::Resolved => "resolve",
    };
    json!({
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": cut(&format!("lgdl/{}", alert.key), PAGERDUTY_KEY),
        "client": "lgdl",
        "payload": {
            "summary": cut(&alert.summary, PAGERDUTY_SUMMARY),
            "source": alert.source,
            "severity": alert.severity.name(),
            "timestamp": time(alert.since),
            "component": "lgdl-origin",
            "class": alert.rule,
        },
    })
}

/// The event, as a CloudEvent.
fn event(alert: &Alert) -> Value {
    let name = match alert.turn {
        Turn::Raised => crate::bus::catalog::ALERT_RAISED,
        Turn::Resolved => crate::bus::catalog::ALERT_RESOLVED,
    };
    json!({
        "specversion": "1.0",
        "id": EventId::derive(&["alert", name, &alert.key, &alert.at.to_string()]),
        "source": format!("/tenants/{DEFAULT_TENANT}"),
        "type": kind_name(name, 1),
        "subject": alert.key,
        "time": time(alert.at),
        "datacontenttype": "application/json",
        "tenant": DEFAULT_TENANT,
        "data": {
            "alert": alert.key, "rule": alert.rule, "severity": alert.severity, "summary": alert.summary,
            "since_ms": alert.since,
        },
    })
}
