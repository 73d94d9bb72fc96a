//! Alerts by mail: SMTP with STARTTLS, or TLS from the start.

use std::path::PathBuf;

use http::Uri;
use lettre::message::{Mailbox, header};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

use super::channels::WITHIN;
use super::{Alert, Turn};
use crate::config::{Config, Secret};
use crate::consumer::EndpointError;
use crate::outbound::causes;

/// What sends mail.
pub(super) struct Mail {
    server: Secret,
    /// Whom it trusts beside the system's authorities.
    authorities: Option<PathBuf>,
    from: Mailbox,
    to: Vec<Mailbox>,
}

type Transport = AsyncSmtpTransport<Tokio1Executor>;

impl Mail {
    /// As the settings say; `None`: they name no server, or nobody to write to.
    pub(super) fn of(config: &Config) -> Option<Mail> {
        let server = config.alert_smtp_url.clone()?;
        let to: Vec<Mailbox> = config.alert_email_to.clone();
        let from = config.alert_email_from.clone()?;
        if to.is_empty() {
            return None;
        }
        Some(Mail { server, authorities: config.tls_authorities.clone(), from, to })
    }

    /// What speaks with the server; it checks it by the authorities that every other call trusts, too.
    async fn transport(&self) -> Result<Transport, Box<dyn std::error::Error + Send + Sync>> {
        let server = self.server.expose();
        let transport = Transport::from_url(server)?.timeout(Some(WITHIN));
        let Some(file) = &self.authorities else { return Ok(transport.build()) };
        let url: Uri = server.parse()?;
        let authorities = Certificate::from_pem(&tokio::fs::read(file).await?)?;
        let parameters = TlsParameters::builder(url.host().unwrap_or_default().to_owned());
        let parameters = parameters.add_root_certificate(authorities).build()?;
        let transport = match url.scheme_str() {
            Some("smtps") => transport.tls(Tls::Wrapper(parameters)),
            _ if requires_tls(&url) => transport.tls(Tls::Required(parameters)),
            _ => transport,
        };
        Ok(transport.build())
    }

    pub(super) async fn send(&self, alert: &Alert) -> Result<(), EndpointError> {
        let failed = |error: &(dyn std::error::Error + 'static)| EndpointError::Unreachable(causes(error));
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
        let transport = self.transport().await.map_err(|error| failed(&*error))?;
        let sent = tokio::time::timeout(WITHIN, transport.send(message)).await;
        sent.map_err(|_| EndpointError::TimedOut(WITHIN))?.map(drop).map_err(|error| failed(&error))
    }
}

/// Whether an address asks for STARTTLS.
pub(crate) fn requires_tls(url: &Uri) -> bool {
    url.query().is_some_and(|query| query.split('&').any(|one| one == "tls=required"))
}
