//! The deployment's settings: environment variables `LGDL_*` over an optional `lgdl.toml`, checked as a whole, with
//! every problem reported at once.

mod forms;
mod given;
mod live;
mod settings;

use std::fmt;
use std::path::{Path, PathBuf};

use forms::is_loopback;
use http::Uri;
use lgdl::networks::is_private_host;
use lgdl::settings::{Edge, markdown};

use crate::archives;
use crate::objects::Place;
use crate::tokens::KeySource;

pub use given::Given;
pub use live::{Live, Reloaded};
pub use settings::Config;

/// Where a configuration file is looked for when nobody names one.
pub const DEFAULT_FILE: &str = "lgdl.toml";

/// The guide's page of settings, made of their declarations.
#[must_use]
pub fn settings_page() -> String {
    let (origin, edge) = (markdown(Config::TABLE), markdown(Edge::TABLE));
    format!(
        "# Settings\n\n\
         Made by `lgdl config --markdown` of the declarations in `origin/src/config/settings.rs` and\n\
         `shared/src/settings/edge.rs`. `lgdl serve`, `lgdl edge` and `lgdl dev` read the same environment over the same\n\
         `lgdl.toml` (`--config FILE`), where a name stands in lower case without `LGDL_`. Every mistake is named at once.\n\
         A secret may be `@FILE`: it is what that file holds (an empty one is refused), and so may be what opens buckets (`AWS_…`, `GOOGLE_…`, `AZURE_…`). What is *live* may change while `lgdl serve` and `lgdl edge`\n\
         run: they read file and secrets anew on SIGHUP, and name what else has changed as what needs a restart.\n\
         On Spin a variable is `lgdl_…` as in `spin.toml`, on Workers `LGDL_…` as a variable or a secret.\n\n\
         ## The origin\n\n{origin}\n## An edge node\n\n{edge}"
    )
}

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

const TLS_HALF: &str = "LGDL_TLS_CERTIFICATE and LGDL_TLS_KEY need each other: give both, or neither";
const MASK: &str = "********";

/// A game file that is published at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GameFile {
    /// The id in URLs.
    pub id: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// The secret of an edge node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeKey {
    /// Its id.
    pub id: String,
    /// Signs requests.
    pub secret: Secret,
}

/// One setting in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Effective {
    /// The environment variable.
    pub name: String,
    /// Its value; secrets masked.
    pub value: String,
    /// `environment`, `file` or `default`.
    pub source: &'static str,
    /// What it is for.
    pub help: &'static str,
}

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("E510 the configuration has {} problem(s):\n{}", problems.len(), problems.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigError {
    /// One line a problem, each naming its setting.
    pub problems: Vec<String>,
}

impl Config {
    /// Reads the process's environment over `file`, or over `lgdl.toml` in the working directory if it is there.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        Given::load(file)?.origin()
    }

    /// Reads `environment` over the text of a configuration file.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn read(toml: &str, environment: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
        Given::read(toml, environment).origin()
    }
}

/// Settings that are wrong together, and which they are.
struct Contradiction {
    about: &'static [&'static str],
    problem: String,
}

const ARCHIVE_PLACE: &[&str] = &["archive_url"];
const BACKUP_PLACE: &[&str] = &["backup_url"];
const PUSH: &[&str] = &["audit_push_authorization", "audit_push_url"];

const TRACES: &[&str] = &["otlp_authorization", "otlp_url"];

/// Whether what is sent there can be read on its way.
fn is_in_clear(url: &Uri) -> bool {
    url.scheme_str() == Some("http") && !is_loopback(url)
}

/// Settings that are fine alone and wrong together.
fn contradictions(config: &Config) -> Vec<Contradiction> {
    let mut problems = Vec::new();
    let mut found = |about: &'static [&'static str], problem: String| problems.push(Contradiction { about, problem });
    if config.postgres_pool_min > config.postgres_pool_max {
        found(
            &["postgres_pool_min", "postgres_pool_max"],
            "LGDL_POSTGRES_POOL_MIN is greater than LGDL_POSTGRES_POOL_MAX".into(),
        );
    }
    if config.postgres_read_url.is_some() && config.postgres_url.is_none() {
        found(&["postgres_read_url", "postgres_url"], "LGDL_POSTGRES_READ_URL needs LGDL_POSTGRES_URL".into());
    }
    if config.edge_unsigned && !config.listen.ip().is_loopback() {
        found(
            &["edge_unsigned", "listen"],
            "LGDL_EDGE_UNSIGNED is for development on a loopback address; LGDL_LISTEN is not one".into(),
        );
    }
    if !config.edge_unsigned && config.edge_keys.is_empty() {
        found(
            &["edge_keys", "edge_unsigned"],
            "LGDL_EDGE_KEYS is empty: give each edge a key (`id:secret`), or set LGDL_EDGE_UNSIGNED=true on a \
             loopback address"
                .into(),
        );
    }
    if config.listen == config.admin_listen && config.listen.port() != 0 {
        found(&["listen", "admin_listen"], "LGDL_LISTEN and LGDL_ADMIN_LISTEN are the same address".into());
    }
    if config.tls_certificate.is_some() != config.tls_key.is_some() {
        found(&["tls_certificate", "tls_key"], TLS_HALF.into());
    }
    if config.backup_schedule.is_some() && config.backup_url.is_none() {
        found(&["backup_schedule", "backup_url"], "LGDL_BACKUP_SCHEDULE needs LGDL_BACKUP_URL".into());
    }
    if config.audit_checkpoints.is_some() && config.audit_key.is_none() {
        found(&["audit_checkpoints", "audit_key"], "LGDL_AUDIT_CHECKPOINTS needs LGDL_AUDIT_KEY".into());
    }
    if config.audit_push_authorization.is_some() {
        match &config.audit_push_url {
            None => found(PUSH, "LGDL_AUDIT_PUSH_AUTHORIZATION needs LGDL_AUDIT_PUSH_URL".into()),
            Some(url) if is_in_clear(url) => found(
                PUSH,
                "LGDL_AUDIT_PUSH_AUTHORIZATION would be sent in clear: LGDL_AUDIT_PUSH_URL must be https, or on a \
                 loopback address"
                    .into(),
            ),
            Some(_) => {}
        }
    }
    let mail = [config.alert_smtp_url.is_some(), config.alert_email_from.is_some(), !config.alert_email_to.is_empty()];
    if mail.contains(&true) && mail.contains(&false) {
        found(
            &["alert_smtp_url", "alert_email_from", "alert_email_to"],
            "LGDL_ALERT_SMTP_URL, LGDL_ALERT_EMAIL_FROM and LGDL_ALERT_EMAIL_TO are needed, all three, or no alert is mailed"
                .into(),
        );
    }
    if config.otlp_authorization.is_some() {
        match &config.otlp_url {
            None => found(TRACES, "LGDL_OTLP_AUTHORIZATION needs LGDL_OTLP_URL".into()),
            Some(url) if is_in_clear(url) => found(
                TRACES,
                "LGDL_OTLP_AUTHORIZATION would be sent in clear: LGDL_OTLP_URL must be https, or on a loopback address"
                    .into(),
            ),
            Some(_) => {}
        }
    }
    if config.archive_after_days.is_some() && config.archive_url.is_none() {
        found(&["archive_after_days", "archive_url"], "LGDL_ARCHIVE_AFTER_DAYS needs LGDL_ARCHIVE_URL".into());
    }
    if let Err(error) = archives::before(config, None, 0) {
        found(&["archive_after_days", "idempotency_hours", "session_expiry"], error.to_string());
    }
    if config.archive_url.is_some() && config.encryption_key.is_none() {
        found(
            &["archive_url", "encryption_key"],
            "LGDL_ARCHIVE_URL needs LGDL_ENCRYPTION_KEY: what is archived dies with the keys of its persons".into(),
        );
    }
    for (about, location) in [(ARCHIVE_PLACE, &config.archive_url), (BACKUP_PLACE, &config.backup_url)] {
        let place = location.clone().map(|location| Place::new(location, config.objects.clone()));
        if let Some(Err(error)) = place.map(|place| place.check()) {
            found(about, error.to_string());
        }
    }
    if config.pii_tokenize_in_storage && config.encryption_key.is_none() {
        found(
            &["pii_tokenize_in_storage", "encryption_key"],
            "LGDL_PII_TOKENIZE_IN_STORAGE needs LGDL_ENCRYPTION_KEY".into(),
        );
    }
    if let (Some(KeySource::Address(url)), false) = (&config.jwt_keys, config.jwt_keys_private)
        && (url.scheme_str() != Some("https") || is_private_host(url.host().unwrap_or_default()))
    {
        found(
            &["jwt_keys", "jwt_keys_private"],
            "LGDL_JWT_KEYS must be an https address of the internet, unless LGDL_JWT_KEYS_PRIVATE=true".into(),
        );
    }
    let mut ids: Vec<_> = config.edge_keys.iter().map(|key| &key.id).collect();
    ids.sort();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        found(&["edge_keys"], format!("LGDL_EDGE_KEYS names the key `{}` twice", pair[0]));
    }
    problems
}

#[cfg(test)]
mod tests;
