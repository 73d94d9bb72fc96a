//! The deployment's settings: environment variables `LGDL_*` over an optional `lgdl.toml`, checked as a whole, with
//! every problem reported at once.

mod settings;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use lgdl::crypto::KeyRing;
use lgdl::wire::signature::{MAX_KEY_ID_CHARS, MIN_SECRET_BYTES};

use crate::privacy::UnreadableKeys;
use crate::store::MAX_PAGE;

pub use settings::{SETTINGS, Setting};

/// Where a configuration file is looked for when nobody names one.
pub const DEFAULT_FILE: &str = "lgdl.toml";

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

/// The settings in force. Each field's meaning, default and variable stand in [`SETTINGS`].
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // SETTINGS documents each
pub struct Config {
    pub listen: SocketAddr,
    pub admin_listen: SocketAddr,
    pub admin_cors_origins: Vec<String>,
    pub audit_key: Option<Secret>,
    pub audit_checkpoints: Option<PathBuf>,
    pub audit_push_url: Option<Uri>,
    pub audit_push_authorization: Option<Secret>,
    pub audit_push_batch: u32,
    pub audit_push_interval: Duration,
    pub tombstones: Option<PathBuf>,
    pub sqlite_path: PathBuf,
    pub postgres_url: Option<Secret>,
    pub postgres_read_url: Option<Secret>,
    pub postgres_pool_min: usize,
    pub postgres_pool_max: usize,
    pub postgres_timeout: Duration,
    pub games: Vec<GameFile>,
    pub edge_keys: Vec<EdgeKey>,
    pub edge_unsigned: bool,
    pub max_body_bytes: usize,
    pub request_timeout: Duration,
    pub shutdown_timeout: Duration,
    pub claim_lease: Duration,
    pub idempotency_hours: u32,
    pub conversation_ttl_days: Option<u32>,
    pub gdpr_retention_days: Option<u32>,
    pub cleanup_interval_hours: u32,
    pub encryption_key: Option<KeyRing>,
    pub encryption_unreadable: UnreadableKeys,
    pub pii_redact_in_logs: bool,
    pub rate_limit_user: String,
    pub rate_limit_conversation: String,
    pub rate_limit_global: String,
    pub negotiation_max_rounds: u32,
    pub negotiation_epsilon: f64,
    pub state_disabled: bool,
    pub kv_ttl_seconds: u32,
    pub log: String,
    /// The values in force, as text, with where each came from; secrets masked.
    pub effective: Vec<Effective>,
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
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && file.is_none() => String::new(),
            Err(error) => {
                return Err(ConfigError { problems: vec![format!("{} can't be read: {error}", path.display())] });
            }
        };
        Config::read(&text, environment)
    }

    /// Reads `environment` over the text of a configuration file.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn read(toml: &str, environment: impl IntoIterator<Item = (String, String)>) -> Result<Config, ConfigError> {
        let mut reader = Reader::new(toml, environment.into_iter().collect());
        let config = read_all(&mut reader);
        reader.problems.extend(contradictions(&config));
        if reader.problems.is_empty() { Ok(config) } else { Err(ConfigError { problems: reader.problems }) }
    }
}

fn read_all(reader: &mut Reader) -> Config {
    Config {
        listen: reader.get("LISTEN", address),
        admin_listen: reader.get("ADMIN_LISTEN", address),
        admin_cors_origins: reader.get("ADMIN_CORS_ORIGINS", |text| list(text).map(web_origin).collect()),
        audit_key: reader.optional("AUDIT_KEY", audit_key),
        audit_checkpoints: reader.optional("AUDIT_CHECKPOINTS", |text| Ok(PathBuf::from(text))),
        audit_push_url: reader.optional("AUDIT_PUSH_URL", push_url),
        audit_push_authorization: reader.optional("AUDIT_PUSH_AUTHORIZATION", header_value),
        audit_push_batch: reader.get("AUDIT_PUSH_BATCH", |text| within(text, 1..=MAX_PAGE)),
        audit_push_interval: reader.get("AUDIT_PUSH_INTERVAL_SECONDS", seconds),
        tombstones: reader.optional("TOMBSTONES", |text| Ok(PathBuf::from(text))),
        sqlite_path: reader.get("SQLITE_PATH", |text| Ok(PathBuf::from(text))),
        postgres_url: reader.optional("POSTGRES_URL", postgres_url),
        postgres_read_url: reader.optional("POSTGRES_READ_URL", postgres_url),
        postgres_pool_min: reader.get("POSTGRES_POOL_MIN", |text| within(text, 0..=1000)),
        postgres_pool_max: reader.get("POSTGRES_POOL_MAX", |text| within(text, 1..=1000)),
        postgres_timeout: reader.get("POSTGRES_TIMEOUT_SECONDS", seconds),
        games: reader.get("GAMES", |text| list(text).map(game_file).collect()),
        edge_keys: reader.get("EDGE_KEYS", |text| list(text).map(edge_key).collect()),
        edge_unsigned: reader.get("EDGE_UNSIGNED", boolean),
        max_body_bytes: reader.get("MAX_BODY_BYTES", |text| within(text, 1024..=64 * 1024 * 1024)),
        request_timeout: reader.get("REQUEST_TIMEOUT_SECONDS", seconds),
        shutdown_timeout: reader.get("SHUTDOWN_TIMEOUT_SECONDS", seconds),
        claim_lease: reader.get("CLAIM_LEASE_SECONDS", seconds),
        idempotency_hours: reader.get("IDEMPOTENCY_HOURS", |text| within(text, 1..=24 * 365)),
        conversation_ttl_days: reader.optional("CONVERSATION_TTL_DAYS", |text| within(text, 1..=36_500)),
        gdpr_retention_days: reader.optional("GDPR_RETENTION_DAYS", |text| within(text, 1..=36_500)),
        cleanup_interval_hours: reader.get("CLEANUP_INTERVAL_HOURS", |text| within(text, 1..=24 * 365)),
        encryption_key: reader.optional("ENCRYPTION_KEY", key_ring),
        encryption_unreadable: reader.get("ENCRYPTION_UNREADABLE", unreadable_keys),
        pii_redact_in_logs: reader.get("PII_REDACT_IN_LOGS", boolean),
        rate_limit_user: reader.get("RATE_LIMIT_USER", rate),
        rate_limit_conversation: reader.get("RATE_LIMIT_CONVERSATION", rate),
        rate_limit_global: reader.get("RATE_LIMIT_GLOBAL", rate),
        negotiation_max_rounds: reader.get("NEGOTIATION_MAX_ROUNDS", |text| within(text, 1..=20)),
        negotiation_epsilon: reader.get("NEGOTIATION_EPSILON", |text| within(text, 0.0..=1.0)),
        state_disabled: reader.get("STATE_DISABLED", boolean),
        kv_ttl_seconds: reader.get("KV_TTL", |text| within(text, 60..=30 * 86_400)),
        log: reader.get("LOG", |text| Ok(text.to_owned())),
        effective: std::mem::take(&mut reader.effective),
    }
}

/// Settings that are fine alone and wrong together.
fn contradictions(config: &Config) -> Vec<String> {
    let mut problems = Vec::new();
    if config.postgres_pool_min > config.postgres_pool_max {
        problems.push("LGDL_POSTGRES_POOL_MIN is greater than LGDL_POSTGRES_POOL_MAX".into());
    }
    if config.postgres_read_url.is_some() && config.postgres_url.is_none() {
        problems.push("LGDL_POSTGRES_READ_URL needs LGDL_POSTGRES_URL".into());
    }
    if config.edge_unsigned && !config.listen.ip().is_loopback() {
        problems.push("LGDL_EDGE_UNSIGNED is for development on a loopback address; LGDL_LISTEN is not one".into());
    }
    if !config.edge_unsigned && config.edge_keys.is_empty() {
        problems.push(
            "LGDL_EDGE_KEYS is empty: give each edge a key (`id:secret`), or set LGDL_EDGE_UNSIGNED=true on a \
             loopback address"
                .into(),
        );
    }
    if config.listen == config.admin_listen && config.listen.port() != 0 {
        problems.push("LGDL_LISTEN and LGDL_ADMIN_LISTEN are the same address".into());
    }
    if config.audit_checkpoints.is_some() && config.audit_key.is_none() {
        problems.push("LGDL_AUDIT_CHECKPOINTS needs LGDL_AUDIT_KEY".into());
    }
    if config.audit_push_authorization.is_some() {
        match &config.audit_push_url {
            None => problems.push("LGDL_AUDIT_PUSH_AUTHORIZATION needs LGDL_AUDIT_PUSH_URL".into()),
            Some(url) if url.scheme_str() == Some("http") && !is_loopback(url) => problems.push(
                "LGDL_AUDIT_PUSH_AUTHORIZATION would be sent in clear: LGDL_AUDIT_PUSH_URL must be https, or on a \
                 loopback address"
                    .into(),
            ),
            Some(_) => {}
        }
    }
    let mut ids: Vec<_> = config.edge_keys.iter().map(|key| &key.id).collect();
    ids.sort();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
        problems.push(format!("LGDL_EDGE_KEYS names the key `{}` twice", pair[0]));
    }
    problems
}

struct Reader {
    environment: BTreeMap<String, String>,
    file: BTreeMap<String, String>,
    problems: Vec<String>,
    effective: Vec<Effective>,
}

impl Reader {
    fn new(toml: &str, environment: BTreeMap<String, String>) -> Reader {
        let mut reader = Reader { environment, file: BTreeMap::new(), problems: Vec::new(), effective: Vec::new() };
        match toml.parse::<toml::Table>() {
            Ok(table) => table.into_iter().for_each(|(key, value)| reader.take_file_entry(key, value)),
            Err(error) => reader.problems.push(format!("lgdl.toml is no TOML: {}", error.message())),
        }
        reader
    }

    fn take_file_entry(&mut self, key: String, value: toml::Value) {
        if !SETTINGS.iter().any(|setting| setting.name.eq_ignore_ascii_case(&key)) {
            self.problems.push(format!("lgdl.toml: there is no setting `{key}`"));
            return;
        }
        let plain = |value: &toml::Value| match value {
            toml::Value::String(text) => Some(text.clone()),
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => Some(value.to_string()),
            _ => None,
        };
        let text = match &value {
            toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|i| i.join(",")),
            other => plain(other),
        };
        match text {
            Some(text) => drop(self.file.insert(key.to_ascii_uppercase(), text)),
            None => self.problems.push(format!("lgdl.toml: `{key}` must be a text, a number, a boolean or a list")),
        }
    }

    fn get<T: Fallback>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> T {
        self.read(name, parse).unwrap_or_else(T::fallback)
    }

    fn optional<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        self.read(name, |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }).flatten()
    }

    fn read<T>(&mut self, name: &'static str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) else {
            self.problems.push(format!("there is no setting {name}"));
            return None;
        };
        let variable = format!("LGDL_{name}");
        let (value, source) = match (self.environment.get(&variable), self.file.get(name)) {
            (Some(value), _) => (value.trim().to_owned(), "environment"),
            (None, Some(value)) => (value.trim().to_owned(), "file"),
            (None, None) => (setting.default.to_owned(), "default"),
        };
        let shown = if setting.secret && !value.is_empty() { MASK.to_owned() } else { value.clone() };
        self.effective.push(Effective { name: variable.clone(), value: shown, source, help: setting.help });
        match parse(&value) {
            Ok(value) => Some(value),
            Err(problem) if setting.secret => {
                self.problems.push(format!("{variable} {problem}"));
                None
            }
            Err(problem) => {
                self.problems.push(format!("{variable} {problem}; it is `{value}`"));
                None
            }
        }
    }
}

/// A value that stands in for one that could not be read, so that the rest can be checked too. It is never used:
/// a problem was recorded.
trait Fallback {
    fn fallback() -> Self;
}

macro_rules! fallbacks {
    ($($ty:ty = $value:expr;)*) => {$(
        impl Fallback for $ty {
            fn fallback() -> Self {
                $value
            }
        }
    )*};
}

fallbacks! {
    SocketAddr = SocketAddr::from(([127, 0, 0, 1], 0));
    PathBuf = PathBuf::new();
    String = String::new();
    bool = false;
    usize = 1;
    u32 = 1;
    f64 = 0.0;
    Duration = Duration::from_secs(1);
    UnreadableKeys = UnreadableKeys::Refuse;
    Vec<GameFile> = Vec::new();
    Vec<String> = Vec::new();
    // Not empty, so that the lack of keys is not reported on top.
    Vec<EdgeKey> = vec![EdgeKey { id: String::new(), secret: Secret::new("") }];
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "must be an address with a port, such as 127.0.0.1:8787".into())
}

fn postgres_url(text: &str) -> Result<Secret, String> {
    let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
    if known { Ok(Secret::new(text)) } else { Err("must begin with postgres:// or postgresql://".into()) }
}

fn within<T>(text: &str, range: std::ops::RangeInclusive<T>) -> Result<T, String>
where
    T: std::str::FromStr + PartialOrd + fmt::Display,
{
    let problem = || format!("must be a number from {} to {}", range.start(), range.end());
    text.parse().ok().filter(|value| range.contains(value)).ok_or_else(problem)
}

fn seconds(text: &str) -> Result<Duration, String> {
    within(text, 1..=3600).map(Duration::from_secs)
}

fn boolean(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" | "" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

fn rate(text: &str) -> Result<String, String> {
    let valid = text.split_once('/').is_some_and(|(count, unit)| {
        count.trim().parse::<u32>().is_ok_and(|count| count > 0)
            && ["second", "minute", "hour", "day"].contains(&unit.trim())
    });
    if valid { Ok(text.to_owned()) } else { Err("must look like 10/minute (second, minute, hour, day)".into()) }
}

/// `id:path`, or a path whose file name is the id.
fn game_file(text: &str) -> Result<GameFile, String> {
    let named = text.split_once(':').map(|(id, path)| (id.to_owned(), path));
    let (id, path) = match named {
        Some(named) => named,
        None => {
            let stem = Path::new(text).file_stem().and_then(|stem| stem.to_str());
            (stem.unwrap_or_default().to_owned(), text)
        }
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || !id.chars().all(plain) || path.is_empty() {
        return Err("must list games as `id:path`, the id of letters, digits, `_` and `-`".into());
    }
    Ok(GameFile { id, path: PathBuf::from(path) })
}

/// The ring itself, or `@FILE` that holds it.
fn key_ring(text: &str) -> Result<KeyRing, String> {
    let ring = match text.strip_prefix('@') {
        Some(path) => {
            KeyRing::parse(&std::fs::read_to_string(path).map_err(|e| format!("names a file that can't be read: {e}"))?)
        }
        None => KeyRing::parse(text),
    };
    ring.map_err(|error| format!("is no key ring: {error}"))
}

fn unreadable_keys(text: &str) -> Result<UnreadableKeys, String> {
    match text {
        "refuse" => Ok(UnreadableKeys::Refuse),
        "serve" => Ok(UnreadableKeys::Serve),
        _ => Err("must be refuse or serve".into()),
    }
}

/// Scheme and host of pages, as browsers send them: never a wildcard.
fn web_origin(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '[' | ']');
    let valid = !rest.is_empty() && rest.chars().all(plain);
    if valid { Ok(text.to_owned()) } else { Err("must list origins such as https://admin.example.com".into()) }
}

fn push_url(text: &str) -> Result<Uri, String> {
    let problem = || "must be an address such as https://siem.example.com/events, without a user in it".to_owned();
    let url: Uri = text.parse().map_err(|_| problem())?;
    let web = matches!(url.scheme_str(), Some("http" | "https"));
    let bare = url.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if web && bare { Ok(url) } else { Err(problem()) }
}

fn is_loopback(url: &Uri) -> bool {
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
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if id.is_empty() || id.len() > MAX_KEY_ID_CHARS || !id.chars().all(plain) {
        return Err(format!("has a key id that is not 1 to {MAX_KEY_ID_CHARS} letters, digits, `_` or `-`"));
    }
    if secret.len() < MIN_SECRET_BYTES {
        return Err(format!("has a secret of fewer than {MIN_SECRET_BYTES} bytes"));
    }
    Ok(EdgeKey { id: id.to_owned(), secret: Secret::new(secret) })
}

#[cfg(test)]
mod tests;
