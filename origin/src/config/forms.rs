//! What the origin's settings take beyond what any setting may.

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use http::Uri;
use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use lgdl::crypto::KeyRing;
use lgdl::ids::Id;
use lgdl::settings::{Form, Number, Parsed, web_origin};
use lgdl::wire::signature::MIN_SECRET_BYTES;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use super::{EdgeKey, GameFile, Secret};
use crate::alerts::{QuietHours, requires_tls};
use crate::backup::Schedule;
use crate::objects::{FORMS, Location};
use crate::tokens::KeySource;

pub(super) const LISTEN: Parsed<SocketAddr> = Parsed("an address with a port, such as 127.0.0.1:8787", |text| {
    text.parse().map_err(|_| "must be an address with a port, such as 127.0.0.1:8787".into())
});
pub(super) const FILE: Parsed<PathBuf> = Parsed("a file", |text| Ok(PathBuf::from(text)));
pub(super) const PLACE: Parsed<Location> = Parsed(FORMS, Location::parse);
pub(super) const POSTGRES_URL: Parsed<Secret> = Parsed("postgres://…", postgres_url);
pub(super) const LOG_FILTER: Parsed<String> = Parsed("a level, or a filter such as info,lgdl_origin=debug", log_filter);
pub(super) const GAME_FILE: Parsed<GameFile> = Parsed("`id:path`", game_file);
pub(super) const KEY_RING: Parsed<KeyRing> = Parsed("keys as `id:base64` of 32 bytes", key_ring);
pub(super) const WEB_ORIGIN: Parsed<String> = Parsed("an origin such as https://admin.example.com", web_origin);
pub(super) const OTLP_URL: Parsed<Uri> = Parsed("an address such as http://127.0.0.1:4318", otlp_url);
pub(super) const PUSH_URL: Parsed<Uri> = Parsed("an address such as https://siem.example.com/events", push_url);
pub(super) const JWT_KEYS: Parsed<KeySource> =
    Parsed("an address such as https://issuer.example.com/jwks.json, or `@FILE`", jwt_keys);
pub(super) const HEADER_VALUE: Parsed<Secret> = Parsed("visible ASCII characters", header_value);
pub(super) const QUIET_HOURS: Parsed<QuietHours> = Parsed("hours such as 22:00-07:00, UTC", QuietHours::parse);
pub(super) const SCHEDULE: Parsed<Schedule> =
    Parsed("hours such as 6h, or times of the day such as 02:30,14:30, UTC", Schedule::parse);
pub(super) const SMTP_URL: Parsed<Secret> = Parsed("smtp://…?tls=required or smtps://…", smtp_url);
pub(super) const MAILBOX: Parsed<Mailbox> = Parsed("an address such as ops@example.com", mailbox);
pub(super) const SECRET_URL: Parsed<Secret> = Parsed("an address such as https://example.com/alerts", secret_url);
pub(super) const PAGERDUTY_URL: Parsed<Uri> =
    Parsed("an address such as https://events.eu.pagerduty.com/v2/enqueue", pagerduty_url);
pub(super) const AUDIT_KEY: Parsed<Secret> = Parsed("a secret of at least 16 bytes", audit_key);
pub(super) const EDGE_KEY: Parsed<EdgeKey> = Parsed("`id:secret`, the secret of at least 16 bytes", edge_key);

fn postgres_url(text: &str) -> Result<Secret, String> {
    let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    match (known, text.parse::<tokio_postgres::Config>()) {
        (false, _) => Err("must begin with postgres:// or postgresql://".into()),
        (true, Ok(_)) => Ok(Secret::new(text)),
        // What the driver says may quote a part of it.
        (true, Err(_)) => {
            Err("is no address of PostgreSQL: postgres://user:password@host:5432/database?sslmode=require, \
             characters such as @ in a password written as %40"
                .into())
        }
    }
}

/// A word without a level would let through what is logged under that name, and nothing else: `warning` would silence everything.
fn log_filter(text: &str) -> Result<String, String> {
    let name = |c: char| c.is_alphanumeric() || "_-:".contains(c);
    for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
        if directive.chars().all(name) && directive.parse::<LevelFilter>().is_err() {
            return Err(format!(
                "must be levels (off, error, warn, info, debug, trace) and names with one, such as info,lgdl_origin=debug; \
                 `{directive}` is neither"
            ));
        }
    }
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| format!("is no filter: {error}"))
}

/// `id:path`, or a path whose file name is the id.
fn game_file(text: &str) -> Result<GameFile, String> {
    let stem = || Path::new(text).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (id, path) = text.split_once(':').unwrap_or_else(|| (stem(), text));
    if path.is_empty() {
        return Err("must list games as `id:path`".into());
    }
    Id::Game.check(id).map_err(|rule| format!("must list games as `id:path`; an id {rule}"))?;
    Ok(GameFile { id: id.to_owned(), path: PathBuf::from(path) })
}

fn key_ring(text: &str) -> Result<KeyRing, String> {
    KeyRing::parse(text).map_err(|error| format!("is no key ring: {error}"))
}

/// The issuer's address, or `@FILE` on this machine.
fn jwt_keys(text: &str) -> Result<KeySource, String> {
    match text.strip_prefix('@') {
        Some("") => Err("names no file".into()),
        Some(path) => Ok(KeySource::File(PathBuf::from(path))),
        None => address(text, "https://issuer.example.com/jwks.json").map(KeySource::Address),
    }
}

fn otlp_url(text: &str) -> Result<Uri, String> {
    address(text, "http://127.0.0.1:4318")
}

fn push_url(text: &str) -> Result<Uri, String> {
    address(text, "https://siem.example.com/events")
}

fn address(text: &str, example: &str) -> Result<Uri, String> {
    let problem = || format!("must be an address such as {example}, without a user in it");
    let url: Uri = text.parse().map_err(|_| problem())?;
    let web = matches!(url.scheme_str(), Some("http" | "https"));
    let bare = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if web && bare { Ok(url) } else { Err(problem()) }
}

/// A number within bounds, or `off`.
#[derive(Debug, Clone)]
pub(super) struct Limit(pub RangeInclusive<u32>);

impl Form for Limit {
    type Value = Option<u32>;

    fn accepts(&self) -> String {
        format!("{}, or `off`", Number(self.0.clone()).accepts())
    }

    fn read(&self, text: &str) -> Result<Option<u32>, String> {
        match text {
            "off" => Ok(None),
            _ => Number(self.0.clone()).read(text).map(Some).map_err(|_| self.refusal()),
        }
    }
}

/// A server that encrypts: a password, and what is wrong with a deployment, are nobody else's. One on this machine may do without.
fn smtp_url(text: &str) -> Result<Secret, String> {
    let problem = || "must be smtp://user:password@host:587?tls=required or smtps://…".to_owned();
    let url: Uri = text.parse().map_err(|_| problem())?;
    let encrypted = url.scheme_str() == Some("smtps") || (url.scheme_str() == Some("smtp") && requires_tls(&url));
    if !encrypted && !is_loopback(&url) {
        return Err(problem());
    }
    match AsyncSmtpTransport::<Tokio1Executor>::from_url(text) {
        Ok(_) => Ok(Secret::new(text)),
        Err(_) => Err(problem()),
    }
}

fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|_| "must be an address such as ops@example.com".into())
}

fn secret_url(text: &str) -> Result<Secret, String> {
    address(text, "https://example.com/alerts").map(|_| Secret::new(text))
}

fn pagerduty_url(text: &str) -> Result<Uri, String> {
    address(text, "https://events.eu.pagerduty.com/v2/enqueue")
}

pub(super) fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn header_value(text: &str) -> Result<Secret, String> {
    let visible = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if visible { Ok(Secret::new(text)) } else { Err("must be visible ASCII characters".into()) }
}

fn audit_key(text: &str) -> Result<Secret, String> {
    if text.len() >= MIN_SECRET_BYTES {
        return Ok(Secret::new(text));
    }
    Err(format!("has fewer than {MIN_SECRET_BYTES} bytes"))
}

fn edge_key(text: &str) -> Result<EdgeKey, String> {
    let (id, secret) = text.split_once(':').ok_or("must list keys as `id:secret`")?;
    Id::Key.check(id).map_err(|rule| format!("must list keys as `id:secret`; an id {rule}"))?;
    if secret.len() < MIN_SECRET_BYTES {
        return Err(format!("has a secret of fewer than {MIN_SECRET_BYTES} bytes"));
    }
    Ok(EdgeKey { id: id.to_owned(), secret: Secret::new(secret) })
}
