//! Alerts by mail: SMTP with STARTTLS, or TLS from the start.

use lettre::message::{Mailbox, header};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::channels::WITHIN;
use super::{Alert, Turn};
use crate::config::Config;
use crate::consumer::EndpointError;
use crate::outbound::causes;

/// What sends mail.
pub(super) struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

impl Mail {
    /// As the settings say; `None`: they name no server, or nobody to write to.
    pub(super) fn of(config: &Config) -> Option<Mail> {
        let url = config.alert_smtp_url.as_ref()?;
        let to: Vec<Mailbox> = config.alert_email_to.clone();
        let from = config.alert_email_from.clone()?;
        if to.is_empty() {
            return None;
        }
        // The settings have read it once already.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose()).ok()?;
        Some(Mail { transport: transport.timeout(Some(WITHIN)).build(), from, to })
    }

    pub(super) async fn send(&self, alert: &Alert) -> Result<(), EndpointError> {
        let failed = |error: &dyn std::error::Error| EndpointError::Unreachable(causes(error));
        let subject = format!("[lgdl] {}", alert.line());
        let verb = match alert.turn {
            Turn::Raised => "went wrong",
            Turn::Resolved => "is well again",
        };
        let time = jiff::Timestamp::from_millisecond(alert.since).map(|time| time.to_string()).unwrap_or_default();
        let text = format!(
            "Something {verb} at {}.\n\n{}\n\nAlert: {}\nSeverity: {}\nSince: {time}\n",
            alert.source,
            alert.summary,
            alert.key,
            alert.severity.name()
        );
        let mut message =
            Message::builder().from(self.from.clone()).subject(subject).header(header::ContentType::TEXT_PLAIN);
        for to in &self.to {
            message = message.to(to.clone());
        }
        let message = message.body(text).map_err(|error| failed(&error))?;
        let sent = tokio::time::timeout(WITHIN, self.transport.send(message)).await;
        sent.map_err(|_| EndpointError::TimedOut(WITHIN))?.map(drop).map_err(|error| failed(&error))
    }
}
