//! The deployment's settings, read from the platform's variables and checked as a whole. No defaults live elsewhere.

use std::collections::BTreeMap;

use lgdl::crypto::SecretKey;
use lgdl::limits::Rate;
use lgdl::mocks::Mocks;
use lgdl::wire::node::read_state_key;
use serde::Deserialize;

use crate::platform::Platform;

/// Everything a request needs to know of its deployment.
#[derive(Debug)]
pub struct Settings {
    /// Development nodes are open, explain themselves and heed `x-lgdl-now`.
    pub development: bool,
    /// The tenant of requests that no API key assigns to another.
    pub tenant: String,
    /// Where the origin is.
    pub origin: OriginSettings,
    /// How long hot state stays in the key-value store, milliseconds (`LGDL_KV_TTL`, in seconds).
    pub kv_ttl_ms: u64,
    /// How long the list of active games is believed, milliseconds (`LGDL_GAMES_TTL_MS`).
    pub games_ttl_ms: i64,
    /// How often scheduled work asks what was erased, at most, milliseconds (`LGDL_ERASURES_EVERY_MS`).
    pub erasures_every_ms: i64,
    /// Seals what lies in the key-value store and the journal. Without it neither is used.
    pub state_key: Option<SecretKey>,
    /// The limits.
    pub limits: LimitSettings,
    /// Who is let in.
    pub auth: AuthSettings,
    /// Web origins that may call from a page; `*` for all.
    pub cors_origins: Vec<String>,
    /// Whether `GET /` answers with the chat page.
    pub chat_page: bool,
    /// Capability services by name.
    pub services: BTreeMap<String, Service>,
    /// Has every turn answered without state: matching only.
    pub state_disabled: bool,
    /// Stand-ins for services that are not configured, by game, on development nodes.
    pub capability_mocks: BTreeMap<String, Mocks>,
    /// The engine's settings.
    pub engine: lgdl::engine::Settings,
    /// What the node proves itself with to its instances.
    pub node_token: Option<String>,
}

/// How the origin is called.
#[derive(Debug)]
pub struct OriginSettings {
    /// Without a slash at the end.
    pub url: String,
    /// Key id and secret that sign; `None` on a loopback development node.
    pub signing: Option<(String, Vec<u8>)>,
    /// Time for one call, milliseconds.
    pub timeout_ms: u64,
}

/// Limits that are on.
#[derive(Debug, Clone, Copy, Default)]
pub struct LimitSettings {
    /// A user's.
    pub user: Option<Rate>,
    /// A conversation's.
    pub conversation: Option<Rate>,
    /// An API key's.
    pub key: Option<Rate>,
    /// Everybody's together.
    pub global: Option<Rate>,
}

/// Who is let in.
#[derive(Debug, Default)]
pub struct AuthSettings {
    /// Whether a credential is needed.
    pub required: bool,
    /// Verifies HS256 tokens.
    pub jwt_secret: Option<Vec<u8>>,
    /// The issuer that a token must name.
    pub jwt_issuer: Option<String>,
    /// The audience that a token must name.
    pub jwt_audience: Option<String>,
}

/// A capability service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Base address; the function's name is appended.
    pub url: String,
    /// Sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub token: Option<String>,
    /// Allows a loopback or private address, for services on the same machine or network.
    #[serde(default)]
    pub allow_private: bool,
    /// The longest time for one call, milliseconds; a game's own limit may be shorter.
    #[serde(default)]
    pub timeout_ms: Option<u32>,
}

/// The longest time for one call to the origin unless configured, milliseconds.
const ORIGIN_TIMEOUT_MS: u64 = 3_000;
/// How long hot state is kept unless configured, seconds.
const KV_TTL_SECONDS: u64 = 3_600;

impl Settings {
    /// Reads and checks all of them.
    ///
    /// # Errors
    /// Every variable that is wrong, by name, with what is expected of it. Values are not repeated.
    pub fn load<P: Platform>(platform: &P) -> Result<Settings, Vec<String>> {
        let mut read = Reader { platform, wrong: Vec::new() };
        let settings = read.settings();
        if read.wrong.is_empty() { Ok(settings) } else { Err(read.wrong) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Default,
    Other,
}

struct Reader<'p, P> {
    platform: &'p P,
    wrong: Vec<String>,
}

impl<P: Platform> Reader<'_, P> {
    fn settings(&mut self) -> Settings {
        let development = self.choice("mode", "production", "development") == Choice::Other;
        let auth = if development { ("open", "required") } else { ("required", "open") };
        let auth = self.choice("auth", auth.0, auth.1);
        let chat_page = if development { ("on", "off") } else { ("off", "on") };
        let chat_page = self.choice("chat_page", chat_page.0, chat_page.1);
        Settings {
            development,
            tenant: self.text("tenant").unwrap_or_else(|| "default".into()),
            origin: self.origin(development),
            kv_ttl_ms: self.number("kv_ttl", KV_TTL_SECONDS) * 1_000,
            games_ttl_ms: i64::try_from(self.number("games_ttl_ms", if development { 500 } else { 30_000 }))
                .unwrap_or(i64::MAX),
            erasures_every_ms: i64::try_from(self.number("erasures_every_ms", if development { 500 } else { 15_000 }))
                .unwrap_or(i64::MAX),
            state_key: self.state_key(),
            limits: self.limits(development),
            auth: AuthSettings {
                required: (auth == Choice::Other) == development,
                jwt_secret: self.secret("jwt_secret"),
                jwt_issuer: self.text("jwt_issuer"),
                jwt_audience: self.text("jwt_audience"),
            },
            cors_origins: self.list("cors_origins", if development { "*" } else { "" }),
            chat_page: (chat_page == Choice::Default) == development,
            services: self.json("services"),
            state_disabled: self.choice("state_disabled", "false", "true") == Choice::Other,
            capability_mocks: if development { self.json("capability_mocks") } else { BTreeMap::new() },
            engine: self.engine(),
            node_token: self.text("node_token"),
        }
    }

    fn origin(&mut self, development: bool) -> OriginSettings {
        let url = self.text("origin_url").unwrap_or_default();
        if !(url.starts_with("http://") || url.starts_with("https://")) {
            self.wrong("origin_url", "an http or https address");
        }
        let signing = match (self.text("origin_key_id"), self.secret("origin_key")) {
            (Some(id), Some(key)) => Some((id, key)),
            (None, None) if development => None,
            _ => {
                self.wrong("origin_key_id", "a key id, together with LGDL_ORIGIN_KEY, its secret of at least 16 bytes");
                None
            }
        };
        OriginSettings {
            url: url.trim_end_matches('/').to_owned(),
            signing,
            timeout_ms: self.number("origin_timeout_ms", ORIGIN_TIMEOUT_MS),
        }
    }

    fn limits(&mut self, development: bool) -> LimitSettings {
        let default = |rate| if development { "off" } else { rate };
        LimitSettings {
            user: self.rate("rate_limit_user", default("10/minute")),
            conversation: self.rate("rate_limit_conversation", default("20/minute")),
            key: self.rate("rate_limit_key", "off"),
            global: self.rate("rate_limit_global", default("1000/minute")),
        }
    }

    fn engine(&mut self) -> lgdl::engine::Settings {
        let default = lgdl::engine::Settings::default();
        let rounds = self.number("negotiation_max_rounds", u64::from(default.negotiation_max_rounds));
        let epsilon = match self.text("negotiation_epsilon").map(|text| text.parse::<f64>()) {
            None => default.negotiation_epsilon,
            Some(Ok(value)) if (0.0..=1.0).contains(&value) => value,
            Some(_) => {
                self.wrong("negotiation_epsilon", "a number from 0 to 1");
                default.negotiation_epsilon
            }
        };
        lgdl::engine::Settings {
            negotiation_max_rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
            negotiation_epsilon: epsilon,
            ..default
        }
    }

    fn state_key(&mut self) -> Option<SecretKey> {
        let text = self.text("state_key")?;
        match read_state_key(&text) {
            Some(key) => Some(key),
            None => {
                self.wrong("state_key", "32 bytes as 64 hexadecimal digits");
                None
            }
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.platform.variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn secret(&mut self, name: &str) -> Option<Vec<u8>> {
        let secret = self.text(name)?.into_bytes();
        if secret.len() < lgdl::wire::signature::MIN_SECRET_BYTES {
            self.wrong(name, "a secret of at least 16 bytes");
            return None;
        }
        Some(secret)
    }

    fn number(&mut self, name: &str, default: u64) -> u64 {
        match self.text(name).map(|text| text.parse::<u32>()) {
            None => default,
            Some(Ok(number)) if number > 0 => u64::from(number),
            Some(_) => {
                self.wrong(name, "a whole number above 0");
                default
            }
        }
    }

    fn choice(&mut self, name: &str, default: &str, other: &str) -> Choice {
        match self.text(name) {
            None => Choice::Default,
            Some(text) if text == default => Choice::Default,
            Some(text) if text == other => Choice::Other,
            Some(_) => {
                self.wrong(name, &format!("{default} or {other}"));
                Choice::Default
            }
        }
    }

    fn rate(&mut self, name: &str, default: &str) -> Option<Rate> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        if text == "off" {
            return None;
        }
        match text.parse() {
            Ok(rate) => Some(rate),
            Err(error) => {
                self.wrong(name, &format!("off, or {error}"));
                None
            }
        }
    }

    fn list(&self, name: &str, default: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.split(',')
            .map(|part| part.trim().trim_end_matches('/').to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    }

    fn json<T: serde::de::DeserializeOwned + Default>(&mut self, name: &str) -> T {
        let Some(text) = self.text(name) else { return T::default() };
        serde_json::from_str(&text).unwrap_or_else(|_| {
            self.wrong(name, "a JSON object as docs/edge.md describes it");
            T::default()
        })
    }

    fn wrong(&mut self, name: &str, expected: &str) {
        self.wrong.push(format!("LGDL_{}: expected {expected}", name.to_ascii_uppercase()));
    }
}
